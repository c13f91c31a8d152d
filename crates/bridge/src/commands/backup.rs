//! `hoymiles-smiles backup FILE`: everything that is stored in one file, while the bridge runs.
//!
//! What the file is, and why it is the same for both engines: `docs/adr/0033`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use store::transfer::{BackupWriter, Manifest, Seals};
use store::{LossCount, Outbox};

use super::copying::Reporter;
use crate::config::Config;
use crate::permanent::Permanent;
use crate::{logging, storage};

pub(crate) fn command() -> Command {
    Command::new("backup")
        .about("Write everything that is stored into one file; the bridge may be running")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("A name that is not taken"),
        )
}

/// The file that is named on the command line.
pub(crate) fn file(matches: &ArgMatches) -> PathBuf {
    matches.get_one::<PathBuf>("file").cloned().unwrap_or_default()
}

pub(crate) fn backup(config: &Config, file: &Path) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let place = Permanent::of(config, "back up")?;
        let made_at = Timestamp::now();
        let mut writer = BackupWriter::begin(file).await?;
        let manifest = Manifest {
            made_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: place.engine().to_owned(),
            time_zone: config.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            lost: lost(config),
            seals: Seals::new(),
        };
        let unreadable = match fill(config, &place, &mut writer).await {
            Ok(unreadable) => unreadable,
            Err(error) => {
                writer.give_up().await;
                return Err(error);
            }
        };
        let manifest = writer.finish(manifest).await?;
        tell(file, &manifest, unreadable);
        Ok(ExitCode::SUCCESS)
    })
}

/// How many records of the outbox cannot be read.
async fn fill(config: &Config, place: &Permanent, writer: &mut BackupWriter) -> Result<u64> {
    let path = storage::outbox_file(config);
    let mut unreadable = 0;
    if path.exists() {
        let outbox = Outbox::visit(path);
        unreadable = writer.keep_outbox(&outbox).await.wrap_err("DATA_DIR")?;
        outbox.close().await;
    }
    let mut source = place.source().await?;
    let mut reporter = Reporter::default();
    writer.copy(&mut *source, &mut |progress| reporter.tell(progress)).await?;
    reporter.end();
    Ok(unreadable)
}

fn lost(config: &Config) -> (u64, Option<Timestamp>) {
    let path = storage::losses_file(config);
    if !path.exists() {
        return (0, None);
    }
    let count = LossCount::open(path);
    (count.readings(), count.last())
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
fn tell(file: &Path, manifest: &Manifest, unreadable: u64) {
    println!("{} is written, read back and whole: {}.", file.display(), contents(manifest));
    if unreadable > 0 {
        println!("{unreadable} records of the outbox cannot be read and are not in it.");
    }
    println!("Your settings are not in it: keep .env or the configuration file with it.");
}

/// What a backup holds, in words.
pub(super) fn contents(manifest: &Manifest) -> String {
    let rows = |table| manifest.rows(table);
    let mut text = format!(
        "{} rows, of them {} readings of ports and {} of inverters",
        manifest.all_rows(),
        rows("port_data"),
        rows("inverter_data")
    );
    for (table, what) in [
        ("outbox_waiting", "records that waited in the outbox"),
        ("outbox_quarantine", "records in quarantine"),
    ] {
        if rows(table) > 0 {
            text += &format!(", {} {what}", rows(table));
        }
    }
    text
}
