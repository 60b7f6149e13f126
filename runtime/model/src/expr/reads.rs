//! What an expression reads: for prefetching in one batch per link, for the order of computed fields, for telling
//! whether a formula can be stored, and for finding what a change makes stale.
//!
//! What is computed when it is read is looked through: a path to a lookup is accompanied by the paths the lookup
//! walks, from the same row.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::eval::DEEPEST;
use super::function::Function;
use super::tree::{Expr, Node, Op, Quantifier, RowName};
use crate::entity::Source;
use crate::id::{EntityId, FieldId, SettingsId};
use crate::kind::{Kind, Type};
use crate::model::Model;

/// What an expression reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Paths of fields, each from a row at hand.
    pub paths: BTreeSet<Path>,
    /// The fields `changed(…)` asks about.
    pub changed: BTreeSet<FieldId>,
    /// The locals, by their index.
    pub locals: BTreeSet<usize>,
    /// It asks what time it is.
    pub now: bool,
    /// It asks what a clock in the workspace's zone shows at a moment, or when it shows a day.
    pub zone: bool,
    /// It asks who acts, or which roles they have.
    pub me: bool,
    /// It compares with the record before the command.
    pub old: bool,
    /// It asks for `value`.
    pub value: bool,
    /// It calls a script.
    pub script: bool,
}

/// A path from a row at hand: through references and lists to a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// Each step; all but the last lead to other rows. Never empty.
    pub hops: Vec<Hop>,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// The row at hand.
    This,
    /// The record being edited.
    Record,
    /// The record before the command.
    Old,
    /// Who acts.
    Me,
    /// A settings document's record.
    Settings(SettingsId),
    /// A local that is a record or a list of them.
    Local(usize),
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// The field, for each entity the row may be of.
    pub fields: Arc<[(EntityId, FieldId)]>,
    /// It gives several rows or values.
    pub many: bool,
    /// It leads to rows of another entity that refer to this one or are linked to it: lines, children, links.
    pub rows: bool,
}

/// Whether the records at the beginning of a way can be found from its end: it is one reference to many, or references
/// that are stored with their records.
pub fn is_way_back(model: &Model, way: &[Hop]) -> bool {
    let fields = || way.iter().flat_map(|hop| hop.fields.iter()).map(|(entity, field)| model.field(*entity, *field));
    let is_ref = fields().all(|field| matches!(field.kind, Kind::Ref(_)));
    is_ref && (fields().all(|field| field.is_stored()) || way.len() == 1 && fields().all(|field| field.is_link()))
}

impl Expr {
    /// What the expression reads, as the model has its fields now.
    pub fn reads(&self, model: &Model) -> Reads {
        let mut reader = Reader { model, reads: Reads::default(), items: Vec::new(), depth: 0 };
        reader.visit(&self.root);
        reader.reads
    }
}

impl Reads {
    /// Whether a formula that reads this is kept in a column: it reads only stored fields of the row itself and
    /// constants of the model. (Pure functions of scripts are constants of the model.)
    pub fn is_stored(&self) -> bool {
        let own =
            |path: &Path| path.root == Root::This && path.hops.len() == 1 && path.hops.iter().all(|hop| !hop.rows);
        self.paths.iter().all(own) && self.locals.is_empty() && !(self.now || self.me || self.old || self.value)
    }

    /// Whether it means the same for a value at any time, in any record, whoever gives it.
    pub fn is_of_value_alone(&self) -> bool {
        let free = self.paths.is_empty() && self.changed.is_empty() && self.locals.is_empty();
        free && !(self.now || self.zone || self.me || self.old || self.script)
    }

    /// The fields of the row at hand that it reads, also as the first step of a path.
    pub fn own_fields(&self) -> BTreeSet<FieldId> {
        self.fields_of(Root::This)
    }

    /// The fields that it reads of a row at hand, also as the first step of a path.
    pub fn fields_of(&self, root: Root) -> BTreeSet<FieldId> {
        let first = |path: &Path| path.hops.first().and_then(|hop| hop.fields.first()).map(|(_, field)| *field);
        self.paths.iter().filter(|path| path.root == root).filter_map(first).collect()
    }

