//! Keys of fields that say what becomes of what was written: what stays, how many there may be, what a copy takes over,
//! at which rate money is valued. On both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::deploy::fill::{Round, Standing};
use fichero_engine::value::json as codec;
use fichero_engine::{Command, Mode};
use fichero_model::value::Currency;
use serde_json::{Value as Json, json};
use world::{World, codes, id, model, nothing, on_each};

const CONTRACTS: &str = r#"
entity: person
fields:
  name: {type: text, required: true}
---
entity: contract
fields:
  name: {type: text, required: true, append_only: true}
  remarks: {type: longtext, append_only: true}
  marks: {type: text, many: true, append_only: true}
  signers: {type: ref, to: person, many: true, append_only: true, on_delete: restrict}
  signed: {type: date, append_only: true}
  agreed: {type: boolean, append_only: true}
  state: {type: choice, options: [open, closed]}
  lines: {type: lines, of: contract_line, append_only: true}
  total: {type: decimal, scale: 2, rollup: sum(lines.amount)}
rules:
  backdated:
    on: save
    if: state == "closed"
    set: {signed: 2020-01-01}
---
entity: contract_line
title: label
fields:
  contract: {type: ref, to: contract, required: true, on_delete: cascade}
  label: text
  amount: {type: decimal, scale: 2}
  twice: {type: decimal, scale: 2, compute: amount * 2}
---
entity: entry
append_only: true
fields:
  ledger: {type: ref, to: ledger, required: true, on_delete: cascade}
  text: text
---
entity: ledger
fields:
  name: text
  entries: {type: lines, of: entry}
"#;

async fn contract(world: &World) -> Json {
    let anna = world.create("person", json!({"name": "Anna"})).await;
    world
        .create(
            "contract",
            json!({
                "name": "Lease", "remarks": "Sent.", "marks": ["a", "b"], "signers": [id(&anna)], "signed": "2026-02-01",
                "lines": [{"label": "Rent", "amount": "10.00"}, {"label": "Heat", "amount": "2.00"}],
            }),
        )
        .await
}

#[test]
fn what_is_written_stays_and_more_comes_behind() {
    on_each(CONTRACTS, async |world| {
        let contract = contract(world).await;
        let it = id(&contract);
        for (body, wrong) in [
            (json!({"name": "Sale"}), "name: append_only"),
            (json!({"remarks": null}), "remarks: append_only"),
            (json!({"remarks": "Not sent."}), "remarks: append_only"),
            (json!({"marks": ["a"]}), "marks: append_only"),
            (json!({"marks": ["b", "a"]}), "marks: append_only"),
            (json!({"marks": ["a", "c", "b"]}), "marks: append_only"),
            (json!({"signers": []}), "signers: append_only"),
            (json!({"signed": "2026-02-02"}), "signed: append_only"),
            (json!({"signed": null}), "signed: append_only"),
            // What a rule would take away stays too.
            (json!({"state": "closed"}), "signed: append_only"),
        ] {
            assert_eq!(codes(world.try_update("contract", it, body.clone()).await), [wrong], "{body}");
        }
        let bruno = world.create("person", json!({"name": "Bruno"})).await;
        let signers = json!([contract["signers"][0], id(&bruno)]);
        let more = json!({
            "name": "Lease 2", "remarks": "Sent.\nRead.", "marks": ["a", "b", "c"], "signers": signers, "agreed": true,
        });
        let grown = world.update("contract", it, more).await;
        assert_eq!(grown["marks"], json!(["a", "b", "c"]));
        assert_eq!(grown["signers"], signers);
        assert_eq!(grown["signed"], "2026-02-01");
        assert_eq!(codes(world.try_update("contract", it, json!({"agreed": false})).await), ["agreed: append_only"]);
        assert_eq!(
            codes(world.delete("person", id(&bruno)).await),
            ["restrict"],
            "an entry is not taken away by another"
        );
    });
}

#[test]
fn what_is_empty_may_be_filled_later() {
    on_each(CONTRACTS, async |world| {
        let contract = world.create("contract", json!({"name": "Sale", "agreed": false})).await;
        let filled = json!({"signed": "2026-03-01", "remarks": "New", "marks": ["x"], "agreed": true});
        let filled = world.update("contract", id(&contract), filled).await;
        assert_eq!(filled["signed"], "2026-03-01");
        // The same again takes nothing away.
        assert_eq!(world.update("contract", id(&contract), json!({"signed": "2026-03-01"})).await["version"], 2);
    });
}

