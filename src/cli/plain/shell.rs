//! Script calls as shell commands: `wait("job-1", #{interval: "5s"})` is `zshell wait job-1 --interval 5s`.
//!
//! Hints, help texts and examples name calls in the script language. At a shell, [`reworded`] replaces each call of a
//! function that's a command.

use super::form::{self, CommandForm, kebab};
use crate::engine::describe::Takes;
use crate::engine::registry::{self, Function};
use crate::engine::syntax::SourceText;
use rhai::Token;
use serde_json::{Map, Value};
use std::ops::Range;

/// Returns the profile of a job, as `-p` names it.
pub(crate) type ProfileOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An argument of a call in a text.
#[derive(Clone, Debug)]
enum CallArgument {
    /// A literal, or a list or map of literals.
    Literal(Value),
    /// A name, such as `job` in `progress(job)`, or a pattern that the shell expands.
    Word(String),
}

/// Returns a text with its calls as shell commands, and its maps as JSON. With `profile_of`, which returns the profile
/// of a job or, for an empty id, of the run, commands that connect have `-p PROFILE`.
pub(crate) fn reworded(text: &str, profile_of: Option<ProfileOf<'_>>) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let fresh = !(before.is_alphanumeric() || matches!(before, '_' | '.' | '-' | ':'));
        let replaced = (fresh && (letter.is_ascii_lowercase() || letter == '#'))
            .then(|| replaced(rest, profile_of))
            .flatten();
        let length = match replaced {
            Some((words, length)) => {
                out.push_str(&words);
                length
            }
            None => {
                out.push(letter);
                letter.len_utf8()
            }
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    out
}

/// Returns the last line of an example of the script language as a shell command, if its outermost call is a command.
pub(super) fn example(example: &str) -> Option<String> {
    let example = example.lines().last()?;
    let function = called(example)?;
    let source = SourceText::read(example);
    let close = source.partner(1)?;
    let length = source.span(close).end;
    let call = WrittenCall::read(&source, function, close)?;
    (length + member(&example[length..]) == example.len()).then(|| call.command(None))
}

/// Returns the replacement for the call or map at the start of a text, and the length of the replaced part.
fn replaced(text: &str, profile_of: Option<ProfileOf<'_>>) -> Option<(String, usize)> {
    if text.starts_with("#{") {
        let source = SourceText::read(text);
        let close = source.partner(0)?;
        return Some(match literal(&source, 0..close + 1) {
            Some(CallArgument::Literal(map)) => (quoted(&map.to_string()), source.span(close).end),
            _ => ("{".to_owned(), 2),
        });
    }
    let function = called(text)?;
    let source = SourceText::read(text);
    let close = source.partner(1)?;
    let end = source.span(close).end;
    if function.name == "connect" {
        let words = match literal(&source, 2..close) {
            Some(CallArgument::Literal(Value::String(place))) => format!("-p {}", quoted(&place)),
            // No option takes other arguments.
            _ => text[..end].to_owned(),
        };
        return Some((words, end));
    }
    if let Some(call) = WrittenCall::read(&source, function, close) {
        return Some((call.command(profile_of), end + member(&text[end..])));
    }
    if !form::is_command(function) {
        return Some((text[..end].to_owned(), end));
    }
    // A call of calls, which no command makes.
    let profile = profile_of.filter(|_| function.method).and_then(|of| of(""));
    let call = shell_words::quote(&text[..end]).into_owned();
    Some((line(profile, &["eval".to_owned(), call]), end))
}

/// Returns the length of an access such as `.details` behind a call, which a command doesn't need: it shows the whole
/// result.
fn member(rest: &str) -> usize {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let name = rest.strip_prefix('.').unwrap_or_default();
    let length = name.find(|letter| !is_part(letter)).unwrap_or(name.len());
    if length > 0 { length + 1 } else { 0 }
}

/// A call in a text.
struct WrittenCall {
    function: &'static Function,
    arguments: Vec<CallArgument>,
}

/// Returns the function that's called at the start of a text.
fn called(text: &str) -> Option<&'static Function> {
    let (name, _) = text.split_once('(')?;
    registry::find(name)
}

