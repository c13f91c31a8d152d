//! Light and air over a place, one day at a time.
//!
//! ```text
//! sun elevation ─► air mass ─► clear sky: direct and diffuse light ─► clouds take and scatter
//! ```
//! * Clear sky: direct light is 1361 W/m² × 0.7^(AM^0.678) (Meinel and Meinel 1976) with the air
//!   mass of Kasten and Young (1989); the sky adds a tenth of it.
//! * Clouds are smooth noise in continuous time, so neither midnight nor a restart shows: a slow
//!   layer makes the weather of the day, two quick ones the clouds that pass on mixed days.
//! * The air follows the season and, by three hours, the sun.
//!
//! A day is a row of knots some five minutes apart. Between knots everything is linear, so an
//! integral over knots is exact, not approximate.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::noise::Noise;
use crate::plant::Site;
use crate::sun;

/// Between two knots, at most: quick enough for passing clouds, slow enough that a year is cheap.
const KNOT_S: f64 = 300.0;
/// Time scale of the weather, s: good and bad days alternate, with a few alike in a row.
const WEATHER_S: f64 = 26.0 * 3600.0;
/// Time scale of large clouds, s.
const CLOUD_S: f64 = 45.0 * 60.0;
/// Time scale of small clouds, s: two knots or more, or the knots would miss them.
const CLOUDLET_S: f64 = 11.0 * 60.0;
/// Time scale on which the air's temperature strays from the season's, s.
const AIR_MASS_S: f64 = 60.0 * 3600.0;

/// The sky at one instant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Knot {
    /// Towards the sun: east, north, up; all zero while it is down.
    pub(crate) sun: [f64; 3],
    /// See [`sun::SunPosition`].
    pub(crate) azimuth_deg: f64,
    /// See [`sun::SunPosition`].
    pub(crate) elevation_deg: f64,
    /// Light from the sun itself on a plane that faces it, W/m².
    pub(crate) direct_w_m2: f64,
    /// Light from the rest of the sky on level ground, W/m².
    pub(crate) diffuse_w_m2: f64,
}

/// The sky of one local day.
#[derive(Debug)]
pub(crate) struct Sky {
    /// Local midnight, Unix seconds.
    pub(crate) start_s: f64,
    /// Between knots, s.
    pub(crate) step_s: f64,
    /// From midnight to midnight, both included.
    pub(crate) knots: Vec<Knot>,
    /// Air temperature at each knot, °C.
    pub(crate) air_c: Vec<f64>,
}

/// The first instant of a local day.
pub(crate) fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone())
        .expect("a civil day within jiff's years begins somewhen")
        .timestamp()
}

/// The sources of chance in a site's weather.
struct Weather {
    day: Noise,
    cloud: Noise,
    cloudlet: Noise,
    air: Noise,
}

impl Sky {
    /// The sky of a local day, 23, 24 or 25 hours long.
    pub(crate) fn of(site: &Site, date: Date) -> Self {
        let weather = Weather {
            day: Noise::new(site.seed, 1),
            cloud: Noise::new(site.seed, 2),
            cloudlet: Noise::new(site.seed, 3),
            air: Noise::new(site.seed, 4),
        };
        let next = date.tomorrow().expect("the simulation ends long before the year 9999");
        let start_s = midnight(date, &site.time_zone).as_second() as f64;
        let length_s = midnight(next, &site.time_zone).as_second() as f64 - start_s;
        let steps = (length_s / KNOT_S).ceil().max(1.0);
        let step_s = length_s / steps;
        let instants = (0..=steps as u32).map(|knot| start_s + f64::from(knot) * step_s);
        Self {
            start_s,
            step_s,
            air_c: instants.clone().map(|unix_s| weather.air_c(site, unix_s)).collect(),
            knots: instants.map(|unix_s| knot(site, &weather, unix_s)).collect(),
        }
    }
}

fn knot(site: &Site, weather: &Weather, unix_s: f64) -> Knot {
    let sun = sun::position_at_second(site.latitude_deg, site.longitude_deg, unix_s);
    if sun.elevation_deg <= 0.0 {
        return Knot::default();
    }
    let (up, level) = sun.elevation_deg.to_radians().sin_cos();
    let (east, north) = sun.azimuth_deg.to_radians().sin_cos();
    let air_mass = 1.0 / (up + 0.505_72 * (sun.elevation_deg + 6.079_95).powf(-1.6364));
    let clear_direct = 1361.0 * 0.7_f64.powf(air_mass.powf(0.678));
    let clear_level = clear_direct * up;
    let cloud = weather.cloud(site, unix_s);
    Knot {
        sun: [east * level, north * level, up],
        azimuth_deg: sun.azimuth_deg,
        elevation_deg: sun.elevation_deg,
        direct_w_m2: clear_direct * (1.0 - cloud),
        // A closed cover lets a fifth of the light of a clear day through, all of it scattered.
        diffuse_w_m2: 0.1 * clear_level * (1.0 - cloud) + 0.2 * clear_level * cloud,
    }
}

