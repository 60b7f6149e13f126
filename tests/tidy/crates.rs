//! The floors of the house: a crate depends only on those beneath it, and only one crate speaks to each outside world.
//!
//! ```text
//! 4  fichero            the command line and what ties all together
//! 3  web   plugins/*    HTTP and pages   ·   connectors
//! 2  engine             commands, rules, jobs
//! 1  definition  store  YAML → Model     ·   Model → tables (neither knows the other)
//! 0  model              the vocabulary
//! ```

use std::process::Command;

use serde_json::Value;

use crate::tree::{self, Finding};

/// Each crate, its floor, and exactly the crates of ours it is built on.
const FLOORS: [(&str, u8, &[&str]); 6] = [
    ("fichero-model", 0, &[]),
    ("fichero-definition", 1, &["fichero-model"]),
    ("fichero-store", 1, &["fichero-model"]),
    ("fichero-engine", 2, &["fichero-model", "fichero-store"]),
    ("fichero-web", 3, &["fichero-engine", "fichero-model"]),
    (ROOT, 4, &["fichero-definition", "fichero-engine", "fichero-model", "fichero-store", "fichero-web"]),
];
const PLUGIN: (u8, &[&str]) = (3, &["fichero-engine", "fichero-model"]);
const ROOT: &str = "fichero";
const SUPPORT: &str = "fichero-test-support";
/// What only serves tests stands beside the house and is built on nothing in it.
const BESIDE: [&str; 2] = [SUPPORT, "fichero-tidy"];

/// Doors to the world outside, each with the crates that may open it (a test may open any).
const DOORS: [(&str, &[&str]); 3] = [
    ("granit-parser", &["fichero-definition"]),
    ("rusqlite", &["fichero-store"]),
    ("sqlx", &["fichero-store", SUPPORT]),
];

/// A crate of the workspace, as `cargo metadata` tells of it.
#[derive(Clone, Debug, Default)]
struct Package {
    name: String,
    manifest: String,
    /// What it is built on, sorted.
    normal: Vec<String>,
    /// What its tests and build script need besides.
    other: Vec<String>,
}

impl Package {
    fn ours(&self) -> Vec<&str> {
        self.normal.iter().map(String::as_str).filter(|name| is_ours(name)).collect()
    }

    fn finding(&self, what: String) -> Finding {
        Finding { path: self.manifest.clone(), line: 1, what }
    }
}

fn is_ours(name: &str) -> bool {
    name == ROOT || name.starts_with("fichero-")
}

fn is_plugin(package: &Package) -> bool {
    package.manifest.starts_with("plugins/")
}

fn wrong_edges(packages: &[Package]) -> Vec<Finding> {
    let plugins: Vec<&Package> = packages.iter().filter(|package| is_plugin(package)).collect();
    let floor_of = |name: &str| {
        let plugin = plugins.iter().any(|plugin| plugin.name == name).then_some(PLUGIN.0);
        plugin.or_else(|| FLOORS.iter().find(|(own, ..)| *own == name).map(|(_, floor, _)| *floor))
    };
    let mut findings = Vec::new();
    for package in packages {
        let listed = FLOORS.iter().find(|(name, ..)| *name == package.name).map(|(_, floor, edges)| (*floor, *edges));
        let (floor, edges) = match listed.or(is_plugin(package).then_some(PLUGIN)) {
            Some(place) => place,
            None if BESIDE.contains(&package.name.as_str()) => (0, [].as_slice()),
            None => {
                findings.push(package.finding(format!("`{}` has no floor", package.name)));
                continue;
            }
        };
        let mut expected = edges.to_vec();
        if package.name == ROOT {
            expected.extend(plugins.iter().map(|plugin| plugin.name.as_str()));
            expected.sort_unstable();
        }
        if package.ours() != expected {
            let message = format!("`{}` depends on {:?}, its floor says {expected:?}", package.name, package.ours());
            findings.push(package.finding(message));
        }
        for name in package.other.iter().filter(|name| is_ours(name) && *name != SUPPORT && **name != package.name) {
            if floor_of(name).is_none_or(|other| other >= floor) {
                findings
                    .push(package.finding(format!("the tests of `{}` reach up or sideways to `{name}`", package.name)));
            }
        }
    }
    findings
}

