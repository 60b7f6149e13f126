//! People who may log in, made by the command line.

use std::sync::Arc;

use fichero_engine::account::Person;
use fichero_engine::{Actor, Engine, Via};
use fichero_model::clock::Ids;

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
/// When a definition or the password policy refuses it, or the database cannot be written; nothing was changed then.
pub async fn add(engine: &Engine, login: &str, name: &str, admin: bool, password: &str) -> Result<(), Failure> {
    let person = Person { login: login.to_owned(), name: name.to_owned(), admin };
    let added = engine.add_person(&Actor::system(Via::Command), person, Some(password)).await;
    added.map_err(|refusal| refused(&refusal))
}

/// Makes a person, or gives one that is there other rights.
///
/// # Errors
/// When a definition refuses it, or the database cannot be written.
pub async fn make(engine: &Engine, login: &str, name: &str, admin: bool) -> Result<(), Failure> {
    let person = Person { login: login.to_owned(), name: name.to_owned(), admin };
    let added = engine.add_person(&Actor::system(Via::Command), person, None).await;
    added.map_err(|refusal| refused(&refusal))
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
