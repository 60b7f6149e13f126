//! One row through the door.

use std::collections::HashMap;
use std::sync::Arc;

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
use crate::value::check;

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
        Self { rows, actor: Actor::system(via), keys }
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
            Some(id) => (id, self.change(work, fill, id)?),
            None => {
                let (id, effect) = match self.known(work, fill.row)? {
                    Some(id) => (id, Effect::Unchanged),
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

    fn close(&self, _: &mut Tx, _: &[Result<Effect, Refusal>]) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Load {
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
                let key = Value::text(&check::clean(&definition[*field], key));
                let found = work.equal(row.entity, *field, key, 1)?;
                if let Some(id) = found.first().and_then(|row| row.id()) {
                    return Ok(Some(id));
                }
            }
        }
        Ok(None)
    }

    fn make(&self, work: &Work<'_>, fill: &Fill) -> Result<(Id, Effect), Refusal> {
        let (entity, input) = (self.rows[fill.row].entity, self.input(work, fill)?);
        let done = record::apply(work, Command::Create { entity, input })?;
        Ok((done.id, done.effect))
    }

    /// Gives what is new to the record that the row became, unless somebody deleted it since.
    fn change(&self, work: &Work<'_>, fill: &Fill, id: Id) -> Result<Effect, Refusal> {
        let entity = self.rows[fill.row].entity;
        if fill.fields.is_empty() || work.living(Ref { entity, id })?.is_none() {
            return Ok(Effect::Unchanged);
        }
        let input = self.input(work, fill)?;
        Ok(record::apply(work, Command::Update { entity, id, input, version: None })?.effect)
    }

    fn input(&self, work: &Work<'_>, fill: &Fill) -> Result<Input, Refusal> {
        let row = &self.rows[fill.row];
        let given: Vec<(FieldId, Setting)> =
            row.set.iter().filter(|(field, _)| fill.fields.contains(field)).cloned().collect();
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
