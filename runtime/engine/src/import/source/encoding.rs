//! The encoding of a file: the one its first bytes mark, else the one that is declared, else UTF-8.
//!
//! A byte that the encoding has no character for becomes one that is no UTF-8, so that it is found in its cell, and only
//! its row is rejected.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{
    Decoder, DecoderResult, EUC_KR, Encoding, GB18030, IBM866, KOI8_R, MACINTOSH, SHIFT_JIS, UTF_8, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252,
};

use super::super::Error;
use super::LOOKED_AT;

/// How much is decoded at once.
const CHUNK: usize = 16 * 1024;

/// What is proposed for a file that is not UTF-8, the likelier ones first.
static PROPOSED: [&Encoding; 6] = [WINDOWS_1252, WINDOWS_1251, WINDOWS_1250, KOI8_R, IBM866, MACINTOSH];

/// What is proposed where none of those fits: nearly every text says something in these.
static PROPOSED_LAST: [&Encoding; 3] = [SHIFT_JIS, EUC_KR, GB18030];

/// The most encodings that are proposed.
const MOST_PROPOSED: usize = 3;

/// How a file is to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Nothing for UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// How many bytes at the beginning mark it.
    pub mark: u64,
}

/// The encoding that a name means, by the name that a mapping gives it.
pub fn named(name: &str) -> Option<String> {
    Encoding::for_label(name.as_bytes()).map(|encoding| encoding.name().to_lowercase())
}

/// The encoding of a file that begins so.
pub(super) fn of(start: &[u8], declared: Option<&str>) -> Result<Found, Error> {
    if let Some((encoding, mark)) = Encoding::for_bom(start) {
        return Ok(Found { encoding: (encoding != UTF_8).then_some(encoding), mark: mark as u64 });
    }
    let declared = match declared {
        Some(name) => Encoding::for_label(name.as_bytes())
            .ok_or_else(|| Error::File(format!("there is no encoding `{name}`; write `windows-1252` or `utf-16le`")))?,
        None => UTF_8,
    };
    Ok(Found { encoding: (declared != UTF_8).then_some(declared), mark: 0 })
}

/// Looks at the beginning of a text that is to be UTF-8, behind so many bytes of the file.
pub(super) fn check(start: &[u8], before: u64) -> Result<(), Error> {
    if let Some(at) = start.iter().position(|byte| *byte == 0) {
        let wide = match (start.first(), start.get(1)) {
            (Some(0), Some(1..)) => " (it looks like utf-16be)",
            (Some(1..), Some(0)) => " (it looks like utf-16le)",
            _ => "",
        };
        return Err(Error::File(format!(
            "line {} holds a NUL byte (byte {} of the file), so it is not text in UTF-8{wide}; name its encoding with \
             --encoding or in the mapping, or save it as UTF-8",
            line_of(start, at),
            at as u64 + before + 1
        )));
    }
    let Err(error) = std::str::from_utf8(start) else { return Ok(()) };
    // The look may have ended in the middle of a character.
    if error.error_len().is_none() && start.len() as u64 >= LOOKED_AT - 3 {
        return Ok(());
    }
    let at = error.valid_up_to();
    let byte = start.get(at).copied().unwrap_or(0);
    let proposed = proposed(start);
    let named: Vec<String> = proposed.iter().map(|encoding| encoding.name().to_lowercase()).collect();
    let fits = match proposed.first() {
        Some(first) => format!("it fits {} (“{}”)", named.join(", "), preview(first, start, at)),
        None => "it fits no encoding that is known here".to_owned(),
    };
    Err(Error::File(format!(
        "line {} holds the byte 0x{byte:02X} (byte {} of the file), which is not UTF-8; {fits}: name its encoding with \
         --encoding or in the mapping, or save it as UTF-8",
        line_of(start, at),
        at as u64 + before + 1
    )))
}

