//! `hoymiles-smiles simulate`: a simulated DTU on a socket, for trying things out.

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use simulator::{Dialect, DtuOptions, SimPlant, SimulatedDtu};

use crate::cli::Simulation;
use crate::config::Config;
use crate::{logging, shutdown};

#[expect(clippy::print_stdout, reason = "a person or a script waits for the address")]
pub(crate) fn simulate(config: &Config, simulation: Simulation) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        let plant = SimPlant::with_ports(usize::from(simulation.ports), simulation.seed);
        let options = DtuOptions {
            dialect: if simulation.word_addressing { Dialect::Word } else { Dialect::Byte },
            latency: Duration::from_millis(simulation.latency_ms),
            ..DtuOptions::default()
        };
        let dtu = SimulatedDtu::new(plant, options, Timestamp::now)
            .listen(&simulation.listen)
            .await
            .wrap_err_with(|| format!("--listen: cannot serve on {}", simulation.listen))?;
        println!("a simulated DTU with {} ports on {}", simulation.ports, dtu.address);
        signal.cancelled().await;
        Ok(ExitCode::SUCCESS)
    })
}
