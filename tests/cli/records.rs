//! Commands that work with records: test and import.

use fichero_test_support::databases;

use crate::program::{Folder, run};

const CITY: &str = "entity: city\ntitle: name\nfields:\n  name: {type: text, required: true, external: true}\n  people: {type: integer, min: 0}\n";

const TESTS: &str = "test: a city has people\nsteps:\n  made: {create: city, set: {name: Burgos, people: 175000}}\n  there: {expect: made.people == 175000}\n---\ntest: nobody lives here\nsteps:\n  made: {create: city, set: {name: Ochate}}\n  wrong: {expect: made.people == 7}\n---\ntest: a page shows cities\nsteps:\n  made: {create: city, set: {name: \"Villa & Castle\"}}\n  seen: {page: {path: /city, shows: [Villa & Castle], hides: [Burgos]}}\n";

fn cities() -> Folder {
    Folder::with("city.yaml", CITY)
}

#[test]
fn scenario_tests_close_with_how_many_passed_and_failed() {
    for database in databases() {
        let folder = cities();
        folder.write("tests.yaml", TESTS);
        let all = folder.run_on(&database, &["test"]).ends_with(1);
        assert!(all.stdout.ends_with("2 passed, 1 failed\n"), "{}", all.stdout);
        assert!(all.stdout.contains("tests.yaml:9"), "the place of the step is told: {}", all.stdout);
        let some = folder.run_on(&database, &["test", "--filter", "people"]).ends_with(0);
        assert!(some.stdout.ends_with("1 passed, 0 failed\n"), "{}", some.stdout);
        let page = folder.run_on(&database, &["test", "--filter", "page", "-q"]).ends_with(0);
        assert_eq!(page.stdout, "1 passed, 0 failed\n");
        folder.run_on(&database, &["test", "--filter", "nothing like it"]).ends_with(1);
        assert!(!folder.path().join("data").exists(), "tests leave the workspace alone");
    }
}

#[test]
fn a_file_is_imported_and_its_dirt_rejected_row_by_row() {
    for database in databases() {
        let folder = cities();
        folder.write("in.csv", "name,people\nBurgos,175000\n,5\nSoria,many\nSoria,39000\n");
        let file = folder.path().join("in.csv").display().to_string();
        let dry = folder.run_on(&database, &["import", "city", &file, "--dry-run", "--format", "json"]).ends_with(4);
        assert_eq!((dry.json()["created"].as_i64(), dry.json()["batch"].as_str()), (Some(2), None));
        let told = folder.run_on(&database, &["import", "city", &file, "--format", "json"]).ends_with(4).json();
        assert_eq!((told["created"].as_i64(), told["rejected"].as_i64()), (Some(2), Some(2)));
        let rejects = folder.read("data/rejects/in.csv");
        assert!(rejects.contains("Soria,many"), "{rejects}");

        // The mended rows alone go in, and nothing is doubled.
        folder.write("in.csv", "name,people\nSoria,39001\nBurgos,175000\n");
        let again = folder.run_on(&database, &["import", "city", &file, "--format", "json"]).ends_with(0).json();
        assert_eq!((again["updated"].as_i64(), again["unchanged"].as_i64()), (Some(1), Some(1)));

        // A dry run says what the rows would do.
        folder.write("next.csv", "name,people\nSoria,40000\nBurgos,175000\nTeruel,36000\n");
        let next = folder.path().join("next.csv").display().to_string();
        let dry = folder.run_on(&database, &["import", "city", &next, "--dry-run"]).ends_with(0);
        assert!(dry.stderr.contains("~ line 2 Soria: people: 39001 → 40000"), "{}", dry.stderr);
        assert!(dry.stderr.contains("+ line 4 Teruel: name = Teruel, people = 36000"), "{}", dry.stderr);
        let shown = folder.run_on(&database, &["import", "city", &next, "--dry-run", "--format", "json"]).ends_with(0);
        assert_eq!(shown.json()["shown"][0]["changes"]["people"], serde_json::json!([39001, 40000]));
        assert!(
            !folder.path().join("data/rejects/in.csv").exists(),
            "what an earlier import rejected is not left behind"
        );
    }
}

#[test]
fn a_file_is_read_as_the_command_says() {
    let folder = cities();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("western.csv"), b"name;people\n\xC1vila;58000\n").unwrap();
    let refused = folder.run(&["import", "city", &at("western.csv")]).ends_with(1);
    assert!(refused.stderr.contains("line 2 holds the byte 0xC1 (byte 13 of the file)"), "{}", refused.stderr);
    assert!(refused.stderr.contains("it fits windows-1252"), "{}", refused.stderr);
    let read = ["import", "city", &at("western.csv"), "--encoding", "latin1", "--delimiter", ";"];
    assert!(folder.run(&read).ends_with(0).stdout.starts_with("1 created"));
    folder.write("more.jsonl", "{\"name\": \"Ávila\", \"people\": 58000}\n{\"name\": \"Lugo\"}\n");
    let more = folder.run(&["import", "city", &at("more.jsonl")]).ends_with(0);
    assert!(more.stdout.starts_with("1 created, 0 updated, 1 unchanged"), "{}", more.stdout);
    folder.run(&["import", "city", &at("more.jsonl"), "--delimiter", "x"]).ends_with(1);
    folder.run(&["import", "city", &at("more.jsonl"), "--encoding", "x"]).ends_with(1);
}

