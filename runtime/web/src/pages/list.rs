//! The list of an entity, through one of its views.
//!
//! Everything that is asked stands in the address: `view`, `q` (quick search), `sort`, a filter by its field's name
//! (`NAME` is it, `NAME.from` and `NAME.to` between, `NAME.text` a part of a text or title), and one `cursor` for each page that
//! was turned, so that one can turn back.

mod asked;
mod bar;
pub mod export;
mod filter;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{List, ListQuestion, Seen};
use fichero_model::entity::{Field, Source};
use fichero_model::kind::Kind;
use fichero_model::page::{Column, Highlight, View};
use fichero_model::value::Value;
use fichero_model::{EntityId, Model, html};

use super::cell::widget;
use super::layout;
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{self, Align, Cell, Color, Count, Direction, ListPage, Pager, Row, Sort, Tab, Table};

pub use asked::ALL;
use asked::Asked;

/// How many rows a page of a list has.
const ROWS: usize = 50;

/// `GET /{entity}`.
pub async fn show(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let page = page(&visitor, &name, &pairs).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, name: &str, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let model = visitor.model();
    let entity = visitor.entity(name)?;
    let asked = Asked::read(model, entity, visitor.voice.chrome, pairs)?;
    let columns = columns(model, entity, asked.view);
    let bar = bar::Bar::of(model, entity, &columns);
    let mut question = question(visitor, &asked, &columns, bar.asks_people(model));
    // Whether a record stands out is asked as if it was shown, behind all that is.
    question.columns.extend(asked.view.iter().flat_map(|view| &view.colors).map(highlight));
    let Seen { reader, now, page: list, .. } =
        visitor.app.engine.list_page(&visitor.live, &visitor.actor, question).await?;
    let words = visitor.words(&reader, now, &list.titles);
    let head = words.head(entity);
    let page = ListPage {
        page: visitor.page(&reader, Some(entity)),
        create: (visitor.may(entity, Action::Create) && model[entity].line_of.is_none())
            .then(|| format!("/{name}/new")),
        trash: visitor.may(entity, Action::Restore).then(|| format!("/{name}/trash")),
        exports: export::links(&asked),
        import: (visitor.may(entity, Action::Import) && model[entity].line_of.is_none())
            .then(|| format!("/{name}/import")),
        duplicates: (!model[entity].duplicates.is_empty()).then(|| format!("/{name}/duplicates")),
        tabs: tabs(&words, entity, &asked),
        filters: bar.show(&words, &asked, &list.people, &columns),
        help: asked.view.and_then(|view| view.help.as_ref()).map(|help| words.label(help).to_owned()),
        all: asked.view.is_some_and(|view| view.filter.is_some()).then(|| format!("/{name}?view={ALL}")),
        table: Table {
            label: head.plural.clone(),
            columns: columns.iter().map(|column| heading(&words, &asked, column)).collect(),
            rows: rows(&words, &columns, asked.view, &list),
            totals: totals(&words, &asked, &columns, &list),
        },
        count: Some(Count { n: list.count, more: list.more }),
        pager: Pager { previous: asked.previous(), next: list.next.as_deref().map(|next| asked.next(next)) },
        entity: head,
    };
    let status = if asked.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visitor.html(status, &page))
}

fn question(visitor: &Visitor, asked: &Asked<'_>, columns: &[Column], people: bool) -> ListQuestion {
    ListQuestion {
        entity: asked.entity,
        conditions: asked.conditions(columns),
        equals: asked.equals(),
        sort: asked.sort(),
        columns: columns.to_vec(),
        totals: asked
            .view
            .map(|view| view.totals.iter().map(|total| (total.function, total.of.clone())).collect())
            .unwrap_or_default(),
        limit: asked.view.and_then(|view| view.limit).map_or(ROWS, |limit| limit as usize),
        cursor: asked.cursor().map(str::to_owned),
        // What `me` means in a view belongs to the question too.
        fingerprint: format!("{}|{:?}", asked.fingerprint(), visitor.actor.user.map(|user| user.id)),
        people,
    }
}

fn columns(model: &Model, entity: EntityId, view: Option<&View>) -> Vec<Column> {
    match view.filter(|view| !view.columns.is_empty()) {
        Some(view) => view.columns.clone(),
        None => layout::columns(model, entity),
    }
}

fn highlight(highlight: &Highlight) -> Column {
    Column { path: Vec::new(), value: highlight.condition.clone(), label: None, widget: None }
}

fn tabs(words: &Words<'_>, entity: EntityId, asked: &Asked<'_>) -> Vec<Tab> {
    let name = &words.model[entity].name;
    let mut tabs: Vec<Tab> = layout::views(words.model, entity)
        .map(|view| Tab {
            label: words.label(&view.label).to_owned(),
            icon: view.icon.as_deref().map(str::to_owned),
            href: format!("/{name}?view={}", view.name),
            current: asked.view.is_some_and(|shown| shown.name == view.name),
        })
        .collect();
    // Where every view leaves something out, what it leaves out must be found as well.
    if layout::views(words.model, entity).all(|view| view.filter.is_some()) {
        let current = asked.view.is_none();
        tabs.push(Tab { label: words.chrome("list.all"), icon: None, href: format!("/{name}?view={ALL}"), current });
    }
    tabs
}

