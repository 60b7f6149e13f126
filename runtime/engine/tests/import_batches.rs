//! Batches of imports on both databases: one that broke off goes on, and one that was wrong is taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::io::{self, Cursor, Read};

use fichero_engine::import::undo::{self, Why};
use fichero_engine::import::{self, Request};
use fichero_engine::read::list::ListRequest;
use fichero_model::Id;
use fichero_store::system::import::{self as stored, State};
use serde_json::json;

use world::bring::{Brought, bring, bring_as, counts};
use world::{World, id, on_each};

const FIRM: &str = r#"
entity: sector
fields:
  name: {type: text, required: true}
---
entity: account
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  sector: {type: ref, to: sector}
  parent: {type: ref, to: account}
  partners: {type: ref, to: account, many: true}
  revenue: money
  doubled: {type: integer, compute: staff * 2}
  staff: integer
  secret: {type: text, sensitive: true}
  kind: {type: choice, options: [small, large]}
  deals: {type: children, of: deal, by: account}
  worth: {type: money, rollup: sum(deals.amount)}
rules:
  no_large_and_poor:
    on: save
    if: kind == "large" and revenue == ()
    reject: {field: kind, message: A large one has revenue}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  account: {type: ref, to: account}
  amount: money
---
mapping: accounts
entity: account
match: code
columns:
  Code: code
  Name: name
  Sector: {field: sector, create: true}
  Parent: {field: parent, by: name}
"#;

/// A file that breaks off after so many bytes.
fn breaking(csv: &str, at: usize) -> impl Read {
    struct Gone;
    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    Cursor::new(csv.as_bytes()[..at].to_vec()).chain(Gone)
}

fn rows(count: usize) -> String {
    // More than is looked at before the first row is taken.
    let remark = "x".repeat(150);
    let mut csv = "Code,Name,Sector,Parent,Remark\n".to_owned();
    for number in 0..count {
        // One in a hundred is wrong, one in two hundred comes before its parent.
        let name = if number % 100 == 99 { String::new() } else { format!("Account {number}") };
        let parent = if number % 200 == 0 { format!("Account {}", count - 2) } else { String::new() };
        csv.push_str(&format!("C{number},{name},Mining,{parent},{remark}\n"));
    }
    csv
}

async fn broken_off(world: &World, csv: &str, at: usize) -> Id {
    let live = world.engine.live();
    let request = Request {
        hash: Some([1; 32]),
        mapping: live.model.mappings.iter().find(|mapping| &*mapping.name == "accounts"),
        ..world::bring::request(world, "account")
    };
    let mut rejects = Vec::new();
    let error = import::run(&world.engine, request, breaking(csv, at), &mut rejects, |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    let all = world.engine.read(|_, _, tx| Ok(stored::list(tx, None, None, 1)?)).await.unwrap();
    assert_eq!(all[0].state, State::Running);
    assert!(all[0].progress.reached > 0);
    all[0].batch
}

async fn again(world: &World, csv: &str) -> Result<Brought, import::Error> {
    bring_as(world, "account", Some("accounts"), csv, |request| Request { hash: Some([1; 32]), ..request }).await
}

#[test]
fn an_import_that_broke_off_goes_on_where_it_stood() {
    on_each(FIRM, async |world| {
        let csv = rows(800);
        let whole = bring(world, "account", Some("accounts"), &csv).await;
        undo::run(&world.engine, &world.actor, whole.report.batch.unwrap(), |_| {}).await.unwrap();
        let batch = broken_off(world, &csv, csv.len() * 3 / 4).await;
        let brought = again(world, &csv).await.unwrap();
        assert_eq!(brought.report.batch, Some(batch));
        assert!(brought.resuming.is_some_and(|rows| rows > 0) && brought.report.resumed == brought.resuming);
        assert_eq!((counts(&brought), brought.report.made), (counts(&whole), 1));
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&brought.rejects), sorted(&whole.rejects), "the rejects are whole");
        assert_eq!(world.aggregate("account", &[], &["n:count()"]).await[0]["n"], counts(&whole)[0]);
        assert_eq!(world.filtered("account", "parent != ()").await.len(), 4);
        let ended = world.engine.read(move |_, _, tx| Ok(stored::find(tx, batch)?.unwrap())).await.unwrap();
        assert_eq!((ended.state, ended.progress.reached, ended.progress.created), (State::Done, 800, 792));

        // At its end it is not taken up again.
        let third = again(world, &csv).await.unwrap();
        assert_eq!((counts(&third), third.report.resumed), ([0, 0, 792, 8], None));
    });
}

