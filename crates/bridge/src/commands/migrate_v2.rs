//! `hoymiles-smiles migrate-v2`: the history of the Python version 2 carried over.
//!
//! The bridge may run meanwhile: what it reads waits in its outbox. The steps themselves are in
//! [`store::postgres::v2`]; here is what a person has to know and to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use color_eyre::eyre::{Result, bail};
use jiff::tz::TimeZone;
use plant::Serial;
use store::PostgresStore;
use store::postgres::v2::{Carried, Found, Plan, SCHEMA, Stage, Survey};

use super::dtu_names::{self, DtuNames};
use super::import_v1::zone_argument;
use super::progress::Progress;
use crate::config::{Config, Storage};
use crate::{logging, storage};

/// Old rows of each kind in one batch: well below a second of work.
const BATCH: u32 = 20_000;
/// Inverters that are listed one by one; of more only the number is told.
const LISTED: usize = 10;

/// What `migrate-v2` does.
#[derive(Debug)]
pub(crate) enum Arguments {
    Run {
        zone: Option<TimeZone>,
        dtus: Vec<String>,
        /// Also if version 2 seems to be running.
        even_so: bool,
    },
    Status,
    Rollback,
    Confirm,
}

pub(crate) fn command() -> Command {
    Command::new("migrate-v2")
        .about("Carry over the history of the Python version 2 in this PostgreSQL database")
        .subcommand_required(true)
        .subcommand(
            Command::new("run")
                .about("Carry it over, or go on where an earlier run was cut off")
                .arg(zone_argument("The zone of its times; that of the server unless given"))
                .arg(dtu_names::argument())
                .arg(
                    Arg::new("even-so")
                        .long("even-so")
                        .action(ArgAction::SetTrue)
                        .help("Also if another program seems to use the old tables"),
                ),
        )
        .subcommand(Command::new("status").about("Say how far it is"))
        .subcommand(
            Command::new("rollback")
                .about("Put everything back as it was before; stop the bridge first"),
        )
        .subcommand(Command::new("confirm").about("Drop the old tables, for good"))
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        match matches.subcommand() {
            Some(("run", matches)) => Self::Run {
                zone: matches.get_one::<TimeZone>("zone").cloned(),
                dtus: dtu_names::given(matches),
                even_so: matches.get_flag("even-so"),
            },
            Some(("rollback", _)) => Self::Rollback,
            Some(("confirm", _)) => Self::Confirm,
            _ => Self::Status,
        }
    }
}

