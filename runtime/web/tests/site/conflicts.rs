//! Two people change one record.

use serde_json::json;

use crate::world::on_each;

#[test]
fn where_both_changed_a_field_the_reader_chooses() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt", "amount": "100", "notes": "old"})).await;
        let edit = format!("/deal/{deal}/edit");
        let mut ana = world.browser("ana").await;
        let mut form = ana.open(&edit).await.form(&edit);
        world.update("deal", &deal, json!({"amount": "250", "units": 7, "notes": "theirs"})).await;
        form.set("amount", "300").set("notes", "mine\r\nlonger").set("name", "Belt <b>");

        let asked = ana.submit(&form).await;
        assert_eq!(asked.status, 409);
        let text = asked.text();
        assert!(
            text.contains("Amount before: €100.00") && text.contains("€250.00") && text.contains("€300.00"),
            "{text}"
        );
        assert!(text.contains("Notes before: old"), "{text}");
        assert!(!text.contains("Units"), "what only the other changed is not asked about: {text}");
        assert_eq!(world.get("deal", &deal).await["amount"], "250.00", "nothing was saved");

        let mut choose = asked.form(&edit);
        choose.set("_keep.amount", "theirs").set("_keep.notes", "mine");
        ana.save(&choose).await;
        let saved = world.get("deal", &deal).await;
        assert_eq!(
            [&saved["amount"], &saved["units"], &saved["notes"], &saved["name"]],
            [&json!("250.00"), &json!(7), &json!("mine\nlonger"), &json!("Belt <b>")]
        );
    });
}

#[test]
fn changes_that_do_not_meet_are_kept_together() {
    on_each(async |world| {
        let deal =
            world.create("deal", json!({"name": "Belt", "amount": "100", "visit": "2026-07-01T08:30:45Z"})).await;
        let edit = format!("/deal/{deal}/edit");
        let mut ana = world.browser("ana").await;
        let mut form = ana.open(&edit).await.form(&edit);
        world.update("deal", &deal, json!({"units": 7, "tender": true, "kind": "renewal"})).await;
        form.set("amount", "300");
        let asked = ana.submit(&form).await;
        assert_eq!(asked.status, 409);
        assert!(asked.text().contains("do not touch the same fields"), "{}", asked.text());
        ana.save(&asked.form(&edit)).await;
        let saved = world.get("deal", &deal).await;
        assert_eq!(
            [&saved["amount"], &saved["units"], &saved["tender"], &saved["kind"], &saved["visit"]],
            [&json!("300.00"), &json!(7), &json!(true), &json!("renewal"), &json!("2026-07-01T08:30:45Z")]
        );
    });
}

#[test]
fn a_stale_stage_or_deletion_does_nothing_and_shows_the_record() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt", "amount": "100"})).await;
        let here = format!("/deal/{deal}");
        let mut ana = world.browser("ana").await;
        let mut path = ana.open(&here).await.form(&format!("{here}/transition?field=stage"));
        let delete = ana.open(&format!("{here}/delete")).await.form(&format!("{here}/delete"));
        world.update("deal", &deal, json!({"units": 1})).await;
        path.add("to", "offer");
        for form in [&path, &delete] {
            let page = ana.save(form).await;
            assert!(page.text().contains("Someone else changed this record"), "{}", page.text());
        }
        assert_eq!(world.get("deal", &deal).await["stage"], "talk");
    });
}

