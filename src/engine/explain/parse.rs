//! Explains syntax errors: surprises of Rhai's grammar, and habits from other languages.

use super::{At, habits, last_word, lower_first, script};
use crate::engine::registry;
use crate::error::Failure;
use rhai::{LexError, ParseErrorType};

pub(super) fn parse_error(kind: &ParseErrorType, at: &At<'_>) -> Failure {
    let text = lower_first(&kind.to_string());
    script(format!("this does not parse: {text}")).with_any_hint(parse_hint(kind, at))
}

fn parse_hint(kind: &ParseErrorType, at: &At<'_>) -> Option<String> {
    let rest = at.rest();
    let habit = habits::call(at).or_else(|| habits::json(at));
    if habit.is_some() && !is_module_import(at.line) {
        return habit;
    }
    match kind {
        ParseErrorType::BadInput(error) => lex_hint(error, at),
        ParseErrorType::Reserved(word) if word == "import" && rest.starts_with(['"', '`']) => {
            Some(FUNCTION_POINTER.to_owned())
        }
        ParseErrorType::Reserved(word) => habits::member(word, at)
            .or_else(|| habits::symbol(word, at))
            .or_else(|| Some(reserved(word, at.line, rest))),
        ParseErrorType::PropertyExpected if rest.starts_with("import") => {
            habits::member("import", at)
        }
        ParseErrorType::VariableExpected
        | ParseErrorType::FnMissingName
        | ParseErrorType::MissingToken(_, _)
            if rest.starts_with("import") =>
        {
            Some(reserved("import", at.line, rest))
        }
        ParseErrorType::PropertyExpected if rest.starts_with('"') => {
            Some("+ joins texts; back-ticks fill in values: `a ${b}`".to_owned())
        }
        ParseErrorType::VariableExpected if rest.starts_with('_') => Some(UNDERSCORE.to_owned()),
        ParseErrorType::UnknownOperator(operator) => match operator.as_str() {
            "++" | "--" => Some(format!("write {}= 1", &operator[..1])),
            operator => habits::symbol(operator, at),
        },
        ParseErrorType::MissingToken(wanted, _) => missing_token(at)
            .or_else(|| habits::block(at))
            .or_else(|| foreign(at))
            .or_else(|| (wanted == ":" && at.before().contains("#{")).then(|| KEY.to_owned()))
            .or_else(|| (wanted == ";").then(|| "statements are separated by ;".to_owned())),
        ParseErrorType::MissingSymbol(_) => missing_token(at),
        _ => habits::block(at),
    }
}

/// Explains text that is no token.
fn lex_hint(error: &LexError, at: &At<'_>) -> Option<String> {
    let hint = match error {
        LexError::MalformedChar(text) => {
            return Some(format!(
                "text needs double quotes: {text:?}; '…' is one character"
            ));
        }
        LexError::UnterminatedString if at.rest().starts_with('\'') => {
            "text needs double quotes: \"…\"; '…' is one character"
        }
        LexError::UnterminatedString => {
            "a text in \"…\" ends on its own line; back-ticks `…` may span lines"
        }
        LexError::MalformedEscapeSequence(_) => {
            "a backslash begins an escape: write \\\\ for one, or use / in paths, or back-ticks `C:\\data`"
        }
        LexError::ImproperSymbol(symbol, _) if symbol == "=" => "write == to compare",
        LexError::ImproperSymbol(symbol, _) => return habits::symbol(symbol, at),
        LexError::UnexpectedInput(text) => match text.as_str() {
            "_" => UNDERSCORE,
            "#" => COMMENT,
            ":" if at.before().trim().is_empty() => {
                "commands such as :help belong to the prompt: a line of their own"
            }
            ">" if at.before().ends_with('<') => "write != to compare",
            ">" => return None,
            _ => return habits::block(at),
        },
        _ => return habits::block(at),
    };
    Some(hint.to_owned())
}

const KEY: &str = "inside #{…} a key is followed by : and its value";
const UNDERSCORE: &str = "a lone _ is no name in Rhai: use a name such as _unused";
const COMMENT: &str = "comments begin with // (or are between /* and */)";

fn reserved(word: &str, line: &str, rest: &str) -> String {
    let after = rest.strip_prefix(word).unwrap_or_default().trim_start();
    match word {
        "#" => COMMENT.to_owned(),
        "--" | "++" => {
            let sign = &word[..1];
            format!(
                "{word} is no operator of Rhai: write {sign}({sign}1) for a sign of a sign, {sign}= 1 to count"
            )
        }
        "print" | "debug" if !after.starts_with('(') => format!("write {word}(…)"),
        "null" | "nil" | "undefined" => "the empty value is written ()".to_owned(),
        "and" => "write &&".to_owned(),
        "or" => "write ||".to_owned(),
        "not" => "write !".to_owned(),
        "new" | "var" => format!("{word} is not a word of Rhai: variables begin with let"),
        _ if after.starts_with(':') => {
            let is_case = word == "default" && !line.contains("#{");
            let switch = if is_case {
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
fn foreign(at: &At<'_>) -> Option<String> {
    let (before, rest) = (at.ahead(), at.rest());
    let word = last_word(before);
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
        return Some(if before.contains("#{") {
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

fn missing_token(at: &At<'_>) -> Option<String> {
    let rest = at.rest();
    let next = rest.split_whitespace().next().unwrap_or_default();
    let last = at
        .before()
        .split_whitespace()
        .next_back()
        .unwrap_or_default();
    let hint = match (next, last) {
        ("and", _) => "write &&",
        ("or", _) => "write ||",
        (_, "not") => "write !",
        (_, "elif" | "elseif" | "elsif") => "write else if",
        _ if at.line.trim_start().starts_with("import") && rest.trim_start().starts_with("as ") => {
            "import(…) is the import call; a module is imported without parentheses: import \"path\" as name;"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

const FUNCTION_POINTER: &str =
    "import cannot be named by Fn(\"import\"): wrap it in a closure, |c, path| import(c, path)";
