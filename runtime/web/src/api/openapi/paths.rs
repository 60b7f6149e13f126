//! The operations on the records of an entity that somebody may do.

use fichero_engine::Actor;
use fichero_engine::export::Format;
use fichero_engine::policy::{self, Action};
use fichero_engine::read::list::is_key;
use fichero_engine::record::merge;
use fichero_model::FieldId;
use fichero_model::entity::{Field, System};
use fichero_model::kind::Kind;
use serde_json::{Map, Value as Json, json};

use super::super::bulk;
use super::imports;
use super::parts::{self, answer, body, headed, object, operation, page};
use super::records::Records;
use super::values;

/// The paths of an entity. An operation that would always be refused is left out.
pub fn of(records: &Records<'_>, actor: &Actor) -> Vec<(String, Json)> {
    let paths = Paths { records, actor };
    let base = format!("/api/{}", records.entity().name);
    let under = |path: &str| format!("{base}{path}");
    let mut all = vec![
        (base.clone(), paths.many()),
        (under("/query"), json!({"post": paths.query()})),
        (under("/aggregate"), json!({"get": paths.aggregate()})),
        (under("/export"), json!({"get": paths.export()})),
        (under("/derive"), json!({"post": paths.derive()})),
        (under("/{id}"), paths.one()),
        (under("/{id}/history"), json!({"parameters": [parts::id()], "get": paths.history()})),
    ];
    if paths.may(Action::Create) {
        all.push((under("/{id}/clone"), json!({"parameters": [parts::id()], "post": paths.clone()})));
    }
    if paths.may(Action::Restore) {
        all.push((under("/{id}/restore"), json!({"parameters": [parts::id()], "post": paths.restore()})));
    }
    if paths.may(Action::Update) && paths.may(Action::Delete) {
        all.push((under("/{id}/merge"), json!({"parameters": [parts::id()], "post": paths.merge()})));
    }
    if let Some(transition) = paths.transition() {
        all.push((under("/{id}/transition"), json!({"parameters": [parts::id()], "post": transition})));
    }
    if paths.may(Action::Import) {
        all.push((under("/import"), imports::order(&records.entity().name)));
    }
    if paths.may(Action::Create) && paths.may(Action::Update) {
        all.push((under("/bulk"), json!({"post": paths.bulk()})));
        all.extend(paths.by_key().map(|(field, put)| (under(&format!("/by/{field}/{{value}}")), put)));
    }
    all
}

struct Paths<'p> {
    records: &'p Records<'p>,
    actor: &'p Actor,
}

impl<'p> Paths<'p> {
    fn may(&self, action: Action) -> bool {
        let model = self.records.model;
        let is_kept = match action {
            Action::Create => model.comes_with_parent(self.records.id),
            Action::Update | Action::Delete | Action::Purge | Action::Transition => {
                model.is_append_only(self.records.id)
            }
            Action::Restore | Action::Import => false,
        };
        !is_kept && policy::may(self.actor, model, self.records.id, action).is_ok()
    }

    /// An operation under the heading of the entity, with what it takes.
    fn operation(&self, verb: &str, summary: &str, responses: Json, takes: Takes) -> Json {
        let entity = self.records.entity();
        let mut operation = operation(&format!("{verb}_{}", entity.name), summary, responses);
        operation["tags"] = json!([entity.plural.get(self.records.locale)]);
        if !takes.parameters.is_empty() {
            operation["parameters"] = Json::Array(takes.parameters);
        }
        if let Some(schema) = takes.body {
            operation["requestBody"] = body(&schema);
        }
        operation
    }

    /// What is answered with a record, and what can be done with it next.
    fn record(&self, description: &str, id: &str) -> Json {
        let mut answer = headed(description, self.records.at(""));
        answer["links"] = self.links(id);
        answer
    }

    fn links(&self, id: &str) -> Json {
        let entity = self.records.entity();
        let verbs = [
            ("get", true),
            ("history", true),
            ("change", self.may(Action::Update)),
            ("delete", self.may(Action::Delete)),
            ("restore", self.may(Action::Restore)),
        ];
        let link = |verb: &str| {
            let operation = format!("{verb}_{}", entity.name);
            (operation.clone(), json!({"operationId": operation, "parameters": {"id": id}}))
        };
        Json::Object(verbs.iter().filter(|(_, may)| *may).map(|(verb, _)| link(verb)).collect())
    }

