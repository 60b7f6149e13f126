//! Builds the tree of one document from the parser's events, and notes every slip on the way.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use granit_parser::{Event, Parser, Placement, ScalarStyle, Span, StructureStyle};

use super::mend;
use super::{DEEPEST, Finding, Slice};
use crate::node::{Entry, Key, Node, NodeValue, Scalar, Style};

/// What was read of a document.
pub(super) struct Read {
    /// The tree, nothing for an empty document.
    pub root: Option<Node>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// True when the parser came to its end.
    pub ended: bool,
    /// True when nothing is wrong.
    pub whole: bool,
}

/// Reads one document; takes the nodes it uses from `left`.
pub(super) fn read(slice: &Slice<'_>, left: &mut usize) -> Read {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: true,
        disallow_directives: true,
        max_buffered_comment_events: 1_000_000,
        flow_nesting_limit: DEEPEST + 8,
        block_nesting_limit: DEEPEST + 8,
    };
    let mut builder =
        Builder { slice, stack: Vec::new(), root: None, findings: Vec::new(), last_scalar: None, restarted: false };
    let mut ended = true;
    for event in Parser::new_from_str_with_options(slice.text, options) {
        match event {
            Ok((event, span)) => {
                if event.is_node() {
                    let Some(fewer) = left.checked_sub(1) else {
                        builder.too_many(&span);
                        ended = false;
                        break;
                    };
                    *left = fewer;
                }
                if !builder.event(event, span) {
                    ended = false;
                    break;
                }
            }
            Err(error) => {
                builder.stopped(&error);
                ended = false;
                break;
            }
        }
    }
    builder.close_all();
    Read { root: builder.root, whole: builder.findings.is_empty(), findings: builder.findings, ended }
}

/// A document as far as it is read.
pub(super) struct Builder<'a> {
    pub(super) slice: &'a Slice<'a>,
    /// Collections that are open, the innermost last.
    pub(super) stack: Vec<Frame>,
    root: Option<Node>,
    pub(super) findings: Vec<Finding>,
    /// The plain scalar that came last, for a comment right behind it.
    pub(super) last_scalar: Option<Place>,
    /// True behind the first key of the document standing there again.
    restarted: bool,
}

/// A collection that is still open.
pub(super) struct Frame {
    pub(super) place: Place,
    pub(super) flow: bool,
    pub(super) collection: Collection,
}

/// What a frame collects.
pub(super) enum Collection {
    Map { entries: Vec<Entry>, seen: Option<HashMap<Arc<str>, usize>>, key: KeySlot, nulls: Vec<Key> },
    List(Vec<Node>),
}

/// Whether a map waits for a key or for the value of one.
pub(super) enum KeySlot {
    Key,
    Value(Key),
    /// The key was no key; its value is passed over.
    Skip,
}

/// A node, or nothing where YAML has a null.
enum Built {
    Node(Node),
    Null(Place),
}

/// From how many entries on a map's keys are looked up in a table.
const MANY_KEYS: usize = 12;

