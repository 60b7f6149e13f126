//! What becomes of stored values: conversions, and fields that follow something else from now on.

use std::collections::BTreeMap;

use fichero_model::entity::Source;
use fichero_model::kind::{Kind, MoneyCurrency};

use super::cause::{cannot_become, cause_of_field, definition_of};
use super::table::fill;
use super::{Action, Cause, Hazard, Phase, Planner, Step, option, sql};
use crate::schema::columns::{Role, Shape};
use crate::schema::convert::{Copy, Way};
use crate::schema::ddl::quoted;
use crate::schema::ddl::{link, literal};
use crate::schema::desired::Change;
use crate::schema::fill::Reason;
use crate::schema::{Field, Origin, Schema, Table};
use crate::system::sequence;
use crate::{Dialect, Error};

/// How many records have a value in the field.
pub(super) fn count(planner: &mut Planner<'_>, table: &Table, field: &Field) -> Result<u64, Error> {
    match (&field.links, field.column(Role::Value)) {
        (Some(links), _) => planner.facts.count(&links.table, "TRUE"),
        (None, Some(column)) => planner.facts.count(&table.name, &format!("{} IS NOT NULL", quoted(column))),
        (None, None) => Ok(0),
    }
}

/// Adds the steps for a field whose kind or source changed, or refuses.
pub(super) fn convert(planner: &mut Planner<'_>, schema: &Schema, change: &Change) -> Result<(), Error> {
    let old_table = planner.question.recorded.table(&change.table);
    let (Some(table), Some(old)) = (schema.table(&change.table), old_table.and_then(|table| table.born(&change.from)))
    else {
        return Ok(());
    };
    let Some(new) = table.born(&change.to) else { return Ok(()) };
    let values = count(planner, table, old)?;
    let from_to = format!("{} to {}", old.shape.word(), new.shape.word());
    let cause = cause_of_field(planner, table, new);
    if let Way::Move(_) = &change.way {
        option::compare(planner, table, new, old, &cause)?;
    }
    let mut work = Conversion { planner, table, old, new, cause, values, from_to };
    match &change.way {
        Way::Same | Way::Leave => Ok(()),
        Way::Keys => {
            work.keys();
            Ok(())
        }
        Way::Options => work.become_options(),
        Way::Without(gone) => work.without(gone),
        Way::Move(copy) => work.moved(copy),
        Way::Fresh => {
            if values > 0 {
                let why = format!("{values} of them would have to go from {}", work.from_to);
                work.refuse(&why);
            } else {
                // Nobody may add a value to the old columns between the look at them and the swap.
                work.step(Hazard::Barrier, Vec::new());
            }
            Ok(())
        }
    }
}

struct Conversion<'w, 'p> {
    planner: &'w mut Planner<'p>,
    table: &'w Table,
    old: &'w Field,
    new: &'w Field,
    cause: Cause,
    /// How many records have a value.
    values: u64,
    /// `integer to decimal of scale 2`.
    from_to: String,
}

impl Conversion<'_, '_> {
    fn refuse(&mut self, why: &str) {
        let definition = definition_of(self.planner, self.table, self.new);
        self.planner.refusals.push(cannot_become(definition, &self.cause, why));
    }

    /// Refuses when there are rows for which `condition` holds.
    fn unless(&mut self, condition: &str, why: &str) -> Result<bool, Error> {
        let found = if self.values == 0 { 0 } else { self.planner.facts.count(&self.table.name, condition)? };
        if found > 0 {
            self.refuse(&format!("{found} of them {why}"));
        }
        Ok(found == 0)
    }

    fn step(&mut self, hazard: Hazard, statements: Vec<String>) {
        let what = format!("turn `{}` of `{}` from {}", self.new.name, self.table.name, self.from_to);
        let step = Step { rows: Some(self.values), ..sql(what, &self.cause, hazard, statements) };
        self.planner.add(Phase::Values, step);
    }

