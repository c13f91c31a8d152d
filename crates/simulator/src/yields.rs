//! Power and energy of every kind of panel, day by day.
//!
//! Panels that agree in everything that matters share a *kind*, and a kind's curve over a day is
//! computed once: power at the sky's knots, linear in between, and the energy up to each knot,
//! which is therefore the exact integral of the power shown. Energy before a day is the sum of the
//! days since installation. That sum is kept for every day (8 bytes per kind); curves only for a
//! few days, since a live plant needs one and a history walks through them in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::{Span, Timestamp};

use crate::panel::Panel;
use crate::plant::Site;
use crate::sky::{Knot, Sky};

/// An inverter does not start below this power, W.
const CUT_IN_W: f64 = 2.0;
/// Power lost per degree above 25 °C of the cell, a usual value of silicon modules.
const LOSS_PER_K: f64 = 0.0035;
/// How much warmer the cell is than the air, °C per W/m²: 24 °C at 800 W/m².
const CELL_WARMING: f64 = 0.03;
/// What the ground throws back.
const ALBEDO: f64 = 0.2;
/// Days whose curves are kept: today and its neighbours.
const DAYS_KEPT: usize = 4;

/// One kind of panel at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Yield {
    pub(crate) power_w: f64,
    /// Since local midnight.
    pub(crate) today_wh: f64,
    /// Since installation.
    pub(crate) since_installed_wh: f64,
}

/// The yields of all kinds of panels of a site.
#[derive(Debug)]
pub(crate) struct Yields {
    site: Site,
    kinds: Vec<Kind>,
    /// Short critical sections, the first one after a start excepted: it walks from the day of
    /// installation to the day asked for, some 80 µs per day.
    days: Mutex<Days>,
}

#[derive(Debug)]
struct Days {
    /// `wh_before[day][kind]`: energy from installation to the start of a day, Wh.
    wh_before: Vec<Vec<f64>>,
    recent: VecDeque<Arc<Day>>,
}

/// All curves of one day.
#[derive(Debug)]
pub(crate) struct Day {
    number: usize,
    sky: Sky,
    curves: Vec<Curve>,
    wh_before: Vec<f64>,
}

/// Power in W at each knot, and energy in Wh from midnight to it.
#[derive(Debug)]
struct Curve(Vec<(f64, f64)>);

/// A panel's properties as its curve needs them, the angles worked out.
#[derive(Debug)]
struct Kind {
    panel: Panel,
    normal: [f64; 3],
    /// Share of the sky, and of the ground, that the plane sees.
    sky_view: f64,
    ground_view: f64,
}

impl Yields {
    pub(crate) fn new(site: Site, panels: &[Panel]) -> Self {
        let kinds: Vec<Kind> = panels.iter().copied().map(Kind::new).collect();
        let days = Days {
            wh_before: vec![vec![0.0; kinds.len()]],
            recent: VecDeque::with_capacity(DAYS_KEPT + 1),
        };
        Self { site, kinds, days: Mutex::new(days) }
    }

    /// The local day of an instant; `None` before the installation.
    pub(crate) fn day(&self, at: Timestamp) -> Option<Arc<Day>> {
        let date = self.site.time_zone.to_datetime(at).date();
        let number = usize::try_from((date - self.site.installed).get_days()).ok()?;
        let mut days = self.days.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while days.wh_before.len() <= number {
            let last = days.wh_before.len() - 1;
            let whole = self.built(&mut days, last);
            let after = whole
                .wh_before
                .iter()
                .zip(&whole.curves)
                .map(|(before, curve)| before + curve.total_wh())
                .collect();
            days.wh_before.push(after);
        }
        Some(self.built(&mut days, number))
    }

    fn built(&self, days: &mut Days, number: usize) -> Arc<Day> {
        if let Some(day) = days.recent.iter().find(|day| day.number == number) {
            return Arc::clone(day);
        }
        let days_on = i64::try_from(number).expect("a number of days is small");
        let date = self.site.installed + Span::new().days(days_on);
        let sky = Sky::of(&self.site, date);
        let day = Arc::new(Day {
            number,
            curves: self.kinds.iter().map(|kind| kind.curve(&sky)).collect(),
            wh_before: days.wh_before[number].clone(),
            sky,
        });
        days.recent.push_front(Arc::clone(&day));
        days.recent.truncate(DAYS_KEPT);
        day
    }
}

