//! The menu: what stands in the navigation and where it leads.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::label::Text;
use fichero_model::name;
use fichero_model::page::{MenuEntry, MenuTarget, View};

use super::context::Context;
use super::findings::Findings;
use super::{not_yet, text};
use crate::node::{Entry, Node};

/// The entries of the application's menu.
pub(super) fn entries(cx: &Context<'_>, views: &[View], findings: &mut Findings<'_>) -> Vec<MenuEntry> {
    let mut menu = Vec::new();
    for document in cx.catalog.of_kind("menu") {
        let entries = document.node.get("entries").map(Node::entries).unwrap_or_default();
        if &*document.name == "main" {
            menu = entries.iter().filter_map(|found| entry(cx, views, found, findings)).collect();
        } else {
            findings.push(not_yet::key(&document.name, "menus besides `main`", &document.name_place));
        }
    }
    menu
}

/// What the application's menu is called.
pub(super) fn label(cx: &Context<'_>, findings: &mut Findings<'_>) -> Option<Text> {
    text::optional(cx.catalog.find("menu", "main")?.node.get("label"), findings)
}

fn entry(cx: &Context<'_>, views: &[View], entry: &Entry, findings: &mut Findings<'_>) -> Option<MenuEntry> {
    let node = &entry.value;
    let children: Vec<MenuEntry> = node
        .get("entries")
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .filter_map(|child| self::entry(cx, views, child, findings))
        .collect();
    let target = match (node.get("entity"), node.get("view")) {
        (Some(_), Some(view)) => {
            let message = format!("the menu entry `{}` leads to an entity and to a view", entry.key.text);
            findings.error_with_help(code::CONFLICTING_KEYS, &view.place, message, "keep one of them");
            return None;
        }
        (Some(entity), None) => Some(MenuTarget::Entity(cx.declared.entity_of(entity, findings)?)),
        (None, Some(view)) => Some(MenuTarget::View(find_view(views, view, findings)?)),
        (None, None) if node.get("url").is_some() => {
            Some(MenuTarget::Address(address(cx, node.get("url")?, findings)?))
        }
        (None, None) if node.get("entries").is_some() => None,
        // Where this release cannot lead yet was told already.
        (None, None) if ["report", "dashboard"].iter().any(|key| node.get(key).is_some()) => return None,
        // The author of a pack with a prefix names the entity without it.
        (None, None) => {
            match cx.declared.find(findings.files().current(&entry.key.place.file, "entity", &entry.key.text)) {
                Some(entity) => Some(MenuTarget::Entity(entity)),
                None => {
                    let known = cx.model.entities.iter().map(|entity| &*entity.name);
                    let message = format!(
                        "the menu entry `{}` leads nowhere: it is named after no entity, and says neither entity nor view",
                        entry.key.text
                    );
                    findings.unknown(code::MENU, &entry.key.place, message, &entry.key.text, known);
                    return None;
                }
            }
        }
    };
    let label = text::optional(node.get("label"), findings)
        .unwrap_or_else(|| label_of(cx, views, &entry.key.text, target.as_ref()));
    let icon = node.get("icon").and_then(Node::as_text).cloned().or_else(|| match target {
        Some(MenuTarget::Entity(entity)) => cx.model[entity].icon.clone(),
        Some(MenuTarget::View(_) | MenuTarget::Address(_)) | None => None,
    });
    let color = node.get("color").and_then(Node::as_text).cloned();
    Some(MenuEntry { name: Arc::clone(&entry.key.text), label, icon, color, target, children })
}

/// An entry without a label is called as what it leads to.
fn label_of(cx: &Context<'_>, views: &[View], name: &str, target: Option<&MenuTarget>) -> Text {
    match target {
        Some(MenuTarget::Entity(entity)) => cx.model[*entity].plural.clone(),
        Some(MenuTarget::View(view)) => {
            views.get(*view).map_or_else(|| Text::from_name(name), |view| view.label.clone())
        }
        Some(MenuTarget::Address(_)) | None => Text::from_name(name),
    }
}

/// An address that a browser may be led to: a page of this application, or one elsewhere on the web.
fn address(cx: &Context<'_>, node: &Node, findings: &mut Findings<'_>) -> Option<Arc<str>> {
    let url = node.as_text()?;
    let here = url.starts_with('/') && !url.starts_with("//");
    // Browsers read `\` as `/` and pass over line ends and tabs, so that an address with them leads to where it does not
    // seem to.
    let is_plain = !url.contains(|letter: char| letter == '\\' || letter.is_control());
    if is_plain && (here || ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| url.starts_with(scheme))) {
        let url: Arc<str> = findings.files().current_path(&node.place.file, url).into();
        check_page(cx, &url, node, findings);
        return Some(url);
    }
    findings.error_with_help(
        code::MENU,
        &node.place,
        format!("`{}` is no address that a menu can lead to", url.replace(char::is_control, " ")),
        "write a whole address, such as `https://example.org/help`, or a path of this application, such as `/search`",
    );
    None
}

/// A path of this application begins with one of its pages or with an entity.
fn check_page(cx: &Context<'_>, url: &str, node: &Node, findings: &mut Findings<'_>) {
    let Some(path) = url.strip_prefix('/') else { return };
    let first = path.split(['/', '?', '#']).next().unwrap_or_default();
    if first.is_empty() || name::ENTITIES.contains(&first) || cx.declared.find(first).is_some() {
        return;
    }
    let known = cx.model.entities.iter().map(|entity| &*entity.name).chain(name::ENTITIES.iter().copied());
    let message = format!("`{url}` leads nowhere: neither an entity nor a page of the application is called `{first}`");
    findings.unknown(code::MENU, &node.place, message, first, known);
}

fn find_view(views: &[View], node: &Node, findings: &mut Findings<'_>) -> Option<usize> {
    let name = node.as_text()?;
    let found = views.iter().position(|view| view.name == *name);
    if found.is_none() && !findings.is_broken(name) {
        let message = format!("there is no view `{name}`");
        findings.unknown(code::UNKNOWN_REFERENCE, &node.place, message, name, views.iter().map(|view| &*view.name));
    }
    found
}
