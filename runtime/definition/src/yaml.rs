//! From the text of a file to located trees, one per document, with every slip of YAML found and explained.
//!
//! Definitions are plain YAML: the core schema of YAML 1.2, without tags, anchors, merge keys, duplicate keys or null.
//! Much of what goes wrong in such files is an expression that YAML took apart; the reader sees it (a tag, a bracket
//! left open, a key without a value, text lost behind ` #`) and prints the line as it must be written.
//!
//! What must hold: a finding in one document never hides another document, and one with a certain mend hides nothing
//! of its own; a document with a finding is never taken for sound; input of any kind ends in documents and findings, within [`DEEPEST`] and [`MOST`]. The reader knows
//! nothing of kinds and keys.

mod again;
mod events;
mod mend;
mod slips;
mod words;

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use crate::node::Node;

pub(crate) use mend::quoted;

/// How deep a document may nest.
pub const DEEPEST: usize = 64;
/// How many nodes a file may hold.
pub const MOST: usize = 100_000;

/// What a file says.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its documents, in order. Empty ones are left out.
    pub documents: Vec<Root>,
    /// What is wrong with it, in order.
    pub findings: Vec<Finding>,
    /// True when there may be more documents than were read.
    pub lost: bool,
}

/// The tree of one document.
#[derive(Debug)]
pub struct Root {
    /// What could be read of it.
    pub node: Node,
    /// How much that is.
    pub condition: Condition,
}

/// How much of a document a tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All of it, and nothing is wrong with it.
    Whole,
    /// All of it: what is wrong with it has one certain mend, which the tree shows.
    Mended,
    /// All but the values that are wrong, each of them told.
    Partial,
    /// What stands before the place where the reading broke off.
    Broken,
}

/// A slip, and the line that mends it where that is certain.
#[derive(Debug)]
pub struct Finding {
    /// What to tell the author.
    pub diagnostic: Diagnostic,
    /// What `fichero fmt` may do about it.
    pub fix: Option<Fix>,
}

/// A line as it must be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The line that is replaced, from 1.
    pub line: u32,
    /// The whole new line, without its end.
    pub text: String,
}

impl Finding {
    /// A finding that only a person can mend.
    pub fn plain(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, fix: None }
    }

    /// A finding with the mended line, if there is one.
    pub fn mended(diagnostic: Diagnostic, line: u32, text: Option<String>) -> Self {
        match text {
            Some(text) => Self { diagnostic: diagnostic.mended(text.clone()), fix: Some(Fix { line, text }) },
            None => Self::plain(diagnostic),
        }
    }
}

/// Reads the text of a file.
pub fn parse(file: &Arc<str>, text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut left = MOST;
    for slice in slices(text) {
        let slice = Slice {
            file,
            text: text.get(slice.bytes.clone()).unwrap_or(""),
            line: slice.line,
            offset: slice.bytes.start,
            line_starts: OnceCell::new(),
        };
        let mut before = left;
        let mut read = events::read(&slice, &mut left);
        let sound = read.whole;
        if !sound {
            read = again::read(&slice, read, &mut before);
            left = left.min(before);
        }
        parsed.findings.extend(read.findings);
        let condition = match (sound, read.whole, read.ended) {
            (true, ..) => Condition::Whole,
            (false, true, _) => Condition::Mended,
            (false, false, true) => Condition::Partial,
            (false, false, false) => Condition::Broken,
        };
        match read.root {
            Some(node) => parsed.documents.push(Root { node, condition }),
            None => parsed.lost |= !sound,
        }
        if left == 0 {
            parsed.lost = true;
            break;
        }
    }
    parsed
}

/// The part of a file that holds one document.
pub(crate) struct Slice<'a> {
    /// The file.
    file: &'a Arc<str>,
    /// The text of the part.
    text: &'a str,
    /// Lines before it.
    line: u32,
    /// Bytes before it.
    offset: usize,
    /// Where each line of the part begins; made when the first slip is found.
    line_starts: OnceCell<Vec<usize>>,
}

