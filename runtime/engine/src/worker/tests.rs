#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fichero_definition::{Capabilities, File, Sources, compile};
use fichero_model::clock::{Clock, Ids, SeededIds, SimulatedClock};
use fichero_store::schema::Facts as _;
use fichero_store::system::job::NewJob;
use fichero_store::system::outbox::{self, Message, State};
use fichero_store::{Db, Options};
use fichero_test_support::{Database, databases};
use serde_json::json;

use super::*;
use crate::deploy::{self, Definitions, Deployed, Order};
use crate::engine::Parts;
use crate::message;

/// Takes longer than any statement may.
const ENDLESS: &str = "(WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) \
                       SELECT count(*) FROM n) > 0";

/// Puts what the payload says into the outbox, then fails if it says so, in one of several ways.
pub(super) fn echo(engine: &Engine, tx: &mut Tx, job: &Job) -> Result<(), Refusal> {
    let now = engine.clock().now();
    let message = Message {
        id: engine.ids().id(now),
        kind: outbox::Kind::Mail,
        at: now,
        to: Vec::new(),
        subject: job.payload["says"].as_str().map(Arc::from),
        headers: Arc::new(json!({})),
        body: "".into(),
        command: None,
        state: State::Waiting,
        settled_at: None,
        error: None,
    };
    outbox::add(tx, &message)?;
    match job.payload["fails"].as_str() {
        Some("refusing") => Err(Refusal::malformed(message::Message::key("invalid"))),
        Some("panicking") => panic!("a defect"),
        Some("stalling") => tx.count("fichero_meta", ENDLESS).map(drop).map_err(Refusal::from),
        _ => Ok(()),
    }
}

struct Place {
    engine: Engine,
    clock: Arc<SimulatedClock>,
    _database: Database,
}

impl Place {
    fn new(database: Database) -> Self {
        let workspace = "workspace: test\ntitle: Test\nlocale: en\ntime_zone: UTC\ncurrency: EUR\n";
        let (sources, _) = Sources::from_files(vec![File::own("workspace.yaml", workspace)]);
        let model = Arc::new(compile(&sources, &Capabilities::default()).0.expect("an empty workspace compiles"));
        let options = Options { statement_limit: Duration::from_millis(300), ..Options::new(database.url()) };
        let db = Db::open(&options).unwrap();
        deploy::install(&db).unwrap();
        let clock = Arc::new(SimulatedClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let definitions = Definitions { model, files: Arc::new(BTreeMap::new()), hash: Arc::from("test") };
        let order = Order { base: 0, consent: None, by: "test".to_owned(), at: clock.now() };
        let (deployment, _) = deploy::publish(&db, &definitions, &order).unwrap();
        let live = deploy::live(&db, &Deployed { deployment, definitions }).unwrap();
        let files = Arc::new(crate::files::Memory::default());
        let engine = Engine::new(Parts { db, live, clock: clock.clone(), ids, files, seal: [7; 32], keeper: None });
        Self { engine, clock, _database: database }
    }

    async fn enqueue(&self, lane: Lane, after: SignedDuration, payload: serde_json::Value) {
        let payload = Arc::new(payload);
        self.engine
            .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
                let now = engine.clock().now();
                let (id, due_at) = (engine.ids().id(now), later(now, after));
                Ok::<_, Refusal>(job::enqueue(
                    tx,
                    &NewJob { id, lane, kind: "echo".into(), key: None, due_at, payload: payload.clone() },
                )?)
            })
            .await
            .unwrap();
    }

    async fn said(&self) -> Vec<String> {
        let messages =
            self.engine.read(|_, _, tx| outbox::since(tx, None, 1_000).map_err(Refusal::from)).await.unwrap();
        messages.iter().filter_map(|message| message.subject.as_deref().map(str::to_owned)).collect()
    }

    async fn dead(&self) -> Vec<Job> {
        self.engine.read(|_, _, tx| job::dead(tx, 10).map_err(Refusal::from)).await.unwrap()
    }

    fn advance(&self, by: SignedDuration) {
        self.clock.advance_to(later(self.clock.now(), by));
    }
}

fn on_each(test: impl AsyncFn(&Place)) {
    for database in databases() {
        let place = Place::new(database);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(test(&place));
    }
}

#[test]
fn what_is_due_is_done_once_and_the_rest_waits() {
    on_each(async |place| {
        place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": "now"})).await;
        place.enqueue(Lane::Clock, SignedDuration::from_hours(1), json!({"says": "later"})).await;
        assert_eq!(run_due(&place.engine).await.unwrap(), 1);
        assert_eq!(run_due(&place.engine).await.unwrap(), 0);
        assert_eq!(place.said().await, ["now"]);
        let next = next_due(&place.engine).await.unwrap().unwrap();
        assert_eq!(next.duration_since(place.clock.now()), SignedDuration::from_hours(1));
        place.advance(SignedDuration::from_hours(1));
        assert_eq!(run_due(&place.engine).await.unwrap(), 1);
        assert_eq!(place.said().await, ["now", "later"]);
        assert_eq!(next_due(&place.engine).await.unwrap(), None);
    });
}

