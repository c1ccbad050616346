//! Replacement of secrets in statements by `secret("NAME")`.

use super::Edit;
use crate::api::endpoint::Endpoint;
use crate::engine::registry;
use crate::engine::syntax::{SourceText, secrets};
use crate::secret::{MASK, hidden, is_secret};
use rhai::Token;
use std::collections::BTreeSet;
use std::ops::Range;

/// Minimum length in characters of secrets that are replaced everywhere. Shorter ones may be ordinary words, so they're
/// replaced only if they're assigned to a secret's name.
const MIN_LENGTH: usize = 4;
/// Minimum length in characters of secrets that are searched for inside other words.
const MIN_LENGTH_INSIDE: usize = 6;

/// The secrets of the session, and their names in the script.
pub(super) struct SecretNames {
    named: Vec<NamedSecret>,
    /// Secrets that statements contain, including those that failed.
    typed: BTreeSet<String>,
    /// Names that statements already look up.
    taken: BTreeSet<String>,
}

/// A secret for one kind of endpoint. A key typed for two kinds gets two names, so no service gets the key of another
/// one from the environment.
struct NamedSecret {
    value: String,
    /// The environment variable that usually holds such a secret.
    variable: String,
    name: String,
}

impl SecretNames {
    /// Collects the secrets in all statements of a session.
    pub(super) fn of(sources: &[SourceText]) -> Self {
        let mut typed = BTreeSet::new();
        for source in sources {
            for span in secrets::spans(source) {
                typed.extend(literal(source, &span));
                typed.insert(source.part(span).to_owned());
            }
        }
        typed.retain(|key| key.chars().count() >= MIN_LENGTH && key != MASK);
        Self {
            named: Vec::new(),
            typed,
            taken: sources.iter().flat_map(lookups).collect(),
        }
    }

    /// Returns true if the text contains a secret.
    pub(super) fn shows(&self, text: &str) -> bool {
        let is_long = |key: &&String| key.chars().count() >= MIN_LENGTH_INSIDE;
        let mut long = self.typed.iter().filter(is_long);
        long.any(|key| text.contains(key.as_str())) || hidden(text) != text
    }

    /// Returns the replacements for the secrets in the text, or the reason why one can't be replaced.
    pub(super) fn edits(&mut self, source: &SourceText) -> Result<Vec<Edit>, String> {
        let spans = secrets::spans(source);
        let mut edits = Vec::new();
        for span in &spans {
            let mut comments = source.comments().iter();
            if comments.any(|comment| comment.contains(&span.start)) {
                edits.push((span.clone(), MASK.to_owned()));
            } else if literal(source, span).is_none() {
                return Err(
                    "a secret is inside a longer text, where secret(\"…\") can't be".to_owned(),
                );
            }
        }
        for index in 0..source.len() {
            let content = source.text_content(index);
            // A secret may also appear without a secret's name beside it.
            let is_known = |value: &String| self.typed.contains(value) || hidden(value) == MASK;
            let found = literal(source, &content)
                .filter(|value| spans.contains(&content) || is_known(value));
            if let Some(value) = found {
                let name = self.name(source, index, &value);
                edits.push((source.span(index), format!("secret(\"{name}\")")));
            }
        }
        Ok(edits)
    }

    /// Returns the name for a secret, derived from the name that it's assigned to and the endpoint that it's for.
    fn name(&mut self, source: &SourceText, index: usize, value: &str) -> String {
        let mut names = (0..index).rev().map(|at| match source.token(at) {
            Some(Token::StringConstant(_)) => source.part(source.text_content(at)),
            _ => source.slice(at),
        });
        let given = names.find(|name| name.len() < 40 && is_secret(name));
        let variable = given.map(|name| variable(name, goes_to_zilliz(source, index)));
        let is_same = |it: &&NamedSecret| {
            it.value == value && variable.as_ref().is_none_or(|name| it.variable == *name)
        };
        if let Some(known) = self.named.iter().find(is_same) {
            return known.name.clone();
        }
        let variable = variable.unwrap_or_else(|| "SECRET".to_owned());
        let numbered = (2_u32..).map(|number| format!("{variable}_{number}"));
        let mut names = std::iter::once(variable.clone()).chain(numbered);
        let free = names.find(|name| self.taken.insert(name.clone()));
        let name = free.unwrap_or_default();
        self.named.push(NamedSecret {
            value: value.to_owned(),
            variable,
            name: name.clone(),
        });
        name
    }
}

