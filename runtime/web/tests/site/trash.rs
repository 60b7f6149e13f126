//! Deleting, bringing back, removing for good.

use serde_json::json;

use crate::world::on_each;

#[test]
fn what_is_deleted_waits_in_the_trash_and_comes_back_with_all_that_went_with_it() {
    on_each(async |world| {
        let deal = world.create("deal", json!({"name": "Belt", "lines": [{"what": "A"}, {"what": "B"}]})).await;
        let here = format!("/deal/{deal}");
        let mut ana = world.browser("ana").await;
        let ask = ana.open(&format!("{here}/delete")).await;
        assert!(ask.text().contains("Delete “Belt”?") && ask.text().contains("Lines 2 records"), "{}", ask.text());
        let list = ana.save(&ask.form(&format!("{here}/delete"))).await;
        assert!(list.text().contains("Moved to the trash. Undo"), "{}", list.text());
        assert!(!ana.open("/deal").await.text().contains("Moved to the trash"), "a notice is said once");

        let trash = ana.open("/deal/trash").await;
        assert!(trash.text().contains("Belt just now Ana Ruiz 2 records"), "{}", trash.text());
        let record = ana.open(&here).await;
        assert!(record.text().contains("In the trash: deleted by Ana Ruiz"), "{}", record.text());
        assert!(record.link("Edit").is_none());
        assert_eq!(ana.get(&format!("{here}/edit")).await.status, 404);

        let back = ana.save(&trash.form(&format!("{here}/restore"))).await;
        assert!(back.text().contains("Restored from the trash.") && back.text().contains("Lines 2"), "{}", back.text());
        assert!(ana.open("/deal/trash").await.text().contains("The trash is empty"));
    });
}

#[test]
fn a_notice_takes_the_deletion_back() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro"})).await;
        let mut ana = world.browser("ana").await;
        let ask = ana.open(&format!("/firm/{firm}/delete")).await;
        let list = ana.save(&ask.form(&format!("/firm/{firm}/delete"))).await;
        ana.save(&list.form(&format!("/firm/{firm}/restore"))).await;
        assert_eq!(ana.open("/firm").await.rows(), ["Ebro"]);
    });
}

#[test]
fn what_others_hold_cannot_be_deleted_and_the_page_says_by_whom() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro"})).await;
        world.create("deal", json!({"name": "Belt", "firm": firm})).await;
        let mut ana = world.browser("ana").await;
        let ask = ana.open(&format!("/firm/{firm}/delete")).await;
        assert!(ask.text().contains("cannot be deleted") && ask.text().contains("Deals 1 record"), "{}", ask.text());
        assert_eq!(ana.open(&ask.link("Deals").unwrap()).await.rows(), ["Deals"].map(|_| "Belt"));
        // Somebody may still post it: nothing happens, and the reason is told.
        let other = world.create("firm", json!({"name": "Other"})).await;
        let mut forced = ana.open(&format!("/firm/{other}/delete")).await.form(&format!("/firm/{other}/delete"));
        forced.action = format!("/firm/{firm}/delete");
        let refused = ana.submit(&forced).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains("while it is used by Deals (1)"), "{}", refused.text());
    });
}

#[test]
fn only_administrators_remove_for_good() {
    on_each(async |world| {
        world.add_person("boss", "Boss", "en", true).await;
        let firm = world.create("firm", json!({"name": "Ebro"})).await;
        let here = format!("/firm/{firm}");
        let mut ana = world.browser("ana").await;
        let ask = ana.open(&format!("{here}/delete")).await;
        ana.save(&ask.form(&format!("{here}/delete"))).await;
        assert!(!ana.open("/firm/trash").await.body.contains("/purge"));
        assert_eq!(ana.get(&format!("{here}/purge")).await.status, 403);

        let mut boss = world.browser("boss").await;
        let ask = boss.open(&format!("{here}/purge")).await;
        assert!(ask.text().contains("Delete “Ebro” for good?"));
        let trash = boss.save(&ask.form(&format!("{here}/purge"))).await;
        assert!(
            trash.text().contains("Deleted for good.") && trash.text().contains("The trash is empty"),
            "{}",
            trash.text()
        );
        assert_eq!(boss.get(&here).await.status, 404);
    });
}