fn heading(words: &Words<'_>, asked: &Asked<'_>, column: &Column) -> context::Column {
    let sort = layout::sort_of(words.model, asked.entity, column).map(|(name, _)| {
        let direction = asked.direction(&name);
        let sort = if direction == Some(Direction::Ascending) { format!("-{name}") } else { name };
        Sort { href: asked.sorted(&sort), direction }
    });
    context::Column { sort, ..plain_heading(words, column) }
}

/// A column without a way to sort by it.
pub fn plain_heading(words: &Words<'_>, column: &Column) -> context::Column {
    let field = layout::end(words.model, column);
    let label = column.label.as_ref().or(field.map(|field| &field.label));
    context::Column {
        label: label.map(|label| words.label(label).to_owned()).unwrap_or_default(),
        align: field.map_or(Align::Start, align),
        fluid: field.is_some_and(is_fluid),
        sort: None,
    }
}

/// Whether a column of these values gives way to others: those of words, but not of numbers that name a record or are
/// dialled.
fn is_fluid(field: &Field) -> bool {
    let words =
        matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. } | Kind::Ref(_) | Kind::File(_) | Kind::Json);
    let is_number = matches!(field.source, Source::Sequence(_)) || field.is_phone();
    field.many || words && !is_number
}

/// To which side the values of a field stand.
pub fn align(field: &Field) -> Align {
    match field.kind {
        Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } | Kind::Duration if !field.many => Align::End,
        // Of rows of another entity their number is shown.
        Kind::Lines { .. } | Kind::Children { .. } => Align::End,
        _ => Align::Start,
    }
}

fn rows(words: &Words<'_>, columns: &[Column], view: Option<&View>, list: &List) -> Vec<Row> {
    let row = |row: &fichero_engine::read::page::ListRow| {
        let (values, holds) = row.values.split_at(columns.len().min(row.values.len()));
        let mut colors = view.into_iter().flat_map(|view| &view.colors).zip(holds);
        let color = colors.find(|(_, holds)| holds.is_true()).map(|(highlight, _)| Color::named(&highlight.color));
        Row { href: Some(words.href(row.record)), color, cells: cells(words, columns, values, true) }
    };
    list.rows.iter().map(row).collect()
}

/// The cells of a row. Where the first `leads` to the record, it leads nowhere else.
pub fn cells(words: &Words<'_>, columns: &[Column], values: &[Value], leads: bool) -> Vec<Cell> {
    let cell = |(at, (column, value)): (usize, (&Column, &Value))| {
        let Some(field) = layout::end(words.model, column) else { return Cell::Empty };
        let cell = figure(words, field, column, value);
        if at == 0 && leads { unlinked(cell) } else { cell }
    };
    columns.iter().zip(values).enumerate().map(cell).collect()
}

fn unlinked(cell: Cell) -> Cell {
    match cell {
        Cell::Link { text, .. } | Cell::Contact { text, .. } | Cell::Person { text, .. } => Cell::Text { text },
        Cell::Links { items } => {
            Cell::Text { text: items.into_iter().map(|item| item.label).collect::<Vec<_>>().join(", ") }
        }
        other => other,
    }
}

/// A value of a field, or a figure over many: of money a plain number is in the workspace's currency.
fn figure(words: &Words<'_>, field: &Field, column: &Column, value: &Value) -> Cell {
    match (&field.kind, value) {
        (Kind::Money { .. }, Value::Decimal(number)) => {
            Cell::Number { text: words.money(*number, words.model.workspace.currency) }
        }
        // There is no room for its shape, which takes time to be cleaned.
        (_, Value::Text(text)) if field.is_html() => Cell::Long { text: html::words(text) },
        _ => words.cell_as(field, column.widget.as_deref().unwrap_or(widget(field)), value),
    }
}

/// Each total under the column it sums; those of nothing that is shown are left out.
fn totals(words: &Words<'_>, asked: &Asked<'_>, columns: &[Column], list: &List) -> Vec<Cell> {
    let Some(view) = asked.view.filter(|view| !view.totals.is_empty() && !list.rows.is_empty()) else {
        return Vec::new();
    };
    let total = |column: &Column| {
        let of = view.totals.iter().zip(&list.totals);
        let mut of = of.filter(|(total, _)| total.of.as_ref().is_some_and(|of| of.text == column.value.text));
        match (of.next(), layout::end(words.model, column)) {
            (Some((_, value)), Some(field)) => figure(words, field, column, value),
            _ => Cell::Empty,
        }
    };
    let cells: Vec<Cell> = columns.iter().map(total).collect();
    if cells.iter().all(|cell| *cell == Cell::Empty) { Vec::new() } else { cells }
}
