//! The paths of imports.

use serde_json::{Value as Json, json};

use super::parts::{self, answer, operation, page};

fn text() -> Json {
    json!({"type": "string"})
}

fn perhaps(schema: &str) -> Json {
    json!({"type": [schema, "null"]})
}

/// An import as it is told.
fn told() -> Json {
    let count = || json!({"type": "integer", "minimum": 0});
    let error = json!({"type": ["object", "null"], "required": ["code", "detail"], "properties": {"code": text(), "detail": text()}});
    let undo = json!({
        "type": ["object", "null"],
        "required": ["state", "ended_at", "reversed", "kept", "blocked", "stayed", "error"],
        "properties": {
            "state": {"type": "string", "enum": ["queued", "running", "done", "failed"]},
            "ended_at": perhaps("string"), "reversed": count(), "kept": count(), "blocked": count(),
            "stayed": perhaps("array"), "error": error.clone(),
        },
    });
    json!({
        "type": "object",
        "required": [
            "batch", "entity", "file", "state", "dry_run", "live", "mapping", "match", "by", "started_at", "ended_at", "rows",
            "created", "updated", "unchanged", "rejected", "made", "size", "bytes", "rate", "seconds_left", "report", "error",
            "rejects", "undo",
        ],
        "properties": {
            "batch": {"type": "string", "format": "uuid"}, "entity": text(), "file": text(),
            "state": {"type": "string", "enum": ["queued", "running", "done", "failed", "cancelled", "undone"]},
            "dry_run": {"type": "boolean"}, "live": {"type": "boolean"},
            "mapping": {"type": ["string", "object", "null"]}, "match": perhaps("string"), "by": perhaps("string"),
            "started_at": text(), "ended_at": perhaps("string"), "rows": count(), "created": count(), "updated": count(),
            "unchanged": count(), "rejected": count(), "made": count(), "size": perhaps("integer"), "bytes": perhaps("integer"),
            "rate": perhaps("integer"), "seconds_left": perhaps("integer"), "report": perhaps("object"), "error": error,
            "rejects": perhaps("string"), "undo": undo,
        },
    })
}

/// Queueing one, below an entity.
pub fn order(entity: &str) -> Json {
    let truth = || json!({"type": "boolean"});
    let delimiter = || json!({"type": "string", "enum": [",", ";", "|", "tab"]});
    let quotes = || json!({"type": "string", "enum": ["double", "single", "none"]});
    let on_match = || json!({"type": "string", "enum": ["update", "skip", "reject"]});
    let parameter = |name: &str, schema: Json, told: &str| json!({"name": name, "in": "query", "schema": schema, "description": told});
    let mut order = operation(
        &format!("import_{entity}"),
        "Import a file in the background",
        json!({"202": answer("It is queued", told())}),
    );
    order["parameters"] = json!([
        parameter("name", text(), "What the file is called, where the body is the file"),
        parameter("mapping", text(), "A mapping document; by their headings when nothing is said"),
        parameter("guess", truth(), "The mapping is guessed"),
        parameter("match", text(), "The fields by which a row finds its record, parted by commas"),
        parameter("on_match", on_match(), "What becomes of a row whose record is there"),
        parameter("dry_run", truth(), "Nothing is changed"),
        parameter("live", truth(), "It happens now, and is no history"),
        parameter("anew", truth(), "An import of the same file that is not at its end is left"),
        parameter("delimiter", delimiter(), "The sign between cells"),
        parameter("quotes", quotes(), "The quotes around cells"),
        parameter("encoding", text(), "The encoding of a text"),
        parameter("sheet", text(), "The sheet of a workbook"),
    ]);
    let body = json!({
        "type": "object",
        "required": ["file"],
        "additionalProperties": false,
        "properties": {
            "file": {"type": "string", "format": "uuid", "description": "The id of an upload"},
            "mapping": {"type": ["string", "object", "null"], "description": "A mapping document by name, or what one would say"},
            "guess": truth(), "match": {"type": ["string", "array", "null"], "items": text()}, "on_match": on_match(),
            "dry_run": truth(), "live": truth(), "anew": truth(), "delimiter": delimiter(), "quotes": quotes(),
            "encoding": text(), "sheet": text(),
        },
    });
    order["requestBody"] = json!({"required": true, "content": {
        "application/json": {"schema": body},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    }});
    json!({"post": order})
}

/// Those that there are.
pub fn of_all() -> [(String, Json); 5] {
    let ids = || json!([parts::id()]);
    let mut list =
        operation("imports", "The imports, the newest first", json!({"200": answer("Imports", page(&told()))}));
    list["parameters"] = json!([
        {"name": "entity", "in": "query", "schema": text(), "description": "Those into this entity"},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
        parts::cursor(),
    ]);
    let show = operation("import", "How far an import is", json!({"200": answer("The import", told())}));
    let csv = json!({"200": {"description": "The rows", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}});
    let rejects = operation("import_rejects", "The rows that were rejected, each with the reason", csv);
    let cancel = operation("cancel_import", "Stop an import", json!({"200": answer("The import", told())}));
    let undo =
        operation("undo_import", "Take an import back in the background", json!({"202": answer("The import", told())}));
    [
        ("/api/imports".to_owned(), json!({"get": list})),
        ("/api/imports/{id}".to_owned(), json!({"parameters": ids(), "get": show})),
        ("/api/imports/{id}/rejects".to_owned(), json!({"parameters": ids(), "get": rejects})),
        ("/api/imports/{id}/cancel".to_owned(), json!({"parameters": ids(), "post": cancel})),
        ("/api/imports/{id}/undo".to_owned(), json!({"parameters": ids(), "post": undo})),
    ]
}
