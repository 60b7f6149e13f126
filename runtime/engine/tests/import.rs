//! CSV files into records, on both databases: what is taken, what is found, what is rejected and why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::import::{Reached, Request};
use fichero_engine::read::list::ListRequest;
use fichero_engine::value::write::Written;
use fichero_engine::{Actor, Mode};
use serde_json::{Value as Json, json};
use world::bring::{bring, bring_as, counts};
use world::{World, on_each};

const FIRM: &str = r#"
entity: sector
fields:
  name: {type: text, required: true}
---
entity: account
fields:
  name: {type: text, required: true, max: 30, label: {en: Account name, es: Nombre}}
  code: {type: text, external: true, clean: [trim, upper]}
  sector: {type: ref, to: sector}
  parent: {type: ref, to: account}
  replaces: {type: ref, to: account}
  size: {type: choice, options: {small: {label: {en: Small, es: Pequeña}}, large: Large}, default: small}
  founded: {type: integer, min: 1800}
  revenue: money
  rating: {type: decimal, scale: 2}
  since: date
  seen: datetime
  open: boolean
  tags: {type: text, many: true}
  deals: {type: children, of: deal, by: account}
  worth: {type: money, rollup: sum(deals.amount)}
rules:
  no_small_giants:
    on: save
    if: size == "small" and revenue > 1000000
    reject: {field: size, message: "{{ name }} is not small"}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  account: {type: ref, to: account}
  about: {type: ref, to: [account, sector]}
  partners: {type: ref, to: account, many: true}
  owner: {type: ref, to: user}
  about_firm: {type: ref, to: firm, label: Firm}
  sorts: {type: choice, many: true, options: {old: Old, new: New}}
  amount: money
---
entity: firm
fields: {name: {type: text, required: true, unique: true}}
---
pipeline: deal_process
entity: deal
field: stage
stages: {open: {}, won: {closed: true, require: [amount]}}
transitions: {open: [won], won: []}
---
data: people
entity: user
rows: {anna: {name: Anna Snelling, login: anna.snelling}}
---
mapping: accounts
entity: account
match: code
columns:
  Id: code
  Company: name
  Industry: {field: sector, create: true, aliases: {technolgy: Technology}}
  Turnover: {field: revenue, value: number(value) * 1000}
  Since: {field: since, format: ["%d/%m/%Y", "%d %b %Y"]}
  Parent company: {field: parent, by: name}
set: {size: large, founded: 1999}
---
mapping: ratings
entity: account
columns:
  Company: name
  Rating: {field: rating, value: number(value), aliases: {n/a: ""}}
  Size of it: {field: founded, value: 'if value == "old" { 1800 } else { () }'}
  Since: {field: since, format: ["%d/%m/%Y", "%d %b %Y"]}
---
mapping: firms
entity: deal
columns:
  Deal: name
  Firm: {field: about_firm, by: name, create: true}
---
mapping: turnovers
entity: account
columns:
  Company: name
  Turnover: {field: rating, value: 'number(replace(value, "EUR", ""))'}
  Founded: {field: founded, value: 'if value == "" { 1 } else { floor(number(value)) }'}
---
mapping: days
entity: account
columns:
  Company: name
  Since: {field: since, format: "%d/%m/%Y"}
  Seen: {field: seen, format: ["%d/%m/%Y %H:%M", "%d/%m/%y %H:%M"]}
---
mapping: newcomers
entity: account
match: name
on_match: skip
columns: {Company: name, Founded: founded}
---
mapping: strangers
entity: account
match: name
on_match: reject
columns: {Company: name, Founded: founded}
---
mapping: deals
entity: deal
match: [name]
columns:
  agent: {field: owner, value: 'lower(replace(value, " ", "."))'}
  account: account
  product: {field: name, value: '(value + " · " + row.account) ?? value', aliases: {GTXPro: GTX Pro}}
  stage: {field: stage, aliases: {Won: won, Engaging: open}}
  value: amount
"#;

async fn all(world: &World, entity: &str, fields: &[&str]) -> Vec<Json> {
    let request = ListRequest { sort: vec!["name".to_owned()], limit: Some(500), ..ListRequest::default() };
    let page = world.engine.list(&world.actor, world.entity(entity), &request).await.unwrap();
    page.items.iter().map(Written::json).map(|item| fields.iter().map(|field| item[*field].clone()).collect()).collect()
}

