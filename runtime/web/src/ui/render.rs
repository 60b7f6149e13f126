//! Turns a context into HTML.
//!
//! Owns the MiniJinja environments, one per language (so that `t` needs no argument for it), built once from the
//! embedded templates. Every value is escaped as HTML whatever the template is called; a name that is not in the context
//! is an error, never an empty place; `none` prints nothing. Does not choose a page and does not know HTTP.

mod escape;
mod filters;
mod functions;
mod templates;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::catalogue::{Catalogue, Fill};
use super::context::Template;
use super::locale::Locale;

/// Renders pages in every language.
pub struct Renderer {
    tongues: Vec<Tongue>,
}

struct Tongue {
    catalogue: std::sync::Arc<Catalogue>,
    environment: Environment<'static>,
}

/// Why a page could not be made. Only a mistake in this crate can cause it.
#[derive(Debug)]
pub enum Error {
    /// A template does not parse, or asks for something its context does not have.
    Template(minijinja::Error),
    /// A catalogue cannot be read or lacks a text.
    Catalogue(super::catalogue::Error),
    /// There is no environment for the language.
    Locale(Locale),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Template(error) => write!(f, "{error:#}"),
            Self::Catalogue(error) => error.fmt(f),
            Self::Locale(locale) => write!(f, "there are no pages in `{}`", locale.tag()),
        }
    }
}

impl std::error::Error for Error {}

impl From<minijinja::Error> for Error {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(error)
    }
}

impl From<super::catalogue::Error> for Error {
    fn from(error: super::catalogue::Error) -> Self {
        Self::Catalogue(error)
    }
}

impl Renderer {
    /// Reads the catalogues and parses the templates.
    pub fn new() -> Result<Self, Error> {
        let tongues = Locale::ALL.into_iter().map(Tongue::new).collect::<Result<_, _>>()?;
        Ok(Self { tongues })
    }

    /// The HTML of a page.
    pub fn page<T: Template>(&self, locale: Locale, context: &T) -> Result<String, Error> {
        let template = self.tongue(locale)?.environment.get_template(T::NAME)?;
        Ok(template.render(Value::from(Serde(context)))?)
    }

    /// A text of the chrome, for handlers: messages, notices, problems of a form. Plain text, not HTML.
    pub fn text(&self, locale: Locale, key: &str, fills: &[(&str, Fill)]) -> Result<String, Error> {
        Ok(self.tongue(locale)?.catalogue.text(key, fills)?)
    }

    /// The catalogue of a language.
    pub fn catalogue(&self, locale: Locale) -> Result<&Catalogue, Error> {
        Ok(&self.tongue(locale)?.catalogue)
    }

    fn tongue(&self, locale: Locale) -> Result<&Tongue, Error> {
        self.tongues.iter().find(|tongue| tongue.catalogue.locale() == locale).ok_or(Error::Locale(locale))
    }
}

impl Tongue {
    fn new(locale: Locale) -> Result<Self, Error> {
        let catalogue = std::sync::Arc::new(Catalogue::load(locale)?);
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_formatter(escape::write);
        functions::add(&mut environment, &catalogue);
        filters::add(&mut environment);
        for (name, source) in templates::ALL {
            environment.add_template(name, source)?;
        }
        Ok(Self { catalogue, environment })
    }
}
