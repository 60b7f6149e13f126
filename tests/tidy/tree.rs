//! The files of the project, as git knows them, and how findings in them are told.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::rust::Code;

/// A text file of the project.
#[derive(Clone, Debug)]
pub struct File {
    /// From the root of the project, with `/`.
    pub path: String,
    pub text: String,
}

/// A place that breaks a rule.
#[derive(Debug, Eq, PartialEq)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub what: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| extensions.iter().any(|one| own == *one))
    }

    pub fn is_under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether the path alone says that the file only serves tests, or shows how something is used.
    pub fn is_for_tests(&self) -> bool {
        let stem = Path::new(&self.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let in_folder = self.path.split('/').any(|part| ["tests", "benches", "examples"].contains(&part));
        in_folder || stem == "tests" || stem.ends_with("_tests")
    }

    pub fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    /// The lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The root of the project.
pub fn root() -> &'static Path {
    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    static CANONICAL: OnceLock<PathBuf> = OnceLock::new();
    CANONICAL.get_or_init(|| Path::new(ROOT).canonicalize().expect("the root of the project exists"))
}

/// Every file that is in git or would be added to it, except the fixtures that are wrong on purpose.
pub fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(root())
            .output()
            .expect("git lists the files of the project");
        assert!(
            listed.status.success(),
            "these tests need a git checkout: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let listed = String::from_utf8_lossy(&listed.stdout);
        listed
            .split('\0')
            .filter(|path| !path.is_empty() && !path.starts_with("tests/definitions/failing/"))
            .filter_map(|path| Some(File::new(path, &String::from_utf8(std::fs::read(root().join(path)).ok()?).ok()?)))
            .collect()
    })
}

/// The Rust files that go into the product, each with its code outside `#[cfg(test)]`.
pub fn product_code() -> Vec<(&'static File, Code)> {
    outside_tests(files())
}

/// As [`product_code`], of any files.
pub fn outside_tests(files: &[File]) -> Vec<(&File, Code)> {
    let rust = files.iter().filter(|file| file.has_extension(&["rs"]) && !file.is_for_tests());
    let read: Vec<_> = rust.map(|file| (file, Code::read(&file.path, &file.text))).collect();
    let test_modules: Vec<String> = read.iter().flat_map(|(file, code)| code.test_module_paths(&file.path)).collect();
    let is_test_module =
        |file: &File| test_modules.iter().any(|module| file.path == format!("{module}.rs") || file.is_under(module));
    read.into_iter().filter(|(file, _)| !is_test_module(file)).collect()
}

/// Fails with every finding, as `file:line: what`, and the way to mend them.
#[track_caller]
pub fn assert_none(findings: &[Finding], mend: &str) {
    let told: Vec<_> = findings.iter().map(|one| format!("{}:{}: {}", one.path, one.line, one.what)).collect();
    assert!(findings.is_empty(), "\n{}\n\n{mend}\n", told.join("\n"));
}

#[test]
fn test_files_are_known_by_their_path_or_by_the_module_that_declares_them() {
    let tree = [
        File::new("runtime/x/src/lib.rs", "mod a; #[cfg(test)] mod fixture; #[cfg(test)] mod tests { fn f() {} }"),
        File::new("runtime/x/src/a.rs", "#[cfg(test)]\nmod sample;"),
        File::new("runtime/x/src/fixture.rs", ""),
        File::new("runtime/x/src/a/sample.rs", ""),
        File::new("runtime/x/src/a/sample/deep.rs", ""),
        File::new("runtime/x/src/a/real.rs", ""),
        File::new("runtime/x/src/b/tests.rs", ""),
        File::new("runtime/x/tests/all.rs", ""),
    ];
    let product: Vec<_> = outside_tests(&tree).into_iter().map(|(file, _)| file.path.as_str()).collect();
    assert_eq!(product, ["runtime/x/src/lib.rs", "runtime/x/src/a.rs", "runtime/x/src/a/real.rs"]);
}
