//! Likely duplicates of a record that is being made, and the keys under which records are found.
//!
//! The keys of a record are written in the transaction that writes it, and only of entities that have rules. Whoever makes
//! a record is judged: what a rule refuses is made by nobody; of what it warns, a page asks before it goes on, an import
//! rejects the row, and everybody else is told afterwards. A record that is changed is not judged: the search through all
//! records finds it.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::duplicate::{Duplicates, OnCreate, Signature, number};
use fichero_model::entity::Entity;
use fichero_model::expr::Row;
use fichero_model::likeness;
use fichero_model::{Id, Ref};
use fichero_store::system::duplicate;

use super::work::Work;
use crate::actor::Via;
use crate::command::Mode;
use crate::live::Live;
use crate::message::{Argument, Message};
use crate::policy::{self, ReadPath};
use crate::refusal::{FieldError, Kind, Named, Refusal};

/// So many records at most are compared with one that is made: those that share most keys with it.
const MOST: usize = 500;

/// Records that are likely the same as one that is being made, by a rule.
struct Alike<'m> {
    rule: &'m Duplicates,
    records: Vec<Arc<Row>>,
}

/// Judges a record that is being made by somebody. Those of `known` have been seen already.
///
/// # Errors
/// When a rule refuses it, or warns of it and that has to be answered first; or the database cannot be read.
pub fn judge(work: &Work<'_>, row: &Arc<Row>, known: &[Id]) -> Result<(), Refusal> {
    let is_judged = work.mode == Mode::Live || work.actor.via == Via::Import;
    if !is_judged || work.live.ties(row.entity).prints.is_empty() {
        return Ok(());
    }
    let model = Arc::clone(&work.live.model);
    let definition = &model[row.entity];
    let alike = find(work, definition, row)?;
    if let Some(refusing) = alike.iter().find(|alike| alike.rule.on_create == OnCreate::Refuse) {
        return Err(refusal("duplicate", work, definition, std::slice::from_ref(refusing)));
    }
    let is_new = |row: &Arc<Row>| row.id().is_none_or(|id| !known.contains(&id));
    if alike.iter().all(|alike| !alike.records.iter().any(is_new)) {
        return Ok(());
    }
    match work.actor.via {
        Via::Page => Err(refusal("likely_duplicate", work, definition, &alike)),
        Via::Import => Err(refusal("duplicate", work, definition, &alike)),
        Via::Api | Via::Data | Via::Command | Via::System | Via::Test => {
            work.tell_duplicates(named(work, definition, &alike));
            Ok(())
        }
    }
}

/// The living records that are likely the same as a stored one, each once.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn alike(work: &Work<'_>, row: &Arc<Row>) -> Result<Vec<Ref>, Refusal> {
    if work.live.ties(row.entity).prints.is_empty() {
        return Ok(Vec::new());
    }
    let model = Arc::clone(&work.live.model);
    let mut all: Vec<Ref> = Vec::new();
    for record in find(work, &model[row.entity], row)?.iter().flat_map(|alike| &alike.records) {
        all.extend(record.reference().filter(|record| !all.contains(record)));
    }
    Ok(all)
}

/// The living records that are likely the same as another, by each rule that finds some.
fn find<'m>(work: &Work<'_>, definition: &'m Entity, row: &Arc<Row>) -> Result<Vec<Alike<'m>>, Refusal> {
    let mut asked: Vec<(&Duplicates, Signature)> = Vec::new();
    let mut keys = BTreeSet::new();
    for (rule, print) in definition.duplicates.iter().zip(&work.live.ties(row.entity).prints) {
        if let Some(signature) = rule.signature(row)
            && counts(work, rule, row)?
        {
            keys.extend(signature.keys(likeness::rarity).iter().map(|key| number(print, key)));
            asked.push((rule, signature));
        }
    }
    let keys: Vec<i64> = keys.into_iter().collect();
    let mut candidates = work.with(|tx| duplicate::candidates(tx, &keys, MOST))?;
    if candidates.len() == MOST {
        tracing::warn!(entity = &*definition.name, "more records share keys with a new one than are compared with it");
    }
    candidates.retain(|id| Some(*id) != row.id());
    let entity = row.entity;
    work.load(candidates.iter().map(|id| Ref { entity, id: *id }))?;
    let mut all: Vec<Alike<'m>> = asked.iter().map(|(rule, _)| Alike { rule, records: Vec::new() }).collect();
    for id in candidates {
        let Some(candidate) = work.living(Ref { entity, id })? else { continue };
        for ((rule, signature), alike) in asked.iter().zip(&mut all) {
            let room = alike.records.len() < rule.limit;
            let is_like = || rule.signature(&candidate).is_some_and(|other| signature.matches(&other));
            if room && is_like() && counts(work, rule, &candidate)? {
                alike.records.push(Arc::clone(&candidate));
            }
        }
    }
    all.retain(|alike| !alike.records.is_empty());
    Ok(all)
}

