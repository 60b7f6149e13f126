//! Rules against overlapping times: no two living records of the same fields take any of the same time.
//!
//! A time goes from its start to just before its end; where both are days, it takes the last one too. Nothing is open:
//! always has been, or for ever. One without a length takes no time and one that ends before it starts means none, so
//! neither is in the index.
//!
//! - PostgreSQL keeps an exclusion over ranges, which waits for whoever writes at the same time. It asks for no extension:
//!   what must be equal is a range that begins and ends with it, of a range type of texts that Fichero makes. Before it
//!   stands a hash of all that must be equal, a number, for PostgreSQL cannot tell how near two texts are and would keep
//!   the index in no good order.
//! - SQLite, which has one writer, keeps an index and two triggers. Those that are there do not overlap, so only the
//!   nearest of those that start before the new one ends can be in its way, or the one that is open from the start.

use super::Table;
use super::ddl::{literal, quoted};
use super::index::Index;
use crate::{ColumnType, Dialect};

/// The range type that Fichero makes on PostgreSQL.
const TEXTS: &str = "fichero_text_range";

/// The columns of such an index, as SQL has them.
struct Columns {
    /// What two records share, with the types.
    keys: Vec<(String, ColumnType)>,
    starts: String,
    ends: String,
    /// Both ends are days, of which the last one is taken too.
    days: bool,
}

/// Gives an index of what two records share the start and the end behind it, and lets in only records that can be in each
/// other's way.
pub(super) fn with_times(mut index: Index, times: Vec<String>, days: bool) -> Index {
    let before = if days { "<=" } else { "<" };
    let shared = index.columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column)));
    let length = match times.as_slice() {
        [starts, ends] => {
            let (starts, ends) = (quoted(starts), quoted(ends));
            Some(format!("({starts} IS NULL OR {ends} IS NULL OR {starts} {before} {ends})"))
        }
        _ => None,
    };
    let more: String = shared.chain(length).map(|part| format!(" AND {part}")).collect();
    if let Some(rows) = &mut index.rows {
        rows.sqlite.push_str(&more);
        rows.postgres.push_str(&more);
    }
    index.columns.extend(times);
    index
}

/// Makes the index and what keeps the rule by it: a script.
pub(super) fn create(table: &Table, index: &Index, dialect: Dialect) -> String {
    let Some(columns) = Columns::of(table, index) else { return String::new() };
    match dialect {
        Dialect::Sqlite => triggers(table, index, &columns),
        Dialect::Postgres => exclusion(table, index, &columns),
    }
}

/// Drops both: a script.
pub(super) fn drop(table: &str, index: &Index, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => {
            let triggers = TRIGGERS.map(|(ending, _)| format!("DROP TRIGGER {}; ", trigger(index, ending)));
            format!("{}DROP INDEX {}", triggers.concat(), quoted(&index.name))
        }
        Dialect::Postgres => format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(table), quoted(&index.name)),
    }
}

/// What is true of a stored record that takes any of the time between `starts` and `ends`, both in SQL; nothing when the
/// index has no times.
pub(crate) fn meets(table: &Table, index: &Index, [starts, ends]: [&str; 2]) -> Option<String> {
    let columns = Columns::of(table, index)?;
    let (own_starts, own_ends) = (&columns.starts, &columns.ends);
    let [before, behind] = columns.comparisons();
    Some(format!(
        "({own_starts} IS NULL OR {ends} IS NULL OR {own_starts} {before} {ends}) AND \
         ({own_ends} IS NULL OR {starts} IS NULL OR {own_ends} {behind} {starts})"
    ))
}

/// Rows of `from` that overlap another one, as a table of what they share and their ids.
pub(super) fn overlapping(table: &Table, index: &Index, from: &str, rows: &str, dialect: Dialect) -> Option<String> {
    let columns = Columns::of(table, index)?;
    let [before, behind] = columns.comparisons();
    let (low, high) = columns.open(dialect);
    let keys = columns.keys();
    let (starts, ends) = (&columns.starts, &columns.ends);
    let order = format!("PARTITION BY {keys} ORDER BY coalesce({starts}, {low}), \"id\"");
    // Sorted by their starts, one is in the way of an earlier one that reaches behind it, or of the next.
    Some(format!(
        "(SELECT {keys}, \"id\" FROM (SELECT {keys}, \"id\", coalesce({starts}, {low}) AS fichero_starts, \
         coalesce({ends}, {high}) AS fichero_ends, \
         max(coalesce({ends}, {high})) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS fichero_reach, \
         lead(coalesce({starts}, {low})) OVER ({order}) AS fichero_next FROM {from} WHERE {rows}) AS fichero_times \
         WHERE fichero_reach {behind} fichero_starts OR fichero_next {before} fichero_ends) AS fichero_overlapping"
    ))
}

/// Beginnings of triggers: the ending of the name, and when.
const TRIGGERS: [(&str, &str); 2] = [("new", "INSERT"), ("set", "UPDATE")];

fn trigger(index: &Index, ending: &str) -> String {
    quoted(&format!("{}__{ending}", index.name))
}

