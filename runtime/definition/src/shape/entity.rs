//! `entity`, `mixin`, `type`, `options` and `settings`: what is stored.

use fichero_model::look::WIDGETS;

use super::common::{CHECK, FIND, HELP, ICON, LABEL, SET, WAS};
use super::field::{CLEAN, DUPLICATES, FIELD, INDEX, OPTION, OVER, UNIQUE};
use super::{Key, Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `entity: account`.
pub static ENTITY: KindShape = KindShape {
    kind: "entity",
    name: Naming::Snake,
    keys: &ENTITY_KEYS,
    doc: "Something there are many of: its fields, rules and keys. It becomes a table, an API and pages.",
    status: Status::Now,
};

static ENTITY_KEYS: Keys = Keys {
    groups: &[
        &[
            LABEL,
            key("plural", Shape::Text, "What people read for several of them."),
            HELP,
            ICON,
            key(
                "like",
                Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["mixin"]))),
                "Mixins whose fields and rules it shares.",
            ),
            key(
                "title",
                Shape::Expression,
                "The field that stands for a record in links and lists; `name`, `title`, `subject` or the first text where nothing is said.",
            ),
            key(
                "tree",
                Shape::Name(NameOf::Field),
                "The reference to the record above, for a hierarchy with `under()` and `descendants`.",
            ),
            key("document", Shape::Boolean, "True gives it the states draft, submitted, cancelled and amended."),
            key("properties", Shape::Map(&PROPERTIES), "Lets a parent record add fields, kept as data.").not_yet(),
            key(
                "exchange_rates",
                Shape::Map(&EXCHANGE_RATES),
                "Makes it the entity that keeps exchange rates: which of its fields say what.",
            ),
            key("append_only", Shape::Boolean, "True lets records be added but neither changed nor deleted."),
        ],
        &BODY,
        &[WAS],
    ],
    ..Keys::NONE
};

static PROPERTIES: Keys = Keys {
    groups: &[&[
        key("from", Shape::Name(NameOf::Path), "The path to the properties that the parent record defines.").required()
    ]],
    short: Some("from"),
    ..Keys::NONE
};

static EXCHANGE_RATES: Keys = Keys {
    groups: &[&[
        key("currency", Shape::Name(NameOf::Path), "The field that names the currency.").required(),
        key("date", Shape::Name(NameOf::Field), "The field of the date from which the rate holds.").required(),
        key("rate", Shape::Name(NameOf::Field), "The field of the rate.").required(),
    ]],
    ..Keys::NONE
};

const BODY: [Key; 5] = [
    key("fields", Shape::NameMap(NameOf::New, &FIELD), "Its fields, in the order of forms."),
    key("unique", Shape::NameMap(NameOf::New, &UNIQUE), "Values that no two living records share."),
    key("index", Shape::NameMap(NameOf::New, &INDEX), "Indexes for frequent filters and sorting."),
    key("duplicates", Shape::NameMap(NameOf::New, &DUPLICATES), "How likely duplicates are found."),
    key("rules", Shape::NameMap(NameOf::New, &RULE), "What is checked and set when a record is saved, in order."),
];

/// A rule: synchronous and pure.
pub static RULE: Keys = Keys {
    groups: &[&[
        key("on", Shape::OneOrMore(&Shape::Word(&["save", "create", "update", "delete", "submit"])), "When it runs.")
            .required(),
        key("if", Shape::Expression, "Only where this holds."),
        key("find", Shape::NameMap(NameOf::New, &FIND), "Records it needs to know, read in one batch."),
        key("set", SET, "Values it sets."),
        key("reject", Shape::Map(&REJECT), "Refuses the change, with what is said."),
    ]],
    ..Keys::NONE
};

static REJECT: Keys = Keys {
    groups: &[&[
        key("field", Shape::Name(NameOf::Field), "The field the message stands at."),
        key("message", Shape::Text, "What is said to who tries.").required(),
    ]],
    short: Some("message"),
    ..Keys::NONE
};

