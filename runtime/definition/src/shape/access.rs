//! `role`: who may do what with which rows and fields.

use super::common::{HELP, LABEL};
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `role: sales_rep`.
pub static ROLE: KindShape = KindShape {
    kind: "role",
    name: Naming::Snake,
    keys: &ROLE_KEYS,
    doc: "What people with this role may do, by entity, row and field. Several roles are a union.",
    status: Status::NotYet,
};

/// True, false, a short word (`own`, `team`, `territory`, `via REF`, `all`), or an expression over the row.
const ROWS: Shape = Shape::OneOf(&[Shape::Boolean, Shape::Expression]);

static ROLE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("like", Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["role"]))), "Roles whose grants it has too."),
        key("grants", Shape::NameMap(NameOf::Kind(&["entity", "mixin"]), &GRANT), "What it may do, by entity."),
        key("run", Shape::List(&Shape::Name(NameOf::Kind(&["workflow"]))), "Workflows it may start."),
        key("reports", Shape::List(&Shape::Name(NameOf::Kind(&["report"]))), "Reports it may see."),
    ]],
    ..Keys::NONE
};

static GRANT: Keys = Keys {
    groups: &[&[
        key("create", ROWS, "Which records it may create."),
        key("read", ROWS, "Which records it may read."),
        key("update", ROWS, "Which records it may change."),
        key("assign", ROWS, "Which records it may hand to others."),
        key("delete", ROWS, "Which records it may delete."),
        key("export", ROWS, "Which records it may take away as a file."),
        key("fields", Shape::NameMap(NameOf::Field, &FIELD_GRANT), "What differs for single fields."),
    ]],
    ..Keys::NONE
};

static FIELD_GRANT: Keys = Keys {
    groups: &[&[
        key("read", ROWS, "Where it may read the field."),
        key("update", ROWS, "Where it may change the field."),
    ]],
    ..Keys::NONE
};
