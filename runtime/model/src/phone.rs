//! Phone numbers: read as people write them, kept as E.164 writes them, shown as the reader's country does.
//!
//! What is kept is `+34915550142`, an extension behind it as RFC 3966 has it: `+442079460123;ext=45`. Whatever is kept is
//! long enough to be dialled in its country; whether anybody answers is not asked, for numbering plans change faster than
//! releases. Texts that were kept before a field held numbers stay as they are, and are shown so.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::LazyLock;

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Mode, PhoneNumber, Type};
use regex::Regex;

/// What stands before an extension where it is kept.
const EXTENSION: &str = ";ext=";

/// The longest text that is looked at; whatever is longer holds more than a number.
const LONGEST: usize = 64;

/// The most digits of a number with its country's code. E.164 has 15, and some German ones have more.
const MOST_DIGITS: usize = 17;

/// A number and perhaps an extension, as people write them.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"(?:tel:)?([+(]*[0-9][-0-9() ./\u{a0}\u{2010}-\u{2013}]*)";
    let extension = r"(?:[ ,;]*(?:ext(?:ension)?|x|#|int(?:erno)?|anexo|доб)[.:=]? *([0-9]{1,8}))?";
    Regex::new(&format!("(?i)^{number}{extension}$")).ok()
});

/// A country whose numbers are known, by its two letters of ISO 3166.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country(Id);

impl Country {
    /// The country of two letters, large or small.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Id::from_str(&text.to_ascii_uppercase()).ok()?;
        // Some places have two letters and no phones of their own.
        DATABASE.by_id(id.as_ref()).map(|_| Self(id))
    }

    /// Its two letters, large.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

/// Why a text is no number that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is written like none.
    NoNumber,
    /// It is written as one dials it inside a country, and of which is not known.
    NoCountry,
    /// No country has the code behind its `+`.
    UnknownCode,
    /// It has fewer digits than any number of its country.
    TooShort,
    /// It has more.
    TooLong,
}

/// Reads a number as people write it; one without `+` is of the country given.
///
/// # Errors
/// Why it is none.
pub fn read(text: &str, country: Option<Country>) -> Result<String, Unread> {
    let (number, extension) = written(text).ok_or(Unread::NoNumber)?;
    let is_international = number.starts_with('+');
    let read = match (is_international, country) {
        (true, _) => dialled(&number, None),
        (false, Some(country)) => dialled(&number, Some(country)),
        (false, None) => Err(Unread::NoCountry),
    };
    // Most countries dial `00` before a foreign number, and people write it wherever they are.
    let abroad = || number.strip_prefix("00").map(|number| dialled(&format!("+{number}"), None));
    let read = match read {
        Err(problem) => abroad().unwrap_or(Err(problem)),
        read => read,
    }?;
    let mut kept = read.format().mode(Mode::E164).to_string();
    // Zeros that are not dialled from abroad are gone; what is left must be a number by itself.
    if kept != number && dialled(&kept, None)?.format().mode(Mode::E164).to_string() != kept {
        return Err(Unread::NoNumber);
    }
    if let Some(extension) = extension {
        kept.push_str(EXTENSION);
        kept.push_str(extension);
    }
    Ok(kept)
}

/// A number as it is kept if its text tells its country, and else the text.
pub fn international(text: &str) -> Cow<'_, str> {
    read(text, None).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a text is a number as they are kept.
pub fn is_kept(text: &str) -> bool {
    let (number, extension) = text.split_once(EXTENSION).unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(extension) && number.strip_prefix('+').is_some_and(is_digits)
}

/// A number as people read it: as it is dialled inside the country at hand, or with the code of its own.
pub fn shown(kept: &str, home: Option<Country>) -> String {
    let Some((number, extension)) = parts(kept) else { return kept.to_owned() };
    let is_here = home.is_some_and(|home| number.country().id() == Some(home.0));
    let mode = if is_here { Mode::National } else { Mode::International };
    let mut shown = number.format().mode(mode).to_string();
    if let Some(extension) = extension {
        shown.push_str(" ext. ");
        shown.push_str(extension);
    }
    shown
}

/// The spellings that the search finds a number by: as it is kept, and as it is dialled inside its country.
pub fn spellings(kept: &str) -> String {
    match parts(kept) {
        Some((number, _)) => format!("{kept}, {}", number.format().mode(Mode::National)),
        None => kept.to_owned(),
    }
}

/// What a number that is kept holds wherever it is typed as a part of one: the digits alone, without those that are not
/// dialled from abroad. Nothing where letters say that something else is meant.
pub fn part(text: &str) -> Option<String> {
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '+' | '(' | ')' | '-' | '.' | '/');
    let digits: String = text.chars().filter(|c| !is_sign(*c)).collect();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.trim_start_matches('0');
    (is_number && !digits.is_empty()).then(|| digits.to_owned())
}

/// The number and the extension of one that is kept.
fn parts(kept: &str) -> Option<(PhoneNumber, Option<&str>)> {
    if !is_kept(kept) || kept.len() > LONGEST {
        return None;
    }
    let (number, extension) = match kept.split_once(EXTENSION) {
        Some((number, extension)) => (number, Some(extension)),
        None => (kept, None),
    };
    Some((dialled(number, None).ok()?, extension))
}

/// The digits of a text, behind a `+` where it has one, and its extension.
fn written(text: &str) -> Option<(String, Option<&str>)> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let found = WRITTEN.as_ref()?.captures(text)?;
    let number = found.get(1)?.as_str();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let sign = if number.contains('+') { "+" } else { "" };
    Some((format!("{sign}{digits}"), found.get(2).map(|extension| extension.as_str())))
}

