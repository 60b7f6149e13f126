//! Types taken from elsewhere: a lookup has the type of the field at the end of its path, a rollup without a type that
//! of what it counts or sums.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::label::Text;
use fichero_model::model::Model;
use fichero_model::{EntityId, FieldId};

use super::declare::Declared;
use super::findings::Findings;
use super::kind::unknown;
use crate::node::Node;

/// What a field takes from another.
#[derive(Clone)]
pub(super) struct Taken {
    kind: Kind,
    many: bool,
    type_name: Arc<str>,
    unit: Option<Text>,
    widget: Option<Arc<str>>,
}

impl Taken {
    fn of(field: &Field) -> Self {
        Self {
            kind: field.kind.clone(),
            many: field.many,
            type_name: Arc::clone(&field.type_name),
            unit: field.unit.clone(),
            widget: field.widget.clone(),
        }
    }

    fn plain(kind: Kind) -> Self {
        let type_name = kind.word().into();
        Self { kind, many: false, type_name, unit: None, widget: None }
    }

    /// Gives it to a field; what the field says itself stays.
    pub fn give(self, field: &mut Field) {
        field.kind = self.kind;
        field.many = self.many;
        field.type_name = self.type_name;
        field.unit = field.unit.take().or(self.unit);
        field.widget = field.widget.take().or(self.widget);
    }
}

/// The types of all fields that take theirs from elsewhere, and those that cannot.
pub(super) fn all(
    declared: &Declared<'_>,
    model: &Model,
    findings: &mut Findings<'_>,
) -> Vec<(EntityId, FieldId, Option<Taken>)> {
    let mut walk = Walk { declared, model, known: HashMap::new(), open: Vec::new() };
    let mut all = Vec::new();
    for (entity, declaration) in declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            if field.node().is_some_and(takes) {
                let id = FieldId(index as u16);
                all.push((entity, id, walk.field(entity, id, findings)));
            }
        }
    }
    all
}

/// Whether a field says nothing of its type but where to take it from.
fn takes(node: &Node) -> bool {
    node.get("type").is_none() && (node.get("lookup").is_some() || node.get("rollup").is_some())
}

struct Walk<'w, 'c> {
    declared: &'w Declared<'c>,
    model: &'w Model,
    known: HashMap<(EntityId, FieldId), Option<Taken>>,
    open: Vec<(EntityId, FieldId)>,
}

impl Walk<'_, '_> {
    fn field(&mut self, entity: EntityId, id: FieldId, findings: &mut Findings<'_>) -> Option<Taken> {
        let declaration = &self.declared.entities[entity.index()].fields[id.index()];
        let Some(node) = declaration.node().filter(|node| takes(node)) else {
            return Some(Taken::of(&self.model[entity][id]));
        };
        if let Some(known) = self.known.get(&(entity, id)) {
            return known.clone();
        }
        if let Some(from) = self.open.iter().position(|open| *open == (entity, id)) {
            self.tell_circle(from, findings);
            return None;
        }
        self.open.push((entity, id));
        let taken = match (node.get("lookup"), node.get("rollup")) {
            (Some(lookup), _) => self.lookup(entity, lookup, findings),
            (None, Some(rollup)) => self.rollup(entity, rollup, declaration.name.as_ref(), findings),
            (None, None) => None,
        };
        self.open.pop();
        self.known.insert((entity, id), taken.clone());
        taken
    }

    /// The type at the end of a path. An unknown name is told when the path is compiled.
    fn lookup(&mut self, entity: EntityId, node: &Node, findings: &mut Findings<'_>) -> Option<Taken> {
        let text = node.as_text()?;
        let taken = self.path(entity, text.split('.').map(str::trim), findings)?;
        if taken.kind.is_rows() || taken.many {
            let message = format!("`{text}` leads to many records or values, and a lookup gives one");
            findings.error_with_help(
                code::WRONG_TYPE,
                &node.place,
                message,
                "let `lookup` end at a field of one value, or count and sum with `rollup`",
            );
            return None;
        }
        Some(taken)
    }

