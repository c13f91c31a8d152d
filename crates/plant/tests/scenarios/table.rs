//! The table of scenarios.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use plant::energy::Correction;

use super::{Counters, Reading, Scenario, Status, calendar, local, read, silence};

/// Every scenario, in the order in which one reads about them.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all = ordinary();
    all.extend(zeros_and_stale_counters());
    all.extend(counters_that_go_elsewhere());
    all.push(everything_at_once());
    all.extend(gaps());
    all.extend(days_and_clocks());
    all
}

fn ordinary() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "An ordinary day and the next",
            "Nothing goes wrong. Today's energy begins at 0 at midnight, not when the device \
             notices the new day.",
            vec![
                read("2026-06-20T05:00", (0, 10_000), (0, 10_000)),
                read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("2026-06-21T05:00", (0, 12_500), (0, 12_500)),
                read("2026-06-21T06:00", (100, 12_600), (100, 12_600)),
                silence("2026-06-22T00:01", (0, 12_600)),
            ],
        )
        .days(&[(date(2026, 6, 20), 2_500), (date(2026, 6, 21), 100)]),
        Scenario::new(
            "Started at noon",
            "The very first readings: two that agree open the account. The device's day counter is \
             taken over, so the morning is shown too.",
            vec![
                read("2026-06-20T11:59", (1_495, 11_495), (0, 0)),
                read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500)),
            ],
        )
        .cold(),
        Scenario::new(
            "Started on a zero and a spike",
            "The very first readings are nonsense. Nothing is shown until two readings agree.",
            vec![
                read("2026-06-20T12:00", (0, 0), (0, 0)),
                read("2026-06-20T12:01", (1_500, 400_000_000), (0, 0)),
                read("2026-06-20T12:02", (1_505, 11_505), (0, 0)),
                read("2026-06-20T12:03", (1_510, 11_510), (1_510, 11_510)),
            ],
        )
        .cold(),
        Scenario::new(
            "Started after midnight",
            "The very first reading, but the day counter is still yesterday's: no panel makes that \
             much in half an hour, so it is not today's energy.",
            vec![read("2026-06-20T00:30", (2_500, 12_500), (0, 12_500))],
        ),
        Scenario::new(
            "A night without link",
            "While the inverter sleeps the DTU shows a memory, or nonsense. It is no evidence.",
            vec![
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("2026-06-20T21:45", (0, 0), (2_500, 12_500)).status(Status::NotWorking),
                read("2026-06-21T00:30", (2_500, 12_510), (0, 12_500)).status(Status::NoLink),
                read("2026-06-21T00:45", (9_000, 99_000), (0, 12_500)).status(Status::NoLink),
                read("2026-06-21T05:00", (0, 12_500), (0, 12_500)),
                read("2026-06-21T05:30", (20, 12_520), (20, 12_520)),
            ],
        )
        .days(&[(date(2026, 6, 20), 2_500), (date(2026, 6, 21), 20)]),
    ]
}

fn zeros_and_stale_counters() -> Vec<Scenario> {
    let mut every_quarter = vec![read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500))];
    let mut shown = (1_500, 11_500);
    for quarter in 1..=8_u32 {
        let at = local("2026-06-20T12:00") + SignedDuration::from_mins(i64::from(quarter) * 15);
        let zero = Counters { today_wh: 0, total_wh: 0 };
        let aside = (4..8).contains(&quarter);
        every_quarter.push(Reading::new(at, Some(zero), shown).aside(aside));
        let (today_wh, total_wh) = (1_500 + quarter * 50, 11_500 + quarter * 50);
        shown = (u64::from(today_wh), u64::from(total_wh));
        let after = at + SignedDuration::from_mins(1);
        let counters = Counters { today_wh, total_wh };
        every_quarter.push(Reading::new(after, Some(counters), shown).aside(aside));
    }

    let mut standing = vec![read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500))];
    for minute in 1..=30 {
        let at = format!("2026-06-20T12:{minute:02}");
        let aside = (4..30).contains(&minute);
        standing.push(read(&at, (1_400, 11_400), (1_500, 11_500)).aside(aside));
    }
    standing.push(read("2026-06-20T12:31", (1_700, 11_700), (1_700, 11_700)));

    vec![
        Scenario::new(
            "Zeros every quarter hour",
            "Some DTUs answer with zeros every fifteen minutes. The zeros change nothing.",
            every_quarter,
        ),
        Scenario::new(
            "Zero at dawn",
            "Zeros until the inverter has woken up. They change nothing.",
            vec![
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("2026-06-21T04:50", (0, 0), (0, 12_500)),
                read("2026-06-21T04:55", (0, 0), (0, 12_500)),
                read("2026-06-21T05:00", (3, 12_503), (3, 12_503)),
            ],
        ),
        Scenario::new(
            "Stale counter before sunrise",
            "The day counter shows yesterday's energy until the sun wakes the inverter. The \
             lifetime counter has not moved, so today is 0.",
            vec![
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("2026-06-21T04:30", (2_500, 12_500), (0, 12_500)),
                read("2026-06-21T04:45", (2_500, 12_500), (0, 12_500)),
                read("2026-06-21T05:10", (4, 12_504), (4, 12_504)),
            ],
        ),
        Scenario::new(
            "A lower value that stands still",
            "An old value comes up for half an hour. A counter that was reset would count on; \
             this one does not, so it is never believed.",
            standing,
        )
        .corrections(&[Correction::Glitch { shown_wh: 11_400, expected_wh: 11_500 }]),
    ]
}

