//! Rhai's errors in words that help: what its grammar surprises newcomers with is explained where it happens.

use super::compile::Sources;
use super::help;
use super::registry::{self, VARIABLES};
use super::values;
use crate::error::{Failure, Kind};
use crate::render::words;
use rhai::{EvalAltResult, LexError, ParseErrorType};

/// Where an error happened.
pub struct At<'a> {
    /// The source's line.
    pub line: &'a str,
    /// Counted from 1, in characters; 0 where it is not known.
    pub column: usize,
    /// Whether a function of the script (no closure, no module's top level) was running.
    pub in_function: bool,
    /// What was compiled so far.
    pub sources: &'a Sources,
}

impl At<'_> {
    /// The line from the column on.
    fn rest(&self) -> String {
        let before = self.column.saturating_sub(1);
        self.line.chars().skip(before).collect()
    }

    /// The line up to the column.
    fn before(&self) -> String {
        let before = self.column.saturating_sub(1);
        self.line.chars().take(before).collect()
    }
}

/// A parse or run-time error of Rhai's own as a failure.
pub fn explain(error: &EvalAltResult, at: &At<'_>) -> Failure {
    match error {
        EvalAltResult::ErrorParsing(kind, _) => parse_error(kind, at),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => function_not_found(signature),
        EvalAltResult::ErrorVariableNotFound(name, _) => variable_not_found(name, at),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => constant(name),
        EvalAltResult::ErrorNonPureMethodCallOnConstant(_, _) => {
            let before = at.before();
            let owner = before.trim_end().trim_end_matches(['.', '?']);
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            constant(owner.rsplit(|c| !is_word(c)).next().unwrap_or_default())
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            Failure::new(Kind::Script, "functions call each other too deeply")
        }
        EvalAltResult::ErrorMismatchDataType(wanted, got, _) => Failure::new(
            Kind::Script,
            format!(
                "{} was expected here, got {}",
                type_word(wanted),
                type_word(got)
            ),
        ),
        EvalAltResult::ErrorDotExpr(problem, _) => no_property(problem),
        other => {
            let text = other.unwrap_inner().to_string();
            // Rhai appends its own position, which the caret shows better.
            let text = text.split(" (line ").next().unwrap_or(&text).to_owned();
            Failure::new(Kind::Script, lower_first(&text))
        }
    }
}

