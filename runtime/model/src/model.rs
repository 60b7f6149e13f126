//! The compiled definitions: every name resolved, every expression typed, immutable.
//!
//! One model is behind one atomic pointer; a request, job or script pins it at the door. Ids index into the model that
//! made them and never leave the process: URLs, jobs and logs carry names.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::data::{DataSet, Mapping, Scenario, Settings};
use crate::entity::{Entity, Field, Options};
use crate::id::{EntityId, FieldId, OptionsId, PipelineId};
use crate::label::{Locale, Text};
use crate::page::{Form, MenuEntry, View};
use crate::phone::Country;
use crate::pipeline::Pipeline;
use crate::place::Place;
use crate::script::Scripts;
use crate::value::Currency;

/// What a workspace says of itself.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its name.
    pub name: Arc<str>,
    /// What people call it.
    pub title: Text,
    /// The language of who has not chosen one.
    pub locale: Locale,
    /// The zone of stored logic: `today()`, periods of sequences.
    pub time_zone: TimeZone,
    /// The currency that sums are in.
    pub currency: Currency,
    /// The country of phone numbers that tell none.
    pub country: Option<Country>,
}

/// A pack in use.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name.
    pub name: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// What people call it.
    pub title: Text,
}

/// Where exchange rates are kept: the entity that was declared with `exchange_rates: {currency, date, rate}`.
#[derive(Clone, Debug)]
pub struct Rates {
    /// The entity of rates.
    pub entity: EntityId,
    /// Which of them may apply today: those whose currency has the ISO 4217 code in `value`, and that have begun.
    pub applies: crate::expr::Expr,
    /// The date field: the rate holds from this day until a later one is given.
    pub date: FieldId,
    /// The decimal field: how many units of the workspace's currency one unit of this currency is worth.
    pub rate: FieldId,
}

/// The compiled definitions of a workspace.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the workspace says of itself.
    pub workspace: Workspace,
    /// The packs in use, each after those it requires.
    pub packs: Vec<Pack>,
    /// All entities, by id.
    pub entities: Vec<Entity>,
    /// All option sets, by id.
    pub options: Vec<Options>,
    /// All pipelines, by id.
    pub pipelines: Vec<Pipeline>,
    /// All views.
    pub views: Vec<View>,
    /// All forms.
    pub forms: Vec<Form>,
    /// The menu.
    pub menu: Vec<MenuEntry>,
    /// What the menu is called.
    pub menu_label: Option<Text>,
    /// Data that ships with packs, in the order it is loaded.
    pub data: Vec<DataSet>,
    /// Mappings from files.
    pub mappings: Vec<Mapping>,
    /// Settings documents.
    pub settings: Vec<Settings>,
    /// Scenario tests.
    pub scenarios: Vec<Scenario>,
    /// The functions of script files.
    pub scripts: Scripts,
    /// The runtime's own entity of people.
    pub user: EntityId,
    /// The runtime's own entity of teams.
    pub team: EntityId,
    /// The entity that holds dated exchange rates, if a pack brings one.
    pub rates: Option<Rates>,
    /// A hash of everything the model was made from, in hexadecimal.
    pub revision: Arc<str>,
    /// Entities by name; kept by [`Model::index`].
    pub by_name: HashMap<Arc<str>, EntityId>,
}

impl Model {
    /// Fills [`Model::by_name`] from the entities.
    pub fn index(&mut self) {
        self.by_name = self
            .entities
            .iter()
            .enumerate()
            .map(|(index, entity)| (Arc::clone(&entity.name), EntityId(index as u16)))
            .collect();
    }

    /// The entity of that name.
    pub fn entity(&self, name: &str) -> Option<(EntityId, &Entity)> {
        let id = *self.by_name.get(name)?;
        Some((id, self.entities.get(id.index())?))
    }

    /// All entities with their ids.
    pub fn all_entities(&self) -> impl Iterator<Item = (EntityId, &Entity)> {
        self.entities.iter().enumerate().map(|(index, entity)| (EntityId(index as u16), entity))
    }

    /// A field by entity and id.
    pub fn field(&self, entity: EntityId, field: FieldId) -> &Field {
        &self[entity][field]
    }

    /// True when records of an entity may be added, but neither changed nor deleted.
    pub fn is_append_only(&self, entity: EntityId) -> bool {
        self.append_only_since(entity).is_some()
    }

    /// Where the entity or field is declared by which records of an entity may be added, but neither changed nor deleted:
    /// the entity itself, or the nearest above it that keeps its lines, at any depth. Lines are part of what they belong
    /// to, so that one cannot be kept without the other.
    pub fn append_only_since(&self, entity: EntityId) -> Option<&Place> {
        // An entity may hold lines of its own kind.
        let above = std::iter::successors(Some(entity), |at| self[*at].line_of.map(|line| line.parent));
        above.take(self.entities.len()).find_map(|at| {
            let field = self[at].line_of.map(|line| &self[line.parent][line.field]);
            let kept = field.filter(|field| field.append_only).map(|field| &field.place);
            if self[at].append_only { Some(&self[at].place) } else { kept }
        })
    }

    /// True when records of an entity come with the record that they are lines of, and cannot be added to it later,
    /// because that one is never changed.
    pub fn comes_with_parent(&self, entity: EntityId) -> bool {
        self[entity].line_of.is_some_and(|line| self.is_append_only(line.parent))
    }

    /// The pipelines of an entity.
    pub fn pipelines_of(&self, entity: EntityId) -> impl Iterator<Item = (PipelineId, &Pipeline)> {
        self.pipelines
            .iter()
            .enumerate()
            .filter(move |(_, pipeline)| pipeline.entity == entity)
            .map(|(index, pipeline)| (PipelineId(index as u16), pipeline))
    }

    /// The view of that name.
    pub fn view(&self, name: &str) -> Option<&View> {
        self.views.iter().find(|view| &*view.name == name)
    }

    /// The form for records of an entity, the first declared.
    pub fn form_of(&self, entity: EntityId) -> Option<&Form> {
        self.forms.iter().find(|form| form.entity == entity)
    }
}

impl std::ops::Index<EntityId> for Model {
    type Output = Entity;

    fn index(&self, id: EntityId) -> &Entity {
        &self.entities[id.index()]
    }
}

impl std::ops::Index<OptionsId> for Model {
    type Output = Options;

    fn index(&self, id: OptionsId) -> &Options {
        &self.options[id.index()]
    }
}

impl std::ops::Index<PipelineId> for Model {
    type Output = Pipeline;

    fn index(&self, id: PipelineId) -> &Pipeline {
        &self.pipelines[id.index()]
    }
}
