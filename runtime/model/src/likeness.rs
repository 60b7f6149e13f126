//! How alike two texts are: names by the trigrams they share, phone numbers by their national digits, e-mail addresses
//! by their domain.
//!
//! Names are compared by the coefficient of Sørensen and Dice over trigrams of characters (L. R. Dice, *Measures of the
//! Amount of Ecologic Association Between Species*, 1945; for names: R. C. Angell, G. E. Freund, P. Willett, *Automatic
//! spelling correction using a trigram similarity measure*, 1983): twice the trigrams they share by the trigrams both
//! have. It needs no language, tells words apart from their order and forgives a slip anywhere in a word.
//!
//! Those that can be alike at all are found by an index: two sets of which the measure is at least some threshold share a
//! trigram among the first few of each, in whatever order all sets are put (the prefix filter of S. Chaudhuri, V. Ganti,
//! R. Kaushik, *A Primitive Operator for Similarity Joins in Data Cleaning*, 2006). So nothing is missed by looking there
//! alone.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::fold;

/// The fewest digits that make a number by which somebody can be called.
const FEWEST_DIGITS: usize = 6;

/// The most digits of a country's code.
const COUNTRY_DIGITS: usize = 3;

/// Latin and Cyrillic letters, the frequent ones first: trigrams of rare ones tell more records apart.
const FREQUENT: &str = "eaoinrtslcdumpghbfvykwzxjqоеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё";

/// The trigrams of a name, sorted, each once: each character with the two before it, every word begun by two blanks and
/// ended by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigrams(Vec<[char; 3]>);

impl Trigrams {
    /// Of a name without the words that do not count.
    pub fn of(name: &str, aside: &Aside) -> Self {
        let mut all = Vec::new();
        for word in aside.words_of(name) {
            let mut last = [' ', ' '];
            for sign in word.chars().chain(std::iter::once(' ')) {
                all.push([last[0], last[1], sign]);
                last = [last[1], sign];
            }
        }
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// Whether there are none: what holds no letter and no digit is like nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Them.
    pub fn iter(&self) -> impl Iterator<Item = &[char; 3]> {
        self.0.iter()
    }

    /// Whether two names are alike: twice what they share is at least `percent` of a hundred parts of what both have.
    pub fn is_like(&self, other: &Self, percent: u8) -> bool {
        let both = (self.0.len() + other.0.len()) * usize::from(percent);
        // Sets of very different size are never alike.
        !self.is_empty() && self.0.len().min(other.0.len()) * 200 >= both && self.shared_with(other) * 200 >= both
    }

    fn shared_with(&self, other: &Self) -> usize {
        let (mut one, mut two, mut shared) = (self.0.iter().peekable(), other.0.iter().peekable(), 0);
        while let (Some(first), Some(second)) = (one.peek(), two.peek()) {
            match first.cmp(second) {
                Ordering::Less => drop(one.next()),
                Ordering::Greater => drop(two.next()),
                Ordering::Equal => {
                    shared += 1;
                    (_, _) = (one.next(), two.next());
                }
            }
        }
        shared
    }

    /// The first few, of which a name that is alike has one among its own first few: rare ones by `rank`, the greatest
    /// first.
    pub fn first_few<K: Ord>(&self, percent: u8, rank: impl Fn(&[char; 3]) -> K) -> Vec<[char; 3]> {
        let mut ranked: Vec<(K, [char; 3])> = self.0.iter().map(|trigram| (rank(trigram), *trigram)).collect();
        ranked.sort_by(|one, other| other.cmp(one));
        let (percent, size) = (usize::from(percent), ranked.len());
        // Of a set this large, that many at least are shared with any that is alike.
        let shared = (size * percent).div_ceil(200 - percent).max(1);
        ranked.truncate((size + 1).saturating_sub(shared));
        ranked.into_iter().map(|(_, trigram)| trigram).collect()
    }
}

/// How rare a trigram is, as far as its letters tell: the same on every machine and for ever, for it is stored what comes
/// of it.
pub fn rarity(trigram: &[char; 3]) -> usize {
    let rank = |sign: char| match sign {
        ' ' => 0,
        sign => FREQUENT.chars().position(|known| known == sign).unwrap_or(30).min(30),
    };
    trigram.iter().map(|sign| rank(*sign)).sum()
}

/// What does not count when texts are compared: legal forms of firms, domains at which anybody has an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// Each as its words.
    phrases: BTreeSet<Vec<String>>,
    /// Each as it is written, folded.
    whole: BTreeSet<String>,
}

impl Aside {
    /// A list of texts.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut aside = Self::default();
        for text in texts {
            aside.whole.insert(fold::key(text));
            aside.phrases.insert(words(text));
        }
        aside.phrases.remove(&Vec::new());
        aside
    }

    /// Everything in it, for a fingerprint.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.whole.iter().map(String::as_str)
    }

    /// The words of a name without the phrases of the list that it begins or ends with. A name that is nothing else keeps
    /// them.
    fn words_of(&self, name: &str) -> Vec<String> {
        let all = words(name);
        let mut left = &all[..];
        while let Some(shorter) = self.without_one(left) {
            left = shorter;
        }
        if left.is_empty() { all } else { left.to_vec() }
    }

    fn without_one<'w>(&self, left: &'w [String]) -> Option<&'w [String]> {
        self.phrases.iter().find_map(|phrase| left.strip_suffix(&phrase[..]).or_else(|| left.strip_prefix(&phrase[..])))
    }
}

