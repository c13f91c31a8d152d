//! What owners reported, by name, and the properties that hold whatever happens.

mod scenarios;

use jiff::{SignedDuration, Timestamp, ToSpan};
use plant::energy::{Account, Evidence};
use proptest::prelude::*;

use scenarios::{Books, calendar, local};

/// A test for each scenario of the table, and one that none was forgotten.
macro_rules! promised {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let name = stringify!($name);
            let scenario = scenarios::all().into_iter().find(|scenario| test_of(scenario) == name);
            scenario.expect("a scenario with this title").play();
        })*

        #[test]
        fn every_scenario_is_tested_by_its_name() {
            let titles: Vec<String> = scenarios::all().iter().map(test_of).collect();
            assert_eq!(titles, [$(stringify!($name)),*]);
        }
    };
}

fn test_of(scenario: &scenarios::Scenario) -> String {
    scenario.title.to_lowercase().replace([' ', '-'], "_")
}

promised! {
    an_ordinary_day_and_the_next
    started_at_noon
    started_on_a_zero_and_a_spike
    started_after_midnight
    a_night_without_link
    zeros_every_quarter_hour
    zero_at_dawn
    stale_counter_before_sunrise
    a_lower_value_that_stands_still
    counter_reset_at_wake_up_instead_of_midnight
    dtu_reboot_at_noon
    a_counter_that_begins_again
    inverter_replaced
    a_used_inverter_after_a_long_silence
    a_counter_that_flickers
    a_spike
    a_day_with_everything_at_once
    u16_day_counter_wrapping
    a_jump_after_an_outage_over_midnight
    a_bridge_that_was_off_for_a_week
    one_inverter_missing_from_the_sum
    a_day_of_23_hours
    a_day_of_25_hours
    a_leap_day
    a_clock_that_was_behind_at_boot
    a_clock_that_was_ahead_at_boot
}

#[test]
fn every_scenario_says_in_sentences_what_happened() {
    for scenario in scenarios::all() {
        assert!(scenario.story.ends_with('.'), "{}", scenario.title);
    }
}

/// A port's account with everything that was booked.
#[derive(Default)]
struct World {
    account: Account,
    books: Books,
}

impl World {
    fn read_at(&mut self, at: Timestamp, today_wh: u32, total_wh: u32) {
        let evidence = Evidence { at, total_wh, today_wh: Some(today_wh), max_power_w: 500.0 };
        self.books.enter(self.account.take(&evidence, &calendar()));
    }

    fn booked(&self) -> u64 {
        self.books.days.values().sum()
    }
}

/// A clock goes wrong for three readings, by three days either way, and is set right.
#[test]
fn a_day_to_which_the_clock_comes_back_keeps_its_energy() {
    for days_away in [3, -3] {
        let mut world = World::default();
        let noon = local("2026-06-21T12:00");
        for minute in 0..3 {
            world.read_at(noon + minute.minutes(), 800 + minute as u32, 50_000 + minute as u32);
        }
        assert_eq!(world.account.today_wh(calendar().day(noon)), 802);
        let away = noon + SignedDuration::from_hours(24 * days_away);
        if days_away < 0 {
            world.account.put_clock_back(away, &calendar());
        }
        for minute in 3..6 {
            world.read_at(away + minute.minutes(), 800 + minute as u32, 50_000 + minute as u32);
        }
        if days_away > 0 {
            world.account.put_clock_back(noon + 6.minutes(), &calendar());
        }
        world.read_at(noon + 6.minutes(), 806, 50_006);
        let today = world.account.today_wh(calendar().day(noon));
        assert!((802..=806).contains(&today), "{days_away} days away: {today} Wh");
        assert_eq!(world.account.lifetime_wh, 50_006);
        assert_eq!(world.booked(), 806);
    }
}

/// What a port really made, and how a DTU may show it.
#[derive(Debug, Clone)]
enum Show {
    Honest,
    Zero,
    Frozen,
    Spike,
    Behind(u32),
    Missing,
    Twice,
}

fn show() -> impl Strategy<Value = Show> {
    prop_oneof![
        6 => Just(Show::Honest),
        1 => Just(Show::Zero),
        1 => Just(Show::Frozen),
        1 => Just(Show::Spike),
        1 => (1_u32..49).prop_map(Show::Behind),
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
        world.read_at(at - SignedDuration::from_mins(1), 0, truth);
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
                Show::Behind(wh) => { world.read_at(at, of_day, truth - wh); }
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
        let booked = world.booked();
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
            let booked = world.booked();
            if world.account.believed_at().is_some() {
                let opening = *opened.get_or_insert(lifetime - booked);
                prop_assert_eq!(lifetime - booked, opening);
            }
        }
    }
}
