//! `GET /api/{entity}` and `POST /api/{entity}/query`: a page of records.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::read::Page;
use fichero_engine::read::list::ListRequest;
use serde_json::{Map, Value as Json};

use super::call::Call;
use super::problem::Problem;
use super::{body, parameters};

/// A page, asked in the address.
pub async fn show(call: Call, Path(name): Path<String>) -> Result<Response, Problem> {
    let work = async { answer(&call, &name, parameters::list(call.query())?).await };
    call.answer(work).await
}

/// The same, asked in a body.
pub async fn query(call: Call, Path(name): Path<String>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        parameters::none(call.query())?;
        answer(&call, &name, read(body::object(&bytes)?)?).await
    };
    call.answer(work).await
}

async fn answer(call: &Call, name: &str, request: ListRequest) -> Result<Response, Refusal> {
    let entity = call.entity(name)?;
    let page = call.app.engine.list(&call.caller.0, entity, &request).await?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((json, joined(page)).into_response())
}

/// A page of records that are written already.
fn joined(page: Page) -> String {
    let length: usize = page.items.iter().map(|item| item.text().len() + 1).sum();
    let mut text = String::with_capacity(length + 512);
    text.push_str("{\"items\":[");
    for (at, item) in page.items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(item.text());
    }
    text.push_str("],\"next\":");
    text.push_str(&Json::from(page.next).to_string());
    if let Some(count) = page.count {
        text.push_str(&format!(",\"count\":{count}"));
    }
    text.push('}');
    text
}

/// A page as JSON.
pub fn written(page: Page<Json>) -> Json {
    let mut object = Map::new();
    object.insert("items".to_owned(), Json::Array(page.items));
    object.insert("next".to_owned(), page.next.map_or(Json::Null, Json::String));
    if let Some(count) = page.count {
        object.insert("count".to_owned(), count.into());
    }
    Json::Object(object)
}

/// Reads the parameters of a list from a body; lists may be arrays, or texts with commas.
fn read(members: Map<String, Json>) -> Result<ListRequest, Refusal> {
    let wrong = |name: &str, json: &Json, known: &str| parameters::not_one_of(name, known, &json.to_string());
    let told = |key: &'static str, name: &str| Refusal::malformed(Message::with(key, [name]));
    let text = |name: &str, json: &Json| json.as_str().map(str::to_owned).ok_or_else(|| told("not_text", name));
    let words = |name: &str, json: &Json| match json {
        Json::String(text) => Ok(parameters::words(text)),
        Json::Array(items) => items.iter().map(|item| text(name, item)).collect(),
        _ => Err(told("not_list", name)),
    };
    let mut request = ListRequest::default();
    for (name, json) in &members {
        let bare = name.strip_prefix('_').unwrap_or(name);
        if bare.len() < name.len() && members.contains_key(bare) {
            return Err(parameters::repeated(bare));
        }
        match bare {
            "where" if json.is_null() => {}
            "where" => request.filter = Some(text(name, json)?),
            "sort" => request.sort = words(name, json)?,
            "limit" => request.limit = Some(parameters::limit(&json.to_string())?),
            "cursor" if json.is_null() => {}
            "cursor" => request.cursor = Some(text(name, json)?),
            "fields" => request.shape.fields = words(name, json)?,
            "expand" => request.shape.expand = words(name, json)?,
            "count" => request.count = json.as_bool().ok_or_else(|| wrong(name, json, "true, false"))?,
            "trash" => match json.as_str() {
                Some(text) => request.trash = parameters::only(name, text)?,
                None => return Err(wrong(name, json, "only")),
            },
            _ => request.equals.push((name.clone(), json.clone())),
        }
    }
    Ok(request)
}
