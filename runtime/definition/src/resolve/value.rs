//! Values that keys give fields: literals, names of records, and expressions behind `=`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Entity, Field, Group, System};
use fichero_model::expr::{Scope, Setting};
use fichero_model::kind::{Kind, Reference};
use fichero_model::model::Model;
use fichero_model::name;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::expression::{self, Want};
use super::findings::{Findings, quoted};
use super::literal::literal;
use super::written::Written;
use crate::node::{Node, NodeValue};

/// The records that definitions themselves bring, by which a literal for a reference can be checked.
#[derive(Debug, Default)]
pub(super) struct Records {
    names: HashMap<EntityId, HashSet<Arc<str>>>,
}

impl Records {
    /// Adds a record by the name of its row or one of its external keys.
    pub fn add(&mut self, entity: EntityId, name: &Arc<str>) {
        self.names.entry(entity).or_default().insert(Arc::clone(name));
    }

    fn knows(&self, entity: EntityId, name: &str) -> bool {
        self.names.get(&entity).is_some_and(|names| names.contains(name))
    }

    fn near(&self, entity: EntityId, name: &str) -> Option<&str> {
        let mut names: Vec<&str> = self.names.get(&entity)?.iter().map(|name| &**name).collect();
        names.sort_unstable();
        name::did_you_mean(name, names)
    }
}

/// What a map of values gives a field: by its own name, or of a part within the whole.
pub(super) fn given<'n>(values: &'n Node, definition: &Entity, id: FieldId) -> Option<&'n Node> {
    let field = &definition[id];
    values.get(&field.name).or_else(|| {
        let group = definition.group(field.part.as_ref()?.of)?;
        let (name, _) = group.parts.iter().find(|(_, part)| *part == id)?;
        given(values, definition, group.field)?.get(name)
    })
}

/// What the values of a document are read with.
pub(super) struct Reader<'r> {
    /// What expressions may name.
    pub scope: Scope<'r>,
    /// The records that literals may name.
    pub records: &'r Records,
    /// More of them: those a test is given.
    pub given: Option<&'r Records>,
    /// Those are all there can be: in a test, whose database holds nothing else.
    pub closed: bool,
    /// The code of what is wrong with a literal.
    pub code: Code,
    /// Moments of creation and their authors may be given, as for old records.
    pub load: bool,
}

