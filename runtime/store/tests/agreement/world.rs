//! Random rows of the fixture model, in memory and on each database.

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::clock::{Ids as _, SeededIds};
use fichero_model::entity::System;
use fichero_model::expr::{Context, Facts, Fault, Row};
use fichero_model::fixture::{Memory, sample};
use fichero_model::id::SettingsId;
use fichero_model::kind::Kind;
use fichero_model::value::{Currency, Money};
use fichero_model::{EntityId, FieldId, Id, Model, Ref, Value};
use fichero_store::schema::Schema;
use fichero_store::schema::deployment::{Publication, publish};
use fichero_store::{Db, Error, Isolation, Layout, Options, Priority, Record, system};
use jiff::Timestamp;
use rust_decimal::Decimal;

/// The entity that questions are about, and how many rows there are of each.
const ASKED: &str = "opportunity";
const ROWS: [(&str, usize); 8] = [
    ("team", 3),
    ("user", 5),
    ("account", 9),
    ("contact", 8),
    ("opportunity", 40),
    ("opportunity_line", 45),
    ("quote", 25),
    ("note", 10),
];

pub struct World {
    model: &'static Arc<Model>,
    shared: Shared,
    entity: EntityId,
    sides: Vec<Side>,
}

/// A database with the rows in it.
pub struct Side {
    pub db: Db,
    pub layout: Arc<Layout>,
    _database: fichero_test_support::Database,
}

/// What a question needs to know beforehand, on whichever thread it is asked.
#[derive(Clone)]
pub struct Shared {
    model: &'static Model,
    rows: Arc<Rows>,
    me: Option<Ref>,
    now: Timestamp,
}

