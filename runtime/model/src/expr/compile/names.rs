//! Names and paths: fields, locals, the words of the language, members.
//!
//! One rule: a bare name is a field of the row at hand; then a local. A name that is both is refused.

use std::ops::Range;
use std::sync::Arc;

use super::slip::Slip;
use super::typer::Typer;
use crate::code;
use crate::expr::function::{PUBLISHED, Published};
use crate::expr::tree::{Node, Op, RowName};
use crate::id::EntityId;
use crate::kind::Type;
use crate::name::did_you_mean;

/// Words for nothing in other languages.
const NOTHING: &[&str] = &["null", "NULL", "nil", "none", "None", "undefined"];

impl Typer<'_> {
    /// A bare name.
    pub(super) fn name(&mut self, name: &str, at: Range<usize>) -> Option<Node> {
        if let Some(word) = self.word(name, &at) {
            return word;
        }
        let field = self.own_field(name, &at);
        let other = self.item(name, &at).map(|node| ("an item of a list", node)).or_else(|| {
            let local = self.scope.locals.iter().position(|(local, _)| &**local == name)?;
            let ty = self.scope.locals[local].1.clone();
            Some(("a local", Node { op: Op::Local(local), ty, at: at.clone() }))
        });
        match (field, other) {
            (Some(_), Some((what, _))) => {
                let row = self.scope.row.map_or("", |row| &self.scope.model[row].name);
                let message = format!("`{name}` is a field of `{row}` and {what}");
                self.fail(Slip::new(code::NAME_CLASH, at, message).help(format!("give {what} another name")))
            }
            (Some(field), None) => Some(field),
            (None, Some((_, other))) => Some(other),
            (None, None) => self.unknown_name(name, at),
        }
    }

    /// A word of the language, if the name is one; within, what it gives where it is allowed.
    fn word(&mut self, name: &str, at: &Range<usize>) -> Option<Option<Node>> {
        let scope = self.scope;
        let row = |row: RowName, entity: EntityId| {
            Some(Node { op: Op::Row(row), ty: Type::Ref(Arc::new([entity])), at: at.clone() })
        };
        Some(match name {
            "record" => match (scope.record, scope.row) {
                (Some(record), _) => row(RowName::Record, record),
                (None, Some(own)) => row(RowName::This, own),
                (None, None) => self.not_here(at, "there is no record here"),
            },
            "old" => match scope.record.or(scope.row) {
                Some(entity) if scope.old => row(RowName::Old, entity),
                _ => self.not_here(at, "`old` means something in rules only: the record as it was before the command"),
            },
            "me" => row(RowName::Me, scope.model.user),
            "value" => match &scope.value {
                Some(ty) => Some(Node { op: Op::Value, ty: ty.clone(), at: at.clone() }),
                None => self.not_here(at, "`value` means something only where one value is checked or converted"),
            },
            "today" | "now" => {
                let mended = format!("{name}()");
                let slip = Slip::new(code::UNKNOWN_NAME, at.clone(), format!("`{name}` is a function"));
                self.fail(slip.help(format!("write `{mended}`")).mend(self.text, at.clone(), &mended))
            }
            "settings" => self
                .not_here(at, "`settings` is followed by a settings document and its field: `settings.sales.discount`"),
            "params" | "input" if !self.has_members(name) => self.not_here(at, &format!("there are no `{name}` here")),
            "params" | "input" => self.not_here(
                at,
                &format!("`{name}` is followed by a name: `{name}.{}`", self.members_of(name).next().unwrap_or("x")),
            ),
            _ => return None,
        })
    }

    fn not_here<T>(&mut self, at: &Range<usize>, message: &str) -> Option<T> {
        self.fail(Slip::new(code::NOT_ALLOWED_HERE, at.clone(), message))
    }

    fn own_field(&self, name: &str, at: &Range<usize>) -> Option<Node> {
        let entity = self.scope.row?;
        let definition = &self.scope.model[entity];
        let part = self.scope.group.and_then(|group| definition.group(group)?.part(name));
        let field = part.or_else(|| definition.field(name).map(|(id, _)| id))?;
        let this = Node { op: Op::Row(RowName::This), ty: Type::Ref(Arc::new([entity])), at: at.clone() };
        let op = Op::Field { of: Box::new(this), fields: Arc::new([(entity, field)]) };
        Some(Node { op, ty: definition[field].value_type(), at: at.clone() })
    }

    fn item(&self, name: &str, at: &Range<usize>) -> Option<Node> {
        let depth = self.items.iter().rposition(|item| item.name == name)?;
        Some(Node { op: Op::Row(RowName::Item(depth)), ty: self.items[depth].ty.clone(), at: at.clone() })
    }

    fn unknown_name<T>(&mut self, name: &str, at: Range<usize>) -> Option<T> {
        if NOTHING.contains(&name) {
            let slip = Slip::new(code::EXPRESSION_SYNTAX, at.clone(), format!("`{name}` is not part of the language"));
            return self.fail(slip.help("write `()`").mend(self.text, at, "()"));
        }
        let truth = match name {
            "yes" | "on" => Some("true"),
            "no" | "off" => Some("false"),
            _ => None,
        };
        let known = self.known_names();
        let slip = match self.scope.row {
            Some(row) => {
                let message = format!(
                    "`{name}` is neither a field of `{}` nor anything else known here",
                    self.scope.model[row].name
                );
                Slip::new(code::UNKNOWN_NAME, at.clone(), message)
            }
            None => Slip::new(code::UNKNOWN_NAME, at.clone(), format!("`{name}` is not known here")),
        };
        let slip = if let Some(truth) = truth {
            slip.help(format!("write `{truth}`")).mend(self.text, at, truth)
        } else if self.has_members(name) {
            let member = self.members_of(name).next().unwrap_or("x").to_owned();
            slip.help(format!("write `{name}.{member}`"))
        } else if Published::find(name).is_some() {
            slip.help(format!("`{name}` is a function: write `{name}(…)`"))
        } else if let Some(near) = did_you_mean(name, known.iter().map(String::as_str)) {
            slip.help(format!("did you mean `{near}`?")).mend(self.text, at, near)
        } else if self.option_named(name) {
            slip.help(format!("text stands in double quotes: `\"{name}\"`")).mend(self.text, at, &format!("\"{name}\""))
        } else if let Some(near) = did_you_mean(name, PUBLISHED.iter().map(|function| function.name)) {
            slip.help(format!("did you mean `{near}(…)`?"))
        } else {
            slip
        };
        self.fail(slip)
    }

    /// Whether a field of the row at hand has an option of that name: then its quotes were probably forgotten.
    fn option_named(&self, name: &str) -> bool {
        let Some(row) = self.scope.row else { return false };
        let model = self.scope.model;
        model[row]
            .fields
            .iter()
            .filter_map(|field| crate::entity::options_of(&field.kind))
            .any(|id| model[id].find(name).is_some())
    }

    fn known_names(&self) -> Vec<String> {
        let fields = self.scope.row.map(|row| &self.scope.model[row].fields[..]).unwrap_or_default();
        let mut names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
        let group = self.scope.row.zip(self.scope.group).and_then(|(row, group)| self.scope.model[row].group(group));
        names.extend(group.into_iter().flat_map(|group| &group.parts).map(|(part, _)| part.to_string()));
        names.extend(self.scope.locals.iter().map(|(name, _)| name.to_string()));
        names.extend(self.items.iter().map(|item| item.name.clone()));
        names.extend(["record", "me"].map(String::from));
        names
    }

    /// Whether there are locals called `name.…`.
    pub(super) fn has_members(&self, name: &str) -> bool {
        self.members_of(name).next().is_some()
    }

    pub(super) fn members_of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.scope.locals.iter().filter_map(move |(local, _)| local.strip_prefix(name)?.strip_prefix('.'))
    }
}
