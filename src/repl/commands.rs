//! The prompt's commands. They start with a colon and aren't part of the script language.
//!
//! [`COMMANDS`] lists them for `:help`, completion and the README. Larger commands and families have their own files.

mod arguments;
mod colonless;
mod edit;
mod files;
mod folder;
mod history;
mod profile;
mod program;
mod set;
mod vars;
mod watch;
mod who;

pub(super) use colonless::without_colon;
pub(super) use edit::edit_draft;
pub use set::rows as setting_rows;
pub(super) use set::{keep, setting_choices};

use super::shell::Shell;
use crate::engine::registry::Takes;
use crate::engine::syntax::command;
use crate::engine::{ScriptError, help};
use crate::error::Failure;
use crate::guide::CommandHelp;
use crate::render::{OutputFormat, Shown};
use crate::text::words;

/// The result of a command.
pub(super) type CommandResult = Result<(), Box<ScriptError>>;

/// A command of the prompt.
#[derive(Clone, Copy)]
pub struct PromptCommand {
    /// The name without the colon.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// The arguments as documented, for example `[FUNCTION]`.
    pub arguments: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// An example that works as typed.
    pub example: &'static str,
    /// The kinds of its arguments, for completion.
    pub takes: &'static [Takes],
    /// Runs the command with the text after its name.
    pub(super) run: fn(&mut Shell, &str) -> CommandResult,
}

/// All commands, in the order of `:help`.
pub const COMMANDS: &[PromptCommand] = &[
    HELP,
    history::HISTORY,
    files::SAVE,
    files::OUT,
    files::LOAD,
    edit::COMMAND,
    history::RERUN,
    watch::COMMAND,
    TIME,
    set::COMMAND,
    profile::COMMAND,
    who::COMMAND,
    vars::COMMAND,
    folder::CD,
    folder::PWD,
    program::COMMAND,
    CLEAR,
    RESET,
    PromptCommand {
        name: "quit",
        aliases: &["q", "exit"],
        arguments: "",
        help: "leaves, as Ctrl-D does",
        example: ":quit",
        takes: &[],
        run: |shell, _| {
            shell.session().request_exit(0);
            Ok(())
        },
    },
];

const HELP: PromptCommand = PromptCommand {
    name: "help",
    aliases: &["h", "?"],
    arguments: "[NAME or WORD]",
    help: "describes everything, or a function, command, type or topic; else lists where a word occurs",
    example: ":help import",
    takes: &[Takes::Function],
    run: show_help,
};

const TIME: PromptCommand = PromptCommand {
    name: "time",
    aliases: &[],
    arguments: "STATEMENT",
    help: "runs a statement and shows its time and its HTTP requests",
    example: ":time jobs()",
    takes: &[Takes::Anything],
    run: time,
};

const CLEAR: PromptCommand = PromptCommand {
    name: "clear",
    aliases: &[],
    arguments: "",
    help: "clears the screen, as Ctrl-L does",
    example: ":clear",
    takes: &[],
    run: clear,
};

const RESET: PromptCommand = PromptCommand {
    name: "reset",
    aliases: &[],
    arguments: "",
    help: "forgets variables, functions, modules and what :save would write; the connection stays",
    example: ":reset",
    takes: &[],
    run: reset,
};

fn time(shell: &mut Shell, statement: &str) -> CommandResult {
    if statement.is_empty() {
        return Err(arguments::missing("the statement", TIME.example).into());
    }
    shell.timed_statement(statement, true)
}

fn show_help(shell: &mut Shell, about: &str) -> CommandResult {
    let session = shell.session();
    let (screen, commands) = (session.out(), session.prompt_commands());
    let about = about.trim_matches(['"', ' ']);
    let text = match about.strip_prefix(':').map(|name| find(name.trim())) {
        Some(command) => help::about(&format!(":{}", command?.name), &commands, &screen)?,
        None if about.is_empty() => help::overview(&commands, &screen),
        None => help::about(about, &commands, &screen)?,
    };
    Ok(session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?)
}

fn clear(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("clear", rest)?;
    let session = shell.session();
    if session.out().redraw {
        session.write(|out| out.write_all(b"\x1b[H\x1b[2J"))?;
    }
    Ok(())
}

fn reset(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("reset", rest)?;
    shell.reset();
    let session = shell.session();
    let kept = session.current().map_or_else(String::new, |it| {
        format!("; still connected to {}", it.name)
    });
    session.notice(&format!("forgot variables, functions and modules{kept}"));
    Ok(())
}