#[test]
fn what_fails_is_undone_tried_later_and_later_and_dead_in_the_end() {
    on_each(async |place| {
        place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": "never", "fails": "refusing"})).await;
        place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": "its neighbour"})).await;
        assert_eq!(run_due(&place.engine).await.unwrap(), 2);
        let mut waits = Vec::new();
        while let Some(next) = next_due(&place.engine).await.unwrap() {
            waits.push(next.duration_since(place.clock.now()));
            place.clock.advance_to(next);
            assert_eq!(run_due(&place.engine).await.unwrap(), 1);
        }
        assert_eq!(waits.len() as i64, TRIES - 1);
        assert!(waits[0] >= SignedDuration::from_secs(5) && waits[4] > waits[0] * 8, "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= SignedDuration::from_mins(72)), "{waits:?}");
        assert_eq!(place.said().await, ["its neighbour"]);
        let dead = place.dead().await;
        assert_eq!((dead.len(), dead[0].attempts), (1, TRIES));
        assert_eq!(dead[0].last_error.as_deref(), Some("Some values are not acceptable"));
    });
}

#[test]
fn a_job_that_takes_its_transaction_with_it_stops_nobody_and_dies() {
    for (how, tries) in [("panicking", TRIES), ("stalling", 2)] {
        on_each(async |place| {
            let poison = json!({"says": "never", "fails": how});
            place.enqueue(Lane::Effect, SignedDuration::ZERO, poison).await;
            place.enqueue(Lane::Effect, SignedDuration::from_secs(1), json!({"says": "its neighbour"})).await;
            place.enqueue(Lane::Bulk, SignedDuration::from_secs(1), json!({"says": "another lane"})).await;
            place.advance(SignedDuration::from_secs(1));
            assert_eq!(run_due(&place.engine).await.unwrap(), 3, "{how}");
            assert_eq!(place.said().await.len(), 2, "{how}");
            for attempt in 2..=tries {
                let next = next_due(&place.engine).await.unwrap().unwrap();
                let wait = next.duration_since(place.clock.now());
                assert!(wait >= SignedDuration::from_secs(5), "{how}: {wait:?} after try {}", attempt - 1);
                place.clock.advance_to(next);
                assert_eq!(run_due(&place.engine).await.unwrap(), 1);
            }
            let dead = place.dead().await;
            assert_eq!(dead.len(), usize::from(tries == TRIES), "{how}");
            assert!(dead.iter().all(|job| job.attempts == TRIES && job.last_error.is_some()), "{dead:?}");
        });
    }
}

#[test]
fn a_flood_in_one_lane_holds_up_no_other() {
    on_each(async |place| {
        for _ in 0..20 {
            place.enqueue(Lane::Bulk, SignedDuration::ZERO, json!({"says": "flood"})).await;
        }
        place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": "mine"})).await;
        assert_eq!(run_due(&place.engine).await.unwrap(), 21);
        let said = place.said().await;
        assert!(said.iter().position(|says| says == "mine").unwrap() <= 1, "{said:?}");
    });
}

#[test]
fn jobs_that_recur_are_scheduled_once_and_put_anew() {
    on_each(async |place| {
        schedule(&place.engine).await.unwrap();
        let first = next_due(&place.engine).await.unwrap().unwrap();
        place.advance(SignedDuration::from_mins(30));
        schedule(&place.engine).await.unwrap();
        assert_eq!(next_due(&place.engine).await.unwrap(), Some(first), "a second start moves nothing");
        place.clock.advance_to(first);
        assert_eq!(run_due(&place.engine).await.unwrap(), 2, "keys of repetitions and files are swept each hour");
        assert_eq!(next_due(&place.engine).await.unwrap(), Some(later(first, SignedDuration::from_hours(1))));
    });
}

#[test]
fn a_sleeping_worker_is_woken_by_what_is_enqueued() {
    on_each(async |place| {
        let worker = Worker::start(place.engine.clone());
        // Its clock stands still, so only the wake-up can bring it to look before the longest sleep is over.
        place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": "awake"})).await;
        let mut events = 0;
        while place.said().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            events += 1;
            assert!(events < 500, "the worker did not wake up");
        }
        worker.stop().await;
        assert_eq!(place.said().await, ["awake"]);
    });
}

#[test]
fn two_workers_do_each_job_once() {
    on_each(async |place| {
        for number in 0..40 {
            place.enqueue(Lane::Effect, SignedDuration::ZERO, json!({"says": number.to_string()})).await;
        }
        let (one, other) = tokio::join!(run_due(&place.engine), run_due(&place.engine));
        assert_eq!(one.unwrap() + other.unwrap(), 40);
        let mut said = place.said().await;
        said.sort_by_key(|number| number.parse::<u32>().unwrap());
        assert_eq!(said, (0..40).map(|number| number.to_string()).collect::<Vec<_>>());
    });
}
