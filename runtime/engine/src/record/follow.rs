//! Computed fields that read other records through references follow when those change.
//!
//! A command notes which of the fields that others read it has changed ([`touch`]), and orders jobs in its own transaction
//! ([`order`]); a job refreshes the records that follow, a batch a transaction ([`run`]), and orders others for those that
//! follow these. As all that is derived, this raises no version and writes no history.
//!
//! On PostgreSQL a command that read the old value may commit after its record was passed over. So there the records are
//! gone through once more a while later, when no such command can be under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::{Comparison, Expr, Node, Op, Row, RowName};
use fichero_model::kind::Type;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Cursor, Filter, Query};
use fichero_store::system::job::{self, Lane, NewJob};
use fichero_store::{Dialect, Lock};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::work::Work;
use crate::jobs::About;
use crate::live::{Live, Way};
use crate::refusal::Refusal;
use crate::worker;

/// How many records are refreshed in a transaction.
const BATCH: usize = 200;

/// How many changed records one job is about.
const MOST: usize = 50;

/// The longest chain of records that follow each other. One that never comes to rest ends here.
const LONGEST: u64 = 32;

/// Longer than any command takes.
const ONCE_MORE: SignedDuration = SignedDuration::from_mins(1);

/// Notes which records have to follow a change.
pub fn touch(work: &Work<'_>, old: &Row, new: &Row) {
    let Some(changed) = new.reference() else { return };
    for (index, follower) in work.live.ties(changed.entity).followers.iter().enumerate() {
        if follower.fields.iter().any(|field| old.get(*field) != new.get(*field)) {
            work.follow(changed, index);
        }
    }
}

/// Orders the jobs for what was noted.
///
/// # Errors
/// When the database cannot be written.
pub fn order(work: &Work<'_>) -> Result<(), Refusal> {
    let mut noted: BTreeMap<(EntityId, usize), Vec<Id>> = BTreeMap::new();
    for (changed, follower) in work.take_followed() {
        noted.entry((changed.entity, follower)).or_default().push(changed.id);
    }
    for ((of, follower), ids) in noted {
        let Some(follower) = work.live.ties(of).followers.get(follower) else { continue };
        if work.round.get() > LONGEST {
            let entity = &*work.live.model[follower.entity].name;
            tracing::warn!(entity, "computed fields follow each other without end");
            continue;
        }
        for ids in ids.chunks(MOST) {
            let ids = ids.to_vec();
            let errand = Errand { of, ids, entity: follower.entity, way: Arc::clone(&follower.way), after: None };
            errand.order(work, false)?;
        }
    }
    Ok(())
}

/// Refreshes the next records of a job, and orders what is left of it.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn run(work: &Work<'_>, payload: &Json) -> Result<(), Refusal> {
    // What is no longer in the model is followed by nothing.
    let Some(mut errand) = Errand::read(&work.live, payload) else { return Ok(()) };
    let again = payload["again"].as_bool().unwrap_or(false);
    let round = payload["round"].as_u64().unwrap_or(0);
    let condition = errand.condition(work);
    let query = Query { after: errand.after.as_ref(), ..Query::new(Filter::all(errand.entity).and(&condition), BATCH) };
    let (ids, next) = work.page_of_ids(&query)?;
    let rows = work.lock_all(ids.into_iter().map(|id| Ref { entity: errand.entity, id }), Lock::Change)?;
    work.round.set(round + 1);
    super::derived::refresh(work, &rows)?;
    super::rollup::settle(work)?;
    work.flush()?;
    work.round.set(round);
    errand.after = next;
    if errand.after.is_some() {
        return errand.order(work, again);
    }
    let is_shared = work.with(|tx| Ok(tx.dialect() == Dialect::Postgres))?;
    if is_shared && !again { errand.order(work, true) } else { Ok(()) }
}

/// What a job is about: that which has changed, and which others follow.
pub fn about(live: &Live, payload: &Json) -> Option<About> {
    let errand = Errand::read(live, payload)?;
    let record = match *errand.ids {
        [only] => Some(only),
        _ => None,
    };
    Some(About { entity: errand.of, record })
}

