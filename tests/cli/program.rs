//! Running the program.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fichero_test_support::{Database, TempDir, scratch_dir};
use serde_json::Value as Json;

/// A workspace folder of one test.
pub struct Folder {
    folder: TempDir,
}

/// How a run of the program ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: scratch_dir() }
    }

    /// A workspace without packs, with this file beside its `workspace.yaml`.
    pub fn with(path: &str, text: &str) -> Self {
        let folder = Self::new();
        folder.write("workspace.yaml", "workspace: acme\ntitle: Acme\n");
        folder.write(path, text);
        folder
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder is made");
        fs::write(path, text).expect("a file is written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("a file is read")
    }

    /// Runs the program on the folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        run(self.command(arguments))
    }

    /// Runs the program on the folder and a database.
    pub fn run_on(&self, database: &Database, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        command.args(["--database", database.url()]);
        run(command)
    }

    /// The program on the folder, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).arg("-C").arg(self.path());
        command
    }

    /// A copy of the folder, without its data.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_files(self.path(), copy.path());
        copy
    }

    /// `text` without what differs from run to run: the folder, hashes, moments.
    pub fn redacted(&self, text: &str) -> String {
        text.replace(&self.path().display().to_string(), "FOLDER")
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder is read") {
        let path: PathBuf = entry.expect("a folder is read").path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_dir() && name != "data" {
            fs::create_dir_all(to.join(name)).expect("a folder is made");
            copy_files(&path, &to.join(name));
        } else if path.is_file() {
            fs::copy(&path, to.join(name)).expect("a file is copied");
        }
    }
}

/// The program, with nothing of this machine's environment that would change what it does.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fichero"));
    command.env_remove("FICHERO_DATABASE").env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs the program with these arguments and no folder.
pub fn fichero<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    let mut command = program();
    command.args(arguments);
    run(command)
}

pub fn run(mut command: Command) -> Run {
    Run::of(command.output().expect("the program runs"))
}

/// Runs with a text on standard input.
pub fn run_with_input(mut command: Command, input: &str) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("stdin is piped").write_all(input.as_bytes()).expect("the program reads");
    Run::of(child.wait_with_output().expect("the program ends"))
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes text");
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The same run, which must have ended with this code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Everything the run told, for a snapshot.
    pub fn told(&self, folder: &Folder) -> String {
        let all = format!("exit {}\n-- stdout\n{}-- stderr\n{}", self.code, self.stdout, self.stderr);
        folder.redacted(&all)
    }
}
