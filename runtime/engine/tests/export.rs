//! Records into files, on both databases: what stands in each cell, and that an import gives back what was exported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::io::{Cursor, Read as _};

use fichero_engine::export::{Error, Format, Question};
use fichero_engine::read::list::ListRequest;
use fichero_engine::{Actor, Mode, Refusal};
use fichero_model::label::Locale;
use serde_json::{Value as Json, json};
use world::{World, id, on_each};

const FIRM: &str = r#"
entity: account
fields:
  name: {type: text, required: true, label: {en: Account name}}
  code: {type: text, external: true}
  parent: {type: ref, to: account}
  city: {type: text, label: {en: Town}}
  pin: {type: text, sensitive: true}
---
entity: person
fields: {name: {type: text, required: true, unique: true}}
---
entity: deal
fields:
  name: {type: text, required: true}
  account: {type: ref, to: account}
  about: {type: ref, to: [account, person]}
  partners: {type: ref, to: person, many: true}
  amount: {type: money, label: {en: Price}}
  other: {type: decimal, scale: 4, label: {en: Price of it}}
  pieces: integer
  won: boolean
  since: date
  at: time
  seen: datetime
  took: duration
  notes: longtext
  tags: {type: text, many: true}
  facts: json
  size: {type: choice, options: {small: {label: {en: Small}}, large: {label: {en: Large}}}, default: small}
  share: {type: decimal, scale: 2, compute: other * 2}
  lines: {type: lines, of: deal_line}
  secrets: {type: children, of: deal_line, by: deal}
  place: {lookup: account.city}
---
entity: deal_line
fields:
  name: text
  cost: {type: integer, sensitive: true}
  deal: {type: ref, to: deal}
"#;

async fn bytes(world: &World, entity: &str, request: ListRequest, fields: &[&str], format: Format) -> Vec<u8> {
    try_bytes(world, entity, request, fields, format).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn try_bytes(
    world: &World,
    entity: &str,
    request: ListRequest,
    fields: &[&str],
    format: Format,
) -> Result<Vec<u8>, Error> {
    let entity = world.entity(entity);
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    let question = Question::read(&world.engine.live().model, entity, &request, fields)?;
    let mut export = world.engine.export(&world.actor, entity, question, format)?;
    let mut all = Vec::new();
    while let Some(piece) = export.next().await? {
        all.extend(piece);
    }
    Ok(all)
}

async fn csv(world: &World, entity: &str, fields: &[&str]) -> String {
    let request = ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
    String::from_utf8(bytes(world, entity, request, fields, Format::CSV).await).unwrap()
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => panic!("it should be refused"),
        Err(Error::Refused(refusal)) => refusal.code,
        Err(Error::File(message)) => panic!("{message}"),
    }
}

#[test]
fn cells_are_those_that_an_import_reads() {
    on_each(FIRM, async |world| {
        let acme = world.create("account", json!({"name": "Acme", "code": "A-1", "city": "León"})).await;
        let twin = world.create("account", json!({"name": "Twin", "parent": id(&acme)})).await;
        world.create("account", json!({"name": "Twin"})).await;
        let (anna, semi) = (
            world.create("person", json!({"name": "Anna"})).await,
            world.create("person", json!({"name": "A;B"})).await,
        );
        let deal = |name: &str, more: Json| {
            let mut body = json!({"name": name});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            world.create("deal", body)
        };
        deal(
            "=1+1",
            json!({
                "account": id(&acme), "about": format!("person:{}", id(&anna)), "partners": [id(&anna), id(&semi)],
                "amount": "-1234.5", "amount_currency": "EUR", "other": "-0.5", "pieces": -7, "won": true,
                "since": "2026-03-02", "at": "09:30", "seen": "2026-03-02T08:00:00.000001Z", "took": -90,
                "notes": "He said \"no\",\nthen +1", "tags": ["a", "b"], "facts": {"b": [1, 2], "a": "x"}, "size": null,
            }),
        )
        .await;
        deal("b", json!({"account": id(&twin), "tags": [" a", "b;c"], "share": "7", "size": "large"})).await;
        let fields = [
            "name", "account", "about", "partners", "amount", "other", "pieces", "won", "since", "at", "seen", "took",
            "notes", "tags", "facts", "size", "share",
        ];
        let given = csv(world, "deal", &[]).await;
        let twin = id(&twin);
        assert_eq!(
            given,
            format!(
                "created_at,created_by,name,account,about,partners,amount,amount_currency,other,pieces,won,since,at,seen,\
                 took,notes,tags,facts,size,share\r\n\
                 2026-03-02T09:00:00Z,,'=1+1,A-1,person:Anna,\"[\"\"Anna\"\",\"\"A;B\"\"]\",-1234.50,EUR,-0.5000,-7,true,\
                 2026-03-02,09:30:00,2026-03-02T08:00:00.000001Z,-90,\"He said \"\"no\"\",\nthen +1\",a;b,\
                 \"{{\"\"a\"\":\"\"x\"\",\"\"b\"\":[1,2]}}\",(),\r\n\
                 2026-03-02T09:00:00Z,,b,{twin},,,,,,,false,,,,,,\"[\"\" a\"\",\"\"b;c\"\"]\",,large,7.00\r\n"
            )
        );
        let named = csv(world, "deal", &fields).await;
        let first = named.lines().nth(1).unwrap();
        assert!(first.starts_with("'=1+1,A-1,person:Anna,"), "{first}");
        let second = csv(world, "deal", &["size", "share"]).await;
        assert_eq!(second, "size,share\r\n,-1.00\r\nlarge,7.00\r\n", "what is named is shown as it is");
        assert_eq!(
            csv(world, "deal", &["amount_currency", "amount", "place", "account.parent.name", "lines", "amount_base"])
                .await,
            "amount_currency,amount,place,account.parent.name,lines,amount_base\r\n\
             EUR,-1234.50,León,,0,-1234.50\r\n\
             ,,,Acme,0,\r\n"
        );
    });
}

