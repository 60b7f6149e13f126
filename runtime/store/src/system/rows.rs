//! Several rows in one statement, for PostgreSQL.

/// At most this many rows go into one statement.
const MOST: usize = 64;

/// How many of so many rows, of which there is at least one, go into the next statement: a power of two, so that there
/// are few statements to prepare.
pub(super) fn at_once(rows: usize) -> usize {
    1 << rows.clamp(1, MOST).ilog2()
}

/// A statement that adds `size` rows: `into`, and for each row those of its parameters that are `columns`, counted from 1.
/// Each row has `width` parameters; they begin behind `behind` others.
pub(super) fn written(into: &str, size: usize, (behind, width): (usize, usize), columns: &[usize]) -> String {
    let mut sql = String::with_capacity(into.len() + 8 + size * columns.len() * 6);
    sql.push_str(into);
    sql.push_str(" VALUES ");
    for row in 0..size {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (at, column) in columns.iter().enumerate() {
            sql.push_str(if at == 0 { "$" } else { ", $" });
            sql.push_str(&(behind + row * width + column).to_string());
        }
        sql.push(')');
    }
    sql
}
