//! Steps that change records, and those that must be refused.

use fichero_model::data::Action;
use fichero_model::expr::{Expr, Fault, Setting};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::{Isolation, Priority};

use super::{Running, Trouble};
use crate::actor::Actor;
use crate::command::{Command, Mode};
use crate::record;
use crate::record::work::Work;
use crate::refusal::{Kind, Refusal};
use crate::scenario::because;
use crate::setting;

impl Running<'_> {
    /// Does something to a record, and gives which. The inner error is a refusal, which a test may have asked for.
    pub(super) fn change(&self, actor: &Actor, action: &Action) -> Result<Result<Ref, Refusal>, Trouble> {
        let (actor, action, locals) = (actor.clone(), action.clone(), self.locals.clone());
        let done =
            self.wait(self.engine.write(Priority::Interactive, Isolation::Serializable, move |engine, live, tx| {
                let work = engine.work(live, tx, &actor, Mode::Live);
                let command = command(&work, &action, &locals)?;
                let entity = command.0;
                let done = record::apply(&work, command.1)?;
                Ok::<_, Refusal>(Ref { entity, id: done.id })
            }));
        match done {
            // A definition or the runtime failed: that is never what a test asks for.
            Err(refusal) if matches!(refusal.kind, Kind::Internal | Kind::Unavailable) => {
                Err(format!("it failed:\n{}", because::told(&refusal)).into())
            }
            other => Ok(other),
        }
    }

    pub(super) fn refused(&self, actor: &Actor, action: &Action, because: Option<&str>) -> Result<(), Trouble> {
        let wanted = because.map_or_else(String::new, |because| format!(" because of `{because}`"));
        match (self.change(actor, action)?, because) {
            (Ok(_), _) => Err(format!("it should have been refused{wanted}, and was done").into()),
            (Err(refusal), Some(because)) if !because::names(because, &refusal) => Err(format!(
                "it should have been refused{wanted}, and was refused for another reason:\n{}",
                because::told(&refusal)
            )
            .into()),
            (Err(_), _) => Ok(()),
        }
    }
}

/// The command of a step, with the entity it is about.
fn command(work: &Work<'_>, action: &Action, locals: &[Value]) -> Result<(EntityId, Command), Refusal> {
    let target = |expr: &Expr| {
        let value = setting::eval(work, expr, locals, None)?;
        value.as_ref().ok_or_else(|| work.fault(expr, &Fault::new("it is no record")))
    };
    let input = |entity: EntityId, set: &[(FieldId, Setting)]| setting::input(work, entity, set, locals);
    Ok(match action {
        Action::Create { entity, set } => (*entity, Command::Create { entity: *entity, input: input(*entity, set)? }),
        Action::Update { target: expr, set } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Update { entity, id, input: input(entity, set)?, version: None })
        }
        Action::Delete { target: expr } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Delete { entity, id, version: None })
        }
        Action::Restore { target: expr } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Restore { entity, id, version: None })
        }
        Action::Transition { target: expr, to, set } => {
            let Ref { entity, id } = target(expr)?;
            let input = input(entity, set)?;
            (entity, Command::Transition { entity, id, field: None, to: to.to_string(), input, version: None })
        }
        Action::Find { .. }
        | Action::Advance { .. }
        | Action::AdvanceTo { .. }
        | Action::Restart
        | Action::Expect(_)
        | Action::Refused { .. }
        | Action::Mails { .. }
        | Action::Page { .. } => {
            return Err(Refusal::internal("scenario", &"only what changes a record can be refused"));
        }
    })
}
