//! Rows as neither engine has them and both can, and what tells that two tables hold the same.
//!
//! A [`Value`] is one of SQLite's: a time is microseconds since 1970, a day and JSON are text, a
//! real number has the precision of the wider engine.
//!
//! A [`Seal`] counts rows and adds up a hash of each. The sum knows no order, so it is the same
//! whatever order an engine reads in, and grows with the rows. Before a row is hashed, what the two
//! engines write differently is made the same: real numbers have the precision of the narrower
//! engine, JSON has its keys sorted and no blanks.

use std::fmt;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number, or a time in microseconds since 1970.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text, a day, or JSON.
    Text(String),
}

/// The values of a row, in the order of [`Table::columns`](super::Table::columns).
pub type Row = Vec<Value>;

/// How many rows there are, and what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seal {
    /// How many.
    pub rows: u64,
    /// The sum of their hashes.
    pub checksum: u64,
}

impl Seal {
    /// One row more.
    pub fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        self.checksum = self.checksum.wrapping_add(hash(row));
    }

    /// As it is written down.
    pub fn checksum_text(self) -> String {
        format!("{:016x}", self.checksum)
    }

    /// What was written down; none for anything else.
    pub fn parse(rows: i64, checksum: &str) -> Option<Self> {
        let rows = u64::try_from(rows).ok()?;
        Some(Self { rows, checksum: u64::from_str_radix(checksum, 16).ok()? })
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows with the checksum {:016x}", self.rows, self.checksum)
    }
}

fn hash(row: &[Value]) -> u64 {
    let mut bytes = Vec::with_capacity(row.len() * 9);
    for value in row {
        match value {
            Value::Integer(number) => {
                bytes.push(b'i');
                bytes.extend(number.to_be_bytes());
            }
            // One engine keeps "not a number", the other makes nothing of it.
            Value::Real(number) if !number.is_nan() => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the narrower engine's precision"
                )]
                let narrow = *number as f32;
                bytes.push(b'r');
                // Plus zero: SQLite does not keep the sign of a zero.
                bytes.extend((narrow + 0.0).to_be_bytes());
            }
            Value::Text(text) => {
                let text = canonical(text);
                let text = text.as_deref().unwrap_or(match value {
                    Value::Text(text) => text,
                    _ => "",
                });
                bytes.push(b't');
                bytes.extend((text.len() as u64).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            Value::Null | Value::Real(_) => bytes.push(b'n'),
        }
    }
    let digest = Sha256::digest(&bytes);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// JSON in one spelling; none for a text that is no JSON.
fn canonical(text: &str) -> Option<String> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    let mut json: Json = serde_json::from_str(text).ok()?;
    settle(&mut json);
    Some(json.to_string())
}

/// 1.0 and 1 are one number to PostgreSQL.
fn settle(json: &mut Json) {
    /// Up to here every whole number is a double.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    match json {
        Json::Number(number) => {
            if let Some(real) = number.as_f64()
                && real.fract() == 0.0
                && real.abs() < WHOLE
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within i64")]
                let whole = real as i64;
                *number = whole.into();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(settle),
        Json::Object(entries) => entries.values_mut().for_each(settle),
        Json::Null | Json::Bool(_) | Json::String(_) => {}
    }
}

/// JSON without the blanks that PostgreSQL puts between its parts, so that a key that is JSON is the
/// same text as the bridge writes. No digit is touched.
pub(crate) fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for character in json.chars() {
        if !quoted && character.is_ascii_whitespace() {
            continue;
        }
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && character == '\\' && !escaped;
        compact.push(character);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(rows: &[Row]) -> Seal {
        let mut seal = Seal::default();
        rows.iter().for_each(|row| seal.add(row));
        seal
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_seal_knows_no_order_and_every_value() {
        let (one, two) = (vec![Value::Integer(1), text("a")], vec![Value::Integer(2), text("b")]);
        assert_eq!(seal(&[one.clone(), two.clone()]), seal(&[two.clone(), one.clone()]));
        let swapped = [vec![Value::Integer(1), text("b")], vec![Value::Integer(2), text("a")]];
        assert_ne!(seal(&[one.clone(), two]), seal(&swapped));
        // The same sum of two and of none is what an exclusive or would give.
        assert_ne!(seal(&[one.clone(), one]).checksum, 0);
        assert_ne!(seal(&[vec![Value::Null]]), seal(&[vec![Value::Integer(0)]]));
    }

    #[test]
    fn what_the_engines_write_differently_is_the_same() {
        for (one, other) in [
            (Value::Real(f64::from(33.1_f32)), Value::Real(33.1)),
            (Value::Real(-0.0), Value::Real(0.0)),
            (Value::Real(f64::NAN), Value::Null),
            (text(r#"{"b":1.0,"a":[1,2.5]}"#), text(r#"{"a": [1, 2.5], "b": 1}"#)),
        ] {
            assert_eq!(seal(&[vec![one]]), seal(&[vec![other]]));
        }
        assert_ne!(seal(&[vec![text("[a")]]), seal(&[vec![text("[ a")]]));
    }

    #[test]
    fn json_loses_its_blanks_and_no_text() {
        assert_eq!(
            compact(r#"{"a": "x y \" , z", "b": [1, 2]}"#),
            r#"{"a":"x y \" , z","b":[1,2]}"#
        );
        assert_eq!(compact(r#"["\\", 1]"#), r#"["\\",1]"#);
    }
}
