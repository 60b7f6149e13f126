//! The published list of functions: each example is run, and each claim about SQL holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use fichero_model::Model;
use fichero_model::expr::function::{Means, PUBLISHED, Portable, markdown};
use fichero_model::expr::{Context, NoFacts, Scope, compile};
use fichero_model::fixture::sample;
use fichero_model::place::Place;

fn value(model: &Model, text: &str) -> fichero_model::Value {
    let place = Place::start_of(&"example".into());
    let expr = compile(text, &place, &Scope::bare(model)).unwrap_or_else(|findings| panic!("`{text}`: {findings:#?}"));
    expr.eval(&Context::bare(model, &NoFacts, "2026-03-02T08:30:00Z".parse().unwrap())).unwrap()
}

#[test]
fn every_example_gives_what_it_says() {
    let model = sample();
    for function in PUBLISHED {
        let Some((expression, wanted)) = function.example else { continue };
        assert!(
            expression.contains(&format!("{}(", function.name)),
            "the example of `{}` does not call it",
            function.name
        );
        let (found, wanted) = (value(&model, expression), value(&model, wanted));
        assert!(found.same(&wanted), "`{expression}` gives {found:?}, not {wanted:?}");
    }
}

#[test]
fn names_are_unique_and_those_of_the_functions() {
    let mut names = HashSet::new();
    for function in PUBLISHED {
        assert!(names.insert(function.name), "`{}` stands twice", function.name);
        assert!(!function.forms.is_empty(), "`{}` has no form", function.name);
        for form in function.forms {
            if let Means::Function(meant) = form.means {
                assert_eq!(meant.name(), function.name);
            }
        }
    }
}

/// Over a field of the row, what is always portable must be, and what never is must not be.
#[test]
fn claims_about_sql_hold() {
    let model = sample();
    let (entity, _) = model.entity("opportunity").unwrap();
    let place = Place::start_of(&"example".into());
    let calls = [
        ("minutes", "minutes(score)"),
        ("hours", "hours(score)"),
        ("days", "days(score)"),
        ("weeks", "weeks(score)"),
        ("date", "date(created_at)"),
        ("time", "time(created_at)"),
        ("datetime", "datetime(close_date)"),
        ("start_of_week", "start_of_week(close_date)"),
        ("start_of_month", "start_of_month(close_date)"),
        ("end_of_month", "end_of_month(close_date)"),
        ("start_of_year", "start_of_year(close_date)"),
        ("end_of_year", "end_of_year(close_date)"),
        ("days_between", "days_between(started_on, close_date)"),
        ("lower", "lower(name)"),
        ("upper", "upper(name)"),
        ("trim", "trim(name)"),
        ("len", "len(name)"),
        ("replace", "replace(name, \"a\", \"b\")"),
        ("replace", "replace(name, \"ab\", ())"),
        ("!replace", "replace(name, \"a\", \"ab\")"),
        ("!replace", "replace(name, \"a\", \"ä\")"),
        ("!replace", "replace(name, \"a\", notes)"),
        ("!replace", "replace(name, notes, \"a\")"),
        ("left", "left(name, 2)"),
        ("right", "right(name, 2)"),
        ("!left", "left(name, score)"),
        ("!right", "right(name, score)"),
        ("!round", "round(weight, score)"),
        ("!date", "date(name)"),
        ("!time", "time(name)"),
        ("!datetime", "datetime(name)"),
        ("!amount", "(amount + total).amount"),
        ("!currency", "max(amount, total).currency"),
        ("matches", "matches(name, \"a+\")"),
        ("is_email", "is_email(name)"),
        ("is_url", "is_url(name)"),
        ("is_empty", "is_empty(name)"),
        ("text", "text(score)"),
        ("!text", "text(weight)"),
        ("number", "number(name)"),
        ("round", "round(weight)"),
        ("floor", "floor(weight)"),
        ("ceil", "ceil(weight)"),
        ("abs", "abs(weight)"),
        ("sign", "sign(weight)"),
        ("amount", "amount.amount"),
        ("currency", "amount.currency"),
        ("base", "amount.base"),
        ("any", "lines.any(|l| l.optional)"),
        ("all", "lines.all(|l| l.optional)"),
        ("count", "count(lines)"),
        ("sum", "sum(lines.quantity)"),
        ("min", "min(lines.quantity)"),
        ("max", "max(lines.quantity)"),
        ("avg", "avg(lines.quantity)"),
        ("join", "join(lines.product, \",\")"),
        ("first", "first(lines.product)"),
        ("last", "last(lines.product)"),
        ("today", "close_date == today()"),
        ("now", "due_at == now()"),
        ("has_role", "hot and me.has_role(\"x\")"),
        ("under", "account.under(account.parent)"),
        // Under a condition: met, and not met.
        ("year", "year(close_date)"),
        ("month", "month(close_date)"),
        ("day", "day(close_date)"),
        ("weekday", "weekday(close_date)"),
        ("hour", "hour(opens_at)"),
        ("add_months", "add_months(close_date, 2)"),
        ("contains", "contains(name, \"a\")"),
        ("starts_with", "starts_with(name, \"a\")"),
        ("ends_with", "ends_with(account_name, \"a\")"),
        ("fold", "fold(name) == \"a\""),
        ("filter", "count(lines.filter(|l| l.optional))"),
        ("year", "year(due_at)"),
        ("month", "month(due_at)"),
        ("day", "day(due_at)"),
        ("weekday", "weekday(due_at)"),
        ("hour", "hour(due_at)"),
        ("add_months", "add_months(close_date, score)"),
        ("!contains", "contains(notes, \"a\")"),
        ("!starts_with", "starts_with(name, account.name)"),
        ("!ends_with", "ends_with(name + \"x\", \"a\")"),
        ("!fold", "fold(notes)"),
        ("!filter", "lines.filter(|l| l.optional)"),
    ];
    for function in PUBLISHED {
        let all: Vec<_> = calls.iter().filter(|(name, _)| name.trim_start_matches('!') == function.name).collect();
        assert!(!all.is_empty() || function.name == "changed", "no call of `{}` is tried", function.name);
        for (name, call) in all {
            let expr = compile(call, &place, &Scope::row(&model, entity))
                .unwrap_or_else(|findings| panic!("`{call}`: {findings:#?}"));
            let wanted = match function.portable {
                Portable::Yes => true,
                Portable::No(_) => false,
                Portable::When(_) => !name.starts_with('!'),
            };
            assert_eq!(expr.unportable.is_none(), wanted, "`{call}`: {:?}", expr.unportable);
        }
    }
}

#[test]
fn the_page_holds_every_function() {
    let page = markdown();
    for function in PUBLISHED {
        assert!(page.contains(&format!("### {}\n", function.name)));
    }
}
