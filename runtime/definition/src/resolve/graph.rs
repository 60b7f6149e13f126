//! How computed fields depend on each other: circles, which formulas are stored, and the order to refresh them in.
//!
//! A formula is stored when it reads stored fields of its own record and constants of the model, and nothing else. The
//! circle of a definition is one at which reading or refreshing would never end: a value taken once (`copy`), or one
//! that follows what another record has stored (`compute`), closes no circle through another record.

use std::collections::{BTreeMap, HashMap, HashSet};

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Field, Source};
use fichero_model::expr::Expr;
use fichero_model::kind::Kind;
use fichero_model::model::Model;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::derive::Derived;
use super::findings::Findings;
use super::reads::Reads;

type Node = (EntityId, FieldId);

/// The dependencies of all computed fields of a model.
pub(super) struct Graph {
    reads: BTreeMap<Node, FieldReads>,
    /// Where each says how it is worked out.
    places: HashMap<Node, Place>,
}

/// What a computed field depends on.
#[derive(Debug, Default)]
struct FieldReads {
    /// Fields of the same record.
    own: Vec<FieldId>,
    /// Fields of other records that are worked out when this one is.
    other: Vec<Node>,
    /// Nothing but the record and constants.
    constant: bool,
}

impl Graph {
    /// Reads the sources of fields, which the model does not know yet: so each shows what it reads itself.
    pub fn of(model: &Model, sources: &[(EntityId, FieldId, Derived)]) -> Self {
        let mut graph = Self { reads: BTreeMap::new(), places: HashMap::new() };
        for (entity, id, derived) in sources {
            let reads = match derived {
                Derived::Source(source) => source_reads(model, *entity, source),
                Derived::Currency(currency) => own_only(&Reads::of(currency, model)),
            };
            let known = graph.reads.entry((*entity, *id)).or_default();
            known.own.extend(reads.own);
            known.other.extend(reads.other);
            known.constant |= reads.constant;
            graph.places.entry((*entity, *id)).or_insert_with(|| place_of(derived, &model[*entity][*id]));
        }
        graph
    }

    /// Tells every circle once, with its path; returns the fields that are part of one.
    pub fn check_circles(&self, model: &Model, findings: &mut Findings<'_>) -> HashSet<Node> {
        let mut walk = Walk { graph: self, done: HashSet::new(), path: Vec::new(), circles: Vec::new() };
        for node in self.reads.keys() {
            walk.visit(*node);
        }
        let mut part = HashSet::new();
        for circle in walk.circles {
            part.extend(circle.iter().copied());
            self.tell(&circle, model, findings);
        }
        part
    }

    /// The formulas that are stored. `formulas` are all there are.
    pub fn stored(&self, model: &Model, formulas: &HashSet<Node>, lookups: &HashSet<Node>) -> HashSet<Node> {
        let mut known = HashMap::new();
        formulas.iter().copied().filter(|node| self.is_stored(*node, model, formulas, lookups, &mut known)).collect()
    }

    fn is_stored(
        &self,
        node: Node,
        model: &Model,
        formulas: &HashSet<Node>,
        lookups: &HashSet<Node>,
        known: &mut HashMap<Node, bool>,
    ) -> bool {
        if let Some(stored) = known.get(&node) {
            return *stored;
        }
        // What a circle comes back to is taken for not stored; it was told.
        known.insert(node, false);
        let field = &model[node.0][node.1];
        let stored = match self.reads.get(&node) {
            _ if lookups.contains(&node) => false,
            Some(reads) if formulas.contains(&node) => {
                reads.constant
                    && reads.other.is_empty()
                    && reads.own.iter().all(|own| self.is_stored((node.0, *own), model, formulas, lookups, known))
            }
            _ => !field.kind.is_rows() && !field.is_link(),
        };
        known.insert(node, stored);
        stored
    }

    /// The fields of an entity that are refreshed when a record is saved, each behind those it reads.
    pub fn order(&self, model: &Model, entity: EntityId) -> Vec<FieldId> {
        let mut order = Vec::new();
        let mut seen = HashSet::new();
        for (id, _) in model[entity].all_fields() {
            self.visit(model, (entity, id), &mut seen, &mut order);
        }
        order
    }

