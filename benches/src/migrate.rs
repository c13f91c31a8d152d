//! The history of the Python version 2 carried over by the real program, beside plain COPY of the
//! same rows into tables just like the old ones.
//!
//! Ours is timed from the start of the process to its end: the survey of the old tables, reading
//! them, folding rows into polls, the new rows with their keys, energy by day and by hour, exact
//! counts. COPY reads the old rows and writes them, and knows nothing.

use std::time::Instant;

use e2e::{Database, VERSION_2_TABLES, command};
use futures_util::TryStreamExt;
use sqlx::AssertSqlSafe;

use crate::report::{Report, median, thousands};

const INVERTERS: u64 = 5;
const PORTS: u64 = 4 * INVERTERS;
/// Rows of each kind, unless ROWS says another number.
const ROWS: u64 = 1_000_000;
/// Turns; one only where a turn takes minutes.
const REPEATS: usize = 3;
const MANY_ROWS: u64 = 5_000_000;
/// Bytes of COPY in one message.
const CHUNK: usize = 1 << 20;
/// COPY reads and writes these.
const TABLES: [&str; 2] = ["inverter_data", "port_data"];

const OLD_INVERTERS: &str = "
    INSERT INTO inverters (serial_number)
    SELECT '11610000000' || number FROM generate_series(1, 5) AS number";

/// A poll per minute; from 6 to 18 each panel makes 4 Wh in a minute. `raw_data` is about as long as
/// it was.
fn fill(polls: u64) -> [String; 2] {
    let common = format!(
        "FROM generate_series(0, {} - 1) AS poll
         CROSS JOIN LATERAL (
             SELECT timestamp '2020-01-01' + poll * interval '1 min' AS at,
                    poll / 1440 AS day,
                    LEAST(GREATEST(poll % 1440 - 360, 0), 720) AS lit
         ) AS t
         CROSS JOIN generate_series(0, {PORTS} - 1) AS slot
         ORDER BY poll, slot",
        polls
    );
    let raw = "jsonb_build_object('serial_number', '11610000000' || 1 + slot / 4, 'port_number', \
               1 + slot % 4, 'pv_voltage', 33.1, 'pv_current', 7.25, 'grid_voltage', 231.5, \
               'grid_frequency', 50.01, 'pv_power', 240, 'today_production', lit * 4, \
               'total_production', day * 2880 + lit * 4, 'temperature', 31.5, \
               'operating_status', 3, 'alarm_code', 0, 'alarm_count', 0, 'link_status', 1)";
    [
        format!(
            "INSERT INTO inverter_data (serial_number, timestamp, grid_voltage, grid_frequency,
                 temperature, operating_status, alarm_code, alarm_count, link_status, raw_data)
             SELECT '11610000000' || 1 + slot / 4, at + slot * interval '4 ms', 231.5, 50.01, 31.5,
                 CASE WHEN lit BETWEEN 1 AND 719 THEN 3 ELSE 0 END, 0, 0, 1, {raw} {common}"
        ),
        format!(
            "INSERT INTO port_data (serial_number, port_number, timestamp, pv_voltage, pv_current,
                 pv_power, today_production, total_production, raw_data)
             SELECT '11610000000' || 1 + slot / 4, 1 + slot % 4,
                 at + slot * interval '4 ms' + interval '2 ms', 33.1, 7.25,
                 CASE WHEN lit BETWEEN 1 AND 719 THEN 240 ELSE 0 END, lit * 4,
                 day * 2880 + lit * 4, {raw} {common}"
        ),
    ]
}

pub(crate) async fn measure(report: &mut Report) {
    let wanted: u64 = match std::env::var("ROWS").unwrap_or_default().as_str() {
        "" => ROWS,
        rows => rows.parse().expect("ROWS is a number"),
    };
    let polls = wanted.div_ceil(PORTS);
    let rows = polls * PORTS;
    let database = Database::create().await;
    for sql in [VERSION_2_TABLES, OLD_INVERTERS] {
        sqlx::raw_sql(sql).execute(&database.pool).await.unwrap();
    }
    for statement in fill(polls) {
        sqlx::query(AssertSqlSafe(statement)).execute(&database.pool).await.unwrap();
    }
    let repeats = if rows >= MANY_ROWS { 1 } else { REPEATS };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        theirs.push(copy(&database).await);
        ours.push(carry(&database, polls).await);
    }
    let both = (2 * rows) as f64;
    let (value, reference) = (both / median(ours), both / median(theirs));
    report.add(
        format!("version 2 carried over, {} rows of each kind", thousands(rows as f64)),
        format!("{} rows/s", thousands(value)),
        format!("{} rows/s", thousands(reference)),
        "COPY of the same rows out and in",
        value / reference,
    );
}

/// Seconds that the program takes, after which everything is as it was.
async fn carry(database: &Database, polls: u64) -> f64 {
    let migrate = |arguments: &[&str]| {
        let status = command(&[&["migrate-v2"], arguments].concat())
            .envs(database.settings(None))
            .env("DTU_HOST", "127.0.0.1")
            .env("HOME", "/nowhere")
            .env("TIMEZONE", "Europe/Berlin")
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    };
    let start = Instant::now();
    migrate(&["run", "--even-so", "--zone", "UTC"]);
    let seconds = start.elapsed().as_secs_f64();
    let expected = i64::try_from(polls * INVERTERS).unwrap();
    assert_eq!(database.number("SELECT count(*) FROM inverter_data").await, expected);
    migrate(&["rollback"]);
    sqlx::raw_sql("CHECKPOINT").execute(&database.pool).await.unwrap();
    seconds
}

/// Seconds that PostgreSQL takes.
async fn copy(database: &Database) -> f64 {
    let mut from = database.pool.acquire().await.unwrap();
    let mut to = database.pool.acquire().await.unwrap();
    for table in TABLES {
        let like = format!("CREATE TABLE copy_of_{table} (LIKE {table} INCLUDING ALL)");
        sqlx::raw_sql(AssertSqlSafe(like)).execute(&mut *to).await.unwrap();
    }
    let start = Instant::now();
    for table in TABLES {
        let out = format!("COPY {table} TO STDOUT (FORMAT binary)");
        let into = format!("COPY copy_of_{table} FROM STDIN (FORMAT binary)");
        let mut rows = from.copy_out_raw(&out).await.unwrap();
        let mut copy = to.copy_in_raw(&into).await.unwrap();
        // The server sends a message for each row; sending as many would measure the socket.
        let mut chunk = Vec::with_capacity(2 * CHUNK);
        while let Some(bytes) = rows.try_next().await.unwrap() {
            chunk.extend_from_slice(&bytes);
            if chunk.len() >= CHUNK {
                copy.send(chunk.as_slice()).await.unwrap();
                chunk.clear();
            }
        }
        copy.send(chunk.as_slice()).await.unwrap();
        copy.finish().await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    for table in TABLES {
        let drop = format!("DROP TABLE copy_of_{table}");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *to).await.unwrap();
    }
    sqlx::raw_sql("CHECKPOINT").execute(&mut *to).await.unwrap();
    seconds
}
