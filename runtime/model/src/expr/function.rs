//! The published list of pure functions: what each is called, takes, gives and means, with an example that a test runs.
//!
//! The list is closed. [`Function`] holds those that one evaluator computes from the values of their arguments;
//! [`PUBLISHED`] holds every name an author may call, also those that the compiler turns into operators of the tree
//! (`sum`, `any`, `matches`, `changed` …). The documentation is generated from it.
//!
//! A function of `()` gives `()` (a boolean one false), but for `is_empty` and `count`; as the last argument of
//! `replace` and `join` it is the empty text. Whether a function over a
//! stored row can become SQL is told by [`Published::portable`]: it can exactly when SQLite and PostgreSQL can do what
//! [`super::eval`] does, to the last digit.

mod document;
mod evaluate;
mod list;
mod shape;

pub use document::markdown;
pub(crate) use evaluate::{Home, evaluate, written};
pub use list::PUBLISHED;
pub(super) use shape::list_of;
pub use shape::{Form, Gives, Means, Portable, Published, Takes};

/// A pure function that is computed from the values of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `today()`: the day it is in the workspace's zone.
    Today,
    /// `now()`: the moment it is.
    Now,
    /// `minutes(integer)`: a duration.
    Minutes,
    /// `hours(integer)`: a duration.
    Hours,
    /// `days(integer)`: a duration of so many times 86,400 seconds.
    Days,
    /// `weeks(integer)`: a duration.
    Weeks,
    /// `date(datetime)`: its day in the workspace's zone; `date(text)`: an ISO 8601 day.
    Date,
    /// `time(datetime)`: its time of day in the workspace's zone; `time(text)`: an ISO 8601 time.
    Time,
    /// `datetime(date)`: the first moment of the day in the workspace's zone; `datetime(text)`: an ISO 8601 moment.
    DateTime,
    /// `year(date)`: 1 to 9999.
    Year,
    /// `month(date)`: 1 to 12.
    Month,
    /// `day(date)`: 1 to 31.
    Day,
    /// `weekday(date)`: 1 for Monday to 7 for Sunday, as in ISO 8601.
    Weekday,
    /// `hour(time)`: 0 to 23.
    Hour,
    /// `start_of_week(date)`: the Monday on or before it.
    StartOfWeek,
    /// `start_of_month(date)`: the first day of its month.
    StartOfMonth,
    /// `end_of_month(date)`: the last day of its month.
    EndOfMonth,
    /// `start_of_year(date)`: the first of January.
    StartOfYear,
    /// `end_of_year(date)`: the last of December.
    EndOfYear,
    /// `add_months(date, integer)`: the same day of another month, or that month's last day where there is no such day.
    AddMonths,
    /// `days_between(date, date)`: how many days the second is after the first.
    DaysBetween,
    /// `lower(text)`: in lower case.
    Lower,
    /// `upper(text)`: in upper case.
    Upper,
    /// `trim(text)`: without white space at both ends.
    Trim,
    /// `len(text)`: how many characters.
    Len,
    /// `contains(text, text)`: whether the second is found in the first, both by their folded keys.
    Contains,
    /// `starts_with(text, text)`: whether the first begins with the second, both by their folded keys.
    StartsWith,
    /// `ends_with(text, text)`: whether the first ends with the second, both by their folded keys.
    EndsWith,
    /// `replace(text, text, text)`: each of the second in the first becomes the third; exact.
    Replace,
    /// `left(text, integer)`: the first characters.
    Left,
    /// `right(text, integer)`: the last characters.
    Right,
    /// `fold(text)`: the folded key of [`crate::fold`].
    Fold,
    /// `text(any)`: as text, in the form of the JSON interface.
    Text,
    /// `number(text)`: the decimal number a text writes.
    Number,
    /// `is_email(text)`: whether it has the shape of an e-mail address.
    IsEmail,
    /// `is_url(text)`: whether it has the shape of an http or https address.
    IsUrl,
    /// `is_empty(any)`: whether it is `()`; the only function that `()` does not pass through.
    IsEmpty,
    /// `round(number)`, `round(number, integer)`: half away from zero, to so many digits (0 to 10) behind the point.
    Round,
    /// `floor(number)`: the greatest integer that is not above it.
    Floor,
    /// `ceil(number)`: the least integer that is not below it.
    Ceil,
    /// `abs(number)`: without its sign.
    Abs,
    /// `sign(number)`: -1, 0 or 1.
    Sign,
    /// `min(a, b, …)`: the least; all of one type.
    Least,
    /// `max(a, b, …)`: the greatest; all of one type.
    Greatest,
    /// `amount(money)`, `total.amount`: the decimal amount in the money's own currency.
    Amount,
    /// `currency(money)`, `total.currency`: the code of the money's own currency.
    Currency,
    /// `base(money)`, `total.base`: the decimal amount in the workspace's currency.
    Base,
    /// `join(list, text)`: the texts of a list with the second between them.
    Join,
    /// `first(list)`: the first item, or `()`.
    First,
    /// `last(list)`: the last item, or `()`.
    Last,
}

impl Function {
    /// Its name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Function::Today => "today",
            Function::Now => "now",
            Function::Minutes => "minutes",
            Function::Hours => "hours",
            Function::Days => "days",
            Function::Weeks => "weeks",
            Function::Date => "date",
            Function::Time => "time",
            Function::DateTime => "datetime",
            Function::Year => "year",
            Function::Month => "month",
            Function::Day => "day",
            Function::Weekday => "weekday",
            Function::Hour => "hour",
            Function::StartOfWeek => "start_of_week",
            Function::StartOfMonth => "start_of_month",
            Function::EndOfMonth => "end_of_month",
            Function::StartOfYear => "start_of_year",
            Function::EndOfYear => "end_of_year",
            Function::AddMonths => "add_months",
            Function::DaysBetween => "days_between",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Trim => "trim",
            Function::Len => "len",
            Function::Contains => "contains",
            Function::StartsWith => "starts_with",
            Function::EndsWith => "ends_with",
            Function::Replace => "replace",
            Function::Left => "left",
            Function::Right => "right",
            Function::Fold => "fold",
            Function::Text => "text",
            Function::Number => "number",
            Function::IsEmail => "is_email",
            Function::IsUrl => "is_url",
            Function::IsEmpty => "is_empty",
            Function::Round => "round",
            Function::Floor => "floor",
            Function::Ceil => "ceil",
            Function::Abs => "abs",
            Function::Sign => "sign",
            Function::Least => "min",
            Function::Greatest => "max",
            Function::Amount => "amount",
            Function::Currency => "currency",
            Function::Base => "base",
            Function::Join => "join",
            Function::First => "first",
            Function::Last => "last",
        }
    }
}
