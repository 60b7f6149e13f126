//! What many operations share: parameters, answers, problems.

use fichero_engine::read::list::MOST;
use serde_json::{Map, Value as Json, json};

/// An operation with its answers, and the problems that any may end with.
pub fn operation(id: &str, summary: &str, responses: Json) -> Json {
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
        responses[status] = json!({
            "description": told,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
    }
    json!({"operationId": id, "summary": summary, "responses": responses})
}

/// An answer with a body.
pub fn answer(description: &str, schema: Json) -> Json {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

/// The answer that is a record, with its tag.
pub fn headed(description: &str, schema: Json) -> Json {
    let mut answer = answer(description, schema);
    answer["headers"] = json!({"ETag": {"schema": {"type": "string"}, "required": true}});
    answer
}

/// A page of items.
pub fn page(item: &Json) -> Json {
    json!({"type": "object", "required": ["items", "next"], "properties": {
        "items": {"type": "array", "items": item},
        "next": {"type": ["string", "null"]},
        "count": {"type": "integer"},
    }})
}

/// A body that must be sent.
pub fn body(schema: &Json) -> Json {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

/// The id in an address.
pub fn id() -> Json {
    json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}})
}

/// The tags a change is made at.
pub fn if_match() -> Json {
    json!({"name": "If-Match", "in": "header", "schema": tags(), "description": "The ETag that was read; another one refuses the change"})
}

/// That a record is made only where there is none.
pub fn if_absent() -> Json {
    json!({"name": "If-None-Match", "in": "header", "schema": {"type": "string", "enum": ["*"]}, "description": "Make it if there is none; else it is refused"})
}

/// The tags that are known already.
pub fn if_none_match() -> Json {
    json!({"name": "If-None-Match", "in": "header", "schema": tags(), "description": "An ETag that is known; the record is not sent again while it looks the same"})
}

fn tags() -> Json {
    let tag = "[0-9]{1,18}(-[A-Za-z0-9_-]{1,40})?";
    json!({"type": "string", "pattern": format!("^([*]|{tag}|\"{tag}\")$")})
}

/// The key that makes a POST safe to repeat. Blanks around it belong to no header's value (RFC 9110, 5.5).
pub fn key() -> Json {
    json!({
        "name": "Idempotency-Key", "in": "header",
        "schema": {"type": "string", "pattern": "^[ \\t]*[!-~]([ -~]{0,253}[!-~])?[ \\t]*$"},
        "description": "Makes the request safe to repeat for 48 hours",
    })
}

/// A portable expression.
pub fn filter() -> Json {
    json!({"name": "where", "in": "query", "schema": {"type": "string"}, "description": "A portable expression, such as amount > 1000"})
}

/// That those in the trash are asked for.
pub fn trash() -> Json {
    json!({"name": "trash", "in": "query", "schema": {"type": "string", "enum": ["only"]}, "description": "Those in the trash"})
}

/// How many a page may hold.
pub fn limit() -> Json {
    json!({"name": "limit", "in": "query", "schema": limit_schema()})
}

/// How many a page may hold.
pub fn limit_schema() -> Json {
    json!({"type": "integer", "minimum": 1, "maximum": MOST})
}

/// Where the page before ended.
pub fn cursor() -> Json {
    json!({"name": "cursor", "in": "query", "schema": cursor_schema(), "description": "`next` of the page before"})
}

/// Where the page before ended.
pub fn cursor_schema() -> Json {
    json!({"type": "string", "pattern": "^[A-Za-z0-9_-]{43,8192}$"})
}

/// Words parted by commas; each may have a sign before it.
pub fn words(sign: &str, words: &[String]) -> Json {
    let word = format!("{sign}({})", words.join("|"));
    json!({"type": "string", "pattern": format!("^({word}(,{word})*)?$")})
}

/// True or false, as an address says it.
pub fn truth(name: &str, description: &str) -> Json {
    json!({"name": name, "in": "query", "schema": {"type": "string", "enum": ["true", "false", "1", "0"]}, "description": description})
}

/// An object of these properties and no others.
pub fn object(properties: Map<String, Json>) -> Json {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// What is told of a refusal.
pub fn problem() -> Json {
    json!({"type": "object", "required": ["status", "code", "title", "detail", "errors"], "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "index": {"type": "integer", "description": "Which of several commands"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["field", "code", "message"], "properties": {
            "field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"},
        }}},
        "records": {"type": "array", "description": "The records it clashes with", "items": {
            "type": "object", "required": ["entity", "id", "title"], "properties": {
                "entity": {"type": "string"}, "id": {"type": "string", "format": "uuid"}, "title": {"type": "string"},
            },
        }},
    }})
}
