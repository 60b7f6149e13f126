//! Data documents: records that ship with definitions.
//!
//! Loading is idempotent. The first time a row is met its record is made, unless one with the same external key is there
//! already, which is then taken for it. Afterwards a row is only looked at again when its own text changed, and then only
//! the fields whose text changed are given: what people changed by hand stays. A record that somebody deleted stays
//! deleted, and one whose row was taken out of the definitions stays as it is.
//!
//! A second row of the same name and entity, in another document, gives more fields of the first one's record. Rows refer
//! to each other by name in any order, also in circles. Everything passes through the one door, in `load` mode, as the
//! system.

mod order;
mod print;
mod task;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::data::{DataSet, Given};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::Setting;
use fichero_model::label::Locale;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};
use fichero_store::Layout;
use fichero_store::system::data_row::{self, Print};

use crate::actor::Via;
use crate::command::Effect;
use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::{FieldError, Refusal};
use crate::slice;
use order::Step;
use task::{Fill, Load};

/// Which data documents are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that every workspace has.
    Stock,
    /// Those for demonstrations too.
    Demo,
}

/// What became of data documents.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// How many records were made.
    pub created: usize,
    /// How many records were changed.
    pub updated: usize,
    /// The rows that could not be loaded, each at its place. The others were loaded all the same.
    pub findings: Vec<Diagnostic>,
}

/// A row as it is loaded.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The document it stands in.
    pub source: Arc<str>,
    /// Of which entity.
    pub entity: EntityId,
    /// Its name.
    pub name: Arc<str>,
    /// Its values.
    pub set: Vec<(FieldId, Setting)>,
    /// Where it is declared.
    pub place: Place,
}

/// Loads the data documents of the model in force.
///
/// # Errors
/// When the database cannot be read or written. A row that cannot be loaded is no error: see [`Loaded::findings`].
pub async fn load(engine: &Engine, which: Which) -> Result<Loaded, Refusal> {
    let live = engine.live();
    let sets = live.model.data.iter().filter(|set| which == Which::Demo || !set.demo);
    rows(engine, &live, sets.flat_map(of_set).collect(), Via::Data).await
}

/// Makes the records that a scenario begins with.
///
/// # Errors
/// As [`load`].
pub(crate) async fn give(engine: &Engine, given: &[Given]) -> Result<Loaded, Refusal> {
    let live = engine.live();
    let rows = given.iter().map(|given| Row {
        source: "given".into(),
        entity: given.entity,
        name: Arc::clone(&given.name),
        set: given.set.clone(),
        place: given.place.clone(),
    });
    self::rows(engine, &live, rows.collect(), Via::Test).await
}

fn of_set(set: &DataSet) -> impl Iterator<Item = Row> {
    set.rows.iter().map(|row| Row {
        source: Arc::clone(&set.name),
        entity: set.entity,
        name: Arc::clone(&row.name),
        set: row.set.clone(),
        place: row.place.clone(),
    })
}

async fn rows(engine: &Engine, live: &Arc<Live>, rows: Vec<Row>, via: Via) -> Result<Loaded, Refusal> {
    let known = engine.read(|_, _, tx| Ok(Known::new(data_row::prints(tx)?, data_row::known(tx)?))).await?;
    let order = order::order(&live.model, &rows);
    let mut loaded = Loaded::default();
    loaded.findings.extend(circle(&rows, &order.stuck));
    let fills: Arc<[Fill]> = fills(&live.layout, &order.steps, &rows, &known).into();
    let rows: Arc<[Row]> = rows.into();
    let task = Arc::new(Load::new(Arc::clone(&rows), via));
    let mut failed: HashSet<usize> = HashSet::new();
    let mut at = 0;
    while at < fills.len() {
        let slice = slice::run(engine, live, &task, &fills, at).await?;
        for (fill, result) in fills.iter().skip(at).zip(&slice.results) {
            match result {
                Ok(Effect::Created) => loaded.created += 1,
                Ok(Effect::Updated) => loaded.updated += 1,
                Ok(_) => {}
                // A row that could not be made fails again where its circle is to be closed; that is not told twice.
                Err(refusal) if failed.insert(fill.row) => loaded.findings.push(finding(&rows[fill.row], refusal)),
                Err(_) => {}
            }
        }
        at += slice.results.len().max(1);
    }
    Ok(loaded)
}

/// What the database knows of rows.
struct Known {
    /// What each said last, by its document and name.
    prints: HashMap<(Arc<str>, Arc<str>), Print>,
    /// Those that became records.
    records: data_row::Rows,
}

impl Known {
    fn new(prints: Vec<Print>, records: data_row::Rows) -> Self {
        let prints = prints.into_iter().map(|print| ((Arc::clone(&print.document), Arc::clone(&print.name)), print));
        Self { prints: prints.collect(), records }
    }

    /// What a row said when it was last given to its record. One whose record was pruned with its table is met anew.
    fn print(&self, layout: &Layout, row: &Row) -> Option<&Print> {
        let table = layout.table_name(row.entity);
        let print = self.prints.get(&(Arc::clone(&row.source), Arc::clone(&row.name)));
        print.filter(|_| self.records.contains(&(table, Arc::clone(&row.name))))
    }
}

/// The steps that have something to give: rows whose text is new or changed, with those fields alone.
fn fills(layout: &Layout, steps: &[Step], rows: &[Row], known: &Known) -> Vec<Fill> {
    let mut fills = Vec::new();
    for step in steps {
        let row = &rows[step.row];
        let print = print::of(layout, row);
        let before = known.print(layout, row);
        let fresh = |field: &FieldId| !print::is_same(layout, row, *field, &print, before);
        let fields: Vec<FieldId> = step.fields.iter().copied().filter(fresh).collect();
        // A row without values makes a record too, the first time.
        if !fields.is_empty() || (before.is_none() && !step.closes) {
            let print = if step.closes { print } else { print::partial(layout, row, &step.fields, &print, before) };
            fills.push(Fill { row: step.row, fields, print });
        }
    }
    fills
}

fn finding(row: &Row, refusal: &Refusal) -> Diagnostic {
    let told = |error: &FieldError| match (&*error.field, error.message.text(Locale::EN)) {
        // What is wrong with the record as a whole.
        ("", message) => message,
        (field, message) => format!("`{field}`: {message}"),
    };
    let mut why: Vec<String> = refusal.errors.iter().map(told).collect();
    if why.is_empty() {
        why.push(refusal.detail.text(Locale::EN));
    }
    Diagnostic::error(
        code::DATA_ROW,
        &row.place,
        format!("row `{}` of `{}` cannot be loaded: {}", row.name, row.source, why.join("; ")),
    )
}

/// Rows that cannot be made because each needs another first.
fn circle(rows: &[Row], stuck: &[usize]) -> Option<Diagnostic> {
    let (first, others) = stuck.split_first()?;
    let names: Vec<String> = stuck.iter().map(|at| format!("`{}`", rows[*at].name)).collect();
    let message = format!("the rows {} need each other first, by fields that are required", names.join(", "));
    let finding = Diagnostic::error(code::DATA_ROW, &rows[*first].place, message);
    let finding = others
        .iter()
        .fold(finding, |finding, at| finding.label(&rows[*at].place, "also in the circle, or waiting for it"));
    Some(finding.help("let one of the references be given later, by a field that is not required"))
}
