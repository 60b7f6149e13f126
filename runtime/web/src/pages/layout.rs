//! What is shown where: of the views and forms that authors wrote, or good ones from the entity alone.

use fichero_engine::live::field_expr;
use fichero_engine::read::list::sort_key;
use fichero_engine::read::search;
use fichero_model::entity::{Field, System};
use fichero_model::expr::Expr;
use fichero_model::kind::Kind;
use fichero_model::label::Text;
use fichero_model::page::{Column, Placed, View};
use fichero_model::rule::SortKey;
use fichero_model::{EntityId, FieldId, Model};

/// How many columns a list gets whose author named none.
const COLUMNS: usize = 7;

/// The most columns that a section's fields stand in.
const COLUMNS_OF_SECTIONS: u8 = 4;

/// Fields under one heading.
pub struct Section<'m> {
    /// Unique in its layout.
    pub name: String,
    /// The heading.
    pub title: Option<&'m Text>,
    /// A sentence under it.
    pub help: Option<&'m Text>,
    /// It is a tab of its own.
    pub tab: bool,
    /// 1 to 4.
    pub columns: u8,
    /// In their order.
    pub fields: Vec<FieldId>,
    /// What its author says of them here.
    pub placed: &'m [Placed],
    /// It is shown while this is true.
    pub visible_if: Option<&'m Expr>,
}

impl<'m> Section<'m> {
    /// A section of which nothing is said.
    const EMPTY: Self = Self {
        name: String::new(),
        title: None,
        help: None,
        tab: false,
        columns: 1,
        fields: Vec::new(),
        placed: &[],
        visible_if: None,
    };

    /// Its conditions, in the order in which [`Section::shown`] takes their answers.
    pub fn conditions(&self) -> impl Iterator<Item = &'m Expr> + use<'m> {
        self.visible_if.into_iter().chain(self.placed.iter().filter_map(|placed| placed.visible_if.as_ref()))
    }

    /// The fields that are shown; nothing where the section is not.
    pub fn shown(&self, conditions: &mut impl Iterator<Item = bool>) -> Option<Vec<FieldId>> {
        let is_shown = self.visible_if.is_none() || conditions.next().unwrap_or(true);
        let conditional = self.placed.iter().filter(|placed| placed.visible_if.is_some());
        let hidden: Vec<FieldId> =
            conditional.filter(|_| !conditions.next().unwrap_or(true)).map(|placed| placed.field).collect();
        is_shown.then(|| self.fields.iter().filter(|field| !hidden.contains(field)).copied().collect())
    }

    /// What its author says of a field here.
    pub fn said(&self, field: FieldId) -> Option<&'m Placed> {
        self.placed.iter().find(|placed| placed.field == field)
    }
}

/// The entities that have pages of their own: all but lines, which are found in their parents, and settings.
pub fn entities(model: &Model) -> impl Iterator<Item = EntityId> {
    model.all_entities().filter(|(id, entity)| entity.line_of.is_none() && !is_settings(model, *id)).map(|(id, _)| id)
}

/// Whether an entity holds the values of a settings document.
pub fn is_settings(model: &Model, entity: EntityId) -> bool {
    model.settings.iter().any(|settings| settings.entity == entity)
}

/// The views of an entity, in their order.
pub fn views(model: &Model, entity: EntityId) -> impl Iterator<Item = &View> {
    model.views.iter().filter(move |view| view.entity == entity)
}

/// The columns of an entity's first view, or those it gets without one.
pub fn columns(model: &Model, entity: EntityId) -> Vec<Column> {
    match views(model, entity).find(|view| !view.columns.is_empty()) {
        Some(view) => view.columns.clone(),
        None => usual_columns(model, entity),
    }
}

/// The title, the stage, then what says most, in the author's order. A title that may be missing (a comment, say) is
/// no name to begin with, unless the author has put it first.
pub fn usual_columns(model: &Model, entity: EntityId) -> Vec<Column> {
    let definition = &model[entity];
    let title = &definition[definition.title];
    let names = title.required || !title.is_input();
    let title = Some(definition.title).filter(|_| names && !title.system);
    let stages = definition.all_fields().filter(|(_, field)| field.pipeline.is_some());
    let telling = definition.all_fields().filter(|(_, field)| is_telling(field));
    let mut fields: Vec<FieldId> = title.into_iter().collect();
    for (id, _) in stages.chain(telling) {
        if !fields.contains(&id) {
            fields.push(id);
        }
    }
    fields.truncate(COLUMNS);
    if fields.is_empty() {
        fields.push(definition.title);
    }
    fields.into_iter().map(|field| column(model, entity, field)).collect()
}

