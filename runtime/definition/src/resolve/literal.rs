//! Literals: what a scalar, map or list says as a value of a field's own kind.

use std::str::FromStr;
use std::sync::Arc;

use fichero_model::Value;
use fichero_model::code::{self, Code};
use fichero_model::diagnostic::{Diagnostic, Texts};
use fichero_model::entity::Field;
use fichero_model::expr::typing::words;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::label::Locale;
use fichero_model::model::Model;
use fichero_model::name;
use fichero_model::value::{Currency, Money};
use rust_decimal::Decimal;

use super::findings::quoted;
use super::time;
use crate::check::with_replaced;
use crate::node::{Node, NodeValue, Style};
use crate::yaml::{is_plain, quoted as yaml_quoted};

/// Why a literal does not fit.
pub(super) struct Flaw {
    message: String,
    help: Option<String>,
    /// What to write instead.
    instead: Option<String>,
    code: Option<Code>,
}

impl Flaw {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, instead: None, code: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn instead(mut self, text: impl Into<String>) -> Self {
        self.instead = Some(text.into());
        self
    }

    /// The finding for an author, about the value of a field.
    pub fn told(self, code: Code, node: &Node, field: &Field, texts: &dyn Texts) -> Diagnostic {
        let mut diagnostic =
            Diagnostic::error(self.code.unwrap_or(code), &node.place, format!("`{}` {}", field.name, self.message));
        if let Some(help) = self.help {
            diagnostic = diagnostic.help(help);
        }
        match self.instead.and_then(|new| with_replaced(texts, &node.place, &new)) {
            Some(line) => diagnostic.mended(line),
            None => diagnostic,
        }
    }
}

/// The literal of a kind. A flaw is told as the end of a sentence that begins with the field.
pub(super) fn literal(node: &Node, kind: &Kind, model: &Model) -> Result<Value, Flaw> {
    let needs = || meant(node, kind, Flaw::new(format!("takes {}, not {}", wanted(kind, model), shown(node))));
    let text = || node.as_text().map(|text| &**text);
    match kind {
        Kind::Text { max } | Kind::LongText { max } => {
            if let Some(texts) = in_locales(node) {
                let fits = texts.iter().map(|(locale, node)| Ok((*locale, literal(node, kind, model)?)));
                let fits = fits.collect::<Result<Vec<_>, Flaw>>()?;
                let of = |wanted: Locale| fits.iter().find(|(locale, _)| *locale == wanted);
                let chosen = of(model.workspace.locale).or_else(|| of(Locale::EN)).or_else(|| fits.first());
                return chosen.map(|(_, value)| value.clone()).ok_or_else(needs);
            }
            let text = text().ok_or_else(needs)?;
            if node.as_bool().is_some() {
                return Err(needs());
            }
            let length = text.chars().count();
            if length > *max as usize {
                return Err(Flaw::new(format!("takes at most {max} characters, and these are {length}")));
            }
            Ok(Value::text(text))
        }
        Kind::Integer => node.as_integer().map(Value::Integer).ok_or_else(needs),
        Kind::Decimal { scale } => {
            let number = decimal(node).ok_or_else(needs)?;
            if number.normalize().scale() > u32::from(*scale) {
                return Err(Flaw::new(format!("keeps {scale} digits behind the point, and `{number}` has more")));
            }
            Ok(Value::Decimal(number))
        }
        Kind::Money { currency } => {
            money(node, currency).ok_or_else(|| needs().help("write a number, or `{amount: 12.50, currency: USD}`"))
        }
        Kind::Boolean => node.as_bool().map(Value::Boolean).ok_or_else(needs),
        Kind::Date => text().and_then(time::date).map(Value::Date).ok_or_else(needs),
        Kind::Time => text().and_then(time::time).map(Value::Time).ok_or_else(needs),
        Kind::DateTime => text()
            .and_then(|text| time::moment(text, &model.workspace.time_zone))
            .map(Value::DateTime)
            .ok_or_else(needs),
        Kind::Duration => match text().map(time::duration) {
            Some(Ok(seconds)) => Ok(Value::Duration(seconds)),
            Some(Err(time::DurationFlaw::Working)) => {
                Err(Flaw::new("holds elapsed time, and working time has no length without a calendar")
                    .help("leave out `working`"))
            }
            Some(Err(time::DurationFlaw::Unreadable)) | None => Err(needs()),
        },
        Kind::Choice { options } => {
            let text = text().ok_or_else(needs)?;
            let options = &model[*options];
            if options.find(text).is_some() {
                return Ok(Value::text(text));
            }
            let names: Vec<&str> = options.options.iter().map(|option| &*option.name).collect();
            let flaw = Flaw { code: Some(code::UNKNOWN_OPTION), ..Flaw::new(format!("has no option `{text}`")) };
            let renamed = options.options.iter().find(|option| option.was.iter().any(|was| &**was == text));
            Err(match name::did_you_mean(text, names.iter().copied()) {
                _ if renamed.is_some() => {
                    flaw.help(format!("it is called `{}` now", renamed.map_or("", |option| &option.name)))
                }
                Some(near) => flaw.help(format!("did you mean `{near}`?")),
                None if names.len() <= 12 => flaw.help(format!("its options are {}", quoted(&names))),
                None => flaw,
            })
        }
        Kind::Json => Ok(Value::Json(Arc::new(json(node)))),
        Kind::Secret { .. } => Err(Flaw::new("is a secret, and definitions hold none")
            .help("leave it out: it is given on pages, through the API or by an import")),
        Kind::Ref(_) | Kind::File(_) | Kind::Lines { .. } | Kind::Children { .. } => Err(needs()),
    }
}

