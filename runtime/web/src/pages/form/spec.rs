//! What the form of an entity asks.

use fichero_model::entity::{Field, Source};
use fichero_model::expr::Expr;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::page::Placed;
use fichero_model::{EntityId, FieldId, Model};

use crate::pages::layout::{self, Section};

/// How many fields a line shows whose entity has no view.
const LINE_INPUTS: usize = 6;

/// How many results a line shows besides.
const LINE_RESULTS: usize = 1;

/// What the form of an entity asks.
pub struct Spec<'m> {
    /// The definitions.
    pub model: &'m Model,
    /// Of which entity.
    pub entity: EntityId,
    /// The inputs under their headings.
    pub sections: Vec<Section<'m>>,
    /// The references that are chosen from: of the entity, also those that are not shown yet, and of its lines.
    pub pickers: Vec<(EntityId, FieldId)>,
}

impl<'m> Spec<'m> {
    /// By the entity's form, else by its fields.
    pub fn of(model: &'m Model, entity: EntityId) -> Self {
        let mut sections = layout::sections(model, entity);
        for section in &mut sections {
            // Children are made from their own forms.
            section
                .fields
                .retain(|id| !matches!(model[entity][*id].kind, Kind::Children { .. }) && !model[entity][*id].system);
        }
        Self { model, entity, sections, pickers: pickers(model, entity) }
    }

    /// The conditions of sections, in their order.
    pub fn conditions(&self) -> Vec<Expr> {
        self.sections.iter().flat_map(Section::conditions).cloned().collect()
    }

    /// What the form says of a field of its own.
    pub fn said(&self, field: FieldId) -> Option<&'m Placed> {
        self.sections.iter().find_map(|section| section.said(field))
    }

    /// Whether a field is shown in this form, and not asked.
    pub fn is_readonly(&self, field: FieldId) -> bool {
        let whole = self.model[self.entity][field].part.as_ref().map(|part| part.of);
        self.said(field).is_some_and(|placed| placed.readonly) || whole.is_some_and(|whole| self.is_readonly(whole))
    }

    /// Whether a currency is chosen anywhere.
    pub fn asks_currency(&self) -> bool {
        let own =
            |field: &Field| matches!(field.kind, Kind::Money { currency: MoneyCurrency::Own(_) }) && field.is_input();
        self.asks(own)
    }

    /// Whether files can be given anywhere.
    pub fn asks_files(&self) -> bool {
        self.asks(|field| matches!(field.kind, Kind::File(_)) && field.is_input())
    }

    /// Whether there is such a field, of the record or of its lines.
    fn asks(&self, is: impl Fn(&Field) -> bool) -> bool {
        self.model[self.entity].fields.iter().any(|field| match field.kind {
            Kind::Lines { of, .. } => self.model[of].fields.iter().any(&is),
            _ => is(field),
        })
    }
}

fn pickers(model: &Model, entity: EntityId) -> Vec<(EntityId, FieldId)> {
    let is_chosen = |field: &Field| field.is_input() && matches!(field.kind, Kind::Ref(_));
    let mut pickers = Vec::new();
    for (id, field) in model[entity].all_fields() {
        if is_chosen(field) {
            pickers.push((entity, id));
        }
        if let Kind::Lines { of, by } = field.kind {
            let columns = line_fields(model, of, by).into_iter();
            pickers.extend(columns.filter(|id| is_chosen(&model[of][*id])).map(|id| (of, id)));
        }
    }
    pickers
}

/// The fields of a line that are shown in the table of its parent's form: by its view, else its inputs and a result.
pub fn line_fields(model: &Model, of: EntityId, by: FieldId) -> Vec<FieldId> {
    let definition = &model[of];
    let fits = |id: FieldId| {
        let field = &definition[id];
        let single = !field.kind.is_rows() && !field.is_link() && !field.many;
        id != by && single && !field.system && !matches!(field.kind, Kind::Json | Kind::Secret { .. })
    };
    let mut fields: Vec<FieldId> = Vec::new();
    let mut add = |id: FieldId| {
        if fits(id) && !fields.contains(&id) {
            fields.push(id);
        }
    };
    let view = layout::views(model, of).find(|view| !view.columns.is_empty());
    match view {
        Some(view) => {
            for column in &view.columns {
                if let [(_, id)] = column.path[..] {
                    add(id);
                }
            }
        }
        None => {
            let asked = definition.all_fields().filter(|(id, field)| field.is_input() && !field.readonly && fits(*id));
            let mut asked: Vec<(FieldId, &Field)> = asked.collect();
            // What comes with another choice by itself is the first that can do without an input.
            asked.sort_by_key(|(_, field)| matches!(field.source, Source::Copy(_)));
            asked.truncate(LINE_INPUTS);
            asked.sort_by_key(|(id, _)| *id);
            asked.iter().for_each(|(id, _)| add(*id));
            let worth = |field: &Field| {
                matches!(field.source, Source::Formula { .. })
                    && matches!(field.kind, Kind::Money { .. } | Kind::Decimal { .. })
            };
            definition.all_fields().filter(|(_, field)| worth(field)).take(LINE_RESULTS).for_each(|(id, _)| add(id));
        }
    }
    // What must be given can be given.
    for (id, _) in
        definition.all_fields().filter(|(_, field)| field.required && field.is_input() && field.default.is_none())
    {
        add(id);
    }
    fields
}

/// Whether a value that was not touched must not be posted as if it were: it follows others, or its input shows less
/// than there is.
pub fn is_watched(field: &Field) -> bool {
    let follows = matches!(field.source, Source::Compute(_) | Source::Copy(_));
    let coarse =
        matches!(field.kind, Kind::Boolean | Kind::DateTime | Kind::Time | Kind::Duration | Kind::Json | Kind::File(_));
    follows || coarse || field.many
}
