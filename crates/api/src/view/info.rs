//! The shape of `/api/info`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Api, Client, Moment};

/// Who this bridge is and what it can do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Info {
    /// The identity of this bridge wherever it moves; null until its database was first reached.
    #[schema(value_type = Option<String>, format = "uuid", example = "8e0f1c8e-6b1c-4f0e-9f6e-0d7a2a1f5b3c")]
    pub instance_id: Option<Uuid>,
    /// The program.
    #[schema(example = "Hoymiles S-Miles")]
    pub name: &'static str,
    /// Of the program.
    #[schema(example = "3.0.0")]
    pub version: &'static str,
    /// Of this API: it grows only when a client would have to change.
    #[schema(example = 1)]
    pub api_version: u32,
    /// When the bridge started.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T11:00:00Z")]
    pub start_time: Timestamp,
    /// IANA name of the zone that decides what a day is.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// Whether the plant is simulated.
    #[schema(example = false)]
    pub demo: bool,
    /// Seconds between two polls, by the name of the DTU.
    #[schema(example = json!({"roof": 60}))]
    pub poll_interval_seconds: BTreeMap<String, u64>,
    /// Every configured DTU.
    pub dtus: Vec<InfoDtu>,
    /// What this bridge offers beyond the latest values: history, energy, power, export, metrics,
    /// state, stream, write.
    #[schema(example = json!(["history", "energy", "power", "export", "metrics", "state", "stream"]))]
    pub capabilities: Vec<&'static str>,
    /// How a client says who it is: none (nothing is asked) or token (`Authorization: Bearer`).
    #[schema(example = "none")]
    pub authentication: &'static str,
}

/// A DTU that this bridge reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InfoDtu {
    /// As configured.
    #[schema(example = "roof")]
    pub name: String,
    /// How it is read.
    #[schema(example = "modbus")]
    pub protocol: &'static str,
    /// Between the starts of two polls, s.
    #[schema(example = 60)]
    pub poll_interval_seconds: u64,
}

impl Info {
    /// What this bridge says of itself to a client.
    pub fn of(api: &Api, moment: &Moment, client: Client) -> Self {
        let stored = api.store.is_some();
        let offered = [
            ("history", stored),
            ("energy", stored),
            ("power", stored),
            ("export", stored),
            ("metrics", api.metrics_enabled),
            ("state", true),
            ("stream", true),
            ("write", api.access.allows_changes_by(client) && stored),
        ];
        Self {
            instance_id: api.identity.instance_id.get().copied(),
            name: "Hoymiles S-Miles",
            version: api.identity.version,
            api_version: 1,
            start_time: moment.plant.started_at,
            time_zone: api.identity.time_zone.clone(),
            demo: api.identity.demo,
            poll_interval_seconds: moment
                .plant
                .dtus
                .iter()
                .map(|(name, dtu)| (name.clone(), dtu.poll_interval_s))
                .collect(),
            dtus: moment
                .plant
                .dtus
                .iter()
                .map(|(name, dtu)| InfoDtu {
                    name: name.clone(),
                    protocol: dtu.protocol,
                    poll_interval_seconds: dtu.poll_interval_s,
                })
                .collect(),
            capabilities: offered
                .into_iter()
                .filter_map(|(name, is_offered)| is_offered.then_some(name))
                .collect(),
            authentication: if api.access.asks(client) { "token" } else { "none" },
        }
    }
}