    fn many(&self) -> Json {
        let plural = self.records.entity().plural.get(self.records.locale);
        let mut found = answer("A page of records", page(&self.records.at("")));
        found["links"] = self.links("$response.body#/items/0/id");
        let takes = Takes { parameters: self.list_parameters(), body: None };
        let mut item = json!({"get": self.operation("list", plural, json!({"200": found}), takes)});
        if self.may(Action::Create) {
            let made = json!({"201": self.record("The new record", "$response.body#/id")});
            let takes = Takes { parameters: vec![parts::key()], body: Some(self.records.at("Create")) };
            item["post"] = self.operation("create", "Make one", made, takes);
        }
        item
    }

    fn one(&self) -> Json {
        let shown = json!({
            "200": headed("The record", self.records.at("")),
            "304": {"description": "It still looks the same"},
        });
        let trash = json!({"name": "trash", "in": "query", "schema": {"type": "string", "enum": ["only", "with"]}, "description": "Where it may lie in the trash"});
        let parameters = vec![self.fields(), self.expand(), trash, parts::if_none_match()];
        let mut item = json!({
            "parameters": [parts::id()],
            "get": self.operation("get", "Show one", shown, Takes { parameters, body: None }),
        });
        if self.may(Action::Update) {
            let takes = Takes { parameters: vec![parts::if_match()], body: Some(self.records.at("Change")) };
            let changed = json!({"200": headed("The record", self.records.at(""))});
            item["patch"] = self.operation("change", "Change one", changed, takes);
        }
        if self.may(Action::Delete) {
            let mut parameters = vec![parts::if_match()];
            if self.may(Action::Purge) {
                parameters.push(parts::truth("purge", "Remove it for good"));
            }
            let gone = json!({"204": {"description": "It is in the trash, or gone"}});
            item["delete"] = self.operation("delete", "Put one into the trash", gone, Takes { parameters, body: None });
        }
        item
    }

    fn restore(&self) -> Json {
        let back = json!({"200": headed("The record", self.records.at(""))});
        let takes = Takes { parameters: vec![parts::if_match(), parts::key()], body: None };
        self.operation("restore", "Take one out of the trash", back, takes)
    }

    fn merge(&self) -> Json {
        let entity = self.records.entity();
        let can_be_taken = |id: &FieldId| merge::can_be_taken(&entity[*id]);
        let named = entity.all_fields().filter(|(id, _)| entity.leaves(*id).iter().all(can_be_taken));
        let names: Vec<&str> = named.map(|(_, field)| &*field.name).collect();
        let schema = json!({"type": "object", "required": ["into"], "additionalProperties": false, "properties": {
            "into": {"type": "string", "format": "uuid", "description": "The record that stays"},
            "take": {"type": "array", "items": {"type": "string", "enum": names}, "description": "The fields whose values it takes over; those it has nothing in when nothing is said"},
        }});
        let merged = json!({"200": headed("The record that stays", self.records.at(""))});
        let takes = Takes { parameters: vec![parts::if_match(), parts::key()], body: Some(schema) };
        self.operation("merge", "Merge one into another", merged, takes)
    }

    fn history(&self) -> Json {
        let entry = json!({"type": "object", "required": ["at", "by", "via", "cause", "changes"]});
        let takes = Takes { parameters: vec![parts::limit(), parts::cursor()], body: None };
        self.operation(
            "history",
            "What became of one",
            json!({"200": answer("A page of entries", page(&entry))}),
            takes,
        )
    }

    fn clone(&self) -> Json {
        let made = json!({"201": self.record("The new record", "$response.body#/id")});
        let takes = Takes { parameters: vec![parts::key()], body: Some(self.records.at("Change")) };
        let mut operation = self.operation("clone", "Make one like another, with what is given", made, takes);
        // Nothing needs to differ.
        operation["requestBody"]["required"] = json!(false);
        operation
    }

    fn query(&self) -> Json {
        let several = |one: Json| json!({"anyOf": [one, {"type": "array", "items": {"type": "string"}}]});
        let mut properties: Map<String, Json> =
            self.records.filters().map(|(name, schema)| (name, in_body(schema))).collect();
        for (name, schema) in [
            ("where", json!({"type": ["string", "null"]})),
            ("sort", several(self.sort_schema())),
            ("limit", parts::limit_schema()),
            ("cursor", values::nullable(parts::cursor_schema(), true)),
            ("fields", several(parts::words("", &self.names()))),
            ("expand", several(self.expand_schema())),
            ("count", json!({"type": "boolean"})),
            ("trash", json!({"type": "string", "enum": ["only"]})),
        ] {
            // A field of the same name keeps it, and the parameter bears an underscore; both may.
            properties.insert(format!("_{name}"), schema.clone());
            properties.insert(name.to_owned(), schema);
        }
        let found = json!({"200": answer("A page of records", page(&self.records.at("")))});
        self.operation(
            "query",
            "The same list, asked in a body",
            found,
            Takes { parameters: Vec::new(), body: Some(object(properties)) },
        )
    }

