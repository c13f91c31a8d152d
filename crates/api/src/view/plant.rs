//! The shape of `/api/plant`: everything at one glance.

use jiff::Timestamp;
use jiff::civil::Date;
use plant::live::{LiveInverter, LivePlant};
use serde::Serialize;
use utoipa::ToSchema;

use super::tenths;
use crate::verdict::{Verdict, Wellbeing, may_still_come};
use crate::{Identity, Moment};

/// The plant as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Plant {
    /// When this was true.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub time: Timestamp,
    /// The local day.
    #[schema(value_type = String, format = Date, example = "2026-06-21")]
    pub day: Date,
    /// IANA name of the zone that decides what a day is.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// What it does, in one word.
    #[schema(example = "producing")]
    pub state: PlantState,
    /// What all panels deliver, DC, in W; null without a reading of the last minutes.
    #[schema(example = 4310.5)]
    pub power_w: Option<f64>,
    /// Energy since local midnight in Wh, accounted; null until it is known.
    #[schema(example = 18_204)]
    pub energy_today_wh: Option<u64>,
    /// Energy of this calendar month in Wh, today included; null until the database has told it.
    #[schema(example = 402_113)]
    pub energy_month_wh: Option<u64>,
    /// Energy of this calendar year in Wh, today included; null until the database has told it.
    #[schema(example = 2_841_077)]
    pub energy_year_wh: Option<u64>,
    /// Energy since the devices began to count in Wh, accounted: it never falls. Null until it is
    /// known.
    #[schema(example = 20_060_040)]
    pub energy_lifetime_wh: Option<u64>,
    /// The greatest power of today in W; null before the first reading of the day.
    #[schema(example = 5120.4)]
    pub peak_today_w: Option<f64>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T11:42:00Z")]
    pub peak_today_at: Option<Timestamp>,
    /// Its inverters.
    pub inverters: InverterCount,
    /// Its panels.
    pub panels: PanelCount,
    /// Since when all inverters sleep; null while one is awake.
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    pub asleep_since: Option<Timestamp>,
    /// About when the first inverter will wake up next, as far as the last mornings tell.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-22T03:10:00Z")]
    pub first_light_about: Option<Timestamp>,
    /// When the latest reading was taken.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub last_reading_at: Option<Timestamp>,
    /// Age of the latest reading in s.
    #[schema(example = 12)]
    pub age_seconds: Option<u64>,
    /// Whether all is well.
    pub verdict: PlantVerdict,
}

/// What a plant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlantState {
    /// Nothing has been read yet.
    Starting,
    /// It delivers.
    Producing,
    /// It is awake and delivers nothing.
    Idle,
    /// All inverters sleep: night, or switched off.
    Asleep,
    /// No DTU answers.
    Offline,
}

/// How many inverters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct InverterCount {
    /// Ever confirmed, and in service.
    #[schema(example = 5)]
    pub known: usize,
    /// Those of them whose latest reading is not stale.
    #[schema(example = 5)]
    pub reporting: usize,
    /// Those that report and sleep.
    #[schema(example = 0)]
    pub asleep: usize,
}

/// How many panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct PanelCount {
    /// Ever seen, and in service.
    #[schema(example = 20)]
    pub known: usize,
    /// Those of them whose latest reading is not stale.
    #[schema(example = 20)]
    pub reporting: usize,
}

/// How the bridge is, as `/health` judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlantVerdict {
    /// In one word: ok, degraded (readings are taken and kept) or failed (they are not).
    #[schema(example = "ok")]
    pub status: &'static str,
    /// What is wrong, in sentences; empty when all is well.
    #[schema(example = json!([]))]
    pub reasons: Vec<String>,
}

impl Plant {
    /// Everything at this moment.
    pub fn of(moment: &Moment, identity: &Identity) -> Self {
        let Moment { plant, now } = moment;
        let day = plant.calendar.day(*now);
        let everything = |_: &LiveInverter| true;
        let today = plant.energy_wh(day, everything);
        let finished = plant.finished_days(day);
        let peak = plant.glance.peak.filter(|peak| peak.day == day);
        let inverters = InverterCount::of(moment, everything);
        let power_w = plant.power_w(*now, everything);
        let state = state(moment, inverters, power_w);
        let asleep = state == PlantState::Asleep;
        let sleeping = plant.inverters.values().filter_map(|inverter| inverter.asleep_since);
        let last_reading_at = plant.inverters.values().map(|inverter| inverter.last_seen).max();
        Self {
            time: *now,
            day,
            time_zone: identity.time_zone.clone(),
            state,
            power_w: power_w.map(tenths),
            energy_today_wh: today,
            energy_month_wh: finished.map(|days| days.month_wh() + today.unwrap_or(0)),
            energy_year_wh: finished.map(|days| days.year_wh() + today.unwrap_or(0)),
            energy_lifetime_wh: plant.lifetime_wh(everything),
            peak_today_w: peak.map(|peak| tenths(peak.power_w)),
            peak_today_at: peak.map(|peak| peak.at),
            inverters,
            panels: PanelCount::of(moment),
            asleep_since: sleeping.max().filter(|_| asleep),
            first_light_about: plant.glance.wake_ups.next(*now, asleep),
            last_reading_at,
            age_seconds: last_reading_at.map(|at| moment.seconds_since(at)),
            verdict: PlantVerdict::from(Verdict::of(plant, *now)),
        }
    }
}

impl InverterCount {
    /// Of some inverters.
    pub fn of(moment: &Moment, of: impl Fn(&LiveInverter) -> bool) -> Self {
        let mut count = Self::default();
        for inverter in in_service(&moment.plant).filter(|inverter| of(inverter)) {
            let reports = !moment.is_stale(inverter, inverter.last_seen);
            count.known += 1;
            count.reporting += usize::from(reports);
            count.asleep += usize::from(reports && inverter.is_asleep());
        }
        count
    }
}

impl PanelCount {
    fn of(moment: &Moment) -> Self {
        let mut count = Self::default();
        for inverter in in_service(&moment.plant) {
            let reporting =
                inverter.ports.values().filter(|port| !moment.is_stale(inverter, port.at));
            count.known += inverter.ports.len();
            count.reporting += reporting.count();
        }
        count
    }
}

/// Nobody counts an inverter that is out of service.
fn in_service(plant: &LivePlant) -> impl Iterator<Item = &LiveInverter> {
    let in_service = plant.inverters.iter().filter(|(serial, _)| !plant.is_retired(**serial));
    in_service.map(|(_, inverter)| inverter)
}

impl From<Verdict> for PlantVerdict {
    fn from(Verdict { wellbeing, reasons }: Verdict) -> Self {
        let status = match wellbeing {
            Wellbeing::Healthy => "ok",
            Wellbeing::Degraded => "degraded",
            Wellbeing::Unhealthy => "failed",
        };
        Self { status, reasons }
    }
}

fn state(moment: &Moment, inverters: InverterCount, power_w: Option<f64>) -> PlantState {
    if inverters.reporting == 0 {
        return if may_still_begin(&moment.plant, moment.now) {
            PlantState::Starting
        } else {
            PlantState::Offline
        };
    }
    if inverters.asleep == inverters.reporting {
        PlantState::Asleep
    } else if power_w.is_some_and(|watts| watts > 0.0) {
        PlantState::Producing
    } else {
        PlantState::Idle
    }
}

/// Whether a DTU answers, without inverters so far, or may still do so for the first time.
fn may_still_begin(plant: &LivePlant, now: Timestamp) -> bool {
    plant.dtus.values().any(|dtu| dtu.is_alive(now) || may_still_come(dtu, plant.started_at, now))
}
