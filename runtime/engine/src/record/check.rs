//! Draft → checked: after this nothing is refused but by the database (unique rules, a lost race).

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::expr::Row;
use fichero_model::kind::{Kind, Reference};
use fichero_model::rule::RuleEvent;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};

use super::draft::Draft;
use super::kept;
use super::money;
use super::stage;
use super::work::Work;
use crate::actor::Via;
use crate::command::Mode;
use crate::input::{Input, Line};
use crate::message::{Argument, Message};
use crate::read::filter;
use crate::refusal::{FieldError, Refusal};
use crate::value::check::{self, about};

/// A record that may be written. Only [`check()`] makes one.
#[derive(Debug)]
pub struct Checked {
    entity: EntityId,
    old: Option<Arc<Row>>,
    row: Arc<Row>,
    links: Vec<(FieldId, Vec<Ref>)>,
    lines: Vec<CheckedLines>,
}

/// The lines of a checked record.
#[derive(Debug)]
pub struct CheckedLines {
    /// The field they belong to.
    pub field: FieldId,
    /// Those that are made or changed, in their order.
    pub saved: Vec<Checked>,
    /// Those that are no longer given.
    pub removed: Vec<Arc<Row>>,
    /// How many there were before.
    stored: usize,
    /// Whether any is another than before, or elsewhere.
    changed: bool,
}

impl Checked {
    /// Which entity it belongs to.
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// The record as stored; nothing for one that is being made.
    pub fn old(&self) -> Option<&Arc<Row>> {
        self.old.as_ref()
    }

    /// The record as it will be.
    pub fn row(&self) -> &Arc<Row> {
        &self.row
    }

    /// For writing: the row alone, where a number is still to be given out.
    pub(super) fn row_mut(&mut self) -> &mut Row {
        Arc::make_mut(&mut self.row)
    }

    /// Its references to many records, to be written.
    pub(super) fn take_links(&mut self) -> Vec<(FieldId, Vec<Ref>)> {
        std::mem::take(&mut self.links)
    }

    /// Its lines, to be written.
    pub(super) fn take_lines(&mut self) -> Vec<CheckedLines> {
        std::mem::take(&mut self.lines)
    }

    /// Whether writing it would change anything of its own but the stamps.
    pub fn is_changed(&self, definition: &fichero_model::entity::Entity) -> bool {
        let Some(old) = &self.old else { return true };
        old.overridden != self.row.overridden
            || definition
                .all_fields()
                .any(|(id, field)| !field.system && !money::is_same(old.get(id), self.row.get(id)))
    }
}

/// Runs the rules and checks everything that does not need the database to refuse it.
///
/// # Errors
/// All that is wrong with the record and its lines at once; or a definition failed; or the database cannot be read.
pub fn check(work: &Work<'_>, draft: Draft) -> Result<Checked, Refusal> {
    let (checked, errors) = gather(work, draft)?;
    if errors.is_empty() { Ok(checked) } else { Err(Refusal::invalid(errors)) }
}

fn gather(work: &Work<'_>, mut draft: Draft) -> Result<(Checked, Vec<FieldError>), Refusal> {
    let lines = check_lines(work, &mut draft)?;
    let event = if draft.old.is_some() { RuleEvent::Update } else { RuleEvent::Create };
    super::rules::run(work, &mut draft, event)?;
    let (dials, unread) = super::phone::settle(work, &mut draft)?;
    if stage::enter_all(work, &mut draft)? || dials {
        draft.compute(work)?;
    }
    unread.into_iter().for_each(|(id, problem)| draft.error(work, id, problem));
    check_references(work, &mut draft)?;
    check_values(work, &mut draft)?;
    check_written_lines(work, &mut draft, &lines)?;
    super::time::check(work, &mut draft);
    super::hierarchy::check(work, &mut draft)?;
    kept::check(work, &mut draft)?;
    super::people::check(work, &mut draft)?;
    super::settings::check(work, &draft)?;
    stage::check(work, &mut draft)?;
    let Draft { entity, old, row, links, errors, .. } = draft;
    Ok((Checked { entity, old, row, links, lines }, errors))
}

