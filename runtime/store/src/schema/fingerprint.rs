//! A text that changes when what a computed field follows changes: its expression, the computed fields it reads, and
//! the attributes of options and stages it reads.

use std::collections::HashSet;
use std::fmt::Write as _;

use fichero_model::entity::{Entity, Field, Source};
use fichero_model::expr::{Expr, Node, Op};
use fichero_model::kind::Kind;
use fichero_model::{EntityId, FieldId, Model, OptionsId};
use sha2::{Digest as _, Sha256};

/// The fingerprint of a field's source.
pub(super) fn of(model: &Model, entity: &Entity, field: &Field) -> String {
    let mut reader = Reader { model, text: String::new(), seen: HashSet::new() };
    reader.source(entity, field);
    Sha256::digest(&reader.text).iter().take(12).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

struct Reader<'m> {
    model: &'m Model,
    text: String,
    seen: HashSet<(EntityId, FieldId)>,
}

impl Reader<'_> {
    fn source(&mut self, entity: &Entity, field: &Field) {
        match &field.source {
            Source::Input | Source::Copy(_) | Source::Sequence(_) => {}
            Source::Compute(value) | Source::Lookup(value) | Source::Formula { value, .. } => self.expression(value),
            Source::Rollup(rollup) => {
                let _ = writeln!(self.text, "{:?}", rollup.function);
                let over = entity.fields.get(rollup.over.index()).map(|over| &over.kind);
                if let Some(Kind::Lines { of, by } | Kind::Children { of, by }) = over {
                    self.name(*of, *by);
                }
                rollup.of.iter().chain(&rollup.filter).for_each(|part| self.expression(part));
            }
        }
    }

    fn expression(&mut self, expression: &Expr) {
        let _ = writeln!(self.text, "{}", expression.text);
        self.node(&expression.root);
    }

    fn node(&mut self, node: &Node) {
        match &node.op {
            Op::Literal(_) | Op::Row(_) | Op::Local(_) | Op::Value | Op::Changed(_) => {}
            Op::Field { of, fields } | Op::Each { of, fields } => {
                self.node(of);
                fields.iter().for_each(|(entity, field)| self.read(*entity, *field));
            }
            Op::Attribute { of, options, attribute } => {
                self.node(of);
                self.attribute(*options, *attribute);
            }
            Op::Not(one) | Op::Negate(one) | Op::HasRole(one) | Op::Matches { text: one, .. } => self.node(one),
            Op::And(a, b)
            | Op::Or(a, b)
            | Op::Coalesce(a, b)
            | Op::Compare(_, a, b)
            | Op::Arithmetic(_, a, b)
            | Op::In { value: a, list: b }
            | Op::Quantify { list: a, body: b, .. } => [a, b].into_iter().for_each(|part| self.node(part)),
            Op::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| self.node(part));
            }
            Op::List(parts) | Op::Call { arguments: parts, .. } | Op::Script { arguments: parts, .. } => {
                parts.iter().for_each(|part| self.node(part));
            }
            Op::Aggregate { list, .. } => self.node(list),
            Op::Under { record, top, parent: (entity, parent) } => {
                [record, top].into_iter().for_each(|part| self.node(part));
                self.read(*entity, *parent);
            }
        }
    }

    /// A field that is read: what it is itself computed from belongs to the fingerprint.
    fn read(&mut self, entity: EntityId, field: FieldId) {
        let Some((owner, read)) = self.find(entity, field) else { return };
        if self.seen.insert((entity, field)) {
            self.source(owner, read);
        }
    }

    fn name(&mut self, entity: EntityId, field: FieldId) {
        if let Some((owner, field)) = self.find(entity, field) {
            let _ = writeln!(self.text, "{}.{}", owner.name, field.name);
        }
    }

    fn attribute(&mut self, options: OptionsId, attribute: usize) {
        for option in self.model.options.get(options.index()).into_iter().flat_map(|set| &set.options) {
            let _ = writeln!(self.text, "{} {:?}", option.name, option.attributes.get(attribute));
        }
    }
}

impl<'m> Reader<'m> {
    fn find(&self, entity: EntityId, field: FieldId) -> Option<(&'m Entity, &'m Field)> {
        let owner = self.model.entities.get(entity.index())?;
        Some((owner, owner.fields.get(field.index())?))
    }
}
