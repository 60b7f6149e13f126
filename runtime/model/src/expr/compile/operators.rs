//! Operators, `in`, `??` and `if`.

use std::ops::Range;

use rhai::{Expr as Ast, FnCallExpr, Position, Stmt};

use super::slip::Slip;
use super::typer::Typer;
use crate::code;
use crate::expr::tree::{Arithmetic, Comparison, Node, Op};
use crate::expr::typing;
use crate::kind::Type;
use crate::model::Model;
use crate::value::Value;

/// A binary operator of the language.
enum Operator {
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

fn operator(symbol: &str) -> Option<Operator> {
    Some(match symbol {
        "==" => Operator::Compare(Comparison::Equal),
        "!=" => Operator::Compare(Comparison::NotEqual),
        "<" => Operator::Compare(Comparison::Less),
        "<=" => Operator::Compare(Comparison::LessOrEqual),
        ">" => Operator::Compare(Comparison::Greater),
        ">=" => Operator::Compare(Comparison::GreaterOrEqual),
        "+" => Operator::Arithmetic(Arithmetic::Add),
        "-" => Operator::Arithmetic(Arithmetic::Subtract),
        "*" => Operator::Arithmetic(Arithmetic::Multiply),
        "/" => Operator::Arithmetic(Arithmetic::Divide),
        "%" => Operator::Arithmetic(Arithmetic::Remainder),
        _ => return None,
    })
}

impl Typer<'_> {
    /// A call as Rhai sees it: a unary or binary operator, `in`, or a function.
    pub(super) fn call_or_operator(&mut self, call: &FnCallExpr, position: Position) -> Option<Node> {
        let at = self.parsed.at(position);
        match &call.args[..] {
            [operand] if call.is_operator_call() => self.unary(&call.name, operand, at),
            [list, value] if call.name == "contains" && matches!(&self.text[at.clone()], "in" | "not") => {
                self.is_in(value, list)
            }
            [left, right] if call.is_operator_call() => match operator(&call.name) {
                Some(operator) => {
                    let (left, right) = (self.node(left), self.node(right));
                    self.binary(&operator, left?, right?, &at)
                }
                None => self.refuse(
                    at,
                    &format!("`{}` is not an operator of the language", call.name),
                    "see the list of operators",
                ),
            },
            _ => self.call(call, position, None),
        }
    }

    fn unary(&mut self, symbol: &str, operand: &Ast, at: Range<usize>) -> Option<Node> {
        let operand = self.node(operand)?;
        let whole = at.start..self.parsed.grouped(operand.at.clone()).end;
        match symbol {
            "!" => {
                let operand = self.boolean(operand)?;
                Some(Node { op: Op::Not(Box::new(operand)), ty: Type::Boolean, at: whole })
            }
            "-" if matches!(
                operand.ty,
                Type::Integer | Type::Decimal | Type::Money | Type::Duration | Type::Nothing | Type::Any
            ) =>
            {
                let ty = operand.ty.clone();
                Some(Node { op: Op::Negate(Box::new(operand)), ty, at: whole })
            }
            "-" => {
                let message = format!("`-` before {}", self.words(&operand.ty));
                self.fail(
                    Slip::new(code::UNLIKE_TYPES, whole, message).help("numbers, money and durations have a sign"),
                )
            }
            "+" => Some(Node { at: whole, ..operand }),
            _ => {
                self.refuse(at, &format!("`{symbol}` is not an operator of the language"), "see the list of operators")
            }
        }
    }

    fn binary(&mut self, operator: &Operator, left: Node, right: Node, sign: &Range<usize>) -> Option<Node> {
        let at = self.parsed.grouped(left.at.clone()).start..self.parsed.grouped(right.at.clone()).end;
        match operator {
            Operator::Compare(comparison) => self.compare(*comparison, left, right, at),
            Operator::Arithmetic(arithmetic) => match typing::combined(*arithmetic, &left.ty, &right.ty) {
                Some(ty) => Some(Node { op: Op::Arithmetic(*arithmetic, Box::new(left), Box::new(right)), ty, at }),
                None => {
                    let symbol = &self.text[sign.clone()];
                    let message = format!("`{symbol}` between {} and {}", self.words(&left.ty), self.words(&right.ty));
                    let help = self.arithmetic_help(*arithmetic, &left, &right);
                    self.fail(Slip::new(code::UNLIKE_TYPES, at, message).maybe_help(help))
                }
            },
        }
    }