/// Reads an argument.
fn literal(source: &SourceText, item: Range<usize>) -> Option<CallArgument> {
    let text = source.tokens_text(item.clone());
    let value = |value| Some(CallArgument::Literal(value));
    match source.token(item.start)? {
        Token::StringConstant(text) if item.len() == 1 => value(Value::String(text.to_string())),
        Token::True => value(Value::Bool(true)),
        Token::False => value(Value::Bool(false)),
        Token::LeftBracket => {
            let items = source.items(item.start, item.end - 1).into_iter();
            let items = items.filter(|item| source.tokens_text(item.clone()) != "…");
            let items: Vec<CallArgument> =
                items.map(|it| literal(source, it)).collect::<Option<_>>()?;
            match items.as_slice() {
                [CallArgument::Word(word)] => Some(CallArgument::Word(word.clone())),
                items => value(items.iter().map(json).collect::<Option<_>>()?),
            }
        }
        Token::MapStart => {
            let mut map = Map::new();
            for item in source.items(item.start, item.end - 1) {
                let key = source.key(&item)?;
                let inner = literal(source, item.start + 2..item.end)?;
                map.insert(key.trim_matches('"').to_owned(), json(&inner)?);
            }
            value(Value::Object(map))
        }
        Token::Identifier(name) if item.len() == 1 => {
            Some(CallArgument::Word(kebab(name).to_ascii_uppercase()))
        }
        Token::Identifier(name) if name.as_str() == "glob" => {
            match literal(source, item.start + 2..item.end - 1)? {
                CallArgument::Literal(Value::String(pattern)) => Some(CallArgument::Word(pattern)),
                _ => None,
            }
        }
        _ => value(text.parse::<serde_json::Number>().ok()?.into()),
    }
}

fn json(argument: &CallArgument) -> Option<Value> {
    match argument {
        CallArgument::Literal(value) => Some(value.clone()),
        CallArgument::Word(_) => None,
    }
}

impl WrittenCall {
    /// Reads the call of a command, whose closing parenthesis is the token `close`.
    fn read(source: &SourceText, function: &'static Function, close: usize) -> Option<Self> {
        if !form::is_command(function) && function.name != "submissions" {
            return None;
        }
        let items = source.items(1, close).into_iter();
        let arguments = items.map(|item| literal(source, item));
        Some(Self {
            function,
            arguments: arguments.collect::<Option<_>>()?,
        })
    }

    /// Returns the shell command. A wait for jobs of several connections is several commands.
    fn command(&self, profile_of: Option<ProfileOf<'_>>) -> String {
        let Some(profile_of) = profile_of.filter(|_| self.function.method) else {
            return line(None, &self.words(&self.arguments));
        };
        let mut groups: Vec<(Option<String>, Vec<Value>)> = Vec::new();
        for job in self.jobs() {
            let profile = profile_of(job.as_str().unwrap_or_default());
            match groups.iter_mut().find(|(known, _)| *known == profile) {
                Some((_, group)) => group.push(job),
                None => groups.push((profile, vec![job])),
            }
        }
        if groups.len() < 2 {
            let first = groups.pop().map(|(profile, _)| profile);
            let profile = first.unwrap_or_else(|| profile_of(""));
            return line(profile, &self.words(&self.arguments));
        }
        let lines = groups.into_iter().map(|(profile, jobs)| {
            let mut arguments = self.arguments.clone();
            arguments[0] = CallArgument::Literal(Value::Array(jobs));
            line(profile, &self.words(&arguments))
        });
        lines.collect::<Vec<_>>().join(", and ")
    }

    /// Returns the ids of the jobs that the call names.
    fn jobs(&self) -> Vec<Value> {
        let takes_jobs = self.function.takes.first() == Some(&Takes::Job);
        match self.arguments.first().filter(|_| takes_jobs) {
            Some(CallArgument::Literal(Value::Array(jobs))) => jobs.clone(),
            Some(CallArgument::Literal(job)) => vec![job.clone()],
            _ => Vec::new(),
        }
    }

