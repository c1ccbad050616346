//! Explains syntax errors: surprises of Rhai's grammar, and habits from other languages.

use super::{At, habits, lower_first};
use crate::engine::registry;
use crate::error::{Failure, Kind};
use rhai::{LexError, ParseErrorType};

pub(super) fn parse_error(kind: &ParseErrorType, at: &At<'_>) -> Failure {
    let text = lower_first(&kind.to_string());
    let failure = Failure::new(Kind::Script, format!("this does not parse: {text}"));
    failure.with_any_hint(parse_hint(kind, at))
}

fn parse_hint(kind: &ParseErrorType, at: &At<'_>) -> Option<String> {
    let rest = at.rest();
    let habit = habits::call(at).or_else(|| habits::json(at));
    if habit.is_some() && !is_module_import(at.line) {
        return habit;
    }
    match kind {
        ParseErrorType::Reserved(word) if word == "import" && rest.starts_with(['"', '`']) => {
            Some(FUNCTION_POINTER.to_owned())
        }
        ParseErrorType::Reserved(word) => habits::member(word, at)
            .or_else(|| habits::symbol(word, at))
            .or_else(|| Some(reserved(word, at.line, &rest))),
        ParseErrorType::PropertyExpected if rest.starts_with("import") => {
            habits::member("import", at)
        }
        ParseErrorType::VariableExpected
        | ParseErrorType::FnMissingName
        | ParseErrorType::MissingToken(_, _)
            if rest.starts_with("import") =>
        {
            Some(reserved("import", at.line, &rest))
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == "_" => {
            Some(UNDERSCORE.to_owned())
        }
        ParseErrorType::BadInput(LexError::MalformedChar(text)) => {
            Some(format!("text needs double quotes: {text:?}; '…' is one character"))
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) if rest.starts_with('\'') => {
            Some("text needs double quotes: \"…\"; '…' is one character".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => Some(
            "a text in \"…\" ends on its own line; back-ticks `…` may span lines".to_owned(),
        ),
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(_)) => Some(
            "a backslash begins an escape: write \\\\ for one, or use / in paths, or back-ticks `C:\\data`"
                .to_owned(),
        ),
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "=" => {
            Some("write == to compare".to_owned())
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) => {
            habits::symbol(symbol, at)
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(text))
            if text == ":" && at.before().trim().is_empty() =>
        {
            Some("commands such as :help belong to the prompt: a line of their own".to_owned())
        }
        ParseErrorType::PropertyExpected if rest.starts_with('"') => {
            Some("+ joins texts; back-ticks fill in values: `a ${b}`".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == "#" => {
            Some(COMMENT.to_owned())
        }
        ParseErrorType::VariableExpected if rest.starts_with('_') => {
            Some(UNDERSCORE.to_owned())
        }
        ParseErrorType::UnknownOperator(operator) if operator == "++" || operator == "--" => {
            let sign = &operator[..1];
            Some(format!("write {sign}= 1"))
        }
        ParseErrorType::UnknownOperator(operator) => habits::symbol(operator, at),
        ParseErrorType::MissingToken(wanted, _) => missing_token(at.line, &rest)
            .or_else(|| habits::block(at))
            .or_else(|| foreign(at, &rest))
            .or_else(|| (wanted == ":" && at.before().contains("#{")).then(|| KEY.to_owned()))
            .or_else(|| (wanted == ";").then(|| "statements are separated by ;".to_owned())),
        ParseErrorType::MissingSymbol(_) => missing_token(at.line, &rest),
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == ">" => {
            let before = at.before();
            before.ends_with('<').then(|| "write != to compare".to_owned())
        }
        _ => habits::block(at),
    }
}

const KEY: &str = "inside #{…} a key is followed by : and its value";
const UNDERSCORE: &str = "a lone _ is no name in Rhai: use a name such as _unused";
const COMMENT: &str = "comments begin with // (or are between /* and */)";

fn reserved(word: &str, line: &str, rest: &str) -> String {
    match word {
        "#" => COMMENT.to_owned(),
        "--" | "++" => {
            let sign = &word[..1];
            format!(
                "{word} is no operator of Rhai: write {sign}({sign}1) for a sign of a sign, {sign}= 1 to count"
            )
        }
        "print" | "debug" if !rest.trim_start_matches(word).trim_start().starts_with('(') => {
            format!("write {word}(…)")
        }
        "null" | "nil" | "undefined" => "the empty value is written ()".to_owned(),
        "and" => "write &&".to_owned(),
        "or" => "write ||".to_owned(),
        "not" => "write !".to_owned(),
        "new" | "var" => format!("{word} is not a word of Rhai: variables begin with let"),
        _ if rest
            .chars()
            .skip(word.chars().count())
            .collect::<String>()
            .trim_start()
            .starts_with(':') =>
        {
            let switch = if word == "default" && !line.contains("#{") {
                "; in a switch it is written _ => …"
            } else {
                ""
            };
            format!(
                "{word} is a word Rhai keeps for itself: as a key it needs quotes, #{{{word:?}: …}}{switch}"
            )
        }
        _ => format!("{word} is a word Rhai keeps for itself: use another name, such as {word}_"),
    }
}

/// Syntax of other languages at this position.
fn foreign(at: &At<'_>, rest: &str) -> Option<String> {
    let before = at.before();
    let before = before.trim_end();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let word = before.rsplit(|c| !is_part(c)).next().unwrap_or_default();
    let ahead = before.strip_suffix(word).unwrap_or_default().trim_end();
    let first = at.line.split_whitespace().next().unwrap_or_default();
    if matches!(first, "def" | "function" | "func" | "sub") {
        return Some("a function begins with fn: fn name(x) { … }".to_owned());
    }
    if matches!(word, "f" | "r" | "b") && rest.starts_with('"') {
        return Some("back-ticks fill in values: `a ${b}`; there are no f\"…\" texts".to_owned());
    }
    if registry::find(word).is_some() && rest.starts_with(['"', '`']) {
        return Some(format!("a call has parentheses: {word}(…)"));
    }
    let named = rest.starts_with(':') || (rest.starts_with('=') && !rest.starts_with("=="));
    if named && ahead.ends_with(['(', '{', ',']) {
        return Some(if at.before().contains("#{") {
            KEY.to_owned()
        } else {
            format!("a map begins with #{{: #{{{word}: …}}")
        });
    }
    None
}

/// Returns true for `import "path" as name`.
fn is_module_import(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix("import");
    let is_text = |rest: &str| rest.trim_start().starts_with(['"', '`', '(']);
    rest.is_some_and(|rest| is_text(rest) && !rest.trim_end().ends_with(['"', '`']))
}

fn missing_token(line: &str, rest: &str) -> Option<String> {
    let words = line.trim_start();
    match rest.split_whitespace().next() {
        Some("and") => return Some("write &&".to_owned()),
        Some("or") => return Some("write ||".to_owned()),
        _ => {}
    }
    let before = line.strip_suffix(rest).unwrap_or_default();
    match before.split_whitespace().next_back() {
        Some("not") => return Some("write !".to_owned()),
        Some("elif" | "elseif" | "elsif") => return Some("write else if".to_owned()),
        _ => {}
    }
    if words.starts_with("import") && rest.trim_start().starts_with("as ") {
        return Some(
            "import(…) is the import call; a module is imported without parentheses: import \"path\" as name;"
                .to_owned(),
        );
    }
    None
}

const FUNCTION_POINTER: &str =
    "import cannot be named by Fn(\"import\"): wrap it in a closure, |c, path| import(c, path)";
