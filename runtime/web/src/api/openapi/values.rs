//! The schemas of single values: as they are answered, given, and asked for in an address.

use fichero_engine::value::check::{GREATEST, MONEY_SCALE, MOST_VALUES};
use fichero_model::entity::Field;
use fichero_model::kind::{Kind, Reference};
use fichero_model::value::Value;
use fichero_model::{EntityId, Model};
use serde_json::{Value as Json, json};

/// The characters of a text: all but NUL.
const ANY: &str = "[^\\u0000]";

/// The form of an id.
pub const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// A value as it is answered.
pub fn shown(model: &Model, field: &Field, component: impl Fn(EntityId) -> String) -> Json {
    let one = match &field.kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::File(_) => json!({"type": "string"}),
        Kind::Integer | Kind::Duration => json!({"type": "integer"}),
        Kind::Decimal { .. } | Kind::Money { .. } => json!({"type": "string"}),
        Kind::Boolean => return titled(json!({"type": "boolean"}), field.many),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Time => json!({"type": "string"}),
        Kind::DateTime => json!({"type": "string", "format": "date-time"}),
        Kind::Choice { options } => {
            let names: Vec<&str> = model[*options].options.iter().map(|option| &*option.name).collect();
            json!({"type": "string", "enum": names})
        }
        // An expanded reference is answered as the record itself.
        Kind::Ref(reference) => json!({"anyOf": [id(model, reference), {"type": "object"}]}),
        // Whether there is one.
        Kind::Secret { .. } => json!({"type": "boolean"}),
        Kind::Json => return json!({}),
        Kind::Lines { of, .. } => {
            return json!({"type": "array", "items": {"$ref": component(*of)}});
        }
        Kind::Children { of, .. } => {
            return json!({"type": "array", "items": {"anyOf": [{"type": "string", "format": "uuid"}, {"$ref": component(*of)}]}});
        }
    };
    if field.many { titled(one, true) } else { nullable(one, true) }
}

fn titled(one: Json, many: bool) -> Json {
    if many { json!({"type": "array", "items": one}) } else { one }
}

/// A value as it is given; lines are their reader's to describe.
pub fn given(model: &Model, field: &Field) -> Json {
    let one = match &field.kind {
        Kind::Text { max } | Kind::LongText { max } => text(field, *max),
        Kind::File(_) => json!({"type": "string", "pattern": format!("^{ANY}*$")}),
        Kind::Integer | Kind::Duration => integer(field),
        Kind::Decimal { scale } => decimal(field, *scale),
        Kind::Money { .. } => decimal(field, MONEY_SCALE),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Time => json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
        Kind::DateTime => json!({"type": "string", "format": "date-time"}),
        Kind::Choice { options } => {
            let living = model[*options].options.iter().filter(|option| !option.retired);
            json!({"type": "string", "enum": living.map(|option| &*option.name).collect::<Vec<_>>()})
        }
        Kind::Ref(reference) => id(model, reference),
        // What is read of it, sent back, leaves it as it is.
        Kind::Secret { max } => {
            let secret = json!({"type": "string", "maxLength": max, "pattern": format!("^{ANY}*$")});
            json!({"anyOf": [secret, {"type": "boolean", "enum": [true]}]})
        }
        Kind::Json => return json!({}),
        Kind::Lines { .. } | Kind::Children { .. } => json!({}),
    };
    match field.many {
        true => {
            let most = field.max_items.map_or(MOST_VALUES, |most| most as usize);
            let least = field.min_items.unwrap_or(0).max(u32::from(field.is_always_given()));
            let mut list = json!({"type": "array", "items": one, "maxItems": most});
            if least > 0 {
                list["minItems"] = json!(least);
            }
            // The empty list is none, so that it has no least number of entries.
            match (field.is_always_given(), least) {
                (true, _) => list,
                (false, 0) => nullable(list, true),
                (false, _) => json!({"anyOf": [list, {"type": "array", "maxItems": 0}, {"type": "null"}]}),
            }
        }
        false => nullable(one, !field.is_always_given()),
    }
}

/// A value in an address that a field must equal; the empty text asks for those without one.
pub fn asked(field: &Field, model: &Model) -> Json {
    let pattern = match &field.kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::File(_) | Kind::Json => format!("{ANY}*"),
        Kind::Integer | Kind::Duration => "(-?[0-9]{1,15})?".to_owned(),
        Kind::Decimal { scale } => format!("({})?", digits(*scale, true)),
        Kind::Money { .. } => format!("({})?", digits(MONEY_SCALE, true)),
        Kind::Boolean => return json!({"type": "string", "enum": ["true", "false", ""]}),
        Kind::Date => "([0-9]{4}-[0-9]{2}-[0-9]{2})?".to_owned(),
        Kind::Time => "(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?".to_owned(),
        Kind::DateTime => "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?Z)?".to_owned(),
        Kind::Choice { options } => {
            let names = model[*options].options.iter().map(|option| option.name.to_string());
            return json!({"type": "string", "enum": names.chain([String::new()]).collect::<Vec<_>>()});
        }
        Kind::Ref(reference) => format!("({})?", id_pattern(model, reference)),
        Kind::Secret { .. } | Kind::Lines { .. } | Kind::Children { .. } => return json!({"type": "string"}),
    };
    json!({"type": "string", "pattern": format!("^{pattern}$")})
}

