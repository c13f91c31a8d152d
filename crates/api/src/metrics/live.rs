//! The figures that are computed from the live plant at each scrape.
//!
//! A value is there only while its source is fresh: an inverter that fell silent has no power, not
//! its last one. An inverter that sleeps is fresh and delivers 0 W.

use std::fmt;

use jiff::Timestamp;
use plant::Serial;
use plant::live::{
    BreakerState, DtuPhase, DtuState, LiveInverter, LivePlant, StorageState, StoreLink,
};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::devices;
use super::sheet::{Sample, Sheet};
use crate::Moment;
use crate::verdict::DtuStatus;
use crate::view::Inverter;
use crate::view::inverter::{Port, pv_power};

/// The live plant at the moment of a scrape.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) moment: Moment,
    pub(super) version: &'static str,
}

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let inverters: Vec<Inverter> = self
            .plant()
            .inverters
            .iter()
            .filter(|(serial, _)| !self.plant().is_retired(**serial))
            .map(|(&serial, inverter)| Inverter::of(serial, inverter, &self.moment))
            .collect();
        let fresh: Vec<&Inverter> = inverters.iter().filter(|inverter| !inverter.stale).collect();

        self.bridge(&mut sheet)?;
        self.dtus(&mut sheet)?;
        self.dtu_sums(&mut sheet)?;
        inverter_figures(&mut sheet, &fresh)?;
        port_figures(&mut sheet, &fresh)?;
        devices::meters(&mut sheet, &self.moment)?;
        devices::hybrids(&mut sheet, &self.moment)?;
        presence(&mut sheet, &inverters, fresh.len())?;
        self.storage(&mut sheet, &self.plant().storage)
    }
}

impl Collected {
    fn plant(&self) -> &LivePlant {
        &self.moment.plant
    }

    fn bridge(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let uptime_s = self.moment.seconds_since(self.plant().started_at);
        sheet.gauge(
            "hoymiles_smiles_uptime_seconds",
            "Seconds since the bridge started.",
            [Sample::plain(uptime_s as f64)],
        )?;
        sheet.gauge(
            "hoymiles_build_info",
            "Always 1; the label tells the version of the bridge.",
            [Sample::labelled([("version", self.version.to_owned())], 1)],
        )
    }

    fn dtus(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let now = self.moment.now;
        sheet.gauge(
            "hoymiles_dtu_available",
            "1 while the DTU answers, else 0; absent while it sleeps or another bridge polls it.",
            self.per_dtu(|dtu| match DtuStatus::of(dtu, now) {
                // Nobody wants to be woken by a night.
                DtuStatus::Standby | DtuStatus::Asleep => None,
                status => Some(bit(status == DtuStatus::Online)),
            }),
        )?;
        sheet.gauge(
            "hoymiles_dtu_standby",
            "1 while another bridge polls the DTU, else 0.",
            self.per_dtu(|dtu| Some(bit(dtu.phase == DtuPhase::Standby))),
        )?;
        sheet.gauge(
            "hoymiles_circuit_breaker_state",
            "0 while polls run, 1 while the DTU is left in peace or tried again.",
            self.per_dtu(|dtu| Some(bit(dtu.breaker != BreakerState::Closed))),
        )
    }

    fn per_dtu(&self, figure: impl Fn(&DtuState) -> Option<f64>) -> impl Iterator<Item = Sample> {
        self.plant().dtus.iter().filter_map(move |(name, dtu)| {
            Some(Sample::labelled([("dtu_name", name.clone())], figure(dtu)?))
        })
    }

