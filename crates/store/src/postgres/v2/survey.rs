//! A look at the old tables before anything is moved.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use plant::Serial;
use plant::inventory::sightings_wanted;
use sqlx::{PgConnection, PgPool, Row};

use super::super::{begin, unnamed};
use super::BEGIN;

/// Reads both tables from end to end: there may be no index on the serial number.
const INVERTERS: &str = "
    SELECT i.serial_number,
           COALESCE(p.polls, d.rows, 0) AS polls,
           COALESCE(p.rows, 0)          AS port_rows,
           COALESCE(d.rows, 0)          AS inverter_rows
    FROM inverters AS i
    LEFT JOIN (
        SELECT serial_number, max(rows) AS polls, sum(rows)::bigint AS rows
        FROM (
            SELECT serial_number, port_number, count(*) AS rows
            FROM port_data
            GROUP BY serial_number, port_number
        ) AS ports
        GROUP BY serial_number
    ) AS p USING (serial_number)
    LEFT JOIN (
        SELECT serial_number, count(*) AS rows
        FROM inverter_data
        GROUP BY serial_number
    ) AS d USING (serial_number)
    ORDER BY serial_number";

/// Of one port, from the first row on.
const BEATS: &str = "
    SELECT p.timestamp
    FROM port_data AS p
    JOIN (SELECT serial_number, port_number FROM port_data ORDER BY id LIMIT 1) AS first
        USING (serial_number, port_number)
    ORDER BY p.id
    LIMIT 200";

/// Version 2 keeps a connection open as long as it runs, and gives it no name.
const SESSIONS: &str = "
    SELECT usename::text AS user_name, COALESCE(host(client_addr), 'this machine') AS address
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND pid <> pg_backend_pid()
      AND backend_type = 'client backend'
      AND application_name = ''
    ORDER BY backend_start";

/// Our own connection asks for UTC, so the setting itself tells nothing. What was set for this
/// database or user goes before what the file of the server says.
const ZONE_OF_THE_ROLE: &str = "
    SELECT split_part(setting, '=', 2) AS zone
    FROM pg_db_role_setting AS s
    CROSS JOIN LATERAL unnest(s.setconfig) AS setting
    WHERE lower(split_part(setting, '=', 1)) = 'timezone'
      AND (s.setdatabase = 0
           OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND (s.setrole = 0
           OR s.setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user))
    ORDER BY s.setrole = 0, s.setdatabase = 0
    LIMIT 1";

const MAY_READ_THE_FILE: &str = "
    SELECT has_table_privilege('pg_file_settings', 'SELECT')
       AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS may";

const ZONE_OF_THE_FILE: &str = "
    SELECT setting AS zone
    FROM pg_file_settings
    WHERE lower(name) = 'timezone' AND error IS NULL
    ORDER BY seqno DESC
    LIMIT 1";

/// Whoever sets up a server gives it the same zone for its log, and nobody overrides that one.
const ZONE_OF_THE_LOG: &str = "SELECT current_setting('log_timezone') AS zone";

/// The shortest and the longest pause that can lie within a poll.
const GAP: (SignedDuration, SignedDuration) =
    (SignedDuration::from_millis(500), SignedDuration::from_secs(20));

/// What is no inverter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftInverter {
    /// As it stands there.
    pub serial: String,
    /// Its rows in both tables.
    pub rows: u64,
}

/// What untouched tables hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Inverters that are carried over.
    pub inverters: Vec<Serial>,
    /// What is not: a serial number that only one garbled answer has named, or none at all.
    pub left: Vec<LeftInverter>,
    /// Rows of `inverter_data`.
    pub inverter_rows: u64,
    /// Rows of `port_data`.
    pub port_rows: u64,
    /// The zone in which the server writes times without one, if it can be found out.
    pub zone: Option<String>,
    /// A pause after which rows belong to the next poll: a third of the period.
    pub gap_ms: i64,
    /// Who may still be writing.
    pub sessions: Vec<String>,
}

pub(super) async fn survey(pool: &PgPool) -> Result<Survey, sqlx::Error> {
    let mut transaction = begin(pool, BEGIN).await?;
    let mut survey = Survey {
        inverters: Vec::new(),
        left: Vec::new(),
        inverter_rows: 0,
        port_rows: 0,
        zone: zone(&mut transaction).await?,
        gap_ms: gap(&beats(&mut transaction).await?),
        sessions: Vec::new(),
    };
    for row in unnamed(SESSIONS).fetch_all(&mut *transaction).await? {
        let (user, address): (String, String) =
            (row.try_get("user_name")?, row.try_get("address")?);
        survey.sessions.push(format!("{user} from {address}"));
    }
    for row in unnamed(INVERTERS).fetch_all(&mut *transaction).await? {
        let text: String = row.try_get("serial_number")?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        let (polls, ports, inverters) =
            (count("polls")?, count("port_rows")?, count("inverter_rows")?);
        survey.port_rows += ports;
        survey.inverter_rows += inverters;
        match text.parse::<Serial>() {
            Ok(serial) if polls >= sightings_wanted(serial) as u64 => survey.inverters.push(serial),
            _ => survey.left.push(LeftInverter { serial: text, rows: ports + inverters }),
        }
    }
    transaction.rollback().await?;
    Ok(survey)
}

async fn zone(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let may: bool = unnamed(MAY_READ_THE_FILE).fetch_one(&mut *connection).await?.try_get("may")?;
    let questions =
        [Some(ZONE_OF_THE_ROLE), may.then_some(ZONE_OF_THE_FILE), Some(ZONE_OF_THE_LOG)];
    for question in questions.into_iter().flatten() {
        if let Some(row) = unnamed(question).fetch_optional(&mut *connection).await? {
            let zone: String = row.try_get("zone")?;
            // PostgreSQL knows names that are not IANA's.
            return Ok(Some(zone).filter(|zone| TimeZone::get(zone).is_ok()));
        }
    }
    Ok(None)
}

async fn beats(connection: &mut PgConnection) -> Result<Vec<DateTime>, sqlx::Error> {
    let rows = unnamed(BEATS).fetch_all(connection).await?;
    let beat = |row: &sqlx::postgres::PgRow| {
        row.try_get::<jiff_sqlx::DateTime, _>("timestamp").map(jiff_sqlx::DateTime::to_jiff)
    };
    rows.iter().map(beat).collect()
}

/// A third of the usual time from one row of a port to its next.
fn gap(beats: &[DateTime]) -> i64 {
    let mut periods: BTreeMap<SignedDuration, usize> = BTreeMap::new();
    for pair in beats.windows(2) {
        *periods.entry(pair[1].duration_since(pair[0])).or_default() += 1;
    }
    let mut ascending =
        periods.into_iter().flat_map(|(period, times)| std::iter::repeat_n(period, times));
    let median = ascending.nth(beats.len().saturating_sub(2) / 2);
    let gap = median.map_or(GAP.1, |period| (period / 3).clamp(GAP.0, GAP.1));
    i64::try_from(gap.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_a_third_of_the_period() {
        let beats = |seconds: &[i64]| -> Vec<DateTime> {
            let first = jiff::civil::date(2025, 11, 20).at(12, 0, 0, 0);
            seconds.iter().map(|&s| first + SignedDuration::from_secs(s)).collect()
        };
        assert_eq!(gap(&beats(&[0, 30, 60, 91, 500])), 10_000);
        assert_eq!(gap(&beats(&[0, 600, 1200])), 20_000);
        assert_eq!(gap(&beats(&[0, 1, 2])), 500);
        assert_eq!(gap(&beats(&[])), 20_000);
    }
}
