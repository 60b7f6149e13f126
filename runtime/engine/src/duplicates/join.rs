//! Which of many records match by one rule, without comparing each with each.
//!
//! Records are put under their keys, of which two that match share one at least; of names those trigrams come first that
//! fewest records have, so that few share a key. Only those under one key are compared. Where more than
//! [`LARGEST`] share one, they are not compared by it, and that is told: a key of many says little.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use fichero_model::duplicate::Signature;

/// So many records under one key are compared with each other.
pub const LARGEST: usize = 1_000;

/// The same of records that match by their key alone: all of them would.
pub const LARGEST_ALIKE: usize = 100;

/// So many pairs of a rule are kept.
pub const MOST: usize = 50_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Joined {
    /// Pairs that match, by the numbers of their records, each once.
    pub pairs: BTreeSet<(usize, usize)>,
    /// How many records share a key that too many share, and one of them.
    pub large: Vec<(usize, usize)>,
    /// There are more pairs than are kept.
    pub more: bool,
    /// How many comparisons that took.
    pub compared: usize,
}

/// Compares records by a rule.
pub fn join(records: &[(usize, Signature)]) -> Joined {
    let mut frequent: HashMap<[char; 3], usize> = HashMap::new();
    for trigram in records.iter().flat_map(|(_, signature)| signature.trigrams()) {
        *frequent.entry(*trigram).or_default() += 1;
    }
    let mut blocks: HashMap<String, Vec<&(usize, Signature)>> = HashMap::new();
    for record in records {
        for key in record.1.keys(|trigram| Reverse(frequent.get(trigram).copied().unwrap_or(0))) {
            blocks.entry(key).or_default().push(record);
        }
    }
    let mut joined = Joined::default();
    for block in blocks.into_values() {
        let Some((first, signature)) = block.first() else { continue };
        let most = if signature.is_told_by_key() { LARGEST_ALIKE } else { LARGEST };
        if block.len() > most {
            joined.large.push((block.len(), *first));
            continue;
        }
        compare(&block, &mut joined);
    }
    joined.large.sort_unstable_by(|one, other| other.cmp(one));
    joined
}

fn compare(block: &[&(usize, Signature)], joined: &mut Joined) {
    for (at, (one, signature)) in block.iter().enumerate() {
        for (other, compared) in block.iter().skip(at + 1) {
            if joined.pairs.len() >= MOST {
                joined.more = true;
                return;
            }
            joined.compared += 1;
            if signature.matches(compared) {
                joined.pairs.insert((*one.min(other), *one.max(other)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::sync::Arc;

    use fichero_model::duplicate::{By, Duplicates, Match, OnCreate, SIMILAR};
    use fichero_model::expr::Row;
    use fichero_model::likeness::Aside;
    use fichero_model::place::Place;
    use fichero_model::{EntityId, FieldId, Value};
    use proptest::prelude::*;

    use super::*;

    fn signatures(names: &[String], by: By) -> Vec<(usize, Signature)> {
        let rule = Duplicates {
            name: Arc::from("same"),
            matches: vec![Match { field: FieldId(0), by }],
            filter: None,
            on_create: OnCreate::Warn,
            limit: 5,
            place: Place::start_of(&Arc::from("test.yaml")),
        };
        let row = |name: &String| Row { values: vec![Value::text(name)], ..Row::empty(EntityId(0), 1) };
        names.iter().enumerate().filter_map(|(at, name)| Some((at, rule.signature(&row(name))?))).collect()
    }

    fn similar() -> By {
        By::Similar { percent: SIMILAR, aside: Aside::default() }
    }

    proptest! {
        #[test]
        fn it_finds_what_comparing_each_with_each_finds(names in proptest::collection::vec("[a-d]{0,5} [a-d]{2,6}", 0..40)) {
            let records = signatures(&names, similar());
            let mut expected = BTreeSet::new();
            for (at, (one, signature)) in records.iter().enumerate() {
                for (other, compared) in records.iter().skip(at + 1) {
                    if signature.matches(compared) {
                        expected.insert((*one, *other));
                    }
                }
            }
            prop_assert_eq!(join(&records).pairs, expected);
        }
    }

    #[test]
    fn what_too_many_share_is_told() {
        let names = vec!["Test".to_owned(); LARGEST_ALIKE + 1];
        let joined = join(&signatures(&names, By::Equal));
        assert_eq!((joined.pairs.len(), joined.large), (0, vec![(LARGEST_ALIKE + 1, 0)]));
    }

    /// Names of two words of letters as they come, each tenth of them a slip away from the one before.
    #[test]
    fn what_is_compared_grows_with_the_records() {
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut names: Vec<String> = Vec::new();
        for number in 0..4_000 {
            let mut word = |length: u64| -> String {
                (0..length).filter_map(|_| char::from_digit(10 + next(26) as u32, 36)).collect()
            };
            match names.last() {
                Some(before) if number % 10 == 9 => names.push(before.chars().skip(1).collect()),
                _ => names.push(format!("{} {}", word(6), word(8))),
            }
        }
        let joined = join(&signatures(&names, similar()));
        assert!(joined.pairs.len() >= 400, "{}", joined.pairs.len());
        assert!(joined.compared < 20 * names.len(), "{} comparisons", joined.compared);
        assert!(!joined.more && joined.large.is_empty());
    }
}