fn counters_that_go_elsewhere() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "Counter reset at wake-up instead of midnight",
            "The day counter goes back to 0 only when the inverter wakes up. Today begins at \
             midnight all the same.",
            vec![
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("2026-06-21T04:30", (2_500, 12_500), (0, 12_500)),
                read("2026-06-21T05:00", (0, 12_500), (0, 12_500)),
                read("2026-06-21T09:00", (700, 13_200), (700, 13_200)),
            ],
        )
        .days(&[(date(2026, 6, 20), 2_500), (date(2026, 6, 21), 700)]),
        Scenario::new(
            "DTU reboot at noon",
            "After the reboot the day counter begins again at 0 in the middle of the day. Today \
             continues, because it follows the lifetime counter.",
            vec![
                read("2026-06-20T11:59", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T12:05", (0, 0), (1_500, 11_500)),
                read("2026-06-20T12:06", (0, 11_520), (1_520, 11_520)),
                read("2026-06-20T12:30", (80, 11_600), (1_600, 11_600)),
            ],
        ),
        Scenario::new(
            "A counter that begins again",
            "The lifetime counter itself falls to 0 and counts on. As soon as it has grown it is \
             believed, and continues on the old sum.",
            vec![
                read("2026-06-20T11:59", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T12:10", (5, 5), (1_500, 11_500)),
                read("2026-06-20T12:11", (9, 9), (1_509, 11_509)),
                read("2026-06-20T13:00", (300, 300), (1_800, 11_800)),
            ],
        )
        .corrections(&[Correction::Reset { before_wh: 11_500, after_wh: 5 }]),
        Scenario::new(
            "Inverter replaced",
            "The new one has worked on another roof before. What it made there is not counted, \
             what it adds here is.",
            vec![
                read("2026-06-20T11:59", (1_500, 500_000), (1_500, 500_000)),
                read("2026-06-20T15:00", (0, 80_000), (1_500, 500_000)),
                read("2026-06-20T15:01", (6, 80_006), (1_506, 500_006)),
            ],
        )
        .corrections(&[Correction::Reset { before_wh: 500_000, after_wh: 80_000 }]),
        Scenario::new(
            "A used inverter after a long silence",
            "The same after a week without a reading: what another roof has made is not taken for \
             the energy of the week.",
            vec![
                read("2026-06-13T12:00", (1_500, 500_000), (1_500, 500_000)),
                read("2026-06-20T15:00", (0, 80_000), (0, 500_000)),
                read("2026-06-20T15:01", (6, 80_006), (6, 500_006)),
            ],
        )
        .corrections(&[Correction::Reset { before_wh: 500_000, after_wh: 80_000 }]),
        Scenario::new(
            "A counter that flickers",
            "Now and then the counter shows a little more than it should, and goes back. The \
             little is not counted again each time.",
            vec![
                read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T12:01", (1_540, 11_540), (1_540, 11_540)),
                read("2026-06-20T12:02", (1_505, 11_505), (1_540, 11_540)),
                read("2026-06-20T12:03", (1_510, 11_510), (1_540, 11_540)),
                read("2026-06-20T12:10", (1_550, 11_550), (1_550, 11_550)),
            ],
        ),
        Scenario::new(
            "A spike",
            "One garbled answer with an enormous number: no panel makes that in a minute. Then \
             the counter jumps far up, counts on from there and comes back after some minutes. \
             That is not energy either, and when it is over nothing is missing and nothing is \
             counted twice.",
            vec![
                read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T12:01", (1_500, 400_000_000), (1_500, 11_500)),
                read("2026-06-20T12:02", (1_510, 11_510), (1_510, 11_510)),
                read("2026-06-20T12:03", (1_515, 700_000), (1_510, 11_510)),
                read("2026-06-20T12:04", (1_520, 700_005), (1_515, 11_515)),
                read("2026-06-20T12:10", (1_560, 11_560), (1_560, 11_560)),
            ],
        )
        .corrections(&[
            Correction::Glitch { shown_wh: 400_000_000, expected_wh: 11_500 },
            Correction::Jump { before_wh: 11_510, after_wh: 700_000 },
            Correction::Glitch { shown_wh: 700_005, expected_wh: 11_560 },
        ]),
    ]
}

