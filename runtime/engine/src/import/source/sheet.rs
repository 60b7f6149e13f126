//! A sheet of a workbook (.xlsx).
//!
//! A workbook is an archive, which may come to far more than it seems to be: it is unpacked into nothing first, and what
//! its parts come to is bounded. Then the rows of the sheet are written to a temporary file, so that an import begins with
//! a workbook that was readable to its end, and memory holds no more than its shared texts.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Seek as _};

use calamine::{Cell, DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use csv::ByteRecord;
use zip::ZipArchive;

use super::{Error, MOST_COLUMNS, Raw, Sort, spool, too_wide, unreadable};

/// The most that the sheets of a workbook come to, unpacked.
const MOST_UNPACKED: u64 = 2 * 1024 * 1024 * 1024;

/// The most that another part comes to, such as the shared texts: it is held in memory.
const LARGEST_PART: u64 = 128 * 1024 * 1024;

/// The most parts.
const MOST_PARTS: usize = 10_000;

/// The most cells of a sheet.
const MOST_CELLS: u64 = 50_000_000;

const SECONDS_OF_DAY: f64 = 86_400.0;

/// A row in the temporary file: its number, its cells, what they are.
type Row = (u64, Vec<String>, Vec<Sort>);

/// Rows of a sheet.
pub(super) struct Sheet {
    rows: BufReader<File>,
    line: String,
    /// How many cells a row has at least.
    width: usize,
    /// The size of the file, what the rows come to, and how much of that was read.
    size: (u64, u64),
    read: u64,
}

impl Sheet {
    /// Unpacks the sheet of a workbook, and reads its heading.
    pub(super) fn open(mut file: impl Read, wanted: Option<&str>) -> Result<(Self, ByteRecord), Error> {
        let mut book = spool()?;
        let size = io::copy(&mut file, &mut book).map_err(|error| unreadable(&error))?;
        let wanted = wanted.map(str::to_owned);
        // A workbook that was made to do harm may bring its reader to a panic, which ends this thread alone.
        let unpacked = std::thread::spawn(move || unpack(book, wanted.as_deref())).join();
        let mut rows = unpacked.map_err(|_| damaged("it cannot be read"))??;
        let length = rows.stream_position().and_then(|length| rows.rewind().map(|()| length));
        let length = length.map_err(|error| unreadable(&error))?;
        let rows = BufReader::new(rows);
        let mut sheet = Self { rows, line: String::new(), width: 0, size: (size, length), read: 0 };
        match sheet.next()? {
            Some(heading) => Ok((sheet, heading.cells)),
            None => Err(Error::File("the sheet is empty; its first row must name its columns".to_owned())),
        }
    }

    /// Empty cells at the end of a row are not in the file.
    pub(super) fn set_width(&mut self, width: usize) {
        self.width = width;
    }

    pub(super) fn bytes(&self) -> u64 {
        let (size, length) = self.size;
        if self.read == length { size } else { (size as f64 * self.read as f64 / length as f64) as u64 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Raw>, Error> {
        self.line.clear();
        let count = self.rows.read_line(&mut self.line).map_err(|error| unreadable(&error))?;
        if count == 0 {
            return Ok(None);
        }
        self.read += count as u64;
        let (number, mut cells, sorts): Row =
            serde_json::from_str(&self.line).map_err(|error| damaged(&error.to_string()))?;
        cells.resize(cells.len().max(self.width), String::new());
        Ok(Some(Raw { number, cells: cells.into(), sorts, flaw: None }))
    }
}

fn damaged(why: &str) -> Error {
    Error::File(format!("the workbook is damaged: {why}"))
}

fn unpack(book: File, wanted: Option<&str>) -> Result<File, Error> {
    let book = weighed(book)?;
    let mut book: Xlsx<BufReader<File>> =
        Xlsx::new(BufReader::new(book)).map_err(|error: XlsxError| damaged(&error.to_string()))?;
    let name = chosen(&mut book, wanted)?;
    let mut rows = BufWriter::new(spool()?);
    let mut reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error.to_string()))?;
    let mut row = Pending::default();
    let mut count = 0_u64;
    while let Some(cell) = reader.next_cell().map_err(|error| damaged(&error.to_string()))? {
        count += 1;
        if count > MOST_CELLS {
            return Err(Error::File(format!("the sheet has more than {MOST_CELLS} cells")));
        }
        row.take(&cell, &mut rows)?;
    }
    row.end(&mut rows)?;
    rows.into_inner().map_err(|error| unreadable(error.error()))
}

/// Refuses a workbook that comes to too much, before anything of it is held in memory.
fn weighed(mut book: File) -> Result<File, Error> {
    let mut archive = ZipArchive::new(&mut book).map_err(|error| damaged(&error.to_string()))?;
    if archive.len() > MOST_PARTS {
        return Err(Error::File(format!("the workbook has more than {MOST_PARTS} parts")));
    }
    let (mut total, mut is_workbook) = (0, false);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| damaged(&error.to_string()))?;
        let name = part.name().map_err(|error| damaged(&error.to_string()))?.into_owned();
        is_workbook |= name == "xl/workbook.xml";
        let is_sheet = name.starts_with("xl/worksheets/");
        let most = if is_sheet { MOST_UNPACKED - total } else { LARGEST_PART };
        // What the archive says of its parts need not be true.
        let size = io::copy(&mut part.take(most + 1), &mut io::sink()).map_err(|error| damaged(&error.to_string()))?;
        if size > most {
            return Err(Error::File(format!(
                "the workbook is too large: unpacked, `{name}` comes to more than {most} bytes"
            )));
        }
        total += if is_sheet { size } else { 0 };
    }
    if !is_workbook {
        let help = "an archive, or a workbook of another sort; save the sheet as .xlsx or CSV";
        return Err(Error::File(format!("the file is no workbook that can be read: it is {help}")));
    }
    book.rewind().map_err(|error| unreadable(&error))?;
    Ok(book)
}

