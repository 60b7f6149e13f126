//! The published list as a page of documentation.

use std::fmt::Write as _;

use super::{PUBLISHED, Portable};

/// The list as Markdown: each function with its forms, what it gives, an example and whether it becomes SQL.
pub fn markdown() -> String {
    let mut page = String::new();
    for function in PUBLISHED {
        let forms: Vec<String> = function.signatures().into_iter().map(|form| format!("`{form}`")).collect();
        let _ = writeln!(page, "### {}\n\n{}\n\n{}", function.name, forms.join(" · "), function.doc);
        if let Some((expression, value)) = function.example {
            let _ = writeln!(page, "\n```\n{expression}  →  {value}\n```");
        }
        let sql = match function.portable {
            Portable::Yes => "Becomes SQL.".to_owned(),
            Portable::When(when) => format!("Becomes SQL {when}."),
            Portable::No(why) => format!("Over the fields of a row it does not become SQL: {why}."),
        };
        let _ = writeln!(page, "\n{sql}\n");
    }
    page
}
