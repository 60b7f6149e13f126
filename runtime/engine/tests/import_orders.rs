//! Imports in the background: ordered, done by the worker's long lane, stopped, taken up again, taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::io::Read as _;

use fichero_engine::import::order::Told;
use fichero_engine::import::{Asked, yaml};
use fichero_engine::read::list::ListRequest;
use fichero_engine::worker;
use fichero_engine::{Actor, Refusal, Via};
use fichero_model::Id;
use fichero_model::clock::Clock as _;
use fichero_model::label::Locale;
use fichero_store::system::job::{self, Claim, Lane};
use fichero_store::{Isolation, Priority};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use world::{World, on_each};

const FIRM: &str = "\
entity: account
title: name
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  since: {type: date}
  worth: {type: decimal, scale: 2}
  parent: {type: ref, to: account}
---
mapping: accounts
entity: account
match: [code]
columns:
  Name: name
  Code: code
";

const CSV: &str = "Name,Code,Since\nAcme,A,2020-01-01\nBeta,B,not a day\nGamma,C,2020-02-03\n";

async fn upload(world: &World, name: &str, bytes: &[u8]) -> Id {
    let mut upload = world.engine.begin_upload(&world.actor, 1 << 30).unwrap();
    upload.write(bytes.to_vec()).await.unwrap();
    world.engine.keep_upload(&world.actor, upload, name).await.unwrap().id
}

async fn order(world: &World, file: Id, asked: Json) -> Result<Id, Refusal> {
    let asked = Asked::read(asked.as_object().unwrap())?;
    world.engine.order_import(&world.actor, world.entity("account"), file, asked).await
}

async fn told(world: &World, batch: Id) -> Told {
    world.engine.told_import(&world.actor, batch).await.unwrap()
}

async fn living(world: &World) -> usize {
    let entity = world.entity("account");
    world.engine.list(&world.actor, entity, &ListRequest::default()).await.unwrap().items.len()
}

fn counts(told: &Told) -> [i64; 5] {
    let progress = told.progress;
    [progress.reached, progress.created, progress.updated, progress.unchanged, progress.rejected]
}

fn codes(refusal: &Refusal) -> Vec<(&str, &str)> {
    refusal.errors.iter().map(|error| (error.field.as_str(), error.code)).collect()
}

#[test]
fn an_order_is_shown_done_and_taken_back() {
    on_each(FIRM, async |world: &World| {
        let file = upload(world, "firms.csv", CSV.as_bytes()).await;
        let dry = order(world, file, json!({"guess": true, "dry_run": true})).await.unwrap();
        assert_eq!(told(world, dry).await.state, "queued");
        assert_eq!(worker::run_long_due(&world.engine).await.unwrap(), 1);
        let seen = told(world, dry).await;
        assert_eq!((seen.state, seen.dry, counts(&seen)), ("done", true, [3, 2, 0, 0, 1]));
        let report = seen.report.unwrap();
        assert_eq!(report["shown"][0]["changes"]["name"], json!([null, "Acme"]));
        assert_eq!(report["reasons"][0], "line 3: Since must be a date such as 2026-03-31");
        assert_eq!(living(world).await, 0, "nothing was changed");
        let refused = world.engine.order_undo(&world.actor, dry).await.unwrap_err();
        assert_eq!(refused.code, "import_dry");

        let batch = order(world, file, json!({"guess": true})).await.unwrap();
        let again = order(world, file, json!({"guess": true})).await.unwrap_err();
        assert_eq!(again.code, "import_under_way");
        worker::run_long_due(&world.engine).await.unwrap();
        let seen = told(world, batch).await;
        assert_eq!((seen.state, seen.dry, counts(&seen)), ("done", false, [3, 2, 0, 0, 1]));
        assert_eq!(seen.matching.as_deref(), Some("code"));
        let rejects = world.engine.import_rejects(&world.actor, batch).await.unwrap();
        let mut text = String::new();
        world.engine.open_file(&rejects).unwrap().read_to_string(&mut text).unwrap();
        assert!(text.starts_with("Name,Code,Since,rejected_because\nBeta,B,not a day,"), "{text}");
        assert_eq!(&*rejects.name, "firms-rejects.csv");

        let again = order(world, file, json!({"mapping": "accounts", "on_match": "update"})).await.unwrap();
        worker::run_long_due(&world.engine).await.unwrap();
        assert_eq!(counts(&told(world, again).await), [3, 1, 0, 2, 0], "Beta is new");
        let listed = world.engine.told_imports(&world.actor, Some(world.entity("account")), None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|told| told.batch).collect::<Vec<_>>(), [again, batch]);
        assert_eq!(listed[0].mapping.as_deref(), Some("accounts"));

        world.engine.order_undo(&world.actor, batch).await.unwrap();
        assert_eq!(told(world, batch).await.undo.unwrap().state, "queued");
        worker::run_long_due(&world.engine).await.unwrap();
        let seen = told(world, batch).await;
        let undo = seen.undo.unwrap();
        assert_eq!((seen.state, undo.state, undo.reversed, undo.kept), ("undone", "done", 2, 0));
        assert_eq!(living(world).await, 1);
        let refused = world.engine.order_undo(&world.actor, batch).await.unwrap_err();
        assert_eq!(refused.code, "import_undone");
    });
}

