//! The form that makes or changes a record.
//!
//! A form is made from the draft as the engine sees it; after a refusal it is made again with everything as it was typed.
//! Chrome names of its own besides those of [`crate::ui::context`]: `_from` (a record to begin like), `_lines` (a list of
//! lines that is posted, be it empty), `_was.NAME` (how an input was shown, see [`read`]), `_keep.NAME` (see
//! [`super::conflict`]), `_known` (likely duplicates that were shown).

pub mod duration;
pub mod errors;
mod files;
mod gone;
pub mod inputs;
mod laid;
pub mod lines;
pub mod names;
pub mod raw;
pub mod read;
pub mod spec;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::input::Input;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{FormFacts, FormQuestion, Seen};
use fichero_engine::{Command, Effect, Kind, Mode, Named, Refusal};
use fichero_model::kind;
use fichero_model::{EntityId, FieldId, Id, Model, Ref};

use super::notice::Notice;
use super::post::{FormPost, Posted};
use super::visitor::Visitor;
use super::words::Words;
use super::{address, conflict, layout, merge, settings};
use crate::api::{parameters, problem};
use crate::ui::context::{Duplicates, FormPage, Gone, Hidden, Link};

use errors::Errors;
use inputs::Inputs;
use laid::Laid;
use raw::Raw;
use read::{PostedRow, Typed};
use spec::Spec;

/// What a form posts that began as a copy: the record it is like.
const FROM: &str = "_from";

/// The likely duplicates that a form has shown, and the deed of whoever saves all the same.
const KNOWN: &str = "_known";
const SAVE_KNOWN: &str = "save_known";

/// The deed of whoever saves to merge what they typed with a likely duplicate.
const SAVE_MERGE: &str = "save_merge";

/// The code of a refusal that asks whether a likely duplicate is to be made all the same.
const LIKELY: &str = "likely_duplicate";

/// A form that is to be shown.
pub struct Attempt {
    /// Of which entity.
    pub entity: EntityId,
    /// The record that is changed; nothing for a new one.
    pub id: Option<Id>,
    /// What was posted, or stands in the address.
    pub posted: Posted,
    /// The same, read.
    pub typed: Typed,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// It holds what is not saved yet.
    pub changed: bool,
    /// The record was deleted meanwhile.
    pub gone: Option<Gone>,
}

/// `GET /{entity}/new`: fields may be given in the address; `_from` is a record to begin like.
pub async fn new(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let form = begin(&visitor, &name, Posted::new(pairs)).await;
    visitor.reply(form).await
}

