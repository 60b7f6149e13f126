//! The runtime's own tables, on SQLite and on PostgreSQL where the machine has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_model::Id;
use fichero_model::search::Terms;
use fichero_store::system::change::{self, Change};
use fichero_store::system::file::{self, File, Owner};
use fichero_store::system::idempotency::{self, Answer, Key, Turn};
use fichero_store::system::import::{self, Import, Progress};
use fichero_store::system::job::{self, Claim, Job, Lane, NewJob};
use fichero_store::system::node::{self, Node};
use fichero_store::system::outbox::{self, Kind, Message, State};
use fichero_store::system::session::{self, Session};
use fichero_store::system::stage::{self, Move};
use fichero_store::system::token::{self, Token};
use fichero_store::system::{self, data_row, login, password, search, sequence};
use fichero_store::{Db, Dialect, Error, Isolation, Options, Priority, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

struct World {
    db: Db,
    database: fichero_test_support::Database,
}

fn on_each(test: impl Fn(&World)) {
    for database in fichero_test_support::databases() {
        let world = World { db: Db::open(&Options::new(database.url())).unwrap(), database };
        world.write(system::install).unwrap();
        test(&world);
    }
}

impl World {
    fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, work)
    }
}

fn id(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn change_of(number: u8, record: u8) -> Change {
    Change {
        id: id(number),
        at: at(number.into()),
        entity: "deal".into(),
        record: id(record),
        revision: 1,
        action: "create".into(),
        actor: Some(id(200)),
        via: "api".into(),
        cause: None,
        deployment: 3,
        batch: None,
        command: id(number),
        body: Some(Arc::new(json!({"amount": [null, "12.50"]}))),
    }
}

#[test]
fn changes_are_logged_and_read_page_by_page() {
    on_each(|world| {
        let changes: Vec<Change> = (1..=101).map(|number| change_of(number, number % 2)).collect();
        let added = changes.clone();
        world
            .write(move |tx| {
                let salted: Vec<_> = added.iter().map(|change| (change.clone(), [7; 16])).collect();
                change::append(tx, &salted)
            })
            .unwrap();
        let page = |before: Option<Id>| world.write(move |tx| change::history(tx, id(1), before, 20)).unwrap();
        let first = page(None);
        assert_eq!(first.len(), 20);
        assert_eq!(first[0], changes[100], "the newest first, as it was added");
        let second = page(Some(first[19].id));
        assert_eq!(second[0].id, id(61));
        let mut all = vec![first, second];
        while let Some(last) = all.last().and_then(|page| page.last()).map(|change| change.id) {
            all.push(page(Some(last)));
        }
        assert_eq!(all.concat().len(), 51);
        let feed = world.write(|tx| change::since(tx, Some(id(99)), 10)).unwrap();
        assert_eq!(feed.iter().map(|change| change.id).collect::<Vec<_>>(), [id(100), id(101)]);
    });
}

#[test]
fn many_changes_take_few_statements() {
    on_each(|world| {
        let count = |many: u8, offset: u8| {
            world
                .write(move |tx| {
                    let changes: Vec<_> = (1..=many).map(|number| (change_of(offset + number, 1), [7; 16])).collect();
                    change::append(tx, &changes)?;
                    // A statement that may be joined with the next one is run before it.
                    change::history(tx, id(200), None, 1)?;
                    Ok(tx.statements() - 1)
                })
                .unwrap()
        };
        let (one, many) = (count(1, 0), count(64, 10));
        if world.database.is_postgres() {
            assert_eq!((one, many), (1, 1));
        } else {
            assert_eq!(one, 2);
        }
    });
}

#[test]
fn a_batch_is_found_and_values_can_be_erased() {
    on_each(|world| {
        world
            .write(|tx| {
                let of_batch = |number| (Change { batch: Some(id(77)), ..change_of(number, number) }, [7; 16]);
                change::append(tx, &[of_batch(1), (change_of(2, 2), [7; 16]), of_batch(3)])
            })
            .unwrap();
        let batch = |after| world.write(move |tx| change::of_batch(tx, id(77), after, 10)).unwrap();
        assert_eq!(batch(None).iter().map(|change| change.record).collect::<Vec<_>>(), [id(1), id(3)]);
        assert_eq!(batch(Some(id(1))).len(), 1);
        assert_eq!(world.write(|tx| change::erase(tx, id(1), [0; 16])).unwrap(), 1);
        let history = world.write(|tx| change::history(tx, id(1), None, 10)).unwrap();
        assert_eq!((history[0].action.as_ref(), &history[0].body), ("create", &None));
    });
}

#[test]
fn moves_between_stages_are_logged() {
    on_each(|world| {
        let step = |number: u8, from: Option<&str>, to: &str| Move {
            record: id(1),
            entity: "deal".into(),
            field: "stage".into(),
            from: from.map(Arc::from),
            to: Some(to.into()),
            at: at(number.into()),
            actor: None,
            change: id(number),
        };
        let moves = [step(1, None, "new"), step(2, Some("new"), "won")];
        let added = moves.clone();
        world.write(move |tx| stage::append(tx, &added)).unwrap();
        assert_eq!(world.write(|tx| stage::of(tx, id(1), "stage")).unwrap(), moves);
        assert!(world.write(|tx| stage::of(tx, id(1), "owner")).unwrap().is_empty());
    });
}

fn job_of(number: u8, due: i64, key: Option<&str>) -> NewJob {
    NewJob {
        id: id(number),
        lane: Lane::Clock,
        kind: "threshold".into(),
        key: key.map(Arc::from),
        due_at: at(due),
        payload: Arc::new(json!({"n": number})),
    }
}

fn enqueue(world: &World, jobs: Vec<NewJob>) {
    world.write(move |tx| jobs.iter().try_for_each(|job| job::enqueue(tx, job))).unwrap();
}

fn claim(world: &World, now: i64, limit: u32) -> Vec<Job> {
    world
        .write(move |tx| {
            let (now, lease_until) = (at(now), at(now + 60));
            job::claim(tx, &Claim { lane: Lane::Clock, limit, worker: "w", now, lease_until })
        })
        .unwrap()
}

fn numbers(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.payload["n"].as_i64().unwrap()).collect()
}