impl<'r> Reader<'r> {
    fn model(&self) -> &'r Model {
        self.scope.model
    }

    /// Values by field, for records of `entity`. Fields that are worked out cannot be given.
    pub fn settings(&self, node: &Node, entity: EntityId, findings: &mut Findings<'_>) -> Vec<(FieldId, Setting)> {
        let mut settings = Vec::new();
        for entry in node.entries() {
            let name = &*entry.key.text;
            let Some((id, field)) = self.model()[entity].field(name) else {
                match findings.files().removed(&self.model()[entity].name, name) {
                    Some(removed) => {
                        findings.push(still_needed(&self.model()[entity], name, &entry.key.place, removed));
                    }
                    None => unknown_field(&self.model()[entity], name, &entry.key.place, findings),
                }
                continue;
            };
            if let (Some(group), NodeValue::Map(_)) = (self.model()[entity].group(id), &entry.value.value) {
                self.parts(&entry.value, entity, group, &mut settings, findings);
                continue;
            }
            if !self.may_be_given(id, field) {
                findings.push(not_given(&self.model()[entity], field, &entry.key.place));
                continue;
            }
            if let Some(setting) = self.setting(&entry.value, field, findings) {
                settings.push((id, setting));
            }
        }
        settings
    }

    /// The parts of a group, given together.
    fn parts(
        &self,
        node: &Node,
        entity: EntityId,
        group: &Group,
        settings: &mut Vec<(FieldId, Setting)>,
        findings: &mut Findings<'_>,
    ) {
        let definition = &self.model()[entity];
        for entry in node.entries() {
            let Some(id) = group.part(&entry.key.text) else {
                let known = group.parts.iter().map(|(part, _)| &**part);
                let message = format!("`{}` has no part `{}`", definition[group.field].name, entry.key.text);
                findings.unknown(code::UNKNOWN_REFERENCE, &entry.key.place, message, &entry.key.text, known);
                continue;
            };
            if let (Some(group), NodeValue::Map(_)) = (definition.group(id), &entry.value.value) {
                self.parts(&entry.value, entity, group, settings, findings);
            } else if let Some(setting) = self.setting(&entry.value, &definition[id], findings) {
                settings.push((id, setting));
            }
        }
    }

    /// The value of one field. Nothing when it is wrong.
    pub fn setting(&self, node: &Node, field: &Field, findings: &mut Findings<'_>) -> Option<Setting> {
        if findings.is_broken(&field.name) {
            return None;
        }
        if let Some(written) = Written::formula(node, findings.files()) {
            if self.names_a_row(&written, field, findings) {
                return None;
            }
            let compiled =
                expression::compile_written(&written, &self.scope, &Want::Fits(&field.value_type()), findings)?;
            return Some(Setting::Expr(Box::new(compiled)));
        }
        if let Kind::Lines { of, .. } = &field.kind {
            return self.rows(node, *of, findings);
        }
        match &node.value {
            NodeValue::List(items) if field.many => {
                let settings: Vec<Option<Setting>> = items.iter().map(|item| self.one(item, field, findings)).collect();
                settings.into_iter().collect::<Option<Vec<_>>>().map(Setting::List)
            }
            _ if field.many => self.one(node, field, findings).map(|one| Setting::List(vec![one])),
            _ => self.one(node, field, findings),
        }
    }

    fn may_be_given(&self, id: FieldId, field: &Field) -> bool {
        let given_when_loading = [System::CreatedAt, System::CreatedBy].iter().any(|system| system.field() == id);
        field.is_input() || (self.load && given_when_loading)
    }

    fn one(&self, node: &Node, field: &Field, findings: &mut Findings<'_>) -> Option<Setting> {
        if let Some(written) = Written::formula(node, findings.files()) {
            if self.names_a_row(&written, field, findings) {
                return None;
            }
            let wanted = field.kind.value_type();
            let compiled = expression::compile_written(&written, &self.scope, &Want::Fits(&wanted), findings)?;
            return Some(Setting::Expr(Box::new(compiled)));
        }
        if let Kind::Ref(reference) = &field.kind {
            return self.named(node, field, reference, findings);
        }
        match literal(node, &field.kind, self.model()) {
            Ok(value) => Some(Setting::Literal(value)),
            Err(flaw) => {
                let told = flaw.told(self.code, node, field, findings.files());
                findings.push(told);
                None
            }
        }
    }

    /// Tells when `=` stands before the name of a data row, which no expression knows.
    fn names_a_row(&self, written: &Written<'_>, field: &Field, findings: &mut Findings<'_>) -> bool {
        let Kind::Ref(reference) = &field.kind else { return false };
        let name = written.text;
        let is_value = self.scope.locals.iter().any(|(local, _)| &**local == name)
            || self.scope.row.is_some_and(|row| self.model()[row].field(name).is_some());
        if is_value || !reference.targets.iter().any(|target| self.knows(*target, name)) {
            return false;
        }
        let message = format!("`{name}` is the name of a data row, which expressions do not know");
        findings.error_with_help(self.code, &written.place, message, format!("write `{name}` without `=`"));
        true
    }

    fn knows(&self, entity: EntityId, name: &str) -> bool {
        std::iter::once(self.records).chain(self.given).any(|records| records.knows(entity, name))
    }

    /// A record by the name of its data row or its external key; `entity:name` where it may be one of several entities.
    fn named(&self, node: &Node, field: &Field, reference: &Reference, findings: &mut Findings<'_>) -> Option<Setting> {
        let Some(text) = node.as_text().filter(|text| !text.is_empty()) else {
            let message = format!("`{}` refers to a record, so it takes its name, not {}", field.name, node.what());
            findings.error_with_help(
                self.code,
                &node.place,
                message,
                "write the name of its data row, its external key, or `=` and an expression",
            );
            return None;
        };
        match *reference.targets {
            [only] => {
                self.check_record(node, only, text, findings);
                Some(Setting::Named(Arc::clone(text)))
            }
            _ => {
                let (entity, name) = self.one_of_several(node, field, reference, text, findings)?;
                self.check_record(node, entity, name, findings);
                Some(Setting::Named(format!("{}:{name}", self.model()[entity].name).into()))
            }
        }
    }

    /// The entity and name of `account:acme`.
    fn one_of_several<'t>(
        &self,
        node: &Node,
        field: &Field,
        reference: &Reference,
        text: &'t str,
        findings: &mut Findings<'_>,
    ) -> Option<(EntityId, &'t str)> {
        let model = self.model();
        let names: Vec<&str> = reference.targets.iter().map(|target| &*model[*target].name).collect();
        let written = text.split_once(':');
        let found = written.and_then(|(entity, name)| {
            Some((*model.by_name.get(findings.files().current(&node.place.file, "entity", entity))?, name))
        });
        let (message, help) = match (found, written) {
            (Some((entity, name)), _) if reference.targets.contains(&entity) => return Some((entity, name)),
            (Some((entity, _)), _) => (
                format!("`{}` cannot refer to a record of `{}`", field.name, model[entity].name),
                format!("it may refer to {}", quoted(&names)),
            ),
            (None, Some((entity, _))) => (
                format!("there is no entity `{entity}`, which the name of a record begins with here"),
                format!("`{}` may refer to {}", field.name, quoted(&names)),
            ),
            (None, None) => {
                let known = reference
                    .targets
                    .iter()
                    .find(|target| self.knows(**target, text))
                    .or_else(|| reference.targets.first());
                let first = known.map_or("", |target| &*model[*target].name);
                let message = format!(
                    "`{}` may refer to several entities, so the name of a record begins with its entity",
                    field.name
                );
                (message, format!("write `{first}:{text}`; it may refer to {}", quoted(&names)))
            }
        };
        findings.error_with_help(self.code, &node.place, message, help);
        None
    }

    fn check_record(&self, node: &Node, entity: EntityId, name: &str, findings: &mut Findings<'_>) {
        if self.knows(entity, name) {
            return;
        }
        let target = &self.model()[entity];
        let has_key = target.fields.iter().any(|field| field.external);
        let near = std::iter::once(self.records).chain(self.given).find_map(|records| records.near(entity, name));
        let message = format!("no record of `{}` is called `{name}`", target.name);
        let diagnostic = match (self.closed || !has_key, near) {
            (true, _) => Diagnostic::error(self.code, &node.place, message),
            // It may be the external key of a record that only the database knows.
            (false, Some(_)) => Diagnostic::warning(self.code, &node.place, format!("{message} in the definitions")),
            (false, None) => return,
        };
        findings.push(match near {
            Some(near) => match findings.mended(&node.place, name, near) {
                Some(line) => diagnostic.help(format!("did you mean `{near}`?")).mended(line),
                None => diagnostic.help(format!("did you mean `{near}`?")),
            },
            None if self.closed => {
                diagnostic.help("a test knows the records it is given, its steps, and the data that packs bring")
            }
            None => diagnostic.help(format!("`{}` has no external key, so only data rows can be named", target.name)),
        });
    }

    /// The rows of a `lines` field: a list of maps, or a map of named ones.
    fn rows(&self, node: &Node, of: EntityId, findings: &mut Findings<'_>) -> Option<Setting> {
        let rows: Vec<&Node> = match &node.value {
            NodeValue::List(items) => items.iter().collect(),
            NodeValue::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            NodeValue::Scalar(_) => Vec::new(),
        };
        if rows.is_empty() || rows.iter().any(|row| row.as_text().is_some()) {
            let message = format!("lines are a list of maps, each the fields of one `{}`", self.model()[of].name);
            findings.error_with_help(self.code, &node.place, message, "write each line as `- {field: value, …}`");
            return None;
        }
        Some(Setting::Rows(rows.into_iter().map(|row| self.settings(row, of, findings)).collect()))
    }
}

