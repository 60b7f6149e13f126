//! Inputs for files: what a record has, what came with the post, and what was refused of it.
//!
//! A file is posted as the id of an upload, under the name of its field; new ones come as NAME`.file`. What stood there
//! when the form was first shown is offered until the form is saved, also when it was taken away meanwhile.

use fichero_engine::FieldError;
use fichero_engine::message::Message;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::media::Accepted;
use fichero_model::value::Value;
use fichero_model::{EntityId, Id, Model};

use super::inputs::{Inputs, Slot};
use super::{names, read};
use crate::pages::address;
use crate::pages::post::{Posted, parts};
use crate::ui::context::{FileItem, Input};
use crate::ui::format;

/// The input of a field.
pub fn input(inputs: &Inputs<'_>, field: &Field, accepted: &Accepted, slot: &Slot<'_>) -> Input {
    let words = inputs.words;
    let ids = |value: &Value| value.items().iter().filter_map(Value::as_text).map(str::to_owned).collect::<Vec<_>>();
    let (held, kept) = (ids(slot.value), slot.kept.iter().flat_map(ids).collect::<Vec<_>>());
    let posted = inputs.posted.filter(|posted| posted.has(slot.name));
    let chosen: Vec<String> = match posted {
        Some(posted) if field.many => posted.all(slot.name).map(str::to_owned).collect(),
        Some(posted) => posted.last(slot.name).filter(|id| !id.is_empty()).map(str::to_owned).into_iter().collect(),
        None => held.clone(),
    };
    let was = inputs.posted.and_then(|posted| read::was(posted, slot.name)).unwrap_or_default();
    let mut known: Vec<&str> = Vec::new();
    for id in was.lines().chain(chosen.iter().map(String::as_str)) {
        let is_seen = || id.parse().is_ok_and(|file| words.titles.file(file).is_some());
        if !known.contains(&id) && (is_seen() || held.iter().any(|held| held == id)) {
            known.push(id);
        }
    }
    let item = |id: &str| FileItem {
        value: id.to_owned(),
        face: words.file_face(slot.widget, id),
        chosen: chosen.iter().any(|chosen| chosen == id),
        kept: kept.iter().any(|kept| kept == id),
    };
    let max = accepted.max.map_or(inputs.largest_file, |max| max.min(inputs.largest_file));
    let of = format!("{}.{}", words.model[slot.entity].name, field.name);
    Input::Files {
        items: known.into_iter().map(item).collect(),
        many: field.many,
        accept: accepted.attribute(),
        takes: accepted.told(),
        most: format::bytes(words.voice.chrome, max),
        max,
        upload: address::with("/api/files", [("for", of.as_str())]),
        draw: slot.widget == "signature" && !field.many,
    }
}

/// The files that a form names, as posted or as shown before.
pub fn ids(model: &Model, entity: EntityId, posted: &Posted) -> Vec<Id> {
    let is_file = |name: &str| {
        let name = name.strip_prefix("_was.").unwrap_or(name);
        names::field(model, entity, name).is_some_and(|field| matches!(field.kind, Kind::File(_)))
    };
    let values = posted.pairs().filter(|(name, value)| !value.is_empty() && is_file(name));
    let mut ids: Vec<Id> = values.flat_map(|(_, value)| value.lines()).filter_map(|id| id.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Why files were not taken that came for an input.
pub fn refused(posted: &Posted, field: &Field, name: &str) -> Vec<FieldError> {
    if !matches!(field.kind, Kind::File(_)) {
        return Vec::new();
    }
    let error = |(code, message)| FieldError::new(field.name.to_string(), code, message);
    // A form that is not posted in parts brings names of files, and no files.
    let beside = format!("{name}{}", parts::FILE);
    let lost = posted.all(&beside).map(|sent| ("file_again", Message::with("file_again", [sent])));
    posted.refused(name).cloned().chain(lost).map(error).collect()
}
