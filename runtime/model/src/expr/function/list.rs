//! The published list itself, in the order of the documentation.

use super::Function as F;
use super::shape::{Form, Gives, Means, Portable, Published, Takes};
use crate::expr::tree::{Aggregate, Quantifier};

const fn form(takes: &'static [Takes], gives: Gives, function: F) -> Form {
    Form { takes, repeats: false, gives, means: Means::Function(function) }
}

const fn means(takes: &'static [Takes], gives: Gives, means: Means) -> Form {
    Form { takes, repeats: false, gives, means }
}

const KEYED: Portable =
    Portable::When("over a `text` field (not `longtext`) and a constant: the stored folded key is searched");
const CASE: Portable =
    Portable::No("databases disagree about letters outside ASCII; compare with `fold`, `contains` or `starts_with`");
const MEAN: Portable = Portable::No("a mean divides, which databases do differently; keep it in a `rollup`");
const SHAPE: Portable = Portable::No("databases have other regular expressions; keep the answer in a `formula`");
const MONEY: Portable = Portable::When(
    "of a money field, or of one of several picked with `if` or `??`; of money that is worked out SQL knows the worth alone, `.base`",
);
const LISTS: Portable = Portable::No(
    "a list becomes SQL only under `any`, `all`, `count`, `sum`, `min` or `max`: ask with one of these instead",
);
const CLOSURE: &[Takes] = &[Takes::List, Takes::Closure];

