use figment::Figment;
use figment::providers::{Format, Yaml};

use super::*;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let home = [("HOME".to_owned(), "/home/owner".to_owned())];
    home.into_iter()
        .chain(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .collect()
}

fn from_environment(pairs: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let (_, config) = Config::load(&BTreeMap::new(), &map(pairs), None);
    config.map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect())
}

fn from_file(name: &str, text: &str) -> Result<Config, Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    let (_, config) = Config::load(&BTreeMap::new(), &map(&[]), Some(&path));
    config.map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect())
}

#[test]
fn one_host_is_enough() {
    let config = from_environment(&[("DTU_HOST", "192.168.1.50")]).unwrap();
    let [dtu] = config.dtus.as_slice() else { panic!("{:?}", config.dtus) };
    assert_eq!((dtu.name.as_str(), dtu.port), ("DTU", 502));
    let addressing = dtu::DialectSetting::Auto;
    assert_eq!(dtu.protocol, Protocol::Modbus { unit_id: 1, addressing });
    assert_eq!(dtu.query_period_s, 60);
    assert!(matches!(config.storage, Storage::Sqlite));
    assert_eq!(config.web.unwrap().address.port(), 8080);
    assert_eq!(config.data_dir, Path::new("/home/owner/.local/share/hoymiles-smiles"));
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn the_environment_of_the_migration_guide() {
    let config = from_environment(&[
        ("DTU_HOST", "192.168.1.50"),
        ("DB_TYPE", "postgres"),
        ("DB_HOST", "postgres"),
        ("DB_PORT", "5432"),
        ("DB_NAME", "hoymiles"),
        ("DB_USER", "hoymiles"),
        ("DB_PASSWORD", "hoymiles_password"),
        ("DB_POOL_SIZE", "10"),
        ("DB_MAX_OVERFLOW", "20"),
    ])
    .unwrap();
    let Storage::Postgres(postgres) = config.storage else { panic!("{:?}", config.storage) };
    assert_eq!(
        (postgres.host.as_str(), postgres.pool_size, postgres.max_overflow),
        ("postgres", 10, 20)
    );
    assert!(!format!("{postgres:?}").contains("hoymiles_password"));
}

#[test]
fn a_database_host_alone_means_postgres() {
    let config = from_environment(&[("DB_HOST", "db")]).unwrap();
    assert!(matches!(config.storage, Storage::Postgres(_)));
}

#[test]
fn every_mistake_names_variable_value_and_what_is_allowed() {
    let mistakes = from_environment(&[
        ("QUERY_PERIOD", "0"),
        ("RESET_HOUR", "99"),
        ("TIMEZONE", "Europe/Berlinn"),
        ("DB_TYPE", "mysql"),
        ("DTU_PORT", "70000"),
        ("EXCLUDE_INVERTERS", "116100000001,nonsense"),
        ("API_TOKEN", "hush"),
        ("LOG_LEVEL", "chatty"),
        ("DATABASE_URL", "mysql://user:hush@host/db"),
    ])
    .unwrap_err();
    let all = mistakes.join("\n");
    for expected in [
        "QUERY_PERIOD (environment): '0' cannot be used: a whole number of seconds from 5 to 86400 is expected",
        "RESET_HOUR (environment): '99' cannot be used: a whole number from 0 to 23 is expected",
        "TIMEZONE (environment): 'Europe/Berlinn' cannot be used: an IANA name like Europe/Berlin is expected",
        "DB_TYPE (environment): 'mysql' cannot be used: MySQL and MariaDB are not supported any more",
        "DTU_PORT (environment): '70000' cannot be used: a port number from 1 to 65535 is expected",
        "EXCLUDE_INVERTERS (environment): '116100000001,nonsense' cannot be used",
        "LOG_LEVEL (environment): 'chatty' cannot be used",
        "API_TOKEN (environment): '(hidden)' cannot be used: at least 16 letters",
    ] {
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
    assert!(!all.contains("hush"), "a secret is shown: {all}");
}

#[test]
fn several_dtus_from_json() {
    let config = from_environment(&[
        ("DTU_CONFIGS", r#"[{"name":"house","host":"10.0.0.2"},{"name":"barn","host":"10.0.0.3","port":1502,"addressing":"word","query_period":90}]"#),
        ("QUERY_PERIOD", "45"),
    ])
    .unwrap();
    let [house, barn] = config.dtus.as_slice() else { panic!("{:?}", config.dtus) };
    assert_eq!((house.port, house.query_period_s), (502, 45));
    assert_eq!((barn.port, barn.query_period_s), (1502, 90));
    let addressing = dtu::DialectSetting::Word;
    assert_eq!(barn.protocol, Protocol::Modbus { unit_id: 1, addressing });
}

#[test]
fn two_dtus_of_one_name_are_a_mistake() {
    let mistakes =
        from_environment(&[("DTU_CONFIGS", r#"[{"host":"10.0.0.2"},{"host":"10.0.0.3"}]"#)])
            .unwrap_err();
    assert!(mistakes[0].contains("two DTUs have this name"), "{mistakes:?}");
}

#[test]
fn a_wifi_dtu_has_defaults_of_its_own() {
    for setting in [("DTU_PORT", "10081"), ("DTU_PROTOCOL", "wifi")] {
        let config = from_environment(&[("DTU_HOST", "10.0.0.2"), setting]).unwrap();
        let dtu = &config.dtus[0];
        assert_eq!((dtu.port, dtu.query_period_s, dtu.protocol), (10081, 120, Protocol::Wifi));
        assert_eq!(config.polling.wifi_timeout, Duration::from_secs(10));
        assert!(config.notices.is_empty(), "{:?}", config.notices);
    }
    let config = from_environment(&[
        ("DTU_CONFIGS", r#"[{"name":"house","host":"10.0.0.2"},{"name":"barn","host":"10.0.0.3","protocol":"wifi"}]"#),
        ("COMM_TIMEOUT", "5"),
    ])
    .unwrap();
    let [house, barn] = config.dtus.as_slice() else { panic!("{:?}", config.dtus) };
    assert_eq!((house.port, house.query_period_s), (502, 60));
    assert_eq!((barn.port, barn.query_period_s), (10081, 120));
    assert_eq!(config.polling.wifi_timeout, config.polling.timeout);
}

#[test]
fn a_wifi_dtu_is_not_asked_more_often_than_it_bears() {
    let with = |period| {
        let settings = [("DTU_HOST", "dtu"), ("DTU_PROTOCOL", "wifi"), ("QUERY_PERIOD", period)];
        let config = from_environment(&settings).unwrap();
        (config.dtus[0].query_period_s, config.notices.join("\n"))
    };
    let (period_s, notices) = with("10");
    assert!(period_s == 35 && notices.contains("raised to 35 s"), "{period_s} {notices}");
    let (period_s, notices) = with("60");
    assert!(period_s == 60 && notices.contains("upload to the cloud"), "{period_s} {notices}");
    assert_eq!(with("300"), (300, String::new()));
}

#[test]
fn a_protocol_nobody_speaks_is_a_mistake() {
    let settings = [("DTU_HOST", "dtu"), ("DTU_PROTOCOL", "mqtt")];
    let mistakes = from_environment(&settings).unwrap_err();
    assert!(mistakes[0].contains("auto, modbus or wifi is expected"), "{mistakes:?}");
}

#[test]
fn yaml_with_underscores_or_dashes_and_toml() {
    let yaml = "dtus:\n  - name: house\n    host: 10.0.0.2\nquery-period: 90\nexclude_inverters: [116100000001]\n";
    let config = from_file("config.yaml", yaml).unwrap();
    assert_eq!((config.dtus[0].name.as_str(), config.dtus[0].query_period_s), ("house", 90));
    assert_eq!(config.polling.excluded.len(), 1);
    let config = from_file("config.toml", "dtu_host = \"10.0.0.2\"\ndry_run = true\n").unwrap();
    assert!(matches!(config.storage, Storage::Nothing));
}

#[test]
fn an_unknown_key_in_a_file_is_a_mistake() {
    let mistakes = from_file("config.yaml", "dtu_hots: 10.0.0.2\n").unwrap_err();
    assert!(mistakes[0].starts_with("dtu_hots in "), "{mistakes:?}");
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.yaml");
    std::fs::write(&path, "query_period: 100\ncomm_retries: 1\ndtu_host: file\n").unwrap();
    let arguments = BTreeMap::from([("DTU_HOST", "flag".to_owned())]);
    let environment = map(&[("DTU_HOST", "environment"), ("QUERY_PERIOD", "90")]);
    let (sources, config) = Config::load(&arguments, &environment, Some(&path));
    let config = config.unwrap();
    assert_eq!(config.dtus[0].host, "flag");
    assert_eq!(config.dtus[0].query_period_s, 90);
    assert_eq!(config.polling.retries, 1);
    let lines = sources.lines();
    assert!(lines.iter().any(|line| line.contains("flag  [command line]")), "{lines:#?}");
}

#[test]
fn a_secret_may_come_from_a_file_and_is_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    std::fs::write(&path, "hush\n").unwrap();
    let environment = map(&[("DB_HOST", "db"), ("DB_PASSWORD_FILE", path.to_str().unwrap())]);
    let (sources, config) = Config::load(&BTreeMap::new(), &environment, None);
    let Storage::Postgres(postgres) = config.unwrap().storage else { panic!() };
    use secrecy::ExposeSecret;
    assert_eq!(postgres.password.unwrap().expose_secret(), "hush");
    assert!(!sources.lines().join("\n").contains("hush"));
}

#[test]
fn a_password_in_the_environment_needs_no_file() {
    let given = [("DB_HOST", "db"), ("DB_PASSWORD", "hush"), ("DB_PASSWORD_FILE", "/nowhere")];
    let Storage::Postgres(postgres) = from_environment(&given).unwrap().storage else { panic!() };
    use secrecy::ExposeSecret;
    assert_eq!(postgres.password.unwrap().expose_secret(), "hush");

    let empty = [("DB_HOST", "db"), ("DB_PASSWORD", ""), ("DB_PASSWORD_FILE", "/nowhere")];
    let mistakes = from_environment(&empty).unwrap_err();
    assert!(mistakes[0].contains("/nowhere"), "{mistakes:?}");
}

#[test]
fn settings_that_have_gone_are_one_notice_with_advice() {
    let config = from_environment(&[
        ("DTU_HOST", "10.0.0.2"),
        ("MQTT_BROKER", "mosquitto"),
        ("MQTT_PORT", "1883"),
        ("DATABASE_PATH", "/data/hoymiles-smiles.db"),
    ])
    .unwrap();
    let [notice] = config.notices.as_slice() else { panic!("{:?}", config.notices) };
    for name in ["MQTT_BROKER, MQTT_PORT: MQTT is gone", "DATABASE_PATH: readings live"] {
        assert!(notice.contains(name), "{notice}");
    }
}

#[test]
fn polling_faster_than_a_dtu_bears_is_said() {
    let config = from_environment(&[("DTU_HOST", "10.0.0.2"), ("QUERY_PERIOD", "5")]).unwrap();
    assert!(config.notices[0].contains("shorter than most DTUs bear"), "{:?}", config.notices);
}

#[test]
fn empty_values_count_as_not_given() {
    let config =
        from_environment(&[("DTU_HOST", ""), ("DB_HOST", ""), ("QUERY_PERIOD", "")]).unwrap();
    assert!(config.dtus.is_empty());
    assert!(matches!(config.storage, Storage::Sqlite));
}

#[test]
fn the_table_of_the_documentation_names_every_setting() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    for setting in SETTINGS {
        assert!(text.contains(&format!("`{}`", setting.name)), "{} is missing", setting.name);
    }
}

#[test]
fn a_token_closes_the_api_and_is_never_shown() {
    use secrecy::ExposeSecret;
    let environment = map(&[("API_TOKEN", "0123456789abcdef")]);
    let (sources, config) = Config::load(&BTreeMap::new(), &environment, None);
    let web = config.unwrap().web.unwrap();
    assert!(!format!("{web:?}").contains("0123456789abcdef"));
    assert_eq!(web.token.unwrap().expose_secret(), "0123456789abcdef");
    let lines = sources.lines().join("\n");
    assert!(lines.contains("API_TOKEN") && !lines.contains("0123456789abcdef"), "{lines}");
    assert!(from_environment(&[("API_TOKEN", "")]).unwrap().web.unwrap().token.is_none());
}

#[test]
fn a_token_that_would_protect_nothing_is_refused_with_a_sentence() {
    for bad in ["0123456789abcde", "0123456 89abcdef", "0123456789abcdé", "   "] {
        let mistakes = from_environment(&[("API_TOKEN", bad)]).unwrap_err();
        let [mistake] = mistakes.as_slice() else { panic!("{bad}: {mistakes:?}") };
        assert!(mistake.starts_with("API_TOKEN"), "{mistake}");
        assert!(mistake.contains("at least 16 letters"), "{mistake}");
        assert!(bad.trim().is_empty() || !mistake.contains(bad), "{mistake}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "\n").unwrap();
    let mistakes = from_environment(&[("API_TOKEN_FILE", path.to_str().unwrap())]).unwrap_err();
    assert!(mistakes[0].contains("the file is empty"), "{mistakes:?}");
}

/// The configuration of an app of Home Assistant whose form was filled in like this.
fn from_app(options: &str, environment: &[(&str, &str)]) -> (Sources, Result<Config, Vec<String>>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("options.json"), options).unwrap();
    let mut given =
        map(&[("SUPERVISOR_TOKEN", "hush"), ("DATA_DIR", directory.path().to_str().unwrap())]);
    given.extend(map(environment));
    let (sources, config) = Config::load(&BTreeMap::new(), &given, None);
    (sources, config.map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect()))
}

#[test]
fn options_of_the_app_are_settings() {
    let (sources, config) = from_app(
        r#"{"dtus": [{"name": "house", "host": "10.0.0.2", "query_period": 90},
                     {"name": "barn", "host": "10.0.0.3", "protocol": "wifi", "port": null}],
            "timezone": "Europe/Berlin", "exclude_inverters": ["116100000001", "116100000002"],
            "db_host": "db", "db_port": 5433, "log_level": "DEBUG"}"#,
        &[("LOG_LEVEL", "ERROR")],
    );
    let config = config.unwrap();
    let [house, barn] = config.dtus.as_slice() else { panic!("{:?}", config.dtus) };
    assert_eq!((house.port, house.query_period_s), (502, 90));
    assert_eq!((barn.port, barn.protocol), (10081, Protocol::Wifi));
    assert_eq!(config.time_zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(config.polling.excluded.len(), 2);
    let Storage::Postgres(postgres) = config.storage else { panic!("{:?}", config.storage) };
    assert_eq!((postgres.host.as_str(), postgres.port), ("db", 5433));
    assert_eq!(config.log.filter, "error", "the environment goes before the form");
    assert!(sources.lines().contains(&format!("{:<26} 5433  [options of the app]", "DB_PORT")));
    let supervisor = config.supervisor.unwrap();
    assert_eq!(supervisor.url, "http://supervisor");
    assert!(!format!("{supervisor:?}").contains("hush"));
}

#[test]
fn an_app_whose_form_is_empty_has_no_dtu() {
    let (_, config) = from_app(r#"{"dtus": []}"#, &[]);
    assert!(config.unwrap().dtus.is_empty());
    // The list is as good as not given.
    let (_, config) = from_app(r#"{"dtus": []}"#, &[("DTU_HOST", "10.0.0.2")]);
    assert_eq!(config.unwrap().dtus.len(), 1);
}

#[test]
fn mistakes_in_the_form_say_where_they_are() {
    let (_, config) = from_app(
        r#"{"dtus": [{"name": "house", "host": "http://10.0.0.2"}], "query_period": 3,
            "db_hots": "db", "timezone": {}}"#,
        &[],
    );
    let all = config.unwrap_err().join("\n");
    for expected in [
        "dtus in options of the app, DTU 'house': 'http://10.0.0.2' cannot be used",
        "QUERY_PERIOD (options of the app): '3' cannot be used",
        "db_hots in options of the app: no setting has this name",
        "timezone in options of the app: 'a structure' cannot be used",
    ] {
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
    let (_, config) = from_app("[]", &[]);
    let all = config.unwrap_err().join("\n");
    assert!(all.contains("options of the app") && all.contains("no JSON object"), "{all}");
}

#[test]
fn elsewhere_a_file_of_this_name_means_nothing() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("options.json"), "nonsense").unwrap();
    let data_dir = ("DATA_DIR", directory.path().to_str().unwrap());
    let config = from_environment(&[("DTU_HOST", "10.0.0.2"), data_dir]).unwrap();
    assert!(config.supervisor.is_none());
}

#[test]
fn every_option_of_the_app_is_a_setting() {
    let app = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/home-assistant/config.yaml");
    let app: serde_json::Value = Figment::from(Yaml::file_exact(app)).extract().unwrap();
    for option in app["schema"].as_object().unwrap().keys() {
        let name = option.to_ascii_uppercase();
        assert!(name == "DTUS" || SETTINGS.iter().any(|setting| setting.name == name), "{option}");
    }
    // And the form of a DTU has nothing that an entry of the list does not take.
    let fields = app["schema"]["dtus"][0].as_object().unwrap().keys();
    let entry: serde_json::Map<_, _> = fields
        .map(|field| {
            let value = match field.as_str() {
                "name" | "host" => "x".into(),
                "protocol" => "auto".into(),
                _ => 60.into(),
            };
            (field.clone(), value)
        })
        .collect();
    let (_, config) = from_app(&serde_json::json!({"dtus": [entry]}).to_string(), &[]);
    assert_eq!(config.unwrap().dtus.len(), 1);
}
