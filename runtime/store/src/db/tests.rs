//! Transactions and threads, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use fichero_model::Id;
use fichero_test_support::Database;

use super::*;
use crate::tx::Held;
use crate::{Cell, ColumnType, Dialect};

const ROUND: Isolation = Isolation::ReadCommitted;

struct Open {
    db: Db,
    _database: Database,
}

fn open(database: Database, change: impl FnOnce(&mut Options)) -> Open {
    let mut options = Options::new(database.url());
    change(&mut options);
    let db = Db::open(&options).unwrap();
    let texts = "CREATE TABLE t (n BIGINT NOT NULL PRIMARY KEY, s TEXT UNIQUE, parent BIGINT REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)";
    db.write_blocking(Priority::Interactive, ROUND, |tx| tx.script(texts)).unwrap();
    Open { db, _database: database }
}

fn each(test: impl Fn(&Db)) {
    for database in fichero_test_support::databases() {
        test(&open(database, |_| {}).db);
    }
}

impl Db {
    fn interactive<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.write_blocking(Priority::Interactive, ROUND, f)
    }

    fn numbers(&self) -> Vec<i64> {
        let read = |tx: &mut Tx| tx.query("SELECT n FROM t ORDER BY n", &[], &[ColumnType::Integer]);
        let rows = self.read_blocking(read).unwrap();
        rows.into_iter().map(|row| if let Cell::Integer(n) = row[0] { n } else { panic!("{row:?}") }).collect()
    }
}

fn insert(tx: &mut Tx, n: i64) -> Result<u64, Error> {
    static INSERT: crate::sql::Sql = crate::sql::Sql::new("INSERT INTO t (n, s) VALUES (?1, ?2)");
    tx.execute(INSERT.of(tx.dialect()), &[Cell::Integer(n), Cell::text(&format!("s{n}"))])
}

#[test]
fn a_command_is_done_whole_or_not_at_all() {
    each(|db| {
        db.interactive(|tx| insert(tx, 1)).unwrap();
        let failed = db.interactive(|tx| {
            insert(tx, 2)?;
            Err::<(), _>(Error::Closed)
        });
        assert_eq!(failed, Err(Error::Closed));
        assert_eq!(db.numbers(), [1]);
    });
}

fn hold(tx: &mut Tx, n: i64) -> Result<(), Error> {
    static INSERT: crate::sql::Sql = crate::sql::Sql::new("INSERT INTO t (n, s) VALUES (?1, ?2)");
    let insert = INSERT.of(tx.dialect()).to_owned();
    let parameters = vec![Cell::Integer(n), Cell::text(&format!("s{n}"))];
    tx.hold(Held::new(insert, Vec::new(), parameters))
}

/// Holds a row that is only to be added when another is there.
fn hold_behind(tx: &mut Tx, n: i64, other: i64) -> Result<(), Error> {
    static INSERT: crate::sql::Sql = crate::sql::Sql::new("INSERT INTO t (n, s) VALUES (?1, NULL)");
    static KEPT: crate::sql::Sql = crate::sql::Sql::new("SELECT 1 FROM t WHERE n = ?2");
    let (insert, kept) = (INSERT.of(tx.dialect()).to_owned(), KEPT.of(tx.dialect()).to_owned());
    let parameters = vec![Cell::Integer(n), Cell::Integer(other)];
    tx.hold(Held::new(insert, vec![kept], parameters))
}

#[test]
fn a_command_that_presumed_and_fails_is_run_again_without() {
    each(|db| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let refused = db.interactive(move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            let within = tx.savepoint(|tx| Ok::<_, Error>(tx.may_presume()))?;
            assert!(!within, "what fails in a savepoint is told");
            match tx.may_presume() {
                true => hold_behind(tx, 2, 1),
                false => Err(Error::Fault("there is no 1".to_owned())),
            }
        });
        assert_eq!(refused, Err(Error::Fault("there is no 1".to_owned())));
        let expected = if db.dialect() == Dialect::Postgres { 2 } else { 1 };
        assert_eq!(runs.load(Ordering::Relaxed), expected);
        assert_eq!(db.numbers(), [0i64; 0]);
    });
}

