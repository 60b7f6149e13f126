//! One command or query in progress: the transaction, the model it pinned, who acts and when, and what was read and is
//! about to be written.
//!
//! It is also where expressions get the rows that they walk to. Rows are read once; a pass over many records first finds
//! out which rows are missing, reads them in one statement per entity, and goes again ([`Work::gather`]), so the number
//! of statements grows with the depth of the paths, never with the number of records.

mod attached;
mod drafted;
mod log;
mod write;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fichero_model::clock::Ids;
use fichero_model::entity::{Field, System};
use fichero_model::expr::{Context, Expr, Facts, Fault, Row, taken};
use fichero_model::id::SettingsId;
use fichero_model::kind::{Kind, Through};
use fichero_model::rule::SortKey;
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Record;
use fichero_store::query::{self, Aggregation, Cursor, Filter, Groups, Query};
use fichero_store::system::file::File;
use fichero_store::system::{change, data_row};
use fichero_store::{Error, Lock, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::draft::Draft;
use super::log::Entry;
use super::settings;
use crate::actor::Actor;
use crate::command::Mode;
use crate::input::Input;
use crate::live::Live;
use crate::read::list::ShapeRequest;
use crate::read::show;
use crate::refusal::{Named, Refusal};
use crate::secret::Keeper;
use crate::value::write::Written;

/// The most rounds of reading ahead: paths are at most four references deep, expanded references add one.
const ROUNDS: usize = 8;

/// One command or query in progress.
pub struct Work<'a> {
    /// The model it pinned.
    pub live: Arc<Live>,
    /// Who acts.
    pub actor: &'a Actor,
    /// The moment it happens at.
    pub now: Timestamp,
    /// Identities and randomness.
    pub ids: &'a dyn Ids,
    /// What seals secrets; nothing where there is no key.
    pub keeper: Option<&'a Keeper>,
    /// How it is meant.
    pub mode: Mode,
    tx: RefCell<&'a mut Tx>,
    /// The identity of this command: all entries of the log that it makes share it.
    command: Cell<Option<Id>>,
    /// The deletion or import it is part of.
    batch: Cell<Option<Id>>,
    /// Rows that were read, living or in the trash; nothing for those that are not there.
    rows: RefCell<HashMap<Ref, Option<Arc<Row>>>>,
    /// Files that were read; nothing for those that are not there.
    files: RefCell<HashMap<Id, Option<File>>>,
    /// Files that are shown.
    met: RefCell<BTreeSet<Id>>,
    /// The rows that are locked, and how.
    locked: RefCell<HashMap<Ref, Lock>>,
    /// Records that are taken to be living until what refers to them is written, which verifies it.
    presumed: RefCell<BTreeSet<Ref>>,
    /// The rows behind lists as they are stored: lines, children, links.
    lists: RefCell<Lists>,
    /// The lists of drafts.
    drafted: RefCell<Drafted>,
    /// Drafts that expressions see in place of what is stored.
    pending: RefCell<HashMap<Id, Arc<Row>>>,
    /// Drafts are not seen: what is asked is how things were before the command.
    before: Cell<bool>,
    /// What a pass over many records found missing; nothing outside of one.
    missing: RefCell<Option<Missing>>,
    /// Rollups of parents that have to be brought up to date.
    dirty: RefCell<Dirty>,
    /// Whether that is left to whoever comes after.
    deferring: Cell<bool>,
    /// The records whose change others follow, by the index of the follower.
    followed: RefCell<BTreeSet<(Ref, usize)>>,
    /// How many jobs that followed each other led to this one.
    pub round: Cell<u64>,
    entries: RefCell<Vec<Entry>>,
    rates: RefCell<Rates>,
    /// Likely duplicates of what is made, of which its maker is told.
    duplicates: RefCell<Vec<Named>>,
    /// The settings that were read.
    settings: RefCell<HashMap<SettingsId, Arc<Row>>>,
    /// The places of lines that were read, so that writing one keeps it.
    positions: RefCell<HashMap<Id, i64>>,
}

/// So many values are asked for in one statement at most.
const MOST_AMONG: usize = 512;

/// Rollups of parents.
pub type Dirty = BTreeSet<(Ref, FieldId)>;