    /// Sums over the ports of each DTU that answers. Energy counts ports that are silent at the
    /// moment too: each keeps its last counter, or the sum would fall and rise again.
    fn dtu_sums(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        sheet.gauge(
            "hoymiles_dtu_power_watts",
            "What all panels of the DTU deliver, W.",
            self.per_answering_dtu(|ports| {
                Some(pv_power(ports.iter().filter(|port| !port.stale)).unwrap_or(0.0))
            }),
        )?;
        sheet.gauge(
            "hoymiles_today_production_wh",
            "Sum of the day counters of the DTU's ports, Wh.",
            self.per_answering_dtu(|ports| sum(ports.iter().map(|port| port.today_production))),
        )?;
        sheet.gauge(
            "hoymiles_total_production_wh",
            "Sum of the lifetime counters of the DTU's ports, Wh.",
            self.per_answering_dtu(|ports| sum(ports.iter().map(|port| port.total_production))),
        )
    }

    fn per_answering_dtu(
        &self,
        figure: impl Fn(&[Port]) -> Option<f64>,
    ) -> impl Iterator<Item = Sample> {
        let now = self.moment.now;
        self.plant().dtus.iter().filter(move |(_, dtu)| answers_us(dtu, now)).filter_map(
            move |(name, _)| {
                let ports: Vec<Port> = self
                    .inverters_of(name)
                    .flat_map(|(serial, inverter)| Port::all_of(serial, inverter, &self.moment))
                    .collect();
                Some(Sample::labelled([("dtu_name", name.clone())], figure(&ports)?))
            },
        )
    }

    fn inverters_of(&self, dtu_name: &str) -> impl Iterator<Item = (Serial, &LiveInverter)> {
        self.plant()
            .inverters
            .iter()
            .filter(move |(_, inverter)| inverter.dtu_name == dtu_name)
            .map(|(&serial, inverter)| (serial, inverter))
    }

    fn storage(&self, sheet: &mut Sheet<'_>, storage: &StorageState) -> fmt::Result {
        let is_up = match storage.link {
            StoreLink::Up => Some(1.0),
            StoreLink::Down | StoreLink::Connecting => Some(0.0),
            StoreLink::Off => None,
        };
        sheet.gauge(
            "hoymiles_db_up",
            "1 while the database can be reached, else 0.",
            is_up.map(Sample::plain),
        )?;
        sheet.gauge(
            "hoymiles_outbox_depth",
            "Snapshots that wait for the database.",
            [Sample::plain(storage.outbox_depth as f64)],
        )?;
        sheet.gauge(
            "hoymiles_outbox_bytes",
            "Size of the outbox on disk, bytes.",
            [Sample::plain(storage.outbox_bytes as f64)],
        )?;
        let oldest_s = storage.outbox_oldest.map_or(0, |at| self.moment.seconds_since(at));
        sheet.gauge(
            "hoymiles_outbox_oldest_seconds",
            "Age of the oldest snapshot that waits for the database, 0 when none does.",
            [Sample::plain(oldest_s as f64)],
        )?;
        sheet.counter(
            "hoymiles_readings_stored_total",
            "Readings that reached the database.",
            storage.readings_stored,
        )?;
        sheet.counter(
            "hoymiles_readings_rejected_total",
            "Readings that the database refused for their content.",
            storage.readings_rejected,
        )?;
        sheet.counter(
            "hoymiles_readings_lost_total",
            "Readings that could not be kept anywhere.",
            storage.readings_lost,
        )
    }
}

/// A standby's sums would be counted twice by whoever adds up the bridges.
fn answers_us(dtu: &DtuState, now: Timestamp) -> bool {
    dtu.phase != DtuPhase::Standby && dtu.is_alive(now)
}

