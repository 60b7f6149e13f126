//! Which recorded thing each wanted one continues: the one place that gives `was` its meaning.
//!
//! A wanted thing continues, in this order: a living one that it `was` and that nothing wants by its own name any more,
//! unless it has a living one of its own name; the living one of its own name; the retired one of its own name; a
//! retired one that it `was`. A name that is still wanted is never taken away, so an old `was` of one pack cannot steal
//! what another pack has since given that name to.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

/// A wanted thing.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it was called before, newest first.
    pub was: &'a [Arc<str>],
}

/// A recorded thing.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What it is called, or was last.
    pub name: &'a str,
    /// Since when nothing wants it.
    pub retired: Option<Timestamp>,
}

/// For each wanted thing the index of the recorded one it continues. No recorded one is continued twice. `fits` says
/// whether a wanted thing can take up a retired one, by their indexes.
pub fn continued(
    wanted: &[Wanted<'_>],
    known: &[Known<'_>],
    fits: impl Fn(usize, usize) -> bool,
) -> Vec<Option<usize>> {
    let mut search =
        Search { wanted, known, taken: vec![false; known.len()], found: vec![None; wanted.len()], fits: &fits };
    let names: HashSet<&str> = wanted.iter().map(|one| one.name).collect();
    search.each(|search, _, one| {
        if search.living(one.name).is_some() {
            return None;
        }
        one.was.iter().filter(|was| !names.contains(&***was)).find_map(|was| search.living(was))
    });
    search.each(|search, _, one| search.living(one.name));
    search.each(|search, at, one| search.retired(at, one.name));
    search.each(|search, at, one| one.was.iter().find_map(|was| search.retired(at, was)));
    search.found
}

struct Search<'a> {
    wanted: &'a [Wanted<'a>],
    known: &'a [Known<'a>],
    taken: Vec<bool>,
    found: Vec<Option<usize>>,
    fits: &'a dyn Fn(usize, usize) -> bool,
}

impl<'a> Search<'a> {
    /// Looks for each wanted thing that has found nothing yet.
    fn each(&mut self, look: impl Fn(&Self, usize, &Wanted<'a>) -> Option<usize>) {
        for (at, one) in self.wanted.iter().enumerate() {
            if self.found[at].is_none()
                && let Some(index) = look(self, at, one)
            {
                self.found[at] = Some(index);
                self.taken[index] = true;
            }
        }
    }

    fn living(&self, name: &str) -> Option<usize> {
        self.free().find(|(_, one)| one.name == name && one.retired.is_none()).map(|(index, _)| index)
    }

    /// Of several the one that was retired last.
    fn retired(&self, wanted: usize, name: &str) -> Option<usize> {
        let of_name = self.free().filter(|(_, one)| one.name == name && one.retired.is_some());
        let fitting = of_name.filter(|(index, _)| (self.fits)(wanted, *index));
        fitting.max_by_key(|(index, one)| (one.retired, *index)).map(|(index, _)| index)
    }

    fn free(&self) -> impl Iterator<Item = (usize, &Known<'a>)> {
        self.known.iter().enumerate().zip(&self.taken).filter(|(_, taken)| !**taken).map(|(one, _)| one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wanted things as `new<old<older`, recorded ones as `name` or `~name` when retired.
    fn check(wanted: &[&str], known: &[&str], expected: &[Option<usize>]) {
        let split: Vec<Vec<Arc<str>>> = wanted.iter().map(|one| one.split('<').map(Arc::from).collect()).collect();
        let wanted: Vec<Wanted<'_>> = split.iter().map(|names| Wanted { name: &names[0], was: &names[1..] }).collect();
        let known: Vec<Known<'_>> = known
            .iter()
            .map(|one| Known {
                name: one.trim_start_matches('~'),
                retired: one.starts_with('~').then_some(Timestamp::UNIX_EPOCH),
            })
            .collect();
        assert_eq!(continued(&wanted, &known, |_, _| true), expected, "{wanted:?} of {known:?}");
    }

    #[test]
    fn names_go_on() {
        check(&["a", "b"], &["b", "a"], &[Some(1), Some(0)]);
        check(&["a", "new"], &["a"], &[Some(0), None]);
    }

    #[test]
    fn a_rename_is_followed_once() {
        check(&["b<a"], &["a"], &[Some(0)]);
        check(&["b<a"], &["b"], &[Some(0)]);
        check(&["c<b<a"], &["a"], &[Some(0)]);
        check(&["b<a", "c<a"], &["a"], &[Some(0), None]);
    }

    #[test]
    fn a_name_that_is_still_wanted_is_not_taken_away() {
        check(&["b<a", "a"], &["a"], &[None, Some(0)]);
        check(&["a<b", "b<a"], &["a", "b"], &[Some(0), Some(1)]);
    }

    #[test]
    fn what_was_retired_comes_back() {
        check(&["a"], &["~a", "~a"], &[Some(1)]);
        check(&["b<a"], &["~a"], &[Some(0)]);
        check(&["b<a"], &["~b", "a"], &[Some(1)]);
        check(&["b<a"], &["~b", "~a"], &[Some(0)]);
    }
}
