//! `workflow`, `message` and `assignment`: what happens by itself.

use super::common::{COUNT, HELP, ICON, LABEL, WAS};
use super::field::FIELD;
use super::step::steps;
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

const ENTITIES: Shape = Shape::OneOrMore(&Shape::Name(NameOf::Kind(&["entity"])));
const STAGES: Shape = Shape::OneOrMore(&Shape::Name(NameOf::Part(&["pipeline"])));

/// `workflow: won_to_order`.
pub static WORKFLOW: KindShape = KindShape {
    kind: "workflow",
    name: Naming::Snake,
    keys: &WORKFLOW_KEYS,
    doc: "Steps that run durably on an event, a time or a button.",
    status: Status::NotYet,
};

static WORKFLOW_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        key("on", Shape::Map(&EVENTS), "What starts it; a workflow without it is only called."),
        key("if", Shape::Expression, "Only where this holds."),
        key("while", Shape::Expression, "When this turns false, the run and all it started are cancelled."),
        key(
            "in_flight",
            Shape::Word(&["pin", "move"]),
            "What becomes of running ones when the definition changes; `pin` where nothing is said.",
        ),
        key(
            "run_as",
            Shape::Word(&["system", "starter", "owner"]),
            "With whose rights it runs; `system`, but `starter` for buttons and public forms.",
        ),
        key("one_at_a_time", Shape::Expression, "Of runs with the same value of this, one at a time."),
        key("at_once", COUNT, "How many of its paths may interleave."),
        key("calendar", super::common::CALENDAR, "The calendar of its working times."),
        key("ask", Shape::NameMap(NameOf::New, &FIELD), "What is asked before it starts, read as `input`."),
        key("steps", steps(), "The steps, in order.").required(),
        WAS,
    ]],
    ..Keys::NONE
};

/// The events of the language.
pub static EVENTS: Keys = Keys {
    groups: &[&[
        key("created", ENTITIES, "A record of the entity was created."),
        key("updated", ENTITIES, "A record of the entity was changed."),
        key("deleted", ENTITIES, "A record of the entity went to the trash."),
        key(
            "changed",
            Shape::OneOrMore(&Shape::Name(NameOf::Part(&["entity"]))),
            "A field was changed: `entity.field`.",
        ),
        key("entered", STAGES, "A stage was entered: `pipeline.stage`."),
        key("left", STAGES, "A stage was left: `pipeline.stage`."),
        key("becomes", Shape::Expression, "An expression over a record turned true: `entity.expression`."),
        key("schedule", Shape::Map(&SCHEDULE), "At given times."),
        key("deadline", Shape::Name(NameOf::Part(&["deadline"])), "A threshold of a deadline: `deadline.threshold`."),
        key("message", Shape::Name(NameOf::Kind(&["message"])), "A message came."),
        key("webhook", Shape::Name(NameOf::Kind(&["webhook"])), "Another system called."),
        key("form", Shape::Name(NameOf::Kind(&["form"])), "A form was sent."),
        key("button", ENTITIES, "A person pressed its button on a record of the entity."),
    ]],
    ..Keys::NONE
};

static SCHEDULE: Keys = Keys {
    groups: &[&[
        key("cron", Shape::String, "The times, as five cron fields.").required(),
        key("zone", Shape::Name(NameOf::Zone), "Their time zone; the workspace's where nothing is said."),
    ]],
    short: Some("cron"),
    ..Keys::NONE
};

/// `message: erp_acknowledged`.
pub static MESSAGE: KindShape = KindShape {
    kind: "message",
    name: Naming::Snake,
    keys: &MESSAGE_KEYS,
    doc: "Something a running workflow can wait for.",
    status: Status::NotYet,
};

static MESSAGE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("fields", Shape::NameMap(NameOf::New, &FIELD), "What it carries."),
        key("key", Shape::Name(NameOf::Field), "The field by which it finds its reader.").required(),
        key("keep", Shape::Duration, "How long one waits for a reader."),
    ]],
    ..Keys::NONE
};

/// `assignment: lead`.
pub static ASSIGNMENT: KindShape = KindShape {
    kind: "assignment",
    name: Naming::SnakeOr("entity"),
    keys: &ASSIGNMENT_KEYS,
    doc: "Who gets a record: the first rule that fits chooses a person or a queue.",
    status: Status::NotYet,
};

static ASSIGNMENT_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key(
            "entity",
            Shape::Name(NameOf::Kind(&["entity"])),
            "The entity; that of its own name where nothing is said.",
        ),
        key("rules", Shape::NameMap(NameOf::New, &ASSIGNMENT_RULE), "The rules, in order.").required(),
    ]],
    ..Keys::NONE
};

static ASSIGNMENT_RULE: Keys = Keys {
    groups: &[&[
        key("if", Shape::Expression, "Only where this holds."),
        key("to", Shape::Value, "A person, or the team to choose from.").required(),
        key(
            "by",
            Shape::Word(&["round_robin", "least_loaded", "territory", "skill"]),
            "How one of the team is chosen; to the team's queue where nothing is said.",
        ),
        key("skill", Shape::Value, "The skill that is needed."),
        key("load", Shape::Expression, "For `least_loaded`: which of a person's records count."),
        key("limit", Shape::Value, "Who has so many is full."),
        key("absent", Shape::Word(&["skip", "take"]), "What becomes of absent people; `skip` where nothing is said."),
    ]],
    ..Keys::NONE
};