/// The sheet that is meant: the one that is named, else the only visible one that holds anything.
fn chosen(book: &mut Xlsx<BufReader<File>>, wanted: Option<&str>) -> Result<String, Error> {
    let sheets = book.sheets_metadata().to_vec();
    let mut names: Vec<String> = sheets
        .into_iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .filter(|sheet| wanted.is_some() || sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name)
        .collect();
    if let Some(wanted) = wanted {
        return match names.iter().find(|name| **name == *wanted) {
            Some(name) => Ok(name.clone()),
            None => Err(Error::File(format!("the workbook has no sheet `{wanted}`; it has {}", listed(&names)))),
        };
    }
    if names.len() > 1 {
        names.retain(|name| {
            let first =
                book.worksheet_cells_reader(name).and_then(|mut reader| reader.next_cell().map(|cell| cell.is_some()));
            first.unwrap_or(true)
        });
    }
    match &names[..] {
        [only] => Ok(only.clone()),
        [] => Err(Error::File("the workbook has no sheet that holds anything".to_owned())),
        several => Err(Error::File(format!(
            "the workbook has several sheets ({}); say which one with --sheet or in the mapping",
            listed(several)
        ))),
    }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A row whose cells come one by one.
#[derive(Default)]
struct Pending {
    number: u64,
    cells: Vec<String>,
    sorts: Vec<Sort>,
}

impl Pending {
    fn take(&mut self, cell: &Cell<DataRef<'_>>, rows: &mut impl io::Write) -> Result<(), Error> {
        let (row, column) = cell.get_position();
        let (number, column) = (u64::from(row) + 1, column as usize);
        if number != self.number {
            self.end(rows)?;
            self.number = number;
        }
        let (text, sort) = text(cell.get_value());
        if text.is_empty() {
            return Ok(());
        }
        if column >= MOST_COLUMNS {
            return Err(too_wide(&format!("row {number}"), column + 1));
        }
        self.cells.resize(self.cells.len().max(column + 1), String::new());
        self.sorts.resize(self.cells.len(), Sort::Plain);
        if let (Some(to), Some(is)) = (self.cells.get_mut(column), self.sorts.get_mut(column)) {
            (*to, *is) = (text, sort);
        }
        Ok(())
    }

    /// Writes the row, unless it is empty.
    fn end(&mut self, rows: &mut impl io::Write) -> Result<(), Error> {
        if self.cells.is_empty() {
            return Ok(());
        }
        let row: Row = (self.number, std::mem::take(&mut self.cells), std::mem::take(&mut self.sorts));
        let mut line = serde_json::to_vec(&row).map_err(|error| damaged(&error.to_string()))?;
        line.push(b'\n');
        rows.write_all(&line).map_err(|error| unreadable(&error))
    }
}

fn text(value: &DataRef<'_>) -> (String, Sort) {
    match value {
        DataRef::Empty => (String::new(), Sort::Plain),
        DataRef::Int(number) => (number.to_string(), Sort::Number),
        DataRef::Float(number) => (number.to_string(), Sort::Number),
        DataRef::Bool(truth) => (truth.to_string(), Sort::Plain),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), Sort::Plain),
        DataRef::SharedString(text) => ((*text).to_owned(), Sort::Plain),
        DataRef::DateTime(moment) => (moment_text(moment), Sort::Moment),
        DataRef::Error(error) => (error.to_string(), Sort::Failed),
    }
}

/// A day, a time of day, a moment or a length of time, in ISO 8601.
fn moment_text(moment: &ExcelDateTime) -> String {
    let value = moment.as_f64();
    if moment.is_duration() {
        let seconds = (value * SECONDS_OF_DAY).round();
        let (sign, seconds) = (if seconds < 0.0 { "-" } else { "" }, seconds.abs() as u64);
        return format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let parts = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let time = format!("{hour:02}:{minute:02}:{second:02}{parts}");
    match ((0.0..1.0).contains(&value), (hour, minute, second, milli)) {
        (true, _) => time,
        (false, (0, 0, 0, 0)) => format!("{year:04}-{month:02}-{day:02}"),
        (false, _) => format!("{year:04}-{month:02}-{day:02}T{time}"),
    }
}