#[test]
fn a_mapping_that_fills_files_is_refused_at_its_column() {
    on_each("entity: account\nfields: {name: text, scan: file}\n", async |world: &World| {
        let file = upload(world, "firms.csv", b"Name,Scan\nA,a.pdf\n").await;
        let mapping = json!({"mapping": {"columns": {"Name": "name", "Scan": {"field": "scan"}}}});
        let refused = order(world, file, mapping).await.unwrap_err();
        assert_eq!(codes(&refused), [("mapping.columns.Scan", "files_not_imported")]);
        let told = refused.errors[0].message.text(fichero_model::label::Locale::EN);
        assert!(told.contains("“Scan” holds files"), "{told}");
    });
}

#[test]
fn what_does_not_fit_is_told_before_anything_is_queued() {
    on_each(FIRM, async |world: &World| {
        let file = upload(world, "firms.csv", CSV.as_bytes()).await;
        let by_headings = order(world, file, json!({"mapping": {"columns": {"Nome": "name"}}})).await.unwrap_err();
        assert_eq!(codes(&by_headings), [("mapping", "import_columns")]);
        let wrong = json!({
            "mapping": {
                "columns": {
                    "Name": {"field": "nam"},
                    "Code": {"field": "code", "form": "x"},
                    "Since": {"field": "since", "format": "day"},
                },
                "set": {"worth": "=1 +", "since": "tomorrow"},
                "on_match": "explode",
            },
            "delimiter": ":",
        });
        let refused = order(world, file, wrong.clone()).await.unwrap_err();
        assert_eq!(codes(&refused), [("delimiter", "bad_value")]);
        let mut without = wrong;
        without.as_object_mut().unwrap().remove("delimiter");
        let refused = order(world, file, without).await.unwrap_err();
        let expected = [
            ("mapping.columns.Code.form", "unknown_key"),
            ("mapping.columns.Name", "unknown_field"),
            ("mapping.columns.Since.format", "bad_value"),
            ("mapping.set.worth", "bad_expression"),
            ("mapping.set.since", "not_date"),
            ("mapping.on_match", "bad_value"),
        ];
        assert_eq!(codes(&refused), expected, "{}", refused.to_text(Locale::EN));
        let refused = order(world, file, json!({"mapping": "nothing"})).await.unwrap_err();
        assert_eq!(codes(&refused), [("mapping", "import_mapping_unknown")]);
        let book = upload(world, "book.xlsx", b"no book").await;
        assert_eq!(order(world, book, json!({"guess": true})).await.unwrap_err().code, "import_file");
        let unknown = order(world, world.engine.ids().id(world.clock.now()), json!({})).await.unwrap_err();
        assert_eq!(codes(&unknown), [("file", "import_file_unknown")]);
        let ana = Actor { admin: false, via: Via::Api, ..world.actor.clone() };
        let refused =
            world.engine.order_import(&ana, world.entity("account"), file, Asked::default()).await.unwrap_err();
        assert_eq!(refused.code, "forbidden");
        assert_eq!(worker::run_long_due(&world.engine).await.unwrap(), 0);
    });
}

/// A file of so many rows.
fn rows(count: usize) -> String {
    let mut csv = "name,code,parent\n".to_owned();
    for row in 0..count {
        // Rows that wait for later ones, and some that are rejected.
        let parent = if row % 7 == 0 { format!("c{}", count - 1) } else { String::new() };
        let name = if row % 50 == 3 { String::new() } else { format!("n{row}") };
        csv.push_str(&format!("{name},c{row},{parent}\n"));
    }
    csv
}

