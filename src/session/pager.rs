//! The pager of the prompt, for results longer than the screen.
//!
//! The pager is `:set pager`, else `PAGER`, else `less -FRX`. Without a pager, long lists are cut (see
//! [`super::Session::show`]). A setting with shell characters runs in `sh`, as in git.

use super::idle::BorrowedTerminal;
use crate::interrupt::{Interrupt, Stop, TICK};
use std::convert::Infallible;
use std::io::{ErrorKind, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::{fmt, thread};

/// The default: quits on text that fits, keeps colours, leaves the text on the screen and ends on Ctrl-C.
const LESS: &str = "less -FRX -K";

/// The pager setting: `:set pager …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PagerChoice {
    /// `PAGER`, else `less`.
    #[default]
    Environment,
    /// No pager: long lists are cut.
    Off,
    /// This command with its arguments.
    Command(String),
}

impl FromStr for PagerChoice {
    type Err = Infallible;

    /// `off` and an empty text mean no pager, `auto` means the environment's pager, anything else is a command.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.trim() {
            "" | "off" | "none" | "false" => Self::Off,
            "auto" | "on" | "default" | "true" => Self::Environment,
            command => Self::Command(command.to_owned()),
        })
    }
}

impl fmt::Display for PagerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Command(command) => f.write_str(command),
        }
    }
}

/// A pager to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pager {
    command: String,
    /// False for the default pager, which may be missing.
    chosen: bool,
}

impl PagerChoice {
    /// Returns the pager to start. `None` for no pager, also if `PAGER` is empty or `cat`.
    pub(super) fn command(&self) -> Option<Pager> {
        let named = match self {
            Self::Off => return None,
            Self::Command(command) => Some(command.clone()),
            Self::Environment => std::env::var("PAGER").ok(),
        };
        let command = named.as_deref().unwrap_or(LESS).trim().to_owned();
        let chosen = named.is_some();
        (!matches!(&*command, "" | "cat")).then_some(Pager { command, chosen })
    }
}

/// The result of paging.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paged {
    /// The text was shown.
    Shown,
    /// The default pager isn't installed.
    Missing,
    /// The pager couldn't be started, with the reason.
    Failed(String),
}

/// Returns true if the text is longer than `lines` lines of a terminal of this width.
pub(super) fn is_longer(text: &[u8], width: usize, lines: usize) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut used = 0;
    text.lines().any(|line| {
        let columns = console::measure_text_width(line);
        used += columns.div_ceil(width.max(1)).max(1);
        used > lines
    })
}

/// Passes the text to the pager and waits until the pager ends. Restores the terminal's settings.
///
/// Ctrl-C reaches the pager, which decides what to do. SIGTERM and the run's deadline end the pager. With `at_end`, `less`
/// begins at the end of the text.
pub(super) fn page(pager: &Pager, text: &[u8], at_end: bool, interrupt: &Interrupt) -> Paged {
    let terminal = BorrowedTerminal::save();
    let ended = run(pager, text, at_end, interrupt);
    terminal.restore(false);
    let problem = match ended {
        // The exit codes of `sh` for a command that isn't found or can't be started.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => "not found".to_owned(),
        // A `less` that doesn't support the options.
        Ok(status) if !pager.chosen && status.code() == Some(1) => return Paged::Missing,
        Ok(_) => return Paged::Shown,
        Err(error) if error.kind() == ErrorKind::NotFound => "not found".to_owned(),
        Err(error) => error.to_string(),
    };
    let Pager { command, chosen } = pager;
    if *chosen {
        Paged::Failed(format!("cannot start the pager {command:?}: {problem}"))
    } else {
        Paged::Missing
    }
}

fn run(
    pager: &Pager,
    text: &[u8],
    at_end: bool,
    interrupt: &Interrupt,
) -> std::io::Result<ExitStatus> {
    let mut command = command(&pager.command)?;
    // As in git: these options are useful with any `less`, also one in PAGER without arguments.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    if at_end {
        let options = std::env::var("LESS").unwrap_or_else(|_| "FRX".to_owned());
        command.env("LESS", format!("{options} +G"));
    }
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take();
    thread::scope(|scope| {
        // A pager reads while its user scrolls, and not to the end if the user leaves.
        let feed = move || {
            if let Some(stdin) = &mut stdin {
                let _ = stdin.write_all(text);
            }
        };
        let fed = thread::Builder::new()
            .name("pager".to_owned())
            .spawn_scoped(scope, feed);
        if let Err(error) = fed {
            end(&mut child);
            return Err(error);
        }
        wait(&mut child, interrupt)
    })
}

/// Waits for a program that has the terminal. Ctrl-C reaches the program, and any other stop ends it.
pub(crate) fn wait(child: &mut Child, interrupt: &Interrupt) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        match interrupt.check() {
            Ok(()) | Err(Stop::Interrupted) => thread::sleep(TICK),
            Err(_) => end(child),
        }
    }
}

fn end(child: &mut Child) {
    // The pager may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Splits a setting into words, or returns a line for the shell if it has shell characters.
fn command(setting: &str) -> std::io::Result<Command> {
    let mut words: Vec<&str> = setting.split_whitespace().collect();
    if cfg!(unix) && setting.contains(|c: char| "|&;<>()$`\\\"'*?[#~=%".contains(c)) {
        words = vec!["sh", "-c", setting];
    }
    let (program, arguments) = words.split_first().ok_or(ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(setting: &str) -> (String, Vec<String>) {
        let command = command(setting).expect("a command");
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        (
            text(command.get_program()),
            command.get_args().map(text).collect(),
        )
    }

    #[test]
    fn lines_are_counted_as_the_terminal_wraps_them() {
        assert!(!is_longer(b"a\nb\nc\n", 80, 3));
        assert!(is_longer(b"a\nb\nc\nd\n", 80, 3));
        assert!(is_longer("x".repeat(250).as_bytes(), 80, 3));
        assert!(!is_longer("\x1b[31mx\x1b[0m".repeat(80).as_bytes(), 80, 1));
        assert!(is_longer("書".repeat(41).as_bytes(), 80, 1));
    }

    #[test]
    fn settings_are_split_or_left_to_the_shell() {
        assert_eq!(
            program("less  -R -X"),
            ("less".to_owned(), vec!["-R".to_owned(), "-X".to_owned()])
        );
        let line = "LESSSECURE=1 less '-P a b'";
        assert_eq!(
            program(line),
            ("sh".to_owned(), vec!["-c".to_owned(), line.to_owned()])
        );
        assert!(command("  ").is_err());
    }

    #[test]
    fn choices_are_converted_to_names_and_back() {
        for (text, choice) in [
            ("off", PagerChoice::Off),
            ("auto", PagerChoice::Environment),
            ("less -S", PagerChoice::Command("less -S".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(choice.clone()));
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!(PagerChoice::Off.command(), None);
        assert_eq!(PagerChoice::Command("cat".to_owned()).command(), None);
    }

    #[test]
    fn a_pager_that_cannot_start_is_an_error() {
        let interrupt = Interrupt::new();
        for setting in ["no-such-pager", "no-such-pager '-x'"] {
            let pager = Pager {
                command: setting.to_owned(),
                chosen: true,
            };
            let paged = page(&pager, b"x", false, &interrupt);
            assert!(
                matches!(&paged, Paged::Failed(why) if why.contains("not found")),
                "{paged:?}"
            );
        }
        let missing = Pager {
            command: "no-such-pager".to_owned(),
            chosen: false,
        };
        assert_eq!(page(&missing, b"x", true, &interrupt), Paged::Missing);
    }
}
