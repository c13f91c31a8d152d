//! One file per sub-command.

pub(crate) mod backup;
pub(crate) mod check;
mod copying;
pub(crate) mod demo;
pub(crate) mod discover;
pub(crate) mod doctor;
mod dtu_names;
pub(crate) mod export;
pub(crate) mod healthcheck;
pub(crate) mod import_v1;
pub(crate) mod made_up;
pub(crate) mod migrate_env;
pub(crate) mod migrate_v2;
mod progress;
pub(crate) mod quarantine;
pub(crate) mod recompute;
pub(crate) mod relocate;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod simulate;

use std::pin::Pin;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr};

/// What is said of a bridge that has nothing to read. It serves nevertheless: whoever has just
/// installed it finds a page that helps, and not a program that is gone.
const NO_DTU: &str =
    "no DTU is configured: set DTU_HOST to its address, which hoymiles-smiles discover finds";

/// The exit code. Why the program failed is said in one line: cause after cause, no back-trace.
pub(crate) fn ended(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("hoymiles-smiles: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs the asynchronous part of a command.
fn block_on(future: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    // Every kind of runtime would otherwise get a copy of all that the command does.
    let future: Pin<Box<dyn Future<Output = _>>> = Box::pin(future);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime cannot start")?;
    let outcome = runtime.block_on(future);
    // A name look-up of a DTU may hang in a thread of its own; the end does not wait for it.
    runtime.shutdown_background();
    outcome
}
