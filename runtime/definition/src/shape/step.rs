//! The steps of workflows, hooks, thresholds and scenario tests. A step has one verb and may carry `if`, `while`,
//! `on_error` and `calendar`.

use super::common::{CALENDAR, COUNT, ENTITY, FIND, LABEL, SET};
use super::field::FIELD;
use super::{Key, Keys, NameOf, Shape, key};

/// A map of steps, run in order. (A function, for a constant may not be part of its own definition.)
pub const fn steps() -> Shape {
    Shape::NameMap(NameOf::New, &STEP)
}

/// Values by name, handed to a workflow, function or form.
const WITH: Shape = Shape::Entries(NameOf::Other, &Shape::Value);

/// Every verb that makes an entry of an overlay a new step; `set` alone may also change one.
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
];

/// One step of a workflow.
pub static STEP: Keys =
    Keys { groups: &[&CONDITIONS, &ACTIONS, &COMPANIONS], defining: VERBS, either: &["set"], ..Keys::NONE };

/// What may stand before the verb.
pub static CONDITIONS: [Key; 3] = [
    LABEL,
    key("if", Shape::Expression, "Only where this holds; else the step is skipped."),
    key("while", Shape::Expression, "The step is cancelled when this turns false."),
];

/// The verbs.
pub static ACTIONS: [Key; 24] = [
    key("find", Shape::Map(&FIND), "Looks for records; the result is a list, a record, or nothing."),
    key("create", ENTITY, "Creates a record of this entity, with the values of `from` and `set`."),
    key("update", Shape::Value, "The record whose values `set` changes."),
    key("delete", Shape::Value, "The record that goes to the trash."),
    key("link", Shape::Map(&LINK), "Adds to, or takes from, a reference to many."),
    key("transition", Shape::Map(&TRANSITION), "Moves a record to another stage."),
    key("assign", Shape::Map(&ASSIGN), "Gives a record to a person or a queue."),
    key("notify", Shape::Map(&NOTIFY), "Tells people inside the application."),
    key("email", Shape::Map(&EMAIL), "Sends a mail."),
    key("send", Shape::Map(&SEND), "Sends data to a connection."),
    key("fetch", Shape::Map(&FETCH), "Asks a connection; its answer is the result."),
    key("task", Shape::Map(&TASK), "Gives a person something to do and waits for the outcome."),
    key("approve", Shape::Map(&APPROVE), "Asks people to approve and waits for the decision."),
    key("wait", Shape::Map(&WAIT), "Waits for a time or a message, or the first of several."),
    key("choose", Shape::NameMap(NameOf::New, &BRANCH), "The first branch whose condition holds."),
    key("parallel", Shape::Map(&PARALLEL), "Runs its steps side by side."),
    key("for_each", Shape::Map(&FOR_EACH), "Runs its steps for each item of a list."),
    key("repeat", Shape::Map(&REPEAT), "Runs its steps again and again."),
    key(
        "call",
        Shape::Name(NameOf::Kind(&["workflow"])),
        "Runs another workflow, with the values of `with`, and waits for it.",
    ),
    key("run", Shape::Name(NameOf::Function), "Runs a function of a script file, `file.rhai#name`."),
    key("show", Shape::Map(&SHOW), "Shows a message to who started it."),
    key("open", Shape::Value, "Opens a record for who started it."),
    key("stop", Shape::OneOf(&[Shape::Boolean, Shape::Text]), "Ends the run, with a reason for people."),
    key("log", Shape::Text, "Writes a line to the run's log."),
];

/// What goes with some of the verbs.
pub static COMPANIONS: [Key; 5] = [
    key("from", Shape::Value, "For `create`: the record whose fields of the same name are taken."),
    key("set", SET, "Values by field; alone it changes the record at hand."),
    key("with", WITH, "For `call` and `run`: the values handed over."),
    key("on_error", Shape::OneOf(&ON_FAILURE), "What happens when it fails for good."),
    key("calendar", CALENDAR, "The calendar of its working times."),
];

/// A word, or what to try.
static ON_FAILURE: [Shape; 2] = [Shape::Word(&["stop", "continue"]), Shape::Map(&ON_ERROR)];

static ON_ERROR: Keys = Keys {
    groups: &[&[
        key("retry", COUNT, "How often it is tried again."),
        key("every", Shape::Duration, "How long to wait between tries."),
        key("do", steps(), "Steps that run when it failed for good."),
    ]],
    ..Keys::NONE
};

static LINK: Keys = Keys {
    groups: &[&[
        key("record", Shape::Value, "The record that holds the reference; the record at hand where nothing is said."),
        key("field", Shape::Name(NameOf::Other), "The reference to many.").required(),
        key("to", Shape::Value, "The record or records.").required(),
        key("remove", Shape::Boolean, "True takes the link away."),
    ]],
    ..Keys::NONE
};

static TRANSITION: Keys = Keys {
    groups: &[&[
        key("record", Shape::Value, "The record; the record at hand where nothing is said."),
        key("to", Shape::Value, "The stage.").required(),
        key("set", SET, "Values set with it."),
    ]],
    short: Some("to"),
    ..Keys::NONE
};

static ASSIGN: Keys = Keys {
    groups: &[&[
        key("record", Shape::Value, "The record; the record at hand where nothing is said."),
        key("to", Shape::Value, "A person or a team."),
        key("by", Shape::Name(NameOf::Kind(&["assignment"])), "The assignment rules that choose."),
    ]],
    short: Some("to"),
    ..Keys::NONE
};

static NOTIFY: Keys = Keys {
    groups: &[&[
        key("to", Shape::Value, "A person, a team, or several.").required(),
        key("message", Shape::Text, "What they read."),
        key("template", Shape::Name(NameOf::Kind(&["template"])), "The template of what they read."),
    ]],
    short: Some("to"),
    ..Keys::NONE
};

