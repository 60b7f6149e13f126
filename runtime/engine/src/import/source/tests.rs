//! What is read of files, and what is told of those that cannot be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fichero_model::data::Quoting;

use super::*;
use crate::import::quotes::Flaw;

fn open(bytes: &[u8]) -> Result<Source<'_>, String> {
    open_as(bytes, "", &Reading::default())
}

fn open_as<'f>(bytes: &'f [u8], called: &str, reading: &Reading) -> Result<Source<'f>, String> {
    Source::open(bytes, called, reading).map_err(|error| error.to_string())
}

fn cells(source: &mut Source<'_>) -> Vec<Vec<String>> {
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
    source.read(100).unwrap().iter().map(|line| line.cells.iter().map(text).collect()).collect()
}

fn refused(bytes: &[u8]) -> String {
    match open(bytes) {
        Ok(_) => panic!("it should be refused"),
        Err(error) => error,
    }
}

#[test]
fn delimiters_are_told_by_the_heading() {
    for (heading, delimiter, count) in [
        ("name,city\n", b',', 2),
        ("name;city;a,b\n", b';', 3),
        ("name\tcity\n", b'\t', 2),
        ("\"a;b;c\",city\n", b',', 2),
        ("name\n1;2\n", b',', 1),
        ("\u{feff}name;city\n", b';', 2),
    ] {
        let source = open(heading.as_bytes()).unwrap();
        assert_eq!((source.style().delimiter, source.headers().len()), (delimiter, count), "{heading:?}");
    }
}

#[test]
fn rows_know_their_lines_also_behind_line_breaks_in_cells() {
    let file = "name,note\nA,\"two\nlines\"\nB,one\n\nC,two\n";
    for file in [file.to_owned(), file.replace('\n', "\r\n"), format!("\u{feff}{file}\n\n")] {
        let mut source = open(file.as_bytes()).unwrap();
        let lines: Vec<(u64, usize)> =
            source.read(10).unwrap().iter().map(|line| (line.number, line.cells.len())).collect();
        assert_eq!(lines, [(2, 2), (4, 2), (6, 2)], "{file:?}");
    }
}

#[test]
fn flaws_of_quotes_belong_to_their_row() {
    let mut source =
        open(b"a,b\n\"x\" ,\"a \"\"b\"\"\"\n\"un\"closed,1\n\"two\nlines\"more,2\nplain \"q\",3\n4,\"open\n5,6\n")
            .unwrap();
    let lines: Vec<(u64, Option<Problem>)> =
        source.read(10).unwrap().iter().map(|line| (line.number, line.flaw.clone())).collect();
    let told = |flaw: Flaw| Some(("bad_quotes", flaw.message()));
    let behind = |line| told(Flaw::Behind(line));
    assert_eq!(lines, [(2, None), (3, behind(3)), (4, behind(5)), (6, None), (7, told(Flaw::Open(7)))]);
    assert_eq!(refused(b"a,\"b\n1,2\n"), "The quote that opens in line 1 is never closed");
    assert!(refused(b"\"a\"b,c\n1,2\n").starts_with("In line 1 text stands behind a closing quote"));
}

