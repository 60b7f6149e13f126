//! The vocabulary of Fichero: values, fields, entities, pipelines, rules, expressions and diagnostics.
//!
//! Pure: nothing here reads a file, a database or (but for [`clock`]) the machine. What authors write becomes a
//! [`Model`]; what users do becomes [`value::Value`]s; what went wrong for an author becomes a
//! [`diagnostic::Diagnostic`].

pub mod clock;
pub mod code;
pub mod data;
pub mod diagnostic;
pub mod duplicate;
pub mod entity;
pub mod expr;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
pub mod fold;
pub mod html;
pub mod id;
pub mod kind;
pub mod label;
pub mod likeness;
pub mod look;
pub mod media;
pub mod model;
pub mod name;
pub mod number;
pub mod page;
pub mod phone;
pub mod pipeline;
pub mod place;
pub mod rule;
pub mod script;
pub mod search;
mod sequence;
pub mod size;
pub mod value;

pub use id::{EntityId, FieldId, Id, OptionsId, PipelineId};
pub use model::Model;
pub use value::{Ref, Value};
