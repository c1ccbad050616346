//! Habits of shells, SQL, JSON and other languages: what a line was meant to be, and how it's written here.

use super::{At, is_word};
use crate::engine::registry;
use crate::text::words::quote;
use rhai::Token;

/// Returns how a line like a command of a shell or of SQL is written here.
pub(super) fn call(at: &At<'_>) -> Option<String> {
    let line = at.line.trim().trim_end_matches(';').trim_end();
    let (first, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    if first.is_empty() || !first.chars().all(is_word) || !begins_argument(rest) {
        return None;
    }
    let own = at.sources.declared(&[Token::Let, Token::Const]);
    let verb = first.to_lowercase();
    // Texts in quotes are one argument, as in a shell. A quote may be open.
    let words = shell_words::split(&rest.replace(',', " ")).ok()?;
    let written = |name: &str, words: &[String]| written(name, words, |word| own.contains(word));
    sql(&verb, &words).or_else(|| {
        let noun = words.first().map(|noun| noun.to_lowercase());
        let noun = noun.unwrap_or_default().replace("table", "collection");
        if verb == "zshell" {
            let function = registry::find(&noun)?;
            return Some(format!(
                "zshell … is a command of a terminal; here it is {}",
                written(function.name, words.get(1..)?)
            ));
        }
        let listing = matches!(verb.as_str(), "show" | "list" | "ls" | "get");
        let plural = [noun.clone(), format!("{noun}s")];
        let listed = plural.iter().find_map(|name| registry::find(name));
        let both = registry::find(&format!("{verb}_{noun}"));
        if let Some(function) = listed.filter(|it| listing && it.arity.0 == 0) {
            return Some(format!("write {}()", function.name));
        }
        if let Some(function) = both {
            return Some(form_of(&written(function.name, words.get(1..)?)));
        }
        let verb = if verb == "desc" { "describe" } else { &verb };
        let function = registry::find(verb)?;
        let skipped =
            usize::from(function.name == "describe" && noun == "collection" && words.len() > 1);
        let call = form_of(&written(function.name, words.get(skipped..)?));
        Some(call).filter(|_| function.name != "import" || first == "import")
    })
}

fn form_of(call: &str) -> String {
    format!("a call has parentheses: {call}")
}

/// Returns true for text that can be the first argument of a command, and not the rest of an expression.
fn begins_argument(rest: &str) -> bool {
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some('"' | '\'' | '`' | '#' | '[' | '.' | '/' | '~'), _) => true,
        (Some('*'), Some(next)) => matches!(next, '.' | '/') || next.is_whitespace(),
        (Some('-'), Some(next)) => next == '-' || next.is_alphabetic(),
        (first, _) => first.is_some_and(is_word),
    }
}

/// Returns a call with these arguments. Options of a command line aren't arguments of the call. Keys aren't repeated.
fn written(name: &str, words: &[String], is_variable: impl Fn(&str) -> bool) -> String {
    let secret = matches!(name, "connect" | "secret" | "ask_secret");
    let unclear = words.iter().any(|word| {
        word.starts_with('-') || word.contains(['(', ')', '{', '}', '=', '[', '`', '#'])
    });
    if unclear || words.is_empty() || (secret && (words.len() > 1 || words[0].contains('@'))) {
        return format!("{name}(…)");
    }
    let argument = |word: &String| {
        if is_variable(word) || word.parse::<i64>().is_ok() {
            word.clone()
        } else if name == "import" && word.contains('*') {
            format!("glob({})", quote(word))
        } else {
            quote(word)
        }
    };
    let arguments: Vec<String> = words.iter().map(argument).collect();
    match (name, arguments.as_slice()) {
        ("import", [collection, path, more @ ..]) if !more.is_empty() => {
            let paths = [std::slice::from_ref(path), more].concat().join(", ");
            format!("import({collection}, [{paths}])")
        }
        ("create_collection", [collection]) => {
            format!("create_collection({collection}, #{{dimension: 4}})")
        }
        _ => format!("{name}({})", arguments.join(", ")),
    }
}

/// Returns how a statement of SQL is written here.
fn sql(verb: &str, words: &[String]) -> Option<String> {
    let position = |wanted: &str| {
        let mut words = words.iter();
        words.position(|word| word.eq_ignore_ascii_case(wanted))
    };
    let after = |wanted: &str| words.get(position(wanted)? + 1).map(String::as_str);
    match verb {
        "select" => {
            let from = position("from")?;
            let name = quote(after("from").unwrap_or("books"));
            let fields = words.get(..from)?;
            let is_count = |field: &String| field.to_lowercase().starts_with("count(");
            if fields.iter().any(is_count) {
                return Some(format!("write count({name})"));
            }
            let filter = position("where").and_then(|at| words.get(at + 1..));
            let filter = filter.unwrap_or_default().join(" ").replace(" = ", " == ");
            let names: Vec<String> = fields.iter().map(|field| quote(field)).collect();
            let fields = match fields {
                [all] if all == "*" => String::new(),
                _ => format!(", [{}]", names.join(", ")),
            };
            Some(format!("write query({name}, {}{fields})", quote(&filter)))
        }
        "use" => Some(format!("write use_database({})", quote(words.first()?))),
        "insert" | "upsert" if position("into") == Some(0) => {
            let name = quote(after("into").unwrap_or("books"));
            Some(format!(
                "rows come from files: import({name}, \"rows.jsonl\")"
            ))
        }
        "delete" | "update" => {
            Some("zshell imports and reads rows; it changes and deletes none".to_owned())
        }
        _ => None,
    }
}

