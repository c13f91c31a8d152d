//! What owners reported, by name, and the properties that hold whatever happens.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::{Account, Calendar, Correction, Evidence};

const MAX_POWER_W: f64 = 500.0;

fn calendar() -> Calendar {
    Calendar::new(TimeZone::get("Europe/Berlin").unwrap())
}

fn local(text: &str) -> Timestamp {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    civil.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap().timestamp()
}

/// A port's account with everything that was booked.
#[derive(Default)]
struct World {
    account: Account,
    days: BTreeMap<Date, u64>,
    estimated: u64,
    corrections: Vec<Correction>,
}

impl World {
    fn read(&mut self, at: &str, today_wh: u32, total_wh: u32) -> &mut Self {
        self.read_at(local(at), today_wh, total_wh)
    }

    fn read_at(&mut self, at: Timestamp, today_wh: u32, total_wh: u32) -> &mut Self {
        let evidence =
            Evidence { at, total_wh, today_wh: Some(today_wh), max_power_w: MAX_POWER_W };
        let step = self.account.take(&evidence, &calendar());
        for booking in step.bookings {
            *self.days.entry(booking.day).or_default() += booking.energy_wh;
            self.estimated += if booking.estimated { booking.energy_wh } else { 0 };
        }
        self.corrections.extend(step.correction);
        self
    }

    fn today(&self, at: &str) -> u64 {
        self.account.today_wh(calendar().day(local(at)))
    }

    fn of_day(&self, day: Date) -> u64 {
        self.days.get(&day).copied().unwrap_or(0)
    }
}

#[test]
fn an_ordinary_day_and_the_next() {
    let mut world = World::default();
    world
        .read("2026-06-20T05:00", 0, 10_000)
        .read("2026-06-20T12:00", 1_500, 11_500)
        .read("2026-06-20T21:00", 2_500, 12_500)
        .read("2026-06-21T05:00", 0, 12_500)
        .read("2026-06-21T06:00", 100, 12_600);
    assert_eq!(world.account.lifetime_wh, 12_600);
    assert_eq!(world.of_day(date(2026, 6, 20)), 2_500);
    assert_eq!(world.today("2026-06-21T06:00"), 100);
    assert_eq!(world.today("2026-06-22T00:01"), 0, "a new day begins at zero");
    assert!(world.corrections.is_empty());
}

#[test]
fn started_at_noon_the_morning_is_shown_too() {
    let mut world = World::default();
    world.read("2026-06-20T12:00", 1_500, 11_500);
    assert_eq!((world.account.lifetime_wh, world.today("2026-06-20T12:00")), (11_500, 1_500));
    let mut stale = World::default();
    stale.read("2026-06-20T00:30", 2_500, 12_500);
    assert_eq!(stale.today("2026-06-20T00:30"), 0, "yesterday's counter is not today's energy");
}

#[test]
fn zeros_every_quarter_hour() {
    let mut world = World::default();
    world.read("2026-06-20T12:00", 1_500, 11_500);
    for quarter in 1..=8_u32 {
        let at = local("2026-06-20T12:00") + SignedDuration::from_mins(i64::from(quarter) * 15);
        world.read_at(at, 0, 0);
        let after = at + SignedDuration::from_mins(1);
        world.read_at(after, 1_500 + quarter * 50, 11_500 + quarter * 50);
    }
    assert_eq!(world.account.lifetime_wh, 11_900);
    assert_eq!(world.today("2026-06-20T14:00"), 1_900);
}

#[test]
fn zero_at_dawn() {
    let mut world = World::default();
    world
        .read("2026-06-20T21:00", 2_500, 12_500)
        .read("2026-06-21T04:50", 0, 0)
        .read("2026-06-21T04:55", 0, 0)
        .read("2026-06-21T05:00", 3, 12_503);
    assert_eq!(world.account.lifetime_wh, 12_503);
    assert_eq!(world.today("2026-06-21T05:00"), 3);
}

#[test]
fn stale_counter_before_sunrise() {
    let mut world = World::default();
    world.read("2026-06-20T21:00", 2_500, 12_500).read("2026-06-21T04:30", 2_500, 12_500).read(
        "2026-06-21T04:45",
        2_500,
        12_500,
    );
    assert_eq!(world.today("2026-06-21T04:45"), 0);
    world.read("2026-06-21T05:10", 4, 12_504);
    assert_eq!(world.today("2026-06-21T05:10"), 4);
}

#[test]
fn a_lower_value_that_stands_still_is_never_believed() {
    let mut world = World::default();
    world.read("2026-06-20T12:00", 1_500, 11_500);
    for minute in 1..=30 {
        world.read(&format!("2026-06-20T12:{minute:02}"), 1_400, 11_400);
    }
    world.read("2026-06-20T12:31", 1_700, 11_700);
    assert_eq!(world.account.lifetime_wh, 11_700);
    assert_eq!(world.corrections, [Correction::Glitch { shown_wh: 11_400, expected_wh: 11_500 }]);
}

