//! A mapping that comes with a request: what a mapping document says, as JSON; and such JSON as the text of a document.
//!
//! The compiler of definitions reads documents; this reads the same keys with the same meaning. Values of `set` are those of
//! the HTTP interface, or `=` and an expression.

use std::sync::Arc;

use fichero_model::data::{MappedColumn, Mapping, OnMatch};
use fichero_model::entity::Field;
use fichero_model::expr::{Expr, Scope, Setting, compile_for};
use fichero_model::kind::{Kind, Type};
use fichero_model::number::Form;
use fichero_model::place::Place;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use serde_json::{Map, Value as Json};

use super::asked::Slips;
use super::guess::{Column, Filled, Guess};
use crate::message::{Argument, Message};
use crate::refusal::Refusal;
use crate::value::json as codec;

/// The keys of a mapping.
const KEYS: [&str; 12] = [
    "mapping",
    "entity",
    "label",
    "match",
    "on_match",
    "columns",
    "set",
    "delimiter",
    "quotes",
    "encoding",
    "sheet",
    "ragged",
];

/// The keys of a column.
const OF_COLUMN: [&str; 7] = ["field", "by", "format", "aliases", "default", "create", "value"];

/// The most columns that a mapping names.
const MOST: usize = 2_000;

/// Reads a mapping.
///
/// # Errors
/// What is wrong with which key.
pub(super) fn mapping(model: &Model, entity: EntityId, body: &Map<String, Json>) -> Result<Mapping, Refusal> {
    let mut reader = Reader { model, entity, rows: Vec::new(), slips: Slips::default() };
    let mapping = reader.mapping(body);
    // In what is told, keys of the mapping stand below it.
    for error in &mut reader.slips.errors {
        error.field = format!("mapping.{}", error.field);
    }
    reader.slips.none().map(|()| mapping)
}

struct Reader<'m> {
    model: &'m Model,
    entity: EntityId,
    /// The columns as locals of expressions.
    rows: Vec<(Arc<str>, Type)>,
    slips: Slips,
}

