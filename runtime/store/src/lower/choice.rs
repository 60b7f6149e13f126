//! Choices: stored by name, ordered by the place of the option, with attributes that the model knows.
//!
//! A condition over nothing but a choice holds for some of its options: it becomes a list of names, which an index
//! serves.

use fichero_model::entity::Choice;
use fichero_model::expr::Node;
use fichero_model::{OptionsId, Value};

use super::scalar::{Operand, quoted_text};
use super::value::Want;
use super::{Condition, Lowering, Repr, Scalar, number};
use crate::Error;

impl Lowering<'_, '_> {
    /// When `holds` is true of the option that `of` gives, or with `wanted` false, when it is not. A name that is no
    /// option is as nothing, of which `holds` is asked with `None`.
    pub(super) fn choice_condition(
        &mut self,
        of: &Node,
        options: OptionsId,
        wanted: bool,
        holds: impl Fn(Option<&Choice>) -> bool,
    ) -> Result<Condition, Error> {
        let choice = match self.value(of)? {
            Operand::Constant(value) => {
                let option = value.as_text().and_then(|name| self.model[options].find(name));
                return Ok(Condition::Always(holds(option) == wanted));
            }
            Operand::Sql(scalar) => scalar,
        };
        let nothing_too = holds(None) == wanted;
        let all = &self.model[options].options;
        // Without nothing, the options for which it holds; with nothing, all but those for which it does not.
        let names: Vec<String> = all
            .iter()
            .filter(|option| (holds(Some(option)) == wanted) != nothing_too)
            .map(|option| quoted_text(&option.name))
            .collect();
        let sql = &choice.sql;
        Ok(match (names.as_slice(), nothing_too) {
            ([], nothing_too) => Condition::Always(nothing_too),
            ([name], false) => Condition::When(format!("{sql} = {name}")),
            (names, false) => Condition::When(format!("{sql} IN ({})", names.join(", "))),
            (names, true) if choice.nullable => {
                Condition::When(format!("({sql} NOT IN ({}) OR {sql} IS NULL)", names.join(", ")))
            }
            (names, true) => Condition::When(format!("{sql} NOT IN ({})", names.join(", "))),
        })
    }

    /// The place of the option that a node gives in the order of its set; null for a name that is none.
    pub(super) fn rank(&mut self, node: &Node, options: OptionsId) -> Result<Operand, Error> {
        let scalar = match self.value(node)? {
            Operand::Constant(value) => {
                let rank = value.as_text().and_then(|name| self.model[options].rank(name));
                let rank = rank.and_then(|rank| i64::try_from(rank).ok());
                return Ok(Operand::Constant(rank.map_or(Value::Nothing, Value::Integer)));
            }
            Operand::Sql(scalar) => scalar,
        };
        let names = self.model[options].options.iter().enumerate();
        let cases: Vec<String> =
            names.map(|(rank, option)| format!("WHEN {} THEN {rank}", quoted_text(&option.name))).collect();
        if cases.is_empty() {
            return Ok(Operand::nothing());
        }
        let sql = format!("(CASE {} {} END)", scalar.sql, cases.join(" "));
        Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, true)))
    }

    /// An attribute of the option that `of` gives.
    pub(super) fn attribute(
        &mut self,
        of: &Node,
        options: OptionsId,
        attribute: usize,
        want: Want,
    ) -> Result<Operand, Error> {
        let choice = match self.value(of)? {
            Operand::Sql(choice) => choice,
            Operand::Constant(name) => {
                let option = name.as_text().and_then(|name| self.model[options].find(name));
                let value = option.and_then(|option| option.attributes.get(attribute)).cloned().unwrap_or_default();
                return Ok(Operand::Constant(value));
            }
        };
        let mut values = Vec::new();
        for option in &self.model[options].options {
            match option.attributes.get(attribute) {
                Some(value) if !value.is_nothing() => values.push((&option.name, value)),
                _ => {}
            }
        }
        let reprs = values.iter().filter_map(|(_, value)| Operand::Constant((*value).clone()).repr());
        let repr = match reprs.clone().next() {
            None => return Ok(Operand::nothing()),
            Some(Repr::Number { .. }) => number::common(reprs),
            Some(Repr::Text) if want == Want::Key => Repr::Key,
            Some(repr) => repr,
        };
        let repr = match repr {
            // The values are few and small; those that are not are no attributes of options.
            Repr::Number { scale, .. } => Repr::Number { scale, wide: false },
            repr => repr,
        };
        let mut cases = Vec::with_capacity(values.len());
        for (name, value) in values {
            let value = match (value, repr) {
                (Value::Text(text), Repr::Key) => quoted_text(&fichero_model::fold::key(text)),
                (Value::Text(text), _) => quoted_text(text),
                (value, repr) => self.typed(value, repr)?,
            };
            cases.push(format!("WHEN {} THEN {value}", quoted_text(name)));
        }
        let sql = format!("(CASE {} {} END)", choice.sql, cases.join(" "));
        Ok(Operand::Sql(self.tidy(sql, repr, true)))
    }
}
