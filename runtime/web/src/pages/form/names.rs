//! The names that a form posts: those of its inputs, and those of the pages' own. Others mean nothing, and are told.

use fichero_engine::FieldError;
use fichero_engine::message::Message;
use fichero_engine::value::check::about;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::{EntityId, Model};

use crate::pages::post::Posted;

/// What the pages post besides inputs, and what browsers may add.
const OWN: [&str; 9] = ["_csrf", "_version", "_do", "_next", "_from", "_lines", "_known", "_tab", "_charset_"];

/// What is wrong with the names that were posted for records of an entity.
pub fn wrong(model: &Model, entity: EntityId, posted: &Posted) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = Vec::new();
    for (name, _) in posted.pairs().filter(|(name, _)| !OWN.contains(name)) {
        let input = name.strip_prefix("_was.").unwrap_or(name);
        if let Err(error) = known(model, entity, input)
            && errors.iter().all(|known| known.field != error.field)
        {
            errors.push(error);
        }
    }
    errors
}

/// `name`, `price_currency`, `firm.text`, `token.remove`, `lines.2.id`, `lines.2.firm.text`.
fn known(model: &Model, entity: EntityId, name: &str) -> Result<(), FieldError> {
    let definition = &model[entity];
    let unknown = || {
        let names = definition.fields.iter().filter(|field| field.is_input()).map(|field| &*field.name);
        let message = match fichero_model::name::did_you_mean(name, names) {
            Some(near) => Message::with("unknown_field_near", [name, near]),
            None => Message::with("unknown_field", [name]),
        };
        FieldError::new(name, "unknown_field", message)
    };
    let (stem, rest) = name.split_once('.').map_or((name, None), |(stem, rest)| (stem, Some(rest)));
    let found = definition.field(stem).or_else(|| {
        let (id, field) = definition.field(stem.strip_suffix("_currency")?)?;
        matches!(field.kind, Kind::Money { .. }).then_some((id, field))
    });
    let (_, field) = found.ok_or_else(unknown)?;
    if !field.is_input() {
        let (code, message) = about(field, "readonly", []);
        return Err(FieldError::new(name, code, message));
    }
    match (&field.kind, rest) {
        (Kind::Lines { of, .. }, Some(rest)) => match rest.split_once('.') {
            Some((_, "id")) => Ok(()),
            // What the line's own table shows and does not ask is not posted either.
            Some((_, inner)) => known(model, *of, inner).map_err(|error| error.inside(stem)),
            None => Err(unknown()),
        },
        // Files come in parts; an input for them in which nothing was chosen says so by its name alone.
        (Kind::Ref(_), Some("text"))
        | (Kind::File(_), Some("file"))
        | (Kind::Secret { .. }, Some("remove"))
        | (_, None) => Ok(()),
        (_, Some(_)) => Err(unknown()),
    }
}

/// The field of the record or of its lines that an input is of.
pub fn field<'m>(model: &'m Model, entity: EntityId, name: &str) -> Option<&'m Field> {
    let mut parts = name.split('.');
    let (_, field) = model[entity].field(parts.next()?)?;
    match field.kind {
        Kind::Lines { of, .. } => model[of].field(parts.nth(1)?).map(|(_, field)| field),
        _ => Some(field),
    }
}