    fn visit(&self, model: &Model, node: Node, seen: &mut HashSet<FieldId>, order: &mut Vec<FieldId>) {
        let (entity, id) = node;
        if !seen.insert(id) {
            return;
        }
        let Some(reads) = self.reads.get(&node) else { return };
        for own in &reads.own {
            self.visit(model, (entity, *own), seen, order);
        }
        if matches!(
            model[entity][id].source,
            Source::Compute(_) | Source::Copy(_) | Source::Formula { stored: true, .. }
        ) {
            order.push(id);
        }
    }

    /// Prints a circle: ``amount → expected → amount``, with the entity where it leaves the first one.
    fn tell(&self, circle: &[Node], model: &Model, findings: &mut Findings<'_>) {
        let Some(first) = circle.first() else { return };
        let named = |(entity, id): &Node| {
            let field = &model[*entity][*id].name;
            if circle.iter().all(|(other, _)| other == entity) {
                format!("`{field}`")
            } else {
                format!("`{}.{field}`", model[*entity].name)
            }
        };
        let path: Vec<String> = circle.iter().chain([first]).map(named).collect();
        let message = match circle {
            [_] => format!("{} is worked out from itself", named(first)),
            _ => format!("fields are worked out from each other in a circle: {}", path.join(" → ")),
        };
        let place = |node: &Node| self.places.get(node).unwrap_or(&model[node.0][node.1].place);
        let mut diagnostic = Diagnostic::error(code::FIELD_CYCLE, place(first), message);
        for node in circle.iter().skip(1) {
            diagnostic = diagnostic.label(place(node), format!("{} is worked out here", named(node)));
        }
        findings.push(diagnostic.help("let one of them be given instead of worked out, or take it from elsewhere"));
    }
}

/// What a source reads.
fn source_reads(model: &Model, entity: EntityId, source: &Source) -> FieldReads {
    match source {
        Source::Input | Source::Sequence(_) => FieldReads::default(),
        Source::Compute(value) | Source::Copy(value) => own_only(&Reads::of(value, model)),
        Source::Formula { value, .. } | Source::Lookup(value) => {
            let reads = Reads::of(value, model);
            let constant = !reads.time && !reads.actor;
            FieldReads { own: reads.own.into_iter().collect(), other: reads.other.into_iter().collect(), constant }
        }
        Source::Rollup(rollup) => {
            let child = match &model[entity][rollup.over].kind {
                Kind::Lines { of, .. } | Kind::Children { of, .. } => *of,
                _ => entity,
            };
            let of_child = |expr: &Expr| {
                Reads::of(expr, model).own.into_iter().map(move |field| (child, field)).collect::<Vec<_>>()
            };
            let other = rollup.of.iter().chain(&rollup.filter).flat_map(of_child).collect();
            FieldReads { own: Vec::new(), other, constant: false }
        }
    }
}

fn own_only(reads: &Reads) -> FieldReads {
    FieldReads { own: reads.own.iter().copied().collect(), other: Vec::new(), constant: false }
}

/// Where a field says how it is worked out.
fn place_of(derived: &Derived, field: &Field) -> Place {
    match derived {
        Derived::Source(
            Source::Compute(value) | Source::Copy(value) | Source::Lookup(value) | Source::Formula { value, .. },
        ) => value.place.clone(),
        Derived::Source(Source::Rollup(rollup)) => {
            rollup.of.as_ref().or(rollup.filter.as_ref()).map_or_else(|| field.place.clone(), |expr| expr.place.clone())
        }
        Derived::Source(Source::Input | Source::Sequence(_)) => field.place.clone(),
        Derived::Currency(currency) => currency.place.clone(),
    }
}

struct Walk<'g> {
    graph: &'g Graph,
    done: HashSet<Node>,
    path: Vec<Node>,
    circles: Vec<Vec<Node>>,
}

impl Walk<'_> {
    fn visit(&mut self, node: Node) {
        if self.done.contains(&node) {
            return;
        }
        if let Some(from) = self.path.iter().position(|open| *open == node) {
            self.circles.push(self.path.iter().skip(from).copied().collect());
            return;
        }
        let Some(reads) = self.graph.reads.get(&node) else { return };
        self.path.push(node);
        let own = reads.own.iter().map(|field| (node.0, *field));
        for next in own.chain(reads.other.iter().copied()).collect::<Vec<_>>() {
            self.visit(next);
        }
        self.path.pop();
        self.done.insert(node);
    }
}
