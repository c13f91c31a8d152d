//! Inverters and ports, now and in the past.
//!
//! The latest-value shapes show what is true now: an inverter that sleeps delivers 0 W and has
//! neither voltages nor a temperature, whatever its DTU repeats of the day before; its energies
//! keep their values. History shows what was recorded.

use jiff::Timestamp;
use plant::alarm::alarm_text;
use plant::live::{LiveInverter, Timed};
use plant::model::Model;
use plant::reading::Phases;
use plant::status::{Activity, operating_status_text};
use plant::{InverterReading, Serial};
use serde::Serialize;
use utoipa::ToSchema;

use super::meter::PHASES;
use super::tenths;
use crate::Moment;

/// An inverter as of now, with its ports.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Inverter {
    /// As printed on the inverter: 12 hexadecimal digits.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// The configured name of the DTU that reports it.
    #[schema(example = "roof")]
    pub dtu_name: String,
    /// When its first reading was taken.
    #[schema(value_type = String, format = DateTime, example = "2026-03-01T06:12:00Z")]
    pub first_seen: Timestamp,
    /// When its latest reading was taken.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub last_seen: Timestamp,
    /// Product family, as far as the serial number tells.
    #[schema(example = "HM")]
    pub inverter_type: Option<&'static str>,
    /// Always null; kept for clients of the Python bridge.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<()>,
    /// When the values below were sampled; null before the first reading of the inverter itself.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Option<Timestamp>,
    /// AC voltage in V; null while asleep.
    #[schema(example = 230.4)]
    pub grid_voltage: Option<f32>,
    /// AC frequency in Hz; null while asleep.
    #[schema(example = 49.98)]
    pub grid_frequency: Option<f32>,
    /// Temperature inside the case in °C; null while asleep.
    #[schema(example = 34.5)]
    pub temperature: Option<f32>,
    /// The device's own code; `status_text` has it in words.
    #[schema(example = 3)]
    pub operating_status: Option<u16>,
    /// The device's own code, 0 for no alarm; `alarm_text` has it in words.
    #[schema(example = 0)]
    pub alarm_code: Option<u16>,
    /// Alarms as the device counts them.
    #[schema(example = 0)]
    pub alarm_count: Option<u16>,
    /// Radio link between DTU and inverter: 0 for none.
    #[schema(example = 1)]
    pub link_status: Option<u16>,
    /// What it does, in one word: producing, asleep, alarm, or retired: people have taken it out of
    /// service. To be read together with `stale`.
    #[schema(example = "producing")]
    pub status: Option<&'static str>,
    /// `operating_status` in words.
    #[schema(example = "working")]
    pub status_text: Option<String>,
    /// `alarm_code` in words.
    #[schema(example = "no alarm")]
    pub alarm_text: Option<String>,
    /// AC active power in W; null where the protocol does not tell it, as with Modbus.
    pub active_power: Option<f32>,
    /// AC reactive power in var; null where the protocol does not tell it.
    pub reactive_power: Option<f32>,
    /// 0 to 1; null where the protocol does not tell it.
    pub power_factor: Option<f32>,
    /// AC current in A, the sum of the phases on three-phase models; null while asleep and where the
    /// protocol does not tell it.
    pub ac_current: Option<f32>,
    /// The AC side phase by phase, on three-phase models; null while asleep and where the protocol
    /// does not tell it.
    pub phases: Option<[Phase; 3]>,
    /// What its panels deliver together, DC, in W; 0 while asleep.
    #[schema(example = 1090.7)]
    pub pv_power: Option<f64>,
    /// Whether it is out of service: nobody counts or misses it.
    #[schema(example = false)]
    pub retired: bool,
    /// Whether its latest reading is too old to be what it does now: three polls of its DTU, and
    /// five minutes at least. Never of a retired inverter, which then delivers 0 W.
    #[schema(example = false)]
    pub stale: bool,
    /// Age of its latest reading in s.
    #[schema(example = 12)]
    pub age_seconds: u64,
    /// Its ports, ascending by number.
    pub ports: Vec<Port>,
}