#[test]
fn a_connection_that_is_lost_with_a_command_of_one_statement_takes_no_other_along() {
    for database in fichero_test_support::databases() {
        let open = open(database, |options| options.pool = 1);
        let db = &open.db;
        if db.dialect() == Dialect::Sqlite {
            continue;
        }
        db.interactive(crate::system::install).unwrap();
        let guarded = |n: i64| {
            db.interactive(move |tx| {
                crate::schema::deployment::guard(tx, 1).map_err(|error| Error::Fault(format!("{error:?}")))?;
                hold(tx, n)
            })
        };
        guarded(1).unwrap();
        let lost = db.interactive(|tx| {
            crate::schema::deployment::guard(tx, 1).map_err(|error| Error::Fault(format!("{error:?}")))?;
            let insert = "INSERT INTO t (n) SELECT $1::bigint FROM pg_terminate_backend(pg_backend_pid())";
            tx.hold(Held::new(insert.to_owned(), Vec::new(), vec![Cell::Integer(2)]))
        });
        assert!(matches!(&lost, Err(Error::Unsure(_))), "{lost:?}");
        // A read, which begins nothing, and a command behind it.
        assert_eq!(db.numbers(), [1]);
        guarded(3).unwrap();
        guarded(4).unwrap();
        let options = Options::new(open._database.url());
        assert_eq!(Db::open(&options).unwrap().numbers(), [1, 3, 4], "what was answered is seen by all");
    }
}

#[test]
fn a_row_is_added_behind_what_it_needs() {
    each(|db| {
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        db.interactive(|tx| insert(tx, 1)).unwrap();
        db.interactive(|tx| hold_behind(tx, 2, 1)).unwrap();
        let refused = db.interactive(|tx| hold_behind(tx, 4, 3));
        assert!(matches!(&refused, Err(Error::Reference(_))), "{refused:?}");
        assert_eq!(db.numbers(), [1, 2]);
    });
}

#[test]
fn a_statement_that_is_held_is_run_before_the_next_one_and_before_the_commit() {
    each(|db| {
        db.interactive(|tx| {
            hold(tx, 1)?;
            hold(tx, 2)?;
            let seen = tx.query("SELECT n FROM t", &[], &[ColumnType::Integer])?;
            assert_eq!(seen.len(), 2);
            hold(tx, 3)
        })
        .unwrap();
        assert_eq!(db.numbers(), [1, 2, 3]);
    });
}

#[test]
fn a_statement_that_is_held_and_fails_is_told_and_fails_what_it_is_part_of() {
    each(|db| {
        db.interactive(|tx| insert(tx, 1)).unwrap();
        let last = db.interactive(|tx| hold(tx, 1));
        assert!(matches!(&last, Err(Error::Unique(_))), "{last:?}");
        let ignored = db.interactive(|tx| {
            let _ = hold(tx, 1);
            let _ = insert(tx, 2);
            Ok(())
        });
        assert!(matches!(&ignored, Err(Error::Unique(_))), "{ignored:?}");
        db.interactive(|tx| {
            let refused = tx.savepoint(|tx| hold(tx, 1));
            assert!(matches!(&refused, Err(Error::Unique(_))), "{refused:?}");
            let given_up = tx.savepoint(|tx| {
                hold(tx, 4)?;
                Err::<(), _>(Error::Closed)
            });
            assert_eq!(given_up, Err(Error::Closed));
            hold(tx, 3)
        })
        .unwrap();
        assert_eq!(db.numbers(), [1, 3]);
    });
}

#[test]
fn a_statement_that_failed_dooms_the_command() {
    each(|db| {
        db.interactive(|tx| insert(tx, 1)).unwrap();
        let ignored = db.interactive(|tx| {
            insert(tx, 2)?;
            let _ = insert(tx, 1);
            Ok(())
        });
        assert!(matches!(&ignored, Err(Error::Unique(_))), "{ignored:?}");
        assert_eq!(db.numbers(), [1]);
    });
}

