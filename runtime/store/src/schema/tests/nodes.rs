//! Several nodes on one database: none undoes another, and none works on with what has been superseded.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use fichero_model::Model;
use fichero_model::fixture::{Builder, Spec, decimal, integer, text};

use super::world::{Wish, World, on_each};
use crate::schema::{Error, deployment};
use crate::tx::Held;
use crate::{Cell, ColumnType, Dialect, Isolation, Priority, Tx};

fn deal(fields: impl IntoIterator<Item = Spec>) -> Model {
    Builder::new().entity("deal", fields).build()
}

#[test]
fn nodes_with_different_folders_never_undo_each_other() {
    on_each(|world| {
        let (one, other) = (world.again(), world.again());
        one.publish(&deal([text("name")])).unwrap();
        let ours = || deal([text("name"), integer("ours")]);
        let theirs = || deal([text("name"), integer("theirs")]);
        let on = |base| Wish { base: Some(base), ..Wish::default() };

        one.publish_as(&ours(), on(1)).unwrap();
        for _ in 0..3 {
            let late = other.publish_as(&theirs(), on(1));
            assert!(matches!(late, Err(Error::LostRace { newest: 2 })), "{late:?}");
        }
        assert!(world.plan(&ours()).unwrap().is_empty(), "what was published first stands");
        assert!(world.schema().table_of("deal").unwrap().field("theirs").is_none());

        // Whoever knows the newest may build on it, and then the first one is the late one.
        other.publish_as(&deal([text("name"), integer("ours"), integer("theirs")]), on(2)).unwrap();
        let late = one.publish_as(&ours(), on(2));
        assert!(matches!(late, Err(Error::LostRace { newest: 3 })), "{late:?}");
        assert!(world.schema().table_of("deal").unwrap().field("theirs").is_some());
    });
}

#[test]
fn of_nodes_that_publish_at_once_one_wins_each_round() {
    on_each(|world| {
        world.publish(&deal([text("name")])).unwrap();
        let nodes: Vec<Arc<World>> = (0..3).map(|_| Arc::new(world.again())).collect();
        let names = ["a", "b", "c"];
        for round in 0..6 {
            let base = round + 1;
            let (tell, told) = mpsc::channel();
            for (node, name) in nodes.iter().zip(names) {
                let (node, tell) = (Arc::clone(node), tell.clone());
                std::thread::spawn(move || {
                    // Each of them brings its own table and takes the others' away.
                    let model =
                        Builder::new().entity("deal", [text("name")]).entity(name, [text("name").unique()]).build();
                    let wish = Wish { base: Some(base), file: name, ..Wish::default() };
                    let _ = tell.send(node.publish_as(&model, wish).map(|(deployment, _)| (deployment.seq, name)));
                });
            }
            drop(tell);
            let answers: Vec<_> = told.iter().collect();
            let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "{answers:?}");
            assert_eq!(won[0].0, base + 1);
            for lost in answers.iter().filter_map(|answer| answer.as_ref().err()) {
                assert!(matches!(lost, Error::LostRace { .. }), "{lost:?}");
            }
            assert!(world.schema().table_of(won[0].1).is_some());
            assert_eq!(world.drift(), []);
        }
        let all = world.write(|tx| deployment::since(tx, 0)).unwrap();
        assert!(all.iter().zip(1..).all(|(one, seq)| one.seq == seq && one.parent == seq - 1), "{all:?}");
    });
}

#[test]
fn a_command_from_before_a_barrier_is_superseded() {
    on_each(|world| {
        world.publish(&deal([decimal("n", 2)])).unwrap();
        let guard = |seq| world.write(move |tx| deployment::guard(tx, seq));
        guard(1).unwrap();
        world.publish(&deal([decimal("n", 2), text("more")])).unwrap();
        guard(1).expect("what is only added disturbs nobody");
        world.publish(&deal([decimal("n", 4), text("more")])).unwrap();
        assert_eq!(guard(1), Err(Error::Superseded { barrier: 3 }));
        assert_eq!(guard(2), Err(Error::Superseded { barrier: 3 }));
        guard(3).unwrap();
        world.publish(&deal([decimal("n", 4)])).unwrap();
        guard(3).expect("later deployments that only add or retire disturb nobody");
    });
}

