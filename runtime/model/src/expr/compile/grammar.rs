//! Slips of grammar that tokens show before parsing: statements, words of other languages, operands without an
//! operator between them.

use std::ops::Range;

use super::scan::{Kind, Tokens};
use super::slip::Slip;
use crate::code;

/// Words that join or begin something, and so may stand beside an operand.
const JOINING: &[&str] = &["and", "or", "not", "in", "if", "else"];
/// Words that begin a statement when another word follows.
const STATEMENTS: &[&str] = &[
    "let", "const", "var", "for", "while", "loop", "fn", "return", "throw", "import", "export", "switch", "match",
    "try", "do",
];
/// Units of time, with the function that makes a duration of them.
const UNITS: &[(&str, &str)] = &[
    ("minute", "minutes"),
    ("minutes", "minutes"),
    ("hour", "hours"),
    ("hours", "hours"),
    ("day", "days"),
    ("days", "days"),
    ("week", "weeks"),
    ("weeks", "weeks"),
];
/// The end of an `if` that is written like a function.
fn called_if(tokens: &Tokens<'_>, index: usize) -> Option<usize> {
    let Some(Kind::Open(close)) = tokens.kind(index + 1).filter(|_| tokens.str(index) == "if") else { return None };
    (tokens.str(index + 1) == "(" && (index + 2..close).any(|inner| tokens.is(inner, ","))).then_some(close)
}

/// Refuses what no expression holds.
pub(super) fn check(tokens: &Tokens<'_>) -> Result<(), Slip> {
    (0..tokens.all.len()).try_for_each(|index| word(tokens, index))?;
    (0..tokens.all.len()).try_for_each(|index| neighbours(tokens, index))
}

/// A single word that means something elsewhere.
fn word(tokens: &Tokens<'_>, index: usize) -> Result<(), Slip> {
    if tokens.kind(index) != Some(Kind::Name)
        || (index > 0 && (tokens.is(index - 1, ".") || tokens.is(index - 1, "?.")))
    {
        return Ok(());
    }
    let (word, at) = (tokens.str(index), tokens.all[index].at.clone());
    let instead = |message: String, mended: &str| {
        Err(Slip::new(code::EXPRESSION_SYNTAX, at.clone(), message).help(format!("write `{mended}`")).mend(
            tokens.text,
            at.clone(),
            mended,
        ))
    };
    if let Some(close) =
        called_if(tokens, index).filter(|close| tokens.all.get(close + 1).is_none_or(|_| tokens.str(close + 1) != "{"))
    {
        let whole = at.start..tokens.all[close].at.end;
        return Err(
            Slip::new(code::EXPRESSION_SYNTAX, whole, "`if` is no function").help("write `if a { b } else { c }`")
        );
    }
    if word.starts_with("__") {
        return Err(Slip::new(code::EXPRESSION_SYNTAX, at, "names do not begin with two underscores"));
    }
    match word {
        "AND" | "OR" | "NOT" | "IN" | "True" | "False" | "TRUE" | "FALSE" | "If" | "IF" => {
            let lower = word.to_lowercase();
            instead(format!("words of the language are in lower case: `{lower}`"), &lower)
        }
        "true" | "false" if tokens.is(index + 1, ".") || matches!(tokens.kind(index + 1), Some(Kind::Open(_))) => {
            Err(Slip::new(code::EXPRESSION_SYNTAX, at, format!("`{word}` is a value of its own")))
        }
        _ => Ok(()),
    }
}

/// An operand right behind another one.
fn neighbours(tokens: &Tokens<'_>, index: usize) -> Result<(), Slip> {
    let (Some(first), Some(second)) = (tokens.kind(index), tokens.kind(index + 1)) else { return Ok(()) };
    let (word, next) = (tokens.str(index), tokens.str(index + 1));
    let joins = |kind: Kind, word: &str| kind == Kind::Name && JOINING.contains(&word);
    if joins(first, word) || joins(second, next) {
        return Ok(());
    }
    let ends = match first {
        Kind::Name | Kind::Number | Kind::Text => true,
        Kind::Close(_) => word != "}",
        Kind::Open(_) | Kind::Symbol => false,
    };
    let begins = match second {
        Kind::Name | Kind::Number | Kind::Text => true,
        // `if ready { … }` and `f(…)`, `list[…]` are fine; `5 (…)` is not.
        Kind::Open(_) => first == Kind::Number && next != "{",
        Kind::Close(_) | Kind::Symbol => false,
    };
    if !(ends && begins) {
        return Ok(());
    }
    let at = tokens.all[index].at.start..tokens.all[index + 1].at.end;
    if STATEMENTS.contains(&word) {
        return Err(statement(word, at));
    }
    if let Some((_, function)) = UNITS.iter().find(|(unit, _)| *unit == next && first == Kind::Number) {
        let call = format!("{function}({word})");
        return Err(Slip::new(code::EXPRESSION_SYNTAX, at.clone(), "a duration is a call inside an expression")
            .help(format!("write `{call}`"))
            .mend(tokens.text, at, &call));
    }
    let slip = Slip::new(code::EXPRESSION_SYNTAX, at, format!("an operator is missing between `{word}` and `{next}`"));
    Err(match next {
        "is" | "equals" | "eq" => slip.help("compare with `==`"),
        "like" | "contains" | "matches" => slip.help(format!("write `contains({word}, \"part\")`")),
        "between" => slip.help(format!("write both bounds: `{word} >= 1 and {word} <= 10`")),
        "then" => slip.help("write `if a { b } else { c }`"),
        _ => slip,
    })
}

/// The refusal of a statement.
pub(super) fn statement(word: &str, at: Range<usize>) -> Slip {
    Slip::new(code::EXPRESSION_SYNTAX, at, format!("`{word} …` is a statement, and an expression has none"))
        .help("move what needs several steps into a script's function")
}
