//! A text as the words that people find it by.
//!
//! | in a text | its words |
//! |---|---|
//! | `Müller & Söhne` | `muller`, `sohne` |
//! | `OPP-2026-00012` | `opp`, `2026`, `00012`, `12`, and each end of it as one: `opp202600012`, `202600012` |
//! | `ana.ruiz@acme.example` | `ana`, `ruiz`, `acme`, `example`, `anaruizacmeexample`, `ruizacmeexample`, `acmeexample` |
//! | `+34 (915) 550-142` | `34`, `915`, `550`, `142`, and the number from each of its digits on: `34915550142`, `4915550142`, … |
//!
//! Letters and digits are folded as everywhere ([`crate::fold`]); nothing is stemmed. A record is found by the beginning
//! of a word, so the ends of codes, addresses and phone numbers let it be found by any part of them that one would type.

use std::ops::Range;

use crate::fold;

/// A longer word is cut off, in texts and in what is typed alike.
const LONGEST: usize = 64;

/// From so many of its groups on, the rest of a piece is a word of its own.
const MOST_TAILS: usize = 8;

/// So many digits may be a phone number, however they are written.
const NUMBER: Range<usize> = 7..16;

/// The shortest end of such a number that is a word.
const SHORTEST_TAIL: usize = 4;

/// Letters and digits that belong together: what stands between blanks, or a number written with blanks.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Folded, what separates them left out.
    pub letters: Vec<char>,
    /// For each of them, which character of the text it comes from.
    pub at: Vec<usize>,
    /// Its parts between separators.
    groups: Vec<Range<usize>>,
    /// It may be a phone number.
    pub is_number: bool,
    /// Nothing but what phone numbers are written with stands between it and the one before.
    follows: bool,
}

/// What holds the groups of a code, an address or a compound together.
fn is_joint(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | '@' | '\'' | '’' | '/' | '+' | '&' | ':' | '‐' | '‑' | '–' | '#')
}

/// What may stand between the groups of a phone number besides.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '+' | '-' | '.' | '/')
}

/// What is not even seen, though it is no mark: it divides a word only where it is written too long for a line.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// The pieces of a text in order, a number written in several as one.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    let mut rest = chunks(text).into_iter().peekable();
    while let Some(first) = rest.next() {
        let is_of_digits = first.is_of_digits();
        let mut digits = if is_of_digits { first.letters.len() } else { 0 };
        let mut run = vec![first];
        while let Some(next) = rest.next_if(|next| is_of_digits && next.follows && next.is_of_digits()) {
            digits += next.letters.len();
            run.push(next);
        }
        if NUMBER.contains(&digits) {
            joined.push(number(run));
        } else {
            joined.append(&mut run);
        }
    }
    joined
}

/// What stands between blanks, commas and the like.
fn chunks(text: &str) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    let (mut open, mut in_group, mut follows) = (false, false, false);
    for (at, c) in text.chars().enumerate() {
        let mut is_letter = false;
        let mut is_mark = true;
        for letter in fold::letters(c) {
            is_mark = false;
            if !letter.is_alphanumeric() {
                continue;
            }
            is_letter = true;
            if !open {
                all.push(Piece { follows, ..Piece::default() });
                (open, in_group, follows) = (true, false, true);
            }
            let Some(piece) = all.last_mut() else { continue };
            let here = piece.letters.len();
            piece.letters.push(letter);
            piece.at.push(at);
            match piece.groups.last_mut().filter(|_| in_group) {
                Some(group) => group.end = here + 1,
                None => piece.groups.push(here..here + 1),
            }
            in_group = true;
        }
        if is_letter || is_mark || is_unseen(c) {
            continue;
        }
        in_group = false;
        open &= is_joint(c);
        follows &= is_gap(c);
    }
    all
}

/// Pieces of digits as the one number that they write.
fn number(run: Vec<Piece>) -> Piece {
    let mut whole = Piece { is_number: true, ..Piece::default() };
    for piece in run {
        let before = whole.letters.len();
        whole.groups.extend(piece.groups.into_iter().map(|group| group.start + before..group.end + before));
        whole.letters.extend(piece.letters);
        whole.at.extend(piece.at);
    }
    whole
}

