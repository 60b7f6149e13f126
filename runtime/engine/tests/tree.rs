//! Hierarchies: no record lies below itself, and what lies below another is found in memory and by both databases alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::{Command, Mode};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use world::bring::{bring, counts};
use world::{World, codes, id, on_each};

const CATEGORIES: &str = r#"
entity: category
tree: parent
title: name
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  parent: {type: ref, to: category, inverse: children, on_delete: clear}
---
entity: product
title: name
fields:
  name: {type: text, required: true}
  category: {type: ref, to: category}
  root: {type: ref, to: category}
  fits: {type: boolean, formula: category.under(root)}
  fits_not: {type: boolean, formula: not root.under(category)}
rules:
  misplaced:
    on: save
    if: root != () and not category.under(root)
    reject: {field: category, message: Not below its root}
"#;

/// A chain of categories, each below the one before.
async fn chain(world: &World, names: &[&str]) -> Vec<Json> {
    let mut all: Vec<Json> = Vec::new();
    for name in names {
        let parent = all.last().map(|above| above["id"].clone());
        all.push(world.create("category", json!({"name": name, "code": name, "parent": parent})).await);
    }
    all
}

async fn parent(world: &World, record: &Json) -> Json {
    let parent = world.get("category", id(record)).await["parent"].clone();
    match parent.as_str() {
        Some(parent) => world.get("category", parent).await["name"].clone(),
        None => Json::Null,
    }
}

#[test]
fn no_record_lies_below_itself() {
    on_each(CATEGORIES, async |world| {
        let [a, b, c] = &chain(world, &["a", "b", "c"]).await[..] else { panic!() };
        for (record, above, code) in [(a, a, "tree_own"), (a, b, "tree_circle"), (a, c, "tree_circle")] {
            let refused = world.try_update("category", id(record), json!({"parent": id(above)})).await;
            assert_eq!(codes(refused), [format!("parent: {code}")]);
        }
        // Moved up and down as long as it stays a tree.
        world.update("category", id(c), json!({"parent": id(a)})).await;
        world.update("category", id(b), json!({"parent": id(c)})).await;
        assert_eq!(parent(world, b).await, "c");
    });
}

#[test]
fn rules_and_conditions_ask_what_lies_below() {
    on_each(CATEGORIES, async |world| {
        let [a, b, c] = &chain(world, &["a", "b", "c"]).await[..] else { panic!() };
        let other = &chain(world, &["other"]).await[0];
        let refused = world.try_create("product", json!({"name": "x", "category": id(other), "root": id(a)})).await;
        assert_eq!(codes(refused), ["category: rule"]);
        world.create("product", json!({"name": "deep", "category": id(c), "root": id(a)})).await;
        world.create("product", json!({"name": "same", "category": id(b), "root": id(b)})).await;
        world.create("product", json!({"name": "none"})).await;
        assert_eq!(world.filtered("product", "category.under(root)").await, ["deep", "same"]);
        assert_eq!(world.filtered("product", "not category.under(root)").await, ["none"]);
        assert_eq!(world.filtered("product", "fits and not fits_not").await, ["same"]);
        assert_eq!(world.filtered("category", "parent.under(id)").await, [""; 0]);
        world.update("category", id(b), json!({"parent": id(other)})).await;
        // What lies above has changed, and nothing of the product with it.
        assert_eq!(world.filtered("product", "category.under(root)").await, ["same"]);
    });
}

#[test]
fn an_import_rejects_rows_that_would_lie_below_themselves() {
    on_each(CATEGORIES, async |world| {
        let brought = bring(world, "category", None, "name,code,parent\nOne,1,2\nTwo,2,3\nThree,3,1\nFour,4,1\n").await;
        // With the circle goes what lies below it.
        assert_eq!(counts(&brought), [0, 0, 0, 4], "{}", brought.rejects);
        assert!(brought.rejects.contains("lies below this record itself"), "{}", brought.rejects);
    });
}

#[test]
fn what_stays_takes_the_place_of_what_goes() {
    on_each(CATEGORIES, async |world| {
        let [a, b, c, d] = &chain(world, &["a", "b", "c", "d"]).await[..] else { panic!() };
        let merge = async |gone: &Json, into: &Json| {
            let (gone, into) = (world.reference("category", id(gone)), world.reference("category", id(into)));
            world
                .run(Command::Merge {
                    entity: gone.entity,
                    id: gone.id,
                    into: into.id,
                    take: None,
                    versions: [None, None],
                })
                .await
        };
        // Down: what was between them is below it.
        merge(b, d).await.unwrap();
        assert_eq!((parent(world, d).await, parent(world, c).await), (json!("a"), json!("d")));
        world.restore("category", id(b)).await.unwrap();
        let all = [parent(world, b).await, parent(world, c).await, parent(world, d).await];
        assert_eq!(all, [json!("a"), json!("b"), json!("c")]);
        // Up: what was below what goes is below what stays, and that stays where it is.
        merge(c, a).await.unwrap();
        assert_eq!((parent(world, a).await, parent(world, d).await), (Json::Null, json!("a")));
        world.restore("category", id(c)).await.unwrap();
        assert_eq!((parent(world, c).await, parent(world, d).await), (json!("b"), json!("c")));
    });
}

