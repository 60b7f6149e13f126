//! The databases of scenario tests: the tables are made once, in a template that each test copies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fichero_model::Model;
use fichero_model::clock::Ids;
use fichero_store::scratch::{Ground, Scratch};
use fichero_store::{Db, Layout};
use jiff::Timestamp;

use crate::deploy::{self, Definitions, Deployed, Order};
use crate::live::Live;

/// A database with the tables of a model and nothing in them, to be copied.
pub struct Template {
    ground: Ground,
    scratch: Scratch,
    model: Arc<Model>,
    layout: Arc<Layout>,
    seq: i64,
    name: String,
    copies: AtomicUsize,
}

/// The database of one test. It goes away with this.
pub struct Copy<'t> {
    template: &'t Template,
    scratch: Scratch,
}

impl Template {
    /// Makes the tables. Names on the ground are made of chance, so that several runs do not meet. Blocks.
    ///
    /// # Errors
    /// A sentence, when the database cannot be made.
    pub fn new(ground: Ground, model: Arc<Model>, ids: &dyn Ids, now: Timestamp) -> Result<Self, deploy::Error> {
        let mut chance = [0; 8];
        ids.random(&mut chance);
        let name = format!("fichero_test_{}", deploy::hexadecimal(&chance));
        let scratch = ground.make(&name)?;
        let db = scratch.open()?;
        let made = publish(&db, &model, now);
        db.close();
        let live = made?;
        let (layout, seq) = (Arc::clone(&live.layout), live.seq);
        Ok(Self { ground, scratch, model, layout, seq, name, copies: AtomicUsize::new(0) })
    }

    /// A fresh copy. Blocks.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn copy(&self) -> Result<Copy<'_>, fichero_store::Error> {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let scratch = self.ground.copy(&self.scratch, &format!("{}_{number}", self.name))?;
        Ok(Copy { template: self, scratch })
    }
}

impl Copy<'_> {
    /// Opens it, with the model in force there. Blocks.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> Result<(Db, Live), fichero_store::Error> {
        let Template { model, layout, seq, .. } = self.template;
        Ok((self.scratch.open()?, Live::new(Arc::clone(model), Arc::clone(layout), *seq)))
    }
}

fn publish(db: &Db, model: &Arc<Model>, now: Timestamp) -> Result<Live, deploy::Error> {
    deploy::install(db)?;
    let definitions =
        Definitions { model: Arc::clone(model), files: Arc::new(BTreeMap::new()), hash: Arc::clone(&model.revision) };
    let order = Order { base: 0, consent: None, by: "test".to_owned(), at: now };
    let (deployment, _) = deploy::publish(db, &definitions, &order)?;
    deploy::live(db, &Deployed { deployment, definitions })
}
