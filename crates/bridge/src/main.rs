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
    let config = match config {
        Ok(config) => config,
        Err(mistakes) => return commands::check::refuse(&mistakes),
    };
    let outcome = match invocation.command {
        Task::Run | Task::Check => commands::run::run(config),
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
        Task::Healthcheck => commands::healthcheck::healthcheck(&config),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => commands::failed(&error),
    }
}
