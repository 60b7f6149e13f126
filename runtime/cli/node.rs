//! A workspace with its database open: what commands that work with records begin with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fichero_engine::deploy::{self, Compile as _, Compiled, Deployed, Files, Order};
use fichero_engine::engine::Parts;
use fichero_engine::problems::Problems;
use fichero_engine::{Engine, Refusal, data};
use fichero_model::clock::{Clock, Ids, SystemClock, SystemIds};
use fichero_model::diagnostic::Texts;
use fichero_model::label::Locale;
use fichero_store::schema::deployment::Deployment;
use fichero_store::{Db, Options, SqliteSync};

use super::{Context, Exit, Failure, Report, counted, runtime, steps};
use crate::workspace::{self, Compiler, Workspace, parent};

/// A workspace with its database open.
#[derive(Clone)]
pub struct Node {
    /// The workspace's folder.
    pub folder: PathBuf,
    /// The database, as it was named.
    pub database: String,
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Identities and randomness.
    pub ids: Arc<dyn Ids>,
}

impl Node {
    /// Opens the database of a workspace and brings the runtime's own tables up to date.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(context: &Context, folder: &Path) -> Result<Self, Failure> {
        Self::open_with(context, folder, SqliteSync::Full)
    }

    /// The same, with a choice of when a commit on SQLite counts as done.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_with(context: &Context, folder: &Path, sqlite_sync: SqliteSync) -> Result<Self, Failure> {
        let node = Self::connect(context, folder, sqlite_sync)?;
        deploy::install(&node.db).map_err(|error| failed(&error))?;
        Ok(node)
    }

    /// Opens the database as it is.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn connect(context: &Context, folder: &Path, sqlite_sync: SqliteSync) -> Result<Self, Failure> {
        let database = context.database().to_owned();
        let mut url = database.clone();
        if let Some(file) = context.database_file(folder) {
            // Only the workspace's own `data` is made: elsewhere a missing folder is rather a slip.
            let data = folder.join("data");
            if file.parent() == Some(&data) {
                std::fs::create_dir_all(&data).map_err(|error| Failure::file("make the folder", &data, &error))?;
            }
            url = format!("sqlite:{}", file.display());
        }
        let db = Db::open(&Options { sqlite_sync, ..Options::new(url) }).map_err(|error| stored(&error))?;
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds::new()));
        Ok(Self { folder: folder.to_owned(), database, db, clock, ids })
    }

    /// The newest deployment.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest(&self) -> Result<Option<Deployment>, Failure> {
        deploy::newest(&self.db).map_err(|error| failed(&error))
    }

    /// The newest deployment with its definitions; the folder is published only where there is none yet.
    ///
    /// # Errors
    /// When the folder has errors or the deployment does not compile here: that was told.
    pub fn in_force(&self, context: &Context) -> Result<Deployed, Failure> {
        match self.newest()? {
            Some(deployment) => self.compiled(context, deployment),
            None => {
                let definitions = Workspace::load(&self.folder).sound(context)?;
                let order = self.order(0, None);
                let (deployment, _) =
                    deploy::publish(&self.db, &definitions, &order).map_err(|error| failed(&error))?;
                parent::note(&self.folder, &self.database, &deployment);
                context.report.note(&format!("published the folder as deployment {}", deployment.seq));
                Ok(Deployed { deployment, definitions })
            }
        }
    }

    /// A deployment with its definitions.
    ///
    /// # Errors
    /// When it does not compile here: that was told.
    pub fn compiled(&self, context: &Context, deployment: Deployment) -> Result<Deployed, Failure> {
        let files = deploy::files(&self.db, &deployment).map_err(|error| failed(&error))?;
        let Compiled { definitions, findings } = Compiler.compile(&files);
        match definitions {
            Some(definitions) => Ok(Deployed { deployment, definitions }),
            None => {
                context.report.findings(&findings, &NoTexts);
                Err(Failure::new(format!("deployment {} does not compile with this version of fichero", deployment.seq))
                    .help("Mend the definitions in the folder and run `fichero apply`, or go back to the version that published it"))
            }
        }
    }

    /// An engine over a deployment.
    ///
    /// # Errors
    /// When the database cannot be read, or what should be the key for secrets is none.
    pub fn engine(&self, deployed: &Deployed) -> Result<Engine, Failure> {
        let live = deploy::live(&self.db, deployed).map_err(|error| failed(&error))?;
        let seal = deploy::seal(&self.db, &self.ids).map_err(|error| failed(&error))?;
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        let files = Arc::new(fichero_engine::files::Folder::new(self.folder.join("data").join("files")));
        let keeper = super::key::keeper()?;
        Ok(Engine::new(Parts { db: self.db.clone(), live, clock, ids, files, seal, keeper }))
    }

    /// An engine over the newest deployment; the folder is published only where there is none yet, with its data.
    ///
    /// # Errors
    /// As [`Node::in_force`], and when the database fails.
    pub fn engine_in_force(&self, context: &Context) -> Result<Engine, Failure> {
        let is_first = self.newest()?.is_none();
        let deployed = self.in_force(context)?;
        let engine = self.engine(&deployed)?;
        if is_first {
            let files = &deployed.definitions.files;
            runtime()?.block_on(load_data(context.report, &engine, files, data::Which::Stock))?;
        }
        Ok(engine)
    }

    /// Who publishes from here, now.
    pub fn order(&self, base: i64, consent: Option<&str>) -> Order {
        Order { base, consent: consent.map(str::to_owned), by: "command line".to_owned(), at: self.clock.now() }
    }
}

/// Loads the data documents of what is in force, whose files these are. A row that cannot be loaded is told, here and on
/// the problems page, and keeps the others from nothing. Gives how many there are.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn load_data(report: Report, engine: &Engine, files: &Files, which: data::Which) -> Result<usize, Failure> {
    let loaded = data::load(engine, which).await.map_err(|refusal| refused(&refusal))?;
    let sources = workspace::of_deployment(files);
    report.findings(&loaded.findings, &sources);
    if loaded.created + loaded.updated > 0 {
        report.note(&format!("data documents: {} made, {} changed", counted(loaded.created, "record"), loaded.updated));
    }
    let unloaded = loaded.findings.len();
    engine.report(Problems::clone(&engine.problems()).with_unloaded(loaded.findings, &sources));
    Ok(unloaded)
}

/// Where no file is at hand.
pub struct NoTexts;

impl Texts for NoTexts {
    fn text(&self, _: &str) -> Option<Arc<str>> {
        None
    }
}

/// Why a deployment was not made, for who typed the command. What was refused with places was told by the caller.
pub fn failed(error: &deploy::Error) -> Failure {
    match error {
        deploy::Error::Store(error) => stored(error),
        deploy::Error::Consent(plan) => Failure {
            exit: Exit::Consent,
            ..Failure::new(format!("{}; nothing was changed", steps::tally(plan))).help(format!(
                "When you agree to what `fichero plan` prints, run `fichero apply --consent {}`",
                plan.hash()
            ))
        },
        deploy::Error::Busy => Failure::new("writers did not pause within five seconds; nothing was changed")
            .help("Try again when less is going on"),
        other => Failure::new(other.to_string()),
    }
}

/// What the database said, to its operator.
pub fn stored(error: &fichero_store::Error) -> Failure {
    Failure::new(error.detail())
}

/// Why a command of the engine was refused.
pub fn refused(refusal: &Refusal) -> Failure {
    Failure::new(refusal.to_text(Locale::EN))
}
