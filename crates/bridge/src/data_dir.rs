//! One bridge per data directory, and who that bridge is.
//!
//! The file `bridge-id` holds the identity under which this bridge takes leases, and a lock on it
//! keeps a second bridge out: two of them would share an outbox and, having one identity, a lease.
//! The lock belongs to the process, so one that was killed leaves nothing behind to be cleaned up.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr, eyre};
use uuid::Uuid;

/// Below the data directory.
const ID_FILE: &str = "bridge-id";

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    /// Who we are, the same after a restart.
    pub(crate) bridge_id: Uuid,
    /// Locked as long as it is open.
    _locked: File,
}

impl DataDir {
    /// Makes the directory if it is not there, and claims it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).wrap_err_with(|| {
            format!("DATA_DIR: the directory '{}' cannot be made", path.display())
        })?;
        let file_path = path.join(ID_FILE);
        let unusable = || format!("DATA_DIR: '{}' cannot be used", file_path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file_path)
            .wrap_err_with(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(eyre!(
                    "DATA_DIR: another bridge uses the directory '{}': give each its own",
                    path.display()
                ));
            }
            // Some network file systems know no locks. Without one everything works but the
            // refusal of a second bridge.
            Err(TryLockError::Error(error)) => {
                tracing::warn!("{} cannot be locked: {error}", file_path.display());
            }
        }
        let bridge_id = read_or_make(&mut file).wrap_err_with(unusable)?;
        Ok(Self { bridge_id, _locked: file })
    }
}

/// An empty file is new; one with something else in it was cut short by a power failure.
fn read_or_make(file: &mut File) -> std::io::Result<Uuid> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let known = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    if let Some(id) = known {
        return Ok(id);
    }
    let id = Uuid::new_v4();
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{id}")?;
    file.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_takes_one_bridge_at_a_time_and_remembers_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new");
        let first = DataDir::claim(&path).unwrap();
        let refusal = DataDir::claim(&path).unwrap_err().to_string();
        assert!(refusal.contains("another bridge uses") && refusal.contains("new"), "{refusal}");
        let id = first.bridge_id;
        drop(first);
        assert_eq!(DataDir::claim(&path).unwrap().bridge_id, id);
    }

    #[test]
    fn a_damaged_identity_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(ID_FILE), [0, 255, 7]).unwrap();
        let id = DataDir::claim(directory.path()).unwrap().bridge_id;
        assert_eq!(DataDir::claim(directory.path()).unwrap().bridge_id, id);
    }
}
