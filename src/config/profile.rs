//! A saved profile. Its secrets are held as [`Secret`] from the moment the file is read.

use crate::secret::{MASK, Secret, is_secret};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The setting that holds the profile's table of secrets.
const SECRETS: &str = "secrets";

/// The settings of a profile, in the parser's order: the options of `connect(#{…})`, and `secrets`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub(crate) struct Profile(Vec<(String, Setting)>);

/// A setting of a profile.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    /// A text or number under a secret's name.
    Secret(Secret),
    /// A table of settings, for example `storage`.
    Table(Profile),
    /// Any other value.
    Plain(Value),
}

impl Profile {
    /// Returns the settings that `connect` reads, without the table of secrets.
    pub(crate) fn into_settings(self) -> impl Iterator<Item = (String, Setting)> {
        self.0.into_iter().filter(|(name, _)| name != SECRETS)
    }

    /// Returns a profile with these settings.
    pub(crate) fn new(settings: Vec<(String, Setting)>) -> Self {
        Self(settings)
    }

    /// Returns all settings in their order.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0
            .iter()
            .map(|(name, setting)| (name.as_str(), setting))
    }

    /// Sets a setting, or replaces the one with this name.
    pub(crate) fn set(&mut self, name: &str, setting: Setting) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), setting));
    }

    /// Returns the profile without its secrets.
    #[must_use]
    pub(crate) fn without_secrets(self) -> Self {
        let kept = |(name, setting)| match setting {
            Setting::Secret(secret) if !secret.is_empty() => None,
            Setting::Table(table) => Some((name, Setting::Table(table.without_secrets()))),
            other => Some((name, other)),
        };
        Self(self.0.into_iter().filter_map(kept).collect())
    }

    /// Returns the value that `secret("NAME")` finds in this profile.
    pub(crate) fn secret(&self, name: &str) -> Option<&Secret> {
        let Setting::Table(secrets) = self.get(SECRETS)? else {
            return None;
        };
        match secrets.get(name)? {
            Setting::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// Returns the setting with exactly this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Setting> {
        let (_, setting) = self.0.iter().find(|(known, _)| known == name)?;
        Some(setting)
    }

    /// Returns a setting that's a text and no secret.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Setting::Plain(value) => value.as_str(),
            _ => None,
        }
    }

    /// Returns the profile as JSON with all secrets masked.
    pub(crate) fn json(&self) -> Value {
        self.0
            .iter()
            .map(|(name, setting)| (name.clone(), setting.json()))
            .collect::<Map<_, _>>()
            .into()
    }

    /// Returns true if a key is among the settings.
    pub(crate) fn holds_secrets(&self) -> bool {
        self.0.iter().any(|(_, setting)| match setting {
            Setting::Secret(secret) => !secret.is_empty(),
            Setting::Table(table) => table.holds_secrets(),
            Setting::Plain(_) => false,
        })
    }

    fn read(map: Map<String, Value>, all_secret: bool) -> Self {
        let read = |(name, value): (String, Value)| {
            let secret = all_secret || is_secret(&name);
            let setting = match value {
                Value::Object(table) => {
                    Setting::Table(Self::read(table, secret || name == SECRETS))
                }
                Value::String(text) if secret => Setting::Secret(Secret::new(text)),
                Value::Number(number) if secret => Setting::Secret(Secret::new(number.to_string())),
                other => Setting::Plain(other),
            };
            (name, setting)
        };
        Self(map.into_iter().map(read).collect())
    }
}

impl From<Map<String, Value>> for Profile {
    fn from(map: Map<String, Value>) -> Self {
        Self::read(map, false)
    }
}

impl Setting {
    fn json(&self) -> Value {
        match self {
            Self::Secret(secret) if secret.is_empty() => json!(""),
            Self::Secret(_) => json!(MASK),
            Self::Table(table) => table.json(),
            Self::Plain(value) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_secrets_at_any_depth() {
        let profile: Profile = toml::from_str(
            "endpoint = \"https://e\"\ntoken = \"LEAK1\"\n[storage]\nurl = \"s3://b\"\nsecret_key = \"LEAK2\"\naccess_key = 424242\n[secrets]\nANY = \"LEAK3\"\n",
        )
        .expect("a profile");
        let shown = format!("{profile:?} {}", profile.json());
        assert!(
            !shown.contains("LEAK") && !shown.contains("4242"),
            "{shown}"
        );
        assert!(shown.contains("https://e") && shown.contains("s3://b"));
        assert_eq!(profile.secret("ANY").map(Secret::expose), Some("LEAK3"));
        assert!(profile.secret("token").is_none() && profile.holds_secrets());
        assert!(profile.into_settings().all(|(name, _)| name != SECRETS));
    }
}
