//! Whether a store may be filled. Nothing that holds readings is written over.

use std::fmt::Display;

use super::{Table, TransferError};

/// In both dialects: devices of any kind, and readings. What the bridge notes of itself before it
/// has seen a device is no reason to keep a store.
pub(crate) const OCCUPANTS: &str = "
    SELECT (SELECT count(*) FROM inverters)
         + (SELECT count(*) FROM meters)
         + (SELECT count(*) FROM hybrids),
           CAST(COALESCE((SELECT sum(rows)
                          FROM row_counts
                          WHERE table_name <> 'system_metrics'), 0) AS BIGINT)";

/// The tables whose rows the writer counts.
const COUNTED: &[&str] =
    &["inverter_data", "meter_data", "plant_power", "port_data", "storage_data", "system_metrics"];

/// In both dialects: about how many rows these tables have. Those that are not counted by the writer
/// are counted here: they are few beside the others.
pub(crate) fn about(tables: &[Table]) -> String {
    let others = tables.iter().filter(|table| !COUNTED.contains(&table.name.as_str()));
    let others: String =
        others.map(|table| format!(" + (SELECT count(*) FROM \"{}\")", table.name)).collect();
    format!("SELECT CAST((SELECT COALESCE(sum(rows), 0) FROM row_counts){others} AS BIGINT)")
}

/// Refuses a store that holds something.
pub(crate) fn unless_empty(
    devices: i64,
    readings: i64,
    place: &dyn Display,
) -> Result<(), TransferError> {
    if (devices, readings) == (0, 0) {
        return Ok(());
    }
    Err(TransferError::Refused(format!(
        "{place} is not empty: it holds {readings} readings of {devices} devices. Nothing was \
         changed. With --replace it is replaced"
    )))
}

/// Refuses a store that is being filled from elsewhere.
pub(crate) fn unless_the_same(
    earlier: Option<String>,
    origin: &str,
    place: &dyn Display,
) -> Result<(), TransferError> {
    match earlier {
        Some(earlier) if earlier != origin => Err(TransferError::Refused(format!(
            "{place} is half filled with {earlier}. Go on with that, or use --replace to begin \
             with {origin}"
        ))),
        _ => Ok(()),
    }
}
