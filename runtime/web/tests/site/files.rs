//! Files in forms and on pages, without script: what comes with a form is kept, refused at its field, shown and replaced.

use serde_json::{Value as Json, json};

use crate::browser::{Browser, Form, Page};
use crate::world::{World, on_each_with, on_one_with};

/// Two by two points.
pub const PNG: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9as\x00\x00\x00\x10IDATx\xdac\xe0M)\x02\x22\x06\x08\x05\x00\x17N\x03\x8d\x0e<\xf2\xa5\x00\x00\x00\x00IEND\xaeB`\x82";

pub const THINGS: &str = r#"
type: image
of: file
accept: [png, jpg]
widget: image
---
type: signature
of: file
accept: [png]
max: 1 kB
widget: signature
---
entity: thing
title: name
fields:
  name: {type: text, required: true}
  units: integer
  photo: {type: image, label: {en: Photo, es: Foto}}
  papers: {type: file, many: true, accept: [pdf, txt]}
  signed: {type: signature}
  parts: {type: lines, of: part}
---
entity: part
title: what
fields:
  thing: {type: ref, to: thing, required: true, on_delete: cascade}
  what: {type: text, required: true}
  picture: {type: image}
---
view: things
entity: thing
columns: [name, photo, papers]
"#;

/// A form for a new thing of this name.
async fn new(browser: &mut Browser, name: &str) -> Form {
    let mut form = browser.open("/thing/new").await.form("/thing");
    form.set("name", name);
    form
}

/// The id of the record on whose page a browser is.
fn id_of(saved: &Page) -> String {
    let edit = saved.body.split("href=\"/thing/").find_map(|rest| rest.split_once("/edit")).unwrap();
    edit.0.to_owned()
}

async fn thing(world: &World, id: &str) -> Json {
    world.get("thing", id).await
}

#[test]
fn files_come_with_the_form_and_are_shown() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.choose("photo.file", "press.png", PNG).choose("papers.file", "offer.txt", b"words").choose(
            "papers.file",
            "a\u{f1}o.txt",
            &[b'a'; 1250],
        );
        let saved = ana.save(&form).await;
        let id = id_of(&saved);
        let kept = thing(world, &id).await;
        let photo = kept["photo"].as_str().unwrap();
        assert_eq!(kept["papers"].as_array().unwrap().len(), 2);
        let img = format!("<img src=\"/api/files/{photo}/content\" alt=\"press.png\"");
        assert!(saved.body.contains(&img), "{}", saved.body);
        let text = saved.text();
        assert!(text.contains("offer.txt 5 B") && text.contains("a\u{f1}o.txt 1.3 kB"), "{text}");
        let bytes = ana.get(&format!("/api/files/{photo}/content")).await;
        assert_eq!(bytes.status, 200);
        // Small in a list, with what tells what it is.
        let list = ana.open("/thing").await;
        assert!(list.body.contains("class=\"thumb\"") && list.body.contains("alt=\"press.png\""), "{}", list.body);
        assert!(list.text().contains("offer.txt"), "{}", list.text());
        // As the reader's language writes it.
        world.add_person("olga", "Olga", "ru", false).await;
        let mut olga = world.browser("olga").await;
        let page = olga.open(&format!("/thing/{id}")).await;
        assert!(page.text().contains("a\u{f1}o.txt 1,3 \u{43a}\u{411}"), "{}", page.text());
    });
}

#[test]
fn files_are_kept_replaced_and_removed() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.choose("photo.file", "one.png", PNG).choose("papers.file", "a.txt", b"a").choose(
            "papers.file",
            "b.txt",
            b"b",
        );
        let id = id_of(&ana.save(&form).await);
        let before = thing(world, &id).await;
        let edit = format!("/thing/{id}/edit");
        // Left alone.
        let mut form = ana.open(&edit).await.form(&edit);
        form.set("name", "Lathe");
        ana.save(&form).await;
        let kept = thing(world, &id).await;
        assert_eq!((&kept["photo"], &kept["papers"]), (&before["photo"], &before["papers"]));
        // Another in its place; one of two, and a third.
        let mut form = ana.open(&edit).await.form(&edit);
        form.choose("photo.file", "two.png", PNG).untick("papers", before["papers"][0].as_str().unwrap()).choose(
            "papers.file",
            "c.txt",
            b"c",
        );
        let saved = ana.save(&form).await;
        let kept = thing(world, &id).await;
        assert_ne!(kept["photo"], before["photo"]);
        assert_eq!((&kept["papers"][0], kept["papers"].as_array().unwrap().len()), (&before["papers"][1], 2));
        // The history tells names.
        let history = saved.part("id=\"history\"", "</section>");
        for name in ["one.png", "two.png", "a.txt", "c.txt"] {
            assert!(history.contains(name), "{name}: {history}");
        }
        // None.
        let mut form = ana.open(&edit).await.form(&edit);
        let photo = kept["photo"].as_str().unwrap();
        form.untick("photo", photo);
        ana.save(&form).await;
        assert_eq!(thing(world, &id).await["photo"], Json::Null);
    });
}

#[test]
fn what_is_refused_stands_at_its_field_and_nothing_is_lost() {
    on_each_with(THINGS, async |world| {
        world.add_person("pablo", "Pablo", "es", false).await;
        let mut pablo = world.browser("pablo").await;
        let mut form = new(&mut pablo, "Prensa").await;
        form.set("units", "many")
            .choose("photo.file", "page.png", b"<html><body>no</body></html>")
            .choose("papers.file", "good.txt", b"words")
            .choose("papers.file", "bad.txt", PNG)
            .choose("signed.file", "big.png", &[PNG, &[0; 2000]].concat());
        let refused = pablo.submit(&form).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        let at = |name: &str| refused.part(&format!("data-field=\"{name}\""), "class=\"field ").to_owned();
        assert!(
            at("photo").contains("\u{ab}Foto\u{bb} admite PNG, JPG; \u{ab}page.png\u{bb} es HTML"),
            "{}",
            at("photo")
        );
        assert!(at("papers").contains("\u{ab}bad.txt\u{bb} es PNG"), "{}", at("papers"));
        assert!(at("signed").contains("\u{ab}big.png\u{bb} puede tener como m\u{e1}ximo 1 kB"), "{}", at("signed"));
        // What was accepted is there by its name, and goes with the next post.
        assert!(at("papers").contains(">good.txt</a>"), "{}", at("papers"));
        let mut form = refused.form("/thing");
        assert_eq!((form.value("name"), form.value("units")), ("Prensa", "many"));
        form.set("units", "3").choose("photo.file", "real.png", PNG);
        let id = id_of(&pablo.save(&form).await);
        let kept = thing(world, &id).await;
        assert_eq!((kept["papers"].as_array().unwrap().len(), &kept["signed"]), (1, &Json::Null));
        // An empty file, and one that was taken away and is offered still.
        let edit = format!("/thing/{id}/edit");
        let paper = kept["papers"][0].as_str().unwrap();
        let mut form = pablo.open(&edit).await.form(&edit);
        form.set("name", "").untick("papers", paper).choose("papers.file", "empty.txt", b"");
        let refused = pablo.submit(&form).await;
        assert!(refused.text().contains("El archivo est\u{e1} vac\u{ed}o"), "{}", refused.text());
        let mut form = refused.form(&edit);
        assert!(!form.pairs.iter().any(|(name, value)| name == "papers" && value == paper));
        assert!(refused.body.contains(&format!("value=\"{paper}\"")), "it can be ticked again");
        form.set("name", "Prensa 2").add("papers", paper);
        pablo.save(&form).await;
        assert_eq!(thing(world, &id).await["papers"], json!([paper]));
    });
}

#[test]
fn nobody_gets_or_learns_of_files_of_others() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        world.add_person("pablo", "Pablo", "en", false).await;
        let mut form = new(&mut ana, "Press").await;
        form.set("units", "many").choose("photo.file", "secret.png", PNG);
        let theirs = ana.submit(&form).await.form("/thing").value("photo").to_owned();
        let mut pablo = world.browser("pablo").await;
        let mut form = new(&mut pablo, "Lathe").await;
        form.add("photo", &theirs);
        let refused = pablo.submit(&form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("names no upload of yours"), "{}", refused.text());
        assert!(!refused.body.contains("secret.png"), "{}", refused.body);
    });
}

#[test]
fn a_form_without_its_token_keeps_no_file() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.set("_csrf", "foreign").choose("photo.file", "a.png", PNG);
        let again = ana.submit(&form).await;
        assert_eq!(again.status, 403);
        assert!(again.text().contains("opened in another session"), "{}", again.text());
        assert!(again.text().contains("a.png\u{201d} did not come along"), "{}", again.text());
        assert_eq!(again.form("/thing").value("name"), "Press");
        assert!(world.engine.files().list().unwrap().is_empty());
        form.pairs.retain(|(name, _)| name != "_csrf");
        assert_eq!(ana.submit(&form).await.status, 403);
        ana.headers.push(("sec-fetch-site", "cross-site".to_owned()));
        let mut form = new(&mut ana, "Press").await;
        form.choose("photo.file", "a.png", PNG);
        assert_eq!(ana.submit(&form).await.status, 403);
        assert!(world.engine.files().list().unwrap().is_empty());
    });
}

#[test]
fn more_files_than_come_with_a_form_are_told() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        for n in 0..12 {
            form.choose("papers.file", &format!("{n}.txt"), n.to_string().as_bytes());
        }
        let refused = ana.submit(&form).await;
        assert!(refused.text().contains("add \u{201c}11.txt\u{201d} then"), "{}", refused.text());
        let id = id_of(&ana.save(&refused.form("/thing")).await);
        assert_eq!(thing(world, &id).await["papers"].as_array().unwrap().len(), 10);
    });
}

#[test]
fn lines_have_files_too() {
    on_each_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.add("_do", "add:parts");
        let mut form = ana.submit(&form).await.form("/thing");
        form.set("parts.0.what", "Belt").choose("parts.0.picture.file", "belt.png", b"words");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("belt.png\u{201d} is TXT"), "{}", refused.text());
        let mut form = refused.form("/thing");
        form.choose("parts.0.picture.file", "belt.png", PNG);
        let id = id_of(&ana.save(&form).await);
        let page = ana.open(&format!("/thing/{id}")).await;
        assert!(page.body.contains("alt=\"belt.png\""), "{}", page.body);
    });
}

#[test]
fn a_conflict_keeps_the_upload_and_tells_names() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.choose("photo.file", "one.png", PNG);
        let id = id_of(&ana.save(&form).await);
        let edit = format!("/thing/{id}/edit");
        let mut mine = ana.open(&edit).await.form(&edit);
        let mut theirs = mine.clone();
        theirs.choose("photo.file", "theirs.png", PNG);
        ana.save(&theirs).await;
        mine.choose("photo.file", "mine.png", PNG);
        let conflict = ana.submit(&mine).await;
        assert_eq!(conflict.status, 409);
        for name in ["one.png", "mine.png", "theirs.png"] {
            assert!(conflict.text().contains(name), "{name}: {}", conflict.text());
        }
        let mut form = conflict.form(&edit);
        form.add("_do", "save");
        let saved = ana.save(&form).await;
        assert!(saved.body.contains("alt=\"mine.png\""), "{}", saved.body);
    });
}

#[test]
fn a_copy_of_a_record_that_is_gone_has_what_was_uploaded_for_it() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = new(&mut ana, "Press").await;
        form.choose("photo.file", "old.png", PNG);
        let id = id_of(&ana.save(&form).await);
        let edit = format!("/thing/{id}/edit");
        let mut form = ana.open(&edit).await.form(&edit);
        world.delete("thing", &id).await;
        form.set("name", "Lathe").choose("papers.file", "new.txt", b"new").choose("signed.file", "no.png", b"words");
        let gone = ana.submit(&form).await;
        assert_eq!(gone.status, 422, "{}", gone.text());
        assert!(gone.text().contains("new.txt") && gone.text().contains("is TXT"), "{}", gone.text());
        let mut form = gone.form(&edit);
        form.add("_do", "copy");
        let saved = ana.save(&form).await;
        let copy = thing(world, &id_of(&saved)).await;
        assert_eq!((&copy["name"], &copy["photo"]), (&json!("Lathe"), &Json::Null), "the old one's file stays its own");
        assert_eq!(copy["papers"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_merge_tells_files_by_their_names() {
    on_one_with(THINGS, async |world| {
        let mut ana = world.browser("ana").await;
        let mut ids = Vec::new();
        for name in ["one", "two"] {
            let mut form = new(&mut ana, name).await;
            form.choose("photo.file", &format!("{name}.png"), PNG);
            ids.push(id_of(&ana.save(&form).await));
        }
        let page = ana.open(&format!("/thing/{}/merge?into={}", ids[0], ids[1])).await;
        assert!(page.text().contains("one.png") && page.text().contains("two.png"), "{}", page.text());
    });
}
