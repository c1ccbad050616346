//! Prints a request as the equivalent curl command.
//!
//! Secrets are replaced by shell variables in here-documents. The shell doesn't split or run the content of a
//! here-document, and process lists don't show it.

use super::endpoint::Endpoint;
use super::mask::each_text;
use super::request::Outgoing;
use super::settings::Settings;
use crate::secret::is_secret;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;
use std::fmt::Write;
use ulid::Ulid;

/// Shell variables for the secrets of an import request's body.
const VARIABLES: [(&str, &str); 4] = [
    ("accessKey", "AWS_ACCESS_KEY_ID"),
    ("secretKey", "AWS_SECRET_ACCESS_KEY"),
    ("token", "AWS_SESSION_TOKEN"),
    ("sessionToken", "AWS_SESSION_TOKEN"),
];

/// Returns the shell variable, set by an earlier command, with the real value of a placeholder in a body.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A command in three parts, so that a caller can append text to the command line.
pub(super) struct CurlCommand {
    /// A comment that says what the command does and which variables it reads, with its line end.
    pub(super) comment: String,
    /// The command's line, without its line end.
    pub(super) line: String,
    /// The here-documents, with their line ends.
    pub(super) documents: String,
}

/// Returns the command that sends this request.
pub(super) fn command(
    settings: &Settings,
    outgoing: &Outgoing,
    variables: Variables<'_>,
) -> CurlCommand {
    let mut body = Body::of(outgoing, variables);
    let key = outgoing.headers.contains_key(AUTHORIZATION);
    let key = key.then(|| key_variable(settings));
    let read: Vec<&str> = key.into_iter().chain(body.secrets()).collect();
    let comment = comment(settings, outgoing, &read, body.needs_escape);
    let url = outgoing.mask.apply(outgoing.url.as_str());
    let mut line = format!(
        "curl -sS -w '\\n' -X {} {}",
        outgoing.call.method,
        quoted(&url)
    );
    if let Some(file) = &settings.ca_cert {
        let _ = write!(line, " --cacert {}", quoted(&file.display().to_string()));
    }
    for (name, value) in headers(&outgoing.headers) {
        let header = outgoing.mask.apply(&format!("{name}: {value}"));
        let _ = write!(line, " -H {}", quoted(&header));
    }
    if key.is_some() {
        line.push_str(" -H @/dev/fd/3");
    }
    if outgoing.body.is_some() {
        line.push_str(" -d @-");
    }
    let mut documents = String::new();
    if let Some(variable) = key {
        line.push_str(" 3<<KEY");
        let _ = writeln!(documents, "Authorization: Bearer ${variable}\nKEY");
    }
    if outgoing.body.is_some() {
        line.push_str(if body.holes.is_empty() {
            " <<'BODY'"
        } else {
            " <<BODY"
        });
        let _ = writeln!(documents, "{}\nBODY", body.written());
    }
    CurlCommand {
        comment,
        line,
        documents,
    }
}

fn comment(
    settings: &Settings,
    outgoing: &Outgoing,
    variables: &[&str],
    needs_escape: bool,
) -> String {
    let mut text = format!("# {}", outgoing.call.what);
    if !variables.is_empty() {
        let names: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();
        let _ = write!(text, "; reads {}", names.join(", "));
    }
    if needs_escape {
        text.push_str(" (in the body as JSON writes it: \\\" for \" and \\\\ for \\)");
    }
    if settings.key_source == crate::api::OWN_KEY {
        text.push_str("; the local service's address and key last only as long as this run");
    }
    text.push('\n');
    text
}

/// Returns the request's headers as sent, except the API key.
fn headers(headers: &HeaderMap) -> impl Iterator<Item = (String, &str)> {
    let shown = headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    shown.filter_map(|(name, value)| Some((capitalised(name.as_str()), value.to_str().ok()?)))
}

/// Returns a header name in its usual spelling: `content-type` as `Content-Type`.
fn capitalised(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    let name = words.collect::<Vec<_>>().join("-");
    if name == "Db-Name" {
        "DB-Name".to_owned()
    } else {
        name
    }
}

/// Returns the variable for the connection's API key: the one from which zshell reads the key for this host.
fn key_variable(settings: &Settings) -> &'static str {
    let base = Endpoint::parse(settings.import_base.as_str());
    if base.is_ok_and(|endpoint| endpoint.is_zilliz()) {
        "ZILLIZ_API_KEY"
    } else {
        "MILVUS_TOKEN"
    }
}

/// A body without its secrets and placeholders.
struct Body {
    text: String,
    /// The places for variables.
    holes: Vec<Hole>,
    /// Set if a secret may contain characters that JSON has to escape.
    needs_escape: bool,
}

