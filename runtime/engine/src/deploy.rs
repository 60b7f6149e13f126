//! Deployments: which definitions are in force, how others take their place, and how each node comes to serve them.
//!
//! Definitions that compiled are [`Definitions`]; only these can be planned and published. Publishing is one transaction
//! with its migration, on top of the deployment that the plan was made for; who was too late plans again. A node serves
//! what the database says: [`follow`] brings it to the newest deployment, and [`fill`] computes in the background what
//! old rows lack. What always holds: a deployment that does not compile here is never served here, and the one before it
//! goes on.
//!
//! What this does not do: read folders or YAML (the composition root hands in [`Compile`]), or decide which folder may
//! publish.

pub mod door;
pub mod fill;
pub mod follow;
pub mod index;
pub mod node;

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::Model;
use fichero_model::clock::Ids;
use fichero_model::diagnostic::Diagnostic;
use fichero_store::schema::deployment::{self, Deployment, Pruning, Publication};
use fichero_store::schema::plan::Question;
use fichero_store::schema::{Schema, drift, facts};
use fichero_store::system::{self, meta};
use fichero_store::{Db, Dialect, Isolation, Layout, Priority};
use jiff::Timestamp;

use crate::live::Live;

pub use fichero_store::schema::{Error, Plan};

/// The definition files of a deployment by the key they are kept under. What a key means is the compiler's.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Definitions that compiled.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// What they mean.
    pub model: Arc<Model>,
    /// The files they were compiled from.
    pub files: Arc<Files>,
    /// A hash of the files, their names and contents, in hexadecimal.
    pub hash: Arc<str>,
}

/// What became of definition files.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The definitions; nothing where they have errors.
    pub definitions: Option<Definitions>,
    /// What was found, errors and warnings.
    pub findings: Vec<Diagnostic>,
}

/// Compiles the files of a deployment. Handed in by the composition root, for the engine knows no YAML.
pub trait Compile: Send + Sync {
    /// Compiles files as they were kept. Pure: the same files give the same definitions.
    fn compile(&self, files: &Files) -> Compiled;
}

/// A deployment with its definitions: what a node serves.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// The deployment.
    pub deployment: Deployment,
    /// Its definitions.
    pub definitions: Definitions,
}

/// Who publishes, and on what.
#[derive(Clone, Debug)]
pub struct Order {
    /// The deployment that the plan was made for; 0 before the first.
    pub base: i64,
    /// The hash of the plan that somebody has agreed to.
    pub consent: Option<String>,
    /// Who: a log-in, or what of the runtime did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Brings the runtime's own tables up to this release. The first thing that is done with a database.
///
/// # Errors
/// When the database was used by a newer release, or cannot be changed.
pub fn install(db: &Db) -> Result<(), Error> {
    db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx| Ok(system::install(tx)?))
}

/// Whether the runtime's own tables are there.
///
/// # Errors
/// When the database cannot be reached.
pub fn is_installed(db: &Db) -> Result<bool, Error> {
    match db.read_blocking(deployment::newest_seq) {
        Ok(_) => Ok(true),
        // There is no question about tables that both databases answer in the same words, so one of them is asked for.
        Err(fichero_store::Error::Statement(_)) => Ok(false),
        Err(error) => Err(Error::Store(error)),
    }
}

/// The newest deployment; nothing before the first.
///
/// # Errors
/// When the database cannot be read.
pub fn newest(db: &Db) -> Result<Option<Deployment>, Error> {
    Ok(db.read_blocking(deployment::newest)?)
}

/// The definition files of a deployment.
///
/// # Errors
/// When the database cannot be read, or a file is missing.
pub fn files(db: &Db, deployment: &Deployment) -> Result<Files, Error> {
    let deployment = deployment.clone();
    db.read_blocking(move |tx| Ok(deployment.sources(tx)?))
}

/// What the database needs to serve a model. Changes nothing.
///
/// # Errors
/// When stored values cannot become what the model wants, or the database cannot be read.
pub fn plan(db: &Db, model: &Arc<Model>, now: Timestamp) -> Result<Plan, Error> {
    let model = Arc::clone(model);
    db.snapshot_blocking(move |tx| deployment::plan_for(tx, &model, now))
}

