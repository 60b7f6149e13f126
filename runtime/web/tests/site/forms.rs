//! Forms: every kind of input, what is refused, lines, references.

use serde_json::{Value as Json, json};

use crate::browser::{Browser, Form, Page};
use crate::world::{World, on_each, on_each_with};

/// A deal with something in every field.
async fn full(world: &World) -> String {
    let firm = world.create("firm", json!({"name": "Ebro", "city": "Zaragoza"})).await;
    let pilar = world.create("person", json!({"name": "Pilar", "firm": firm})).await;
    let olga = world.create("person", json!({"name": "Olga", "firm": firm})).await;
    world
        .create(
            "deal",
            json!({
                "name": "  Belt  ", "firm": firm, "contact": pilar, "people": [pilar, olga], "kind": "renewal",
                "interests": ["belts", "training"], "amount": "1234.56", "close_date": "2026-12-04",
                "visit": "2026-07-01T08:30:45.5Z", "call_at": "16:05:30", "effort": 9005, "units": -3, "tender": true,
                "notes": "\nOne\nTwo \"three\"\n", "loss_reason": "none",
                "lines": [{"what": "Motor", "quantity": 2, "price": "50.25"}, {"what": "Belt", "price": "9"}],
            }),
        )
        .await
}

async fn edit(browser: &mut Browser, deal: &str) -> Form {
    browser.open(&format!("/deal/{deal}/edit")).await.form(&format!("/deal/{deal}/edit"))
}

fn without_stamps(mut record: Json) -> Json {
    for name in ["version", "updated_at", "updated_by"] {
        record.as_object_mut().unwrap().remove(name);
    }
    record
}

#[test]
fn a_form_that_is_saved_as_it_was_opened_changes_nothing() {
    on_each(async |world| {
        let deal = full(world).await;
        let before = world.get("deal", &deal).await;
        for (login, locale) in [("ana", "en"), ("pablo", "es"), ("olga", "ru")] {
            if login != "ana" {
                world.add_person(login, login, locale, false).await;
            }
            let mut browser = world.browser(login).await;
            let form = edit(&mut browser, &deal).await;
            let page = browser.save(&form).await;
            assert_eq!(world.get("deal", &deal).await, before, "{login}: {}", page.text());
        }
    });
}

#[test]
fn values_are_read_as_the_readers_language_writes_them() {
    on_each(async |world| {
        world.add_person("pablo", "Pablo", "es", false).await;
        let mut pablo = world.browser("pablo").await;
        let mut form = pablo.open("/deal/new").await.form("/deal");
        form.set("name", "Cinta").set("amount", "1.234,5").set("units", "12.000").set("effort", "2 h 30 min");
        form.set("close_date", "23/11/2026").set("visit", "2026-11-23T09:30").set("call_at", "16:05");
        form.add("interests", "belts").add("interests", "sensors").add("tender", "true").set("notes", "Una\r\nDos");
        pablo.save(&form).await;
        let list = pablo.open("/deal?q=cinta").await;
        let deal = list.link("Cinta").unwrap().rsplit('/').next().unwrap().to_owned();
        let saved = world.get("deal", &deal).await;
        let wanted = json!({
            "amount": "1234.50", "amount_currency": "EUR", "units": 12000, "effort": 9000, "close_date": "2026-11-23",
            "visit": "2026-11-23T08:30:00Z", "call_at": "16:05:00", "interests": ["belts", "sensors"], "tender": true,
            "notes": "Una\nDos", "kind": "new", "stage": "talk", "probability": "10.00", "number": "D-0001",
        });
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&saved[name], value, "{name}");
        }
        assert_eq!(saved["owner"], json!(world.engine.user_by_login("pablo").await.unwrap().id.to_string()), "{saved}");
    });
}

