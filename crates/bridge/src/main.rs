//! Hoymiles S-Miles: reads every Hoymiles gateway on the local network, keeps every reading for
//! ever, and answers on port 8080.

mod announce;
mod app;
mod arrangement;
mod cli;
mod commands;
mod config;
mod data_dir;
mod forwarder;
mod introduction;
mod logging;
mod past;
mod permanent;
mod plain_http;
mod recorder;
mod shutdown;
mod standby;
mod storage;

use std::process::ExitCode;

use cli::Task;

fn main() -> ExitCode {
    let invocation = cli::read();
    let environment = std::env::vars().collect();
    let (sources, config) =
        config::Config::load(&invocation.arguments, &environment, invocation.file.as_deref());
    if let Task::Check = invocation.command {
        return commands::check::check(&sources, &config);
    }
    // An old environment has nothing to do with the settings of this process.
    if let Task::MigrateEnv(arguments) = &invocation.command {
        return commands::ended(commands::migrate_env::migrate_env(arguments));
    }
    let config = match config {
        Ok(config) => config,
        Err(mistakes) => return commands::check::refuse(&mistakes),
    };
    let outcome = match invocation.command {
        Task::Run | Task::Check | Task::MigrateEnv(_) => commands::run::run(config),
        Task::Demo { days } => commands::demo::demo(config, days),
        Task::Simulate(simulation) => commands::simulate::simulate(&config, simulation),
        Task::Doctor(task) => commands::doctor::doctor(config, task),
        Task::Discover(task) => commands::discover::discover(&config, task),
        Task::Recompute(days) => commands::recompute::recompute(&config, days),
        Task::Backup(file) => commands::backup::backup(&config, &file),
        Task::Restore(task) => commands::restore::restore(&config, &task),
        Task::Move(task) => commands::relocate::relocate(&config, &task),
        Task::Export(task) => commands::export::export(&config, &task),
        Task::Quarantine(task) => commands::quarantine::quarantine(&config, task),
        Task::ImportV1(arguments) => commands::import_v1::import_v1(&config, &arguments),
        Task::MigrateV2(arguments) => commands::migrate_v2::migrate_v2(&config, &arguments),
        Task::Healthcheck => commands::healthcheck::healthcheck(&config),
    };
    commands::ended(outcome)
}