fn triggers(table: &Table, index: &Index, columns: &Columns) -> String {
    let name = quoted(&index.name);
    let (table, rows) = (quoted(&table.name), index.rows.as_ref().map_or("TRUE", |rows| &rows.sqlite));
    let (_, high) = columns.open(Dialect::Sqlite);
    let Columns { starts, ends, .. } = columns;
    let [before, behind] = columns.comparisons();
    let list: Vec<String> = index.columns.iter().map(|column| quoted(column)).collect();
    let same = columns.keys.iter().map(|(key, _)| format!("{key} = fichero_own.{key} AND ")).collect::<String>();
    let others = format!("{table} INDEXED BY {name} WHERE {same}{rows} AND \"id\" <> fichero_own.\"id\"");
    let reaches = format!("({ends} IS NULL OR fichero_own.{starts} IS NULL OR {ends} {behind} fichero_own.{starts})");
    // The index's own condition, word for word, lets SQLite use it.
    let found = format!(
        "SELECT 1 FROM (SELECT \"id\", {} FROM {table} WHERE \"id\" = NEW.\"id\" AND {rows}) AS fichero_own \
         WHERE EXISTS (SELECT 1 FROM {others} AND {starts} IS NULL AND {reaches}) \
         OR (SELECT {reaches} FROM {others} AND {starts} {before} coalesce(fichero_own.{ends}, {high}) \
         ORDER BY {starts} DESC LIMIT 1)",
        list.join(", "),
    );
    let message = literal(&format!("times overlap: index '{}'", index.name));
    let mut script = format!("CREATE INDEX {name} ON {table} ({}) WHERE {rows};\n", list.join(", "));
    for (ending, event) in TRIGGERS {
        script.push_str(&format!(
            "CREATE TRIGGER {} AFTER {event} ON {table} BEGIN SELECT RAISE(ABORT, {message}) WHERE EXISTS ({found}); END;\n",
            trigger(index, ending)
        ));
    }
    script
}

fn exclusion(table: &Table, index: &Index, columns: &Columns) -> String {
    let rows = index.rows.as_ref().map_or("TRUE", |rows| &rows.postgres);
    let texts: Vec<String> = columns.keys.iter().map(|(key, ty)| in_text(key, *ty)).collect();
    let hash = format!("hashtext(({}) COLLATE \"C\")::bigint", texts.join(" || ' ' || "));
    let shared = texts.iter().map(|text| format!("{TEXTS}({text}, {text}, '[]') WITH &&, ")).collect::<String>();
    let Columns { starts, ends, .. } = columns;
    let time = if columns.days {
        format!("daterange({starts}, {ends}, '[]')")
    } else {
        format!("tstzrange({starts}, {ends}, '[)')")
    };
    format!(
        "DO $$ BEGIN CREATE TYPE {TEXTS} AS RANGE (SUBTYPE = text, COLLATION = \"C\"); \
         EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n\
         ALTER TABLE {} ADD CONSTRAINT {} EXCLUDE USING gist \
         (int8range({hash}, {hash}, '[]') WITH &&, {shared}{time} WITH &&) WHERE ({rows})",
        quoted(&table.name),
        quoted(&index.name)
    )
}

/// A value as the text that it alone has, by nothing that a setting of the server changes.
fn in_text(column: &str, ty: ColumnType) -> String {
    match ty {
        ColumnType::Text => column.to_owned(),
        ColumnType::Boolean | ColumnType::Integer | ColumnType::Id | ColumnType::Bytes | ColumnType::Json => {
            format!("{column}::text")
        }
        ColumnType::Date => format!("({column} - DATE '2000-01-01')::text"),
        ColumnType::Time => format!("extract(epoch FROM {column})::text"),
        ColumnType::DateTime => format!("extract(epoch FROM {column} AT TIME ZONE 'UTC')::text"),
    }
}

impl Columns {
    fn of(table: &Table, index: &Index) -> Option<Self> {
        let [keys @ .., starts, ends] = index.columns.as_slice() else { return None };
        let ty = |column: &String| {
            let mut columns = table.fields.iter().flat_map(|field| &field.columns);
            columns.find(|known| known.name == *column).map_or(ColumnType::Text, |known| known.ty)
        };
        let keys = keys.iter().map(|key| (quoted(key), ty(key))).collect();
        Some(Self { keys, starts: quoted(starts), ends: quoted(ends), days: ty(starts) == ColumnType::Date })
    }

    fn keys(&self) -> String {
        self.keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// How a start compares with the end of what it meets, and an end with the start.
    fn comparisons(&self) -> [&'static str; 2] {
        if self.days { ["<=", ">="] } else { ["<", ">"] }
    }

    /// What comes before every start and behind every end.
    fn open(&self, dialect: Dialect) -> (String, String) {
        match (dialect, self.days) {
            (Dialect::Sqlite, true) => ("''".to_owned(), "'~'".to_owned()),
            // The least whole number has no literal of its own.
            (Dialect::Sqlite, false) => (format!("-{}", i64::MAX), i64::MAX.to_string()),
            (Dialect::Postgres, true) => ("'-infinity'::date".to_owned(), "'infinity'::date".to_owned()),
            (Dialect::Postgres, false) => ("'-infinity'::timestamptz".to_owned(), "'infinity'::timestamptz".to_owned()),
        }
    }
}