fn inverter_figures(sheet: &mut Sheet<'_>, fresh: &[&Inverter]) -> fmt::Result {
    let per_inverter = |figure: fn(&Inverter) -> Option<f64>| {
        fresh.iter().filter_map(move |inverter| {
            let serial = inverter.serial_number.to_string();
            Some(Sample::labelled([("serial_number", serial)], figure(inverter)?))
        })
    };
    sheet.gauge(
        "hoymiles_inverter_temperature_celsius",
        "Temperature inside the inverter, °C; absent while it sleeps.",
        per_inverter(|inverter| inverter.temperature.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_inverter_ac_power_watts",
        "AC power of the inverter, W; absent where the protocol does not tell it.",
        per_inverter(|inverter| inverter.active_power.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_inverter_status",
        "Operating status, the device's own code.",
        per_inverter(|inverter| inverter.operating_status.map(f64::from)),
    )?;
    sheet.gauge(
        "hoymiles_grid_voltage_volts",
        "AC voltage, V; absent while the inverter sleeps.",
        per_inverter(|inverter| inverter.grid_voltage.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_grid_frequency_hertz",
        "AC frequency, Hz; absent while the inverter sleeps.",
        per_inverter(|inverter| inverter.grid_frequency.map(decimal)),
    )?;
    sheet.gauge(
        "hoymiles_alarm_active",
        "1 for each alarm that an inverter reports; absent without one.",
        fresh.iter().filter_map(|inverter| {
            let code = inverter.alarm_code.filter(|&code| code != 0)?;
            let labels =
                [("serial_number", inverter.serial_number.to_string()), ("code", code.to_string())];
            Some(Sample::labelled(labels, 1))
        }),
    )
}

fn port_figures(sheet: &mut Sheet<'_>, fresh: &[&Inverter]) -> fmt::Result {
    let per_port = |figure: fn(&Port) -> Option<f32>| {
        fresh.iter().flat_map(|inverter| &inverter.ports).filter(|port| !port.stale).filter_map(
            move |port| {
                let labels = [
                    ("serial_number", port.serial_number.to_string()),
                    ("port", port.port_number.to_string()),
                ];
                Some(Sample::labelled(labels, decimal(figure(port)?)))
            },
        )
    };
    sheet.gauge(
        "hoymiles_inverter_power_watts",
        "What the panel on a port delivers, W.",
        per_port(|port| port.pv_power),
    )?;
    sheet.gauge(
        "hoymiles_port_voltage_volts",
        "DC voltage of the panel on a port, V; absent while the inverter sleeps.",
        per_port(|port| port.pv_voltage),
    )?;
    sheet.gauge(
        "hoymiles_port_current_amperes",
        "DC current of the panel on a port, A; absent while the inverter sleeps.",
        per_port(|port| port.pv_current),
    )
}

/// Who is there. The age is computed now, so it is true of a silent inverter too.
fn presence(sheet: &mut Sheet<'_>, known: &[Inverter], reporting: usize) -> fmt::Result {
    sheet.gauge(
        "hoymiles_data_age_seconds",
        "Age of the latest reading of an inverter, s.",
        known.iter().map(|inverter| {
            let serial = inverter.serial_number.to_string();
            Sample::labelled([("serial_number", serial)], inverter.age_seconds as f64)
        }),
    )?;
    sheet.gauge(
        "hoymiles_inverters_known",
        "Inverters that were ever confirmed and are in service.",
        [Sample::plain(known.len() as f64)],
    )?;
    sheet.gauge(
        "hoymiles_inverters_reporting",
        "Inverters whose latest reading is not stale.",
        [Sample::plain(reporting as f64)],
    )
}

fn bit(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

/// The sum of what is known, Wh; none where nothing is.
fn sum(counters: impl Iterator<Item = Option<u64>>) -> Option<f64> {
    counters.flatten().reduce(|sum, wh| sum + wh).map(|wh| wh as f64)
}

/// The decimal number that was read, 33.7, and not its binary neighbour 33.70000076.
pub(super) fn decimal(value: f32) -> f64 {
    value.to_string().parse().expect("a printed f32 is a number")
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_read_like_the_ones_that_were_measured() {
        assert_eq!(decimal(33.7), 33.7);
        assert_eq!(decimal(49.98), 49.98);
        assert!(decimal(f32::NAN).is_nan());
    }
}
