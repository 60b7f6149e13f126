//! The typed tree of an expression.

use std::ops::Range;
use std::sync::Arc;

use super::function::Function;
use crate::entity::Pattern;
use crate::id::{EntityId, FieldId, OptionsId, SettingsId};
use crate::kind::Type;
use crate::place::Place;
use crate::value::Value;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// As the author wrote it, for messages and `explain`.
    pub text: Arc<str>,
    /// Where.
    pub place: Place,
    /// The typed tree.
    pub root: Node,
    /// Why it cannot become SQL, if it cannot.
    pub unportable: Option<Unportable>,
}

impl Expr {
    /// The type of its value.
    pub fn ty(&self) -> &Type {
        &self.root.ty
    }

    /// Whether a script decides of which type its value is, so that this is known only when it is evaluated.
    pub fn is_open(&self) -> bool {
        let mut ty = &self.root.ty;
        while let Type::List(item) = ty {
            ty = item;
        }
        *ty == Type::Any
    }
}

/// The part of an expression that cannot become SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unportable {
    /// Which characters of the text.
    pub at: Range<usize>,
    /// Why, as the end of "… cannot become SQL: ".
    pub why: String,
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// The type of its value (`()` is a value of every type).
    pub ty: Type,
    /// Which characters of the text it came from.
    pub at: Range<usize>,
}

impl Node {
    /// Whether it gives nothing because the author says so: by a `()` or a `""` that is what it comes to, rather than one
    /// that it compares with or that a function is given, such as that of `replace(value, "EUR", "")`.
    pub fn says_nothing(&self) -> bool {
        match &self.op {
            Op::Literal(value) => value.is_nothing(),
            Op::If { then, otherwise, .. } => then.says_nothing() || otherwise.says_nothing(),
            Op::Coalesce(_, last) => last.says_nothing(),
            Op::Call { arguments: nodes, .. } | Op::Script { arguments: nodes, .. } => {
                nodes.iter().any(|node| !matches!(node.op, Op::Literal(_)) && node.says_nothing())
            }
            Op::Arithmetic(_, a, b) => a.says_nothing() || b.says_nothing(),
            Op::Negate(of) => of.says_nothing(),
            Op::Row(_)
            | Op::Local(_)
            | Op::Value
            | Op::Field { .. }
            | Op::Each { .. }
            | Op::Attribute { .. }
            | Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::Compare(..)
            | Op::In { .. }
            | Op::List(_)
            | Op::Matches { .. }
            | Op::Quantify { .. }
            | Op::Aggregate { .. }
            | Op::Changed(_)
            | Op::HasRole(_)
            | Op::Under { .. } => false,
        }
    }

