//! Which commands run as if alone.
//!
//! A command that decides from other records than those it locks is right only while what it read stays as it was until
//! it ends. PostgreSQL sees to that among commands that all run serializable, and not between those and others. So
//! whatever such a decision may read is found out here once, field by field, and every command that may write any of it
//! runs serializable too. All others, which is most of them, keep what they rely on by locks alone.
//!
//! What is merely taken over from another record (defaults, copies, rates) is no decision: it is what held at a moment,
//! and stays when the other record changes.

use std::collections::BTreeSet;

use fichero_model::entity::{Source, System};
use fichero_model::expr::{Expr, Reads, Root, Setting};
use fichero_model::kind::{Kind, OnDelete};
use fichero_model::rule::{Rule, RuleEvent};
use fichero_model::{EntityId, FieldId, Model};

use super::Ties;

/// Which commands on the records of an entity run as if alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Serial {
    /// Those that make or change one.
    pub save: bool,
    /// Those that put one into the trash or remove it for good.
    pub remove: bool,
    /// Those that take one out of the trash.
    pub restore: bool,
    /// A command that runs as if alone may write one.
    pub touched: bool,
}

/// Something that can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// A field of some record.
    Field(EntityId, FieldId),
    /// Which records there are.
    Records(EntityId),
}

/// Finds out which, for each entity.
pub(super) fn serial(model: &Model, ties: &[Ties]) -> Vec<Serial> {
    let entities = || model.all_entities().map(|(entity, _)| entity);
    let saves: Vec<Effects> = entities().map(|entity| Effects::of(model, ties, Step::Save(entity))).collect();
    let removes: Vec<Effects> = entities().map(|entity| Effects::of(model, ties, Step::Remove(entity))).collect();
    let decided: Vec<Decisions> = entities().map(|entity| Decisions::of(model, entity)).collect();
    let read: BTreeSet<Thing> = decided.iter().flat_map(|one| one.save.iter().chain(&one.remove)).copied().collect();

    let mut serial = vec![Serial::default(); saves.len()];
    for entity in entities() {
        let at = entity.index();
        let decides = |made: &EntityId| !decided[made.index()].save.is_empty();
        let takes_away = |gone: &EntityId| !decided[gone.index()].remove.is_empty();
        serial[at].save = !saves[at].things.is_disjoint(&read)
            || saves[at].made.iter().any(decides)
            || saves[at].trashed.iter().any(takes_away);
        serial[at].remove = !removes[at].things.is_disjoint(&read) || removes[at].trashed.iter().any(takes_away);
    }
    // A serializable command may look at what refers to a record that it deletes through a snapshot that is older than
    // its lock on that record. So whoever newly refers to such a record must be seen by PostgreSQL too.
    loop {
        let running = running(&serial, &saves, &removes);
        let fragile: BTreeSet<EntityId> = running.flat_map(|effects| &effects.trashed).copied().collect();
        let refers = |made: &EntityId| {
            fragile.iter().any(|gone| ties[gone.index()].referrers.iter().any(|referrer| referrer.entity == *made))
        };
        let more: Vec<usize> =
            (0..saves.len()).filter(|at| !serial[*at].save && saves[*at].made.iter().any(refers)).collect();
        if more.is_empty() {
            break;
        }
        more.into_iter().for_each(|at| serial[at].save = true);
    }
    let touched: BTreeSet<EntityId> =
        running(&serial, &saves, &removes).flat_map(|effects| &effects.written).copied().collect();
    for entity in entities() {
        let at = entity.index();
        // What comes back does so as if it was made anew, with all that went with it.
        serial[at].restore = serial[at].remove || removes[at].trashed.iter().any(|back| serial[back.index()].save);
        serial[at].touched = touched.contains(&entity);
    }
    serial
}

