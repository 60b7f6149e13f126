//! A workspace in a database, and programs that speak to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use fichero_definition::{Capabilities, File, Sources, compile};
use fichero_engine::account::Person;
use fichero_engine::deploy::{self, Definitions, Order};
use fichero_engine::engine::Parts;
use fichero_engine::{Actor, Engine, Via};
use fichero_model::Model;
use fichero_model::clock::{Clock as _, Ids, SeededIds, SimulatedClock};
use fichero_store::{Db, Options};
use fichero_test_support::{Database, databases};
use serde_json::Value as Json;
use tower::ServiceExt as _;

/// A workspace in a database.
pub struct World {
    pub engine: Engine,
    pub clock: Arc<SimulatedClock>,
    pub router: Router,
    /// Kept so that the database lives as long as the test.
    _database: Database,
}

/// A program that speaks to it.
pub struct Program {
    router: Router,
    token: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Json,
    /// As it came.
    pub body: String,
    pub bytes: axum::body::Bytes,
}

fn model() -> Model {
    let workspace = "workspace: test\ntitle: Test\nlocale: en\ntime_zone: Europe/Madrid\ncurrency: EUR\n";
    let files = vec![File::own("workspace.yaml", workspace), File::own("things.yaml", include_str!("things.yaml"))];
    let (sources, mut findings) = Sources::from_files(files);
    let (model, more) = compile(&sources, &Capabilities::default());
    findings.extend(more);
    let errors = findings.iter().filter(|finding| finding.is_error());
    let errors: Vec<String> = errors.map(|finding| fichero_model::diagnostic::render(finding, &sources)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    model.expect("definitions without errors give a model")
}

/// Runs a test on each database.
pub fn on_each(test: impl AsyncFn(&World)) {
    let model = Arc::new(model());
    for database in databases() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let world = World::new(database, Arc::clone(&model));
        runtime.block_on(test(&world));
    }
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

    /// Somebody with a token of their own.
    pub async fn program(&self, login: &str, admin: bool) -> Program {
        let person = Person { login: login.to_owned(), name: login.to_owned(), admin };
        self.engine.add_person(&Actor::system(Via::Test), person, None).await.unwrap();
        let token = self.engine.create_token(login, "test").await.unwrap();
        Program { router: self.router.clone(), token: Some(token) }
    }

    /// An administrator.
    pub async fn admin(&self) -> Program {
        self.program("boss", true).await
    }

    /// Lets seconds pass.
    pub fn wait(&self, seconds: i64) {
        self.clock.advance_to(self.clock.now() + jiff::SignedDuration::from_secs(seconds));
    }

    /// Nobody.
    pub fn stranger(&self) -> Program {
        Program { router: self.router.clone(), token: None }
    }
}

impl Program {
    /// Asks with headers and a body.
    pub async fn ask_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send(method, path, headers, body.as_bytes()).await
    }

    /// The same with any bytes.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        if status >= 400 && path.starts_with("/api") {
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{method} {path}: {status}");
            assert_eq!(json["status"], status, "{method} {path}: {json}");
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, json, body, bytes }
    }

    /// Asks with a body of JSON.
    pub async fn ask(&self, method: &str, path: &str, body: Json) -> Answer {
        self.ask_with(method, path, &[], &body.to_string()).await
    }

    /// What a path gives.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask_with("GET", path, &[], "").await
    }

    /// Posts what must be done.
    pub async fn post(&self, path: &str, body: Json) -> Answer {
        let answer = self.ask("POST", path, body).await;
        assert!(answer.status < 300, "{path}: {}", answer.json);
        answer
    }

    /// Makes a record; gives its id.
    pub async fn create(&self, entity: &str, body: Json) -> String {
        self.post(&format!("/api/{entity}"), body).await.text("id")
    }
}

impl Answer {
    /// A member of the answer.
    pub fn text(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.json)).to_owned()
    }

    /// The header of that name.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What is wrong with which field: `["name: required"]`.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors
            .iter()
            .map(|error| format!("{}: {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect()
    }

    /// The status and the sentence for people.
    pub fn told(&self) -> (u16, &str) {
        (self.status, self.json["detail"].as_str().unwrap_or_default())
    }
}
