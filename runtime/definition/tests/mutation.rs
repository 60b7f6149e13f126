//! Whatever is done to a definition file, the compiler answers: it never panics, and a model comes of no error.
//!
//! The files of the stock packs are damaged as people and merges damage them: lines lost, doubled, moved, indented
//! otherwise, words exchanged, letters lost. `PROPTEST_CASES` runs more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::LazyLock;

use fichero_definition::{Capabilities, File, Sources, StockPacks as _, compile};
use fichero_model::diagnostic::Diagnostic;
use proptest::prelude::*;
use proptest::sample::Index;
use support::{Repository, printed};

/// The files of the packs with their pack, path and lines.
static FILES: LazyLock<Vec<(&'static str, String, Vec<String>)>> = LazyLock::new(|| {
    let of_pack = |pack: &'static str| {
        let files = Repository.files(pack).unwrap().into_iter();
        files.map(move |(local, bytes)| {
            (pack, local, String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect())
        })
    };
    ["base", "sales"].into_iter().flat_map(of_pack).collect()
});

/// Words that mean something somewhere.
const WORDS: [&str; 24] = [
    "type", "ref", "lines", "children", "to", "of", "by", "formula", "rollup", "lookup", "name", "account", "user",
    "true", "()", "{}", "[]", "=", "\"", "-", ":", "record", "stage", "12.5",
];

#[derive(Clone, Debug)]
enum Damage {
    Lose,
    Double,
    MoveTo(Index),
    Indent(bool),
    Word(Index, usize),
    Letter(Index),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Lose),
        Just(Damage::Double),
        any::<Index>().prop_map(Damage::MoveTo),
        any::<bool>().prop_map(Damage::Indent),
        (any::<Index>(), 0..WORDS.len()).prop_map(|(at, word)| Damage::Word(at, word)),
        any::<Index>().prop_map(Damage::Letter),
        any::<Index>().prop_map(Damage::Cut),
    ]
}

fn apply(lines: &mut Vec<String>, at: &Index, damage: &Damage) {
    if lines.is_empty() {
        return;
    }
    let at = at.index(lines.len());
    match damage {
        Damage::Lose => drop(lines.remove(at)),
        Damage::Double => lines.insert(at, lines[at].clone()),
        Damage::MoveTo(to) => {
            let line = lines.remove(at);
            let to = to.index(lines.len() + 1);
            lines.insert(to, line);
        }
        Damage::Indent(deeper) => {
            lines[at] = if *deeper { format!("  {}", lines[at]) } else { lines[at].trim_start().to_owned() }
        }
        Damage::Word(which, word) => {
            let mut words: Vec<&str> = lines[at].split(' ').collect();
            let which = which.index(words.len());
            words[which] = WORDS[*word];
            lines[at] = words.join(" ");
        }
        Damage::Letter(which) => {
            let mut letters: Vec<char> = lines[at].chars().collect();
            if !letters.is_empty() {
                letters.remove(which.index(letters.len()));
            }
            lines[at] = letters.into_iter().collect();
        }
        Damage::Cut(which) => {
            let letters: Vec<char> = lines[at].chars().collect();
            lines[at] = letters.iter().take(which.index(letters.len() + 1)).collect();
        }
    }
}

fn check(damages: &[(Index, Index, Damage)]) {
    let mut files = FILES.clone();
    for (file, at, damage) in damages {
        let file = file.index(files.len());
        apply(&mut files[file].2, at, damage);
    }
    let mut all = vec![File::own("workspace.yaml", "workspace: acme\npacks: [base, sales]\n")];
    all.extend(files.iter().map(|(pack, local, lines)| {
        File::new(Some(pack), local, &format!("{pack}/{local}"), lines.join("\n").as_bytes())
    }));
    let (sources, _) = Sources::from_files(all);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    let has_errors = found.iter().any(Diagnostic::is_error);
    // Every finding can be shown, wherever its place is.
    let shown = printed(&found, &sources);
    assert!(model.is_none() || !has_errors, "a model came of this:\n{shown}");
    assert!(model.is_some() || has_errors || !sources.is_complete(), "no model and no error");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn damaged_packs_are_answered(damages in proptest::collection::vec((any::<Index>(), any::<Index>(), damage()), 1..12)) {
        check(&damages);
    }
}
