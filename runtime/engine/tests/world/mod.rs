//! A workspace in a database, for tests: definitions as text, a clock that stands still, commands as JSON.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod bring;

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_definition::{Capabilities, File, Sources, compile};
use fichero_engine::deploy::{self, Definitions, Order};
use fichero_engine::engine::{Answer, Parts};
use fichero_engine::read::aggregate;
use fichero_engine::read::history;
use fichero_engine::read::list::{ListRequest, ShapeRequest};
use fichero_engine::secret::Keeper;
use fichero_engine::value::json as codec;
use fichero_engine::{Actor, Command, Engine, Mode, Refusal, Via};
use fichero_model::clock::{Clock as _, Ids, SeededIds, SimulatedClock};
use fichero_model::label::Locale;
use fichero_model::{EntityId, Id, Model, Ref};
use fichero_store::{Db, Options};
use fichero_test_support::{Database, databases};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

/// A workspace in a database.
pub struct World {
    pub engine: Engine,
    pub clock: Arc<SimulatedClock>,
    pub actor: Actor,
    /// Kept so that the database lives as long as the test.
    _database: Database,
}

/// Compiles definitions; a test that gives wrong ones sees why.
pub fn model(yaml: &str) -> Model {
    model_with(yaml, &[])
}

/// The same, with other files beside them: scripts.
pub fn model_with(yaml: &str, others: &[(&str, &str)]) -> Model {
    let workspace = "workspace: test\ntitle: Test\nlocale: en\ntime_zone: Europe/Madrid\ncurrency: EUR\n";
    let mut files = vec![File::own("workspace.yaml", workspace), File::own("definitions.yaml", yaml)];
    files.extend(others.iter().map(|(path, text)| File::own(path, text)));
    let (sources, mut findings) = Sources::from_files(files);
    let (model, more) = compile(&sources, &Capabilities::default());
    findings.extend(more);
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| fichero_model::diagnostic::render(finding, &sources))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    model.expect("definitions without errors give a model")
}

/// Runs a test on each database.
pub fn on_each(yaml: &str, test: impl AsyncFn(&World)) {
    on_each_with(yaml, &[], test);
}

/// The same, with other files beside the definitions.
pub fn on_each_with(yaml: &str, others: &[(&str, &str)], test: impl AsyncFn(&World)) {
    let model = Arc::new(model_with(yaml, others));
    for database in databases() {
        let world = World::new(database, Arc::clone(&model));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(test(&world));
    }
}

impl World {
    /// A workspace of a model in a database that is empty.
    pub fn new(database: Database, model: Arc<Model>) -> Self {
        Self::with_key(database, model, Keeper::of(&"A".repeat(43)).ok())
    }