/// One PV input of an inverter as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Port {
    /// The inverter it belongs to.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// From 1, within the inverter.
    #[schema(minimum = 1, example = 1)]
    pub port_number: u8,
    /// How people call the panel on it; null before anyone has named it.
    #[schema(example = "dormer, left")]
    pub name: Option<String>,
    /// When the values were sampled.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Timestamp,
    /// DC voltage in V; null while asleep.
    #[schema(example = 33.7)]
    pub pv_voltage: Option<f32>,
    /// DC current in A; null while asleep.
    #[schema(example = 7.43)]
    pub pv_current: Option<f32>,
    /// DC power in W; 0 while asleep.
    #[schema(example = 250.5)]
    pub pv_power: Option<f32>,
    /// Energy since local midnight in Wh, accounted: it never falls within a day. Null until the
    /// database has told what was accounted before.
    #[schema(example = 1032)]
    pub today_production: Option<u64>,
    /// Energy since the device began to count in Wh, accounted: it never falls. Null until the
    /// database has told what was accounted before.
    #[schema(example = 1_003_002)]
    pub total_production: Option<u64>,
    /// Whether this reading is too old to be what the port does now: the DTU left it out.
    #[schema(example = false)]
    pub stale: bool,
}

/// The energy of one port.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Production {
    /// The inverter it belongs to.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// From 1, within the inverter.
    #[schema(minimum = 1, example = 1)]
    pub port_number: u8,
    /// Energy since local midnight in Wh, accounted: it never falls within a day. Null until the
    /// database has told what was accounted before.
    #[schema(example = 1032)]
    pub today_production: Option<u64>,
    /// Energy since the device began to count in Wh, accounted: it never falls. Null until the
    /// database has told what was accounted before.
    #[schema(example = 1_003_002)]
    pub total_production: Option<u64>,
    /// When the counters were read.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub last_updated: Timestamp,
}

/// One recorded reading of an inverter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The inverter.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// When it was sampled.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Timestamp,
    /// AC voltage in V.
    #[schema(example = 230.4)]
    pub grid_voltage: Option<f32>,
    /// AC frequency in Hz.
    #[schema(example = 49.98)]
    pub grid_frequency: Option<f32>,
    /// Temperature inside the case in °C.
    #[schema(example = 34.5)]
    pub temperature: Option<f32>,
    /// The device's own code.
    #[schema(example = 3)]
    pub operating_status: Option<u16>,
    /// The device's own code, 0 for no alarm.
    #[schema(example = 0)]
    pub alarm_code: Option<u16>,
    /// Alarms as the device counts them.
    #[schema(example = 0)]
    pub alarm_count: Option<u16>,
    /// Radio link between DTU and inverter: 0 for none.
    #[schema(example = 1)]
    pub link_status: Option<u16>,
    /// AC active power in W, where the protocol tells it.
    pub active_power: Option<f32>,
    /// AC reactive power in var, where the protocol tells it.
    pub reactive_power: Option<f32>,
    /// 0 to 1, where the protocol tells it.
    pub power_factor: Option<f32>,
    /// AC current in A, where the protocol tells it.
    pub ac_current: Option<f32>,
    /// The AC side phase by phase, on three-phase models, where the protocol tells it.
    pub phases: Option<[Phase; 3]>,
}

/// One phase of a three-phase inverter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = InverterPhase)]
pub struct Phase {
    /// A, B or C.
    #[schema(example = "A")]
    pub phase: &'static str,
    /// Against neutral, in V.
    #[schema(example = 231.2)]
    pub voltage_v: Option<f32>,
    /// Against the next phase, in V: A to B, B to C, C to A.
    #[schema(example = 400.4)]
    pub line_voltage_v: Option<f32>,
    /// In A.
    #[schema(example = 2.61)]
    pub current_a: Option<f32>,
}

impl Phase {
    fn all(shown: &Phases) -> [Self; 3] {
        std::array::from_fn(|phase| Self {
            phase: PHASES[phase],
            voltage_v: shown.voltage_v[phase],
            line_voltage_v: shown.line_voltage_v[phase],
            current_a: shown.current_a[phase],
        })
    }
}

