//! The log: standard error, a file, or both; plain or JSON.

use std::io::IsTerminal;
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Log;

/// Days of log files that are kept: what the Python bridge kept.
const FILES_KEPT: usize = 5;

/// Starts the log. Once a process.
pub(crate) fn start(log: &Log) -> Result<()> {
    let filter: Targets = log.filter.parse().wrap_err("LOG_LEVEL")?;
    // sqlx tells every statement and its parameters at debug level.
    let filter = if log.filter.contains("sqlx") {
        filter
    } else {
        filter.with_target("sqlx", tracing::Level::WARN)
    };
    let console =
        log.console.then(|| layer(log.json, std::io::stderr, std::io::stderr().is_terminal()));
    let file = match &log.file {
        Some(path) => Some(layer(log.json, appender(path)?, false)),
        None => None,
    };
    // One filter for all. A layer with a filter of its own remembers the last decision for each
    // thread, and sqlx asks after every statement whether it may tell of it: the no would swallow
    // whatever is said next (issue 2519 of tokio-rs/tracing).
    tracing_subscriber::registry()
        .with(filter)
        .with(console)
        .with(file)
        .try_init()
        .wrap_err("the log is started once")
}

fn layer<S, W>(json: bool, writer: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours);
    if json { layer.json().boxed() } else { layer.boxed() }
}

fn appender(path: &Path) -> Result<RollingFileAppender> {
    let name =
        path.file_name().ok_or_else(|| eyre!("LOG_FILE: '{}' names no file", path.display()))?;
    let directory = path.parent().filter(|path| !path.as_os_str().is_empty());
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name.to_string_lossy())
        .max_log_files(FILES_KEPT)
        .build(directory.unwrap_or(Path::new(".")))
        .wrap_err_with(|| format!("LOG_FILE: '{}' cannot be written", path.display()))
}
