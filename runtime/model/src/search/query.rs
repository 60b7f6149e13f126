//! What somebody looks for: words that must each begin a word of the record, and how well a record fits them.

use std::ops::Range;

use super::Terms;
use super::words::{Piece, pieces};

/// The most words that are looked for; the rest of what was typed is passed over.
const MOST: usize = 8;

/// So much longer than any number of words is a record ranked behind for one that stands beside its title.
const BESIDE: u32 = 16;

/// Words that are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    words: Vec<Asked>,
}

/// A word that is looked for, in every way that it may have been meant; the first is the one that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    ways: Vec<String>,
}

impl Query {
    /// What was typed, a code, an address or a number taken as the one word that it is.
    pub fn new(text: &str) -> Self {
        Self::of(pieces(text).into_iter().map(|piece| Asked::whole(&piece)))
    }

    /// The same with each group of a code, an address or a number as a word of its own, for where nothing else was found;
    /// nothing where that is the same.
    pub fn loose(text: &str) -> Option<Self> {
        let loose =
            Self::of(pieces(text).iter().flat_map(|piece| piece.groups().map(Asked::digits).collect::<Vec<_>>()));
        (loose != Self::new(text)).then_some(loose)
    }

    fn of(words: impl Iterator<Item = Asked>) -> Self {
        let mut distinct: Vec<Asked> = Vec::new();
        for word in words {
            if distinct.len() < MOST && !distinct.contains(&word) {
                distinct.push(word);
            }
        }
        Self { words: distinct }
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// For each word the beginnings of which a record must have one.
    pub fn beginnings(&self) -> impl Iterator<Item = &[String]> {
        self.words.iter().map(|word| word.ways.as_slice())
    }

    /// How far behind others a record comes that has these words; nothing when it lacks one that is looked for. What all
    /// stands in the title comes before what does not, and whole words before beginnings.
    pub fn rank(&self, terms: &Terms) -> Option<u32> {
        self.words.iter().map(|word| word.rank(terms)).sum()
    }

    /// The characters of a text that were looked for, in order and apart from each other.
    pub fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for piece in pieces(text) {
            let ways = self.words.iter().flat_map(|word| &word.ways);
            found.extend(ways.filter_map(|way| hit(&piece, way)));
        }
        found.sort_by_key(|range| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        apart
    }
}

impl Asked {
    fn whole(piece: &Piece) -> Self {
        let mut asked = Self::digits(piece.whole());
        if piece.is_number && piece.letters.len() >= 10 {
            // The digit that is dialled before a number at home is not part of how it is kept.
            asked.ways.push(piece.letters.iter().skip(1).collect());
        }
        asked
    }

    /// Zeros before a number may be more or fewer than it is kept with.
    fn digits(word: String) -> Self {
        let bare = word.trim_start_matches('0');
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        let bare = (is_number && !bare.is_empty() && bare.len() < word.len()).then(|| bare.to_owned());
        Self { ways: std::iter::once(word).chain(bare).collect() }
    }

    fn rank(&self, terms: &Terms) -> Option<u32> {
        let titled = self.best(&terms.titled);
        let beside = || self.best(&terms.beside).map(|rank| rank + BESIDE);
        titled.or_else(beside)
    }

