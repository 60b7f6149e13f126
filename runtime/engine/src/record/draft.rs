//! A record on its way to be saved: what is stored, what was given, and what follows from both.

use std::sync::Arc;

use fichero_model::entity::{Field, Source, System};
use fichero_model::expr::{Expr, Fault, Row, Setting, taken};
use fichero_model::id::PipelineId;
use fichero_model::kind::Kind as Storage;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use serde_json::Value as Json;

use super::work::Work;
use crate::command::Mode;
use crate::input::{Given, Input, Line};
use crate::message::{Argument, Message};
use crate::refusal::{FieldError, Kind, Refusal};
use crate::value::check::{self, about};
use crate::value::json;

/// A record that is being made or changed, before it is checked.
#[derive(Debug)]
pub struct Draft {
    /// Which entity it belongs to.
    pub entity: EntityId,
    /// The record as stored; nothing for one that is being made.
    pub old: Option<Arc<Row>>,
    /// The record as it will be.
    pub row: Arc<Row>,
    /// The fields that the writer gave.
    pub given: Vec<FieldId>,
    /// The fields that begin as those of the record it is made like.
    pub alike: Vec<FieldId>,
    /// What its references to many records will hold, for those that were given.
    pub links: Vec<(FieldId, Vec<Ref>)>,
    /// What its lines will be, for those that were given.
    pub lines: Vec<(FieldId, Vec<Line>)>,
    /// The pipelines that held when it was last looked at, by their stage fields.
    pub governed: Vec<(FieldId, Option<PipelineId>)>,
    /// All that is wrong so far.
    pub errors: Vec<FieldError>,
}

impl Draft {
    /// A record to be made: defaults, what was given, then what follows.
    ///
    /// # Errors
    /// When the database cannot be read or a definition fails. What is wrong with values is in [`Draft::errors`].
    pub fn create(work: &Work<'_>, entity: EntityId, mut input: Input) -> Result<Self, Refusal> {
        let definition = &work.live.model[entity];
        let mut row = Row::empty(entity, definition.fields.len());
        let id = input.id.unwrap_or_else(|| work.ids.id(work.now));
        row.set(System::Id.field(), Value::Ref(Ref { entity, id }));
        row.set(System::Version.field(), Value::Integer(1));
        work.stamp(&mut row, true);
        let mut draft = Self {
            entity,
            old: None,
            row: Arc::new(row),
            given: Vec::new(),
            alike: Vec::new(),
            links: Vec::new(),
            lines: Vec::new(),
            governed: Vec::new(),
            errors: Vec::new(),
        };
        let basis = std::mem::take(&mut input.basis);
        draft.take(work, input)?;
        draft.begin_alike(work, basis)?;
        draft.fill_defaults(work)?;
        draft.keep_references(work)?;
        super::rollup::begin(work, &mut draft)?;
        draft.follow(work)?;
        Ok(draft)
    }

    /// A record to be changed: what is stored, what was given, then what follows.
    ///
    /// # Errors
    /// When the database cannot be read or a definition fails. What is wrong with values is in [`Draft::errors`].
    pub fn update(work: &Work<'_>, old: Arc<Row>, mut input: Input) -> Result<Self, Refusal> {
        let mut draft = Self::unchanged(&old);
        draft.begin_change(work);
        let basis = std::mem::take(&mut input.basis);
        draft.take(work, input)?;
        draft.begin_alike(work, basis)?;
        super::money::follow_rates(work, &mut draft)?;
        draft.keep_references(work)?;
        draft.follow(work)?;
        Ok(draft)
    }

