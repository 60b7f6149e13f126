//! plan, apply and prune, on both databases.

use fichero_test_support::databases;

use crate::program::Folder;
use crate::server::Server;

const DEAL: &str =
    "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true}\n  amount: {type: money}\n";

#[test]
fn plan_apply_and_prune_go_round() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let plan = folder.run_on(&database, &["plan", "--format", "json"]).ends_with(2).json();
        assert_eq!(plan["needs_consent"], false);
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.run_on(&database, &["plan"]).ends_with(0);
        let again = folder.run_on(&database, &["apply", "--format", "json"]).ends_with(0).json();
        assert_eq!((again["published"].as_bool(), again["deployment"].as_i64()), (Some(false), Some(1)));

        // A field that goes is retired: nothing is lost, and it comes back.
        folder.write("deal.yaml", &DEAL.replace("  amount: {type: money}\n", ""));
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.write("deal.yaml", DEAL);
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.run_on(&database, &["prune"]).ends_with(0);

        // What is retired can be dropped, but only with consent to exactly that.
        folder.write("deal.yaml", &DEAL.replace("  amount: {type: money}\n", ""));
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.run_on(&database, &["prune", "--older", "1d"]).ends_with(0);
        let asked = folder.run_on(&database, &["prune", "--format", "json"]).ends_with(3).json();
        let consent = asked["consent"].as_str().expect("a hash is printed");
        folder.run_on(&database, &["prune", "--consent", "0000000000000000"]).ends_with(3);
        folder.run_on(&database, &["prune", "--consent", consent]).ends_with(0);
        folder.run_on(&database, &["prune"]).ends_with(0);
        folder.run_on(&database, &["plan"]).ends_with(0);
    }
}

#[test]
fn a_plan_says_what_and_why_and_changes_nothing() {
    let folder = Folder::with("deal.yaml", DEAL);
    let run = folder.run(&["plan"]).ends_with(2);
    insta::assert_snapshot!(run.told(&folder));
    assert!(!folder.path().join("data").exists(), "a database that is not there is not made by looking");
}

#[test]
fn the_statements_of_a_plan_are_printed_when_asked() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.write("deal.yaml", &format!("{DEAL}  stage: {{type: text, index: true}}\n"));
        let run = folder.run_on(&database, &["plan", "--sql"]).ends_with(2);
        let name = if database.is_postgres() { "plan_sql_postgres" } else { "plan_sql_sqlite" };
        insta::with_settings!({filters => vec![(r"of \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC", "of MOMENT")]}, {
            insta::assert_snapshot!(name, run.stdout);
        });
    }
}

#[test]
fn a_folder_with_errors_changes_nothing() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        folder.run_on(&database, &["apply"]).ends_with(0);
        folder.write("deal.yaml", &DEAL.replace("money", "mony"));
        for command in ["plan", "apply"] {
            let run = folder.run_on(&database, &[command]).ends_with(1);
            assert!(run.stderr.contains("deal.yaml:5"), "{}", run.stderr);
        }
        folder.write("deal.yaml", DEAL);
        folder.run_on(&database, &["plan"]).ends_with(0);
    }
}

#[test]
fn a_folder_that_is_behind_says_what_it_would_take_away() {
    for database in databases() {
        let one = Folder::with("deal.yaml", DEAL);
        let other = one.copy();
        one.run_on(&database, &["apply"]).ends_with(0);
        other.write("note.yaml", "entity: memo\ntitle: text\nfields:\n  text: {type: text}\n");
        let told = other.run_on(&database, &["apply"]).ends_with(0);
        assert!(told.stderr.contains("did not come from this folder"), "{}", told.stderr);
        let told = one.run_on(&database, &["plan"]).ends_with(2);
        assert!(told.stderr.contains("did not come from this folder"), "{}", told.stderr);
        assert!(told.stdout.contains("memo"), "{}", told.stdout);
    }
}

#[test]
fn a_url_that_lies_is_no_reason_to_publish() {
    // The same file through another spelling is the same database: what is in force stays.
    let folder = Folder::with("deal.yaml", DEAL);
    folder.run(&["apply"]).ends_with(0);
    let absolute = format!("sqlite:{}", folder.path().join("data/fichero.db").display());
    let run = folder.run(&["plan", "--database", &absolute]).ends_with(0);
    assert!(run.stdout.contains("nothing to do"), "{}", run.stdout);
}

