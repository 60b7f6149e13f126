//! The pages for users say what is true: what they show is written and run, in a folder for each page.
//!
//! A block of `yaml`, `csv` or `rhai` names the file it is after its language; `wrong` behind that says that it is a
//! slip, put right again after the next command. A block of `sh` must run to its end. In a block of `console` each line
//! after `$ ` is run, and the lines below it are what it prints; `…` stands for anything. What serves goes on serving,
//! and its address takes the place of `localhost:8080`; `HASH` is the consent that was asked for last. In the end every
//! workspace of the page must be sound.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use fichero_test_support::{Database, databases};

use crate::program::{Folder, Run, program, run};
use crate::server::{PATIENCE, Server};

#[test]
fn what_the_readme_shows_is_true() {
    follow("README.md");
}

#[test]
fn what_the_page_for_admins_shows_is_true() {
    follow("docs/admins.md");
}

#[test]
fn what_the_page_for_consultants_shows_is_true() {
    follow("docs/consultants.md");
}

#[test]
fn what_the_page_for_operators_shows_is_true() {
    follow("docs/operators.md");
}

#[test]
fn what_the_page_on_http_shows_is_true() {
    follow("docs/api.md");
}

/// What needs more than the program and a shell, and is tried elsewhere: the build, and the tests of the project.
const NOT_HERE: [&str; 3] = ["cargo install", "cargo build", "./tests/run"];

/// What stands for a PostgreSQL database in the pages.
const POSTGRES: &str = "postgres://localhost/crm";

/// A page that is being followed.
struct Page {
    name: &'static str,
    folder: Folder,
    postgres: Option<Database>,
    server: Option<Server>,
    /// The consent that was asked for last.
    hash: String,
    /// A file with a slip in it, and what it said before.
    slip: Option<(PathBuf, Option<String>)>,
}

/// A fenced block.
struct Block {
    line: usize,
    /// What stands behind the fence: the language, and more.
    about: Vec<String>,
    text: String,
}

