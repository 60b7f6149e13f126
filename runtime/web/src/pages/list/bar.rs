//! The search and filter bar above a list: which fields it offers, and what is in force.

use fichero_engine::read::search;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::page::Column;
use fichero_model::{EntityId, FieldId, Model, Ref};

use super::asked::Asked;
use super::filter::{Filter, Test, text_path};
use crate::pages::words::Words;
use crate::pages::{layout, list};
use crate::ui::context::{self, Chip, Choice, ChoiceStyle, Filters, Hidden, Input, TextKind};

/// The most fields that are filtered by without opening anything.
const QUICK: usize = 3;

/// The most fields behind "Filter".
const MORE: usize = 8;

/// Which fields a bar offers.
pub struct Bar {
    entity: EntityId,
    quick: Vec<FieldId>,
    more: Vec<(FieldId, Test)>,
}

impl Bar {
    /// By the columns of the list: choices, yes and no, and people at hand; bounds and parts of texts behind.
    pub fn of(model: &Model, entity: EntityId, columns: &[Column]) -> Self {
        let definition = &model[entity];
        let own = columns.iter().filter_map(|column| match column.path[..] {
            [(_, field)] => Some(field),
            _ => None,
        });
        let own: Vec<FieldId> = own.collect();
        let stages = definition.all_fields().filter(|(_, field)| field.pipeline.is_some()).map(|(id, _)| id);
        let people =
            definition.all_fields().filter(|(_, field)| !field.system && is_person(model, field)).map(|(id, _)| id);
        let mut few: Vec<FieldId> = Vec::new();
        for id in stages.chain(own.iter().copied()).chain(people.take(1)) {
            if !few.contains(&id) && is_few(model, &definition[id]) {
                few.push(id);
            }
        }
        let rest = few.split_off(few.len().min(QUICK));
        let mut more: Vec<(FieldId, Test)> = rest.into_iter().map(|id| (id, Test::Is)).collect();
        for id in own.into_iter().filter(|id| *id != definition.title && !few.contains(id)) {
            more.extend(tests(model, entity, id).iter().map(|test| (id, *test)));
        }
        more.truncate(MORE);
        Self { entity, quick: few, more }
    }

    /// Whether people are chosen from.
    pub fn asks_people(&self, model: &Model) -> bool {
        let all = self.quick.iter().chain(self.more.iter().map(|(id, _)| id));
        all.into_iter().any(|id| is_person(model, &model[self.entity][*id]))
    }

    /// The bar with what is in force.
    pub fn show(&self, words: &Words<'_>, asked: &Asked<'_>, people: &[Ref], columns: &[Column]) -> Filters {
        let name = &words.model[self.entity].name;
        let given =
            |id: FieldId, test: Test| asked.filters.iter().find(|filter| filter.field == id && filter.test == test);
        let is_quick = |filter: &&Filter| filter.test == Test::Is && self.quick.contains(&filter.field);
        let has_input = |filter: &&Filter| is_quick(filter) || self.more.contains(&(filter.field, filter.test));
        let survives = |pair: &str| matches!(pair, "view" | "sort");
        let unseen = asked.filters.iter().filter(|filter| !has_input(filter));
        let sort = sort(words, asked, columns);
        let asks = |pair: &str| pair == "sort" && sort.is_some();
        let hidden = asked.pairs().into_iter().filter(|(name, _)| survives(name) && !asks(name));
        let hidden = hidden.chain(unseen.map(|filter| (filter.name.as_str(), filter.text.as_str())));
        let in_force = !asked.search.is_empty() || !asked.filters.is_empty();
        Filters {
            action: format!("/{name}"),
            hidden: hidden.map(|(name, value)| Hidden { name: name.to_owned(), value: value.to_owned() }).collect(),
            search: search::is_possible(words.model, self.entity).then(|| asked.search.clone()),
            quick: self.quick.iter().map(|id| self.field(words, *id, Test::Is, given(*id, Test::Is), people)).collect(),
            more: self.more.iter().map(|(id, test)| self.field(words, *id, *test, given(*id, *test), people)).collect(),
            chips: asked
                .filters
                .iter()
                .filter(|filter| !is_quick(filter))
                .map(|filter| self.chip(words, asked, filter))
                .collect(),
            sort,
            wrong: asked.is_wrong(),
            clear: in_force.then(|| asked.without(|name| !survives(name))),
        }
    }

    fn chip(&self, words: &Words<'_>, asked: &Asked<'_>, filter: &Filter) -> Chip {
        let field = &words.model[self.entity][filter.field];
        let value = || words.text(field, &filter.value);
        Chip {
            label: words.label(&field.label).to_owned(),
            text: match (&filter.error, filter.test) {
                (Some(error), _) => format!("“{}”: {}", filter.text, words.message(error)),
                (None, Test::Is) => value(),
                (None, Test::From) => format!("≥ {}", value()),
                (None, Test::To) => format!("≤ {}", value()),
                (None, Test::Has) => format!("“{}”", filter.text),
            },
            wrong: filter.error.is_some(),
            href: asked.without(|name| name == filter.name),
        }
    }

