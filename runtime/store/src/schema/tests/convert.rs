//! Values that go over from one kind to another.

use fichero_model::Model;
use fichero_model::fixture::{
    self, Builder, Spec, boolean, choice, date, decimal, integer, link, longtext, money, reference, text,
};
use jiff::civil;
use serde_json::json;

use super::world::{Wish, World, id, on_each};
use crate::schema::{Error, Hazard, Role};
use crate::{Cell, ColumnType};

fn deal(field: Spec) -> Model {
    Builder::new().entity("deal", [field]).build()
}

/// The value cell after a change of the field `x`, whose value was one cell.
fn check(before: Spec, value: Cell, after: Spec, expected: &[Cell]) {
    on_each(|world| {
        world.publish(&deal(before.clone())).unwrap();
        world.add("deal", id(1), &[("x", Role::Value, value.clone())]).unwrap();
        world.add("deal", id(2), &[]).unwrap();
        let after = deal(after.clone());
        let consent = world.plan(&after).unwrap().hash();
        world.publish_as(&after, Wish { consent: Some(consent), ..Wish::default() }).unwrap();
        let values = world.values("deal", "x");
        assert_eq!(values[&id(1)], expected);
        assert!(values[&id(2)].iter().all(Cell::is_null), "nothing stays nothing");
        settled(&world, &after);
    });
}

/// Nothing is left to do, and the database is as recorded.
fn settled(world: &World, model: &Model) {
    let again = world.plan(model).unwrap();
    assert!(again.is_empty(), "{:#?}", again.steps);
    assert_eq!(world.drift(), []);
}

fn words(text: &str) -> Cell {
    Cell::text(text)
}

fn list(values: serde_json::Value) -> Cell {
    Cell::from(values)
}

#[test]
fn numbers() {
    check(integer("x"), Cell::Integer(-7), decimal("x", 2), &[Cell::Integer(-700)]);
    check(decimal("x", 2), Cell::Integer(1250), decimal("x", 4), &[Cell::Integer(125_000)]);
    check(decimal("x", 4), Cell::Integer(-125_000), decimal("x", 2), &[Cell::Integer(-1250)]);
    check(decimal("x", 2), Cell::Integer(300), integer("x"), &[Cell::Integer(3)]);
    let euros = [Cell::Integer(75_000), words("EUR"), Cell::Integer(75_000)];
    check(decimal("x", 1), Cell::Integer(75), money("x"), &euros);
}

#[test]
fn a_number_of_another_scale_leaves_the_old_one_to_those_who_know_no_other() {
    on_each(|world| {
        world.publish(&deal(decimal("x", 2).unique())).unwrap();
        world.add("deal", id(1), &[("x", Role::Value, Cell::Integer(150))]).unwrap();
        let finer = deal(decimal("x", 4).unique());
        let (deployment, _) = world.publish(&finer).unwrap();
        assert!(deployment.barrier, "nobody may write the old number any more");
        assert_eq!(world.values("deal", "x")[&id(1)], [Cell::Integer(15_000)]);
        let old = world.write(|tx| tx.query("SELECT x FROM deal", &[], &[ColumnType::Integer])).unwrap();
        assert_eq!(old, [[Cell::Integer(150)]]);
        let again = world.add("deal", id(2), &[("x", Role::Value, Cell::Integer(15_000))]);
        assert!(matches!(again, Err(crate::Error::Unique(_))), "{again:?}");
        settled(&world, &finer);
    });
}

#[test]
fn a_computed_number_of_another_scale_stays_overridden_where_it_was() {
    let model = |scale| Builder::new().entity("deal", [integer("a"), decimal("x", scale).compute("a")]).build();
    on_each(|world| {
        world.publish(&model(2)).unwrap();
        let value = |cell| ("x", Role::Value, cell);
        let set = ("x", Role::Override, Cell::Boolean(true));
        world.add("deal", id(1), &[value(Cell::Integer(150)), set]).unwrap();
        world.add("deal", id(2), &[value(Cell::Integer(200))]).unwrap();
        world.publish(&model(4)).unwrap();
        let values = world.values("deal", "x");
        assert_eq!(values[&id(1)], [Cell::Integer(15_000), Cell::Boolean(true)]);
        assert_eq!(values[&id(2)], [Cell::Integer(20_000), Cell::Null(ColumnType::Boolean)]);

        world.publish(&deal(decimal("given", 2))).unwrap();
        world.add("deal", id(3), &[("given", Role::Value, Cell::Integer(300))]).unwrap();
        let computed = Builder::new().entity("deal", [integer("a"), decimal("given", 4).compute("a")]).build();
        world.publish(&computed).unwrap();
        assert_eq!(world.values("deal", "given")[&id(3)], [Cell::Integer(30_000), Cell::Boolean(true)]);
    });
}