    /// 0 where one of the words is what is looked for, 1 where one begins with it.
    fn best(&self, words: &str) -> Option<u32> {
        let mut best = None;
        for word in words.split(' ') {
            for way in &self.ways {
                match word.strip_prefix(way.as_str()) {
                    Some("") => return Some(0),
                    Some(_) => best = Some(1),
                    None => {}
                }
            }
        }
        best
    }
}

/// The characters that a beginning covers in a piece, at the first place where a word begins with it.
fn hit(piece: &Piece, way: &str) -> Option<Range<usize>> {
    let length = way.chars().count();
    let fits = |(start, end): &(usize, Option<usize>)| {
        let reach = if piece.has_tail(*start) { piece.letters.len() } else { end.unwrap_or(*start) };
        let word = piece.letters.get(*start..reach).unwrap_or_default();
        word.len() >= length && word.iter().copied().zip(way.chars()).all(|(one, other)| one == other)
    };
    let (start, _) = piece.starts().into_iter().find(fits)?;
    let (first, last) = (*piece.at.get(start)?, *piece.at.get(start + length.checked_sub(1)?)?);
    Some(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words::each;

    fn terms(title: &str, beside: &str) -> Terms {
        let words = |text: &str| {
            let mut words: Vec<String> = Vec::new();
            each(text, |word| {
                words.push(word);
                true
            });
            words.join(" ")
        };
        Terms { titled: words(title), beside: words(beside) }
    }

    fn rank(query: &str, title: &str, beside: &str) -> Option<u32> {
        Query::new(query).rank(&terms(title, beside))
    }

    #[test]
    fn people_find_by_the_part_they_type() {
        for (query, text) in [
            ("muller", "Müller & Söhne"),
            ("MÜLL söh", "Müller & Söhne"),
            ("obrien", "Pat O'Brien"),
            ("o'brien", "Pat O’Brien"),
            ("OPP-2026-00012", "OPP-2026-00012"),
            ("opp-2026", "OPP-2026-00012"),
            ("2026-00012", "OPP-2026-00012"),
            ("00012", "OPP-2026-00012"),
            ("12", "OPP-2026-00012"),
            ("000012", "OPP-2026-00012"),
            ("opp202600012", "OPP-2026-00012"),
            ("@acme.exa", "ana.ruiz@acme.example"),
            ("ruiz@acme", "ana.ruiz@acme.example"),
            ("Ana.Ruiz@Acme.Example", "ana.ruiz@acme.example"),
            ("550142", "+34915550142"),
            ("915 550 142", "+34915550142"),
            ("(915) 550-142", "+34915550142"),
            ("0034 915550142", "+34915550142"),
            ("8 (495) 123-45-67", "+74951234567"),
            ("123-45-67", "+74951234567"),
            ("123-45-67", "+7 495 123 45 67"),
            ("030 1234567", "+49301234567"),
            ("елка", "Ёлка"),
        ] {
            assert!(rank(query, text, "").is_some(), "{query:?} in {text:?}");
        }
        for (query, text) in [("uller", "Müller"), ("opp-2027", "OPP-2026-00012"), ("muller x", "Müller & Söhne")] {
            assert!(rank(query, text, "").is_none(), "{query:?} in {text:?}");
        }
    }

    #[test]
    fn groups_are_words_of_their_own_where_nothing_else_is_found() {
        let names = terms("Jean Luc Picard", "");
        assert_eq!(Query::new("jean-luc").rank(&names), None);
        assert_eq!(Query::loose("jean-luc").and_then(|loose| loose.rank(&names)), Some(0));
        assert_eq!(Query::loose("jean luc"), None);
    }

    #[test]
    fn titles_come_first_and_whole_words_before_beginnings() {
        let ranks =
            [rank("acme", "Acme", ""), rank("acm", "Acme", ""), rank("acme", "", "Acme"), rank("acm", "", "Acme")];
        assert!(ranks.is_sorted() && ranks.iter().all(Option::is_some), "{ranks:?}");
        // All of the title, however it fits, comes before what stands beside it.
        assert!(rank("ac ma", "Acme Madrid", "") < rank("acme madrid", "Acme", "Madrid"));
    }

    #[test]
    fn hits_are_where_they_were_typed() {
        for (query, text, wanted) in [
            ("sohne", "Müller & Söhne", &[(9, 14)][..]),
            ("stra", "Weiße Straße", &[(6, 10)][..]),
            ("weiss", "Weiße Straße", &[(0, 4)][..]),
            ("2026-00", "OPP-2026-00012", &[(4, 11)][..]),
            ("550142", "+34 (915) 550-142", &[(10, 17)][..]),
            ("ruiz@acme", "ana.ruiz@acme.example", &[(4, 13)][..]),
            ("a b", "ab bc", &[(0, 1), (3, 4)][..]),
            ("x", "ab", &[][..]),
        ] {
            let hits: Vec<_> = Query::new(query).hits(text).into_iter().map(|hit| (hit.start, hit.end)).collect();
            assert_eq!(hits, wanted, "{query:?} in {text:?}");
        }
    }
}
