//! An owner's Home Assistant beside the real bridge: what it shows is what the bridge says, by day,
//! at night and while something is wrong, and the past is in its statistics.
//!
//! One long test, because a Home Assistant takes longer to start than all else takes together.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

mod expected;
mod world;

use std::collections::BTreeMap;

use e2e::{Bridge, HomeAssistant, eventually};
use expected::{Numbers, device_tree, numbers, words};
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulator::Fault;
use world::World;

/// What Home Assistant shows, by unique id.
fn shown(home: &mut HomeAssistant) -> BTreeMap<String, String> {
    let entities = home.ws(json!({"type": "config/entity_registry/list"}));
    let states: BTreeMap<String, String> = home
        .get("/api/states")
        .as_array()
        .unwrap()
        .iter()
        .map(|state| (text(&state["entity_id"]), text(&state["state"])))
        .collect();
    let ours = entities.as_array().unwrap().iter();
    ours.filter(|entity| entity["platform"] == "hoymiles_smiles")
        .filter_map(|entity| {
            let state = states.get(entity["entity_id"].as_str().unwrap())?;
            Some((text(&entity["unique_id"]), state.clone()))
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The first numbers that differ; none when all are equal. What is off by default is not shown.
fn difference(shown: &BTreeMap<String, String>, expected: &Numbers) -> Option<String> {
    expected.iter().find_map(|(unique_id, expected)| {
        let state = shown.get(unique_id)?;
        let agrees = match (state.parse::<f64>(), expected) {
            (Ok(seen), Some(expected)) => (seen - expected).abs() <= 1e-6 * expected.abs(),
            (Err(_), None) => state == "unknown",
            _ => false,
        };
        (!agrees).then(|| format!("{unique_id}: {state} instead of {expected:?}"))
    })
}

/// Waits until both show the same, then hands back what that is.
async fn agree(what: &str, bridge: &Bridge, home: &mut HomeAssistant) -> Value {
    // A bridge that has just been started reads it from its database first.
    let identity = eventually("the bridge's identity", async || {
        bridge.get("/api/info").json()["instance_id"].as_str().map(str::to_owned)
    })
    .await;
    let mut last = String::new();
    let state = eventually(what, async || {
        let state = bridge.get("/api/state").json();
        let shown = shown(home);
        let problem = difference(&shown, &numbers(&identity, &state))
            .or_else(|| {
                words(&identity, &state).into_iter().find_map(|(unique_id, word)| {
                    let seen = shown.get(&unique_id).cloned().unwrap_or_default();
                    (seen != word).then(|| format!("{unique_id}: {seen} instead of {word}"))
                })
            })
            .or_else(|| {
                shown.iter().find_map(|(unique_id, state)| {
                    (state == "unavailable").then(|| format!("{unique_id} is unavailable"))
                })
            });
        if let Some(problem) = problem {
            if problem != last {
                eprintln!("{what}: {problem}");
                last = problem;
            }
            return None;
        }
        Some(state)
    })
    .await;
    eprintln!("{what}: {} entities agree", shown(home).len());
    state
}

/// The names of our devices with those that they hang on.
fn tree(home: &mut HomeAssistant) -> BTreeMap<String, String> {
    let devices = home.ws(json!({"type": "config/device_registry/list"}));
    let entries = home.ws(json!({"type": "config_entries/get", "domain": "hoymiles_smiles"}));
    let entry = &entries[0]["entry_id"];
    let devices = devices.as_array().unwrap();
    let name = |id: &Value| {
        let found = devices.iter().find(|device| !id.is_null() && &device["id"] == id);
        found.map_or(String::new(), |device| text(&device["name"]))
    };
    devices
        .iter()
        .filter(|device| &device["config_entry_id"] == entry)
        .map(|device| {
            let parent = name(&device["parent_device_id"]);
            if parent.is_empty() {
                (text(&device["name"]), name(&device["via_device_id"]))
            } else {
                (format!("{parent}: {}", text(&device["name"])), parent)
            }
        })
        .collect()
}

/// Energy of each full hour that the bridge has booked until `before`, Wh by start in s.
fn booked(bridge: &Bridge, world: &World, by: &str, before: i64) -> Vec<BTreeMap<i64, i64>> {
    let from = world.began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let answer = bridge.get(&format!("/api/energy?resolution=hour&by={by}&from={from}")).json();
    let series = answer["series"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let seconds = |at: &Value| at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    series
        .iter()
        .map(|series| {
            let points = series["points"].as_array().unwrap().iter();
            points
                .filter(|point| seconds(&point["end"]) <= before)
                .map(|point| (seconds(&point["start"]), point["energy_wh"].as_i64().unwrap()))
                .collect()
        })
        .collect()
}

/// The change in each hour of a statistic, Wh by start in s.
fn recorded(
    home: &mut HomeAssistant,
    world: &World,
    statistic: &str,
    before: i64,
) -> BTreeMap<i64, i64> {
    let answer = home.ws(json!({
        "type": "recorder/statistics_during_period",
        // The bridge answers the hour whole in which the past begins.
        "start_time": (world.began - SignedDuration::from_hours(1)).to_string(),
        "statistic_ids": [statistic],
        "period": "hour",
        "units": {"energy": "Wh"},
        "types": ["change"],
    }));
    let rows = answer[statistic].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            (row["start"].as_i64().unwrap() / 1000, row["change"].as_f64().unwrap().round() as i64)
        })
        .filter(|(start, _)| start + 3600 <= before)
        .collect()
}

/// Waits until the statistic holds these hours, each once.
async fn same_past(
    what: &str,
    home: &mut HomeAssistant,
    world: &World,
    statistic: &str,
    hours: &BTreeMap<i64, i64>,
) {
    let mut last = BTreeMap::new();
    eventually(what, async || {
        let recorded = recorded(home, world, statistic, world.first_hour);
        if recorded != *hours && recorded != last {
            eprintln!("{what}: {recorded:?} instead of {hours:?}");
            last.clone_from(&recorded);
        }
        (recorded == *hours).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owners_home_assistant() {
    let world = World::new().await;
    let bridge = world.bridge("0");
    let mut home = HomeAssistant::start(&world.time_zone);

    // The owner types the address.
    let port: u16 = bridge.address().rsplit_once(':').unwrap().1.parse().unwrap();
    let address = json!({"host": "127.0.0.1", "port": port, "ssl": false});
    let nobody = home.set_up(json!({"host": "127.0.0.1", "port": 1, "ssl": false}));
    assert_eq!(nobody["errors"]["base"], "cannot_connect", "{nobody}");
    eventually("the bridge's id", async || {
        (!bridge.get("/api/info").json()["instance_id"].is_null()).then_some(())
    })
    .await;
    let created = home.set_up(address);
    assert_eq!(created["type"], "create_entry", "{created}");
    let state = agree("a June noon", &bridge, &mut home).await;
    assert!(state["plant"]["power_w"].as_f64().unwrap() > 100.0, "{state}");
    assert_eq!(tree(&mut home), device_tree(&state));

    // The past is in the statistics, each hour once.
    let info = bridge.get("/api/info").json();
    let plant = format!("hoymiles_smiles:{}_energy", text(&info["instance_id"]).replace('-', ""));
    let hours = booked(&bridge, &world, "plant", world.first_hour).remove(0);
    assert!(hours.len() > 20, "{hours:?}");
    same_past("the past", &mut home, &world, &plant, &hours).await;

    // Somebody puts up another inverter. Nobody reloads anything.
    let before = state["inverters"].as_array().unwrap().len();
    world.house.set_ports_hidden([]);
    eventually("another inverter", async || {
        let state = bridge.get("/api/state").json();
        (state["inverters"].as_array().unwrap().len() > before).then_some(())
    })
    .await;
    let state = agree("another inverter", &bridge, &mut home).await;
    eventually("its devices", async || (tree(&mut home) == device_tree(&state)).then_some(()))
        .await;
    world.capture(&bridge, "state_day", &state);

    // A DTU loses its power. Its energies stay, the other goes on, nothing is unavailable.
    world.house.switch_off().await;
    eventually("an outage", async || {
        let dtus = bridge.get("/api/dtus").json();
        (dtus[1]["phase"] == "failing").then_some(())
    })
    .await;
    let state = agree("an outage", &bridge, &mut home).await;
    world.capture(&bridge, "state_outage", &state);
    world.house.switch_on().await;
    agree("the DTU is back", &bridge, &mut home).await;

    // Night falls.
    world.house.inject(Fault::Night);
    world.garage.inject(Fault::Night);
    eventually("the night", async || {
        (bridge.get("/api/plant").json()["state"] == "asleep").then_some(())
    })
    .await;
    let state = agree("a night", &bridge, &mut home).await;
    assert_eq!(state["plant"]["power_w"], 0.0);
    world.capture(&bridge, "state_night", &state);
    world.house.clear();
    world.garage.clear();
    agree("a morning", &bridge, &mut home).await;

    // The bridge is updated, which is a restart at the same address.
    assert!(bridge.terminate().success());
    let power = format!("{}_power", text(&info["instance_id"]));
    eventually("that the bridge is gone", async || {
        (shown(&mut home)[&power] == "unavailable").then_some(())
    })
    .await;
    let bridge = world.bridge(&port.to_string());
    agree("the bridge is back", &bridge, &mut home).await;

    // And so is Home Assistant.
    home.restart();
    let state = agree("Home Assistant is back", &bridge, &mut home).await;
    assert_eq!(tree(&mut home), device_tree(&state));
    // The new inverter has told what it made today before it was seen: hours that Home Assistant
    // had already are others now.
    let more = booked(&bridge, &world, "plant", world.first_hour).remove(0);
    assert_ne!(more, hours);
    same_past("the past, mended", &mut home, &world, &plant, &more).await;
    world.capture_energy(&bridge);

    let validation = home.ws(json!({"type": "recorder/validate_statistics"}));
    assert_eq!(validation, json!({}), "Home Assistant finds nothing wrong with the statistics");
    let issues = home.ws(json!({"type": "repairs/list_issues"}));
    let ours = issues["issues"].as_array().unwrap().iter();
    assert_eq!(ours.filter(|issue| issue["domain"] == "hoymiles_smiles").count(), 0);
    complaints(&home.log());
    world.look(&mut home).await;
}

/// Nothing but the one sentence for the time in which the bridge was away.
fn complaints(log: &str) {
    let ours: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(" ERROR ") || line.contains(" WARNING "))
        .filter(|line| line.contains("hoymiles"))
        .filter(|line| !line.contains("We found a custom integration"))
        // What Home Assistant says of everything on a machine that has other work.
        .filter(|line| !line.contains(" is taking over ") && !line.contains(" took "))
        .collect();
    let (away, other): (Vec<_>, Vec<_>) =
        ours.into_iter().partition(|line| line.contains("Error fetching Hoymiles S-Miles data"));
    assert_eq!(other, [] as [&str; 0]);
    assert_eq!(away.len(), 1, "{away:?}");
}
