//! The one table for "later": what is to be done, when, and how often it has been tried.
//!
//! A job is added in the transaction that decided on it. Internal jobs are claimed, take effect and disappear in one
//! transaction, so they happen exactly once. External jobs are claimed in a first transaction, act, and are finished in
//! a second one; the claim is a lease, so they happen at least once. A key makes a job one of its kind: adding it again
//! moves it instead. A job that has failed for the last time is dead: it lies in a list until somebody retries or
//! removes it.

use std::sync::Arc;

use fichero_model::Id;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Event, Tx};

mod count;

pub use count::{Count, counts};

/// The channel on which new jobs are announced.
pub const CHANNEL: &str = "jobs";

/// Jobs of one lane wait for each other, those of different lanes do not: a flood of one sort holds up no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// What a command has set off.
    Effect,
    /// What the clock sets off: deadlines, schedules.
    Clock,
    /// Much work that nobody waits for: fills, clean-up.
    Bulk,
    /// What takes minutes and many transactions, such as imports: claimed with a lease that is renewed meanwhile.
    Long,
}

impl Lane {
    /// All of them.
    pub const ALL: [Lane; 4] = [Lane::Effect, Lane::Clock, Lane::Bulk, Lane::Long];

    /// Those whose jobs are done in the transaction that claims them.
    pub const AT_ONCE: [Lane; 3] = [Lane::Effect, Lane::Clock, Lane::Bulk];

    const fn number(self) -> i64 {
        match self {
            Lane::Effect => 0,
            Lane::Clock => 1,
            Lane::Bulk => 2,
            Lane::Long => 3,
        }
    }
}

/// A job to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its identity.
    pub id: Id,
    /// With whom it queues.
    pub lane: Lane,
    /// What is to be done.
    pub kind: Arc<str>,
    /// What makes it one of its kind; adding another job of this key moves it to that one's time and payload.
    pub key: Option<Arc<str>>,
    /// When.
    pub due_at: Timestamp,
    /// With what.
    pub payload: Arc<Value>,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its identity. It changes when a job of the same key is added.
    pub id: Id,
    /// With whom it queues.
    pub lane: Lane,
    /// What is to be done.
    pub kind: Arc<str>,
    /// What makes it one of its kind.
    pub key: Option<Arc<str>>,
    /// When it was to be done.
    pub due_at: Timestamp,
    /// With what.
    pub payload: Arc<Value>,
    /// How often it has been claimed, this time included.
    pub attempts: i64,
    /// Since when it is dead.
    pub dead_at: Option<Timestamp>,
    /// Why it failed last.
    pub last_error: Option<Arc<str>>,
}

/// Who claims which jobs.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Jobs of this lane.
    pub lane: Lane,
    /// At most so many.
    pub limit: u32,
    /// The claiming worker, by a name of its own.
    pub worker: &'a str,
    /// The present moment.
    pub now: Timestamp,
    /// Until when nobody else may claim them. Of no matter for internal jobs, which end with the transaction.
    pub lease_until: Timestamp,
}

macro_rules! columns {
    () => {
        "id, lane, kind, key, due_at, payload, attempts, dead_at, last_error"
    };
}

const TYPES: [ColumnType; 9] = [
    ColumnType::Id,
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::DateTime,
    ColumnType::Json,
    ColumnType::Integer,
    ColumnType::DateTime,
    ColumnType::Text,
];

