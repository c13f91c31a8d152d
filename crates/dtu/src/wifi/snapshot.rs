//! From the pages of a reading to a snapshot.
//!
//! Devices leave zeros out, so what a missing number means depends on the field. Of an inverter that
//! the DTU reaches, what can be zero (power, current, 0 °C) was measured as zero; a grid without
//! voltage, and a counter, was not. Of one it does not reach everything is old or missing
//! (`protocol/wifi.md` 3.1 and 5.5): only the lost link is news.

use std::collections::BTreeMap;

use ::wifi::message::{Meter, Port, Readings, SinglePhaseInverter, ThreePhaseInverter};
use jiff::Timestamp;
use plant::inventory::MAX_PORT;
use plant::meter::MeterPhase;
use plant::reading::Phases;
use plant::{InverterReading, MeterReading, PortReading, Serial, Snapshot};

/// The readings of all pages of one poll. What cannot be an inverter or a port, or is there twice, is
/// left out.
pub fn of(
    dtu_name: &str,
    dtu_serial: Option<Serial>,
    taken_at: Timestamp,
    pages: &Readings,
) -> Snapshot {
    let single = pages.single_phase.iter().filter_map(single_phase);
    let three = pages.three_phase.iter().filter_map(three_phase);
    let inverters: BTreeMap<Serial, InverterReading> =
        single.chain(three).map(|reading| (reading.serial, reading)).collect();
    let mut ports = BTreeMap::new();
    for port in &pages.ports {
        let Some(reading) = self::port(port, &inverters) else {
            tracing::warn!(
                dtu = dtu_name,
                port = port.port,
                "a record that can be no port is left out"
            );
            continue;
        };
        if ports.insert((reading.serial, reading.port), reading).is_some() {
            tracing::warn!(dtu = dtu_name, port = port.port, "the DTU lists this port twice");
        }
    }
    let meters: BTreeMap<Serial, MeterReading> =
        pages.meters.iter().filter_map(meter).map(|reading| (reading.serial, reading)).collect();
    Snapshot {
        inverters: inverters.into_values().collect(),
        ports: ports.into_values().collect(),
        meters: meters.into_values().collect(),
        ..Snapshot::blank(dtu_name.to_owned(), dtu_serial, taken_at)
    }
}

/// A serial from the number that it is on the wire.
pub(super) fn serial(number: Option<i64>) -> Option<Serial> {
    let [high, low, bytes @ ..] = number?.to_be_bytes();
    Some(Serial::from_bytes(bytes)).filter(|serial| [high, low] == [0, 0] && !serial.is_empty())
}

/// A number in its unit. Computed in double precision, so that 5001 hundredths are 50.01.
fn scaled(raw: Option<i32>, scale: f64) -> Option<f32> {
    raw.map(|raw| (f64::from(raw) * scale) as f32)
}

/// The same where a number that was left out is a zero that was measured.
fn measured(linked: bool, raw: Option<i32>, scale: f64) -> Option<f32> {
    linked.then(|| scaled(Some(raw.unwrap_or(0)), scale)).flatten()
}

/// The same where it is not.
fn present(linked: bool, raw: Option<i32>, scale: f64) -> Option<f32> {
    scaled(raw.filter(|&raw| linked && raw != 0), scale)
}

fn is_linked(link_status: Option<i32>) -> bool {
    link_status.unwrap_or(0) != 0
}

fn count(number: Option<i32>) -> Option<u16> {
    number.and_then(|number| u16::try_from(number).ok())
}

