//! Addresses: paths from the root with their query encoded.

use std::fmt::Write as _;

/// A path with a query; pairs without a value are left out.
pub fn with<'p>(path: &str, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut address = path.to_owned();
    let mut sign = '?';
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        address.push(sign);
        encode(&mut address, name);
        address.push('=');
        encode(&mut address, value);
        sign = '&';
    }
    address
}

/// Writes a text percent-encoded, but for what RFC 3986 calls unreserved.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
}

/// The address when it leads to a page of ours, else the home page: nobody is sent elsewhere by a link they were given.
pub fn local(address: &str) -> &str {
    let ours = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains(['\\', '\r', '\n', '\t'])
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    if ours { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        assert_eq!(with("/deal", [("q", "a b&c"), ("sort", ""), ("ñ", "=")]), "/deal?q=a%20b%26c&%C3%B1=%3D");
        assert_eq!(with("/deal", []), "/deal");
    }

    #[test]
    fn only_addresses_of_ours_are_followed() {
        assert_eq!(local("/deal?view=open"), "/deal?view=open");
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "javascript:x", "/a\r\nb", "/ñ"]
        {
            assert_eq!(local(other), "/", "{other}");
        }
    }
}
