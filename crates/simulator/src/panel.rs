//! What is on the roof: one panel per port.

/// The plane of a roof.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// 0° is flat, 90° a wall.
    pub tilt_deg: f64,
    /// Where it faces, clockwise from north: 90 east, 180 south, 270 west.
    pub azimuth_deg: f64,
}

impl Plane {
    /// A roof that faces the morning sun.
    pub const EAST: Self = Self { tilt_deg: 35.0, azimuth_deg: 95.0 };
    /// A roof that faces the noon sun of the northern hemisphere.
    pub const SOUTH: Self = Self { tilt_deg: 35.0, azimuth_deg: 180.0 };
    /// A roof that faces the evening sun.
    pub const WEST: Self = Self { tilt_deg: 35.0, azimuth_deg: 265.0 };
    /// A roof that faces the noon sun of the southern hemisphere.
    pub const NORTH: Self = Self { tilt_deg: 35.0, azimuth_deg: 0.0 };
}

/// Something that stands between the sun and a panel: a chimney, a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shade {
    /// It reaches from this azimuth, degrees clockwise from north …
    pub from_azimuth_deg: f64,
    /// … to this one.
    pub to_azimuth_deg: f64,
    /// It hides the sun below this elevation, degrees.
    pub below_elevation_deg: f64,
    /// The share of the direct light it takes, 0 to 1.
    pub blocked: f64,
}

/// The panel on one port of an inverter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    /// On its type plate: W at 1000 W/m² and 25 °C.
    pub rated_w: f64,
    /// Where it looks.
    pub plane: Plane,
    /// What is left of the rated power after age, dirt and defects: 1.0 as new.
    pub factor: f64,
    /// What the inverter can take from this port, W: the sun's peaks are clipped here.
    pub limit_w: f64,
    /// What shades it.
    pub shade: Option<Shade>,
    /// What the port's lifetime counter showed when the plant was installed, Wh. A second-hand
    /// inverter starts high, and so does a test of counters above 2³¹.
    pub initial_total_wh: u32,
}

impl Panel {
    /// A panel as new, unshaded, on a port that takes all of it.
    pub const fn new(rated_w: f64, plane: Plane) -> Self {
        Self {
            rated_w,
            plane,
            factor: 1.0,
            limit_w: f64::INFINITY,
            shade: None,
            initial_total_wh: 0,
        }
    }

    /// The same with another [`Panel::factor`].
    #[must_use]
    pub const fn with_factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// The same on a port that takes no more than `limit_w`.
    #[must_use]
    pub const fn with_limit(self, limit_w: f64) -> Self {
        Self { limit_w, ..self }
    }

    /// The same behind something.
    #[must_use]
    pub const fn shaded(self, shade: Shade) -> Self {
        Self { shade: Some(shade), ..self }
    }

    /// The same on a port that has counted before.
    #[must_use]
    pub const fn with_initial_total(self, initial_total_wh: u32) -> Self {
        Self { initial_total_wh, ..self }
    }
}
