//! `FROM` clauses: aliases and joins.

use std::sync::Arc;

use fichero_model::EntityId;

use super::Lowering;

/// A row that a statement has at hand under an alias.
#[derive(Clone, Debug)]
pub(crate) struct RowAt {
    /// Which entity it belongs to.
    pub(crate) entity: EntityId,
    /// The alias of its table.
    pub(crate) alias: Arc<str>,
    /// The `FROM` clause it stands in.
    pub(crate) frame: usize,
    /// False when there may be no such row: all its columns are null then.
    pub(crate) certain: bool,
}

impl RowAt {
    /// A column of it, as statements write it.
    pub(crate) fn column(&self, name: &str) -> String {
        format!("{}.{name}", self.alias)
    }
}

/// A `FROM` clause.
#[derive(Debug)]
pub(super) struct Frame {
    base: String,
    joins: Vec<Join>,
}

#[derive(Debug)]
struct Join {
    outer: bool,
    table: String,
    alias: Arc<str>,
    on: String,
}

impl Frame {
    pub(super) fn new(base: &str, alias: &str) -> Self {
        Self { base: format!("{base} AS {alias}"), joins: Vec::new() }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.base.clone();
        for Join { outer, table, alias, on } in &self.joins {
            let word = if *outer { "LEFT JOIN" } else { "JOIN" };
            text.push_str(&format!(" {word} {table} AS {alias} ON {on}"));
        }
        text
    }
}

impl Lowering<'_, '_> {
    /// A name for a table that is used nowhere else in the statement.
    pub(super) fn alias(&mut self) -> Arc<str> {
        self.aliases += 1;
        format!("t{}", self.aliases - 1).into()
    }

    /// Opens the `FROM` clause of a subquery; [`Lowering::close`] ends it.
    pub(super) fn open(&mut self, base: &str, alias: &str) -> usize {
        self.frames.push(Frame::new(base, alias));
        self.frames.len() - 1
    }

    /// Ends the innermost subquery and gives its `FROM` clause.
    pub(super) fn close(&mut self) -> String {
        self.frames.pop().map(|frame| frame.text()).unwrap_or_default()
    }

    /// The row of `entity` for which `on` (written with `{}` for its alias) holds, joined to a `FROM` clause. The same
    /// join is made once.
    pub(super) fn join(&mut self, frame: usize, entity: EntityId, outer: bool, on: impl Fn(&str) -> String) -> RowAt {
        let table = self.tables.table(entity).quoted.to_string();
        let found = self.frames.get(frame).and_then(|frame| {
            frame.joins.iter().find(|join| join.outer == outer && join.table == table && join.on == on(&join.alias))
        });
        let alias = match found {
            Some(join) => Arc::clone(&join.alias),
            None => {
                let alias = self.alias();
                let join = Join { outer, table, alias: Arc::clone(&alias), on: on(&alias) };
                if let Some(frame) = self.frames.get_mut(frame) {
                    frame.joins.push(join);
                }
                alias
            }
        };
        RowAt { entity, alias, frame, certain: !outer }
    }
}
