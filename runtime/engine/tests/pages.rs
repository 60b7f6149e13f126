//! What pages read: everything in one hop, in a number of statements that does not grow with what is shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::input::{Given, Input, Line};
use fichero_engine::live::field_expr;
use fichero_engine::read::page::{
    Ask, FormQuestion, HomeQuestion, ListQuestion, Pick, RecordQuestion, RelatedQuestion, Seen, SuggestQuestion,
};
use fichero_engine::read::search;
use fichero_model::page::Column;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use serde_json::json;
use world::{World, id, on_each};

const FIRM: &str = r#"
entity: city
fields:
  name: {type: text, required: true, search: true}
---
entity: firm
fields:
  name: {type: text, required: true, search: true}
  city: {type: ref, to: city}
  deals: {type: children, of: deal, by: firm}
---
entity: person
fields:
  name: {type: text, required: true, search: true}
  firm: {type: ref, to: firm}
---
entity: deal
fields:
  name: {type: text, required: true}
  firm: {type: ref, to: firm}
  contact: {type: ref, to: person, where: firm == record.firm}
  people: {type: ref, to: person, many: true}
  place: {lookup: firm.city.name}
  amount: money
  lines: {type: lines, of: deal_line}
---
entity: deal_line
title: what
fields:
  deal: {type: ref, to: deal, required: true, on_delete: cascade}
  what: text
  city: {type: ref, to: city}
  price: money
"#;

fn field(world: &World, entity: &str, name: &str) -> (EntityId, FieldId) {
    let live = world.engine.live();
    let (entity, definition) = live.model.entity(entity).unwrap();
    (entity, definition.field(name).unwrap().0)
}

fn columns(world: &World, entity: &str, names: &[&str]) -> Vec<Column> {
    let live = world.engine.live();
    let column = |name: &&str| {
        let (entity, id) = field(world, entity, name);
        Column { path: vec![(entity, id)], value: field_expr(&live.model, entity, id), label: None, widget: None }
    };
    names.iter().map(column).collect()
}

/// A firm with so many deals, each with its people and lines, in cities of their own; gives the firm and the last deal.
async fn furnish(world: &World, deals: usize) -> (Ref, Ref) {
    let home = world.create("city", json!({"name": "Home"})).await;
    let firm = world.create("firm", json!({"name": format!("Firm of {deals}"), "city": id(&home)})).await;
    let mut last = String::new();
    for n in 0..deals {
        let city = world.create("city", json!({"name": format!("City {n:02}")})).await;
        let person = world.create("person", json!({"name": format!("Person {n:02}"), "firm": id(&firm)})).await;
        let lines: Vec<_> = (0..=n).map(|line| json!({"what": format!("Line {line}"), "city": id(&city)})).collect();
        let deal = json!({"name": format!("Deal {n:02}"), "firm": id(&firm), "contact": id(&person),
            "people": [id(&person)], "amount": "10", "lines": lines});
        last = id(&world.create("deal", deal).await).to_owned();
    }
    (world.reference("firm", id(&firm)), world.reference("deal", &last))
}

async fn list(world: &World, firm: Ref) -> Seen<fichero_engine::read::page::List> {
    let (entity, by) = field(world, "deal", "firm");
    let question = ListQuestion {
        entity,
        conditions: Vec::new(),
        equals: vec![(by, Value::Ref(firm))],
        sort: fichero_engine::read::search::by_title(&world.engine.live().model, entity),
        columns: columns(world, "deal", &["name", "firm", "contact", "people", "place", "lines"]),
        totals: vec![(fichero_model::expr::Aggregate::Sum, Some(columns(world, "deal", &["amount"])[0].value.clone()))],
        limit: 50,
        cursor: None,
        fingerprint: "test".to_owned(),
        people: true,
    };
    world.engine.list_page(&world.engine.live(), &world.actor, question).await.unwrap()
}