impl Reader<'_> {
    fn mapping(&mut self, body: &Map<String, Json>) -> Mapping {
        for key in body.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.slips.unknown(key, &KEYS);
        }
        let definition = &self.model[self.entity];
        if self.slips.text(body, "entity").is_some_and(|named| *named != *definition.name) {
            self.slips.wrong("entity", &definition.name);
        }
        let name = self.slips.text(body, "mapping").unwrap_or_else(|| "inline".to_owned());
        let mut reading = self.slips.reading(body);
        if let Some(ragged) = body.get("ragged").and_then(Json::as_object) {
            let joins = self.slips.names(ragged, "join_into").unwrap_or_default();
            reading.join_into = joins.into_iter().map(Into::into).collect();
        }
        let empty = Map::new();
        let columns = match body.get("columns") {
            Some(Json::Object(columns)) if columns.len() <= MOST => columns,
            _ => {
                self.slips.wrong("columns", "an object of fields by heading");
                &empty
            }
        };
        // The order in which a database keeps the members of an object is its own.
        let mut headers: Vec<(&String, &Json)> = columns.iter().collect();
        headers.sort_by_key(|(header, _)| *header);
        self.rows = headers.iter().map(|(header, _)| (format!("row.{header}").into(), Type::Text)).collect();
        let columns: Vec<MappedColumn> =
            headers.into_iter().map(|(header, value)| self.column(header, value)).collect();
        for (at, column) in columns.iter().enumerate() {
            if let Some(field) = column.field
                && columns.iter().take(at).any(|other| other.field == Some(field))
            {
                let message = Message::with("column_twice", [definition[field].label.clone()].iter());
                self.slips.push(&format!("columns.{}", column.header), "column_twice", message);
            }
        }
        let set = match body.get("set") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Object(set)) => set.iter().filter_map(|(name, value)| self.set(name, value)).collect(),
            Some(_) => {
                self.slips.wrong("set", "an object of values by field");
                Vec::new()
            }
        };
        let matching = self.slips.names(body, "match").unwrap_or_default();
        let matching = matching.iter().filter_map(|name| self.field("match", name)).collect();
        Mapping {
            name: name.into(),
            entity: self.entity,
            matching,
            on_match: self.slips.on_match(body).unwrap_or(OnMatch::Update),
            reading,
            columns,
            set,
            place: Place::start_of(&Arc::from("mapping")),
        }
    }

    fn field(&mut self, key: &str, name: &str) -> Option<FieldId> {
        let definition = &self.model[self.entity];
        let found = definition.field(name).map(|(id, _)| id);
        if found.is_none() {
            let known: Vec<&str> = definition.fields.iter().map(|field| &*field.name).collect();
            let near = fichero_model::name::did_you_mean(name, known.iter().copied());
            let message = match near {
                Some(near) => Message::with("unknown_field_near", [name, near]),
                None => Message::with("unknown_field", [name]),
            };
            self.slips.push(key, "unknown_field", message);
        }
        found
    }

    fn column(&mut self, header: &str, value: &Json) -> MappedColumn {
        let key = format!("columns.{header}");
        let empty = Map::new();
        let mut short = Map::new();
        let said = match value {
            Json::Object(said) => said,
            Json::String(field) => {
                short.insert("field".to_owned(), field.as_str().into());
                &short
            }
            Json::Null => &empty,
            _ => {
                self.slips.wrong(&key, "a field, an object");
                &empty
            }
        };
        for unknown in said.keys().filter(|key| !OF_COLUMN.contains(&key.as_str())) {
            self.slips.unknown(&format!("{key}.{unknown}"), &OF_COLUMN);
        }
        let at = self.slips.errors.len();
        let field = self.slips.text(said, "field").filter(|name| !name.is_empty());
        let by = self.slips.text(said, "by");
        let formats = self.slips.names(said, "format").unwrap_or_default();
        let create = self.slips.truth(said, "create");
        let text = self.slips.text(said, "value");
        for error in self.slips.errors.iter_mut().skip(at) {
            error.field = format!("{key}.{}", error.field);
        }
        let mut mapped = MappedColumn {
            header: header.into(),
            field: field.and_then(|name| self.field(&key, &name)),
            by: None,
            alias: self.aliases(&key, said),
            format: Vec::new(),
            numbers: Vec::new(),
            default: None,
            create,
            value: None,
        };
        let Some(id) = mapped.field else { return mapped };
        let target = &self.model[self.entity][id];
        if !super::may_be_filled(id, target, crate::command::Mode::Load) {
            self.not_filled(&key, target);
            return mapped;
        }
        mapped.by = by.and_then(|name| self.by(&format!("{key}.by"), target, &name));
        self.formats(&key, target, formats, &mut mapped);
        mapped.default = said.get("default").and_then(|value| self.default(&format!("{key}.default"), target, value));
        mapped.value = text.and_then(|text| {
            // What a reference is found by, and what a choice is called, is text; it is looked up as a cell is.
            let wanted = match &target.kind {
                Kind::Ref(_) | Kind::Choice { .. } => Type::Text,
                _ => target.value_type(),
            };
            self.expression(&format!("{key}.value"), &text, Some(Type::Text), &wanted)
        });
        mapped
    }

    fn aliases(&mut self, key: &str, said: &Map<String, Json>) -> Vec<(Arc<str>, Arc<str>)> {
        let aliases: Option<Vec<(Arc<str>, Arc<str>)>> = match said.get("aliases") {
            None | Some(Json::Null) => return Vec::new(),
            Some(Json::Object(aliases)) => {
                let pair = |(from, to): (&String, &Json)| Some((from.as_str().into(), to.as_str()?.into()));
                aliases.iter().map(pair).collect()
            }
            Some(_) => None,
        };
        if aliases.is_none() {
            self.slips.wrong(&format!("{key}.aliases"), "an object of texts by text");
        }
        let mut aliases = aliases.unwrap_or_default();
        aliases.sort();
        aliases
    }

    fn by(&mut self, key: &str, target: &Field, name: &str) -> Option<FieldId> {
        let Kind::Ref(reference) = &target.kind else {
            self.slips.wrong(key, "()");
            return None;
        };
        let other = &self.model[*reference.targets.first()?];
        let found = other.field(name).filter(|(_, field)| field.is_stored() && !field.many);
        if found.is_none() {
            self.slips.push(key, "unknown_field", Message::with("unknown_field", [name]));
        }
        found.map(|(id, _)| id)
    }

    fn formats(&mut self, key: &str, target: &Field, formats: Vec<String>, mapped: &mut MappedColumn) {
        let key = format!("{key}.format");
        for format in formats {
            match target.kind {
                Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } => match Form::of(&format) {
                    Some(form) => mapped.numbers.push(form),
                    None => self.slips.wrong(&key, "1.234,56 · 1,234.56 · 1 234,5"),
                },
                Kind::Date | Kind::Time | Kind::DateTime => {
                    let noon = jiff::civil::date(2026, 3, 2).at(12, 0, 0, 0);
                    // What cannot be written cannot be read either.
                    if !format.contains('%') || jiff::fmt::strtime::format(&format, noon).is_err() {
                        self.slips.wrong(&key, "%d/%m/%Y · %Y-%m-%d %H:%M");
                    }
                    mapped.format.push(format.into());
                }
                _ => self.slips.wrong(&key, "()"),
            }
        }
    }

    fn default(&mut self, key: &str, target: &Field, value: &Json) -> Option<Value> {
        match (&target.kind, value) {
            (_, Json::Null) => None,
            // A record is found by the same text that a cell would hold.
            (Kind::Ref(_), Json::String(text)) => Some(Value::text(text)),
            (_, value) => self.literal(key, target, value),
        }
    }

    fn literal(&mut self, key: &str, field: &Field, value: &Json) -> Option<Value> {
        let read = match value {
            _ if matches!(field.kind, Kind::Money { .. }) => {
                self.slips.wrong(key, "`=` and an expression");
                return None;
            }
            Json::Array(items) if field.many => items
                .iter()
                .map(|item| codec::value(self.model, field, item))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::list),
            one => codec::value(self.model, field, one),
        };
        read.map_err(|(code, message)| self.slips.push(key, code, message)).ok()
    }

    /// A field that no import fills.
    fn not_filled(&mut self, key: &str, field: &Field) {
        let code = if matches!(field.kind, Kind::File(_)) { "files_not_imported" } else { "readonly" };
        self.slips.push(key, code, Message::with(code, [&field.label]));
    }

    fn set(&mut self, name: &str, value: &Json) -> Option<(FieldId, Setting)> {
        let key = format!("set.{name}");
        let id = self.field(&key, name)?;
        let field = &self.model[self.entity][id];
        if !super::may_be_filled(id, field, crate::command::Mode::Load) {
            self.not_filled(&key, field);
            return None;
        }
        let setting = match value.as_str().and_then(|text| text.strip_prefix('=')) {
            Some(text) => Setting::Expr(Box::new(self.expression(&key, text, None, &field.value_type())?)),
            None => Setting::Literal(self.literal(&key, field, value)?),
        };
        Some((id, setting))
    }

    fn expression(&mut self, key: &str, text: &str, value: Option<Type>, wanted: &Type) -> Option<Expr> {
        let scope = Scope { value, locals: self.rows.clone(), ..Scope::bare(self.model) };
        let place = Place::start_of(&Arc::from("mapping"));
        let compiled = compile_for(wanted, text, &place, &scope);
        let told = |first: Option<String>| Message::with("bad_expression", [Argument::from(first.unwrap_or_default())]);
        compiled
            .map_err(|slips| {
                self.slips.push(key, "bad_expression", told(slips.first().map(|slip| slip.message.to_string())));
            })
            .ok()
    }
}

