//! Records to a file: any list, in its order, as CSV, JSON lines or a workbook.
//!
//! A list is read page by page through the same questions as every list, each page one hop, so memory does not grow with
//! the rows; no record stands twice in the file or is left out while others come and go. What it walks to is read in one
//! statement per entity and page, and so are the names of the records it refers to.
//!
//! What always holds: an import of the file gives the records back (`value::guard` and the modules beneath say how), and a
//! spreadsheet that opens it runs nothing of what somebody wrote into a record.

mod cell;
mod column;
mod name;
mod sheet;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::{Expr, Row};
use fichero_model::page;
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use fichero_store::query::{Cursor, Filter, Query, Trash};

use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::policy::{self, ReadPath};
use crate::read::list::{self, ListRequest};
use crate::read::show;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::write::{Loose, Object, Of};
use cell::Cells;
use column::{Column, Part};
use name::Names;
use sheet::{Sheet, Typed};

/// How many records a page holds.
const PAGE: usize = 1_000;

/// How many bytes of a finished workbook are given at a time.
const CHUNK: usize = 1 << 16;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 in UTF-8.
    Csv {
        /// The sign between cells.
        delimiter: u8,
        /// Whether the file begins with the mark by which some programs tell UTF-8.
        bom: bool,
    },
    /// A record a line, as the HTTP interface writes it.
    JsonLines,
    /// A workbook of Excel.
    Xlsx,
}

impl Format {
    /// CSV with commas.
    pub const CSV: Self = Format::Csv { delimiter: b',', bom: false };

    /// The format of a name: `csv`, `jsonl`, `xlsx`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::CSV),
            "jsonl" => Some(Format::JsonLines),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }

    /// What a file of this format is called behind its point.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Csv { .. } => "csv",
            Format::JsonLines => "jsonl",
            Format::Xlsx => "xlsx",
        }
    }

    /// The type of such a file on the web.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Csv { .. } => "text/csv; charset=utf-8; header=present",
            Format::JsonLines => "application/jsonl",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Which records, and what of them.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Conditions that must all hold, portable.
    pub conditions: Vec<Arc<Expr>>,
    /// Fields with the value they must have.
    pub equals: Vec<(FieldId, Value)>,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// Those in the trash.
    pub trash: bool,
    /// Fields and paths; what was given, or in JSON lines all that the HTTP interface shows, when nothing is named.
    pub fields: Vec<String>,
    /// Instead of fields, the columns of a view; those of sensitive fields are left out.
    pub columns: Vec<page::Column>,
}

impl Question {
    /// What a request asks for.
    ///
    /// # Errors
    /// What cannot be understood, by name.
    pub fn read(model: &Model, entity: EntityId, request: &ListRequest, fields: Vec<String>) -> Result<Self, Refusal> {
        let prepared = list::prepare(model, entity, request)?;
        Ok(Self {
            conditions: prepared.filter,
            equals: prepared.equals,
            sort: prepared.sort,
            trash: request.trash,
            fields,
            columns: Vec::new(),
        })
    }

    fn filter(&self, entity: EntityId) -> Filter<'_> {
        let conditions = self.conditions.iter().map(|condition| &**condition).collect();
        let trash = if self.trash { Trash::Trashed } else { Trash::Living };
        Filter { entity, conditions, equals: self.equals.clone(), trash, ..Filter::all(entity) }
    }
}

