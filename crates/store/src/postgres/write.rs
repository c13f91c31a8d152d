//! The write path: one transaction per batch, each table by one `INSERT … SELECT FROM unnest(…)`.
//!
//! **Keys.** A batch may have been delivered before, so a key that is there already has to be passed
//! over. `ON CONFLICT DO NOTHING` doubles what a row costs the server: it looks for the key first,
//! and marks each row as a speculation that it then confirms. But the books know the latest reading
//! of each port, and nearly always a batch has newer ones only. Then the rows are inserted plainly,
//! and should a key be there after all, the whole batch is rolled back and written the careful way.
//!
//! **Serial to `inverter_id`.** The statement that notes when an inverter was last seen hands back
//! its id, so there is no cache of ids that could be wrong after a rollback, or after somebody has
//! replaced the database under a running bridge. Only a serial that is not registered is inserted:
//! `INSERT … ON CONFLICT` takes a number from the identity's sequence even when it inserts nothing,
//! and a poll per minute would use up all of an integer.
//!
//! **Order of locks.** Rows of `inverters` by serial, then the tables of readings by key, and
//! `row_counts`, which all writers share, last. Two writers wait for each other but not in a ring.
//!
//! **Statement size.** sqlx 0.9.0 leaves Nagle's algorithm on and has no way to turn it off (its next
//! release turns it off, see its pull request 4336; then these limits may grow). With TLS,
//! which every connection over TCP prefers, a message leaves in records of 16 KiB, each a write of
//! its own, and every record after the first waits until the server has acknowledged the one
//! before: 40 ms, however fast the server is. So the rows of one statement fit into one record.
//! The additional round trips cost far less. `make bench ARGS=drain` shows it.

use std::collections::BTreeMap;

use jiff_sqlx::ToSqlx;
use plant::Serial;
use plant::energy::Calendar;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

use super::{
    BEGIN_WRITE, begin, books, devices, events, forget_repeated, repeated, slots, unnamed,
};
use crate::Written;
use crate::batch::{Batch, InverterRow, PortRow, Sighting};
use crate::rows::{self, Extra};
use crate::slots::Slots;

/// Locks in the order of serials; the order in which an UPDATE with a join would lock is the
/// planner's. A `last_seen` beyond the horizon ($6) was written under a wrong clock and gives way.
/// A DTU that does not tell its serial this time still has the one it told before.
const SEE_AGAIN: &str = "
    WITH locked AS (
        SELECT *
        FROM inverters
        WHERE serial_number = ANY ($1)
        ORDER BY serial_number
        FOR NO KEY UPDATE
    ), seen AS (
        SELECT l.inverter_id,
               s.*,
               l.last_seen > $6 AS from_the_future,
               s.last_seen >= l.last_seen OR l.last_seen > $6 OR l.dtu_name IS NULL AS newest
        FROM locked AS l
        JOIN unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[])
            AS s (serial_number, first_seen, last_seen, dtu_name, dtu_serial)
            USING (serial_number)
    )
    UPDATE inverters AS i
    SET first_seen = LEAST(i.first_seen, s.first_seen),
        last_seen  = CASE WHEN s.from_the_future THEN s.last_seen
                          ELSE GREATEST(i.last_seen, s.last_seen) END,
        dtu_name   = CASE WHEN s.newest THEN s.dtu_name ELSE i.dtu_name END,
        dtu_serial = CASE WHEN NOT s.newest THEN i.dtu_serial
                          WHEN s.dtu_name = i.dtu_name THEN COALESCE(s.dtu_serial, i.dtu_serial)
                          ELSE s.dtu_serial END
    FROM seen AS s
    WHERE i.inverter_id = s.inverter_id
    RETURNING i.serial_number, i.inverter_id";

/// DO NOTHING: another writer may register the same inverter at this moment.
const REGISTER: &str = "
    INSERT INTO inverters
        (serial_number, first_seen, last_seen, dtu_name, dtu_serial, inverter_type)
    SELECT *
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
    ON CONFLICT (serial_number) DO NOTHING
    RETURNING serial_number, inverter_id";

