//! Lists: the rows of children, lines and links, a field of each, and the values of a field that holds many.
//!
//! A list becomes the `FROM` clause of a subquery. Only living rows are in it.

use fichero_model::entity::System;
use fichero_model::expr::{Node, Op, Quantifier};
use fichero_model::kind::Kind;
use fichero_model::{EntityId, FieldId};

use super::path::{Source, is_path};
use super::value::Want;
use super::{Condition, Lowering, Operand, Repr, RowAt, Scalar};
use crate::layout::Form;
use crate::schema::link;
use crate::{Dialect, Error};

/// What a closure is asked about.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The rows it may be: one for each entity; none for a value.
    pub(super) rows: Vec<RowAt>,
    /// Its value: of a row the id.
    pub(super) value: Scalar,
}

/// What a subquery selects of its items, and which of them.
pub(super) struct Selected {
    pub(super) what: String,
    pub(super) when: Condition,
}

/// Says what is selected of the items of a list.
type Finish<'f, 'a, 'c> = &'f mut dyn FnMut(&mut Lowering<'a, 'c>, &Item) -> Result<Selected, Error>;

impl<'a, 'c> Lowering<'a, 'c> {
    /// Subqueries over the items of a list: one for each entity that it may belong to, of which at most one has items.
    /// One that can have none is left out.
    pub(super) fn subqueries(&mut self, list: &Node, finish: Finish<'_, 'a, 'c>) -> Result<Vec<String>, Error> {
        self.step(list)?;
        match &list.op {
            Op::Quantify { quantifier: Quantifier::Filter, list, depth, body } => {
                self.subqueries(list, &mut |lowering, item| {
                    let kept = lowering.asked(item, *depth, body, true)?;
                    let selected = finish(lowering, item)?;
                    Ok(Selected { what: selected.what, when: kept.and(selected.when) })
                })
            }
            Op::Each { of, fields } => {
                let fields = std::sync::Arc::clone(fields);
                self.subqueries(of, &mut |lowering, item| lowering.each(list, item, &fields, finish))
            }
            Op::Field { of, fields } => {
                let mut texts = Vec::new();
                for source in self.sources(of, fields)? {
                    texts.extend(self.over_source(list, source, finish)?);
                }
                Ok(texts)
            }
            _ => Err(self.unportable(list, "only rows of another entity can be asked for in SQL")),
        }
    }

    /// A condition over an item of a list.
    pub(super) fn asked(&mut self, item: &Item, depth: usize, body: &Node, wanted: bool) -> Result<Condition, Error> {
        if self.items.len() <= depth {
            self.items.resize(depth + 1, None);
        }
        let outer = self.items.get_mut(depth).and_then(|slot| slot.replace(item.clone()));
        let condition = self.condition(body, wanted);
        if let Some(slot) = self.items.get_mut(depth) {
            *slot = outer;
        }
        condition
    }

