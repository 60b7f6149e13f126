//! Files in a real browser: sent at once with a bar, refused at the field, dropped, done without, drawn by hand.

use std::io::Write as _;

use crate::files::{PNG, THINGS};
use crate::screens::Screen;
use crate::world::{World, on_one_with};

/// A file for a browser to choose.
fn on_disk(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

async fn at_new_thing(world: &World) -> Option<Screen> {
    let screen = Screen::of(world).await?;
    screen.sign_in(world, "ana").await;
    screen.chromium.resize(1440, 1200);
    screen.open("/thing/new");
    Some(screen)
}

/// Saves, and gives the record as it is kept.
async fn saved(screen: &Screen, world: &World) -> serde_json::Value {
    screen.chromium.press(".form-foot .primary");
    screen.chromium.wait_for("location.pathname !== '/thing/new' && document.readyState === 'complete'");
    let summary = screen.text("document.querySelector('[data-summary]')?.textContent ?? ''");
    assert_eq!(summary, "");
    world.get("thing", &screen.text("location.pathname.split('/').pop()")).await
}

#[test]
fn files_are_sent_at_once_and_go_with_the_record() {
    on_one_with(THINGS, async |world| {
        let Some(screen) = at_new_thing(world).await else { return };
        let chromium = &screen.chromium;
        let (_one, first) = on_disk("first.png", PNG);
        let (_two, second) = on_disk("second.png", PNG);
        chromium.type_into("[name=name]", "Press");
        chromium.type_into("[name='photo.file']", &first);
        chromium.wait_for("document.querySelector('[data-field=photo] [name=photo][type=checkbox]')");
        let item = |rest: &str| format!("document.querySelector('[data-field=photo] .file-item{rest}')");
        assert!(screen.text(&format!("{}.textContent", item(""))).contains("first.png"));
        assert!(
            screen.text("document.querySelector('[data-field=photo] [data-told]').textContent").contains("first.png")
        );
        chromium.wait_for(&format!("{}.complete", item(" img")));
        assert_eq!(screen.number(&format!("{}.naturalWidth", item(" img"))), 2.0, "the policy lets it be seen");
        // Of a field of one file the newer counts.
        chromium.type_into("[name='photo.file']", &second);
        chromium.wait_for("document.querySelectorAll('[data-field=photo] [name=photo][type=checkbox]').length === 2");
        assert!(screen.text(&format!("{}.textContent", item(".is-off"))).contains("first.png"));
        // Several, one of which is done without again.
        let (_a, a) = on_disk("a.txt", b"a");
        let (_b, b) = on_disk("b.txt", b"b");
        chromium.type_into("[name='papers.file']", &format!("{a}\n{b}"));
        chromium.wait_for("document.querySelectorAll('[data-field=papers] [name=papers][type=checkbox]').length === 2");
        chromium.press("[data-field=papers] .file-item:first-child [data-file-toss]");
        let kept = saved(&screen, world).await;
        assert_eq!(kept["papers"].as_array().unwrap().len(), 1);
        let photo = kept["photo"].as_str().unwrap();
        let shown = screen.text("document.querySelector('.picture img').getAttribute('src')");
        assert_eq!(shown, format!("/api/files/{photo}/content"));
        assert_eq!(screen.text("document.querySelector('.picture img').alt"), "second.png");
        screen.open("/thing");
        assert_eq!(screen.text("document.querySelector('.table .thumb').alt"), "second.png");
        assert_eq!(screen.number("document.querySelector('.table .thumb').getBoundingClientRect().width"), 32.0);
    });
}

#[test]
fn a_refused_file_is_told_of_at_its_field_and_what_was_typed_stays() {
    on_one_with(THINGS, async |world| {
        let Some(screen) = at_new_thing(world).await else { return };
        let chromium = &screen.chromium;
        let (_kept, page) = on_disk("page.png", b"<html><body>no</body></html>");
        let (_large, large) = on_disk("large.png", &[PNG, &[0; 2000]].concat());
        chromium.type_into("[name=name]", "Press");
        chromium.type_into("[name='photo.file']", &page);
        chromium.wait_for("document.querySelector('[data-field=photo] [role=alert]')");
        let alert = |field: &str| {
            screen.text(&format!("document.querySelector('[data-field={field}] [role=alert]').textContent"))
        };
        assert!(alert("photo").contains("takes PNG, JPG"), "{}", alert("photo"));
        chromium.type_into("[name='signed.file']", &large);
        chromium.wait_for("document.querySelector('[data-field=signed] [role=alert]')");
        assert!(alert("signed").contains("may have at most 1 kB"), "{}", alert("signed"));
        assert_eq!(screen.text("document.querySelector('[name=name]').value"), "Press");
        let kept = saved(&screen, world).await;
        assert_eq!((&kept["name"], &kept["photo"]), (&"Press".into(), &serde_json::Value::Null));
    });
}

#[test]
fn a_dropped_file_is_waited_for_when_the_form_is_saved() {
    on_one_with(THINGS, async |world| {
        let Some(screen) = at_new_thing(world).await else { return };
        let chromium = &screen.chromium;
        chromium.type_into("[name=name]", "Press");
        chromium.run(
            "const data = new DataTransfer(); data.items.add(new File(['x'.repeat(4000000)], 'long.txt')); \
             const box = document.querySelector('[data-field=papers] [data-files]'); \
             box.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})); \
             document.querySelector('form[data-form]').requestSubmit();",
        );
        chromium.wait_for("location.pathname !== '/thing/new' && document.readyState === 'complete'");
        let kept = world.get("thing", &screen.text("location.pathname.split('/').pop()")).await;
        assert_eq!(kept["papers"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_signature_is_drawn() {
    on_one_with(&THINGS.replace("max: 1 kB", "max: 1 MB"), async |world| {
        let Some(screen) = at_new_thing(world).await else { return };
        let chromium = &screen.chromium;
        chromium.resize(390, 844);
        chromium.type_into("[name=name]", "Press");
        let pad = "[data-field=signed] canvas";
        let line = [(-100, 0), (-60, -30), (-20, 30), (20, -30), (60, 30), (100, 0)];
        chromium.draw(pad, &line);
        assert!(screen.number("document.querySelector('[name=\"signed.file\"]').files.length") > 0.0);
        chromium.press("[data-field=signed] [data-clear]");
        assert_eq!(screen.number("document.querySelector('[name=\"signed.file\"]').files.length"), 0.0);
        chromium.draw(pad, &line);
        let kept = saved(&screen, world).await;
        let id = kept["signed"].as_str().unwrap();
        assert_eq!(
            screen.text("document.querySelector('.picture img').getAttribute('src')"),
            format!("/api/files/{id}/content")
        );
        chromium.wait_for("document.querySelector('.picture img').complete");
        // It is not an empty sheet.
        let dark = "const img = document.querySelector('.picture img'); const sheet = document.createElement('canvas'); \
            sheet.width = img.naturalWidth; sheet.height = img.naturalHeight; const pen = sheet.getContext('2d'); \
            pen.drawImage(img, 0, 0); \
            return pen.getImageData(0, 0, sheet.width, sheet.height).data.filter((part, at) => at % 4 === 0 && part < 128).length";
        assert!(chromium.run(dark).as_f64().unwrap() > 100.0);
        assert!(screen.number("document.documentElement.scrollWidth") <= 390.0);
    });
}

#[test]
fn every_part_can_be_hit_with_a_thumb_and_nothing_scrolls_sideways() {
    on_one_with(THINGS, async |world| {
        let Some(screen) = at_new_thing(world).await else { return };
        let chromium = &screen.chromium;
        let (_a, a) = on_disk(&format!("{}.txt", "long-name-".repeat(12)), b"a");
        chromium.resize(390, 844);
        screen.open("/thing/new");
        chromium.type_into("[name='papers.file']", &a);
        chromium.wait_for("document.querySelector('[data-field=papers] [name=papers][type=checkbox]')");
        chromium.press("[data-add-line]");
        assert!(screen.number("document.documentElement.scrollWidth") <= 390.0);
        let small = "[...document.querySelectorAll('[data-files] :is(button, .file-choose)')].filter((part) => \
            part.getClientRects().length && Math.min(part.offsetHeight, part.offsetWidth) < 44).map((part) => part.className).join()";
        assert_eq!(screen.text(small), "");
    });
}
