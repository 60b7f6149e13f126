//! JSON Schemas of the language, for editors and other programs (draft 2020-12).
//!
//! They are printed from the tables of [`crate::shape`], so they cannot say otherwise. What must hold: whatever the
//! compiler takes for well formed is valid here, short forms included; each key carries its sentence of documentation
//! and, as `x-takes`, which of the four things it takes; what this release does not act on carries `x-status: not yet`.
//! Whether a name refers to anything, and whether an expression is right, no schema can say.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::resolve::missing;
use crate::shape::{self, Key, Keys, KindShape, NameOf, Naming, Shape, Status, common};

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A schema with the name of its file.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Such as `entity.schema.json`.
    pub file: String,
    /// The schema.
    pub json: Value,
}

/// All schemas: one for each kind of document, one for overlays (`extend`), and `fichero.schema.json` for any of them,
/// which is the one to give an editor for all `.yaml` files of a workspace.
pub fn all() -> Vec<Schema> {
    let kinds =
        shape::kinds().iter().map(|shape| Schema { file: format!("{}.schema.json", shape.kind), json: of_kind(shape) });
    let overlay = Schema { file: "extend.schema.json".to_owned(), json: of_overlay() };
    let any = Schema { file: "fichero.schema.json".to_owned(), json: of_any() };
    kinds.chain([overlay, any]).collect()
}

/// The schema of one kind of document.
pub fn of_kind(shape: &KindShape) -> Value {
    let mut writer = Writer::default();
    let document = writer.document(shape);
    let mut schema = writer.finish(&format!("{}.schema.json", shape.kind), document);
    schema.insert("title".to_owned(), json!(format!("Fichero: {}", shape.kind)));
    Value::Object(schema)
}

/// The schema of an overlay of any kind.
pub fn of_overlay() -> Value {
    let mut writer = Writer::default();
    let document = writer.overlay();
    let mut schema = writer.finish("extend.schema.json", document);
    schema.insert("title".to_owned(), json!("Fichero: extend"));
    Value::Object(schema)
}

/// The schema of a document of any kind. A document is of the kind that its first key names; as maps have no order
/// here, a key that also belongs to another kind (`entity` in a view) counts only where that kind's own key is absent.
pub fn of_any() -> Value {
    let mut writer = Writer::default();
    let mut first_keys = Map::new();
    let mut cases = Vec::new();
    for shape in shape::kinds() {
        first_keys.insert(shape.kind.to_owned(), json!({"description": description(shape.doc, shape.status)}));
        let document = writer.document(shape);
        let name = format!("document.{}", shape.kind);
        writer.definitions.insert(name.clone(), document);
        cases.push(json!({"if": is_of(shape.kind), "then": reference(&name)}));
    }
    first_keys.insert(
        "extend".to_owned(),
        json!({"description": "Changes a document that another pack or file declares: its kind and its name."}),
    );
    let overlay = writer.overlay();
    writer.definitions.insert("document.extend".to_owned(), overlay);
    cases.push(json!({"if": {"required": ["extend"]}, "then": reference("document.extend")}));
    let any_kind: Vec<Value> = first_keys.keys().map(|kind| json!({"required": [kind]})).collect();
    let mut schema = writer.finish(
        "fichero.schema.json",
        json!({"type": "object", "properties": first_keys, "anyOf": any_kind, "allOf": cases}),
    );
    schema.insert("title".to_owned(), json!("Fichero: a document of any kind"));
    Value::Object(schema)
}

/// That a document is of a kind: it has the kind's key, and none of a kind of which that is but a key.
fn is_of(kind: &str) -> Value {
    let others = shape::kinds().iter().filter(|other| other.kind != kind && other.keys.find(kind).is_some());
    let others: Vec<Value> =
        others.map(|other| json!({"required": [other.kind]})).chain([json!({"required": ["extend"]})]).collect();
    json!({"required": [kind], "not": {"anyOf": others}})
}

fn reference(definition: &str) -> Value {
    json!({"$ref": format!("#/$defs/{definition}")})
}

fn description(doc: &str, status: Status) -> String {
    match status {
        Status::Now => doc.to_owned(),
        Status::NotYet => format!("{doc} (Not in this release yet.)"),
    }
}

