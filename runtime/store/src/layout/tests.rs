//! Records in and out, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::fixture::{Memory, sample, sample_rows};
use fichero_model::{EntityId, Id, Model, Ref, Value};
use rust_decimal::Decimal;

use super::Record;
use crate::schema::index::Purpose;
use crate::testing::Deployed;
use crate::{Dialect, Error, Isolation, Lock, Priority, Tx};

/// The rows of the fixture, dated, in the order in which they can be written.
fn rows() -> (Arc<Model>, Vec<Row>, Ref, Vec<Ref>) {
    let model = Arc::new(sample());
    let (memory, opportunity) = sample_rows(&model);
    let (field, _) = model[opportunity.entity].field("contacts").unwrap();
    let contacts = memory.linked(opportunity, field).to_vec();
    let order = ["user", "account", "contact", "opportunity", "opportunity_line", "quote"];
    let rows = order.iter().flat_map(|name| all(&memory, model.entity(name).unwrap().0)).collect();
    (model, rows, opportunity, contacts)
}

fn all(memory: &Memory<'_>, entity: EntityId) -> Vec<Row> {
    memory.all(entity).map(|row| dated(row)).collect()
}

fn dated(row: &Row) -> Row {
    let mut row = row.clone();
    let moment = Value::DateTime("2026-03-15T10:20:30.123456Z".parse().unwrap());
    row.set(System::CreatedAt.field(), moment.clone());
    row.set(System::UpdatedAt.field(), moment);
    row
}

impl Deployed {
    fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, work)
    }

    fn fill(&self, rows: &[Row]) {
        let (layout, rows) = (Arc::clone(&self.layout), rows.to_vec());
        self.write(move |tx| rows.iter().try_for_each(|row| layout.insert(tx, &Record::new(row.clone()), &[])))
            .unwrap();
    }

    fn get(&self, reference: Ref) -> Option<Record> {
        let layout = Arc::clone(&self.layout);
        self.write(move |tx| layout.get(tx, reference.entity, reference.id)).unwrap()
    }
}

#[test]
fn records_of_all_kinds_survive() {
    let (model, mut rows, opportunity, _) = rows();
    // What the fixture's opportunity leaves out.
    let declared = &model[opportunity.entity];
    let row = rows.iter_mut().find(|row| row.reference() == Some(opportunity)).unwrap();
    for (name, value) in [
        ("notes", Value::text("two\nlines")),
        ("weight", Value::Decimal(Decimal::new(-1, 4))),
        ("points", Value::Integer(-9_000_000_000_000_000)),
        ("opens_at", Value::Time("09:30:00".parse().unwrap())),
        ("due_at", Value::DateTime("1969-12-31T23:59:59.999999Z".parse().unwrap())),
        ("contract", Value::text("018f3c1e-0000-7000-8000-000000000001")),
        ("extra", Value::Json(Arc::new(serde_json::json!({"a": [1, 2.5, null, "ñ"]})))),
        ("deleted_batch", Value::text("018f3c1e-0000-7000-8000-000000000002")),
    ] {
        row.set(declared.field(name).unwrap().0, value);
    }
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        for row in &rows {
            let read = deployed.get(row.reference().unwrap()).unwrap();
            assert_eq!(*read.row, *row, "{:?}", deployed.db.dialect());
        }
        let missing = Ref { id: Id::from_bytes([9; 16]), ..opportunity };
        assert_eq!(deployed.get(missing), None);
    }
}

#[test]
fn records_that_are_gathered_are_written_together() {
    let (model, rows, opportunity, _) = rows();
    let quote = model.entity("quote").unwrap().0;
    let account = model.entity("account").unwrap().0;
    for deployed in Deployed::each(&model) {
        let is_sqlite = deployed.db.dialect() == Dialect::Sqlite;
        let (layout, given) = (Arc::clone(&deployed.layout), rows.clone());
        let read = deployed.write(move |tx| {
            tx.gather();
            given.iter().try_for_each(|row| layout.insert(tx, &Record::new(row.clone()), &[]))?;
            assert_eq!(tx.statements(), if is_sqlite { given.len() as u64 } else { 0 });
            let before = tx.statements();
            // Whatever is read is read behind what was gathered.
            let read = layout.get(tx, opportunity.entity, opportunity.id)?;
            assert_eq!(tx.statements() - before, if is_sqlite { 1 } else { 2 });
            Ok(read)
        });
        assert!(read.unwrap().is_some());
        for row in &rows {
            assert_eq!(*deployed.get(row.reference().unwrap()).unwrap().row, *row, "{:?}", deployed.db.dialect());
        }
        let last = |entity: EntityId| rows.iter().rfind(|row| row.entity == entity).unwrap().clone();
        let other = |mut row: Row, number: u8| {
            let id = Id::from_bytes([number; 16]);
            row.set(System::Id.field(), Value::Ref(Ref { entity: row.entity, id }));
            row
        };
        // What they refer to is kept by the same statement; what is wrong with one takes all of them along.
        let quotes = [other(last(quote), 8), other(last(quote), 9)];
        for (rows, presumed, is_refused) in [
            (quotes.to_vec(), vec![opportunity], false),
            (vec![other(last(quote), 10)], vec![Ref { id: Id::from_bytes([1; 16]), ..opportunity }], !is_sqlite),
            (vec![other(last(quote), 11), other(last(account), 12)], vec![], true),
        ] {
            let layout = Arc::clone(&deployed.layout);
            let written = rows.clone();
            let result = deployed.write(move |tx| {
                tx.gather();
                written.iter().try_for_each(|row| layout.insert(tx, &Record::new(row.clone()), &presumed))
            });
            assert_eq!(result.is_err(), is_refused, "{result:?}");
            let are_there = rows.iter().all(|row| deployed.get(row.reference().unwrap()).is_some());
            assert_eq!(are_there, !is_refused);
        }
    }
}