/// Lines are drafted and checked before their parent's rules run, so that rules see the sums over them.
fn check_lines(work: &Work<'_>, draft: &mut Draft) -> Result<Vec<CheckedLines>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let given = std::mem::take(&mut draft.lines);
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::with_capacity(given.len());
    for (field, lines) in given {
        let Kind::Lines { of, by } = model[draft.entity][field].kind else { continue };
        work.pend(&draft.row);
        let stored = match &draft.old {
            Some(old) => work.stored_lines(old, field)?,
            None => Vec::new(),
        };
        let definition = &model[draft.entity][field];
        let name = &definition.name;
        let grows = kept::is_kept(&model, definition);
        let given = lines.len();
        let mut saved = Vec::with_capacity(lines.len());
        let mut seen = HashSet::new();
        for (index, line) in lines.into_iter().enumerate() {
            let place = format!("{name}[{index}]");
            match draft_line(work, draft, (of, by), line, &stored, &mut seen)? {
                Ok(line) => {
                    let (line, errors) = if grows { grow(work, line)? } else { gather(work, line)? };
                    draft.errors.extend(errors.into_iter().map(|error| error.inside(&place)));
                    saved.push(line);
                }
                Err((code, message)) => draft.errors.push(FieldError::new(place, code, message)),
            }
        }
        // Where one could not be read, nothing can be said of their order.
        if grows && saved.len() == given && !kept::come_first(&stored, &saved) {
            draft.error(work, field, kept::taken_away(definition));
        }
        let kept: Vec<_> = saved.iter().filter_map(|line| line.row().id()).collect();
        let changed = !kept.iter().copied().eq(stored.iter().filter_map(|row| row.id()))
            || saved.iter().any(|line| line.is_changed(&model[of]));
        let before = stored.len();
        let removed = stored.into_iter().filter(|row| row.id().is_none_or(|id| !kept.contains(&id))).collect();
        let rows: Vec<_> = saved.iter().map(|line| Arc::clone(line.row())).collect();
        super::rollup::in_memory(work, draft, field, &rows)?;
        work.pend_lines(&draft.row, field, rows);
        all.push(CheckedLines { field, saved, removed, stored: before, changed });
    }
    draft.compute(work)?;
    work.pend(&draft.row);
    Ok(all)
}

/// The same for a line of a field that only grows. One that is stored stays as it is, but for what follows by itself: no
/// rule is asked, for nobody changes it.
fn grow(work: &Work<'_>, mut line: Draft) -> Result<(Checked, Vec<FieldError>), Refusal> {
    let Some(stored) = line.old.clone() else { return gather(work, line) };
    let mut errors = kept::altered(work, &line)?;
    // What was given is what it holds; that it was given is to leave no trace.
    if errors.is_empty() && !line.given.is_empty() {
        line = Draft::update(work, stored, Input::default())?;
        errors.append(&mut line.errors);
    }
    let Draft { entity, old, row, .. } = line;
    Ok((Checked { entity, old, row, links: Vec::new(), lines: Vec::new() }, errors))
}

/// One line of a record as a draft: a new one, or one of those that are `stored` and not yet among the `seen`.
///
/// # Errors
/// When a definition fails or the database cannot be read; the inner error is the writer's to see.
pub fn draft_line(
    work: &Work<'_>,
    parent: &Draft,
    (of, by): (EntityId, FieldId),
    line: Line,
    stored: &[Arc<Row>],
    seen: &mut HashSet<Id>,
) -> Result<Result<Draft, check::Problem>, Refusal> {
    let Line { id, mut input } = line;
    if let Some(id) = id.filter(|id| !seen.insert(*id)) {
        return Ok(Err(("repeated_line", Message::with("repeated_line", [id.to_string()]))));
    }
    input.fields.retain(|(field, _)| *field != by);
    let known = id.and_then(|id| stored.iter().find(|row| row.id() == Some(id)));
    if let Some(row) = known {
        return Draft::update(work, Arc::clone(row), input).map(Ok);
    }
    // A form brings what its reader saw. A line that somebody removed meanwhile is made again, for it was saved.
    if let Some(id) = id.filter(|_| work.actor.via != Via::Page) {
        return Ok(Err(("unknown_line", Message::with("unknown_line", [Argument::Plain(id.to_string())]))));
    }
    let reference = Ref { entity: parent.entity, id: parent.id() };
    input.put(by, crate::input::Given::Value(Value::Ref(reference)));
    Draft::create(work, of, input).map(Ok)
}

