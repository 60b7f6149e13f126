//! Names: how they are made, which are taken, and which one was probably meant.
//!
//! The lists of reserved names are fixed: adding to one breaks definitions, so it is done in a major release only.

use unicode_normalization::UnicodeNormalization;

/// Why a text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is empty.
    Empty,
    /// It has more than [`LONGEST`] characters.
    TooLong,
    /// It does not begin with a lower-case letter.
    FirstLetter,
    /// It holds something else than lower-case letters, digits and `_`.
    Letter(char),
}

/// The longest name, in characters: a table's name with its suffixes stays within PostgreSQL's 63 bytes.
pub const LONGEST: usize = 48;

/// Checks that a text is a `snake_case` name.
///
/// # Errors
/// The first flaw.
pub fn check(text: &str) -> Result<(), Flaw> {
    let mut letters = text.chars();
    match letters.next() {
        None => return Err(Flaw::Empty),
        Some(first) if !first.is_ascii_lowercase() => return Err(Flaw::FirstLetter),
        Some(_) => {}
    }
    if let Some(odd) =
        letters.find(|letter| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '_'))
    {
        return Err(Flaw::Letter(odd));
    }
    if text.len() > LONGEST { Err(Flaw::TooLong) } else { Ok(()) }
}

/// The nearest proper name to a text that is none: `Close Date` becomes `close_date`. Nothing where none is near.
pub fn mended(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut lower_before = false;
    for letter in text.chars().flat_map(plain) {
        if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && lower_before {
                name.push('_');
            }
            lower_before = letter.is_ascii_lowercase() || letter.is_ascii_digit();
            name.push(letter.to_ascii_lowercase());
        } else {
            lower_before = false;
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
        }
    }
    let name = name.trim_matches('_');
    check(name).is_ok().then(|| name.to_owned())
}

/// A letter without its marks, in the letters a name may have.
fn plain(letter: char) -> Vec<char> {
    match letter {
        // What Spanish speakers write where they have no `ñ`.
        'ñ' | 'Ñ' => vec!['n', 'i'],
        'ß' => vec!['s', 's'],
        _ => std::iter::once(letter)
            .nfd()
            .filter(|part| !unicode_normalization::char::is_combining_mark(*part))
            .collect(),
    }
}

/// Names no entity may bear: words of the paths under `/api` and `/`, beside which entities stand.
pub const ENTITIES: &[&str] = &[
    "account_settings",
    "admin",
    "aggregate",
    "api",
    "assets",
    "bulk",
    "by",
    "dashboard",
    "deadline",
    "deadlines",
    "derive",
    "events",
    "f",
    "files",
    "healthz",
    "history",
    "import",
    "imports",
    "jobs",
    "login",
    "logout",
    "menu",
    "merge",
    "metrics",
    "new",
    "notifications",
    "openapi",
    "password",
    "portal",
    "problems",
    "query",
    "readyz",
    "report",
    "reports",
    "restore",
    "schema",
    "search",
    "session",
    "sessions",
    "setup",
    "static",
    "timeline",
    "trash",
    "view",
    "webhooks",
    "workflows",
];

/// Names no field may bear: what every record has, and what the parameters of the API are called.
pub const FIELDS: &[&str] = &[
    "count",
    "created_at",
    "created_by",
    "cursor",
    "deleted_at",
    "deleted_batch",
    "expand",
    "fields",
    "history",
    "id",
    "limit",
    "merge",
    "restore",
    "run",
    "sort",
    "timeline",
    "transition",
    "trash",
    "updated_at",
    "updated_by",
    "version",
    "where",
];

/// Names no `type` document may bear: the storage kinds, and what the runtime derives.
pub const TYPES: &[&str] = &[
    "boolean", "children", "choice", "date", "datetime", "decimal", "duration", "file", "integer", "json", "lines",
    "longtext", "money", "ref", "sequence", "text", "time",
];

/// Words of expressions, which neither an entity nor a field nor any local may be called.
pub const WORDS: &[&str] = &[
    "and", "break", "const", "continue", "else", "false", "fn", "for", "if", "in", "input", "let", "loop", "me", "not",
    "now", "old", "or", "params", "record", "return", "settings", "throw", "today", "true", "try", "value", "while",
];

