//! What the address of a list asks for.

use std::sync::Arc;

use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::read::{list, search};
use fichero_model::expr::Expr;
use fichero_model::page::{Column, View};
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};

use super::super::{address, layout};
use super::filter::{self, Filter};
use crate::ui::context::Direction;
use crate::ui::locale::Locale;

/// The name of the view that leaves nothing out, where no author's does.
pub const ALL: &str = "all";

/// The most pages that can be turned back one by one.
const MOST_PAGES: usize = 12;

/// What the address of a list asks for.
pub struct Asked<'m> {
    model: &'m Model,
    /// Of which entity.
    pub entity: EntityId,
    /// Through which view; nothing for all records.
    pub view: Option<&'m View>,
    /// The view as the address names it.
    named: Option<String>,
    /// The quick search, as typed.
    pub search: String,
    /// The filters, as typed.
    pub filters: Vec<Filter>,
    sort: Option<(String, SortKey)>,
    /// Where each page before ended, the last one last.
    cursors: Vec<String>,
}

impl<'m> Asked<'m> {
    /// Reads an address.
    ///
    /// # Errors
    /// What means nothing here, by name.
    pub fn read(
        model: &'m Model,
        entity: EntityId,
        chrome: Locale,
        pairs: &[(String, String)],
    ) -> Result<Self, Refusal> {
        let mut asked = Self {
            model,
            entity,
            view: layout::views(model, entity).next(),
            named: None,
            search: String::new(),
            filters: Vec::new(),
            sort: None,
            cursors: Vec::new(),
        };
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.strip_prefix('_').unwrap_or(name) {
                "view" => asked.put_view(value)?,
                "q" => asked.search = value.clone(),
                "sort" => asked.sort = Some((value.clone(), list::sort_key(model, entity, value)?)),
                "cursor" => asked.cursors.push(value.clone()),
                // What switches the language of a page that is read without signing in means nothing here.
                "lang" => {}
                _ => asked.filters.push(Filter::read(model, entity, chrome, name, value)?),
            }
        }
        if asked.cursors.len() > MOST_PAGES {
            asked.cursors.drain(..asked.cursors.len() - MOST_PAGES);
        }
        Ok(asked)
    }

    fn put_view(&mut self, name: &str) -> Result<(), Refusal> {
        let views = || layout::views(self.model, self.entity);
        let found = views().find(|view| &*view.name == name);
        let found = found.or_else(|| views().find(|view| view.was.iter().any(|was| &**was == name)));
        if let Some(view) = found {
            self.view = Some(view);
            self.named = Some(view.name.to_string());
            return Ok(());
        }
        self.view = match name {
            ALL => views().find(|view| view.filter.is_none()),
            _ => return Err(Refusal::malformed(Message::with("bad_parameter", ["view"]))),
        };
        self.named = Some(name.to_owned());
        Ok(())
    }

    /// The conditions that must all hold; the quick search looks into the columns that are shown.
    pub fn conditions(&self, columns: &[Column]) -> Vec<Arc<Expr>> {
        let view = self.view.and_then(|view| view.filter.clone()).map(Arc::new);
        let beside: Vec<_> = columns.iter().map(|column| column.path.as_slice()).collect();
        let words = search::words(self.model, self.entity, &beside, &self.search);
        let filters = self.filters.iter().filter_map(|filter| filter.condition.clone());
        // What could not be read asks for something that is not known: no rows are shown rather than the wrong ones.
        let never = self.is_wrong().then(|| Arc::new(filter::never(self.model, self.entity)));
        view.into_iter().chain(words).chain(filters).chain(never).collect()
    }

    /// Whether a filter could not be read.
    pub fn is_wrong(&self) -> bool {
        self.filters.iter().any(|filter| filter.error.is_some())
    }

    /// The order as the address names it.
    pub fn sorted_by(&self) -> Option<&str> {
        self.sort.as_ref().map(|(sort, _)| sort.as_str())
    }

    /// The fields that must have a value.
    pub fn equals(&self) -> Vec<(FieldId, Value)> {
        self.filters.iter().filter_map(|filter| filter.equal.clone().map(|value| (filter.field, value))).collect()
    }

    /// In which order.
    pub fn sort(&self) -> Vec<SortKey> {
        match &self.sort {
            Some((_, key)) => vec![key.clone()],
            None => layout::usual_sort(self.model, self.entity, self.view),
        }
    }

    /// How the list is sorted by a column, if it is.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        let (by, descending) = match &self.sort {
            Some((text, key)) => (text.trim_start_matches('-').to_owned(), key.descending),
            None => {
                let key = self.sort().into_iter().next()?;
                (key.by.text.to_string(), key.descending)
            }
        };
        let direction = if descending { Direction::Descending } else { Direction::Ascending };
        (by == name).then_some(direction)
    }

    /// Where the page before ended.
    pub fn cursor(&self) -> Option<&str> {
        self.cursors.last().map(String::as_str)
    }

    /// Everything that decides which rows there are, and their order.
    pub fn fingerprint(&self) -> String {
        let view = self.view.map_or("", |view| &view.name);
        let filter = self.view.and_then(|view| view.filter.as_ref()).map_or("", |filter| &filter.text);
        let sort: Vec<_> = self.sort().iter().map(|key| (key.by.text.clone(), key.descending)).collect();
        let filters: Vec<_> = self.filters.iter().map(|filter| (&filter.name, &filter.text)).collect();
        let name = &self.model[self.entity].name;
        format!("page|{name}|{view}|{filter}|{:?}|{filters:?}|{sort:?}", self.search)
    }

    /// Names and values of all that survives when only a part is asked otherwise, but for the pages that were turned.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        let view = self.named.as_deref().map(|view| ("view", view));
        let sort = self.sort.as_ref().map(|(sort, _)| ("sort", sort.as_str()));
        let filters = self.filters.iter().map(|filter| (filter.name.as_str(), filter.text.as_str()));
        view.into_iter().chain([("q", self.search.as_str())]).chain(filters).chain(sort).collect()
    }

    /// The list without some of what is asked.
    pub fn without(&self, is_dropped: impl Fn(&str) -> bool) -> String {
        self.address(self.pairs().into_iter().filter(|(name, _)| !is_dropped(name)))
    }

    /// The list sorted otherwise.
    pub fn sorted(&self, sort: &str) -> String {
        let pairs = self.pairs().into_iter().filter(|(name, _)| *name != "sort");
        self.address(pairs.chain([("sort", sort)]))
    }

    /// The next page.
    pub fn next(&self, cursor: &str) -> String {
        let turned = self.cursors.iter().map(String::as_str).chain([cursor]);
        self.address(self.pairs().into_iter().chain(turned.map(|cursor| ("cursor", cursor))))
    }

    /// The page before; nothing on the first.
    pub fn previous(&self) -> Option<String> {
        let (_, before) = self.cursors.split_last()?;
        let turned = before.iter().map(|cursor| ("cursor", cursor.as_str()));
        Some(self.address(self.pairs().into_iter().chain(turned)))
    }

    /// The list as a file, however many pages it has.
    pub fn exported(&self, format: &str) -> String {
        address::with(&format!("/{}/export/{format}", self.model[self.entity].name), self.pairs())
    }

    fn address<'p>(&self, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
        address::with(&format!("/{}", self.model[self.entity].name), pairs)
    }
}
