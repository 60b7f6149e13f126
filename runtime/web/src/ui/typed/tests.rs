#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::super::format;
use super::*;

#[test]
fn numbers_are_read_as_their_language_writes_them() {
    let read = |locale, text: &str| decimal(locale, text).map(|number| number.to_string());
    let table = [
        (Locale::En, "1,234.50", Ok("1234.50")),
        (Locale::En, " 1234.5 ", Ok("1234.5")),
        (Locale::En, "1 234", Ok("1234")),
        (Locale::En, "1234,5", Ok("1234.5")),
        (Locale::En, "1,234", Ok("1234")),
        (Locale::En, ".5", Ok("0.5")),
        (Locale::En, "5.", Ok("5")),
        (Locale::En, "+7", Ok("7")),
        (Locale::En, "-7", Ok("-7")),
        (Locale::En, "− 7", Ok("-7")),
        (Locale::En, "", Err(Error::NotANumber)),
        (Locale::En, ".", Err(Error::NotANumber)),
        (Locale::En, "-", Err(Error::NotANumber)),
        (Locale::En, "12,34,567", Err(Error::NotANumber)),
        (Locale::En, "1.2.3", Err(Error::NotANumber)),
        (Locale::En, "1e5", Err(Error::NotANumber)),
        (Locale::En, "٣", Err(Error::NotANumber)),
        (Locale::En, "12345678901234567890123456789", Err(Error::TooLong)),
        (Locale::Es, "1.234,50", Ok("1234.50")),
        (Locale::Es, "1.234", Ok("1234")),
        (Locale::Es, "1234.5", Ok("1234.5")),
        (Locale::Es, "1,234", Ok("1.234")),
        (Locale::Es, "1.234.5", Err(Error::NotANumber)),
        (Locale::Ru, "1 234,5", Ok("1234.5")),
        (Locale::Ru, "1.5", Ok("1.5")),
        (Locale::Ru, "1 23", Err(Error::NotANumber)),
    ];
    for (locale, text, wanted) in table {
        assert_eq!(read(locale, text), wanted.map(str::to_owned), "{locale:?} {text:?}");
    }
}

#[test]
fn whole_numbers_refuse_a_fraction() {
    assert_eq!(integer(Locale::Es, "12.345"), Ok(12_345));
    assert_eq!(integer(Locale::En, "12.0"), Ok(12));
    assert_eq!(integer(Locale::En, "12.5"), Err(Error::NotWhole));
    assert_eq!(integer(Locale::En, "9223372036854775808"), Err(Error::TooLong));
}

proptest! {
    #[test]
    fn what_is_written_can_be_read_back(units in -999_999_999_999_999i64..=999_999_999_999_999, scale in 0u32..=6) {
        let number = Decimal::new(units, scale);
        for locale in Locale::ALL {
            prop_assert_eq!(decimal(locale, &format::decimal(locale, number, Some(scale))), Ok(number));
            prop_assert_eq!(decimal(locale, &editable(locale, number)), Ok(number));
        }
    }
}
