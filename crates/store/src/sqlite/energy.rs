//! Energy series. Owners (ports or DTUs) come first, then the rows of each through its key.

use jiff::Timestamp;
use plant::energy::Calendar;
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection, SqlitePool};

use super::file::{micros, timestamp};
use super::write::json;
use crate::energy::{
    EnergyPoint, EnergyQuery, EnergySeries, Owner, Resolution, following_day, series, with_points,
};
use crate::rows;
use crate::sealed::{SealedDays, is_long};

/// `later` is what was booked after the range: whole days, and the hours before them.
const PORTS: &str = "
    SELECT i.inverter_id, i.serial_number, i.dtu_name, i.first_seen, c.port_number,
           c.total_production AS lifetime,
           (SELECT COALESCE(sum(energy), 0)
            FROM port_daily
            WHERE inverter_id = c.inverter_id AND port_number = c.port_number AND day >= ?3)
           + (SELECT COALESCE(sum(energy), 0)
              FROM port_hourly
              WHERE inverter_id = c.inverter_id AND port_number = c.port_number
                AND hour >= ?4 AND hour < ?5) AS later
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE (?1 IS NULL OR i.serial_number = ?1)
      AND (?2 IS NULL OR c.port_number = ?2)
    ORDER BY i.serial_number, c.port_number";

/// Also DTUs of earlier configurations: each name is one step through the key.
const DTUS: &str = "
    WITH RECURSIVE names (dtu_name) AS (
        SELECT min(dtu_name) FROM plant_daily WHERE site_id = 1
        UNION ALL
        SELECT (SELECT min(dtu_name) FROM plant_daily WHERE site_id = 1 AND dtu_name > n.dtu_name)
        FROM names AS n
        WHERE n.dtu_name IS NOT NULL
    )
    SELECT n.dtu_name,
           (SELECT min(first_seen) FROM inverters WHERE dtu_name = n.dtu_name) AS first_seen,
           (SELECT day
            FROM plant_daily
            WHERE site_id = 1 AND dtu_name = n.dtu_name AND last_at IS NOT NULL
            ORDER BY day DESC
            LIMIT 1) AS last_day,
           COALESCE((SELECT changes FROM past_changes WHERE site_id = 1), 0) AS changes,
           (SELECT sum(c.total_production)
            FROM production_cache AS c
            JOIN inverters AS i USING (inverter_id)
            WHERE i.dtu_name = n.dtu_name) AS lifetime,
           (SELECT COALESCE(sum(energy), 0)
            FROM plant_daily
            WHERE site_id = 1 AND dtu_name = n.dtu_name AND day >= ?1)
           + (SELECT COALESCE(sum(energy), 0)
              FROM plant_hourly
              WHERE site_id = 1 AND dtu_name = n.dtu_name AND hour >= ?2 AND hour < ?3) AS later
    FROM names AS n
    WHERE n.dtu_name IS NOT NULL
    ORDER BY n.dtu_name";

/// The days of each DTU from one on.
const DAYS_FROM: &str = "
    SELECT owner, json_group_array(json_array(day, energy, estimated, peak_power, peak_at, polls))
                  AS points
    FROM (SELECT o.key AS owner, r.*
          FROM json_each(?1) AS o
          CROSS JOIN plant_daily AS r
          WHERE r.site_id = 1
            AND r.dtu_name = o.value ->> 0
            AND r.day >= COALESCE(o.value ->> 1, '')
          ORDER BY o.key, r.day)
    GROUP BY owner";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::energy`](crate::Store::energy).
pub(super) async fn energy(
    readers: &SqlitePool,
    calendar: &Calendar,
    sealed: &SealedDays,
    query: &EnergyQuery,
) -> Result<Vec<EnergySeries>> {
    // One snapshot of the database for both statements.
    let mut transaction = readers.begin().await?;
    let found = if query.by.is_of_dtus() {
        of_dtus(&mut transaction, calendar, sealed, query).await?
    } else {
        series(query.by, of_ports(&mut transaction, calendar, query).await?)
    };
    transaction.commit().await?;
    Ok(found)
}

