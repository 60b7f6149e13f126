//! The steps of a test: one verb each.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::data::Action;
use fichero_model::expr::{Expr, Setting};
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId, Value};

use super::super::expression::{self, Want};
use super::super::findings::{Findings, quoted};
use super::super::time::DurationFlaw;
use super::super::written::Written;
use super::super::{declare, not_yet, pipeline, rule, time};
use super::{Test, because};
use crate::node::{Entry, Node};

/// What this release does in tests.
const VERBS: [&str; 13] = [
    "create",
    "update",
    "delete",
    "restore",
    "transition",
    "find",
    "advance",
    "advance_to",
    "restart",
    "expect",
    "refused",
    "mails",
    "page",
];

/// Keys of steps that this release does not act on in tests, and what would.
const LATER: [(&str, &str); 30] = [
    ("if", "steps with conditions"),
    ("while", "steps with conditions"),
    ("label", "labels of steps"),
    ("from", "records made from others"),
    ("with", "workflows and scripts"),
    ("on_error", "steps that may fail"),
    ("calendar", "working time"),
    ("link", "the steps of workflows"),
    ("assign", "the steps of workflows"),
    ("notify", "the steps of workflows"),
    ("email", "the steps of workflows"),
    ("send", "connections"),
    ("fetch", "connections"),
    ("task", "tasks"),
    ("approve", "approvals"),
    ("wait", "the steps of workflows"),
    ("choose", "the steps of workflows"),
    ("parallel", "the steps of workflows"),
    ("for_each", "the steps of workflows"),
    ("repeat", "the steps of workflows"),
    ("call", "workflows"),
    ("run", "procedures"),
    ("show", "the steps of workflows"),
    ("open", "the steps of workflows"),
    ("stop", "the steps of workflows"),
    ("log", "the steps of workflows"),
    ("decide", "tasks and approvals"),
    ("press", "workflows"),
    ("submit", "public forms"),
    ("receive", "webhooks and inboxes"),
];

/// What is missing for a key of a step, where this release does not act on it in tests.
pub(in super::super) fn later(key: &str) -> Option<&'static str> {
    LATER.into_iter().find(|(known, _)| *known == key).map(|(_, what)| what)
}

