//! Text to typed tree.
//!
//! Three steps, each a module: `scan` makes tokens and refuses what the language does not have, `parse` has Rhai's
//! parser read them, `typer` resolves every name against the model and gives every node its type. Everything that is
//! wrong is gathered, each with its own characters.

mod calls;
mod foreign;
mod grammar;
mod names;
mod operators;
mod parse;
mod path;
mod scan;
mod secret;
mod slip;
mod typer;

use std::sync::Arc;

pub(super) use path::references;
pub use slip::within;

use super::tree::{Expr, Node, Op};
use super::typing;
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::entity::Options;
use crate::id::{EntityId, FieldId};
use crate::kind::Type;
use crate::model::Model;
use crate::name::did_you_mean;
use crate::place::Place;
use slip::Slip;

/// What an expression may name.
#[derive(Clone, Debug)]
pub struct Scope<'m> {
    /// The definitions.
    pub model: &'m Model,
    /// The entity of the row at hand, whose fields are bare names.
    pub row: Option<EntityId>,
    /// The field of a group of that entity whose parts are bare names too, before its fields: within the group.
    pub group: Option<FieldId>,
    /// The entity of `record`, where that is another row than the one at hand (`where` of a reference, `find`);
    /// nothing when `record` means the row at hand.
    pub record: Option<EntityId>,
    /// Whether `old` and `changed(…)` mean something: in rules.
    pub old: bool,
    /// The type of `value`, where there is one.
    pub value: Option<Type>,
    /// Locals by name with their types, in the order of [`super::Op::Local`]. `params.from` and `input.reason` are
    /// locals whose names hold the point; what is no name behind it is written `row["Deal name"]`.
    pub locals: Vec<(Arc<str>, Type)>,
}

impl<'m> Scope<'m> {
    /// The scope of an expression over a row of an entity: filters, formulas, conditions.
    pub fn row(model: &'m Model, entity: EntityId) -> Self {
        Self { model, row: Some(entity), group: None, record: None, old: false, value: None, locals: Vec::new() }
    }

    /// The scope of an expression without a row.
    pub fn bare(model: &'m Model) -> Self {
        Self { model, row: None, group: None, record: None, old: false, value: None, locals: Vec::new() }
    }
}

/// Compiles an expression. `place` is that of its first character (behind a leading `=` or quote).
///
/// # Errors
/// Everything that is wrong with it, each with its column.
pub fn compile(text: &str, place: &Place, scope: &Scope<'_>) -> Result<Expr, Vec<Diagnostic>> {
    compiled(text, place, scope, |_| None)
}

/// Compiles a condition: an expression that is true or false.
///
/// # Errors
/// As [`compile`], and when its type is another.
pub fn condition(text: &str, place: &Place, scope: &Scope<'_>) -> Result<Expr, Vec<Diagnostic>> {
    compiled(text, place, scope, |root| match root.ty {
        Type::Boolean | Type::Any => None,
        _ => Some(operators::not_boolean(root, scope.model)),
    })
}

/// Compiles an expression whose value is given to something of type `wanted`, a field or parameter.
///
/// # Errors
/// As [`compile`], and when its type does not fit, or a text literal names no option of the wanted choice.
pub fn compile_for(wanted: &Type, text: &str, place: &Place, scope: &Scope<'_>) -> Result<Expr, Vec<Diagnostic>> {
    compiled(text, place, scope, |root| misfit(root, wanted, scope.model))
}

fn compiled(
    text: &str,
    place: &Place,
    scope: &Scope<'_>,
    check: impl FnOnce(&Node) -> Option<Slip>,
) -> Result<Expr, Vec<Diagnostic>> {
    let located = |slips: Vec<Slip>| slips.into_iter().map(|slip| slip.diagnostic(text, place)).collect();
    let parsed = parse::parse(text).map_err(|slip| located(vec![slip]))?;
    let root = typer::type_tree(&parsed, text, scope).map_err(located)?;
    if let Some(slip) = secret::read(&root, None).or_else(|| check(&root)) {
        return Err(located(vec![slip]));
    }
    let mut expr = Expr { text: text.into(), place: place.clone(), root, unportable: None };
    expr.unportable = expr.find_unportable(scope.model);
    Ok(expr)
}

/// What keeps a value from being given to something of a type.
fn misfit(node: &Node, wanted: &Type, model: &Model) -> Option<Slip> {
    if let (Type::Choice(options), Op::Literal(value)) = (wanted, &node.op)
        && let Some(name) = value.as_text()
    {
        return unknown_option(&model[*options], name, node.at.clone());
    }
    (!typing::fits(&node.ty, wanted)).then(|| {
        let message =
            format!("this is {}, and {} is wanted", typing::words(&node.ty, model), typing::words(wanted, model));
        Slip::new(code::WRONG_TYPE, node.at.clone(), message)
    })
}

/// The finding when a name is not among the options.
fn unknown_option(options: &Options, name: &str, at: std::ops::Range<usize>) -> Option<Slip> {
    if options.find(name).is_some() {
        return None;
    }
    let slip = Slip::new(code::UNKNOWN_OPTION, at, format!("`{name}` is not an option of {}", options.name));
    let renamed = options.options.iter().find(|option| option.was.iter().any(|was| &**was == name));
    let names = || options.options.iter().map(|option| &*option.name);
    Some(match (renamed, did_you_mean(name, names())) {
        (Some(option), _) => slip.help(format!("it is called `{}` now", option.name)),
        (None, Some(near)) => slip.help(format!("did you mean `{near}`?")),
        (None, None) => slip.help(format!(
            "the options are {}",
            names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        )),
    })
}