async fn of_ports(
    connection: &mut SqliteConnection,
    calendar: &Calendar,
    query: &EnergyQuery,
) -> Result<Vec<Owner>> {
    let (day, midnight) = following_day(calendar, query.to);
    let found = sqlx::query(PORTS)
        .bind(query.serial.map(|serial| serial.to_string()))
        .bind(query.port.map(i16::from))
        .bind(day.to_string())
        .bind(micros(query.to))
        .bind(micros(midnight))
        .fetch_all(&mut *connection)
        .await?;
    let mut owners = Vec::with_capacity(found.len());
    let mut keys: Vec<(i64, i16)> = Vec::with_capacity(found.len());
    for row in &found {
        keys.push((row.try_get("inverter_id")?, row.try_get("port_number")?));
        let port = Some((rows::serial(row)?, rows::port_number(row)?));
        owners.push(Owner { port, ..owner(row)? });
    }
    let keys = json(keys.iter())?;
    let points = points_of(connection, owners.len(), keys, calendar, query).await?;
    Ok(with_points(owners, points))
}

async fn of_dtus(
    connection: &mut SqliteConnection,
    calendar: &Calendar,
    sealed: &SealedDays,
    query: &EnergyQuery,
) -> Result<Vec<EnergySeries>> {
    let (day, midnight) = following_day(calendar, query.to);
    let found = sqlx::query(DTUS)
        .bind(day.to_string())
        .bind(micros(query.to))
        .bind(micros(midnight))
        .fetch_all(&mut *connection)
        .await?;
    let changes = found.first().map_or(Ok(0), |row| row.try_get("changes"))?;
    let owners: Vec<Owner> = found.iter().map(dtu).collect::<Result<_>>()?;
    if is_long(query) {
        let plan = sealed.plan(changes, &owners);
        let from = owners.iter().zip(&plan.first_days).map(|(dtu, first)| (&dtu.dtu_name, first));
        let found = sqlx::query(DAYS_FROM).bind(json(from)?).fetch_all(connection).await?;
        let days = points(&found, owners.len(), calendar, Resolution::Day)?;
        return Ok(sealed.series(query, calendar, plan, owners, days));
    }
    let names = json(owners.iter().map(|owner| &owner.dtu_name))?;
    let points = points_of(connection, owners.len(), names, calendar, query).await?;
    Ok(series(query.by, with_points(owners, points)))
}

fn dtu(row: &SqliteRow) -> Result<Owner> {
    let last_day: Option<&str> = row.try_get("last_day")?;
    let last_day = last_day.map(|day| day.parse().map_err(undecodable)).transpose()?;
    Ok(Owner { last_day, ..owner(row)? })
}

fn owner(row: &SqliteRow) -> Result<Owner> {
    let lifetime: Option<i64> = row.try_get("lifetime")?;
    let later: i64 = row.try_get("later")?;
    let first_seen: Option<i64> = row.try_get("first_seen")?;
    Ok(Owner {
        dtu_name: row.try_get("dtu_name")?,
        port: None,
        first_seen: first_seen.map(timestamp).transpose()?,
        lifetime_wh: lifetime.map(|wh| wh.saturating_sub(later).max(0).unsigned_abs()),
        last_day: None,
        points: Vec::new(),
    })
}