/// The number of digits that are known to be some.
fn dialled(digits: &str, country: Option<Country>) -> Result<PhoneNumber, Unread> {
    if digits.len() > MOST_DIGITS + 3 {
        return Err(Unread::TooLong);
    }
    let number = phonenumber::parse(country.map(|country| country.0), digits).map_err(|error| match error {
        phonenumber::ParseError::InvalidCountryCode => Unread::UnknownCode,
        phonenumber::ParseError::TooShortAfterIdd | phonenumber::ParseError::TooShortNsn => Unread::TooShort,
        phonenumber::ParseError::TooLong => Unread::TooLong,
        _ => Unread::NoNumber,
    })?;
    let length = u16::try_from(number.national().to_string().len()).unwrap_or(u16::MAX);
    let plans = DATABASE.by_code(&number.country().code()).ok_or(Unread::UnknownCode)?;
    let lengths: Vec<u16> = plans.iter().flat_map(|plan| lengths(plan)).collect();
    match lengths.contains(&length) {
        true => Ok(number),
        false if lengths.iter().any(|possible| *possible > length) => Err(Unread::TooShort),
        false => Err(Unread::TooLong),
    }
}

/// How many digits the numbers of a country have, by what they are for.
fn lengths(plan: &Metadata) -> Vec<u16> {
    let kinds = [
        Type::FixedLine,
        Type::Mobile,
        Type::TollFree,
        Type::PremiumRate,
        Type::SharedCost,
        Type::PersonalNumber,
        Type::Voip,
        Type::Pager,
        Type::Uan,
        Type::Voicemail,
    ];
    let known = kinds.into_iter().filter_map(|kind| plan.descriptors().get(kind));
    known.flat_map(|descriptor| descriptor.possible_length().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn of(country: &str) -> Option<Country> {
        Some(Country::parse(country).unwrap())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (country, text, kept) in [
            ("es", "912 345 678", "+34912345678"),
            ("es", "912-34-56-78", "+34912345678"),
            ("es", "0034 912345678", "+34912345678"),
            ("es", "(+34) 912.345.678", "+34912345678"),
            ("es", "34 912 345 678", "+34912345678"),
            ("ES", "+371 6755 0125", "+37167550125"),
            ("gb", "(020) 7946-0123 ext. 45", "+442079460123;ext=45"),
            ("gb", "+44 (0)20 7946 0958", "+442079460958"),
            ("gb", "020 7946 0958 x7", "+442079460958;ext=7"),
            ("us", "(617) 555-0120", "+16175550120"),
            ("us", "1-617-555-0120", "+16175550120"),
            ("us", "011 34 912 345 678", "+34912345678"),
            ("us", "00 34 912 345 678", "+34912345678"),
            ("it", "06 1234 5678", "+390612345678"),
            ("ru", "8 (495) 123-45-67", "+74951234567"),
            ("ru", "495 123-45-67 доб. 12", "+74951234567;ext=12"),
            ("kz", "+7 727 355 01 22", "+77273550122"),
            ("de", "030/123456", "+4930123456"),
            ("es", "tel:+34-912-345-678", "+34912345678"),
            ("es", "+442079460123;ext=45", "+442079460123;ext=45"),
        ] {
            assert_eq!(read(text, of(country)).as_deref(), Ok(kept), "{text}");
            assert!(is_kept(kept));
            assert_eq!(read(kept, None).as_deref(), Ok(kept), "what is kept stays");
        }
        assert_eq!(read("0034 912345678", None).as_deref(), Ok("+34912345678"));
    }

    #[test]
    fn what_cannot_be_dialled_is_told_apart() {
        for (country, text, why) in [
            (of("es"), "ask the desk", Unread::NoNumber),
            (of("es"), "", Unread::NoNumber),
            (of("es"), "ask 912 345 678", Unread::NoNumber),
            (of("es"), "912 345 678 or 679", Unread::NoNumber),
            (None, "912 345 678", Unread::NoCountry),
            (None, "+999 912 345 678", Unread::UnknownCode),
            (of("es"), "912 345", Unread::TooShort),
            (of("es"), "912 345 678 9", Unread::TooLong),
            (of("es"), "+34 912 345 678 901 234 567 890", Unread::TooLong),
        ] {
            assert_eq!(read(text, country), Err(why), "{text}");
        }
        assert_eq!([Country::parse("aq"), Country::parse("xx"), Country::parse("esp")], [None; 3]);
    }

    #[test]
    fn numbers_are_shown_as_the_country_writes_them() {
        assert_eq!(shown("+34912345678", of("es")), "912 34 56 78");
        assert_eq!(shown("+34912345678", of("gb")), "+34 912 34 56 78");
        assert_eq!(shown("+442079460123;ext=45", of("gb")), "020 7946 0123 ext. 45");
        assert_eq!(shown("+442079460123;ext=45", None), "+44 20 7946 0123 ext. 45");
        assert_eq!(shown("ask the desk", of("es")), "ask the desk");
        assert_eq!(spellings("+442079460958"), "+442079460958, 020 7946 0958");
        assert_eq!(part("020 7946").as_deref(), Some("207946"));
        assert_eq!([part("desk"), part("+"), part("")], [None, None, None]);
    }

    #[test]
    fn zeros_make_no_number_long_enough() {
        assert_eq!(read("+810000000001", None), Err(Unread::TooShort));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_shown_and_read_again(text in "(\\+|00)?[0-9]{4,18}|\\PC{0,30}", home in 0usize..6) {
            let home = ["es", "us", "gb", "it", "ru", "ar"].get(home).and_then(|country| Country::parse(country));
            if let Ok(kept) = read(&text, home) {
                prop_assert!(is_kept(&kept));
                prop_assert_eq!(read(&kept, None), Ok(kept.clone()));
                prop_assert_eq!(read(&shown(&kept, None), None), Ok(kept));
            }
        }
    }
}