/// Returns the value of the string literal whose content is this byte range.
fn literal(source: &SourceText, content: &Range<usize>) -> Option<String> {
    let index = source.count_before(content.start);
    let is_whole = source.text_content(index) == *content && !source.continues_text(index);
    match source.token(index).filter(|_| is_whole)? {
        Token::StringConstant(value) => Some(value.to_string()),
        Token::CharConstant(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns the names of the secrets that the text looks up.
pub(super) fn lookups(source: &SourceText) -> impl Iterator<Item = String> {
    let is_lookup = |at: &usize| source.name(*at) == Some("secret") && source.is_called(*at);
    let names = (0..source.len()).filter(is_lookup);
    let names = names.filter_map(|at| match source.token(at + 2)? {
        Token::StringConstant(name) => Some(name.to_string()),
        _ => None,
    });
    names.collect::<BTreeSet<String>>().into_iter()
}

/// Returns true if the call around a key connects to Zilliz Cloud, and `None` if the endpoint isn't a literal or there's
/// no such call. Without an endpoint the target is Zilliz Cloud.
fn goes_to_zilliz(source: &SourceText, index: usize) -> Option<bool> {
    let open = source.open_before(index);
    let map = open.windows(2).rev().find_map(|pair| {
        let [call, map] = pair else {
            return None;
        };
        let (function, _) = registry::callee(source, *call)?;
        let mut options = function.options.iter();
        let takes_key = options.any(|option| option.matches("token"));
        (takes_key && source.token(*map) == Some(&Token::MapStart)).then_some(*map)
    })?;
    let mut is_zilliz = true;
    for item in source.items(map, source.len()) {
        if matches!(source.key(&item), Some("endpoint" | "cluster_endpoint")) {
            let value = item.start + 2;
            let Some(Token::StringConstant(text)) =
                source.token(value).filter(|_| value + 1 == item.end)
            else {
                return None;
            };
            is_zilliz &= Endpoint::parse(text).ok()?.is_zilliz();
        }
    }
    Some(is_zilliz)
}

/// Returns the environment variable that usually holds such a secret. `zilliz` is true for a key of Zilliz Cloud, and
/// `None` if the service is unknown.
fn variable(name: &str, zilliz: Option<bool>) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    let usual = match (folded.as_str(), zilliz) {
        ("token" | "apikey", Some(true)) => "ZILLIZ_API_KEY",
        ("token" | "apikey", Some(false)) => "MILVUS_TOKEN",
        ("accesskey" | "accesskeyid" | "awsaccesskeyid" | "tmpak", _) => "AWS_ACCESS_KEY_ID",
        ("secretkey" | "secretaccesskey" | "awssecretaccesskey" | "tmpsk", _) => {
            "AWS_SECRET_ACCESS_KEY"
        }
        ("sessiontoken" | "awssessiontoken", _) => "AWS_SESSION_TOKEN",
        _ => return upper(name),
    };
    usual.to_owned()
}

/// Converts `prodToken`, `prod-token` and `prod_token` to `PROD_TOKEN`.
fn upper(name: &str) -> String {
    let name = name.trim_start_matches(|first: char| !first.is_ascii_alphabetic());
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && words.ends_with(|last: char| !last.is_ascii_uppercase()) {
            words.push('_');
        }
        words.push(letter);
    }
    let words = words.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    words.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn names_are_those_of_environment_variables() {
        for (name, zilliz, expected) in [
            ("token", Some(true), "ZILLIZ_API_KEY"),
            ("api_key", Some(false), "MILVUS_TOKEN"),
            ("token", None, "TOKEN"),
            ("access_key", None, "AWS_ACCESS_KEY_ID"),
            ("secretKey", Some(false), "AWS_SECRET_ACCESS_KEY"),
            ("session_token", Some(true), "AWS_SESSION_TOKEN"),
            ("prodToken", Some(true), "PROD_TOKEN"),
            ("db-pass", None, "DB_PASS"),
            ("--my_Pw", None, "MY__PW"),
        ] {
            assert_eq!(variable(name, zilliz), expected);
        }
    }
}
