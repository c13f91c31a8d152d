//! The passwords of docker-compose.yml: made up once, or taken from the .env of earlier versions.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The password that version 2 gave everybody.
const OF_VERSION_2: &str = "hoymiles_password";

/// The two volumes that the service `passwords` sees.
struct Volumes {
    passwords: TempDir,
    database: TempDir,
    /// `chown` for whoever may not.
    stand_in: TempDir,
}

impl Volumes {
    fn empty() -> Self {
        let new = || tempfile::tempdir().unwrap();
        let volumes = Self { passwords: new(), database: new(), stand_in: new() };
        if !is_root() {
            let chown = volumes.stand_in.path().join("chown");
            std::fs::write(&chown, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(chown, PermissionsExt::from_mode(0o755)).unwrap();
        }
        volumes
    }

    /// What `docker compose up` does first, with these lines in `.env`.
    fn up(&self, settings: &[(&str, &str)]) -> String {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/compose/passwords.sh");
        let path = format!("{}:/usr/bin:/bin", self.stand_in.path().display());
        let output = Command::new("sh")
            .arg(script)
            .env_clear()
            .env("PATH", path)
            .env("PASSWORDS_DIRECTORY", self.passwords.path())
            .env("DATABASE_DIRECTORY", self.database.path())
            .envs(settings.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn password(&self, name: &str) -> String {
        std::fs::read_to_string(self.passwords.path().join(name)).unwrap()
    }

    fn holds_a_database(&self) {
        std::fs::write(self.database.path().join("PG_VERSION"), "16\n").unwrap();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[test]
fn passwords_that_nobody_gives_are_made_up_once() {
    let volumes = Volumes::empty();
    let said = volumes.up(&[("DB_PASSWORD", ""), ("POSTGRES_PASSWORD", "")]);
    let names = ["db_password", "reader_password", "grafana_password"];
    let made = names.map(|name| volumes.password(name));
    for password in &made {
        assert!(password.len() == 32 && password.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(!said.contains(password), "a log is no place for it: {said}");
    }
    assert!(made[0] != made[1] && made[1] != made[2], "{made:?}");

    volumes.holds_a_database();
    volumes.up(&[]);
    assert_eq!(names.map(|name| volumes.password(name)), made);
}

#[test]
fn the_env_file_of_an_earlier_version_keeps_working() {
    let both = [("POSTGRES_PASSWORD", OF_VERSION_2), ("DB_PASSWORD", OF_VERSION_2)];
    for given in [&both[..], &both[..1], &both[1..]] {
        let volumes = Volumes::empty();
        volumes.holds_a_database();
        volumes.up(given);
        assert_eq!(volumes.password("db_password"), OF_VERSION_2);
    }
    let volumes = Volumes::empty();
    volumes.up(&[("GRAFANA_PASSWORD", "mine"), ("API_TOKEN", "0123456789abcdef")]);
    assert_eq!(volumes.password("grafana_password"), "mine");
    assert_eq!(volumes.password("api_token"), "0123456789abcdef");
}

#[test]
fn a_database_whose_password_nobody_says_is_one_of_version_2() {
    let volumes = Volumes::empty();
    volumes.holds_a_database();
    let said = volumes.up(&[]);
    assert_eq!(volumes.password("db_password"), OF_VERSION_2);
    assert!(said.contains("version 2"), "{said}");
}

#[test]
fn each_password_can_be_read_by_those_who_need_it() {
    let volumes = Volumes::empty();
    volumes.up(&[]);
    // The users of the images: postgres 70, bridge 10001, grafana 472, prometheus 65534.
    for (name, mode, owner, group) in [
        ("db_password", 0o440, 70, 10_001),
        ("reader_password", 0o440, 472, 70),
        ("grafana_password", 0o400, 472, 0),
        ("api_token", 0o400, 65_534, 0),
    ] {
        let file = std::fs::metadata(volumes.passwords.path().join(name)).unwrap();
        assert_eq!(file.mode() & 0o777, mode, "{name}");
        if is_root() {
            assert_eq!((file.uid(), file.gid()), (owner, group), "{name}");
        }
    }
    assert_eq!(std::fs::read_dir(volumes.passwords.path()).unwrap().count(), 4);
}
