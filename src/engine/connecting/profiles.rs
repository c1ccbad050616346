//! Saved connections for `connect`: the chosen profile, its settings, and the source of its API key.

use super::build::{build, is_zilliz_target, storage, target};
use super::key::{FoundKey, find, host};
use super::{OPTIONS, Origin};
use crate::api::TYPED_KEY;
use crate::api::endpoint::{Endpoint, choose};
use crate::config::{self, Config, Edit, Profile, Setting, set};
use crate::connection::{Connection, Storage};
use crate::engine::options::Options;
use crate::engine::types::dynamic_of;
use crate::error::Failure;
use crate::session::Session;
use crate::text::words;
use rhai::{Dynamic, Map};
use serde_json::{Value, json};
use std::rc::Rc;

/// Reads `config.toml`. Warns once per run if it contains a key and other users can read the file.
pub(crate) fn load(session: &Session) -> Result<Config, Failure> {
    let config = Config::load()?;
    if let Some(path) = &config.exposed {
        let path = path.display();
        session.warn_once(&format!(
            "{path} holds a key, and others can read it: chmod 600 {path}"
        ));
    }
    Ok(config)
}

/// Returns the profile that `connect()` uses: `-p`, else `ZSHELL_PROFILE`, else the default profile.
pub(crate) fn chosen(session: &Session, config: &Config) -> Option<String> {
    let option = session.choices().profile.clone();
    option
        .or_else(|| set("ZSHELL_PROFILE"))
        .or_else(|| config.default_profile.clone())
}

/// The connection that `connect()` makes, as far as it's known before the first call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedConnection {
    /// The name that the connection will have.
    pub name: String,
    /// True if destructive calls need confirmation.
    pub protected: bool,
}

/// Returns the connection that `connect()` makes, if a profile or an address is chosen. Fails for an unknown profile.
pub(crate) fn expected(
    session: &Session,
    config: &Config,
) -> Result<Option<ExpectedConnection>, Failure> {
    let Some(chosen) = chosen(session, config) else {
        return Ok(None);
    };
    let (name, protected) = match config.profiles.get(&chosen) {
        Some(profile) => {
            let (_, _, _, protected) = summary(&chosen, profile);
            (chosen, protected)
        }
        None if chosen == "local" => (chosen, false),
        None if is_address(&chosen) => match Endpoint::parse(&chosen) {
            Ok(endpoint) => (host(&endpoint.url), false),
            Err(_) => return Ok(None),
        },
        None => return Err(unknown(config, &chosen)),
    };
    Ok(Some(ExpectedConnection { name, protected }))
}

/// Returns true if a name is an address, which no profile's name is.
pub(super) fn is_address(name: &str) -> bool {
    name.contains(['.', ':', '/']) || name == "localhost"
}

/// Returns the error for a name that no profile has, with near names or all names.
pub(crate) fn unknown(config: &Config, name: &str) -> Failure {
    let names = || config.profiles.keys().map(String::as_str);
    let hint = words::did_you_mean(name, names().chain(["local"])).unwrap_or_else(|| {
        if config.profiles.is_empty() {
            let path = config::path().unwrap_or_default();
            let path = path.display();
            format!("{path} has no profiles; zshell profile add NAME saves one")
        } else {
            let names: Vec<&str> = names().collect();
            format!("saved profiles: {}", names.join(", "))
        }
    });
    Failure::usage(format!("no profile {name:?}")).with_hint(hint)
}

/// Fails for a text that can't name a profile. One that looks like an address would make `connect(name)` ambiguous.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let hint = if name == "local" || name == "localhost" {
        "connect(\"local\") is the local import service"
    } else if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) {
        "a name has letters, digits, - and _"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!("{name:?} cannot name a profile")).with_hint(hint))
}

/// Returns the error for a name that a profile has already.
pub(crate) fn taken(name: &str) -> Failure {
    Failure::refused(format!("there is a profile {name:?}"))
}

/// Saves a profile in `config.toml`, and says how to use it. `replaces` allows to replace one with the same name.
pub(crate) fn save(
    session: &Session,
    name: &str,
    profile: &Profile,
    replaces: bool,
    make_default: bool,
) -> Result<(), Failure> {
    let mut edit = Edit::begin(&session.interrupt)?;
    // Another process may have saved the same name meanwhile.
    if edit.has(name) && !replaces {
        return Err(taken(name));
    }
    if session.would(&format!("save the profile {name:?}"))? {
        return Ok(());
    }
    edit.set_profile(name, profile);
    if make_default {
        edit.set_default(name);
    }
    let how = if edit.default() == Some(name) {
        "connect()".to_owned()
    } else {
        format!("-p {name} or connect({name:?})")
    };
    let path = edit.save()?;
    session.notice(&format!("saved in {}; {how} uses it", path.display()));
    Ok(())
}

