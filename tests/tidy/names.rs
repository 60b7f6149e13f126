//! The runtime serves any pack, so it knows the entities of none: what it can do for one, every pack can ask for.
//!
//! The names are read from the stock packs. `user` and `team` are the runtime's own.

use std::collections::BTreeSet;

use crate::rust::Code;
use crate::tree::{self, File, Finding};

/// Names that stock packs share with the definition language or the runtime, each with what it means there.
const SHARED: [(&str, &str); 4] = [
    ("user", "the runtime's own entity of people"),
    ("team", "the runtime's own entity of teams"),
    ("currency", "a key of workspaces and of money fields"),
    ("note", "a line of news in the output of a command"),
];

/// What lists words for drawings, some of which are called as what packs draw with them.
const DRAWINGS: &str = "runtime/model/src/look.rs";

/// The names of all entities that the stock packs declare, except the shared ones.
fn entities(files: &[File]) -> BTreeSet<String> {
    let stock = files.iter().filter(|file| file.is_under("definitions") && file.has_extension(&["yaml"]));
    let declared = stock.flat_map(File::lines).filter_map(|(_, line)| line.strip_prefix("entity:"));
    let names = declared.filter_map(|rest| rest.split_whitespace().next());
    names.filter(|name| SHARED.iter().all(|(shared, _)| shared != name)).map(str::to_owned).collect()
}

fn named(entities: &BTreeSet<String>, file: &File, code: &Code) -> Vec<Finding> {
    let found = code.literals.iter().filter(|literal| entities.contains(&literal.text));
    found.map(|literal| file.finding(literal.line, format!("names the entity {:?} of a pack", literal.text))).collect()
}

#[test]
fn rust_knows_no_entity_of_any_pack() {
    let entities = entities(tree::files());
    let product = tree::product_code();
    let code = product.iter().filter(|(file, _)| file.path != DRAWINGS);
    let findings: Vec<_> = code.flat_map(|(file, code)| named(&entities, file, code)).collect();
    tree::assert_none(
        &findings,
        "Turn the special case into something a definition can ask for (a key, a type, a mixin). If the word also \
         belongs to the definition language, list it with its meaning in tests/tidy/names.rs.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_read_from_the_stock_packs() {
        let tree = [
            File::new("definitions/sales/deal.yaml", "entity: deal\nlabel: Deal\n---\nentity: deal_line # of a deal\n"),
            File::new("definitions/base/user.yaml", "entity: user\n---\nview: deals\nentity: other\n"),
            File::new("tests/definitions/passing/x.yaml", "entity: fixture\n"),
        ];
        assert_eq!(entities(&tree).into_iter().collect::<Vec<_>>(), ["deal", "deal_line", "other"]);
    }

    #[test]
    fn a_name_in_code_is_found_and_in_a_sentence_is_not() {
        let entities = BTreeSet::from(["deal".to_owned()]);
        let text =
            "fn f() {\n  find(\"deal\");\n  say(\"no deal\") }\n#[cfg(test)]\nmod tests { const D: &str = \"deal\"; }";
        let file = File::new("runtime/engine/src/x.rs", text);
        let findings = named(&entities, &file, &Code::read(&file.path, text));
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }
}
