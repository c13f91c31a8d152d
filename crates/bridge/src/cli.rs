//! The command line: a flag for every setting, and the sub-commands.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use jiff::civil::Date;
use serde_json::json;

use crate::commands::{backup, export, import_v1, migrate_env, migrate_v2, relocate, restore};
use crate::config::SETTINGS;

/// What the user wants done.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) command: Task,
    /// Settings given as flags.
    pub(crate) arguments: BTreeMap<&'static str, String>,
    pub(crate) file: Option<PathBuf>,
}

/// The sub-commands.
#[derive(Debug)]
pub(crate) enum Task {
    Run,
    Demo {
        /// How much history is made up.
        days: u16,
    },
    Simulate(Simulation),
    Check,
    Healthcheck,
    Doctor(DoctorTask),
    Discover(DiscoverTask),
    Recompute(RangeInclusive<Date>),
    Quarantine(QuarantineTask),
    Backup(PathBuf),
    Restore(restore::Arguments),
    Move(relocate::Arguments),
    Export(export::Arguments),
    MigrateEnv(migrate_env::Arguments),
    ImportV1(import_v1::Arguments),
    MigrateV2(migrate_v2::Arguments),
}

/// What `quarantine` does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum QuarantineTask {
    List,
    Replay,
}

/// What `doctor` looks at, and how it tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DoctorTask {
    pub(crate) json: bool,
}

/// Where `discover` looks, and how it tells.
#[derive(Debug)]
pub(crate) struct DiscoverTask {
    /// None for the networks of this machine.
    pub(crate) hosts: Vec<String>,
    pub(crate) json: bool,
}

/// What `simulate` serves.
#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) listen: String,
    pub(crate) ports: u16,
    pub(crate) latency_ms: u64,
    pub(crate) seed: u64,
    pub(crate) protocol: SimulationProtocol,
}

/// What a simulated DTU speaks, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SimulationProtocol {
    Modbus {
        word_addressing: bool,
    },
    Wifi {
        encrypted: bool,
        /// Of each reading.
        pages: u16,
    },
}

/// Reads the command line; `--help`, `--version` and mistakes end the process.
pub(crate) fn read() -> Invocation {
    interpret(&command().get_matches())
}

fn command() -> Command {
    let settings = SETTINGS.iter().map(|setting| {
        let default = match setting.default {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        };
        Arg::new(setting.name)
            .long(setting.flag())
            .value_name(setting.name)
            .help(format!("{}{default}", setting.meaning))
            .hide_short_help(true)
            .global(true)
    });
    Command::new("hoymiles-smiles")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Reads Hoymiles gateways, keeps every reading, serves it on port 8080")
        .after_help(
            "Settings are environment variables; each is also a flag (see --help) and a key in \
             the file of --config.",
        )
        .arg(
            Arg::new("config")
                .short('c')
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Settings in a YAML or TOML file")
                .global(true),
        )
        .args(settings)
        .subcommand(Command::new("run").about("Read the DTUs (the default)"))
        .subcommand(
            Command::new("demo")
                .about("Show everything with two simulated DTUs and a made-up history")
                .arg(
                    Arg::new("days")
                        .long("days")
                        .value_parser(value_parser!(u16).range(1..=3650))
                        .default_value("365")
                        .help("How much history, if there is none yet"),
                ),
        )
        .subcommand(simulate())
        .subcommand(Command::new("check").about("Show every setting with its source, and mistakes"))
        .subcommand(
            Command::new("healthcheck")
                .about("Exit with 0 if the bridge on this machine is healthy"),
        )
        .subcommand(doctor())
        .subcommand(discover())
        .subcommand(recompute())
        .subcommand(backup::command())
        .subcommand(restore::command())
        .subcommand(relocate::command())
        .subcommand(export::command())
        .subcommand(migrate_env::command())
        .subcommand(import_v1::command())
        .subcommand(migrate_v2::command())
        .subcommand(
            Command::new("quarantine")
                .about("Readings that the database refused")
                .subcommand_required(true)
                .subcommand(Command::new("list").about("Show them, each with the reason"))
                .subcommand(
                    Command::new("replay")
                        .about("Put them back into the outbox; the bridge may be running"),
                ),
        )
}

fn doctor() -> Command {
    Command::new("doctor")
        .about("Say what is wrong with a DTU and what to do; stop the bridge first")
        .arg(
            Arg::new("host")
                .value_name("HOST[:PORT]")
                .help("The DTU; without it, every DTU of the configuration"),
        )
        .arg(json_flag())
}

