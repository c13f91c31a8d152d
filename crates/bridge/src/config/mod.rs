//! Configuration: the table of settings, its sources, and what they mean.
//!
//! ```text
//! command line > environment > options of the app > file > default
//!     ──Sources──► Parser ──► Config, notices, or mistakes
//! ```
//! Everything is read once at start. A mistake names the setting, its source, what was found and
//! what is allowed; all of them are shown at once.

mod dtus;
mod home_assistant;
mod parser;
mod settings;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use plant::Serial;
use plant::energy::Calendar;
use secrecy::SecretString;
use tracing_subscriber::filter::{LevelFilter, Targets};

pub(crate) use self::dtus::{DtuConfig, Protocol};
pub(crate) use self::home_assistant::Supervisor;
use self::parser::Parser;
pub(crate) use self::settings::SETTINGS;
pub(crate) use self::sources::{Sources, removed_setting};

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    place: String,
    found: String,
    reason: String,
}

impl Mistake {
    fn new(place: impl fmt::Display, found: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self { place: place.to_string(), found: found.to_string(), reason: reason.to_string() }
    }

    /// The setting whose value it is; none for what is not a setting.
    pub(crate) fn setting(&self) -> Option<&'static str> {
        let end = self.place.find([' ', ',', '[']).unwrap_or(self.place.len());
        SETTINGS.iter().map(|setting| setting.name).find(|name| *name == &self.place[..end])
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.found.as_str() {
            "" => write!(f, "{}: {}", self.place, self.reason),
            found => write!(f, "{}: '{found}' cannot be used: {}", self.place, self.reason),
        }
    }
}

/// The configuration of one run.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) dtus: Vec<DtuConfig>,
    pub(crate) polling: Polling,
    pub(crate) storage: Storage,
    pub(crate) data_dir: PathBuf,
    /// 0 for no floor.
    pub(crate) outbox_min_free_mb: u64,
    pub(crate) time_zone: TimeZone,
    pub(crate) web: Option<Web>,
    /// Of the Home Assistant whose app this is; none elsewhere.
    pub(crate) supervisor: Option<Supervisor>,
    pub(crate) log: Log,
    /// Said once at start: what is accepted without effect, or risky.
    pub(crate) notices: Vec<String>,
}

/// How every DTU is polled.
#[derive(Debug, Clone)]
pub(crate) struct Polling {
    /// Of what is read over Modbus.
    pub(crate) timeout: Duration,
    /// Of what is read over the Wi-Fi protocol.
    pub(crate) wifi_timeout: Duration,
    /// How long a Wi-Fi DTU is left alone around its upload.
    pub(crate) upload_pause: Duration,
    pub(crate) retries: u32,
    pub(crate) retry_delay: Duration,
    pub(crate) retry_delay_max: Duration,
    pub(crate) exponential_backoff: bool,
    pub(crate) breaker_threshold: u32,
    pub(crate) excluded: BTreeSet<Serial>,
}

/// Where readings are kept.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    /// Nowhere: `DRY_RUN`.
    Nothing,
    /// In a file below the data directory.
    Sqlite,
    /// In PostgreSQL.
    Postgres(Box<Postgres>),
}

/// How PostgreSQL is reached.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: Option<SecretString>,
    pub(crate) ssl_mode: String,
    pub(crate) url: Option<SecretString>,
    pub(crate) pool_size: u32,
    pub(crate) max_overflow: u32,
}

/// The web server.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: bool,
    /// Whoever asks must know it; none for everybody.
    pub(crate) token: Option<SecretString>,
    pub(crate) cors_origins: Vec<String>,
    /// Whether other programs on the network are told that it is here.
    pub(crate) mdns: bool,
}

/// The log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) filter: String,
    pub(crate) json: bool,
    pub(crate) file: Option<PathBuf>,
    pub(crate) console: bool,
}

impl Config {
    /// Gathers and reads everything. `arguments` are the settings of the command line.
    pub(crate) fn load(
        arguments: &BTreeMap<&'static str, String>,
        environment: &BTreeMap<String, String>,
        file: Option<&Path>,
    ) -> (Sources, Result<Self, Vec<Mistake>>) {
        let (sources, mistakes) = Sources::gather(arguments, environment, file);
        let mut parser = Parser::new(&sources, mistakes);
        let config = read(&mut parser, environment);
        let Parser { mistakes, notices, .. } = parser;
        let result = match config {
            Some(config) if mistakes.is_empty() => Ok(Self { notices, ..config }),
            _ => Err(mistakes),
        };
        (sources, result)
    }
}

impl Config {
    /// Decides which day it is.
    pub(crate) fn calendar(&self) -> Calendar {
        Calendar::new(self.time_zone.clone())
    }
}

