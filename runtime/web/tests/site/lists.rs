//! Lists: views, search, filters, order, pages.

use serde_json::json;

use crate::browser::Page;
use crate::world::{World, on_each};

async fn furnish(world: &World) {
    let ebro = world.create("firm", json!({"name": "Conservas del Ebro", "city": "Zaragoza"})).await;
    let mar = world.create("firm", json!({"name": "Frutas Mar", "city": "Valencia"})).await;
    let live = world.engine.live();
    let ana = world.engine.user_by_login("ana").await.unwrap().id.to_string();
    drop(live);
    for (name, firm, amount, day, owner) in [
        ("Ñandú belt", &ebro, "1500", "2026-04-01", Some(&ana)),
        ("Sensor", &mar, "900.50", "2026-05-01", None),
        ("Belt repair", &ebro, "99", "2026-06-01", Some(&ana)),
    ] {
        world
            .create("deal", json!({"name": name, "firm": firm, "amount": amount, "close_date": day, "owner": owner}))
            .await;
    }
    let closed = world.create("deal", json!({"name": "Closed", "amount": "5000", "stage": "offer"})).await;
    world.update("deal", &closed, json!({"stage": "won"})).await;
}

fn sorted(page: &Page) -> Vec<String> {
    let mut rows = page.rows();
    rows.sort();
    rows
}

#[test]
fn a_view_shows_its_records_columns_order_and_totals() {
    on_each(async |world| {
        furnish(world).await;
        let mut ana = world.browser("ana").await;
        let list = ana.open("/deal").await;
        assert_eq!(list.rows(), ["Belt repair", "Ñandú belt", "Sensor"]);
        let text = list.text();
        for seen in ["3 records", "Conservas del Ebro", "Zaragoza", "€1,500.00", "1 Apr 2026", "Ana Ruiz", "€2,499.50"]
        {
            assert!(text.replace('\u{a0}', " ").contains(seen), "`{seen}` is not in {text}");
        }
        assert_eq!(ana.open("/deal?view=big_deals").await.rows(), ["Closed", "Ñandú belt"]);
        // No view of this entity shows all of its records, so there is a way to.
        assert_eq!(sorted(&ana.open(&list.link("All").unwrap()).await).len(), 4);
    });
}

#[test]
fn words_and_filters_narrow_a_list() {
    on_each(async |world| {
        furnish(world).await;
        let mut ana = world.browser("ana").await;
        let me = world.engine.user_by_login("ana").await.unwrap().id;
        for (query, rows) in [
            ("q=nandu".to_owned(), &["Ñandú belt"][..]),
            ("q=belt+rep".to_owned(), &["Belt repair"]),
            ("q=%22%5C".to_owned(), &[]),
            (format!("owner={me}"), &["Belt repair", "Ñandú belt"]),
            ("stage=talk&firm.text=mar".to_owned(), &["Sensor"]),
            // Numbers that were given out, and what the columns show of other records.
            ("q=D-0002".to_owned(), &["Sensor"]),
            ("q=conservas".to_owned(), &["Belt repair", "Ñandú belt"]),
            ("q=valencia+sens".to_owned(), &["Sensor"]),
            ("q=ana+ebro+repair".to_owned(), &["Belt repair"]),
            ("amount.from=900.5".to_owned(), &["Sensor", "Ñandú belt"]),
            ("amount.from=900.5&amount.to=1%2C000".to_owned(), &["Sensor"]),
            ("close_date.from=2026-05-01&close_date.to=2026-05-31".to_owned(), &["Sensor"]),
            ("kind=renewal".to_owned(), &[]),
            ("stage=&owner=".to_owned(), &["Belt repair", "Sensor", "Ñandú belt"]),
        ] {
            let page = ana.open(&format!("/deal?{query}")).await;
            assert_eq!(sorted(&page), rows, "{query}");
        }
        let page = ana.open("/deal?firm.text=ebro&q=belt&sort=-amount").await;
        assert_eq!(page.rows(), ["Ñandú belt", "Belt repair"]);
        assert!(page.text().contains("Firm “ebro”"), "{}", page.text());
        assert_eq!(page.link("Clear all").unwrap(), "/deal?sort=-amount");
        for wrong in ["stage=nothing", "close_date=31.02", "view=firm", "sort=lines", "cursor=x", "number=1&bad.from=2"]
        {
            assert_eq!(ana.get(&format!("/deal?{wrong}")).await.status, 400, "{wrong}");
        }
    });
}

#[test]
fn a_filter_that_cannot_be_read_is_told_and_lists_nothing() {
    on_each(async |world| {
        furnish(world).await;
        let mut ana = world.browser("ana").await;
        let page = ana.get("/deal?amount.from=lots&stage=talk").await;
        assert_eq!(page.status, 422);
        assert_eq!(page.rows(), Vec::<String>::new());
        assert_eq!(page.form_value("amount.from"), "lots", "what was typed stays");
        for seen in ["“lots”: Amount must be a number", "A filter could not be read", "0 records"] {
            assert!(page.text().contains(seen), "`{seen}` is not in {}", page.text());
        }
        assert!(page.body.contains("class=\"popover\" data-menu open"), "the inputs are unfolded");
        assert_eq!(ana.open(&page.link("Remove filter: Amount").unwrap()).await.rows().len(), 3);
    });
}

