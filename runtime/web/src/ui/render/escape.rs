//! How a value becomes HTML: nothing for `none`, five characters escaped in texts, safe strings as they are.
//!
//! MiniJinja's own escaping also writes `/` as an entity, which makes every address unreadable and a page of links a
//! tenth larger. Five characters are enough (OWASP, *Cross Site Scripting Prevention*), because the templates put every
//! attribute in double quotes and no value into a script or a style.

use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value, escape_formatter};

/// The formatter of the environment.
pub(super) fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match (value.kind(), value.as_str()) {
        (ValueKind::None, _) => Ok(()),
        (ValueKind::String, Some(text)) if !value.is_safe() => Ok(out.write_str(&text_of(text))?),
        _ => escape_formatter(out, state, value),
    }
}

/// A text as HTML, fit for an element or a quoted attribute.
pub(super) fn text_of(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_leave_its_place() {
        assert_eq!(
            text_of("</p><a href=\"x\" title='y'>&amp;"),
            "&lt;/p&gt;&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;"
        );
    }
}
