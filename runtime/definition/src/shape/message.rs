//! `template`, `connection`, `webhook` and `inbox`: what goes out and what comes in.

use super::common::{COUNT, ENTITY, HELP, LABEL};
use super::step::steps;
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `template: order_thanks`.
pub static TEMPLATE: KindShape = KindShape {
    kind: "template",
    name: Naming::Snake,
    keys: &TEMPLATE_KEYS,
    doc: "Text with `{{ … }}` to be filled in: a mail, a letter, a label, a document.",
    status: Status::NotYet,
};

static TEMPLATE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key(
            "kind",
            Shape::Word(&["mail", "letter", "label", "document", "text"]),
            "What it is for; `mail` where nothing is said.",
        ),
        key("entity", ENTITY, "The entity whose record fills it in."),
        key("subject", Shape::Text, "The subject of a mail."),
        key("body", Shape::Text, "The text."),
        key("file", Shape::Name(NameOf::File), "The file that holds the text, instead of `body`."),
        key("attach", Shape::Value, "Files that go with it."),
    ]],
    ..Keys::NONE
};

/// `connection: erp`.
pub static CONNECTION: KindShape = KindShape {
    kind: "connection",
    name: Naming::Snake,
    keys: &CONNECTION_KEYS,
    doc: "Another system: where it is and how one logs in. The only place where hosts are named.",
    status: Status::NotYet,
};

static CONNECTION_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("kind", Shape::Word(&["http", "smtp", "imap", "file", "ami"]), "What it speaks.").required(),
        key("base", Shape::String, "For `http`: the address all paths begin with."),
        key("host", Shape::String, "For mail and telephony: the host."),
        key("port", Shape::Integer { min: 1, max: 65_535 }, "Its port."),
        key("path", Shape::String, "For `file`: the folder."),
        key("auth", Shape::Map(&AUTH), "How one logs in."),
        key("headers", Shape::Entries(NameOf::Other, &SECRET_OR_TEXT), "Headers sent with every request."),
        key("timeout", Shape::Duration, "How long an answer may take."),
        key("at_once", COUNT, "How many requests at once."),
    ]],
    ..Keys::NONE
};

/// A literal, or the name of a secret.
const SECRET_OR_TEXT: Shape = Shape::OneOf(&[Shape::String, Shape::Map(&SECRET)]);

static SECRET: Keys = Keys {
    groups: &[&[
        key("secret", Shape::Name(NameOf::Secret), "The name of a secret, set with `fichero secret set`.").required()
    ]],
    ..Keys::NONE
};

static AUTH: Keys = Keys {
    groups: &[&[
        key("bearer", Shape::Map(&SECRET), "A token sent as `Authorization: Bearer`."),
        key("basic", Shape::Map(&BASIC), "A user and a password."),
        key("header", Shape::Entries(NameOf::Other, &Shape::Map(&SECRET)), "A header that holds a secret."),
    ]],
    ..Keys::NONE
};

static BASIC: Keys = Keys {
    groups: &[&[
        key("user", SECRET_OR_TEXT, "The user.").required(),
        key("password", Shape::Map(&SECRET), "The password.").required(),
    ]],
    ..Keys::NONE
};

/// `webhook: erp_orders`.
pub static WEBHOOK: KindShape = KindShape {
    kind: "webhook",
    name: Naming::Snake,
    keys: &WEBHOOK_KEYS,
    doc: "An address another system may call, and what is done with what it brings.",
    status: Status::NotYet,
};

static WEBHOOK_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("verify", Shape::Map(&VERIFY), "How the caller proves who it is.").required(),
        key("message", Shape::Name(NameOf::Kind(&["message"])), "The message its body becomes."),
        key("if", Shape::Expression, "Only where this holds of the `body`."),
        key("do", steps(), "The steps of an unnamed workflow; `body` is what came."),
    ]],
    ..Keys::NONE
};

static VERIFY: Keys = Keys {
    groups: &[&[
        key("hmac", Shape::Map(&SECRET), "The body is signed with this secret (SHA-256)."),
        key("token", Shape::Map(&SECRET), "The request carries this secret."),
        key("header", Shape::String, "The header that carries signature or token."),
    ]],
    ..Keys::NONE
};

/// `inbox: support`.
pub static INBOX: KindShape = KindShape {
    kind: "inbox",
    name: Naming::Snake,
    keys: &INBOX_KEYS,
    doc: "A mailbox whose mails become records.",
    status: Status::NotYet,
};

static INBOX_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("connection", Shape::Name(NameOf::Kind(&["connection"])), "The mailbox.").required(),
        key("folder", Shape::String, "Its folder; `INBOX` where nothing is said."),
        key("address", Shape::String, "Only mails to this address."),
        key("if", Shape::Expression, "Only where this holds of the `mail`."),
        key("do", steps(), "The steps of an unnamed workflow; `mail` is what came.").required(),
    ]],
    ..Keys::NONE
};