/// The rows of each owner (?1) in a range (?2, ?3), as one row of JSON: a row of its own costs far
/// more to receive than what is in it. CROSS JOIN keeps the order of the tables: from each owner
/// through the key. With a single `max`, SQLite takes `peak_at` from its row.
fn rows_of(is_of_dtus: bool, resolution: Resolution) -> String {
    let (kind, owner, samples) = if is_of_dtus {
        ("plant", "r.site_id = 1 AND r.dtu_name = o.value", "polls")
    } else {
        ("port", "r.inverter_id = o.value ->> 0 AND r.port_number = o.value ->> 1", "samples")
    };
    let (table, key, start, summed) = match resolution {
        Resolution::Hour => ("hourly", "hour", "r.hour", false),
        Resolution::Day => ("daily", "day", "r.day", false),
        Resolution::Month => ("daily", "day", "substr(r.day, 1, 7) || '-01'", true),
        Resolution::Year => ("daily", "day", "substr(r.day, 1, 4) || '-01-01'", true),
    };
    let (sum, peak, group) = if summed {
        ("sum", "max(r.peak_power)", "GROUP BY 1, 2")
    } else {
        ("", "r.peak_power", "")
    };
    format!(
        "SELECT owner, json_group_array(json_array(start, energy, estimated, peak_power, peak_at,
                                                  samples)) AS points
         FROM (SELECT o.key AS owner, {start} AS start, {sum}(r.energy) AS energy,
                      {sum}(r.estimated) AS estimated, {peak} AS peak_power, r.peak_at,
                      {sum}(r.{samples}) AS samples
               FROM json_each(?1) AS o
               CROSS JOIN {kind}_{table} AS r
               WHERE {owner} AND r.{key} >= ?2 AND r.{key} < ?3
               {group}
               ORDER BY o.key, r.{key})
         GROUP BY owner"
    )
}

/// The points of each of so many owners, which have these keys.
async fn points_of(
    connection: &mut SqliteConnection,
    owners: usize,
    keys: String,
    calendar: &Calendar,
    query: &EnergyQuery,
) -> Result<Vec<Vec<EnergyPoint>>> {
    let EnergyQuery { from, to, resolution, by, .. } = *query;
    let statement = sqlx::query(AssertSqlSafe(rows_of(by.is_of_dtus(), resolution))).bind(keys);
    let statement = match resolution {
        Resolution::Hour => statement.bind(micros(from)).bind(micros(to)),
        _ => {
            let (first, end) = (calendar.day(from), following_day(calendar, to).0);
            statement.bind(first.to_string()).bind(end.to_string())
        }
    };
    points(&statement.fetch_all(connection).await?, owners, calendar, resolution)
}

fn points(
    found: &[SqliteRow],
    owners: usize,
    calendar: &Calendar,
    resolution: Resolution,
) -> Result<Vec<Vec<EnergyPoint>>> {
    let mut points = vec![Vec::new(); owners];
    for row in found {
        let number: i64 = row.try_get("owner")?;
        let owner = usize::try_from(number).ok().and_then(|index| points.get_mut(index));
        let owner = owner.expect("json_each counts the owners from 0");
        let shown: &str = row.try_get("points")?;
        *owner = match resolution {
            Resolution::Hour => periods(shown, timestamp)?,
            _ => periods(shown, |day: &str| Ok(calendar.start(day.parse().map_err(undecodable)?)))?,
        };
    }
    Ok(points)
}

/// Start, energy, estimated energy, greatest power, its time, samples.
type Period<Start> = (Start, i64, i64, Option<f32>, Option<i64>, i64);

fn periods<'a, Start: Deserialize<'a>>(
    json: &'a str,
    start: impl Fn(Start) -> Result<Timestamp>,
) -> Result<Vec<EnergyPoint>> {
    let periods: Vec<Period<Start>> = serde_json::from_str(json).map_err(undecodable)?;
    let point = |(begins, energy, estimated, peak_power, peak_at, samples): Period<Start>| {
        Ok(EnergyPoint {
            start: start(begins)?,
            energy_wh: energy.unsigned_abs(),
            estimated_wh: estimated.unsigned_abs(),
            lifetime_wh: None,
            peak: peak_power.zip(peak_at.map(timestamp).transpose()?),
            samples: samples.unsigned_abs(),
        })
    };
    periods.into_iter().map(point).collect()
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
