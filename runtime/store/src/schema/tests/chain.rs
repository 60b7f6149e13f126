//! Random chains of edits: whatever authors do to their definitions, what should be kept is kept, and nothing is left
//! to do afterwards.
//!
//! [`Author`] keeps two things side by side: the definitions, and what the rows must hold by all that was promised. What
//! is retired is remembered, for it must come back with its values.

use std::collections::BTreeMap;

use fichero_model::fixture::{
    self, Builder, Spec, boolean, choice, date, decimal, integer, link, longtext, reference, text,
};
use fichero_model::{Id, Model};
use jiff::civil;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use super::world::{Wish, World, at, on_each};
use crate::Cell;
use crate::schema::deployment::{self, Pruning};
use crate::schema::{Error, Role};

const ENTITIES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];
const FIELDS: [&str; 7] = ["one", "two", "three", "four", "five", "six", "seven"];
const OPTIONS: [&str; 3] = ["red", "green", "blue"];
const USER: u8 = 200;
const TEAM: u8 = 201;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    LongText,
    Integer,
    Decimal(u8),
    Boolean,
    Date,
    DateTime,
    Choice,
    Ref,
    AnyRef,
    Link,
    AnyLink,
    Texts,
    Integers,
    Booleans,
    Dates,
    DateTimes,
}

impl Kind {
    const ALL: [Kind; 17] = [
        Kind::Text,
        Kind::LongText,
        Kind::Integer,
        Kind::Decimal(2),
        Kind::Decimal(4),
        Kind::Boolean,
        Kind::Date,
        Kind::DateTime,
        Kind::Choice,
        Kind::Ref,
        Kind::AnyRef,
        Kind::Link,
        Kind::AnyLink,
        Kind::Texts,
        Kind::Integers,
        Kind::Booleans,
        Kind::Dates,
    ];

