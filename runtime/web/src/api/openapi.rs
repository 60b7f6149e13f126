//! `GET /api/openapi.json`: OpenAPI 3.1 of exactly what the model offers.
//!
//! Made from the model for each request that asks for it; a browser or a generator asks rarely.

use axum::Json as Reply;
use fichero_model::entity::{Entity, Field, Source};
use fichero_model::kind::{Kind, Reference};
use fichero_model::label::Locale;
use fichero_model::{EntityId, Model};
use serde_json::{Map, Value as Json, json};

use super::problem::Problem;
use super::session::Caller;
use crate::server::Pinned;

/// The description, in the caller's language.
pub async fn show(Pinned(app): Pinned, caller: Caller) -> Result<Reply<Json>, Problem> {
    Ok(Reply(document(&app.engine.live().model, caller.0.locale)))
}

/// The description of a model.
pub fn document(model: &Model, locale: Locale) -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem());
    paths.insert("/api/login".to_owned(), login());
    paths.insert("/api/schema".to_owned(), json!({"get": operation("schema", "The model itself", json!({"200": answer("The model", json!({"type": "object"}))}))}));
    for (id, entity) in model.all_entities() {
        let name = component(&entity.name);
        schemas.insert(name.clone(), shown(model, id, locale));
        schemas.insert(format!("{name}Create"), given(model, id, locale, true));
        schemas.insert(format!("{name}Change"), given(model, id, locale, false));
        paths.extend(entity_paths(model, id, &name, locale));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": model.workspace.title.get(locale), "version": &*model.revision},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    })
}

/// `close_date` becomes `CloseDate`.
fn component(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

fn entity_paths(model: &Model, id: EntityId, name: &str, locale: Locale) -> Vec<(String, Json)> {
    let entity = &model[id];
    let (plural, base) = (entity.plural.get(locale), format!("/api/{}", entity.name));
    let record = json!({"$ref": format!("#/components/schemas/{name}")});
    let tagged = |mut operation: Json| {
        operation["tags"] = json!([plural]);
        operation
    };
    let created = json!({"201": headed("The new record", record.clone())});
    let one = json!({"200": headed("The record", record.clone())});
    let body = |suffix: &str, media: &str| json!({"required": true, "content": {media: {"schema": {"$ref": format!("#/components/schemas/{name}{suffix}")}}}});
    let with_body = |mut operation: Json, body: Json| {
        operation["requestBody"] = body;
        operation
    };
    let with = |mut operation: Json, parameters: Json| {
        operation["parameters"] = parameters;
        operation
    };
    let id_parameter =
        json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}});
    let if_match = json!({"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "The ETag that was read; another one refuses the change"});
    let key = json!({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}, "description": "Makes the request safe to repeat for 48 hours"});
    let mut paths = vec![
        (
            base.clone(),
            json!({
                "get": tagged(with(operation(&format!("list_{}", entity.name), plural, json!({"200": answer("A page of records", page(&record))})), list_parameters(entity))),
                "post": tagged(with(with_body(operation(&format!("create_{}", entity.name), "Make one", created), body("Create", "application/json")), json!([key]))),
            }),
        ),
        (
            format!("{base}/aggregate"),
            json!({"get": tagged(with(operation(&format!("aggregate_{}", entity.name), "Sums and counts over groups", json!({"200": answer("One item for each group", groups())})), json!([
                {"name": "group", "in": "query", "schema": {"type": "string"}, "description": "Portable expressions, parted by commas"},
                {"name": "measures", "in": "query", "schema": {"type": "string"}, "description": "count(), sum(amount), name:avg(amount)"},
                filter(),
            ])))}),
        ),
        (
            format!("{base}/{{id}}"),
            json!({
                "parameters": [id_parameter],
                "get": tagged(with(operation(&format!("get_{}", entity.name), "Show one", one.clone()), json!([shape("fields"), shape("expand")]))),
                "patch": tagged(with(with_body(operation(&format!("change_{}", entity.name), "Change one", one.clone()), body("Change", "application/json")), json!([if_match]))),
                "delete": tagged(with(operation(&format!("delete_{}", entity.name), "Put one into the trash", json!({"204": {"description": "It is in the trash"}})), json!([
                    if_match, {"name": "purge", "in": "query", "schema": {"type": "boolean"}, "description": "Remove it for good"},
                ]))),
            }),
        ),
        (
            format!("{base}/{{id}}/restore"),
            json!({"parameters": [id_parameter], "post": tagged(operation(&format!("restore_{}", entity.name), "Take one out of the trash", one.clone()))}),
        ),
        (
            format!("{base}/{{id}}/history"),
            json!({"parameters": [id_parameter], "get": tagged(with(operation(&format!("history_{}", entity.name), "What became of it", json!({"200": answer("A page of entries", page(&json!({"type": "object"})))})), json!([limit(), cursor()])))}),
        ),
    ];
    if let Some((_, pipeline)) = model.pipelines_of(id).next() {
        let stages: Vec<&str> = pipeline.stages.iter().map(|stage| &*stage.name).collect();
        let schema = json!({"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
            "to": {"type": "string", "enum": stages},
            "set": {"$ref": format!("#/components/schemas/{name}Change")},
        }});
        paths.push((
            format!("{base}/{{id}}/transition"),
            json!({"parameters": [id_parameter], "post": tagged(with_body(operation(&format!("move_{}", entity.name), "Move one to another stage", one), json!({"required": true, "content": {"application/json": {"schema": schema}}})))}),
        ));
    }
    paths
}