#[test]
fn going_on_by_other_means_is_refused_and_beginning_anew_leaves_the_old_one() {
    on_each(FIRM, async |world| {
        let csv = rows(800);
        let batch = broken_off(world, &csv, csv.len() * 3 / 4).await;
        let refused = bring_as(world, "account", Some("accounts"), &csv, |request| Request {
            hash: Some([1; 32]),
            matching: Some(vec!["name".to_owned()]),
            ..request
        })
        .await;
        let refused = refused.map(|_| ()).unwrap_err();
        let told = refused.to_string();
        assert!(told.contains(&batch.to_string()) && told.contains("matched by: code"), "{told}");
        let brought = bring_as(world, "account", Some("accounts"), &csv, |request| Request {
            hash: Some([1; 32]),
            anew: true,
            ..request
        })
        .await
        .unwrap();
        assert!(brought.report.resumed.is_none() && brought.report.unchanged > 0, "{:?}", brought.report);
        let old = world.engine.read(move |_, _, tx| Ok(stored::find(tx, batch)?.unwrap())).await.unwrap();
        assert_eq!(old.state, State::Left);
    });
}

#[test]
fn a_file_that_was_brought_in_before_is_told_of() {
    on_each(FIRM, async |world| {
        let twice = async |dry_run: bool, hash: u8| {
            let csv = "name\nMining\n";
            let brought =
                bring_as(world, "sector", None, csv, |request| Request { hash: Some([hash; 32]), dry_run, ..request });
            brought.await.unwrap()
        };
        let first = twice(false, 7).await;
        assert_eq!(first.again, None);
        assert_eq!(twice(true, 7).await.again, first.report.batch, "before anything is done");
        assert_eq!(twice(false, 8).await.again, None, "another file");
        take_back(world, first.report.batch.unwrap()).await;
        assert_eq!(twice(false, 7).await.again, None, "that one was taken back");
        // Rows that are matched by a key do no harm.
        for _ in 0..2 {
            let brought = bring_as(world, "account", None, "code,name\nA,Acme\n", |request| Request {
                hash: Some([9; 32]),
                ..request
            });
            assert_eq!(brought.await.unwrap().again, None);
        }
    });
}

