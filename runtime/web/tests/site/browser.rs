//! A browser without scripts: it keeps cookies, follows links when told to, and posts forms as they stand on the page.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use tower::ServiceExt as _;

use crate::markup;

/// A browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    /// What it keeps for the site.
    pub cookies: BTreeMap<String, String>,
    /// What it sends besides.
    pub headers: Vec<(&'static str, String)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form as it stands on a page.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub action: String,
    pub pairs: Vec<(String, String)>,
    /// It is posted in parts.
    in_parts: bool,
    /// The names of its inputs for files.
    choices: Vec<String>,
    /// What was chosen in its inputs for files: their names, and the name and bytes of each.
    files: Vec<(String, String, Vec<u8>)>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Gets a page. What it gets is well built, or the test fails.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Gets a page that is there.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        page
    }

    pub async fn post(&mut self, path: &str, pairs: &[(&str, &str)]) -> Page {
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.join("&"))).await
    }

    /// Posts a file behind the token of a form.
    pub async fn post_file(&mut self, path: &str, token: &str, (name, text): (&str, &str)) -> Page {
        let part = |disposition: &str, value: &str| {
            format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
        };
        let file = part(&format!("name=\"file\"; filename=\"{name}\""), text);
        let body = format!("{}{file}--edge--\r\n", part("name=\"_csrf\"", token));
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request, Body::from(body)).await
    }

    /// Posts a form as it stands.
    pub async fn submit(&mut self, form: &Form) -> Page {
        if form.in_parts {
            let request =
                Request::post(&form.action).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
            return self.send(request, Body::from(form.in_parts())).await;
        }
        let pairs: Vec<(&str, &str)> = form.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&form.action, &pairs).await
    }

    /// Posts a form that is accepted, and gives the page that the browser is sent to.
    pub async fn save(&mut self, form: &Form) -> Page {
        let answer = self.submit(form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let next = answer.location().to_owned();
        self.open(&next).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Page {
        let mut request = request.header(header::HOST, "crm.example");
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let page = Page { status, headers, body: String::from_utf8_lossy(&body).into_owned() };
        if page.is_html() {
            let faults = markup::faults(&page.body);
            assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), page.body);
            let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        }
        page
    }
}

impl Page {
    pub fn is_html(&self) -> bool {
        self.headers.get(header::CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"))
    }

    /// Where the browser is sent.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |location| location.to_str().unwrap())
    }

    /// What a reader sees, without tags, words parted by single spaces.
    pub fn text(&self) -> String {
        let body = self.body.split_once("<body>").map_or(self.body.as_str(), |(_, body)| body);
        let mut text = String::new();
        let mut rest = body;
        while let Some(start) = rest.find('<') {
            text.push_str(&rest[..start]);
            text.push(' ');
            rest = &rest[start..];
            rest = rest.split_once('>').map_or("", |(_, rest)| rest);
        }
        text.push_str(rest);
        unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The part of the page inside the first element with this opening.
    pub fn part<'p>(&'p self, from: &str, to: &str) -> &'p str {
        let start = self.body.find(from).unwrap_or_else(|| panic!("no `{from}` in {}", self.body));
        let rest = &self.body[start..];
        &rest[..rest.find(to).unwrap_or(rest.len())]
    }

    /// The texts of the first cell of each row of the page's table.
    pub fn rows(&self) -> Vec<String> {
        let leads = self.body.split("class=\"lead\"").skip(1);
        leads.map(|rest| unescaped(rest.split_once('>').unwrap().1.split('<').next().unwrap())).collect()
    }

    /// Where the first link with this text leads.
    pub fn link(&self, text: &str) -> Option<String> {
        self.body.split("<a ").skip(1).find_map(|rest| {
            let inside = rest.split("</a>").next()?;
            let shown = Page { body: format!("<a {inside}"), ..self.clone() }.text();
            let href = inside.split_once("href=\"")?.1.split('"').next()?;
            (shown == text || shown.starts_with(&format!("{text} "))).then(|| unescaped(href))
        })
    }

    /// The form that posts to an address.
    pub fn form(&self, action: &str) -> Form {
        let found = self
            .body
            .split("<form ")
            .skip(1)
            .find(|form| form.split('>').next().unwrap().contains(&format!("action=\"{action}\"")));
        let form = found.unwrap_or_else(|| panic!("no form posts to {action}: {}", self.text()));
        let form = form.split("</form>").next().unwrap();
        let in_parts = form.split('>').next().unwrap().contains("enctype=\"multipart/form-data\"");
        let (pairs, choices) = pairs(form);
        Form { action: unescaped(action), pairs, in_parts, choices, files: Vec::new() }
    }
}