#[test]
fn headings_name_fields_and_external_fields_match() {
    on_each(FIRM, async |world| {
        let csv = "Account name;code;size;founded;revenue;revenue_currency;rating;since;seen;open;tags\n\
                   Acme; a1 ;Pequeña;1904;1.234,50;EUR;4,5;2020-02-29;2026-03-02T09:00;yes;old; new\n\
                   \"Semi;colon\";b2;;;;;;;;;\n";
        let csv = csv.replace("old; new", "\"old; new\"");
        let first = bring(world, "account", None, &csv).await;
        assert_eq!((counts(&first), first.rejects.as_str()), ([2, 0, 0, 0], ""));
        assert_eq!(first.reached.last().unwrap(), &Reached { rows: 2, bytes: csv.len() as u64, rejected: 0 });
        let fields = ["name", "code", "size", "founded", "revenue", "rating", "since", "seen", "open", "tags"];
        assert_eq!(
            all(world, "account", &fields).await,
            [
                json!([
                    "Acme",
                    "A1",
                    "small",
                    1904,
                    "1234.50",
                    "4.50",
                    "2020-02-29",
                    "2026-03-02T08:00:00Z",
                    true,
                    ["old", "new"]
                ]),
                json!(["Semi;colon", "B2", "small", null, null, null, null, null, false, []]),
            ]
        );
        let again = bring(world, "account", None, &csv).await;
        assert_eq!(counts(&again), [0, 0, 2, 0]);
        let changed = bring(world, "account", None, "code,name,rating\na1,Acme Corp,\n").await;
        assert_eq!(counts(&changed), [0, 1, 0, 0]);
        assert_eq!(
            all(world, "account", &["name", "rating"]).await[0],
            json!(["Acme Corp", "4.50"]),
            "an empty cell says nothing"
        );
    });
}

#[test]
fn a_mapping_converts_finds_makes_and_sets() {
    on_each(FIRM, async |world| {
        let csv = "Id,Company,Industry,Turnover,Since,Parent company,Remark\n\
                   1,Child,technolgy,1.5,31/12/1999,Mother,x\n\
                   2,Mother,Technology,2,1 Mar 2001,,\n\
                   3,Orphan,,,,Nobody,\n";
        let brought = bring(world, "account", Some("accounts"), csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 1], "{}", brought.rejects);
        assert_eq!((brought.report.made, brought.report.passed_over.clone()), (1, vec!["Remark".to_owned()]));
        insta::assert_snapshot!("a_missing_parent", brought.rejects);
        assert_eq!(
            world
                .filtered("account", r#"parent.name == "Mother" and sector.name == "Technology" and size == "large""#)
                .await,
            ["Child"]
        );
        assert_eq!(world.filtered("account", "revenue == 2000 and founded == 1999 and parent == ()").await, ["Mother"]);
        assert_eq!(world.names("sector", ListRequest::default()).await, ["Technology"]);
        let history = world.history("account", all(world, "account", &["id"]).await[0][0].as_str().unwrap()).await;
        assert_eq!(
            (&history[0]["via"], &history[0]["cause"]),
            (&json!("import"), &json!(brought.report.batch.unwrap().to_string()))
        );
    });
}