/// `None` only after a mistake was noted.
fn read(parser: &mut Parser<'_>, environment: &BTreeMap<String, String>) -> Option<Config> {
    let dtus = dtus::parse(parser);
    let polling = polling(parser);
    let storage = storage(parser);
    let data_dir = data_dir(parser, environment);
    let outbox_min_free_mb = parser.number("OUTBOX_MIN_FREE_MB", 0, 1_000_000);
    let time_zone = time_zone(parser);
    let web = web(parser);
    let log = log(parser);
    note_what_has_no_effect(parser);
    Some(Config {
        dtus,
        polling: polling?,
        storage: storage?,
        data_dir: data_dir?,
        outbox_min_free_mb: outbox_min_free_mb?,
        time_zone: time_zone?,
        web: web?,
        supervisor: Supervisor::of(environment),
        log: log?,
        notices: Vec::new(),
    })
}

/// A DTU-Pro answers within a second or not at all.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Wi-Fi DTUs take their time; every other program waits 5 to 30 s.
const WIFI_TIMEOUT: Duration = Duration::from_secs(10);

fn polling(parser: &mut Parser<'_>) -> Option<Polling> {
    let seconds = |number: f64| Duration::from_secs_f64(number);
    let timeout = parser.number("COMM_TIMEOUT", 1, 60).map(Duration::from_secs);
    let upload_pause = parser.number("WIFI_UPLOAD_PAUSE", 0, 60).map(Duration::from_secs);
    let retries = parser.number("COMM_RETRIES", 0, 10);
    let delay = parser.number("COMM_RECONNECT_DELAY", 0.0, 3600.0).map(seconds);
    let delay_max = parser.number("COMM_RECONNECT_DELAY_MAX", 0.0, 86_400.0).map(seconds);
    if let (Some(delay), Some(max)) = (delay, delay_max)
        && delay > max
    {
        let reason = format!("no more than COMM_RECONNECT_DELAY_MAX, {max:?}, is expected");
        parser.mistake("COMM_RECONNECT_DELAY", format!("{delay:?}"), reason);
    }
    let exponential = parser.flag("EXPONENTIAL_BACKOFF");
    let threshold = parser.number("CIRCUIT_BREAKER_THRESHOLD", 1, 1000);
    let excluded = match parser.value("EXCLUDE_INVERTERS") {
        Some(_) => parser.list("EXCLUDE_INVERTERS", |text| text.parse().ok()),
        None => Some(Vec::new()),
    };
    Some(Polling {
        timeout: timeout.unwrap_or(TIMEOUT),
        wifi_timeout: timeout.unwrap_or(WIFI_TIMEOUT),
        upload_pause: upload_pause?,
        retries: retries?,
        retry_delay: delay?,
        retry_delay_max: delay_max?,
        exponential_backoff: exponential?,
        breaker_threshold: threshold?,
        excluded: excluded?.into_iter().collect(),
    })
}

fn storage(parser: &mut Parser<'_>) -> Option<Storage> {
    let dry_run = parser.flag("DRY_RUN")?;
    let persistence = parser.flag("PERSISTENCE_ENABLED")?;
    if !persistence && !dry_run {
        parser.notice("PERSISTENCE_ENABLED=false: nothing is stored, as with DRY_RUN=true".into());
    }
    let host_given = ["DB_HOST", "DATABASE_URL"].iter().any(|name| parser.sources().is_given(name));
    let kind = match parser.value("DB_TYPE") {
        None => Some(host_given),
        Some(value) => match value.text.to_ascii_lowercase().as_str() {
            "mysql" | "mariadb" => {
                let reason = "MySQL and MariaDB are not supported any more, and what version 2 has \
                              stored there cannot be carried over: postgres or sqlite is expected";
                parser.mistake(format!("DB_TYPE ({})", value.source), &value.text, reason);
                None
            }
            _ => parser.read("DB_TYPE", |text| match text.to_ascii_lowercase().as_str() {
                "postgres" | "postgresql" => Some(true),
                "sqlite" => Some(false),
                _ => None,
            }),
        },
    };
    let postgres = postgres(parser);
    Some(match (dry_run || !persistence, kind?) {
        (true, _) => Storage::Nothing,
        (false, false) => Storage::Sqlite,
        (false, true) => Storage::Postgres(Box::new(postgres?)),
    })
}

fn postgres(parser: &mut Parser<'_>) -> Option<Postgres> {
    const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
    let port = parser.number("DB_PORT", 1, u16::MAX);
    let ssl_mode = parser.read("DB_SSLMODE", |text| {
        let mode = text.to_ascii_lowercase();
        MODES.contains(&mode.as_str()).then_some(mode)
    });
    let pool_size = parser.number("DB_POOL_SIZE", 1, 1000);
    let max_overflow = parser.number("DB_MAX_OVERFLOW", 0, 1000);
    let url = match parser.value("DATABASE_URL") {
        Some(_) => Some(parser.read("DATABASE_URL", |text| {
            ["postgres://", "postgresql://"]
                .iter()
                .any(|scheme| text.starts_with(scheme))
                .then(|| SecretString::from(text))
        })?),
        None => None,
    };
    Some(Postgres {
        host: parser.text("DB_HOST")?,
        port: port?,
        database: parser.text("DB_NAME")?,
        user: parser.text("DB_USER")?,
        password: parser.text("DB_PASSWORD").map(SecretString::from),
        ssl_mode: ssl_mode?,
        url,
        pool_size: pool_size?,
        max_overflow: max_overflow?,
    })
}

