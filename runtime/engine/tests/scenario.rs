//! Scenario tests run as they are written, on both databases, and say why they fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::scenario::{self, Outcome, Pages, Run, Template};
use fichero_engine::{Actor, Engine};
use fichero_model::clock::{Ids, SystemIds};
use fichero_store::scratch::Ground;
use fichero_test_support::{Postgres, scratch_dir};
use world::model;

const CLINIC: &str = r#"
entity: patient
fields:
  name: {type: text, required: true, max: 40, validate: {short: {if: len(value) < 2, message: Too short}}}
  code: {type: text, external: true}
  doctor: {type: ref, to: user, default: =me}
  allergies: {type: text, many: true, append_only: true, max: 3}
  visits: {type: children, of: visit, by: patient}
  spent: {type: money, rollup: sum(visits.price)}
  seen: datetime
rules:
  no_doubles:
    on: save
    if: name == "Double"
    reject: {field: name, message: No doubles}
---
entity: visit
title: number
fields:
  number: {type: sequence, pattern: "V-{YYYY}-{###}", per: year}
  patient: {type: ref, to: patient, required: true, on_delete: cascade}
  price: money
  day: {type: date, default: =today()}
---
pipeline: visit_process
entity: visit
field: state
stages:
  planned: {}
  done: {closed: true, require: [price]}
transitions:
  planned: [done]
  done: []
---
data: people
entity: user
rows:
  house: {name: Gregory House, login: house}
---
data: patients
entity: patient
rows:
  zero: {name: Patient zero, code: P-0}
"#;

const PASSING: &str = r#"
test: given, created, found and expected
at: 2026-03-02T09:00 Europe/Madrid
given:
  visit: {first: {patient: ana, price: 30}}
  patient: {ana: {name: Ana, code: P-1, doctor: house}, bea: {name: Bea, doctor: =ana.doctor}}
steps:
  known: {expect: 'ana.doctor.login == "house" and first.patient == ana and ana.spent == 30 and bea.doctor == ana.doctor'}
  second: {create: visit, set: {patient: =ana, price: 12.50}}
  numbered: {expect: 'second.number == "V-2026-002" and second.day == today() and ana.spent == 42.50'}
  both: {find: {from: visit, where: patient == ana, sort: -price}}
  listed: {expect: 'count(both) == 2 and both.any(|v| v == second)'}
  dearest: {find: {from: visit, sort: -price, first: true}}
  is_first: {expect: dearest == first}
  gone: {delete: =ana}
  no_visits: {find: {from: visit}}
  none: {expect: count(no_visits) == 0}
  back: {restore: =ana}
  some: {find: {from: visit}}
  two: {expect: count(some) == 2}
---
test: stock data is there, demo data is not, and who acts is known
as: house
steps:
  made: {create: patient, set: {name: Carla}}
  his: {expect: 'made.doctor.login == "house" and made.created_by == made.doctor'}
  zero: {find: {from: patient, where: code == "P-0", first: true}}
  there: {expect: 'zero.name == "Patient zero"'}
---
test: what is refused is refused for its reason
given: {patient: {ana: {name: Ana, code: P-1}}}
steps:
  visit: {create: visit, set: {patient: =ana}}
  nameless: {refused: {create: patient, set: {code: P-2}}, because: name.required}
  twice: {refused: {create: patient, set: {name: Another, code: P-1}}, because: unique}
  double: {refused: {update: =ana, set: {name: Double}}, because: no_doubles}
  short: {refused: {update: =ana, set: {name: A}}, because: name.short}
  priceless: {refused: {transition: {record: =visit, to: done}}, because: price.required}
  any_reason: {refused: {create: patient}}
  unchanged: {expect: 'ana.name == "Ana"'}
---
test: an allergy that was noted stays, and there is room for three
steps:
  ana: {create: patient, set: {name: Ana, allergies: [latex]}}
  more: {update: =ana, set: {allergies: [latex, pollen]}}
  fewer: {refused: {update: =ana, set: {allergies: [pollen]}}, because: allergies.append_only}
  too_many: {refused: {update: =ana, set: {allergies: [latex, pollen, nuts, dust]}}, because: allergies.too_many_values}
  first_two: {find: {from: patient, sort: name, limit: 2}}
  at_most: {expect: 'count(first_two) == 2 and "latex" in ana.allergies'}
---
test: time passes and crashes are survived
at: 2026-12-31T23:00 Europe/Madrid
given: {patient: {ana: {name: Ana}}}
steps:
  one: {create: visit, set: {patient: =ana}}
  wait: {advance: 2 hours}
  crash: {restart: true}
  two: {create: visit, set: {patient: =ana}}
  new_year: {expect: 'one.number == "V-2026-001" and two.number == "V-2027-001" and two.day == one.day + days(1)'}
  later: {advance_to: "2027-03-01T10:00 Europe/Madrid"}
  far: {create: visit, set: {patient: =ana}}
  march: {expect: month(far.day) == 3}
