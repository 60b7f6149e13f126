//! JSON lines: an object in each line, whose keys are the headings.
//!
//! Keys may come in any row, so a file is read twice: once for its keys, while it is copied to a temporary file, and from
//! there for its rows.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek as _, Write as _};

use csv::ByteRecord;
use serde_json::Value;

use super::{Error, LONGEST_ROW, MOST_COLUMNS, Raw, Sort, spool, too_wide, unreadable};
use crate::message::Message;
use crate::value::check::Problem;
use crate::value::guard;
use crate::value::strict::{self, Unread};

/// How many characters of a line that is no object are shown.
const MOST_SHOWN: usize = 40;

/// Rows of JSON lines.
pub(super) struct Json {
    lines: Lines<BufReader<File>>,
    keys: Vec<String>,
}

impl Json {
    /// Copies the file and finds its keys.
    pub(super) fn open(file: impl Read) -> Result<(Self, ByteRecord), Error> {
        let mut copy = BufWriter::new(spool()?);
        let mut lines = Lines::new(BufReader::new(file));
        let (mut keys, mut known) = (Vec::new(), HashSet::new());
        while lines.next()? {
            copy.write_all(&lines.line).map_err(|error| unreadable(&error))?;
            let Ok(Value::Object(row)) = serde_json::from_slice(lines.text()) else { continue };
            for (key, _) in row {
                if known.insert(key.clone()) {
                    keys.push(key);
                }
            }
            if keys.len() > MOST_COLUMNS {
                return Err(too_wide("the file", keys.len()));
            }
        }
        if keys.is_empty() {
            return Err(Error::File("no line of the file holds a JSON object".to_owned()));
        }
        let mut copy = copy.into_inner().map_err(|error| unreadable(error.error()))?;
        copy.rewind().map_err(|error| unreadable(&error))?;
        let heading = keys.iter().map(String::as_bytes).collect();
        Ok((Self { lines: Lines::new(BufReader::new(copy)), keys }, heading))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    pub(super) fn next(&mut self) -> Result<Option<Raw>, Error> {
        loop {
            if !self.lines.next()? {
                return Ok(None);
            }
            let number = self.lines.number;
            let text = self.lines.text();
            if text.is_empty() {
                continue;
            }
            let flawed = |flaw: Problem| {
                let cells = std::iter::once(text).collect();
                Ok(Some(Raw { number, cells, sorts: Vec::new(), flaw: Some(flaw) }))
            };
            let malformed = |why: String| ("not_json_line", Message::with("not_json_line", [why]));
            return match strict::json(text) {
                Ok(Value::Object(row)) => {
                    let (cells, sorts) = self.keys.iter().map(|key| cell(row.get(key))).unzip::<_, _, Vec<_>, _>();
                    Ok(Some(Raw { number, cells: cells.into(), sorts, flaw: None }))
                }
                Ok(_) => flawed(malformed(String::from_utf8_lossy(text).chars().take(MOST_SHOWN).collect())),
                Err(Unread::Malformed(why)) => flawed(malformed(why)),
                Err(Unread::TooExact(digits)) => flawed(("too_exact", Unread::too_exact(&digits))),
            };
        }
    }
}

fn cell(value: Option<&Value>) -> (String, Sort) {
    match value {
        None => (String::new(), Sort::Plain),
        Some(Value::Null) => (String::new(), Sort::Nothing),
        Some(Value::Number(number)) => (number.to_string(), Sort::Number),
        Some(Value::String(text)) => (guard::guarded(text, guard::Cell::Text).into_owned(), Sort::Plain),
        Some(other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => (other.to_string(), Sort::Plain),
    }
}

/// Lines, none of which fills the memory.
struct Lines<R> {
    inner: R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(inner: R) -> Self {
        Self { inner, line: Vec::new(), number: 0, bytes: 0 }
    }

    /// Whether there is a further line.
    fn next(&mut self) -> Result<bool, Error> {
        self.line.clear();
        self.number += 1;
        let mut limited = self.inner.by_ref().take(LONGEST_ROW + 1);
        let count = limited.read_until(b'\n', &mut self.line).map_err(|error| unreadable(&error))?;
        self.bytes += count as u64;
        if count as u64 > LONGEST_ROW {
            return Err(Error::File(format!("line {}: this row is longer than 8 MiB", self.number)));
        }
        Ok(count > 0)
    }

    fn text(&self) -> &[u8] {
        self.line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.line).trim_ascii()
    }
}
