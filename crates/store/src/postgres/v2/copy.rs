//! `COPY` into the tables of readings, in the server's binary format: three times as fast as
//! `INSERT`. It knows no `ON CONFLICT`, so it is for rows that cannot be there yet.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::super::write::Ids;
use crate::batch::{InverterRow, PortRow};

const INVERTERS: &str = "
    COPY inverter_data
        (inverter_id, timestamp, grid_voltage, grid_frequency, temperature, alarm_code,
         alarm_count, operating_status, link_status)
    FROM STDIN (FORMAT binary)";

const PORTS: &str = "
    COPY port_data
        (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
         total_production)
    FROM STDIN (FORMAT binary)";

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
/// PostgreSQL counts from 2000-01-01.
const EPOCH: Timestamp = Timestamp::constant(946_684_800, 0);

/// Rows as the server reads them.
struct Rows(Vec<u8>);

impl Rows {
    fn with_room_for(rows: usize, row_bytes: usize) -> Self {
        let mut bytes = Vec::with_capacity(SIGNATURE.len() + rows * row_bytes + 2);
        bytes.extend_from_slice(SIGNATURE);
        Self(bytes)
    }

    fn row(&mut self, columns: i16) -> &mut Self {
        self.0.extend_from_slice(&columns.to_be_bytes());
        self
    }

    /// A field of so many bytes, or NULL.
    fn field<const N: usize>(&mut self, bytes: Option<[u8; N]>) -> &mut Self {
        match bytes {
            Some(bytes) => {
                self.0.extend_from_slice(&(N as i32).to_be_bytes());
                self.0.extend_from_slice(&bytes);
            }
            None => self.0.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
        self
    }

    fn at(&mut self, at: Timestamp) -> &mut Self {
        let micros = at.as_microsecond() - EPOCH.as_microsecond();
        self.field(Some(micros.to_be_bytes()))
    }

    fn real(&mut self, value: Option<f32>) -> &mut Self {
        self.field(value.map(f32::to_be_bytes))
    }

    fn integer(&mut self, value: Option<i32>) -> &mut Self {
        self.field(value.map(i32::to_be_bytes))
    }

    async fn send(mut self, connection: &mut PgConnection, to: &str) -> Result<u64, sqlx::Error> {
        self.0.extend_from_slice(&END.to_be_bytes());
        let mut copy = connection.copy_in_raw(to).await?;
        copy.send(self.0).await?;
        copy.finish().await
    }
}

/// Adds rows to `inverter_data`.
pub(super) async fn inverters(
    connection: &mut PgConnection,
    rows: &[InverterRow<'_>],
    ids: &Ids,
) -> Result<u64, sqlx::Error> {
    let mut bytes = Rows::with_room_for(rows.len(), 82);
    for InverterRow { at, reading } in rows {
        bytes
            .row(9)
            .integer(Some(ids[&reading.serial]))
            .at(*at)
            .real(reading.grid_voltage_v)
            .real(reading.grid_frequency_hz)
            .real(reading.temperature_c)
            .integer(reading.alarm_code.map(i32::from))
            .integer(reading.alarm_count.map(i32::from))
            .integer(reading.operating_status.map(i32::from))
            .integer(reading.link_status.map(i32::from));
    }
    bytes.send(connection, INVERTERS).await
}

/// Adds rows to `port_data`.
pub(super) async fn ports(
    connection: &mut PgConnection,
    rows: &[PortRow<'_>],
    ids: &Ids,
) -> Result<u64, sqlx::Error> {
    let mut bytes = Rows::with_room_for(rows.len(), 76);
    for row in rows {
        let reading = row.reading;
        bytes
            .row(8)
            .integer(Some(ids[&reading.serial]))
            .field(Some(i16::from(reading.port).to_be_bytes()))
            .at(row.at)
            .real(reading.pv_voltage_v)
            .real(reading.pv_current_a)
            .real(reading.pv_power_w)
            .integer(row.today_wh())
            .field(reading.total_wh.map(|wh| i64::from(wh).to_be_bytes()));
    }
    bytes.send(connection, PORTS).await
}
