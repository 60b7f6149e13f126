//! The language as data: every kind of document, every key it takes, and what each key takes.
//!
//! One table per kind (in the modules below) drives everything that knows the language: short forms are written out
//! by it (`crate::short`), unknown keys and wrong values are found by it (`crate::check`), `fichero fmt` orders
//! by it, the names of a prefixed pack are changed by it, and the JSON Schemas and the reference pages are printed
//! from it. A key that is not in its table does not exist.
//!
//! What must hold: the order of keys in a table is their canonical order in a file; every key has a sentence of
//! documentation; tables hold no behaviour.

pub mod access;
pub mod common;
pub mod data;
pub mod entity;
pub mod field;
pub mod message;
pub mod page;
pub mod pipeline;
pub mod report;
pub mod step;
pub mod test;
pub mod time;
pub mod workflow;
pub mod workspace;

/// Which of the four things a key takes; published in the JSON Schemas as `x-takes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The name of something, checked when loaded.
    Name,
    /// A text for people: a string or a map of locales.
    Text,
    /// An expression.
    Expression,
    /// A literal, or `=` and an expression.
    Value,
}

impl Takes {
    /// The word used in the JSON Schemas.
    pub fn word(self) -> &'static str {
        match self {
            Takes::Name => "name",
            Takes::Text => "text",
            Takes::Expression => "expression",
            Takes::Value => "value",
        }
    }
}

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOf {
    /// A new name declared here, in `snake_case`.
    New,
    /// A definition of one of these kinds.
    Kind(&'static [&'static str]),
    /// A part of a definition of one of these kinds: `pipeline.stage`, `entity.field`.
    Part(&'static [&'static str]),
    /// The type of a field: a storage kind, a derived type, or a `type` document.
    Type,
    /// A field of the entity at hand.
    Field,
    /// A field of the entity at hand, or a path over its references: `account.city`.
    Path,
    /// A field or path to sort by; `-` before it sorts the greatest first.
    Sort,
    /// A stage of the pipeline at hand.
    Stage,
    /// A locale: `en`, `es`, `pt-BR`.
    Locale,
    /// An IANA time zone.
    Zone,
    /// An ISO 3166 country.
    Country,
    /// An ISO 4217 currency.
    Currency,
    /// The name of a secret, kept outside the definitions.
    Secret,
    /// A file of the same pack.
    File,
    /// A function of a script file of the same pack: `onboarding.rhai#plan`.
    Function,
    /// A name that only the reader of this key can judge: a step, a column of a file, a record of a test.
    Other,
}

