//! The packs that come with the program: the folders of `definitions/`, embedded when it was built.
//!
//! A debug build reads them from the source tree each time, so that whoever works on a pack sees an edit at once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use fichero_definition::StockPacks;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "definitions"]
struct Definitions;

/// The packs that come with the program.
#[derive(Clone, Copy, Debug)]
pub struct Stock;

impl StockPacks for Stock {
    fn files(&self, pack: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>> {
        let of_pack = |path: &str| path.strip_prefix(pack).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
        let files: Vec<_> = Definitions::iter()
            .filter_map(|path| Some((of_pack(&path)?, Definitions::get(&path)?.data)))
            .filter(|(local, _)| is_definition(local))
            .collect();
        (!files.is_empty()).then_some(files)
    }

    fn names(&self) -> Vec<String> {
        let packs = Definitions::iter().filter_map(|path| path.strip_suffix("/pack.yaml").map(str::to_owned));
        packs.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// What an editor left beside the definitions is no part of a pack.
fn is_definition(local: &str) -> bool {
    (local.ends_with(".yaml") || local.ends_with(".rhai")) && !local.split('/').any(|part| part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn each_stock_pack_has_its_files_under_its_own_paths() {
        let names = Stock.names();
        assert!(names.iter().any(|name| name == "base"), "{names:?}");
        for name in &names {
            let files = Stock.files(name).expect("a pack has files");
            assert!(files.iter().any(|(local, _)| local == "pack.yaml"), "{name}");
        }
    }

    #[test]
    fn a_pack_is_known_by_its_whole_name() {
        assert!(Stock.files("bas").is_none());
        assert!(Stock.files("").is_none());
    }
}
