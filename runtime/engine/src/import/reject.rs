//! The rejects file: every rejected row as it was, with a column that says why, cell by cell. Mended, it can be imported
//! again as it is but for that column.

use std::io::Write;

use csv::{ByteRecord, Writer, WriterBuilder};
use fichero_model::label::Locale;

use super::Error;
use super::header::Plan;
use super::source::Line;
use crate::refusal::{FieldError, Refusal};

/// The heading of the column that says why.
const WHY: &str = "rejected_because";

/// Writes rejected rows. Nothing is written where nothing is rejected.
pub(super) struct Rejects<W: Write> {
    writer: Writer<W>,
    heading: Option<ByteRecord>,
    width: usize,
}

impl<W: Write> Rejects<W> {
    pub(super) fn new(file: W, headers: &[String], delimiter: u8) -> Self {
        let writer = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(file);
        let mut why = WHY.to_owned();
        while headers.contains(&why) {
            why.push('_');
        }
        let mut heading: ByteRecord = headers.iter().map(String::as_bytes).collect();
        heading.push_field(why.as_bytes());
        Self { writer, heading: Some(heading), width: headers.len() }
    }

    /// Writes a row with what is wrong with it.
    pub(super) fn write(&mut self, line: &Line, refusal: &Refusal, plan: &Plan, locale: Locale) -> Result<(), Error> {
        if let Some(heading) = self.heading.take() {
            self.writer.write_byte_record(&heading).map_err(failed)?;
        }
        let mut record = line.cells.clone();
        // A row that is too short keeps its reason in the last column all the same.
        while record.len() < self.width {
            record.push_field(b"");
        }
        record.push_field(why(line, refusal, plan, locale).as_bytes());
        self.writer.write_byte_record(&record).map_err(failed)
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|error| Error::Rejects(error.to_string()))
    }
}

fn failed(error: csv::Error) -> Error {
    Error::Rejects(error.to_string())
}

/// `line 7: amount: not a number; close_date: not a date`, with the headings of the file where a column fills the field.
fn why(line: &Line, refusal: &Refusal, plan: &Plan, locale: Locale) -> String {
    let heading = |error: &FieldError| {
        let column = plan.columns.iter().find(|column| *column.name == error.field);
        column.map_or_else(|| error.field.clone(), |column| column.header.clone())
    };
    let mut reasons: Vec<String> = refusal
        .errors
        .iter()
        .map(|error| {
            let message = error.message.text(locale);
            if error.field.is_empty() { message } else { format!("{}: {message}", heading(error)) }
        })
        .collect();
    if reasons.is_empty() {
        reasons.push(refusal.detail.text(locale));
    }
    format!("line {}: {}", line.number, reasons.join("; "))
}