#[test]
fn texts() {
    check(longtext("x"), words("Ñandú  A"), text("x"), &[words("Ñandú  A"), words("nandu a")]);
    check(choice("x", &["a", "b"]), words("b"), text("x"), &[words("b"), words("b")]);
    check(choice("x", &["a", "b"]), words("b"), longtext("x"), &[words("b")]);
    check(longtext("x"), words("b"), choice("x", &["a", "b"]), &[words("b")]);
}

#[test]
fn one_to_many() {
    check(longtext("x"), words("a \"b\""), longtext("x").many(), &[list(json!(["a \"b\""]))]);
    check(integer("x"), Cell::Integer(7), integer("x").many(), &[list(json!([7]))]);
    check(boolean("x"), Cell::Boolean(true), boolean("x").many(), &[list(json!([true]))]);
    check(date("x"), Cell::Date(civil::date(2026, 2, 3)), date("x").many(), &[list(json!(["2026-02-03"]))]);
    check(
        fixture::time("x"),
        Cell::Time(civil::time(9, 5, 0, 0)),
        fixture::time("x").many(),
        &[list(json!(["09:05:00"]))],
    );
    let moment = "2026-02-03T04:05:06.789012Z".parse().unwrap();
    let expected = list(json!([1_770_091_506_789_012_i64]));
    check(fixture::datetime("x"), Cell::DateTime(moment), fixture::datetime("x").many(), &[expected]);
}

#[test]
fn a_text_without_keys_gets_them_for_all_rows() {
    on_each(|world| {
        world.publish(&deal(longtext("x"))).unwrap();
        for number in 1..=200 {
            world.add("deal", id(number), &[("x", Role::Value, words(&format!("Á{number}")))]).unwrap();
        }
        world.publish(&deal(text("x").unique())).unwrap();
        let values = world.values("deal", "x");
        for number in 1..=200 {
            assert_eq!(values[&id(number)][1], words(&format!("a{number}")));
        }
        // Back and forth: the keys that lay idle in between are made anew.
        world.publish(&deal(longtext("x"))).unwrap();
        world.script("UPDATE deal SET x = 'Z' WHERE x = 'Á7'").unwrap();
        world.script("UPDATE deal SET x = NULL WHERE x = 'Á8'").unwrap();
        world.publish(&deal(text("x"))).unwrap();
        let values = world.values("deal", "x");
        assert_eq!(values[&id(7)][1], words("z"));
        assert_eq!(values[&id(8)][1], Cell::Null(ColumnType::Text));
        settled(&world, &deal(text("x")));
    });
}

#[test]
fn references() {
    let note = |field: Spec| {
        let builder = Builder::new().entity("note", [field]);
        builder.entity("account", [text("name")]).entity("contact", [text("name")]).build()
    };
    let one = || note(reference("about", &["account"]));
    let several = || note(reference("about", &["account", "contact"]));
    on_each(|world| {
        world.publish(&one()).unwrap();
        world.add("account", id(1), &[]).unwrap();
        world.add("contact", id(2), &[]).unwrap();
        world.add("note", id(3), &[("about", Role::Value, Cell::Id(id(1)))]).unwrap();
        let broken = world.add("note", id(9), &[("about", Role::Value, Cell::Id(id(2)))]);
        assert!(matches!(broken, Err(crate::Error::Reference(_))), "a reference points to an account: {broken:?}");

        world.publish(&several()).unwrap();
        assert_eq!(world.values("note", "about")[&id(3)], [Cell::Id(id(1)), words("account")]);
        let both = [("about", Role::Value, Cell::Id(id(2))), ("about", Role::Kind, words("contact"))];
        world.add("note", id(4), &both).unwrap();
        settled(&world, &several());

        let refused = world.publish(&one());
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        world.script("DELETE FROM note WHERE about_2_kind = 'contact'").unwrap();
        world.publish(&one()).unwrap();
        assert_eq!(world.values("note", "about")[&id(3)], [Cell::Id(id(1))]);

        let links = note(link("about", &["account"]));
        world.publish(&links).unwrap();
        assert_eq!(world.links("note", "about")[&id(3)], [Cell::Id(id(1))]);
        settled(&world, &links);

        let wide = note(link("about", &["account", "contact"]));
        world.publish(&wide).unwrap();
        assert_eq!(world.links("note", "about")[&id(3)], [Cell::Id(id(1)), words("account")]);
        settled(&world, &wide);
    });
}

