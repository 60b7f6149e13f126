//! Checked → written: the row, its links and lines, its log, and its parents' rollups.

use std::sync::Arc;

use fichero_model::entity::Source;
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};

use super::check::{Checked, CheckedLines};
use super::log::{Lines, Relinked};
use super::work::{Work, through};
use crate::command::{Done, Effect};
use crate::refusal::Refusal;

/// Writes a record and its lines.
///
/// # Errors
/// When a unique rule refuses it, the record was changed meanwhile, or the database cannot be written.
pub fn save(work: &Work<'_>, checked: Checked) -> Result<Done, Refusal> {
    let pending = pending(work, checked)?;
    write(work, pending)
}

/// A checked record, and what writing it would change.
struct Pending {
    checked: Checked,
    links: Vec<Relinked>,
    lines: Vec<PendingLines>,
    /// Anything at all: a record is what its lines are, too.
    is_changed: bool,
}

/// The lines of such a record.
struct PendingLines {
    field: FieldId,
    saved: Vec<Pending>,
    removed: Vec<Arc<Row>>,
}

fn pending(work: &Work<'_>, mut checked: Checked) -> Result<Pending, Refusal> {
    let links = relinked(work, &mut checked)?;
    let mut is_changed = !links.is_empty() || checked.is_changed(&work.live.model[checked.entity()]);
    let mut all = Vec::new();
    for CheckedLines { field, saved, removed, .. } in checked.take_lines() {
        let saved = saved.into_iter().map(|line| pending(work, line)).collect::<Result<Vec<_>, _>>()?;
        is_changed |= !removed.is_empty() || saved.iter().any(|line| line.is_changed);
        all.push(PendingLines { field, saved, removed });
    }
    Ok(Pending { checked, links, lines: all, is_changed })
}

fn write(work: &Work<'_>, mut pending: Pending) -> Result<Done, Refusal> {
    let (entity, lines) = (pending.checked.entity(), std::mem::take(&mut pending.lines));
    let done = row(work, &mut pending)?;
    let record = Ref { entity, id: done.id };
    for PendingLines { field, saved, removed } in lines {
        let order = save_lines(work, (entity, field), saved, &removed)?;
        // A record that is made has its lines from the beginning, and their own entries tell of them.
        if done.effect == Effect::Updated {
            let lines = Lines { saved: &order, removed: &removed, ..Lines::default() };
            super::log::lines(work, (record, field), &lines);
        }
    }
    Ok(done)
}

fn row(work: &Work<'_>, Pending { checked, links, is_changed, .. }: &mut Pending) -> Result<Done, Refusal> {
    let id = checked.row().id().ok_or_else(|| Refusal::internal("save", &"a record without identity"))?;
    if !*is_changed {
        if let Some(old) = checked.old() {
            work.keep_written(old);
        }
        let version = checked.old().map_or(1, |old| old.version());
        return Ok(Done { id, version, effect: Effect::Unchanged });
    }
    number(work, checked)?;
    let effect = match checked.old().cloned() {
        None => {
            work.insert(checked.row())?;
            Effect::Created
        }
        Some(old) => {
            work.update(&old, checked.row())?;
            Effect::Updated
        }
    };
    super::files::attach(work, checked)?;
    for link in &*links {
        work.write_links(checked.row(), link.field, &link.after)?;
    }
    super::log::saved(work, checked, links)?;
    super::rollup::touch(work, checked.entity(), checked.old().map(|old| &**old), Some(checked.row()));
    Ok(Done { id, version: checked.row().version(), effect })
}

/// The references to many records that will point elsewhere than they do.
fn relinked(work: &Work<'_>, checked: &mut Checked) -> Result<Vec<Relinked>, Refusal> {
    let mut relinked = Vec::new();
    for (field, after) in checked.take_links() {
        let before = match checked.old() {
            Some(old) => work.linked(old, field)?,
            None => Vec::new(),
        };
        let ordered = through(&work.live.model[checked.entity()][field].kind).is_none();
        let same = before == after
            // A link entity keeps no order.
            || !ordered && before.len() == after.len() && before.iter().all(|target| after.contains(target));
        if !same {
            relinked.push(Relinked { field, before, after });
        }
    }
    Ok(relinked)
}

/// Gives out the numbers of a new record, last of all, so that a refused one takes none; and passes over those that were
/// given with it.
fn number(work: &Work<'_>, checked: &mut Checked) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let entity = checked.entity();
    for (id, field) in model[entity].all_fields() {
        if !matches!(field.source, Source::Sequence(_)) {
            continue;
        }
        let given = checked.row().get(id).as_text().map(str::to_owned);
        let old = checked.old().map(|old| old.get(id).as_text().map(str::to_owned));
        match given {
            None if old.is_none() => {
                let number = super::number::next(work, (entity, id), work.today())?;
                checked.row_mut().set(id, number);
            }
            Some(given) if old != Some(Some(given.clone())) => super::number::pass(work, (entity, id), &given)?,
            _ => {}
        }
    }
    Ok(())
}

/// Writes lines; gives those that stay, in their order.
fn save_lines(
    work: &Work<'_>,
    (parent, field): (EntityId, FieldId),
    saved: Vec<Pending>,
    removed: &[Arc<Row>],
) -> Result<Vec<Id>, Refusal> {
    for row in removed {
        super::remove::trash_line(work, row)?;
    }
    make_room(work, &saved)?;
    let mut order = Vec::with_capacity(saved.len());
    for line in saved {
        order.push(write(work, line)?.id);
    }
    work.order_lines(parent, field, &order)?;
    Ok(order)
}

/// Lines that are saved together may take each other's places under unique rules, whatever their order: until each is
/// written, those that change hold nothing in one field of each rule, and nothing never collides.
fn make_room(work: &Work<'_>, saved: &[Pending]) -> Result<(), Refusal> {
    let changing = saved.iter().filter(|line| line.is_changed).filter_map(|line| line.checked.old());
    let ids: Vec<Id> = changing.filter_map(|old| old.id()).collect();
    let (Some(first), false) = (saved.first(), saved.len() < 2 || ids.is_empty()) else { return Ok(()) };
    let entity = first.checked.entity();
    let definition = &work.live.model[entity];
    let mut fields: Vec<FieldId> =
        definition.all_fields().filter(|(_, field)| field.unique).map(|(id, _)| id).collect();
    fields.extend(definition.unique.iter().filter_map(|rule| rule.fields.last()));
    fields.sort();
    fields.dedup();
    let nothing: Vec<_> = fields.into_iter().map(|field| (field, Value::Nothing)).collect();
    work.hold_back(entity, &ids, &nothing)
}
