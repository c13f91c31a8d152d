//! The picture: a lifetime counter as it was read, and the energy that is shown.

use jiff::civil::Time;

use crate::page::thousands;
use crate::scenarios::{Played, Scenario, local_time};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 924.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 440.0;
const FIRST_HOUR: i8 = 4;
const LAST_HOUR: i8 = 22;
const FULL_SCALE_KWH: u64 = 8;

const RAW: &str = "#c2410c";
const SHOWN: &str = "#1d4ed8";
const TEXT: &str = "#1f2937";
const GRID: &str = "#e5e7eb";

/// Draws the lifetime counter of a scenario of one day.
pub(crate) fn draw(scenario: &Scenario, played: &Played) -> String {
    let mut raw = Vec::new();
    let mut shown = Vec::new();
    let mut labels = String::new();
    let (mut last_wh, mut zeros) = (0, None);
    for (reading, energy) in scenario.readings.iter().zip(&played.shown) {
        let time = local_time(reading.at).time();
        shown.push(point(time, energy.lifetime_wh));
        let Some(counters) = reading.counters else { continue };
        let total_wh = u64::from(counters.total_wh);
        raw.push(point(time, total_wh));
        if total_wh > FULL_SCALE_KWH * 1000 {
            let text = format!("a spike to {} Wh", thousands(total_wh));
            labels += &label(x(time) + 8.0, TOP + 14.0, RAW, &text);
        } else if total_wh == 0 {
            zeros.get_or_insert(time);
        } else {
            if total_wh < last_wh {
                labels += &label(x(time) + 14.0, y(1_900), RAW, "the counter begins again");
            }
            last_wh = total_wh;
        }
    }
    if let Some(first) = zeros {
        labels += &label(x(first) + 14.0, y(2_600), RAW, "zeros every quarter hour");
    }
    let end_wh = played.shown.last().map_or(0, |energy| energy.lifetime_wh);
    let end = format!("{} Wh", thousands(end_wh));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"15\">\n\
         <title>A lifetime counter as read, and the energy that is shown</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         {grid}{legend}\
         <polyline points=\"{raw}\" fill=\"none\" stroke=\"{RAW}\" stroke-width=\"1\"/>\n\
         <polyline points=\"{shown}\" fill=\"none\" stroke=\"{SHOWN}\" stroke-width=\"3.5\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n\
         {labels}{end}</svg>\n",
        grid = grid(),
        legend = legend(),
        raw = raw.join(" "),
        shown = shown.join(" "),
        end = label(x(Time::constant(20, 20, 0, 0)), y(end_wh) - 12.0, SHOWN, &end),
    )
}

fn x(time: Time) -> f64 {
    let hours = f64::from(time.hour() - FIRST_HOUR) + f64::from(time.minute()) / 60.0;
    LEFT + hours / f64::from(LAST_HOUR - FIRST_HOUR) * (RIGHT - LEFT)
}

/// What is higher than the picture ends at its upper edge.
fn y(energy_wh: u64) -> f64 {
    let share = energy_wh.min(FULL_SCALE_KWH * 1000) as f64 / (FULL_SCALE_KWH * 1000) as f64;
    BOTTOM - share * (BOTTOM - TOP)
}

fn point(time: Time, energy_wh: u64) -> String {
    format!("{:.1},{:.1}", x(time), y(energy_wh))
}

/// Text on a white seam, so that lines behind it do not spoil it.
fn label(x: f64, y: f64, colour: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\" stroke=\"#ffffff\" stroke-width=\"8\" \
         stroke-linejoin=\"round\" paint-order=\"stroke\">{text}</text>\n"
    )
}

fn grid() -> String {
    let mut text = String::new();
    for kwh in (0..=FULL_SCALE_KWH).step_by(2) {
        let y = y(kwh * 1000);
        text += &format!(
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\" stroke=\"{GRID}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{TEXT}\" text-anchor=\"end\">{kwh}</text>\n",
            LEFT - 10.0,
            y + 5.0,
        );
    }
    for hour in (FIRST_HOUR..=LAST_HOUR).step_by(2) {
        text += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{TEXT}\" text-anchor=\"middle\">{hour:02}:00\
             </text>\n",
            x(Time::constant(0, 0, 0, 0).with().hour(hour).build().unwrap_or(Time::MIN)),
            BOTTOM + 26.0,
        );
    }
    text += &format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{TEXT}\" text-anchor=\"end\">kWh</text>\n",
        LEFT - 10.0,
        TOP - 16.0,
    );
    text
}

fn legend() -> String {
    let row = |x: f64, line: &str, text: &str| {
        format!(
            "<line x1=\"{x}\" y1=\"32\" x2=\"{}\" y2=\"32\" {line}/>\n\
             <text x=\"{}\" y=\"37\" fill=\"{TEXT}\">{text}</text>\n",
            x + 40.0,
            x + 50.0,
        )
    };
    let shown = format!("stroke=\"{SHOWN}\" stroke-width=\"3.5\"");
    let raw = format!("stroke=\"{RAW}\" stroke-width=\"1\"");
    row(LEFT, &shown, "lifetime energy as shown")
        + &row(LEFT + 300.0, &raw, "lifetime counter as read every minute")
}
