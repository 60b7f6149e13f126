//! The inputs of a form: one for each field, by kind, with what was typed or what it holds.

use fichero_engine::read::page::{FormFacts, State};
use fichero_model::entity::{Field, Source};
use fichero_model::kind::{Kind, MoneyCurrency, Reference};
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, OptionsId, Ref};

use super::errors::Errors;
use super::files;
use super::raw::Raw;
use super::read::{self, Typed};
use super::spec::{Spec, is_watched};
use crate::pages::cell::{most_stars, widget};
use crate::pages::post::Posted;
use crate::pages::words::Words;
use crate::pages::{address, layout, suggest};
use crate::ui::context::{self, Choice, ChoiceGroup, ChoiceStyle, Hidden, Input, Picker, Pill, TextKind};
use crate::ui::typed::editable;

/// The most options that are buttons in a row, and how long their labels may be together.
const BUTTONS: usize = 4;
const BUTTON_LETTERS: usize = 24;

/// What inputs are made from.
pub struct Inputs<'a> {
    /// How values are written.
    pub words: &'a Words<'a>,
    /// What the form asks.
    pub spec: &'a Spec<'a>,
    /// What the draft holds.
    pub facts: &'a FormFacts,
    /// What was posted, as it was; nothing when the form is shown for the first time.
    pub posted: Option<&'a Posted>,
    /// The same, read.
    pub typed: &'a Typed,
    /// What was refused.
    pub errors: &'a Errors,
    /// The most bytes that a file may have.
    pub largest_file: u64,
}

/// One input to be made.
pub struct Slot<'s> {
    /// Whose field.
    pub entity: EntityId,
    /// Which.
    pub id: FieldId,
    /// Its posted name.
    pub name: &'s str,
    /// What the draft holds.
    pub value: &'s Value,
    /// How its author wants it shown and asked.
    pub widget: &'s str,
    /// It is shown, not asked.
    pub fixed: bool,
    /// A value must be given.
    pub required: bool,
    /// The options that may be chosen, where a condition says which.
    pub options: Option<&'s [std::sync::Arc<str>]>,
    /// The entries of a list that cannot be taken away.
    pub kept: &'s [Value],
}

impl<'a> Inputs<'a> {
    /// The input of a field of the record itself.
    pub fn own(&self, id: FieldId) -> context::Field {
        self.with_own(id, |slot| self.field(slot))
    }

    /// What says how the input of a field of the record was shown.
    pub fn was_own(&self, id: FieldId) -> Option<Hidden> {
        self.with_own(id, |slot| self.was(slot))
    }