#[test]
fn jobs_are_claimed_when_due_and_once() {
    on_each(|world| {
        enqueue(world, vec![job_of(1, 100, None), job_of(2, 50, None), job_of(3, 300, None)]);
        assert_eq!(world.write(|tx| job::next_ready(tx, &Lane::ALL)).unwrap(), Some(at(50)));
        assert!(claim(world, 49, 10).is_empty());
        let first = claim(world, 200, 1);
        assert_eq!(numbers(&first), [2], "the longest due first");
        assert_eq!(numbers(&claim(world, 200, 10)), [1]);
        assert!(claim(world, 200, 10).is_empty(), "claimed is claimed");
        assert_eq!(numbers(&claim(world, 260, 10)), [2, 1], "a lease that ended");
        let done = first[0].clone();
        assert!(world.write(move |tx| job::finish(tx, &done)).unwrap());
        assert_eq!(numbers(&claim(world, 400, 10)), [1, 3]);
    });
}

#[test]
fn a_job_of_a_key_is_moved_and_begins_anew() {
    on_each(|world| {
        enqueue(world, vec![job_of(1, 100, Some("deal/1/breach"))]);
        let claimed = claim(world, 100, 1);
        enqueue(world, vec![job_of(2, 500, Some("deal/1/breach"))]);
        let old = claimed[0].clone();
        assert!(!world.write(move |tx| job::finish(tx, &old)).unwrap(), "the old one is no more");
        let found = world.write(|tx| job::find(tx, "deal/1/breach")).unwrap().unwrap();
        assert_eq!((found.id, found.due_at, found.attempts), (id(2), at(500), 0));
        assert!(world.write(|tx| job::cancel(tx, "deal/1/breach")).unwrap());
        assert!(!world.write(|tx| job::cancel(tx, "deal/1/breach")).unwrap());
        assert_eq!(world.write(|tx| job::next_ready(tx, &Lane::ALL)).unwrap(), None);
    });
}

