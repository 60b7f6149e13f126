//! Which expressions can become SQL, and what the others are told; what expressions read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use fichero_model::Model;
use fichero_model::expr::reads::Root;
use fichero_model::expr::{Expr, Scope, compile};
use fichero_model::fixture::{Builder, integer, reference, sample, text};
use fichero_model::kind::Type;
use fichero_model::place::Place;

fn compiled(model: &Model, entity: &str, source: &str) -> Expr {
    let (entity, _) = model.entity(entity).unwrap();
    let scope =
        Scope { record: Some(entity), locals: vec![("tier".into(), Type::Integer)], ..Scope::row(model, entity) };
    let place = Place::start_of(&"test.yaml".into());
    compile(source, &place, &scope).unwrap_or_else(|findings| panic!("`{source}`: {findings:#?}"))
}

#[test]
fn what_becomes_sql() {
    let model = sample();
    for source in [
        "score > 3 and not hot",
        "score + points - 3 >= tier",
        "weight + discount > 1.5",
        "amount - total > 100",
        "amount ?? 0 == 0",
        "name == \"x\" or name < \"y\"",
        "notes == \"x\"",
        "name + \"x\" == \"yx\"",
        "stage == \"won\"",
        "stage in [\"won\", \"lost\"]",
        "stage.probability > 20 and not stage.closed",
        "account.parent.parent.parent.name == \"x\"",
        "about.name == \"x\"",
        "account_name > \"b\"",
        "contains(account_name, \"b\")",
        "employees > 5",
        "net < 3",
        "doubled == 2",
        "age > 30",
        "close_date + days(tier) > today()",
        "close_date - started_on > days(3)",
        "due_at > now() - hours(2)",
        "if hot { score > 1 } else { points > 1 }",
        "(if hot { score } else { points }) > 1",
        "lines.any(|l| l.quantity > score and l.product == record.name)",
        "not lines.all(|l| l.optional)",
        "lines.count(|l| l.optional) > 2",
        "sum(lines.quantity) > 3",
        "max(lines.filter(|l| l.optional).quantity) > 3",
        "count(account.opportunities) > 1",
        "contacts.any(|c| c.account.employees > 3)",
        "\"Eva\" in contacts.name",
        "me in contacts.account.owner",
        "extra != ()",
        "not is_empty(extra)",
        "is_empty(lines)",
        "owner == me and me.has_role(\"x\")",
        "record.score * 2 == score",
        "upper(record.name) == name",
        "[1, 2, 3].any(|n| n > tier) and hot",
        "score in [points, record.score]",
        "record.lines.any(|l| l.optional) or hot",
        "first(record.lines).quantity == score",
        "priority > \"low\"",
        "\"red\" in tags",
        "count(tags) > 1",
        "tags.any(|t| t == \"red\")",
        "date(due_at) == today() and year(created_at) == 2026 and hour(due_at) < 9 and time(due_at) > opens_at",
        "datetime(close_date) > due_at",
        "close_date + effort > today() - days(score)",
        "due_at - effort > now() + hours(points)",
        "add_months(close_date, score) > today()",
        "days(score) > effort",
        "amount.currency == \"EUR\" and amount.amount > 3",
        "(amount ?? total ?? 5).amount > 3 and (if hot { amount } else { total }).currency < \"USD\"",
        "account.opportunities.any(|o| o.amount.currency != amount.currency)",
        "contains(amount.currency, \"us\")",
        "text(score) + text(hot) + text(stage) + text(close_date) + text(effort) == notes",
        "round(weight, 2) == floor(discount) and ceil(amount) > 3",
        "trim(notes) + left(name, 3) == right(name, 2) + replace(name, \"ab\", \"c\")",
    ] {
        let expr = compiled(&model, "opportunity", source);
        assert_eq!(expr.unportable, None, "`{source}`");
    }
}

