//! How long it takes to compile a workspace of 500 entities with 15 fields each: `cargo bench -p fichero-definition`.
//!
//! The bar is half a second for the whole of it, from the texts of the files to the model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use divan::Bencher;
use fichero_definition::{Capabilities, File, Sources, compile};

fn main() {
    divan::main();
}

/// A workspace of so many entities, each with fields of most kinds, rules, a pipeline, a view and a form; one file each.
fn workspace(entities: usize) -> Sources {
    let mut files = vec![File::own("workspace.yaml", "workspace: big\n"), File::own("shared.yaml", SHARED)];
    for number in 0..entities {
        files.push(File::own(&format!("entities/e{number}.yaml"), &entity(number, entities)));
    }
    let (sources, found) = Sources::from_files(files);
    assert!(found.is_empty(), "{found:#?}");
    sources
}

const SHARED: &str = "\
type: email
of: text
clean: [trim, lower]
validate: {shape: {if: not is_email(value), message: {en: Not an e-mail address, es: No es un correo}}}
---
type: percent
of: decimal
scale: 2
min: 0
max: 100
---
mixin: owned
fields:
  owner: {type: ref, to: user, default: =me}
  team: {type: ref, to: team, copy: owner.team}
---
options: sizes
values: {small: {label: Small, rank: 1}, large: {label: Large, rank: 2}}
";

fn entity(number: usize, entities: usize) -> String {
    let next = (number + 1) % entities;
    let mut text = String::new();
    let _ = write!(
        text,
        "\
entity: thing_{number}
label: {{en: Thing {number}, es: Cosa {number}, ru: Вещь {number}}}
like: owned
title: name
fields:
  name: {{type: text, required: true, max: 200, search: true, label: {{en: Name, es: Nombre, ru: Имя}}}}
  code: {{type: text, external: true, pattern: \"[A-Z]{{2}}[0-9]+\"}}
  email: {{type: email}}
  size: {{type: choice, options: sizes, default: small}}
  kind: {{type: choice, options: {{one: {{label: One}}, two: {{label: Two}}, three: {{label: Three}}}}}}
  next: {{type: ref, to: thing_{next}, inverse: previous}}
  amount: {{type: money, min: 0}}
  discount: {{type: percent, default: 0}}
  net: {{type: money, formula: \"round(amount * (100 - discount) / 100, 2)\"}}
  chance: {{type: percent, compute: stage.probability}}
  close_date: {{type: date, default: =today() + days(30)}}
  next_name: {{lookup: next.name}}
  before: {{type: money, rollup: sum(previous.amount), where: not stage.closed}}
index: {{by_stage: [stage, close_date]}}
unique:
  once: {{fields: [name, close_date], where: kind != \"two\"}}
rules:
  limit:
    on: save
    if: changed(discount) and discount > 20 and not me.has_role(\"manager\")
    reject: {{field: discount, message: {{en: \"At most {{{{ 20 }}}}%\", es: Como mucho}}}}
  same:
    on: save
    find: {{other: {{from: thing_{next}, where: name == record.name and amount > record.amount, sort: [-amount], first: true}}}}
    set: {{kind: =other.kind ?? kind}}
---
pipeline: process_{number}
entity: thing_{number}
stages:
  open: {{probability: 10}}
  offered: {{probability: 50, require: [amount, close_date]}}
  won: {{outcome: won, closed: true, probability: 100}}
  lost: {{outcome: lost, closed: true, probability: 0}}
transitions: {{open: [offered, lost], offered: [won, lost]}}
---
view: open_{number}
entity: thing_{number}
where: owner == me and not stage.closed
columns: [name, next, next.name, amount, stage]
sort: [close_date, -amount]
totals: {{value: sum(amount)}}
---
form: thing_{number}
layout:
  main: {{columns: 2, fields: [name, code, email, size, kind, stage]}}
  money: {{visible_if: stage != \"open\", fields: [amount, discount, net]}}
"
    );
    text
}

#[divan::bench(args = [100, 500], sample_count = 10, sample_size = 1)]
fn check(bencher: Bencher<'_, '_>, entities: usize) {
    let sources = workspace(entities);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    assert!(model.is_some(), "{found:#?}");
    bencher.bench(|| compile(&sources, &Capabilities::of_this_release()));
}

/// The part before names are resolved: reading files into merged documents.
#[divan::bench(args = [500], sample_count = 10, sample_size = 1)]
fn catalog(bencher: Bencher<'_, '_>, entities: usize) {
    let sources = workspace(entities);
    bencher.bench(|| fichero_definition::catalog(&sources));
}
