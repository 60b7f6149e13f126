//! Files of other formats, dialects and encodings on both databases, and files that are torture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::import::Request;
use fichero_engine::read::list::ListRequest;
use fichero_engine::value::write::Written;
use fichero_model::data::Reading;
use serde_json::{Value as Json, json};
use world::bring::{Brought, bring_bytes, counts};
use world::{World, on_each};

const FIRM: &str = r##"
entity: account
fields:
  name: {type: text, required: true, max: 200}
  code: {type: text, external: true}
  street: text
  revenue: money
  rating: {type: decimal, scale: 2}
  since: date
  seen: datetime
  opens: time
  open: {type: boolean, default: true}
  tags: {type: text, many: true}
  note: {type: text, default: none}
---
mapping: ragged
entity: account
ragged: {join_into: [street, name]}
columns: {name: name, street: street, city: {field: note}}
---
mapping: western
entity: account
encoding: windows-1252
delimiter: tab
quotes: single
columns: {Name: name, Street: street}
---
mapping: western_numbers
entity: account
columns:
  Name: name
  Rating: {field: rating, format: ["12,5 %", "1.234,5"]}
  Value: {field: revenue, format: ["1.234,56 €", "$1,234"]}
  Since: {field: since, format: ["%d.%m.%Y", "%m-%d-%y"]}
---
mapping: sheet
entity: account
sheet: Second
columns:
  Name: name
  Rating: {field: rating, aliases: {"#DIV/0!": ""}}
  Value: revenue
"##;

