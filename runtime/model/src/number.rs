//! How numbers are written in a file: a sample says it. `1.234,56 €` is a number with points between thousands, a comma
//! before its parts and, where there is one, a sign behind it.

use std::sync::Arc;

use crate::value::Currency;

/// What stands between thousands where a sample has a blank: any that people write.
const BLANKS: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];

/// The signs that mean one currency and no other.
const SIGNS: [(&str, &str); 7] =
    [("€", "EUR"), ("£", "GBP"), ("₽", "RUB"), ("₴", "UAH"), ("₺", "TRY"), ("₹", "INR"), ("zł", "PLN")];

/// How a number is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The sample itself.
    pub sample: Arc<str>,
    /// The mark before the parts; a number of whole ones when there is none.
    pub decimal: Option<char>,
    /// The mark between thousands, where there may be one.
    pub group: Option<char>,
    /// A sign that may stand before.
    before: Arc<str>,
    /// A sign that may stand behind.
    behind: Arc<str>,
}

/// A number that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// With a point and no groups.
    pub plain: String,
    /// The currency whose sign stood beside it.
    pub currency: Option<Currency>,
}

impl Form {
    /// The form of a sample such as `1234.5`, `1,234.56`, `1.234,56 €`, `12,5 %`, `$1,234`; nothing when it is none, or
    /// could be two.
    ///
    /// A mark before three digits is one between thousands; the last one before fewer or more is the decimal mark.
    pub fn of(sample: &str) -> Option<Self> {
        let digit = |sign: char| sign.is_ascii_digit();
        let (first, last) = (sample.find(digit)?, sample.rfind(digit)?);
        let (before, number, behind) = (sample.get(..first)?, sample.get(first..=last)?, sample.get(last + 1..)?);
        let mut marks: Vec<char> = Vec::new();
        let runs: Vec<&str> = number
            .split(|sign: char| {
                !digit(sign) && {
                    marks.push(sign);
                    true
                }
            })
            .collect();
        let known = |mark: &char| matches!(mark, '.' | ',' | '\'' | '’') || BLANKS.contains(mark);
        if !marks.iter().all(known) || before.contains(['-', '+']) {
            return None;
        }
        let decimal = marks
            .last()
            .copied()
            .filter(|mark| runs.last().is_some_and(|run| run.len() != 3) && matches!(mark, '.' | ','));
        let groups = marks.get(..marks.len() - usize::from(decimal.is_some()))?;
        let group = groups.first().copied();
        let is_even =
            groups.iter().all(|mark| Some(*mark) == group) && group.is_none_or(|group| Some(group) != decimal);
        let whole = runs.get(..=groups.len())?;
        let is_grouped = group.is_none() || is_grouped(whole);
        (is_even && is_grouped).then(|| Self {
            sample: sample.into(),
            decimal,
            group,
            before: before.trim().into(),
            behind: behind.trim().into(),
        })
    }

    /// A number written so; nothing when it is written in another way.
    pub fn read(&self, text: &str) -> Option<Read> {
        let (minus, text) = signed(text.trim());
        let (text, is_before) = taken(text, text.strip_prefix(&*self.before), &self.before);
        let (text, is_behind) = taken(text, text.strip_suffix(&*self.behind), &self.behind);
        let (again, text) = signed(text);
        if minus && again {
            return None;
        }
        let (whole, parts) = match self.decimal.and_then(|mark| text.split_once(mark)) {
            Some((whole, parts)) => (whole, Some(parts)),
            None => (text, None),
        };
        let is_group = |sign: char| match self.group {
            Some(group) if BLANKS.contains(&group) => BLANKS.contains(&sign),
            group => group == Some(sign),
        };
        let runs: Vec<&str> = whole.split(is_group).collect();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !runs.iter().all(|run| is_number(run))
            || (runs.len() > 1 && !is_grouped(&runs))
            || !parts.is_none_or(is_number)
        {
            return None;
        }
        let sign = if minus || again { "-" } else { "" };
        let parts = parts.map_or_else(String::new, |parts| format!(".{parts}"));
        let currency = |is_there: bool, sign: &str| {
            let known = SIGNS.iter().find(|(known, _)| is_there && *known == sign);
            known.and_then(|(_, code)| Currency::parse(code))
        };
        let currency = currency(is_before, &self.before).or_else(|| currency(is_behind, &self.behind));
        Some(Read { plain: format!("{sign}{}{parts}", runs.concat()), currency })
    }

    /// The mark that a number of another format gets before its parts, so that this form reads it as what it is or not at
    /// all.
    pub fn mark(&self) -> char {
        match (self.decimal, self.group) {
            (Some(mark), _) => mark,
            (None, Some('.')) => ',',
            (None, _) => '.',
        }
    }
}

/// Whether digits are in threes, but for the first ones.
fn is_grouped(runs: &[&str]) -> bool {
    runs.first().is_some_and(|first| (1..=3).contains(&first.len())) && runs.iter().skip(1).all(|run| run.len() == 3)
}

/// Takes a minus or plus away; whether it was a minus.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').map_or(text, str::trim_start)),
    }
}

/// What is left where a sign was taken away, and whether it was there.
fn taken<'t>(text: &'t str, rest: Option<&'t str>, sign: &str) -> (&'t str, bool) {
    match rest.filter(|_| !sign.is_empty()) {
        Some(rest) => (rest.trim(), true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_sample_says_how_numbers_are_written() {
        for (sample, text, plain) in [
            ("1.234,56", "1.234", Some("1234")),
            ("1.234,56", "1.234.567,8", Some("1234567.8")),
            ("1.234,56", "1234,5", Some("1234.5")),
            ("1.234,56", "-1.234,50", Some("-1234.50")),
            ("1.234,56", "1,234.50", None),
            ("1.234,56", "12.34", None),
            ("1.234,56", "1,", None),
            ("1,234.56", "1,234", Some("1234")),
            ("1 234,56", "1\u{202f}234 567,5", Some("1234567.5")),
            ("1'234.56", "1'234.5", Some("1234.5")),
            ("1234,5", "0,123", Some("0.123")),
            ("1234,5", "1.234,5", None),
            ("1234", "12", Some("12")),
            ("1234", "1.5", None),
            ("$1,234", "$90,000 ", Some("90000")),
            ("$1,234", "-$5", Some("-5")),
            ("$1,234", "$ -5", Some("-5")),
            ("$1,234", "5", Some("5")),
            ("$1,234", "€5", None),
            ("$1,234", "--5", None),
            ("12,5 %", "7,25%", Some("7.25")),
            ("12,5 %", "7", Some("7")),
            ("1.234,56 €", "", None),
            ("1.234,56 €", "€", None),
        ] {
            let form = Form::of(sample).unwrap();
            assert_eq!(form.read(text).map(|read| read.plain).as_deref(), plain, "{sample} {text}");
        }
        let euro = Form::of("1.234,56 €").unwrap();
        let currency = |text: &str| euro.read(text).unwrap().currency.map(|currency| currency.to_string());
        assert_eq!((currency("5 €").as_deref(), currency("5")), (Some("EUR"), None));
    }

    #[test]
    fn what_is_no_sample_or_could_be_two_is_refused() {
        for sample in ["", "%d.%m.%Y", "abc", "1,2,3", "1.23.456,7", "-1,5", "1.234.56", "12/34", "1234.567,8"] {
            assert_eq!(Form::of(sample), None, "{sample}");
        }
        assert_eq!(Form::of("1.234").map(|form| (form.decimal, form.group, form.mark())), Some((None, Some('.'), ',')));
    }
}
