//! The columns of an export: fields of the record, and fields that references lead to.
//!
//! Where none is named, a file holds what people and programs gave the records, and nothing that follows from it: what an
//! import can take back. Sensitive fields are never exported.

use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::{Expr, Row};
use fichero_model::kind::Kind;
use fichero_model::label::Locale;
use fichero_model::page::Column as ViewColumn;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model, name};

use crate::command::Mode;
use crate::import;
use crate::message::Message;
use crate::read::list::expression;
use crate::read::page;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json;

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As requests and headings name it: `amount_currency`, `account.name`.
    pub name: String,
    /// The field whose values it holds, the last one of a path.
    pub field: (EntityId, FieldId),
    /// Which part of it.
    pub part: Part,
    /// Only what was given stands in it, so that an import takes it back.
    pub given: bool,
    source: From,
}

/// What of a value stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it; of money the amount.
    Value,
    /// The currency of money.
    Currency,
    /// What money is worth in the workspace's currency.
    Base,
}

/// Where the values come from.
#[derive(Clone, Debug)]
enum From {
    /// A field of the record.
    Own,
    /// A path through references.
    Path(Arc<Expr>),
}

impl Column {
    fn own(entity: EntityId, (id, field): (FieldId, &Field), part: Part) -> Self {
        let name = format!("{}{}", field.name, part.suffix());
        Self { name, field: (entity, id), part, given: false, source: From::Own }
    }

    /// The declaration of the field whose values it holds.
    pub(super) fn declared<'m>(&self, model: &'m Model) -> &'m Field {
        model.field(self.field.0, self.field.1)
    }

    /// The field of the record itself whose values it holds; nothing for a path.
    pub(super) fn own_field(&self) -> Option<FieldId> {
        match self.source {
            From::Own => Some(self.field.1),
            From::Path(_) => None,
        }
    }

    /// The value of a record in this column.
    ///
    /// # Errors
    /// When a definition fails or the database cannot be read.
    pub(super) fn value(&self, work: &Work<'_>, row: &Arc<Row>) -> Result<Value, Refusal> {
        match &self.source {
            From::Path(path) => work.eval_on(path, row),
            From::Own if self.given && is_worked_out(work, row, self.field.1) => Ok(Value::Nothing),
            From::Own => page::value(work, row, self.field.1),
        }
    }

    /// What stands in an import's cell that is empty: something else than nothing.
    pub(super) fn has_default(&self, model: &Model) -> bool {
        let field = self.declared(model);
        self.given && (field.default.is_some() || matches!(field.source, Source::Copy(_)))
    }

    /// What people call the column, where an import would take that for it too; else its name.
    pub(super) fn heading(&self, model: &Model, entity: EntityId, locale: Locale) -> String {
        let label = self.declared(model).label.get(locale).trim();
        match (&self.source, self.part) {
            (From::Own, Part::Value) if import::is_heading_of(&model[entity], label, self.field.1) => label.to_owned(),
            _ => self.name.clone(),
        }
    }
}

impl Part {
    fn suffix(self) -> &'static str {
        match self {
            Part::Value => "",
            Part::Currency => "_currency",
            Part::Base => "_base",
        }
    }
}

/// A computed field that nobody has overridden holds nothing that was given.
fn is_worked_out(work: &Work<'_>, row: &Row, id: FieldId) -> bool {
    matches!(work.live.model[row.entity][id].source, Source::Compute(_)) && !row.overridden.contains(&id)
}

/// What people and programs gave: the columns that an import fills.
pub(super) fn given(model: &Model, entity: EntityId) -> Vec<Column> {
    let fields = model[entity].all_fields();
    let fields = fields.filter(|(id, field)| !field.sensitive && import::may_be_filled(*id, field, Mode::Load));
    fields.flat_map(|field| with_currency(entity, field)).map(|column| Column { given: true, ..column }).collect()
}

/// What the HTTP interface shows of a record.
pub(super) fn shown(model: &Model, entity: EntityId) -> Vec<Column> {
    let fields = crate::read::show::usual(model, entity).filter(|(_, field)| !field.sensitive);
    fields.map(|field| Column::own(entity, field, Part::Value)).collect()
}

