//! What somebody asks of an import through the network: the options of the command line, as JSON.
//!
//! It is kept with the order as it was read, so that whoever takes up an import that broke off reads the same.

use fichero_model::data::{OnMatch, Quoting, Reading};
use fichero_model::name::did_you_mean;
use serde_json::{Map, Value as Json, json};

use super::source::encoding_named;
use crate::message::{Argument, Message};
use crate::refusal::{FieldError, Refusal};

/// Which column fills which field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum By {
    /// The headings are names or labels of fields.
    #[default]
    Headings,
    /// As the file seems to need it.
    Guess,
    /// A mapping document, by its name.
    Named(String),
    /// What a mapping document would say, as JSON.
    Inline(Map<String, Json>),
}

/// How a file is to be brought in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Which column fills which field.
    pub by: By,
    /// The fields by which a row finds its record, where that is said beside the mapping.
    pub matching: Option<Vec<String>>,
    /// What becomes of a row whose record is there, where that is said beside the mapping.
    pub on_match: Option<OnMatch>,
    /// How the file is read, as far as that is said beside the mapping.
    pub reading: Reading,
    /// It happens now, and is no history.
    pub live: bool,
    /// Nothing is to be changed.
    pub dry_run: bool,
    /// One of the same file that broke off is not in the way.
    pub anew: bool,
}

/// The keys that a request may have.
const KEYS: [&str; 11] =
    ["mapping", "guess", "match", "on_match", "dry_run", "live", "anew", "delimiter", "quotes", "encoding", "sheet"];

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with which key.
    pub fn read(body: &Map<String, Json>) -> Result<Self, Refusal> {
        let mut slips = Slips::default();
        for key in body.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            slips.unknown(key, &KEYS);
        }
        let guess = slips.truth(body, "guess");
        let by = match body.get("mapping") {
            None | Some(Json::Null) if guess => By::Guess,
            None | Some(Json::Null) => By::Headings,
            Some(Json::String(name)) => By::Named(name.clone()),
            Some(Json::Object(mapping)) => By::Inline(mapping.clone()),
            Some(_) => {
                slips.wrong("mapping", "a name, an object");
                By::Headings
            }
        };
        if guess && by != By::Guess {
            slips.wrong("guess", "false (beside `mapping`)");
        }
        let asked = Self {
            by,
            matching: slips.names(body, "match"),
            on_match: slips.on_match(body),
            reading: slips.reading(body),
            live: slips.truth(body, "live"),
            dry_run: slips.truth(body, "dry_run"),
            anew: slips.truth(body, "anew"),
        };
        slips.none().map(|()| asked)
    }

    /// The same as JSON, as it is kept and told.
    pub fn json(&self) -> Map<String, Json> {
        let mut body = Map::new();
        match &self.by {
            By::Headings => {}
            By::Guess => drop(body.insert("guess".to_owned(), true.into())),
            By::Named(name) => drop(body.insert("mapping".to_owned(), name.as_str().into())),
            By::Inline(mapping) => drop(body.insert("mapping".to_owned(), mapping.clone().into())),
        }
        if let Some(matching) = &self.matching {
            body.insert("match".to_owned(), json!(matching));
        }
        if let Some(on_match) = self.on_match {
            body.insert("on_match".to_owned(), word(on_match).into());
        }
        body.extend(reading_json(&self.reading));
        for (key, is_so) in [("live", self.live), ("dry_run", self.dry_run), ("anew", self.anew)] {
            if is_so {
                body.insert(key.to_owned(), true.into());
            }
        }
        body
    }
}

/// As mappings say it.
pub(super) fn word(on_match: OnMatch) -> &'static str {
    match on_match {
        OnMatch::Update => "update",
        OnMatch::Skip => "skip",
        OnMatch::Reject => "reject",
    }
}

