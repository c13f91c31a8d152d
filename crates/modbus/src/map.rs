//! Map A: the port record that every DTU-Pro and DTU-Pro-S serves at 0x1000.
//!
//! Source: Hoymiles' technical note V1.2 and `protocol/modbus.md` 2.1. One record of 40 bytes per
//! PV port, most significant byte first. The map is the table below; decoder and encoder are the
//! two directions of reading it.

use plant::unit::Unit;
use plant::{Serial, model};

/// First record.
pub const PORTS_ADDRESS: u16 = 0x1000;
/// Bytes of one record.
pub const RECORD_LEN: usize = 40;
/// Registers of one record.
pub const RECORD_REGISTERS: u16 = 20;
/// Records that a DTU can hold, by the technical note.
pub const MAX_RECORDS: u16 = 99;
/// The DTU's own serial number: three registers.
pub const DTU_SERIAL_ADDRESS: u16 = 0x2000;
/// Registers of the DTU's serial.
pub const DTU_SERIAL_REGISTERS: u16 = 3;

/// One row of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name in the field vectors.
    pub name: &'static str,
    /// Bytes from the start of the record.
    pub offset: usize,
    /// Bytes.
    pub width: usize,
    /// Whether the number is two's complement.
    pub signed: bool,
    /// Units of the register that make one unit of measure.
    pub divisor: u16,
    /// Unit of measure.
    pub unit: Unit,
}

const fn unsigned(
    name: &'static str,
    offset: usize,
    width: usize,
    divisor: u16,
    unit: Unit,
) -> Field {
    Field { name, offset, width, signed: false, divisor, unit }
}

const fn signed(
    name: &'static str,
    offset: usize,
    width: usize,
    divisor: u16,
    unit: Unit,
) -> Field {
    Field { name, offset, width, signed: true, divisor, unit }
}