#[test]
fn a_failing_job_is_put_off_buried_retried_and_removed() {
    on_each(|world| {
        enqueue(world, vec![job_of(1, 100, None)]);
        let failed = claim(world, 100, 1).remove(0);
        world.write(move |tx| job::put_off(tx, &failed, "no answer", at(130))).unwrap();
        assert!(claim(world, 129, 1).is_empty());
        let failed = claim(world, 130, 1).remove(0);
        assert_eq!((failed.attempts, failed.last_error.as_deref()), (2, Some("no answer")));
        world.write(move |tx| job::bury(tx, &failed, "never", at(140))).unwrap();
        assert!(claim(world, 1000, 1).is_empty());
        let dead = world.write(|tx| job::dead(tx, 10)).unwrap();
        assert_eq!((dead[0].dead_at, dead[0].last_error.as_deref()), (Some(at(140)), Some("never")));
        let counts = world.write(|tx| job::counts(tx, at(1000))).unwrap();
        assert_eq!((counts[0].waiting, counts[0].ready, counts[0].claimed, counts[0].dead), (0, 0, 0, 1));
        assert!(world.write(|tx| job::retry(tx, id(1), at(2000))).unwrap());
        assert_eq!(claim(world, 2000, 1)[0].attempts, 1);
        assert!(!world.write(|tx| job::remove(tx, id(1))).unwrap(), "only the dead are removed");
    });
}

#[test]
fn a_failure_that_rolls_back_still_counts() {
    on_each(|world| {
        enqueue(world, vec![job_of(1, 100, None)]);
        // An internal job: its claim went with the transaction that failed.
        let undone = world.write(|tx| {
            let now = at(100);
            let claimed = job::claim(tx, &Claim { lane: Lane::Clock, limit: 1, worker: "w", now, lease_until: now })?;
            Err::<(), _>(Error::Fault(claimed[0].attempts.to_string()))
        });
        assert_eq!(undone, Err(Error::Fault("1".into())));
        let job = Job { attempts: 1, ..claim_shape() };
        world.write(move |tx| job::put_off(tx, &job, "no", at(100))).unwrap();
        assert_eq!(claim(world, 100, 1)[0].attempts, 2);
    });
}

/// The job that [`job_of`] makes of 1, as a worker remembers it.
fn claim_shape() -> Job {
    let NewJob { id, lane, kind, key, due_at, payload } = job_of(1, 100, None);
    Job { id, lane, kind, key, due_at, payload, attempts: 0, dead_at: None, last_error: None }
}

#[test]
fn lanes_do_not_wait_for_each_other() {
    on_each(|world| {
        let mut flood: Vec<NewJob> =
            (1..=50).map(|number| NewJob { lane: Lane::Bulk, ..job_of(number, 10, None) }).collect();
        flood.push(job_of(60, 100, None));
        enqueue(world, flood);
        assert_eq!(numbers(&claim(world, 100, 5)), [60]);
    });
}

#[test]
fn workers_share_jobs_and_none_is_claimed_twice() {
    on_each(|world| {
        enqueue(world, (1..=200).map(|number| job_of(number, 10, None)).collect());
        let claims: Vec<_> = (0..4)
            .map(|_| {
                let db = world.db.clone();
                std::thread::spawn(move || {
                    let mut all = Vec::new();
                    loop {
                        let jobs = db
                            .write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx: &mut Tx| {
                                let (now, lease_until) = (at(100), at(200));
                                job::claim(tx, &Claim { lane: Lane::Clock, limit: 7, worker: "w", now, lease_until })
                            })
                            .unwrap();
                        if jobs.is_empty() {
                            return all;
                        }
                        all.extend(jobs.into_iter().map(|job| job.id));
                    }
                })
            })
            .collect();
        let mut claimed: Vec<Id> = claims.into_iter().flat_map(|claim| claim.join().unwrap()).collect();
        assert_eq!(claimed.len(), 200);
        claimed.sort();
        claimed.dedup();
        assert_eq!(claimed.len(), 200);
    });
}

#[test]
fn waiting_grows_and_is_spread() {
    let seconds = |attempts, chance| job::backoff(attempts, chance);
    assert_eq!(seconds(1, 0), SignedDuration::from_secs(5));
    assert_eq!(seconds(4, 0), SignedDuration::from_secs(40));
    assert_eq!(seconds(99, 0), SignedDuration::from_hours(1));
    assert!(seconds(1, 999) < SignedDuration::from_secs(6));
    assert!((0..50).all(|chance| seconds(3, chance * 7919) < SignedDuration::from_secs(24)));
}