    /// The first field behind which other records are read that nobody can find from there: a record that keeps what this
    /// gives does not follow when those change.
    pub fn unfollowed(&self, model: &Model) -> Option<(EntityId, FieldId)> {
        let is_list = |hop: &Hop| {
            let kinds = || hop.fields.iter().map(|(entity, field)| &model.field(*entity, *field).kind);
            kinds().all(|kind| matches!(kind, Kind::Lines { .. } | Kind::Children { .. }))
        };
        let is_lost = |path: &Path, at: usize| {
            let (before, hop) = (&path.hops[..at], &path.hops[at]);
            let leads = at + 1 < path.hops.len() || is_list(hop);
            let is_found = is_way_back(model, &path.hops[..=at]) || is_list(hop) && is_way_back(model, before);
            leads && !is_found
        };
        let own = self.paths.iter().filter(|path| matches!(path.root, Root::This | Root::Record));
        let mut lost = own.filter_map(|path| path.hops.iter().enumerate().find(|(at, _)| is_lost(path, *at)));
        lost.next().and_then(|(_, hop)| hop.fields.first().copied())
    }

    /// Whether a change of a field of some record can change its value.
    pub fn touches(&self, entity: EntityId, field: FieldId) -> bool {
        self.paths.iter().flat_map(|path| &path.hops).any(|hop| hop.fields.contains(&(entity, field)))
    }
}

struct Reader<'m> {
    model: &'m Model,
    reads: Reads,
    /// The paths to the items of the closures around.
    items: Vec<Vec<Path>>,
    depth: u32,
}

