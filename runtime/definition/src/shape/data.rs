//! `data`, `mapping` and `translations`: records, imports and other languages' texts.

use super::common::{ENTITY, HELP, LABEL, SET};
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `data: currencies`.
pub static DATA: KindShape = KindShape {
    kind: "data",
    name: Naming::Snake,
    keys: &DATA_KEYS,
    doc: "Records that come with the definitions: loaded once, and again when they change here. A row with the external key of a record that is there already becomes that record, and fills what it leaves empty.",
    status: Status::Now,
};

static DATA_KEYS: Keys = Keys {
    groups: &[&[
        HELP,
        key("entity", ENTITY, "The entity of the records.").required(),
        key("demo", Shape::Boolean, "True loads them into demo workspaces only."),
        key(
            "locale",
            Shape::OneOrMore(&Shape::Name(NameOf::Locale)),
            "The workspaces that get them, by their locale; all where nothing is said.",
        ),
        key(
            "rows",
            Shape::Entries(NameOf::New, &SET),
            "The records by name; a name stands for its record wherever a reference is expected. A text may be a map of locales, of which a workspace gets its own: `name: {en: Chair, es: Silla}`.",
        )
        .required(),
    ]],
    ..Keys::NONE
};

/// `mapping: sales_pipeline`.
pub static MAPPING: KindShape = KindShape {
    kind: "mapping",
    name: Naming::Snake,
    keys: &MAPPING_KEYS,
    doc: "How the columns of a file become fields of an entity.",
    status: Status::Now,
};

static MAPPING_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("entity", ENTITY, "The entity of the records.").required(),
        key(
            "match",
            Shape::OneOrMore(&Shape::Name(NameOf::Field)),
            "The fields by which a record that is already there is found and updated; every row is new where nothing is said.",
        ),
        key(
            "on_match",
            Shape::Word(&["update", "skip", "reject"]),
            "What becomes of a row whose record is there: it updates the record (the default), is passed over, or is rejected.",
        ),
        key(
            "columns",
            Shape::Entries(NameOf::Other, &Shape::Map(&COLUMN)),
            "The columns of the file by their heading, and the field each one fills.",
        )
        .required(),
        key("set", SET, "Values of fields that no column fills."),
        key(
            "delimiter",
            Shape::Word(&[",", ";", "|", "tab"]),
            "The sign between cells of a text; told by its first rows where nothing is said.",
        ),
        key(
            "quotes",
            Shape::Word(&["double", "single", "none"]),
            "The quotes around cells that hold delimiters; told by the heading where nothing is said.",
        ),
        key(
            "encoding",
            Shape::Word(ENCODINGS),
            "The encoding of a text that bears no mark of its own; UTF-8 where nothing is said.",
        ),
        key("sheet", Shape::String, "The sheet of a workbook; the only one that holds anything where nothing is said."),
        key(
            "ragged",
            Shape::Map(&RAGGED),
            "How rows with more cells than the heading are mended; they are rejected where nothing is said.",
        ),
    ]],
    ..Keys::NONE
};

/// The encodings that a mapping may name.
const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "ibm866",
    "macintosh",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "big5",
    "gbk",
    "gb18030",
];

static RAGGED: Keys = Keys {
    groups: &[&[key(
        "join_into",
        Shape::OneOrMore(&Shape::String),
        "The columns, by their heading, whose texts hold delimiters without quotes: surplus cells are joined into them, where it is certain which belong together.",
    )
    .required()]],
    ..Keys::NONE
};

static COLUMN: Keys = Keys {
    groups: &[&[
        key("field", Shape::Name(NameOf::Field), "The field it fills.").required(),
        key(
            "by",
            Shape::Name(NameOf::Other),
            "For a reference: the field of the other entity the text is compared with; its external, unique or title field where nothing is said.",
        ),
        key(
            "aliases",
            Shape::Entries(NameOf::Other, &Shape::String),
            "Texts of the file that stand for another text; for the empty text where they mean nothing.",
        ),
        key(
            "format",
            Shape::OneOrMore(&Shape::String),
            "How dates and times are written, such as `%d/%m/%Y`, or numbers, shown by one: `1.234,56`, `$1,234`, `12,5 %`; several are tried in order. What is in none of them rejects its row.",
        ),
        key("default", Shape::Value, "What an empty cell means."),
        key("create", Shape::Boolean, "For a reference: true makes the record that is not found."),
        key(
            "value",
            Shape::Expression,
            "Computes the value; `value` is the cell, `row` the row by headings. A row is rejected where this makes nothing of a cell that holds something, unless the expression says `()` itself.",
        ),
    ]],
    short: Some("field"),
    ..Keys::NONE
};

/// `translations: sales_ru`.
pub static TRANSLATIONS: KindShape = KindShape {
    kind: "translations",
    name: Naming::Snake,
    keys: &TRANSLATIONS_KEYS,
    doc: "Texts of definitions in another locale, laid out as the definitions are.",
    status: Status::Now,
};

static TRANSLATIONS_KEYS: Keys = Keys {
    groups: &[&[
        key("locale", Shape::Name(NameOf::Locale), "The locale of its texts.").required(),
        key(
            "texts",
            Shape::Entries(NameOf::Other, &Shape::Entries(NameOf::Other, &Shape::Any)),
            "By kind and name, the same keys as the definition has, each with the text alone.",
        )
        .required(),
    ]],
    ..Keys::NONE
};
