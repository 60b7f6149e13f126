//! A database with what tests do to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fichero_model::{Id, Model};
use fichero_test_support::Database;
use jiff::Timestamp;

use crate::schema::ddl::quoted;
use crate::schema::deployment::{self, Deployment, Publication};
use crate::schema::drift::{Drift, drift};
use crate::schema::{Error, Plan, Role, Schema};
use crate::sql::written_for;
use crate::{Cell, ColumnType, Db, Isolation, Options, Priority, Tx};

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) database: Arc<Database>,
    seconds: AtomicI64,
}

/// Runs a test on each database.
pub(crate) fn on_each(test: impl Fn(World)) {
    for database in fichero_test_support::databases() {
        test(World::on(Arc::new(database)));
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn id(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

/// What who publishes wants, besides the model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) base: Option<i64>,
    pub(crate) consent: Option<String>,
    pub(crate) file: &'static str,
}

impl World {
    /// The database with the runtime's own tables.
    pub(crate) fn on(database: Arc<Database>) -> Self {
        let options = Options::new(database.url());
        Self::with(database, &options)
    }

    /// The same, opened in another way.
    pub(crate) fn with(database: Arc<Database>, options: &Options) -> Self {
        let db = Db::open(options).unwrap();
        let world = Self { db, database, seconds: AtomicI64::new(1) };
        world.write(crate::system::install).unwrap();
        world
    }

    /// Another node on the same database.
    pub(crate) fn again(&self) -> Self {
        Self::on(Arc::clone(&self.database))
    }

    pub(crate) fn write<T: Send + 'static, E: From<crate::Error> + Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, work)
    }

    /// The next moment.
    pub(crate) fn tick(&self) -> Timestamp {
        at(self.seconds.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) fn publish(&self, model: &Model) -> Result<(Deployment, Plan), Error> {
        self.publish_as(model, Wish::default())
    }

    pub(crate) fn publish_as(&self, model: &Model, wish: Wish) -> Result<(Deployment, Plan), Error> {
        let (model, now) = (model.clone(), self.tick());
        self.write(move |tx| {
            let base = match wish.base {
                Some(base) => base,
                None => deployment::newest_seq(tx)?,
            };
            let files = BTreeMap::from([("workspace.yaml".to_owned(), Arc::from(wish.file.as_bytes()))]);
            let consent = wish.consent.as_deref();
            let publication =
                Publication { model: &model, files: &files, catalog_hash: "c", base, consent, by: "test", at: now };
            deployment::publish(tx, &publication)
        })
    }

    pub(crate) fn plan(&self, model: &Model) -> Result<Plan, Error> {
        let (model, now) = (model.clone(), self.tick());
        self.write(move |tx| deployment::plan_for(tx, &model, now))
    }

    pub(crate) fn schema(&self) -> Schema {
        let read = |tx: &mut Tx| deployment::newest(tx)?.unwrap().schema(tx);
        self.write(read).unwrap()
    }

    pub(crate) fn drift(&self) -> Vec<Drift> {
        let schema = self.schema();
        self.write(move |tx| drift(tx, &schema)).unwrap()
    }

    pub(crate) fn script(&self, sql: &str) -> Result<(), crate::Error> {
        let sql = sql.to_owned();
        self.write(move |tx| tx.script(&sql))
    }

    /// Adds a record with values in the columns of some fields, named as the model names them.
    pub(crate) fn add(&self, entity: &str, record: Id, values: &[(&str, Role, Cell)]) -> Result<(), crate::Error> {
        let schema = self.schema();
        let table = schema.table_of(entity).unwrap();
        let now = Cell::DateTime(at(0));
        let mut columns = vec!["id".to_owned(), "version".to_owned(), "created_at".to_owned(), "updated_at".to_owned()];
        let mut cells = vec![Cell::Id(record), Cell::Integer(1), now.clone(), now];
        for (field, role, cell) in values {
            columns.push(table.field(field).unwrap().column(*role).unwrap().to_owned());
            cells.push(cell.clone());
        }
        let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let signs: Vec<String> = (1..=cells.len()).map(|number| format!("?{number}")).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", quoted(&table.name), columns.join(", "), signs.join(", "));
        self.write(move |tx| tx.execute(&written_for(tx.dialect(), &sql), &cells).map(drop))
    }

    /// What the columns of a field hold, by record.
    pub(crate) fn values(&self, entity: &str, field: &str) -> BTreeMap<Id, Vec<Cell>> {
        let schema = self.schema();
        let table = schema.table_of(entity).unwrap();
        let columns = &table.field(field).unwrap().columns;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let sql = format!("SELECT \"id\", {} FROM {}", names.join(", "), quoted(&table.name));
        let types: Vec<ColumnType> =
            [ColumnType::Id].into_iter().chain(columns.iter().map(|column| column.ty)).collect();
        by_record(self.write(move |tx| tx.query(&sql, &[], &types)).unwrap())
    }

    /// What the links of a field point to, by record: the targets, and their tables where that is kept.
    pub(crate) fn links(&self, entity: &str, field: &str) -> BTreeMap<Id, Vec<Cell>> {
        let schema = self.schema();
        let found = schema.table_of(entity).unwrap().field(field).unwrap();
        let links = &found.links.as_ref().unwrap().table;
        let (kind, types) = match found.points_to_several() {
            true => (", target_kind", vec![ColumnType::Id, ColumnType::Id, ColumnType::Text]),
            false => ("", vec![ColumnType::Id, ColumnType::Id]),
        };
        let sql = format!("SELECT record, target{kind} FROM {} ORDER BY record, position", quoted(links));
        let rows = self.write(move |tx| tx.query(&sql, &[], &types)).unwrap();
        let mut found: BTreeMap<Id, Vec<Cell>> = BTreeMap::new();
        for (record, mut cells) in rows.into_iter().map(apart) {
            found.entry(record).or_default().append(&mut cells);
        }
        found
    }
}

fn by_record(rows: Vec<Vec<Cell>>) -> BTreeMap<Id, Vec<Cell>> {
    rows.into_iter().map(apart).collect()
}

fn apart(mut row: Vec<Cell>) -> (Id, Vec<Cell>) {
    let cells = row.split_off(1);
    match row.pop() {
        Some(Cell::Id(record)) => (record, cells),
        other => panic!("a row without an id: {other:?}"),
    }
}