macro_rules! insert {
    ($statement:literal) => {
        Insert { new: $statement, any: concat!($statement, " ON CONFLICT DO NOTHING") }
    };
}

const INSERT_INVERTERS: Insert = insert!(
    "
    INSERT INTO inverter_data
        (inverter_id, timestamp, grid_voltage, grid_frequency, active_power, reactive_power,
         power_factor, temperature, alarm_code, alarm_count, operating_status, link_status,
         extra)
    SELECT unnest($1::integer[]), unnest($2::timestamptz[]), unnest($3::real[]),
           unnest($4::real[]), unnest($5::real[]), unnest($6::real[]), unnest($7::real[]),
           unnest($8::real[]), unnest($9::integer[]), unnest($10::integer[]),
           unnest($11::integer[]), unnest($12::integer[]), unnest($13::jsonb[])"
);

const INSERT_PORTS: Insert = insert!(
    "
    INSERT INTO port_data
        (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
         total_production)
    SELECT unnest($1::integer[]), unnest($2::smallint[]), unnest($3::timestamptz[]),
           unnest($4::real[]), unnest($5::real[]), unnest($6::real[]), unnest($7::integer[]),
           unnest($8::bigint[])"
);

const INSERT_METRICS: Insert = insert!(
    "
    INSERT INTO system_metrics (metric_name, timestamp, tags, metric_value)
    SELECT metric_name, timestamp, tags::jsonb, metric_value
    FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::double precision[])
        AS m (metric_name, timestamp, tags, metric_value)"
);

const COUNT: &str = "
    INSERT INTO row_counts (table_name, rows)
    SELECT *
    FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (table_name, site_id) DO UPDATE
    SET rows = row_counts.rows + EXCLUDED.rows";

/// A statement that inserts rows, in two wordings. Those for readings take their arrays apart among
/// the columns, in step; in FROM each array would be copied out before its first row is used.
struct Insert {
    /// For rows whose keys are new.
    new: &'static str,
    /// For rows some of which may be there.
    any: &'static str,
}

/// Whether keys of a batch may be in the tables already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    New,
    Any,
}

impl Insert {
    fn wording(&self, keys: Keys) -> &'static str {
        match keys {
            Keys::New => self.new,
            Keys::Any => self.any,
        }
    }
}

const SET_CONFIG: &str = "
    INSERT INTO config_cache (key, value, last_updated)
    VALUES ($1, $2, now())
    ON CONFLICT (key) DO UPDATE
    SET value = EXCLUDED.value, last_updated = EXCLUDED.last_updated";

/// Port readings in one statement, at 70 bytes each. See "Statement size" above.
const PORTS_PER_STATEMENT: usize = 220;
/// Inverter readings in one statement, at 104 bytes each.
const INVERTERS_PER_STATEMENT: usize = 150;
/// The same where some have `extra`, of up to 250 bytes.
const INVERTERS_WITH_EXTRA_PER_STATEMENT: usize = 40;
/// Figures in one statement, at some 80 bytes each; names and tags are short.
const METRICS_PER_STATEMENT: usize = 100;

pub(super) type Ids = BTreeMap<Serial, i32>;
type Result<T> = std::result::Result<T, sqlx::Error>;

/// Stores a batch, all of it or nothing.
pub(super) async fn batch(
    pool: &PgPool,
    batch: &Batch<'_>,
    calendar: &Calendar,
) -> Result<Written> {
    match transaction(pool, batch, calendar, Keys::New).await {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            transaction(pool, batch, calendar, Keys::Any).await
        }
        outcome => outcome,
    }
}

async fn transaction(
    pool: &PgPool,
    batch: &Batch<'_>,
    calendar: &Calendar,
    keys: Keys,
) -> Result<Written> {
    let mut transaction = begin(pool, BEGIN_WRITE).await?;
    let outcome = write(&mut transaction, batch, calendar, keys).await;
    forget_repeated(&mut transaction).await?;
    let written = outcome?;
    transaction.commit().await?;
    Ok(written)
}

