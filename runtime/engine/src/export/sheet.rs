//! Workbooks: one sheet with a heading, and further ones where the rows of a sheet do not suffice.
//!
//! Rows are written through to a file on the disk as they come, so memory does not grow with them. Cells are typed.
//! What a cell's number would not keep exactly (more than 15 digits, days before March 1900) is written as text, and a
//! text is always a text, whatever it looks like.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};

use fichero_model::kind::Kind;
use fichero_model::value::Value;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::Error;
use super::cell::Cells;
use super::column::{Column, Part};
use crate::value::guard;

/// How many rows a sheet has.
const ROWS: u32 = 1_048_576;

/// The longest text of a cell, in characters.
const LONGEST: usize = 32_767;

/// The most digits that a cell's number keeps.
const DIGITS: usize = 15;

/// The longest name of a sheet.
const LONGEST_NAME: usize = 31;

/// The day that days are counted from, where a spreadsheet's 29 February 1900 lies behind.
const FIRST: Date = jiff::civil::date(1899, 12, 30);

/// The first day of which all spreadsheets think alike.
const FIRST_SURE: Date = jiff::civil::date(1900, 3, 1);

const SECONDS_OF_DAY: f64 = 86_400.0;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Typed {
    /// Nothing.
    Empty,
    /// Text, whatever it looks like.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// An amount of money.
    Amount(f64),
    /// A day.
    Date(f64),
    /// A time of day.
    Time(f64),
    /// A moment, in the workspace's zone.
    Moment(f64),
}

impl Typed {
    /// The cell of a value.
    pub(super) fn of(cells: &Cells<'_>, column: &Column, value: &Value) -> Self {
        let text = || Typed::Text(cells.words(column, value));
        let field = column.declared(cells.model);
        match (value, column.part) {
            (Value::Nothing, Part::Value) if matches!(field.kind, Kind::Boolean) && !field.many => {
                Typed::Boolean(false)
            }
            // An empty cell would take the default again.
            (Value::Nothing, _) if column.has_default(cells.model) => Typed::Text(guard::NOTHING.to_owned()),
            (Value::Nothing, _) => Typed::Empty,
            (Value::Boolean(truth), _) => Typed::Boolean(*truth),
            (Value::Integer(number) | Value::Duration(number), _) => {
                exact(Decimal::from(*number)).map_or_else(text, Typed::Number)
            }
            (Value::Decimal(number), _) => exact(*number).map_or_else(text, Typed::Number),
            (Value::Money(money), Part::Value) => exact(money.amount).map_or_else(text, Typed::Amount),
            (Value::Money(money), Part::Base) => exact(money.base).map_or_else(text, Typed::Amount),
            (Value::Date(date), _) => day(*date).map_or_else(text, Typed::Date),
            (Value::Time(time), _) => Typed::Time(seconds(*time) / SECONDS_OF_DAY),
            (Value::DateTime(moment), _) => {
                let civil = moment.to_zoned(cells.model.workspace.time_zone.clone()).datetime();
                // A time that clocks show twice is not told apart by a cell.
                let is_sure = is_unambiguous(civil, &cells.model.workspace.time_zone);
                let day = day(civil.date()).filter(|_| is_sure && moment.subsec_nanosecond() == 0);
                day.map_or_else(text, |day| Typed::Moment(day + seconds(civil.time()) / SECONDS_OF_DAY))
            }
            (Value::Money(_), Part::Currency)
            | (Value::Text(_) | Value::Ref(_) | Value::List(_) | Value::Json(_), _) => text(),
        }
    }
}

/// The number as a cell keeps it; nothing where it would be another one.
fn exact(number: Decimal) -> Option<f64> {
    let number = number.normalize();
    let digits = number.mantissa().unsigned_abs().to_string();
    (digits.len() <= DIGITS).then(|| number.to_f64()).flatten()
}

