//! Compiling a script file and finding what is wrong with it before it ever runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr, FnCallExpr, ParseErrorType, Position, Stmt};

use super::{Script, Signature, engine, library, syntax};
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::name::did_you_mean;
use crate::place::Place;

/// The longest file, in bytes.
const LONGEST: usize = 100_000;

/// Compiles a file. One that cannot be read is broken: which functions it has is not known.
pub(super) fn compile(text: &str, place: &Place) -> (Script, Vec<Diagnostic>) {
    let broken = || Script { file: Arc::clone(&place.file), functions: Vec::new(), broken: true, ast: AST::empty() };
    let refuse = |finding: Diagnostic| (broken(), vec![finding]);
    if text.len() > LONGEST {
        let message = format!("the script has {} bytes, and may have {LONGEST}", text.len());
        return refuse(
            Diagnostic::error(code::SCRIPT, &Place::start_of(&place.file), message).help("split it into several files"),
        );
    }
    let (ast, unknown) = match parse(text, place) {
        Ok(parsed) => parsed,
        Err(findings) => return (broken(), findings),
    };
    let functions = signatures(&ast);
    let mut lint = Lint { text, place, functions: &functions, findings: unknown };
    for statement in ast.statements() {
        lint.top_level(statement);
    }
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(node) = path.last() {
            lint.node(*node);
        }
        true
    });
    let mut findings = lint.findings;
    findings.sort_by_key(|finding| finding.place.as_ref().map(|place| place.start));
    findings.dedup();
    let functions = functions
        .into_iter()
        .map(|(name, parameters)| Signature { line: line_of(&ast, &name), name, parameters })
        .collect();
    (Script { file: Arc::clone(&place.file), functions, broken: false, ast }, findings)
}

/// At most so many unknown names are told of one file.
const MOST_UNKNOWN: usize = 100;

/// The tree of a file, with all names in it that nobody knows. The parser ends at the first of them; so each is written
/// over by a number as wide, which leaves everything else where it is.
///
/// # Errors
/// What cannot be read otherwise.
fn parse(text: &str, place: &Place) -> Result<(AST, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut known = text.to_owned();
    let mut unknown = Vec::new();
    loop {
        let error = match engine::engine().compile(&known) {
            Ok(ast) => return Ok((ast, unknown)),
            Err(error) => error,
        };
        // What is wrong behind a name that was written over may follow from that.
        if unknown.is_empty() || matches!(*error.0, ParseErrorType::VariableUndefined(_)) {
            unknown.push(syntax::explain(text, place, &error.0, error.1));
        }
        let ParseErrorType::VariableUndefined(name) = *error.0 else { return Err(unknown) };
        let found = at(text, place, error.1, name.chars().count());
        let range = found.start.saturating_sub(place.start) as usize..found.end.saturating_sub(place.start) as usize;
        if unknown.len() >= MOST_UNKNOWN || known.get(range.clone()) != Some(name.as_str()) {
            return Err(unknown);
        }
        known.replace_range(range.clone(), &format!("{:<width$}", 0, width = range.len()));
    }
}

/// The functions of a file, but for the closures in them.
fn signatures(ast: &AST) -> BTreeMap<Arc<str>, Vec<Arc<str>>> {
    let written = ast.iter_functions().filter(|function| rhai::is_valid_identifier(function.name));
    written
        .map(|function| (function.name.into(), function.params.iter().map(|name| (*name).into()).collect()))
        .collect()
}

/// The line of a function's body.
fn line_of(ast: &AST, name: &str) -> usize {
    let mut functions = ast.shared_lib().iter_script_fn_info().map(|info| info.4);
    functions
        .find(|function| function.name == name)
        .and_then(|function| function.body.start_position().line())
        .unwrap_or(1)
}

struct Lint<'a> {
    text: &'a str,
    place: &'a Place,
    functions: &'a BTreeMap<Arc<str>, Vec<Arc<str>>>,
    findings: Vec<Diagnostic>,
}

impl Lint<'_> {
    fn find(&mut self, position: Position, width: usize, message: String, help: Option<String>) {
        let mut finding = Diagnostic::error(code::SCRIPT, &at(self.text, self.place, position, width), message);
        finding.help = help;
        self.findings.push(finding);
    }

    /// A file holds functions and nothing else.
    fn top_level(&mut self, statement: &Stmt) {
        if !matches!(statement, Stmt::Noop(_)) {
            let help = "put it into a function: `fn name(argument) { … }`".to_owned();
            self.find(statement.position(), 1, "a script file holds functions and nothing else".to_owned(), Some(help));
        }
    }

    fn node(&mut self, node: ASTNode<'_>) {
        match node {
            ASTNode::Expr(Expr::FnCall(call, position)) => self.call(call, *position, false),
            ASTNode::Expr(Expr::MethodCall(call, position)) => self.call(call, *position, true),
            ASTNode::Stmt(Stmt::FnCall(call, position)) => self.call(call, *position, false),
            _ => {}
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, method: bool) {
        // A closure that captures is wrapped into a call of `curry`, and `in` into one of `contains`.
        if call.is_operator_call() || call.name == "curry" {
            return;
        }
        let (name, width) = (call.name.as_str(), call.name.chars().count());
        if !call.namespace.is_empty() {
            let help = "copy the function into this file".to_owned();
            return self.find(position, width, "a script calls its own functions only".to_owned(), Some(help));
        }
        let given = call.args.len() + usize::from(method);
        if let Some(parameters) = self.functions.get(name) {
            if parameters.len() != given {
                let message = format!("`{name}` takes {} arguments, not {given}", parameters.len());
                let form = format!("it is declared as `{name}({})`", parameters.join(", "));
                self.find(position, width, message, Some(form));
            }
            return;
        }
        match library::counts(name) {
            Some(counts) if counts.iter().any(|range| range.contains(&given)) => {}
            Some(_) => self.find(position, width, format!("`{name}` does not take {given} arguments"), None),
            None => {
                let known =
                    self.functions.keys().map(|name| name.to_string()).chain(library::names().map(str::to_owned));
                let known: Vec<String> = known.collect();
                let near =
                    did_you_mean(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
                self.find(position, width, format!("there is no function `{name}`"), near);
            }
        }
    }
}

/// The place of some characters of a file.
pub(super) fn at(text: &str, place: &Place, position: Position, width: usize) -> Place {
    let line = position.line().unwrap_or(1);
    let column = position.position().unwrap_or(1).max(1);
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or_default();
    let offset = |characters: usize| rest.char_indices().nth(characters).map_or(rest.len(), |(offset, _)| offset);
    let bytes = |offset: usize| u32::try_from(line_start + offset).unwrap_or(u32::MAX);
    Place {
        file: Arc::clone(&place.file),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        start: bytes(offset(column - 1)),
        end: bytes(offset(column - 1 + width)),
    }
}
