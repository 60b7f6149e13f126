//! What the reader of a CSV file passes over. What is wrong with its quotes: one that is never closed takes all that
//! follows into its cell, and text behind a closing one is joined to the cell. And on which line a row begins: the reader
//! takes a row to end before the second sign of a line break of two, and the blank lines before a row to be part of it.
//!
//! The bytes are looked at as they are read, ahead of the rows; a flaw belongs to the row whose bytes hold it.

use std::collections::VecDeque;

use crate::message::Message;

/// Something wrong with a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The quote that opens on this line is never closed.
    Open(u64),
    /// On this line text stands behind a closing quote.
    Behind(u64),
}

impl Flaw {
    /// As people are told.
    pub(super) fn message(self) -> Message {
        match self {
            Flaw::Open(line) => Message::with("quote_open", [line.to_string()]),
            Flaw::Behind(line) => Message::with("quote_behind", [line.to_string()]),
        }
    }
}

/// Where in a cell the next byte stands, as the reader of the rows sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// At the beginning of a cell.
    Start,
    /// In a cell without quotes, or behind a flaw.
    Bare,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes, or is the first of two that stand for one.
    Quote,
    /// Behind a closing quote and white space.
    Closed,
}

/// Watches the bytes of a file.
#[derive(Debug)]
pub(super) struct Quotes {
    delimiter: u8,
    /// The sign around cells, if there is one.
    quote: Option<u8>,
    at: At,
    /// The byte before ended a line by itself, so that a line feed behind it ends no further one.
    is_returned: bool,
    /// How many bytes were seen.
    seen: u64,
    line: u64,
    /// No byte of the next row was seen yet.
    between: bool,
    /// Where rows begin: the place and line of their first bytes, in order.
    begun: VecDeque<(u64, u64)>,
    /// The line and place of the last quote that opened.
    opened: (u64, u64),
    /// Flaws with the place of their first byte, in order.
    flaws: VecDeque<(u64, Flaw)>,
}

impl Quotes {
    pub(super) fn new(delimiter: u8, quote: Option<u8>) -> Self {
        Self {
            delimiter,
            quote,
            at: At::Start,
            is_returned: false,
            seen: 0,
            line: 1,
            between: true,
            begun: VecDeque::new(),
            opened: (1, 0),
            flaws: VecDeque::new(),
        }
    }

    /// Looks at the next bytes; none is the end of the file.
    pub(super) fn look(&mut self, bytes: &[u8]) {
        if bytes.is_empty() && self.at == At::Quoted {
            let (line, place) = self.opened;
            self.flaws.push_back((place, Flaw::Open(line)));
            self.at = At::Bare;
        }
        for byte in bytes {
            self.next(*byte);
            self.seen += 1;
            self.line += u64::from(*byte == b'\r' || (*byte == b'\n' && !self.is_returned));
            self.is_returned = *byte == b'\r';
        }
    }

    fn next(&mut self, byte: u8) {
        let is_break = self.at != At::Quoted && matches!(byte, b'\n' | b'\r');
        if self.between && !is_break {
            self.begun.push_back((self.seen, self.line));
        }
        self.between = is_break;
        let ends = is_break || byte == self.delimiter;
        let is_quote = self.quote == Some(byte);
        self.at = match (self.at, byte) {
            (At::Quoted, _) if is_quote => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (At::Start, _) if is_quote => {
                self.opened = (self.line, self.seen);
                At::Quoted
            }
            (At::Quote, _) if is_quote => At::Quoted,
            _ if ends => At::Start,
            (At::Quote | At::Closed, b' ' | b'\t') => At::Closed,
            (At::Quote | At::Closed, _) => {
                self.flaws.push_back((self.seen, Flaw::Behind(self.line)));
                At::Bare
            }
            (At::Start | At::Bare, _) => At::Bare,
        };
    }

    /// The line on which the next row begins that was not taken.
    pub(super) fn line(&self) -> u64 {
        self.begun.front().map_or(self.line, |(_, line)| *line)
    }

    /// The line of a row that ends before this byte, and its first flaw; those of rows before it were taken.
    pub(super) fn take(&mut self, end: u64) -> (u64, Option<Flaw>) {
        let line = self.line();
        while self.begun.front().is_some_and(|(place, _)| *place < end) {
            self.begun.pop_front();
        }
        let mut first = None;
        while let Some((_, flaw)) = self.flaws.front().filter(|(place, _)| *place < end) {
            first = first.or(Some(*flaw));
            self.flaws.pop_front();
        }
        (line, first)
    }
}