/// Every reference that is new points to a living record that may be chosen.
///
/// # Errors
/// When a definition fails or the database cannot be read. What is wrong with the draft is in [`Draft::errors`].
pub fn check_references(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let fresh = draft.fresh_references(work);
    work.keep(fresh.iter().map(|(_, target)| *target).filter(|target| !work.is_presumed(*target)))?;
    for (id, target) in fresh {
        let field = &model[draft.entity][id];
        let Kind::Ref(reference) = &field.kind else { continue };
        // What nobody has read yet is verified when it is written.
        if work.is_presumed(target) && reference.choose.is_none() && !work.is_read(target) {
            continue;
        }
        match work.living(target)? {
            None => draft.error(work, id, about(field, "reference_missing", [])),
            Some(row) => {
                if !may_choose(work, draft, reference, &row)? {
                    draft.error(work, id, about(field, "reference_choice", []));
                }
            }
        }
    }
    Ok(())
}

fn may_choose(work: &Work<'_>, draft: &Draft, reference: &Reference, target: &Arc<Row>) -> Result<bool, Refusal> {
    let Some(choose) = &reference.choose else { return Ok(true) };
    let context = work.context(Some(target), Some(&draft.row), draft.old.as_ref(), &[], None);
    Ok(choose.holds(&context)?)
}

fn check_values(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields() {
        // A field that could not be read has been told of already.
        if field.system || !field.is_input() || draft.errors.iter().any(|error| error.field == *field.name) {
            continue;
        }
        let value = draft.row.get(id).clone();
        let is_blank = value.as_text().is_some_and(|text| text.trim().is_empty());
        if is_required(work, draft, id, field)? && (is_blank || is_empty(work, draft, id, field)?) {
            draft.error(work, id, about(field, "required", []));
            continue;
        }
        if !draft.changes(id) {
            continue;
        }
        if let (Some(condition), Mode::Live, true) = (&field.readonly_if, work.mode, draft.given.contains(&id))
            && draft.holds(work, condition, &[], None)?
        {
            draft.error(work, id, about(field, "readonly", []));
        }
        let linked = draft.links.iter().find(|(link, _)| *link == id).map(|(_, targets)| targets.clone());
        // What is not there breaks no rule about values.
        if value.is_nothing() && linked.as_ref().is_none_or(Vec::is_empty) {
            continue;
        }
        check_number(work, draft, id, field);
        for item in value.items() {
            check_one(work, draft, id, field, item)?;
        }
        for target in linked.into_iter().flatten() {
            check_rules(work, draft, field, &Value::Ref(target))?;
        }
    }
    Ok(())
}

/// Lines that may not be written stay as they are.
fn check_written_lines(work: &Work<'_>, draft: &mut Draft, all: &[CheckedLines]) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for lines in all.iter().filter(|lines| lines.changed) {
        let field = &model[draft.entity][lines.field];
        let is_readonly = || match &field.readonly_if {
            _ if field.readonly => Ok(true),
            Some(condition) => draft.holds(work, condition, &[], None),
            None => Ok(false),
        };
        if work.mode == Mode::Live && is_readonly()? {
            draft.error(work, lines.field, about(field, "readonly", []));
        } else if field.once && lines.stored > 0 {
            draft.error(work, lines.field, about(field, "once", []));
        }
    }
    Ok(())
}

