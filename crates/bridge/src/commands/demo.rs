//! `hoymiles-smiles demo`: the whole bridge with two simulated DTUs and a year of made-up history.
//!
//! The DTUs are on loopback sockets and are polled like real ones. The store is a file of its own,
//! so a demo never mixes with real readings; it is kept, and the next demo continues it.

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr};
use dtu::DialectSetting;
use jiff::{SignedDuration, Timestamp};
use simulator::{Dialect, DtuOptions, Running, SimPlant, SimulatedDtu};
use store::{Record, Store};

use crate::app::App;
use crate::config::{Config, DtuConfig, Protocol, Storage};
use crate::{logging, shutdown, storage};

/// From one made-up reading to the next.
const HISTORY_STEP: SignedDuration = SignedDuration::from_mins(15);
/// How far the made-up history goes back.
const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Snapshots in one transaction.
const BATCH: usize = 500;
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
pub(crate) fn demo(mut config: Config) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        config.data_dir = config.data_dir.join("demo");
        config.storage = Storage::Sqlite;
        let dtus = dtus();
        println!("Making up a year of history in {} …", config.data_dir.display());
        make_history(&config, &dtus).await?;

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

/// Fills the demo's store up to now: from a year ago, or from where the last demo ended.
async fn make_history(config: &Config, dtus: &[DemoDtu]) -> Result<()> {
    std::fs::create_dir_all(&config.data_dir).wrap_err("DATA_DIR")?;
    let store = storage::sqlite(config);
    store.prepare().await.wrap_err("DATA_DIR")?;
    let now = Timestamp::now();
    let newest = store.stats().await?.newest_reading;
    let mut at = newest.map_or(now - HISTORY, |newest| newest + HISTORY_STEP);
    while at < now {
        let mut batch = Vec::with_capacity(BATCH);
        while at < now && batch.len() < BATCH {
            batch.extend(dtus.iter().map(|dtu| Record::Snapshot(dtu.plant.snapshot(dtu.name, at))));
            at += HISTORY_STEP;
        }
        store.write(&batch).await?;
    }
    store.close().await;
    Ok(())
}
