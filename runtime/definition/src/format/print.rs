//! Prints a document with its comments.

use std::ops::Range;

use super::comments::{Id, Note, Notes, is_flow};
use super::{WIDEST, order};
use crate::explain::scalar_text;
use crate::node::{Key, Node, NodeValue, Scalar, Style};
use crate::yaml::quoted;

/// A document as it is written; nothing where nothing but markers stood.
pub(super) fn part(text: &str, part: &Range<usize>, root: Option<&Node>, notes: &Notes) -> Option<String> {
    let mut printer = Printer { text, notes, begins: root.map_or(0, first_line), out: String::new() };
    printer.notes(notes.head.get(&part.start), 0, true);
    if let Some(root) = root {
        let mut root = root.clone();
        order::document(&mut root);
        let head_ends = printer.out.len();
        printer.collection(&root, 0);
        // A blank line between the head of the file and the document stays.
        if head_ends > 0 && blank_before(text, first_line(&root)) {
            printer.out.insert(head_ends, '\n');
        }
    }
    printer.notes(notes.foot.get(&part.start), 0, printer.out.is_empty());
    (!printer.out.is_empty()).then_some(printer.out)
}

struct Printer<'a> {
    text: &'a str,
    notes: &'a Notes,
    /// The first line of the document; the blank line before it is the head's.
    begins: u32,
    out: String,
}