#[test]
fn a_purged_target_clears_what_referred_to_it() {
    let model =
        |note: &[Spec]| Builder::new().entity("note", note.iter().cloned()).entity("account", [text("name")]).build();
    let fields = [text("subject"), reference("about", &["account"]), link("others", &["account"])];
    on_each(|world| {
        world.publish(&model(&fields)).unwrap();
        world.add("account", id(1), &[]).unwrap();
        world.add("note", id(2), &[("about", Role::Value, Cell::Id(id(1)))]).unwrap();
        let links = world.schema().table_of("note").unwrap().field("others").unwrap().links.clone().unwrap();
        let sql = format!(
            "INSERT INTO {} (record, target, position) SELECT n.id, a.id, 0 FROM note n, account a",
            links.table
        );
        world.script(&sql).unwrap();
        // Also what is retired must not keep anything from going.
        world.publish(&model(&fields[..1])).unwrap();
        world.script("DELETE FROM account").unwrap();
        world.publish(&model(&fields)).unwrap();
        assert_eq!(world.values("note", "about")[&id(2)], [Cell::Null(ColumnType::Id)]);
        assert!(world.links("note", "others").is_empty());
    });
}

#[test]
fn values_that_do_not_fit_stop_the_deployment_and_stay() {
    let cases = [
        (text("x"), words("seven"), integer("x"), "text to integer"),
        (decimal("x", 2), Cell::Integer(i64::MAX / 50), decimal("x", 4), "too large"),
        (decimal("x", 2), Cell::Integer(-150), integer("x"), "lose digits"),
        (text("x"), words("c"), choice("x", &["a", "b"]), "none of the options"),
    ];
    for (before, value, after, why) in cases {
        on_each(|world| {
            world.publish(&deal(before.clone())).unwrap();
            world.add("deal", id(1), &[("x", Role::Value, value.clone())]).unwrap();
            match world.publish(&deal(after.clone())) {
                Err(Error::Refused(findings)) => {
                    assert!(findings[0].message.contains(why), "{}", findings[0].message);
                    assert_eq!(findings[0].code.name(), "F1003");
                }
                other => panic!("{why}: {other:?}"),
            }
            assert_eq!(world.values("deal", "x")[&id(1)][0], value);
            settled(&world, &deal(before.clone()));
        });
    }
}

#[test]
fn options_take_over_others() {
    let with = |names: &'static [&'static str]| {
        let stage = choice("stage", names);
        Builder::new().entity("deal", [stage, choice("tags", names).many()]).pipeline("sales", "deal", "stage").build()
    };
    let renamed = |names, option: usize, was: &str| {
        let mut model = with(names);
        model.options.iter_mut().for_each(|set| set.options[option].was.push(was.into()));
        model
    };
    on_each(|world| {
        world.publish(&with(&["new", "open", "won"])).unwrap();
        let tags = list(json!(["won", "new", "open"]));
        world.add("deal", id(1), &[("stage", Role::Value, words("new")), ("tags", Role::Value, tags)]).unwrap();
        world.add("deal", id(2), &[("stage", Role::Value, words("won"))]).unwrap();
        let step = crate::system::stage::Move {
            record: id(1),
            entity: "deal".into(),
            field: "stage".into(),
            from: None,
            to: Some("new".into()),
            at: super::world::at(0),
            actor: None,
            change: id(7),
        };
        world.write(move |tx| crate::system::stage::append(tx, std::slice::from_ref(&step))).unwrap();

        let fresh = renamed(&["fresh", "open", "won"], 0, "new");
        world.publish(&fresh).unwrap();
        assert_eq!(world.values("deal", "stage")[&id(1)], [words("fresh")]);
        assert_eq!(world.values("deal", "stage")[&id(2)], [words("won")]);
        assert_eq!(world.values("deal", "tags")[&id(1)], [list(json!(["won", "fresh", "open"]))]);
        let log = world.write(|tx| crate::system::stage::of(tx, id(1), "stage")).unwrap();
        assert_eq!(log[0].to.as_deref(), Some("fresh"), "the log speaks of stages by the names they have");
        settled(&world, &fresh);

        // `open` takes `fresh` over: the two cannot be told apart then, so it needs consent.
        let merged = renamed(&["open", "won"], 0, "fresh");
        let Err(Error::Consent(plan)) = world.publish(&merged) else { panic!("merging options needs consent") };
        world.publish_as(&merged, Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
        assert_eq!(world.values("deal", "stage")[&id(1)], [words("open")]);
        assert_eq!(world.values("deal", "tags")[&id(1)], [list(json!(["won", "open"]))]);
        settled(&world, &merged);
    });
}