#[test]
fn a_reference_is_called_by_what_finds_it_and_nothing_else() {
    on_each(FIRM, async |world| {
        // What is the title of one may be the key of another.
        let x = world.create("account", json!({"name": "Other", "code": "X"})).await;
        let titled = world.create("account", json!({"name": "X"})).await;
        let gone = world.create("account", json!({"name": "Gone"})).await;
        for (name, parent) in [("1", &x), ("2", &titled), ("3", &gone)] {
            world.create("account", json!({"name": name, "parent": id(parent)})).await;
        }
        let rows = csv(world, "account", &["name", "parent"]).await;
        let titled = id(&titled);
        assert!(rows.contains(&format!("1,Other\r\n2,{titled}\r\n3,Gone\r\n")), "{rows}");
    });
}

#[test]
fn many_pages_hold_each_record_once_and_in_order() {
    on_each(FIRM, async |world| {
        let entity = world.entity("person");
        for slice in (0..2_300).collect::<Vec<_>>().chunks(500) {
            let live = world.engine.live();
            let input = |number: &i32| {
                fichero_engine::value::json::input(&live.model, entity, &json!({"name": format!("{number:05}")}))
                    .unwrap()
            };
            let commands =
                slice.iter().map(|number| fichero_engine::Command::Create { entity, input: input(number) }).collect();
            world.engine.commands(&world.actor, commands, Mode::Live, None).await.unwrap();
        }
        let request = ListRequest {
            sort: vec!["-name".to_owned()],
            filter: Some(r#"name >= "00100""#.to_owned()),
            ..ListRequest::default()
        };
        let csv = String::from_utf8(bytes(world, "person", request.clone(), &["name"], Format::CSV).await).unwrap();
        let names: Vec<&str> = csv.split("\r\n").skip(1).filter(|name| !name.is_empty()).collect();
        let expected: Vec<String> = (100..2_300).rev().map(|number| format!("{number:05}")).collect();
        assert_eq!(names, expected);
        let lines = bytes(world, "person", request, &["name"], Format::JsonLines).await;
        assert_eq!(String::from_utf8(lines).unwrap().lines().count(), 2_200);
    });
}

#[test]
fn json_lines_are_records_as_the_interface_shows_them() {
    on_each(FIRM, async |world| {
        let acme = world.create("account", json!({"name": "Acme", "code": "A-1", "pin": "1234"})).await;
        let deal = world
            .create(
                "deal",
                json!({"name": "D", "account": id(&acme), "amount": "5", "lines": [{"name": "L", "cost": 3}]}),
            )
            .await;
        let shown = async |entity: &str, record: &Json| {
            let mut shown = world.get(entity, id(record)).await;
            shown.as_object_mut().unwrap().remove("deleted_at").unwrap();
            shown
        };
        let mut expected = shown("deal", &deal).await;
        expected["lines"][0].as_object_mut().unwrap().remove("cost").unwrap();
        let line = bytes(world, "deal", ListRequest::default(), &[], Format::JsonLines).await;
        assert_eq!(serde_json::from_slice::<Json>(&line).unwrap(), expected);
        let mut expected = shown("account", &acme).await;
        expected.as_object_mut().unwrap().remove("pin").unwrap();
        let line = bytes(world, "account", ListRequest::default(), &[], Format::JsonLines).await;
        assert_eq!(serde_json::from_slice::<Json>(&line).unwrap(), expected);
        let fields = ["account.name", "amount_currency", "account.code", "amount"];
        let line = bytes(world, "deal", ListRequest::default(), &fields, Format::JsonLines).await;
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"account.name\":\"Acme\",\"amount_currency\":\"EUR\",\"amount_base\":\"5.00\",\"amount\":\"5.00\",\
             \"account.code\":\"A-1\"}\n"
        );
    });
}

