//! What a Wi-Fi DTU tells besides its readings: about itself, its alarms, and what it remembers.

use ::plant::Serial;
use ::wifi::Key;
use ::wifi::frame::Frame;
use ::wifi::message::{
    self, Alarms, AlarmsRequest, CommandAnswer, CommandRequest, Configuration, DayEnergy,
    DtuInformation, EnergyHistory, Information, InverterInformation, Network, PowerHistory,
    PowerHistoryRequest,
};
use ::wifi::server::Request;
use jiff::{SignedDuration, Timestamp, ToSpan};
use prost::Message;

use super::WifiOptions;
use super::device::Alarm;
use super::readings::{number, scaled64, seconds, whole};
use crate::plant::SimPlant;
use crate::sky::midnight;

/// The bit of the feature field that says that a DTU encrypts (`protocol/wifi.md` 2).
const ENCRYPTS: i64 = 1 << 25;
/// Firmware of every simulated inverter: 01.00.08.
const INVERTER_FIRMWARE: i32 = 10_008;
/// s between two values of the power curve.
const CURVE_STEP_S: i64 = 60;
/// Values on one page of the power curve.
const CURVE_PAGE: usize = 200;
/// Alarms on one page.
const ALARM_PAGE: usize = 8;
/// Days that the DTU remembers the energy of.
const DAYS_REMEMBERED: i32 = 7;

pub(super) fn information(
    plant: &SimPlant,
    options: &WifiOptions,
    seed: Option<[u8; 16]>,
    now: Timestamp,
) -> Information {
    let inverters: Vec<InverterInformation> = plant
        .serials()
        .map(|serial| InverterInformation {
            kind: Some(3),
            serial: Some(whole(serial)),
            firmware: Some(INVERTER_FIRMWARE),
            ..InverterInformation::default()
        })
        .collect();
    Information {
        dtu_serial: Some(digits(options.serial)),
        time: u32::try_from(now.as_second()).ok(),
        inverter_count: Some(number(inverters.len())),
        port_count: Some(number(plant.ports().count())),
        page_count: Some(1),
        dtu: Some(DtuInformation {
            firmware: Some(options.firmware),
            access: Some(1),
            signal_strength: Some(72),
            features: Some(if seed.is_some() { ENCRYPTS } else { 0 }),
            key_seed: seed.map(Vec::from),
            ..DtuInformation::default()
        }),
        inverters,
        ..Information::default()
    }
}

pub(super) fn network(options: &WifiOptions, now: Timestamp) -> Network {
    Network {
        dtu_serial: Some(digits(options.serial)),
        time: u32::try_from(now.as_second()).ok(),
        signal_strength: Some(72),
        ..Network::default()
    }
}

/// The configuration as bytes: with the owner's passwords, which the messages of this program do not
/// declare, so that a reader can be tested for never showing them.
pub(super) fn configuration(
    request: &Request,
    options: &WifiOptions,
    key: Option<&Key>,
) -> Vec<u8> {
    let configuration = Configuration {
        dtu_serial: Some(digits(options.serial)),
        upload_interval: Some(15),
        wifi_signal: Some(72),
        wifi_name: Some(b"HomeNet".to_vec()),
        ..Configuration::default()
    };
    let mut payload = configuration.encode_to_vec();
    for (field, password) in [(17, super::WIFI_PASSWORD), (62, super::ACCESS_POINT_PASSWORD)] {
        prost::encoding::bytes::encode(field, &password.as_bytes().to_vec(), &mut payload);
    }
    let frame = Frame::plain(request.command.answer(), request.sequence, payload);
    key.map_or(frame.clone(), |key| key.seal(frame)).encode()
}

pub(super) fn command(request: &Request, options: &WifiOptions, now: Timestamp) -> CommandAnswer {
    let asked: CommandRequest = request.message().unwrap_or_default();
    CommandAnswer {
        dtu_serial: Some(digits(options.serial)),
        time: Some(seconds(now)),
        action: asked.action,
        error_code: Some(0),
        transaction: asked.transaction,
        ..CommandAnswer::default()
    }
}

pub(super) fn alarms(
    request: &Request,
    options: &WifiOptions,
    alarms: &[Alarm],
    now: Timestamp,
) -> Alarms {
    let asked: AlarmsRequest = request.message().unwrap_or_default();
    let page = asked.page();
    let numbered = alarms.iter().zip(1..).map(|(alarm, number)| message::Alarm {
        serial: Some(whole(alarm.serial)),
        code: Some(i32::from(alarm.code)),
        number: Some(number),
        started: Some(seconds(alarm.started)),
        ended: alarm.ended.map(seconds),
        ..message::Alarm::default()
    });
    Alarms {
        dtu_serial: Some(digits(options.serial)),
        time: Some(seconds(now)),
        page_count: Some(number(alarms.len().div_ceil(ALARM_PAGE))),
        page: Some(page),
        alarms: numbered.skip(offset(page, ALARM_PAGE)).take(ALARM_PAGE).collect(),
        ..Alarms::default()
    }
}

/// The power of one day, minute by minute, up to now.
pub(super) fn power_history(plant: &SimPlant, request: &Request, now: Timestamp) -> PowerHistory {
    let asked: PowerHistoryRequest = request.message().unwrap_or_default();
    let zone = &plant.site().time_zone;
    let day = zone.to_datetime(now).date().saturating_sub(i64::from(asked.days_ago()).days());
    let start = midnight(day, zone);
    let end = midnight(day.saturating_add(1.day()), zone).min(now);
    let step = SignedDuration::from_secs(CURVE_STEP_S);
    let count = usize::try_from(end.duration_since(start).as_secs() / CURVE_STEP_S).unwrap_or(0);
    let page = asked.page();
    let first = offset(page, CURVE_PAGE).min(count);
    let last = (first + CURVE_PAGE).min(count);
    let at = |index: usize| start + step * i32::try_from(index).unwrap_or(0);
    let sum = plant.sum(end);
    PowerHistory {
        serial: Some(0),
        page_count: Some(number(count.div_ceil(CURVE_PAGE))),
        page: Some(page),
        first_time: u32::try_from(at(first).as_second()).ok(),
        step: u32::try_from(CURVE_STEP_S).ok(),
        total_energy: Some(sum.total_wh as u32),
        today_energy: Some(sum.today_wh as u32),
        powers: (first..last).map(|index| scaled64(plant.sum(at(index)).power_w, 0.1)).collect(),
        ..PowerHistory::default()
    }
}

/// The energy of the last days, today included.
pub(super) fn energy_history(plant: &SimPlant, now: Timestamp) -> EnergyHistory {
    let zone = &plant.site().time_zone;
    let today = zone.to_datetime(now).date();
    let days = (0..DAYS_REMEMBERED).map(|ago| {
        let next = today.saturating_sub(i64::from(ago - 1).days());
        let end = (midnight(next, zone) - SignedDuration::from_secs(1)).min(now);
        DayEnergy {
            energy: Some(plant.sum(end).today_wh as u32),
            relative_day: u32::try_from(ago).ok(),
        }
    });
    EnergyHistory {
        serial: Some(0),
        time: u32::try_from(now.as_second()).ok(),
        days: days.collect(),
        ..EnergyHistory::default()
    }
}

fn digits(serial: Serial) -> Vec<u8> {
    serial.to_string().into_bytes()
}

fn offset(page: i32, length: usize) -> usize {
    usize::try_from(page).unwrap_or(0) * length
}
