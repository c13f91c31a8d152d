//! Whether an address counts bytes or registers.
//!
//! Both kinds of firmware are in the field and nothing announces which one answers
//! (`protocol/modbus.md` 2.2). Port n lies at 0x1000 + 40n where addresses count bytes and at
//! 0x1000 + 20n where they count registers. A reader that takes the wrong one sees every second
//! port and no error, so it is found out by comparing, never assumed.

use std::fmt;
use std::str::FromStr;

use ::modbus::PortRecord;
use ::modbus::map::{FIXED_BYTE, FIXED_BYTE_VALUE, PORTS_ADDRESS, RECORD_REGISTERS};
use plant::inventory::MAX_PORT;
use plant::model::{Model, is_plausible_inverter};
use serde::{Deserialize, Serialize};

use super::session::{Answer, Session};
use super::{ModbusDriver, identity};
use crate::driver::{Cause, DriverError};

/// What an address counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Bytes: the official note, most DTU-Pro and Pro-S.
    Byte,
    /// Registers: firmware V00.07 on a DTU-Pro.
    Word,
}

impl Dialect {
    /// Addresses from one record to the next.
    const fn stride(self) -> u16 {
        match self {
            Self::Byte => 2 * RECORD_REGISTERS,
            Self::Word => RECORD_REGISTERS,
        }
    }

    /// Where the record of a slot begins. Slots count from 0.
    pub(super) const fn address(self, slot: u16) -> u16 {
        PORTS_ADDRESS + slot * self.stride()
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Byte => "byte",
            Self::Word => "word",
        })
    }
}

/// What the configuration says about the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectSetting {
    /// Find out.
    #[default]
    Auto,
    /// It is [`Dialect::Byte`].
    Byte,
    /// It is [`Dialect::Word`].
    Word,
}

impl DialectSetting {
    const fn fixed(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::Byte => Some(Dialect::Byte),
            Self::Word => Some(Dialect::Word),
        }
    }
}

/// A text that names no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no addressing: auto, byte or word")]
pub struct DialectSettingError(String);

impl FromStr for DialectSetting {
    type Err = DialectSettingError;

    fn from_str(text: &str) -> Result<Self, DialectSettingError> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "byte" => Ok(Self::Byte),
            "word" => Ok(Self::Word),
            _ => Err(DialectSettingError(text.to_owned())),
        }
    }
}

impl ModbusDriver {
    /// The dialect to speak. Nothing is known of a plant with one port, where both mean the same.
    pub(super) fn known_dialect(&self) -> Dialect {
        self.endpoint.dialect.fixed().or(self.memory.dialect).unwrap_or(Dialect::Byte)
    }

    /// The dialect to speak, found out now if it is not known or in doubt.
    pub(super) async fn find_dialect(
        &mut self,
        session: &mut Session<'_>,
    ) -> Result<Dialect, DriverError> {
        let known = self.endpoint.dialect.fixed().or(self.memory.dialect);
        if let Some(dialect) = known
            && !self.sees_first_ports_only()
        {
            return Ok(dialect);
        }
        self.memory.dialect = if self.memory.ladder.is_single() {
            detect_by_single_reads(session).await?
        } else {
            match session.records(PORTS_ADDRESS, 2).await? {
                Answer::Records(records) => detect_by_second(session, &records).await?,
                Answer::Refused => {
                    let found = detect_by_single_reads(session).await?;
                    self.memory.ladder.single_only();
                    found
                }
            }
        };
        Ok(self.known_dialect())
    }

    /// Only port 1 of every inverter that has several: what the wrong dialect looks like.
    fn sees_first_ports_only(&self) -> bool {
        let has_several =
            |serial| Model::of(serial).and_then(|model| model.ports).is_some_and(|ports| ports > 1);
        let mut suspects = self.memory.slots.iter().filter(|slot| has_several(slot.0)).peekable();
        self.endpoint.dialect == DialectSetting::Auto
            && suspects.peek().is_some()
            && suspects.all(|slot| slot.1 == 1)
    }

    pub(super) fn dialect_in_words(&self) -> String {
        let addressing = match (self.endpoint.dialect.fixed(), self.memory.dialect) {
            (Some(dialect), _) => format!("{dialect} addressing as configured"),
            (None, Some(dialect)) => format!("{dialect} addressing"),
            (None, None) => "addressing not told yet".to_owned(),
        };
        format!("{addressing}, {}", self.memory.ladder)
    }
}

/// Two records were read at once: the second one's own address tells the dialect.
async fn detect_by_second(
    session: &mut Session<'_>,
    records: &[PortRecord],
) -> Result<Option<Dialect>, DriverError> {
    let [first, second] = records else {
        return Err(session.error(Cause::Nonsense("two records were asked for".to_owned())));
    };
    if first.is_empty_slot() {
        return Err(session.error(Cause::NoInverters));
    }
    if second.is_empty_slot() {
        return Ok(None);
    }
    for dialect in [Dialect::Byte, Dialect::Word] {
        let alone = session.record(dialect.address(1)).await?;
        if alone.is_some_and(|record| identity(&record) == identity(second)) {
            return Ok(Some(dialect));
        }
    }
    Err(session.error(Cause::Nonsense(
        "its second port is found neither by byte nor by word addressing".to_owned(),
    )))
}

/// The DTU shows one record at a time: the address at which a record makes sense tells.
///
/// The word address is looked at first. Read in bytes it lands in the middle of a record, which
/// does not look like one; read in words the byte address lands on the third record, which does.
async fn detect_by_single_reads(session: &mut Session<'_>) -> Result<Option<Dialect>, DriverError> {
    session.first_record().await?;
    for dialect in [Dialect::Word, Dialect::Byte] {
        let record = session.record(dialect.address(1)).await?;
        if record.is_some_and(|record| looks_like_a_port(&record)) {
            return Ok(Some(dialect));
        }
    }
    Ok(None)
}

/// Whether a record could be a port's and not a slice across two of them.
fn looks_like_a_port(record: &PortRecord) -> bool {
    is_plausible_inverter(record.serial())
        && (1..=MAX_PORT).contains(&record.port())
        && record.raw(&FIXED_BYTE) == FIXED_BYTE_VALUE
}
