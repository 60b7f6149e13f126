//! The example of a public data set: an excerpt of it goes in by the script that people use, and its sums are right.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fichero_test_support::{Database, databases};

use crate::program::{Folder, Run, run};
use crate::server::{Server, Session};

/// A deal of somebody who is in no team.
const DIRT: &str = "DIRTDIRT,Nobody Known,GTX Basic,Cancity,Won,2017-01-02,2017-03-04,500\n";

/// What the scripts `run` of the other examples make of their folders: a workspace without errors.
#[test]
fn the_definitions_of_all_examples_hold() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut checked = 0;
    for entry in fs::read_dir(&examples).expect("a folder is read") {
        let path = entry.expect("a folder is read").path();
        if path.join("run").exists() {
            let mut command = Command::new(env!("CARGO_BIN_EXE_fichero"));
            command.arg("check").arg(&path);
            let told = run(command).ends_with(0);
            assert!(told.stdout.contains("0 errors, 0 warnings"), "{}: {}", path.display(), told.stdout);
            checked += 1;
        }
    }
    assert_eq!(checked, 4);
}

#[test]
fn an_excerpt_of_the_sales_data_goes_in_and_its_sums_are_right() {
    for database in databases() {
        let (folder, workspace) = (Folder::new(), Folder::new());
        let excerpt = example().join("excerpt");
        for entry in fs::read_dir(excerpt).expect("a folder is read") {
            let path = entry.expect("a folder is read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            folder.write(&name, &fs::read_to_string(&path).expect("a file is read"));
        }
        import(&database, &workspace, &folder).ends_with(0);
        let deals = deals(&folder.read("sales_pipeline.csv"));

        // The same again with a row that belongs to nobody: that row alone is rejected, and nothing is doubled.
        folder.write("sales_pipeline.csv", &format!("{}{DIRT}", folder.read("sales_pipeline.csv")));
        let told = import(&database, &workspace, &folder).ends_with(4);
        assert!(
            told.stdout.contains(&format!("0 created, 0 updated, {} unchanged, 1 rejected", deals.len())),
            "{}",
            told.stdout
        );
        let rejects = workspace.read("data/rejects/crm_sales_pipeline.csv");
        assert!(rejects.contains("DIRTDIRT") && rejects.contains("nobody.known"), "{rejects}");

        let server = Server::start(&workspace, &database, &[]);
        let session = server.session();
        let products = sums(deals.iter().map(|deal| (deal.product.replace("GTXPro", "GTX Pro"), deal)));
        assert_eq!(stored(&session, "product.sku"), products);
        let agents = sums(deals.iter().map(|deal| (deal.agent.to_lowercase().replace(' ', "."), deal)));
        assert_eq!(stored(&session, "owner.login"), agents);
        let homeless = deals.iter().filter(|deal| deal.account.is_empty()).count();
        assert!(homeless > 0, "the excerpt has deals without an account");
        assert_eq!(session.get("/api/opportunity?where=account%20%3D%3D%20()&count=true")["count"], homeless);
        assert_eq!(server.end(), 0);
    }
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/crm-sales-opportunities")
}

fn import(database: &Database, workspace: &Folder, data: &Folder) -> Run {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_fichero"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("a program is in a folder").display());
    let mut command = Command::new(example().join("import"));
    command.arg(workspace.path()).arg(data.path()).env("PATH", path).env("FICHERO_DATABASE", database.url());
    run(command)
}

/// A row of the file of deals.
struct Deal {
    agent: String,
    product: String,
    account: String,
    /// What it was won for; nothing for one that was not won.
    won: Option<u64>,
}

fn deals(text: &str) -> Vec<Deal> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, agent, product, account, stage, _, _, value] = cells[..] else { panic!("a deal has 8 cells: {line}") };
        let won = (stage == "Won").then(|| value.parse().expect("a won deal has a value"));
        Deal { agent: agent.to_owned(), product: product.to_owned(), account: account.to_owned(), won }
    };
    text.lines().skip(1).map(row).collect()
}

type Sums = BTreeMap<String, (u64, u64)>;

/// How many were won and for how much, by a key.
fn sums<'d>(deals: impl Iterator<Item = (String, &'d Deal)>) -> Sums {
    let mut sums = Sums::new();
    for (key, won) in deals.filter_map(|(key, deal)| Some((key, deal.won?))) {
        let sum = sums.entry(key).or_default();
        *sum = (sum.0 + 1, sum.1 + won);
    }
    sums
}

/// The same, as the product answers.
fn stored(session: &Session, key: &str) -> Sums {
    let answer = session
        .get(&format!("/api/opportunity/aggregate?group={key}&measures=deals:count(),value:sum(amount)&stage=won"));
    let items = answer["items"].as_array().expect("a list of groups");
    let item = |item: &serde_json::Value| {
        let value = item["value"].as_str().and_then(|value| value.strip_suffix(".00")).expect("a whole sum");
        let deals = item["deals"].as_u64().expect("a count");
        (item[key].as_str().expect("a key").to_owned(), (deals, value.parse().expect("a number")))
    };
    items.iter().map(item).collect()
}
