//! The page of a record.

use serde_json::json;

use crate::world::on_each;

#[test]
fn a_record_shows_where_it_stands_what_it_holds_and_what_refers_to_it() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro", "email": "info@ebro.example", "site": "https://ebro.example", "city": "Zaragoza"})).await;
        let person = world.create("person", json!({"name": "Pilar", "firm": firm})).await;
        let deal = world
            .create(
                "deal",
                json!({"name": "Belt", "firm": firm, "amount": "1234.5", "people": [person], "interests": ["belts", "sensors"],
                    "visit": "2026-07-01T08:30:00Z", "effort": 9000, "lines": [{"what": "Motor", "quantity": 2, "price": "50"}]}),
            )
            .await;
        let mut ana = world.browser("ana").await;
        let page = ana.open(&format!("/deal/{deal}")).await;
        let text = page.text().replace('\u{a0}', " ");
        for seen in [
            "D-0001",
            "Talk (current)",
            "Offer (move here)",
            "€1,234.50",
            "10%",
            "€123.45",
            "Pilar",
            "Belts Sensors",
            "1 Jul 2026, 10:30",
            "2 h 30 min",
            "Motor",
            "€100.00",
        ] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        assert!(!text.contains("Reason of loss"), "a section whose condition does not hold is not shown");
        assert!(
            page.body.contains("value=\"offer\"") && !page.body.contains("value=\"won\""),
            "only open stages can be pressed"
        );

        let page = ana.open(&format!("/firm/{firm}")).await;
        let text = page.text();
        for seen in ["Deals 1", "Belt", "People", "Pilar"] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        assert!(
            page.body.contains("href=\"mailto:info@ebro.example\"")
                && page.body.contains("href=\"https://ebro.example\"")
        );
        // One more deal of this firm already refers to it, and comes back here.
        let new = ana.open(&page.link("Add : Deals").unwrap()).await;
        let mut form = new.form("/deal");
        assert_eq!(form.value("firm"), firm);
        form.set("name", "Second");
        let back = ana.save(&form).await;
        assert!(back.text().contains("Deals 2") && back.text().contains("Created. Open it"), "{}", back.text());
    });
}

#[test]
fn tables_stand_in_their_sections_and_tabs_are_tabs() {
    on_each(async |world| {
        let empty = world.create("deal", json!({"name": "Empty"})).await;
        let lines = json!([{"what": "Motor", "price": "50"}]);
        let deal =
            world.create("deal", json!({"name": "Belt", "amount": "10", "reference": "R1", "lines": lines})).await;
        let mut ana = world.browser("ana").await;
        let page = ana.open(&format!("/deal/{deal}")).await;
        let section = page.part("id=\"s-lines\"", "</section>");
        assert!(section.contains("Motor") && section.contains("€50.00"), "{section}");
        assert_eq!(page.body.matches("id=\"r-lines\"").count(), 1);
        let jumps = crate::browser::Page { body: page.part("class=\"tabbed\"", "</main>").to_owned(), ..page.clone() };
        let jumps = jumps.text();
        assert!(jumps.starts_with("class=\"tabbed\"> Details"), "{jumps}");
        assert!(page.body.contains("id=\"tab-s-more\"") && page.body.contains("class=\"facts facts-3\""));
        // What stands in the strip above all is not said again by the first section.
        assert!(page.part("class=\"key-facts\"", "</dl>").contains("€10.00"));
        // A table is shown, with rows or without, though no field of its section holds anything.
        assert!(ana.open(&format!("/deal/{empty}")).await.part("id=\"s-lines\"", "</section>").contains("None yet."));
        // The form has the same tabs, and opens the one where something is wrong.
        let mut form = ana.open("/deal/new").await.form("/deal");
        assert_eq!(form.value("_tab"), "s-deal");
        form.set("name", "x").set("reference", &"y".repeat(90));
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.form("/deal").value("_tab"), "s-more");
    });
}

#[test]
fn a_refused_stage_leaves_an_address_that_can_be_reloaded() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt"})).await;
        let mut ana = world.browser("ana").await;
        let page = ana.get(&format!("/deal/{deal}/transition?field=stage")).await;
        assert_eq!((page.status, page.location()), (303, &*format!("/deal/{deal}")));
    });
}

#[test]
fn a_stage_is_pressed_and_asks_for_what_it_needs() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt"})).await;
        let here = format!("/deal/{deal}");
        let mut ana = world.browser("ana").await;
        let page = ana.open(&here).await;
        let mut path = page.form(&format!("{here}/transition?field=stage"));
        path.add("to", "offer");
        let asked = ana.submit(&path).await;
        assert_eq!(asked.status, 422);
        assert!(asked.text().contains("Amount is required in stage “Offer”"), "{}", asked.text());
        let mut form = asked.form(&format!("{here}/edit"));
        assert_eq!(form.value("stage"), "offer");
        form.set("amount", "750");
        let page = ana.save(&form).await;
        assert!(page.text().contains("Offer (current)") && page.text().contains("Saved."), "{}", page.text());
        assert_eq!(world.get("deal", &deal).await["probability"], "50.00", "what was not touched follows the stage");

        // A section that only shows in a stage shows when that stage is asked for.
        let mut path = page.form(&format!("{here}/transition?field=stage"));
        path.add("to", "lost");
        let asked = ana.submit(&path).await;
        let mut form = asked.form(&format!("{here}/edit"));
        form.set("loss_reason", "Price");
        let page = ana.save(&form).await;
        assert!(page.text().contains("Lost (current)") && page.text().contains("Price"));

        let mut path = page.form(&format!("{here}/transition?field=stage"));
        path.add("to", "won");
        let refused = ana.submit(&path).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("cannot go from “Lost” to “Won”"), "{}", refused.text());
    });
}