async fn brought(world: &World, mapping: Option<&str>, bytes: &[u8]) -> Brought {
    bring_bytes(world, "account", mapping, bytes, |request| request).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Fields of the accounts for which a filter holds.
async fn values(world: &World, filter: &str, fields: &[&str]) -> Vec<Json> {
    let request = ListRequest { filter: Some(filter.to_owned()), ..ListRequest::default() };
    let page = world.engine.list(&world.actor, world.entity("account"), &request).await.unwrap();
    page.items.iter().map(Written::json).map(|item| fields.iter().map(|field| item[*field].clone()).collect()).collect()
}

async fn refused(world: &World, called: &str, reading: Reading, bytes: &[u8]) -> String {
    let file = called.to_owned();
    match bring_bytes(world, "account", None, bytes, |request| Request { file, reading, ..request }).await {
        Ok(_) => panic!("it should be refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn json_lines_and_workbooks_are_imported_by_type() {
    on_each(FIRM, async |world| {
        let lines = "{\"name\": \"Acme\", \"rating\": 4.25, \"open\": false, \"tags\": [\"a;b\", \"c\"], \"note\": null}\n\
                     {\"name\": \"=B\", \"since\": \"2026-03-02\", \"note\": \"()\"}\n\
                     {\"name\": 12, \"rating\": true}\n\
                     [1]\n";
        let first = brought(world, None, lines.as_bytes()).await;
        assert_eq!(counts(&first), [2, 0, 0, 2], "{}", first.rejects);
        insta::assert_snapshot!("rejected_json_lines", first.rejects);
        let fields = ["rating", "open", "tags", "note"];
        let acme = values(world, "name == \"Acme\"", &fields).await;
        assert_eq!(acme, [json!(["4.25", false, ["a;b", "c"], null])]);
        assert_eq!(values(world, "name == \"=B\"", &["open", "note"]).await, [json!([true, "()"])]);

        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().set_name("First").unwrap().write(0, 0, "x").unwrap();
        let sheet = book.add_worksheet().set_name("Second").unwrap();
        for (at, heading) in ["Name", "Rating", "Value"].iter().enumerate() {
            sheet.write(0, at as u16, *heading).unwrap();
        }
        let failed = || rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!");
        sheet.write(1, 0, "Typed").unwrap().write(1, 1, 3.5).unwrap().write(1, 2, "1.234,50").unwrap();
        sheet.write(2, 0, "Failed").unwrap().write_formula(2, 1, failed()).unwrap();
        sheet.write(3, 0, "Lost").unwrap().write_formula(3, 2, failed()).unwrap();
        sheet.write(4, 0, "Wide").unwrap().write(4, 3, "surplus").unwrap();
        let typed = brought(world, Some("sheet"), &book.save_to_buffer().unwrap()).await;
        assert_eq!(counts(&typed), [2, 0, 0, 2], "{}", typed.rejects);
        insta::assert_snapshot!("rejected_rows_of_a_sheet", typed.rejects);
        assert_eq!(values(world, "name == \"Typed\"", &["rating", "revenue"]).await, [json!(["3.50", "1234.50"])]);
    });
}

#[test]
fn dates_and_numbers_are_written_as_their_column_says() {
    on_each(FIRM, async |world| {
        let csv = "Name;Rating;Value;Since\nA;7,25%;1.234,50 €;31.12.2025\nB;1.234;$1,500;12-31-25\nC;1.5;12;2025-12-31\n\
                   D;;1,5 €;31/12/2025\n";
        let first = brought(world, Some("western_numbers"), csv.as_bytes()).await;
        assert_eq!(counts(&first), [2, 0, 0, 2], "{}", first.rejects);
        insta::assert_snapshot!("rejected_forms", first.rejects);
        let fields = ["rating", "revenue", "revenue_currency", "since"];
        assert_eq!(values(world, "name == \"A\"", &fields).await, [json!(["7.25", "1234.50", "EUR", "2025-12-31"])]);
        assert_eq!(values(world, "name == \"B\"", &fields).await[0][3], json!("2025-12-31"));
        assert_eq!(values(world, "name == \"B\"", &["rating"]).await, [json!(["1234.00"])]);

        // Where the format says that it is a number, the texts' form is not asked; a rejected row is written in it.
        let lines = "{\"Name\": \"E\", \"Rating\": 1.25, \"Value\": 1.234, \"Since\": \"01.02.2025\"}\n\
                     {\"Name\": \"\", \"Rating\": 1.25, \"Value\": 1.234}\n";
        let typed = brought(world, Some("western_numbers"), lines.as_bytes()).await;
        assert_eq!(counts(&typed), [1, 0, 0, 1], "{}", typed.rejects);
        assert!(typed.rejects.contains(",\"1,25\",\"1,234\","), "{}", typed.rejects);
        let mended = typed.rejects.replace("\n,", "\nF,");
        assert_eq!(counts(&brought(world, Some("western_numbers"), mended.as_bytes()).await), [1, 0, 0, 0]);
        let both = values(world, "name == \"E\" or name == \"F\"", &["rating", "revenue"]).await;
        assert_eq!(both, [json!(["1.25", "1.234"]), json!(["1.25", "1.234"])]);
    });
}

#[test]
fn encodings_and_quotes_are_those_of_the_mapping_and_the_rejects_are_read_by_it_again() {
    on_each(FIRM, async |world| {
        let western = b"Name\tStreet\r\nJos\xE9\t'a  b'\r\n'x''y'\t\x80\r\n\t\xE9\r\n";
        let first = brought(world, Some("western"), western).await;
        assert_eq!(counts(&first), [2, 0, 0, 1], "{}", first.rejects);
        assert!(first.rejects.starts_with("\u{feff}Name\t") && first.rejects.contains("\té\t"), "{}", first.rejects);
        let mut streets = values(world, "true", &["name", "street"]).await;
        streets.sort_by_key(ToString::to_string);
        assert_eq!(streets, [json!(["José", "a  b"]), json!(["x'y", "€"])]);
        let mended = first.rejects.replace("\n\té", "\n'Né''e'\té");
        let again = brought(world, Some("western"), mended.as_bytes()).await;
        assert_eq!(counts(&again), [1, 0, 0, 0], "{}", again.rejects);
        assert_eq!(world.filtered("account", "name == \"Né'e\" and street == \"é\"").await.len(), 1);
    });
}

#[test]
fn surplus_cells_are_joined_where_that_is_declared_and_certain() {
    on_each(FIRM, async |world| {
        let csv =
            "name,street,city\nBon app',12, rue X,Paris\nTokyo, Ltd.,9,Tokyo\nA,b,c,d\nA, b, c, d, e\nToo,short\n";
        let plain = brought(world, None, csv.replace("city", "note").as_bytes()).await;
        assert_eq!((counts(&plain), plain.report.joined), ([0, 0, 0, 5], 0));
        let joined = brought(world, Some("ragged"), csv.as_bytes()).await;
        assert_eq!((counts(&joined), joined.report.joined), ([2, 0, 0, 3], 2), "{}", joined.rejects);
        let mut rows = values(world, "true", &["name", "street", "note"]).await;
        rows.sort_by_key(ToString::to_string);
        assert_eq!(rows, [json!(["Bon app'", "12, rue X", "Paris"]), json!(["Tokyo, Ltd.", "9", "Tokyo"])]);
    });
}

#[test]
fn torture_is_told_by_row_and_column_and_leaves_nothing_half_done() {
    on_each(FIRM, async |world| {
        let none = Reading::default;
        let nul = refused(world, "a.csv", none(), b"name\nA\0\n").await;
        assert!(nul.starts_with("line 2 holds a NUL byte (byte 7 of the file)"), "{nul}");
        let latin = refused(world, "a.csv", none(), b"name\nA\nJos\xE9\n").await;
        assert!(latin.starts_with("line 3 holds the byte 0xE9 (byte 11 of the file)"), "{latin}");
        let wide = (0..10_000).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",");
        assert!(refused(world, "a.csv", none(), wide.as_bytes()).await.contains("10000 columns"));
        let misnamed = refused(world, "a.csv", none(), b"PK\x03\x04zip").await;
        assert!(misnamed.contains("though its name ends with .csv"), "{misnamed}");
        let unknown = Reading { encoding: Some("latin-9000".into()), ..none() };
        assert!(refused(world, "a.csv", unknown, b"name\nA\n").await.contains("no encoding `latin-9000`"));

        // Behind what is looked at first a row is rejected by itself.
        let mut csv = b"name,note\n".to_vec();
        (0..700).for_each(|at| csv.extend_from_slice(format!("Row {at},{}\n", "x".repeat(100)).as_bytes()));
        csv.extend_from_slice(b"Jos\xE9,\nNul,a\0b\nGood,\n");
        csv.extend_from_slice([&b"Long,"[..], &vec![b'x'; (1 << 20) + 1], b"\n=cmd(),'=cmd()\n"].concat().as_slice());
        let end = brought(world, None, &csv).await;
        assert_eq!(counts(&end), [702, 0, 0, 3], "{:?}", end.report.reasons);
        assert_eq!(
            end.report.reasons,
            [
                "line 702: Name is not text in UTF-8; in windows-1252 it says “José”: name the encoding of the file",
                "line 703: Note holds a NUL character, which no text may hold",
                "line 705: The cell in the column note is longer than 1 MiB",
            ]
        );
        assert_eq!(values(world, "name == \"=cmd()\"", &["note"]).await, [json!(["=cmd()"])]);
    });
}
