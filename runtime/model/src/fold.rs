//! The folded key of a text: what order, search, duplicates and unique rules compare, on every database alike.
//!
//! Compatibility decomposition (Unicode NFKD), marks removed, lower-cased, white space squeezed. Made in Rust only, so
//! that SQLite, PostgreSQL and memory can never disagree; databases compare its bytes.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The folded key of `text`.
pub fn key(text: &str) -> String {
    if text.is_ascii() {
        return squeeze(text.chars().map(|c| c.to_ascii_lowercase()), text.len());
    }
    squeeze(folded(text.nfkd()), text.len())
}

/// What one character of a text adds to its key, before white space is squeezed; nothing for a mark.
pub fn letters(c: char) -> impl Iterator<Item = char> {
    folded(std::iter::once(c).nfkd())
}

fn folded(decomposed: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    decomposed.filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).flat_map(special)
}

/// Letters that do not decompose although people take them for their plain forms.
fn special(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'đ' => ('d', None),
        'ł' => ('l', None),
        'ı' => ('i', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

fn squeeze(chars: impl Iterator<Item = char>, size: usize) -> String {
    let mut out = String::with_capacity(size);
    let mut space = false;
    for c in chars {
        if c.is_whitespace() {
            space = !out.is_empty();
        } else {
            if space {
                out.push(' ');
                space = false;
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn folds_case_marks_and_spaces() {
        for (text, folded) in [
            ("Acme", "acme"),
            ("  ACME \t Corp ", "acme corp"),
            ("Ñandú", "nandu"),
            ("Škoda", "skoda"),
            ("Straße", "strasse"),
            ("Ёлка", "елка"),
            ("ＦＵＬＬ", "full"),
            ("Łódź", "lodz"),
            ("", ""),
        ] {
            assert_eq!(key(text), folded, "{text:?}");
        }
    }
}
