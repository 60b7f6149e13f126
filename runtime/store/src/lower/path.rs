//! Paths: from a row to its fields, and along references to the fields of other rows.

use fichero_model::entity::{Source as Origin, System};
use fichero_model::expr::{Context, Expr, Node, Op, RowName};
use fichero_model::kind::Type;
use fichero_model::{EntityId, FieldId};

use super::{DEEPEST, Lowering, Operand, RowAt};
use crate::Error;
use crate::layout::{Form, Stored};

/// Where the value of a field comes from in SQL.
pub(super) enum Source<'a> {
    /// From columns of the row.
    Stored { row: RowAt, field: FieldId, stored: &'a Stored },
    /// From an expression over the row: a lookup, or a formula that is computed when read.
    Worked { row: RowAt, expr: &'a Expr },
    /// From rows of other tables.
    List { row: RowAt, field: FieldId },
}

impl<'a> Lowering<'a, '_> {
    /// Where a path's last field comes from: once for each entity that its row may be of.
    pub(super) fn sources(&mut self, of: &Node, fields: &[(EntityId, FieldId)]) -> Result<Vec<Source<'a>>, Error> {
        let rows = self.rows_of(of)?;
        let mut sources = Vec::with_capacity(rows.len());
        for row in rows {
            let Some((_, field)) = fields.iter().find(|(entity, _)| *entity == row.entity) else { continue };
            sources.push(self.source(row, *field));
        }
        Ok(sources)
    }

    pub(super) fn source(&self, row: RowAt, field: FieldId) -> Source<'a> {
        match &self.model.field(row.entity, field).source {
            Origin::Lookup(expr) | Origin::Formula { value: expr, stored: false } => Source::Worked { row, expr },
            _ => match self.tables.table(row.entity).field(field) {
                Some(stored) => Source::Stored { row, field, stored },
                None => Source::List { row, field },
            },
        }
    }

    /// The rows that a reference gives: one for each entity it may point to, of which at most one exists.
    pub(super) fn rows_of(&mut self, node: &Node) -> Result<Vec<RowAt>, Error> {
        self.step(node)?;
        match &node.op {
            Op::Row(RowName::This | RowName::Record) => Ok(vec![self.this.clone()]),
            Op::Row(RowName::Item(depth)) => match self.items.get(*depth).cloned().flatten() {
                Some(item) if !item.rows.is_empty() => Ok(item.rows),
                Some(item) => {
                    let value = Operand::Sql(item.value);
                    self.rows_at(node, &value)
                }
                None => Err(self.unportable(node, "its list is not at hand")),
            },
            Op::Field { of, fields } if self.known(node)?.is_none() => {
                let mut rows = Vec::new();
                for source in self.sources(of, fields)? {
                    rows.extend(self.followed(node, source)?);
                }
                Ok(rows)
            }
            _ => {
                let value = self.value(node)?;
                self.rows_at(node, &value)
            }
        }
    }

    /// The rows that a reference field points to.
    fn followed(&mut self, node: &Node, source: Source<'a>) -> Result<Vec<RowAt>, Error> {
        let (row, field, stored) = match source {
            Source::Stored { row, field, stored } => (row, field, stored),
            Source::Worked { row, expr } if row.certain || is_path(&expr.root) => {
                return self.through(&row, expr, |lowering, root| lowering.rows_of(root));
            }
            // Worked out over a row that may not exist: what it gives counts only if the row does.
            Source::Worked { .. } => {
                let value = self.value(node)?;
                return self.rows_at(node, &value);
            }
            Source::List { .. } => return Err(self.unportable(node, "a list of records is no record")),
        };
        if field == System::Id.field() {
            return Ok(vec![row]);
        }
        let column = row.column(&stored.value);
        match &stored.form {
            Form::Ref(target) => Ok(vec![self.join_id(row.frame, *target, &column)]),
            Form::AnyRef => {
                let kind = stored.kind.as_deref().map(|kind| row.column(kind)).unwrap_or_default();
                let targets = targets(&node.ty);
                let joined = targets.iter().map(|target| {
                    let (id, name) = (self.tables.table(*target).system(System::Id), &self.tables.table(*target).name);
                    let name = super::scalar::quoted_text(name);
                    self.join(row.frame, *target, true, |alias| format!("{alias}.{id} = {column} AND {kind} = {name}"))
                });
                Ok(joined.collect())
            }
            _ => Err(self.unportable(node, "it is no reference")),
        }
    }

    /// The rows that an id worked out in SQL may belong to.
    fn rows_at(&mut self, node: &Node, value: &Operand) -> Result<Vec<RowAt>, Error> {
        let id = self.written(value, super::Repr::Id)?;
        // The innermost subquery sees everything that the id is worked out from.
        let frame = self.frames.len() - 1;
        let targets = targets(&node.ty);
        if targets.is_empty() {
            return Err(self.unportable(node, "it is no reference"));
        }
        Ok(targets.into_iter().map(|target| self.join_id(frame, target, &id)).collect())
    }

    fn join_id(&mut self, frame: usize, target: EntityId, id: &str) -> RowAt {
        let own = self.tables.table(target).system(System::Id);
        self.join(frame, target, true, |alias| format!("{alias}.{own} = {id}"))
    }

    /// Lowers an expression that belongs to another row: a lookup or formula of it.
    pub(super) fn through<T>(
        &mut self,
        row: &RowAt,
        expr: &Expr,
        lower: impl FnOnce(&mut Self, &Node) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth >= DEEPEST {
            return Err(Error::Fault(format!("`{}` is read through more than {DEEPEST} formulas", expr.text)));
        }
        let inner = Context { record: None, old: None, locals: &[], value: None, ..self.context };
        let context = std::mem::replace(&mut self.context, inner);
        let this = std::mem::replace(&mut self.this, row.clone());
        let items = std::mem::take(&mut self.items);
        let text = std::mem::replace(&mut self.text, std::sync::Arc::clone(&expr.text));
        self.depth += 1;
        let result = lower(self, &expr.root);
        self.depth -= 1;
        (self.context, self.this, self.items, self.text) = (context, this, items, text);
        result
    }
}

/// Whether an expression gives nothing wherever its row does not exist, because it is only a path.
pub(super) fn is_path(node: &Node) -> bool {
    match &node.op {
        Op::Row(RowName::This | RowName::Record) => true,
        Op::Field { of, .. } => !matches!(node.ty, Type::List(_)) && is_path(of),
        _ => false,
    }
}

fn targets(ty: &Type) -> Vec<EntityId> {
    match ty {
        Type::Ref(targets) => targets.to_vec(),
        _ => Vec::new(),
    }
}
