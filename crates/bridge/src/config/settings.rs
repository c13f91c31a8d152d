//! The table of settings: every name, default and range in one place.
//!
//! The environment variable gives a setting its name. The command-line flag is the same in
//! kebab case (`--dtu-host`), the key in a file the same in lower case (`dtu_host` or `dtu-host`).

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// The environment variable.
    pub(crate) name: &'static str,
    /// Used when no source names a value; empty for none.
    pub(crate) default: &'static str,
    /// What is allowed, completing the sentence "… is expected".
    pub(crate) allowed: &'static str,
    /// What it does, for `--help`.
    pub(crate) meaning: &'static str,
    /// Whether the value is never shown.
    pub(crate) secret: bool,
}

impl Setting {
    /// The command-line flag without its dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }
}

const fn row(
    name: &'static str,
    default: &'static str,
    allowed: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, allowed, meaning, secret: false }
}

const fn secret(name: &'static str, allowed: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default: "", allowed, meaning, secret: true }
}

const TRUE_OR_FALSE: &str = "true or false";

/// Every setting, in the order in which `check` shows them.
pub(crate) const SETTINGS: &[Setting] = &[
    row("DTU_HOST", "", "a host name or IP address", "The DTU, when there is one"),
    row(
        "DTU_PORT",
        "",
        "a port number from 1 to 65535",
        "Its TCP port; 502 unless set, or 10081 with the Wi-Fi protocol",
    ),
    row("MODBUS_UNIT_ID", "1", "a whole number from 0 to 255", "Its Modbus unit"),
    row(
        "DTU_PROTOCOL",
        "auto",
        "auto, modbus or wifi",
        "How it is spoken to; auto is wifi on port 10081, else modbus",
    ),
    row("DTU_ADDRESSING", "auto", "auto, byte or word", "What its register addresses count"),
    row(
        "DTU_CONFIGS",
        "",
        r#"a JSON list like [{"name": "roof", "host": "192.168.1.50"}]"#,
        "Several DTUs; wins over DTU_HOST",
    ),
    row(
        "QUERY_PERIOD",
        "",
        "a whole number of seconds from 5 to 86400",
        "From the start of one poll to the start of the next; 60 unless set, or 120 with the Wi-Fi \
         protocol",
    ),
    row(
        "WIFI_UPLOAD_PAUSE",
        "0",
        "a whole number of seconds from 0 to 60",
        "How long a Wi-Fi DTU is left alone around its upload to the cloud every five minutes",
    ),
    row(
        "EXCLUDE_INVERTERS",
        "",
        "serial numbers with commas between them",
        "Neither stored nor shown",
    ),
    row(
        "COMM_TIMEOUT",
        "",
        "a whole number of seconds from 1 to 60",
        "Wait for one answer of a DTU; 3 unless set, or 10 with the Wi-Fi protocol",
    ),
    row("COMM_RETRIES", "3", "a whole number from 0 to 10", "Attempts after the first one failed"),
    row(
        "COMM_RECONNECT_DELAY",
        "0",
        "a number of seconds from 0 to 3600",
        "Wait before the first retry; 0 means half a second",
    ),
    row(
        "COMM_RECONNECT_DELAY_MAX",
        "300",
        "a number of seconds from 0 to 86400",
        "The longest wait between two attempts",
    ),
    row(
        "EXPONENTIAL_BACKOFF",
        "true",
        TRUE_OR_FALSE,
        "Whether the wait doubles from retry to retry",
    ),
    row(
        "CIRCUIT_BREAKER_THRESHOLD",
        "5",
        "a whole number from 1 to 1000",
        "Failed polls in a row after which a DTU is left in peace",
    ),
    row(
        "DB_TYPE",
        "",
        "postgres or sqlite",
        "Where readings are kept; postgres when DB_HOST or DATABASE_URL is set, else sqlite",
    ),
    row("DB_HOST", "localhost", "a host name or IP address", "PostgreSQL server"),
    row("DB_PORT", "5432", "a port number from 1 to 65535", "Its port"),
    row("DB_NAME", "hoymiles", "a database name", "Database"),
    row("DB_USER", "hoymiles", "a user name", "User"),
    secret("DB_PASSWORD", "a password", "Password"),
    row(
        "DB_SSLMODE",
        "prefer",
        "disable, allow, prefer, require, verify-ca or verify-full",
        "TLS to the database",
    ),
    secret(
        "DATABASE_URL",
        "a URL like postgres://user:password@host:5432/database",
        "Instead of the DB_ settings above",
    ),
    row("DB_POOL_SIZE", "10", "a whole number from 1 to 1000", "Connections kept open"),
    row(
        "DB_MAX_OVERFLOW",
        "20",
        "a whole number from 0 to 1000",
        "Connections beyond, when needed",
    ),
    row("DATA_DIR", "", "a directory that can be written", "Outbox and embedded database"),
    row(
        "OUTBOX_MIN_FREE_MB",
        "256",
        "a whole number of megabytes from 0 to 1000000",
        "Free space in DATA_DIR below which no reading is kept any more; 0 for no limit",
    ),
    row(
        "TIMEZONE",
        "",
        "an IANA name like Europe/Berlin",
        "Decides when a day begins; the system's zone unless set",
    ),
    row("HEALTH_ENABLED", "true", TRUE_OR_FALSE, "Whether the web server runs"),
    row("HEALTH_HOST", "0.0.0.0", "an IP address of this machine", "Where it listens"),
    row("HEALTH_PORT", "8080", "a port number from 0 to 65535", "Its port; 0 takes any free one"),
    row(
        "MDNS_ENABLED",
        "true",
        TRUE_OR_FALSE,
        "Whether it is announced on the network, so that Home Assistant finds it",
    ),
    row("METRICS_ENABLED", "true", TRUE_OR_FALSE, "Whether /metrics answers"),
    secret(
        "API_TOKEN",
        "at least 16 letters, digits and signs without blanks, such as `openssl rand -hex 32` makes",
        "Whoever asks must send it as Authorization: Bearer; with it, names and layout can be changed",
    ),
    row(
        "CORS_ORIGINS",
        "",
        "origins like https://example.org with commas between them",
        "Pages of other servers that may read the API",
    ),
    row(
        "LOG_LEVEL",
        "INFO",
        "DEBUG, INFO, WARNING, ERROR, or a filter like info,dtu=debug",
        "How much is logged",
    ),
    row("LOG_FORMAT", "standard", "standard or json", "How it is logged"),
    row("LOG_FILE", "", "a file path", "Log to a file, a new one each day, five kept"),
    row("LOG_TO_CONSOLE", "true", TRUE_OR_FALSE, "Log to standard error"),
    row("DRY_RUN", "false", TRUE_OR_FALSE, "Poll and show, store nothing"),
    row("PERSISTENCE_ENABLED", "true", TRUE_OR_FALSE, "false is DRY_RUN with a warning"),
    row(
        "RESET_HOUR",
        "",
        "a whole number from 0 to 23",
        "Accepted and without effect: see the docs",
    ),
    row(
        "EXPIRE_AFTER",
        "",
        "a whole number of seconds",
        "Accepted and without effect: see the docs",
    ),
];

