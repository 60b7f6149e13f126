//! What authors say of fields, sections, views, stages and menus in the places where they stand.

use serde_json::json;

use crate::world::on_each_with;

const DEALS: &str = r#"
entity: deal
fields:
  name: {type: text, required: true}
  rating: {type: integer, help: From one to five}
  open: boolean
  reason: text
  amount: {type: decimal, scale: 2}
---
pipeline: deal_process
entity: deal
help: From the first call to the signature
stages: {draft: {}, won: {label: Won}, lost: {label: Lost}}
transitions:
  draft: {won: {label: Win it, help: The customer signed, require: [amount]}, lost: {}}
  won: []
  lost: []
---
view: all_deals
entity: deal
help: Everything there is
icon: target
was: every_deal
limit: 2
columns: {name: {}, amount: {widget: percent}}
sort: [name]
color: {big: {if: amount > 100, as: green}, small: {if: amount > 1, as: red}}
---
view: others
entity: deal
---
form: deal
help: Say what you know
layout:
  main:
    help: The most important
    fields:
      name: {label: Called, wide: true}
      rating: {readonly: true, help: Somebody else judges}
      open: {}
      amount: {widget: percent}
      reason: {visible_if: not open}
---
menu: main
label: Work
entries: {deal: {color: red}, help: {url: "https://example.org/help", label: Handbook}}
"#;

#[test]
fn a_form_says_what_its_author_says_of_its_fields() {
    on_each_with(DEALS, async |world| {
        let deal = world.create("deal", json!({"name": "Belt", "rating": 3, "open": true})).await;
        let address = format!("/deal/{deal}/edit");
        let mut browser = world.browser("ana").await;
        let page = browser.open(&address).await;
        for words in ["Say what you know", "The most important", "Called", "Somebody else judges"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        assert!(!page.text().contains("From one to five"), "{}", page.text());
        let mut form = page.form(&address);
        assert!(!form.has("rating") && !form.has("reason"), "{}", page.body);
        // What the form does not ask, it does not take.
        form.set("name", "Belts").add("rating", "5");
        browser.save(&form).await;
        let saved = world.get("deal", &deal).await;
        assert_eq!((&saved["name"], &saved["rating"]), (&json!("Belts"), &json!(3)));
        world.update("deal", &deal, json!({"open": false})).await;
        let page = browser.open(&address).await;
        assert!(page.form(&address).has("reason"));
        let page = browser.open(&format!("/deal/{deal}")).await;
        assert!(page.text().contains("Called"), "{}", page.text());
    });
}

#[test]
fn a_way_has_words_and_asks_for_fields_of_its_own() {
    on_each_with(DEALS, async |world| {
        let deal = world.create("deal", json!({"name": "Belt"})).await;
        let mut browser = world.browser("ana").await;
        let page = browser.open(&format!("/deal/{deal}")).await;
        assert!(page.text().contains("Win it") && !page.text().contains("Won"), "{}", page.text());
        for title in ["The customer signed", "From the first call to the signature"] {
            assert!(page.body.contains(&format!("title=\"{title}\"")), "{title}: {}", page.body);
        }
        let mut form = page.form(&format!("/deal/{deal}/transition?field=stage"));
        let refused = browser.submit(form.add("to", "won")).await;
        assert!(refused.text().contains("Amount"), "{}", refused.text());
        assert_eq!(world.get("deal", &deal).await["stage"], "draft");
        let mut form =
            browser.open(&format!("/deal/{deal}")).await.form(&format!("/deal/{deal}/transition?field=stage"));
        browser.save(form.add("to", "lost")).await;
        assert_eq!(world.get("deal", &deal).await["stage"], "lost", "the other way asks for nothing");
    });
}

#[test]
fn a_view_says_what_it_is_for_and_what_stands_out() {
    on_each_with(DEALS, async |world| {
        for (name, amount) in [("A", "500"), ("B", "50"), ("C", "0.50")] {
            world.create("deal", json!({"name": name, "amount": amount})).await;
        }
        let mut browser = world.browser("ana").await;
        let page = browser.open("/deal").await;
        assert_eq!(page.rows(), ["A", "B"], "two on a page");
        assert!(page.text().contains("Everything there is"), "{}", page.text());
        assert_eq!(page.body.matches("class=\"row-green\"").count(), 1, "the first that holds");
        assert_eq!(page.body.matches("class=\"row-red\"").count(), 1);
        assert!(page.text().contains("500%"), "{}", page.text());
        assert!(page.body.contains("aria-label=\"Work\"") && page.body.contains("menu-item menu-red"), "{}", page.body);
        let renamed = browser.open("/deal?view=every_deal").await;
        assert_eq!(renamed.rows(), ["A", "B"], "whoever kept the old address finds it");
        assert_eq!(page.link("Handbook").as_deref(), Some("https://example.org/help"));
    });
}
