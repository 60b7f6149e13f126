//! `fichero export`.

use fichero_test_support::databases;

use crate::program::{Folder, run};

const CITY: &str = "entity: city\ntitle: name\nfields:\n  name: {type: text, required: true, external: true}\n  people: {type: integer}\n  near: {type: ref, to: city}\n";

/// A workspace with three cities in a database.
fn cities(database: &fichero_test_support::Database) -> Folder {
    let folder = Folder::with("city.yaml", CITY);
    folder.write("in.csv", "name,people,near\nBurgos,175000,\nSoria,39000,Burgos\n\"'=León\",,Soria\n");
    let file = folder.path().join("in.csv").display().to_string();
    folder.run_on(database, &["import", "city", &file]).ends_with(0);
    folder
}

#[test]
fn a_list_goes_to_a_file_and_comes_back() {
    for database in databases() {
        let folder = cities(&database);
        let at = |path: &str| folder.path().join(path).display().to_string();
        let export = |arguments: &[&str]| folder.run_on(&database, &[&["export", "city"], arguments].concat());
        let told = export(&[&at("out.csv"), "--sort", "-people", "--fields", "name,people,near.people"]).ends_with(0);
        assert_eq!(told.stdout, format!("3 records written to {}\n", at("out.csv")));
        assert_eq!(
            folder.read("out.csv"),
            "name,people,near.people\r\nBurgos,175000,\r\nSoria,39000,175000\r\n'=León,,39000\r\n"
        );
        let some = export(&["-", "--where", "people > 100000", "--fields", "name"]).ends_with(0);
        assert_eq!((some.stdout.as_str(), some.stderr.as_str()), ("name\r\nBurgos\r\n", "1 record written\n"));
        let lines = export(&["-", "--as", "jsonl", "--sort", "name", "-q"]).ends_with(0);
        assert_eq!((lines.stdout.lines().count(), lines.stderr.as_str()), (3, ""));
        let json = export(&[&at("out.xlsx"), "--format", "json"]).ends_with(0).json();
        assert_eq!(json["records"], 3);
        assert!(std::fs::read(at("out.xlsx")).unwrap().starts_with(b"PK"));

        export(&[&at("all.csv"), "--delimiter", ";", "--bom"]).ends_with(0);
        let again =
            folder.run_on(&database, &["import", "city", &at("all.csv"), "--format", "json"]).ends_with(0).json();
        assert_eq!(again["unchanged"], 3, "{again}");
    }
}

#[test]
fn an_export_that_fails_leaves_the_file_as_it_was() {
    for database in databases() {
        let folder = cities(&database);
        folder.write("out.csv", "precious");
        let out = folder.path().join("out.csv").display().to_string();
        for (arguments, code, part) in [
            (&["export", "ctiy", &out][..], 1, "Did you mean `city`?"),
            (&["export", "city", &out, "--where", "peple > 1"], 1, "peple"),
            (&["export", "city", &out, "--sort", "nothing"], 1, "nothing"),
            (&["export", "city", &out, "--fields", "naem"], 1, "“name”"),
            (&["export", "city", "missing/out.csv"], 1, "cannot write missing/out.csv"),
            (&["export", "city", "/dev/full"], 64, "--as"),
            (&["export", "city", "/dev/full", "--as", "csv"], 1, "cannot write /dev/full"),
        ] {
            let run = folder.run_on(&database, arguments).ends_with(code);
            assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
        }
        assert_eq!(folder.read("out.csv"), "precious");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".fichero-")), "{left:?}");
    }
}

#[test]
fn an_export_may_be_named_by_its_folder_last() {
    let folder = Folder::with("city.yaml", CITY);
    let mut command = crate::program::program();
    command.args(["export", "city", "-"]).arg(folder.path());
    assert_eq!(run(command).ends_with(0).stdout, "created_at,created_by,name,people,near\r\n");
}
