//! Reading a workspace from disk: which files, how far links lead, and the lock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use fichero_definition::source::{Origin, completed, lock};
use fichero_definition::{File, NoPacks, Sources, StockPacks, catalog};
use fichero_model::diagnostic::Diagnostic;

struct One(&'static str);

impl StockPacks for One {
    fn files(&self, pack: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>> {
        let own = format!("pack: base\nversion: {}\n", self.0);
        (pack == "base").then(|| vec![("pack.yaml".to_owned(), Cow::Owned(own.into_bytes()))])
    }

    fn names(&self) -> Vec<String> {
        vec!["base".to_owned()]
    }
}

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn paths(sources: &Sources) -> Vec<&str> {
    sources.files().iter().map(|file| &*file.path).collect()
}

fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|diagnostic| diagnostic.code.name()).collect()
}

#[test]
fn only_definitions_and_scripts_are_read() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("workspace.yaml", "workspace: test\npacks: {clinic: installed}\n"),
            ("sales/deal.yaml", "entity: deal\n"),
            ("sales/price.rhai", "fn net(x) { x }\n"),
            ("sales/notes.txt", "nothing"),
            (".hidden/x.yaml", "entity: x\n"),
            ("data/x.yaml", "entity: x\n"),
            ("packs/other/pack.yaml", "pack: other\nversion: 1.0.0\n"),
            ("packs/clinic/pack.yaml", "pack: clinic\nversion: 1.0.0\n"),
            ("packs/clinic/data/rows.yaml", "entity: patient\n"),
        ],
    );
    let (sources, found) = Sources::load(dir.path(), &NoPacks);
    assert_eq!(codes(&found), [""; 0]);
    let expected = [
        "packs/clinic/data/rows.yaml",
        "packs/clinic/pack.yaml",
        "sales/deal.yaml",
        "sales/price.rhai",
        "workspace.yaml",
    ];
    assert_eq!(paths(&sources), expected);
}

#[test]
fn the_same_comes_of_a_folder_and_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("workspace.yaml", "workspace: test\npacks: [base]\n"),
            ("deal.yaml", "entity: deal\nfields: {name: text}\n"),
        ],
    );
    let (loaded, _) = Sources::load(dir.path(), &One("1.2.3"));
    let (remade, found) = Sources::from_files(loaded.files().to_vec());
    assert_eq!(codes(&found), [""; 0]);
    assert_eq!(remade.hash(), loaded.hash());
    assert_eq!(paths(&remade), paths(&loaded));
    let origins: Vec<Origin> = remade.layers().iter().map(|layer| layer.origin).collect();
    assert_eq!(origins, [Origin::Runtime, Origin::Stock, Origin::Workspace]);
    assert_eq!(catalog(&remade).0.documents.len(), catalog(&loaded).0.documents.len());
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), &[("secret.yaml", "entity: secret\n")]);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("workspace.yaml", "workspace: test\n"), (".versions/deal.yaml", "entity: deal\n")]);
    let link = |from: &Path, to: &str| std::os::unix::fs::symlink(from, dir.path().join(to)).unwrap();
    link(&outside.path().join("secret.yaml"), "secret.yaml");
    link(outside.path(), "folder");
    link(Path::new("."), "circle");
    link(&dir.path().join("nothing.yaml"), "dangling.yaml");
    link(&dir.path().join(".versions/deal.yaml"), "deal.yaml");
    let (sources, found) = Sources::load(dir.path(), &NoPacks);
    assert_eq!(codes(&found), ["F0001", "F0001"]);
    assert_eq!(paths(&sources), ["deal.yaml", "workspace.yaml"]);
}

#[test]
fn a_pack_name_leads_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("workspace/workspace.yaml", "workspace: test\npacks: {\"../../outside\": installed}\n"),
            ("outside/pack.yaml", "pack: outside\nversion: 1.0.0\n"),
        ],
    );
    let (sources, found) = Sources::load(&dir.path().join("workspace"), &NoPacks);
    assert_eq!(codes(&found), ["F0105"]);
    assert_eq!(paths(&sources), ["workspace.yaml"]);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (sources, found) = Sources::load(&dir.path().join("nothing"), &NoPacks);
    assert_eq!(codes(&found), ["F0809"]);
    assert!(!sources.is_complete());
}

#[test]
fn a_large_file_is_not_even_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("workspace.yaml", "workspace: test\n"), ("large.yaml", &"# x\n".repeat(300_000))]);
    let (sources, found) = Sources::load(dir.path(), &NoPacks);
    assert_eq!(codes(&found), ["F0003"]);
    assert!(sources.file("large.yaml").is_none());
}

