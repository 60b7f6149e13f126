//! Commands that read the folder alone: new, check, explain, fmt, schema, eval.

use std::fs;

use crate::program::{Folder, fichero};

#[test]
fn a_new_workspace_passes_its_own_check() {
    for packs in [None, Some(""), Some("sales")] {
        let folder = Folder::new();
        let mut arguments = vec!["new"];
        arguments.extend(packs.iter().flat_map(|packs| ["--packs", packs]));
        folder.run(&arguments).ends_with(0);
        let run = folder.run(&["check", "--deny", "warnings"]).ends_with(0);
        assert_eq!(run.stderr, "");
        folder.run(&["fmt", "--check"]).ends_with(0);
    }
}

#[test]
fn required_packs_are_listed_before_those_that_need_them() {
    let folder = Folder::new();
    folder.run(&["new", "--packs", "sales"]).ends_with(0);
    assert!(folder.read("workspace.yaml").contains("packs: {base: stock, sales: stock}"));
}

#[test]
fn new_writes_over_nothing() {
    let folder = Folder::with("vehicle.yaml", "");
    let run = folder.run(&["new"]).ends_with(1);
    assert!(run.stderr.contains("is there already; nothing was written"), "{}", run.stderr);
    assert_eq!(folder.read("vehicle.yaml"), "");
    assert!(!folder.path().join("staff.yaml").exists());
}

#[test]
fn a_pack_that_is_none_is_named_with_the_nearest() {
    let folder = Folder::new();
    let run = folder.run(&["new", "--packs", "slaes"]).ends_with(1);
    assert!(run.stderr.contains("Did you mean `sales`?"), "{}", run.stderr);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder is read").count(), 0);
}

const SLIP: &str = "entity: site_visit\ntitle: subject\nfields:\n  subject: {type: text, requird: true}\n  account: {type: ref, to: usr}\n";

#[test]
fn a_slip_is_told_with_its_line_and_the_mended_word() {
    let folder = Folder::with("site_visit.yaml", SLIP);
    let run = folder.run(&["check"]).ends_with(1);
    insta::assert_snapshot!(run.told(&folder));
}

#[test]
fn a_slip_is_told_to_programs_one_json_value_a_line() {
    let folder = Folder::with("site_visit.yaml", SLIP);
    let run = folder.run(&["check", "--format", "json"]).ends_with(1);
    let told: Vec<serde_json::Value> =
        run.stderr.lines().map(|line| serde_json::from_str(line).expect("one JSON value a line")).collect();
    assert!(told.len() >= 2, "{}", run.stderr);
    for finding in &told {
        assert_eq!(finding["severity"], "error");
        assert_eq!(finding["place"]["file"], "site_visit.yaml");
        assert!(finding["code"].as_str().is_some_and(|code| code.starts_with('F')));
    }
    assert_eq!(run.json()["errors"], told.len());
}

#[test]
fn warnings_count_only_when_they_are_denied() {
    let folder = Folder::with("notes.yml", "not read");
    let run = folder.run(&["check"]).ends_with(0);
    assert!(run.stderr.contains("warning["), "{}", run.stderr);
    assert!(run.stdout.contains("1 warning"), "{}", run.stdout);
    folder.run(&["check", "--deny", "warnings"]).ends_with(1);
}

#[test]
fn a_code_is_explained() {
    let run = fichero(&["explain", "f0006"]).ends_with(0);
    assert!(run.stdout.starts_with("F0006: a key stands twice in one map"), "{}", run.stdout);
    fichero(&["explain", "F9999"]).ends_with(1);
}

#[test]
fn a_definition_is_explained_with_its_origins() {
    let folder = Folder::with("user.yaml", "extend: entity user\nfields:\n  badge: {type: text, max: 20}\n");
    let run = folder.run(&["explain", "entity", "user"]).ends_with(0);
    let badge = run.stdout.lines().find(|line| line.contains("badge")).expect("the field is there");
    assert!(run.stdout.contains("user.yaml:3"), "{badge}");
    let run = folder.run(&["explain", "entity", "usr"]).ends_with(1);
    assert!(run.stderr.contains("Did you mean `user`?"), "{}", run.stderr);
    let run = folder.run(&["explain", "entitty", "user"]).ends_with(1);
    assert!(run.stderr.contains("Did you mean `entity`?"), "{}", run.stderr);
}

