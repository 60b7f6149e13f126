//! What the generic store costs on SQLite: `cargo bench -p fichero-store`.
//!
//! One caller waits for each answer, so a figure is the work and one hop to the thread that does it; `hop` is the hop
//! alone. Writes are durable (`synchronous=FULL`) when nobody else waits, which is the dearest case.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use divan::{Bencher, black_box};
use fichero_model::clock::{Ids as _, SeededIds};
use fichero_model::entity::System;
use fichero_model::expr::{Context, NoFacts, Row, Scope, compile};
use fichero_model::fixture::{Builder, choice, date, longtext, money, reference, text};
use fichero_model::place::Place;
use fichero_model::value::{Currency, Money};
use fichero_model::{EntityId, Id, Model, Ref, Value};
use fichero_store::query::{Filter, Query};
use fichero_store::schema::Schema;
use fichero_store::schema::deployment::{Publication, publish};
use fichero_store::{Db, Error, Isolation, Layout, Options, Priority, Record, system};
use fichero_test_support::Database;
use jiff::Timestamp;
use rust_decimal::Decimal;

const ROWS: u64 = 20_000;
const STAGES: [&str; 4] = ["open", "negotiation", "won", "lost"];

fn main() {
    divan::main();
}

struct Bench {
    db: Db,
    layout: Arc<Layout>,
    deal: EntityId,
    ids: SeededIds,
    known: Vec<Id>,
    _database: Database,
}

fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(make)
}

fn make() -> Bench {
    let model = Arc::new(
        Builder::new()
            .entity("firm", [text("name")])
            .entity(
                "deal",
                [
                    text("name"),
                    money("amount"),
                    choice("stage", &STAGES).index(),
                    reference("firm", &["firm"]),
                    date("close_date"),
                    longtext("description"),
                    reference("owner", &["user"]),
                ],
            )
            .build(),
    );
    let deal = model.entity("deal").unwrap().0;
    let database = Database::sqlite();
    let db = Db::open(&Options::new(database.url())).unwrap();
    let published = Arc::clone(&model);
    db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
        system::install(tx)?;
        let files = BTreeMap::new();
        let (at, by) = (Timestamp::UNIX_EPOCH, "bench");
        let model = &published;
        publish(tx, &Publication { model, files: &files, catalog_hash: "0", base: 0, consent: None, by, at })
            .map(drop)
            .map_err(|error| Error::Statement(format!("{error:?}")))
    })
    .unwrap();
    let layout =
        Arc::new(Layout::new(Arc::clone(&model), Arc::new(Schema::of(&model).unwrap()), db.dialect()).unwrap());
    let ids = SeededIds::new(1);
    let mut known = Vec::new();
    for _ in 0..ROWS / 1_000 {
        let records: Vec<Record> = (0..1_000).map(|_| record(&model, deal, &ids)).collect();
        known.extend(records.iter().filter_map(|record| record.row.id()));
        let layout = Arc::clone(&layout);
        db.write_blocking(Priority::Background, Isolation::ReadCommitted, move |tx| {
            records.iter().try_for_each(|record| layout.insert(tx, record, &[]))
        })
        .unwrap();
    }
    Bench { db, layout, deal, ids, known, _database: database }
}

fn record(model: &Model, deal: EntityId, ids: &SeededIds) -> Record {
    let now = Timestamp::from_second(1_764_000_000).unwrap();
    let id = ids.id(now);
    let number = u64::from_be_bytes(id.as_bytes()[8..].try_into().unwrap());
    let declared = &model[deal];
    let mut row = Row::empty(deal, declared.fields.len());
    row.set(System::Id.field(), Value::Ref(Ref { entity: deal, id }));
    row.set(System::Version.field(), Value::Integer(1));
    row.set(System::CreatedAt.field(), Value::DateTime(now));
    row.set(System::UpdatedAt.field(), Value::DateTime(now));
    let amount = Decimal::new((number.wrapping_mul(7_919) % 10_000_000) as i64, 2);
    for (name, value) in [
        ("name", Value::text(&format!("Opportunity {number}"))),
        ("amount", Value::Money(Money { amount, currency: Currency::parse("EUR").unwrap(), base: amount })),
        ("stage", Value::text(STAGES[(number % 4) as usize])),
        ("close_date", Value::Date(jiff::civil::date(2026, 1, 1))),
        ("description", Value::text("Long enough to look like a real note from a salesperson about the next step.")),
    ] {
        row.set(declared.field(name).unwrap().0, value);
    }
    Record::new(row)
}

