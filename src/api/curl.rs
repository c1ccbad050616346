//! A request as a curl command that does the same.
//!
//! Secrets are named, not shown: the shell puts variables in. They stand in here-documents, which the shell neither
//! splits nor runs, and which no list of processes shows.

use super::endpoint::Endpoint;
use super::request::Outgoing;
use super::settings::Settings;
use crate::secret::is_secret;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;
use std::fmt::Write;
use ulid::Ulid;

/// The variables that stand for the secrets of an import request's body.
const VARIABLES: [(&str, &str); 4] = [
    ("accessKey", "AWS_ACCESS_KEY_ID"),
    ("secretKey", "AWS_SECRET_ACCESS_KEY"),
    ("token", "AWS_SESSION_TOKEN"),
    ("sessionToken", "AWS_SESSION_TOKEN"),
];

/// The command, with a comment line above it that says what it does and which variables it reads.
pub(super) fn command(settings: &Settings, outgoing: &Outgoing) -> String {
    let mut body = Body::of(outgoing);
    let key = outgoing.headers.contains_key(AUTHORIZATION);
    let key = key.then(|| key_variable(settings));
    let variables: Vec<&str> = key.into_iter().chain(body.variables()).collect();
    let mut text = comment(settings, outgoing, &variables, body.needs_escape);
    let url = outgoing.mask.apply(outgoing.url.as_str());
    let _ = write!(
        text,
        "curl -sS -w '\\n' -X {} {}",
        outgoing.method,
        quoted(&url)
    );
    if let Some(file) = &settings.ca_cert {
        let _ = write!(text, " --cacert {}", quoted(&file.display().to_string()));
    }
    for (name, value) in headers(&outgoing.headers) {
        let header = outgoing.mask.apply(&format!("{name}: {value}"));
        let _ = write!(text, " -H {}", quoted(&header));
    }
    if key.is_some() {
        text.push_str(" -H @/dev/fd/3");
    }
    if outgoing.body.is_some() {
        text.push_str(" -d @-");
    }
    if key.is_some() {
        text.push_str(" 3<<KEY");
    }
    if outgoing.body.is_some() {
        text.push_str(if body.secrets.is_empty() {
            " <<'BODY'"
        } else {
            " <<BODY"
        });
    }
    text.push('\n');
    if let Some(variable) = key {
        let _ = writeln!(text, "Authorization: Bearer ${variable}\nKEY");
    }
    if outgoing.body.is_some() {
        let _ = writeln!(text, "{}\nBODY", body.written());
    }
    text
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

/// The headers of the request but the key, as they travel.
fn headers(headers: &HeaderMap) -> impl Iterator<Item = (String, &str)> {
    let shown = headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    shown.filter_map(|(name, value)| Some((capitalised(name.as_str()), value.to_str().ok()?)))
}

/// `content-type` as people write it: `Content-Type`.
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

/// The variable that stands for the connection's key: the one it is looked up in for this host.
fn key_variable(settings: &Settings) -> &'static str {
    let base = Endpoint::parse(settings.import_base.as_str());
    if base.is_ok_and(|endpoint| endpoint.is_zilliz()) {
        "ZILLIZ_API_KEY"
    } else {
        "MILVUS_TOKEN"
    }
}

/// A body whose secrets have been taken out.
struct Body {
    text: String,
    /// What stands in the text for a secret, and the secret's variable.
    secrets: Vec<(String, String)>,
    /// True where a secret holds what JSON would escape.
    needs_escape: bool,
}

impl Body {
    fn of(outgoing: &Outgoing) -> Self {
        let mut body = Self {
            text: String::new(),
            secrets: Vec::new(),
            needs_escape: false,
        };
        let Some(bytes) = &outgoing.body else {
            return body;
        };
        // Our own bodies are JSON.
        let text = match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                body.take_out(&mut value);
                value.to_string()
            }
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        body.text = outgoing.mask.apply(&text);
        body
    }

    fn take_out(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(secret) if is_secret(name) => {
                            let escaped = |it: char| it.is_control() || matches!(it, '"' | '\\');
                            self.needs_escape |= secret.contains(escaped);
                            let mark = Ulid::generate().to_string();
                            self.secrets.push((mark.clone(), variable(name)));
                            *secret = mark;
                        }
                        value => self.take_out(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.take_out(item)),
            _ => {}
        }
    }

    fn variables(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(|(_, variable)| variable.as_str())
    }

    /// The body as it stands in a here-document, which expands variables where there are secrets.
    fn written(&mut self) -> String {
        if self.secrets.is_empty() {
            return std::mem::take(&mut self.text);
        }
        let mut text = String::with_capacity(self.text.len());
        for letter in self.text.chars() {
            if matches!(letter, '\\' | '$' | '`') {
                text.push('\\');
            }
            text.push(letter);
        }
        for (mark, variable) in &self.secrets {
            text = text.replace(mark.as_str(), &format!("${{{variable}}}"));
        }
        text
    }
}

/// The variable of a body's secret: `newPassword` is `NEW_PASSWORD` where there is no usual name.
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

/// A word of a shell command.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::Effect;
    use crate::api::model::Dialect;
    use crate::secret::Secret;
    use serde_json::json;
    use url::Url;

    fn shown(endpoint: &str, body: &Value, token: &str) -> String {
        let base = Url::parse(endpoint).expect("an address");
        let settings = Settings {
            token: Some(Secret::new(token)),
            ..Settings::new(Dialect::V2, base.clone())
        };
        let outgoing = Outgoing::post(&settings, "try it", Effect::Change, &base, "/x", body);
        command(&settings, &outgoing.expect("a request"))
    }

    #[test]
    fn secrets_are_variables_and_nothing_else_is() {
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