#[test]
fn a_form_shows_what_would_follow_without_saving_it() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/deal/new").await.form("/deal");
        form.set("amount", "1000").set("stage", "offer").add("_do", "add:lines");
        let mut form = ana.submit(&form).await.form("/deal");
        form.set("lines.0.what", "Motor").set("lines.0.quantity", "3").set("lines.0.price", "50").set("units", "x");
        form.add("_do", "derive");
        let page = ana.submit(&form).await;
        assert_eq!(page.status, 422, "what cannot be read is told");
        let text = page.text().replace('\u{a0}', " ");
        for seen in ["Units must be a whole number", "€500.00", "Subtotal €150.00", "Total €150.00"] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        assert!(!text.contains("Name is required"), "what is still missing is not wrong yet");
        assert_eq!(page.form("/deal").value("probability"), "50");
        assert!(ana.open("/deal?view=all").await.rows().is_empty(), "nothing was saved");

        // The sums of stored lines follow what is typed into one of them.
        let deal = full(world).await;
        let mut form = edit(&mut ana, &deal).await;
        form.set("lines.0.quantity", "4").add("_do", "derive");
        let page = ana.submit(&form).await;
        let text = page.text().replace('\u{a0}', " ");
        assert!(text.contains("€201.00") && text.contains("Total €210.00"), "{text}");
        assert_eq!(world.get("deal", &deal).await["total"], "109.50");
    });
}

#[test]
fn a_refused_form_says_all_that_is_wrong_and_keeps_all_that_was_typed() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/deal/new").await.form("/deal");
        let typed = [
            ("name", ""),
            ("amount", "12..5"),
            ("units", "many"),
            ("close_date", "31.02"),
            ("visit", "soon"),
            ("call_at", "25:00"),
            ("effort", "long"),
            ("probability", "120"),
            ("notes", "kept\r\nas it was"),
        ];
        for (name, value) in typed {
            form.set(name, value);
        }
        form.add("interests", "belts").add("tender", "true").add("_do", "add:lines");
        let shown = ana.submit(&form).await;
        let mut form = shown.form("/deal");
        form.set("lines.0.what", "").set("lines.0.quantity", "0").set("lines.0.price", "x").add("_do", "save");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        let again = refused.form("/deal");
        for (name, value) in typed {
            assert_eq!(again.value(name), value, "{name}");
        }
        assert_eq!([again.value("interests"), again.value("tender")], ["belts", "true"]);
        assert_eq!([again.value("lines.0.quantity"), again.value("lines.0.price")], ["0", "x"]);
        let summary = Page { body: refused.part("class=\"summary\"", "</div>").to_owned(), ..refused.clone() }.text();
        for message in [
            "Name is required",
            "Amount must be a number with at most 4 decimals",
            "Units must be a whole number",
            "Close date must be a date",
            "Visit must be a moment",
            "Call at must be a time",
            "Effort must be a duration",
            "Probability must be at most 100",
            "What is required",
            "Quantity must be at least 1",
            "Price must be a number",
        ] {
            assert!(summary.contains(message), "`{message}` is not in {summary}");
        }
        assert!(
            refused.body.contains("href=\"#f-lines-0-price\"") && refused.body.contains("id=\"f-lines-0-price-error\"")
        );
        assert!(refused.body.contains("id=\"f-name-error\""));
        assert!(ana.open("/deal").await.rows().is_empty(), "nothing was saved");

        let mut form = refused.form("/deal");
        for (name, value) in [
            ("name", "Belt"),
            ("amount", "12.5"),
            ("units", "7"),
            ("close_date", ""),
            ("visit", ""),
            ("call_at", ""),
            ("effort", ""),
            ("probability", "20"),
        ] {
            form.set(name, value);
        }
        form.set("lines.0.what", "Motor").set("lines.0.quantity", "2").set("lines.0.price", "10");
        let page = ana.save(&form).await;
        assert!(
            page.text().contains("Created.") && page.text().contains("€20.00") && page.text().contains("20%"),
            "{}",
            page.text()
        );
    });
}

#[test]
fn errors_that_name_no_field_and_messages_of_authors_are_shown_too() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/firm/new").await.form("/firm");
        form.set("name", "Ebro").set("email", "not an address");
        let refused = ana.submit(&form).await;
        assert!(refused.text().contains("There is a problem This is not an e-mail address"), "{}", refused.text());
        let mut form = ana.open("/deal/new").await.form("/deal");
        form.set("name", "Dream").set("amount", "2,000,000");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("Too good to be true"), "{}", refused.text());
        assert_eq!(refused.form("/deal").value("amount"), "2,000,000");
    });
}

