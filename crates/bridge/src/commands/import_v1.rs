//! `hoymiles-smiles import-v1 FILE`: energy goes on from where the Python version 1 was.
//!
//! Written records have keys, so a run that was cut off is simply begun again. If the bridge has
//! read newer counters already, the books are made anew from the starting point on. It is stopped
//! meanwhile: it goes on from accounts that it has in memory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::Serial;
use store::v1::{Left, StartingPoints, V1File, figures, settings, starting_points};
use store::{Record, Store};

use super::dtu_names::{self, DtuNames};
use super::progress::Progress;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::logging;
use crate::permanent::Permanent;

/// Rows that are listed one by one; of more only the number is told.
const LISTED: usize = 20;

/// What `import-v1` reads, and how.
#[derive(Debug)]
pub(crate) struct Arguments {
    file: PathBuf,
    /// None for the plant's own.
    zone: Option<TimeZone>,
    dtus: Vec<String>,
}

pub(crate) fn command() -> Command {
    Command::new("import-v1")
        .about("Take over the SQLite file of the Python version 1; stop the bridge first")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("Such as hoymiles-mqtt.db; it is only read"),
        )
        .arg(zone_argument("The zone of its times; TIMEZONE unless given"))
        .arg(dtu_names::argument())
}

/// `--zone`, for times that were written without one.
pub(crate) fn zone_argument(help: &'static str) -> Arg {
    Arg::new("zone")
        .long("zone")
        .value_name("ZONE")
        .value_parser(|name: &str| {
            TimeZone::get(name).map_err(|_| "an IANA name like Europe/Berlin or UTC is expected")
        })
        .help(help)
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        Self {
            file: matches.get_one::<PathBuf>("file").cloned().expect("the argument is required"),
            zone: matches.get_one::<TimeZone>("zone").cloned(),
            dtus: dtu_names::given(matches),
        }
    }
}

pub(crate) fn import_v1(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    logging::start(&config.log)?;
    let dtus = DtuNames::read(&arguments.dtus, config)?;
    let zone = arguments.zone.clone().unwrap_or_else(|| config.time_zone.clone());
    super::block_on(async {
        let file = V1File::open(&arguments.file).await?;
        let production = file.production().await?;
        let serials: BTreeSet<Serial> =
            production.iter().filter_map(|row| row.serial.parse().ok()).collect();
        dtus.require(&serials, config)?;
        let now = Timestamp::now();
        let points = starting_points(&production, &zone, now, |serial| {
            dtus.of(serial).unwrap_or_default().to_owned()
        });

        let _claimed = DataDir::claim(&config.data_dir).wrap_err("stop the bridge first")?;
        let permanent = Permanent::of(config, "import into")?;
        let taken = take(config, &permanent, &file, &points, &zone, now).await;
        permanent.store().close().await;
        report(&arguments.file, &points, &taken?, &zone);
        Ok(ExitCode::SUCCESS)
    })
}

/// What was taken besides the starting points.
#[derive(Debug, Default)]
struct Taken {
    new_rows: u64,
    settings: usize,
    figures: u64,
    left: Vec<Left>,
    /// Readings of this version that the books were made anew from.
    recomputed: Option<u64>,
}

async fn take(
    config: &Config,
    permanent: &Permanent,
    file: &V1File,
    points: &StartingPoints,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Taken> {
    let store = permanent.store();
    store.prepare().await?;
    let mut taken = Taken::default();
    let written = store.write(&points.records).await?;
    taken.new_rows = written.port_rows;

    let (records, left) = settings(&file.config().await?);
    taken.settings = records.len();
    taken.left.extend(left);
    store.write(&records).await?;
    take_figures(&*store, file, zone, &mut taken).await?;

    if let Some((first, last)) = points.span {
        let newer = store.latest(now).await?.into_iter().any(|(serial, inverter)| {
            points.ports.iter().any(|(of, _)| *of == serial)
                && inverter.reading.is_some_and(|reading| reading.at > last)
        });
        if newer {
            let calendar = config.calendar();
            let days = calendar.day(first)..=calendar.day(now);
            taken.recomputed = Some(permanent.recompute(days, now).await?.readings);
        }
    }
    Ok(taken)
}

async fn take_figures(
    store: &dyn Store,
    file: &V1File,
    zone: &TimeZone,
    taken: &mut Taken,
) -> Result<()> {
    let total = file.figure_count().await?;
    let mut progress = Progress::new("figures", 0, total);
    let (mut after, mut done) = (i64::MIN, 0);
    loop {
        let rows = file.figures(after).await?;
        let Some(last) = rows.last() else { break };
        after = last.row;
        done += rows.len() as u64;
        let (metrics, left) = figures(&rows, zone);
        taken.figures += metrics.len() as u64;
        taken.left.extend(left);
        store.write(&[Record::Metrics(metrics)]).await?;
        progress.tell(done);
    }
    progress.end(done);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
fn report(file: &Path, points: &StartingPoints, taken: &Taken, zone: &TimeZone) {
    let name = zone.iana_name().unwrap_or("the system's zone");
    println!("{}, its times read as those of {name}:", file.display());
    let inverters: BTreeSet<Serial> = points.ports.iter().map(|(serial, _)| *serial).collect();
    println!(
        "  ports: {}, of inverters: {}; they go on from a lifetime of {:.1} kWh together",
        points.ports.len(),
        inverters.len(),
        points.lifetime_wh as f64 / 1000.0
    );
    if let Some((first, last)) = points.span {
        println!("  they were read from {first:.0} to {last:.0}");
    }
    if !points.ports.is_empty() && taken.new_rows == 0 {
        println!("  all of them had been taken before");
    }
    println!(
        "  {} figures into system_metrics, {} entries into config_cache (as v1/…)",
        taken.figures, taken.settings
    );
    if let Some(readings) = taken.recomputed {
        println!("  energy since then was made anew from {readings} readings");
    }
    for remark in points.remarks.iter().take(LISTED) {
        println!("  {remark}");
    }
    let left: Vec<&Left> = points.left.iter().chain(&taken.left).collect();
    if left.is_empty() {
        println!("Everything was taken.");
        return;
    }
    println!("Not taken: {}", left.len());
    for Left { row, reason } in left.iter().take(LISTED) {
        println!("  {row}: {reason}");
    }
    if left.len() > LISTED {
        println!("  and {} more", left.len() - LISTED);
    }
}
