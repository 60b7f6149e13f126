//! What a row says, as short fingerprints of its fields: by them a changed text is told from an unchanged one.
//!
//! A fingerprint is of the text the author wrote, not of what it comes to: `=today()` does not change overnight. Fields
//! are called by their physical names, so renaming one is no change either.

use std::fmt::Write as _;
use std::sync::Arc;

use fichero_model::expr::Setting;
use fichero_model::{EntityId, FieldId};
use fichero_store::Layout;
use fichero_store::system::data_row::Print;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::Row;

/// The print of a row.
pub(super) fn of(layout: &Layout, row: &Row) -> Print {
    let fields: Map<String, Json> = row
        .set
        .iter()
        .map(|(field, setting)| {
            let mut text = String::new();
            write(layout, row.entity, *field, setting, &mut text);
            let digest = Sha256::digest(text.as_bytes());
            (layout.column_name(row.entity, *field).to_string(), Json::String(crate::deploy::hexadecimal(&digest[..8])))
        })
        .collect();
    Print { document: Arc::clone(&row.source), name: Arc::clone(&row.name), fields: Arc::new(Json::Object(fields)) }
}

/// The print to remember when only `given` fields are given: the others keep what was remembered of them, so that they
/// are still given when this is broken off.
pub(super) fn partial(layout: &Layout, row: &Row, given: &[FieldId], now: &Print, before: Option<&Print>) -> Print {
    let mut fields = Map::new();
    for (field, _) in &row.set {
        let name = layout.column_name(row.entity, *field);
        let print = if given.contains(field) { Some(now) } else { before };
        if let Some(hash) = print.and_then(|print| print.fields.get(&*name)) {
            fields.insert(name.to_string(), hash.clone());
        }
    }
    Print { fields: Arc::new(Json::Object(fields)), ..now.clone() }
}

/// Whether the text of a field is the same in both prints.
pub(super) fn is_same(layout: &Layout, row: &Row, field: FieldId, now: &Print, before: Option<&Print>) -> bool {
    let name = layout.column_name(row.entity, field);
    before.is_some_and(|before| before.fields.get(&*name) == now.fields.get(&*name))
}

/// Writes what a setting says, each kind of it with a sign of its own.
fn write(layout: &Layout, entity: EntityId, field: FieldId, setting: &Setting, text: &mut String) {
    use fichero_model::kind::Kind;
    // Writing to a text cannot fail.
    let _ = match setting {
        Setting::Literal(value) => write!(text, "={value:?}"),
        Setting::Named(name) => write!(text, "@{name:?}"),
        Setting::Expr(expr) => write!(text, "${:?}", expr.text),
        Setting::List(items) => {
            text.push('[');
            items.iter().for_each(|item| {
                write(layout, entity, field, item, text);
                text.push(',');
            });
            write!(text, "]")
        }
        Setting::Rows(rows) => {
            let Kind::Lines { of, .. } = layout.model()[entity][field].kind else { return };
            for row in rows {
                text.push('{');
                for (field, setting) in row {
                    text.push_str(&layout.column_name(of, *field));
                    write(layout, of, *field, setting, text);
                    text.push(',');
                }
                text.push('}');
            }
            Ok(())
        }
    };
}
