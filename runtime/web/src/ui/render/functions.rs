//! What templates can call: `t` for words, `icon` for drawings, `asset` for addresses, `locales` for the switch.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, context};

use super::super::catalogue::{Catalogue, Fill};
use super::super::locale::Locale;
use super::super::{assets, icons};

pub(super) fn add(environment: &mut Environment<'static>, catalogue: &Arc<Catalogue>) {
    let words = Arc::clone(catalogue);
    environment.add_function("t", move |key: &str, values: Kwargs| text(&words, key, &values));
    environment.add_function("icon", icon);
    environment.add_function("asset", assets::href);
    environment.add_global("locale", catalogue.locale().tag());
    let locales = Locale::ALL.map(|locale| context! { tag => locale.tag(), name => locale.endonym() });
    environment.add_global("locales", Value::from_iter(locales));
}

/// `t('list.count', n=12)`: a text of the chrome, filled and counted.
fn text(catalogue: &Catalogue, key: &str, values: &Kwargs) -> Result<String, Error> {
    let mut fills = Vec::new();
    for name in values.args() {
        let value: Value = values.get(name)?;
        let fill = match u64::try_from(value.clone()) {
            Ok(n) if value.is_number() => Fill::Count(n),
            _ => Fill::Text(value.to_string()),
        };
        fills.push((name, fill));
    }
    catalogue.text(key, &fills).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// `icon('target')`: the drawing, silent for screen readers because words always stand beside it.
fn icon(name: &str) -> Value {
    let sprite = assets::href("icons.svg");
    let name = icons::known(name);
    Value::from_safe_string(format!(
        "<svg class=\"icon\" width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{sprite}#{name}\"/></svg>"
    ))
}
