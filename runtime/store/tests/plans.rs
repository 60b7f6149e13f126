//! Golden plans: what a change of definitions becomes on both databases. A case is a chain of models; the plan shown is
//! that of its last step. The snapshots are in `tests/plans/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fichero_model::fixture::{
    self, Builder, Spec, boolean, choice, date, decimal, integer, lines, link, longtext, money, reference, text,
};
use fichero_model::kind::Type;
use fichero_model::value::Currency;
use fichero_model::{Id, Model, Value};
use fichero_store::schema::facts::{Alike, Renamed};
use fichero_store::schema::index::Index;
use fichero_store::schema::plan::{Action, Question};
use fichero_store::schema::{Error, Facts, Plan, Schema, Table, plan, prune};
use fichero_store::{Dialect, Error as StoreError};
use jiff::Timestamp;

/// What is there: so many rows with a value everywhere, and numbers for conditions that hold one of these texts.
#[derive(Clone, Default)]
struct Rows {
    all: u64,
    where_: Vec<(&'static str, u64)>,
    alike: Vec<Alike>,
}

impl Facts for Rows {
    fn count(&mut self, _table: &str, condition: &str) -> Result<u64, StoreError> {
        let named = self.where_.iter().find(|(part, _)| condition.contains(part));
        let general = condition == "TRUE" || condition.ends_with("IS NOT NULL") && !condition.contains("AND");
        Ok(named.map_or(if general { self.all } else { 0 }, |(_, count)| *count))
    }

    fn alike(&mut self, _table: &Table, _index: &Index, _renamed: &[&Renamed]) -> Result<Vec<Alike>, StoreError> {
        Ok(self.alike.clone())
    }

