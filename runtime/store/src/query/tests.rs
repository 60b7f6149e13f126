//! Lists and groups, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::{Aggregate, Context, Expr, NoFacts, Row};
use fichero_model::fixture::{Builder, choice, decimal, duration, integer, money, reference, text};
use fichero_model::kind::Type;
use fichero_model::rule::SortKey;
use fichero_model::value::{Currency, Money};
use fichero_model::{EntityId, FieldId, Id, Model, Ref, Value};
use rust_decimal::Decimal;

use super::{Aggregation, Cursor, Filter, Group, Measure, Query, Trash};
use crate::layout::Record;
use crate::testing::{Deployed, expr};
use crate::{Error, Isolation, Layout, Priority, Tx};

struct Deals {
    model: Arc<Model>,
    deal: EntityId,
    rows: Vec<Row>,
}

/// Sixty deals of five firms; every seventh is in the trash, every fifth has no amount.
fn deals() -> Deals {
    let model = Builder::new()
        .entity("firm", [text("name")])
        .entity(
            "deal",
            [
                text("name").index(),
                integer("score"),
                decimal("share", 2),
                money("amount"),
                duration("effort"),
                reference("firm", &["firm"]),
                choice("stage", &["open", "won", "lost"]).index(),
                choice("tags", &["red", "blue"]).many(),
                text("firm_name").lookup("firm.name"),
            ],
        )
        .build();
    let (firm, deal) = (model.entity("firm").unwrap().0, model.entity("deal").unwrap().0);
    let mut rows = Vec::new();
    for number in 0..5_u8 {
        let name = Value::text(["Beta", "álfa", "Alfa", "Gamma", "Delta"][usize::from(number)]);
        rows.push(row(&model, firm, number, [("name", name)]));
    }
    for number in 0..60_u8 {
        let own = i64::from(number);
        let base = Decimal::new(own * 12_345, 4);
        let money = Value::Money(Money { amount: base, currency: Currency::parse("EUR").unwrap(), base });
        let mut deal = row(
            &model,
            deal,
            100 + number,
            [
                ("name", Value::text(&format!("Deal {number:02}"))),
                ("score", if number % 3 == 0 { Value::Nothing } else { Value::Integer(own % 10) }),
                ("share", Value::Decimal(Decimal::new(own, 2))),
                ("amount", if number % 5 == 0 { Value::Nothing } else { money }),
                ("effort", Value::Duration(own * 60)),
                ("firm", Value::Ref(Ref { entity: firm, id: Id::from_bytes([number % 5 + 1; 16]) })),
                ("stage", Value::text(["open", "won", "lost"][usize::from(number % 3)])),
                ("tags", Value::list([Value::text(["red", "blue"][usize::from(number % 2)])])),
            ],
        );
        if number % 7 == 0 {
            deal.set(System::DeletedAt.field(), Value::DateTime("2026-03-15T10:00:00Z".parse().unwrap()));
        }
        rows.push(deal);
    }
    Deals { model: Arc::new(model), deal, rows }
}

fn row<const N: usize>(model: &Model, entity: EntityId, number: u8, values: [(&str, Value); N]) -> Row {
    let declared = &model[entity];
    let mut row = Row::empty(entity, declared.fields.len());
    let moment = Value::DateTime("2026-03-15T10:00:00Z".parse().unwrap());
    let system = [
        (System::Id, Value::Ref(Ref { entity, id: Id::from_bytes([number + 1; 16]) })),
        (System::Version, Value::Integer(1)),
        (System::CreatedAt, moment.clone()),
        (System::UpdatedAt, moment),
    ];
    system.into_iter().for_each(|(field, value)| row.set(field.field(), value));
    values.into_iter().for_each(|(name, value)| row.set(declared.field(name).unwrap().0, value));
    row
}

impl Deals {
    fn each(&self, test: impl Fn(&Deployed)) {
        for deployed in Deployed::each(&self.model) {
            let (layout, rows) = (Arc::clone(&deployed.layout), self.rows.clone());
            deployed
                .db
                .write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
                    rows.iter().try_for_each(|row| layout.insert(tx, &Record::new(row.clone()), &[]))
                })
                .unwrap();
            test(&deployed);
        }
    }

    fn expr(&self, text: &str) -> Expr {
        expr(&self.model, self.deal, text)
    }
}