#[test]
fn fmt_orders_files_and_keeps_comments() {
    let folder = Folder::with(
        "b.yaml",
        "entity: badge\nfields:\n    number: {unique: true, type: text} # its number\ntitle: number\n",
    );
    folder.run(&["fmt", "--check"]).ends_with(1);
    folder.run(&["fmt"]).ends_with(0);
    insta::assert_snapshot!(folder.read("b.yaml"));
    folder.run(&["fmt", "--check"]).ends_with(0);
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let text = "entity: badge\nfields: {number: [}\n";
    let folder = Folder::with("b.yaml", text);
    let run = folder.run(&["fmt"]).ends_with(1);
    assert!(run.stderr.contains("b.yaml:2"), "{}", run.stderr);
    assert_eq!(folder.read("b.yaml"), text);
}

#[test]
fn schemas_are_printed_or_written() {
    let any = fichero(&["schema"]).ends_with(0).json();
    assert!(any["title"].is_string() || any["$schema"].is_string());
    let folder = Folder::new();
    let out = folder.path().join("schemas").display().to_string();
    fichero(&["schema", "--out", &out]).ends_with(0);
    let written: serde_json::Value =
        serde_json::from_str(&folder.read("schemas/fichero.schema.json")).expect("a schema is JSON");
    assert_eq!(written, any);
    assert!(folder.read("schemas/entity.schema.json").contains("x-takes"));
}

const DEAL: &str = "entity: deal\ntitle: name\nfields:\n  name: {type: text}\n  amount: {type: decimal, scale: 2}\n  pieces: {type: integer}\n  boss: {type: ref, to: user}\n  lines: {type: lines, of: deal_line}\n---\nentity: deal_line\ntitle: what\nfields:\n  what: {type: text}\n  deal: {type: ref, to: deal, required: true}\n  price: {type: decimal, scale: 2}\n";

