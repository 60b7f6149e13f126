//! `workspace` and `pack`: who is here, and what is loaded.

use super::common::{CALENDAR, HELP};
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `workspace: acme`.
pub static WORKSPACE: KindShape = KindShape {
    kind: "workspace",
    name: Naming::Snake,
    keys: &WORKSPACE_KEYS,
    doc: "The workspace itself: its place, money and packs. There is exactly one, in `workspace.yaml`.",
    status: Status::Now,
};

static WORKSPACE_KEYS: Keys = Keys {
    groups: &[&[
        key("title", Shape::Text, "What people read for the workspace."),
        key(
            "locale",
            Shape::Name(NameOf::Locale),
            "The locale of bare texts and of people who chose none; `en` where nothing is said.",
        ),
        key(
            "locales",
            Shape::List(&Shape::Name(NameOf::Locale)),
            "The locales people may choose; all that the packs bring where nothing is said.",
        ),
        key("time_zone", Shape::Name(NameOf::Zone), "The IANA time zone of stored logic; `UTC` where nothing is said."),
        key("currency", Shape::Name(NameOf::Currency), "The currency of `base` amounts; `EUR` where nothing is said."),
        key(
            "country",
            Shape::Name(NameOf::Country),
            "The country of phone numbers that are written without its code, as two letters of ISO 3166, such as `es`.",
        ),
        key("calendar", CALENDAR, "The calendar that says what `working` means where nothing nearer does.").not_yet(),
        key(
            "packs",
            Shape::NameMap(NameOf::Other, &PACK_ENTRY),
            "The packs that are loaded: `stock`, or where they are.",
        ),
    ]],
    ..Keys::NONE
};

/// One entry of a workspace's `packs`.
pub static PACK_ENTRY: Keys = Keys {
    groups: &[&[
        key(
            "from",
            Shape::Word(&["stock", "installed"]),
            "`stock` comes with the program, `installed` lies in `packs/NAME`.",
        ),
        key("path", Shape::String, "The folder of the pack, relative to the workspace."),
        key("prefix", Shape::String, "Put before every name the pack declares, to keep them apart from others."),
    ]],
    short: Some("from"),
    ..Keys::NONE
};

/// `pack: sales`.
pub static PACK: KindShape = KindShape {
    kind: "pack",
    name: Naming::Snake,
    keys: &PACK_KEYS,
    doc: "A pack of definitions: who made it, its version, what it needs. There is exactly one, in the pack's `pack.yaml`.",
    status: Status::Now,
};

static PACK_KEYS: Keys = Keys {
    groups: &[&[
        key("publisher", Shape::String, "Who publishes the pack."),
        key("version", Shape::String, "Its version, such as `1.4.0`.").required(),
        key("locale", Shape::Name(NameOf::Locale), "The locale of its bare texts; `en` where nothing is said."),
        key("title", Shape::Text, "What people read for the pack."),
        HELP,
        key("license", Shape::String, "The licence of its definitions."),
        key("homepage", Shape::String, "Where to read more."),
        key(
            "requires",
            Shape::Entries(NameOf::Other, &Shape::String),
            "The packs it needs and the runtime itself (`fichero`), each with a version constraint such as `^1` or `>=0.3`.",
        ),
    ]],
    ..Keys::NONE
};
