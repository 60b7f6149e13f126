//! Who sees a file: those who see the record that it belongs to; its uploader alone where it belongs to none.

use fichero_model::{Id, Ref};
use fichero_store::system::file::{self, File};
use serde_json::{Value as Json, json};

use super::Content;
use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

/// What is told of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The file.
    pub file: File,
    /// The record it belongs to.
    pub record: Option<Ref>,
}

/// A file as it stands in the JSON of the record that has it.
pub fn json(file: &File) -> Json {
    json!({
        "id": file.id.to_string(),
        "name": &*file.name,
        "type": &*file.media,
        "size": file.size,
        "hash": &*file.hash,
        "url": url(file.id),
    })
}

/// Where the bytes of a file are.
pub fn url(id: Id) -> String {
    format!("/api/files/{id}/content")
}

impl Engine {
    /// What is known of a file.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn file(&self, actor: &Actor, id: Id) -> Result<Described, Refusal> {
        let actor = actor.clone();
        self.read(move |engine, live, tx| seen(&engine.work(live, tx, &actor, Mode::Live), id)).await
    }

    /// The bytes of a file that was described.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn open_file(&self, file: &File) -> Result<Box<dyn Content>, Refusal> {
        let opened = self.files().open(&file.hash);
        opened.map_err(|error| Refusal::internal(&format!("the bytes of file {}", file.id), &error))
    }
}

/// A file, if this person sees it.
///
/// # Errors
/// When there is none, or not for this person.
pub(crate) fn seen(work: &Work<'_>, id: Id) -> Result<Described, Refusal> {
    policy::may_read(work.actor, ReadPath::File)?;
    let file = work.with(|tx| file::many(tx, &[id]))?.pop().ok_or_else(Refusal::not_found)?;
    let Some(owner) = &file.owner else {
        return match work.actor.user.map(|user| user.id) == file.created_by {
            true => Ok(Described { file, record: None }),
            false => Err(Refusal::not_found()),
        };
    };
    // An entity that left the model has no records that anybody could see.
    let entities = work.live.model.all_entities();
    let entity = entities.map(|(id, _)| id).find(|id| work.live.layout.table_name(*id) == owner.entity);
    let record = Ref { entity: entity.ok_or_else(Refusal::not_found)?, id: owner.record };
    policy::may_read(work.actor, ReadPath::Get)?;
    work.any(record)?.ok_or_else(Refusal::not_found)?;
    Ok(Described { file, record: Some(record) })
}