#[test]
fn who_loses_a_race_plans_again() {
    for database in databases() {
        let folders: Vec<Folder> = (0..5)
            .map(|number| {
                let folder = Folder::with("deal.yaml", DEAL);
                folder.write(
                    "own.yaml",
                    &format!("entity: own_{number}\ntitle: name\nfields:\n  name: {{type: text}}\n"),
                );
                folder
            })
            .collect();
        std::thread::scope(|scope| {
            let runs: Vec<_> = folders
                .iter()
                .map(|folder| scope.spawn(|| folder.run_on(&database, &["apply", "--format", "json"])))
                .collect();
            let mut deployments: Vec<i64> = runs
                .into_iter()
                .map(|run| {
                    run.join().expect("the program ends").ends_with(0).json()["deployment"].as_i64().expect("a number")
                })
                .collect();
            deployments.sort_unstable();
            assert_eq!(deployments, [1, 2, 3, 4, 5]);
        });
        let in_force: Vec<bool> =
            folders.iter().map(|folder| folder.run_on(&database, &["plan"]).stdout.contains("in force")).collect();
        assert_eq!(in_force.iter().filter(|last| **last).count(), 1, "the last one is in force");
    }
}

#[test]
fn who_applies_takes_note_of_the_packs() {
    let folder = Folder::with("packs/clinic/pack.yaml", "pack: clinic\nversion: 1.0.0\nlocale: en\n");
    folder.write("workspace.yaml", "workspace: acme\ntitle: Acme\npacks: {base: stock, clinic: installed}\n");
    folder.run(&["plan"]).ends_with(2);
    assert!(!folder.path().join("workspace.lock").exists(), "looking notes nothing");
    let told = folder.run(&["apply"]).ends_with(0);
    assert!(told.stderr.contains("workspace.lock takes note of the packs"), "{}", told.stderr);
    let noted = folder.read("workspace.lock");
    assert!(noted.contains("\nbase: {version: ") && noted.contains("\nclinic: {version: 1.0.0, "), "{noted}");
    folder.run(&["check", "--deny", "warnings"]).ends_with(0);

    // What changed is told, and nobody agrees to it by applying.
    folder.write("packs/clinic/visit.yaml", "entity: visit\ntitle: name\nfields: {name: text}\n");
    let told = folder.run(&["apply"]).ends_with(1);
    assert!(told.stderr.contains("workspace.lock:3:9: error[F0812]"), "{}", told.stderr);
    assert_eq!(folder.read("workspace.lock"), noted);

    // A pack that is missing there is noted, also where the definitions are in force already.
    folder.run(&["pack", "lock"]).ends_with(0);
    folder.run(&["apply"]).ends_with(0);
    let noted = folder.read("workspace.lock");
    folder.write("workspace.lock", "# nothing\n");
    let told = folder.run(&["apply"]).ends_with(0);
    assert!(told.stderr.contains("warning[F0814]"), "{}", told.stderr);
    assert_eq!(folder.read("workspace.lock"), noted);
}

#[test]
fn no_plan_is_made_for_a_database_that_cannot_be() {
    let folder = Folder::with("deal.yaml", DEAL);
    let nowhere = format!("sqlite:{}/deal.yaml/x.db", folder.path().display());
    let run = folder.run(&["plan", "--database", &nowhere]).ends_with(1);
    assert!(run.stderr.contains("there can be no database") && run.stderr.contains("x.db"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    folder.run(&["plan", "--database", "sqlite:new/folder/x.db"]).ends_with(2);
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder is read").collect();
    assert_eq!(left.len(), 2, "nothing is left behind: {left:?}");
}

#[test]
fn rows_that_cannot_be_loaded_are_told_where_they_stand_and_by_the_exit_code() {
    let rows = "entity: city\ntitle: name\nfields: {name: text}\nrules: {no_bad: {on: save, if: name == \"bad\", reject: Bad name}}\n---\ndata: cities\nentity: city\nrows:\n  good: {name: Good}\n  bad: {name: bad}\n";
    for database in databases() {
        let folder = Folder::with("city.yaml", rows);
        for round in ["deployment 1 is in force\n", "nothing to do: deployment 1 has these definitions\n"] {
            let told = folder.run_on(&database, &["apply"]).ends_with(1);
            assert!(told.stdout.ends_with(round), "{}", told.stdout);
            let wanted = [
                "city.yaml:10:3: error[F0701]: row `bad` of `cities` cannot be loaded: Bad name",
                "10 |   bad: {name: bad}",
                "error: 1 row of data documents could not be loaded; deployment 1 is in force all the same",
            ];
            for words in wanted {
                assert!(told.stderr.contains(words), "{words}\n{}", told.stderr);
            }
        }
        let mut server = Server::start(&folder, &database, &[]);
        server.hear("row `bad` of `cities` cannot be loaded: Bad name");
        assert_eq!(server.ask("GET", "/healthz").0, 200, "it serves what is in force");
        assert_eq!(server.end(), 0);
        folder.write("city.yaml", &rows.replace("name: bad}", "name: Fine}"));
        folder.run_on(&database, &["apply"]).ends_with(0);
    }
}
