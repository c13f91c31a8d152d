//! `hoymiles-smiles migrate-env OLD.env`: the environment of the Python versions made that of this
//! one.

mod env_file;
mod rewrite;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use color_eyre::eyre::{Result, WrapErr, bail};
use uuid::Uuid;

use self::rewrite::Rewritten;

/// The name that stands for it.
const STANDARD_INPUT: &str = "-";

/// What `migrate-env` reads and writes.
#[derive(Debug)]
pub(crate) struct Arguments {
    old: PathBuf,
    /// None for standard output.
    output: Option<PathBuf>,
    overwrite: bool,
}

pub(crate) fn command() -> Command {
    Command::new("migrate-env")
        .about("Turn the .env of the Python version 1 or 2 into one for this version")
        .arg(
            Arg::new("old")
                .value_name("OLD.env")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("The old file, which is only read; - is standard input"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where to write the new one; standard output unless given"),
        )
        .arg(
            Arg::new("overwrite")
                .long("overwrite")
                .action(ArgAction::SetTrue)
                .requires("output")
                .help("Write it even where a file is"),
        )
}

impl Arguments {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        Self {
            old: matches.get_one::<PathBuf>("old").cloned().expect("the argument is required"),
            output: matches.get_one::<PathBuf>("output").cloned(),
            overwrite: matches.get_flag("overwrite"),
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn migrate_env(arguments: &Arguments) -> Result<ExitCode> {
    let old = match arguments.old.to_str() {
        Some(STANDARD_INPUT) => io::read_to_string(io::stdin()),
        _ => std::fs::read_to_string(&arguments.old),
    };
    let old = old.wrap_err_with(|| format!("{} cannot be read", arguments.old.display()))?;
    // 122 random bits in letters that need no quotes anywhere.
    let password = Uuid::new_v4().simple().to_string();
    let rewritten = rewrite::rewrite(&old, &password);
    match &arguments.output {
        None => print!("{}", rewritten.text),
        Some(path) => write(path, &rewritten.text, arguments.overwrite)?,
    }
    report(&rewritten);
    Ok(ExitCode::SUCCESS)
}

/// Passwords are in it, so only its owner may read it.
fn write(path: &Path, text: &str, overwrite: bool) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    if !overwrite {
        let mut file = match private().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!("{} exists already: name another file, or say --overwrite", path.display())
            }
            opened => opened.wrap_err_with(failed)?,
        };
        return fill(&mut file, text).wrap_err_with(failed);
    }
    // At no moment is there half a file.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = private().create(true).truncate(true).open(&beside).wrap_err_with(failed)?;
    fill(&mut file, text).wrap_err_with(failed)?;
    std::fs::rename(&beside, path).wrap_err_with(failed)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn fill(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Says on standard error what was done, so that standard output holds the file alone.
fn report(rewritten: &Rewritten) {
    let Rewritten { removed, changed, added, kept, open, text: _ } = rewritten;
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, reason) in removed {
        reasons.entry(reason).or_default().push(name);
    }
    let removed: Vec<String> =
        reasons.iter().map(|(reason, names)| format!("{}: {reason}", names.join(", "))).collect();
    let in_one_line = |names: &[String]| match names {
        [] => Vec::new(),
        names => vec![names.join(", ")],
    };
    for (title, lines) in [
        ("Removed", &removed),
        ("Changed", changed),
        ("Added", &in_one_line(added)),
        ("Kept", &in_one_line(kept)),
        ("For you to look at", open),
    ] {
        if !lines.is_empty() {
            eprintln!("{title}:");
            for line in lines {
                eprintln!("  {line}");
            }
        }
    }
}
