//! Lints are silenced one at a time with a reason, and the lint on clocks and chance in one file only.
//!
//! clippy.toml forbids asking the machine for time, ids and randomness. An attribute could silence that anywhere, so
//! this rule keeps the attribute where it belongs: a simulated clock is worth nothing if one corner has its own.

use crate::rust::Code;
use crate::tree::{self, File, Finding};

const CLOCK: &str = "runtime/model/src/clock.rs";

fn clocks(file: &File, code: &Code) -> Vec<Finding> {
    let silenced = code.attributes.iter().filter(|attribute| attribute.text.contains("disallowed_methods"));
    let elsewhere = silenced.filter(|_| file.path != CLOCK);
    elsewhere.map(|attribute| file.finding(attribute.line, "asks the machine for time, ids or randomness")).collect()
}

fn unreasoned(file: &File, code: &Code) -> Vec<Finding> {
    let bare = |text: &str| {
        text.starts_with("allow(")
            || (text.starts_with("expect(") && !text.contains("reason = "))
            || text.contains(", allow(")
    };
    let found = code.attributes.iter().filter(|attribute| bare(&attribute.text));
    found.map(|attribute| file.finding(attribute.line, format!("`#[{}]`", attribute.text))).collect()
}

#[test]
fn one_file_asks_the_machine_for_time_and_chance() {
    let findings: Vec<_> = tree::product_code().iter().flat_map(|(file, code)| clocks(file, code)).collect();
    tree::assert_none(
        &findings,
        "Take a `model::clock::Clock` or `Ids` (or the command's `now`) as a parameter and ask that instead.",
    );
}

#[test]
fn lints_are_silenced_with_a_reason() {
    let findings: Vec<_> = tree::product_code().iter().flat_map(|(file, code)| unreasoned(file, code)).collect();
    tree::assert_none(
        &findings,
        "Mend what the lint says, or write `#[expect(the_lint, reason = \"why it is wrong here\")]`: unlike `allow`, \
         it speaks up once it is needed no longer.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(check: fn(&File, &Code) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        let file = File::new(path, text);
        check(&file, &Code::read(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_second_clock_is_found() {
        let text = "fn f() {}\n#[expect(clippy::disallowed_methods, reason = \"just once\")]\nfn g() {}";
        assert_eq!(lines(clocks, "runtime/engine/src/worker.rs", text), [2]);
        assert_eq!(lines(clocks, CLOCK, text), Vec::<usize>::new());
    }

    #[test]
    fn silence_without_a_reason_is_found() {
        let text = "#![allow(dead_code)]\n#[expect(unused)]\nfn f() {}\n#[cfg_attr(x, allow(unused))]\nfn g() {}\n\
                    #[expect(unused, reason = \"the macro needs it\")]\nfn h() {}\n#[derive(Debug)]\nstruct S;";
        assert_eq!(lines(unreasoned, "runtime/engine/src/lib.rs", text), [1, 2, 4]);
    }
}
