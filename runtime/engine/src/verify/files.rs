//! Whether the files of records are whole: each has its bytes, they are what they were, and nothing lies there for nobody.
//!
//! All bytes are read, each content once. What looks wrong is looked at again, since files come and go meanwhile: bytes
//! are there after the database says so, and go before it stops saying so. Nothing is mended here: bytes that are lost
//! come back from a backup, and what nobody needs goes by itself where the database knows of it.

use std::io::{ErrorKind, Read as _};
use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Cursor, Filter, Query};
use fichero_store::system::file::{self, File};
use sha2::{Digest as _, Sha256};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::files::ids;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// How many files, contents or records are looked at in a transaction.
const BATCH: i64 = 200;

/// As many bytes are read at once.
const PIECE: usize = 256 * 1024;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file; nothing for bytes of none.
    pub file: Option<Id>,
    /// What it is called; nothing where that is not known.
    pub name: Option<Arc<str>>,
    /// What has it.
    pub holder: Option<Holder>,
    /// What is wrong.
    pub what: Wrong,
}

/// A record that has a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The entity's name; that of its table where the definitions have it no more.
    pub entity: Arc<str>,
    /// The record.
    pub record: Id,
    /// The field's name; that of its column where the definitions have it no more.
    pub field: Arc<str>,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Its bytes are not there.
    Missing {
        /// The hash they should have.
        hash: Arc<str>,
    },
    /// Its bytes cannot be read.
    Unreadable {
        /// The hash they should have.
        hash: Arc<str>,
        /// Why.
        why: String,
    },
    /// Its bytes are others than were kept.
    Other {
        /// The hash they should have.
        hash: Arc<str>,
        /// The hash they have.
        found: String,
    },
    /// The record that it belongs to is not there any more.
    Orphaned,
    /// A record holds it, and nothing is known of it; or it is another record's.
    Unknown,
    /// Bytes that the database does not know of.
    Stray {
        /// The hash under which they lie.
        hash: Arc<str>,
    },
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesFound {
    /// Files that are known.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// What is wrong.
    pub faults: u64,
}

/// Looks at all files, and tells of each fault.
///
/// # Errors
/// When the database cannot be read, or the place of files cannot be listed.
pub async fn files(engine: &Engine, mut tell: impl FnMut(Fault)) -> Result<FilesFound, Refusal> {
    let mut found = FilesFound::default();
    let mut note = |found: &mut FilesFound, faults: Vec<Fault>| {
        found.faults += faults.len() as u64;
        faults.into_iter().for_each(&mut tell);
    };
    let strays = strays(engine).await?;
    let mut hash: Arc<str> = Arc::from("");
    loop {
        let from = Arc::clone(&hash);
        let contents = engine.read(move |_, _, tx| Ok(file::contents(tx, &from, BATCH)?)).await?;
        let Some((last, _)) = contents.last() else { break };
        hash = Arc::clone(last);
        for (hash, size) in contents {
            let faults = content(engine, &hash).await?;
            if faults.is_empty() {
                found.bytes += u64::try_from(size).unwrap_or(0);
            }
            note(&mut found, faults);
        }
    }
    let mut id = None;
    loop {
        let (count, last, faults) = orphans(engine, id).await?;
        found.files += count;
        note(&mut found, faults);
        id = last;
        if id.is_none() {
            break;
        }
    }
    let live = engine.live();
    for (entity, definition) in live.model.all_entities() {
        let is_file = |field: &fichero_model::entity::Field| matches!(field.kind, Kind::File(_)) && field.is_stored();
        let fields: Vec<FieldId> =
            definition.all_fields().filter(|(_, field)| is_file(field)).map(|(id, _)| id).collect();
        if fields.is_empty() {
            continue;
        }
        let mut after = None;
        loop {
            let (faults, next) = held(engine, entity, fields.clone(), after).await?;
            note(&mut found, faults);
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    note(&mut found, strays);
    Ok(found)
}

/// Reads a content, and tells of the files that it fails.
async fn content(engine: &Engine, hash: &Arc<str>) -> Result<Vec<Fault>, Refusal> {
    let Some(what) = wrong(engine, hash).await? else { return Ok(Vec::new()) };
    let of = Arc::clone(hash);
    // Nobody needs it where no file has it, or has it no more by now.
    engine
        .read(move |_, live, tx| {
            let files = file::of_hash(tx, &of)?;
            Ok(files.iter().map(|file| fault(&live, file, what.clone())).collect())
        })
        .await
}

/// What is wrong with the bytes of a content.
async fn wrong(engine: &Engine, hash: &Arc<str>) -> Result<Option<Wrong>, Refusal> {
    let (engine, hash) = (engine.clone(), Arc::clone(hash));
    let reading = tokio::task::spawn_blocking(move || {
        let read = || -> std::io::Result<String> {
            let mut content = engine.files().open(&hash)?;
            let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
            loop {
                match content.read(&mut piece)? {
                    0 => break,
                    count => digest.update(piece.get(..count).unwrap_or_default()),
                }
            }
            Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
        };
        match read() {
            Ok(found) if *found == *hash => None,
            Ok(found) => Some(Wrong::Other { hash, found }),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(Wrong::Missing { hash }),
            Err(error) => Some(Wrong::Unreadable { hash, why: error.to_string() }),
        }
    });
    reading.await.map_err(|error| Refusal::internal("verify", &error))
}

/// Some files: those whose record is not there any more, how many they are, and where to go on.
async fn orphans(engine: &Engine, after: Option<Id>) -> Result<(u64, Option<Id>, Vec<Fault>), Refusal> {
    engine
        .read(move |engine, live, tx| {
            let files = file::after(tx, after, BATCH)?;
            let actor = Actor::system(Via::System);
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Load);
            let faults = work.gather(|| {
                let mut faults = Vec::new();
                for file in &files {
                    if let Some(record) = owner(&live, file)
                        && work.any(record)?.is_none()
                    {
                        faults.push(fault(&live, file, Wrong::Orphaned));
                    }
                }
                Ok(faults)
            })?;
            Ok((files.len() as u64, files.last().map(|file| file.id), faults))
        })
        .await
}

/// Some records: what they hold that is no file of theirs, and where to go on.
async fn held(
    engine: &Engine,
    entity: EntityId,
    fields: Vec<FieldId>,
    after: Option<Cursor>,
) -> Result<(Vec<Fault>, Option<Cursor>), Refusal> {
    engine
        .read(move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Load);
            let limit = usize::try_from(BATCH).unwrap_or(usize::MAX);
            let query = Query { after: after.as_ref(), ..Query::new(Filter::all(entity), limit) };
            let (page, _) = work.page(&query, None)?;
            let faults = work.gather(|| {
                let mut faults = Vec::new();
                for row in &page.rows {
                    for field in &fields {
                        unknown(&work, row, *field, &mut faults)?;
                    }
                }
                Ok(faults)
            })?;
            Ok((faults, page.next))
        })
        .await
}