#[test]
fn messages_wait_in_the_outbox() {
    on_each(|world| {
        let mail = |number: u8| Message {
            id: id(number),
            kind: Kind::Mail,
            at: at(1),
            to: vec!["anna@example.org".into(), "bob@example.org".into()],
            subject: Some("Hello".into()),
            headers: Arc::new(json!({"Reply-To": "x@example.org"})),
            body: "text".into(),
            command: Some(id(9)),
            state: State::Waiting,
            settled_at: None,
            error: None,
        };
        let written = [mail(1), Message { kind: Kind::Webhook, subject: None, ..mail(2) }];
        let added = written.clone();
        world.write(move |tx| added.iter().try_for_each(|message| outbox::add(tx, message))).unwrap();
        assert_eq!(world.write(|tx| outbox::since(tx, None, 10)).unwrap(), written);
        assert_eq!(world.write(|tx| outbox::since(tx, Some(id(1)), 10)).unwrap(), written[1..]);
        world.write(|tx| outbox::settle(tx, id(1), State::Failed, at(5), Some("no such host"))).unwrap();
        let failed = world.write(|tx| outbox::find(tx, id(1))).unwrap().unwrap();
        assert_eq!(
            (failed.state, failed.settled_at, failed.error.as_deref()),
            (State::Failed, Some(at(5)), Some("no such host"))
        );
    });
}

#[test]
fn sequences_count_by_period_and_leave_no_gap() {
    on_each(|world| {
        let take = |period: &'static str| world.write(move |tx| sequence::take(tx, "deal.number", period));
        assert_eq!((take("2026"), take("2026"), take("2027")), (Ok(1), Ok(2), Ok(1)));
        let failed = world.write(|tx| {
            sequence::take(tx, "deal.number", "2026")?;
            Err::<(), _>(Error::Fault("no".into()))
        });
        assert!(failed.is_err());
        assert_eq!(take("2026"), Ok(3), "a failed command gives its number back");

        let pass = |period: &'static str, number| {
            world.write(move |tx| sequence::pass(tx, "deal.number", period, number)).unwrap();
        };
        pass("2026", 2);
        assert_eq!(take("2026"), Ok(4), "what was passed already changes nothing");
        pass("2026", 9);
        pass("2028", 3);
        assert_eq!((take("2026"), take("2028")), (Ok(10), Ok(4)));
    });
}

#[test]
fn numbers_taken_at_once_differ() {
    on_each(|world| {
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let db = world.db.clone();
                std::thread::spawn(move || {
                    let take = |tx: &mut Tx| sequence::take(tx, "k", "");
                    let one = || db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, take).unwrap();
                    (0..25).map(|_| one()).collect::<Vec<i64>>()
                })
            })
            .collect();
        let mut taken: Vec<i64> = takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect();
        taken.sort_unstable();
        assert_eq!(taken, (1..=100).collect::<Vec<i64>>());
    });
}

#[test]
fn people_log_in() {
    on_each(|world| {
        let user = id(1);
        world.write(move |tx| password::set(tx, user, "$argon2id$1", at(1))).unwrap();
        world.write(move |tx| password::set(tx, user, "$argon2id$2", at(2))).unwrap();
        assert_eq!(world.write(move |tx| password::of(tx, user)).unwrap().as_deref(), Some("$argon2id$2"));
        world.write(move |tx| password::remove(tx, user)).unwrap();
        assert_eq!(world.write(move |tx| password::of(tx, user)).unwrap(), None);

        let begun = Session {
            token_hash: Arc::from([1_u8; 32].as_slice()),
            user,
            csrf: Arc::from([2_u8; 16].as_slice()),
            created_at: at(10),
            seen_at: at(10),
            expires_at: at(100),
        };
        let added = begun.clone();
        world.write(move |tx| session::add(tx, &added)).unwrap();
        let find = |now| world.write(move |tx| session::find(tx, &[1; 32], at(now))).unwrap();
        assert_eq!(find(99), Some(begun));
        assert_eq!(find(100), None);
        world.write(|tx| session::touch(tx, &[1; 32], at(50), at(150))).unwrap();
        assert_eq!(find(149).map(|session| session.seen_at), Some(at(50)));
        assert_eq!(world.write(|tx| session::expire(tx, at(150))).unwrap(), 1);
        assert_eq!(world.write(move |tx| session::end_all(tx, user)).unwrap(), 0);
    });
}

