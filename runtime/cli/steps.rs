//! A plan of the database in words and as JSON.

use std::fmt::Write as _;

use fichero_store::schema::plan::Action;
use fichero_store::schema::{Hazard, Plan, Step};
use serde_json::{Value as Json, json};

/// The steps in order, for people; with `sql` also their statements.
pub fn render(plan: &Plan, sql: bool) -> String {
    let mut out = String::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let number = index + 1;
        let rows =
            step.rows.map(|rows| format!(", {}", super::counted(usize::try_from(rows).unwrap_or(usize::MAX), "row")));
        let _ = writeln!(out, "{number:>3}. {} ({}{})", step.what, step.hazard.word(), rows.unwrap_or_default());
        match &step.cause.place {
            Some(place) => {
                let _ = writeln!(out, "     for {} at {place}", step.cause.definition);
            }
            None => {
                let _ = writeln!(out, "     for {}", step.cause.definition);
            }
        }
        if let Some(note) = &step.note {
            let _ = writeln!(out, "     note: {note}");
        }
        if sql {
            statements(&mut out, step);
        }
    }
    out
}

fn statements(out: &mut String, step: &Step) {
    for statement in step.sql() {
        for line in statement.lines() {
            let _ = writeln!(out, "       {line}");
        }
        if let Some(end) = out.strip_suffix('\n').filter(|text| !text.ends_with(';')).map(str::len) {
            out.insert(end, ';');
        }
    }
    let without = match &step.action {
        Action::Keys { .. } => "the keys are made by the program, row by row",
        Action::Fill(_) => "the values are computed by the program, in batches after the change",
        Action::Sql(statements) if statements.is_empty() => "no statement: only what names stand for changes",
        Action::Sql(_) | Action::Unique { .. } => return,
    };
    let _ = writeln!(out, "       -- {without}");
}

/// What the steps amount to, in one line.
pub fn tally(plan: &Plan) -> String {
    let steps = super::counted(plan.steps.len(), "step");
    match plan.hazard() {
        Hazard::Safe => format!("{steps}, all safe beside running nodes"),
        Hazard::Backfill => format!("{steps}; rows are filled in batches afterwards"),
        Hazard::Barrier => format!("{steps}; writers pause while it is done"),
        Hazard::Reinterprets => format!("{steps}; stored values will mean something else, so consent is needed"),
        Hazard::LosesData => format!("{steps}; stored values will be gone, so consent is needed"),
    }
}

/// The plan for programs.
pub fn to_json(plan: &Plan) -> Json {
    let steps: Vec<Json> = plan
        .steps
        .iter()
        .map(|step| {
            json!({
                "what": step.what,
                "hazard": step.hazard.word(),
                "rows": step.rows,
                "note": step.note,
                "for": step.cause.definition,
                "place": step.cause.place,
                "sql": step.sql(),
            })
        })
        .collect();
    json!({
        "base": plan.base,
        "consent": plan.hash(),
        "needs_consent": plan.hazard().needs_consent(),
        "hazard": plan.hazard().word(),
        "steps": steps,
    })
}
