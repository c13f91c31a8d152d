//! A PostgreSQL database that exists for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const DEFAULT_SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database, dropped with this.
pub struct Database {
    /// Its name.
    pub name: String,
    /// For looking at its rows.
    pub pool: PgPool,
    server: PgConnectOptions,
}

impl Database {
    /// Creates an empty database on the test server (`TEST_DATABASE_URL`).
    pub async fn create() -> Self {
        let url = std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| DEFAULT_SERVER.to_owned());
        Self::create_on(url.parse().unwrap()).await
    }

    /// Creates an empty database on this server.
    pub async fn create_on(server: PgConnectOptions) -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hoymiles_test_{}_{count}", std::process::id());
        let mut admin = PgConnection::connect_with(&server).await.unwrap();
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        }
        let pool = PgPoolOptions::new().connect_lazy_with(server.clone().database(&name));
        Self { name, pool, server }
    }

    /// Host of the server.
    pub fn host(&self) -> &str {
        self.server.get_host()
    }

    /// Port of the server.
    pub fn port(&self) -> u16 {
        self.server.get_port()
    }

    /// The role that owns it.
    pub fn user(&self) -> &str {
        self.server.get_username()
    }

    /// The settings that point a bridge at this database, through another address if given.
    pub fn settings(&self, through: Option<u16>) -> Vec<(&'static str, String)> {
        let (host, port) = match through {
            Some(port) => ("127.0.0.1".to_owned(), port),
            None => (self.host().to_owned(), self.port()),
        };
        vec![
            ("DB_TYPE", "postgres".to_owned()),
            ("DB_HOST", host),
            ("DB_PORT", port.to_string()),
            ("DB_NAME", self.name.clone()),
            ("DB_USER", self.user().to_owned()),
        ]
    }

    /// The single number that a query returns.
    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // Dropping is not async; a thread with a runtime of its own is.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = PgConnection::connect_with(&server).await?;
                sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await
            })?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
        .join();
        assert!(
            std::thread::panicking() || matches!(dropped, Ok(Ok(()))),
            "the database of a test stays behind: {dropped:?}"
        );
    }
}
