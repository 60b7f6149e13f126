//! Rows that change again what an earlier row of the same file gave: two rows with one key and different values. The
//! last of them counts, and whoever imports is told, for that is rarely meant.

use std::collections::HashMap;

use fichero_model::Id;

use crate::command::Effect;

/// The most records that are remembered, so that memory is bounded: later ones are not told of.
const MOST: usize = 1_000_000;

/// The most rows that are told of one by one.
const MOST_TOLD: usize = 100;

/// A row that changed what an earlier one gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// Its line in the file.
    pub line: u64,
    /// The line of the row before it.
    pub before: u64,
}

/// Such rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<Again>,
}

/// Which row of the file was the last to give a record something: the half of each id that is random, and the line, so
/// that a million take little memory.
#[derive(Default)]
pub(super) struct Given(HashMap<u64, u32>);

impl Given {
    /// Notes a row that was taken. Rows that say the same as those before them are no news.
    pub(super) fn note(&mut self, record: Id, line: u64, effect: Effect, repeated: &mut Repeated) {
        let Self(lines) = self;
        let record = half(record);
        if lines.len() >= MOST && !lines.contains_key(&record) {
            return;
        }
        if let Some(before) = lines.insert(record, u32::try_from(line).unwrap_or(u32::MAX))
            && effect == Effect::Updated
        {
            repeated.count += 1;
            if repeated.first.len() < MOST_TOLD {
                repeated.first.push(Again { line, before: u64::from(before) });
            }
        }
    }
}

/// The last eight bytes of an id, which are random.
fn half(id: Id) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = *id.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
