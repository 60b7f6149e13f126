//! Sizes in bytes as people write them: `10 MB`, `500 kB`, `1 GiB`.

/// Units and their bytes, the greatest first among those that are written.
const UNITS: [(&str, u64); 7] = [
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// Reads a size: a whole number and a unit.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|sign: char| !sign.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim();
    let (_, bytes) = UNITS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(bytes).filter(|size| *size > 0 && i64::try_from(*size).is_ok())
}

/// Writes a size in the greatest unit of thousands that it holds, with one digit behind the point where there is one.
pub fn text(size: u64) -> String {
    let (unit, bytes) = UNITS.into_iter().take(3).find(|(_, bytes)| size >= *bytes).unwrap_or(("B", 1));
    let tenths = (u128::from(size) * 10 + u128::from(bytes) / 2) / u128::from(bytes);
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, size) in [("10 MB", Some(10_000_000)), ("500kb", Some(500_000)), ("1 GiB", Some(1 << 30))] {
            assert_eq!(parse(text), size, "{text}");
        }
        for text in ["10", "", "MB", "-1 MB", "1.5 MB", "0 MB", "10 MBytes", "99999999999999999999 GB"] {
            assert_eq!(parse(text), None, "{text}");
        }
        for (size, written) in [(0, "0 B"), (999, "999 B"), (1_250, "1.3 kB"), (25_000_000, "25 MB")] {
            assert_eq!(text(size), written);
        }
    }
}
