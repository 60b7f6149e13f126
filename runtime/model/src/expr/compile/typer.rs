//! The walk over Rhai's tree that makes the typed one.

use std::ops::Range;

use rhai::Expr as Ast;
use rust_decimal::Decimal;

use super::Scope;
use super::parse::{CLOSURE, Parsed};
use super::slip::Slip;
use crate::code;
use crate::expr::number;
use crate::expr::tree::{Node, Op};
use crate::expr::typing;
use crate::kind::Type;
use crate::value::Value;

/// Types a parsed expression.
pub(super) fn type_tree(parsed: &Parsed<'_>, text: &str, scope: &Scope<'_>) -> Result<Node, Vec<Slip>> {
    let mut typer = Typer { parsed, text, scope, items: Vec::new(), slips: Vec::new() };
    let root = typer.node(&parsed.root);
    match root {
        Some(root) if typer.slips.is_empty() => Ok(root),
        _ if typer.slips.is_empty() => {
            Err(vec![Slip::new(code::EXPRESSION_SYNTAX, 0..text.len(), "this is not readable as an expression")])
        }
        _ => Err(typer.slips),
    }
}

/// The walk. A method gives nothing when it has put a slip on the list, so that its caller does not add another one
/// for the same cause.
pub(super) struct Typer<'a> {
    pub(super) parsed: &'a Parsed<'a>,
    pub(super) text: &'a str,
    pub(super) scope: &'a Scope<'a>,
    /// The items of the closures around, outermost first.
    pub(super) items: Vec<Item>,
    pub(super) slips: Vec<Slip>,
}

/// The item of a closure.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) ty: Type,
}

impl Typer<'_> {
    /// Puts a slip on the list.
    pub(super) fn fail<T>(&mut self, slip: Slip) -> Option<T> {
        self.slips.push(slip);
        None
    }

    pub(super) fn refuse<T>(&mut self, at: Range<usize>, message: &str, help: &str) -> Option<T> {
        self.fail(Slip::new(code::EXPRESSION_SYNTAX, at, message).help(help))
    }

    /// The typed node of an expression.
    pub(super) fn node(&mut self, ast: &Ast) -> Option<Node> {
        match ast {
            Ast::Unit(position) => {
                let at = self.parsed.call_at(*position);
                Some(literal(Value::Nothing, Type::Nothing, at))
            }
            Ast::BoolConstant(value, position) => {
                Some(literal(Value::Boolean(*value), Type::Boolean, self.parsed.at(*position)))
            }
            Ast::IntegerConstant(value, position) => self.integer(*value, self.parsed.number_at(*position)),
            Ast::StringConstant(text, position) => {
                Some(literal(Value::text(text), Type::Text, self.parsed.at(*position)))
            }
            Ast::DynamicConstant(value, position) => {
                let at = self.parsed.number_at(*position);
                match value.clone().try_cast::<Decimal>() {
                    Some(decimal) => self.decimal(decimal, at),
                    None => self.refuse(
                        at,
                        "this is not a value of the language",
                        "values are numbers, texts, `true`, `false` and `()`",
                    ),
                }
            }
            Ast::Array(items, position) => self.list(items, self.parsed.call_at(*position)),
            Ast::Variable(variable, _, position) => {
                let at = self.parsed.at(*position);
                if variable.2.is_empty() {
                    self.name(&variable.1, at)
                } else {
                    self.refuse(at, "a file holds functions, not values", "call one: `prices::discount(quantity)`")
                }
            }
            Ast::ThisPtr(position) => self.name("this", self.parsed.at(*position)),
            Ast::Dot(..) | Ast::Index(..) => self.path(ast),
            Ast::FnCall(call, position) if call.name == CLOSURE => {
                let at = self.parsed.at(*position);
                self.refuse(
                    at,
                    "a closure stands only where a list is asked",
                    "write `lines.any(|line| line.amount > 0)`",
                )
            }
            Ast::FnCall(call, position) => self.call_or_operator(call, *position),
            Ast::And(operands, _) => self.joined(operands, Op::And),
            Ast::Or(operands, _) => self.joined(operands, Op::Or),
            Ast::Coalesce(operands, _) => self.coalesced(operands),
            Ast::Stmt(block) => match block.statements() {
                [statement] => self.branch(statement),
                _ => self.refuse(0..self.text.len(), "a block holds one expression", "write `if a { b } else { c }`"),
            },
            other => {
                let at = self.parsed.at(other.position());
                self.refuse(
                    at,
                    "this is not part of the language",
                    "expressions have names, values, operators and calls",
                )
            }
        }
    }

    fn integer(&mut self, value: i64, at: Range<usize>) -> Option<Node> {
        if number::integer(value).is_some() {
            return Some(literal(Value::Integer(value), Type::Integer, at));
        }
        self.fail(too_large(at))
    }

    fn decimal(&mut self, value: Decimal, at: Range<usize>) -> Option<Node> {
        if value.normalize().scale() > number::SCALE {
            let message = format!("a number has at most {} digits behind the point", number::SCALE);
            return self.fail(Slip::new(code::EXPRESSION_SYNTAX, at, message));
        }
        match number::decimal(value) {
            Some(value) => Some(literal(Value::Decimal(value), Type::Decimal, at)),
            None => self.fail(too_large(at)),
        }
    }

    fn list(&mut self, items: &[Ast], at: Range<usize>) -> Option<Node> {
        let nodes: Vec<Option<Node>> = items.iter().map(|item| self.node(item)).collect();
        let nodes: Vec<Node> = nodes.into_iter().collect::<Option<_>>()?;
        if let Some(nothing) = nodes.iter().find(|node| matches!(node.op, Op::Literal(Value::Nothing))) {
            let message = "a list holds values, so `()` in it would never be found";
            return self.fail(
                Slip::new(code::EXPRESSION_SYNTAX, nothing.at.clone(), message)
                    .help("ask for it apart: `x == () or x in [\"a\", \"b\"]`"),
            );
        }
        let mut ty = Type::Nothing;
        for node in &nodes {
            match typing::unify(&ty, &node.ty) {
                Some(unified) => ty = unified,
                None => {
                    let (first, second) = (self.words(&ty), self.words(&node.ty));
                    let message = format!("the items of a list are alike, and this is {second} beside {first}");
                    return self.fail(Slip::new(code::UNLIKE_TYPES, node.at.clone(), message));
                }
            }
        }
        Some(Node { op: Op::List(nodes), ty: crate::expr::function::list_of(ty), at })
    }

    /// How messages name a type.
    pub(super) fn words(&self, ty: &Type) -> String {
        typing::words(ty, self.scope.model)
    }
}

fn too_large(at: Range<usize>) -> Slip {
    Slip::new(code::EXPRESSION_SYNTAX, at, "the number is too large").help("numbers lie within ±9,000,000,000,000,000")
}

/// A constant node.
pub(super) fn literal(value: Value, ty: Type, at: Range<usize>) -> Node {
    let ty = if value.is_nothing() { Type::Nothing } else { ty };
    Node { op: Op::Literal(value), ty, at }
}
