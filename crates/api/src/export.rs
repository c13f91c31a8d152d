//! Readings of any length of time, page by page, as comma-separated values: for `/api/export` and
//! for the command line.
//!
//! Page by page through the key of each port or inverter, so that memory stays the same however much
//! is exported and no transaction stays open while somebody takes their time with a page.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::live::LiveInverter;
use store::{PageQuery, Store, StoreError};

use crate::csv;
use crate::query::export::Table;

/// Readings in one page, some 300 KB of text.
const PAGE: u32 = 5000;

/// What is still to be exported.
pub struct Export {
    store: Arc<dyn Store>,
    table: Table,
    parts: VecDeque<Part>,
    to: Timestamp,
}

/// A port or an inverter, and from when on it is still to be exported.
#[derive(Debug, Clone, Copy)]
struct Part {
    serial: Serial,
    port: Option<u8>,
    from: Timestamp,
}

impl Export {
    /// The readings of these inverters, or of their ports, from the first one on unless something
    /// else is said.
    pub fn new<'i>(
        store: Arc<dyn Store>,
        table: Table,
        inverters: impl IntoIterator<Item = (Serial, &'i LiveInverter)>,
        from: Option<Timestamp>,
        to: Timestamp,
    ) -> Self {
        let parts = inverters
            .into_iter()
            .flat_map(|(serial, inverter)| {
                let from = from.unwrap_or(inverter.first_seen);
                let part = move |port| Part { serial, port, from };
                match table {
                    Table::Inverters => vec![part(None)],
                    Table::Ports => inverter.ports.keys().map(|&port| part(Some(port))).collect(),
                }
            })
            .collect();
        Self { store, table, parts, to }
    }

    /// The line with the names of the columns.
    pub const fn columns(&self) -> &'static str {
        match self.table {
            Table::Ports => csv::PORT_COLUMNS,
            Table::Inverters => csv::INVERTER_COLUMNS,
        }
    }

    /// The next lines; none when all are told.
    ///
    /// # Errors
    /// As for any read.
    pub async fn page(&mut self) -> Result<Option<String>, StoreError> {
        let mut lines = String::new();
        while let Some(part) = self.parts.front_mut() {
            let Part { serial, port, from } = *part;
            let page = PageQuery { serial, from, to: self.to, limit: PAGE };
            let (read, last) = match port {
                Some(port) => {
                    let readings = self.store.port_page(&page, port).await?;
                    let end = (readings.len(), readings.last().map(|reading| reading.at));
                    readings.into_iter().for_each(|reading| csv::port(&mut lines, reading));
                    end
                }
                None => {
                    let readings = self.store.inverter_page(&page).await?;
                    let end = (readings.len(), readings.last().map(|reading| reading.at));
                    readings.into_iter().for_each(|reading| csv::inverter(&mut lines, reading));
                    end
                }
            };
            match last {
                // A sample time has microseconds.
                Some(last) if read == PAGE as usize => {
                    part.from = last + SignedDuration::from_micros(1);
                }
                _ => drop(self.parts.pop_front()),
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }

    /// Leaves the rest out.
    pub fn cut_off(&mut self) {
        self.parts.clear();
    }
}