/// Why a file could not be written.
#[derive(Debug)]
pub enum Error {
    /// The export was refused, or the database failed.
    Refused(Refusal),
    /// The file cannot hold what is to be written, or the disk is full.
    File(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(refusal) => f.write_str(&refusal.to_text(fichero_model::label::Locale::EN)),
            Error::File(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(refusal)
    }
}

/// An export under way. It gives its file piece by piece.
pub struct Export {
    engine: Engine,
    asked: Arc<Asked>,
    stage: Stage,
    rows: u64,
}

/// What a page is read for.
struct Asked {
    actor: Actor,
    entity: EntityId,
    question: Question,
    format: Format,
    columns: Vec<Column>,
    names: Names,
}

/// How far an export is.
enum Stage {
    /// Nothing was given yet.
    Beginning,
    /// The page behind a cursor comes next, or the first one.
    Reading(Option<Cursor>, Option<Box<Sheet>>),
    /// A workbook is done, and given piece by piece.
    Giving(File),
    /// All was given.
    Over,
}

/// A page, written.
struct Page {
    rows: usize,
    next: Option<Cursor>,
    written: Pieces,
}

enum Pieces {
    Bytes(Vec<u8>),
    Rows(Vec<Vec<Typed>>),
}

impl Engine {
    /// Begins to export a list.
    ///
    /// # Errors
    /// When it may not be exported, or a field cannot.
    pub fn export(
        &self,
        actor: &Actor,
        entity: EntityId,
        question: Question,
        format: Format,
    ) -> Result<Export, Refusal> {
        policy::may_read(actor, ReadPath::Export)?;
        let live = self.live();
        let model = &live.model;
        let columns = match (question.fields.is_empty(), format) {
            _ if !question.columns.is_empty() => column::of_view(model, &question.columns),
            (true, Format::JsonLines) => column::shown(model, entity),
            (true, Format::Csv { .. } | Format::Xlsx) => column::given(model, entity),
            (false, Format::JsonLines) => column::members(column::named(model, entity, &question.fields)?),
            (false, Format::Csv { .. } | Format::Xlsx) => column::named(model, entity, &question.fields)?,
        };
        let names = Names::default();
        let asked = Arc::new(Asked { actor: actor.clone(), entity, question, format, columns, names });
        // What the request says means something in this model alone.
        Ok(Export { engine: self.pinned_to(live), asked, stage: Stage::Beginning, rows: 0 })
    }
}

impl Export {
    /// How many records were written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many records there are in all, now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count(&self) -> Result<u64, Refusal> {
        let asked = Arc::clone(&self.asked);
        self.engine
            .read(move |engine, live, tx| {
                let work = engine.work(live, tx, &asked.actor, Mode::Live);
                let counts = work.counts(vec![asked.question.filter(asked.entity)], u32::MAX - 1)?;
                Ok(counts.first().copied().unwrap_or(0))
            })
            .await
    }

    /// The next piece of the file, which may be empty; nothing at its end. A workbook is given when all was read. Writing
    /// it blocks the thread now and then.
    ///
    /// # Errors
    /// When the database cannot be read, or the file cannot hold a value.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Beginning => {
                let (bytes, sheet) = self.begin()?;
                self.stage = Stage::Reading(None, sheet.map(Box::new));
                Ok(Some(bytes))
            }
            Stage::Reading(after, sheet) => self.read(after, sheet).await.map(Some),
            Stage::Giving(file) => self.give(file),
            Stage::Over => Ok(None),
        }
    }

    fn begin(&self) -> Result<(Vec<u8>, Option<Sheet>), Error> {
        let model = &self.engine.live().model;
        let Asked { entity, format, columns, actor, .. } = &*self.asked;
        Ok(match format {
            Format::JsonLines => (Vec::new(), None),
            Format::Csv { delimiter, bom } => {
                let mark = if *bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
                let mut writer = csv_writer(*delimiter, mark);
                written(writer.write_record(columns.iter().map(|column| column.name.as_str())))?;
                (bytes_of(writer)?, None)
            }
            Format::Xlsx => {
                let headings = columns.iter().map(|column| column.heading(model, *entity, actor.locale));
                let sheet = Sheet::new(model[*entity].plural.get(actor.locale), headings.collect());
                (Vec::new(), Some(sheet))
            }
        })
    }

    async fn read(&mut self, after: Option<Cursor>, sheet: Option<Box<Sheet>>) -> Result<Vec<u8>, Error> {
        let asked = Arc::clone(&self.asked);
        let page = self.engine.read(move |engine, live, tx| {
            read_page(&engine.work(live, tx, &asked.actor, Mode::Live), &asked, after.as_ref())
        });
        let Page { rows, next, written } = page.await?;
        self.rows += rows as u64;
        match (written, sheet) {
            (Pieces::Rows(rows), Some(sheet)) => {
                // Packing a large workbook takes a while, in which this thread may serve others.
                let add = move || add(sheet, &rows, next);
                let added = tokio::task::spawn_blocking(add).await;
                self.stage = added.unwrap_or_else(|_| Err(Error::File("writing the workbook broke off".to_owned())))?;
                Ok(Vec::new())
            }
            (Pieces::Bytes(bytes), sheet) => {
                self.stage = next.map_or(Stage::Over, |next| Stage::Reading(Some(next), sheet));
                Ok(bytes)
            }
            (Pieces::Rows(_), None) => Err(Error::File("the workbook was not begun".to_owned())),
        }
    }

    fn give(&mut self, mut file: File) -> Result<Option<Vec<u8>>, Error> {
        let mut bytes = Vec::with_capacity(CHUNK);
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = (&mut file).take(limit).read_to_end(&mut bytes);
        if read.map_err(|error| Error::File(format!("the workbook cannot be read back: {error}")))? == 0 {
            return Ok(None);
        }
        self.stage = Stage::Giving(file);
        Ok(Some(bytes))
    }
}

/// Adds the rows of a page to a workbook, and ends it behind the last page.
fn add(mut sheet: Box<Sheet>, rows: &[Vec<Typed>], next: Option<Cursor>) -> Result<Stage, Error> {
    rows.iter().try_for_each(|row| sheet.write(row))?;
    match next {
        Some(next) => Ok(Stage::Reading(Some(next), Some(sheet))),
        None => sheet.end().map(Stage::Giving),
    }
}

