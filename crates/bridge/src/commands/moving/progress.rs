//! How far a long command is: a bar that moves in a terminal, now and then a line elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const BAR: usize = 30;
/// A bar moves as often as the eye can follow, a log is not to be filled.
const IN_A_TERMINAL: Duration = Duration::from_millis(200);
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Tells on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    /// Done by an earlier run.
    before: u64,
    began: Instant,
    told: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// `before` of `total` are done already.
    pub(crate) fn new(what: &'static str, before: u64, total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { what, total, before, began: Instant::now(), told: None, terminal }
    }

    /// So many are done.
    pub(crate) fn tell(&mut self, done: u64) {
        let pause = if self.terminal { IN_A_TERMINAL } else { IN_A_LOG };
        if self.told.is_some_and(|told| told.elapsed() < pause) {
            return;
        }
        self.told = Some(Instant::now());
        self.show(done);
    }

    /// All is done.
    pub(crate) fn end(&mut self, done: u64) {
        if self.told.is_some() {
            self.show(done);
            if self.terminal {
                eprintln!();
            }
        }
    }

    fn show(&self, done: u64) {
        let line = line(
            self.what,
            done,
            self.total,
            done.saturating_sub(self.before),
            self.began.elapsed(),
        );
        if self.terminal {
            eprint!("\r\x1b[2K{} {line}", bar(done, self.total));
            // A bar that cannot be shown is no reason to stop.
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }
}

fn bar(done: u64, total: u64) -> String {
    let full = usize::try_from(done.saturating_mul(BAR as u64) / total.max(1)).unwrap_or(BAR);
    let full = full.min(BAR);
    format!("[{}{}]", "#".repeat(full), " ".repeat(BAR - full))
}

fn line(what: &str, done: u64, total: u64, of_this_run: u64, time: Duration) -> String {
    let percent = done.saturating_mul(100) / total.max(1);
    let mut line = format!("{what}: {done} of {total} ({percent} %)");
    let seconds = time.as_secs_f64();
    if of_this_run > 0 && seconds >= 1.0 {
        let rate = of_this_run as f64 / seconds;
        let left = total.saturating_sub(done) as f64 / rate;
        line += &format!(", {rate:.0} per second, about {left:.0} s to go");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_how_fast_and_how_long_yet() {
        let text = line("readings", 500, 2000, 300, Duration::from_secs(3));
        assert_eq!(text, "readings: 500 of 2000 (25 %), 100 per second, about 15 s to go");
        assert_eq!(line("readings", 0, 0, 0, Duration::ZERO), "readings: 0 of 0 (0 %)");
    }

    #[test]
    fn a_bar_fills_and_never_overflows() {
        assert_eq!(bar(0, 0), format!("[{}]", " ".repeat(BAR)));
        assert_eq!(bar(5, 10), format!("[{}{}]", "#".repeat(15), " ".repeat(15)));
        assert_eq!(bar(20, 10), format!("[{}]", "#".repeat(BAR)));
    }
}