    /// The stored number `column` with another count of digits behind the point; refused where it would not be exact.
    fn rescaled(&mut self, column: &str, from: u8, to: u8) -> Result<Option<String>, Error> {
        let factor = 10_i64.checked_pow(u32::from(from.abs_diff(to)));
        let Some(factor) = factor else {
            self.refuse("no number has that many digits");
            return Ok(None);
        };
        let (expression, exact) = if to >= from {
            let bound = i64::MAX / factor;
            let condition = format!("{column} > {bound} OR {column} < -{bound}");
            (format!("{column} * {factor}"), self.unless(&condition, "are too large")?)
        } else {
            let condition = format!("{column} % {factor} <> 0");
            (format!("{column} / {factor}"), self.unless(&condition, "would lose digits behind the point")?)
        };
        Ok(exact.then_some(expression))
    }

    fn keys(&mut self) {
        let (Some(text), Some(key)) = (self.new.column(Role::Value), self.new.column(Role::Key)) else { return };
        let (text, key) = (text.to_owned(), key.to_owned());
        let what = format!("make the keys of `{}` in `{}`", self.new.name, self.table.name);
        let action = Action::Keys { table: self.table.name.clone(), text, key };
        let cause = self.cause.clone();
        let step = Step { what, cause, hazard: Hazard::Barrier, rows: Some(self.values), note: None, action };
        self.planner.add(Phase::Values, step);
    }

    fn become_options(&mut self) -> Result<(), Error> {
        let Some(column) = self.new.column(Role::Value).map(quoted) else { return Ok(()) };
        let others = self.new.options.iter().map(|option| format!("{column} <> {}", literal(option)));
        let condition = others.chain([format!("{column} IS NOT NULL")]).collect::<Vec<_>>().join(" AND ");
        if self.unless(&condition, "are none of the options")? {
            self.step(Hazard::Barrier, Vec::new());
        }
        Ok(())
    }

    fn without(&mut self, gone: &[String]) -> Result<(), Error> {
        let Some(kind) = self.new.column(Role::Kind).map(quoted) else { return Ok(()) };
        let tables: Vec<String> = gone.iter().map(|table| literal(table)).collect();
        let condition = format!("{kind} IN ({})", tables.join(", "));
        if self.unless(&condition, &format!("refer to records of `{}`", gone.join("`, `")))? {
            self.step(Hazard::Barrier, Vec::new());
        }
        Ok(())
    }

    fn moved(&mut self, copy: &Copy) -> Result<(), Error> {
        let table = quoted(&self.table.name);
        let old = self.old.column(Role::Value).map(quoted).unwrap_or_default();
        let new = self.new.column(Role::Value).map(quoted).unwrap_or_default();
        let kind = |field: &Field| field.column(Role::Kind).map(quoted);
        let overridden = self.overridden();
        let update =
            |set: String, and: &str| format!("UPDATE {table} SET {set}{overridden} WHERE {old} IS NOT NULL{and}");
        let (hazard, statement) = match copy {
            Copy::Rescale { from, to } => {
                let Some(number) = self.rescaled(&old, *from, *to)? else { return Ok(()) };
                (Hazard::Barrier, update(format!("{new} = {number}"), ""))
            }
            Copy::Widen(target) => {
                let kind = kind(self.new).unwrap_or_default();
                (Hazard::Barrier, update(format!("{new} = {old}, {kind} = {}", literal(target)), ""))
            }
            Copy::Narrow(target) => {
                let kind = kind(self.old).unwrap_or_default();
                let others = format!("{kind} <> {}", literal(target));
                if !self.unless(&others, "refer to records of another entity")? {
                    return Ok(());
                }
                // A record that was purged left such references behind; only those with a key could be cleared.
                let exists = format!(" AND {old} IN (SELECT \"id\" FROM {})", quoted(target));
                (Hazard::Barrier, update(format!("{new} = {old}"), &exists))
            }
            Copy::Link(target) => (Hazard::Barrier, self.link_each(&old, target.as_deref())),
            Copy::WidenLinks(target) => (Hazard::Barrier, self.relink_all(target)),
            Copy::List(shape) => {
                let list = list_of(&old, shape, self.planner.question.dialect);
                (Hazard::Barrier, update(format!("{new} = {list}"), ""))
            }
            Copy::Money(scale) => {
                let Some(amount) = self.rescaled(&old, *scale, 4)? else { return Ok(()) };
                let Some(currency) = self.own_currency() else {
                    if self.values > 0 {
                        self.refuse("they have no currency, and the field does not take the workspace's");
                    }
                    return Ok(());
                };
                let part = |role| self.new.column(role).map(quoted).unwrap_or_default();
                let (unit, base) = (part(Role::Currency), part(Role::Base));
                let set = format!("{new} = {amount}, {unit} = {}, {base} = {amount}", literal(&currency));
                (Hazard::Reinterprets, update(set, ""))
            }
        };
        self.step(hazard, vec![statement]);
        Ok(())
    }

