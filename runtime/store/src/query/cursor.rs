//! Where a page ended.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::{Cell, ColumnType, Error};

/// Where a page ended: the keys of its last row. Whoever hands it out must sign it together with the question, for it
/// is trusted to belong to the question it comes back with.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor(Vec<Json>);

impl Cursor {
    /// As JSON: a list.
    pub fn to_json(&self) -> Json {
        Json::Array(self.0.clone())
    }

    /// From JSON that [`Cursor::to_json`] gave; nothing when it is no such JSON.
    pub fn from_json(json: &Json) -> Option<Self> {
        json.as_array().map(|keys| Self(keys.clone()))
    }

    pub(super) fn of(cells: &[Cell]) -> Self {
        let written = |cell: &Cell| match cell {
            Cell::Null(_)
            | Cell::Ids(_)
            | Cell::Integers(_)
            | Cell::DateTimes(_)
            | Cell::Column(..)
            | Cell::Json(_) => Json::Null,
            Cell::Boolean(value) => json!(value),
            Cell::Integer(value) => json!(value),
            Cell::Text(text) => json!(&**text),
            Cell::Bytes(bytes) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
            Cell::Id(id) => json!(id.to_string()),
            Cell::Date(date) => json!(date.to_string()),
            Cell::Time(time) => json!(time.to_string()),
            Cell::DateTime(moment) => json!(moment.as_microsecond()),
        };
        Self(cells.iter().map(written).collect())
    }

    /// The keys, as what the question is ordered by.
    ///
    /// # Errors
    /// [`Error::Cursor`] when they are of other types.
    pub(super) fn cells(&self, types: &[ColumnType]) -> Result<Vec<Cell>, Error> {
        if self.0.len() != types.len() {
            return Err(Error::Cursor(format!("it has {} keys and the order has {}", self.0.len(), types.len())));
        }
        let keys = self.0.iter().zip(types);
        keys.map(|(key, ty)| read(key, *ty).ok_or_else(|| Error::Cursor(format!("{key} is no key of {ty:?}"))))
            .collect()
    }
}

fn read(key: &Json, ty: ColumnType) -> Option<Cell> {
    if key.is_null() {
        return Some(Cell::Null(ty));
    }
    Some(match ty {
        ColumnType::Boolean => Cell::Boolean(key.as_bool()?),
        ColumnType::Integer => Cell::Integer(key.as_i64()?),
        ColumnType::Text => Cell::text(key.as_str()?),
        ColumnType::Bytes => Cell::Bytes(bytes(key.as_str()?)?),
        ColumnType::Id => Cell::Id(key.as_str()?.parse().ok()?),
        ColumnType::Date => Cell::Date(key.as_str()?.parse().ok()?),
        ColumnType::Time => Cell::Time(key.as_str()?.parse().ok()?),
        ColumnType::DateTime => Cell::DateTime(Timestamp::from_microsecond(key.as_i64()?).ok()?),
        ColumnType::Json => return None,
    })
}

fn bytes(hex: &str) -> Option<Arc<[u8]>> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    digits.chunks(2).map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_survives_json() {
        let cells = vec![
            Cell::Null(ColumnType::Date),
            Cell::Boolean(true),
            Cell::Integer(-9_007_199_254_740_993),
            Cell::text("ñ"),
            Cell::Bytes([0, 127, 255].as_slice().into()),
            Cell::Id("018f3c1e-0000-7000-8000-000000000001".parse().unwrap()),
            Cell::Date("2026-11-23".parse().unwrap()),
            Cell::Time("09:30:15".parse().unwrap()),
            Cell::DateTime("2026-11-23T09:30:15.123456Z".parse().unwrap()),
        ];
        let types = [
            ColumnType::Date,
            ColumnType::Boolean,
            ColumnType::Integer,
            ColumnType::Text,
            ColumnType::Bytes,
            ColumnType::Id,
            ColumnType::Date,
            ColumnType::Time,
            ColumnType::DateTime,
        ];
        let text = Cursor::of(&cells).to_json().to_string();
        let back = Cursor::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(back.cells(&types).unwrap(), cells);
    }

    #[test]
    fn a_cursor_of_another_question_is_refused() {
        let cursor = Cursor(vec![json!("x")]);
        assert!(matches!(cursor.cells(&[ColumnType::Integer]), Err(Error::Cursor(_))));
        assert!(matches!(cursor.cells(&[]), Err(Error::Cursor(_))));
        assert_eq!(Cursor::from_json(&json!({"a": 1})), None);
    }
}
