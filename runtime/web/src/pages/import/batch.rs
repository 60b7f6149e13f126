//! One import: how far it is, what came of it, and what can be done about it.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::import::order::{Told, Undone};
use fichero_engine::import::{Asked, yaml};
use fichero_engine::read::page::{Seen, Titles};
use fichero_model::entity::{Entity, Field};
use fichero_model::kind::Kind;
use fichero_model::{Id, name};
use serde_json::{Map, Value as Json};

use super::super::post::VisitorPost;
use super::super::visitor::Visitor;
use super::super::words::Words;
use super::may;
use crate::api::{files, parameters};
use crate::ui::context::{ImportChange, ImportCounts, ImportPage, ImportRow, ImportStayed, ImportUndo, Link};
use crate::ui::format;

/// After how many seconds a page of something that goes on comes again.
const AGAIN: HeaderValue = HeaderValue::from_static("2");

/// `GET /{entity}/import/{batch}`.
pub async fn show(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let page = page(&visitor, &name, &id).await;
    visitor.reply(page).await
}

/// `GET /{entity}/import/{batch}/rejects`.
pub async fn rejects(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let answer = async {
        may(&visitor, &name)?;
        let engine = &visitor.app.engine;
        files::whole(engine, &engine.import_rejects(&visitor.actor, batch(&id)?).await?)
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

/// `POST /{entity}/import/{batch}`: stops it, takes it back, or does in earnest what a dry run showed.
pub async fn decide(Path((name, id)): Path<(String, String)>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let answer = async {
        posted.only(&[])?;
        may(&visitor, &name)?;
        let (engine, batch) = (&visitor.app.engine, batch(&id)?);
        let here = format!("/{name}/import/{batch}");
        match posted.last("_do") {
            Some("cancel") => engine.cancel_import(&visitor.actor, batch).await?,
            Some("undo") => engine.order_undo(&visitor.actor, batch).await?,
            Some("import") => {
                let told = engine.told_import(&visitor.actor, batch).await?;
                let asked = told.request.as_deref().and_then(Json::as_object).ok_or_else(Refusal::not_found)?;
                let asked = Asked { dry_run: false, ..Asked::read(asked)? };
                let file = told.file_id.ok_or_else(Refusal::not_found)?;
                let begun = engine.order_import(&visitor.actor, told.entity, file, asked).await?;
                return Ok(visitor.go(&format!("/{name}/import/{begun}"), None));
            }
            _ => return Err(parameters::unknown("_do")),
        }
        Ok(visitor.go(&here, None))
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

fn batch(id: &str) -> Result<Id, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}

async fn page(visitor: &Visitor, name: &str, id: &str) -> Result<Response, Refusal> {
    let entity = may(visitor, name)?;
    let engine = &visitor.app.engine;
    let told = engine.told_import(&visitor.actor, batch(id)?).await?;
    if told.entity != entity {
        return Err(Refusal::not_found());
    }
    let Seen { reader, now, .. } = engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let head = words.head(entity);
    let start = format!("{}/import", head.href);
    let action = format!("{start}/{}", told.batch);
    let definition = &visitor.model()[entity];
    let report = told.report.as_deref();
    let open = told.is_open || told.undo.as_ref().is_some_and(|undo| undo.is_open);
    let share = |bytes: u64, size: u64| u8::try_from(bytes.saturating_mul(100) / size.max(1)).unwrap_or(100).min(100);
    let mut page = visitor.page(&reader, Some(entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    page.crumbs.push(Link { label: words.chrome("import.title"), href: start.clone() });
    let page = ImportPage {
        page,
        start,
        file: told.file.to_string(),
        state: state(&words, told.state),
        open,
        dry: told.dry,
        ready: told.dry && told.state == "done",
        undoable: !told.dry && !open && told.state != "undone",
        percent: told.bytes.zip(told.size).map(|(bytes, size)| share(bytes, size)),
        rate: told.rate,
        left: told
            .seconds_left
            .and_then(|left| i64::try_from(left).ok())
            .map(|left| format::duration(words.voice.chrome, left)),
        counts: counts(&told),
        error: told.error.as_deref().and_then(detail),
        shown: report.map(|report| shown(&words, definition, report)).unwrap_or_default(),
        reasons: texts(report, "reasons"),
        passed_over: texts(report, "passed_over"),
        rejects: told.rejects.map(|_| format!("{action}/rejects")),
        document: document(&told, &definition.name),
        undo: told.undo.as_ref().map(|undo| undone(&words, undo)),
        action,
        entity: head,
    };
    let mut response = visitor.html(StatusCode::OK, &page);
    if open {
        response.headers_mut().insert(header::REFRESH, AGAIN);
    }
    Ok(response)
}

/// How far an import is, in a word.
pub fn state(words: &Words<'_>, state: &str) -> String {
    let key = match state {
        "queued" => "import.state.queued",
        "running" => "import.state.running",
        "failed" => "import.state.failed",
        "cancelled" => "import.state.cancelled",
        "undone" => "import.state.undone",
        _ => "import.state.done",
    };
    words.chrome(key)
}

/// What came of the rows of an import.
pub fn counts(told: &Told) -> ImportCounts {
    let progress = told.progress;
    ImportCounts {
        rows: progress.reached,
        created: progress.created,
        updated: progress.updated,
        unchanged: progress.unchanged,
        rejected: progress.rejected,
    }
}

fn detail(error: &Json) -> Option<String> {
    error.get("detail")?.as_str().map(str::to_owned)
}

fn texts(report: Option<&Json>, key: &str) -> Vec<String> {
    let texts = report.and_then(|report| report.get(key)?.as_array());
    texts.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn shown(words: &Words<'_>, definition: &Entity, report: &Json) -> Vec<ImportRow> {
    let row = |row: &Json| {
        let title_of = |id: &str| row.get("titles").and_then(|titles| titles.get(id)?.as_str());
        let text = |field: Option<&Field>, value: &Json| match (value, field.map(|field| &field.kind)) {
            (Json::String(name), Some(Kind::Choice { options })) => words.option(*options, name).text,
            (Json::String(text), _) => title_of(text).unwrap_or(text).to_owned(),
            (Json::Null, _) => String::new(),
            (other, _) => other.to_string(),
        };
        let side = |field: Option<&Field>, value: Option<&Json>| match value {
            Some(Json::Array(several)) => several.iter().map(|one| text(field, one)).collect::<Vec<_>>().join(", "),
            value => text(field, value.unwrap_or(&Json::Null)),
        };
        let change = |(name, pair): (&String, &Json)| {
            let field = definition.field(name).map(|(_, field)| field);
            ImportChange {
                label: field.map_or_else(|| name.clone(), |field| words.label(&field.label).to_owned()),
                old: side(field, pair.get(0)),
                new: side(field, pair.get(1)),
            }
        };
        ImportRow {
            line: row.get("line").and_then(Json::as_u64).unwrap_or(0),
            is_new: row.get("effect").and_then(Json::as_str) == Some("create"),
            title: row.get("title").and_then(Json::as_str).unwrap_or_default().to_owned(),
            changes: row.get("changes").and_then(Json::as_object).into_iter().flatten().map(change).collect(),
        }
    };
    report.get("shown").and_then(Json::as_array).into_iter().flatten().map(row).collect()
}

/// The mapping that was put together on the way, as a document.
fn document(told: &Told, entity: &str) -> Option<String> {
    let mapping: &Map<String, Json> = told.request.as_ref()?.get("mapping")?.as_object()?;
    let stem = told.file.rsplit_once('.').map_or(&*told.file, |(stem, _)| stem);
    let called = name::mended(stem).unwrap_or_else(|| "imported".to_owned());
    Some(yaml(&called, entity, mapping))
}

fn undone(words: &Words<'_>, undo: &Undone) -> ImportUndo {
    let stayed = |stayed: &Json| {
        let text = |key: &str| stayed.get(key).and_then(Json::as_str);
        let (entity, id) = (text("entity")?, text("id")?);
        let href = words.model.entity(entity).map_or_else(|| "#".to_owned(), |_| format!("/{entity}/{id}"));
        Some(ImportStayed {
            record: Link { label: text("title").unwrap_or(id).to_owned(), href },
            because: text("because").map(str::to_owned),
        })
    };
    ImportUndo {
        open: undo.is_open,
        reversed: undo.reversed,
        kept: undo.kept,
        blocked: undo.blocked,
        error: undo.error.as_deref().and_then(detail),
        stayed: undo.stayed.as_deref().and_then(Json::as_array).into_iter().flatten().filter_map(stayed).collect(),
    }
}
