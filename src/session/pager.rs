//! The pager: shows at the prompt what is longer than the screen.
//!
//! The one named by `:set pager`, else `PAGER`, else `less -FRX`; without any, long lists are cut (see
//! [`super::Session::show`]). A setting with characters that mean something to a shell is given to `sh`, as git does.

use crate::interrupt::{Interrupt, Stop, TICK};
use std::convert::Infallible;
use std::fmt;
use std::io::{ErrorKind, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::thread;
use unicode_width::UnicodeWidthStr;

/// What there is where nobody says otherwise: quits by itself on what fits, keeps colours, leaves the text on the screen,
/// and ends on Ctrl-C.
const LESS: &str = "less -FRX -K";

/// What shows long results at the prompt: `:set pager …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PagerChoice {
    /// `PAGER`, else `less`.
    #[default]
    Environment,
    /// None: long lists are cut.
    Off,
    /// This command with its arguments.
    Command(String),
}

impl FromStr for PagerChoice {
    type Err = Infallible;

    /// `off` and nothing at all are no pager, `auto` is that of the environment, anything else is a command.
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
    /// False for our own default, whose absence is no mistake of anyone's.
    chosen: bool,
}

impl PagerChoice {
    /// What to start; `None` for no pager, which an empty `PAGER` and `PAGER=cat` ask for too.
    pub(super) fn command(&self) -> Option<Pager> {
        let named = match self {
            Self::Off => return None,
            Self::Command(command) => Some(command.clone()),
            Self::Environment => std::env::var("PAGER").ok(),
        };
        match named.as_deref().map(str::trim) {
            Some("" | "cat") => None,
            Some(command) => Some(Pager {
                command: command.to_owned(),
                chosen: true,
            }),
            None => Some(Pager {
                command: LESS.to_owned(),
                chosen: false,
            }),
        }
    }
}

/// What became of paging.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paged {
    /// The text was there to be read.
    Shown,
    /// There is no `less`, and nobody named another.
    Missing,
    /// The pager cannot be started; why.
    Failed(String),
}

/// True where the text takes more than `lines` of a terminal of this width.
pub(super) fn is_longer(text: &[u8], width: usize, lines: usize) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut used = 0;
    text.lines().any(|line| {
        let columns = without_colours(line).width();
        used += columns.div_ceil(width.max(1)).max(1);
        used > lines
    })
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        text.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
        text
    })
}

/// Gives the text to the pager and waits until it is left. The terminal's settings are afterwards what they were.
///
/// Ctrl-C reaches the pager too, and decides nothing here: it is the pager that ends, or not. SIGTERM and the run's
/// deadline end the pager.
pub(super) fn page(pager: &Pager, text: &[u8], interrupt: &Interrupt) -> Paged {
    let settings = terminal::settings();
    let ended = run(pager, text, interrupt);
    terminal::restore(settings);
    let problem = match ended {
        // What `sh` says where it cannot find or start a command.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => "not found".to_owned(),
        // A `less` that does not know our options.
        Ok(status) if !pager.chosen && status.code() == Some(1) => return Paged::Missing,
        Ok(_) => return Paged::Shown,
        Err(error) if error.kind() == ErrorKind::NotFound => "not found".to_owned(),
        Err(error) => error.to_string(),
    };
    if pager.chosen {
        Paged::Failed(format!(
            "cannot start the pager {:?}: {problem}",
            pager.command
        ))
    } else {
        Paged::Missing
    }
}

fn run(pager: &Pager, text: &[u8], interrupt: &Interrupt) -> std::io::Result<ExitStatus> {
    let mut command = command(&pager.command)?;
    // As git does: what these do is wanted with any `less`, also one named by PAGER without arguments.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take();
    thread::scope(|scope| {
        // A pager reads as its reader goes on, and not to the end where it is left.
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
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            match interrupt.check() {
                Ok(()) | Err(Stop::Interrupted) => thread::sleep(TICK),
                Err(_) => end(&mut child),
            }
        }
    })
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// The command of a setting: words between blanks, or a line for the shell where it has the shell's characters.
fn command(setting: &str) -> std::io::Result<Command> {
    let mut words = setting.split_whitespace();
    let is_shell = cfg!(unix) && setting.contains(|c: char| "|&;<>()$`\\\"'*?[#~=%".contains(c));
    if is_shell {
        let mut command = Command::new("sh");
        command.args(["-c", setting]);
        return Ok(command);
    }
    let program = words.next().ok_or(ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(words);
    Ok(command)
}

/// The terminal's settings, which a pager that is killed leaves as it needed them.
#[cfg(unix)]
mod terminal {
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    pub(super) fn settings() -> Option<Termios> {
        tcgetattr(std::io::stdin()).ok()
    }

    pub(super) fn restore(settings: Option<Termios>) {
        if let Some(settings) = settings {
            // Nothing can be done about a terminal that is gone.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, &settings);
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    pub(super) fn settings() {}
    pub(super) fn restore(_settings: ()) {}
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
    fn lines_are_counted_as_the_terminal_breaks_them() {
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
    fn choices_are_words_and_back() {
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
    fn a_pager_that_cannot_start_is_told() {
        let interrupt = Interrupt::new();
        for setting in ["no-such-pager", "no-such-pager '-x'"] {
            let pager = Pager {
                command: setting.to_owned(),
                chosen: true,
            };
            let paged = page(&pager, b"x", &interrupt);
            assert!(
                matches!(&paged, Paged::Failed(why) if why.contains("not found")),
                "{paged:?}"
            );
        }
        let missing = Pager {
            command: "no-such-pager".to_owned(),
            chosen: false,
        };
        assert_eq!(page(&missing, b"x", &interrupt), Paged::Missing);
    }
}