/// A place in a body for a variable.
struct Hole {
    /// The text that marks the place.
    mark: String,
    variable: String,
    is_secret: bool,
}

impl Body {
    fn of(outgoing: &Outgoing, variables: Variables<'_>) -> Self {
        let mut body = Self {
            text: String::new(),
            holes: Vec::new(),
            needs_escape: false,
        };
        let Some(bytes) = &outgoing.body else {
            return body;
        };
        // zshell's own bodies are JSON.
        let text = match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                body.take_out(&mut value, variables);
                value.to_string()
            }
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        body.text = outgoing.mask.apply(&text);
        body
    }

    fn take_out(&mut self, value: &mut Value, variables: Variables<'_>) {
        each_text(value, &mut |name, text| {
            if is_secret(name) {
                let escaped = |it: char| it.is_control() || matches!(it, '"' | '\\');
                self.needs_escape |= text.contains(escaped);
                *text = self.hole(variable(name), true);
            } else if let Some(variable) = variables(text) {
                *text = self.hole(variable, false);
            }
        });
    }

    /// Adds a place for a variable and returns its mark.
    fn hole(&mut self, variable: String, is_secret: bool) -> String {
        let mark = Ulid::generate().to_string();
        self.holes.push(Hole {
            mark: mark.clone(),
            variable,
            is_secret,
        });
        mark
    }

    /// Returns the variables that hold secrets.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let secrets = self.holes.iter().filter(|hole| hole.is_secret);
        secrets.map(|hole| hole.variable.as_str())
    }

    /// Returns the body as text for a here-document. If the body has variables, the shell expands the here-document.
    fn written(&mut self) -> String {
        if self.holes.is_empty() {
            return std::mem::take(&mut self.text);
        }
        let mut text = String::with_capacity(self.text.len());
        for letter in self.text.chars() {
            if matches!(letter, '\\' | '$' | '`') {
                text.push('\\');
            }
            text.push(letter);
        }
        for hole in &self.holes {
            text = text.replace(&hole.mark, &format!("${{{}}}", hole.variable));
        }
        text
    }
}

/// Returns the variable for a secret field: its usual name, else the field's name (`newPassword` is `NEW_PASSWORD`).
fn variable(field: &str) -> String {
    let known = VARIABLES.iter().find(|(name, _)| *name == field);
    if let Some((_, variable)) = known {
        return (*variable).to_owned();
    }
    let mut name = String::new();
    for letter in field.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    name
}

/// Quotes a text as one shell word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::Dialect;
    use crate::api::request::CallForm;
    use crate::secret::Secret;
    use serde_json::json;
    use url::Url;

    fn shown(endpoint: &str, body: &Value, token: &str) -> String {
        let base = Url::parse(endpoint).expect("an address");
        let settings = Settings {
            token: Some(Secret::new(token)),
            ..Settings::new(Dialect::V2, base.clone())
        };
        let outgoing = Outgoing::post(&settings, CallForm::change("try it", "/x"), &base, body);
        let command = command(&settings, &outgoing.expect("a request"), &|_| None);
        format!("{}{}\n{}", command.comment, command.line, command.documents)
    }

    #[test]
    fn only_secrets_become_variables() {
        let body = json!({"name": "it's $HOME `x` \\ \"y\"", "secretKey": "s3cr3t\"", "newPassword": "pppp"});
        assert_eq!(
            shown("https://api.cloud.zilliz.com", &body, "abcd-token"),
            "# try it; reads $ZILLIZ_API_KEY, $AWS_SECRET_ACCESS_KEY, $NEW_PASSWORD (in the body as JSON writes it: \\\" for \" and \\\\ for \\)\n\
             curl -sS -w '\\n' -X POST 'https://api.cloud.zilliz.com/x' -H 'Accept: application/json' -H 'Content-Type: application/json' -H @/dev/fd/3 -d @- 3<<KEY <<BODY\n\
             Authorization: Bearer $ZILLIZ_API_KEY\nKEY\n\
             {\"name\":\"it's \\$HOME \\`x\\` \\\\\\\\ \\\\\"y\\\\\"\",\"secretKey\":\"${AWS_SECRET_ACCESS_KEY}\",\"newPassword\":\"${NEW_PASSWORD}\"}\nBODY\n"
        );
        let text = shown(
            "http://localhost:1",
            &json!({"a": "$x", "b": "abcd-token"}),
            "abcd-token",
        );
        assert!(text.contains("<<'BODY'\nAuthorization: Bearer $MILVUS_TOKEN\nKEY\n{\"a\":\"$x\",\"b\":\"****\"}\nBODY\n"), "{text}");
    }
}
