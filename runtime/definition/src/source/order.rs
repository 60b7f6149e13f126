//! The order in which packs are loaded, and whether each has what it requires.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;

use super::packs::{Pack, RUNTIME, Requirement, is_runtime, lenient_version};

/// The order in which packs are loaded: as the workspace lists them, but each behind those it requires.
pub(super) fn order(packs: &[Pack], findings: &mut Vec<Diagnostic>, complete: &mut bool) -> Vec<usize> {
    let mut walk =
        Walk { packs, state: vec![State::New; packs.len()], path: Vec::new(), order: Vec::new(), findings, complete };
    for index in 0..packs.len() {
        walk.visit(index);
    }
    walk.order
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    packs: &'a [Pack],
    state: Vec<State>,
    path: Vec<usize>,
    order: Vec<usize>,
    findings: &'a mut Vec<Diagnostic>,
    complete: &'a mut bool,
}

impl Walk<'_> {
    fn visit(&mut self, index: usize) {
        let packs = self.packs;
        let (Some(pack), Some(state)) = (packs.get(index), self.state.get_mut(index)) else { return };
        match *state {
            State::Done => return,
            State::Open => return self.circle(index),
            State::New => *state = State::Open,
        }
        self.path.push(index);
        for requirement in &pack.requires {
            self.require(pack, requirement);
        }
        self.path.pop();
        if let Some(state) = self.state.get_mut(index) {
            *state = State::Done;
        }
        self.order.push(index);
    }

    fn require(&mut self, pack: &Pack, requirement: &Requirement) {
        let name = &pack.own_name;
        let Requirement { name: wanted, constraint, written, place } = requirement;
        if is_runtime(wanted) {
            if lenient_version(RUNTIME).is_some_and(|version| !constraint.matches(&version)) {
                let diagnostic = Diagnostic::error(
                    code::PACK_VERSION,
                    place,
                    format!("the pack `{name}` requires fichero {written}, this is {RUNTIME}"),
                )
                .help("install a newer fichero, or an older version of the pack");
                self.findings.push(diagnostic);
            }
            return;
        }
        match self.packs.iter().position(|other| other.own_name == *wanted) {
            Some(other) => {
                self.visit(other);
                let Some(other) = self.packs.get(other) else { return };
                if let Some(version) = other.version.as_ref().filter(|version| !constraint.matches(version)) {
                    let diagnostic = Diagnostic::error(
                        code::PACK_VERSION,
                        place,
                        format!("the pack `{name}` requires `{wanted}` {written}, but {version} is loaded"),
                    )
                    .label(&other.version_place, "the version that is loaded")
                    .help("install versions of both that fit");
                    self.findings.push(diagnostic);
                }
            }
            None => {
                *self.complete = false;
                let near = name::did_you_mean(wanted, self.packs.iter().map(|pack| &*pack.own_name));
                let diagnostic = Diagnostic::error(
                    code::PACK_MISSING,
                    &pack.listed.place,
                    format!("the pack `{name}` requires `{wanted}`, which the workspace does not list"),
                )
                .label(place, "required here")
                .help(match near {
                    Some(near) => format!("`{near}` is listed; is the requirement misspelt?"),
                    None => format!("add it to `packs`: `{wanted}: stock`, or the folder it is in"),
                });
                self.findings.push(diagnostic);
            }
        }
    }

    fn circle(&mut self, index: usize) {
        let from = self.path.iter().position(|open| *open == index).unwrap_or(0);
        let names: Vec<&str> = self
            .path
            .iter()
            .skip(from)
            .chain([&index])
            .filter_map(|index| Some(&*self.packs.get(*index)?.own_name))
            .collect();
        let Some(pack) = self.packs.get(index) else { return };
        let diagnostic = Diagnostic::error(
            code::CYCLE,
            &pack.listed.place,
            format!("packs require each other in a circle: {}", names.join(" → ")),
        )
        .help("move what both need into a third pack");
        self.findings.push(diagnostic);
    }
}
