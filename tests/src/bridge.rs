//! The real binary, started as a user would start it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use simulator::Running;
use tempfile::TempDir;

use crate::PATIENCE;

/// A bridge process. It is killed when this is dropped.
pub struct Bridge {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
    data_dir: Arc<TempDir>,
}

/// What the bridge answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn answer(
    outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, ureq::Error> {
    let mut response = outcome?;
    let content_type = response
        .headers()
        .get("content-type")
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default();
    Ok(Answer {
        status: response.status().as_u16(),
        content_type,
        text: response.body_mut().read_to_string()?,
    })
}

/// Where cargo puts the binary, seen from a test's own place beside it.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = target.join("hoymiles-smiles");
    assert!(path.is_file(), "{} is missing: run `cargo build` first", path.display());
    path
}

/// A command of the binary with no setting from outside.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    // As the packages and the image start it.
    command.env("MALLOC_ARENA_MAX", "2");
    command
}

impl Bridge {
    /// Starts `hoymiles-smiles run` with these settings, in an empty data directory of its own.
    pub fn start<V: AsRef<OsStr>>(settings: &[(&str, V)]) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), &["run"], settings)
    }

    /// The same in a data directory that an earlier bridge has left.
    pub fn start_in<V: AsRef<OsStr>>(
        data_dir: Arc<TempDir>,
        arguments: &[&str],
        settings: &[(&str, V)],
    ) -> Self {
        Self::start_as(command(arguments), data_dir, settings)
    }

    /// The same by another command that becomes the bridge.
    pub fn start_as<V: AsRef<OsStr>>(
        mut command: Command,
        data_dir: Arc<TempDir>,
        settings: &[(&str, V)],
    ) -> Self {
        let mut child = command
            .env("DATA_DIR", data_dir.path())
            .env("HEALTH_HOST", "127.0.0.1")
            .env("HEALTH_PORT", "0")
            .env("QUERY_PERIOD", "5")
            .env("TIMEZONE", "Europe/Berlin")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (address, log) = follow(&mut child);
        Self { child, address, log, data_dir }
    }

    /// The settings for one or several DTUs.
    pub fn dtu_configs(dtus: &[(&str, &Running)]) -> String {
        let list: Vec<Value> = dtus
            .iter()
            .map(|(name, dtu)| {
                serde_json::json!({
                    "name": name,
                    "host": dtu.address.ip().to_string(),
                    "port": dtu.address.port(),
                })
            })
            .collect();
        Value::from(list).to_string()
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Answer {
        self.ask(path).unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.log()))
    }

    /// Asks for a path with a token.
    pub fn get_with(&self, token: &str, path: &str) -> Answer {
        let request = agent().get(self.url(path)).header("authorization", bearer(token));
        answer(request.call()).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Changes something.
    pub fn put(&self, token: &str, path: &str, body: &Value) -> Answer {
        let request = agent()
            .put(self.url(path))
            .header("authorization", bearer(token))
            .content_type("application/json");
        answer(request.send(body.to_string()))
            .unwrap_or_else(|error| panic!("PUT {path}: {error}\n{}", self.log()))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks a bridge that may be gone.
    pub fn try_get(&self, path: &str) -> Option<Answer> {
        self.ask(path).ok()
    }

    fn ask(&self, path: &str) -> Result<Answer, ureq::Error> {
        answer(agent().get(self.url(path)).call())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// `host:port` of the web server.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data directory, which outlives it while somebody holds this.
    pub fn data_dir(&self) -> Arc<TempDir> {
        Arc::clone(&self.data_dir)
    }

    /// Asks it to end and waits until it has.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "SIGTERM did not end it:\n{}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the line that tells the address, and goes on collecting the log.
fn follow(child: &mut Child) -> (String, Arc<Mutex<String>>) {
    const SIGN: &str = "listening on http://";
    let log = Arc::new(Mutex::new(String::new()));
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    loop {
        let mut line = String::new();
        let read = lines.read_line(&mut line).unwrap();
        log.lock().unwrap().push_str(&line);
        assert!(read > 0, "the bridge ended before it listened:\n{}", log.lock().unwrap());
        if let Some(at) = line.find(SIGN) {
            let address = line[at + SIGN.len()..].trim().to_owned();
            let sink = Arc::clone(&log);
            std::thread::spawn(move || collect(lines, &sink));
            return (address, log);
        }
    }
}

fn collect(mut lines: impl BufRead, sink: &Mutex<String>) {
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        sink.lock().unwrap().push_str(&line);
        line.clear();
    }
}
