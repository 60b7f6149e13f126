//! The files a page links to: style sheet, scripts, icons.
//!
//! All of them live under one address that holds a fingerprint of their content (`/assets/1f9c…/style.css`), so a
//! browser may keep them for ever and scripts may import one another by relative path. Does not serve: the router
//! answers [`get`] with [`CACHE_CONTROL`].

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The policy every page is served with. Templates keep to it: no inline script, no inline style, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How long a browser may keep a fingerprinted file.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its name in the address.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// One address for the style sheet, several files for its authors.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    [
        include_str!("../../assets/css/tokens.css"),
        include_str!("../../assets/css/base.css"),
        include_str!("../../assets/css/layout.css"),
        include_str!("../../assets/css/controls.css"),
        include_str!("../../assets/css/table.css"),
        include_str!("../../assets/css/record.css"),
        include_str!("../../assets/css/form.css"),
        include_str!("../../assets/css/files.css"),
        include_str!("../../assets/css/pages.css"),
        include_str!("../../assets/css/phone.css"),
    ]
    .concat()
});

static ASSETS: LazyLock<[Asset; 13]> = LazyLock::new(|| {
    let file = |name, content_type, content| Asset { name, content_type, content };
    [
        file("style.css", CSS, STYLE.as_str()),
        file("icons.svg", SVG, super::icons::SPRITE),
        file("favicon.svg", SVG, include_str!("../../assets/favicon.svg")),
        file("app.js", JS, include_str!("../../assets/js/app.js")),
        file("combobox.js", JS, include_str!("../../assets/js/combobox.js")),
        file("derive.js", JS, include_str!("../../assets/js/derive.js")),
        file("files.js", JS, include_str!("../../assets/js/files.js")),
        file("forms.js", JS, include_str!("../../assets/js/forms.js")),
        file("lines.js", JS, include_str!("../../assets/js/lines.js")),
        file("menus.js", JS, include_str!("../../assets/js/menus.js")),
        file("pad.js", JS, include_str!("../../assets/js/pad.js")),
        file("shortcuts.js", JS, include_str!("../../assets/js/shortcuts.js")),
        file("watch.js", JS, include_str!("../../assets/js/watch.js")),
    ]
});

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in all() {
        hash.update(asset.name);
        hash.update([0]);
        hash.update(asset.content);
        hash.update([0]);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// Every file.
pub fn all() -> &'static [Asset] {
    ASSETS.as_slice()
}

/// The address of a file: `/assets/FINGERPRINT/NAME`.
pub fn href(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

/// The file at `/assets/{fingerprint}/{name}`; nothing for another fingerprint, so that no browser keeps a file under
/// the name of another version of it.
pub fn get(fingerprint: &str, name: &str) -> Option<Asset> {
    (fingerprint == *FINGERPRINT).then(|| all().iter().find(|asset| asset.name == name).copied()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn every_file_is_found_at_its_address_and_at_no_other() {
        for asset in all() {
            let address = href(asset.name);
            let (fingerprint, name) = address.strip_prefix("/assets/").unwrap().split_once('/').unwrap();
            assert_eq!(get(fingerprint, name).unwrap().content, asset.content);
            assert!(get("0", name).is_none());
        }
        assert!(get(&FINGERPRINT, "other.css").is_none());
    }

    #[test]
    fn scripts_import_only_files_that_are_served() {
        for asset in all().iter().filter(|asset| asset.content_type == JS) {
            for import in asset.content.split("from \"./").skip(1) {
                let name = import.split('"').next().unwrap();
                assert!(all().iter().any(|other| other.name == name), "{} imports {name}", asset.name);
            }
        }
    }
}
