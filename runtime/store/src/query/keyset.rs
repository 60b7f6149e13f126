//! Order, and what lies behind a cursor in it.
//!
//! Nothing sorts smallest: `ASC NULLS FIRST`, `DESC NULLS LAST`. What lies behind a cursor is told in a form that an
//! index in the same order serves: the first key is bounded on its own, and the few rows that share it are told apart
//! by the rest. Where nulls lie on the other side of the cursor they are asked for by a second statement, for a
//! condition that allows both would cost the index.

use crate::lower::{Condition, Lowering, Operand, Repr, Scalar};
use crate::{Cell, ColumnType, Dialect, Error};

/// A key of an order.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) scalar: Scalar,
    pub(super) descending: bool,
}

/// An order, without keys that are the same for all rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Order(Vec<Key>);

impl Order {
    /// Adds a key, if it is one.
    pub(super) fn by(&mut self, operand: Operand, descending: bool) {
        if let Operand::Sql(scalar) = operand
            && !self.0.iter().any(|key| key.scalar.sql == scalar.sql)
        {
            self.0.push(Key { scalar, descending });
        }
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.0
    }

    /// The types that the keys are selected as.
    pub(super) fn types(&self, dialect: Dialect) -> Vec<ColumnType> {
        self.0.iter().map(|key| key.scalar.repr.column(dialect)).collect()
    }

    /// As it stands behind `ORDER BY`.
    pub(super) fn text(&self) -> String {
        let several = self.0.len() > 1;
        let words = self.0.iter().map(|Key { scalar, descending }| {
            let direction = match (*descending, scalar.nullable || several) {
                (false, true) => " NULLS FIRST",
                (true, true) => " DESC NULLS LAST",
                // A key that is never null and stands alone: the primary key's index has no such words.
                (false, false) => "",
                (true, false) => " DESC",
            };
            format!("{}{direction}", scalar.sql)
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// What lies behind a cursor: one condition, or two to be asked one after the other.
    pub(super) fn behind(&self, lowering: &mut Lowering<'_, '_>, cursor: &[Cell]) -> Result<Vec<Condition>, Error> {
        let (Some((key, rest)), Some((value, values))) = (self.0.split_first(), cursor.split_first()) else {
            return Ok(vec![Condition::Always(false)]);
        };
        let sql = &key.scalar.sql;
        let further = further(lowering, rest, values)?;
        if value.is_null() {
            let among_nulls = Condition::When(format!("{sql} IS NULL")).and(further);
            return Ok(match key.descending {
                true => vec![among_nulls],
                false => vec![among_nulls, Condition::When(format!("{sql} IS NOT NULL"))],
            });
        }
        let at = bound(lowering, key, value);
        let (inclusive, strict) = signs(key);
        let beyond = Condition::When(format!("{sql} {strict} {at}"));
        let same = Condition::When(format!("{sql} = {at}")).and(further);
        let bounded = Condition::When(format!("{sql} {inclusive} {at}")).and(beyond.or(grouped(same)));
        Ok(match key.descending && key.scalar.nullable {
            true => vec![bounded, Condition::When(format!("{sql} IS NULL"))],
            false => vec![bounded],
        })
    }
}

/// What lies behind the values of further keys, among rows that share those before.
fn further(lowering: &mut Lowering<'_, '_>, keys: &[Key], values: &[Cell]) -> Result<Condition, Error> {
    let (Some((key, rest)), Some((value, values))) = (keys.split_first(), values.split_first()) else {
        return Ok(Condition::Always(false));
    };
    let sql = &key.scalar.sql;
    let beneath = further(lowering, rest, values)?;
    if value.is_null() {
        let among_nulls = grouped(Condition::When(format!("{sql} IS NULL")).and(beneath));
        return Ok(match key.descending {
            true => among_nulls,
            false => Condition::When(format!("{sql} IS NOT NULL")).or(among_nulls),
        });
    }
    let at = bound(lowering, key, value);
    let (_, strict) = signs(key);
    let beyond = Condition::When(format!("{sql} {strict} {at}"));
    let same = grouped(Condition::When(format!("{sql} = {at}")).and(beneath));
    let all = beyond.or(same);
    Ok(match key.descending && key.scalar.nullable {
        true => all.or(Condition::When(format!("{sql} IS NULL"))),
        false => all,
    })
}

fn grouped(condition: Condition) -> Condition {
    match condition {
        Condition::When(text) => Condition::When(format!("({text})")),
        constant @ Condition::Always(_) => constant,
    }
}

fn signs(key: &Key) -> (&'static str, &'static str) {
    if key.descending { ("<=", "<") } else { (">=", ">") }
}

/// A key of the cursor as a parameter.
fn bound(lowering: &mut Lowering<'_, '_>, key: &Key, value: &Cell) -> String {
    let sign = lowering.bind(value.clone());
    match (lowering.dialect(), key.scalar.repr) {
        (Dialect::Postgres, Repr::Number { wide: true, .. }) => format!("{sign}::text::numeric"),
        _ => sign,
    }
}
