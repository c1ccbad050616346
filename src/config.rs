//! `config.toml`: saved profiles and the prompt's settings.
//!
//! ```toml
//! edit_mode = "vi"       # the keys of the prompt; "emacs" where it is left out
//! default_profile = "prod"
//!
//! [profiles.prod]
//! endpoint = "https://in03-….api.aws-us-east1.zillizcloud.com"
//! token = "…"            # the keys of connect(#{…})
//!
//! [profiles.prod.secrets]
//! S3_KEY = "…"           # what secret("S3_KEY") finds with this profile
//!
//! [secrets]
//! OTHER = "…"            # what secret("OTHER") finds with every profile
//!
//! [prompt]
//! output = "vertical"    # the settings of the prompt's `:set`
//!
//! [limits]
//! items = 1000000        # of an array or map; also string_bytes, nesting, memory_bytes
//! ```

mod edit;
mod profile;

pub(crate) use edit::Edit;
pub(crate) use profile::{Profile, Setting};

use crate::error::{Failure, Kind};
use crate::fsutil;
use crate::secret::Secret;
use serde::Deserialize;
use serde::de::Error as _;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use toml::Spanned;
use zeroize::Zeroizing;

/// The content of `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The profile that `connect()` uses by default.
    pub default_profile: Option<String>,
    /// Library folders, searched after those of `--lib` and `ZSHELL_LIB`. Relative ones are relative to the file.
    #[serde(default)]
    pub lib: Vec<PathBuf>,
    /// Saved profiles by name. Each holds the options of `connect(#{…})`.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
    /// The values that `secret("NAME")` finds with every profile.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// The file, if it holds secrets and other users may read it.
    #[serde(skip)]
    pub exposed: Option<PathBuf>,
    /// The prompt's key bindings.
    #[serde(default)]
    pub edit_mode: EditMode,
    /// The limits on script values.
    #[serde(default)]
    pub limits: ScriptLimits,
    /// The prompt's settings in `[prompt]`. Their names and values are checked by `:set`, which has the table of them.
    #[serde(default)]
    pub prompt: BTreeMap<String, KeptSetting>,
}

/// Limits on what a script may hold.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScriptLimits {
    /// Maximum length of a text or blob in bytes.
    pub string_bytes: usize,
    /// Maximum number of items of an array or map.
    pub items: usize,
    /// Maximum nesting of arrays and maps.
    pub nesting: usize,
    /// Maximum memory of the process in bytes, where the system reports it (Linux).
    pub memory_bytes: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            string_bytes: 64 << 20,
            items: 1_000_000,
            nesting: 256,
            memory_bytes: 2 << 30,
        }
    }
}

/// Key bindings of the prompt: `edit_mode = "vi"`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum EditMode {
    /// Emacs bindings, the default of most shells.
    #[default]
    Emacs,
    /// Vi bindings.
    Vi,
}

/// A setting in `[prompt]`, for example `output = "json"` or `timing = true`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Spanned<toml::Value>")]
pub(crate) struct KeptSetting {
    /// The value as `:set` takes it: `true` is `on`, `false` is `off`.
    pub value: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    offset: usize,
}

impl KeptSetting {
    /// Sets the line from the file's text.
    fn locate(&mut self, text: &str) {
        self.line = line_of(text, self.offset);
    }
}

impl TryFrom<Spanned<toml::Value>> for KeptSetting {
    type Error = toml::de::Error;

    fn try_from(given: Spanned<toml::Value>) -> Result<Self, Self::Error> {
        let value = match given.get_ref() {
            toml::Value::Boolean(true) => "on".to_owned(),
            toml::Value::Boolean(false) => "off".to_owned(),
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => {
                return Err(Self::Error::custom(
                    "a setting of [prompt] is a text, a number, true or false",
                ));
            }
        };
        Ok(Self {
            value,
            line: 1,
            offset: given.span().start,
        })
    }
}

impl Config {
    /// Reads `config.toml`. A missing file is an empty one.
    pub(crate) fn load() -> Result<Self, Failure> {
        let Some(path) = path() else {
            return Ok(Self::default());
        };
        let Some(text) = read(&path)? else {
            return Ok(Self::default());
        };
        let mut config = Self::parse(&path, &text)?;
        for setting in config.prompt.values_mut() {
            setting.locate(&text);
        }
        // `writable_by_all` reports a file that others can also write to.
        let exposed = fsutil::is_exposed(&path) && !fsutil::is_world_writable(&path);
        if config.holds_secrets() && exposed {
            config.exposed = Some(path);
        }
        Ok(config)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        // The parser's full message quotes the line, which may hold a secret, so only its text and position are kept.
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            Failure::new(
                Kind::Usage,
                format!(
                    "cannot read {}, line {line}: {}",
                    path.display(),
                    without_values(error.message())
                ),
            )
            .with_hint(
                "a profile is a table: a line [profiles.prod], below it endpoint = \"https://…\" and token = \"…\"",
            )
        })
    }

    fn holds_secrets(&self) -> bool {
        !self.secrets.is_empty() || self.profiles.values().any(Profile::holds_secrets)
    }
}

