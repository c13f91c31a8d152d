//! The table, and the medians in it.

use std::fmt::Display;

/// What was measured, in the order in which it was.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<[String; 5]>,
}

impl Report {
    /// Adds a row and shows it at once: a whole run takes minutes.
    pub(crate) fn add(
        &mut self,
        what: impl Display,
        value: impl Display,
        reference: impl Display,
        reference_is: impl Display,
        ratio: f64,
    ) {
        eprintln!("{what}: {value}; {reference_is}: {reference}; ratio {}", significant(ratio));
        self.rows.push([
            what.to_string(),
            value.to_string(),
            reference.to_string(),
            significant(ratio),
            reference_is.to_string(),
        ]);
    }

    /// Prints the machine and all rows as Markdown.
    pub(crate) fn print(&self) {
        let header = ["what", "value", "reference", "value / reference", "the reference is"];
        print_table(&header, &self.rows);
    }
}

/// Prints the machine and these rows as Markdown.
pub(crate) fn print_table<const N: usize>(header: &[&str; N], rows: &[[String; N]]) {
    let mut widths = header.map(|title| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let cells: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("| {} |", cells.join(" | "));
    };
    println!("\n{}\n", machine());
    line(*header);
    let rules = widths.map(|width| "-".repeat(width));
    line(rules.each_ref().map(String::as_str));
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}

/// The middle one; of an even number the upper of the two in the middle.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// `189,000`: the digits of a figure that large are noise anyway beyond the third.
pub(crate) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// Two digits that mean something, also of a small ratio.
pub(crate) fn significant(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let memory_kb: f64 = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse().ok())
        .unwrap_or_default();
    format!(
        "{}, {} cores, {:.0} GiB; load average at the end: {}",
        field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown CPU".to_owned()),
        std::thread::available_parallelism().unwrap(),
        memory_kb / f64::from(1 << 20),
        read("/proc/loadavg").split(' ').next().unwrap_or_default(),
    )
}
