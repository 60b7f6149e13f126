//! Values: the form of texts, words, numbers, durations, dates and expressions.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;

use super::key::is_locale;
use super::{Check, with_replaced};
use crate::node::{Node, NodeValue, Scalar, Style};
use crate::shape::{NameOf, Shape};
use crate::short::is_other_boolean;
use crate::yaml::quoted;

impl Check<'_> {
    /// A text: a map of locales.
    pub(super) fn text(&mut self, node: &Node) {
        let NodeValue::Map(entries) = &node.value else {
            return self.wrong_form(node, "a text, or a map of locales");
        };
        if entries.is_empty() {
            let diagnostic = Diagnostic::error(code::BAD_TEXT, &node.place, "a text without any locale")
                .help("write the text, or a map of locales: `{en: Deal, es: Negocio}`");
            self.found.push(diagnostic);
        }
        for entry in entries {
            self.locale(&entry.key);
            if entry.value.scalar().is_none() {
                let message =
                    format!("the text in `{}` is {}, and must be a string", entry.key.text, entry.value.what());
                self.found.push(
                    Diagnostic::error(code::BAD_TEXT, &entry.value.place, message)
                        .help("quote it if it begins with a bracket or brace"),
                );
            }
        }
    }

    /// A single value of a shape that is one.
    pub(super) fn scalar(&mut self, node: &Node, shape: &Shape) {
        let Some(scalar) = node.scalar() else {
            return self.collection(node, shape);
        };
        let text = &*scalar.text;
        let is_formula = text.starts_with('=');
        match shape {
            Shape::Boolean => self.boolean(node, scalar),
            Shape::Integer { min, max } => self.integer(node, scalar, *min, *max),
            Shape::Decimal if node.as_decimal().is_none() => self.not_a_number(node, scalar, "a number"),
            Shape::Word(words) if !words.contains(&text) => self.word(node, text, words),
            Shape::Expression => self.expression(node, text),
            Shape::Duration if !is_formula && !is_duration(text) => {
                let diagnostic = Diagnostic::error(code::BAD_DURATION, &node.place, format!("`{text}` is not a duration"))
                    .help("a duration is a number and a unit: `3 working days`, `2 hours`, `30 minutes`; an expression begins with `=`");
                self.found.push(diagnostic);
            }
            Shape::Date if !is_formula && text.parse::<jiff::civil::Date>().is_err() => {
                self.not_a_date(node, text, "a date", "2026-03-02")
            }
            Shape::Moment if !is_formula && !is_moment(text) => {
                self.not_a_date(node, text, "a moment", "2026-03-02T09:00` or `2026-03-02T09:00 Europe/Madrid")
            }
            Shape::Name(names) => self.name(node, text, *names),
            _ => {}
        }
    }

    /// A map or list where a single value is expected.
    fn collection(&mut self, node: &Node, shape: &Shape) {
        let expected = match shape {
            Shape::Expression => {
                let key = self.path.last().map_or("it", |key| key).to_owned();
                let mut diagnostic = Diagnostic::error(
                    code::UNQUOTED_EXPRESSION,
                    &node.place,
                    format!("`{key}` takes an expression, and YAML reads {} here", node.what()),
                )
                .help("quote an expression that begins with a bracket or a brace");
                if let Some(line) = self.raw(node).and_then(|raw| with_replaced(self.texts, &node.place, &quoted(&raw)))
                {
                    diagnostic = diagnostic.mended(line);
                }
                return self.found.push(diagnostic);
            }
            // A literal list or map is a value like any other.
            Shape::Value => return,
            Shape::Boolean => "`true` or `false`",
            Shape::Integer { .. } => "a whole number",
            Shape::Decimal => "a number",
            Shape::Duration => "a duration such as `3 working days`",
            Shape::Date => "a date such as `2026-03-02`",
            Shape::Moment => "a moment such as `2026-03-02T09:00`",
            Shape::Name(_) => "a name",
            Shape::Word(_) => "a word",
            _ => "a single value",
        };
        self.wrong_form(node, expected);
    }

    fn boolean(&mut self, node: &Node, scalar: &Scalar) {
        if node.as_bool().is_some() {
            return;
        }
        let text = &*scalar.text;
        let key = self.path.last().map_or("it", |key| key).to_owned();
        let meant = match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" | "1" => Some("true"),
            "no" | "off" | "false" | "0" => Some("false"),
            _ => None,
        };
        let Some(meant) = meant else {
            return self.wrong_form(node, "`true` or `false`");
        };
        let diagnostic = if is_other_boolean(text) && scalar.style == Style::Plain {
            self.instead(
                code::AMBIGUOUS_WORD,
                &node.place,
                format!("`{text}` is a word in YAML 1.2, and `{key}` takes `true` or `false`"),
                meant,
            )
        } else {
            self.instead(
                code::WRONG_SHAPE,
                &node.place,
                format!("`{key}` takes `true` or `false`, and {} stands here", node.what()),
                meant,
            )
        };
        self.found.push(diagnostic.help(format!("write `{meant}`, without quotes")));
    }

    fn integer(&mut self, node: &Node, scalar: &Scalar, min: i64, max: i64) {
        match node.as_integer() {
            None => self.not_a_number(node, scalar, "a whole number"),
            Some(number) if number < min || number > max => {
                let key = self.path.last().map_or("it", |key| key);
                let diagnostic = Diagnostic::error(
                    code::BAD_VALUE,
                    &node.place,
                    format!("`{key}` takes a whole number from {min} to {max}, and {number} stands here"),
                );
                self.found.push(diagnostic);
            }
            Some(_) => {}
        }
    }

    fn not_a_number(&mut self, node: &Node, scalar: &Scalar, expected: &str) {
        let text = scalar.text.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
        if scalar.style != Style::Plain && digits {
            let key = self.path.last().map_or("it", |key| key).to_owned();
            let diagnostic = self.instead(
                code::WRONG_SHAPE,
                &node.place,
                format!("`{key}` takes {expected}, and a text in quotes stands here"),
                text,
            );
            return self.found.push(diagnostic.help("remove the quotes"));
        }
        self.wrong_form(node, expected);
    }

    fn word(&mut self, node: &Node, text: &str, words: &[&str]) {
        let key = self.path.last().map_or("it", |key| key).to_owned();
        let message = format!("`{key}` does not take `{text}`");
        let listed = listed(words);
        let diagnostic = match name::did_you_mean(text, words.iter().copied()) {
            Some(near) => self
                .instead(code::BAD_VALUE, &node.place, message, near)
                .help(format!("did you mean `{near}`? It takes {listed}")),
            None => Diagnostic::error(code::BAD_VALUE, &node.place, message).help(format!("it takes {listed}")),
        };
        self.found.push(diagnostic);
    }

    fn expression(&mut self, node: &Node, text: &str) {
        if text.trim().is_empty() {
            let diagnostic = Diagnostic::error(code::NULL, &node.place, "an empty expression")
                .help("write the expression, or remove the key");
            return self.found.push(diagnostic);
        }
        let Some(behind) = text.strip_prefix('=').filter(|behind| !behind.starts_with('=')) else { return };
        let key = self.path.last().map_or("it", |key| key).to_owned();
        let message = format!("`{key}` takes an expression, which begins without `=`");
        let new =
            if crate::yaml::is_plain(behind.trim(), true) { behind.trim().to_owned() } else { quoted(behind.trim()) };
        let diagnostic = self.instead(code::BAD_VALUE, &node.place, message, &new);
        self.found.push(diagnostic.help("`=` stands before an expression only where a value is expected"));
    }

    fn not_a_date(&mut self, node: &Node, text: &str, what: &str, example: &str) {
        let diagnostic = Diagnostic::error(code::BAD_DATE, &node.place, format!("`{text}` is not {what}"))
            .help(format!("write it as `{example}`; an expression begins with `=`"));
        self.found.push(diagnostic);
    }

    fn name(&mut self, node: &Node, text: &str, names: NameOf) {
        match names {
            NameOf::New => {
                if let Some(diagnostic) = super::key::name_flaw(text, &node.place, super::key::Reserved::Fields) {
                    self.found.push(diagnostic);
                }
            }
            NameOf::Locale if !is_locale(text) => {
                let diagnostic = Diagnostic::error(code::BAD_VALUE, &node.place, format!("`{text}` is not a locale"))
                    .help("a locale is two letters, such as `en`, or two and a region, such as `pt-BR`");
                self.found.push(diagnostic);
            }
            NameOf::Country
                if fichero_model::phone::Country::parse(text).is_none()
                    || text.bytes().any(|byte| byte.is_ascii_uppercase()) =>
            {
                let diagnostic = Diagnostic::error(code::BAD_VALUE, &node.place, format!("`{text}` is not a country"))
                    .help("a country is two small letters of ISO 3166, such as `es` or `gb`");
                self.found.push(diagnostic);
            }
            NameOf::Currency if !(text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())) => {
                let diagnostic = Diagnostic::error(code::BAD_VALUE, &node.place, format!("`{text}` is not a currency"))
                    .help("a currency is three capital letters of ISO 4217, such as `EUR`");
                self.found.push(diagnostic);
            }
            NameOf::Function if !text.starts_with('=') && !text.contains(".rhai#") => {
                let diagnostic =
                    Diagnostic::error(code::BAD_VALUE, &node.place, format!("`{text}` names no function of a script"))
                        .help("write the file and the function: `onboarding.rhai#plan`");
                self.found.push(diagnostic);
            }
            _ if text.is_empty() => {
                let diagnostic = Diagnostic::error(code::NULL, &node.place, "an empty name")
                    .help("write the name, or remove the key");
                self.found.push(diagnostic);
            }
            _ => {}
        }
    }

    /// The source of a node, where it stands on one line.
    fn raw(&self, node: &Node) -> Option<String> {
        let text = self.texts.text(&node.place.file)?;
        let raw = text.get(node.place.start as usize..node.place.end as usize)?;
        (!raw.is_empty() && !raw.contains('\n')).then(|| raw.to_owned())
    }
}