#[test]
fn options_that_leave_are_told_and_need_consent_where_records_have_them() {
    let with = |names: &'static [&'static str]| {
        let stage = choice("stage", names);
        Builder::new().entity("deal", [stage, choice("tags", names).many()]).pipeline("sales", "deal", "stage").build()
    };
    let told = |world: &World, model: &Model| -> Vec<(String, Option<u64>, Hazard)> {
        let steps = world.plan(model).unwrap().steps.into_iter();
        steps.map(|step| (step.what, step.rows, step.hazard)).collect()
    };
    let tag = |name| format!("drop option `{name}` of `tags` in `deal`");
    let stage = |name| format!("drop stage `{name}` of `stage` in `deal`");
    on_each(|world| {
        world.publish(&with(&["new", "open", "won", "it's"])).unwrap();
        let tags = list(json!(["won", "it's"]));
        world
            .add("deal", id(1), &[("stage", Role::Value, words("open")), ("tags", Role::Value, tags.clone())])
            .unwrap();
        world.add("deal", id(2), &[("stage", Role::Value, words("open"))]).unwrap();

        // What no record has goes without asking.
        let without_new = with(&["open", "won", "it's"]);
        let safe = [(stage("new"), Some(0), Hazard::Safe), (tag("new"), Some(0), Hazard::Safe)];
        assert_eq!(told(&world, &without_new), safe);
        world.publish(&without_new).unwrap();
        settled(&world, &without_new);

        let few = with(&["won"]);
        let expected = [
            (stage("open"), Some(2), Hazard::Reinterprets),
            (stage("it's"), Some(0), Hazard::Safe),
            (tag("open"), Some(0), Hazard::Safe),
            (tag("it's"), Some(1), Hazard::Reinterprets),
        ];
        assert_eq!(told(&world, &few), expected);
        let Err(Error::Consent(plan)) = world.publish(&few) else { panic!("dropping options needs consent") };
        let note = plan.steps[0].note.as_deref().unwrap_or_default();
        assert!(note.contains("write `was: open` at the stage that takes it over"), "{note}");
        world.publish_as(&few, Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
        assert_eq!(world.values("deal", "stage")[&id(1)], [words("open")]);
        assert_eq!(world.values("deal", "tags")[&id(1)], [tags]);
        settled(&world, &few);

        // It comes back, and may leave again.
        world.publish(&with(&["won", "open"])).unwrap();
        assert!(matches!(world.publish(&few), Err(Error::Consent(_))));
    });
}

#[test]
fn options_that_leave_while_their_field_becomes_another() {
    on_each(|world| {
        world.publish(&deal(choice("x", &["a", "b"]))).unwrap();
        world.add("deal", id(1), &[("x", Role::Value, words("b"))]).unwrap();
        let needs_consent = |spec: Spec| {
            let Err(Error::Consent(plan)) = world.publish(&deal(spec.clone())) else { panic!("it needs consent") };
            assert!(plan.steps.iter().any(|step| step.what == "drop option `b` of `x` in `deal`"), "{:#?}", plan.steps);
            world.publish_as(&deal(spec.clone()), Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
            settled(&world, &deal(spec));
        };
        world.publish(&deal(text("x"))).unwrap();
        needs_consent(choice("x", &["a"]));
        world.publish(&deal(choice("x", &["a", "b"]))).unwrap();
        needs_consent(choice("x", &["a"]).many());
        assert_eq!(world.values("deal", "x")[&id(1)], [list(json!(["b"]))]);
    });
}
