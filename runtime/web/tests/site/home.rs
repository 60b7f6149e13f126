//! The first page.

use serde_json::json;

use crate::world::on_each;

#[test]
fn home_shows_what_was_in_hand_and_how_much_the_lists_hold() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": "Ebro"})).await;
        world.create("deal", json!({"name": "Belt", "amount": "1500"})).await;
        world.create("deal", json!({"name": "Motor"})).await;
        world.add_person("root", "Root", "en", true).await;
        for login in ["ana", "root"] {
            let mut browser = world.browser(login).await;
            browser.open(&format!("/firm/{firm}")).await;
            let page = browser.open("/").await;
            let main = crate::browser::Page { body: page.part("<main", "</main>").to_owned(), ..page.clone() };
            let text = main.text();
            assert!(text.find("Recent").unwrap() < text.find("Sales").unwrap(), "{text}");
            for seen in ["Ebro Firm", "Firms 1", "Deals 2", "Big deals 1"] {
                assert!(text.contains(seen), "`{seen}` is not in {text}");
            }
            assert!(!text.contains("Users") && !text.contains("Definitions"), "{text}");
        }
    });
}
