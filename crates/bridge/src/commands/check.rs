//! `hoymiles-smiles check`: every setting with its source, then what is wrong.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::{Config, Mistake, Sources};

/// What a shell script can tell apart from a failure at run time.
const BAD_CONFIGURATION: u8 = 2;

pub(crate) fn check(sources: &Sources, config: &Result<Config, Vec<Mistake>>) -> ExitCode {
    let mut text = sources.lines().join("\n") + "\n";
    if let Ok(config) = config {
        for notice in &config.notices {
            text += &format!("\nnote: {notice}\n");
        }
        if config.dtus.is_empty() {
            text += &format!("\nnote: {}\n", super::NO_DTU);
        }
        text += "\nThe configuration can be used.\n";
    }
    // Whoever reads may stop in the middle, as `grep -q` and `head` do.
    let _ = io::stdout().write_all(text.as_bytes());
    match config {
        Ok(_) => ExitCode::SUCCESS,
        Err(mistakes) => refuse(mistakes),
    }
}

/// Says every mistake, a line each.
pub(crate) fn refuse(mistakes: &[Mistake]) -> ExitCode {
    for mistake in mistakes {
        eprintln!("{mistake}");
    }
    ExitCode::from(BAD_CONFIGURATION)
}
