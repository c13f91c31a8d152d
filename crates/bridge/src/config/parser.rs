//! Reads values and collects every mistake, so that one run shows them all.

use std::fmt;
use std::str::FromStr;

use super::Mistake;
use super::settings::setting;
use super::sources::{Sources, Value};

pub(super) struct Parser<'a> {
    sources: &'a Sources,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) notices: Vec<String>,
}

impl<'a> Parser<'a> {
    pub(super) const fn new(sources: &'a Sources, mistakes: Vec<Mistake>) -> Self {
        Self { sources, mistakes, notices: Vec::new() }
    }

    pub(super) const fn sources(&self) -> &'a Sources {
        self.sources
    }

    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.sources.value(setting(name))
    }

    pub(super) fn mistake(
        &mut self,
        place: impl fmt::Display,
        found: impl fmt::Display,
        reason: impl fmt::Display,
    ) {
        self.mistakes.push(Mistake::new(place, found, reason));
    }

    pub(super) fn notice(&mut self, text: String) {
        self.notices.push(text);
    }

    /// The text of a setting.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| value.text)
    }

    /// What `read` makes of a setting's value; a mistake when it makes nothing of it.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let result = read(&value.text);
        if result.is_none() {
            let setting = setting(name);
            let found = if setting.secret { "(hidden)" } else { &value.text };
            let place = format!("{name} ({})", value.source);
            self.mistake(place, found, format!("{} is expected", setting.allowed));
        }
        result
    }

    /// A number within a range, both ends included.
    pub(super) fn number<T: FromStr + PartialOrd>(
        &mut self,
        name: &str,
        least: T,
        most: T,
    ) -> Option<T> {
        self.read(name, |text| {
            text.parse().ok().filter(|number| least <= *number && *number <= most)
        })
    }

    /// A yes or no, in the words people use.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, |text| match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        })
    }

    /// Items with commas between them, or a JSON list of texts.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.read(name, |text| {
            let items: Vec<String> = match serde_json::from_str::<Vec<serde_json::Value>>(text) {
                Ok(list) => list
                    .iter()
                    .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                    .collect(),
                Err(_) => text.split(',').map(str::to_owned).collect(),
            };
            let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
            items.map(read).collect()
        })
    }
}
