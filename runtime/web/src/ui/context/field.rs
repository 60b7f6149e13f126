//! An input of a form, by kind.

use serde::Serialize;

use super::{Cell, FileFace};

/// An input with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// DOM id, unique on the page: by custom `f-NAME`, in lines `f-LINES-INDEX-NAME`.
    pub id: String,
    /// Posted name: the field's, in lines `LINES.INDEX.NAME`.
    pub name: String,
    /// The field's label.
    pub label: String,
    /// A value must be given. Marked; enforced by the server, so that the message is ours.
    pub required: bool,
    /// A sentence under the label.
    pub help: Option<String>,
    /// Why the value was refused.
    pub errors: Vec<String>,
    /// It takes the whole width of a section with two columns.
    pub wide: bool,
    /// The input itself.
    pub input: Input,
}

impl Field {
    /// Whether it was refused, or one of its parts, or something in one of its rows.
    pub fn is_wrong(&self) -> bool {
        self.any(&|field| !field.errors.is_empty())
    }

    /// Whether something holds of it, of one of its parts, or of something in one of its rows.
    pub fn any(&self, holds: &dyn Fn(&Field) -> bool) -> bool {
        holds(self)
            || match &self.input {
                Input::Lines(lines) => lines.rows.iter().flat_map(|row| &row.fields).any(|field| field.any(holds)),
                Input::Group { fields } => fields.iter().any(|field| field.any(holds)),
                _ => false,
            }
    }
}

/// An input, by kind. `value` is always the raw text: as typed after a refusal, else as
/// [`typed::editable`](super::super::typed::editable) and ISO 8601 write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// One line.
    Text {
        /// What is typed.
        value: String,
        /// Which keyboard and completion fit.
        of: TextKind,
    },
    /// Several lines.
    Longtext {
        /// What is typed.
        value: String,
        /// Blanks and breaks matter: letters of one width.
        code: bool,
    },
    /// An integer, a decimal, a percentage: a text input with a number keyboard, so that no browser rewrites it.
    Number {
        /// What is typed.
        value: String,
        /// Shown behind it, such as `%` or `kg`.
        unit: Option<String>,
    },
    /// An amount and its currency, posted as NAME and `NAME_currency`.
    Money {
        /// The amount as typed.
        value: String,
        /// The currency's code.
        currency: String,
        /// What can be chosen; one alone is shown, not asked (and posted all the same).
        currencies: Vec<String>,
    },
    /// A check box. Posts `false`, then `true` when it is checked: the last one counts.
    Boolean {
        /// It is checked.
        checked: bool,
    },
    /// A day, ISO 8601 (`2026-11-23`). A text that is none is shown in a plain input, so that it is not lost.
    Date {
        /// What is typed.
        value: String,
    },
    /// A time of day, ISO 8601 (`14:05`).
    Time {
        /// What is typed.
        value: String,
    },
    /// A local date and time, ISO 8601 (`2026-11-23T14:05`).
    Datetime {
        /// What is typed.
        value: String,
        /// The zone it is meant in, as the reader knows it.
        zone: String,
    },
    /// A secret: what is stored is not shown, and an input that stays empty leaves it. Posted as NAME; `NAME.remove` removes it.
    Secret {
        /// There is one.
        stored: bool,
    },
    /// A duration in words (`2 h 30 min`).
    Duration {
        /// What is typed.
        value: String,
    },
    /// One of a few.
    Choice {
        /// How it is asked.
        style: ChoiceStyle,
        /// The chosen value, or empty.
        value: String,
        /// What can be chosen; a value that is not among them (retired) is added by the handler.
        choices: Vec<Choice>,
        /// Nothing may be chosen: an empty first option, with these words or a dash.
        blank: Option<String>,
    },
    /// Several of a few: check boxes, posted under one name; an empty value always comes first.
    Choices {
        /// The chosen values.
        values: Vec<String>,
        /// Those of them that stay chosen, in the order they were.
        kept: Vec<String>,
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// A record.
    Ref {
        /// What is chosen: value is its id (or `entity:id`), text its title. After a refusal, the text that was typed,
        /// with an empty value when it means no record. Without `suggest`, a chosen record must be among the groups.
        chosen: Option<Choice>,
        /// How one is found.
        picker: Picker,
    },
    /// Several records. The chosen ones are posted as NAME (check boxes; an empty value always comes first), a typed
    /// further one as `NAME.text`; `_do` = `add:NAME` adds it and shows the form again.
    Refs {
        /// What is chosen.
        chosen: Vec<Choice>,
        /// The values of those that stay chosen, which are the first.
        kept: Vec<String>,
        /// What is typed but not yet found.
        typed: String,
        /// How one is found.
        picker: Picker,
    },
    /// Files: those that are there, and an input for further ones. Posts NAME for each that is chosen, after an empty
    /// value; of a field of one the last counts. New ones come as `NAME.file`.
    Files {
        /// In their order.
        items: Vec<FileItem>,
        /// Several may be chosen.
        many: bool,
        /// The types that are taken, as browsers name them; empty for any.
        accept: String,
        /// The same for people.
        takes: String,
        /// The most bytes of each, as people write it.
        most: String,
        /// The same as a number.
        max: u64,
        /// Where script sends a file to: its bytes, with `&name=` behind. Answers JSON with the `id` that is posted here.
        upload: String,
        /// It may be drawn by hand.
        draw: bool,
    },
    /// Rows of another entity that belong to this record.
    Lines(Lines),
    /// The parts of a group, such as an address, each an input of its own.
    Group {
        /// In their order.
        fields: Vec<Field>,
    },
    /// Shown, not asked: computed or not for this reader to change. Posts nothing.
    Fixed {
        /// The value.
        cell: Cell,
    },
}