/// The columns that are named, in their order, each once. Beside an amount of money stands its currency.
///
/// # Errors
/// The first name that is no field, or that of a sensitive one.
pub(super) fn named(model: &Model, entity: EntityId, names: &[String]) -> Result<Vec<Column>, Refusal> {
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for name in names {
        let column = match name.contains('.') {
            true => path(model, entity, name)?,
            false => of_name(model, entity, name).map(|(field, part)| Column::own(entity, field, part))?,
        };
        let currency = format!("{name}{}", Part::Currency.suffix());
        let is_amount = column.part == Part::Value && is_amount(column.declared(model));
        let beside = is_amount && !names.contains(&currency);
        let other = Column { name: currency, part: Part::Currency, ..column.clone() };
        for column in std::iter::once(column).chain(beside.then_some(other)) {
            if columns.iter().all(|known| known.name != column.name) {
                columns.push(column);
            }
        }
    }
    Ok(columns)
}

/// The columns of a view.
pub(super) fn of_view(model: &Model, view: &[ViewColumn]) -> Vec<Column> {
    let is_open = |column: &&ViewColumn| column.path.iter().all(|(entity, id)| !model[*entity][*id].sensitive);
    let mut columns: Vec<Column> = Vec::with_capacity(view.len());
    for column in view.iter().filter(is_open) {
        let Some(field) = column.path.last().copied() else { continue };
        let source = if column.path.len() == 1 { From::Own } else { From::Path(Arc::new(column.value.clone())) };
        let names: Vec<&str> = column.path.iter().map(|(entity, id)| &*model[*entity][*id].name).collect();
        let column = Column { name: names.join("."), field, part: Part::Value, given: false, source };
        let currency = Part::Currency.suffix();
        let other = Column { name: format!("{}{currency}", column.name), part: Part::Currency, ..column.clone() };
        let is_amount = is_amount(column.declared(model));
        columns.extend(std::iter::once(column).chain(is_amount.then_some(other)));
    }
    columns
}

/// A field, or a member of money, by its name.
fn of_name<'m>(model: &'m Model, entity: EntityId, name: &str) -> Result<((FieldId, &'m Field), Part), Refusal> {
    let definition = &model[entity];
    let part = if name.ends_with(Part::Base.suffix()) { Part::Base } else { Part::Currency };
    let found = definition.field(name).map(|field| (field, Part::Value));
    let found = found.or_else(|| json::money_of(definition, name).map(|field| (field, part)));
    match found {
        Some(((_, field), _)) if field.sensitive => Err(Refusal::malformed(Message::with("sensitive", [name]))),
        Some(found) => Ok(found),
        None => {
            let names = definition.fields.iter().map(|field| &*field.name);
            Err(Refusal::malformed(match name::did_you_mean(name, names) {
                Some(near) => Message::with("unknown_field_near", [name, near]),
                None => Message::with("unknown_field", [name]),
            }))
        }
    }
}

/// A path through references to one record each.
fn path(model: &Model, entity: EntityId, text: &str) -> Result<Column, Refusal> {
    let wrong = || Refusal::malformed(Message::with("bad_path", [text]));
    let mut at = entity;
    let mut steps = text.split('.').peekable();
    while let Some(step) = steps.next() {
        let ((id, field), part) = of_name(model, at, step)?;
        if steps.peek().is_none() {
            let stem = text.strip_suffix(part.suffix()).unwrap_or(text);
            let value = expression(model, entity, stem).map_err(|_| wrong())?;
            return Ok(Column {
                name: text.to_owned(),
                field: (at, id),
                part,
                given: false,
                source: From::Path(Arc::new(value)),
            });
        }
        at = match &field.kind {
            Kind::Ref(reference) if !field.many && part == Part::Value => match *reference.targets {
                [target] => target,
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
    }
    Err(wrong())
}

/// The columns as members of an object, which holds all parts of its own money by the name of the field.
pub(super) fn members(mut columns: Vec<Column>) -> Vec<Column> {
    let mut seen = Vec::with_capacity(columns.len());
    columns.retain(|column| {
        let is_new = column.own_field().is_none_or(|field| !seen.contains(&field));
        seen.extend(column.own_field());
        is_new
    });
    columns
}

fn with_currency<'m>(entity: EntityId, field: (FieldId, &'m Field)) -> impl Iterator<Item = Column> + use<'m> {
    let currency = is_amount(field.1).then(|| Column::own(entity, field, Part::Currency));
    std::iter::once(Column::own(entity, field, Part::Value)).chain(currency)
}

/// Whether the currency of a field's values has a column of its own.
fn is_amount(field: &Field) -> bool {
    matches!(field.kind, Kind::Money { .. }) && !field.many
}
