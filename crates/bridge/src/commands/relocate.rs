//! `hoymiles-smiles move --to sqlite|postgres`: everything that is stored, from one engine to the
//! other.
//!
//! There are two places: the file in `DATA_DIR`, and the database that `DB_…` or `DATABASE_URL`
//! names. `--to` says which one is filled, the other one is only read; `DB_TYPE` does not matter.
//! What waits in the outbox goes into PostgreSQL first or last, so that it moves too.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use color_eyre::eyre::Result;
use store::transfer::copy;

use super::copying::{Reporter, outbox_of};
use super::restore::replace_argument;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::permanent::Permanent;
use crate::{logging, storage};

/// Where everything goes.
#[derive(Debug)]
pub(crate) struct Arguments {
    to: Destination,
    replace: bool,
}

#[derive(Debug, Clone)]
enum Destination {
    Sqlite,
    /// By the settings, or by this URL.
    Postgres(Option<String>),
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        Self {
            to: matches.get_one("to").cloned().unwrap_or(Destination::Sqlite),
            replace: matches.get_flag("replace"),
        }
    }

    /// The settings that the command line stands for: PostgreSQL is one of the two places in any
    /// case.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![("DB_TYPE", "postgres".to_owned())];
        if let Destination::Postgres(Some(url)) = &self.to {
            settings.push(("DATABASE_URL", url.clone()));
        }
        settings
    }
}

pub(crate) fn command() -> Command {
    Command::new("move")
        .about("Copy everything from SQLite to PostgreSQL or back; stop the bridge first")
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("STORE")
                .value_parser(destination)
                .required(true)
                .help(
                    "sqlite, the file in DATA_DIR; or postgres, as DB_HOST and so on say. A \
                     postgres:// URL does too, but others on this machine can see it",
                ),
        )
        .arg(replace_argument())
}

fn destination(text: &str) -> Result<Destination, &'static str> {
    match text {
        "sqlite" => Ok(Destination::Sqlite),
        "postgres" | "postgresql" => Ok(Destination::Postgres(None)),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(Destination::Postgres(Some(url.to_owned())))
        }
        _ => Err("sqlite, postgres or a postgres:// URL is expected"),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn relocate(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let _claimed = DataDir::claim(&config.data_dir)?;
        let (postgres, sqlite) = (Permanent::of(config, "move")?, Permanent::embedded(config));
        let outbox = outbox_of(&storage::outbox_file(config)).await?;
        let (from, to) = match arguments.to {
            Destination::Sqlite => (&postgres, &sqlite),
            Destination::Postgres(_) => (&sqlite, &postgres),
        };
        if let Permanent::Postgres(store) = from {
            store.refuse_while_used().await?;
            if let Some(outbox) = &outbox {
                from.deliver(outbox).await?;
            }
        }
        let mut source = from.source().await?;
        let mut target =
            to.target(&format!("what is in {}", from.engine()), arguments.replace).await?;
        let mut reporter = Reporter::default();
        let copied =
            copy(&mut *source, &mut *target, &mut |progress| reporter.tell(progress)).await?;
        reporter.end();
        target.finish().await?;
        drop((source, target));
        let rows: u64 = copied.iter().map(|(_, seal)| seal.rows).sum();
        println!(
            "{rows} rows of {} tables are copied from {} to {}, read back and the same.",
            copied.len(),
            from.engine(),
            to.engine()
        );
        if let Some(outbox) = outbox {
            if let Permanent::Postgres(_) = to {
                to.deliver(&outbox).await?;
            }
            outbox.close().await;
        }
        println!(
            "Set DB_TYPE={} and start the bridge. The other one is as it was: when all is well it \
             may go.",
            to.engine()
        );
        from.store().close().await;
        to.store().close().await;
        Ok(ExitCode::SUCCESS)
    })
}
