//! The keys of a field, an option, and what belongs to them.

use fichero_model::look::WIDGETS;

use super::common::{CHECK, COLOR, COUNT, ENTITY, HELP, ICON, LABEL, WAS};
use super::{Key, Keys, NameOf, Shape, key};

/// A field of an entity, mixin, settings, message or question.
pub static FIELD: Keys = Keys {
    groups: &[&[
        key(
            "type",
            Shape::Name(NameOf::Type),
            "Its type: a storage kind, a `type` document, `sequence` or `children`.",
        ),
        key(
            "to",
            Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["entity", "mixin"]))),
            "For a `ref`: the entity, entities or mixin it may point to.",
        ),
        key(
            "fields",
            Shape::NameMap(NameOf::New, &FIELD),
            "For `group` and `lines`: its parts, or what is said here of those of its type.",
        ),
        key("of", ENTITY, "For `lines` and `children`: the entity of the rows."),
        key(
            "by",
            Shape::Name(NameOf::Other),
            "For `lines` and `children`: the reference of the rows that points back here.",
        ),
        key("many", Shape::Boolean, "True holds any number of values in order."),
        key("through", ENTITY, "For `many` references: the entity whose records are the links."),
        key(
            "required",
            Shape::Boolean,
            "True refuses a record without a value, unless `visible_if` says that the field is not shown.",
        ),
        key("required_if", Shape::Expression, "Required where this holds and the field is shown."),
        key(
            "unique",
            Shape::OneOf(&[Shape::Boolean, Shape::Map(&FIELD_UNIQUE)]),
            "True refuses two living records of the same value.",
        ),
        key("external", Shape::Boolean, "True makes it a key by which other systems know the record."),
        key("default", Shape::Value, "The value of a new record that gives none."),
        key("copy", Shape::Expression, "Taken when the reference it follows is chosen; stays editable."),
        key("compute", Shape::Expression, "Follows its inputs until someone overrides it."),
        key("formula", Shape::Expression, "Always this; stored where it depends on the record alone."),
        key(
            "rollup",
            Shape::Expression,
            "A count or sum over `lines` or `children`, stored and kept with every change of a child.",
        ),
        key("lookup", Shape::Expression, "A value behind a reference, read when asked and never stored."),
        key(
            "where",
            Shape::Expression,
            "For a `ref`: which records may be chosen; for a `rollup`: which children count.",
        ),
        key(
            "on_delete",
            Shape::Word(&["restrict", "cascade", "clear"]),
            "For a `ref`: what becomes of this record when the other is deleted; `restrict` where nothing is said, but `clear` for `many`.",
        ),
        key(
            "inverse",
            Shape::Name(NameOf::New),
            "For a `ref`: the name under which the other entity sees these records.",
        ),
        key(
            "pattern",
            Shape::String,
            "For a text: a regular expression the whole value must match; for a `sequence`: how the number is printed.",
        ),
        key(
            "per",
            Shape::Name(NameOf::Other),
            "For a `sequence`: counts anew per `year`, `month` or `day`; per value of a field not yet.",
        ),
        key(
            "gapless",
            Shape::Boolean,
            "For a `sequence`: says that no number may be left out. Every sequence keeps to it: its writers wait for each other.",
        ),
        key(
            "min",
            Shape::Value,
            "The least value; for a text the least length; for a list the least number of entries, where it has any.",
        ),
        key(
            "max",
            Shape::Value,
            "The greatest value; for a text the greatest length; for a `file` its size, such as `10 MB`; for a list the greatest number of entries.",
        ),
        key(
            "accept",
            Shape::OneOrMore(&Shape::String),
            "For a `file`: the types it takes, as `image/png`, `image/*` or `.pdf`; what a file is, its content says.",
        ),
        key("scale", Shape::Integer { min: 0, max: 9 }, "For a `decimal`: digits behind the point."),
        key("unit", Shape::Text, "The unit shown behind a number."),
        key(
            "currency",
            Shape::Name(NameOf::Other),
            "For `money`: the currency, or the field it is shared with, such as `quote.currency`.",
        ),
        key(
            "fix_rate_if",
            Shape::Expression,
            "For `money`: while this holds, the rate to the workspace's currency stays what it was when it began to; until then each save takes the day's.",
        ),
        key("index", Shape::Boolean, "True keeps an index for filters and sorting."),
        key("search", Shape::Boolean, "True lets the search find the record by it."),
        key("once", Shape::Boolean, "True lets the value be set once and never changed."),
        key("readonly", Shape::Boolean, "True keeps people from changing it; rules may."),
        key("readonly_if", Shape::Expression, "Read-only for people where this holds."),
        key(
            "visible_if",
            Shape::Expression,
            "Shown only where this holds. Elsewhere no value is asked for: neither by `required` and `required_if` nor by a stage.",
        ),
        key(
            "options_if",
            Shape::Expression,
            "For a `choice`: which options are offered; `value` is the one in question.",
        ),
        key("after_submit", Shape::Boolean, "In a document: stays editable when the document is submitted."),
        key(
            "append_only",
            Shape::Boolean,
            "True keeps what it holds: entries are added to a list or lines and text at the end, anything else stays once it is given.",
        ),
        OVER,
        key(
            "country",
            Shape::Expression,
            "For a phone: the country of numbers that are written without its code, such as `address.country`; the workspace's where nothing is said or found.",
        ),
        key("clean", Shape::OneOrMore(&CLEAN), "What is done to a text before it is checked, in order."),
        key("widget", Shape::Word(WIDGETS), "How it is shown and edited; by default what its type says."),
        key(
            "sensitive",
            Shape::Boolean,
            "True keeps its values out of exports, and out of the history, which tells only that they changed.",
        ),
        key("personal", Shape::Boolean, "True marks personal data, which can be erased from the history."),
        key("translated", Shape::Boolean, "True holds one text per locale.").not_yet(),
        key(
            "clone",
            Shape::Boolean,
            "False leaves it out when the record is copied, true takes it over; where nothing is said, all is taken over that may be given and may be the same in two records.",
        ),
        key("fill", Shape::Value, "The value old records get when the field becomes required."),
        LABEL,
        HELP,
        key(
            "options",
            Shape::OneOf(&[Shape::Name(NameOf::Kind(&["options"])), Shape::NameMap(NameOf::New, &OPTION)]),
            "For a `choice`: its options, or an `options` document.",
        ),
        key(
            "validate",
            Shape::NameMap(NameOf::New, &CHECK),
            "Bad cases, each with its message; `value` is the field's value.",
        ),
        WAS,
    ]],
    extra: None,
    short: Some("type"),
    defining: &["type", "lookup"],
    either: &[],
};

