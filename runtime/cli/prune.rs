//! `fichero prune`: drops columns and tables that definitions no longer want.

use fichero_engine::deploy::{self, Plan};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::node::{Node, failed};
use super::{Context, Dir, Exit, Failure, Outcome, steps};
use crate::workspace::parent;

/// The arguments of `fichero prune`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Only what was retired so long ago: `90d`, `4w`, `12h`
    #[arg(long, value_name = "AGE", value_parser = age)]
    older: Option<SignedDuration>,
    /// The hash that was printed, to agree to it
    #[arg(long, value_name = "HASH")]
    consent: Option<String>,
}

/// Drops what was retired.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let node = Node::open(context, &folder)?;
    let now = node.clock.now();
    let before = before(now, args.older)?;
    let plan = deploy::prune_plan(&node.db, before).map_err(|error| failed(&error))?;
    if plan.is_empty() {
        context.report.summary("nothing to drop", || steps::to_json(&plan));
        return Ok(Exit::Done);
    }
    // A folder goes on being the parent of what it was the parent of: pruning changes no definition.
    let grown = node.newest()?.filter(|newest| parent::is_parent(&folder, &node.database, newest));
    match deploy::prune(&node.db, before, &node.order(plan.base, args.consent.as_deref())) {
        Ok(Some((deployment, plan))) => {
            if grown.is_some_and(|newest| newest.seq == deployment.parent) {
                parent::note(&folder, &node.database, &deployment);
            }
            let human = format!("{}deployment {} is in force", steps::render(&plan, false), deployment.seq);
            context.report.summary(&human, || {
                let mut json = steps::to_json(&plan);
                json["deployment"] = json!(deployment.seq);
                json
            });
            node.db.close();
            Ok(Exit::Done)
        }
        Ok(None) => Ok(Exit::Done),
        Err(deploy::Error::Consent(plan)) => Err(unagreed(context, &plan, args)),
        Err(error) => Err(failed(&error)),
    }
}

fn unagreed(context: &Context, plan: &Plan, args: &Args) -> Failure {
    context.report.answer(&steps::render(plan, false), || steps::to_json(plan));
    let what = match args.consent {
        Some(_) => "the consent was given to another plan; nothing was dropped",
        None => "this cannot be undone, so consent is needed; nothing was dropped",
    };
    let older = args.older.map(|older| format!(" --older {}h", older.as_hours())).unwrap_or_default();
    Failure { exit: Exit::Consent, ..Failure::new(what) }
        .help(format!("When you agree to the steps above, run `fichero prune{older} --consent {}`", plan.hash()))
}

fn before(now: Timestamp, older: Option<SignedDuration>) -> Result<Timestamp, Failure> {
    now.checked_sub(older.unwrap_or(SignedDuration::ZERO)).map_err(|_| Failure::usage("--older reaches too far back"))
}

/// Reads `90d`, `4w` or `12h`.
fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a number and a unit: `90d`, `4w` or `12h`".to_owned();
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        _ => return Err(wrong()),
    };
    let number: u32 = number.trim().parse().map_err(|_| wrong())?;
    Ok(SignedDuration::from_hours(i64::from(number) * hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read() {
        assert_eq!(age("90d"), Ok(SignedDuration::from_hours(90 * 24)));
        assert_eq!(age("2w"), Ok(SignedDuration::from_hours(14 * 24)));
        assert_eq!(age("0h"), Ok(SignedDuration::ZERO));
        for wrong in ["", "d", "90", "-1d", "1y", "1é"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