/// Takes an import back: what was reversed, kept and blocked, and what is told of each that stays.
async fn take_back(world: &World, batch: Id) -> (u64, u64, u64, Vec<String>) {
    let report = undo::run(&world.engine, &world.actor, batch, |_| {}).await.unwrap();
    let told = report.stayed.iter().map(|stayed| match &stayed.why {
        Why::Edited => format!("{} {}: edited", stayed.entity, stayed.title.as_deref().unwrap_or("-")),
        Why::Blocked(refusal) => format!("{} {}", stayed.entity, refusal.to_text(world.actor.locale)),
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    (report.reversed, report.kept, report.blocked, told)
}

#[test]
fn what_an_import_made_goes_unless_it_was_edited_or_something_refers_to_it() {
    on_each(FIRM, async |world| {
        let csv = "Code,Name,Sector,Parent\n\
                   a,Leaf,Mining,Trunk\n\
                   b,Trunk,Mining,\n\
                   c,Edited,Mining,\n\
                   d,Held,Banking,\n\
                   e,Deleted,,\n\
                   f,Own,Fishing,Own\n";
        let brought = bring(world, "account", Some("accounts"), csv).await;
        assert_eq!((counts(&brought), brought.report.made), ([6, 0, 0, 0], 3));
        let batch = brought.report.batch.unwrap();
        let of = async |name: &str| {
            let request = ListRequest { equals: vec![("name".to_owned(), json!(name))], ..Default::default() };
            let page = world.engine.list(&world.actor, world.entity("account"), &request).await.unwrap();
            id(&page.items[0].json()).to_owned()
        };
        world.update("account", &of("Edited").await, json!({"staff": 5})).await;
        let deal = world.create("deal", json!({"name": "d", "account": of("Held").await, "amount": "5"})).await;
        world.delete("account", &of("Deleted").await).await.unwrap();

        let (reversed, kept, blocked, told) = take_back(world, batch).await;
        assert_eq!((reversed, kept, blocked), (4, 2, 3), "{told:?}");
        insta::assert_snapshot!("what_stays", told.join("\n"));
        assert_eq!(world.filtered("account", "true").await, ["Edited", "Held"]);
        let history = world.history("account", &of("Held").await).await;
        assert_eq!(history.len(), 1, "what stays is not touched");

        // What was in the way is gone, and the rest goes, too.
        world.delete("deal", id(&deal)).await.unwrap();
        let (reversed, kept, blocked, _) = take_back(world, batch).await;
        assert_eq!((reversed, kept, blocked), (6, 2, 1), "the sector of what was edited stays");
        world.update("account", &of("Edited").await, json!({"sector": null})).await;
        assert_eq!(take_back(world, batch).await.2, 0);
        let twice = undo::run(&world.engine, &world.actor, batch, |_| {}).await.unwrap_err();
        assert_eq!(twice.code, "import_undone");
        assert!(twice.to_text(world.actor.locale).contains("7 records reversed, 2 kept"), "{twice:?}");
        let import = world.engine.read(move |_, _, tx| Ok(stored::find(tx, batch)?.unwrap())).await.unwrap();
        assert_eq!(import.state, State::Undone);

        // The same file goes in again.
        assert_eq!(counts(&bring(world, "account", Some("accounts"), csv).await), [5, 1, 0, 0]);
    });
}

#[test]
fn what_an_import_changed_gets_its_former_values_back() {
    on_each(FIRM, async |world| {
        let partner = world.create("account", json!({"name": "Partner", "code": "p"})).await;
        let body = |name: &str| {
            json!({"name": name, "code": name, "revenue": "10", "revenue_currency": "EUR", "staff": 3,
                   "kind": "large", "partners": [id(&partner)], "doubled": 100})
        };
        let one = world.create("account", body("one")).await;
        let two = world.create("account", body("two")).await;
        let three = world.create("account", body("three")).await;
        let secret = world.create("account", json!({"name": "s", "code": "s", "secret": "x"})).await;
        let free = world.create("account", json!({"name": "free", "code": "free", "staff": 3})).await;
        let before = (world.get("account", id(&one)).await, world.get("account", id(&free)).await);

        let csv = "code,name,revenue,revenue_currency,staff,kind,partners,doubled,secret\n\
                   one,One,20,EUR,4,small,one;p,200,\n\
                   one,One again,,,,,,,\n\
                   two,Two,20,EUR,4,small,,200,\n\
                   three,Three,30,EUR,,small,,,\n\
                   free,Free,,,4,,,9,\n\
                   s,,,,,,,,y\n\
                   p,Partner,,,,,,,\n";
        let csv = csv.replace("s,,,", "s,S,,");
        let brought = bring(world, "account", None, &csv).await;
        assert_eq!(counts(&brought), [0, 6, 1, 0], "{}", brought.rejects);
        world.update("account", id(&two), json!({"staff": 7})).await;
        let batch = brought.report.batch.unwrap();
        let (reversed, kept, blocked, told) = take_back(world, batch).await;
        assert_eq!((reversed, kept, blocked), (3, 1, 1), "{told:?}");
        insta::assert_snapshot!("what_keeps_its_new_values", told.join("\n"));
        let fields = ["name", "revenue", "revenue_currency", "staff", "kind", "partners", "doubled", "secret"];
        let now = (world.get("account", id(&one)).await, world.get("account", id(&free)).await);
        for field in fields {
            assert_eq!((&now.0[field], &now.1[field]), (&before.0[field], &before.1[field]), "{field}");
        }
        // What followed its inputs follows them again.
        let free = world.update("account", id(&free), json!({"staff": 50})).await;
        assert_eq!(free["doubled"], 100);
        assert_eq!(world.get("account", id(&two)).await["name"], "Two");
        assert_eq!(world.get("account", id(&three)).await["name"], "three");
        assert_eq!(world.get("account", id(&secret)).await["name"], "S");
        let history = world.history("account", id(&one)).await;
        let undo = world.engine.read(move |_, _, tx| Ok(stored::find(tx, batch)?.unwrap().undo)).await.unwrap();
        let cause = json!(undo.unwrap().batch.to_string());
        assert_eq!((&history[0]["via"], &history[0]["cause"]), (&json!("import"), &cause));
    });
}

#[test]
fn an_import_that_broke_off_is_taken_back_and_not_gone_on_with() {
    on_each(FIRM, async |world| {
        let csv = rows(800);
        let batch = broken_off(world, &csv, csv.len() * 3 / 4).await;
        let (reversed, kept, blocked, _) = take_back(world, batch).await;
        assert!(reversed > 400 && kept + blocked == 0);
        assert_eq!(world.aggregate("account", &[], &["n:count()"]).await[0]["n"], 0);
        let brought = again(world, &csv).await.unwrap();
        assert_eq!((counts(&brought), brought.resuming), ([792, 0, 0, 8], None));
    });
}
