//! Replacement of secrets in statements by `secret("NAME")`.

use super::Circumstances;
use super::plan::Entry;
use super::source::{Source, code_end};
use crate::api::endpoint::Endpoint;
use crate::engine::tokens::Lexer;
use crate::secret::{self, MASK, is_secret};
use rhai::Token;
use std::collections::BTreeSet;
use std::ops::Range;

/// Minimum length in characters of secrets that are replaced everywhere. Shorter ones may be ordinary words, so they're
/// replaced only if they're assigned to a secret's name.
const SHORTEST: usize = 4;
/// Minimum length in characters of secrets that are searched for inside other words.
const SHORTEST_PART: usize = 6;

/// All secrets of the session, and their names in the script.
pub(super) struct Keys {
    /// Secrets and their names. A secret has one name, whatever it's assigned to.
    named: Vec<(String, String)>,
    /// Secrets that mustn't appear in the script.
    forbidden: BTreeSet<String>,
    /// Names that statements already use.
    taken: BTreeSet<String>,
    zilliz: bool,
    lexer: Lexer,
}

impl Keys {
    /// Collects the secrets of these statements, including those that failed.
    pub(super) fn of(entries: &[Entry], circumstances: &Circumstances) -> Self {
        let mut forbidden: BTreeSet<String> = circumstances.known.iter().cloned().collect();
        let mut taken = BTreeSet::new();
        for entry in entries {
            let keys = secret::keys(&entry.statement.text);
            forbidden.extend(keys.into_iter().map(str::to_owned));
            let Some(source) = &entry.source else {
                continue;
            };
            taken.extend(lookups(source));
            for span in secret::spans(&source.text) {
                forbidden.extend(literal(source, &span).and_then(|it| it.value));
            }
        }
        forbidden.retain(|key| key.chars().count() >= SHORTEST && key != MASK);
        Self {
            named: Vec::new(),
            forbidden,
            taken,
            zilliz: is_zilliz(entries).or(circumstances.zilliz).unwrap_or(true),
            lexer: Lexer::new(),
        }
    }

    /// Returns true if the text contains a secret.
    pub(super) fn shows(&self, text: &str) -> bool {
        let long = |key: &&String| key.chars().count() >= SHORTEST_PART;
        let mut keys = self.forbidden.iter().filter(long);
        keys.any(|key| text.contains(key.as_str()))
    }

    /// Returns the reason why a secret in the text can't be replaced; `None` if all can be.
    pub(super) fn obstacle(&self, source: &Source) -> Option<String> {
        let inside = secret::spans(&source.text)
            .iter()
            .any(|span| literal(source, span).is_none() && !self.is_comment(source, span));
        inside
            .then(|| "a key stands inside of a longer text, where secret(\"…\") cannot".to_owned())
    }

    /// Returns the replacements for the secrets in the text.
    pub(super) fn changes(&mut self, source: &Source) -> Vec<(Range<usize>, String)> {
        let mut changes = Vec::new();
        for span in secret::spans(&source.text) {
            match literal(source, &span) {
                Some(literal) => {
                    let name = self.name(source, &literal);
                    changes.push((literal.span, format!("secret(\"{name}\")")));
                }
                None => changes.push((span, MASK.to_owned())),
            }
        }
        // A secret that's recognised by its name elsewhere may appear here without a name.
        for (index, lexeme) in source.lexemes.iter().enumerate() {
            let Token::StringConstant(value) = &lexeme.token else {
                continue;
            };
            let start = lexeme.start;
            let is_new = changes.iter().all(|(span, _)| span.start != start);
            if is_new && self.forbidden.contains(value.as_str()) {
                let code = source.text.get(start..source.start(index + 1));
                let length = code_end(&self.lexer, code.unwrap_or_default(), 0, 1);
                let span = start..start + length;
                let value = Some(value.to_string());
                let name = self.name(
                    source,
                    &Literal {
                        span: span.clone(),
                        index,
                        value,
                    },
                );
                changes.push((span, format!("secret(\"{name}\")")));
            }
        }
        changes
    }

