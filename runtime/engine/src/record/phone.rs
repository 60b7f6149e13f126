//! Phone numbers of a draft: those that are written without the code of their country get that of the record's.

use std::sync::Arc;

use fichero_model::FieldId;
use fichero_model::entity::Field;
use fichero_model::phone::{self, Country, Unread};
use fichero_model::value::Value;

use super::draft::Draft;
use super::work::Work;
use crate::message::Argument;
use crate::refusal::Refusal;
use crate::value::check::{Problem, about};

/// A number as it is kept, for whoever has to write it otherwise.
const EXAMPLE: &str = "+34 915 550 142";

/// Brings the numbers that the command changes into the form they are kept in. Gives whether any became another, and
/// those that cannot be dialled.
///
/// # Errors
/// When a definition fails.
pub fn settle(work: &Work<'_>, draft: &mut Draft) -> Result<(bool, Vec<(FieldId, Problem)>), Refusal> {
    let model = Arc::clone(&work.live.model);
    let (mut settled, mut problems) = (false, Vec::new());
    for (id, field) in model[draft.entity].all_fields() {
        if !field.is_phone() || !field.is_input() || !draft.changes(id) {
            continue;
        }
        let country = country(work, draft, field)?;
        let mut items = Vec::new();
        for item in draft.row.get(id).items() {
            let text = item.as_text().unwrap_or_default();
            match phone::read(text, country) {
                Ok(kept) => items.push(Value::text(&kept)),
                Err(_) if text.trim().is_empty() => items.push(item.clone()),
                Err(why) => {
                    problems.push((id, problem(field, text, country, why)));
                    items.push(item.clone());
                }
            }
        }
        let value = if field.many { Value::list(items) } else { items.pop().unwrap_or_default() };
        settled |= *draft.row.get(id) != value;
        draft.set(id, value);
    }
    Ok((settled, problems))
}

/// The country that a number without a code is of: what the field says of the record, else the workspace's.
fn country(work: &Work<'_>, draft: &Draft, field: &Field) -> Result<Option<Country>, Refusal> {
    let said = match &field.country {
        Some(expr) => draft.eval(work, expr, &[], None)?,
        None => Value::Nothing,
    };
    Ok(said.as_text().and_then(Country::parse).or(work.live.model.workspace.country))
}

fn problem(field: &Field, text: &str, country: Option<Country>, why: Unread) -> Problem {
    let plain = |text: &str| Argument::Plain(text.to_owned());
    let of_country = |with: &'static str, without: &'static str| match country.filter(|_| !text.starts_with('+')) {
        Some(country) => about(field, with, [plain(text), plain(country.as_str())]),
        None => about(field, without, [plain(text)]),
    };
    let (_, message) = match why {
        Unread::NoNumber => about(field, "not_phone", [plain(EXAMPLE)]),
        Unread::NoCountry => about(field, "no_country", [plain(text), plain(EXAMPLE)]),
        Unread::UnknownCode => about(field, "unknown_dial", [plain(text)]),
        Unread::TooShort => of_country("short_phone", "short_number"),
        Unread::TooLong => of_country("long_phone", "long_number"),
    };
    ("not_phone", message)
}
