//! The tables of an outbox: making them, bringing an older layout up to date, and judging whether
//! a file can be trusted.

use sqlx::{Connection, Row, SqliteConnection};

/// `user_version` of the layout in the module doc.
const LAYOUT: i64 = 2;

/// What both layouts that were ever used have in common with a new file.
const CREATE: &str = "
    CREATE TABLE waiting (
        seq      INTEGER PRIMARY KEY AUTOINCREMENT,
        taken_at INTEGER,
        record   TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE removed (records INTEGER NOT NULL) STRICT;
    INSERT INTO removed VALUES (0);";

/// Layout 1 knew neither checksums nor the number of readings in a record; its records stay
/// without.
const UPGRADE: &str = "
    ALTER TABLE waiting ADD COLUMN readings INTEGER;
    ALTER TABLE waiting ADD COLUMN checksum INTEGER;
    CREATE TABLE quarantine (
        number   INTEGER PRIMARY KEY AUTOINCREMENT,
        seq      INTEGER NOT NULL,
        taken_at INTEGER,
        at       INTEGER NOT NULL,
        readings INTEGER NOT NULL,
        reason   TEXT    NOT NULL,
        record   TEXT    NOT NULL,
        checksum INTEGER
    ) STRICT;
    CREATE TABLE tally (
        layout               INTEGER NOT NULL,
        appended             INTEGER NOT NULL,
        appended_readings    INTEGER NOT NULL,
        removed              INTEGER NOT NULL,
        removed_readings     INTEGER NOT NULL,
        quarantined          INTEGER NOT NULL,
        quarantined_readings INTEGER NOT NULL
    ) STRICT;
    INSERT INTO tally
    SELECT 2, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'waiting'), 0), 0, records, 0,
           0, 0
    FROM removed;
    DROP TABLE removed;
    PRAGMA user_version = 2;";

/// Why a file cannot be used as it is.
#[derive(Debug)]
pub(super) enum Trouble {
    /// SQLite says so.
    Sqlite(sqlx::Error),
    /// It is an outbox, and something in it is broken.
    Damaged(String),
    /// It is none of ours, or of a later version: not to be touched.
    Foreign(&'static str),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Makes the tables or brings them up to date, in one transaction.
pub(super) async fn prepare(connection: &mut SqliteConnection) -> Result<(), Trouble> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let (version, tables, ours): (i64, i64, i64) = sqlx::query_as(
        "SELECT user_version,
                (SELECT count(*) FROM sqlite_schema),
                (SELECT count(*) FROM sqlite_schema WHERE name IN ('waiting', 'tally'))
         FROM pragma_user_version",
    )
    .fetch_one(&mut *transaction)
    .await?;
    if (version, tables) == (0, 0) {
        sqlx::raw_sql(CREATE).execute(&mut *transaction).await?;
    } else if version == LAYOUT {
        return Ok(());
    } else if ours == 2 {
        // The version stands in the table too, so that one flipped bit in the header of the file
        // is not taken for a version to come.
        let layout: i64 =
            sqlx::query_scalar("SELECT layout FROM tally").fetch_one(&mut *transaction).await?;
        return Err(if layout == LAYOUT {
            Trouble::Damaged(format!("its header tells layout {version} and its table {layout}"))
        } else {
            Trouble::Foreign("was made by a newer version of the bridge")
        });
    } else if version != 1 || ours == 0 {
        return Err(Trouble::Foreign(if version == 0 {
            "is the database of another program"
        } else {
            "was made by a newer version of the bridge"
        }));
    }
    sqlx::raw_sql(UPGRADE).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// A column by its table, name, type, whether it must be filled, and place in the key.
type Column = (String, String, String, bool, i64);

async fn columns(connection: &mut SqliteConnection) -> Result<Vec<Column>, sqlx::Error> {
    sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.pk
         FROM sqlite_schema AS t JOIN pragma_table_xinfo(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'
         ORDER BY t.name, c.cid",
    )
    .fetch_all(connection)
    .await
}

/// What the statements above make. SQLite's own check reads the schema and believes it, so that
/// a flipped bit in the name of a column shows only when a statement names it.
async fn expected_columns() -> Result<Vec<Column>, sqlx::Error> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    sqlx::raw_sql(CREATE).execute(&mut connection).await?;
    sqlx::raw_sql(UPGRADE).execute(&mut connection).await?;
    columns(&mut connection).await
}

/// Looks at every page. Affordable because the outbox is small whenever the database is up, and
/// after a long outage a start takes a second for each few hundred megabytes longer.
///
/// SQLite's own check misses rows that vanished in a page that still makes sense; the tally knows
/// how many there have to be.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), Trouble> {
    let verdict: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
    if verdict != "ok" {
        return Err(Trouble::Damaged(verdict.replace('\n', " ")));
    }
    if columns(connection).await? != expected_columns().await? {
        return Err(Trouble::Damaged("its tables have other columns than they had".to_owned()));
    }
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM waiting)    AS waiting,
                (SELECT count(*) FROM quarantine) AS quarantine,
                appended - removed                AS depth,
                quarantined
         FROM tally",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|error| match error {
        sqlx::Error::RowNotFound => Trouble::Damaged("its tally is gone".to_owned()),
        other => Trouble::Sqlite(other),
    })?;
    let number = |column: &str| row.try_get::<i64, _>(column);
    for (table, tally) in [("waiting", "depth"), ("quarantine", "quarantined")] {
        let (found, expected) = (number(table)?, number(tally)?);
        if found != expected {
            return Err(Trouble::Damaged(format!(
                "{found} records are in the table {table}, and {expected} have to be"
            )));
        }
    }
    Ok(())
}
