//! Script files: pure functions that expressions may call as `file::name(…)`, run by Rhai in a sandbox.
//!
//! A file holds functions and nothing else. They see their arguments only: no database, no clock, no files, no other
//! scripts. Operators mean what they mean in expressions ([`crate::expr::truth`]): integers divide to decimals, `()`
//! passes through arithmetic, numbers are exact. They are bounded in operations, call depth and sizes.
//!
//! What is wrong with a file is found when it is loaded: unknown names and functions, wrong numbers of arguments,
//! each with its line and column.

mod convert;
mod engine;
mod library;
mod lint;
mod meter;
mod syntax;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, EvalAltResult, Scope};

use crate::diagnostic::Diagnostic;
use crate::expr::Fault;
use crate::place::Place;
use crate::value::Value;

/// The compiled script files of a model, by file name without its ending.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    files: HashMap<Arc<str>, Arc<Script>>,
}

/// A compiled script file.
pub struct Script {
    /// For messages: the path of the file.
    pub file: Arc<str>,
    /// The functions in the order of their names, with the names of their parameters.
    pub functions: Vec<Signature>,
    /// True when the file could not be read, so that a function it seems to lack may well be in it.
    pub broken: bool,
    ast: AST,
}

/// A function of a script file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name, unique in the file.
    pub name: Arc<str>,
    /// The names of its parameters, in order.
    pub parameters: Vec<Arc<str>>,
    /// The line of its body.
    pub line: usize,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("file", &self.file).field("functions", &self.functions).finish_non_exhaustive()
    }
}

impl Scripts {
    /// Compiles a file and adds it under `name`; what is wrong with it is returned.
    pub fn add(&mut self, name: &str, text: &str, place: &Place) -> Vec<Diagnostic> {
        let (script, findings) = lint::compile(text, place);
        self.files.insert(name.into(), Arc::new(script));
        findings
    }

    /// The names of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(|name| &**name)
    }

    /// A file by its name.
    pub fn get(&self, file: &str) -> Option<&Script> {
        self.files.get(file).map(|script| &**script)
    }

    /// The number of parameters of a function, or nothing when the file or function does not exist.
    pub fn parameters(&self, file: &str, function: &str) -> Option<usize> {
        self.get(file)?.find(function).map(|signature| signature.parameters.len())
    }

    /// Calls a function.
    ///
    /// # Errors
    /// When it fails or exceeds its bounds; the message names file and line.
    pub fn call(&self, file: &str, function: &str, arguments: &[Value]) -> Result<Value, Fault> {
        let Some((script, signature)) = self.get(file).and_then(|script| Some((script, script.find(function)?))) else {
            return Err(Fault::new(format!("no script function `{file}::{function}`")));
        };
        meter::begin();
        let options = CallFnOptions::new().eval_ast(false);
        let arguments: Vec<Dynamic> = arguments.iter().map(convert::to_script).collect();
        let given = engine::engine()
            .call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &script.ast, function, arguments)
            .map_err(|error| failed(&script.file, signature, &error))?;
        convert::from_script(&given).map_err(|fault| {
            Fault::new(format!("{}:{}: what `{function}` gives: {fault}", script.file, signature.line))
        })
    }
}

impl Script {
    fn find(&self, function: &str) -> Option<&Signature> {
        self.functions.iter().find(|signature| &*signature.name == function)
    }
}

/// What a failed call says: where, and why, without the calls around it. Where Rhai does not know the place (a bound on
/// operations was exceeded), it is that of the innermost call that led there.
fn failed(file: &str, signature: &Signature, error: &EvalAltResult) -> Fault {
    let mut inner = error;
    let mut position = inner.position();
    while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
        inner = cause;
        position = if inner.position().is_none() { position } else { inner.position() };
    }
    let at = match (position.line(), position.position()) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        _ => format!("{file}:{}: in `{}`", signature.line, signature.name),
    };
    Fault::new(format!("{at}: {}", engine::message(inner)))
}