/// The rows in memory, of which lists show only the living.
pub struct Rows(Memory<'static>);

/// The zones of the worlds: an ordinary one; one in which a minute of a day is followed by an hour of the day before;
/// one that left out a day; one whose clocks are known beforehand year by year, and never change after.
const ZONES: [&str; 4] = ["Europe/Madrid", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca"];

/// The fixture model, in each of the zones.
fn model(zone: &str) -> Arc<Model> {
    let mut model = sample();
    model.workspace.time_zone = fichero_model::expr::time::zone(zone).unwrap();
    Arc::new(model)
}

impl World {
    pub fn new(seed: u64) -> Self {
        let model: &'static Arc<Model> = Box::leak(Box::new(model(ZONES[seed as usize % ZONES.len()])));
        let ids = SeededIds::new(seed * 1_000_003);
        let mut maker = Maker { model, ids, rows: Memory::new(model), made: BTreeMap::new() };
        for (name, count) in ROWS {
            let (entity, _) = model.entity(name).unwrap();
            for _ in 0..count {
                maker.add(name, entity);
            }
        }
        let users = maker.made[&model.user].clone();
        let me = maker.pick(&users);
        let rows = Rows(maker.rows);
        let sides =
            fichero_test_support::databases().into_iter().map(|database| Side::new(model, database, &rows.0)).collect();
        let now = "2026-03-15T10:20:30.5Z".parse().unwrap();
        let (entity, _) = model.entity(ASKED).unwrap();
        Self { model, shared: Shared { model, rows: Arc::new(rows), me, now }, entity, sides }
    }

    pub fn model(&self) -> &'static Model {
        self.model
    }

    pub fn entity(&self) -> EntityId {
        self.entity
    }

    pub fn sides(&self) -> &[Side] {
        &self.sides
    }

    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// What something is of each row that questions are about.
    pub fn all<T>(&self, of: impl Fn(&Context<'_>) -> Result<T, Fault>) -> Result<Vec<(Id, T)>, Fault> {
        let rows = self.shared.rows.0.all(self.entity);
        rows.map(|row| Ok((row.id().unwrap(), of(&Context { row: Some(row), ..self.shared.context() })?))).collect()
    }
}

impl Shared {
    pub fn context(&self) -> Context<'_> {
        Context { me: self.me, ..Context::bare(self.model, &*self.rows, self.now) }
    }
}

impl Facts for Rows {
    fn row(&self, reference: Ref) -> Result<Option<Arc<Row>>, Fault> {
        Facts::row(&self.0, reference)
    }

    fn rows(&self, of: &Row, field: FieldId) -> Result<Vec<Arc<Row>>, Fault> {
        let living = |row: &Arc<Row>| row.get(System::DeletedAt.field()).is_nothing();
        Ok(Facts::rows(&self.0, of, field)?.into_iter().filter(living).collect())
    }

    fn has_role(&self, role: &str) -> bool {
        role == "sales_manager"
    }

    fn settings(&self, settings: SettingsId) -> Result<Option<Arc<Row>>, Fault> {
        Facts::settings(&self.0, settings)
    }
}

impl Side {
    fn new(model: &'static Arc<Model>, database: fichero_test_support::Database, rows: &Memory<'static>) -> Self {
        let db = Db::open(&Options::new(database.url())).unwrap();
        db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx| {
            system::install(tx)?;
            let publication = Publication {
                model,
                files: &BTreeMap::new(),
                catalog_hash: "0",
                base: 0,
                consent: None,
                by: "test",
                at: Timestamp::UNIX_EPOCH,
            };
            publish(tx, &publication).map(drop).map_err(|error| Error::Statement(format!("{error:?}")))
        })
        .unwrap();
        let schema = Arc::new(Schema::of(model).unwrap());
        let layout = Arc::new(Layout::new(Arc::clone(model), schema, db.dialect()).unwrap());
        let records: Vec<Record> = model
            .all_entities()
            .flat_map(|(entity, _)| rows.all(entity))
            .map(|row| Record::new(Row::clone(row)))
            .collect();
        let mut links = Vec::new();
        for row in model.all_entities().flat_map(|(entity, _)| rows.all(entity)) {
            for (field, _) in model[row.entity].all_fields().filter(|(_, field)| field.is_link()) {
                links.push((row.reference().unwrap(), field, rows.linked(row.reference().unwrap(), field).to_vec()));
            }
        }
        let shared = Arc::clone(&layout);
        db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
            // Whatever points to a record comes after it, but for a record's own parent: that is given afterwards.
            let mut order: Vec<&Record> = records.iter().collect();
            let place = |record: &Record| ROWS.iter().position(|(name, _)| *name == &*model[record.row.entity].name);
            order.sort_by_key(|record| place(record));
            for record in order {
                shared.insert(tx, record, &[])?;
            }
            for (record, field, targets) in &links {
                shared.set_links(tx, record.entity, *field, record.id, targets)?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
        Self { db, layout, _database: database }
    }
}

/// Makes random rows.
struct Maker {
    model: &'static Model,
    ids: SeededIds,
    rows: Memory<'static>,
    made: BTreeMap<EntityId, Vec<Ref>>,
}

impl Maker {
    fn below(&self, count: usize) -> usize {
        let mut bytes = [0; 8];
        self.ids.random(&mut bytes);
        (u64::from_be_bytes(bytes) % count.max(1) as u64) as usize
    }

    fn pick<T: Clone>(&self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).cloned()
    }

    fn add(&mut self, name: &'static str, entity: EntityId) {
        let declared = &self.model[entity];
        let mut values =
            vec![("created_at", Value::DateTime(self.moment())), ("updated_at", Value::DateTime(self.moment()))];
        for (_, field) in declared.all_fields() {
            let name: &'static str = Box::leak(field.name.to_string().into_boxed_str());
            let is_stored = field.is_stored() && !field.system;
            if is_stored && (self.below(4) > 0 || field.required || field.unique) {
                values.push((name, self.value(&field.kind, field.many, field.unique)));
            }
            if matches!(&*field.name, "created_by" | "deleted_at") && self.below(3) == 0 {
                values.push((name, self.value(&field.kind, false, false)));
            }
        }
        let reference = self.rows.add(name, values);
        self.made.entry(entity).or_default().push(reference);
        for (_, field) in declared.all_fields().filter(|(_, field)| field.is_link()) {
            let Kind::Ref(targets) = &field.kind else { continue };
            let known: Vec<Ref> =
                targets.targets.iter().flat_map(|target| self.made.get(target).cloned().unwrap_or_default()).collect();
            let mut some: Vec<Ref> = (0..self.below(4)).filter_map(|_| self.pick(&known)).collect();
            some.sort();
            some.dedup();
            self.rows.link(reference, &field.name, some);
        }
    }

    fn value(&mut self, kind: &Kind, many: bool, unique: bool) -> Value {
        if many {
            let items: Vec<Value> = (0..self.below(3)).map(|_| self.value(kind, false, false)).collect();
            return Value::list(items);
        }
        match kind {
            Kind::Text { .. } if unique => Value::text(&format!("Nº {}", self.below(1_000_000_000))),
            Kind::Text { .. } | Kind::LongText { .. } => Value::text(TEXTS[self.below(TEXTS.len())]),
            Kind::Integer => Value::Integer(INTEGERS[self.below(INTEGERS.len())]),
            Kind::Decimal { scale } => {
                let number = INTEGERS[self.below(INTEGERS.len())];
                Value::Decimal(Decimal::new(number, u32::from(*scale)))
            }
            Kind::Money { .. } => {
                let base = Decimal::new(INTEGERS[self.below(INTEGERS.len())], 4);
                let currency = ["EUR", "USD"][self.below(2)];
                let amount = if currency == "EUR" { base } else { base + Decimal::ONE };
                Value::Money(Money { amount, currency: Currency::parse(currency).unwrap(), base })
            }
            Kind::Boolean => Value::Boolean(self.below(2) == 0),
            Kind::Date => Value::Date(DATES[self.below(DATES.len())].parse().unwrap()),
            Kind::Time => Value::Time(["00:00:00", "09:30:00", "09:30:15", "23:59:59"][self.below(4)].parse().unwrap()),
            Kind::DateTime => Value::DateTime(self.moment()),
            Kind::Duration => {
                Value::Duration([-86_400, -1, 0, 1, 3_600, 86_400, 172_801, 400_000_000_000][self.below(8)])
            }
            Kind::Choice { options } => {
                let names: Vec<&str> = self.model[*options].options.iter().map(|option| &*option.name).collect();
                Value::text(names[self.below(names.len())])
            }
            Kind::Ref(reference) => {
                let known: Vec<Ref> = reference
                    .targets
                    .iter()
                    .flat_map(|target| self.made.get(target).cloned().unwrap_or_default())
                    .collect();
                self.pick(&known).map_or(Value::Nothing, Value::Ref)
            }
            Kind::File(_) => Value::text(&format!("018f3c1e-0000-7000-8000-{:012}", self.below(3))),
            Kind::Json => Value::Json(Arc::new(serde_json::json!({"n": self.below(3), "list": [1.5, null, "x"]}))),
            Kind::Secret { .. } => Value::text("sealed"),
            Kind::Lines { .. } | Kind::Children { .. } => Value::Nothing,
        }
    }

    fn moment(&self) -> Timestamp {
        MOMENTS[self.below(MOMENTS.len())].parse().unwrap()
    }
}