/// `DATA_DIR`, else where the system keeps a user's data.
fn data_dir(parser: &mut Parser<'_>, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    const NAME: &str = "hoymiles-smiles";
    let of = |name: &str| environment.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let found = parser
        .text("DATA_DIR")
        .map(PathBuf::from)
        // systemd gives a service its own directory under this name.
        .or_else(|| of("STATE_DIRECTORY"))
        .or_else(|| of("XDG_DATA_HOME").map(|path| path.join(NAME)))
        .or_else(|| of("HOME").map(|path| path.join(".local/share").join(NAME)));
    if found.is_none() {
        parser.mistake("DATA_DIR", "", "a directory that can be written is expected: none is set");
    }
    found
}

fn time_zone(parser: &mut Parser<'_>) -> Option<TimeZone> {
    match parser.value("TIMEZONE") {
        Some(_) => parser.read("TIMEZONE", |name| TimeZone::get(name).ok()),
        None => Some(TimeZone::system()),
    }
}

fn web(parser: &mut Parser<'_>) -> Option<Option<Web>> {
    let enabled = parser.flag("HEALTH_ENABLED");
    let host = parser.read("HEALTH_HOST", |text| text.parse::<IpAddr>().ok());
    let port = parser.number("HEALTH_PORT", 0, u16::MAX);
    let metrics = parser.flag("METRICS_ENABLED");
    let mdns = parser.flag("MDNS_ENABLED");
    let cors_origins = match parser.value("CORS_ORIGINS") {
        Some(_) => parser.list("CORS_ORIGINS", |origin| {
            let bare =
                origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
            (!bare.is_empty() && !bare.contains('/')).then(|| origin.to_owned())
        }),
        None => Some(Vec::new()),
    };
    let token = parser.value("API_TOKEN").map(|_| parser.read("API_TOKEN", token));
    let web = Web {
        address: SocketAddr::new(host?, port?),
        metrics: metrics?,
        // Unlike a setting that is not given, one that cannot be used must not open the API.
        token: token.map_or(Some(None), |token| token.map(Some))?,
        cors_origins: cors_origins?,
        mdns: mdns?,
    };
    Some(enabled?.then_some(web))
}

/// A token as it can stand in a header, long enough not to be guessed.
fn token(text: &str) -> Option<SecretString> {
    let can_be_sent = text.bytes().all(|byte| byte.is_ascii_graphic());
    (can_be_sent && text.len() >= api::LEAST_CHARACTERS).then(|| SecretString::from(text))
}

fn log(parser: &mut Parser<'_>) -> Option<Log> {
    let filter = parser.read("LOG_LEVEL", |text| {
        let filter = match text.to_ascii_lowercase().as_str() {
            "warning" => "warn".to_owned(),
            // The highest level that the Python bridge knew.
            "critical" => "error".to_owned(),
            other => other.to_owned(),
        };
        // A word alone must be a level: `Targets` would take a misspelt one for a module.
        let is_filter = if filter.contains([',', '=']) {
            filter.parse::<Targets>().is_ok()
        } else {
            filter.parse::<LevelFilter>().is_ok()
        };
        is_filter.then_some(filter)
    });
    let json = parser.read("LOG_FORMAT", |text| match text.to_ascii_lowercase().as_str() {
        "standard" => Some(false),
        "json" => Some(true),
        _ => None,
    });
    let console = parser.flag("LOG_TO_CONSOLE");
    let file = parser.text("LOG_FILE").map(PathBuf::from);
    Some(Log { filter: filter?, json: json?, file, console: console? })
}

fn note_what_has_no_effect(parser: &mut Parser<'_>) {
    if parser.sources().is_given("RESET_HOUR") {
        parser.number("RESET_HOUR", 0, 23);
        parser.notice(
            "RESET_HOUR has no effect: a day begins at midnight of the plant's time zone".into(),
        );
    }
    if parser.sources().is_given("EXPIRE_AFTER") {
        parser.number("EXPIRE_AFTER", 0, u32::MAX);
        parser.notice(
            "EXPIRE_AFTER has no effect: every reading tells its age, and stale ones say so".into(),
        );
    }
    let removed = &parser.sources().removed;
    if !removed.is_empty() {
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, advice) in removed {
            names.entry(advice).or_default().push(name);
        }
        let lines: Vec<String> =
            names.iter().map(|(advice, names)| format!("{}: {advice}", names.join(", "))).collect();
        parser.notice(format!("settings that have gone and are ignored: {}", lines.join("; ")));
    }
}

impl Sources {
    /// Every setting with its value and source, a line each, secrets hidden.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = SETTINGS
            .iter()
            .map(|setting| match self.value(setting) {
                Some(value) if setting.secret => {
                    format!("{:<26} (hidden)  [{}]", setting.name, value.source)
                }
                Some(value) => format!("{:<26} {}  [{}]", setting.name, value.text, value.source),
                None => format!("{:<26} (not set)", setting.name),
            })
            .collect();
        if let Some((list, source)) = &self.dtus {
            lines.push(format!("{:<26} {list}  [{source}]", "dtus"));
        }
        lines
    }
}
