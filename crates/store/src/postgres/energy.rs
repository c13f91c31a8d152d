//! Energy series. Owners (ports or DTUs) come first, then the rows of each through its key.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use plant::energy::Calendar;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Decode, PgConnection, PgPool, Row, Type};

use super::write::column;
use super::{BEGIN_READ, begin, unnamed};
use crate::energy::{
    EnergyPoint, EnergyQuery, EnergySeries, Owner, Resolution, following_day, series, with_points,
};
use crate::rows;
use crate::sealed::{SealedDays, is_long};

/// `later` is what was booked after the range: whole days, and the hours before them.
const PORTS: &str = "
    SELECT i.inverter_id, i.serial_number, i.dtu_name, i.first_seen, c.port_number,
           c.total_production AS lifetime,
           (SELECT COALESCE(sum(energy), 0)::bigint
            FROM port_daily
            WHERE inverter_id = c.inverter_id AND port_number = c.port_number AND day >= $3)
           + (SELECT COALESCE(sum(energy), 0)::bigint
              FROM port_hourly
              WHERE inverter_id = c.inverter_id AND port_number = c.port_number
                AND hour >= $4 AND hour < $5) AS later
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE ($1::text IS NULL OR i.serial_number = $1)
      AND ($2::smallint IS NULL OR c.port_number = $2)
    ORDER BY i.serial_number, c.port_number";

/// Also DTUs of earlier configurations: each name is one step through the key.
const DTUS: &str = "
    WITH RECURSIVE names AS (
        SELECT min(dtu_name) AS dtu_name FROM plant_daily WHERE site_id = 1
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
           (SELECT sum(c.total_production)::bigint
            FROM production_cache AS c
            JOIN inverters AS i USING (inverter_id)
            WHERE i.dtu_name = n.dtu_name) AS lifetime,
           (SELECT COALESCE(sum(energy), 0)::bigint
            FROM plant_daily
            WHERE site_id = 1 AND dtu_name = n.dtu_name AND day >= $1)
           + (SELECT COALESCE(sum(energy), 0)::bigint
              FROM plant_hourly
              WHERE site_id = 1 AND dtu_name = n.dtu_name AND hour >= $2 AND hour < $3) AS later
    FROM names AS n
    WHERE n.dtu_name IS NOT NULL
    ORDER BY n.dtu_name";

/// The days of each DTU from one on.
const DAYS_FROM: &str = "
    SELECT o.owner, r.*
    FROM unnest($1::text[], $2::date[]) WITH ORDINALITY AS o (dtu_name, first_day, owner)
    CROSS JOIN LATERAL (
        SELECT array_agg(day) AS start, array_agg(energy) AS energy,
               array_agg(estimated) AS estimated, array_agg(peak_power) AS peak_power,
               array_agg(peak_at) AS peak_at, array_agg(polls::bigint) AS samples
        FROM (SELECT *
              FROM plant_daily
              WHERE site_id = 1
                AND dtu_name = o.dtu_name
                AND day >= COALESCE(o.first_day, '-infinity')
              ORDER BY day
              OFFSET 0) AS ordered
    ) AS r";

const PLAIN: &str = "energy::bigint, estimated::bigint, peak_power, peak_at";
/// Of two equal peaks the earlier. Arrays are compared element by element.
const SUMMED: &str = "
    sum(energy)::bigint AS energy,
    sum(estimated)::bigint AS estimated,
    (max(ARRAY[peak_power::float8, -date_part('epoch', peak_at)])
        FILTER (WHERE peak_power IS NOT NULL))[1]::real AS peak_power,
    to_timestamp(-(max(ARRAY[peak_power::float8, -date_part('epoch', peak_at)])
        FILTER (WHERE peak_power IS NOT NULL))[2]) AS peak_at";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::energy`](crate::Store::energy).
pub(super) async fn energy(
    pool: &PgPool,
    calendar: &Calendar,
    sealed: &SealedDays,
    query: &EnergyQuery,
) -> Result<Vec<EnergySeries>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = if query.by.is_of_dtus() {
        of_dtus(&mut transaction, calendar, sealed, query).await?
    } else {
        series(query.by, of_ports(&mut transaction, calendar, query).await?)
    };
    transaction.commit().await?;
    Ok(found)
}

