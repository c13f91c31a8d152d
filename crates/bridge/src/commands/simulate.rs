//! `hoymiles-smiles simulate`: a simulated DTU on a socket, for trying things out.

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use jiff::Timestamp;
use simulator::{Dialect, DtuOptions, SimPlant, SimulatedDtu, SimulatedWifiDtu, WifiOptions};

use crate::cli::{Simulation, SimulationProtocol};
use crate::config::Config;
use crate::{logging, shutdown};

#[expect(clippy::print_stdout, reason = "a person or a script waits for the address")]
pub(crate) fn simulate(config: &Config, simulation: Simulation) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        let Simulation { listen, ports, latency_ms, seed, protocol } = simulation;
        let plant = SimPlant::with_ports(usize::from(ports), seed);
        let latency = Duration::from_millis(latency_ms);
        let mistake = || format!("--listen: cannot serve on {listen}");
        // It serves until it is dropped.
        let _dtu: Box<dyn std::any::Any> = match protocol {
            SimulationProtocol::Modbus { word_addressing } => {
                let dialect = if word_addressing { Dialect::Word } else { Dialect::Byte };
                let options = DtuOptions { dialect, latency, ..DtuOptions::default() };
                let dtu = SimulatedDtu::new(plant, options, Timestamp::now);
                let dtu = dtu.listen(&listen).await.wrap_err_with(mistake)?;
                println!("a simulated DTU with {ports} ports on {}", dtu.address);
                Box::new(dtu)
            }
            SimulationProtocol::Wifi { encrypted, pages } => {
                if pages > ports {
                    return Err(eyre!(
                        "--pages: {pages} is more than the {ports} ports; a page has one at least"
                    ));
                }
                let options = WifiOptions {
                    seed: encrypted.then(|| (u128::from(seed) + 1).to_be_bytes()),
                    ports_per_page: usize::from(ports.div_ceil(pages)),
                    latency,
                    meter: true,
                    ..WifiOptions::default()
                };
                let dtu = SimulatedWifiDtu::new(plant, options, Timestamp::now);
                let dtu = dtu.listen(&listen).await.wrap_err_with(mistake)?;
                println!("a simulated Wi-Fi DTU with {ports} ports on {}", dtu.address);
                Box::new(dtu)
            }
        };
        signal.cancelled().await;
        Ok(ExitCode::SUCCESS)
    })
}