    /// The nodes it is made of.
    pub fn children(&self) -> Vec<&Node> {
        match &self.op {
            Op::Literal(_) | Op::Row(_) | Op::Local(_) | Op::Value | Op::Changed(_) => Vec::new(),
            Op::Field { of, .. }
            | Op::Each { of, .. }
            | Op::Attribute { of, .. }
            | Op::Not(of)
            | Op::Negate(of)
            | Op::Matches { text: of, .. }
            | Op::Aggregate { list: of, .. }
            | Op::HasRole(of) => vec![of],
            Op::And(a, b)
            | Op::Or(a, b)
            | Op::Coalesce(a, b)
            | Op::Compare(_, a, b)
            | Op::Arithmetic(_, a, b)
            | Op::In { value: a, list: b }
            | Op::Under { record: a, top: b, .. }
            | Op::Quantify { list: a, body: b, .. } => vec![a, b],
            Op::If { condition, then, otherwise } => vec![condition, then, otherwise],
            Op::List(nodes) | Op::Call { arguments: nodes, .. } | Op::Script { arguments: nodes, .. } => {
                nodes.iter().collect()
            }
        }
    }
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Op {
    /// A constant.
    Literal(Value),
    /// A row that is at hand; its value is a reference to it.
    Row(RowName),
    /// A local by its index in [`super::Scope::locals`]: a step's result, what a rule found, a parameter.
    Local(usize),
    /// The value of a type's check, an option under `options_if`, or a cell of an import.
    Value,
    /// A field of a row. `of` gives a reference; `fields` names the field for each entity it may point to.
    Field { of: Box<Node>, fields: Arc<[(EntityId, FieldId)]> },
    /// A field of each of the rows that a list gives: `lines.subtotal`.
    Each { of: Box<Node>, fields: Arc<[(EntityId, FieldId)]> },
    /// An attribute of the option or stage that `of` gives.
    Attribute { of: Box<Node>, options: OptionsId, attribute: usize },
    /// The opposite of a condition.
    Not(Box<Node>),
    /// Both.
    And(Box<Node>, Box<Node>),
    /// Either.
    Or(Box<Node>, Box<Node>),
    /// The first, or the second when the first is nothing.
    Coalesce(Box<Node>, Box<Node>),
    /// Two values compared.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// Whether a list holds a value.
    In { value: Box<Node>, list: Box<Node> },
    /// Two numbers, texts (`+` joins) or times combined.
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    /// A number with the other sign.
    Negate(Box<Node>),
    /// `if condition { then } else { otherwise }`.
    If { condition: Box<Node>, then: Box<Node>, otherwise: Box<Node> },
    /// A list of values.
    List(Vec<Node>),
    /// Whether a whole text matches a pattern that was compiled once.
    Matches { text: Box<Node>, pattern: Pattern },
    /// A pure function.
    Call { function: Function, arguments: Vec<Node> },
    /// A question about the rows or values of a list; inside `body` the item is [`RowName::Item`] of this depth.
    Quantify { quantifier: Quantifier, list: Box<Node>, depth: usize, body: Box<Node> },
    /// One value made of a list of values: `sum(lines.subtotal)`.
    Aggregate { aggregate: Aggregate, list: Box<Node> },
    /// Whether the command at hand changes a field of the record.
    Changed(FieldId),
    /// Whether the person acting has a role, by its name.
    HasRole(Box<Node>),
    /// Whether a record of a hierarchy is another one of it or lies anywhere below that; `parent` is the reference to the
    /// record above.
    Under { record: Box<Node>, top: Box<Node>, parent: (EntityId, FieldId) },
    /// A function of a pack's script file, by file and name.
    Script { file: Arc<str>, function: Arc<str>, arguments: Vec<Node> },
}

/// The rows an expression may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowName {
    /// The row at hand, whose fields are bare names.
    This,
    /// The record being edited, where another row is looked for.
    Record,
    /// The record as it was before the command; nothing when it is being made.
    Old,
    /// The user who acts; nothing for the system.
    Me,
    /// The record of a settings document that is nearest to who acts.
    Settings(SettingsId),
    /// The item of the quantifier at this depth, counted from the outermost.
    Item(usize),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`, the negation of `==`
    NotEqual,
    /// `<`, false when either side is nothing
    Less,
    /// `<=`, false when either side is nothing
    LessOrEqual,
    /// `>`, false when either side is nothing
    Greater,
    /// `>=`, false when either side is nothing
    GreaterOrEqual,
}

/// How two values are combined; nothing when either is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, of integers gives a decimal; by zero gives nothing
    Divide,
    /// `%`, by zero gives nothing
    Remainder,
}

/// A question about the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each; of none it is true.
    All,
    /// How many.
    Count,
    /// Those, as a list; not portable except under an aggregate.
    Filter,
}

/// One value made of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// How many; of none it is 0.
    Count,
    /// The sum of those that are not nothing; of none it is 0.
    Sum,
    /// The least; of none it is nothing.
    Min,
    /// The greatest; of none it is nothing.
    Max,
    /// The mean; of none it is nothing.
    Avg,
}

/// What a definition gives a field: a literal, or something that is worked out when it is needed.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A value of the field's own type.
    Literal(Value),
    /// A record by its external key or by the name of its data row, looked up when it is needed.
    Named(Arc<str>),
    /// An expression (written with a leading `=`).
    Expr(Box<Expr>),
    /// Several, for a field that holds many.
    List(Vec<Setting>),
    /// Rows for a `lines` field.
    Rows(Vec<Vec<(FieldId, Setting)>>),
}
