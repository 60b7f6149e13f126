//! `calendar` and `deadline`: working time and what is measured in it.

use super::common::{HELP, LABEL, WAS};
use super::step::steps;
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

const SPANS: Shape = Shape::List(&Shape::String);

/// `calendar: support_hours`.
pub static CALENDAR: KindShape = KindShape {
    kind: "calendar",
    name: Naming::Snake,
    keys: &CALENDAR_KEYS,
    doc: "Working hours of a week, with exceptions, in a time zone.",
    status: Status::NotYet,
};

static CALENDAR_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key(
            "time_zone",
            Shape::Name(NameOf::Zone),
            "The IANA time zone of its hours; the workspace's where nothing is said.",
        ),
        key("week", Shape::Entries(NameOf::Other, &SPANS), "The hours by day or days: `mon-fri: [\"09:00-14:00\"]`."),
        key("cut_off", Shape::String, "The time of day until which a start still counts for its day."),
        key("exceptions", Shape::NameMap(NameOf::New, &EXCEPTION), "Days off and days of other hours."),
    ]],
    ..Keys::NONE
};

static EXCEPTION: Keys = Keys {
    groups: &[&[
        LABEL,
        key("on", Shape::String, "The day: `2027-03-07`, or `12-25` with `every: year`."),
        key("every", Shape::Word(&["year"]), "Returns every year."),
        key("from", Shape::Date, "The first day."),
        key("to", Shape::Date, "The last day."),
        key("import", Shape::Name(NameOf::File), "An iCalendar file of days off."),
        key("hours", SPANS, "The hours of these days; none, that is a day off, where nothing is said."),
    ]],
    ..Keys::NONE
};

/// `deadline: first_response`.
pub static DEADLINE: KindShape = KindShape {
    kind: "deadline",
    name: Naming::Snake,
    keys: &DEADLINE_KEYS,
    doc: "A stopwatch over a calendar: how much working time something may take, and what happens as it runs out.",
    status: Status::NotYet,
};

static DEADLINE_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        key("entity", Shape::Name(NameOf::Kind(&["entity"])), "The entity whose records have it.").required(),
        key("for", Shape::Expression, "Exists while this holds; turned false, it is withdrawn."),
        key("start", Shape::Expression, "Starts when this holds."),
        key("within", WITHIN, "The time it may take."),
        key("due", Shape::Expression, "The moment of the record it watches, instead of `within`."),
        key("calendar", Shape::Value, "The calendar it runs on; the workspace's where nothing is said."),
        key(
            "policies",
            Shape::NameMap(NameOf::New, &POLICY),
            "Times and calendars by condition; the first that fits, in order.",
        ),
        key("restart", Shape::Boolean, "True begins anew when another policy fits."),
        key("pause", Shape::Expression, "Stands still while this holds."),
        key("met", Shape::Expression, "Met when this holds."),
        key("at", Shape::NameMap(NameOf::New, &THRESHOLD), "What happens on the way."),
        key(
            "repeat",
            Shape::Word(&["none", "independent", "sequential"]),
            "What happens when it starts again; `none` where nothing is said.",
        ),
        WAS,
    ]],
    ..Keys::NONE
};

/// A duration, or durations by the value of a field.
const WITHIN: Shape = Shape::OneOf(&[Shape::Duration, Shape::Map(&WITHIN_BY)]);

static WITHIN_BY: Keys = Keys {
    groups: &[&[
        key("by", Shape::Name(NameOf::Path), "The field that decides.").required(),
        key("else", Shape::Duration, "The time of any other value."),
    ]],
    extra: Some(&Shape::Duration),
    ..Keys::NONE
};

static POLICY: Keys = Keys {
    groups: &[&[
        LABEL,
        key("if", Shape::Expression, "Only where this holds."),
        key("within", WITHIN, "The time it may take.").required(),
        key("calendar", Shape::Value, "The calendar it runs on."),
    ]],
    ..Keys::NONE
};

static THRESHOLD: Keys = Keys {
    groups: &[&[
        key("when", Shape::String, "`75%`, `due`, or a duration `before` or `after` it.").required(),
        key("if", Shape::Expression, "Only where this holds."),
        key("do", steps(), "The steps of an unnamed workflow.").required(),
    ]],
    ..Keys::NONE
};
