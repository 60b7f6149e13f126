//! What administrators look after besides records.

use crate::browser::Page;
use crate::world::on_each;

#[test]
fn settings_are_reached_from_the_menu_and_saved_on_their_page() {
    on_each(async |world| {
        world.add_person("root", "Root", "en", true).await;
        let mut root = world.browser("root").await;
        let home = root.open("/").await;
        let here = home.link("Settings").unwrap();
        let only = root.get(&here).await;
        assert_eq!((only.status, only.location()), (303, "/admin/settings/selling"));
        let page = root.open("/admin/settings/selling").await;
        let mut form = page.form("/selling_settings");
        assert_eq!(form.value("cap"), "20");
        form.set("cap", "35");
        let page = root.save(&form).await;
        assert!(page.text().contains("Created."), "{}", page.text());
        let action = page.part("class=\"form\" method=\"post\" action=\"", "\" novalidate").rsplit('"').next().unwrap();
        let mut form = page.form(action);
        assert_eq!(form.value("cap"), "35");
        form.set("cap", "40");
        let page = root.save(&form).await;
        assert!(page.text().contains("Saved."), "{}", page.text());
        assert_eq!(root.get("/admin/settings/nothing").await.status, 404);
    });
}

#[test]
fn the_definitions_are_always_in_the_menu_and_are_the_administrators() {
    on_each(async |world| {
        world.add_person("root", "Root", "en", true).await;
        let mut root = world.browser("root").await;
        assert_eq!(root.get("/admin").await.location(), "/admin/problems");
        let page = root.open(&root.clone().open("/").await.link("Definitions").unwrap()).await;
        assert!(page.text().contains("Deployment 1 (revision"), "{}", page.text());
        let mut ana = world.browser("ana").await;
        let home = ana.open("/").await;
        assert_eq!((home.link("Definitions"), home.link("Settings")), (None, None));
        for path in ["/admin/problems", "/admin/settings", "/admin/settings/selling"] {
            let refused = ana.get(path).await;
            assert_eq!(refused.status, 403);
            assert!(refused.text().contains("This page is for administrators"), "{}", refused.text());
        }
        let mut form = root.open("/admin/settings/selling").await.form("/selling_settings");
        form.set("cap", "99");
        let token = ana.open("/deal/new").await.form("/deal").value("_csrf").to_owned();
        form.set("_csrf", &token);
        assert_eq!(ana.submit(&form).await.status, 403, "settings are the administrators'");
    });
}

#[test]
fn search_says_where_one_can() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let page = ana.open("/search?q=ebro%20%26").await;
        assert!(page.text().contains("Look for “ebro &” in:"), "{}", page.text());
        let main = Page { body: page.part("<main", "</main>").to_owned(), ..page.clone() };
        let deals = main.link("Deals").unwrap();
        assert_eq!(deals, "/deal?view=all&q=ebro%20%26");
        ana.open(&deals).await;
    });
}