    fn aggregate(&self) -> Json {
        let call = "(count\\(\\)|(count|sum|min|max|avg)\\([^()]+\\))";
        let measure = format!("([A-Za-z0-9_]+:)?{call}");
        let mut parameters = vec![
            json!({"name": "group", "in": "query", "schema": {"type": "string"}, "description": "Portable expressions, parted by commas"}),
            json!({"name": "measures", "in": "query", "schema": {"type": "string", "pattern": format!("^({measure}(,{measure})*)?$")}, "description": "count(), sum(amount), name:avg(amount)"}),
            parts::filter(),
            parts::cursor(),
        ];
        parameters.extend(self.equalities());
        let groups = json!({"type": "object", "required": ["items", "next"], "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next": {"type": ["string", "null"]},
        }});
        let takes = Takes { parameters, body: None };
        self.operation(
            "aggregate",
            "Sums and counts over groups",
            json!({"200": answer("One item for each group", groups)}),
            takes,
        )
    }

    fn derive(&self) -> Json {
        // A draft may hold anything: what is wrong with it is among the messages.
        let fields = self.records.entity().fields.iter().filter(|field| field.is_input());
        let names: Map<String, Json> = fields.map(|field| (field.name.to_string(), json!({}))).collect();
        let mut schema = json!({"type": "object", "properties": names});
        schema["properties"]["id"] = json!({"type": ["string", "null"], "pattern": format!("^{}$", values::UUID), "description": "The record that the draft changes"});
        let message = json!({"type": "object", "required": ["field", "code", "message"]});
        let derived = json!({"type": "object", "required": ["values", "fields", "messages"], "properties": {
            "values": {"type": "object"},
            "fields": {"type": "object", "additionalProperties": {"type": "object", "required": ["visible", "required", "readonly"]}},
            "messages": {"type": "array", "items": message},
        }});
        let takes = Takes { parameters: Vec::new(), body: Some(schema) };
        self.operation(
            "derive",
            "What follows from a draft",
            json!({"200": answer("Values, states of fields, messages", derived)}),
            takes,
        )
    }

    fn bulk(&self) -> Json {
        let mut change = self.records.given(&[], false);
        change["properties"]["id"] = json!({"type": "string", "format": "uuid"});
        change["required"] = json!(["id"]);
        let list = |items: Json| json!({"type": "array", "items": items, "maxItems": bulk::MOST});
        let properties = [
            ("create", list(self.records.at("Create"))),
            ("update", list(change)),
            ("delete", list(json!({"type": "string", "format": "uuid"}))),
            ("atomic", json!({"type": "boolean", "description": "All of them, or none"})),
        ];
        let properties = properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
        let result = json!({"type": "object", "required": ["index", "status"], "properties": {
            "index": {"type": "integer"}, "status": {"type": "integer"}, "id": {"type": "string", "format": "uuid"},
        }});
        let results = json!({"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "items": result}}});
        let done = json!({
            "200": answer("All were done", results.clone()),
            "207": answer("What became of each", results),
        });
        let takes = Takes { parameters: vec![parts::key()], body: Some(object(properties)) };
        self.operation("bulk", "Make, change and delete many", done, takes)
    }

    fn transition(&self) -> Option<Json> {
        let (model, id) = (self.records.model, self.records.id);
        let pipelines: Vec<_> = model.pipelines_of(id).map(|(_, pipeline)| pipeline).collect();
        if pipelines.is_empty() || !self.may(Action::Transition) {
            return None;
        }
        let stages: Vec<&str> =
            pipelines.iter().flat_map(|pipeline| &pipeline.stages).map(|stage| &*stage.name).collect();
        let mut stages_once = Vec::new();
        stages.into_iter().for_each(|stage| {
            if !stages_once.contains(&stage) {
                stages_once.push(stage)
            }
        });
        let fields: Vec<&str> = pipelines.iter().map(|pipeline| &*model[id][pipeline.field].name).collect();
        let schema = json!({"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
            "to": {"type": "string", "enum": stages_once},
            "set": self.records.at("Change"),
            "field": {"type": "string", "enum": fields, "description": "Which stage, where there are several"},
        }});
        let moved = json!({"200": headed("The record", self.records.at(""))});
        let takes = Takes { parameters: vec![parts::if_match(), parts::key()], body: Some(schema) };
        Some(self.operation("move", "Move one to another stage", moved, takes))
    }

    fn by_key(&self) -> impl Iterator<Item = (&'p str, Json)> {
        let records = self.records;
        records.entity().all_fields().filter(|(_, field)| is_key(field) && field.is_input()).map(move |(id, field)| {
            let value =
                json!({"name": "value", "in": "path", "required": true, "schema": values::key(field, records.model)});
            let done = json!({
                "200": headed("The record, changed", records.at("")),
                "201": self.record("The new record", "$response.body#/id"),
            });
            let parameters = vec![parts::if_match(), parts::if_absent()];
            let takes = Takes { parameters, body: Some(records.given(&[id], false)) };
            let put = self.operation(&format!("put_by_{}", field.name), "Make or change one by its key", done, takes);
            (&*field.name, json!({"parameters": [value], "put": put}))
        })
    }

    fn export(&self) -> Json {
        let path = "[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*";
        let formats = [Format::CSV, Format::JsonLines, Format::Xlsx];
        let mut parameters = vec![
            json!({"name": "format", "in": "query", "schema": {"type": "string", "enum": formats.map(Format::ending)}, "description": "How the file is written; csv when nothing is said"}),
            parts::filter(),
            self.sort(),
            json!({"name": "fields", "in": "query", "schema": parts::words("", &[path.to_owned()]), "description": "Names of fields or paths, parted by commas"}),
            parts::trash(),
        ];
        // What bears the name of a parameter is asked for with `where`.
        parameters.extend(self.equalities().filter(|parameter| parameter["name"] != "format"));
        let content = formats.map(|format| {
            let media = format.media_type().split(';').next().unwrap_or_default().to_owned();
            (media, json!({"schema": {"type": "string", "format": "binary"}}))
        });
        let content: Map<String, Json> = content.into_iter().collect();
        let file = json!({"200": {"description": "The file", "content": content}});
        self.operation("export", "A list as a file", file, Takes { parameters, body: None })
    }

    fn sort(&self) -> Json {
        json!({"name": "sort", "in": "query", "schema": self.sort_schema(), "description": "Names of fields or paths, - before one that sorts from the greatest down"})
    }

    fn list_parameters(&self) -> Vec<Json> {
        let mut parameters = vec![
            parts::filter(),
            self.sort(),
            parts::limit(),
            parts::cursor(),
            self.fields(),
            self.expand(),
            parts::truth("count", "How many there are in all"),
            parts::trash(),
        ];
        parameters.extend(self.equalities());
        parameters
    }

    fn equalities(&self) -> impl Iterator<Item = Json> {
        self.records.filters().map(|(name, schema)| json!({"name": name, "in": "query", "schema": schema}))
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for field in &self.records.entity().fields {
            names.push(field.name.to_string());
            if matches!(field.kind, Kind::Money { .. }) {
                names.extend([format!("{}_currency", field.name), format!("{}_base", field.name)]);
            }
        }
        names
    }

    fn fields(&self) -> Json {
        json!({"name": "fields", "in": "query", "schema": parts::words("", &self.names()), "description": "Names of fields, parted by commas"})
    }

    fn expand(&self) -> Json {
        json!({"name": "expand", "in": "query", "schema": self.expand_schema(), "description": "References shown as objects, parted by commas"})
    }

    fn expand_schema(&self) -> Json {
        let fields = self.records.entity().fields.iter();
        let is_own = |field: &Field| *field.name == *System::Id.name();
        let references =
            fields.filter(|field| (matches!(field.kind, Kind::Ref(_)) && !is_own(field)) || field.kind.is_rows());
        parts::words("", &references.map(|field| field.name.to_string()).collect::<Vec<_>>())
    }

    fn sort_schema(&self) -> Json {
        let path = "[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*";
        parts::words("-?", &[path.to_owned()])
    }
}

/// What an operation takes.
#[derive(Default)]
struct Takes {
    parameters: Vec<Json>,
    body: Option<Json>,
}

/// A filter in a body: as in an address, or as the value itself stands in a record.
fn in_body(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": ["integer", "number", "boolean", "null"]}]})
}
