//! Bringing records in from a file by pages alone.

use fichero_engine::worker;

use crate::browser::{Browser, Page};
use crate::world::{World, on_each};

const CSV: &str = "Name,E-mail,Since,Other\nEbro Bolts,EBRO@example.com,2020,x\nDuero Nuts,wrong,2021,y\n";

async fn done(world: &World) {
    worker::run_long_due(&world.engine).await.unwrap();
}

/// Sends a file as the form of the page does.
async fn send(browser: &mut Browser, page: &Page, csv: &str) -> Page {
    let token = page.form("/firm/import").value("_csrf").to_owned();
    browser.post_file("/firm/import", &token, ("firms.csv", csv)).await
}

/// The boss, at the page on which the columns of a file are shown.
async fn at_columns(world: &World) -> (Browser, Page) {
    world.add_person("boss", "Boss", "en", true).await;
    let mut boss = world.browser("boss").await;
    assert!(boss.open("/firm").await.body.contains("href=\"/firm/import\""));
    let start = boss.open("/firm/import").await;
    let sent = send(&mut boss, &start, CSV).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let columns = boss.open(sent.location()).await;
    (boss, columns)
}

#[test]
fn a_file_goes_through_all_pages() {
    on_each(async |world: &World| {
        let (mut boss, columns) = at_columns(world).await;
        let mut form = columns.form("/firm/import/order");
        assert_eq!(
            (form.value("h0"), form.value("f0"), form.value("f1"), form.value("f3")),
            ("Name", "name", "email", "")
        );
        assert!(columns.text().contains("Ebro Bolts") && columns.text().contains("sure"), "{}", columns.text());
        form.add("m0", "1");
        form.add("_do", "dry");
        let dry = boss.submit(&form).await;
        assert_eq!(dry.status, 303, "{}", dry.text());
        let at = dry.location().to_owned();
        let waiting = boss.open(&at).await;
        assert_eq!(waiting.headers["refresh"], "2");
        done(world).await;
        let shown = boss.open(&at).await;
        assert!(shown.headers.get("refresh").is_none());
        for text in ["Dry run", "Ebro Bolts", "ebro@example.com", "line 3: E-mail", "Other"] {
            assert!(shown.text().contains(text), "{text}: {}", shown.text());
        }
        assert!(shown.body.contains("mapping: firms\nentity: firm\nmatch: [name]\n"), "{}", shown.body);
        assert_eq!(boss.open("/firm").await.rows().len(), 0);

        let mut now = shown.form(&at);
        now.add("_do", "import");
        let begun = boss.submit(&now).await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        let at = begun.location().to_owned();
        done(world).await;
        let ended = boss.open(&at).await;
        assert!(ended.body.contains(&format!("{at}/rejects")), "{}", ended.body);
        let rejects = boss.get(&format!("{at}/rejects")).await;
        assert!(rejects.body.starts_with("Name,E-mail,Since,Other,rejected_because\n"), "{}", rejects.body);
        assert_eq!(boss.open("/firm").await.rows(), ["Ebro Bolts"]);
        assert!(boss.open("/firm/import").await.text().contains("firms.csv"));

        let mut undo = ended.form(&at);
        undo.add("_do", "undo");
        boss.save(&undo).await;
        done(world).await;
        let undone = boss.open(&at).await;
        assert!(undone.text().contains("taken back"), "{}", undone.text());
        assert_eq!(boss.open("/firm").await.rows().len(), 0);
    });
}

#[test]
fn what_is_wrong_is_told_and_nothing_chosen_is_lost() {
    on_each(async |world: &World| {
        let (mut boss, columns) = at_columns(world).await;
        let mut form = columns.form("/firm/import/order");
        form.set("f3", "name");
        form.set("d3", "whatever");
        let refused = boss.submit(&form).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        let again = refused.form("/firm/import/order");
        assert_eq!((again.value("f3"), again.value("d3"), again.value("f1")), ("name", "whatever", "email"));
        assert!(refused.text().contains("Two columns fill Name"), "{}", refused.text());

        let start = boss.open("/firm/import").await;
        let empty = send(&mut boss, &start, "").await;
        assert_eq!(empty.status, 422);
        let other = boss.post_file("/firm/import", "wrong", ("a.csv", CSV)).await;
        assert_eq!(other.status, 403);
        let mut ana = world.browser("ana").await;
        assert_eq!(ana.get("/firm/import").await.status, 403);
        assert!(!ana.open("/firm").await.body.contains("/firm/import"));
    });
}

#[test]
fn pages_of_imports_speak_all_languages() {
    on_each(async |world: &World| {
        for (login, locale, words) in [("eva", "es", "Mirar el archivo"), ("ira", "ru", "Посмотреть файл")]
        {
            world.add_person(login, login, locale, true).await;
            let page = world.browser(login).await.open("/firm/import").await;
            assert!(page.text().contains(words), "{}", page.text());
        }
    });
}
