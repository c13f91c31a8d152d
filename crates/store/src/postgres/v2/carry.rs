//! One batch from the old tables into the new ones.

use jiff::SignedDuration;
use jiff_sqlx::ToSqlx;
use plant::energy::Calendar;
use sqlx::error::ErrorKind;
use sqlx::{PgConnection, PgPool, Row};

use super::super::write::{self, Ids, Keys};
use super::super::{begin, books, forget_repeated, slots, unnamed};
use super::old_rows::{self, Wanted};
use super::polls::{Folded, Page, fold};
use super::state::{self, Carried, Stage};
use super::{BEGIN, copy};
use crate::Record;
use crate::batch::Batch;
use crate::slots::Slots;

const ADVANCE: &str = "
    UPDATE hoymiles_v2.migration
    SET inverter_position  = $1,
        port_position      = $2,
        last_inverter_at   = $3,
        last_port_at       = $4,
        inverter_rows_done = inverter_rows_done + $5,
        port_rows_done     = port_rows_done + $6,
        inverter_rows_new  = inverter_rows_new + $7,
        port_rows_new      = port_rows_new + $8,
        rows_left          = rows_left + $9";

/// Version 2 had both tables and never wrote into them; if anybody else did, it is not lost.
const CARRY_METRICS: &str = "
    WITH carried AS (
        INSERT INTO system_metrics (metric_name, timestamp, tags, metric_value)
        SELECT metric_name, timestamp AT TIME ZONE $1, COALESCE(tags, '{}'), metric_value
        FROM hoymiles_v2.system_metrics
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) AS rows FROM carried";

const CARRY_CONFIG: &str = "
    INSERT INTO config_cache (key, value, last_updated)
    SELECT 'v2/' || key, value, last_updated AT TIME ZONE $1
    FROM hoymiles_v2.config_cache
    ON CONFLICT DO NOTHING";

const CARRY_REGISTRY: &str = "
    UPDATE inverters AS i
    SET metadata      = COALESCE(i.metadata, o.metadata),
        inverter_type = COALESCE(i.inverter_type, o.inverter_type)
    FROM hoymiles_v2.inverters AS o
    WHERE i.serial_number = lower(o.serial_number)";

const FINISH: &str = "UPDATE hoymiles_v2.migration SET carried_at = now()";

/// The planner should know what has come.
const ANALYZE: &str =
    "ANALYZE inverter_data, port_data, port_daily, port_hourly, inverter_power, inverters";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Carries over the next batch, or finishes.
pub(super) async fn step(pool: &PgPool, calendar: &Calendar, rows: u32) -> Result<Carried> {
    let carried = match batch(pool, calendar, rows, Keys::New).await {
        // The clock of version 2's server once showed the same microsecond twice.
        Err(sqlx::Error::Database(error)) if error.kind() == ErrorKind::UniqueViolation => {
            batch(pool, calendar, rows, Keys::Any).await?
        }
        outcome => outcome?,
    };
    if carried.stage == Stage::Carried {
        unnamed(ANALYZE).execute(pool).await?;
    }
    Ok(carried)
}

async fn batch(pool: &PgPool, calendar: &Calendar, limit: u32, keys: Keys) -> Result<Carried> {
    let mut transaction = begin(pool, BEGIN).await?;
    let outcome = within(&mut transaction, calendar, limit, keys).await;
    forget_repeated(&mut transaction).await?;
    let carried = outcome?;
    transaction.commit().await?;
    Ok(carried)
}

