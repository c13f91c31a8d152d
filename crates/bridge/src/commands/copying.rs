//! What `backup`, `restore`, `move` and `export` have in common: a store as the source or the target of
//! a copy, and telling how far that is.

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use store::transfer::{self, Phase, Source, Target};
use store::{Outbox, deliver};

use super::progress::Progress;
use crate::permanent::Permanent;

/// Records of the outbox in one transaction.
const BATCH: u32 = 1000;

/// Copied from and to.
impl Permanent {
    /// What it holds at this moment.
    pub(super) async fn source(&self) -> Result<Box<dyn Source>> {
        match self {
            Self::Postgres(store) => Ok(store.source().await?),
            Self::Sqlite(store) => store.source().await.wrap_err("DATA_DIR"),
        }
    }

    /// The place to be filled.
    #[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
    pub(super) async fn target(&self, origin: &str, replace: bool) -> Result<Box<dyn Target>> {
        match self {
            Self::Postgres(store) => Ok(store.target(origin, replace).await?),
            Self::Sqlite(store) => {
                if replace && let Some(aside) = store.set_aside(Timestamp::now()).await? {
                    println!("What was there is now {}.", aside.display());
                }
                store.target(origin).await.wrap_err("DATA_DIR")
            }
        }
    }

    /// Delivers what waits in an outbox. How many readings were new.
    pub(super) async fn deliver(&self, outbox: &Outbox) -> Result<u64> {
        let store = self.store();
        store.prepare().await?;
        let mut readings = 0;
        while let Some(delivered) = deliver(outbox, &*store, BATCH, Timestamp::now).await? {
            readings += delivered.written.readings();
        }
        Ok(readings)
    }
}

/// The outbox of a bridge that does not run; none if there is no such file.
pub(super) async fn outbox_of(path: &Path) -> Result<Option<Outbox>> {
    if !path.exists() {
        return Ok(None);
    }
    Outbox::open(path).await.map(Some).wrap_err("DATA_DIR")
}

/// Tells on standard error how far a copy is.
#[derive(Default)]
pub(super) struct Reporter {
    under_way: Option<(Phase, Progress)>,
    rows: u64,
}

impl Reporter {
    pub(super) fn tell(&mut self, progress: transfer::Progress<'_>) {
        let transfer::Progress { phase, rows, of, .. } = progress;
        if self.under_way.as_ref().is_none_or(|(before, _)| *before != phase) {
            self.end();
            let what = match phase {
                Phase::Checking => "rows checked",
                Phase::Copying => "rows copied",
                Phase::Verifying => "rows read back",
            };
            self.under_way = Some((phase, Progress::new(what, 0, of.max(rows))));
        }
        self.rows = rows;
        if let Some((_, progress)) = &mut self.under_way {
            progress.tell(rows);
        }
    }

    pub(super) fn end(&mut self) {
        if let Some((_, mut progress)) = self.under_way.take() {
            progress.end(self.rows);
        }
    }
}