/// What the commands do that run as if alone.
fn running<'e>(
    serial: &'e [Serial],
    saves: &'e [Effects],
    removes: &'e [Effects],
) -> impl Iterator<Item = &'e Effects> {
    let saves = serial.iter().zip(saves).filter(|(serial, _)| serial.save);
    let removes = serial.iter().zip(removes).filter(|(serial, _)| serial.remove);
    saves.chain(removes).map(|(_, effects)| effects)
}

/// Whether commands on an entity read what is kept over children, or follows from it. Between several commands of one
/// transaction those are then brought up to date each time, and not once at the end.
pub(super) fn reads_rollups(model: &Model, ties: &[Ties]) -> Vec<bool> {
    let mut kept = BTreeSet::new();
    for (entity, definition) in model.all_entities() {
        for (id, field) in definition.all_fields() {
            if let Source::Rollup(_) = &field.source {
                kept.extend(Effects::of(model, ties, Step::Refresh(entity, id)).things);
            }
        }
    }
    let reads = |entity| {
        let mut things = BTreeSet::new();
        for (expr, of, _) in expressions(model, entity) {
            // A record's own computed fields are refreshed with its rollups.
            let own: &[Root] = if of == Of::Computed { &OWN } else { &[] };
            note(model, &expr.reads(model), own, &mut things);
        }
        !things.is_disjoint(&kept)
    };
    model.all_entities().map(|(entity, _)| reads(entity)).collect()
}

// ---- What is read ----------------------------------------------------------------------------------------------------

/// The roots of paths that begin at the record itself.
const OWN: [Root; 3] = [Root::This, Root::Record, Root::Old];

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// It decides, over the record.
    Decision,
    /// It chooses among other records, which are its rows.
    Choice,
    /// It is a value that follows from the record.
    Computed,
    /// It is taken over once.
    Taken,
}

/// What the rules and fields of an entity decide from, besides the record itself.
#[derive(Debug, Default)]
struct Decisions {
    /// When one is saved.
    save: BTreeSet<Thing>,
    /// When one is deleted.
    remove: BTreeSet<Thing>,
}

impl Decisions {
    fn of(model: &Model, entity: EntityId) -> Self {
        let mut decisions = Self::default();
        for (expr, of, rule) in expressions(model, entity) {
            let own: &[Root] = match of {
                Of::Decision | Of::Computed => &OWN,
                Of::Choice => &OWN[1..],
                Of::Taken => continue,
            };
            let mut things = BTreeSet::new();
            note(model, &expr.reads(model), own, &mut things);
            decisions.add(rule, things);
        }
        // There is at most one record of settings for each who may have one.
        if model.settings.iter().any(|settings| settings.entity == entity) {
            decisions.save.insert(Thing::Records(entity));
        }
        // Whether a record lies below itself depends on where those above it are.
        decisions.save.extend(model[entity].tree.map(|parent| Thing::Field(entity, parent)));
        for rule in &model[entity].rules {
            decisions.add(Some(rule), rule.finds.iter().map(|find| Thing::Records(find.from)).collect());
        }
        decisions
    }

    fn add(&mut self, rule: Option<&Rule>, things: BTreeSet<Thing>) {
        let deletes = rule.is_some_and(|rule| rule.on.contains(&RuleEvent::Delete));
        let saves = rule.is_none_or(|rule| rule.on.iter().any(|on| *on != RuleEvent::Delete));
        if deletes {
            self.remove.extend(&things);
        }
        if saves {
            self.save.extend(things);
        }
    }
}

/// The fields that a value may be asked for.
fn required(model: &Model, entity: EntityId) -> BTreeSet<FieldId> {
    let fields = model[entity].all_fields();
    let own = fields
        .filter(|(_, field)| field.required || field.required_if.is_some() || field.pipeline.is_some())
        .map(|(id, _)| id);
    let stages = model.pipelines.iter().filter(|pipeline| pipeline.entity == entity).flat_map(|one| &one.stages);
    let of_stages = stages.flat_map(|stage| {
        let ways = stage.next.iter().flatten().flat_map(|way| &way.require);
        stage.require.iter().chain(ways).copied()
    });
    own.chain(of_stages).collect()
}

