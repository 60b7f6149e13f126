//! Scenario tests: what is given, what is done, what is expected.
//!
//! Records have names in a test: those that are given, and the results of steps that make or find some. Expressions
//! see them as locals, in that order.

mod because;
mod step;

use std::sync::Arc;

use fichero_model::code;
use fichero_model::data::{Given, Scenario, ScenarioStep};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::Scope;
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::{EntityId, name};

use super::context::Context;
use super::data;
use super::findings::Findings;
use super::left_out::is_left_out;
use super::time;
use super::value::{Reader, Records};
use crate::catalog::Document;
use crate::node::{Entry, Node};
use crate::source::Origin;

pub(super) use step::later;

/// When a test begins that does not say: a Monday morning.
const USUAL_BEGINNING: &str = "2026-01-05T09:00";

/// Compiles all tests. Their databases hold what packs bring, but no demonstration data.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<Scenario> {
    let records = data::records(cx.catalog, cx.declared, cx.model, false);
    let users = users(cx);
    cx.catalog
        .of_kind("test")
        .filter_map(|document| {
            let mark = findings.mark();
            let compiled = Test::new(cx, document, &records, &users).compile(findings);
            if is_left_out(cx, document, mark, findings) { None } else { compiled }
        })
        .collect()
}

/// Someone who may act in tests: the name of their row, and what they log in with.
struct Person {
    name: Arc<str>,
    login: Arc<str>,
}

/// The people that data documents bring.
fn users(cx: &Context<'_>) -> Vec<Person> {
    let documents = cx.catalog.of_kind("data").filter(|document| {
        let is = |key: &str, value: &str| {
            document.node.get(key).and_then(Node::as_text).is_some_and(|text| &**text == value)
        };
        is("entity", "user") && !is("demo", "true")
    });
    documents
        .flat_map(|document| document.node.get("rows").map(Node::entries).unwrap_or_default())
        .map(person)
        .collect()
}

fn person(row: &Entry) -> Person {
    let login = row.value.get("login").and_then(Node::as_text).unwrap_or(&row.key.text);
    Person { name: Arc::clone(&row.key.text), login: Arc::clone(login) }
}

/// A test that is being compiled.
struct Test<'t> {
    cx: &'t Context<'t>,
    document: &'t Document,
    records: &'t Records,
    users: &'t [Person],
    given: Records,
    /// What expressions may name so far, with the place that gives each its name.
    locals: Vec<(Arc<str>, Type)>,
    named: Vec<Place>,
}

impl<'t> Test<'t> {
    fn new(cx: &'t Context<'t>, document: &'t Document, records: &'t Records, users: &'t [Person]) -> Self {
        Self { cx, document, records, users, given: Records::default(), locals: Vec::new(), named: Vec::new() }
    }

    fn compile(mut self, findings: &mut Findings<'_>) -> Option<Scenario> {
        let node = &self.document.node;
        let at = match node.get("at") {
            Some(at) => self.moment(at, findings),
            None => time::moment(USUAL_BEGINNING, &self.cx.model.workspace.time_zone),
        };
        self.name_given();
        let given = self.given(findings);
        let actor = node.get("as").and_then(|actor| self.actor(actor, findings));
        let mut steps = Vec::new();
        for entry in node.get("steps").map(Node::entries).unwrap_or_default() {
            if let Some(step) = self.step(entry, findings) {
                steps.push(step);
            }
        }
        let layer = self.cx.sources.layers().get(self.document.layer);
        Some(Scenario {
            name: Arc::clone(&self.document.name),
            at: at?,
            actor,
            given,
            steps,
            pack: layer.filter(|layer| layer.origin != Origin::Workspace).and_then(|layer| layer.pack.clone()),
            place: self.document.name_place.clone(),
        })
    }

