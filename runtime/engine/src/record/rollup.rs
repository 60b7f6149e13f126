//! Rollups: sums and counts kept at the parent, in the transaction that changes a child.
//!
//! They count all living rows, whoever asks. Refreshing them raises no version and writes no history; what a parent
//! computes from them is refreshed too, and so on upwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::entity::{Rollup, RollupFunction, Source};
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::{Dialect, Lock};
use rust_decimal::Decimal;

use super::draft::Draft;
use super::work::Work;
use crate::refusal::Refusal;

/// The deepest chain of parents that is followed.
const DEEPEST: usize = 8;

/// Gives the rollups of a new record their value over no children.
///
/// # Errors
/// When a definition fails.
pub fn begin(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields() {
        if let Source::Rollup(rollup) = &field.source {
            let value = fold(work, rollup, &[])?;
            put(work, draft, id, value)?;
        }
    }
    Ok(())
}

/// Works out a draft's rollups over lines that are not written yet, so that its rules and its form see them.
///
/// # Errors
/// When a definition fails.
pub fn in_memory(work: &Work<'_>, draft: &mut Draft, lines: FieldId, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields() {
        if let Source::Rollup(rollup) = &field.source
            && rollup.over == lines
        {
            let value = fold(work, rollup, rows)?;
            put(work, draft, id, value)?;
        }
    }
    Ok(())
}

/// Notes which parents have to be refreshed after a child changed from `old` to `new`, and what else follows it.
pub fn touch(work: &Work<'_>, entity: EntityId, old: Option<&Row>, new: Option<&Row>) {
    // Nothing refers yet to what is new, and what is deleted is referred to by nothing that lives.
    if let (Some(old), Some(new)) = (old, new) {
        super::follow::touch(work, old, new);
    }
    let ties = work.live.ties(entity);
    for tie in &ties.rollups {
        for parent in parents(tie.by, &tie.reads, old, new) {
            work.dirty(parent, tie.rollup);
        }
    }
    for tie in &ties.listed {
        for parent in parents(tie.by, &tie.reads, old, new) {
            work.follow(parent, tie.follower);
        }
    }
}

/// The parents whose list of rows has changed, or what is read of one of its rows.
fn parents(by: FieldId, reads: &[FieldId], old: Option<&Row>, new: Option<&Row>) -> impl Iterator<Item = Ref> {
    let parent = |row: Option<&Row>| row.and_then(|row| row.get(by).as_ref());
    let (before, after) = (parent(old), parent(new));
    let same = match (old, new) {
        (Some(old), Some(new)) => before == after && reads.iter().all(|field| old.get(*field) == new.get(*field)),
        _ => false,
    };
    let changed = if same { [None, None] } else { [before, after] };
    changed.into_iter().flatten()
}

/// Refreshes every parent that was noted, and theirs in turn.
///
/// # Errors
/// When a definition fails or the database cannot be read or written.
pub fn settle(work: &Work<'_>) -> Result<(), Refusal> {
    for _ in 0..DEEPEST {
        let dirty = work.take_dirty();
        if dirty.is_empty() {
            // What others compute from these follows even where the log was written before.
            return super::follow::order(work);
        }
        let parents: BTreeSet<Ref> = dirty.iter().map(|(parent, _)| *parent).collect();
        // In the order of their ids, so that two commands that touch the same parents cannot wait for each other.
        for parent in parents {
            let rollups: BTreeSet<FieldId> =
                dirty.iter().filter(|(known, _)| *known == parent).map(|(_, rollup)| *rollup).collect();
            refresh(work, parent, &rollups)?;
        }
    }
    Err(Refusal::internal("rollup", &"parents are nested too deeply"))
}

fn refresh(work: &Work<'_>, parent: Ref, rollups: &BTreeSet<FieldId>) -> Result<(), Refusal> {
    let Some(stored) = work.lock(parent, Lock::Change)? else { return Ok(()) };
    let mut draft = Draft {
        entity: parent.entity,
        old: Some(Arc::clone(&stored)),
        row: Arc::clone(&stored),
        given: Vec::new(),
        alike: Vec::new(),
        links: Vec::new(),
        lines: Vec::new(),
        governed: Vec::new(),
        errors: Vec::new(),
    };
    let model = Arc::clone(&work.live.model);
    for id in rollups {
        if let Source::Rollup(rollup) = &model[parent.entity][*id].source {
            let value = work.rollup(parent, rollup)?;
            put(work, &mut draft, *id, value)?;
        }
    }
    draft.compute(work)?;
    if let Some(error) = draft.errors.first() {
        return Err(Refusal::invalid(vec![error.clone()]));
    }
    // A serializable command that refreshes the same parent counts by its snapshot; that it is too old PostgreSQL sees
    // by a parent that was written since. Others count after they have locked the parent, and need no such sign.
    let is_sign = work.live.ties(parent.entity).mixes_children && work.live.layout.dialect() == Dialect::Postgres;
    if draft.row != stored {
        work.write_derived(&stored, &draft.row)?;
        touch(work, parent.entity, Some(&stored), Some(&draft.row));
    } else if is_sign {
        work.write_again(&stored, rollups)?;
    }
    Ok(())
}

/// Gives a draft the value of a rollup. One that cannot be kept is in the draft's errors.
///
/// # Errors
/// When the database cannot be read.
pub fn put(work: &Work<'_>, draft: &mut Draft, id: FieldId, value: Value) -> Result<(), Refusal> {
    match draft.kept(work, id, value)? {
        Ok(value) => draft.set(id, value),
        Err(problem) => draft.error(work, id, problem),
    }
    Ok(())
}

/// The value of a rollup over rows at hand.
///
/// # Errors
/// When a definition fails.
pub fn fold(work: &Work<'_>, rollup: &Rollup, rows: &[Arc<Row>]) -> Result<Value, Refusal> {
    let mut values = Vec::new();
    for row in rows {
        let context = work.context(Some(row), Some(row), None, &[], None);
        if let Some(filter) = &rollup.filter
            && !filter.holds(&context).map_err(|fault| work.failed_on(row.entity, row.id(), fault))?
        {
            continue;
        }
        match &rollup.of {
            None => values.push(Value::Boolean(true)),
            Some(of) => {
                let value = of.eval(&context).map_err(|fault| work.failed_on(row.entity, row.id(), fault))?;
                if !value.is_nothing() {
                    values.push(value);
                }
            }
        }
    }
    let numbers = || values.iter().filter_map(Value::as_number);
    let sum = || numbers().try_fold(Decimal::ZERO, Decimal::checked_add).map(Value::Decimal).unwrap_or_default();
    let least = |a: &Value, b: &Value| a.compare(b).unwrap_or(std::cmp::Ordering::Equal);
    Ok(match rollup.function {
        RollupFunction::Count => Value::Integer(values.len() as i64),
        RollupFunction::Sum => sum(),
        RollupFunction::Min => values.iter().min_by(|a, b| least(a, b)).cloned().unwrap_or_default(),
        RollupFunction::Max => values.iter().max_by(|a, b| least(a, b)).cloned().unwrap_or_default(),
        RollupFunction::Avg => match (sum().as_number(), values.len()) {
            (Some(sum), count) if count > 0 => {
                sum.checked_div(Decimal::from(count)).map(Value::Decimal).unwrap_or_default()
            }
            _ => Value::Nothing,
        },
    })
}