/// Inside the transaction. Keys are taken for new at most where the books agree.
async fn write(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    calendar: &Calendar,
    keys: Keys,
) -> Result<Written> {
    let ids = inverter_ids(connection, batch).await?;
    let ledger = books::open(connection, batch, &ids, calendar).await?;
    let touched = Slots::of(batch, &ledger);
    let keys = if ledger.is_behind(&batch.ports) { keys } else { Keys::Any };
    let inverter_rows = insert_inverters(connection, &batch.inverters, &ids, keys).await?;
    let port_rows = insert_ports(connection, &batch.ports, &ids, keys).await?;
    books::keep(connection, batch, &ids, ledger).await?;
    slots::keep(connection, &touched, &ids).await?;
    let metric_rows = insert_metrics(connection, batch, keys).await?;
    let devices = devices::keep(connection, batch).await?;
    events::keep(connection, &batch.events).await?;
    for (key, value) in &batch.config {
        set_config(connection, key, value).await?;
    }
    let rows = [
        ("inverter_data", inverter_rows),
        ("meter_data", devices.meters),
        ("plant_power", devices.power),
        ("port_data", port_rows),
        ("storage_data", devices.storage),
        ("system_metrics", metric_rows),
    ];
    count(connection, &rows).await?;
    Ok(Written {
        inverter_rows,
        port_rows,
        meter_rows: devices.meters,
        storage_rows: devices.storage,
    })
}

