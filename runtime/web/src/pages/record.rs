//! The page of one record: where it stands, its values, what refers to it, what became of it.

mod past;
mod path;
mod related;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{RecordFacts, RecordQuestion, Seen};
use fichero_model::page::Column;
use fichero_model::{EntityId, FieldId, Model, Ref};

use super::layout::{self, Section};
use super::visitor::Visitor;
use super::words::Words;
use super::{address, cookie, home, list, reply};
use crate::ui::context::{self, Cell, Fact, Link, RecordPage, Trashed};

/// The most facts that are shown before all others.
const KEY_FACTS: usize = 5;

/// `GET /{entity}/{id}`; `history` is the cursor of older changes.
pub async fn show(
    visitor: Visitor,
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let page = page(&visitor, &name, &id, &pairs).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, name: &str, id: &str, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let record = visitor.record(name, id)?;
    let model = visitor.model();
    let sections = layout::sections(model, record.entity);
    let lists = related::lists(visitor, record.entity, &sections);
    let key_facts = key_facts(model, record.entity);
    let conditions = sections.iter().filter_map(|section| section.visible_if.cloned());
    let question = RecordQuestion {
        record,
        conditions: conditions.chain(path::conditions(model, record.entity)).collect(),
        columns: key_facts.clone(),
        related: lists.iter().map(|list| list.question(model)).collect(),
        history: pairs.iter().find(|(name, _)| name == "history").map(|(_, cursor)| cursor.clone()),
    };
    let Seen { reader, now, page: facts, .. } =
        visitor.app.engine.record_page(&visitor.live, &visitor.actor, question).await?;
    let words = visitor.words(&reader, now, &facts.titles);
    let head = words.head(record.entity);
    let href = words.href(record);
    let living = facts.trashed.is_none();
    let may = |action| living && visitor.may(record.entity, action);
    let mut page = visitor.page(&reader, Some(record.entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    let mut conditions = facts.conditions.iter().copied();
    let page = RecordPage {
        page,
        title: words.title(record),
        edit: may(Action::Update).then(|| format!("{href}/edit")),
        duplicate: (may(Action::Create) && model[record.entity].line_of.is_none())
            .then(|| address::with(&format!("/{name}/new"), [("_from", id)])),
        delete: may(Action::Delete).then(|| format!("{href}/delete")),
        actions: Vec::new(),
        sections: sections
            .iter()
            .filter_map(|section| self::section(&words, record.entity, section, &facts, &mut conditions))
            .collect(),
        path: path::path(&words, record, &facts, conditions, may(Action::Transition)),
        facts: facts_of(&words, &key_facts, &facts),
        related: related::show(visitor, &words, record, &lists, &facts),
        history: past::history(&words, record, &facts),
        trashed: facts.trashed.map(|(at, by)| Trashed {
            at: words.when(at),
            by: words.person(by),
            restore: visitor.may(record.entity, Action::Restore).then(|| format!("{href}/restore")),
        }),
        entity: head,
    };
    let response = visitor.html(StatusCode::OK, &page);
    let remembered = home::remembered(visitor, record, now);
    Ok(reply::with_cookie(response, cookie::set(cookie::RECENT, &remembered, visitor.secure, Some(cookie::YEAR))))
}

/// What a list shows of a record besides its title and stage says most about it.
fn key_facts(model: &Model, entity: EntityId) -> Vec<Column> {
    let definition = &model[entity];
    let mut columns = layout::columns(model, entity);
    columns.retain(|column| match column.path[..] {
        [(_, field)] => {
            let own = &definition[field];
            field != definition.title && own.pipeline.is_none() && !own.kind.is_rows()
        }
        _ => true,
    });
    columns.truncate(KEY_FACTS);
    columns
}

fn facts_of(words: &Words<'_>, columns: &[Column], facts: &RecordFacts) -> Vec<Fact> {
    let fact = |(column, value): (&Column, &fichero_model::value::Value)| {
        let field = layout::end(words.model, column)?;
        let cell = words.cell(field, value);
        // What is worth seeing first is there, and more than that something is not so.
        let telling = !matches!(cell, Cell::Empty | Cell::Boolean { value: false });
        telling.then(|| Fact { label: list::plain_heading(words, column).label, cell, wide: false })
    };
    columns.iter().zip(&facts.columns).filter_map(fact).collect()
}

/// The fields of a section that are shown; nothing when none of them holds anything. Takes its condition from `conditions`, in the
/// order that sections have.
fn section(
    words: &Words<'_>,
    entity: EntityId,
    section: &Section<'_>,
    facts: &RecordFacts,
    conditions: &mut impl Iterator<Item = bool>,
) -> Option<context::Section> {
    let visible = section.visible_if.is_none() || conditions.next().unwrap_or(true);
    let shown = section.fields.iter().filter(|id| visible && is_shown(words.model, entity, **id, facts));
    let facts: Vec<Fact> = shown.map(|id| fact(words, entity, *id, facts)).collect();
    facts.iter().any(|fact| fact.cell != Cell::Empty).then(|| context::Section {
        id: format!("s-{}", section.name),
        title: section.title.map(|title| words.label(title).to_owned()),
        columns: section.columns,
        facts,
    })
}

fn is_shown(model: &Model, entity: EntityId, id: FieldId, facts: &RecordFacts) -> bool {
    !model[entity][id].kind.is_rows() && facts.visible.get(id.index()).copied().unwrap_or(true)
}

fn fact(words: &Words<'_>, entity: EntityId, id: FieldId, facts: &RecordFacts) -> Fact {
    let field = &words.model[entity][id];
    let value = facts.values.get(id.index()).cloned().unwrap_or_default();
    Fact { label: words.label(&field.label).to_owned(), cell: words.cell(field, &value), wide: layout::is_long(field) }
}

/// The address that names a record as the value of a reference, for forms and lists.
pub fn pair<'n>(words: &Words<'_>, record: Ref, by: &'n fichero_model::entity::Field) -> (&'n str, String) {
    let several = matches!(&by.kind, fichero_model::kind::Kind::Ref(reference) if reference.targets.len() > 1);
    (&by.name, super::suggest::value_of(words, record, several))
}
