//! Reads the envelope of an answer, `{"code":N,"data":…}` or `{"code":N,"message":"…"}`, and answers without one.

use super::error::{ApiCall, ApiError};
use super::fields::{self, Fields};
use super::hints;
use super::mask::Mask;
use super::model::{Dialect, Effect};
use super::reason::ServiceReason;
use super::settings::Settings;
use super::transport::HttpAnswer;
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Duration;

/// Longest message of a service to show, in characters.
const MESSAGE: usize = 600;
/// Longest excerpt of an unreadable answer to show, in characters.
const EXCERPT: usize = 160;
/// Largest answer that may be an error envelope, in bytes. Errors are short, so larger answers aren't checked for a
/// code first.
const SHORT: usize = 4096;

/// The `data` of a successful answer.
pub(super) struct AnswerData<'a> {
    raw: Option<&'a RawValue>,
    reader: AnswerReader<'a>,
    text: &'a str,
}

/// The context for reading an answer.
#[derive(Clone, Copy)]
pub(super) struct AnswerReader<'a> {
    pub(super) settings: &'a Settings,
    pub(super) call: &'a ApiCall,
    pub(super) mask: &'a Mask,
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
}

/// Returns the envelope's code if the text is a short envelope.
pub(super) fn code(text: &str) -> Option<i64> {
    let short = (text.len() <= SHORT).then(|| strip(text))?;
    Fields::parse(short)?
        .text(&["code"])
        .and_then(|code| fields::integer(&code))
}

/// Returns the data of an answer, or the error that it reports.
pub(super) fn read<'a>(
    settings: &'a Settings,
    call: &'a ApiCall,
    mask: &'a Mask,
    answer: &'a HttpAnswer,
) -> Result<AnswerData<'a>, ApiError> {
    let status = answer.status;
    let reader = AnswerReader {
        settings,
        call,
        mask,
        status,
        retry_after: answer.retry_after,
    };
    let text = strip(&answer.text);
    let data = |raw| AnswerData { raw, reader, text };
    if (300..400).contains(&status) {
        return Err(ApiError::Redirect {
            call: Box::new(call.clone()),
            status,
            location: answer.location.clone(),
        });
    }
    let envelope = Fields::parse(text);
    if !(200..300).contains(&status) {
        return Err(reader.http_error(envelope.as_ref(), text));
    }
    // A change may succeed with an empty answer.
    if status == 204 && call.effect == Effect::Change {
        return Ok(data(None));
    }
    let Some(envelope) = envelope else {
        let problem = match text {
            "" => "it is empty",
            _ if looks_like_html(text) => "it is a web page",
            _ => "it is not a JSON object",
        };
        return Err(reader.unreadable(problem, text));
    };
    let raw = envelope.raw(&["data"]);
    let message = message(&envelope);
    match envelope.text(&["code"]).map(|code| fields::integer(&code)) {
        // v1 and early 2.4 send 200 for success.
        Some(Some(0 | 200)) if raw.is_some() || message.is_none() => Ok(data(raw)),
        // `{"code":0,"message":"The token is illegal."}` is a published failure. Such an answer doesn't say whether a
        // create made a job, except that Milvus sends "partition not found" with the code 200.
        Some(Some(code @ (0 | 200)))
            if call.effect == Effect::Create
                && !(code == 200 && settings.dialect == Dialect::Milvus) =>
        {
            Err(reader.unreadable("it is a success without data", text))
        }
        Some(Some(code)) => Err(reader.service_error(Some(code), message)),
        Some(None) => Err(reader.unreadable("its code is not a number", text)),
        None if raw.is_some() => Ok(data(raw)),
        None => Err(reader.unreadable("it has neither code nor data", text)),
    }
}

impl<'a> AnswerData<'a> {
    /// Returns the data as an object; a list of one object counts as that object.
    pub(super) fn object(&self) -> Result<Fields<'a>, ApiError> {
        let raw = self.raw.ok_or_else(|| self.unreadable("it has no data"))?;
        let first = || fields::list(raw)?.into_iter().next().and_then(Fields::of);
        Fields::of(raw)
            .or_else(first)
            .ok_or_else(|| self.unreadable("its data is not an object"))
    }

    /// Returns the data as a list; null counts as an empty list, since some servers send it instead.
    pub(super) fn list(&self) -> Result<Vec<&'a RawValue>, ApiError> {
        match self.raw {
            None => Ok(Vec::new()),
            Some(raw) => fields::list(raw).ok_or_else(|| self.unreadable("its data is not a list")),
        }
    }

    /// Returns the data as sent.
    pub(super) const fn raw(&self) -> Option<&'a RawValue> {
        self.raw
    }

    /// Returns the error for an answer about another job.
    pub(super) fn about_another(&self, answered: String) -> ApiError {
        ApiError::AnotherJob {
            call: Box::new(self.reader.call.clone()),
            answered,
        }
    }

    /// Returns the error for an answer that lacks a required part.
    pub(super) fn unreadable(&self, problem: &str) -> ApiError {
        self.reader.unreadable(problem, self.text)
    }
}

