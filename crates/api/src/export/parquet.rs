//! Apache Parquet: a column at a time, typed and compressed, for notebooks and databases.
//!
//! The columns are those of the CSV. Counters are 64 bits wide and signed, because not every reader
//! knows unsigned ones.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use plant::Serial;

use super::ExportError;
use super::file::{File, Page};
use crate::query::export::Table;
use crate::view::{HistoryEntry, PortHistoryEntry};

/// What the file is.
pub(super) const MEDIA_TYPE: &str = "application/vnd.apache.parquet";

/// Readings that lie together: some 5 MB of memory. Each such group adds 650 bytes to what is written
/// at the end, and there are 32,767 of them in a file at most.
const GROUP: usize = 100_000;

/// The name of a column, and what it has of a row.
type Column<Row> = (&'static str, Cell<Row>);

enum Cell<Row> {
    /// Microseconds of Unix time.
    Instant(fn(&Row) -> i64),
    Serial(fn(&Row) -> Serial),
    Number(fn(&Row) -> i32),
    Code(fn(&Row) -> Option<u16>),
    Counter(fn(&Row) -> Option<u32>),
    Measured(fn(&Row) -> Option<f32>),
}

const PORTS: &[Column<PortHistoryEntry>] = &[
    ("timestamp", Cell::Instant(|entry| entry.timestamp.as_microsecond())),
    ("serial_number", Cell::Serial(|entry| entry.serial_number)),
    ("port_number", Cell::Number(|entry| entry.port_number.into())),
    ("pv_voltage", Cell::Measured(|entry| entry.pv_voltage)),
    ("pv_current", Cell::Measured(|entry| entry.pv_current)),
    ("pv_power", Cell::Measured(|entry| entry.pv_power)),
    ("today_production", Cell::Counter(|entry| entry.today_production)),
    ("total_production", Cell::Counter(|entry| entry.total_production)),
];

const INVERTERS: &[Column<HistoryEntry>] = &[
    ("timestamp", Cell::Instant(|entry| entry.timestamp.as_microsecond())),
    ("serial_number", Cell::Serial(|entry| entry.serial_number)),
    ("grid_voltage", Cell::Measured(|entry| entry.grid_voltage)),
    ("grid_frequency", Cell::Measured(|entry| entry.grid_frequency)),
    ("active_power", Cell::Measured(|entry| entry.active_power)),
    ("reactive_power", Cell::Measured(|entry| entry.reactive_power)),
    ("power_factor", Cell::Measured(|entry| entry.power_factor)),
    ("temperature", Cell::Measured(|entry| entry.temperature)),
    ("operating_status", Cell::Code(|entry| entry.operating_status)),
    ("alarm_code", Cell::Code(|entry| entry.alarm_code)),
    ("alarm_count", Cell::Code(|entry| entry.alarm_count)),
    ("link_status", Cell::Code(|entry| entry.link_status)),
];

/// The values of one column of a group. `known` has 1 for a value and 0 for none, as the format
/// wants it; it stays empty where there is always one.
#[derive(Default)]
struct Values {
    known: Vec<i16>,
    long: Vec<i64>,
    short: Vec<i32>,
    real: Vec<f32>,
    text: Vec<ByteArray>,
}

pub(super) struct Parquet {
    file: SerializedFileWriter<Vec<u8>>,
    /// In the order of the columns.
    columns: Vec<Values>,
    rows: usize,
}

impl Parquet {
    pub(super) fn new(table: Table) -> Self {
        let fields = match table {
            Table::Ports => fields(PORTS),
            Table::Inverters => fields(INVERTERS),
        };
        let columns = fields.iter().map(|_| Values::default()).collect();
        let schema = Type::group_type_builder("readings").with_fields(fields).build();
        let schema = schema.expect("the names are given");
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties()));
        Self { file: file.expect("writing to memory never fails"), columns, rows: 0 }
    }

    /// The group that is together, as a piece of the file.
    fn group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        let mut columns = self.columns.iter_mut();
        while let (Some(mut writer), Some(values)) = (group.next_column()?, columns.next()) {
            values.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl File for Parquet {
    fn take(&mut self, page: Page) -> Result<Vec<u8>, ExportError> {
        self.rows += page.len();
        match page {
            Page::Ports(entries) => add(&mut self.columns, PORTS, &entries),
            Page::Inverters(entries) => add(&mut self.columns, INVERTERS, &entries),
        }
        if self.rows < GROUP {
            return Ok(Vec::new());
        }
        self.group()?;
        self.file.flush().map_err(ParquetError::from)?;
        Ok(std::mem::take(self.file.inner_mut()))
    }

    fn end(mut self: Box<Self>) -> Result<Vec<u8>, ExportError> {
        if self.rows > 0 {
            self.group()?;
        }
        Ok(self.file.into_inner()?)
    }
}

impl Values {
    fn write(&mut self, column: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let known = (!self.known.is_empty()).then_some(self.known.as_slice());
        match column {
            ColumnWriter::Int64ColumnWriter(column) => column.write_batch(&self.long, known, None),
            ColumnWriter::Int32ColumnWriter(column) => column.write_batch(&self.short, known, None),
            ColumnWriter::FloatColumnWriter(column) => column.write_batch(&self.real, known, None),
            ColumnWriter::ByteArrayColumnWriter(column) => {
                column.write_batch(&self.text, known, None)
            }
            _ => unreachable!("no column has another type"),
        }?;
        *self = Self::default();
        Ok(())
    }

    fn know<T>(&mut self, value: Option<T>) -> Option<T> {
        self.known.push(value.is_some().into());
        value
    }
}

fn add<Row>(columns: &mut [Values], table: &[Column<Row>], rows: &[Row]) {
    for (values, (_, cell)) in columns.iter_mut().zip(table) {
        match cell {
            Cell::Instant(of) => values.long.extend(rows.iter().map(of)),
            Cell::Number(of) => values.short.extend(rows.iter().map(of)),
            // All rows are of one inverter, and share its text.
            Cell::Serial(of) => {
                let text =
                    rows.first().map(|row| ByteArray::from(of(row).to_string().into_bytes()));
                values.text.extend(text.iter().cycle().take(rows.len()).cloned());
            }
            Cell::Code(of) => rows.iter().for_each(|row| {
                let value = values.know(of(row));
                values.short.extend(value.map(i32::from));
            }),
            Cell::Counter(of) => rows.iter().for_each(|row| {
                let value = values.know(of(row));
                values.long.extend(value.map(i64::from));
            }),
            Cell::Measured(of) => rows.iter().for_each(|row| {
                let value = values.know(of(row));
                values.real.extend(value);
            }),
        }
    }
}

fn fields<Row>(table: &[Column<Row>]) -> Vec<Arc<Type>> {
    let field = |(name, cell): &Column<Row>| {
        let (physical, logical) = match cell {
            Cell::Instant(_) => {
                let unit = TimeUnit::MICROS;
                (Physical::INT64, Some(LogicalType::timestamp(true, unit)))
            }
            Cell::Serial(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Cell::Number(_) | Cell::Code(_) => (Physical::INT32, None),
            Cell::Counter(_) => (Physical::INT64, None),
            Cell::Measured(_) => (Physical::FLOAT, None),
        };
        let repetition = match cell {
            Cell::Instant(_) | Cell::Serial(_) | Cell::Number(_) => Repetition::REQUIRED,
            Cell::Code(_) | Cell::Counter(_) | Cell::Measured(_) => Repetition::OPTIONAL,
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build();
        Arc::new(field.expect("the types fit each other"))
    };
    table.iter().map(field).collect()
}

/// Times follow each other at even steps and counters grow: their differences are small. What a
/// reader looks for is a time, an inverter or a port, so only these have their least and greatest
/// values noted.
fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("hoymiles-smiles ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    for name in ["timestamp", "total_production"] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    for name in ["timestamp", "serial_number", "port_number"] {
        properties = properties
            .set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Chunk);
    }
    properties.build()
}
