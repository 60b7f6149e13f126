//! The model that is in force, with everything compiled from it once.
//!
//! A request, job or script pins one [`Live`] at the door and keeps it to the end; a new one is swapped in behind an
//! atomic pointer. Nothing here changes after it was made.

mod serial;

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::duplicate::OnCreate;
use fichero_model::entity::{Entity, RollupFunction, Source};
use fichero_model::expr::{Expr, Hop, Node, Op, Reads, Root, RowName, is_way_back};
use fichero_model::kind::{Kind, MoneyCurrency, OnDelete, Type};
use fichero_model::{EntityId, FieldId, Model, search};
use fichero_store::schema::{Error, deployment};
use fichero_store::{Isolation, Layout, Tx};
pub use serial::Serial;

use crate::command::Command;
use crate::record::remove;

/// A model with its tables and what the commands need to know of it.
#[derive(Debug)]
pub struct Live {
    /// The definitions.
    pub model: Arc<Model>,
    /// Their tables and statements.
    pub layout: Arc<Layout>,
    /// The deployment it was compiled from.
    pub seq: i64,
    /// For each entity, what else is touched when one of its records changes, and what its definitions read.
    ties: Vec<Ties>,
}

/// What hangs on the records of an entity.
#[derive(Debug, Default)]
pub struct Ties {
    /// Rollups of other entities that are kept over these records.
    pub rollups: Vec<RollupTie>,
    /// References to these records.
    pub referrers: Vec<Referrer>,
    /// Computed fields of other records that read these through references.
    pub followers: Vec<Follower>,
    /// Lists of other records that these stand in, and that followers of those read.
    pub listed: Vec<ListTie>,
    /// Fields that copy, with the fields of the record whose change makes them copy anew.
    pub copies: Vec<(FieldId, Vec<FieldId>)>,
    /// Computed fields that depend on who saves the record, or when: they are worked out by a save and by nothing else.
    pub momentary: Vec<FieldId>,
    /// For each rule, whether its condition asks for what the rule looks up.
    pub asks_findings: Vec<bool>,
    /// Which commands on these records run as if alone.
    pub serial: Serial,
    /// Commands that run as if alone and such that do not write the children whose rollups one of these records keeps.
    pub mixes_children: bool,
    /// Of each rule by which records are likely duplicates, what their keys depend on.
    pub prints: Vec<String>,
    /// One of these rules refuses a record.
    pub refuses_duplicates: bool,
    /// What is decided or taken over when one of these records is written reads rollups.
    pub reads_rollups: bool,
    /// What the search looks into.
    pub searched: Vec<FieldId>,
}

/// References that lead from a record to another: each step for every entity that the record there may be of.
pub type Way = Arc<[Arc<[(EntityId, FieldId)]>]>;

/// An entity whose records compute from those of another.
#[derive(Clone, Debug)]
pub struct Follower {
    /// The entity that computes.
    pub entity: EntityId,
    /// What leads from there to these records.
    pub way: Way,
    /// What is read of these.
    pub fields: BTreeSet<FieldId>,
}

/// A rollup of a parent over the records of an entity, or a computed field that reads them as its list.
#[derive(Clone, Debug)]
pub struct RollupTie {
    /// The entity of the parent.
    pub parent: EntityId,
    /// The rollup or computed field of the parent.
    pub rollup: FieldId,
    /// The reference of the child to its parent.
    pub by: FieldId,
    /// The fields of the child that the rollup reads.
    pub reads: Vec<FieldId>,
    /// Whether only the number of children counts.
    pub counts: bool,
}

/// A list of a record that others compute from: they follow the record when the list changes.
#[derive(Clone, Debug)]
pub struct ListTie {
    /// The reference of the row to the record whose list it stands in.
    pub by: FieldId,
    /// The index of the follower among those of the record's entity.
    pub follower: usize,
    /// The fields of the row that are read.
    pub reads: Vec<FieldId>,
}

/// A reference to the records of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Referrer {
    /// The entity that refers.
    pub entity: EntityId,
    /// Its reference.
    pub field: FieldId,
    /// What happens when the target is deleted.
    pub on_delete: OnDelete,
    /// The reference holds many, in a link table.
    pub link: bool,
}

impl Live {
    /// Compiles what the commands need to know.
    pub fn new(model: Arc<Model>, layout: Arc<Layout>, seq: i64) -> Self {
        let ties = ties(&model);
        Self { model, layout, seq, ties }
    }

    /// Fails when the definitions in the database went past a barrier that this model was made before.
    ///
    /// # Errors
    /// When they did, or the database cannot be read.
    pub fn guard(&self, tx: &mut Tx) -> Result<(), fichero_store::Error> {
        match self.is_superseded(tx)? {
            false => Ok(()),
            true => Err(fichero_store::Error::Conflict("the definitions have changed since".to_owned())),
        }
    }