fn unknown(work: &Work<'_>, row: &Row, field: FieldId, faults: &mut Vec<Fault>) -> Result<(), Refusal> {
    let definition = &work.live.model[row.entity];
    let Some(record) = row.id() else { return Ok(()) };
    for id in ids(&definition[field], row.get(field)) {
        let file = work.file(id)?;
        let is_its = file.as_ref().is_some_and(|file| file.owner.as_ref().is_some_and(|owner| owner.record == record));
        if !is_its {
            let (entity, field) = (Arc::clone(&definition.name), Arc::clone(&definition[field].name));
            let holder = Some(Holder { entity, record, field });
            faults.push(Fault { file: Some(id), name: file.map(|file| file.name), holder, what: Wrong::Unknown });
        }
    }
    Ok(())
}

/// Bytes that the database does not know of.
async fn strays(engine: &Engine) -> Result<Vec<Fault>, Refusal> {
    let files = Arc::clone(engine.files());
    let broken = |why: &dyn std::fmt::Display| Refusal::internal("files cannot be listed", why);
    let listing = tokio::task::spawn_blocking(move || files.list());
    let hashes = listing.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
    let mut strays = Vec::new();
    for hash in hashes {
        let asked = hash.clone();
        if engine.read(move |_, _, tx| Ok(file::is_content(tx, &asked)?)).await? {
            continue;
        }
        // What was taken away meanwhile lies there no more.
        if engine.files().open(&hash).is_ok() {
            strays.push(Fault { file: None, name: None, holder: None, what: Wrong::Stray { hash: hash.into() } });
        }
    }
    Ok(strays)
}

/// The record that a file belongs to; nothing where it belongs to none, or to one of an entity that is no more.
fn owner(live: &Live, file: &File) -> Option<Ref> {
    let owner = file.owner.as_ref()?;
    let (entity, _) = live.model.all_entities().find(|(id, _)| live.layout.table_name(*id) == owner.entity)?;
    Some(Ref { entity, id: owner.record })
}

fn fault(live: &Live, file: &File, what: Wrong) -> Fault {
    let holder = file.owner.as_ref().map(|of| {
        let entity = owner(live, file).map(|record| record.entity);
        let field = entity.and_then(|entity| {
            let mut fields = live.model[entity].all_fields();
            fields.find(|(id, _)| live.layout.column_name(entity, *id) == of.field)
        });
        Holder {
            entity: entity.map_or_else(|| Arc::clone(&of.entity), |entity| Arc::clone(&live.model[entity].name)),
            record: of.record,
            field: field.map_or_else(|| Arc::clone(&of.field), |(_, field)| Arc::clone(&field.name)),
        }
    });
    Fault { file: Some(file.id), name: Some(Arc::clone(&file.name)), holder, what }
}
