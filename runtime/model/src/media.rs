//! Which files a field takes: their types, as their bytes tell them, and how large they may be.
//!
//! Authors name a type as it is registered (`image/png`), a family of them (`image/*`), or the ending that such files
//! usually have (`.pdf`). An ending stands for a type: what a file is called proves nothing about what is in it. Only
//! where bytes tell no more than the container of a type, such as a ZIP archive, the name has to say the rest.

use std::sync::Arc;

/// What a field of files takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Any of these; every type where there is none.
    pub types: Arc<[Accept]>,
    /// At most so many bytes; as many as files may have at all where nothing is said.
    pub max: Option<u64>,
}

/// A type of files, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// A family, by the word before the slash.
    Family(&'static str),
    /// A type.
    Type(&'static str),
    /// What files of this ending hold.
    Ending(&'static str),
}

/// The families that can be named.
const FAMILIES: [&str; 4] = ["image", "audio", "video", "text"];

const ZIP: &str = "application/zip";
const OLE: &str = "application/x-ole-storage";

/// Endings, the types that they stand for, and the container that bytes of the type may only be recognised as. The first
/// ending of a type is the usual one.
const KNOWN: [(&str, &str, Option<&str>); 50] = [
    ("png", "image/png", None),
    ("jpg", "image/jpeg", None),
    ("jpeg", "image/jpeg", None),
    ("gif", "image/gif", None),
    ("webp", "image/webp", None),
    ("avif", "image/avif", None),
    ("bmp", "image/bmp", None),
    ("tif", "image/tiff", None),
    ("tiff", "image/tiff", None),
    ("heic", "image/heif", None),
    ("heif", "image/heif", None),
    ("ico", "image/vnd.microsoft.icon", None),
    ("psd", "image/vnd.adobe.photoshop", None),
    ("svg", "image/svg+xml", None),
    ("mp3", "audio/mpeg", None),
    ("m4a", "audio/m4a", None),
    ("ogg", "audio/ogg", None),
    ("flac", "audio/x-flac", None),
    ("wav", "audio/x-wav", None),
    ("mp4", "video/mp4", None),
    ("mov", "video/quicktime", None),
    ("webm", "video/webm", None),
    ("mkv", "video/x-matroska", None),
    ("avi", "video/x-msvideo", None),
    ("pdf", "application/pdf", None),
    ("rtf", "application/rtf", None),
    ("ps", "application/postscript", None),
    ("epub", "application/epub+zip", Some(ZIP)),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Some(ZIP)),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Some(ZIP)),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", Some(ZIP)),
    ("odt", "application/vnd.oasis.opendocument.text", Some(ZIP)),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet", Some(ZIP)),
    ("odp", "application/vnd.oasis.opendocument.presentation", Some(ZIP)),
    ("doc", "application/msword", Some(OLE)),
    ("xls", "application/vnd.ms-excel", Some(OLE)),
    ("ppt", "application/vnd.ms-powerpoint", Some(OLE)),
    ("zip", ZIP, None),
    ("7z", "application/x-7z-compressed", None),
    ("rar", "application/vnd.rar", None),
    ("tar", "application/x-tar", None),
    ("gz", "application/gzip", None),
    ("txt", "text/plain", None),
    ("csv", "text/csv", None),
    ("md", "text/markdown", None),
    ("json", "application/json", None),
    ("xml", "text/xml", None),
    ("html", "text/html", None),
    ("ics", "text/calendar", None),
    ("vcf", "text/vcard", None),
];

/// Every type that can be named, each once.
pub fn types() -> impl Iterator<Item = &'static str> {
    KNOWN
        .iter()
        .enumerate()
        .filter(|(at, (_, media, _))| KNOWN[..*at].iter().all(|(_, known, _)| known != media))
        .map(|(_, (_, media, _))| *media)
}

/// Everything that can be written, to find what was probably meant.
pub fn words() -> impl Iterator<Item = String> {
    let endings = KNOWN.iter().map(|(ending, ..)| format!(".{ending}"));
    endings.chain(FAMILIES.iter().map(|family| format!("{family}/*"))).chain(types().map(str::to_owned))
}