fn is_telling(field: &Field) -> bool {
    let short = match field.kind {
        Kind::LongText { .. }
        | Kind::Json
        | Kind::Secret { .. }
        | Kind::File(_)
        | Kind::Lines { .. }
        | Kind::Children { .. } => false,
        Kind::Text { .. }
        | Kind::Integer
        | Kind::Decimal { .. }
        | Kind::Money { .. }
        | Kind::Boolean
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::Duration
        | Kind::Choice { .. }
        | Kind::Ref(_) => true,
    };
    short && !field.system && !field.many && field.part.is_none()
}

/// A field as a column.
pub fn column(model: &Model, entity: EntityId, field: FieldId) -> Column {
    Column { path: vec![(entity, field)], value: field_expr(model, entity, field), label: None, widget: None }
}

/// The last field of a column's path, whose kind its cells have.
pub fn end<'m>(model: &'m Model, column: &Column) -> Option<&'m Field> {
    column.path.last().map(|(entity, field)| &model[*entity][*field])
}

/// By what a list is sorted when a column's heading is pressed: a reference by the title of what it points to. Nothing
/// where the database cannot compare.
pub fn sort_of(model: &Model, entity: EntityId, column: &Column) -> Option<(String, SortKey)> {
    let field = end(model, column)?;
    let mut name = column.value.text.to_string();
    if let Kind::Ref(reference) = &field.kind {
        let [target] = *reference.targets else { return None };
        name = format!("{name}.{}", model[target][model[target].title].name);
    }
    if field.many || field.kind.is_rows() {
        return None;
    }
    sort_key(model, entity, &name).ok().map(|key| (name, key))
}

/// The order of a list that nobody sorted: its view's, else by title.
pub fn usual_sort(model: &Model, entity: EntityId, view: Option<&View>) -> Vec<SortKey> {
    match view.filter(|view| !view.sort.is_empty()) {
        Some(view) => view.sort.clone(),
        None => search::by_title(model, entity),
    }
}

/// The newest first.
pub fn newest(model: &Model, entity: EntityId) -> Vec<SortKey> {
    vec![SortKey { by: field_expr(model, entity, System::Id.field()), descending: true }]
}

/// How records of an entity are laid out: by its form, or by its fields alone.
pub fn sections(model: &Model, entity: EntityId) -> Vec<Section<'_>> {
    let Some(form) = model.form_of(entity) else { return usual_sections(model, entity) };
    form.sections
        .iter()
        .map(|own| Section {
            name: own.name.to_string(),
            title: own.title.as_ref(),
            help: own.help.as_ref(),
            tab: own.tab,
            columns: own.columns.clamp(1, COLUMNS_OF_SECTIONS),
            fields: own.fields.iter().map(|placed| placed.field).collect(),
            placed: &own.fields,
            visible_if: own.visible_if.as_ref(),
        })
        .collect()
}

/// The title first, then the other fields as they are declared, long texts after them; then each list of lines.
fn usual_sections(model: &Model, entity: EntityId) -> Vec<Section<'_>> {
    let definition = &model[entity];
    let own = |wanted: fn(&Field) -> bool| {
        let fields = definition.all_fields().filter(move |(id, field)| {
            *id != definition.title && !field.system && !field.kind.is_rows() && field.part.is_none() && wanted(field)
        });
        fields.map(|(id, _)| id)
    };
    let title = Some(definition.title).filter(|title| !definition[*title].system);
    let fields = title.into_iter().chain(own(|field| !is_long(field))).chain(own(is_long)).collect();
    let mut sections = vec![Section { name: "details".to_owned(), columns: 2, fields, ..Section::EMPTY }];
    for (id, field) in definition.all_fields().filter(|(_, field)| field.kind.is_rows()) {
        sections.push(Section {
            name: field.name.to_string(),
            title: Some(&field.label),
            fields: vec![id],
            ..Section::EMPTY
        });
    }
    sections
}

/// Whether a value needs the whole width.
pub fn is_long(field: &Field) -> bool {
    matches!(field.kind, Kind::LongText { .. } | Kind::Json) || field.many
}
