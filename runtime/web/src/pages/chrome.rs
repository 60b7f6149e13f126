//! What surrounds a page: navigation, the signed-in person, what the last action has to say.

use fichero_engine::problems::{Outcome, Problems};
use fichero_engine::read::page::{Reader, Titles};
use fichero_model::label::Text;
use fichero_model::page::{MenuEntry, MenuTarget, View};
use fichero_model::{EntityId, Model};
use jiff::Timestamp;

use super::visitor::Visitor;
use super::words::Words;
use super::{csrf, jobs, layout, problems, settings};
use crate::ui::context::{Color, Nav, NavGroup, NavItem, Page, User, Watch};

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
        nav: Nav {
            label: model.menu_label.as_ref().map(|label| words.label(label).to_owned()),
            collapsed: visitor.preferences.narrow,
            groups: groups(&words, visitor, entity),
        },
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
    let errors = problems.all().filter(|finding| finding.is_error()).count() as u64;
    match problems.outcome {
        Outcome::InForce => errors,
        Outcome::Refused | Outcome::Waiting(_) | Outcome::Held(_) => errors.max(1),
    }
}

/// What the menu leads to under one heading.
pub struct Heading<'m> {
    /// The heading; those without one stand in front.
    pub label: Option<&'m Text>,
    /// In their order.
    pub entries: Vec<Entry<'m>>,
}

/// Where the menu leads.
pub enum Entry<'m> {
    /// To a list.
    List(Listed<'m>),
    /// To an address.
    Address {
        /// What the menu calls it.
        label: &'m Text,
        /// The name of a drawing.
        icon: Option<&'m str>,
        /// The colour of the drawing.
        color: Option<&'m str>,
        /// The address.
        href: &'m str,
    },
}

impl<'m> Entry<'m> {
    /// Nothing for a heading.
    fn of(model: &'m Model, entry: &'m MenuEntry) -> Option<Self> {
        let (label, icon, color) = (&entry.label, entry.icon.as_deref(), entry.color.as_deref());
        match entry.target.as_ref()? {
            MenuTarget::Address(href) => Some(Self::Address { label, icon, color, href }),
            target @ (MenuTarget::Entity(_) | MenuTarget::View(_)) => {
                let (entity, view) = led_to(model, target)?;
                let view = view.and_then(|index| model.views.get(index));
                Some(Self::List(Listed { label, icon, color, entity, view }))
            }
        }
    }

    /// As pages show it.
    fn item(&self, words: &Words<'_>) -> NavItem {
        match self {
            Self::List(list) => list.item(words),
            Self::Address { label, icon, color, href } => NavItem {
                label: words.label(label).to_owned(),
                icon: icon.unwrap_or("external").to_owned(),
                color: color.map(Color::named),
                href: (*href).to_owned(),
                note: None,
                current: false,
            },
        }
    }
}

/// A list that the menu leads to.
pub struct Listed<'m> {
    /// What the menu calls it.
    pub label: &'m Text,
    icon: Option<&'m str>,
    color: Option<&'m str>,
    /// Of which records.
    pub entity: EntityId,
    /// Through which view; nothing where the entry names none.
    pub view: Option<&'m View>,
}

impl<'m> Listed<'m> {
    fn entity(model: &'m Model, entity: EntityId) -> Self {
        Self { label: &model[entity].plural, icon: None, color: None, entity, view: None }
    }

    /// The view that is shown there.
    pub fn shown(&self, model: &'m Model) -> Option<&'m View> {
        self.view.or_else(|| layout::views(model, self.entity).next())
    }

    /// The entry as pages show it.
    pub fn item(&self, words: &Words<'_>) -> NavItem {
        let definition = &words.model[self.entity];
        NavItem {
            label: words.label(self.label).to_owned(),
            icon: self.icon.or(definition.icon.as_deref()).unwrap_or_default().to_owned(),
            color: self.color.map(Color::named),
            href: match self.view {
                Some(view) => format!("/{}?view={}", definition.name, view.name),
                None => format!("/{}", definition.name),
            },
            note: None,
            current: false,
        }
    }
}

impl<'m> Heading<'m> {
    /// The lists that it leads to.
    pub fn lists(&self) -> impl Iterator<Item = &Listed<'m>> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::List(list) => Some(list),
            Entry::Address { .. } => None,
        })
    }

    /// Whether these lists are what administrators look after: people are among them.
    pub fn is_administration(&self, model: &Model) -> bool {
        self.lists().any(|list| list.entity == model.user)
    }
}

