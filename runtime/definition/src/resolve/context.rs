//! What every pass behind the declarations reads.

use fichero_model::expr::Scope;
use fichero_model::model::Model;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::declare::{Declared, FieldDeclaration};
use super::findings::Findings;
use super::not_yet::Capabilities;
use super::value::{Records, still_needed, unknown_field};
use crate::catalog::Catalog;
use crate::node::Node;
use crate::source::Sources;

/// What every pass behind the declarations reads. The model is as far as the passes before have brought it.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// The documents.
    pub catalog: &'a Catalog,
    /// What they declare.
    pub declared: &'a Declared<'a>,
    /// The model so far.
    pub model: &'a Model,
    /// The records that data documents bring.
    pub records: &'a Records,
    /// What the runtime can do.
    pub capabilities: &'a Capabilities,
}

impl<'a> Context<'a> {
    /// The entity that a key names.
    pub fn entity(&self, node: Option<&Node>, findings: &mut Findings<'_>) -> Option<EntityId> {
        self.declared.entity_of(node?, findings)
    }

    /// What the expressions behind a key of a field may name: within a group its parts first.
    pub fn scope(&self, entity: EntityId, field: &FieldDeclaration<'_>, key: &str) -> Scope<'a> {
        let within = field.within.filter(|within| !within.outer.contains(&key)).map(|within| within.group);
        // What shows a group reads its parts.
        let group = if key == "formula" { field.whole.or(within) } else { within };
        let group = group.and_then(|group| self.model[entity].field(&group.field)).map(|(id, _)| id);
        Scope { group, ..Scope::row(self.model, entity) }
    }

    /// The field of an entity that behaviour names; tells when there is none.
    pub fn field(&self, entity: EntityId, node: &Node, findings: &mut Findings<'_>) -> Option<FieldId> {
        self.field_named(entity, node.as_text()?, &node.place, findings)
    }

    /// The same for a name that is a key.
    pub fn field_named(
        &self,
        entity: EntityId,
        name: &str,
        place: &Place,
        findings: &mut Findings<'_>,
    ) -> Option<FieldId> {
        let found = self.model[entity].field_at(name);
        if found.is_none() && !self.tell_removed(entity, name, place, findings) {
            unknown_field(&self.model[entity], name, place, findings);
        }
        found
    }

    /// Where an overlay removed a field of an entity.
    pub fn removed(&self, entity: EntityId, field: &str) -> Option<&'a Place> {
        let document = self.declared.entities.get(entity.index())?.document;
        self.catalog.removed(document.kind, &document.name, &["fields", field])
    }

    fn tell_removed(&self, entity: EntityId, name: &str, place: &Place, findings: &mut Findings<'_>) -> bool {
        let Some(removed) = self.removed(entity, name) else { return false };
        findings.push(still_needed(&self.model[entity], name, place, removed));
        true
    }
}

/// What all passes read beside the model, which grows from one to the next.
pub(super) struct World<'w> {
    pub sources: &'w Sources,
    pub catalog: &'w Catalog,
    pub declared: &'w Declared<'w>,
    pub records: &'w Records,
    pub capabilities: &'w Capabilities,
}

impl<'w> World<'w> {
    /// All of it over the model so far.
    pub fn over<'m>(&self, model: &'m Model) -> Context<'m>
    where
        'w: 'm,
    {
        Context {
            sources: self.sources,
            catalog: self.catalog,
            declared: self.declared,
            model,
            records: self.records,
            capabilities: self.capabilities,
        }
    }
}