/// Says that an entity has no field of that name.
pub(super) fn unknown_field(entity: &Entity, name: &str, place: &Place, findings: &mut Findings<'_>) {
    let message = format!("`{}` has no field `{name}`", entity.name);
    if let Some(renamed) = entity.fields.iter().find(|field| field.was.iter().any(|was| &**was == name)) {
        let diagnostic = Diagnostic::error(code::UNKNOWN_REFERENCE, place, message)
            .label(&renamed.place, "declared here")
            .help(format!("it is called `{}` now", renamed.name));
        let mended = findings.mended(place, name, &renamed.name);
        findings.push(match mended {
            Some(line) => diagnostic.mended(line),
            None => diagnostic,
        });
        return;
    }
    let known = entity.fields.iter().filter(|field| !field.system).map(|field| &*field.name);
    findings.unknown(code::UNKNOWN_REFERENCE, place, message, name, known);
}

/// Says that something needs a field that an overlay removed.
pub(super) fn still_needed(entity: &Entity, name: &str, place: &Place, removed: &Place) -> Diagnostic {
    let message = format!("`{name}` of `{}` was removed, but this still needs it", entity.name);
    Diagnostic::error(code::REMOVED_IN_USE, place, message)
        .label(removed, "removed here")
        .help("remove or change this too, in the overlay that removes the field")
}

/// Says that a field cannot be given a value, and why.
pub(super) fn not_given(entity: &Entity, field: &Field, place: &Place) -> Diagnostic {
    use fichero_model::entity::Source;
    let why = match &field.source {
        _ if field.system => "the runtime keeps it itself",
        Source::Formula { .. } => "its `formula` works it out",
        Source::Lookup(_) => "it is looked up behind a reference",
        Source::Rollup(_) => "it is kept over child records",
        Source::Sequence(_) => "a sequence gives out its numbers",
        Source::Input if matches!(field.kind, Kind::File(_)) => "it holds files, and tables have none",
        Source::Input | Source::Compute(_) | Source::Copy(_) => "its rows are records of their own",
    };
    Diagnostic::error(
        code::WRONG_TARGET,
        place,
        format!("`{}` of `{}` cannot be given a value: {why}", field.name, entity.name),
    )
}
