//! The figures of meters and hybrid inverters. What is stale is left out.

use std::fmt;

use plant::live::Latest;
use plant::storage::{EnergyToday, Flow};
use plant::{MeterReading, StorageReading};

use super::live::decimal;
use super::sheet::{Sample, Sheet};
use crate::Moment;
use crate::view::StorageEntry;
use crate::view::meter::{MeterEntry, MeterPhase};

/// The phase under which the sum of all phases is shown.
const ALL_PHASES: &str = "total";

pub(super) fn meters(sheet: &mut Sheet<'_>, moment: &Moment) -> fmt::Result {
    let meters: Vec<MeterEntry> = fresh(moment.plant.meters.values(), moment)
        .map(|latest: &Latest<MeterReading>| MeterEntry::of(latest.at, &latest.reading))
        .collect();
    let power = meters.iter().flat_map(|meter| {
        let phases = meter.phases.iter().map(|phase| (phase.phase, phase.power_w));
        let all = phases.chain([(ALL_PHASES, meter.power_w)]);
        all.filter_map(|(phase, watts)| Some(of_phase(meter, phase, watts?)))
    });
    sheet.gauge(
        "hoymiles_meter_power_watts",
        "Power at the meter, W: positive is taken from the grid. The phase total is their sum.",
        power,
    )?;
    sheet.gauge(
        "hoymiles_meter_voltage_volts",
        "Voltage of a phase at the meter, V.",
        per_phase(&meters, |phase| phase.voltage_v),
    )?;
    sheet.gauge(
        "hoymiles_meter_current_amperes",
        "Current of a phase at the meter, A.",
        per_phase(&meters, |phase| phase.current_a),
    )?;
    sheet.counters(
        "hoymiles_meter_import_wh_total",
        "Taken from the grid since the meter began to count, Wh.",
        per_meter(&meters, |meter| meter.import_wh),
    )?;
    sheet.counters(
        "hoymiles_meter_export_wh_total",
        "Fed into the grid since the meter began to count, Wh.",
        per_meter(&meters, |meter| meter.export_wh),
    )
}

