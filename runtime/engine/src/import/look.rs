//! A look at a file before it is imported: what it was taken for, its first rows, and what each column seems to fill.

use std::io::BufReader;
use std::sync::Arc;

use fichero_model::data::{Quoting, Reading};
use fichero_model::{EntityId, FieldId, Id};
use fichero_store::system::file::File;

use super::asked::delimiter_word;
use super::guess::{self, Guess};
use super::source::Source;
use super::{Error, encoding_named, may_be_filled};
use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::policy::{self, Action};
use crate::refusal::Refusal;

/// How many rows are shown.
const ROWS: usize = 8;

/// The most characters of a cell that are shown.
const MOST_OF_CELL: usize = 60;

/// What a file was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The file.
    pub file: File,
    /// The names of its columns.
    pub headers: Vec<String>,
    /// Its first rows.
    pub rows: Vec<Vec<String>>,
    /// `csv`, `xlsx` or `jsonl`.
    pub format: &'static str,
    /// The sign between cells, of a text.
    pub delimiter: Option<String>,
    /// The quotes around cells, of a text: `double`, `single`, `none`.
    pub quotes: Option<&'static str>,
    /// The encoding that was said, of a text.
    pub encoding: Option<Arc<str>>,
    /// What each column seems to fill.
    pub guess: Guess,
    /// The fields that a column may fill.
    pub fields: Vec<FieldId>,
}

impl Engine {
    /// Looks at an uploaded file.
    ///
    /// # Errors
    /// When there is none, it is no table, or the actor may not import.
    pub async fn look_at_import(
        &self,
        actor: &Actor,
        entity: EntityId,
        file: Id,
        reading: Reading,
    ) -> Result<Look, Refusal> {
        let live = self.live();
        policy::may(actor, &live.model, entity, Action::Import)?;
        let file = self.import_file(actor, file).await?;
        let engine = self.clone();
        let look = move || {
            let open = || Ok::<_, Refusal>(BufReader::new(engine.open_file(&file)?));
            let mut source = Source::open(open()?, &file.name, &reading).map_err(Error::into_refusal)?;
            let lines = source.read(ROWS).map_err(Error::into_refusal)?;
            let shown = |cell: &[u8]| -> String { String::from_utf8_lossy(cell).chars().take(MOST_OF_CELL).collect() };
            let rows = lines.iter().map(|line| line.cells.iter().map(shown).collect()).collect();
            let (format, style) = (source.format(), source.style());
            let is_text = format == "csv";
            let quotes = match (style.quote, reading.quoting) {
                (Some(b'\''), _) => "single",
                (None, _) | (_, Some(Quoting::None)) => "none",
                (Some(_), _) => "double",
            };
            let headers = source.headers().to_vec();
            let guess =
                guess::guess(&live.model, entity, open()?, &file.name, &reading).map_err(Error::into_refusal)?;
            let definition = &live.model[entity];
            let fields = definition.all_fields().filter(|(id, field)| may_be_filled(*id, field, Mode::Load));
            Ok(Look {
                headers,
                rows,
                format,
                delimiter: is_text.then(|| delimiter_word(style.delimiter)),
                quotes: is_text.then_some(quotes),
                encoding: reading.encoding.as_deref().and_then(encoding_named).map(Into::into),
                guess,
                fields: fields.map(|(id, _)| id).collect(),
                file,
            })
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|error| Refusal::internal("a file is looked at", &error))?
    }
}
