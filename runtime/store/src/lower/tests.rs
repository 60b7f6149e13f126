//! What expressions become, and that indexes serve them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_model::entity::Index;
use fichero_model::expr::{Context, NoFacts};
use fichero_model::fixture::{Builder, boolean, choice, date, datetime, integer, money, reference, sample, text};
use fichero_model::rule::SortKey;
use fichero_model::{Id, Ref};

use crate::query::{Explained, Filter, Query, explain};
use crate::schema::Schema;
use crate::testing::{Deployed, expr};
use crate::{Cell, ColumnType, Dialect, Layout};

/// Filters over the opportunities of the fixture, by topic.
const FILTERS: [(&str, &[&str]); 11] = [
    (
        "comparison",
        &[
            "score > 5",
            "not (score > 5)",
            "not (version > 5)",
            "5 >= score",
            "score > points",
            "not (score > points)",
            "score == ()",
            "score != 5",
            "score == points",
            "not (score == points)",
            "close_date < today()",
        ],
    ),
    (
        "number",
        &[
            "discount > 1.005",
            "discount == 1.005",
            "not (discount <= 1.005)",
            "discount == weight",
            "amount > 99.5",
            "score + 1 > points",
            "discount + weight > 0",
            "-score == 3",
            "min(score, points) < 3",
            "round(weight, 2) == 1",
            "floor(discount) > score",
            "ceil(discount + weight) > 3",
            "sign(discount) == 1",
        ],
    ),
    (
        "text",
        &[
            "name == \"Acme\"",
            "name < \"Acme\"",
            "not (name >= \"Acme\")",
            "name in [\"a\", \"b\"]",
            "not (name in [\"a\", \"b\"])",
            "contains(name, \"Ác\")",
            "starts_with(name, \"Ác\")",
            "not starts_with(name, \"Ác\")",
            "len(notes) > 3",
            "name + \"x\" == notes",
            "trim(notes) == left(name, 3)",
            "replace(name, \"a\", \"b\") == right(name, 2)",
        ],
    ),
    (
        "choice",
        &[
            "stage == \"won\"",
            "stage != \"won\"",
            "stage.closed",
            "not stage.closed",
            "stage.outcome == \"won\"",
            "stage.probability >= 50",
            "stage.probability > score",
            "priority in [\"low\", \"high\"]",
        ],
    ),
    (
        "boolean",
        &[
            "hot",
            "not hot",
            "hot == (score > 3)",
            "hot and (score > 3 or not hot)",
            "if hot { score > 3 } else { score == () }",
        ],
    ),
    (
        "path",
        &[
            "account.name == \"Acme\"",
            "account.parent.name != account.name",
            "account.owner == me",
            "account_name == \"Acme\"",
            "about.name == \"Acme\"",
            "(account ?? account.parent).active",
            "net > 3",
        ],
    ),
    (
        "list",
        &[
            "lines.any(|line| line.quantity > 3)",
            "lines.all(|line| line.optional)",
            "not lines.any(|line| line.subtotal > amount)",
            "count(lines) > 2",
            "sum(lines.subtotal) >= 100",
            "max(quotes.valid_until) < today()",
            "contacts.any(|contact| contact.account == account)",
            "\"red\" in tags",
            "account.opportunities.any(|other| other.lines.any(|line| line.price > amount))",
            "lines == ()",
            "quotes.filter(|quote| quote.accepted).any(|quote| quote.total > 5)",
        ],
    ),
    (
        "time",
        &[
            "close_date - started_on > days(30)",
            "close_date + days(30) < today()",
            "due_at > now() - hours(1)",
            "month(close_date) == 3",
            "end_of_month(close_date) == close_date",
            "add_months(close_date, 1) > today()",
            "days_between(started_on, close_date) > 3",
            "close_date + effort < today()",
            "due_at - effort < now()",
            "add_months(close_date, score) > today()",
            "days(score) > effort",
        ],
    ),
    (
        "zone",
        &[
            "date(due_at) == today()",
            "date(due_at) != today()",
            "not (date(due_at) > today())",
            "date(due_at) < date(\"0001-01-01\")",
            "date(due_at) <= date(\"9999-12-31\")",
            "date(due_at) == close_date",
            "month(due_at) == 3",
            "hour(due_at) < 9",
            "time(due_at) >= opens_at",
            "datetime(close_date) <= due_at",
        ],
    ),
    (
        "money",
        &[
            "amount.amount > 99.5",
            "not (amount.amount > 99.5)",
            "amount.currency == \"EUR\"",
            "amount.currency != \"EUR\"",
            "amount.currency < \"USD\"",
            "(amount ?? total).currency in [\"EUR\", \"USD\"]",
            "(if hot { amount } else { total }).amount == 3",
        ],
    ),
    ("nothing", &["extra == ()", "is_empty(name)", "contract != ()", "(score ?? points) == ()", "hot == ()"]),
];

