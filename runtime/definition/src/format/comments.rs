//! Where comments belong: above an entry, behind it, below it, or at the head or foot of a document.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser};

use crate::node::{Node, NodeValue};
use crate::yaml;

/// Which entry or item something belongs to: where it begins, and whether it is an item of a list (whose first key
/// begins at the same place).
pub(super) type Id = (u32, bool);

/// The comments of a file, by what they belong to.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// On lines of their own before it.
    pub above: HashMap<Id, Vec<Note>>,
    /// Behind it on its line.
    pub behind: HashMap<Id, String>,
    /// On lines of their own after all of it, as far in as it.
    pub below: HashMap<Id, Vec<Note>>,
    /// Before the first key of the document that begins at this byte.
    pub head: HashMap<usize, Vec<Note>>,
    /// After everything in it.
    pub foot: HashMap<usize, Vec<Note>>,
    /// Bytes at which comments stand.
    places: Vec<usize>,
}

/// A comment on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Its text with `#`.
    pub text: String,
    /// A blank line stands before it.
    pub spaced: bool,
}

impl Notes {
    /// True when a comment stands inside a node.
    pub fn is_inside(&self, node: &Node) -> bool {
        let from = self.places.partition_point(|place| *place < node.place.start as usize);
        self.places.get(from).is_some_and(|place| *place < node.place.end as usize)
    }
}

/// A comment as it stands.
struct Comment {
    text: String,
    byte: usize,
    line: u32,
    column: u32,
    alone: bool,
}

/// An entry or item that may stand on lines of its own.
struct Slot {
    id: Id,
    line: u32,
    last_line: u32,
    column: u32,
    parent: Option<usize>,
}

/// Finds all comments of a file and what each belongs to.
pub(super) fn collect(file: &Arc<str>, text: &str) -> Notes {
    let lines: Vec<&str> = text.lines().collect();
    let mut notes = Notes::default();
    let roots = yaml::parse(file, text).documents;
    let mut line_before = 0;
    for part in yaml::parts(text) {
        let Some(part_text) = text.get(part.clone()) else { continue };
        let comments = comments(part_text, part.start, line_before, &lines);
        line_before += part_text.matches('\n').count() as u32;
        notes.places.extend(comments.iter().map(|comment| comment.byte));
        let root = roots.iter().map(|root| &root.node).find(|node| part.contains(&(node.place.start as usize)));
        let mut slots = Vec::new();
        if let Some(root) = root {
            collect_slots(root, None, &comments, text, &mut slots);
        }
        for comment in comments {
            settle(&mut notes, comment, &slots, part.start, &lines);
        }
    }
    notes
}

/// The comments of one document, with their places in the file.
fn comments(text: &str, offset: usize, line_before: u32, lines: &[&str]) -> Vec<Comment> {
    let options = granit_parser::options! { emit_comments: true, max_buffered_comment_events: 1_000_000 };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let mut found: Vec<Comment> = events
        .filter_map(|(event, span)| {
            let Event::Comment(text, _) = event else { return None };
            let line = line_before + span.start.line() as u32;
            let column = span.start.col() as u32;
            let before: String = lines.get(line as usize - 1)?.chars().take(column as usize).collect();
            // A document marker is no content: what stands behind it stands alone.
            let alone = before.trim().is_empty() || matches!(before.trim(), "---" | "...");
            Some(Comment {
                text: format!("#{}", text.trim_end()),
                byte: offset + span.start.byte_offset()?,
                line,
                column,
                alone,
            })
        })
        .collect();
    found.sort_by_key(|comment| comment.byte);
    found.dedup_by_key(|comment| comment.byte);
    found
}

fn collect_slots(node: &Node, parent: Option<usize>, comments: &[Comment], text: &str, slots: &mut Vec<Slot>) {
    let is_flow = is_flow(node, text);
    let range = node.place.start as usize..node.place.end as usize;
    if is_flow && !comments.iter().any(|comment| range.contains(&comment.byte)) {
        return;
    }
    match &node.value {
        NodeValue::Scalar(_) => {}
        NodeValue::Map(entries) => {
            for entry in entries {
                let place = &entry.key.place;
                let slot = Slot {
                    id: (place.start, false),
                    line: place.line,
                    last_line: last_line(&entry.value, text),
                    column: place.column - 1,
                    parent,
                };
                slots.push(slot);
                collect_slots(&entry.value, Some(slots.len() - 1), comments, text, slots);
            }
        }
        NodeValue::List(items) => {
            for item in items {
                // The dash stands two characters before its item.
                let column = (item.place.column - 1).saturating_sub(2);
                let slot = Slot {
                    id: (item.place.start, true),
                    line: item.place.line,
                    last_line: last_line(item, text),
                    column,
                    parent,
                };
                slots.push(slot);
                collect_slots(item, Some(slots.len() - 1), comments, text, slots);
            }
        }
    }
}

/// True for `{…}` and `[…]`.
pub(super) fn is_flow(node: &Node, text: &str) -> bool {
    let opens = text.get(node.place.start as usize..).is_some_and(|rest| rest.starts_with(['{', '[']));
    node.place.end > node.place.start && opens && node.scalar().is_none()
}

fn last_line(node: &Node, text: &str) -> u32 {
    let last = match &node.value {
        NodeValue::Map(entries) if !is_flow(node, text) => entries.last().map(|entry| &entry.value),
        NodeValue::List(items) if !is_flow(node, text) => items.last(),
        NodeValue::Map(_) | NodeValue::List(_) | NodeValue::Scalar(_) => None,
    };
    match last {
        Some(last) => last_line(last, text),
        None => {
            let source = text.get(node.place.start as usize..node.place.end as usize).unwrap_or("");
            node.place.line + source.trim_end().matches('\n').count() as u32
        }
    }
}

/// Finds what a comment belongs to.
fn settle(notes: &mut Notes, comment: Comment, slots: &[Slot], document: usize, lines: &[&str]) {
    if !comment.alone {
        let owner = slots.iter().rev().find(|slot| {
            slot.line == comment.line
                || slot.last_line == comment.line && !slots.iter().any(|other| other.line == comment.line)
        });
        if let Some(owner) = owner {
            // Two comments behind parts of one entry become one.
            let behind = notes.behind.entry(owner.id).or_default();
            if !behind.is_empty() {
                behind.push(' ');
            }
            behind.push_str(&comment.text);
            return;
        }
    }
    let spaced = comment.line >= 2 && lines.get(comment.line as usize - 2).is_some_and(|line| line.trim().is_empty());
    let note = Note { text: comment.text, spaced };
    let next = slots.iter().position(|slot| slot.line > comment.line);
    let list = match next {
        Some(0) => notes.head.entry(document).or_default(),
        None if comment.column == 0 || slots.is_empty() => notes.foot.entry(document).or_default(),
        _ => {
            let next_slot = next.and_then(|next| slots.get(next));
            match next_slot.filter(|next| comment.column <= next.column) {
                Some(next) => notes.above.entry(next.id).or_default(),
                None => {
                    // It stands further in than what follows, so it closes what stands before it.
                    let last = next.unwrap_or(slots.len()).checked_sub(1);
                    let mut owner = last.and_then(|last| slots.get(last));
                    while let Some(slot) = owner.filter(|slot| slot.column > comment.column) {
                        owner = slot.parent.and_then(|parent| slots.get(parent));
                    }
                    match owner {
                        Some(owner) => notes.below.entry(owner.id).or_default(),
                        None => notes.foot.entry(document).or_default(),
                    }
                }
            }
        }
    };
    list.push(note);
}