fn single_phase(inverter: &SinglePhaseInverter) -> Option<InverterReading> {
    let linked = is_linked(inverter.link_status);
    Some(InverterReading {
        grid_voltage_v: present(linked, inverter.grid_voltage, 0.1),
        grid_frequency_hz: present(linked, inverter.grid_frequency, 0.01),
        active_power_w: measured(linked, inverter.active_power, 0.1),
        reactive_power_var: measured(linked, inverter.reactive_power, 0.1),
        power_factor: present(linked, inverter.power_factor, 0.001),
        grid_current_a: measured(linked, inverter.grid_current, 0.01),
        temperature_c: measured(linked, inverter.temperature, 0.1),
        alarm_count: count(inverter.warning_count),
        link_status: count(Some(inverter.link_status.unwrap_or(0))),
        ..InverterReading::blank(serial(inverter.serial)?)
    })
}

fn three_phase(inverter: &ThreePhaseInverter) -> Option<InverterReading> {
    let linked = is_linked(inverter.link_status);
    let voltages = [inverter.voltage_a, inverter.voltage_b, inverter.voltage_c];
    let lines = [inverter.voltage_ab, inverter.voltage_bc, inverter.voltage_ca];
    let currents = [inverter.current_a, inverter.current_b, inverter.current_c];
    let phases = Phases {
        voltage_v: voltages.map(|raw| present(linked, raw, 0.1)),
        line_voltage_v: lines.map(|raw| present(linked, raw, 0.1)),
        current_a: currents.map(|raw| measured(linked, raw, 0.01)),
    };
    let volts: Vec<i32> = voltages.into_iter().flatten().filter(|&raw| raw != 0).collect();
    let mean = i32::try_from(volts.len()).ok().filter(|&count| linked && count > 0);
    let current = currents.into_iter().flatten().fold(0, i32::saturating_add);
    Some(InverterReading {
        grid_voltage_v: mean.map(|count| {
            let sum: f64 = volts.iter().copied().map(f64::from).sum();
            (sum / f64::from(count) * 0.1) as f32
        }),
        grid_frequency_hz: present(linked, inverter.grid_frequency, 0.01),
        active_power_w: measured(linked, inverter.active_power, 0.1),
        reactive_power_var: measured(linked, inverter.reactive_power, 0.1),
        power_factor: present(linked, inverter.power_factor, 0.001),
        grid_current_a: measured(linked, Some(current), 0.01),
        phases: linked.then_some(phases),
        temperature_c: measured(linked, inverter.temperature, 0.1),
        alarm_count: count(inverter.warning_count),
        link_status: count(Some(inverter.link_status.unwrap_or(0))),
        ..InverterReading::blank(serial(inverter.serial)?)
    })
}

/// None for what is no port, or the port of no inverter in the reading.
fn port(port: &Port, inverters: &BTreeMap<Serial, InverterReading>) -> Option<PortReading> {
    let serial = serial(port.serial)?;
    let number = u8::try_from(port.port?).ok().filter(|port| (1..=MAX_PORT).contains(port))?;
    let linked = inverters.get(&serial)?.link_status != Some(0);
    // A counter of an inverter out of reach may show 0, and every counter has begun there long ago.
    let counter = |raw: Option<i32>| {
        raw.and_then(|raw| u32::try_from(raw).ok()).filter(|&wh| linked || wh != 0)
    };
    Some(PortReading {
        serial,
        port: number,
        pv_voltage_v: measured(linked, port.voltage, 0.1),
        pv_current_a: measured(linked, port.current, 0.01),
        pv_power_w: match (linked, port.power) {
            (true, power) => measured(true, power, 0.1),
            (false, None | Some(0)) => Some(0.0),
            // What it delivered when it was last reached.
            (false, Some(_)) => None,
        },
        today_wh: counter(port.today_energy),
        total_wh: counter(port.total_energy),
    })
}

