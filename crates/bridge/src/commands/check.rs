//! `hoymiles-smiles check`: every setting with its source, then what is wrong.

use std::process::ExitCode;

use crate::config::{Config, Mistake, Sources};

/// What a shell script can tell apart from a failure at run time.
const BAD_CONFIGURATION: u8 = 2;

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn check(sources: &Sources, config: &Result<Config, Vec<Mistake>>) -> ExitCode {
    for line in sources.lines() {
        println!("{line}");
    }
    match config {
        Err(mistakes) => refuse(mistakes),
        Ok(config) => {
            for notice in &config.notices {
                println!("\nnote: {notice}");
            }
            if config.dtus.is_empty() {
                println!("\nnote: {}", super::NO_DTU);
            }
            println!("\nThe configuration can be used.");
            ExitCode::SUCCESS
        }
    }
}

/// Says every mistake, a line each.
pub(crate) fn refuse(mistakes: &[Mistake]) -> ExitCode {
    for mistake in mistakes {
        eprintln!("{mistake}");
    }
    ExitCode::from(BAD_CONFIGURATION)
}