#[test]
fn history_is_brought_in_whatever_the_pipeline_allows() {
    on_each(FIRM, async |world| {
        fichero_engine::data::load(&world.engine, fichero_engine::data::Which::Stock).await.unwrap();
        bring(world, "account", None, "name\nAcme\n").await;
        let csv = "agent,account,product,stage,value\n\
                   Anna Snelling,Acme,GTXPro,Won,100\n\
                   Anna Snelling,,MG Special,Engaging,\n\
                   Nobody Else,Acme,GTX Basic,Won,5\n\
                   Anna Snelling,Acme,GTX Basic,Lost,many\n";
        let brought = bring(world, "deal", Some("deals"), csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2]);
        insta::assert_snapshot!("unknown_people_and_stages", brought.rejects);
        assert_eq!(
            all(world, "deal", &["name", "stage", "amount"]).await,
            [json!(["GTX Pro · Acme", "won", "100.00"]), json!(["MG Special", "open", null])]
        );
        assert_eq!(world.filtered("deal", r#"owner.login == "anna.snelling""#).await.len(), 2);
        assert_eq!(all(world, "account", &["worth"]).await, [json!(["100.00"])], "rollups are kept");
    });
}

#[test]
fn every_slip_of_a_row_is_told_and_only_that_row_is_rejected() {
    let csv = "name,code,sector,founded,revenue,rating,since,size,tags\n\
               ,x1,,,,,,,\n\
               A name that is longer than it may be,x2,,,,,,,\n\
               Bad cells,x3,Mining,nineteen,\"1,234\",1.234,31/02/2020,huge,\n\
               Too old,x4,,1700,,,,,\n\
               Small giant,x5,,,2000000,,,small,\n\
               Ragged,x6,,\n\
               Fine,x7,,,,,,,\n\
               Fine again,x7,,,,,,,\n\
               No code,,,,,,,,\n";
    on_each(FIRM, async |world| {
        let brought = bring(world, "account", None, csv).await;
        assert_eq!(counts(&brought), [1, 1, 0, 7]);
        insta::assert_snapshot!("every_slip_of_a_row", brought.rejects);
        assert_eq!(world.names("account", ListRequest::default()).await, ["Fine again"]);
    });
}

#[test]
fn a_unique_rule_that_a_row_breaks_is_told_by_its_fields() {
    let place = r#"
entity: place
title: code
fields:
  code: {type: text, external: true}
  m: {type: integer, unique: true}
  x: integer
  y: integer
unique: {spot: {fields: [x, y], message: This spot is taken}}
"#;
    on_each(place, async |world| {
        let brought = bring(world, "place", None, "code,m,x,y\nA,1,1,1\nB,1,2,2\nC,3,1,1\nD,4,3,3\n").await;
        assert_eq!(counts(&brought), [2, 0, 0, 2]);
        insta::assert_snapshot!("unique_rules", brought.rejects);
    });
}

#[test]
fn what_a_mapping_makes_nothing_of_is_told() {
    let csv = "Company,Rating,Size of it,Since\n\
               A,1.5,old,31/03/2026\n\
               B,abc,,\n\
               C,n/a,new,\n\
               D,,,2026/03/31\n";
    on_each(FIRM, async |world| {
        let brought = bring(world, "account", Some("ratings"), csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2]);
        insta::assert_snapshot!("nothing_of_a_cell", brought.rejects);
        assert_eq!(
            all(world, "account", &["name", "rating", "founded"]).await,
            [json!(["A", "1.50", 1800]), json!(["C", null, null])]
        );
    });
}

#[test]
fn an_empty_text_that_a_function_is_given_is_no_word_for_nothing() {
    on_each(FIRM, async |world| {
        let csv = "Company,Turnover,Founded\nA,abc,1900\nB,12 EUR,1900\nC,,old\n";
        let brought = bring(world, "account", Some("turnovers"), csv).await;
        assert_eq!(counts(&brought), [1, 0, 0, 2], "{}", brought.rejects);
        insta::assert_snapshot!("nothing_of_a_cell_behind_a_function", brought.rejects);
        assert_eq!(all(world, "account", &["name", "rating"]).await, [json!(["B", "12.00"])]);
    });
}

#[test]
fn a_year_of_four_digits_is_written_with_four() {
    on_each(FIRM, async |world| {
        let csv = "Company,Since,Seen\nA,02/03/26,\nB,02/03/2026,02/03/26 10:30\nC,02/03/0026,\nD,02/03/026,\n";
        let brought = bring(world, "account", Some("days"), csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2], "{}", brought.rejects);
        insta::assert_snapshot!("years_of_two_digits", brought.rejects);
        assert_eq!(
            all(world, "account", &["name", "since", "seen"]).await,
            [json!(["B", "2026-03-02", "2026-03-02T09:30:00Z"]), json!(["C", "0026-03-02", null])]
        );
    });
}

#[test]
fn a_name_that_is_only_alike_is_told_of_its_column() {
    on_each(FIRM, async |world| {
        world.create("firm", json!({"name": "Acme"})).await;
        let brought = bring(world, "deal", Some("firms"), "Deal,Firm\nA,acme\nB,Acme\nC,New\n").await;
        assert_eq!(counts(&brought), [2, 0, 0, 1]);
        insta::assert_snapshot!("names_alike", brought.rejects);
    });
}