fn meter(meter: &Meter) -> Option<MeterReading> {
    let energy =
        |raw: Option<i32>| raw.and_then(|raw| u64::try_from(raw).ok()).map(|tens| tens * 10);
    let phase_count = match meter.kind {
        Some(1) => Some(1),
        Some(3) => Some(3),
        _ => None,
    };
    let phase = |number: u8, power, voltage, current, factor, import, export| {
        let there = phase_count.is_none_or(|count| number <= count);
        let shown = [power, voltage, current, factor, import, export].iter().any(Option::is_some);
        (there && shown).then(|| MeterPhase {
            power_w: measured(true, power, 10.0),
            voltage_v: scaled(voltage, 0.01),
            current_a: measured(true, current, 0.01),
            power_factor: scaled(factor, 0.001),
            import_wh: energy(import),
            export_wh: energy(export),
        })
    };
    let m = meter;
    Some(MeterReading {
        phase_count,
        power_w: measured(true, m.power, 10.0),
        power_factor: scaled(m.power_factor, 0.001),
        import_wh: energy(m.import),
        export_wh: energy(m.export),
        fault_code: m.fault_code,
        phases: [
            phase(1, m.power_a, m.voltage_a, m.current_a, m.power_factor_a, m.import_a, m.export_a),
            phase(2, m.power_b, m.voltage_b, m.current_b, m.power_factor_b, m.import_b, m.export_b),
            phase(3, m.power_c, m.voltage_c, m.current_c, m.power_factor_c, m.import_c, m.export_c),
        ],
        ..MeterReading::blank(serial(m.serial)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::status::Activity;

    /// The payload of a vector of the protocol notes.
    fn pages(names: &[&str]) -> Readings {
        let list: serde_json::Value =
            serde_json::from_str(include_str!("../../../wifi/tests/vectors-wifi.json")).unwrap();
        let page = |name: &str| {
            let vectors = list.as_array().unwrap();
            let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
            let hex = vector["expected"]["payload_hex"].as_str().unwrap();
            let bytes: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            ::wifi::decode::<Readings>(&bytes).unwrap()
        };
        let mut whole = Readings::default();
        names.iter().for_each(|name| super::super::session::merge(&mut whole, page(name)));
        whole
    }

    fn snapshot(names: &[&str]) -> Snapshot {
        of("roof", None, Timestamp::UNIX_EPOCH, &pages(names))
    }

    fn text(serial: Serial) -> String {
        serial.to_string()
    }

    #[test]
    fn a_real_reading_of_an_hms_800w_2t() {
        let snapshot = snapshot(&["real_hms800w2t_realdatanew_2023"]);
        let [inverter] = snapshot.inverters.as_slice() else { panic!("{snapshot:?}") };
        assert_eq!(text(inverter.serial), "141292373246");
        assert_eq!(inverter.grid_voltage_v, Some(226.0));
        assert_eq!(inverter.grid_frequency_hz, Some(50.01));
        assert_eq!(inverter.active_power_w, Some(82.3));
        assert_eq!(inverter.reactive_power_var, Some(0.0), "left out and measured");
        assert_eq!(inverter.grid_current_a, Some(0.36));
        assert_eq!(inverter.power_factor, Some(0.999));
        assert_eq!(inverter.temperature_c, Some(4.1));
        assert_eq!((inverter.alarm_count, inverter.link_status), (Some(3), Some(1)));
        assert_eq!((inverter.alarm_code, inverter.operating_status), (None, None));
        let [first, second] = snapshot.ports.as_slice() else { panic!("{snapshot:?}") };
        assert_eq!((first.port, second.port), (1, 2));
        assert_eq!((first.pv_voltage_v, first.pv_current_a), (Some(32.5), Some(1.39)));
        assert_eq!((first.pv_power_w, second.pv_power_w), (Some(45.2), Some(41.7)));
        assert_eq!((second.today_wh, second.total_wh), (Some(38), Some(2724)));
        assert!((snapshot.pv_power_w() - 86.9).abs() < 1e-4, "the sum of the ports");
    }

    #[test]
    fn two_pages_with_three_phases_and_a_meter() {
        let snapshot = snapshot(&["rdn_multi_page0of2", "rdn_multi_page1of2"]);
        assert_eq!((snapshot.inverters.len(), snapshot.ports.len()), (4, 18));
        let three = &snapshot.inverters[3];
        assert_eq!(text(three.serial), "1382a1000501");
        let phases = three.phases.unwrap();
        assert_eq!(phases.voltage_v, [Some(230.5), Some(231.2), Some(229.6)]);
        assert_eq!(phases.line_voltage_v, [Some(399.2), Some(399.9), Some(398.3)]);
        assert_eq!(phases.current_a, [Some(1.18), Some(1.19), Some(1.17)]);
        assert_eq!(three.active_power_w, Some(816.5));
        assert_eq!(three.grid_current_a, Some(3.54));
        assert_eq!(three.grid_voltage_v, Some(230.433_33));
        let [meter] = snapshot.meters.as_slice() else { panic!("{snapshot:?}") };
        assert_eq!(text(meter.serial), "10c071000001");
        assert_eq!((meter.phase_count, meter.power_w), (Some(3), Some(-1910.0)));
        assert_eq!((meter.import_wh, meter.export_wh), (Some(355_490), Some(717_730)));
        assert_eq!(meter.power_factor, Some(-0.601));
        let [Some(a), Some(b), Some(c)] = meter.phases else { panic!("{meter:?}") };
        assert_eq!((a.power_w, b.power_w, c.power_w), (Some(-400.0), Some(-630.0), Some(-880.0)));
        assert_eq!((a.voltage_v, b.current_a), (Some(231.7), Some(0.87)));
        assert_eq!((a.power_factor, b.power_factor), (Some(0.983), None));
    }

    #[test]
    fn a_meter_of_one_phase_has_one() {
        let snapshot = snapshot(&["realvalues_dtupros_ddsu666_page0of4"]);
        let [meter] = snapshot.meters.as_slice() else { panic!("{snapshot:?}") };
        assert_eq!((meter.phase_count, meter.power_w), (Some(1), Some(2610.0)));
        assert_eq!(meter.phases.map(|phase| phase.is_some()), [true, false, false]);
        assert_eq!(meter.phases[0].unwrap().import_wh, Some(19_590));
        assert!(snapshot.inverters.is_empty());
    }

    #[test]
    fn without_a_link_only_the_lost_link_is_news() {
        let night = snapshot(&["rdn_night_link0"]);
        assert_eq!(night.inverters.len(), 2);
        for inverter in &night.inverters {
            assert_eq!(inverter.link_status, Some(0));
            assert_eq!(Activity::of(inverter), Activity::Asleep);
            assert_eq!((inverter.temperature_c, inverter.active_power_w), (None, None));
        }
        assert_eq!(night.ports[0].pv_power_w, Some(0.0));
        assert_eq!(night.ports[0].pv_voltage_v, None);
        assert_eq!(night.ports[0].total_wh, Some(2_401_684), "its memory is kept as it is");

        let mut stale = pages(&["real_hms800w2t_realdatanew_2023"]);
        stale.single_phase[0].link_status = None;
        stale.ports[1].total_energy = Some(0);
        let stale = of("roof", None, Timestamp::UNIX_EPOCH, &stale);
        assert_eq!(
            stale.ports[0].pv_power_w, None,
            "what it delivered once is not what it delivers"
        );
        assert_eq!(stale.ports[1].total_wh, None, "a zero without a link says nothing");
    }

    #[test]
    fn a_field_of_another_type_leaves_the_reading_whole() {
        let snapshot = snapshot(&["rdn_wb_field13_message"]);
        assert_eq!((snapshot.inverters.len(), snapshot.ports.len()), (1, 2));
        assert_eq!(snapshot.inverters[0].active_power_w, Some(280.7));
    }

    #[test]
    fn what_can_be_no_port_is_left_out() {
        let mut pages = pages(&["real_hms800w2t_realdatanew_2023"]);
        pages.ports[0].port = Some(200);
        pages.ports[1].serial = Some(-1);
        assert!(of("roof", None, Timestamp::UNIX_EPOCH, &pages).ports.is_empty());
    }
}
