//! References to many, which are kept in tables of their own.

use fichero_model::{EntityId, FieldId, Id, Ref};

use super::Layout;
use super::tables::Links;
use crate::schema::link;
use crate::sql::written_for;
use crate::{Cell, Cells, ColumnType, Error, Tx};

impl Layout {
    /// What a reference to many points to, for any number of records with one statement: pairs of record and target,
    /// those of one record together and in their order.
    ///
    /// # Errors
    /// As the database says, and [`Error::Unportable`] for a field without links of its own.
    pub fn links(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        records: &[Id],
    ) -> Result<Vec<(Id, Ref)>, Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let links = self.links_of(entity, field)?;
        let kind = if links.target.is_none() { format!(", {}", link::TARGET_KIND) } else { String::new() };
        let sql = format!(
            "SELECT {}, {}{kind} FROM {} WHERE {} IN #1 ORDER BY {}, {}",
            link::RECORD,
            link::TARGET,
            links.quoted,
            link::RECORD,
            link::RECORD,
            link::POSITION
        );
        let types = [ColumnType::Id, ColumnType::Id, ColumnType::Text];
        let types = if links.target.is_none() { &types[..] } else { &types[..2] };
        let rows = tx.query(&written_for(self.tables.dialect(), &sql), &[Cell::from(records)], types)?;
        let read = |row| {
            let mut cells = Cells::new(row);
            let (record, id) = (cells.id()?, cells.id()?);
            let entity = match links.target {
                Some(target) => target,
                None => self.tables.entity_of(&cells.text()?)?,
            };
            Ok((record, Ref { entity, id }))
        };
        rows.into_iter().map(read).collect()
    }

    /// The records whose reference to many points to one of `targets`: pairs of target and record.
    ///
    /// # Errors
    /// As [`Layout::links`].
    pub fn linking(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        targets: &[Id],
    ) -> Result<Vec<(Id, Id)>, Error> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let links = self.links_of(entity, field)?;
        let (record, target) = (link::RECORD, link::TARGET);
        let sql =
            format!("SELECT {target}, {record} FROM {} WHERE {target} IN #1 ORDER BY {target}, {record}", links.quoted);
        let types = [ColumnType::Id, ColumnType::Id];
        let rows = tx.query(&written_for(self.tables.dialect(), &sql), &[Cell::from(targets)], &types)?;
        let read = |row| {
            let mut cells = Cells::new(row);
            Ok((cells.id()?, cells.id()?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Makes a reference to many of one record point to `targets`, in that order, and to nothing else. A target named
    /// twice counts once.
    ///
    /// # Errors
    /// [`Error::Reference`] for a target that does not exist, and as [`Layout::links`].
    pub fn set_links(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        record: Id,
        targets: &[Ref],
    ) -> Result<(), Error> {
        let links = self.links_of(entity, field)?;
        let delete = format!("DELETE FROM {} WHERE {} = ?1", links.quoted, link::RECORD);
        tx.execute(&written_for(self.tables.dialect(), &delete), &[Cell::Id(record)])?;
        let mut distinct: Vec<&Ref> = Vec::with_capacity(targets.len());
        for target in targets {
            if !distinct.contains(&target) {
                distinct.push(target);
            }
        }
        // Far below the number of parameters that either database takes.
        for (at, chunk) in distinct.chunks(500).enumerate() {
            self.insert_links(tx, links, record, chunk, at * 500)?;
        }
        Ok(())
    }

    fn insert_links(
        &self,
        tx: &mut Tx,
        links: &Links,
        record: Id,
        targets: &[&Ref],
        first: usize,
    ) -> Result<(), Error> {
        let mut cells = vec![Cell::Id(record)];
        let mut rows = Vec::with_capacity(targets.len());
        for (at, target) in targets.iter().enumerate() {
            let position = i64::try_from(first + at).unwrap_or(i64::MAX);
            cells.extend([Cell::Integer(position), Cell::Id(target.id)]);
            let mut row = format!("(?1, ?{}, ?{}", cells.len() - 1, cells.len());
            if links.target.is_none() {
                cells.push(Cell::Text(std::sync::Arc::clone(&self.tables.table(target.entity).name)));
                row.push_str(&format!(", ?{}", cells.len()));
            }
            row.push(')');
            rows.push(row);
        }
        let kind = if links.target.is_none() { format!(", {}", link::TARGET_KIND) } else { String::new() };
        let sql = format!(
            "INSERT INTO {} ({}, {}, {}{kind}) VALUES {}",
            links.quoted,
            link::RECORD,
            link::POSITION,
            link::TARGET,
            rows.join(", ")
        );
        tx.execute(&written_for(self.tables.dialect(), &sql), &cells).map(drop)
    }

    fn links_of(&self, entity: EntityId, field: FieldId) -> Result<&Links, Error> {
        let links = self.tables.table(entity).links.get(field.index()).and_then(Option::as_ref);
        links.ok_or_else(|| {
            let entity = &self.model[entity];
            let name = entity.fields.get(field.index()).map_or("?", |field| &*field.name);
            Error::Unportable(format!("`{name}` of {} has no links of its own", entity.name))
        })
    }
}
