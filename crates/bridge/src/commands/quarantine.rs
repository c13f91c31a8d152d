//! `hoymiles-smiles quarantine`: what the database refused, and another try.
//!
//! Both work on the outbox of a bridge that runs: SQLite lets two processes share a file, each
//! change is one transaction, and the forwarder looks for work every half minute by itself.

use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr};
use store::{Outbox, OutboxError};

use crate::cli::QuarantineTask;
use crate::config::Config;
use crate::storage;

/// Entries that are read at a time.
const PAGE: u32 = 100;

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn quarantine(config: &Config, task: QuarantineTask) -> Result<ExitCode> {
    let path = storage::outbox_file(config);
    if !path.exists() {
        println!("There is no outbox in {}, so nothing is in quarantine.", path.display());
        return Ok(ExitCode::SUCCESS);
    }
    super::block_on(async {
        let outbox = Outbox::visit(&path);
        match task {
            QuarantineTask::List => list(&outbox).await.wrap_err("DATA_DIR")?,
            QuarantineTask::Replay => {
                let replayed = outbox.replay().await.wrap_err("DATA_DIR")?;
                println!(
                    "{} records with {} readings are back in the outbox.",
                    replayed.records, replayed.readings
                );
            }
        }
        outbox.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
async fn list(outbox: &Outbox) -> Result<(), OutboxError> {
    let mut after = 0;
    loop {
        let entries = outbox.quarantined(after, PAGE).await?;
        for entry in &entries {
            println!(
                "{}. {:.0}, {} readings: {}\n   {}",
                entry.number, entry.at, entry.readings, entry.reason, entry.text
            );
            after = entry.number;
        }
        if entries.len() < PAGE as usize {
            break;
        }
    }
    if after == 0 {
        println!("Nothing is in quarantine.");
    }
    Ok(())
}