---
test: no mail was sent, and a page is shown
given: {patient: {ana: {name: Ana}}}
steps:
  quiet: {mails: 0}
  page: {page: {path: /patient, shows: [Ana, =ana.name], hides: Bea}}
"#;

const FAILING: &str = r#"
test: an expectation shows both sides
given: {patient: {ana: {name: Ana}}}
steps:
  visit: {create: visit, set: {patient: =ana, price: 20}}
  wrong: {expect: ana.spent == 25 and visit.patient == ana and ana.name == "Bea"}
---
test: lists and conditions are shown too
given: {patient: {ana: {name: Ana}}}
steps:
  visit: {create: visit, set: {patient: =ana, price: 20}}
  wrong: {expect: 'ana.visits.any(|v| v.price > 20) or ana.name in ["Bea", "Eva"] or ana.seen != ()'}
---
test: a step that is refused says why
steps:
  nameless: {create: patient, set: {code: P-1}}
---
test: the wrong reason is no reason
given: {patient: {ana: {name: Ana}}}
steps:
  wrong: {refused: {update: =ana, set: {name: Double}}, because: unique}
---
test: what should have been refused was done
given: {patient: {ana: {name: Ana}}}
steps:
  wrong: {refused: {update: =ana, set: {name: Bea}}}
---
test: moments are shown on both sides
at: 2026-03-29T02:30 Europe/Madrid
steps:
  wrong: {expect: 'now() == datetime("2026-03-29T03:30")'}
---
test: time does not run backwards
at: 2026-03-02T09:00
steps:
  wrong: {advance_to: 2026-03-01T09:00}
---
test: given records are checked
given: {patient: {ana: {name: Double}}}
steps:
  never: {expect: true}
---
test: mails are counted
steps:
  wrong: {mails: {count: 1, to: ana@clinic.example}}
---
test: a page shows what it should
steps:
  wrong: {page: {path: /patient, shows: Zoe, hides: Ana}}
"#;

struct Shown;

impl Pages for Shown {
    fn open(&self, engine: &Engine, _: &Actor, path: &str) -> Result<String, String> {
        let entity = path.trim_start_matches('/');
        match engine.live().model.entity(entity) {
            Some(_) => Ok(format!("{entity}: Ana, Carla")),
            None => Err(format!("there is no page `{path}`")),
        }
    }
}

fn on_each(tests: &str, check: impl Fn(Vec<Outcome>)) {
    let model = Arc::new(model(&format!("{CLINIC}---{tests}")));
    let folder = scratch_dir();
    let server = Postgres::shared().map(|server| Ground::Server(server.url().to_owned()));
    let ids = SystemIds::new();
    for ground in [Ground::Folder(folder.path().to_owned())].into_iter().chain(server) {
        let template =
            Template::new(ground, Arc::clone(&model), &ids as &dyn Ids, "2026-01-01T00:00:00Z".parse().unwrap())
                .unwrap();
        let run =
            Run { model: &model, template: &template, pages: Some(&Shown), threads: 2, filter: None, ended: &|_| {} };
        check(scenario::run(&run));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the databases are gone");
}

#[test]
fn what_should_pass_passes() {
    on_each(PASSING, |outcomes| {
        let failed: Vec<String> =
            outcomes.iter().filter(|outcome| outcome.failure.is_some()).map(ToString::to_string).collect();
        assert_eq!(failed, Vec::<String>::new(), "{}", failed.join("\n"));
        assert_eq!(scenario::summary(&outcomes), "6 passed, 0 failed");
    });
}

#[test]
fn what_fails_says_why() {
    on_each(FAILING, |outcomes| {
        let told: Vec<String> = outcomes.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(
            "what_fails_says_why",
            format!("{}\n{}", told.join("\n"), scenario::summary(&outcomes))
        );
    });
}

#[test]
fn a_filter_chooses_by_name_and_pages_may_be_absent() {
    let model = Arc::new(model(&format!("{CLINIC}---{PASSING}")));
    let folder = scratch_dir();
    let ground = Ground::Folder(folder.path().to_owned());
    let template =
        Template::new(ground, Arc::clone(&model), &SystemIds::new(), "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let run =
        Run { model: &model, template: &template, pages: None, threads: 1, filter: Some("a page"), ended: &|_| {} };
    let outcomes = scenario::run(&run);
    assert_eq!(scenario::summary(&outcomes), "0 passed, 1 failed");
    assert!(outcomes[0].to_string().ends_with("it opens a page, and this run has no pages to show"), "{}", outcomes[0]);
}
