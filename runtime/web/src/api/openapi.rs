//! `GET /api/openapi.json`: OpenAPI 3.1 of exactly what the model offers the caller.
//!
//! Made from the model for each request that asks for it; a browser or a generator asks rarely. What a schema cannot say
//! (rules, expressions, which records are there) is answered with 422, or 400 for what is asked in an address.

mod imports;
mod parts;
mod paths;
mod records;
mod values;

use axum::Json as Reply;
use fichero_engine::Actor;
use fichero_engine::read::find;
use fichero_model::Model;
use fichero_model::kind::Kind;
use serde_json::{Map, Value as Json, json};

use super::call::Call;
use super::parameters;
use super::problem::Problem;
use parts::{answer, operation};

/// The description, in the caller's language.
pub async fn show(call: Call) -> Result<Reply<Json>, Problem> {
    let work = async {
        parameters::none(call.query())?;
        Ok(Reply(document(&call.app.engine.live().model, &call.caller.0)))
    };
    call.answer(work).await
}

/// The search over the records of all entities.
fn search(model: &Model) -> Json {
    let names: Vec<&str> = find::everywhere(model).into_iter().map(|entity| &*model[entity].name).collect();
    let matched = json!({"type": "object", "required": ["field", "text", "hits"], "properties": {
        "field": {"type": "string"},
        "text": {"type": "string", "description": "What it holds, of a long text the part where something was found"},
        "hits": {"type": "array", "description": "Where, in characters of the text: from, and up to which",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}},
    }});
    let hit = json!({"type": "object", "required": ["entity", "id", "title", "matches"], "properties": {
        "entity": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "title": {"type": "string"},
        "matches": {"type": "array", "items": matched},
    }});
    let mut found = parts::page(&hit);
    found["required"] = json!(["items", "next", "complete", "bounded"]);
    found["properties"]["complete"] =
        json!({"type": "boolean", "description": "False while older records are still put into the index"});
    found["properties"]["bounded"] = json!({"type": "boolean", "description": "True where the words are so common that not all records were looked at"});
    let mut get = operation(
        "search",
        "The records that have these words",
        json!({"200": answer("What was found, the best first", found)}),
    );
    get["parameters"] = json!([
        {"name": "q", "in": "query", "required": true, "description": "Words, or how they begin",
            "schema": {"type": "string", "minLength": 1, "maxLength": find::LONGEST}},
        {"name": "entity", "in": "query", "description": "Only records of this entity", "schema": {"type": "string", "enum": names}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": find::MOST}},
        parts::cursor(),
    ]);
    json!({"get": get})
}

/// The description of a model for somebody.
pub fn document(model: &Model, actor: &Actor) -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), parts::problem());
    paths.insert("/api/login".to_owned(), login());
    let done = json!({"204": {"description": "The session has ended"}});
    paths.insert("/api/logout".to_owned(), json!({"post": operation("logout", "End the session", done)}));
    let described = json!({"200": answer("The model", json!({"type": "object"}))});
    paths.insert("/api/schema".to_owned(), json!({"get": operation("schema", "The model itself", described)}));
    let described = json!({"200": answer("This description", json!({"type": "object"}))});
    paths.insert("/api/openapi.json".to_owned(), json!({"get": operation("openapi", "This description", described)}));
    paths.insert("/api/search".to_owned(), search(model));
    paths.extend(files(model));
    if actor.admin {
        paths.extend(jobs());
        paths.extend(imports::of_all());
    }
    for (id, _) in model.all_entities() {
        let records = records::Records::new(model, id, actor.locale);
        schemas.extend(records.schemas());
        paths.extend(paths::of(&records, actor));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": model.workspace.title.get(actor.locale), "version": &*model.revision},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    })
}

