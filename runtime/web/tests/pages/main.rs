//! Every page, rendered from sample contexts: what it says is a snapshot, how it is built is checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod markup;
#[path = "../samples/mod.rs"]
mod samples;

use fichero_web::ui::locale::Locale;
use fichero_web::ui::render::Renderer;

#[test]
fn pages_look_as_they_did() {
    let renderer = Renderer::new().unwrap();
    for sample in samples::all(&renderer, Locale::En) {
        // The fingerprint of the assets changes with every stroke of their authors and says nothing here.
        let html = without_fingerprint(&sample.html);
        insta::assert_snapshot!(sample.name, html);
    }
    for locale in [Locale::Es, Locale::Ru] {
        let list = samples::all(&renderer, locale).into_iter().find(|sample| sample.name == "list").unwrap();
        insta::assert_snapshot!(format!("list-{}", locale.tag()), without_fingerprint(&list.html));
    }
}

#[test]
fn pages_are_well_built_in_every_language() {
    let renderer = Renderer::new().unwrap();
    for locale in Locale::ALL {
        for sample in samples::all(&renderer, locale) {
            let faults = markup::faults(&sample.html);
            assert!(faults.is_empty(), "{} in {}:\n{}", sample.name, locale.tag(), faults.join("\n"));
        }
    }
}

#[test]
fn text_of_people_is_never_markup() {
    let renderer = Renderer::new().unwrap();
    let record = samples::all(&renderer, Locale::En).into_iter().find(|sample| sample.name == "record").unwrap();
    assert!(record.html.contains("&lt;b&gt;price&lt;/b&gt;"));
    assert!(!record.html.contains("href=\"javascript:"));
}

fn without_fingerprint(html: &str) -> String {
    let mut pieces = html.split("/assets/");
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (_, rest) = piece.split_once('/').unwrap();
        out.push_str("/assets/");
        out.push_str(rest);
    }
    out
}
