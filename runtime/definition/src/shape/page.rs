//! `view`, `form`, `page`, `menu` and `portal`: what people see.

use fichero_model::look::{COLORS, WIDGETS};

use super::common::{COLOR, COUNT, ENTITY, HELP, ICON, LABEL, ROLES, SORT, VISIBLE_IF, WAS, WHERE};
use super::{Key, Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `view: my_open_deals`.
pub static VIEW: KindShape = KindShape {
    kind: "view",
    name: Naming::Snake,
    keys: &VIEW_KEYS,
    doc: "Records of an entity, chosen, sorted and laid out.",
    status: Status::Now,
};

static VIEW_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        key("entity", ENTITY, "The entity whose records are shown.").required(),
        key(
            "type",
            Shape::Word(&["list", "board", "calendar", "timeline", "map", "pivot"]),
            "How they are laid out; `list` where nothing is said.",
        ),
        WHERE,
        key("columns", Shape::NameMap(NameOf::Path, &COLUMN), "What is shown of each record."),
        key("sort", SORT, "In which order; `-` before a field sorts the greatest first."),
        key("group", Shape::Name(NameOf::Path), "The field by which records are grouped; on a board, its columns."),
        key("start", Shape::Name(NameOf::Path), "For `calendar` and `timeline`: the field of the beginning.").not_yet(),
        key("end", Shape::Name(NameOf::Path), "For `calendar` and `timeline`: the field of the end.").not_yet(),
        key("across", Shape::Name(NameOf::Path), "For `pivot`: the field whose values are the columns.").not_yet(),
        key(
            "totals",
            Shape::Entries(NameOf::New, &Shape::Expression),
            "Figures over the records of the view, and of each group.",
        ),
        key("color", Shape::NameMap(NameOf::New, &HIGHLIGHT), "Colours by condition; the first that holds."),
        key("limit", Shape::Integer { min: 1, max: 500 }, "How many on a page; 50 where nothing is said."),
        key("index", Shape::Word(&["auto", "none"]), "`auto` keeps an index for the view's filter and order."),
        key("roles", ROLES, "Only for people with one of these roles.").not_yet(),
        WAS,
    ]],
    ..Keys::NONE
};

static COLUMN: Keys = Keys {
    groups: &[&[
        LABEL,
        key("width", COUNT, "Its width in characters."),
        key("widget", Shape::Word(WIDGETS), "How it is shown."),
    ]],
    ..Keys::NONE
};

static HIGHLIGHT: Keys = Keys {
    groups: &[&[
        key("if", Shape::Expression, "Where this holds.").required(),
        key("as", Shape::Word(COLORS), "The colour.").required(),
    ]],
    ..Keys::NONE
};

/// `form: lead`.
pub static FORM: KindShape = KindShape {
    kind: "form",
    name: Naming::SnakeOr("entity"),
    keys: &FORM_KEYS,
    doc: "How a record is created and edited: named after its entity it is the form of the application, else a form of its own.",
    status: Status::Now,
};

static FORM_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("public", Shape::Boolean, "True lets people without an account send it.").not_yet(),
        key("entity", ENTITY, "The entity whose record it makes; that of its own name where nothing is said."),
        key("record", Shape::Map(&FORM_RECORD), "Shows one record by a secret link.").not_yet(),
        key("wizard", Shape::Boolean, "True asks section by section.").not_yet(),
        key("layout", Shape::NameMap(NameOf::New, &SECTION), "The sections, in order."),
        key("set", super::common::SET, "Values set without being asked.").not_yet(),
        key("protect", Shape::Map(&PROTECT), "What keeps robots away.").not_yet(),
        key("then", Shape::Map(&THEN), "What is shown when it was sent.").not_yet(),
    ]],
    ..Keys::NONE
};

const SECTION_HEAD: [Key; 5] = [
    key("title", Shape::Text, "What people read above it; by default made from the name."),
    HELP,
    key("tab", Shape::Boolean, "True makes it a tab of its own."),
    key("columns", Shape::Integer { min: 1, max: 4 }, "In how many columns its fields stand."),
    VISIBLE_IF,
];

const SECTION_FIELDS: Key = key("fields", Shape::NameMap(NameOf::Field, &PLACED), "The fields, in order.");

static SECTION: Keys =
    Keys { groups: &[&SECTION_HEAD, &[SECTION_FIELDS.required()]], short: Some("fields"), ..Keys::NONE };

