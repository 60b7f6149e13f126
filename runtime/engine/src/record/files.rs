//! Files of records: which a field may be given, and giving them to the record for good.
//!
//! A record may be given what its writer uploaded and no record has yet, or what was its own at any time. A file that is
//! replaced stays the record's, so that its history can show it, and goes when the record is removed for good.

use fichero_model::entity::Field;
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::media;
use fichero_model::size;
use fichero_model::value::Value;
use fichero_model::{FieldId, Id};
use fichero_store::system::file::{File, Owner};

use super::check::Checked;
use super::draft::Draft;
use super::work::Work;
use crate::message::Argument;
use crate::refusal::{FieldError, Refusal};
use crate::value::check::{Problem, about};

/// The files that a field of files holds.
pub fn ids(field: &Field, value: &Value) -> impl Iterator<Item = Id> {
    let items = if matches!(field.kind, Kind::File(_)) { value.items() } else { &[] };
    items.iter().filter_map(|item| item.as_text()?.parse().ok())
}

/// Whether a field may hold a value: of files those alone that the writer may give this record, and that it takes. Of
/// other fields anything.
///
/// # Errors
/// When the database cannot be read; the inner error is the writer's to see.
pub fn may_be_held(work: &Work<'_>, draft: &Draft, id: FieldId, value: &Value) -> Result<Result<(), Problem>, Refusal> {
    let field = &work.live.model[draft.entity][id];
    if !matches!(field.kind, Kind::File(_)) {
        return Ok(Ok(()));
    }
    for item in value.items() {
        let Some(file) = item.as_text().and_then(|text| text.parse().ok()) else {
            return Ok(Err(about(field, "not_file", [])));
        };
        // What it holds already may stay, whatever is said of the field today.
        if draft.old.as_ref().is_some_and(|old| ids(field, old.get(id)).any(|held| held == file)) {
            continue;
        }
        let Some(file) = work.file(file)? else { return Ok(Err(about(field, "file_missing", []))) };
        if let Err(key) = is_for(work, &draft.row, &file) {
            return Ok(Err(about(field, key, [])));
        }
        if let Some(problem) = refused(field, &file.name, &file.media, u64::try_from(file.size).unwrap_or(u64::MAX)) {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(()))
}

/// Why a field does not take a file of this name and media type that has so many bytes, if it does not.
pub fn refused(field: &Field, name: &str, media_type: &str, bytes: u64) -> Option<Problem> {
    let Kind::File(accepted) = &field.kind else { return Some(about(field, "not_file", [])) };
    let plain = |text: &str| Argument::Plain(text.to_owned());
    if !accepted.takes(media_type, name) {
        let is = plain(&media::told(media_type));
        return Some(about(field, "file_type", [plain(&accepted.told()), plain(name), is]));
    }
    let max = accepted.max.filter(|max| bytes > *max)?;
    Some(about(field, "file_size", [plain(&size::text(max)), plain(name), plain(&size::text(bytes))]))
}

/// Whether this writer may give this record a file.
fn is_for(work: &Work<'_>, row: &Row, file: &File) -> Result<(), &'static str> {
    match &file.owner {
        Some(owner) if Some(owner.record) == row.id() => Ok(()),
        Some(_) => Err("file_taken"),
        None if file.created_by == work.actor.user.map(|user| user.id) => Ok(()),
        None => Err("file_missing"),
    }
}

/// Gives a record the files that it holds and did not have before.
///
/// # Errors
/// When another record got one meanwhile, or it was taken away as unused; or the database cannot be written.
pub fn attach(work: &Work<'_>, checked: &Checked) -> Result<(), Refusal> {
    let (entity, row) = (checked.entity(), checked.row());
    let Some(record) = row.id() else { return Ok(()) };
    for (id, field) in work.live.model[entity].all_fields() {
        let held = |file: &Id| checked.old().is_some_and(|old| ids(field, old.get(id)).any(|held| held == *file));
        let mut fresh = Vec::new();
        for file in ids(field, row.get(id)).filter(|file| !held(file)) {
            // What the record had once is its own still.
            let owner = work.file(file)?.and_then(|file| file.owner);
            if owner.is_none_or(|owner| owner.record != record) && !fresh.contains(&file) {
                fresh.push(file);
            }
        }
        if fresh.is_empty() {
            continue;
        }
        let owner = Owner {
            entity: work.live.layout.table_name(entity),
            record,
            field: work.live.layout.column_name(entity, id),
        };
        let given = work.give_files(&fresh, &owner)?;
        if given != fresh.len() as u64 {
            let (code, message) = about(field, "file_missing", []);
            return Err(Refusal::invalid(vec![FieldError::new(field.name.to_string(), code, message)]));
        }
    }
    Ok(())
}