pub(crate) fn migrate_v2(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    logging::start(&config.log)?;
    let Storage::Postgres(postgres) = &config.storage else {
        bail!(
            "version 2 kept its readings in PostgreSQL, and no PostgreSQL server is configured: \
             set DB_HOST, DB_NAME, DB_USER and DB_PASSWORD as they were for it. What it kept in \
             MySQL or MariaDB cannot be carried over"
        );
    };
    super::block_on(async {
        let store = storage::postgres(config, postgres)?;
        match arguments {
            Arguments::Run { zone, dtus, even_so } => {
                run(config, &store, zone.as_ref(), dtus, *even_so).await?;
            }
            Arguments::Status => status(&store).await?,
            Arguments::Rollback => roll_back(&store).await?,
            Arguments::Confirm => confirm(&store).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn run(
    config: &Config,
    store: &PostgresStore,
    zone: Option<&TimeZone>,
    dtus: &[String],
    even_so: bool,
) -> Result<()> {
    let v2 = store.v2();
    match v2.found().await? {
        Found::Nothing => bail!("there is no history of the Python version 2 in this database"),
        Found::Untouched => {
            say("Looking at the old tables …");
            let survey = v2.survey().await?;
            let plan = plan(config, &survey, zone, dtus, even_so)?;
            describe(&survey, &plan);
            v2.begin(&plan).await?;
        }
        Found::Begun(carried) if carried.stage == Stage::Carrying => {
            agree(&carried, zone)?;
            say("Going on where an earlier run ended.");
            v2.resume().await?;
        }
        Found::Begun(_) => return status(store).await,
    }
    carry(store).await?;
    status(store).await
}

/// What is known, and what has to be asked.
fn plan(
    config: &Config,
    survey: &Survey,
    zone: Option<&TimeZone>,
    dtus: &[String],
    even_so: bool,
) -> Result<Plan> {
    if let (Some(session), false) = (survey.sessions.first(), even_so) {
        bail!(
            "another program is connected to this database ({session}), maybe the Python version \
             2. Stop it and try again; if it is something else, add --even-so. Nothing was changed"
        );
    }
    let given = zone.and_then(TimeZone::iana_name).map(str::to_owned);
    let Some(zone) = given.or_else(|| survey.zone.clone()) else {
        bail!(
            "the old times have no zone, and the server does not tell in which one it wrote them. \
             Say it: --zone UTC, or --zone Europe/Berlin. Nothing was changed"
        );
    };
    let names = DtuNames::read(dtus, config)?;
    let serials: BTreeSet<Serial> = survey.inverters.iter().copied().collect();
    names.require(&serials, config)?;
    let dtu_names: BTreeMap<Serial, String> = serials
        .into_iter()
        .filter_map(|serial| Some((serial, names.of(serial)?.to_owned())))
        .collect();
    Ok(Plan { zone, dtu_names, gap_ms: survey.gap_ms })
}

/// One migration reads all times in one zone.
fn agree(carried: &Carried, zone: Option<&TimeZone>) -> Result<()> {
    match zone.and_then(TimeZone::iana_name) {
        Some(zone) if zone != carried.zone => bail!(
            "--zone {zone}: this migration has begun with {}. To begin anew: hoymiles-smiles \
             migrate-v2 rollback",
            carried.zone
        ),
        _ => Ok(()),
    }
}

async fn carry(store: &PostgresStore) -> Result<()> {
    let mut progress: Option<Progress> = None;
    loop {
        let carried = store.v2().step(BATCH).await?;
        let done = carried.inverter_rows.0 + carried.port_rows.0;
        let total = carried.inverter_rows.1 + carried.port_rows.1;
        let progress = progress.get_or_insert_with(|| Progress::new("old rows", done, total));
        progress.tell(done);
        if carried.stage != Stage::Carrying {
            progress.end(done);
            return Ok(());
        }
    }
}

async fn status(store: &PostgresStore) -> Result<()> {
    let carried = match store.v2().found().await? {
        Found::Nothing => {
            say("There is no history of the Python version 2 in this database.");
            return Ok(());
        }
        Found::Untouched => {
            say("The history of the Python version 2 is there, and nothing of it is carried over \
                 yet: hoymiles-smiles migrate-v2 run");
            return Ok(());
        }
        Found::Begun(carried) => carried,
    };
    let Carried { inverter_rows, port_rows, new_rows, rows_left, zone, begun_at, .. } = &*carried;
    say(&format!("Begun at {begun_at:.0}; the old times are read as those of {zone}."));
    say(&format!(
        "{} of {} rows of inverters became {}; {} of {} rows of ports became {}.",
        inverter_rows.0, inverter_rows.1, new_rows.0, port_rows.0, port_rows.1, new_rows.1
    ));
    if *rows_left > 0 {
        say(&format!(
            "Kept apart: {rows_left} rows of what is no inverter or no port{}",
            match listing(&carried.left_inverters).as_str() {
                "" => String::new(),
                serials => format!(": {serials}"),
            }
        ));
    }
    say(&match carried.stage {
        Stage::Carrying => {
            format!("{} % are done. To go on: hoymiles-smiles migrate-v2 run", carried.percent())
        }
        Stage::Carried => format!(
            "All is carried over. The old tables are still there, in the schema {SCHEMA}. When you \
             are content: hoymiles-smiles migrate-v2 confirm; if not: hoymiles-smiles migrate-v2 \
             rollback"
        ),
        Stage::Confirmed => "It is confirmed, and the old tables are gone.".to_owned(),
    });
    Ok(())
}

async fn roll_back(store: &PostgresStore) -> Result<()> {
    let done = store.v2().roll_back().await?;
    say(
        "The old tables are back where they were, as they were. The Python version 2 can run again.",
    );
    match done.aside {
        Some(schema) => say(&format!(
            "What this version has read since ({} rows of inverters and {} of ports) is in the \
             schema {schema}.",
            done.new_rows.0, done.new_rows.1
        )),
        None => say("This version has read nothing since, so nothing of it was kept."),
    }
    Ok(())
}

async fn confirm(store: &PostgresStore) -> Result<()> {
    let done = store.v2().confirm().await?;
    say("The old tables are gone.");
    if done.rows_kept > 0 {
        say(&format!(
            "{} rows that fit nowhere are kept as JSON in {SCHEMA}.not_carried_over.",
            done.rows_kept
        ));
    }
    Ok(())
}

fn describe(survey: &Survey, plan: &Plan) {
    say(&format!(
        "{} rows of inverters and {} rows of ports. Times are read as those of {}.",
        survey.inverter_rows, survey.port_rows, plan.zone
    ));
    let mut of_dtu: BTreeMap<&str, usize> = BTreeMap::new();
    for name in plan.dtu_names.values() {
        *of_dtu.entry(name).or_default() += 1;
    }
    for (name, inverters) in of_dtu {
        say(&format!("  inverters of DTU '{name}': {inverters}"));
    }
    if !survey.left.is_empty() {
        let left: Vec<String> = survey.left.iter().map(|left| left.serial.clone()).collect();
        say(&format!(
            "  no inverters: {}. A garbled answer of the DTU has named them, and they never came \
             again. Their {} rows are kept apart",
            listing(&left),
            survey.left.iter().map(|left| left.rows).sum::<u64>()
        ));
    }
}

fn listing(serials: &[String]) -> String {
    let first: Vec<&str> = serials.iter().take(LISTED).map(String::as_str).collect();
    match serials.len().saturating_sub(LISTED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
fn say(text: &str) {
    println!("{text}");
}
