//! Bringing records in from a file, step by step: the file, what fills what, a dry run, the import itself.
//!
//! Each step is a page of its own that works without scripts; what is asked is carried from one to the next by the form and,
//! once it is ordered, by the order itself.

pub mod batch;
mod upload;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::import::Asked;
use fichero_engine::import::guess::Filled;
use fichero_engine::import::look::Look;
use fichero_engine::policy::{self, Action};
use fichero_engine::read::page::{Seen, Titles};
use fichero_engine::{Kind, Refusal};
use fichero_model::{EntityId, Id};
use serde_json::{Map, Value as Json, json};

use super::address;
use super::post::{Posted, VisitorPost};
use super::visitor::Visitor;
use crate::api::problem;
use crate::ui::context::{ImportColumn, ImportColumnsPage, ImportField, ImportStartPage, Link, PastImport};
pub use upload::Uploaded;

/// How many imports there were are shown.
const PAST: u32 = 20;

/// The keys of how a file is read.
const READING: [&str; 4] = ["delimiter", "quotes", "encoding", "sheet"];

/// `GET /{entity}/import`: a file is chosen, or the one that is named is looked at.
pub async fn show(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let page = async {
        let entity = may(&visitor, &name)?;
        let asked = Posted::new(pairs);
        match asked.last("file").map(str::to_owned) {
            None => start(&visitor, entity, None).await,
            Some(file) => columns(&visitor, entity, &file, &asked, None).await,
        }
    };
    let page = page.await;
    visitor.reply(page).await
}