fn bare(layout: &Layout) -> Context<'_> {
    Context::bare(layout.model(), &NoFacts, "2026-03-15T10:00:00Z".parse().unwrap())
}

fn read<T: Send + 'static>(
    deployed: &Deployed,
    work: impl Fn(&Layout, &mut Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let layout = Arc::clone(&deployed.layout);
    deployed.db.read_blocking(move |tx| work(&layout, tx))
}

fn numbers(page: &super::Page) -> Vec<u8> {
    page.items.iter().filter_map(|found| found.record.row.id()).map(|id| id.as_bytes()[0] - 101).collect()
}

#[test]
fn a_page_takes_as_many_statements_for_one_row_as_for_all() {
    let deals = deals();
    let sort = Arc::new([SortKey { by: deals.expr("score"), descending: true }]);
    let values = Arc::new([deals.expr("firm_name"), deals.expr("firm.name"), deals.expr("share + 1")]);
    let deal = deals.deal;
    deals.each(|deployed| {
        let (sort, values) = (Arc::clone(&sort), Arc::clone(&values));
        let counted = read(deployed, move |layout, tx| {
            let mut counted = Vec::new();
            for limit in [1, 10, 50] {
                let before = tx.statements();
                let query =
                    Query { sort: &*sort, values: values.iter().collect(), ..Query::new(Filter::all(deal), limit) };
                let page = query.prepare(layout, &bare(layout))?.page(tx)?;
                counted.push((page.items.len(), tx.statements() - before));
                assert_eq!(page.items[0].values[0], page.items[0].values[1]);
            }
            Ok(counted)
        });
        assert_eq!(counted, Ok(vec![(1, 1), (10, 1), (50, 1)]));
    });
}

#[test]
fn filters_equalities_and_the_trash_go_together() {
    let deals = deals();
    let (deal, model) = (deals.deal, Arc::clone(&deals.model));
    let condition = Arc::new(deals.expr("score > 5"));
    let field = |name: &str| model[deal].field(name).unwrap().0;
    let (stage, tags, name, firm) = (field("stage"), field("tags"), field("name"), field("firm"));
    let firm_entity = model.entity("firm").unwrap().0;
    let expected = |keep: &dyn Fn(u8) -> bool| (0..60).filter(|number| keep(*number)).collect::<Vec<u8>>();
    let high = |number: u8| !number.is_multiple_of(3) && number % 10 > 5;
    deals.each(|deployed| {
        type Case<'k> = (Vec<(FieldId, Value)>, Trash, &'k dyn Fn(u8) -> bool);
        let cases: [Case<'_>; 8] = [
            (vec![], Trash::Living, &|n| high(n) && n % 7 != 0),
            (vec![], Trash::Trashed, &|n| high(n) && n % 7 == 0),
            (vec![(stage, Value::text("won"))], Trash::Any, &|n| high(n) && n % 3 == 1),
            (vec![(tags, Value::text("red"))], Trash::Any, &|n| high(n) && n % 2 == 0),
            (vec![(name, Value::text("Deal 17"))], Trash::Any, &|n| n == 17),
            (vec![(name, Value::text("deal 17"))], Trash::Any, &|_| false),
            (vec![(name, Value::Nothing)], Trash::Any, &|_| false),
            (vec![(firm, Value::Ref(Ref { entity: firm_entity, id: Id::from_bytes([3; 16]) }))], Trash::Any, &|n| {
                high(n) && n % 5 == 2
            }),
        ];
        for (equals, trash, keep) in cases {
            let (condition, asked) = (Arc::clone(&condition), equals.clone());
            let page = read(deployed, move |layout, tx| {
                let filter = Filter { equals: asked.clone(), trash, ..Filter::all(deal).and(&condition) };
                let prepared = Query::new(filter, 100).prepare(layout, &bare(layout))?;
                Ok((prepared.page(tx)?, prepared.count(tx, 3)?))
            });
            let (page, count) = page.unwrap();
            assert_eq!(numbers(&page), expected(keep), "{equals:?} {trash:?}");
            // Counting stops one behind the cap.
            assert_eq!(count, (page.items.len() as u64).min(4));
        }
    });
}

