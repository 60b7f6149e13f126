//! What the values of a column say.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::number::Form;
use fichero_model::{Model, likeness};

use super::super::number;
use super::super::source::{Line, Sort};
use crate::value::guard;
use crate::value::text::{self, Notation};

/// Texts that mean that there is nothing, in any column.
const NOTHING: [&str; 5] = ["NULL", "null", "N/A", "n/a", "#N/A"];

/// Forms of dates that are tried, the likelier ones first.
const DATES: [&str; 20] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d %b %Y",
    "%b %d, %Y",
    "%Y-%m-%d %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
];

/// Forms of numbers that are tried; a sign before or behind them is found in the values.
const NUMBERS: [&str; 5] = ["1.234,56", "1,234.56", "1 234,56", "1'234.56", "1,234"];

/// The most forms of one column.
const MOST_FORMS: usize = 3;

/// The values of a column that say something.
#[derive(Debug)]
pub(super) struct Samples {
    texts: Vec<String>,
    nothing: Vec<String>,
    are_distinct: bool,
}

/// How values fit a field.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// How many of a hundred do.
    pub percent: usize,
    /// How sure they alone make it that they are of this field.
    pub telling: Option<u8>,
    /// What is to be said of it.
    pub why: Option<String>,
    /// The forms in which they are written.
    pub formats: Vec<String>,
}