impl Day {
    /// What one kind of panel yields at an instant of this day.
    pub(crate) fn at(&self, kind: usize, at: Timestamp) -> Yield {
        let (knot, fraction) = self.place(at);
        let curve = &self.curves[kind].0;
        let (left, wh_to_left) = curve[knot];
        let (right, _) = curve[knot + 1];
        // The integral of a straight line from `left`, over `fraction` of a step.
        let within = left * fraction + (right - left) * fraction * fraction / 2.0;
        let today_wh = wh_to_left + within * self.sky.step_s / 3600.0;
        Yield {
            power_w: left + (right - left) * fraction,
            today_wh,
            since_installed_wh: self.wh_before[kind] + today_wh,
        }
    }

    /// The air's temperature at an instant of this day, °C.
    pub(crate) fn air_c(&self, at: Timestamp) -> f64 {
        let (knot, fraction) = self.place(at);
        let (left, right) = (self.sky.air_c[knot], self.sky.air_c[knot + 1]);
        left + (right - left) * fraction
    }

    /// The knot before an instant, and how far it is on the way to the next.
    fn place(&self, at: Timestamp) -> (usize, f64) {
        let unix_s = at.as_second() as f64 + f64::from(at.subsec_nanosecond()) / 1e9;
        let steps = ((unix_s - self.sky.start_s) / self.sky.step_s).max(0.0);
        let knot = (steps as usize).min(self.sky.knots.len() - 2);
        (knot, (steps - knot as f64).min(1.0))
    }
}

impl Curve {
    fn total_wh(&self) -> f64 {
        self.0.last().map_or(0.0, |&(_, wh)| wh)
    }
}

impl Kind {
    fn new(panel: Panel) -> Self {
        let (tilt_sin, tilt_cos) = panel.plane.tilt_deg.to_radians().sin_cos();
        let (east, north) = panel.plane.azimuth_deg.to_radians().sin_cos();
        Self {
            panel,
            normal: [east * tilt_sin, north * tilt_sin, tilt_cos],
            sky_view: (1.0 + tilt_cos) / 2.0,
            ground_view: (1.0 - tilt_cos) / 2.0,
        }
    }

    fn curve(&self, sky: &Sky) -> Curve {
        let mut wh = 0.0;
        let mut last_w = 0.0;
        let curve = sky.knots.iter().zip(&sky.air_c).enumerate();
        Curve(
            curve
                .map(|(number, (knot, &air_c))| {
                    let power_w = self.power_w(knot, air_c);
                    if number > 0 {
                        wh += (last_w + power_w) / 2.0 * sky.step_s / 3600.0;
                    }
                    last_w = power_w;
                    (power_w, wh)
                })
                .collect(),
        )
    }

    fn power_w(&self, knot: &Knot, air_c: f64) -> f64 {
        let [east, north, up] = knot.sun;
        if up <= 0.0 {
            return 0.0;
        }
        let [x, y, z] = self.normal;
        let facing = (east * x + north * y + up * z).max(0.0);
        let ground = knot.direct_w_m2 * up + knot.diffuse_w_m2;
        let light_w_m2 = knot.direct_w_m2 * facing * (1.0 - self.shaded(knot))
            + knot.diffuse_w_m2 * self.sky_view
            + ground * ALBEDO * self.ground_view;
        let cell_c = air_c + CELL_WARMING * light_w_m2;
        let power_w = self.panel.rated_w
            * self.panel.factor
            * light_w_m2
            * (1.0 - LOSS_PER_K * (cell_c - 25.0))
            / 1000.0;
        if power_w < CUT_IN_W { 0.0 } else { power_w.min(self.panel.limit_w) }
    }

    /// The share of direct light that is taken away.
    fn shaded(&self, knot: &Knot) -> f64 {
        self.panel
            .shade
            .filter(|shade| {
                (shade.from_azimuth_deg..=shade.to_azimuth_deg).contains(&knot.azimuth_deg)
                    && knot.elevation_deg < shade.below_elevation_deg
            })
            .map_or(0.0, |shade| shade.blocked)
    }
}