    fn arithmetic_help(&self, arithmetic: Arithmetic, left: &Node, right: &Node) -> Option<String> {
        let source = |node: &Node| self.text[node.at.clone()].to_owned();
        let is_text = |node: &Node| matches!(node.ty, Type::Text | Type::Choice(_));
        let is_day = |ty: &Type| matches!(ty, Type::Date | Type::DateTime);
        Some(match arithmetic {
            Arithmetic::Add if is_text(left) && !is_text(right) => {
                format!("make a text of it: `text({})`", source(right))
            }
            Arithmetic::Add if is_text(right) && !is_text(left) => {
                format!("make a text of it: `text({})`", source(left))
            }
            Arithmetic::Add | Arithmetic::Subtract if is_day(&left.ty) && right.ty == Type::Integer => {
                format!("add a duration: `days({})`", source(right))
            }
            Arithmetic::Subtract if left.ty == Type::Date && right.ty == Type::DateTime => {
                format!("take its day: `date({})`", source(right))
            }
            Arithmetic::Subtract if left.ty == Type::DateTime && right.ty == Type::Date => {
                format!("take its day: `date({})`", source(left))
            }
            Arithmetic::Add | Arithmetic::Subtract if left.ty == Type::Money || right.ty == Type::Money => {
                "money adds to money; its amount alone is `.amount`".to_owned()
            }
            _ => return None,
        })
    }

    fn compare(&mut self, comparison: Comparison, left: Node, right: Node, at: Range<usize>) -> Option<Node> {
        let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        for (choice, literal) in [(&left, &right), (&right, &left)] {
            self.check_option(&choice.ty, literal)?;
        }
        if !typing::comparable(&left.ty, &right.ty) {
            let slip = self.unlike(&left, &right, at);
            return self.fail(slip);
        }
        if ordering && !(typing::has_order(&left.ty) && typing::has_order(&right.ty)) {
            let unordered = if typing::has_order(&left.ty) { &right } else { &left };
            let message = format!("{} is neither less nor greater", self.words(&unordered.ty));
            return self.fail(Slip::new(code::UNLIKE_TYPES, at, message).help("compare with `==` or `!=`"));
        }
        if ordering
            && let (Type::Choice(_), Type::Text) | (Type::Text, Type::Choice(_)) = (&left.ty, &right.ty)
            && ![&left, &right].iter().any(|node| matches!(node.op, Op::Literal(_)))
        {
            let slip = Slip::new(
                code::UNLIKE_TYPES,
                at,
                "options are ordered as they are declared, and this text may be none of them",
            );
            return self.fail(slip.help("compare with an option that is written out, or with `==`"));
        }
        Some(Node { op: Op::Compare(comparison, Box::new(left), Box::new(right)), ty: Type::Boolean, at })
    }