#[test]
fn only_the_fields_that_are_shown_are_read() {
    let deals = deals();
    let deal = deals.deal;
    let (name, _) = deals.model[deal].field("name").unwrap();
    let (share, _) = deals.model[deal].field("share").unwrap();
    deals.each(|deployed| {
        let page = read(deployed, move |layout, tx| {
            let query = Query { fields: Some(&[name]), ..Query::new(Filter::all(deal), 1) };
            query.prepare(layout, &bare(layout))?.page(tx)
        });
        let row = Arc::clone(&page.unwrap().items[0].record.row);
        assert_eq!((row.get(name), row.get(share)), (&Value::text("Deal 01"), &Value::Nothing));
        assert_eq!(row.version(), 1);
    });
}

#[test]
fn pages_by_several_keys_show_each_record_once() {
    let deals = deals();
    let deal = deals.deal;
    for keys in
        [["score", "-stage"], ["-score", "stage"], ["firm_name", "-amount"], ["-amount", "-score"], ["stage", "name"]]
    {
        let key =
            |text: &str| SortKey { by: deals.expr(text.trim_start_matches('-')), descending: text.starts_with('-') };
        let sort = Arc::new(keys.map(key));
        deals.each(|deployed| {
            let sort = Arc::clone(&sort);
            let pages = read(deployed, move |layout, tx| {
                let ask = |after: Option<&Cursor>, limit: usize, tx: &mut Tx| {
                    let filter = Filter { trash: Trash::Any, ..Filter::all(deal) };
                    let query = Query { sort: &*sort, after, ..Query::new(filter, limit) };
                    query.prepare(layout, &bare(layout))?.page(tx)
                };
                let whole = numbers(&ask(None, 100, tx)?);
                let mut pieces = Vec::new();
                let mut after: Option<Cursor> = None;
                loop {
                    let page = ask(after.as_ref(), 7, tx)?;
                    pieces.extend(numbers(&page));
                    let Some(next) = page.next else { break };
                    // As it comes back from a client.
                    after = Cursor::from_json(&next.to_json());
                }
                Ok((whole, pieces))
            });
            let (whole, pieces) = pages.unwrap();
            assert_eq!(whole.len(), 60);
            assert_eq!(pieces, whole, "{keys:?} on {:?}", deployed.db.dialect());
        });
    }
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    let deals = deals();
    let deal = deals.deal;
    let cursor = Cursor::from_json(&serde_json::json!(["x", "018f3c1e-0000-7000-8000-000000000001"])).unwrap();
    let sort = [SortKey { by: deals.expr("score"), descending: false }];
    let deployed = Deployed::on(fichero_test_support::Database::sqlite(), &deals.model);
    for (sort, after) in [(&sort[..], &cursor), (&[], &cursor)] {
        let query = Query { sort, after: Some(after), ..Query::new(Filter::all(deal), 5) };
        let refused = query.prepare(&deployed.layout, &bare(&deployed.layout)).map(drop);
        assert!(matches!(refused, Err(Error::Cursor(_))), "{refused:?}");
    }
}

