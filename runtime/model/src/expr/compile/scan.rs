//! The characters of an expression as tokens with their ranges, before Rhai's parser sees them.
//!
//! Refuses what the language does not have (single quotes, assignment, comments, statements …), while it still can be
//! said in the author's own words, and knows which brackets belong together.

use std::ops::Range;

use super::slip::Slip;
use crate::code;

/// The longest expression, in bytes.
pub(super) const LONGEST: usize = 4_000;
/// How deep brackets may nest.
const DEEPEST: usize = 48;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    Text,
    /// An opening bracket, with the index of its closing one.
    Open(usize),
    /// A closing bracket, with the index of its opening one.
    Close(usize),
    Symbol,
}

/// A token and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// A text in tokens.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) all: Vec<Token>,
}

/// Splits a text into tokens.
pub(super) fn scan(text: &str) -> Result<Tokens<'_>, Slip> {
    if text.trim().is_empty() {
        return Err(Slip::new(code::EXPRESSION_SYNTAX, 0..text.len(), "the expression is empty")
            .help("nothing is written `()`"));
    }
    if text.len() > LONGEST {
        let message = format!("the expression has {} bytes, and may have {LONGEST}", text.len());
        return Err(Slip::new(code::EXPRESSION_SYNTAX, 0..text.len(), message)
            .help("move a part of it into a formula field, or into a script's function"));
    }
    let mut tokens = Tokens { text, all: Vec::new() };
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = next(text, at, first)?;
        at = token.at.end;
        tokens.all.push(token);
    }
    tokens.match_brackets()?;
    super::grammar::check(&tokens)?;
    Ok(tokens)
}

impl Tokens<'_> {
    /// The text of a token; nothing behind the last.
    pub(super) fn str(&self, index: usize) -> &str {
        self.all.get(index).map_or("", |token| &self.text[token.at.clone()])
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.all.get(index).map(|token| token.kind)
    }

    /// True for a symbol or name that reads exactly so.
    pub(super) fn is(&self, index: usize, word: &str) -> bool {
        matches!(self.kind(index), Some(Kind::Name | Kind::Symbol)) && self.str(index) == word
    }

    /// The index of the token that begins at a byte.
    pub(super) fn starting_at(&self, byte: usize) -> Option<usize> {
        self.all.binary_search_by_key(&byte, |token| token.at.start).ok()
    }

    fn match_brackets(&mut self) -> Result<(), Slip> {
        let mut open: Vec<usize> = Vec::new();
        for index in 0..self.all.len() {
            let at = self.all[index].at.clone();
            let bracket = self.text[at.clone()].to_owned();
            match self.all[index].kind {
                Kind::Open(_) => {
                    if open.len() >= DEEPEST {
                        return Err(too_deep(at));
                    }
                    open.push(index);
                }
                Kind::Close(_) => {
                    let Some(start) = open.pop().filter(|start| closes(self.str(*start), &bracket)) else {
                        let message = format!("`{bracket}` closes nothing that was opened");
                        return Err(Slip::new(code::EXPRESSION_SYNTAX, at, message));
                    };
                    self.all[index].kind = Kind::Close(start);
                    self.all[start].kind = Kind::Open(index);
                }
                _ => {}
            }
        }
        match open.pop() {
            Some(start) => {
                let message = format!("`{}` is not closed", self.str(start));
                Err(Slip::new(code::EXPRESSION_SYNTAX, self.all[start].at.clone(), message))
            }
            None => Ok(()),
        }
    }
}

/// The refusal of an expression that nests too deeply.
pub(super) fn too_deep(at: Range<usize>) -> Slip {
    Slip::new(code::EXPRESSION_SYNTAX, at, "the expression nests too deeply")
        .help("move a part of it into a formula field, or into a script's function")
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[", "]") | ("{", "}"))
}

/// The token that begins at a byte.
fn next(text: &str, start: usize, first: char) -> Result<Token, Slip> {
    let rest = &text[start..];
    let token = |kind: Kind, length: usize| Ok(Token { kind, at: start..start + length });
    match first {
        'a'..='z' | 'A'..='Z' | '_' => {
            token(Kind::Name, rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len()))
        }
        '0'..='9' => token(Kind::Number, number(rest)),
        '"' => match quoted(rest) {
            Some(length) => token(Kind::Text, length),
            None => Err(Slip::new(code::EXPRESSION_SYNTAX, start..text.len(), "the text is not closed")
                .help("text ends with a double quote; a double quote inside it is written `\\\"`")),
        },
        '\'' => Err(single_quotes(text, start)),
        '“' | '”' | '„' | '«' | '»' | '‘' | '’' => Err(Slip::new(
            code::TEXT_QUOTES,
            start..start + first.len_utf8(),
            format!("`{first}` is not a quote of the language"),
        )
        .help("text stands in straight double quotes: `\"won\"`")),
        '`' => Err(Slip::new(code::TEXT_QUOTES, start..start + 1, "text in back-ticks")
            .help("text stands in double quotes: `\"won\"`")),
        '(' | '[' | '{' => token(Kind::Open(0), 1),
        ')' | ']' | '}' => token(Kind::Close(0), 1),
        _ => token(Kind::Symbol, symbol(text, start, first)?),
    }
}

