//! What a file of readings can be, and CSV, which it always can be.

use jiff::Timestamp;
use plant::live::Timed;
use plant::{InverterReading, PortReading};

use super::ExportError;
#[cfg(feature = "parquet")]
use super::parquet::Parquet;
use crate::csv;
use crate::query::export::Table;
use crate::view::{HistoryEntry, PortHistoryEntry};

/// How readings are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet, if the program is built with its feature `parquet`.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// What there is.
    pub const ALL: &'static [Self] = &[
        Self::Csv,
        #[cfg(feature = "parquet")]
        Self::Parquet,
    ];

    /// What is allowed, to follow "must be".
    pub const ALLOWED: &'static str = if cfg!(feature = "parquet") {
        "csv or parquet"
    } else {
        "csv (this program is built without parquet)"
    };

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// As it is written in a query, and after the dot of a file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => csv::MEDIA_TYPE,
            #[cfg(feature = "parquet")]
            Self::Parquet => super::parquet::MEDIA_TYPE,
        }
    }

    /// An empty file.
    pub(super) fn file(self, table: Table) -> Box<dyn File> {
        match (self, table) {
            (Self::Csv, Table::Ports) => Box::new(Csv { columns: csv::PORT_COLUMNS }),
            (Self::Csv, Table::Inverters) => Box::new(Csv { columns: csv::INVERTER_COLUMNS }),
            #[cfg(feature = "parquet")]
            (Self::Parquet, table) => Box::new(Parquet::new(table)),
        }
    }
}

/// A file that is made piece by piece.
pub(super) trait File: Send {
    /// Takes readings in. The piece of the file that is ready; nothing if it waits for more.
    fn take(&mut self, page: Page) -> Result<Vec<u8>, ExportError>;

    /// What is still missing.
    fn end(self: Box<Self>) -> Result<Vec<u8>, ExportError>;
}

/// Readings of one port or inverter, ascending by time.
#[derive(Debug)]
pub(super) enum Page {
    Ports(Vec<PortHistoryEntry>),
    Inverters(Vec<HistoryEntry>),
}

impl Page {
    pub(super) fn of_ports(readings: Vec<Timed<PortReading>>) -> Self {
        Self::Ports(readings.into_iter().map(Into::into).collect())
    }

    pub(super) fn of_inverters(readings: Vec<Timed<InverterReading>>) -> Self {
        Self::Inverters(readings.into_iter().map(Into::into).collect())
    }

    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Ports(entries) => entries.len(),
            Self::Inverters(entries) => entries.len(),
        }
    }

    /// When the last one was sampled.
    pub(super) fn last(&self) -> Option<Timestamp> {
        match self {
            Self::Ports(entries) => entries.last().map(|entry| entry.timestamp),
            Self::Inverters(entries) => entries.last().map(|entry| entry.timestamp),
        }
    }
}

struct Csv {
    /// The line with their names; empty once it is told.
    columns: &'static str,
}

impl File for Csv {
    fn take(&mut self, page: Page) -> Result<Vec<u8>, ExportError> {
        let mut lines = std::mem::take(&mut self.columns).to_owned();
        match page {
            Page::Ports(entries) => entries.iter().for_each(|entry| csv::port(&mut lines, entry)),
            Page::Inverters(entries) => {
                entries.iter().for_each(|entry| csv::inverter(&mut lines, entry));
            }
        }
        Ok(lines.into_bytes())
    }

    fn end(self: Box<Self>) -> Result<Vec<u8>, ExportError> {
        Ok(self.columns.into())
    }
}
