//! What is asked: one line for each route.

use jiff::Timestamp;
use plant::Serial;
use plant::energy::Calendar;
use store::{
    EnergyQuery, EventQuery, Grouping, HistoryQuery, MeanQuery, Quantity, Resolution, Store,
};

/// A route, and what it asks the store for.
pub(super) struct Route {
    /// As the table calls it.
    pub(super) name: &'static str,
    /// Asked in turn, so that no answer is simply the last one again.
    pub(super) paths: Vec<String>,
    /// Asked by one client only: several would ask for more than the pool has connections for, and be
    /// told so.
    pub(super) is_heavy: bool,
    /// The same questions to the store itself; empty where the route does not ask it.
    pub(super) questions: Vec<Question>,
}

/// A call of the store.
pub(super) enum Question {
    History(HistoryQuery),
    Events(EventQuery),
    Energy(EnergyQuery),
    Means(MeanQuery),
    /// The days of every DTU between these instants.
    Days(Timestamp, Timestamp),
    Stats,
}

/// What is stored, as far as questions need it.
pub(super) struct Past {
    pub(super) serials: Vec<Serial>,
    /// Start and end of local days, the newest first; today is not among them.
    pub(super) days: Vec<(Timestamp, Timestamp)>,
    pub(super) calendar: Calendar,
}

/// Every route.
pub(super) fn all(past: &Past) -> Vec<Route> {
    vec![
        live("/api/inverters"),
        live("/api/ports"),
        live("/api/production/current"),
        live("/api/plant"),
        live("/api/dtus"),
        live("/health"),
        live("/metrics"),
        stored("/stats", vec![("/stats".to_owned(), Question::Stats)]),
        stored("history, limit 100", past.histories(100)),
        stored("history, an inverter-day", past.inverter_days()),
        stored("/api/events", past.events()),
        stored("/api/events, a day", past.events_of_days()),
        stored("/api/energy, 25 years by day", past.energy(Resolution::Day)),
        stored("/api/energy, 25 years by month", past.energy(Resolution::Month)),
        stored("/api/energy, 25 years by year", past.energy(Resolution::Year)),
        Route {
            is_heavy: true,
            ..stored("/api/power, a day of the plant, 1 client", past.power_days(false))
        },
        stored("/api/power, a day of an inverter", past.power_days(true)),
        stored("/api/coverage, a week", past.coverage()),
    ]
}

/// A route that is answered from memory.
fn live(path: &'static str) -> Route {
    Route { name: path, paths: vec![path.to_owned()], is_heavy: false, questions: Vec::new() }
}

/// A route that asks the store.
fn stored(name: &'static str, asked: Vec<(String, Question)>) -> Route {
    let (paths, questions) = asked.into_iter().unzip();
    Route { name, paths, is_heavy: false, questions }
}

impl Past {
    fn histories(&self, limit: u32) -> Vec<(String, Question)> {
        let of = |serial: &Serial| {
            let path = format!("/api/inverters/{serial}/history?limit={limit}");
            let query = HistoryQuery { serial: *serial, from: None, to: None, limit };
            (path, Question::History(query))
        };
        self.serials.iter().map(of).collect()
    }

    /// Each of another inverter and another day than the one before.
    pub(super) fn inverter_days(&self) -> Vec<(String, Question)> {
        let turns = self.serials.len().max(self.days.len());
        let serials = self.serials.iter().cycle();
        let of = |(serial, (from, to)): (&Serial, &(Timestamp, Timestamp))| {
            let path = format!("/api/inverters/{serial}/history?from={from}&to={to}&limit=10000");
            let query =
                HistoryQuery { serial: *serial, from: Some(*from), to: Some(*to), limit: 10_000 };
            (path, Question::History(query))
        };
        serials.zip(self.days.iter().cycle()).take(turns).map(of).collect()
    }

    fn events(&self) -> Vec<(String, Question)> {
        let question = EventQuery { from: None, to: None, kinds: &[], limit: 100 };
        vec![("/api/events".to_owned(), Question::Events(question))]
    }

    /// Days in the middle of all events: those before the first reading.
    fn events_of_days(&self) -> Vec<(String, Question)> {
        let first = self.days.last().expect("a day before today is stored").0;
        let days = std::iter::successors(self.calendar.day(first).yesterday().ok(), |day| {
            day.yesterday().ok()
        });
        let of = |day: jiff::civil::Date| {
            let [from, to] = [day, day.tomorrow().unwrap()].map(|day| self.calendar.start(day));
            let path = format!("/api/events?from={from}&to={to}&limit=1000");
            let query = EventQuery { from: Some(from), to: Some(to), kinds: &[], limit: 1000 };
            (path, Question::Events(query))
        };
        days.take(30).map(of).collect()
    }

    /// The plant's since the first day in the books.
    fn energy(&self, resolution: Resolution) -> Vec<(String, Question)> {
        let (_, end) = self.days[0];
        let to = self.calendar.day(end);
        let from = to.saturating_sub(jiff::Span::new().years(25));
        let word = match resolution {
            Resolution::Hour => "hour",
            Resolution::Day => "day",
            Resolution::Month => "month",
            Resolution::Year => "year",
        };
        let query = EnergyQuery {
            from: self.calendar.start(from),
            to: end,
            resolution,
            by: Grouping::Plant,
            serial: None,
            port: None,
        };
        let path = format!("/api/energy?from={from}&to={to}&resolution={word}&by=plant");
        vec![(path, Question::Energy(query))]
    }

    /// What the chart of a past day asks for, in means of five minutes.
    fn power_days(&self, of_an_inverter: bool) -> Vec<(String, Question)> {
        let days = self.days.iter().filter(|(from, to)| to.duration_since(*from).as_hours() == 24);
        let of = |((from, to), serial): (&(Timestamp, Timestamp), &Serial)| {
            let day = self.calendar.day(*from);
            let path = format!("/api/power?day={day}&points=288");
            let query = MeanQuery {
                quantity: match of_an_inverter {
                    true => Quantity::PortPower,
                    false => Quantity::InverterPower,
                },
                from: *from,
                to: *to,
                bucket_s: 300,
                serial: of_an_inverter.then_some(*serial),
                port: None,
            };
            let path = match query.serial {
                Some(serial) => format!("{path}&by=inverter&serial={serial}"),
                None => path,
            };
            (path, Question::Means(query))
        };
        days.zip(self.serials.iter().cycle()).map(of).collect()
    }

    fn coverage(&self) -> Vec<(String, Question)> {
        let to = self.days[0].1;
        let from =
            self.calendar.start(self.calendar.day(to).saturating_sub(jiff::Span::new().days(6)));
        vec![("/api/coverage".to_owned(), Question::Days(from, to))]
    }
}

impl Question {
    /// Asks the store, and forgets the answer.
    pub(super) async fn ask(&self, store: &dyn Store, calendar: &Calendar) {
        match self {
            Self::History(query) => drop(store.history(query).await.unwrap()),
            Self::Events(query) => drop(store.events(query).await.unwrap()),
            Self::Energy(query) => drop(store.energy(query).await.unwrap()),
            Self::Means(query) => drop(store.means(query).await.unwrap()),
            Self::Days(from, to) => {
                let (from, to) = (calendar.day(*from), calendar.day(*to));
                drop(store.plant_days(from, to).await.unwrap());
            }
            Self::Stats => drop(store.stats().await.unwrap()),
        }
    }
}
