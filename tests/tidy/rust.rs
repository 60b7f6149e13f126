//! Reads Rust as the compiler's lexer does: string literals, paths and attributes with their lines, no comments, and
//! nothing of what stands under `#[cfg(test)]`.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream};

/// What one file says outside its tests.
#[derive(Debug, Default)]
pub struct Code {
    /// String literals as written, without quotes and prefixes; documentation is none.
    pub literals: Vec<Spot>,
    /// Names, with what leads to them: `std::time::SystemTime::now`.
    pub paths: Vec<Spot>,
    /// Attributes as written, on one line, without `#[` and `]`: `expect(dead_code, reason = "…")`.
    pub attributes: Vec<Spot>,
    /// The names of `#[cfg(test)] mod name;`.
    test_modules: Vec<String>,
}

/// A text and the line it starts on.
#[derive(Debug, Eq, PartialEq)]
pub struct Spot {
    pub line: usize,
    pub text: String,
}

impl Code {
    /// Reads the text of the file at `path`; fails the test where it is no Rust.
    pub fn read(path: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error: proc_macro2::LexError| {
            panic!("{path}:{}: is no Rust: {error}", error.span().start().line)
        });
        let mut code = Self::default();
        code.walk(tokens);
        code
    }

    /// Where the modules that are only compiled for tests have their files, without `.rs`.
    pub fn test_module_paths(&self, path: &str) -> Vec<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let home = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ => path.trim_end_matches(".rs").to_owned(),
        };
        self.test_modules.iter().map(|module| format!("{home}/{module}")).collect()
    }

    fn walk(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let _inner = tokens.next_if(|next| is_punct(next, '!'));
                    match tokens.next() {
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                            self.attribute(&group, &mut tokens);
                        }
                        Some(TokenTree::Group(group)) => self.walk(group.stream()),
                        _ => {}
                    }
                }
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(ident) => {
                    let mut path = Spot { line: ident.span().start().line, text: ident.to_string() };
                    lead_on(&mut path.text, &mut tokens);
                    self.paths.push(path);
                }
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    self.literals.extend(string(&literal.to_string()).map(|text| Spot { line, text }));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn attribute(&mut self, group: &Group, tokens: &mut Peekable<token_stream::IntoIter>) {
        let words = words(group.stream());
        match words.first().map(String::as_str) {
            Some("doc") => {}
            Some("cfg") if words.iter().any(|word| word == "test") && !words.iter().any(|word| word == "not") => {
                self.test_modules.extend(skip_item(tokens));
            }
            _ => {
                let written = group.span().source_text().unwrap_or_else(|| group.to_string());
                let text = written.trim_matches(['[', ']']).split_whitespace().collect::<Vec<_>>().join(" ");
                self.attributes.push(Spot { line: group.span().start().line, text });
            }
        }
    }
}

/// Appends `::next` as long as the path goes on.
fn lead_on(path: &mut String, tokens: &mut Peekable<token_stream::IntoIter>) {
    loop {
        let mut ahead = tokens.clone();
        let colons =
            ahead.next().is_some_and(|one| is_punct(&one, ':')) && ahead.next().is_some_and(|one| is_punct(&one, ':'));
        let (true, Some(TokenTree::Ident(next))) = (colons, ahead.next()) else { return };
        path.push_str("::");
        path.push_str(&next.to_string());
        *tokens = ahead;
    }
}

/// Skips what `#[cfg(test)]` stands before: up to its body or its semicolon. Names it if it is a module elsewhere.
fn skip_item(tokens: &mut Peekable<token_stream::IntoIter>) -> Option<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return None,
            TokenTree::Punct(punct) if punct.as_char() == ';' => break,
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            _ => {}
        }
    }
    let module = words.iter().position(|word| word == "mod")?;
    words.into_iter().nth(module + 1)
}

fn words(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// What stands between the quotes of a string literal of any sort; `None` for characters and numbers.
fn string(literal: &str) -> Option<String> {
    let opening = literal.find(['"', '\''])?;
    let marks = &literal[..opening];
    if !literal[opening..].starts_with('"') || !marks.chars().all(|mark| matches!(mark, 'b' | 'c' | 'r' | '#')) {
        return None;
    }
    let closing = literal.rfind('"')?;
    Some(literal[opening + 1..closing].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(spots: &[Spot]) -> Vec<(usize, &str)> {
        spots.iter().map(|spot| (spot.line, spot.text.as_str())).collect()
    }

    #[test]
    fn literals_are_found_and_comments_and_documentation_are_not() {
        let text = "//! \"no\"\n/// \"no\"\nfn f<'a>() { // \"no\"\n  g(\"yes\", r#\"ra\"w\"#, b\"bytes\", 'c', 7);\n}";
        assert_eq!(texts(&Code::read("x.rs", text).literals), [(4, "yes"), (4, "ra\"w"), (4, "bytes")]);
    }

    #[test]
    fn paths_are_kept_whole() {
        let code = Code::read("x.rs", "fn f() {\n std::time::SystemTime::now();\n a::<u8>::b() }");
        assert_eq!(texts(&code.paths)[2..], [(2, "std::time::SystemTime::now"), (3, "a"), (3, "u8"), (3, "b")]);
    }

    #[test]
    fn what_only_tests_compile_is_left_out() {
        let text = "#[cfg(test)]\nuse a::{b};\n#[cfg(test)] mod t { const X: &str = \"no\"; }\nconst Y: &str = \"yes\";\n\
                    #[cfg(test)] mod far;\n#[cfg(not(test))] const Z: &str = \"also\";";
        let code = Code::read("src/deep/x.rs", text);
        assert_eq!(texts(&code.literals), [(4, "yes"), (6, "also")]);
        assert_eq!(code.test_module_paths("src/deep/x.rs"), ["src/deep/x/far"]);
        assert_eq!(code.test_module_paths("src/deep/mod.rs"), ["src/deep/far"]);
    }

    #[test]
    fn attributes_are_kept_as_written() {
        let code = Code::read("x.rs", "#![allow(clippy::all)]\n#[expect(dead_code,\n  reason = \"why\")]\nfn f() {}");
        assert_eq!(texts(&code.attributes), [(1, "allow(clippy::all)"), (2, "expect(dead_code, reason = \"why\")")]);
    }
}
