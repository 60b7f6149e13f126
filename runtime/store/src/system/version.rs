//! The runtime's own tables as statements, version by version.

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

/// A key that only the installation locks, on PostgreSQL: `fichero` in letters' places.
const INSTALLING: i64 = 6_903_081_815;

/// Every version's statements, the first first. Frozen: what was released stays as it is.
pub(crate) const VERSIONS: [&str; 9] = [
    include_str!("version/1.sql"),
    include_str!("version/2.sql"),
    include_str!("version/3.sql"),
    include_str!("version/4.sql"),
    include_str!("version/5.sql"),
    include_str!("version/6.sql"),
    include_str!("version/7.sql"),
    include_str!("version/8.sql"),
    include_str!("version/9.sql"),
];

static META: Sql = Sql::each(
    "CREATE TABLE IF NOT EXISTS fichero_meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS fichero_meta (key TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
);
static VERSION: Sql = Sql::new("SELECT value FROM fichero_meta WHERE key = 'version'");
static SET_VERSION: Sql = Sql::new(
    "INSERT INTO fichero_meta (key, value) VALUES ('version', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
);

/// Makes the runtime's own tables, or brings those of an older release up to date. Does nothing when they are.
///
/// # Errors
/// [`Error::Unavailable`] when a newer release has been at work, and as the database says.
pub fn install(tx: &mut Tx) -> Result<(), Error> {
    let dialect = tx.dialect();
    if dialect == Dialect::Postgres {
        // Two nodes that start together must not both make them.
        tx.script(&format!("SELECT pg_advisory_xact_lock({INSTALLING})"))?;
    }
    tx.script(META.of(dialect))?;
    let known = match tx.query_one(VERSION.of(dialect), &[], &[ColumnType::Text])? {
        None => 0,
        Some(row) => number(&Cells::new(row).text()?)?,
    };
    if known > VERSIONS.len() {
        return Err(Error::Unavailable(format!(
            "the database was made by a newer release (its version is {known}, this release knows {})",
            VERSIONS.len()
        )));
    }
    for version in VERSIONS.iter().skip(known) {
        tx.script(&written_for(dialect, version))?;
    }
    if known < VERSIONS.len() {
        tx.execute(SET_VERSION.of(dialect), &[Cell::text(&VERSIONS.len().to_string())])?;
    }
    Ok(())
}

fn number(text: &str) -> Result<usize, Error> {
    text.parse().map_err(|_| Error::Corrupt(format!("the version of the runtime's tables is {text:?}")))
}

/// Writes a version's statements for a database: types in braces are named as it names them, `{rows}` and `{keyed}` end
/// a table, and lines between `-- postgres` or `-- sqlite` and `-- end` are left out for the other.
fn written_for(dialect: Dialect, statements: &str) -> String {
    const TYPES: [(&str, ColumnType); 7] = [
        ("{boolean}", ColumnType::Boolean),
        ("{bytes}", ColumnType::Bytes),
        ("{id}", ColumnType::Id),
        ("{integer}", ColumnType::Integer),
        ("{json}", ColumnType::Json),
        ("{text}", ColumnType::Text),
        ("{time}", ColumnType::DateTime),
    ];
    let mut only = None;
    let lines = statements.lines().filter(|line| {
        only = match line.trim() {
            "-- postgres" => Some(Dialect::Postgres),
            "-- sqlite" => Some(Dialect::Sqlite),
            "-- end" => None,
            _ => only,
        };
        only.is_none_or(|only| only == dialect)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    // A table that is read by its key alone is kept in the key's order.
    let (rows, keyed) = match dialect {
        Dialect::Sqlite => (" STRICT", " STRICT, WITHOUT ROWID"),
        Dialect::Postgres => ("", ""),
    };
    let text = text.replace("{rows}", rows).replace("{keyed}", keyed);
    TYPES.into_iter().fold(text, |text, (sign, ty)| text.replace(sign, ty.sql(dialect)))
}
