//! What Rhai's parser did not take, in the words of the language. A bracket that is missing shows itself to a parser
//! only much later, so brackets are looked at first.

use rhai::{LexError, ParseErrorType, Position};

use super::lint::at;
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::place::Place;

/// The finding for a file that Rhai's parser refuses.
pub(super) fn explain(text: &str, place: &Place, error: &ParseErrorType, position: Position) -> Diagnostic {
    if let Some(diagnostic) = brackets(text, place) {
        return diagnostic;
    }
    let finding =
        |width: usize, message: String| Diagnostic::error(code::SCRIPT, &at(text, place, position, width), message);
    let named = |name: &str, message: String| finding(name.chars().count(), message);
    match error {
        ParseErrorType::VariableUndefined(name) => named(name, format!("`{name}` is not known here"))
            .help("functions see their parameters and their own variables only"),
        ParseErrorType::ModuleUndefined(name) => {
            named(name, "a script calls its own functions only".to_owned()).help("copy the function into this file")
        }
        ParseErrorType::UnexpectedEOF => finding(1, "the script ends too early".to_owned()),
        ParseErrorType::BadInput(error) => lexical(error, &finding),
        ParseErrorType::UnknownOperator(sign) => named(sign, format!("`{sign}` is not an operator")),
        ParseErrorType::MissingToken(..) if ["and", "or", "not"].contains(&word_at(text, position)) => {
            named(word_at(text, position), format!("`{}` is not part of scripts", word_at(text, position)))
                .help("scripts write `&&`, `||` and `!`")
        }
        ParseErrorType::MissingToken(token, _) if token == ";" => {
            finding(1, "a `;` is missing before this".to_owned()).help("statements end with `;`")
        }
        ParseErrorType::MissingToken(token, _) => finding(1, format!("`{token}` is missing before this")),
        ParseErrorType::ExprExpected(_) => finding(1, "an expression is missing before this".to_owned()),
        ParseErrorType::PropertyExpected => finding(1, "a name is missing before this".to_owned()),
        ParseErrorType::VariableExpected => finding(1, "the name of a variable is missing before this".to_owned()),
        ParseErrorType::Reserved(word) | ParseErrorType::ForbiddenVariable(word) => {
            named(word, format!("`{word}` is not allowed in scripts"))
        }
        ParseErrorType::DuplicatedProperty(name) => named(name, format!("`{name}` stands twice in one map")),
        ParseErrorType::DuplicatedVariable(name) | ParseErrorType::VariableExists(name) => {
            named(name, format!("there is a variable `{name}` already"))
        }
        ParseErrorType::MismatchedType(..) => finding(1, "this is neither true nor false".to_owned()),
        ParseErrorType::WrongFnDefinition => {
            finding(2, "a function stands inside another".to_owned()).help("functions stand one after the other")
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => finding(2, format!("there is a function `{name}` already"))
            .help("two functions of one name take different numbers of arguments"),
        ParseErrorType::FnMissingName => finding(1, "the function has no name".to_owned()),
        ParseErrorType::FnMissingParams(name) => {
            finding(1, format!("`{name}` does not say what it takes")).help(format!("write `fn {name}(…) {{ … }}`"))
        }
        ParseErrorType::FnDuplicatedParam(function, name) => {
            named(name, format!("`{function}` takes two things called `{name}`"))
        }
        ParseErrorType::FnMissingBody(name) => {
            finding(1, format!("`{name}` has no body")).help(format!("write `fn {name}(…) {{ … }}`"))
        }
        ParseErrorType::AssignmentToConstant(name) => named(name, format!("`{name}` is a constant")),
        ParseErrorType::AssignmentToInvalidLHS(_) => {
            finding(1, "nothing can be assigned to this".to_owned()).help("compare with `==`")
        }
        ParseErrorType::LoopBreak => finding(1, "`break` and `continue` stand inside a loop".to_owned()),
        ParseErrorType::ExprTooDeep => finding(1, "this nests too deeply".to_owned()),
        ParseErrorType::TooManyFunctions => finding(1, "the file holds too many functions".to_owned()),
        ParseErrorType::LiteralTooLarge(_, most) => finding(1, format!("this is written out longer than {most}")),
        _ => finding(1, "this is not readable as a script".to_owned()),
    }
}

/// Characters that form no word of the language.
fn lexical(error: &LexError, finding: &dyn Fn(usize, String) -> Diagnostic) -> Diagnostic {
    match error {
        LexError::UnexpectedInput(text) => finding(text.chars().count(), format!("`{text}` does not belong here")),
        LexError::ImproperSymbol(symbol, _) if symbol == "=" => {
            finding(1, "`=` assigns, and a condition compares".to_owned()).help("compare with `==`")
        }
        LexError::ImproperSymbol(symbol, _) => {
            finding(symbol.chars().count(), format!("`{symbol}` is not allowed here"))
        }
        LexError::UnterminatedString => finding(1, "the text is not closed".to_owned()),
        LexError::MalformedEscapeSequence(sequence) => {
            finding(1, format!("`{sequence}` is not an escape; a backslash is written `\\\\`"))
        }
        LexError::MalformedNumber(text) => finding(text.chars().count(), format!("`{text}` is not a number")),
        LexError::MalformedChar(_) => finding(1, "text stands in double quotes".to_owned()),
        _ => finding(1, "this does not belong here".to_owned()),
    }
}

/// The first bracket that is not closed, or that closes nothing.
fn brackets(text: &str, place: &Place) -> Option<Diagnostic> {
    let finding = |offset: usize, message: String| {
        Diagnostic::error(code::SCRIPT, &at(text, place, position_of(text, offset), 1), message)
    };
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut function: Option<(usize, &str)> = None;
    let not_closed = |(offset, bracket): (usize, char), function: Option<(usize, &str)>| {
        let closing = match bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        let message = match function {
            Some((start, name)) => {
                let line = text[..start].matches('\n').count() + 1;
                format!("a `{closing}` is missing in `{name}`, which begins at line {line}")
            }
            None => format!("a `{closing}` is missing"),
        };
        finding(offset, message).help(format!("this `{bracket}` is not closed"))
    };
    for (offset, token) in (Tokens { text, at: 0 }) {
        match token {
            "fn" => {
                // A function stands in no other, so what is open was to be closed before.
                if let Some(bracket) = open.pop() {
                    return Some(not_closed(bracket, function));
                }
                let name = text[offset + 2..].trim_start();
                let end = name.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(name.len());
                function = Some((offset, &name[..end]));
            }
            "(" | "[" | "{" => open.extend(token.chars().map(|bracket| (offset, bracket))),
            ")" | "]" | "}" => {
                let wanted = match token {
                    ")" => '(',
                    "]" => '[',
                    _ => '{',
                };
                match open.pop() {
                    Some((_, bracket)) if bracket == wanted => {}
                    Some(bracket) => return Some(not_closed(bracket, function)),
                    None => return Some(finding(offset, format!("`{token}` closes nothing that was opened"))),
                }
            }
            _ => {}
        }
    }
    open.pop().map(|bracket| not_closed(bracket, function))
}

/// The words and brackets of a script; texts and comments are passed over.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let rest = self.text.get(start..)?;
            let letter = rest.chars().next()?;
            let length = |end: Option<usize>, closing: usize| end.map_or(rest.len(), |end| end + closing);
            self.at += match letter {
                '"' | '`' | '\'' => quoted(rest, letter),
                '/' if rest.starts_with("//") => length(rest.find('\n'), 1),
                '/' if rest.starts_with("/*") => length(rest.find("*/"), 2),
                'a'..='z' | 'A'..='Z' | '_' => {
                    length(rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')), 0)
                }
                letter => letter.len_utf8(),
            };
            if matches!(letter, 'a'..='z' | 'A'..='Z' | '_' | '(' | ')' | '[' | ']' | '{' | '}') {
                return Some((start, &self.text[start..self.at]));
            }
        }
    }
}

/// The length of a text with its quotes; one that is not closed goes to the end of its line, or of the file where it
/// may hold several lines.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            '\n' if quote != '`' => return at,
            letter if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The word that begins at a position; nothing where none does.
fn word_at(text: &str, position: Position) -> &str {
    let line = text.lines().nth(position.line().unwrap_or(1) - 1).unwrap_or("");
    let column = position.position().unwrap_or(1).max(1) - 1;
    let rest = line.char_indices().nth(column).and_then(|(offset, _)| line.get(offset..)).unwrap_or("");
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or("")
}

/// The line and column of a byte.
fn position_of(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    Position::new(u16::try_from(line).unwrap_or(u16::MAX), u16::try_from(column).unwrap_or(u16::MAX))
}