impl Inverter {
    /// What is known of `inverter` at this moment.
    pub fn of(serial: Serial, inverter: &LiveInverter, moment: &Moment) -> Self {
        let asleep = moment.delivers_nothing(serial, inverter);
        let retired = moment.plant.is_retired(serial);
        let reading = inverter.reading.as_ref().map(|timed| &timed.value);
        let awake = reading.filter(|_| !asleep);
        let power = |value: Option<f32>| value.map(|watts| if asleep { 0.0 } else { watts });
        let ports: Vec<Port> = Port::all_of(serial, inverter, moment).collect();
        Self {
            serial_number: serial,
            dtu_name: inverter.dtu_name.clone(),
            first_seen: inverter.first_seen,
            last_seen: inverter.last_seen,
            inverter_type: Model::of(serial).map(|model| model.family.name()),
            metadata: None,
            timestamp: inverter.reading.as_ref().map(|timed| timed.at),
            grid_voltage: awake.and_then(|reading| reading.grid_voltage_v),
            grid_frequency: awake.and_then(|reading| reading.grid_frequency_hz),
            temperature: awake.and_then(|reading| reading.temperature_c),
            operating_status: reading.and_then(|reading| reading.operating_status),
            alarm_code: reading.and_then(|reading| reading.alarm_code),
            alarm_count: reading.and_then(|reading| reading.alarm_count),
            link_status: reading.and_then(|reading| reading.link_status),
            status: if retired { Some("retired") } else { inverter.activity().map(Activity::word) },
            status_text: reading
                .and_then(|reading| reading.operating_status)
                .map(operating_status_text),
            alarm_text: reading
                .and_then(|reading| reading.alarm_code)
                .map(|code| alarm_text(serial, code)),
            active_power: power(reading.and_then(|reading| reading.active_power_w)),
            reactive_power: power(reading.and_then(|reading| reading.reactive_power_var)),
            power_factor: awake.and_then(|reading| reading.power_factor),
            ac_current: awake.and_then(|reading| reading.grid_current_a),
            phases: awake.and_then(|reading| reading.phases.as_ref()).map(Phase::all),
            pv_power: if asleep { Some(0.0) } else { pv_power(&ports) },
            retired,
            stale: !retired && moment.is_stale(inverter, inverter.last_seen),
            age_seconds: moment.seconds_since(inverter.last_seen),
            ports,
        }
    }
}

impl Port {
    /// The ports of an inverter, ascending.
    pub fn all_of(
        serial: Serial,
        inverter: &LiveInverter,
        moment: &Moment,
    ) -> impl Iterator<Item = Self> {
        let asleep = moment.delivers_nothing(serial, inverter);
        let retired = moment.plant.is_retired(serial);
        inverter.ports.iter().map(move |(&number, timed)| {
            let Timed { at, value } = timed;
            let day = moment.plant.calendar.day(moment.now);
            let account = inverter.accounts.get(&number).filter(|account| account.is_open());
            Self {
                serial_number: serial,
                port_number: number,
                name: moment.plant.arrangement.names.get(&(serial, number)).cloned(),
                timestamp: *at,
                pv_voltage: value.pv_voltage_v.filter(|_| !asleep),
                pv_current: value.pv_current_a.filter(|_| !asleep),
                pv_power: if asleep { Some(0.0) } else { value.pv_power_w },
                today_production: account.map(|account| account.today_wh(day)),
                total_production: account.map(|account| account.lifetime_wh),
                stale: !retired && moment.is_stale(inverter, *at),
            }
        })
    }
}

impl From<Port> for Production {
    fn from(port: Port) -> Self {
        Self {
            serial_number: port.serial_number,
            port_number: port.port_number,
            today_production: port.today_production,
            total_production: port.total_production,
            last_updated: port.timestamp,
        }
    }
}

impl From<Timed<InverterReading>> for HistoryEntry {
    fn from(Timed { at, value }: Timed<InverterReading>) -> Self {
        Self {
            serial_number: value.serial,
            timestamp: at,
            grid_voltage: value.grid_voltage_v,
            grid_frequency: value.grid_frequency_hz,
            temperature: value.temperature_c,
            operating_status: value.operating_status,
            alarm_code: value.alarm_code,
            alarm_count: value.alarm_count,
            link_status: value.link_status,
            active_power: value.active_power_w,
            reactive_power: value.reactive_power_var,
            power_factor: value.power_factor,
            ac_current: value.grid_current_a,
            phases: value.phases.as_ref().map(Phase::all),
        }
    }
}

/// The sum of what the ports deliver, W; none where no port tells.
pub(crate) fn pv_power<'a>(ports: impl IntoIterator<Item = &'a Port>) -> Option<f64> {
    ports
        .into_iter()
        .filter_map(|port| port.pv_power)
        .map(f64::from)
        .reduce(|sum, watts| sum + watts)
        .map(tenths)
}