fn line_of(start: &[u8], at: usize) -> usize {
    start.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// The encoding that a text which is not UTF-8 fits best, and what the word around its first such byte says in it.
pub(in crate::import) fn best(bytes: &[u8]) -> Option<(&'static Encoding, String)> {
    let at = std::str::from_utf8(bytes).err()?.valid_up_to();
    let best = proposed(bytes).first().copied()?;
    Some((best, preview(best, bytes, at)))
}

/// The encodings in which a text says something: letters beside letters of their own script.
fn proposed(bytes: &[u8]) -> Vec<&'static Encoding> {
    let fitting = |all: &[&'static Encoding]| -> Vec<&'static Encoding> {
        all.iter().copied().filter(|encoding| fits(encoding, bytes)).take(MOST_PROPOSED).collect()
    };
    match fitting(&PROPOSED) {
        none if none.is_empty() => fitting(&PROPOSED_LAST),
        some => some,
    }
}

fn fits(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    let (text, wrong) = encoding.decode_without_bom_handling(bytes);
    let is_cyrillic = encoding == WINDOWS_1251 || encoding == KOI8_R || encoding == IBM866;
    let is_latin = encoding == WINDOWS_1252 || encoding == WINDOWS_1250 || encoding == MACINTOSH;
    // The look may have ended in the middle of a character of two bytes.
    let is_whole = !wrong || text.trim_end_matches('\u{fffd}').chars().all(|sign| sign != '\u{fffd}');
    is_whole
        && text.split(|sign: char| sign.is_ascii() && !sign.is_ascii_alphanumeric()).all(|word| {
            let foreign = word.chars().filter(|sign| !sign.is_ascii()).count();
            let letters = word.chars().filter(|sign| !sign.is_ascii() && sign.is_alphabetic()).count();
            let plain = word.chars().filter(char::is_ascii_alphabetic).count();
            let odd = word.chars().any(|sign| is_odd(sign) && !sign.is_ascii());
            // Capitals within a word come of a wrong guess.
            let ragged = word
                .chars()
                .zip(word.chars().skip(1))
                .any(|(one, next)| one.is_lowercase() && next.is_uppercase() && !(one.is_ascii() && next.is_ascii()));
            match (foreign, is_latin, is_cyrillic) {
                (0, ..) => true,
                (_, true, _) => !odd && !ragged && letters <= plain.max(2),
                (_, _, true) => !odd && !ragged && plain == 0,
                _ => !odd,
            }
        })
}

/// Signs that no name or sentence holds.
fn is_odd(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{2500}'..='\u{25ff}' | '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '¤' | '¦' | '‰' | '†' | '‡')
}

/// The word around a byte, as an encoding reads it.
fn preview(encoding: &'static Encoding, bytes: &[u8], at: usize) -> String {
    const AROUND: usize = 24;
    let ends = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let before = bytes.get(..at).unwrap_or_default().iter().rev().take(AROUND).take_while(|byte| !ends(byte)).count();
    let behind = bytes.get(at..).unwrap_or_default().iter().take(AROUND).take_while(|byte| !ends(byte)).count();
    let word = bytes.get(at - before..at + behind).unwrap_or_default();
    encoding.decode_without_bom_handling(word).0.into_owned()
}

/// How much of the file a [`Decoded`] has read.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A text in another encoding, as UTF-8.
pub(super) struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    text: Vec<u8>,
    at: usize,
    is_done: bool,
    read: Progress,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        let read = Progress(Arc::new(AtomicU64::new(0)));
        Self { inner, decoder, text: Vec::new(), at: 0, is_done: false, read }
    }

    pub(super) fn progress(&self) -> Progress {
        self.read.clone()
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut raw = [0; CHUNK];
        let count = self.inner.read(&mut raw)?;
        self.read.0.fetch_add(count as u64, Ordering::Relaxed);
        self.is_done = count == 0;
        self.text.clear();
        self.at = 0;
        let mut rest = raw.get(..count).unwrap_or_default();
        loop {
            let mut piece = [0; CHUNK];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(rest, &mut piece, self.is_done);
            self.text.extend_from_slice(piece.get(..written).unwrap_or_default());
            rest = rest.get(read..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(0xFF),
            }
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.is_done {
            self.fill()?;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}
