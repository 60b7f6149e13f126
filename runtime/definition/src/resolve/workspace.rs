//! What the workspace says of itself, and the packs in use.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::label::{Locale, Text};
use fichero_model::model::{Pack, Workspace};
use fichero_model::phone::Country;
use fichero_model::value::Currency;
use jiff::tz::TimeZone;

use super::findings::Findings;
use super::text;
use crate::catalog::Catalog;
use crate::node::Node;
use crate::source::{Origin, Sources};

/// The workspace, with what is usual where it says nothing.
pub(super) fn workspace(catalog: &Catalog, findings: &mut Findings<'_>) -> Workspace {
    let document = catalog.of_kind("workspace").next();
    let name: Arc<str> = document.map_or_else(|| "workspace".into(), |document| Arc::clone(&document.name));
    let get = |key: &str| document.and_then(|document| document.node.get(key));
    Workspace {
        title: text::label(get("title"), &name, findings),
        name,
        locale: get("locale").and_then(Node::as_text).and_then(|text| Locale::parse(text)).unwrap_or(Locale::EN),
        time_zone: get("time_zone").and_then(|zone| time_zone(zone, findings)).unwrap_or(TimeZone::UTC),
        currency: get("currency")
            .and_then(Node::as_text)
            .and_then(|text| Currency::parse(text))
            .unwrap_or(Currency::EUR),
        country: get("country").and_then(Node::as_text).and_then(|text| Country::parse(text)),
    }
}

fn time_zone(node: &Node, findings: &mut Findings<'_>) -> Option<TimeZone> {
    let name = node.as_text()?;
    match fichero_model::expr::time::zone(name) {
        Some(zone) => Some(zone),
        None => {
            let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            let message = format!("there is no time zone `{name}`");
            let near = fichero_model::name::did_you_mean(name, known.iter().map(String::as_str)).or_else(|| {
                // Somebody writes the city alone.
                known
                    .iter()
                    .map(String::as_str)
                    .find(|zone| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name)))
            });
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write an IANA name such as `Europe/Madrid` or `America/Bogota`".to_owned(),
            };
            findings.error_with_help(code::BAD_VALUE, &node.place, message, help);
            None
        }
    }
}

/// The packs in use, each after those it requires. The runtime's own definitions are none.
pub(super) fn packs(sources: &Sources, catalog: &Catalog, findings: &mut Findings<'_>) -> Vec<Pack> {
    let mut packs = Vec::new();
    for (index, layer) in sources.layers().iter().enumerate() {
        let (Some(name), false) = (&layer.pack, layer.origin == Origin::Workspace) else { continue };
        let Some(document) = catalog.of_kind("pack").find(|document| document.layer == index) else { continue };
        packs.push(Pack {
            name: Arc::clone(name),
            version: layer.version.as_ref().map_or_else(|| "0.0.0".into(), |version| version.to_string().into()),
            title: text::optional(document.node.get("title"), findings).unwrap_or_else(|| Text::from_name(name)),
        });
    }
    packs
}
