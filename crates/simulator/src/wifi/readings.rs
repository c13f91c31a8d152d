//! What a Wi-Fi DTU shows of a plant: the pages of A311.

use std::collections::BTreeMap;

use ::plant::Serial;
use ::plant::model::{Family, Model};
use ::wifi::message::{Meter, Port, Readings, SinglePhaseInverter, ThreePhaseInverter};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use modbus::map::{self, PortRecord};

use crate::noise::Noise;
use crate::plant::SimPlant;
use crate::sky::midnight;

/// What of the panels' power an inverter feeds in.
const EFFICIENCY: f64 = 0.965;
/// Feeds reactive power on the side, as a share of the active power.
const REACTIVE_SHARE: f64 = 0.05;
/// The meter of every simulated plant that has one: a DTSU666.
const METER_SERIAL: i64 = 0x37ff_7100_0001;
/// A household draws between these, W.
const HOUSEHOLD_W: (f64, f64) = (180.0, 900.0);

/// What of a plant is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// What the readings are stamped with; none where the DTU has no time.
    pub(super) stamped: Option<Timestamp>,
    /// When the values were sampled.
    pub(super) sampled_at: Timestamp,
    /// Whether the DTU reaches its inverters.
    pub(super) linked: bool,
    /// Whether there is a meter.
    pub(super) meter: bool,
}

/// All pages, at least one.
pub(super) fn pages(
    plant: &SimPlant,
    dtu: Serial,
    view: View,
    ports_per_page: usize,
) -> Vec<Readings> {
    let records = plant.records(view.sampled_at);
    let mut by_inverter: BTreeMap<Serial, Vec<&PortRecord>> = BTreeMap::new();
    for record in &records {
        by_inverter.entry(record.serial()).or_default().push(record);
    }
    let ports: Vec<Port> = records.iter().map(|record| port(record, plant, view)).collect();
    let mut pages: Vec<Readings> = ports
        .chunks(ports_per_page.max(1))
        .map(|ports| Readings { ports: ports.to_vec(), ..Readings::default() })
        .collect();
    if pages.is_empty() {
        pages.push(Readings::default());
    }
    for (own, page) in by_inverter.values().zip((0..pages.len()).cycle()) {
        add_inverter(&mut pages[page], own, view);
    }
    let page_count = number(pages.len());
    for (page, at) in pages.iter_mut().zip(0..) {
        page.dtu_serial = Some(dtu.to_string().into_bytes());
        page.time = view.stamped.map(seconds);
        page.page_count = Some(page_count);
        page.page = Some(at);
        page.record_version = Some(1);
    }
    let sum =
        |value: fn(&Port) -> i32| ports.iter().map(|port| i64::from(value(port))).sum::<i64>();
    pages[0].power = u64::try_from(sum(|port| port.power())).ok();
    pages[0].energy_today = u64::try_from(sum(|port| port.today_energy())).ok();
    if view.meter {
        pages[0].meters.push(meter(plant, view.sampled_at));
    }
    pages
}

fn is_linked(record: &PortRecord, view: View) -> bool {
    view.linked && record.raw(&map::LINK_STATUS) != 0
}

fn port(record: &PortRecord, plant: &SimPlant, view: View) -> Port {
    let asleep = record.raw(&map::LINK_STATUS) == 0;
    let counter = |field| i32::try_from(record.raw(field)).unwrap_or(i32::MAX);
    Port {
        serial: Some(whole(record.serial())),
        port: Some(record.port().into()),
        voltage: Some(scaled(record.value(&map::PV_VOLTAGE), 0.1)),
        current: Some(scaled(record.pv_current_a(), 0.01)),
        power: Some(scaled(record.value(&map::PV_POWER), 0.1)),
        // Zero while out of reach, and not sent then, as protobuf does with zeros.
        total_energy: (!asleep).then(|| counter(&map::TOTAL_PRODUCTION)),
        today_energy: Some(if asleep {
            until_it_wakes(record, plant, view.sampled_at)
        } else {
            counter(&map::TODAY_PRODUCTION)
        }),
        status_word: Some(if asleep { 0x0300_0000 } else { 0 }),
    }
}

/// The day counter of an inverter that sleeps: the day's before midnight, and the day before's after
/// it, until the inverter wakes up.
fn until_it_wakes(record: &PortRecord, plant: &SimPlant, at: Timestamp) -> i32 {
    let zone: &TimeZone = &plant.site().time_zone;
    let counted = |at| plant.port(record.serial(), record.port(), at).map_or(0.0, |it| it.today_wh);
    let today_wh = counted(at);
    if today_wh >= 1.0 {
        return today_wh as i32;
    }
    let today = midnight(zone.to_datetime(at).date(), zone);
    counted(today - SignedDuration::from_secs(1)) as i32
}