#[test]
fn the_lock_tells_stock_packs_from_others() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("workspace.yaml", "workspace: test\npacks: {base: stock, clinic: installed}\n"),
            ("packs/clinic/pack.yaml", "pack: clinic\nversion: 1.0.0\n"),
        ],
    );
    let (sources, found) = Sources::load(dir.path(), &One("1.2.3"));
    assert_eq!(codes(&found), [""; 0]);
    write(dir.path(), &[("workspace.lock", &lock(&sources))]);
    assert_eq!(codes(&Sources::load(dir.path(), &One("1.2.3")).1), [""; 0]);

    let upgraded = Sources::load(dir.path(), &One("1.3.0")).1;
    assert_eq!(codes(&upgraded), ["F0812"]);
    assert!(!upgraded[0].is_error());

    write(dir.path(), &[("packs/clinic/more.yaml", "entity: patient\n")]);
    let changed = Sources::load(dir.path(), &One("1.2.3")).1;
    assert_eq!(codes(&changed), ["F0812"]);
    assert!(changed[0].is_error());
}

#[test]
fn a_lock_is_completed_and_never_changed() {
    let dir = tempfile::tempdir().unwrap();
    let listed = |packs: &str| write(dir.path(), &[("workspace.yaml", &format!("workspace: test\npacks: {packs}\n"))]);
    let load = || Sources::load(dir.path(), &One("1.2.3"));
    listed("{}");
    assert_eq!(completed(&load().0), None, "without packs there is nothing to note");
    listed("{base: stock}");
    let first = completed(&load().0).unwrap();
    assert_eq!(first, lock(&load().0));
    write(dir.path(), &[("workspace.lock", &first), ("packs/clinic/pack.yaml", "pack: clinic\nversion: 1.0.0\n")]);
    assert_eq!(completed(&load().0), None);

    // A pack that came is told and noted; one that changed is told, and what was noted of it stays.
    listed("{base: stock, clinic: installed}");
    let (upgraded, found) = Sources::load(dir.path(), &One("1.3.0"));
    assert_eq!(codes(&found), ["F0812", "F0814"]);
    assert!(found.iter().all(|finding| !finding.is_error()));
    let second = completed(&upgraded).unwrap();
    assert!(second.starts_with(&first), "{second}");
    write(dir.path(), &[("workspace.lock", &second)]);
    assert_eq!(codes(&Sources::load(dir.path(), &One("1.3.0")).1), ["F0812"]);

    // A pack that is gone is forgotten.
    listed("{base: stock}");
    assert_eq!(codes(&load().1), [""; 0]);
    assert_eq!(completed(&load().0), Some(first));
}

#[test]
fn a_lock_that_cannot_be_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("workspace.yaml", "workspace: test\npacks: {base: stock}\n")]);
    fs::create_dir(dir.path().join("workspace.lock")).unwrap();
    assert_eq!(codes(&Sources::load(dir.path(), &One("1.2.3")).1), ["F0001"]);
    fs::remove_dir(dir.path().join("workspace.lock")).unwrap();
    fs::write(dir.path().join("workspace.lock"), [0xFF, 0xFE, 0x41]).unwrap();
    assert_eq!(codes(&Sources::load(dir.path(), &One("1.2.3")).1), ["F0002"]);
}

#[test]
fn packs_come_behind_those_they_require() {
    let pack = |name: &str, requires: &str| {
        File::new(
            Some(name),
            "pack.yaml",
            &format!("packs/{name}/pack.yaml"),
            format!("pack: {name}\nversion: 1.0.0\nrequires: {requires}\n").as_bytes(),
        )
    };
    let files = vec![
        File::own("workspace.yaml", "workspace: test\npacks: {a: installed, b: installed, c: installed}\n"),
        pack("a", "{c: ^1}"),
        pack("b", "{}"),
        pack("c", "{b: \">=0.9\"}"),
    ];
    let (sources, found) = Sources::from_files(files);
    assert_eq!(codes(&found), [""; 0]);
    let names: Vec<&str> = sources.layers().iter().filter_map(|layer| layer.pack.as_deref()).collect();
    assert_eq!(names, ["b", "c", "a"]);
    let layer = |name: &str| sources.layers().iter().position(|layer| layer.pack.as_deref() == Some(name)).unwrap();
    assert!(sources.requires(layer("a"), layer("b")) && !sources.requires(layer("b"), layer("a")));
}

#[test]
fn a_folder_called_like_a_pack_keeps_its_own_files() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("workspace.yaml", "workspace: test\npacks: [base]\n"),
            ("base/pack.yaml", "entity: deal\nfields: {name: text}\n"),
        ],
    );
    let (sources, _) = Sources::load(dir.path(), &One("1.2.3"));
    assert_eq!(paths(&sources), ["base/pack.yaml", "./base/pack.yaml", "workspace.yaml"]);
}