/// Everything that is evaluated when a record is saved or deleted, with the rule it stands in.
fn expressions(model: &Model, entity: EntityId) -> Vec<(&Expr, Of, Option<&Rule>)> {
    let definition = &model[entity];
    let mut all: Vec<(&Expr, Of, Option<&Rule>)> = Vec::new();
    for rule in &definition.rules {
        all.extend(rule.condition.iter().map(|expr| (expr, Of::Decision, Some(rule))));
        for find in &rule.finds {
            let asked = find.filter.iter().chain(find.sort.iter().map(|key| &key.by));
            all.extend(asked.map(|expr| (expr, Of::Choice, Some(rule))));
        }
        for (_, setting) in &rule.set {
            all.extend(in_setting(setting).into_iter().map(|expr| (expr, Of::Decision, Some(rule))));
        }
    }
    let asked = required(model, entity);
    all.extend(model.pipelines_of(entity).filter_map(|(_, one)| Some((one.condition.as_ref()?, Of::Decision, None))));
    for (id, field) in definition.all_fields() {
        // Whether a value is asked for is decided by whether the field is shown, too.
        all.extend(field.visible_if.iter().filter(|_| asked.contains(&id)).map(|expr| (expr, Of::Decision, None)));
        let conditions =
            field.required_if.iter().chain(&field.readonly_if).chain(&field.options_if).chain(&field.fix_rate_if);
        let checks = field.validate.iter().map(|check| &check.bad);
        all.extend(conditions.chain(checks).map(|expr| (expr, Of::Decision, None)));
        if let Kind::Ref(reference) = &field.kind
            && let Some(choose) = &reference.choose
        {
            all.push((choose, Of::Choice, None));
        }
        all.extend(field.country.iter().map(|expr| (expr, Of::Taken, None)));
        all.extend(field.default.iter().flat_map(in_setting).map(|expr| (expr, Of::Taken, None)));
        match &field.source {
            Source::Compute(expr) | Source::Formula { value: expr, stored: true } => {
                all.push((expr, Of::Computed, None));
            }
            Source::Copy(expr) => all.push((expr, Of::Taken, None)),
            // Those are worked out when they are read, over children, or from a counter.
            Source::Input
            | Source::Formula { stored: false, .. }
            | Source::Lookup(_)
            | Source::Rollup(_)
            | Source::Sequence(_) => {}
        }
    }
    all
}

fn in_setting(setting: &Setting) -> Vec<&Expr> {
    match setting {
        Setting::Literal(_) | Setting::Named(_) => Vec::new(),
        Setting::Expr(expr) => vec![expr],
        Setting::List(items) => items.iter().flat_map(in_setting).collect(),
        Setting::Rows(rows) => rows.iter().flatten().flat_map(|(_, setting)| in_setting(setting)).collect(),
    }
}

/// Notes what an expression reads, but for the fields of the row that the roots in `own` stand for.
fn note(model: &Model, reads: &Reads, own: &[Root], things: &mut BTreeSet<Thing>) {
    for path in &reads.paths {
        if let Root::Settings(id) = path.root
            && let Some(settings) = model.settings.get(id.index())
        {
            things.insert(Thing::Records(settings.entity));
        }
        for (at, hop) in path.hops.iter().enumerate() {
            let is_own = at == 0 && own.contains(&path.root);
            for (entity, field) in hop.fields.iter() {
                if !is_own {
                    things.insert(Thing::Field(*entity, *field));
                }
                match &model.field(*entity, *field).kind {
                    Kind::Lines { of, by } | Kind::Children { of, by } => {
                        things.extend([Thing::Records(*of), Thing::Field(*of, *by)]);
                    }
                    Kind::Ref(reference) if hop.rows => {
                        things.extend(reference.targets.iter().map(|target| Thing::Records(*target)));
                        things.extend(reference.through.map(|through| Thing::Records(through.entity)));
                    }
                    _ => {}
                }
            }
        }
    }
}

