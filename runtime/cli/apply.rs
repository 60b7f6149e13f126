//! `fichero apply`: puts the definitions of the folder in force, and takes note of its packs in `workspace.lock`.

use fichero_engine::data::Which;
use fichero_engine::deploy::fill::{self, Round, Standing};
use fichero_engine::deploy::{self, Definitions, Deployed, Plan};
use fichero_store::schema::deployment::Deployment;
use serde_json::json;

use super::node::{NoTexts, Node, failed, load_data, refused};
use super::plan::{stranger, told};
use super::{Context, Dir, Exit, Failure, Outcome, counted, runtime, steps};
use crate::workspace::{Workspace, complete_lock, parent};

/// The arguments of `fichero apply`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// The hash that `fichero plan` printed, for a plan that loses or reinterprets data
    #[arg(long, value_name = "HASH")]
    consent: Option<String>,
}

/// How often a lost race is run again.
const RACES: usize = 5;

/// Publishes the folder.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let workspace = Workspace::load(&folder);
    let definitions = workspace.sound(context)?;
    let node = Node::open(context, &folder)?;
    for _ in 0..RACES {
        let newest = node.newest()?;
        let same = newest.as_ref().filter(|newest| newest.catalog_hash == definitions.hash);
        if let Some(newest) = same
            && deploy::plan(&node.db, &definitions.model, node.clock.now())
                .map_err(|error| told(&error, &workspace, context))?
                .is_empty()
        {
            parent::note(&folder, &node.database, newest);
            let human = format!("nothing to do: deployment {} has these definitions", newest.seq);
            context.report.summary(&human, || json!({"deployment": newest.seq, "published": false}));
            note_packs(&node, context, &workspace);
            return finish(&node, context, Deployed { deployment: newest.clone(), definitions });
        }
        if let Some(newest) = &newest
            && !parent::is_parent(&folder, &node.database, newest)
        {
            context.report.note(&stranger(newest));
        }
        let order = node.order(newest.map_or(0, |newest| newest.seq), args.consent.as_deref());
        match deploy::publish(&node.db, &definitions, &order) {
            Ok((deployment, plan)) => {
                note_packs(&node, context, &workspace);
                return published(&node, context, deployment, &plan, definitions);
            }
            // Somebody published in between. Without a consent there is nothing that was promised: plan again.
            Err(deploy::Error::LostRace { .. }) if args.consent.is_none() => {}
            Err(deploy::Error::LostRace { newest }) => {
                return Err(Failure {
                    exit: Exit::Consent,
                    ..Failure::new(format!(
                        "deployment {newest} was published in the meantime, so the consent no longer holds"
                    ))
                    .help("Run `fichero plan` again")
                });
            }
            Err(deploy::Error::Consent(plan)) => return Err(unagreed(context, &plan, args.consent.is_some())),
            Err(error) => return Err(told(&error, &workspace, context)),
        }
    }
    Err(Failure::new("others publish all the time; nothing was changed").help("Try again"))
}

/// Takes note of packs that the lock does not hold: whoever applies has agreed to them. The definitions are in force
/// already, so a folder that cannot be written to is told and no failure.
fn note_packs(node: &Node, context: &Context, workspace: &Workspace) {
    match complete_lock(&node.folder, &workspace.sources) {
        Ok(None) => {}
        Ok(Some(path)) => context.report.note(&format!("{} takes note of the packs", path.display())),
        Err(failure) => context.report.note(&format!(
            "warning: the packs could not be noted: {}; nobody is told when one of them changes",
            failure.what.unwrap_or_default()
        )),
    }
}

fn published(node: &Node, context: &Context, deployment: Deployment, plan: &Plan, definitions: Definitions) -> Outcome {
    parent::note(&node.folder, &node.database, &deployment);
    // On an empty database every table is new, which tells nobody anything.
    let done = match deployment.parent {
        0 => format!("{}\n", steps::tally(plan)),
        _ => steps::render(plan, false),
    };
    let human = format!("{done}deployment {} is in force", deployment.seq);
    context.report.summary(&human, || {
        let mut json = steps::to_json(plan);
        json["deployment"] = json!(deployment.seq);
        json["published"] = json!(true);
        json
    });
    finish(node, context, Deployed { deployment, definitions })
}

/// Loads data documents and fills old rows, the latter unless servers that run are to do it; what could not be filled
/// before is tried again.
fn finish(node: &Node, context: &Context, deployed: Deployed) -> Outcome {
    let engine = node.engine(&deployed)?;
    let unloaded = runtime()?.block_on(async {
        let unloaded = load_data(context.report, &engine, &deployed.definitions.files, Which::Stock).await?;
        fill::retry(&engine).await.map_err(|refusal| refused(&refusal))?;
        let progress = context.report.spinner("filling old rows");
        let mut round = Round::new(&engine);
        loop {
            match round.batch().await.map_err(|refusal| refused(&refusal))? {
                Standing::Done => break,
                Standing::More => progress.tick(),
                Standing::Waiting => {
                    context.report.note("old rows are filled by the servers that run, once all of them have followed");
                    break;
                }
            }
        }
        let unfilled = fill::findings(&engine).await.map_err(|refusal| refused(&refusal))?;
        context.report.findings(&unfilled, &NoTexts);
        Ok::<_, Failure>(unloaded)
    })?;
    node.db.close();
    if unloaded > 0 {
        let (rows, seq) = (counted(unloaded, "row"), deployed.deployment.seq);
        return Err(Failure::new(format!(
            "{rows} of data documents could not be loaded; deployment {seq} is in force all the same"
        ))
        .help("Mend the rows, or what keeps them out, and run `fichero apply` again"));
    }
    Ok(Exit::Done)
}

/// The plan needs a consent that was not given, or not to this plan.
pub fn unagreed(context: &Context, plan: &Plan, given: bool) -> Failure {
    context.report.note(&steps::render(plan, false));
    let failure = failed(&deploy::Error::Consent(Box::new(plan.clone())));
    match given {
        true => {
            Failure { what: Some("the consent was given to another plan; nothing was changed".to_owned()), ..failure }
        }
        false => failure,
    }
}