    fn words(&self, arguments: &[CallArgument]) -> Vec<String> {
        let form = CommandForm::of(self.function);
        let path = form::path(self.function);
        let mut words: Vec<String> = path.split(' ').map(str::to_owned).collect();
        for (index, argument) in arguments.iter().enumerate() {
            let value = match argument {
                CallArgument::Literal(value) => value,
                CallArgument::Word(name) => {
                    words.push(name.clone());
                    continue;
                }
            };
            match (value, form.positionals.get(index)) {
                (Value::Object(map), _) if form.options_at.is_some_and(|at| index >= at) => {
                    for (key, value) in map {
                        option_words(&mut words, key, value);
                    }
                }
                (value, None) => {
                    let name = form.names.get(index).cloned().flatten();
                    option_words(&mut words, &name.unwrap_or_default(), value);
                }
                (Value::Array(items), Some(it)) if it.repeated => {
                    words.extend(items.iter().map(word));
                }
                (value, _) => words.push(word(value)),
            }
        }
        words
    }
}

fn option_words(words: &mut Vec<String>, name: &str, value: &Value) {
    let flag = format!("--{}", kebab(name));
    match value {
        Value::Bool(true) => words.push(flag),
        Value::Bool(false) => words.push(format!("{flag}=false")),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            words.extend(items.iter().flat_map(|item| [flag.clone(), word(item)]));
        }
        value => words.extend([flag, word(value)]),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

/// Quotes a word for a shell. A word with `…` is a placeholder and stays readable.
fn quoted(word: &str) -> String {
    if word.contains('…') {
        word.to_owned()
    } else {
        shell_words::quote(word).into_owned()
    }
}

fn line(profile: Option<String>, words: &[String]) -> String {
    let profile = profile.map_or_else(String::new, |profile| format!("-p {} ", quoted(&profile)));
    format!("zshell {profile}{}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_shell_commands() {
        let profile = |job: &str| match job {
            "job-b" => Some("us".to_owned()),
            _ => Some("eu".to_owned()),
        };
        for (text, shown) in [
            (
                "come back with wait(\"job-1\")",
                "come back with zshell -p eu wait job-1",
            ),
            (
                "wait([\"job-a\", \"job-b\"]) now",
                "zshell -p eu wait job-a, and zshell -p us wait job-b now",
            ),
            ("jobs() lists them", "zshell -p eu jobs lists them"),
            (
                "progress(job) shows it",
                "zshell -p eu progress JOB shows it",
            ),
            (
                "load(name, #{timeout: \"30m\"})",
                "zshell -p eu load NAME --timeout 30m",
            ),
            (
                "connect(\"local\") needs no account",
                "-p local needs no account",
            ),
            (
                "connect(#{endpoint: \"h\", api: \"v1\"}) reads",
                "connect(#{endpoint: \"h\", api: \"v1\"}) reads",
            ),
            (
                "show(value, #{file: \"a\", overwrite: true}) replaces",
                "show(value, #{file: \"a\", overwrite: true}) replaces",
            ),
            (
                "progress(\"j\").details shows",
                "zshell -p eu progress j shows",
            ),
            ("submissions() lists", "zshell journal list lists"),
            (
                "wait(jobs(#{state: \"active\"}))",
                "zshell -p eu eval 'wait(jobs(#{state: \"active\"}))'",
            ),
            ("e.g. #{radius: 0.8}", "e.g. '{\"radius\":0.8}'"),
            (
                "secret(\"NAME\") and show(job)",
                "secret(\"NAME\") and show(job)",
            ),
            ("my_jobs() and x.wait(1", "my_jobs() and x.wait(1"),
            (
                "an unloaded (or wait( unclosed",
                "an unloaded (or wait( unclosed",
            ),
            (
                "query(\"books\", \"id in [1, 2]\", [\"title\"])",
                "zshell -p eu query books 'id in [1, 2]' --fields title",
            ),
        ] {
            assert_eq!(reworded(text, Some(&profile)), shown);
        }
    }

    #[test]
    fn texts_of_any_kind_are_kept() {
        for text in [
            "", "(", "wait(", "wait)", "ü#{", "#{a", "wait(\"", "jobs(#{)", "jobs(]",
        ] {
            let _ = reworded(text, None);
        }
    }
}
