//! The stock packs compile, alone and together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use fichero_definition::{Capabilities, File, Sources, compile};
use fichero_model::entity::Entity;
use fichero_model::label::{Locale, Text};
use fichero_model::page::MenuEntry;
use fichero_model::rule::Message;
use support::{Repository, printed};

/// A workspace with these packs of the repository.
fn workspace(packs: &[&str]) -> Sources {
    use fichero_definition::StockPacks as _;
    let listed = packs.iter().map(|pack| format!("{pack}: stock")).collect::<Vec<_>>().join(", ");
    let mut files = vec![File::own("workspace.yaml", &format!("workspace: acme\npacks: {{{listed}}}\n"))];
    for pack in packs {
        for (local, bytes) in Repository.files(pack).unwrap() {
            files.push(File::new(Some(pack), &local, &format!("{pack}/{local}"), &bytes));
        }
    }
    let (sources, found) = Sources::from_files(files);
    assert!(found.is_empty(), "{}", printed(&found, &sources));
    sources
}

#[test]
fn base_compiles_alone() {
    let sources = workspace(&["base"]);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    assert!(model.is_some(), "{}", printed(&found, &sources));
}

#[test]
fn all_packs_compile_together() {
    let sources = workspace(&["base", "sales"]);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    assert!(model.is_some(), "{}", printed(&found, &sources));
}

/// People see labels in three languages, and nothing is called by its name in the definitions.
#[test]
fn every_text_of_the_stock_packs_is_in_three_languages() {
    let sources = workspace(&["base", "sales"]);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    let model = model.unwrap_or_else(|| panic!("{}", printed(&found, &sources)));
    let mut missing = Vec::new();
    let mut check = |what: String, text: &Text| {
        let has = |wanted: &str| text.all().iter().any(|(locale, text)| locale.as_str() == wanted && !text.is_empty());
        let without: Vec<&str> = ["en", "es", "ru"].into_iter().filter(|locale| !has(locale)).collect();
        if !without.is_empty() {
            missing.push(format!("{what}: {without:?}"));
        }
    };
    for pack in &model.packs {
        check(format!("pack {}", pack.name), &pack.title);
    }
    for entity in &model.entities {
        check(format!("entity {}", entity.name), &entity.label);
        check(format!("plural of {}", entity.name), &entity.plural);
        // The interface itself translates what the runtime keeps in every record.
        for field in entity.fields.iter().filter(|field| !field.system) {
            check(format!("{}.{}", entity.name, field.name), &field.label);
            field.help.iter().for_each(|help| check(format!("help of {}.{}", entity.name, field.name), help));
        }
    }
    for options in &model.options {
        for option in &options.options {
            check(format!("option {} of {:?}", option.name, options.name), &option.label);
        }
    }
    for pipeline in &model.pipelines {
        check(format!("pipeline {}", pipeline.name), &pipeline.label);
    }
    for view in &model.views {
        check(format!("view {}", view.name), &view.label);
    }
    for form in &model.forms {
        for section in &form.sections {
            let title = section.title.clone().unwrap_or_else(|| Text::from_name(&section.name));
            check(format!("section {} of form {}", section.name, form.name), &title);
        }
    }
    check_menu(&model.menu, &mut check);
    for entity in &model.entities {
        for (name, message) in messages(entity) {
            let without =
                ["en", "es", "ru"].map(|locale| message.by_locale.iter().all(|(known, _)| known.as_str() != locale));
            if without.contains(&true) {
                missing.push(format!("message of {name} of {}", entity.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn check_menu(entries: &[MenuEntry], check: &mut impl FnMut(String, &Text)) {
    for entry in entries {
        check(format!("menu {}", entry.label.get(Locale::EN)), &entry.label);
        check_menu(&entry.children, check);
    }
}

fn messages(entity: &Entity) -> impl Iterator<Item = (String, &Message)> {
    let of_rules =
        entity.rules.iter().filter_map(|rule| Some((format!("rule {}", rule.name), &rule.reject.as_ref()?.message)));
    let of_checks = entity.fields.iter().flat_map(|field| {
        field.validate.iter().map(move |check| (format!("check {} of {}", check.name, field.name), &check.message))
    });
    of_rules.chain(of_checks)
}