    /// Whether the definitions in the database went past a barrier that this model was made before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_superseded(&self, tx: &mut Tx) -> Result<bool, fichero_store::Error> {
        match deployment::guard(tx, self.seq) {
            Ok(()) => Ok(false),
            Err(Error::Superseded { .. }) => Ok(true),
            Err(Error::Store(error)) => Err(error),
            Err(other) => Err(fichero_store::Error::Conflict(other.to_string())),
        }
    }

    /// A field of the row at hand as an expression.
    pub fn field_expr(&self, entity: EntityId, field: FieldId) -> Expr {
        field_expr(&self.model, entity, field)
    }

    /// The entity that is stored in a table.
    pub fn entity_of_table(&self, table: &str) -> Option<EntityId> {
        let table = self.layout.schema().table(table)?;
        self.model.entity(&table.entity).map(|(entity, _)| entity)
    }

    /// The field that was born with a physical name.
    pub fn field_of_column(&self, table: &str, column: &str) -> Option<(EntityId, FieldId)> {
        let entity = self.entity_of_table(table)?;
        let born = self.layout.schema().table(table)?.born(column)?;
        self.model[entity].field(&born.name).map(|(field, _)| (entity, field))
    }

    /// How a command is kept apart from others.
    pub fn isolation(&self, command: &Command) -> Isolation {
        let serial = self.ties(command.entity()).serial;
        let alone = match command {
            Command::Create { .. }
            | Command::Clone { .. }
            | Command::Update { .. }
            | Command::Upsert { .. }
            | Command::Transition { .. } => serial.save,
            Command::Delete { .. } | Command::Withdraw { .. } | Command::Purge { .. } => serial.remove,
            // Whatever refers to the one that goes is changed with it.
            Command::Merge { entity, .. } => {
                let referrers = self.ties(*entity).referrers.iter().map(|referrer| referrer.entity);
                let changed = |entity: EntityId| self.ties(entity).serial.save || self.ties(entity).serial.remove;
                std::iter::once(*entity).chain(referrers).any(changed)
            }
            // Whichever of a batch is restored brings back all of it; where it was merged, another one is changed.
            Command::Restore { entity, .. } => {
                let kin = remove::kin(self, *entity).into_iter().any(|kin| self.ties(kin).serial.restore);
                kin || serial.save
            }
        };
        isolation(alone)
    }

    /// How several commands that make or change records of these entities are kept apart from others.
    pub fn isolation_of_saves(&self, entities: impl IntoIterator<Item = EntityId>) -> Isolation {
        isolation(entities.into_iter().any(|entity| self.ties(entity).serial.save))
    }

    /// How several commands that change or delete records of these entities are kept apart from others.
    pub fn isolation_of_removals(&self, entities: impl IntoIterator<Item = EntityId>) -> Isolation {
        let alone = |entity: EntityId| self.ties(entity).serial.save || self.ties(entity).serial.remove;
        isolation(entities.into_iter().any(alone))
    }

    /// Whether records of an entity have keys by which duplicates are found.
    pub fn is_keyed(&self, entity: EntityId) -> bool {
        !self.ties(entity).prints.is_empty()
    }

    /// What the index of the search depends on, of an entity, besides its records.
    pub fn print(&self, entity: EntityId) -> String {
        search::print(&self.model, entity, |field| self.layout.column_name(entity, field).to_string())
    }

    /// What hangs on the records of an entity.
    pub fn ties(&self, entity: EntityId) -> &Ties {
        &self.ties[entity.index()]
    }
}

fn isolation(alone: bool) -> Isolation {
    if alone { Isolation::Serializable } else { Isolation::ReadCommitted }
}

