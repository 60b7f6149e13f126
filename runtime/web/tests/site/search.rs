//! The search over everything.

use crate::world::on_each;

#[test]
fn words_find_records_of_all_entities() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let home = ana.open("/").await;
        assert!(home.body.contains("action=\"/search\""), "it is asked from every page");
        let page = ana.open("/search?q=an").await;
        assert!(page.body.contains("<mark>An</mark>"), "{}", page.body);
        let none = ana.open("/search?q=nobodyhasthis%20%26").await;
        assert!(none.text().contains("Nothing was found for “nobodyhasthis &”."), "{}", none.text());
        let wrong = ana.open("/search?q=--").await;
        assert!(wrong.text().contains("letter or a digit"), "{}", wrong.text());
        let empty = ana.open("/search").await;
        assert!(!empty.text().contains("Nothing was found"));
    });
}
