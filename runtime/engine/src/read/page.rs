//! What pages need of the database: everything a page shows, gathered in one hop.
//!
//! Values stay typed, for the page writes them in its reader's language; beside them come the titles of the records they
//! refer to. The number of statements of a page depends on the definitions, never on how many rows are shown. The model
//! is handed in by the caller, who pinned it when the request came.

mod deletion;
mod duplicates;
mod form;
mod home;
mod list;
mod merge;
mod past;
mod picker;
mod record;
mod search;
mod trash;

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::system::file::File;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::show;
use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::work::Work;
use crate::refusal::Refusal;

pub use super::derive::State;
pub use deletion::{Affected, Deletion};
pub use duplicates::Duplicates;
pub use form::{FormFacts, FormQuestion, LineFacts};
pub use home::{HomeFacts, HomeQuestion};
pub use list::{List, ListQuestion, ListRow};
pub use merge::{Compared, Comparison, OtherTyped, Others};
pub use past::{Changed, Entry, Gone, Since};
pub use picker::{Ask, Pick, Picks, SuggestQuestion};
pub use record::{RecordFacts, RecordQuestion, Related, RelatedQuestion, Trashed};
pub use trash::{Trash, TrashRow};

/// Counting the rows of a list stops here.
const MOST_COUNTED: u32 = 1_000;

/// What was read for somebody.
#[derive(Debug)]
pub struct Seen<T> {
    /// Who reads.
    pub reader: Reader,
    /// The moment it was read at.
    pub now: Timestamp,
    /// What was read.
    pub page: T,
    /// How many statements that took.
    pub statements: u64,
}

/// Who reads a page, as far as every page shows it.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The person; nothing for the system.
    pub user: Option<Ref>,
    /// What they are called.
    pub name: String,
    /// What they log in with.
    pub login: String,
    /// Where they are, when they have said so.
    pub time_zone: Option<TimeZone>,
}

/// What stands for records in links, and what is known of files.
#[derive(Clone, Debug, Default)]
pub struct Titles {
    records: HashMap<Ref, Title>,
    files: HashMap<Id, File>,
}

/// What stands for a record in links: the value of its title field.
#[derive(Clone, Debug)]
pub struct Title {
    /// Whose title field it is; of another record where a title is itself a reference.
    pub entity: EntityId,
    /// The title field.
    pub field: FieldId,
    /// Its value; nothing for an untitled record.
    pub value: Value,
}

impl Titles {
    /// The title of a record; nothing for one that is not there.
    pub fn get(&self, reference: Ref) -> Option<&Title> {
        self.records.get(&reference)
    }

    /// What is known of a file; nothing for one that is not there.
    pub fn file(&self, id: Id) -> Option<&File> {
        self.files.get(&id)
    }

    /// These titles and those.
    #[must_use]
    pub fn and(mut self, others: Titles) -> Self {
        self.records.extend(others.records);
        self.files.extend(others.files);
        self
    }
}

impl Engine {
    /// Who reads.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn reader(&self, live: &Arc<Live>, actor: &Actor) -> Result<Seen<()>, Refusal> {
        self.look(live, actor, |_| Ok(())).await
    }

    /// Reads what a page needs, in one hop.
    async fn look<T, F>(&self, live: &Arc<Live>, actor: &Actor, f: F) -> Result<Seen<T>, Refusal>
    where
        T: Send + 'static,
        F: Fn(&Work<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let (live, actor) = (Arc::clone(live), actor.clone());
        self.read(move |engine, _, tx| {
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Live);
            let (reader, now, page) = (reader(&work)?, work.now, f(&work)?);
            drop(work);
            Ok(Seen { reader, now, page, statements: tx.statements() })
        })
        .await
    }
}

fn reader(work: &Work<'_>) -> Result<Reader, Refusal> {
    let Some(user) = work.actor.user else { return Ok(Reader::default()) };
    let Some(row) = work.any(user)? else { return Ok(Reader::default()) };
    let text = |name: &str| match work.live.model[user.entity].field(name) {
        Some((field, _)) => row.get(field).as_text().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let time_zone = TimeZone::get(&text("time_zone")).ok();
    Ok(Reader { user: Some(user), name: text("name"), login: text("login"), time_zone })
}

/// The titles of records, in one statement per entity and step of the way; and the files that pages came across.
fn titles(work: &Work<'_>, records: &[Ref]) -> Result<Titles, Refusal> {
    work.gather(|| {
        let mut titles = Titles { records: HashMap::with_capacity(records.len()), files: HashMap::new() };
        for record in records {
            if let Some(title) = title(work, *record)? {
                titles.records.insert(*record, title);
            }
        }
        for id in work.met_files() {
            titles.files.extend(work.file(id)?.map(|file| (id, file)));
        }
        Ok(titles)
    })
}

/// How many references a title may lead through.
const LONGEST_TITLE: usize = 3;

fn title(work: &Work<'_>, record: Ref) -> Result<Option<Title>, Refusal> {
    let mut at = record;
    for _ in 0..LONGEST_TITLE {
        let Some(row) = work.target(at)? else { return Ok(None) };
        let field = work.live.model[at.entity].title;
        match show::value(work, &row, field)? {
            Value::Ref(next) if next != at => at = next,
            // An entity without a title of its own is called by its id, which is no name for people.
            Value::Ref(_) => return Ok(Some(Title { entity: at.entity, field, value: Value::Nothing })),
            value => return Ok(Some(Title { entity: at.entity, field, value })),
        }
    }
    Ok(Some(Title { entity: at.entity, field: work.live.model[at.entity].title, value: Value::Nothing }))
}

/// The value of a field as a page shows it: worked out where it is not stored, links as a list of records, rows of
/// another entity as their number.
pub(crate) fn value(work: &Work<'_>, row: &Arc<Row>, id: FieldId) -> Result<Value, Refusal> {
    let field = &work.live.model[row.entity][id];
    if field.kind.is_rows() {
        let rows = work.rows_of(row, id)?;
        return Ok(Value::Integer(i64::try_from(rows.len()).unwrap_or(i64::MAX)));
    }
    if field.is_link() {
        let rows = work.rows_of(row, id)?;
        return Ok(Value::list(rows.iter().filter_map(|row| row.reference()).map(Value::Ref)));
    }
    let value = show::value(work, row, id)?;
    work.meet_files(field, &value);
    Ok(value)
}

/// All values of a record but the rows of other entities, by field id.
fn values(work: &Work<'_>, row: &Arc<Row>) -> Result<Vec<Value>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let fields = model[row.entity].all_fields();
    fields.map(|(id, field)| if field.kind.is_rows() { Ok(Value::Nothing) } else { value(work, row, id) }).collect()
}

/// The records that values refer to.
fn records_in<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<Ref> {
    let mut records: Vec<Ref> = values.into_iter().flat_map(Value::items).filter_map(Value::as_ref).collect();
    records.sort_unstable();
    records.dedup();
    records
}