#[test]
fn history_tells_who_changed_what_in_words() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro"})).await;
        let deal = world.create("deal", json!({"name": "Belt", "amount": "100"})).await;
        let mut ana = world.browser("ana").await;
        world.clock.advance_to("2026-03-02T11:00:00Z".parse().unwrap());
        let page = ana.open(&format!("/deal/{deal}/edit")).await;
        let mut form = page.form(&format!("/deal/{deal}/edit"));
        form.set("amount", "2500").set("kind", "renewal").set("firm", &firm);
        ana.save(&form).await;
        world.clock.advance_to("2026-03-02T11:05:00Z".parse().unwrap());
        let page = ana.open(&format!("/deal/{deal}")).await;
        let history = page.part("id=\"history\"", "</section>").to_owned();
        let text = crate::browser::Page { body: history, ..page.clone() }.text();
        for seen in [
            "Ana Ruiz 5 minutes ago",
            "Changed",
            "Amount before: €100.00 after: €2,500.00",
            "Kind before: New after: Renewal",
            "Firm before: – empty after: Ebro",
            "Fichero 2 hours ago Created · automatically",
        ] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        // The history is paged.
        for n in 0..25 {
            world.update("deal", &deal, json!({"units": n})).await;
        }
        let page = ana.open(&format!("/deal/{deal}")).await;
        let older = ana.open(page.link("Older changes").unwrap().split('#').next().unwrap()).await;
        assert!(older.part("id=\"history\"", "</section>").contains("Renewal"));
    });
}

#[test]
fn history_tells_what_became_of_lines() {
    on_each(async |world| {
        let lines = json!([{"what": "Motor", "quantity": 1}, {"what": "Belt", "quantity": 2}]);
        let deal = world.create("deal", json!({"name": "Belt", "lines": lines})).await;
        let belt = world.get("deal", &deal).await["lines"][1]["id"].clone();
        let lines = json!([{"id": belt, "quantity": 3}, {"what": "Drum", "quantity": 1}]);
        world.update("deal", &deal, json!({"lines": lines})).await;
        let page = world.browser("ana").await.open(&format!("/deal/{deal}")).await;
        let history = page.part("id=\"history\"", "</section>").to_owned();
        let text = crate::browser::Page { body: history, ..page.clone() }.text();
        for seen in [
            "Lines before: Motor after: – empty",
            "Lines · Belt · Quantity before: 2 after: 3",
            "Lines before: – empty after: Drum",
        ] {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
    });
}

#[test]
fn a_list_a_record_and_a_form_look_as_they_did() {
    let before: std::cell::RefCell<Option<Vec<String>>> = std::cell::RefCell::default();
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro", "city": "Zaragoza"})).await;
        let deal = world
            .create(
                "deal",
                json!({"name": "Belt", "firm": firm, "amount": "1500", "lines": [{"what": "Motor", "price": "50"}]}),
            )
            .await;
        let mut ana = world.browser("ana").await;
        let mut pages = Vec::new();
        for (name, path) in
            [("list", "/deal".to_owned()), ("record", format!("/deal/{deal}")), ("form", format!("/deal/{deal}/edit"))]
        {
            let page = ana.open(&path).await;
            pages.push(masked(page.part("<main", "</main>"), &[&firm, &deal]));
            if before.borrow().is_none() {
                insta::assert_snapshot!(name, pages.last().unwrap());
            }
        }
        // Both databases give the same pages.
        if let Some(before) = &*before.borrow() {
            assert_eq!(before, &pages);
        }
        before.replace(Some(pages));
    });
}

/// The page without what differs from run to run: identities, and the fingerprint of the assets.
fn masked(html: &str, ids: &[&str]) -> String {
    let mut html = html.to_owned();
    for (n, id) in ids.iter().enumerate() {
        html = html.replace(id, &format!("ID{n}"));
    }
    let mut out = String::new();
    let mut pieces = html.split("/assets/");
    out.push_str(pieces.next().unwrap());
    for piece in pieces {
        out.push_str("/assets/");
        out.push_str(piece.split_once('/').unwrap().1);
    }
    let lines =
        out.lines().filter(|line| !line.trim().is_empty() && !line.contains("_csrf") && !line.contains(".id\" value="));
    lines.collect::<Vec<_>>().join("\n")
}