#[test]
fn lines_are_added_and_stay_as_they_are() {
    on_each(CONTRACTS, async |world| {
        let contract = contract(world).await;
        let it = id(&contract);
        let stored = world.get_expanded("contract", it, &["lines"]).await["lines"].clone();
        let (rent, heat) = (json!({"id": stored[0]["id"]}), json!({"id": stored[1]["id"]}));
        let water = json!({"label": "Water", "amount": "1.00"});
        let dearer = json!({"id": stored[0]["id"], "amount": "11.00"});
        let overridden = json!({"id": stored[0]["id"], "twice": "1.00"});
        for (lines, wrong) in [
            (json!([]), "lines: append_only"),
            (json!([rent]), "lines: append_only"),
            (json!([heat, rent]), "lines: append_only"),
            (json!([water, rent, heat]), "lines: append_only"),
            (json!([dearer, heat]), "lines[0].amount: append_only"),
            (json!([overridden, heat]), "lines[0].twice: append_only"),
        ] {
            let refused = world.try_update("contract", it, json!({"lines": lines.clone()})).await;
            assert_eq!(codes(refused), [wrong], "{lines}");
        }
        let grown = world.update("contract", it, json!({"lines": [rent, heat, water]})).await;
        assert_eq!(grown["total"], "13.00");
        // Nor by the side door.
        let line = stored[0]["id"].as_str().unwrap();
        assert_eq!(codes(world.try_update("contract_line", line, json!({"label": "Hire"})).await), ["append_only"]);
        assert_eq!(codes(world.delete("contract_line", line).await), ["append_only"]);
        assert_eq!(codes(world.purge("contract_line", line).await), ["append_only"]);
        let oil = json!({"contract": it, "label": "Oil", "amount": "1.00"});
        world.create("contract_line", oil).await;
        assert_eq!(world.get("contract", it).await["total"], "14.00");
        // They go with what they belong to.
        world.delete("contract", it).await.unwrap();
        world.restore("contract", it).await.unwrap();
        assert_eq!(world.get("contract", it).await["total"], "14.00");
    });
}

#[test]
fn records_that_are_only_added_are_kept_through_their_parent_too() {
    on_each(CONTRACTS, async |world| {
        let ledger = world.create("ledger", json!({"name": "2026", "entries": [{"text": "Opening"}]})).await;
        let stored = world.get_expanded("ledger", id(&ledger), &["entries"]).await["entries"].clone();
        let refused = world.try_update("ledger", id(&ledger), json!({"entries": []})).await;
        assert_eq!(codes(refused), ["entries: append_only"]);
        let altered = json!({"entries": [{"id": stored[0]["id"], "text": "Closing"}]});
        assert_eq!(codes(world.try_update("ledger", id(&ledger), altered).await), ["entries[0].text: append_only"]);
    });
}

const LISTS: &str = r#"
type: tag
of: text
max: 5
---
entity: person
fields: {name: text}
---
entity: team_of_players
fields:
  name: text
  tags: {type: tag, many: true, max: 3}
  colours: {type: choice, many: true, min: 2, options: [red, green, blue]}
  players: {type: ref, to: person, many: true, min: 2, max: 3}
"#;

#[test]
fn a_list_holds_as_many_entries_as_it_may() {
    on_each(LISTS, async |world| {
        let mut people = Vec::new();
        for name in ["Ana", "Ben", "Cleo", "Dan"] {
            people.push(id(&world.create("person", json!({"name": name})).await).to_owned());
        }
        for (body, wrong) in [
            (json!({"tags": ["a", "b", "c", "d"]}), "tags: too_many_values"),
            (json!({"tags": ["longer"]}), "tags: too_long"),
            (json!({"colours": ["red"]}), "colours: too_few_values"),
            (json!({"players": people[..1]}), "players: too_few_values"),
            (json!({"players": people}), "players: too_many_values"),
        ] {
            assert_eq!(codes(world.try_create("team_of_players", body.clone()).await), [wrong], "{body}");
        }
        let made = json!({"tags": ["a", "b", "c"], "colours": ["red", "blue"], "players": people[..3]});
        let made = world.create("team_of_players", made).await;
        // A list without entries is none.
        let emptied = json!({"colours": [], "players": []});
        assert_eq!(world.update("team_of_players", id(&made), emptied).await["players"], json!([]));
        let refused = world.try_update("team_of_players", id(&made), json!({"players": people[..1]})).await;
        assert_eq!(codes(refused), ["players: too_few_values"]);
    });
}

