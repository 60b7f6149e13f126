//! Text with a sign between cells.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use csv::{ByteRecord, Reader, ReaderBuilder};
use fichero_model::data::Reading;
use fichero_model::label::Locale;

use super::encoding::{self, Decoded, Progress};
use super::sniff::{self, Style};
use super::{Error, LONGEST_ROW, LOOKED_AT, Raw, unreadable};
use crate::import::quotes::{Flaw, Quotes};

/// Rows as they stand in the text.
pub(super) struct Delimited<'f> {
    reader: Reader<Watched<'f>>,
    watch: Arc<Mutex<Watch>>,
    /// How much of the file was read, where that is not what the text comes to.
    decoded: Option<Progress>,
}

impl<'f> Delimited<'f> {
    /// Reads the heading; `start` is the beginning of the file.
    pub(super) fn open(
        file: impl Read + 'f,
        start: &[u8],
        reading: &Reading,
    ) -> Result<(Self, ByteRecord, Style), Error> {
        let found = encoding::of(start, reading.encoding.as_deref())?;
        let mut text: Box<dyn Read + 'f> = Box::new(file);
        io::copy(&mut text.by_ref().take(found.mark), &mut io::sink()).map_err(|error| unreadable(&error))?;
        let mut decoded = None;
        if let Some(encoding) = found.encoding {
            let reader = Decoded::new(text, encoding);
            decoded = Some(reader.progress());
            text = Box::new(reader);
        }
        let mut head = Vec::new();
        text.by_ref().take(LOOKED_AT).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
        if found.encoding.is_none() {
            encoding::check(&head, found.mark)?;
        }
        let style = Style { is_foreign: found.encoding.is_some(), ..sniff::style(&head, reading) };
        let quotes = Quotes::new(style.delimiter, style.quote);
        let watch = Arc::new(Mutex::new(Watch { since: 0, quotes }));
        let watched = Watched { inner: Cursor::new(head).chain(text), watch: Arc::clone(&watch) };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(style.delimiter).flexible(true).has_headers(false);
        match style.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        let mut reader = builder.from_reader(watched);
        let mut heading = ByteRecord::new();
        let found = reader.read_byte_record(&mut heading).map_err(|error| broken(&error, 1))?;
        if !found {
            return Err(Error::File("the file is empty; its first line must name its columns".to_owned()));
        }
        if let (_, Some(flaw)) = row_read(&watch, reader.position().byte()) {
            return Err(Error::File(flaw.message().text(Locale::EN)));
        }
        Ok((Self { reader, watch, decoded }, heading, style))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.decoded.as_ref().map_or_else(|| self.reader.position().byte(), Progress::bytes)
    }

    pub(super) fn next(&mut self) -> Result<Option<Raw>, Error> {
        let mut cells = ByteRecord::new();
        let is_there = self
            .reader
            .read_byte_record(&mut cells)
            .map_err(|error| broken(&error, watched(&self.watch).quotes.line()))?;
        if !is_there {
            return Ok(None);
        }
        let (number, flaw) = row_read(&self.watch, self.reader.position().byte());
        let flaw = flaw.map(|flaw| ("bad_quotes", flaw.message()));
        Ok(Some(Raw { number, cells, sorts: Vec::new(), flaw }))
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
struct Watched<'f> {
    inner: io::Chain<Cursor<Vec<u8>>, Box<dyn Read + 'f>>,
    watch: Arc<Mutex<Watch>>,
}

impl Read for Watched<'_> {
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

fn broken(error: &csv::Error, line: u64) -> Error {
    Error::File(format!("line {line}: {error}"))
}
