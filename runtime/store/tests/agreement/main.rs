//! The heart of the store: an expression means the same in memory, on SQLite and on PostgreSQL.
//!
//! Random expressions, written out as text over the fixture model, are compiled, evaluated in memory for each of some
//! random rows, and asked of each database: as a filter, as a value that is worked out, and as an order. 2,000 cases of
//! each by default; `FICHERO_CASES=20000` for a full run, which is `tests/run --full`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod grammar;
mod world;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use fichero_model::expr::{Expr, Scope, compile};
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::rule::SortKey;
use fichero_model::{Id, OptionsId, Value};
use fichero_store::query::{Filter, Query, Trash};
use fichero_store::{Error, Layout, Tx};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use grammar::Grammar;
use world::World;

/// How many worlds of rows there are; each case picks one.
const WORLDS: u64 = 4;

fn worlds() -> &'static [World] {
    static WORLDS_MADE: OnceLock<Vec<World>> = OnceLock::new();
    WORLDS_MADE.get_or_init(|| (1..=WORLDS).map(World::new).collect())
}

/// Runs a property over random choices, and makes sure that most of them came to something.
fn check(property: impl Fn(&World, &mut Grammar<'_>) -> Result<Outcome, TestCaseError>) {
    let cases = std::env::var("FICHERO_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    let config = Config { cases, max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let tried = AtomicU32::new(0);
    let portable = AtomicU32::new(0);
    let choices = (0..WORLDS as usize, proptest::collection::vec(any::<u32>(), 1..160));
    let result = runner.run(&choices, |(world, choices)| {
        let world = &worlds()[world];
        let outcome = property(world, &mut Grammar::new(world.model(), &choices))?;
        tried.fetch_add(1, Relaxed);
        portable.fetch_add(u32::from(outcome == Outcome::Compared), Relaxed);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (tried, portable) = (tried.into_inner(), portable.into_inner());
    assert!(portable * 10 >= tried * 7, "only {portable} of {tried} random expressions could be compared");
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Compared,
    /// It is refused by the compiler, cannot become SQL, or has no value for some row.
    LeftOut,
}

fn compiled(world: &World, text: &str) -> Option<Expr> {
    let scope = Scope::row(world.model(), world.entity());
    compile(text, &Place::start_of(&"random".into()), &scope).ok()
}

/// Asks each database; what was promised to be portable must be.
fn ask<T>(
    world: &World,
    expr: &Expr,
    promised: bool,
    question: impl Fn(&Layout, &mut Tx) -> Result<T, Error> + Clone + Send + 'static,
    compare: impl Fn(&str, T) -> Result<(), TestCaseError>,
) -> Result<Outcome, TestCaseError>
where
    T: Send + 'static,
{
    for side in world.sides() {
        let layout = side.layout.clone();
        let question = question.clone();
        match side.db.snapshot_blocking(move |tx| question(&layout, tx)) {
            Ok(answer) => compare(&format!("{:?}", side.db.dialect()), answer)?,
            Err(Error::Unportable(why)) if promised => {
                return Err(TestCaseError::fail(format!("`{}` should be portable: {why}", expr.text)));
            }
            Err(Error::Unportable(_)) => return Ok(Outcome::LeftOut),
            Err(error) => return Err(TestCaseError::fail(format!("`{}`: {}", expr.text, error.detail()))),
        }
    }
    Ok(Outcome::Compared)
}

#[test]
fn a_filter_finds_what_holds_in_memory() {
    check(|world, grammar| same_rows(world, &grammar.condition()));
}

/// Compares the rows of a world for which a condition holds with those that each database finds.
fn same_rows(world: &World, text: &str) -> Result<Outcome, TestCaseError> {
    let Some(expr) = compiled(world, text) else { return Ok(Outcome::LeftOut) };
    let Ok(expected) = world.all(|context| expr.holds(context)) else { return Ok(Outcome::LeftOut) };
    let expected: BTreeSet<Id> = expected.into_iter().filter(|(_, holds)| *holds).map(|(id, _)| id).collect();
    let asked = (expr.clone(), world.entity(), world.shared());
    let question = move |layout: &Layout, tx: &mut Tx| {
        let (expr, entity, shared) = &asked;
        let filter = Filter { trash: Trash::Any, ..Filter::all(*entity).and(expr) };
        let query = Query { fields: Some(&[]), ..Query::new(filter, 1_000) };
        let prepared = query.prepare(layout, &shared.context())?;
        let page = prepared.page(tx)?;
        let found: BTreeSet<Id> = page.items.iter().filter_map(|found| found.record.row.id()).collect();
        let counted = prepared.count(tx, 1_000)?;
        Ok((found, counted, format!("{:?}", prepared.statements())))
    };
    ask(world, &expr, expr.unportable.is_none(), question, |database, (found, counted, sql)| {
        prop_assert_eq!(&found, &expected, "`{}` on {}: {}", text, database, sql);
        prop_assert_eq!(counted, found.len() as u64, "`{}` counted on {}", text, database);
        Ok(())
    })
}

#[test]
fn a_value_is_the_same_as_in_memory() {
    check(|world, grammar| same_value(world, &grammar.value()));
}

#[test]
fn what_once_differed_is_the_same_as_in_memory() {
    const FOUND: [&str; 4] = [
        "if stage.closed { time(\"09:30\") } else { time(\"10:30\") }",
        "if stage.closed { 1.5 } else { 2 }",
        "if stage.closed { \"a\" } else { \"b\" }",
        "sum(account.opportunities.filter(|i1| ((i1.account.opportunities.any(|i2| hot)) == (i1.lines.any(|i2| created_by.team.active)))).amount)",
    ];
    for text in FOUND {
        for world in worlds() {
            assert_eq!(same_value(world, text).unwrap(), Outcome::Compared, "{text}");
        }
    }
    const FILTERS: [&str; 1] = [
        "quotes.count(|i1| (if i1.opportunity not in account.opportunities { now() > (now() - hours(1)) } else { contacts.count(|i2| i1.opportunity.amount == ()) > 0 })) > 0",
    ];
    for text in FILTERS {
        for world in worlds() {
            assert_eq!(same_rows(world, text).unwrap(), Outcome::Compared, "{text}");
        }
    }
}

#[test]
fn days_of_moments_and_parts_of_money_are_the_same_as_in_memory() {
    const VALUES: [&str; 14] = [
        "date(due_at)",
        "time(due_at)",
        "datetime(close_date)",
        "year(due_at)",
        "month(due_at)",
        "day(due_at)",
        "weekday(due_at)",
        "hour(due_at)",
        "start_of_month(date(due_at))",
        "date(due_at - effort)",
        "amount.amount",
        "amount.currency",
        "(amount ?? total ?? 3).currency",
        "(if hot { amount } else { total }).amount",
    ];
    const DAYS: [&str; 9] = [
        "0001-01-01",
        "0001-01-02",
        "2006-10-28",
        "2006-10-29",
        "2011-12-29",
        "2011-12-30",
        "2011-12-31",
        "2026-03-29",
        "9999-12-31",
    ];
    for world in worlds() {
        for text in VALUES {
            assert_eq!(same_value(world, text).unwrap(), Outcome::Compared, "{text}");
            for test in [format!("{text} == ()"), format!("not ({text} != ())")] {
                assert_eq!(same_rows(world, &test).unwrap(), Outcome::Compared, "{test}");
            }
        }
        for day in DAYS {
            for sign in ["==", "!=", "<", "<=", ">", ">="] {
                for not in ["", "not "] {
                    let test = format!("{not}(date(due_at) {sign} date(\"{day}\"))");
                    assert_eq!(same_rows(world, &test).unwrap(), Outcome::Compared, "{test}");
                }
            }
        }
        for sign in ["==", "!=", "<", ">="] {
            for (part, constant) in [("currency", "\"USD\""), ("amount", "1"), ("currency", "total.currency")] {
                for not in ["", "not "] {
                    let test = format!("{not}(amount.{part} {sign} {constant})");
                    assert_eq!(same_rows(world, &test).unwrap(), Outcome::Compared, "{test}");
                }
            }
        }
    }
}

#[test]
fn whole_numbers_that_are_rounded_serve_where_whole_numbers_do() {
    const WIDE: [&str; 7] = [
        "discount + weight",
        "discount ?? score",
        "round(discount + weight)",
        "weight",
        "amount.amount",
        "score + points",
        "sum(lines.quantity)",
    ];
    for world in worlds() {
        for of in WIDE {
            for whole in [format!("floor({of})"), format!("ceil({of})")] {
                for value in [
                    whole.clone(),
                    format!("text({whole})"),
                    format!("minutes({whole})"),
                    format!("days({whole})"),
                    format!("add_months(close_date, {whole})"),
                    format!("add_months(today(), {whole})"),
                    format!("{whole} + score"),
                    format!("{whole} ?? 3"),
                    format!("-{whole}"),
                    format!("abs({whole})"),
                    format!("max({whole}, points)"),
                    format!("if hot {{ {whole} }} else {{ score }}"),
                    format!("close_date + days({whole})"),
                ] {
                    assert_eq!(same_value(world, &value).unwrap(), Outcome::Compared, "{value}");
                }
                for test in [
                    format!("text({whole}) == \"50\""),
                    format!("days({whole}) == days(50)"),
                    format!("add_months(today(), {whole}) > today()"),
                    format!("{whole} == score"),
                    format!("{whole} in [score, 50, 7]"),
                ] {
                    assert_eq!(same_rows(world, &test).unwrap(), Outcome::Compared, "{test}");
                }
            }
        }
    }
}

#[test]
fn a_long_sum_takes_no_longer_than_its_length() {
    let sum = |of: &str| format!("{of}{}", format!(" + {of}").repeat(60));
    for world in worlds() {
        for number in ["score", "discount", "amount", "effort", "days(score)"] {
            let (sum, less) = (sum(number), sum(&format!("-{number}")));
            for value in [sum.clone(), less, format!("-({sum})")] {
                assert_eq!(same_value(world, &value).unwrap(), Outcome::Compared, "{value}");
            }
        }
    }
}

#[test]
fn texts_that_are_joined_are_the_same_as_in_memory() {
    for world in worlds() {
        for text in [
            format!("name{}", " + name".repeat(40)),
            format!("\"{}\" + notes", "x".repeat(1_000)),
            "name + stage + notes + \"x\" + account.name".to_owned(),
        ] {
            assert_eq!(same_value(world, &text).unwrap(), Outcome::Compared, "{text}");
            let test = format!("len({text}) > 40");
            assert_eq!(same_rows(world, &test).unwrap(), Outcome::Compared, "{test}");
        }
    }
}

/// Compares what an expression gives for each row of a world with what each database gives.
fn same_value(world: &World, text: &str) -> Result<Outcome, TestCaseError> {
    let Some(expr) = compiled(world, text) else { return Ok(Outcome::LeftOut) };
    let Ok(expected) = world.all(|context| expr.eval(context)) else { return Ok(Outcome::LeftOut) };
    let asked = (expr.clone(), world.entity(), world.shared());
    let question = move |layout: &Layout, tx: &mut Tx| {
        let (expr, entity, shared) = &asked;
        let filter = Filter { trash: Trash::Any, ..Filter::all(*entity) };
        let query = Query { fields: Some(&[]), values: vec![expr], ..Query::new(filter, 1_000) };
        let prepared = query.prepare(layout, &shared.context())?;
        let page = prepared.page(tx)?;
        let pairs = page.items.into_iter().map(|mut found| (found.record.row.id(), found.values.pop()));
        Ok((pairs.collect::<Vec<_>>(), format!("{:?}", prepared.statements())))
    };
    ask(world, &expr, expr.unportable.is_none(), question, |database, (found, sql)| {
        prop_assert_eq!(found.len(), expected.len());
        for (id, value) in found {
            let memory = expected.iter().find(|(known, _)| Some(*known) == id).map(|(_, value)| value);
            let (memory, value) = (memory.unwrap(), value.unwrap());
            // Money that was worked out in SQL is known by its worth.
            prop_assert!(
                value.same(memory),
                "`{}` on {}: {:?}, in memory {:?}: {}",
                text,
                database,
                value,
                memory,
                sql
            );
        }
        Ok(())
    })
}

#[test]
fn an_order_is_the_same_as_in_memory_page_by_page() {
    check(|world, grammar| {
        let (text, descending) = (grammar.key(), grammar.flip());
        let Some(expr) = compiled(world, &text) else { return Ok(Outcome::LeftOut) };
        let Ok(mut expected) = world.all(|context| expr.eval(context)) else { return Ok(Outcome::LeftOut) };
        expected.sort_by(|(a_id, a), (b_id, b)| {
            let keys = sorted(world, expr.ty(), a, b).then(a_id.cmp(b_id));
            if descending { keys.reverse() } else { keys }
        });
        let expected: Vec<Id> = expected.into_iter().map(|(id, _)| id).collect();
        let size = 1 + grammar.below(20);
        let asked = (SortKey { by: expr.clone(), descending }, world.entity(), world.shared());
        let question = move |layout: &Layout, tx: &mut Tx| {
            let (key, entity, shared) = &asked;
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let filter = Filter { trash: Trash::Any, ..Filter::all(*entity) };
                let sort = std::slice::from_ref(key);
                let query = Query { sort, after: after.as_ref(), fields: Some(&[]), ..Query::new(filter, size) };
                let page = query.prepare(layout, &shared.context())?.page(tx)?;
                found.extend(page.items.iter().filter_map(|found| found.record.row.id()));
                after = page.next;
                if after.is_none() || found.len() > 1_000 {
                    return Ok(found);
                }
            }
        };
        // Texts are ordered only where their folded key is stored.
        let promised = expr.unportable.is_none() && *expr.ty() != Type::Text;
        ask(world, &expr, promised, question, |database, found| {
            prop_assert_eq!(&found, &expected, "by `{}` in pages of {} on {}", text, size, database);
            Ok(())
        })
    });
}

/// Nothing sorts smallest, options as they are declared, the rest as the language compares.
fn sorted(world: &World, ty: &Type, a: &Value, b: &Value) -> Ordering {
    let rank = |options: OptionsId, value: &Value| value.as_text().and_then(|name| world.model()[options].rank(name));
    match ty {
        Type::Choice(options) => rank(*options, a).cmp(&rank(*options, b)),
        _ => match (a.is_nothing(), b.is_nothing()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => a.compare(b).unwrap_or(Ordering::Equal),
        },
    }
}
