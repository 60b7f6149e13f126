//! Conditions that records hold as text are checked when they are written, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_model::label::Locale;
use serde_json::json;
use world::bring::{bring, counts};
use world::{codes, id, on_each};

const DEALS: &str = r#"
type: filter
of: longtext
clean: trim
widget: filter
---
entity: deal
title: name
fields: {name: text, amount: integer, stage: {type: choice, options: [open, won]}}
---
entity: list
title: name
fields:
  name: {type: text, required: true, external: true}
  deals: {type: filter, over: deal, default: amount > 0}
  many: {type: text, many: true, over: deal}
"#;

#[test]
fn a_condition_is_checked_where_it_is_written() {
    on_each(DEALS, async |world| {
        let list = world.create("list", json!({"name": "Won", "deals": " stage == \"won\" and amount > 100 "})).await;
        assert_eq!(list["deals"], "stage == \"won\" and amount > 100");
        assert_eq!(world.create("list", json!({"name": "Usual"})).await["deals"], "amount > 0");
        for (deals, told) in [
            ("stage == \"wom\"", "column 10"),
            ("price > 3", "column 1: `price` is neither a field of `deal`"),
            ("amount >", "column"),
            ("amount + 1", "is neither true nor false"),
            ("name == 3", "column"),
            ("list.name == \"x\"", "column 1"),
        ] {
            let refused = world.try_update("list", id(&list), json!({"deals": deals})).await;
            let text = refused.as_ref().unwrap_err().to_text(Locale::EN);
            assert!(text.contains(told), "{deals}: {text}");
            assert_eq!(codes(refused), ["deals: bad_filter"], "{deals}");
        }
        let many = world.try_update("list", id(&list), json!({"many": ["amount > 1", "amount"]})).await;
        assert_eq!(codes(many), ["many: bad_filter"]);
        assert_eq!(world.update("list", id(&list), json!({"deals": null})).await["deals"], json!(null));
    });
}

#[test]
fn an_import_rejects_a_row_whose_condition_is_none() {
    on_each(DEALS, async |world| {
        let csv = "name,deals\nBig,amount > 100\nBad,amout > 100\n";
        let brought = bring(world, "list", None, csv).await;
        assert_eq!(counts(&brought), [1, 0, 0, 1]);
        assert!(brought.rejects.contains("amout") && brought.rejects.contains("did you mean"), "{}", brought.rejects);
    });
}
