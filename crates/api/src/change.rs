//! How a change that somebody asks for over HTTP reaches the one who keeps it.
//!
//! The API owns no state. It hands the change on and waits until it is kept, as durably as a
//! reading: in the outbox, or in the embedded database. What it then answers is true over a crash.

use std::time::Duration;

use plant::arrangement::Change;
use tokio::sync::{mpsc, oneshot};

use crate::problem::Problem;

/// A disk that takes longer is as good as broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// A change that is to be kept and shown.
#[derive(Debug)]
pub struct ChangeRequest {
    /// What is to be.
    pub change: Change,
    /// Told when it is kept and shown; dropped when it cannot be kept.
    pub kept: oneshot::Sender<()>,
}

/// Where changes are asked for.
pub type Changes = mpsc::Sender<ChangeRequest>;

/// Returns when the change is kept and shown.
///
/// # Errors
/// [`Problem::NotKept`].
pub(crate) async fn make(changes: &Changes, change: Change) -> Result<(), Problem> {
    let (kept, told) = oneshot::channel();
    let made = async {
        changes.send(ChangeRequest { change, kept }).await.map_err(|_| Problem::NotKept)?;
        told.await.map_err(|_| Problem::NotKept)
    };
    tokio::time::timeout(PATIENCE, made).await.unwrap_or(Err(Problem::NotKept))
}
