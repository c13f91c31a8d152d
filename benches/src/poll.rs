//! A poll of a DTU that takes 50 ms for each answer.
//!
//! The reference is a DTU that refuses to be asked for more than one record at a time, so our own
//! driver reads it record by record, as the Python bridge reads every DTU.

use std::time::{Duration, Instant};

use dtu::{DialectSetting, Driver, Endpoint, ModbusDriver};
use jiff::SignedDuration;
use modbus::map::RECORD_REGISTERS;
use simulator::{DtuOptions, Running, SimPlant};

use crate::report::{Report, median};

const LATENCY: Duration = Duration::from_millis(50);
const REPEATS: usize = 3;

pub(crate) async fn measure(report: &mut Report) {
    for ports in [20, 99] {
        let mut ours = Reader::of(ports, None).await;
        let mut single = Reader::of(ports, Some(RECORD_REGISTERS)).await;
        let (mut seconds, mut single_seconds) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            seconds.push(ours.poll().await);
            single_seconds.push(single.poll().await);
        }
        let (value, reference) = (median(seconds), median(single_seconds));
        report.add(
            format!("poll of {ports} ports, 50 ms per answer"),
            format!("{value:.2} s, {} requests", ours.requests),
            format!("{reference:.2} s, {} requests", single.requests),
            "one record per request",
            value / reference,
        );
    }
}

struct Reader {
    dtu: Running,
    driver: ModbusDriver,
    requests: u32,
}

impl Reader {
    /// A reader that has learned already how this DTU is spoken to.
    async fn of(ports: usize, refuse_spanning: Option<u16>) -> Self {
        let options = DtuOptions { refuse_spanning, ..DtuOptions::default() };
        let dtu = e2e::dtu_with(SimPlant::with_ports(ports, 1), options).await;
        let mut driver = ModbusDriver::new(
            Endpoint {
                name: "roof".to_owned(),
                host: dtu.address.ip().to_string(),
                port: dtu.address.port(),
                unit: 1,
                timeout: Duration::from_secs(5),
                dialect: DialectSetting::Auto,
            },
            None,
        );
        // The number of records per request goes down one step in each scan, and a scan is hourly.
        for hours in [-8, -6, -4, -2, 0] {
            driver.poll(e2e::noon() + SignedDuration::from_hours(hours)).await.unwrap();
        }
        dtu.set_latency(LATENCY);
        Self { dtu, driver, requests: 0 }
    }

    /// One everyday poll, s.
    async fn poll(&mut self) -> f64 {
        let start = Instant::now();
        let poll = self.driver.poll(e2e::noon() + SignedDuration::from_mins(1)).await.unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(
            poll.snapshot.expect("Modbus always shows").ports.len(),
            self.dtu.plant().ports().count()
        );
        self.requests = poll.requests;
        seconds
    }
}