fn operation(id: &str, summary: &str, responses: Json) -> Json {
    let mut responses = responses;
    for (status, told) in [
        ("400", "The request cannot be read"),
        ("401", "Nobody is signed in"),
        ("403", "Not allowed"),
        ("404", "No such record"),
        ("409", "It clashes with other records"),
        ("412", "The record was changed meanwhile"),
        ("413", "Too large"),
        ("422", "The values are not acceptable"),
        ("429", "Too many requests"),
        ("503", "Busy; try again"),
    ] {
        responses[status] = json!({"description": told, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    }
    json!({"operationId": id, "summary": summary, "responses": responses})
}

fn answer(description: &str, schema: Json) -> Json {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn headed(description: &str, schema: Json) -> Json {
    let mut answer = answer(description, schema);
    answer["headers"] = json!({"ETag": {"schema": {"type": "string"}, "required": true}});
    answer
}

fn page(item: &Json) -> Json {
    json!({"type": "object", "required": ["items", "next"], "properties": {
        "items": {"type": "array", "items": item},
        "next": {"type": ["string", "null"]},
        "count": {"type": "integer"},
    }})
}

fn groups() -> Json {
    json!({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object"}}}})
}

fn filter() -> Json {
    json!({"name": "where", "in": "query", "schema": {"type": "string"}, "description": "A portable expression, such as amount > 1000"})
}

fn limit() -> Json {
    json!({"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": fichero_engine::read::list::MOST}})
}

fn cursor() -> Json {
    json!({"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "`next` of the page before"})
}

fn shape(name: &str) -> Json {
    json!({"name": name, "in": "query", "schema": {"type": "string"}, "description": "Names of fields, parted by commas"})
}

fn list_parameters(entity: &Entity) -> Json {
    let mut parameters = vec![
        filter(),
        json!({"name": "sort", "in": "query", "schema": {"type": "string"}, "description": "Names of fields, - before one that sorts from the greatest down"}),
        limit(),
        cursor(),
        shape("fields"),
        shape("expand"),
        json!({"name": "count", "in": "query", "schema": {"type": "boolean"}}),
        json!({"name": "trash", "in": "query", "schema": {"const": "only"}}),
    ];
    for field in entity.fields.iter().filter(|field| field.external) {
        parameters.push(json!({"name": &*field.name, "in": "query", "schema": {"type": "string"}}));
    }
    Json::Array(parameters)
}

fn login() -> Json {
    let text = json!({"type": "string"});
    let mut operation = operation(
        "login",
        "Sign in",
        json!({"200": answer("A token", json!({"type": "object", "required": ["token"], "properties": {"token": text}}))}),
    );
    operation["security"] = json!([]);
    operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": {
        "type": "object", "required": ["login", "password"], "properties": {"login": text, "password": text},
    }}}});
    json!({"post": operation})
}

fn problem() -> Json {
    json!({"type": "object", "required": ["status", "code", "title", "detail", "errors"], "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["field", "code", "message"], "properties": {
            "field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"},
        }}},
    }})
}