#[test]
fn counter_reset_at_wake_up_instead_of_midnight() {
    let mut world = World::default();
    world
        .read("2026-06-20T21:00", 2_500, 12_500)
        .read("2026-06-21T04:30", 2_500, 12_500)
        .read("2026-06-21T05:00", 0, 12_500)
        .read("2026-06-21T09:00", 700, 13_200);
    assert_eq!(world.of_day(date(2026, 6, 20)), 2_500);
    assert_eq!(world.today("2026-06-21T09:00"), 700);
}

#[test]
fn dtu_reboot_at_noon() {
    let mut world = World::default();
    world
        .read("2026-06-20T11:59", 1_500, 11_500)
        .read("2026-06-20T12:05", 0, 0)
        .read("2026-06-20T12:06", 0, 11_520)
        .read("2026-06-20T12:30", 80, 11_600);
    assert_eq!(world.account.lifetime_wh, 11_600);
    assert_eq!(world.today("2026-06-20T12:30"), 1_600, "the device's day counter does not matter");
}

#[test]
fn a_counter_that_begins_again_continues_on_the_old_sum() {
    let mut world = World::default();
    world
        .read("2026-06-20T11:59", 1_500, 11_500)
        .read("2026-06-20T12:10", 5, 5)
        .read("2026-06-20T12:11", 9, 9)
        .read("2026-06-20T13:00", 300, 300);
    assert_eq!(world.account.lifetime_wh, 11_800);
    assert_eq!(world.today("2026-06-20T13:00"), 1_800);
    assert_eq!(world.corrections, [Correction::Reset { before_wh: 11_500, after_wh: 5 }]);
}

#[test]
fn inverter_replaced_by_one_that_has_worked_elsewhere() {
    let mut world = World::default();
    world.read("2026-06-20T11:59", 1_500, 500_000).read("2026-06-20T15:00", 0, 80_000).read(
        "2026-06-20T15:01",
        6,
        80_006,
    );
    assert_eq!(world.account.lifetime_wh, 500_006, "the other roof's energy is not ours");
}

#[test]
fn a_spike_is_not_energy() {
    let mut world = World::default();
    world
        .read("2026-06-20T12:00", 1_500, 11_500)
        .read("2026-06-20T12:01", 1_500, 400_000_000)
        .read("2026-06-20T12:02", 1_510, 11_510);
    assert_eq!(world.account.lifetime_wh, 11_510);
    world.read("2026-06-20T12:03", 1_515, 700_000).read("2026-06-20T12:04", 1_520, 700_005);
    assert_eq!(world.account.lifetime_wh, 11_515, "a jump that stays is not energy either");
    world.read("2026-06-20T12:10", 1_560, 11_560);
    assert_eq!(world.account.lifetime_wh, 11_560, "and nothing is missing when it comes back");
    assert_eq!(world.corrections.len(), 3);
}

#[test]
fn u16_day_counter_wrapping() {
    let mut world = World::default();
    world.read("2026-06-20T12:00", 65_530, 165_530).read("2026-06-20T12:05", 4, 165_540);
    assert_eq!(world.account.lifetime_wh, 165_540);
}

#[test]
fn a_jump_after_an_outage_over_midnight() {
    let mut world = World::default();
    world.read("2026-06-20T14:00", 2_000, 12_000).read("2026-06-21T11:00", 900, 13_600);
    assert_eq!(world.account.lifetime_wh, 13_600);
    assert_eq!(world.of_day(date(2026, 6, 20)), 2_700, "what the day counter does not claim");
    assert_eq!(world.today("2026-06-21T11:00"), 900);
    assert_eq!(world.estimated, 0);
}

#[test]
fn a_bridge_that_was_off_for_a_week() {
    let mut world = World::default();
    world.read("2026-06-13T21:00", 2_500, 10_000).read("2026-06-20T12:00", 1_200, 25_200);
    assert_eq!(world.account.lifetime_wh, 25_200);
    assert_eq!(world.today("2026-06-20T12:00"), 1_200);
    assert_eq!(world.estimated, 14_000, "the days between are a guess and say so");
    assert_eq!(world.days.values().sum::<u64>(), 25_200 - 10_000 + 2_500);
}

#[test]
fn one_inverter_missing_from_the_sum_keeps_its_value() {
    let mut world = World::default();
    world.read("2026-06-20T12:00", 1_500, 11_500);
    // Nothing is read of it for hours; its account stands where it was.
    assert_eq!((world.account.lifetime_wh, world.today("2026-06-20T18:00")), (11_500, 1_500));
}

#[test]
fn days_of_23_and_25_hours_and_a_leap_day() {
    for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2028, 2, 29), 24)]
    {
        let (start, next) = (calendar().start(day), calendar().start(day.tomorrow().unwrap()));
        assert_eq!(next.duration_since(start), SignedDuration::from_hours(hours));
        let mut world = World::default();
        let hour = SignedDuration::from_hours(1);
        let mut total = 1_000;
        world.read_at(start - hour, 0, total);
        for n in 0..hours {
            total += 10;
            world.read_at(start + hour * (n as i32), (n as u32 + 1) * 10, total);
        }
        world.read_at(next, 0, total + 7);
        let expected = u64::from(total - 1_000 - 10) + 7;
        assert_eq!(world.of_day(day) + world.of_day(day.yesterday().unwrap()), expected + 10);
        assert_eq!(world.account.lifetime_wh, u64::from(total) + 7);
    }
}