impl Form {
    /// What stands in an input.
    pub fn value(&self, name: &str) -> &str {
        let found = self.pairs.iter().rev().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no input {name} in {:?}", self.pairs), |(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Types into an input.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        let at = self.pairs.iter().rposition(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| panic!("no input {name} in {:?}", self.pairs));
        self.pairs[at].1 = value.to_owned();
        self
    }

    /// Chooses a file in an input for files.
    pub fn choose(&mut self, name: &str, file: &str, bytes: &[u8]) -> &mut Self {
        assert!(self.in_parts, "a form with files is posted in parts");
        assert!(self.choices.iter().any(|known| known == name), "no input {name} in {:?}", self.choices);
        self.files.push((name.to_owned(), file.to_owned(), bytes.to_vec()));
        self
    }

    /// Takes the tick away from a box.
    pub fn untick(&mut self, name: &str, value: &str) -> &mut Self {
        let at = self.pairs.iter().rposition(|(known, given)| known == name && given == value);
        self.pairs.remove(at.unwrap_or_else(|| panic!("no {name} is {value} in {:?}", self.pairs)));
        self
    }

    fn in_parts(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.pairs {
            let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        // Where nothing was chosen a browser sends a file without a name and bytes.
        let is_empty = |name: &&String| self.files.iter().all(|(known, ..)| known != *name);
        let empty = self.choices.iter().filter(is_empty).map(|name| (name, "", &[][..]));
        let chosen = self.files.iter().map(|(name, file, bytes)| (name, file.as_str(), bytes.as_slice()));
        for (name, file, bytes) in empty.chain(chosen) {
            let head = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(b"--edge--\r\n");
        body
    }

    /// Ticks a box, or presses a button.
    pub fn add(&mut self, name: &str, value: &str) -> &mut Self {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The pairs that a browser posts for the inputs of a form, in their order; and the names of those for files.
fn pairs(form: &str) -> (Vec<(String, String)>, Vec<String>) {
    // What lies in a template is not part of the page.
    let mut live = String::new();
    let mut rest = form;
    while let Some((before, behind)) = rest.split_once("<template>") {
        live.push_str(before);
        rest = behind.split_once("</template>").unwrap().1;
    }
    live.push_str(rest);
    let (mut pairs, mut choices) = (Vec::new(), Vec::new());
    let mut rest = live.as_str();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
        match name {
            "input" => {
                let tag = rest.split('>').next().unwrap();
                let is = |kind: &str| attribute(tag, "type").as_deref() == Some(kind);
                let checked = tag.contains(" checked");
                if let Some(name) = attribute(tag, "name")
                    && (!(is("checkbox") || is("radio")) || checked)
                {
                    match is("file") {
                        true => choices.push(name),
                        false => pairs.push((name, attribute(tag, "value").unwrap_or_default())),
                    }
                }
            }
            "textarea" => {
                let (tag, behind) = rest.split_once('>').unwrap();
                let text = behind.split("</textarea>").next().unwrap();
                // The first line break of a text area is not part of it; the others are sent as CRLF.
                let text = text.strip_prefix('\n').unwrap_or(text).replace("\r\n", "\n").replace('\n', "\r\n");
                pairs.push((attribute(tag, "name").unwrap(), unescaped(&text)));
            }
            "select" => {
                let (tag, behind) = rest.split_once('>').unwrap();
                let options: Vec<&str> = behind.split("</select>").next().unwrap().split("<option").skip(1).collect();
                let chosen = options.iter().find(|option| option.split('>').next().unwrap().contains(" selected"));
                if let Some(option) = chosen.or(options.first()) {
                    let (tag_of_option, text) = option.split_once('>').unwrap();
                    let text = unescaped(text.split('<').next().unwrap());
                    pairs.push((attribute(tag, "name").unwrap(), attribute(tag_of_option, "value").unwrap_or(text)));
                }
            }
            _ => {}
        }
    }
    (pairs, choices)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
