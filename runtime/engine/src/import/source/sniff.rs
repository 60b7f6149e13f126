//! What a file is, told by its first bytes: its format, and the signs between and around cells.

use csv::{ByteRecord, ReaderBuilder};
use fichero_model::data::{Quoting, Reading};

use super::super::Error;

/// How rows are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) struct Style {
    /// The sign between cells.
    pub delimiter: u8,
    /// The sign around cells, if there is one.
    pub quote: Option<u8>,
    /// The file is in another encoding than UTF-8, so that a text in UTF-8 must be marked as such.
    pub is_foreign: bool,
}

impl Style {
    /// The one that is declared, for a file that is no text; else that of CSV.
    pub(super) fn declared(reading: &Reading) -> Self {
        let delimiter = reading.delimiter.unwrap_or(b',');
        let quote = reading.quoting.map_or(Some(b'"'), quote);
        Self { delimiter, quote, is_foreign: reading.encoding.is_some() }
    }
}

fn quote(quoting: Quoting) -> Option<u8> {
    match quoting {
        Quoting::Double => Some(b'"'),
        Quoting::Single => Some(b'\''),
        Quoting::None => None,
    }
}

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text with a sign between cells.
    Delimited,
    /// A workbook.
    Sheet,
    /// A JSON object in each line.
    Json,
}

/// The endings of names of text with a sign between cells.
const OF_TEXT: [&str; 4] = [".csv", ".tsv", ".tab", ".txt"];

/// Tells the format; a name that says something else is a slip that is told.
pub(super) fn kind(start: &[u8], called: &str) -> Result<Kind, Error> {
    let called = called.to_lowercase();
    let told = |text: &str| Err(Error::File(text.to_owned()));
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return match OF_TEXT.iter().find(|ending| called.ends_with(*ending)) {
            Some(ending) => told(&format!(
                "the file is a workbook or an archive, though its name ends with {ending}; name a workbook .xlsx, or save the \
                 sheet as CSV"
            )),
            None => Ok(Kind::Sheet),
        };
    }
    if start.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return told(
            "the file is a workbook of the old sort (.xls), or one with a password; save it as .xlsx without one",
        );
    }
    if called.ends_with(".xlsx") {
        return told("the name of the file ends with .xlsx, and it is no workbook");
    }
    let first = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let line = first.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok();
    let is_json = is_object || [".jsonl", ".ndjson"].iter().any(|ending| called.ends_with(ending));
    if !is_json && first.starts_with(b"[") && called.ends_with(".json") {
        return told("the file is one JSON list; write one object in each line, without the list around them");
    }
    Ok(if is_json { Kind::Json } else { Kind::Delimited })
}

/// The signs of a text that begins so; what is declared is not looked for.
pub(super) fn style(head: &[u8], reading: &Reading) -> Style {
    let quote = match reading.quoting {
        Some(quoting) => quote(quoting),
        None if has_single_quotes(head) => Some(b'\''),
        None => Some(b'"'),
    };
    let delimiter = reading.delimiter.unwrap_or_else(|| delimiter(head, quote));
    Style { delimiter, quote, is_foreign: false }
}

/// How many rows are looked at.
const ROWS: usize = 50;

/// The sign that parts most rows into as many cells as the heading, then the one that parts it into more, and leaves fewer
/// cells that begin with a blank; of several the first in the list.
fn delimiter(head: &[u8], quote: Option<u8>) -> u8 {
    let score = |sign: u8| {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(sign).flexible(true).has_headers(false).quoting(quote.is_some());
        let mut reader = builder.quote(quote.unwrap_or(b'"')).from_reader(head);
        let mut rows: Vec<ByteRecord> = reader.byte_records().take(ROWS).map_while(Result::ok).collect();
        // The look may have ended in the middle of the last row.
        if rows.len() > 2 {
            rows.pop();
        }
        let width = rows.first().map_or(0, ByteRecord::len);
        let blanks = rows.iter().flatten().filter(|cell| cell.starts_with(b" ")).count();
        let even = rows.iter().filter(|row| row.len() == width).count();
        (width > 1, even, width, usize::MAX - blanks)
    };
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|sign| score(*sign)).unwrap_or(b',')
}

/// Whether every cell of the heading stands between apostrophes.
fn has_single_quotes(head: &[u8]) -> bool {
    let heading = head.trim_ascii_start().split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let cells = || heading.split(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'));
    !heading.contains(&b'"') && cells().all(|cell| cell.len() > 2 && cell.starts_with(b"'") && cell.ends_with(b"'"))
}
