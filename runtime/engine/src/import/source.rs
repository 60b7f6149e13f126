//! A file as a stream of rows, whatever its format: text with a delimiter, a workbook or JSON lines.
//!
//! What a file is, its first bytes tell. Cells are kept as bytes, so that a row that cannot be read is still given back as
//! it was.

mod delimited;
mod encoding;
mod json;
mod ragged;
mod sheet;
mod sniff;
#[cfg(test)]
mod tests;

use std::io::{self, Cursor, Read};

use csv::ByteRecord;
use fichero_model::data::Reading;
use fichero_model::name;

use super::Error;
use super::reject::MISSING;
use crate::value::check::Problem;
use delimited::Delimited;
pub(super) use encoding::best as best_encoding;
pub use encoding::named as encoding_named;
use json::Json;
use sheet::Sheet;
pub(super) use sniff::Style;

/// How much of a file is looked at to tell its format, encoding and delimiter.
const LOOKED_AT: u64 = 64 * 1024;

/// The longest row, in bytes: beyond it a quote was opened and never closed.
const LONGEST_ROW: u64 = 8 * 1024 * 1024;

/// The most columns.
const MOST_COLUMNS: usize = 2_000;

/// A row of the file.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Which row it is, the first one below the heading being 1.
    pub row: i64,
    /// The line of the file on which it begins; of the heading it is line 1, where no blank lines stand before it.
    pub number: u64,
    /// Its cells.
    pub cells: ByteRecord,
    /// What its cells are, where the format says so; the last ones are plain where it ends early.
    pub sorts: Vec<Sort>,
    /// What is wrong with the row as a whole, so that the cells may be others than meant.
    pub flaw: Option<Problem>,
}

/// What a cell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Sort {
    /// A text, whatever it stands for.
    #[default]
    Plain,
    /// A number with a point and no groups, however the texts of its column are written.
    Number,
    /// A day, time or moment in ISO 8601, however the texts of its column are written.
    Moment,
    /// That there is nothing, which an empty cell does not say.
    Nothing,
    /// What a spreadsheet shows where a formula failed.
    Failed,
}

impl Line {
    /// What the cell at a place is.
    pub(super) fn sort(&self, at: usize) -> Sort {
        self.sorts.get(at).copied().unwrap_or_default()
    }
}

/// A row as its format gives it.
struct Raw {
    number: u64,
    cells: ByteRecord,
    sorts: Vec<Sort>,
    flaw: Option<Problem>,
}

enum Format<'f> {
    Delimited(Delimited<'f>),
    Json(Json),
    Sheet(Sheet),
}

/// An open file whose heading was read.
pub(super) struct Source<'f> {
    format: Format<'f>,
    headers: Vec<String>,
    style: Style,
    /// The columns into which surplus cells are joined.
    joins: Vec<usize>,
    /// How many rows were joined so.
    joined: u64,
    /// How many rows were read.
    rows: i64,
    /// The last cell of each row says why an earlier import rejected it.
    has_reasons: bool,
}

impl<'f> Source<'f> {
    /// Looks at the beginning of a file and reads its heading.
    ///
    /// # Errors
    /// When it is no table, or not in its encoding from the beginning.
    pub(super) fn open(mut file: impl Read + 'f, called: &str, reading: &Reading) -> Result<Self, Error> {
        let mut start = Vec::new();
        file.by_ref().take(LOOKED_AT).read_to_end(&mut start).map_err(|error| unreadable(&error))?;
        let kind = sniff::kind(&start, called)?;
        let file = Cursor::new(start.clone()).chain(file);
        let (mut format, heading, style) = match kind {
            sniff::Kind::Sheet => {
                let (sheet, heading) = Sheet::open(file, reading.sheet.as_deref())?;
                (Format::Sheet(sheet), heading, Style::declared(reading))
            }
            sniff::Kind::Json => {
                let (json, heading) = Json::open(file)?;
                (Format::Json(json), heading, Style::declared(reading))
            }
            sniff::Kind::Delimited => {
                let (delimited, heading, style) = Delimited::open(file, &start, reading)?;
                (Format::Delimited(delimited), heading, style)
            }
        };
        let mut headers = headers(&heading)?;
        let has_reasons = headers.len() > 1 && headers.last().is_some_and(|last| last == super::reject::WHY);
        if has_reasons {
            headers.pop();
        }
        if let Format::Sheet(sheet) = &mut format {
            sheet.set_width(heading.len());
        }
        let joins = joins(reading, &headers)?;
        Ok(Self { format, headers, style, joins, joined: 0, rows: 0, has_reasons })
    }

