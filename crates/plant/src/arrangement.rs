//! What people say about a plant that no device knows: where panels lie, how they are called, which
//! inverters are out of service.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Serial;

/// Everything that people have said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrangement {
    /// Where panels lie.
    pub layout: Layout,
    /// How panels are called, by inverter and port.
    pub names: BTreeMap<(Serial, u8), String>,
    /// Inverters that are out of service. What they have shown stays.
    pub retired: BTreeSet<Serial>,
}

/// Where panels lie, seen from above or from the front: as people draw it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Layout {
    /// The panels that have a place.
    pub panels: Vec<PlacedPanel>,
    /// The roofs that they lie on.
    pub roofs: Vec<Roof>,
}

/// A panel with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedPanel {
    /// The inverter that it feeds.
    pub serial: Serial,
    /// The port of the inverter.
    pub port: u8,
    /// To the right, in panel widths.
    pub x: f64,
    /// Down, in panel widths.
    pub y: f64,
    /// Clockwise, in degrees.
    pub rotation_deg: f64,
    /// The name of its roof.
    pub roof: Option<String>,
}

/// A roof, or another plane that panels share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Roof {
    /// Its name, unlike that of any other.
    pub name: String,
    /// Where it faces, in degrees clockwise from north.
    pub azimuth_deg: Option<f64>,
    /// How steep it is, in degrees: 0 lies flat.
    pub tilt_deg: Option<f64>,
}

/// One thing that somebody says.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Panels lie so.
    Layout(Layout),
    /// A panel is called so, or has no name any more.
    PanelName {
        /// The inverter.
        serial: Serial,
        /// The port.
        port: u8,
        /// The name.
        name: Option<String>,
    },
    /// An inverter is out of service, or back.
    Retired {
        /// The inverter.
        serial: Serial,
        /// Whether it is out of service.
        retired: bool,
    },
}

impl Arrangement {
    /// Takes over what somebody said.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Layout(layout) => self.layout = layout,
            Change::PanelName { serial, port, name: Some(name) } => {
                self.names.insert((serial, port), name);
            }
            Change::PanelName { serial, port, name: None } => {
                self.names.remove(&(serial, port));
            }
            Change::Retired { serial, retired: true } => {
                self.retired.insert(serial);
            }
            Change::Retired { serial, retired: false } => {
                self.retired.remove(&serial);
            }
        }
    }
}
