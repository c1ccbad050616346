//! `:watch`

mod view;

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::engine::times::parse_duration;
use crate::engine::{ScriptError, types};
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::render;
use crate::repl::shell::Shell;
use crate::session::idle::wait_for_key;
use crate::text::words;
use std::time::Duration;
use view::WatchView;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "watch",
    aliases: &[],
    arguments: "[INTERVAL] STATEMENT",
    help: "shows a statement's value again and again, every 2s by default, until q or Ctrl-C",
    example: ":watch 5s jobs()",
    takes: &[Takes::Anything],
    run,
};

/// Default time between two rounds.
const USUAL: Duration = Duration::from_secs(2);
/// Minimum time between two rounds.
const LEAST: Duration = Duration::from_millis(500);

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let (interval, statement) = read(rest)?;
    let session = shell.session();
    shell.interpreter.check(statement)?;
    let mut view = WatchView::new(&format!("every {}: {statement}", words::duration(interval)));
    let mut is_first = true;
    loop {
        let (result, printed) = session.capture(|| round(shell, statement));
        if session.exit_code().is_some() {
            break;
        }
        let mut body = String::from_utf8_lossy(&printed).into_owned();
        match session.interrupt.check() {
            Err(Stop::Interrupted) => break,
            Err(stop) => return Err(Failure::from(stop).into()),
            Ok(()) => {}
        }
        if let Err(error) = result {
            // A mistake in the statement: repeating it is useless.
            let kind = error.failure.kind;
            if kind == Kind::Usage || (is_first && kind == Kind::Script) {
                return Err(error);
            }
            body.push_str(&error.lay_out(&session.out()));
        }
        match view.draw(&session, &body) {
            Err(failure) if failure.kind == Kind::Interrupted => break,
            drawn => drawn?,
        }
        is_first = false;
        match wait_for_key(b'q', interval, &session.interrupt) {
            Ok(true) | Err(Stop::Interrupted) => break,
            Err(stop) => return Err(Failure::from(stop).into()),
            Ok(false) => {}
        }
    }
    // The last view stays on the screen. The key has done its work.
    session.interrupt.clear();
    Ok(())
}

/// Evaluates the statement and writes its value, never through the pager.
fn round(shell: &Shell, statement: &str) -> Result<(), Box<ScriptError>> {
    let value = shell.interpreter.glance(statement)?;
    let session = shell.session();
    let (screen, format) = (session.out(), session.choices().output);
    types::show(&value, |shown| {
        session.write(|out| render::write(out, &shown, format, &screen))
    })
    .map_err(Failure::into)
}

/// Splits the argument into interval and statement.
fn read(text: &str) -> Result<(Duration, &str), Failure> {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    // A bare number belongs to the statement.
    let is_time = first.starts_with(|letter: char| letter.is_ascii_digit())
        && first.ends_with(|letter: char| letter.is_ascii_alphabetic());
    let (interval, statement) = match parse_duration(first).filter(|_| is_time) {
        Some(interval) => (interval, rest.trim()),
        None => (USUAL, text.trim()),
    };
    if interval < LEAST {
        return Err(Failure::usage(format!(
            "{first} is too often: at least 500ms"
        )));
    }
    if statement.is_empty() {
        return Err(arguments::missing("the statement", COMMAND.example));
    }
    Ok((interval, statement))
}

#[cfg(test)]
mod tests {
    use super::{USUAL, read};
    use std::time::Duration;

    #[test]
    fn the_interval_is_optional() {
        assert_eq!(read("jobs()"), Ok((USUAL, "jobs()")));
        assert_eq!(read("5s  jobs()"), Ok((Duration::from_secs(5), "jobs()")));
        assert_eq!(read("500ms 1"), Ok((Duration::from_millis(500), "1")));
        assert_eq!(read("5 + 3"), Ok((USUAL, "5 + 3")));
        assert!(read("").is_err());
        assert!(read("5s").is_err());
        assert!(read("100ms jobs()").is_err());
    }
}