    /// The finding when two values cannot be compared.
    fn unlike(&self, left: &Node, right: &Node, at: Range<usize>) -> Slip {
        let message = format!("{} is compared with {}", self.words(&left.ty), self.words(&right.ty));
        let slip = Slip::new(code::UNLIKE_TYPES, at, message);
        for (this, other) in [(left, right), (right, left)] {
            let source = &self.text[this.at.clone()];
            match (&this.ty, &other.ty, &other.op) {
                (Type::Date | Type::Time | Type::DateTime, Type::Text, Op::Literal(Value::Text(_))) => {
                    let make = match this.ty {
                        Type::Date => "date",
                        Type::Time => "time",
                        _ => "datetime",
                    };
                    let mended = format!("{make}({})", &self.text[other.at.clone()]);
                    return slip.help(format!("write `{mended}`")).mend(self.text, other.at.clone(), &mended);
                }
                (Type::DateTime, Type::Date, _) => return slip.help(format!("compare its day: `date({source})`")),
                (Type::Integer | Type::Decimal | Type::Money, Type::Text, Op::Literal(Value::Text(number)))
                    if number.parse::<rust_decimal::Decimal>().is_ok() =>
                {
                    return slip.help("a number has no quotes").mend(self.text, other.at.clone(), number);
                }
                (Type::Ref(_), Type::Text, _) => {
                    return slip.help(format!("compare a field of the record: `{source}.name`"));
                }
                (Type::Boolean, Type::Integer | Type::Decimal | Type::Money, _)
                    if matches!(this.op, Op::Compare(..)) =>
                {
                    return slip.help("comparisons do not chain: write both, `1 < x and x < 5`");
                }
                (Type::Boolean, Type::Text, _) => return slip.help("`true` and `false` have no quotes"),
                (Type::List(_), _, _) if !matches!(other.ty, Type::List(_)) => {
                    return slip.help(format!(
                        "ask whether the list holds it: `{} in {source}`",
                        &self.text[other.at.clone()]
                    ));
                }
                (Type::Duration, Type::Integer, _) => {
                    return slip.help(format!("compare durations: `days({})`", &self.text[other.at.clone()]));
                }
                _ => {}
            }
        }
        slip
    }

    /// Refuses a text literal that is none of a choice's options.
    pub(super) fn check_option(&mut self, ty: &Type, literal: &Node) -> Option<()> {
        let model = self.scope.model;
        let (Type::Choice(options), Op::Literal(Value::Text(name))) = (ty, &literal.op) else { return Some(()) };
        match super::unknown_option(&model[*options], name, literal.at.clone()) {
            Some(slip) => self.fail(slip),
            None => Some(()),
        }
    }

    fn is_in(&mut self, value: &Ast, list: &Ast) -> Option<Node> {
        let (value, list) = (self.node(value), self.node(list));
        let (value, list) = (value?, list?);
        let at = self.parsed.grouped(value.at.clone()).start..self.parsed.grouped(list.at.clone()).end;
        self.holds(value, list, at)
    }

    /// Whether a list holds a value.
    pub(super) fn holds(&mut self, value: Node, list: Node, at: Range<usize>) -> Option<Node> {
        let item = match &list.ty {
            Type::List(item) => Type::clone(item),
            Type::Nothing | Type::Any => Type::Any,
            Type::Text => {
                let (part, whole) = (&self.text[value.at.clone()], &self.text[list.at.clone()]);
                let help = format!("whether a text holds another is written `contains({whole}, {part})`");
                return self.fail(
                    Slip::new(code::UNLIKE_TYPES, list.at, "`in` looks into lists, and this is a text").help(help),
                );
            }
            other => {
                let message = format!("`in` looks into lists, and this is {}", self.words(other));
                return self
                    .fail(Slip::new(code::UNLIKE_TYPES, list.at, message).help("a list is written `[\"a\", \"b\"]`"));
            }
        };
        self.check_option(&item, &value)?;
        if let Op::List(items) = &list.op {
            for item in items {
                self.check_option(&value.ty, item)?;
            }
        }
        if !typing::comparable(&value.ty, &item) {
            let message = format!("{} is looked for among {}", self.words(&value.ty), self.words(&list.ty));
            return self.fail(Slip::new(code::UNLIKE_TYPES, at, message));
        }
        Some(Node { op: Op::In { value: Box::new(value), list: Box::new(list) }, ty: Type::Boolean, at })
    }

    /// A node that must be true or false.
    pub(super) fn boolean(&mut self, node: Node) -> Option<Node> {
        match node.ty {
            Type::Boolean | Type::Any => Some(node),
            _ => self.fail(not_boolean(&node, self.scope.model)),
        }
    }

