//! Bringing records in from a file.

use super::*;

fn counts(rows: i64, created: i64, updated: i64, unchanged: i64, rejected: i64) -> ImportCounts {
    ImportCounts { rows, created, updated, unchanged, rejected }
}

fn surroundings(say: Words, path: &str) -> Page {
    Page { crumbs: vec![link(&opportunity(say).plural, "/opportunity")], ..page(say, path) }
}

pub fn start(say: Words) -> ImportStartPage {
    ImportStartPage {
        page: surroundings(say, "/opportunity/import"),
        entity: opportunity(say),
        action: "/opportunity/import".to_owned(),
        problem: Some("The file cannot be imported: the file is empty".to_owned()),
        past: vec![PastImport {
            file: link("pipeline.csv", "/opportunity/import/1"),
            state: "done".to_owned(),
            at: when("2 hours ago"),
            counts: counts(120, 100, 10, 7, 3),
        }],
    }
}

pub fn columns(say: Words) -> ImportColumnsPage {
    let field =
        |value: &str, label: &str, required| ImportField { value: value.to_owned(), label: label.to_owned(), required };
    let column = |header: &str, sample: &str, field: &str, sure, format: &str| ImportColumn {
        header: header.to_owned(),
        samples: vec![sample.to_owned(), "<b>".to_owned()],
        field: field.to_owned(),
        sure,
        format: format.to_owned(),
        nothing: "[\"n/a\"]".to_owned(),
        matches: field == "name",
    };
    ImportColumnsPage {
        page: surroundings(say, "/opportunity/import"),
        entity: opportunity(say),
        action: "/opportunity/import".to_owned(),
        file: "0198c5e2".to_owned(),
        name: "pipeline.csv".to_owned(),
        problems: vec!["Two columns fill Name".to_owned()],
        is_text: true,
        is_book: false,
        delimiter: ";".to_owned(),
        quotes: "double".to_owned(),
        encoding: "windows-1252".to_owned(),
        sheet: String::new(),
        columns: vec![
            column("Deal", "Cold storage, Valencia", "name", Some(95), ""),
            column("Closing", "31/12/2026", "close_date", Some(80), "%d/%m/%Y"),
            column("Comment", "call again", "", None, ""),
        ],
        fields: vec![field("name", "Name", true), field("close_date", "Close date", false)],
        on_match: "skip".to_owned(),
        live: false,
    }
}

fn batch(say: Words) -> ImportPage {
    ImportPage {
        page: surroundings(say, "/opportunity/import/1"),
        entity: opportunity(say),
        action: "/opportunity/import/1".to_owned(),
        start: "/opportunity/import".to_owned(),
        file: "pipeline.csv".to_owned(),
        state: "done".to_owned(),
        open: false,
        dry: false,
        ready: false,
        undoable: true,
        percent: None,
        rate: None,
        left: None,
        counts: counts(120, 100, 10, 7, 3),
        error: None,
        shown: Vec::new(),
        reasons: vec!["line 7: Closing: must be a date such as 2026-03-31".to_owned()],
        passed_over: vec!["Comment".to_owned()],
        rejects: Some("/opportunity/import/1/rejects".to_owned()),
        document: Some("mapping: pipeline\nentity: opportunity\ncolumns:\n  \"Deal\": name\n".to_owned()),
        undo: None,
    }
}

pub fn dry(say: Words) -> ImportPage {
    let change = |label: &str, old: &str, new: &str| ImportChange {
        label: label.to_owned(),
        old: old.to_owned(),
        new: new.to_owned(),
    };
    let row = |line, is_new, title: &str, changes| ImportRow { line, is_new, title: title.to_owned(), changes };
    ImportPage {
        dry: true,
        ready: true,
        undoable: false,
        shown: vec![
            row(2, true, "Cold storage, Valencia", vec![change("Name", "", "Cold storage, Valencia")]),
            row(
                3,
                false,
                "Label printers",
                vec![change("Close date", "2026-01-01", "2026-12-31"), change("Note", "x", "")],
            ),
        ],
        ..batch(say)
    }
}

pub fn running(say: Words) -> ImportPage {
    ImportPage {
        state: "under way".to_owned(),
        open: true,
        undoable: false,
        percent: Some(40),
        rate: Some(12_000),
        left: Some("3 min".to_owned()),
        rejects: None,
        ..batch(say)
    }
}

pub fn undone(say: Words) -> ImportPage {
    let stayed = |because: Option<&str>| ImportStayed {
        record: link("Label printers", "/opportunity/2"),
        because: because.map(str::to_owned),
    };
    let undo = ImportUndo {
        open: false,
        reversed: 90,
        kept: 1,
        blocked: 1,
        error: None,
        stayed: vec![stayed(None), stayed(Some("Something refers to it"))],
    };
    ImportPage { undo: Some(undo), error: Some("It broke off".to_owned()), ..batch(say) }
}