const QUOTES: &str = r#"
entity: product
fields:
  name: text
  price: {type: decimal, scale: 2}
---
entity: quote
title: name
fields:
  name: text
  code: {type: text, external: true}
  number: {type: sequence, pattern: "Q-{###}"}
  kind: {type: choice, default: plain, options: {plain: Plain, fancy: Fancy, old: {retired: true}}}
  note: {type: text, default: Made by us}
  secret: {type: text, clone: false, default: None yet}
  sent_on: {type: date, once: true}
  priced_by: {type: text, once: true, clone: true}
  done: boolean
  checked_by: {type: text, readonly_if: done}
  discount: {type: decimal, scale: 2, compute: '5'}
  margin: {type: decimal, scale: 2, compute: '7', clone: true}
  products: {type: ref, to: product, many: true}
  amount: {type: money}
  lines: {type: lines, of: quote_line}
  total: {type: decimal, scale: 2, rollup: sum(lines.price)}
---
entity: quote_line
title: label
fields:
  quote: {type: ref, to: quote, required: true, on_delete: cascade}
  label: text
  product: {type: ref, to: product}
  price: {type: decimal, scale: 2, copy: product.price}
---
pipeline: quote_process
entity: quote
stages: {draft: {}, sent: {}}
---
data: rates
entity: rate
rows:
  usd: {currency: USD, day: 2026-01-01, rate: 0.5}
---
entity: rate
exchange_rates: {currency: currency, date: day, rate: rate}
fields: {currency: text, day: date, rate: {type: decimal, scale: 6}}
"#;

async fn clone(world: &World, record: &Json, with: Json) -> Json {
    let reference = world.reference("quote", id(record));
    let input = codec::input(&world.engine.live().model, reference.entity, &with).unwrap();
    let command = Command::Clone { entity: reference.entity, id: reference.id, input };
    world.run(command).await.unwrap_or_else(|refusal| panic!("{refusal:?}")).body.unwrap().json()
}

#[test]
fn a_copy_takes_over_what_may_be_the_same_in_two() {
    on_each(QUOTES, async |world| {
        world.create("rate", json!({"currency": "USD", "day": "2026-01-01", "rate": "0.5"})).await;
        let bolt = world.create("product", json!({"name": "Bolt", "price": "2.00"})).await;
        let nut = world.create("product", json!({"name": "Nut", "price": "1.00"})).await;
        let quote = world
            .create(
                "quote",
                json!({
                    "name": "Bolts", "code": "B1", "kind": "fancy", "note": null, "secret": "s", "sent_on": "2026-01-01",
                    "priced_by": "Anna", "checked_by": "Boris", "discount": "3.00", "margin": "4.00",
                    "products": [id(&bolt), id(&nut)], "amount": "10.00", "amount_currency": "USD",
                    "lines": [{"label": "Many", "product": id(&bolt), "price": "1.50"}],
                }),
            )
            .await;
        world.transition("quote", id(&quote), "sent", nothing()).await.unwrap();
        world.update("quote", id(&quote), json!({"done": true})).await;
        let copy = clone(world, &quote, nothing()).await;
        for (field, value) in [
            ("name", json!("Bolts")),
            ("code", Json::Null),
            ("number", json!("Q-002")),
            ("kind", json!("fancy")),
            ("note", Json::Null),
            ("secret", json!("None yet")),
            ("sent_on", Json::Null),
            ("priced_by", json!("Anna")),
            ("done", json!(true)),
            ("checked_by", json!("Boris")),
            ("discount", json!("5.00")),
            ("margin", json!("4.00")),
            ("products", json!([id(&bolt), id(&nut)])),
            ("amount", json!("10.00")),
            ("amount_base", json!("5.00")),
            ("total", json!("1.50")),
            ("stage", json!("draft")),
            ("version", json!(1)),
        ] {
            assert_eq!(copy[field], value, "{field} of {copy}");
        }
        assert_ne!(id(&copy), id(&quote));
        assert_eq!(world.get("quote", id(&quote)).await["total"], "1.50", "the first keeps its lines");
    });
}

