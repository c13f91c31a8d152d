//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::SignedDuration;

use crate::picture;
use crate::scenarios::table::WORST_DAY;
use crate::scenarios::{Played, Reading, Scenario, Status, all, calendar, local_time};

const BEGIN: &str = "<!-- scenarios:";
const BEGIN_CLOSES: &str = "-->\n";
const END: &str = "<!-- end of scenarios -->";

/// What the documents have to be.
pub(crate) fn files() -> io::Result<[(PathBuf, String); 2]> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = docs.join("energy.md");
    let scenarios = all();
    let played: Vec<_> = scenarios.iter().map(|scenario| (scenario, scenario.play())).collect();
    let sections: String =
        played.iter().map(|(scenario, played)| section(scenario, played)).collect();
    let text = replace(&fs::read_to_string(&page)?, &sections)
        .ok_or_else(|| io::Error::other("docs/energy.md has lost its markers"))?;
    let (scenario, played) = played
        .iter()
        .find(|(scenario, _)| scenario.title == WORST_DAY)
        .ok_or_else(|| io::Error::other("there is no scenario for the picture"))?;
    Ok([(page, text), (docs.join("images/energy.svg"), picture::draw(scenario, played))])
}

/// The page with something else between its markers.
fn replace(page: &str, sections: &str) -> Option<String> {
    let begin = page.find(BEGIN)?;
    let from = begin + page[begin..].find(BEGIN_CLOSES)? + BEGIN_CLOSES.len();
    let to = from + page[from..].find(END)?;
    Some(format!("{}\n{sections}{}", &page[..from], &page[to..]))
}

fn section(scenario: &Scenario, played: &Played) -> String {
    let columns = Columns::of(scenario);
    let mut text = format!("### {}\n\n{}\n\n", scenario.title, scenario.story);
    text += &columns.head();
    let mut skipping = false;
    for (n, reading) in scenario.readings.iter().enumerate() {
        if !reading.aside {
            let shown = &played.shown[n];
            let energy = [thousands(shown.today_wh), thousands(shown.lifetime_wh)];
            text += &columns.row(reading, played.believed[n], energy);
        } else if !skipping {
            text += &columns.ellipsis();
        }
        skipping = reading.aside;
    }
    text.push('\n');
    if played.books.days.len() > 1 {
        let days = played.books.days.iter().filter(|(_, wh)| **wh > 0);
        let days =
            days.map(|(day, wh)| format!("{} {} Wh", day.strftime("%-d %B"), thousands(*wh)));
        text += &format!("Booked by day: {}.", days.collect::<Vec<_>>().join("; "));
        if played.books.guess_wh > 0 {
            text += &format!(" Of this {} Wh are a guess.", thousands(played.books.guess_wh));
        }
        text += "\n\n";
    }
    for correction in &played.books.corrections {
        text += &format!("> {}\n>\n", correction.sentence());
    }
    if let Some(trimmed) = text.strip_suffix(">\n") {
        text = format!("{trimmed}\n");
    }
    text
}

/// Which columns a table needs, and how it tells the time.
struct Columns {
    time: &'static str,
    inverters: bool,
    status: bool,
}

impl Columns {
    fn of(scenario: &Scenario) -> Self {
        let times: Vec<_> =
            scenario.readings.iter().map(|reading| local_time(reading.at)).collect();
        let days: BTreeSet<_> = times.iter().map(|time| time.date()).collect();
        let years: BTreeSet<_> = days.iter().map(|day| day.year()).collect();
        let changes_clocks = days.iter().any(|day| {
            let next = day.tomorrow().unwrap_or(*day);
            calendar().start(next).duration_since(calendar().start(*day))
                != SignedDuration::from_hours(24)
        });
        let time = match (changes_clocks, years.len(), days.len()) {
            (true, _, _) => "%-d %b %H:%M %Z",
            (false, 1, 1) => "%H:%M",
            (false, 1, _) => "%-d %b %H:%M",
            (false, _, _) => "%-d %b %Y %H:%M",
        };
        Self {
            time,
            inverters: scenario.readings.iter().any(|reading| reading.inverter > 1),
            status: scenario.readings.iter().any(|reading| reading.status != Status::Working),
        }
    }

    fn head(&self) -> String {
        let mut titles = vec!["time"];
        let mut rules = vec!["---"];
        if self.inverters {
            titles.push("inverter");
            rules.push("---");
        }
        if self.status {
            titles.push("status");
            rules.push("---");
        }
        titles.extend(["day counter", "lifetime counter", "**today**", "**lifetime**"]);
        rules.extend(["---:"; 4]);
        line(&titles) + &line(&rules)
    }

    fn row(&self, reading: &Reading, believed: bool, [today, lifetime]: [String; 2]) -> String {
        let mut cells = vec![local_time(reading.at).strftime(self.time).to_string()];
        if self.inverters {
            cells.push(reading.inverter.to_string());
        }
        if self.status {
            let status = match reading.status {
                Status::Working => "working",
                Status::NotWorking => "not working",
                Status::NoLink => "no link",
            };
            cells.push(status.to_owned());
        }
        match reading.counters {
            Some(counters) => {
                let total = thousands(counters.total_wh.into());
                cells.push(thousands(counters.today_wh.into()));
                cells.push(if believed { total } else { format!("~~{total}~~") });
            }
            None => cells.extend(["nothing read".to_owned(), "nothing read".to_owned()]),
        }
        cells.extend([format!("**{today}**"), format!("**{lifetime}**")]);
        line(&cells)
    }

    /// Stands for readings that are left out.
    fn ellipsis(&self) -> String {
        line(&vec!["…"; 5 + usize::from(self.inverters) + usize::from(self.status)])
    }
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A number as people write it.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