#[test]
fn an_expression_is_evaluated_on_a_record() {
    let folder = Folder::with("deal.yaml", DEAL);
    let eval = |expression: &str, record: &str| {
        let run = folder.run(&["eval", "deal", expression, "--record", record]).ends_with(0);
        run.stdout.trim_end().to_owned()
    };
    assert_eq!(eval("amount > 5 and name == \"x\"", r#"{"amount": "7.50", "name": "x"}"#), "true");
    assert_eq!(eval("amount * 2", r#"{"amount": "7.50"}"#), "15");
    assert_eq!(eval("amount + 1", "{}"), "()");
    assert_eq!(eval("boss.name", r#"{"boss": {"name": "Anna"}}"#), "\"Anna\"");
    assert_eq!(eval("sum(lines.price)", r#"{"lines": [{"price": "1.10"}, {"price": 2}]}"#), "3.1");
}

#[test]
fn settings_are_as_defined_and_whoever_evaluates_is_in_no_record() {
    let settings =
        "settings: shop\nfields: {least: {type: money, default: 20}, name: {type: text, default: =upper(\"a\")}}\n";
    let folder = Folder::with("deal.yaml", &format!("{DEAL}\n---\n{settings}"));
    for (expression, expected) in
        [("amount > settings.shop.least.amount", "true"), ("settings.shop.name", "\"A\""), ("boss == me", "false")]
    {
        let run = folder.run(&["eval", "deal", expression, "--record", r#"{"amount": "50"}"#]).ends_with(0);
        assert_eq!(run.stdout.trim_end(), expected, "{expression}");
    }
    let sql = folder.run(&["eval", "deal", "amount > settings.shop.least.amount", "--sql"]).ends_with(0).stdout;
    assert!(sql.contains("20"), "{sql}");
}

#[test]
fn a_wrong_expression_or_record_is_told() {
    let folder = Folder::with("deal.yaml", DEAL);
    let run = folder.run(&["eval", "deal", "amout > 5"]).ends_with(1);
    assert!(run.stderr.contains("expression:1:1: error[F0302]"), "{}", run.stderr);
    assert!(run.stderr.contains("amount"), "{}", run.stderr);
    let run = folder.run(&["eval", "deal", "amount > 5", "--record", "{"]).ends_with(64);
    assert!(run.stderr.contains("not readable as JSON"), "{}", run.stderr);
    let run = folder.run(&["eval", "deal", "amount > 5", "--record", r#"{"amuont": 5}"#]).ends_with(1);
    assert!(run.stderr.contains("Did you mean `amount`?"), "{}", run.stderr);
    let run = folder.run(&["eval", "dael", "true"]).ends_with(1);
    assert!(run.stderr.contains("Did you mean `deal`?"), "{}", run.stderr);
}

#[test]
fn an_expression_is_shown_as_sql_for_both_databases() {
    let folder = Folder::with("deal.yaml", DEAL);
    let run = folder.run(&["eval", "deal", "not (amount > 5) and boss.name == \"Anna\"", "--sql"]).ends_with(0);
    insta::assert_snapshot!(run.stdout);
    let run = folder.run(&["--format", "json", "eval", "deal", "boss.name", "--sql"]).ends_with(0).json();
    assert_eq!(run["postgres"]["sql"], "t1.\"name\"");
    assert_eq!(run["postgres"]["from"], "\"deal\" AS t0 LEFT JOIN \"user\" AS t1 ON t1.\"id\" = t0.\"boss\"");
    assert_eq!(run["postgres"]["parameters"], serde_json::json!([]));
}

#[test]
fn what_is_the_same_for_every_record_is_shown_as_such() {
    let folder = Folder::with("deal.yaml", DEAL);
    for (expression, shown) in [
        ("pieces == 2.5", "FALSE"),
        ("not (pieces == 2.5)", "TRUE"),
        ("pieces < ()", "FALSE"),
        ("amount == 2.505", "FALSE"),
        ("1 < 2", "TRUE"),
        ("1 + 2", "3"),
        ("[\"a\", \"b\"]", "[\"a\", \"b\"]"),
        ("()", "()"),
    ] {
        let run = folder.run(&["eval", "deal", expression, "--sql"]).ends_with(0);
        assert_eq!(run.stdout.matches(&format!("\n  {shown}\n")).count(), 2, "`{expression}`:\n{}", run.stdout);
    }
    // Who acts is somebody, not nobody.
    let run = folder.run(&["eval", "deal", "boss == me", "--sql"]).ends_with(0);
    assert!(run.stdout.contains("t0.\"boss\" = ?1"), "{}", run.stdout);
}

#[test]
fn an_expression_may_begin_with_a_minus() {
    let folder = Folder::with("deal.yaml", DEAL);
    for (expression, expected) in [("-amount", "-2.5"), ("-(amount) > 5", "false"), ("-3", "-3"), ("- amount", "-2.5")]
    {
        let run = folder.run(&["eval", "deal", expression, "--record", r#"{"amount": "2.5"}"#]).ends_with(0);
        assert_eq!(run.stdout.trim_end(), expected, "`{expression}`");
        let run = folder.run(&["eval", "deal", "--record", r#"{"amount": "2.5"}"#, expression]).ends_with(0);
        assert_eq!(run.stdout.trim_end(), expected, "`{expression}`");
    }
    folder.run(&["eval", "deal", "-amount > 5", "--sql"]).ends_with(0);
    folder.run(&["eval", "deal", "--sql", "-amount > 5"]).ends_with(0);
}

#[test]
fn a_pack_works_the_same_with_a_prefix() {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/runtime/definition/tests/prefixed/clinic");
    for prefix in ["", "cl_"] {
        let folder = Folder::new();
        let prefixed = if prefix.is_empty() { String::new() } else { format!(", prefix: {prefix}") };
        let listed = format!("workspace: acme\npacks: {{base: stock, clinic: {{path: '{pack}'{prefixed}}}}}\n");
        folder.write("workspace.yaml", &listed);
        let run = folder.run(&["test", "--filter", "a visit is seen"]).ends_with(0);
        assert!(run.stdout.contains("1 passed, 0 failed"), "{}", run.stdout);

        folder.run(&["apply"]).ends_with(0);
        folder.write("visits.csv", "Reason,Who,Room\nCold,Anna,A\nCough,Ben,\n");
        let (entity, mapping) = (format!("{prefix}visit"), format!("{prefix}visits"));
        let file = folder.path().join("visits.csv").display().to_string();
        let run = folder.run(&["import", &entity, &file, "--map", &mapping, "--format", "json"]).ends_with(0).json();
        assert_eq!((run["created"].as_i64(), run["updated"].as_i64()), (Some(1), Some(1)), "{run}");
    }
}
