//! Posts come from our own pages: a token bound to the reader's session, and what the browser says of the sender.
//!
//! After OWASP's *Cross-Site Request Forgery Prevention*: an HMAC of the session's secret as token, checked together with
//! Fetch Metadata, or with `Origin` where a browser does not send that. Before anyone is signed in, a random cookie takes
//! the place of the session.

use axum::http::{HeaderMap, header};
use fichero_engine::read::cursor::Seal;

/// The token that every form of a session posts.
pub fn token(seal: &Seal, secret: &str) -> String {
    seal.token("page", secret)
}

/// Whether a posted token is that of the session.
pub fn is_token(seal: &Seal, secret: &str, token: &str) -> bool {
    !secret.is_empty() && seal.is_token("page", secret, token)
}

/// Whether the browser says that one of our own pages posts. Where it says nothing, the token alone decides.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or_default();
    origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn posts_of_other_sites_are_told_from_ours() {
        let host = ("host", "crm.example:8080");
        for ours in [
            &[host][..],
            &[host, ("origin", "https://crm.example:8080")],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "https://front.example")],
        ] {
            assert!(is_from_here(&headers(ours)), "{ours:?}");
        }
        for other in [
            &[host, ("origin", "https://evil.example")][..],
            &[host, ("origin", "null")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site"), ("origin", "https://crm.example:8080")],
        ] {
            assert!(!is_from_here(&headers(other)), "{other:?}");
        }
    }

    #[test]
    fn a_token_belongs_to_one_session() {
        let seal = Seal::new([7; 32]);
        let own = token(&seal, "a");
        assert!(is_token(&seal, "a", &own));
        assert!(!is_token(&seal, "b", &own));
        assert!(!is_token(&seal, "a", "AAAA"));
        assert!(!is_token(&seal, "", &token(&seal, "")));
        assert!(!is_token(&Seal::new([8; 32]), "a", &own));
    }
}