#[test]
fn a_savepoint_is_undone_alone() {
    each(|db| {
        let kept = db.interactive(|tx| {
            insert(tx, 1)?;
            let refused = tx.savepoint(|tx| {
                insert(tx, 2)?;
                insert(tx, 1)
            });
            assert!(matches!(refused, Err(Error::Unique(_))), "{refused:?}");
            // What failed inside and was ignored there is undone too.
            let ignored = tx.savepoint(|tx| {
                insert(tx, 3)?;
                let _ = insert(tx, 1);
                Ok(())
            });
            assert!(matches!(ignored, Err(Error::Unique(_))), "{ignored:?}");
            tx.savepoint(|tx| tx.savepoint(|tx| insert(tx, 4)))
        });
        assert_eq!(kept, Ok(1));
        assert_eq!(db.numbers(), [1, 4]);
    });
}

#[test]
fn broken_rules_are_named() {
    each(|db| {
        db.interactive(|tx| insert(tx, 1)).unwrap();
        let same = db.interactive(|tx| tx.execute("INSERT INTO t (n, s) VALUES (2, 's1')", &[]));
        let Err(Error::Unique(constraint)) = same else { panic!("{same:?}") };
        match db.dialect() {
            Dialect::Sqlite => {
                assert_eq!(
                    (constraint.table.as_deref(), constraint.columns.as_slice()),
                    (Some("t"), &["s".to_owned()][..])
                );
            }
            Dialect::Postgres => {
                assert_eq!((constraint.table.as_deref(), constraint.name.as_deref()), (Some("t"), Some("t_s_key")));
            }
        }
        let dangling = db.interactive(|tx| tx.execute("INSERT INTO t (n, parent) VALUES (3, 99)", &[]));
        assert!(matches!(dangling, Err(Error::Reference(_))), "{dangling:?}");
        let wrong = db.interactive(|tx| tx.execute("INSERT INTO nowhere VALUES (1)", &[]));
        let Err(error @ Error::Statement(_)) = wrong else { panic!("{wrong:?}") };
        assert!(error.detail().contains("nowhere") && !error.to_string().contains("nowhere"), "{error}");
        assert_eq!(db.numbers(), [1]);
    });
}

#[test]
fn a_panic_is_an_error_and_the_next_command_runs() {
    each(|db| {
        for _ in 0..20 {
            let panicked = db.interactive(|tx| {
                insert(tx, 7)?;
                if tx.statements() == 1 {
                    panic!("a defect")
                }
                Ok(())
            });
            assert_eq!(panicked, Err(Error::Panicked("a defect".to_owned())));
            let read = db.read_blocking(|_| -> Result<(), Error> { panic!("a defect") });
            assert_eq!(read, Err(Error::Panicked("a defect".to_owned())));
        }
        db.interactive(|tx| insert(tx, 8)).unwrap();
        assert_eq!(db.numbers(), [8]);
    });
}

