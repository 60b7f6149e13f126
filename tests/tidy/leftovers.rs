//! What the work leaves behind does not belong into the project: notes to oneself, and paths of one's own machine.

use crate::tree::{self, File, Finding};

// Written in pieces, for this file is checked too.
const NOTES: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
/// A note by its look, and in ISO 4217 the code of no currency.
const NO_CURRENCY: &str = concat!("\"XX", "X\"");
const MACHINE: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("../sh", "ared"),
];

/// Files whose text is not ours to choose.
const FOREIGN: [&str; 2] = ["Cargo.lock", "LICENSE-APACHE"];

fn notes(file: &File) -> Vec<Finding> {
    let is_note = |line: &str| {
        let unquoted = line.replace(NO_CURRENCY, "");
        unquoted.split(|sign: char| !sign.is_alphanumeric()).any(|word| NOTES.contains(&word))
    };
    let found = file.lines().filter(|(_, line)| is_note(line));
    found.map(|(number, line)| file.finding(number, line.trim().to_owned())).collect()
}

fn machine_paths(file: &File) -> Vec<Finding> {
    let found = file.lines().filter(|(_, line)| MACHINE.iter().any(|path| begins_somewhere(line, path)));
    found.map(|(number, line)| file.finding(number, line.trim().to_owned())).collect()
}

/// Whether `path` stands in `line` as the beginning of a path, not within a longer one (`example.org/work/`).
fn begins_somewhere(line: &str, path: &str) -> bool {
    let continues = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '_' | '-' | '}' | '~' | '*');
    line.match_indices(path).any(|(at, _)| !line[..at].chars().next_back().is_some_and(continues))
}

fn own_files() -> impl Iterator<Item = &'static File> {
    // Snapshots hold what the code said, not what somebody left for later.
    tree::files().iter().filter(|file| !FOREIGN.contains(&file.path.as_str()) && !file.path.ends_with(".snap"))
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let findings: Vec<_> = own_files().flat_map(notes).collect();
    tree::assert_none(&findings, "Do it, or make it an error that says so, or open an issue; then take the note out.");
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    let findings: Vec<_> = own_files().flat_map(machine_paths).collect();
    tree::assert_none(&findings, "Write the path from the root of the project, or take it from the environment.");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(check: fn(&File) -> Vec<Finding>, text: &str) -> Vec<usize> {
        check(&File::new("a.rs", text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn notes_are_found_as_words() {
        let text =
            format!("fine\n// {}: later\n{}S\n# ({})\nmktemp {}{}\n", NOTES[0], NOTES[0], NOTES[1], NOTES[2], NOTES[2]);
        assert_eq!(lines(notes, &text), [2, 4]);
    }

    #[test]
    fn paths_of_a_machine_are_found_and_addresses_are_not() {
        let text = format!(
            "open {0}me/x\nhttps://example.org{0}x\n\"{1}y\"\n$X{1}\n{2}/data\n",
            MACHINE[0], MACHINE[3], MACHINE[4]
        );
        assert_eq!(lines(machine_paths, &text), [1, 3, 5]);
    }
}
