//! Rules: pure, synchronous business logic that runs when a record is saved or deleted.

use std::sync::Arc;

use crate::expr::{Expr, Setting};
use crate::id::{EntityId, FieldId};
use crate::label::Locale;
use crate::place::Place;

/// A rule of an entity. Rules run once each, in order; none triggers another.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// When it runs.
    pub on: Vec<RuleEvent>,
    /// It does nothing unless this holds.
    pub condition: Option<Expr>,
    /// Facts looked up before the effects, read as the system.
    pub finds: Vec<Find>,
    /// Fields it sets, in order; `record` and what was found are at hand.
    pub set: Vec<(FieldId, Setting)>,
    /// What it refuses the command with.
    pub reject: Option<Reject>,
    /// Where it is declared.
    pub place: Place,
}

/// When a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleEvent {
    /// A record is created or updated.
    Save,
    /// A record is created.
    Create,
    /// A record is updated.
    Update,
    /// A record is put into the trash.
    Delete,
}

/// Records a rule looks up.
#[derive(Clone, Debug)]
pub struct Find {
    /// The local it is known by in the rule's expressions.
    pub name: Arc<str>,
    /// Where it looks.
    pub from: EntityId,
    /// Which records; `record` is the record being saved.
    pub filter: Option<Expr>,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// Only the first one is wanted: the local is a reference, or nothing. Otherwise it is a list.
    pub first: bool,
    /// At most so many are looked up.
    pub limit: u32,
}

impl Find {
    /// How many are looked up where nothing is said.
    pub const USUAL_LIMIT: u32 = 1_000;
}

/// A sort key: a portable expression over the row.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What is compared.
    pub by: Expr,
    /// From the greatest down.
    pub descending: bool,
}

/// A refusal.
#[derive(Clone, Debug)]
pub struct Reject {
    /// The field it is about.
    pub field: Option<FieldId>,
    /// What the writer is told.
    pub message: Message,
}

/// A message with values filled in, in one or more languages.
#[derive(Clone, Debug)]
pub struct Message {
    /// For each language its pieces, the author's own first.
    pub by_locale: Vec<(Locale, Vec<Piece>)>,
}

/// A piece of a message.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text as it stands.
    Text(Arc<str>),
    /// A value filled in.
    Value(Box<Expr>),
}

impl Message {
    /// The pieces for a reader of `locale`: in that language, else in English, else in the author's own.
    pub fn get(&self, locale: Locale) -> &[Piece] {
        let find =
            |wanted: Locale| self.by_locale.iter().find(|(locale, _)| *locale == wanted).map(|(_, pieces)| &**pieces);
        find(locale)
            .or_else(|| find(Locale::EN))
            .unwrap_or_else(|| self.by_locale.first().map_or(&[], |(_, pieces)| pieces))
    }
}