async fn record(world: &World, firm: Ref) -> u64 {
    let (entity, by) = field(world, "deal", "firm");
    let question = RecordQuestion {
        record: firm,
        conditions: Vec::new(),
        columns: columns(world, "firm", &["city"]),
        related: vec![RelatedQuestion {
            entity,
            by,
            lines: None,
            columns: columns(world, "deal", &["name", "contact", "people", "place", "lines"]),
            sort: Vec::new(),
            limit: 50,
        }],
        history: None,
    };
    let seen = world.engine.record_page(&world.engine.live(), &world.actor, question).await.unwrap();
    assert!(seen.page.related[0].rows.len() == seen.page.related[0].count as usize);
    seen.statements
}

async fn form(world: &World, deal: Ref, lines: Option<usize>) -> u64 {
    let (entity, lines_id) = field(world, "deal", "lines");
    let (_, what) = field(world, "deal_line", "what");
    let (_, city) = field(world, "deal_line", "city");
    let mut input = Input::default();
    if let Some(lines) = lines {
        let line = |n: usize| Line {
            id: None,
            input: Input { fields: vec![(what, Given::Value(Value::text(&format!("New {n}"))))], ..Input::default() },
        };
        input.put(lines_id, Given::Lines((0..lines).map(line).collect()));
    }
    let question = FormQuestion {
        entity,
        id: Some(deal.id),
        trashed: false,
        input,
        conditions: Vec::new(),
        pickers: vec![
            field(world, "deal", "firm"),
            field(world, "deal", "contact"),
            (field(world, "deal_line", "city").0, city),
        ],
        currencies: true,
    };
    let seen = world.engine.form_page(&world.engine.live(), &world.actor, question).await.unwrap();
    if let Some(lines) = lines {
        assert_eq!(seen.page.lines[0].rows.len(), lines);
    }
    seen.statements
}

#[test]
fn no_page_needs_more_statements_for_more_rows() {
    on_each(FIRM, async |world| {
        // Cities enough to choose from, so that those of the lines are not among the few that a form offers anyway.
        for n in 0..25 {
            world.create("city", json!({"name": format!("A city {n:02}")})).await;
        }
        let (few, few_deal) = furnish(world, 3).await;
        let (many, many_deal) = furnish(world, 30).await;
        let (short, long) = (list(world, few).await, list(world, many).await);
        assert_eq!((short.page.rows.len(), long.page.rows.len()), (3, 30));
        assert_eq!(short.statements, long.statements, "a list");
        assert_eq!(record(world, few).await, record(world, many).await, "a record");
        assert_eq!(form(world, few_deal, None).await, form(world, many_deal, None).await, "a form");
        assert_eq!(
            form(world, few_deal, Some(2)).await,
            form(world, few_deal, Some(40)).await,
            "a form with typed lines"
        );
        for deal in [few_deal, many_deal] {
            world.delete("deal", &deal.id.to_string()).await.unwrap();
        }
        let live = world.engine.live();
        let one = world.engine.trash_page(&live, &world.actor, few_deal.entity, None).await.unwrap();
        let with: Vec<u64> = one.page.rows.iter().map(|row| row.with).collect();
        assert_eq!(with, [30, 3], "the lines went with their deals");
        for n in 0..20 {
            let deal = world.create("deal", json!({"name": format!("Gone {n}")})).await;
            world.delete("deal", id(&deal)).await.unwrap();
        }
        let more = world.engine.trash_page(&live, &world.actor, few_deal.entity, None).await.unwrap();
        assert_eq!((more.page.rows.len(), more.statements), (22, one.statements), "the trash");
    });
}

#[test]
fn the_first_page_counts_all_its_lists_in_one_statement() {
    on_each(FIRM, async |world| {
        let (firm, deal) = furnish(world, 3).await;
        let live = world.engine.live();
        let of = |name: &str| live.model.entity(name).unwrap().0;
        let home = async |lists: Vec<_>| {
            let question = HomeQuestion { records: vec![firm], lists };
            world.engine.home_page(&live, &world.actor, question).await.unwrap()
        };
        let title = |text: &str| search::title(&live.model, deal.entity, text).map(Arc::new);
        let one = home(vec![(of("city"), None)]).await;
        let many = home(vec![
            (of("deal"), title("deal 01")),
            (of("city"), None),
            (of("deal"), title("deal 0")),
            (of("person"), None),
            (of("deal"), title("no such")),
        ])
        .await;
        assert_eq!(one.page.counts, [(4, false)]);
        assert_eq!(many.page.counts, [(1, false), (4, false), (3, false), (3, false), (0, false)]);
        assert_eq!(one.statements, many.statements);
        assert!(many.page.titles.get(firm).is_some());
        let none = home(Vec::new()).await;
        assert_eq!(none.statements + 1, one.statements);
    });
}

