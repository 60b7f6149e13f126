//! Text to Rhai's syntax tree.
//!
//! Rhai's parser reads the expression; its evaluator never does. What the language writes differently is rewritten
//! before, with every character mapped back to the author's: `and`, `or`, `not X` (which covers the comparison behind
//! it, as in SQL), and closures (so that their bodies stay where they are, instead of becoming functions of a module).

use std::ops::Range;

use rhai::{Engine, LexError, OptimizationLevel, ParseErrorType, Position, Token as RhaiToken};

use super::scan::{Kind, Tokens, scan, too_deep};
use super::slip::Slip;
use crate::code;

/// The call that a closure becomes: `__closure(item, body)`.
pub(super) const CLOSURE: &str = "__closure";
/// What every name gets before it for Rhai's lexer; no name of an author begins so.
const MARK: &str = "__";
/// The words that mean to Rhai what they mean in the language. `and`, `or` and `not` are rewritten.
const WORDS: &[&str] = &["if", "else", "true", "false", "in"];
/// How deep Rhai's parser may go, counting each operator of a chain.
const DEEPEST: usize = 128;

/// A parsed text.
pub(super) struct Parsed<'t> {
    /// The tree.
    pub(super) root: rhai::Expr,
    tokens: Tokens<'t>,
    /// The byte of the author's text for each character that Rhai saw.
    origin: Vec<usize>,
}

/// Parses a text.
pub(super) fn parse(text: &str) -> Result<Parsed<'_>, Slip> {
    let tokens = scan(text)?;
    let (rewritten, origin) = Rewriter::new(&tokens)?.write();
    let compiled = engine().compile_expression(rewritten);
    let ast = match compiled {
        Ok(ast) => ast,
        Err(error) => return Err(syntax_error(error.0.as_ref(), error.1, &tokens, &origin)),
    };
    match ast.statements() {
        [rhai::Stmt::Expr(root)] => Ok(Parsed { root: rhai::Expr::clone(root), tokens, origin }),
        _ => Err(Slip::new(code::EXPRESSION_SYNTAX, 0..text.len(), "this is not one expression")),
    }
}

impl Parsed<'_> {
    /// The bytes of the token at a position of Rhai's.
    pub(super) fn at(&self, position: Position) -> Range<usize> {
        self.index(position)
            .and_then(|index| self.tokens.all.get(index))
            .map_or(0..self.tokens.text.len(), |token| token.at.clone())
    }

    /// The bytes of a number that may begin with signs.
    pub(super) fn number_at(&self, position: Position) -> Range<usize> {
        let start = self.at(position);
        let number = self
            .index(position)
            .and_then(|index| self.tokens.all[index..].iter().find(|token| token.kind == Kind::Number));
        start.start..number.map_or(start.end, |token| token.at.end)
    }

    /// The bytes of a call or list: from the token at a position to the bracket that closes it.
    pub(super) fn call_at(&self, position: Position) -> Range<usize> {
        let start = self.at(position);
        let Some(index) = self.index(position) else { return start };
        let open = (index..self.tokens.all.len()).find(|index| matches!(self.tokens.kind(*index), Some(Kind::Open(_))));
        match open.and_then(|open| self.tokens.kind(open)) {
            Some(Kind::Open(close)) => start.start..self.tokens.all.get(close).map_or(start.end, |token| token.at.end),
            _ => start,
        }
    }

    /// The bytes of `if … { … } else { … }`, from its first word to its last bracket.
    pub(super) fn if_at(&self, position: Position) -> Range<usize> {
        let start = self.at(position);
        let Some(mut index) = self.index(position) else { return start };
        let mut end = start.end;
        while let Some(kind) = self.tokens.kind(index) {
            match kind {
                Kind::Open(close) if self.tokens.str(index) == "{" => {
                    end = self.tokens.all[close].at.end;
                    if !self.tokens.is(close + 1, "else") {
                        break;
                    }
                    index = close + 1;
                }
                Kind::Open(close) => index = close + 1,
                _ => index += 1,
            }
        }
        start.start..end
    }

    /// The range with the brackets around it that only group: what a person takes for the operand.
    pub(super) fn grouped(&self, mut at: Range<usize>) -> Range<usize> {
        while let Some(open) = self.open_before(at.start) {
            let Some(Kind::Open(close)) = self.tokens.kind(open) else { break };
            let inner_end = self.tokens.all[close - 1].at.end;
            let calls = open > 0 && matches!(self.tokens.kind(open - 1), Some(Kind::Name | Kind::Close(_)));
            if self.tokens.str(open) != "(" || inner_end != at.end || calls {
                break;
            }
            at = self.tokens.all[open].at.start..self.tokens.all[close].at.end;
        }
        at
    }

    /// The index of the opening bracket right before the token that begins at a byte.
    fn open_before(&self, byte: usize) -> Option<usize> {
        let index = self.tokens.starting_at(byte)?.checked_sub(1)?;
        matches!(self.tokens.kind(index), Some(Kind::Open(_))).then_some(index)
    }

    fn index(&self, position: Position) -> Option<usize> {
        byte_of(position, &self.origin).and_then(|byte| self.tokens.starting_at(byte))
    }
}