    /// What marks copied values as overridden where the field is computed: those that were, and all that people gave
    /// before it was.
    fn overridden(&self) -> String {
        match (self.new.column(Role::Override), self.old.column(Role::Override), &self.old.origin) {
            (Some(new), Some(old), Origin::Computed(_)) => format!(", {} = {}", quoted(new), quoted(old)),
            (Some(new), _, Origin::Given) => format!(", {} = TRUE", quoted(new)),
            (Some(_), _, Origin::Computed(_) | Origin::Derived(_)) | (None, _, _) => String::new(),
        }
    }

    /// The workspace's currency, where values of the field take it when they are given none.
    fn own_currency(&self) -> Option<String> {
        let workspace = self.planner.question.model.workspace.currency;
        match &definition_of(self.planner, self.table, self.new)?.kind {
            Kind::Money { currency: MoneyCurrency::Own(own) } if *own == workspace => Some(own.as_str().to_owned()),
            _ => None,
        }
    }

    fn link_each(&self, old: &str, target: Option<&str>) -> String {
        let links = self.new.links.as_ref().map(|links| quoted(&links.table)).unwrap_or_default();
        let many = matches!(&self.new.shape, Shape::Links { targets } if targets.len() > 1);
        let kind = match (many, target) {
            (false, _) => None,
            (true, Some(target)) => Some(literal(target)),
            (true, None) => self.old.column(Role::Kind).map(quoted),
        };
        let (column, value) = match kind {
            Some(kind) => (format!(", {}", quoted(link::TARGET_KIND)), format!(", {kind}")),
            None => (String::new(), String::new()),
        };
        let (record, target, position) = (quoted(link::RECORD), quoted(link::TARGET), quoted(link::POSITION));
        format!(
            "INSERT INTO {links} ({record}, {target}{column}, {position}) \
             SELECT \"id\", {old}{value}, 0 FROM {} WHERE {old} IS NOT NULL",
            quoted(&self.table.name)
        )
    }

    fn relink_all(&self, target: &str) -> String {
        let table = |field: &Field| field.links.as_ref().map(|links| quoted(&links.table)).unwrap_or_default();
        let (record, to, position) = (quoted(link::RECORD), quoted(link::TARGET), quoted(link::POSITION));
        format!(
            "INSERT INTO {} ({record}, {to}, {}, {position}) SELECT {record}, {to}, {}, {position} FROM {}",
            table(self.new),
            quoted(link::TARGET_KIND),
            literal(target),
            table(self.old)
        )
    }
}

/// A list of one value as the codec writes lists: times as text, moments as microseconds.
fn list_of(column: &str, shape: &Shape, dialect: Dialect) -> String {
    match (dialect, shape) {
        (Dialect::Sqlite, Shape::Boolean) => {
            format!("json_array(json(CASE {column} WHEN 1 THEN 'true' ELSE 'false' END))")
        }
        (Dialect::Sqlite, _) => format!("json_array({column})"),
        (Dialect::Postgres, Shape::Date | Shape::Time) => format!("jsonb_build_array({column}::text)"),
        (Dialect::Postgres, Shape::DateTime) => {
            format!("jsonb_build_array((extract(epoch FROM {column}) * 1000000)::bigint)")
        }
        (Dialect::Postgres, _) => format!("jsonb_build_array({column})"),
    }
}