#[test]
fn what_follows_from_others_goes_on_following_until_it_is_touched() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt", "amount": "100"})).await;
        let mut ana = world.browser("ana").await;
        let mut form = edit(&mut ana, &deal).await;
        assert_eq!(form.value("probability"), "10");
        form.set("stage", "offer");
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["probability"], "50.00");

        let mut form = edit(&mut ana, &deal).await;
        form.set("probability", "65").set("name", "");
        let refused = ana.submit(&form).await;
        let mut form = refused.form(&format!("/deal/{deal}/edit"));
        assert_eq!(form.value("probability"), "65", "what was touched stays touched after a refusal");
        form.set("name", "Belt").set("stage", "won");
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["probability"], "65.00", "it is the writer's now");
        let mut form = edit(&mut ana, &deal).await;
        form.set("probability", "");
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["probability"], "100.00", "emptied, it follows again");
    });
}

#[test]
fn lines_are_added_and_removed_without_scripts() {
    on_each(async |world| {
        let deal = full(world).await;
        let action = format!("/deal/{deal}/edit");
        let mut ana = world.browser("ana").await;
        let mut form = edit(&mut ana, &deal).await;
        form.set("lines.0.quantity", "3").add("_do", "add:lines");
        let shown = ana.submit(&form).await;
        assert_eq!(shown.status, 200);
        let mut form = shown.form(&action);
        assert_eq!([form.value("lines.0.quantity"), form.value("lines.2.quantity")], ["3", "1"]);
        form.set("lines.2.what", "Screw").set("lines.2.price", "0.5").add("_do", "remove:lines:1");
        let shown = ana.submit(&form).await;
        let mut form = shown.form(&action);
        assert!(!form.has("lines.1.what"));
        // A row that nobody filled in is passed over.
        form.add("_do", "add:lines");
        let form = ana.submit(&form).await.form(&action);
        assert!(form.has("lines.3.what"));
        ana.save(&form).await;
        let saved = world.get("deal", &deal).await;
        let lines: Vec<(&str, i64)> = saved["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| (line["what"].as_str().unwrap(), line["quantity"].as_i64().unwrap()))
            .collect();
        assert_eq!(lines, [("Motor", 3), ("Screw", 1)]);
        assert_eq!(saved["total"], "151.25");

        // All lines can be taken away; and where the form says nothing of lines, they stay.
        let mut form = edit(&mut ana, &deal).await;
        form.pairs.retain(|(name, _)| !name.starts_with("lines.") && name != "_lines");
        form.set("name", "Other");
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["lines"].as_array().unwrap().len(), 2);
        let mut form = edit(&mut ana, &deal).await;
        form.pairs.retain(|(name, _)| !name.starts_with("lines."));
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["lines"], json!([]));
    });
}

#[test]
fn a_record_is_found_by_what_is_typed() {
    on_each(async |world| {
        for n in 0..30 {
            world.create("firm", json!({"name": format!("Firm {n:02}")})).await;
        }
        let twin = world.create("firm", json!({"name": "Twin", "city": "A"})).await;
        world.create("firm", json!({"name": "Twin", "city": "B"})).await;
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/deal/new").await.form("/deal");
        form.set("name", "Belt").set("firm.text", "firm 07");
        ana.save(&form).await;
        let deal = ana.open("/deal?q=belt").await.link("Belt").unwrap().rsplit('/').next().unwrap().to_owned();
        let saved = world.get("deal", &deal).await;
        let firm = world.get("firm", saved["firm"].as_str().unwrap()).await;
        assert_eq!(firm["name"], "Firm 07", "case does not matter");

        // Without scripts the hidden id may be stale: the text decides.
        let mut form = edit(&mut ana, &deal).await;
        form.set("firm.text", "Firm 08");
        ana.save(&form).await;
        let saved = world.get("deal", &deal).await;
        assert_eq!(world.get("firm", saved["firm"].as_str().unwrap()).await["name"], "Firm 08");

        let action = format!("/deal/{deal}/edit");
        for (typed, told) in [
            ("Twin", "fits more than one record"),
            ("Firm", "no record called “Firm”"),
            ("zzz", "no record called “zzz”"),
        ] {
            let mut form = edit(&mut ana, &deal).await;
            form.set("firm.text", typed);
            let refused = ana.submit(&form).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains(told), "{}", refused.text());
            if typed == "Twin" {
                let mut form = refused.form(&action);
                assert!(!form.has("firm.text"), "the ones found are offered to choose from");
                form.set("firm", &twin);
                ana.save(&form).await;
                assert_eq!(world.get("deal", &deal).await["firm"], json!(twin));
            } else if typed == "zzz" {
                assert_eq!(refused.form(&action).value("firm.text"), "zzz");
            }
        }
        let mut form = edit(&mut ana, &deal).await;
        form.set("firm.text", " ");
        ana.save(&form).await;
        assert_eq!(world.get("deal", &deal).await["firm"], Json::Null);
    });
}

