//! `pipeline`: the stages a record goes through.

use super::common::{COLOR, FIELDS, HELP, ICON, LABEL, ROLES, WAS};
use super::step::steps;
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `pipeline: sales_process`.
pub static PIPELINE: KindShape = KindShape {
    kind: "pipeline",
    name: Naming::Snake,
    keys: &PIPELINE_KEYS,
    doc: "The stages a record goes through, and the ways between them. It makes the stage field of its entity.",
    status: Status::Now,
};

static PIPELINE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("entity", Shape::Name(NameOf::Kind(&["entity"])), "The entity whose records go through it.").required(),
        key("field", Shape::Name(NameOf::New), "The field it makes; `stage` where nothing is said."),
        key("for", Shape::Expression, "Which records it is for, where several pipelines share a field."),
        key("stages", Shape::NameMap(NameOf::New, &STAGE), "The stages, in order; a record begins in the first.")
            .required(),
        key(
            "transitions",
            Shape::Entries(NameOf::Stage, &Shape::NameMap(NameOf::Stage, &TRANSITION)),
            "From each stage, the stages that may follow; any from any where none is given.",
        ),
        key("hooks", Shape::NameMap(NameOf::New, &HOOK), "What happens when a stage is entered, left or overdue.")
            .not_yet(),
        WAS,
    ]],
    ..Keys::NONE
};

/// A stage. Other keys are attributes: every living stage gives them, of one type.
pub static STAGE: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        COLOR,
        key("outcome", Shape::Name(NameOf::Other), "What it means to have come here, such as `won` or `lost`."),
        key("closed", Shape::Boolean, "True ends the pipeline for the record."),
        key("limit", Shape::Duration, "How long a record should stay at most.").not_yet(),
        key(
            "require",
            FIELDS,
            "Fields that must have a value when a record enters it, as far as they are shown. What is loaded (imports, data documents) is in its stage already.",
        ),
        WAS,
    ]],
    extra: Some(&Shape::Value),
    short: Some("label"),
    ..Keys::NONE
};

static TRANSITION: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("guard", Shape::Expression, "Only where this holds.").not_yet(),
        key("roles", ROLES, "Only people with one of these roles.").not_yet(),
        key("require", FIELDS, "Fields that must have a value to go this way, as far as they are shown."),
    ]],
    ..Keys::NONE
};

static HOOK: Keys = Keys {
    groups: &[&[
        key("on", Shape::OneOrMore(&Shape::Word(&["enter", "leave", "overdue"])), "What of the stage.").required(),
        key(
            "stage",
            Shape::OneOrMore(&Shape::Name(NameOf::Stage)),
            "Which stage or stages; any where nothing is said.",
        ),
        key("if", Shape::Expression, "Only where this holds."),
        key("do", steps(), "The steps of an unnamed workflow.").required(),
    ]],
    ..Keys::NONE
};
