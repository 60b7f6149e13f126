//! Options that become one, and what that does to the records that have them.

use fichero_model::Model;
use fichero_model::fixture::{Builder, choice, integer, text};
use serde_json::json;

use super::world::{Wish, World, id, on_each};
use crate::Cell;
use crate::schema::{Error, Hazard, Role};

/// Records with a choice `o` and tags of the same options.
fn with(names: &'static [&'static str]) -> Builder {
    Builder::new().entity("d", [text("code"), integer("g"), choice("o", names), choice("tags", names).many()])
}

/// The first option of each set was others before.
fn merged(builder: Builder, was: &[&str]) -> Model {
    let mut model = builder.build();
    for set in &mut model.options {
        set.options[0].was.extend(was.iter().map(|was| (*was).into()));
    }
    model
}

fn add(world: &World, number: u8, option: &str) {
    let group = ("g", Role::Value, Cell::Integer(1));
    let tags = ("tags", Role::Value, Cell::from(json!(["z", option])));
    world.add("d", id(number), &[group, ("o", Role::Value, Cell::text(option)), tags]).unwrap();
}

#[test]
fn options_that_become_one_new_option_cannot_be_told_apart_and_need_consent() {
    on_each(|world| {
        world.publish(&with(&["x", "y", "z"]).build()).unwrap();
        add(&world, 1, "x");
        let one = merged(with(&["w", "z"]), &["x", "y"]);
        let hazards = |world: &World| -> Vec<Hazard> {
            world.plan(&one).unwrap().steps.into_iter().map(|step| step.hazard).collect()
        };
        assert_eq!(hazards(&world), [Hazard::Barrier; 4], "no record has the second: nothing is merged");

        add(&world, 2, "y");
        let Err(Error::Consent(plan)) = world.publish(&one) else { panic!("merging options needs consent") };
        let told: Vec<(&str, Hazard, Option<&str>)> =
            plan.steps.iter().map(|step| (&*step.what, step.hazard, step.note.as_deref())).collect();
        let note = "records that were `y` cannot be told from those that were `x` then";
        let expected = [
            ("turn `x` into `w` in `o` of `d`", Hazard::Barrier, None),
            ("turn `y` into `w` in `o` of `d`", Hazard::Reinterprets, Some(note)),
            ("turn `x` into `w` in `tags` of `d`", Hazard::Barrier, None),
            ("turn `y` into `w` in `tags` of `d`", Hazard::Reinterprets, Some(note)),
        ];
        assert_eq!(told, expected);
        world.publish_as(&one, Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
        assert_eq!(world.values("d", "o")[&id(1)], [Cell::text("w")]);
        assert_eq!(world.values("d", "o")[&id(2)], [Cell::text("w")]);
        assert_eq!(world.values("d", "tags")[&id(2)], [Cell::from(json!(["z", "w"]))]);
        assert!(world.plan(&one).unwrap().is_empty());
    });
}

#[test]
fn options_that_become_one_break_a_unique_rule_before_anything_is_changed() {
    let rules: [(&'static [&'static str], Option<&'static str>); 2] =
        [(&["g", "o"], None), (&["g"], Some(r#"o == "w""#))];
    for (fields, filter) in rules {
        let ruled = |builder: Builder| builder.unique("d", "u", fields, filter);
        on_each(|world| {
            world.publish(&ruled(with(&["x", "y", "z", "w"])).build()).unwrap();
            add(&world, 1, "x");
            add(&world, 2, "y");
            let one = merged(ruled(with(&["w", "z"])), &["x", "y"]);
            let refused = world.plan(&one);
            let Err(Error::Refused(findings)) = refused else { panic!("the records would be alike: {refused:?}") };
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].code.name(), "F0412");
            assert!(findings[0].place.is_some());
            let message = &findings[0].message;
            assert!(
                message.starts_with("records break unique rule `u` of `d` with the options they would have: 2 share")
            );
            assert!(message.contains(&id(1).to_string()) && message.contains(&id(2).to_string()), "{message}");

            world.script("UPDATE d SET g = 2 WHERE o = 'x'").unwrap();
            let plan = world.plan(&one).unwrap();
            world.publish_as(&one, Wish { consent: Some(plan.hash()), ..Wish::default() }).unwrap();
            assert_eq!(world.values("d", "o")[&id(1)], [Cell::text("w")]);
        });
    }
}