#[test]
fn what_is_given_with_a_copy_goes_before() {
    on_each(QUOTES, async |world| {
        let nut = world.create("product", json!({"name": "Nut", "price": "1.00"})).await;
        let lines = json!([{"label": "Many", "product": id(&nut), "price": "1.50"}]);
        let quote = world.create("quote", json!({"name": "Nuts", "lines": lines})).await;
        let copy = clone(world, &quote, json!({"name": "Other nuts", "code": "N2", "lines": []})).await;
        assert_eq!(
            (&copy["name"], &copy["code"], &copy["total"]),
            (&json!("Other nuts"), &json!("N2"), &json!("0.00"))
        );
        let gone = world.reference("quote", &world::nobody());
        let command = Command::Clone { entity: gone.entity, id: gone.id, input: Default::default() };
        assert_eq!(codes(world.engine.command(&world.actor, command, Mode::Live, None).await), ["not_found"]);
    });
}

const INVOICES: &str = r#"
entity: rate
exchange_rates: {currency: currency, date: day, rate: rate}
fields: {currency: text, day: date, rate: {type: decimal, scale: 6}}
---
entity: invoice
fields:
  name: text
  sent: boolean
  amount: {type: money, fix_rate_if: sent}
  plain: money
  items: {type: lines, of: item}
---
entity: item
title: label
fields:
  invoice: {type: ref, to: invoice, required: true, on_delete: cascade}
  label: text
  price: {type: money, fix_rate_if: invoice.sent}
"#;

#[test]
fn a_rate_is_fixed_when_its_condition_turns_true() {
    on_each(INVOICES, async |world| {
        let rate = async |day: &str, rate: &str| {
            world.create("rate", json!({"currency": "USD", "day": day, "rate": rate})).await;
        };
        rate("2026-03-01", "0.5").await;
        let money = json!({"amount": "10.00", "amount_currency": "USD", "plain": "10.00", "plain_currency": "USD"});
        let invoice = world.create("invoice", money).await;
        assert_eq!((&invoice["amount_base"], &invoice["plain_base"]), (&json!("5.00"), &json!("5.00")));
        rate("2026-03-02", "0.6").await;
        // What a rate does is nobody's change.
        let untouched = world.update("invoice", id(&invoice), json!({})).await;
        assert_eq!((&untouched["version"], &untouched["amount_base"]), (&json!(1), &json!("5.00")));
        // Until then every save values it anew; other money is worth what it was when it was given.
        let named = world.update("invoice", id(&invoice), json!({"name": "First"})).await;
        assert_eq!((&named["amount_base"], &named["plain_base"]), (&json!("6.00"), &json!("5.00")));
        assert_eq!(world.history("invoice", id(&invoice)).await[0]["changes"], json!({"name": [null, "First"]}));
        let sent = world.update("invoice", id(&invoice), json!({"sent": true})).await;
        assert_eq!(sent["amount_base"], "6.00");
        world.clock.advance_to("2026-03-05T09:00:00Z".parse().unwrap());
        rate("2026-03-04", "0.9").await;
        let later = world.update("invoice", id(&invoice), json!({"name": "Second"})).await;
        assert_eq!(later["amount_base"], "6.00");
        // Another amount is worth as much of it; another currency has no rate that was fixed.
        let more = world.update("invoice", id(&invoice), json!({"amount": "15.00"})).await;
        assert_eq!(more["amount_base"], "9.00");
        let own = world.update("invoice", id(&invoice), json!({"amount": "15.00", "amount_currency": "EUR"})).await;
        assert_eq!(own["amount_base"], "15.00");
        let open = json!({"amount": "10.00", "amount_currency": "USD", "sent": false});
        assert_eq!(world.update("invoice", id(&invoice), open).await["amount_base"], "9.00");
    });
}

