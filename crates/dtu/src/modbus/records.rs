//! Reading the table of port records: scanning it, reading what is known, sizing the requests.

use std::fmt;

use ::modbus::PortRecord;
use ::modbus::map::MAX_RECORDS;
use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::session::{Answer, Session};
use super::{Identity, ModbusDriver, identity};
use crate::driver::{Cause, DriverError};

/// Records per request, largest first: 6 are 120 registers, 5 and 3 have been seen to work where
/// 6 did not (`protocol/modbus.md` section 7).
const RUNGS: [u16; 4] = [6, 5, 3, 1];
/// Requests for several records that must stay unanswered before the size is blamed.
const SILENCES_TO_STEP_DOWN: u32 = 2;

/// How many records one request asks for, and whether that was compared with single reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ladder {
    records: u16,
    verified: bool,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { records: RUNGS[0], verified: false }
    }
}

impl Ladder {
    fn step_down(&mut self) {
        let next = RUNGS.into_iter().find(|&rung| rung < self.records).unwrap_or(1);
        *self = Self { records: next, verified: next == 1 };
    }

    pub(super) fn single_only(&mut self) {
        *self = Self { records: 1, verified: true };
    }

    pub(super) const fn is_single(self) -> bool {
        self.records <= 1
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.records {
            1 => f.write_str("1 record per request"),
            several => write!(f, "{several} records per request"),
        }
    }
}

impl ModbusDriver {
    /// Reads the whole list and remembers who sits where.
    ///
    /// An empty slot ends the list, unless ports were known behind it: a DTU that forgets an
    /// inverter for a moment must not cut the plant short.
    pub(super) async fn scan(
        &mut self,
        session: &mut Session<'_>,
    ) -> Result<Vec<PortRecord>, DriverError> {
        let dialect = self.find_dialect(session).await?;
        self.verify_size(session, dialect).await?;
        let known = self.memory.slots.len();
        let mut table = Vec::new();
        let mut ended = false;
        while table.len() < usize::from(MAX_RECORDS) && !(ended && table.len() >= known) {
            let left = MAX_RECORDS - table.len() as u16;
            let chunk = self.chunk(session, dialect, table.len() as u16, left).await?;
            ended |= chunk.is_empty() || chunk.iter().any(PortRecord::is_empty_slot);
            if chunk.is_empty() {
                break;
            }
            table.extend(chunk);
        }
        let occupied = table.iter().rposition(|record| !record.is_empty_slot());
        table.truncate(occupied.map_or(0, |last| last + 1));

        let found: Vec<Identity> = table.iter().map(identity).collect();
        if !is_gappy_view(&found, &self.memory.slots) {
            self.memory.slots = found;
        }
        table.retain(|record| !record.is_empty_slot());
        if table.is_empty() {
            return Err(session.error(Cause::NoInverters));
        }
        Ok(table)
    }

    /// Reads the slots known and notes when one of them has changed its owner.
    pub(super) async fn read_known(
        &mut self,
        session: &mut Session<'_>,
    ) -> Result<Vec<PortRecord>, DriverError> {
        let dialect = self.known_dialect();
        let slots = self.memory.slots.len() as u16;
        let mut table: Vec<PortRecord> = Vec::with_capacity(usize::from(slots));
        while (table.len() as u16) < slots {
            let first = table.len() as u16;
            let chunk = self.chunk(session, dialect, first, slots - first).await?;
            if chunk.is_empty() {
                break;
            }
            table.extend(chunk);
        }
        self.scan_wanted = table
            .iter()
            .zip(&self.memory.slots)
            .any(|(record, &slot)| !record.is_empty_slot() && identity(record) != slot);
        table.retain(|record| !record.is_empty_slot());
        if table.is_empty() {
            return Err(session.error(Cause::NoInverters));
        }
        Ok(table)
    }

