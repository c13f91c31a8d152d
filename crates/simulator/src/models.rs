//! Plants ready to use: the demo, and one of any size for tests.

use ::plant::Serial;
use jiff::civil::Date;
use modbus::map::MAX_RECORDS;

use crate::noise::Noise;
use crate::panel::{Panel, Plane, Shade};
use crate::plant::{SimInverter, SimPlant, Site};

/// A model that can be bought: serial prefix, ports, and W that each port takes at most.
#[derive(Debug, Clone, Copy)]
struct Model {
    prefix: &'static str,
    ports: usize,
    port_limit_w: f64,
}

const fn model(prefix: &'static str, ports: usize, port_limit_w: f64) -> Model {
    Model { prefix, ports, port_limit_w }
}

/// HMS-2000-4T.
const HMS_2000: Model = model("1164", 4, 500.0);
/// HM-1500.
const HM_1500: Model = model("1161", 4, 375.0);
/// HM-800.
const HM_800: Model = model("1141", 2, 400.0);
/// HM-400.
const HM_400: Model = model("1121", 1, 400.0);

/// HMT-1800-4T.
const HMT_1800: Model = model("1361", 4, 450.0);
/// HMS-1000-2T.
const HMS_1000: Model = model("1144", 2, 500.0);

/// The mix of [`SimPlant::with_ports`], in this order, over and over.
const MIX: [Model; 8] = [
    HM_1500,
    HMS_2000,
    HM_800,
    HM_400,
    HMT_1800,
    // MI-1500
    model("1061", 4, 375.0),
    HMS_1000,
    // HMS-500-1T
    model("1124", 1, 500.0),
];

const PLANES: [Plane; 3] = [Plane::EAST, Plane::SOUTH, Plane::WEST];

impl SimPlant {
    /// The plant of `hoymiles-smiles demo`: 24 ports on three roof planes of a house in Berlin,
    /// installed on 1 April 2024.
    ///
    /// | inverters | ports | roof |
    /// |---|---|---|
    /// | 2 × HMS-2000-4T | 8 × 440 W | south |
    /// | 3 × HM-1500 | 12 × 400 W | 4 east, 4 south, 4 west |
    /// | 1 × HM-800 | 2 × 400 W | east |
    /// | 2 × HM-400 | 2 × 410 W | west |
    ///
    /// Two panels give the dashboard something to find: port 4 of the first HMS-2000-4T stands
    /// behind a chimney in the afternoon, and port 2 of the first HM-1500 makes a fifth less than
    /// its neighbours. Seed 1 is the one of the documentation's screenshots; any other is another
    /// year's weather.
    pub fn demo(seed: u64) -> Self {
        let site = Site { installed: Date::constant(2024, 4, 1), ..Site::berlin(seed) };
        let chimney = Shade {
            from_azimuth_deg: 205.0,
            to_azimuth_deg: 270.0,
            below_elevation_deg: 55.0,
            blocked: 0.85,
        };
        let mut roof = [
            inverter(HMS_2000, 1, seed, 440.0, Plane::SOUTH),
            inverter(HMS_2000, 2, seed, 440.0, Plane::SOUTH),
            inverter(HM_1500, 3, seed, 400.0, Plane::EAST),
            inverter(HM_1500, 4, seed, 400.0, Plane::SOUTH),
            inverter(HM_1500, 5, seed, 400.0, Plane::WEST),
            inverter(HM_800, 6, seed, 400.0, Plane::EAST),
            inverter(HM_400, 7, seed, 410.0, Plane::WEST),
            inverter(HM_400, 8, seed, 410.0, Plane::WEST),
        ];
        let [hms, _, hm, ..] = &mut roof;
        hms.ports[3] = hms.ports[3].shaded(chimney);
        hm.ports[1] = hm.ports[1].with_factor(0.8);
        Self::new(site, roof.into())
    }

    /// The second plant of `hoymiles-smiles demo`, on the garage beside the house of
    /// [`SimPlant::demo`], under the same sky: an HMT-1800-4T on its west side and an HMS-1000-2T on
    /// its south side, 6 ports with 440 W each.
    pub fn garage(seed: u64) -> Self {
        let site = Site { installed: Date::constant(2024, 4, 1), ..Site::berlin(seed) };
        let roof = [
            inverter(HMT_1800, 1, seed, 440.0, Plane::WEST),
            inverter(HMS_1000, 2, seed, 440.0, Plane::SOUTH),
        ];
        Self::new(site, roof.into())
    }

    /// A plant of exactly `n` ports in Berlin, installed on 1 January 2025, of 4-, 2- and 1-port
    /// models of the families HM, HMS, HMT and MI, whose serials carry their real prefixes. The
    /// same number and seed give the same serials.
    ///
    /// # Panics
    /// When `n` is not 1 to 99, the ports that one DTU can hold.
    pub fn with_ports(n: usize, seed: u64) -> Self {
        assert!(
            (1..=usize::from(MAX_RECORDS)).contains(&n),
            "a DTU holds 1 to {MAX_RECORDS} ports, not {n}"
        );
        let mut inverters: Vec<SimInverter> = Vec::new();
        let mut left = n;
        // The mix has one-port models, so a round always finds something that still fits.
        for next in MIX.iter().cycle() {
            if left == 0 {
                break;
            }
            if next.ports <= left {
                let number = inverters.len() + 1;
                let plane = PLANES[number % PLANES.len()];
                inverters.push(inverter(*next, number, seed, 420.0, plane));
                left -= next.ports;
            }
        }
        Self::new(Site::berlin(seed), inverters)
    }
}

fn inverter(model: Model, number: usize, seed: u64, rated_w: f64, plane: Plane) -> SimInverter {
    let panel = Panel::new(rated_w, plane).with_limit(model.port_limit_w);
    SimInverter::new(serial(model.prefix, number, seed), vec![panel; model.ports])
}

/// Twelve decimal digits like the ones printed on real inverters; the last three make it unique.
fn serial(prefix: &str, number: usize, seed: u64) -> Serial {
    let random = Noise::new(seed, 20).bits(number as u64) % 100_000;
    format!("{prefix}{random:05}{number:03}").parse().expect("four and eight digits are a serial")
}
