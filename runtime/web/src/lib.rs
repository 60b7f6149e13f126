//! HTTP over the engine: the API and the generated pages.

pub mod api;
mod download;
pub mod health;
pub mod pages;
mod percent;
pub mod server;
pub mod ui;

pub use server::{Setup, router};
