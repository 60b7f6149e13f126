//! Checked → written: the row, its links and lines, its log, and its parents' rollups.

use fichero_model::EntityId;
use fichero_model::entity::Source;

use super::check::{Checked, CheckedLines};
use super::log::Relinked;
use super::work::{Work, through};
use crate::command::{Done, Effect};
use crate::refusal::Refusal;

/// Writes a record and its lines.
///
/// # Errors
/// When a unique rule refuses it, the record was changed meanwhile, or the database cannot be written.
pub fn save(work: &Work<'_>, mut checked: Checked) -> Result<Done, Refusal> {
    let (entity, lines) = (checked.entity(), checked.take_lines());
    let done = row(work, &mut checked)?;
    for lines in lines {
        save_lines(work, entity, lines)?;
    }
    Ok(done)
}

fn row(work: &Work<'_>, checked: &mut Checked) -> Result<Done, Refusal> {
    let model = std::sync::Arc::clone(&work.live.model);
    let definition = &model[checked.entity()];
    let id = checked.row().id().ok_or_else(|| Refusal::internal("save", &"a record without identity"))?;
    let links = relinked(work, checked)?;
    if links.is_empty() && !checked.is_changed(definition) {
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
    for link in &links {
        work.write_links(checked.row(), link.field, &link.after)?;
    }
    super::log::saved(work, checked, &links)?;
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
    let model = std::sync::Arc::clone(&work.live.model);
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

fn save_lines(work: &Work<'_>, parent: EntityId, lines: CheckedLines) -> Result<(), Refusal> {
    for row in &lines.removed {
        super::remove::trash_line(work, row)?;
    }
    let mut order = Vec::with_capacity(lines.saved.len());
    for line in lines.saved {
        order.push(save(work, line)?.id);
    }
    work.order_lines(parent, lines.field, &order)
}
