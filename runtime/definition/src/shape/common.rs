//! Keys and shapes that several kinds of documents share.

use fichero_model::look::{COLORS, ICONS};

use super::{Key, Keys, NameOf, Shape, key};

/// The name of an entity.
pub const ENTITY: Shape = Shape::Name(NameOf::Kind(&["entity"]));
/// The name of a role.
pub const ROLE: Shape = Shape::Name(NameOf::Kind(&["role"]));
/// The name of a business calendar, or `=` and an expression that gives one.
pub const CALENDAR: Shape = Shape::Name(NameOf::Kind(&["calendar"]));
/// A list of fields of the entity at hand.
pub const FIELDS: Shape = Shape::List(&Shape::Name(NameOf::Field));
/// A list of roles.
pub const ROLES: Shape = Shape::OneOrMore(&ROLE);
/// Fields to sort by.
pub const SORT: Shape = Shape::OneOrMore(&Shape::Name(NameOf::Sort));
/// Values by field.
pub const SET: Shape = Shape::Entries(NameOf::Field, &Shape::Value);
/// A count that is at least one.
pub const COUNT: Shape = Shape::Integer { min: 1, max: 1_000_000 };

/// What a person reads about something.
pub const LABEL: Key = key("label", Shape::Text, "What people read for it; by default made from the name.");
/// A longer explanation for people.
pub const HELP: Key = key("help", Shape::Text, "A sentence of help shown beside it.");
/// An icon's name.
pub const ICON: Key = key("icon", Shape::Word(ICONS), "The drawing beside it.");
/// The colour of something.
pub const COLOR: Key = key("color", Shape::Word(COLORS), "Its colour.");
/// The former names of something.
pub const WAS: Key = key(
    "was",
    Shape::OneOrMore(&Shape::Name(NameOf::Other)),
    "Its former name or names; data stored under them is kept.",
);
/// The condition of something.
pub const IF: Key = key("if", Shape::Expression, "Only where this holds.");
/// Which rows.
pub const WHERE: Key = key("where", Shape::Expression, "Which records; a portable expression.");
/// When something is shown.
pub const VISIBLE_IF: Key = key("visible_if", Shape::Expression, "Shown only where this holds.");

/// A sequence number or name with nothing but the keys people read.
pub static LABELLED: Keys = Keys { groups: &[&[LABEL, HELP, ICON, COLOR, WAS]], short: Some("label"), ..Keys::NONE };

/// The keys only an overlay has.
pub static OVERLAY: Keys = Keys {
    groups: &[&[
        key(
            "place",
            Shape::Entries(NameOf::Other, &Shape::String),
            "Where entries stand: `first`, `last`, `before X` or `after X`, by path.",
        ),
        key(
            "remove",
            Shape::OneOrMore(&Shape::Name(NameOf::Other)),
            "Paths of entries that are taken away; stored data is kept until pruned.",
        ),
        key(
            "replace",
            Shape::OneOrMore(&Shape::Name(NameOf::Other)),
            "Paths whose merged content is dropped before this document's is taken.",
        ),
    ]],
    ..Keys::NONE
};

/// A condition that states a bad case, with what people read about it.
pub static CHECK: Keys = Keys {
    groups: &[&[
        key("if", Shape::Expression, "The bad case.").required(),
        key("message", Shape::Text, "What is said when it holds.").required(),
    ]],
    ..Keys::NONE
};

/// A question to the database: which records, how sorted, how many.
pub static FIND: Keys = Keys {
    groups: &[&[
        key("from", ENTITY, "The entity whose records are looked for.").required(),
        key("where", Shape::Expression, "Which of them; `record` is the record at hand."),
        key("sort", SORT, "In which order."),
        key("limit", Shape::Integer { min: 1, max: 10_000 }, "At most so many; 1,000 where nothing is said."),
        key("first", Shape::Boolean, "True takes the first alone (or nothing), instead of a list."),
    ]],
    short: Some("from"),
    ..Keys::NONE
};