fn byte_of(position: Position, origin: &[usize]) -> Option<usize> {
    origin.get(position.position()?.checked_sub(1)?).copied()
}

/// Rhai's parser with nothing else in it.
fn engine() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        engine.set_max_expr_depths(DEEPEST, DEEPEST);
        #[expect(deprecated, reason = "Rhai marks this so because it may change, and gives nothing in its place")]
        engine.on_parse_token(|token, _, _| unmarked(token));
        engine
    })
}

/// Names come marked, so that Rhai's lexer takes none for one of its own words (behind which a `-` would be a sign);
/// here the mark goes.
fn unmarked(token: RhaiToken) -> RhaiToken {
    match token {
        RhaiToken::Identifier(marked) => match marked.strip_prefix(MARK).filter(|_| **marked != *CLOSURE) {
            Some(name) => RhaiToken::Identifier(Box::new(name.into())),
            None => RhaiToken::Identifier(marked),
        },
        other => other,
    }
}

/// What Rhai's parser did not take, in the words of the language.
fn syntax_error(error: &ParseErrorType, position: Position, tokens: &Tokens<'_>, origin: &[usize]) -> Slip {
    let end = tokens.all.last().map_or(0, |token| token.at.end);
    let at = byte_of(position, origin)
        .and_then(|byte| tokens.starting_at(byte))
        .and_then(|index| tokens.all.get(index))
        .map_or(end.saturating_sub(1)..end, |token| token.at.clone());
    let slip = |message: String| Slip::new(code::EXPRESSION_SYNTAX, at.clone(), message);
    match error {
        ParseErrorType::ExprTooDeep => too_deep(0..end),
        ParseErrorType::UnexpectedEOF => slip("the expression ends too early".to_owned()),
        ParseErrorType::BadInput(LexError::UnexpectedInput(_)) => {
            slip(format!("`{}` does not belong here", &tokens.text[at.clone()]))
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(_)) => {
            slip(format!("`{}` is not a number", &tokens.text[at.clone()]))
        }
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(sequence)) => {
            slip(format!("`{sequence}` is not an escape; a backslash is written `\\\\`"))
        }
        ParseErrorType::MismatchedType(_, _) => {
            Slip::new(code::NOT_BOOLEAN, at.clone(), "this is neither true nor false")
        }
        ParseErrorType::MissingToken(token, _) if token == "{" => {
            slip("`{` is missing".to_owned()).help("write `if a { b } else { c }`")
        }
        ParseErrorType::MissingToken(token, _) if !token.is_empty() => {
            slip(format!("`{token}` is missing before this"))
        }
        ParseErrorType::PropertyExpected => slip("a field's name is missing behind the point".to_owned()),
        _ => slip("this is not readable as an expression".to_owned()),
    }
}

/// Writes the text as Rhai's parser wants it.
struct Rewriter<'a> {
    tokens: &'a Tokens<'a>,
    /// How many brackets to close before each token.
    closing: Vec<usize>,
    /// For each token what stands for it: nothing for itself.
    instead: Vec<Option<&'static str>>,
}

impl<'a> Rewriter<'a> {
    fn new(tokens: &'a Tokens<'a>) -> Result<Self, Slip> {
        let count = tokens.all.len();
        let mut rewriter = Self { tokens, closing: vec![0; count + 1], instead: vec![None; count] };
        let mut index = 0;
        while index < count {
            index = rewriter.plan(index)?;
        }
        Ok(rewriter)
    }

