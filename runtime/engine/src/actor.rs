//! Who acts, and through what.

use fichero_model::label::Locale;
use fichero_model::{Id, Ref};

/// Who acts, and through what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user; nothing for the system itself.
    pub user: Option<Ref>,
    /// May do everything, also to people and definitions.
    pub admin: bool,
    /// The language of messages.
    pub locale: Locale,
    /// The door the command came through.
    pub via: Via,
    /// What caused it, for commands that others start: the import batch, the job.
    pub cause: Option<Id>,
}

/// The doors of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A page of the generated user interface.
    Page,
    /// The HTTP interface.
    Api,
    /// An import from a file.
    Import,
    /// Data documents of packs.
    Data,
    /// The command line.
    Command,
    /// The runtime itself: a job.
    System,
    /// A scenario test.
    Test,
}

impl Via {
    /// As written to the change log.
    pub const fn name(self) -> &'static str {
        match self {
            Via::Page => "page",
            Via::Api => "api",
            Via::Import => "import",
            Via::Data => "data",
            Via::Command => "command",
            Via::System => "system",
            Via::Test => "test",
        }
    }
}

impl Actor {
    /// The runtime itself.
    pub fn system(via: Via) -> Self {
        Self { user: None, admin: true, locale: Locale::EN, via, cause: None }
    }
}