fn layout(dialect: Dialect) -> Layout {
    let model = Arc::new(sample());
    let schema = Arc::new(Schema::of(&model).unwrap());
    Layout::new(model, schema, dialect).unwrap()
}

fn context(layout: &Layout) -> Context<'_> {
    let me = Ref { entity: layout.model().user, id: Id::from_bytes([1; 16]) };
    Context { me: Some(me), ..Context::bare(layout.model(), &NoFacts, "2026-03-15T10:00:00Z".parse().unwrap()) }
}

#[test]
fn filters_become_sql() {
    for (topic, filters) in FILTERS {
        let mut shown = String::new();
        for filter in filters {
            shown.push_str(&format!("{filter}\n"));
            for dialect in [Dialect::Sqlite, Dialect::Postgres] {
                let layout = layout(dialect);
                let entity = layout.model().entity("opportunity").unwrap().0;
                let expr = expr(layout.model(), entity, filter);
                let Explained::Worked { sql, from, parameters } =
                    explain(&layout, &context(&layout), entity, &expr).unwrap()
                else {
                    panic!("`{filter}` is no condition")
                };
                let from = from.replace("\"opportunity\" AS t0", "…");
                shown.push_str(&format!("  {dialect:?}: {from} WHERE {sql}\n"));
                if dialect == Dialect::Sqlite && !parameters.is_empty() {
                    shown.push_str(&format!("    {parameters:?}\n"));
                }
            }
        }
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(topic, shown);
        });
    }
}

#[test]
fn what_has_no_sql_is_refused_with_the_part_and_the_reason() {
    let layout = layout(Dialect::Sqlite);
    let entity = layout.model().entity("opportunity").unwrap().0;
    for (filter, part, why) in [
        ("score > 1 and score * 2 > 3", "score * 2", "exact on every database"),
        ("lower(name) == \"a\"", "lower(name)", "letters outside ASCII"),
        ("notes < \"a\"", "notes", "only the key of a `text` field"),
        ("avg(lines.quantity) > 3", "avg(lines.quantity)", "a mean divides"),
        ("matches(name, \"a+\")", "matches(name, \"a+\")", "regular expressions"),
        ("left(name, score) == \"a\"", "left(name, score)", "constant number"),
        ("left(name, 2) < \"a\"", "left(name, 2)", "only the key of a `text` field"),
        ("(amount + total).currency == \"EUR\"", "amount + total", "the worth alone"),
        ("first(lines).quantity > 3", "first(lines)", "a list becomes SQL only under"),
    ] {
        let expr = expr(layout.model(), entity, filter);
        let refused = explain(&layout, &context(&layout), entity, &expr).map_err(|error| error.to_string());
        let message = refused.expect_err(filter);
        assert!(message.starts_with(&format!("`{part}`")) && message.contains(why), "`{filter}`: {message}");
    }
}

#[test]
fn what_grows_with_every_step_ends() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let layout = layout(dialect);
        let entity = layout.model().entity("opportunity").unwrap().0;
        for step in ["days(1)", "days(score)"] {
            let filter = format!("close_date{} < today()", format!(" + {step}").repeat(60));
            let expr = expr(layout.model(), entity, &filter);
            match explain(&layout, &context(&layout), entity, &expr) {
                Ok(Explained::Worked { sql, .. }) => assert!(sql.len() < 1 << 20, "{} bytes", sql.len()),
                Ok(Explained::Known(value)) => panic!("{value:?}"),
                Err(error) => assert!(error.to_string().contains("it becomes too long"), "{error}"),
            }
        }
    }
}

