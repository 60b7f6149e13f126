//! Values as cells: how each kind of field looks when it is read.

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::media;
use fichero_model::value::{Currency, Value};
use fichero_model::{OptionsId, Ref, html, phone};
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::words::Words;
use crate::ui::context::{Cell, Color, FileFace, Link, Pill, Tone};
use crate::ui::format;

impl Words<'_> {
    /// A value as it is read.
    pub fn cell(&self, field: &Field, value: &Value) -> Cell {
        self.cell_as(field, widget(field), value)
    }

    /// The same with a widget of its place.
    pub fn cell_as(&self, field: &Field, widget: &str, value: &Value) -> Cell {
        match value {
            Value::Nothing => match field.kind {
                Kind::Boolean if !field.many => Cell::Boolean { value: false },
                _ => Cell::Empty,
            },
            Value::List(items) => self.cells(field, widget, items),
            one => self.one(field, widget, one),
        }
    }

    /// A value in one line of words.
    pub fn text(&self, field: &Field, value: &Value) -> String {
        self.text_as(field, widget(field), value)
    }

    fn text_as(&self, field: &Field, widget: &str, value: &Value) -> String {
        let chrome = self.voice.chrome;
        match value {
            Value::Nothing => String::new(),
            Value::Boolean(true) => self.chrome("cell.yes"),
            Value::Boolean(false) => self.chrome("cell.no"),
            Value::Integer(number) => match widget {
                // Years are named, not counted.
                "year" => number.to_string(),
                _ => self.measured(field, format::integer(chrome, *number)),
            },
            Value::Decimal(number) => match widget {
                "percent" => format::percent(chrome, *number, None),
                _ => self.measured(field, format::decimal(chrome, *number, None)),
            },
            Value::Money(money) => self.money(money.amount, money.currency),
            Value::Text(name) => match field.kind {
                Kind::Choice { options } => self.option(options, name).text,
                Kind::File(_) => self.file_words(widget, name),
                Kind::Secret { .. } => self.chrome("secret.stored"),
                _ if field.is_html() => html::words(name),
                _ if field.is_phone() => phone::shown(name, self.model.workspace.country),
                _ => name.to_string(),
            },
            Value::Date(date) => format::date(chrome, *date),
            Value::Time(time) => format::time(*time),
            Value::DateTime(at) => self.moment(*at),
            Value::Duration(seconds) => format::duration(chrome, *seconds),
            Value::Ref(record) => self.title(*record),
            Value::List(items) => {
                items.iter().map(|item| self.text_as(field, widget, item)).collect::<Vec<_>>().join(", ")
            }
            Value::Json(json) => json.to_string(),
        }
    }

    /// An amount in its currency.
    pub fn money(&self, amount: Decimal, currency: Currency) -> String {
        format::money(self.voice.chrome, amount, currency.as_str(), minor_units(currency.as_str()))
    }

    /// An option or stage in its colour; one that is gone is called by its name.
    pub fn option(&self, options: OptionsId, name: &str) -> Pill {
        match self.model[options].find(name) {
            Some(option) => Pill {
                text: self.label(&option.label).to_owned(),
                color: option.color.as_deref().map_or(Color::Gray, Color::named),
                help: option.help.as_ref().map(|help| self.label(help).to_owned()),
                icon: option.icon.as_deref().map(str::to_owned),
            },
            None => Pill::new(name, Color::Gray),
        }
    }

    fn one(&self, field: &Field, widget: &str, value: &Value) -> Cell {
        let text = || self.text_as(field, widget, value);
        match value {
            Value::Nothing => Cell::Empty,
            Value::Boolean(value) => Cell::Boolean { value: *value },
            Value::Decimal(share) if matches!(widget, "meter" | "progress") => {
                Cell::Meter { text: text(), percent: share.round().to_u8().unwrap_or(0).min(100) }
            }
            Value::Integer(stars) if widget == "rating" => match (u8::try_from(*stars), most_stars(field)) {
                (Ok(value), Some(of)) => Cell::Rating { value, of },
                _ => Cell::Number { text: text() },
            },
            Value::Integer(_) | Value::Decimal(_) | Value::Money(_) | Value::Duration(_) => {
                Cell::Number { text: text() }
            }
            Value::Text(name) => self.words_of(field, widget, name),
            Value::Date(date) => Cell::Date { text: text(), iso: date.to_string(), tone: Tone::Plain },
            Value::Time(time) => Cell::Date { text: text(), iso: time.to_string(), tone: Tone::Plain },
            Value::DateTime(at) => Cell::Date { text: text(), iso: at.to_string(), tone: Tone::Plain },
            Value::Ref(record) => self.linked(*record),
            Value::List(items) => self.cells(field, widget, items),
            Value::Json(_) => Cell::Long { text: text() },
        }
    }

    fn words_of(&self, field: &Field, widget: &str, text: &str) -> Cell {
        let text = text.to_owned();
        match (&field.kind, widget) {
            (Kind::Choice { options }, _) => Cell::Pill(self.option(*options, &text)),
            (Kind::File(_), _) => Cell::Files { items: vec![self.file_face(widget, &text)] },
            (Kind::Secret { .. }, _) => Cell::Text { text: self.chrome("secret.stored") },
            (_, "color") if is_color(&text) => Cell::Swatch { text },
            // What was kept before it was cleaned on writing, or is worked out when it is read, is cleaned here.
            _ if field.is_html() => Cell::Rich { html: html::clean(&text), text: html::words(&text) },
            (_, "code" | "filter") => Cell::Code { text },
            (Kind::LongText { .. }, _) => Cell::Long { text },
            (_, "email") => Cell::Contact { href: format!("mailto:{text}"), text },
            (_, "phone") => {
                let href = format!("tel:{}", dialled(&text));
                Cell::Contact { href, text: phone::shown(&text, self.model.workspace.country) }
            }
            (_, "url") => Cell::Contact { href: text.clone(), text },
            _ => Cell::Text { text },
        }
    }

    /// A file by its name and size; one that is gone by its id.
    pub fn file_face(&self, widget: &str, id: &str) -> FileFace {
        let href = format!("/api/files/{id}/content");
        let Some(file) = id.parse().ok().and_then(|id| self.titles.file(id)) else {
            return FileFace {
                name: id.to_owned(),
                size: String::new(),
                href,
                icon: "file",
                picture: false,
                drawn: false,
            };
        };
        FileFace {
            name: file.name.to_string(),
            size: format::bytes(self.voice.chrome, u64::try_from(file.size).unwrap_or(0)),
            href,
            icon: drawn_as(&file.media),
            picture: matches!(widget, "image" | "signature") && media::is_picture(&file.media),
            drawn: widget == "signature",
        }
    }

    fn file_words(&self, widget: &str, id: &str) -> String {
        let FileFace { name, size, .. } = self.file_face(widget, id);
        if size.is_empty() { name } else { format!("{name} ({size})") }
    }

    fn linked(&self, record: Ref) -> Cell {
        let (text, href) = (self.title(record), self.href(record));
        match record.entity == self.model.user {
            true => Cell::Person { text, href: Some(href) },
            false => Cell::Link { text, href },
        }
    }

    fn cells(&self, field: &Field, widget: &str, items: &[Value]) -> Cell {
        match &field.kind {
            Kind::Choice { options } => {
                let names = items.iter().filter_map(Value::as_text);
                Cell::Pills { items: names.map(|name| self.option(*options, name)).collect() }
            }
            Kind::Ref(_) => {
                let records = items.iter().filter_map(Value::as_ref);
                let link = |record| Link { label: self.title(record), href: self.href(record) };
                Cell::Links { items: records.map(link).collect() }
            }
            Kind::File(_) => {
                let ids = items.iter().filter_map(Value::as_text);
                Cell::Files { items: ids.map(|id| self.file_face(widget, id)).collect() }
            }
            Kind::Text { .. } if widget == "tags" => {
                let words = items.iter().filter_map(Value::as_text);
                Cell::Pills { items: words.map(|word| Pill::new(word, Color::Gray)).collect() }
            }
            _ => {
                let texts: Vec<String> = items.iter().map(|item| self.text_as(field, widget, item)).collect();
                Cell::Text { text: texts.join(", ") }
            }
        }
    }

    fn measured(&self, field: &Field, number: String) -> String {
        match &field.unit {
            Some(unit) => format!("{number}\u{a0}{}", self.label(unit)),
            None => number,
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        format::datetime(self.voice.chrome, self.local(at).datetime())
    }
}

