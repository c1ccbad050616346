//! `:set`

use super::{CommandResult, PromptCommand};
use crate::config::{self, Config, EditMode};
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::render::signals::{BellChoice, TaskbarChoice};
use crate::render::{ColorChoice, OutputFormat, Shown};
use crate::repl::shell::Shell;
use crate::session::pager::PagerChoice;
use crate::session::{Choices, Session};
use crate::text::words;
use clap::ValueEnum;
use serde_json::json;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "set",
    aliases: &[],
    arguments: "[NAME [VALUE]]",
    help: "lists the settings of this session, shows one, or changes it",
    example: ":set output json",
    takes: &[Takes::Words(NAMES), Takes::SettingValue],
    run,
};

/// The names of the settings.
const NAMES: &[&str] = &{
    let mut names = [""; SETTINGS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = SETTINGS[at].name;
        at += 1;
    }
    names
};

/// Placeholder for any command among a setting's values.
const ANYTHING: &str = "COMMAND";

/// A setting of the session.
struct SessionSetting {
    name: &'static str,
    help: &'static str,
    /// The allowed values, the default first. One in capitals is a placeholder for any text.
    values: fn() -> Vec<String>,
    field: fn(&mut Choices) -> &mut dyn SettingValue,
}

const SETTINGS: &[SessionSetting] = &[
    setting::<OutputFormat>("output", "the form of results", |it| &mut it.output),
    setting::<ColorChoice>("color", "colours", |it| &mut it.color),
    setting::<bool>("verbose", "a log of the HTTP calls", |it| &mut it.verbose),
    setting::<bool>("quiet", "no notices and no bars", |it| &mut it.quiet),
    setting::<bool>("timing", "each statement's time", |it| &mut it.timing),
    setting::<PagerChoice>("pager", "the program for long results", |it| &mut it.pager),
    setting::<EditMode>("edit_mode", "the keys of the prompt", |it| {
        &mut it.edit_mode
    }),
    setting::<BellChoice>(
        "bell",
        "the signal at the end of a wait of more than 10s",
        |it| &mut it.signals.bell,
    ),
    setting::<TaskbarChoice>(
        "taskbar",
        "the progress of a wait in the terminal's task bar",
        |it| &mut it.signals.taskbar,
    ),
    setting::<bool>(
        "title",
        "the progress of a wait in the window's title",
        |it| &mut it.signals.title,
    ),
];

const fn setting<T: SettingValue>(
    name: &'static str,
    help: &'static str,
    field: fn(&mut Choices) -> &mut dyn SettingValue,
) -> SessionSetting {
    SessionSetting {
        name,
        help,
        values: T::values,
        field,
    }
}

/// A value that has words in `:set`.
trait SettingValue {
    fn values() -> Vec<String>
    where
        Self: Sized;
    fn get(&self) -> String;
    fn set(&mut self, word: &str);
}

impl SettingValue for bool {
    fn values() -> Vec<String> {
        vec!["off".to_owned(), "on".to_owned()]
    }

    fn get(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }

    fn set(&mut self, word: &str) {
        *self = word == "on";
    }
}

impl SettingValue for PagerChoice {
    fn values() -> Vec<String> {
        ["auto", "off", ANYTHING].map(str::to_owned).to_vec()
    }

    fn get(&self) -> String {
        self.to_string()
    }

    fn set(&mut self, word: &str) {
        let Ok(pager) = word.parse();
        *self = pager;
    }
}

/// A choice that the command line or `config.toml` has, too.
trait OptionValue: ValueEnum {}

impl OptionValue for OutputFormat {}
impl OptionValue for ColorChoice {}
impl OptionValue for EditMode {}
impl OptionValue for BellChoice {}
impl OptionValue for TaskbarChoice {}

impl<T: OptionValue> SettingValue for T {
    fn values() -> Vec<String> {
        T::value_variants().iter().map(T::get).collect()
    }

    fn get(&self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn set(&mut self, word: &str) {
        if let Ok(chosen) = T::from_str(word, true) {
            *self = chosen;
        }
    }
}

impl SessionSetting {
    fn get(&self, session: &Session) -> String {
        (self.field)(&mut session.choices().clone()).get()
    }

