//! What somebody gives for the fields of a record, before anything is looked up or checked against other records.

use std::sync::Arc;

use fichero_model::value::{Currency, Value};
use fichero_model::{FieldId, Id};
use rust_decimal::Decimal;

use crate::refusal::FieldError;

/// What was given for a record. Errors of single fields are gathered, so that a writer hears of all at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// What was given for which field, each at most once.
    pub fields: Vec<(FieldId, Given)>,
    /// What a new record begins with that is made like another, or what one takes over from another that is merged into
    /// it, where nothing else is given. It is nobody's to give, so that it may also be read-only to whoever does that.
    pub basis: Vec<(FieldId, Given)>,
    /// What could not be read at all.
    pub errors: Vec<FieldError>,
    /// The identity the record is to have, for data documents and restores.
    pub id: Option<Id>,
    /// The revision of the model whose field ids these are, where the reader of a request knows it.
    pub revision: Option<Arc<str>>,
    /// Likely duplicates of a new record that its maker has seen.
    pub known: Vec<Id>,
}

impl Input {
    /// What was given for a field.
    pub fn get(&self, field: FieldId) -> Option<&Given> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, given)| given)
    }

    /// The same as a change after RFC 7396: objects of structured data are merged into what is held, also those of lines.
    #[must_use]
    pub fn merging(mut self) -> Self {
        for (_, given) in &mut self.fields {
            match given {
                Given::Value(Value::Json(json)) if json.is_object() => *given = Given::Merge(Arc::clone(json)),
                Given::Lines(lines) => {
                    for line in lines {
                        line.input = std::mem::take(&mut line.input).merging();
                    }
                }
                Given::Value(_)
                | Given::Merge(_)
                | Given::Money { .. }
                | Given::Named(_)
                | Given::NamedList(_)
                | Given::Options(_) => {}
            }
        }
        self
    }

    /// Gives a value for a field, in place of what was given before.
    pub fn put(&mut self, field: FieldId, given: Given) {
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, slot)) => *slot = given,
            None => self.fields.push((field, given)),
        }
    }
}

/// What was given for one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A value of the field's type; nothing empties the field.
    Value(Value),
    /// Structured data that is merged into what is held (RFC 7396); a record that is made takes it as it is.
    Merge(Arc<serde_json::Value>),
    /// Money, as far as it was given: an amount without a currency keeps the one it has.
    Money {
        /// The amount; the inner nothing empties the field.
        amount: Option<Option<Decimal>>,
        /// The currency.
        currency: Option<Currency>,
    },
    /// A record by its external key, its data-row name or its title, to be looked up.
    Named(Arc<str>),
    /// Several of them.
    NamedList(Vec<Arc<str>>),
    /// Options by their names, of which one is none of the field's: it stands if the record holds it, for an option may
    /// have left the definitions after somebody chose it.
    Options(Vec<Arc<str>>),
    /// The whole list of lines: with an identity a line is updated, without it is made, a missing one is deleted.
    Lines(Vec<Line>),
}

/// One line of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Which line it is; nothing for a new one.
    pub id: Option<Id>,
    /// What is given for it.
    pub input: Input,
}
