//! One row through the door.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use fichero_model::expr::Setting;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Tx;
use fichero_store::system::data_row::{self, Print};

use super::{Row, order};
use crate::actor::{Actor, Via};
use crate::command::{Command, Effect, Mode};
use crate::input::Input;
use crate::live::Live;
use crate::record;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::setting;
use crate::slice::Task;

/// What is given of a row.
#[derive(Debug)]
pub(super) struct Fill {
    /// The row, by its place in the list.
    pub row: usize,
    /// The fields whose text is new.
    pub fields: Vec<FieldId>,
    /// What the row says, to be remembered.
    pub print: Print,
}

/// Loads rows.
pub(super) struct Load {
    rows: Arc<[Row]>,
    actor: Actor,
    /// Which row gives a field this key, the first where several do.
    keys: HashMap<(EntityId, FieldId, Arc<str>), usize>,
    /// The rows whose record was there before them, as far as the last try of each has found.
    taken: Mutex<HashSet<usize>>,
}

impl Load {
    pub(super) fn new(rows: Arc<[Row]>, via: Via) -> Self {
        let mut keys = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for (field, setting) in &row.set {
                if let Setting::Literal(Value::Text(key)) = setting {
                    keys.entry((row.entity, *field, Arc::clone(key))).or_insert(at);
                }
            }
        }
        Self { rows, actor: Actor::system(via), keys, taken: Mutex::default() }
    }
}

impl Task for Load {
    type Item = Fill;
    type Done = Effect;
    type Memory = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn mode(&self) -> Mode {
        Mode::Load
    }

    fn entities(&self, _: &Live) -> Vec<EntityId> {
        self.rows.iter().map(|row| row.entity).collect()
    }

    fn one(&self, work: &Work<'_>, fill: &Fill, (): &mut ()) -> Result<Effect, Refusal> {
        let row = &self.rows[fill.row];
        let (id, effect) = match work.data_row(row.entity, &row.name)? {
            Some(id) if self.is_taken(fill.row) => (id, self.add(work, fill, id)?),
            Some(id) => (id, self.change(work, fill, id)?),
            None => {
                let known = self.known(work, fill.row)?;
                self.set_taken(fill.row, known.is_some());
                let (id, effect) = match known {
                    Some(id) => (id, self.add(work, fill, id)?),
                    None => self.make(work, fill)?,
                };
                let table = work.live.layout.table_name(row.entity);
                work.with(|tx| data_row::set(tx, &table, &row.name, id))?;
                (id, effect)
            }
        };
        tracing::trace!(row = &*row.name, %id, ?effect, "data row");
        work.with(|tx| data_row::set_print(tx, &fill.print))?;
        Ok(effect)
    }

    fn close(&self, _: &mut Tx, _: &[Fill], _: &[Result<Effect, Refusal>]) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Load {
    fn is_taken(&self, row: usize) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).contains(&row)
    }

    fn set_taken(&self, row: usize, is: bool) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if is {
            taken.insert(row);
        } else {
            taken.remove(&row);
        }
    }

    /// A record that people made before the row came, known by the same external key. That of another row is none.
    fn known(&self, work: &Work<'_>, at: usize) -> Result<Option<Id>, Refusal> {
        if self.actor.via != Via::Data {
            return Ok(None);
        }
        let row = &self.rows[at];
        let definition = &work.live.model[row.entity];
        for (field, setting) in &row.set {
            if let (true, Setting::Literal(Value::Text(key))) = (definition[*field].external, setting)
                && self.keys.get(&(row.entity, *field, Arc::clone(key))) == Some(&at)
            {
                let key = Value::text(&definition[*field].cleaned(key));
                let found = work.equal(row.entity, *field, key, 1)?;
                if let Some(id) = found.first().and_then(|row| row.id()) {
                    return Ok(Some(id));
                }
            }
        }
        Ok(None)
    }

    fn make(&self, work: &Work<'_>, fill: &Fill) -> Result<(Id, Effect), Refusal> {
        let (entity, input) = (self.rows[fill.row].entity, self.input(work, fill, &fill.fields)?);
        let done = record::apply(work, Command::Create { entity, input })?;
        Ok((done.id, done.effect))
    }

    /// Gives what is new to the record that the row became, unless somebody deleted it since.
    fn change(&self, work: &Work<'_>, fill: &Fill, id: Id) -> Result<Effect, Refusal> {
        let entity = self.rows[fill.row].entity;
        if fill.fields.is_empty() || work.living(Ref { entity, id })?.is_none() {
            return Ok(Effect::Unchanged);
        }
        let input = self.input(work, fill, &fill.fields)?;
        Ok(record::apply(work, Command::Update { entity, id, input, version: None })?.effect)
    }

    /// Gives a record that was there before the row what it holds nothing in; what people wrote stays.
    fn add(&self, work: &Work<'_>, fill: &Fill, id: Id) -> Result<Effect, Refusal> {
        let entity = self.rows[fill.row].entity;
        let Some(row) = work.living(Ref { entity, id })? else { return Ok(Effect::Unchanged) };
        let mut fields = Vec::new();
        for field in &fill.fields {
            let definition = &work.live.model[entity][*field];
            let is_empty = match definition.is_stored() {
                true => row.get(*field).is_nothing(),
                false => work.rows_of(&row, *field)?.is_empty(),
            };
            if is_empty && definition.is_input() {
                fields.push(*field);
            }
        }
        if fields.is_empty() {
            return Ok(Effect::Unchanged);
        }
        let input = self.input(work, fill, &fields)?;
        Ok(record::apply(work, Command::Update { entity, id, input, version: None })?.effect)
    }

    fn input(&self, work: &Work<'_>, fill: &Fill, fields: &[FieldId]) -> Result<Input, Refusal> {
        let row = &self.rows[fill.row];
        let given: Vec<(FieldId, Setting)> =
            row.set.iter().filter(|(field, _)| fields.contains(field)).cloned().collect();
        let mut locals = Vec::new();
        for local in given.iter().flat_map(|(_, setting)| order::locals(&work.live.model, setting)) {
            let Some(other) = self.rows.get(local) else { continue };
            locals.resize(locals.len().max(local + 1), Value::Nothing);
            if let Some(id) = work.data_row(other.entity, &other.name)? {
                locals[local] = Value::Ref(Ref { entity: other.entity, id });
            }
        }
        setting::input(work, row.entity, &given, &locals)
    }
}
