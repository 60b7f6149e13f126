#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

fn all() -> Vec<Catalogue> {
    Locale::ALL.into_iter().map(|locale| Catalogue::load(locale).unwrap()).collect()
}

/// The names between braces of every form of an entry.
fn names(entry: &Entry) -> BTreeSet<String> {
    let texts: Vec<&String> = match entry {
        Entry::Text(text) => vec![text],
        Entry::Plural(forms) => forms.values().collect(),
    };
    let name = |part: &str| part.split_once('}').unwrap().0.to_owned();
    texts.iter().flat_map(|text| text.split('{').skip(1).map(name)).collect()
}

#[test]
fn the_three_catalogues_have_the_same_keys_with_the_same_values() {
    let [en, es, ru] = <[Catalogue; 3]>::try_from(all()).ok().unwrap();
    for other in [&es, &ru] {
        let keys = |catalogue: &Catalogue| catalogue.entries.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&en), keys(other), "{:?}", other.locale);
        for (key, entry) in &en.entries {
            let theirs = &other.entries[key];
            assert_eq!(matches!(entry, Entry::Plural(_)), matches!(theirs, Entry::Plural(_)), "{key}");
            // A form for one alone may leave the number out ("1 record" as "one record").
            let mut wanted = names(entry);
            wanted.extend(names(theirs));
            assert_eq!(names(entry), wanted, "{key} in en");
            assert_eq!(names(theirs), wanted, "{key} in {:?}", other.locale);
        }
    }
}

#[test]
fn plural_entries_have_exactly_the_forms_of_their_language() {
    for catalogue in all() {
        let wanted: BTreeSet<&str> = catalogue.locale.plurals().iter().map(|form| form.name()).collect();
        for (key, entry) in &catalogue.entries {
            if let Entry::Plural(forms) = entry {
                let given: BTreeSet<&str> = forms.keys().map(String::as_str).collect();
                assert_eq!(given, wanted, "{key} in {:?}", catalogue.locale);
            }
        }
    }
}

#[test]
fn every_key_named_in_templates_and_code_exists_and_every_key_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("templates"), "html", &mut files);
    collect(&root.join("src"), "rs", &mut files);
    let texts: Vec<(PathBuf, String)> =
        files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();

    let catalogue = Catalogue::load(Locale::En).unwrap();
    for (path, text) in texts.iter().filter(|(path, _)| path.extension().is_some_and(|ext| ext == "html")) {
        for (at, call) in text.match_indices("t('") {
            if text[..at].ends_with(char::is_alphanumeric) {
                continue;
            }
            let key = text[at + call.len()..].split('\'').next().unwrap();
            assert!(catalogue.entries.contains_key(key), "{} names `{key}`", path.display());
        }
    }
    for key in catalogue.entries.keys() {
        let quoted = [format!("'{key}'"), format!("\"{key}\"")];
        let named = texts.iter().any(|(_, text)| quoted.iter().any(|quoted| text.contains(quoted)));
        assert!(named, "nothing names `{key}`");
    }
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|ext| ext == extension) {
            files.push(path);
        }
    }
}

#[test]
fn values_are_filled_in_and_counted() {
    let text = |locale, n| Catalogue::load(locale).unwrap().text("list.count", &[("n", Fill::Count(n))]).unwrap();
    assert_eq!(text(Locale::En, 1), "1 record");
    assert_eq!(text(Locale::En, 12_345), "12,345 records");
    assert_eq!(text(Locale::Es, 2), "2 registros");
    assert_eq!(text(Locale::Ru, 21), "21 запись");
    assert_eq!(text(Locale::Ru, 22), "22 записи");
    assert_eq!(text(Locale::Ru, 25), "25 записей");
}

#[test]
fn slips_are_named() {
    let catalogue = Catalogue::load(Locale::En).unwrap();
    assert_eq!(catalogue.text("no.such", &[]), Err(Error::UnknownKey("no.such".to_owned())));
    assert_eq!(catalogue.text("list.count", &[]), Err(Error::NoForm("list.count".to_owned())));
    let unfilled = catalogue.text("form.title.new", &[]).unwrap_err();
    assert!(matches!(unfilled, Error::Unfilled { .. }), "{unfilled}");
}