#[test]
fn no_text_grows_where_another_takes_the_place_of_its_parts() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let layout = layout(dialect);
        let entity = layout.model().entity("opportunity").unwrap().0;
        for call in [
            "replace(replace(replace(notes, \"a\", notes), \"a\", notes), \"a\", left(notes, 10))",
            "replace(notes, \"a\", \"aa\")",
            "replace(notes, name, ())",
        ] {
            let expr = expr(layout.model(), entity, &format!("len({call}) > 5"));
            let refused = explain(&layout, &context(&layout), entity, &expr).unwrap_err();
            assert!(refused.to_string().contains("a text that grows is bounded in memory alone"), "{refused}");
        }
    }
}

#[test]
fn what_may_change_by_itself_is_no_condition_of_an_index() {
    let layout = layout(Dialect::Postgres);
    let entity = layout.model().entity("opportunity").unwrap().0;
    for (filter, why) in [
        ("close_date < today()", "only known in a request"),
        ("date(due_at) == date(\"2026-03-15\")", "rules of the time zone"),
        ("month(due_at) == 3", "rules of the time zone"),
        ("due_at + effort > created_at", "cannot stand in an index"),
        ("account.active", "reads other records"),
    ] {
        let expr = expr(layout.model(), entity, filter);
        let refused = super::index_condition(layout.model(), layout.tables(), entity, &expr);
        let message = refused.expect_err(filter).to_string();
        assert!(message.contains(why), "`{filter}`: {message}");
    }
}

/// An entity with an index for each of the questions below.
fn indexed() -> Arc<fichero_model::Model> {
    let model = Builder::new()
        .entity("firm", [text("name").index(), text("code").external()])
        .entity(
            "deal",
            [
                text("name").index(),
                integer("score").index(),
                date("close_date").index(),
                datetime("met_at").index(),
                money("amount").index(),
                reference("firm", &["firm"]),
                choice("stage", &["open", "won", "lost"])
                    .attribute(
                        "closed",
                        fichero_model::kind::Type::Boolean,
                        [false, true, true].map(fichero_model::Value::Boolean).into(),
                    )
                    .index(),
            ],
        )
        .build();
    Arc::new(model)
}

#[test]
fn positive_comparisons_keep_their_index() {
    let model = indexed();
    let (deal, firm) = (model.entity("deal").unwrap().0, model.entity("firm").unwrap().0);
    for deployed in Deployed::each(&model) {
        for (entity, filter, index) in [
            (deal, "score > 5", "score"),
            (deal, "score == 5 and close_date == ()", "score"),
            (deal, "not (score <= 5) and score > 7", "score"),
            (deal, "close_date >= today() and close_date < today() + days(7)", "close_date"),
            (deal, "date(met_at) == today()", "met_at"),
            (deal, "date(met_at) > today() - days(7)", "met_at"),
            (deal, "amount > 99.99999", "amount"),
            (deal, "name == \"Acme\"", "name"),
            (deal, "name > \"Acme\" and name < \"B\"", "name"),
            (deal, "starts_with(name, \"ac\")", "name"),
            (deal, "name in [\"a\", \"b\"]", "name"),
            (deal, "stage == \"won\"", "stage"),
            (deal, "stage.closed", "stage"),
            (firm, "code == \"X\"", "code"),
        ] {
            let expr = expr(&model, entity, filter);
            let query = Query::new(Filter::all(entity).and(&expr), 50);
            let prepared = query.prepare(&deployed.layout, &context(&deployed.layout)).unwrap();
            let (sql, cells) = prepared.counting();
            let plan = plan(&deployed, &format!("SELECT COUNT(*) {sql}"), cells);
            let table = &model[entity].name;
            assert!(
                plan.contains(&format!("{table}__{index}__")),
                "`{filter}` on {:?}:\n{plan}",
                deployed.db.dialect()
            );
        }
    }
}