#[test]
fn what_does_not_and_why() {
    let model = sample();
    let mut report = String::new();
    for source in [
        "hot and score * 2 > 3",
        "score / 2 > 1",
        "score % 2 == 0",
        "round(weight, score) == 1",
        "avg(lines.quantity) > 1",
        "notes < \"x\"",
        "name + \"x\" < \"y\"",
        "contains(notes, \"x\")",
        "contains(name, account.name)",
        "matches(name, \"a+\")",
        "tags == [\"red\"]",
        "tags.any(|t| t + \"x\" < \"red\")",
        "extra == extra",
        "date(name) == today()",
        "datetime(name) < now()",
        "left(name, score) == \"a\"",
        "left(name, 2) < \"b\"",
        "lines.any(|l| l.quantity * 2 > 3)",
        "first(lines).quantity > 1",
        "(owner ?? account.owner).name == \"x\"",
        "(amount + total).currency == \"EUR\"",
        "sum(lines.price).amount > 3",
        "is_email(name)",
        "number(name) > 3",
        "me.has_role(name)",
        "sum([score, points]) > 1",
        "count(account.opportunities.lines) > 1",
        "text(weight) == \"1\"",
        "replace(name, \"a\", name) == \"b\"",
    ] {
        let expr = compiled(&model, "opportunity", source);
        let found = expr.unportable.unwrap_or_else(|| panic!("`{source}` is portable"));
        writeln!(
            report,
            "{source}\n{}{}\n  {}",
            " ".repeat(source[..found.at.start].chars().count()),
            "^".repeat(found.at.len()),
            found.why
        )
        .unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn computed_fields_count_with_their_own_expressions() {
    let model = Builder::new()
        .entity(
            "node",
            [
                text("name"),
                integer("number"),
                reference("parent", &["node"]),
                text("grandparent").lookup("parent.parent.name"),
                integer("twice").formula("parent.number * 2"),
                integer("plain").formula("parent.number + 1"),
                text("far").lookup("parent.parent.grandparent"),
                text("too_far").lookup("parent.far"),
            ],
        )
        .build();
    let unportable = |source: &str| compiled(&model, "node", source).unportable.map(|found| found.why);
    assert_eq!(unportable("grandparent == \"x\""), None);
    assert_eq!(unportable("plain > 1"), None);
    assert_eq!(unportable("parent.plain > 1"), None);
    assert_eq!(unportable("far == \"x\""), None);
    assert_eq!(
        unportable("twice > 1").unwrap(),
        "`twice` is computed when read: only comparing, `+` and `-` of numbers are exact on every database; keep the result in a formula"
    );
    assert_eq!(
        unportable("too_far == \"x\"").unwrap(),
        "`too_far` is computed when read: `far` is computed when read: `grandparent` is computed when read: \
         it follows 5 references, those within computed fields included, and may follow 4"
    );
}

/// What an expression reads, written out.
fn reads(model: &Model, entity: &str, source: &str) -> String {
    let reads = compiled(model, entity, source).reads(model);
    let mut parts: Vec<String> = reads
        .paths
        .iter()
        .map(|path| {
            let hops: Vec<String> = path
                .hops
                .iter()
                .map(|hop| {
                    let (entity, field) = hop.fields[0];
                    format!("{}{}", model.field(entity, field).name, if hop.many { "*" } else { "" })
                })
                .collect();
            format!("{:?}.{}", path.root, hops.join("."))
        })
        .collect();
    for (flag, word) in
        [(reads.now, "now"), (reads.me, "me"), (reads.old, "old"), (reads.value, "value"), (reads.script, "script")]
    {
        if flag {
            parts.push(word.to_owned());
        }
    }
    if reads.is_stored() {
        parts.push("own".to_owned());
    }
    parts.join(" ")
}

#[test]
fn what_expressions_read() {
    let model = sample();
    let mut report = String::new();
    for source in [
        "1 + 2",
        "score + points",
        "score + tier",
        "account.parent.name",
        "account",
        "sum(lines.subtotal)",
        "lines.any(|l| l.quantity > score)",
        "lines.any(|l| l.opportunity.account.owner == me)",
        "lines.filter(|l| l.optional).any(|l| l.quantity > 1)",
        "(owner ?? account.owner).name",
        "first(contacts).name",
        "age",
        "employees",
        "account.opportunities.net",
        "record.score",
        "start_of_month() > close_date",
        "start_of_month(close_date)",
        "\"red\" in tags",
        "stage.closed",
        "doubled",
    ] {
        writeln!(report, "{source}\n  {}", reads(&model, "opportunity", source)).unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_change_touches_what_reads_it() {
    let model = sample();
    let field = |entity: &str, name: &str| {
        let (id, entity) = model.entity(entity).unwrap();
        (id, entity.field(name).unwrap().0)
    };
    let reads = compiled(&model, "opportunity", "net > 1 and lines.any(|l| l.optional)").reads(&model);
    let touches = |(entity, field)| reads.touches(entity, field);
    assert!(touches(field("opportunity", "account")));
    assert!(touches(field("opportunity", "discount")));
    assert!(touches(field("account", "employees")));
    assert!(touches(field("opportunity_line", "optional")));
    assert!(!touches(field("opportunity", "score")));
    assert!(!touches(field("account", "name")));
    let own: Vec<_> = reads
        .fields_of(Root::This)
        .into_iter()
        .map(|id| model.field(field("opportunity", "net").0, id).name.to_string())
        .collect();
    assert_eq!(own, ["account", "discount", "lines", "net"]);
}