#[test]
fn a_record_is_written_over_the_version_it_was_read_at() {
    let (model, rows, opportunity, _) = rows();
    let (chance, _) = model[opportunity.entity].field("chance").unwrap();
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        let mut record = deployed.get(opportunity).unwrap();
        let row = Arc::make_mut(&mut record.row);
        row.set(chance, Value::Integer(77));
        row.set(System::Version.field(), Value::Integer(2));
        record.overridden.push(chance);
        let layout = Arc::clone(&deployed.layout);
        let written = record.clone();
        let twice = deployed.write(move |tx| Ok((layout.update(tx, &written, 1)?, layout.update(tx, &written, 1)?)));
        assert_eq!(twice, Ok((true, false)));
        assert_eq!(deployed.get(opportunity), Some(record));
    }
}

#[test]
fn some_fields_of_some_records_are_set_at_once() {
    let (model, rows, opportunity, _) = rows();
    let quote = model.entity("quote").unwrap().0;
    let ids: Vec<Id> = rows.iter().filter(|row| row.entity == quote).filter_map(Row::id).collect();
    let (total, _) = model[quote].field("total").unwrap();
    let (parent, _) = model[quote].field("opportunity").unwrap();
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        let (layout, ids) = (Arc::clone(&deployed.layout), ids.clone());
        let found = deployed.write(move |tx| {
            let batch = Value::text("018f3c1e-0000-7000-8000-000000000002");
            let now = Value::DateTime("2026-03-16T00:00:00Z".parse().unwrap());
            let values =
                [(total, Value::Nothing), (System::DeletedAt.field(), now), (System::DeletedBatch.field(), batch)];
            assert_eq!(layout.set(tx, quote, &ids, &values)?, 2);
            let before = tx.statements();
            let living = layout.referring(tx, quote, parent, &[opportunity.id], false)?;
            let all = layout.referring(tx, quote, parent, &[opportunity.id], true)?;
            let by_id = layout.get_many(tx, quote, &ids)?;
            let locked = layout.lock(tx, quote, &ids, Lock::Change)?;
            let to_go = layout.lock_referring(tx, quote, parent, &[opportunity.id], true, Lock::Remove)?;
            assert_eq!(to_go, all);
            assert_eq!(tx.statements() - before, 5);
            Ok((living.len(), all, by_id.len(), locked.len()))
        });
        let (living, all, by_id, locked) = found.unwrap();
        assert_eq!((living, all.len(), by_id, locked), (0, 2, 2, 2));
        assert!(all.iter().all(|record| record.row.get(total).is_nothing()));
    }
}

#[test]
fn lines_keep_their_place() {
    let (model, rows, opportunity, _) = rows();
    let line = model.entity("opportunity_line").unwrap().0;
    let (by, _) = model[line].field("opportunity").unwrap();
    let template = rows.iter().find(|row| row.entity == line).unwrap().clone();
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows.iter().filter(|row| row.entity != line).cloned().collect::<Vec<_>>());
        let (layout, template) = (Arc::clone(&deployed.layout), template.clone());
        let found = deployed.write(move |tx| {
            for (number, position) in [(1_u8, 3), (2, 1), (3, 2)] {
                let mut row = template.clone();
                row.set(System::Id.field(), Value::Ref(Ref { entity: line, id: Id::from_bytes([number; 16]) }));
                layout.insert(tx, &Record { position: Some(position), ..Record::new(row) }, &[])?;
            }
            layout.set_position(tx, line, Id::from_bytes([1; 16]), 0)?;
            layout.referring(tx, line, by, &[opportunity.id], false)
        });
        let places: Vec<_> =
            found.unwrap().iter().map(|record| (record.row.id().unwrap().as_bytes()[0], record.position)).collect();
        assert_eq!(places, [(1, Some(0)), (2, Some(1)), (3, Some(2))]);
    }
}

