//! Finding records by words, as people type them: in a list's quick search and while they choose a record.
//!
//! Every word must be found in the title, in a number given out, in one of the fields marked `search`, or in what a list
//! shows beside them: its texts and the titles of what it refers to. Wherever in it, without regard to case or accents.

use std::borrow::Cow;
use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::function::Function;
use fichero_model::expr::{Expr, Node, Op};
use fichero_model::kind::{Kind, Type};
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model, phone};

use crate::live::field_expr;

/// The most words that are looked for; the rest of what was typed is passed over.
const MOST_WORDS: usize = 6;

/// A field of an entity, or one that references lead to from there.
pub type Path = Vec<(EntityId, FieldId)>;

/// The condition that finds records by words; nothing when no word was given or the entity has nothing to search in.
/// `beside` is what a list shows, whose texts are searched too.
pub fn words(model: &Model, entity: EntityId, beside: &[&[(EntityId, FieldId)]], text: &str) -> Option<Arc<Expr>> {
    let mut paths: Vec<Path> = fields(model, entity).into_iter().map(|id| vec![(entity, id)]).collect();
    for path in beside.iter().filter_map(|path| text_at(model, path)) {
        if !paths.contains(&path) && part(model, &path, "x").is_some() {
            paths.push(path);
        }
    }
    let words = text.split_whitespace().take(MOST_WORDS);
    let all = words.filter_map(|word| any(model, &paths, word)).reduce(|one, other| joined(Op::And, one, other))?;
    Some(Arc::new(whole(model, entity, all, text)?))
}

/// The path to the text that a field shows: the field itself, or the title of what it refers to; nothing where that is
/// no text.
pub fn text_at(model: &Model, path: &[(EntityId, FieldId)]) -> Option<Path> {
    let (entity, id) = *path.last()?;
    let field = &model[entity][id];
    let titled = match &field.kind {
        Kind::Ref(reference) => match *reference.targets {
            [target] => Some((target, model[target].title)),
            _ => return None,
        },
        _ => None,
    };
    let (end, id) = titled.unwrap_or((entity, id));
    let is_text = matches!(model[end][id].kind, Kind::Text { .. }) && !model[end][id].many;
    (is_text && !field.many).then(|| path.iter().copied().chain(titled).collect())
}

/// The condition that finds records by a part of their title; nothing when the title is no text that can be searched.
pub fn title(model: &Model, entity: EntityId, text: &str) -> Option<Expr> {
    let title = model[entity].title;
    if !is_searchable(model, entity, title) {
        return None;
    }
    whole(model, entity, contains(model, entity, title, text), text)
}

/// The condition that a text at the end of a path of references holds a part; nothing when the database cannot ask it.
pub fn part(model: &Model, path: &[(EntityId, FieldId)], text: &str) -> Option<Expr> {
    let (entity, _) = path.first()?;
    whole(model, *entity, found_at(model, path, text)?, text)
}

/// Whether the records of an entity can be found by words.
pub fn is_possible(model: &Model, entity: EntityId) -> bool {
    !fields(model, entity).is_empty()
}

/// The order by title; none where titles cannot be compared in the database.
pub fn by_title(model: &Model, entity: EntityId) -> Vec<SortKey> {
    let by = field_expr(model, entity, model[entity].title);
    let sortable = !matches!(by.ty(), Type::List(_) | Type::Json | Type::Secret) && by.find_unportable(model).is_none();
    if sortable { vec![SortKey { by, descending: false }] } else { Vec::new() }
}

fn fields(model: &Model, entity: EntityId) -> Vec<FieldId> {
    let definition = &model[entity];
    let wanted = |id: FieldId, field: &Field| {
        id == definition.title || field.search || matches!(field.source, Source::Sequence(_))
    };
    let all = definition.all_fields().filter(|(id, field)| wanted(*id, field)).map(|(id, _)| id);
    all.filter(|id| is_searchable(model, entity, *id)).collect()
}

fn is_searchable(model: &Model, entity: EntityId, id: FieldId) -> bool {
    let field = &model[entity][id];
    matches!(field.kind, Kind::Text { .. })
        && !field.many
        && whole(model, entity, contains(model, entity, id, "x"), "x").is_some()
}

fn any(model: &Model, paths: &[Path], word: &str) -> Option<Node> {
    paths.iter().filter_map(|path| found_at(model, path, word)).reduce(|one, other| joined(Op::Or, one, other))
}

/// That the text at the end of a path holds a part.
fn found_at(model: &Model, path: &[(EntityId, FieldId)], part: &str) -> Option<Node> {
    let ((entity, first), rest) = path.split_first()?;
    let walk = |of: Node, (entity, field): &(EntityId, FieldId)| {
        let ty = model[*entity][*field].value_type();
        Node { op: Op::Field { of: Box::new(of), fields: Arc::new([(*entity, *field)]) }, ty, at: 0..0 }
    };
    let (last, end) = path.last()?;
    Some(holds(rest.iter().fold(field_expr(model, *entity, *first).root, walk), &sought(&model[*last][*end], part)))
}

fn contains(model: &Model, entity: EntityId, id: FieldId, part: &str) -> Node {
    holds(field_expr(model, entity, id).root, &sought(&model[entity][id], part))
}

/// What a text holds where a part of it is looked for: of a phone number its digits, however they are typed.
fn sought<'t>(field: &Field, part: &'t str) -> Cow<'t, str> {
    match phone::part(part).filter(|_| field.is_phone()) {
        Some(digits) => Cow::Owned(digits),
        None => Cow::Borrowed(part),
    }
}

fn holds(text: Node, part: &str) -> Node {
    let part = Node { op: Op::Literal(Value::text(part)), ty: Type::Text, at: 0..0 };
    Node { op: Op::Call { function: Function::Contains, arguments: vec![text, part] }, ty: Type::Boolean, at: 0..0 }
}

fn joined(how: fn(Box<Node>, Box<Node>) -> Op, one: Node, other: Node) -> Node {
    Node { op: how(Box::new(one), Box::new(other)), ty: Type::Boolean, at: 0..0 }
}

/// The condition as an expression; nothing when the database cannot ask it.
fn whole(model: &Model, entity: EntityId, root: Node, text: &str) -> Option<Expr> {
    let place = model[entity].place.clone();
    let expr = Expr { text: text.into(), place, root, unportable: None };
    expr.find_unportable(model).is_none().then_some(expr)
}
