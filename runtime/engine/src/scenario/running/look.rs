//! Steps that look: at records, at what holds, at mails and pages.

use fichero_model::EntityId;
use fichero_model::expr::{Expr, Setting};
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_store::query::{Filter, Query};
use fichero_store::system::outbox;

use super::{Running, Trouble};
use crate::actor::Actor;
use crate::command::Mode;
use crate::refusal::Refusal;
use crate::scenario::expectation;
use crate::setting;

/// The most mails one step looks at.
const MOST: u32 = 1_000;

impl Running<'_> {
    pub(super) fn find(
        &self,
        actor: &Actor,
        from: EntityId,
        filter: Option<&Expr>,
        sort: &[SortKey],
        limit: u32,
    ) -> Result<Vec<Value>, Trouble> {
        let (actor, filter, sort, locals) = (actor.clone(), filter.cloned(), sort.to_vec(), self.locals.clone());
        let found = self.engine.read(move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            let context = work.context(None, None, None, &locals, None);
            let wanted = Filter { conditions: filter.iter().collect(), ..Filter::all(from) };
            let prepared =
                Query { sort: &sort, ..Query::new(wanted, limit as usize) }.prepare(&work.live.layout, &context)?;
            let page = work.with(|tx| prepared.page(tx))?;
            Ok(page
                .items
                .into_iter()
                .filter_map(|found| found.record.row.reference())
                .map(Value::Ref)
                .collect::<Vec<_>>())
        });
        Ok(self.wait(found)?)
    }

    pub(super) fn expect(&self, actor: &Actor, expr: &Expr) -> Result<(), Trouble> {
        let (actor, expr, locals) = (actor.clone(), expr.clone(), self.locals.clone());
        let failed = self.wait(self.engine.read(move |engine, live, tx| {
            expectation::failed(&engine.work(live, tx, &actor, Mode::Live), &expr, &locals)
        }))?;
        match failed {
            None => Ok(()),
            Some(expectation) => {
                Err(Trouble { message: "it does not hold".to_owned(), expectation: Some(expectation) })
            }
        }
    }

    pub(super) fn mails(
        &mut self,
        actor: &Actor,
        to: Option<&Expr>,
        subject: Option<&Expr>,
        count: u32,
    ) -> Result<(), Trouble> {
        let to = to.map(|to| self.texts(actor, to)).transpose()?;
        let subject = subject.map(|subject| self.texts(actor, subject)).transpose()?;
        let seen = self.seen;
        let all = self.wait(self.engine.read(move |_, _, tx| outbox::since(tx, seen, MOST).map_err(Refusal::from)))?;
        self.seen = all.last().map(|message| message.id).or(self.seen);
        let mails: Vec<&outbox::Message> = all.iter().filter(|message| message.kind == outbox::Kind::Mail).collect();
        let meant = |mail: &&&outbox::Message| {
            to.as_ref().is_none_or(|to| mail.to.iter().any(|address| to.contains(&address.to_string())))
                && subject.as_ref().is_none_or(|subject| {
                    mail.subject.as_ref().is_some_and(|found| subject.contains(&found.to_string()))
                })
        };
        let found = mails.iter().filter(meant).count();
        if found == count as usize {
            return Ok(());
        }
        let mut message =
            format!("{count} such mails should have been sent, and {found} were; {} were sent in all", mails.len());
        for mail in mails {
            let to: Vec<&str> = mail.to.iter().map(|to| &**to).collect();
            message.push_str(&format!("\nto {}: {}", to.join(", "), mail.subject.as_deref().unwrap_or("(no subject)")));
        }
        Err(message.into())
    }

    pub(super) fn page(
        &self,
        actor: &Actor,
        path: &Setting,
        shows: &[Setting],
        hides: &[Setting],
    ) -> Result<(), Trouble> {
        let Some(pages) = self.run.pages else {
            return Err("it opens a page, and this run has no pages to show".to_owned().into());
        };
        let path = self.text_of(actor, path)?;
        let page = pages.open(&self.engine, actor, &path)?;
        let mut wrong = Vec::new();
        for (settings, wanted, words) in [(shows, true, "should show"), (hides, false, "should not show")] {
            for setting in settings {
                let text = self.text_of(actor, setting)?;
                if page.contains(&text) != wanted {
                    wrong.push(format!("the page `{path}` {words} {text:?}"));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    }

    fn text_of(&self, actor: &Actor, setting: &Setting) -> Result<String, Trouble> {
        match setting {
            Setting::Literal(value) => Ok(crate::value::text::plain(value)),
            Setting::Named(name) => Ok(name.to_string()),
            Setting::Expr(expr) => Ok(self.texts(actor, expr)?.join(", ")),
            Setting::List(_) | Setting::Rows(_) => Err("a text is needed here, not a list".to_owned().into()),
        }
    }

    fn texts(&self, actor: &Actor, expr: &Expr) -> Result<Vec<String>, Trouble> {
        let (actor, expr, locals) = (actor.clone(), expr.clone(), self.locals.clone());
        let value = self.wait(self.engine.read(move |engine, live, tx| {
            setting::eval(&engine.work(live, tx, &actor, Mode::Live), &expr, &locals, None)
        }))?;
        Ok(value.items().iter().map(crate::value::text::plain).collect())
    }
}
