//! `GET /api/search`: the records of all entities, or of one, that have the words that are looked for.

use axum::Json as Reply;
use fichero_engine::read::find::{Hit, Matched};
use fichero_engine::read::page::Titles;
use fichero_engine::value::text;
use fichero_model::Model;
use serde_json::{Value as Json, json};

use super::call::Call;
use super::parameters;
use super::problem::Problem;

/// What was found, the best first.
pub async fn show(call: Call) -> Result<Reply<Json>, Problem> {
    let work = async {
        let request = parameters::search(call.query())?;
        let live = call.app.engine.live();
        let (found, titles) = call.app.engine.search(&call.caller.0, &request).await?.page;
        Ok(Reply(json!({
            "items": found.hits.iter().map(|hit| written(&live.model, &titles, hit)).collect::<Vec<_>>(),
            "next": found.next,
            "complete": found.is_complete,
            "bounded": found.is_bounded,
        })))
    };
    call.answer(work).await
}

fn written(model: &Model, titles: &Titles, Hit { record, matches }: &Hit) -> Json {
    let title = titles.get(*record).map(|title| text::plain(&title.value)).unwrap_or_default();
    let matched = |Matched { field, text, hits }: &Matched| {
        let hits: Vec<[usize; 2]> = hits.iter().map(|hit| [hit.start, hit.end]).collect();
        json!({"field": &*model[record.entity][*field].name, "text": text, "hits": hits})
    };
    json!({
        "entity": &*model[record.entity].name,
        "id": record.id.to_string(),
        "title": title,
        "matches": matches.iter().map(matched).collect::<Vec<_>>(),
    })
}
