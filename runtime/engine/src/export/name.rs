//! What stands for records that are referred to: a text by which an import finds that record and no other.
//!
//! That is the first of its external keys, its unique fields and its title that no other living record bears in any of
//! these; else its id. All names that a page needs are found with a number of statements that depends on the definitions,
//! never on the number of records.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fichero_model::expr::{Expr, Node, Op, Row};
use fichero_model::kind::Type;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Model, Ref};
use fichero_store::query::{Filter, Query};

use crate::import;
use crate::live::field_expr;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::text::{self, Notation};

/// The most names that are remembered from page to page.
const MOST_KNOWN: usize = 100_000;

/// How many names one statement looks for.
const AT_ONCE: usize = 256;

/// How many records more than there are names may bear them before each name is looked up by itself.
const SPARE: usize = 1_000;

/// The names of records, as far as they were needed.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<Ref, Arc<str>>>);

impl Names {
    /// Finds the names of records.
    ///
    /// # Errors
    /// When a definition fails or the database cannot be read.
    pub(super) fn of(&self, work: &Work<'_>, records: HashSet<Ref>) -> Result<HashMap<Ref, Arc<str>>, Refusal> {
        let mut names = HashMap::with_capacity(records.len());
        let mut wanted: HashMap<EntityId, Vec<Ref>> = HashMap::new();
        for record in records {
            match self.known(record) {
                Some(name) => drop(names.insert(record, name)),
                None => wanted.entry(record.entity).or_default().push(record),
            }
        }
        for (entity, records) in wanted {
            work.load(records.iter().copied())?;
            let fresh = in_entity(work, entity, &records)?;
            let mut known = self.lock();
            if known.len() + fresh.len() > MOST_KNOWN {
                known.clear();
            }
            known.extend(fresh.iter().map(|(record, name)| (*record, Arc::clone(name))));
            names.extend(fresh);
        }
        Ok(names)
    }

    fn known(&self, record: Ref) -> Option<Arc<str>> {
        self.lock().get(&record).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Ref, Arc<str>>> {
        let Self(known) = self;
        known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of records of one entity, each of which was read.
fn in_entity(work: &Work<'_>, entity: EntityId, records: &[Ref]) -> Result<HashMap<Ref, Arc<str>>, Refusal> {
    let keys: Vec<FieldId> = import::keys(&work.live.model, entity).collect();
    let mut candidates: HashMap<Ref, Vec<String>> = HashMap::with_capacity(records.len());
    for record in records {
        let row = work.living(*record)?;
        let names = row.iter().flat_map(|row| keys.iter().filter_map(|key| candidate(row, *key)));
        candidates.insert(*record, names.collect());
    }
    let bearers = bearers(work, entity, &keys, candidates.values().flatten().map(String::as_str).collect())?;
    let name = |(record, names): (Ref, Vec<String>)| {
        let found = names.into_iter().find(|name| bearers.get(name).is_some_and(|only| *only == Some(record)));
        (record, found.map_or_else(|| record.id.to_string().into(), Arc::from))
    };
    Ok(candidates.into_iter().map(name).collect())
}

/// The text of a key; nothing for one that an import would read otherwise.
fn candidate(row: &Row, key: FieldId) -> Option<String> {
    let name = text::plain(row.get(key));
    let is_taken_otherwise = name.trim() != name || name.is_empty() || name.parse::<Id>().is_ok();
    (!is_taken_otherwise).then_some(name)
}

/// The only living record that bears each name in any of the keys; nothing where several do.
fn bearers(
    work: &Work<'_>,
    entity: EntityId,
    keys: &[FieldId],
    names: HashSet<&str>,
) -> Result<HashMap<String, Option<Ref>>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let notation = Notation::plain(model.workspace.time_zone.clone());
    let mut bearers: HashMap<String, Option<Ref>> = HashMap::with_capacity(names.len());
    for key in keys {
        let field = &model[entity][*key];
        // What two texts are read as may be one value: `1` and `1.0`.
        let mut values: Vec<(Value, Vec<&str>)> = Vec::with_capacity(names.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for name in &names {
            let Ok(value) = text::value(&model, field, name, &notation) else { continue };
            let place = *places.entry(text::plain(&value)).or_insert(values.len());
            match values.get_mut(place) {
                Some((_, same)) => same.push(name),
                None => values.push((value, vec![name])),
            }
        }
        for row in rows(work, entity, *key, values.iter().map(|(value, _)| value.clone()).collect())? {
            let place = places.get(&text::plain(row.get(*key)));
            let same = place.and_then(|place| values.get(*place)).map_or(&[][..], |(_, same)| same);
            let Some(found) = row.reference() else { continue };
            for name in same {
                let bearer = bearers.entry((*name).to_owned()).or_insert(Some(found));
                *bearer = bearer.filter(|known| *known == found);
            }
        }
    }
    Ok(bearers)
}

/// The living records that hold one of the values in a field: of each value all, or at least two.
fn rows(work: &Work<'_>, entity: EntityId, key: FieldId, values: Vec<Value>) -> Result<Vec<Arc<Row>>, Refusal> {
    let mut all = Vec::with_capacity(values.len());
    for values in values.chunks(AT_ONCE) {
        let condition = is_among(&work.live.model, entity, key, values);
        let query = Query::new(Filter::all(entity).and(&condition), values.len() + SPARE);
        let (found, _) = work.page(&query, None)?;
        if found.next.is_none() {
            all.extend(found.rows);
            continue;
        }
        for value in values {
            all.extend(work.equal(entity, key, value.clone(), 2)?);
        }
    }
    Ok(all)
}

/// The condition that a field holds one of some values, of which there is at least one.
fn is_among(model: &Model, entity: EntityId, key: FieldId, values: &[Value]) -> Expr {
    let field = field_expr(model, entity, key);
    let ty = field.ty().clone();
    // As many as a power of two, so that there are few statements to prepare.
    let padding = values.last().into_iter().cycle().take(values.len().next_power_of_two() - values.len());
    let literal = |value: &Value| Node { op: Op::Literal(value.clone()), ty: ty.clone(), at: 0..0 };
    let items: Vec<Node> = values.iter().chain(padding).map(literal).collect();
    let list = Node { op: Op::List(items), ty: Type::List(Arc::new(ty.clone())), at: 0..0 };
    let op = Op::In { value: Box::new(field.root.clone()), list: Box::new(list) };
    Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..field }
}