/// The title of the day in the picture.
pub(crate) const WORST_DAY: &str = "A day with everything at once";

/// A poll every minute of a day in June on which nothing is spared.
fn everything_at_once() -> Scenario {
    const DAYLIGHT_MIN: u64 = 990;
    const SPIKE: u64 = 322;
    const LAST_BEFORE_RESET: u64 = 515;
    const FIRST_AFTER_RESET: u64 = 516;
    const LIFETIME_WH: u64 = 4_000;
    let sunrise = local("2026-06-20T05:00");
    // The integral of a parabola, in whole numbers: the same on every machine.
    let made = |minute: u64| {
        2_600 * minute * minute * (3 * DAYLIGHT_MIN - 2 * minute) / DAYLIGHT_MIN.pow(3)
    };
    let mut shown = (0, LIFETIME_WH);
    let mut readings = Vec::new();
    for minute in 0..=DAYLIGHT_MIN {
        let lost = if minute > LAST_BEFORE_RESET { made(LAST_BEFORE_RESET) } else { 0 };
        let before = if lost > 0 { 0 } else { LIFETIME_WH };
        let (today_wh, total_wh) = match minute {
            SPIKE => (made(minute), 400_000_000),
            quarter if quarter > 0 && quarter % 15 == 0 => (0, 0),
            _ => (made(minute) - lost, before + made(minute) - lost),
        };
        // One reading after the reset is not enough to believe it.
        if total_wh != 0 && minute != SPIKE && minute != FIRST_AFTER_RESET {
            shown = (made(minute), LIFETIME_WH + made(minute));
        }
        let near = |event: u64| (event - 2..=event + 3).contains(&minute);
        let in_table = minute == 0 || near(SPIKE) || near(FIRST_AFTER_RESET);
        let at = sunrise + SignedDuration::from_mins(minute as i64);
        let counters = Counters { today_wh: today_wh as u32, total_wh: total_wh as u32 };
        readings.push(Reading::new(at, Some(counters), shown).aside(!in_table));
    }
    if let Some(last) = readings.last_mut() {
        last.aside = false;
    }
    let before_spike = (LIFETIME_WH + made(SPIKE - 1)) as u32;
    let before_reset = (LIFETIME_WH + made(LAST_BEFORE_RESET)) as u32;
    let after_reset = (made(FIRST_AFTER_RESET) - made(LAST_BEFORE_RESET)) as u32;
    Scenario::new(
        WORST_DAY,
        "The day in the picture above, read every minute: zeros every quarter hour, a spike at 10:22, \
         and a counter that begins again at 13:36.",
        readings,
    )
    .corrections(&[
        Correction::Glitch { shown_wh: 400_000_000, expected_wh: before_spike },
        Correction::Reset { before_wh: before_reset, after_wh: after_reset },
    ])
}

fn gaps() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "U16 day counter wrapping",
            "The device's day counter has no number above 65,535 and begins again. The lifetime \
             counter has, so nothing is lost. No panel makes 65 kWh by noon, so the first value \
             is not taken for today's energy.",
            vec![
                read("2026-06-20T12:00", (65_530, 165_530), (0, 165_530)),
                read("2026-06-20T12:05", (4, 165_540), (10, 165_540)),
            ],
        ),
        Scenario::new(
            "A jump after an outage over midnight",
            "Nothing was read from the afternoon until the next morning. The day counter tells \
             which part of the energy is today's; the rest is yesterday's.",
            vec![
                read("2026-06-20T14:00", (2_000, 12_000), (2_000, 12_000)),
                silence("2026-06-21T00:00", (0, 12_000)),
                read("2026-06-21T11:00", (900, 13_600), (900, 13_600)),
            ],
        )
        .days(&[(date(2026, 6, 20), 2_700), (date(2026, 6, 21), 900)]),
        Scenario::new(
            "A bridge that was off for a week",
            "Nothing of the week is lost. How it is divided among the days is a guess and marked \
             as such; today's part is known from the day counter.",
            vec![
                read("2026-06-13T21:00", (2_500, 10_000), (2_500, 10_000)),
                read("2026-06-20T12:00", (1_200, 25_200), (1_200, 25_200)),
            ],
        )
        .days(&[
            (date(2026, 6, 13), 4_500),
            (date(2026, 6, 14), 2_000),
            (date(2026, 6, 15), 2_000),
            (date(2026, 6, 16), 2_000),
            (date(2026, 6, 17), 2_000),
            (date(2026, 6, 18), 2_000),
            (date(2026, 6, 19), 2_000),
            (date(2026, 6, 20), 1_200),
        ])
        .guess(14_000),
        Scenario::new(
            "One inverter missing from the sum",
            "Two inverters, and nothing is heard of the second for hours. It keeps its last value \
             in the sum, and what it made meanwhile is added when it is heard again.",
            vec![
                read("2026-06-20T12:00", (1_500, 11_500), (1_500, 11_500)),
                read("2026-06-20T12:00", (1_400, 9_400), (2_900, 20_900)).inverter(2),
                read("2026-06-20T15:00", (2_000, 12_000), (3_400, 21_400)),
                silence("2026-06-20T15:00", (3_400, 21_400)).inverter(2),
                read("2026-06-20T18:00", (2_300, 12_300), (3_700, 21_700)),
                silence("2026-06-20T18:00", (3_700, 21_700)).inverter(2),
                read("2026-06-20T18:05", (2_310, 12_310), (3_710, 21_710)),
                read("2026-06-20T18:05", (2_200, 10_200), (4_510, 22_510)).inverter(2),
            ],
        ),
    ]
}

