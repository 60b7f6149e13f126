//! Deployments, consent, drift, pruning, fills.

use fichero_model::fixture::{self, Builder, Spec, integer, link, money, reference, text};
use fichero_model::{Id, Model};

use super::world::{Wish, World, at, id, on_each};
use crate::schema::deployment::{self, Pruning};
use crate::schema::drift::Drift;
use crate::schema::fill::{self, Backfill, Fill, Pending, Skipped};
use crate::schema::{Error, Role};
use crate::{Cell, Dialect, Tx};

fn deal(fields: impl IntoIterator<Item = Spec>) -> Model {
    Builder::new().entity("deal", fields).build()
}

fn words(text: &str) -> Cell {
    Cell::text(text)
}

#[test]
fn a_model_with_every_kind_of_field_is_made_and_is_as_recorded() {
    on_each(|world| {
        let model = fixture::sample();
        let (deployment, plan) = world.publish(&model).unwrap();
        assert!(!plan.is_empty());
        assert_eq!((deployment.seq, deployment.parent, deployment.barrier), (1, 0, false));
        assert_eq!(world.drift(), []);
        assert!(world.plan(&model).unwrap().is_empty());
        // Publishing it once more changes no table and is a deployment all the same.
        let (second, plan) = world.publish_as(&model, Wish { file: "other", ..Wish::default() }).unwrap();
        assert!(plan.is_empty());
        assert_eq!((second.seq, second.parent), (2, 1));
    });
}

