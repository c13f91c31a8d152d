//! Values in PostgreSQL's binary format, the same for `COPY` and for the answers of queries.

use jiff::civil::{Date, date};
use jiff::{Span, Unit};

use crate::transfer::{Value, compact};

/// Where PostgreSQL's calendar begins, as microseconds since 1970.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const EPOCH_DAY: Date = date(2000, 1, 1);
/// What `jsonb` begins with.
const JSONB_VERSION: u8 = 1;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SmallInt,
    Integer,
    BigInt,
    Real,
    Double,
    Text,
    Day,
    Time,
    Json,
}

impl Kind {
    /// By the server's own name; none for a type that no table of ours has.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "int2" => Self::SmallInt,
            "int4" => Self::Integer,
            "int8" => Self::BigInt,
            "float4" => Self::Real,
            "float8" => Self::Double,
            "text" => Self::Text,
            "date" => Self::Day,
            "timestamptz" => Self::Time,
            "jsonb" => Self::Json,
            _ => return None,
        })
    }

    /// What the server sent. None if it makes no sense.
    pub(super) fn read(self, bytes: &[u8]) -> Option<Value> {
        Some(match self {
            Self::SmallInt => Value::Integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Integer => Value::Integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::BigInt => Value::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Real => Value::Real(as_told(f32::from_be_bytes(bytes.try_into().ok()?))),
            Self::Double => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Text => Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
            Self::Day => {
                let days = i32::from_be_bytes(bytes.try_into().ok()?);
                let day = EPOCH_DAY.checked_add(Span::new().try_days(days).ok()?).ok()?;
                Value::Text(day.to_string())
            }
            Self::Time => {
                let micros = i64::from_be_bytes(bytes.try_into().ok()?);
                Value::Integer(micros.checked_add(EPOCH_MICROS)?)
            }
            Self::Json => Value::Text(compact(std::str::from_utf8(bytes.get(1..)?).ok()?)),
        })
    }

    /// As the server wants it, after its length. None if the column cannot hold it.
    pub(super) fn write(self, value: &Value, buffer: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (_, Value::Null) => buffer.extend((-1_i32).to_be_bytes()),
            (Self::SmallInt, Value::Integer(number)) => {
                field(buffer, &i16::try_from(*number).ok()?.to_be_bytes());
            }
            (Self::Integer, Value::Integer(number)) => {
                field(buffer, &i32::try_from(*number).ok()?.to_be_bytes());
            }
            (Self::BigInt, Value::Integer(number)) => field(buffer, &number.to_be_bytes()),
            (Self::Time, Value::Integer(micros)) => {
                field(buffer, &micros.checked_sub(EPOCH_MICROS)?.to_be_bytes());
            }
            (Self::Real, Value::Real(number)) => {
                #[expect(clippy::cast_possible_truncation, reason = "what the column can hold")]
                let narrow = *number as f32;
                field(buffer, &narrow.to_be_bytes());
            }
            (Self::Double, Value::Real(number)) => field(buffer, &number.to_be_bytes()),
            (Self::Text, Value::Text(text)) => field(buffer, text.as_bytes()),
            (Self::Day, Value::Text(text)) => {
                let day: Date = text.parse().ok()?;
                let days = day.since((Unit::Day, EPOCH_DAY)).ok()?.get_days();
                field(buffer, &days.to_be_bytes());
            }
            (Self::Json, Value::Text(text)) => {
                let mut json = vec![JSONB_VERSION];
                json.extend(text.as_bytes());
                field(buffer, &json);
            }
            _ => return None,
        }
        Some(())
    }
}

/// 231.4 and not 231.399993896484, which is what the nearest `f32` is in full: as the other engine
/// keeps it.
fn as_told(narrow: f32) -> f64 {
    narrow.to_string().parse().unwrap_or_else(|_| narrow.into())
}

fn field(buffer: &mut Vec<u8>, bytes: &[u8]) {
    // Nothing of ours is anywhere near 2 GB.
    buffer.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    buffer.extend(bytes);
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (kind, value) in [
            (Kind::SmallInt, Value::Integer(-3)),
            (Kind::Integer, Value::Integer(70_000)),
            (Kind::BigInt, Value::Integer(1 << 40)),
            (Kind::Real, Value::Real(33.1)),
            (Kind::Double, Value::Real(0.1)),
            (Kind::Text, text("Süd")),
            (Kind::Day, text("2026-06-21")),
            (Kind::Day, text("1999-12-31")),
            (Kind::Time, Value::Integer(1_750_507_200_123_456)),
            (Kind::Time, Value::Integer(-1)),
            (Kind::Json, text(r#"{"a":[1,"x y"]}"#)),
        ] {
            let mut buffer = Vec::new();
            kind.write(&value, &mut buffer).unwrap();
            assert_eq!(buffer[..4], u32::try_from(buffer.len() - 4).unwrap().to_be_bytes());
            assert_eq!(kind.read(&buffer[4..]), Some(value), "{kind:?}");
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        for (kind, value) in [
            (Kind::SmallInt, Value::Integer(40_000)),
            (Kind::Integer, Value::Integer(1 << 40)),
            (Kind::Day, Value::Text("someday".to_owned())),
            (Kind::Text, Value::Integer(1)),
        ] {
            assert_eq!(kind.write(&value, &mut Vec::new()), None);
        }
    }

    #[test]
    fn a_day_is_counted_from_2000() {
        let mut buffer = Vec::new();
        Kind::Day.write(&Value::Text("2000-03-01".to_owned()), &mut buffer).unwrap();
        assert_eq!(buffer[4..], 60_i32.to_be_bytes());
        assert_eq!(EPOCH_DAY.saturating_add(60.days()), date(2000, 3, 1));
    }
}
