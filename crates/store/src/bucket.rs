//! What one inverter or port showed, in buckets of time.

use jiff::Timestamp;
use plant::Serial;
use sqlx::{ColumnIndex, Decode, Row, Type};

/// Which buckets are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketQuery {
    /// The inverter.
    pub serial: Serial,
    /// Its port; none for the inverter itself.
    pub port: Option<u8>,
    /// The beginning of each bucket, and its end, which is not part of it.
    pub spans: Vec<(Timestamp, Timestamp)>,
}

/// Least, mean and greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f32,
    /// The mean.
    pub avg: f32,
    /// The greatest.
    pub max: f32,
}

/// What was read in a bucket. A quantity that was not read, or is not of this kind, is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Its beginning.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// Readings in it, at least one.
    pub samples: u64,
    /// AC voltage, V.
    pub grid_voltage_v: Option<Spread>,
    /// AC frequency, Hz.
    pub grid_frequency_hz: Option<Spread>,
    /// Inside the case, °C.
    pub temperature_c: Option<Spread>,
    /// AC active power, W.
    pub active_power_w: Option<Spread>,
    /// DC voltage, V.
    pub pv_voltage_v: Option<Spread>,
    /// DC current, A.
    pub pv_current_a: Option<Spread>,
    /// DC power, W.
    pub pv_power_w: Option<Spread>,
}

/// The quantities of ports and of inverters, by their columns.
const fn columns(of_port: bool) -> &'static [&'static str] {
    if of_port {
        &["pv_voltage", "pv_current", "pv_power"]
    } else {
        &["grid_voltage", "grid_frequency", "temperature", "active_power"]
    }
}

/// The table, and what is taken from it: `samples`, and of each column `…_min`, `…_avg`, `…_max`.
pub(crate) fn taken(of_port: bool) -> (&'static str, String) {
    let mut taken = "count(*) AS samples".to_owned();
    for column in columns(of_port) {
        for spread in ["min", "avg", "max"] {
            // A mean is a double in both engines, the others are what the column is.
            taken += &format!(", CAST({spread}({column}) AS real) AS {column}_{spread}");
        }
    }
    (if of_port { "port_data" } else { "inverter_data" }, taken)
}

/// A row of what is [`taken`].
pub(crate) fn bucket<'r, R>(
    row: &'r R,
    (start, end): (Timestamp, Timestamp),
    of_port: bool,
) -> Result<Bucket, sqlx::Error>
where
    R: Row,
    for<'a> &'a str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let spread = |column: &str| -> Result<Option<Spread>, sqlx::Error> {
        if !columns(of_port).contains(&column) {
            return Ok(None);
        }
        let value = |which: &str| row.try_get::<Option<f32>, _>(&*format!("{column}_{which}"));
        let (min, avg, max) = (value("min")?, value("avg")?, value("max")?);
        Ok(min.zip(avg).zip(max).map(|((min, avg), max)| Spread { min, avg, max }))
    };
    Ok(Bucket {
        start,
        end,
        samples: row.try_get::<i64, _>("samples")?.unsigned_abs(),
        grid_voltage_v: spread("grid_voltage")?,
        grid_frequency_hz: spread("grid_frequency")?,
        temperature_c: spread("temperature")?,
        active_power_w: spread("active_power")?,
        pv_voltage_v: spread("pv_voltage")?,
        pv_current_a: spread("pv_current")?,
        pv_power_w: spread("pv_power")?,
    })
}
