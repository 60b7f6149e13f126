//! The index of the search follows each record that is written, with the same command.
//!
//! What a record is found by follows from its own row, so it is known as soon as that is; what is not found (the trash,
//! entities without anything to look into) is not in the index.

use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::search::{self, Terms};
use fichero_model::{EntityId, Id};
use fichero_store::system::search as index;
use fichero_store::{Error, Tx};

use crate::live::Live;

/// A record was made.
///
/// # Errors
/// As the database says.
pub fn made(live: &Live, tx: &mut Tx, row: &Row) -> Result<(), Error> {
    let (Some(id), terms) = (row.id(), terms(live, row)) else { return Ok(()) };
    if terms.is_empty() { Ok(()) } else { index::add(tx, &live.layout.table_name(row.entity), id, &terms) }
}

/// A record was changed, put into the trash, or taken out of it.
///
/// # Errors
/// As the database says.
pub fn changed(live: &Live, tx: &mut Tx, old: &Row, new: &Row) -> Result<(), Error> {
    let Some(id) = new.id() else { return Ok(()) };
    let fields = &live.ties(new.entity).searched;
    let is_same = |field| old.get(field) == new.get(field);
    if lives(old) == lives(new) && fields.iter().all(|field| is_same(*field)) {
        return Ok(());
    }
    index::change(tx, &live.layout.table_name(new.entity), &[(id, terms(live, new))])
}

/// Records of an entity are gone for good.
///
/// # Errors
/// As the database says.
pub fn gone(live: &Live, tx: &mut Tx, entity: EntityId, ids: &[Id]) -> Result<(), Error> {
    match live.ties(entity).searched.is_empty() {
        true => Ok(()),
        false => index::remove(tx, &live.layout.table_name(entity), ids),
    }
}

/// The words by which a record is found.
pub fn terms(live: &Live, row: &Row) -> Terms {
    match lives(row) {
        true => search::terms(&live.model, &live.ties(row.entity).searched, row),
        false => Terms::default(),
    }
}

/// Those that the index is to hold of records.
pub fn all(live: &Live, rows: &[Arc<Row>]) -> Vec<(Id, Terms)> {
    rows.iter().filter_map(|row| Some((row.id()?, terms(live, row)))).collect()
}

fn lives(row: &Row) -> bool {
    row.get(System::DeletedAt.field()).is_nothing()
}
