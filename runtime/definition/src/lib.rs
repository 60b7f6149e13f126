//! From files to a model: reads definition files, merges packs and overlays, checks every name and expression.
//!
//! The front end turns files ([`Sources`]) into a [`Catalog`]: documents in their long form, with mixins and overlays
//! merged, each leaf with the place of whoever wrote it last. On the way stand [`yaml`] (text to located trees), `read`
//! (which document is what), `short` (short forms written out), `check` (keys and values by the tables of [`shape`]),
//! `prefix`, `mixin`, `overlay` and `translation`. It knows the shape of documents, not their meaning; names are
//! resolved behind it. [`explain()`] and [`mod@format`] print definitions.

pub mod catalog;
mod check;
pub mod explain;
pub mod format;
pub mod group;
mod mixin;
pub mod node;
mod overlay;
mod prefix;
mod read;
pub mod reference;
pub mod resolve;
pub mod schema;
pub mod shape;
mod short;
pub mod source;
mod translation;
pub mod yaml;

pub use catalog::{Catalog, Document};
pub use explain::explain;
pub use resolve::{Capabilities, compile};
pub use source::{File, NoPacks, Sources, StockPacks, completed, lock};

use fichero_model::diagnostic::Diagnostic;

/// Reads definition files into documents, and says what is wrong with them. What could be read is returned even when
/// there are errors, so that more can be found behind; a catalog with errors must not become a model.
pub fn catalog(sources: &Sources) -> (Catalog, Vec<Diagnostic>) {
    catalog::build(sources)
}
