//! A firm in a database, its people, and browsers for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use fichero_definition::{Capabilities, File, Sources, compile};
use fichero_engine::deploy::{self, Definitions, Order};
use fichero_engine::engine::Parts;
use fichero_engine::read::list::ShapeRequest;
use fichero_engine::value::json as codec;
use fichero_engine::{Actor, Command, Engine, Mode, Via};
use fichero_model::Model;
use fichero_model::clock::{Clock as _, Ids, SeededIds, SimulatedClock};
use fichero_model::label::Locale;
use fichero_store::{Db, Options};
use fichero_test_support::{Database, databases};
use serde_json::{Value as Json, json};

use crate::browser::Browser;

/// A firm in a database.
pub struct World {
    pub engine: Engine,
    pub clock: Arc<SimulatedClock>,
    pub router: Router,
    /// Kept so that the database lives as long as the test.
    _database: Database,
}

fn model(firm: &str) -> Model {
    let workspace = "workspace: test\ntitle: Test & Co\nlocale: en\ntime_zone: Europe/Madrid\ncurrency: EUR\n";
    let files = vec![File::own("workspace.yaml", workspace), File::own("firm.yaml", firm)];
    let (sources, mut findings) = Sources::from_files(files);
    let (model, more) = compile(&sources, &Capabilities::default());
    findings.extend(more);
    let errors = findings.iter().filter(|finding| finding.is_error());
    let errors: Vec<String> = errors.map(|finding| fichero_model::diagnostic::render(finding, &sources)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    model.expect("definitions without errors give a model")
}

/// Runs a test on one database: what a browser does with a page is the same on all.
pub fn on_one(test: impl AsyncFn(&World)) {
    on_one_with(include_str!("firm.yaml"), test);
}

/// The same with other definitions than the firm's.
pub fn on_one_with(definitions: &str, test: impl AsyncFn(&World)) {
    let database = databases().into_iter().next().expect("there is always SQLite");
    run(database, Arc::new(model(definitions)), &test);
}

/// Runs a test on each database.
pub fn on_each(test: impl AsyncFn(&World)) {
    on_each_with(include_str!("firm.yaml"), test);
}

/// The same with other definitions than the firm's.
pub fn on_each_with(definitions: &str, test: impl AsyncFn(&World)) {
    let model = Arc::new(model(definitions));
    for database in databases() {
        run(database, Arc::clone(&model), &test);
    }
}

fn run(database: Database, model: Arc<Model>, test: &impl AsyncFn(&World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = World::new(database, model);
    runtime.block_on(async {
        world.add_person("ana", "Ana Ruiz", "en", false).await;
        test(&world).await;
    });
}

impl World {
    fn new(database: Database, model: Arc<Model>) -> Self {
        let db = Db::open(&Options::new(database.url())).unwrap();
        deploy::install(&db).unwrap();
        let clock = Arc::new(SimulatedClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let definitions = Definitions { model, files: Arc::new(BTreeMap::new()), hash: Arc::from("test") };
        let order = Order { base: 0, consent: None, by: "test".to_owned(), at: clock.now() };
        let (deployment, _) = deploy::publish(&db, &definitions, &order).unwrap();
        let live = deploy::live(&db, &deploy::Deployed { deployment, definitions }).unwrap();
        let files = Arc::new(fichero_engine::files::Memory::default());
        let engine = Engine::new(Parts {
            db,
            live,
            clock: clock.clone(),
            ids,
            files,
            seal: [7; 32],
            keeper: fichero_engine::secret::Keeper::of(&"A".repeat(43)).ok(),
        });
        let router = fichero_web::router(engine.clone(), fichero_web::Setup::default()).unwrap();
        Self { engine, clock, router, _database: database }
    }

    /// Puts other definitions in force, with consent to whatever they do.
    pub async fn publish(&self, definitions: &str) {
        let model = model(definitions);
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

    /// Makes a person who can be browsed for.
    pub async fn add_person(&self, login: &str, name: &str, locale: &str, admin: bool) -> String {
        self.create(
            "user",
            json!({"login": login, "name": name, "locale": locale, "admin": admin, "active": true, "time_zone": "Europe/Madrid"}),
        )
        .await
    }

    /// A browser that nobody is signed in with.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A browser that a person is signed in with. Hashing a password takes long, so only the tests of signing in do it.
    pub async fn browser(&self, login: &str) -> Browser {
        let mut browser = self.stranger();
        let secret = self.engine.create_token(login, "test").await.unwrap();
        browser.cookies.insert("fichero_session".to_owned(), secret);
        browser
    }

    /// Makes a record as the system; gives its id.
    pub async fn create(&self, entity: &str, body: Json) -> String {
        let live = self.engine.live();
        let (entity, _) = live.model.entity(entity).unwrap();
        let input = codec::input(&live.model, entity, &body).unwrap();
        let command = Command::Create { entity, input };
        let done = self.engine.command(&self.actor(), command, Mode::Live, None).await;
        done.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN))).done.id.to_string()
    }

    /// Changes a record as the system.
    pub async fn update(&self, entity: &str, id: &str, body: Json) {
        let live = self.engine.live();
        let (entity, _) = live.model.entity(entity).unwrap();
        let input = codec::input(&live.model, entity, &body).unwrap();
        let command = Command::Update { entity, id: id.parse().unwrap(), input, version: None };
        let done = self.engine.command(&self.actor(), command, Mode::Live, None).await;
        done.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN)));
    }

    /// Puts a record into the trash as the system.
    pub async fn delete(&self, entity: &str, id: &str) {
        let (entity, _) = self.engine.live().model.entity(entity).unwrap();
        let command = Command::Delete { entity, id: id.parse().unwrap(), version: None };
        let done = self.engine.command(&self.actor(), command, Mode::Live, None).await;
        done.unwrap_or_else(|refusal| panic!("{}", refusal.to_text(Locale::EN)));
    }

    /// A record as the HTTP interface shows it.
    pub async fn get(&self, entity: &str, id: &str) -> Json {
        let live = self.engine.live();
        let (entity, _) = live.model.entity(entity).unwrap();
        let reference = fichero_model::Ref { entity, id: id.parse().unwrap() };
        let shape = ShapeRequest { fields: Vec::new(), expand: vec!["lines".to_owned()] };
        let shape = if live.model[entity].field("lines").is_some() { shape } else { ShapeRequest::default() };
        self.engine.get(&self.actor(), reference, &shape).await.unwrap().body.json()
    }

    fn actor(&self) -> Actor {
        Actor { user: None, admin: true, locale: Locale::EN, via: Via::Test, cause: None }
    }
}
