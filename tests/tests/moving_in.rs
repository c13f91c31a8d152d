//! Coming from the Python versions, as their owner would.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use e2e::{Bridge, Database, VERSION_2_TABLES, command, dtu, eventually};
use sqlx::{Connection, SqliteConnection};

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn an_old_environment_becomes_one_that_check_accepts() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (directory.path().join("old.env"), directory.path().join("new.env"));
    let text = "# in the cellar\nDTU_HOST='192.168.1.50'\nMQTT_BROKER=mosquitto\nHEALTH_PORT=8090\n\
                QUERY_PERIOD=1\nDATABASE_PATH=/data/hoymiles-mqtt.db\n";
    std::fs::write(&old, text).unwrap();
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let migrate = |arguments: &[&str]| {
        command(&[&["migrate-env", old], arguments].concat()).output().unwrap()
    };

    let shown = migrate(&[]);
    assert!(shown.status.success(), "{}", said(&shown));
    let told = String::from_utf8(shown.stderr).unwrap();
    assert!(told.contains("MQTT_BROKER: MQTT is gone") && told.contains("8080"), "{told}");

    assert!(migrate(&["--output", new]).status.success());
    let written = std::fs::read_to_string(new).unwrap();
    assert!(written.starts_with("# in the cellar\nDTU_HOST='192.168.1.50'\nHEALTH_PORT=8080\n"));
    assert_eq!(std::fs::metadata(new).unwrap().permissions().mode() & 0o777, 0o600);
    let again = migrate(&["--output", new]);
    assert!(!again.status.success() && said(&again).contains("--overwrite"), "{}", said(&again));
    assert_eq!(std::fs::read_to_string(new).unwrap(), written);
    assert!(migrate(&["--output", new, "--overwrite"]).status.success());
    assert_eq!(std::fs::read_to_string(old).unwrap(), text);

    let settings: BTreeMap<&str, &str> = written
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('\'')))
        .collect();
    let check = command(&["check"]).envs(&settings).env("HOME", "/nowhere").output().unwrap();
    assert!(check.status.success(), "{}", said(&check));
    assert!(
        said(&check).contains("DB_HOST") && !said(&check).contains("note:"),
        "{}",
        said(&check)
    );
    assert_eq!(settings["DB_PASSWORD"], settings["POSTGRES_PASSWORD"]);
    assert!(settings["DB_PASSWORD"].len() >= 32);
}

async fn version_1_file(directory: &std::path::Path) -> String {
    let path = directory.join("hoymiles-mqtt.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE production_cache (serial_number TEXT NOT NULL, port_number INTEGER NOT NULL,
             today_production INTEGER NOT NULL, total_production INTEGER NOT NULL,
             last_updated TIMESTAMP NOT NULL, PRIMARY KEY (serial_number, port_number));
         INSERT INTO production_cache VALUES
             ('116100000001', 1, 2500, 4000000, '2025-06-20 20:59:58.100000'),
             ('116100000001', 2, 2400, 3900000, '2025-06-20 20:59:58.200000')",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn lifetime_goes_on_from_the_file_of_version_1() {
    let directory = tempfile::tempdir().unwrap();
    let file = version_1_file(directory.path()).await;
    let database = Database::create().await;
    let stores = [vec![("DB_TYPE", "sqlite".to_owned())], database.settings(None)];
    for settings in stores {
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let import = || {
            command(&["import-v1", &file])
                .envs(settings.iter().map(|(name, value)| (name, value)))
                .env("DTU_HOST", "127.0.0.1")
                .env("DATA_DIR", data_dir.path())
                .env("TIMEZONE", "Europe/Berlin")
                .output()
                .unwrap()
        };
        let first = import();
        assert!(first.status.success(), "{}", said(&first));
        assert!(said(&first).contains("ports: 2, of inverters: 1"), "{}", said(&first));
        assert!(said(&first).contains("7900.0 kWh"), "{}", said(&first));
        assert!(said(&first).contains("Everything was taken."), "{}", said(&first));
        assert!(said(&import()).contains("taken before"));

        let settings: Vec<_> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let bridge = Bridge::start_in(Arc::clone(&data_dir), &["run"], &settings);
        let ports = eventually("the ports of version 1", async || {
            let answer = bridge.get("/api/production/current");
            let ports = (answer.status == 200).then(|| answer.json())?;
            (ports.as_array()?.len() == 2).then_some(ports)
        })
        .await;
        assert_eq!(ports[0]["total_production"], 4_000_000, "{ports}");
        let while_it_runs = import();
        assert!(!while_it_runs.status.success());
        assert!(said(&while_it_runs).contains("stop the bridge"), "{}", said(&while_it_runs));
    }
}

#[test]
fn what_is_no_file_of_version_1_is_a_sentence() {
    let output = command(&["import-v1", "/etc/hostname"])
        .env("DTU_HOST", "127.0.0.1")
        .env("HOME", "/nowhere")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("/etc/hostname is no file of version 1"), "{}", said(&output));
}

const POLLS: i64 = 15_000;

