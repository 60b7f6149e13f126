//! The trash of an entity as a page shows it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::{Comparison, Expr, Node, Op};
use fichero_model::kind::Type;
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, Ref};
use fichero_store::query::{self, Aggregation, Filter, Measure, Query};
use jiff::Timestamp;

use super::{Seen, Titles, titles};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::read::cursor;
use crate::record::remove;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// How many records one page of a trash shows.
const ROWS: usize = 50;

/// A page of a trash.
#[derive(Clone, Debug, Default)]
pub struct Trash {
    /// The records, the one deleted last first.
    pub rows: Vec<TrashRow>,
    /// The cursor of the next page; nothing on the last.
    pub next: Option<String>,
    /// The titles of the records and of who deleted them.
    pub titles: Titles,
}

/// A record in the trash.
#[derive(Clone, Debug)]
pub struct TrashRow {
    /// Which.
    pub record: Ref,
    /// When it was deleted.
    pub at: Timestamp,
    /// By whom; nothing for the system.
    pub by: Option<Ref>,
    /// How many others were deleted with it.
    pub with: u64,
}

impl Engine {
    /// A page of the trash of an entity.
    ///
    /// # Errors
    /// When it may not be read, the cursor does not fit, or the database cannot be read.
    pub async fn trash_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        entity: EntityId,
        cursor: Option<String>,
    ) -> Result<Seen<Trash>, Refusal> {
        let seal = self.seal().clone();
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::List)?;
            let fingerprint = format!("trash|{}", work.live.model[entity].name);
            let after = cursor.as_deref().map(|text| cursor::open(&seal, &fingerprint, text)).transpose()?;
            let newest = [SortKey { by: work.live.field_expr(entity, System::DeletedAt.field()), descending: true }];
            let filter = Filter { trash: query::Trash::Trashed, ..Filter::all(entity) };
            let query = Query { sort: &newest, after: after.as_ref(), ..Query::new(filter, ROWS) };
            let (found, _) = work.page(&query, None)?;
            let batch = |row: &Arc<fichero_model::expr::Row>| row.get(System::DeletedBatch.field()).clone();
            let together = together(work, entity, found.rows.iter().map(batch).collect())?;
            let rows: Vec<_> = found
                .rows
                .iter()
                .filter_map(|row| {
                    let Value::DateTime(at) = *row.get(System::DeletedAt.field()) else { return None };
                    let all = batch(row).as_text().and_then(|batch| together.get(batch).copied()).unwrap_or(1);
                    let by = row.get(System::UpdatedBy.field()).as_ref();
                    Some(TrashRow { record: row.reference()?, at, by, with: all.saturating_sub(1) })
                })
                .collect();
            let named: Vec<Ref> = rows.iter().flat_map(|row| std::iter::once(row.record).chain(row.by)).collect();
            let next = found.next.map(|next| cursor::close(&seal, &fingerprint, &next));
            Ok(Trash { titles: titles(work, &named)?, rows, next })
        })
        .await
    }
}

/// How many records were deleted together, by batch: one statement for each entity whose records share batches with these.
fn together(work: &Work<'_>, entity: EntityId, batches: Vec<Value>) -> Result<HashMap<String, u64>, Refusal> {
    let mut together = HashMap::new();
    let batches: BTreeSet<Arc<str>> = batches.iter().filter_map(Value::as_text).map(Arc::from).collect();
    if batches.is_empty() {
        return Ok(together);
    }
    for kin in remove::kin(&work.live, entity) {
        let batch = work.live.field_expr(kin, System::DeletedBatch.field());
        let among = among(&batch, &batches);
        let aggregation = Aggregation {
            filter: Filter { trash: query::Trash::Trashed, ..Filter::all(kin) }.and(&among),
            group: vec![&batch],
            measures: vec![Measure { aggregate: fichero_model::expr::Aggregate::Count, of: None, filter: None }],
            after: None,
            limit: batches.len(),
        };
        for group in work.aggregate(&aggregation)?.items {
            if let ([Value::Text(batch)], [Value::Integer(count)]) = (&group.keys[..], &group.measures[..]) {
                *together.entry(batch.to_string()).or_default() += u64::try_from(*count).unwrap_or(0);
            }
        }
    }
    Ok(together)
}

/// `batch == "a" or batch == "b" …`
fn among(batch: &Expr, batches: &BTreeSet<Arc<str>>) -> Expr {
    let node = |op, ty| Node { op, ty, at: 0..0 };
    let equal = |name: &Arc<str>| {
        let literal = node(Op::Literal(Value::Text(Arc::clone(name))), Type::Text);
        node(Op::Compare(Comparison::Equal, Box::new(batch.root.clone()), Box::new(literal)), Type::Boolean)
    };
    let either = |one: Node, other: Node| node(Op::Or(Box::new(one), Box::new(other)), Type::Boolean);
    let never = node(Op::Literal(Value::Boolean(false)), Type::Boolean);
    Expr { root: batches.iter().map(equal).reduce(either).unwrap_or(never), ..batch.clone() }
}
