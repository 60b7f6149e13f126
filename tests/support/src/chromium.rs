//! A browser that is driven over WebDriver: pages as people see them, with style and script.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// How long anything may take. A test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long something on a page may take to come true.
const SOON: Duration = Duration::from_secs(60);

/// How WebDriver calls an element that it names.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of one's own, without a window. Ends with all its windows when dropped.
pub struct Chromium {
    driver: Child,
    port: u16,
    session: String,
    /// What it keeps goes away with it.
    _profile: TempDir,
}

impl Chromium {
    /// A fresh browser. Where the machine has none, or no driver for it, the test is told so and passes over that part;
    /// with `FICHERO_REQUIRE_ALL=1` it fails instead.
    pub fn start() -> Option<Self> {
        let found = |variable: &str, names: &[&str]| std::env::var(variable).ok().or_else(|| in_path(names));
        let browser = found("FICHERO_TEST_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]);
        let driver = found("FICHERO_TEST_CHROMEDRIVER", &["chromedriver"]);
        let Some((browser, driver)) = browser.zip(driver) else {
            assert!(
                std::env::var("FICHERO_REQUIRE_ALL").as_deref() != Ok("1"),
                "Chromium or chromedriver is not here, and FICHERO_REQUIRE_ALL=1 asks for them"
            );
            eprintln!("Chromium or chromedriver is not here: no page is tried in a browser");
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver runs");
        let port = port_of(&mut driver);
        let profile = crate::scratch_dir();
        let mut chromium = Self { driver, port, session: String::new(), _profile: profile };
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            format!("--user-data-dir={}", chromium._profile.path().display()),
        ];
        let options = json!({"browserName": "chrome", "goog:chromeOptions": {"binary": browser, "args": arguments}});
        let made = chromium.ask("POST", "/session", &json!({"capabilities": {"alwaysMatch": options}}));
        chromium.session = made["sessionId"].as_str().expect("a session has a name").to_owned();
        chromium.send("/timeouts", &json!({"script": 60_000, "pageLoad": 60_000}));
        Some(chromium)
    }

    /// Makes the page so wide and high, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.send("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}));
    }

    /// Opens a page and waits until it is there.
    pub fn open(&self, address: &str) {
        self.send("/url", &json!({"url": address}));
    }

    /// Keeps a cookie for the site of the page that is open.
    pub fn keep(&self, name: &str, value: &str) {
        self.send("/cookie", &json!({"cookie": {"name": name, "value": value, "path": "/", "sameSite": "Lax"}}));
    }

    /// What a function body of JavaScript returns on the page that is open.
    pub fn run(&self, script: &str) -> Json {
        self.send("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression of JavaScript is true on the page that is open. It is asked again and again: a script that
    /// waits on the page itself ends with it when the page gives way to another.
    pub fn wait_for(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != true {
            assert!(began.elapsed() < SOON, "`{expression}` never came true");
            // A browser tells nobody; waking up early does no harm, it asks once more.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Types into the element that a selector finds, as a person does; what stood there stays in front.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.send(&format!("/element/{element}/value"), &json!({"text": text}));
    }

    /// Presses the element that a selector finds.
    pub fn press(&self, selector: &str) {
        let element = self.element(selector);
        // Bars that stick to the window lie over what is at its edges.
        let there = json!({"script": "arguments[0].scrollIntoView({block: 'center'})", "args": [{ELEMENT: element}]});
        self.send("/execute/sync", &there);
        self.send(&format!("/element/{element}/click"), &json!({}));
    }

    /// Draws with the pointer, from point to point inside the element that a selector finds, counted from its middle.
    pub fn draw(&self, selector: &str, points: &[(i32, i32)]) {
        let element = self.element(selector);
        let there = json!({"script": "arguments[0].scrollIntoView({block: 'center'})", "args": [{ELEMENT: element}]});
        self.send("/execute/sync", &there);
        let mut actions = Vec::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let origin = json!({ELEMENT: element});
            actions.push(json!({"type": "pointerMove", "duration": 0, "origin": origin, "x": x, "y": y}));
            if at == 0 {
                actions.push(json!({"type": "pointerDown", "button": 0}));
            }
        }
        actions.push(json!({"type": "pointerUp", "button": 0}));
        let pointer =
            json!({"type": "pointer", "id": "pen", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.send("/actions", &json!({"actions": [pointer]}));
    }

    fn element(&self, selector: &str) -> String {
        let found = self.send("/element", &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().expect("an element has a name").to_owned()
    }

    fn send(&self, path: &str, body: &Json) -> Json {
        self.ask("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> Json {
        let answer = request(self.port, method, path, &body.to_string()).expect("chromedriver answers");
        let mut answer: Json = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let value = answer["value"].take();
        assert!(value.get("error").is_none_or(Json::is_null), "{path}: {value}");
        value
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends its browser when the session ends; without an answer it is ended all the same.
        let _ = request(self.port, "DELETE", &format!("/session/{}", self.session), "{}");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn in_path(names: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let places = || std::env::split_paths(&path);
    let found = names.iter().find_map(|name| places().map(|place| place.join(name)).find(|file| file.is_file()))?;
    Some(found.display().to_string())
}

/// The port that the driver says it took. What it says after that is read on, so that it never waits for a reader.
fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("started successfully on port")).expect("chromedriver starts");
    std::thread::spawn(move || lines.for_each(drop));
    let digits = line.rsplit(' ').next().unwrap_or_default().trim_end_matches('.');
    digits.parse().expect("a port is a number")
}

fn request(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map_err(std::io::Error::other)
}