#[test]
fn several_values_are_parted_by_semicolons() {
    on_each(FIRM, async |world| {
        let csv = "name,sorts,partners\nA,old|new,\nB,old;new,\nC,,\"Acme, Bolt\"\n";
        let brought = bring(world, "deal", None, csv).await;
        assert_eq!(counts(&brought), [1, 0, 0, 2]);
        insta::assert_snapshot!("parted_otherwise", brought.rejects);
    });
}

#[test]
fn when_a_record_was_made_is_not_changed_by_a_later_row() {
    on_each(FIRM, async |world| {
        bring(world, "account", None, "code,name,created_at\ne1,One,2020-01-01T00:00:00Z\n").await;
        let csv = "code,name,created_at\ne1,Two,2021-01-01T00:00:00Z\ne1,Three,2020-01-01T00:00:00Z\n";
        let brought = bring(world, "account", None, csv).await;
        assert_eq!(counts(&brought), [0, 1, 0, 1]);
        insta::assert_snapshot!("made_before", brought.rejects);
    });
}

#[test]
fn a_row_with_flawed_quotes_is_rejected() {
    let csv = "name,code\n\"Fine \"\"A\"\"\" ,1\n\"un\"closed,2\nB,3\n\"open,4\nC,5\n";
    on_each(FIRM, async |world| {
        let brought = bring(world, "account", None, csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2]);
        insta::assert_snapshot!("flawed_quotes", brought.rejects);
        assert_eq!(world.names("account", ListRequest::default()).await, ["Fine \"A\"", "B"]);
        // A cell that took all that follows may leave its row with as many cells as the heading has.
        let brought = bring(world, "account", None, "name,code\nD,\"6\nE,7\n").await;
        assert_eq!(counts(&brought), [0, 0, 0, 1]);
        assert!(brought.rejects.contains("The quote that opens in line 2 is never closed"), "{}", brought.rejects);
    });
}

#[test]
fn files_that_do_not_fit_are_refused_before_anything_is_changed() {
    on_each(FIRM, async |world| {
        let mut told = Vec::new();
        for (mapping, csv) in [
            (None, "name,cod,founded,founded_at\nA,1,2,3\n"),
            (None, "name,name\nA,B\n"),
            (None, "Nombre,Account name\nA,B\n"),
            (None, "name,id,worth,deals\nA,1,2,3\n"),
            (None, "name,\nA,B\n"),
            (None, ""),
            (Some("accounts"), "Id,Company,Industri,Since,Parent company\n1,A,B,,\n"),
        ] {
            match bring_as(world, "account", mapping, csv, |request| request).await {
                Ok(_) => panic!("it should be refused: {csv}"),
                Err(error) => told.push(error.to_string()),
            }
        }
        let wrong = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        for names in [&["cod"][..], &["founded"], &["revenue", "tags"]] {
            let csv = "name,revenue,tags\nA,1,x\n";
            match bring_as(world, "account", None, csv, |request| Request { matching: wrong(names), ..request }).await {
                Ok(_) => panic!("it should be refused: {names:?}"),
                Err(error) => told.push(error.to_string()),
            }
        }
        insta::assert_snapshot!("files_that_do_not_fit", told.join("\n--\n"));
        assert!(world.names("account", ListRequest::default()).await.is_empty());
    });
}

#[test]
fn a_column_of_files_is_refused_with_what_to_do_instead() {
    on_each(
        "entity: paper\nfields: {name: text, scan: {type: file, label: {en: Scan, es: Escaneo}}}\n",
        async |world| {
            for (csv, column) in [
                ("name,scan\nA,a.pdf\n", "the column `scan` is a field that holds files"),
                ("name,Escaneo\nA,a.pdf\n", "the column `Escaneo` fills `scan`, which holds files"),
            ] {
                let refused = bring_as(world, "paper", None, csv, |request| request).await;
                let Err(error) = refused else { panic!("it should be refused: {csv}") };
                let told = error.to_string();
                assert!(told.contains(column) && told.contains("POST /api/files"), "{told}");
                assert!(world.names("paper", ListRequest::default()).await.is_empty());
            }
        },
    );
}