/// Which keyboard and completion fit a line of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// Any.
    #[default]
    Text,
    /// E-mail address.
    Email,
    /// Telephone number.
    Tel,
    /// Web address.
    Url,
}

/// How one of a few is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChoiceStyle {
    /// A drop-down.
    #[default]
    Select,
    /// Buttons in a row, for two to four options.
    Radio,
}

/// A file that is there for a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileItem {
    /// Posted: its id.
    pub value: String,
    /// How it looks.
    pub face: FileFace,
    /// The record is to have it.
    pub chosen: bool,
    /// It stays, and cannot be taken away.
    pub kept: bool,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Posted.
    pub value: String,
    /// Shown.
    pub text: String,
    /// What it means, shown when pointed at.
    pub help: Option<String>,
    /// The name of a drawing before it, where there is room for one.
    pub icon: Option<String>,
}

impl Choice {
    /// One of which nothing more is said.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), help: None, icon: None }
    }
}

/// Choices under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChoiceGroup {
    /// The heading, where a reference may point to several entities.
    pub label: Option<String>,
    /// In their order.
    pub choices: Vec<Choice>,
}

/// How a record is found.
///
/// With `suggest` absent, `groups` is everything there is, and a plain `<select>` (check boxes for many) posts NAME.
/// With `suggest`, the input is a text: it posts the title as `NAME.text` and, hidden, the id as NAME. Script keeps the
/// two together; without it the id may be stale. The server decides so: an empty text is nothing; a text that is still
/// the title of the hidden id is that record; any other text is looked up by title, and none or several found is an
/// error at the field, with the ones found as a `<select>` (a picker without `suggest`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picker {
    /// Everything there is, or the first few for a `<datalist>`.
    pub groups: Vec<ChoiceGroup>,
    /// Asked with `?q=` (`&q=` when there is a query already) as one types; answers JSON
    /// `[{"value": "…", "text": "…", "note": "…"}]`, at most twenty.
    pub suggest: Option<String>,
}

/// An editable table of rows. Each row posts `LINES.INDEX.NAME` for each column and, for a stored row, `LINES.INDEX.id`.
/// Indexes may have gaps; their order is the order of the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// In their order.
    pub columns: Vec<LineColumn>,
    /// In their order.
    pub rows: Vec<LineRow>,
    /// An empty row whose index is the two characters `~~`, cloned by script.
    pub blank: LineRow,
}

/// A column of an editable table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineColumn {
    /// The field's label.
    pub label: String,
    /// A value must be given.
    pub required: bool,
    /// Numbers stand at the end.
    pub align: super::Align,
}

/// A row of an editable table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineRow {
    /// Its index in posted names.
    pub index: String,
    /// The id of a stored row.
    pub id: Option<String>,
    /// It stays as it is, and cannot be removed.
    pub kept: bool,
    /// One input per column. [`Input::Lines`], [`Input::Refs`] and [`Input::Choices`] do not occur, and of
    /// files one at most.
    pub fields: Vec<Field>,
}