#[test]
fn tokens_and_failures_to_log_in() {
    on_each(|world| {
        let token = Token {
            id: id(5),
            user: id(1),
            name: "erp".into(),
            created_at: at(1),
            expires_at: Some(at(50)),
            used_at: None,
        };
        let added = token.clone();
        world.write(move |tx| token::add(tx, &added, &[3; 32])).unwrap();
        assert_eq!(world.write(|tx| token::find(tx, &[3; 32], at(49))).unwrap(), Some(token));
        assert_eq!(world.write(|tx| token::find(tx, &[3; 32], at(50))).unwrap(), None);
        world.write(|tx| token::touch(tx, id(5), at(20))).unwrap();
        assert_eq!(world.write(|tx| token::of(tx, id(1))).unwrap()[0].used_at, Some(at(20)));
        assert!(world.write(|tx| token::remove(tx, id(5))).unwrap());

        for second in [100, 110, 120] {
            world.write(move |tx| login::failed(tx, "anna", at(second), at(second - 60))).unwrap();
        }
        let failures = |who: &'static str| world.write(move |tx| login::failures(tx, who)).unwrap();
        assert_eq!(failures("anna").map(|failures| (failures.count, failures.last_at)), Some((3, at(120))));
        world.write(|tx| login::failed(tx, "anna", at(500), at(440))).unwrap();
        assert_eq!(failures("anna").map(|failures| failures.count), Some(1), "old failures are forgotten");
        world.write(|tx| login::succeeded(tx, "anna")).unwrap();
        assert_eq!(failures("anna"), None);
    });
}

#[test]
fn a_repeated_request_gets_the_first_answer() {
    on_each(|world| {
        let key = || Key { actor: "u1".into(), path: "/api/deal".into(), key: "k".into() };
        let answer =
            || Answer { status: 201, headers: Arc::new(json!({"Location": "/x"})), body: Arc::from(b"{}".as_slice()) };
        let begin = |hash: u8| world.write(move |tx| idempotency::begin(tx, &key(), &[hash; 4], at(1)));
        let undone = world.write(move |tx| {
            assert_eq!(idempotency::begin(tx, &key(), &[1; 4], at(1))?, Turn::First);
            Err::<(), _>(Error::Fault("no".into()))
        });
        assert!(undone.is_err());
        world
            .write(move |tx| {
                assert_eq!(
                    idempotency::begin(tx, &key(), &[1; 4], at(1))?,
                    Turn::First,
                    "a failed one counts for nothing"
                );
                idempotency::keep(tx, &key(), &answer())
            })
            .unwrap();
        assert_eq!(begin(1), Ok(Turn::Repeated(answer())));
        assert_eq!(begin(2), Ok(Turn::Other));
        assert_eq!(world.write(|tx| idempotency::forget(tx, at(2))).unwrap(), 1);
    });
}

