//! Likely duplicates: the form that asks, and what a search through all records found.

use fichero_engine::duplicates::tend;
use serde_json::json;

use crate::world::on_each_with;

const FIRMS: &str = r#"
entity: firm
title: name
fields: {name: {type: text, required: true}, town: text}
duplicates:
  like_name: {match: {name: similar}}
  same: {match: {name: equal, town: equal}, on_create: refuse}
"#;

#[test]
fn a_form_asks_before_it_makes_a_likely_duplicate() {
    on_each_with(FIRMS, async |world| {
        let ebro = world.create("firm", json!({"name": "Ebro Bolts", "town": "Vigo"})).await;
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/firm/new").await.form("/firm");
        form.set("name", "Ebro Bolt");
        form.set("town", "Lugo");
        let asked = ana.submit(&form).await;
        assert_eq!(asked.status, 409, "{}", asked.text());
        assert!(asked.body.contains(&format!("href=\"/firm/{ebro}\"")), "{}", asked.body);
        let mut again = asked.form("/firm");
        assert_eq!((again.value("name"), again.value("town")), ("Ebro Bolt", "Lugo"), "nothing typed is lost");
        // Saving once more asks once more; saving all the same saves.
        assert_eq!(ana.submit(&again).await.status, 409);
        again.pairs.push(("_do".to_owned(), "save_known".to_owned()));
        ana.save(&again).await;
        // What is refused can be made by nobody, and names what is there.
        form.set("name", "ebro bolts");
        form.set("town", "Vigo");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 409);
        assert!(!refused.body.contains("save_known") && refused.body.contains(&ebro), "{}", refused.body);
    });
}

#[test]
fn what_a_search_finds_is_dismissed_once() {
    on_each_with(FIRMS, async |world| {
        for name in ["Ebro Bolts", "Ebro Bolt", "Zenith Cranes", "Zenit Cranes", "Other"] {
            world.create("firm", json!({"name": name})).await;
        }
        let mut ana = world.browser("ana").await;
        assert!(ana.open("/firm").await.body.contains("/firm/duplicates"));
        let mut search = ana.open("/firm/duplicates").await.form("/firm/duplicates");
        search.pairs.push(("_do".to_owned(), "search".to_owned()));
        let waiting = ana.save(&search).await;
        assert!(waiting.text().contains("being compared"), "{}", waiting.text());
        while tend::turn(&world.engine).await.unwrap() {}
        let found = ana.open("/firm/duplicates").await;
        assert!(found.text().contains("2 groups") && found.text().contains("Zenit Cranes"), "{}", found.text());
        let pairs = |body: &str| body.matches("value=\"dismiss\"").count();
        assert_eq!(pairs(&found.body), 2);
        let hidden = |name: &str| {
            let part = found.body.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
            part.split('"').next().unwrap().to_owned()
        };
        let csrf = hidden("_csrf");
        let (one, other) = (hidden("one"), hidden("other"));
        let posted = [("_csrf", &*csrf), ("_do", "dismiss"), ("one", &*one), ("other", &*other)];
        assert_eq!(ana.post("/firm/duplicates", &posted).await.status, 303);
        assert_eq!(pairs(&ana.open("/firm/duplicates").await.body), 1);
        // Another search remembers it.
        assert_eq!(ana.post("/firm/duplicates", &[("_csrf", &csrf), ("_do", "search")]).await.status, 303);
        while tend::turn(&world.engine).await.unwrap() {}
        assert_eq!(pairs(&ana.open("/firm/duplicates").await.body), 1);
        assert_eq!(ana.get("/user/duplicates").await.status, 404, "nothing says what is the same");
    });
}
