//! One step from the outbox to the store, whatever the records hold.
//!
//! A batch is one transaction, so one row that the database refuses takes the whole batch with it.
//! Then the batch is halved until the record is found, and the record until the rows are; all else
//! is written, in order, and the rows go into quarantine with the database's own reason. Halving
//! costs a few dozen transactions for each bad record, and only when there is one.
//!
//! The pieces are committed one by one. A crash between them delivers the record again, which
//! changes nothing: keys make delivery idempotent.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use plant::{PlantPower, Snapshot};

use crate::{Outbox, OutboxError, Record, Rejected, Store, StoreError, Written};

/// After this a connection is given up. The server has its own, shorter limit for a statement; this
/// one is for a connection on which neither side says anything any more, which would hold up the
/// queue for ever.
const LONGEST_WRITE: Duration = Duration::from_secs(60);

/// Why nothing more could be delivered for now.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The outbox cannot be read, or what was delivered cannot be taken out. It is delivered again.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Rows that were new to the store.
    pub written: Written,
    /// Readings that went into quarantine.
    pub rejected: u64,
}

/// Delivers the oldest records, at most `limit`; `None` when nothing waits.
///
/// # Errors
/// When store or outbox are away. What was not delivered waits.
pub async fn deliver(
    outbox: &Outbox,
    store: &dyn Store,
    limit: u32,
    clock: fn() -> Timestamp,
) -> Result<Option<Delivered>, Interrupted> {
    let mut courier = Courier::new(outbox, store, limit, clock);
    let delivered = courier.deliver().await?;
    courier.take_out().await?;
    Ok(delivered)
}

/// Delivers batch after batch. While one is being written, the one before is taken out of the
/// outbox and the next one is read: the store and the outbox work at the same time.
///
/// What was written and not yet taken out when a courier is dropped is delivered again.
pub struct Courier<'a> {
    outbox: &'a Outbox,
    store: &'a dyn Store,
    limit: u32,
    clock: fn() -> Timestamp,
    /// Read while the last batch was being written.
    next: Vec<(i64, Record)>,
    /// Written, and to be taken out.
    written: Vec<i64>,
}

impl<'a> Courier<'a> {
    /// Of batches of at most `limit` records.
    pub fn new(
        outbox: &'a Outbox,
        store: &'a dyn Store,
        limit: u32,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self { outbox, store, limit, clock, next: Vec::new(), written: Vec::new() }
    }

    /// Delivers the oldest batch; `None` when nothing waits. When it was the last one for now, it
    /// is out of the outbox too.
    ///
    /// # Errors
    /// As [`deliver`]. The courier may go on.
    pub async fn deliver(&mut self) -> Result<Option<Delivered>, Interrupted> {
        let mut batch = std::mem::take(&mut self.next);
        if batch.is_empty() {
            self.take_out().await?;
            batch = match self.outbox.oldest(self.limit).await {
                Ok(batch) => batch,
                Err(OutboxError::Unreadable { seq, reason }) => {
                    tracing::error!(seq, "a record of the outbox goes into quarantine: {reason}");
                    self.outbox.quarantine_unreadable(seq, &reason, (self.clock)()).await?;
                    return Ok(Some(Delivered::default()));
                }
                Err(error) => return Err(error.into()),
            };
        }
        let Some((last, _)) = batch.last() else { return Ok(None) };
        let last = *last;
        let (seqs, records): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let (outcome, prepared) = tokio::join!(write(self.store, &records), self.prepare(last));
        // Only after this batch: dropped if it does not go through.
        let next = std::mem::take(&mut self.next);
        let delivered = match outcome {
            Ok(written) => {
                self.written.extend(seqs);
                Delivered { written, rejected: 0 }
            }
            Err(StoreError::Refused(_)) => {
                isolate(self.outbox, self.store, &seqs, &records, self.clock).await?
            }
            Err(error) => return Err(error.into()),
        };
        prepared?;
        self.next = next;
        if self.next.is_empty() {
            self.take_out().await?;
        }
        Ok(Some(delivered))
    }

