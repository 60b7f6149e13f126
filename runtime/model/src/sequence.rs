//! How numbers of sequences are written and read.

use jiff::civil::Date;

use crate::entity::{Sequence, SequencePart, SequencePeriod};

impl SequencePeriod {
    /// What a period is called that a day lies in; each counts from 1.
    pub fn of(self, day: Date) -> String {
        match self {
            SequencePeriod::Ever => String::new(),
            SequencePeriod::Year => day.strftime("%Y").to_string(),
            SequencePeriod::Month => day.strftime("%Y-%m").to_string(),
            SequencePeriod::Day => day.to_string(),
        }
    }
}

impl Sequence {
    /// A number of a day as it is written.
    pub fn written(&self, number: i64, day: Date) -> String {
        let part = |part: &SequencePart| match part {
            SequencePart::Text(text) => text.to_string(),
            SequencePart::Year => day.strftime("%Y").to_string(),
            SequencePart::ShortYear => day.strftime("%y").to_string(),
            SequencePart::Month => day.strftime("%m").to_string(),
            SequencePart::Day => day.strftime("%d").to_string(),
            SequencePart::Number(digits) => format!("{number:0width$}", width = usize::from(*digits)),
        };
        self.pattern.iter().map(part).collect()
    }

    /// The number that a text is, and the day it was given on as far as the pattern says; the rest is of `today`.
    pub fn read(&self, text: &str, today: Date) -> Option<(i64, Date)> {
        let (mut number, mut year, mut month, mut day) = (None, today.year(), today.month(), today.day());
        let mut rest = text;
        for part in &self.pattern {
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
                assert_eq!(sequence.read(&sequence.written(number, today), today), Some((number, today)));
            }
        }
        let sequence = Sequence {
            pattern: vec![Text("Q-".into()), Year, Text("-".into()), Number(4)],
            per: SequencePeriod::Year,
            gapless: false,
        };
        assert_eq!(sequence.read("Q-2024-0007", today).map(|(number, day)| (number, day.year())), Some((7, 2024)));
        for foreign in ["", "Q-", "Q-2024-", "Q-24-1", "X-2024-1", "Q-2024-1a", "Q-2024-99999999999999999999"] {
            assert_eq!(sequence.read(foreign, today), None, "{foreign}");
        }
    }
}
