//! Input of any size and form ends in findings, soon and without a panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_definition::{File, Sources, catalog, format, yaml};
use proptest::prelude::*;

/// The codes found in a workspace with one more file.
fn codes(text: &str) -> Vec<&'static str> {
    let (sources, mut found) =
        Sources::from_files(vec![File::own("workspace.yaml", "workspace: test\n"), File::own("case.yaml", text)]);
    found.extend(catalog(&sources).1);
    found.iter().map(|diagnostic| diagnostic.code.name()).collect()
}

#[test]
fn a_file_of_ten_megabytes_is_refused() {
    let text = format!("entity: deal\nfields:\n{}", "  name: {type: text, required: true}\n".repeat(300_000));
    assert!(text.len() > 10_000_000);
    assert_eq!(codes(&text), ["F0003"]);
}

#[test]
fn deep_nesting_is_refused() {
    assert_eq!(codes(&format!("entity: deal\nfields: {}", "[".repeat(20_000))), ["F0010"]);
    assert_eq!(codes(&format!("entity: deal\nfields: {}1{}", "{a: ".repeat(70), "}".repeat(70))), ["F0010"]);
    let block: String = (0..100).map(|depth| format!("{}a:\n", "  ".repeat(depth))).collect();
    assert_eq!(codes(&format!("entity: deal\n{block}{}b: 1\n", "  ".repeat(100))), ["F0010"]);
    let sound = format!("entity: deal\nfields: {}1{}", "{a: ".repeat(60), "}".repeat(60));
    assert!(!codes(&sound).contains(&"F0010"));
}

#[test]
fn too_many_values_are_refused() {
    let text = format!("data: rows\nentity: deal\nrows:\n{}", "  - 1\n".repeat(150_000));
    assert_eq!(codes(&text), ["F0015"]);
}

#[test]
fn an_alias_bomb_is_a_few_findings() {
    let lines: String =
        (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1)).collect();
    let found = codes(&format!("entity: deal\na0: &a0 [x]\n{lines}"));
    assert!(found.iter().all(|code| *code == "F0007"), "{found:?}");
}

#[test]
fn a_long_line_is_read_soon() {
    let text = format!("entity: deal\nlabel: {}\nhelp: \"{}\n", "x ".repeat(200_000), "y ".repeat(200_000));
    assert_eq!(codes(&text), ["F0005"]);
    let comments = "# a comment\n".repeat(50_000);
    assert!(codes(&format!("{comments}entity: deal\nfields: {{name: text}}\n")).is_empty());
}

#[test]
fn many_slips_are_found_soon() {
    let text: String = (0..2_000)
        .map(|number| format!("entity: deal{number}\nrules:\n  r: {{on: save, if: min(a, b) > 3, reject: !no}}\n---\n"))
        .collect();
    assert_eq!(codes(&text).iter().filter(|code| **code == "F0012").count(), 2_000);
}

#[test]
fn many_slips_in_one_document_are_found_soon() {
    let text: String = (0..40_000).map(|number| format!("  f{number}: !x\n")).collect();
    assert_eq!(codes(&format!("entity: deal\nfields:\n{text}")).len(), 40_000);
}

/// Texts that look like definitions, torn apart.
fn torn() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("entity: deal\n".to_owned()),
        Just("extend: entity deal\n".to_owned()),
        Just("fields:\n".to_owned()),
        Just("  name: {type: text, max: 3}\n".to_owned()),
        Just("---\n".to_owned()),
        Just("label: {en: A, es: B}\n".to_owned()),
        Just("rules: {r: {on: save, if: ".to_owned()),
        Just("place: {fields.name: after ".to_owned()),
        "[ -~]{0,12}",
        "[\\PC\\n\\t]{0,6}",
        Just("\n    ".to_owned()),
        Just("}\n".to_owned()),
        Just(" # c\n".to_owned()),
        Just("\"".to_owned()),
        Just("|\n  ".to_owned()),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_text_makes_it_panic(text in torn()) {
        codes(&text);
        let file: Arc<str> = Arc::from("case.yaml");
        if let Ok(once) = format::format(&file, &text) {
            prop_assert_eq!(format::format(&file, &once), Ok(once));
        }
    }

    #[test]
    fn places_lie_in_the_file(text in torn()) {
        let file: Arc<str> = Arc::from("case.yaml");
        let parsed = yaml::parse(&file, &text);
        for finding in parsed.findings {
            let place = finding.diagnostic.place.unwrap();
            prop_assert!(place.start <= place.end && place.line >= 1 && place.column >= 1);
            prop_assert!(text.is_char_boundary(place.start as usize), "{place:?}");
            prop_assert_eq!(text[..place.start as usize].matches('\n').count() as u32 + 1, place.line);
        }
    }
}