#[test]
fn rows_may_refer_to_later_rows_in_chains_and_circles() {
    on_each(FIRM, async |world| {
        let csv = "code,name,parent,replaces\n\
                   1,Leaf,Branch,\n\
                   2,Branch,Trunk,\n\
                   3,Trunk,,\n\
                   4,New,,Old\n\
                   5,Old,New,\n\
                   6,Lost,Nowhere,\n\
                   7,Follower,Lost,\n\
                   8,Selfish,Selfish,\n";
        let brought = bring(world, "account", None, csv).await;
        assert_eq!((counts(&brought), brought.rejects.lines().count()), ([6, 0, 0, 2], 3));
        assert!(
            brought.rejects.contains("line 7: Parent: ") && brought.rejects.contains("line 8: Parent: "),
            "{}",
            brought.rejects
        );
        assert_eq!(world.filtered("account", r#"parent.parent.name == "Trunk""#).await, ["Leaf"]);
        assert_eq!(world.filtered("account", "replaces.parent == id").await, ["New"]);
        assert_eq!(world.filtered("account", "parent == id").await, ["Selfish"]);
        let again = bring(world, "account", None, csv).await;
        assert_eq!(counts(&again), [0, 0, 6, 2]);
    });
}

#[test]
fn references_to_several_entities_and_to_many() {
    on_each(FIRM, async |world| {
        bring(world, "account", None, "name,code\nAcme,a\nBeta,b\nBeta,c\n").await;
        bring(world, "sector", None, "name\nMining\nAcme\n").await;
        let id = all(world, "account", &["id"]).await[0][0].as_str().unwrap().to_owned();
        let csv = format!(
            "name,account,about,partners\n\
             1,A,Mining,Acme; B\n\
             2,{id},account:Acme,C\n\
             3,Beta,,\n\
             4,,Acme,\n\
             5,,sector: Acme,Acme;Gone\n"
        );
        let brought = bring(world, "deal", None, &csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 3]);
        insta::assert_snapshot!("references_to_several", brought.rejects);
        assert_eq!(world.filtered("deal", "count(partners) == 2 and account.code == \"A\"").await, ["1"]);
    });
}

#[test]
fn a_dry_run_reports_and_changes_nothing() {
    on_each(FIRM, async |world| {
        let csv = "Id,Company,Industry,Turnover,Since,Parent company\n1,A,Mining,,,\n2,,Mining,,,\n3,C,,,,Elsewhere\n";
        let brought = bring_as(world, "account", Some("accounts"), csv, |request| Request { dry_run: true, ..request })
            .await
            .unwrap();
        assert_eq!((counts(&brought), brought.report.batch), ([2, 0, 0, 1], None));
        assert!(brought.rejects.contains("line 3: Company: "), "{}", brought.rejects);
        for entity in ["account", "sector"] {
            assert!(world.names(entity, ListRequest::default()).await.is_empty());
        }
    });
}

#[test]
fn a_dry_run_shows_what_the_first_rows_would_do() {
    on_each(FIRM, async |world| {
        bring(world, "account", None, "code,name,revenue,rating,open\na,Acme,5,1,no\nb,Beta,,,\n").await;
        let mut csv = "code,name,revenue,rating,open\na,Acme,6,1.00,yes\nb,Beta,,,\nc,,,,\nd,Delta,7,,\n".to_owned();
        (0..30).for_each(|number| csv.push_str(&format!("n{number},N{number},,,\n")));
        let brought =
            bring_as(world, "account", None, &csv, |request| Request { dry_run: true, ..request }).await.unwrap();
        assert_eq!((counts(&brought), brought.report.shown.len()), ([31, 1, 1, 1], 20));
        let shown = |at: usize| {
            let shown = &brought.report.shown[at];
            (shown.line, shown.is_new, shown.title.as_str(), Json::Object(shown.changes.clone()))
        };
        let changed = json!({"revenue": ["5.00", "6.00"], "open": [false, true]});
        assert_eq!(shown(0), (2, false, "Acme", changed));
        let (line, is_new, title, made) = shown(1);
        assert_eq!((line, is_new, title), (5, true, "Delta"));
        assert_eq!((&made["code"], &made["revenue"]), (&json!([null, "D"]), &json!([null, "7.00"])));
        assert_eq!(world.filtered("account", "open").await.len(), 0, "nothing is changed");
        // What it refers to is named.
        let csv = "code,name,parent\nz,Zeta,Acme\n";
        let brought =
            bring_as(world, "account", None, csv, |request| Request { dry_run: true, ..request }).await.unwrap();
        let shown = &brought.report.shown[0];
        assert_eq!(shown.titles[shown.changes["parent"][1].as_str().unwrap()], "Acme");
    });
}

#[test]
fn rows_whose_records_are_there_are_passed_over_or_rejected_where_that_is_said() {
    on_each(FIRM, async |world| {
        bring(world, "account", None, "code,name,founded\na,Acme,1900\nb,Beta,1900\nc,Beta,1900\n").await;
        let csv = "name,founded\nAcme,1901\nBeta,1902\nGamma,1903\n";
        let by_name = Some(vec!["name".to_owned()]);
        let brought =
            bring_as(world, "account", None, csv, |request| Request { matching: by_name, ..request }).await.unwrap();
        assert_eq!(counts(&brought), [1, 1, 0, 1]);
        let why = brought.rejects.lines().nth(1).unwrap();
        assert!(
            why.contains("More than one record has the same name: Beta (") && why.matches("Beta (").count() == 2,
            "{why}"
        );

        let csv = "Company,Founded\nAcme,1950\nNew,1950\nAcme,x\n";
        assert_eq!(counts(&bring(world, "account", Some("newcomers"), csv).await), [1, 0, 1, 1]);
        let brought = bring(world, "account", Some("strangers"), "Company,Founded\nAcme,1950\nOther,1950\n").await;
        assert_eq!(counts(&brought), [1, 0, 0, 1]);
        assert!(brought.rejects.contains("There is such a record already: Acme ("), "{}", brought.rejects);
        assert_eq!(all(world, "account", &["founded"]).await[0], json!([1901]));
    });
}

#[test]
fn live_rows_obey_the_pipeline() {
    on_each(FIRM, async |world| {
        let csv = "name,stage,amount\nWon at once,won,\nOpen,open,5\n";
        let loaded = bring(world, "deal", None, csv).await;
        assert_eq!(counts(&loaded), [2, 0, 0, 0]);
        let brought =
            bring_as(world, "deal", None, csv, |request| Request { mode: Mode::Live, ..request }).await.unwrap();
        assert_eq!(counts(&brought), [1, 0, 0, 1]);
        assert!(brought.rejects.contains("Amount is required"), "{}", brought.rejects);
    });
}

#[test]
fn who_is_no_administrator_may_not_import() {
    on_each(FIRM, async |world| {
        let refused = bring_as(world, "account", None, "name\nA\n", |request| Request {
            actor: Actor { admin: false, ..request.actor },
            ..request
        })
        .await;
        assert!(refused.is_err());
        assert!(world.names("account", ListRequest::default()).await.is_empty());
    });
}

#[test]
fn many_rows_pass_in_slices_with_true_counts() {
    on_each(FIRM, async |world| {
        let mut csv = "code,name,sector\n".to_owned();
        bring(world, "sector", None, "name\nMining\n").await;
        for number in 0..1_700 {
            // One in a hundred is wrong.
            let sector = if number % 100 == 99 { "Minning" } else { "Mining" };
            csv.push_str(&format!("C{number},Account {number},{sector}\n"));
        }
        let brought = bring(world, "account", None, &csv).await;
        assert_eq!(counts(&brought), [1_683, 0, 0, 17]);
        assert!(brought.reached.len() >= 4);
        let batch = brought.report.batch.unwrap();
        let stored = world
            .engine
            .read(move |_, _, tx| Ok(fichero_store::system::import::find(tx, batch)?))
            .await
            .unwrap()
            .unwrap();
        let progress = stored.progress;
        assert_eq!((progress.reached, progress.created, progress.updated, progress.rejected), (1_700, 1_683, 0, 17));
        let again = bring(world, "account", None, &csv).await;
        assert_eq!(counts(&again), [0, 0, 1_683, 17]);
    });
}

const TICKETS: &str = r#"
entity: ticket
fields:
  name: text
  number: {type: sequence, pattern: "T-{YYYY}-{###}", per: year}
---
mapping: tickets
entity: ticket
columns: {Subject: name, No: number}
"#;

const KEYED: &str = r#"
entity: part
fields:
  name: text
  key: {type: text, external: true}
  size: integer
---
mapping: parts
entity: part
match: key
columns: {name: name, size: size}
set: {key: '=row.name + "-" + text(100 / number(row.size))'}
"#;

#[test]
fn rows_are_matched_by_a_key_that_the_mapping_makes() {
    on_each(KEYED, async |world| {
        let brought = bring(world, "part", Some("parts"), "name,size\na,2\nb,4\na,2\nc,none\n").await;
        assert_eq!(counts(&brought), [2, 0, 1, 1], "{}", brought.rejects);
        let again = bring(world, "part", Some("parts"), "name,size\nb,4\nb,5\n").await;
        assert_eq!(counts(&again), [1, 0, 1, 0], "{}", again.rejects);
    });
}

const MET: &str = r#"
entity: item
fields:
  name: text
  code: {type: text, external: true}
  parent: {type: ref, to: item}
  below: {lookup: parent.name}
  number: {type: sequence, pattern: "I{##}"}
rules:
  other: {on: save, if: code == "a", set: {code: "b"}}
"#;

#[test]
fn rows_of_a_slice_meet_each_other() {
    on_each(MET, async |world| {
        world.create("item", json!({"name": "Old", "code": "old"})).await;
        let csv = "name,code,parent\n\
                   One,a,old\n\
                   Two,b,\n\
                   Three,a,\n\
                   Four,d,b\n\
                   Five,e,d\n\
                   Six,d,old\n\
                   Seven,old,e\n";
        let brought = bring(world, "item", None, csv).await;
        // The rule gives the first the code `b`, by which the second finds it, and which the third cannot have as well.
        assert_eq!(counts(&brought), [3, 3, 0, 1], "{}", brought.rejects);
        assert!(brought.rejects.contains("Three,a,"), "{}", brought.rejects);
        assert_eq!(
            all(world, "item", &["name", "code", "below", "number"]).await,
            [
                json!(["Five", "e", "Six", "I04"]),
                json!(["Seven", "old", "Five", "I01"]),
                json!(["Six", "d", "Seven", "I03"]),
                json!(["Two", "b", "Seven", "I02"]),
            ]
        );
    });
}

#[test]
fn numbers_are_kept_and_counting_goes_on_behind_them() {
    on_each(TICKETS, async |world| {
        world.create("ticket", json!({"name": "a"})).await;
        let first = bring(world, "ticket", None, "name,number\nb,T-2026-007\nc,T-2025-040\nd,old 3\ne,\n").await;
        assert_eq!((counts(&first), first.rejects.as_str()), ([4, 0, 0, 0], ""));
        bring(world, "ticket", Some("tickets"), "Subject,No\nf,T-2026-003\n").await;
        world.create("ticket", json!({"name": "g"})).await;
        let numbers: Vec<Json> =
            all(world, "ticket", &["number"]).await.into_iter().map(|row| row[0].clone()).collect();
        let expected = ["T-2026-001", "T-2026-007", "T-2025-040", "old 3", "T-2026-008", "T-2026-003", "T-2026-009"];
        assert_eq!(numbers, expected);
    });
}

#[test]
fn numbers_and_durations_come_with_their_units() {
    let things = "entity: thing\nfields:\n  name: {type: text, external: true}\n  share: {type: decimal, widget: percent}\n  \
                  weight: {type: decimal, scale: 1, unit: {en: kg, ru: кг}}\n  rooms: {type: integer, unit: rooms}\n  took: duration\n";
    on_each(things, async |world| {
        let csv = "name,share,weight,rooms,took\na,12.5%,80.5 kg,3 rooms,90 min\nb,\"12,5 %\",80 кг,3,2 h 30 min\nc,1 kg,1 %,3 %,2 years\n";
        let brought = bring(world, "thing", None, csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 1]);
        for name in ["Share", "Weight", "Rooms", "Took"] {
            assert!(brought.rejects.contains(name), "{name}: {}", brought.rejects);
        }
        let found =
            world.filtered("thing", "share == 12.5 and weight > 79 and rooms == 3 and took > minutes(80)").await;
        assert_eq!(found, ["a", "b"]);
    });
}
