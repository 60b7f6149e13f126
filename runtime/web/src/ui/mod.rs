//! The generated pages: what they show, how it is written down, how it looks.
//!
//! Owns the templates, the style sheet, the scripts, the icons, the three catalogues of chrome strings, and the way
//! numbers, money and moments are written for a reader. A handler builds one of the [`context`] types and hands it to
//! [`render::Renderer`]; nothing in here knows the model, the database or HTTP.
//!
//! What always holds: a page works without script, carries no inline script or style (so the strict
//! [`assets::CONTENT_SECURITY_POLICY`] fits), and takes every word of its own from the catalogues. Words that come
//! from definitions (labels of entities, fields, options) arrive in the context, already in the reader's language.

pub mod assets;
pub mod catalogue;
pub mod context;
pub mod format;
pub mod icons;
pub mod locale;
pub mod render;
pub mod typed;
pub mod when;
