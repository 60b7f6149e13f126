//! In which order rows are made: each after those it refers to, otherwise as they are written.
//!
//! Where rows refer to each other in a circle (a team's manager, the manager's team) one of them is made without the
//! reference, which is filled in at the end. Only a reference that a record can do without can wait like that.

use std::collections::{BTreeSet, HashMap};

use fichero_model::expr::Setting;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};

use super::Row;

/// Something to be done with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The row, by its place in the list.
    pub row: usize,
    /// The fields that are given now.
    pub fields: Vec<FieldId>,
    /// The record was made in an earlier step; this one closes its circle.
    pub closes: bool,
}

/// What is to be done, and what cannot be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// In this order.
    pub steps: Vec<Step>,
    /// Rows that need each other first, by their place in the list.
    pub stuck: Vec<usize>,
}

/// A reference from one row to another.
struct Need {
    /// The row that must be there first.
    row: usize,
    /// The field that refers to it.
    field: FieldId,
    /// The record cannot be made without it.
    firm: bool,
}

/// Puts rows in order. Names that are no row's are other records' keys, and need nothing here.
pub(super) fn order(model: &Model, rows: &[Row]) -> Order {
    let names = names(model, rows);
    let mut needs: Vec<Vec<Need>> =
        rows.iter().enumerate().map(|(at, row)| needs(model, rows, &names, at, row)).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    // A row refers to itself once it is there.
    let mut left_out: Vec<Vec<FieldId>> = vec![Vec::new(); rows.len()];
    for (at, needs) in needs.iter_mut().enumerate() {
        left_out[at].extend(needs.iter().filter(|need| need.row == at && !need.firm).map(|need| need.field));
        needs.retain(|need| need.row != at);
        for need in needs {
            needed_by[need.row].push(at);
        }
    }
    let mut order = Order::default();
    let mut waiting: BTreeSet<usize> = (0..rows.len()).collect();
    let mut ready: BTreeSet<usize> = waiting.iter().copied().filter(|at| needs[*at].is_empty()).collect();
    while !waiting.is_empty() {
        let open = || {
            waiting
                .iter()
                .copied()
                .filter(|at| !needs[*at].iter().any(|need| need.firm))
                .min_by_key(|at| needs[*at].len())
        };
        let Some(next) = ready.pop_first().or_else(open) else {
            order.stuck = waiting.into_iter().collect();
            break;
        };
        left_out[next].extend(std::mem::take(&mut needs[next]).into_iter().map(|need| need.field));
        order.steps.push(step(rows, next, &left_out[next], false));
        waiting.remove(&next);
        for other in std::mem::take(&mut needed_by[next]) {
            needs[other].retain(|need| need.row != next);
            if needs[other].is_empty() && waiting.contains(&other) {
                ready.insert(other);
            }
        }
    }
    let closed = order.steps.iter().map(|step| step.row).filter(|row| !left_out[*row].is_empty());
    let closing: Vec<Step> = closed.map(|row| step(rows, row, &left_out[row], true)).collect();
    order.steps.extend(closing);
    order
}

/// The fields of a row that are left out at first, or all others.
fn step(rows: &[Row], row: usize, left_out: &[FieldId], closes: bool) -> Step {
    let fields = rows[row].set.iter().map(|(field, _)| *field).filter(|field| left_out.contains(field) == closes);
    Step { row, fields: fields.collect(), closes }
}

type Names<'r> = HashMap<(EntityId, &'r str), usize>;

/// The rows by their names and external keys. Of two rows of one name the first makes the record.
fn names<'r>(model: &Model, rows: &'r [Row]) -> Names<'r> {
    let mut names = Names::new();
    for (at, row) in rows.iter().enumerate() {
        names.entry((row.entity, &row.name)).or_insert(at);
    }
    for (at, row) in rows.iter().enumerate() {
        for (field, setting) in &row.set {
            if let (true, Setting::Literal(Value::Text(key))) = (model[row.entity][*field].external, setting) {
                names.entry((row.entity, key)).or_insert(at);
            }
        }
    }
    names
}

fn needs(model: &Model, rows: &[Row], names: &Names<'_>, at: usize, row: &Row) -> Vec<Need> {
    let mut needs = Vec::new();
    // A second row of the same name changes the record that the first one made.
    if let Some(first) = names.get(&(row.entity, &*row.name)).filter(|first| **first != at) {
        needs.push(Need { row: *first, field: fichero_model::entity::System::Id.field(), firm: true });
    }
    for (field, setting) in &row.set {
        let firm = model[row.entity][*field].required;
        for local in locals(model, setting).into_iter().filter(|local| *local < rows.len()) {
            needs.push(Need { row: local, field: *field, firm });
        }
        named(model, row.entity, *field, setting, &mut |entity, name, inside| {
            if let Some(other) = names.get(&(entity, name)) {
                needs.push(Need { row: *other, field: *field, firm: firm || inside });
            }
        });
    }
    needs
}

/// The rows that the expressions of a setting read: the locals of what a scenario is given are its records, in order.
pub(super) fn locals(model: &Model, setting: &Setting) -> BTreeSet<usize> {
    match setting {
        Setting::Literal(_) | Setting::Named(_) => BTreeSet::new(),
        Setting::Expr(expr) => expr.reads(model).locals,
        Setting::List(items) => items.iter().flat_map(|item| locals(model, item)).collect(),
        Setting::Rows(rows) => rows.iter().flatten().flat_map(|(_, setting)| locals(model, setting)).collect(),
    }
}

/// Tells `found` every record that a setting names: its entity, its name, and whether a line of the record names it.
fn named(
    model: &Model,
    entity: EntityId,
    field: FieldId,
    setting: &Setting,
    found: &mut dyn FnMut(EntityId, &str, bool),
) {
    match (setting, &model[entity][field].kind) {
        (Setting::Named(name), Kind::Ref(reference)) => match (&*reference.targets, name.split_once(':')) {
            ([only], _) => found(*only, name, false),
            (_, Some((entity, name))) => {
                if let Some((entity, _)) = model.entity(entity) {
                    found(entity, name, false);
                }
            }
            (targets, None) => targets.iter().for_each(|target| found(*target, name, false)),
        },
        (Setting::List(items), _) => items.iter().for_each(|item| named(model, entity, field, item, found)),
        (Setting::Rows(rows), Kind::Lines { of, .. }) => {
            for (line, setting) in rows.iter().flatten() {
                named(model, *of, *line, setting, &mut |entity, name, _| found(entity, name, true));
            }
        }
        _ => {}
    }
}