/// `POST /{entity}/import`: a file.
pub async fn upload(Path(name): Path<String>, Uploaded(visitor, file): Uploaded) -> Response {
    let answer = async {
        let entity = may(&visitor, &name)?;
        match file {
            Ok(file) => {
                let id = file.id.to_string();
                Ok(visitor.go(&address::with(&format!("/{name}/import"), [("file", id.as_str())]), None))
            }
            Err(refusal) if matches!(refusal.kind, Kind::Invalid | Kind::TooLarge | Kind::Malformed) => {
                start(&visitor, entity, Some(&refusal)).await
            }
            Err(refusal) => Err(refusal),
        }
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

/// `POST /{entity}/import/order`: a dry run of what the form says.
pub async fn order(Path(name): Path<String>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let answer = async {
        let entity = may(&visitor, &name)?;
        let file = posted.last("file").unwrap_or_default().to_owned();
        match ordered(&visitor, entity, &file, &posted).await {
            Ok(batch) => Ok(visitor.go(&format!("/{name}/import/{batch}"), None)),
            Err(refusal) if matches!(refusal.kind, Kind::Invalid | Kind::Conflict | Kind::TooMany) => {
                columns(&visitor, entity, &file, &posted, Some(&refusal)).await
            }
            Err(refusal) => Err(refusal),
        }
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

fn may(visitor: &Visitor, name: &str) -> Result<EntityId, Refusal> {
    let entity = visitor.entity(name)?;
    policy::may(&visitor.actor, visitor.model(), entity, Action::Import)?;
    Ok(entity)
}

async fn ordered(visitor: &Visitor, entity: EntityId, file: &str, posted: &Posted) -> Result<Id, Refusal> {
    let mut body = reading(posted);
    body.insert("mapping".to_owned(), mapping(posted).into());
    body.insert("dry_run".to_owned(), true.into());
    body.insert("live".to_owned(), posted.has("live").into());
    let asked = Asked::read(&body)?;
    let id = file.parse().map_err(|_| Refusal::not_found())?;
    visitor.app.engine.order_import(&visitor.actor, entity, id, asked).await
}

/// How the file is read, as far as the form says it.
fn reading(posted: &Posted) -> Map<String, Json> {
    let said =
        |key: &&str| posted.last(key).filter(|value| !value.is_empty()).map(|value| ((*key).to_owned(), value.into()));
    READING.iter().filter_map(said).collect()
}

/// What the form says of each column, as a mapping.
fn mapping(posted: &Posted) -> Map<String, Json> {
    let (mut columns, mut matching) = (Map::new(), Vec::new());
    for at in 0.. {
        let of = |key: &str| posted.last(&format!("{key}{at}"));
        let Some(header) = of("h") else { break };
        let Some(field) = of("f").filter(|field| !field.is_empty()) else {
            columns.insert(header.to_owned(), Json::Null);
            continue;
        };
        let mut said = Map::new();
        said.insert("field".to_owned(), field.into());
        let formats = of("d").unwrap_or_default().split(" | ").map(str::trim);
        let formats: Vec<&str> = formats.filter(|format| !format.is_empty()).collect();
        if !formats.is_empty() {
            said.insert("format".to_owned(), json!(formats));
        }
        let nothing = of("n").and_then(|texts| serde_json::from_str::<Vec<String>>(texts).ok()).unwrap_or_default();
        if !nothing.is_empty() {
            let aliases: Map<String, Json> = nothing.into_iter().map(|text| (text, "".into())).collect();
            said.insert("aliases".to_owned(), aliases.into());
        }
        if of("m").is_some() {
            matching.push(field);
        }
        columns.insert(header.to_owned(), said.into());
    }
    let mut mapping = Map::new();
    mapping.insert("match".to_owned(), json!(matching));
    if let Some(on_match) = posted.last("on_match") {
        mapping.insert("on_match".to_owned(), on_match.into());
    }
    mapping.extend(reading(posted));
    mapping.insert("columns".to_owned(), columns.into());
    mapping
}

async fn start(visitor: &Visitor, entity: EntityId, refusal: Option<&Refusal>) -> Result<Response, Refusal> {
    let engine = &visitor.app.engine;
    let past = engine.told_imports(&visitor.actor, Some(entity), None, PAST).await?;
    let Seen { reader, now, .. } = engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let head = words.head(entity);
    let action = format!("{}/import", head.href);
    let past = past.iter().map(|told| PastImport {
        file: Link { label: told.file.to_string(), href: format!("{action}/{}", told.batch) },
        state: batch::state(&words, told.state),
        at: words.when(told.started_at),
        counts: batch::counts(told),
    });
    let mut page = visitor.page(&reader, Some(entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    let page = ImportStartPage {
        page,
        past: past.collect(),
        problem: refusal.map(|refusal| words.message(&refusal.detail)),
        action,
        entity: head,
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| problem::status(refusal.kind));
    Ok(visitor.html(status, &page))
}

/// The columns of a file: as the form had them, else as they are guessed.
async fn columns(
    visitor: &Visitor,
    entity: EntityId,
    file: &str,
    posted: &Posted,
    refusal: Option<&Refusal>,
) -> Result<Response, Refusal> {
    let engine = &visitor.app.engine;
    let id: Id = file.parse().map_err(|_| Refusal::not_found())?;
    let asked = Asked::read(&reading(posted))?;
    let looked = engine.look_at_import(&visitor.actor, entity, id, asked.reading).await;
    let unread = looked.as_ref().err().filter(|refusal| refusal.code == "import_file").cloned();
    let look = match (looked, &unread) {
        (Ok(look), _) => Some(look),
        (Err(_), Some(_)) => None,
        (Err(refusal), None) => return Err(refusal),
    };
    let Seen { reader, now, .. } = engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let head = words.head(entity);
    let refused = refusal.or(unread.as_ref());
    let problems = refused.map(|refusal| match &refusal.errors[..] {
        [] => vec![words.message(&refusal.detail)],
        errors => errors.iter().map(|error| words.message(&error.message)).collect(),
    });
    let definition = &visitor.model()[entity];
    let fields = look.iter().flat_map(|look| &look.fields).map(|id| &definition[*id]);
    let fields = fields.map(|field| ImportField {
        value: field.name.to_string(),
        label: words.label(&field.label).to_owned(),
        required: field.required,
    });
    let said = |key: &str| posted.last(key).unwrap_or_default().to_owned();
    let of_look = |value: Option<String>, key: &str| value.unwrap_or_else(|| said(key));
    let format = look.as_ref().map(|look| look.format);
    let mut page = visitor.page(&reader, Some(entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    let page = ImportColumnsPage {
        page,
        action: format!("{}/import", head.href),
        file: file.to_owned(),
        name: look.as_ref().map(|look| look.file.name.to_string()).unwrap_or_default(),
        problems: problems.unwrap_or_default(),
        is_text: format.is_none_or(|format| format == "csv"),
        is_book: format.is_none_or(|format| format == "xlsx"),
        delimiter: of_look(look.as_ref().and_then(|look| look.delimiter.clone()), "delimiter"),
        quotes: of_look(look.as_ref().and_then(|look| look.quotes).map(str::to_owned), "quotes"),
        encoding: said("encoding"),
        sheet: said("sheet"),
        columns: look.as_ref().map(|look| of_file(look, posted)).unwrap_or_default(),
        fields: fields.collect(),
        on_match: posted.last("on_match").unwrap_or("update").to_owned(),
        live: posted.has("live"),
        entity: head,
    };
    let status = refused.map_or(StatusCode::OK, |refusal| problem::status(refusal.kind));
    Ok(visitor.html(status, &page))
}

fn of_file(look: &Look, posted: &Posted) -> Vec<ImportColumn> {
    let is_posted = posted.has("h0");
    let column = |(at, guessed): (usize, &fichero_engine::import::guess::Column)| {
        let samples = look.rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty());
        let samples = samples.take(3).cloned().collect();
        let header = guessed.header.clone();
        if is_posted {
            let of = |key: &str| posted.last(&format!("{key}{at}")).unwrap_or_default().to_owned();
            let matches = posted.has(&format!("m{at}"));
            return ImportColumn {
                header,
                samples,
                field: of("f"),
                sure: None,
                format: of("d"),
                nothing: of("n"),
                matches,
            };
        }
        match &guessed.fills {
            Some(Filled { field, sure, formats, nothing, .. }) => ImportColumn {
                header,
                samples,
                matches: look.guess.matching.contains(field),
                field: field.clone(),
                sure: Some(*sure),
                format: formats.join(" | "),
                nothing: json!(nothing).to_string(),
            },
            None => ImportColumn {
                header,
                samples,
                field: String::new(),
                sure: None,
                format: String::new(),
                nothing: String::new(),
                matches: false,
            },
        }
    };
    look.guess.columns.iter().enumerate().map(column).collect()
}
