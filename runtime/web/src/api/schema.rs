//! `GET /api/schema`: the model as JSON.

use axum::Json as Reply;
use fichero_model::entity::{Choice, Entity, Field, Options, Source};
use fichero_model::kind::{Kind, OnDelete};
use fichero_model::label::Text;
use fichero_model::pipeline::{Pipeline, Transition};
use fichero_model::{EntityId, Model};
use serde_json::{Map, Value as Json, json};

use super::call::Call;
use super::parameters;
use super::problem::Problem;

/// Entities, fields, options and pipelines.
pub async fn show(call: Call) -> Result<Reply<Json>, Problem> {
    call.answer(async { parameters::none(call.query()) }).await?;
    let live = call.app.engine.live();
    let model = &live.model;
    Ok(Reply(json!({
        "workspace": {"name": &*model.workspace.name, "title": text(&model.workspace.title), "locale": model.workspace.locale.as_str(), "currency": model.workspace.currency.as_str()},
        "revision": &*model.revision,
        "deployment": live.seq,
        "packs": model.packs.iter().map(|pack| json!({"name": &*pack.name, "version": &*pack.version})).collect::<Vec<_>>(),
        "entities": model.all_entities().map(|(id, _)| entity(model, id)).collect::<Vec<_>>(),
    })))
}

fn entity(model: &Model, id: EntityId) -> Json {
    let entity = &model[id];
    json!({
        "name": &*entity.name,
        "label": text(&entity.label),
        "plural": text(&entity.plural),
        "title": &*entity[entity.title].name,
        "like": entity.mixins.iter().map(|name| &**name).collect::<Vec<_>>(),
        "fields": entity.fields.iter().map(|definition| field(model, definition)).collect::<Vec<_>>(),
        "pipelines": model.pipelines_of(id).map(|(_, pipeline)| json!({
            "name": &*pipeline.name,
            "label": text(&pipeline.label),
            "help": pipeline.help.as_ref().map(text),
            "field": &*entity[pipeline.field].name,
            "stages": pipeline.stages.iter().map(|stage| json!({
                "name": &*stage.name,
                "outcome": stage.outcome.as_deref(),
                "closed": stage.closed,
                "require": stage.require.iter().map(|field| &*entity[*field].name).collect::<Vec<_>>(),
                "next": stage.next.as_ref().map(|next| next.iter().filter_map(|way| pipeline.stages.get(way.to)).map(|stage| &*stage.name).collect::<Vec<_>>()),
                "transitions": stage.next.as_ref().map(|next| next.iter().filter_map(|way| transition(entity, pipeline, way)).collect::<Vec<_>>()),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn transition(entity: &Entity, pipeline: &Pipeline, way: &Transition) -> Option<Json> {
    Some(json!({
        "to": &*pipeline.stages.get(way.to)?.name,
        "label": way.label.as_ref().map(text),
        "help": way.help.as_ref().map(text),
        "require": way.require.iter().map(|field| &*entity[*field].name).collect::<Vec<_>>(),
    }))
}

fn field(model: &Model, field: &Field) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| {
        object.insert(name.to_owned(), value);
    };
    put("name", json!(&*field.name));
    put("label", text(&field.label));
    put("type", json!(&*field.type_name));
    put("kind", json!(field.kind.word()));
    put("many", json!(field.many));
    put("required", json!(field.required));
    put("writable", json!(field.is_input() && !field.readonly));
    put("append_only", json!(field.append_only));
    put("clone", json!(field.cloned));
    put("source", json!(source(&field.source)));
    if let Some(help) = &field.help {
        put("help", text(help));
    }
    if field.many {
        put("min_items", json!(field.min_items));
        put("max_items", json!(field.max_items));
    }
    match &field.kind {
        Kind::Choice { options } => put("options", self::options(&model[*options])),
        Kind::Ref(reference) => {
            put("to", json!(reference.targets.iter().map(|target| &*model[*target].name).collect::<Vec<_>>()));
            put(
                "on_delete",
                json!(match reference.on_delete {
                    OnDelete::Restrict => "restrict",
                    OnDelete::Cascade => "cascade",
                    OnDelete::Clear => "clear",
                }),
            );
        }
        Kind::Lines { of, by } | Kind::Children { of, by } => {
            put("of", json!(&*model[*of].name));
            put("by", json!(&*model[*of][*by].name));
        }
        Kind::Decimal { scale } => put("scale", json!(scale)),
        Kind::Text { max } | Kind::LongText { max } => put("max", json!(max)),
        _ => {}
    }
    Json::Object(object)
}

fn source(source: &Source) -> &'static str {
    match source {
        Source::Input => "input",
        Source::Compute(_) => "compute",
        Source::Copy(_) => "copy",
        Source::Formula { .. } => "formula",
        Source::Lookup(_) => "lookup",
        Source::Rollup(_) => "rollup",
        Source::Sequence(_) => "sequence",
    }
}

fn options(options: &Options) -> Json {
    let one = |option: &Choice| {
        json!({
            "name": &*option.name,
            "label": text(&option.label),
            "help": option.help.as_ref().map(text),
            "icon": option.icon.as_deref(),
            "color": option.color.as_deref(),
            "retired": option.retired,
        })
    };
    Json::Array(options.options.iter().map(one).collect())
}

/// A text as a map of locales.
pub fn text(text: &Text) -> Json {
    Json::Object(text.all().iter().map(|(locale, text)| (locale.to_string(), Json::String(text.to_string()))).collect())
}
