//! Writes every sample page, in every language and in light and dark, with its assets into a folder, so that they can be
//! looked at: `cargo run -p fichero-web --example gallery -- FOLDER`, then serve FOLDER with any static file server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;

use fichero_web::ui::locale::Locale;
use fichero_web::ui::render::Renderer;
use fichero_web::ui::{assets, icons};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: gallery FOLDER"));
    for asset in assets::all() {
        let file = folder.join(assets::href(asset.name).trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, asset.content).unwrap();
    }
    let renderer = Renderer::new().unwrap();
    for locale in Locale::ALL {
        for sample in samples::all(&renderer, locale) {
            for theme in ["light", "dark"] {
                let html = sample.html.replacen("data-theme=\"auto\"", &format!("data-theme=\"{theme}\""), 1);
                std::fs::write(folder.join(format!("{}.{}.{theme}.html", sample.name, locale.tag())), html).unwrap();
            }
        }
    }
    std::fs::write(folder.join("icons.html"), icon_sheet()).unwrap();
}

fn icon_sheet() -> String {
    let sprite = assets::href("icons.svg");
    let items: String = icons::names()
        .map(|name| format!("<li><svg class=\"icon\"><use href=\"{sprite}#{name}\"/></svg> {name}</li>"))
        .collect();
    let style = assets::href("style.css");
    format!(
        "<!doctype html><meta charset=\"utf-8\"><link rel=\"stylesheet\" href=\"{style}\"><ul class=\"groups\">{items}</ul>"
    )
}