#[test]
fn references_to_many_are_ticked_and_typed() {
    on_each(async |world| {
        let mut ids = Vec::new();
        for n in 0..25 {
            ids.push(world.create("person", json!({"name": format!("Person {n:02}")})).await);
        }
        let deal = world.create("deal", json!({"name": "Belt", "people": [ids[0], ids[1]]})).await;
        let mut ana = world.browser("ana").await;
        let action = format!("/deal/{deal}/edit");
        let mut form = edit(&mut ana, &deal).await;
        form.set("people.text", "person 05").add("_do", "add:people");
        let shown = ana.submit(&form).await;
        let mut form = shown.form(&action);
        assert!(shown.text().contains("Person 05") && form.value("people.text").is_empty());
        form.pairs.retain(|(name, value)| name != "people" || *value != ids[0]);
        form.set("people.text", "Person 06");
        ana.save(&form).await;
        let saved = without_stamps(world.get("deal", &deal).await);
        let mut people: Vec<&str> = saved["people"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        people.sort_unstable();
        assert_eq!(people, [&ids[1], &ids[5], &ids[6]]);
        let mut form = edit(&mut ana, &deal).await;
        form.set("people.text", "nobody");
        let refused = ana.submit(&form).await;
        assert!(refused.status == 422 && refused.form(&action).value("people.text") == "nobody");
    });
}

#[test]
fn one_more_can_be_begun_like_another_or_right_after_it() {
    on_each(async |world| {
        let deal = full(world).await;
        let mut ana = world.browser("ana").await;
        let page = ana.open(&format!("/deal/{deal}")).await;
        let copy = ana.open(&page.link("Duplicate").unwrap()).await;
        let mut form = copy.form("/deal");
        form.set("name", "Copy").add("_do", "save_and_new");
        let again = ana.save(&form).await;
        assert!(again.text().contains("Created. Open it") && again.text().contains("New deal"), "{}", again.text());
        let made = again.link("Open it").unwrap().rsplit('/').next().unwrap().to_owned();
        let (old, new) = (world.get("deal", &deal).await, world.get("deal", &made).await);
        for name in
            ["firm", "contact", "people", "interests", "amount", "close_date", "notes", "tender", "units", "total"]
        {
            assert_eq!(old[name], new[name], "{name}");
        }
        assert_eq!((&new["number"], &new["stage"]), (&json!("D-0002"), &json!("talk")));
    });
}

#[test]
fn a_form_shows_an_option_that_is_gone_and_keeps_it() {
    const BEFORE: &str = "
entity: thing
fields:
  name: text
  one: {type: choice, required: true, options: [a, b, c, d, z]}
  many: {type: choice, many: true, options: [a, b, z]}
---
pipeline: way
entity: thing
field: stage
stages: {first: {}, middle: {}, last: {}}
";
    let after = BEFORE.replace(", z]", "]").replace(" middle: {},", "");
    on_each_with(BEFORE, async |world| {
        let thing = json!({"name": "Old", "one": "z", "many": ["a", "z"], "stage": "middle"});
        let thing = world.create("thing", thing).await;
        world.publish(&after).await;
        for (login, locale, told) in [
            ("ana", "en", "z (no longer offered)"),
            ("pablo", "es", "z (ya no se ofrece)"),
            ("olga", "ru", "z (больше не предлагается)"),
        ] {
            if login != "ana" {
                world.add_person(login, login, locale, false).await;
            }
            let mut browser = world.browser(login).await;
            let page = browser.open(&format!("/thing/{thing}/edit")).await;
            assert_eq!(page.text().matches(told).count(), 2, "{}", page.text());
            let mut form = page.form(&format!("/thing/{thing}/edit"));
            form.set("name", login);
            browser.save(&form).await;
            let saved = world.get("thing", &thing).await;
            assert_eq!(saved["name"], login);
            let held = (&saved["one"], &saved["many"], &saved["stage"]);
            assert_eq!(held, (&json!("z"), &json!(["a", "z"]), &json!("middle")));
        }

        // Nobody else can choose it, and who lets go of it cannot take it back.
        let mut ana = world.browser("ana").await;
        let fresh = ana.open("/thing/new?one=z&many=z").await;
        assert!(!fresh.text().contains("no longer offered"), "{}", fresh.text());
        let mut form = edit_of(&mut ana, &thing).await;
        form.set("one", "a");
        ana.save(&form).await;
        assert_eq!(world.get("thing", &thing).await["one"], "a");
        let page = ana.open(&format!("/thing/{thing}/edit")).await;
        assert_eq!(page.text().matches("no longer offered").count(), 2, "the stage and the other: {}", page.text());
    });
}

async fn edit_of(browser: &mut Browser, thing: &str) -> Form {
    browser.open(&format!("/thing/{thing}/edit")).await.form(&format!("/thing/{thing}/edit"))
}

#[test]
fn what_a_form_posts_that_means_nothing_is_told() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let form = ana.open("/deal/new").await.form("/deal");
        let csrf = form.value("_csrf").to_owned();
        for (name, value, told) in [
            ("zz", "1", "There is no field “zz”"),
            ("nmae", "x", "did you mean “name”"),
            ("tender", "maybe", "Tender must be true or false"),
            ("expected", "5", "Expected cannot be written"),
            ("lines.0.zz", "1", "There is no field “zz”"),
            ("name.text", "x", "There is no field “name.text”"),
            ("_was.zz", "1", "There is no field “zz”"),
            ("_zz", "1", "There is no field “_zz”"),
        ] {
            let mut wrong = form.clone();
            wrong.set("name", "Belt").add(name, value);
            let refused = ana.submit(&wrong).await;
            assert_eq!(refused.status, 422, "{name}: {}", refused.text());
            assert!(refused.text().contains(told), "{name}: {}", refused.text());
            assert_eq!(refused.form("/deal").value("name"), "Belt");
        }
        let mut wrong = form.clone();
        wrong.set("name", "Belt").add("_do", "zz");
        assert_eq!(ana.submit(&wrong).await.status, 400);
        for (path, name, value, told) in [
            ("/preferences", "locale", "xx", "locale must be one of en, es, ru, not xx"),
            ("/preferences", "theme", "blue", "theme must be one of auto, light, dark, not blue"),
            ("/preferences", "zz", "1", "“zz” has no meaning here"),
            ("/logout", "zz", "1", "“zz” has no meaning here"),
        ] {
            let refused = ana.post(path, &[("_csrf", &csrf), (name, value)]).await;
            assert_eq!(refused.status, 400, "{path} {name}");
            assert!(refused.text().contains(told), "{}", refused.text());
        }
        assert!(ana.open("/deal?view=all").await.rows().is_empty(), "nothing was made");
        let mut good = form.clone();
        good.set("name", "Belt").add("_charset_", "UTF-8").add("tender", "on");
        assert_eq!(ana.submit(&good).await.status, 303);
        assert_eq!(
            ana.post("/preferences", &[("_csrf", &csrf), ("locale", "es"), ("_next", "/deal")]).await.status,
            303
        );
    });
}