/// What a database where nothing is yet needs to serve a model.
///
/// # Errors
/// When a unique rule has a condition that no database can keep.
pub fn plan_on_nothing(model: &Model, dialect: Dialect, now: Timestamp) -> Result<Plan, Error> {
    let question = Question { model, recorded: &Schema::default(), base: 0, dialect, now };
    fichero_store::schema::plan(&question, &mut facts::Empty)
}

/// Publishes definitions: their migration and the deployment in one transaction.
///
/// # Errors
/// [`Error::LostRace`] when `base` is not the newest, [`Error::Consent`] when the plan needs one that was not given,
/// [`Error::Busy`] when writers do not pause, and as [`plan`].
pub fn publish(db: &Db, definitions: &Definitions, order: &Order) -> Result<(Deployment, Plan), Error> {
    let (definitions, order) = (definitions.clone(), order.clone());
    db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
        let publication = Publication {
            model: &definitions.model,
            files: &definitions.files,
            catalog_hash: &definitions.hash,
            base: order.base,
            consent: order.consent.as_deref(),
            by: &order.by,
            at: order.at,
        };
        deployment::publish(tx, &publication)
    })
}

/// What could be pruned: what was retired before a moment. Changes nothing.
///
/// # Errors
/// When the database cannot be read.
pub fn prune_plan(db: &Db, before: Timestamp) -> Result<Plan, Error> {
    db.snapshot_blocking(move |tx| deployment::prune_plan(tx, before))
}

/// Drops what was retired before a moment; nothing where there is nothing to drop.
///
/// # Errors
/// [`Error::Consent`] when the hash of the plan was not given, [`Error::Busy`] when writers do not pause.
pub fn prune(db: &Db, before: Timestamp, order: &Order) -> Result<Option<(Deployment, Plan)>, Error> {
    let order = order.clone();
    db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
        let pruning = Pruning { before, consent: order.consent.as_deref(), by: &order.by, at: order.at };
        deployment::prune(tx, &pruning)
    })
}

/// Where the tables differ from what the newest deployment recorded: somebody changed them by hand. One sentence each.
///
/// # Errors
/// When the database cannot be read.
pub fn drift(db: &Db) -> Result<Vec<String>, Error> {
    db.snapshot_blocking(|tx| match deployment::newest(tx)? {
        Some(newest) => {
            let schema = newest.schema(tx)?;
            Ok(drift::drift(tx, &schema)?.iter().map(ToString::to_string).collect())
        }
        None => Ok(Vec::new()),
    })
}

/// A model with the tables of its deployment, ready to be served.
///
/// # Errors
/// When the recorded tables lack something that the model needs, or the database cannot be read.
pub fn live(db: &Db, deployed: &Deployed) -> Result<Live, Error> {
    let deployment = deployed.deployment.clone();
    let schema = db.read_blocking(move |tx| Ok::<_, Error>(deployment.schema(tx)?))?;
    let model = Arc::clone(&deployed.definitions.model);
    let layout = Layout::new(Arc::clone(&model), Arc::new(schema), db.dialect())?;
    Ok(Live::new(model, Arc::new(layout), deployed.deployment.seq))
}

/// The key that seals cursors and sessions: made once per database, the same on all nodes.
///
/// # Errors
/// When the database cannot be written, or holds something else under its name.
pub fn seal(db: &Db, ids: &Arc<dyn Ids>) -> Result<[u8; 32], Error> {
    let mut fresh = [0; 32];
    ids.random(&mut fresh);
    let fresh = hexadecimal(&fresh);
    db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
        let text = meta::get_or_put(tx, "seal", &fresh)?;
        let key = from_hexadecimal(&text);
        key.ok_or_else(|| Error::Store(fichero_store::Error::Corrupt("the key of cursors and sessions".to_owned())))
    })
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_both_ways() {
        let bytes: [u8; 32] = std::array::from_fn(|index| index as u8 * 8);
        assert_eq!(from_hexadecimal(&hexadecimal(&bytes)), Some(bytes));
        assert_eq!(from_hexadecimal("00"), None);
        assert_eq!(from_hexadecimal(&"zz".repeat(32)), None);
        assert_eq!(from_hexadecimal(&"é".repeat(32)), None);
    }
}
