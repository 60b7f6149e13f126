//! The runtime's own entities keep the fields it needs, whatever is done to them.

use fichero_model::code;

use super::super::findings::Findings;
use super::super::types::Word;
use super::Declared;
use crate::catalog::Catalog;

/// What the runtime itself reads and writes of its own entities; packs cannot take it away or make it something else.
const OWN: [(&str, &str, Word); 12] = [
    ("user", "name", Word::Text),
    ("user", "login", Word::Text),
    ("user", "email", Word::Text),
    ("user", "locale", Word::Choice),
    ("user", "time_zone", Word::Text),
    ("user", "active", Word::Boolean),
    ("user", "admin", Word::Boolean),
    ("user", "team", Word::Ref),
    ("user", "manager", Word::Ref),
    ("team", "name", Word::Text),
    ("team", "parent", Word::Ref),
    ("team", "manager", Word::Ref),
];

impl Declared<'_> {
    /// The fields that the runtime itself needs are there, and are what it takes them for.
    pub(super) fn check_own(&self, catalog: &Catalog, findings: &mut Findings<'_>) {
        for (entity, name, word) in OWN {
            let Some(declaration) = self.find(entity).and_then(|id| self.entities.get(id.index())) else { continue };
            let field = declaration.field(name).and_then(|id| declaration.fields.get(id.index()));
            let (place, message) = match field {
                Some(field) if field.field_type.as_ref().is_some_and(|found| found.word == word) => continue,
                Some(field) => (
                    &field.place,
                    format!(
                        "the runtime takes `{name}` of `{entity}` for a `{}`, and this makes it something else",
                        word.as_str()
                    ),
                ),
                None => match catalog.removed("entity", entity, &["fields", name]) {
                    Some(place) => {
                        (place, format!("the runtime needs `{name}` of `{entity}`, so it cannot be removed"))
                    }
                    None => continue,
                },
            };
            findings.error_with_help(
                code::WRONG_TARGET,
                place,
                message,
                "extend it instead: its `label`, `help`, `max` and checks are free",
            );
        }
    }
}
