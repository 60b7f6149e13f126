//! Questions about lists: `any`, `all`, `count`, `in`, and one value made of several.

use fichero_model::Value;
use fichero_model::expr::{Aggregate, Node, Op};
use fichero_model::kind::Type;

use super::constant::with_item;
use super::list::Selected;
use super::number::{self, Bound};
use super::value::Want;
use super::{Condition, Lowering, Operand, Repr, Scalar};
use crate::Error;

impl Lowering<'_, '_> {
    /// When a list has an item (one for which the body holds, or with `false` does not), or with `wanted` false, when
    /// it has none.
    pub(super) fn exists(
        &mut self,
        list: &Node,
        depth: usize,
        body: Option<(&Node, bool)>,
        wanted: bool,
    ) -> Result<Condition, Error> {
        if let Some(items) = self.written_out(list)? {
            let mut all = Condition::Always(!wanted);
            for item in items {
                let one = self.for_item(&item, depth, body, wanted)?;
                all = if wanted { all.or(one) } else { all.and(one) };
            }
            return Ok(all);
        }
        let texts = self.subqueries(list, &mut |lowering, item| {
            let when = match body {
                Some((body, holds)) => lowering.asked(item, depth, body, holds)?,
                None => Condition::Always(true),
            };
            Ok(Selected { what: "1".to_owned(), when })
        })?;
        let mut all = Condition::Always(!wanted);
        for text in texts {
            let one = Condition::When(if wanted { format!("EXISTS ({text})") } else { format!("NOT EXISTS ({text})") });
            all = if wanted { all.or(one) } else { all.and(one) };
        }
        Ok(all)
    }

    /// When an item of a list that is written out is there and the body holds for it, or when not.
    fn for_item(
        &mut self,
        item: &Node,
        depth: usize,
        body: Option<(&Node, bool)>,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let there = self.is_nothing(item, !wanted)?;
        let asked = match body {
            Some((body, holds)) => {
                let body = with_item(body, depth, item);
                self.condition(&body, holds == wanted)?
            }
            None => Condition::Always(wanted),
        };
        Ok(if wanted { there.and(asked) } else { there.or(asked) })
    }

    /// The items of a list that is written out in the expression or known beforehand, as nodes.
    fn written_out(&mut self, list: &Node) -> Result<Option<Vec<Node>>, Error> {
        if let Some(value) = self.known(list)? {
            let ty = match &list.ty {
                Type::List(item) => Type::clone(item),
                other => other.clone(),
            };
            let node = |value: &Value| Node { op: Op::Literal(value.clone()), ty: ty.clone(), at: list.at.clone() };
            return Ok(Some(value.items().iter().map(node).collect()));
        }
        match &list.op {
            Op::List(items) => Ok(Some(items.clone())),
            _ => Ok(None),
        }
    }

    /// When a list holds a value, or does not. It never holds `()`.
    pub(super) fn is_in(&mut self, value: &Node, list: &Node, wanted: bool) -> Result<Condition, Error> {
        if let Some(items) = self.written_out(list)? {
            return self.is_one_of(value, &items, wanted);
        }
        let looked_for = self.value(value)?;
        if looked_for.is_nothing() {
            return Ok(Condition::Always(!wanted));
        }
        let texts = self.subqueries(list, &mut |lowering, item| {
            // An item is never nothing, so `()` equals none.
            let when = lowering.equal(&looked_for, &Operand::Sql(item.value.clone()), true)?;
            Ok(Selected { what: "1".to_owned(), when })
        })?;
        let mut all = Condition::Always(!wanted);
        for text in texts {
            let one = Condition::When(if wanted { format!("EXISTS ({text})") } else { format!("NOT EXISTS ({text})") });
            all = if wanted { all.or(one) } else { all.and(one) };
        }
        Ok(all)
    }

    /// When a value is one of some, or is none of them.
    fn is_one_of(&mut self, value: &Node, items: &[Node], wanted: bool) -> Result<Condition, Error> {
        let mut all = Condition::Always(!wanted);
        let mut constants = Vec::new();
        let mut asks_nothing = !wanted;
        for item in items {
            match self.known(item)? {
                Some(Value::Nothing) => {}
                Some(constant) => constants.push(constant),
                None => {
                    // `value == item`, when the item is there; whether the value is, is asked once, below.
                    asks_nothing = true;
                    let own = self.is_nothing(item, !wanted)?;
                    let node = Node {
                        op: Op::Compare(
                            fichero_model::expr::Comparison::Equal,
                            Box::new(value.clone()),
                            Box::new(item.clone()),
                        ),
                        ty: Type::Boolean,
                        at: item.at.clone(),
                    };
                    let same = self.condition(&node, wanted)?;
                    let one = if wanted { own.and(same) } else { own.or(same) };
                    all = if wanted { all.or(one) } else { all.and(one) };
                }
            }
        }
        if !constants.is_empty() {
            let one = self.among(value, &constants, wanted)?;
            all = if wanted { all.or(one) } else { all.and(one) };
        }
        // `IN` is not TRUE of null by itself.
        if !asks_nothing {
            return Ok(all);
        }
        let there = self.is_nothing(value, !wanted)?;
        Ok(if wanted { there.and(all) } else { there.or(all) })
    }