fn follow(name: &'static str) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(repository.join(name)).expect("a page is read");
    if text.contains("curl ") && Command::new("curl").arg("--version").output().is_err() {
        let is_required = std::env::var("FICHERO_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!is_required, "curl is not here, and FICHERO_REQUIRE_ALL=1 asks for it");
        eprintln!("{name} is left out: curl is not here");
        return;
    }
    let folder = Folder::new();
    std::os::unix::fs::symlink(repository.join("examples"), folder.path().join("examples")).expect("a link is made");
    let postgres = databases().into_iter().find(|database| database.url().starts_with("postgres"));
    let mut page = Page { name, folder, postgres, server: None, hash: String::new(), slip: None };
    for block in blocks(&text) {
        page.block(&block);
    }
    page.check_workspaces();
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(about), false) => {
                let about = about.split_whitespace().map(str::to_owned).collect();
                blocks.push(Block { line: index + 1, about, text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                let block = blocks.last_mut().expect("a block is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    blocks
}

impl Page {
    fn block(&mut self, block: &Block) {
        let about: Vec<&str> = block.about.iter().map(String::as_str).collect();
        match *about {
            ["yaml" | "csv" | "rhai", file] => self.write(file, &block.text),
            ["yaml" | "rhai", file, "wrong"] => {
                let path = self.folder.path().join(file);
                self.slip = Some((path.clone(), fs::read_to_string(path).ok()));
                self.write(file, &block.text);
            }
            ["sh"] => self.run_all(block),
            ["console"] => self.show(block),
            ["text"] => {}
            _ => {
                panic!("{}:{}: a block of {about:?} says no file, or is none that can be tried", self.name, block.line)
            }
        }
    }

    fn write(&self, file: &str, text: &str) {
        self.folder.write(file, text);
    }

    /// Runs a block, line by line where something in it serves.
    fn run_all(&mut self, block: &Block) {
        let text = block.text.replace("\\\n", " ");
        for line in text.lines() {
            if let Some(told) = self.command(line).filter(|told| told.code != 0) {
                panic!(
                    "{}:{}: {line}\nended with {}\n{}\n{}",
                    self.name, block.line, told.code, told.stdout, told.stderr
                );
            }
        }
    }

    /// Runs the commands of a block and compares what they print.
    fn show(&mut self, block: &Block) {
        let text = block.text.replace("\\\n", " ");
        for part in format!("\n{text}").split("\n$ ").skip(1) {
            let (line, expected) = part.split_once('\n').unwrap_or((part, ""));
            let until = Instant::now() + PATIENCE;
            while let Some(told) = self.command(line) {
                let all = format!("{}\n{}", told.stderr, told.stdout);
                let Some(missing) = missing(expected, &all) else { break };
                // What is saved while something serves is in force a moment later.
                let waits = self.server.is_some() && Instant::now() < until;
                assert!(waits, "{}:{}: $ {line}\ndoes not print\n{missing}\nbut\n{all}", self.name, block.line);
            }
        }
        if let Some((path, before)) = self.slip.take() {
            match before {
                Some(text) => fs::write(path, text).expect("a file is written"),
                None => fs::remove_file(path).expect("a file is removed"),
            }
        }
    }

    /// Runs one line; nothing for one that cannot be run here.
    fn command(&mut self, line: &str) -> Option<Run> {
        let line = line.split(" # ").next().unwrap_or_default().trim();
        let is_left_out =
            line.is_empty() || line.starts_with('#') || NOT_HERE.iter().any(|what| line.starts_with(what));
        if is_left_out || (line.contains(POSTGRES) && self.postgres.is_none()) {
            return None;
        }
        let line = line.replace("cargo run --release -- ", "fichero ").replace("HASH", &self.hash);
        let line = match &self.postgres {
            Some(database) => line.replace(POSTGRES, database.url()),
            None => line,
        };
        if line.starts_with("fichero serve ") || line.starts_with("fichero demo ") || line == "fichero demo" {
            self.serve(&line);
            return None;
        }
        let line = match &self.server {
            Some(server) => line.replace("localhost:8080", &server.address),
            None => line,
        };
        let told = run(self.shell(&line));
        let all = format!("{}{}", told.stdout, told.stderr);
        if let Some((_, behind)) = all.rsplit_once("--consent ") {
            self.hash = behind.chars().take_while(char::is_ascii_hexdigit).collect();
        }
        Some(told)
    }

    /// A shell that remembers its token from one line to the next.
    fn shell(&self, line: &str) -> Command {
        let script = format!(
            "set -euo pipefail\n[ -f .token ] && . ./.token\n{line}\nif [ -n \"${{TOKEN:-}}\" ]; then echo \"TOKEN=$TOKEN\" > .token; fi"
        );
        let program = PathBuf::from(env!("CARGO_BIN_EXE_fichero"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", program.parent().expect("a program is in a folder").display());
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).current_dir(self.folder.path()).env("PATH", path).env("NO_COLOR", "1");
        shell.env_remove("FICHERO_DATABASE").env_remove("RUST_LOG").stdin(std::process::Stdio::null());
        shell
    }

    /// Serves in place of what served before.
    fn serve(&mut self, line: &str) {
        self.server = None;
        let line = line.replace("--listen 127.0.0.1:8080", "");
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let mut command = program();
        command.args(words).args(["--listen", "127.0.0.1:0", "--format", "json"]).current_dir(self.folder.path());
        self.server = Some(Server::spawn(command));
    }

    /// Every workspace that the page made is sound.
    fn check_workspaces(&self) {
        for entry in fs::read_dir(self.folder.path()).expect("a folder is read") {
            let path = entry.expect("a folder is read").path();
            if path.join("workspace.yaml").exists() {
                let mut command = program();
                command.arg("check").arg(&path);
                run(command).ends_with(0);
            }
        }
    }
}

/// The first expected line that is not printed, in order.
fn missing<'e>(expected: &'e str, printed: &str) -> Option<&'e str> {
    let mut lines = printed.lines();
    let wanted = expected.lines().filter(|line| !line.trim().is_empty() && line.trim() != "…");
    wanted.into_iter().find(|wanted| !lines.any(|line| fits(wanted.trim_end(), line.trim_end())))
}

/// Whether a line is as expected, where `…` stands for anything.
fn fits(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
