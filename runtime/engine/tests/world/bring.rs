//! Files brought into a world.

use fichero_engine::import::{self, News, Reached, Report, Request};
use fichero_engine::{Actor, Mode, Via};
use fichero_model::Id;
use fichero_model::label::Locale;

use super::World;

/// What came of a file.
pub struct Brought {
    pub report: Report,
    pub rejects: String,
    pub reached: Vec<Reached>,
    /// Behind how many rows it went on.
    pub resuming: Option<u64>,
    /// The import that brought the same file in before.
    pub again: Option<Id>,
}

/// History, by the headings of the file.
pub fn request(world: &World, entity: &str) -> Request<'static> {
    Request {
        actor: Actor { user: None, admin: true, locale: Locale::EN, via: Via::Command, cause: None },
        entity: world.entity(entity),
        file: "test".to_owned(),
        hash: None,
        anew: false,
        reading: fichero_model::data::Reading::default(),
        mapping: None,
        matching: None,
        on_match: None,
        batch: None,
        mode: Mode::Load,
        dry_run: false,
    }
}

pub async fn bring(world: &World, entity: &str, mapping: Option<&str>, csv: &str) -> Brought {
    bring_as(world, entity, mapping, csv, |request| request).await.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn bring_as(
    world: &World,
    entity: &str,
    mapping: Option<&str>,
    csv: &str,
    change: impl FnOnce(Request<'_>) -> Request<'_>,
) -> Result<Brought, import::Error> {
    bring_bytes(world, entity, mapping, csv.as_bytes(), change).await
}

pub async fn bring_bytes(
    world: &World,
    entity: &str,
    mapping: Option<&str>,
    bytes: &[u8],
    change: impl FnOnce(Request<'_>) -> Request<'_>,
) -> Result<Brought, import::Error> {
    let live = world.engine.live();
    let request = Request {
        mapping: mapping.map(|name| live.model.mappings.iter().find(|mapping| &*mapping.name == name).unwrap()),
        ..request(world, entity)
    };
    let (mut rejects, mut reached, mut resuming, mut again) = (Vec::new(), Vec::new(), None, None);
    let tell = |news| match news {
        News::Reached(at) => reached.push(at),
        News::Resuming { rows, .. } => resuming = Some(rows),
        News::Again { batch, .. } => again = Some(batch),
    };
    let report = import::run(&world.engine, change(request), bytes, &mut rejects, tell).await?;
    Ok(Brought { report, rejects: String::from_utf8_lossy(&rejects).into_owned(), reached, resuming, again })
}

pub fn counts(brought: &Brought) -> [u64; 4] {
    let Report { created, updated, unchanged, rejected, .. } = brought.report;
    [created, updated, unchanged, rejected]
}
