//! Exit codes and streams: what scripts rely on.

use crate::program::{Folder, fichero};

#[test]
fn wrong_usage_ends_with_64() {
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["check", "--frobnicate"],
        &["check", "a", "b"],
        &["explain"],
        &["explain", "entity"],
        &["serve", "--listen", "nowhere"],
        &["prune", "--older", "soon"],
        &["user"],
        &["new"],
        &["check", "-q", "-v"],
        &["check", "--format", "xml"],
        &["check", "--deny", "everything"],
        &["eval", "user"],
        &["export", "user"],
        &["export", "user", "users.txt"],
        &["export", "user", "users.csv", "--delimiter", "x"],
    ] {
        let run = fichero(arguments).ends_with(64);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert_ne!(run.stderr, "", "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [&["--help"][..], &["--version"], &["apply", "--help"], &["user", "add", "--help"]] {
        let run = fichero(arguments).ends_with(0);
        assert_ne!(run.stdout, "", "{arguments:?}");
        assert_eq!(run.stderr, "", "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fichero"));
    let run = command.arg("schema").stdout(full).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(told.starts_with("error: the answer cannot be written to standard output: "), "{told}");
}

#[test]
fn every_command_is_in_the_help() {
    insta::assert_snapshot!(fichero(&["--help"]).ends_with(0).stdout);
}

#[test]
fn a_folder_named_twice_is_wrong_usage() {
    let folder = Folder::with("a.yaml", "");
    let run = fichero(&["check", "elsewhere", "-C", &folder.path().display().to_string()]).ends_with(64);
    assert!(run.stderr.contains("named twice"), "{}", run.stderr);
}

#[test]
fn a_folder_that_is_none_is_told() {
    let run = fichero(&["check", "/nowhere/at/all"]).ends_with(1);
    assert!(run.stderr.contains("there is no folder /nowhere/at/all"), "{}", run.stderr);
}

#[test]
fn what_comes_later_says_so() {
    for command in ["calendar", "access", "secret"] {
        let run = fichero(&[command, "some", "--thing", "-x"]).ends_with(1);
        assert!(run.stderr.contains(&format!("`fichero {command}` does not exist yet")), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    for action in ["build", "verify", "install", "list"] {
        let run = fichero(&["pack", action]).ends_with(1);
        assert!(run.stderr.contains(&format!("`fichero pack {action}` does not exist yet")), "{}", run.stderr);
    }
}

#[test]
fn errors_are_json_lines_where_that_is_asked() {
    let run = fichero(&["check", "/nowhere", "--format", "json"]).ends_with(1);
    let told: serde_json::Value = serde_json::from_str(run.stderr.trim()).expect("one JSON value");
    assert_eq!(told["exit"], 1);
    assert!(told["error"].as_str().is_some_and(|what| what.contains("/nowhere")));
    assert!(told["help"].is_string());
}

#[test]
fn a_database_that_is_none_is_told_with_what_one_looks_like() {
    let folder = Folder::with("a.yaml", "");
    for (url, part) in [
        ("mysql://host/db", "`mysql:` is no database that Fichero knows"),
        ("sqlite:", "names no file"),
        ("sqlite::memory:", "in memory is not supported"),
        ("fichero.db", "is no URL of a database"),
        ("postgres://127.0.0.1:1/none?connect_timeout=1", "refused"),
        ("sqlite:missing/folder/x.db", "missing/folder/x.db"),
    ] {
        let run = folder.run(&["apply", "--database", url]).ends_with(1);
        assert!(run.stderr.contains(part), "{url}: {}", run.stderr);
    }
}

#[test]
fn the_database_may_be_named_by_the_environment() {
    let folder = Folder::with("a.yaml", "");
    let mut command = folder.command(&["apply"]);
    command.env("FICHERO_DATABASE", "mysql://host/db");
    let run = crate::program::run(command).ends_with(1);
    assert!(run.stderr.contains("`mysql:`"), "{}", run.stderr);
    let mut command = folder.command(&["apply"]);
    command.env("FICHERO_DATABASE", "");
    crate::program::run(command).ends_with(0);
    assert!(folder.path().join("data/fichero.db").exists(), "an empty variable means the default");
}

#[test]
fn what_is_wrong_with_the_url_of_a_database_is_told_once() {
    let folder = Folder::with("city.yaml", "entity: city\nfields: {name: {type: text}}\n");
    let run = folder.run(&["user", "list", "--database", "mysql://host/db"]).ends_with(1);
    assert_eq!(run.stderr.matches("is no database that Fichero knows").count(), 1, "{}", run.stderr);
}