    /// A stored record that nobody changes yet.
    pub fn unchanged(stored: &Arc<Row>) -> Self {
        Self {
            entity: stored.entity,
            old: Some(Arc::clone(stored)),
            row: Arc::clone(stored),
            given: Vec::new(),
            alike: Vec::new(),
            links: Vec::new(),
            lines: Vec::new(),
            governed: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Raises the version and stamps who changes it.
    pub fn begin_change(&mut self, work: &Work<'_>) {
        let row = Arc::make_mut(&mut self.row);
        row.set(System::Version.field(), Value::Integer(row.version() + 1));
        work.stamp(row, false);
    }

    /// The record's identity.
    pub fn id(&self) -> Id {
        self.row.id().unwrap_or(Id::from_bytes([0; 16]))
    }

    /// Whether the command changes a field.
    pub fn changes(&self, field: FieldId) -> bool {
        match &self.old {
            None => {
                !self.row.get(field).is_nothing()
                    || self.links.iter().any(|(link, targets)| *link == field && !targets.is_empty())
            }
            Some(old) => old.get(field) != self.row.get(field) || self.links.iter().any(|(link, _)| *link == field),
        }
    }

    /// Puts a value into the record.
    pub fn set(&mut self, field: FieldId, value: Value) {
        if *self.row.get(field) != value {
            Arc::make_mut(&mut self.row).set(field, value);
        }
    }

    /// Notes that a field is wrong.
    pub fn error(&mut self, work: &Work<'_>, field: FieldId, (code, message): check::Problem) {
        let name = work.live.model[self.entity][field].name.to_string();
        self.errors.push(FieldError::new(name, code, message));
    }

    /// The value of an expression over the draft.
    ///
    /// # Errors
    /// When the definition fails.
    pub fn eval(
        &self,
        work: &Work<'_>,
        expr: &Expr,
        locals: &[Value],
        value: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let context = work.context(Some(&self.row), Some(&self.row), self.old.as_ref(), locals, value);
        expr.eval(&context).map_err(|fault| self.failed(work, fault))
    }

    fn failed(&self, work: &Work<'_>, fault: Fault) -> Refusal {
        work.failed_on(self.entity, self.old.as_ref().and_then(|old| old.id()), fault)
    }

    /// The value that a definition works out for a field.
    ///
    /// # Errors
    /// When the definition fails, or its value is none that the field takes.
    pub fn work_out(&self, work: &Work<'_>, field: &Field, expr: &Expr, locals: &[Value]) -> Result<Value, Refusal> {
        let value = self.eval(work, expr, locals, None)?;
        taken(&work.live.model, field, value).map_err(|fault| self.failed(work, expr.named(&fault)))
    }

    /// What a field keeps of a value of its kind.
    ///
    /// # Errors
    /// When a definition fails or the database cannot be read; the inner error is the writer's to see.
    pub fn kept(&self, work: &Work<'_>, id: FieldId, value: Value) -> Result<Result<Value, check::Problem>, Refusal> {
        let field = &work.live.model[self.entity][id];
        match field.kind {
            Storage::Money { .. } => super::money::of(work, self, id, value),
            Storage::Secret { .. } => Ok(super::secret::sealed(work, self, id, value)),
            _ => Ok(check::conform(field, value)),
        }
    }

    /// Whether a condition over the draft holds.
    ///
    /// # Errors
    /// When the definition fails.
    pub fn holds(
        &self,
        work: &Work<'_>,
        expr: &Expr,
        locals: &[Value],
        value: Option<&Value>,
    ) -> Result<bool, Refusal> {
        self.eval(work, expr, locals, value).map(|value| value.is_true())
    }

    /// Whether a field is shown, so that a value can be asked for.
    ///
    /// # Errors
    /// When the definition fails.
    pub fn is_shown(&self, work: &Work<'_>, field: &Field) -> Result<bool, Refusal> {
        field.visible_if.as_ref().map_or(Ok(true), |condition| self.holds(work, condition, &[], None))
    }

    /// The records that it refers to and that what is stored does not.
    pub fn fresh_references(&self, work: &Work<'_>) -> Vec<(FieldId, Ref)> {
        let changed = |id: FieldId| self.old.as_ref().is_none_or(|old| old.get(id) != self.row.get(id));
        let single = work.live.model[self.entity]
            .all_fields()
            .filter(|(_, field)| matches!(field.kind, Storage::Ref(_)) && !field.system && !field.is_link())
            .filter_map(|(id, _)| if changed(id) { Some((id, self.row.get(id).as_ref()?)) } else { None });
        let linked = self.links.iter().flat_map(|(id, targets)| targets.iter().map(|target| (*id, *target)));
        single.chain(linked).collect()
    }

    /// Reads them under a lock before anything is read through them; of a new record those alone that are asked for
    /// something.
    fn keep_references(&self, work: &Work<'_>) -> Result<(), Refusal> {
        let fields = &work.live.model[self.entity];
        let is_bare = |id: FieldId| {
            self.old.is_none()
                && matches!(&fields[id].kind, Storage::Ref(to) if to.choose.is_none())
                && !fields[id].is_link()
        };
        let (bare, asked): (Vec<_>, Vec<_>) = self.fresh_references(work).into_iter().partition(|(id, _)| is_bare(*id));
        work.keep(asked.into_iter().map(|(_, target)| target))?;
        bare.into_iter().try_for_each(|(_, target)| work.presume(target))
    }

    /// Takes over what the writer gave, field by field.
    fn take(&mut self, work: &Work<'_>, input: Input) -> Result<(), Refusal> {
        if input.revision.is_some_and(|revision| revision != work.live.model.revision) {
            return Err(Refusal::new(Kind::Unavailable, "superseded", Message::key("superseded")));
        }
        self.errors.extend(input.errors);
        let model = Arc::clone(&work.live.model);
        for (id, given) in input.fields {
            let field = &model[self.entity][id];
            let loadable = work.mode == Mode::Load
                && matches!(id, field if [System::CreatedAt, System::CreatedBy].iter().any(|system| system.field() == field));
            let numbered = work.mode == Mode::Load && matches!(field.source, Source::Sequence(_));
            if !field.is_input() && !loadable && !numbered {
                self.error(work, id, about(field, "readonly", []));
                continue;
            }
            let kept = self.old.as_ref().map(|old| old.get(id).clone());
            match self.receive(work, id, given)? {
                Ok(()) => self.given.push(id),
                Err(problem) => {
                    self.error(work, id, problem);
                    continue;
                }
            }
            let (was_given, is_other) = match (kept, self.links.iter().find(|(link, _)| *link == id)) {
                (None, _) => (false, self.changes(id)),
                (Some(kept), None) => (!kept.is_nothing(), kept != *self.row.get(id)),
                (Some(_), Some((_, after))) if field.readonly || field.once => {
                    let before = self.old.as_ref().map(|old| work.linked(old, id)).transpose()?.unwrap_or_default();
                    (!before.is_empty(), before != *after)
                }
                (Some(_), Some(_)) => (true, true),
            };
            // When and by whom a record was made may come with it, and is not changed later.
            if loadable && self.old.is_some() && is_other {
                self.error(work, id, ("readonly", about(field, "made_already", []).1));
            }
            if work.mode == Mode::Live && field.readonly && is_other {
                self.error(work, id, about(field, "readonly", []));
            }
            if field.once && was_given && is_other {
                self.error(work, id, about(field, "once", []));
            }
            if matches!(field.source, Source::Compute(_)) {
                self.note_override(id);
            }
        }
        Ok(())
    }

    /// Takes over what the record holds that it is made like, but for what was given.
    fn begin_alike(&mut self, work: &Work<'_>, basis: Vec<(FieldId, Given)>) -> Result<(), Refusal> {
        let model = Arc::clone(&work.live.model);
        for (id, value) in basis.into_iter().filter(|(id, _)| !self.given.contains(id)).collect::<Vec<_>>() {
            match self.receive(work, id, value)? {
                Err(problem) => self.error(work, id, problem),
                Ok(()) => self.alike.push(id),
            }
            if matches!(model[self.entity][id].source, Source::Compute(_)) {
                self.note_override(id);
            }
        }
        Ok(())
    }

    /// A computed field that was given a value is overridden; one that was emptied follows its inputs again.
    fn note_override(&mut self, id: FieldId) {
        let given = !self.row.get(id).is_nothing();
        let row = Arc::make_mut(&mut self.row);
        row.overridden.retain(|known| *known != id);
        if given {
            row.overridden.push(id);
        }
    }

    fn receive(&mut self, work: &Work<'_>, id: FieldId, given: Given) -> Result<Result<(), check::Problem>, Refusal> {
        let model = Arc::clone(&work.live.model);
        let field = &model[self.entity][id];
        match given {
            Given::Value(value) if field.is_link() => {
                let targets = value.items().iter().filter_map(Value::as_ref).collect();
                self.put_links(work, id, targets)?;
            }
            Given::Value(value) => match self.kept(work, id, value)? {
                Ok(value) => match super::files::may_be_held(work, self, id, &value)? {
                    Ok(()) => self.set(id, value),
                    Err(problem) => return Ok(Err(problem)),
                },
                Err(problem) => return Ok(Err(problem)),
            },
            Given::Merge(patch) => {
                let merged = match self.old.as_ref().map(|old| old.get(id)) {
                    None => Json::clone(&patch),
                    Some(Value::Json(held)) => json::merged(held, &patch),
                    Some(_) => json::merged(&Json::Null, &patch),
                };
                self.set(id, Value::Json(Arc::new(merged)));
            }
            Given::Money { amount, currency } => match super::money::given(work, self, id, amount, currency)? {
                Ok(money) => self.set(id, money),
                Err(problem) => return Ok(Err(problem)),
            },
            Given::Named(name) => match super::reference::named(work, field, &name)? {
                Ok(reference) if field.is_link() => self.put_links(work, id, vec![reference])?,
                Ok(reference) => self.set(id, Value::Ref(reference)),
                Err(problem) => return Ok(Err(problem)),
            },
            Given::NamedList(names) => {
                let mut targets = Vec::with_capacity(names.len());
                for name in names {
                    match super::reference::named(work, field, &name)? {
                        Ok(reference) => targets.push(reference),
                        Err(problem) => return Ok(Err(problem)),
                    }
                }
                self.put_links(work, id, targets)?;
            }
            Given::Options(names) => match self.options(work, id, &names) {
                Ok(value) => self.set(id, value),
                Err(problem) => return Ok(Err(problem)),
            },
            Given::Lines(lines) => self.lines.push((id, lines)),
        }
        Ok(Ok(()))
    }

    /// Options by their names: those of the field, and those that the record holds.
    fn options(&self, work: &Work<'_>, id: FieldId, names: &[Arc<str>]) -> Result<Value, check::Problem> {
        let field = &work.live.model[self.entity][id];
        let option = |name: &Arc<str>| match &field.kind {
            _ if self.holds_option(id, name) => Ok(Value::Text(Arc::clone(name))),
            Storage::Choice { options } => crate::value::text::option(&work.live.model, field, *options, name),
            _ => Err(about(field, "not_option", [Argument::from(&**name)])),
        };
        let values = names.iter().map(option).collect::<Result<Vec<_>, _>>()?;
        Ok(if field.many { check::list(field, values) } else { values.into_iter().next().unwrap_or_default() })
    }

    /// Whether the stored record holds an option, which may then stay whatever has become of it.
    pub fn holds_option(&self, id: FieldId, name: &str) -> bool {
        self.old.as_ref().is_some_and(|old| old.get(id).items().iter().any(|held| held.as_text() == Some(name)))
    }

    fn put_links(&mut self, work: &Work<'_>, id: FieldId, mut targets: Vec<Ref>) -> Result<(), Refusal> {
        let mut seen = std::collections::HashSet::new();
        targets.retain(|target| seen.insert(*target));
        self.links.retain(|(known, _)| *known != id);
        // What computes over them, and the rules, see those that are meant.
        work.pend_links(&self.row, id, &targets)?;
        self.links.push((id, targets));
        Ok(())
    }

    fn fill_defaults(&mut self, work: &Work<'_>) -> Result<(), Refusal> {
        let model = Arc::clone(&work.live.model);
        for (id, field) in model[self.entity].all_fields() {
            if self.given.contains(&id) || self.alike.contains(&id) {
                continue;
            }
            if let Some(default) = &field.default {
                self.settle(work, id, default, &[])?;
            }
        }
        Ok(())
    }

    /// Gives a field what a definition sets it to. A value that does not fit is the writer's to see.
    ///
    /// # Errors
    /// When the definition fails or the database cannot be read.
    pub fn settle(&mut self, work: &Work<'_>, id: FieldId, setting: &Setting, locals: &[Value]) -> Result<(), Refusal> {
        let model = Arc::clone(&work.live.model);
        let field = &model[self.entity][id];
        let given = match setting {
            Setting::Literal(value) => Given::Value(value.clone()),
            Setting::Named(name) => Given::Named(name.clone()),
            Setting::Expr(expr) => Given::Value(self.work_out(work, field, expr, locals)?),
            Setting::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    match item {
                        Setting::Literal(value) => values.push(value.clone()),
                        Setting::Expr(expr) => {
                            values.extend(self.work_out(work, field, expr, locals)?.items().iter().cloned())
                        }
                        Setting::Named(_) | Setting::List(_) | Setting::Rows(_) => {}
                    }
                }
                Given::Value(Value::list(values))
            }
            Setting::Rows(rows) => match field.kind {
                Storage::Lines { of, .. } => {
                    let lines = rows.iter().map(|row| self.line(work, of, row, locals));
                    Given::Lines(lines.collect::<Result<_, _>>()?)
                }
                _ => return Ok(()),
            },
        };
        match self.receive(work, id, given)? {
            Err(problem) => self.error(work, id, problem),
            // What a rule sets stays, as what somebody sets by hand.
            Ok(()) if matches!(field.source, Source::Compute(_)) => self.note_override(id),
            Ok(()) => {}
        }
        Ok(())
    }