/// The setting of a name.
///
/// # Panics
/// For a name that is not in the table: a slip of the pen that every test run finds.
pub(crate) fn setting(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("the setting is in the table")
}

/// Settings of earlier versions that have gone, and what to do instead.
pub(crate) const REMOVED: &[(&str, &str)] = &[
    ("MQTT_", "MQTT is gone: Home Assistant and scripts read the REST API"),
    ("DATABASE_PATH", "readings live in PostgreSQL (DB_HOST) or below DATA_DIR"),
    ("INFLUXDB_", "read the PostgreSQL tables or /metrics instead"),
    ("MI_ENTITIES", "every quantity is kept; choose in the program that reads it"),
    ("PORT_ENTITIES", "every quantity is kept; choose in the program that reads it"),
    ("VALUE_MULTIPLIERS", "quantities have fixed units; scale in the program that reads them"),
    ("ENTITY_FRIENDLY_NAMES", "name entities in Home Assistant"),
    ("ALERTS_ENABLED", "alert on /metrics or /health"),
    ("DTU_OFFLINE_THRESHOLD", "alert on hoymiles_dtu_available or /health"),
    ("TEMPERATURE_THRESHOLD", "alert on hoymiles_inverter_temperature_celsius"),
    ("DUMP_DATA_PATH", "set LOG_LEVEL=debug to see what a DTU answers"),
    ("DUMP_DATA", "set LOG_LEVEL=debug to see what a DTU answers"),
];