#[test]
fn groups_are_measured_as_in_memory() {
    let deals = deals();
    let deal = deals.deal;
    let exprs = Arc::new(
        ["stage", "firm_name", "amount", "score", "share", "effort", "amount > 20"].map(|text| deals.expr(text)),
    );
    let living: Vec<&Row> =
        deals.rows.iter().filter(|row| row.entity == deal && row.get(System::DeletedAt.field()).is_nothing()).collect();
    let value = |row: &Row, name: &str| row.get(deals.model[deal].field(name).unwrap().0).clone();
    let expected: Vec<Group> = ["open", "won", "lost"]
        .iter()
        .map(|stage| {
            let own: Vec<&&Row> = living.iter().filter(|row| value(row, "stage") == Value::text(stage)).collect();
            let worth = |name: &str| own.iter().filter_map(|row| value(row, name).as_number()).collect::<Vec<_>>();
            let sum = |name: &str| worth(name).iter().sum::<Decimal>();
            let scores = worth("score");
            let mean = |values: &[Decimal]| match values.len() {
                0 => Value::Nothing,
                count => Value::Decimal(
                    (values.iter().sum::<Decimal>() / Decimal::from(count))
                        .round_dp_with_strategy(10, rust_decimal::RoundingStrategy::MidpointAwayFromZero),
                ),
            };
            let rich = own.iter().filter(|row| value(row, "amount").as_number() > Some(Decimal::from(20)));
            let euros = |base: Decimal| Money { amount: base, currency: Currency::parse("EUR").unwrap(), base };
            Group {
                keys: vec![Value::text(stage)],
                measures: vec![
                    Value::Integer(own.len() as i64),
                    Value::Money(euros(sum("amount"))),
                    mean(&scores),
                    worth("share").into_iter().min().map_or(Value::Nothing, Value::Decimal),
                    own.iter().map(|row| value(row, "effort")).max_by(|a, b| a.compare(b).unwrap()).unwrap(),
                    Value::Integer(rich.clone().count() as i64),
                    Value::Integer(scores.len() as i64),
                    Value::Decimal(rich.filter_map(|row| value(row, "share").as_number()).sum()),
                ],
            }
        })
        .collect();
    deals.each(|deployed| {
        let exprs = Arc::clone(&exprs);
        let groups = read(deployed, move |layout, tx| {
            let [stage, _, amount, score, share, effort, rich] = &*exprs;
            let measure = |aggregate, of, filter| Measure { aggregate, of, filter };
            let aggregation = Aggregation {
                filter: Filter::all(deal),
                group: vec![stage],
                measures: vec![
                    measure(Aggregate::Count, None, None),
                    measure(Aggregate::Sum, Some(amount), None),
                    measure(Aggregate::Avg, Some(score), None),
                    measure(Aggregate::Min, Some(share), None),
                    measure(Aggregate::Max, Some(effort), None),
                    measure(Aggregate::Count, None, Some(rich)),
                    measure(Aggregate::Count, Some(score), None),
                    measure(Aggregate::Sum, Some(share), Some(rich)),
                ],
                after: None,
                limit: 10,
            };
            let before = tx.statements();
            let groups = aggregation.run(layout, &bare(layout), tx)?;
            assert_eq!(tx.statements() - before, 1);
            Ok(groups)
        });
        let groups = groups.unwrap();
        assert_eq!(groups.next, None);
        assert_eq!(groups.items, expected, "{:?}", deployed.db.dialect());
    });
}

