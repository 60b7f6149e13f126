//! Two records that are one: compared, merged, and apart again.

use serde_json::json;

use crate::browser::{Browser, Page};
use crate::world::{World, on_each_with, on_one_with};

const FIRMS: &str = r#"
entity: firm
title: name
fields:
  name: {type: text, required: true}
  town: text
  phone: text
  notes: longtext
  owner: {type: ref, to: user}
  tags: {type: ref, to: tag, many: true}
  parent: {type: ref, to: firm}
duplicates:
  like_name: {match: {name: similar}}
rules:
  calm:
    on: update
    if: phone == "0"
    reject: {field: phone, message: "No such phone"}
---
entity: tag
title: name
fields: {name: text}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  firm: {type: ref, to: firm, required: true}
  partner: {type: ref, to: firm}
---
entity: note
title: name
fields:
  name: text
  about: {type: ref, to: [firm, deal]}
"#;

struct Two {
    stays: String,
    gone: String,
    deal: String,
}

async fn two(world: &World, phone: &str) -> Two {
    let tag = world.create("tag", json!({"name": "red"})).await;
    let stays = world.create("firm", json!({"name": "Ebro Bolts", "town": "Vigo", "notes": "same"})).await;
    let gone = json!({"name": "Ebro Bolt <b>", "town": "Lugo", "phone": phone, "notes": "same", "tags": [tag]});
    let gone = world.create("firm", gone).await;
    let deal = world.create("deal", json!({"name": "d", "firm": gone})).await;
    world.create("deal", json!({"name": "e", "firm": gone, "partner": gone})).await;
    world.create("note", json!({"name": "n", "about": format!("firm:{gone}")})).await;
    Two { stays, gone, deal }
}

async fn compare(browser: &mut Browser, two: &Two) -> Page {
    browser.open(&format!("/firm/{}/merge?into={}", two.gone, two.stays)).await
}

fn action(gone: &str) -> String {
    format!("/firm/{gone}/merge")
}

#[test]
fn two_records_are_compared_merged_and_apart_again() {
    on_each_with(FIRMS, async |world| {
        let two = two(world, "123").await;
        let mut ana = world.browser("ana").await;
        let asked = ana.open(&format!("/firm/{}/merge", two.gone)).await;
        assert!(asked.body.contains(&format!("merge?into={}", two.stays)), "the likely one is offered: {}", asked.body);
        let page = compare(&mut ana, &two).await;
        let text = page.text();
        for seen in ["1 field is the same", "both are kept", "Deals 3 records", "Notes 1 record", "Ebro Bolt <b>"] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        let mut form = page.form(&action(&two.gone));
        assert_eq!((form.value("_keep.name"), form.value("_keep.phone")), (&*two.stays, &*two.gone), "{form:?}");
        assert!(!form.pairs.iter().any(|(name, _)| name == "_keep.notes" || name == "_keep.tags"), "{form:?}");
        form.set("_keep.town", &two.gone);
        form.add("_do", "merge");
        let merged = ana.save(&form).await;
        assert!(merged.text().contains("Merged."), "{}", merged.text());
        assert!(merged.body.contains(&format!("href=\"/firm/{}\"", two.gone)), "the history names the other one");
        let firm = world.get("firm", &two.stays).await;
        assert_eq!(
            [&firm["name"], &firm["town"], &firm["phone"]],
            [&json!("Ebro Bolts"), &json!("Lugo"), &json!("123")]
        );
        assert_eq!(world.get("deal", &two.deal).await["firm"], two.stays);
        let trashed = ana.open(&format!("/firm/{}", two.gone)).await;
        assert!(trashed.text().contains("In the trash: merged by Ana Ruiz"), "{}", trashed.text());
        assert!(trashed.body.contains(&format!("href=\"/firm/{}\">Ebro Bolts</a>", two.stays)), "{}", trashed.body);

        let back = ana.save(&merged.form(&format!("/firm/{}/restore", two.gone))).await;
        assert!(back.text().contains("Ebro Bolt <b>") && back.text().contains("Restored"), "{}", back.text());
        assert_eq!(world.get("firm", &two.stays).await["town"], "Vigo");
        assert_eq!(world.get("deal", &two.deal).await["firm"], two.gone);
    });
}

#[test]
fn the_two_change_places_and_choices_stay_what_they_were() {
    on_one_with(FIRMS, async |world| {
        let two = two(world, "123").await;
        let mut ana = world.browser("ana").await;
        let mut form = compare(&mut ana, &two).await.form(&action(&two.gone));
        form.set("_keep.town", &two.gone);
        form.add("_do", "swap");
        let page = ana.submit(&form).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let swapped = page.form(&action(&two.stays));
        assert_eq!(swapped.value("into"), two.gone);
        // The town was chosen; the name was proposed, and is that of the one that stays now.
        assert_eq!((swapped.value("_keep.town"), swapped.value("_keep.name")), (&*two.gone, &*two.gone));
        let mut merge = swapped.clone();
        merge.add("_do", "merge");
        ana.save(&merge).await;
        let firm = world.get("firm", &two.gone).await;
        assert_eq!([&firm["name"], &firm["town"], &firm["phone"]], ["Ebro Bolt <b>", "Lugo", "123"]);
    });
}

