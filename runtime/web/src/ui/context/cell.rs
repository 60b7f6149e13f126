//! A value as it is read: in a table, among the facts of a record, in its history.

use serde::Serialize;

use super::Link;

/// A value, by how it looks. Every text is already written for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// Nothing: a quiet dash, or no row at all on a phone.
    Empty,
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// Words that may be many, with line breaks: cut to two lines in a table, whole among facts.
    Long {
        /// The words.
        text: String,
    },
    /// Rich text: its words in a table, shaped among facts.
    Rich {
        /// What [`fichero_model::html::clean`] has left of it.
        html: String,
        /// Its words.
        text: String,
    },
    /// Any number: integer, decimal, money, percent, duration. Digits line up.
    Number {
        /// The number with its unit or currency.
        text: String,
    },
    /// Yes or no.
    Boolean {
        /// Which.
        value: bool,
    },
    /// A date, a time, or both.
    Date {
        /// As the reader writes it.
        text: String,
        /// ISO 8601, for programs.
        iso: String,
        /// [`Tone::Danger`] when it is overdue.
        tone: Tone,
    },
    /// One of a few: a stage, a choice.
    Pill(Pill),
    /// Several of a few.
    Pills {
        /// In their order.
        items: Vec<Pill>,
    },
    /// Another record.
    Link {
        /// Its title.
        text: String,
        /// Its page.
        href: String,
    },
    /// Other records.
    Links {
        /// In their order.
        items: Vec<Link>,
    },
    /// A person, with initials in a disc.
    Person {
        /// Their name.
        text: String,
        /// Their page, where there is one.
        href: Option<String>,
    },
    /// A way to reach someone.
    Contact {
        /// The address or number.
        text: String,
        /// `mailto:`, `tel:`, `http:` or `https:`; anything else is shown without a link.
        href: String,
    },
    /// Files.
    Files {
        /// In their order.
        items: Vec<FileFace>,
    },
    /// Some of so many stars.
    Rating {
        /// How many.
        value: u8,
        /// Of how many.
        of: u8,
    },
    /// A colour.
    Swatch {
        /// As CSS writes it: `#rrggbb`.
        text: String,
    },
    /// Lines whose blanks and breaks matter.
    Code {
        /// The lines.
        text: String,
    },
    /// A text that scanners read.
    Drawing {
        /// The text itself.
        text: String,
        /// How it looks to them.
        drawing: Drawing,
    },
    /// A share of a whole.
    Meter {
        /// As words, such as "60%".
        text: String,
        /// From 0 to 100.
        percent: u8,
    },
}

/// A file, as it looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileFace {
    /// Its name.
    pub name: String,
    /// How large it is; empty for one that is not there any more.
    pub size: String,
    /// Where its bytes are.
    pub href: String,
    /// The name of the drawing that stands for its type.
    pub icon: &'static str,
    /// It is to be shown as the picture it is, which browsers can.
    pub picture: bool,
    /// The picture was written by hand.
    pub drawn: bool,
}

/// A drawing of one dark path on a light ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drawing {
    /// In units of the path.
    pub width: usize,
    /// In units of the path.
    pub height: usize,
    /// The path's commands, as SVG writes them.
    pub path: String,
}

/// One of a few named values, in its colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pill {
    /// Its label.
    pub text: String,
    /// Its colour.
    pub color: Color,
    /// What it means, shown when pointed at.
    pub help: Option<String>,
    /// The name of a drawing before it.
    pub icon: Option<String>,
}

impl Pill {
    /// One of which nothing more is said.
    pub fn new(text: impl Into<String>, color: Color) -> Self {
        Self { text: text.into(), color, help: None, icon: None }
    }
}

/// The colours a definition can name. Each is readable on light and dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// What has no colour of its own.
    #[default]
    Gray,
    /// `red`.
    Red,
    /// `orange`.
    Orange,
    /// `yellow` or `amber`.
    Yellow,
    /// `green`.
    Green,
    /// `teal`.
    Teal,
    /// `blue`.
    Blue,
    /// `purple` or `violet`.
    Purple,
    /// `pink`.
    Pink,
}

impl Color {
    /// The colour of a name used in definitions; gray for one that is not in the palette.
    pub fn named(name: &str) -> Self {
        match name {
            "red" => Self::Red,
            "orange" => Self::Orange,
            "yellow" | "amber" => Self::Yellow,
            "green" => Self::Green,
            "teal" => Self::Teal,
            "blue" => Self::Blue,
            "purple" | "violet" => Self::Purple,
            "pink" => Self::Pink,
            _ => Self::Gray,
        }
    }
}

/// How something should be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// It went well.
    Success,
    /// Look at it.
    Warning,
    /// It went wrong, or is late.
    Danger,
}

/// A moment, as [`super::super::when`] describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct When {
    /// How long ago, or the date.
    pub text: String,
    /// Date and time in the reader's zone, shown when pointed at.
    pub full: String,
    /// ISO 8601, for programs.
    pub iso: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_of_the_language_has_one_here() {
        for name in fichero_model::look::COLORS {
            assert_eq!(Color::named(name) == Color::Gray, matches!(*name, "gray" | "grey"), "{name}");
        }
    }
}
