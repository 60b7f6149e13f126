//! Values: literals of a field's own type, names of records, and expressions behind `=`.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Entity, Field, System};
use fichero_model::expr::typing::words;
use fichero_model::expr::{Scope, Setting};
use fichero_model::kind::{Kind, MoneyCurrency, Reference};
use fichero_model::model::Model;
use fichero_model::name;
use fichero_model::value::{Currency, Money};
use fichero_model::{EntityId, FieldId, Value};
use rust_decimal::Decimal;

use super::expression::{self, Want};
use super::findings::{Findings, quoted};
use super::time;
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
                unknown_field(&self.model()[entity], name, &entry.key.place, findings);
                continue;
            };
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
                findings.push(flaw.told(self.code, node, field));
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
pub(super) fn unknown_field(
    entity: &Entity,
    name: &str,
    place: &fichero_model::place::Place,
    findings: &mut Findings<'_>,
) {
    let message = format!("`{}` has no field `{name}`", entity.name);
    let known = entity.fields.iter().filter(|field| !field.system).map(|field| &*field.name);
    findings.unknown(code::UNKNOWN_REFERENCE, place, message, name, known);
}

/// Says that a field cannot be given a value, and why.
pub(super) fn not_given(entity: &Entity, field: &Field, place: &fichero_model::place::Place) -> Diagnostic {
    use fichero_model::entity::Source;
    let why = match &field.source {
        _ if field.system => "the runtime keeps it itself",
        Source::Formula { .. } => "its `formula` works it out",
        Source::Lookup(_) => "it is looked up behind a reference",
        Source::Rollup(_) => "it is kept over child records",
        Source::Sequence(_) => "a sequence gives out its numbers",
        Source::Input | Source::Compute(_) | Source::Copy(_) => "its rows are records of their own",
    };
    Diagnostic::error(
        code::WRONG_TARGET,
        place,
        format!("`{}` of `{}` cannot be given a value: {why}", field.name, entity.name),
    )
}

/// Why a literal does not fit.
pub(super) struct Flaw {
    message: String,
    help: Option<String>,
    code: Option<Code>,
}