pub(super) fn hybrids(sheet: &mut Sheet<'_>, moment: &Moment) -> fmt::Result {
    let hybrids: Vec<&StorageReading> =
        fresh(moment.plant.hybrids.values(), moment).map(|latest| &latest.reading).collect();
    let sums: Vec<StorageEntry> = hybrids.iter().map(|reading| StorageEntry::of(reading)).collect();
    let battery = |figure: fn(&StorageReading) -> Option<f64>| {
        hybrids
            .iter()
            .filter_map(move |hybrid| Some(of_hybrid(&hybrid.serial_number, figure(hybrid)?)))
    };
    sheet.gauge(
        "hoymiles_storage_state_of_charge_percent",
        "Charge of the battery, 0 to 100.",
        battery(|hybrid| hybrid.battery.state_of_charge_percent.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_storage_battery_power_watts",
        "Power of the battery, W, with the sign of the device; hoymiles_storage_flow_watts tells the direction.",
        battery(|hybrid| hybrid.battery.power_w.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_storage_battery_voltage_volts",
        "Voltage of the battery, V.",
        battery(|hybrid| hybrid.battery.voltage_v.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_storage_charged_today_wh",
        "Charged on the device's day, Wh.",
        battery(|hybrid| hybrid.battery.charged_wh.map(|wh| wh as f64)),
    )?;
    sheet.gauge(
        "hoymiles_storage_discharged_today_wh",
        "Discharged on the device's day, Wh.",
        battery(|hybrid| hybrid.battery.discharged_wh.map(|wh| wh as f64)),
    )?;
    let sum = |figure: fn(&StorageEntry) -> Option<f64>| {
        sums.iter().filter_map(move |entry| Some(of_hybrid(&entry.serial_number, figure(entry)?)))
    };
    sheet.gauge(
        "hoymiles_storage_pv_power_watts",
        "What all PV inputs of the hybrid inverter deliver, W.",
        sum(|entry| entry.pv_power_w),
    )?;
    sheet.gauge(
        "hoymiles_storage_grid_power_watts",
        "All phases of the grid connection, W, with the sign of the device.",
        sum(|entry| entry.grid_power_w),
    )?;
    sheet.gauge(
        "hoymiles_storage_load_power_watts",
        "What the house takes, all phases, W.",
        sum(|entry| entry.load_power_w),
    )?;
    sheet.gauge(
        "hoymiles_storage_flow_watts",
        "Power from one side of the hybrid inverter to another, W.",
        hybrids.iter().flat_map(|hybrid| {
            let flows = hybrid.flow.iter().flat_map(flows);
            flows.filter_map(|(ends, watts)| Some(between(hybrid, ends, decimal(watts?))))
        }),
    )?;
    sheet.gauge(
        "hoymiles_storage_energy_today_wh",
        "Energy from one side of the hybrid inverter to another on the device's day, Wh.",
        hybrids.iter().flat_map(|hybrid| {
            let energies = energies(&hybrid.energy_today).into_iter();
            energies.filter_map(|(ends, wh)| Some(between(hybrid, ends, wh? as f64)))
        }),
    )
}

/// From where, to where.
type Ends = (&'static str, &'static str);

fn flows(flow: &Flow) -> [(Ends, Option<f32>); 6] {
    [
        (("pv", "load"), flow.pv_to_load_w),
        (("pv", "battery"), flow.pv_to_battery_w),
        (("pv", "grid"), flow.pv_to_grid_w),
        (("battery", "load"), flow.battery_to_load_w),
        (("battery", "grid"), flow.battery_to_grid_w),
        (("grid", "load"), flow.grid_to_load_w),
    ]
}

/// Panels to house is in two accounts; the panels' is shown, which the others of it belong to.
fn energies(today: &EnergyToday) -> [(Ends, Option<u64>); 5] {
    [
        (("pv", "load"), today.pv_to_load_wh),
        (("pv", "battery"), today.pv_to_battery_wh),
        (("pv", "grid"), today.pv_to_grid_wh),
        (("battery", "load"), today.load_from_battery_wh),
        (("grid", "load"), today.load_from_grid_wh),
    ]
}

fn fresh<'a, T: 'a>(
    known: impl Iterator<Item = &'a Latest<T>>,
    moment: &Moment,
) -> impl Iterator<Item = &'a Latest<T>> {
    known.filter(|latest| !moment.is_stale_of(&latest.dtu_name, latest.at))
}

fn per_meter(
    meters: &[MeterEntry],
    figure: fn(&MeterEntry) -> Option<u64>,
) -> impl Iterator<Item = Sample> {
    meters.iter().filter_map(move |meter| {
        let labels = [("serial_number", meter.serial_number.to_string())];
        Some(Sample::labelled(labels, figure(meter)? as f64))
    })
}

fn per_phase(
    meters: &[MeterEntry],
    figure: fn(&MeterPhase) -> Option<f32>,
) -> impl Iterator<Item = Sample> {
    meters.iter().flat_map(move |meter| {
        let phases = meter.phases.iter();
        phases.filter_map(move |phase| Some(of_phase(meter, phase.phase, figure(phase)?)))
    })
}

fn of_phase(meter: &MeterEntry, phase: &str, value: f32) -> Sample {
    let labels = [("serial_number", meter.serial_number.to_string()), ("phase", phase.to_owned())];
    Sample::labelled(labels, decimal(value))
}

fn of_hybrid(serial_number: &str, value: f64) -> Sample {
    Sample::labelled([("serial_number", serial_number.to_owned())], value)
}

fn between(hybrid: &StorageReading, (from, to): Ends, value: f64) -> Sample {
    let labels = [
        ("serial_number", hybrid.serial_number.clone()),
        ("from", from.to_owned()),
        ("to", to.to_owned()),
    ];
    Sample::labelled(labels, value)
}
