//! Whether a refusal is the one a test means.

use fichero_model::label::Locale;

use crate::refusal::{FieldError, Refusal};

/// Whether `because` names the refusal: by its code, by the code of one of its fields alone or behind the field's name
/// (`account.required`), or by the rule or check that found it.
pub(super) fn names(because: &str, refusal: &Refusal) -> bool {
    let error = |error: &FieldError| {
        let rule = error.rule.as_deref();
        let pair = because.strip_prefix(&error.field).and_then(|rest| rest.strip_prefix('.'));
        because == error.code
            || Some(because) == rule
            || pair.is_some_and(|word| word == error.code || Some(word) == rule)
    };
    because == refusal.code || refusal.errors.iter().any(error)
}

/// What could have been written, and what was said: `account.required: Account is required`.
pub(super) fn told(refusal: &Refusal) -> String {
    if refusal.errors.is_empty() {
        return format!("`{}`: {}", refusal.code, refusal.detail.text(Locale::EN));
    }
    let error = |error: &FieldError| {
        let word = error.rule.as_deref().unwrap_or(error.code);
        let field = if error.field.is_empty() { String::new() } else { format!("{}.", error.field) };
        format!("`{field}{word}`: {}", error.message.text(Locale::EN))
    };
    refusal.errors.iter().map(error).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

    #[test]
    fn a_refusal_is_named_in_several_ways() {
        let found = FieldError::new("parent", "rule", Message::key("invalid")).found_by(&"no_circle".into());
        let refusal = Refusal::invalid(vec![found, FieldError::new("name", "required", Message::key("invalid"))]);
        for because in ["invalid", "rule", "no_circle", "parent.no_circle", "parent.rule", "required", "name.required"]
        {
            assert!(names(because, &refusal), "{because}");
        }
        for because in ["unique", "parent.required", "name", "parent", "name.no_circle", ""] {
            assert!(!names(because, &refusal), "{because}");
        }
    }
}