#[test]
fn a_mapping_is_guessed_kept_and_used() {
    for database in databases() {
        let folder = cities();
        folder.write("in.csv", "City Name;People;Mayor\nBurgos;175,000;x\nSoria;39,001;NULL\n");
        let file = folder.path().join("in.csv").display().to_string();
        let shown = folder.run_on(&database, &["import", "city", &file, "--guess"]).ends_with(0);
        for part in [
            "City Name → name: 60 % sure",
            "People → people: 98 % sure; the heading is its label “People” (en); 100 % of its values are numbers written as `1,234.56`",
            "Mayor: fills nothing that is known",
            "records are found again by name",
            "mapping: guessed",
        ] {
            assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
        }
        let save = ["import", "city", &file, "--guess", "--save", "towns", "--delimiter", ";"];
        folder.run_on(&database, &save).ends_with(0);
        let saved = folder.read("mappings/towns.yaml");
        assert!(saved.contains("delimiter: \";\"\ncolumns:\n  \"City Name\": name # 60 % sure\n"), "{saved}");
        folder.run_on(&database, &save).ends_with(1);
        folder.run_on(&database, &["apply"]).ends_with(0);
        let brought = folder.run_on(&database, &["import", "city", &file, "--map", "towns"]).ends_with(0);
        assert!(brought.stdout.starts_with("2 created"), "{}", brought.stdout);
        folder.run_on(&database, &["import", "city", &file, "--guess", "--save", "No Name"]).ends_with(1);
        folder.run_on(&database, &["import", "city", &file, "--save", "towns"]).ends_with(64);
    }
}