    /// What it may become while it holds any values.
    fn safe(self) -> &'static [Kind] {
        match self {
            Kind::Text => &[Kind::LongText, Kind::Texts],
            Kind::LongText => &[Kind::Text],
            Kind::Integer => &[Kind::Decimal(2), Kind::Decimal(4), Kind::Integers],
            Kind::Decimal(2) => &[Kind::Decimal(4)],
            Kind::Decimal(_) => &[Kind::Decimal(2)],
            Kind::Boolean => &[Kind::Booleans],
            Kind::Date => &[Kind::Dates],
            Kind::DateTime => &[Kind::DateTimes],
            Kind::Choice => &[Kind::Text, Kind::LongText],
            Kind::Ref => &[Kind::AnyRef, Kind::Link, Kind::AnyLink],
            Kind::AnyRef => &[Kind::AnyLink],
            Kind::Link => &[Kind::AnyLink],
            Kind::AnyLink | Kind::Texts | Kind::Integers | Kind::Booleans | Kind::Dates | Kind::DateTimes => &[],
        }
    }

    fn spec(self, name: &'static str) -> Spec {
        match self {
            Kind::Text => text(name),
            Kind::LongText => longtext(name),
            Kind::Integer => integer(name),
            Kind::Decimal(scale) => decimal(name, scale),
            Kind::Boolean => boolean(name),
            Kind::Date => date(name),
            Kind::DateTime => fixture::datetime(name),
            Kind::Choice => choice(name, &OPTIONS),
            Kind::Ref => reference(name, &["user"]),
            Kind::AnyRef => reference(name, &["user", "team"]),
            Kind::Link => link(name, &["user"]),
            Kind::AnyLink => link(name, &["user", "team"]),
            Kind::Texts => text(name).many(),
            Kind::Integers => integer(name).many(),
            Kind::Booleans => boolean(name).many(),
            Kind::Dates => date(name).many(),
            Kind::DateTimes => fixture::datetime(name).many(),
        }
    }

    /// A value made of a number, as it is stored and as it must be read; links get none.
    fn value(self, n: u8) -> Option<(Vec<(Role, Cell)>, Json)> {
        let one = |cell: Cell, json: Json| Some((vec![(Role::Value, cell)], json));
        let word = format!("Wörd {n}");
        match self {
            Kind::Text => {
                let key = Cell::text(&fichero_model::fold::key(&word));
                Some((vec![(Role::Value, Cell::text(&word)), (Role::Key, key)], json!(word)))
            }
            Kind::LongText => one(Cell::text(&word), json!(word)),
            Kind::Integer => one(Cell::Integer(n.into()), json!(format!("{n}.0000"))),
            Kind::Decimal(scale) => {
                let digits = 10_i64.pow(scale.into());
                one(Cell::Integer(i64::from(n) * digits + digits / 4), json!(format!("{n}.2500")))
            }
            Kind::Boolean => one(Cell::Boolean(n.is_multiple_of(2)), json!(n.is_multiple_of(2))),
            Kind::Date => {
                let day = civil::date(2026, 1, i8::try_from(n % 28).unwrap() + 1);
                one(Cell::Date(day), json!(day.to_string()))
            }
            Kind::DateTime => {
                let moment = at(1_000_000 + i64::from(n));
                one(Cell::DateTime(moment), json!(moment.as_microsecond()))
            }
            Kind::Choice => {
                let option = OPTIONS[usize::from(n) % OPTIONS.len()];
                one(Cell::text(option), json!(option))
            }
            Kind::Ref => one(Cell::Id(id(USER)), json!(id(USER).to_string())),
            Kind::AnyRef => {
                let (target, table) = if n.is_multiple_of(2) { (USER, "user") } else { (TEAM, "team") };
                let cells = vec![(Role::Value, Cell::Id(id(target))), (Role::Kind, Cell::text(table))];
                Some((cells, json!(id(target).to_string())))
            }
            Kind::Texts => one(json!([word]).into(), json!([word])),
            Kind::Integers => one(json!([n]).into(), json!([n])),
            Kind::Link | Kind::AnyLink | Kind::Booleans | Kind::Dates | Kind::DateTimes => None,
        }
    }

    /// A value after the field has become this kind.
    fn turned(self, value: &Json) -> Json {
        match self {
            Kind::Integers => {
                let whole = value.as_str().and_then(|text| text.split('.').next()?.parse::<i64>().ok());
                json!([whole])
            }
            Kind::Texts | Kind::Booleans | Kind::Dates | Kind::DateTimes => json!([value]),
            Kind::Link | Kind::AnyLink if !value.is_array() => json!([value]),
            _ => value.clone(),
        }
    }
}

fn id(number: u8) -> Id {
    super::world::id(number)
}

/// Whether a field that changes its kind stays where it is.
fn keeps_its_columns(before: Kind, after: Kind) -> bool {
    let is_text = |kind| matches!(kind, Kind::Text | Kind::LongText);
    (is_text(before) || before == Kind::Choice) && is_text(after)
}

/// What the definitions say of a field, and what its rows must hold.
#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    was: Vec<&'static str>,
    kind: Kind,
    index: bool,
    /// By record; a record without a value holds nothing.
    values: BTreeMap<Id, Json>,
}

#[derive(Clone, Debug)]
struct Entity {
    name: &'static str,
    was: Vec<&'static str>,
    fields: Vec<Field>,
    /// Fields that were taken out, the last one last.
    retired: Vec<Field>,
    records: Vec<Id>,
}

#[derive(Default)]
struct Author {
    entities: Vec<Entity>,
    retired: Vec<Entity>,
    records: u8,
    log: Vec<String>,
}

/// An edit; the numbers choose among what there is.
#[derive(Clone, Debug)]
enum Edit {
    AddEntity(usize),
    RemoveEntity(usize),
    RenameEntity(usize, usize),
    AddField(usize, usize, usize),
    RemoveField(usize, usize),
    RenameField(usize, usize, usize),
    ChangeKind(usize, usize, usize),
    ToggleIndex(usize, usize),
    AddRecord(usize, u8),
    Prune,
}