#[test]
fn cells_of_all_types_survive_and_others_are_refused() {
    let cells = || {
        vec![
            Cell::Boolean(true),
            Cell::Integer(i64::MIN),
            Cell::text("ñ \u{1F980} '\"%"),
            Cell::Bytes([0, 255].as_slice().into()),
            Cell::Id(Id::from_bytes([7; 16])),
            Cell::Date("0001-01-01".parse().unwrap()),
            Cell::Time("23:59:59".parse().unwrap()),
            Cell::DateTime("9999-12-30T21:59:59.999999Z".parse().unwrap()),
            Cell::Json(Arc::new(serde_json::json!({"a": [1, null, "x"], "b": 1.5}))),
        ]
    };
    const TYPES: [ColumnType; 9] = [
        ColumnType::Boolean,
        ColumnType::Integer,
        ColumnType::Text,
        ColumnType::Bytes,
        ColumnType::Id,
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::DateTime,
        ColumnType::Json,
    ];
    each(|db| {
        let columns = TYPES.iter().enumerate().map(|(at, ty)| format!("c{at} {}", ty.sql(db.dialect())));
        let create = format!("CREATE TABLE cells ({})", columns.collect::<Vec<_>>().join(", "));
        let signs = (1..=TYPES.len()).map(|at| format!("?{at}")).collect::<Vec<_>>().join(", ");
        let insert = crate::sql::written_for(db.dialect(), &format!("INSERT INTO cells VALUES ({signs})"));
        let mut nulls: Vec<Cell> = TYPES.iter().map(|ty| Cell::Null(*ty)).collect();
        let rows = db.interactive({
            let nulls = nulls.clone();
            move |tx| {
                tx.script(&create)?;
                tx.execute(&insert, &cells())?;
                tx.execute(&insert, &nulls)?;
                tx.query("SELECT * FROM cells ORDER BY c1 NULLS LAST", &[], &TYPES)
            }
        });
        assert_eq!(rows.unwrap(), [cells(), std::mem::take(&mut nulls)]);
        for (at, ty) in
            [(0, ColumnType::Text), (1, ColumnType::Boolean), (2, ColumnType::Integer), (4, ColumnType::Date)]
        {
            let sql = format!("SELECT c{at} FROM cells");
            let read = db.read_blocking(move |tx| tx.query(&sql, &[], &[ty]));
            assert!(matches!(read, Err(Error::Corrupt(_))), "{ty:?}: {read:?}");
        }
        for cell in [Cell::text("a\0b"), Cell::Date(jiff::civil::date(0, 12, 31))] {
            let sql = crate::sql::written_for(db.dialect(), "INSERT INTO cells (c2) VALUES (?1)");
            let refused = db.interactive(move |tx| tx.execute(&sql, std::slice::from_ref(&cell)));
            assert!(matches!(refused, Err(Error::Unstorable(_))), "{refused:?}");
        }
    });
}

#[test]
fn sqlite_makes_no_text_longer_than_any_that_is_kept() {
    let open = open(Database::sqlite(), |_| {});
    let db = &open.db;
    // The longest text that a field may be declared to hold: 10 million characters of up to 4 bytes.
    let longest = Cell::text(&"x".repeat(40_000_000));
    db.interactive(move |tx| tx.execute("INSERT INTO t (n, s) VALUES (1, ?1)", std::slice::from_ref(&longest)))
        .unwrap();
    let length = "SELECT length(replace(s, 'x', 'xx')) FROM t";
    let doubled = db.read_blocking(|tx| tx.query(length, &[], &[ColumnType::Integer])).unwrap();
    assert_eq!(doubled, [[Cell::Integer(80_000_000)]]);
    let length = "SELECT length(replace(s, 'x', 'xxxx')) FROM t";
    let refused = db.read_blocking(|tx| tx.query(length, &[], &[ColumnType::Integer])).unwrap_err();
    assert!(matches!(&refused, Error::Unstorable(why) if why.contains("too big")), "{refused:?}");
}

#[test]
fn sqlite_joins_no_texts_to_one_that_is_too_long() {
    let open = open(Database::sqlite(), |_| {});
    for (length, joined) in [((1 << 20) - 1, Cell::Integer(1 << 20)), (1 << 20, Cell::Null(ColumnType::Integer))] {
        let texts = [Cell::text(&"x".repeat(length)), Cell::text("y")];
        let length = "SELECT length(fichero_concat(?1, ?2))";
        let found = open.db.read_blocking(move |tx| tx.query(length, &texts, &[ColumnType::Integer])).unwrap();
        assert_eq!(found, [[joined]]);
    }
}

#[test]
fn ids_are_one_parameter() {
    each(|db| {
        let found = db.read_blocking(|tx| {
            let ids: Vec<Id> =
                (0..2_000_u16).map(|n| Id::from_bytes([n.to_be_bytes(); 8].concat().try_into().unwrap())).collect();
            let sql = crate::sql::written_for(tx.dialect(), "SELECT CASE WHEN ?2 IN #1 THEN 1 ELSE 0 END");
            let wanted = [Cell::from(&ids[..]), Cell::Id(ids[1_234])];
            let sql = sql.replace("THEN 1 ELSE 0", "THEN TRUE ELSE FALSE");
            tx.query_one(&sql, &wanted, &[ColumnType::Boolean])
        });
        assert_eq!(found, Ok(Some(vec![Cell::Boolean(true)])));
    });
}

