//! The two ways out: everything as it was, or the old tables gone.

use jiff::Timestamp;
use plant::inventory::MAX_PORT;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};

use super::super::{begin, migrate, unnamed};
use super::state::{self, Carried, Stage};
use super::{BEGIN, Found};

/// Where goes what this version has read when it is rolled back.
const ASIDE: &str = "hoymiles_v3";

const OLD_TABLES: [&str; 6] = [
    "inverter_data",
    "port_data",
    "production_cache",
    "inverters",
    "config_cache",
    "system_metrics",
];

/// Every table and view of the migrations.
const NEW_RELATIONS: &[&str] = &[
    "_sqlx_migrations",
    "config_cache",
    "dtu_lease_grants",
    "dtu_leases",
    "events",
    "hybrids",
    "inverter_data",
    "inverter_power",
    "inverter_readings",
    "inverters",
    "meter_data",
    "meter_readings",
    "meters",
    "past_changes",
    "plant_daily",
    "plant_hourly",
    "plant_power",
    "port_daily",
    "port_data",
    "port_hourly",
    "port_readings",
    "production_cache",
    "row_counts",
    "storage_data",
    "storage_readings",
    "system_metrics",
];

const HOLDERS: &str = "
    SELECT DISTINCT holder_name
    FROM dtu_leases
    WHERE expires_at > now()
    ORDER BY holder_name";

/// Rows that did not come from the old tables.
const NEW_ROWS: &str = "
    SELECT COALESCE(sum(rows) FILTER (WHERE table_name = 'inverter_data'), 0)::bigint AS inverters,
           COALESCE(sum(rows) FILTER (WHERE table_name = 'port_data'), 0)::bigint     AS ports
    FROM row_counts";

const FREE_NAME: &str = "
    SELECT CASE WHEN number = 1 THEN $1 ELSE $1 || '_' || number END AS name
    FROM generate_series(1, 1000) AS number
    WHERE to_regnamespace(CASE WHEN number = 1 THEN $1 ELSE $1 || '_' || number END) IS NULL
    ORDER BY number
    LIMIT 1";

// The statements below name it.
const _: () = assert!(MAX_PORT == 8);

/// As JSON, because they fit into no other table.
const KEEP_LEFT: [&str; 5] = [
    "CREATE TABLE hoymiles_v2.not_carried_over (table_name text NOT NULL, old_row jsonb NOT NULL)",
    "INSERT INTO hoymiles_v2.not_carried_over
     SELECT 'inverters', to_jsonb(o) FROM hoymiles_v2.inverters AS o
     WHERE serial_number = ANY ((SELECT left_inverters FROM hoymiles_v2.migration)::text[])",
    "INSERT INTO hoymiles_v2.not_carried_over
     SELECT 'inverter_data', to_jsonb(o) FROM hoymiles_v2.inverter_data AS o
     WHERE serial_number = ANY ((SELECT left_inverters FROM hoymiles_v2.migration)::text[])",
    "INSERT INTO hoymiles_v2.not_carried_over
     SELECT 'port_data', to_jsonb(o) FROM hoymiles_v2.port_data AS o
     WHERE serial_number = ANY ((SELECT left_inverters FROM hoymiles_v2.migration)::text[])
        OR port_number NOT BETWEEN 1 AND 8",
    "INSERT INTO hoymiles_v2.not_carried_over
     SELECT 'production_cache', to_jsonb(o) FROM hoymiles_v2.production_cache AS o
     WHERE serial_number = ANY ((SELECT left_inverters FROM hoymiles_v2.migration)::text[])",
];

const COUNT_LEFT: &str = "SELECT count(*) AS rows FROM hoymiles_v2.not_carried_over";
const CONFIRM: &str = "UPDATE hoymiles_v2.migration SET confirmed_at = now()";

/// What became of what this version had read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The schema in which its tables are; none if they held nothing that the old ones do not.
    pub aside: Option<String>,
    /// Rows in it that did not come from the old tables: of inverters, of ports.
    pub new_rows: (u64, u64),
}

/// What became of the old tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// Rows in `hoymiles_v2.not_carried_over`.
    pub rows_kept: u64,
    /// When all had been carried over.
    pub begun_at: Timestamp,
}