#[test]
fn imports_belong_to_their_last_runner_until_they_end() {
    on_each(|world| {
        let begun = Import {
            batch: id(3),
            entity: "deal".into(),
            file: "deals.csv".into(),
            hash: Some([7; 32].as_slice().into()),
            mapping: Some("deals".into()),
            matching: Some("code".into()),
            means: Some([8; 32].as_slice().into()),
            actor: None,
            runner: Some(id(20)),
            started_at: at(1),
            ended_at: None,
            state: import::State::Running,
            progress: Progress::default(),
            undo: None,
        };
        let added = begun.clone();
        world.write(move |tx| import::start(tx, &added)).unwrap();
        let progress = Progress { reached: 100, created: 80, updated: 8, unchanged: 9, rejected: 2, made: 4 };
        assert!(world.write(move |tx| import::advance(tx, id(3), id(20), progress)).unwrap());
        let row = |number: i64, why: Option<&str>| import::Row { number, why: why.map(Into::into) };
        let kept: Vec<_> = (1..=70).map(|number| row(number, None)).collect();
        world.write(move |tx| import::put_rows(tx, id(3), &kept)).unwrap();
        world.write(move |tx| import::put_rows(tx, id(3), &[row(2, Some("no\0")), row(71, Some("no"))])).unwrap();
        world.write(|tx| import::drop_rows(tx, id(3), &[1, 70])).unwrap();
        let found = world.write(|tx| import::rows(tx, id(3), 1, 3)).unwrap();
        assert_eq!(found, [row(2, Some("no\u{2400}")), row(3, None)]);

        let broken = world.write(|tx| import::broken_off(tx, "deal", &[7; 32])).unwrap();
        assert_eq!(broken, [Import { progress, ..begun.clone() }]);
        assert!(world.write(|tx| import::broken_off(tx, "other", &[7; 32])).unwrap().is_empty());
        let taken = world.write(|tx| import::take_over(tx, id(3), id(21))).unwrap();
        let taken_over = Import { progress, runner: Some(id(21)), ..begun.clone() };
        assert_eq!(taken, Some(taken_over.clone()));
        assert!(!world.write(move |tx| import::advance(tx, id(3), id(20), progress)).unwrap(), "it was taken over");
        assert!(!world.write(|tx| import::end(tx, id(3), id(20), at(9))).unwrap());
        assert!(world.write(|tx| import::end(tx, id(3), id(21), at(9))).unwrap());
        assert!(world.write(|tx| import::rows(tx, id(3), 1, 99)).unwrap().is_empty());
        assert_eq!(world.write(|tx| import::take_over(tx, id(3), id(22))).unwrap(), None, "it has ended");
        let ended = Import { state: import::State::Done, ended_at: Some(at(9)), ..taken_over };
        assert_eq!(world.write(|tx| import::find(tx, id(3))).unwrap(), Some(ended.clone()));

        let undo = import::Undo { batch: id(30), at: Some(at(12)), reversed: 5, kept: 2, blocked: 0 };
        world.write(move |tx| import::undo(tx, id(3), import::State::Undone, undo)).unwrap();
        let undone = Import { state: import::State::Undone, undo: Some(undo), ..ended };
        assert_eq!(world.write(|tx| import::list(tx, None, None, 5)).unwrap(), [undone]);

        let second = Import { batch: id(4), ..begun };
        world.write(move |tx| import::start(tx, &second)).unwrap();
        world.write(|tx| import::leave(tx, id(4), id(23))).unwrap();
        assert!(world.write(|tx| import::broken_off(tx, "deal", &[7; 32])).unwrap().is_empty());
    });
}

#[test]
fn nodes_and_data_rows() {
    on_each(|world| {
        for (name, seen, seq) in [("a", 10, 4), ("b", 50, 5), ("b", 60, 6)] {
            let node = Node { id: name.into(), seen_at: at(seen), seq, ready: true };
            world.write(move |tx| node::beat(tx, &node)).unwrap();
        }
        let oldest = |after| world.write(move |tx| node::oldest_deployment(tx, at(after))).unwrap();
        assert_eq!((oldest(5), oldest(30), oldest(60)), (Some(4), Some(6), None));
        world.write(|tx| node::leave(tx, "b")).unwrap();
        assert_eq!(world.write(|tx| node::forget(tx, at(10))).unwrap(), 1);

        world.write(|tx| data_row::set(tx, "currency", "eur", id(8))).unwrap();
        assert_eq!(world.write(|tx| data_row::find(tx, "currency", "eur")).unwrap(), Some(id(8)));
        assert_eq!(world.write(|tx| data_row::find(tx, "other", "eur")).unwrap(), None);
    });
}

fn file_of(number: u8, hash: &str) -> File {
    File {
        id: id(number),
        hash: hash.into(),
        name: "offer.pdf".into(),
        media: "application/pdf".into(),
        size: 3,
        created_at: at(number.into()),
        created_by: Some(id(200)),
        owner: None,
    }
}

