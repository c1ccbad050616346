//! `api`: one call to any path of the service.

use crate::api::raw::{METHODS, is_read};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, Takes};
use crate::engine::types::{Gives, answered, as_text, json_with};
use crate::error::Failure;
use crate::secret::Secret;
use crate::text::words;
use rhai::Dynamic;
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Connect.table([Function::new(
    &["api(method, path)", "api(method, path, body)"],
    "calls any path of the service's REST API with the connection's API key",
    "api(\"POST\", \"/v2/vectordb/collections/list\").data",
    run,
)
.takes(&[
    Takes::Words(METHODS),
    Takes::Text("path of the REST API, e.g. /v2/vectordb/collections/list"),
    Takes::Json,
])
.gives(Gives::Map(&["code", "data"]))
.destroys(Confirm::Change)
.related(&["connect", "clusters", "collections"])]);

fn run(call: &Call) -> Result<Dynamic, Failure> {
    let method = method(call)?;
    let mut path = call.text(1, "the path")?;
    let mut secrets = Vec::new();
    let body = call.args.get(2).filter(|body| !body.is_unit());
    let body = body.map(|body| read_body(call, body, &mut secrets));
    let body = body.transpose()?;
    let body = match (method, body) {
        ("GET", Some(body)) => {
            path.push_str(&query(call, &path, &body)?);
            None
        }
        (_, body) => body,
    };
    let client = &call.connection()?.client;
    let answer = client.raw(method, &path, body, &secrets)?;
    Ok(answered(answer))
}

fn method(call: &Call) -> Result<&'static str, Failure> {
    let word = call.text(0, "the method")?;
    let known = METHODS.iter().find(|it| it.eq_ignore_ascii_case(&word));
    known.copied().ok_or_else(|| {
        call.misused(&format!("no method {}", words::quote(&word)))
            .with_hint(format!("one of {}", words::list(METHODS, "and")))
    })
}

/// Returns what a confirmation has to name: the method and path of a call that may change something.
pub(crate) fn changes(call: &Call) -> Result<Option<String>, Failure> {
    let (method, path) = (method(call)?, call.text(1, "the path")?);
    Ok((!is_read(method, &path))
        .then(|| format!("{}, {}", words::quote(method), words::quote(&path))))
}

/// Returns a body as JSON: a map, a list, or JSON text. Secrets are sent, and collected for masking.
fn read_body(call: &Call, body: &Dynamic, secrets: &mut Vec<Secret>) -> Result<Value, Failure> {
    let value = match as_text(body) {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| call.misused(&format!("the body is no JSON: {error}")))?,
        None => json_with(body, &mut |secret| {
            secrets.push(secret.clone());
            secret.expose().into()
        }),
    };
    if value.is_object() || value.is_array() {
        return Ok(value);
    }
    Err(call.wrong_type("the body is a map, a list or JSON text", body))
}

/// Returns the keys of a map as a query, with its `?` or `&`.
fn query(call: &Call, path: &str, body: &Value) -> Result<String, Failure> {
    let mut pairs = Serializer::new(String::new());
    for (key, value) in body.as_object().into_iter().flatten() {
        match value {
            Value::Null => continue,
            Value::String(text) => pairs.append_pair(key, text),
            Value::Bool(_) | Value::Number(_) => pairs.append_pair(key, &value.to_string()),
            _ => {
                return Err(
                    call.misused(&format!("{key:?} of a GET call is no text, number or flag"))
                );
            }
        };
    }
    let pairs = pairs.finish();
    let mark = if path.contains('?') { '&' } else { '?' };
    Ok(if pairs.is_empty() {
        pairs
    } else {
        format!("{mark}{pairs}")
    })
}
