//! What a file seems to fill.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::import::guess::{Filled, Guess, guess};
use fichero_model::Model;
use fichero_model::data::Reading;

const FIRM: &str = r#"
type: mailbox
of: text
widget: email
---
type: phone_number
of: text
widget: phone
---
entity: account
fields:
  name: {type: text, required: true, label: {en: Account name, es: Nombre, ru: Название}}
  code: {type: text, external: true}
  email: mailbox
  mobile: phone_number
  size: {type: choice, options: {small: {label: {en: Small, es: Pequeña}}, large: Large}}
  founded: {type: integer, was: year_founded}
  revenue: money
  since: date
  ended: date
  postal_code: text
  open: boolean
  total: {type: integer, formula: 1 + 1}
"#;

fn guessed(model: &Model, csv: &str) -> Guess {
    let entity = model.entity("account").unwrap().0;
    guess(model, entity, csv.as_bytes(), "a.csv", &Reading::default()).unwrap()
}

/// The field of each column with how sure it is.
fn fields(guess: &Guess) -> Vec<(&str, Option<(&str, u8)>)> {
    let filled = |filled: &Filled| filled.sure;
    guess
        .columns
        .iter()
        .map(|column| {
            (column.header.as_str(), column.fills.as_ref().map(|fills| (fills.field.as_str(), filled(fills))))
        })
        .collect()
}

#[test]
fn headings_and_values_say_what_a_column_fills() {
    let model: Arc<Model> = Arc::new(world::model(FIRM));
    let csv = "Nombre;Customer ID;Correo;Tel.;YearFounded;Revenue;Since;PostalCode;Remark;Total;x\n\
               Acme;A1;a@acme.com;+34 600 11 22 33;1999;$1,234.50;31/12/2020;06897;good;2;Pequeña\n\
               Beta;A2;b@beta.com;(91) 555 22 82;2001;$12.00;02/13/2021;06898;bad;2;large\n";
    let guess = guessed(&model, csv);
    assert_eq!(
        fields(&guess),
        [
            ("Nombre", Some(("name", 98))),
            ("Customer ID", Some(("code", 70))),
            ("Correo", Some(("email", 80))),
            ("Tel.", Some(("mobile", 80))),
            ("YearFounded", Some(("founded", 88))),
            ("Revenue", Some(("revenue", 98))),
            ("Since", Some(("since", 98))),
            ("PostalCode", Some(("postal_code", 92))),
            ("Remark", None),
            ("Total", None),
            ("x", Some(("size", 60))),
        ]
    );
    assert_eq!(guess.matching, ["code"]);
    let of = |header: &str| guess.columns.iter().find(|column| column.header == header).unwrap().fills.clone().unwrap();
    assert_eq!(of("Revenue").formats, ["$1,234.56"]);
    assert_eq!(of("Since").formats, ["%d/%m/%Y", "%m/%d/%Y"]);
    let why = [of("Since").why, of("Correo").why].concat();
    insta::assert_snapshot!("why", why.join("\n"));
}

#[test]
fn values_that_do_not_fit_make_a_heading_unsure() {
    let model = world::model(FIRM);
    let csv = "name,founded,since,ended,email\nA,NULL,01/02/2020,soon,x\nB,NULL,03/04/2021,later,y\nC,1999,NULL,,z\n";
    let guess = guessed(&model, csv);
    let since = guess.columns[2].fills.as_ref().unwrap();
    assert!(since.why.iter().any(|why| why.ends_with("; they could be `%m/%d/%Y` as well")), "{:?}", since.why);
    assert_eq!(since.nothing, ["NULL"]);
    assert_eq!(
        fields(&guess)[1..],
        [("founded", Some(("founded", 100))), ("since", Some(("since", 100))), ("ended", None), ("email", None)]
    );
}

#[test]
fn a_heading_that_is_what_records_are_called_is_their_title() {
    let firm = FIRM.replace("entity: account\n", "entity: account\ntitle: name\nlabel: {en: Firm, es: Empresa}\n");
    let firm = firm.replace(
        "  open: boolean\n",
        "  open: boolean\n  parent: {type: ref, to: account, label: {en: Parent firm}}\n",
    );
    let model = world::model(&firm);
    for heading in ["Firm", "empresa", "account"] {
        let guess = guessed(&model, &format!("{heading},Founded\nA,1999\nB,2001\n"));
        assert_eq!(fields(&guess), [(heading, Some(("name", 85))), ("Founded", Some(("founded", 98)))]);
    }
}
