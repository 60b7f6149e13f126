//! A CSV file as a stream of rows: its encoding, its delimiter, its heading.
//!
//! Cells are kept as bytes, so that a row that cannot be read is still given back as it was.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use csv::{ByteRecord, Reader, ReaderBuilder};
use fichero_model::label::Locale;

use super::Error;
use super::quotes::{Flaw, Quotes};
use super::reject::MISSING;

/// How much of a file is looked at to tell its encoding and delimiter.
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
    /// What is wrong with its quotes, so that the cells may be others than meant.
    pub flaw: Option<Flaw>,
}

/// An open file whose heading was read.
pub(super) struct Source<R: Read> {
    reader: Reader<Watched<R>>,
    watch: Arc<Mutex<Watch>>,
    headers: Vec<String>,
    delimiter: u8,
    /// How many rows were read.
    rows: i64,
    /// The last cell of each row says why an earlier import rejected it.
    has_reasons: bool,
}

impl<R: Read> Source<R> {
    /// Looks at the beginning of a file and reads its heading.
    pub(super) fn open(mut file: R) -> Result<Self, Error> {
        let mut start = Vec::new();
        file.by_ref().take(LOOKED_AT).read_to_end(&mut start).map_err(|error| unreadable(&error))?;
        if let Some(rest) = start.strip_prefix(b"\xEF\xBB\xBF") {
            start = rest.to_vec();
        }
        check_encoding(&start)?;
        let delimiter = delimiter_of(&start);
        let watch = Arc::new(Mutex::new(Watch { since: 0, quotes: Quotes::new(delimiter) }));
        let watched = Watched { inner: Cursor::new(start).chain(file), watch: Arc::clone(&watch) };
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(watched);
        let mut heading = ByteRecord::new();
        let found = reader.read_byte_record(&mut heading).map_err(|error| broken(&error, 1))?;
        if !found {
            return Err(Error::File("the file is empty; its first line must name its columns".to_owned()));
        }
        if let (_, Some(flaw)) = row_read(&watch, reader.position().byte()) {
            return Err(Error::File(flaw.message().text(Locale::EN)));
        }
        let mut headers = headers(&heading)?;
        let has_reasons = headers.len() > 1 && headers.last().is_some_and(|last| last == super::reject::WHY);
        if has_reasons {
            headers.pop();
        }
        Ok(Self { reader, watch, headers, delimiter, rows: 0, has_reasons })
    }

    /// Whether it is a rejects file: its last column says why rows were rejected, and is passed over.
    pub(super) fn has_reasons(&self) -> bool {
        self.has_reasons
    }

    /// The names of the columns, without white space around them and without the reasons of a rejects file.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The sign between cells.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next rows, at most `most`; none at the end.
    pub(super) fn read(&mut self, most: usize) -> Result<Vec<Line>, Error> {
        let mut lines = Vec::new();
        while lines.len() < most {
            let mut cells = ByteRecord::new();
            if !self
                .reader
                .read_byte_record(&mut cells)
                .map_err(|error| broken(&error, watched(&self.watch).quotes.line()))?
            {
                break;
            }
            let (number, flaw) = row_read(&self.watch, self.reader.position().byte());
            if self.has_reasons {
                // The last of the row rather than of the heading: a row that is too short or too long stays so.
                cells.truncate(cells.len().saturating_sub(1));
                let given = cells.iter().rposition(|cell| cell != MISSING.as_bytes()).map_or(0, |last| last + 1);
                cells.truncate(given);
            }
            self.rows += 1;
            lines.push(Line { row: self.rows, number, cells, flaw });
        }
        Ok(lines)
    }
}

/// What is noted of the bytes of a file as they are read.
struct Watch {
    /// How many since the row before.
    since: u64,
    quotes: Quotes,
}

