//! People who may log in, made by the command line.

use std::sync::Arc;

use fichero_engine::value::json;
use fichero_engine::{Actor, Command, Engine, Mode, Via};
use fichero_model::clock::Ids;
use serde_json::json;

use super::Failure;
use super::node::refused;

/// The log-in of the first administrator.
pub const ADMINISTRATOR: &str = "admin";

/// Makes the first administrator where nobody can log in yet; gives the log-in and the password, which is kept nowhere.
///
/// # Errors
/// When the database cannot be written.
pub async fn first_administrator(engine: &Engine) -> Result<Option<(String, String)>, Failure> {
    if engine.has_accounts().await.map_err(|refusal| refused(&refusal))? {
        return Ok(None);
    }
    let password = password(engine.ids());
    add(engine, ADMINISTRATOR, "Administrator", true, &password).await?;
    Ok(Some((ADMINISTRATOR.to_owned(), password)))
}

/// Makes a person with a password, or gives one that is there another password and rights.
///
/// # Errors
/// When a definition or the password policy refuses it, or the database cannot be written.
pub async fn add(engine: &Engine, login: &str, name: &str, admin: bool, password: &str) -> Result<(), Failure> {
    make(engine, login, name, admin).await?;
    engine.set_password(login, password).await.map_err(|refusal| refused(&refusal))
}

/// Makes a person, or gives one that is there other rights.
///
/// # Errors
/// When a definition refuses it, or the database cannot be written.
pub async fn make(engine: &Engine, login: &str, name: &str, admin: bool) -> Result<(), Failure> {
    let live = engine.live();
    let user = live.model.user;
    let known = engine.user_by_login(login).await.ok();
    let body = match known {
        Some(_) => json!({"admin": admin, "active": true}),
        None => json!({"login": login, "name": name, "admin": admin, "active": true}),
    };
    let input = json::input(&live.model, user, &body).map_err(|refusal| refused(&refusal))?;
    let command = match known {
        Some(reference) => Command::Update { entity: user, id: reference.id, input, version: None },
        None => Command::Create { entity: user, input },
    };
    let actor = Actor::system(Via::Command);
    engine.command(&actor, command, Mode::Live, None).await.map(drop).map_err(|refusal| refused(&refusal))
}

/// A password of 20 letters and digits that cannot be confused, in groups: 100 bits.
pub fn password(ids: &Arc<dyn Ids>) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut random = [0; 20];
    ids.random(&mut random);
    let letters: Vec<char> =
        random.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)).copied().map(char::from)).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use fichero_model::clock::SeededIds;

    use super::*;

    #[test]
    fn a_password_is_long_and_readable() {
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let (one, other) = (password(&ids), password(&ids));
        assert_eq!(one.len(), 23);
        assert_ne!(one, other);
        assert!(
            one.chars().all(|letter| letter == '-' || letter.is_ascii_lowercase() || letter.is_ascii_digit()),
            "{one}"
        );
    }
}