pub(super) async fn roll_back(pool: &PgPool) -> Result<RolledBack, Cause> {
    let mut transaction = begin(pool, BEGIN).await?;
    unnamed(migrate::LOCK).execute(&mut *transaction).await?;
    let state = begun(&mut transaction).await?;
    if state.stage == Stage::Confirmed {
        return refuse("the old tables are gone since it was confirmed, so there is no way back");
    }
    let done = match is_there(&mut transaction, "dtu_leases").await? {
        true => set_aside(&mut transaction, &state).await?,
        // Cut off before the new tables were made.
        false => RolledBack { aside: None, new_rows: (0, 0) },
    };
    for table in OLD_TABLES {
        move_to(&mut transaction, &format!("hoymiles_v2.{table}"), &state.home).await?;
    }
    unnamed("DROP TABLE hoymiles_v2.migration").execute(&mut *transaction).await?;
    unnamed("DROP SCHEMA hoymiles_v2").execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(done)
}

/// Clears the way for the old tables.
async fn set_aside(connection: &mut PgConnection, state: &Carried) -> Result<RolledBack, Cause> {
    let holders = unnamed(HOLDERS).fetch_all(&mut *connection).await?;
    if let Some(holder) = holders.first() {
        let name: String = holder.try_get("holder_name")?;
        return refuse(&format!("the bridge {name} works with this database: stop it first"));
    }
    let row = unnamed(NEW_ROWS).fetch_one(&mut *connection).await?;
    let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    let new_rows = (
        count("inverters")?.saturating_sub(state.new_rows.0),
        count("ports")?.saturating_sub(state.new_rows.1),
    );
    let name = unnamed(FREE_NAME).bind(ASIDE).fetch_one(&mut *connection).await?;
    let aside: String = name.try_get("name")?;
    execute(connection, format!("CREATE SCHEMA {aside}")).await?;
    for relation in NEW_RELATIONS {
        if is_there(connection, relation).await? {
            move_to(connection, relation, &aside).await?;
        }
    }
    if new_rows == (0, 0) {
        execute(connection, format!("DROP SCHEMA {aside} CASCADE")).await?;
        return Ok(RolledBack { aside: None, new_rows });
    }
    Ok(RolledBack { aside: Some(aside), new_rows })
}

pub(super) async fn confirm(pool: &PgPool) -> Result<Confirmed, Cause> {
    let mut transaction = begin(pool, BEGIN).await?;
    unnamed(migrate::LOCK).execute(&mut *transaction).await?;
    let state = begun(&mut transaction).await?;
    match state.stage {
        Stage::Carrying => {
            return refuse("not everything is carried over yet: hoymiles-smiles migrate-v2 run");
        }
        Stage::Confirmed => return refuse("it has been confirmed before: the old tables are gone"),
        Stage::Carried => {}
    }
    for statement in KEEP_LEFT {
        unnamed(statement).execute(&mut *transaction).await?;
    }
    let kept: i64 = unnamed(COUNT_LEFT).fetch_one(&mut *transaction).await?.try_get("rows")?;
    if kept == 0 {
        execute(&mut transaction, "DROP TABLE hoymiles_v2.not_carried_over".to_owned()).await?;
    }
    for table in OLD_TABLES {
        // Not CASCADE: a view of somebody's own is a reason to ask.
        execute(&mut transaction, format!("DROP TABLE hoymiles_v2.{table}")).await?;
    }
    unnamed(CONFIRM).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Confirmed { rows_kept: kept.unsigned_abs(), begun_at: state.begun_at })
}

async fn begun(connection: &mut PgConnection) -> Result<Carried, Cause> {
    match state::found_by(connection).await? {
        Found::Begun(_) => Ok(state::lock(connection).await?),
        Found::Untouched => refuse("nothing has been carried over yet"),
        Found::Nothing => refuse("there is nothing of the Python version 2 in it"),
    }
}

fn refuse<T>(why: &str) -> Result<T, Cause> {
    Err(Cause::Refused(why.to_owned()))
}

/// Why it was not done.
pub(super) enum Cause {
    /// What has to be done first, or why it never can.
    Refused(String),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.code()).as_deref() {
            // A table that others depend on.
            Some("2BP01") => Self::Refused(
                "something of your own, a view perhaps, still uses these tables: drop it first"
                    .to_owned(),
            ),
            _ => Self::Database(error),
        }
    }
}

async fn is_there(connection: &mut PgConnection, relation: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .persistent(false)
        .bind(relation)
        .fetch_one(connection)
        .await
}

/// Names of ours, and the schema where the tables were: only that one may need quotes.
async fn move_to(
    connection: &mut PgConnection,
    relation: &str,
    schema: &str,
) -> Result<(), sqlx::Error> {
    let quoted = schema.replace('"', "\"\"");
    execute(connection, format!("ALTER TABLE {relation} SET SCHEMA \"{quoted}\"")).await
}

async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(connection).await?;
    Ok(())
}