/// A text in several languages: the records of a workspace bear that of its own.
fn in_locales(node: &Node) -> Option<Vec<(Locale, &Node)>> {
    let entries = node.entries();
    let locales: Option<Vec<_>> =
        entries.iter().map(|entry| Some((Locale::parse(&entry.key.text)?, &entry.value))).collect();
    locales.filter(|locales| !locales.is_empty())
}

/// What a kind takes.
fn wanted(kind: &Kind, model: &Model) -> String {
    match kind {
        Kind::Boolean => "`true` or `false`".to_owned(),
        Kind::File(_) => "a file that is uploaded".to_owned(),
        _ => words(&kind.value_type(), model),
    }
}

/// Adds what was probably meant by a literal that does not fit, else how one is written.
fn meant(node: &Node, kind: &Kind, flaw: Flaw) -> Flaw {
    let Some(text) = node.as_text().map(|text| text.trim()) else { return flaw };
    let is_quoted = node.scalar().is_some_and(|scalar| scalar.style != Style::Plain);
    let unquoted = |fits: bool| fits.then(|| Node::word(&node.place, text));
    let call = match (kind, text) {
        (Kind::Text { .. } | Kind::LongText { .. }, _) => None,
        (Kind::Date, "today" | "now") => Some("=today()".to_owned()),
        (Kind::DateTime, "today" | "now") => Some("=now()".to_owned()),
        (_, text) if text.ends_with(')') && text.contains('(') => Some(format!("={text}")),
        _ => None,
    };
    if let Some(call) = call {
        let new = if is_plain(&call, true) { call.clone() } else { yaml_quoted(&call) };
        return flaw.help(format!("an expression begins with `=`: `{call}`")).instead(new);
    }
    match kind {
        Kind::Boolean => match &*text.to_ascii_lowercase() {
            "yes" | "on" | "true" | "1" => flaw.help("write `true`, without quotes").instead("true"),
            "no" | "off" | "false" | "0" => flaw.help("write `false`, without quotes").instead("false"),
            _ => flaw,
        },
        Kind::Integer if unquoted(is_quoted).is_some_and(|bare| bare.as_integer().is_some()) => {
            flaw.help("remove the quotes").instead(text)
        }
        Kind::Integer => match text.split_once('.') {
            Some((whole, zeros)) if !whole.is_empty() && zeros.bytes().all(|digit| digit == b'0') => {
                flaw.help(format!("write `{whole}`")).instead(whole)
            }
            _ => flaw,
        },
        Kind::Text { .. } | Kind::LongText { .. } if node.as_bool().is_some() => {
            flaw.help(format!("quote it if the word is meant: `\"{text}\"`")).instead(format!("\"{text}\""))
        }
        Kind::Date => flaw.help("a date is written `2026-03-02`"),
        Kind::Time => flaw.help("a time is written `\"09:30\"`"),
        Kind::DateTime => flaw.help("a moment is written `2026-03-02T09:00`, with an optional zone behind a space"),
        Kind::Duration => flaw.help("a duration is written `25 minutes` or `1 hour 30 minutes`"),
        Kind::Text { .. }
        | Kind::LongText { .. }
        | Kind::Decimal { .. }
        | Kind::Money { .. }
        | Kind::Choice { .. }
        | Kind::Ref(_)
        | Kind::File(_)
        | Kind::Json
        | Kind::Secret { .. }
        | Kind::Lines { .. }
        | Kind::Children { .. } => flaw,
    }
}

/// What stands there, for a message.
fn shown(node: &Node) -> String {
    match node.as_text() {
        Some(text) if text.is_empty() => "an empty text".to_owned(),
        Some(text) if text.chars().count() <= 40 => format!("`{text}`"),
        _ => node.what().to_owned(),
    }
}

/// A number, also in quotes.
fn decimal(node: &Node) -> Option<Decimal> {
    let text = node.as_decimal().or_else(|| node.as_text().map(|text| &**text))?;
    Decimal::from_str(text.strip_prefix('+').unwrap_or(text)).ok()
}

/// An amount in the field's own currency, or `{amount, currency}`. Where the currency is shared with another field, it is
/// known when the amount is written; so is the worth in base.
fn money(node: &Node, of_field: &MoneyCurrency) -> Option<Value> {
    let usual = match of_field {
        MoneyCurrency::Own(currency) => *currency,
        MoneyCurrency::Shared(_) => Currency::NONE,
    };
    let (amount, currency) = match node.entries() {
        [] => (decimal(node)?, usual),
        entries if entries.iter().all(|entry| matches!(&*entry.key.text, "amount" | "currency")) => {
            let currency = match node.get("currency") {
                Some(currency) => Currency::parse(currency.as_text()?)?,
                None => usual,
            };
            (decimal(node.get("amount")?)?, currency)
        }
        _ => return None,
    };
    (amount.normalize().scale() <= 4).then_some(Value::Money(Money { amount, currency, base: amount }))
}

/// A part of a document as JSON: bare numbers and booleans are such, everything else is text.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        NodeValue::Map(entries) => serde_json::Value::Object(
            entries.iter().map(|entry| (entry.key.text.to_string(), json(&entry.value))).collect(),
        ),
        NodeValue::List(items) => serde_json::Value::Array(items.iter().map(json).collect()),
        NodeValue::Scalar(scalar) => {
            let number = || {
                node.as_decimal()
                    .and_then(|text| serde_json::Number::from_str(text).ok())
                    .map(serde_json::Value::Number)
            };
            node.as_bool()
                .map(serde_json::Value::Bool)
                .or_else(number)
                .unwrap_or_else(|| serde_json::Value::String(scalar.text.to_string()))
        }
    }
}
