//! A record made of JSON, with the records it refers to, for an expression that is tried out.
//!
//! Nothing is stored and nothing looked up: what the JSON does not say is not there. A reference given as an object
//! becomes a record of its own; lines, children and many references are lists of objects. Stored formulas and computed
//! fields that are not given are worked out.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_engine::value::json;
use fichero_model::clock::{Ids as _, SeededIds};
use fichero_model::entity::{Entity, Field, Source, System};
use fichero_model::expr::{Context, Facts, Fault, NoFacts, Row, Setting};
use fichero_model::id::SettingsId;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::label::Locale;
use fichero_model::value::{Currency, Money};
use fichero_model::{EntityId, FieldId, Id, Model, Ref, Value};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::cli::Failure;

/// A record and what it refers to.
#[derive(Debug)]
pub struct Record {
    row: Arc<Row>,
    others: HashMap<Ref, Arc<Row>>,
    lists: HashMap<(Id, FieldId), Vec<Arc<Row>>>,
    /// Settings as their definitions have them: nobody has changed them here.
    settings: Arc<[Arc<Row>]>,
}

impl Record {
    /// The record itself.
    pub fn row(&self) -> &Arc<Row> {
        &self.row
    }
}

/// Reads a record of `entity`.
///
/// # Errors
/// When it is no JSON, or a member does not fit its field.
pub fn read(model: &Model, entity: EntityId, text: &str, now: Timestamp) -> Result<Record, Failure> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("the record is not readable as JSON: {error}"))
            .help("Write --record '{\"name\": \"Acme\"}'")
    })?;
    let settings = model.settings.iter().map(|settings| as_defined(model, settings.entity, now)).collect();
    let mut reader =
        Reader { model, now, ids: SeededIds::new(1), others: HashMap::new(), lists: HashMap::new(), settings };
    let row = reader.row(entity, &json, "the record", 0)?;
    Ok(Record { row, others: reader.others, lists: reader.lists, settings: reader.settings })
}

/// Whoever tries out an expression: a person that no record names.
pub fn somebody(model: &Model) -> Ref {
    Ref { entity: model.user, id: Id::from_bytes([0xff; 16]) }
}

/// A record of settings with the values that their definition gives.
fn as_defined(model: &Model, entity: EntityId, now: Timestamp) -> Arc<Row> {
    let mut row = Row::empty(entity, model[entity].fields.len());
    for (id, field) in model[entity].all_fields() {
        let value = match &field.default {
            Some(Setting::Literal(value)) => value.clone(),
            Some(Setting::Expr(expr)) => {
                let context = Context {
                    model,
                    facts: &NoFacts,
                    row: None,
                    record: None,
                    old: None,
                    me: Some(somebody(model)),
                    now,
                    locals: &[],
                    value: None,
                };
                expr.eval(&context).unwrap_or_default()
            }
            _ => continue,
        };
        let amount = match (&field.kind, &value) {
            (Kind::Money { .. }, Value::Integer(number)) => Some((*number).into()),
            (Kind::Money { .. }, Value::Decimal(number)) => Some(*number),
            _ => None,
        };
        let currency = model.workspace.currency;
        row.set(id, amount.map_or(value, |amount| Value::Money(Money { amount, currency, base: amount })));
    }
    Arc::new(row)
}

/// Records inside records nest at most so deep.
const DEEPEST: usize = 8;

struct Reader<'m> {
    model: &'m Model,
    now: Timestamp,
    ids: SeededIds,
    others: HashMap<Ref, Arc<Row>>,
    lists: HashMap<(Id, FieldId), Vec<Arc<Row>>>,
    settings: Arc<[Arc<Row>]>,
}

