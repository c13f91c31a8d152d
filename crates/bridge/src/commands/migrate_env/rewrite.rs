//! What becomes of each line. Nothing here touches a file.

use std::collections::{BTreeMap, BTreeSet};

use super::env_file::{self, Assignment, Entry};
use crate::config::{Config, Mistake, removed_setting};

/// The web server of version 1 was here, that of version 2 is at the port that follows.
const OLD_PORT: &str = "8090";
const NEW_PORT: &str = "8080";
/// The server of `docker-compose.yml`.
const OWN_SERVERS: [&str; 4] = ["postgres", "localhost", "127.0.0.1", "::1"];

/// What the environment needs for PostgreSQL, in the order of the guide. The passwords come last.
const DATABASE: [(&str, &str); 10] = [
    ("DB_TYPE", "postgres"),
    ("DB_HOST", "postgres"),
    ("DB_PORT", "5432"),
    ("DB_NAME", "hoymiles"),
    ("DB_USER", "hoymiles"),
    ("DB_POOL_SIZE", "10"),
    ("DB_MAX_OVERFLOW", "20"),
    ("POSTGRES_DB", "hoymiles"),
    ("POSTGRES_USER", "hoymiles"),
    ("POSTGRES_PORT", "5432"),
];
/// The same value under two names: the database is set up with one and entered with the other.
const TWINS: [(&str, &str); 3] = [
    ("DB_NAME", "POSTGRES_DB"),
    ("DB_USER", "POSTGRES_USER"),
    ("DB_PASSWORD", "POSTGRES_PASSWORD"),
];

/// The new environment, and what was done to get there.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Names with the reason, in the order of the file.
    pub(super) removed: Vec<(String, String)>,
    /// Sentences.
    pub(super) changed: Vec<String>,
    pub(super) added: Vec<String>,
    pub(super) kept: Vec<String>,
    /// Sentences on what a person has to decide.
    pub(super) open: Vec<String>,
}

/// Turns the environment of version 1 or 2 into that of this version. `password` is used if the
/// old one has none.
pub(super) fn rewrite(old: &str, password: &str) -> Rewritten {
    let mut entries = env_file::parse(old);
    let mut result = Rewritten::default();
    for entry in &entries {
        if let Entry::Other(line) = entry
            && !line.trim().is_empty()
            && !line.trim_start().starts_with('#')
        {
            let shown = line.split(['=', ':']).next().unwrap_or_default().trim();
            result.open.push(format!("the line that begins with '{shown}' is no NAME=value"));
        }
    }
    let version = Version::of(&entries);
    remove(&mut entries, &mut result);
    change(&mut entries, version, &mut result);
    add(&mut entries, version, password, &mut result);
    put_out_of_use(&mut entries, &mut result);
    result.kept = assignments(&entries)
        .map(|assignment| assignment.name.clone())
        .filter(|name| !result.added.contains(name) && !result.has_changed(name))
        .collect();
    result.text = entries.iter().map(Entry::line).collect();
    result
}

/// Who wrote the old environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// MQTT and SQLite.
    One,
    /// PostgreSQL, or nothing that tells.
    Two,
}

impl Version {
    fn of(entries: &[Entry]) -> Self {
        let has = |prefix: &str| assignments(entries).any(|entry| entry.name.starts_with(prefix));
        if (has("MQTT_") || has("DATABASE_PATH")) && !has("DB_") { Self::One } else { Self::Two }
    }
}

impl Entry {
    fn line(&self) -> String {
        match self {
            Self::Assignment(assignment) => format!("{}\n", assignment.raw),
            Self::Other(line) => format!("{line}\n"),
        }
    }

    fn new(name: &str, written: &str) -> Self {
        env_file::parse(&format!("{name}={written}\n")).remove(0)
    }
}

fn assignments(entries: &[Entry]) -> impl Iterator<Item = &Assignment> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Assignment(assignment) => Some(assignment),
        Entry::Other(_) => None,
    })
}

/// The last assignment of a name: it is the one that counts.
fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Assignment> {
    assignments(entries).filter(|entry| entry.name == name && !entry.written.is_empty()).last()
}

/// The values as Compose will see them. What depends on other variables is left out.
pub(super) fn environment(entries: &[Entry]) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for assignment in assignments(entries) {
        if let Some(text) = assignment.text(&known) {
            known.insert(assignment.name.clone(), text);
        }
    }
    known
}

fn why_removed(name: &str) -> Option<&'static str> {
    match name {
        "RESET_HOUR" => Some("no effect: a day begins at midnight of TIMEZONE"),
        "EXPIRE_AFTER" => Some("no effect: every reading tells its age"),
        _ => removed_setting(name),
    }
}

fn remove(entries: &mut Vec<Entry>, result: &mut Rewritten) {
    let gone: BTreeSet<String> = assignments(entries)
        .map(|assignment| assignment.name.clone())
        .filter(|name| why_removed(name).is_some())
        .collect();
    let needed: BTreeSet<String> = gone
        .iter()
        .filter(|name| {
            assignments(entries).any(|other| !gone.contains(&other.name) && other.mentions(name))
        })
        .cloned()
        .collect();
    for name in &needed {
        result
            .open
            .push(format!("{name} is not needed, but another line refers to it, so it stays"));
    }
    entries.retain(|entry| {
        let Entry::Assignment(Assignment { name, .. }) = entry else { return true };
        let reason = why_removed(name).filter(|_| !needed.contains(name));
        if let Some(reason) = reason {
            result.removed.push((name.clone(), reason.to_owned()));
        }
        reason.is_none()
    });
}