/// What is worth a unit of other currencies, as far as it was read; nothing for those without a rate.
type Rates = HashMap<Currency, Option<Decimal>>;

/// What one command leaves to the next of the same transaction.
#[derive(Debug, Default)]
pub struct Carried {
    dirty: Dirty,
    rates: Rates,
}

/// Rows by the record and field whose list they are.
type Lists = HashMap<(Id, FieldId), Vec<Arc<Row>>>;

/// The same of drafts, with the version of the draft: what was before has another.
type Drafted = HashMap<(Id, FieldId), (i64, Vec<Arc<Row>>)>;

#[derive(Debug, Default)]
struct Missing {
    rows: BTreeSet<Ref>,
    files: BTreeSet<Id>,
    lists: BTreeSet<(EntityId, FieldId, Id)>,
}

impl<'a> Work<'a> {
    /// A command or query that begins now.
    pub fn new(
        live: Arc<Live>,
        tx: &'a mut Tx,
        actor: &'a Actor,
        now: Timestamp,
        (ids, keeper): (&'a dyn Ids, Option<&'a Keeper>),
        mode: Mode,
    ) -> Self {
        Self {
            live,
            actor,
            now,
            ids,
            keeper,
            mode,
            tx: RefCell::new(tx),
            command: Cell::new(None),
            batch: Cell::new(actor.cause),
            rows: RefCell::default(),
            files: RefCell::default(),
            met: RefCell::default(),
            locked: RefCell::default(),
            presumed: RefCell::default(),
            lists: RefCell::default(),
            drafted: RefCell::default(),
            pending: RefCell::default(),
            before: Cell::new(false),
            missing: RefCell::new(None),
            dirty: RefCell::default(),
            deferring: Cell::new(false),
            followed: RefCell::default(),
            round: Cell::default(),
            entries: RefCell::default(),
            rates: RefCell::default(),
            duplicates: RefCell::default(),
            settings: RefCell::default(),
            positions: RefCell::default(),
        }
    }

