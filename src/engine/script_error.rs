//! Script errors: message, position and call stack.

use super::compile::{self, Sources};
use super::explain::{self, At};
use super::syntax::{SourceText, secrets};
use crate::error::{ErrorOrigin, Failure, Kind, SourcePosition};
use crate::render::{Screen, Tone, hanging};
use crate::secret::MASK;
use crate::text::words;
use rhai::{Dynamic, EvalAltResult, Position};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// A script's failure with its position and call stack.
#[derive(Clone, Debug)]
pub struct ScriptError {
    /// The failure.
    pub failure: Failure,
    /// Its position, if known.
    pub place: Option<SourcePosition>,
    /// The callers, innermost first: the function and the position of the call.
    pub trace: Vec<(String, SourcePosition)>,
    /// The line at `place`, with secrets masked.
    line: Option<String>,
    /// True if the source at `place` has several lines.
    has_lines: bool,
    /// True for a syntax error.
    is_syntax: bool,
}

impl ScriptError {
    /// Converts Rhai's nested error. `source` is the outermost source's name.
    pub fn new(error: EvalAltResult, source: &str, sources: &Sources) -> Self {
        let mut trace = Vec::new();
        let outermost = source;
        let mut source = source.to_owned();
        let mut error = error;
        loop {
            let place = place(&source, error.position());
            let (entered, inside, inner) = match error {
                EvalAltResult::ErrorInFunctionCall(name, mut inside, inner, _) => {
                    if (inside.is_empty() || inside == outermost)
                        && let Some(home) = sources.home(&name)
                    {
                        inside = home;
                    }
                    let name = if name.starts_with("anon$") {
                        "a closure".to_owned()
                    } else {
                        name
                    };
                    (name, inside, inner)
                }
                EvalAltResult::ErrorInModule(path, inner, _) => {
                    (format!("module {path:?}"), path, inner)
                }
                innermost => {
                    error = innermost;
                    break;
                }
            };
            trace.extend(place.map(|place| (entered, place)));
            if !inside.is_empty() {
                source = inside;
            }
            error = *inner;
        }
        trace.reverse();
        let mut place = place(&source, error.position());
        let line = place
            .as_ref()
            .and_then(|it| sources.line(&it.source, it.line));
        let text = sources.get(&source).unwrap_or_default();
        let entered = trace.first().map(|(entered, _)| entered);
        let at = At {
            line: line.as_deref().unwrap_or_default(),
            column: place.as_ref().map_or(0, |place| place.column),
            in_function: entered.is_some_and(|name: &String| !name.contains(' ')),
            sources,
        };
        let is_syntax = matches!(error, EvalAltResult::ErrorParsing(..));
        let mut failure = failure(error, &at, &text);
        // A failure that was caught before has its own position and inner callers.
        if let Some(origin) = failure.origin.take() {
            place.clone_from(&origin.place);
            trace.splice(..0, origin.trace.iter().cloned());
        }
        let text = place.as_ref().and_then(|it| sources.get(&it.source));
        let line = place.as_ref().zip(text.as_ref());
        let line = line.and_then(|(it, text)| compile::line_of(&secrets::veiled(text), it.line));
        Self {
            failure,
            place,
            trace,
            line,
            has_lines: text.is_none_or(|text| text.trim_end().contains('\n')),
            is_syntax,
        }
    }

    /// Returns the failure for a script that catches it, with the position and the callers.
    pub fn into_caught(self) -> Failure {
        let origin = ErrorOrigin {
            place: self.place,
            trace: self.trace,
        };
        Failure {
            origin: Some(Arc::new(origin)),
            ..self.failure
        }
    }

    /// Formats the error for people: message, source line with carets, callers, hint.
    ///
    /// At the prompt, the typed line is right above, so a statement of one line isn't repeated; a syntax error shows it
    /// for the carets.
    pub fn lay_out(&self, screen: &Screen) -> String {
        let mut text = labelled(Tone::Bad, "error:", &self.failure.to_string(), screen);
        let is_typed = |place: &SourcePosition| place.source.starts_with("prompt[");
        let is_above = screen.prompt
            && !self.has_lines
            && self.trace.is_empty()
            && self.place.as_ref().is_some_and(is_typed);
        if let Some(place) = self.place.as_ref().filter(|_| !is_above || self.is_syntax) {
            if !is_above {
                let mut at = format!("  --> {}:{}", place.source, place.line);
                if place.column > 0 {
                    let _ = write!(at, ":{}", place.column);
                }
                let _ = writeln!(text, "{}", screen.paint(Tone::Dim, &at));
            }
            if let Some(line) = &self.line {
                text.push_str(&carets(line, place, !is_above, screen));
            }
        }
        for (entered, from) in &self.trace {
            let is_module = entered.starts_with("module ");
            let how = if is_module { "imported" } else { "called" };
            let SourcePosition { source, line, .. } = from;
            let _ = writeln!(text, "   in {entered}, {how} from {source}:{line}");
        }
        if let Some(hint) = &self.failure.hint {
            text.push_str(&labelled(Tone::Busy, "hint:", hint, screen));
        }
        text
    }

    /// Returns the fields of `--log-format json` beside the message.
    pub fn fields(&self) -> Map<String, Value> {
        let of = |place: &SourcePosition| json!({"file": place.source, "line": place.line, "column": place.column});
        let trace = self.trace.iter().map(|(entered, from)| {
            let mut call = of(from);
            if let Value::Object(call) = &mut call {
                call.shift_insert(0, "in".to_owned(), json!(entered));
            }
            call
        });
        let failure = &self.failure;
        let fields = [
            ("kind", json!(failure.kind.word())),
            ("code", json!(failure.code)),
            ("hint", json!(failure.hint)),
            ("jobs", json!(failure.jobs)),
            ("exit", json!(failure.kind.exit_code())),
            ("place", json!(self.place.as_ref().map(of))),
            ("trace", trace.collect()),
        ];
        let mut fields: Map<_, _> = fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect();
        fields.retain(|_, value| !value.is_null() && *value != json!([]));
        fields
    }
}

