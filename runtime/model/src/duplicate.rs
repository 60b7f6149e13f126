//! Which records are likely the same: what a rule of an entity compares, and the keys under which candidates are found.

use std::sync::Arc;

use crate::entity::Entity;
use crate::expr::{Expr, Row};
use crate::fold;
use crate::id::FieldId;
use crate::likeness::{self, Aside, Trigrams};
use crate::place::Place;
use crate::value::Value;

/// How alike names must be where nothing is said, in hundredths.
pub const SIMILAR: u8 = 75;

/// A rule by which two records are likely the same: all of its fields match.
#[derive(Clone, Debug)]
pub struct Duplicates {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// What is compared, and how; one at least.
    pub matches: Vec<Match>,
    /// Only among records where this holds.
    pub filter: Option<Expr>,
    /// What happens when a new record has a likely duplicate.
    pub on_create: OnCreate,
    /// At most so many are shown.
    pub limit: usize,
    /// Where it is declared.
    pub place: Place,
}

/// A field that two records must agree in.
#[derive(Clone, Debug)]
pub struct Match {
    /// The field: stored, of one value.
    pub field: FieldId,
    /// How it is compared.
    pub by: By,
}

/// How two values are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// They are the same; texts by their folded key.
    Equal,
    /// They are alike by so many hundredths, without what is set aside.
    Similar {
        /// Hundredths of [`Trigrams::is_like`].
        percent: u8,
        /// Legal forms and the like.
        aside: Aside,
    },
    /// They are the same phone number.
    Phone,
    /// They are e-mail addresses at the same domain, which is none of those set aside.
    MailDomain {
        /// Domains at which anybody has an address.
        aside: Aside,
    },
}

/// What happens when a new record has a likely duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCreate {
    /// Who makes it is told.
    Warn,
    /// It is not made.
    Refuse,
}

/// What a record is compared by under one rule, worked out once.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Same(String),
    Like(Trigrams, u8),
    Number(String),
}

impl Duplicates {
    /// What a record is compared by; nothing where it lacks one of the fields, for then it is like no other.
    pub fn signature(&self, row: &Row) -> Option<Signature> {
        self.matches.iter().map(|one| part(&one.by, row.get(one.field))).collect::<Option<Vec<_>>>().map(Signature)
    }

    /// What the keys of records depend on beside the records: where it changes, keys are made anew.
    pub fn print(&self, entity: &Entity) -> String {
        let mut print = self.name.to_string();
        for one in &self.matches {
            print.push('\n');
            print.push_str(&entity[one.field].name);
            let (word, percent, aside) = match &one.by {
                By::Equal => (" equal", 0, None),
                By::Similar { percent, aside } => (" similar", *percent, Some(aside)),
                By::Phone => (" phone", 0, None),
                By::MailDomain { aside } => (" mail_domain", 0, Some(aside)),
            };
            print.push_str(word);
            print.push_str(&percent.to_string());
            for text in aside.into_iter().flat_map(Aside::iter) {
                print.push('\t');
                print.push_str(text);
            }
        }
        print
    }

    /// Whether a change from one row to another leaves what is compared as it is.
    pub fn is_untouched(&self, old: &Row, new: &Row) -> bool {
        self.matches.iter().all(|one| old.get(one.field) == new.get(one.field))
    }
}

impl Signature {
    /// Whether two records are likely the same.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|pair| match pair {
            (Part::Same(one), Part::Same(other)) => one == other,
            (Part::Number(one), Part::Number(other)) => likeness::is_same_number(one, other),
            (Part::Like(one, percent), Part::Like(other, _)) => one.is_like(other, *percent),
            (Part::Same(_) | Part::Number(_) | Part::Like(..), _) => false,
        })
    }

    /// Whether records that share a key match without further ado.
    pub fn is_told_by_key(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Same(_)))
    }

    /// The keys under which the record is found: two records that match share one at least. They hold all that must be
    /// the same, and one of the first few trigrams of the first name, by `rank`.
    pub fn keys<K: Ord>(&self, rank: impl Fn(&[char; 3]) -> K) -> Vec<String> {
        let mut whole = String::new();
        let mut name = None;
        for part in &self.0 {
            match part {
                Part::Same(text) => whole.push_str(text),
                Part::Number(digits) => whole.push_str(likeness::number_end(digits)),
                Part::Like(trigrams, percent) if name.is_none() => name = Some((trigrams, *percent)),
                Part::Like(..) => {}
            }
            whole.push('\u{1f}');
        }
        match name {
            None => vec![whole],
            Some((trigrams, percent)) => {
                let few = trigrams.first_few(percent, rank);
                few.iter().map(|trigram| whole.chars().chain(trigram.iter().copied()).collect()).collect()
            }
        }
    }

    /// The trigrams that keys are made of.
    pub fn trigrams(&self) -> impl Iterator<Item = &[char; 3]> {
        self.0
            .iter()
            .filter_map(|part| match part {
                Part::Like(trigrams, _) => Some(trigrams),
                Part::Same(_) | Part::Number(_) => None,
            })
            .take(1)
            .flat_map(Trigrams::iter)
    }
}

fn part(by: &By, value: &Value) -> Option<Part> {
    match (by, value) {
        (_, Value::Nothing) => None,
        (By::Equal, value) => Some(Part::Same(written(value))),
        (By::Similar { percent, aside }, Value::Text(text)) => {
            let trigrams = Trigrams::of(text, aside);
            (!trigrams.is_empty()).then_some(Part::Like(trigrams, *percent))
        }
        (By::Phone, Value::Text(text)) => likeness::phone_digits(text).map(Part::Number),
        (By::MailDomain { aside }, Value::Text(text)) => likeness::mail_domain(text, aside).map(Part::Same),
        (By::Similar { .. } | By::Phone | By::MailDomain { .. }, _) => None,
    }
}

/// A value as it is compared: equal values are written alike, by every model.
fn written(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Boolean(is) => is.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::Money(money) => format!("{} {}", money.amount.normalize(), money.currency),
        Value::Text(text) => fold::key(text),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Duration(seconds) => seconds.to_string(),
        Value::Ref(reference) => reference.id.to_string(),
        Value::List(values) => values.iter().map(written).collect::<Vec<_>>().join("\u{1e}"),
        Value::Json(json) => json.to_string(),
    }
}

/// A key as it is stored: 64 bits of it and of the rule's print (FNV-1a, so that it is the same for ever). Two keys that
/// come to the same number cost a comparison and no more, for candidates are compared in full.
pub fn number(print: &str, key: &str) -> i64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = print.bytes().chain(std::iter::once(0)).chain(key.bytes());
    bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)).cast_signed()
}