/// `mixin: owned`.
pub static MIXIN: KindShape = KindShape {
    kind: "mixin",
    name: Naming::Snake,
    keys: &MIXIN_KEYS,
    doc: "Fields and rules that several entities share; a reference may point to all of them.",
    status: Status::Now,
};

static MIXIN_KEYS: Keys = Keys {
    groups: &[
        &[LABEL, HELP, key("like", Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["mixin"]))), "Mixins it builds on.")],
        &BODY,
    ],
    ..Keys::NONE
};

/// `type: email`.
pub static TYPE: KindShape = KindShape {
    kind: "type",
    name: Naming::Snake,
    keys: &TYPE_KEYS,
    doc: "A type of fields: a storage kind with checks and a widget.",
    status: Status::Now,
};

static TYPE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key(
            "of",
            Shape::Name(NameOf::Type),
            "The storage kind, `group` or `lines` with `fields`, or the type it refines.",
        )
        .required(),
        key("many", Shape::Boolean, "True holds any number of values in order."),
        key(
            "to",
            Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["entity", "mixin"]))),
            "For a `ref`: the entity, entities or mixin it points to.",
        ),
        key(
            "options",
            Shape::OneOf(&[Shape::Name(NameOf::Kind(&["options"])), Shape::NameMap(NameOf::New, &OPTION)]),
            "For a `choice`: its options, or an `options` document.",
        ),
        key(
            "fields",
            Shape::NameMap(NameOf::New, &FIELD),
            "For `group` and `lines`: its parts, each a field or a column of its own.",
        ),
        key(
            "formula",
            Shape::Expression,
            "For `group`: the text that shows its parts together; by default those that are given, with commas.",
        ),
        OVER,
        key("clean", Shape::OneOrMore(&CLEAN), "What is done to a text before it is checked, in order."),
        key(
            "validate",
            Shape::NameMap(NameOf::New, &CHECK),
            "Bad cases, each with its message; `value` is the field's value.",
        ),
        key("pattern", Shape::String, "A regular expression the whole text must match."),
        key("min", Shape::Value, "The least value; for a text the least length."),
        key("max", Shape::Value, "The greatest value; for a text the greatest length; for a `file` its size."),
        key("accept", Shape::OneOrMore(&Shape::String), "For a `file`: the types it takes."),
        key("scale", Shape::Integer { min: 0, max: 9 }, "For a `decimal`: digits behind the point."),
        key("unit", Shape::Text, "The unit shown behind a number."),
        key("search", Shape::Boolean, "True lets the search find records by fields of this type."),
        key("sensitive", Shape::Boolean, "True keeps such fields out of logs, exports and search."),
        key("personal", Shape::Boolean, "True marks personal data, which can be erased from the history."),
        key("widget", Shape::Word(WIDGETS), "How fields of this type are shown and edited."),
    ]],
    ..Keys::NONE
};

/// `options: countries`.
pub static OPTIONS: KindShape = KindShape {
    kind: "options",
    name: Naming::Snake,
    keys: &OPTIONS_KEYS,
    doc: "A list of options that several choices share.",
    status: Status::Now,
};

static OPTIONS_KEYS: Keys = Keys {
    groups: &[&[LABEL, HELP, key("values", Shape::NameMap(NameOf::New, &OPTION), "The options, in order.").required()]],
    ..Keys::NONE
};

/// `settings: sales`.
pub static SETTINGS: KindShape = KindShape {
    kind: "settings",
    name: Naming::Snake,
    keys: &SETTINGS_KEYS,
    doc: "Values that an admin sets on a page, read in expressions as `settings.NAME.FIELD`; the nearest level wins.",
    status: Status::Now,
};

static SETTINGS_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        key(
            "per",
            Shape::OneOrMore(&Shape::Word(&["workspace", "team", "user"])),
            "The levels at which values may be set; `workspace` where nothing is said.",
        ),
        key("fields", Shape::NameMap(NameOf::New, &FIELD), "The values.").required(),
    ]],
    ..Keys::NONE
};
