//! Where readings go as of now.

use jiff::Timestamp;

use super::Failure;

/// Whether the store can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreLink {
    /// Not tried yet.
    Connecting,
    /// The last write or check succeeded.
    Up,
    /// The last write or check failed.
    Down,
    /// Nothing is stored, on the user's wish (`DRY_RUN`).
    Off,
}

impl StoreLink {
    /// One lower-case word, as the API shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Down => "down",
            Self::Off => "off",
        }
    }
}

/// Where readings go and how that fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageState {
    /// `postgres`, `sqlite` or `none`.
    pub kind: &'static str,
    /// Whether the store can be reached.
    pub link: StoreLink,
    /// The newest failure of the store, in words without secrets.
    pub last_failure: Option<Failure>,
    /// Snapshots that wait in the outbox.
    pub outbox_depth: u64,
    /// Sample time of the oldest of them.
    pub outbox_oldest: Option<Timestamp>,
    /// Size of the outbox on disk, bytes.
    pub outbox_bytes: u64,
    /// Port and inverter readings that reached the store since start.
    pub readings_stored: u64,
    /// Readings that the store refused for their content and that are in quarantine now.
    pub readings_rejected: u64,
    /// Readings that could not be kept anywhere, ever: the count is exact and survives restarts.
    pub readings_lost: u64,
    /// When the last of them was lost.
    pub readings_lost_at: Option<Timestamp>,
    /// Whether the last reading could be kept: in the outbox, or in the embedded store.
    pub accepting: bool,
}

impl StorageState {
    /// A store that was not tried yet.
    pub fn connecting(kind: &'static str) -> Self {
        Self {
            kind,
            link: StoreLink::Connecting,
            last_failure: None,
            outbox_depth: 0,
            outbox_oldest: None,
            outbox_bytes: 0,
            readings_stored: 0,
            readings_rejected: 0,
            readings_lost: 0,
            readings_lost_at: None,
            accepting: true,
        }
    }
}