    /// A chain of `and` or `or`.
    pub(super) fn joined(&mut self, operands: &[Ast], make: fn(Box<Node>, Box<Node>) -> Op) -> Option<Node> {
        let operands: Vec<Option<Node>> = operands
            .iter()
            .map(|operand| {
                let operand = self.node(operand)?;
                self.boolean(operand)
            })
            .collect();
        let operands: Vec<Node> = operands.into_iter().collect::<Option<_>>()?;
        operands.into_iter().reduce(|left, right| {
            let at = self.parsed.grouped(left.at.clone()).start..self.parsed.grouped(right.at.clone()).end;
            Node { op: make(Box::new(left), Box::new(right)), ty: Type::Boolean, at }
        })
    }

    /// A chain of `??`.
    pub(super) fn coalesced(&mut self, operands: &[Ast]) -> Option<Node> {
        let operands: Vec<Option<Node>> = operands.iter().map(|operand| self.node(operand)).collect();
        let mut operands = operands.into_iter().collect::<Option<Vec<Node>>>()?.into_iter();
        let mut whole = operands.next()?;
        for next in operands {
            let at = self.parsed.grouped(whole.at.clone()).start..self.parsed.grouped(next.at.clone()).end;
            let ty = self.either(&whole, &next, &at)?;
            whole = Node { op: Op::Coalesce(Box::new(whole), Box::new(next)), ty, at };
        }
        Some(whole)
    }

    /// The type of a value that is one of two.
    fn either(&mut self, a: &Node, b: &Node, at: &Range<usize>) -> Option<Type> {
        for (choice, literal) in [(a, b), (b, a)] {
            if let (Type::Choice(_), Op::Literal(Value::Text(_))) = (&choice.ty, &literal.op) {
                self.check_option(&choice.ty, literal)?;
                return Some(choice.ty.clone());
            }
        }
        match typing::unify(&a.ty, &b.ty) {
            Some(ty) => Some(ty),
            None => {
                let message = format!("either {} or {}: both must be alike", self.words(&a.ty), self.words(&b.ty));
                self.fail(Slip::new(code::UNLIKE_TYPES, at.clone(), message))
            }
        }
    }

    /// `if … { … } else { … }`; without `else` it gives nothing.
    pub(super) fn branch(&mut self, statement: &Stmt) -> Option<Node> {
        let (flow, position) = match statement {
            Stmt::If(flow, position) => (flow, *position),
            Stmt::Expr(expression) => return self.node(expression),
            other => {
                let at = self.parsed.at(other.position());
                return self.refuse(at, "a statement inside an expression", "write `if a { b } else { c }`");
            }
        };
        let condition = self.node(&flow.expr).and_then(|condition| self.boolean(condition));
        let at = self.parsed.if_at(position);
        let then = self.block(flow.body.statements(), &at);
        let otherwise = match flow.branch.statements() {
            [] => Some(super::typer::literal(Value::Nothing, Type::Nothing, at.end..at.end)),
            statements => self.block(statements, &at),
        };
        let (condition, then, otherwise) = (condition?, then?, otherwise?);
        let ty = self.either(&then, &otherwise, &at)?;
        let op = Op::If { condition: Box::new(condition), then: Box::new(then), otherwise: Box::new(otherwise) };
        Some(Node { op, ty, at })
    }

    fn block(&mut self, statements: &[Stmt], at: &Range<usize>) -> Option<Node> {
        match statements {
            [statement] => self.branch(statement),
            _ => self.refuse(at.clone(), "a block holds one expression", "write `if a { b } else { c }`"),
        }
    }
}

/// The finding when something must be true or false and is not.
pub(super) fn not_boolean(node: &Node, model: &Model) -> Slip {
    let message = format!("this is {}, neither true nor false", typing::words(&node.ty, model));
    let slip = Slip::new(code::NOT_BOOLEAN, node.at.clone(), message);
    match node.ty {
        Type::Integer | Type::Decimal | Type::Money => slip.help("compare it: `… > 0`"),
        Type::List(_) => slip.help("ask how many there are (`count(…) > 0`) or whether one is so (`….any(|x| …)`)"),
        _ => slip.help("compare it: `… != ()`"),
    }
}
