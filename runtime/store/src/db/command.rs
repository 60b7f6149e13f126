//! A command on its way: what is to be run, and who waits for the answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::Mode;
use crate::{Error, Tx};

/// What a thread that owns a connection knows of a command.
pub(crate) trait Run: Send {
    /// What sort of transaction it wants.
    fn mode(&self) -> Mode;

    /// Whether somebody still waits for it. One that nobody waits for any more and that has not begun is left out.
    fn is_wanted(&self) -> bool;

    /// Runs it and keeps what came of it. It may be run again.
    fn run(&mut self, tx: &mut Tx) -> Verdict;

    /// Gives what came of the last run to whoever waits.
    fn answer(self: Box<Self>);

    /// Gives an error instead.
    fn fail(self: Box<Self>, error: Error);
}

/// What is to become of the transaction that a command ran in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It went well.
    Commit,
    /// It failed.
    RollBack,
    /// Something was in the way that may be gone when it is run again.
    Repeat(Error),
}

/// A command with its waiting end.
pub(crate) struct Command<T, E, F> {
    mode: Mode,
    work: F,
    result: Option<Result<T, E>>,
    waiting: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Command<T, E, F>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    /// A command, and where its answer arrives.
    pub(crate) fn boxed(mode: Mode, work: F) -> (Box<dyn Run>, oneshot::Receiver<Result<T, E>>) {
        let (waiting, answer) = oneshot::channel();
        (Box::new(Self { mode, work, result: None, waiting }), answer)
    }
}

impl<T, E, F> Run for Command<T, E, F>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn mode(&self) -> Mode {
        self.mode
    }

    fn is_wanted(&self) -> bool {
        !self.waiting.is_closed()
    }

    fn run(&mut self, tx: &mut Tx) -> Verdict {
        // A panic is a defect, and one defect must not take the database from everybody: the transaction is rolled
        // back, and nothing of what the closure left half done is used again.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let result = result.unwrap_or_else(|panic| Err(Error::Panicked(words_of(&*panic)).into()));
        // A command that failed leaves it undone; that one fails is in `failure`.
        let result = result.and_then(|value| tx.finish().map(|()| value).map_err(E::from));
        let (result, verdict) = match (result, tx.failure()) {
            (Ok(value), None) => (Ok(value), Verdict::Commit),
            (result, Some(error @ (Error::Conflict(_) | Error::Unavailable(_)))) => {
                (result.and(Err(error.clone().into())), Verdict::Repeat(error.clone()))
            }
            // The command ignored that a statement failed.
            (Ok(_), Some(error)) => (Err(error.clone().into()), Verdict::RollBack),
            (Err(error), _) => (Err(error), Verdict::RollBack),
        };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(Error::Closed.into()));
        // Nobody waits any more: what was done is done.
        let _ = self.waiting.send(result);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.waiting.send(Err(error.into()));
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}
