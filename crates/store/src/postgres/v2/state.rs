//! How far it is: one row beside the old tables, written in the transaction of each batch.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::Serial;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

use super::super::{BEGIN_READ, begin, unnamed};
use super::Found;

const FOUND: &str = "
    SELECT to_regclass('hoymiles_v2.migration') IS NOT NULL AS begun,
           to_regclass('inverters') IS NOT NULL
           AND to_regclass('port_data') IS NOT NULL
           AND NOT EXISTS (
                   SELECT FROM pg_attribute
                   WHERE attrelid = to_regclass('inverters')
                     AND attname = 'inverter_id'
                     AND NOT attisdropped
               ) AS untouched";

const STATE: &str = "SELECT * FROM hoymiles_v2.migration";
const LOCKED_STATE: &str = "SELECT * FROM hoymiles_v2.migration FOR UPDATE";

pub(super) const CREATE: &str = "
    CREATE TABLE hoymiles_v2.migration (
        begun_at           timestamptz NOT NULL DEFAULT now(),
        carried_at         timestamptz,
        confirmed_at       timestamptz,
        last_inverter_at   timestamptz,            -- of the last row that was carried over
        last_port_at       timestamptz,
        inverter_position  bigint NOT NULL DEFAULT 0,  -- id of the last row that was looked at
        port_position      bigint NOT NULL DEFAULT 0,
        inverter_rows      bigint NOT NULL,        -- old rows in all
        port_rows          bigint NOT NULL,
        inverter_rows_done bigint NOT NULL DEFAULT 0,
        port_rows_done     bigint NOT NULL DEFAULT 0,
        inverter_rows_new  bigint NOT NULL DEFAULT 0,  -- rows of the new tables
        port_rows_new      bigint NOT NULL DEFAULT 0,
        rows_left          bigint NOT NULL DEFAULT 0,  -- not carried over
        gap_ms             bigint NOT NULL,
        home               text   NOT NULL,        -- the schema where the tables were
        zone               text   NOT NULL,
        dtu_names          jsonb  NOT NULL,
        left_inverters     text[] NOT NULL
    )";

/// From begin to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows are being carried over.
    Carrying,
    /// All are; the old tables are still there.
    Carried,
    /// The old tables are gone.
    Confirmed,
}

/// How far a migration is.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// In a word.
    pub stage: Stage,
    /// When it began.
    pub begun_at: Timestamp,
    /// Old rows of inverters: done, and in all.
    pub inverter_rows: (u64, u64),
    /// Old rows of ports: done, and in all.
    pub port_rows: (u64, u64),
    /// Rows that the new tables got of them: of inverters, of ports.
    pub new_rows: (u64, u64),
    /// Old rows that were not carried over.
    pub rows_left: u64,
    /// The inverters whose rows these are, as they stand there.
    pub left_inverters: Vec<String>,
    /// IANA name of the zone in which the old times were read.
    pub zone: String,
    pub(super) home: String,
    pub(super) dtu_names: BTreeMap<Serial, String>,
    pub(super) gap_ms: i64,
    pub(super) inverter_position: i64,
    pub(super) port_position: i64,
    pub(super) last_inverter_at: Option<Timestamp>,
    pub(super) last_port_at: Option<Timestamp>,
}

impl Carried {
    /// Of a hundred.
    pub fn percent(&self) -> u64 {
        let total = self.inverter_rows.1 + self.port_rows.1;
        match self.stage {
            Stage::Carrying => (self.inverter_rows.0 + self.port_rows.0) * 100 / total.max(1),
            Stage::Carried | Stage::Confirmed => 100,
        }
    }

    pub(super) fn time_zone(&self) -> Result<TimeZone, sqlx::Error> {
        TimeZone::get(&self.zone).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }

    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        let instant = |column: &str| -> Result<Option<Timestamp>, sqlx::Error> {
            let at: Option<jiff_sqlx::Timestamp> = row.try_get(column)?;
            Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
        };
        let count = |column: &str| -> Result<u64, sqlx::Error> {
            let count: i64 = row.try_get(column)?;
            Ok(count.unsigned_abs())
        };
        let begun_at: jiff_sqlx::Timestamp = row.try_get("begun_at")?;
        let Json(dtu_names) = row.try_get("dtu_names")?;
        Ok(Self {
            stage: match (instant("carried_at")?, instant("confirmed_at")?) {
                (_, Some(_)) => Stage::Confirmed,
                (Some(_), None) => Stage::Carried,
                (None, None) => Stage::Carrying,
            },
            begun_at: begun_at.to_jiff(),
            inverter_rows: (count("inverter_rows_done")?, count("inverter_rows")?),
            port_rows: (count("port_rows_done")?, count("port_rows")?),
            new_rows: (count("inverter_rows_new")?, count("port_rows_new")?),
            rows_left: count("rows_left")?,
            left_inverters: row.try_get("left_inverters")?,
            zone: row.try_get("zone")?,
            home: row.try_get("home")?,
            dtu_names,
            gap_ms: row.try_get("gap_ms")?,
            inverter_position: row.try_get("inverter_position")?,
            port_position: row.try_get("port_position")?,
            last_inverter_at: instant("last_inverter_at")?,
            last_port_at: instant("last_port_at")?,
        })
    }
}

pub(super) async fn found(pool: &PgPool) -> Result<Found, sqlx::Error> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = found_by(&mut transaction).await?;
    transaction.commit().await?;
    Ok(found)
}

pub(super) async fn found_by(connection: &mut PgConnection) -> Result<Found, sqlx::Error> {
    let row = unnamed(FOUND).fetch_one(&mut *connection).await?;
    if row.try_get("begun")? {
        let row = unnamed(STATE).fetch_one(connection).await?;
        return Ok(Found::Begun(Box::new(Carried::of(&row)?)));
    }
    Ok(if row.try_get("untouched")? { Found::Untouched } else { Found::Nothing })
}

/// The state, for a transaction that changes it: two runs at the same time take turns.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<Carried, sqlx::Error> {
    Carried::of(&unnamed(LOCKED_STATE).fetch_one(connection).await?)
}