/// Adds the steps for a field that follows something else from now on, or became required.
pub(super) fn source(
    planner: &mut Planner<'_>,
    table: &Table,
    field: &Field,
    old: &Field,
    cause: &Cause,
) -> Result<(), Error> {
    let revived = old.retired.is_some();
    match (&old.origin, &field.origin) {
        (before, Origin::Derived(_)) if *before != field.origin || revived => {
            fill(planner, table, field, Reason::Derived)
        }
        (Origin::Given, Origin::Computed(_)) => {
            overridden(planner, table, field, cause)?;
            fill(planner, table, field, Reason::Derived)
        }
        (before, Origin::Computed(_)) if *before != field.origin || revived => {
            fill(planner, table, field, Reason::Derived)
        }
        _ if field.numbered && (!old.numbered || revived) => numbered(planner, table, field, cause),
        _ if field.required && (!old.required || revived) && has_filling(planner, table, field) => {
            fill(planner, table, field, Reason::Required)
        }
        _ => Ok(()),
    }
}

/// What people gave before the field was computed stays, as if they had overridden it.
fn overridden(planner: &mut Planner<'_>, table: &Table, field: &Field, cause: &Cause) -> Result<(), Error> {
    let (Some(value), Some(marker)) = (field.column(Role::Value), field.column(Role::Override)) else { return Ok(()) };
    let rows = count(planner, table, field)?;
    let (name, value, marker) = (quoted(&table.name), quoted(value), quoted(marker));
    let statement = format!("UPDATE {name} SET {marker} = TRUE WHERE {value} IS NOT NULL");
    let what = format!("keep what was given in `{}` of `{}` as overrides", field.name, table.name);
    let step = Step { rows: Some(rows), ..sql(what, cause, Hazard::Barrier, vec![statement]) };
    planner.add(Phase::Values, step);
    Ok(())
}

/// Counting goes on behind the numbers that are there, and records without one get theirs.
fn numbered(planner: &mut Planner<'_>, table: &Table, field: &Field, cause: &Cause) -> Result<(), Error> {
    let (Some(column), Some(definition)) = (field.column(Role::Value), definition_of(planner, table, field)) else {
        return Ok(());
    };
    let Source::Sequence(pattern) = &definition.source else { return Ok(()) };
    let today = planner.question.now.to_zoned(planner.question.model.workspace.time_zone.clone()).date();
    let mut greatest: BTreeMap<String, i64> = BTreeMap::new();
    planner.facts.each_text(&table.name, column, &mut |text| {
        if let Some((number, day)) = pattern.read(text, today) {
            let known = greatest.entry(pattern.per.of(day)).or_insert(number);
            *known = number.max(*known);
        }
    })?;
    let key = sequence::key(&table.name, &field.column);
    let mut statements = Vec::new();
    for (period, number) in greatest {
        if planner.facts.count("fichero_sequence", &sequence::is_behind(&key, &period, number))? == 0 {
            statements.push(sequence::passing(&key, &period, number));
        }
    }
    if !statements.is_empty() {
        let rows = Some(count(planner, table, field)?);
        let what = format!("let `{}` of `{}` count on behind the greatest that is there", field.name, table.name);
        // Nobody may give a greater one between the look at them and the change.
        planner.add(Phase::Values, Step { rows, ..sql(what, cause, Hazard::Barrier, statements) });
    }
    match planner.facts.count(&table.name, &format!("{} IS NULL", quoted(column)))? {
        0 => Ok(()),
        _ => fill(planner, table, field, Reason::Numbers),
    }
}

/// Whether the author says what old rows get: with `fill`, or by a pipeline, which they enter at its first stage.
pub(super) fn has_filling(planner: &Planner<'_>, table: &Table, field: &Field) -> bool {
    definition_of(planner, table, field).is_some_and(|field| field.fill.is_some() || field.pipeline.is_some())
}
