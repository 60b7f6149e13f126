//! Expressions of requests, and what is wrong with them, in the reader's language.

use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::{Expr, Scope, Unportable, compile};
use fichero_model::kind::Type;
use fichero_model::label::{Locale, Text};
use fichero_model::place::Place;
use fichero_model::{EntityId, Model};

use crate::message::{Argument, Message};
use crate::refusal::Refusal;

/// A condition of a request, compiled; it must be portable.
///
/// # Errors
/// What is wrong with it, with its column.
pub fn condition(model: &Model, entity: EntityId, text: &str) -> Result<Arc<Expr>, Refusal> {
    let expr = expression(model, entity, text)?;
    if *expr.ty() != Type::Boolean {
        return Err(Slip::new(1, text, Sort::NoCondition, format!("`{text}` is neither true nor false")).refusal());
    }
    Ok(Arc::new(expr))
}

/// A portable expression of a request.
///
/// # Errors
/// What is wrong with it, with its column.
pub fn expression(model: &Model, entity: EntityId, text: &str) -> Result<Expr, Refusal> {
    if text.contains('\0') {
        return Err(Slip::new(1, "NUL", Sort::Unreadable, "NUL is no part of an expression".to_owned()).refusal());
    }
    let file: Arc<str> = Arc::from("filter");
    let place = Place::start_of(&file);
    let expr = compile(text, &place, &Scope::row(model, entity)).map_err(|diagnostics| {
        diagnostics.first().map_or_else(Slip::default, |first| Slip::of(first, text)).refusal()
    })?;
    match &expr.unportable {
        Some(part) => Err(Slip::unportable(part, text).refusal()),
        None => Ok(expr),
    }
}

/// What is told of an expression that the database cannot work out.
pub(super) fn unportable(part: &Unportable, text: &str) -> Refusal {
    Slip::unportable(part, text).refusal()
}

/// Something wrong in an expression.
#[derive(Debug, Default)]
struct Slip {
    column: usize,
    /// The piece of the text that it is about.
    part: String,
    sort: Sort,
    /// All of it, in English.
    told: String,
}

/// What is told of a slip in languages that the compiler does not speak.
#[derive(Clone, Copy, Debug, Default)]
enum Sort {
    #[default]
    Unreadable,
    UnknownName,
    UnknownFunction,
    WrongArguments,
    UnlikeTypes,
    NoCondition,
    Unportable,
}

impl Slip {
    fn new(column: usize, part: &str, sort: Sort, told: String) -> Self {
        const LONGEST: usize = 40;
        Self { column, part: part.chars().take(LONGEST).collect(), sort, told }
    }

    fn of(diagnostic: &Diagnostic, text: &str) -> Self {
        let place = diagnostic.place.as_ref();
        let part = place.and_then(|place| text.get(place.start as usize..place.end as usize)).unwrap_or_default();
        let told = match &diagnostic.help {
            Some(help) => format!("{}; {help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Self::new(place.map_or(1, |place| place.column as usize), part, Sort::of(diagnostic.code), told)
    }

    fn unportable(part: &Unportable, text: &str) -> Self {
        let piece: String = text.chars().skip(part.at.start).take(part.at.len()).collect();
        Self::new(part.at.start + 1, &piece, Sort::Unportable, part.why.clone())
    }

    fn refusal(self) -> Refusal {
        let Self { column, part, sort, told } = self;
        let (es, ru) = sort.words();
        let mut text = Text::new(Locale::EN, &format!("column {column}: {told}"));
        for (locale, column_word, words) in [("es", "columna", es), ("ru", "позиция", ru)] {
            if let Some(locale) = Locale::parse(locale) {
                text = text.with(locale, &format!("{column_word} {column}: «{part}»: {words}"));
            }
        }
        Refusal { code: "bad_filter", ..Refusal::malformed(Message::with("bad_filter", [Argument::from(&text)])) }
    }
}

impl Sort {
    fn of(code: Code) -> Self {
        match code {
            code::UNKNOWN_NAME => Sort::UnknownName,
            code::UNKNOWN_FUNCTION => Sort::UnknownFunction,
            code::WRONG_ARGUMENTS => Sort::WrongArguments,
            code::UNLIKE_TYPES => Sort::UnlikeTypes,
            code::NOT_BOOLEAN => Sort::NoCondition,
            // All others are about how it is written.
            _ => Sort::Unreadable,
        }
    }

    /// In Spanish and in Russian.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Sort::Unreadable => ("la expresión no se puede leer", "выражение не удаётся прочитать"),
            Sort::UnknownName => ("no existe ese nombre", "такого имени нет"),
            Sort::UnknownFunction => ("no existe esa función", "такой функции нет"),
            Sort::WrongArguments => ("los argumentos de la función no son válidos", "неверные аргументы функции"),
            Sort::UnlikeTypes => ("los tipos no concuerdan", "типы не сочетаются"),
            Sort::NoCondition => ("no es verdadero ni falso", "это не условие: ни истина, ни ложь"),
            Sort::Unportable => {
                ("la base de datos no puede evaluar esta parte", "эту часть база данных вычислить не может")
            }
        }
    }
}
