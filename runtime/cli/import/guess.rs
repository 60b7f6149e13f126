//! `fichero import … --guess`: the mapping that a file seems to need.

use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::path::Path;

use fichero_engine::Engine;
use fichero_engine::import::guess::{self, Column, Filled, Guess};
use fichero_model::data::Reading;
use fichero_model::{EntityId, name};
use serde_json::{Value as Json, json};

use super::super::{Context, Exit, Failure, Outcome, counted};
use super::Args;

/// Shows what each column seems to fill, and keeps it as a document where that is asked for.
pub(super) fn run(
    engine: &Engine,
    entity: EntityId,
    (opened, file): (File, &Path),
    (args, reading): (&Args, &Reading),
    (context, folder): (&Context, &Path),
) -> Outcome {
    let live = engine.live();
    let called = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let guess = guess::guess(&live.model, entity, BufReader::new(opened), &called, reading)
        .map_err(|error| Failure::new(error.to_string()))?;
    let entity = &*live.model[entity].name;
    let name = args.save.as_deref().unwrap_or("guessed");
    let document = document(name, entity, &guess, reading);
    let saved = args.save.as_deref().map(|name| save(folder, name, &document)).transpose()?;
    let mut told = table(&guess);
    match &saved {
        Some(path) => told.push_str(&format!("written to {path}; `fichero apply` puts it in force")),
        None => told.push_str(&format!("\n{}", document.trim_end())),
    }
    context.report.answer(&told, || to_json(&guess, &document, saved.as_deref()));
    Ok(Exit::Done)
}

fn table(guess: &Guess) -> String {
    let mut told = String::new();
    for Column { header, fills } in &guess.columns {
        match fills {
            Some(Filled { field, sure, why, .. }) => {
                told.push_str(&format!("{header} → {field}: {sure} % sure; {}\n", why.join("; ")));
            }
            None => told.push_str(&format!("{header}: fills nothing that is known\n")),
        }
    }
    match &guess.matching[..] {
        [] => told.push_str("no column holds a key by which records are found again: every row is a new record\n"),
        keys => told.push_str(&format!("records are found again by {}\n", keys.join(", "))),
    }
    told.push_str(&format!("{} looked at\n", counted(guess.rows, "row")));
    told
}

fn to_json(guess: &Guess, document: &str, saved: Option<&str>) -> Json {
    let column = |Column { header, fills }: &Column| match fills {
        Some(Filled { field, sure, why, formats, nothing }) => json!({
            "header": header, "field": field, "sure": sure, "why": why, "formats": formats, "nothing": nothing,
        }),
        None => json!({"header": header, "field": null}),
    };
    json!({
        "columns": guess.columns.iter().map(column).collect::<Vec<_>>(),
        "match": guess.matching,
        "rows": guess.rows,
        "document": document,
        "saved": saved,
    })
}

/// The guess as a document that its reader may change.
fn document(name: &str, entity: &str, guess: &Guess, reading: &Reading) -> String {
    let mut text =
        format!("# Guessed from a file; look at each column before it is used.\nmapping: {name}\nentity: {entity}\n");
    if !guess.matching.is_empty() {
        text.push_str(&format!("match: [{}]\n", guess.matching.join(", ")));
    }
    let delimiter =
        reading.delimiter.map(|sign| if sign == b'\t' { "tab".to_owned() } else { char::from(sign).to_string() });
    let encoding = reading.encoding.as_deref().map(str::to_owned);
    let sheet = reading.sheet.as_deref().map(str::to_owned);
    for (key, value) in [("delimiter", delimiter), ("encoding", encoding), ("sheet", sheet)] {
        if let Some(value) = value {
            text.push_str(&format!("{key}: {}\n", quoted(&value)));
        }
    }
    text.push_str("columns:\n");
    for Column { header, fills } in &guess.columns {
        let Some(Filled { field, sure, formats, nothing, .. }) = fills else {
            text.push_str(&format!("  # {}: fills nothing that is known\n", quoted(header)));
            continue;
        };
        let mut keys = vec![format!("field: {field}")];
        match &formats[..] {
            [] => {}
            [one] => keys.push(format!("format: {}", quoted(one))),
            several => keys.push(format!("format: [{}]", listed(several, quoted))),
        }
        if !nothing.is_empty() {
            keys.push(format!("aliases: {{{}}}", listed(nothing, |text| format!("{}: \"\"", quoted(text)))));
        }
        let value = if keys.len() == 1 { field.clone() } else { format!("{{{}}}", keys.join(", ")) };
        text.push_str(&format!("  {}: {value} # {sure} % sure\n", quoted(header)));
    }
    text
}

fn listed(texts: &[String], each: impl Fn(&str) -> String) -> String {
    texts.iter().map(|text| each(text)).collect::<Vec<_>>().join(", ")
}

/// A text of JSON is one of YAML.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// Writes the document into the workspace, where nothing is at its place.
fn save(folder: &Path, name: &str, document: &str) -> Result<String, Failure> {
    if name::check(name).is_err() {
        return Err(Failure::new(format!("`{name}` is no name of a mapping")).help("Write it in snake_case"));
    }
    let path = folder.join("mappings").join(format!("{name}.yaml"));
    let made = fs::create_dir_all(folder.join("mappings")).and_then(|()| File::create_new(&path));
    made.and_then(|mut file| file.write_all(document.as_bytes()))
        .map_err(|error| Failure::file("write", &path, &error))?;
    Ok(path.display().to_string())
}
