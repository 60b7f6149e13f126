//! Properties of `fichero fmt`: it says the same, loses no comment, and changes nothing the second time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use fichero_definition::{File, Sources, catalog, explain, format};
use proptest::prelude::*;

/// The sound definition files among the fixtures.
fn files() -> Vec<String> {
    fn walk(dir: &Path, out: &mut Vec<String>) {
        let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|ext| ext == "yaml") && !path.ends_with("workspace.yaml") {
                out.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut out = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merged"), &mut out);
    out
}

/// A fixture with comments and blank lines strewn in.
fn commented() -> impl Strategy<Value = (String, usize)> {
    let files = files();
    let strewn = prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, 0..7_usize), 0..12);
    (prop::sample::select(files), strewn).prop_map(|(file, strewn)| {
        let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
        let mut comments = 0;
        for (at, what, indentation) in strewn {
            let at = at.index(lines.len());
            match what {
                0 => lines.insert(at, String::new()),
                1 if !lines[at].contains('#') && !lines[at].is_empty() => {
                    lines[at].push_str(&format!(" # c{comments};"));
                    comments += 1;
                }
                _ => {
                    lines.insert(at, format!("{}# c{comments};", " ".repeat(indentation)));
                    comments += 1;
                }
            }
        }
        (lines.join("\n") + "\n", comments)
    })
}

/// What a file says, wherever it stands in it.
fn meaning(text: &str) -> Vec<String> {
    let (sources, _) =
        Sources::from_files(vec![File::own("workspace.yaml", "workspace: test\n"), File::own("x.yaml", text)]);
    let plain = |line: &str| line.rsplit_once("  # ").map_or(line, |(line, _)| line.trim_end()).to_owned();
    let documents = catalog(&sources).0.documents;
    let mut lines: Vec<String> =
        documents.iter().flat_map(|document| explain(document).lines().map(plain).collect::<Vec<_>>()).collect();
    // The order of keys may change; that of named things is held by the formatter's own comparison.
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn comments_stay_and_twice_is_once((text, comments) in commented()) {
        let file: Arc<str> = Arc::from("x.yaml");
        let once = format::format(&file, &text).unwrap();
        for number in 0..comments {
            prop_assert_eq!(once.matches(&format!("# c{number};")).count(), 1, "comment {} of\n{}\nin\n{}", number, &text, &once);
        }
        prop_assert_eq!(format::format(&file, &once).unwrap(), once.clone(), "{}", &text);
        prop_assert_eq!(meaning(&once), meaning(&text));
    }
}
