//! The shapes of `/api/layout`, and of what can be said about panels and inverters.

use std::collections::BTreeSet;

use plant::Serial;
use plant::arrangement;
use plant::inventory::MAX_PORT;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// More than any plant has that one bridge reads.
const MOST_PANELS: usize = 2000;
/// As above.
const MOST_ROOFS: usize = 100;
/// What fits on a page.
const LONGEST_NAME: usize = 64;
/// A kilometre of panels.
const FARTHEST: f64 = 1000.0;

/// Where panels lie.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The panels that have a place, at most 2000.
    #[schema(max_items = 2000)]
    pub panels: Vec<PlacedPanel>,
    /// The roofs that they lie on, at most 100.
    #[schema(max_items = 100)]
    pub roofs: Vec<Roof>,
}

/// A panel with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacedPanel {
    /// The inverter that it feeds.
    #[schema(pattern = "^[0-9a-f]{12}$", example = "116100000001")]
    pub serial_number: String,
    /// The port of the inverter, from 1.
    #[schema(minimum = 1, maximum = 8, example = 1)]
    pub port_number: u8,
    /// To the right, in panel widths.
    #[schema(minimum = -1000, maximum = 1000, example = 2.0)]
    pub x: f64,
    /// Down, in panel widths.
    #[schema(minimum = -1000, maximum = 1000, example = 0.0)]
    pub y: f64,
    /// Clockwise, in degrees.
    #[schema(minimum = -360, maximum = 360, example = 90.0)]
    pub rotation: f64,
    /// The name of its roof, one of `roofs`.
    #[schema(max_length = 64, example = "south")]
    #[serde(default)]
    pub roof: Option<String>,
}

/// A roof, or another plane that panels share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Roof {
    /// Its name, unlike that of any other.
    #[schema(min_length = 1, max_length = 64, example = "south")]
    pub name: String,
    /// Where it faces, in degrees clockwise from north.
    #[schema(minimum = 0, maximum = 360, example = 180.0)]
    #[serde(default)]
    pub azimuth: Option<f64>,
    /// How steep it is, in degrees: 0 lies flat.
    #[schema(minimum = 0, maximum = 90, example = 35.0)]
    #[serde(default)]
    pub tilt: Option<f64>,
}

/// How a panel is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelName {
    /// Up to 64 characters; null for none.
    #[schema(min_length = 1, max_length = 64, required = true, example = "dormer, left")]
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<String>,
}

/// Whether an inverter is out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// True for out of service.
    #[schema(example = true)]
    pub retired: bool,
}

impl From<&arrangement::Layout> for Layout {
    fn from(layout: &arrangement::Layout) -> Self {
        let panels = layout.panels.iter().map(|panel| PlacedPanel {
            serial_number: panel.serial.to_string(),
            port_number: panel.port,
            x: panel.x,
            y: panel.y,
            rotation: panel.rotation_deg,
            roof: panel.roof.clone(),
        });
        let roofs = layout.roofs.iter().map(|roof| Roof {
            name: roof.name.clone(),
            azimuth: roof.azimuth_deg,
            tilt: roof.tilt_deg,
        });
        Self { panels: panels.collect(), roofs: roofs.collect() }
    }
}

impl TryFrom<Layout> for arrangement::Layout {
    type Error = Problem;

    fn try_from(layout: Layout) -> Result<Self, Problem> {
        at_most("panels", layout.panels.len(), MOST_PANELS)?;
        at_most("roofs", layout.roofs.len(), MOST_ROOFS)?;
        let roofs: Vec<_> =
            layout.roofs.into_iter().enumerate().map(roof).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        for (index, roof) in roofs.iter().enumerate() {
            if !names.insert(roof.name.as_str()) {
                return Err(bad(format!("roofs[{index}].name"), "a name that no other roof has"));
            }
        }
        let mut places = BTreeSet::new();
        let mut panels = Vec::with_capacity(layout.panels.len());
        for (index, panel) in layout.panels.into_iter().enumerate() {
            let panel = placed(index, panel)?;
            if !places.insert((panel.serial, panel.port)) {
                return Err(bad(format!("panels[{index}]"), "a panel that is not listed before"));
            }
            if panel.roof.as_ref().is_some_and(|roof| !names.contains(roof.as_str())) {
                return Err(bad(format!("panels[{index}].roof"), "the name of one of 'roofs'"));
            }
            panels.push(panel);
        }
        Ok(Self { panels, roofs })
    }
}

impl PanelName {
    /// The name, if it is one.
    ///
    /// # Errors
    /// [`Problem::BadBody`].
    pub fn parse(self) -> Result<Option<String>, Problem> {
        self.name.map(|name| self::name("name", name)).transpose()
    }
}

fn placed(index: usize, panel: PlacedPanel) -> Result<arrangement::PlacedPanel, Problem> {
    let field = |name: &str| format!("panels[{index}].{name}");
    let serial: Serial = panel
        .serial_number
        .parse()
        .map_err(|_| bad(field("serial_number"), "a serial number of 12 hexadecimal digits"))?;
    if !(1..=MAX_PORT).contains(&panel.port_number) {
        return Err(bad(field("port_number"), "a whole number from 1 to 8"));
    }
    let place = "a number of panel widths from -1000 to 1000";
    Ok(arrangement::PlacedPanel {
        serial,
        port: panel.port_number,
        x: within(field("x"), panel.x, (-FARTHEST, FARTHEST), place)?,
        y: within(field("y"), panel.y, (-FARTHEST, FARTHEST), place)?,
        rotation_deg: within(
            field("rotation"),
            panel.rotation,
            (-360.0, 360.0),
            "a number of degrees from -360 to 360",
        )?,
        roof: panel.roof,
    })
}

fn roof((index, roof): (usize, Roof)) -> Result<arrangement::Roof, Problem> {
    let field = |name: &str| format!("roofs[{index}].{name}");
    let azimuth = roof.azimuth.map(|degrees| {
        within(field("azimuth"), degrees, (0.0, 360.0), "a number of degrees from 0 to 360")
    });
    let tilt = roof.tilt.map(|degrees| {
        within(field("tilt"), degrees, (0.0, 90.0), "a number of degrees from 0 to 90")
    });
    Ok(arrangement::Roof {
        name: name(&field("name"), roof.name)?,
        azimuth_deg: azimuth.transpose()?,
        tilt_deg: tilt.transpose()?,
    })
}

fn name(field: &str, name: String) -> Result<String, Problem> {
    let trimmed = name.trim();
    let length = trimmed.chars().count();
    if (1..=LONGEST_NAME).contains(&length) && !trimmed.contains(char::is_control) {
        Ok(trimmed.to_owned())
    } else {
        Err(bad(field.to_owned(), "1 to 64 characters in one line"))
    }
}

fn within(
    field: String,
    number: f64,
    (least, most): (f64, f64),
    allowed: &'static str,
) -> Result<f64, Problem> {
    if (least..=most).contains(&number) { Ok(number) } else { Err(bad(field, allowed)) }
}

fn at_most(field: &str, found: usize, most: usize) -> Result<(), Problem> {
    let allowed = if most == MOST_PANELS { "at most 2000 panels" } else { "at most 100 roofs" };
    if found <= most { Ok(()) } else { Err(bad(field.to_owned(), allowed)) }
}

fn bad(field: String, allowed: &'static str) -> Problem {
    Problem::BadField { field, allowed }
}