#[test]
fn what_comes_back_from_the_trash_closes_no_circle() {
    on_each(CATEGORIES, async |world| {
        let [a, b, c] = &chain(world, &["a", "b", "c"]).await[..] else { panic!() };
        world.delete("category", id(b)).await.unwrap();
        assert_eq!(parent(world, c).await, Json::Null);
        world.update("category", id(a), json!({"parent": id(c)})).await;
        world.restore("category", id(b)).await.unwrap();
        assert_eq!(
            [parent(world, a).await, parent(world, b).await, parent(world, c).await],
            [json!("c"), json!("a"), Json::Null]
        );
    });
}

/// For each of some records the one above it, if any; and moves that are tried.
type Moves = (Vec<Option<prop::sample::Index>>, Vec<(prop::sample::Index, Option<prop::sample::Index>)>);

fn moves() -> impl Strategy<Value = Moves> {
    let index = any::<prop::sample::Index>;
    let above = prop::collection::vec(prop::option::of(index()), 2..9);
    (above, prop::collection::vec((index(), prop::option::of(index())), 0..8))
}

#[test]
fn random_hierarchies_are_asked_alike() {
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let cases: Vec<Moves> = (0..12).map(|_| moves().new_tree(&mut runner).unwrap().current()).collect();
    on_each(CATEGORIES, async |world| {
        for (above, moves) in &cases {
            tried(world, above, moves).await;
        }
    });
}

async fn tried(
    world: &World,
    above: &[Option<prop::sample::Index>],
    moves: &[(prop::sample::Index, Option<prop::sample::Index>)],
) {
    let mut parents: Vec<Option<usize>> = Vec::new();
    let mut all: Vec<Json> = Vec::new();
    for (at, above) in above.iter().enumerate() {
        let parent = above.filter(|_| at > 0).map(|above| above.index(at));
        let body = json!({"name": format!("n{at}"), "parent": parent.map(|parent| all[parent]["id"].clone())});
        all.push(world.create("category", body).await);
        parents.push(parent);
    }
    let is_under = |parents: &[Option<usize>], record: usize, top: usize| {
        std::iter::successors(Some(record), |at| parents[*at]).any(|at| at == top)
    };
    for (record, to) in moves {
        let (record, to) = (record.index(all.len()), to.map(|to| to.index(all.len())));
        let moved = json!({"parent": to.map(|to| all[to]["id"].clone())});
        let done = world.try_update("category", id(&all[record]), moved).await;
        let closes = to.is_some_and(|to| is_under(&parents, to, record));
        assert_eq!(done.is_err(), closes, "{parents:?}: {record} below {to:?}");
        if !closes {
            parents[record] = to;
        }
    }
    for (at, top) in all.iter().enumerate() {
        let mut expected: Vec<String> = (0..all.len())
            .filter(|record| is_under(&parents, *record, at))
            .map(|record| format!("n{record}"))
            .collect();
        expected.sort();
        let of_these =
            format!("name in [{}]", (0..all.len()).map(|at| format!("\"n{at}\"")).collect::<Vec<_>>().join(", "));
        let products =
            |record: usize| json!({"name": format!("n{record}"), "category": id(&all[record]), "root": id(top)});
        // Downwards, from a record that is known, and upwards, of each product.
        let mut made = Vec::new();
        for record in 0..all.len() {
            match world.try_create("product", products(record)).await {
                Ok(product) => made.push(product),
                Err(refusal) => {
                    assert!(!is_under(&parents, record, at), "{}", refusal.to_text(fichero_model::label::Locale::EN))
                }
            }
        }
        let mut names: Vec<String> = made.iter().map(|product| product["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, expected, "in memory: {parents:?} below {at}");
        assert_eq!(world.filtered("product", &format!("{of_these} and category.under(root)")).await, expected);
        assert_eq!(world.filtered("product", &format!("{of_these} and not category.under(root)")).await, [""; 0]);
        for product in made {
            let product = world.reference("product", id(&product));
            let purge = Command::Delete { entity: product.entity, id: product.id, version: None };
            world.engine.command(&world.actor, purge, Mode::Live, None).await.unwrap();
        }
    }
    for record in all.iter().rev() {
        world.delete("category", id(record)).await.unwrap();
    }
}
