//! Where a value comes from: command line, environment, the options of the Home Assistant app, file,
//! default, in this order.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Toml, Yaml};
use figment::value::{Dict, Value as FileValue};

use super::Mistake;
use super::home_assistant::options_file;
use super::settings::{REMOVED, SETTINGS, Setting};

/// A value as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// Who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    CommandLine,
    Environment,
    /// A file that a `NAME_FILE` variable points to.
    SecretFile(PathBuf),
    /// The form of the Home Assistant app.
    AppOptions,
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::AppOptions => f.write_str("options of the app"),
            Self::SecretFile(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// All values that were given, before anyone asks what they mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    values: BTreeMap<&'static str, Value>,
    /// The `dtus:` list of the file or of the app.
    pub(crate) dtus: Option<(serde_json::Value, Source)>,
    /// Settings that have gone, with advice.
    pub(crate) removed: Vec<(String, &'static str)>,
}

impl Sources {
    /// Gathers the values of all sources. An empty value counts as not given: a compose file
    /// passes empty ones for what is not set.
    pub(crate) fn gather(
        arguments: &BTreeMap<&'static str, String>,
        environment: &BTreeMap<String, String>,
        file: Option<&Path>,
    ) -> (Self, Vec<Mistake>) {
        let mut sources = Self::default();
        let mut mistakes = Vec::new();
        if let Some(path) = file {
            match read_file(path) {
                Ok(entries) => {
                    let source = Source::File(path.to_owned());
                    sources.take_entries(&source, entries, &mut mistakes);
                }
                Err(reason) => mistakes.push(Mistake::new("--config", path.display(), reason)),
            }
        }
        if let Some(path) = options_file(environment) {
            match read_options(&path) {
                Ok(entries) => {
                    sources.take_entries(&Source::AppOptions, entries, &mut mistakes);
                }
                Err(reason) => {
                    mistakes.push(Mistake::new(Source::AppOptions, path.display(), reason));
                }
            }
        }
        for setting in SETTINGS {
            sources.take_environment(setting, environment, &mut mistakes);
            if let Some(text) = arguments.get(setting.name) {
                sources.put(setting, text.clone(), Source::CommandLine);
            }
        }
        for name in environment.keys() {
            if let Some(advice) = removed_setting(name) {
                sources.removed.push((name.clone(), advice));
            }
        }
        (sources, mistakes)
    }

    /// The value of a setting: a given one, or its default; `None` when there is neither.
    pub(crate) fn value(&self, setting: &Setting) -> Option<Value> {
        self.values.get(setting.name).cloned().or_else(|| {
            (!setting.default.is_empty())
                .then(|| Value { text: setting.default.to_owned(), source: Source::Default })
        })
    }

    /// Whether somebody has given the setting a value.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn put(&mut self, setting: &Setting, text: String, source: Source) {
        let text = text.trim().to_owned();
        if !text.is_empty() {
            self.values.insert(setting.name, Value { text, source });
        }
    }

    fn take_environment(
        &mut self,
        setting: &Setting,
        environment: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) {
        if let Some(text) = environment.get(setting.name) {
            if setting.secret && !text.is_empty() && text.trim().is_empty() {
                let reason = format!("it is blank: {} is expected", setting.allowed);
                mistakes.push(Mistake::new(setting.name, "", reason));
            }
            if !text.trim().is_empty() {
                // The value goes before the file, which then need not even be there: a compose file
                // names one for whoever gives no value.
                self.put(setting, text.clone(), Source::Environment);
                return;
            }
        }
        // LOG_FILE is a setting of its own, no secret of a setting LOG.
        let pointer = format!("{}_FILE", setting.name);
        if let Some(path) = environment.get(&pointer).filter(|path| !path.trim().is_empty()) {
            let path = PathBuf::from(path.trim());
            match fs::read_to_string(&path) {
                // Who points to a file wants a value. Taken for none, an empty token would open what
                // was to be closed.
                Ok(text) if text.trim().is_empty() => {
                    let reason = format!("the file is empty: {} is expected", setting.allowed);
                    mistakes.push(Mistake::new(&pointer, path.display(), reason));
                }
                Ok(text) => self.put(setting, text, Source::SecretFile(path)),
                Err(error) => {
                    let reason = format!("the file cannot be read: {error}");
                    mistakes.push(Mistake::new(&pointer, path.display(), reason));
                }
            }
        }
    }

    fn take_entries(&mut self, source: &Source, entries: Dict, mistakes: &mut Vec<Mistake>) {
        for (key, value) in entries {
            let name = key.replace('-', "_").to_ascii_uppercase();
            if name == "DTUS" {
                let list = serde_json::to_value(&value).unwrap_or_default();
                // Like an empty text: an app has an empty list until its form was filled in.
                if list.as_array().is_none_or(|list| !list.is_empty()) {
                    self.dtus = Some((list, source.clone()));
                }
            } else if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
                match as_text(&value) {
                    Some(text) => self.put(setting, text, source.clone()),
                    None => mistakes.push(Mistake::new(
                        format!("{key} in {source}"),
                        "a structure",
                        format!("{} is expected", setting.allowed),
                    )),
                }
            } else if let Some(advice) = removed_setting(&name) {
                self.removed.push((key, advice));
            } else {
                let reason = "no setting has this name: see docs/configuration.md";
                mistakes.push(Mistake::new(format!("{key} in {source}"), "", reason));
            }
        }
    }
}

/// What to do instead of a setting that has gone.
pub(crate) fn removed_setting(name: &str) -> Option<&'static str> {
    REMOVED
        .iter()
        .find(|(removed, _)| match removed.strip_suffix('_') {
            Some(_) => name.starts_with(removed),
            None => name == *removed || name == format!("{removed}_FILE"),
        })
        .map(|(_, advice)| *advice)
}

fn read_file(path: &Path) -> Result<Dict, String> {
    if !path.is_file() {
        return Err("there is no such file".to_owned());
    }
    let figment = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => Figment::from(Yaml::file_exact(path)),
        Some("toml") => Figment::from(Toml::file_exact(path)),
        _ => return Err("a name that ends in .yaml, .yml or .toml is expected".to_owned()),
    };
    figment.extract().map_err(|error| format!("the file cannot be read: {error}"))
}

/// The Supervisor writes them anew at each start of the app.
fn read_options(path: &Path) -> Result<Dict, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("the file is no JSON object: {error}"))
}

/// A value of a file as it would stand in the environment; lists with commas.
fn as_text(value: &FileValue) -> Option<String> {
    match value {
        FileValue::String(_, text) => Some(text.clone()),
        FileValue::Char(_, letter) => Some(letter.to_string()),
        FileValue::Bool(_, flag) => Some(flag.to_string()),
        FileValue::Num(_, number) => number
            .to_u128()
            .map(|number| number.to_string())
            .or_else(|| number.to_i128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        FileValue::Empty(..) => Some(String::new()),
        FileValue::Array(_, values) => {
            values.iter().map(as_text).collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
        }
        FileValue::Dict(..) => None,
    }
}
