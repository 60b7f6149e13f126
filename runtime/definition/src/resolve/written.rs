//! Where the text of a scalar stands in its file, character by character.
//!
//! An expression is compiled from the text a scalar has after unquoting and unfolding; what is wrong with it is told at
//! the line and column where the author sees it.

use std::ops::Range;

use fichero_model::diagnostic::{Diagnostic, Texts as _};
use fichero_model::place::Place;

use super::files::{Edit, Files, before_edits};
use super::inside::inside;
use crate::node::{Node, Style};
use crate::yaml;

/// A piece of the text of a scalar.
pub(super) struct Written<'n> {
    /// The piece.
    pub text: &'n str,
    /// The place of its first character to its last.
    pub place: Place,
    node: &'n Node,
    /// Where the piece begins in the whole text, in bytes.
    start: usize,
    /// The piece stands in the file letter by letter, so that offsets are the same.
    plain: bool,
}

impl<'n> Written<'n> {
    /// The whole text of a scalar; nothing for a map or list.
    pub fn whole(node: &'n Node, files: &Files<'_>) -> Option<Self> {
        let length = node.as_text()?.len();
        Self::part(node, 0..length, files)
    }

    /// The expression behind `=`, where a value is one.
    pub fn formula(node: &'n Node, files: &Files<'_>) -> Option<Self> {
        let text = node.as_text()?;
        let body = text.strip_prefix('=')?;
        let start = text.len() - body.trim_start().len();
        Self::part(node, start..text.trim_end().len().max(start), files)
    }

    /// A range of the text of a scalar, in bytes.
    pub fn part(node: &'n Node, range: Range<usize>, files: &Files<'_>) -> Option<Self> {
        let text = node.as_text()?.get(range.clone())?;
        let place = place_of(node, range.clone(), files);
        let plain = (place.end - place.start) as usize == text.len() && !text.contains('\n');
        Some(Self { text, place, node, start: range.start, plain })
    }

    /// The place of a range of the piece, in bytes.
    pub fn place(&self, range: Range<usize>, files: &Files<'_>) -> Place {
        place_of(self.node, self.start + range.start..self.start + range.end, files)
    }

    /// The source line with the whole piece replaced, quoted as YAML needs it; nothing where the scalar stands on several
    /// lines.
    pub fn mended_line(&self, new: &str, files: &Files<'_>) -> Option<String> {
        let scalar = self.node.scalar()?;
        let whole =
            format!("{}{new}{}", scalar.text.get(..self.start)?, scalar.text.get(self.start + self.text.len()..)?);
        let written =
            if scalar.style == Style::Plain && yaml::is_plain(&whole, true) { whole } else { yaml::quoted(&whole) };
        let source = files.text(&self.node.place.file)?;
        let (start, end) = (self.node.place.start as usize, self.node.place.end as usize);
        if source.get(start..end)?.contains('\n') {
            return None;
        }
        let line_start = source.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source.get(end..)?.find('\n').map_or(source.len(), |newline| end + newline);
        Some(format!("{}{written}{}", source.get(line_start..start)?, source.get(end..line_end)?).trim_end().to_owned())
    }

    /// Moves findings, whose places were counted as if the piece stood letter by letter at [`Self::place`], to where
    /// they are. `edits` are what was put into the piece before.
    pub fn relocate(&self, mut diagnostics: Vec<Diagnostic>, edits: &[Edit], files: &Files<'_>) -> Vec<Diagnostic> {
        if self.plain && edits.is_empty() {
            return diagnostics;
        }
        for diagnostic in &mut diagnostics {
            if let Some(place) = diagnostic.place.as_mut().filter(|place| place.file == self.place.file) {
                let offset =
                    |at: u32| before_edits(at.saturating_sub(self.place.start) as usize, edits).min(self.text.len());
                *place = self.place(offset(place.start)..offset(place.end), files);
            }
        }
        diagnostics
    }
}

/// The place of a range of a scalar's text, in bytes.
fn place_of(node: &Node, range: Range<usize>, files: &Files<'_>) -> Place {
    match files.text(&node.place.file) {
        Some(source) => inside(node, range, &source),
        None => node.place.clone(),
    }
}