/// The drawing that stands for a media type.
fn drawn_as(media_type: &str) -> &'static str {
    let (family, kind) = media_type.split_once('/').unwrap_or((media_type, ""));
    match (family, kind) {
        ("image", _) => "image",
        ("text", "csv") => "grid",
        ("text", "html" | "xml") => "code",
        ("text", "calendar") => "calendar",
        ("text", _) | ("application", "pdf" | "rtf" | "msword") => "file-text",
        ("application", "vnd.ms-excel") => "grid",
        ("application", "json") => "code",
        ("application", kind) if kind.ends_with("spreadsheetml.sheet") || kind.ends_with("spreadsheet") => "grid",
        ("application", kind) if kind.ends_with("wordprocessingml.document") || kind.ends_with("document.text") => {
            "file-text"
        }
        ("application", "zip" | "gzip" | "x-tar" | "vnd.rar" | "x-7z-compressed") => "package",
        _ => "file",
    }
}

/// Of how many stars a rating is; nothing where its field names no small greatest value.
pub fn most_stars(field: &Field) -> Option<u8> {
    const MOST: u8 = 10;
    match field.max {
        Some(Value::Integer(max)) => u8::try_from(max).ok().filter(|max| (1..=MOST).contains(max)),
        _ => None,
    }
}

/// Whether a text is a colour as CSS writes it, so that a page may be drawn with it.
fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// How a field asks to be shown: its widget, else its type.
pub fn widget(field: &Field) -> &str {
    field.widget.as_deref().unwrap_or(&field.type_name)
}

/// A telephone number as it is dialled (RFC 3966): digits and a leading plus, without an extension.
fn dialled(text: &str) -> String {
    let number = text.split(['x', 'e']).next().unwrap_or(text);
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// How many digits of its minor unit a currency has (ISO 4217, list one): two but for these.
pub fn minor_units(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dialled_without_what_people_write_between() {
        assert_eq!(dialled("+34 (910) 55-01.10"), "+34910550110");
        assert_eq!(dialled("910 550 110 ext. 12"), "910550110");
        assert_eq!(dialled("javascript:alert(1)"), "");
    }

    #[test]
    fn currencies_have_their_minor_units() {
        assert_eq!([minor_units("EUR"), minor_units("JPY"), minor_units("KWD")], [2, 0, 3]);
    }
}