#[test]
fn an_order_is_read_from_its_index_in_both_directions() {
    let model = indexed();
    let deal = model.entity("deal").unwrap().0;
    let cursor = |json: &str| crate::query::Cursor::from_json(&serde_json::from_str(json).unwrap()).unwrap();
    let id = "018f3c1e-0000-7000-8000-000000000001";
    for deployed in Deployed::each(&model) {
        for (by, descending, after) in [
            ("score", false, None),
            ("score", true, None),
            ("score", false, Some(format!("[5, \"{id}\"]"))),
            ("score", true, Some(format!("[5, \"{id}\"]"))),
            ("name", false, None),
            ("close_date", true, None),
            ("amount", true, Some(format!("[50000, \"{id}\"]"))),
        ] {
            let sort = [SortKey { by: expr(&model, deal, by), descending }];
            let after = after.as_deref().map(cursor);
            let query = Query { sort: &sort, after: after.as_ref(), ..Query::new(Filter::all(deal), 50) };
            let context = context(&deployed.layout);
            let prepared = query.prepare(&deployed.layout, &context).unwrap();
            let (sql, cells) = &prepared.statements()[0];
            let plan = plan(&deployed, sql, cells);
            assert!(
                plan.contains(&format!("deal__{by}__")) && !plan.contains("TEMP B-TREE") && !plan.contains("Sort"),
                "by `{by}` on {:?}:\n{plan}",
                deployed.db.dialect()
            );
        }
    }
}

#[test]
fn an_index_of_some_rows_serves_who_asks_for_them() {
    for (condition, filter) in [
        ("stage == \"won\"", "stage == \"won\" and score > 5"),
        ("hot", "hot and score > 5"),
        ("not hot", "not hot and score > 5"),
        ("close_date == ()", "close_date == () and score > 5"),
        ("close_date != ()", "close_date != () and score > 5"),
    ] {
        let mut model = Builder::new()
            .entity("deal", [choice("stage", &["open", "won"]), boolean("hot"), date("close_date"), integer("score")])
            .build();
        let (deal, declared) = model.entity("deal").unwrap();
        let fields = vec![declared.field("score").unwrap().0];
        let filter_of_index = Some(expr(&model, deal, condition));
        model.entities[deal.index()].indexes.push(Index { name: "some".into(), fields, filter: filter_of_index });
        let model = Arc::new(model);
        for deployed in Deployed::each(&model) {
            let dialect = deployed.db.dialect();
            for (filter, is_served) in [(filter, true), ("score > 5", false)] {
                let expr = expr(&model, deal, filter);
                let query = Query::new(Filter::all(deal).and(&expr), 50);
                let prepared = query.prepare(&deployed.layout, &context(&deployed.layout)).unwrap();
                let (sql, cells) = prepared.counting();
                let plan = plan(&deployed, &format!("SELECT COUNT(*) {sql}"), cells);
                assert_eq!(
                    plan.contains("deal__some__"),
                    is_served,
                    "`{filter}` of `{condition}` on {dialect:?}:\n{plan}"
                );
            }
        }
    }
}

/// How a database would find the rows of a statement.
fn plan(deployed: &Deployed, sql: &str, cells: &[Cell]) -> String {
    let (sql, cells) = (sql.to_owned(), cells.to_vec());
    let dialect = deployed.db.dialect();
    let lines = deployed.db.read_blocking(move |tx| match dialect {
        Dialect::Sqlite => {
            let types = [ColumnType::Integer, ColumnType::Integer, ColumnType::Integer, ColumnType::Text];
            tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &cells, &types)
        }
        Dialect::Postgres => {
            // Few rows are read whole whatever index there is.
            tx.script("SET enable_seqscan = off; SET enable_bitmapscan = off")?;
            let plan = tx.query(&format!("EXPLAIN {sql}"), &cells, &[ColumnType::Text]);
            tx.script("RESET enable_seqscan; RESET enable_bitmapscan")?;
            plan
        }
    });
    let text = |row: Vec<Cell>| match row.last() {
        Some(Cell::Text(text)) => text.to_string(),
        other => panic!("{other:?}"),
    };
    lines.unwrap().into_iter().map(text).collect::<Vec<_>>().join("\n")
}
