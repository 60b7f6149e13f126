//! The inputs of a form in their sections.

use fichero_model::FieldId;
use fichero_model::entity::Source;
use fichero_model::label::Text;

use super::inputs::{self, Inputs};
use super::lines;
use crate::pages::post::Posted;
use crate::ui::context::{Field, FormSection, Hidden, Input};

/// The inputs of a form in their sections.
pub struct Laid {
    /// The sections.
    pub sections: Vec<FormSection>,
    /// What goes with the inputs.
    pub hidden: Vec<Hidden>,
    /// The fields that have an input.
    pub shown: Vec<FieldId>,
}

impl Laid {
    /// Sections without anything to ask are left out; fields that are wrong and stand in none get one of their own.
    pub fn out(inputs: &Inputs<'_>, is_new: bool, wrong: &[FieldId], wrong_lines: &[(FieldId, FieldId)]) -> Self {
        let mut laid = Laid { sections: Vec::new(), hidden: Vec::new(), shown: Vec::new() };
        let mut conditions = inputs.facts.conditions.iter().copied();
        for section in &inputs.spec.sections {
            let shown = section.shown(&mut conditions).unwrap_or_default();
            let is_shown = |id: FieldId| wrong.contains(&id) || is_visible(inputs, id, is_new);
            let asked = section.fields.iter().copied().filter(|id| wrong.contains(id) || shown.contains(id));
            let fields: Vec<FieldId> = asked
                .filter(|id| parts(inputs, *id).map_or_else(|| is_shown(*id), |mut parts| parts.any(is_shown)))
                .collect();
            let head = FormSection {
                id: format!("s-{}", section.name),
                title: section.title.map(|title| inputs.words.label(title).to_owned()),
                help: section.help.map(|help| inputs.words.label(help).to_owned()),
                tab: section.tab,
                columns: section.columns,
                fields: Vec::new(),
            };
            laid.section(inputs, head, &fields, wrong_lines);
        }
        let mut rest: Vec<FieldId> = Vec::new();
        for id in wrong {
            let asked = inputs.words.model[inputs.spec.entity][*id].is_input();
            if asked && !laid.shown.contains(id) && !rest.contains(id) {
                rest.push(*id);
            }
        }
        let head = FormSection {
            id: "s-rest".to_owned(),
            title: None,
            help: None,
            tab: false,
            columns: 2,
            fields: Vec::new(),
        };
        laid.section(inputs, head, &rest, wrong_lines);
        laid
    }

    /// The tab that is open: where something is wrong, else as it was, else the first.
    pub fn open(&self, posted: &Posted) -> Option<String> {
        let sections = &self.sections;
        // All that is no tab of its own stands in one, in front.
        let details = sections.iter().find(|section| !section.tab);
        let tab =
            |section: &FormSection| if section.tab { &section.id } else { &details.unwrap_or(section).id }.clone();
        let wrong = sections.iter().find(|section| section.fields.iter().any(Field::is_wrong));
        let was = || posted.last("_tab").and_then(|id| sections.iter().find(|section| section.id == id));
        wrong.or_else(was).or(details).or(sections.first()).map(tab)
    }

    /// Whether an input of this name is on the page.
    pub fn is_on(&self, name: &str) -> bool {
        self.sections.iter().flat_map(|section| &section.fields).any(|field| field.any(&|field| field.name == name))
    }

    /// Fills a section that is still empty.
    fn section(
        &mut self,
        inputs: &Inputs<'_>,
        mut section: FormSection,
        ids: &[FieldId],
        wrong_lines: &[(FieldId, FieldId)],
    ) {
        for id in ids {
            if let Some(parts) = parts(inputs, *id) {
                let field = self.group(inputs, *id, parts);
                section.fields.push(as_said(inputs, *id, field));
                continue;
            }
            let sheet = lines::sheet(inputs, *id, wrong_lines).filter(|_| !inputs.spec.is_readonly(*id));
            let field = match sheet {
                Some(sheet) => {
                    self.hidden.extend(sheet.hidden);
                    sheet.field
                }
                None => {
                    self.hidden.extend(inputs.was_own(*id));
                    inputs.own(*id)
                }
            };
            section.fields.push(as_said(inputs, *id, field));
        }
        let with_parts: Vec<FieldId> =
            ids.iter().flat_map(|id| parts(inputs, *id).into_iter().flatten().chain([*id])).collect();
        let is_asked = |id: &FieldId| {
            let field = &inputs.words.model[inputs.spec.entity][*id];
            !inputs.spec.is_readonly(*id) && !inputs::is_fixed(field, inputs.facts.states.get(id.index()))
        };
        if with_parts.iter().any(is_asked) {
            self.shown.extend(with_parts);
            self.sections.push(section);
        }
    }

    /// The inputs of the parts of a group, under the name of the whole.
    fn group(&mut self, inputs: &Inputs<'_>, whole: FieldId, parts: impl Iterator<Item = FieldId>) -> Field {
        let mut fields = Vec::new();
        for id in parts.filter(|id| inputs.facts.states.get(id.index()).is_none_or(|state| state.visible)) {
            self.hidden.extend(inputs.was_own(id));
            let own = inputs.own(id);
            let part = inputs.words.model[inputs.spec.entity][id].part.as_ref();
            let label = part.map_or_else(|| own.label.clone(), |part| inputs.words.label(&part.label).to_owned());
            fields.push(Field { label, ..own });
        }
        Field { wide: true, input: Input::Group { fields }, ..inputs.own(whole) }
    }
}

/// The inputs that stand for a field which shows a group: all parts, also those of parts.
fn parts<'i>(inputs: &'i Inputs<'_>, id: FieldId) -> Option<impl Iterator<Item = FieldId> + use<'i>> {
    let definition = &inputs.words.model[inputs.spec.entity];
    definition.group(id)?;
    Some(definition.leaves(id).into_iter())
}

/// An input as the form's author wants it here.
fn as_said(inputs: &Inputs<'_>, id: FieldId, mut field: Field) -> Field {
    let Some(said) = inputs.spec.said(id) else { return field };
    let text = |text: &Option<Text>| text.as_ref().map(|text| inputs.words.label(text).to_owned());
    if let Some(label) = text(&said.label) {
        field.label = label;
    }
    field.help = text(&said.help).or(field.help);
    field.wide |= said.wide;
    field
}

/// Whether an input is shown. What follows from others is shown when there is something to see.
fn is_visible(inputs: &Inputs<'_>, id: FieldId, is_new: bool) -> bool {
    let field = &inputs.words.model[inputs.spec.entity][id];
    let state = inputs.facts.states.get(id.index());
    let empty = inputs.facts.values.get(id.index()).is_none_or(fichero_model::Value::is_nothing);
    // Sums over rows that are not there yet say nothing.
    let unfounded = match &field.source {
        Source::Rollup(rollup) => inputs.typed.rows.get(&rollup.over).is_none_or(Vec::is_empty),
        Source::Input
        | Source::Formula { .. }
        | Source::Compute(_)
        | Source::Copy(_)
        | Source::Lookup(_)
        | Source::Sequence(_) => false,
    };
    let idle = is_new && !field.is_input() && (empty || unfounded);
    state.is_none_or(|state| state.visible) && !idle
}