static ENQUEUE: Sql = Sql::new(
    "INSERT INTO fichero_job (id, lane, kind, key, due_at, ready_at, payload, attempts) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 0) \
     ON CONFLICT (key) WHERE key IS NOT NULL DO UPDATE SET id = excluded.id, lane = excluded.lane, \
     kind = excluded.kind, due_at = excluded.due_at, ready_at = excluded.ready_at, payload = excluded.payload, \
     attempts = 0, worker = NULL, dead_at = NULL, last_error = NULL",
);
// The materialized list keeps PostgreSQL from looking for jobs more than once, and with them from locking more.
static CLAIM: Sql = Sql::each(
    concat!(
        "UPDATE fichero_job SET ready_at = ?4, worker = ?5, attempts = attempts + 1 WHERE id IN (SELECT id \
         FROM fichero_job WHERE lane = ?1 AND dead_at IS NULL AND ready_at <= ?2 ORDER BY ready_at, id LIMIT ?3) \
         RETURNING ",
        columns!()
    ),
    concat!(
        "WITH ready AS MATERIALIZED (SELECT id FROM fichero_job WHERE lane = ?1 AND dead_at IS NULL \
         AND ready_at <= ?2 ORDER BY ready_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED) \
         UPDATE fichero_job SET ready_at = ?4, worker = ?5, attempts = attempts + 1 \
         WHERE id = ANY (ARRAY (SELECT id FROM ready)) RETURNING ",
        columns!()
    ),
);
static FINISH: Sql = Sql::new("DELETE FROM fichero_job WHERE id = ?1");
// A try may be told only after its claim was undone, and then another worker may have gone further meanwhile.
static PUT_OFF: Sql = Sql::new(
    "UPDATE fichero_job SET ready_at = ?2, attempts = ?3, last_error = ?4, worker = NULL \
     WHERE id = ?1 AND attempts <= ?3 AND dead_at IS NULL",
);
static BURY: Sql = Sql::new(
    "UPDATE fichero_job SET dead_at = ?2, attempts = ?3, last_error = ?4, worker = NULL \
     WHERE id = ?1 AND attempts <= ?3 AND dead_at IS NULL",
);
static RENEW: Sql = Sql::new(
    "UPDATE fichero_job SET ready_at = ?4 WHERE id = ?1 AND worker = ?2 AND attempts = ?3 AND dead_at IS NULL",
);
static CANCEL: Sql = Sql::new("DELETE FROM fichero_job WHERE key = ?1");
static FIND: Sql = Sql::new(concat!("SELECT ", columns!(), " FROM fichero_job WHERE key = ?1"));
static DEAD: Sql = Sql::new(concat!(
    "SELECT ",
    columns!(),
    " FROM fichero_job WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT ?1"
));
static RETRY: Sql = Sql::new(
    "UPDATE fichero_job SET dead_at = NULL, ready_at = ?2, attempts = 0 WHERE id = ?1 AND dead_at IS NOT NULL",
);
static REMOVE: Sql = Sql::new("DELETE FROM fichero_job WHERE id = ?1 AND dead_at IS NOT NULL");
static NEXT: Sql = Sql::new("SELECT min(ready_at) FROM fichero_job WHERE lane = ?1 AND dead_at IS NULL");

/// Adds a job, or moves the one of its key: that one begins anew, also when it was claimed or dead.
///
/// # Errors
/// As the database says.
pub fn enqueue(tx: &mut Tx, job: &NewJob) -> Result<(), Error> {
    let parameters = [
        Cell::Id(job.id),
        Cell::Integer(job.lane.number()),
        Cell::Text(Arc::clone(&job.kind)),
        Cell::or_null(job.key.clone(), ColumnType::Text),
        Cell::DateTime(job.due_at),
        Cell::Json(Arc::clone(&job.payload)),
    ];
    tx.execute(ENQUEUE.of(tx.dialect()), &parameters)?;
    tx.on_commit(Event::new(CHANNEL, ""));
    Ok(())
}

/// Removes the job of a key, dead or alive. Tells whether there was one.
///
/// # Errors
/// As the database says.
pub fn cancel(tx: &mut Tx, key: &str) -> Result<bool, Error> {
    Ok(tx.execute(CANCEL.of(tx.dialect()), &[Cell::text(key)])? > 0)
}

/// The job of a key.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, key: &str) -> Result<Option<Job>, Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::text(key)], &TYPES)?.map(read).transpose()
}

/// Claims jobs that may be tried now, the longest ready first. On PostgreSQL those that another worker is claiming are
/// passed over.
///
/// # Errors
/// As the database says.
pub fn claim(tx: &mut Tx, claim: &Claim<'_>) -> Result<Vec<Job>, Error> {
    let parameters = [
        Cell::Integer(claim.lane.number()),
        Cell::DateTime(claim.now),
        Cell::Integer(i64::from(claim.limit)),
        Cell::DateTime(claim.lease_until),
        Cell::text(claim.worker),
    ];
    let rows = tx.query(CLAIM.of(tx.dialect()), &parameters, &TYPES)?;
    let mut jobs = rows.into_iter().map(read).collect::<Result<Vec<Job>, Error>>()?;
    // An update gives its rows in no order.
    jobs.sort_by_key(|job| (job.due_at, job.id));
    Ok(jobs)
}

/// A claimed job is done and disappears. Tells whether it was still there: it is not when a job of its key was added,
/// or it was cancelled, in the meantime.
///
/// # Errors
/// As the database says.
pub fn finish(tx: &mut Tx, job: &Job) -> Result<bool, Error> {
    Ok(tx.execute(FINISH.of(tx.dialect()), &[Cell::Id(job.id)])? > 0)
}

