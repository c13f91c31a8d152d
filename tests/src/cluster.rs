//! A PostgreSQL server of a test's own, to be stopped and started.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

/// A server in a temporary directory. It is stopped when this is dropped.
pub struct Cluster {
    bin: PathBuf,
    dir: TempDir,
    port: u16,
    as_postgres: bool,
}

impl Cluster {
    /// Makes and starts one; says why where that cannot be.
    pub fn create() -> Result<Self, String> {
        let bin = newest_bin().ok_or("initdb is not installed")?;
        let dir = tempfile::Builder::new().prefix("hoymiles-cluster").tempdir_in("/tmp").unwrap();
        // The server refuses to run as root.
        let as_postgres = std::fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt;
            own.uid() == 0
        });
        if as_postgres {
            let owned = Command::new("chown").arg("postgres").arg(dir.path()).output();
            if !owned.is_ok_and(|owned| owned.status.success()) {
                return Err("there is no user postgres to run a server as".to_owned());
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { bin, dir, port, as_postgres };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "postgres", "--auth=trust", "--no-sync"])?;
        cluster.start()?;
        Ok(cluster)
    }

    /// How to reach it.
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("postgres")
            .database("postgres")
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) -> Result<(), String> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=30",
            self.port,
            self.dir.path().display()
        );
        let log = self.dir.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"])
    }

    /// Stops it: `fast` ends transactions, `immediate` is a crash that the next start recovers
    /// from.
    pub fn stop(&self, mode: &str) -> Result<(), String> {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", mode, "stop"])
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let program = self.bin.join(program);
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // pg_ctl's child would keep a pipe open; its output goes to a file.
        let out = std::fs::File::create(self.dir.path().join("out")).unwrap();
        let status = command
            .args(arguments)
            .current_dir("/")
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .status()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        if status.success() {
            return Ok(());
        }
        let text = std::fs::read_to_string(self.dir.path().join("out")).unwrap_or_default();
        Err(format!("{}: {text}", program.display()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.stop("immediate");
    }
}

fn newest_bin() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort_by_key(|bin| {
        let version = bin.parent().and_then(Path::file_name).map(|name| name.to_string_lossy());
        version.and_then(|version| version.parse::<f32>().ok()).map_or(0, |version| version as u32)
    });
    found.pop().or_else(|| {
        let Output { stdout, .. } = Command::new("pg_config").arg("--bindir").output().ok()?;
        let bin = PathBuf::from(String::from_utf8(stdout).ok()?.trim());
        bin.join("initdb").is_file().then_some(bin)
    })
}
