//! Bringing a schema up to date, for both engines.
//!
//! The migrations of each engine are embedded in the binary and numbered. Which of them a database
//! has is kept in `_sqlx_migrations`, in sqlx's own format, so that its command-line tool can be
//! used on the database too. sqlx's runner is not used: it takes a session advisory lock, and it
//! leaves named prepared statements behind, neither of which works behind a transaction pooler.
//! Instead each engine applies all that is missing in one transaction, under a lock that ends with
//! it. A migration fails as a whole and leaves the database as it was.

use std::collections::BTreeMap;

use sqlx::migrate::{Migration, Migrator};

use crate::StoreError;

/// The migrations of `known` that a database with the `applied` ones (version and checksum) lacks,
/// in their order. Fails if the database has one that this version does not know.
pub(crate) fn missing(
    known: &Migrator,
    applied: Vec<(i64, Vec<u8>)>,
) -> Result<Vec<&Migration>, StoreError> {
    let mut applied: BTreeMap<i64, Vec<u8>> = applied.into_iter().collect();
    let mut missing = Vec::new();
    for migration in known.iter() {
        match applied.remove(&migration.version) {
            None => missing.push(migration),
            Some(checksum) if *checksum == *migration.checksum => {}
            Some(_) => {
                return Err(StoreError::Schema(format!(
                    "its migration {} is not the one that this version has. Nothing was changed.",
                    migration.version
                )));
            }
        }
    }
    match applied.last_key_value() {
        None => Ok(missing),
        Some((newest, _)) => Err(StoreError::Schema(format!(
            "a newer version of the bridge has upgraded it (migration {newest}). Nothing was \
             changed. Start that version or a later one."
        ))),
    }
}

/// Says that a migration is about to be applied to a database that has earlier ones. That a new one
/// gets its tables is no news.
pub(crate) fn announce(migration: &Migration, is_new: bool) {
    let (version, description) = (migration.version, &migration.description);
    if is_new {
        tracing::debug!(version, %description, "making the tables");
    } else {
        tracing::info!(version, %description, "upgrading the database");
    }
}

/// Whether a database has every migration of `known` and no other.
pub(crate) fn current(known: &Migrator, applied: Vec<(i64, Vec<u8>)>) -> Result<(), StoreError> {
    if applied.is_empty() {
        return Err(StoreError::Schema("it holds nothing of the bridge yet.".to_owned()));
    }
    match missing(known, applied)?.first() {
        None => Ok(()),
        Some(migration) => Err(StoreError::Schema(format!(
            "an earlier version of the bridge has made it (migration {} is missing). Nothing was \
             changed. Use that version, or start the bridge of this one once: it brings the \
             database up to date.",
            migration.version
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static KNOWN: Migrator = sqlx::migrate!("migrations/sqlite");

    fn first() -> (i64, Vec<u8>) {
        let migration = KNOWN.iter().next().unwrap();
        (migration.version, migration.checksum.to_vec())
    }

    #[test]
    fn an_empty_database_lacks_all_and_an_upgraded_one_nothing() {
        assert_eq!(missing(&KNOWN, vec![]).unwrap().len(), KNOWN.iter().count());
        let all = KNOWN.iter().map(|m| (m.version, m.checksum.to_vec())).collect();
        assert!(missing(&KNOWN, all).unwrap().is_empty());
    }

    /// Branches are merged in any order, so a database may have a later migration before an earlier
    /// one.
    #[test]
    fn an_earlier_migration_that_came_later_is_applied() {
        let known = |versions: &[i64]| {
            let first = KNOWN.iter().next().unwrap();
            let migrations = versions.iter().map(|&version| {
                let mut migration = first.clone();
                migration.version = version;
                migration
            });
            Migrator { migrations: migrations.collect(), ..Migrator::DEFAULT }
        };
        let (_, checksum) = first();
        let applied = vec![(1, checksum.clone()), (3, checksum)];
        let known = known(&[1, 2, 3, 4]);
        let missing = missing(&known, applied).unwrap();
        assert_eq!(missing.iter().map(|m| m.version).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let error = missing(&KNOWN, vec![first(), (9999, vec![1])]).unwrap_err();
        assert!(matches!(&error, StoreError::Schema(text) if text.contains("9999")));
    }

    #[test]
    fn a_migration_that_was_edited_after_release_is_refused() {
        let error = missing(&KNOWN, vec![(first().0, vec![0; 48])]).unwrap_err();
        assert!(matches!(error, StoreError::Schema(_)));
    }
}