/// What a guess says, as the JSON of a mapping.
pub fn of_guess(guess: &Guess) -> Map<String, Json> {
    let column = |Column { header, fills }: &Column| {
        let Some(Filled { field, formats, nothing, .. }) = fills else {
            return (header.clone(), Json::Null);
        };
        let mut said = Map::new();
        said.insert("field".to_owned(), field.as_str().into());
        if !formats.is_empty() {
            said.insert("format".to_owned(), formats.clone().into());
        }
        if !nothing.is_empty() {
            let aliases: Map<String, Json> = nothing.iter().map(|text| (text.clone(), "".into())).collect();
            said.insert("aliases".to_owned(), aliases.into());
        }
        (header.clone(), said.into())
    };
    let columns = guess.columns.iter().filter(|column| !column.header.is_empty());
    let columns: Map<String, Json> = columns.map(column).collect();
    let mut mapping = Map::new();
    mapping.insert("match".to_owned(), guess.matching.clone().into());
    mapping.insert("columns".to_owned(), columns.into());
    mapping
}

/// The JSON of a mapping as the text of a document. A text of JSON is one of YAML.
pub fn yaml(name: &str, entity: &str, mapping: &Map<String, Json>) -> String {
    let mut text = format!("mapping: {name}\nentity: {entity}\n");
    for (key, value) in
        mapping.iter().filter(|(key, _)| !["mapping", "entity", "columns", "set"].contains(&key.as_str()))
    {
        if !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()) {
            text.push_str(&format!("{key}: {}\n", flow(value)));
        }
    }
    for key in ["columns", "set"] {
        let Some(members) = mapping.get(key).and_then(Json::as_object).filter(|members| !members.is_empty()) else {
            continue;
        };
        text.push_str(&format!("{key}:\n"));
        for (header, value) in members {
            let header = Json::from(header.as_str());
            match value {
                Json::Null => text.push_str(&format!("  # {header}: fills nothing\n")),
                Json::Object(said) if said.len() == 1 && said.contains_key("field") => {
                    text.push_str(&format!("  {header}: {}\n", said.get("field").map(flow).unwrap_or_default()));
                }
                value => text.push_str(&format!("  {header}: {}\n", flow(value))),
            }
        }
    }
    text
}

/// A value on one line, with plain words where they are plain.
fn flow(value: &Json) -> String {
    match value {
        Json::String(text) if is_word(text) => text.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let key = |key: &str| if is_word(key) { key.to_owned() } else { Json::from(key).to_string() };
            let members = members.iter().map(|(name, value)| format!("{}: {}", key(name), flow(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A word that YAML takes for a text, and for nothing else.
fn is_word(text: &str) -> bool {
    const OTHERS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "y"];
    let plain = |sign: char| sign.is_ascii_lowercase() || sign == '_' || sign.is_ascii_digit();
    text.starts_with(|sign: char| sign.is_ascii_lowercase())
        && text.chars().all(plain)
        && !OTHERS.contains(&text)
        && text != "n"
}
