//! The simulated plant: what its DTU's table shows at an instant.
//!
//! Counters are integrals of the power shown, from the day of installation on, so the history that
//! is generated for last year runs into the live values of today without a step.
//!
//! An inverter without enough light leaves the network, and the DTU shows zeros for it with status
//! 0 and link 0, its counters included, as most DTUs were seen to do (`protocol/modbus.md` 5).
//! [`SimPlant::port`] tells what the counters really are meanwhile.

use std::sync::Arc;

use ::plant::model::{Family, Model, pv_current_divisor};
use ::plant::{InverterReading, PortReading, Serial, Snapshot};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use modbus::map::{self, MAX_RECORDS, PortRecord};

use crate::noise::Noise;
use crate::panel::Panel;
use crate::yields::{Day, Yield, Yields};

/// How far two equal ports disagree because each inverter measures with its own error.
const METER_TOLERANCE: f64 = 0.005;

/// The earth turns by 360 degrees in a day.
const SECONDS_PER_DEGREE: f64 = 240.0;

/// Where and since when.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Degrees, north positive.
    pub latitude_deg: f64,
    /// Degrees, east positive.
    pub longitude_deg: f64,
    /// Whose midnight resets the day counters.
    pub time_zone: TimeZone,
    /// The weather, the clouds, every wobble: the same seed is the same plant.
    pub seed: u64,
    /// Counting starts at this day's midnight; nothing is produced before. Each day since costs
    /// some 80 µs once, when the plant is first asked.
    pub installed: Date,
}

impl Site {
    /// A site in Berlin, installed on 1 January 2025.
    pub fn berlin(seed: u64) -> Self {
        Self {
            latitude_deg: 52.52,
            longitude_deg: 13.405,
            time_zone: TimeZone::get("Europe/Berlin").expect("the time-zone database is bundled"),
            seed,
            installed: Date::constant(2025, 1, 1),
        }
    }
}

/// One microinverter with a panel on each of its ports.
#[derive(Debug, Clone, PartialEq)]
pub struct SimInverter {
    /// Its serial, whose prefix also decides scales and voltages.
    pub serial: Serial,
    /// Port 1 first.
    pub ports: Vec<Panel>,
}

impl SimInverter {
    /// An inverter with these panels.
    pub fn new(serial: Serial, ports: impl Into<Vec<Panel>>) -> Self {
        Self { serial, ports: ports.into() }
    }
}

/// What one port really does at an instant, whatever the DTU shows of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PortState {
    /// DC power, W.
    pub power_w: f64,
    /// Since local midnight, Wh. Not wrapped.
    pub today_wh: f64,
    /// Lifetime counter, Wh: [`Panel::initial_total_wh`] and everything since the installation.
    pub total_wh: f64,
}

/// A plant on one DTU. A clone is the same plant and shares its cache.
#[derive(Debug, Clone)]
pub struct SimPlant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    site: Site,
    inverters: Vec<Wired>,
    yields: Yields,
}

/// An inverter with what was worked out from its serial and seed.
#[derive(Debug)]
struct Wired {
    serial: Serial,
    three_phases: bool,
    /// What all its panels are rated, W.
    rated_w: f64,
    ports: Vec<WiredPort>,
}

#[derive(Debug)]
struct WiredPort {
    panel: Panel,
    /// Its row in [`Yields`].
    kind: usize,
    /// See [`METER_TOLERANCE`]: a factor near one, of power and energy alike.
    meter: f64,
}

impl SimPlant {
    /// A plant of these inverters, in the order in which the DTU lists them.
    pub fn new(site: Site, inverters: Vec<SimInverter>) -> Self {
        let meters = Noise::new(site.seed, 10);
        let mut kinds: Vec<Panel> = Vec::new();
        let inverters = inverters
            .into_iter()
            .map(|inverter| Wired::new(inverter, meters, &mut kinds))
            .collect();
        Self(Arc::new(Inner { yields: Yields::new(site.clone(), &kinds), site, inverters }))
    }