    /// Whether it is a rejects file: its last column says why rows were rejected, and is passed over.
    pub(super) fn has_reasons(&self) -> bool {
        self.has_reasons
    }

    /// The names of the columns, without white space around them and without the reasons of a rejects file.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// How rows of it are written as text, so that they are read as it was.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// What the file is: `csv` for any text with a sign between cells, `xlsx` or `jsonl`.
    pub(super) fn format(&self) -> &'static str {
        match self.format {
            Format::Delimited(_) => "csv",
            Format::Json(_) => "jsonl",
            Format::Sheet(_) => "xlsx",
        }
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        match &self.format {
            Format::Delimited(delimited) => delimited.bytes(),
            Format::Json(json) => json.bytes(),
            Format::Sheet(sheet) => sheet.bytes(),
        }
    }

    /// How many rows had surplus cells, which were joined.
    pub(super) fn joined(&self) -> u64 {
        self.joined
    }

    /// The next rows, at most `most`; none at the end.
    pub(super) fn read(&mut self, most: usize) -> Result<Vec<Line>, Error> {
        let mut lines = Vec::new();
        while lines.len() < most {
            let next = match &mut self.format {
                Format::Delimited(delimited) => delimited.next()?,
                Format::Json(json) => json.next()?,
                Format::Sheet(sheet) => sheet.next()?,
            };
            let Some(Raw { number, mut cells, sorts, flaw }) = next else { break };
            if self.has_reasons {
                // The last of the row rather than of the heading: a row that is too short or too long stays so.
                cells.truncate(cells.len().saturating_sub(1));
                let given = cells.iter().rposition(|cell| cell != MISSING.as_bytes()).map_or(0, |last| last + 1);
                cells.truncate(given);
            }
            if flaw.is_none()
                && let Some(joined) = ragged::joined(&cells, self.headers.len(), &self.joins, self.style.delimiter)
            {
                cells = joined;
                self.joined += 1;
            }
            self.rows += 1;
            lines.push(Line { row: self.rows, number, cells, sorts, flaw });
        }
        Ok(lines)
    }
}

fn headers(heading: &ByteRecord) -> Result<Vec<String>, Error> {
    if heading.len() > MOST_COLUMNS {
        return Err(too_wide("the heading", heading.len()));
    }
    let mut names: Vec<String> = Vec::with_capacity(heading.len());
    for cell in heading {
        let name = std::str::from_utf8(cell)
            .map_err(|_| Error::File("the heading is not text in the encoding of the file".to_owned()))?
            .trim();
        if !name.is_empty() && names.iter().any(|known| known == name) {
            return Err(Error::File(format!("two columns are called `{name}`; rename one of them")));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn joins(reading: &Reading, headers: &[String]) -> Result<Vec<usize>, Error> {
    let place = |wanted: &std::sync::Arc<str>| {
        headers.iter().position(|header| **header == **wanted).ok_or_else(|| {
            let hint = name::did_you_mean(wanted, headers.iter().map(String::as_str))
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Error::Columns(vec![format!("surplus cells are to be joined into `{wanted}`, which is no column{hint}")])
        })
    };
    reading.join_into.iter().map(place).collect()
}

fn too_wide(what: &str, columns: usize) -> Error {
    Error::File(format!("{what} has {columns} columns; at most {MOST_COLUMNS} are taken"))
}

fn unreadable(error: &io::Error) -> Error {
    Error::File(format!("the file cannot be read: {error}"))
}

/// A file of this process, which is gone with it.
fn spool() -> Result<std::fs::File, Error> {
    tempfile::tempfile().map_err(|error| Error::File(format!("no temporary file can be made: {error}")))
}