impl Reader<'_> {
    /// Notes what a node reads.
    fn visit(&mut self, node: &Node) {
        match &node.op {
            Op::Literal(_) => {}
            Op::Row(_) | Op::Local(_) | Op::Field { .. } | Op::Each { .. } => {
                for path in self.rows(node) {
                    self.note(path);
                }
            }
            Op::Value => self.reads.value = true,
            Op::Quantify { quantifier: Quantifier::Filter, .. } => {
                for path in self.rows(node) {
                    self.note(path);
                }
            }
            Op::Quantify { list, body, .. } => {
                let paths = self.rows(list);
                for path in &paths {
                    self.note(path.clone());
                }
                self.items.push(paths);
                self.visit(body);
                self.items.pop();
            }
            Op::Attribute { of, .. }
            | Op::Not(of)
            | Op::Negate(of)
            | Op::Aggregate { list: of, .. }
            | Op::Matches { text: of, .. } => {
                self.visit(of);
            }
            Op::And(a, b)
            | Op::Or(a, b)
            | Op::Coalesce(a, b)
            | Op::Compare(_, a, b)
            | Op::Arithmetic(_, a, b)
            | Op::In { value: a, list: b } => {
                self.visit(a);
                self.visit(b);
            }
            Op::If { condition, then, otherwise } => {
                self.visit(condition);
                self.visit(then);
                self.visit(otherwise);
            }
            Op::List(nodes) => nodes.iter().for_each(|node| self.visit(node)),
            Op::Call { function, arguments } => {
                self.reads.now |= asks_time(*function, arguments);
                self.reads.zone |= asks_zone(*function, arguments);
                arguments.iter().for_each(|node| self.visit(node));
            }
            Op::Changed(field) => {
                self.reads.old = true;
                self.reads.changed.insert(*field);
            }
            Op::HasRole(role) => {
                self.reads.me = true;
                self.visit(role);
            }
            Op::Under { record, top, parent } => {
                // Up, and up again: what is above that of a row at hand is of other rows, however far it goes.
                let hop = Hop { fields: Arc::new([*parent]), many: false, rows: false };
                for mut path in self.rows(record) {
                    self.note(path.clone());
                    path.hops.extend([hop.clone(), hop.clone()]);
                    self.note(path);
                }
                self.visit(top);
            }
            Op::Script { arguments, .. } => {
                self.reads.script = true;
                arguments.iter().for_each(|node| self.visit(node));
            }
        }
    }

    /// The paths to the rows (or values) that a node gives, not noted yet; what else it reads on the way is noted.
    fn rows(&mut self, node: &Node) -> Vec<Path> {
        let root = |root: Root| vec![Path { root, hops: Vec::new() }];
        match &node.op {
            Op::Row(RowName::This) => root(Root::This),
            Op::Row(RowName::Record) => root(Root::Record),
            Op::Row(RowName::Old) => {
                self.reads.old = true;
                root(Root::Old)
            }
            Op::Row(RowName::Me) => {
                self.reads.me = true;
                root(Root::Me)
            }
            Op::Row(RowName::Settings(settings)) => root(Root::Settings(*settings)),
            Op::Row(RowName::Item(depth)) => self.items.get(*depth).cloned().unwrap_or_default(),
            Op::Local(local) => {
                self.reads.locals.insert(*local);
                root(Root::Local(*local))
            }
            Op::Field { of, fields } | Op::Each { of, fields } => {
                let declared = || fields.iter().map(|(entity, field)| self.model.field(*entity, *field));
                let many = declared().any(|field| matches!(field.value_type(), Type::List(_)));
                let rows = declared().any(|field| field.kind.is_rows() || field.is_link());
                let hop = Hop { fields: Arc::clone(fields), many, rows };
                let mut paths = self.rows(of);
                paths.iter_mut().for_each(|path| path.hops.push(hop.clone()));
                paths
            }
            Op::Quantify { quantifier: Quantifier::Filter, list, body, .. } => {
                let paths = self.rows(list);
                self.items.push(paths.clone());
                self.visit(body);
                self.items.pop();
                paths
            }
            Op::Coalesce(a, b) => [self.rows(a), self.rows(b)].concat(),
            Op::If { condition, then, otherwise } => {
                self.visit(condition);
                [self.rows(then), self.rows(otherwise)].concat()
            }
            Op::Call { function: Function::First | Function::Last, arguments } => {
                arguments.iter().flat_map(|node| self.rows(node)).collect()
            }
            _ => {
                self.visit(node);
                Vec::new()
            }
        }
    }

    /// Notes a path, and what is read where a step of it is computed when it is read.
    fn note(&mut self, path: Path) {
        if path.hops.is_empty() {
            return;
        }
        for step in 0..path.hops.len() {
            for (entity, field) in path.hops[step].fields.iter() {
                if let Source::Lookup(expr) | Source::Formula { value: expr, stored: false } =
                    &self.model.field(*entity, *field).source
                {
                    self.look_through(expr, path.root, &path.hops[..step]);
                }
            }
        }
        self.reads.paths.insert(path);
    }

    /// Notes what an expression of a row reads that `prefix` leads to.
    fn look_through(&mut self, expr: &Expr, root: Root, prefix: &[Hop]) {
        if self.depth >= DEEPEST {
            return;
        }
        let mut inner = Reader { model: self.model, reads: Reads::default(), items: Vec::new(), depth: self.depth + 1 };
        inner.visit(&expr.root);
        let reads = inner.reads;
        self.reads.now |= reads.now;
        self.reads.zone |= reads.zone;
        self.reads.me |= reads.me;
        self.reads.script |= reads.script;
        self.reads.paths.extend(reads.paths.into_iter().map(|path| match path.root {
            Root::This | Root::Record => Path { root, hops: [prefix, &path.hops].concat() },
            Root::Old | Root::Me | Root::Settings(_) | Root::Local(_) => path,
        }));
    }
}

/// Whether a call asks for the zone.
fn asks_zone(function: Function, arguments: &[Node]) -> bool {
    arguments.iter().any(|argument| argument.ty == Type::DateTime)
        && matches!(
            function,
            Function::Date
                | Function::Time
                | Function::Year
                | Function::Month
                | Function::Day
                | Function::Weekday
                | Function::Hour
        )
        || function == Function::DateTime
}

/// Whether a call asks what time it is.
fn asks_time(function: Function, arguments: &[Node]) -> bool {
    match function {
        Function::Today | Function::Now => true,
        Function::StartOfMonth | Function::EndOfMonth | Function::StartOfYear | Function::EndOfYear => {
            arguments.is_empty()
        }
        _ => false,
    }
}