fn edit() -> impl Strategy<Value = Edit> {
    let n = 0..100_usize;
    prop_oneof![
        2 => n.clone().prop_map(Edit::AddEntity),
        1 => n.clone().prop_map(Edit::RemoveEntity),
        2 => (n.clone(), n.clone()).prop_map(|(a, b)| Edit::RenameEntity(a, b)),
        6 => (n.clone(), n.clone(), n.clone()).prop_map(|(a, b, c)| Edit::AddField(a, b, c)),
        2 => (n.clone(), n.clone()).prop_map(|(a, b)| Edit::RemoveField(a, b)),
        3 => (n.clone(), n.clone(), n.clone()).prop_map(|(a, b, c)| Edit::RenameField(a, b, c)),
        5 => (n.clone(), n.clone(), n.clone()).prop_map(|(a, b, c)| Edit::ChangeKind(a, b, c)),
        1 => (n.clone(), n.clone()).prop_map(|(a, b)| Edit::ToggleIndex(a, b)),
        6 => (n, any::<u8>()).prop_map(|(a, b)| Edit::AddRecord(a, b)),
        1 => Just(Edit::Prune),
    ]
}

fn nth<T>(list: &mut [T], n: usize) -> Option<&mut T> {
    let length = list.len();
    list.get_mut(n.checked_rem(length)?)
}