fn days_and_clocks() -> Vec<Scenario> {
    vec![
        long_or_short_day(
            "A day of 23 hours",
            "The clocks go forward at 02:00. To test the clock, this panel makes 10 Wh in every \
             hour, at night too: the day has 23 of them, and 7 Wh more just before its end.",
            (date(2026, 3, 29), 23),
        ),
        long_or_short_day(
            "A day of 25 hours",
            "The clocks go back at 03:00, and 02:00 comes twice. The same panel: both hours count.",
            (date(2026, 10, 25), 25),
        ),
        long_or_short_day(
            "A leap day",
            "29 February is a day like any other, with the same panel.",
            (date(2028, 2, 29), 24),
        ),
        Scenario::new(
            "A clock that was behind at boot",
            "A computer without a battery starts in 1970 until it has asked for the time. Readings \
             from before this program existed wait: the counters will tell the same later.",
            vec![
                read("2026-06-20T21:00", (2_500, 12_500), (2_500, 12_500)),
                read("1970-01-01T01:01", (900, 13_400), (0, 12_500)),
                read("1970-01-01T01:02", (906, 13_406), (0, 12_500)),
                read("2026-06-21T11:00", (910, 13_410), (910, 13_410)),
            ],
        ),
        Scenario::new(
            "A clock that was ahead at boot",
            "The clock says 2030 and is put right ten minutes later. The bridge does not wait \
             until 2030: lifetime and today go on as soon as the clock is right.",
            vec![
                read("2026-06-20T11:00", (1_000, 11_000), (1_000, 11_000)),
                read("2030-01-01T00:10", (1_010, 11_010), (0, 11_010)),
                read("2026-06-20T11:20", (1_020, 11_020), (1_020, 11_020)),
                read("2026-06-20T11:21", (1_025, 11_025), (1_025, 11_025)),
            ],
        )
        .days(&[(date(2026, 6, 20), 1_025), (date(2030, 1, 1), 0)])
        .guess(10),
    ]
}

/// From one hour before a day to its end, with 10 Wh an hour and 7 Wh at last.
fn long_or_short_day(
    title: &'static str,
    story: &'static str,
    (day, hours): (Date, i32),
) -> Scenario {
    let hour = SignedDuration::from_hours(1);
    let next_day = day.tomorrow().expect("not the end of time");
    let (start, next) = (calendar().start(day), calendar().start(next_day));
    assert_eq!(next.duration_since(start), hour * hours, "{title}");
    let counters = |today_wh, total_wh| Some(Counters { today_wh, total_wh });
    let mut readings = vec![Reading::new(start - hour, counters(0, 1_000), (0, 1_000))];
    for n in 0..hours {
        let made = (n as u32 + 1) * 10;
        let shown = (u64::from(made), 1_000 + u64::from(made));
        let aside = (5..hours - 1).contains(&n);
        let at = start + hour * n;
        readings.push(Reading::new(at, counters(made, 1_000 + made), shown).aside(aside));
    }
    let of_day = hours as u64 * 10 + 7;
    let last = counters(0, 1_000 + of_day as u32);
    readings.push(Reading::new(next, last, (0, 1_000 + of_day)));
    let yesterday = day.yesterday().expect("not the beginning of time");
    Scenario::new(title, story, readings).days(&[(yesterday, 0), (day, of_day), (next_day, 0)])
}
