//! What becomes of whole environments.

use super::env_file;
use super::rewrite::{Rewritten, environment, rewrite};

const VERSION_1: &str = "\
# My plant
DTU_HOST=192.168.1.50   # in the cellar
MQTT_BROKER=mosquitto
MQTT_PASSWORD='pass # word'
DATABASE_PATH=/data/hoymiles-mqtt.db

# When the day is over
RESET_HOUR=23
HEALTH_PORT=8090
TIMEZONE=Europe/Berlin
";

fn value(result: &Rewritten, name: &str) -> Option<String> {
    environment(&env_file::parse(&result.text)).remove(name)
}

fn removed(result: &Rewritten) -> Vec<&str> {
    result.removed.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn version_1_loses_mqtt_and_its_file_and_gets_a_database() {
    let result = rewrite(VERSION_1, "made-up");
    let (head, added) = result.text.split_once("# Added").unwrap();
    assert_eq!(
        head,
        "# My plant\nDTU_HOST=192.168.1.50   # in the cellar\n\n# When the day is over\n\
             HEALTH_PORT=8080\nTIMEZONE=Europe/Berlin\n\n"
    );
    assert_eq!(added.lines().count(), 1 + 12, "{added}");
    assert_eq!(value(&result, "DB_PASSWORD").as_deref(), Some("made-up"));
    assert_eq!(value(&result, "POSTGRES_PASSWORD").as_deref(), Some("made-up"));
    let gone = ["MQTT_BROKER", "MQTT_PASSWORD", "DATABASE_PATH", "RESET_HOUR"];
    assert_eq!(removed(&result), gone);
    assert_eq!(result.changed, ["HEALTH_PORT: 8090 is now 8080"]);
    assert_eq!(result.kept, ["DTU_HOST", "TIMEZONE"]);
    assert_eq!(result.open.len(), 1, "{:?}", result.open);
    assert!(result.open[0].contains("Without Docker"));
}

#[test]
fn version_2_keeps_its_database_and_its_password() {
    let old = "DTU_HOST=dtu\nDB_HOST=postgres\nDB_NAME=sun\nDB_PASSWORD='a b'\nHEALTH_PORT=8090\n\
                   INFLUXDB_HOST=http://influx\nGRAFANA_PASSWORD=x\n";
    let result = rewrite(old, "made-up");
    assert_eq!(value(&result, "POSTGRES_PASSWORD").as_deref(), Some("a b"));
    assert_eq!(value(&result, "POSTGRES_DB").as_deref(), Some("sun"));
    assert_eq!(value(&result, "HEALTH_PORT").as_deref(), Some("8090"), "a choice of its owner");
    assert_eq!(removed(&result), ["INFLUXDB_HOST"]);
    assert!(result.text.contains("GRAFANA_PASSWORD=x"));
    assert!(!result.text.contains("made-up"));
}

#[test]
fn a_version_2_without_a_password_gets_none_that_its_database_does_not_know() {
    let old = "DTU_HOST=dtu\nDB_HOST=postgres\nDB_PASSWORD=\n";
    let result = rewrite(old, "made-up");
    assert!(!result.text.contains("made-up"), "{}", result.text);
    assert_eq!(value(&result, "POSTGRES_PASSWORD"), None);
    assert!(result.open[0].contains("password"), "{:?}", result.open);
}

#[test]
fn a_server_elsewhere_gets_no_password_made_up() {
    let result = rewrite("DTU_HOST=dtu\nDB_HOST=nas.local\n", "made-up");
    assert_eq!(value(&result, "DB_PASSWORD"), None);
    assert!(result.open[0].contains("nas.local"), "{:?}", result.open);
}

#[test]
fn mysql_becomes_postgres_and_is_said_not_to_be_carried_over() {
    let result = rewrite("DTU_HOST=dtu\nDB_TYPE=MariaDB\nDB_HOST=mysql\nDB_PORT=3306\n", "made-up");
    assert_eq!(result.changed.len(), 3);
    assert_eq!(value(&result, "DB_HOST").as_deref(), Some("postgres"));
    assert!(result.open.iter().any(|sentence| sentence.contains("not carried over")));
}

#[test]
fn what_was_accepted_and_never_looked_at_becomes_a_comment() {
    let result = rewrite(
        "DTU_HOST=dtu\nDB_HOST=db\nDB_PASSWORD=x\nQUERY_PERIOD=0\nTIMEZONE=Mars\n",
        "made-up",
    );
    assert!(result.text.contains("# Not accepted any more: QUERY_PERIOD=0\n"));
    assert!(result.text.contains("# Not accepted any more: TIMEZONE=Mars\n"));
    assert_eq!(result.open.len(), 2, "{:?}", result.open);
}

#[test]
fn a_removed_line_that_another_needs_stays() {
    let result = rewrite("MQTT_BROKER=10.0.0.2\nDTU_HOST=${MQTT_BROKER}\n", "made-up");
    assert!(result.text.starts_with("MQTT_BROKER=10.0.0.2\nDTU_HOST=${MQTT_BROKER}\n"));
    assert!(result.open[0].contains("MQTT_BROKER is not needed"), "{:?}", result.open);
}

#[test]
fn doing_it_again_changes_nothing() {
    let once = rewrite(VERSION_1, "made-up");
    let twice = rewrite(&once.text, "another");
    assert_eq!(twice.text, once.text);
    assert!(twice.removed.is_empty() && twice.changed.is_empty() && twice.added.is_empty());
}
