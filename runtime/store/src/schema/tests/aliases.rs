//! Names of entities and fields that statements of a migration use themselves.

use fichero_model::fixture::{Builder, choice, longtext, reference, text};
use serde_json::json;

use super::world::{id, on_each};
use crate::Cell;
use crate::schema::Role;

#[test]
fn no_name_of_an_entity_or_field_is_one_that_statements_use_themselves() {
    let names = ["t", "e", "l", "own", "value", "key", "k", "v"];
    for name in names {
        let model = |several: bool, keys: bool, options: &'static [&'static str]| {
            let targets: &'static [&'static str] = match (several, name) {
                (false, "t") => &["t"],
                (true, "t") => &["t", "other"],
                (false, _) => &["dept"],
                (true, _) => &["dept", "other"],
            };
            let word = if keys { text("word") } else { longtext("word") };
            let fields = [reference("f", targets), word, choice(name, options).many()];
            let builder = Builder::new().entity("other", [text("name")]).entity("dept", [text("name")]);
            builder.entity(name, [text("name")]).entity(name, fields.clone()).entity("d", fields).build()
        };
        on_each(|world| {
            world.publish(&model(true, false, &["x", "z"])).unwrap();
            let target = if name == "t" { "t" } else { "dept" };
            world.add(target, id(9), &[]).unwrap();
            let tags = (name, Role::Value, Cell::from(json!(["x", "z"])));
            for (number, entity) in [(1, name), (2, "d")] {
                let values = [
                    ("f", Role::Value, Cell::Id(id(9))),
                    ("f", Role::Kind, Cell::text(target)),
                    ("word", Role::Value, Cell::text("Á")),
                    tags.clone(),
                ];
                world.add(entity, id(number), &values).unwrap();
            }
            let mut after = model(false, true, &["w", "z"]);
            after.options.iter_mut().for_each(|set| set.options[0].was.push("x".into()));
            world.publish(&after).unwrap();
            for (number, entity) in [(1, name), (2, "d")] {
                assert_eq!(world.values(entity, "f")[&id(number)], [Cell::Id(id(9))], "{name}");
                assert_eq!(world.values(entity, "word")[&id(number)][1], Cell::text("a"), "{name}");
                assert_eq!(world.values(entity, name)[&id(number)], [Cell::from(json!(["w", "z"]))], "{name}");
            }
        });
    }
}