    /// Runs statements of the store.
    ///
    /// # Errors
    /// As the store says.
    pub fn with<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T, Error>) -> Result<T, Refusal> {
        // What a statement tells may be about the one before it, such as a record that was added.
        self.store(f).map_err(|error| self.broken(error))
    }

    fn store<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T, Error>) -> Result<T, Error> {
        f(&mut self.tx.borrow_mut())
    }

    /// The identity of this command.
    fn command_id(&self) -> Id {
        let id = self.command.get().unwrap_or_else(|| self.ids.id(self.now));
        self.command.set(Some(id));
        id
    }

    /// The identity of the deletion that this command is: what it deletes comes back together. An import deletes in many
    /// commands, each of which stands for itself.
    pub fn deletion_id(&self) -> Id {
        let id = self.command_id();
        self.batch.set(Some(self.batch.get().unwrap_or(id)));
        id
    }

    /// Tells of likely duplicates of what is made.
    pub fn tell_duplicates(&self, found: Vec<Named>) {
        self.duplicates.borrow_mut().extend(found);
    }

    /// The likely duplicates that were told of.
    pub fn take_duplicates(&self) -> Vec<Named> {
        std::mem::take(&mut self.duplicates.borrow_mut())
    }

    /// The day it is in the workspace's zone.
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.live.model.workspace.time_zone.clone()).date()
    }

    // ---- Expressions -------------------------------------------------------------------------------------------------

    /// What an expression is evaluated against.
    pub fn context<'c>(
        &'c self,
        row: Option<&'c Arc<Row>>,
        record: Option<&'c Arc<Row>>,
        old: Option<&'c Arc<Row>>,
        locals: &'c [Value],
        value: Option<&'c Value>,
    ) -> Context<'c> {
        Context {
            model: &self.live.model,
            facts: self,
            row,
            record,
            old,
            me: self.actor.user,
            now: self.now,
            locals,
            value,
        }
    }

    /// The value of an expression over a stored row.
    ///
    /// # Errors
    /// When the definition fails.
    pub fn eval_on(&self, expr: &Expr, row: &Arc<Row>) -> Result<Value, Refusal> {
        expr.eval(&self.context(Some(row), Some(row), None, &[], None))
            .map_err(|fault| self.failed_on(row.entity, row.id(), fault))
    }

    /// The value of an expression over a stored row as it was before the command, whatever drafts there are.
    ///
    /// # Errors
    /// When the definition fails.
    pub fn eval_before(&self, expr: &Expr, row: &Arc<Row>) -> Result<Value, Refusal> {
        self.before.set(true);
        let value = self.eval_on(expr, row);
        self.before.set(false);
        value
    }

    /// A draft of this command in place of a record.
    fn draft_of(&self, id: Id) -> Option<Arc<Row>> {
        if self.before.get() { None } else { self.pending.borrow().get(&id).cloned() }
    }

    /// What a field takes of a value that an expression has for it.
    ///
    /// # Errors
    /// When it is of another kind, which is the definition's fault.
    pub fn taken_by(&self, field: &Field, expr: &Expr, value: Value) -> Result<Value, Refusal> {
        taken(&self.live.model, field, value).map_err(|fault| self.fault(expr, &fault))
    }

    /// What is wrong with the value of an expression, told with its place.
    pub fn fault(&self, expr: &Expr, fault: &Fault) -> Refusal {
        Refusal::from(expr.named(fault))
    }

    /// What is told of an expression that failed on a record: which one, too, where it is stored.
    pub fn failed_on(&self, entity: EntityId, stored: Option<Id>, fault: Fault) -> Refusal {
        let entity = &self.live.model[entity].name;
        let subject = match stored {
            Some(id) => format!("{entity} {id}"),
            None => format!("a new {entity}"),
        };
        Refusal::from(Fault::new(format!("{fault} [{subject}]")))
    }

    /// Runs a pass over many records; rows that it misses are read in one statement per entity, and it runs again.
    ///
    /// # Errors
    /// What the pass gives.
    pub fn gather<T>(&self, pass: impl Fn() -> Result<T, Refusal>) -> Result<T, Refusal> {
        for _ in 0..ROUNDS {
            *self.missing.borrow_mut() = Some(Missing::default());
            let result = pass();
            let missing = self.missing.borrow_mut().take().unwrap_or_default();
            if missing.rows.is_empty() && missing.files.is_empty() && missing.lists.is_empty() {
                return result;
            }
            self.load_files(missing.files)?;
            self.load(missing.rows.into_iter())?;
            self.load_lists(missing.lists)?;
        }
        pass()
    }

    // ---- Rows --------------------------------------------------------------------------------------------------------

    /// Reads rows ahead, with one statement per entity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn load(&self, references: impl Iterator<Item = Ref>) -> Result<(), Refusal> {
        let mut wanted: HashMap<EntityId, Vec<Id>> = HashMap::new();
        for reference in references {
            let known = self.rows.borrow().contains_key(&reference) || self.draft_of(reference.id).is_some();
            let ids = wanted.entry(reference.entity).or_default();
            if !known && !ids.contains(&reference.id) {
                ids.push(reference.id);
            }
        }
        for (entity, ids) in wanted.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            let found = self.with(|tx| self.live.layout.get_many(tx, entity, &ids))?;
            let mut rows = self.rows.borrow_mut();
            rows.extend(ids.into_iter().map(|id| (Ref { entity, id }, None)));
            for record in found {
                let row = self.taken(record);
                if let Some(reference) = row.reference() {
                    rows.insert(reference, Some(row));
                }
            }
        }
        Ok(())
    }

    /// Whether a record was read.
    pub fn is_read(&self, reference: Ref) -> bool {
        self.rows.borrow().contains_key(&reference)
    }

    /// A record, living or in the trash; a draft of this command in place of what is stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn any(&self, reference: Ref) -> Result<Option<Arc<Row>>, Refusal> {
        if let Some(row) = self.draft_of(reference.id) {
            return Ok(Some(row));
        }
        self.load(std::iter::once(reference))?;
        Ok(self.rows.borrow().get(&reference).cloned().flatten())
    }

    /// A record that is not in the trash.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn living(&self, reference: Ref) -> Result<Option<Arc<Row>>, Refusal> {
        Ok(self.any(reference)?.filter(|row| row.get(System::DeletedAt.field()).is_nothing()))
    }

    /// The record that a reference points to, living or in the trash, as expressions see it: inside [`Work::gather`] a
    /// row that was not read yet is noted and read before the next pass.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn target(&self, reference: Ref) -> Result<Option<Arc<Row>>, Refusal> {
        let known = self.rows.borrow().contains_key(&reference) || self.draft_of(reference.id).is_some();
        if !known && let Some(missing) = self.missing.borrow_mut().as_mut() {
            missing.rows.insert(reference);
            return Ok(None);
        }
        self.any(reference)
    }

    /// The rows of a lines, children or many-reference field, noted and read later inside [`Work::gather`]; of a draft those
    /// that it is to have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rows_of(&self, row: &Row, field: FieldId) -> Result<Vec<Arc<Row>>, Refusal> {
        let Some(id) = row.id() else { return Ok(Vec::new()) };
        let is_draft = |version: i64| version == row.version() && !self.before.get();
        if let Some((_, rows)) = self.drafted.borrow().get(&(id, field)).filter(|(version, _)| is_draft(*version)) {
            return Ok(rows.clone());
        }
        if let Some(rows) = self.lists.borrow().get(&(id, field)) {
            return Ok(rows.clone());
        }
        if let Some(missing) = self.missing.borrow_mut().as_mut() {
            missing.lists.insert((row.entity, field, id));
            return Ok(Vec::new());
        }
        self.load_lists(std::iter::once((row.entity, field, id)).collect())?;
        Ok(self.lists.borrow().get(&(id, field)).cloned().unwrap_or_default())
    }

    fn load_lists(&self, wanted: BTreeSet<(EntityId, FieldId, Id)>) -> Result<(), Refusal> {
        let mut by_field: HashMap<(EntityId, FieldId), Vec<Id>> = HashMap::new();
        for (entity, field, id) in wanted {
            by_field.entry((entity, field)).or_default().push(id);
        }
        for ((entity, field), ids) in by_field {
            let mut found: HashMap<Id, Vec<Arc<Row>>> = ids.iter().map(|id| (*id, Vec::new())).collect();
            match &self.live.model[entity][field].kind {
                Kind::Lines { of, by } | Kind::Children { of, by } => {
                    for record in self.with(|tx| self.live.layout.referring(tx, *of, *by, &ids, false))? {
                        let row = self.taken(record);
                        if let Some(parent) = row.get(*by).as_ref() {
                            found.entry(parent.id).or_default().push(row);
                        }
                    }
                }
                kind => {
                    let links = match through(kind) {
                        Some(through) => self.links_through(through, &ids)?,
                        None => self.with(|tx| self.live.layout.links(tx, entity, field, &ids))?,
                    };
                    self.load(links.iter().map(|(_, target)| *target))?;
                    for (id, target) in links {
                        if let Some(row) = self.living(target)? {
                            found.entry(id).or_default().push(row);
                        }
                    }
                }
            }
            self.lists.borrow_mut().extend(found.into_iter().map(|(id, rows)| ((id, field), rows)));
        }
        Ok(())
    }

    /// The records on the other side of a link entity, for each record on this side.
    fn links_through(&self, through: Through, ids: &[Id]) -> Result<Vec<(Id, Ref)>, Refusal> {
        let found = self.with(|tx| self.live.layout.referring(tx, through.entity, through.from, ids, false))?;
        let rows = found.into_iter().map(|record| self.remember(record));
        Ok(rows.filter_map(|row| Some((row.get(through.from).as_ref()?.id, row.get(through.to).as_ref()?))).collect())
    }

    /// The living records where a stored field equals a value.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn equal(
        &self,
        entity: EntityId,
        field: FieldId,
        value: Value,
        limit: usize,
    ) -> Result<Vec<Arc<Row>>, Refusal> {
        let filter = Filter { equals: vec![(field, value)], ..Filter::all(entity) };
        Ok(self.page(&Query::new(filter, limit), None)?.0.rows)
    }

    /// The living records where a stored field of one value is one of some; nothing where there are far more than these.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn among(&self, entity: EntityId, field: FieldId, values: &[Value]) -> Result<Option<Vec<Arc<Row>>>, Refusal> {
        let mut rows = Vec::new();
        for chunk in values.chunks(MOST_AMONG) {
            let mut values = chunk.to_vec();
            // So that there are few statements to prepare.
            let size = values.len().next_power_of_two();
            values.resize(size, chunk.last().cloned().unwrap_or_default());
            let filter = Filter { among: Some((field, values)), ..Filter::all(entity) };
            let (found, _) = self.page(&Query { fields: Some(&[field]), ..Query::new(filter, 4 * size) }, None)?;
            if found.next.is_some() {
                return Ok(None);
            }
            rows.extend(found.rows);
        }
        Ok(Some(rows))
    }

    /// The records a rule looks up; `record` is the draft.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(
        &self,
        entity: EntityId,
        filter: Option<&Expr>,
        sort: &[SortKey],
        limit: usize,
        draft: &Draft,
        locals: &[Value],
    ) -> Result<Vec<Arc<Row>>, Refusal> {
        let filter = Filter { conditions: filter.into_iter().collect(), ..Filter::all(entity) };
        let context = self.context(None, Some(&draft.row), draft.old.as_ref(), locals, None);
        Ok(self.ask(&Query { sort, ..Query::new(filter, limit) }, &context, None)?.0.rows)
    }

    /// A page of records, and how many there are in all, counted up to a cap where one is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn page(&self, query: &Query<'_>, cap: Option<u32>) -> Result<(Found, Option<u64>), Refusal> {
        let context = self.context(None, None, None, &[], None);
        self.ask(query, &context, cap)
    }

    /// The ids of a page of records, and where it ended, when there are more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn page_of_ids(&self, query: &Query<'_>) -> Result<(Vec<Id>, Option<Cursor>), Refusal> {
        let query = Query { fields: Some(&[]), ..query.clone() };
        let context = self.context(None, None, None, &[], None);
        let prepared = query.prepare(&self.live.layout, &context)?;
        let page = self.with(|tx| prepared.page(tx))?;
        Ok((page.items.iter().filter_map(|found| found.record.row.id()).collect(), page.next))
    }

    fn ask(&self, query: &Query<'_>, context: &Context<'_>, cap: Option<u32>) -> Result<(Found, Option<u64>), Refusal> {
        // What is known beforehand may be read from other records, so it is worked out before the statement runs.
        let prepared = query.prepare(&self.live.layout, context)?;
        let page = self.with(|tx| prepared.page(tx))?;
        let count = cap.map(|cap| self.with(|tx| prepared.count(tx, cap))).transpose()?;
        let rows = page.items.into_iter().map(|found| self.remember(found.record)).collect();
        Ok((Found { rows, next: page.next }, count))
    }

    /// How many records each filter lets through, counted up to a cap, in one statement.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn counts(&self, filters: Vec<Filter<'_>>, cap: u32) -> Result<Vec<u64>, Refusal> {
        let context = self.context(None, None, None, &[], None);
        let prepare = |filter: Filter<'_>| Query::new(filter, 0).prepare(&self.live.layout, &context);
        let questions = filters.into_iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        self.with(|tx| query::counts(tx, &questions, cap))
    }

    /// Sums and counts over groups.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn aggregate(&self, aggregation: &Aggregation<'_>) -> Result<Groups, Refusal> {
        let context = self.context(None, None, None, &[], None);
        let prepared = aggregation.prepare(&self.live.layout, &context)?;
        self.with(|tx| prepared.run(tx))
    }

    /// What became of a record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn history(&self, reference: Ref, before: Option<Id>, limit: u32) -> Result<Vec<change::Change>, Refusal> {
        self.with(|tx| change::history(tx, reference.id, before, limit))
    }

    /// The record of a data row.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn data_row(&self, entity: EntityId, name: &str) -> Result<Option<Id>, Refusal> {
        let table = self.live.layout.table_name(entity);
        self.with(|tx| data_row::find(tx, &table, name))
    }

    /// The record as it is answered after a command; nothing when it is gone.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn answer(&self, entity: EntityId, id: Id, shape: &ShapeRequest) -> Result<Option<Written>, Refusal> {
        let shape = show::shape(&self.live.model, entity, shape)?;
        let Some(row) = self.any(Ref { entity, id })? else { return Ok(None) };
        Ok(show::records(self, entity, &[row], &shape)?.pop())
    }

    // ---- Drafts ------------------------------------------------------------------------------------------------------

    /// The stored lines of a record, locked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn stored_lines(&self, parent: &Arc<Row>, field: FieldId) -> Result<Vec<Arc<Row>>, Refusal> {
        let (Kind::Lines { of, by }, Some(id)) = (&self.live.model[parent.entity][field].kind, parent.id()) else {
            return Ok(Vec::new());
        };
        let found = self.with(|tx| self.live.layout.lock_referring(tx, *of, *by, &[id], false, Lock::Change))?;
        Ok(found.into_iter().map(|record| self.taken(record)).collect())
    }

    /// Puts when and by whom into a row.
    pub fn stamp(&self, row: &mut Row, made: bool) {
        let now = Value::DateTime(self.now);
        let who = self.actor.user.map_or(Value::Nothing, Value::Ref);
        if made {
            row.set(System::CreatedAt.field(), now.clone());
            row.set(System::CreatedBy.field(), who.clone());
        }
        row.set(System::UpdatedAt.field(), now);
        row.set(System::UpdatedBy.field(), who);
    }

    /// The newest rate of a currency: units of the workspace's currency for one of it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rate(&self, currency: Currency) -> Result<Option<Decimal>, Refusal> {
        if let Some(rate) = self.rates.borrow().get(&currency) {
            return Ok(*rate);
        }
        let rate = match &self.live.model.rates {
            None => None,
            Some(rates) => {
                let newest = [SortKey { by: self.live.field_expr(rates.entity, rates.date), descending: true }];
                let query = Query { sort: &newest, ..Query::new(Filter::all(rates.entity).and(&rates.applies), 1) };
                let code = Value::text(currency.as_str());
                let context = self.context(None, None, None, &[], Some(&code));
                let (found, _) = self.ask(&query, &context, None)?;
                found.rows.first().and_then(|row| row.get(rates.rate).as_number())
            }
        };
        self.rates.borrow_mut().insert(currency, rate);
        Ok(rate)
    }

    /// A row as it was read.
    fn taken(&self, record: Record) -> Arc<Row> {
        if let (Some(id), Some(position)) = (record.row.id(), record.position) {
            self.positions.borrow_mut().insert(id, position);
        }
        let mut row = record.row;
        if row.overridden != record.overridden {
            Arc::make_mut(&mut row).overridden = record.overridden;
        }
        row
    }

    fn remember(&self, record: Record) -> Arc<Row> {
        let row = self.taken(record);
        if let Some(reference) = row.reference() {
            self.rows.borrow_mut().insert(reference, Some(Arc::clone(&row)));
        }
        row
    }
}

