//! A real Home Assistant with the integration in it, on the hand of
//! `tests/home_assistant/live/hand.py`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A Home Assistant. It ends when this is dropped.
pub struct HomeAssistant {
    hand: Child,
    wanted: Option<ChildStdin>,
    done: BufReader<ChildStdout>,
    directory: TempDir,
}

impl HomeAssistant {
    /// Starts it, with an owner and without any integration set up.
    ///
    /// # Panics
    /// Without `HOME_ASSISTANT`, the virtual environment that `scripts/setup-home-assistant.sh`
    /// makes.
    pub fn start(time_zone: &str) -> Self {
        let environment = std::env::var_os("HOME_ASSISTANT").expect(
            "HOME_ASSISTANT is not set: run `eval \"$(scripts/setup-home-assistant.sh)\"` first",
        );
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut hand = Command::new(PathBuf::from(environment).join("bin/python"))
            .arg(repository.join("tests/home_assistant/live/hand.py"))
            .arg(directory.path().join("config"))
            .arg(repository.join("custom_components"))
            .arg(time_zone)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let wanted = hand.stdin.take();
        let done = BufReader::new(hand.stdout.take().unwrap());
        let mut home = Self { hand, wanted, done, directory };
        home.answer("the start");
        home
    }

    /// What a command of its WebSocket interface answers.
    pub fn ws(&mut self, message: Value) -> Value {
        self.ask(json!({"do": "ws", "message": message}))
    }

    /// What a path of its HTTP interface answers.
    pub fn get(&mut self, path: &str) -> Value {
        self.ask(json!({"do": "get", "path": path}))
    }

    /// Sets up the integration with these answers to its form; the last step of the flow.
    pub fn set_up(&mut self, answers: Value) -> Value {
        self.ask(json!({"do": "flow", "handler": "hoymiles_smiles", "answers": [answers]}))
    }

    /// Ends it and starts it again in the same directory.
    pub fn restart(&mut self) {
        self.ask(json!({"do": "restart"}));
    }

    /// Address and token, for a browser.
    pub fn whereabouts(&mut self) -> Value {
        self.ask(json!({"do": "where"}))
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("config/process.log"))
            .unwrap_or_default()
    }

    fn ask(&mut self, wanted: Value) -> Value {
        let pipe = self.wanted.as_mut().unwrap();
        writeln!(pipe, "{wanted}").unwrap();
        pipe.flush().unwrap();
        self.answer(&wanted.to_string())
    }

    fn answer(&mut self, to: &str) -> Value {
        let mut line = String::new();
        self.done.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "Home Assistant did not survive {to}:\n{}", self.log());
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for HomeAssistant {
    fn drop(&mut self) {
        // The hand lets go of Home Assistant when nobody can ask any more.
        self.wanted = None;
        let _ = self.hand.wait();
    }
}