    /// The next records from a slot on, at most `most`; none when the DTU shows nothing there.
    ///
    /// When a request for several is refused, the records are read one by one. If all of them are
    /// there, the size was to blame and goes down; if not, the table ends here and it was not.
    async fn chunk(
        &mut self,
        session: &mut Session<'_>,
        dialect: Dialect,
        first: u16,
        most: u16,
    ) -> Result<Vec<PortRecord>, DriverError> {
        let count = self.memory.ladder.records.min(most);
        if let Answer::Records(records) = session.records(dialect.address(first), count).await? {
            if count > 1 {
                self.unanswered_spans = 0;
            }
            return Ok(records);
        }
        let mut records = Vec::new();
        if count > 1 {
            for slot in first..first + count {
                let Some(record) = session.record(dialect.address(slot)).await? else {
                    break;
                };
                records.push(record);
                if record.is_empty_slot() {
                    break;
                }
            }
            if records.len() == usize::from(count) {
                self.step_down("refused");
            }
        }
        Ok(records)
    }

    /// Compares one request for several records with single reads, once for each size.
    async fn verify_size(
        &mut self,
        session: &mut Session<'_>,
        dialect: Dialect,
    ) -> Result<(), DriverError> {
        while !self.memory.ladder.verified {
            let count = self.memory.ladder.records;
            // A refusal is no verdict: the table may be shorter than that, which `chunk` finds out.
            let Answer::Records(together) = session.records(dialect.address(0), count).await?
            else {
                return Ok(());
            };
            let mut same = true;
            for (slot, record) in together.iter().enumerate() {
                if record.is_empty_slot() {
                    break;
                }
                let alone = session.record(dialect.address(slot as u16)).await?;
                same &= alone.is_some_and(|alone| identity(&alone) == identity(record));
            }
            if same {
                self.memory.ladder.verified = true;
            } else {
                self.step_down("answered with other records than single reads");
            }
        }
        Ok(())
    }

    /// Takes note that a request for so many records stayed unanswered. The size is to blame only
    /// if the DTU had answered something just before: one that hangs answers nothing at all.
    pub(super) fn ladder_after_silence(&mut self, span: u16, answered_before: bool) {
        if span > 1 {
            self.unanswered_spans += 1;
            if answered_before && self.unanswered_spans >= SILENCES_TO_STEP_DOWN {
                self.unanswered_spans = 0;
                self.step_down("left unanswered twice");
            }
        }
    }

    fn step_down(&mut self, why: &str) {
        let before = self.memory.ladder.records;
        self.memory.ladder.step_down();
        tracing::info!(
            dtu = self.endpoint.name,
            "a request for {before} records was {why}: from now on {}",
            self.memory.ladder
        );
    }
}

/// Whether a scan shows the known list with holes in it, rather than another list.
fn is_gappy_view(found: &[Identity], known: &[Identity]) -> bool {
    found.len() <= known.len()
        && found.iter().zip(known).all(|(found, known)| found.0.is_empty() || found == known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_ends_at_single_reads() {
        let mut ladder = Ladder::default();
        let rungs: Vec<u16> = std::iter::repeat_with(|| {
            let rung = ladder.records;
            ladder.step_down();
            rung
        })
        .take(5)
        .collect();
        assert_eq!(rungs, [6, 5, 3, 1, 1]);
        assert!(ladder.verified, "a single read needs no comparison");
    }

    #[test]
    fn a_hole_in_the_list_is_not_another_list() {
        let [a, b, c] = ["116100000001", "116100000002", "116100000003"]
            .map(|serial| (serial.parse().unwrap(), 1));
        let hole = (plant::Serial::EMPTY, 0);
        assert!(is_gappy_view(&[a, hole, c], &[a, b, c]));
        assert!(is_gappy_view(&[a], &[a, b, c]));
        assert!(!is_gappy_view(&[a, c], &[a, b, c]));
        assert!(!is_gappy_view(&[a, b, c], &[a, b]));
    }
}