impl From<Failure> for Box<ScriptError> {
    fn from(failure: Failure) -> Self {
        Self::new(ScriptError {
            failure,
            place: None,
            trace: Vec::new(),
            line: None,
            has_lines: false,
            is_syntax: false,
        })
    }
}

/// Lays out a text behind a painted label.
fn labelled(tone: Tone, label: &str, text: &str, screen: &Screen) -> String {
    let label = format!("{} ", screen.paint(tone, label));
    hanging(&label, 2, &words::safe(text), screen)
}

/// Maximum number of characters of a source line.
const WINDOW: usize = 160;

/// Formats the source line with carets below the call or the token at the column, with an empty line above if it's
/// `spaced`. Tabs stay tabs, wide characters take two columns, and control characters are escaped. Long lines are
/// shortened to the part around the column.
fn carets(line: &str, place: &SourcePosition, spaced: bool, screen: &Screen) -> String {
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let (line, column) = window(line, place.column);
    let shown: String = line.chars().map(shown).collect();
    let bar = screen.paint(Tone::Dim, "|");
    let mut text = String::new();
    if spaced {
        let _ = writeln!(text, " {margin} {bar}");
    }
    let number = screen.paint(Tone::Dim, &number);
    let _ = writeln!(text, " {number} {bar} {shown}");
    if let Some(skipped) = column.checked_sub(1) {
        let blank: String = line.chars().take(skipped).map(blank).collect();
        let under: String = line.chars().skip(skipped).collect();
        let carets = screen.paint(Tone::Bad, &"^".repeat(underlined(&under)));
        let _ = writeln!(text, " {margin} {bar} {blank}{carets}");
    }
    text
}

/// Returns the columns of the call at the start of the text, at least 1: its name, and its arguments if they end in the
/// same line. A name that isn't called is underlined too.
fn underlined(text: &str) -> usize {
    let source = SourceText::read(text);
    let is_name = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let end = match source.partner(1) {
        Some(close) if source.is_called(0) => source.span(close).end,
        _ => source.span(0).end,
    };
    let call = text.get(..end).filter(|_| is_name);
    let widths = call
        .unwrap_or_default()
        .chars()
        .map(|letter| shown(letter).width());
    widths.sum::<usize>().max(1)
}

/// Returns the part of a line around a column, and the column in that part. `…` marks omitted text.
fn window(line: &str, column: usize) -> (String, usize) {
    let count = line.chars().count();
    if count <= WINDOW {
        return (line.to_owned(), column);
    }
    let start = column.saturating_sub(WINDOW / 2).min(count - WINDOW);
    let mut text = String::new();
    if start > 0 {
        text.push('…');
    }
    text.extend(line.chars().skip(start).take(WINDOW));
    if start + WINDOW < count {
        text.push('…');
    }
    let column = column + usize::from(start > 0);
    (text, column.saturating_sub(start))
}

/// Returns a character of a source line as shown.
fn shown(letter: char) -> String {
    let text = letter.to_string();
    if letter == '\t' {
        text
    } else {
        words::safe_line(&text).into_owned()
    }
}

/// Returns blanks or a tab as wide as the character.
fn blank(letter: char) -> String {
    let shown = shown(letter);
    if letter == '\t' {
        shown
    } else {
        " ".repeat(shown.width())
    }
}

fn place(source: &str, position: Position) -> Option<SourcePosition> {
    Some(SourcePosition {
        source: source.to_owned(),
        line: position.line()?,
        column: position.position().unwrap_or(0),
    })
}

/// Shorter keys aren't looked for in messages, because they occur inside ordinary words.
const SHORTEST: usize = 4;

/// Converts a Rhai error to a failure. Rhai's message may quote secrets of `text`.
fn failure(error: EvalAltResult, at: &At<'_>, text: &str) -> Failure {
    let other = match error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
            return thrown(value);
        }
        other => other,
    };
    let mut failure = explain::explain(&other, at);
    for key in secrets::keys(text) {
        if key.len() >= SHORTEST {
            failure.message = failure.message.replace(key, MASK);
            failure.hint = failure.hint.map(|hint| hint.replace(key, MASK));
        }
    }
    failure
}

/// Converts a thrown value: a rethrown failure, or a value of the script's own.
fn thrown(value: Dynamic) -> Failure {
    match value.clone().try_cast::<Failure>() {
        Some(failure) => failure,
        None if value.is_unit() => Failure::new(Kind::Script, "the script threw ()"),
        None => Failure::new(Kind::Script, value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_long_line_is_cut_around_the_column() {
        let line = format!("{}X{}", "a".repeat(50_000), "é".repeat(50_000));
        let (part, column) = window(&line, 50_001);
        assert_eq!(part.chars().nth(column - 1), Some('X'));
        assert!(part.starts_with('…') && part.ends_with('…'));
        assert!(part.chars().count() < 200);
        let (part, column) = window(&line, 3);
        assert!(part.starts_with('a') && column == 3);
        let (part, column) = window(&line, 100_001);
        assert!(part.ends_with('é') && part.chars().nth(column - 1) == Some('é'));
        assert_eq!(window("short", 2), ("short".to_owned(), 2));
        assert_eq!(window(&line, 0).1, 0);
    }
}