#[test]
fn what_was_typed_survives_the_record_it_was_typed_for() {
    on_each(async |world| {
        world.add_person("luis", "Luis Ortega", "en", true).await;
        let lines = json!([{"what": "Motor", "quantity": 2, "price": "10"}]);
        let made = json!({"name": "Belt", "amount": "100", "tender": true, "lines": lines});
        let deal = world.create("deal", made).await;
        let (edit, trash) = (format!("/deal/{deal}/edit"), format!("/deal/{deal}/delete"));
        let (mut ana, mut luis) = (world.browser("ana").await, world.browser("luis").await);
        let mut form = ana.open(&edit).await.form(&edit);
        luis.save(&luis.clone().open(&trash).await.form(&trash)).await;
        form.set("amount", "300").set("name", "Belt <b>").set("lines.0.quantity", "3");

        let told = ana.submit(&form).await;
        assert_eq!(told.status, 409);
        let text = told.text();
        for seen in
            ["Luis Ortega deleted this record while you were editing it", "Restore and save", "Save as a new record"]
        {
            assert!(text.contains(seen), "`{seen}` is not in {text}");
        }
        let again = told.form(&edit);
        assert_eq!(
            (again.value("amount"), again.value("name"), again.value("lines.0.quantity")),
            ("300", "Belt <b>", "3")
        );

        // As a new record.
        let mut copy = again.clone();
        copy.add("_do", "copy");
        let answer = ana.submit(&copy).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let copied = world.get("deal", answer.location().strip_prefix("/deal/").unwrap()).await;
        assert_ne!(copied["id"], deal);
        assert_eq!(
            (&copied["name"], &copied["amount"], &copied["tender"]),
            (&json!("Belt <b>"), &json!("300.00"), &json!(true))
        );
        assert_eq!((&copied["lines"][0]["what"], &copied["lines"][0]["quantity"]), (&json!("Motor"), &json!(3)));

        // Out of the trash, with what was typed.
        let mut restore = again.clone();
        restore.add("_do", "restore");
        ana.save(&restore).await;
        let restored = world.get("deal", &deal).await;
        assert_eq!((&restored["name"], &restored["amount"]), (&json!("Belt <b>"), &json!("300.00")));
        assert_eq!(restored["lines"][0]["quantity"], 3);
        // Whoever comes later sees what was changed meanwhile.
        assert_eq!(ana.submit(&restore).await.status, 409);

        // Removed for good: what was typed is a new record.
        let mut form = ana.open(&edit).await.form(&edit);
        luis.save(&luis.clone().open(&trash).await.form(&trash)).await;
        let purge = format!("/deal/{deal}/purge");
        luis.save(&luis.clone().open(&purge).await.form(&purge)).await;
        form.set("name", "Once more");
        let told = ana.submit(&form).await;
        assert_eq!(told.status, 409);
        assert!(told.text().contains("saving makes a new record"), "{}", told.text());
        let answer = ana.submit(&told.form("/deal")).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let new = world.get("deal", answer.location().strip_prefix("/deal/").unwrap()).await;
        assert_eq!((&new["name"], &new["lines"][0]["what"]), (&json!("Once more"), &json!("Motor")));

        // One that never was is not found.
        let mut nowhere = form.clone();
        nowhere.action = format!("/deal/{}/edit", "00000000-0000-0000-0000-000000000001");
        assert_eq!(ana.submit(&nowhere).await.status, 404);
    });
}

#[test]
fn a_line_that_somebody_removed_or_added_meanwhile_is_told_of_and_saved_as_chosen() {
    on_each(async |world| {
        let lines = json!([{"what": "Motor", "price": "50"}, {"what": "Belt", "price": "9"}]);
        let deal = world.create("deal", json!({"name": "Drive", "lines": lines})).await;
        let stored = world.get("deal", &deal).await["lines"].clone();
        let edit = format!("/deal/{deal}/edit");
        let mut ana = world.browser("ana").await;
        let mut form = ana.open(&edit).await.form(&edit);
        world.delete("deal_line", stored[1]["id"].as_str().unwrap()).await;
        form.set("name", "Drive 2").set("lines.1.price", "10");
        let asked = ana.submit(&form).await;
        assert_eq!(asked.status, 409, "a line by itself is a change of the deal: {}", asked.text());
        ana.save(&asked.form(&edit)).await;
        let saved = world.get("deal", &deal).await;
        let names: Vec<&str> =
            saved["lines"].as_array().unwrap().iter().filter_map(|line| line["what"].as_str()).collect();
        assert_eq!((saved["name"].as_str(), names.as_slice()), (Some("Drive 2"), ["Motor", "Belt"].as_slice()));
        assert_eq!((&saved["lines"][0]["id"], &saved["lines"][1]["price"]), (&stored[0]["id"], &json!("10.00")));
        assert_ne!(saved["lines"][1]["id"], stored[1]["id"], "what was removed stays in the trash");
    });
}