/// A record as it is answered.
fn shown(model: &Model, id: EntityId, locale: Locale) -> Json {
    let mut properties = Map::new();
    for field in &model[id].fields {
        put(model, field, locale, true, &mut properties);
    }
    json!({"type": "object", "title": model[id].label.get(locale), "properties": properties})
}

/// A record as it is given.
fn given(model: &Model, id: EntityId, locale: Locale, whole: bool) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in model[id].fields.iter().filter(|field| field.is_input() && !field.readonly) {
        put(model, field, locale, false, &mut properties);
        if whole
            && field.required
            && field.default.is_none()
            && matches!(field.source, Source::Input)
            && field.pipeline.is_none()
        {
            required.push(Json::from(&*field.name));
        }
    }
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn put(model: &Model, field: &Field, locale: Locale, answered: bool, properties: &mut Map<String, Json>) {
    let one = value(model, field, answered);
    let mut schema = match (&field.kind, field.many) {
        (Kind::Lines { .. } | Kind::Children { .. }, _) => one,
        (_, true) => json!({"type": "array", "items": one}),
        (Kind::Boolean, false) if answered => one,
        (_, false) => nullable(one, answered || !field.required),
    };
    schema["title"] = json!(field.label.get(locale));
    if let Some(help) = &field.help {
        schema["description"] = json!(help.get(locale));
    }
    properties.insert(field.name.to_string(), schema);
    if matches!(field.kind, Kind::Money { .. }) {
        properties.insert(
            format!("{}_currency", field.name),
            nullable(json!({"type": "string", "pattern": "^[A-Z]{3}$"}), true),
        );
        if answered {
            properties.insert(format!("{}_base", field.name), nullable(json!({"type": "string"}), true));
        }
    }
}

fn nullable(schema: Json, nullable: bool) -> Json {
    match (&schema["type"], nullable) {
        (Json::String(ty), true) if schema.get("enum").is_none() => {
            let types = json!([ty, "null"]);
            let mut schema = schema;
            schema["type"] = types;
            schema
        }
        (_, true) => json!({"anyOf": [schema, {"type": "null"}]}),
        (_, false) => schema,
    }
}

fn value(model: &Model, field: &Field, answered: bool) -> Json {
    match &field.kind {
        Kind::Text { max } | Kind::LongText { max } => {
            let mut schema = json!({"type": "string", "maxLength": max});
            if field.required && !answered {
                schema["minLength"] = json!(1);
            }
            schema
        }
        Kind::Integer | Kind::Duration => json!({"type": "integer"}),
        Kind::Decimal { .. } | Kind::Money { .. } if answered => json!({"type": "string"}),
        Kind::Decimal { .. } | Kind::Money { .. } => json!({"type": ["string", "number"]}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Time => json!({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}),
        Kind::DateTime => json!({"type": "string", "format": "date-time"}),
        Kind::Choice { options } => {
            let names: Vec<&str> = model[*options]
                .options
                .iter()
                .filter(|option| answered || !option.retired)
                .map(|option| &*option.name)
                .collect();
            json!({"type": "string", "enum": names})
        }
        Kind::Ref(reference) => reference_schema(model, reference, answered),
        Kind::File => json!({"type": "string"}),
        Kind::Json => json!({}),
        Kind::Lines { of, .. } | Kind::Children { of, .. } if answered => {
            json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{}", component(&model[*of].name))}})
        }
        Kind::Lines { of, .. } | Kind::Children { of, .. } => json!({"type": "array", "items": line(model, *of)}),
    }
}

/// A line as it is given: its own fields, and its id where it exists.
fn line(model: &Model, of: EntityId) -> Json {
    json!({"type": "object", "allOf": [{"properties": {"id": {"type": "string", "format": "uuid"}}}], "title": &*model[of].name})
}

fn reference_schema(model: &Model, reference: &Reference, answered: bool) -> Json {
    // An expanded reference is answered as the record itself.
    let id = match &*reference.targets {
        [_] => json!({"type": "string", "format": "uuid"}),
        several => {
            let names: Vec<&str> = several.iter().map(|target| &*model[*target].name).collect();
            json!({"type": "string", "pattern": format!("^({}):[0-9a-f-]{{36}}$", names.join("|"))})
        }
    };
    if answered { json!({"anyOf": [id, {"type": "object"}]}) } else { id }
}