#[test]
fn what_was_chosen_survives_a_refusal() {
    on_each_with(FIRMS, async |world| {
        let two = two(world, "0").await;
        let mut ana = world.browser("ana").await;
        let mut form = compare(&mut ana, &two).await.form(&action(&two.gone));
        form.set("_keep.town", &two.gone);
        let mut merge = form.clone();
        merge.add("_do", "merge");
        // Somebody else changes one of the two.
        world.update("firm", &two.stays, json!({"notes": "theirs"})).await;
        let told = ana.submit(&merge).await;
        assert!(told.status == 412 || told.status == 409, "{}", told.status);
        assert!(told.text().contains("Someone else changed one of the two"), "{}", told.text());
        let again = told.form(&action(&two.gone));
        assert_eq!(again.value("_keep.town"), two.gone);
        // A rule refuses what would come of it.
        let mut merge = again.clone();
        merge.add("_do", "merge");
        let told = ana.submit(&merge).await;
        assert_eq!(told.status, 422, "{}", told.text());
        assert!(told.text().contains("No such phone"), "{}", told.text());
        let mut again = told.form(&action(&two.gone));
        assert_eq!(again.value("_keep.town"), two.gone);
        assert_eq!(world.get("firm", &two.gone).await["name"], "Ebro Bolt <b>", "it is not in the trash");
        again.set("_keep.phone", &two.stays);
        again.add("_do", "merge");
        ana.save(&again).await;
    });
}

#[test]
fn the_other_record_is_found_by_its_name() {
    on_one_with(FIRMS, async |world| {
        let two = two(world, "123").await;
        let mut ana = world.browser("ana").await;
        let ask = |text: &str| format!("/firm/{}/merge?into=&into.text={text}", two.gone);
        let found = ana.get(&ask("ebro+bolts")).await;
        assert_eq!((found.status, found.location()), (303, &*format!("/firm/{}/merge?into={}", two.gone, two.stays)));
        let unknown = ana.get(&ask("Zenith")).await;
        assert_eq!(unknown.status, 422);
        assert!(unknown.text().contains("No other record is called that"), "{}", unknown.text());
        let itself = ana.get(&ask("Ebro+Bolt+%3Cb%3E")).await;
        assert!(itself.text().contains("cannot be merged into itself"), "{}", itself.text());
        assert_eq!(ana.get(&format!("/firm/{0}/merge?into={0}", two.gone)).await.status, 409);
        let record = ana.open(&format!("/firm/{}", two.gone)).await;
        assert!(record.text().contains("Merge with another"), "{}", record.text());
    });
}

#[test]
fn a_likely_duplicate_is_saved_to_be_merged() {
    on_each_with(FIRMS, async |world| {
        let ebro = world.create("firm", json!({"name": "Ebro Bolts", "town": "Vigo"})).await;
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/firm/new").await.form("/firm");
        form.set("name", "Ebro Bolt").set("town", "Lugo");
        let mut again = ana.submit(&form).await.form("/firm");
        again.add("_do", "save_merge");
        let page = ana.save(&again).await;
        let text = page.text();
        assert!(text.contains("Merge two records") && text.contains("Lugo") && text.contains("Vigo"), "{text}");
        assert!(page.body.contains(&format!("name=\"into\" value=\"{ebro}\"")), "{}", page.body);
    });
}

#[test]
fn whoever_was_at_a_record_that_was_merged_away_is_told_where_it_went() {
    on_one_with(FIRMS, async |world| {
        let two = two(world, "123").await;
        let (mut ana, mut other) = (world.browser("ana").await, world.browser("ana").await);
        let edit = format!("/firm/{}/edit", two.gone);
        let mut typed = other.open(&edit).await.form(&edit);
        let mut form = compare(&mut ana, &two).await.form(&action(&two.gone));
        form.add("_do", "merge");
        ana.save(&form).await;
        typed.set("town", "Lugo 2");
        let told = other.submit(&typed).await;
        assert_eq!(told.status, 409, "{}", told.text());
        assert!(told.text().contains("Ana Ruiz merged this record while you were editing it"), "{}", told.text());
        assert!(told.body.contains(&format!("href=\"/firm/{}\"", two.stays)), "{}", told.body);
        assert!(!told.body.contains("value=\"restore\""), "a save takes no merge back: {}", told.body);
        assert_eq!(told.form(&edit).value("town"), "Lugo 2");
    });
}