#[test]
fn a_view_without_records_leads_to_all() {
    on_each(async |world| {
        world.create("deal", json!({"name": "Small", "amount": "5"})).await;
        let mut ana = world.browser("ana").await;
        let page = ana.open("/deal?view=big_deals").await;
        assert!(page.text().contains("Nothing in this view"), "{}", page.text());
        assert_eq!(ana.open(&page.link("Show all deals").unwrap()).await.rows(), ["Small"]);
    });
}

#[test]
fn headings_sort_and_pages_turn_forth_and_back() {
    on_each(async |world| {
        for n in 0..120 {
            world.create("firm", json!({"name": format!("Firm {n:03}"), "city": format!("City {}", n % 7)})).await;
        }
        let mut ana = world.browser("ana").await;
        let first = ana.open("/firm").await;
        assert!(first.text().contains("120 records"));
        let by_city = first.link("City").unwrap();
        let page = ana.open(&by_city).await;
        assert!(page.body.contains("aria-sort=\"ascending\""));
        let again = page.link("City").unwrap();
        assert_eq!(again, "/firm?sort=-city");
        let mut page = ana.open(&again).await;
        let mut seen: Vec<Vec<String>> = Vec::new();
        loop {
            seen.push(page.rows());
            let Some(next) = page.link("Next") else { break };
            page = ana.open(&next).await;
        }
        assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
        let mut all: Vec<String> = seen.concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 120, "no record twice, none left out");
        for earlier in seen.iter().rev().skip(1) {
            page = ana.open(&page.link("Previous").unwrap()).await;
            assert_eq!(page.rows(), *earlier);
        }
        assert_eq!(page.link("Previous"), None);
        // A cursor belongs to its question.
        let cursor = ana.open(&again).await.link("Next").unwrap().replace("-city", "name");
        assert_eq!(ana.get(&cursor).await.status, 400);
    });
}

#[test]
fn an_empty_list_says_whether_anything_is_there_at_all() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        assert!(ana.open("/firm").await.text().contains("Nothing here yet"));
        world.create("firm", json!({"name": "Ebro"})).await;
        assert!(ana.open("/firm?q=zzz").await.text().contains("Nothing matches"));
    });
}

#[test]
fn suggestions_are_found_by_words_and_keep_to_the_references_condition() {
    on_each(async |world| {
        let ebro = world.create("firm", json!({"name": "Conservas del Ebro", "city": "Zaragoza"})).await;
        let mar = world.create("firm", json!({"name": "Frutas Mar"})).await;
        world.create("person", json!({"name": "Pilar", "firm": ebro})).await;
        world.create("person", json!({"name": "Iñaki", "firm": mar})).await;
        let mut ana = world.browser("ana").await;
        let found = async |browser: &mut crate::browser::Browser, query: &str| {
            let found: serde_json::Value = serde_json::from_str(&browser.open(query).await.body).unwrap();
            found.as_array().unwrap().iter().map(|found| found["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found(&mut ana, "/firm/suggest?q=EBRO").await, ["Conservas del Ebro"]);
        assert_eq!(found(&mut ana, "/firm/suggest").await, ["Conservas del Ebro", "Frutas Mar"]);
        let contact = "/person/suggest?of=deal&field=contact";
        assert_eq!(found(&mut ana, &format!("{contact}&record.firm={mar}")).await, ["Iñaki"]);
        assert_eq!(found(&mut ana, &format!("{contact}&record.firm=")).await, ["Iñaki", "Pilar"]);
        let body = ana.open("/firm/suggest?q=ebro").await.body;
        assert!(body.contains("\"note\":\"Zaragoza\"") && body.contains(&ebro), "{body}");
    });
}

impl Page {
    fn form_value(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

#[test]
fn a_list_becomes_a_file_with_its_filter_order_and_columns() {
    on_each(async |world| {
        furnish(world).await;
        let mut ana = world.browser("ana").await;
        let list = ana.open("/deal?q=belt&sort=-amount").await;
        let file = ana.open(&list.link("CSV").unwrap()).await;
        assert!(!file.is_html());
        let rows: Vec<&str> = file.body.lines().collect();
        assert_eq!(rows.len(), 3, "{}", file.body);
        assert!(rows[1].starts_with("Ñandú belt,Conservas del Ebro,"), "{}", file.body);
        assert!(rows[2].starts_with("Belt repair,"), "{}", file.body);
        assert_eq!(ana.get("/deal/export/pdf").await.status, 404);
        assert_eq!(ana.get("/deal/export/csv?amount.from=much").await.status, 400);
    });
}