/// The length of a number; `1.max(2)` and `1..2` end before their point.
fn number(rest: &str) -> usize {
    let digits = |from: usize| {
        rest[from..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(rest.len(), |at| from + at)
    };
    let whole = digits(0);
    let behind = &rest[whole..];
    let fraction = behind.strip_prefix('.').is_some_and(|behind| behind.starts_with(|c: char| c.is_ascii_digit()));
    if fraction { digits(whole + 1) } else { whole }
}

/// The length of a text in double quotes.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// The symbols of the language, the longest first.
const SYMBOLS: &[&str] =
    &["==", "!=", "<=", ">=", "&&", "||", "??", "?.", "::", "!", "<", ">", "+", "-", "*", "/", "%", ".", ",", "|"];

/// The length of a symbol, or what to write instead of it.
fn symbol(text: &str, start: usize, first: char) -> Result<usize, Slip> {
    let rest = &text[start..];
    if let Some(slip) = foreign(text, start) {
        return Err(slip);
    }
    SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| symbol.len()).ok_or_else(|| {
        Slip::new(
            code::EXPRESSION_SYNTAX,
            start..start + first.len_utf8(),
            format!("`{}` means nothing here", first.escape_debug()),
        )
    })
}

/// Signs of other languages that people write, each with what it is here.
fn foreign(text: &str, start: usize) -> Option<Slip> {
    let rest = &text[start..];
    let slip = |code, sign: &str, message: &str| Slip::new(code, start..start + sign.len(), message);
    let instead = |sign: &str, message: &str, mended: &str| {
        slip(code::EXPRESSION_SYNTAX, sign, message).help(format!("write `{mended}`")).mend(
            text,
            start..start + sign.len(),
            mended,
        )
    };
    let starts = |sign: &str| rest.starts_with(sign);
    Some(match () {
        () if starts("//") || starts("/*") => slip(code::EXPRESSION_SYNTAX, "//", "a comment inside an expression")
            .help("comments stand behind `#` in the YAML"),
        () if starts("===") => instead("===", "`===` is not an operator", "=="),
        () if starts("!==") => instead("!==", "`!==` is not an operator", "!="),
        () if starts("<>") => instead("<>", "`<>` is not an operator", "!="),
        () if starts("=>") && text.trim_start().starts_with("switch ") => {
            super::grammar::statement("switch", 0..start + 2).help("write `if a { b } else { c }`")
        }
        () if starts("=>") || starts("->") => slip(code::EXPRESSION_SYNTAX, "=>", "arrows are not part of expressions")
            .help("a condition over the items of a list is written `lines.any(|line| line.amount > 0)`"),
        () if ["+=", "-=", "*=", "/=", "%="].iter().any(|sign| starts(sign)) => {
            slip(code::ASSIGNMENT, "+=", "an expression changes nothing").help("what changes is written under `set:`")
        }
        () if starts("=") && !starts("==") && declares(&text[..start]) => {
            super::grammar::statement("let", 0..start + 1)
        }
        () if starts("=") && !starts("==") => slip(code::ASSIGNMENT, "=", "`=` assigns, which expressions never do")
            .help("compare with `==`")
            .mend(text, start..start + 1, "=="),
        () if starts("&") && !starts("&&") => instead("&", "`&` is not an operator", "and"),
        () if starts("**") => {
            slip(code::EXPRESSION_SYNTAX, "**", "`**` is not an operator").help("multiply: `side * side`")
        }
        () if starts("<<") || starts(">>") => {
            slip(code::EXPRESSION_SYNTAX, "<<", "shifting is not part of expressions")
        }
        () if starts("..") => slip(code::EXPRESSION_SYNTAX, "..", "ranges are not part of expressions")
            .help("write both bounds: `x >= 1 and x < 10`"),
        () if starts("?") && !starts("??") && !starts("?.") => {
            slip(code::EXPRESSION_SYNTAX, "?", "`a ? b : c` is not part of expressions")
                .help("write `if a { b } else { c }`")
        }
        () if starts(";") => slip(code::EXPRESSION_SYNTAX, ";", "an expression is one expression, without `;`")
            .help("move what needs several steps into a script's function"),
        () if starts("#{") => slip(code::EXPRESSION_SYNTAX, "#{", "maps are not part of expressions"),
        () if starts("≥") => instead("≥", "`≥` is not an operator", ">="),
        () if starts("≤") => instead("≤", "`≤` is not an operator", "<="),
        () if starts("≠") => instead("≠", "`≠` is not an operator", "!="),
        () if starts("–") => instead("–", "this dash is not an operator", "-"),
        () if starts("−") => instead("−", "this dash is not an operator", "-"),
        () if starts("×") => instead("×", "`×` is not an operator", "*"),
        () if starts("$") => slip(code::EXPRESSION_SYNTAX, "$", "names have no `$` before them"),
        () => return None,
    })
}

/// Whether a text ends with `let name` or the like.
fn declares(before: &str) -> bool {
    let mut words = before.split_whitespace().rev();
    words.next().is_some() && words.next().is_some_and(|word| ["let", "const", "var"].contains(&word))
}

/// Text in single quotes, mended: the expression with all of its single-quoted texts in double quotes.
fn single_quotes(text: &str, start: usize) -> Slip {
    let end = text[start + 1..].find('\'').map(|length| start + length + 2);
    let slip = Slip::new(
        code::TEXT_QUOTES,
        start..end.unwrap_or(text.len()),
        "text stands in double quotes inside an expression",
    );
    match end {
        Some(end) => {
            let inner = text[start + 1..end - 1].replace('\\', "\\\\").replace('"', "\\\"");
            let rest = requoted(&text[end..]);
            slip.mend(text, start..text.len(), &format!("\"{inner}\"{rest}"))
        }
        None => slip.help("a single quote opens nothing"),
    }
}

/// The rest of a text with its single-quoted parts in double quotes, as far as they are closed.
fn requoted(rest: &str) -> String {
    if rest.matches('\'').count().is_multiple_of(2) { rest.replace('\'', "\"") } else { rest.to_owned() }
}