/// Two inverters with two ports each, read each minute for ten days.
const VERSION_2: &str = "
    INSERT INTO inverters (serial_number) VALUES ('116199990001'), ('116199990002');
    INSERT INTO inverter_data (serial_number, timestamp, grid_voltage, operating_status,
        alarm_code, alarm_count, link_status)
    SELECT '11619999000' || 1 + slot / 2, at + slot * interval '10 ms', 230, 3, 0, 0, 1
    FROM generate_series(0, 14999) AS poll
    CROSS JOIN LATERAL (SELECT timestamp '2025-06-01' + poll * interval '1 min' AS at) AS t
    CROSS JOIN generate_series(0, 3) AS slot
    ORDER BY poll, slot;
    INSERT INTO port_data (serial_number, port_number, timestamp, pv_power, today_production,
        total_production)
    SELECT '11619999000' || 1 + slot / 2, 1 + slot % 2, at + slot * interval '10 ms' + interval '5 ms',
        60, poll % 1440, 1000 + poll
    FROM generate_series(0, 14999) AS poll
    CROSS JOIN LATERAL (SELECT timestamp '2025-06-01' + poll * interval '1 min' AS at) AS t
    CROSS JOIN generate_series(0, 3) AS slot
    ORDER BY poll, slot";

/// The bridge polls at once, and the history is carried over beneath it.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_version_2_is_carried_over_while_the_bridge_polls() {
    let database = Database::create().await;
    for sql in [VERSION_2_TABLES, VERSION_2] {
        sqlx::raw_sql(sql).execute(&database.pool).await.unwrap();
    }
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let mut settings = database.settings(None);
    settings.extend([("DTU_HOST", "127.0.0.1".to_owned()), ("DTU_PORT", port)]);
    let migrate = |arguments: &[&str]| -> Command {
        let mut command = command(&[&["migrate-v2"], arguments].concat());
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.env("HOME", "/nowhere").env("TIMEZONE", "Europe/Berlin");
        command
    };

    let bridge = Bridge::start(&settings);
    let health = eventually("a bridge that polls and says what to do", async || {
        let health = bridge.get("/health").text;
        (health.contains("migrate-v2 run") && bridge.get("/api/ports").status == 200)
            .then_some(health)
    })
    .await;
    assert!(health.contains("Python version 2"), "{health}");
    let status = migrate(&["status"]).output().unwrap();
    assert!(said(&status).contains("nothing of it is carried over yet"), "{}", said(&status));

    // The test itself is connected, as version 2 would be.
    let careful = migrate(&["run"]).output().unwrap();
    assert!(said(&careful).contains("--even-so"), "{}", said(&careful));
    let mut first = migrate(&["run", "--even-so", "--zone", "UTC"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("some rows", async || {
        let begun =
            "SELECT count(*) FROM pg_class WHERE oid = to_regclass('hoymiles_v2.migration')";
        let done = "SELECT port_rows_done FROM hoymiles_v2.migration";
        (database.number(begun).await == 1 && database.number(done).await > 0).then_some(())
    })
    .await;
    first.kill().unwrap();
    first.wait().unwrap();

    let other_zone = migrate(&["run", "--zone", "Asia/Tokyo"]).output().unwrap();
    assert!(said(&other_zone).contains("has begun with UTC"), "{}", said(&other_zone));
    let second = migrate(&["run"]).output().unwrap();
    assert!(second.status.success(), "{}", said(&second));
    assert!(said(&second).contains("All is carried over"), "{}", said(&second));

    let polled = eventually("what the bridge has read meanwhile", async || {
        let rows = database.number("SELECT rows FROM row_counts WHERE table_name = 'port_data'");
        let polled = rows.await - 4 * POLLS;
        (polled > 0).then_some(polled)
    })
    .await;
    assert_eq!(polled % 8, 0, "whole polls");
    let count = "SELECT count(*) FROM inverter_readings WHERE serial_number LIKE '11619999%'";
    assert_eq!(database.number(count).await, 2 * POLLS);
    let times = "SELECT count(DISTINCT timestamp) FROM port_readings
                 WHERE serial_number LIKE '11619999%'";
    assert_eq!(database.number(times).await, POLLS, "one time for each poll");
    let energy = "SELECT sum(energy)::bigint FROM port_daily JOIN inverters USING (inverter_id)
                  WHERE serial_number LIKE '11619999%'";
    // The first of the two readings that open an account is not counted.
    assert!((4 * (POLLS - 2)..=4 * POLLS).contains(&database.number(energy).await));
    let history = bridge.get("/api/inverters/116199990001/history?limit=5").json();
    assert_eq!(history.as_array().unwrap().len(), 5);

    let refused = migrate(&["rollback"]).output().unwrap();
    assert!(said(&refused).contains("stop it first"), "{}", said(&refused));
    assert!(bridge.terminate().success());
    let back = migrate(&["rollback"]).output().unwrap();
    assert!(back.status.success(), "{}", said(&back));
    assert_eq!(database.number("SELECT count(*) FROM port_data WHERE id > 0").await, 4 * POLLS);

    assert!(migrate(&["run", "--even-so", "--zone", "UTC"]).status().unwrap().success());
    let confirmed = migrate(&["confirm"]).output().unwrap();
    assert!(said(&confirmed).contains("The old tables are gone"), "{}", said(&confirmed));
    assert_eq!(database.number(count).await, 2 * POLLS);
}

#[test]
fn without_postgresql_there_is_no_version_2() {
    let output = command(&["migrate-v2", "status"]).env("HOME", "/nowhere").output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("MySQL or MariaDB cannot be carried over"), "{}", said(&output));
}
