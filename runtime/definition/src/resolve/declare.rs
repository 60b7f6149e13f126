//! What there is: entities and the names of their fields, before anything is known of them.
//!
//! What must hold: ids are given here and never change. The fields of an entity are, in this order: the runtime's own
//! ([`System::ALL`]), those written (mixins' first, which the catalog has seen to), then stage fields that a pipeline
//! makes and `children` that an `inverse` makes, unless they were written already. A field that is wrong keeps its name.

mod fields;
mod own;

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::System;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId, name};

use super::findings::Findings;
use super::types::{FieldType, Layers, Types};
use crate::catalog::{Catalog, Document};
use crate::group::{Group, Part};
use crate::node::{Entry, Node};

/// The most fields an entity may have: tables of both databases hold about 1,600 columns, and some fields have two.
const MOST_FIELDS: usize = 500;
/// The most entities a workspace may have.
const MOST_ENTITIES: usize = 10_000;

/// Everything declared.
pub(super) struct Declared<'c> {
    /// By entity id.
    pub entities: Vec<EntityDeclaration<'c>>,
    /// The entities that are like each mixin, also through other mixins.
    pub like: HashMap<Arc<str>, Vec<EntityId>>,
    /// The `type` documents.
    pub types: Types<'c>,
    by_name: HashMap<Arc<str>, EntityId>,
}

/// An entity.
pub(super) struct EntityDeclaration<'c> {
    /// Its name.
    pub name: Arc<str>,
    /// The document that declares it: an `entity`, or the `settings` whose values it keeps.
    pub document: &'c Document,
    /// Its fields, by their ids.
    pub fields: Vec<FieldDeclaration<'c>>,
    by_name: HashMap<Arc<str>, FieldId>,
}

/// A field.
#[derive(Clone)]
pub(super) struct FieldDeclaration<'c> {
    /// Its name.
    pub name: Arc<str>,
    /// Where its name stands.
    pub place: Place,
    /// Where it comes from.
    pub origin: Origin<'c>,
    /// The documents of its type; nothing when it has none or an unknown one.
    pub field_type: Option<FieldType<'c>>,
    /// The group whose parts it shows.
    pub whole: Option<&'c Group>,
    /// The group it is a part of.
    pub within: Option<Within<'c>>,
}

/// A field that is a part of a group.
#[derive(Clone, Copy)]
pub(super) struct Within<'c> {
    /// The group.
    pub group: &'c Group,
    /// The keys in whose expressions names do not mean its parts.
    pub outer: &'c [&'static str],
}

/// Where a field comes from.
#[derive(Clone)]
pub(super) enum Origin<'c> {
    /// The runtime itself.
    System(System),
    /// An entry of `fields`.
    Written(&'c Node),
    /// A pipeline, with what the entity says of the field besides, if anything.
    Stage { pipelines: Vec<&'c Document>, node: Option<&'c Node> },
    /// The `inverse` of a reference.
    Inverse { of: EntityId, by: FieldId },
    /// Whose settings a record holds: a team's or a person's.
    Holder(Holder),
}

/// Whose settings a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// Those of the people of a team.
    Team,
    /// Those of one person.
    User,
}

impl<'c> FieldDeclaration<'c> {
    /// A field that no entry of `fields` declares: it has no type of its own and is part of nothing.
    pub fn made(name: impl Into<Arc<str>>, place: &Place, origin: Origin<'c>) -> Self {
        Self { name: name.into(), place: place.clone(), origin, field_type: None, whole: None, within: None }
    }

    /// What is written of it: its own keys over those of its type.
    pub fn layers(&self) -> Option<Layers<'c>> {
        match &self.origin {
            Origin::Written(node) | Origin::Stage { node: Some(node), .. } => {
                Some(Layers::of(node, self.field_type.as_ref()))
            }
            Origin::System(_) | Origin::Stage { node: None, .. } | Origin::Inverse { .. } | Origin::Holder(_) => None,
        }
    }

    /// What is written in its own entry.
    pub fn node(&self) -> Option<&'c Node> {
        match &self.origin {
            Origin::Written(node) | Origin::Stage { node: Some(node), .. } => Some(node),
            Origin::System(_) | Origin::Stage { node: None, .. } | Origin::Inverse { .. } | Origin::Holder(_) => None,
        }
    }
}

impl EntityDeclaration<'_> {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// Whether a field shows a group.
    pub fn is_group(&self, field: &str) -> bool {
        self.document.groups.iter().any(|group| &*group.field == field)
    }

    /// Its fields of several parts.
    pub fn groups(&self) -> Vec<fichero_model::entity::Group> {
        let of = |group: &Group| {
            let part = |part: &Part| Some((Arc::clone(&part.name), self.field(&part.field)?));
            let parts = group.parts.iter().filter_map(part).collect();
            Some(fichero_model::entity::Group { field: self.field(&group.field)?, parts })
        };
        self.document.groups.iter().filter_map(of).collect()
    }
}