#[test]
fn links_are_kept_in_order_and_found_from_both_ends() {
    let (model, rows, opportunity, contacts) = rows();
    let (field, _) = model[opportunity.entity].field("contacts").unwrap();
    let entity = opportunity.entity;
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        let (layout, contacts) = (Arc::clone(&deployed.layout), contacts.clone());
        deployed
            .write(move |tx| {
                let [first, second] = *contacts.as_slice() else { panic!("two contacts") };
                layout.set_links(tx, entity, field, opportunity.id, &[second, first, second])?;
                let links = layout.links(tx, entity, field, &[opportunity.id])?;
                assert_eq!(links, [(opportunity.id, second), (opportunity.id, first)]);
                assert_eq!(layout.linking(tx, entity, field, &[first.id])?, [(first.id, opportunity.id)]);
                layout.set_links(tx, entity, field, opportunity.id, &[first])?;
                assert_eq!(layout.links(tx, entity, field, &[opportunity.id])?, [(opportunity.id, first)]);
                let nobody = Ref { id: Id::from_bytes([9; 16]), ..first };
                let refused = tx.savepoint(|tx| layout.set_links(tx, entity, field, opportunity.id, &[nobody]));
                assert!(matches!(refused, Err(Error::Reference(_))), "{refused:?}");
                // Who goes takes the links along.
                assert_eq!(layout.purge(tx, first.entity, &[first.id])?, 1);
                assert_eq!(layout.links(tx, entity, field, &[opportunity.id])?, []);
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn a_broken_uniqueness_rule_is_named() {
    let (model, rows, _, _) = rows();
    let account = model.entity("account").unwrap().0;
    let mut twin = rows.iter().rfind(|row| row.entity == account).unwrap().clone();
    twin.set(System::Id.field(), Value::Ref(Ref { entity: account, id: Id::from_bytes([9; 16]) }));
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        let (layout, twin) = (Arc::clone(&deployed.layout), twin.clone());
        let refused = deployed.write(move |tx| layout.insert(tx, &Record::new(twin.clone()), &[]));
        let Err(Error::Unique(constraint)) = refused else { panic!("{refused:?}") };
        let (entity, index) = deployed.layout.broken(&constraint).expect("the index is known");
        assert_eq!(entity, account);
        assert!(
            matches!(&index.purpose, Purpose::UniqueField(name) | Purpose::External(name) if name == "code"),
            "{index:?}"
        );
    }
}

#[test]
fn what_cannot_be_kept_exactly_is_refused_by_field() {
    let (model, rows, opportunity, _) = rows();
    let declared = &model[opportunity.entity];
    let good = rows.iter().find(|row| row.reference() == Some(opportunity)).unwrap();
    for deployed in Deployed::each(&model) {
        for (name, value) in [
            ("discount", Value::Decimal(Decimal::new(1, 3))),
            ("discount", Value::Decimal(Decimal::from(i64::MAX))),
            ("name", Value::text("a\0b")),
            ("close_date", Value::Date(jiff::civil::date(0, 1, 1))),
            ("contract", Value::text("no id")),
        ] {
            let mut row = good.clone();
            row.set(declared.field(name).unwrap().0, value);
            let layout = Arc::clone(&deployed.layout);
            let refused = deployed.write(move |tx| layout.insert(tx, &Record::new(row.clone()), &[]));
            assert!(matches!(refused, Err(Error::Unstorable(_))), "{name}: {refused:?}");
        }
    }
}

#[test]
fn what_is_stored_in_another_form_is_corrupt_and_never_nothing() {
    let (model, rows, opportunity, _) = rows();
    for deployed in Deployed::each(&model) {
        deployed.fill(&rows);
        for change in [
            "UPDATE opportunity SET amount_currency = 'euro'",
            "UPDATE opportunity SET amount_base = NULL",
            "UPDATE opportunity SET about_kind = 'nowhere'",
            "UPDATE opportunity SET tags = '{}'",
        ] {
            let layout = Arc::clone(&deployed.layout);
            let read = deployed.write(move |tx| {
                tx.script(change)?;
                let read = layout.get(tx, opportunity.entity, opportunity.id);
                Ok::<_, Error>(match read {
                    // The change is taken back with the transaction.
                    Err(error) => return Err(error),
                    Ok(record) => record,
                })
            });
            let Err(error @ Error::Corrupt(_)) = read else { panic!("{change}: {read:?}") };
            assert!(error.detail().contains("opportunity."), "{}", error.detail());
        }
        assert!(deployed.get(opportunity).is_some());
    }
}
