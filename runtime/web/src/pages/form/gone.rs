//! The record of a form was deleted while somebody was at it: the form stays as it was typed, and says how to go on.
//!
//! What is offered is posted to the form's own address: [`RESTORE`] takes the record out of the trash and saves, [`COPY`]
//! makes a new record of what stands in the form.

use axum::response::Response;
use fichero_engine::policy::Action;
use fichero_engine::read::page::Seen;
use fichero_engine::{Command, Kind, Mode, Refusal};
use fichero_model::entity::Source;
use fichero_model::kind;
use fichero_model::{EntityId, Model, Ref};

use super::{Attempt, names, read};
use crate::pages::post::Posted;
use crate::pages::visitor::Visitor;
use crate::ui::context::{self, Link};

/// The button that takes the record out of the trash and saves.
pub const RESTORE: &str = "restore";

/// The button that makes a new record of what was typed.
pub const COPY: &str = "copy";

/// The form as it was typed, of a record that is no longer there. `refusal` is what a save, or the way back, was answered.
///
/// # Errors
/// The refusal, where the record never was, or nothing can be done with what was typed.
pub async fn show(visitor: &Visitor, record: Ref, posted: Posted, refusal: Refusal) -> Result<Response, Refusal> {
    let engine = &visitor.app.engine;
    let Seen { reader, now, page: gone, .. } = engine.gone_page(&visitor.live, &visitor.actor, record).await?;
    let Some(gone) = gone else { return Err(refusal) };
    let words = visitor.words(&reader, now, &gone.titles);
    let said = context::Gone {
        who: words.person(gone.by),
        at: words.when(gone.at),
        into: gone.into.map(|into| Link { label: words.title(into), href: words.href(into) }),
        // To restore one that was merged takes the merge back: nothing to be done along with a save.
        restore: gone.trashed && gone.into.is_none() && visitor.may(record.entity, Action::Restore),
        copy: visitor.may(record.entity, Action::Create),
    };
    let (id, posted) = match (gone.trashed, said.copy) {
        (true, _) => (Some(record.id), posted),
        // Nothing of it is left but what was typed: that is a new record.
        (false, true) => (None, copied(visitor.model(), record.entity, &posted)),
        (false, false) => return Err(refusal),
    };
    let typed = read::read(visitor, record.entity, &posted).await?;
    let refusal = (refusal.kind != Kind::NotFound).then_some(refusal);
    let attempt = Attempt { entity: record.entity, id, posted, typed, refusal, changed: true, gone: Some(said) };
    super::show(visitor, attempt).await
}

/// Takes the record out of the trash; one that somebody else took out already is as good.
///
/// # Errors
/// When it cannot be taken out.
pub async fn restore(visitor: &Visitor, record: Ref, posted: &mut Posted) -> Result<(), Refusal> {
    let command = Command::Restore { entity: record.entity, id: record.id, version: None };
    match visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await {
        Ok(answer) => {
            // Into the trash and out of it: where nothing else happened, it is what the writer read.
            if posted.version().is_some_and(|read| read.checked_add(2) == Some(answer.done.version)) {
                posted.retain(|name| name != "_version");
                posted.push("_version", &answer.done.version.to_string());
            }
            Ok(())
        }
        Err(refusal) if refusal.code == "not_in_trash" => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// What was posted for a record, as it is posted for a new one: all that stands in the inputs was given, but for what
/// follows others, and its lines are new.
pub fn copied(model: &Model, entity: EntityId, posted: &Posted) -> Posted {
    let follows = |name: &str| {
        names::field(model, entity, name)
            .is_some_and(|field| matches!(field.source, Source::Compute(_) | Source::Copy(_)))
    };
    let is_line = |name: &str| {
        let mut parts = name.split('.');
        let lines = parts.next().and_then(|lines| model[entity].field(lines));
        lines.is_some_and(|(_, field)| field.kind.is_rows()) && parts.nth(1) == Some("id") && parts.next().is_none()
    };
    // The files of the record stay its own.
    let is_its_file = |name: &str, value: &str| {
        let is_file = names::field(model, entity, name).is_some_and(|field| matches!(field.kind, kind::Kind::File(_)));
        is_file && read::was(posted, name).is_some_and(|was| was.lines().any(|held| held == value))
    };
    let mut copied = Posted::default();
    for (name, value) in posted.pairs() {
        match name.strip_prefix("_was.") {
            Some(shown) if !follows(shown) => {}
            _ if matches!(name, "_do" | "_version") || is_its_file(name, value) => {}
            _ => copied.push(name, if is_line(name) { "" } else { value }),
        }
    }
    copied.instead_of(posted)
}