#[test]
fn what_is_no_field_or_sensitive_is_refused_by_name() {
    on_each(FIRM, async |world| {
        let refused =
            async |fields: &[&str]| code(try_bytes(world, "deal", ListRequest::default(), fields, Format::CSV).await);
        for fields in
            [["acount"], ["account.pin"], ["account.nam"], ["about.name"], ["tags.name"], ["account..name"], ["."]]
        {
            assert_eq!(refused(&fields).await, "malformed", "{fields:?}");
        }
        let told = try_bytes(world, "account", ListRequest::default(), &["pin"], Format::CSV).await.unwrap_err();
        assert_eq!(told.to_string(), "“pin” is sensitive and is not exported");
        let nobody = Actor { user: None, admin: false, ..world.actor.clone() };
        let refusal: Result<_, Refusal> =
            world.engine.export(&nobody, world.entity("deal"), Question::default(), Format::CSV);
        assert_eq!(refusal.err().map(|refusal| refusal.code), Some("unauthenticated"));
    });
}

#[test]
fn csv_comes_with_the_sign_and_mark_that_are_asked_for() {
    on_each(FIRM, async |world| {
        world.create("person", json!({"name": "A,B"})).await;
        world.create("person", json!({"name": "C;D"})).await;
        let format = Format::Csv { delimiter: b';', bom: true };
        let request = || ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
        let file = String::from_utf8(bytes(world, "person", request(), &["name", "version"], format).await).unwrap();
        assert_eq!(file, "\u{feff}name;version\r\nA,B;1\r\n\"C;D\";1\r\n");
        let none = ListRequest { filter: Some("name == \"\"".to_owned()), ..request() };
        let empty = bytes(world, "person", none, &["name"], Format::CSV).await;
        assert_eq!(empty, b"name\r\n", "a list of nothing has its heading");
    });
}

/// A file of a workbook.
fn part(book: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_workbook_has_typed_cells() {
    on_each(FIRM, async |world| {
        world
            .create(
                "deal",
                json!({
                    "name": "=1+1", "amount": "1234.5", "other": "0.5", "pieces": 9_000_000_000_000_000_i64, "won": true,
                    "since": "2026-03-02", "at": "12:00", "seen": "2026-03-02T08:30:00Z", "took": 90, "tags": ["a", "b"],
                }),
            )
            .await;
        let fields =
            ["name", "amount", "other", "pieces", "won", "since", "at", "seen", "took", "tags", "account.city", "size"];
        let book = bytes(world, "deal", ListRequest::default(), &fields, Format::Xlsx).await;
        let sheet = part(&book, "xl/worksheets/sheet1.xml");
        let rows = sheet.split_once("<sheetData>").unwrap().1;
        insta::assert_snapshot!("a_workbook", rows.split("</c>").collect::<Vec<_>>().join("</c>\n"));
        assert!(sheet.contains(r#"state="frozen""#), "the heading stays");
        assert!(part(&book, "xl/workbook.xml").contains(r#"name="Deals""#));

        let long = "x".repeat(32_768);
        world.create("deal", json!({"name": "long", "notes": long})).await;
        let told = try_bytes(world, "deal", ListRequest::default(), &["notes"], Format::Xlsx).await.unwrap_err();
        assert!(told.to_string().starts_with("row 3: the text in the column `Notes` is longer than"), "{told}");
    });
}

#[test]
fn headings_of_a_workbook_are_in_the_readers_language() {
    on_each("entity: thing\nfields: {name: {type: text, label: {en: Name, es: Nombre}}}", async |world| {
        let actor = Actor { locale: Locale::parse("es").unwrap(), ..world.actor.clone() };
        let question = Question { fields: vec!["name".to_owned()], ..Question::default() };
        let mut export = world.engine.export(&actor, world.entity("thing"), question, Format::Xlsx).unwrap();
        let mut book = Vec::new();
        while let Some(piece) = export.next().await.unwrap() {
            book.extend(piece);
        }
        assert!(part(&book, "xl/worksheets/sheet1.xml").contains("Nombre"), "the heading of an empty list");
    });
}