#[test]
fn what_is_no_csv_in_utf8_is_told_precisely() {
    assert_eq!(refused(b""), "the file is empty; its first line must name its columns");
    assert_eq!(refused(b"a,a\n1,2\n"), "two columns are called `a`; rename one of them");
    assert_eq!(
        refused(b"name\nJos\xE9\n"),
        "line 2 holds the byte 0xE9 (byte 9 of the file), which is not UTF-8; it fits windows-1252, windows-1250 (“José”): \
         name its encoding with --encoding or in the mapping, or save it as UTF-8"
    );
    assert!(refused(b"\xC8\xE2\xE0\xED;\xCF\xE5\xF2\xF0\n").contains("it fits windows-1251 (“Иван”)"));
    assert!(refused(b"a\nb\0c\n").starts_with("line 2 holds a NUL byte (byte 4 of the file)"));
    assert!(refused(b"a\0b\0\n\0").contains("it looks like utf-16le"));
    assert!(refused(b"PK\x03\x04....").starts_with("the workbook is damaged"));
    assert!(refused(&[0xD0, 0xCF, 0x11, 0xE0, 0]).starts_with("the file is a workbook of the old sort"));
    let misnamed = |bytes, called| open_as(bytes, called, &Reading::default()).err().unwrap();
    assert!(misnamed(b"PK\x03\x04....", "a.CSV").contains("though its name ends with .csv"));
    assert!(misnamed(b"a,b\n", "a.xlsx").contains("it is no workbook"));
    let wide = (0..2_001).map(|at| at.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(refused(wide.as_bytes()), "the heading has 2001 columns; at most 2000 are taken");
}

#[test]
fn a_quote_that_is_never_closed_ends_the_reading() {
    let endless = io::repeat(b'x');
    let mut source =
        Source::open(Cursor::new(b"name\nA\n\"".to_vec()).chain(endless), "", &Reading::default()).unwrap();
    let mut read = || source.read(1);
    assert_eq!(read().unwrap().len(), 1);
    let error = read().unwrap_err().to_string();
    assert!(error.starts_with("line 3: ") && error.contains("longer than 8 MiB"), "{error}");
}

#[test]
fn the_signs_of_a_text_are_told_by_its_first_rows_unless_they_are_declared() {
    for (text, expected) in [
        ("Name;Price, EUR;Size\na;1,5;2\nb;2,5;3\n", &[["a", "1,5", "2"], ["b", "2,5", "3"]][..]),
        ("'a','b','c'\n'x,y','it''s','z'\n", &[["x,y", "it's", "z"]]),
        ("a|b|c\r1|2|3\r", &[["1", "2", "3"]]),
        ("a\tb\tc\r\n\"x\ty\"\t2\t3", &[["x\ty", "2", "3"]]),
    ] {
        assert_eq!(cells(&mut open(text.as_bytes()).unwrap()), expected, "{text:?}");
    }
    let reading = Reading { delimiter: Some(b';'), quoting: Some(Quoting::None), ..Reading::default() };
    let mut source = open_as(b"a;b,c,d\n5\" pipe;\"x\n", "", &reading).unwrap();
    assert_eq!(cells(&mut source), [["5\" pipe", "\"x"]]);
    let mut source = open(b"a\r1\r\r2\r").unwrap();
    assert_eq!(source.read(9).unwrap().iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn a_text_is_decoded_by_its_mark_or_as_is_declared() {
    let wide = |big: bool| -> Vec<u8> {
        "\u{feff}naïve;x\nИван;😀\n"
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    for big in [true, false] {
        let bytes = wide(big);
        let mut source = open(&bytes).unwrap();
        assert_eq!((source.headers()[0].as_str(), source.style().is_foreign), ("naïve", true));
        assert_eq!(cells(&mut source), [["Иван", "😀"]]);
        assert_eq!(source.bytes(), bytes.len() as u64 - 2, "behind the mark");
    }
    let reading = Reading { encoding: Some("windows-1252".into()), ..Reading::default() };
    let mut source = open_as(b"a,b\nJos\xE9,\x80\n", "", &reading).unwrap();
    assert_eq!(cells(&mut source), [["José", "€"]]);
    let mut source = open_as("\u{feff}a,b\nJosé,€\n".as_bytes(), "", &reading).unwrap();
    assert_eq!(cells(&mut source), [["José", "€"]], "its own mark counts more");
    let reading = Reading { encoding: Some("shift_jis".into()), ..Reading::default() };
    let mut source = open_as(b"a,b\nx,\x82\xA0\ny,\x82\n", "", &reading).unwrap();
    let lines = source.read(9).unwrap();
    assert_eq!(lines[0].cells.get(1), Some("あ".as_bytes()));
    assert!(std::str::from_utf8(lines[1].cells.get(1).unwrap()).is_err(), "what is no character is found in its cell");
}

#[test]
fn json_lines_are_rows_by_their_keys() {
    let text = "\u{feff}{\"name\": \"=A\", \"size\": 1.50}\n\nnot json\n[1]\n{\"open\": null, \"tags\": [\"a\"], \"name\": \"B\"}";
    let mut source = open(text.as_bytes()).unwrap();
    assert_eq!(source.headers(), ["name", "size", "open", "tags"]);
    let lines = source.read(9).unwrap();
    let rows: Vec<(u64, bool)> = lines.iter().map(|line| (line.number, line.flaw.is_some())).collect();
    assert_eq!(rows, [(1, false), (3, true), (4, true), (5, false)]);
    assert_eq!(lines[0].cells, vec!["=A", "1.5", "", ""]);
    assert_eq!(lines[3].cells, vec!["B", "", "", "[\"a\"]"]);
    assert_eq!((lines[0].sort(1), lines[3].sort(2), lines[3].sort(9)), (Sort::Number, Sort::Nothing, Sort::Plain));
    assert_eq!(source.bytes(), text.len() as u64);
    let keys = (0..2_001).map(|at| format!("\"{at}\":1")).collect::<Vec<_>>().join(",");
    assert_eq!(refused(format!("{{{keys}}}").as_bytes()), "the file has 2001 columns; at most 2000 are taken");
}

fn book(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write(row as u32, column as u16, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_gives_its_cells_by_their_sorts() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["text", "number", "day", "moment", "time", "length", "truth", "failed"].iter().enumerate()
    {
        sheet.write(1, column as u16, *heading).unwrap();
    }
    let form = |form: &str| rust_xlsxwriter::Format::new().set_num_format(form);
    sheet.write(3, 0, "007").unwrap();
    sheet.write(3, 1, 1234.5).unwrap();
    sheet.write_number_with_format(3, 2, 45_943.0, &form("dd/mm/yyyy")).unwrap();
    sheet.write_number_with_format(3, 3, 45_943.375, &form("yyyy-mm-dd hh:mm")).unwrap();
    sheet.write_number_with_format(3, 4, 0.375, &form("hh:mm")).unwrap();
    sheet.write_number_with_format(3, 5, 1.5, &form("[h]:mm:ss")).unwrap();
    sheet.write(3, 6, true).unwrap();
    sheet.write_formula(3, 7, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    sheet.write(4, 0, "short").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let mut source = open_as(&bytes, "a.xlsx", &Reading::default()).unwrap();
    let lines = source.read(9).unwrap();
    assert_eq!(lines.iter().map(|line| (line.number, line.cells.len())).collect::<Vec<_>>(), [(4, 8), (5, 8)]);
    let shown: Vec<&str> = lines[0].cells.iter().map(|cell| std::str::from_utf8(cell).unwrap()).collect();
    assert_eq!(shown[..7], ["007", "1234.5", "2025-10-13", "2025-10-13T09:00:00", "09:00:00", "36:00:00", "true"]);
    assert_eq!((lines[0].sort(1), lines[0].sort(2)), (Sort::Number, Sort::Moment));
    assert_eq!(source.bytes(), bytes.len() as u64);
}

#[test]
fn a_sheet_is_chosen_or_named() {
    let rows: &[&[&str]] = &[&["a", "b"], &["1", ""]];
    let two = book(&[("One", rows), ("Two", &[&["c"], &["x"]])]);
    assert_eq!(
        refused(&two),
        "the workbook has several sheets (`One`, `Two`); say which one with --sheet or in the mapping"
    );
    let of = |sheet: &str| Reading { sheet: Some(sheet.into()), ..Reading::default() };
    assert_eq!(open_as(&two, "", &of("Two")).unwrap().headers(), ["c"]);
    assert_eq!(open_as(&two, "", &of("two")).err().unwrap(), "the workbook has no sheet `two`; it has `One`, `Two`");
    let only = book(&[("Empty", &[]), ("Full", rows)]);
    let mut source = open(&only).unwrap();
    assert_eq!(source.headers(), ["a", "b"]);
    assert_eq!(cells(&mut source), [["1", ""]]);
    assert_eq!(refused(&book(&[("Empty", &[])])), "the sheet is empty; its first row must name its columns");
}

#[test]
fn a_workbook_that_comes_to_too_much_is_refused_before_it_is_read() {
    use std::io::Write as _;
    let archive = |name: &str, size: usize| {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        let piece = vec![b' '; 1 << 20];
        (0..size).for_each(|_| archive.write_all(&piece).unwrap());
        archive.finish().unwrap().into_inner()
    };
    let bomb = archive("xl/sharedStrings.xml", 129);
    assert!(bomb.len() < 1 << 20, "it looks small");
    assert!(refused(&bomb).contains("`xl/sharedStrings.xml` comes to more than 134217728 bytes"));
    assert!(refused(&archive("notes.txt", 1)).starts_with("the file is no workbook that can be read"));
    assert!(refused(&archive("xl/workbook.xml", 1)).starts_with("the workbook is damaged"));
}
