//! Moving the old tables aside.

use sqlx::types::Json;
use sqlx::{PgPool, Row};

use super::super::{PostgresStore, begin as begin_with, migrate, unnamed};
use super::state::{self, CREATE};
use super::{BEGIN, Found, Plan};
use crate::StoreError;

const HOME: &str = "
    SELECT n.nspname::text AS home
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass('inverters')";

/// Indexes, constraints and sequences go with their table; views on it follow it.
const MOVE: [&str; 7] = [
    "CREATE SCHEMA hoymiles_v2",
    "ALTER TABLE inverters SET SCHEMA hoymiles_v2",
    "ALTER TABLE inverter_data SET SCHEMA hoymiles_v2",
    "ALTER TABLE port_data SET SCHEMA hoymiles_v2",
    "ALTER TABLE production_cache SET SCHEMA hoymiles_v2",
    "ALTER TABLE config_cache SET SCHEMA hoymiles_v2",
    "ALTER TABLE system_metrics SET SCHEMA hoymiles_v2",
];

/// Exact, because nobody can write any more. An inverter that has come since the survey is not known
/// to be one.
const REMEMBER: &str = "
    INSERT INTO hoymiles_v2.migration
        (inverter_rows, port_rows, gap_ms, home, zone, dtu_names, left_inverters)
    SELECT (SELECT count(*) FROM hoymiles_v2.inverter_data),
           (SELECT count(*) FROM hoymiles_v2.port_data),
           $1, $2, $3, $4,
           ARRAY(
               SELECT serial_number
               FROM hoymiles_v2.inverters
               WHERE lower(serial_number) <> ALL ($5)
               ORDER BY serial_number
           )";

/// All of it, or nothing; nothing also if an earlier run did it.
pub(super) async fn begin(pool: &PgPool, plan: &Plan) -> Result<(), sqlx::Error> {
    let mut transaction = begin_with(pool, BEGIN).await?;
    unnamed(migrate::LOCK).execute(&mut *transaction).await?;
    if state::found_by(&mut transaction).await? != Found::Untouched {
        return transaction.rollback().await;
    }
    let home: String = unnamed(HOME).fetch_one(&mut *transaction).await?.try_get("home")?;
    for statement in MOVE.into_iter().chain([CREATE]) {
        unnamed(statement).execute(&mut *transaction).await?;
    }
    let carried: Vec<String> = plan.dtu_names.keys().map(ToString::to_string).collect();
    unnamed(REMEMBER)
        .bind(plan.gap_ms)
        .bind(home)
        .bind(&plan.zone)
        .bind(Json(&plan.dtu_names))
        .bind(carried)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// What most often goes wrong, in words.
pub(super) fn told(error: sqlx::Error, store: &PostgresStore) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some("42501") => StoreError::Schema(
            "the database user may not make a schema or does not own the old tables. Nothing was \
             changed. As an administrator: GRANT CREATE ON DATABASE, and ALTER TABLE … OWNER TO \
             that user."
                .to_owned(),
        ),
        Some("55P03") => StoreError::Unavailable(
            "another program holds the old tables: stop the Python version 2. Nothing was changed"
                .to_owned(),
        ),
        _ => store.error(error),
    }
}