/// A worker that claims the order and is gone.
async fn claim_and_vanish(world: &World) {
    world
        .engine
        .write(Priority::Background, Isolation::ReadCommitted, |engine, _, tx| {
            let now = engine.clock().now();
            let lease_until = now + SignedDuration::from_secs(20);
            job::claim(tx, &Claim { lane: Lane::Long, limit: 1, worker: "gone", now, lease_until })?;
            Ok::<_, Refusal>(())
        })
        .await
        .unwrap();
}

#[test]
fn an_order_whose_worker_is_gone_is_taken_up_when_the_lease_is_over() {
    on_each(FIRM, async |world: &World| {
        let file = upload(world, "many.csv", rows(700).as_bytes()).await;
        let batch = order(world, file, json!({})).await.unwrap();
        claim_and_vanish(world).await;
        assert_eq!(worker::run_long_due(&world.engine).await.unwrap(), 0, "it is somebody's");
        world.clock.advance_to(world.clock.now() + SignedDuration::from_secs(21));
        assert_eq!(worker::run_long_due(&world.engine).await.unwrap(), 1);
        let seen = told(world, batch).await;
        assert_eq!((seen.state, counts(&seen)), ("done", [700, 686, 0, 0, 14]));
    });
}

#[test]
fn a_worker_that_stops_leaves_the_rest_to_the_next() {
    on_each(FIRM, async |world: &World| {
        let count = 3_000;
        let file = upload(world, "many.csv", rows(count).as_bytes()).await;
        let batch = order(world, file, json!({})).await.unwrap();
        let mut changes = world.engine.db().subscribe();
        for _ in 0..20 {
            let worker = worker::Worker::start(world.engine.clone());
            // Something was written, or it was at its end before.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(150), changes.next()).await;
            worker.stop().await;
        }
        while told(world, batch).await.is_open {
            assert!(worker::run_long_due(&world.engine).await.unwrap() > 0, "nobody is at it");
        }
        let seen = told(world, batch).await;
        let rejected = count as i64 / 50;
        assert_eq!(
            (seen.state, counts(&seen)),
            ("done", [3_000, 3_000 - rejected, 0, 0, rejected]),
            "{:?}",
            seen.error
        );
        let living = world.engine.told_imports(&world.actor, None, None, 5).await.unwrap();
        assert_eq!(living.len(), 1);
    });
}

#[test]
fn an_order_is_stopped() {
    on_each(FIRM, async |world: &World| {
        let file = upload(world, "firms.csv", CSV.as_bytes()).await;
        let batch = order(world, file, json!({"guess": true})).await.unwrap();
        world.engine.cancel_import(&world.actor, batch).await.unwrap();
        assert_eq!(told(world, batch).await.state, "cancelled");
        assert_eq!(worker::run_long_due(&world.engine).await.unwrap(), 0);
        let refused = world.engine.cancel_import(&world.actor, batch).await.unwrap_err();
        assert_eq!(refused.code, "import_ended");
        let again = order(world, file, json!({"guess": true})).await.unwrap();
        let anew = order(world, file, json!({"guess": true, "anew": true})).await.unwrap();
        worker::run_long_due(&world.engine).await.unwrap();
        assert_eq!((told(world, again).await.state, told(world, anew).await.state), ("cancelled", "done"));
    });
}

#[test]
fn definitions_that_change_under_way_end_an_order() {
    on_each(FIRM, async |world: &World| {
        let file = upload(world, "firms.csv", CSV.as_bytes()).await;
        let batch = order(world, file, json!({"mapping": "accounts"})).await.unwrap();
        world.publish(world::model(&FIRM.replace("match: [code]", "match: [name]"))).await;
        worker::run_long_due(&world.engine).await.unwrap();
        let seen = told(world, batch).await;
        assert_eq!((seen.state, &seen.error.unwrap()["code"]), ("failed", &json!("import_changed")));
    });
}

#[test]
fn a_mapping_is_written_as_a_document() {
    let mapping = json!({
        "match": ["name"],
        "delimiter": ";",
        "columns": {"Name": {"field": "name"}, "Since": {"field": "since", "format": ["%d/%m/%Y"]}, "Other": null},
    });
    let text = yaml("firms", "account", mapping.as_object().unwrap());
    let expected = "mapping: firms\nentity: account\nmatch: [name]\ndelimiter: \";\"\ncolumns:\n  \"Name\": name\n  \
                    \"Since\": {field: since, format: [\"%d/%m/%Y\"]}\n  # \"Other\": fills nothing\n";
    assert_eq!(text, expected);
    world::model(&format!("{FIRM}---\n{text}"));
}