/// What may stand at a place of a document.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A checked name.
    Name(NameOf),
    /// A text for people: a string, or a map of locales. Written out, it is always a map of locales.
    Text,
    /// An expression.
    Expression,
    /// A literal of any form, or a text that begins with `=` and is an expression.
    Value,
    /// `true` or `false`.
    Boolean,
    /// A whole number within limits, both included.
    Integer {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// A number, kept as exact text.
    Decimal,
    /// One word of a fixed set.
    Word(&'static [&'static str]),
    /// A literal string that is neither a name nor for people: a version, an address, a pattern.
    String,
    /// A duration such as `3 working days`, or `=` and an expression.
    Duration,
    /// A date such as `2026-03-02`, or `=` and an expression.
    Date,
    /// A moment such as `2026-03-02T09:00 Europe/Madrid`, or `=` and an expression.
    Moment,
    /// A map with these keys.
    Map(&'static Keys),
    /// A map of named things, each a map with these keys. A list of names is short for it.
    NameMap(NameOf, &'static Keys),
    /// A map of names to values of one shape.
    Entries(NameOf, &'static Shape),
    /// A list of values of one shape.
    List(&'static Shape),
    /// A list of values of one shape, or a single one, which is short for a list of one.
    OneOrMore(&'static Shape),
    /// The first of these that fits the form (scalar, map, list) of what stands there.
    OneOf(&'static [Shape]),
    /// Anything: judged by whoever reads this key.
    Any,
}

impl Shape {
    /// Which of the four things stands here; none for a collection, whose parts say it themselves.
    pub fn takes(&self) -> Option<Takes> {
        match self {
            Shape::Name(_) => Some(Takes::Name),
            Shape::Text => Some(Takes::Text),
            Shape::Expression => Some(Takes::Expression),
            Shape::Value
            | Shape::Boolean
            | Shape::Integer { .. }
            | Shape::Decimal
            | Shape::Word(_)
            | Shape::String
            | Shape::Duration
            | Shape::Date
            | Shape::Moment => Some(Takes::Value),
            Shape::List(of) | Shape::OneOrMore(of) => of.takes(),
            Shape::OneOf(shapes) => shapes.iter().find_map(Shape::takes),
            Shape::Map(_) | Shape::NameMap(..) | Shape::Entries(..) | Shape::Any => None,
        }
    }
}

/// Whether this release acts on something, or only knows how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It works.
    Now,
    /// It is decoded and its names are checked, but using it is an error that says so.
    NotYet,
}

/// One key of a map.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name as written.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// True when the map is of no use without it. Not asked of an overlay.
    pub required: bool,
    /// One sentence for the reference and for editors.
    pub doc: &'static str,
    /// Whether this release acts on it.
    pub status: Status,
}

/// An optional key that works.
pub const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: false, doc, status: Status::Now }
}

impl Key {
    /// The same key, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same key, which this release does not act on.
    #[must_use]
    pub const fn not_yet(mut self) -> Self {
        self.status = Status::NotYet;
        self
    }
}

/// The keys of a map.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Groups of keys; their order is the canonical order.
    pub groups: &'static [&'static [Key]],
    /// What other keys take, where authors may add their own (attributes of options and stages).
    pub extra: Option<&'static Shape>,
    /// The key that a bare scalar or list stands for, such as `type` for a field.
    pub short: Option<&'static str>,
    /// Keys that make an entry of an overlay a declaration; without one it changes what is there. When empty,
    /// entries are added or changed as they come.
    pub defining: &'static [&'static str],
    /// Keys that declare where nothing of that name is there, and change where it is.
    pub either: &'static [&'static str],
}

impl Keys {
    /// No keys, for `..Keys::NONE` in a table.
    pub const NONE: Keys = Keys { groups: &[], extra: None, short: None, defining: &[], either: &[] };

    /// All keys in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The key of that name.
    pub fn find(&self, name: &str) -> Option<&'static Key> {
        self.iter().find(|key| key.name == name)
    }
}

/// What stands behind the first key of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// A new name in `snake_case`.
    Snake,
    /// A sentence (tests).
    Sentence,
    /// A name in `snake_case` that may be that of a definition of this kind, which the document then belongs to
    /// (`form: opportunity`, `page: account`, `assignment: lead`).
    SnakeOr(&'static str),
}

/// One kind of document.
#[derive(Clone, Copy, Debug)]
pub struct KindShape {
    /// The first key of such a document.
    pub kind: &'static str,
    /// How its name is made.
    pub name: Naming,
    /// The keys behind the first.
    pub keys: &'static Keys,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// Whether this release acts on it.
    pub status: Status,
}

/// Every kind of document, in the order of the reference. `extend` is no kind of its own: it takes the keys of the
/// kind it extends, and those of [`common::OVERLAY`].
pub fn kinds() -> &'static [&'static KindShape] {
    KINDS
}

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static KindShape> {
    KINDS.iter().copied().find(|shape| shape.kind == name)
}

static KINDS: &[&KindShape] = &[
    &workspace::WORKSPACE,
    &workspace::PACK,
    &entity::ENTITY,
    &entity::MIXIN,
    &entity::TYPE,
    &entity::OPTIONS,
    &entity::SETTINGS,
    &pipeline::PIPELINE,
    &workflow::WORKFLOW,
    &workflow::MESSAGE,
    &workflow::ASSIGNMENT,
    &time::CALENDAR,
    &time::DEADLINE,
    &page::VIEW,
    &page::FORM,
    &page::PAGE,
    &page::MENU,
    &page::PORTAL,
    &access::ROLE,
    &report::REPORT,
    &report::DASHBOARD,
    &message::TEMPLATE,
    &message::CONNECTION,
    &message::WEBHOOK,
    &message::INBOX,
    &data::DATA,
    &data::MAPPING,
    &data::TRANSLATIONS,
    &test::TEST,
];
