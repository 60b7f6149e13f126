//! Which deployment a folder last published or served, noted in its `data/deployments.json` for each database.
//!
//! Only a folder that grew out of the newest deployment may take its place by itself: so two nodes with different
//! folders never undo each other. The note is a convenience of one machine. Where it is lost, the folder waits for
//! somebody to say `fichero apply`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use fichero_store::schema::deployment::Deployment;
use serde_json::{Value as Json, json};

/// Whether the folder grew out of a deployment of this database.
pub fn is_parent(folder: &Path, database: &str, deployment: &Deployment) -> bool {
    let noted = read(folder);
    noted.get(&identity(database)).is_some_and(|note| {
        note["seq"].as_i64() == Some(deployment.seq) && note["hash"].as_str() == Some(&*deployment.catalog_hash)
    })
}

/// Notes that the folder has published or served a deployment: its definitions are those of the folder.
pub fn note(folder: &Path, database: &str, deployment: &Deployment) {
    let mut noted = read(folder);
    let note = json!({"seq": deployment.seq, "hash": &*deployment.catalog_hash});
    if noted.get(&identity(database)) == Some(&note) {
        return;
    }
    noted.insert(identity(database), note);
    if let Err(error) = write(folder, &noted) {
        let path = path(folder);
        tracing::warn!(path = %path.display(), %error, "it could not be noted which deployment this folder belongs to");
    }
}

type Notes = BTreeMap<String, Json>;

fn path(folder: &Path) -> PathBuf {
    folder.join("data").join("deployments.json")
}

/// What is noted; nothing where there is no note, or none that can be read.
fn read(folder: &Path) -> Notes {
    fs::read(path(folder)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Writes the notes beside and moves them into place, so that a crash leaves the old ones or the new.
fn write(folder: &Path, notes: &Notes) -> std::io::Result<()> {
    let path = path(folder);
    fs::create_dir_all(folder.join("data"))?;
    let beside = path.with_extension(format!("json.{}", std::process::id()));
    let mut file = fs::File::create(&beside)?;
    file.write_all(serde_json::to_string_pretty(notes)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// A database by its URL without who connects and how: no password is noted.
pub fn identity(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://").filter(|(scheme, _)| scheme.starts_with("postgres")) else {
        return database.to_owned();
    };
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, name) = address.split_once('/').unwrap_or((address, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let where_it_is = |parameter: &&str| ["host=", "port=", "dbname="].iter().any(|key| parameter.starts_with(key));
    let kept: Vec<&str> = parameters.split('&').filter(where_it_is).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{host}/{name}{mark}{}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_known_without_its_password() {
        let noted = identity("postgres://me:se@cret@db.example:5432/crm?sslmode=require");
        assert_eq!(noted, "postgres://db.example:5432/crm");
        assert_eq!(identity("postgres:///crm?password=x&host=/tmp"), "postgres:///crm?host=/tmp");
        assert_eq!(identity("sqlite:data/fichero.db"), "sqlite:data/fichero.db");
    }
}
