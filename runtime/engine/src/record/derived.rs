//! What stored records derive from others, worked out anew: no version is raised and no history is written.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::entity::{Rollup, Source};
use fichero_model::expr::{Expr, Node, Op, Row};
use fichero_model::kind::{Kind, Type};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Aggregation, Filter};

use super::draft::Draft;
use super::rollup;
use super::work::Work;
use crate::refusal::Refusal;

/// Refreshes what stored records compute, and notes what follows from that.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn refresh(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    for (stored, draft) in rows.iter().zip(computed(work, rows)?) {
        keep(work, stored, &draft)?;
    }
    Ok(())
}

/// Writes what was worked out anew, and notes what follows from that.
///
/// # Errors
/// When the database cannot be written.
pub fn keep(work: &Work<'_>, stored: &Arc<Row>, draft: &Draft) -> Result<(), Refusal> {
    if !draft.errors.is_empty() {
        // It stays as it is, and whoever saves it next is told.
        let entity = &*work.live.model[stored.entity].name;
        tracing::warn!(entity, record = %draft.id(), "a record could not be computed anew");
    } else if draft.row != *stored {
        work.write_derived(stored, &draft.row)?;
        rollup::touch(work, stored.entity, Some(stored), Some(&draft.row));
    }
    Ok(())
}

/// Records of one entity with all that they derive, rollups too, as it should be.
///
/// # Errors
/// When a definition fails, or the database cannot be read.
pub fn whole(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<Vec<Draft>, Refusal> {
    let Some(entity) = rows.first().map(|row| row.entity) else { return Ok(Vec::new()) };
    let mut summed: Vec<Draft> = rows.iter().map(Draft::unchanged).collect();
    for (id, field) in Arc::clone(&work.live.model)[entity].all_fields() {
        let Source::Rollup(rollup) = &field.source else { continue };
        let values = rollups(work, entity, rollup, rows)?;
        for draft in &mut summed {
            let value = match values.get(&draft.id()) {
                Some(value) => value.clone(),
                None => rollup::fold(work, rollup, &[])?,
            };
            rollup::put(work, draft, id, value)?;
        }
    }
    let rows: Vec<Arc<Row>> = summed.iter().map(|draft| Arc::clone(&draft.row)).collect();
    let mut computed = computed(work, &rows)?;
    for (draft, summed) in computed.iter_mut().zip(summed) {
        draft.errors.extend(summed.errors);
    }
    Ok(computed)
}

/// The records with what they compute as it should be. What they walk to is read ahead for all of them.
fn computed(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<Vec<Draft>, Refusal> {
    work.gather(|| rows.iter().map(|row| compute(work, row)).collect())
}

fn compute(work: &Work<'_>, row: &Arc<Row>) -> Result<Draft, Refusal> {
    let momentary = &work.live.ties(row.entity).momentary;
    let mut draft = Draft::unchanged(row);
    if momentary.is_empty() {
        draft.compute(work)?;
        return Ok(draft);
    }
    // What only a save works out stays as the last one left it, as if somebody had given it.
    Arc::make_mut(&mut draft.row).overridden.extend(momentary);
    draft.compute(work)?;
    Arc::make_mut(&mut draft.row).overridden = row.overridden.clone();
    Ok(draft)
}

/// A rollup of some records, with one statement; those without rows are left out.
fn rollups(
    work: &Work<'_>,
    entity: EntityId,
    rollup: &Rollup,
    rows: &[Arc<Row>],
) -> Result<HashMap<Id, Value>, Refusal> {
    let (Kind::Lines { of, by } | Kind::Children { of, by }) = work.live.model[entity][rollup.over].kind else {
        return Ok(HashMap::new());
    };
    let by = work.live.field_expr(of, by);
    let among = among(&by, rows.iter().filter_map(|row| row.reference()));
    let aggregation = Aggregation {
        filter: Filter::all(of).and(&among),
        group: vec![&by],
        measures: vec![Work::measure(rollup)],
        after: None,
        limit: rows.len(),
    };
    let groups = work.aggregate(&aggregation)?.items.into_iter();
    Ok(groups
        .filter_map(|group| Some((group.keys.first()?.as_ref()?.id, group.measures.into_iter().next()?)))
        .collect())
}

/// `by in [a, b …]`
fn among(by: &Expr, parents: impl Iterator<Item = Ref>) -> Expr {
    let node = |op, ty| Node { op, ty, at: 0..0 };
    let literal = |parent: Ref| node(Op::Literal(Value::Ref(parent)), Type::Ref(Arc::new([parent.entity])));
    let list = node(Op::List(parents.map(literal).collect()), Type::List(Arc::new(by.root.ty.clone())));
    let op = Op::In { value: Box::new(by.root.clone()), list: Box::new(list) };
    Expr { root: node(op, Type::Boolean), ..by.clone() }
}

/// The fields of an entity whose stored value follows from others, and from nothing that only a save knows.
pub fn fields(work: &Work<'_>, entity: EntityId) -> Vec<FieldId> {
    let momentary = &work.live.ties(entity).momentary;
    let derived = |source: &Source| {
        matches!(source, Source::Rollup(_) | Source::Compute(_) | Source::Formula { stored: true, .. })
    };
    let all = work.live.model[entity].all_fields();
    all.filter(|(id, field)| field.is_stored() && derived(&field.source) && !momentary.contains(id))
        .map(|(id, _)| id)
        .collect()
}
