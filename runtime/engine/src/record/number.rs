//! Numbers of sequence fields: given out one after the other, last of all that a save does, so that a refused record takes
//! none; and, for history that is brought in with the numbers it had, passed over, so that none is given out twice.

use fichero_model::entity::{Sequence, SequencePart, SequencePeriod, Source};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId};
use fichero_store::system::sequence;
use jiff::civil::Date;

use super::work::Work;
use crate::refusal::Refusal;

/// The next number of a sequence field for a record of that day.
///
/// # Errors
/// When the database cannot be written.
pub fn next(work: &Work<'_>, (entity, field): (EntityId, FieldId), day: Date) -> Result<Value, Refusal> {
    let Source::Sequence(definition) = &work.live.model[entity][field].source else { return Ok(Value::Nothing) };
    let key = key(work, entity, field);
    let number = work.with(|tx| sequence::take(tx, &key, &period(definition.per, day)))?;
    Ok(Value::text(&written(definition, number, day)))
}

/// Sees that a number which was given is not given out again. One that this pattern does not write cannot be.
///
/// # Errors
/// When the database cannot be written.
pub fn pass(work: &Work<'_>, (entity, field): (EntityId, FieldId), given: &str) -> Result<(), Refusal> {
    let Source::Sequence(definition) = &work.live.model[entity][field].source else { return Ok(()) };
    let Some((number, day)) = read(definition, given, work.today()) else { return Ok(()) };
    let key = key(work, entity, field);
    work.with(|tx| sequence::pass(tx, &key, &period(definition.per, day), number))
}

fn key(work: &Work<'_>, entity: EntityId, field: FieldId) -> String {
    format!("{}.{}", work.live.layout.table_name(entity), work.live.layout.column_name(entity, field))
}

fn period(per: SequencePeriod, day: Date) -> String {
    match per {
        SequencePeriod::Ever => String::new(),
        SequencePeriod::Year => day.strftime("%Y").to_string(),
        SequencePeriod::Month => day.strftime("%Y-%m").to_string(),
        SequencePeriod::Day => day.to_string(),
    }
}

fn written(definition: &Sequence, number: i64, day: Date) -> String {
    let part = |part: &SequencePart| match part {
        SequencePart::Text(text) => text.to_string(),
        SequencePart::Year => day.strftime("%Y").to_string(),
        SequencePart::ShortYear => day.strftime("%y").to_string(),
        SequencePart::Month => day.strftime("%m").to_string(),
        SequencePart::Day => day.strftime("%d").to_string(),
        SequencePart::Number(digits) => format!("{number:0width$}", width = usize::from(*digits)),
    };
    definition.pattern.iter().map(part).collect()
}

/// The number that a text is, and the day it was given on as far as the pattern says; the rest is of `today`.
fn read(definition: &Sequence, text: &str, today: Date) -> Option<(i64, Date)> {
    let (mut number, mut year, mut month, mut day) = (None, today.year(), today.month(), today.day());
    let mut rest = text;
    for part in &definition.pattern {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length = match part {
            SequencePart::Text(text) => {
                rest = rest.strip_prefix(&**text)?;
                continue;
            }
            SequencePart::Year => 4,
            SequencePart::ShortYear | SequencePart::Month | SequencePart::Day => 2,
            SequencePart::Number(_) => digits,
        };
        if length == 0 || length > digits {
            return None;
        }
        let (figures, behind) = rest.split_at(length);
        rest = behind;
        match part {
            SequencePart::Text(_) => {}
            SequencePart::Year => year = figures.parse().ok()?,
            SequencePart::ShortYear => year = 2000 + figures.parse::<i16>().ok()?,
            SequencePart::Month => month = figures.parse().ok()?,
            SequencePart::Day => day = figures.parse().ok()?,
            SequencePart::Number(_) => number = figures.parse().ok(),
        }
    }
    // A day that the month of the number does not have was not part of it.
    let day = Date::new(year, month, day).or_else(|_| Date::new(year, month, 1)).ok()?;
    number.filter(|_| rest.is_empty()).map(|number: i64| (number, day))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_written() {
        use SequencePart::{Day, Month, Number, ShortYear, Text, Year};
        let today: Date = "2026-03-31".parse().unwrap();
        let patterns = [
            vec![Text("D-".into()), Number(5)],
            vec![Text("Q-".into()), Year, Text("-".into()), Number(4)],
            vec![ShortYear, Month, Day, Text("/".into()), Number(1)],
            vec![Year, Number(3)],
        ];
        for pattern in patterns {
            let sequence = Sequence { pattern, per: SequencePeriod::Year, gapless: false };
            for number in [1, 42, 123_456] {
                assert_eq!(read(&sequence, &written(&sequence, number, today), today), Some((number, today)));
            }
        }
        let sequence = Sequence {
            pattern: vec![Text("Q-".into()), Year, Text("-".into()), Number(4)],
            per: SequencePeriod::Year,
            gapless: false,
        };
        assert_eq!(read(&sequence, "Q-2024-0007", today).map(|(number, day)| (number, day.year())), Some((7, 2024)));
        for foreign in ["", "Q-", "Q-2024-", "Q-24-1", "X-2024-1", "Q-2024-1a", "Q-2024-99999999999999999999"] {
            assert_eq!(read(&sequence, foreign, today), None, "{foreign}");
        }
    }
}