async fn of_ports(
    connection: &mut PgConnection,
    calendar: &Calendar,
    query: &EnergyQuery,
) -> Result<Vec<Owner>> {
    let (day, midnight) = following_day(calendar, query.to);
    let found = unnamed(PORTS)
        .bind(query.serial.map(|serial| serial.to_string()))
        .bind(query.port.map(i16::from))
        .bind(day.to_sqlx())
        .bind(query.to.to_sqlx())
        .bind(midnight.to_sqlx())
        .fetch_all(&mut *connection)
        .await?;
    let mut owners = Vec::with_capacity(found.len());
    let (mut ids, mut ports) = (Vec::new(), Vec::new());
    for row in &found {
        ids.push(row.try_get::<i32, _>("inverter_id")?);
        ports.push(row.try_get::<i16, _>("port_number")?);
        let port = Some((rows::serial(row)?, rows::port_number(row)?));
        owners.push(Owner { port, ..owner(row)? });
    }
    let sql = rows_of("port", query.resolution);
    let statement = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(ids).bind(ports);
    let found = within(statement, calendar, query).fetch_all(connection).await?;
    let points = points(&found, owners.len(), calendar, query.resolution)?;
    Ok(with_points(owners, points))
}

async fn of_dtus(
    connection: &mut PgConnection,
    calendar: &Calendar,
    sealed: &SealedDays,
    query: &EnergyQuery,
) -> Result<Vec<EnergySeries>> {
    let (day, midnight) = following_day(calendar, query.to);
    let found = unnamed(DTUS)
        .bind(day.to_sqlx())
        .bind(query.to.to_sqlx())
        .bind(midnight.to_sqlx())
        .fetch_all(&mut *connection)
        .await?;
    let changes = found.first().map_or(Ok(0), |row| row.try_get("changes"))?;
    let owners: Vec<Owner> = found.iter().map(dtu).collect::<Result<_>>()?;
    let names = column(&owners, |owner| owner.dtu_name.clone());
    if is_long(query) {
        let plan = sealed.plan(changes, &owners);
        let first_days = column(&plan.first_days, |day| day.map(ToSqlx::to_sqlx));
        let found = unnamed(DAYS_FROM).bind(names).bind(first_days).fetch_all(connection).await?;
        let days = points(&found, owners.len(), calendar, Resolution::Day)?;
        return Ok(sealed.series(query, calendar, plan, owners, days));
    }
    let sql = rows_of("plant", query.resolution);
    let statement = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(names).bind(1_i32);
    let found = within(statement, calendar, query).fetch_all(connection).await?;
    let points = points(&found, owners.len(), calendar, query.resolution)?;
    Ok(series(query.by, with_points(owners, points)))
}

fn dtu(row: &PgRow) -> Result<Owner> {
    let last_day: Option<jiff_sqlx::Date> = row.try_get("last_day")?;
    Ok(Owner { last_day: last_day.map(jiff_sqlx::Date::to_jiff), ..owner(row)? })
}

fn owner(row: &PgRow) -> Result<Owner> {
    let lifetime: Option<i64> = row.try_get("lifetime")?;
    let later: i64 = row.try_get("later")?;
    let first_seen: Option<jiff_sqlx::Timestamp> = row.try_get("first_seen")?;
    Ok(Owner {
        dtu_name: row.try_get("dtu_name")?,
        port: None,
        first_seen: first_seen.map(jiff_sqlx::Timestamp::to_jiff),
        lifetime_wh: lifetime.map(|wh| wh.saturating_sub(later).max(0).unsigned_abs()),
        last_day: None,
        points: Vec::new(),
    })
}

