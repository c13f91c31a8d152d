//! Where the sun stands.
//!
//! The library's Grena3 algorithm (Grena 2012) is good to 0.01° from 2010 to 2110 and ten times as
//! fast as NREL's SPA, which serves the other years: a clock may be wrong. Refraction is left out:
//! it lifts the sun by half a degree at the horizon, where a panel makes nothing.

use std::ops::Range;

use jiff::Timestamp;
use solar_positioning::time::JulianDate;
use solar_positioning::{Location, SolarPositions};

/// The Unix epoch as a Julian date, days.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;
/// The years of Grena3, Unix seconds: 1 January 2010 to 1 January 2110.
const GRENA3_S: Range<f64> = 1_262_304_000.0..4_417_977_600.0;
/// Terrestrial time less universal time, s. It was 69.2 in 2025 and has hardly moved since 2016;
/// a minute of error would move the sun by 0.00001°.
const DELTA_T_S: f64 = 69.2;

/// The sun's place in the sky, seen from the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SunPosition {
    /// Above the horizon, degrees; negative at night.
    pub elevation_deg: f64,
    /// Clockwise from north, degrees, `0..360`.
    pub azimuth_deg: f64,
}

/// Where the sun stands over a place (degrees, north and east positive) at an instant.
///
/// # Panics
/// When the latitude is not within ±90° or the longitude not within ±180°, or after the year 6000.
pub fn position(latitude_deg: f64, longitude_deg: f64, at: Timestamp) -> SunPosition {
    let seconds = at.as_second() as f64 + f64::from(at.subsec_nanosecond()) / 1e9;
    position_at_second(latitude_deg, longitude_deg, seconds)
}

pub(crate) fn position_at_second(
    latitude_deg: f64,
    longitude_deg: f64,
    unix_s: f64,
) -> SunPosition {
    let time = JulianDate::new(UNIX_EPOCH_JD + unix_s / 86_400.0, DELTA_T_S)
        .expect("an instant is a finite number");
    let place = Location { latitude: latitude_deg, longitude: longitude_deg };
    let model =
        if GRENA3_S.contains(&unix_s) { SolarPositions::grena3() } else { SolarPositions::new() };
    let position = model
        .at_from_julian(time, place, 0.0, None)
        .expect("the place is on Earth and the year within SPA's");
    SunPosition { elevation_deg: position.elevation_angle(), azimuth_deg: position.azimuth() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: (f64, f64) = (52.52, 13.405);
    const SYDNEY: (f64, f64) = (-33.8688, 151.2093);

    fn at(place: (f64, f64), time: &str) -> SunPosition {
        position(place.0, place.1, time.parse().unwrap())
    }

    fn close(sun: SunPosition, elevation_deg: f64, azimuth_deg: f64) {
        let turn = (sun.azimuth_deg - azimuth_deg + 180.0).rem_euclid(360.0) - 180.0;
        assert!((sun.elevation_deg - elevation_deg).abs() < 1.0 && turn.abs() < 1.0, "{sun:?}");
    }

    /// At culmination the elevation is 90° less the distance of latitude and declination, which at
    /// the solstices is the obliquity of the ecliptic, 23.44°, and the sun is due south or north.
    #[test]
    fn noon_at_the_solstices_is_as_high_as_geometry_says() {
        close(at(BERLIN, "2025-06-21T11:08:15Z"), 90.0 - 52.52 + 23.44, 180.0);
        close(at(BERLIN, "2025-12-21T11:04:30Z"), 90.0 - 52.52 - 23.44, 180.0);
        close(at(SYDNEY, "2025-12-21T01:53:20Z"), 90.0 - 33.87 + 23.44, 0.0);
        close(at(SYDNEY, "2025-06-21T01:57:00Z"), 90.0 - 33.87 - 23.44, 0.0);
    }

    /// At the equinox it rises due east and sets due west everywhere (without refraction).
    #[test]
    fn the_equinox_rises_in_the_east_and_sets_in_the_west() {
        close(at(BERLIN, "2025-03-20T05:14:00Z"), 0.0, 90.0);
        close(at(BERLIN, "2025-03-20T17:14:00Z"), 0.0, 270.0);
        close(at(SYDNEY, "2025-03-19T20:02:30Z"), 0.0, 90.0);
        close(at(SYDNEY, "2025-03-20T08:02:30Z"), 0.0, 270.0);
    }

    /// The worked example of the SPA report (Reda and Andreas 2003, appendix A.5): zenith
    /// 50.11162° with refraction, azimuth 194.34024°.
    #[test]
    fn the_published_example_of_nrel_comes_out() {
        let sun = at((39.742_476, -105.1786), "2003-10-17T19:30:30Z");
        close(sun, 90.0 - 50.111_62, 194.340_24);
    }

    #[test]
    fn the_two_models_meet_where_one_takes_over() {
        let before = at(BERLIN, "2009-12-31T23:59:59Z");
        let after = at(BERLIN, "2010-01-01T00:00:00Z");
        assert!((before.elevation_deg - after.elevation_deg).abs() < 0.02);
        assert!((before.azimuth_deg - after.azimuth_deg).abs() < 0.02);
    }
}