/// Whoever claimed a job is still at it, and nobody else may claim it until a later moment. False when somebody else has
/// it, or it is gone.
///
/// # Errors
/// As the database says.
pub fn renew(tx: &mut Tx, job: &Job, worker: &str, lease_until: Timestamp) -> Result<bool, Error> {
    let parameters = [Cell::Id(job.id), Cell::text(worker), Cell::Integer(job.attempts), Cell::DateTime(lease_until)];
    Ok(tx.execute(RENEW.of(tx.dialect()), &parameters)? > 0)
}

/// A claimed job failed and is tried again at a moment ([`backoff`] gives one). Its claim may have been undone since;
/// where another worker has gone further with it, nothing is done.
///
/// # Errors
/// As the database says.
pub fn put_off(tx: &mut Tx, job: &Job, why: &str, until: Timestamp) -> Result<(), Error> {
    settle(tx, &PUT_OFF, job, why, until)
}

/// A claimed job failed for the last time. As [`put_off`].
///
/// # Errors
/// As the database says.
pub fn bury(tx: &mut Tx, job: &Job, why: &str, now: Timestamp) -> Result<(), Error> {
    settle(tx, &BURY, job, why, now)
}

fn settle(tx: &mut Tx, sql: &Sql, job: &Job, why: &str, at: Timestamp) -> Result<(), Error> {
    let parameters = [Cell::Id(job.id), Cell::DateTime(at), Cell::Integer(job.attempts), Cell::text(why)];
    tx.execute(sql.of(tx.dialect()), &parameters).map(drop)
}

/// The dead jobs, those that died last first.
///
/// # Errors
/// As the database says.
pub fn dead(tx: &mut Tx, limit: u32) -> Result<Vec<Job>, Error> {
    let rows = tx.query(DEAD.of(tx.dialect()), &[Cell::Integer(i64::from(limit))], &TYPES)?;
    rows.into_iter().map(read).collect()
}

/// Brings a dead job back, to be tried now with all its attempts. Tells whether there was one.
///
/// # Errors
/// As the database says.
pub fn retry(tx: &mut Tx, id: Id, now: Timestamp) -> Result<bool, Error> {
    let found = tx.execute(RETRY.of(tx.dialect()), &[Cell::Id(id), Cell::DateTime(now)])? > 0;
    if found {
        tx.on_commit(Event::new(CHANNEL, ""));
    }
    Ok(found)
}

/// Removes a dead job. Tells whether there was one.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx, id: Id) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE.of(tx.dialect()), &[Cell::Id(id)])? > 0)
}

/// When a job of these lanes may be tried next; nothing when none waits. That moment may be past.
///
/// # Errors
/// As the database says.
pub fn next_ready(tx: &mut Tx, lanes: &[Lane]) -> Result<Option<Timestamp>, Error> {
    let mut next: Option<Timestamp> = None;
    for lane in lanes {
        let row = tx.query_one(NEXT.of(tx.dialect()), &[Cell::Integer(lane.number())], &[ColumnType::DateTime])?;
        let ready = Cells::new(row.unwrap_or_default()).opt_datetime()?;
        next = match (next, ready) {
            (Some(next), Some(ready)) => Some(next.min(ready)),
            (next, ready) => next.or(ready),
        };
    }
    Ok(next)
}

/// How long to wait after the `attempts`th failure: 5 seconds, twice as long each time, at most an hour; and up to a
/// fifth more by `chance` (any number), so that what failed together is not repeated together.
pub fn backoff(attempts: i64, chance: u64) -> SignedDuration {
    const LONGEST: i64 = 3_600_000;
    let doublings = attempts.clamp(1, 20) - 1;
    let wait = (5_000_i64 << doublings).min(LONGEST);
    let more = i64::try_from(chance % (wait as u64 / 5)).unwrap_or(0);
    SignedDuration::from_millis(wait + more)
}

fn read(row: Vec<Cell>) -> Result<Job, Error> {
    let mut row = Cells::new(row);
    let (id, lane) = (row.id()?, row.integer()?);
    let known = Lane::ALL.into_iter().find(|known| known.number() == lane);
    Ok(Job {
        id,
        lane: known.ok_or_else(|| Error::Corrupt(format!("job {id} is in the unknown lane {lane}")))?,
        kind: row.text()?,
        key: row.opt_text()?,
        due_at: row.datetime()?,
        payload: row.json()?,
        attempts: row.integer()?,
        dead_at: row.opt_datetime()?,
        last_error: row.opt_text()?,
    })
}
