//! The sandbox: Rhai with a closed library and bounds on everything.

use std::sync::LazyLock;

use rhai::packages::{BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicStringPackage, Package as _};
use rhai::{Engine, EvalAltResult, OptimizationLevel};

/// The most operations of one call.
const MOST_OPERATIONS: u64 = 100_000;
/// How deep functions may call each other.
const DEEPEST_CALLS: usize = 24;
/// How deep expressions may nest, at the top and within functions.
const DEEPEST_EXPRESSIONS: usize = 64;
/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1 << 18;
/// The longest list, and the largest map.
const LARGEST_LIST: usize = 5_000;
/// The most functions of a file, closures included.
const MOST_FUNCTIONS: usize = 500;
/// The most variables at a time.
const MOST_VARIABLES: usize = 200;

/// The one engine; it holds no state of any script.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(build);
    &ENGINE
}

fn build() -> Engine {
    let mut engine = Engine::new_raw();
    // Neither the core package (it can sleep) nor time, nor the arithmetic and logic packages, whose operators are
    // replaced by those of expressions.
    BasicStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    super::library::register(&mut engine);
    engine.set_fast_operators(false);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_operations(MOST_OPERATIONS);
    engine.set_max_call_levels(DEEPEST_CALLS);
    engine.set_max_expr_depths(DEEPEST_EXPRESSIONS, DEEPEST_EXPRESSIONS);
    engine.set_max_string_size(LONGEST_TEXT);
    engine.set_max_array_size(LARGEST_LIST);
    engine.set_max_map_size(LARGEST_LIST);
    engine.set_max_functions(MOST_FUNCTIONS);
    engine.set_max_variables(MOST_VARIABLES);
    engine.set_max_modules(0);
    for symbol in ["eval", "Fn", "import", "export", "print", "debug"] {
        engine.disable_symbol(symbol);
    }
    engine
}

/// What went wrong while a script ran, in one sentence.
pub(super) fn message(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().into_string() {
            Ok(text) => text,
            Err(_) => "the script gave up".to_owned(),
        },
        EvalAltResult::ErrorTooManyOperations(_) => format!("more than {MOST_OPERATIONS} operations"),
        EvalAltResult::ErrorStackOverflow(_) => format!("functions call each other more than {DEEPEST_CALLS} deep"),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("rray") => {
            format!("a list of more than {LARGEST_LIST} items")
        }
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("map") => {
            format!("a map of more than {LARGEST_LIST} members")
        }
        EvalAltResult::ErrorDataTooLarge(..) => format!("a text of more than {LONGEST_TEXT} bytes"),
        EvalAltResult::ErrorArrayBounds(length, index, _) => format!("there is no item {index} in a list of {length}"),
        EvalAltResult::ErrorTooManyVariables(_) => format!("more than {MOST_VARIABLES} variables"),
        EvalAltResult::ErrorMismatchDataType(_, given, _) => format!("{} is neither true nor false", word(given)),
        EvalAltResult::ErrorFor(_) => "`for` goes through a list or a map, and this is neither".to_owned(),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => format!("there is no function {signature}"),
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("there is no `{name}`"),
        other => {
            // Rhai puts the position behind its message, and we have said it before.
            let text = other.to_string();
            let text = text.split(" (line ").next().unwrap_or(&text);
            match text.split_once("Unknown property '").and_then(|(_, rest)| rest.split_once('\'')) {
                Some((name, _)) => format!("there is no `{name}` in this value"),
                None => text.to_owned(),
            }
        }
    }
}

/// What the language calls a type of Rhai's.
fn word(type_name: &str) -> &'static str {
    match type_name {
        "()" => "`()`",
        "i64" => "a whole number",
        "decimal" => "a number",
        "string" | "char" => "a text",
        "array" => "a list",
        "map" => "structured data",
        "Fn" => "a function",
        _ => "this value",
    }
}
