//! Commands: everything anybody can do to records. A closed set; each is one transaction.

use fichero_model::{EntityId, FieldId, Id, Ref};

use crate::input::Input;

/// Something to be done to records.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Makes a record.
    Create {
        /// Of which entity.
        entity: EntityId,
        /// With what.
        input: Input,
    },
    /// Makes a record like another.
    Clone {
        /// Of which entity.
        entity: EntityId,
        /// Like which.
        id: Id,
        /// What is given for it in place of what the other one holds.
        input: Input,
    },
    /// Changes a record.
    Update {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// What is given; fields that are not stay as they are.
        input: Input,
        /// The version the writer read; another one refuses the command.
        version: Option<i64>,
    },
    /// Creates or updates a record by the value of a unique field.
    Upsert {
        /// Of which entity.
        entity: EntityId,
        /// The external field.
        key: FieldId,
        /// With what, the key included.
        input: Input,
        /// What the writer knows of a record with this key.
        expected: Expected,
    },
    /// Moves a record to a stage of its pipeline.
    Transition {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// The stage field; the entity's only pipeline when nothing.
        field: Option<FieldId>,
        /// The name of the stage.
        to: String,
        /// What is given besides.
        input: Input,
        /// The version the writer read.
        version: Option<i64>,
    },
    /// Puts a record, and what belongs to it, into the trash.
    Delete {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// The version the writer read.
        version: Option<i64>,
    },
    /// Puts a record into the trash, if nothing belongs to it or refers to it.
    Withdraw {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// The version the writer read.
        version: Option<i64>,
    },
    /// Merges a record into another, which takes over what was chosen and what refers to it; it goes into the trash.
    Merge {
        /// Of which entity both are.
        entity: EntityId,
        /// Which one goes.
        id: Id,
        /// Which one stays.
        into: Id,
        /// The fields whose values the one that stays takes over; those it has nothing in where nothing is said.
        take: Option<Vec<FieldId>>,
        /// The versions that the writer read: of the one that goes, and of the one that stays.
        versions: [Option<i64>; 2],
    },
    /// Takes a record, and all that was deleted with it, out of the trash. One that was merged is itself again.
    Restore {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// The version the writer read.
        version: Option<i64>,
    },
    /// Removes a record, and what belongs to it, for good.
    Purge {
        /// Which.
        entity: EntityId,
        /// Which.
        id: Id,
        /// The version the writer read.
        version: Option<i64>,
    },
}

impl Command {
    /// The entity it is about.
    pub fn entity(&self) -> EntityId {
        match self {
            Command::Create { entity, .. }
            | Command::Clone { entity, .. }
            | Command::Update { entity, .. }
            | Command::Upsert { entity, .. }
            | Command::Transition { entity, .. }
            | Command::Delete { entity, .. }
            | Command::Withdraw { entity, .. }
            | Command::Merge { entity, .. }
            | Command::Restore { entity, .. }
            | Command::Purge { entity, .. } => *entity,
        }
    }

    /// The record that it is about, where that is there already and it says which.
    pub fn record(&self) -> Option<Ref> {
        match self {
            Command::Create { .. } | Command::Clone { .. } | Command::Upsert { .. } => None,
            Command::Update { entity, id, .. }
            | Command::Transition { entity, id, .. }
            | Command::Delete { entity, id, .. }
            | Command::Withdraw { entity, id, .. }
            | Command::Merge { entity, id, .. }
            | Command::Restore { entity, id, .. }
            | Command::Purge { entity, id, .. } => Some(Ref { entity: *entity, id: *id }),
        }
    }
}

/// What a writer knows of a record that may or may not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Anything,
    /// That there is one.
    Existing,
    /// That there is one, at this version.
    Version(i64),
    /// That there is none.
    Absent,
}

/// How a command is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It happens now: all of its consequences follow.
    Live,
    /// It is history being brought in (import, data, restore): validation, rules and rollups apply, but no transition is
    /// checked, nothing is started, and system fields and stage times may be given.
    Load,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The record.
    pub id: Id,
    /// Its version now.
    pub version: i64,
    /// What became of it.
    pub effect: Effect,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// What was given was what it held already.
    Unchanged,
    /// It is in the trash.
    Deleted,
    /// It is back.
    Restored,
    /// It is gone for good.
    Purged,
}