impl Printer<'_> {
    /// The entries or items of a collection, each on lines of its own.
    fn collection(&mut self, node: &Node, indentation: usize) {
        match &node.value {
            NodeValue::Map(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    let id = (entry.key.place.start, false);
                    let key = format!("{}:", self.key(&entry.key));
                    self.entry(id, &key, &entry.value, (indentation, index == 0, entry.key.place.line));
                }
            }
            NodeValue::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.entry((item.place.start, true), "-", item, (indentation, index == 0, item.place.line));
                }
            }
            NodeValue::Scalar(_) => {
                let text = self.scalar_on_one_line(node);
                self.line(indentation, &text);
            }
        }
    }

    fn entry(&mut self, id: Id, head: &str, value: &Node, (indentation, first, line): (usize, bool, u32)) {
        self.notes(self.notes.above.get(&id), indentation, first);
        if !first && line != self.begins && blank_before(self.text, line) && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        let behind = self.notes.behind.get(&id).map(|comment| format!(" {comment}")).unwrap_or_default();
        match self.on_one_line(value, indentation + head.chars().count() + 1) {
            Some(text) => self.line(indentation, &format!("{head} {text}{behind}")),
            None => match value.scalar() {
                Some(scalar) => self.block_scalar(head, value, scalar, indentation, &behind),
                None if head == "-" && behind.is_empty() => self.item(value, indentation),
                None => {
                    self.line(indentation, &format!("{head}{behind}"));
                    self.collection(value, indentation + 2);
                }
            },
        }
        self.notes(self.notes.below.get(&id), indentation, false);
    }

    /// A collection that is an item of a list: its first entry stands behind the dash.
    fn item(&mut self, value: &Node, indentation: usize) {
        let start = self.out.len();
        self.collection(value, indentation + 2);
        let dash = start + indentation;
        if self.out.get(dash..dash + 2) == Some("  ") {
            self.out.replace_range(dash..dash + 2, "- ");
        }
    }

    /// The value on one line, if it stands on one and fits.
    fn on_one_line(&self, value: &Node, column: usize) -> Option<String> {
        match &value.value {
            NodeValue::Scalar(scalar) => match scalar.style {
                Style::Literal | Style::Folded => None,
                Style::Plain | Style::Single | Style::Double => {
                    (!self.source(value).contains('\n')).then(|| self.scalar_on_one_line(value))
                }
            },
            NodeValue::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            NodeValue::List(items) if items.is_empty() => Some("[]".to_owned()),
            NodeValue::Map(_) | NodeValue::List(_) => {
                if !is_flow(value, self.text) || self.notes.is_inside(value) {
                    return None;
                }
                let text = self.flow(value);
                (column + text.chars().count() <= WIDEST).then_some(text)
            }
        }
    }

    fn flow(&self, node: &Node) -> String {
        match &node.value {
            NodeValue::Scalar(scalar)
                if matches!(scalar.style, Style::Literal | Style::Folded) || self.source(node).contains('\n') =>
            {
                scalar_text(&scalar.text, Style::Single)
            }
            NodeValue::Scalar(_) => self.scalar_on_one_line(node),
            NodeValue::List(items) => {
                format!("[{}]", items.iter().map(|item| self.flow(item)).collect::<Vec<_>>().join(", "))
            }
            NodeValue::Map(entries) => {
                let parts: Vec<String> = entries
                    .iter()
                    .map(|entry| format!("{}: {}", self.key(&entry.key), self.flow(&entry.value)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
        }
    }

    /// A scalar that stands on one line, as its author wrote it but for needless escapes.
    fn scalar_on_one_line(&self, node: &Node) -> String {
        let source = self.source(node).trim();
        match node.scalar() {
            Some(Scalar { text, style: Style::Double })
                if source.contains("\\\"") && !text.chars().any(char::is_control) =>
            {
                quoted(text)
            }
            _ => source.to_owned(),
        }
    }

    /// A scalar over several lines.
    fn block_scalar(&mut self, head: &str, node: &Node, scalar: &Scalar, indentation: usize, behind: &str) {
        let text = &scalar.text;
        let body = text.trim_end_matches('\n');
        let sign = match scalar.style {
            Style::Literal => '|',
            Style::Folded => '>',
            Style::Plain | Style::Single | Style::Double => return self.wrapped(head, node, indentation, behind),
        };
        if body.is_empty() {
            return self.line(indentation, &format!("{head} {}{behind}", scalar_text(text, Style::Double)));
        }
        // A first line that begins with a space would be taken for the indentation.
        let explicit = if body.trim_start_matches('\n').starts_with(' ') { "2" } else { "" };
        let chomping = match text.len() - body.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        self.line(indentation, &format!("{head} {sign}{explicit}{chomping}{behind}"));
        let lines: Vec<String> = match scalar.style {
            Style::Literal => body.split('\n').map(str::to_owned).collect(),
            _ => self.folded_lines(node, text),
        };
        for line in lines {
            self.line(indentation + 2, &line);
        }
        for _ in 1..text.len() - body.len() {
            self.out.push('\n');
        }
    }

    /// The lines of a folded scalar as they are broken in the source, without their indentation.
    fn folded_lines(&self, node: &Node, text: &str) -> Vec<String> {
        let column = node.place.column as usize - 1;
        let leading = text.len() - text.trim_start_matches('\n').len();
        let inside = self.source(node).trim_end();
        let lines = inside.split('\n').enumerate().map(|(index, line)| {
            let indentation = line.len() - line.trim_start_matches(' ').len();
            let cut = if index == 0 { 0 } else { indentation.min(column) };
            line.get(cut..).unwrap_or("").trim_end().to_owned()
        });
        std::iter::repeat_n(String::new(), leading).chain(lines).collect()
    }

    /// A bare or quoted scalar that goes on over several lines: broken where it was.
    fn wrapped(&mut self, head: &str, node: &Node, indentation: usize, behind: &str) {
        let source = self.source(node).trim();
        let mut lines = source.split('\n').map(str::trim);
        let first = lines.next().unwrap_or("").to_owned();
        let rest: Vec<String> = lines.map(str::to_owned).collect();
        self.line(indentation, &format!("{head} {first}"));
        for line in rest {
            self.line(indentation + 2, &line);
        }
        if !behind.is_empty() {
            self.out.pop();
            self.out.push_str(behind);
            self.out.push('\n');
        }
    }

    fn key(&self, key: &Key) -> String {
        self.text
            .get(key.place.start as usize..key.place.end as usize)
            .map_or_else(|| key.text.to_string(), |source| source.trim().to_owned())
    }

    fn source(&self, node: &Node) -> &str {
        self.text.get(node.place.start as usize..node.place.end as usize).unwrap_or("")
    }

    fn notes(&mut self, notes: Option<&Vec<Note>>, indentation: usize, first: bool) {
        for (index, note) in notes.into_iter().flatten().enumerate() {
            if note.spaced && !(first && index == 0) && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            self.line(indentation, &note.text);
        }
    }

    fn line(&mut self, indentation: usize, text: &str) {
        if !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indentation));
            self.out.push_str(text);
        }
        self.out.push('\n');
    }
}

/// The line on which a document begins, in the order of the source.
fn first_line(root: &Node) -> u32 {
    root.entries().iter().map(|entry| entry.key.place.line).min().unwrap_or(root.place.line)
}

/// True when a blank line stands before a line.
fn blank_before(text: &str, line: u32) -> bool {
    let Some(before) = (line as usize).checked_sub(2) else { return false };
    text.lines().nth(before).is_some_and(|line| line.trim().is_empty())
}