    /// Returns the names of the secrets that a script looks up.
    pub(super) fn used(&self, script: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if let Some(source) = Source::read(&self.lexer, script) {
            for name in lookups(&source) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// Returns the name for a secret, derived from the name that it's assigned to.
    fn name(&mut self, source: &Source, literal: &Literal) -> String {
        let value = literal
            .value
            .clone()
            .unwrap_or_else(|| source.part(&literal.span).to_owned());
        if let Some((_, name)) = self.named.iter().find(|(key, _)| *key == value) {
            return name.clone();
        }
        let given = source.lexemes.get(..literal.index).unwrap_or_default();
        let given = given.iter().rev().find_map(|lexeme| match &lexeme.token {
            Token::Identifier(name) if is_secret(name) => Some(name.to_string()),
            Token::StringConstant(name) if is_secret(name) && name.len() < 40 => {
                Some(name.to_string())
            }
            _ => None,
        });
        let base = variable(given.as_deref().unwrap_or("secret"), self.zilliz);
        let mut name = base.clone();
        let mut number = 1;
        while self.taken.contains(&name) {
            number += 1;
            name = format!("{base}_{number}");
        }
        self.taken.insert(name.clone());
        self.named.push((value, name.clone()));
        name
    }

    /// Returns true if a secret is in a comment: without it the tokens are unchanged.
    fn is_comment(&self, source: &Source, span: &Range<usize>) -> bool {
        let mut text = source.text.clone();
        let length = text.get(span.clone()).map_or(0, str::len);
        text.replace_range(span.clone(), &" ".repeat(length));
        self.lexer.read(&text).is_ok_and(|read| {
            read.len() == source.lexemes.len()
                && read
                    .iter()
                    .zip(&source.lexemes)
                    .all(|(one, other)| one.token == other.token)
        })
    }
}

/// A string literal that consists of a secret only.
struct Literal {
    /// Byte range of the literal, including its quotes.
    span: Range<usize>,
    /// Index of its token.
    index: usize,
    /// The literal's value.
    value: Option<String>,
}

/// Returns the literal whose content is this secret.
fn literal(source: &Source, key: &Range<usize>) -> Option<Literal> {
    let before = source.text.get(..key.start)?;
    let quote = before
        .chars()
        .next_back()
        .filter(|it| matches!(it, '"' | '\'' | '`'))?;
    let raw = before.trim_end_matches('"').len();
    let hashes = if quote == '"' && before.len() - raw == 1 {
        raw - before.get(..raw)?.trim_end_matches('#').len()
    } else {
        0
    };
    let closing = format!("{quote}{}", "#".repeat(hashes));
    let after = source.text.get(key.end..)?;
    if !after.starts_with(&closing) {
        return None;
    }
    let start = key.start - 1 - hashes;
    let index = source.lexemes.iter().position(|it| it.start == start)?;
    let value = match &source.lexemes.get(index)?.token {
        Token::StringConstant(value) => Some(value.to_string()),
        Token::CharConstant(value) => Some(value.to_string()),
        _ => return None,
    };
    let end = key.end + closing.len();
    Some(Literal {
        span: start..end,
        index,
        value,
    })
}

/// Returns the names of the secrets that the text looks up.
fn lookups(source: &Source) -> Vec<String> {
    let found = (0..source.lexemes.len()).filter_map(|index| {
        source.calls(index)?;
        let name = source.lexemes.get(index)?.name()?;
        match source.token(index + 2)? {
            Token::StringConstant(text) if name == "secret" => Some(text.to_string()),
            _ => None,
        }
    });
    found.collect()
}

/// Returns true if statements connect to a Zilliz Cloud address; `None` if none of them contains an address.
fn is_zilliz(entries: &[Entry]) -> Option<bool> {
    let mut found = None;
    for source in entries.iter().filter_map(|entry| entry.source.as_ref()) {
        if !source.used().any(|name| name == "connect") {
            continue;
        }
        for lexeme in &source.lexemes {
            let Token::StringConstant(text) = &lexeme.token else {
                continue;
            };
            if let Some(endpoint) = text
                .contains("://")
                .then(|| Endpoint::parse(text).ok())
                .flatten()
            {
                found = Some(found.unwrap_or(false) || endpoint.is_zilliz());
            }
        }
    }
    found
}

/// Returns the environment variable that usually holds such a secret.
fn variable(name: &str, zilliz: bool) -> String {
    let folded: String = name
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    match folded.as_str() {
        "token" | "apikey" if zilliz => "ZILLIZ_API_KEY".to_owned(),
        "token" | "apikey" => "MILVUS_TOKEN".to_owned(),
        "accesskey" | "accesskeyid" | "awsaccesskeyid" | "tmpak" => "AWS_ACCESS_KEY_ID".to_owned(),
        "secretkey" | "secretaccesskey" | "awssecretaccesskey" | "tmpsk" => {
            "AWS_SECRET_ACCESS_KEY".to_owned()
        }
        "sessiontoken" | "awssessiontoken" => "AWS_SESSION_TOKEN".to_owned(),
        _ => upper(name),
    }
}

/// Converts `prodToken`, `prod-token` and `prod_token` to `PROD_TOKEN`.
fn upper(name: &str) -> String {
    let mut upper = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && was_small {
                upper.push('_');
            }
            upper.push(letter.to_ascii_uppercase());
        } else if !upper.ends_with('_') {
            upper.push('_');
        }
        was_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    let upper = upper.trim_matches('_');
    match upper.chars().next() {
        None => "SECRET".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("SECRET_{upper}"),
        Some(_) => upper.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn names_are_those_of_environment_variables() {
        for (name, variable_name) in [
            ("token", "ZILLIZ_API_KEY"),
            ("access_key", "AWS_ACCESS_KEY_ID"),
            ("secretKey", "AWS_SECRET_ACCESS_KEY"),
            ("session_token", "AWS_SESSION_TOKEN"),
            ("prodToken", "PROD_TOKEN"),
            ("db-pass", "DB_PASS"),
            ("_", "SECRET"),
            ("2pw", "SECRET_2PW"),
        ] {
            assert_eq!(variable(name, true), variable_name);
        }
        assert_eq!(variable("api_key", false), "MILVUS_TOKEN");
    }
}
