//! Who may poll, where several bridges can reach one DTU.
//!
//! The poller asks a [`Gate`] before each turn and knows nothing of how it decides. A bridge that
//! stands by does not touch the DTU, with one exception: it must hear once which DTU it has before
//! it, because an address or a name means nothing beyond one home. That is one request.

use async_trait::async_trait;
use plant::Serial;

/// The answer of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// Poll.
    Poll,
    /// Find out first which DTU this is, then ask again.
    Identify,
    /// Another bridge polls this DTU.
    StandBy {
        /// That bridge, in words for people.
        holder: String,
    },
}

/// Decides whether a DTU may be polled now.
#[async_trait]
pub trait Gate: Send {
    /// Asked with the DTU's serial as soon as it is known. Answers within seconds, whatever is
    /// down, and never says [`Permission::Identify`] to a serial.
    async fn ask(&mut self, dtu: Option<Serial>) -> Permission;

    /// Returns when the answer has become another one, so that a standby need not wait for its
    /// next turn. May be dropped at any time.
    async fn changed(&mut self);
}