    /// The same with another key for secrets, or with none.
    pub fn with_key(database: Database, model: Arc<Model>, keeper: Option<Keeper>) -> Self {
        let db = Db::open(&Options::new(database.url())).unwrap();
        deploy::install(&db).unwrap();
        let clock = Arc::new(SimulatedClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let definitions = Definitions { model, files: Arc::new(BTreeMap::new()), hash: Arc::from("test") };
        let order = Order { base: 0, consent: None, by: "test".to_owned(), at: clock.now() };
        let (deployment, _) = deploy::publish(&db, &definitions, &order).unwrap();
        let live = deploy::live(&db, &deploy::Deployed { deployment, definitions }).unwrap();
        let files = Arc::new(fichero_engine::files::Memory::default());
        let engine = Engine::new(Parts { db, live, clock: clock.clone(), ids, files, seal: [7; 32], keeper });
        let actor = Actor { user: None, admin: true, locale: Locale::EN, via: Via::Test, cause: None };
        Self { engine, clock, actor, _database: database }
    }

    /// Puts other definitions in force, with consent to whatever they do.
    pub async fn publish(&self, model: Model) {
        let definitions =
            Definitions { model: Arc::new(model), files: Arc::new(BTreeMap::new()), hash: Arc::from("next") };
        let (db, at, base) = (self.engine.db().clone(), self.clock.now(), self.engine.live().seq);
        let publish = move || {
            let consent = Some(deploy::plan(&db, &definitions.model, at).unwrap().hash());
            let order = Order { base, consent, by: "test".to_owned(), at };
            let (deployment, _) = deploy::publish(&db, &definitions, &order).unwrap();
            deploy::live(&db, &deploy::Deployed { deployment, definitions }).unwrap()
        };
        self.engine.swap(tokio::task::spawn_blocking(publish).await.unwrap());
    }

    /// Drops what was retired.
    pub async fn prune(&self) {
        let (db, at, base) = (self.engine.db().clone(), self.clock.now(), self.engine.live().seq);
        let before = at.checked_add(SignedDuration::from_secs(1)).unwrap();
        let prune = move || {
            let consent = Some(deploy::prune_plan(&db, before).unwrap().hash());
            let order = Order { base, consent, by: "test".to_owned(), at };
            let (deployment, _) = deploy::prune(&db, before, &order).unwrap().expect("something was retired");
            deployment
        };
        let deployment = tokio::task::spawn_blocking(prune).await.unwrap();
        let live = self.engine.live();
        let definitions =
            Definitions { model: Arc::clone(&live.model), files: Arc::new(BTreeMap::new()), hash: Arc::from("pruned") };
        let db = self.engine.db().clone();
        let live = move || deploy::live(&db, &deploy::Deployed { deployment, definitions }).unwrap();
        self.engine.swap(tokio::task::spawn_blocking(live).await.unwrap());
    }

    pub fn entity(&self, name: &str) -> EntityId {
        self.engine.live().model.entity(name).unwrap_or_else(|| panic!("no entity {name}")).0
    }

    pub fn reference(&self, name: &str, id: &str) -> Ref {
        Ref { entity: self.entity(name), id: id.parse().unwrap() }
    }

    pub async fn run(&self, command: Command) -> Result<Answer, Refusal> {
        self.engine.command(&self.actor, command, Mode::Live, Some(ShapeRequest::default())).await
    }

    pub async fn try_create(&self, entity: &str, body: Json) -> Result<Json, Refusal> {
        let entity = self.entity(entity);
        let input = codec::input(&self.engine.live().model, entity, &body)?;
        Ok(self.run(Command::Create { entity, input }).await?.body.unwrap().json())
    }

    /// Makes a record as somebody else.
    pub async fn create_as(&self, user: &str, entity: &str, body: Json) -> Json {
        let actor = Actor { user: Some(self.reference("user", user)), ..self.actor.clone() };
        let entity = self.entity(entity);
        let input = codec::input(&self.engine.live().model, entity, &body).unwrap();
        let command = Command::Create { entity, input };
        let done = self.engine.command(&actor, command, Mode::Live, Some(ShapeRequest::default())).await;
        done.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN))).body.unwrap().json()
    }

    pub async fn create(&self, entity: &str, body: Json) -> Json {
        self.try_create(entity, body).await.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN)))
    }

    pub async fn try_update(&self, entity: &str, id: &str, body: Json) -> Result<Json, Refusal> {
        self.update_at(entity, id, body, None).await
    }

    pub async fn update_at(&self, entity: &str, id: &str, body: Json, version: Option<i64>) -> Result<Json, Refusal> {
        let Ref { entity, id } = self.reference(entity, id);
        let input = codec::input(&self.engine.live().model, entity, &body)?;
        Ok(self.run(Command::Update { entity, id, input, version }).await?.body.unwrap().json())
    }

    pub async fn update(&self, entity: &str, id: &str, body: Json) -> Json {
        self.try_update(entity, id, body).await.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN)))
    }

    pub async fn delete(&self, entity: &str, id: &str) -> Result<(), Refusal> {
        let Ref { entity, id } = self.reference(entity, id);
        self.engine
            .command(&self.actor, Command::Delete { entity, id, version: None }, Mode::Live, None)
            .await
            .map(drop)
    }

    pub async fn restore(&self, entity: &str, id: &str) -> Result<(), Refusal> {
        let Ref { entity, id } = self.reference(entity, id);
        self.run(Command::Restore { entity, id, version: None }).await.map(drop)
    }

    pub async fn purge(&self, entity: &str, id: &str) -> Result<(), Refusal> {
        let Ref { entity, id } = self.reference(entity, id);
        self.engine.command(&self.actor, Command::Purge { entity, id, version: None }, Mode::Live, None).await.map(drop)
    }

    pub async fn transition(&self, entity: &str, id: &str, to: &str, set: Json) -> Result<Json, Refusal> {
        let Ref { entity, id } = self.reference(entity, id);
        let input = codec::input(&self.engine.live().model, entity, &set)?;
        Ok(self
            .run(Command::Transition { entity, id, field: None, to: to.to_owned(), input, version: None })
            .await?
            .body
            .unwrap()
            .json())
    }

    pub async fn get(&self, entity: &str, id: &str) -> Json {
        self.engine.get(&self.actor, self.reference(entity, id), &ShapeRequest::default()).await.unwrap().body.json()
    }

    pub async fn get_expanded(&self, entity: &str, id: &str, expand: &[&str]) -> Json {
        let shape = ShapeRequest { fields: Vec::new(), expand: expand.iter().map(|name| (*name).to_owned()).collect() };
        self.engine.get(&self.actor, self.reference(entity, id), &shape).await.unwrap().body.json()
    }

    /// The records of a list, by the field `name`.
    pub async fn names(&self, entity: &str, request: ListRequest) -> Vec<String> {
        let page = self
            .engine
            .list(&self.actor, self.entity(entity), &request)
            .await
            .unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN)));
        page.items.iter().map(|item| item.json()["name"].as_str().unwrap_or("").to_owned()).collect()
    }

    pub async fn filtered(&self, entity: &str, filter: &str) -> Vec<String> {
        self.names(
            entity,
            ListRequest { filter: Some(filter.to_owned()), sort: vec!["name".to_owned()], ..ListRequest::default() },
        )
        .await
    }

    pub async fn aggregate(&self, entity: &str, group: &[&str], measures: &[&str]) -> Vec<Json> {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        let request =
            aggregate::Request { group: texts(group), measures: texts(measures), ..aggregate::Request::default() };
        self.engine.aggregate(&self.actor, self.entity(entity), &request).await.unwrap().items
    }

    pub async fn history(&self, entity: &str, id: &str) -> Vec<Json> {
        self.engine.history(&self.actor, self.reference(entity, id), &history::Request::default()).await.unwrap().items
    }
}

/// The codes of a refusal by field: `["name: required"]`.
pub fn codes<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<String> {
    let refusal = result.expect_err("it should be refused");
    if refusal.errors.is_empty() {
        return vec![refusal.code.to_owned()];
    }
    refusal.errors.iter().map(|error| format!("{}: {}", error.field, error.code)).collect()
}

/// The id of a record.
pub fn id(record: &Json) -> &str {
    record["id"].as_str().unwrap()
}

/// An id that no record has.
pub fn nobody() -> String {
    Id::from_bytes([9; 16]).to_string()
}

/// An empty body.
pub fn nothing() -> Json {
    json!({})
}
