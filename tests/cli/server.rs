//! A served workspace, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fichero_test_support::Database;
use serde_json::{Value as Json, json};

use crate::program::Folder;

/// How long anything may take. A test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running `fichero serve`. Killed when dropped.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The log-in and password that were printed, where they were.
    pub login: Option<(String, String)>,
    stderr: Receiver<String>,
    heard: String,
    /// Reads standard error until it closes.
    _reader: JoinHandle<()>,
}

impl Server {
    /// Serves a folder on a database, and waits until it listens.
    pub fn start(folder: &Folder, database: &Database, arguments: &[&str]) -> Self {
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0", "--format", "json"]);
        command.args(["--database", database.url()]).args(arguments);
        Self::spawn(command)
    }

    /// Runs a command that serves, and waits until it listens.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (tell, stderr) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let reader = std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let mut login = None;
        for line in stdout.lines().map_while(Result::ok) {
            let told: Json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let text = |key: &str| told[key].as_str().map(str::to_owned);
            if let (Some(name), Some(password)) = (text("login"), text("password")) {
                login = Some((name, password));
            }
            if let Some(address) = text("address") {
                let address = address.trim_start_matches("http://").to_owned();
                return Self { child, address, login, stderr, heard: String::new(), _reader: reader };
            }
        }
        let ended = child.wait().expect("the program ends");
        panic!("it did not serve but ended with {ended}:\n{}", stderr.iter().collect::<Vec<_>>().join("\n"));
    }

    /// Asks with a method for a path, as nobody.
    pub fn ask(&self, method: &str, path: &str) -> (u16, String) {
        request(&self.address, method, path, None, None).expect("the server answers")
    }

    /// Signs in with the log-in that was printed.
    pub fn session(&self) -> Session {
        let (login, password) = self.login.as_ref().expect("a log-in was printed");
        self.sign_in(login, password)
    }

    /// Signs in.
    pub fn sign_in(&self, login: &str, password: &str) -> Session {
        let body = json!({"login": login, "password": password});
        let (status, answer) =
            request(&self.address, "POST", "/api/login", None, Some(&body)).expect("the server answers");
        assert_eq!(status, 200, "{answer}");
        let answer: Json = serde_json::from_str(&answer).expect("an answer is JSON");
        Session { address: self.address.clone(), token: answer["token"].as_str().expect("a token").to_owned() }
    }

    /// Waits until standard error has told something with this text in it.
    #[track_caller]
    pub fn hear(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.heard.contains(text) {
            let left = until.saturating_duration_since(Instant::now());
            match self.stderr.recv_timeout(left) {
                Ok(line) => {
                    self.heard.push_str(&line);
                    self.heard.push('\n');
                }
                Err(_) => panic!("`{text}` was not told, but:\n{}", self.heard),
            }
        }
    }

    /// Forgets what was heard, so that only what comes now is waited for.
    pub fn forget(&mut self) {
        while self.stderr.try_recv().is_ok() {}
        self.heard.clear();
    }

    /// Asks it to end, as a service manager does, and gives its exit code.
    pub fn end(mut self) -> i32 {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("the program ends").code().unwrap_or(-1)
    }

    /// Kills it as a loss of power does.
    pub fn kill(mut self) {
        self.child.kill().expect("a process can be killed");
        self.child.wait().expect("the program ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub address: String,
    pub token: String,
}

impl Session {
    /// The status and the JSON of an answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> (u16, Json) {
        let (status, text) = self.try_ask(method, path, body).expect("the server answers");
        (status, serde_json::from_str(&text).unwrap_or(Json::Null))
    }

    /// Sends bytes as they are.
    pub fn send(&self, method: &str, path: &str, bytes: &str) -> (u16, Json) {
        let media = "application/octet-stream";
        let (status, text) =
            sent(&self.address, method, path, Some(&self.token), (media, bytes)).expect("the server answers");
        (status, serde_json::from_str(&text).unwrap_or(Json::Null))
    }

    /// The same, where the server may go away.
    pub fn try_ask(&self, method: &str, path: &str, body: Option<&Json>) -> std::io::Result<(u16, String)> {
        request(&self.address, method, path, Some(&self.token), body)
    }

    /// What a path gives, which must be 200.
    #[track_caller]
    pub fn get(&self, path: &str) -> Json {
        let (status, json) = self.ask("GET", path, None);
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    /// Makes a record and gives its id.
    #[track_caller]
    pub fn create(&self, entity: &str, body: &Json) -> String {
        let (status, json) = self.ask("POST", &format!("/api/{entity}"), Some(body));
        assert_eq!(status, 201, "{json}");
        json["id"].as_str().expect("a record has an id").to_owned()
    }

    /// Asks again and again until the answer is as it should be.
    #[track_caller]
    pub fn await_status(&self, path: &str, wanted: u16) -> Json {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, json) = self.ask("GET", path, None);
            if status == wanted {
                return json;
            }
            assert!(Instant::now() < until, "{path} still gives {status} instead of {wanted}: {json}");
            std::thread::yield_now();
        }
    }
}

fn request(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Json>,
) -> std::io::Result<(u16, String)> {
    sent(address, method, path, token, ("application/json", &body.map(Json::to_string).unwrap_or_default()))
}

fn sent(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    (media, body): (&str, &str),
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}Content-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    Ok((status, body.to_owned()))
}
