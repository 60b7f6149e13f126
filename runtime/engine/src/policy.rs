//! Who may do what. One place that every door asks, before it reads or writes.
//!
//! This is the first, honest form: whoever is signed in may work with records; people, teams, settings and what is purged
//! for good are the administrators'. Roles and row rules will be answered here and nowhere else: [`ReadPath`] lists every
//! way to read, and each must have its case in [`may_read`].

use fichero_model::{EntityId, Model};

use crate::actor::Actor;
use crate::refusal::Refusal;

/// What somebody may do to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make one.
    Create,
    /// Change one.
    Update,
    /// Move one to another stage.
    Transition,
    /// Put one into the trash.
    Delete,
    /// Take one out of it.
    Restore,
    /// Remove one for good.
    Purge,
    /// Bring many in from a file.
    Import,
}

/// Every way to read records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadPath {
    /// One by its id.
    Get,
    /// A page of many.
    List,
    /// How many there are.
    Count,
    /// Sums over groups.
    Aggregate,
    /// Those another record refers to, inside it.
    Expand,
    /// What stands for a record in a link.
    Title,
    /// Those that refer to a record.
    Related,
    /// What became of a record.
    History,
    /// Suggestions while somebody types.
    Suggest,
    /// Many, written to a file.
    Export,
    /// What words find among all entities.
    Search,
    /// A file, of a record or of its uploader.
    File,
}

/// Whether somebody may do something to records of an entity.
///
/// # Errors
/// When they may not.
pub fn may(actor: &Actor, model: &Model, entity: EntityId, action: Action) -> Result<(), Refusal> {
    if actor.admin {
        return Ok(());
    }
    let settings = || model.settings.iter().any(|settings| settings.entity == entity);
    let own = entity == model.user || entity == model.team || settings();
    match action {
        Action::Purge | Action::Import => Err(Refusal::forbidden()),
        Action::Create | Action::Update | Action::Transition | Action::Delete | Action::Restore => {
            if actor.user.is_none() || own { Err(Refusal::forbidden()) } else { Ok(()) }
        }
    }
}

/// Whether somebody may read records of an entity in this way.
///
/// # Errors
/// When they may not.
pub fn may_read(actor: &Actor, path: ReadPath) -> Result<(), Refusal> {
    match path {
        ReadPath::Get
        | ReadPath::List
        | ReadPath::Count
        | ReadPath::Aggregate
        | ReadPath::Expand
        | ReadPath::Title
        | ReadPath::Related
        | ReadPath::History
        | ReadPath::Suggest
        | ReadPath::Export
        | ReadPath::Search
        | ReadPath::File => {
            if actor.admin || actor.user.is_some() {
                Ok(())
            } else {
                Err(Refusal::new(
                    crate::refusal::Kind::Unauthenticated,
                    "unauthenticated",
                    crate::message::Message::key("unauthenticated"),
                ))
            }
        }
    }
}