fn discover() -> Command {
    Command::new("discover")
        .about("Look for DTUs: at two ports of every address of this machine's private networks")
        .arg(
            Arg::new("hosts")
                .value_name("HOST")
                .num_args(0..)
                .help("Look at these only, and at nothing else"),
        )
        .arg(json_flag())
}

fn json_flag() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Tell it as JSON, for a program")
}

/// The one DTU that a command names, as an entry of `DTU_CONFIGS`: it goes before every other
/// setting, and what it leaves open comes from them.
fn only_dtu(host: &str) -> String {
    let entry = match host.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
        // More colons are an IPv6 address.
        Some((host, Ok(port))) if !host.contains(':') => json!({"host": host, "port": port}),
        _ => json!({"host": host}),
    };
    json!([entry]).to_string()
}

fn recompute() -> Command {
    let day = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("DAY")
            .value_parser(|text: &str| {
                text.parse::<Date>().map_err(|_| "a day like 2026-06-21 is expected")
            })
            .required(true)
            .help(help)
    };
    Command::new("recompute")
        .about("Make the energy of past days anew from the raw readings; stop the bridge first")
        .arg(day("from", "First local day"))
        .arg(day("to", "Last local day; up to today also the running accounts are replaced"))
}

fn simulate() -> Command {
    Command::new("simulate")
        .about("Serve a simulated DTU, over Modbus TCP or as a Wi-Fi DTU")
        .arg(
            Arg::new("protocol")
                .long("protocol")
                .value_parser(["modbus", "wifi"])
                .default_value("modbus")
                .help("What it speaks; a Wi-Fi DTU comes with a meter"),
        )
        .arg(
            Arg::new("listen")
                .long("listen")
                .default_value_if("protocol", "wifi", "127.0.0.1:10081")
                .default_value("127.0.0.1:1502")
                .help("Address and port to serve on; of a Wi-Fi DTU 127.0.0.1:10081"),
        )
        .arg(
            Arg::new("encrypted")
                .long("encrypted")
                .action(ArgAction::SetTrue)
                .help("Encrypt, as newer Wi-Fi DTUs do (--protocol wifi)"),
        )
        .arg(
            Arg::new("pages")
                .long("pages")
                .value_parser(value_parser!(u16).range(1..=16))
                .default_value("1")
                .help("Pages of each reading of a Wi-Fi DTU, at most; 1 to 16 (--protocol wifi)"),
        )
        .arg(
            Arg::new("ports")
                .long("ports")
                .value_parser(value_parser!(u16).range(1..=99))
                .default_value("20")
                .help("PV ports, 1 to 99"),
        )
        .arg(
            Arg::new("addressing")
                .long("addressing")
                .value_parser(["byte", "word"])
                .default_value("byte")
                .help("What register addresses count (--protocol modbus)"),
        )
        .arg(
            Arg::new("latency-ms")
                .long("latency-ms")
                .value_parser(value_parser!(u64).range(0..=60_000))
                .default_value("50")
                .help("Time to each answer, ms"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_parser(value_parser!(u64))
                .default_value("1")
                .help("Another seed is another plant with other weather"),
        )
}

fn interpret(matches: &ArgMatches) -> Invocation {
    let (command, matches) = match matches.subcommand() {
        Some(("demo", matches)) => {
            let days = *matches.get_one("days").expect("the argument has a default");
            (Task::Demo { days }, matches)
        }
        Some(("simulate", matches)) => (Task::Simulate(simulation(matches)), matches),
        Some(("check", matches)) => (Task::Check, matches),
        Some(("healthcheck", matches)) => (Task::Healthcheck, matches),
        Some(("doctor", matches)) => {
            (Task::Doctor(DoctorTask { json: matches.get_flag("json") }), matches)
        }
        Some(("discover", matches)) => {
            let hosts = matches.get_many("hosts").into_iter().flatten().cloned().collect();
            (Task::Discover(DiscoverTask { hosts, json: matches.get_flag("json") }), matches)
        }
        Some(("recompute", matches)) => {
            let day = |name| *matches.get_one::<Date>(name).expect("the argument is required");
            (Task::Recompute(day("from")..=day("to")), matches)
        }
        Some(("backup", matches)) => (Task::Backup(backup::file(matches)), matches),
        Some(("restore", matches)) => (Task::Restore(restore::Arguments::of(matches)), matches),
        Some(("move", matches)) => (Task::Move(relocate::Arguments::of(matches)), matches),
        Some(("export", matches)) => (Task::Export(export::Arguments::of(matches)), matches),
        Some(("migrate-env", matches)) => {
            (Task::MigrateEnv(migrate_env::Arguments::of(matches)), matches)
        }
        Some(("import-v1", matches)) => {
            (Task::ImportV1(import_v1::Arguments::of(matches)), matches)
        }
        Some(("migrate-v2", matches)) => {
            (Task::MigrateV2(migrate_v2::Arguments::of(matches)), matches)
        }
        Some(("quarantine", matches)) => match matches.subcommand() {
            Some(("replay", matches)) => (Task::Quarantine(QuarantineTask::Replay), matches),
            Some((_, matches)) => (Task::Quarantine(QuarantineTask::List), matches),
            None => (Task::Quarantine(QuarantineTask::List), matches),
        },
        Some((_, matches)) => (Task::Run, matches),
        None => (Task::Run, matches),
    };
    let mut arguments: BTreeMap<_, _> = SETTINGS
        .iter()
        .filter_map(|setting| {
            matches.get_one::<String>(setting.name).map(|text| (setting.name, text.clone()))
        })
        .collect();
    match &command {
        Task::Doctor(_) => {
            if let Some(host) = matches.get_one::<String>("host") {
                arguments.insert("DTU_CONFIGS", only_dtu(host));
            }
        }
        // Stands for each address that is looked at.
        Task::Discover(_) => {
            arguments.insert("DTU_CONFIGS", only_dtu("network"));
        }
        Task::Move(task) => arguments.extend(task.settings()),
        _ => {}
    }
    Invocation { command, arguments, file: matches.get_one("config").cloned() }
}

fn simulation(matches: &ArgMatches) -> Simulation {
    fn given<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> T {
        matches.get_one::<T>(name).cloned().expect("the argument has a default")
    }
    let protocol = match given::<String>(matches, "protocol").as_str() {
        "wifi" => SimulationProtocol::Wifi {
            encrypted: matches.get_flag("encrypted"),
            pages: given(matches, "pages"),
        },
        _ => SimulationProtocol::Modbus {
            word_addressing: given::<String>(matches, "addressing") == "word",
        },
    };
    Simulation {
        listen: given(matches, "listen"),
        ports: given(matches, "ports"),
        latency_ms: given(matches, "latency-ms"),
        seed: given(matches, "seed"),
        protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn settings_are_flags_before_and_after_the_sub_command() {
        for line in
            [["x", "--dtu-host", "10.0.0.2", "check"], ["x", "check", "--dtu-host", "10.0.0.2"]]
        {
            let invocation = interpret(&command().get_matches_from(line));
            assert!(matches!(invocation.command, Task::Check));
            assert_eq!(invocation.arguments["DTU_HOST"], "10.0.0.2");
        }
    }

    #[test]
    fn the_doctor_looks_at_the_dtu_that_is_named() {
        for (host, entry) in [
            ("dtu.local", r#"[{"host":"dtu.local"}]"#),
            ("10.0.0.2:1502", r#"[{"host":"10.0.0.2","port":1502}]"#),
            ("fe80::1", r#"[{"host":"fe80::1"}]"#),
        ] {
            let invocation = interpret(&command().get_matches_from(["x", "doctor", host]));
            assert_eq!(invocation.arguments["DTU_CONFIGS"], entry);
        }
        let configured = interpret(&command().get_matches_from(["x", "doctor"]));
        assert!(configured.arguments.is_empty());
    }

    #[test]
    fn a_simulated_dtu_listens_where_one_of_its_kind_does() {
        let simulation = |line: &[&str]| {
            let line = ["x", "simulate"].iter().chain(line);
            match interpret(&command().get_matches_from(line)).command {
                Task::Simulate(simulation) => (simulation.listen, simulation.protocol),
                other => panic!("{other:?}"),
            }
        };
        let (listen, protocol) = simulation(&[]);
        assert_eq!(listen, "127.0.0.1:1502");
        assert!(matches!(protocol, SimulationProtocol::Modbus { word_addressing: false }));
        let (listen, protocol) = simulation(&["--protocol", "wifi", "--encrypted", "--pages", "3"]);
        assert_eq!(listen, "127.0.0.1:10081");
        assert!(matches!(protocol, SimulationProtocol::Wifi { encrypted: true, pages: 3 }));
        let (listen, _) = simulation(&["--protocol", "wifi", "--listen", "0.0.0.0:7000"]);
        assert_eq!(listen, "0.0.0.0:7000");
    }
}