/// Every name that expressions may call.
pub static PUBLISHED: &[Published] = &[
    // Time.
    Published {
        name: "today",
        forms: &[form(&[], Gives::Date, F::Today)],
        doc: "The day it is in the workspace's zone, the same throughout a command or request.",
        example: Some(("days_between(today(), today() + days(2))", "2")),
        portable: Portable::Yes,
    },
    Published {
        name: "now",
        forms: &[form(&[], Gives::DateTime, F::Now)],
        doc: "The moment it is, the same throughout a command or request.",
        example: Some(("now() + hours(1) > now()", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "minutes",
        forms: &[form(&[Takes::Integer], Gives::Duration, F::Minutes)],
        doc: "A duration of so many minutes.",
        example: Some(("minutes(90) == hours(1) + minutes(30)", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "hours",
        forms: &[form(&[Takes::Integer], Gives::Duration, F::Hours)],
        doc: "A duration of so many hours.",
        example: Some(("hours(24) == days(1)", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "days",
        forms: &[form(&[Takes::Integer], Gives::Duration, F::Days)],
        doc: "A duration of so many days of 24 hours.",
        example: Some(("date(\"2026-02-27\") + days(3)", "date(\"2026-03-02\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "weeks",
        forms: &[form(&[Takes::Integer], Gives::Duration, F::Weeks)],
        doc: "A duration of so many weeks.",
        example: Some(("weeks(2) == days(14)", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "date",
        forms: &[form(&[Takes::DateTime], Gives::Date, F::Date), form(&[Takes::Text], Gives::Date, F::Date)],
        doc: "The day of a moment in the workspace's zone, or the day a text writes (`2026-03-02`); `()` when it writes none.",
        example: Some(("date(\"2026-03-02\") < date(\"2026-03-10\")", "true")),
        portable: Portable::When("of a datetime; a day that is written as text belongs in a `date` field"),
    },
    Published {
        name: "time",
        forms: &[form(&[Takes::DateTime], Gives::Time, F::Time), form(&[Takes::Text], Gives::Time, F::Time)],
        doc: "The time of day of a moment in the workspace's zone, to the second, or the one a text writes (`09:30`); `()` when it writes none.",
        example: Some(("time(\"09:30\") < time(\"14:00\")", "true")),
        portable: Portable::When("of a datetime; a time that is written as text belongs in a `time` field"),
    },
    Published {
        name: "datetime",
        forms: &[
            form(&[Takes::Date], Gives::DateTime, F::DateTime),
            form(&[Takes::Text], Gives::DateTime, F::DateTime),
        ],
        doc: "The first moment of a day in the workspace's zone, or the moment a text writes (`2026-03-02T09:00`, in the workspace's zone unless it ends with `Z` or an offset); `()` when it writes none.",
        example: Some(("date(datetime(date(\"2026-03-02\")))", "date(\"2026-03-02\")")),
        portable: Portable::When("of a date; a moment that is written as text belongs in a `datetime` field"),
    },
    Published {
        name: "year",
        forms: &[form(&[Takes::Date], Gives::Integer, F::Year), form(&[Takes::DateTime], Gives::Integer, F::Year)],
        doc: "The year.",
        example: Some(("year(date(\"2026-03-02\"))", "2026")),
        portable: Portable::Yes,
    },
    Published {
        name: "month",
        forms: &[form(&[Takes::Date], Gives::Integer, F::Month), form(&[Takes::DateTime], Gives::Integer, F::Month)],
        doc: "The month, 1 to 12.",
        example: Some(("month(date(\"2026-03-02\"))", "3")),
        portable: Portable::Yes,
    },
    Published {
        name: "day",
        forms: &[form(&[Takes::Date], Gives::Integer, F::Day), form(&[Takes::DateTime], Gives::Integer, F::Day)],
        doc: "The day of the month, 1 to 31.",
        example: Some(("day(date(\"2026-03-02\"))", "2")),
        portable: Portable::Yes,
    },
    Published {
        name: "weekday",
        forms: &[
            form(&[Takes::Date], Gives::Integer, F::Weekday),
            form(&[Takes::DateTime], Gives::Integer, F::Weekday),
        ],
        doc: "The day of the week, from 1 for Monday to 7 for Sunday (ISO 8601).",
        example: Some(("weekday(date(\"2026-03-01\"))", "7")),
        portable: Portable::Yes,
    },
    Published {
        name: "hour",
        forms: &[form(&[Takes::Time], Gives::Integer, F::Hour), form(&[Takes::DateTime], Gives::Integer, F::Hour)],
        doc: "The hour, 0 to 23.",
        example: Some(("hour(time(\"09:30\"))", "9")),
        portable: Portable::Yes,
    },
    Published {
        name: "start_of_week",
        forms: &[form(&[Takes::Date], Gives::Date, F::StartOfWeek)],
        doc: "The Monday on or before a day.",
        example: Some(("start_of_week(date(\"2026-03-01\"))", "date(\"2026-02-23\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "start_of_month",
        forms: &[form(&[], Gives::Date, F::StartOfMonth), form(&[Takes::Date], Gives::Date, F::StartOfMonth)],
        doc: "The first day of the month of a day, or of today.",
        example: Some(("start_of_month(date(\"2026-03-15\"))", "date(\"2026-03-01\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "end_of_month",
        forms: &[form(&[], Gives::Date, F::EndOfMonth), form(&[Takes::Date], Gives::Date, F::EndOfMonth)],
        doc: "The last day of the month of a day, or of today.",
        example: Some(("end_of_month(date(\"2028-02-10\"))", "date(\"2028-02-29\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "start_of_year",
        forms: &[form(&[], Gives::Date, F::StartOfYear), form(&[Takes::Date], Gives::Date, F::StartOfYear)],
        doc: "The first of January of the year of a day, or of this year.",
        example: Some(("start_of_year(date(\"2026-03-15\"))", "date(\"2026-01-01\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "end_of_year",
        forms: &[form(&[], Gives::Date, F::EndOfYear), form(&[Takes::Date], Gives::Date, F::EndOfYear)],
        doc: "The last of December of the year of a day, or of this year.",
        example: Some(("end_of_year(date(\"2026-03-15\"))", "date(\"2026-12-31\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "add_months",
        forms: &[form(&[Takes::Date, Takes::Integer], Gives::Date, F::AddMonths)],
        doc: "The same day so many months later (or earlier), or that month's last day where there is no such day.",
        example: Some(("add_months(date(\"2026-01-31\"), 1)", "date(\"2026-02-28\")")),
        portable: Portable::Yes,
    },
    Published {
        name: "days_between",
        forms: &[form(&[Takes::Date, Takes::Date], Gives::Integer, F::DaysBetween)],
        doc: "How many days the second day is after the first; negative when it is before.",
        example: Some(("days_between(date(\"2026-03-01\"), date(\"2026-03-31\"))", "30")),
        portable: Portable::Yes,
    },
    // Text.
    Published {
        name: "lower",
        forms: &[form(&[Takes::Text], Gives::Text, F::Lower)],
        doc: "The text in lower case.",
        example: Some(("lower(\"ÁRBOL\")", "\"árbol\"")),
        portable: CASE,
    },
    Published {
        name: "upper",
        forms: &[form(&[Takes::Text], Gives::Text, F::Upper)],
        doc: "The text in upper case.",
        example: Some(("upper(\"straße\")", "\"STRASSE\"")),
        portable: CASE,
    },
    Published {
        name: "trim",
        forms: &[form(&[Takes::Text], Gives::Text, F::Trim)],
        doc: "The text without white space at both ends; `()` when nothing is left.",
        example: Some(("trim(\"  hi \")", "\"hi\"")),
        portable: Portable::Yes,
    },
    Published {
        name: "len",
        forms: &[
            form(&[Takes::Text], Gives::Integer, F::Len),
            means(&[Takes::List], Gives::Integer, Means::Aggregate(Aggregate::Count)),
        ],
        doc: "How many characters a text has, or items a list.",
        example: Some(("len(\"niño\")", "4")),
        portable: Portable::Yes,
    },
    Published {
        name: "contains",
        forms: &[
            form(&[Takes::Text, Takes::Text], Gives::Boolean, F::Contains),
            means(&[Takes::List, Takes::Item], Gives::Boolean, Means::In),
        ],
        doc: "Whether a text holds another as search sees it (case, accents and runs of spaces do not matter), or a list holds an item.",
        example: Some(("contains(\"Peña & Hijos\", \"pena\")", "true")),
        portable: KEYED,
    },
    Published {
        name: "starts_with",
        forms: &[form(&[Takes::Text, Takes::Text], Gives::Boolean, F::StartsWith)],
        doc: "Whether a text begins with another as search sees it (case and accents do not matter).",
        example: Some(("starts_with(\"Órbita\", \"orb\")", "true")),
        portable: KEYED,
    },
    Published {
        name: "ends_with",
        forms: &[form(&[Takes::Text, Takes::Text], Gives::Boolean, F::EndsWith)],
        doc: "Whether a text ends with another as search sees it (case and accents do not matter).",
        example: Some(("ends_with(\"Informe.PDF\", \".pdf\")", "true")),
        portable: KEYED,
    },
    Published {
        name: "replace",
        forms: &[form(&[Takes::Text, Takes::Text, Takes::Text], Gives::Text, F::Replace)],
        doc: "The text with each of the second, exactly, become the third.",
        example: Some(("replace(\"a-b-c\", \"-\", \"/\")", "\"a/b/c\"")),
        portable: Portable::When(
            "where what is replaced and what takes its place are written out, the latter not longer in bytes: a text that grows is bounded in memory alone, keep it in a `formula`",
        ),
    },
    Published {
        name: "left",
        forms: &[form(&[Takes::Text, Takes::Integer], Gives::Text, F::Left)],
        doc: "The first characters of a text.",
        example: Some(("left(\"niño\", 3)", "\"niñ\"")),
        portable: Portable::When("with a constant number of characters"),
    },
    Published {
        name: "right",
        forms: &[form(&[Takes::Text, Takes::Integer], Gives::Text, F::Right)],
        doc: "The last characters of a text.",
        example: Some(("right(\"niño\", 2)", "\"ño\"")),
        portable: Portable::When("with a constant number of characters"),
    },
    Published {
        name: "matches",
        forms: &[means(&[Takes::Text, Takes::Pattern], Gives::Boolean, Means::Matches)],
        doc: "Whether the whole text matches a regular expression, which is written out.",
        example: Some(("matches(\"AB-12\", \"[A-Z]+-[0-9]+\")", "true")),
        portable: Portable::No(
            "databases have other regular expressions; ask with `contains` or `starts_with`, or keep the answer in a `formula`",
        ),
    },
    Published {
        name: "is_email",
        forms: &[form(&[Takes::Text], Gives::Boolean, F::IsEmail)],
        doc: "Whether a text has the shape of an e-mail address (the one browsers accept, WHATWG HTML 4.10.5.1.5, with a dot in the domain).",
        example: Some(("is_email(\"ana@example.com\")", "true")),
        portable: SHAPE,
    },
    Published {
        name: "is_url",
        forms: &[form(&[Takes::Text], Gives::Boolean, F::IsUrl)],
        doc: "Whether a text has the shape of an `http` or `https` address.",
        example: Some(("is_url(\"https://example.com/a?b=1\")", "true")),
        portable: SHAPE,
    },
    Published {
        name: "is_empty",
        forms: &[form(&[Takes::Any], Gives::Boolean, F::IsEmpty)],
        doc: "Whether there is nothing: `()`, an empty text or an empty list.",
        example: Some(("is_empty(\"\")", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "fold",
        forms: &[form(&[Takes::Text], Gives::Text, F::Fold)],
        doc: "The text as search and order see it: lower case, without accents, spaces squeezed.",
        example: Some(("fold(\" Ñandú  Azul\")", "\"nandu azul\"")),
        portable: Portable::When("of a `text` field (not `longtext`): the stored folded key is read"),
    },
    Published {
        name: "text",
        forms: &[form(&[Takes::Any], Gives::Text, F::Text)],
        doc: "A value as text, as the API writes it.",
        example: Some(("\"No. \" + text(7)", "\"No. 7\"")),
        portable: Portable::When(
            "of a text, an option, a whole number, a duration, a boolean or a date; databases write other values in other ways, keep such a text in a `formula`",
        ),
    },
    // Numbers.
    Published {
        name: "number",
        forms: &[form(&[Takes::Text], Gives::Decimal, F::Number)],
        doc: "The number a text writes with a decimal point, white space around it or not; `()` when it writes none.",
        example: Some(("number(\"12.50\")", "12.5")),
        portable: Portable::No(
            "databases read numbers in other ways; keep the number in a `decimal` field or a `formula`",
        ),
    },
    Published {
        name: "round",
        forms: &[
            form(&[Takes::Number], Gives::Same, F::Round),
            form(&[Takes::Number, Takes::Integer], Gives::Same, F::Round),
            form(&[Takes::Money], Gives::Same, F::Round),
            form(&[Takes::Money, Takes::Integer], Gives::Same, F::Round),
        ],
        doc: "Rounded, half away from zero, to a whole number or to so many digits (0 to 10) behind the point.",
        example: Some(("round(2.345, 2)", "2.35")),
        portable: Portable::When("to a constant number of digits"),
    },
    Published {
        name: "floor",
        forms: &[form(&[Takes::Number], Gives::Integer, F::Floor), form(&[Takes::Money], Gives::Same, F::Floor)],
        doc: "The greatest whole number that is not above it.",
        example: Some(("floor(-2.5)", "-3")),
        portable: Portable::Yes,
    },
    Published {
        name: "ceil",
        forms: &[form(&[Takes::Number], Gives::Integer, F::Ceil), form(&[Takes::Money], Gives::Same, F::Ceil)],
        doc: "The least whole number that is not below it.",
        example: Some(("ceil(2.1)", "3")),
        portable: Portable::Yes,
    },
    Published {
        name: "abs",
        forms: &[form(&[Takes::Measure], Gives::Same, F::Abs)],
        doc: "Without its sign.",
        example: Some(("abs(-3)", "3")),
        portable: Portable::Yes,
    },
    Published {
        name: "sign",
        forms: &[form(&[Takes::Measure], Gives::Integer, F::Sign)],
        doc: "-1 below zero, 0 at zero, 1 above.",
        example: Some(("sign(-3.5)", "-1")),
        portable: Portable::Yes,
    },
    Published {
        name: "amount",
        forms: &[form(&[Takes::Money], Gives::Decimal, F::Amount)],
        doc: "The amount of money in its own currency, also written `total.amount`.",
        example: Some(("is_empty(amount(()))", "true")),
        portable: MONEY,
    },
    Published {
        name: "currency",
        forms: &[form(&[Takes::Money], Gives::Text, F::Currency)],
        doc: "The code of money's own currency, also written `total.currency`.",
        example: Some(("is_empty(currency(()))", "true")),
        portable: MONEY,
    },
    Published {
        name: "base",
        forms: &[form(&[Takes::Money], Gives::Decimal, F::Base)],
        doc: "What money is worth in the workspace's currency, also written `total.base`.",
        example: Some(("is_empty(base(()))", "true")),
        portable: Portable::Yes,
    },
    // Lists.
    Published {
        name: "any",
        forms: &[means(CLOSURE, Gives::Boolean, Means::Quantifier(Quantifier::Any))],
        doc: "Whether the condition holds for at least one item.",
        example: Some(("[1, 2, 3].any(|n| n > 2)", "true")),
        portable: Portable::Yes,
    },
    Published {
        name: "all",
        forms: &[means(CLOSURE, Gives::Boolean, Means::Quantifier(Quantifier::All))],
        doc: "Whether the condition holds for each item; of none it does.",
        example: Some(("[1, 2, 3].all(|n| n > 1)", "false")),
        portable: Portable::Yes,
    },
    Published {
        name: "count",
        forms: &[
            means(&[Takes::List], Gives::Integer, Means::Aggregate(Aggregate::Count)),
            means(CLOSURE, Gives::Integer, Means::Quantifier(Quantifier::Count)),
        ],
        doc: "How many items there are, or for how many the condition holds.",
        example: Some(("[1, 2, 3].count(|n| n > 1)", "2")),
        portable: Portable::Yes,
    },
    Published {
        name: "filter",
        forms: &[means(CLOSURE, Gives::Same, Means::Quantifier(Quantifier::Filter))],
        doc: "The items for which the condition holds.",
        example: Some(("sum([1, 2, 3].filter(|n| n > 1))", "5")),
        portable: Portable::When("under `any`, `all`, `count`, `sum`, `min` or `max`"),
    },
    Published {
        name: "sum",
        forms: &[means(&[Takes::Measures], Gives::Element, Means::Aggregate(Aggregate::Sum))],
        doc: "The sum of the items; of none it is 0.",
        example: Some(("sum([1, 2.5])", "3.5")),
        portable: Portable::Yes,
    },
    Published {
        name: "min",
        forms: &[
            means(&[Takes::Ordereds], Gives::Element, Means::Aggregate(Aggregate::Min)),
            Form {
                takes: &[Takes::Ordered, Takes::Ordered],
                repeats: true,
                gives: Gives::Unified,
                means: Means::Function(F::Least),
            },
        ],
        doc: "The least of the items of a list (of none it is `()`), or of two or more values.",
        example: Some(("min(3, 1, 2)", "1")),
        portable: Portable::Yes,
    },
    Published {
        name: "max",
        forms: &[
            means(&[Takes::Ordereds], Gives::Element, Means::Aggregate(Aggregate::Max)),
            Form {
                takes: &[Takes::Ordered, Takes::Ordered],
                repeats: true,
                gives: Gives::Unified,
                means: Means::Function(F::Greatest),
            },
        ],
        doc: "The greatest of the items of a list (of none it is `()`), or of two or more values.",
        example: Some(("max([3, 1, 2])", "3")),
        portable: Portable::Yes,
    },
    Published {
        name: "avg",
        forms: &[means(&[Takes::Measures], Gives::Mean, Means::Aggregate(Aggregate::Avg))],
        doc: "The mean of the items of a list; of none it is `()`.",
        example: Some(("avg([1, 2])", "1.5")),
        portable: MEAN,
    },
    Published {
        name: "join",
        forms: &[form(&[Takes::Texts, Takes::Text], Gives::Text, F::Join)],
        doc: "The texts of a list with another between them.",
        example: Some(("join([\"a\", \"b\"], \", \")", "\"a, b\"")),
        portable: LISTS,
    },
    Published {
        name: "first",
        forms: &[form(&[Takes::List], Gives::Element, F::First)],
        doc: "The first item of a list, or `()`.",
        example: Some(("first([3, 1, 2])", "3")),
        portable: LISTS,
    },
    Published {
        name: "last",
        forms: &[form(&[Takes::List], Gives::Element, F::Last)],
        doc: "The last item of a list, or `()`.",
        example: Some(("last([3, 1, 2])", "2")),
        portable: LISTS,
    },
    // The command at hand.
    Published {
        name: "changed",
        forms: &[means(&[Takes::Field], Gives::Boolean, Means::Changed)],
        doc: "Whether the command at hand changes a field of the record; in rules. A record that is being made changes every field that has a value.",
        example: None,
        portable: Portable::No("it compares with the record as it was"),
    },
    Published {
        name: "has_role",
        forms: &[means(&[Takes::Me, Takes::Text], Gives::Boolean, Means::HasRole)],
        doc: "Whether the person acting has a role: `me.has_role(\"sales_manager\")`.",
        example: None,
        portable: Portable::Yes,
    },
    // Hierarchies.
    Published {
        name: "under",
        forms: &[means(&[Takes::Record, Takes::Record], Gives::Boolean, Means::Under)],
        doc: "Whether a record is another one or lies anywhere below it, in an entity with `tree`: `category.under(record.category)`.",
        example: None,
        portable: Portable::Yes,
    },
];
