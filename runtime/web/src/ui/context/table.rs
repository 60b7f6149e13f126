//! A table of records: lists, related lists, totals.

use serde::Serialize;

use super::{Cell, Color};

/// A table. Every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it holds, read aloud before it.
    pub label: String,
    /// In their order; the first names the record.
    pub columns: Vec<Column>,
    /// In their order.
    pub rows: Vec<Row>,
    /// One cell per column, or none for no totals.
    pub totals: Vec<Cell>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The field's label.
    pub label: String,
    /// Numbers stand at the end.
    pub align: Align,
    /// Its values are words, which may be cut short where there is little room.
    pub fluid: bool,
    /// Where the heading can be pressed to sort.
    pub sort: Option<Sort>,
}

/// To which side a column's values stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// Words, dates, pills.
    #[default]
    Start,
    /// Numbers and money.
    End,
}

/// A heading that sorts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sort {
    /// The same list, sorted by this column (the other way round when it already is).
    pub href: String,
    /// How it is sorted now, if by this column.
    pub direction: Option<Direction>,
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A record in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its page: the first cell becomes the link.
    pub href: Option<String>,
    /// It stands out in this colour.
    pub color: Option<Color>,
    /// One per column.
    pub cells: Vec<Cell>,
}
