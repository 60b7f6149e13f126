//! What tests inside this crate share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::expr::{Expr, Scope, compile};
use fichero_model::place::Place;
use fichero_model::{EntityId, Model};
use fichero_test_support::Database;
use jiff::Timestamp;

use crate::schema::Schema;
use crate::schema::deployment::{Publication, publish};
use crate::{Db, Error, Isolation, Layout, Options, Priority, system};

/// A database with the tables of a model.
pub(crate) struct Deployed {
    pub(crate) db: Db,
    pub(crate) layout: Arc<Layout>,
    _database: Database,
}

impl Deployed {
    /// On each sort of database that the machine has.
    pub(crate) fn each(model: &Arc<Model>) -> Vec<Deployed> {
        fichero_test_support::databases().into_iter().map(|database| Self::on(database, model)).collect()
    }

    pub(crate) fn on(database: Database, model: &Arc<Model>) -> Self {
        let db = Db::open(&Options::new(database.url())).unwrap();
        let published = Arc::clone(model);
        db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
            system::install(tx)?;
            let publication = Publication {
                model: &published,
                files: &BTreeMap::new(),
                catalog_hash: "0",
                base: 0,
                consent: None,
                by: "test",
                at: Timestamp::UNIX_EPOCH,
            };
            publish(tx, &publication).map(drop).map_err(|error| Error::Statement(format!("{error:?}")))
        })
        .unwrap();
        let schema = Arc::new(Schema::of(model).unwrap());
        let layout = Arc::new(Layout::new(Arc::clone(model), schema, db.dialect()).unwrap());
        Self { db, layout, _database: database }
    }
}

/// An expression over the rows of an entity.
pub(crate) fn expr(model: &Model, entity: EntityId, text: &str) -> Expr {
    let compiled = compile(text, &Place::start_of(&"test".into()), &Scope::row(model, entity));
    compiled.unwrap_or_else(|findings| panic!("`{text}`: {findings:#?}"))
}