    fn set(&self, session: &Session, word: &str) {
        session.choose(|choices| (self.field)(choices).set(word));
    }
}

/// Returns each setting with its values and meaning, for the guide.
pub fn rows() -> Vec<[String; 3]> {
    let rows = SETTINGS.iter().map(|it| {
        let values = (it.values)();
        [it.name.to_owned(), values.join(" "), it.help.to_owned()]
    });
    rows.collect()
}

/// Returns the settings that differ from their defaults, as `name value`.
pub(super) fn changed(session: &Session) -> Vec<String> {
    let changed = SETTINGS.iter().filter_map(|setting| {
        let value = setting.get(session);
        let usual = (setting.values)().into_iter().next();
        (usual.as_ref() != Some(&value)).then(|| format!("{} {value}", setting.name))
    });
    changed.collect()
}

/// Applies the settings in `[prompt]` of `config.toml`. The command line's options, `NO_COLOR` and `PAGER` win.
pub(in crate::repl) fn keep(shell: &Shell, config: &Config) {
    let session = shell.session();
    for (name, kept) in &config.prompt {
        let chosen = find(name).and_then(|setting| Ok((setting, word(setting, &kept.value)?)));
        match chosen {
            Ok(_) if session.choices().given.contains(name) || in_environment(name) => {}
            Ok((setting, word)) => setting.set(&session, &word),
            Err(mut failure) => {
                let (path, line) = (config::path().unwrap_or_default(), kept.line);
                failure.message = format!("{}, line {line}: {failure}", path.display());
                shell.complain(&Box::from(failure));
            }
        }
    }
}

/// Returns true if an environment variable decides a setting.
fn in_environment(name: &str) -> bool {
    match name {
        "color" => config::set("NO_COLOR").is_some(),
        "pager" => std::env::var_os("PAGER").is_some(),
        _ => false,
    }
}

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let session = shell.session();
    let mut words = rest.splitn(2, [' ', '=']).map(str::trim);
    let name = words.next().unwrap_or_default();
    let value = words.next().filter(|value| !value.is_empty());
    match (name, value) {
        ("", _) => list(&session)?,
        (name, None) => show(&session, find(name)?)?,
        (name, Some(value)) => {
            let setting = find(name)?;
            setting.set(&session, &word(setting, value)?);
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static SessionSetting, Failure> {
    let found = SETTINGS.iter().find(|setting| setting.name == name);
    found.ok_or_else(|| {
        let hint = words::did_you_mean(name, NAMES.iter().copied())
            .unwrap_or_else(|| format!("there are {}", words::list(NAMES, "and")));
        Failure::usage(format!("no setting {name:?}")).with_hint(hint)
    })
}

/// Returns the values that a setting can have, without the placeholder for any text.
pub(crate) fn setting_choices(name: &str) -> Vec<String> {
    let mut values = find(name).map_or_else(|_| Vec::new(), |setting| (setting.values)());
    values.retain(|value| value != ANYTHING);
    values
}

fn list(session: &Session) -> Result<(), Failure> {
    let rows = SETTINGS.iter().map(|setting| {
        json!({
            "setting": setting.name,
            "value": setting.get(session),
            "choices": (setting.values)().join(" "),
            "meaning": setting.help,
        })
    });
    session.show_as(Shown::Value(&rows.collect()), OutputFormat::Table)?;
    how_to_keep(session, "output", "json");
    Ok(())
}

/// Says how a setting outlives the session.
fn how_to_keep(session: &Session, name: &str, value: &str) {
    if let Some(path) = config::path() {
        let path = path.display();
        session.notice(&format!(
            "for all sessions: {name} = {} below [prompt] in {path}",
            words::quote(value)
        ));
    }
}

fn show(session: &Session, setting: &SessionSetting) -> Result<(), Failure> {
    let value = setting.get(session);
    let choices = words::list(&(setting.values)(), "or");
    let text = format!("{} {value}   ({choices})", setting.name);
    session.show_as(Shown::Text(&text), OutputFormat::Table)?;
    how_to_keep(session, setting.name, &value);
    Ok(())
}

/// Returns a setting's value as its table has it.
fn word(setting: &SessionSetting, value: &str) -> Result<String, Failure> {
    let values = (setting.values)();
    let word = match value.to_lowercase().as_str() {
        "true" | "yes" => "on".to_owned(),
        "false" | "no" => "off".to_owned(),
        other => other.to_owned(),
    };
    if values.iter().any(|value| value == ANYTHING) {
        return Ok(value.to_owned());
    }
    if !values.contains(&word) {
        let hint = words::did_you_mean(&word, values.iter().map(String::as_str))
            .unwrap_or_else(|| format!("one of {}", words::list(&values, "and")));
        let message = format!("{} cannot be {value:?}", setting.name);
        return Err(Failure::usage(message).with_hint(hint));
    }
    Ok(word)
}