    /// When a value is one of some constants, or is none of them, not counting nothing.
    fn among(&mut self, value: &Node, constants: &[Value], wanted: bool) -> Result<Condition, Error> {
        let scalar = match self.value(value)? {
            Operand::Sql(scalar) if scalar.repr != Repr::Boolean => scalar,
            other => {
                let mut all = Condition::Always(!wanted);
                for constant in constants {
                    let one = self.equal(&other, &Operand::Constant(constant.clone()), wanted)?;
                    all = if wanted { all.or(one) } else { all.and(one) };
                }
                return Ok(all);
            }
        };
        let is_text = scalar.is_column && scalar.repr == Repr::Text && value.ty == Type::Text;
        let keys = if wanted && is_text { self.keys_among(value, constants)? } else { Condition::Always(true) };
        let mut signs = Vec::with_capacity(constants.len());
        for constant in constants {
            // One that the column can never hold is left out.
            if scalar.can_hold(constant) {
                signs.push(self.written(&Operand::Constant(constant.clone()), scalar.repr)?);
            }
        }
        let sql = &scalar.sql;
        Ok(match signs.as_slice() {
            [] => Condition::Always(!wanted),
            signs => {
                let word = if wanted { "IN" } else { "NOT IN" };
                keys.and(Condition::When(format!("{sql} {word} ({})", signs.join(", "))))
            }
        })
    }

    /// When the key of a text is one of those of some constants: an index is over the key.
    fn keys_among(&mut self, value: &Node, constants: &[Value]) -> Result<Condition, Error> {
        let Ok(Operand::Sql(key)) = self.wanted(value, Want::Key) else { return Ok(Condition::Always(true)) };
        let mut signs = Vec::with_capacity(constants.len());
        for constant in constants {
            signs.push(self.written(&Operand::Constant(constant.clone()), Repr::Key)?);
        }
        Ok(Condition::When(format!("{} IN ({})", key.sql, signs.join(", "))))
    }

    /// How many items a list has, or for how many of them the body holds.
    pub(super) fn counted(&mut self, list: &Node, body: Option<(usize, &Node)>) -> Result<Operand, Error> {
        if let Some(items) = self.written_out(list)? {
            let mut parts = Vec::new();
            for item in items {
                let (depth, body) = body.map_or((0, None), |(depth, body)| (depth, Some((body, true))));
                match self.for_item(&item, depth, body, true)? {
                    Condition::Always(false) => {}
                    Condition::Always(true) => parts.push("1".to_owned()),
                    Condition::When(when) => parts.push(format!("(CASE WHEN {when} THEN 1 ELSE 0 END)")),
                }
            }
            return Ok(added(&parts));
        }
        let texts = self.subqueries(list, &mut |lowering, item| {
            let when = match body {
                Some((depth, body)) => lowering.asked(item, depth, body, true)?,
                None => Condition::Always(true),
            };
            Ok(Selected { what: "COUNT(*)".to_owned(), when })
        })?;
        let parts: Vec<String> = texts.iter().map(|text| format!("({text})")).collect();
        Ok(added(&parts))
    }

    /// The sum, the least or the greatest of the items of a list.
    pub(super) fn aggregated(&mut self, node: &Node, aggregate: Aggregate, list: &Node) -> Result<Operand, Error> {
        if aggregate == Aggregate::Avg {
            return Err(self.unportable(node, "a mean divides, which databases do differently"));
        }
        let dialect = self.dialect();
        let mut repr: Option<Repr> = None;
        let is_duration = node.ty == Type::Duration;
        let texts = self.subqueries(list, &mut |_, item| {
            let of = &item.value;
            let what = match (aggregate, of.repr) {
                (Aggregate::Sum, Repr::Number { scale, .. }) => {
                    let bound = if is_duration { Bound::Duration } else { Bound::Number(scale) };
                    repr = Some(bound.repr(dialect));
                    number::total(dialect, &of.sql, bound)
                }
                (Aggregate::Min, own) => {
                    repr = Some(own);
                    format!("MIN({})", of.sql)
                }
                (_, own) => {
                    repr = Some(own);
                    format!("MAX({})", of.sql)
                }
            };
            Ok(Selected { what, when: Condition::Always(true) })
        })?;
        let none = if aggregate == Aggregate::Sum { Operand::Constant(Value::Integer(0)) } else { Operand::nothing() };
        let Some(repr) = repr else { return Ok(none) };
        let Repr::Number { scale, .. } = repr else {
            return Ok(first(&texts, repr).unwrap_or(none));
        };
        if aggregate != Aggregate::Sum {
            return Ok(first(&texts, repr).unwrap_or(none));
        }
        let bound = if is_duration { Bound::Duration } else { Bound::Number(scale) };
        let mut total: Option<String> = None;
        for text in texts {
            let own = match dialect {
                crate::Dialect::Sqlite => format!("({text})"),
                crate::Dialect::Postgres => number::bounded(&format!("({text})"), bound),
            };
            total = Some(match total {
                Some(before) => number::sum(dialect, '+', &before, &own, bound),
                None => own,
            });
        }
        Ok(total.map_or(none, |sql| Operand::Sql(Scalar::computed(sql, repr, true))))
    }
}

fn added(parts: &[String]) -> Operand {
    match parts {
        [] => Operand::Constant(Value::Integer(0)),
        [one] => Operand::Sql(Scalar::computed(one.clone(), Repr::INTEGER, false)),
        several => Operand::Sql(Scalar::computed(format!("({})", several.join(" + ")), Repr::INTEGER, false)),
    }
}

/// The first of some subqueries that gives something; at most one has rows.
fn first(texts: &[String], repr: Repr) -> Option<Operand> {
    match texts {
        [] => None,
        [one] => Some(Operand::Sql(Scalar::computed(format!("({one})"), repr, true))),
        several => {
            let several: Vec<String> = several.iter().map(|text| format!("({text})")).collect();
            Some(Operand::Sql(Scalar::computed(format!("COALESCE({})", several.join(", ")), repr, true)))
        }
    }
}
