//! What a release learns, definitions may use: a capability takes its "not yet" away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fichero_definition::{Capabilities, File, Sources, compile};

const DEFINITIONS: &str = "
entity: deal
document: true
fields: {name: text, open: boolean}
---
view: deals
entity: deal
type: board
";

fn codes(capabilities: &Capabilities) -> Vec<String> {
    let files = vec![File::own("workspace.yaml", "workspace: acme\n"), File::own("deal.yaml", DEFINITIONS)];
    let (sources, _) = Sources::from_files(files);
    let (_, found) = compile(&sources, capabilities);
    found.iter().map(|finding| format!("{} {}", finding.code.name(), finding.message)).collect()
}

#[test]
fn this_release_says_what_it_cannot_do() {
    let found = codes(&Capabilities::of_this_release());
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|line| line.starts_with("F0903")), "{found:#?}");
}

#[test]
fn what_is_added_is_accepted() {
    let more = Capabilities::of_this_release().with("entity.document").with("view.type.board");
    assert_eq!(codes(&more), Vec::<String>::new());
}