/// Holds the writer until the other commands wait, so that they must share a group.
fn held(db: &Db, commands: Vec<Box<dyn FnOnce() + Send>>) {
    let (started, wait) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    std::thread::scope(|scope| {
        let holder = db.clone();
        scope.spawn(move || {
            holder
                .interactive(move |_| {
                    started.send(()).unwrap();
                    gate.lock().unwrap().recv().unwrap();
                    Ok(())
                })
                .unwrap();
        });
        wait.recv().unwrap();
        for command in commands {
            scope.spawn(command);
        }
        // Until all have been queued; a command that comes late only makes the group smaller.
        let until = Instant::now() + Duration::from_millis(100);
        while Instant::now() < until {
            std::thread::yield_now();
        }
        go.send(()).unwrap();
    });
}

#[test]
fn in_a_group_each_command_fails_alone() {
    each(|db| {
        let failed = Arc::new(AtomicU32::new(0));
        let commands = (0..40).map(|n| {
            let (db, failed) = (db.clone(), Arc::clone(&failed));
            let command = move || {
                // Every fourth takes a number that another one takes too.
                let number = if n % 4 == 3 { n - 1 } else { n };
                match db.interactive(move |tx| insert(tx, number)) {
                    Ok(_) => {}
                    Err(Error::Unique(_)) => {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(other) => panic!("{other:?}"),
                }
            };
            Box::new(command) as Box<dyn FnOnce() + Send>
        });
        held(db, commands.collect());
        assert_eq!(failed.load(Ordering::SeqCst), 10);
        assert_eq!(db.numbers().len(), 30);
    });
}

#[test]
fn in_a_group_only_what_a_failed_command_wrote_is_undone() {
    // Whether the failed ones write first, and how often the 21 commands are run when they share a group.
    for (writes, runs_at_most) in [(false, 21), (true, 42)] {
        each(|db| {
            let runs = Arc::new(AtomicU32::new(0));
            let commands = (0..20).map(|n| {
                let (db, runs) = (db.clone(), Arc::clone(&runs));
                let command = move || {
                    let done = db.interactive(move |tx| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        let fails = n % 5 == 4;
                        if writes || !fails {
                            insert(tx, n)?;
                        }
                        if fails { Err(Error::Unstorable("changed my mind".to_owned())) } else { Ok(()) }
                    });
                    assert_eq!(done.is_err(), n % 5 == 4, "{n}: {done:?}");
                };
                Box::new(command) as Box<dyn FnOnce() + Send>
            });
            held(db, commands.collect());
            let kept: Vec<i64> = (0..20).filter(|n| n % 5 != 4).collect();
            assert_eq!(db.numbers(), kept);
            let runs = runs.load(Ordering::SeqCst);
            assert!((20..=runs_at_most).contains(&runs), "{runs}");
        });
    }
}

#[test]
fn a_group_that_cannot_be_committed_is_run_again_one_by_one() {
    let runs = Arc::new(AtomicU32::new(0));
    let opened = open(Database::sqlite(), |_| {});
    let commands = (0..10).map(|n| {
        let (db, runs) = (opened.db.clone(), Arc::clone(&runs));
        let command = move || {
            let done = db.interactive(move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                insert(tx, n)?;
                // A reference that is looked at when the transaction ends, and found wanting.
                if n == 5 { tx.execute("INSERT INTO t (n, parent) VALUES (100, 99)", &[]) } else { Ok(1) }
            });
            assert_eq!(matches!(done, Err(Error::Reference(_))), n == 5, "{n}: {done:?}");
        };
        Box::new(command) as Box<dyn FnOnce() + Send>
    });
    held(&opened.db, commands.collect());
    assert_eq!(opened.db.numbers(), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
    assert!(runs.load(Ordering::SeqCst) > 10, "they were in one group");
}

