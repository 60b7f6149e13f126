//! An import under way: rows by slices, those that wait for others at the end.

use std::io::Write;
use std::sync::Arc;

use fichero_store::system::import::{self as stored, Progress};

use super::batch::{self, Hold};
use super::header::Plan;
use super::reject::{self, Rejects};
use super::repeated::Given;
use super::source::{Line, Source};
use super::task::{Done, Import, Known, Waiting};
use super::{Error, MOST_REASONS, MOST_SHOWN, MOST_WAITING, News, READ_AHEAD, Reached, Report, knot};
use crate::actor::Actor;
use crate::command::{Effect, Mode};
use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::Refusal;
use crate::slice;

/// An import under way.
pub(super) struct Importer<'e, W: Write> {
    pub engine: &'e Engine,
    pub live: Arc<Live>,
    pub plan: Arc<Plan>,
    pub actor: Actor,
    pub mode: Mode,
    /// Nothing in a dry run.
    pub hold: Option<Hold>,
    pub report: Report,
    pub rows: u64,
    /// How many of the rejected rows wait for others as far as the database knows.
    pub late: u64,
    pub known: Arc<Known>,
    pub waiting: Vec<Waiting>,
    pub given: Given,
    pub rejects: Rejects<W>,
}

impl<W: Write> Importer<'_, W> {
    /// Passes over the rows that an import which broke off has behind it: those that wait are taken up, and those that were
    /// rejected are told of again, so that the rejects file is whole.
    pub async fn resume(
        &mut self,
        source: &mut Source<'_>,
        before: Progress,
        tell: &mut impl FnMut(News),
    ) -> Result<(), Error> {
        let Some(Hold { batch, .. }) = self.hold else { return Ok(()) };
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let rows = count(before.reached);
        tell(News::Resuming { batch, rows });
        let Progress { created, updated, unchanged, rejected, made, .. } = before;
        self.report = Report {
            resumed: Some(rows),
            created: count(created),
            updated: count(updated),
            unchanged: count(unchanged),
            rejected: count(rejected),
            made: count(made),
            ..std::mem::take(&mut self.report)
        };
        while self.rows < rows {
            let most = usize::try_from(rows - self.rows).unwrap_or(READ_AHEAD).min(READ_AHEAD);
            let lines = source.read(most)?;
            let (Some(first), Some(last)) = (lines.first(), lines.last()) else { break };
            let (first, last) = (first.row, last.row);
            let kept = self.engine.read(move |_, _, tx| Ok(stored::rows(tx, batch, first, last)?)).await?;
            let mut kept = kept.into_iter().peekable();
            self.rows += lines.len() as u64;
            for line in lines {
                let Some(row) = kept.next_if(|row| row.number == line.row) else { continue };
                match row.why {
                    Some(why) => self.tell_of(&line, &why)?,
                    None => self.wait(Waiting::unknown(line))?,
                }
            }
        }
        Ok(())
    }

    /// Takes rows, slice by slice. `first` when they come from the file, so that they count and may wait for others.
    pub async fn take(&mut self, lines: Vec<Line>, first: bool) -> Result<(), Error> {
        let lines: Arc<[Line]> = lines.into();
        let mut at = 0;
        while at < lines.len() {
            let task = Arc::new(self.task(first));
            let slice = slice::run(self.engine, &self.live, &task, &lines, at).await?;
            // What was learned in a transaction that was undone is not true.
            if self.hold.is_some() {
                self.known.learn(slice.memory);
            }
            let count = slice.results.len().max(1);
            for (line, result) in lines.iter().skip(at).zip(slice.results) {
                self.settle(line, result)?;
            }
            self.rows += if first { count as u64 } else { 0 };
            at += count;
        }
        Ok(())
    }

    fn task(&self, first: bool) -> Import {
        Import {
            plan: Arc::clone(&self.plan),
            actor: self.actor.clone(),
            mode: self.mode,
            hold: self.hold,
            known: Arc::clone(&self.known),
            before: self.progress(),
            first,
            shows: self.report.shown.len() < MOST_SHOWN,
        }
    }

    /// What came of the rows, as far as that is in the database.
    fn progress(&self) -> Progress {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let Report { created, updated, unchanged, rejected, made, .. } = self.report;
        Progress {
            reached: count(self.rows),
            created: count(created),
            updated: count(updated),
            unchanged: count(unchanged),
            rejected: count(rejected - self.late),
            made: count(made),
        }
    }

    /// How far it came.
    pub fn reached(&self, bytes: u64) -> News {
        News::Reached(Reached { rows: self.rows, bytes, rejected: self.report.rejected })
    }

    fn settle(&mut self, line: &Line, result: Result<Done, Refusal>) -> Result<(), Error> {
        match result {
            Ok(Done::Taken { record, effect, made, shown }) => {
                self.report.made += made;
                if self.report.shown.len() < MOST_SHOWN {
                    self.report.shown.extend(shown);
                }
                if !self.plan.matching.is_empty() {
                    self.given.note(record, line.number, effect, &mut self.report.repeated);
                }
                self.count(effect);
                Ok(())
            }
            Ok(Done::Waits { missing, offers, because }) => {
                self.wait(Waiting { line: line.clone(), missing, offers, because })
            }
            Err(because) => self.reject(line, &because),
        }
    }

    fn wait(&mut self, waiting: Waiting) -> Result<(), Error> {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push(waiting);
            return Ok(());
        }
        self.reject_late(&waiting.line, &waiting.because)
    }

    fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Created => self.report.created += 1,
            Effect::Unchanged => self.report.unchanged += 1,
            Effect::Updated | Effect::Deleted | Effect::Restored | Effect::Purged => self.report.updated += 1,
        }
    }

    /// Tells of a row that the transaction of its slice noted as rejected.
    fn reject(&mut self, line: &Line, because: &Refusal) -> Result<(), Error> {
        self.report.rejected += 1;
        let why = reject::why(line, because, &self.plan, self.actor.locale);
        self.tell_of(line, &why)
    }

    /// Rejects a row of which the database knows only that it waits, until the import ends.
    fn reject_late(&mut self, line: &Line, because: &Refusal) -> Result<(), Error> {
        self.late += 1;
        self.reject(line, because)
    }

    fn tell_of(&mut self, line: &Line, why: &str) -> Result<(), Error> {
        self.rejects.write(line, &self.plan, why)?;
        if self.report.reasons.len() < MOST_REASONS {
            self.report.reasons.push(why.to_owned());
        }
        Ok(())
    }

    /// Takes the rows that wait for others, in rounds, until none gets further; then those that wait for each other.
    pub async fn take_waiting(&mut self) -> Result<(), Error> {
        loop {
            let round = std::mem::take(&mut self.waiting);
            let before = round.len();
            if before == 0 {
                return Ok(());
            }
            // Each round goes the other way: a file that lists children before their parents is then done in one.
            self.take(round.into_iter().rev().map(|waiting| waiting.line).collect(), false).await?;
            if self.waiting.len() == before {
                break;
            }
        }
        let mut rest = std::mem::take(&mut self.waiting);
        rest.sort_by_key(|waiting| waiting.line.number);
        for lost in knot::hopeless(&mut rest) {
            self.reject_late(&lost.line, &lost.because)?;
        }
        let lines: Arc<[Line]> = rest.into_iter().map(|waiting| waiting.line).collect();
        for (line, result) in knot::tie(self.engine, &self.live, &self.task(false), lines).await? {
            match result {
                Err(because) => self.reject_late(&line, &because)?,
                taken => self.settle(&line, taken)?,
            }
        }
        Ok(())
    }

    /// What came of all rows, once none waits any more.
    pub fn settled(&self) -> Progress {
        let rejected = i64::try_from(self.report.rejected).unwrap_or(i64::MAX);
        Progress { rejected, ..self.progress() }
    }

    /// Notes that the import has ended.
    pub async fn end(&mut self) -> Result<(), Refusal> {
        if let Some(hold) = self.hold {
            batch::end(self.engine, hold, self.settled()).await?;
            batch::spread(self.engine, self.plan.entity, self.settled()).await;
        }
        Ok(())
    }
}
