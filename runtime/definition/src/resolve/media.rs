//! Which files a field takes: `accept` and `max`.

use fichero_model::media::{self, Accept, Accepted};
use fichero_model::{code, size};

use super::declare::one_or_more;
use super::findings::Findings;
use super::types::Layers;
use crate::node::{Entry, Node};

/// What a field or type of files takes; nothing where what is said of it cannot be read, which is told.
pub(super) fn accepted(layers: &Layers<'_>, findings: &mut Findings<'_>) -> Option<Accepted> {
    let types = match layers.get("accept") {
        Some(node) => types(node, findings)?,
        None => Vec::new(),
    };
    // With many files a number counts them, and a size is the size of each.
    let entry = layers.of_one("max").or_else(|| layers.of_list("max").filter(|entry| is_size(entry)));
    let max = match entry {
        Some(entry) => Some(largest(&entry.value, findings)?),
        None => None,
    };
    Some(Accepted { types: types.into(), max })
}

/// Whether a bound is a size and no number.
pub(super) fn is_size(entry: &Entry) -> bool {
    entry.value.as_integer().is_none()
}

fn types(node: &Node, findings: &mut Findings<'_>) -> Option<Vec<Accept>> {
    let mut types = Vec::new();
    let mut is_whole = true;
    for item in one_or_more(node) {
        let Some(text) = item.as_text() else { continue };
        match Accept::parse(text) {
            Some(accept) => types.push(accept),
            None => {
                is_whole = false;
                let known: Vec<String> = media::words().collect();
                let message = format!("no file is known by the type or ending `{text}`");
                let known = known.iter().map(String::as_str);
                findings.unknown(code::BAD_VALUE, &item.place, message, text, known);
            }
        }
    }
    is_whole.then_some(types)
}

fn largest(node: &Node, findings: &mut Findings<'_>) -> Option<u64> {
    let found = node.as_text().and_then(|text| size::parse(text));
    if found.is_none() {
        let help = match node.as_integer() {
            Some(number) if number > 0 => {
                format!("write the unit, as in `max: {number} MB`; the units are B, kB, MB, GB, KiB, MiB and GiB")
            }
            _ => "the units are B, kB, MB, GB, KiB, MiB and GiB".to_owned(),
        };
        let message = "`max` of a file is a whole number and a unit, such as `10 MB`";
        findings.error_with_help(code::BAD_VALUE, &node.place, message, help);
    }
    found
}