#[test]
fn an_import_that_cannot_be_is_told() {
    let folder = cities();
    folder.write("in.csv", "name,people\nBurgos,1\n");
    let file = folder.path().join("in.csv").display().to_string();
    folder.write("odd.csv", "name,colour\nBurgos,red\n");
    let odd = folder.path().join("odd.csv").display().to_string();
    for (arguments, code, part) in [
        (&["import", "ctiy", &file][..], 1, "Did you mean `city`?"),
        (&["import", "city", "missing.csv"], 1, "cannot read missing.csv"),
        (&["import", "city", &file, "--map", "nothing"], 1, "there is no mapping `nothing`"),
        (&["import", "city", "in.xlsx"], 1, "cannot read"),
        (&["import", "city", &file, "--match", "naem"], 1, "naem"),
        (&["import", "city", &odd], 1, "no field `colour`"),
        (&["import", "--undo", "x"], 1, "`x` is no batch"),
        (&["import", "--undo", "01890000-0000-7000-8000-000000000000"], 1, "There is no import"),
        (&["import"], 64, "required"),
        (&["import", "city"], 64, "required"),
        (&["import", "--undo", "x", "--live"], 64, "cannot be used with"),
    ] {
        let run = folder.run(arguments).ends_with(code);
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn an_import_is_taken_back() {
    for database in databases() {
        let folder = cities();
        folder.write("in.csv", "name,people\nBurgos,175000\nSoria,39000\n");
        let file = folder.path().join("in.csv").display().to_string();
        let batch =
            folder.run_on(&database, &["import", "city", &file, "--format", "json"]).ends_with(0).json()["batch"]
                .as_str()
                .map(str::to_owned)
                .expect("a batch");
        folder.write("more.csv", "name,people\nSoria,39001\n");
        let more = folder.path().join("more.csv").display().to_string();
        folder.run_on(&database, &["import", "city", &more]).ends_with(0);
        let undo = folder.run_on(&database, &["import", "--undo", &batch]).ends_with(4);
        assert!(undo.stdout.starts_with("1 reversed, 1 kept because edited since, 0 blocked"), "{}", undo.stdout);
        assert!(undo.stderr.contains("city Soria") && undo.stderr.contains("edited since"), "{}", undo.stderr);
        let twice = folder.run_on(&database, &["import", "--undo", &batch]).ends_with(1);
        assert!(twice.stderr.contains("was taken back already"), "{}", twice.stderr);
    }
}

#[test]
fn an_import_may_be_named_by_its_folder_last() {
    let folder = cities();
    folder.write("in.csv", "name\nBurgos\n");
    let mut command = crate::program::program();
    command.args(["import", "city"]).arg(folder.path().join("in.csv")).arg(folder.path());
    assert!(run(command).ends_with(0).stdout.starts_with("1 created"));
}

#[test]
fn no_file_is_lost_to_rejects() {
    for database in databases() {
        let folder = cities();
        let rows = "name,people\nBurgos,1\n,5\n";
        folder.write("in.csv", rows);
        folder.write("notes.csv", "name,people\nmine,1\n");
        let at = |path: &str| folder.path().join(path).display().to_string();
        let (file, notes) = (at("in.csv"), at("notes.csv"));
        for (rejects, part) in [(&file, "is the file to be imported"), (&notes, "holds something else")] {
            let run = folder.run_on(&database, &["import", "city", &file, "--rejects", rejects]).ends_with(1);
            assert!(run.stderr.contains(part), "{}", run.stderr);
        }
        let folder_itself = folder.path().display().to_string();
        folder.run_on(&database, &["import", "city", &file, "--rejects", &folder_itself]).ends_with(1);
        assert_eq!(
            (folder.read("in.csv"), folder.read("notes.csv")),
            (rows.to_owned(), "name,people\nmine,1\n".to_owned())
        );

        // The usual place of the rejects of a rejects file is that file itself.
        folder.run_on(&database, &["import", "city", &file]).ends_with(4);
        let rejected = folder.read("data/rejects/in.csv");
        let run = folder.run_on(&database, &["import", "city", &at("data/rejects/in.csv")]).ends_with(1);
        assert!(run.stderr.contains("--rejects"), "{}", run.stderr);
        folder.run_on(&database, &["import", "city", &file, "--dry-run", "--rejects", &file]).ends_with(1);
        let told = folder.run_on(&database, &["import", "city", &file, "--dry-run"]).ends_with(4);
        assert!(told.stderr.contains("line 3"), "a dry run tells what it would reject: {}", told.stderr);
        folder.run_on(&database, &["import", "city", &notes, "--dry-run"]).ends_with(0);
        assert_eq!((folder.read("data/rejects/in.csv"), folder.read("in.csv")), (rejected.clone(), rows.to_owned()));

        // Where the file is named, a dry run writes what it would reject.
        let dry = folder.run_on(&database, &["import", "city", &file, "--dry-run", "--rejects", &at("dry.csv")]);
        assert!(dry.ends_with(4).stdout.contains("dry.csv"));
        assert_eq!(folder.read("dry.csv"), rejected);
    }
}

#[test]
fn rejected_rows_are_mended_and_brought_in_as_they_are() {
    for database in databases() {
        let folder = cities();
        folder.write("in.csv", "name,people\nBurgos,1\nSoria,many\nLeón\nÁvila,2,3\n");
        let at = |path: &str| folder.path().join(path).display().to_string();
        folder.run_on(&database, &["import", "city", &at("in.csv")]).ends_with(4);
        let rejected = folder.read("data/rejects/in.csv");
        folder.write("again.csv", &rejected);
        let again = folder.run_on(&database, &["import", "city", &at("again.csv"), "--format", "json"]).ends_with(4);
        assert_eq!(again.json()["rejected"], 3, "rows that were not mended are no better: {}", again.stdout);
        let shapes =
            |text: &str| text.lines().map(|line| line.split(',').next().map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(shapes(&folder.read("data/rejects/again.csv")), shapes(&rejected));

        let mended = rejected.replace("many", "39000").replace("León,", "León,122000,").replace("Ávila,2,3", "Ávila,2");
        folder.write("again.csv", &mended);
        let run = folder.run_on(&database, &["import", "city", &at("again.csv"), "--format", "json"]).ends_with(0);
        assert_eq!(run.json()["created"], 3, "{}", run.stdout);
    }
}

#[test]
fn a_key_that_occurs_twice_with_different_values_is_told() {
    for database in databases() {
        let folder = cities();
        folder.write("in.csv", "name,people\nBurgos,1\nSoria,2\nSoria,2\nBurgos,3\nSoria,\n");
        let file = folder.path().join("in.csv").display().to_string();
        let run = folder.run_on(&database, &["import", "city", &file]).ends_with(0);
        assert!(run.stderr.contains("line 5 changes what line 2 gave the same record"), "{}", run.stderr);
        assert!(run.stdout.contains("1 row changed what an earlier row"), "{}", run.stdout);
        assert!(!run.stderr.contains("line 4"), "rows that agree are no news: {}", run.stderr);
    }
}

#[test]
fn a_person_whose_password_is_refused_is_not_changed() {
    for database in databases() {
        let folder = cities();
        let add = |role: &str, password: &str| {
            let mut command = folder.command(&["user", "add", "ana", "--role", role, "--password-stdin"]);
            command.args(["--database", database.url()]);
            crate::program::run_with_input(command, password)
        };
        add("user", "correct horse battery").ends_with(0);
        add("admin", "short").ends_with(1);
        let listed = folder.run_on(&database, &["user", "list"]).ends_with(0).stdout;
        assert!(listed.contains("user   ana") && !listed.contains("admin"), "{listed}");
    }
}
