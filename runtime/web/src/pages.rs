//! The generated pages: lists, records and forms of every entity, from the model alone.
//!
//! A handler pins the model, asks the engine once for everything its page shows, fills one of the contexts of
//! [`crate::ui::context`] and has it rendered. What always holds: a page works without script; nothing that was typed is
//! lost by a refusal; every post carries a token that belongs to the reader's session; a page knows no entity by name but
//! the runtime's own people and teams.
//!
//! What this does not do: decide who may do what (the engine's policy does, here buttons are only left out by it), or
//! write HTML (the templates do).

mod address;
mod asset;
mod cell;
mod chrome;
mod confirm;
mod conflict;
mod cookie;
pub(crate) mod csrf;
mod drawing;
mod duplicates;
mod form;
mod guest;
mod home;
mod import;
mod jobs;
mod layout;
mod list;
mod login;
mod merge;
mod missing;
mod notice;
mod post;
mod preference;
mod problems;
mod record;
mod remove;
mod reply;
mod search;
mod settings;
mod suggest;
mod transition;
mod trash;
mod visitor;
mod voice;
mod watch;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::server::App;
use crate::ui::context::DemoLogin;
use crate::ui::render::{self, Renderer};

pub use missing::{missing, wrong_method};
pub(crate) use post::parts::MOST_FILES;

/// What the handlers of pages share: the templates, parsed once.
#[derive(Clone)]
pub struct Pages {
    renderer: Arc<Renderer>,
    demo: Arc<[DemoLogin]>,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

impl Pages {
    /// Parses the templates. `demo` is shown on the log-in page: empty everywhere but in a demo.
    ///
    /// # Errors
    /// When a template or catalogue of this crate is wrong.
    pub fn new(demo: Vec<DemoLogin>) -> Result<Self, render::Error> {
        Ok(Self { renderer: Arc::new(Renderer::new()?), demo: demo.into() })
    }
}

/// The routes of all pages. Those with words of their own win over those of entities, which may not bear such names.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/preferences", post(preference::save))
        .route("/admin", get(problems::redirect))
        .route("/admin/problems", get(problems::show))
        .route("/admin/jobs", get(jobs::show))
        .route("/admin/jobs/{id}/retry", post(jobs::retry))
        .route("/admin/settings", get(settings::show))
        .route("/admin/settings/{name}", get(settings::edit))
        .route("/admin/watch", get(watch::show))
        .route("/assets/{fingerprint}/{name}", get(asset::show))
        .route("/search", get(search::show))
        .route("/{entity}", get(list::show).post(form::create))
        .route("/{entity}/new", get(form::new))
        .route("/{entity}/suggest", get(suggest::show))
        .route("/{entity}/trash", get(trash::show))
        .route("/{entity}/export/{format}", get(list::export::show))
        .route("/{entity}/import", get(import::show).post(import::upload))
        .route("/{entity}/import/order", post(import::order))
        .route("/{entity}/import/{batch}", get(import::batch::show).post(import::batch::decide))
        .route("/{entity}/import/{batch}/rejects", get(import::batch::rejects))
        .route("/{entity}/duplicates", get(duplicates::show).post(duplicates::decide))
        .route("/{entity}/{id}", get(record::show))
        .route("/{entity}/{id}/edit", get(form::edit).post(form::update))
        .route("/{entity}/{id}/transition", get(transition::back).post(transition::run))
        .route("/{entity}/{id}/delete", get(confirm::delete).post(remove::delete))
        .route("/{entity}/{id}/purge", get(confirm::purge).post(remove::purge))
        .route("/{entity}/{id}/restore", post(remove::restore))
        .route("/{entity}/{id}/merge", get(merge::show).post(merge::run))
}