#[test]
fn a_currency_needs_an_amount() {
    on_each(INVOICES, async |world| {
        world.create("rate", json!({"currency": "USD", "day": "2026-03-01", "rate": "0.5"})).await;
        for body in [
            json!({"name": "A", "amount_currency": "USD"}),
            json!({"name": "A", "amount_currency": "XQZ"}),
            json!({"name": "A", "amount_currency": "USD", "amount": null}),
            json!({"name": "A", "amount": null, "amount_currency": "USD"}),
        ] {
            assert_eq!(codes(world.try_create("invoice", body.clone()).await), ["amount: no_amount"], "{body}");
        }
        let line = json!({"name": "A", "items": [{"label": "a", "price_currency": "USD"}]});
        assert_eq!(codes(world.try_create("invoice", line).await), ["items[0].price: no_amount"]);
        let nothing = json!({"name": "A", "amount": null, "amount_currency": null});
        let invoice = world.create("invoice", nothing).await;
        let it = id(&invoice);
        let dollars = json!({"amount_currency": "USD"});
        assert_eq!(codes(world.update_at("invoice", it, dollars.clone(), None).await), ["amount: no_amount"]);
        // Of an amount that there is, it says what the amount is in.
        world.update("invoice", it, json!({"amount": "10.00"})).await;
        let changed = world.update("invoice", it, dollars).await;
        assert_eq!((&changed["amount"], &changed["amount_base"]), (&json!("10.00"), &json!("5.00")));
        let emptied = json!({"amount": null, "amount_currency": "USD"});
        assert_eq!(codes(world.update_at("invoice", it, emptied, None).await), ["amount: no_amount"]);
    });
}

#[test]
fn a_rate_is_fixed_by_what_the_parent_was_before() {
    on_each(INVOICES, async |world| {
        world.create("rate", json!({"currency": "USD", "day": "2026-03-01", "rate": "0.5"})).await;
        let items = json!([{"label": "a", "price": "10.00", "price_currency": "USD"}]);
        let invoice = world.create("invoice", json!({"name": "One", "items": items})).await;
        let it = id(&invoice);
        let item = world.get_expanded("invoice", it, &["items"]).await["items"][0].clone();
        world.create("rate", json!({"currency": "USD", "day": "2026-03-02", "rate": "0.6"})).await;
        // The command that sends it is the last that values it by the rates of the day.
        let price = |price: &str| json!([{"id": item["id"], "price": price, "price_currency": "USD"}]);
        world.update("invoice", it, json!({"sent": true, "items": price("20.00")})).await;
        assert_eq!(world.get("item", id(&item)).await["price_base"], "12.00");
        world.clock.advance_to("2026-03-05T09:00:00Z".parse().unwrap());
        world.create("rate", json!({"currency": "USD", "day": "2026-03-04", "rate": "0.9"})).await;
        world.update("invoice", it, json!({"sent": false, "items": price("40.00")})).await;
        assert_eq!(world.get("item", id(&item)).await["price_base"], "24.00");
        world.update("invoice", it, json!({"items": price("50.00")})).await;
        assert_eq!(world.get("item", id(&item)).await["price_base"], "45.00");
    });
}

#[test]
fn another_workspace_currency_values_all_money_anew() {
    on_each(INVOICES, async |world| {
        for (currency, rate) in [("USD", "0.5"), ("EUR", "2")] {
            world.create("rate", json!({"currency": currency, "day": "2026-03-01", "rate": rate})).await;
        }
        let money = json!({"amount": "10.00", "amount_currency": "EUR", "plain": "10.00", "plain_currency": "EUR"});
        let open = world.create("invoice", money.clone()).await;
        let sent = world.create("invoice", money).await;
        world.update("invoice", id(&sent), json!({"sent": true})).await;
        let mut model = model(INVOICES);
        model.workspace.currency = Currency::parse("USD").unwrap();
        world.publish(model).await;
        let mut round = Round::new(&world.engine);
        while !matches!(round.batch().await.unwrap(), Standing::Done) {}
        for invoice in [open, sent] {
            let valued = world.get("invoice", id(&invoice)).await;
            assert_eq!((&valued["amount_base"], &valued["plain_base"]), (&json!("20.00"), &json!("20.00")), "{valued}");
        }
    });
}