#[test]
fn serializable_commands_are_as_if_one_after_another() {
    each(|db| {
        db.interactive(|tx| insert(tx, 0)).unwrap();
        let together = Barrier::new(6);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    together.wait();
                    let mut done = 0;
                    while done < 5 {
                        // Each adds the number behind the greatest: two that saw the same would be in each other's way.
                        let added = db.write_blocking(Priority::Interactive, Isolation::Serializable, |tx| {
                            let row = tx.query_one("SELECT max(n) FROM t", &[], &[ColumnType::Integer])?;
                            let Some([Cell::Integer(max)]) = row.as_deref() else { panic!("{row:?}") };
                            insert(tx, max + 1)
                        });
                        match added {
                            Ok(_) => done += 1,
                            Err(Error::Conflict(_) | Error::Unique(_)) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                });
            }
        });
        assert_eq!(db.numbers(), (0..=30).collect::<Vec<_>>());
    });
}

#[test]
fn events_are_told_after_the_commit_only() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    each(|db| {
        let mut events = db.subscribe();
        let _ = db.interactive(|tx| {
            tx.on_commit(Event::new("lost", ""));
            Err::<(), _>(Error::Closed)
        });
        let listener = db.clone();
        db.interactive(move |tx| {
            tx.on_commit(Event::new("jobs", "one"));
            tx.on_commit(Event::new("jobs", "one"));
            let undone = tx.savepoint(|tx| {
                tx.on_commit(Event::new("undone", ""));
                Err::<(), _>(Error::Closed)
            });
            assert!(undone.is_err());
            assert!(listener.numbers().is_empty());
            insert(tx, 1)
        })
        .unwrap();
        db.interactive(|tx| {
            tx.on_commit(Event::new("jobs", "two"));
            Ok(())
        })
        .unwrap();
        let mut heard = Vec::new();
        runtime.block_on(async {
            while heard.last() != Some(&Event::new("jobs", "two")) {
                let event = events.next().await.unwrap();
                if !event.channel.is_empty() {
                    heard.push(event);
                }
            }
        });
        assert_eq!(heard, [Event::new("jobs", "one"), Event::new("jobs", "two")]);
    });
}

#[test]
fn other_nodes_hear_events_on_postgres() {
    let Some(server) = fichero_test_support::Postgres::shared() else { return };
    let here = open(server.create_database(), |_| {});
    let there = Db::open(&Options::new(here._database.url())).unwrap();
    let mut events = there.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // It may not listen yet: it is told again until it hears.
    let heard = runtime.block_on(async {
        loop {
            here.db
                .clone()
                .write(Priority::Interactive, ROUND, |tx| {
                    tx.on_commit(Event::new("deployment", "7 of 9"));
                    Ok::<_, Error>(())
                })
                .await
                .unwrap();
            match tokio::time::timeout(Duration::from_millis(200), events.next()).await {
                Ok(Ok(event)) if event.channel.is_empty() => {}
                Ok(event) => return event.unwrap(),
                Err(_) => {}
            }
        }
    });
    assert_eq!(heard, Event::new("deployment", "7 of 9"));
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    for database in fichero_test_support::databases() {
        let opened = open(database, |options| options.statement_limit = Duration::from_millis(300));
        let endless = match opened.db.dialect() {
            Dialect::Sqlite => "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c",
            Dialect::Postgres => "SELECT count(*) FROM generate_series(1, 9000000000) i WHERE pg_sleep(1) IS NULL",
        };
        let read = opened.db.read_blocking(move |tx| tx.query(endless, &[], &[ColumnType::Integer]));
        assert!(matches!(read, Err(Error::Timeout(_))), "{read:?}");
        let write = opened.db.interactive(move |tx| tx.query(endless, &[], &[ColumnType::Integer]));
        assert!(matches!(write, Err(Error::Timeout(_))), "{write:?}");
        opened.db.interactive(|tx| insert(tx, 1)).unwrap();
        // A migration may take its time; the command after it may not.
        let slow = match opened.db.dialect() {
            Dialect::Sqlite => {
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000000) SELECT count(*) FROM c"
            }
            Dialect::Postgres => "SELECT count(pg_sleep(0.5)::text)",
        };
        let patient = opened.db.interactive(move |tx| {
            tx.lift_statement_limit()?;
            tx.query(slow, &[], &[ColumnType::Integer])
        });
        assert!(patient.is_ok(), "{patient:?}");
        let write = opened.db.interactive(move |tx| tx.query(endless, &[], &[ColumnType::Integer]));
        assert!(matches!(write, Err(Error::Timeout(_))), "{write:?}");
    }
}

