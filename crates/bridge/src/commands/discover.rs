//! `hoymiles-smiles discover`: which DTUs are on the local network.
//!
//! It ends with 0 when one was found and with 1 when none was.

use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr};
use dtu::discovery::{Found, Kind, discover as look, neighbours};
use jiff::Timestamp;

use crate::cli::DiscoverTask;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn discover(config: &Config, task: DiscoverTask) -> Result<ExitCode> {
    let hosts = match task.hosts.is_empty() {
        false => task.hosts,
        true => {
            let neighbours = neighbours().wrap_err("the networks of this machine are not told")?;
            neighbours.iter().map(ToString::to_string).collect()
        }
    };
    // Progress is not part of the answer.
    eprintln!("looking at {} addresses", hosts.len());
    let Some(template) = config.dtus.first().map(|dtu| dtu.endpoint(&config.polling)) else {
        unreachable!("the command line names a DTU in place of the configured ones");
    };
    super::block_on(async {
        let found = look(hosts, &template, Timestamp::now()).await;
        if task.json {
            println!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            found.iter().for_each(|found| println!("{}", in_words(found)));
        }
        let is_dtu = |found: &Found| !matches!(found.kind, Kind::Other(_));
        if found.iter().any(is_dtu) {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!(
            "No DTU was found. Is it powered, and in the same network as this machine? A DTU-Pro \
             shows itself only with Modbus TCP switched on. hoymiles-smiles doctor HOST tells more"
        );
        Ok(ExitCode::FAILURE)
    })
}

fn in_words(Found { host, port, kind }: &Found) -> String {
    match kind {
        Kind::ModbusDtu(serial) => {
            format!("{host}:{port}  DTU {serial}, Modbus: set DTU_HOST={host}")
        }
        Kind::WifiDtu(dtu) => {
            let model = dtu.model.map(|model| format!(" ({model})")).unwrap_or_default();
            let encrypts = if dtu.encrypts { ", encrypted" } else { "" };
            format!(
                "{host}:{port}  DTU {}{model}, Wi-Fi{encrypts}: set DTU_HOST={host} and \
                 DTU_PROTOCOL=wifi",
                dtu.serial
            )
        }
        Kind::WifiPort => {
            format!("{host}:{port}  open as on a Wi-Fi DTU that does not tell who it is")
        }
        Kind::Other(what) => format!("{host}:{port}  no DTU: {what}"),
    }
}