    /// The same plant, but where clocks show this zone, if that is hours away: as many degrees east
    /// or west as its time is ahead or behind. Somebody far away would otherwise see the sun at
    /// night.
    pub fn where_clocks_show(&self, zone: &TimeZone) -> Self {
        let site = self.site();
        let at = site
            .installed
            .to_zoned(site.time_zone.clone())
            .map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp());
        let ahead_s = zone.to_offset(at).seconds() - site.time_zone.to_offset(at).seconds();
        if ahead_s.abs() < 2 * 3600 {
            return self.clone();
        }
        let longitude_deg = site.longitude_deg + f64::from(ahead_s) / SECONDS_PER_DEGREE;
        let site = Site {
            longitude_deg: (longitude_deg + 180.0).rem_euclid(360.0) - 180.0,
            time_zone: zone.clone(),
            ..site.clone()
        };
        let inverters = self.0.inverters.iter().map(|inverter| {
            let ports: Vec<Panel> = inverter.ports.iter().map(|port| port.panel).collect();
            SimInverter::new(inverter.serial, ports)
        });
        Self::new(site, inverters.collect())
    }

    /// Where it stands.
    pub fn site(&self) -> &Site {
        &self.0.site
    }

    /// Every port in the order of the DTU's table.
    pub fn ports(&self) -> impl Iterator<Item = (Serial, u8)> + '_ {
        self.0.inverters.iter().flat_map(|inverter| {
            (1..=inverter.ports.len()).map(|port| (inverter.serial, port_number(port)))
        })
    }

    /// Every inverter in the order of the DTU's table.
    pub fn serials(&self) -> impl Iterator<Item = Serial> + '_ {
        self.0.inverters.iter().map(|inverter| inverter.serial)
    }

    /// What a port really does at an instant; `None` when there is no such port.
    pub fn port(&self, serial: Serial, port: u8, at: Timestamp) -> Option<PortState> {
        let inverter = self.0.inverters.iter().find(|i| i.serial == serial)?;
        let wired = inverter.ports.get(usize::from(port).checked_sub(1)?)?;
        Some(wired.state(self.0.yields.day(at).as_deref(), at))
    }

    /// What all ports really do at an instant, summed up.
    pub fn sum(&self, at: Timestamp) -> PortState {
        let day = self.0.yields.day(at);
        let zero = PortState { power_w: 0.0, today_wh: 0.0, total_wh: 0.0 };
        let ports = self.0.inverters.iter().flat_map(|i| &i.ports);
        ports.fold(zero, |sum, port| {
            let state = port.state(day.as_deref(), at);
            PortState {
                power_w: sum.power_w + state.power_w,
                today_wh: sum.today_wh + state.today_wh,
                total_wh: sum.total_wh + state.total_wh,
            }
        })
    }

    /// What the DTU's table shows at an instant: one record per port, at most 99 as in a real DTU.
    pub fn records(&self, at: Timestamp) -> Vec<PortRecord> {
        let day = self.0.yields.day(at);
        let wobble = Wobble::of(&self.0.site, at);
        self.0
            .inverters
            .iter()
            .flat_map(|inverter| inverter.records(day.as_deref(), wobble, at))
            .take(usize::from(MAX_RECORDS))
            .collect()
    }

    /// The same as readings, rounded as the wire rounds them. For a history that is generated
    /// rather than polled.
    ///
    /// The plant does not know its DTU: [`Snapshot::dtu_serial`] is for the caller to fill in.
    pub fn snapshot(&self, dtu_name: &str, at: Timestamp) -> Snapshot {
        snapshot_of(&self.records(at), dtu_name, at)
    }
}

impl Wired {
    fn new(inverter: SimInverter, meters: Noise, kinds: &mut Vec<Panel>) -> Self {
        let [a, b, c, d, e, f] = inverter.serial.to_bytes();
        let place = u64::from_be_bytes([0, a, b, c, d, e, f, 0]);
        let family = Model::of(inverter.serial).map(|model| model.family);
        Self {
            serial: inverter.serial,
            three_phases: family == Some(Family::HMT),
            rated_w: inverter.ports.iter().map(|panel| panel.rated_w).sum(),
            ports: inverter
                .ports
                .into_iter()
                .zip(1..)
                .map(|(panel, port)| WiredPort {
                    panel,
                    kind: kind_of(panel, kinds),
                    meter: 1.0 + METER_TOLERANCE * meters.signed(place + port),
                })
                .collect(),
        }
    }

    fn records<'a>(
        &'a self,
        day: Option<&'a Day>,
        wobble: Wobble,
        at: Timestamp,
    ) -> impl Iterator<Item = PortRecord> + 'a {
        let states = self.ports.iter().map(move |port| port.state(day, at));
        let power_w: f64 = states.clone().map(|state| state.power_w).sum();
        let air_c = day.map_or(0.0, |day| day.air_c(at));
        states.zip(&self.ports).zip(1..).map(move |((state, port), number)| {
            let mut record = PortRecord::empty_slot();
            record.set_serial(self.serial);
            record.set(&map::PORT, number);
            if power_w > 0.0 {
                self.fill(&mut record, state, &port.panel, air_c, power_w, wobble);
            }
            record
        })
    }

    /// Writes what an inverter shows while it works.
    fn fill(
        &self,
        record: &mut PortRecord,
        state: PortState,
        panel: &Panel,
        air_c: f64,
        inverter_w: f64,
        wobble: Wobble,
    ) {
        let load = (inverter_w / self.rated_w).min(1.0);
        let voltage_v = panel_voltage_v(state.power_w / panel.rated_w, air_c);
        let current_a = state.power_w / voltage_v;
        record.set_value(&map::PV_VOLTAGE, voltage_v);
        let divisor = f64::from(pv_current_divisor(self.serial));
        record.set(&map::PV_CURRENT, (current_a * divisor).round() as i64);
        // A feed lifts the voltage at the end of its line.
        let phase_v = 230.0 + wobble.grid_v + 2.5 * load;
        let line = if self.three_phases { 3.0_f64.sqrt() } else { 1.0 };
        record.set_value(&map::GRID_VOLTAGE, phase_v * line);
        record.set_value(&map::GRID_FREQUENCY, 50.0 + wobble.grid_hz);
        record.set_value(&map::PV_POWER, state.power_w);
        // Counters are cut, not rounded: a watt-hour shows once it is whole.
        record.set(&map::TODAY_PRODUCTION, state.today_wh as i64);
        record.set(&map::TOTAL_PRODUCTION, state.total_wh as i64);
        record.set_value(&map::TEMPERATURE, air_c + 4.0 + 24.0 * load);
        record.set(&map::OPERATING_STATUS, 3);
        record.set(&map::LINK_STATUS, 1);
    }
}