/// Returns all commands as help shows them.
pub(crate) fn described() -> Vec<CommandHelp> {
    let commands = COMMANDS.iter().map(|it| CommandHelp {
        name: it.name,
        aliases: it.aliases,
        arguments: it.arguments,
        help: it.help,
        example: it.example,
    });
    commands.collect()
}

/// Returns the command with this name (without the colon). An unambiguous beginning of the name is enough.
pub(crate) fn find(name: &str) -> Result<&'static PromptCommand, Failure> {
    let known = |command: &&PromptCommand| command.name == name || command.aliases.contains(&name);
    if let Some(command) = COMMANDS.iter().find(known) {
        return Ok(command);
    }
    let begins = |command: &&PromptCommand| !name.is_empty() && command.name.starts_with(name);
    let begun: Vec<&PromptCommand> = COMMANDS.iter().filter(begins).collect();
    match begun.as_slice() {
        [command] => Ok(command),
        [] => {
            let names = COMMANDS.iter().map(|command| command.name);
            let hint =
                words::did_you_mean(name, names).unwrap_or_else(|| ":help lists them".to_owned());
            Err(Failure::usage(format!("no command :{name}")).with_hint(hint))
        }
        several => {
            let names: Vec<String> = several.iter().map(|it| format!(":{}", it.name)).collect();
            let message = format!(":{name} may be {}", words::list(&names, "or"));
            Err(Failure::usage(message).with_hint("type a letter more"))
        }
    }
}

/// Runs a command line without its colon. An exclamation mark directly after the name belongs to the arguments.
/// `NAME?` and `?NAME` show the help on a name.
pub(super) fn run(shell: &mut Shell, line: &str) -> CommandResult {
    if let Some(rest) = line.strip_prefix(program::COMMAND.name) {
        return (program::COMMAND.run)(shell, rest.trim());
    }
    if line.starts_with('?') || line.ends_with('?') {
        return (HELP.run)(shell, line.trim_matches(['?', ' ']));
    }
    let end = line.find(|letter: char| letter.is_whitespace() || letter == '!');
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    (find(name)?.run)(shell, rest.trim())
}

/// Runs a command or a statement.
pub(super) fn run_any(shell: &mut Shell, text: &str) -> CommandResult {
    match command(text) {
        Some(line) => run(shell, line),
        None => shell.statement(text),
    }
}

/// Returns the start of the statement that a command runs (`:time`, `:watch 5s`), or 0 if there is none.
pub(super) fn statement(text: &str) -> usize {
    let line = text.trim_start().strip_prefix(':');
    let Some((name, rest)) = line.and_then(|line| line.split_once(char::is_whitespace)) else {
        return 0;
    };
    let arguments = find(name).map_or("", |command| command.arguments);
    let takes_time = arguments.starts_with('[');
    if !arguments.ends_with("STATEMENT") {
        return 0;
    }
    // An interval, which starts with a digit, may come first.
    let rest = rest.trim_start();
    let rest = match rest.split_once(char::is_whitespace) {
        Some((time, rest)) if takes_time && time.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => rest,
    };
    text.len() - rest.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, find, statement};

    #[test]
    fn unique_prefixes_of_commands_are_accepted() {
        let name = |text: &str| find(text).map(|it| it.name).map_err(|it| it.to_string());
        assert_eq!(name("hist").as_deref(), Ok("history"));
        assert_eq!(name("h").as_deref(), Ok("help"), "an alias comes first");
        assert_eq!(name("wa").as_deref(), Ok("watch"));
        assert_eq!(name("w"), Err(":w may be :watch or :who".to_owned()));
        assert!(find("").is_err());
        let wrong = find("wacth").err().and_then(|it| it.hint);
        assert!(wrong.is_some_and(|hint| hint.contains("watch")));
    }

    #[test]
    fn similar_names_are_distinguished() {
        let mut names: Vec<&str> = COMMANDS
            .iter()
            .flat_map(|it| std::iter::once(it.name).chain(it.aliases.iter().copied()))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for command in COMMANDS {
            let name = command.example.strip_prefix(':').unwrap_or_default();
            let name = name.split(' ').next().unwrap_or_default();
            assert_eq!(find(name).map(|it| it.name), Ok(command.name));
        }
    }

    #[test]
    fn the_statement_of_a_command_is_found() {
        for (text, found) in [
            (":time jobs().", "jobs()."),
            (":time ", ""),
            (":time 5 + x", "5 + x"),
            ("  :watch 5s  jobs(", "jobs("),
            (":watch jobs(", "jobs("),
            (":watch 5", "5"),
            (":help jo", ":help jo"),
            (":time", ":time"),
            ("jobs() :x", "jobs() :x"),
        ] {
            assert_eq!(&text[statement(text)..], found, "{text}");
        }
    }
}