impl<'c> Declared<'c> {
    /// Names everything the catalog declares.
    pub fn collect(catalog: &'c Catalog, findings: &mut Findings<'_>) -> Self {
        let types = Types::collect(catalog, findings);
        let mut declared = Declared { entities: Vec::new(), like: HashMap::new(), types, by_name: HashMap::new() };
        for document in &catalog.documents {
            declared.entity(document, findings);
        }
        declared.find_like(catalog);
        declared.stages(catalog, findings);
        declared.inverses(findings);
        declared.check_own(catalog, findings);
        for entity in &declared.entities {
            if entity.fields.len() > MOST_FIELDS {
                let message = format!(
                    "`{}` has {} fields, and at most {MOST_FIELDS} are possible",
                    entity.name,
                    entity.fields.len()
                );
                findings.error_with_help(
                    code::BAD_VALUE,
                    &entity.document.name_place,
                    message,
                    "let another entity hold some of them, with a reference",
                );
            }
        }
        declared
    }

    /// The entity of that name.
    pub fn find(&self, name: &str) -> Option<EntityId> {
        self.by_name.get(name).copied()
    }

    /// All entities with their ids.
    pub fn all(&self) -> impl Iterator<Item = (EntityId, &EntityDeclaration<'c>)> {
        self.entities.iter().enumerate().map(|(index, entity)| (EntityId(index as u16), entity))
    }

    /// The entity that a key names; tells when nothing bears the name.
    pub fn entity_of(&self, node: &Node, findings: &mut Findings<'_>) -> Option<EntityId> {
        let name = node.as_text()?;
        let found = self.find(name);
        if found.is_none() {
            let known = self.entities.iter().map(|entity| &*entity.name);
            findings.unknown(code::UNKNOWN_REFERENCE, &node.place, format!("there is no entity `{name}`"), name, known);
        }
        found
    }

    /// The entities a reference may point to, sorted by id. A mixin stands for all that are like it.
    pub fn targets(&self, to: &Node, findings: &mut Findings<'_>) -> Option<Vec<EntityId>> {
        let mut targets = Vec::new();
        let mut sound = true;
        for node in one_or_more(to) {
            let Some(name) = node.as_text() else { continue };
            match (self.find(name), self.like.get(name)) {
                (Some(entity), _) => targets.push(entity),
                (None, Some(entities)) if entities.is_empty() => {
                    let message = format!("no entity is like the mixin `{name}`, so there is nothing to refer to");
                    findings.error_with_help(
                        code::WRONG_TARGET,
                        &node.place,
                        message,
                        format!("write `like: [{name}]` in an entity, or name an entity here"),
                    );
                    sound = false;
                }
                (None, Some(entities)) => targets.extend(entities),
                (None, None) => {
                    let known =
                        self.entities.iter().map(|entity| &*entity.name).chain(self.like.keys().map(|mixin| &**mixin));
                    let message = format!("there is no entity or mixin `{name}`");
                    findings.unknown(code::UNKNOWN_REFERENCE, &node.place, message, name, known);
                    sound = false;
                }
            }
        }
        targets.sort_unstable();
        targets.dedup();
        (sound && !targets.is_empty()).then_some(targets)
    }

    fn entity(&mut self, document: &'c Document, findings: &mut Findings<'_>) {
        let name = match document.kind {
            "entity" => Arc::clone(&document.name),
            "settings" => settings_entity(&document.name),
            _ => return,
        };
        if let Some(other) = self.by_name.get(&name) {
            let message = format!(
                "the entity `{name}` keeps what `settings: {}` sets, so no other may bear the name",
                document.name
            );
            let other = &self.entities[other.index()].document.name_place;
            findings.push(
                Diagnostic::error(code::DUPLICATE_NAME, &document.name_place, message).label(other, "the other one"),
            );
            return;
        }
        if name::is_reserved_entity(&name) {
            let message =
                format!("no entity can be called `{name}`, which the pages and the HTTP interface need for themselves");
            findings.error_with_help(
                code::RESERVED_NAME,
                &document.name_place,
                message,
                format!("choose another name, such as `{name}_record`"),
            );
        }
        if self.entities.len() >= MOST_ENTITIES {
            let message = format!("a workspace may have at most {MOST_ENTITIES} entities");
            findings.error(code::BAD_VALUE, &document.name_place, message);
            return;
        }
        let mut entity =
            EntityDeclaration { name: Arc::clone(&name), document, fields: Vec::new(), by_name: HashMap::new() };
        for system in System::ALL {
            entity.push(FieldDeclaration::made(system.name(), &document.name_place, Origin::System(system)));
        }
        for holder in holders(document) {
            entity.push(FieldDeclaration::made(holder.field(), &document.name_place, Origin::Holder(holder)));
        }
        for entry in document.node.get("fields").map(Node::entries).unwrap_or_default() {
            let declaration = self.written(document, entry, findings);
            entity.push_new(declaration, findings);
        }
        self.by_name.insert(name, EntityId(self.entities.len() as u16));
        self.entities.push(entity);
    }

