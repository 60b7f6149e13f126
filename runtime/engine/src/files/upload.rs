//! Taking in a file: its bytes as they come, then the row that says it is there.

use std::io::Write as _;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_store::system::file::{self, File};
use fichero_store::{Isolation, Priority};
use sha2::{Digest as _, Sha256};

use super::{Incoming, name, sniff};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::files;
use crate::refusal::{Kind, Refusal};
use crate::value::check::Problem;

/// A file on its way in.
pub struct Upload {
    /// Where it is written and its hash so far; nothing once that failed.
    open: Option<(Box<dyn Incoming>, Sha256)>,
    head: Vec<u8>,
    size: u64,
    limit: u64,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Upload {
    /// Takes the next bytes. They are written on a thread that may wait for the disk.
    ///
    /// # Errors
    /// When there are more than may be, or they cannot be kept. Nothing more can be written then.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<(), Refusal> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(too_large(self.limit));
        }
        let wanted = (sniff::HEAD - self.head.len()).min(bytes.len());
        self.head.extend(bytes.iter().take(wanted));
        let broken = |why: &dyn std::fmt::Display| Refusal::internal("a file cannot be written", why);
        let Some((mut incoming, mut hash)) = self.open.take() else { return Err(broken(&"it was given up")) };
        let writing = tokio::task::spawn_blocking(move || {
            hash.update(&bytes);
            incoming.write_all(&bytes).map(|()| (incoming, hash))
        });
        self.open = Some(writing.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?);
        Ok(())
    }

    /// Whether a field takes what was written, under the name that was sent with it. Of what is empty nothing is said here.
    ///
    /// # Errors
    /// Why it does not.
    pub fn is_for(&self, field: &Field, sent: &str) -> Result<(), Problem> {
        if self.size == 0 {
            return Ok(());
        }
        let name = name::clean(sent);
        let refused = files::refused(field, &name, sniff::media(&self.head, &name), self.size);
        refused.map_or(Ok(()), Err)
    }
}

/// What is told of a file that is larger than files may be.
pub fn too_large(limit: u64) -> Refusal {
    let limit = fichero_model::size::text(limit);
    Refusal::new(Kind::TooLarge, "file_too_large", Message::with("upload_too_large", [limit]))
}

impl Engine {
    /// Begins to take in a file of at most so many bytes.
    ///
    /// # Errors
    /// When nobody is signed in, or nothing can be kept.
    pub fn begin_upload(&self, actor: &Actor, limit: u64) -> Result<Upload, Refusal> {
        policy::may_read(actor, ReadPath::File)?;
        let id = self.ids().id(self.clock().now());
        let incoming = self.files().begin(id).map_err(|error| Refusal::internal("a file cannot be begun", &error))?;
        Ok(Upload { open: Some((incoming, Sha256::new())), head: Vec::new(), size: 0, limit })
    }

    /// Keeps a file that has come whole, under the name that was sent with it. It is its uploader's until a record has it.
    ///
    /// # Errors
    /// When it is empty, or cannot be kept.
    pub async fn keep_upload(&self, actor: &Actor, upload: Upload, sent: &str) -> Result<File, Refusal> {
        let Upload { open, head, size, .. } = upload;
        let broken = |why: &dyn std::fmt::Display| Refusal::internal("a file cannot be kept", why);
        let (incoming, hash) = open.ok_or_else(|| broken(&"it was given up"))?;
        if size == 0 {
            return Err(Refusal::new(Kind::Invalid, "file_empty", Message::key("file_empty")));
        }
        let name = name::clean(sent);
        let hash: Arc<str> = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        let now = self.clock().now();
        let file = File {
            id: self.ids().id(now),
            media: sniff::media(&head, &name).into(),
            name: name.into(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            created_at: now,
            created_by: actor.user.map(|user| user.id),
            hash,
            owner: None,
        };
        // First the word that the bytes are to be there, so that nobody takes them away as unused; then the bytes; then
        // the file that has them.
        let said = file.clone();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            Ok::<_, Refusal>(file::touch(tx, &said.hash, said.size, said.created_at)?)
        })
        .await?;
        let kept = Arc::clone(&file.hash);
        let keeping = tokio::task::spawn_blocking(move || incoming.keep(&kept));
        keeping.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
        let added = file.clone();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            Ok::<_, Refusal>(file::add(tx, &added)?)
        })
        .await?;
        Ok(file)
    }
}
