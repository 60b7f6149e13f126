//! Which column fills what: by a mapping, or by the headings themselves.

use std::sync::Arc;

use fichero_model::data::{MappedColumn, Mapping, OnMatch, Reading};
use fichero_model::entity::{Entity, Field, Source, System};
use fichero_model::expr::{Expr, Setting};
use fichero_model::kind::Kind;
use fichero_model::number::Form;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model, fold, name};

use super::Request;
use crate::command::Mode;
use crate::value::text::Notation;

/// How the rows of a file become records.
#[derive(Debug)]
pub(super) struct Plan {
    /// What they become.
    pub entity: EntityId,
    /// How many cells a row has.
    pub width: usize,
    /// The columns that fill something; those that may make records come last.
    pub columns: Vec<Column>,
    /// Values for every row.
    pub set: Vec<(FieldId, Setting)>,
    /// The fields by which a row finds the record it updates.
    pub matching: Vec<FieldId>,
    /// What becomes of a row whose record is there.
    pub on_match: OnMatch,
    /// The columns that expressions read, as their locals.
    pub locals: Vec<usize>,
    /// Columns that fill nothing.
    pub passed_over: Vec<String>,
    /// How the file is read.
    pub reading: Reading,
}

impl Plan {
    /// What a column is called: its heading where it fills something, else its number.
    pub(super) fn heading(&self, at: usize) -> String {
        let column = self.columns.iter().find(|column| column.at == at);
        column.map_or_else(|| (at + 1).to_string(), |column| column.header.clone())
    }
}

/// A column that fills something.
#[derive(Debug)]
pub(super) struct Column {
    /// Its place in a row.
    pub at: usize,
    /// Its heading.
    pub header: String,
    /// What it fills.
    pub target: Target,
    /// The name of the field, as errors bear it.
    pub name: Arc<str>,
    /// How a reference is found, where that is said.
    pub by: Option<FieldId>,
    /// Texts that stand for others.
    pub alias: Vec<(Arc<str>, Arc<str>)>,
    /// How dates are written.
    pub notation: Notation,
    /// How numbers are written, where that is said.
    pub numbers: Vec<Form>,
    /// What an empty cell means.
    pub default: Option<Value>,
    /// A missing referenced record is made.
    pub create: bool,
    /// What the field gets instead of the cell.
    pub value: Option<Expr>,
    /// That may be nothing, also where the cell holds something: it says `()` itself.
    pub may_be_nothing: bool,
}

/// What a column fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A field.
    Field(FieldId),
    /// The currency of a money field.
    Currency(FieldId),
}

impl Column {
    fn new(model: &Model, entity: EntityId, at: usize, header: &str, target: Target) -> Self {
        let (Target::Field(id) | Target::Currency(id)) = target;
        Self {
            at,
            header: header.to_owned(),
            target,
            name: Arc::clone(&model[entity][id].name),
            by: None,
            alias: Vec::new(),
            notation: Notation::plain(model.workspace.time_zone.clone()),
            numbers: Vec::new(),
            default: None,
            create: false,
            value: None,
            may_be_nothing: false,
        }
    }

    /// The field that is filled, wholly or in part.
    pub(super) fn field(&self) -> FieldId {
        match self.target {
            Target::Field(field) | Target::Currency(field) => field,
        }
    }
}

/// Fits the columns of a file to fields.
///
/// # Errors
/// One sentence for each slip.
pub(super) fn plan(
    model: &Model,
    request: &Request<'_>,
    reading: Reading,
    headers: &[String],
) -> Result<Plan, Vec<String>> {
    let mut slips = Vec::new();
    let mut plan = match request.mapping {
        Some(mapping) => by_mapping(model, mapping, headers, &mut slips),
        None => by_headings(model, request, headers, &mut slips),
    };
    plan.reading = reading;
    if let Some(on_match) = request.on_match {
        plan.on_match = on_match;
    }
    if let Some(names) = &request.matching {
        plan.matching = names.iter().filter_map(|wanted| matching(model, &plan, wanted, &mut slips)).collect();
    }
    plan.columns.sort_by_key(|column| column.create);
    if plan.columns.is_empty() && slips.is_empty() {
        slips.push("no column of the file fills a field".to_owned());
    }
    if slips.is_empty() { Ok(plan) } else { Err(slips) }
}

fn by_mapping(model: &Model, mapping: &Mapping, headers: &[String], slips: &mut Vec<String>) -> Plan {
    let mut places = Vec::with_capacity(mapping.columns.len());
    for column in &mapping.columns {
        match find(headers, &column.header) {
            Some(at) => places.push(at),
            None => slips.push(format!(
                "{}: the file has no column `{}`{}",
                mapping.place,
                column.header,
                hint(&column.header, headers.iter().map(String::as_str))
            )),
        }
    }
    let columns = mapping
        .columns
        .iter()
        .zip(&places)
        .filter_map(|(column, at)| mapped(model, mapping.entity, column, *at, headers));
    let passed_over = headers.iter().enumerate().filter(|(at, header)| !places.contains(at) && !header.is_empty());
    Plan {
        entity: mapping.entity,
        width: headers.len(),
        columns: columns.collect(),
        set: mapping.set.clone(),
        matching: mapping.matching.clone(),
        on_match: mapping.on_match,
        passed_over: passed_over.map(|(_, header)| header.clone()).collect(),
        locals: places,
        reading: Reading::default(),
    }
}

