//! The dashboards as files, and what they ask.

use std::fmt;

use serde_json::Value;

use crate::monitoring;

/// Whom a query asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// PostgreSQL.
    Sql,
    /// Prometheus.
    PromQl,
}

/// One query of one panel, as it stands in the file.
#[derive(Debug)]
pub(crate) struct Query {
    board: String,
    panel: String,
    pub(crate) language: Language,
    pub(crate) text: String,
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.board, self.panel, self.text)
    }
}

impl Query {
    /// The test's plant has no battery, and has been running for too short a time for an alert.
    pub(crate) fn may_be_empty(&self) -> bool {
        ["Charge of the battery", "Alerts"].contains(&self.panel.as_str())
    }
}

/// Every dashboard with the name of its file.
pub(crate) fn all() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(monitoring("grafana/dashboards")).unwrap();
    let boards: Vec<(String, Value)> = files
        .map(|file| {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let board = serde_json::from_str(&text);
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                board.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            )
        })
        .collect();
    assert!(boards.len() >= 3);
    boards
}

/// Every query of every dashboard, those behind its variables included.
pub(crate) fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (board, json) in all() {
        let before = queries.len();
        for panel in json["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let (language, text) = match (target["rawSql"].as_str(), target["expr"].as_str()) {
                    (Some(sql), None) => (Language::Sql, sql),
                    (None, Some(expression)) => (Language::PromQl, expression),
                    _ => panic!("{board}: {target}"),
                };
                let panel = panel["title"].as_str().unwrap().to_owned();
                queries.push(Query {
                    board: board.clone(),
                    panel,
                    language,
                    text: text.to_owned(),
                });
            }
        }
        for variable in json["templating"]["list"].as_array().unwrap() {
            let panel = variable["name"].as_str().unwrap().to_owned();
            let text = variable["query"].as_str().unwrap().to_owned();
            queries.push(Query { board: board.clone(), panel, language: Language::Sql, text });
        }
        assert!(queries.len() > before + 5, "{board} asks for little");
    }
    queries
}

/// The data sources that a dashboard names.
pub(crate) fn sources(json: &Value) -> Vec<String> {
    match json {
        Value::Object(map) => {
            let own = map.get("datasource").and_then(|source| source["uid"].as_str());
            own.map(str::to_owned).into_iter().chain(map.values().flat_map(sources)).collect()
        }
        Value::Array(list) => list.iter().flat_map(sources).collect(),
        _ => Vec::new(),
    }
}

/// Replaces every `name(argument)`.
pub(crate) fn replace_calls(text: &str, name: &str, by: impl Fn(&str) -> String) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, after)) = rest.split_once(&format!("{name}(")) {
        let (argument, behind) = after.split_once(')').unwrap();
        result.push_str(before);
        result.push_str(&by(argument));
        rest = behind;
    }
    result + rest
}
