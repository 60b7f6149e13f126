//! The one expression language: parsed by Rhai's parser, typed against the model, evaluated in memory here, lowered to
//! SQL by the store.
//!
//! [`compile()`] turns text into an [`Expr`]: a typed tree in which every name is resolved. Nothing about an expression
//! is found out later than that. [`eval`] gives the value it has for a row. Rhai's own evaluator never sees an
//! expression, so Rhai's surprises (`7 / 2 == 3`, `() > 3`, missing properties) cannot happen: the meaning is
//! defined by [`truth`], [`number`], [`time`] and [`eval`] alone, and every other reader (SQL) must agree with them.
//!
//! [`portable`] says which expressions SQL can agree about, [`reads`] what an expression needs.

pub mod compile;
pub mod eval;
pub mod function;
pub mod number;
pub mod portable;
pub mod reads;
pub mod row;
pub mod taken;
pub mod time;
pub mod tree;
pub mod truth;
pub mod typing;

pub use compile::{Scope, compile, compile_for, condition, within};
pub use eval::{Context, Facts, Fault, NoFacts, eval_node};
pub use function::{Function, Published};
pub use portable::is_constant;
pub use reads::{Hop, Path, Reads, Root, is_way_back};
pub use row::Row;
pub use taken::taken;
pub use tree::{Aggregate, Arithmetic, Comparison, Expr, Node, Op, Quantifier, RowName, Setting, Unportable};
