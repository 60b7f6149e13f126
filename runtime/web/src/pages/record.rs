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
use fichero_model::page::{Column, Placed};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model, Ref};

use super::cell::widget;
use super::layout::{self, Section};
use super::visitor::Visitor;
use super::words::Words;
use super::{address, cookie, drawing, home, list, merge, reply};
use crate::ui::context::{self, Cell, Fact, Link, Part, RecordPage, Related, Trashed};

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
    let conditions = sections.iter().flat_map(Section::conditions).cloned();
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
    let sections = Sections {
        words: &words,
        entity: record.entity,
        facts: &facts,
        above: shown_above(&words, &key_facts, &facts),
        tables: related::show(visitor, &words, record, &lists, &facts),
    }
    .show(&sections, &mut conditions);
    let page = RecordPage {
        page,
        title: words.title(record),
        edit: may(Action::Update).then(|| format!("{href}/edit")),
        duplicate: (may(Action::Create) && model[record.entity].line_of.is_none())
            .then(|| address::with(&format!("/{name}/new"), [("_from", id)])),
        merge: (living && merge::may(visitor, record.entity)).then(|| format!("{href}/merge")),
        delete: may(Action::Delete).then(|| format!("{href}/delete")),
        actions: Vec::new(),
        sections,
        path: path::path(&words, record, &facts, conditions, may(Action::Transition)),
        facts: facts_of(&words, &key_facts, &facts),
        history: past::history(&words, record, &facts),
        trashed: facts.trashed.map(|gone| Trashed {
            at: words.when(gone.at),
            by: words.person(gone.by),
            into: gone.into.map(|into| Link { label: words.title(into), href: words.href(into) }),
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
            let is_drawn = matches!(widget(own), "barcode" | "qr");
            field != definition.title && own.pipeline.is_none() && !own.kind.is_rows() && !is_drawn
        }
        _ => true,
    });
    columns.truncate(KEY_FACTS);
    columns
}

fn facts_of(words: &Words<'_>, columns: &[Column], facts: &RecordFacts) -> Vec<Fact> {
    let fact = |(column, value): (&Column, &Value)| {
        let cell = words.cell(layout::end(words.model, column)?, value);
        is_telling(&cell).then(|| Fact { label: list::plain_heading(words, column).label, cell, wide: false })
    };
    columns.iter().zip(&facts.columns).filter_map(fact).collect()
}

/// What is worth seeing first is there, and more than that something is not so.
fn is_telling(cell: &Cell) -> bool {
    !matches!(cell, Cell::Empty | Cell::Boolean { value: false })
}

/// The record's own fields that are shown before all others.
fn shown_above(words: &Words<'_>, columns: &[Column], facts: &RecordFacts) -> Vec<FieldId> {
    let own = |(column, value): (&Column, &Value)| match column.path[..] {
        [(entity, field)] => is_telling(&words.cell(&words.model[entity][field], value)).then_some(field),
        _ => None,
    };
    columns.iter().zip(&facts.columns).filter_map(own).collect()
}

/// What the sections of a record are made from.
struct Sections<'a> {
    words: &'a Words<'a>,
    entity: EntityId,
    facts: &'a RecordFacts,
    /// What stands above all sections; the first need not say it again.
    above: Vec<FieldId>,
    /// The tables that are still to be shown, by the field they are found by.
    tables: Vec<(Option<FieldId>, Related)>,
}

impl Sections<'_> {
    /// The sections with something in them, and behind them the tables that no section names. Takes the conditions in the
    /// order that sections have.
    fn show(mut self, sections: &[Section<'_>], conditions: &mut impl Iterator<Item = bool>) -> Vec<context::Section> {
        let mut shown = Vec::with_capacity(sections.len());
        for (at, section) in sections.iter().enumerate() {
            if let Some(fields) = section.shown(conditions) {
                shown.extend(self.section(section, &fields, at == 0));
            }
        }
        let unnamed = self.tables.into_iter().filter(|(field, _)| field.is_none());
        shown.extend(unnamed.map(|(_, table)| context::Section {
            id: format!("s-{}", table.id),
            title: Some(table.title.clone()),
            tab: false,
            columns: 1,
            parts: vec![Part::Table(Box::new(table))],
        }));
        shown
    }

    /// Nothing when neither a field holds anything nor a table belongs here.
    fn section(&mut self, section: &Section<'_>, fields: &[FieldId], first: bool) -> Option<context::Section> {
        let title = section.title.map(|title| self.words.label(title).to_owned());
        let mut parts: Vec<Part> = Vec::new();
        for id in fields {
            if self.words.model[self.entity][*id].kind.is_rows() {
                parts.extend(self.table(*id, title.as_deref()).map(Box::new).map(Part::Table));
            } else if self.is_shown(*id) && !(first && self.above.contains(id)) {
                let fact = self.fact(*id, section.said(*id));
                match parts.last_mut() {
                    Some(Part::Facts { facts }) => facts.push(fact),
                    Some(Part::Table(_)) | None => parts.push(Part::Facts { facts: vec![fact] }),
                }
            }
        }
        let says = |part: &Part| match part {
            Part::Facts { facts } => facts.iter().any(|fact| fact.cell != Cell::Empty),
            Part::Table(_) => true,
        };
        parts.iter().any(says).then(|| context::Section {
            id: format!("s-{}", section.name),
            title,
            tab: section.tab,
            columns: section.columns,
            parts,
        })
    }

    /// The table of a field, once; it has a heading of its own unless its section's says the same.
    fn table(&mut self, id: FieldId, title: Option<&str>) -> Option<Related> {
        let at = self.tables.iter().position(|(field, _)| *field == Some(id))?;
        let (_, table) = self.tables.remove(at);
        Some(Related { headed: title != Some(&*table.title), ..table })
    }

    fn is_shown(&self, id: FieldId) -> bool {
        self.facts.visible.get(id.index()).copied().unwrap_or(true)
    }

    fn fact(&self, id: FieldId, said: Option<&Placed>) -> Fact {
        let field = &self.words.model[self.entity][id];
        let value = self.facts.values.get(id.index()).cloned().unwrap_or_default();
        let how = said.and_then(|said| said.widget.as_deref()).unwrap_or(widget(field));
        Fact {
            label: self.words.label(said.and_then(|said| said.label.as_ref()).unwrap_or(&field.label)).to_owned(),
            cell: match value.as_text().and_then(|text| Some((text.to_string(), drawing::of(how, text)?))) {
                Some((text, drawing)) => Cell::Drawing { text, drawing },
                None => self.words.cell_as(field, how, &value),
            },
            wide: layout::is_long(field) || said.is_some_and(|said| said.wide),
        }
    }
}

/// The address that names a record as the value of a reference, for forms and lists.
pub fn pair<'n>(words: &Words<'_>, record: Ref, by: &'n fichero_model::entity::Field) -> (&'n str, String) {
    let several = matches!(&by.kind, fichero_model::kind::Kind::Ref(reference) if reference.targets.len() > 1);
    (&by.name, super::suggest::value_of(words, record, several))
}
