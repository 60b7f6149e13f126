//! Expressions of documents: compiled where they stand, and checked for what their key needs.

use std::ops::Range;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::{self, Expr, Scope, within};
use fichero_model::kind::Type;
use fichero_model::place::Place;

use super::findings::{Findings, words};
use super::written::Written;
use crate::node::Node;

/// What a key needs of an expression.
pub(super) enum Want<'t> {
    /// Any value.
    Any,
    /// A condition.
    Condition,
    /// A value that fits a field of this type.
    Fits(&'t Type),
}

/// Compiles the expression that a scalar is.
pub(super) fn compile(node: &Node, scope: &Scope<'_>, want: &Want<'_>, findings: &mut Findings<'_>) -> Option<Expr> {
    // That no `=` belongs before an expression here was told by the check of shapes.
    let superfluous = node.as_formula().is_some_and(|behind| !behind.starts_with('='));
    let written =
        if superfluous { Written::formula(node, findings.files())? } else { Written::whole(node, findings.files())? };
    compile_written(&written, scope, want, findings)
}

/// Compiles a condition that a scalar is.
pub(super) fn condition(node: &Node, scope: &Scope<'_>, findings: &mut Findings<'_>) -> Option<Expr> {
    compile(node, scope, &Want::Condition, findings)
}

/// Compiles a range of a scalar's text, in bytes.
pub(super) fn part(
    node: &Node,
    range: Range<usize>,
    scope: &Scope<'_>,
    want: &Want<'_>,
    findings: &mut Findings<'_>,
) -> Option<Expr> {
    let written = Written::part(node, range, findings.files())?;
    compile_written(&written, scope, want, findings)
}

/// Compiles a piece of a scalar's text.
pub(super) fn compile_written(
    written: &Written<'_>,
    scope: &Scope<'_>,
    want: &Want<'_>,
    findings: &mut Findings<'_>,
) -> Option<Expr> {
    let (text, edits) = findings.files().with_current_names(&written.place.file, written.text);
    let compiled = match want {
        Want::Any => expr::compile(&text, &written.place, scope),
        Want::Condition => expr::condition(&text, &written.place, scope),
        Want::Fits(wanted) => expr::compile_for(wanted, &text, &written.place, scope),
    };
    match compiled {
        Ok(compiled) => Some(compiled),
        Err(mut diagnostics) => {
            for diagnostic in &mut diagnostics {
                // The compiler mends the expression; an author pastes the line.
                let mended = diagnostic.mended.take().filter(|_| edits.is_empty());
                diagnostic.mended = mended.and_then(|mended| written.mended_line(&mended, findings.files()));
            }
            for diagnostic in &mut diagnostics {
                tell_removed(diagnostic, &text, &written.place, scope, findings);
            }
            let diagnostics = written.relocate(diagnostics, &edits, findings.files());
            findings.push_expression(written.text, diagnostics);
            None
        }
    }
}

/// Says of an unknown name that it was the field an overlay removed, where it was.
fn tell_removed(diagnostic: &mut Diagnostic, text: &str, base: &Place, scope: &Scope<'_>, findings: &Findings<'_>) {
    if ![code::UNKNOWN_NAME, code::UNKNOWN_REFERENCE].contains(&diagnostic.code) {
        return;
    }
    let Some(place) = &diagnostic.place else { return };
    let range = place.start.saturating_sub(base.start) as usize..place.end.saturating_sub(base.start) as usize;
    let Some(name) = text.get(range).and_then(|found| words(found).last()) else { return };
    let entities = scope.model.entities.iter();
    let Some((entity, removed)) =
        entities.filter_map(|entity| Some((entity, findings.files().removed(&entity.name, name)?))).next()
    else {
        return;
    };
    *diagnostic = Diagnostic::error(
        code::REMOVED_IN_USE,
        place,
        format!("`{name}` of `{}` was removed, but this still needs it", entity.name),
    )
    .label(removed, "removed here")
    .help("remove or change this too, in the overlay that removes the field");
}

/// Says so when an expression cannot become SQL where the database does the work. `what` names the place, as the
/// beginning of a sentence: ``the filter of view `late` ``.
pub(super) fn check_portable(expr: &Expr, what: &str, findings: &mut Findings<'_>) -> bool {
    let Some(unportable) = &expr.unportable else { return true };
    let part = expr.text.get(unportable.at.clone()).unwrap_or(&expr.text).trim();
    let place =
        if expr.text.contains('\n') { expr.place.clone() } else { within(&expr.text, &expr.place, &unportable.at) };
    findings.push(
        Diagnostic::error(
            code::NOT_PORTABLE,
            &place,
            format!("{what} is worked out by the database, but `{part}` cannot become SQL: {}", unportable.why),
        )
        .help("keep it in a stored field, such as a `formula` over the record's own fields, and use that here"),
    );
    false
}