#[test]
fn a_clock_that_was_behind_at_boot() {
    let mut world = World::default();
    world
        .read("2026-06-20T21:00", 2_500, 12_500)
        .read_at(Timestamp::from_second(60).unwrap(), 900, 13_400)
        .read_at(Timestamp::from_second(120).unwrap(), 906, 13_406);
    world.read("2026-06-21T11:00", 910, 13_410);
    assert_eq!(world.account.lifetime_wh, 13_410);
    assert_eq!(world.today("2026-06-21T11:00"), 910);
}

#[test]
fn a_clock_that_was_ahead_at_boot() {
    let mut world = World::default();
    world
        .read("2026-06-20T11:00", 1_000, 11_000)
        .read("2030-01-01T00:10", 1_010, 11_010)
        .read("2026-06-20T11:20", 1_020, 11_020)
        .read("2026-06-20T11:21", 1_025, 11_025);
    assert_eq!(world.account.lifetime_wh, 11_025, "it does not wait until 2030");
    assert_eq!(world.today("2026-06-20T11:21"), 15);
}

/// What a port really made, and how a DTU may show it.
#[derive(Debug, Clone)]
enum Show {
    Honest,
    Zero,
    Frozen,
    Spike,
    Missing,
    Twice,
}

fn show() -> impl Strategy<Value = Show> {
    prop_oneof![
        6 => Just(Show::Honest),
        1 => Just(Show::Zero),
        1 => Just(Show::Frozen),
        1 => Just(Show::Spike),
        1 => Just(Show::Missing),
        1 => Just(Show::Twice),
    ]
}

proptest! {
    #[test]
    fn nothing_falls_nothing_is_invented_and_every_watt_hour_is_booked_once(
        polls in proptest::collection::vec((1_i64..120, 0_u32..8, show()), 1..400),
    ) {
        let mut world = World::default();
        let mut at = local("2026-03-28T03:00");
        let start = 1_000_000_u32;
        let mut truth = start;
        let mut day_began = truth;
        let mut day = calendar().day(at);
        world.read_at(at, 0, truth);
        let (mut lifetime, mut today) = (world.account.lifetime_wh, 0);
        for (minutes, per_minute, show) in polls {
            at = at.checked_add(minutes.minutes()).unwrap();
            if calendar().day(at) != day {
                day = calendar().day(at);
                day_began = truth;
                today = 0;
            }
            truth += per_minute * minutes as u32;
            let of_day = truth - day_began;
            let before = world.account.clone();
            match show {
                Show::Honest => { world.read_at(at, of_day, truth); }
                Show::Zero => { world.read_at(at, 0, 0); }
                Show::Frozen => { world.read_at(at, 0, start - 4_000); }
                Show::Spike => { world.read_at(at, of_day, truth + 2_000_000_000); }
                Show::Missing => {}
                Show::Twice => {
                    world.read_at(at, of_day, truth);
                    let once = world.account.clone();
                    world.read_at(at, of_day, truth);
                    prop_assert_eq!(&world.account, &once, "redelivery changes nothing");
                }
            }
            let now_today = world.account.today_wh(day);
            prop_assert!(world.account.lifetime_wh >= lifetime, "{:?}", before);
            prop_assert!(now_today >= today, "{before:?}");
            lifetime = world.account.lifetime_wh;
            today = now_today;
            prop_assert!(lifetime <= u64::from(truth), "energy out of nothing");
        }
        let booked: u64 = world.days.values().sum();
        prop_assert_eq!(booked, world.account.lifetime_wh - u64::from(start));
        // One honest reading later everything that was made is there.
        at = at.checked_add(1.minutes()).unwrap();
        world.read_at(at, truth - day_began, truth);
        prop_assert_eq!(world.account.lifetime_wh, u64::from(truth));
    }

    #[test]
    fn any_counters_whatever_keep_the_books_straight(
        polls in proptest::collection::vec((0_i64..100_000, any::<u32>(), any::<u32>()), 1..100),
    ) {
        let mut world = World::default();
        let mut at = local("2026-10-24T12:00");
        let mut lifetime = 0;
        let mut opened = None;
        for (seconds, today, total) in polls {
            at = at.checked_add(seconds.seconds()).unwrap();
            world.read_at(at, today, total);
            prop_assert!(world.account.lifetime_wh >= lifetime);
            lifetime = world.account.lifetime_wh;
            let booked: u64 = world.days.values().sum();
            let opening = *opened.get_or_insert(lifetime - booked);
            prop_assert_eq!(lifetime - booked, opening);
        }
    }
}
