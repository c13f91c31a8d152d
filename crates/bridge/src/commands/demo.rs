//! `hoymiles-smiles demo`: the whole bridge with two simulated DTUs and a year of made-up history.
//!
//! The DTUs are on loopback sockets and are polled like real ones. The store is a file of its own,
//! so a demo never mixes with real readings; it is kept, and the next demo continues it.

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr};
use dtu::DialectSetting;
use jiff::Timestamp;
use simulator::{Dialect, DtuOptions, Running, SimPlant, SimulatedDtu};

use crate::app::App;
use crate::commands::made_up::{self, Past};
use crate::config::{Config, DtuConfig, Protocol, Storage};
use crate::{logging, shutdown};

/// Simulated DTUs do not tire, and a visitor wants to see something move.
const QUERY_PERIOD_S: u64 = 10;

struct DemoDtu {
    name: &'static str,
    plant: SimPlant,
    options: DtuOptions,
}

fn dtus() -> [DemoDtu; 2] {
    let latency = Duration::from_millis(30);
    [
        DemoDtu {
            name: "House (demo)",
            plant: SimPlant::demo(1),
            options: DtuOptions { latency, ..DtuOptions::default() },
        },
        DemoDtu {
            name: "Garage (demo)",
            plant: SimPlant::with_ports(6, 2),
            options: DtuOptions { latency, dialect: Dialect::Word, ..DtuOptions::default() },
        },
    ]
}

#[expect(clippy::print_stdout, reason = "a person waits for the address")]
pub(crate) fn demo(mut config: Config, days: u16) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        config.data_dir = config.data_dir.join("demo");
        config.storage = Storage::Sqlite;
        let dtus = dtus();
        println!("Making up {days} days of history in {} …", config.data_dir.display());
        let past: Vec<Past<'_>> =
            dtus.iter().map(|dtu| Past { name: dtu.name, plant: &dtu.plant }).collect();
        made_up::make(&config, &past, days).await?;

        let mut running: Vec<Running> = Vec::new();
        config.dtus.clear();
        for DemoDtu { name, plant, options } in dtus {
            let dtu = SimulatedDtu::new(plant, options, Timestamp::now)
                .listen("127.0.0.1:0")
                .await
                .wrap_err("a simulated DTU cannot listen")?;
            config.dtus.push(DtuConfig {
                name: name.to_owned(),
                host: dtu.address.ip().to_string(),
                port: dtu.address.port(),
                query_period_s: QUERY_PERIOD_S,
                protocol: Protocol::Modbus { unit_id: 1, addressing: DialectSetting::Auto },
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