/// Writes schemas of shapes; maps of keys become definitions, so that those which hold themselves end.
#[derive(Default)]
struct Writer {
    definitions: Map<String, Value>,
    named: HashMap<(*const Keys, bool), String>,
    /// In overlays nothing is required.
    part: bool,
    /// The kind and the keys above.
    path: Vec<&'static str>,
}

impl Writer {
    fn finish(self, file: &str, document: Value) -> Map<String, Value> {
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), json!(DIALECT));
        schema.insert("$id".to_owned(), json!(format!("https://fichero.dev/schemas/{file}")));
        if let Value::Object(document) = document {
            schema.extend(document);
        }
        schema.insert("$defs".to_owned(), Value::Object(self.definitions));
        schema
    }

    /// A whole document of a kind: its first key and those behind it.
    fn document(&mut self, shape: &KindShape) -> Value {
        self.part = false;
        self.path = vec![shape.kind];
        let mut properties = Map::new();
        properties.insert(shape.kind.to_owned(), name_of_document(shape));
        self.properties(shape.keys, &mut properties);
        let required: Vec<&str> = std::iter::once(shape.kind)
            .chain(shape.keys.iter().filter(|key| key.required).map(|key| key.name))
            .collect();
        json!({
            "description": description(shape.doc, shape.status),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// An overlay of any kind: what it names says which keys it takes.
    fn overlay(&mut self) -> Value {
        let kinds: Vec<&str> = shape::kinds().iter().map(|shape| shape.kind).collect();
        let mut cases = Vec::new();
        for shape in shape::kinds() {
            self.part = true;
            self.path = vec![shape.kind];
            let mut properties = Map::new();
            properties.insert("extend".to_owned(), json!(true));
            self.properties(&common::OVERLAY, &mut properties);
            self.properties(shape.keys, &mut properties);
            let name = format!("overlay.{}", shape.kind);
            self.definitions.insert(
                name.clone(),
                json!({"type": "object", "properties": properties, "additionalProperties": false}),
            );
            let of_kind = json!({"properties": {"extend": {"pattern": format!("^{} ", shape.kind)}}});
            cases.push(json!({"if": of_kind, "then": reference(&name)}));
        }
        self.part = false;
        json!({
            "description": "An overlay: changes a document that another pack or file declares.",
            "type": "object",
            "properties": {"extend": {
                "description": "The kind and the name of the document that is changed, such as `entity account`.",
                "type": "string",
                "pattern": format!("^({}) +\\S", kinds.join("|")),
                "x-takes": "name",
            }},
            "required": ["extend"],
            "allOf": cases,
        })
    }

    fn properties(&mut self, keys: &'static Keys, properties: &mut Map<String, Value>) {
        for key in keys.iter() {
            let schema = self.key(key);
            properties.insert(key.name.to_owned(), schema);
        }
    }

    /// What a key takes, with its documentation.
    fn key(&mut self, key: &'static Key) -> Value {
        self.path.push(key.name);
        let status = if missing(&self.path).is_some() { Status::NotYet } else { key.status };
        let mut schema = Map::new();
        schema.insert("description".to_owned(), json!(description(key.doc, status)));
        if let Some(takes) = key.shape.takes() {
            schema.insert("x-takes".to_owned(), json!(takes.word()));
        }
        if status == Status::NotYet {
            schema.insert("x-status".to_owned(), json!("not yet"));
        }
        // A shape that takes anything is `true`, which adds nothing.
        if let Value::Object(of_shape) = self.shape(&key.shape) {
            schema.extend(of_shape);
        }
        self.path.pop();
        Value::Object(schema)
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        match shape {
            Shape::Name(of) => name(*of),
            Shape::Text => text(),
            // A bare word, number or boolean is an expression too.
            Shape::Expression => json!({"type": ["string", "number", "boolean"]}),
            Shape::Value | Shape::Any => json!(true),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Shape::Decimal => json!({"type": "number"}),
            Shape::Word(words) => json!({"enum": words}),
            Shape::String => json!({"type": ["string", "number", "boolean"]}),
            Shape::Duration => json!({"type": "string", "examples": ["3 working days", "2 hours", "30 minutes"]}),
            Shape::Date => json!({"type": "string", "examples": ["2026-03-02"]}),
            Shape::Moment => {
                json!({"type": "string", "examples": ["2026-03-02T09:00", "2026-03-02T09:00 Europe/Madrid"]})
            }
            Shape::Map(keys) => self.map(keys),
            Shape::NameMap(of, keys) => {
                let entry = self.map(keys);
                json!({"anyOf": [
                    {"type": "object", "propertyNames": name(*of), "additionalProperties": entry},
                    {"type": "array", "items": name(*of), "uniqueItems": true},
                ]})
            }
            Shape::Entries(of, values) => {
                let entry = self.shape(values);
                json!({"type": "object", "propertyNames": name(*of), "additionalProperties": entry})
            }
            Shape::List(of) => {
                let item = self.shape(of);
                json!({"type": "array", "items": item})
            }
            Shape::OneOrMore(of) => {
                let item = self.shape(of);
                json!({"anyOf": [item, {"type": "array", "items": item}]})
            }
            Shape::OneOf(shapes) => {
                let any: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({"anyOf": any})
            }
        }
    }

    /// A map of keys, or what stands for one.
    fn map(&mut self, keys: &'static Keys) -> Value {
        let identity = (std::ptr::from_ref(keys), self.part);
        if let Some(name) = self.named.get(&identity) {
            return reference(name);
        }
        let first: Vec<&str> = keys.iter().take(3).map(|key| key.name).collect();
        let number = self.named.len() + 1;
        let name = format!("{}{number}.{}", if self.part { "part" } else { "map" }, first.join("-"));
        self.named.insert(identity, name.clone());
        let mut properties = Map::new();
        self.properties(keys, &mut properties);
        let required: Vec<&str> = keys.iter().filter(|key| key.required && !self.part).map(|key| key.name).collect();
        let others = keys.extra.map_or(json!(false), |shape| self.shape(shape));
        let map =
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": others});
        let short = keys.short.and_then(|short| keys.find(short)).map(|key| self.shape(&key.shape));
        let schema = match short {
            // A map that stands for the main key of a map would be the map itself.
            Some(short) => json!({"anyOf": [map, {"allOf": [{"not": {"type": "object"}}, short]}]}),
            None => map,
        };
        self.definitions.insert(name.clone(), schema);
        reference(&name)
    }
}

fn name_of_document(shape: &KindShape) -> Value {
    let (pattern, what) = match shape.name {
        Naming::Snake => (Some("^[a-z][a-z0-9_]{0,47}$"), "Its name."),
        Naming::SnakeOr(_) => (Some("^[a-z][a-z0-9_]{0,47}$"), "Its name, or that of the entity it belongs to."),
        Naming::Sentence => (None, "What it shows, in a sentence."),
    };
    let mut schema = json!({"type": "string", "description": what, "x-takes": "name"});
    if let (Some(pattern), Some(schema)) = (pattern, schema.as_object_mut()) {
        schema.insert("pattern".to_owned(), json!(pattern));
    }
    schema
}

fn name(of: NameOf) -> Value {
    match of {
        NameOf::New => json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}),
        NameOf::Locale => json!({"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"}),
        NameOf::Country => json!({"type": "string", "pattern": "^[a-z]{2}$"}),
        NameOf::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
        NameOf::Kind(kinds) => json!({"type": "string", "x-names": kinds}),
        NameOf::Part(kinds) => json!({"type": "string", "x-names-part-of": kinds}),
        NameOf::Type => json!({"type": "string", "x-names": ["type"], "examples": fichero_model::name::TYPES}),
        NameOf::Field
        | NameOf::Path
        | NameOf::Sort
        | NameOf::Stage
        | NameOf::Zone
        | NameOf::Secret
        | NameOf::File
        | NameOf::Function
        | NameOf::Other => json!({"type": "string"}),
    }
}

/// A string, or a map of locales. A bare number is the text it is written with.
fn text() -> Value {
    json!({"anyOf": [
        {"type": ["string", "number", "boolean"]},
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{2}(-[A-Z]{2})?$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "minProperties": 1,
        },
    ]})
}