    fn over_source(
        &mut self,
        list: &Node,
        source: Source<'a>,
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Vec<String>, Error> {
        match source {
            Source::List { row, field } => Ok(self.rows(list, &row, field, finish)?.into_iter().collect()),
            Source::Stored { row, stored, .. } => match &stored.form {
                Form::Many(form) => {
                    let (form, column) = (Form::clone(form), row.column(&stored.value));
                    Ok(self.values(list, &form, &column, finish)?.into_iter().collect())
                }
                _ => Err(self.unportable(list, "it is no list")),
            },
            Source::Worked { row, expr } if row.certain || is_path(&expr.root) => {
                self.through(&row, expr, |lowering, root| lowering.subqueries(root, finish))
            }
            Source::Worked { .. } => Err(self.unportable(list, "it is computed when read")),
        }
    }

    /// A subquery over the rows of a children, lines or link field of a row.
    fn rows(
        &mut self,
        list: &Node,
        of: &RowAt,
        field: FieldId,
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Option<String>, Error> {
        let own = of.column(self.tables.table(of.entity).system(System::Id));
        match &self.model.field(of.entity, field).kind {
            Kind::Lines { of: child, by } | Kind::Children { of: child, by } => {
                let (row, living) = self.open_rows(*child);
                let Some(by) = self.tables.table(*child).field(*by) else {
                    return Err(self.unportable(list, "its reference is not stored"));
                };
                let ours = Condition::When(format!("{} = {own}", row.column(&by.value)));
                self.finished(vec![row], ours.and(living), finish)
            }
            Kind::Ref(reference) => match reference.through {
                Some(through) => {
                    let (link, living) = self.open_rows(through.entity);
                    let table = self.tables.table(through.entity);
                    let (Some(from), Some(to)) = (table.field(through.from), table.field(through.to)) else {
                        return Err(self.unportable(list, "its reference is not stored"));
                    };
                    let ours = Condition::When(format!("{} = {own}", link.column(&from.value)));
                    let target = link.column(&to.value);
                    let (rows, also_living) = self.linked(&reference.targets, &target, link.frame);
                    self.finished(rows, ours.and(living).and(also_living), finish)
                }
                None => {
                    let Some(links) = self.tables.table(of.entity).links.get(field.index()).and_then(Option::as_ref)
                    else {
                        return Err(self.unportable(list, "it is no list of records"));
                    };
                    let alias = self.alias();
                    let frame = self.open(&links.quoted, &alias);
                    let ours = Condition::When(format!("{alias}.{} = {own}", link::RECORD));
                    let (rows, living) = self.linked(&reference.targets, &format!("{alias}.{}", link::TARGET), frame);
                    self.finished(rows, ours.and(living), finish)
                }
            },
            _ => Err(self.unportable(list, "it is no list of records")),
        }
    }

    /// Opens a subquery over the rows of an entity, and says which of them live.
    fn open_rows(&mut self, entity: EntityId) -> (RowAt, Condition) {
        let alias = self.alias();
        let table = self.tables.table(entity);
        let frame = self.open(&table.quoted, &alias);
        let row = RowAt { entity, alias, frame, certain: true };
        let living = Condition::When(format!("{} IS NULL", row.column(table.system(System::DeletedAt))));
        (row, living)
    }

    /// The records that links point to, and which of them live.
    fn linked(&mut self, targets: &[EntityId], target: &str, frame: usize) -> (Vec<RowAt>, Condition) {
        let outer = targets.len() > 1;
        let mut rows = Vec::with_capacity(targets.len());
        let mut living = Condition::Always(!outer);
        for entity in targets {
            let table = self.tables.table(*entity);
            let id = table.system(System::Id);
            let row = self.join(frame, *entity, outer, |alias| format!("{alias}.{id} = {target}"));
            let deleted = row.column(table.system(System::DeletedAt));
            let (exists, lives) = (row.column(id), format!("{deleted} IS NULL"));
            living = if outer {
                living.or(Condition::When(format!("({exists} IS NOT NULL AND {lives})")))
            } else {
                living.and(Condition::When(lives))
            };
            rows.push(row);
        }
        (rows, living)
    }

    /// A subquery over the values of a field that holds many.
    fn values(
        &mut self,
        list: &Node,
        form: &Form,
        column: &str,
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Option<String>, Error> {
        let alias = self.alias();
        let (repr, cast) = match form {
            Form::Text { .. } | Form::Choice => (Repr::Text, "text"),
            Form::Integer | Form::Duration => (Repr::INTEGER, "bigint"),
            Form::Decimal { scale } => (Repr::Number { scale: *scale, wide: false }, "bigint"),
            Form::Date => (Repr::Date, "date"),
            Form::Time => (Repr::Time, "time"),
            Form::Boolean => (Repr::Boolean, "boolean"),
            Form::Ref(_) | Form::AnyRef | Form::Id | Form::Money | Form::DateTime | Form::Json | Form::Many(_) => {
                return Err(
                    self.unportable(list, "values of this kind that are kept together cannot be asked for in SQL")
                );
            }
        };
        let value = match self.dialect() {
            Dialect::Sqlite => {
                self.open(&format!("json_each({column})"), &alias);
                format!("{alias}.value")
            }
            Dialect::Postgres => {
                self.open(&format!("jsonb_array_elements_text({column})"), &format!("{alias}(value)"));
                format!("{alias}.value::{cast}")
            }
        };
        let item = Item { rows: Vec::new(), value: Scalar::computed(value, repr, false) };
        self.close_over(&item, Condition::Always(true), finish)
    }

    fn finished(
        &mut self,
        rows: Vec<RowAt>,
        when: Condition,
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Option<String>, Error> {
        let value = match rows.as_slice() {
            [one] => match self.identity(one) {
                Operand::Sql(id) => id,
                Operand::Constant(_) => Scalar::computed("NULL".to_owned(), Repr::Id, true),
            },
            several => {
                let ids = several.iter().map(|row| row.column(self.tables.table(row.entity).system(System::Id)));
                let ids: Vec<String> = ids.collect();
                Scalar::computed(format!("COALESCE({})", ids.join(", ")), Repr::Id, false)
            }
        };
        self.close_over(&Item { rows, value }, when, finish)
    }

    /// Ends the subquery that was opened for an item.
    fn close_over(
        &mut self,
        item: &Item,
        when: Condition,
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Option<String>, Error> {
        let selected = finish(self, item);
        let from = self.close();
        let selected = selected?;
        Ok(match when.and(selected.when) {
            Condition::Always(false) => None,
            Condition::Always(true) => Some(format!("SELECT {} FROM {from}", selected.what)),
            Condition::When(when) => Some(format!("SELECT {} FROM {from} WHERE {when}", selected.what)),
        })
    }

    /// A field of each row of a list: those that have a value. A boolean always has one.
    fn each(
        &mut self,
        node: &Node,
        item: &Item,
        fields: &[(EntityId, FieldId)],
        finish: Finish<'_, 'a, 'c>,
    ) -> Result<Selected, Error> {
        let [row] = item.rows.as_slice() else {
            return Err(self.unportable(node, "a field of each of records of several entities"));
        };
        let Some((_, field)) = fields.iter().find(|(entity, _)| *entity == row.entity) else {
            return Err(self.unportable(node, "its records have no such field"));
        };
        let source = self.source(row.clone(), *field);
        if let Source::Stored { stored, .. } = &source
            && let Form::Ref(target) = stored.form
        {
            let column = row.column(&stored.value);
            let id = self.tables.table(target).system(System::Id);
            let row = self.join(row.frame, target, false, |alias| format!("{alias}.{id} = {column}"));
            let value = Scalar::column(column, Repr::Id, false);
            return finish(self, &Item { rows: vec![row], value });
        }
        let single = Node { ty: self.model.field(row.entity, *field).kind.value_type(), ..node.clone() };
        match self.read(&single, source, Want::Exact)? {
            // A constant for each row: its formula reads nothing of the row.
            Operand::Constant(value) if value.is_nothing() => {
                Ok(Selected { what: "NULL".to_owned(), when: Condition::Always(false) })
            }
            Operand::Constant(_) => Err(self.unportable(node, "it is the same for every record")),
            Operand::Sql(value) => {
                let there = super::compare::null(&value.sql, false, value.nullable);
                let value = Scalar { nullable: false, ..value };
                let selected = finish(self, &Item { rows: Vec::new(), value })?;
                Ok(Selected { what: selected.what, when: there.and(selected.when) })
            }
        }
    }
}