/// Reads a page and writes its rows.
fn read_page(work: &Work<'_>, asked: &Asked, after: Option<&Cursor>) -> Result<Page, Refusal> {
    policy::may_read(work.actor, ReadPath::Export)?;
    let query = Query { sort: &asked.question.sort, after, ..Query::new(asked.question.filter(asked.entity), PAGE) };
    let (found, _) = work.page(&query, None)?;
    let written = match asked.format {
        Format::JsonLines => Pieces::Bytes(lines(work, asked, &found.rows)?),
        Format::Csv { delimiter, .. } => {
            let mut writer = csv_writer(delimiter, Vec::new());
            let mut result = Ok(());
            rows(work, asked, &found.rows, |cells, values| {
                let texts = asked.columns.iter().zip(values).map(|(column, value)| cells.text(column, value));
                if result.is_ok() {
                    result = writer.write_record(texts);
                }
            })?;
            Pieces::Bytes(written(result).and_then(|()| bytes_of(writer)).map_err(unwritable)?)
        }
        Format::Xlsx => {
            let mut typed = Vec::with_capacity(found.rows.len());
            rows(work, asked, &found.rows, |cells, values| {
                let row = asked.columns.iter().zip(values).map(|(column, value)| Typed::of(cells, column, value));
                typed.push(row.collect());
            })?;
            Pieces::Rows(typed)
        }
    };
    Ok(Page { rows: found.rows.len(), next: found.next, written })
}

/// The values of records, column by column, and the names of those they refer to, row by row.
fn rows(
    work: &Work<'_>,
    asked: &Asked,
    rows: &[Arc<Row>],
    mut write: impl FnMut(&Cells<'_>, &[Value]),
) -> Result<(), Refusal> {
    let values = work.gather(|| {
        let of = |row: &Arc<Row>| asked.columns.iter().map(|column| column.value(work, row)).collect();
        rows.iter().map(of).collect::<Result<Vec<Vec<Value>>, _>>()
    })?;
    let model = &work.live.model;
    let refers = |column: &Column| column.part == Part::Value && column.field.1 != System::Id.field();
    let named = asked.columns.iter().enumerate().filter(|(_, column)| refers(column)).map(|(at, _)| at);
    let named: Vec<usize> = named.collect();
    let records: HashSet<_> = values
        .iter()
        .flat_map(|row| named.iter().filter_map(|at| row.get(*at)))
        .flat_map(Value::items)
        .filter_map(Value::as_ref)
        .collect();
    let names = if records.is_empty() { HashMap::new() } else { asked.names.of(work, records)? };
    let cells = Cells { model, names: &names };
    values.iter().for_each(|row| write(&cells, row));
    Ok(())
}

fn lines(work: &Work<'_>, asked: &Asked, rows: &[Arc<Row>]) -> Result<Vec<u8>, Refusal> {
    work.gather(|| {
        let mut out = Vec::with_capacity(rows.len() * 256);
        for row in rows {
            let mut object = Object::begin(&mut out);
            for column in &asked.columns {
                match column.own_field() {
                    Some(id) => show::exported(work, row, id, &mut object)?,
                    None => member(work, column, &column.value(work, row)?, &mut object)?,
                }
            }
            object.end();
            out.push(b'\n');
        }
        Ok(out)
    })
}

/// Writes what stands at the end of a path, under the path's name.
fn member(work: &Work<'_>, column: &Column, value: &Value, object: &mut Object<'_>) -> Result<(), Refusal> {
    let (model, out) = (&work.live.model, object.member(&column.name));
    let field = column.declared(model);
    let written = match (column.part, value) {
        (Part::Value, value) => serde_json::to_writer(out, &Of { model, field, value }),
        (Part::Currency, Value::Money(money)) => serde_json::to_writer(out, money.currency.as_str()),
        (Part::Base, value @ Value::Money(_)) => serde_json::to_writer(out, &Loose(value)),
        (Part::Currency | Part::Base, _) => serde_json::to_writer(out, &()),
    };
    written.map_err(|error| Refusal::internal("json", &error))
}

fn csv_writer(delimiter: u8, begun: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(begun)
}

fn written(result: Result<(), csv::Error>) -> Result<(), Error> {
    result.map_err(|error| Error::File(format!("a row cannot be written: {error}")))
}

fn bytes_of(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, Error> {
    writer.into_inner().map_err(|error| Error::File(format!("a row cannot be written: {error}")))
}

fn unwritable(error: Error) -> Refusal {
    match error {
        Error::Refused(refusal) => refusal,
        Error::File(message) => Refusal::internal("csv", &message),
    }
}
