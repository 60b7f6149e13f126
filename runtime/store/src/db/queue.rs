//! The commands that wait for a connection.
//!
//! Two lanes: interactive commands go first; a background command goes when none of those waits, or when it has waited
//! so long itself that it would starve.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Priority;
use super::command::Run;
use crate::Error;

/// How long a background command may wait behind interactive ones before it goes all the same.
const STARVED: Duration = Duration::from_millis(250);

/// A line of waiting commands, for one or more threads to take from.
pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    /// How long a command may wait.
    limit: Duration,
    /// How many background commands may be under way at the same time.
    background: usize,
}

struct State {
    interactive: VecDeque<Waiting>,
    background: VecDeque<Waiting>,
    background_running: usize,
    idle: usize,
    open: bool,
}

struct Waiting {
    command: Box<dyn Run>,
    since: Instant,
}

/// A command whose turn it is.
pub(crate) struct Turn {
    pub(crate) command: Box<dyn Run>,
    pub(crate) priority: Priority,
}

impl Queue {
    pub(crate) fn new(limit: Duration, background: usize) -> Self {
        let state = State {
            interactive: VecDeque::new(),
            background: VecDeque::new(),
            background_running: 0,
            idle: 0,
            open: true,
        };
        Self { state: Mutex::new(state), ready: Condvar::new(), limit, background }
    }

    /// Adds a command. Tells whether more commands wait than threads are idle.
    pub(crate) fn push(&self, priority: Priority, command: Box<dyn Run>) -> bool {
        let mut state = self.lock();
        if !state.open {
            drop(state);
            command.fail(Error::Closed);
            return false;
        }
        let waiting = Waiting { command, since: Instant::now() };
        match priority {
            Priority::Interactive => state.interactive.push_back(waiting),
            Priority::Background => state.background.push_back(waiting),
        }
        // A thread that was woken counts as idle until it has taken its command.
        let busy = state.interactive.len() + state.background.len() > state.idle;
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.ready.notify_one();
        }
        busy
    }

    /// Waits for the next command; nothing when the queue was closed and is empty.
    pub(crate) fn take(&self) -> Option<Turn> {
        let mut left_out = LeftOut::default();
        let mut state = self.lock();
        loop {
            if let Some(turn) = self.next(&mut state, &mut left_out) {
                return Some(turn);
            }
            if !state.open && state.interactive.is_empty() && state.background.is_empty() {
                return None;
            }
            if !left_out.0.is_empty() {
                drop(state);
                left_out = LeftOut::default();
                state = self.lock();
                continue;
            }
            state.idle += 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// The next command that already waits; with `interactive`, only one of those.
    pub(crate) fn try_take(&self, interactive: bool) -> Option<Turn> {
        let mut left_out = LeftOut::default();
        let mut state = self.lock();
        let turn =
            if interactive && state.interactive.is_empty() { None } else { self.next(&mut state, &mut left_out) };
        drop(state);
        turn
    }

    /// Says that a command that was taken has ended.
    pub(crate) fn done(&self, priority: Priority) {
        if priority == Priority::Background {
            let mut state = self.lock();
            state.background_running -= 1;
            let wake = !state.background.is_empty() || !state.open;
            drop(state);
            if wake {
                self.ready.notify_one();
            }
        }
    }

    /// Takes no more commands; those that wait are still run.
    pub(crate) fn close(&self) {
        self.lock().open = false;
        self.ready.notify_all();
    }

    fn next(&self, state: &mut State, left_out: &mut LeftOut) -> Option<Turn> {
        loop {
            let may_background = state.background_running < self.background;
            let starved = may_background && state.background.front().is_some_and(|one| one.since.elapsed() >= STARVED);
            let (waiting, priority) = if starved || state.interactive.is_empty() {
                let waiting = if may_background { state.background.pop_front() } else { None };
                (waiting?, Priority::Background)
            } else {
                (state.interactive.pop_front()?, Priority::Interactive)
            };
            // Only who waits at a screen is told to try again; work in the background has time.
            let too_late = priority == Priority::Interactive && waiting.since.elapsed() > self.limit;
            if too_late || !waiting.command.is_wanted() {
                let why = Error::Timeout(format!("no turn within {:?}", self.limit));
                left_out.0.push((waiting.command, why));
                continue;
            }
            if priority == Priority::Background {
                state.background_running += 1;
            }
            return Some(Turn { command: waiting.command, priority });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of a command runs under the lock, so a poisoned one is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Commands that will not be run. They are answered and dropped once the queue is unlocked: what a command captured
/// may do anything when it is dropped, also close this very database.
#[derive(Default)]
struct LeftOut(Vec<(Box<dyn Run>, Error)>);

impl Drop for LeftOut {
    fn drop(&mut self) {
        for (command, why) in self.0.drain(..) {
            command.fail(why);
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
