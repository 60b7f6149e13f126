//! What leaves, and what may be meant to take its place without saying so in a way that can be followed.

use fichero_model::entity;
use fichero_model::kind::Kind;

use super::cause::{cannot_become, cause};
use super::{Cause, Hazard, Phase, Planner, Step, sql, value};
use crate::Error;
use crate::schema::{Field, Origin, Table, Through};

/// Adds the step for a table that no entity wants.
pub(super) fn retire_table(planner: &mut Planner<'_>, table: &Table, cause: &Cause) -> Result<(), Error> {
    let rows = planner.facts.count(&table.name, "TRUE")?;
    let model = planner.question.model;
    let names = model.entities.iter().map(|entity| (&*entity.name, &*entity.was));
    let claimed = claimed(names, &table.entity, |name| planner.question.recorded.table_of(name).is_some());
    let step = match claimed.filter(|_| rows > 0) {
        Some(name) => Step {
            note: Some(both(name, &table.entity, "its own records")),
            ..sql(
                format!(
                    "retire table `{}`: `{name}` says that it was `{}`, but is there itself",
                    table.name, table.entity
                ),
                cause,
                // The name may have been followed long ago, and is only still written there.
                Hazard::Safe,
                Vec::new(),
            )
        },
        None => Step {
            note: Some("its records stay, out of sight, until `fichero prune`".to_owned()),
            ..sql(format!("retire table `{}`: no entity wants it", table.name), cause, Hazard::Safe, Vec::new())
        },
    };
    planner.add(Phase::Names, Step { rows: Some(rows), ..step });
    Ok(())
}

/// Adds the step for columns that no field wants, or refuses when their values belong elsewhere from now on.
pub(super) fn retire_field(
    planner: &mut Planner<'_>,
    table: &Table,
    field: &Field,
    cause: &Cause,
) -> Result<(), Error> {
    let rows = value::count(planner, table, field)?;
    let retire = |why: &str, hazard, note| Step {
        rows: Some(rows),
        note: Some(note),
        ..sql(format!("retire column `{}` of `{}`: {why}", field.column, table.name), cause, hazard, Vec::new())
    };
    let stay = || "its values stay, out of sight, until `fichero prune`".to_owned();
    if let Some((heir, entity)) = kept_elsewhere(planner, table, field) {
        if rows > 0 {
            let why = format!("{rows} of them would have to become records of `{entity}`");
            planner.refusals.push(cannot_become(Some(heir), cause, &why));
        } else {
            // Nobody may add a value between the look at them and the change.
            let why = format!("field `{}` is kept in records of `{entity}`", heir.name);
            planner.add(Phase::Names, retire(&why, Hazard::Barrier, stay()));
        }
        return Ok(());
    }
    let step = match (table.field(&field.name), claimed_field(planner, table, field).filter(|_| rows > 0)) {
        (Some(heir), _) => retire(&format!("field `{}` moves to `{}`", heir.name, heir.column), Hazard::Safe, stay()),
        (None, Some(name)) => {
            let why = format!("`{name}` says that it was `{}`, but is there itself", field.name);
            retire(&why, Hazard::Safe, both(name, &field.name, "its own values"))
        }
        (None, None) => {
            let note = successor_hint(planner, table, field).unwrap_or_else(stay);
            retire("no field wants it", Hazard::Safe, note)
        }
    };
    planner.add(Phase::Names, step);
    Ok(())
}

/// Refuses where the values of a field were records of another entity and are kept in another way from now on.
pub(super) fn of_records(planner: &mut Planner<'_>, table: &Table, old: &Table) -> Result<(), Error> {
    let model = planner.question.model;
    let fields = model.entity(&table.entity).into_iter().flat_map(|(_, entity)| &entity.fields);
    for definition in fields {
        let is_left = |before: &&Through| !table.through.iter().any(|now| now.table == before.table);
        let is_named = |name: &str| *definition.name == *name || definition.was.iter().any(|was| **was == *name);
        let Some(before) = old.through.iter().filter(is_left).find(|before| is_named(&before.field)) else { continue };
        let begins = |field: &Field| old.born(&field.column).is_none_or(|old| old.retired.is_some());
        let is_kept_anew = table.through.iter().any(|now| now.field == *definition.name)
            || table.field(&definition.name).is_some_and(begins);
        let Some(records) = planner.question.recorded.table(&before.table).filter(|_| is_kept_anew) else { continue };
        let rows = planner.facts.count(&records.name, "\"deleted_at\" IS NULL")?;
        if rows > 0 {
            let cause = cause(format!("field `{}` of `{}`", definition.name, table.entity), Some(&definition.place));
            let why = format!("{rows} of them are records of `{}`", records.entity);
            planner.refusals.push(cannot_become(Some(definition), &cause, &why));
        }
    }
    Ok(())
}

/// The field that takes over a name, and the entity whose records its values are from now on.
fn kept_elsewhere<'p>(planner: &Planner<'p>, table: &Table, gone: &Field) -> Option<(&'p entity::Field, &'p str)> {
    if matches!(gone.origin, Origin::Derived(_)) {
        return None;
    }
    let model = planner.question.model;
    let (_, owner) = model.entity(&table.entity)?;
    let heir = owner.fields.iter().find(|field| *field.name == *gone.name);
    let heir = heir.or_else(|| owner.fields.iter().find(|field| field.was.iter().any(|was| **was == *gone.name)))?;
    let of = match &heir.kind {
        Kind::Ref(reference) => reference.through.as_ref()?.entity,
        Kind::Lines { of, .. } | Kind::Children { of, .. } => *of,
        _ => return None,
    };
    Some((heir, &model.entities.get(of.index())?.name))
}

/// A field that says it was the one that is gone, but goes on from columns of its own name.
fn claimed_field<'p>(planner: &Planner<'p>, table: &Table, gone: &Field) -> Option<&'p str> {
    let old = planner.question.recorded.table(&table.name)?;
    let (_, owner) = planner.question.model.entity(&table.entity)?;
    claimed(owner.fields.iter().map(|field| (&*field.name, &*field.was)), &gone.name, |name| old.field(name).is_some())
}

/// Who says that it was `gone` although it was there beside it.
fn claimed<'m>(
    mut names: impl Iterator<Item = (&'m str, &'m [std::sync::Arc<str>])>,
    gone: &str,
    was_there: impl Fn(&str) -> bool,
) -> Option<&'m str> {
    names.find(|(name, was)| was.iter().any(|was| **was == *gone) && was_there(name)).map(|(name, _)| name)
}

fn both(name: &str, gone: &str, own: &str) -> String {
    format!(
        "`{name}` keeps {own}, and those of `{gone}` go out of sight until `fichero prune`; for `{name}` to get those of \
         `{gone}` instead, take `{name}` away, apply, and then rename `{gone}`"
    )
}

/// Whether a field that is gone may live on under another name that its author forgot to tie to it.
fn successor_hint(planner: &Planner<'_>, table: &Table, gone: &Field) -> Option<String> {
    let old = planner.question.recorded.table(&table.name)?;
    let new =
        |field: &&Field| field.retired.is_none() && field.shape == gone.shape && old.born(&field.column).is_none();
    let mut candidates = table.fields.iter().filter(new);
    let heir = candidates.next()?;
    // Fields that moved to new columns under the same name are no renames.
    let renamed = candidates.next().is_none() && heir.name != gone.name;
    renamed.then(|| {
        format!("if `{}` is its new name, write `was: {}` there and its values go with it", heir.name, gone.name)
    })
}
