//! The key that seals secrets: from the environment, so that it stands neither among the processes nor in a history of
//! commands.

use fichero_engine::secret::Keeper;

use super::Failure;

/// Holds the key.
const KEY: &str = "FICHERO_KEY";

/// Names the file that holds it.
const FILE: &str = "FICHERO_KEY_FILE";

/// How one is made.
pub const HOW: &str = "make one with `openssl rand -base64 32` and set FICHERO_KEY to it, or FICHERO_KEY_FILE to the file that holds it; keep it apart from backups";

/// The key, where one is set.
///
/// # Errors
/// When both are set, the file cannot be read, or what is there is no key.
pub fn keeper() -> Result<Option<Keeper>, Failure> {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let (source, text) = match (given(KEY), given(FILE)) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Failure::new(format!("both {KEY} and {FILE} are set")).help("set one of them"));
        }
        (Some(key), None) => (KEY.to_owned(), key),
        (None, Some(file)) => {
            let path = std::path::Path::new(&file);
            let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read the key", path, &error))?;
            (path.display().to_string(), text)
        }
    };
    match Keeper::of(&text) {
        Ok(keeper) => Ok(Some(keeper)),
        Err(_) => Err(Failure::new(format!("{source} holds no key for secrets: it is 32 bytes in base64")).help(HOW)),
    }
}
