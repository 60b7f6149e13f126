//! What is wrong with stored files is found and told with the record and the field that has them, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::io::Write as _;

use fichero_engine::Refusal;
use fichero_engine::verify::{self, FilesFound, Wrong};
use fichero_model::clock::Clock as _;
use fichero_model::value::Value;
use fichero_store::{Isolation, Priority};
use serde_json::json;
use world::{World, id, on_each};

const FIRM: &str = r#"
entity: firm
fields:
  name: text
  contract: file
  scans: {type: file, many: true}
"#;

/// Keeps a file of the world's own.
async fn upload(world: &World, name: &str, text: &str) -> String {
    let mut upload = world.engine.begin_upload(&world.actor, 1 << 20).unwrap();
    upload.write(text.as_bytes().to_vec()).await.unwrap();
    world.engine.keep_upload(&world.actor, upload, name).await.unwrap().id.to_string()
}

async fn faults(world: &World) -> (FilesFound, Vec<String>) {
    let mut told = Vec::new();
    let found = verify::files(&world.engine, |fault| {
        let of = fault.holder.map_or_else(String::new, |holder| format!("{}.{} ", holder.entity, holder.field));
        let name = fault.name.as_deref().unwrap_or("?").to_owned();
        let what = match fault.what {
            Wrong::Missing { .. } => "missing",
            Wrong::Unreadable { .. } => "unreadable",
            Wrong::Other { .. } => "other",
            Wrong::Orphaned => "orphaned",
            Wrong::Unknown => "unknown",
            Wrong::Stray { .. } => "stray",
        };
        told.push(format!("{of}{name} {what}"));
    });
    let found = found.await.unwrap();
    told.sort_unstable();
    (found, told)
}

fn put(world: &World, hash: &str, bytes: &[u8]) {
    let id = world.engine.ids().id(world.clock.now());
    let mut incoming = world.engine.files().begin(id).unwrap();
    incoming.write_all(bytes).unwrap();
    incoming.keep(hash).unwrap();
}

#[test]
fn bytes_that_are_missing_or_others_and_files_that_nobody_holds_are_named() {
    on_each(FIRM, async |world| {
        let (contract, one, two) = (
            upload(world, "contract.txt", "words").await,
            upload(world, "one.txt", "1").await,
            upload(world, "two.txt", "2").await,
        );
        let same = upload(world, "same.txt", "words").await;
        upload(world, "loose.txt", "nobody's").await;
        let firm = world.create("firm", json!({"name": "Acme", "contract": contract, "scans": [one, two]})).await;
        let other = world.create("firm", json!({"name": "Zeta", "contract": same})).await;
        let (found, told) = faults(world).await;
        assert_eq!((found.files, found.bytes, told), (5, 15, Vec::new()));
        // What was replaced is the record's still, for its history.
        let third = upload(world, "three.txt", "3").await;
        world.update("firm", id(&firm), json!({"scans": [two, third]})).await;
        assert_eq!(faults(world).await.1, Vec::<String>::new());

        let hash = |of: &str| {
            let of = of.to_owned();
            async move {
                let described = world.engine.file(&world.actor, of.parse().unwrap()).await.unwrap();
                described.file.hash.to_string()
            }
        };
        let (words, second) = (hash(&contract).await, hash(&two).await);
        world.engine.files().remove(&words).unwrap();
        put(world, &second, b"spoiled");
        put(world, &"a".repeat(64), b"whose");
        let (found, told) = faults(world).await;
        assert_eq!(
            told,
            [
                "? stray",
                "firm.contract contract.txt missing",
                "firm.contract same.txt missing",
                "firm.scans two.txt other"
            ]
        );
        assert_eq!(found.faults, 4);
        put(world, &words, b"words");
        put(world, &second, b"2");
        world.engine.files().remove(&"a".repeat(64)).unwrap();
        assert_eq!(faults(world).await.1, Vec::<String>::new());

        // What is written past the door: another's file, one that there is none of; a record that is gone with its file left.
        let record = world.reference("firm", id(&other));
        let field = world.engine.live().model[record.entity].field("contract").unwrap().0;
        for (held, told) in [
            (contract.clone(), "firm.contract contract.txt unknown"),
            ("018f3c1e-0000-7000-8000-000000000001".to_owned(), "firm.contract ? unknown"),
        ] {
            world
                .engine
                .write(Priority::Interactive, Isolation::ReadCommitted, move |_, live, tx| {
                    live.layout.set(tx, record.entity, &[record.id], &[(field, Value::text(&held))])?;
                    Ok::<_, Refusal>(())
                })
                .await
                .unwrap();
            assert_eq!(faults(world).await.1, [told]);
        }
    });
}
