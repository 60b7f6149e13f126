//! `test`: a scenario that runs against a database of its own, with a simulated clock.

use super::common::SET;
use super::step::{ACTIONS, COMPANIONS, CONDITIONS};
use super::{Key, Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `test: a late first response is escalated to the manager`.
pub static TEST: KindShape = KindShape {
    kind: "test",
    name: Naming::Sentence,
    keys: &TEST_KEYS,
    doc: "A scenario: what is given, what is done, what is expected.",
    status: Status::Now,
};

static TEST_KEYS: Keys = Keys {
    groups: &[&[
        key("at", Shape::Moment, "When it begins; the simulated clock stands still between steps."),
        key("as", Shape::Name(NameOf::Other), "Who acts."),
        key(
            "given",
            Shape::Entries(NameOf::Kind(&["entity"]), &Shape::Entries(NameOf::New, &SET)),
            "Records by entity and name.",
        ),
        key("steps", Shape::NameMap(NameOf::New, &STEP), "The steps, in order.").required(),
    ]],
    ..Keys::NONE
};

const VERBS: &[&str] = &[
    "find",
    "create",
    "update",
    "delete",
    "link",
    "transition",
    "assign",
    "notify",
    "email",
    "send",
    "fetch",
    "task",
    "approve",
    "wait",
    "choose",
    "parallel",
    "for_each",
    "repeat",
    "call",
    "run",
    "show",
    "open",
    "stop",
    "log",
    "restore",
    "advance",
    "advance_to",
    "restart",
    "expect",
    "mails",
    "refused",
    "decide",
    "press",
    "submit",
    "receive",
    "page",
];

/// One step of a test: those of workflows, and those only a test has.
pub static STEP: Keys = Keys {
    groups: &[
        &[key("as", Shape::Name(NameOf::Other), "Who acts in this step.")],
        &CONDITIONS,
        &TEST_ACTIONS,
        &ACTIONS,
        &COMPANIONS,
        &TEST_COMPANIONS,
    ],
    defining: VERBS,
    either: &["set"],
    ..Keys::NONE
};

static TEST_ACTIONS: [Key; 12] = [
    key("advance", Shape::Duration, "Lets time pass; what falls due meanwhile happens in order."),
    key("advance_to", Shape::Moment, "Lets time pass until then."),
    key("restart", Shape::Boolean, "True stops the runtime and starts it again on the same database."),
    key("expect", Shape::Expression, "Must be true."),
    key("mails", Shape::Map(&MAILS), "So many mails were sent since the last such step."),
    key("restore", Shape::Value, "The record that comes back from the trash."),
    key("refused", Shape::Map(&STEP), "A step that must be refused."),
    key("decide", Shape::Map(&DECIDE), "Ends a task or approval.").not_yet(),
    key("press", Shape::Map(&PRESS), "Presses the button of a workflow.").not_yet(),
    key("submit", Shape::Map(&SUBMIT), "Sends a form.").not_yet(),
    key("receive", Shape::Map(&RECEIVE), "Something comes in from outside.").not_yet(),
    key("page", Shape::Map(&PAGE), "Opens a page and looks at what it shows."),
];

static TEST_COMPANIONS: [Key; 1] = [key(
    "because",
    Shape::Name(NameOf::Other),
    "For `refused`: the code of the refusal, or the field and code: `forbidden`, `name.required`.",
)];

static MAILS: Keys = Keys {
    groups: &[&[
        key("count", Shape::Integer { min: 0, max: 1_000_000 }, "How many.").required(),
        key("to", Shape::Value, "Only those to this address or these."),
        key("subject", Shape::Value, "Only those of this subject."),
    ]],
    short: Some("count"),
    ..Keys::NONE
};

static DECIDE: Keys = Keys {
    groups: &[&[
        key("step", Shape::Name(NameOf::Other), "The step of the workflow that asks."),
        key("record", Shape::Value, "The record it is about."),
        key("outcome", Shape::Name(NameOf::Other), "The outcome: `approve`, `reject`, or one of the task's.")
            .required(),
        key("with", Shape::Entries(NameOf::Other, &Shape::Value), "The answers."),
    ]],
    short: Some("outcome"),
    ..Keys::NONE
};

static PRESS: Keys = Keys {
    groups: &[&[
        key("button", Shape::Name(NameOf::Kind(&["workflow"])), "The workflow.").required(),
        key("record", Shape::Value, "The record it is pressed on.").required(),
        key("with", Shape::Entries(NameOf::Other, &Shape::Value), "The answers to what it asks."),
    ]],
    ..Keys::NONE
};

static SUBMIT: Keys = Keys {
    groups: &[&[
        key("form", Shape::Name(NameOf::Kind(&["form"])), "The form.").required(),
        key("record", Shape::Value, "The record, for a form of one record."),
        key("with", Shape::Entries(NameOf::Other, &Shape::Value), "What is filled in."),
    ]],
    ..Keys::NONE
};

static RECEIVE: Keys = Keys {
    groups: &[&[
        key("webhook", Shape::Name(NameOf::Kind(&["webhook"])), "The webhook that is called."),
        key("inbox", Shape::Name(NameOf::Kind(&["inbox"])), "The inbox that gets a mail."),
        key("message", Shape::Name(NameOf::Kind(&["message"])), "The message that comes."),
        key("with", Shape::Entries(NameOf::Other, &Shape::Value), "What it brings."),
    ]],
    ..Keys::NONE
};

static PAGE: Keys = Keys {
    groups: &[&[
        key("path", Shape::Value, "The path of the page, such as `/account`.").required(),
        key("shows", Shape::OneOrMore(&Shape::Value), "Texts it must hold."),
        key("hides", Shape::OneOrMore(&Shape::Value), "Texts it must not hold."),
    ]],
    short: Some("path"),
    ..Keys::NONE
};
