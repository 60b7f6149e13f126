//! One file, one idea: a file that cannot be read in one sitting holds several.

use crate::tree::{self, File, Finding};

/// The longest file of each sort, in lines. About 150 lines is a good Rust file, 400 is long.
const LIMITS: [(&[&str], usize); 5] =
    [(&["rs"], 700), (&["js", "rhai"], 500), (&["css"], 900), (&["html"], 300), (&["yaml"], 700)];

/// Tests are lists of cases, which are read one by one.
const LIMIT_OF_TESTS: usize = 1000;

/// A line that no person has written: minified by a tool, which also means written elsewhere.
const LONGEST_LINE: usize = 500;

fn too_long(file: &File) -> Option<Finding> {
    let (_, limit) = LIMITS.iter().find(|(extensions, _)| file.has_extension(extensions))?;
    let limit = if file.is_for_tests() { LIMIT_OF_TESTS } else { *limit };
    let lines = file.text.lines().count();
    (lines > limit).then(|| file.finding(limit, format!("{lines} lines, at most {limit}")))
}

fn minified(file: &File) -> Option<Finding> {
    if !file.has_extension(&["js", "mjs", "css", "html"]) || file.is_for_tests() {
        return None;
    }
    let line = file.lines().find(|(_, line)| line.len() > LONGEST_LINE).map(|(number, _)| number);
    let by_name = file.path.contains(".min.").then_some(1);
    line.or(by_name).map(|line| file.finding(line, "looks minified"))
}

#[test]
fn files_are_short_enough_to_be_one_idea() {
    let findings: Vec<_> = tree::files().iter().filter_map(too_long).collect();
    tree::assert_none(&findings, "Find the second idea in the file and give it a module, or a document, of its own.");
}

#[test]
fn what_the_browser_gets_is_written_here() {
    let findings: Vec<_> = tree::files().iter().filter_map(minified).collect();
    tree::assert_none(
        &findings,
        "Scripts and styles are the project's own, kept as people write them; a foreign library is not committed.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        let of = |path: &str, lines: usize| too_long(&File::new(path, &"x\n".repeat(lines))).is_some();
        assert!(of("runtime/a/src/b.rs", 701) && !of("runtime/a/src/b.rs", 700));
        assert!(!of("runtime/a/tests/b.rs", 1000) && of("runtime/a/tests/b.rs", 1001));
        assert!(of("definitions/a/b.yaml", 701) && !of("examples/data.csv", 9000));
    }

    #[test]
    fn minified_files_are_found() {
        let of = |path: &str, text: &str| minified(&File::new(path, text)).map(|finding| finding.line);
        assert_eq!(of("runtime/web/assets/app.js", &format!("let a;\n{}", "a;".repeat(300))), Some(2));
        assert_eq!(of("runtime/web/assets/x.min.css", "a {}"), Some(1));
        assert_eq!(of("runtime/web/assets/app.css", "a {\n  color: red;\n}\n"), None);
    }
}