/// How a file is read, as mappings say it.
pub(super) fn reading_json(reading: &Reading) -> Map<String, Json> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value.into());
        }
    };
    put("delimiter", reading.delimiter.map(delimiter_word));
    let quotes = reading.quoting.map(|quoting| match quoting {
        Quoting::Double => "double",
        Quoting::Single => "single",
        Quoting::None => "none",
    });
    put("quotes", quotes.map(str::to_owned));
    put("encoding", reading.encoding.as_deref().map(str::to_owned));
    put("sheet", reading.sheet.as_deref().map(str::to_owned));
    body
}

/// A sign between cells as mappings name it.
pub(super) fn delimiter_word(sign: u8) -> String {
    if sign == b'\t' { "tab".to_owned() } else { char::from(sign).to_string() }
}

/// What is wrong with a request, key by key.
#[derive(Default)]
pub(super) struct Slips {
    pub errors: Vec<FieldError>,
}

impl Slips {
    /// Refuses if anything was wrong.
    pub fn none(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.errors)) }
    }

    pub fn push(&mut self, key: &str, code: &'static str, message: Message) {
        self.errors.push(FieldError::new(key, code, message));
    }

    /// A key that means nothing here.
    pub fn unknown(&mut self, key: &str, known: &[&str]) {
        let name = key.rsplit('.').next().unwrap_or(key);
        let near = did_you_mean(name, known.iter().copied());
        let message = match near {
            Some(near) => Message::with("unknown_field_near", [key, near]),
            None => Message::with("unknown_field", [key]),
        };
        self.push(key, "unknown_key", message);
    }

    /// A key that holds something else than it takes.
    pub fn wrong(&mut self, key: &str, takes: &str) {
        self.push(key, "bad_value", Message::with("takes", [Argument::from(key), Argument::from(takes)]));
    }

    pub fn truth(&mut self, body: &Map<String, Json>, key: &str) -> bool {
        match body.get(key) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(truth)) => *truth,
            Some(_) => {
                self.wrong(key, "true, false");
                false
            }
        }
    }

    pub fn text(&mut self, body: &Map<String, Json>, key: &str) -> Option<String> {
        match body.get(key) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong(key, "a text");
                None
            }
        }
    }

    /// A name, or a list of them.
    pub fn names(&mut self, body: &Map<String, Json>, key: &str) -> Option<Vec<String>> {
        let names = match body.get(key)? {
            Json::Null => return None,
            Json::String(name) => Some(vec![name.clone()]),
            Json::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        if names.is_none() {
            self.wrong(key, "a name, a list of names");
        }
        names
    }

    pub fn on_match(&mut self, body: &Map<String, Json>) -> Option<OnMatch> {
        match self.text(body, "on_match")?.as_str() {
            "update" => Some(OnMatch::Update),
            "skip" => Some(OnMatch::Skip),
            "reject" => Some(OnMatch::Reject),
            _ => {
                self.wrong("on_match", "update, skip, reject");
                None
            }
        }
    }

    pub fn reading(&mut self, body: &Map<String, Json>) -> Reading {
        let delimiter = match self.text(body, "delimiter").as_deref() {
            None => None,
            Some("tab" | "\t") => Some(b'\t'),
            Some(sign @ ("," | ";" | "|")) => sign.bytes().next(),
            Some(_) => {
                self.wrong("delimiter", "`,`, `;`, `|`, `tab`");
                None
            }
        };
        let quoting = match self.text(body, "quotes").as_deref() {
            None => None,
            Some("double") => Some(Quoting::Double),
            Some("single") => Some(Quoting::Single),
            Some("none") => Some(Quoting::None),
            Some(_) => {
                self.wrong("quotes", "double, single, none");
                None
            }
        };
        let encoding = self.text(body, "encoding").and_then(|name| {
            let known = encoding_named(&name);
            if known.is_none() {
                self.wrong("encoding", "utf-8, utf-16le, windows-1252, …");
            }
            known.map(Into::into)
        });
        let sheet = self.text(body, "sheet").map(Into::into);
        Reading { delimiter, quoting, encoding, sheet, ..Reading::default() }
    }
}