impl WiredPort {
    fn state(&self, day: Option<&Day>, at: Timestamp) -> PortState {
        let yielded = day.map_or_else(Yield::default, |day| day.at(self.kind, at));
        PortState {
            power_w: yielded.power_w * self.meter,
            today_wh: yielded.today_wh * self.meter,
            total_wh: f64::from(self.panel.initial_total_wh)
                + yielded.since_installed_wh * self.meter,
        }
    }
}

/// The row of a panel's kind: where it started to count makes no difference to its curve.
fn kind_of(panel: Panel, kinds: &mut Vec<Panel>) -> usize {
    let kind = panel.with_initial_total(0);
    kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
        kinds.push(kind);
        kinds.len() - 1
    })
}

/// Where the inverter holds a panel of 54 cells: less in heat, and less in little light.
fn panel_voltage_v(share_of_rated: f64, air_c: f64) -> f64 {
    let cell_c = air_c + 27.0 * share_of_rated;
    let light = share_of_rated.max(0.004).ln();
    (35.5 * (1.0 - 0.0028 * (cell_c - 25.0)) + 0.9 * light).clamp(22.0, 44.0)
}

/// How the grid strays from 230 V and 50 Hz, the same for the whole plant.
#[derive(Debug, Clone, Copy)]
struct Wobble {
    grid_v: f64,
    grid_hz: f64,
}

impl Wobble {
    fn of(site: &Site, at: Timestamp) -> Self {
        let unix_s = at.as_second() as f64;
        let volts = |channel, period_s: f64| {
            Noise::new(site.seed, channel).smooth(unix_s / period_s) * 2.0 - 1.0
        };
        Self {
            grid_v: 3.0 * volts(11, 1800.0) + 0.8 * volts(12, 20.0),
            grid_hz: 0.03 * volts(13, 240.0) + 0.01 * volts(14, 10.0),
        }
    }
}

fn port_number(port: usize) -> u8 {
    u8::try_from(port).expect("no inverter has 256 ports")
}

fn snapshot_of(records: &[PortRecord], dtu_name: &str, at: Timestamp) -> Snapshot {
    let mut records: Vec<&PortRecord> = records.iter().collect();
    records.sort_by_key(|record| (record.serial(), record.port()));
    let mut inverters: Vec<InverterReading> = Vec::new();
    for record in &records {
        if inverters.last().map(|last| last.serial) != Some(record.serial()) {
            inverters.push(inverter_reading(record));
        }
    }
    Snapshot {
        inverters,
        ports: records.into_iter().map(port_reading).collect(),
        ..Snapshot::blank(dtu_name.to_owned(), None, ::plant::reading::sample_time(at))
    }
}

fn inverter_reading(record: &PortRecord) -> InverterReading {
    let code = |field| u16::try_from(record.raw(field)).ok();
    InverterReading {
        grid_voltage_v: Some(record.value(&map::GRID_VOLTAGE)),
        grid_frequency_hz: Some(record.value(&map::GRID_FREQUENCY)),
        temperature_c: Some(record.value(&map::TEMPERATURE)),
        operating_status: code(&map::OPERATING_STATUS),
        alarm_code: code(&map::ALARM_CODE),
        alarm_count: code(&map::ALARM_COUNT),
        link_status: code(&map::LINK_STATUS),
        ..InverterReading::blank(record.serial())
    }
}

fn port_reading(record: &PortRecord) -> PortReading {
    let counter = |field| u32::try_from(record.raw(field)).ok();
    PortReading {
        serial: record.serial(),
        port: record.port(),
        pv_voltage_v: Some(record.value(&map::PV_VOLTAGE)),
        pv_current_a: Some(record.pv_current_a()),
        pv_power_w: Some(record.value(&map::PV_POWER)),
        today_wh: counter(&map::TODAY_PRODUCTION),
        total_wh: counter(&map::TOTAL_PRODUCTION),
    }
}