/// The words of a text, folded. Dots and apostrophes inside a word are left out, so that `S.L.` is `SL`.
fn words(text: &str) -> Vec<String> {
    let folded = fold::key(text).replace(['.', '\'', '’', '`'], "");
    folded.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The digits of a phone number as they are dialled inside its country, perhaps behind the country's code: without the
/// `+`, `00` or `0` before them, a `(0)` inside them, and an extension behind them. Nothing where they are too few.
pub fn phone_digits(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let number = lower.split(['x', 'e', '#', ';']).next().unwrap_or_default().replace("(0)", "");
    let digits: String =
        number.chars().filter_map(|sign| sign.to_digit(10)).filter_map(|digit| char::from_digit(digit, 10)).collect();
    let digits = digits.trim_start_matches('0');
    (digits.len() >= FEWEST_DIGITS).then(|| digits.to_owned())
}

/// Whether two numbers, as [`phone_digits`] gives them, are the same: one ends with the other, and what stands before
/// can be the code of a country.
pub fn is_same_number(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() < other.len() { (other, one) } else { (one, other) };
    long.len() - short.len() <= COUNTRY_DIGITS && long.ends_with(short)
}

/// The part of a number that all that are the same share.
pub fn number_end(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(FEWEST_DIGITS)..).unwrap_or(digits)
}

/// The domain of an e-mail address, folded; nothing where it is one of those set aside.
pub fn mail_domain(address: &str, aside: &Aside) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = fold::key(domain.trim().trim_end_matches(['>', '.']));
    (!domain.is_empty() && !aside.whole.contains(&domain)).then_some(domain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn like(one: &str, other: &str) -> bool {
        let aside = Aside::of(["S.L.", "GmbH", "ООО", "Sociedad Limitada"]);
        Trigrams::of(one, &aside).is_like(&Trigrams::of(other, &aside), 75)
    }

    #[test]
    fn slips_case_accents_order_and_legal_forms_are_forgiven() {
        for (one, other) in [
            ("Anna Smith", "Ana Smith"),
            ("Smith, Anna", "anna SMITH"),
            ("José García", "Jose Garcia"),
            ("Acme", "ACME, S.L."),
            ("Acme SL", "Acme Sociedad Limitada"),
            ("Müller GmbH", "Muller"),
            ("ООО Ромашка", "Ромашка"),
            ("O'Brien", "OBrien"),
            ("S.L.", "SL"),
        ] {
            assert!(like(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn others_are_not_alike() {
        for (one, other) in [("Anna Smith", "Peter Smith"), ("Acme", "Apex"), ("", ""), ("!", "!"), ("GmbH", "SL")] {
            assert!(!like(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_number_is_the_same_with_and_without_its_country() {
        let same = |one: &str, other: &str| is_same_number(&phone_digits(one).unwrap(), &phone_digits(other).unwrap());
        assert!(same("+34 912 345 678", "912345678"));
        assert!(same("+44 (0)20 7946 0958", "020 7946 0958"));
        assert!(same("0049 30 123456 ext. 12", "+49 30 123456"));
        assert!(!same("+34 912 345 678", "912 345 679"));
        assert!(!same("5555 912 345 678", "912 345 678"));
        assert_eq!(phone_digits("112"), None);
        assert_eq!(number_end("34912345678"), number_end("912345678"));
    }

    #[test]
    fn a_domain_that_everybody_has_tells_nothing() {
        let aside = Aside::of(["gmail.com"]);
        assert_eq!(mail_domain("a@Acme.example", &aside).as_deref(), Some("acme.example"));
        assert_eq!(mail_domain("a@GMAIL.com", &aside), None);
        assert_eq!(mail_domain("nothing", &aside), None);
    }

    proptest! {
        #[test]
        fn whatever_is_alike_shares_one_of_the_first_few(
            one in "[a-f ]{0,14}", slips in proptest::collection::vec((0usize..14, "[a-f]?"), 0..3), percent in 50u8..100,
        ) {
            let mut letters: Vec<String> = one.chars().map(String::from).collect();
            for (at, slip) in slips {
                if let Some(letter) = letters.get_mut(at) {
                    *letter = slip;
                }
            }
            let aside = Aside::default();
            let (one, other) = (Trigrams::of(&one, &aside), Trigrams::of(&letters.concat(), &aside));
            if one.is_like(&other, percent) {
                let (first, second) = (one.first_few(percent, rarity), other.first_few(percent, rarity));
                prop_assert!(first.iter().any(|trigram| second.contains(trigram)));
            }
        }
    }
}