/// Whether a record is among those that a rule is about.
///
/// # Errors
/// When the definition fails.
pub fn counts(work: &Work<'_>, rule: &Duplicates, row: &Arc<Row>) -> Result<bool, Refusal> {
    match &rule.filter {
        Some(filter) => Ok(filter.holds(&work.context(Some(row), Some(row), None, &[], None))?),
        None => Ok(true),
    }
}

/// The keys of a record, each once.
pub fn keys(live: &Live, row: &Row) -> Vec<i64> {
    let mut keys = BTreeSet::new();
    for (rule, print) in live.model[row.entity].duplicates.iter().zip(&live.ties(row.entity).prints) {
        let signature = rule.signature(row);
        keys.extend(signature.iter().flat_map(|one| one.keys(likeness::rarity)).map(|key| number(print, &key)));
    }
    keys.into_iter().collect()
}

/// Gives a new record its keys.
///
/// # Errors
/// When the database cannot be written.
pub fn made(work: &Work<'_>, row: &Row) -> Result<(), Refusal> {
    match row.id() {
        Some(id) if work.live.is_keyed(row.entity) => {
            let keys = keys(&work.live, row);
            work.with(|tx| duplicate::add_keys(tx, id, &keys))
        }
        _ => Ok(()),
    }
}

/// Gives a changed record other keys, where what is compared has changed.
///
/// # Errors
/// When the database cannot be written.
pub fn changed(work: &Work<'_>, old: &Row, new: &Row) -> Result<(), Refusal> {
    let rules = &work.live.model[new.entity].duplicates;
    match new.id() {
        Some(id) if rules.iter().any(|rule| !rule.is_untouched(old, new)) => {
            let keys = keys(&work.live, new);
            work.with(|tx| {
                duplicate::remove_keys(tx, &[id])?;
                duplicate::add_keys(tx, id, &keys)
            })
        }
        _ => Ok(()),
    }
}

fn named(work: &Work<'_>, definition: &Entity, alike: &[Alike<'_>]) -> Vec<Named> {
    if policy::may_read(work.actor, ReadPath::Title).is_err() {
        return Vec::new();
    }
    let mut all: Vec<Named> = Vec::new();
    for row in alike.iter().flat_map(|alike| &alike.records) {
        if let Some(id) = row.id().filter(|id| !all.iter().any(|named| named.id == *id)) {
            let title = crate::value::text::plain(row.get(definition.title));
            all.push(Named { entity: Arc::clone(&definition.name), id, title });
        }
    }
    all
}

fn refusal(code: &'static str, work: &Work<'_>, definition: &Entity, alike: &[Alike<'_>]) -> Refusal {
    let records = named(work, definition, alike);
    let titles: Vec<&str> = records.iter().map(|named| named.title.as_str()).collect();
    let message = Message::with("duplicate", [Argument::Plain(titles.join(", "))]);
    let mut errors: Vec<FieldError> = Vec::new();
    for rule in alike.iter().map(|alike| alike.rule).filter(|_| code == "duplicate") {
        for field in rule.matches.iter().map(|one| &definition[one.field].name) {
            if !errors.iter().any(|error| error.field == **field) {
                errors.push(FieldError::new(field.to_string(), code, message.clone()).found_by(&rule.name));
            }
        }
    }
    Refusal { errors, records: records.into(), ..Refusal::new(Kind::Conflict, code, message) }
}