impl Facts for Work<'_> {
    fn row(&self, reference: Ref) -> Result<Option<Arc<Row>>, Fault> {
        self.target(reference).map_err(told)
    }

    fn rows(&self, of: &Row, field: FieldId) -> Result<Vec<Arc<Row>>, Fault> {
        self.rows_of(of, field).map_err(told)
    }

    fn settings(&self, settings: SettingsId) -> Result<Option<Arc<Row>>, Fault> {
        let Some(definition) = self.live.model.settings.get(settings.index()) else { return Ok(None) };
        if let Some(row) = self.settings.borrow().get(&settings) {
            return Ok(Some(Arc::clone(row)));
        }
        let row = match settings::nearest(self, definition).map_err(told)? {
            Some(row) => row,
            // Settings that nobody has changed are what their definitions say.
            None => Draft::create(self, definition.entity, Input::default()).map_err(told)?.row,
        };
        self.settings.borrow_mut().insert(settings, Arc::clone(&row));
        Ok(Some(row))
    }

    fn has_role(&self, role: &str) -> bool {
        // Until roles come with access, there is one: the administrator's.
        self.actor.admin && role == "admin"
    }
}

/// A page of records.
#[derive(Debug)]
pub struct Found {
    /// The records.
    pub rows: Vec<Arc<Row>>,
    /// Where the page ended, when there are more.
    pub next: Option<Cursor>,
}

/// The link entity of a reference to many, where it has one.
pub fn through(kind: &Kind) -> Option<Through> {
    match kind {
        Kind::Ref(reference) => reference.through,
        _ => None,
    }
}

fn told(refusal: Refusal) -> Fault {
    Fault::new(refusal.detail.text(fichero_model::label::Locale::EN))
}