    fn each_text(&mut self, _table: &str, _column: &str, _tell: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        Ok(())
    }
}

fn rows(all: u64) -> Rows {
    Rows { all, ..Rows::default() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn plan_on(recorded: &Schema, base: i64, model: &Model, dialect: Dialect, facts: &Rows) -> Result<Plan, Error> {
    plan(&Question { model, recorded, base, dialect, now: at(base) }, &mut facts.clone())
}

/// The plan of the last model of a chain. The ones before it meet no rows that could stop them.
fn last(chain: &[Model], dialect: Dialect, facts: &Rows) -> (Result<Plan, Error>, Schema) {
    let (model, before) = chain.split_last().expect("a chain of models");
    let mut recorded = Schema::default();
    for (base, model) in (0..).zip(before) {
        recorded = plan_on(&recorded, base, model, dialect, &rows(0)).expect("a step before the last").schema;
    }
    let base = i64::try_from(before.len()).expect("a short chain");
    (plan_on(&recorded, base, model, dialect, facts), recorded)
}

fn shown(plan: &Result<Plan, Error>) -> String {
    let plan = match plan {
        Ok(plan) => plan,
        Err(Error::Refused(findings)) => {
            let lines = findings.iter().map(|finding| {
                let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
                let help = finding.help.as_deref().unwrap_or_default();
                format!("refused: {place}{} {}\n  help: {help}\n", finding.code.name(), finding.message)
            });
            return lines.collect();
        }
        Err(other) => panic!("{other}"),
    };
    let mut out = String::new();
    for (number, step) in (1..).zip(&plan.steps) {
        let rows = step.rows.map(|rows| format!(", {rows} rows")).unwrap_or_default();
        let place = step.cause.place.as_deref().unwrap_or("gone");
        out += &format!("{number}. {} [{}{rows}]\n", step.what, step.hazard.word());
        out += &format!("   for {} at {place}\n", step.cause.definition);
        out += &step.note.iter().map(|note| format!("   note: {note}\n")).collect::<String>();
        for statement in step.sql() {
            out += &statement.lines().map(|line| format!("   | {line}\n")).collect::<String>();
        }
        match &step.action {
            Action::Sql(_) | Action::Unique { .. } => {}
            Action::Keys { text, key, .. } => out += &format!("   keys of {text} into {key}\n"),
            Action::Fill(fill) => out += &format!("   fill {}.{} ({:?})\n", fill.table, fill.column, fill.reason),
        }
    }
    if plan.is_empty() { "nothing to do\n".to_owned() } else { out }
}

fn check(case: &str, chain: &[Model], facts: &Rows) {
    let mut out = String::new();
    for (name, dialect) in [("SQLite", Dialect::Sqlite), ("PostgreSQL", Dialect::Postgres)] {
        let (plan, _) = last(chain, dialect, facts);
        out += &format!("# {name}\n{}\n", shown(&plan));
        if let Ok(plan) = plan {
            let again = plan_on(&plan.schema, plan.base + 1, chain.last().expect("a model"), dialect, facts);
            assert_eq!(shown(&again), "nothing to do\n", "{case}: a plan that was done leaves nothing to do");
            let text = serde_json::to_string(&plan.schema).expect("a schema is JSON");
            assert_eq!(serde_json::from_str::<Schema>(&text).expect("and back"), plan.schema);
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(case, out));
}

/// A model of one entity besides users and teams.
fn deal(fields: impl IntoIterator<Item = Spec>) -> Model {
    Builder::new().entity("deal", fields).build()
}

/// A model in which a field or option bore another name before: `deal.amount` or `deal.stage.won`.
fn was(mut model: Model, path: &str, old: &str) -> Model {
    let mut path = path.split('.');
    let name = path.next().expect("an entity");
    let (id, _) = model.entity(name).expect("an entity of that name");
    let Some(field) = path.next() else {
        model.entities[id.index()].was.push(old.into());
        return model;
    };
    let (at, found) = model[id].field(field).expect("a field of that name");
    match path.next() {
        None => model.entities[id.index()].fields[at.index()].was.push(old.into()),
        Some(option) => {
            let set = fichero_model::entity::options_of(&found.kind).expect("a choice");
            let options = &mut model.options[set.index()].options;
            options.iter_mut().find(|one| &*one.name == option).expect("an option").was.push(old.into());
        }
    }
    model
}

#[test]
fn a_new_database() {
    check("birth", &[fixture::sample()], &rows(0));
}

#[test]
fn nothing_changed() {
    check("nothing", &[fixture::sample(), fixture::sample()], &rows(3));
}

#[test]
fn new_entities_and_fields() {
    let before = deal([text("name")]);
    let after = Builder::new()
        .entity("deal", [text("name"), money("amount"), reference("account", &["account"]).index()])
        .entity("account", [text("name")])
        .build();
    check("additions", &[before, after], &rows(3));
}

#[test]
fn renamed_entities_and_fields() {
    let before = deal([text("name"), money("value")]);
    let after = Builder::new().entity("opportunity", [text("name"), money("amount")]).build();
    let after = was(was(after, "opportunity", "deal"), "opportunity.amount", "value");
    check("renamed", &[before, after], &rows(3));
}

#[test]
fn a_name_that_was_given_away_and_a_new_one_like_it() {
    let before = deal([text("name"), integer("value")]);
    let renamed = was(deal([text("name"), integer("amount")]), "deal.amount", "value");
    let after = was(deal([text("name"), integer("amount"), integer("value")]), "deal.amount", "value");
    check("name_reused", &[before, renamed, after], &rows(3));
}

#[test]
fn what_is_gone_is_retired() {
    let before = Builder::new()
        .entity("deal", [text("name").unique(), reference("account", &["account"]), text("competitor").index()])
        .entity("account", [text("name").unique()])
        .build();
    check("retired", &[before.clone(), deal([text("name").unique()])], &rows(3));
    check(
        "rename_forgotten",
        &[
            before,
            Builder::new()
                .entity("deal", [text("name").unique(), reference("account", &["account"]), text("rival").index()])
                .entity("account", [text("name").unique()])
                .build(),
        ],
        &rows(3),
    );
}

#[test]
fn what_comes_back_has_its_data() {
    let full = || deal([text("name"), text("competitor").unique()]);
    check("revived_field", &[full(), deal([text("name")]), full()], &rows(3));
    check("revived_entity", &[full(), Builder::new().build(), full()], &rows(3));
    let other_kind = deal([text("name"), integer("competitor")]);
    check("revived_otherwise", &[full(), deal([text("name")]), other_kind], &rows(3));
}

#[test]
fn options_with_other_names() {
    let stages = |names| deal([choice("stage", names), choice("tags", names).many()]);
    let before = || stages(&["new", "open", "won"]);
    let renamed = was(was(stages(&["fresh", "open", "won"]), "deal.stage.fresh", "new"), "deal.tags.fresh", "new");
    let facts = Rows { all: 9, where_: vec![("'new'", 4)], ..Rows::default() };
    check("option_renamed", &[before(), renamed.clone()], &facts);
    check("option_renamed_before", &[before(), renamed.clone(), renamed], &facts);
    let merged = was(stages(&["open", "won"]), "deal.stage.open", "new");
    check("option_taken_over", &[before(), merged], &facts);
    let late = was(stages(&["open", "won"]), "deal.stage.open", "new");
    check("option_taken_over_later", &[before(), stages(&["open", "won"]), late], &facts);
    let staged =
        |names| Builder::new().entity("deal", [choice("stage", names)]).pipeline("sales", "deal", "stage").build();
    let renamed = was(staged(&["fresh", "won"]), "deal.stage.fresh", "new");
    check("stage_renamed", &[staged(&["new", "won"]), renamed], &facts);
}

#[test]
fn numbers_of_another_scale() {
    let (whole, cents, mills) = (deal([integer("n")]), deal([decimal("n", 2)]), deal([decimal("n", 3)]));
    check("integer_to_decimal", &[whole.clone(), cents.clone()], &rows(3));
    check("decimal_widened", &[cents.clone(), mills.clone()], &rows(3));
    let too_large = Rows { all: 3, where_: vec![("> 922337203685477580", 1)], ..Rows::default() };
    check("decimal_widened_too_far", &[cents.clone(), mills.clone()], &too_large);
    check("decimal_narrowed", &[mills, cents.clone()], &rows(3));
    let broken = Rows { all: 3, where_: vec![("% 100", 2)], ..Rows::default() };
    check("decimal_to_integer_with_digits", &[cents, whole], &broken);
}

#[test]
fn texts_of_another_kind() {
    let (short, long) = (deal([text("t").index()]), deal([longtext("t")]));
    let chosen = deal([choice("t", &["a", "b"])]);
    check("text_to_longtext", &[short.clone(), long.clone()], &rows(3));
    check("longtext_to_text", &[long, short.clone()], &rows(3));
    check("choice_to_text", &[chosen.clone(), short.clone()], &rows(3));
    check("text_to_choice", &[short.clone(), chosen.clone()], &rows(3));
    let other = Rows { all: 3, where_: vec![("<> 'a'", 1)], ..Rows::default() };
    check("text_to_choice_refused", &[short, chosen], &other);
}

#[test]
fn references_to_others() {
    let model = |field: Spec| {
        let more = [("account", [text("name")]), ("contact", [text("name")])];
        more.into_iter()
            .fold(Builder::new().entity("note", [field]), |builder, (name, fields)| builder.entity(name, fields))
    };
    let one = || model(reference("about", &["account"])).build();
    let several = || model(reference("about", &["account", "contact"])).build();
    check("ref_widened", &[one(), several()], &rows(3));
    check("ref_narrowed", &[several(), one()], &rows(3));
    let mixed = Rows { all: 3, where_: vec![("<> 'account'", 1)], ..Rows::default() };
    check("ref_narrowed_refused", &[several(), one()], &mixed);
    check("ref_to_many", &[one(), model(link("about", &["account"])).build()], &rows(3));
    check("ref_to_many_of_several", &[several(), model(link("about", &["account", "contact"])).build()], &rows(3));
    let several_links = model(link("about", &["account", "contact"])).build();
    check("links_widened", &[model(link("about", &["account"])).build(), several_links], &rows(3));
    check("ref_to_another", &[one(), model(reference("about", &["contact"])).build()], &rows(3));
}

#[test]
fn one_becomes_many() {
    for (case, field) in [
        ("text_to_many", text as fn(&'static str) -> Spec),
        ("integer_to_many", integer),
        ("boolean_to_many", boolean),
        ("date_to_many", date),
        ("datetime_to_many", fixture::datetime),
    ] {
        check(case, &[deal([field("x")]), deal([field("x").many()])], &rows(3));
    }
}

#[test]
fn numbers_become_money() {
    let after = deal([money("n")]);
    check("integer_to_money", &[deal([integer("n")]), after.clone()], &rows(3));
    check("decimal_to_money", &[deal([decimal("n", 2)]), after], &rows(3));
}

#[test]
fn another_currency() {
    let before = deal([money("amount"), money("cost")]);
    let mut after = before.clone();
    after.workspace.currency = Currency::parse("USD").expect("a currency");
    check("currency", &[before, after], &rows(3));
}

#[test]
fn unique_rules() {
    let plain = || deal([text("name"), integer("year")]);
    let unique = || deal([text("name").unique(), integer("year")]);
    check("unique_added", &[plain(), unique()], &rows(3));
    check("unique_dropped", &[unique(), plain()], &rows(3));
    let id = |byte| Id::from_bytes([byte; 16]);
    let alike =
        vec![Alike { values: vec!["'acme'".into()], overlapping: false, count: 3, records: vec![id(1), id(2)] }];
    check("unique_broken", &[plain(), unique()], &Rows { all: 3, alike, ..Rows::default() });
    let key = deal([text("name").external(), integer("year")]);
    check("external_added", &[plain(), key], &rows(3));
}

#[test]
fn indexes_of_some_rows() {
    let model = |filter: Option<&str>| {
        let mut model = deal([text("name"), boolean("done"), date("due")]);
        let (id, declared) = model.entity("deal").expect("an entity");
        let fields = vec![declared.field("due").expect("a field").0];
        let scope = fichero_model::expr::Scope::row(&model, id);
        let place = fichero_model::place::Place::start_of(&"test".into());
        let filter = filter.map(|text| fichero_model::expr::compile(text, &place, &scope).expect("a condition"));
        model.entities[id.index()].indexes.push(fichero_model::entity::Index { name: "due".into(), fields, filter });
        model
    };
    check("index_of_some", &[model(None), model(Some("not done and name != \"?\""))], &rows(3));
    check("index_of_all", &[model(Some("not done")), model(None)], &rows(3));
}

#[test]
fn computed_fields() {
    let fields = |source: fn(Spec) -> Spec| deal([integer("a"), integer("b"), source(integer("c"))]);
    let given = || fields(|c| c);
    let sum = || fields(|c| c.formula("a + b"));
    let difference = || fields(|c| c.formula("a - b"));
    let suggested = || fields(|c| c.compute("a + b"));
    check("formula_new", &[deal([integer("a"), integer("b")]), sum()], &rows(3));
    check("formula_changed", &[sum(), difference()], &rows(3));
    check("given_to_formula", &[given(), sum()], &rows(3));
    check("formula_to_given", &[sum(), given()], &rows(3));
    check("given_to_compute", &[given(), suggested()], &rows(3));
    check("compute_to_given_and_back", &[suggested(), given(), suggested()], &rows(3));
}

#[test]
fn a_formula_follows_the_attributes_it_reads() {
    let with = |won: i64| {
        let stage = choice("stage", &["open", "won"]);
        let stage = stage.attribute("probability", Type::Integer, [10, won].map(Value::Integer).into());
        deal([stage, integer("score"), integer("chance").compute("stage.probability")])
    };
    check("attribute_changed", &[with(90), with(100)], &rows(3));
}

#[test]
fn a_field_becomes_required() {
    let mut after = deal([text("name").required()]);
    let (id, _) = after.entity("deal").expect("an entity");
    let (field, _) = after[id].field("name").expect("a field");
    check("required", &[deal([text("name")]), after.clone()], &rows(3));
    let value = fichero_model::expr::Setting::Literal(Value::text("?"));
    after.entities[id.index()].fields[field.index()].fill = Some(value);
    check("required_with_fill", &[deal([text("name")]), after], &rows(3));
}

#[test]
fn an_entity_becomes_lines() {
    let item = || [reference("deal", &["deal"]), text("product")];
    let before = Builder::new().entity("deal", [text("name")]).entity("item", item()).build();
    let after =
        Builder::new().entity("deal", [text("name"), lines("lines", "item", "deal")]).entity("item", item()).build();
    check("lines", &[before, after], &rows(3));
}

#[test]
fn kinds_that_cannot_become_each_other() {
    let chain = [deal([text("x")]), deal([integer("x")])];
    check("kind_refused", &chain, &rows(3));
    check("kind_changed_while_empty", &chain, &rows(0));
}

#[test]
fn what_was_retired_is_pruned() {
    let before = Builder::new()
        .entity("deal", [text("name"), money("amount"), link("contacts", &["contact"])])
        .entity("contact", [text("name"), reference("account", &["account"])])
        .entity("account", [text("name"), reference("primary", &["contact"])])
        .build();
    let after = deal([text("name")]);
    let mut out = String::new();
    for (name, dialect) in [("SQLite", Dialect::Sqlite), ("PostgreSQL", Dialect::Postgres)] {
        let (plan, _) = last(&[before.clone(), after.clone()], dialect, &rows(3));
        let recorded = plan.expect("a plan").schema;
        let early = prune::plan(&recorded, 2, at(1), dialect, &mut rows(3));
        assert!(early.expect("a plan").is_empty(), "nothing was retired before its moment");
        let due = prune::plan(&recorded, 2, at(2), dialect, &mut rows(3));
        assert_eq!(due.as_ref().expect("a plan").schema.tables.len(), 3, "users, teams and deals stay");
        out += &format!("# {name}\n{}\n", shown(&due));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("pruned", out));
}

#[test]
fn a_hash_covers_steps_and_base_but_no_counts() {
    let chain = [deal([integer("n")]), deal([money("n")])];
    let (few, _) = last(&chain, Dialect::Sqlite, &rows(3));
    let (many, recorded) = last(&chain, Dialect::Sqlite, &rows(30));
    let (few, many) = (few.expect("a plan"), many.expect("a plan"));
    assert_eq!(few.hash(), many.hash());
    assert!(few.hazard().needs_consent());
    let elsewhere = plan_on(&recorded, 7, &chain[1], Dialect::Sqlite, &rows(3)).expect("a plan");
    assert_ne!(few.hash(), elsewhere.hash());
}
