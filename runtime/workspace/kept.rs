//! Definition files as a deployment keeps them: each under one key, so that a node without the folder compiles the same.
//!
//! The workspace's own files have their path as key. Those of a pack have `/PACK:PATH`, the path as authors know it; no
//! file of the workspace's own begins with `/`.

use std::sync::Arc;

use fichero_definition::{File, Sources};
use fichero_engine::deploy::Files;

/// The files of a workspace and its packs by their keys.
pub fn files(sources: &Sources) -> Files {
    sources.files().iter().map(|file| (key(file), Arc::from(file.bytes()))).collect()
}

/// The files that were kept.
pub fn read(files: &Files) -> Vec<File> {
    files.iter().map(|(key, bytes)| file(files, key, bytes)).collect()
}

fn key(file: &File) -> String {
    match &file.pack {
        Some(pack) => format!("/{pack}:{}", file.path),
        None => file.local.to_string(),
    }
}

fn file(files: &Files, key: &str, bytes: &[u8]) -> File {
    let Some((pack, path)) = key.strip_prefix('/').and_then(|rest| rest.split_once(':')) else {
        return File::new(None, key, key, bytes);
    };
    let local = path.strip_prefix(root(files, pack)).unwrap_or(path);
    File::new(Some(pack), local, path, bytes)
}

/// What stands before the paths of a pack's files: the way to its outermost `pack.yaml`.
fn root<'f>(files: &'f Files, pack: &str) -> &'f str {
    let manifests = files.keys().filter_map(|key| {
        let path = key.strip_prefix('/')?.strip_prefix(pack)?.strip_prefix(':')?;
        path.strip_suffix("pack.yaml")
    });
    manifests.min_by_key(|root| root.len()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn what_is_kept_is_the_same_workspace() {
        let workspace = "workspace: w\npacks: {clinic: {path: ../clinic}, base: stock}\n";
        let (sources, _) = Sources::from_files(vec![
            File::own("workspace.yaml", workspace),
            File::own("base/own.yaml", "options: a\noptions: [x]\n"),
            File::new(Some("base"), "pack.yaml", "base/pack.yaml", b"pack: base\nversion: 1.0.0\n"),
            File::new(Some("base"), "own.yaml", "base/own.yaml", b"options: b\noptions: [x]\n"),
            File::new(Some("clinic"), "pack.yaml", "../clinic/pack.yaml", b"pack: clinic\nversion: 1.0.0\n"),
            File::new(Some("clinic"), "deep/pack.yaml", "../clinic/deep/pack.yaml", b"options: c\noptions: [x]\n"),
        ]);
        let kept = files(&sources);
        assert_eq!(kept.len(), 6);
        let (again, _) = Sources::from_files(read(&kept));
        assert_eq!(again.hash(), sources.hash());
        let paths = |sources: &Sources| sources.files().iter().map(|file| file.path.to_string()).collect::<Vec<_>>();
        assert_eq!(paths(&again), paths(&sources));
        assert_eq!(files(&again), kept);
    }
}
