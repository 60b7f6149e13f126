//! Keys: unknown ones, and names that are declared.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name::{self, Flaw};
use fichero_model::place::Place;

use super::{Check, Extent, with_replaced};
use crate::node::{Entry, Key, Style};
use crate::shape::{Keys, NameOf, Shape};

impl Check<'_> {
    /// A key that its map does not have.
    pub(super) fn unknown_key(&mut self, entry: &Entry, keys: &Keys) {
        let key = &entry.key;
        if let Some(diagnostic) = code_as_key(key) {
            return self.found.push(diagnostic);
        }
        let overlay: &[&str] =
            if self.path.is_empty() && self.extent == Extent::Part { &["place", "remove", "replace"] } else { &[] };
        let names = || keys.iter().map(|key| key.name).chain(overlay.iter().copied());
        let owner = self.path.last().map(|name| format!(" of `{name}`")).unwrap_or_default();
        let mut diagnostic =
            Diagnostic::error(code::UNKNOWN_KEY, &key.place, format!("there is no key `{}` here", key.text));
        match synonym(&key.text, keys).or_else(|| name::did_you_mean(&key.text, names())) {
            Some(near) => {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                if let Some(line) = with_replaced(self.texts, &key.place, near) {
                    diagnostic = diagnostic.mended(line);
                }
            }
            None => {
                let known: Vec<&str> = names().collect();
                diagnostic = diagnostic.help(match self.elsewhere(&key.text) {
                    Some(place) => place,
                    None => format!("the keys{owner} are {}", known.join(", ")),
                });
            }
        }
        self.found.push(diagnostic);
    }

    /// A key that an author may add, where it is one: an attribute of an option or stage.
    pub(super) fn attribute(&mut self, entry: &Entry, shape: &'static Shape) {
        if let Some(diagnostic) = code_as_key(&entry.key) {
            return self.found.push(diagnostic);
        }
        self.own_name(&entry.key, NameOf::Other);
        self.value(&entry.value, shape);
    }

    /// The key of a map of names.
    pub(super) fn entry_name(&mut self, entry: &Entry, names: NameOf) {
        match names {
            NameOf::New => self.own_name(&entry.key, names),
            NameOf::Locale => self.locale(&entry.key),
            NameOf::Kind(_)
            | NameOf::Part(_)
            | NameOf::Type
            | NameOf::Field
            | NameOf::Path
            | NameOf::Sort
            | NameOf::Stage
            | NameOf::Zone
            | NameOf::Country
            | NameOf::Currency
            | NameOf::Secret
            | NameOf::File
            | NameOf::Function
            | NameOf::Other => {}
        }
    }

    /// A name that is declared here.
    fn own_name(&mut self, key: &Key, names: NameOf) {
        if let Some(diagnostic) = code_as_key(key) {
            return self.found.push(diagnostic);
        }
        let reserved = match self.path.last().map(|above| &**above) {
            Some("fields" | "ask" | "params") if names == NameOf::New => Reserved::Fields,
            Some("steps" | "do" | "find" | "first_of" | "choose") => Reserved::Words,
            // Records of a scenario stand beneath their entity.
            Some(_) if self.path.first().is_some_and(|above| &**above == "given") => Reserved::Words,
            _ => Reserved::Nothing,
        };
        if let Some(diagnostic) = name_flaw(&key.text, &key.place, reserved) {
            let diagnostic = match name::mended(&key.text)
                .filter(|mended| **mended != *key.text)
                .and_then(|mended| with_replaced(self.texts, &key.place, &mended))
            {
                Some(line) => diagnostic.mended(line),
                None => diagnostic,
            };
            self.found.push(diagnostic);
        }
    }

    /// The key of a text's map.
    pub(super) fn locale(&mut self, key: &Key) {
        if !is_locale(&key.text) {
            let diagnostic = Diagnostic::error(code::BAD_TEXT, &key.place, format!("`{}` is not a locale", key.text))
                .help("a text is one string, or a map of locales: `{en: Deal, es: Negocio}`; a locale is two letters, such as `en`");
            self.found.push(diagnostic);
        }
    }

    /// Where a key belongs that stands at the wrong level.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let inside_field =
            self.path.len() >= 2 && self.path.get(self.path.len() - 2).is_some_and(|above| &**above == "fields");
        if !inside_field && self.path.is_empty() && crate::shape::field::FIELD.find(key).is_some() {
            return Some(format!("`{key}` is a key of a field: write it beneath the field it belongs to"));
        }
        if inside_field && crate::shape::entity::ENTITY.keys.find(key).is_some() {
            return Some(format!("`{key}` is a key of the entity: write it at the left margin"));
        }
        None
    }
}

