//! The embedded templates. A test holds this table equal to the folder.

macro_rules! embedded {
    ($($name:literal,)*) => {
        [$(($name, include_str!(concat!("../../../templates/", $name))),)*]
    };
}

/// Every template by name.
pub(super) const ALL: [(&str, &str); 47] = embedded![
    "app.html",
    "base.html",
    "confirm.html",
    "conflict.html",
    "error.html",
    "form.html",
    "home.html",
    "import.html",
    "import_batch.html",
    "import_columns.html",
    "jobs.html",
    "list.html",
    "login.html",
    "macro/action.html",
    "macro/cell.html",
    "macro/control.html",
    "macro/field.html",
    "macro/file.html",
    "macro/files.html",
    "macro/filters.html",
    "macro/finding.html",
    "macro/history.html",
    "macro/lines.html",
    "macro/many.html",
    "macro/pager.html",
    "macro/path.html",
    "macro/picker.html",
    "macro/section.html",
    "macro/table.html",
    "macro/tabs.html",
    "part/brand.html",
    "part/crumbs.html",
    "part/menu.html",
    "part/nav.html",
    "part/notices.html",
    "part/shortcuts.html",
    "part/user.html",
    "merge.html",
    "merge_ask.html",
    "plain.html",
    "problems.html",
    "record.html",
    "search.html",
    "settings.html",
    "trash.html",
    "duplicates.html",
    "part/watch.html",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_template_of_the_folder_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut found = BTreeSet::new();
        for folder in ["", "macro", "part"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    found.insert(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        let embedded: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(found, embedded);
    }
}
