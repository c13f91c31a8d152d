//! What people say about the plant, as entries of `config_cache`.
//!
//! Each thing has an entry of its own, so that saying one thing never needs to know the others: it
//! can be said while the database is away, and waits in the outbox like a reading.
//!
//! | key | value |
//! |---|---|
//! | `arrangement/layout` | the layout |
//! | `arrangement/panel/116100000001/1` | the name of the panel, or null |
//! | `arrangement/retired/116100000001` | true or false |

use plant::Serial;
use plant::arrangement::Change;
use serde_json::{Value, json};
use store::{Record, Store, StoreError};

/// What every key starts with.
const PREFIX: &str = "arrangement/";

/// What a store knows of it.
///
/// # Errors
/// As for any question to the store.
pub(crate) async fn said(store: &dyn Store) -> Result<Vec<Change>, StoreError> {
    let entries = store.configs(PREFIX).await?;
    Ok(entries.iter().filter_map(|(key, value)| change(key, value)).collect())
}

/// The entry that a change replaces.
pub(crate) fn key(change: &Change) -> String {
    match change {
        Change::Layout(_) => format!("{PREFIX}layout"),
        Change::PanelName { serial, port, .. } => format!("{PREFIX}panel/{serial}/{port}"),
        Change::Retired { serial, .. } => format!("{PREFIX}retired/{serial}"),
    }
}

/// A change as it is kept.
pub(crate) fn record(change: &Change) -> Record {
    let value = match change {
        Change::Layout(layout) => json!(layout),
        Change::PanelName { name, .. } => json!(name),
        Change::Retired { retired, .. } => json!(retired),
    };
    Record::Config { key: key(change), value }
}

/// The change that an entry holds; none if it is one of another version.
pub(crate) fn change(key: &str, value: &Value) -> Option<Change> {
    let mut words = key.strip_prefix(PREFIX)?.split('/');
    let value = value.clone();
    let change = match words.next()? {
        "layout" => Change::Layout(serde_json::from_value(value).ok()?),
        "panel" => Change::PanelName {
            serial: words.next()?.parse::<Serial>().ok()?,
            port: words.next()?.parse().ok()?,
            name: serde_json::from_value(value).ok()?,
        },
        "retired" => Change::Retired {
            serial: words.next()?.parse().ok()?,
            retired: serde_json::from_value(value).ok()?,
        },
        _ => return None,
    };
    words.next().is_none().then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::arrangement::{Layout, PlacedPanel, Roof};

    #[test]
    fn what_is_kept_is_what_was_said() {
        let serial: Serial = "116100000001".parse().unwrap();
        let roof = Roof { name: "south".into(), azimuth_deg: Some(180.0), tilt_deg: None };
        let panel = PlacedPanel {
            serial,
            port: 2,
            x: 1.0,
            y: -0.5,
            rotation_deg: 90.0,
            roof: Some("south".into()),
        };
        for said in [
            Change::Layout(Layout { panels: vec![panel], roofs: vec![roof] }),
            Change::PanelName { serial, port: 1, name: Some("Gaube".into()) },
            Change::PanelName { serial, port: 8, name: None },
            Change::Retired { serial, retired: true },
            Change::Retired { serial, retired: false },
        ] {
            let Record::Config { key, value } = record(&said) else { unreachable!() };
            let written = serde_json::from_str(&value.to_string()).unwrap();
            assert_eq!(change(&key, &written), Some(said));
        }
    }

    #[test]
    fn an_entry_that_means_nothing_here_is_left_alone() {
        for key in ["instance_id", "arrangement/", "arrangement/retired/x", "arrangement/shade"] {
            assert_eq!(change(key, &json!(true)), None, "{key}");
        }
        assert_eq!(change("arrangement/layout", &json!(7)), None);
        assert_eq!(change("arrangement/retired/116100000001/1", &json!(true)), None);
    }
}
