//! Which unique rules a record would break, all of them: a statement that fails tells of one.

use std::sync::Arc;

use fichero_model::entity::System;

use super::{Layout, Record};
use crate::schema::index::{Index, Purpose};
use crate::schema::overlap;
use crate::sql::written_for;
use crate::{ColumnType, Error, Tx};

impl Layout {
    /// The unique rules that a record as it is to be written breaks with others, in the order of the definitions, with one
    /// statement for each rule.
    ///
    /// # Errors
    /// As the database says.
    pub fn taken(&self, tx: &mut Tx, record: &Record) -> Result<Vec<&Index>, Error> {
        let table = self.tables.table(record.row.entity);
        let columns: Vec<&str> = table.written().collect();
        let cells = self.cells(record)?;
        let named: Vec<String> =
            columns.iter().zip(1..).map(|(column, number)| format!("?{number} AS {column}")).collect();
        let own = named.join(", ");
        let number = |column: &str| columns.iter().position(|known| *known == column).map(|at| at + 1);
        let id = table.system(System::Id);
        let mut taken = Vec::new();
        for index in self.uniques(record.row.entity) {
            let condition = index.rows.as_ref().map_or("1 = 1", |rows| rows.of(self.dialect()));
            let quoted: Vec<Arc<str>> = index.columns.iter().map(|column| super::tables::quoted(column)).collect();
            let numbers: Option<Vec<usize>> = quoted.iter().map(|column| number(column)).collect();
            let Some(numbers) = numbers else { continue };
            let mut equal: Vec<String> =
                quoted.iter().zip(&numbers).map(|(column, number)| format!("{column} = ?{number}")).collect();
            if let (Purpose::Overlap(_), [.., starts, ends]) = (&index.purpose, numbers.as_slice()) {
                equal.truncate(equal.len() - 2);
                let own = [format!("?{starts}"), format!("?{ends}")];
                let schema = self.schema.table(&table.name);
                equal.extend(schema.and_then(|table| overlap::meets(table, index, [&own[0], &own[1]])));
            }
            let Some(own_id) = number(id) else { continue };
            // The rule holds between records of which each meets its condition.
            let sql = format!(
                "SELECT CAST(1 AS BIGINT) FROM (SELECT {own}) AS own WHERE ({condition}) AND EXISTS (SELECT 1 FROM {} WHERE {} AND \
                 ({condition}) AND {id} <> ?{own_id})",
                table.quoted,
                equal.join(" AND "),
            );
            if !tx.query(&written_for(self.dialect(), &sql), &cells, &[ColumnType::Integer])?.is_empty() {
                taken.push(index);
            }
        }
        Ok(taken)
    }

    fn uniques(&self, entity: fichero_model::EntityId) -> impl Iterator<Item = &Index> {
        let table = self.schema.table(&self.tables.table(entity).name);
        table.into_iter().flat_map(|table| table.indexes.iter()).filter(|index| index.purpose.is_unique())
    }
}
