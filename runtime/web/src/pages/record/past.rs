//! What became of a record, as its page tells it.

use fichero_engine::Via;
use fichero_engine::read::page::{Changed, Entry, RecordFacts};
use fichero_model::Ref;
use fichero_model::value::Value;

use crate::pages::address;
use crate::pages::words::Words;
use crate::ui::context::{self, Cell, Change, Event, History, HistoryEntry, Link};

/// The history panel of a record.
pub fn history(words: &Words<'_>, record: Ref, facts: &RecordFacts) -> History {
    let older = facts.older.as_deref();
    History {
        entries: facts.history.iter().map(|entry| shown(words, record, entry)).collect(),
        more: older.map(|cursor| address::with(&words.href(record), [("history", cursor)]) + "#history"),
    }
}

fn shown(words: &Words<'_>, record: Ref, entry: &Entry) -> HistoryEntry {
    let event = event(&entry.action);
    HistoryEntry {
        who: words.person(entry.by),
        at: words.when(entry.at),
        event,
        with: entry.with.map(|other| Link { label: words.title(other), href: words.href(other) }),
        via: via(&entry.via),
        // What a record was made with stands on its page, or in a change that came after.
        changes: match event {
            Event::Created => Vec::new(),
            _ => entry.changes.iter().map(|changed| change(words, record, changed)).collect(),
        },
    }
}

fn event(action: &str) -> Event {
    match action {
        "create" => Event::Created,
        "delete" | "purge" => Event::Deleted,
        "restore" => Event::Restored,
        "merge" => Event::Merged,
        _ => Event::Updated,
    }
}

fn via(name: &str) -> context::Via {
    let all = [
        (Via::Page, context::Via::Page),
        (Via::Api, context::Via::Api),
        (Via::Import, context::Via::Import),
        (Via::Data, context::Via::Import),
        (Via::Command, context::Via::Cli),
        (Via::System, context::Via::Automation),
        (Via::Test, context::Via::Automation),
    ];
    all.into_iter().find(|(via, _)| via.name() == name).map_or(context::Via::Automation, |(_, via)| via)
}

fn change(words: &Words<'_>, record: Ref, changed: &Changed) -> Change {
    let field = changed.field.map(|id| &words.model[changed.entity][id]);
    let cell = |value: &Value| match (field, value) {
        (_, Value::Nothing) => Cell::Empty,
        // A line that was added or removed.
        (Some(field), Value::Ref(line)) if field.kind.is_rows() => Cell::Text { text: words.title(*line) },
        (Some(field), value) => words.cell(field, value),
        (None, value) => Cell::Text { text: fichero_engine::value::text::plain(value) },
    };
    Change { label: label(words, record, changed), old: cell(&changed.old), new: cell(&changed.new) }
}

/// What changed, behind the lines that lead to it.
fn label(words: &Words<'_>, record: Ref, changed: &Changed) -> String {
    let mut parts = Vec::new();
    let mut entity = record.entity;
    for (lines, line) in &changed.inside {
        parts.extend([words.label(&words.model[entity][*lines].label).to_owned(), words.title(*line)]);
        entity = line.entity;
    }
    let field = changed.field.map(|id| words.label(&words.model[changed.entity][id].label).to_owned());
    parts.push(field.unwrap_or_else(|| changed.name.clone()));
    parts.join(" · ")
}
