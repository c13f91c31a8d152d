//! The file of the Python version 1, which pushed readings to MQTT and kept three small tables in
//! SQLite: the last counters of each port, and two that nothing but its tests ever filled.
//!
//! The file is never changed. SQLite is told that nobody writes it (`immutable`), so that it makes
//! no lock and no log beside it. Where version 1 was cut off, a log with its last changes may lie
//! beside the file; then both are copied away and the copy is read.

mod starting_point;
mod time;

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Row, SqlitePool};
use tempfile::TempDir;

pub use starting_point::{Left, StartingPoints, figures, settings, starting_points};
pub use time::LocalTime;

/// Rows of `metrics` that are read at a time.
const PAGE: i64 = 5_000;

/// Columns hold what version 1 put there; SQLite itself would take anything.
const PRODUCTION: &str = "
    SELECT CAST(serial_number AS TEXT), CAST(port_number AS INTEGER),
           CAST(today_production AS INTEGER), CAST(total_production AS INTEGER),
           CAST(last_updated AS TEXT)
    FROM production_cache
    ORDER BY last_updated, serial_number, port_number";

const CONFIG: &str = "
    SELECT CAST(key AS TEXT), CAST(value AS TEXT)
    FROM config_cache
    ORDER BY key";

const METRICS: &str = "
    SELECT rowid, CAST(timestamp AS TEXT), CAST(metric_name AS TEXT), CAST(metric_value AS REAL),
           CAST(tags AS TEXT)
    FROM metrics
    WHERE rowid > ?1
    ORDER BY rowid
    LIMIT ?2";

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum V1Error {
    /// It is not there, or may not be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is something else.
    #[error("{path} is no file of version 1: {found}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
}

/// A row of version 1's `production_cache`, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// Of the inverter.
    pub serial: String,
    /// Of the port, from 1.
    pub port: i64,
    /// Wh.
    pub today_wh: i64,
    /// Wh.
    pub total_wh: i64,
    /// Local time without a zone.
    pub last_updated: String,
}

/// A row of version 1's `metrics`, as it stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// By which the next page goes on.
    pub row: i64,
    /// Local time without a zone.
    pub timestamp: String,
    /// What was measured.
    pub name: String,
    /// NULL where SQLite kept no number.
    pub value: Option<f64>,
    /// JSON.
    pub tags: Option<String>,
}

/// The opened file.
#[derive(Debug)]
pub struct V1File {
    path: PathBuf,
    pool: SqlitePool,
    /// Holds the copy that is read in place of the file.
    _copy: Option<TempDir>,
}

impl V1File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// If it cannot be read, or is not of version 1.
    pub async fn open(path: &Path) -> Result<Self, V1Error> {
        let unreadable = |error: &dyn std::fmt::Display| V1Error::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
        if !metadata.is_file() {
            return Err(unreadable(&"it is no file"));
        }
        std::fs::File::open(path).map_err(|error| unreadable(&error))?;
        let copy = copy_if_unfinished(path).map_err(|error| unreadable(&error))?;
        let options = match &copy {
            Some(directory) => SqliteConnectOptions::new().filename(copied(directory)),
            None => SqliteConnectOptions::new().filename(path).read_only(true).immutable(true),
        };
        let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        let file = Self { path: path.to_owned(), pool, _copy: copy };
        file.recognise().await?;
        Ok(file)
    }

    /// The last counters of every port, oldest first.
    ///
    /// # Errors
    /// If the file is damaged.
    pub async fn production(&self) -> Result<Vec<Production>, V1Error> {
        let rows = sqlx::query_as::<_, (String, i64, i64, i64, String)>(PRODUCTION)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.damaged(&error))?;
        let production =
            rows.into_iter().map(|(serial, port, today_wh, total_wh, last_updated)| Production {
                serial,
                port,
                today_wh,
                total_wh,
                last_updated,
            });
        Ok(production.collect())
    }

    /// What it kept as configuration: keys with JSON.
    ///
    /// # Errors
    /// If the file is damaged.
    pub async fn config(&self) -> Result<Vec<(String, String)>, V1Error> {
        if !self.has("config_cache").await? {
            return Ok(Vec::new());
        }
        sqlx::query_as(CONFIG).fetch_all(&self.pool).await.map_err(|error| self.damaged(&error))
    }

    /// How many rows of `metrics` there are.
    ///
    /// # Errors
    /// If the file is damaged.
    pub async fn figure_count(&self) -> Result<u64, V1Error> {
        if !self.has("metrics").await? {
            return Ok(0);
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM metrics")
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.damaged(&error))?;
        Ok(count.unsigned_abs())
    }

    /// The next rows of `metrics` after one; none after the last.
    ///
    /// # Errors
    /// If the file is damaged.
    pub async fn figures(&self, after: i64) -> Result<Vec<Figure>, V1Error> {
        if !self.has("metrics").await? {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(METRICS)
            .bind(after)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.damaged(&error))?;
        let figure = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Figure {
                row: row.try_get(0)?,
                timestamp: row.try_get(1)?,
                name: row.try_get(2)?,
                value: row.try_get(3)?,
                tags: row.try_get(4)?,
            })
        };
        rows.iter().map(figure).collect::<Result<_, _>>().map_err(|error| self.damaged(&error))
    }

    async fn recognise(&self) -> Result<(), V1Error> {
        if self.has("_sqlx_migrations").await? {
            return Err(self.foreign("it is a database of this version"));
        }
        if !self.has("production_cache").await? {
            return Err(self.foreign("it has no table production_cache"));
        }
        let columns = "
            SELECT count(*) FROM pragma_table_info('production_cache')
            WHERE name IN ('serial_number', 'port_number', 'today_production', 'total_production',
                           'last_updated')";
        let columns: i64 = sqlx::query_scalar(columns)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.damaged(&error))?;
        match columns {
            5 => Ok(()),
            _ => Err(self.foreign("its table production_cache has other columns")),
        }
    }

    async fn has(&self, table: &str) -> Result<bool, V1Error> {
        sqlx::query_scalar(
            "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        )
        .bind(table)
        .fetch_one(&self.pool)
        .await
        .map_err(|error| self.damaged(&error))
    }

    fn foreign(&self, found: &str) -> V1Error {
        V1Error::Foreign { path: self.path.clone(), found: found.to_owned() }
    }

    fn damaged(&self, error: &sqlx::Error) -> V1Error {
        self.foreign(&match error {
            sqlx::Error::Database(error) => error.message().to_owned(),
            other => other.to_string(),
        })
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn copied(directory: &TempDir) -> PathBuf {
    directory.path().join("version-1.db")
}

/// A copy of a file whose last changes are still in a log beside it.
fn copy_if_unfinished(path: &Path) -> std::io::Result<Option<TempDir>> {
    let logs: Vec<&str> = ["-wal", "-journal"]
        .into_iter()
        .filter(|suffix| std::fs::metadata(beside(path, suffix)).is_ok_and(|log| log.len() > 0))
        .collect();
    if logs.is_empty() {
        return Ok(None);
    }
    let directory = tempfile::tempdir()?;
    std::fs::copy(path, copied(&directory))?;
    for suffix in logs {
        std::fs::copy(beside(path, suffix), beside(&copied(&directory), suffix))?;
    }
    Ok(Some(directory))
}
