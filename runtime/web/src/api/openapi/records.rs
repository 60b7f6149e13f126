//! The schemas of the records of an entity: as they are answered, and as they are given.

use fichero_engine::value::json::MOST_LINES;
use fichero_model::entity::{Entity, Field, Source};
use fichero_model::kind::Kind;
use fichero_model::label::Locale;
use fichero_model::{EntityId, FieldId, Model};
use serde_json::{Map, Value as Json, json};

use super::parts::object;
use super::values::{self, nullable};

/// The records of an entity, for a reader of a language.
pub struct Records<'m> {
    /// The model.
    pub model: &'m Model,
    /// Which entity.
    pub id: EntityId,
    /// The language.
    pub locale: Locale,
}

impl<'m> Records<'m> {
    pub fn new(model: &'m Model, id: EntityId, locale: Locale) -> Self {
        Self { model, id, locale }
    }

    /// The entity.
    pub fn entity(&self) -> &'m Entity {
        &self.model[self.id]
    }

    /// All schemas of these records by their names.
    pub fn schemas(&self) -> Vec<(String, Json)> {
        let mut schemas = vec![
            (self.name(""), self.shown()),
            (self.name("Create"), self.given(&[], true)),
            (self.name("Change"), self.given(&[], false)),
        ];
        // Where other records hold these as their lines.
        if let Some(by) = self.owner() {
            schemas.push((self.name("Line"), self.line(by)));
        }
        schemas
    }

    /// Where a schema of these records stands.
    pub fn at(&self, suffix: &str) -> Json {
        json!({"$ref": format!("#/components/schemas/{}", self.name(suffix))})
    }

    /// The fields that can be asked for by their value.
    pub fn filters(&self) -> impl Iterator<Item = (String, Json)> {
        let (model, entity) = (self.model, self.entity());
        let asked = entity.fields.iter().filter(|field| {
            // What is worked out when it is read can be asked for too, as far as the database can work it out.
            let is_kept = field.is_stored() || !matches!(field.source, Source::Lookup(_) | Source::Formula { .. });
            let is_found = matches!(field.source, Source::Lookup(_)) && !field.many;
            (is_kept || is_found) && !field.kind.is_rows() && !matches!(field.kind, Kind::Json | Kind::Secret { .. })
        });
        asked.flat_map(move |field| {
            let is_money = matches!(field.kind, Kind::Money { .. }) && field.is_stored();
            let parts = is_money.then(|| {
                let currency = json!({"type": "string", "pattern": "^([A-Z]{3})?$"});
                [
                    (format!("{}_currency", field.name), currency),
                    (format!("{}_base", field.name), values::asked(field, model)),
                ]
            });
            std::iter::once((field.name.to_string(), values::asked(field, model))).chain(parts.into_iter().flatten())
        })
    }

    /// A record as it is given, without some of its fields.
    pub fn given(&self, without: &[FieldId], whole: bool) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let fields = self.entity().all_fields().filter(|(_, field)| field.is_input() && !field.readonly);
        for (_, field) in fields.filter(|(id, _)| !without.contains(id)) {
            self.put_given(field, &mut properties);
            if whole && is_needed(field) {
                required.push(Json::from(&*field.name));
            }
        }
        let mut schema = object(properties);
        if !required.is_empty() {
            schema["required"] = Json::Array(required);
        }
        schema
    }

    /// A line as it is given: a new one, or with its id one that is there.
    fn line(&self, by: FieldId) -> Json {
        let mut schema = self.given(&[by], true);
        schema["properties"]["id"] = json!({"type": ["string", "null"], "format": "uuid"});
        // What a line was answered with may be given back: whose line it is follows from where it stands.
        schema["properties"][&*self.entity()[by].name] = json!({"type": ["string", "null"], "format": "uuid"});
        if let Some(required) = schema.as_object_mut().and_then(|schema| schema.remove("required")) {
            let there = json!({"required": ["id"], "properties": {"id": {"type": "string"}}});
            schema["anyOf"] = json!([{"required": required}, there]);
        }
        schema
    }

    /// A record as it is answered.
    fn shown(&self) -> Json {
        let mut properties = Map::new();
        for field in &self.entity().fields {
            let component = |of: EntityId| component_at(self.model, of, "");
            let schema = values::shown(self.model, field, component);
            properties.insert(field.name.to_string(), self.described(field, schema));
            if matches!(field.kind, Kind::Money { .. }) {
                let text = || nullable(json!({"type": "string"}), true);
                properties.insert(format!("{}_currency", field.name), text());
                properties.insert(format!("{}_base", field.name), text());
            }
        }
        let mut schema = object(properties);
        schema["title"] = json!(self.entity().label.get(self.locale));
        schema
    }

    fn put_given(&self, field: &Field, properties: &mut Map<String, Json>) {
        let schema = match &field.kind {
            Kind::Lines { of, .. } => {
                json!({"type": "array", "items": {"$ref": component_at(self.model, *of, "Line")}, "maxItems": MOST_LINES})
            }
            _ => values::given(self.model, field),
        };
        properties.insert(field.name.to_string(), self.described(field, schema));
        if matches!(field.kind, Kind::Money { .. }) {
            let currency = json!({"type": ["string", "null"], "pattern": "^[A-Z]{3}$"});
            properties.insert(format!("{}_currency", field.name), currency);
        }
    }

    fn described(&self, field: &Field, mut schema: Json) -> Json {
        schema["title"] = json!(field.label.get(self.locale));
        if let Some(help) = &field.help {
            schema["description"] = json!(help.get(self.locale));
        }
        schema
    }

    /// The reference by which these records are lines of others.
    fn owner(&self) -> Option<FieldId> {
        let fields = self.model.entities.iter().flat_map(|entity| &entity.fields);
        fields.into_iter().find_map(|field| match field.kind {
            Kind::Lines { of, by } if of == self.id => Some(by),
            _ => None,
        })
    }

    fn name(&self, suffix: &str) -> String {
        named(self.model, self.id, suffix)
    }
}

/// Whether a new record without it is refused, whatever else is given.
fn is_needed(field: &Field) -> bool {
    let is_given = matches!(field.source, Source::Input) && field.default.is_none() && field.pipeline.is_none();
    field.is_always_given() && is_given && !matches!(field.kind, Kind::Boolean | Kind::Lines { .. })
}

fn component_at(model: &Model, of: EntityId, suffix: &str) -> String {
    format!("#/components/schemas/{}", named(model, of, suffix))
}

/// A dot stands in no entity's name, so that no two schemas are called alike.
fn named(model: &Model, of: EntityId, suffix: &str) -> String {
    let dot = if suffix.is_empty() { "" } else { "." };
    format!("{}{dot}{suffix}", component(&model[of].name))
}

/// `close_date` becomes `CloseDate`.
fn component(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('_').map(capital).collect()
}