    fn with_own<T>(&self, id: FieldId, make: impl FnOnce(&Slot<'_>) -> T) -> T {
        let field = &self.words.model[self.spec.entity][id];
        let state = self.facts.states.get(id.index());
        let value = self.facts.values.get(id.index()).cloned().unwrap_or_default();
        make(&Slot {
            entity: self.spec.entity,
            id,
            name: &field.name,
            value: &value,
            widget: self.spec.said(id).and_then(|said| said.widget.as_deref()).unwrap_or(widget(field)),
            fixed: is_fixed(field, state) || self.spec.is_readonly(id),
            required: state.is_some_and(|state| state.required) && !comes_by_itself(field, &value),
            options: state.and_then(|state| state.options.as_deref()),
            kept: state.map_or(&[], |state| &state.kept),
        })
    }

    /// An input with what stands around it.
    pub fn field(&self, slot: &Slot<'_>) -> context::Field {
        let field = &self.words.model[slot.entity][slot.id];
        context::Field {
            id: dom_id(slot.name),
            name: slot.name.to_owned(),
            label: self.words.label(&field.label).to_owned(),
            required: slot.required && !slot.fixed,
            help: self.help(field, slot),
            errors: self.errors.at(slot.name),
            wide: layout::is_long(field) || matches!(field.kind, Kind::Lines { .. }),
            input: if slot.fixed {
                Input::Fixed { cell: self.words.cell_as(field, slot.widget, slot.value) }
            } else {
                self.input(field, slot)
            },
        }
    }

    /// The help of a field, and of the option that is chosen.
    fn help(&self, field: &Field, slot: &Slot<'_>) -> Option<String> {
        let own = field.help.as_ref().map(|help| self.words.label(help).to_owned());
        let chosen = match (&field.kind, slot.value) {
            (Kind::Choice { options }, Value::Text(name)) if !slot.fixed => self.words.option(*options, name).help,
            _ => None,
        };
        let all: Vec<String> = own.into_iter().chain(chosen).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    /// What says how a value was shown, for fields whose untouched value must not be posted as if it were given.
    pub fn was(&self, slot: &Slot<'_>) -> Option<Hidden> {
        let field = &self.words.model[slot.entity][slot.id];
        if slot.fixed || !is_watched(field) {
            return None;
        }
        let name = format!("_was.{}", slot.name);
        let value = match self.posted {
            // What was touched is compared with what stood there before that.
            Some(posted) if read::touched(posted, field, slot.name).is_some() => {
                read::was(posted, slot.name)?.to_owned()
            }
            _ => self.shown(field, slot),
        };
        Some(Hidden { name, value })
    }

    /// How an input shows a value that nobody touched, as [`super::read`] sees it.
    pub fn shown(&self, field: &Field, slot: &Slot<'_>) -> String {
        let suggests =
            matches!(field.kind, Kind::Ref(_)) && !field.many && !self.chooses_from_all(slot.entity, slot.id);
        match slot.value {
            Value::Ref(record) if suggests => self.words.title(*record),
            value => self.raw().of(field, value),
        }
    }

    /// How values are written for inputs.
    pub fn raw(&self) -> Raw<'_> {
        Raw { model: self.words.model, chrome: self.words.voice.chrome, zone: &self.words.zone }
    }

    /// The text of an input: as it was typed, else as it is shown.
    fn text(&self, field: &Field, slot: &Slot<'_>) -> String {
        let touched = self.posted.filter(|posted| read::touched(posted, field, slot.name).is_some());
        let typed = touched.and_then(|posted| posted.last(slot.name));
        typed.map_or_else(|| self.raw().of(field, slot.value), str::to_owned)
    }

    fn input(&self, field: &Field, slot: &Slot<'_>) -> Input {
        let text = || self.text(field, slot);
        match &field.kind {
            Kind::Ref(reference) if field.many => self.references(field, reference, slot),
            Kind::Choice { options } if field.many => {
                let kept = self.kept(field, slot);
                Input::Choices { values: self.chosen(slot), kept, choices: self.choices(*options, slot, &[]) }
            }
            Kind::File(accepted) if field.many => files::input(self, field, accepted, slot),
            _ if field.many => Input::Longtext { value: text(), code: false },
            Kind::Ref(reference) => self.reference(field, reference, slot),
            Kind::Choice { options } => self.choice(field, *options, slot),
            Kind::Integer if slot.widget == "rating" && most_stars(field).is_some() && !slot.name.contains('.') => {
                self.rating(field, slot)
            }
            // What is stored is not shown, and what was typed is not written back.
            Kind::Secret { .. } => Input::Secret { stored: !slot.value.is_nothing() },
            Kind::Text { .. } => Input::Text { value: text(), of: keyboard(slot.widget) },
            Kind::LongText { .. } | Kind::Json => Input::Longtext {
                value: text(),
                code: matches!(slot.widget, "code" | "html" | "filter") || matches!(field.kind, Kind::Json),
            },
            Kind::Integer | Kind::Decimal { .. } => {
                Input::Number { value: text(), unit: self.unit(field, slot.widget) }
            }
            Kind::Money { currency } => self.money(field, currency, slot),
            Kind::Boolean => Input::Boolean { checked: text() == "true" },
            Kind::Date => Input::Date { value: text() },
            Kind::Time => Input::Time { value: text() },
            Kind::DateTime => Input::Datetime { value: text(), zone: self.words.zone_name() },
            Kind::Duration => Input::Duration { value: text() },
            Kind::Lines { .. } | Kind::Children { .. } => Input::Fixed { cell: self.words.cell(field, slot.value) },
            Kind::File(accepted) => files::input(self, field, accepted, slot),
        }
    }

    /// Stars, as buttons in a row; a value that is typed by another way stays as it is.
    fn rating(&self, field: &Field, slot: &Slot<'_>) -> Input {
        let value = self.text(field, slot);
        let mut choices: Vec<Choice> = (1..=most_stars(field).unwrap_or(0))
            .map(|stars| Choice::new(stars.to_string(), format!("{stars} ★")))
            .collect();
        if !value.is_empty() && choices.iter().all(|choice| choice.value != value) {
            choices.push(Choice::new(value.clone(), value.clone()));
        }
        let blank = (!slot.required || value.is_empty()).then(String::new);
        Input::Choice { style: ChoiceStyle::Radio, value, choices, blank }
    }

    fn unit(&self, field: &Field, widget: &str) -> Option<String> {
        match widget {
            "percent" => Some("%".to_owned()),
            _ => field.unit.as_ref().map(|unit| self.words.label(unit).to_owned()),
        }
    }

    fn money(&self, field: &Field, currency: &MoneyCurrency, slot: &Slot<'_>) -> Input {
        let (held, amount) = match slot.value {
            Value::Money(money) => (Some(money.currency), editable(self.words.voice.chrome, money.amount)),
            _ => (None, String::new()),
        };
        let workspace = self.words.model.workspace.currency;
        let touched = self.posted.filter(|posted| read::touched(posted, field, slot.name).is_some());
        let posted = |name: &str| touched.and_then(|posted| posted.last(name));
        let (own, choices): (Currency, Vec<Currency>) = match currency {
            MoneyCurrency::Own(own) => {
                // In the narrow cell of a line there is no room to choose: a line keeps the currency it has.
                let choices = if slot.name.contains('.') { Vec::new() } else { self.facts.currencies.clone() };
                let own = posted(&format!("{}_currency", slot.name)).and_then(Currency::parse).or(held).unwrap_or(*own);
                (own, choices)
            }
            // It is that of another field, so it is not asked here.
            MoneyCurrency::Shared(_) => (held.unwrap_or(workspace), Vec::new()),
        };
        let mut currencies: Vec<String> = choices.iter().map(Currency::to_string).collect();
        if !choices.contains(&own) {
            currencies.push(own.to_string());
        }
        Input::Money { value: posted(slot.name).map_or(amount, str::to_owned), currency: own.to_string(), currencies }
    }

    fn choice(&self, field: &Field, options: OptionsId, slot: &Slot<'_>) -> Input {
        let value = self.text(field, slot);
        let choices = self.choices(options, slot, &[&value]);
        let letters: usize = choices.iter().map(|choice| choice.text.chars().count()).sum();
        let few = (2..=BUTTONS).contains(&choices.len()) && letters <= BUTTON_LETTERS && !slot.name.contains('.');
        Input::Choice {
            style: if few { ChoiceStyle::Radio } else { ChoiceStyle::Select },
            // A drop-down without an empty option would choose the first by itself.
            blank: (!slot.required || (value.is_empty() && !few)).then(String::new),
            value,
            choices,
        }
    }

    /// The options that may be chosen, and those that are: also one that the record holds and the definitions have no
    /// more, so that a form that is saved does not choose another.
    fn choices(&self, options: OptionsId, slot: &Slot<'_>, chosen: &[&str]) -> Vec<Choice> {
        let set = &self.words.model[options].options;
        let held = self.chosen(slot);
        let is_chosen = |name: &str| chosen.contains(&name) || held.iter().any(|held| held == name);
        let is_offered = |name: &str, retired: bool| {
            is_chosen(name)
                || (!retired && slot.options.is_none_or(|allowed| allowed.iter().any(|allowed| &**allowed == name)))
        };
        let offered = set.iter().filter(|option| is_offered(&option.name, option.retired));
        let offered = offered.map(|option| {
            let Pill { text, help, icon, .. } = self.words.option(options, &option.name);
            Choice { value: option.name.to_string(), text, help, icon }
        });
        let names = slot.value.items().iter().filter_map(Value::as_text);
        let gone = names.filter(|name| !set.iter().any(|option| *option.name == **name));
        offered.chain(gone.map(|name| Choice::new(name, self.words.chrome_about("form.gone", name)))).collect()
    }

    /// The entries of a list that cannot be taken away, as they are posted.
    fn kept(&self, field: &Field, slot: &Slot<'_>) -> Vec<String> {
        let value = |item: &Value| match item {
            Value::Ref(record) => self.choice_of(field, *record).value,
            item => self.raw().of(field, item),
        };
        slot.kept.iter().map(value).collect()
    }

    fn chosen(&self, slot: &Slot<'_>) -> Vec<String> {
        match self.posted.filter(|posted| posted.has(slot.name)) {
            Some(posted) => posted.all(slot.name).map(str::to_owned).collect(),
            None => slot.value.items().iter().filter_map(Value::as_text).map(str::to_owned).collect(),
        }
    }

    fn reference(&self, field: &Field, reference: &Reference, slot: &Slot<'_>) -> Input {
        let chosen = slot.value.as_ref().map(|record| self.choice_of(field, record));
        // What was typed and means no record stays, with what resembles it.
        let unread = self.typed_name(slot.name).filter(|_| !self.errors.at(slot.name).is_empty());
        let offered = self.typed.offered.get(slot.name).filter(|found| !found.is_empty());
        if let (Some(text), Some(found)) = (&unread, offered) {
            let picker = Picker { groups: self.groups(field, reference, found), suggest: None };
            return Input::Ref { chosen: Some(Choice::new("", text.clone())), picker };
        }
        let chosen = match unread {
            Some(text) => Some(Choice::new("", text)),
            None => chosen,
        };
        let also = slot.value.as_ref();
        Input::Ref { chosen, picker: self.picker(field, reference, slot, also.as_slice()) }
    }

    fn references(&self, field: &Field, reference: &Reference, slot: &Slot<'_>) -> Input {
        let chosen: Vec<Ref> = slot.value.items().iter().filter_map(Value::as_ref).collect();
        let unread = self.typed_name(slot.name).filter(|_| !self.errors.at(slot.name).is_empty());
        Input::Refs {
            chosen: chosen.iter().map(|record| self.choice_of(field, *record)).collect(),
            kept: self.kept(field, slot),
            typed: unread.unwrap_or_default(),
            picker: self.picker(field, reference, slot, &chosen),
        }
    }

    fn typed_name(&self, name: &str) -> Option<String> {
        let text = self.posted?.last(&format!("{name}.text"))?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn picker(&self, field: &Field, reference: &Reference, slot: &Slot<'_>, also: &[Ref]) -> Picker {
        let picks = self.picks(slot.entity, slot.id);
        let mut few: Vec<Ref> = picks.map(|picks| picks.few.clone()).unwrap_or_default();
        if self.chooses_from_all(slot.entity, slot.id) {
            few.extend(also.iter().filter(|record| !few.contains(record)).copied().collect::<Vec<_>>());
            return Picker { groups: self.groups(field, reference, &few), suggest: None };
        }
        Picker { groups: self.groups(field, reference, &few), suggest: Some(self.suggest(field, reference, slot)) }
    }

    /// Where suggestions come from; `with` names the inputs beside it whose values decide what may be chosen.
    fn suggest(&self, field: &Field, reference: &Reference, slot: &Slot<'_>) -> String {
        let model = self.words.model;
        let definition = &model[slot.entity];
        let target = reference.targets.first().map_or("", |target| &model[*target].name);
        let read = reference
            .choose
            .as_ref()
            .map(|choose| choose.reads(model).fields_of(fichero_model::expr::reads::Root::Record));
        let names: Vec<&str> = read.iter().flatten().map(|id| &*definition[*id].name).collect();
        let with = names.join(",");
        address::with(
            &format!("/{target}/suggest"),
            [("of", &*definition.name), ("field", &field.name), ("with", &with)],
        )
    }

    fn groups(&self, field: &Field, reference: &Reference, records: &[Ref]) -> Vec<ChoiceGroup> {
        let several = reference.targets.len() > 1;
        let of = |target: &EntityId| {
            let own = records.iter().filter(|record| record.entity == *target);
            let choices: Vec<Choice> = own.map(|record| self.choice_of(field, *record)).collect();
            let label = several.then(|| self.words.head(*target).plural);
            (!choices.is_empty()).then_some(ChoiceGroup { label, choices })
        };
        reference.targets.iter().filter_map(of).collect()
    }

    fn choice_of(&self, field: &Field, record: Ref) -> Choice {
        let several = matches!(&field.kind, Kind::Ref(reference) if reference.targets.len() > 1);
        Choice::new(suggest::value_of(self.words, record, several), self.words.title(record))
    }

    fn picks(&self, entity: EntityId, id: FieldId) -> Option<&fichero_engine::read::page::Picks> {
        let at = self.spec.pickers.iter().position(|picker| *picker == (entity, id))?;
        self.facts.picks.get(at)
    }

    fn chooses_from_all(&self, entity: EntityId, id: FieldId) -> bool {
        self.picks(entity, id).is_some_and(|picks| picks.all)
    }
}

/// Whether a value may still come with another choice, so that nobody is asked for it yet.
pub fn comes_by_itself(field: &Field, value: &Value) -> bool {
    matches!(field.source, Source::Copy(_)) && value.is_nothing()
}

/// The id of an input's element.
pub fn dom_id(name: &str) -> String {
    format!("f-{}", name.replace('.', "-"))
}

/// Whether a field is shown, not asked.
pub fn is_fixed(field: &Field, state: Option<&State>) -> bool {
    !field.is_input() || state.is_some_and(|state| state.readonly)
}

fn keyboard(widget: &str) -> TextKind {
    match widget {
        "email" => TextKind::Email,
        "phone" => TextKind::Tel,
        "url" => TextKind::Url,
        _ => TextKind::Text,
    }
}
