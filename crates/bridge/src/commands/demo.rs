//! `hoymiles-smiles demo`: the whole bridge with two simulated DTUs and a year of made-up history.
//!
//! One speaks Modbus, the other is a Wi-Fi DTU that encrypts and has a meter. They are on loopback
//! sockets and are polled like real ones. The store is a file of its own,
//! so a demo never mixes with real readings; it is kept, and the next demo continues it.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr};
use dtu::DialectSetting;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::Snapshot;
use plant::reading::sample_time;
use simulator::{
    DtuOptions, Running, RunningWifi, SimPlant, SimulatedDtu, SimulatedWifiDtu, WifiOptions,
};

use crate::app::App;
use crate::commands::made_up::{self, Past};
use crate::config::{Config, DtuConfig, Protocol, Storage};
use crate::{logging, shutdown};

/// Simulated DTUs do not tire, and a visitor wants to see something move.
const QUERY_PERIOD_S: u64 = 10;

/// One of the DTUs, and how it looks from the network.
struct DemoDtu {
    name: &'static str,
    plant: SimPlant,
    kind: Kind,
}

enum Kind {
    Modbus(DtuOptions),
    Wifi(WifiOptions),
}

/// A DTU that serves until this is dropped.
enum Plugged {
    Modbus(Running),
    Wifi(RunningWifi),
}

fn dtus(zone: &TimeZone) -> [DemoDtu; 2] {
    let latency = Duration::from_millis(30);
    let garage = WifiOptions {
        seed: Some(*b"made-up demo key"),
        latency,
        refresh: Duration::from_secs(5),
        meter: true,
        ..WifiOptions::default()
    };
    [
        DemoDtu {
            name: "House (demo)",
            plant: SimPlant::demo(1).where_clocks_show(zone),
            kind: Kind::Modbus(DtuOptions { latency, ..DtuOptions::default() }),
        },
        DemoDtu {
            name: "Garage (demo)",
            plant: SimPlant::garage(1).where_clocks_show(zone),
            kind: Kind::Wifi(garage),
        },
    ]
}

impl DemoDtu {
    /// What a poll would have brought then.
    fn snapshot(&self, at: Timestamp) -> Snapshot {
        match &self.kind {
            Kind::Modbus(_) => self.plant.snapshot(self.name, at),
            Kind::Wifi(options) => {
                let shown = simulator::wifi::readings(&self.plant, options, at);
                dtu::wifi::snapshot::of(self.name, Some(options.serial), sample_time(at), &shown)
            }
        }
    }

    async fn plug_in(self) -> io::Result<Plugged> {
        const ADDRESS: &str = "127.0.0.1:0";
        Ok(match self.kind {
            Kind::Modbus(options) => Plugged::Modbus(
                SimulatedDtu::new(self.plant, options, Timestamp::now).listen(ADDRESS).await?,
            ),
            Kind::Wifi(options) => Plugged::Wifi(
                SimulatedWifiDtu::new(self.plant, options, Timestamp::now).listen(ADDRESS).await?,
            ),
        })
    }
}

impl Plugged {
    const fn address(&self) -> SocketAddr {
        match self {
            Self::Modbus(dtu) => dtu.address,
            Self::Wifi(dtu) => dtu.address,
        }
    }

    const fn protocol(&self) -> Protocol {
        match self {
            Self::Modbus(_) => Protocol::Modbus { unit_id: 1, addressing: DialectSetting::Auto },
            Self::Wifi(_) => Protocol::Wifi,
        }
    }
}

#[expect(clippy::print_stdout, reason = "a person waits for the address")]
pub(crate) fn demo(mut config: Config, days: u16) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        config.data_dir = config.data_dir.join("demo");
        config.storage = Storage::Sqlite;
        let dtus = dtus(&config.time_zone);
        println!("Making up {days} days of history in {} …", config.data_dir.display());
        let past: Vec<Past<'_>> = dtus
            .iter()
            .map(|dtu| Past { name: dtu.name, shown: Box::new(|at| dtu.snapshot(at)) })
            .collect();
        made_up::make(&config, &past, days).await?;
        drop(past);

        let mut running = Vec::new();
        config.dtus.clear();
        for dtu in dtus {
            let name = dtu.name.to_owned();
            let dtu = dtu.plug_in().await.wrap_err("a simulated DTU cannot listen")?;
            config.dtus.push(DtuConfig {
                name,
                host: dtu.address().ip().to_string(),
                port: dtu.address().port(),
                query_period_s: QUERY_PERIOD_S,
                protocol: dtu.protocol(),
            });
            running.push(dtu);
        }
        let app = App::start(config, true).await?;
        if let Some(address) = app.address {
            println!("The demo runs: http://localhost:{} (Ctrl-C ends it)", address.port());
            println!("Every number in it is made up.");
        }
        signal.cancelled().await;
        app.stop().await?;
        drop(running);
        Ok(ExitCode::SUCCESS)
    })
}