#[divan::bench]
fn hop(bencher: Bencher<'_, '_>) {
    let bench = bench();
    bencher.bench(|| bench.db.read_blocking(|_| Ok::<_, Error>(())).unwrap());
}

#[divan::bench]
fn get_by_id(bencher: Bencher<'_, '_>) {
    let bench = bench();
    let mut at = 0;
    let next = || {
        at = (at + 7_919) % bench.known.len();
        bench.known[at]
    };
    bencher.with_inputs(next).bench_local_values(|id| {
        let (layout, deal) = (Arc::clone(&bench.layout), bench.deal);
        bench.db.read_blocking(move |tx| layout.get(tx, deal, id)).unwrap().unwrap()
    });
}

#[divan::bench]
fn insert(bencher: Bencher<'_, '_>) {
    let bench = bench();
    bencher.with_inputs(|| record(bench.layout.model(), bench.deal, &bench.ids)).bench_local_values(|record| {
        let layout = Arc::clone(&bench.layout);
        let insert = move |tx: &mut fichero_store::Tx| layout.insert(tx, &record, &[]);
        bench.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, insert).unwrap();
    });
}

#[divan::bench]
fn insert_in_a_shared_transaction(bencher: Bencher<'_, '_>) {
    let bench = bench();
    let records = || (0..64).map(|_| record(bench.layout.model(), bench.deal, &bench.ids)).collect::<Vec<_>>();
    bencher.with_inputs(records).counter(64_u64).bench_local_values(|records| {
        let layout = Arc::clone(&bench.layout);
        let insert =
            move |tx: &mut fichero_store::Tx| records.iter().try_for_each(|record| layout.insert(tx, record, &[]));
        bench.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, insert).unwrap();
    });
}

#[divan::bench]
fn list_of_50(bencher: Bencher<'_, '_>) {
    let bench = bench();
    let (model, deal) = (bench.layout.model(), bench.deal);
    let scope = Scope::row(model, deal);
    let place = Place::start_of(&"bench".into());
    let filter = Arc::new(compile("stage == \"negotiation\"", &place, &scope).unwrap());
    bencher.bench_local(|| {
        let (layout, filter) = (Arc::clone(&bench.layout), Arc::clone(&filter));
        let read = move |tx: &mut fichero_store::Tx| {
            let context = Context::bare(layout.model(), &NoFacts, Timestamp::UNIX_EPOCH);
            Query::new(Filter::all(deal).and(&filter), 50).prepare(&layout, &context)?.page(tx)
        };
        assert_eq!(bench.db.read_blocking(read).unwrap().items.len(), 50);
    });
}

#[divan::bench]
fn prepare_a_list(bencher: Bencher<'_, '_>) {
    let bench = bench();
    let (model, deal) = (bench.layout.model(), bench.deal);
    let place = Place::start_of(&"bench".into());
    let text = "stage == \"negotiation\" and amount > 100 and firm.name != \"x\"";
    let filter = compile(text, &place, &Scope::row(model, deal)).unwrap();
    let context = Context::bare(model, &NoFacts, Timestamp::UNIX_EPOCH);
    bencher.bench_local(|| {
        let query = Query::new(Filter::all(deal).and(&filter), 50);
        black_box(query.prepare(&bench.layout, &context).unwrap());
    });
}