static EMAIL: Keys = Keys {
    groups: &[&[
        key("to", Shape::Value, "People, contacts or addresses.").required(),
        key("cc", Shape::Value, "Who else sees it."),
        key("bcc", Shape::Value, "Who else gets it unseen."),
        key("from", Shape::Value, "The sender; the workspace's where nothing is said."),
        key("reply_to", Shape::Value, "Where answers go."),
        key("template", Shape::Name(NameOf::Kind(&["template"])), "The template of subject and body."),
        key("subject", Shape::Text, "The subject."),
        key("body", Shape::Text, "The body."),
        key("attach", Shape::Value, "Files."),
    ]],
    ..Keys::NONE
};

static SEND: Keys = Keys {
    groups: &[&[
        key("to", Shape::Name(NameOf::Kind(&["connection"])), "The connection.").required(),
        key("path", Shape::Value, "The path behind the connection's base."),
        key("method", Shape::Word(&["POST", "PUT", "PATCH", "DELETE"]), "`POST` where nothing is said."),
        key("headers", WITH, "More headers."),
        key("body", Shape::Value, "What is sent."),
        key("retry", Shape::Duration, "For how long it is tried again."),
    ]],
    ..Keys::NONE
};

static FETCH: Keys = Keys {
    groups: &[&[
        key("from", Shape::Name(NameOf::Kind(&["connection"])), "The connection.").required(),
        key("path", Shape::Value, "The path behind the connection's base."),
        key("method", Shape::Word(&["GET", "POST"]), "`GET` where nothing is said."),
        key("query", WITH, "The parameters of the query."),
        key("headers", WITH, "More headers."),
        key("body", Shape::Value, "What is sent."),
        key("retry", Shape::Duration, "For how long it is tried again."),
    ]],
    ..Keys::NONE
};

static TASK: Keys = Keys {
    groups: &[&[
        key("to", Shape::Value, "The person, team or role.").required(),
        key("subject", Shape::Text, "What is to be done."),
        key("help", Shape::Text, "More about it."),
        key("due", Shape::Duration, "Until when."),
        key("ask", Shape::NameMap(NameOf::New, &FIELD), "What is asked when it is done."),
        key(
            "outcomes",
            Shape::NameMap(NameOf::New, &super::common::LABELLED),
            "How it may end; the result is one of them.",
        ),
        key("wait", Shape::Boolean, "False goes on without waiting for it."),
    ]],
    ..Keys::NONE
};

static APPROVE: Keys = Keys {
    groups: &[&[
        key("by", Shape::Value, "Who may decide.").required(),
        key("subject", Shape::Text, "What is to be decided."),
        key("need", Shape::Value, "How many must approve; one where nothing is said."),
        key("of", Shape::Value, "How many are asked."),
        key("within", Shape::Duration, "Until when."),
        key("others", Shape::Word(&["cancel", "keep"]), "What becomes of the other requests when it is decided."),
        key("delegate", Shape::Boolean, "True lets who is asked hand it on."),
        key("void_if", Shape::Expression, "Decisions are void, and asked again, when this holds."),
        key(
            "on_reject",
            Shape::Word(&["stop", "continue"]),
            "What happens when it is refused; `stop` where nothing is said.",
        ),
    ]],
    ..Keys::NONE
};

static WAIT: Keys = Keys {
    groups: &[&[
        key("after", Shape::Duration, "So long."),
        key("until", Shape::Expression, "Until this moment, or until this holds."),
        key("message", Shape::Name(NameOf::Kind(&["message"])), "For a message."),
        key("key", Shape::Value, "The key the message must have."),
        key("first_of", Shape::NameMap(NameOf::New, &WAIT), "For the first of these; the result is its name."),
        key("do", steps(), "Steps that run when it has come."),
    ]],
    short: Some("after"),
    ..Keys::NONE
};

static BRANCH: Keys = Keys {
    groups: &[&[
        key("if", Shape::Expression, "The branch is taken where this holds; without it, always."),
        key("do", steps(), "The steps of the branch.").required(),
    ]],
    ..Keys::NONE
};

/// How many paths must end: `all`, `any`, a number or an expression.
const JOIN: Key =
    key("join", Shape::Value, "How many must end before it goes on: `all`, `any`, a number or an expression.");
/// What happens to the paths that are not waited for.
const REST: Key =
    key("rest", Shape::Word(&["keep", "cancel"]), "What becomes of the others then; `keep` where nothing is said.");

static PARALLEL: Keys = Keys {
    groups: &[&[JOIN, REST, key("do", steps(), "The steps, each a path of its own.").required()]],
    ..Keys::NONE
};

static FOR_EACH: Keys = Keys {
    groups: &[&[
        key("in", Shape::Value, "The list.").required(),
        key("as", Shape::Name(NameOf::New), "The name of the item; `item` where nothing is said."),
        JOIN,
        REST,
        key("at_once", COUNT, "How many run at once; one where nothing is said."),
        key("do", steps(), "The steps for each item.").required(),
    ]],
    ..Keys::NONE
};

static REPEAT: Keys = Keys {
    groups: &[&[
        key("while", Shape::Expression, "As long as this holds."),
        key("until", Shape::Expression, "Until this holds."),
        key("every", Shape::Duration, "How long to wait in between."),
        key("limit", COUNT, "At most so often.").required(),
        key("do", steps(), "The steps.").required(),
    ]],
    ..Keys::NONE
};

static SHOW: Keys = Keys {
    groups: &[&[key("message", Shape::Text, "What is shown.").required()]],
    short: Some("message"),
    ..Keys::NONE
};
