//! A mapping guessed from the headings and the first rows of a file: which field each column fills, how sure that is, and
//! why. Nothing is imported by it: people look at it, change it and keep it.
//!
//! A heading says most: the name of a field, a label in any language, a former name, or words of them. Values confirm or
//! contradict it, and tell dates and numbers apart from texts; where a heading says nothing, values that can be of one
//! field alone (mail addresses, phone numbers, options, dates) are a weak sign by themselves.

mod name;
mod sample;

use std::io::Read;

use fichero_model::data::Reading;
use fichero_model::entity::{Entity, Field};
use fichero_model::{EntityId, FieldId, Model};

use super::header::may_be_filled;
use super::source::Source;
use super::{Error, reject};
use crate::command::Mode;
use sample::Samples;

/// How many rows are looked at.
const ROWS: usize = 500;

/// How sure a guess is at least, in percent.
const LEAST: u8 = 40;

/// A guessed mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The columns of the file in order.
    pub columns: Vec<Column>,
    /// The fields by which rows find records that are there.
    pub matching: Vec<String>,
    /// How many rows were looked at.
    pub rows: usize,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub header: String,
    /// What it fills, if that can be said.
    pub fills: Option<Filled>,
}

/// What a column is taken to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The name of the field.
    pub field: String,
    /// How sure that is, in percent.
    pub sure: u8,
    /// Why, and what speaks against it: a sentence each.
    pub why: Vec<String>,
    /// How its dates or numbers are written, where that must be said.
    pub formats: Vec<String>,
    /// Texts that mean nothing.
    pub nothing: Vec<String>,
}

/// Guesses how a file fills an entity.
///
/// # Errors
/// When the file cannot be read as a table.
pub fn guess(
    model: &Model,
    entity: EntityId,
    file: impl Read,
    called: &str,
    reading: &Reading,
) -> Result<Guess, Error> {
    let mut source = Source::open(file, called, reading)?;
    let headers = source.headers().to_vec();
    let lines = source.read(ROWS)?;
    // A row of another width has its cells elsewhere.
    let even = lines.iter().filter(|line| line.flaw.is_none() && line.cells.len() == headers.len());
    let columns: Vec<Samples> = (0..headers.len()).map(|at| Samples::of(even.clone(), at)).collect();
    let definition = &model[entity];
    let fields: Vec<(FieldId, &Field)> =
        definition.all_fields().filter(|(id, field)| may_be_filled(*id, field, Mode::Load)).collect();
    let mut proposed: Vec<(usize, FieldId, Filled)> = Vec::new();
    for (at, (header, samples)) in headers.iter().zip(&columns).enumerate() {
        if header.is_empty() || header == reject::WHY {
            continue;
        }
        let of_header =
            fields.iter().filter_map(|(id, field)| Some((at, *id, filled(model, definition, header, samples, field)?)));
        let (named, telling): (Vec<_>, Vec<_>) =
            of_header.partition(|(_, id, _)| name::likeness(header, definition, &definition[*id], samples).is_some());
        // What the values alone say counts where they can be of one field.
        if telling.len() == 1 {
            proposed.extend(telling);
        }
        proposed.extend(named);
    }
    proposed.sort_by_key(|(at, _, filled)| (u8::MAX - filled.sure, *at));
    let mut taken: Vec<(usize, FieldId, Filled)> = Vec::new();
    for (at, id, filled) in proposed {
        if filled.sure >= LEAST && taken.iter().all(|(other, field, _)| *other != at && *field != id) {
            taken.push((at, id, filled));
        }
    }
    taken.sort_by_key(|(at, ..)| *at);
    let matching = taken.iter().filter(|(_, id, _)| definition[*id].external).map(|(.., filled)| filled.field.clone());
    let matching = matching.collect();
    let mut taken = taken.into_iter().peekable();
    let columns = headers.into_iter().enumerate().map(|(at, header)| {
        let fills = taken.next_if(|(column, ..)| *column == at).map(|(.., filled)| filled);
        Column { header, fills }
    });
    Ok(Guess { columns: columns.collect(), matching, rows: lines.len() })
}

/// What speaks for a column filling a field.
fn filled(model: &Model, definition: &Entity, header: &str, samples: &Samples, field: &Field) -> Option<Filled> {
    let fit = samples.fit(model, field);
    let named = name::likeness(header, definition, field, samples);
    let (mut sure, mut why) = match named {
        Some((sure, why)) => (u32::from(sure), vec![why]),
        None => (u32::from(fit.telling?), Vec::new()),
    };
    if samples.count() > 0 {
        sure = match fit.percent {
            95.. => sure,
            50..95 => sure * 8 / 10,
            _ => sure * 3 / 10,
        };
        why.extend(fit.why);
    }
    Some(Filled {
        field: field.name.to_string(),
        sure: u8::try_from(sure.min(100)).unwrap_or(100),
        why,
        formats: fit.formats,
        nothing: samples.nothing().to_vec(),
    })
}