/// The entity of a condition that is kept as text.
pub const OVER: Key = key(
    "over",
    ENTITY,
    "For a text: it holds a condition over records of this entity, such as `stage.closed`, and is checked as one.",
);

/// What `clean` may do.
pub const CLEAN: Shape = Shape::Word(&["trim", "squeeze", "lower", "upper", "digits", "phone", "html"]);

static FIELD_UNIQUE: Keys = Keys {
    groups: &[&[
        key("where", Shape::Expression, "Only among records where this holds."),
        key("exact", Shape::Boolean, "True tells apart upper and lower case and accents."),
    ]],
    ..Keys::NONE
};

/// An option of a choice. Other keys are attributes: every living option gives them, of one type.
pub static OPTION: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        COLOR,
        key("retired", Shape::Boolean, "True keeps it readable but no longer chosen."),
        WAS,
    ]],
    extra: Some(&Shape::Value),
    short: Some("label"),
    ..Keys::NONE
};

/// A rule that no two living records may share values.
pub static UNIQUE: Keys = Keys {
    groups: &[&[
        key("fields", Shape::OneOrMore(&Shape::Name(NameOf::Field)), "The fields that together are unique.").required(),
        key(
            "overlap",
            Shape::List(&Shape::Name(NameOf::Field)),
            "Two fields, start and end, both dates or both datetimes: refuses two records of the same `fields` whose times overlap.",
        ),
        key("where", Shape::Expression, "Only among records where this holds."),
        key("exact", Shape::Boolean, "True tells apart upper and lower case and accents."),
        key("message", Shape::Text, "What is said to who tries."),
    ]],
    short: Some("fields"),
    ..Keys::NONE
};

/// An index of the entity.
pub static INDEX: Keys = Keys {
    groups: &[&[
        key(
            "fields",
            Shape::OneOrMore(&Shape::Name(NameOf::Sort)),
            "The fields in order; `-` before one sorts the greatest first.",
        )
        .required(),
        key("where", Shape::Expression, "Only of records where this holds."),
    ]],
    short: Some("fields"),
    ..Keys::NONE
};

/// How likely duplicates are found.
pub static DUPLICATES: Keys = Keys {
    groups: &[&[
        key(
            "match",
            Shape::NameMap(NameOf::Field, &MATCH),
            "The fields that are compared, and how; two records are likely the same when all of them match.",
        )
        .required(),
        key("where", Shape::Expression, "Only among records where this holds."),
        key(
            "on_create",
            Shape::Word(&["warn", "refuse"]),
            "What happens when a new record has a likely duplicate; `warn` where nothing is said.",
        ),
        key("limit", COUNT, "At most so many are shown; 5 where nothing is said."),
    ]],
    ..Keys::NONE
};

/// How a field is compared.
static MATCH: Keys = Keys {
    groups: &[&[
        key(
            "by",
            Shape::Word(&["equal", "similar", "phone", "mail_domain"]),
            "`equal` compares texts without case and accents; `similar` names by the trigrams they share; `phone` the digits of the national number; `mail_domain` what stands behind the `@`.",
        )
        .required(),
        key(
            "at_least",
            Shape::Integer { min: 50, max: 99 },
            "For `similar`: how alike, in hundredths of the coefficient of Sørensen and Dice; 75 where nothing is said.",
        ),
        key(
            "except",
            Shape::Name(NameOf::Kind(&["options"])),
            "For `similar` and `mail_domain`: the texts of these options do not count, such as legal forms and domains at which anybody has an address.",
        ),
    ]],
    short: Some("by"),
    ..Keys::NONE
};
