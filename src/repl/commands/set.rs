//! `:set`

use super::{CommandResult, PromptCommand};
use crate::config::{self, Config, EditMode};
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::render::signals::{BellChoice, TaskbarChoice};
use crate::render::{ColorChoice, OutputFormat, Shown};
use crate::repl::shell::Shell;
use crate::session::{Choices, Session};
use crate::text::words;
use clap::ValueEnum;
use serde_json::{Value, json};

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
    get: fn(&Choices) -> String,
    /// Sets the value.
    set: fn(&mut Choices, &str),
}

const SETTINGS: &[SessionSetting] = &[
    SessionSetting {
        name: "output",
        help: "the form of results",
        values: names_of::<OutputFormat>,
        get: |choices| name_of(&choices.output),
        set: |choices, word| choose(&mut choices.output, word),
    },
    SessionSetting {
        name: "color",
        help: "colours",
        values: names_of::<ColorChoice>,
        get: |choices| name_of(&choices.color),
        set: |choices, word| choose(&mut choices.color, word),
    },
    SessionSetting {
        name: "verbose",
        help: "a log of the HTTP calls",
        values: off_or_on,
        get: |choices| switch(choices.verbose),
        set: |choices, word| choices.verbose = word == "on",
    },
    SessionSetting {
        name: "quiet",
        help: "no notices and no bars",
        values: off_or_on,
        get: |choices| switch(choices.quiet),
        set: |choices, word| choices.quiet = word == "on",
    },
    SessionSetting {
        name: "timing",
        help: "each statement's time",
        values: off_or_on,
        get: |choices| switch(choices.timing),
        set: |choices, word| choices.timing = word == "on",
    },
    SessionSetting {
        name: "pager",
        help: "the program for long results",
        values: || ["auto", "off", ANYTHING].map(str::to_owned).to_vec(),
        get: |choices| choices.pager.to_string(),
        set: |choices, word| {
            let Ok(pager) = word.parse();
            choices.pager = pager;
        },
    },
    SessionSetting {
        name: "edit_mode",
        help: "the keys of the prompt",
        values: names_of::<EditMode>,
        get: |choices| name_of(&choices.edit_mode),
        set: |choices, word| choose(&mut choices.edit_mode, word),
    },
    SessionSetting {
        name: "bell",
        help: "the signal at the end of a wait of more than 10s",
        values: names_of::<BellChoice>,
        get: |choices| name_of(&choices.signals.bell),
        set: |choices, word| choose(&mut choices.signals.bell, word),
    },
    SessionSetting {
        name: "taskbar",
        help: "the progress of a wait in the terminal's task bar",
        values: names_of::<TaskbarChoice>,
        get: |choices| name_of(&choices.signals.taskbar),
        set: |choices, word| choose(&mut choices.signals.taskbar, word),
    },
    SessionSetting {
        name: "title",
        help: "the progress of a wait in the window's title",
        values: off_or_on,
        get: |choices| switch(choices.signals.title),
        set: |choices, word| choices.signals.title = word == "on",
    },
];

fn off_or_on() -> Vec<String> {
    vec!["off".to_owned(), "on".to_owned()]
}

fn switch(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn name_of(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn names_of<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().map(name_of).collect()
}

fn choose<T: ValueEnum>(value: &mut T, word: &str) {
    if let Ok(chosen) = T::from_str(word, true) {
        *value = chosen;
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
    let choices = session.choices();
    let changed = SETTINGS.iter().filter_map(|setting| {
        let value = (setting.get)(&choices);
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
            Ok((setting, word)) => session.choose(|choices| (setting.set)(choices, &word)),
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
            let word = word(setting, value)?;
            session.choose(|choices| (setting.set)(choices, &word));
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
    let rows: Vec<Value> = {
        let choices = session.choices();
        let row = |setting: &SessionSetting| {
            json!({
                "setting": setting.name,
                "value": (setting.get)(&choices),
                "choices": (setting.values)().join(" "),
                "meaning": setting.help,
            })
        };
        SETTINGS.iter().map(row).collect()
    };
    session.show_as(Shown::Value(&Value::Array(rows)), OutputFormat::Table)?;
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
    let value = (setting.get)(&session.choices());
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