macro_rules! map {
    ($($(#[$reason:meta])* $id:ident = $row:expr;)*) => {
        $($(#[$reason])* pub const $id: Field = $row;)*
        /// Every field, in the order of the record.
        pub const FIELDS: &[Field] = &[$($id),*];
    };
}

map! {
    /// 0x3C in the note, 0x0C on real devices, also in an empty slot: never validated on.
    DATA_TYPE         = unsigned("data_type",            0, 1, 1,   Unit::None);
    /// Six bytes shown as hex digits; see [`PortRecord::serial`].
    SERIAL            = unsigned("serial_number",        1, 6, 1,   Unit::None);
    /// From 1 within the inverter.
    PORT              = unsigned("port_number",          7, 1, 1,   Unit::None);
    /// DC voltage.
    PV_VOLTAGE        = unsigned("pv_voltage",           8, 2, 10,  Unit::Volt);
    /// DC current; the MI series counts tenths: see [`PortRecord::pv_current_a`].
    PV_CURRENT        = unsigned("pv_current",          10, 2, 100, Unit::Ampere);
    /// AC voltage; line to line on three-phase models, as far as is known.
    GRID_VOLTAGE      = unsigned("grid_voltage",        12, 2, 10,  Unit::Volt);
    /// AC frequency.
    GRID_FREQUENCY    = unsigned("grid_frequency",      14, 2, 100, Unit::Hertz);
    /// DC power.
    PV_POWER          = unsigned("pv_power",            16, 2, 10,  Unit::Watt);
    /// Day counter; wraps at 65,535.
    TODAY_PRODUCTION  = unsigned("today_production",    18, 2, 1,   Unit::WattHour);
    /// Lifetime counter.
    TOTAL_PRODUCTION  = unsigned("total_production",    20, 4, 1,   Unit::WattHour);
    /// Of the inverter, repeated in each of its ports.
    TEMPERATURE       = signed(  "temperature",         24, 2, 10,  Unit::Celsius);
    /// 3 working, 0 not working.
    OPERATING_STATUS  = unsigned("operating_status",    26, 2, 1,   Unit::None);
    /// See `plant::alarm`.
    ALARM_CODE        = unsigned("alarm_code",          28, 2, 1,   Unit::None);
    /// Alarms so far.
    ALARM_COUNT       = unsigned("alarm_count",         30, 2, 1,   Unit::None);
    /// One byte: readers that take the whole word see 263 for 1.
    LINK_STATUS       = unsigned("link_status",         32, 1, 1,   Unit::None);
    /// Always 7, also in an empty slot.
    FIXED_BYTE        = unsigned("fixed_byte",          33, 1, 1,   Unit::None);
}

/// What [`FIXED_BYTE`] holds in every record seen.
pub const FIXED_BYTE_VALUE: i64 = 7;

/// One port record, as bytes; the fields are read when asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRecord([u8; RECORD_LEN]);

impl PortRecord {
    /// A slot without a port, as real DTUs send it: not all zero.
    pub fn empty_slot() -> Self {
        let mut record = Self([0; RECORD_LEN]);
        record.set(&DATA_TYPE, 0x0c);
        record.set(&FIXED_BYTE, FIXED_BYTE_VALUE);
        record
    }

    /// The records in an answer. Bytes after the last whole record are left out.
    pub fn split(data: &[u8]) -> impl Iterator<Item = Self> + '_ {
        data.as_chunks::<RECORD_LEN>().0.iter().copied().map(Self)
    }

    /// The record's bytes.
    pub const fn bytes(&self) -> &[u8; RECORD_LEN] {
        &self.0
    }

    /// A field as it stands in the record, not scaled.
    pub fn raw(&self, field: &Field) -> i64 {
        let bytes = &self.0[field.offset..field.offset + field.width];
        let unsigned = bytes.iter().fold(0_i64, |number, &byte| number << 8 | i64::from(byte));
        let bits = 8 * field.width;
        if field.signed && unsigned >> (bits - 1) == 1 { unsigned - (1 << bits) } else { unsigned }
    }

    /// Writes a field, not scaled. Bits beyond its width are cut, as a counter that wraps does.
    pub fn set(&mut self, field: &Field, raw: i64) {
        let bytes = raw.to_be_bytes();
        self.0[field.offset..field.offset + field.width]
            .copy_from_slice(&bytes[bytes.len() - field.width..]);
    }

    /// A field in its unit of measure.
    pub fn value(&self, field: &Field) -> f32 {
        scaled(self.raw(field), field.divisor)
    }

    /// Writes a field in its unit of measure, rounded to what the register can tell.
    pub fn set_value(&mut self, field: &Field, value: f64) {
        self.set(field, (value * f64::from(field.divisor)).round() as i64);
    }

    /// The inverter.
    pub fn serial(&self) -> Serial {
        let [_, serial @ .., _] = self.0.first_chunk::<8>().expect("a record has 40 bytes");
        Serial::from_bytes(*serial)
    }

    /// Writes the inverter's serial.
    pub fn set_serial(&mut self, serial: Serial) {
        self.0[SERIAL.offset..SERIAL.offset + SERIAL.width].copy_from_slice(&serial.to_bytes());
    }

    /// The port number, from 1.
    pub const fn port(&self) -> u8 {
        self.0[PORT.offset]
    }

    /// Whether the list ends here.
    pub fn is_empty_slot(&self) -> bool {
        self.serial().is_empty()
    }

    /// The DC current in A.
    ///
    /// The scale follows the serial ([`model::pv_current_divisor`]). Readers disagree about the MI
    /// series, so power is the judge where there is enough of it: if U × I is far closer to P at
    /// the other scale, the other scale is right.
    pub fn pv_current_a(&self) -> f32 {
        /// Below this power the registers are too coarse to tell the scales apart, W.
        const ENOUGH_POWER: f32 = 20.0;
        /// How much closer the other scale must come.
        const FAR_CLOSER: f32 = 4.0;

        let raw = self.raw(&PV_CURRENT);
        let usual = model::pv_current_divisor(self.serial());
        let other = if usual == 10 { 100 } else { 10 };
        let power = self.value(&PV_POWER);
        let error = |divisor| (self.value(&PV_VOLTAGE) * scaled(raw, divisor) - power).abs();
        let divisor = if power >= ENOUGH_POWER && error(other) * FAR_CLOSER < error(usual) {
            other
        } else {
            usual
        };
        scaled(raw, divisor)
    }
}

fn scaled(raw: i64, divisor: u16) -> f32 {
    // Divided in f64 and rounded once, so that 238.1 V is the f32 nearest to 238.1.
    (raw as f64 / f64::from(divisor)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rows_do_not_overlap() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].offset + pair[0].width == pair[1].offset));
    }

    #[test]
    fn power_decides_the_scale_of_the_current_where_it_can() {
        let mut record = PortRecord::empty_slot();
        record.set_serial("106000000001".parse().unwrap());
        record.set_value(&PV_VOLTAGE, 36.0);
        record.set(&PV_CURRENT, 55);
        record.set_value(&PV_POWER, 198.0);
        assert_eq!(record.pv_current_a(), 5.5);
        record.set(&PV_CURRENT, 550);
        assert_eq!(record.pv_current_a(), 5.5, "an MI that counts hundredths");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(numbers in proptest::collection::vec(any::<i64>(), FIELDS.len())) {
            let mut record = PortRecord([0; RECORD_LEN]);
            for (field, &number) in FIELDS.iter().zip(&numbers) {
                record.set(field, number);
            }
            for (field, &number) in FIELDS.iter().zip(&numbers) {
                let bits = 8 * field.width;
                let cut = number & ((1 << bits) - 1);
                prop_assert_eq!(record.raw(field) & ((1 << bits) - 1), cut);
                prop_assert_eq!(record.raw(field) < 0, field.signed && cut >> (bits - 1) == 1);
            }
        }
    }
}