#[test]
fn groups_are_paged_by_their_keys() {
    let deals = deals();
    let deal = deals.deal;
    let exprs = Arc::new(["firm_name", "stage", "score"].map(|text| deals.expr(text)));
    assert_eq!(*exprs[0].ty(), Type::Text);
    deals.each(|deployed| {
        let exprs = Arc::clone(&exprs);
        let keys = read(deployed, move |layout, tx| {
            let ask = |after: Option<&Cursor>, limit: usize, tx: &mut Tx| {
                let group = exprs.iter().collect();
                let measures = vec![Measure { aggregate: Aggregate::Count, of: None, filter: None }];
                Aggregation { filter: Filter::all(deal), group, measures, after, limit }.run(layout, &bare(layout), tx)
            };
            let whole = ask(None, 1_000, tx)?.items;
            let mut pieces = Vec::new();
            let mut after: Option<Cursor> = None;
            loop {
                let page = ask(after.as_ref(), 4, tx)?;
                pieces.extend(page.items);
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            Ok((whole, pieces))
        });
        let (whole, pieces) = keys.unwrap();
        assert_eq!(pieces, whole);
        let total: i64 =
            whole.iter().map(|group| if let Value::Integer(count) = group.measures[0] { count } else { 0 }).sum();
        assert_eq!(total, 51);
        // Names are ordered by their folded key; two that fold alike stay apart.
        let mut firms: Vec<&Value> = whole.iter().map(|group| &group.keys[0]).collect();
        firms.dedup();
        let names = ["Alfa", "álfa", "Beta", "Delta", "Gamma"].map(Value::text);
        assert_eq!(firms, names.iter().collect::<Vec<_>>());
    });
}

#[test]
fn groups_may_be_worked_out() {
    let deals = deals();
    let deal = deals.deal;
    let exprs = Arc::new(["score + 1", "score > 5", "amount", "share - score"].map(|text| deals.expr(text)));
    deals.each(|deployed| {
        for at in 0..exprs.len() {
            let exprs = Arc::clone(&exprs);
            let groups = read(deployed, move |layout, tx| {
                let measures = vec![Measure { aggregate: Aggregate::Count, of: None, filter: None }];
                let group = vec![&exprs[at]];
                let filter = Filter::all(deal);
                Aggregation { filter, group, measures, after: None, limit: 100 }.run(layout, &bare(layout), tx)
            });
            let items = groups.unwrap().items;
            let total: i64 =
                items.iter().map(|group| if let Value::Integer(count) = group.measures[0] { count } else { 0 }).sum();
            assert_eq!(total, 51, "group {at}");
            assert!(items.windows(2).all(|pair| pair[0].keys != pair[1].keys));
        }
    });
}

#[test]
fn days_and_currencies_are_groups() {
    let deals = deals();
    let deal = deals.deal;
    let group = ["date(created_at)", "month(created_at)", "amount.currency"].map(|text| deals.expr(text));
    let exprs = Arc::new((group, deals.expr("amount.amount")));
    deals.each(|deployed| {
        let exprs = Arc::clone(&exprs);
        let groups = read(deployed, move |layout, tx| {
            let measure = |aggregate, of| Measure { aggregate, of, filter: None };
            let measures = vec![measure(Aggregate::Count, None), measure(Aggregate::Sum, Some(&exprs.1))];
            let (filter, group) = (Filter::all(deal), exprs.0.iter().collect());
            Aggregation { filter, group, measures, after: None, limit: 100 }.run(layout, &bare(layout), tx)
        });
        let day = || vec![Value::Date(jiff::civil::date(2026, 3, 15)), Value::Integer(3)];
        let keys = [Value::Nothing, Value::text("EUR")].map(|currency| [day(), vec![currency]].concat());
        let items = groups.unwrap().items;
        assert_eq!(items.iter().map(|group| group.keys.clone()).collect::<Vec<_>>(), keys);
        assert_eq!(
            items.iter().map(|group| group.measures[0].clone()).collect::<Vec<_>>(),
            [10, 41].map(Value::Integer)
        );
        let living = (0..60_i64).filter(|number| number % 5 != 0 && number % 7 != 0);
        let total = Decimal::new(living.sum::<i64>() * 12_345, 4);
        assert_eq!(items[1].measures[1].as_number(), Some(total));
    });
}

#[test]
fn without_groups_there_is_one_of_all() {
    let deals = deals();
    let deal = deals.deal;
    let exprs = Arc::new(["amount", "share", "score > 100"].map(|text| deals.expr(text)));
    deals.each(|deployed| {
        let exprs = Arc::clone(&exprs);
        let groups = read(deployed, move |layout, tx| {
            let [amount, share, never] = &*exprs;
            let measure = |aggregate, of| Measure { aggregate, of: Some(of), filter: None };
            let measures =
                vec![measure(Aggregate::Sum, amount), measure(Aggregate::Avg, share), measure(Aggregate::Max, amount)];
            let filter = Filter::all(deal).and(never);
            Aggregation { filter, group: Vec::new(), measures, after: None, limit: 10 }.run(layout, &bare(layout), tx)
        });
        let [group] = &groups.unwrap().items[..] else { panic!("one group") };
        // The sum of nothing is 0, its mean and its greatest are nothing.
        assert_eq!(group.measures[0].as_number(), Some(Decimal::ZERO));
        assert_eq!(group.measures[1..], [Value::Nothing, Value::Nothing]);
    });
}
