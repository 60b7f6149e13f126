//! Types on pages: how each is shown, asked and given back.

use serde_json::json;

use crate::world::on_each_with;

const THINGS: &str = r##"
type: place
of: group
fields:
  street: text
  city: {type: text, required: true}
  open: boolean
formula: join([street, city], ", ")
---
type: numbers
of: lines
fields: {number: {type: text, required: true}, primary: boolean}
---
type: rich
of: longtext
clean: html
widget: html
---
entity: thing
title: name
fields:
  name: {type: text, required: true}
  stars: {type: integer, min: 1, max: 5, widget: rating}
  shade: {type: text, widget: color}
  ean: {type: text, widget: barcode}
  link: {type: text, widget: qr}
  words: {type: text, many: true, widget: tags}
  source: {type: longtext, widget: code}
  home: {type: place, label: Where it stands}
  numbers: {type: numbers}
  about: {type: rich, search: true}
  shout: {type: rich, formula: '"<em>" + name + "</em>"'}
  desk: {type: text, clean: [trim, phone], widget: phone}
"##;

#[test]
fn parts_are_asked_together_and_told_as_one() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let page = ana.open("/thing/new").await;
        assert!(page.text().contains("Where it stands Street City"), "{}", page.text());
        let mut form = page.form("/thing");
        form.set("name", "Press").set("home_street", "Calle 1");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("Where it stands: City"), "{}", refused.text());
        let mut form = refused.form("/thing");
        assert_eq!(form.value("home_street"), "Calle 1");
        form.set("home_city", "Vigo").add("numbers.0.number", "600 100 200");
        let saved = ana.save(&form).await;
        assert!(saved.text().contains("Where it stands Calle 1, Vigo"), "{}", saved.text());
        assert!(saved.text().contains("600 100 200"), "{}", saved.text());
        let list = ana.open("/thing").await;
        assert!(
            list.text().contains("Calle 1, Vigo") && !list.text().contains("Where it stands: City"),
            "{}",
            list.text()
        );
    });
}

#[test]
fn what_a_widget_draws_says_the_same_in_words() {
    on_each_with(THINGS, async |world| {
        let thing = world
            .create(
                "thing",
                json!({
                    "name": "Press", "stars": 4, "shade": "#1f6feb", "ean": "2112345678900", "link": "https://a.example",
                    "words": ["heavy", "old"], "source": "a\n  b",
                }),
            )
            .await;
        let mut ana = world.browser("ana").await;
        let page = ana.open(&format!("/thing/{thing}")).await;
        for part in [
            r#"aria-label="4 of 5 stars""#,
            r##"<rect width="1" height="1" fill="#1f6feb"></rect>"##,
            "2112345678900",
            r#"<path d="M10 0h1v40h-1z"#,
            r#"<span class="pill pill-gray">heavy</span>"#,
            "<code class=\"code\">a\n  b</code>",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        let mut form = ana.open(&format!("/thing/{thing}/edit")).await.form(&format!("/thing/{thing}/edit"));
        assert_eq!((form.value("stars"), form.value("words")), ("4", "heavy\r\nold"));
        form.set("stars", "2").set("shade", "\"><script>");
        let saved = ana.save(&form).await;
        assert!(saved.body.contains(r#"aria-label="2 of 5 stars""#));
        assert!(!saved.body.contains("<script>\"") && saved.text().contains("\"><script>"), "shown as the text it is");
        assert_eq!(
            saved.body.matches("<rect").count(),
            1,
            "what is no colour is not drawn, what it was is, in the history"
        );
    });
}

#[test]
fn a_phone_number_is_typed_and_told_as_people_write_it() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/thing/new").await.form("/thing");
        form.set("name", "Press").set("desk", "912 345 678");
        let refused = ana.submit(&form).await;
        assert!(refused.text().contains("of which country is 912 345 678"), "{}", refused.text());
        let mut form = refused.form("/thing");
        assert_eq!(form.value("desk"), "912 345 678", "what was typed stays");
        form.set("desk", "0034 912-345-678");
        let saved = ana.save(&form).await;
        assert!(saved.body.contains("href=\"tel:+34912345678\""), "{}", saved.body);
        assert!(saved.text().contains("+34 912 34 56 78"), "{}", saved.text());
        let thing = world.create("thing", json!({"name": "Lathe", "desk": "+34 912 345 679"})).await;
        let edit = format!("/thing/{thing}/edit");
        assert_eq!(ana.open(&edit).await.form(&edit).value("desk"), "+34 912 34 56 79");
        let found = ana.open("/thing?q=912-345").await;
        assert!(found.text().contains("Press"), "{}", found.text());
    });
}

#[test]
fn rich_text_is_shown_in_its_shape_and_nothing_unsafe_is_kept() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/thing/new").await.form("/thing");
        form.set("name", "<script>alert(1)</script>Press")
            .set("about", "Good & <b onclick=x>heavy</b><script>alert(2)</script>");
        let saved = ana.save(&form).await;
        assert!(saved.body.contains("<div class=\"rich\">Good &amp; <b>heavy</b></div>"), "{}", saved.body);
        assert!(saved.body.contains("<div class=\"rich\"><em>Press</em></div>"), "{}", saved.body);
        assert!(!saved.body.contains("onclick") && !saved.body.contains("<script>alert"), "{}", saved.body);
        let list = ana.open("/thing").await;
        assert!(!list.body.contains("class=\"rich\""), "a table has its words alone");
        let found = ana.open("/search?q=heavy").await;
        assert!(found.text().contains("Press"), "{}", found.text());
        assert!(!ana.open("/search?q=onclick").await.text().contains("Press"));
        let plain = world.create("thing", json!({"name": "Lathe", "about": "One\ntwo\n\nthree <3"})).await;
        let about = world.get("thing", &plain).await["about"].clone();
        assert_eq!(about, "<p>One<br>two</p><p>three &lt;3</p>");
        let edit = format!("/thing/{plain}/edit");
        let mut form = ana.open(&edit).await.form(&edit);
        assert_eq!(form.value("about"), "<p>One<br>two</p><p>three &lt;3</p>");
        form.set("about", "<p>One");
        assert!(ana.save(&form).await.body.contains("<div class=\"rich\"><p>One</p></div>"));
    });
}
