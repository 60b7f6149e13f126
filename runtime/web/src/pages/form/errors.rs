//! Where the errors of a refusal stand in a form: the input each belongs to, and the summary at the top.

use std::collections::{HashMap, HashSet};

use fichero_engine::{FieldError, Refusal};
use fichero_model::kind::Kind;
use fichero_model::label::Text;
use fichero_model::{EntityId, FieldId, Model};

use super::read::Typed;
use crate::pages::words::Words;
use crate::ui::context::FormProblem;

/// The errors of a refusal by the name of the input they stand at.
#[derive(Default)]
pub struct Errors {
    /// In the order they were found.
    all: Vec<Placed>,
    by_input: HashMap<String, Vec<String>>,
}

struct Placed {
    /// The name of the input; nothing for what concerns the record as a whole.
    input: Option<String>,
    message: String,
}

/// An input that a field's path in an error means.
struct Input<'m> {
    name: String,
    label: &'m Text,
    /// The field of the record, that of the lines for one of theirs.
    field: FieldId,
    /// It stands in a row of lines, and this is its field there.
    line: Option<FieldId>,
}

impl Errors {
    /// Of a refusal, for the form of an entity. What one field is refused for twice because it could not be read is said
    /// once.
    pub fn of(words: &Words<'_>, entity: EntityId, typed: &Typed, refusal: &Refusal) -> Self {
        let mut errors = Self::default();
        let unread: HashSet<&str> = typed.input.errors.iter().map(|error| error.field.as_str()).collect();
        for error in &refusal.errors {
            let follows = error.code == "required" && unread.contains(error.field.as_str());
            if !follows {
                errors.add(words, entity, typed, error);
            }
        }
        if refusal.errors.is_empty() {
            errors.all.push(Placed { input: None, message: words.message(&refusal.detail) });
            typed.input.errors.iter().for_each(|error| errors.add(words, entity, typed, error));
        }
        errors
    }

    fn add(&mut self, words: &Words<'_>, entity: EntityId, typed: &Typed, error: &FieldError) {
        let message = words.message(&error.message);
        let Some(input) = input(words.model, entity, typed, &error.field) else {
            return self.all.push(Placed { input: None, message });
        };
        let at = self.by_input.entry(input.name.clone()).or_default();
        if !at.contains(&message) {
            at.push(message.clone());
            let label = words.label(input.label);
            let named = message.to_lowercase().contains(&label.to_lowercase());
            let message = if named { message } else { format!("{label}: {message}") };
            self.all.push(Placed { input: Some(input.name), message });
        }
    }

    /// What is wrong with an input.
    pub fn at(&self, name: &str) -> Vec<String> {
        self.by_input.get(name).cloned().unwrap_or_default()
    }

    /// The summary; `id_of` says which element an input's name has on the page, if it is shown.
    pub fn summary(&self, id_of: impl Fn(&str) -> Option<String>) -> Vec<FormProblem> {
        let problem = |placed: &Placed| FormProblem {
            id: placed.input.as_deref().and_then(&id_of),
            message: placed.message.clone(),
        };
        self.all.iter().map(problem).collect()
    }
}

/// The fields of the record that errors are about.
pub fn fields(model: &Model, entity: EntityId, typed: &Typed, refusal: &Refusal) -> Vec<FieldId> {
    refusal
        .errors
        .iter()
        .filter_map(|error| input(model, entity, typed, &error.field))
        .map(|input| input.field)
        .collect()
}

/// The fields of lines that errors are about: that of the lines, and theirs.
pub fn line_fields(model: &Model, entity: EntityId, typed: &Typed, refusal: &Refusal) -> Vec<(FieldId, FieldId)> {
    let inputs = refusal.errors.iter().filter_map(|error| input(model, entity, typed, &error.field));
    inputs.filter_map(|input| input.line.map(|line| (input.field, line))).collect()
}

/// `quantity`, `lines[2].quantity`, `lines[2]`.
fn input<'m>(model: &'m Model, entity: EntityId, typed: &Typed, path: &str) -> Option<Input<'m>> {
    let definition = &model[entity];
    let Some((lines, rest)) = path.split_once('[') else {
        let stem = path.strip_suffix("_currency").filter(|_| definition.field(path).is_none()).unwrap_or(path);
        let (id, field) = definition.field(stem)?;
        return Some(Input { name: stem.to_owned(), label: &field.label, field: id, line: None });
    };
    let (id, field) = definition.field(lines)?;
    let whole = || Input { name: lines.to_owned(), label: &field.label, field: id, line: None };
    let Kind::Lines { of, .. } = field.kind else { return Some(whole()) };
    let (at, inner) = rest.split_once(']')?;
    let row = at.parse().ok().and_then(|at: usize| typed.rows.get(&id)?.iter().find(|row| row.at == Some(at)));
    let Some((row, name)) = row.zip(inner.strip_prefix('.')) else { return Some(whole()) };
    let name = name.split(['[', '.']).next().unwrap_or(name);
    match model[of].field(name) {
        Some((line, inner)) => Some(Input {
            name: format!("{lines}.{}.{name}", row.index),
            label: &inner.label,
            field: id,
            line: Some(line),
        }),
        None => Some(whole()),
    }
}
