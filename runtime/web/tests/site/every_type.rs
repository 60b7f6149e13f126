//! Every type through every channel: what is given as JSON and what is typed in a form come to the same record, and it
//! comes back from an export to CSV, JSON lines and a workbook. What was seen on the way is the table of docs/types.md.

use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::path::Path;

use fichero_engine::export::{Format, Question};
use fichero_engine::import::{self, Request};
use fichero_engine::read::list::ListRequest;
use fichero_engine::read::search;
use fichero_engine::{Actor, Mode, Via};
use fichero_model::label::Locale;
use serde_json::{Map, Value as Json, json};

use crate::browser::Page;
use crate::world::{World, on_each_with};

const BASE: [&str; 2] = [
    include_str!("../../../../definitions/base/types.yaml"),
    include_str!("../../../../definitions/base/countries.yaml"),
];

/// A type with a value of it.
struct Case {
    /// What an author writes behind the field.
    definition: &'static str,
    /// As JSON takes it.
    given: Json,
    /// What is typed, by what stands behind the field's name in that of the input.
    typed: &'static [(&'static str, &'static str)],
    /// What JSON gives back, by what stands behind the field's name.
    kept: &'static [(&'static str, &'static str)],
    /// What `?field=` is asked with.
    sought: &'static str,
}

