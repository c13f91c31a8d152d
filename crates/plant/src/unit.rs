//! Units of the quantities a DTU reports.

use std::fmt;

/// A unit of measure, printed as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A plain number or code.
    None,
    /// V
    Volt,
    /// A
    Ampere,
    /// W
    Watt,
    /// Wh
    WattHour,
    /// Hz
    Hertz,
    /// °C
    Celsius,
}

impl Unit {
    /// The symbol, empty for a plain number.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Volt => "V",
            Self::Ampere => "A",
            Self::Watt => "W",
            Self::WattHour => "Wh",
            Self::Hertz => "Hz",
            Self::Celsius => "°C",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}