/// Connects with a profile, without making the result the current connection.
pub(crate) fn connect(
    session: &Session,
    name: &str,
    profile: Profile,
) -> Result<Rc<Connection>, Failure> {
    let options = options(profile)?;
    build(session, &options, &Origin::Profile(name.to_owned())).map(Rc::new)
}

/// Returns a profile's settings as the options of `connect`.
pub(crate) fn options(profile: Profile) -> Result<Options, Failure> {
    Options::parse("profile", OPTIONS, map_of(profile.into_settings()))
}

/// Returns the storage settings of the profile that `connect()` would use, without connecting.
pub(crate) fn chosen_storage(session: &Session) -> Result<Storage, Failure> {
    let mut config = load(session)?;
    let name = chosen(session, &config);
    match name.and_then(|name| config.profiles.remove(&name)) {
        Some(profile) => storage(&options(profile)?),
        None => Ok(Storage::default()),
    }
}

/// Checks a profile without calling a service: its settings, and its route.
pub(crate) fn check(profile: Profile) -> Result<(), Failure> {
    let options = options(profile)?;
    let target = target(&options)?;
    // The endpoint of a cluster's name is known only to the service.
    if options.get("cluster").is_none() {
        choose(&target)?;
    }
    Ok(())
}

/// Returns every profile in one line: `name`, `endpoint`, `database`, `key` (its source), `protected`, `default`.
pub(crate) fn rows(config: &Config) -> Vec<Value> {
    let row = |(name, profile): (&String, &Profile)| {
        let (endpoint, database, key, protected) = summary(name, profile);
        json!({
            "name": name,
            "endpoint": endpoint,
            "database": database,
            "key": key,
            "protected": protected,
            "default": is_default(config, name),
        })
    };
    config.profiles.iter().map(row).collect()
}

/// Returns one profile with all its settings, its secrets masked; `None` if there's no profile with this name.
pub(crate) fn row(config: &Config, name: &str) -> Option<Value> {
    let profile = config.profiles.get(name)?;
    let mut row = json!({ "name": name, "default": is_default(config, name) });
    let settings = profile.json();
    for (key, value) in settings.as_object().into_iter().flatten() {
        row[key] = value.clone();
    }
    let (_, _, key, _) = summary(name, profile);
    row["key"] = key.into();
    Some(row)
}

fn is_default(config: &Config, name: &str) -> bool {
    config.default_profile.as_deref() == Some(name)
}

/// Returns endpoint, database, source of the API key, and protection, as far as the profile can be read.
fn summary(name: &str, profile: &Profile) -> (Option<String>, Option<String>, String, bool) {
    let map = map_of(profile.clone().into_settings());
    let Ok(options) = Options::parse("profile", OPTIONS, map) else {
        return (None, None, "a setting is wrong".to_owned(), false);
    };
    let text = |name| options.text(name).ok().flatten();
    let cluster = || text("cluster").or_else(|| text("cluster_id"));
    let endpoint = text("endpoint").or_else(|| Some(format!("cluster {}", cluster()?)));
    let zilliz = target(&options).is_ok_and(|target| is_zilliz_target(&target));
    let key = match find(&options, &Origin::Profile(name.to_owned()), zilliz) {
        Ok(FoundKey::Key(key)) => key.source,
        Ok(FoundKey::Nothing) if zilliz => TYPED_KEY.to_owned(),
        Ok(FoundKey::Nothing | FoundKey::Declined) => "none".to_owned(),
        Err(_) => "a setting is wrong".to_owned(),
    };
    let protected = options.flag("protected").ok().flatten();
    (endpoint, text("db"), key, protected.unwrap_or_default())
}

/// Returns settings as the map for `connect(#{…})`. Secrets stay secrets.
fn map_of(settings: impl Iterator<Item = (String, Setting)>) -> Map {
    let value = |setting| match setting {
        Setting::Secret(secret) => Dynamic::from(secret),
        Setting::Table(table) => map_of(table.into_settings()).into(),
        Setting::Plain(value) => dynamic_of(value),
    };
    settings
        .map(|(name, setting)| (name.into(), value(setting)))
        .collect()
}
