//! Whether a store may be filled. Nothing that holds readings is written over.

use std::fmt::Display;

use super::TransferError;

/// In both dialects: devices of any kind, and readings. What the bridge notes of itself before it
/// has seen a device is no reason to keep a store.
pub(crate) const OCCUPANTS: &str = "
    SELECT (SELECT count(*) FROM inverters)
         + (SELECT count(*) FROM meters)
         + (SELECT count(*) FROM hybrids),
           CAST(COALESCE((SELECT sum(rows)
                          FROM row_counts
                          WHERE table_name <> 'system_metrics'), 0) AS BIGINT)";

/// In both dialects: about how many rows there are. The tables that are not counted stay small
/// beside those that are.
pub(crate) const ABOUT: &str = "SELECT CAST(COALESCE(sum(rows), 0) AS BIGINT) FROM row_counts";

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