fn parse_error(kind: &ParseErrorType, at: &At<'_>) -> Failure {
    let text = lower_first(&kind.to_string());
    let failure = Failure::new(Kind::Script, format!("this does not parse: {text}"));
    match parse_hint(kind, at) {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn parse_hint(kind: &ParseErrorType, at: &At<'_>) -> Option<String> {
    let rest = at.rest();
    match kind {
        ParseErrorType::Reserved(word) if word == "import" && rest.starts_with(['"', '`']) => {
            Some(FUNCTION_POINTER.to_owned())
        }
        ParseErrorType::Reserved(word) => Some(reserved(word, at.line, &rest)),
        ParseErrorType::PropertyExpected if rest.starts_with("import") => {
            Some("import is a word Rhai keeps for itself: write map[\"import\"]".to_owned())
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
            Some(format!("text stands in double quotes: {text:?}; '…' is one character"))
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) if rest.starts_with('\'') => {
            Some("text stands in double quotes: \"…\"; '…' is one character".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => Some(
            "a text in \"…\" ends on its own line; back-ticks `…` may span lines".to_owned(),
        ),
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(_)) => Some(
            "a backslash begins an escape: write \\\\ for one, or use / in paths, or back-ticks `C:\\data`"
                .to_owned(),
        ),
        ParseErrorType::BadInput(LexError::ImproperSymbol(_, advice)) if !advice.is_empty() => {
            Some(lower_first(advice))
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
        ParseErrorType::MissingToken(_, _) | ParseErrorType::MissingSymbol(_) => {
            missing_token(at.line, &rest)
        }
        _ => None,
    }
}

const UNDERSCORE: &str = "a lone _ is no name in Rhai: use a name such as _unused";
const COMMENT: &str = "comments begin with // (or stand between /* and */)";

fn reserved(word: &str, line: &str, rest: &str) -> String {
    match word {
        "#" => COMMENT.to_owned(),
        "--" | "++" => {
            let sign = &word[..1];
            format!(
                "{word} is no operator of Rhai: write {sign}({sign}1) for a sign of a sign, {sign}= 1 to count"
            )
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

fn function_not_found(signature: &str) -> Failure {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ""));
    let given = given.trim_end_matches(')');
    if name == "eval" {
        return Failure::new(Kind::Script, "eval is switched off in zshell");
    }
    if let Some(function) = registry::find(name) {
        let given = if given.is_empty() {
            "no arguments"
        } else {
            given
        };
        return Failure::usage(format!(
            "{name} cannot be called with {}",
            type_words(given)
        ))
        .with_hint(format!("its forms: {}", function.forms.join(", ")));
    }
    let failure = if given.is_empty() {
        Failure::new(Kind::Script, format!("no function {name}()"))
    } else {
        Failure::new(
            Kind::Script,
            format!("no function {name} that takes {}", type_words(given)),
        )
    };
    let names = registry::functions().map(|function| function.name);
    match words::did_you_mean(name, names.chain(["print", "debug"])) {
        Some(near) => failure.with_hint(near),
        None => failure,
    }
}

/// What cannot be changed: the variables that zshell gives, and constants.
fn constant(name: &str) -> Failure {
    let failure = Failure::new(Kind::Script, format!("{name} cannot be changed"));
    if VARIABLES.iter().any(|(known, _)| *known == name) {
        failure.with_hint(format!("copy it: let mine = {name};"))
    } else {
        failure.with_hint("it is a constant: let makes a variable, and a copy of it can be changed")
    }
}

fn variable_not_found(name: &str, at: &At<'_>) -> Failure {
    let failure = Failure::new(Kind::Script, format!("no variable {name}"));
    let hint = match name {
        _ if at.before().trim_end().ends_with("help(") => {
            let pages = help::pages().map(|(name, _)| name);
            Some(words::did_you_mean(name, pages).unwrap_or_else(|| "help() lists them".to_owned()))
        }
        "None" | "Null" | "NULL" => Some("the empty value is written ()".to_owned()),
        "True" | "TRUE" => Some("written true".to_owned()),
        "False" | "FALSE" => Some("written false".to_owned()),
        _ if registry::find(name).is_some() => Some(format!(
            "{name} is a function: {name}(…); help({name:?}) shows how it is called"
        )),
        _ if at.in_function && at.sources.declares("const ", name) => Some(format!(
            "a function reaches a constant of its script as global::{name}"
        )),
        _ if at.in_function && at.sources.declares("let ", name) => Some(format!(
            "functions see only their parameters, args and script_dir: pass {name} to it"
        )),
        _ => {
            let rest = at.rest();
            let rest = rest.strip_prefix(name).unwrap_or_default().trim_start();
            if rest.starts_with('=') && !rest.starts_with("==") {
                Some(format!("a variable begins with let: let {name} = …"))
            } else {
                let names = VARIABLES.iter().map(|(name, _)| *name);
                words::did_you_mean(name, names)
            }
        }
    };
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// Rhai's "Unknown property 'x' - a getter is not registered for type 'y'" in plain words.
fn no_property(problem: &str) -> Failure {
    let mut quoted = problem.split('\'').skip(1).step_by(2);
    let (Some(name), Some(owner)) = (quoted.next(), quoted.next()) else {
        return Failure::new(Kind::Script, lower_first(problem));
    };
    let of = type_word(owner);
    let keys = values::keys_of(owner);
    if problem.starts_with("No writable property") && keys.contains(&name) {
        let message = format!("{name} of {of} cannot be changed");
        return Failure::new(Kind::Script, message)
            .with_hint("as_map() makes a copy that can be changed");
    }
    let hint = words::did_you_mean(name, keys.iter().copied()).unwrap_or_else(|| {
        if keys.is_empty() {
            "see what a value has by showing it: show(value)".to_owned()
        } else {
            format!("it has {}", words::list(keys, "and"))
        }
    });
    Failure::new(Kind::Script, format!("no property {name} of {of}")).with_hint(hint)
}

/// A list of Rhai's type names in plain words.
fn type_words(list: &str) -> String {
    let words: Vec<&str> = list.split(", ").map(type_word).collect();
    format!("({})", words.join(", "))
}

fn type_word(name: &str) -> &str {
    match name {
        "&str | ImmutableString | String" | "string" | "&str" => "text",
        "i64" => "whole number",
        "f64" => "number",
        "()" => "nothing",
        "bool" => "true or false",
        "char" => "character",
        other => other,
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.trim().trim_end_matches('.').chars();
    match letters.next() {
        // `Fn` and other names keep their case.
        Some(first) if first.is_uppercase() && !text.starts_with("Fn") => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.trim().trim_end_matches('.').to_owned(),
    }
}