/// The rows of each owner in a range ($3, $4), as one row of arrays: a row of its own costs far more
/// to receive than what is in it. OFFSET 0 keeps the planner from joining the whole table instead of
/// stepping through its key.
fn rows_of(kind: &str, resolution: Resolution) -> String {
    let (owners, owner, samples) = match kind {
        "plant" => (
            "unnest($1::text[]) WITH ORDINALITY AS o (dtu_name, owner)",
            "site_id = $2 AND dtu_name = o.dtu_name",
            "polls",
        ),
        _ => (
            "unnest($1::integer[], $2::smallint[]) WITH ORDINALITY \
             AS o (inverter_id, port_number, owner)",
            "inverter_id = o.inverter_id AND port_number = o.port_number",
            "samples",
        ),
    };
    let (table, key, start, summed) = match resolution {
        Resolution::Hour => ("hourly", "hour", "hour", false),
        Resolution::Day => ("daily", "day", "day", false),
        Resolution::Month => ("daily", "day", "date_trunc('month', day::timestamp)::date", true),
        Resolution::Year => ("daily", "day", "date_trunc('year', day::timestamp)::date", true),
    };
    let (columns, count, group) = if summed {
        (SUMMED, format!("sum({samples})::bigint"), "GROUP BY 1")
    } else {
        (PLAIN, format!("{samples}::bigint"), "")
    };
    format!(
        "SELECT o.owner, r.*
         FROM {owners}
         CROSS JOIN LATERAL (
             SELECT array_agg(start) AS start, array_agg(energy) AS energy,
                    array_agg(estimated) AS estimated, array_agg(peak_power) AS peak_power,
                    array_agg(peak_at) AS peak_at, array_agg(samples) AS samples
             FROM (SELECT {start} AS start, {columns}, {count} AS samples
                   FROM {kind}_{table}
                   WHERE {owner} AND {key} >= $3 AND {key} < $4
                   {group}
                   ORDER BY 1
                   OFFSET 0) AS ordered
         ) AS r"
    )
}

type Statement = Query<'static, Postgres, PgArguments>;

fn within(statement: Statement, calendar: &Calendar, query: &EnergyQuery) -> Statement {
    let EnergyQuery { from, to, resolution, .. } = *query;
    match resolution {
        Resolution::Hour => statement.bind(from.to_sqlx()).bind(to.to_sqlx()),
        _ => statement
            .bind(calendar.day(from).to_sqlx())
            .bind(following_day(calendar, to).0.to_sqlx()),
    }
}

/// The points of each of so many owners.
fn points(
    found: &[PgRow],
    owners: usize,
    calendar: &Calendar,
    resolution: Resolution,
) -> Result<Vec<Vec<EnergyPoint>>> {
    let mut points = vec![Vec::new(); owners];
    for row in found {
        let number: i64 = row.try_get("owner")?;
        let owner = usize::try_from(number - 1).ok().and_then(|index| points.get_mut(index));
        let owner = owner.expect("ordinality counts the owners from 1");
        let starts: Vec<Timestamp> = match resolution {
            Resolution::Hour => array(row, "start", jiff_sqlx::Timestamp::to_jiff)?,
            _ => array(row, "start", |day: jiff_sqlx::Date| calendar.start(day.to_jiff()))?,
        };
        let mut energies = array(row, "energy", i64::unsigned_abs)?.into_iter();
        let mut estimated = array(row, "estimated", i64::unsigned_abs)?.into_iter();
        let mut samples = array(row, "samples", i64::unsigned_abs)?.into_iter();
        let mut powers = array(row, "peak_power", |watts: Option<f32>| watts)?.into_iter();
        let peak_at = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        let mut peaks_at = array(row, "peak_at", peak_at)?.into_iter();
        let mut point = |start| {
            Some(EnergyPoint {
                start,
                energy_wh: energies.next()?,
                estimated_wh: estimated.next()?,
                lifetime_wh: None,
                peak: powers.next()?.zip(peaks_at.next()?),
                samples: samples.next()?,
            })
        };
        *owner = starts.into_iter().map_while(&mut point).collect();
    }
    Ok(points)
}

/// A column of arrays, which is NULL where there is nothing to collect.
fn array<'r, Stored, T>(
    row: &'r PgRow,
    column: &'static str,
    of: impl FnMut(Stored) -> T,
) -> Result<Vec<T>>
where
    Vec<Stored>: Decode<'r, Postgres> + Type<Postgres>,
{
    let stored: Option<Vec<Stored>> = row.try_get(column)?;
    Ok(stored.unwrap_or_default().into_iter().map(of).collect())
}
