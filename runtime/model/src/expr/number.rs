//! Exact arithmetic within bounds, so that memory, SQLite and PostgreSQL cannot disagree.
//!
//! * An integer lies within ±9·10^15 ([`LARGEST`]): two of them add without leaving 64 bits anywhere, and a reader of
//!   JSON takes them exactly (they are below 2^53).
//! * A decimal lies within the same bounds and has at most ten digits behind the point ([`SCALE`]); a result with more
//!   is rounded half away from zero. Sums of such numbers stay within rust_decimal's 28 digits, so nothing is lost.
//! * A duration lies within ±4·10^11 seconds ([`LONGEST`]), about 12,675 years: the distance of any two moments fits.
//! * A day lies in the years 1 to 9999, and so does a moment.
//!
//! A result outside has no value: it is `()`, as is the result of a division by zero. A fault would let SQL, which
//! evaluates rows that memory never sees, fail a whole query for one of them.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::value::Value;

/// The greatest number, and with its sign the least.
pub const LARGEST: i64 = 9_000_000_000_000_000;
/// The most digits behind the point.
pub const SCALE: u32 = 10;
/// The longest duration in seconds.
pub const LONGEST: i64 = 400_000_000_000;
/// The microseconds of the first moment of the year 1 and of the last of the year 9999 (UTC).
const MOMENTS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// An integer within bounds.
pub fn integer(value: i64) -> Option<i64> {
    (-LARGEST..=LARGEST).contains(&value).then_some(value)
}

/// A decimal within bounds, rounded to the greatest scale.
pub fn decimal(value: Decimal) -> Option<Decimal> {
    let rounded = round(value, SCALE);
    (rounded.abs() <= Decimal::from(LARGEST)).then_some(rounded)
}

/// A duration within bounds.
pub fn duration(seconds: i64) -> Option<i64> {
    (-LONGEST..=LONGEST).contains(&seconds).then_some(seconds)
}

/// A day within bounds.
pub fn date(date: Date) -> Option<Date> {
    (date.year() >= 1).then_some(date)
}

/// A moment within bounds.
pub fn moment(moment: Timestamp) -> Option<Timestamp> {
    MOMENTS.contains(&moment.as_microsecond()).then_some(moment)
}

/// Rounded half away from zero, as in commerce, to so many digits behind the point.
pub fn round(value: Decimal, digits: u32) -> Decimal {
    value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// What makes an optional result a value: nothing is `()`.
pub(super) fn or_nothing<T>(result: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    result.map_or(Value::Nothing, make)
}
