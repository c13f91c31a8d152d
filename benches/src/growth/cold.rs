//! Forgetting what the operating system keeps of a database in memory, so that the next question
//! meets the disk.
//!
//! Only the pages of these files are dropped, by `dd` with the flag `nocache`; nobody else on the
//! machine notices. PostgreSQL's own buffers cannot be emptied, so each question is about another
//! day, whose pages nobody has asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{PgPool, Row};

/// Files to forget.
pub(super) struct Files(Vec<PathBuf>);

impl Files {
    pub(super) fn these(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().filter(|file| forget(file)).collect())
    }

    /// Those of the readings of inverters, where they are on this machine and may be read.
    pub(super) async fn of_postgres(pool: &PgPool) -> Self {
        let row = sqlx::query(
            "SELECT current_setting('data_directory') || '/' AS directory,
                    pg_relation_filepath('inverter_data') AS heap,
                    pg_relation_filepath('inverter_data_pkey') AS key",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        // What was written must have reached the disk before it can be forgotten.
        sqlx::query("CHECKPOINT").execute(pool).await.unwrap();
        let directory: String = row.get("directory");
        let first = ["heap", "key"].map(|name| directory.clone() + row.get::<&str, _>(name));
        // A table continues in another file after each gigabyte.
        Self::these(first.into_iter().flat_map(|first| {
            let more = (1..).map({
                let first = first.clone();
                move |number| PathBuf::from(format!("{first}.{number}"))
            });
            let more = more.take_while(|file| file.exists());
            std::iter::once(PathBuf::from(&first)).chain(more).collect::<Vec<_>>()
        }))
    }

    /// Drops their pages.
    pub(super) fn forget(&self) {
        for file in &self.0 {
            assert!(forget(file), "{} cannot be dropped any more", file.display());
        }
    }

    /// In words, what is asked for afterwards.
    pub(super) fn state(&self) -> &'static str {
        if self.0.is_empty() { "wherever it was" } else { "from the disk" }
    }
}

fn forget(file: &Path) -> bool {
    let input = format!("if={}", file.display());
    let dd = Command::new("dd").args([&input, "iflag=nocache", "count=0", "status=none"]).status();
    dd.is_ok_and(|status| status.success())
}
