//! What Home Assistant should show, worked out from the bridge's answer by other means than the
//! integration's.

use std::collections::BTreeMap;

use serde_json::Value;

/// Numbers by unique id; none where the bridge does not know.
pub(crate) type Numbers = BTreeMap<String, Option<f64>>;

fn kwh(energy_wh: &Value) -> Option<f64> {
    energy_wh.as_f64().map(|wh| wh / 1000.0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// All ports or nothing.
fn sum_kwh(inverter: &Value, key: &str) -> Option<f64> {
    list(&inverter["ports"]).iter().map(|port| kwh(&port[key])).sum()
}

fn answers(dtu: &Value) -> bool {
    dtu["phase"] == "online" && dtu["stale"] == false
}

/// Whether what an inverter shows is of now.
fn current(state: &Value, inverter: &Value) -> bool {
    let dtu = list(&state["dtus"]).iter().find(|dtu| dtu["name"] == inverter["dtu_name"]);
    inverter["stale"] == false && dtu.is_some_and(|dtu| dtu["stale"] == false)
}

/// Every number.
pub(crate) fn numbers(bridge: &str, state: &Value) -> Numbers {
    let plant = &state["plant"];
    let mut numbers = Numbers::from([
        (format!("{bridge}_power"), plant["power_w"].as_f64()),
        (format!("{bridge}_energy_today"), kwh(&plant["energy_today_wh"])),
        (format!("{bridge}_energy_lifetime"), kwh(&plant["energy_lifetime_wh"])),
        (format!("{bridge}_peak_today"), plant["peak_today_w"].as_f64()),
        (format!("{bridge}_inverters_reporting"), plant["inverters"]["reporting"].as_f64()),
    ]);
    for dtu in list(&state["dtus"]) {
        let prefix = format!("{bridge}_dtu_{}", text(&dtu["name"]));
        numbers.extend([
            (format!("{prefix}_total_power"), dtu["power_w"].as_f64()),
            (format!("{prefix}_energy_today"), kwh(&dtu["energy_today_wh"])),
            (format!("{prefix}_energy_lifetime"), kwh(&dtu["energy_lifetime_wh"])),
            (format!("{prefix}_inverter_count"), dtu["inverters"]["known"].as_f64()),
        ]);
    }
    for inverter in list(&state["inverters"]) {
        let serial = text(&inverter["serial_number"]);
        let now = current(state, inverter);
        numbers.extend([
            (format!("{serial}_total_today_production"), sum_kwh(inverter, "today_production")),
            (format!("{serial}_total_lifetime_production"), sum_kwh(inverter, "total_production")),
        ]);
        for (key, of_bridge) in [
            ("total_power", "pv_power"),
            ("temperature", "temperature"),
            ("grid_voltage", "grid_voltage"),
        ] {
            let value = inverter[of_bridge].as_f64().filter(|_| now);
            numbers.insert(format!("{serial}_{key}"), value);
        }
        for port in list(&inverter["ports"]) {
            let prefix = format!("{serial}_port{}", port["port_number"]);
            let power = port["pv_power"].as_f64().filter(|_| now && port["stale"] == false);
            numbers.extend([
                (format!("{prefix}_pv_power"), power),
                (format!("{prefix}_today_production"), kwh(&port["today_production"])),
                (format!("{prefix}_total_production"), kwh(&port["total_production"])),
            ]);
        }
    }
    numbers
}

/// Words by unique id.
pub(crate) fn words(bridge: &str, state: &Value) -> BTreeMap<String, String> {
    let on = |is_on: bool| if is_on { "on" } else { "off" }.to_owned();
    let mut words = BTreeMap::from([(
        format!("{bridge}_plant_state"),
        text(&state["plant"]["state"]).to_owned(),
    )]);
    for dtu in list(&state["dtus"]) {
        let prefix = format!("{bridge}_dtu_{}", text(&dtu["name"]));
        words.insert(format!("{prefix}_connectivity"), on(answers(dtu)));
        words.insert(format!("{prefix}_communication_status"), text(&dtu["phase"]).to_owned());
    }
    for inverter in list(&state["inverters"]) {
        let serial = text(&inverter["serial_number"]);
        let (now, asleep) = (current(state, inverter), inverter["status"] == "asleep");
        let sleep = if now { on(asleep) } else { "unknown".to_owned() };
        words.insert(format!("{serial}_asleep"), sleep);
        let reachable = list(&state["dtus"])
            .iter()
            .any(|dtu| dtu["name"] == inverter["dtu_name"] && answers(dtu));
        words.insert(format!("{serial}_connectivity"), on(reachable && now && !asleep));
        let status = if now { text(&inverter["status"]) } else { "unknown" };
        words.insert(format!("{serial}_operating_status"), status.to_owned());
    }
    words
}

/// Names of devices with those that they hang on.
pub(crate) fn device_tree(state: &Value) -> BTreeMap<String, String> {
    let bridge = "Hoymiles S-Miles".to_owned();
    let mut tree = BTreeMap::from([(bridge.clone(), String::new())]);
    for dtu in list(&state["dtus"]) {
        tree.insert(format!("DTU {}", text(&dtu["name"])), bridge.clone());
    }
    for inverter in list(&state["inverters"]) {
        let name = format!("Inverter {}", text(&inverter["serial_number"]));
        tree.insert(name.clone(), format!("DTU {}", text(&inverter["dtu_name"])));
        for port in list(&inverter["ports"]) {
            tree.insert(format!("{name}: PV {}", port["port_number"]), name.clone());
        }
    }
    tree
}