impl Flaw {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, code: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The finding for an author, about the value of a field.
    pub fn told(self, code: Code, node: &Node, field: &Field) -> Diagnostic {
        let diagnostic =
            Diagnostic::error(self.code.unwrap_or(code), &node.place, format!("`{}` {}", field.name, self.message));
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The literal of a kind. A flaw is told as the end of a sentence that begins with the field.
pub(super) fn literal(node: &Node, kind: &Kind, model: &Model) -> Result<Value, Flaw> {
    let needs = || Flaw::new(format!("takes {}, not {}", words(&kind.value_type(), model), shown(node)));
    let text = || node.as_text().map(|text| &**text);
    match kind {
        Kind::Text { max } | Kind::LongText { max } => {
            let text = text().ok_or_else(needs)?;
            if node.as_bool().is_some() {
                return Err(needs().help(format!("quote it if the word is meant: `\"{text}\"`")));
            }
            let length = text.chars().count();
            if length > *max as usize {
                return Err(Flaw::new(format!("takes at most {max} characters, and these are {length}")));
            }
            Ok(Value::text(text))
        }
        Kind::Integer => node.as_integer().map(Value::Integer).ok_or_else(needs),
        Kind::Decimal { scale } => {
            let number = decimal(node).ok_or_else(needs)?;
            if number.normalize().scale() > u32::from(*scale) {
                return Err(Flaw::new(format!("keeps {scale} digits behind the point, and `{number}` has more")));
            }
            Ok(Value::Decimal(number))
        }
        Kind::Money { currency } => {
            money(node, currency).ok_or_else(|| needs().help("write a number, or `{amount: 12.50, currency: USD}`"))
        }
        Kind::Boolean => node
            .as_bool()
            .map(Value::Boolean)
            .ok_or_else(|| Flaw::new(format!("takes `true` or `false`, not {}", shown(node)))),
        Kind::Date => {
            text().and_then(time::date).map(Value::Date).ok_or_else(|| needs().help("a date is written `2026-03-02`"))
        }
        Kind::Time => {
            text().and_then(time::time).map(Value::Time).ok_or_else(|| needs().help("a time is written `\"09:30\"`"))
        }
        Kind::DateTime => {
            text().and_then(|text| time::moment(text, &model.workspace.time_zone)).map(Value::DateTime).ok_or_else(
                || needs().help("a moment is written `2026-03-02T09:00`, with an optional zone behind a space"),
            )
        }
        Kind::Duration => match text().map(time::duration) {
            Some(Ok(seconds)) => Ok(Value::Duration(seconds)),
            Some(Err(time::DurationFlaw::Working)) => {
                Err(Flaw::new("holds elapsed time, and working time has no length without a calendar")
                    .help("leave out `working`"))
            }
            Some(Err(time::DurationFlaw::Unreadable)) | None => {
                Err(needs().help("a duration is written `25 minutes` or `1 hour 30 minutes`"))
            }
        },
        Kind::Choice { options } => {
            let text = text().ok_or_else(needs)?;
            let options = &model[*options];
            if options.find(text).is_some() {
                return Ok(Value::text(text));
            }
            let names: Vec<&str> = options.options.iter().map(|option| &*option.name).collect();
            let flaw = Flaw { code: Some(code::UNKNOWN_OPTION), ..Flaw::new(format!("has no option `{text}`")) };
            Err(match name::did_you_mean(text, names.iter().copied()) {
                Some(near) => flaw.help(format!("did you mean `{near}`?")),
                None if names.len() <= 12 => flaw.help(format!("its options are {}", quoted(&names))),
                None => flaw,
            })
        }
        Kind::Json => Ok(Value::Json(Arc::new(json(node)))),
        Kind::Ref(_) | Kind::File | Kind::Lines { .. } | Kind::Children { .. } => Err(needs()),
    }
}

/// What stands there, for a message.
fn shown(node: &Node) -> String {
    match node.as_text() {
        Some(text) if text.is_empty() => "an empty text".to_owned(),
        Some(text) if text.chars().count() <= 40 => format!("`{text}`"),
        _ => node.what().to_owned(),
    }
}

/// A number, also in quotes.
fn decimal(node: &Node) -> Option<Decimal> {
    let text = node.as_decimal().or_else(|| node.as_text().map(|text| &**text))?;
    Decimal::from_str(text.strip_prefix('+').unwrap_or(text)).ok()
}

/// An amount in the field's own currency, or `{amount, currency}`. Where the currency is shared with another field, it is
/// known when the amount is written; so is the worth in base.
fn money(node: &Node, of_field: &MoneyCurrency) -> Option<Value> {
    let usual = match of_field {
        MoneyCurrency::Own(currency) => *currency,
        MoneyCurrency::Shared(_) => Currency::NONE,
    };
    let (amount, currency) = match node.entries() {
        [] => (decimal(node)?, usual),
        entries if entries.iter().all(|entry| matches!(&*entry.key.text, "amount" | "currency")) => {
            let currency = match node.get("currency") {
                Some(currency) => Currency::parse(currency.as_text()?)?,
                None => usual,
            };
            (decimal(node.get("amount")?)?, currency)
        }
        _ => return None,
    };
    (amount.normalize().scale() <= 4).then_some(Value::Money(Money { amount, currency, base: amount }))
}

/// A part of a document as JSON: bare numbers and booleans are such, everything else is text.
pub(super) fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        NodeValue::Map(entries) => serde_json::Value::Object(
            entries.iter().map(|entry| (entry.key.text.to_string(), json(&entry.value))).collect(),
        ),
        NodeValue::List(items) => serde_json::Value::Array(items.iter().map(json).collect()),
        NodeValue::Scalar(scalar) => {
            let number = || {
                node.as_decimal()
                    .and_then(|text| serde_json::Number::from_str(text).ok())
                    .map(serde_json::Value::Number)
            };
            node.as_bool()
                .map(serde_json::Value::Bool)
                .or_else(number)
                .unwrap_or_else(|| serde_json::Value::String(scalar.text.to_string()))
        }
    }
}