fn change(entries: &mut [Entry], version: Version, result: &mut Rewritten) {
    let known = environment(entries);
    let of_mysql = known.get("DB_TYPE").is_some_and(|kind| {
        ["mysql", "mariadb"].contains(&kind.trim().to_ascii_lowercase().as_str())
    });
    for entry in entries {
        let Entry::Assignment(assignment) = entry else { continue };
        let value = known.get(&assignment.name).map(|value| value.trim()).unwrap_or_default();
        let new = match assignment.name.as_str() {
            "HEALTH_PORT" if version == Version::One && value == OLD_PORT => NEW_PORT,
            "DB_TYPE" if of_mysql => "postgres",
            "DB_HOST" if of_mysql => "postgres",
            "DB_PORT" if of_mysql => "5432",
            _ => continue,
        };
        if value != new {
            result.changed.push(format!("{}: {value} is now {new}", assignment.name));
            *entry = Entry::new(&assignment.name, new);
        }
    }
    if of_mysql {
        result.open.push(
            "MySQL and MariaDB are not supported any more. What is in them stays there and is not \
             carried over"
                .to_owned(),
        );
    }
}

fn add(entries: &mut Vec<Entry>, version: Version, password: &str, result: &mut Rewritten) {
    let known = environment(entries);
    let elsewhere = known.contains_key("DATABASE_URL")
        || known.get("DB_TYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("sqlite"));
    if elsewhere {
        return;
    }
    let host = known.get("DB_HOST").map_or("postgres", |host| host.trim());
    let own_server = OWN_SERVERS.contains(&host);
    let names = DATABASE.iter().copied().chain([("DB_PASSWORD", ""), ("POSTGRES_PASSWORD", "")]);
    let has_file = |entries: &[Entry], name: &str| find(entries, &format!("{name}_FILE")).is_some();
    let no_password = ["DB_PASSWORD", "POSTGRES_PASSWORD"]
        .iter()
        .all(|name| find(entries, name).is_none() && !has_file(entries, name));
    let mut new = Vec::new();
    for (name, default) in names {
        if find(entries, name).is_some() {
            continue;
        }
        let is_password = name.ends_with("PASSWORD");
        if is_password && has_file(entries, name) {
            continue;
        }
        // There may be a database that has one: docker-compose.yml knows which.
        if is_password && no_password && own_server && version == Version::Two {
            continue;
        }
        if name == "DB_PASSWORD" && !own_server {
            result.open.push(format!("DB_PASSWORD is missing: {host} will ask for it"));
            continue;
        }
        // An empty line of this name would count, being later or earlier than ours.
        entries.retain(|entry| !matches!(entry, Entry::Assignment(old) if old.name == name));
        let twin = TWINS.iter().find_map(|&(one, other)| match name {
            name if name == one => Some(other),
            name if name == other => Some(one),
            _ => None,
        });
        let written = match twin.and_then(|twin| find(entries, twin)) {
            Some(twin) => twin.written.clone(),
            None if is_password => password.to_owned(),
            None => default.to_owned(),
        };
        new.push(Entry::new(name, &written));
        result.added.push(name.to_owned());
    }
    if result.added.iter().any(|name| name == "DB_HOST") {
        result.open.push(
            "DB_HOST=postgres is the server of docker-compose.yml. Without Docker put yours in its \
             place"
                .to_owned(),
        );
    }
    if no_password && own_server && version == Version::Two {
        result.open.push(
            "the old file has no password for the database. docker-compose.yml goes on with the one \
             that version 2 used; without Docker put it into DB_PASSWORD"
                .to_owned(),
        );
    }
    let value = |name: &str| known.get(name).filter(|value| !value.is_empty());
    for (one, other) in TWINS {
        let differ = value(one).zip(value(other)).is_some_and(|(one, other)| one != other);
        if own_server && differ {
            result.open.push(format!(
                "{one} and {other} are not the same: the bridge enters with the first what was set \
                 up with the second"
            ));
        }
    }
    if !new.is_empty() {
        if !matches!(entries.last(), None | Some(Entry::Other(_))) {
            entries.push(Entry::Other(String::new()));
        }
        entries.push(Entry::Other("# Added by hoymiles-smiles migrate-env".to_owned()));
        entries.append(&mut new);
    }
}

/// What the old versions accepted and never looked at would stop this one.
fn put_out_of_use(entries: &mut [Entry], result: &mut Rewritten) {
    loop {
        let mut environment = environment(entries);
        // Which directory that will be is decided elsewhere.
        environment.entry("DATA_DIR".to_owned()).or_insert_with(|| "/data".to_owned());
        let (_, config) = Config::load(&BTreeMap::new(), &environment, None);
        let mistakes = config.err().unwrap_or_default();
        let mut found = false;
        for mistake in &mistakes {
            for entry in entries.iter_mut() {
                if let Entry::Assignment(assignment) = entry
                    && mistake.setting() == Some(&assignment.name)
                {
                    found = true;
                    let raw = assignment.raw.replace('\n', "\n# ");
                    *entry = Entry::Other(format!("# Not accepted any more: {raw}"));
                }
            }
            result.note(mistake, found);
        }
        if !found {
            return;
        }
    }
}

impl Rewritten {
    fn has_changed(&self, name: &str) -> bool {
        let sentence = format!("{name}: ");
        self.changed.iter().any(|changed| changed.starts_with(&sentence))
    }

    fn note(&mut self, mistake: &Mistake, out_of_use: bool) {
        let sentence = match out_of_use {
            true => format!("{mistake}. The line is a comment now"),
            // A secret that only the container can see, for instance.
            false => mistake.to_string(),
        };
        if !self.open.contains(&sentence) {
            self.open.push(sentence);
        }
    }
}