/// `GET /{entity}/{id}/edit`.
pub async fn edit(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let form = match visitor.record(&name, &id) {
        Ok(Ref { entity, id }) => {
            let (posted, typed) = (Posted::default(), Typed::default());
            show(&visitor, Attempt { entity, id: Some(id), posted, typed, refusal: None, changed: false, gone: None })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    visitor.reply(form).await
}

/// `POST /{entity}`.
pub async fn create(Path(name): Path<String>, FormPost(visitor, posted, expired): FormPost) -> Response {
    let answer = match (visitor.entity(&name), expired) {
        (Ok(entity), None) => submit(&visitor, entity, None, posted).await,
        (Ok(entity), Some(refusal)) => again(&visitor, entity, None, posted, refusal).await,
        (Err(refusal), _) => Err(refusal),
    };
    visitor.reply(answer).await
}

/// `POST /{entity}/{id}/edit`.
pub async fn update(
    Path((name, id)): Path<(String, String)>,
    FormPost(visitor, posted, expired): FormPost,
) -> Response {
    let answer = match (visitor.record(&name, &id), expired) {
        (Ok(record), None) => change(&visitor, record, posted).await,
        (Ok(Ref { entity, id }), Some(refusal)) => again(&visitor, entity, Some(id), posted, refusal).await,
        (Err(refusal), _) => Err(refusal),
    };
    visitor.reply(answer).await
}

async fn begin(visitor: &Visitor, name: &str, mut posted: Posted) -> Result<Response, Refusal> {
    let entity = visitor.entity(name)?;
    if let Some(from) = posted.last(FROM).and_then(|id| id.parse::<Id>().ok()) {
        posted = like(visitor, Ref { entity, id: from }).await?;
        posted.push(FROM, &from.to_string());
    }
    let typed = read::read(visitor, entity, &posted).await?;
    show(visitor, Attempt { entity, id: None, posted, typed, refusal: None, changed: false, gone: None }).await
}

/// The form as it was typed, of which nothing was taken.
async fn again(
    visitor: &Visitor,
    entity: EntityId,
    id: Option<Id>,
    posted: Posted,
    refusal: Refusal,
) -> Result<Response, Refusal> {
    let typed = read::read(visitor, entity, &posted).await?;
    show(visitor, Attempt { entity, id, posted, typed, refusal: Some(refusal), changed: true, gone: None }).await
}

/// Changes a record. One that was deleted while somebody was at it is brought back first, or copied, if they ask for it.
async fn change(visitor: &Visitor, record: Ref, mut posted: Posted) -> Result<Response, Refusal> {
    let Ref { entity, id } = record;
    match posted.last("_do") {
        Some(gone::COPY) => return submit(visitor, entity, None, gone::copied(visitor.model(), entity, &posted)).await,
        Some(gone::RESTORE) => {
            if let Err(refusal) = gone::restore(visitor, record, &mut posted).await {
                return gone::show(visitor, record, posted, refusal).await;
            }
        }
        _ => {}
    }
    match submit(visitor, entity, Some(id), posted.clone()).await {
        Err(refusal) if refusal.kind == Kind::NotFound => gone::show(visitor, record, posted, refusal).await,
        answer => answer,
    }
}

async fn submit(visitor: &Visitor, entity: EntityId, id: Option<Id>, mut posted: Posted) -> Result<Response, Refusal> {
    conflict::keep(visitor.model(), entity, &mut posted);
    let deed = posted.last("_do").unwrap_or("save").to_owned();
    let known = ["save", "save_and_new", SAVE_KNOWN, SAVE_MERGE, "derive", gone::RESTORE, gone::COPY].contains(&&*deed);
    if !known && !deed.starts_with("add:") && !deed.starts_with("remove:") {
        return Err(parameters::unknown("_do"));
    }
    if let Some(list) = deed.strip_prefix("add:") {
        add(visitor.model(), entity, list, &mut posted);
    } else if let Some((list, index)) = deed.strip_prefix("remove:").and_then(|rest| rest.split_once(':')) {
        let (row, was) = (format!("{list}.{index}."), format!("_was.{list}.{index}."));
        posted.retain(|name| !name.starts_with(&row) && !name.starts_with(&was));
    }
    let typed = read::read(visitor, entity, &posted).await?;
    // `derive` is what scripts ask for while one types: the form as it would be now.
    if deed == "derive" || deed.starts_with("add:") || deed.starts_with("remove:") {
        return show(visitor, Attempt { entity, id, posted, typed, refusal: None, changed: true, gone: None }).await;
    }
    let mut input = typed.input.clone();
    // What the form shows and does not ask is not its to give.
    let spec = Spec::of(visitor.model(), entity);
    input.fields.retain(|(field, _)| !spec.is_readonly(*field));
    if deed == SAVE_KNOWN || deed == SAVE_MERGE {
        input.known = posted.all(KNOWN).flat_map(str::split_whitespace).filter_map(|id| id.parse().ok()).collect();
    }
    let from = posted.last(FROM).and_then(|id| id.parse().ok());
    let run = |command| visitor.app.engine.command(&visitor.actor, command, Mode::Live, None);
    let answer = match (id, from) {
        (Some(id), _) => run(Command::Update { entity, id, input, version: posted.version() }).await,
        (None, None) => run(Command::Create { entity, input }).await,
        // What the form does not ask comes from the other record, if it is still there.
        (None, Some(id)) => match run(Command::Clone { entity, id, input: input.clone() }).await {
            Err(refusal) if refusal.kind == Kind::NotFound => run(Command::Create { entity, input }).await,
            answer => answer,
        },
    };
    match answer {
        Ok(answer) => Ok(done(visitor, entity, &answer.done, &deed, &posted)),
        Err(refusal) => {
            refused(visitor, Attempt { entity, id, posted, typed, refusal: Some(refusal), changed: true, gone: None })
                .await
        }
    }
}

/// What becomes of a form that was refused: nothing of what was typed is lost, unless the reader may not type it at all.
pub async fn refused(visitor: &Visitor, attempt: Attempt) -> Result<Response, Refusal> {
    match (&attempt.refusal, attempt.id) {
        (Some(refusal), Some(id)) if refusal.kind == Kind::Stale => {
            let record = Ref { entity: attempt.entity, id };
            conflict::show(visitor, record, &attempt.posted, &attempt.typed).await
        }
        (Some(refusal), _) if matches!(refusal.kind, Kind::Forbidden | Kind::NotFound | Kind::Unauthenticated) => {
            Err(refusal.clone())
        }
        _ => show(visitor, attempt).await,
    }
}

fn done(visitor: &Visitor, entity: EntityId, done: &fichero_engine::Done, deed: &str, posted: &Posted) -> Response {
    let name = &visitor.model()[entity].name;
    let record = format!("/{name}/{}", done.id);
    let next = posted.last("_next").map(address::local).filter(|next| *next != "/");
    let elsewhere = || Notice::Created(Some((name.to_string(), done.id)));
    match (done.effect, deed) {
        (Effect::Created, "save_and_new") => {
            let again = address::with(&format!("/{name}/new"), [("_next", next.unwrap_or_default())]);
            visitor.go(&again, Some(elsewhere()))
        }
        (Effect::Created, SAVE_MERGE) => {
            let known: Vec<&str> = posted.all(KNOWN).flat_map(str::split_whitespace).collect();
            // Where there are several, the next page asks which.
            let into = if let [one] = known[..] { one } else { "" };
            visitor.go(&address::with(&format!("{record}/merge"), [("into", into)]), Some(Notice::Created(None)))
        }
        (Effect::Created, _) => match next {
            Some(next) => visitor.go(next, Some(elsewhere())),
            None => visitor.go(&record, Some(Notice::Created(None))),
        },
        (Effect::Unchanged, _) => visitor.go(next.unwrap_or(&record), Some(Notice::Unchanged)),
        _ => visitor.go(next.unwrap_or(&record), Some(Notice::Saved)),
    }
}

/// Another line at the end of a list. A further value of a reference to many is added by being read.
fn add(model: &Model, entity: EntityId, list: &str, posted: &mut Posted) {
    let is_lines = model[entity].field(list).is_some_and(|(_, field)| matches!(field.kind, kind::Kind::Lines { .. }));
    if is_lines {
        let prefix = format!("{list}.");
        let index = |name: &str| name.strip_prefix(&prefix)?.split('.').next()?.parse::<u64>().ok();
        let last = posted.pairs().filter_map(|(name, _)| index(name)).max();
        posted.push(&format!("{prefix}{}.id", last.map_or(0, |last| last.saturating_add(1))), "");
    }
}

/// The inputs of a new record that begins like another: everything that a copy takes over.
async fn like(visitor: &Visitor, record: Ref) -> Result<Posted, Refusal> {
    if !visitor.may(record.entity, Action::Create) {
        return Err(Refusal::forbidden());
    }
    let question = question(&Spec::of(visitor.model(), record.entity), Some(record.id), Input::default());
    let Seen { reader, now, page: facts, .. } =
        visitor.app.engine.form_page(&visitor.live, &visitor.actor, question).await?;
    let words = visitor.words(&reader, now, &facts.titles);
    let (model, raw) =
        (visitor.model(), Raw { model: visitor.model(), chrome: visitor.voice.chrome, zone: &words.zone });
    let mut posted = Posted::default();
    for (id, field) in model[record.entity].all_fields().filter(|(_, field)| field.cloned) {
        if let kind::Kind::Lines { of, by } = field.kind {
            let rows = facts.lines.iter().filter(|lines| lines.field == id).flat_map(|lines| &lines.rows);
            for (index, (_, values)) in rows.enumerate() {
                for (line_id, line) in model[of].all_fields() {
                    if line_id != by && line.cloned && !line.kind.is_rows() {
                        fill(
                            &mut posted,
                            &raw,
                            line,
                            &format!("{}.{index}.{}", field.name, line.name),
                            values.get(line_id.index()),
                        );
                    }
                }
            }
        } else {
            fill(&mut posted, &raw, field, &field.name, facts.values.get(id.index()));
        }
    }
    Ok(posted)
}

fn fill(
    posted: &mut Posted,
    raw: &Raw<'_>,
    field: &fichero_model::entity::Field,
    name: &str,
    value: Option<&fichero_model::Value>,
) {
    let Some(value) = value.filter(|value| !value.is_nothing()) else { return };
    match (&field.kind, value) {
        (kind::Kind::Money { .. }, value) => {
            let text = raw.of(field, value);
            let (amount, currency) = text.rsplit_once(' ').unwrap_or((&text, ""));
            posted.push(name, amount);
            posted.push(&format!("{name}_currency"), currency);
        }
        (kind::Kind::Ref(_) | kind::Kind::Choice { .. } | kind::Kind::File(_), value) if field.many => {
            for item in value.items() {
                posted.push(name, &raw.of(field, item));
            }
        }
        (_, value) => posted.push(name, &raw.of(field, value)),
    }
}

fn question(spec: &Spec<'_>, id: Option<Id>, input: Input) -> FormQuestion {
    FormQuestion {
        entity: spec.entity,
        id,
        trashed: false,
        input: Input { errors: Vec::new(), ..input },
        conditions: spec.conditions(),
        pickers: spec.pickers.clone(),
        currencies: spec.asks_currency(),
    }
}

/// The form, with all that was typed and all that is wrong with it.
///
/// # Errors
/// When the reader may not make or change such a record.
pub async fn show(visitor: &Visitor, attempt: Attempt) -> Result<Response, Refusal> {
    let Attempt { entity, id, posted, mut typed, mut refusal, changed, gone } = attempt;
    let model = visitor.model();
    if model[entity].line_of.is_some() && id.is_none() {
        // Lines are made in the form of the record they belong to.
        return Err(Refusal::not_found());
    }
    let spec = Spec::of(model, entity);
    let input = typed.input.clone();
    let engine = &visitor.app.engine;
    let question = |input| FormQuestion { trashed: gone.is_some(), ..question(&spec, id, input) };
    let mut seen = engine.form_page(&visitor.live, &visitor.actor, question(input)).await;
    if changed && seen.as_ref().is_err_and(|failure| failure.kind == Kind::Internal) {
        // What was typed makes a definition fail: the form is shown without what would follow from it.
        typed.rows.values_mut().flatten().for_each(|row: &mut PostedRow| row.at = None);
        seen = engine.form_page(&visitor.live, &visitor.actor, question(Input::default())).await;
    }
    let Seen { reader, now, page: mut facts, .. } = seen?;
    facts.titles = std::mem::take(&mut facts.titles).and(std::mem::take(&mut typed.titles));
    if changed && refusal.is_none() {
        // Nothing was to be saved yet; what cannot be read or kept is said all the same.
        let errors = typed.input.errors.iter().chain(&facts.errors).cloned().collect::<Vec<_>>();
        refusal = (!errors.is_empty()).then(|| Refusal::invalid(errors));
    }
    let words = visitor.words(&reader, now, &facts.titles);
    // Of what is only warned nothing is wrong.
    let wrongs = refusal.as_ref().filter(|refusal| refusal.code != LIKELY);
    let errors = wrongs.map(|refusal| Errors::of(&words, entity, &typed, refusal)).unwrap_or_default();
    let is_given = id.is_some() || changed || posted.pairs().next().is_some();
    let inputs = Inputs {
        words: &words,
        spec: &spec,
        facts: &facts,
        posted: is_given.then_some(&posted),
        typed: &typed,
        errors: &errors,
        largest_file: visitor.app.largest_file,
    };
    let wrong = refusal.as_ref().map(|refusal| errors::fields(model, entity, &typed, refusal)).unwrap_or_default();
    let wrong_lines =
        refusal.as_ref().map(|refusal| errors::line_fields(model, entity, &typed, refusal)).unwrap_or_default();
    let mut laid = Laid::out(&inputs, id.is_none(), &wrong, &wrong_lines);
    let head = words.head(entity);
    let record = id.map(|id| Ref { entity, id });
    let href = record.map_or_else(|| head.href.clone(), |record| words.href(record));
    let next = posted.last("_next").map(address::local).filter(|next| *next != "/");
    let mut page = visitor.page(&reader, Some(entity));
    if layout::is_settings(model, entity) {
        page.crumbs.push(Link { label: words.chrome("settings.title"), href: settings::HERE.to_owned() });
    } else {
        page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
        page.crumbs.extend(record.map(|record| Link { label: words.title(record), href: href.clone() }));
    }
    let mut hidden = std::mem::take(&mut laid.hidden);
    // What was typed for a field that the form does not ask for is no less typed.
    hidden.extend(carried(&spec, &posted, &laid.shown));
    hidden.extend(record.map(|_| Hidden { name: "_version".to_owned(), value: version(&posted, &facts).to_string() }));
    hidden.extend(next.map(|next| Hidden { name: "_next".to_owned(), value: next.to_owned() }));
    hidden.extend(posted.last(FROM).map(|from| Hidden { name: FROM.to_owned(), value: from.to_owned() }));
    let page = FormPage {
        page,
        title: record.map(|record| words.title(record)),
        action: if record.is_some() { format!("{href}/edit") } else { href.clone() },
        cancel: next.map_or(href, str::to_owned),
        hidden,
        problems: errors.summary(|name| laid.is_on(name).then(|| inputs::dom_id(name))),
        open: laid.open(&posted),
        sections: laid.sections,
        help: model.form_of(entity).and_then(|form| form.help.as_ref()).map(|help| words.label(help).to_owned()),
        changed,
        files: spec.asks_files(),
        entity: head,
        again: id.is_none() && !layout::is_settings(model, entity),
        gone,
        duplicates: refusal.as_ref().and_then(|refusal| alike(refusal, merge::may(visitor, entity))),
    };
    let status = match (refusal, &page.gone) {
        (Some(refusal), _) => problem::status(refusal.kind),
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    Ok(visitor.html(status, &page))
}

/// The records that a new one is likely a duplicate of.
fn alike(refusal: &Refusal, may_merge: bool) -> Option<Duplicates> {
    let link = |named: &Named| Link { label: named.title.clone(), href: format!("/{}/{}", named.entity, named.id) };
    let known: Vec<String> = refusal.records.iter().map(|named| named.id.to_string()).collect();
    (!known.is_empty()).then(|| Duplicates {
        records: refusal.records.iter().map(link).collect(),
        known: (refusal.code == LIKELY).then(|| known.join(" ")),
        merge: may_merge && refusal.code == LIKELY,
    })
}

/// The version the writer read: the one they post stays theirs until it is saved.
fn version(posted: &Posted, facts: &FormFacts) -> i64 {
    posted.version().unwrap_or(facts.version)
}

/// What was posted for fields of the record that have no input on the page.
fn carried(spec: &Spec<'_>, posted: &Posted, shown: &[FieldId]) -> Vec<Hidden> {
    let definition = &spec.model[spec.entity];
    let is_carried = |name: &str| {
        let stem = name.strip_suffix("_currency").unwrap_or(name);
        let stem = stem.split('.').next().unwrap_or(stem);
        definition.field(stem).is_some_and(|(id, field)| field.is_input() && !shown.contains(&id))
    };
    let pairs = posted.pairs().filter(|(name, _)| is_carried(name.strip_prefix("_was.").unwrap_or(name)));
    pairs.map(|(name, value)| Hidden { name: name.to_owned(), value: value.to_owned() }).collect()
}

/// The record's own words for a page that is about it.
pub fn crumbs(words: &Words<'_>, record: Ref) -> Vec<Link> {
    let head = words.head(record.entity);
    vec![Link { label: head.plural, href: head.href }, Link { label: words.title(record), href: words.href(record) }]
}