/// A number and a unit, once or several times: `3 working days`, `1 hour 30 minutes`.
fn is_duration(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut rest = words.as_slice();
    while let [number, behind @ ..] = rest {
        let numeric = number
            .split_once('.')
            .map_or_else(|| is_digits(number), |(whole, part)| is_digits(whole) && is_digits(part));
        let behind = match behind {
            ["working", behind @ ..] => behind,
            other => other,
        };
        let [unit, behind @ ..] = behind else { return false };
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        if !numeric || !matches!(unit, "second" | "minute" | "hour" | "day" | "week" | "month" | "year") {
            return false;
        }
        rest = behind;
    }
    !words.is_empty()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2026-03-02T09:00`, with a zone behind a space or an offset; a date alone is its beginning.
fn is_moment(text: &str) -> bool {
    let (moment, zone) = text.split_once(' ').map_or((text, None), |(moment, zone)| (moment, Some(zone)));
    let local = moment.parse::<jiff::civil::DateTime>().is_ok();
    match zone {
        // Whether the zone exists is asked by whoever turns it into an instant.
        Some(zone) => local && !zone.is_empty() && !zone.contains(' '),
        None => local || moment.parse::<jiff::Timestamp>().is_ok(),
    }
}

/// The words that a key takes, as far as a person reads them at a glance.
fn listed(words: &[&str]) -> String {
    const MOST: usize = 16;
    let shown: Vec<String> = words.iter().take(MOST).map(|word| format!("`{word}`")).collect();
    match words.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more, which an editor with the schema offers", shown.join(", ")),
    }
}