impl Reader<'_> {
    fn row(&mut self, entity: EntityId, json: &Json, what: &str, depth: usize) -> Result<Arc<Row>, Failure> {
        let model = self.model;
        let Json::Object(members) = json else {
            return Err(Failure::new(format!("{what} is to be a JSON object with fields of `{}`", model[entity].name)));
        };
        if depth > DEEPEST {
            return Err(Failure::new(format!("{what}: records are nested more than {DEEPEST} deep")));
        }
        let members = &*json::spread(&model[entity], members);
        let mut row = Row::empty(entity, model[entity].fields.len());
        let id = self.ids.id(self.now);
        row.set(System::Id.field(), Value::Ref(Ref { entity, id }));
        row.set(System::Version.field(), Value::Integer(1));
        for (name, json) in members {
            self.member(&mut row, id, name, json, members, depth).map_err(|failure| inside(failure, name))?;
        }
        let row = self.worked_out(row, members)?;
        let reference = row.reference().unwrap_or(Ref { entity, id });
        self.others.insert(reference, Arc::clone(&row));
        Ok(row)
    }

    fn member(
        &mut self,
        row: &mut Row,
        id: Id,
        name: &str,
        json: &Json,
        all: &Map<String, Json>,
        depth: usize,
    ) -> Result<(), Failure> {
        let model = self.model;
        let definition = &model[row.entity];
        let Some((field_id, field)) = definition.field(name) else {
            return money_part(definition, name).then_some(()).ok_or_else(|| unknown(definition, name));
        };
        match (&field.kind, json) {
            (_, Json::Null) => {}
            (Kind::Lines { of, .. } | Kind::Children { of, .. }, Json::Array(items)) => {
                let rows = self.rows(*of, items, name, depth)?;
                self.lists.insert((id, field_id), rows);
            }
            (Kind::Ref(reference), Json::Array(items)) if field.many => {
                let rows = match &*reference.targets {
                    [only] => self.rows(*only, items, name, depth)?,
                    _ => {
                        return Err(Failure::new(
                            "a list of references to one of several entities cannot be tried out",
                        ));
                    }
                };
                row.set(field_id, Value::list(rows.iter().filter_map(|row| row.reference()).map(Value::Ref)));
                self.lists.insert((id, field_id), rows);
            }
            (Kind::Ref(reference), Json::Object(_)) => {
                let [only] = &*reference.targets else {
                    return Err(Failure::new("it refers to one of several entities; write \"ENTITY:ID\""));
                };
                let other = self.row(*only, json, name, depth + 1)?;
                row.set(field_id, other.reference().map(Value::Ref).unwrap_or_default());
            }
            (Kind::Money { currency }, _) => {
                let currency = match (
                    all.get(&format!("{name}_currency")).and_then(Json::as_str).map(Currency::parse),
                    currency,
                ) {
                    (Some(Some(currency)), _) => currency,
                    (Some(None), _) => return Err(Failure::new("its currency is to be a code such as EUR")),
                    (None, MoneyCurrency::Own(currency)) => *currency,
                    (None, MoneyCurrency::Shared(_)) => model.workspace.currency,
                };
                row.set(field_id, Value::Money(money(json, all.get(&format!("{name}_base")), currency)?));
            }
            (_, Json::Array(items)) if field.many => {
                let values: Result<Vec<Value>, Failure> = items.iter().map(|item| value(model, field, item)).collect();
                row.set(field_id, Value::list(values?));
            }
            _ => row.set(field_id, value(model, field, json)?),
        }
        Ok(())
    }

    fn rows(&mut self, of: EntityId, items: &[Json], name: &str, depth: usize) -> Result<Vec<Arc<Row>>, Failure> {
        items.iter().map(|item| self.row(of, item, name, depth + 1)).collect()
    }

    /// The row with its stored formulas and computed fields, each behind those it reads.
    fn worked_out(&mut self, row: Row, given: &Map<String, Json>) -> Result<Arc<Row>, Failure> {
        let model = self.model;
        let definition = &model[row.entity];
        let mut row = Arc::new(row);
        for id in &definition.compute_order {
            let field = &definition[*id];
            let expr = match &field.source {
                Source::Compute(expr) if !given.contains_key(&*field.name) => expr,
                Source::Formula { value, stored: true } => value,
                _ => continue,
            };
            let facts = Record {
                row: Arc::clone(&row),
                others: self.others.clone(),
                lists: self.lists.clone(),
                settings: Arc::clone(&self.settings),
            };
            let context = Context {
                model,
                facts: &facts,
                row: Some(&row),
                record: None,
                old: None,
                me: Some(somebody(model)),
                now: self.now,
                locals: &[],
                value: None,
            };
            let value =
                expr.eval(&context).map_err(|fault| Failure::new(format!("`{}` has no value: {fault}", field.name)))?;
            Arc::make_mut(&mut row).set(*id, value);
        }
        Ok(row)
    }
}

impl Facts for Record {
    fn row(&self, reference: Ref) -> Result<Option<Arc<Row>>, Fault> {
        Ok(self.others.get(&reference).cloned())
    }

    fn rows(&self, of: &Row, field: FieldId) -> Result<Vec<Arc<Row>>, Fault> {
        Ok(of.id().and_then(|id| self.lists.get(&(id, field)).cloned()).unwrap_or_default())
    }

    fn has_role(&self, _: &str) -> bool {
        false
    }

    fn settings(&self, settings: SettingsId) -> Result<Option<Arc<Row>>, Fault> {
        Ok(self.settings.get(settings.index()).cloned())
    }
}

fn value(model: &Model, field: &Field, json: &Json) -> Result<Value, Failure> {
    json::value(model, field, json).map_err(|(_, message)| Failure::new(message.text(Locale::EN)))
}

/// Money in `currency`. Its worth is its amount, unless it is given: there are no rates to look at.
fn money(amount: &Json, base: Option<&Json>, currency: Currency) -> Result<Money, Failure> {
    let number = |json: &Json| {
        let text = match json {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        fichero_engine::value::text::exact(&text)
            .ok_or_else(|| Failure::new(format!("`{text}` is no amount; write \"1234.50\"")))
    };
    let amount = number(amount)?;
    let base = base.filter(|base| !base.is_null()).map(number).transpose()?.unwrap_or(amount);
    Ok(Money { amount, currency, base })
}

/// Whether a member is the currency or the worth of a money field, which are read with its amount.
fn money_part(definition: &Entity, name: &str) -> bool {
    let stem = name.strip_suffix("_currency").or_else(|| name.strip_suffix("_base"));
    stem.and_then(|stem| definition.field(stem)).is_some_and(|(_, field)| matches!(field.kind, Kind::Money { .. }))
}

fn unknown(definition: &Entity, name: &str) -> Failure {
    let failure = Failure::new(format!("`{}` has no such field", definition.name));
    match fichero_model::name::did_you_mean(name, definition.fields.iter().map(|field| &*field.name)) {
        Some(nearest) => failure.help(format!("Did you mean `{nearest}`?")),
        None => failure,
    }
}

/// The same failure, with the member it is about.
fn inside(failure: Failure, name: &str) -> Failure {
    Failure { what: failure.what.map(|what| format!("`{name}`: {what}")), ..failure }
}