/// A value in the path of an address.
pub fn key(field: &Field, model: &Model) -> Json {
    match &field.kind {
        Kind::Text { max } | Kind::LongText { max } => {
            json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": format!("^{ANY}*[^\\s\\u0000]{ANY}*$")})
        }
        Kind::Integer | Kind::Duration => json!({"type": "integer", "minimum": -GREATEST, "maximum": GREATEST}),
        _ => {
            let mut schema = asked(field, model);
            schema["minLength"] = json!(1);
            schema
        }
    }
}

/// A schema that allows null too.
pub fn nullable(schema: Json, nullable: bool) -> Json {
    match (&schema["type"], nullable) {
        (Json::String(ty), true) if schema.get("enum").is_none() => {
            let types = json!([ty, "null"]);
            let mut schema = schema;
            schema["type"] = types;
            schema
        }
        (_, true) => json!({"anyOf": [schema, {"type": "null"}]}),
        (_, false) => schema,
    }
}

fn text(field: &Field, max: u32) -> Json {
    let mut schema = json!({"type": "string", "maxLength": max, "pattern": format!("^{ANY}*$")});
    if field.is_always_given() {
        // A text of blanks alone is none.
        schema["minLength"] = json!(1);
        schema["pattern"] = json!(format!("^{ANY}*[^\\s\\u0000]{ANY}*$"));
    }
    if let Some(Value::Integer(min)) = field.min {
        schema["minLength"] = json!(min);
    }
    if let Some(pattern) = field.pattern.as_ref().filter(|pattern| is_plain(&pattern.text))
        && field.clean.is_empty()
    {
        schema["pattern"] = json!(format!("^(?:{})$", pattern.text));
    }
    schema
}

/// Whether a pattern means the same to every reader of schemas: nothing is in it that only some know.
fn is_plain(pattern: &str) -> bool {
    let special = ["(?", "\\p", "\\P", "\\A", "\\z", "\\x", "[[", "\\w", "\\d", "\\s", "&&", "--", "~~"];
    pattern.is_ascii() && !special.iter().any(|special| pattern.contains(special))
}

fn integer(field: &Field) -> Json {
    let bound = |limit: &Option<Value>| match limit {
        Some(Value::Integer(number) | Value::Duration(number)) => Some(*number),
        _ => None,
    };
    let (min, max) = (bound(&field.min).unwrap_or(-GREATEST), bound(&field.max).unwrap_or(GREATEST));
    json!({"type": "integer", "minimum": min, "maximum": max})
}

/// A decimal as text or as number: contract and clients that have no decimals agree on both.
fn decimal(field: &Field, scale: u8) -> Json {
    let exact = |limit: &Option<Value>| limit.as_ref().and_then(Value::as_number);
    let greatest = 10_i64.pow(u32::from(15 - scale.min(15))) - 1;
    let (min, max) = (exact(&field.min), exact(&field.max));
    let negative = min.is_none_or(|min| min.is_sign_negative() && !min.is_zero());
    let number = |limit: Option<rust_decimal::Decimal>, otherwise: i64| match limit {
        Some(limit) => serde_json::from_str(&limit.normalize().to_string()).unwrap_or_else(|_| json!(otherwise)),
        None => json!(otherwise),
    };
    let step: Json = serde_json::from_str(&format!("1e-{scale}")).unwrap_or_else(|_| json!(1));
    json!({
        "type": ["string", "number"],
        "pattern": format!("^{}$", digits(scale, negative)),
        "minimum": number(min, -greatest),
        "maximum": number(max, greatest),
        "multipleOf": step,
    })
}

fn digits(scale: u8, negative: bool) -> String {
    let sign = if negative { "-?" } else { "" };
    let whole = 15 - scale.min(14);
    match scale {
        0 => format!("{sign}[0-9]{{1,{whole}}}"),
        scale => format!("{sign}[0-9]{{1,{whole}}}(\\.[0-9]{{1,{scale}}})?"),
    }
}

/// The id of a record that is referred to, with its entity where that is not certain.
pub fn id(model: &Model, reference: &Reference) -> Json {
    match &*reference.targets {
        [_] => json!({"type": "string", "format": "uuid"}),
        _ => json!({"type": "string", "pattern": format!("^{}$", id_pattern(model, reference))}),
    }
}

fn id_pattern(model: &Model, reference: &Reference) -> String {
    match &*reference.targets {
        [_] => UUID.to_owned(),
        several => {
            let names: Vec<&str> = several.iter().map(|target| &*model[*target].name).collect();
            format!("({}):{UUID}", names.join("|"))
        }
    }
}