impl Samples {
    /// The values at a place of the rows.
    pub(super) fn of<'l>(lines: impl Iterator<Item = &'l Line>, at: usize) -> Self {
        let (mut texts, mut nothing) = (Vec::new(), Vec::new());
        for line in lines.filter(|line| matches!(line.sort(at), Sort::Plain | Sort::Number | Sort::Moment)) {
            let text =
                guard::unguarded(line.cells.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or(""));
            match text {
                "" | guard::NOTHING => {}
                text if NOTHING.contains(&text) => {
                    if !nothing.iter().any(|known| known == text) {
                        nothing.push(text.to_owned());
                    }
                }
                text => texts.push(text.to_owned()),
            }
        }
        let distinct: HashSet<&String> = texts.iter().collect();
        let are_distinct = texts.len() > 1 && distinct.len() == texts.len();
        Self { texts, nothing, are_distinct }
    }

    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }

    /// Texts that mean nothing.
    pub(super) fn nothing(&self) -> &[String] {
        &self.nothing
    }

    /// Whether no value comes twice.
    pub(super) fn are_distinct(&self) -> bool {
        self.are_distinct
    }

    /// How they fit a field.
    pub(super) fn fit(&self, model: &Model, field: &Field) -> Fit {
        let looks = |look: &str| &*field.type_name == look || field.widget.as_deref() == Some(look);
        let notation = Notation::plain(model.workspace.time_zone.clone());
        let reads = |text: &str| text::value(model, field, text, &notation).is_ok();
        match &field.kind {
            Kind::Text { .. } if looks("email") => self.plainly(is_mail, "mail addresses", Some(75)),
            Kind::Text { .. } if looks("phone") => self.plainly(is_phone, "phone numbers", Some(60)),
            Kind::Text { .. } if looks("url") => self.plainly(is_url, "addresses of pages", Some(60)),
            Kind::Text { .. } | Kind::LongText { .. } => Fit { percent: self.percent(reads), ..Fit::default() },
            Kind::Choice { .. } => {
                let part = |text: &str| text.split(';').all(|part| reads(part.trim()));
                let several: HashSet<&String> = self.texts.iter().collect();
                self.plainly(part, "options of it", (several.len() > 1).then_some(60))
            }
            Kind::Boolean => self.plainly(reads, "true or false", None),
            Kind::Time | Kind::Duration => self.plainly(reads, "times", None),
            Kind::Date => self.dated(|text, forms| text::date(field, text, forms).is_ok()),
            Kind::DateTime => self.dated(|text, forms| {
                let notation = Notation { dates: forms.to_vec(), ..notation.clone() };
                text::value(model, field, text, &notation).is_ok()
            }),
            Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } => self.counted(),
            // Whether a record is called so only the database knows.
            Kind::Ref(_)
            | Kind::Json
            | Kind::Secret { .. }
            | Kind::File(_)
            | Kind::Lines { .. }
            | Kind::Children { .. } => Fit { percent: 100, ..Fit::default() },
        }
    }

    fn percent(&self, reads: impl Fn(&str) -> bool) -> usize {
        let count = self.texts.iter().filter(|text| reads(text)).count();
        100 * count / self.texts.len().max(1)
    }

    fn plainly(&self, reads: impl Fn(&str) -> bool, are: &str, telling: Option<u8>) -> Fit {
        let percent = self.percent(reads);
        let telling = telling.filter(|_| percent >= 95);
        Fit { percent, telling, why: Some(format!("{percent} % of its values are {are}")), formats: Vec::new() }
    }

    /// The fewest forms by which most values are dates.
    fn dated(&self, reads: impl Fn(&str, &[Arc<str>]) -> bool) -> Fit {
        let mut rest: Vec<&String> = self.texts.iter().filter(|text| !reads(text, &[])).collect();
        let mut forms: Vec<Arc<str>> = Vec::new();
        let mut doubt = None;
        while !rest.is_empty() && forms.len() < MOST_FORMS {
            let counts = DATES.map(|form| {
                let only = [Arc::from(form)];
                (rest.iter().filter(|text| reads(text, &only)).count(), form)
            });
            let best = counts.iter().map(|(count, _)| *count).max().unwrap_or(0);
            let mut fitting = counts.iter().filter(|(count, _)| *count == best && best > 0).map(|(_, form)| *form);
            let Some(form) = fitting.next() else { break };
            doubt = doubt.or_else(|| fitting.next());
            let only = [Arc::from(form)];
            rest.retain(|text| !reads(text, &only));
            forms.extend(only);
        }
        let percent = 100 - 100 * rest.len() / self.texts.len().max(1);
        let written = match &forms[..] {
            [] => "in ISO 8601".to_owned(),
            forms => {
                format!("written as {}", forms.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", "))
            }
        };
        // Where other values are written in the other form, both are meant.
        let doubt = doubt.filter(|other| !forms.iter().any(|form| **form == **other));
        let doubt = doubt.map_or_else(String::new, |other| format!("; they could be `{other}` as well"));
        let why = format!("{percent} % of its values are dates {written}{doubt}");
        let telling = (percent >= 95 && !self.texts.is_empty()).then_some(50);
        let formats = if percent >= 50 { forms.iter().map(ToString::to_string).collect() } else { Vec::new() };
        Fit { percent, telling, why: Some(why), formats }
    }

    /// The form by which most values are numbers.
    fn counted(&self) -> Fit {
        let is_plain = |text: &str| number::plain(text).is_some_and(|plain| text::exact(&plain).is_some());
        let plain = self.percent(is_plain);
        let (before, behind) = self.signs();
        let forms = NUMBERS.map(|form| Form::of(&format!("{before}{form}{behind}")));
        let best = forms
            .into_iter()
            .flatten()
            .map(|form| (self.percent(|text| is_surely(&form, text)), form))
            .rev()
            .max_by_key(|(percent, _)| *percent)
            .filter(|(percent, _)| *percent > plain);
        match best {
            Some((percent, form)) => Fit {
                percent,
                telling: None,
                why: Some(format!("{percent} % of its values are numbers written as `{}`", form.sample)),
                formats: vec![form.sample.to_string()],
            },
            None => {
                let why = Some(format!("{plain} % of its values are numbers"));
                Fit { percent: plain, telling: None, why, formats: Vec::new() }
            }
        }
    }

    /// What stands before and behind the digits of the first value.
    fn signs(&self) -> (String, String) {
        let sign = |text: &str| -> String { text.chars().filter(|sign| !matches!(sign, '-' | '−' | '+')).collect() };
        let Some(first) = self.texts.first() else { return (String::new(), String::new()) };
        let before: &str = first.split(|sign: char| sign.is_ascii_digit()).next().unwrap_or("");
        let behind: &str = first.rsplit(|sign: char| sign.is_ascii_digit()).next().unwrap_or("");
        (sign(before), sign(behind))
    }
}

/// Whether a number is written in a form, and can hardly be in another one: three digits behind a mark, and no other mark,
/// are rather thousands.
fn is_surely(form: &Form, text: &str) -> bool {
    let parts = |plain: &str| plain.split_once('.').map_or(0, |(_, parts)| parts.len());
    let is_grouped = form.group.is_some_and(|mark| text.contains(mark));
    form.read(text).is_some_and(|read| is_grouped || parts(&read.plain) != 3)
}

fn is_mail(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace) && !host.contains('@')
}

fn is_phone(text: &str) -> bool {
    let known =
        |sign: char| sign.is_ascii_digit() || matches!(sign, ' ' | '+' | '-' | '(' | ')' | '.' | '/' | '\u{a0}');
    text.chars().all(known) && likeness::phone_digits(text).is_some_and(|digits| digits.len() >= 6)
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "www."].iter().any(|begin| text.starts_with(begin))
}
