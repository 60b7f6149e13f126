//! Checks of finished HTML that need no browser: tags are balanced, ids are unique and point somewhere, inputs have
//! names people can hear, and nothing is inline that the content security policy forbids.

use std::collections::BTreeSet;

/// What is wrong with a page, one sentence each.
pub fn faults(html: &str) -> Vec<String> {
    let tags = tags(html);
    let mut faults = Vec::new();
    balanced(&tags, &mut faults);
    let ids = ids(&tags, &mut faults);
    references(&tags, &ids, &mut faults);
    names(&tags, &mut faults);
    policy(html, &tags, &mut faults);
    landmarks(&tags, &mut faults);
    faults
}

struct Tag<'a> {
    name: &'a str,
    closing: bool,
    attributes: Vec<(&'a str, &'a str)>,
    /// Inside a `<template>`: not part of the page yet.
    dormant: bool,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| *attribute == name).map(|(_, value)| *value)
    }
}

const VOID: [&str; 7] = ["meta", "link", "input", "br", "hr", "use", "img"];

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = html;
    let mut templates = 0;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if rest.starts_with('!') {
            continue;
        }
        let end = end_of_tag(rest);
        let inside = &rest[..end];
        rest = &rest[end..];
        let closing = inside.starts_with('/');
        let inside = inside.trim_start_matches('/');
        let name = inside.split(|c: char| c.is_whitespace() || c == '/').next().unwrap();
        if name == "template" && closing {
            templates -= 1;
        }
        tags.push(Tag { name, closing, attributes: attributes(&inside[name.len()..]), dormant: templates > 0 });
        if name == "template" && !closing {
            templates += 1;
        }
    }
    tags
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (place, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return place,
            _ => {}
        }
    }
    panic!("a tag does not end: {}", &text[..text.len().min(80)]);
}

fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut attributes = Vec::new();
    let mut rest = text.trim_end_matches('/').trim();
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..name_end];
        rest = &rest[name_end..];
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let end = quoted.find('"').unwrap();
                rest = &quoted[end + 1..];
                &quoted[..end]
            }
            None => "",
        };
        attributes.push((name, value));
        rest = rest.trim_start();
    }
    attributes
}

fn balanced(tags: &[Tag], faults: &mut Vec<String>) {
    let mut open = Vec::new();
    for tag in tags.iter().filter(|tag| !VOID.contains(&tag.name)) {
        if !tag.closing {
            open.push(tag.name);
        } else if open.pop() != Some(tag.name) {
            faults.push(format!("</{}> closes what is not open ({open:?})", tag.name));
            return;
        }
    }
    if !open.is_empty() {
        faults.push(format!("never closed: {open:?}"));
    }
}

fn ids<'a>(tags: &'a [Tag], faults: &mut Vec<String>) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter(|tag| !tag.dormant).filter_map(|tag| tag.get("id")) {
        if !ids.insert(id) {
            faults.push(format!("two elements have the id `{id}`"));
        }
    }
    ids
}

fn references(tags: &[Tag], ids: &BTreeSet<&str>, faults: &mut Vec<String>) {
    for tag in tags.iter().filter(|tag| !tag.dormant) {
        for attribute in ["for", "list", "aria-labelledby", "aria-describedby", "aria-controls"] {
            for id in tag.get(attribute).unwrap_or("").split_whitespace() {
                if !ids.contains(id) {
                    faults.push(format!("<{} {attribute}> points to `{id}`, which is not there", tag.name));
                }
            }
        }
        let anchor = tag.get("href").and_then(|href| href.strip_prefix('#'));
        if let Some(id) = anchor.filter(|id| tag.name == "a" && !ids.contains(id)) {
            faults.push(format!("a link points to `#{id}`, which is not there"));
        }
    }
}

fn names(tags: &[Tag], faults: &mut Vec<String>) {
    let labelled: BTreeSet<&str> =
        tags.iter().filter(|tag| tag.name == "label").filter_map(|tag| tag.get("for")).collect();
    let mut in_label = false;
    for tag in tags {
        if tag.name == "label" {
            in_label = !tag.closing;
        }
        let input =
            matches!(tag.name, "input" | "select" | "textarea") && !tag.closing && tag.get("type") != Some("hidden");
        let named =
            tag.get("id").is_some_and(|id| labelled.contains(id)) || tag.get("aria-label").is_some() || in_label;
        if input && !named {
            faults.push(format!("the {} `{}` has no label", tag.name, tag.get("name").unwrap_or("?")));
        }
        if tag.name == "th" && !tag.closing && tag.get("scope").is_none() {
            faults.push("a <th> has no scope".to_owned());
        }
    }
}

fn policy(html: &str, tags: &[Tag], faults: &mut Vec<String>) {
    for tag in tags {
        for (attribute, value) in &tag.attributes {
            let inline = *attribute == "style" || attribute.starts_with("on");
            let foreign = matches!(*attribute, "src" | "href" | "action")
                && (value.contains("javascript:") || value.starts_with("//"));
            if inline || foreign {
                faults.push(format!("<{} {attribute}=\"{value}\"> is against the policy", tag.name));
            }
        }
        if tag.name == "style" || (tag.name == "script" && !tag.closing && tag.get("src").is_none()) {
            faults.push(format!("an inline <{}>", tag.name));
        }
    }
    let forms = tags.iter().filter(|tag| tag.name == "form" && tag.get("method") == Some("post")).count();
    if html.matches("name=\"_csrf\"").count() < forms {
        faults.push("a posted form has no token".to_owned());
    }
}

fn landmarks(tags: &[Tag], faults: &mut Vec<String>) {
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name && !tag.closing).count();
    for name in ["main", "h1", "title"] {
        if count(name) != 1 {
            faults.push(format!("{} <{name}> where one belongs", count(name)));
        }
    }
}

#[test]
fn faults_are_found() {
    let page = |body: &str| {
        let html = format!(
            "<!doctype html><html><head><title>t</title></head><body><main><h1>t</h1>{body}</main></body></html>"
        );
        faults(&html)
    };
    assert_eq!(page("<p id=\"a\">fine</p><template><p id=\"a\"></p></template>"), Vec::<String>::new());
    for (body, fault) in [
        ("<p><b></p></b>", "closes what is not open"),
        ("<p id=\"a\"></p><p id=\"a\"></p>", "two elements have the id"),
        ("<label for=\"x\">x</label>", "points to `x`"),
        ("<a href=\"#x\">x</a>", "points to `#x`"),
        ("<input name=\"q\">", "has no label"),
        ("<table><tr><th>x</th></tr></table>", "no scope"),
        ("<p style=\"color: red\"></p>", "against the policy"),
        ("<a href=\"javascript:x\">x</a>", "against the policy"),
        ("<script>x</script>", "an inline <script>"),
        ("<form method=\"post\"></form>", "no token"),
        ("<h1>again</h1>", "2 <h1>"),
    ] {
        assert!(page(body).iter().any(|found| found.contains(fault)), "{body}: {:?}", page(body));
    }
}