/// The `n`th of the names that nothing bears.
fn unused(names: &[&'static str], taken: &[&str], n: usize) -> Option<&'static str> {
    let free: Vec<&'static str> = names.iter().copied().filter(|name| !taken.contains(name)).collect();
    Some(free[n.checked_rem(free.len())?])
}

impl Author {
    fn model(&self) -> Model {
        let mut builder = Builder::new();
        for entity in &self.entities {
            let fields = entity.fields.iter().map(|field| {
                let spec = field.kind.spec(field.name);
                if field.index { spec.index() } else { spec }
            });
            builder = builder.entity(entity.name, fields.collect::<Vec<_>>());
        }
        let mut model = builder.build();
        for entity in &self.entities {
            let (at, _) = model.entity(entity.name).unwrap();
            let made = &mut model.entities[at.index()];
            made.was = entity.was.iter().map(|was| (*was).into()).collect();
            for field in &entity.fields {
                let made = made.fields.iter_mut().find(|made| &*made.name == field.name).unwrap();
                made.was = field.was.iter().map(|was| (*was).into()).collect();
            }
        }
        model
    }

    /// Publishes the definitions and looks whether all that should be kept was kept.
    fn publish_and_verify(&self, world: &World) {
        let model = self.model();
        world
            .publish_as(&model, Wish::default())
            .unwrap_or_else(|error| panic!("{error}: {error:?} after {:#?}", self.log));
        let again = world.plan(&model).unwrap();
        assert!(again.is_empty(), "{:#?} is left to do after {:#?}", again.steps, self.log);
        assert_eq!(world.drift(), [], "after {:#?}", self.log);
        self.entities.iter().for_each(|entity| entity.verify(world, &self.log));
    }

    fn edit(&mut self, edit: &Edit, world: &World) {
        let done = self.try_edit(edit, world);
        self.log.push(format!("{edit:?}{}", if done.is_some() { "" } else { " (nothing to do it to)" }));
    }

    fn try_edit(&mut self, edit: &Edit, world: &World) -> Option<()> {
        match *edit {
            Edit::AddEntity(n) => {
                let taken: Vec<&str> = self.entities.iter().map(|entity| entity.name).collect();
                let name = unused(&ENTITIES, &taken, n)?;
                // One that was there before comes back with all it had.
                let old = self.retired.iter().rposition(|old| old.name == name).map(|at| self.retired.remove(at));
                let new = || Entity { name, was: vec![], fields: vec![], retired: vec![], records: vec![] };
                self.entities.push(old.unwrap_or_else(new));
            }
            Edit::RemoveEntity(n) => {
                let at = n.checked_rem(self.entities.len())?;
                self.retired.push(self.entities.remove(at));
            }
            Edit::RenameEntity(n, to) => {
                let taken: Vec<&str> = self.entities.iter().chain(&self.retired).map(|entity| entity.name).collect();
                let name = unused(&ENTITIES, &taken, to)?;
                let entity = nth(&mut self.entities, n)?;
                entity.was.insert(0, entity.name);
                entity.name = name;
            }
            Edit::AddField(n, name, kind) => {
                let entity = nth(&mut self.entities, n)?;
                let taken: Vec<&str> = entity.fields.iter().map(|field| field.name).collect();
                let name = unused(&FIELDS, &taken, name)?;
                let kind = Kind::ALL[kind % Kind::ALL.len()];
                let old = entity.retired.iter().rposition(|old| old.name == name && old.kind == kind);
                let new = || Field { name, was: vec![], kind, index: false, values: BTreeMap::new() };
                let field = old.map_or_else(new, |at| entity.retired.remove(at));
                entity.fields.push(field);
            }
            Edit::RemoveField(n, field) => {
                let entity = nth(&mut self.entities, n)?;
                let at = field.checked_rem(entity.fields.len())?;
                entity.retired.push(entity.fields.remove(at));
            }
            Edit::RenameField(n, field, to) => {
                let entity = nth(&mut self.entities, n)?;
                let taken: Vec<&str> = entity.fields.iter().chain(&entity.retired).map(|field| field.name).collect();
                let name = unused(&FIELDS, &taken, to)?;
                let field = nth(&mut entity.fields, field)?;
                field.was.insert(0, field.name);
                field.name = name;
            }
            Edit::ChangeKind(n, field, to) => {
                let entity = nth(&mut self.entities, n)?;
                let field = nth(&mut entity.fields, field)?;
                let safe = field.kind.safe();
                let kind = *safe.get(to.checked_rem(safe.len())?)?;
                let before = field.clone();
                field.kind = kind;
                field.values.values_mut().for_each(|value| *value = kind.turned(value));
                if !keeps_its_columns(before.kind, kind) {
                    entity.retired.push(before);
                }
            }
            Edit::ToggleIndex(n, field) => {
                let field = nth(&mut nth(&mut self.entities, n)?.fields, field)?;
                field.index =
                    !field.index && matches!(field.kind, Kind::Text | Kind::Integer | Kind::Decimal(_) | Kind::Date);
            }
            Edit::AddRecord(n, value) => {
                if self.records >= 190 {
                    return None;
                }
                let entity = nth(&mut self.entities, n)?;
                self.records += 1;
                entity.add_record(id(self.records), value, world);
            }
            Edit::Prune => {
                prune(world);
                self.retired.clear();
                self.entities.iter_mut().for_each(|entity| entity.retired.clear());
            }
        }
        Some(())
    }
}

impl Entity {
    fn add_record(&mut self, record: Id, value: u8, world: &World) {
        let mut cells = Vec::new();
        for (at, field) in self.fields.iter_mut().enumerate() {
            let nothing = (value >> (at % 8)) & 1 == 1;
            let Some((stored, read)) = field.kind.value(value / 2).filter(|_| !nothing) else { continue };
            cells.extend(stored.into_iter().map(|(role, cell)| (field.name, role, cell)));
            field.values.insert(record, read);
        }
        world.add(self.name, record, &cells).unwrap();
        self.records.push(record);
    }

    /// Whether the database holds what it should.
    fn verify(&self, world: &World, log: &[String]) {
        let schema = world.schema();
        let table = schema.table_of(self.name).unwrap();
        for field in &self.fields {
            let found = read(world, self.name, field, table.field(field.name).unwrap());
            let context = format!("{}.{} after {log:#?}", self.name, field.name);
            assert_eq!(
                found.keys().copied().collect::<Vec<_>>(),
                field.values.keys().copied().collect::<Vec<_>>(),
                "{context}"
            );
            assert_eq!(found, field.values, "{context}");
        }
        let columns = table.fields.iter().find(|field| field.name == "version").unwrap();
        assert_eq!(world.values(self.name, &columns.name).len(), self.records.len(), "all records are there");
    }
}

/// What the rows hold in a field, by record.
fn read(world: &World, entity: &str, field: &Field, recorded: &crate::schema::Field) -> BTreeMap<Id, Json> {
    if let Kind::Link | Kind::AnyLink = field.kind {
        let ids = |cells: Vec<Cell>| {
            let ids = cells
                .into_iter()
                .filter_map(|cell| if let Cell::Id(id) = cell { Some(json!(id.to_string())) } else { None });
            Json::Array(ids.collect())
        };
        return world.links(entity, field.name).into_iter().map(|(record, cells)| (record, ids(cells))).collect();
    }
    let column = |role: Role| recorded.columns.iter().position(|column| column.role == role);
    let value = column(Role::Value).unwrap();
    let mut found = BTreeMap::new();
    for (record, cells) in world.values(entity, field.name) {
        if let Kind::Text = field.kind {
            let key = match &cells[value] {
                Cell::Text(text) => Cell::text(&fichero_model::fold::key(text)),
                nothing => nothing.clone(),
            };
            assert_eq!(cells[column(Role::Key).unwrap()], key);
        }
        let json = match (&cells[value], field.kind) {
            (Cell::Null(_), _) => continue,
            (Cell::Integer(number), Kind::Decimal(scale)) => json!(number_of(*number, scale.into())),
            (Cell::Integer(number), _) => json!(number_of(*number, 0)),
            (Cell::Text(text), _) => json!(&**text),
            (Cell::Boolean(value), _) => json!(value),
            (Cell::Date(date), _) => json!(date.to_string()),
            (Cell::DateTime(moment), _) => json!(moment.as_microsecond()),
            (Cell::Id(id), _) => json!(id.to_string()),
            (Cell::Json(json), _) => (**json).clone(),
            (other, kind) => panic!("{kind:?} holds {other:?}"),
        };
        found.insert(record, json);
    }
    found
}

/// A scaled number with four digits behind the point.
fn number_of(scaled: i64, scale: u32) -> String {
    let exact = scaled * 10_i64.pow(4 - scale);
    format!("{}.{:04}", exact / 10_000, exact % 10_000)
}

fn prune(world: &World) {
    let moment = world.tick();
    let run = |consent: Option<String>| {
        world.write(move |tx| {
            deployment::prune(tx, &Pruning { before: moment, consent: consent.as_deref(), by: "test", at: moment })
        })
    };
    match run(None) {
        Ok(pruned) => assert!(pruned.is_none()),
        Err(Error::Consent(plan)) => assert!(run(Some(plan.hash())).unwrap().is_some()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn random_edits_lose_nothing() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    // It begins with something to edit: entities with fields of any kind, and records in them.
    let number = || 0..100_usize;
    let entities = prop::collection::vec(number().prop_map(Edit::AddEntity), 2..4);
    let field = (number(), number(), number()).prop_map(|(entity, name, kind)| Edit::AddField(entity, name, kind));
    let records =
        prop::collection::vec((number(), any::<u8>()).prop_map(|(entity, value)| Edit::AddRecord(entity, value)), 6);
    let start = (entities, prop::collection::vec(field, 12), records);
    let start = start.prop_map(|(entities, fields, records)| [entities, fields, records].concat());
    let edits = (start, prop::collection::vec(edit(), 10..40)).prop_map(|(start, edits)| [start, edits].concat());
    let run = TestRunner::new(config).run(&edits, |edits| {
        on_each(|world| {
            let mut author = Author::default();
            author.publish_and_verify(&world);
            world.add("user", id(USER), &[]).unwrap();
            world.add("team", id(TEAM), &[]).unwrap();
            for edit in &edits {
                author.edit(edit, &world);
                author.publish_and_verify(&world);
            }
        });
        Ok(())
    });
    run.unwrap();
}
