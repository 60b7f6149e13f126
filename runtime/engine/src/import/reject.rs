//! The rejects file: every rejected row as it was, with a last column that says why, cell by cell. Mended, it can be
//! imported again as it is: that column is passed over.

use std::borrow::Cow;
use std::io::{Read, Write};

use csv::{ByteRecord, QuoteStyle, Writer, WriterBuilder};
use fichero_model::data::Reading;
use fichero_model::label::Locale;

use super::Error;
use super::header::Plan;
use super::source::{Line, Sort, Source, Style};
use crate::refusal::{FieldError, Refusal};
use crate::value::guard;

/// The heading of the column that says why.
pub(super) const WHY: &str = "rejected_because";

/// What a rejects file holds in place of a cell that a row lacks, so that the reason stands in its column. Read again, a
/// row that still ends so is still too short.
pub(super) const MISSING: &str = "(missing)";

/// Whether a file is one that an import wrote, or holds nothing at all: what may be written over.
pub fn is_rejects(mut file: impl Read) -> bool {
    let mut first = [0; 1];
    match file.read(&mut first) {
        Ok(0) => true,
        Ok(count) => {
            let whole = first.get(..count).unwrap_or_default().chain(file);
            Source::open(whole, "", &Reading::default()).is_ok_and(|source| source.has_reasons())
        }
        Err(_) => false,
    }
}

/// Writes rejected rows. Nothing is written where nothing is rejected.
pub(super) struct Rejects<W: Write> {
    writer: Writer<W>,
    heading: Option<ByteRecord>,
    width: usize,
    style: Style,
}

impl<W: Write> Rejects<W> {
    pub(super) fn new(file: W, headers: &[String], style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.delimiter(style.delimiter).flexible(true);
        match style.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quote_style(QuoteStyle::Never),
        };
        let mut heading: ByteRecord = headers.iter().map(String::as_bytes).collect();
        heading.push_field(WHY.as_bytes());
        Self { writer: builder.from_writer(file), heading: Some(heading), width: headers.len(), style }
    }

    /// Writes a row with what is wrong with it.
    pub(super) fn write(&mut self, line: &Line, plan: &Plan, why: &str) -> Result<(), Error> {
        if let Some(heading) = self.heading.take() {
            if self.style.is_foreign {
                // What is written is UTF-8, also where the mapping says that the file is not.
                let marked = heading.iter().enumerate().map(|(at, cell)| match at {
                    0 => [b"\xEF\xBB\xBF", cell].concat(),
                    _ => cell.to_vec(),
                });
                self.writer.write_byte_record(&marked.collect()).map_err(failed)?;
            } else {
                self.writer.write_byte_record(&heading).map_err(failed)?;
            }
        }
        let mut record: ByteRecord =
            line.cells.iter().enumerate().map(|(at, cell)| written(line, plan, at, cell)).collect();
        (record.len()..self.width).for_each(|_| record.push_field(MISSING.as_bytes()));
        match self.style.quote {
            Some(_) => record.push_field(why.as_bytes()),
            // Without quotes a delimiter would end the cell.
            None => record.push_field(why.replace(char::from(self.style.delimiter), " ").as_bytes()),
        }
        self.writer.write_byte_record(&record).map_err(failed)
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|error| Error::Rejects(error.to_string()))
    }
}

/// A cell as the texts of its column are read, which a cell of another format may not be.
fn written<'c>(line: &Line, plan: &Plan, at: usize, cell: &'c [u8]) -> Cow<'c, [u8]> {
    match line.sort(at) {
        Sort::Nothing => Cow::Borrowed(guard::NOTHING.as_bytes()),
        Sort::Number => {
            match plan.columns.iter().find(|column| column.at == at).and_then(|column| column.numbers.first()) {
                Some(form) => {
                    Cow::Owned(String::from_utf8_lossy(cell).replace('.', form.mark().encode_utf8(&mut [0; 4])).into())
                }
                None => Cow::Borrowed(cell),
            }
        }
        Sort::Plain | Sort::Moment | Sort::Failed => Cow::Borrowed(cell),
    }
}

fn failed(error: csv::Error) -> Error {
    Error::Rejects(error.to_string())
}

/// `line 7: amount: not a number; close_date: not a date`, with the headings of the file where a column fills the field.
pub(super) fn why(line: &Line, refusal: &Refusal, plan: &Plan, locale: Locale) -> String {
    let heading = |error: &FieldError| {
        let column = plan.columns.iter().find(|column| *column.name == error.field);
        column.map_or_else(|| error.field.clone(), |column| column.header.clone())
    };
    let mut reasons: Vec<String> = refusal
        .errors
        .iter()
        .map(|error| {
            let message = error.message.text(locale);
            let heading = heading(error);
            if names(&message, &heading) { message } else { format!("{heading}: {message}") }
        })
        .collect();
    if reasons.is_empty() {
        reasons.push(refusal.detail.text(locale));
    }
    format!("line {}: {}", line.number, reasons.join("; "))
}

/// Whether a sentence begins with the heading it is about, so that it need not be said twice.
fn names(message: &str, heading: &str) -> bool {
    let begins = message.get(..heading.len()).filter(|begin| begin.to_lowercase() == heading.to_lowercase());
    begins.is_some() && !message.get(heading.len()..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}