    /// The outbox's part while a batch is being written.
    async fn prepare(&mut self, last: i64) -> Result<(), OutboxError> {
        self.take_out().await?;
        self.next = match self.outbox.after(last, self.limit).await {
            Ok(next) => next,
            // Its turn comes when it is the oldest.
            Err(OutboxError::Unreadable { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// Takes out of the outbox what was written.
    async fn take_out(&mut self) -> Result<(), OutboxError> {
        self.outbox.remove(&self.written).await?;
        self.written.clear();
        Ok(())
    }
}

async fn write(store: &dyn Store, records: &[Record]) -> Result<Written, StoreError> {
    match tokio::time::timeout(LONGEST_WRITE, store.write(records)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(StoreError::Unavailable(format!(
            "it did not confirm a batch within {} seconds",
            LONGEST_WRITE.as_secs()
        ))),
    }
}

/// Finds the records that the store refuses, and delivers the others in their order.
async fn isolate(
    outbox: &Outbox,
    store: &dyn Store,
    seqs: &[i64],
    records: &[Record],
    clock: fn() -> Timestamp,
) -> Result<Delivered, Interrupted> {
    let mut delivered = Delivered::default();
    let mut pending = halves(0..records.len());
    while let Some(range) = pending.pop() {
        match write(store, &records[range.clone()]).await {
            Ok(written) => {
                add(&mut delivered.written, written);
                outbox.remove(&seqs[range]).await?;
            }
            Err(StoreError::Refused(reason)) if range.len() == 1 => {
                let (seq, record) = (seqs[range.start], &records[range.start]);
                let (written, rejected) = split(store, record, reason).await?;
                add(&mut delivered.written, written);
                let readings: u64 = rejected.iter().map(|part| part.record.readings()).sum();
                delivered.rejected += readings;
                for Rejected { reason, .. } in &rejected {
                    tracing::error!(seq, readings, "put in quarantine: {reason}");
                }
                outbox.quarantine(seq, &rejected, clock()).await?;
            }
            Err(StoreError::Refused(_)) => pending.extend(halves(range)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(delivered)
}

/// Finds the rows of a record that the store refuses, and writes the others.
async fn split(
    store: &dyn Store,
    record: &Record,
    reason: String,
) -> Result<(Written, Vec<Rejected>), StoreError> {
    let rows = rows(record);
    if rows < 2 {
        return Ok((Written::default(), vec![Rejected { record: record.clone(), reason }]));
    }
    let mut written = Written::default();
    let mut refused: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut pending = halves(0..rows);
    while let Some(range) = pending.pop() {
        let piece = part(record, |row| range.contains(&row));
        match write(store, &[piece]).await {
            Ok(piece) => add(&mut written, piece),
            Err(StoreError::Refused(reason)) if range.len() == 1 => {
                refused.entry(reason).or_default().push(range.start);
            }
            Err(StoreError::Refused(_)) => pending.extend(halves(range)),
            Err(error) => return Err(error),
        }
    }
    let rejected = refused
        .into_iter()
        .map(|(reason, rows)| Rejected { record: part(record, |row| rows.contains(&row)), reason })
        .collect();
    Ok((written, rejected))
}

/// The second half first: the list is worked off from its end. A range of one is handed back whole.
fn halves(range: Range<usize>) -> Vec<Range<usize>> {
    let middle = range.start + range.len() / 2;
    [middle..range.end, range.start..middle].into_iter().filter(|half| !half.is_empty()).collect()
}

/// How many rows a record makes.
fn rows(record: &Record) -> usize {
    match record {
        Record::Snapshot(snapshot) => {
            let Snapshot { inverters, ports, meters, storage, .. } = snapshot;
            inverters.len() + ports.len() + meters.len() + storage.len()
        }
        Record::Metrics(metrics) => metrics.len(),
        Record::PlantPower(power) => power.points.len(),
        Record::Event(_) | Record::Config { .. } => 1,
    }
}

/// The record with only those of its rows: inverters, ports, meters, hybrids, in this order.
fn part(record: &Record, wanted: impl Fn(usize) -> bool) -> Record {
    fn pick<T: Clone>(items: &[T], first: usize, wanted: impl Fn(usize) -> bool) -> Vec<T> {
        let numbered = items.iter().enumerate();
        numbered.filter(|(row, _)| wanted(first + row)).map(|(_, item)| item.clone()).collect()
    }
    match record {
        Record::Snapshot(snapshot) => {
            let ports = snapshot.inverters.len();
            let meters = ports + snapshot.ports.len();
            let storage = meters + snapshot.meters.len();
            Record::Snapshot(Snapshot {
                dtu_name: snapshot.dtu_name.clone(),
                dtu_serial: snapshot.dtu_serial,
                taken_at: snapshot.taken_at,
                inverters: pick(&snapshot.inverters, 0, &wanted),
                ports: pick(&snapshot.ports, ports, &wanted),
                meters: pick(&snapshot.meters, meters, &wanted),
                storage: pick(&snapshot.storage, storage, &wanted),
            })
        }
        Record::Metrics(metrics) => Record::Metrics(pick(metrics, 0, &wanted)),
        Record::PlantPower(power) => Record::PlantPower(PlantPower {
            points: pick(&power.points, 0, &wanted),
            ..power.clone()
        }),
        Record::Event(_) | Record::Config { .. } => record.clone(),
    }
}

fn add(sum: &mut Written, more: Written) {
    sum.inverter_rows += more.inverter_rows;
    sum.port_rows += more.port_rows;
    sum.meter_rows += more.meter_rows;
    sum.storage_rows += more.storage_rows;
}