#[test]
fn a_file_belongs_to_one_record_and_goes_with_it() {
    on_each(|world| {
        world
            .write(|tx| {
                for (number, hash) in [(1, "a"), (2, "a"), (3, "b")] {
                    file::touch(tx, hash, 3, at(number.into()))?;
                    file::add(tx, &file_of(number, hash))?;
                }
                let deal = |record| Owner { entity: "deal".into(), record: id(record), field: "offer".into() };
                assert_eq!(file::attach(tx, &[id(1), id(9)], &deal(50))?, 1);
                assert_eq!(file::attach(tx, &[id(1), id(2)], &deal(51))?, 1, "the first is taken");
                let owners: Vec<_> =
                    file::many(tx, &[id(1), id(2), id(3)])?.into_iter().map(|file| file.owner).collect();
                assert_eq!(owners, [Some(deal(50)), Some(deal(51)), None]);
                assert_eq!(file::many(tx, &[id(3)])?, [file_of(3, "b")]);
                assert_eq!(file::remove_of(tx, &[id(50)], at(30))?, 1);
                assert!(file::unused(tx, at(30), 10)?.is_empty(), "what it held is still there for a while");
                assert_eq!(file::remove_loose(tx, at(3))?, 0, "it is not older than that");
                assert_eq!(file::remove_loose(tx, at(4))?, 1);
                assert_eq!(file::many(tx, &[id(1), id(2), id(3)])?.len(), 1);
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn a_content_goes_only_when_no_file_has_it_and_nobody_is_about_to() {
    on_each(|world| {
        world
            .write(|tx| {
                for (number, hash) in [(1, "a"), (2, "b"), (3, "c")] {
                    file::touch(tx, hash, 3, at(number))?;
                }
                file::add(tx, &file_of(1, "a"))?;
                assert_eq!(file::unused(tx, at(3), 10)?, ["b".into()]);
                file::touch(tx, "b", 3, at(9))?;
                assert!(!file::forget(tx, "b", at(3))?, "somebody is about to put it there again");
                assert!(!file::forget(tx, "a", at(9))?, "a file has it");
                assert!(file::forget(tx, "c", at(9))?);
                Ok(())
            })
            .unwrap();
        let lost = world.write(|tx| file::add(tx, &file_of(4, "c")));
        assert!(matches!(lost, Err(Error::Reference(_))), "{lost:?}");
    });
}

#[test]
fn records_are_found_before_their_words_are_in_the_index() {
    on_each(|world| {
        let entity: Arc<str> = "deal".into();
        let record = |number: u16| Id::from_bytes([number.to_be_bytes(); 8].concat().try_into().unwrap());
        let terms = |number: u16| Terms { titled: format!("all n{number}"), beside: "blue".to_owned() };
        let ways = |word: &str| search::Range { entity: "deal".into(), ways: vec![word.into()] };
        let count = |word: &'static str| world.write(move |tx| search::places(tx, &[ways(word)])).unwrap()[0];
        let found = |word: &'static str, reach| {
            let mut found = world.write(move |tx| search::found(tx, &ways(word), reach)).unwrap();
            found.sort_by_key(|(id, _)| *id);
            found.dedup();
            found
        };
        let mut indexed = Vec::new();
        for number in 0..600 {
            let entity = Arc::clone(&entity);
            world.write(move |tx| search::add(tx, &entity, record(number), &terms(number))).unwrap();
            if number % 100 == 99 {
                let entity: Arc<str> = "deal".into();
                indexed.push(world.write(move |tx| search::places_after(tx, &entity, None)).unwrap().len());
                assert_eq!((count("all"), count("blue")), (u32::from(number) + 1, u32::from(number) + 1));
                let all: Vec<_> = (0..=number).map(|number| (record(number), terms(number))).collect();
                assert_eq!(found("all", search::Reach::All(2_000)), all);
                // The newest: those that come first among equal words.
                assert_eq!(found("blu", search::Reach::Some(10)), all[all.len() - 10..]);
            }
        }
        // Three words of each record, up to 1,000 rows: on SQLite of the 256 that were brought there together.
        match world.db.dialect() {
            Dialect::Sqlite => assert_eq!(indexed, [0, 0, 768, 768, 768, 1_000]),
            Dialect::Postgres => assert_eq!(indexed, [300, 600, 900, 1_000, 1_000, 1_000]),
        }
        let change = move |tx: &mut Tx| {
            let entity: Arc<str> = "deal".into();
            let other = Terms { titled: "other".to_owned(), beside: String::new() };
            search::change(tx, &entity, &[(record(1), other.clone()), (record(599), other)])?;
            search::remove(tx, &entity, &[record(2), record(598)])
        };
        world.write(change).unwrap();
        assert_eq!((count("all"), count("blue"), count("other")), (596, 596, 2));
        world.write(search::settle).unwrap();
        assert_eq!((count("all"), count("blue"), count("other")), (596, 596, 2));
    });
}
