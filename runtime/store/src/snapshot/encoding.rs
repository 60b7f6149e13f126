//! Rows as bytes: the same for the same row, whichever database it lies in.
//!
//! Each cell is a sign that says what it is, and behind it what it holds; what has no fixed length says its length first,
//! in four bytes. Numbers are big-endian. Structured data is JSON with its names in order.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::{Cell, ColumnType};

const NULL: u8 = b'-';

/// Adds a row.
pub(super) fn encode(row: &[Cell], out: &mut Vec<u8>) {
    for cell in row {
        match cell {
            // The last three are parameters of statements, and never read.
            Cell::Null(_) | Cell::Ids(_) | Cell::Integers(_) | Cell::DateTimes(_) | Cell::Column(..) => out.push(NULL),
            Cell::Boolean(value) => out.extend([b'b', u8::from(*value)]),
            Cell::Integer(value) => fixed(out, b'i', &value.to_be_bytes()),
            Cell::DateTime(moment) => fixed(out, b'm', &moment.as_microsecond().to_be_bytes()),
            Cell::Id(id) => fixed(out, b'u', id.as_bytes()),
            Cell::Text(text) => sized(out, b't', text.as_bytes()),
            Cell::Bytes(bytes) => sized(out, b'x', bytes),
            Cell::Date(date) => sized(out, b'd', date.to_string().as_bytes()),
            Cell::Time(time) => sized(out, b'h', time.strftime("%H:%M:%S").to_string().as_bytes()),
            Cell::Json(json) => {
                let mut json = serde_json::Value::clone(json);
                json.sort_all_objects();
                sized(out, b'j', json.to_string().as_bytes());
            }
        }
    }
}

fn fixed(out: &mut Vec<u8>, sign: u8, bytes: &[u8]) {
    out.push(sign);
    out.extend_from_slice(bytes);
}

fn sized(out: &mut Vec<u8>, sign: u8, bytes: &[u8]) {
    // No value is longer than a database keeps, which is far less than four gigabytes.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.push(sign);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Reads rows; nothing where the bytes are none of these types.
pub(super) fn decode(mut bytes: &[u8], types: &[ColumnType]) -> Option<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let row = types.iter().map(|ty| cell(&mut bytes, *ty)).collect::<Option<Vec<_>>>()?;
        rows.push(row);
    }
    Some(rows)
}

fn cell(bytes: &mut &[u8], ty: ColumnType) -> Option<Cell> {
    let [sign] = take(bytes, 1)? else { return None };
    if *sign == NULL {
        return Some(Cell::Null(ty));
    }
    Some(match (*sign, ty) {
        (b'b', ColumnType::Boolean) => match take(bytes, 1)? {
            [0] => Cell::Boolean(false),
            [1] => Cell::Boolean(true),
            _ => return None,
        },
        (b'i', ColumnType::Integer) => Cell::Integer(i64::from_be_bytes(take(bytes, 8)?.try_into().ok()?)),
        (b'm', ColumnType::DateTime) => {
            let moment = i64::from_be_bytes(take(bytes, 8)?.try_into().ok()?);
            Cell::DateTime(Timestamp::from_microsecond(moment).ok()?)
        }
        (b'u', ColumnType::Id) => Cell::Id(Id::from_bytes(take(bytes, 16)?.try_into().ok()?)),
        (b't', ColumnType::Text) => Cell::text(text(bytes)?),
        (b'd', ColumnType::Date) => Cell::Date(text(bytes)?.parse().ok()?),
        (b'h', ColumnType::Time) => Cell::Time(text(bytes)?.parse().ok()?),
        (b'x', ColumnType::Bytes) => Cell::Bytes(behind_length(bytes)?.into()),
        (b'j', ColumnType::Json) => Cell::Json(Arc::new(serde_json::from_slice(behind_length(bytes)?).ok()?)),
        _ => return None,
    })
}

fn text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(behind_length(bytes)?).ok()
}

fn behind_length<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
    take(bytes, usize::try_from(length).ok()?)
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written_and_nothing_else_is() {
        let row = vec![
            Cell::Null(ColumnType::Text),
            Cell::Boolean(true),
            Cell::Integer(i64::MIN),
            Cell::text("ñ\n"),
            Cell::Bytes([0, 255].as_slice().into()),
            Cell::Id(Id::from_bytes([7; 16])),
            Cell::Date("0001-01-01".parse().unwrap()),
            Cell::Time("23:59:59".parse().unwrap()),
            Cell::DateTime("2026-11-23T09:30:15.123456Z".parse().unwrap()),
            serde_json::json!({"b": 1.5, "a": [null, "x"]}).into(),
        ];
        use ColumnType::{Boolean, Bytes, Date, DateTime, Id as Identity, Integer, Json, Text, Time};
        let types = [Text, Boolean, Integer, Text, Bytes, Identity, Date, Time, DateTime, Json];
        let mut bytes = Vec::new();
        (0..2).for_each(|_| encode(&row, &mut bytes));
        assert_eq!(decode(&bytes, &types).unwrap(), [row.clone(), row]);
        assert_eq!(decode(bytes.get(..bytes.len() - 1).unwrap(), &types), None);
        assert_eq!(decode(&bytes, &[Boolean]), None);
    }
}