impl Test<'_> {
    /// What a step does, with the type of its result if it has one.
    pub(super) fn action(
        &self,
        name: &Arc<str>,
        place: &Place,
        node: &Node,
        findings: &mut Findings<'_>,
    ) -> Option<(Action, Option<Type>)> {
        let mut sound = true;
        for (key, what) in LATER {
            if let Some(entry) = node.entry(key) {
                findings.push(not_yet::key(key, what, &entry.key.place));
                sound = false;
            }
        }
        let verbs: Vec<&Entry> = VERBS.iter().filter_map(|verb| node.entry(verb)).collect();
        let verb = match *verbs {
            [only] => only,
            [] if !sound => return None,
            [] => {
                let help = format!("give it one of {}", quoted(&VERBS));
                findings.error_with_help(code::SCENARIO, place, format!("the step `{name}` does nothing"), help);
                return None;
            }
            [first, second, ..] => {
                let message =
                    format!("the step `{name}` does two things, `{}` and `{}`", first.key.text, second.key.text);
                findings.error_with_help(code::SCENARIO, &second.key.place, message, "make two steps of it");
                return None;
            }
        };
        self.check_companions(verb, node, findings);
        let result = self.verb(verb, node, findings)?;
        sound.then_some(result)
    }

    /// `set` and `because` go with some verbs only.
    fn check_companions(&self, verb: &Entry, node: &Node, findings: &mut Findings<'_>) {
        for (key, verbs) in [("set", ["create", "update"].as_slice()), ("because", &["refused"])] {
            if let Some(entry) = node.entry(key).filter(|_| !verbs.contains(&&*verb.key.text)) {
                let message = format!("`{key}` has no meaning beside `{}`", verb.key.text);
                findings.error_with_help(
                    code::SCENARIO,
                    &entry.key.place,
                    message,
                    format!("it goes with {}", quoted(verbs)),
                );
            }
        }
    }

    fn verb(&self, verb: &Entry, node: &Node, findings: &mut Findings<'_>) -> Option<(Action, Option<Type>)> {
        let value = &verb.value;
        let plain = |action: Action| Some((action, None));
        match &*verb.key.text {
            "create" => {
                let entity = self.cx.declared.entity_of(value, findings)?;
                let set = self.set(node.get("set"), entity, findings);
                Some((Action::Create { entity, set }, Some(Type::Ref(Arc::new([entity])))))
            }
            "update" => {
                let (target, entity) = self.target(value, findings)?;
                let set = self.set(node.get("set"), entity, findings);
                plain(Action::Update { target, set })
            }
            "delete" => self.target(value, findings).and_then(|(target, _)| plain(Action::Delete { target })),
            "restore" => self.target(value, findings).and_then(|(target, _)| plain(Action::Restore { target })),
            "transition" => plain(self.transition(value, findings)?),
            "find" => self.find(value, findings),
            "advance" => plain(Action::Advance { seconds: self.seconds(value, findings)? }),
            "advance_to" => plain(Action::AdvanceTo { moment: self.moment(value, findings)? }),
            "restart" => plain(Action::Restart),
            "expect" => plain(Action::Expect(expression::condition(value, &self.scope(), findings)?)),
            "refused" => plain(self.refused(verb, node, findings)?),
            "mails" => plain(self.mails(value, findings)?),
            "page" => plain(self.page(value, findings)?),
            _ => None,
        }
    }

    fn set(&self, node: Option<&Node>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<(FieldId, Setting)> {
        node.map(|node| self.reader(code::SCENARIO, false).settings(node, entity, findings)).unwrap_or_default()
    }

    /// The record that an expression names, and its entity.
    fn target(&self, node: &Node, findings: &mut Findings<'_>) -> Option<(Expr, EntityId)> {
        let Some(written) = Written::formula(node, findings.files()) else {
            let text = node.as_text().map(|text| &**text).unwrap_or("record");
            findings.error_with_help(
                code::SCENARIO,
                &node.place,
                "a record is named by an expression here",
                format!("write `={text}`"),
            );
            return None;
        };
        let target = expression::compile_written(&written, &self.scope(), &Want::Any, findings)?;
        match self.entity_of(target.ty()) {
            Some(entity) => Some((target, entity)),
            None => {
                let message = format!("`{}` is no single record of one entity", target.text);
                findings.error_with_help(
                    code::SCENARIO,
                    &target.place,
                    message,
                    "name a given record, or a step that makes or finds one",
                );
                None
            }
        }
    }

    fn transition(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Action> {
        let Some(record) = node.get("record") else {
            findings.error_with_help(
                code::SCENARIO,
                &node.place,
                "the transition does not say of which record",
                "write `transition: {record: =deal, to: won}`",
            );
            return None;
        };
        let (target, entity) = self.target(record, findings)?;
        let to = node.get("to")?;
        let stage = to.as_text()?;
        if stage.starts_with('=') {
            findings.error_with_help(
                code::SCENARIO,
                &to.place,
                "a test moves a record to a stage it names",
                "write the name of a stage",
            );
            return None;
        }
        let pipelines: Vec<_> = self.cx.model.pipelines_of(entity).map(|(_, pipeline)| pipeline).collect();
        if pipelines.is_empty() {
            let message = format!("`{}` has no pipeline, so its records have no stages", self.cx.model[entity].name);
            findings.error(code::SCENARIO, &to.place, message);
            return None;
        }
        if !pipelines.iter().any(|pipeline| pipeline.stage(stage).is_some()) {
            let known = pipelines.iter().flat_map(|pipeline| pipeline.stages.iter().map(|stage| &*stage.name));
            let message = format!("{} no stage `{stage}`", pipeline::named(&pipelines));
            findings.unknown(code::UNKNOWN_STAGE, &to.place, message, stage, known);
            return None;
        }
        let set = self.set(node.get("set"), entity, findings);
        Some(Action::Transition { target, to: Arc::clone(stage), set })
    }

    fn find(&self, node: &Node, findings: &mut Findings<'_>) -> Option<(Action, Option<Type>)> {
        let from = self.cx.entity(node.get("from"), findings)?;
        let scope = fichero_model::expr::Scope { row: Some(from), ..self.scope() };
        let (filter, sort) = rule::question(node, &scope, "what the step finds", findings);
        let first = node.get("first").and_then(Node::as_bool).unwrap_or(false);
        let one = Type::Ref(Arc::new([from]));
        let result = if first { one } else { Type::List(Arc::new(one)) };
        Some((Action::Find { from, filter, sort, first, limit: rule::limit(node) }, Some(result)))
    }

    fn seconds(&self, node: &Node, findings: &mut Findings<'_>) -> Option<i64> {
        let text = node.as_text()?;
        match time::duration(text) {
            Ok(seconds) => Some(seconds),
            Err(DurationFlaw::Working) => {
                findings.error_with_help(
                    code::NOT_YET_KEY,
                    &node.place,
                    format!("`{text}` is working time, which comes with calendars"),
                    "write wall time for now, such as `3 hours` or `2 days`",
                );
                None
            }
            Err(DurationFlaw::Unreadable) => {
                let message = format!("`{text}` is no duration of wall time");
                findings.error_with_help(
                    code::BAD_DURATION,
                    &node.place,
                    message,
                    "write `3 days` or `1 hour 30 minutes`; months and years differ in length",
                );
                None
            }
        }
    }

    fn refused(&self, verb: &Entry, node: &Node, findings: &mut Findings<'_>) -> Option<Action> {
        if let Some(actor) = verb.value.entry("as") {
            let message = "who acts is said of the whole step";
            findings.error_with_help(code::SCENARIO, &actor.key.place, message, "put `as` before `refused`");
        }
        let (action, _) = self.action(&verb.key.text, &verb.key.place, &verb.value, findings)?;
        if !matches!(
            action,
            Action::Create { .. }
                | Action::Update { .. }
                | Action::Delete { .. }
                | Action::Restore { .. }
                | Action::Transition { .. }
        ) {
            findings.error_with_help(
                code::SCENARIO,
                &verb.key.place,
                "only what changes a record can be refused",
                "write `refused: {update: =record, set: {…}}`",
            );
            return None;
        }
        let because = node.get("because").and_then(Node::as_text).cloned();
        if let (Some(because), Some(named)) = (&because, node.get("because")) {
            because::check(self.cx, self.changed(&action), because, &named.place, findings);
        }
        Some(Action::Refused { action: Box::new(action), because })
    }

    /// The entity of the record that an action changes, where it is known.
    fn changed(&self, action: &Action) -> Option<EntityId> {
        match action {
            Action::Create { entity, .. } => Some(*entity),
            Action::Update { target, .. } | Action::Restore { target } | Action::Transition { target, .. } => {
                self.entity_of(target.ty())
            }
            // What else is deleted with it may refuse too.
            Action::Delete { .. }
            | Action::Find { .. }
            | Action::Advance { .. }
            | Action::AdvanceTo { .. }
            | Action::Restart
            | Action::Expect(_)
            | Action::Refused { .. }
            | Action::Mails { .. }
            | Action::Page { .. } => None,
        }
    }

    fn mails(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Action> {
        let count = node.get("count").and_then(Node::as_integer).and_then(|count| u32::try_from(count).ok())?;
        let to = node.get("to").map(|to| self.texts(to, findings));
        let subject = node.get("subject").map(|subject| self.texts(subject, findings));
        Some(Action::Mails {
            count,
            to: to.map_or(Some(None), |to| to.map(Some))?,
            subject: subject.map_or(Some(None), |subject| subject.map(Some))?,
        })
    }

    /// A text, several of them, or an expression, as an expression.
    fn texts(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Expr> {
        if let Some(written) = Written::formula(node, findings.files()) {
            return expression::compile_written(&written, &self.scope(), &Want::Any, findings);
        }
        let literal = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
        let texts: Vec<String> =
            declare::one_or_more(node).filter_map(|item| item.as_text()).map(|text| literal(text)).collect();
        let text = match &*texts {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        fichero_model::expr::compile(&text, &node.place, &self.scope()).ok()
    }

    fn page(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Action> {
        let path = findings.files().with_current_paths(node.get("path")?);
        let path = self.text(&path, findings)?;
        if let Setting::Literal(Value::Text(text)) = &path
            && !text.starts_with('/')
        {
            findings.error_with_help(
                code::SCENARIO,
                &node.get("path")?.place,
                format!("`{text}` is no path of a page"),
                "a path begins with `/`, such as `/account`",
            );
        }
        let mut all = |key: &str| -> Vec<Setting> {
            node.get(key)
                .into_iter()
                .flat_map(declare::one_or_more)
                .filter_map(|item| self.text(item, findings))
                .collect()
        };
        let (shows, hides) = (all("shows"), all("hides"));
        Some(Action::Page { path, shows, hides })
    }

    fn text(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Setting> {
        if let Some(written) = Written::formula(node, findings.files()) {
            let value = expression::compile_written(&written, &self.scope(), &Want::Fits(&Type::Text), findings)?;
            return Some(Setting::Expr(Box::new(value)));
        }
        node.as_text().map(|text| Setting::Literal(Value::text(text)))
    }
}
