//! The rows that refer to a record: its lines, its children, and others that point to it.

use fichero_engine::policy::Action;
use fichero_engine::read::page::{RecordFacts, RelatedQuestion};
use fichero_model::kind::Kind;
use fichero_model::page::Column;
use fichero_model::{EntityId, FieldId, Model, Ref};

use super::pair;
use crate::pages::address;
use crate::pages::form::spec::line_fields;
use crate::pages::layout::{self, Section};
use crate::pages::list;
use crate::pages::visitor::Visitor;
use crate::pages::words::Words;
use crate::ui::context::{Count, Related, Row, Table};

/// How many rows of each list are shown.
const ROWS: usize = 10;

/// How many columns each list has, and those of lines.
const COLUMNS: usize = 6;
const LINE_COLUMNS: usize = 9;

/// The most lists that no definition names.
const UNNAMED: usize = 6;

/// Rows that refer to a record.
pub struct Rows {
    /// Their entity.
    entity: EntityId,
    /// Their reference to the record.
    by: FieldId,
    /// The field of the record they are found by, where it has one.
    pub field: Option<FieldId>,
    /// They are lines.
    lines: bool,
    columns: Vec<Column>,
}

impl Rows {
    /// What has to be read for it.
    pub fn question(&self, model: &Model) -> RelatedQuestion {
        let view = layout::views(model, self.entity).next();
        let sort = view.map(|view| view.sort.clone()).filter(|sort| !sort.is_empty());
        RelatedQuestion {
            entity: self.entity,
            by: self.by,
            lines: self.field.filter(|_| self.lines),
            columns: self.columns.clone(),
            sort: sort.unwrap_or_else(|| layout::newest(model, self.entity)),
            limit: ROWS,
        }
    }
}

/// The lists of a record's page: those its form names, else all there are.
pub fn lists(visitor: &Visitor, entity: EntityId, sections: &[Section<'_>]) -> Vec<Rows> {
    let model = visitor.model();
    let named = sections.iter().flat_map(|section| &section.fields);
    let mut lists: Vec<Rows> = named.filter_map(|id| of_field(model, entity, *id)).collect();
    if model.form_of(entity).is_none() && entity != model.user && entity != model.team {
        let unnamed: Vec<Rows> = visitor
            .live
            .ties(entity)
            .referrers
            .iter()
            .filter(|referrer| {
                !referrer.link && !lists.iter().any(|list| (list.entity, list.by) == (referrer.entity, referrer.field))
            })
            .filter(|referrer| layout::entities(model).any(|shown| shown == referrer.entity))
            .map(|referrer| rows(model, referrer.entity, referrer.field, None, false))
            .take(UNNAMED)
            .collect();
        lists.extend(unnamed);
    }
    lists
}

fn of_field(model: &Model, entity: EntityId, id: FieldId) -> Option<Rows> {
    match model[entity][id].kind {
        Kind::Lines { of, by } => Some(rows(model, of, by, Some(id), true)),
        Kind::Children { of, by } => Some(rows(model, of, by, Some(id), false)),
        _ => None,
    }
}

fn rows(model: &Model, entity: EntityId, by: FieldId, field: Option<FieldId>, lines: bool) -> Rows {
    let mut columns = match layout::views(model, entity).next() {
        // Lines are read as they are written.
        None if lines => {
            line_fields(model, entity, by).into_iter().map(|id| layout::column(model, entity, id)).collect()
        }
        _ => layout::columns(model, entity),
    };
    // The way back to this very record says nothing here.
    columns.retain(|column| column.path.first() != Some(&(entity, by)));
    columns.truncate(if lines { LINE_COLUMNS } else { COLUMNS });
    Rows { entity, by, field, lines, columns }
}

/// The lists that are shown, with their rows and the field they are found by.
pub fn show(
    visitor: &Visitor,
    words: &Words<'_>,
    record: Ref,
    lists: &[Rows],
    facts: &RecordFacts,
) -> Vec<(Option<FieldId>, Related)> {
    let living = facts.trashed.is_none();
    let visible = |list: &&(&Rows, &fichero_engine::read::page::Related)| {
        list.0.field.is_none_or(|field| facts.visible.get(field.index()).copied().unwrap_or(true))
    };
    let pairs: Vec<_> = lists.iter().zip(&facts.related).collect();
    pairs
        .iter()
        .filter(visible)
        .map(|(list, found)| {
            let definition = &words.model[list.entity];
            let field = list.field.map(|field| &words.model[record.entity][field]);
            let title = field.map_or(&definition.plural, |field| &field.label);
            let title = words.label(title).to_owned();
            let (name, value) = pair(words, record, &definition[list.by]);
            let here = format!("/{}", definition.name);
            let creates = living && !list.lines && visitor.may(list.entity, Action::Create);
            let own_pages = definition.line_of.is_none();
            let row = |row: &fichero_engine::read::page::ListRow| Row {
                href: own_pages.then(|| words.href(row.record)),
                color: None,
                cells: list::cells(words, &list.columns, &row.values, own_pages),
            };
            let related = Related {
                id: match field {
                    Some(field) => format!("r-{}", field.name),
                    None => format!("r-{}-{}", definition.name, definition[list.by].name),
                },
                icon: definition.icon.as_deref().unwrap_or_default().to_owned(),
                count: Count { n: found.count, more: found.more },
                table: Table {
                    label: title.clone(),
                    columns: list.columns.iter().map(|column| list::plain_heading(words, column)).collect(),
                    rows: found.rows.iter().map(row).collect(),
                    totals: Vec::new(),
                },
                create: (creates && own_pages).then(|| {
                    address::with(&format!("{here}/new"), [(name, value.as_str()), ("_next", &words.href(record))])
                }),
                all: (found.rows.len() as u64 != found.count && own_pages)
                    .then(|| address::with(&here, [("view", list::ALL), (name, value.as_str())])),
                headed: false,
                title,
            };
            (list.field, related)
        })
        .collect()
}
