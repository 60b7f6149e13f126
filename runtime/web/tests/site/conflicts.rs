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