#[test]
fn a_list_gives_values_titles_and_totals() {
    on_each(FIRM, async |world| {
        let (firm, _) = furnish(world, 3).await;
        let seen = list(world, firm).await.page;
        let live = world.engine.live();
        let told = |value: &Value| match value {
            Value::Ref(record) => fichero_engine::value::text::plain(&seen.titles.get(*record).unwrap().value),
            Value::List(items) => format!("{} records", items.len()),
            other => fichero_engine::value::text::plain(other),
        };
        let rows: Vec<Vec<String>> = seen.rows.iter().map(|row| row.values.iter().map(told).collect()).collect();
        assert_eq!(rows[2], ["Deal 02", "Firm of 3", "Person 02", "1 records", "Home", "3"]);
        assert_eq!((seen.count, seen.more, seen.totals.len()), (3, false, 1));
        assert_eq!(seen.totals[0].as_number(), Some(30.into()), "{:?} {}", seen.totals, live.seq);
    });
}

#[test]
fn typed_names_mean_the_record_that_bears_them() {
    on_each(FIRM, async |world| {
        let ebro = world.create("firm", json!({"name": "Conservas del Ebro"})).await;
        let mar = world.create("firm", json!({"name": "Frutas Mar"})).await;
        let twins =
            [world.create("firm", json!({"name": "Twin"})).await, world.create("firm", json!({"name": "twin"})).await];
        let (ebro, mar) = (world.reference("firm", id(&ebro)), world.reference("firm", id(&mar)));
        let ask = |id: Option<Ref>, text: &str| Ask { field: field(world, "deal", "firm"), id, text: text.to_owned() };
        let asks = vec![
            ask(None, "  "),
            ask(Some(ebro), "Conservas del Ebro"),
            ask(Some(ebro), "Frutas Mar"),
            ask(None, "FRUTAS  mar"),
            ask(None, "frutas"),
            ask(None, "zzz"),
            ask(None, "tWIN"),
            ask(Some(ebro), ""),
        ];
        let titled = |title: &fichero_engine::read::page::Title| fichero_engine::value::text::plain(&title.value);
        let seen = world.engine.resolve(&world.engine.live(), &world.actor, (asks, Vec::new()), titled).await.unwrap();
        let (picks, titles) = seen.page;
        assert_eq!(
            picks[..6],
            [
                Pick::Nothing,
                Pick::One(ebro),
                Pick::One(mar),
                Pick::One(mar),
                Pick::Unknown(vec![mar]),
                Pick::Unknown(vec![])
            ]
        );
        assert!(matches!(&picks[6], Pick::Ambiguous(found) if found.len() == 2), "{:?} {twins:?}", picks[6]);
        assert_eq!(picks[7], Pick::Nothing);
        assert!(titles.get(mar).is_some());
    });
}

#[test]
fn suggestions_keep_to_the_condition_of_their_reference() {
    on_each(FIRM, async |world| {
        let (firm, _) = furnish(world, 3).await;
        furnish(world, 2).await;
        let (entity, contact) = field(world, "deal", "contact");
        let (_, by) = field(world, "deal", "firm");
        let found = async |text: &str, record: Vec<(FieldId, Value)>| {
            let question = SuggestQuestion {
                entities: vec![(world.entity("person"), Vec::new())],
                text: text.to_owned(),
                of: Some((entity, contact)),
                record,
            };
            let seen = world.engine.suggest_page(&world.engine.live(), &world.actor, question).await.unwrap();
            seen.page.0.len()
        };
        assert_eq!(found("person", vec![(by, Value::Ref(firm))]).await, 3);
        assert_eq!(found("01", vec![(by, Value::Ref(firm))]).await, 1);
        assert_eq!(found("person", Vec::new()).await, 5, "as long as no firm is chosen all are suggested");
        assert_eq!(found("person", vec![(by, Value::Nothing)]).await, 5);
    });
}
