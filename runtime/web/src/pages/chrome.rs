//! What surrounds a page: navigation, the signed-in person, what the last action has to say.

use fichero_engine::problems::{Outcome, Problems};
use fichero_engine::read::page::{Reader, Titles};
use fichero_model::page::{MenuEntry, MenuTarget};
use fichero_model::{EntityId, Model};
use jiff::Timestamp;

use super::visitor::Visitor;
use super::words::Words;
use super::{csrf, layout};
use crate::ui::context::{Nav, NavGroup, NavItem, Page, User, Watch};

/// The surroundings of a page about `entity`, if it is about one.
pub fn page(visitor: &Visitor, reader: &Reader, entity: Option<EntityId>) -> Page {
    let titles = Titles::default();
    let words = Words::new(visitor, reader, Timestamp::UNIX_EPOCH, &titles);
    let model = visitor.model();
    Page {
        path: visitor.path.clone(),
        workspace: words.label(&model.workspace.title).to_owned(),
        theme: visitor.preferences.theme,
        csrf: csrf::token(visitor.app.engine.seal(), &visitor.secret),
        user: reader.user.map(|user| User {
            name: reader.name.clone(),
            login: reader.login.clone(),
            href: Some(words.href(user)),
        }),
        nav: Nav { collapsed: visitor.preferences.narrow, groups: groups(&words, &visitor.path, entity) },
        crumbs: Vec::new(),
        notices: visitor.notice.iter().map(|notice| notice.shown(&words, model)).collect(),
        watch: visitor.actor.admin.then(|| Watch {
            href: "/admin/watch".to_owned(),
            revision: model.revision.to_string(),
            problems: count(&visitor.app.engine.problems()),
        }),
    }
}

/// How much an author has to do.
pub fn count(problems: &Problems) -> u64 {
    let errors = problems.findings.iter().filter(|finding| finding.is_error()).count() as u64;
    match problems.outcome {
        Outcome::InForce => errors,
        Outcome::Refused | Outcome::Waiting(_) | Outcome::Held(_) => errors.max(1),
    }
}

/// The lists that the menu leads to, in their order.
pub fn targets(model: &Model) -> Vec<(EntityId, Option<usize>)> {
    fn walk(entries: &[MenuEntry], model: &Model, found: &mut Vec<(EntityId, Option<usize>)>) {
        for entry in entries {
            found.extend(entry.target.as_ref().and_then(|target| led_to(model, target)));
            walk(&entry.children, model, found);
        }
    }
    let mut found = Vec::new();
    walk(&model.menu, model, &mut found);
    found.extend(unlisted(model).into_iter().map(|entity| (entity, None)));
    found
}

/// What the menu leads nowhere near: without a menu all entities, else those that the workspace itself declares, so that
/// a new one is found before anybody has written where.
fn unlisted(model: &Model) -> Vec<EntityId> {
    fn is_listed(model: &Model, entries: &[MenuEntry], entity: EntityId) -> bool {
        entries.iter().any(|entry| {
            let own = entry.target.as_ref().and_then(|target| led_to(model, target));
            own.is_some_and(|(led, _)| led == entity) || is_listed(model, &entry.children, entity)
        })
    }
    let own = |entity: EntityId| model[entity].pack.is_none() && entity != model.user && entity != model.team;
    let wanted = |entity: &EntityId| model.menu.is_empty() || (own(*entity) && !is_listed(model, &model.menu, *entity));
    layout::entities(model).filter(wanted).collect()
}

fn led_to(model: &Model, target: &MenuTarget) -> Option<(EntityId, Option<usize>)> {
    match target {
        MenuTarget::Entity(entity) => Some((*entity, None)),
        MenuTarget::View(index) => model.views.get(*index).map(|view| (view.entity, Some(*index))),
    }
}

fn groups(words: &Words<'_>, path: &str, entity: Option<EntityId>) -> Vec<NavGroup> {
    let home = NavItem {
        label: words.chrome("home.title"),
        icon: "home".to_owned(),
        href: "/".to_owned(),
        current: path == "/",
    };
    let mut loose = NavGroup { label: None, items: vec![home] };
    let mut groups = Vec::new();
    for entry in &words.model.menu {
        if entry.children.is_empty() {
            loose.items.extend(item(words, entry));
        } else {
            let mut items = Vec::new();
            flatten(words, entry, &mut items);
            groups.push(NavGroup { label: Some(words.label(&entry.label).to_owned()), items });
        }
    }
    let unlisted: Vec<NavItem> = unlisted(words.model).into_iter().map(|entity| of_entity(words, entity)).collect();
    if words.model.menu.is_empty() {
        loose.items.extend(unlisted);
    } else if !unlisted.is_empty() {
        let label = words.label(&words.model.workspace.title).to_owned();
        groups.push(NavGroup { label: Some(label), items: unlisted });
    }
    groups.insert(0, loose);
    mark(words, &mut groups, path, entity);
    groups
}

fn flatten(words: &Words<'_>, entry: &MenuEntry, items: &mut Vec<NavItem>) {
    for child in &entry.children {
        items.extend(item(words, child));
        flatten(words, child, items);
    }
}

fn item(words: &Words<'_>, entry: &MenuEntry) -> Option<NavItem> {
    let (entity, view) = led_to(words.model, entry.target.as_ref()?)?;
    let definition = &words.model[entity];
    let view = view.and_then(|index| words.model.views.get(index));
    Some(NavItem {
        label: words.label(&entry.label).to_owned(),
        icon: entry.icon.as_deref().or(definition.icon.as_deref()).unwrap_or_default().to_owned(),
        href: match view {
            Some(view) => format!("/{}?view={}", definition.name, view.name),
            None => format!("/{}", definition.name),
        },
        current: false,
    })
}

fn of_entity(words: &Words<'_>, entity: EntityId) -> NavItem {
    let head = words.head(entity);
    NavItem { label: head.plural, icon: head.icon, href: head.href, current: false }
}

/// Marks the one entry that this page belongs to: its view's, else its entity's.
fn mark(words: &Words<'_>, groups: &mut [NavGroup], path: &str, entity: Option<EntityId>) {
    let Some(entity) = entity else { return };
    let list = format!("/{}", words.model[entity].name);
    let view = path.strip_prefix(&list).and_then(|rest| rest.strip_prefix("?view="));
    let view = view.map(|rest| format!("{list}?view={}", rest.split('&').next().unwrap_or(rest)));
    let items = || groups.iter().flat_map(|group| &group.items);
    let wanted = view.filter(|view| items().any(|item| item.href == *view)).unwrap_or(list);
    for item in groups.iter_mut().flat_map(|group| &mut group.items) {
        item.current = item.href == wanted;
    }
}
