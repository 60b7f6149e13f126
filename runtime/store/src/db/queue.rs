//! The commands that wait for a connection.
//!
//! Two lanes: interactive commands go first; a background command goes when none of those waits, or when it has waited
//! so long itself that it would starve.
//!
//! Of several idle threads the one that worked last is woken: its connection and its caches are warm, and where
//! connections are made as they are needed, no more are made than are. It is idle before it answers, so that who asks
//! again at once finds it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::Priority;
use super::command::Run;
use crate::Error;

/// How long a background command may wait behind interactive ones before it goes all the same.
const STARVED: Duration = Duration::from_millis(250);

/// A line of waiting commands, for one or more threads to take from.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// How long a command may wait.
    limit: Duration,
    /// How many background commands may be under way at the same time.
    background: usize,
}

struct State {
    interactive: VecDeque<Waiting>,
    background: VecDeque<Waiting>,
    background_running: usize,
    /// The threads that wait to be woken, the last to work last.
    idle: Vec<Thread>,
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

/// A command that was run, to be answered: with what came of it, or with an error.
pub(crate) struct Answer {
    pub(crate) command: Box<dyn Run>,
    pub(crate) error: Option<Error>,
}

impl Answer {
    fn give(self) {
        match self.error {
            None => self.command.answer(),
            Some(error) => self.command.fail(error),
        }
    }
}

impl Queue {
    pub(crate) fn new(limit: Duration, background: usize) -> Self {
        let state = State {
            interactive: VecDeque::new(),
            background: VecDeque::new(),
            background_running: 0,
            idle: Vec::new(),
            open: true,
        };
        Self { state: Mutex::new(state), limit, background }
    }

    /// Adds a command. Tells whether there was no idle thread to wake for it.
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
        let idle = state.idle.pop();
        drop(state);
        match idle {
            Some(thread) => {
                thread.unpark();
                false
            }
            None => true,
        }
    }

    /// Gives the answers to what the thread has done, and waits for the next command; nothing when the queue was closed
    /// and is empty.
    pub(crate) fn take(&self, mut answers: Vec<Answer>) -> Option<Turn> {
        let own = std::thread::current();
        loop {
            let mut left_out = LeftOut::default();
            let mut state = self.lock();
            let turn = self.next(&mut state, &mut left_out, None);
            let is_over = !state.open && state.interactive.is_empty() && state.background.is_empty();
            // A thread that woke by itself stands among the idle still.
            state.idle.retain(|idle| idle.id() != own.id());
            if turn.is_none() && !is_over {
                state.idle.push(own.clone());
            }
            drop(state);
            drop(left_out);
            answers.drain(..).for_each(Answer::give);
            if turn.is_some() || is_over {
                return turn;
            }
            std::thread::park();
        }
    }

    /// The next command that already waits; with `interactive`, only one of those.
    pub(crate) fn try_take(&self, interactive: bool) -> Option<Turn> {
        let mut left_out = LeftOut::default();
        let mut state = self.lock();
        let turn =
            if interactive && state.interactive.is_empty() { None } else { self.next(&mut state, &mut left_out, None) };
        drop(state);
        turn
    }

    /// The next interactive command, if it already waited at a moment.
    pub(crate) fn try_take_older(&self, moment: Instant) -> Option<Turn> {
        let mut left_out = LeftOut::default();
        let mut state = self.lock();
        let turn = self.next(&mut state, &mut left_out, Some(moment));
        drop(state);
        turn
    }

    /// Says that a command that was taken has ended.
    pub(crate) fn done(&self, priority: Priority) {
        if priority == Priority::Background {
            let mut state = self.lock();
            state.background_running -= 1;
            let wake = !state.background.is_empty() || !state.open;
            let idle = if wake { state.idle.pop() } else { None };
            drop(state);
            if let Some(idle) = idle {
                idle.unpark();
            }
        }
    }

    /// Takes no more commands; those that wait are still run.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.open = false;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        idle.iter().for_each(Thread::unpark);
    }

    /// The next command; nothing when it came behind a moment.
    fn next(&self, state: &mut State, left_out: &mut LeftOut, before: Option<Instant>) -> Option<Turn> {
        loop {
            if before.is_some_and(|before| state.interactive.front().is_none_or(|first| first.since > before)) {
                return None;
            }
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