impl Accept {
    /// Reads what an author wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some((family, kind)) = text.split_once('/') {
            return match kind {
                "*" => FAMILIES.into_iter().find(|known| *known == family).map(Accept::Family),
                _ => KNOWN.iter().find(|(_, media, _)| *media == text).map(|(_, media, _)| Accept::Type(media)),
            };
        }
        let ending = text.strip_prefix('.').unwrap_or(&text);
        KNOWN.iter().find(|(known, ..)| *known == ending).map(|(known, ..)| Accept::Ending(known))
    }

    /// Whether a file of this type and name is one of them.
    fn takes(self, media: &str, name: &str) -> bool {
        match self {
            Accept::Family(family) => media.split_once('/').is_some_and(|(of, _)| of == family),
            Accept::Type(accepted) => media == accepted,
            Accept::Ending(ending) => {
                KNOWN.iter().filter(|(known, ..)| *known == ending).any(|(_, known, container)| {
                    let is_called = || name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(ending));
                    media == *known || (*container == Some(media) && is_called())
                })
            }
        }
    }

    /// As browsers write it, and people read it.
    pub fn text(self) -> String {
        match self {
            Accept::Family(family) => format!("{family}/*"),
            Accept::Type(media) => media.to_owned(),
            Accept::Ending(ending) => format!(".{ending}"),
        }
    }

    /// The same for people: by the usual ending where there is one.
    fn told(self) -> String {
        match self {
            Accept::Type(media) => KNOWN
                .iter()
                .find(|(_, known, _)| *known == media)
                .map_or_else(|| media.to_owned(), |(ending, ..)| ending.to_ascii_uppercase()),
            Accept::Ending(ending) => ending.to_ascii_uppercase(),
            Accept::Family(_) => self.text(),
        }
    }
}

impl Accepted {
    /// Whether a file of this type and name is taken.
    pub fn takes(&self, media: &str, name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|accept| accept.takes(media, name))
    }

    /// The types as inputs of browsers name them; nothing where all are taken.
    pub fn attribute(&self) -> String {
        self.types.iter().map(|accept| accept.text()).collect::<Vec<_>>().join(",")
    }

    /// The types for people.
    pub fn told(&self) -> String {
        self.types.iter().map(|accept| accept.told()).collect::<Vec<_>>().join(", ")
    }
}

/// What people call a type: its usual ending, else as it is registered.
pub fn told(media: &str) -> String {
    let known = KNOWN.iter().find(|(_, known, _)| *known == media);
    known.map_or_else(|| media.to_owned(), |(ending, ..)| ending.to_ascii_uppercase())
}

/// Pictures that browsers show in place without running anything. SVG is not among them: it may hold scripts.
pub fn is_picture(media: &str) -> bool {
    matches!(media, "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn accepted(words: &[&str]) -> Accepted {
        Accepted { types: words.iter().map(|word| Accept::parse(word).unwrap()).collect(), max: None }
    }

    #[test]
    fn types_are_taken_by_what_is_in_them() {
        let documents = accepted(&["PDF", ".docx", "image/*"]);
        for (media, name, taken) in [
            ("application/pdf", "a.txt", true),
            ("image/webp", "a", true),
            ("application/zip", "a.docx", true),
            ("application/zip", "a.zip", false),
            ("text/html", "a.pdf", false),
        ] {
            assert_eq!(documents.takes(media, name), taken, "{media} {name}");
        }
        assert!(Accepted::default().takes("text/html", "a"));
        assert_eq!(
            (documents.attribute(), documents.told()),
            (".pdf,.docx,image/*".into(), "PDF, DOCX, image/*".into())
        );
        for wrong in ["", ".", "image", "image/", "application/*", "image/pgn", "*/*", ".exe"] {
            assert_eq!(Accept::parse(wrong), None, "{wrong}");
        }
    }
}