#[test]
fn a_deployment_keeps_its_files_and_its_schema() {
    on_each(|world| {
        world.publish_as(&deal([text("name")]), Wish { file: "first", ..Wish::default() }).unwrap();
        world.publish_as(&deal([integer("name")]), Wish { file: "second", ..Wish::default() }).unwrap();
        let sources = |seq: i64| {
            world.write(move |tx| deployment::find(tx, seq)?.unwrap().sources(tx)).unwrap()["workspace.yaml"].to_vec()
        };
        assert_eq!((sources(1), sources(2)), (b"first".to_vec(), b"second".to_vec()));
        let all = world.write(|tx| deployment::since(tx, 0)).unwrap();
        assert_eq!(all.iter().map(|one| (one.seq, one.parent)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
        let first = all[0].clone();
        let schema = world.write(move |tx| first.schema(tx)).unwrap();
        assert_eq!(schema.table_of("deal").unwrap().field("name").unwrap().shape.word(), "text");
        assert!(world.write(|tx| deployment::find(tx, 3)).unwrap().is_none());
        let steps = world.write(|tx| deployment::steps(tx, 2)).unwrap().unwrap();
        assert!(steps.as_array().is_some_and(|steps| !steps.is_empty()));
    });
}

#[test]
fn what_reinterprets_needs_consent_to_exactly_this_plan() {
    on_each(|world| {
        world.publish(&deal([integer("n")])).unwrap();
        world.add("deal", id(1), &[("n", Role::Value, Cell::Integer(5))]).unwrap();
        let after = deal([money("n")]);
        let Err(Error::Consent(plan)) = world.publish(&after) else { panic!("it needs consent") };
        assert_eq!(plan.hash(), world.plan(&after).unwrap().hash());
        let wrong = world.publish_as(&after, Wish { consent: Some("0123456789abcdef".into()), ..Wish::default() });
        assert!(matches!(wrong, Err(Error::Consent(_))));
        assert_eq!(world.values("deal", "n")[&id(1)], [Cell::Integer(5)]);

        // Another deployment in between: the same steps on another base are another plan.
        world.publish(&deal([integer("n")])).unwrap();
        let stale = world.publish_as(&after, Wish { consent: Some(plan.hash()), ..Wish::default() });
        let Err(Error::Consent(plan)) = stale else { panic!("consent was to another base") };
        let (deployment, _) = world.publish_as(&after, Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
        assert!(deployment.barrier);
        assert_eq!(world.values("deal", "n")[&id(1)][0], Cell::Integer(50_000));
    });
}

#[test]
fn records_that_break_a_new_unique_rule_are_named() {
    on_each(|world| {
        let before = deal([text("name"), integer("n")]);
        world.publish(&before).unwrap();
        for (number, name) in [(1, "Acme"), (2, "Beta"), (3, "ACME")] {
            let key = fichero_model::fold::key(name);
            world
                .add("deal", id(number), &[("name", Role::Value, words(name)), ("name", Role::Key, words(&key))])
                .unwrap();
        }
        let after = deal([text("name").unique(), integer("n")]);
        let Err(Error::Refused(findings)) = world.publish(&after) else { panic!("two records share a name") };
        assert_eq!(findings.len(), 1);
        let message = &findings[0].message;
        assert!(message.contains("2 share 'acme'"), "{message}");
        assert!(message.contains(&id(1).to_string()) && message.contains(&id(3).to_string()), "{message}");
        assert!(!message.contains(&id(2).to_string()), "{message}");
        assert!(world.plan(&before).unwrap().is_empty(), "nothing has changed");

        world.script("UPDATE deal SET deleted_at = created_at WHERE name = 'ACME'").unwrap();
        world.publish(&after).unwrap();
        let again = world.add("deal", id(4), &[("name", Role::Key, words("acme"))]);
        assert!(matches!(again, Err(crate::Error::Unique(_))), "{again:?}");
        world.add("deal", id(5), &[]).unwrap();
        world.add("deal", id(6), &[]).unwrap();
    });
}

#[test]
fn a_unique_rule_over_a_column_that_is_only_now_converted_is_checked_too() {
    on_each(|world| {
        world.publish(&deal([fixture::longtext("name")])).unwrap();
        for (number, name) in [(1, "Acme"), (2, "ACME")] {
            world.add("deal", id(number), &[("name", Role::Value, words(name))]).unwrap();
        }
        let refused = world.publish(&deal([text("name").unique()]));
        let Err(Error::Refused(findings)) = refused else { panic!("two records share a name: {refused:?}") };
        assert!(findings[0].message.contains("2 share 'acme'"), "{}", findings[0].message);
        assert_eq!(world.drift(), [], "nothing has changed");
    });
}

#[test]
fn a_unique_rule_counts_only_records_for_which_its_condition_holds() {
    on_each(|world| {
        let model = Builder::new()
            .entity("deal", [text("name"), integer("n")])
            .unique("deal", "one_large", &["name"], Some("n > 10"))
            .build();
        world.publish(&model).unwrap();
        let add = |number, n: Option<i64>| {
            let n = Cell::or_null(n, crate::ColumnType::Integer);
            world.add("deal", id(number), &[("name", Role::Key, words("acme")), ("n", Role::Value, n)])
        };
        add(1, Some(5)).unwrap();
        add(2, Some(5)).unwrap();
        add(3, Some(11)).unwrap();
        add(4, None).unwrap();
        assert!(matches!(add(5, Some(12)), Err(crate::Error::Unique(_))));
        assert!(world.plan(&model).unwrap().is_empty());
    });
}

#[test]
fn drift_is_told() {
    on_each(|world| {
        let model = Builder::new()
            .entity("deal", [text("name").unique(), integer("n"), link("contacts", &["contact"])])
            .entity("contact", [text("name")])
            .build();
        world.publish(&model).unwrap();
        world.script("ALTER TABLE deal ADD COLUMN note INTEGER").unwrap();
        world.script("ALTER TABLE deal DROP COLUMN n").unwrap();
        world.script("DROP INDEX deal__name__uq").unwrap();
        world.script("DROP TABLE deal__contacts").unwrap();
        world.script("CREATE TABLE somebody_elses (x INTEGER)").unwrap();
        let mut drift: Vec<String> = world.drift().iter().map(Drift::to_string).collect();
        drift.sort();
        assert_eq!(
            drift,
            [
                "column `n` of `deal` is missing",
                "column `note` of `deal` was added by hand",
                "index `deal__name__uq` of `deal` is missing",
                "table `deal__contacts` is missing",
            ]
        );
        world.script("ALTER TABLE deal ADD COLUMN n TEXT").unwrap();
        assert!(world.drift().iter().any(|one| matches!(one, Drift::Type { column, .. } if column == "n")));
    });
}

#[test]
fn drift_is_told_where_only_the_rules_of_a_table_differ() {
    on_each(|world| {
        world.publish(&deal([text("name").unique(), integer("n").index()])).unwrap();
        world.script("DROP INDEX deal__name__uq").unwrap();
        world.script("CREATE INDEX deal__name__uq ON deal (name__key) WHERE deleted_at IS NULL").unwrap();
        world.script("DROP INDEX deal__n__ix").unwrap();
        world.script("CREATE INDEX deal__n__ix ON deal (id, n)").unwrap();
        let told = || {
            let mut drift: Vec<String> = world.drift().iter().map(Drift::to_string).collect();
            drift.sort();
            drift
        };
        let indexes = [
            "index `deal__n__ix` of `deal` is plain over `id`, `n` of all rows, not plain over `n`, `id` of all rows",
            "index `deal__name__uq` of `deal` is plain over `name__key` of some rows, not unique over `name__key` of some rows",
        ];
        assert_eq!(told(), indexes);
        let lost = "column `version` of `deal` may hold nothing (it has lost its NOT NULL)";
        if world.db.dialect() == Dialect::Sqlite {
            // There is no statement for it; who wants it makes the table anew.
            world.script("ALTER TABLE deal RENAME TO old").unwrap();
            world.script("CREATE TABLE deal AS SELECT * FROM old").unwrap();
            assert!(told().iter().any(|one| one == lost), "{:?}", told());
            return;
        }
        world.script("ALTER TABLE deal ALTER COLUMN version DROP NOT NULL").unwrap();
        world.script("ALTER TABLE deal ALTER COLUMN name SET NOT NULL").unwrap();
        world.script("ALTER TABLE deal ALTER COLUMN n TYPE numeric(9, 2)").unwrap();
        world.script("ALTER TABLE deal ALTER COLUMN name__key TYPE text COLLATE \"default\"").unwrap();
        let columns = [
            "column `n` of `deal` is numeric(9,2), not BIGINT",
            "column `name__key` of `deal` is text COLLATE \"default\", not TEXT COLLATE \"C\"",
            "column `name` of `deal` may not hold nothing (it was given a NOT NULL)",
            lost,
        ];
        assert_eq!(told(), [&columns[..], &indexes[..]].concat());
    });
}

#[test]
fn what_was_retired_long_enough_is_pruned_with_consent() {
    on_each(|world| {
        let full = || {
            Builder::new()
                .entity(
                    "deal",
                    [text("name"), money("amount"), reference("account", &["account"]), link("contacts", &["contact"])],
                )
                .entity("contact", [text("name"), reference("account", &["account"])])
                .entity("account", [text("name"), reference("primary", &["contact"])])
                .build()
        };
        world.publish(&full()).unwrap();
        world.add("account", id(1), &[]).unwrap();
        world.add("contact", id(2), &[("account", Role::Value, Cell::Id(id(1)))]).unwrap();
        world
            .add("deal", id(3), &[("account", Role::Value, Cell::Id(id(1))), ("amount", Role::Value, Cell::Integer(7))])
            .unwrap();
        world.script("UPDATE account SET \"primary\" = (SELECT id FROM contact)").unwrap();
        let small = deal([text("name")]);
        let (retired, _) = world.publish(&small).unwrap();

        let prune = |before, consent: Option<String>| {
            world.write(move |tx| {
                let pruning = Pruning { before, consent: consent.as_deref(), by: "test", at: at(99) };
                deployment::prune(tx, &pruning)
            })
        };
        assert!(prune(retired.at, None).unwrap().is_none(), "it was retired only then");
        let Err(Error::Consent(plan)) = prune(at(99), None) else { panic!("pruning needs consent") };
        let planned = world.write(|tx| deployment::prune_plan(tx, at(99))).unwrap();
        assert_eq!(planned.hash(), plan.hash());
        assert_eq!(plan.steps.iter().filter_map(|step| step.rows).sum::<u64>(), 4, "{:#?}", plan.steps);
        let (deployment, _) = prune(at(99), Some(plan.hash())).unwrap().unwrap();
        assert!(deployment.barrier);
        assert_eq!(deployment.files, retired.files, "the definitions are the same");
        assert_eq!(world.drift(), []);
        assert!(world.plan(&small).unwrap().is_empty());
        assert!(prune(at(99), None).unwrap().is_none(), "nothing is left to prune");
        world.publish(&full()).unwrap();
        assert!(world.values("contact", "name").is_empty(), "what comes back now is new");
        assert_eq!(world.drift(), []);
    });
}

/// Counts the rows it was asked to fill, and gives each a number.
#[derive(Default)]
struct Counting {
    filled: Vec<Id>,
    fail_at: Option<Id>,
    skips: u64,
}

impl Backfill for Counting {
    type Error = crate::Error;

    fn fill(&mut self, tx: &mut Tx, fill: &Fill, rows: &[Id]) -> Result<Skipped, crate::Error> {
        assert_eq!((fill.table.as_str(), fill.column.as_str()), ("deal", "c"));
        if self.fail_at.is_some_and(|bad| rows.contains(&bad)) {
            return Err(crate::Error::Fault("no".into()));
        }
        for row in rows {
            let sql = crate::sql::written_for(tx.dialect(), "UPDATE deal SET c = 1 WHERE id = ?1");
            tx.execute(&sql, &[Cell::Id(*row)])?;
        }
        self.filled.extend(rows);
        let why = (self.skips > 0).then(|| "no".to_owned());
        Ok(Skipped { rows: self.skips, why })
    }
}

fn advance(world: &World, pending: Pending, fail_at: Option<Id>) -> Result<(Option<Pending>, Vec<Id>), crate::Error> {
    world.write(move |tx| {
        let mut backfill = Counting { fail_at, ..Counting::default() };
        let next = fill::advance(tx, &pending, &mut backfill, 2)?;
        Ok((next, backfill.filled))
    })
}

#[test]
fn a_new_formula_is_filled_batch_by_batch_and_goes_on_where_it_stopped() {
    on_each(|world| {
        world.publish(&deal([integer("a")])).unwrap();
        for number in 1..=5 {
            world.add("deal", id(number), &[]).unwrap();
        }
        let (deployment, _) = world.publish(&deal([integer("a"), integer("c").formula("a + 1")])).unwrap();
        assert!(!deployment.barrier, "nodes that do not know the formula go on");
        let pending = |world: &World| world.write(fill::pending).unwrap();
        let [first] = pending(&world).try_into().unwrap();
        assert_eq!((first.seq, first.after), (deployment.seq, None));

        let (second, filled) = advance(&world, first, None).unwrap();
        assert_eq!(filled, [id(1), id(2)]);
        let failed = advance(&world, second.clone().unwrap(), Some(id(4)));
        assert!(failed.is_err());
        // A node that knows nothing of it goes on from what is recorded.
        let other = world.again();
        assert_eq!(pending(&other), [second.clone().unwrap()]);
        let (third, filled) = advance(&other, second.clone().unwrap(), None).unwrap();
        assert_eq!(filled, [id(3), id(4)]);
        let (fourth, filled) = advance(&world, third.unwrap(), None).unwrap();
        assert_eq!(filled, [id(5)]);
        let (done, filled) = advance(&world, fourth.unwrap(), None).unwrap();
        assert_eq!((done, filled), (None, vec![]));
        assert_eq!(pending(&world), []);
        assert!(world.values("deal", "c").values().all(|cells| cells[0] == Cell::Integer(1)));
    });
}

#[test]
fn a_fill_is_ordered_anew_or_taken_back() {
    on_each(|world| {
        let sum = deal([integer("a"), integer("c").formula("a + 1")]);
        world.publish(&deal([integer("a")])).unwrap();
        world.add("deal", id(1), &[]).unwrap();
        world.publish(&sum).unwrap();
        let [old] = world.write(fill::pending).unwrap().try_into().unwrap();
        world.publish(&deal([integer("a"), integer("c").formula("a + 2")])).unwrap();
        let [new] = world.write(fill::pending).unwrap().try_into().unwrap();
        assert_eq!((new.seq, new.after.is_none()), (3, true));
        let (next, _) = advance(&world, old, None).unwrap();
        assert_eq!(next, None, "the older order is void");
        assert_eq!(world.write(fill::pending).unwrap(), std::slice::from_ref(&new));
        world.publish(&deal([integer("a")])).unwrap();
        assert_eq!(world.write(fill::pending).unwrap(), [], "nobody fills what is gone");
    });
}

#[test]
fn the_runtime_s_own_tables_are_made_once_and_never_by_an_older_release() {
    on_each(|world| {
        world.write(crate::system::install).unwrap();
        world.script("UPDATE fichero_meta SET value = '999' WHERE key = 'version'").unwrap();
        let newer = world.write(crate::system::install);
        assert!(matches!(newer, Err(crate::Error::Unavailable(why)) if why.contains("newer release")));
    });
}

#[test]
fn names_that_mean_something_to_a_database_are_borne() {
    on_each(|world| {
        let fields = || ["select", "order", "group", "position", "rowid", "xmin", "amount_base"].map(integer);
        let long: &'static str = "a_name_that_is_as_long_as_the_language_lets_it_b";
        let model = Builder::new()
            .entity("order", fields().into_iter().chain([money("amount"), text(long).unique()]))
            .entity("sqlite_master", [text("name"), link(long, &["order"])])
            .entity("fichero_job", [reference("order", &["order"])])
            .entity("table", [fixture::lines("items", "item", "table")])
            .entity("item", [reference("table", &["table"]), integer("position")])
            .build();
        world.publish(&model).unwrap();
        assert_eq!(world.drift(), []);
        world
            .add("order", id(1), &[("xmin", Role::Value, Cell::Integer(7)), ("amount", Role::Base, Cell::Integer(8))])
            .unwrap();
        assert_eq!(world.values("order", "amount_base")[&id(1)], [Cell::Null(crate::ColumnType::Integer)]);
        world.add("fichero_job", id(2), &[("order", Role::Value, Cell::Id(id(1)))]).unwrap();
        let item = world.schema().table_of("item").unwrap().clone();
        assert_ne!(item.position.as_deref(), item.field("position").unwrap().column(Role::Value));
    });
}