fn watched(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A row was read, up to this byte; gives its line and what is wrong with its quotes.
fn row_read(watch: &Mutex<Watch>, end: u64) -> (u64, Option<Flaw>) {
    let mut watch = watched(watch);
    watch.since = 0;
    watch.quotes.take(end)
}

/// Fails when one row is longer than [`LONGEST_ROW`], before it fills the memory.
struct Watched<R> {
    inner: io::Chain<Cursor<Vec<u8>>, R>,
    watch: Arc<Mutex<Watch>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut watch = watched(&self.watch);
        if watch.since > LONGEST_ROW {
            return Err(io::Error::other(
                "this row is longer than 8 MiB; a quote was probably opened here and never closed",
            ));
        }
        let count = self.inner.read(buffer)?;
        watch.since += count as u64;
        watch.quotes.look(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn check_encoding(start: &[u8]) -> Result<(), Error> {
    let save = "save it as UTF-8";
    if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
        return Err(Error::File(format!("the file is UTF-16; {save}")));
    }
    if start.starts_with(b"PK\x03\x04") {
        return Err(Error::File(
            "the file is a workbook or an archive, not CSV; save the sheet as CSV in UTF-8".to_owned(),
        ));
    }
    if let Some(at) = start.iter().position(|byte| *byte == 0) {
        return Err(Error::File(format!(
            "line {} holds a NUL byte, so the file is not text in UTF-8; {save}",
            line_of(start, at)
        )));
    }
    let Err(error) = std::str::from_utf8(start) else { return Ok(()) };
    // The look may have ended in the middle of a character.
    if error.error_len().is_none() && start.len() as u64 >= LOOKED_AT - 3 {
        return Ok(());
    }
    let at = error.valid_up_to();
    let byte = start.get(at).copied().unwrap_or(0);
    Err(Error::File(format!(
        "line {} holds the byte 0x{byte:02X}, which is not UTF-8 (the file is probably Windows-1252 or Latin-1); {save}",
        line_of(start, at)
    )))
}

fn line_of(start: &[u8], at: usize) -> usize {
    start.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// The sign that stands most often in the heading, outside of quotes.
fn delimiter_of(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    // Blank lines may stand before the heading.
    let heading = start.iter().skip_while(|byte| matches!(byte, b'\n' | b'\r'));
    for byte in heading {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            other if !quoted => counts.iter_mut().filter(|(sign, _)| sign == other).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // Of several that stand equally often the first in the list.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}

fn headers(heading: &ByteRecord) -> Result<Vec<String>, Error> {
    if heading.len() > MOST_COLUMNS {
        return Err(Error::File(format!(
            "the heading names {} columns; at most {MOST_COLUMNS} are taken",
            heading.len()
        )));
    }
    let mut names: Vec<String> = Vec::with_capacity(heading.len());
    for cell in heading {
        let name = std::str::from_utf8(cell)
            .map_err(|_| Error::File("the heading is not UTF-8; save the file as UTF-8".to_owned()))?
            .trim();
        if !name.is_empty() && names.iter().any(|known| known == name) {
            return Err(Error::File(format!("two columns are called `{name}`; rename one of them")));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn unreadable(error: &io::Error) -> Error {
    Error::File(format!("the file cannot be read: {error}"))
}

fn broken(error: &csv::Error, line: u64) -> Error {
    Error::File(format!("line {line}: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn open(bytes: &[u8]) -> Result<Source<&[u8]>, String> {
        Source::open(bytes).map_err(|error| error.to_string())
    }

    fn refused(bytes: &[u8]) -> String {
        match open(bytes) {
            Ok(_) => panic!("it should be refused"),
            Err(error) => error,
        }
    }

    #[test]
    fn delimiters_are_told_by_the_heading() {
        for (heading, delimiter, count) in [
            ("name,city\n", b',', 2),
            ("name;city;a,b\n", b';', 3),
            ("name\tcity\n", b'\t', 2),
            ("\"a;b;c\",city\n", b',', 2),
            ("name\n1;2\n", b',', 1),
            ("\u{feff}name;city\n", b';', 2),
        ] {
            let source = open(heading.as_bytes()).unwrap();
            assert_eq!((source.delimiter(), source.headers().len()), (delimiter, count), "{heading:?}");
        }
    }

    #[test]
    fn rows_know_their_lines_also_behind_line_breaks_in_cells() {
        let file = "name,note\nA,\"two\nlines\"\nB,one\n\nC,two\n";
        for file in [file.to_owned(), file.replace('\n', "\r\n"), format!("\u{feff}{file}\n\n")] {
            let mut source = open(file.as_bytes()).unwrap();
            let lines: Vec<(u64, usize)> =
                source.read(10).unwrap().iter().map(|line| (line.number, line.cells.len())).collect();
            assert_eq!(lines, [(2, 2), (4, 2), (6, 2)], "{file:?}");
        }
    }

    #[test]
    fn flaws_of_quotes_belong_to_their_row() {
        let mut source =
            open(b"a,b\n\"x\" ,\"a \"\"b\"\"\"\n\"un\"closed,1\n\"two\nlines\"more,2\nplain \"q\",3\n4,\"open\n5,6\n")
                .unwrap();
        let lines: Vec<(u64, Option<Flaw>)> =
            source.read(10).unwrap().iter().map(|line| (line.number, line.flaw)).collect();
        let behind = |line| Some(Flaw::Behind(line));
        assert_eq!(lines, [(2, None), (3, behind(3)), (4, behind(5)), (6, None), (7, Some(Flaw::Open(7)))]);
        assert_eq!(refused(b"a,\"b\n1,2\n"), "The quote that opens in line 1 is never closed");
        assert!(refused(b"\"a\"b,c\n1,2\n").starts_with("In line 1 text stands behind a closing quote"));
    }

    #[test]
    fn what_is_no_csv_in_utf8_is_told_precisely() {
        assert_eq!(refused(b""), "the file is empty; its first line must name its columns");
        assert_eq!(refused(b"a,a\n1,2\n"), "two columns are called `a`; rename one of them");
        assert_eq!(refused(b"\xFF\xFEa\0"), "the file is UTF-16; save it as UTF-8");
        assert_eq!(
            refused(b"name\nJos\xE9\n"),
            "line 2 holds the byte 0xE9, which is not UTF-8 (the file is probably Windows-1252 or Latin-1); save it as UTF-8"
        );
        assert!(refused(b"PK\x03\x04....").starts_with("the file is a workbook"));
        assert!(refused(b"a\nb\0c\n").starts_with("line 2 holds a NUL byte"));
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_the_reading() {
        let endless = io::repeat(b'x');
        let mut source = Source::open(Cursor::new(b"name\nA\n\"".to_vec()).chain(endless)).unwrap();
        let mut read = || source.read(1);
        assert_eq!(read().unwrap().len(), 1);
        let error = read().unwrap_err().to_string();
        assert!(error.starts_with("line 3: ") && error.contains("longer than 8 MiB"), "{error}");
    }
}