    fn line(
        &self,
        work: &Work<'_>,
        of: EntityId,
        settings: &[(FieldId, Setting)],
        locals: &[Value],
    ) -> Result<Line, Refusal> {
        let mut line = Line::default();
        for (id, setting) in settings {
            let given = match setting {
                Setting::Literal(value) => Given::Value(value.clone()),
                Setting::Named(name) => Given::Named(name.clone()),
                Setting::Expr(expr) => {
                    Given::Value(self.work_out(work, work.live.model.field(of, *id), expr, locals)?)
                }
                Setting::List(_) | Setting::Rows(_) => continue,
            };
            line.input.put(*id, given);
        }
        Ok(line)
    }

    /// Fields that copy take their value when one of the references they read is chosen, and it was not given itself.
    fn copy(&mut self, work: &Work<'_>) -> Result<(), Refusal> {
        let live = Arc::clone(&work.live);
        for (id, reads) in &live.ties(self.entity).copies {
            let (id, field) = (*id, &live.model[self.entity][*id]);
            let Source::Copy(expr) = &field.source else { continue };
            // In a record that is made like another, it is taken anew where another reference is chosen.
            let chosen =
                |read: &FieldId| self.changes(*read) && (!self.alike.contains(&id) || self.given.contains(read));
            if self.given.contains(&id) || !reads.iter().any(chosen) {
                continue;
            }
            let value = self.work_out(work, field, expr, &[])?;
            if let Err(problem) = self.receive(work, id, Given::Value(value))? {
                self.error(work, id, problem);
            }
        }
        Ok(())
    }

    /// What follows from what was given: which pipeline holds may depend on what is computed, and that on the stage.
    fn follow(&mut self, work: &Work<'_>) -> Result<(), Refusal> {
        self.copy(work)?;
        self.compute(work)?;
        // What cannot be dialled is told of when the record is checked, for rules may still mend it.
        if super::phone::settle(work, self)?.0 {
            self.compute(work)?;
        }
        if super::stage::enter_all(work, self)? { self.compute(work) } else { Ok(()) }
    }

    /// Refreshes every computed field, each after what it reads.
    ///
    /// # Errors
    /// When a definition fails.
    pub fn compute(&mut self, work: &Work<'_>) -> Result<(), Refusal> {
        super::compute::refresh(work, self)
    }
}
