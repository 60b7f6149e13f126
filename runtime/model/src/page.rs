//! What people see: views, forms and the menu.

use std::sync::Arc;

use crate::expr::{Aggregate, Expr};
use crate::id::{EntityId, FieldId};
use crate::label::Text;
use crate::place::Place;
use crate::rule::SortKey;

/// A list of records.
#[derive(Clone, Debug)]
pub struct View {
    /// Unique in the model.
    pub name: Arc<str>,
    /// Names it had before, newest first: whoever kept its address still finds it.
    pub was: Vec<Arc<str>>,
    /// What people call it.
    pub label: Text,
    /// What it is for.
    pub help: Option<Text>,
    /// The name of a drawing.
    pub icon: Option<Arc<str>>,
    /// Of which records.
    pub entity: EntityId,
    /// How it is shown.
    pub kind: ViewKind,
    /// Which records.
    pub filter: Option<Expr>,
    /// What is shown of each.
    pub columns: Vec<Column>,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// Grouped by this.
    pub group: Option<Expr>,
    /// Sums and counts shown beneath.
    pub totals: Vec<Total>,
    /// How records stand out; the first that holds.
    pub colors: Vec<Highlight>,
    /// How many records a page has; as many as the runtime finds good when nothing.
    pub limit: Option<u32>,
    /// Where it is declared.
    pub place: Place,
}

/// Records that stand out.
#[derive(Clone, Debug)]
pub struct Highlight {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// Which.
    pub condition: Expr,
    /// The name of a colour of the palette.
    pub color: Arc<str>,
}

/// A figure over all records of a view, and over each group.
#[derive(Clone, Debug)]
pub struct Total {
    /// Its name.
    pub name: Arc<str>,
    /// What is made of the values.
    pub function: Aggregate,
    /// The value of each record; nothing for a count of records.
    pub of: Option<Expr>,
}

/// How a view is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// A table.
    List,
    /// Columns of cards.
    Board,
    /// Days and weeks.
    Calendar,
    /// Bars along time.
    Timeline,
    /// Points on a map.
    Map,
    /// A table of two groups.
    Pivot,
}

/// A column of a view: a field of the entity, or one reached through references.
#[derive(Clone, Debug)]
pub struct Column {
    /// The fields on the way; all but the last are references.
    pub path: Vec<(EntityId, FieldId)>,
    /// The same as an expression.
    pub value: Expr,
    /// What people call it; the last field's label when nothing.
    pub label: Option<Text>,
    /// The widget the author asked for here.
    pub widget: Option<Arc<str>>,
}

/// How a record is edited.
#[derive(Clone, Debug)]
pub struct Form {
    /// Unique in the model.
    pub name: Arc<str>,
    /// Of which records.
    pub entity: EntityId,
    /// What people call it.
    pub label: Option<Text>,
    /// What it is for.
    pub help: Option<Text>,
    /// Its parts in order.
    pub sections: Vec<Section>,
    /// Where it is declared.
    pub place: Place,
}

/// A part of a form.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name.
    pub name: Arc<str>,
    /// Its heading.
    pub title: Option<Text>,
    /// A sentence under it.
    pub help: Option<Text>,
    /// How many columns on a wide screen.
    pub columns: u8,
    /// It is a tab of its own.
    pub tab: bool,
    /// The fields in order.
    pub fields: Vec<Placed>,
    /// It is shown while this is true.
    pub visible_if: Option<Expr>,
}

/// A field in its place, with what is said of it there.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Which.
    pub field: FieldId,
    /// What it is called here.
    pub label: Option<Text>,
    /// A line of help in place of its own.
    pub help: Option<Text>,
    /// It is shown here, and not asked.
    pub readonly: bool,
    /// It takes the whole width.
    pub wide: bool,
    /// The widget the author asked for here.
    pub widget: Option<Arc<str>>,
    /// It is shown here while this is true.
    pub visible_if: Option<Expr>,
}

/// An entry of the menu.
#[derive(Clone, Debug)]
pub struct MenuEntry {
    /// Its name.
    pub name: Arc<str>,
    /// What people see.
    pub label: Text,
    /// The name of a drawing.
    pub icon: Option<Arc<str>>,
    /// The name of a colour of the palette, which the drawing has.
    pub color: Option<Arc<str>>,
    /// Where it leads; nothing for a heading.
    pub target: Option<MenuTarget>,
    /// Entries beneath it.
    pub children: Vec<MenuEntry>,
}

/// Where a menu entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuTarget {
    /// The list of an entity.
    Entity(EntityId),
    /// A view, by its index in the model.
    View(usize),
    /// An address, here or elsewhere.
    Address(Arc<str>),
}
