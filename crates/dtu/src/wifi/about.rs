//! What a DTU tells about itself to anyone who asks, never encrypted and without any reading.

use ::wifi::message::{Information, dtu_version};
use jiff::Timestamp;
use plant::Serial;
use plant::model::DtuModel;

use super::session::Session;
use super::{WifiEndpoint, dtu_serial};
use crate::driver::DriverError;

/// A DTU in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// As on its type plate.
    pub serial: Option<Serial>,
    /// What the serial tells.
    pub model: Option<DtuModel>,
    /// `V01.01.02`.
    pub firmware: Option<String>,
    /// Of its Wi-Fi, %.
    pub signal_percent: Option<i32>,
    /// Whether it encrypts its readings.
    pub encrypts: bool,
    /// Inverters that it has in its list.
    pub inverters: usize,
}

/// Asks a DTU who it is, over a connection of its own.
///
/// # Errors
/// When there is no DTU that answers; the gateway of hybrid inverters does not.
pub async fn about(endpoint: &WifiEndpoint, at: Timestamp) -> Result<About, DriverError> {
    let ask = async {
        let mut session = Session::open(endpoint, rand::random(), super::GAP_WHEN_SLOW, at).await?;
        session.information().await
    };
    ask.await.map(|information| told(&information)).map_err(|cause| DriverError {
        address: format!("{}:{}", endpoint.host, endpoint.port),
        cause,
    })
}

fn told(information: &Information) -> About {
    let serial = information.dtu_serial.as_deref().and_then(dtu_serial);
    let dtu = information.dtu.as_ref();
    About {
        serial,
        model: serial.and_then(DtuModel::of),
        firmware: dtu
            .and_then(|dtu| dtu.firmware)
            .map(|number| format!("V{}", dtu_version(number))),
        signal_percent: dtu.and_then(|dtu| dtu.signal_strength),
        encrypts: dtu.is_some_and(|dtu| dtu.encrypts()),
        inverters: information.inverters.len(),
    }
}