/// The records of an entity that follow some of another.
struct Errand {
    /// The entity of what has changed.
    of: EntityId,
    /// What has changed.
    ids: Vec<Id>,
    /// The entity that follows.
    entity: EntityId,
    /// The references that lead from there to what has changed.
    way: Way,
    /// How far it has come.
    after: Option<Cursor>,
}

impl Errand {
    /// Adds a job. `again` is the second time.
    fn order(&self, work: &Work<'_>, again: bool) -> Result<(), Refusal> {
        let layout = &work.live.layout;
        let hop = |fields: &Arc<[(EntityId, FieldId)]>| -> Vec<(Arc<str>, Arc<str>)> {
            let name = |(entity, field): &(EntityId, FieldId)| {
                (layout.table_name(*entity), layout.column_name(*entity, *field))
            };
            fields.iter().map(name).collect()
        };
        let payload = json!({
            "of": &*layout.table_name(self.of),
            "ids": self.ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "entity": &*layout.table_name(self.entity),
            "way": self.way.iter().map(hop).map(|hop| {
                hop.iter().map(|(table, column)| json!([&**table, &**column])).collect::<Vec<_>>()
            }).collect::<Vec<_>>(),
            "after": self.after.as_ref().map(Cursor::to_json),
            "round": work.round.get(),
            "again": again,
        });
        let begins_again = again && self.after.is_none();
        let due_at = if begins_again { work.now.checked_add(ONCE_MORE).unwrap_or(work.now) } else { work.now };
        let job = NewJob {
            id: work.ids.id(work.now),
            lane: if begins_again { Lane::Bulk } else { Lane::Effect },
            kind: worker::Kind::Follow.name().into(),
            // Without a key: a command must never wait for a job that is being done.
            key: None,
            due_at,
            payload: Arc::new(payload),
        };
        work.with(|tx| job::enqueue(tx, &job))
    }

    fn read(live: &Live, payload: &Json) -> Option<Self> {
        let text = |json: &Json| json.as_str().map(str::to_owned);
        let entity = |json: &Json| live.entity_of_table(json.as_str()?);
        let field = |json: &Json| live.field_of_column(&text(json.get(0)?)?, &text(json.get(1)?)?);
        let hop = |json: &Json| json.as_array()?.iter().map(field).collect::<Option<Arc<[_]>>>();
        Some(Self {
            of: entity(&payload["of"])?,
            ids: payload["ids"].as_array()?.iter().map(|id| id.as_str()?.parse().ok()).collect::<Option<_>>()?,
            entity: entity(&payload["entity"])?,
            way: payload["way"].as_array()?.iter().map(hop).collect::<Option<_>>()?,
            after: Cursor::from_json(&payload["after"]),
        })
    }

    /// `account.parent == a or account.parent == b …`
    fn condition(&self, work: &Work<'_>) -> Expr {
        let model = &work.live.model;
        let node = |op, ty| Node { op, ty, at: 0..0 };
        let mut walked = node(Op::Row(RowName::This), Type::Ref(Arc::new([self.entity])));
        for fields in self.way.iter() {
            let ty = match fields.first() {
                Some((entity, field)) => model.field(*entity, *field).value_type(),
                None => Type::Nothing,
            };
            walked = node(Op::Field { of: Box::new(walked), fields: Arc::clone(fields) }, ty);
        }
        let reaches = |id: &Id| {
            let value = Value::Ref(Ref { entity: self.of, id: *id });
            let value = Box::new(node(Op::Literal(value), Type::Ref(Arc::new([self.of]))));
            let op = match walked.ty {
                Type::List(_) => Op::In { value, list: Box::new(walked.clone()) },
                _ => Op::Compare(Comparison::Equal, Box::new(walked.clone()), value),
            };
            node(op, Type::Boolean)
        };
        let either = |one: Node, other: Node| node(Op::Or(Box::new(one), Box::new(other)), Type::Boolean);
        let never = node(Op::Literal(Value::Boolean(false)), Type::Boolean);
        let root = self.ids.iter().map(reaches).reduce(either).unwrap_or(never);
        Expr { root, ..work.live.field_expr(self.entity, System::Id.field()) }
    }
}
