//! Rows of lines in a form.

use fichero_engine::read::page::LineFacts;
use fichero_engine::record::kept::is_kept;
use fichero_model::entity::Source;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId};

use super::inputs::{Inputs, Slot, comes_by_itself, dom_id, is_fixed};
use super::read::BLANK;
use super::spec;
use crate::pages::cell::widget;
use crate::pages::list;
use crate::ui::context::{self, Hidden, Input, LineColumn, LineRow, Lines};

/// The rows of a `lines` field, with what says how their inputs were shown.
pub struct Sheet {
    /// The input.
    pub field: context::Field,
    /// What goes with it.
    pub hidden: Vec<Hidden>,
}

/// The rows of a `lines` field; `errors` are fields of lines that must be shown for what is wrong with them.
pub fn sheet(inputs: &Inputs<'_>, id: FieldId, errors: &[(FieldId, FieldId)]) -> Option<Sheet> {
    let model = inputs.words.model;
    let field = &model[inputs.spec.entity][id];
    let Kind::Lines { of, by } = field.kind else { return None };
    let facts = inputs.facts.lines.iter().find(|lines| lines.field == id)?;
    let mut fields = spec::line_fields(model, of, by);
    for (lines, line) in errors {
        if *lines == id && !fields.contains(line) && *line != by {
            fields.push(*line);
        }
    }
    let table = Table { inputs, of, fields: &fields, name: &field.name, grows: is_kept(model, field) };
    let mut hidden = vec![Hidden { name: "_lines".to_owned(), value: field.name.to_string() }];
    let mut rows = Vec::new();
    for (index, id, values) in shown(inputs, id, facts) {
        rows.push(table.row(&index, id.as_deref(), &values, &mut hidden));
    }
    let blank = table.row(BLANK, None, &facts.blank, &mut hidden);
    let columns = fields.iter().map(|id| {
        let field = &model[of][*id];
        LineColumn {
            label: inputs.words.label(&field.label).to_owned(),
            required: field.is_always_given() && field.is_input() && !matches!(field.source, Source::Copy(_)),
            align: list::align(field),
        }
    });
    let input = Input::Lines(Lines { columns: columns.collect(), rows, blank });
    let field = context::Field {
        id: dom_id(&field.name),
        name: field.name.to_string(),
        label: inputs.words.label(&field.label).to_owned(),
        required: field.required,
        help: field.help.as_ref().map(|help| inputs.words.label(help).to_owned()),
        errors: inputs.errors.at(&field.name),
        wide: true,
        input,
    };
    Some(Sheet { field, hidden })
}

/// The rows with their index, identity and values: as they were posted, new ones that nobody filled in included.
fn shown(inputs: &Inputs<'_>, id: FieldId, facts: &LineFacts) -> Vec<(String, Option<String>, Vec<Value>)> {
    let identity = |id: &Option<fichero_model::Id>| id.map(|id| id.to_string());
    match inputs.typed.rows.get(&id) {
        Some(posted) => posted
            .iter()
            .map(|row| match row.at.and_then(|at| facts.rows.get(at)) {
                Some((id, values)) => (row.index.clone(), identity(id), values.clone()),
                None => (row.index.clone(), None, facts.blank.clone()),
            })
            .collect(),
        None => facts
            .rows
            .iter()
            .enumerate()
            .map(|(index, (id, values))| (index.to_string(), identity(id), values.clone()))
            .collect(),
    }
}

struct Table<'t> {
    inputs: &'t Inputs<'t>,
    of: EntityId,
    fields: &'t [FieldId],
    name: &'t str,
    /// Rows are added, and stay as they are when they are stored.
    grows: bool,
}

impl Table<'_> {
    fn row(&self, index: &str, id: Option<&str>, values: &[Value], hidden: &mut Vec<Hidden>) -> LineRow {
        let definition = &self.inputs.words.model[self.of];
        let kept = self.grows && id.is_some();
        let fields = self.fields.iter().map(|field_id| {
            let field = &definition[*field_id];
            let name = format!("{}.{index}.{}", self.name, field.name);
            let value = values.get(field_id.index()).cloned().unwrap_or_default();
            let slot = Slot {
                entity: self.of,
                id: *field_id,
                name: &name,
                value: &value,
                widget: widget(field),
                fixed: kept || is_fixed(field, None) || field.readonly,
                required: field.is_always_given() && !comes_by_itself(field, &value),
                options: None,
                kept: &[],
            };
            hidden.extend(match index {
                // How a new line begins is told whole, so that one that nobody filled in can be passed over.
                BLANK if !slot.fixed => {
                    Some(Hidden { name: format!("_was.{name}"), value: self.inputs.shown(field, &slot) })
                }
                BLANK => None,
                _ => self.inputs.was(&slot),
            });
            self.inputs.field(&slot)
        });
        LineRow { index: index.to_owned(), id: id.map(str::to_owned), kept, fields: fields.collect() }
    }
}
