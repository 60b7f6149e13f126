//! Birth names: what a table, column or index is called for ever.
//!
//! A thing is born with its logical name where that is free. Otherwise, or where the name is too long for PostgreSQL
//! or means something to a database, it gets one that resembles it.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

/// The longest name of a table, column or index, in bytes: PostgreSQL's limit.
const LONGEST: usize = 63;

/// The longest physical name of a field, in bytes: room is left for [`super::Role::suffix`].
const LONGEST_FIELD: usize = LONGEST - 10;

/// Beginnings of names that belong to a database or to the runtime's own tables.
const RESERVED: [&str; 3] = ["fichero_", "sqlite_", "pg_"];

/// Names of columns that a table has by itself: PostgreSQL refuses them, SQLite lets them hide the row's number.
const HIDDEN: [&str; 9] = ["cmax", "cmin", "ctid", "oid", "rowid", "tableoid", "xmax", "xmin", "_rowid_"];

/// The names that are taken in one name space.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The name space of tables and indexes, which PostgreSQL shares between them.
    pub(super) fn of_tables() -> Self {
        Self::default()
    }

    /// The name space of a table's columns.
    pub(super) fn of_columns() -> Self {
        Self(HIDDEN.into_iter().map(str::to_owned).collect())
    }

    /// Marks a name that exists.
    pub(super) fn take(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    /// A free name for a table or index, taken from now on.
    pub(super) fn table(&mut self, wanted: &str) -> String {
        let reserved = RESERVED.iter().any(|reserved| wanted.starts_with(reserved));
        let wanted = if reserved { format!("x_{wanted}") } else { wanted.to_owned() };
        self.free(&wanted, LONGEST, |names, name| !names.contains(name))
    }

    /// A free name for a field of which all columns, by their suffixes, are free too. Only the name itself is taken.
    pub(super) fn field(&mut self, wanted: &str, suffixes: &[&str]) -> String {
        let free = |names: &HashSet<String>, name: &str| {
            !names.contains(name) && suffixes.iter().all(|suffix| !names.contains(&format!("{name}{suffix}")))
        };
        self.free(wanted, LONGEST_FIELD, free)
    }

    fn free(&mut self, wanted: &str, longest: usize, is_free: impl Fn(&HashSet<String>, &str) -> bool) -> String {
        let mut name = cut(wanted, longest);
        let mut count = 2;
        while !is_free(&self.0, &name) {
            let ending = format!("_{count}");
            name = format!("{}{ending}", cut(wanted, longest - ending.len()));
            count += 1;
        }
        self.take(&name);
        name
    }
}

/// `name`, or its beginning with a hash of the whole behind it where it is longer than `longest` bytes.
fn cut(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let hash: String = Sha256::digest(name).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept = name.floor_char_boundary(longest.saturating_sub(hash.len() + 1));
    format!("{}_{hash}", &name[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name_is_kept_and_a_taken_one_counted() {
        let mut names = Names::of_tables();
        assert_eq!(names.table("deal"), "deal");
        assert_eq!(names.table("deal"), "deal_2");
        assert_eq!(names.table("deal"), "deal_3");
        assert_eq!(names.table("deal_2"), "deal_2_2");
    }

    #[test]
    fn names_of_databases_and_of_the_runtime_are_left_alone() {
        let mut names = Names::of_tables();
        assert_eq!(names.table("sqlite_master"), "x_sqlite_master");
        assert_eq!(names.table("fichero_job"), "x_fichero_job");
        assert_eq!(Names::of_columns().field("rowid", &[]), "rowid_2");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let mut names = Names::of_tables();
        let one = names.table(&"a".repeat(80));
        let other = names.table(&"a".repeat(81));
        assert!(one.len() <= LONGEST && other.len() <= LONGEST);
        assert_ne!(one, other);
    }

    #[test]
    fn a_field_leaves_room_for_all_its_columns() {
        let mut names = Names::of_columns();
        names.take("amount_base");
        assert_eq!(names.field("amount", &["_currency", "_base"]), "amount_2");
    }
}