const TEXTS: [&str; 16] = [
    "a",
    "A",
    "Ábaco",
    "abaco",
    "acme",
    "Acme  Corp",
    "ACME corp",
    "Straße",
    "strasse",
    "Ñandú",
    "zeta",
    "100% _x_\\",
    "'; --",
    "\u{301}",
    " a ",
    "\u{3000}Ábaco\u{85}\t",
];

const INTEGERS: [i64; 16] = [
    0,
    1,
    -1,
    2,
    5,
    7,
    50,
    99,
    100,
    101,
    12_345,
    -12_345,
    1_000_000,
    9_000_000_000_000_000,
    -9_000_000_000_000_000,
    8_999_999_999_999_999,
];

const DATES: [&str; 12] = [
    "0001-01-01",
    "1970-01-01",
    "2024-02-29",
    "2026-01-31",
    "2026-03-14",
    "2026-03-15",
    "2026-03-16",
    "2006-10-29",
    "2011-12-30",
    "2026-10-25",
    "2026-12-31",
    "9999-12-31",
];

const MOMENTS: [&str; 20] = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-03-15T10:20:30.5Z",
    "2026-03-15T10:20:31.499999Z",
    "2026-03-16T00:00:00Z",
    "9999-12-30T00:00:00.000001Z",
    // Around changes of clocks in one of the zones.
    "0001-01-01T03:00:00Z",
    "0001-01-02T00:00:00Z",
    "2006-10-29T02:30:30Z",
    "2006-10-29T02:31:00Z",
    "2006-10-29T03:30:00Z",
    "2011-12-30T09:59:59.999999Z",
    "2011-12-30T10:00:00Z",
    "2011-12-31T22:00:00Z",
    "2026-03-28T23:00:00Z",
    "2026-03-29T01:00:00Z",
    "2087-04-20T02:00:00Z",
    "2400-02-29T23:30:00Z",
    "2500-07-01T00:30:00Z",
    "9999-10-31T02:30:00Z",
];