#[test]
fn a_lost_connection_is_made_again() {
    let Some(server) = fichero_test_support::Postgres::shared() else { return };
    let opened = open(server.create_database(), |options| options.pool = 2);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for n in 0..5 {
        let db = Db::open(&Options::new(opened._database.url())).unwrap();
        db.read_blocking(move |tx| tx.query(kill, &[], &[ColumnType::Integer])).unwrap();
        db.close();
        opened.db.interactive(move |tx| insert(tx, n)).unwrap();
    }
    assert_eq!(opened.db.numbers(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_command_that_nobody_waits_for_is_left_out() {
    each(|db| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let given_up = db.clone();
        let pool = if db.dialect() == Dialect::Sqlite { 1 } else { 16 };
        let (started, wait) = mpsc::channel();
        let release = Arc::new(Barrier::new(pool + 1));
        std::thread::scope(|scope| {
            for _ in 0..pool {
                let (started, release) = (started.clone(), Arc::clone(&release));
                scope.spawn(move || {
                    db.interactive(move |_| {
                        started.send(()).unwrap();
                        release.wait();
                        Ok(())
                    })
                    .unwrap();
                });
            }
            (0..pool).for_each(|_| wait.recv().unwrap());
            runtime.block_on(async {
                let waiting = given_up.write(Priority::Interactive, ROUND, |tx| insert(tx, 1));
                tokio::time::timeout(Duration::from_millis(20), waiting).await.unwrap_err();
            });
            release.wait();
        });
        db.interactive(|tx| insert(tx, 2)).unwrap();
        assert_eq!(db.numbers(), [2]);
    });
}

#[test]
fn a_closed_database_says_so() {
    each(|db| {
        db.close();
        assert_eq!(db.interactive(|tx| insert(tx, 1)), Err(Error::Closed));
        assert_eq!(db.read_blocking(|_| Ok::<_, Error>(())), Err(Error::Closed));
    });
}

#[test]
fn background_work_goes_behind_interactive_commands_and_does_not_starve() {
    let opened = open(Database::sqlite(), |_| {});
    let db = &opened.db;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = |word: &'static str, priority: Priority| {
        let (db, order) = (db.clone(), Arc::clone(&order));
        let command = move || {
            db.write_blocking(priority, ROUND, move |_| {
                order.lock().unwrap().push(word);
                Ok::<_, Error>(())
            })
            .unwrap();
        };
        Box::new(command) as Box<dyn FnOnce() + Send>
    };
    held(
        db,
        vec![
            note("background", Priority::Background),
            note("interactive", Priority::Interactive),
            note("background", Priority::Background),
            note("interactive", Priority::Interactive),
        ],
    );
    assert_eq!(*order.lock().unwrap(), ["interactive", "interactive", "background", "background"]);
}

#[test]
fn what_cannot_be_opened_is_explained() {
    let folder = fichero_test_support::scratch_dir();
    let path = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    std::fs::write(folder.path().join("text.db"), "this is no database, whatever its name says; it is long enough")
        .unwrap();
    for (url, part) in [
        (path("missing/x.db"), "does not exist"),
        (format!("sqlite:{}", folder.path().display()), "is a folder"),
        (path("text.db"), "not a database"),
        ("postgres://nobody@127.0.0.1:1/none".to_owned(), "refused"),
        ("postgres://host:port/x".to_owned(), "port"),
        ("nonsense".to_owned(), "no URL of a database"),
    ] {
        let opened = Db::open(&Options::new(&url));
        let Err(error @ (Error::Unavailable(_) | Error::Url(_))) = opened else { panic!("{url}: {opened:?}") };
        assert!(error.detail().contains(part), "{url}: {}", error.detail());
    }
}
