//! Alarm codes in words.
//!
//! Source: the microinverter event list in `protocol/modbus.md` section 4. That Modbus uses the
//! same numbers is inferred from it. HMT models give some codes another meaning.

use crate::Serial;
use crate::model::{Family, Model};

/// `(code, words)`, ascending by code.
const ALARMS: &[(u16, &str)] = &[
    (1, "inverter started"),
    (2, "clock set"),
    (3, "EEPROM error"),
    (4, "offline"),
    (11, "grid voltage surge"),
    (12, "grid voltage sag"),
    (13, "grid frequency jump"),
    (14, "grid phase jump"),
    (15, "grid transient"),
    (36, "over-voltage in the inverter"),
    (46, "over-voltage in the inverter"),
    (47, "over-current in the inverter"),
    (48, "clamp over-voltage"),
    (49, "over-current in the inverter"),
    (50, "over-current warning"),
    (61, "calibration data error"),
    (62, "system parameter error"),
    (63, "yield data error"),
    (71, "power reduced: grid voltage"),
    (72, "power reduced: grid frequency"),
    (73, "power reduced: temperature"),
    (95, "panel 1 is probably shaded"),
    (96, "panel 2 is probably shaded"),
    (97, "panel 3 is probably shaded"),
    (98, "panel 4 is probably shaded"),
    (121, "too hot"),
    (122, "theft protection"),
    (123, "locked remotely"),
    (124, "switched off remotely"),
    (125, "grid profile error"),
    (126, "software error"),
    (127, "firmware error"),
    (128, "hardware configuration error"),
    (129, "bias error"),
    (130, "offline"),
    (141, "grid voltage too high"),
    (142, "grid voltage too high for ten minutes"),
    (143, "grid voltage too low"),
    (144, "grid frequency too high"),
    (145, "grid frequency too low"),
    (146, "grid frequency changes too fast"),
    (147, "grid outage"),
    (148, "grid disconnected"),
    (149, "island detected"),
    (150, "DC in the grid current"),
    (152, "phase angle error"),
    (171, "phase difference error"),
    (181, "insulation fault"),
    (182, "grounding fault"),
    (205, "input A voltage too high"),
    (206, "input B voltage too high"),
    (207, "input A voltage too low"),
    (208, "input B voltage too low"),
    (209, "panel 1: no input"),
    (210, "panel 2: no input"),
    (211, "panel 3: no input"),
    (212, "panel 4: no input"),
    (213, "input A wired wrongly"),
    (214, "input B wired wrongly"),
    (215, "panel 1 voltage too high"),
    (216, "panel 1 voltage too low"),
    (217, "panel 2 voltage too high"),
    (218, "panel 2 voltage too low"),
    (219, "panel 3 voltage too high"),
    (220, "panel 3 voltage too low"),
    (221, "panel 4 voltage too high"),
    (222, "panel 4 voltage too low"),
    (223, "connecting to the grid failed"),
    (1111, "repeater"),
    (2000, "standby"),
    (8310, "switched off"),
    (8320, "locked remotely"),
    (9000, "theft protection"),
];

/// Where the three-phase models differ from [`ALARMS`].
const HMT_ALARMS: &[(u16, &str)] = &[
    (215, "input C voltage too high"),
    (216, "input C voltage too low"),
    (217, "panel 5: no input"),
    (218, "panel 6: no input"),
    (219, "input C wired wrongly"),
    (221, "neutral conductor wired wrongly"),
];

fn look_up(table: &[(u16, &'static str)], code: u16) -> Option<&'static str> {
    table.binary_search_by_key(&code, |&(number, _)| number).ok().map(|row| table[row].1)
}

/// The alarm's number in a code of a Wi-Fi DTU's alarm list.
///
/// On HMS the number is in the low bits and bits 12 to 15 are flags whose meaning is open (observed:
/// 209, 16593 and 20689 are all 209). Older models have numbers of four digits, and those are known:
/// what is one of them, or leaves no known number below its flags, is kept whole
/// (`protocol/wifi.md` 3.8).
pub fn number_in_list(code: u32) -> Option<u16> {
    const FLAGS: u32 = 0xf000;
    let whole = u16::try_from(code).ok()?;
    let number = u16::try_from(code & !FLAGS).ok()?;
    let is_short =
        look_up(ALARMS, number).is_some() && number < 256 || (301..=314).contains(&number);
    Some(if look_up(ALARMS, whole).is_none() && is_short { number } else { whole })
}

/// What an alarm code of this inverter means; an unknown one is named by its number.
pub fn alarm_text(serial: Serial, code: u16) -> String {
    let three_phases = Model::of(serial).is_some_and(|model| model.family == Family::HMT);
    let special = if three_phases { look_up(HMT_ALARMS, code) } else { None };
    match (code, special.or_else(|| look_up(ALARMS, code))) {
        (0, _) => "no alarm".to_owned(),
        (_, Some(words)) => words.to_owned(),
        (301..=314, None) => format!("power-stage fault {code}"),
        (2001..=2004, None) => "standby".to_owned(),
        (3001..=3004, None) => "reset".to_owned(),
        (_, None) => format!("alarm {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_for_their_search() {
        for table in [ALARMS, HMT_ALARMS] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn flags_of_a_list_are_no_part_of_the_number() {
        for (code, number) in [(209, 209), (16593, 209), (20689, 209), (124, 124), (28796, 124)] {
            assert_eq!(number_in_list(code), Some(number));
        }
        assert_eq!(number_in_list(8316), Some(124));
        assert_eq!(number_in_list(5070), Some(5070), "a number of an older model");
        assert_eq!(number_in_list(8320), Some(8320), "known as it is");
        assert_eq!(number_in_list(70_000), None);
    }

    #[test]
    fn three_phase_models_have_words_of_their_own() {
        let hm = "116100000001".parse().unwrap();
        let hmt = "138200000001".parse().unwrap();
        assert_eq!(alarm_text(hm, 217), "panel 2 voltage too high");
        assert_eq!(alarm_text(hmt, 217), "panel 5: no input");
        assert_eq!(alarm_text(hmt, 147), "grid outage");
        assert_eq!(alarm_text(hm, 0), "no alarm");
        assert_eq!(alarm_text(hm, 777), "alarm 777");
    }
}
