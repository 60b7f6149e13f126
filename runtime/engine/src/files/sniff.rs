//! Of which type bytes are, as they tell it themselves.

/// As many bytes from the beginning as are looked at: archives of office documents tell late what they are.
pub const HEAD: usize = 8 * 1024;

/// What is not known to be anything.
const UNKNOWN: &str = "application/octet-stream";

/// The media type of bytes by how they begin. Their name only tells one text from another.
pub fn media(head: &[u8], name: &str) -> &'static str {
    match infer::get(head).map(|found| found.mime_type()) {
        // Some texts are recognised by a few letters, which proves little; whether they are texts is looked at here.
        Some(found) if !found.starts_with("text/") => found,
        _ => text(head, name).unwrap_or(UNKNOWN),
    }
}

fn text(head: &[u8], name: &str) -> Option<&'static str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may have been cut.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.chars().any(|sign| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t' | '\u{c}')) {
        return None;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower: String = start.chars().take(1024).collect::<String>().to_ascii_lowercase();
    // Anywhere near the beginning: comments and declarations may come first.
    if lower.contains("<svg") {
        return Some("image/svg+xml");
    }
    if lower.starts_with("<!doctype html")
        || ["<html", "<head", "<body", "<script"].iter().any(|tag| lower.contains(tag))
    {
        return Some("text/html");
    }
    if lower.starts_with("<?xml") {
        return Some("text/xml");
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    Some(match ending.as_str() {
        "csv" => "text/csv",
        "md" => "text/markdown",
        "json" => "application/json",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        _ => "text/plain",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_told_by_the_bytes_and_never_by_the_name() {
        for (head, name, media_type) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "a.txt", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a.png", "image/jpeg"),
            (b"%PDF-1.7\n", "a.docx", "application/pdf"),
            (b"MZ\x90\0\x03\0\0\0", "photo.png", "application/vnd.microsoft.portable-executable"),
            (&[&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat(), "photo.png", "application/x-executable"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a.png", "image/svg+xml"),
            (b"<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "a.xml", "image/svg+xml"),
            (b"  <!DOCTYPE html><p>", "a.txt", "text/html"),
            (b"hello <script>alert(1)</script>", "a.txt", "text/html"),
            ("Año;Зима\n1;2\n".as_bytes(), "a.csv", "text/csv"),
            (b"plain words", "a.png", "text/plain"),
            (b"a\0b", "a.txt", "application/octet-stream"),
            (&"жж".as_bytes()[..3], "a.txt", "text/plain"),
        ] {
            assert_eq!(media(head, name), media_type, "{name} {head:?}");
        }
    }
}
