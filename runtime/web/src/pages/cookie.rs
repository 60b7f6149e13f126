//! Cookies: none can be read by scripts, all stay on this site.

use axum::http::{HeaderMap, HeaderValue, header};

/// What a form of the log-in page is bound to.
pub const LOGIN: &str = "fichero_login";
/// What the reader prefers on this device.
pub const PREFERENCES: &str = "fichero_preferences";
/// What the last action has to say, until it was said.
pub const NOTICE: &str = "fichero_notice";
/// The records that were looked at last.
pub const RECENT: &str = "fichero_recent";

/// How long a preference is kept, in seconds.
pub const YEAR: i64 = 365 * 24 * 3600;

/// The value of a cookie in a request.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Whether the request came by TLS, as the server in front says.
pub fn is_secure(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// A cookie to be kept until the browser is closed, or for so many seconds; 0 takes it away. Nothing when the value
/// cannot stand in a header.
pub fn set(name: &str, value: &str, secure: bool, seconds: Option<i64>) -> Option<HeaderValue> {
    let fits = value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\'));
    if !fits {
        return None;
    }
    let secure = if secure { "; Secure" } else { "" };
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; fichero_notice=saved"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(get(&headers, NOTICE), Some("saved"));
        assert_eq!(get(&headers, "b"), Some("2"));
        assert_eq!(get(&headers, "notice"), None);
    }

    #[test]
    fn cookies_are_closed_to_scripts_and_other_sites() {
        let cookie = set("a", "b=c", true, Some(0)).unwrap();
        assert_eq!(cookie, "a=b=c; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
        assert_eq!(set("a", "b; Domain=evil.example", false, None), None);
    }
}