fn ties(model: &Model) -> Vec<Ties> {
    let mut ties: Vec<Ties> = model.entities.iter().map(|_| Ties::default()).collect();
    for (entity, definition) in model.all_entities() {
        let own = &mut ties[entity.index()];
        own.prints = definition.duplicates.iter().map(|rule| rule.print(definition)).collect();
        own.refuses_duplicates = definition.duplicates.iter().any(|rule| rule.on_create == OnCreate::Refuse);
        own.searched = search::fields(model, entity);
        let asks = |condition: &Expr| !condition.reads(model).locals.is_empty();
        own.asks_findings = definition.rules.iter().map(|rule| rule.condition.as_ref().is_some_and(asks)).collect();
        for (id, field) in definition.all_fields() {
            if let Source::Copy(expr) = &field.source {
                own.copies.push((id, expr.reads(model).own_fields().into_iter().collect()));
            }
        }
        for (id, expr) in computed(definition) {
            let reads = expr.reads(model);
            if reads.me || reads.old || reads.now {
                ties[entity.index()].momentary.push(id);
            }
            follow(model, &mut ties, (entity, id), &reads);
        }
        for (id, field) in definition.all_fields() {
            if let Source::Rollup(rollup) = &field.source
                && let Kind::Lines { of, by } | Kind::Children { of, by } = definition[rollup.over].kind
            {
                let mut reads: Vec<FieldId> =
                    rollup.of.iter().chain(&rollup.filter).flat_map(|expr| expr.reads(model).own_fields()).collect();
                reads.sort_unstable();
                reads.dedup();
                let counts = rollup.function == RollupFunction::Count;
                ties[of.index()].rollups.push(RollupTie { parent: entity, rollup: id, by, reads, counts });
            }
            // Links through an entity of their own refer by that entity's references.
            if let (Kind::Ref(reference), false) = (&field.kind, field.system)
                && reference.through.is_none()
                && matches!(field.source, Source::Input | Source::Compute(_) | Source::Copy(_))
            {
                for target in reference.targets.iter() {
                    ties[target.index()].referrers.push(Referrer {
                        entity,
                        field: id,
                        on_delete: reference.on_delete,
                        link: field.many,
                    });
                }
            }
        }
    }
    let (serial, reads_rollups) = (serial::serial(model, &ties), serial::reads_rollups(model, &ties));
    for (own, (serial, reads_rollups)) in ties.iter_mut().zip(serial.into_iter().zip(reads_rollups)) {
        (own.serial, own.reads_rollups) = (serial, reads_rollups);
        // Two that are made at the same time must not both be told that they are alone.
        own.serial.save |= own.refuses_duplicates;
    }
    let mixed = ties.iter().filter(|own| own.serial.touched).flat_map(|own| &own.rollups);
    for parent in mixed.map(|tie| tie.parent).collect::<Vec<_>>() {
        ties[parent.index()].mixes_children = true;
    }
    ties
}

/// What is computed and kept, and may read other records: computed fields, and currencies shared with other fields.
fn computed(definition: &Entity) -> impl Iterator<Item = (FieldId, &Expr)> {
    definition.all_fields().filter_map(|(id, field)| match (&field.source, &field.kind) {
        (Source::Compute(expr), _) => Some((id, expr)),
        (_, Kind::Money { currency: MoneyCurrency::Shared(expr) }) => Some((id, &**expr)),
        _ => None,
    })
}

/// Notes, for each record that a computed field walks to, that the field follows it. What it reads of its own list of
/// rows is kept as a rollup is, in the transaction that changes a row; what references lead to, and the lists of that, is
/// followed by a job. No other way is followed, and the compiler warns of it: such a field is computed when its record is
/// saved.
fn follow(model: &Model, ties: &mut [Ties], (entity, id): (EntityId, FieldId), reads: &Reads) {
    for path in reads.paths.iter().filter(|path| matches!(path.root, Root::This | Root::Record)) {
        for step in 1..=path.hops.len() {
            let (way, read) = (&path.hops[..step], path.hops.get(step).map_or(&[][..], |hop| &hop.fields));
            let Some((last, before)) = way.split_last() else { continue };
            for (owner, list) in last.fields.iter() {
                let (Kind::Lines { of, by } | Kind::Children { of, by }) = model.field(*owner, *list).kind else {
                    continue;
                };
                let reads = read.iter().filter(|(entity, _)| *entity == of).map(|(_, field)| *field).collect();
                if before.is_empty() {
                    let tie = RollupTie { parent: entity, rollup: id, by, reads, counts: false };
                    ties[of.index()].rollups.push(tie);
                } else if is_way_back(model, before) {
                    let follower = follower(&mut ties[owner.index()].followers, entity, before);
                    ties[of.index()].listed.push(ListTie { by, follower, reads });
                }
            }
            if is_way_back(model, way) {
                for (of, field) in read {
                    let followers = &mut ties[of.index()].followers;
                    let index = follower(followers, entity, way);
                    followers[index].fields.insert(*field);
                }
            }
        }
    }
}

/// The index of what follows on a way, which is noted if it is new.
fn follower(followers: &mut Vec<Follower>, entity: EntityId, way: &[Hop]) -> usize {
    let way: Way = way.iter().map(|hop| Arc::clone(&hop.fields)).collect();
    match followers.iter().position(|known| known.entity == entity && known.way == way) {
        Some(known) => known,
        None => {
            followers.push(Follower { entity, way, fields: BTreeSet::new() });
            followers.len() - 1
        }
    }
}

/// A field of the row at hand as an expression.
pub fn field_expr(model: &Model, entity: EntityId, field: FieldId) -> Expr {
    let definition = &model[entity][field];
    let at = 0..definition.name.chars().count();
    let this = Node { op: Op::Row(RowName::This), ty: Type::Ref(Arc::new([entity])), at: at.clone() };
    let op = Op::Field { of: Box::new(this), fields: Arc::new([(entity, field)]) };
    Expr {
        text: Arc::clone(&definition.name),
        place: definition.place.clone(),
        root: Node { op, ty: definition.value_type(), at },
        unportable: None,
    }
}