/// How many entries a list holds.
fn check_number(work: &Work<'_>, draft: &mut Draft, id: FieldId, field: &Field) {
    let number = match draft.links.iter().find(|(link, _)| *link == id) {
        Some((_, targets)) => targets.len(),
        None => draft.row.get(id).items().len(),
    };
    let told = |key: &'static str, bound: u32| about(field, key, [Argument::Plain(bound.to_string())]);
    match (field.min_items, field.max_items) {
        (Some(min), _) if number < min as usize => draft.error(work, id, told("too_few_values", min)),
        (_, Some(max)) if number > max as usize => draft.error(work, id, told("too_many_values", max)),
        _ => {}
    }
}

fn check_one(work: &Work<'_>, draft: &mut Draft, id: FieldId, field: &Field, value: &Value) -> Result<(), Refusal> {
    // A secret was looked at before it was sealed.
    if field.kind.is_secret() {
        return Ok(());
    }
    if let Err(problem) = check::fits(field, value) {
        draft.error(work, id, problem);
        return Ok(());
    }
    if let (Some(over), Some(text)) = (field.over, value.as_text())
        && let Err(refusal) = filter::condition(&work.live.model, over, text)
    {
        draft.error(work, id, ("bad_filter", refusal.detail));
        return Ok(());
    }
    if let (Kind::Choice { options }, Some(name)) = (&field.kind, value.as_text())
        && !draft.holds_option(id, name)
    {
        let model = Arc::clone(&work.live.model);
        let allowed = match model[*options].find(name) {
            None => Err(about(field, "not_option", [Argument::from(name)])),
            Some(option) if option.retired && work.mode == Mode::Live => {
                Err(about(field, "retired_option", [Argument::from(&option.label)]))
            }
            Some(_) => Ok(()),
        };
        let chosen = match &field.options_if {
            Some(condition) if allowed.is_ok() => draft.holds(work, condition, &[], Some(value))?,
            _ => true,
        };
        match allowed {
            Err(problem) => draft.error(work, id, problem),
            Ok(()) if !chosen => draft.error(work, id, about(field, "not_option", [Argument::from(name)])),
            Ok(()) => {}
        }
    }
    check_rules(work, draft, field, value)
}

/// What the definition says against a value.
fn check_rules(work: &Work<'_>, draft: &mut Draft, field: &Field, value: &Value) -> Result<(), Refusal> {
    for check in &field.validate {
        if draft.holds(work, &check.bad, &[], Some(value))? {
            let message = super::rules::sentence(work, draft, check, value)?;
            draft.errors.push(FieldError::new(field.name.to_string(), "validate", message).found_by(&check.name));
        }
    }
    Ok(())
}

/// Whether a value is asked for in a field: by itself, by its condition, or by the pipeline that holds.
///
/// # Errors
/// When a definition fails.
pub fn is_required(work: &Work<'_>, draft: &Draft, id: FieldId, field: &Field) -> Result<bool, Refusal> {
    let is_asked = match &field.required_if {
        _ if field.required => true,
        Some(condition) if draft.holds(work, condition, &[], None)? => true,
        _ => stage::governing(work, &work.live.model, draft, id)?.is_some(),
    };
    // What nobody is shown is asked of nobody.
    Ok(is_asked && draft.is_shown(work, field)?)
}

/// Whether a draft has nothing in a field. Of lists those that it is to have count, or else those that are stored.
pub(super) fn is_empty(work: &Work<'_>, draft: &Draft, id: FieldId, field: &Field) -> Result<bool, Refusal> {
    if let Some((_, targets)) = draft.links.iter().find(|(link, _)| *link == id) {
        return Ok(targets.is_empty());
    }
    if field.is_link() || field.kind.is_rows() {
        return Ok(work.rows_of(&draft.row, id)?.is_empty());
    }
    match field.kind {
        Kind::Boolean => Ok(false),
        _ => Ok(draft.row.get(id).is_nothing()),
    }
}