/// Adds to the exact counts, in the order of the names: it is the order of the locks.
pub(super) async fn count(connection: &mut PgConnection, rows: &[(&str, u64)]) -> Result<()> {
    let new: Vec<_> = rows.iter().filter(|(_, rows)| *rows > 0).collect();
    if new.is_empty() {
        return Ok(());
    }
    unnamed(COUNT)
        .bind(column(&new, |(table, _)| (*table).to_owned()))
        .bind(column(&new, |(_, rows)| signed(*rows)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces one entry of the run-time configuration.
pub(super) async fn config(pool: &PgPool, key: &str, value: &serde_json::Value) -> Result<()> {
    let mut transaction = begin(pool, BEGIN_WRITE).await?;
    set_config(&mut transaction, key, value).await?;
    transaction.commit().await
}

async fn set_config(
    connection: &mut PgConnection,
    key: &str,
    value: &serde_json::Value,
) -> Result<()> {
    unnamed(SET_CONFIG).bind(key).bind(Json(value)).execute(connection).await?;
    Ok(())
}

/// The ids of all inverters of the batch, registering those that are new.
pub(super) async fn inverter_ids(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<Ids> {
    let mut ids = Ids::new();
    see_again(connection, batch, &batch.sightings, &mut ids).await?;
    let unknown = without(&batch.sightings, &ids);
    register(connection, &unknown, &mut ids).await?;
    // Registered by another writer between the two statements.
    let overtaken = without(&batch.sightings, &ids);
    see_again(connection, batch, &overtaken, &mut ids).await?;
    match without(&batch.sightings, &ids).first() {
        None => Ok(ids),
        // Neither there nor insertable: a row-level policy, or somebody deletes inverters.
        Some(_) => Err(sqlx::Error::RowNotFound),
    }
}

fn without<'a>(sightings: &[Sighting<'a>], ids: &Ids) -> Vec<Sighting<'a>> {
    sightings.iter().filter(|sighting| !ids.contains_key(&sighting.serial)).cloned().collect()
}

async fn see_again(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    sightings: &[Sighting<'_>],
    ids: &mut Ids,
) -> Result<()> {
    if sightings.is_empty() {
        return Ok(());
    }
    let rows = unnamed(SEE_AGAIN)
        .bind(column(sightings, |s| s.serial.to_string()))
        .bind(column(sightings, |s| s.first_seen.to_sqlx()))
        .bind(column(sightings, |s| s.last_seen.to_sqlx()))
        .bind(column(sightings, |s| s.dtu_name.to_owned()))
        .bind(column(sightings, |s| s.dtu_serial.map(|dtu| dtu.to_string())))
        .bind(batch.horizon.to_sqlx())
        .fetch_all(connection)
        .await?;
    for row in &rows {
        ids.insert(rows::serial(row)?, row.try_get("inverter_id")?);
    }
    Ok(())
}

async fn register(
    connection: &mut PgConnection,
    sightings: &[Sighting<'_>],
    ids: &mut Ids,
) -> Result<()> {
    if sightings.is_empty() {
        return Ok(());
    }
    let rows = unnamed(REGISTER)
        .bind(column(sightings, |s| s.serial.to_string()))
        .bind(column(sightings, |s| s.first_seen.to_sqlx()))
        .bind(column(sightings, |s| s.last_seen.to_sqlx()))
        .bind(column(sightings, |s| s.dtu_name.to_owned()))
        .bind(column(sightings, |s| s.dtu_serial.map(|dtu| dtu.to_string())))
        .bind(column(sightings, |s| s.inverter_type().map(str::to_owned)))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        ids.insert(rows::serial(row)?, row.try_get("inverter_id")?);
    }
    Ok(())
}

pub(super) async fn insert_inverters(
    connection: &mut PgConnection,
    rows: &[InverterRow<'_>],
    ids: &Ids,
    keys: Keys,
) -> Result<u64> {
    let per_statement = match rows.iter().any(|row| Extra::of(row.reading).is_some()) {
        true => INVERTERS_WITH_EXTRA_PER_STATEMENT,
        false => INVERTERS_PER_STATEMENT,
    };
    let (count, mut inserted) = (rows.len(), 0);
    for rows in rows.chunks(per_statement) {
        inserted += repeated(INSERT_INVERTERS.wording(keys), count, per_statement)
            .bind(column(rows, |row| ids[&row.reading.serial]))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.reading.grid_voltage_v))
            .bind(column(rows, |row| row.reading.grid_frequency_hz))
            .bind(column(rows, |row| row.reading.active_power_w))
            .bind(column(rows, |row| row.reading.reactive_power_var))
            .bind(column(rows, |row| row.reading.power_factor))
            .bind(column(rows, |row| row.reading.temperature_c))
            .bind(column(rows, |row| row.reading.alarm_code.map(i32::from)))
            .bind(column(rows, |row| row.reading.alarm_count.map(i32::from)))
            .bind(column(rows, |row| row.reading.operating_status.map(i32::from)))
            .bind(column(rows, |row| row.reading.link_status.map(i32::from)))
            .bind(column(rows, |row| Extra::of(row.reading).map(Json)))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

pub(super) async fn insert_ports(
    connection: &mut PgConnection,
    rows: &[PortRow<'_>],
    ids: &Ids,
    keys: Keys,
) -> Result<u64> {
    let (count, mut inserted) = (rows.len(), 0);
    for rows in rows.chunks(PORTS_PER_STATEMENT) {
        inserted += repeated(INSERT_PORTS.wording(keys), count, PORTS_PER_STATEMENT)
            .bind(column(rows, |row| ids[&row.reading.serial]))
            .bind(column(rows, |row| i16::from(row.reading.port)))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.reading.pv_voltage_v))
            .bind(column(rows, |row| row.reading.pv_current_a))
            .bind(column(rows, |row| row.reading.pv_power_w))
            .bind(column(rows, PortRow::today_wh))
            .bind(column(rows, |row| row.reading.total_wh.map(i64::from)))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

async fn insert_metrics(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    keys: Keys,
) -> Result<u64> {
    let (count, mut inserted) = (batch.metrics.len(), 0);
    for rows in batch.metrics.chunks(METRICS_PER_STATEMENT) {
        inserted += repeated(INSERT_METRICS.wording(keys), count, METRICS_PER_STATEMENT)
            .bind(column(rows, |row| row.name.to_owned()))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.tags.clone()))
            .bind(column(rows, |row| row.value))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

/// One array for `unnest`.
pub(super) fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn signed(rows: u64) -> i64 {
    i64::try_from(rows).expect("a batch in memory has fewer than 2^63 rows")
}
