//! People who are given an account.

use std::sync::Arc;

use fichero_store::system::{password, session, token};
use fichero_store::{Isolation, Priority};
use serde_json::json;

use super::{check_password, hash, is_active, user_row};
use crate::actor::Actor;
use crate::command::{Command, Mode};
use crate::engine::Engine;
use crate::record;
use crate::refusal::Refusal;
use crate::value::json as codec;

/// Somebody who is to have an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The log-in.
    pub login: String,
    /// The name of somebody who is not there yet.
    pub name: String,
    /// May do everything.
    pub admin: bool,
}

impl Engine {
    /// Makes a person, or gives one that is there these rights; and a password, where one is given. All of it, or
    /// nothing.
    ///
    /// # Errors
    /// When a definition or the rules for passwords refuse it, or the database cannot be written.
    pub async fn add_person(&self, actor: &Actor, person: Person, secret: Option<&str>) -> Result<(), Refusal> {
        let hashed = match secret {
            Some(secret) => {
                check_password(secret)?;
                Some(hash(secret.to_owned()).await?)
            }
            None => None,
        };
        let actor = actor.clone();
        self.write(Priority::Interactive, Isolation::Serializable, move |engine, live, tx| {
            let user = live.model.user;
            let row = user_row(engine, &live, tx, &actor, &person.login)?;
            // Who was kept from logging in begins anew: what programs held for them before is not theirs again.
            let returns = row.as_ref().is_some_and(|row| !is_active(&live, row));
            let known = row.and_then(|row| row.id());
            let Person { login, name, admin } = &person;
            let body = match known {
                Some(_) => json!({"admin": admin, "active": true}),
                None => json!({"login": login, "name": name, "admin": admin, "active": true}),
            };
            let input = codec::input(&live.model, user, &body)?;
            let command = match known {
                Some(id) => Command::Update { entity: user, id, input, version: None },
                None => Command::Create { entity: user, input },
            };
            let done = record::apply(&engine.work(Arc::clone(&live), tx, &actor, Mode::Live), command)?;
            if returns {
                token::remove_all(tx, done.id)?;
                session::end_all(tx, done.id)?;
            }
            if let Some(hashed) = &hashed {
                password::set(tx, done.id, hashed, engine.clock().now())?;
                session::end_all(tx, done.id)?;
            }
            Ok::<_, Refusal>(())
        })
        .await?;
        self.remembered().forget();
        Ok(())
    }
}
