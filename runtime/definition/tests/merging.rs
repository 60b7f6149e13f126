//! Properties of merging: the empty overlay changes nothing, two overlays one after the other are the same as both in
//! one, and every value has the place of whoever wrote it last.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fichero_definition::node::{Node, NodeValue};
use fichero_definition::{File, Sources, catalog};
use proptest::prelude::*;

/// What an overlay says of the fields: by field, by key, a number.
type Changes = BTreeMap<usize, BTreeMap<&'static str, u32>>;

const FIELDS: usize = 5;
const KEYS: [&str; 4] = ["min", "max", "fill", "default"];

fn changes() -> impl Strategy<Value = Changes> {
    let keys = prop::collection::btree_map(prop::sample::select(&KEYS[..]), 0..9_u32, 0..4);
    prop::collection::btree_map(0..FIELDS, keys, 0..4)
}

fn yaml(head: &str, changes: &Changes, each: &str) -> String {
    let mut out = format!("{head}\n");
    if changes.is_empty() {
        return out;
    }
    out.push_str("fields:\n");
    for (field, keys) in changes {
        let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let _ = writeln!(out, "  field{field}x: {{{each}{}}}", keys.join(", "));
    }
    out
}

fn base(changes: &Changes) -> String {
    let mut all = changes.clone();
    for field in 0..FIELDS {
        all.entry(field).or_default();
    }
    yaml("entity: deal", &all, "type: integer, ")
}

/// A workspace with the base in its first pack and an overlay in each that follows.
fn merged(first: &Changes, overlays: &[&Changes]) -> Node {
    let names = ["a", "b", "c", "d"];
    let mut files = vec![File::own(
        "workspace.yaml",
        "workspace: test\npacks: {a: installed, b: installed, c: installed, d: installed}\n",
    )];
    for (index, name) in names.iter().enumerate() {
        let before =
            index.checked_sub(1).map_or_else(String::new, |before| format!("requires: {{{}: ^1}}\n", names[before]));
        files.push(File::new(
            Some(name),
            "pack.yaml",
            &format!("packs/{name}/pack.yaml"),
            format!("pack: {name}\nversion: 1.0.0\n{before}").as_bytes(),
        ));
        let text = if index == 0 {
            Some(base(first))
        } else {
            overlays.get(index - 1).map(|changes| yaml("extend: entity deal", changes, ""))
        };
        if let Some(text) = text {
            files.push(File::new(Some(name), "x.yaml", &format!("packs/{name}/x.yaml"), text.as_bytes()));
        }
    }
    let (sources, found) = Sources::from_files(files);
    assert!(found.is_empty(), "{found:?}");
    let (catalog, found) = catalog(&sources);
    assert!(found.is_empty(), "{found:?}");
    catalog.find("entity", "deal").unwrap().node.clone()
}

fn both(one: &Changes, other: &Changes) -> Changes {
    let mut all = one.clone();
    for (field, keys) in other {
        all.entry(*field).or_default().extend(keys.iter().map(|(key, value)| (*key, *value)));
    }
    all
}

/// The values by path, whatever their order.
fn values(node: &Node, path: &str, out: &mut BTreeMap<String, (String, String)>) {
    match &node.value {
        NodeValue::Scalar(scalar) => {
            out.insert(path.to_owned(), (scalar.text.to_string(), node.place.file.to_string()));
        }
        NodeValue::List(items) => {
            for (index, item) in items.iter().enumerate() {
                values(item, &format!("{path}/{index}"), out);
            }
        }
        NodeValue::Map(entries) => {
            for entry in entries {
                values(&entry.value, &format!("{path}/{}", entry.key.text), out);
            }
        }
    }
}

fn texts(node: &Node) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    values(node, "", &mut out);
    out.into_iter().map(|(path, (text, _))| (path, text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_empty_overlay_changes_nothing(first in changes()) {
        let empty = Changes::new();
        prop_assert_eq!(merged(&first, &[]), merged(&first, &[&empty, &empty]));
    }

    #[test]
    fn two_overlays_are_the_same_as_both_in_one(first in changes(), second in changes(), third in changes(), fourth in changes()) {
        let one_by_one = merged(&first, &[&second, &third, &fourth]);
        let left = merged(&first, &[&both(&second, &third), &fourth]);
        let right = merged(&first, &[&second, &both(&third, &fourth)]);
        prop_assert_eq!(texts(&one_by_one), texts(&left));
        prop_assert_eq!(texts(&one_by_one), texts(&right));
    }

    #[test]
    fn every_value_has_the_place_of_its_winner(first in changes(), second in changes(), third in changes()) {
        let mut found = BTreeMap::new();
        values(&merged(&first, &[&second, &third]), "", &mut found);
        for (layer, changes) in [("a", &first), ("b", &second), ("c", &third)] {
            for (field, keys) in changes {
                for (key, value) in keys {
                    let later = if layer == "c" { None } else { Some([("b", &second), ("c", &third)]) };
                    let overridden = later.into_iter().flatten().any(|(other, changes)| other > layer && changes.get(field).is_some_and(|keys| keys.contains_key(key)));
                    if !overridden {
                        let expected = (value.to_string(), format!("packs/{layer}/x.yaml"));
                        prop_assert_eq!(&found[&format!("/fields/field{field}x/{key}")], &expected);
                    }
                }
            }
        }
    }
}