    /// Plans what becomes of a token, and gives the index of the next one to look at.
    fn plan(&mut self, index: usize) -> Result<usize, Slip> {
        let tokens = self.tokens;
        let member = index > 0 && (tokens.is(index - 1, ".") || tokens.is(index - 1, "?."));
        match tokens.str(index) {
            _ if !matches!(tokens.kind(index), Some(Kind::Name | Kind::Symbol)) || member => {}
            "and" => self.instead[index] = Some("&&"),
            "or" => self.instead[index] = Some("||"),
            "!" if tokens.is(index + 1, "in") => {
                let at = tokens.all[index].at.start..tokens.all[index + 1].at.end;
                return Err(Slip::new(code::EXPRESSION_SYNTAX, at.clone(), "`!in` is not an operator")
                    .help("write `not in`")
                    .mend(tokens.text, at, "not in"));
            }
            "not" if tokens.is(index + 1, "in") => {
                self.instead[index] = Some("!in");
                self.instead[index + 1] = Some("");
            }
            "not" => {
                let end = self.end_of(index + 1, true);
                if end == index + 1 {
                    return Err(Slip::new(
                        code::EXPRESSION_SYNTAX,
                        tokens.all[index].at.clone(),
                        "nothing stands behind `not`",
                    ));
                }
                self.instead[index] = Some("!(");
                self.closing[end] += 1;
            }
            "|" | "||" if self.opens_closure(index) => return self.closure(index),
            "|" if index == 0 || tokens.kind(index - 1) == Some(Kind::Symbol) => {
                let at = tokens.all[index].at.clone();
                return Err(Slip::new(code::EXPRESSION_SYNTAX, at, "a closure stands only where a list is asked")
                    .help("write `lines.any(|line| line.amount > 0)`"));
            }
            "|" => {
                let at = tokens.all[index].at.clone();
                return Err(Slip::new(code::EXPRESSION_SYNTAX, at.clone(), "`|` is not an operator")
                    .help("write `or`")
                    .mend(tokens.text, at, "or"));
            }
            _ => {}
        }
        Ok(index + 1)
    }

    /// True where an argument begins.
    fn opens_closure(&self, index: usize) -> bool {
        index > 0 && (self.tokens.is(index - 1, ",") || matches!(self.tokens.kind(index - 1), Some(Kind::Open(_))))
    }

    /// `|item| body` becomes `__closure(item, body)`.
    fn closure(&mut self, index: usize) -> Result<usize, Slip> {
        let tokens = self.tokens;
        let proper = tokens.is(index, "|") && tokens.kind(index + 1) == Some(Kind::Name) && tokens.is(index + 2, "|");
        let end = self.end_of(index + 3, false);
        if !proper || end == index + 3 {
            return Err(Slip::new(
                code::EXPRESSION_SYNTAX,
                tokens.all[index].at.clone(),
                "a closure names one item and says something of it",
            )
            .help("write `lines.any(|line| line.amount > 0)`"));
        }
        self.instead[index] = Some("__closure(");
        self.instead[index + 2] = Some(",");
        self.closing[end] += 1;
        Ok(index + 3)
    }

    /// The token before which an operand ends: at the bracket around it, at a comma, or (`joined`) at `and` and `or`.
    fn end_of(&self, start: usize, joined: bool) -> usize {
        let mut index = start;
        while let Some(kind) = self.tokens.kind(index) {
            match kind {
                Kind::Close(_) => break,
                // `if not a { … }`: the block is not part of the condition.
                Kind::Open(_) if joined && self.tokens.str(index) == "{" => break,
                Kind::Open(close) => index = close + 1,
                _ if self.tokens.is(index, ",") => break,
                _ if joined && ["and", "or", "&&", "||"].iter().any(|word| self.tokens.is(index, word)) => break,
                _ => index += 1,
            }
        }
        index.min(self.tokens.all.len())
    }

    fn write(&self) -> (String, Vec<usize>) {
        let mut out = String::with_capacity(self.tokens.text.len() + 16);
        let mut origin = Vec::with_capacity(out.capacity());
        let mut put = |text: &str, byte: usize, follow: bool| {
            for (offset, letter) in text.char_indices() {
                out.push(letter);
                origin.push(if follow { byte + offset } else { byte });
            }
        };
        let mut end = 0;
        for (index, token) in self.tokens.all.iter().enumerate() {
            for _ in 0..self.closing[index] {
                put(")", end, false);
            }
            if token.at.start > end {
                put(" ", end, false);
            }
            match self.instead[index] {
                Some(instead) => put(instead, token.at.start, false),
                None => {
                    let name = self.tokens.str(index);
                    if token.kind == Kind::Name && !WORDS.contains(&name) {
                        put(MARK, token.at.start, false);
                    }
                    put(name, token.at.start, true);
                }
            }
            end = token.at.end;
        }
        for _ in 0..self.closing[self.tokens.all.len()] {
            put(")", end, false);
        }
        (out, origin)
    }
}