fn mapped(model: &Model, entity: EntityId, column: &MappedColumn, at: usize, headers: &[String]) -> Option<Column> {
    let header = headers.get(at)?;
    let plain = Column::new(model, entity, at, header, Target::Field(column.field?));
    Some(Column {
        by: column.by,
        alias: column.alias.clone(),
        notation: Notation { dates: column.format.clone(), ..plain.notation.clone() },
        numbers: column.numbers.clone(),
        default: column.default.clone(),
        create: column.create,
        value: column.value.clone(),
        may_be_nothing: column.value.as_ref().is_some_and(|value| value.root.says_nothing()),
        ..plain
    })
}

/// Without a mapping every heading is the name or label of a field: one that is none may be a slip, and what it holds
/// would be lost.
fn by_headings(model: &Model, request: &Request<'_>, headers: &[String], slips: &mut Vec<String>) -> Plan {
    let definition = &model[request.entity];
    let mut columns: Vec<Column> = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let Some(target) = heading(definition, header, at, slips) else { continue };
        let (Target::Field(id) | Target::Currency(id)) = target;
        let field = &definition[id];
        if let Some(other) = columns.iter().find(|other| other.target == target) {
            slips.push(format!("the columns `{}` and `{header}` both fill `{}`", other.header, field.name));
        } else if !may_be_filled(id, field, request.mode) {
            let is = if *field.name == **header { String::new() } else { format!(" fills `{}`, which", field.name) };
            if matches!(field.kind, Kind::File(_)) {
                let is = if is.is_empty() { " is a field that".to_owned() } else { is };
                slips.push(format!(
                    "the column `{header}`{is} holds files, and a table has none: leave it out of the file (a mapping can \
                     pass it over), and upload the files in the pages or with POST /api/files"
                ));
                continue;
            }
            slips.push(format!("the column `{header}`{is} cannot be given; leave it out of the file"));
        } else {
            columns.push(Column::new(model, request.entity, at, header, target));
        }
    }
    let filled = columns.iter().filter(|column| matches!(column.target, Target::Field(_))).map(Column::field);
    let matching = filled.filter(|field| definition[*field].external).collect();
    Plan {
        entity: request.entity,
        width: headers.len(),
        columns,
        set: Vec::new(),
        matching,
        on_match: OnMatch::Update,
        locals: Vec::new(),
        passed_over: Vec::new(),
        reading: Reading::default(),
    }
}

fn heading(definition: &Entity, header: &str, at: usize, slips: &mut Vec<String>) -> Option<Target> {
    if header.is_empty() {
        slips.push(format!("column {} has no heading", at + 1));
        return None;
    }
    if let Some((id, _)) = definition.field(header) {
        return Some(Target::Field(id));
    }
    let money = header.strip_suffix("_currency").and_then(|stem| definition.field(stem));
    if let Some((id, _)) = money.filter(|(_, field)| matches!(field.kind, Kind::Money { .. })) {
        return Some(Target::Currency(id));
    }
    let folded = fold::key(header);
    let labelled = |field: &Field| {
        field.label.all().iter().any(|(_, label)| fold::key(label) == folded)
            || name::mended(header).as_deref() == Some(&*field.name)
    };
    let mut found = definition.all_fields().filter(|(_, field)| labelled(field));
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Some(Target::Field(id)),
        (Some((_, one)), Some((_, other))) => {
            slips.push(format!(
                "the column `{header}` could be `{}` or `{}`; write the name of the field",
                one.name, other.name
            ));
            None
        }
        _ => {
            let known = definition.fields.iter().filter(|field| !field.system).map(|field| &*field.name);
            slips.push(format!(
                "`{}` has no field `{header}`{}; a mapping can pass the column over",
                definition.name,
                hint(header, known)
            ));
            None
        }
    }
}

/// Whether a heading means this field and no other.
pub(crate) fn is_heading_of(definition: &Entity, header: &str, id: FieldId) -> bool {
    heading(definition, header, 0, &mut Vec::new()) == Some(Target::Field(id))
}

/// Whether an import may fill a field.
pub(crate) fn may_be_filled(id: FieldId, field: &Field, mode: Mode) -> bool {
    let history = [System::CreatedAt, System::CreatedBy].iter().any(|system| system.field() == id);
    let rows = matches!(field.kind, Kind::Lines { .. } | Kind::Children { .. } | Kind::File(_));
    let numbered = matches!(field.source, Source::Sequence(_));
    (field.is_input() && !rows) || ((history || numbered) && mode == Mode::Load)
}

fn matching(model: &Model, plan: &Plan, wanted: &str, slips: &mut Vec<String>) -> Option<FieldId> {
    let definition = &model[plan.entity];
    let Some((id, field)) = definition.field(wanted) else {
        let known = definition.fields.iter().filter(|field| !field.system).map(|field| &*field.name);
        slips.push(format!("`{}` has no field `{wanted}` to match by{}", definition.name, hint(wanted, known)));
        return None;
    };
    let filled = plan.columns.iter().any(|column| column.target == Target::Field(id))
        || plan.set.iter().any(|(set, _)| *set == id);
    if !filled {
        slips.push(format!("rows are to be matched by `{wanted}`, which no column fills"));
        return None;
    }
    if !field.is_stored() || field.many || matches!(field.kind, Kind::Money { .. } | Kind::Json | Kind::Secret { .. }) {
        slips.push(format!("records cannot be found by `{wanted}`; match by stored fields of one value"));
        return None;
    }
    Some(id)
}

/// A heading is found as it is written, else without regard to case, marks and white space.
fn find(headers: &[String], wanted: &str) -> Option<usize> {
    let folded = fold::key(wanted);
    headers
        .iter()
        .position(|header| header == wanted)
        .or_else(|| headers.iter().position(|header| fold::key(header) == folded))
}

fn hint<'n>(wanted: &str, known: impl Iterator<Item = &'n str>) -> String {
    name::did_you_mean(wanted, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