    fn path<'p>(
        &mut self,
        entity: EntityId,
        segments: impl Iterator<Item = &'p str>,
        findings: &mut Findings<'_>,
    ) -> Option<Taken> {
        let mut owners = vec![entity];
        let mut segments = segments.peekable();
        let mut segment = segments.next()?.to_owned();
        loop {
            // A part of a group is a field of its own, which is called after both.
            let is_group = |owner: &EntityId| self.declared.entities[owner.index()].is_group(&segment);
            if let Some(part) = segments.next_if(|_| owners.iter().all(is_group)) {
                segment = format!("{segment}_{part}");
                continue;
            }
            // A reference to one of several entities leads on only where all of them have the field.
            let ids: Option<Vec<FieldId>> =
                owners.iter().map(|owner| self.declared.entities[owner.index()].field(&segment)).collect();
            let (owner, id) = (*owners.first()?, *ids?.first()?);
            let taken = self.field(owner, id, findings)?;
            let Some(next) = segments.next() else { return Some(taken) };
            let Kind::Ref(reference) = &taken.kind else { return None };
            owners = reference.targets.to_vec();
            segment = next.to_owned();
        }
    }

    /// A count is a whole number; what is kept of a field has its type, but a mean has digits behind the point.
    fn rollup(&mut self, entity: EntityId, node: &Node, name: &str, findings: &mut Findings<'_>) -> Option<Taken> {
        let text = node.as_text()?.trim();
        let (function, rest) = text.split_once('(')?;
        if function.trim() == "count" {
            return Some(Taken::plain(Kind::Integer));
        }
        let (over, of) = rest.trim_end().strip_suffix(')')?.split_once('.')?;
        let over = self.declared.entities[entity.index()].field(over.trim())?;
        let child = match &self.model[entity][over].kind {
            Kind::Lines { of, .. } | Kind::Children { of, .. } => *of,
            _ => return None,
        };
        let taken = self.path(child, std::iter::once(of.trim()), findings)?;
        match (function.trim(), &taken.kind) {
            ("avg", Kind::Integer) => Some(Taken::plain(Kind::Decimal { scale: 4 })),
            ("sum" | "avg" | "min" | "max", _) => Some(taken),
            _ => {
                findings.error_with_help(
                    code::MISSING_KEY,
                    &node.place,
                    format!("the type of `{name}` cannot be told from its rollup"),
                    "give it a `type`",
                );
                None
            }
        }
    }

    fn tell_circle(&self, from: usize, findings: &mut Findings<'_>) {
        let circle: Vec<(EntityId, FieldId)> = self.open.iter().skip(from).copied().collect();
        let Some((first_entity, first)) = circle.first().copied() else { return };
        let named = |(entity, id): (EntityId, FieldId)| {
            format!("`{}.{}`", self.model[entity].name, self.model[entity][id].name)
        };
        let path: Vec<String> = circle.iter().copied().chain([(first_entity, first)]).map(named).collect();
        let place = |(entity, id): (EntityId, FieldId)| {
            let declaration = &self.declared.entities[entity.index()].fields[id.index()];
            declaration
                .node()
                .and_then(|node| node.get("lookup").or_else(|| node.get("rollup")))
                .map_or_else(|| declaration.place.clone(), |node| node.place.clone())
        };
        let message = format!("fields take their type from each other in a circle: {}", path.join(" → "));
        let mut diagnostic = Diagnostic::error(code::FIELD_CYCLE, &place((first_entity, first)), message);
        for node in circle.iter().skip(1) {
            diagnostic = diagnostic.label(&place(*node), format!("{} is looked up here", named(*node)));
        }
        findings.push(diagnostic.help("let one of the paths end at a field that is given"));
        for (entity, id) in circle {
            findings.set_broken(&self.model[entity][id].name);
        }
    }
}

/// What stands for the type of a field that takes none.
pub(super) fn nothing() -> Taken {
    Taken::plain(unknown())
}