/// Returns the texts of an answer's list.
pub(super) fn texts(data: &AnswerData<'_>) -> Result<Vec<String>, ApiError> {
    Ok(data.list()?.into_iter().filter_map(fields::text).collect())
}

/// Reads rows: a list of objects.
pub(super) fn read_rows(data: &AnswerData<'_>) -> Result<Vec<Value>, ApiError> {
    let rows = data.list()?.into_iter();
    let rows: Result<Vec<Value>, _> = rows.map(|row| serde_json::from_str(row.get())).collect();
    let rows = rows.map_err(|_| data.unreadable("a row is not JSON"))?;
    if rows.iter().all(Value::is_object) {
        Ok(rows)
    } else {
        Err(data.unreadable("its rows are not objects"))
    }
}

impl AnswerReader<'_> {
    fn unreadable(&self, problem: &str, text: &str) -> ApiError {
        ApiError::Unreadable {
            call: Box::new(self.call.clone()),
            status: self.status,
            problem: problem.to_owned(),
            excerpt: self.excerpt(text),
        }
    }

    fn service_error(&self, code: Option<i64>, message: Option<String>) -> ApiError {
        let message = message.map_or_else(
            || {
                code.map_or_else(
                    || "the service gave no reason".to_owned(),
                    |code| format!("the service answered {code} without a reason"),
                )
            },
            |message| self.mask.clean(&message, MESSAGE),
        );
        let effect = self.call.effect;
        let dialect = self.settings.dialect;
        let reason = ServiceReason::of(dialect, effect, self.status, code, &message);
        ApiError::Service {
            hint: hints::of(self.settings, effect, self.status, code, reason),
            reason,
            retry_after: self.retry_after,
            call: Box::new(self.call.clone()),
            status: self.status,
            code,
            message,
        }
    }

    /// Returns the error for an answer with an HTTP error status, which holds the service's envelope or a gateway's
    /// page.
    fn http_error(&self, envelope: Option<&Fields<'_>>, text: &str) -> ApiError {
        let code = envelope
            .and_then(|envelope| envelope.text(&["code"]))
            .and_then(|code| fields::integer(&code))
            .filter(|code| !matches!(code, 0 | 200));
        let status = reqwest::StatusCode::from_u16(self.status);
        let name = status
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("an unknown status");
        let said = envelope
            .and_then(message)
            .unwrap_or_else(|| self.excerpt(text));
        let message = match (code, said.is_empty()) {
            (Some(_), false) => said,
            (_, true) => format!("HTTP {} {name}", self.status),
            (None, false) => format!("HTTP {} {name}: {said}", self.status),
        };
        self.service_error(code, Some(message))
    }

    /// Returns the title of a web page, or the beginning of any other text.
    fn excerpt(&self, text: &str) -> String {
        let page = looks_like_html(text).then(|| title(text)).flatten();
        self.mask.clean(page.unwrap_or(text), EXCERPT)
    }
}

/// Returns the text without a byte order mark and outer whitespace.
fn strip(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

fn message(envelope: &Fields<'_>) -> Option<String> {
    envelope
        .text(&["message", "msg", "error", "reason", "detail"])
        .or_else(|| {
            envelope
                .raw(&["message", "msg", "error", "reason", "detail"])
                .map(|raw| raw.get().to_owned())
                .filter(|text| text != "\"\"")
        })
}

fn looks_like_html(text: &str) -> bool {
    text.starts_with('<')
}

/// Returns the text of the first title or heading.
fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    ["title", "h1", "h2"].iter().find_map(|tag| {
        let open = lower.find(&format!("<{tag}"))?;
        let begin = open + lower.get(open..)?.find('>')? + 1;
        let end = begin + lower.get(begin..)?.find("</")?;
        page.get(begin..end)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_is_recognized_by_its_title() {
        assert_eq!(
            title("<html><TITLE a='b'> 502 Bad\nGateway </TITLE>"),
            Some("502 Bad\nGateway")
        );
        assert_eq!(title("<html><title></title><h1>Oops</h1>"), Some("Oops"));
        assert_eq!(title("<p>İ<title>x"), None);
    }

    #[test]
    fn codes_are_read_only_from_short_envelopes() {
        assert_eq!(code("\u{feff}{\"code\":\"429\"}"), Some(429));
        assert_eq!(code("[]"), None);
        assert_eq!(
            code(&format!("{{\"code\":429,\"x\":\"{}\"}}", "y".repeat(SHORT))),
            None
        );
    }
}
