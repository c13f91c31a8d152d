//! Which DTU an inverter belongs to: the old versions did not keep it.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgAction, ArgMatches};
use color_eyre::eyre::{Result, bail};
use plant::Serial;

use crate::config::Config;

/// The name of each inverter's DTU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DtuNames {
    /// Of every inverter that is not listed.
    others: Option<String>,
    listed: BTreeMap<Serial, String>,
}

pub(crate) fn argument() -> Arg {
    Arg::new("dtu")
        .long("dtu")
        .value_name("NAME[=SERIAL,…]")
        .action(ArgAction::Append)
        .help("The DTU of these inverters, or of all others; only needed with several DTUs")
}

pub(crate) fn given(matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>("dtu").into_iter().flatten().cloned().collect()
}

impl DtuNames {
    /// What was given on the command line, else the one DTU of the configuration.
    pub(crate) fn read(given: &[String], config: &Config) -> Result<Self> {
        let configured: BTreeSet<&str> = config.dtus.iter().map(|dtu| dtu.name.as_str()).collect();
        let mut names = Self::default();
        for text in given {
            let (name, serials) = match text.split_once('=') {
                Some((name, serials)) => (name.trim(), Some(serials)),
                None => (text.trim(), None),
            };
            if !configured.contains(name) {
                bail!("--dtu {text}: no DTU '{name}' is configured: {}", listing(&configured));
            }
            match serials {
                None if names.others.is_some() => {
                    bail!("--dtu {text}: only one DTU can have all other inverters")
                }
                None => names.others = Some(name.to_owned()),
                Some(serials) => {
                    for serial in serials.split(',') {
                        match serial.trim().parse() {
                            Ok(serial) => names.listed.insert(serial, name.to_owned()),
                            Err(error) => bail!("--dtu {text}: {error}"),
                        };
                    }
                }
            }
        }
        if names.others.is_none() && configured.len() == 1 {
            names.others = configured.first().map(|name| (*name).to_owned());
        }
        Ok(names)
    }

    /// Of one inverter.
    pub(crate) fn of(&self, serial: Serial) -> Option<&str> {
        self.listed.get(&serial).or(self.others.as_ref()).map(String::as_str)
    }

    /// Asks for those that are missing.
    pub(crate) fn require(&self, serials: &BTreeSet<Serial>, config: &Config) -> Result<()> {
        let missing: Vec<String> = serials
            .iter()
            .filter(|serial| self.of(**serial).is_none())
            .map(ToString::to_string)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let configured: BTreeSet<&str> = config.dtus.iter().map(|dtu| dtu.name.as_str()).collect();
        match configured.first() {
            None => bail!("no DTU is configured: set DTU_HOST, its inverters get the name 'DTU'"),
            Some(first) => bail!(
                "several DTUs are configured ({}), and the old data do not tell which inverter \
                 belongs to which. Say it: --dtu {first}={}. If the bridge runs, its page \
                 /api/inverters shows it",
                listing(&configured),
                missing.join(",")
            ),
        }
    }
}

fn listing(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dtus: &str) -> Config {
        let environment = [("DTU_CONFIGS", dtus), ("DATA_DIR", "/nowhere")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()));
        Config::load(&BTreeMap::new(), &environment.into(), None).1.unwrap()
    }

    fn read(given: &[&str], config: &Config) -> Result<DtuNames> {
        DtuNames::read(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), config)
    }

    #[test]
    fn one_dtu_has_every_inverter() {
        let names = read(&[], &config(r#"[{"name":"roof","host":"h"}]"#)).unwrap();
        assert_eq!(names.of("116100000001".parse().unwrap()), Some("roof"));
    }

    #[test]
    fn of_several_dtus_it_must_be_said() {
        let config = config(r#"[{"name":"roof","host":"h"},{"name":"barn","host":"i"}]"#);
        let serials: BTreeSet<Serial> =
            ["116100000001", "116100000002"].map(|text| text.parse().unwrap()).into();
        let names = read(&[], &config).unwrap();
        let said = names.require(&serials, &config).unwrap_err().to_string();
        assert!(said.contains("--dtu barn=116100000001,116100000002"), "{said}");

        let names = read(&["barn=116100000002", "roof"], &config).unwrap();
        names.require(&serials, &config).unwrap();
        assert_eq!(names.of("116100000002".parse().unwrap()), Some("barn"));
        assert_eq!(names.of("116100000001".parse().unwrap()), Some("roof"));
        assert!(read(&["shed"], &config).unwrap_err().to_string().contains("barn, roof"));
        assert!(read(&["barn=12"], &config).is_err());
    }
}
