//! Durations for inputs, as people write them: `2 h 30 min`, `3 d 4 h`, `45 s`, in each language of the pages. What is typed
//! is read by `fichero_engine::value::unit`.

use crate::ui::format;
use crate::ui::locale::Locale;

/// A duration for an input: as it is shown, but in plain digits, for `1,500 h` is not the same in each language.
pub fn written(locale: Locale, seconds: i64) -> String {
    format::duration(locale, seconds).replace([',', '\u{202f}'], "").replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use fichero_engine::value::unit;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for locale in Locale::ALL {
            for seconds in [0, 59, 60, 3_600, 5_400, 86_400, 90_000_000, -7_200] {
                assert_eq!(unit::duration(&written(locale, seconds)), Some(seconds), "{locale:?} {seconds}");
            }
        }
    }
}
