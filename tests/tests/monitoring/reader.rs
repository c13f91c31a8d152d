//! Grafana's user of the database, made as `docker compose` makes it.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use e2e::Database;
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;

use crate::dashboards::{Query, replace_calls};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The user. It is dropped with this.
pub(crate) struct Reader<'a> {
    database: &'a Database,
    name: String,
    serials: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Twice, as it is made again at each start.
    pub(crate) async fn create(database: &'a Database) -> Self {
        let name = format!(
            "hoymiles_reader_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let passwords = tempfile::tempdir().unwrap();
        for file in ["db_password", "reader_password"] {
            std::fs::write(passwords.path().join(file), "it's \"secret\"").unwrap();
        }
        let serials = sqlx::query_scalar("SELECT serial_number FROM inverters")
            .fetch_all(&database.pool)
            .await
            .unwrap();
        let reader = Self { database, name, serials };
        for _ in 0..2 {
            reader.run_script(&passwords);
        }
        reader
    }

    fn run_script(&self, passwords: &TempDir) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/compose/reader.sh");
        let output = self
            .as_owner("sh")
            .arg(script)
            .env("PASSWORDS_DIRECTORY", passwords.path())
            .env("READER", &self.name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }

    /// A program that finds the database as its owner.
    fn as_owner(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PGHOST", self.database.host())
            .env("PGPORT", self.database.port().to_string())
            .env("PGDATABASE", &self.database.name)
            .env("PGUSER", self.database.user());
        command
    }

    async fn connect(&self) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .host(self.database.host())
            .port(self.database.port())
            .database(&self.database.name)
            .username(&self.name)
            .password("it's \"secret\"");
        PgConnection::connect_with(&options).await.unwrap()
    }

    /// How many rows a query brings for the last six hours, and that it can be asked for a year.
    pub(crate) async fn rows(&self, query: &Query) -> usize {
        let mut connection = self.connect().await;
        let year = self.expand(query, SignedDuration::from_hours(365 * 24), 86_400);
        let answer = sqlx::query(AssertSqlSafe(year)).fetch_all(&mut connection).await;
        answer.unwrap_or_else(|error| panic!("{query}: {error}"));
        let day = self.expand(query, SignedDuration::from_hours(6), 300);
        let answer = sqlx::query(AssertSqlSafe(day)).fetch_all(&mut connection).await;
        answer.unwrap_or_else(|error| panic!("{query}: {error}")).len()
    }

    /// What Grafana makes of its macros and variables, by the documentation of its data source.
    fn expand(&self, query: &Query, range: SignedDuration, interval_s: u32) -> String {
        let (from, to) = (Timestamp::now() - range, Timestamp::now());
        let text = replace_calls(&query.text, "$__timeGroupAlias", |arguments| {
            let column = arguments.strip_suffix(", $__interval").unwrap_or_else(|| {
                panic!("{query}: an interval that does not grow with the range")
            });
            format!("floor(extract(epoch from {column})/{interval_s})*{interval_s} AS \"time\"")
        });
        let text = replace_calls(&text, "$__timeFilter", |column| {
            format!("{column} BETWEEN '{from}' AND '{to}'")
        });
        let serials: Vec<String> =
            self.serials.iter().map(|serial| format!("'{serial}'")).collect();
        let text = text
            .replace("$__timeFrom()", &format!("'{from}'"))
            .replace("$__timeTo()", &format!("'{to}'"))
            .replace("$inverter", &serials.join(","));
        assert!(!text.contains('$'), "{text}: something is not replaced");
        text
    }

    /// That it reads and does nothing else.
    pub(crate) async fn may_not_write(&self) {
        for statement in [
            "DELETE FROM port_data",
            "CREATE TABLE mine (id integer)",
            "SET default_transaction_read_only = off; DELETE FROM port_data",
        ] {
            let mut connection = self.connect().await;
            let outcome = sqlx::raw_sql(statement).execute(&mut connection).await;
            assert!(outcome.is_err(), "{statement} was let through");
        }
        // A table of a later version of the bridge.
        sqlx::raw_sql("CREATE TABLE of_later (id integer)")
            .execute(&self.database.pool)
            .await
            .unwrap();
        let mut connection = self.connect().await;
        sqlx::raw_sql("SELECT id FROM of_later").execute(&mut connection).await.unwrap();
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // A user belongs to the server, not to the database that is dropped later.
        for statement in ["DROP OWNED BY", "DROP ROLE"] {
            let statement = format!("{statement} {}", self.name);
            let _ = self.as_owner("psql").args(["--quiet", "--command", &statement]).status();
        }
    }
}