impl Slice<'_> {
    /// The place of a range of the part, given the line (from 1) and column (from 0) of its first character.
    fn place(&self, bytes: Range<usize>, line: usize, column: usize) -> Place {
        Place {
            file: Arc::clone(self.file),
            line: self.line + line as u32,
            column: column as u32 + 1,
            start: (self.offset + bytes.start) as u32,
            end: (self.offset + bytes.end) as u32,
        }
    }

    /// The text of a line of the file, counted from 1.
    fn line_text(&self, line: u32) -> Option<&str> {
        let index = line.checked_sub(self.line + 1)? as usize;
        self.text.get(*self.starts().get(index)?..)?.lines().next()
    }

    /// Where each line of the part begins.
    fn starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let behind = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(behind).collect()
        })
    }
}

/// The byte ranges of a file's documents, those without content included.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Range<usize>> {
    slices(text).into_iter().map(|slice| slice.bytes)
}

struct Bounds {
    bytes: Range<usize>,
    line: u32,
}

/// Cuts a file at its `---` and `...` lines. At the very beginning of a line these always end a document, whatever
/// stands open, so an error in one document cannot reach into the next.
fn slices(text: &str) -> Vec<Bounds> {
    let mut found = Vec::new();
    let (mut start, mut first_line, mut offset) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let marker = ["---", "..."].iter().any(|marker| {
            line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        });
        if marker && offset > start {
            found.push(Bounds { bytes: start..offset, line: first_line });
            (start, first_line) = (offset, number as u32);
        }
        offset += line.len();
    }
    found.push(Bounds { bytes: start..text.len(), line: first_line });
    found
}

/// What is said of a file that is not text.
pub fn not_utf8(file: &Arc<str>, bytes: &[u8]) -> Option<Diagnostic> {
    let error = std::str::from_utf8(bytes).err()?;
    let offset = error.valid_up_to();
    let before = std::str::from_utf8(bytes.get(..offset)?).ok()?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let place = Place {
        file: Arc::clone(file),
        line: before.matches('\n').count() as u32 + 1,
        column: before.get(line_start..)?.chars().count() as u32 + 1,
        start: offset as u32,
        end: offset as u32 + 1,
    };
    let byte = bytes.get(offset)?;
    let help = if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        "the file is UTF-16; save it as UTF-8 in your editor"
    } else {
        "save the file as UTF-8 in your editor; it was probably written as Latin-1 or Windows-1252"
    };
    Some(
        Diagnostic::error(code::NOT_UTF8, &place, format!("byte {offset} of the file (0x{byte:02X}) is not UTF-8"))
            .help(help),
    )
}

/// True when a text may stand bare and is read as the same text again. Inside a one-line map or list (`flow`) less may.
pub(crate) fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let begins_badly = matches!(
        first,
        '!' | '&' | '*' | '?' | ',' | '[' | ']' | '{' | '}' | '#' | '|' | '>' | '@' | '`' | '"' | '\'' | '%' | ':'
    ) || first == '-'
        && text.get(1..).is_none_or(|rest| rest.is_empty() || rest.starts_with([' ', '-']));
    let holds_badly =
        text.contains(": ") || text.ends_with(':') || text.contains(" #") || text.chars().any(char::is_control);
    let splits = flow && text.contains([',', '[', ']', '{', '}']);
    let spaced = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    !(begins_badly || holds_badly || splits || spaced || matches!(text, "~" | "null" | "Null" | "NULL" | "..."))
}

/// True for a text that would be read as a boolean or a number if it stood bare.
pub(crate) fn is_typed(text: &str) -> bool {
    let file: Arc<str> = Arc::from("");
    let node = Node::word(&Place::start_of(&file), text);
    node.as_bool().is_some() || node.as_decimal().is_some()
}