/// Holds a command open on PostgreSQL: it has passed the guard and waits to be let go.
fn open_command(
    world: &World,
    isolation: Isolation,
    seq: i64,
) -> (mpsc::Sender<()>, std::thread::JoinHandle<Result<(), Error>>) {
    let db = world.db.clone();
    let (go, may_go) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    let may_go = std::sync::Mutex::new(may_go);
    let thread = std::thread::spawn(move || {
        db.write_blocking(Priority::Interactive, isolation, move |tx: &mut Tx| {
            deployment::guard(tx, seq)?;
            // With its first statement at the latest.
            deployment::newest_seq(tx)?;
            let _ = tell.send(());
            let _ = may_go.lock().unwrap().recv_timeout(Duration::from_secs(20));
            Ok(())
        })
    });
    told.recv().unwrap();
    (go, thread)
}

#[test]
fn a_barrier_waits_for_commands_and_commands_wait_for_a_barrier() {
    on_each(|world| {
        if world.db.dialect() == Dialect::Sqlite {
            return; // The one writer does one thing at a time.
        }
        world.publish(&deal([decimal("n", 2)])).unwrap();
        for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
            let base = world.write(deployment::newest_seq).unwrap();
            let scale = u8::try_from(base).unwrap() + 2;
            let (go, command) = open_command(&world, isolation, base);
            let node = world.again();
            let publishing = std::thread::spawn(move || node.publish(&deal([decimal("n", scale)])));
            std::thread::park_timeout(Duration::from_millis(300));
            assert!(!publishing.is_finished(), "it waits for the command that is under way");
            go.send(()).unwrap();
            command.join().unwrap().unwrap();
            publishing.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_barrier_gives_up_when_a_command_does_not_end() {
    on_each(|world| {
        if world.db.dialect() == Dialect::Sqlite {
            return; // The one writer does one thing at a time.
        }
        world.publish(&deal([decimal("n", 2)])).unwrap();
        let (go, command) = open_command(&world, Isolation::ReadCommitted, 1);
        assert_eq!(world.publish(&deal([decimal("n", 4)])).map(drop), Err(Error::Busy));
        go.send(()).unwrap();
        command.join().unwrap().unwrap();
        assert_eq!(world.write(deployment::newest_seq).unwrap(), 1, "nothing was published");
    });
}

#[test]
fn a_command_that_waited_for_a_barrier_sees_it() {
    on_each(|world| {
        if world.db.dialect() == Dialect::Sqlite {
            return; // The one writer does one thing at a time.
        }
        world.publish(&deal([decimal("n", 2)])).unwrap();
        for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
            let base = world.write(deployment::newest_seq).unwrap();
            let (tell, told) = mpsc::channel();
            let (go, may_go) = mpsc::channel::<()>();
            let may_go = std::sync::Mutex::new(may_go);
            let node = world.again();
            let migrating = std::thread::spawn(move || {
                node.write(move |tx| {
                    deployment::barrier(tx)?;
                    let _ = tell.send(());
                    let _ = may_go.lock().unwrap().recv_timeout(Duration::from_secs(20));
                    // What a deployment with a barrier does at its end.
                    tx.script(&format!("UPDATE fichero_gate SET barrier = {}", base + 100))?;
                    Ok::<_, Error>(())
                })
            });
            told.recv().unwrap();
            let db = world.db.clone();
            let command = std::thread::spawn(move || {
                db.write_blocking(Priority::Interactive, isolation, move |tx: &mut Tx| deployment::guard(tx, base + 99))
            });
            std::thread::park_timeout(Duration::from_millis(200));
            assert!(!command.is_finished(), "it waits for the migration");
            go.send(()).unwrap();
            migrating.join().unwrap().unwrap();
            let seen = command.join().unwrap();
            assert!(
                matches!(seen, Err(Error::Superseded { barrier }) if barrier == base + 100),
                "{isolation:?}: {seen:?}"
            );
        }
    });
}

/// Adds a number behind the gate; where `other` is given, only when that is there.
fn add(world: &World, seq: i64, n: i64, other: Option<i64>) -> Result<u64, Error> {
    static INSERT: crate::sql::Sql = crate::sql::Sql::new("INSERT INTO number (n) VALUES (?1)");
    static KEPT: crate::sql::Sql = crate::sql::Sql::new("SELECT 1 FROM number WHERE n = ?2");
    world.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx: &mut Tx| {
        deployment::guard(tx, seq)?;
        let (mut parameters, mut kept) = (vec![Cell::Integer(n)], Vec::new());
        if let Some(other) = other.filter(|_| tx.may_presume()) {
            parameters.push(Cell::Integer(other));
            kept.push(KEPT.of(tx.dialect()).to_owned());
        } else if other.is_some() {
            return Err(Error::Store(crate::Error::Fault("it is not there".to_owned())));
        }
        let insert = INSERT.of(tx.dialect()).to_owned();
        tx.hold(Held::new(insert, kept, parameters))?;
        Ok(tx.statements())
    })
}

fn numbers(world: &World) -> Vec<Vec<Cell>> {
    world.write(|tx| Ok::<_, Error>(tx.query("SELECT n FROM number ORDER BY n", &[], &[ColumnType::Integer])?)).unwrap()
}

#[test]
fn a_command_of_one_statement_is_done_whole_or_not_at_all() {
    on_each(|world| {
        world.publish(&deal([decimal("n", 2)])).unwrap();
        world.write(|tx| Ok::<_, Error>(tx.script("CREATE TABLE number (n BIGINT NOT NULL PRIMARY KEY)")?)).unwrap();
        let is_postgres = world.db.dialect() == Dialect::Postgres;
        add(&world, 1, 0, None).unwrap();
        // The connection is known to be there by now: no transaction is begun, and nothing is asked before.
        assert_eq!(add(&world, 1, 1, None).unwrap(), if is_postgres { 0 } else { 2 });
        let twice = add(&world, 1, 1, None);
        assert!(matches!(&twice, Err(Error::Store(crate::Error::Unique(_)))), "{twice:?}");
        if is_postgres {
            assert_eq!(add(&world, 1, 2, Some(1)).unwrap(), 0);
        }
        let missing = add(&world, 1, 3, Some(9));
        assert!(matches!(&missing, Err(Error::Store(crate::Error::Fault(_)))), "{missing:?}");

        world.publish(&deal([decimal("n", 4)])).unwrap();
        assert_eq!(add(&world, 1, 4, None), Err(Error::Superseded { barrier: 2 }));
        add(&world, 2, 5, None).unwrap();
        let expected: &[i64] = if is_postgres { &[0, 1, 2, 5] } else { &[0, 1, 5] };
        assert_eq!(numbers(&world), expected.iter().map(|n| vec![Cell::Integer(*n)]).collect::<Vec<_>>());
    });
}

#[test]
fn a_command_of_one_statement_waits_for_a_migration_without_standing_in_its_way() {
    on_each(|world| {
        if world.db.dialect() == Dialect::Sqlite {
            return; // The one writer does one thing at a time.
        }
        world.publish(&deal([decimal("n", 2)])).unwrap();
        world.write(|tx| Ok::<_, Error>(tx.script("CREATE TABLE number (n BIGINT NOT NULL PRIMARY KEY)")?)).unwrap();
        add(&world, 1, 0, None).unwrap();
        let (tell, told) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let may_go = std::sync::Mutex::new(may_go);
        let node = world.again();
        let migrating = std::thread::spawn(move || {
            node.write(move |tx| {
                deployment::barrier(tx)?;
                let _ = tell.send(());
                let _ = may_go.lock().unwrap().recv_timeout(Duration::from_secs(20));
                // Whoever waits for the gate with the table in hand would be met here.
                tx.script("ALTER TABLE number ADD COLUMN more BIGINT")?;
                tx.script("UPDATE fichero_gate SET barrier = 100")?;
                Ok::<_, Error>(())
            })
        });
        told.recv().unwrap();
        std::thread::scope(|scope| {
            let adding = scope.spawn(|| add(&world, 1, 1, None));
            std::thread::park_timeout(Duration::from_millis(200));
            assert!(!adding.is_finished(), "it waits for the migration");
            go.send(()).unwrap();
            migrating.join().unwrap().unwrap();
            assert_eq!(adding.join().unwrap(), Err(Error::Superseded { barrier: 100 }));
        });
        assert_eq!(numbers(&world), [[Cell::Integer(0)]]);
    });
}