impl Piece {
    fn is_of_digits(&self) -> bool {
        self.letters.iter().all(char::is_ascii_digit)
    }

    /// Where words of it begin, each with where the shortest ends, which is that of its group, if it is one.
    pub fn starts(&self) -> Vec<(usize, Option<usize>)> {
        let mut starts = Vec::new();
        for group in &self.groups {
            starts.push((group.start, Some(group.end)));
            let digits = self.letters.get(group.clone()).unwrap_or_default();
            let zeros = digits.iter().take_while(|digit| **digit == '0').count();
            if zeros > 0 && zeros < digits.len() && digits.iter().all(char::is_ascii_digit) {
                starts.push((group.start + zeros, Some(group.end)));
            }
        }
        if self.is_number {
            let last = self.letters.len().saturating_sub(SHORTEST_TAIL);
            starts.extend((0..=last).map(|start| (start, None)));
        }
        starts
    }

    /// Whether the whole end of it from there on is a word.
    pub fn has_tail(&self, start: usize) -> bool {
        match self.is_number {
            true => start + SHORTEST_TAIL <= self.letters.len(),
            false => self.groups.get(MOST_TAILS).is_none_or(|group| start < group.start),
        }
    }

    fn word(&self, range: Range<usize>) -> String {
        self.letters.get(range).unwrap_or_default().iter().take(LONGEST).collect()
    }

    /// All of it as one word.
    pub fn whole(&self) -> String {
        self.word(0..self.letters.len())
    }

    /// Its groups, each as a word.
    pub fn groups(&self) -> impl Iterator<Item = String> {
        self.groups.iter().map(|group| self.word(group.clone()))
    }
}

/// Gives each word of a text, some more than once, as long as more are taken.
pub(super) fn each(text: &str, mut take: impl FnMut(String) -> bool) {
    for piece in pieces(text) {
        for (start, end) in piece.starts() {
            let tail = piece.has_tail(start).then_some(piece.letters.len());
            for end in [end, tail.filter(|tail| end != Some(*tail))].into_iter().flatten() {
                if !take(piece.word(start..end)) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::each;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each(text, |word| {
            if !words.contains(&word) {
                words.push(word);
            }
            true
        });
        words
    }

    #[test]
    fn texts_have_the_words_people_type() {
        for (text, wanted) in [
            ("Müller & Söhne, S.L.", "muller sohne s sl l"),
            ("  ", ""),
            ("Ёлка  Ивановна", "елка ивановна"),
            ("O’Brien", "o obrien brien"),
            ("OPP-2026-00012", "opp opp202600012 2026 202600012 00012 12"),
            ("ana.ruiz@acme.example", "ana anaruizacmeexample ruiz ruizacmeexample acme acmeexample example"),
            ("№ 5", "no 5"),
            ("naïve\u{ad}té", "naivete"),
        ] {
            assert_eq!(words(text).join(" "), wanted, "{text:?}");
        }
    }

    #[test]
    fn phone_numbers_have_all_their_ends() {
        let ends = "34915550142 4915550142 915550142 15550142 5550142 550142 50142 0142";
        let plain = words("+34915550142");
        let spaced = words("+34 (915) 550-142");
        for end in ends.split(' ') {
            assert!(plain.contains(&end.to_owned()), "{end} in {plain:?}");
            assert!(spaced.contains(&end.to_owned()), "{end} in {spaced:?}");
        }
        assert!(spaced.contains(&"915".to_owned()) && spaced.contains(&"142".to_owned()));
        // A comma ends a number, a word does too.
        assert_eq!(words("12, 2026"), ["12", "2026"]);
        assert_eq!(words("1234 and 5678"), ["1234", "and", "5678"]);
    }

    #[test]
    fn what_is_long_is_cut_off() {
        let long = "x".repeat(200);
        assert_eq!(words(&long), ["x".repeat(64)]);
        let address = vec!["a"; 100].join(".");
        assert!(words(&address).len() < 20);
    }
}
