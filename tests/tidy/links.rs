//! Pages do not lie about where things are: a link to another file of the project leads to a file that is there.

use std::path::{Path, PathBuf};

use crate::tree::{self, File, Finding};

/// The targets of `[text](target)` that lead to a file, with their lines and without anchors. Code blocks hold none.
fn links(file: &File) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
        found.extend(
            targets.filter(|target| !target.is_empty() && !target.contains(':')).map(|target| (number, target)),
        );
    }
    found
}

fn broken(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let folder = Path::new(&file.path).parent().map(PathBuf::from).unwrap_or_default();
    let lost = links(file).into_iter().filter(|(_, target)| !exists(&folder.join(target)));
    lost.map(|(line, target)| file.finding(line, format!("`{target}` is not there"))).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages = tree::files().iter().filter(|file| file.has_extension(&["md"]));
    let findings: Vec<_> = pages.flat_map(|page| broken(page, |path| tree::root().join(path).exists())).collect();
    tree::assert_none(
        &findings,
        "Point the link to where the file is now; a page that is not yet written has no link.",
    );
}

#[test]
fn a_broken_link_is_found() {
    let text =
        "[a](there.md) [b](../gone.md#part)\n[c](https://example.org) [d](#here)\n```\n[e](code.md)\n```\n[f](lost/)";
    let page = File::new("docs/page.md", text);
    let findings = broken(&page, |path| path == Path::new("docs/there.md"));
    assert_eq!(
        findings.iter().map(|one| (one.line, one.what.as_str())).collect::<Vec<_>>(),
        [(1, "`../gone.md` is not there"), (6, "`lost/` is not there")]
    );
}