impl Builder<'_> {
    /// Takes one event; false stops the reading.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let place = self.place(&span);
                if tag.is_some() {
                    self.tag(&span);
                }
                // What a tag or an anchor swallowed is told with it; it is no missing value.
                let swallowed = tag.is_some() || anchor != 0;
                let built = match scalar(&text, style, place) {
                    Built::Null(place) if swallowed => Built::Node(Node::word(&place, "")),
                    built => built,
                };
                self.last_scalar = match &built {
                    Built::Node(Node { place, value: NodeValue::Scalar(Scalar { style: Style::Plain, .. }) }) => {
                        Some(place.clone())
                    }
                    Built::Node(_) | Built::Null(_) => None,
                };
                self.take(built);
            }
            Event::SequenceStart(style, _, tag) => {
                if tag.is_some() {
                    self.tag(&span);
                }
                return self.open(style, &span, Collection::List(Vec::new()));
            }
            Event::MappingStart(style, _, tag) => {
                if tag.is_some() {
                    self.tag(&span);
                }
                let map = Collection::Map { entries: Vec::new(), seen: None, key: KeySlot::Key, nulls: Vec::new() };
                return self.open(style, &span, map);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(&span)),
            Event::Alias(_) => {
                let place = self.place(&span);
                let diagnostic = Diagnostic::error(
                    code::ANCHOR,
                    &place,
                    format!("`{}` repeats an anchor, which definitions do not have", self.text_of(&place)),
                )
                .help(self.instead_of_anchor());
                self.findings.push(Finding::plain(diagnostic));
                self.take(Built::Node(Node::word(&place, "")));
            }
            Event::UnresolvedAlias(_) => {
                let place = self.place(&span);
                let diagnostic = Diagnostic::error(
                    code::ANCHOR,
                    &place,
                    format!("`{}` is read as a YAML alias, so it would be lost", self.text_of(&place)),
                )
                .help("quote an expression that begins with `*`");
                self.note(diagnostic, place.line);
                self.take(Built::Node(Node::word(&place, "")));
            }
            Event::Anchor(_, name) => {
                let place = self.place(&span);
                // `&&` at the head of an expression is read as an anchor of the name `&…`.
                let (help, fix) = if name.starts_with('&') {
                    ("quote an expression that begins with `&`", self.slice.line_text(place.line).and_then(mend::line))
                } else {
                    (self.instead_of_anchor(), None)
                };
                let diagnostic = Diagnostic::error(
                    code::ANCHOR,
                    &place,
                    format!("`{}` is a YAML anchor, which definitions do not have", self.text_of(&place)),
                )
                .help(help);
                self.findings.push(Finding::mended(diagnostic, place.line, fix));
            }
            Event::Comment(text, Placement::Right) => self.comment(&text, &span),
            Event::Comment(..)
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd => {}
            // The parser may learn new events; each would be noticed by the tests of this module.
            _ => {}
        }
        true
    }

    fn open(&mut self, style: StructureStyle, span: &Span, collection: Collection) -> bool {
        let place = self.place(span);
        if self.stack.len() >= DEEPEST {
            let diagnostic = Diagnostic::error(
                code::TOO_DEEP,
                &place,
                format!("nested more than {DEEPEST} levels deep"),
            )
            .help(
                "check the brackets and the indentation above this place; sound definitions nest about ten levels deep",
            );
            self.findings.push(Finding::plain(diagnostic));
            return false;
        }
        self.stack.push(Frame { place, flow: style == StructureStyle::Flow, collection });
        true
    }

    /// Closes the innermost collection.
    fn close(&mut self, end: Option<&Span>) {
        let Some(frame) = self.stack.pop() else { return };
        let mut place = frame.place;
        if frame.flow
            && let Some(end) = end.and_then(Span::byte_range)
        {
            place.end = (self.slice.offset + end.end) as u32;
        }
        let value = match frame.collection {
            Collection::List(items) => NodeValue::List(items),
            Collection::Map { entries, nulls, .. } => {
                if !nulls.is_empty() {
                    self.nulls(&place, frame.flow, &entries, &nulls);
                }
                NodeValue::Map(entries)
            }
        };
        self.take(Built::Node(Node { place, value }));
    }

    /// Closes what an error left open, so that what was read so far is not lost.
    fn close_all(&mut self) {
        while !self.stack.is_empty() {
            self.close(None);
        }
    }

    /// Puts a node where it belongs.
    fn take(&mut self, built: Built) {
        let outermost = self.stack.len() == 1;
        let Some(frame) = self.stack.last_mut() else {
            if let Built::Node(node) = built {
                self.root = Some(node);
            }
            return;
        };
        match &mut frame.collection {
            Collection::List(items) => match built {
                Built::Node(node) => items.push(node),
                Built::Null(place) => {
                    let diagnostic = Diagnostic::error(code::NULL, &place, "an item of the list is empty")
                        .help("give it a value or remove it");
                    self.findings.push(Finding::plain(diagnostic));
                }
            },
            Collection::Map { entries, seen, key, nulls } => match std::mem::replace(key, KeySlot::Key) {
                KeySlot::Skip => {}
                KeySlot::Value(name) => match built {
                    Built::Null(_) => nulls.push(name),
                    Built::Node(value) => {
                        if let Some(index) = position(entries, seen, &name.text) {
                            let first = entries.get(index).map_or(&name.place, |entry| &entry.key.place);
                            // The first key of a document says what it is.
                            let restarts = outermost && index == 0;
                            let diagnostic = Diagnostic::error(
                                code::DUPLICATE_KEY,
                                &name.place,
                                format!("the key `{}` stands twice in one map", name.text),
                            )
                            .label(first, "first here")
                            .help(if restarts {
                                "write `---` on a line before it if a new document begins here, or remove one of them"
                            } else {
                                "remove one of them, or give it another name"
                            });
                            // What stands twice behind it does so for the same cause.
                            if !(outermost && self.restarted) {
                                self.findings.push(Finding::plain(diagnostic));
                            }
                            self.restarted |= restarts;
                        } else {
                            if let Some(seen) = seen {
                                seen.insert(Arc::clone(&name.text), entries.len());
                            }
                            entries.push(Entry { key: name, value });
                        }
                    }
                },
                KeySlot::Key => match built {
                    Built::Node(Node { place, value: NodeValue::Scalar(scalar) }) => {
                        *key = KeySlot::Value(Key { text: scalar.text, place, style: scalar.style });
                        self.check_key();
                    }
                    Built::Node(node) => {
                        *key = KeySlot::Skip;
                        self.odd_key(&node.place);
                    }
                    Built::Null(place) => {
                        *key = KeySlot::Skip;
                        let word = self.text_of(&place);
                        let diagnostic = if word.is_empty() {
                            Diagnostic::error(code::SYNTAX, &place, "a value without a key")
                                .help("write a key before the colon")
                        } else {
                            Diagnostic::error(
                                code::NULL,
                                &place,
                                format!("`{word}` is nothing at all in YAML, so it cannot be a key"),
                            )
                            .help("choose another name, or quote it")
                        };
                        self.findings.push(Finding::plain(diagnostic));
                    }
                },
            },
        }
    }

    pub(super) fn place(&self, span: &Span) -> Place {
        let bytes = span.byte_range().unwrap_or(0..0);
        self.slice.place(bytes, span.start.line(), span.start.col())
    }

    pub(super) fn text_of(&self, place: &Place) -> String {
        self.slice_text(place.start, place.end).to_owned()
    }

    pub(super) fn slice_text(&self, start: u32, end: u32) -> &str {
        let relative = |at: u32| (at as usize).saturating_sub(self.slice.offset);
        self.slice.text.get(relative(start)..relative(end)).unwrap_or("")
    }
}

fn scalar(text: &str, style: ScalarStyle, place: Place) -> Built {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    };
    if style == Style::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Built::Null(place);
    }
    Built::Node(Node { place, value: NodeValue::Scalar(Scalar { text: text.into(), style }) })
}

/// Where a key stands among the entries. A large map gets a table the first time it is asked.
fn position(entries: &[Entry], seen: &mut Option<HashMap<Arc<str>, usize>>, key: &str) -> Option<usize> {
    if entries.len() < MANY_KEYS {
        return entries.iter().position(|entry| &*entry.key.text == key);
    }
    seen.get_or_insert_with(|| {
        entries.iter().enumerate().map(|(index, entry)| (Arc::clone(&entry.key.text), index)).collect()
    })
    .get(key)
    .copied()
}
