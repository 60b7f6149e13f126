//! `fichero backup`, `restore` and `copy`: between both databases, and what is no backup.

use fichero_test_support::{Database, databases};

use crate::program::Folder;

const FIRM: &str = r#"
entity: firm
title: name
fields:
  name: {type: text, required: true, external: true, search: true}
  number: {type: sequence, pattern: "F-{####}"}
  parent: {type: ref, to: firm}
  friends: {type: ref, to: firm, many: true}
  about: {type: ref, to: [firm, person]}
  worth: money
  rate: {type: decimal, scale: 3}
  seen: datetime
  day: date
  at: time
  open: boolean
  facts: json
  tags: {type: text, many: true}
---
entity: person
fields: {name: {type: text, required: true}}
"#;

const ROWS: &str = "name,parent,friends,about,worth,worth_currency,rate,seen,day,at,open,facts,tags\n\
    Acme,,,person:Ana,-1234.5678,EUR,0.125,2026-03-02T08:00:00.000001Z,0999-12-31,23:59:59,true,\"{\"\"b\"\":[1.50,null],\"\"a\"\":\"\"ñ\"\"}\",\"x;y\"\n\
    Zürich,Acme,Acme,firm:Acme,9000000000.0001,EUR,-0.001,1969-12-31T23:59:59.999999Z,9999-12-30,00:00:00,false,,\n";

/// A workspace with records, people, passwords and a history.
fn furnished(database: &Database) -> Folder {
    let folder = Folder::with("firm.yaml", FIRM);
    folder.write("people.csv", "name\nAna\n");
    folder.write("in.csv", ROWS);
    let at = |path: &str| folder.path().join(path).display().to_string();
    folder.run_on(database, &["import", "person", &at("people.csv")]).ends_with(0);
    folder.run_on(database, &["import", "firm", &at("in.csv")]).ends_with(0);
    let mut command = folder.command(&["user", "add", "ana", "--role", "admin", "--password-stdin"]);
    command.args(["--database", database.url()]);
    crate::program::run_with_input(command, "correct horse battery").ends_with(0);
    folder
}

fn exported(folder: &Folder, database: &Database) -> String {
    let lines = folder.run_on(database, &["export", "firm", "-", "--as", "jsonl", "--sort", "name"]);
    lines.ends_with(0).stdout
}

#[test]
fn a_backup_is_restored_into_either_database_and_what_it_holds_is_the_same() {
    for from in databases() {
        let folder = furnished(&from);
        folder.write("data/files/ab/photo.png", "bytes of a photo");
        let file = folder.path().join("all.backup").display().to_string();
        let saved = folder.run_on(&from, &["backup", &file, "--format", "json"]).ends_with(0).json();
        assert_eq!(saved["files"], 1, "{saved}");
        for to in databases() {
            let other = folder.copy();
            let restored = other.run_on(&to, &["restore", &file, "--format", "json"]).ends_with(0).json();
            assert_eq!(restored, saved);
            assert_eq!(exported(&other, &to), exported(&folder, &from));
            assert_eq!(other.read("data/files/ab/photo.png"), "bytes of a photo");
            let listed = other.run_on(&to, &["user", "list"]).ends_with(0).stdout;
            assert!(listed.contains("ana"), "{listed}");
            // Counting goes on where it was, references hold, and the definitions are those that were in force.
            other.write("more.csv", "name\nNext\n");
            let more = other.path().join("more.csv").display().to_string();
            other.run_on(&to, &["import", "firm", &more]).ends_with(0);
            let next = other.run_on(&to, &["export", "firm", "-", "--fields", "number", "--where", "name == \"Next\""]);
            assert_eq!(next.ends_with(0).stdout, "number\r\nF-0003\r\n");
            other.run_on(&to, &["plan"]).ends_with(0);
            other.run_on(&to, &["verify"]).ends_with(0);

            let again = other.run_on(&to, &["restore", &file]).ends_with(1);
            assert!(again.stderr.contains("is not empty; nothing was changed"), "{}", again.stderr);
        }
    }
}

#[test]
fn a_workspace_is_copied_from_each_database_to_each() {
    for from in databases() {
        let folder = furnished(&from);
        for to in databases() {
            let told = folder.run_on(&from, &["copy", "--to", to.url()]).ends_with(0);
            assert!(told.stdout.contains("copied, read again and found the same"), "{}", told.stdout);
            assert_eq!(exported(&folder, &to), exported(&folder, &from));
            let again = folder.run_on(&from, &["copy", "--to", to.url()]).ends_with(1);
            assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
        }
        let itself = folder.run_on(&from, &["copy", "--to", from.url()]).ends_with(1);
        assert!(itself.stderr.contains("same database"), "{}", itself.stderr);
    }
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused_and_changes_nothing() {
    let source = databases().remove(0);
    let folder = furnished(&source);
    let file = folder.path().join("all.backup");
    folder.run_on(&source, &["backup", &file.display().to_string()]).ends_with(0);
    let whole = std::fs::read(&file).unwrap();
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    for to in databases() {
        let other = folder.copy();
        let broken = other.path().join("broken").display().to_string();
        for (bytes, part) in [
            (b"PK\x03\x04 no backup".to_vec(), "is no whole backup"),
            (Vec::new(), "is no"),
            (whole[..whole.len() / 2].to_vec(), "is no whole backup"),
            (whole[..whole.len() - 3].to_vec(), "is no whole backup"),
            (changed(whole.len() / 2), "nothing was changed"),
            (changed(whole.len() - 40), "nothing was changed"),
        ] {
            std::fs::write(&broken, &bytes).unwrap();
            let run = other.run_on(&to, &["restore", &broken]).ends_with(1);
            assert!(run.stderr.contains(part), "{}", run.stderr);
            let left: Vec<_> = std::fs::read_dir(other.path().join("data")).unwrap().collect();
            assert!(left.iter().all(|file| !file.as_ref().unwrap().path().is_dir()), "{left:?}");
        }
        let missing = other.run_on(&to, &["restore", "missing.backup"]).ends_with(1);
        assert!(missing.stderr.contains("cannot read missing.backup"), "{}", missing.stderr);
        // It is as empty as before.
        other.run_on(&to, &["restore", &file.display().to_string()]).ends_with(0);
    }
}

#[test]
fn what_holds_no_workspace_is_not_saved() {
    let folder = Folder::with("firm.yaml", FIRM);
    let file = folder.path().join("all.backup");
    let run = folder.run(&["backup", &file.display().to_string()]).ends_with(1);
    assert!(run.stderr.contains("there is no database"), "{}", run.stderr);
    assert!(!file.exists() && !folder.path().join("data/fichero.db").exists());
    for database in databases() {
        let run = folder.run_on(&database, &["backup", &file.display().to_string()]).ends_with(1);
        assert!(
            run.stderr.contains("nothing was ever deployed") || run.stderr.contains("no database"),
            "{}",
            run.stderr
        );
    }
}