/// Returns how a loop, block, type or closure of another language is written here.
pub(super) fn block(at: &At<'_>) -> Option<String> {
    let line = at.line.trim();
    let first = line.split(|c: char| !c.is_alphanumeric()).next()?;
    let is_python = line.ends_with(':');
    let has = |part: &str| line.contains(part);
    let is_typed = || at.rest().starts_with(':') && at.before().split_whitespace().count() == 2;
    Some(match first {
        "for" | "foreach" if has(";") && has("(") => {
            "a loop over numbers is written for i in 0..3 { … }".to_owned()
        }
        "for" | "foreach" if is_python || has("(") || has(" of ") => {
            "a loop is written for x in list { … }, or for i in 0..3 { … }".to_owned()
        }
        "if" | "while" | "else" | "try" if has(":") || has(" then") || has(" do ") => {
            format!("a block is in braces: {first} … {{ … }}")
        }
        "class" | "struct" | "enum" => {
            "the language has no types of its own: a map, #{…}, holds values".to_owned()
        }
        "let" | "const" if is_typed() => format!("variables have no declared type: {first} x = 1;"),
        "lambda" => "a closure is written |x| x + 1".to_owned(),
        _ if at.rest().starts_with("=>") => "a closure is written |x| x + 1".to_owned(),
        _ => return None,
    })
}

/// Returns how pasted JSON is written here, if the error is at the colon after a key of a JSON object.
pub(super) fn json(at: &At<'_>) -> Option<String> {
    let (ahead, key) = at.ahead().strip_suffix('"')?.rsplit_once('"')?;
    let ahead = ahead.trim_end();
    let begins = ahead.is_empty() || (ahead.ends_with('{') && !ahead.ends_with("#{"));
    (at.rest().starts_with(':') && begins).then(|| {
        format!("a map begins with #{{: #{{\"{key}\": …}}; parse_json(`…`) takes JSON as it is")
    })
}

/// Returns how a member with a reserved name is read: `row["package"]`. `None` if the word isn't behind a dot.
pub(super) fn member(word: &str, at: &At<'_>) -> Option<String> {
    let owner = at.ahead().strip_suffix('.')?;
    let owner = owner.strip_suffix('?').unwrap_or(owner);
    let owner = owner.rsplit(|c: char| !is_word(c) && c != '.').next()?;
    let is_simple = owner.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let owner = if is_simple { owner } else { "…" };
    Some(format!(
        "{word} is a word Rhai keeps for itself: write {owner}[{word:?}]"
    ))
}

/// Returns the advice on a reserved symbol.
pub(super) fn symbol(symbol: &str, at: &At<'_>) -> Option<String> {
    let next = at.rest().strip_prefix(symbol).unwrap_or_default();
    let next = next.trim_start();
    Some(match symbol {
        "?" => {
            let before = at.before().trim();
            let name = if before.is_empty() { next.trim_end() } else { before };
            match registry::find(name.trim_end_matches("()")) {
                Some(function) => format!("help({}) explains it", function.name),
                None => "help() lists the functions, help(\"name\") explains one".to_owned(),
            }
        }
        "~" if next.starts_with('/') => "a path is a text in quotes: \"~/data\"".to_owned(),
        "~" => "there is no operator ~".to_owned(),
        "$" => "variables have no $; inside back-ticks `${x}` fills in a value, and env(\"HOME\") reads an environment variable".to_owned(),
        "->" => "a closure is written |x| x + 1, a member a.b".to_owned(),
        "<-" => "a value is assigned by =".to_owned(),
        ":=" => "write =".to_owned(),
        "=>" => "a closure is written |x| x + 1; => belongs into a switch".to_owned(),
        "..." => "a range is written 0..3, without the 3, or 0..=3".to_owned(),
        "::<" => "functions have no type parameters".to_owned(),
        "(*" | "*)" => "comments begin with // (or are between /* and */)".to_owned(),
        "|>" => "functions are called one inside the other, or as methods: x.wait()".to_owned(),
        "<>" | "!==" => "write != to compare".to_owned(),
        "===" => "write == to compare".to_owned(),
        "@" => "@ has no meaning here; a text is in double quotes".to_owned(),
        _ => return None,
    })
}