    fn rows(&self) -> impl Iterator<Item = (&'t Entry, &'t Entry)> + use<'t> {
        let entities = self.document.node.get("given").map(Node::entries).unwrap_or_default();
        entities.iter().flat_map(|entity| entity.value.entries().iter().map(move |row| (entity, row)))
    }

    /// Records may name each other in any order, so all names come first.
    fn name_given(&mut self) {
        for (entity, row) in self.rows() {
            if let Some(id) = self.cx.declared.find(&entity.key.text) {
                data::add(&mut self.given, self.cx.model, id, &row.key.text, &row.value);
            }
        }
    }

    fn given(&mut self, findings: &mut Findings<'_>) -> Vec<Given> {
        let mut given = Vec::new();
        for (entity, row) in self.rows() {
            let Some(id) = self.cx.declared.find(&entity.key.text) else {
                let known = self.cx.declared.entities.iter().map(|entity| &*entity.name);
                let message = format!("there is no entity `{}`", entity.key.text);
                findings.unknown(code::UNKNOWN_REFERENCE, &entity.key.place, message, &entity.key.text, known);
                continue;
            };
            let set = self.reader(code::SCENARIO, true).settings(&row.value, id, findings);
            data::check_required(self.cx, id, row, code::SCENARIO, findings);
            self.name_local(&row.key.text, Type::Ref(Arc::new([id])), &row.key.place, findings);
            given.push(Given { name: Arc::clone(&row.key.text), entity: id, set, place: row.key.place.clone() });
        }
        given
    }

    /// Gives a record or list a name in later expressions; the index of the local.
    fn name_local(&mut self, name: &Arc<str>, ty: Type, place: &Place, findings: &mut Findings<'_>) -> usize {
        if let Some(other) = self.locals.iter().position(|(known, _)| known == name) {
            let mut diagnostic =
                Diagnostic::error(code::NAME_CLASH, place, format!("two records of the test are called `{name}`"));
            if let Some(place) = self.named.get(other) {
                diagnostic = diagnostic.label(place, "the first one");
            }
            findings.push(diagnostic.help("rename one of them; expressions could not tell them apart"));
        } else if name::is_word(name) {
            let message = format!("`{name}` is a word of expressions, so no record can be called that");
            findings.error_with_help(code::RESERVED_NAME, place, message, "choose another name");
        }
        self.locals.push((Arc::clone(name), ty));
        self.named.push(place.clone());
        self.locals.len() - 1
    }

    fn scope(&self) -> Scope<'t> {
        Scope { locals: self.locals.clone(), ..Scope::bare(self.cx.model) }
    }

    fn reader(&self, code: code::Code, load: bool) -> Reader<'_> {
        Reader { scope: self.scope(), records: self.records, given: Some(&self.given), closed: true, code, load }
    }

    /// Who acts: a person by the name of their record or their log-in.
    fn actor(&self, node: &Node, findings: &mut Findings<'_>) -> Option<Arc<str>> {
        let name = node.as_text()?;
        let given: Vec<Person> =
            self.rows().filter(|(entity, _)| &*entity.key.text == "user").map(|(_, row)| person(row)).collect();
        let all = || given.iter().chain(self.users);
        if let Some(found) =
            all().find(|person| person.name == *name).or_else(|| all().find(|person| person.login == *name))
        {
            return Some(Arc::clone(&found.login));
        }
        let message = format!("the test knows nobody called `{name}`");
        let known: Vec<&str> = all().map(|person| &*person.name).collect();
        if known.is_empty() {
            let help = format!(
                "give it the person: `given: {{user: {{{name}: {{name: {}, login: {name}}}}}}}`",
                fichero_model::label::Text::from_name(name).get(fichero_model::label::Locale::EN)
            );
            findings.error_with_help(code::SCENARIO, &node.place, message, help);
        } else {
            findings.unknown(code::SCENARIO, &node.place, message, name, known);
        }
        None
    }

    fn moment(&self, node: &Node, findings: &mut Findings<'_>) -> Option<jiff::Timestamp> {
        let text = node.as_text()?;
        if text.starts_with('=') {
            findings.error_with_help(
                code::SCENARIO,
                &node.place,
                "the clock of a test is set by a literal",
                "write a moment such as `2026-03-02T09:00`",
            );
            return None;
        }
        let moment = time::moment(text, &self.cx.model.workspace.time_zone);
        if moment.is_none() {
            let zone = text.split_once(' ').map(|(_, zone)| zone.trim());
            let message = match zone.filter(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
                Some(zone) => format!("there is no time zone `{zone}`"),
                None => format!("`{text}` is no moment"),
            };
            findings.error_with_help(
                code::BAD_DATE,
                &node.place,
                message,
                "write `2026-03-02T09:00`, with an IANA zone such as `Europe/Madrid` behind a space",
            );
        }
        moment
    }

    /// The entity of a record that an expression names.
    fn entity_of(&self, ty: &Type) -> Option<EntityId> {
        match ty {
            Type::Ref(targets) => match **targets {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }

    fn step(&mut self, entry: &'t Entry, findings: &mut Findings<'_>) -> Option<ScenarioStep> {
        let (action, result) = self.action(&entry.key.text, &entry.key.place, &entry.value, findings).unzip();
        if action.is_none() {
            // Later steps may use the record that this one would have made.
            findings.set_broken(&entry.key.text);
        }
        let local = result.flatten().map(|ty| self.name_local(&entry.key.text, ty, &entry.key.place, findings));
        Some(ScenarioStep {
            name: Arc::clone(&entry.key.text),
            actor: entry.value.get("as").and_then(|actor| self.actor(actor, findings)),
            action: action?,
            local,
            place: entry.key.place.clone(),
        })
    }
}