impl Weather {
    /// How much of the direct light the clouds take, 0 to 1.
    fn cloud(&self, site: &Site, unix_s: f64) -> f64 {
        // Winters of the middle latitudes are duller than their summers.
        let dull = 0.14 * summer(site, unix_s) * (site.latitude_deg.abs() / 50.0).min(1.0);
        let cover = (self.day.smooth(unix_s / WEATHER_S) - dull).clamp(0.0, 1.0);
        // Clear and closed skies are steady; in between clouds pass.
        let mixed = 4.0 * cover * (1.0 - cover);
        let passing = 0.8 * (self.cloud.smooth(unix_s / CLOUD_S) - 0.5)
            + 0.5 * (self.cloudlet.smooth(unix_s / CLOUDLET_S) - 0.5);
        // Stretched, so that really clear and really closed skies happen.
        (1.6 * (cover - 0.5) + 0.5 + mixed * passing).clamp(0.0, 0.98)
    }

    fn air_c(&self, site: &Site, unix_s: f64) -> f64 {
        let latitude = site.latitude_deg.abs();
        let mean = 27.0 - 0.33 * latitude;
        let season = 0.19 * latitude * summer(site, unix_s);
        // Warmest at three in the afternoon by the sun.
        let solar_hour = (unix_s / 3600.0 + site.longitude_deg / 15.0).rem_euclid(24.0);
        let day = 5.0 * ((solar_hour - 15.0) * std::f64::consts::TAU / 24.0).cos();
        mean + season + day + 10.0 * (self.air.smooth(unix_s / AIR_MASS_S) - 0.5)
    }
}

/// +1 in high summer of the site's hemisphere, −1 in the depth of its winter, three weeks after
/// the solstices as the air has it.
fn summer(site: &Site, unix_s: f64) -> f64 {
    /// 12 July 1970 and every tropical year after.
    const HIGH_SUMMER_S: f64 = 192.0 * 86_400.0;
    const YEAR_S: f64 = 365.2422 * 86_400.0;
    let north = ((unix_s - HIGH_SUMMER_S) / YEAR_S * std::f64::consts::TAU).cos();
    north * site.latitude_deg.signum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn berlin(seed: u64) -> Site {
        Site::berlin(seed)
    }

    #[test]
    fn days_of_23_and_25_hours_are_covered_to_their_end() {
        for (day, hours) in
            [(date(2026, 3, 29), 23.0), (date(2026, 3, 30), 24.0), (date(2026, 10, 25), 25.0)]
        {
            let sky = Sky::of(&berlin(1), day);
            assert_eq!((sky.knots.len() - 1) as f64 * sky.step_s, hours * 3600.0);
            assert_eq!(sky.air_c.len(), sky.knots.len());
        }
    }

    #[test]
    fn a_year_has_clear_closed_and_mixed_days() {
        let site = berlin(1);
        let weather = Weather {
            day: Noise::new(site.seed, 1),
            cloud: Noise::new(site.seed, 2),
            cloudlet: Noise::new(site.seed, 3),
            air: Noise::new(site.seed, 4),
        };
        let noons: Vec<f64> = (0..365)
            .map(|day| weather.cloud(&site, f64::from(day) * 86_400.0 + 43_200.0))
            .collect();
        let share = |test: fn(&f64) -> bool| noons.iter().filter(|c| test(c)).count();
        assert!(share(|c| *c < 0.1) > 50, "clear {}", share(|c| *c < 0.1));
        assert!(share(|c| *c > 0.8) > 50, "closed {}", share(|c| *c > 0.8));
        assert!(share(|c| (0.2..0.8).contains(c)) > 100);
    }

    #[test]
    fn berlin_freezes_in_winter_and_not_in_summer() {
        let range = |day| {
            let sky = Sky::of(&berlin(3), day);
            let low = sky.air_c.iter().copied().fold(f64::INFINITY, f64::min);
            let high = sky.air_c.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (low, high)
        };
        let (january, july) = (range(date(2026, 1, 20)), range(date(2026, 7, 10)));
        assert!(january.0 > -20.0 && january.1 < 14.0, "{january:?}");
        assert!(july.0 > 8.0 && july.1 < 40.0, "{july:?}");
    }
}