fn day(date: Date) -> Option<f64> {
    let days = FIRST.until(date).ok()?.get_days();
    (date >= FIRST_SURE).then(|| f64::from(days))
}

fn seconds(time: Time) -> f64 {
    f64::from(i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second()))
}

fn is_unambiguous(civil: DateTime, zone: &TimeZone) -> bool {
    !zone.to_ambiguous_timestamp(civil).is_ambiguous()
}

/// A workbook under way.
pub(super) struct Sheet {
    book: Workbook,
    /// What the sheet is called.
    name: String,
    headings: Vec<String>,
    /// The row that is written next; the rows of a sheet when there is none yet.
    row: u32,
    /// How many rows a sheet has.
    rows: u32,
    formats: Formats,
}

struct Formats {
    heading: Format,
    amount: Format,
    date: Format,
    time: Format,
    moment: Format,
}

impl Sheet {
    /// A workbook whose sheet bears a name, with these headings.
    pub(super) fn new(name: &str, headings: Vec<String>) -> Self {
        Self::with_rows(name, headings, ROWS)
    }

    fn with_rows(name: &str, headings: Vec<String>, rows: u32) -> Self {
        let shown_as = |form: &str| Format::new().set_num_format(form);
        let formats = Formats {
            heading: Format::new().set_bold(),
            amount: shown_as("#,##0.00##"),
            date: shown_as("yyyy-mm-dd"),
            time: shown_as("hh:mm:ss"),
            moment: shown_as("yyyy-mm-dd hh:mm:ss"),
        };
        Self { book: Workbook::new(), name: tab(name), headings, row: rows, rows, formats }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When a text is longer than a cell may be, or the disk is full.
    pub(super) fn write(&mut self, cells: &[Typed]) -> Result<(), Error> {
        if self.row >= self.rows {
            self.begin()?;
        }
        let (row, formats) = (self.row, &self.formats);
        let last = self.book.worksheets_mut().last_mut();
        let sheet = last.ok_or_else(|| Error::File("the workbook has no sheet".to_owned()))?;
        for (at, cell) in cells.iter().enumerate() {
            let column = u16::try_from(at).map_err(|_| Error::File("a sheet has no more columns".to_owned()))?;
            if let Typed::Text(text) = cell
                && text.encode_utf16().count() > LONGEST
            {
                let heading = self.headings.get(at).map_or("", String::as_str);
                return Err(Error::File(format!(
                    "row {}: the text in the column `{heading}` is longer than the {LONGEST} characters that a cell of a \
                     workbook holds; export to CSV, or leave the column out",
                    row + 1
                )));
            }
            put(sheet, (row, column), cell, formats).map_err(|error| broken(&error))?;
        }
        self.row += 1;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let number = self.book.worksheets().len() + 1;
        let name = match number {
            1 => self.name.clone(),
            _ => {
                let behind = format!(" {number}");
                let room = LONGEST_NAME.saturating_sub(behind.len());
                format!("{}{behind}", self.name.chars().take(room).collect::<String>())
            }
        };
        let begun = |book: &mut Workbook, headings: &[String], formats: &Formats| -> Result<(), XlsxError> {
            let sheet = book.add_worksheet_with_constant_memory()?;
            sheet.set_name(name)?.set_freeze_panes(1, 0)?;
            for (column, heading) in (0_u16..).zip(headings) {
                sheet.write_string_with_format(0, column, heading, &formats.heading)?;
                sheet.set_column_width(column, width(heading))?;
            }
            Ok(())
        };
        begun(&mut self.book, &self.headings, &self.formats).map_err(|error| broken(&error))?;
        self.row = 1;
        Ok(())
    }

    /// Ends the workbook, and gives it as a file that has no name.
    ///
    /// # Errors
    /// When the disk is full.
    pub(super) fn end(mut self) -> Result<File, Error> {
        if self.book.worksheets().is_empty() {
            self.begin()?;
        }
        let unwritten = |error: std::io::Error| Error::File(format!("the workbook cannot be written: {error}"));
        let mut out = BufWriter::new(tempfile::tempfile().map_err(unwritten)?);
        self.book.save_to_writer(&mut out).map_err(|error| broken(&error))?;
        out.flush().map_err(unwritten)?;
        let mut file = out.into_inner().map_err(|error| unwritten(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(unwritten)?;
        Ok(file)
    }
}

fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Typed, formats: &Formats) -> Result<(), XlsxError> {
    match cell {
        Typed::Empty => Ok(()),
        Typed::Text(text) => sheet.write_string(row, column, text).map(drop),
        Typed::Boolean(truth) => sheet.write_boolean(row, column, *truth).map(drop),
        Typed::Number(number) => sheet.write_number(row, column, *number).map(drop),
        Typed::Amount(number) => sheet.write_number_with_format(row, column, *number, &formats.amount).map(drop),
        Typed::Date(days) => sheet.write_number_with_format(row, column, *days, &formats.date).map(drop),
        Typed::Time(days) => sheet.write_number_with_format(row, column, *days, &formats.time).map(drop),
        Typed::Moment(days) => sheet.write_number_with_format(row, column, *days, &formats.moment).map(drop),
    }
}

fn broken(error: &XlsxError) -> Error {
    Error::File(format!("the workbook cannot be written: {error}"))
}

/// How wide a column is for its heading, in characters; what stands beneath is seldom shorter than a date.
fn width(heading: &str) -> f64 {
    let characters = u32::try_from(heading.chars().count()).unwrap_or(u32::MAX);
    f64::from(characters.clamp(11, 40) + 2)
}

/// A name as the tab of a sheet may bear it.
fn tab(name: &str) -> String {
    let signs =
        name.chars().map(|sign| if matches!(sign, '[' | ']' | ':' | '*' | '?' | '/' | '\\') { ' ' } else { sign });
    let name: String = signs.take(LONGEST_NAME).collect();
    let name = name.trim_matches(|sign: char| sign == '\'' || sign.is_whitespace()).to_owned();
    // Spreadsheets keep this one to themselves.
    if name.is_empty() || name.eq_ignore_ascii_case("history") { "Records".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::io::Read as _;

    use super::*;

    #[test]
    fn rows_beyond_a_sheet_go_to_the_next() {
        let mut sheet = Sheet::with_rows("History", vec!["n".to_owned()], 3);
        (0..5).for_each(|number| sheet.write(&[Typed::Number(f64::from(number))]).unwrap());
        let mut archive = zip::ZipArchive::new(sheet.end().unwrap()).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let book = part("xl/workbook.xml");
        for name in ["Records", "Records 2", "Records 3"] {
            assert!(book.contains(&format!("name=\"{name}\"")), "{book}");
        }
        for (sheet, values) in [(1, &["0", "1"][..]), (2, &["2", "3"]), (3, &["4"])] {
            let sheet = part(&format!("xl/worksheets/sheet{sheet}.xml"));
            values.iter().for_each(|value| assert!(sheet.contains(&format!("<v>{value}</v>")), "{sheet}"));
            assert_eq!(sheet.matches("<row ").count(), values.len() + 1, "{sheet}");
        }
    }

    #[test]
    fn numbers_that_a_cell_does_not_keep_are_none() {
        let exact = |text: &str| exact(text.parse().unwrap());
        assert_eq!(exact("-12345678901.2345"), Some(-12_345_678_901.234_5));
        assert_eq!(exact("1234567890123456"), None);
        assert_eq!(exact("100000000000000000000"), None, "digits are counted, zeros among them");
        let day = |text: &str| day(text.parse().unwrap());
        assert_eq!((day("1900-03-01"), day("2026-03-02"), day("1900-02-28")), (Some(61.0), Some(46_083.0), None));
    }
}