/// Returns the number of the line with the byte at `offset`, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Returns the file's text, or `None` if the file doesn't exist.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    match fsutil::read_text(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(
            Kind::Usage,
            format!("cannot read {}: {error}", path.display()),
        )),
    }
}

/// Returns the parser's message without the values it quotes, which may be secrets.
fn without_values(message: &str) -> String {
    if let Some(got) = message.strip_prefix("invalid ")
        && let Some((got, expected)) = got.rsplit_once(", expected ")
    {
        let kind = got.split(['"', '`']).next().unwrap_or_default().trim_end();
        return format!("invalid {kind}, expected {expected}");
    }
    match (message.find('"'), message.rfind('"')) {
        (Some(open), Some(close)) if open < close => {
            let (before, _) = message.split_at(open + 1);
            let (_, after) = message.split_at(close);
            format!("{before}…{after}")
        }
        _ => message.to_owned(),
    }
}

/// Returns the folder of `config.toml`: `ZSHELL_CONFIG_DIR`, or the system's settings folder.
pub(crate) fn folder() -> Option<PathBuf> {
    // Found once, because `:cd` changes the current folder.
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let named = set("ZSHELL_CONFIG_DIR").and_then(|name| std::path::absolute(name).ok());
        named.or_else(|| Some(dirs::config_dir()?.join("zshell")))
    };
    FOLDER.get_or_init(find).clone()
}

/// Returns the path of `config.toml`, whether or not the file exists. `None` for an account without a home folder.
pub(crate) fn path() -> Option<PathBuf> {
    folder().map(|folder| folder.join("config.toml"))
}

/// Returns a warning for each place from which every user of the machine could change what zshell does: the settings,
/// and the folders with the journal and the local service's rows.
pub(crate) fn writable_by_all(data_dir: &Path) -> Vec<String> {
    let inside = ["journal", "local"].map(|name| data_dir.join(name));
    let folders = folder().into_iter().chain([data_dir.to_owned()]);
    folders
        .chain(inside)
        .map(|folder| (folder, "o-w"))
        .chain(path().map(|file| (file, "600")))
        .filter(|(path, _)| fsutil::is_world_writable(path))
        .map(|(path, mode)| {
            let path = path.display().to_string();
            let quoted = shell_words::quote(&path);
            format!("every user can write to {path}: chmod {mode} {quoted}")
        })
        .collect()
}

/// Returns the default folder of history and local data: the system's data folder.
pub(crate) fn data_folder() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("zshell"))
}

/// Returns the library folders of `config.toml`. Relative ones are relative to the file, `~/` is the home folder.
pub(crate) fn libraries() -> Result<Vec<PathBuf>, Failure> {
    let beside = folder().unwrap_or_default();
    let absolute = |path: PathBuf| match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => beside.join(path),
    };
    Ok(Config::load()?.lib.into_iter().map(absolute).collect())
}

/// Returns an environment variable if it's set and not empty.
pub(crate) fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Config, without_values};

    #[test]
    fn no_value_is_quoted() {
        for text in [
            "[profiles]\nprod = \"LEAK, expected LEAK\"\n",
            "[profiles]\nprod = 424242\n",
            "default_profile = [\"LEAK\"]\n",
            "profiles = \"LEAK\"\n",
            "[profiles.p]\ntoken = LEAK\n",
            "[profiles.p]\ntoken = \"LEAK\n",
            "[profiles.p]\ntoken = 'a' \"LEAK\"\n",
            "[profiles.p]\ntoken = \"\\LEAK\"\n",
            "[profiles.p]\ntoken = 424242LEAK\n",
            "[secrets]\nA = 424242\n",
            "[secrets]\nA = [\"LEAK\"]\n",
            "secrets = \"LEAK\"\n",
        ] {
            let error = toml::from_str::<Config>(text).expect_err("no config");
            let told = without_values(error.message());
            assert!(!told.contains("LEAK") && !told.contains("4242"), "{told}");
            assert!(!told.is_empty());
        }
    }
}