/// What administrators may do about jobs.
fn jobs() -> [(String, Json); 2] {
    let text = || json!({"type": "string"});
    let number = || json!({"type": "integer", "minimum": 0});
    let about = json!({"type": ["object", "null"], "required": ["entity", "id"], "properties": {
        "entity": text(), "id": {"type": ["string", "null"]},
    }});
    let job = json!({
        "type": "object",
        "required": ["id", "kind", "about", "due_at", "attempts", "dead_at", "error"],
        "properties": {
            "id": text(), "kind": text(), "about": about, "due_at": text(), "attempts": number(), "dead_at": text(),
            "error": {"type": ["string", "null"]},
        },
    });
    let all = json!({"type": "object", "required": ["items", "waiting", "ready", "claimed", "dead"], "properties": {
        "items": {"type": "array", "items": job, "description": "Those that failed for the last time"},
        "waiting": number(), "ready": number(), "claimed": number(), "dead": number(),
    }});
    let show = operation("jobs", "How many jobs there are, and the dead ones", json!({"200": answer("Jobs", all)}));
    let retried = json!({"204": {"description": "It is tried again"}});
    let retry = operation("retry_job", "Have a dead job tried again", retried);
    [
        ("/api/jobs".to_owned(), json!({"get": show})),
        ("/api/jobs/{id}/retry".to_owned(), json!({"parameters": [parts::id()], "post": retry})),
    ]
}

fn login() -> Json {
    let token = json!({"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}});
    let mut operation = operation("login", "Sign in", json!({"200": answer("A token", token)}));
    operation["security"] = json!([]);
    operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": {
        "type": "object",
        "required": ["login", "password"],
        "properties": {"login": {"type": "string"}, "password": {"type": "string"}},
        "additionalProperties": false,
    }}}});
    json!({"post": operation})
}

/// Files, which belong to nobody's entity: they are taken in by themselves.
fn files(model: &Model) -> [(String, Json); 3] {
    let text = || json!({"type": "string"});
    let about = json!({"type": ["object", "null"], "required": ["entity", "id"], "properties": {
        "entity": text(), "id": text(),
    }});
    let mut properties = json!({
        "id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "maxLength": 200}, "type": text(),
        "size": {"type": "integer", "minimum": 1}, "url": text(), "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    });
    let required = ["id", "name", "type", "size", "url", "hash"];
    let made = json!({"type": "object", "required": required, "properties": properties.clone()});
    properties["record"] = about;
    properties["created_at"] = text();
    properties["created_by"] = json!({"type": ["string", "null"]});
    let whole = json!({"type": "object", "required": required, "properties": properties});
    let binary = || json!({"schema": {"type": "string", "format": "binary"}});
    let mut upload = operation("upload_file", "Upload a file", json!({"201": answer("The file", made)}));
    let mut parameters = vec![json!(
        {"name": "name", "in": "query", "schema": text(), "description": "What it is called, where its bytes alone are sent"}
    )];
    let takers: Vec<String> = model
        .all_entities()
        .flat_map(|(_, entity)| {
            let takers = entity.fields.iter().filter(|field| matches!(field.kind, Kind::File(_)));
            takers.map(|field| format!("{}.{}", entity.name, field.name))
        })
        .collect();
    if !takers.is_empty() {
        parameters.push(json!({"name": "for", "in": "query", "schema": {"type": "string", "enum": takers}, "description": "The field it is meant for, as entity.field: what that does not take is refused at once"}));
    }
    upload["parameters"] = json!(parameters);
    upload["requestBody"] = json!({"required": true, "content": {"application/octet-stream": binary()}});
    let show = operation("file", "What is known of a file", json!({"200": answer("The file", whole)}));
    let bytes = json!({"200": {"description": "The bytes", "content": {"*/*": binary()}}, "206": {"description": "A part of them", "content": {"*/*": binary()}}, "304": {"description": "They are known by their ETag"}});
    let content = operation("file_content", "The bytes of a file", bytes);
    [
        ("/api/files".to_owned(), json!({"post": upload})),
        ("/api/files/{id}".to_owned(), json!({"parameters": [parts::id()], "get": show})),
        ("/api/files/{id}/content".to_owned(), json!({"parameters": [parts::id()], "get": content})),
    ]
}
