//! `GET /api/schema`: the model as JSON.

use axum::Json as Reply;
use fichero_model::entity::{Choice, Entity, Field, Options, Source};
use fichero_model::kind::{Kind, OnDelete};
use fichero_model::label::Text;
use fichero_model::pipeline::{Pipeline, Stage, Transition};
use fichero_model::{EntityId, FieldId, Model};
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
            "stages": pipeline.stages.iter().map(|known| stage(model, entity, pipeline, known)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn stage(model: &Model, entity: &Entity, pipeline: &Pipeline, stage: &Stage) -> Json {
    let names = |fields: &[FieldId]| fields.iter().map(|field| entity[*field].name.to_string()).collect::<Vec<_>>();
    let ways = stage.next.as_ref().map(|next| {
        let shown = |way: &Transition| {
            let to = pipeline.stages.get(way.to)?;
            Some(json!({
                "to": &*to.name,
                "label": way.label.as_ref().map(text),
                "help": way.help.as_ref().map(text),
                "require": names(&way.require),
            }))
        };
        next.iter().filter_map(shown).collect::<Vec<_>>()
    });
    let next = ways.as_ref().map(|ways| ways.iter().map(|way| way["to"].clone()).collect::<Vec<_>>());
    // What people see of it is that of its option.
    let mut shown = model[pipeline.options].find(&stage.name).map_or_else(|| json!({}), option);
    shown["name"] = json!(&*stage.name);
    shown["outcome"] = json!(stage.outcome.as_deref());
    shown["closed"] = json!(stage.closed);
    shown["require"] = json!(names(&stage.require));
    shown["next"] = json!(next);
    shown["transitions"] = json!(ways);
    shown
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
    if let Some(entity) = field.over {
        put("over", json!(&*model[entity].name));
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
        Kind::Text { max } | Kind::LongText { max } | Kind::Secret { max } => put("max", json!(max)),
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
    Json::Array(options.options.iter().map(option).collect())
}

fn option(option: &Choice) -> Json {
    json!({
        "name": &*option.name,
        "label": text(&option.label),
        "help": option.help.as_ref().map(text),
        "icon": option.icon.as_deref(),
        "color": option.color.as_deref(),
        "retired": option.retired,
    })
}

/// A text as a map of locales.
pub fn text(text: &Text) -> Json {
    Json::Object(text.all().iter().map(|(locale, text)| (locale.to_string(), Json::String(text.to_string()))).collect())
}