    fn field(
        &self,
        words: &Words<'_>,
        id: FieldId,
        test: Test,
        given: Option<&Filter>,
        people: &[Ref],
    ) -> context::Field {
        let field = &words.model[self.entity][id];
        let label = words.label(&field.label);
        let text = given.map(|given| given.text.clone()).unwrap_or_default();
        let (suffix, label) = match test {
            Test::Is => ("", label.to_owned()),
            Test::From => (".from", words.chrome_about("filter.from", label)),
            Test::To => (".to", words.chrome_about("filter.to", label)),
            Test::Has => (".text", words.chrome_about("filter.has", label)),
        };
        let errors = given.and_then(|given| given.error.as_ref()).map(|error| words.message(error));
        context::Field {
            id: format!("q-{}{}", field.name, suffix.replace('.', "-")),
            name: format!("{}{suffix}", field.name),
            label,
            required: false,
            help: None,
            errors: errors.into_iter().collect(),
            wide: false,
            input: match (test, &field.kind) {
                (Test::Is, _) => choice(words, field, text, people),
                (Test::From | Test::To, Kind::Date | Kind::DateTime) => Input::Date { value: text },
                (Test::From | Test::To, Kind::Money { .. }) => {
                    Input::Number { value: text, unit: Some(words.model.workspace.currency.to_string()) }
                }
                (Test::From | Test::To, _) => {
                    Input::Number { value: text, unit: field.unit.as_ref().map(|unit| words.label(unit).to_owned()) }
                }
                (Test::Has, _) => Input::Text { value: text, of: TextKind::Text },
            },
        }
    }
}

/// By what a list can be sorted, for screens too narrow for headings.
fn sort(words: &Words<'_>, asked: &Asked<'_>, columns: &[Column]) -> Option<context::Field> {
    let mut choices: Vec<Choice> = Vec::new();
    for column in columns {
        if let Some((name, _)) = layout::sort_of(words.model, asked.entity, column) {
            let label = list::plain_heading(words, column).label;
            choices.push(Choice::new(name.clone(), format!("{label} ↑")));
            choices.push(Choice::new(format!("-{name}"), format!("{label} ↓")));
        }
    }
    let value = asked.sorted_by().unwrap_or_default();
    // An order that no column has is in force all the same.
    if !value.is_empty() && choices.iter().all(|choice| choice.value != value) {
        choices.push(Choice::new(value, value));
    }
    let blank = Some(words.chrome("list.sort.usual"));
    let input = Input::Choice { style: ChoiceStyle::Select, value: value.to_owned(), blank, choices };
    let field = context::Field {
        id: "q-sort".to_owned(),
        name: "sort".to_owned(),
        label: words.chrome("list.sort"),
        required: false,
        help: None,
        errors: Vec::new(),
        wide: false,
        input,
    };
    matches!(&field.input, Input::Choice { choices, .. } if !choices.is_empty()).then_some(field)
}

fn choice(words: &Words<'_>, field: &Field, value: String, people: &[Ref]) -> Input {
    let choices = match &field.kind {
        Kind::Choice { options } => {
            let all = words.model[*options].options.iter();
            all.filter(|option| !option.retired || *option.name == *value)
                .map(|option| Choice::new(&*option.name, words.label(&option.label)))
                .collect()
        }
        Kind::Boolean => [("true", "cell.yes"), ("false", "cell.no")]
            .map(|(value, key)| Choice::new(value, words.chrome(key)))
            .to_vec(),
        _ => people.iter().map(|person| Choice::new(person.id.to_string(), words.title(*person))).collect(),
    };
    Input::Choice { style: ChoiceStyle::Select, value, choices, blank: Some(String::new()) }
}

/// Whether one of a few values is chosen.
fn is_few(model: &Model, field: &Field) -> bool {
    let stored = field.is_stored() && !field.many;
    stored && (matches!(field.kind, Kind::Choice { .. } | Kind::Boolean) || is_person(model, field))
}

/// Whether a field names one person.
fn is_person(model: &Model, field: &Field) -> bool {
    matches!(&field.kind, Kind::Ref(reference) if *reference.targets == [model.user]) && !field.many
}

/// How a field that is no choice is filtered by.
fn tests(model: &Model, entity: EntityId, id: FieldId) -> &'static [Test] {
    let field = &model[entity][id];
    if field.many {
        return &[];
    }
    match field.kind {
        Kind::Date | Kind::DateTime | Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } => {
            &[Test::From, Test::To]
        }
        Kind::Text { .. } | Kind::Ref(_) => {
            let path = text_path(model, entity, id);
            if search::part(model, &path, "x").is_some() { &[Test::Has] } else { &[] }
        }
        _ => &[],
    }
}
