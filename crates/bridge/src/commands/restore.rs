//! `hoymiles-smiles restore FILE`: what a backup holds, back into the store of the configuration.
//!
//! 1. The whole file is read and compared with its list of contents. Nothing has changed until then.
//! 2. The store has to be empty, or is replaced if that was asked for.
//! 3. Every table is copied and read back. A run that is interrupted goes on where it stopped.
//! 4. What the outbox held goes into the outbox of this data directory and from there into the
//!    store. What waits in that outbox already is left there: those are readings too.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use color_eyre::eyre::{Result, WrapErr};
use store::transfer::{Backup, copy};
use store::{LossCount, Outbox};

use super::backup::contents;
use super::copying::{Reporter, outbox_of};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::permanent::Permanent;
use crate::{logging, storage};

/// A backup of an earlier version is brought up to date here, below the data directory.
const SCRATCH_FILE: &str = "restore.sqlite.partial";

/// What `restore` reads, and whether it may delete.
#[derive(Debug)]
pub(crate) struct Arguments {
    file: PathBuf,
    check: bool,
    replace: bool,
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        Self {
            file: matches.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
            check: matches.get_flag("check"),
            replace: matches.get_flag("replace"),
        }
    }
}

pub(crate) fn command() -> Command {
    Command::new("restore")
        .about("Put what a backup holds into an empty store; stop the bridge first")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("What 'backup' has written; it is only read"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Only say whether the file is whole, and what it holds"),
        )
        .arg(replace_argument())
}

/// `--replace`, for a store that is not empty.
pub(super) fn replace_argument() -> Arg {
    Arg::new("replace").long("replace").action(ArgAction::SetTrue).help(
        "Replace a store that holds readings: a SQLite file is put aside, the tables in PostgreSQL \
         are emptied",
    )
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn restore(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let file = arguments.file.display();
        let backup = Backup::open(&arguments.file).await?;
        let mut reporter = Reporter::default();
        backup.verify(&mut |progress| reporter.tell(progress)).await?;
        reporter.end();
        println!(
            "{file} is whole: made at {:.0} by version {} from {}, {}.",
            backup.manifest.made_at,
            backup.manifest.version,
            backup.manifest.engine,
            contents(&backup.manifest)
        );
        if arguments.check {
            return Ok(ExitCode::SUCCESS);
        }
        let _claimed = DataDir::claim(&config.data_dir)?;
        let scratch = config.data_dir.join(SCRATCH_FILE);
        let outcome = fill(config, &backup, arguments.replace, &scratch).await;
        // It is there only for a backup of an earlier version.
        let _ = std::fs::remove_file(&scratch);
        outcome.map(|()| ExitCode::SUCCESS)
    })
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
async fn fill(config: &Config, backup: &Backup, replace: bool, scratch: &Path) -> Result<()> {
    let manifest = &backup.manifest;
    let place = Permanent::of(config, "restore into")?;
    let mut target = place.target(&manifest.origin(), replace).await?;
    let mut source = backup.source(scratch).await?;
    let mut reporter = Reporter::default();
    let copied = copy(&mut *source, &mut *target, &mut |progress| reporter.tell(progress)).await?;
    reporter.end();

    let path = storage::outbox_file(config);
    if manifest.rows("outbox_waiting") + manifest.rows("outbox_quarantine") > 0 {
        let outbox = Outbox::open(&path).await.wrap_err("DATA_DIR")?;
        backup.fill_outbox(&outbox).await?;
        outbox.close().await;
    }
    let (lost, last) = manifest.lost;
    if let Some(last) = last {
        let mut count = LossCount::open(storage::losses_file(config));
        count.add(lost.saturating_sub(count.readings()), last);
    }
    target.finish().await?;
    drop(target);

    let rows: u64 = copied.iter().map(|(_, seal)| seal.rows).sum();
    println!(
        "{rows} rows of {} tables are restored into {}, read back and the same.",
        copied.len(),
        place.engine()
    );
    if let Some(outbox) = outbox_of(&path).await? {
        let delivered = place.deliver(&outbox).await?;
        outbox.close().await;
        println!("{delivered} readings that waited in the outbox are there too.");
    }
    place.store().close().await;
    let here = config.time_zone.iana_name().unwrap_or("UTC");
    if manifest.time_zone != here {
        println!(
            "Its days are those of {}, and TIMEZONE is {here}: 'recompute' makes them anew.",
            manifest.time_zone
        );
    }
    Ok(())
}
