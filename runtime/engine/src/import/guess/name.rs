//! What a heading says of a field.

use fichero_model::entity::{Entity, Field};
use fichero_model::{fold, name};

use super::sample::Samples;

/// Words for what looks alike everywhere, by the type or widget that a field has.
const SYNONYMS: [(&str, &[&str]); 3] = [
    ("email", &["email", "mail", "emailaddress", "correo", "correoelectronico", "почта", "электроннаяпочта"]),
    ("phone", &["phone", "tel", "telephone", "phonenumber", "mobile", "telefono", "movil", "телефон", "мобильный"]),
    ("url", &["url", "web", "website", "homepage", "site", "sitioweb", "paginaweb", "сайт"]),
];

/// Last words of the headings of keys.
const KEYS: [&str; 7] = ["id", "key", "code", "no", "nr", "number", "codigo"];

/// How sure it is that a heading means a field, in percent, and why.
pub(super) fn likeness(header: &str, definition: &Entity, field: &Field, samples: &Samples) -> Option<(u8, String)> {
    if header == &*field.name {
        return Some((100, "the heading is its name".to_owned()));
    }
    let folded = fold::key(header);
    if let Some((locale, label)) = field.label.all().iter().find(|(_, label)| fold::key(label) == folded) {
        return Some((98, format!("the heading is its label “{label}” ({locale})")));
    }
    let words = words(header);
    let joined = words.concat();
    let names: Vec<Vec<String>> = std::iter::once(&*field.name)
        .chain(field.label.all().iter().map(|(_, label)| &**label))
        .map(self::words)
        .collect();
    if names.iter().any(|name| name.concat() == joined) {
        return Some((92, format!("the heading is `{}` written in another way", field.name)));
    }
    if field.was.iter().any(|was| self::words(was).concat() == joined) {
        return Some((88, "the heading is a former name of it".to_owned()));
    }
    let is_title = definition[definition.title].name == field.name;
    let called = definition.label.all().iter().map(|(_, label)| &**label).chain([&*definition.name]);
    if is_title && called.map(self::words).any(|called| called.concat() == joined) {
        return Some((85, "the heading is what its records are called, and it is their title".to_owned()));
    }
    let looks = |look: &str| &*field.type_name == look || field.widget.as_deref() == Some(look);
    if let Some((look, _)) = SYNONYMS.iter().find(|(look, known)| looks(look) && known.contains(&joined.as_str())) {
        return Some((80, format!("the heading is a word for its type, `{look}`")));
    }
    if field.external && words.last().is_some_and(|last| KEYS.contains(&last.as_str())) && samples.are_distinct() {
        return Some((70, "the heading and its values, none of which comes twice, look like a key".to_owned()));
    }
    let holds = |one: &[String], other: &[String]| !one.is_empty() && one.iter().all(|word| other.contains(word));
    if let Some(name) = names.iter().find(|name| holds(name, &words) || holds(&words, name)) {
        let (most, least) = (words.len().max(name.len()), words.len().min(name.len()));
        let percent = 40 + 40 * least / most.max(1);
        return Some((u8::try_from(percent).unwrap_or(0), format!("the heading shares words with `{}`", field.name)));
    }
    names
        .iter()
        .any(|name| joined.len() > 3 && name::is_slip(&joined, &name.concat()))
        .then(|| (60, format!("the heading is spelt nearly as `{}`", field.name)))
}

/// The words of a name, however they are parted: by signs, or by capitals.
fn words(text: &str) -> Vec<String> {
    let mut parted = String::new();
    let mut before = ' ';
    for sign in text.chars() {
        if sign.is_uppercase() && before.is_lowercase() {
            parted.push(' ');
        }
        parted.push(if sign.is_alphanumeric() { sign } else { ' ' });
        before = sign;
    }
    parted.split_whitespace().map(fold::key).collect()
}
