//! Errors of the command line's syntax, as clap shows them or as one JSON line.

use crate::error::{Failure, Kind};
use crate::session::log::LogFormat;
use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::path::Path;

/// Shows the error, help or version, and returns the exit code.
pub(super) fn tell(
    mut error: clap::Error,
    words: &[OsString],
    tell: impl FnOnce(LogFormat, Failure),
) -> u8 {
    if !error.use_stderr() {
        // A closed pipe has no reader.
        let _ = error.print();
        return 0;
    }
    suggest_run(&mut error);
    match log_format(words) {
        LogFormat::Text => {
            let _ = error.print();
        }
        LogFormat::Json => tell(LogFormat::Json, failure(&error)),
    }
    Kind::Arguments.exit_code()
}

/// Suggests `zshell run FILE` for a script in place of a command.
fn suggest_run(error: &mut clap::Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let path = Path::new(word);
    if path.is_file() || path.extension().is_some_and(|it| it == "rhai") {
        let command = format!("zshell run {}", shell_words::quote(word));
        let tip = format!("to run a script: {command}");
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}

/// Returns the value of `--log-format`, found by text search because the command line doesn't parse.
fn log_format(words: &[OsString]) -> LogFormat {
    let words = words.iter().map(|word| word.to_str().unwrap_or_default());
    let words: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let apart = words.windows(2).filter_map(|pair| match pair {
        ["--log-format", value] => Some(*value),
        _ => None,
    });
    let joined = words
        .iter()
        .filter_map(|word| word.strip_prefix("--log-format="));
    let json = |value: &str| LogFormat::from_str(value, false) == Ok(LogFormat::Json);
    if apart.chain(joined).any(json) {
        LogFormat::Json
    } else {
        LogFormat::Text
    }
}

/// Splits clap's text: the first paragraph is the message, tips and usage are the hint.
pub(super) fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text
        .split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "a command is missing".to_owned()
    } else {
        let first = paragraphs.next().unwrap_or_default();
        first.strip_prefix("error: ").unwrap_or(&first).to_owned()
    };
    let advice: Vec<String> = paragraphs
        .filter_map(|part| {
            let usage = part
                .strip_prefix("Usage: ")
                .map(|it| format!("usage: {it}"));
            usage.or_else(|| part.strip_prefix("tip: ").map(str::to_owned))
        })
        .collect();
    let failure = Failure::new(Kind::Arguments, message);
    if advice.is_empty() {
        failure.with_hint("--help lists commands and options")
    } else {
        failure.with_hint(advice.join("; "))
    }
}