fn add_inverter(page: &mut Readings, ports: &[&PortRecord], view: View) {
    let Some(first) = ports.first() else { return };
    let dc_w: f64 = ports.iter().map(|port| f64::from(port.value(&map::PV_POWER))).sum();
    let active_w = dc_w * EFFICIENCY;
    let reactive_var = -active_w * REACTIVE_SHARE;
    let apparent_va = active_w.hypot(reactive_var);
    let power_factor = if apparent_va > 0.0 { active_w / apparent_va } else { 0.0 };
    let grid_v = f64::from(first.value(&map::GRID_VOLTAGE));
    let frequency = Some(scaled(first.value(&map::GRID_FREQUENCY), 0.01));
    let temperature = Some(scaled(first.value(&map::TEMPERATURE), 0.1));
    let link_status = Some(i32::from(is_linked(first, view)));
    let warning_count = Some(code(first.raw(&map::ALARM_COUNT)));
    let active_power = Some(scaled64(active_w, 0.1));
    let reactive_power = Some(scaled64(reactive_var, 0.1));
    let power_factor = Some(scaled64(power_factor, 0.001));
    let serial = Some(whole(first.serial()));
    let family = Model::of(first.serial()).map(|model| model.family);
    if family == Some(Family::HMT) {
        // Over Modbus such an inverter shows the voltage between two phases.
        let line = Some(scaled64(grid_v, 0.1));
        let phase_v = grid_v / 3.0_f64.sqrt();
        let phase = Some(scaled64(phase_v, 0.1));
        let current = Some(scaled64(quotient(apparent_va / 3.0, phase_v), 0.01));
        page.three_phase.push(ThreePhaseInverter {
            serial,
            record_version: Some(1),
            voltage_a: phase,
            voltage_b: phase,
            voltage_c: phase,
            voltage_ab: line,
            voltage_bc: line,
            voltage_ca: line,
            grid_frequency: frequency,
            active_power,
            reactive_power,
            current_a: current,
            current_b: current,
            current_c: current,
            power_factor,
            temperature,
            warning_count,
            link_status,
            ..ThreePhaseInverter::default()
        });
    } else {
        page.single_phase.push(SinglePhaseInverter {
            serial,
            record_version: Some(1),
            grid_voltage: Some(scaled64(grid_v, 0.1)),
            grid_frequency: frequency,
            active_power,
            reactive_power,
            grid_current: Some(scaled64(quotient(apparent_va, grid_v), 0.01)),
            power_factor,
            temperature,
            warning_count,
            link_status,
            ..SinglePhaseInverter::default()
        });
    }
}

/// A household whose need wanders, with the plant behind the same meter. Its counters grow by what
/// the household takes from the grid on average, and by what the plant made.
fn meter(plant: &SimPlant, at: Timestamp) -> Meter {
    let sum = plant.sum(at);
    let (least, most) = HOUSEHOLD_W;
    let wander = Noise::new(plant.site().seed, 40).smooth(at.as_second() as f64 / 900.0);
    let drawn_w = least + (most - least) * wander;
    let power_w = drawn_w - sum.power_w * EFFICIENCY;
    let installed = midnight(plant.site().installed, &plant.site().time_zone);
    let hours = at.duration_since(installed).as_secs_f64() / 3600.0;
    let third = |watts: f64| Some(scaled64(watts / 3.0, 10.0));
    let import_wh = hours * (least + most) / 4.0;
    let export_wh = sum.total_wh * EFFICIENCY / 2.0;
    let current = Some(scaled64(power_w.abs() / 3.0 / 230.0, 0.01));
    Meter {
        kind: Some(3),
        serial: Some(METER_SERIAL),
        power: Some(scaled64(power_w, 10.0)),
        power_a: third(power_w),
        power_b: third(power_w),
        power_c: third(power_w),
        power_factor: Some(1000),
        import: Some(scaled64(import_wh, 10.0)),
        export: Some(scaled64(export_wh, 10.0)),
        voltage_a: Some(23_000),
        voltage_b: Some(23_000),
        voltage_c: Some(23_000),
        current_a: current,
        current_b: current,
        current_c: current,
        power_factor_a: Some(1000),
        power_factor_b: Some(1000),
        power_factor_c: Some(1000),
        ..Meter::default()
    }
}

/// A serial as the wire writes it.
pub(super) fn whole(serial: Serial) -> i64 {
    let [a, b, c, d, e, f] = serial.to_bytes();
    i64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// Unix seconds as the wire writes them.
pub(super) fn seconds(at: Timestamp) -> i32 {
    i32::try_from(at.as_second()).unwrap_or(0)
}

/// A count as the wire writes it.
pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A quantity in units of the wire.
pub(super) fn scaled64(value: f64, unit: f64) -> i32 {
    (value / unit).round() as i32
}

fn scaled(value: f32, unit: f64) -> i32 {
    scaled64(value.into(), unit)
}

fn quotient(dividend: f64, divisor: f64) -> f64 {
    if divisor > 0.0 { dividend / divisor } else { 0.0 }
}

fn code(raw: i64) -> i32 {
    i32::try_from(raw).unwrap_or(0)
}