/// What the storage kinds and the types of `base` take and give back; `kept` is written as JSON.
fn cases() -> Vec<Case> {
    let case = |definition, given, typed, kept, sought| Case { definition, given, typed, kept, sought };
    vec![
        case("text", json!("Press"), &[("", "Press")], &[("", r#""Press""#)], "Press"),
        case("longtext", json!("One\ntwo"), &[("", "One\r\ntwo")], &[("", r#""One\ntwo""#)], ""),
        case("integer", json!(12), &[("", "12")], &[("", "12")], "12"),
        case("decimal", json!("12.5"), &[("", "12.5")], &[("", r#""12.5000""#)], "12.5"),
        case(
            "money",
            json!("12.5"),
            &[("", "12.5"), ("_currency", "EUR")],
            &[("", r#""12.50""#), ("_currency", r#""EUR""#), ("_base", r#""12.50""#)],
            "12.50",
        ),
        case("boolean", json!(true), &[("", "true")], &[("", "true")], "true"),
        case("date", json!("2026-03-31"), &[("", "2026-03-31")], &[("", r#""2026-03-31""#)], "2026-03-31"),
        case("time", json!("09:30"), &[("", "09:30")], &[("", r#""09:30:00""#)], "09:30"),
        case(
            "datetime",
            json!("2026-03-31T07:30:00Z"),
            &[("", "2026-03-31T09:30")],
            &[("", r#""2026-03-31T07:30:00Z""#)],
            "2026-03-31T07:30:00Z",
        ),
        case("duration", json!(5400), &[("", "1 h 30 min")], &[("", "5400")], "5400"),
        case(
            "{type: choice, options: [small, large]}",
            json!("large"),
            &[("", "large")],
            &[("", r#""large""#)],
            "large",
        ),
        case("json", json!({"a": [1, "b"]}), &[("", r#"{"a": [1, "b"]}"#)], &[("", r#"{"a":[1,"b"]}"#)], ""),
        case("{type: text, many: true}", json!(["a", "b;c"]), &[("", "a\r\nb;c")], &[("", r#"["a","b;c"]"#)], "b;c"),
        case(
            "email",
            json!(" Ana@Acme.example"),
            &[("", "ANA@acme.example")],
            &[("", r#""ana@acme.example""#)],
            "ana@acme.example",
        ),
        case(
            "phone",
            json!("+34 912 345 678"),
            &[("", "0034 912345678")],
            &[("", r#""+34912345678""#)],
            "+34 (912) 345-678",
        ),
        case(
            "url",
            json!("https://acme.example"),
            &[("", "https://acme.example")],
            &[("", r#""https://acme.example""#)],
            "https://acme.example",
        ),
        case("percent", json!("12.5"), &[("", "12.5 %")], &[("", r#""12.50""#)], "12.5"),
        case("quantity", json!(2), &[("", "2")], &[("", r#""2.000""#)], "2"),
        case("rating", json!(4), &[("", "4")], &[("", "4")], "4"),
        case("year", json!(1999), &[("", "1999")], &[("", "1999")], "1999"),
        case("color", json!("#1F6FEB"), &[("", "#1f6feb")], &[("", r##""#1f6feb""##)], "#1f6feb"),
        case(
            "barcode",
            json!("2112345678900"),
            &[("", "2112345678900")],
            &[("", r#""2112345678900""#)],
            "2112345678900",
        ),
        case(
            "qr",
            json!("https://a.example"),
            &[("", "https://a.example")],
            &[("", r#""https://a.example""#)],
            "https://a.example",
        ),
        case(
            "html",
            json!("<p onclick=x>Good <b>day</b></p>"),
            &[("", "<p>Good <b>day</b>")],
            &[("", r#""<p>Good <b>day</b></p>""#)],
            "",
        ),
        case(
            "{type: filter, over: thing}",
            json!("f_integer > 3"),
            &[("", "f_integer > 3 ")],
            &[("", r#""f_integer > 3""#)],
            "",
        ),
        case("code", json!("a\n  b"), &[("", "a\r\n  b")], &[("", r#""a\n  b""#)], ""),
        case(
            "tags",
            json!(["Heavy", "old  one"]),
            &[("", "heavy\r\nold one")],
            &[("", r#"["heavy","old one"]"#)],
            "heavy",
        ),
        case("position", json!("1.5"), &[("", "1.5")], &[("", r#""1.500000""#)], "1.5"),
        case(
            "recurrence",
            json!("freq=weekly;byday=mo"),
            &[("", "FREQ=WEEKLY;BYDAY=MO")],
            &[("", r#""FREQ=WEEKLY;BYDAY=MO""#)],
            "FREQ=WEEKLY;BYDAY=MO",
        ),
        case(
            "address",
            json!({"street": "Gran Vía 1", "postcode": "36201", "city": "Vigo", "country": "es"}),
            &[("_street", "Gran Vía 1"), ("_postcode", "36201"), ("_city", "Vigo"), ("_country", "es")],
            &[("", r#""Gran Vía 1, 36201 Vigo""#), ("_city", r#""Vigo""#), ("_country", r#""es""#)],
            "Gran Vía 1, 36201 Vigo",
        ),
        case(
            "person_name",
            json!({"given": "Ana", "family": "Ruiz"}),
            &[("_given", "Ana"), ("_family", "Ruiz")],
            &[("", r#""Ana Ruiz""#), ("_family", r#""Ruiz""#)],
            "Ana Ruiz",
        ),
        case(
            "location",
            json!({"latitude": "42.24", "longitude": "-8.72"}),
            &[("_latitude", "42.24"), ("_longitude", "-8.72")],
            &[("", r#""42.24, -8.72""#), ("_latitude", r#""42.240000""#)],
            "42.24, -8.72",
        ),
        case(
            "when",
            json!({"date": "2026-03-31", "time": "09:30"}),
            &[("_date", "2026-03-31"), ("_time", "09:30")],
            &[("_date", r#""2026-03-31""#), ("_time", r#""09:30:00""#)],
            "",
        ),
    ]
}

impl Case {
    /// The name of the type.
    fn name(&self) -> &str {
        let word = self.definition.trim_start_matches("{type: ");
        word.split([',', '}']).next().unwrap()
    }

    /// Another than that of the same type before it.
    fn field(&self) -> String {
        let several = if self.definition.contains("many: true") { "_many" } else { "" };
        format!("f_{}{several}", self.name())
    }
}

fn definitions(cases: &[Case]) -> String {
    let fields: String = cases.iter().map(|case| format!("  {}: {}\n", case.field(), case.definition)).collect();
    let entity =
        |name: &str| format!("entity: {name}\ntitle: name\nfields:\n  name: {{type: text, external: true}}\n{fields}");
    [BASE[0], BASE[1], &entity("thing"), &entity("copy")].join("\n---\n")
}

async fn exported(world: &World, actor: &Actor, format: Format) -> Vec<u8> {
    let model = &world.engine.live().model;
    let (entity, _) = model.entity("thing").unwrap();
    let request = ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
    let question = Question::read(model, entity, &request, Vec::new()).unwrap();
    let mut export = world.engine.export(actor, entity, question, format).unwrap();
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.extend(piece);
    }
    file
}

async fn imported(world: &World, actor: &Actor, file: &[u8]) {
    let request = Request {
        actor: actor.clone(),
        entity: world.engine.live().model.entity("copy").unwrap().0,
        file: "types.csv".to_owned(),
        hash: None,
        anew: false,
        mapping: None,
        reading: Default::default(),
        matching: Some(Vec::new()),
        on_match: None,
        batch: None,
        mode: Mode::Load,
        dry_run: false,
    };
    let mut rejects = Vec::new();
    let report = import::run(&world.engine, request, file, &mut rejects, |_| {}).await.unwrap();
    assert_eq!((report.created, report.rejected), (2, 0), "{}", String::from_utf8_lossy(&rejects));
}

/// The members of a record that are of a field.
fn members(record: &Json, field: &str) -> Map<String, Json> {
    let all = record.as_object().unwrap().iter();
    let own =
        all.filter(|(name, _)| *name == field || name.strip_prefix(field).is_some_and(|rest| rest.starts_with('_')));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What a record page says of a field.
fn fact(page: &Page, label: &str) -> String {
    let from = format!("<dt>{label}</dt><dd>");
    let body = page.part(&from, "</dd>").replacen(&from, "", 1);
    Page { body: format!("<body>{body}"), ..page.clone() }.text()
}

/// The columns of a file of comma separated values, of its first row.
fn cells(csv: &str) -> Vec<(String, String)> {
    let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    let mut signs = csv.chars().peekable();
    while let Some(sign) = signs.next() {
        let row = rows.last_mut().unwrap();
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => row.last_mut().unwrap().push(signs.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            sign => row.last_mut().unwrap().push(sign),
        }
    }
    rows[0].iter().cloned().zip(rows[1].iter().cloned()).collect()
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|").replace('\n', "⏎")) }
}

/// Types whose values are other records, rows or files: what they hold is of the types here, and they have tests of their
/// own.
const OF_RECORDS: [&str; 7] = ["user", "team", "phones", "emails", "checklist", "image", "signature"];

#[test]
fn no_type_of_base_is_left_out() {
    let cases = cases();
    for name in BASE[0].lines().filter_map(|line| line.strip_prefix("type: ")) {
        let is_known = OF_RECORDS.contains(&name) || cases.iter().any(|case| case.name() == name);
        assert!(is_known, "give `{name}` a value in `cases`");
    }
}

#[test]
fn every_type_is_the_same_through_every_channel() {
    let cases = cases();
    on_each_with(&definitions(&cases), async |world| {
        let actor = Actor { user: None, admin: true, locale: Locale::EN, via: Via::Command, cause: None };
        let mut body: Map<String, Json> = cases.iter().map(|case| (case.field(), case.given.clone())).collect();
        body.insert("name".to_owned(), json!("by api"));
        let by_api = world.create("thing", Json::Object(body)).await;

        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/thing/new").await.form("/thing");
        form.set("name", "by form");
        for case in &cases {
            for (behind, text) in case.typed {
                let name = format!("{}{behind}", case.field());
                form.pairs.retain(|(known, _)| *known != name);
                form.add(&name, text);
            }
        }
        let saved = ana.submit(&form).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        let by_form = saved.location().split(['/', '?']).nth(2).unwrap().to_owned();
        let (api, typed) = (world.get("thing", &by_api).await, world.get("thing", &by_form).await);

        let csv = String::from_utf8(exported(world, &actor, Format::CSV).await).unwrap();
        imported(world, &actor, csv.as_bytes()).await;
        let copies = ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
        let model = &world.engine.live().model;
        let (copy, _) = model.entity("copy").unwrap();
        let copied = world.engine.list(&actor, copy, &copies).await.unwrap().items[0].json();
        let lines = String::from_utf8(exported(world, &actor, Format::JsonLines).await).unwrap();
        let line: Json = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        let book = exported(world, &actor, Format::Xlsx).await;
        let mut sheet = String::new();
        let mut archive = zip::ZipArchive::new(Cursor::new(&book)).unwrap();
        archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
        assert_eq!(sheet.matches("<row ").count(), 3, "a heading and two records");

        let page = ana.open(&format!("/thing/{by_api}")).await;
        let cells = cells(&csv);
        let (thing, definition) = model.entity("thing").unwrap();
        let mut table = String::new();
        for case in &cases {
            let name = case.field();
            let (id, field) = definition.field(&name).unwrap();
            let own = members(&api, &name);
            for (behind, kept) in case.kept {
                let kept: Json = serde_json::from_str(kept).unwrap();
                assert_eq!(own[&format!("{name}{behind}")], kept, "{name} as it comes back");
            }
            assert_eq!(members(&typed, &name), own, "{name} typed in a form");
            assert_eq!(members(&copied, &name), own, "{name} exported to CSV and imported");
            for (member, value) in members(&line, &name) {
                assert_eq!(value, own[&member], "{member} in JSON lines");
            }
            let found = async |request: ListRequest| match world.engine.list(&actor, thing, &request).await {
                Ok(page) => page.items.len(),
                Err(_) => 0,
            };
            let equals = vec![(name.clone(), json!(case.sought))];
            let is = !case.sought.is_empty();
            if is {
                assert_eq!(found(ListRequest { equals, ..ListRequest::default() }).await, 2, "{name}={}", case.sought);
            }
            let sorts = found(ListRequest { sort: vec![name.clone()], ..ListRequest::default() }).await == 2;
            let holds = search::part(model, &search::text_at(model, &[(thing, id)]).unwrap_or_default(), "x").is_some();
            let asked = [(is, "is"), (sorts, "order"), (holds, "part")];
            let asked: Vec<&str> = asked.into_iter().filter(|(may, _)| *may).map(|(_, word)| word).collect();
            let stored = match definition.group(id) {
                Some(group) => group.parts.iter().map(|(part, _)| format!("`{part}`")).collect::<Vec<_>>().join(" "),
                None => format!("{}{}", field.kind.word(), if field.many { ", several" } else { "" }),
            };
            let shown =
                fact(&page, &fichero_model::label::Text::from_name(&name).get(Locale::EN).replace('&', "&amp;"));
            let leaf = definition.leaves(id);
            let cell = cells.iter().find(|(heading, _)| leaf.iter().any(|leaf| *definition[*leaf].name == **heading));
            let texts =
                case.typed.iter().map(|(_, text)| code(&text.replace("\r\n", "\n"))).collect::<Vec<_>>().join(" ");
            writeln!(
                table,
                "| `{}` | {stored} | {} | {} | {texts} | {shown} | {} | {} |",
                case.definition.replace('|', "\\|"),
                code(&case.given.to_string()),
                code(&own.get(&name).unwrap_or(&Json::Null).to_string()),
                code(cell.map_or("", |(_, cell)| cell)),
                asked.join(", "),
            )
            .unwrap();
        }
        is_written(&table);
    });
}

/// The page holds the table; with `UPDATE_REFERENCE=1` it is written.
fn is_written(table: &str) {
    const HEAD: &str = include_str!("every_type.md");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let text = format!("{HEAD}{table}");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/types.md is stale: run this test with UPDATE_REFERENCE=1");
}