/// A field placed on a form.
static PLACED: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        VISIBLE_IF,
        key("readonly", Shape::Boolean, "True shows it without letting it be changed here."),
        key("wide", Shape::Boolean, "True takes the whole width."),
        key("widget", Shape::Word(WIDGETS), "How it is shown and edited here."),
    ]],
    ..Keys::NONE
};

static FORM_RECORD: Keys = Keys {
    groups: &[&[
        key("entity", ENTITY, "The entity of the record.").required(),
        key("token", Shape::Boolean, "True opens it by a secret link."),
        key("expires", Shape::Value, "Until when the link works."),
        key("once", Shape::Boolean, "True lets it be sent once."),
    ]],
    ..Keys::NONE
};

static PROTECT: Keys = Keys {
    groups: &[&[
        key("honeypot", Shape::Boolean, "True adds a field that only robots fill."),
        key("rate", Shape::String, "At most so often from one address: `5 per minute`."),
        key("proof_of_work", Shape::Boolean, "True makes the browser do a sum first."),
    ]],
    ..Keys::NONE
};

static THEN: Keys = Keys {
    groups: &[&[
        key("message", Shape::Text, "What is shown."),
        key("open", Shape::String, "The address that is opened."),
    ]],
    short: Some("message"),
    ..Keys::NONE
};

/// `page: account`.
pub static PAGE: KindShape = KindShape {
    kind: "page",
    name: Naming::SnakeOr("entity"),
    keys: &PAGE_KEYS,
    doc: "How a record is shown: sections of fields, lists, charts and texts.",
    status: Status::NotYet,
};

static PAGE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("entity", ENTITY, "The entity; that of its own name where nothing is said."),
        key("layout", Shape::NameMap(NameOf::New, &PAGE_SECTION), "The sections, in order.").required(),
    ]],
    ..Keys::NONE
};

static PAGE_SECTION: Keys = Keys {
    groups: &[
        &SECTION_HEAD,
        &[
            key(
                "kind",
                Shape::Word(&["form", "list", "chart", "timeline", "text"]),
                "What it shows; `form` where nothing is said.",
            ),
            SECTION_FIELDS,
            key("list", Shape::Name(NameOf::Field), "For `list`: the `lines` or `children` field."),
            key("view", Shape::Name(NameOf::Kind(&["view"])), "For `list`: the view."),
            key("report", Shape::Name(NameOf::Kind(&["report"])), "For `chart`: the report."),
            key("text", Shape::Text, "For `text`: what it says."),
        ],
    ],
    short: Some("fields"),
    ..Keys::NONE
};

/// `menu: main`.
pub static MENU: KindShape = KindShape {
    kind: "menu",
    name: Naming::Snake,
    keys: &MENU_KEYS,
    doc: "What stands in the navigation; `main` is the one of the application.",
    status: Status::Now,
};

static MENU_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        key("entries", Shape::NameMap(NameOf::New, &MENU_ENTRY), "The entries, in order.").required(),
        key("roles", ROLES, "Only for people with one of these roles.").not_yet(),
    ]],
    ..Keys::NONE
};

static MENU_ENTRY: Keys = Keys {
    groups: &[&[
        LABEL,
        ICON,
        COLOR,
        key("entity", ENTITY, "Leads to the list of an entity; that of its own name where nothing is said."),
        key("view", Shape::Name(NameOf::Kind(&["view"])), "Leads to a view."),
        key("report", Shape::Name(NameOf::Kind(&["report"])), "Leads to a report.").not_yet(),
        key("dashboard", Shape::Name(NameOf::Kind(&["dashboard"])), "Leads to a dashboard.").not_yet(),
        key("url", Shape::String, "Leads to an address: `https://…`, or a path of the application such as `/account`."),
        key("entries", Shape::NameMap(NameOf::New, &MENU_ENTRY), "The entries beneath it."),
        VISIBLE_IF,
        key("roles", ROLES, "Only for people with one of these roles.").not_yet(),
    ]],
    ..Keys::NONE
};

/// `portal: partners`.
pub static PORTAL: KindShape = KindShape {
    kind: "portal",
    name: Naming::Snake,
    keys: &PORTAL_KEYS,
    doc: "A world of its own for people outside: who they are and what they may.",
    status: Status::NotYet,
};

static PORTAL_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("title", Shape::Text, "What they read at the top."),
        key("principal", ENTITY, "The entity of the people who log in; `me.NAME` in expressions.").required(),
        key("role", super::common::ROLE, "The role they have.").required(),
        key("login", Shape::Name(NameOf::Other), "The field of the principal they log in with.").required(),
        key("menu", Shape::Name(NameOf::Kind(&["menu"])), "Its navigation."),
    ]],
    ..Keys::NONE
};
