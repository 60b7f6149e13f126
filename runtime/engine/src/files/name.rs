//! What a file is called: a plain name, whatever was sent.

/// The longest name, in characters.
const LONGEST: usize = 200;

/// What a file without a usable name is called.
const NAMELESS: &str = "file";

/// A name without folders, control characters and signs that change the direction of writing, and not too long; its
/// ending is kept.
pub fn clean(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|sign| !is_hidden(*sign)).collect();
    // Two dots are the folder above, a leading one hides a file, a trailing one is lost on Windows.
    let plain = plain.trim().trim_matches('.').trim();
    if plain.is_empty() {
        return NAMELESS.to_owned();
    }
    let length = plain.chars().count();
    if length <= LONGEST {
        return plain.to_owned();
    }
    let ending = plain.rfind('.').map_or("", |dot| &plain[dot..]);
    let ending = if ending.chars().count() <= 20 { ending } else { "" };
    let stem = plain.chars().take(LONGEST - ending.chars().count()).collect::<String>();
    format!("{stem}{ending}")
}

/// What is not seen in a name, and makes it look like another: control and format characters, line and paragraph
/// separators, the marks of bidirectional writing, signs of no width.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_plain() {
        for (sent, kept) in [
            ("offer.pdf", "offer.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\offer.pdf", "offer.pdf"),
            ("..", "file"),
            ("", "file"),
            (" .htaccess ", "htaccess"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("nul\0.txt", "nul.txt"),
            ("Año – договор.pdf", "Año – договор.pdf"),
        ] {
            assert_eq!(clean(sent), kept, "{sent:?}");
        }
        let long = clean(&format!("{}.docx", "ж".repeat(500)));
        assert_eq!((long.chars().count(), long.ends_with("ж.docx")), (200, true));
    }
}
