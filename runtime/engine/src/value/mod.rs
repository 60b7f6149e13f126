//! Values at the borders: from JSON and from text into typed values, and from records into JSON.

pub mod check;
pub mod digits;
pub mod guard;
pub mod json;
pub mod strict;
pub mod text;
pub mod unit;
pub mod write;