/// True for a word of expressions.
pub fn is_word(name: &str) -> bool {
    WORDS.binary_search(&name).is_ok()
}

/// True when no entity may bear the name.
pub fn is_reserved_entity(name: &str) -> bool {
    ENTITIES.binary_search(&name).is_ok() || is_word(name)
}

/// True when no field may bear the name.
pub fn is_reserved_field(name: &str) -> bool {
    FIELDS.binary_search(&name).is_ok() || is_word(name)
}

/// The candidate that was probably meant: the nearest by the Damerau-Levenshtein distance, if it is no further than
/// a slip or two (an edit for every three letters, at most three). Of several equally near ones that which begins most
/// like it, for people seldom miss the first letters; then the first.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = name.chars().count();
    let limit = (letters / 3).clamp(1, 3);
    candidates
        .into_iter()
        // The lengths alone rule most candidates out, without filling a matrix.
        .filter(|candidate| candidate.chars().count().abs_diff(letters) <= limit)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, candidate)| (*distance, std::cmp::Reverse(shared_beginning(name, candidate))))
        .map(|(_, candidate)| candidate)
}

/// True when one name is probably the other misspelt: one edit apart, and neither a plural nor a numbered series.
pub fn is_slip(name: &str, other: &str) -> bool {
    let plural = |one: &str, many: &str| {
        many.strip_suffix('s').is_some_and(|stem| stem == one || stem.strip_suffix('e') == Some(one))
    };
    let stem = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let numbered = stem(name) == stem(other) && stem(name) < name.len().max(other.len());
    name.len() >= 4
        && !plural(name, other)
        && !plural(other, name)
        && !numbered
        && strsim::damerau_levenshtein(name, other) == 1
}

fn shared_beginning(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// The distance between two names; a difference of case alone, or of `-` and `_`, counts as one edit.
fn distance(a: &str, b: &str) -> usize {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let (plain_a, plain_b) = (plain(a), plain(b));
    strsim::damerau_levenshtein(&plain_a, &plain_b) + usize::from(a != b && plain_a == plain_b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn the_lists_are_sorted_for_the_binary_search() {
        for list in [ENTITIES, FIELDS, TYPES, WORDS] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn names_are_snake_case() {
        assert_eq!(check("close_date2"), Ok(()));
        assert_eq!(check(""), Err(Flaw::Empty));
        assert_eq!(check("Close"), Err(Flaw::FirstLetter));
        assert_eq!(check("_close"), Err(Flaw::FirstLetter));
        assert_eq!(check("close-date"), Err(Flaw::Letter('-')));
        assert_eq!(check("año"), Err(Flaw::Letter('ñ')));
        assert_eq!(check(&"a".repeat(49)), Err(Flaw::TooLong));
    }

    #[test]
    fn a_bad_name_is_mended() {
        assert_eq!(mended("Close Date").as_deref(), Some("close_date"));
        assert_eq!(mended("closeDate").as_deref(), Some("close_date"));
        assert_eq!(mended("close-date").as_deref(), Some("close_date"));
        assert_eq!(mended("won-1").as_deref(), Some("won_1"));
        assert_eq!(mended("Año").as_deref(), Some("anio"));
        assert_eq!(mended("Straße Électrique").as_deref(), Some("strasse_electrique"));
        assert_eq!(mended("2nd"), None);
        assert_eq!(mended("Сделка"), None);
    }

    #[test]
    fn a_slip_is_neither_a_plural_nor_a_number() {
        assert!(is_slip("acount", "account"));
        assert!(is_slip("nmae", "name"));
        assert!(!is_slip("prices", "price"));
        assert!(!is_slip("addresses", "address"));
        assert!(!is_slip("line1", "line2"));
        assert!(!is_slip("quotes", "notes"));
    }

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["account", "contact", "opportunity"];
        assert_eq!(did_you_mean("acount", names), Some("account"));
        assert_eq!(did_you_mean("Account", names), Some("account"));
        assert_eq!(did_you_mean("oportunnity", names), Some("opportunity"));
        assert_eq!(did_you_mean("invoice", names), None);
        assert_eq!(did_you_mean("x", ["y", "z"]), None);
        assert_eq!(did_you_mean("deal", ["team", "user"]), None);
        assert_eq!(did_you_mean("amout", ["about", "amount"]), Some("amount"));
    }
}
