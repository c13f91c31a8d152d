//! Readings of any length of time, page by page, as a file: for `/api/export` and for the command
//! line.
//!
//! Page by page through the key of each port or inverter, so that memory stays the same however much
//! is exported and no transaction stays open while somebody takes their time with a page.

mod file;
#[cfg(feature = "parquet")]
mod parquet;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::live::LiveInverter;
use store::{PageQuery, Store, StoreError};
use tokio::task::spawn_blocking;

pub use self::file::Format;
use self::file::{File, Page};
use crate::query::export::Table;

/// Readings in one page, some 300 KB of text.
const PAGE: u32 = 5000;

/// Why an export cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// As for any read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of this format has no room for more.
    #[cfg(feature = "parquet")]
    #[error("so many readings do not fit into one file ({0}): export a shorter range")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// What is still to be exported.
pub struct Export {
    store: Arc<dyn Store>,
    parts: VecDeque<Part>,
    to: Timestamp,
    /// None when its end is told.
    file: Option<Box<dyn File>>,
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
        format: Format,
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
        Self { store, parts, to, file: Some(format.file(table)) }
    }

    /// The next piece of the file, which may be empty; none after its end.
    ///
    /// # Errors
    /// As for any read, or if the format has no room for more.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        let page = self.page().await?;
        let Some(mut file) = self.file.take() else { return Ok(None) };
        let Some(page) = page else { return file.end().map(Some) };
        // Some formats compress a great deal at once.
        let made = spawn_blocking(move || file.take(page).map(|piece| (file, piece))).await;
        let (file, piece) = made.expect("making a file does not panic")?;
        self.file = Some(file);
        Ok(Some(piece))
    }

    /// The next readings; none when all are read.
    async fn page(&mut self) -> Result<Option<Page>, StoreError> {
        while let Some(part) = self.parts.front_mut() {
            let Part { serial, port, from } = *part;
            let query = PageQuery { serial, from, to: self.to, limit: PAGE };
            let page = match port {
                Some(port) => Page::of_ports(self.store.port_page(&query, port).await?),
                None => Page::of_inverters(self.store.inverter_page(&query).await?),
            };
            match page.last() {
                // A sample time has microseconds.
                Some(last) if page.len() == PAGE as usize => {
                    part.from = last + SignedDuration::from_micros(1);
                }
                _ => drop(self.parts.pop_front()),
            }
            if page.len() > 0 {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Leaves the rest out.
    pub fn cut_off(&mut self) {
        self.parts.clear();
        self.file = None;
    }
}
