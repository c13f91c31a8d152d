//! `hoymiles-smiles export`: what `/api/export` answers, without a bridge that runs.
//!
//! Into a file under another name first, so that a file under its own name is whole; or to standard
//! output, where the exit code says whether all was told.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::export::{Export, Format};
use api::query::{Edge, export::Table};
use clap::{Arg, ArgMatches, Command, value_parser};
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use jiff::Timestamp;
use plant::Serial;

use crate::config::Config;
use crate::logging;
use crate::permanent::Permanent;

/// What is exported, and where to.
#[derive(Debug)]
pub(crate) struct Arguments {
    table: Table,
    from: Option<Edge>,
    to: Option<Edge>,
    serial: Option<Serial>,
    /// None for what the file's name says.
    format: Option<Format>,
    /// None for standard output.
    file: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        Self {
            table: match matches.get_one::<String>("table").map(String::as_str) {
                Some("inverters") => Table::Inverters,
                _ => Table::Ports,
            },
            from: matches.get_one("from").copied(),
            to: matches.get_one("to").copied(),
            serial: matches.get_one("serial").copied(),
            format: matches.get_one("format").copied(),
            file: matches.get_one("file").cloned(),
        }
    }
}

pub(crate) fn command() -> Command {
    let edge = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("DAY").value_parser(edge).help(help)
    };
    Command::new("export")
        .about("Write readings into a file; the bridge may be running")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("A name that is not taken; without it, standard output"),
        )
        .arg(
            Arg::new("table")
                .long("table")
                .value_parser(["ports", "inverters"])
                .default_value("ports")
                .help("Whose readings"),
        )
        .arg(edge("from", "First local day, or an instant; from the first reading on without it"))
        .arg(edge("to", "The local day after the last one, or an instant; up to now without it"))
        .arg(
            Arg::new("serial")
                .long("serial")
                .value_name("SERIAL")
                .value_parser(|text: &str| {
                    text.parse::<Serial>()
                        .map_err(|_| "a serial number of 12 hexadecimal digits is expected")
                })
                .help("Only this inverter"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(|text: &str| {
                    Format::named(text).ok_or_else(|| format!("it must be {}", Format::ALLOWED))
                })
                .help(format!("{}; without it, what FILE ends with, or csv", Format::ALLOWED)),
        )
}

fn edge(text: &str) -> Result<Edge, &'static str> {
    let day = (text.len() == "2026-06-21".len()).then(|| text.parse().ok()).flatten();
    day.map(Edge::Day)
        .or_else(|| text.parse().ok().map(Edge::Instant))
        .ok_or("a day like 2026-06-21 or an instant like 2026-06-21T12:00:00Z is expected")
}

pub(crate) fn export(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    logging::start(&config.log)?;
    let format = match arguments.format {
        Some(format) => format,
        None => format_of(arguments.file.as_deref())?,
    };
    super::block_on(async {
        let place = Permanent::of(config, "export")?;
        // Refuses what is not of this version, and changes nothing.
        drop(place.source().await?);
        let now = Timestamp::now();
        let calendar = config.calendar();
        let from = arguments.from.map(|edge| edge.instant(&calendar));
        let to = arguments.to.map_or(now, |edge| edge.instant(&calendar));
        if from.is_some_and(|from| from >= to) {
            bail!("nothing lies between --from and --to");
        }
        let store = place.store();
        let known = store.latest(now).await?;
        let wanted: Vec<_> = known
            .iter()
            .filter(|(serial, _)| arguments.serial.is_none_or(|only| only == *serial))
            .map(|(serial, inverter)| (*serial, inverter))
            .collect();
        if let (Some(serial), true) = (arguments.serial, wanted.is_empty()) {
            bail!("--serial {serial}: no such inverter was ever read");
        }
        let mut export = Export::new(place.store(), arguments.table, format, wanted, from, to);
        match &arguments.file {
            Some(file) => into_file(&mut export, file).await?,
            None => match write(&mut export, &mut std::io::stdout().lock()).await {
                // Whoever reads has had enough.
                Err(error) if is_broken_pipe(&error) => {}
                outcome => outcome?,
            },
        }
        store.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// What a file of this name has in it: CSV, unless it says that it has something else.
fn format_of(file: Option<&Path>) -> Result<Format> {
    match file.filter(|file| file.extension().is_some_and(|ending| ending == "parquet")) {
        None => Ok(Format::Csv),
        Some(file) => Format::named("parquet")
            .ok_or_else(|| eyre!("{}: the format must be {}", file.display(), Format::ALLOWED)),
    }
}

async fn into_file(export: &mut Export, path: &Path) -> Result<()> {
    let name = path.display();
    if path.symlink_metadata().is_ok() {
        bail!("there is a file {name} already, and an export writes over none");
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let cannot = || format!("{name} cannot be written");
    let file = File::create(&partial).wrap_err_with(cannot)?;
    let outcome = write(export, &mut BufWriter::new(&file)).await;
    let synced = outcome.and_then(|()| file.sync_all().wrap_err_with(cannot));
    match synced {
        Ok(()) => std::fs::rename(&partial, path).wrap_err_with(cannot),
        Err(error) => {
            let _ = std::fs::remove_file(&partial);
            Err(error)
        }
    }
}

async fn write(export: &mut Export, output: &mut dyn Write) -> Result<()> {
    while let Some(piece) = export.piece().await? {
        output.write_all(&piece)?;
    }
    Ok(output.flush()?)
}

fn is_broken_pipe(error: &color_eyre::Report) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
