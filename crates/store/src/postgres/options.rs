//! Which PostgreSQL server, which database, and how many connections.
//!
//! A password reaches the connection and nothing else: it is in no `Debug` output and in no error
//! text. That is why a URL is looked at before it is parsed. In one whose password holds a bare
//! `/`, `?` or `#`, a part of the password would pass for the host, the database or a parameter,
//! and come back in a message.

use std::fmt;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// How to reach a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Host name, address, or the directory of a Unix socket (`/var/run/postgresql`).
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name of the database, which must exist.
    pub database: String,
    /// Name of the role.
    pub user: String,
    /// Password of the role, where the server asks for one.
    pub password: Option<String>,
    /// `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as in libpq.
    pub ssl_mode: String,
    /// `postgres://user:password@host:port/database?sslmode=…`. Takes the place of all of the
    /// above, but for the password where the URL has none.
    pub url: Option<String>,
    /// Connections for everyday use, at least one.
    pub pool_size: u32,
    /// Connections beyond those in a rush.
    pub max_overflow: u32,
}

/// An option that cannot be right, in words for the person who set it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostgresOptionsError {
    /// Not one of libpq's SSL modes.
    #[error(
        "'{0}' is no SSL mode: disable, allow, prefer, require, verify-ca or verify-full is \
         expected"
    )]
    SslMode(String),
    /// Text that is no URL of a PostgreSQL database. The URL itself is not shown: it may hold a
    /// password.
    #[error("the database URL {0}")]
    Url(&'static str),
    /// A parameter after the `?` that nothing would obey.
    #[error("the database URL has the unknown parameter '{0}'")]
    UrlParameter(String),
    /// A pool that could never give out a connection.
    #[error("the pool size is 0: at least one connection is needed")]
    PoolSize,
}

/// What can follow the `?` of a URL. The driver would log anything else, with its value.
const URL_PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

impl Default for PostgresOptions {
    /// The server that the compose file starts, as seen from the host.
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 5432,
            database: "hoymiles".to_owned(),
            user: "hoymiles".to_owned(),
            password: None,
            ssl_mode: "prefer".to_owned(),
            url: None,
            pool_size: 10,
            max_overflow: 20,
        }
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("ssl_mode", &self.ssl_mode)
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("pool_size", &self.pool_size)
            .field("max_overflow", &self.max_overflow)
            .finish()
    }
}

impl PostgresOptions {
    /// What the driver connects with.
    pub(super) fn connect_options(&self) -> Result<PgConnectOptions, PostgresOptionsError> {
        if self.pool_size == 0 {
            return Err(PostgresOptionsError::PoolSize);
        }
        let options = match &self.url {
            Some(url) => self.by_url(url)?,
            None => self.by_parts()?,
        };
        Ok(options
            .application_name("hoymiles-smiles")
            // Only for numbers as text, which are never asked for; a pooler would refuse it.
            .extra_float_digits(None)
            // More than a batch repeats: one that had to make room would be closed at a bad time.
            .statement_cache_capacity(16))
    }

    fn by_parts(&self) -> Result<PgConnectOptions, PostgresOptionsError> {
        let ssl_mode: PgSslMode = self
            .ssl_mode
            .parse()
            .map_err(|_| PostgresOptionsError::SslMode(self.ssl_mode.clone()))?;
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .database(&self.database)
            .username(&self.user)
            .ssl_mode(ssl_mode);
        let options = if self.host.starts_with('/') { options.socket(&self.host) } else { options };
        Ok(match &self.password {
            Some(password) => options.password(password),
            None => options,
        })
    }

    fn by_url(&self, url: &str) -> Result<PgConnectOptions, PostgresOptionsError> {
        let refuse = |text| Err(PostgresOptionsError::Url(text));
        let Some(rest) =
            url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))
        else {
            return refuse("must start with postgres:// or postgresql://");
        };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if tail.contains(['@', '#']) {
            return refuse(
                "has a character in its user name or password that must be written as a percent \
                 code: %2F for /, %3F for ?, %23 for #, %40 for @",
            );
        }
        let query = tail.split_once('?').map_or("", |(_, query)| query);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
            if !URL_PARAMETERS.contains(&name) && !name.starts_with("options[") {
                return Err(PostgresOptionsError::UrlParameter(name.to_owned()));
            }
            if let ("sslmode" | "ssl-mode", Some((_, mode))) = (name, parameter.split_once('=')) {
                mode.parse::<PgSslMode>()
                    .map_err(|_| PostgresOptionsError::SslMode(mode.to_owned()))?;
            }
        }
        let options: PgConnectOptions = match url.parse() {
            Ok(options) => options,
            Err(_) => {
                return refuse("is not of the form postgres://user:password@host:port/database");
            }
        };
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        Ok(match &self.password {
            Some(password) if !user.contains(':') && !query.contains("password=") => {
                options.password(password)
            }
            _ => options,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_url(url: &str) -> Result<PgConnectOptions, PostgresOptionsError> {
        PostgresOptions { url: Some(url.to_owned()), ..PostgresOptions::default() }
            .connect_options()
    }

    #[test]
    fn a_url_takes_the_place_of_the_parts() {
        let options = of_url("postgresql://sun:p%40ss@db.local:6432/roof?sslmode=disable").unwrap();
        assert_eq!(options.get_host(), "db.local");
        assert_eq!(options.get_port(), 6432);
        assert_eq!(options.get_username(), "sun");
        assert_eq!(options.get_database(), Some("roof"));
        assert!(matches!(options.get_ssl_mode(), PgSslMode::Disable));
    }

    #[test]
    fn a_password_with_bare_special_characters_is_refused_and_not_shown() {
        for url in [
            "postgres://sun:12/secret@db/roof",
            "postgres://sun:12?secret@db/roof",
            "postgres://sun:12#secret@db/roof",
            "postgres://sun:se#cret",
            "postgres://sun:secret@db:port/roof",
            "mysql://sun:secret@db/roof",
        ] {
            let error = of_url(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
            assert!(error.starts_with("the database URL "), "{error}");
        }
    }

    #[test]
    fn an_option_that_nothing_would_obey_is_named() {
        assert_eq!(
            of_url("postgres://db/roof?pasword=secret").unwrap_err(),
            PostgresOptionsError::UrlParameter("pasword".to_owned())
        );
        assert_eq!(
            of_url("postgres://db/roof?sslmode=on").unwrap_err(),
            PostgresOptionsError::SslMode("on".to_owned())
        );
        let parts = PostgresOptions { ssl_mode: "yes".to_owned(), ..PostgresOptions::default() };
        assert_eq!(
            parts.connect_options().unwrap_err().to_string(),
            "'yes' is no SSL mode: disable, allow, prefer, require, verify-ca or verify-full is \
             expected"
        );
        let empty = PostgresOptions { pool_size: 0, ..PostgresOptions::default() };
        assert_eq!(empty.connect_options().unwrap_err(), PostgresOptionsError::PoolSize);
    }

    #[test]
    fn debug_output_holds_no_password() {
        let options = PostgresOptions {
            password: Some("secret".to_owned()),
            url: Some("postgres://sun:secret@db/roof".to_owned()),
            ..PostgresOptions::default()
        };
        assert!(!format!("{options:?}").contains("secret"));
    }
}
