//! `hoymiles-smiles doctor`: what is wrong with a DTU, one sentence per cause.
//!
//! It ends with 0 when readings can be taken and with 1 when not. A DTU serves one client: a bridge
//! that runs and the doctor would hang up on each other.

use std::process::ExitCode;

use color_eyre::eyre::{Result, eyre};
use dtu::doctor::{Finding, Verdict, examine, examine_wifi};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::DoctorTask;
use crate::config::{Config, Protocol};

/// What is told of one DTU as JSON.
#[derive(Debug, Serialize)]
struct Examined {
    name: String,
    address: String,
    healthy: bool,
    findings: Vec<Finding>,
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn doctor(config: Config, task: DoctorTask) -> Result<ExitCode> {
    if config.dtus.is_empty() {
        return Err(eyre!("no DTU is named: hoymiles-smiles doctor HOST, or set DTU_HOST"));
    }
    super::block_on(async {
        let mut all = Vec::new();
        for dtu in config.dtus {
            let name = dtu.name.clone();
            let address = format!("{}:{}", dtu.host, dtu.port);
            let now = Timestamp::now();
            let findings = match dtu.protocol {
                Protocol::Modbus { .. } => examine(&dtu.endpoint(&config.polling), now).await,
                Protocol::Wifi => examine_wifi(&dtu.wifi_endpoint(&config.polling), now).await,
            };
            let healthy = findings.iter().all(|finding| finding.result != Verdict::Fault);
            all.push(Examined { name, address, healthy, findings });
        }
        if task.json {
            println!("{}", serde_json::to_string_pretty(&all)?);
        } else {
            all.iter().for_each(|examined| println!("{}", in_words(examined)));
        }
        Ok(match all.iter().all(|examined| examined.healthy) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    })
}

fn in_words(examined: &Examined) -> String {
    let lines = examined.findings.iter().map(|Finding { probe, result, text }| {
        let result = match result {
            Verdict::Ok => "ok",
            Verdict::Note => "note",
            Verdict::Fault => "FAULT",
        };
        format!("\n  {result:<6}{probe}: {text}")
    });
    format!("{} at {}{}", examined.name, examined.address, lines.collect::<String>())
}
