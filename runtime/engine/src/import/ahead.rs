//! What the rows of a slice name, looked up together: a statement for a column of many rows instead of one for each row.
//!
//! It only ever spares statements. What is not found here, or not for certain, is asked for when its row is read, and told
//! in words about that row.

use std::collections::HashMap;

use fichero_model::entity::Field;
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};

use super::cell::{self, Outcome};
use super::header::{Column, Plan, Target};
use super::reference::{self, Known, Lookup, Memory};
use super::source::Line;
use super::task;
use crate::input::Given;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::setting;
use crate::value::text::{self, Notation};

/// The records that the rows of a slice are matched with: those that were there before, and those that came meanwhile.
#[derive(Debug)]
pub(super) struct Matched {
    field: FieldId,
    records: HashMap<String, Vec<Id>>,
}

impl Matched {
    /// The records that have a value.
    pub(super) fn with(&self, value: &Value) -> &[Id] {
        self.records.get(&text::plain(value)).map_or(&[], Vec::as_slice)
    }

    /// A record was made or changed: it may have another value than its row gives.
    pub(super) fn note(&mut self, row: &Row, is_new: bool) {
        let (Some(id), value) = (row.id(), row.get(self.field)) else { return };
        if self.with(value).contains(&id) {
            return;
        }
        if !is_new {
            self.records.values_mut().for_each(|ids| ids.retain(|known| *known != id));
        }
        self.add(id, value);
    }

    fn add(&mut self, id: Id, value: &Value) {
        if !value.is_nothing() {
            self.records.entry(text::plain(value)).or_default().push(id);
        }
    }
}

/// Looks up the records that rows are matched with; nothing where rows are not matched by one plain field.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn matched(work: &Work<'_>, plan: &Plan, lines: &[Line]) -> Result<Option<Matched>, Refusal> {
    let [id] = plan.matching[..] else { return Ok(None) };
    let field = &work.live.model[plan.entity][id];
    let column = plan.columns.iter().find(|column| column.target == Target::Field(id));
    let setting = plan.set.iter().find(|(set, _)| *set == id);
    if column.is_none() && setting.is_none() || !is_plain(field) {
        return Ok(None);
    }
    let (known, mut memory) = (Known::default(), Memory::default());
    let mut lookup = Lookup::new(plan.entity, &known, &mut memory);
    let mut values: Vec<Value> = Vec::with_capacity(lines.len());
    for line in lines {
        let locals = task::locals(plan, line);
        let mut given = None;
        // Where a definition fails, it is told when the row is read.
        if let Some(column) = column
            && let Ok(Outcome::Given(read)) =
                cell::read(work, &mut lookup, column, (task::text(line, column.at), line.sort(column.at)), &locals)
        {
            given = Some(read);
        }
        if let Some(setting) = setting
            && let Ok(set) = setting::input(work, plan.entity, std::slice::from_ref(setting), &locals)
            && let Some(set) = set.get(id).filter(|set| **set != Given::Value(Value::Nothing))
        {
            given = Some(set.clone());
        }
        values.extend(given.and_then(|given| cell::key(field, &given)));
    }
    let mut matched = Matched { field: id, records: HashMap::with_capacity(values.len()) };
    let Some(rows) = work.among(plan.entity, id, &values)? else { return Ok(None) };
    for row in rows {
        if let Some(record) = row.id() {
            matched.add(record, row.get(id));
        }
    }
    Ok(Some(matched))
}

/// Looks up the records that rows refer to by their names, and remembers those that are certain.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn names(
    work: &Work<'_>,
    plan: &Plan,
    lines: &[Line],
    (known, memory): (&Known, &mut Memory),
) -> Result<(), Refusal> {
    for column in plan.columns.iter().filter(|column| column.value.is_none()) {
        let field = &work.live.model[plan.entity][column.field()];
        let Kind::Ref(reference) = &field.kind else { continue };
        let &[target] = &*reference.targets else { continue };
        let mut names: Vec<String> = Vec::new();
        for line in lines {
            names.extend(cell::named(column, field, task::text(line, column.at)));
        }
        names.sort_unstable();
        names.dedup();
        // An id is looked up as it is read; one name costs the same either way.
        names.retain(|name| name.parse::<Id>().is_err() && !known.holds(column.at, name));
        if names.len() > 1 {
            find(work, (target, column), names, memory)?;
        }
    }
    Ok(())
}

/// Asks for names in the fields by which records of an entity are found, in their order, as for one name.
fn find(
    work: &Work<'_>,
    (entity, column): (EntityId, &Column),
    names: Vec<String>,
    memory: &mut Memory,
) -> Result<(), Refusal> {
    let model = &work.live.model;
    let fields = match column.by {
        Some(by) => vec![by],
        None => reference::keys(model, entity).collect(),
    };
    let notation = Notation::plain(model.workspace.time_zone.clone());
    let mut open = names;
    for id in fields {
        let field = &model[entity][id];
        if open.is_empty() || !is_plain(field) {
            return Ok(());
        }
        let values: Vec<Option<Value>> =
            open.iter().map(|name| text::value(model, field, name, &notation).ok()).collect();
        let asked: Vec<Value> = values.iter().flatten().filter(|value| !value.is_nothing()).cloned().collect();
        let Some(rows) = work.among(entity, id, &asked)? else { return Ok(()) };
        let mut found: HashMap<String, Vec<Id>> = HashMap::with_capacity(rows.len());
        for row in rows {
            found.entry(text::plain(row.get(id))).or_default().extend(row.id());
        }
        let mut rest = Vec::new();
        for (name, value) in open.into_iter().zip(values) {
            match value.and_then(|value| found.get(&text::plain(&value))).map(Vec::as_slice) {
                None | Some([]) => rest.push(name),
                Some([one]) => memory.learn((column.at, name), Ref { entity, id: *one }),
                // Several: who reads the row tells of it.
                Some(_) => {}
            }
        }
        open = rest;
    }
    Ok(())
}

/// Whether a field holds one value that is compared as it is.
fn is_plain(field: &Field) -> bool {
    let kind = !matches!(field.kind, Kind::Money { .. } | Kind::Ref(_) | Kind::Json | Kind::File(_));
    kind && field.is_stored() && !field.many
}
