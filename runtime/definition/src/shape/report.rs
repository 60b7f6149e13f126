//! `report` and `dashboard`: figures.

use super::common::{COUNT, ENTITY, HELP, ICON, LABEL, ROLES, SORT};
use super::field::FIELD;
use super::{Keys, KindShape, NameOf, Naming, Shape, Status, key};

/// `report: pipeline_by_stage`.
pub static REPORT: KindShape = KindShape {
    kind: "report",
    name: Naming::Snake,
    keys: &REPORT_KEYS,
    doc: "Figures over records: what is counted, how it is grouped, how it is drawn.",
    status: Status::NotYet,
};

const GROUP: Shape = Shape::Entries(NameOf::New, &Shape::Expression);
const MEASURES: Shape = Shape::Entries(NameOf::New, &Shape::OneOf(&[Shape::Expression, Shape::Map(&MEASURE)]));

static REPORT_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        key("entity", ENTITY, "The entity whose records are counted."),
        key("log", Shape::Word(&["stages", "deadlines", "changes"]), "The log that is counted, instead of records."),
        key("sources", Shape::NameMap(NameOf::New, &SOURCE), "Several sources, joined on the group."),
        key("params", Shape::NameMap(NameOf::New, &FIELD), "What is asked, read as `params`."),
        key("where", Shape::Expression, "Which records; a portable expression."),
        key("group", GROUP, "By what they are grouped."),
        key("measures", MEASURES, "The figures of each group."),
        key("sort", SORT, "In which order."),
        key("limit", COUNT, "At most so many groups."),
        key(
            "chart",
            Shape::Word(&[
                "table", "bar", "stacked", "line", "area", "pie", "donut", "funnel", "heatmap", "figure", "pivot",
            ]),
            "How it is drawn; `table` where nothing is said.",
        ),
        key("roles", ROLES, "Only for people with one of these roles."),
    ]],
    ..Keys::NONE
};

static MEASURE: Keys = Keys {
    groups: &[&[
        LABEL,
        key(
            "count",
            Shape::OneOf(&[Shape::Boolean, Shape::Expression]),
            "True counts records; an expression counts its values.",
        ),
        key("sum", Shape::Expression, "The sum of this."),
        key("avg", Shape::Expression, "The mean of this."),
        key("min", Shape::Expression, "The least of this."),
        key("max", Shape::Expression, "The greatest of this."),
        key("formula", Shape::Expression, "Made from other measures."),
        key("where", Shape::Expression, "Only of records where this holds."),
    ]],
    ..Keys::NONE
};

static SOURCE: Keys = Keys {
    groups: &[&[
        key("entity", ENTITY, "The entity whose records are counted."),
        key("log", Shape::Word(&["stages", "deadlines", "changes"]), "The log that is counted, instead of records."),
        key("where", Shape::Expression, "Which records; a portable expression."),
        key("group", GROUP, "By what they are grouped."),
        key("measures", MEASURES, "The figures of each group."),
    ]],
    ..Keys::NONE
};

/// `dashboard: sales`.
pub static DASHBOARD: KindShape = KindShape {
    kind: "dashboard",
    name: Naming::Snake,
    keys: &DASHBOARD_KEYS,
    doc: "Cards on a grid: reports, views and texts.",
    status: Status::NotYet,
};

static DASHBOARD_KEYS: Keys = Keys {
    groups: &[&[
        LABEL,
        HELP,
        ICON,
        key("params", Shape::NameMap(NameOf::New, &FIELD), "What is asked once for all cards, read as `params`."),
        key("columns", Shape::Integer { min: 1, max: 12 }, "In how many columns the cards stand."),
        key("cards", Shape::NameMap(NameOf::New, &CARD), "The cards, in order.").required(),
        key("roles", ROLES, "Only for people with one of these roles."),
    ]],
    ..Keys::NONE
};

static CARD: Keys = Keys {
    groups: &[&[
        key("title", Shape::Text, "What people read above it."),
        HELP,
        key("report", Shape::Name(NameOf::Kind(&["report"])), "The report it shows."),
        key("view", Shape::Name(NameOf::Kind(&["view"])), "The view it shows."),
        key("text", Shape::Text, "The text it shows."),
        key("with", Shape::Entries(NameOf::Other, &Shape::Value), "Values for the report's `params`."),
        key("chart", Shape::String, "How it is drawn, if otherwise than the report says."),
        key("width", Shape::Integer { min: 1, max: 12 }, "How many columns wide."),
        key("height", Shape::Integer { min: 1, max: 12 }, "How many rows high."),
    ]],
    short: Some("report"),
    ..Keys::NONE
};
