//! What keys of fields do on pages: what stays, what a copy takes over, what options say of themselves.

use serde_json::json;

use crate::browser::Page;
use crate::world::on_each_with;

const CONTRACTS: &str = r#"
entity: person
fields: {name: {type: text, required: true}}
---
entity: contract
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  signed: {type: date, append_only: true}
  seen: {type: date, once: true}
  remarks: {type: longtext, append_only: true}
  marks: {type: choice, many: true, append_only: true, options: [red, green, blue]}
  signers: {type: ref, to: person, many: true, append_only: true, on_delete: restrict}
  kind:
    type: choice
    options:
      sale: {label: Sale, help: It is theirs for good, icon: target}
      lease: {label: Lease, help: It comes back}
      loan: {label: Loan}
      gift: {label: Gift}
      other: {label: Other}
  lines: {type: lines, of: contract_line, append_only: true}
  clause: {type: text, readonly_if: name == "Lease"}
---
entity: contract_line
title: label
fields:
  contract: {type: ref, to: contract, required: true, on_delete: cascade}
  label: {type: text, required: true}
  note: {type: text, clone: false}
---
pipeline: contract_process
entity: contract
stages:
  draft: {label: Draft, help: Nobody has seen it, icon: edit}
  sent: {label: Sent}
"#;

#[test]
fn what_is_kept_is_shown_and_not_asked() {
    on_each_with(CONTRACTS, async |world| {
        let anna = world.create("person", json!({"name": "Anna"})).await;
        let boris = world.create("person", json!({"name": "Boris"})).await;
        let body = json!({
            "name": "Lease", "signed": "2026-02-01", "seen": "2026-02-02", "remarks": "Sent.", "marks": ["green"],
            "signers": [anna], "lines": [{"label": "Rent"}],
        });
        let contract = world.create("contract", body).await;
        let address = format!("/contract/{contract}/edit");
        let mut browser = world.browser("ana").await;
        let page = browser.open(&address).await;
        let mut form = page.form(&address);
        assert!(!form.has("signed") && !form.has("seen"), "{}", page.text());
        assert!(!form.has("lines.0.label"), "a line that is stored is not asked for");
        assert!(!page.body.contains("value=\"remove:lines:0\""), "nor can it be removed");
        let saved = browser.save(&form).await;
        assert_eq!(world.get("contract", &contract).await["version"], 1, "{}", saved.text());
        // More may come: red stands before green among the options, and comes behind it all the same.
        form.add("marks", "red").add("signers", &boris).add("lines.1.label", "Heat").set("remarks", "Sent.\nRead.");
        browser.save(&form).await;
        let grown = world.get("contract", &contract).await;
        assert_eq!((&grown["marks"], &grown["signers"]), (&json!(["green", "red"]), &json!([anna, boris])));
        assert_eq!(grown["lines"][0]["label"], "Rent");
        assert_eq!(grown["lines"][1]["label"], "Heat");
        let mut form = browser.open(&address).await.form(&address);
        form.set("remarks", "Never sent.");
        let refused = browser.submit(&form).await;
        assert!(refused.text().contains("Remarks only grows"), "{}", refused.text());
    });
}

#[test]
fn a_copy_begins_with_what_may_be_the_same() {
    on_each_with(CONTRACTS, async |world| {
        let body = json!({
            "name": "Draft", "code": "L1", "signed": "2026-02-01", "seen": "2026-02-02", "marks": ["green"],
            "clause": "Forty",
            "lines": [{"label": "Rent", "note": "For Anna"}],
        });
        let contract = world.create("contract", body).await;
        world.update("contract", &contract, json!({"name": "Lease"})).await;
        let mut browser = world.browser("ana").await;
        let page = browser.open(&format!("/contract/new?_from={contract}")).await;
        let mut form = page.form("/contract");
        assert_eq!([form.value("name"), form.value("code"), form.value("seen")], ["Lease", "", ""]);
        assert_eq!([form.value("lines.0.label"), form.value("lines.0.note")], ["Rent", ""]);
        assert_eq!(form.value("signed"), "2026-02-01");
        // What is not asked comes along as well; what was taken out of the form does not.
        assert!(!form.has("clause") && page.text().contains("Forty"), "{}", page.text());
        let copy = browser.submit(&form).await;
        let id = led_to(&copy);
        let made = world.get("contract", &id).await;
        assert_eq!((&made["clause"], &made["lines"][0]["label"]), (&json!("Forty"), &json!("Rent")), "{made}");
        form.add("_do", "remove:lines:0");
        let without = browser.submit(&form).await.form("/contract");
        let saved = browser.submit(&without).await;
        let id = led_to(&saved);
        assert_eq!(world.get("contract", &id).await["lines"], json!([]));
    });
}

/// The record whose page an answer leads to.
fn led_to(answer: &Page) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let path = answer.location().split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn options_and_stages_say_what_they_mean() {
    on_each_with(CONTRACTS, async |world| {
        let contract = world.create("contract", json!({"name": "Lease", "kind": "lease"})).await;
        let mut browser = world.browser("ana").await;
        let page = browser.open(&format!("/contract/{contract}")).await;
        assert!(page.body.contains("title=\"It comes back\""), "{}", page.body);
        assert!(page.body.contains("title=\"Nobody has seen it\""), "{}", page.body);
        let page = browser.open(&format!("/contract/{contract}/edit")).await;
        assert!(page.body.contains("<option value=\"sale\" title=\"It is theirs for good\">"), "{}", page.body);
        assert!(page.text().contains("It comes back"), "the chosen one says so beside the input: {}", page.text());
    });
}