/// What the menu leads to.
pub fn menu(model: &Model) -> Vec<Heading<'_>> {
    fn flatten<'m>(model: &'m Model, entries: &'m [MenuEntry], flat: &mut Vec<Entry<'m>>) {
        for entry in entries {
            flat.extend(Entry::of(model, entry));
            flatten(model, &entry.children, flat);
        }
    }
    let mut loose = Heading { label: None, entries: Vec::new() };
    let mut headings = Vec::new();
    for entry in &model.menu {
        if entry.children.is_empty() {
            loose.entries.extend(Entry::of(model, entry));
        } else {
            let mut entries = Vec::new();
            flatten(model, &entry.children, &mut entries);
            headings.push(Heading { label: Some(&entry.label), entries });
        }
    }
    let unlisted = unlisted(model).into_iter().map(|entity| Entry::List(Listed::entity(model, entity)));
    let unlisted: Vec<Entry<'_>> = unlisted.collect();
    if model.menu.is_empty() {
        loose.entries.extend(unlisted);
    } else if !unlisted.is_empty() {
        headings.push(Heading { label: Some(&model.workspace.title), entries: unlisted });
    }
    headings.insert(0, loose);
    headings
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
        MenuTarget::Address(_) => None,
    }
}

fn groups(words: &Words<'_>, visitor: &Visitor, entity: Option<EntityId>) -> Vec<NavGroup> {
    let path = visitor.path.as_str();
    let mut groups = Vec::new();
    let mut administration = None;
    for heading in menu(words.model) {
        if heading.is_administration(words.model) && heading.label.is_some() {
            administration = Some(groups.len());
        }
        let items = heading.entries.iter().map(|entry| entry.item(words)).collect();
        groups.push(NavGroup { label: heading.label.map(|label| words.label(label).to_owned()), items });
    }
    let home = own(words, "home.title", "home", "/", path == "/");
    if let Some(loose) = groups.first_mut() {
        loose.items.insert(0, home);
    }
    mark(words, &mut groups, path, entity);
    if visitor.actor.admin {
        let items = administrators(words, visitor, entity);
        match administration.and_then(|at| groups.get_mut(at)) {
            Some(group) => group.items.extend(items),
            None => groups.push(NavGroup { label: Some(words.chrome("nav.administration")), items }),
        }
    }
    groups
}

/// What only administrators look after besides records.
fn administrators(words: &Words<'_>, visitor: &Visitor, entity: Option<EntityId>) -> Vec<NavItem> {
    let is_settings = entity.is_some_and(|entity| layout::is_settings(words.model, entity));
    let settings =
        own(words, "settings.title", "settings", settings::HERE, is_settings || visitor.path == settings::HERE);
    let here = visitor.path.split('?').next() == Some(problems::HERE);
    let definitions = own(words, "nav.definitions", "code", problems::HERE, here);
    let definitions = NavItem { note: Some(visitor.live.seq.to_string()), ..definitions };
    let settings = Some(settings).filter(|_| !words.model.settings.is_empty());
    let jobs = own(words, "jobs.title", "refresh", jobs::HERE, visitor.path.split('?').next() == Some(jobs::HERE));
    settings.into_iter().chain([definitions, jobs]).collect()
}

fn own(words: &Words<'_>, key: &str, icon: &str, href: &str, current: bool) -> NavItem {
    NavItem { label: words.chrome(key), icon: icon.to_owned(), color: None, href: href.to_owned(), note: None, current }
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