    /// A field as it is written. Its type is found at once, for its keys count as the field's.
    fn written(&self, document: &'c Document, entry: &'c Entry, findings: &mut Findings<'_>) -> FieldDeclaration<'c> {
        let name = &entry.key.text;
        let field_type = match entry.value.get("type") {
            None => None,
            Some(node) => {
                let found = node.as_text().and_then(|name| self.types.find(name, &node.place, findings));
                if found.is_none() {
                    findings.set_broken(name);
                }
                found
            }
        };
        FieldDeclaration {
            name: Arc::clone(name),
            place: entry.key.place.clone(),
            origin: Origin::Written(&entry.value),
            field_type,
            whole: document.groups.iter().find(|group| group.field == *name),
            within: within(document, name),
        }
    }

    /// Which entities are like which mixin.
    fn find_like(&mut self, catalog: &Catalog) {
        for document in catalog.of_kind("mixin") {
            self.like.entry(Arc::clone(&document.name)).or_default();
        }
        for index in 0..self.entities.len() {
            for mixin in mixins(catalog, &self.entities[index].document.node) {
                if let Some(entities) = self.like.get_mut(&mixin) {
                    entities.push(EntityId(index as u16));
                }
            }
        }
    }

    /// The fields that pipelines make.
    fn stages(&mut self, catalog: &'c Catalog, findings: &mut Findings<'_>) {
        for document in catalog.of_kind("pipeline") {
            let Some(entity) = document.node.get("entity").and_then(|node| self.entity_of(node, findings)) else {
                continue;
            };
            let field_node = document.node.get("field");
            let name: Arc<str> = field_node.and_then(Node::as_text).cloned().unwrap_or_else(|| "stage".into());
            let place = field_node.map_or_else(|| document.name_place.clone(), |node| node.place.clone());
            self.entities[entity.index()].stage(document, &name, &place, findings);
        }
    }

    /// The `children` fields that references make by their `inverse`.
    fn inverses(&mut self, findings: &mut Findings<'_>) {
        let mut made = Vec::new();
        for (of, entity) in self.all() {
            for (index, field) in entity.fields.iter().enumerate() {
                let by = FieldId(index as u16);
                let (Some(node), Some(layers)) = (field.node(), field.layers()) else { continue };
                let (Some(inverse), Some(to)) = (node.entry("inverse"), layers.get("to")) else { continue };
                let Some(name) = inverse.value.as_text() else { continue };
                // What is wrong with the targets is told when the kind of the reference is worked out.
                for target in self.targets(to, &mut Findings::new(findings.files())).unwrap_or_default() {
                    made.push((target, of, by, Arc::clone(name), inverse.value.place.clone()));
                }
            }
        }
        for (target, of, by, name, place) in made {
            let by_name = Arc::clone(&self.entities[of.index()].fields[by.index()].name);
            let of_name = Arc::clone(&self.entities[of.index()].name);
            self.entities[target.index()].inverse(of, by, &name, &place, (&of_name, &by_name), findings);
        }
    }
}

impl Holder {
    /// The name of the field.
    pub fn field(self) -> &'static str {
        match self {
            Holder::Team => "for_team",
            Holder::User => "for_user",
        }
    }
}

/// The group that a field of a document is a part of.
fn within<'c>(document: &'c Document, field: &str) -> Option<Within<'c>> {
    document.groups.iter().find_map(|group| {
        let part = group.parts.iter().find(|part| &*part.field == field)?;
        Some(Within { group, outer: &part.outer })
    })
}

/// The entity that keeps the values of a `settings` document.
pub(crate) fn settings_entity(name: &str) -> Arc<str> {
    format!("{name}_settings").into()
}

/// Whose settings a document allows to be set, besides the workspace's.
pub(super) fn holders(document: &Document) -> Vec<Holder> {
    if document.kind != "settings" {
        return Vec::new();
    }
    let per: Vec<&str> = document
        .node
        .get("per")
        .into_iter()
        .flat_map(one_or_more)
        .filter_map(|node| node.as_text().map(|text| &**text))
        .collect();
    [(Holder::Team, "team"), (Holder::User, "user")]
        .into_iter()
        .filter(|(_, word)| per.contains(word))
        .map(|(holder, _)| holder)
        .collect()
}

/// The items of a list, or the single value that stands for one.
pub(super) fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    let single = node.scalar().map(|_| node);
    single.into_iter().chain(node.items())
}

/// The mixins a document is like, also through other mixins, each once.
pub(super) fn mixins(catalog: &Catalog, node: &Node) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut waiting: Vec<&Node> = node.get("like").into_iter().flat_map(one_or_more).collect();
    waiting.reverse();
    while let Some(next) = waiting.pop() {
        let Some(name) = next.as_text() else { continue };
        if found.contains(name) {
            continue;
        }
        found.push(Arc::clone(name));
        if let Some(document) = catalog.find("mixin", name) {
            waiting.extend(document.node.get("like").into_iter().flat_map(one_or_more));
        }
    }
    found
}