fn wrong_doors(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        for (door, keepers) in DOORS {
            if package.normal.iter().any(|name| name == door) && !keepers.contains(&package.name.as_str()) {
                findings.push(package.finding(format!("`{}` uses `{door}`, which is for {keepers:?}", package.name)));
            }
        }
    }
    findings
}

fn packages() -> Vec<Package> {
    let root = tree::root();
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let packages = told["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| {
            let mut read = Package {
                name: text(&package["name"]),
                manifest: text(&package["manifest_path"])
                    .replace('\\', "/")
                    .replace(&format!("{}/", root.display()), ""),
                ..Package::default()
            };
            for dependency in package["dependencies"].as_array().expect("a list of dependencies") {
                let list = if dependency["kind"].is_null() { &mut read.normal } else { &mut read.other };
                list.push(text(&dependency["name"]));
            }
            read.normal.sort_unstable();
            read
        })
        .collect()
}

#[test]
fn crates_depend_only_on_the_floors_beneath_them() {
    tree::assert_none(
        &wrong_edges(&packages()),
        "Move the code to the floor where what it needs is at hand, or hand it in from above through a trait \
         (ARCHITECTURE.md, Floors). A new crate is given its floor in tests/tidy/crates.rs and ARCHITECTURE.md.",
    );
}

#[test]
fn one_crate_speaks_to_each_outside_world() {
    tree::assert_none(
        &wrong_doors(&packages()),
        "Ask the crate that keeps the door (definition for YAML, store for databases) for what is needed.",
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = tree::files().iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let without = manifests.filter(|file| !file.text.contains("[lints]\nworkspace = true"));
    let findings: Vec<_> = without.map(|file| file.finding(1, "the workspace's lints are not taken over")).collect();
    tree::assert_none(&findings, "Add these two lines to the manifest: `[lints]` and `workspace = true`.");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, normal: &[&str], other: &[&str]) -> Package {
        let manifest = name.strip_prefix("fichero-plugin-").map_or("runtime", |_| "plugins").to_owned();
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Package {
            name: name.to_owned(),
            manifest: format!("{manifest}/Cargo.toml"),
            normal: own(normal),
            other: own(other),
        }
    }

    fn told(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.what.as_str()).collect()
    }

    #[test]
    fn the_floors_as_drawn_are_fine() {
        let mut all: Vec<_> = FLOORS.iter().map(|(name, _, edges)| package(name, edges, &[SUPPORT])).collect();
        all.push(package("fichero-plugin-mail", PLUGIN.1, &["fichero-store"]));
        all[5].normal.extend(["fichero-plugin-mail".to_owned(), "fichero-web".to_owned()]);
        all[5].normal.sort_unstable();
        all[5].normal.dedup();
        all.push(package(SUPPORT, &["sqlx"], &[]));
        assert_eq!(told(&wrong_edges(&all)), Vec::<&str>::new());
    }

    #[test]
    fn edges_upward_sideways_or_missing_are_found() {
        let up = package("fichero-model", &["fichero-store"], &[]);
        let down_too_far = package("fichero-web", &["fichero-engine", "fichero-model", "fichero-store"], &[]);
        let missing = package("fichero-engine", &["fichero-model"], &[]);
        let sideways = package("fichero-definition", &["fichero-model"], &["fichero-store"]);
        let strange = package("fichero-extra", &[], &[]);
        let findings = wrong_edges(&[up, down_too_far, missing, sideways, strange]);
        assert_eq!(
            told(&findings),
            [
                r#"`fichero-model` depends on ["fichero-store"], its floor says []"#,
                r#"`fichero-web` depends on ["fichero-engine", "fichero-model", "fichero-store"], its floor says ["fichero-engine", "fichero-model"]"#,
                r#"`fichero-engine` depends on ["fichero-model"], its floor says ["fichero-model", "fichero-store"]"#,
                "the tests of `fichero-definition` reach up or sideways to `fichero-store`",
                "`fichero-extra` has no floor",
            ]
        );
    }

    #[test]
    fn a_second_keeper_of_a_door_is_found() {
        let findings = wrong_doors(&[package("fichero-web", &["sqlx"], &[]), package("fichero-store", &["sqlx"], &[])]);
        assert_eq!(
            told(&findings),
            [r#"`fichero-web` uses `sqlx`, which is for ["fichero-store", "fichero-test-support"]"#]
        );
    }
}