/// Which names are taken where a name is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// None: it never stands alone in an expression.
    Nothing,
    /// The words of expressions.
    Words,
    /// These, and what every record has or the HTTP interface uses.
    Fields,
}

/// What is wrong with a name of a definition, field, stage or the like.
pub(crate) fn name_flaw(text: &str, place: &Place, reserved: Reserved) -> Option<Diagnostic> {
    if let Err(flaw) = name::check(text) {
        let why = match flaw {
            Flaw::Empty => "it is empty".to_owned(),
            Flaw::TooLong => format!("it has more than {} characters", name::LONGEST),
            Flaw::FirstLetter => "it must begin with a lower-case letter".to_owned(),
            Flaw::Letter(letter) => format!("it holds `{letter}`"),
        };
        let help = match name::mended(text).filter(|mended| mended != text) {
            Some(mended) => format!("call it `{mended}`; what people read is its `label`"),
            None => "a name is made of lower-case letters, digits and `_`; what people read is its `label`".to_owned(),
        };
        return Some(Diagnostic::error(code::BAD_NAME, place, format!("`{text}` is not a name: {why}")).help(help));
    }
    let taken = match reserved {
        Reserved::Nothing => false,
        Reserved::Words => name::is_word(text),
        Reserved::Fields => name::is_reserved_field(text),
    };
    taken.then(|| {
        let why = match text {
            _ if name::is_word(text) => "it is a word of expressions",
            "id" | "version" => "every record has it already",
            _ if text.starts_with("created_") || text.starts_with("updated_") || text.starts_with("deleted_") => {
                "every record has it already"
            }
            _ => "the HTTP interface uses it",
        };
        Diagnostic::error(code::RESERVED_NAME, place, format!("nothing here can be called `{text}`: {why}"))
            .help("choose another name; what people read is its `label`")
    })
}

/// What other tools call some keys.
const SYNONYMS: &[(&str, &str)] = &[
    ("calculated", "formula"),
    ("caption", "label"),
    ("choices", "options"),
    ("condition", "if"),
    ("default_value", "default"),
    ("description", "help"),
    ("enum", "options"),
    ("filter", "where"),
    ("hint", "help"),
    ("mandatory", "required"),
    ("max_length", "max"),
    ("maximum", "max"),
    ("maxlength", "max"),
    ("min_length", "min"),
    ("minimum", "min"),
    ("order_by", "sort"),
    ("read_only", "readonly"),
    ("references", "to"),
    ("regex", "pattern"),
    ("target", "to"),
    ("tooltip", "help"),
    ("translation", "label"),
    ("values", "options"),
    ("when", "if"),
];

/// The key that other tools call so, if the map has it.
fn synonym(key: &str, keys: &Keys) -> Option<&'static str> {
    let (_, meant) = SYNONYMS.iter().find(|(other, _)| *other == key)?;
    keys.find(meant).map(|key| key.name)
}

/// A key that holds operators or brackets, as only part of an expression does.
fn code_as_key(key: &Key) -> Option<Diagnostic> {
    let odd = |letter: char| {
        matches!(letter, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '=' | '"' | '&' | '|' | '*' | '+')
    };
    (key.style == Style::Plain && key.text.contains(odd)).then(|| {
        Diagnostic::error(
            code::KEY_LIKE_CODE,
            &key.place,
            format!("the key `{}` looks like part of an expression", key.text),
        )
        .help("quote the whole expression: inside a one-line map a comma or `: ` ends it")
    })
}

/// True for `en`, `pt-BR`.
pub(crate) fn is_locale(text: &str) -> bool {
    match text.as_bytes() {
        [a, b] => a.is_ascii_lowercase() && b.is_ascii_lowercase(),
        [a, b, b'-', c, d] => {
            a.is_ascii_lowercase() && b.is_ascii_lowercase() && c.is_ascii_uppercase() && d.is_ascii_uppercase()
        }
        _ => false,
    }
}