async fn within(
    connection: &mut PgConnection,
    calendar: &Calendar,
    limit: u32,
    keys: Keys,
) -> Result<Carried> {
    let state = state::lock(connection).await?;
    if state.stage != Stage::Carrying {
        return Ok(state);
    }
    let (zone, mut wanted) = (state.time_zone()?, Wanted::of(&state));
    let inverters = old_rows::inverters(connection, &state, &zone, &mut wanted, limit).await?;
    let ports = old_rows::ports(connection, &state, &zone, &mut wanted, limit).await?;
    let folded = fold(&inverters, &ports, SignedDuration::from_millis(state.gap_ms));
    if folded.inverter_rows + folded.port_rows == 0 {
        finish(connection, &state).await?;
    } else {
        let advance = Advance::of(&state, &inverters, &ports, &folded);
        let records: Vec<Record> = folded
            .polls
            .into_iter()
            .flat_map(|poll| poll.snapshots(&state.dtu_names))
            .map(Record::Snapshot)
            .collect();
        let batch = Batch::of(&records);
        let new = write(connection, &batch, calendar, keys).await?;
        advance.note(connection, new).await?;
    }
    state::lock(connection).await
}

/// What the live path does with a batch of snapshots.
async fn write(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    calendar: &Calendar,
    keys: Keys,
) -> Result<(u64, u64)> {
    let ids: Ids = write::inverter_ids(connection, batch).await?;
    let ledger = books::open(connection, batch, &ids, calendar).await?;
    let touched = Slots::of(batch, &ledger);
    let new = match keys {
        Keys::New => (
            copy::inverters(connection, &batch.inverters, &ids).await?,
            copy::ports(connection, &batch.ports, &ids).await?,
        ),
        Keys::Any => (
            write::insert_inverters(connection, &batch.inverters, &ids, keys).await?,
            write::insert_ports(connection, &batch.ports, &ids, keys).await?,
        ),
    };
    books::keep(connection, batch, &ids, ledger).await?;
    slots::keep(connection, &touched, &ids).await?;
    write::count(connection, &[("inverter_data", new.0), ("port_data", new.1)]).await?;
    Ok(new)
}

/// How far a batch comes.
struct Advance {
    positions: (i64, i64),
    last_at: (Option<jiff::Timestamp>, Option<jiff::Timestamp>),
    rows: (usize, usize),
    left: usize,
}

impl Advance {
    fn of<I, P>(state: &Carried, inverters: &Page<I>, ports: &Page<P>, folded: &Folded) -> Self {
        let of_inverters = &inverters.rows[..folded.inverter_rows];
        let of_ports = &ports.rows[..folded.port_rows];
        let (inverter, port) = (of_inverters.last(), of_ports.last());
        Self {
            positions: (
                inverter.map_or(state.inverter_position, |row| row.id),
                port.map_or(state.port_position, |row| row.id),
            ),
            last_at: (
                inverter.map(|row| row.at).or(state.last_inverter_at),
                port.map(|row| row.at).or(state.last_port_at),
            ),
            rows: (folded.inverter_rows, folded.port_rows),
            left: of_inverters.iter().filter(|row| row.reading.is_none()).count()
                + of_ports.iter().filter(|row| row.reading.is_none()).count(),
        }
    }

    async fn note(&self, connection: &mut PgConnection, new: (u64, u64)) -> Result<()> {
        let signed = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        unnamed(ADVANCE)
            .bind(self.positions.0)
            .bind(self.positions.1)
            .bind(self.last_at.0.map(ToSqlx::to_sqlx))
            .bind(self.last_at.1.map(ToSqlx::to_sqlx))
            .bind(signed(self.rows.0 as u64))
            .bind(signed(self.rows.1 as u64))
            .bind(signed(new.0))
            .bind(signed(new.1))
            .bind(signed(self.left as u64))
            .execute(connection)
            .await?;
        Ok(())
    }
}

async fn finish(connection: &mut PgConnection, state: &Carried) -> Result<()> {
    let row = unnamed(CARRY_METRICS).bind(&state.zone).fetch_one(&mut *connection).await?;
    let metrics: i64 = row.try_get("rows")?;
    write::count(connection, &[("system_metrics", metrics.unsigned_abs())]).await?;
    unnamed(CARRY_CONFIG).bind(&state.zone).execute(&mut *connection).await?;
    unnamed(CARRY_REGISTRY).execute(&mut *connection).await?;
    unnamed(FINISH).execute(connection).await?;
    Ok(())
}