// ---- What is written -------------------------------------------------------------------------------------------------

/// One thing that a command does, and what that brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A record is made or changed.
    Save(EntityId),
    /// A record is put into the trash or removed.
    Remove(EntityId),
    /// A reference becomes nothing.
    Clear(EntityId, FieldId),
    /// A rollup is brought up to date.
    Refresh(EntityId, FieldId),
}

/// All that a command may write.
#[derive(Debug, Default)]
struct Effects {
    things: BTreeSet<Thing>,
    /// Entities whose records are made or changed by their writer.
    made: BTreeSet<EntityId>,
    /// Entities whose records go to the trash.
    trashed: BTreeSet<EntityId>,
    /// Entities whose rows are written at all.
    written: BTreeSet<EntityId>,
}

impl Effects {
    fn of(model: &Model, ties: &[Ties], first: Step) -> Self {
        let mut effects = Self::default();
        let mut seen = BTreeSet::from([first]);
        let mut waiting = vec![first];
        while let Some(step) = waiting.pop() {
            let next = effects.take(model, ties, step);
            waiting.extend(next.into_iter().filter(|step| seen.insert(*step)));
        }
        effects
    }

    /// Notes what a step writes, and gives the steps that follow from it.
    fn take(&mut self, model: &Model, ties: &[Ties], step: Step) -> Vec<Step> {
        let (Step::Save(entity) | Step::Remove(entity) | Step::Clear(entity, _) | Step::Refresh(entity, _)) = step;
        self.written.insert(entity);
        let own = &ties[entity.index()];
        let rollups = || own.rollups.iter().map(|tie| Step::Refresh(tie.parent, tie.rollup));
        match step {
            Step::Save(entity) => {
                self.made.insert(entity);
                self.things.insert(Thing::Records(entity));
                let mut next: Vec<Step> = rollups().collect();
                for (id, field) in model[entity].all_fields() {
                    if !matches!(field.source, Source::Rollup(_)) {
                        self.things.insert(Thing::Field(entity, id));
                    }
                    match &field.kind {
                        Kind::Lines { of, .. } => next.extend([Step::Save(*of), Step::Remove(*of)]),
                        Kind::Ref(reference) => next.extend(
                            reference.through.iter().flat_map(|to| [Step::Save(to.entity), Step::Remove(to.entity)]),
                        ),
                        _ => {}
                    }
                }
                next
            }
            Step::Remove(entity) => {
                self.trashed.insert(entity);
                self.things.insert(Thing::Records(entity));
                self.stamp(entity);
                let falls = own.referrers.iter().filter_map(|referrer| match referrer.on_delete {
                    OnDelete::Restrict => None,
                    OnDelete::Cascade => Some(Step::Remove(referrer.entity)),
                    OnDelete::Clear => Some(Step::Clear(referrer.entity, referrer.field)),
                });
                rollups().chain(falls).collect()
            }
            Step::Clear(entity, field) => {
                self.things.insert(Thing::Field(entity, field));
                self.stamp(entity);
                rollups().collect()
            }
            Step::Refresh(entity, rollup) => {
                let mut fresh = BTreeSet::from([rollup]);
                for id in &model[entity].compute_order {
                    if let Source::Compute(expr) | Source::Formula { value: expr, .. } = &model[entity][*id].source
                        && !expr.reads(model).own_fields().is_disjoint(&fresh)
                    {
                        fresh.insert(*id);
                    }
                }
                self.things.extend(fresh.iter().map(|id| Thing::Field(entity, *id)));
                let above = own.rollups.iter().filter(|tie| tie.reads.iter().any(|field| fresh.contains(field)));
                above.map(|tie| Step::Refresh(tie.parent, tie.rollup)).collect()
            }
        }
    }

    /// The fields that tell of a change.
    fn stamp(&mut self, entity: EntityId) {
        self.things.extend(System::ALL.iter().map(|system| Thing::Field(entity, system.field())));
    }
}
