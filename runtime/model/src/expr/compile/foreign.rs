//! Functions of other languages that people write, each with what says the same here.

/// What to write instead of a function that another language has.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(names, _)| names.contains(&name)).map(|(_, instead)| *instead)
}

const INSTEAD: &[(&[&str], &str)] = &[
    (&["map", "collect", "pluck", "select"], "a field of each item is written `lines.price`"),
    (&["exists", "some", "has"], "write `lines.any(|line| …)`"),
    (&["every", "all_of"], "write `lines.all(|line| …)`"),
    (&["find", "first_where"], "write `first(lines.filter(|line| …))`"),
    (&["where"], "write `lines.filter(|line| …)`"),
    (
        &["length", "size", "strlen", "char_length"],
        "the items of a list are counted by `count`, the letters of a text by `len`",
    ),
    (&["concat", "concatenate"], "texts are joined by `+`"),
    (&["isnull", "is_null", "isempty", "isblank", "is_blank"], "write `is_empty(…)`, or compare with `()`"),
    (&["coalesce", "ifnull", "nvl", "isnull_or"], "write `a ?? b`"),
    (&["iif", "iff"], "write `if a { b } else { c }`"),
    (&["average", "mean"], "write `avg(…)`"),
    (&["tolower", "to_lower", "lowercase", "lcase"], "write `lower(…)`"),
    (&["toupper", "to_upper", "uppercase", "ucase"], "write `upper(…)`"),
    (&["substr", "substring", "mid"], "write `left(text, count)` or `right(text, count)`"),
    (&["includes", "contain", "like"], "write `contains(text, part)`, or `value in list`"),
    (&["startswith", "begins_with"], "write `starts_with(text, part)`"),
    (&["endswith"], "write `ends_with(text, part)`"),
    (&["datediff", "date_diff"], "write `days_between(from, to)`"),
    (&["dateadd", "date_add", "adddays", "add_days"], "a day is moved by a duration: `day + days(3)`"),
    (&["getdate", "current_date", "curdate"], "write `today()`"),
    (&["current_timestamp", "sysdate", "current_time"], "write `now()`"),
    (&["to_string", "str", "tostring"], "write `text(…)`"),
    (&["to_int", "to_number", "parseint", "to_decimal"], "write `number(…)`"),
];
