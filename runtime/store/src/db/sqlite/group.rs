//! A group of commands that share one transaction and one durable commit, each of which fails alone.
//!
//! A savepoint for each command would do that, at the price of a second copy of each page that is changed. Most commands
//! go well, and most of those that fail do so before they write. So a group is first run without: one that failed and
//! wrote nothing leaves nothing to be undone. Only when one failed that did write, the transaction is rolled back, and
//! the group is run again, now and to its end with a savepoint for each.

use std::time::{Duration, Instant};

use super::{Event, Priority, Queue, Run, Turn, Verdict, roll_back};
use crate::tx::Manner;
use crate::{Error, Tx};

/// How many commands share a commit at most.
const MOST: usize = 64;

/// How long a group may work before it commits.
const BUDGET: Duration = Duration::from_millis(5);

pub(super) type Commands = Vec<Box<dyn Run>>;

/// Runs what waits in one transaction and commits it. Gives the commands to be answered with the events to be told, or
/// the commands to be run again with the reason.
#[expect(clippy::result_large_err, reason = "a failed group is rare, and gives back what it was given")]
pub(super) fn run(tx: &mut Tx, queue: &Queue, first: Turn) -> Result<(Commands, Vec<Event>), (Commands, Error)> {
    let began = Instant::now();
    let mut group = Group { tx, commands: Vec::new(), events: Vec::new(), apart: false };
    let mut interactive = false;
    let mut next = Some(first);
    if let Err(error) = group.tx.begin("BEGIN IMMEDIATE") {
        if let Some(turn) = next {
            queue.done(turn.priority);
            group.commands.push(turn.command);
        }
        return Err((group.commands, error));
    }
    while let Some(Turn { command, priority }) = next {
        let done = group.add(command);
        queue.done(priority);
        if let Err(error) = done {
            // Not even a savepoint could be made or undone: the transaction is gone.
            roll_back(group.tx);
            return Err((group.commands, error));
        }
        // Who waits at a screen does not wait for work in the background to share their commit.
        interactive |= priority == Priority::Interactive;
        let full = group.commands.len() >= MOST || began.elapsed() >= BUDGET;
        next = if full { None } else { queue.try_take(interactive) };
    }
    match group.tx.end("COMMIT") {
        Ok(()) => Ok((group.commands, group.events)),
        Err(error) => {
            roll_back(group.tx);
            Err((group.commands, error))
        }
    }
}

/// A transaction, and what was run in it.
struct Group<'t> {
    tx: &'t mut Tx,
    commands: Commands,
    events: Vec<Event>,
    /// Whether each command has a savepoint.
    apart: bool,
}

impl Group<'_> {
    /// Runs one more command. All that were run are in the group, this one too, also when this fails.
    fn add(&mut self, mut command: Box<dyn Run>) -> Result<(), Error> {
        let is_kept = match self.apart {
            true => self.run_in_savepoint(&mut *command).map(|()| true),
            false => self.run_plainly(&mut *command),
        };
        self.commands.push(command);
        if is_kept? {
            return Ok(());
        }
        self.begin_anew()?;
        self.apart = true;
        self.events.clear();
        let mut commands = std::mem::take(&mut self.commands);
        let done = commands.iter_mut().try_for_each(|command| self.run_in_savepoint(&mut **command));
        self.commands = commands;
        done
    }

    /// Runs a command, and tells whether the transaction holds what it should: nothing of one that failed.
    fn run_plainly(&mut self, command: &mut dyn Run) -> Result<bool, Error> {
        // What is undone is its own then.
        let is_first = self.commands.is_empty();
        self.tx.reset(Manner::Plain);
        let mut verdict = command.run(self.tx);
        if verdict == Verdict::RollBack && self.tx.would_tell_more() {
            if !is_first {
                return Ok(false);
            }
            self.begin_anew()?;
            self.tx.reset(Manner::Thorough);
            verdict = command.run(self.tx);
        }
        match verdict {
            Verdict::Commit => self.gather_events(),
            Verdict::RollBack | Verdict::Repeat(_) if self.tx.is_unchanged() => {}
            Verdict::RollBack | Verdict::Repeat(_) if is_first => self.begin_anew()?,
            Verdict::RollBack | Verdict::Repeat(_) => return Ok(false),
        }
        Ok(true)
    }

    fn begin_anew(&mut self) -> Result<(), Error> {
        self.tx.end("ROLLBACK")?;
        self.tx.begin("BEGIN IMMEDIATE")
    }

    fn run_in_savepoint(&mut self, command: &mut dyn Run) -> Result<(), Error> {
        self.tx.reset(Manner::Plain);
        self.tx.begin("SAVEPOINT command")?;
        let mut verdict = command.run(self.tx);
        if verdict == Verdict::RollBack && self.tx.would_tell_more() {
            self.tx.end("ROLLBACK TO command")?;
            self.tx.reset(Manner::Thorough);
            verdict = command.run(self.tx);
        }
        match verdict {
            Verdict::Commit => {
                self.tx.end("RELEASE command")?;
                self.gather_events();
            }
            Verdict::RollBack | Verdict::Repeat(_) => {
                self.tx.end("ROLLBACK TO command")?;
                self.tx.end("RELEASE command")?;
            }
        }
        Ok(())
    }

    fn gather_events(&mut self) {
        for event in self.tx.take_events() {
            if !self.events.contains(&event) {
                self.events.push(event);
            }
        }
    }
}
