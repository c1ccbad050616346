//! Reads the envelope of an answer, `{"code":N,"data":…}` or `{"code":N,"message":"…"}`, and answers without one.

use super::error::ApiError;
use super::fields::{self, Fields};
use super::hints;
use super::model::{Dialect, Effect};
use super::outcome::ErrorAnswer;
use super::reason::ServiceReason;
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::HttpAnswer;
use serde_json::Value;
use serde_json::value::RawValue;

/// Longest message of a service to show, in characters.
const MESSAGE: usize = 600;
/// Longest excerpt of an unreadable answer to show, in characters.
const EXCERPT: usize = 160;
/// Largest answer that may be an error envelope, in bytes. Errors are short, so larger answers aren't checked for a
/// code first.
const SHORT: usize = 4096;

/// The `data` of a successful answer, with the context for reading it.
pub(super) struct AnswerData<'a> {
    pub(super) settings: &'a Settings,
    outgoing: &'a Outgoing,
    answer: &'a HttpAnswer,
    text: &'a str,
    /// The data as sent.
    pub(super) raw: Option<&'a RawValue>,
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
    outgoing: &'a Outgoing,
    answer: &'a HttpAnswer,
) -> Result<AnswerData<'a>, ApiError> {
    let (status, effect) = (answer.status, outgoing.call.effect);
    let text = strip(&answer.text);
    let mut data = AnswerData {
        settings,
        outgoing,
        answer,
        text,
        raw: None,
    };
    if (300..400).contains(&status) {
        return Err(ApiError::Redirect {
            call: outgoing.call.clone(),
            status,
            location: answer.location.clone(),
        });
    }
    let envelope = Fields::parse(text);
    if !(200..300).contains(&status) {
        return Err(data.http_error(envelope.as_ref()));
    }
    // A change may succeed with an empty answer.
    if status == 204 && effect == Effect::Change {
        return Ok(data);
    }
    let Some(envelope) = envelope else {
        let problem = match text {
            "" => "it is empty",
            _ if looks_like_html(text) => "it is a web page",
            _ => "it is not a JSON object",
        };
        return Err(data.unreadable(problem));
    };
    data.raw = envelope.raw(&["data"]);
    let message = message(&envelope);
    match envelope.text(&["code"]).map(|code| fields::integer(&code)) {
        // v1 and early 2.4 send 200 for success.
        Some(Some(0 | 200)) if data.raw.is_some() || message.is_none() => Ok(data),
        // `{"code":0,"message":"The token is illegal."}` is a published failure. Such an answer doesn't say whether a
        // create made a job, except that Milvus sends "partition not found" with the code 200.
        Some(Some(code @ (0 | 200)))
            if effect == Effect::Create
                && !(code == 200 && settings.dialect == Dialect::Milvus) =>
        {
            Err(data.unreadable("it is a success without data"))
        }
        Some(Some(code)) => {
            let silent = || format!("the service answered {code} without a reason");
            Err(data.service_error(Some(code), &message.unwrap_or_else(silent)))
        }
        Some(None) => Err(data.unreadable("its code is not a number")),
        None if data.raw.is_some() => Ok(data),
        None => Err(data.unreadable("it has neither code nor data")),
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

    /// Returns the error for an answer about another job.
    pub(super) fn about_another(&self, answered: String) -> ApiError {
        ApiError::AnotherJob {
            call: self.outgoing.call.clone(),
            answered,
        }
    }

    /// Returns the error for an answer that lacks a required part.
    pub(super) fn unreadable(&self, problem: &str) -> ApiError {
        ApiError::Unreadable {
            call: self.outgoing.call.clone(),
            status: self.answer.status,
            problem: problem.to_owned(),
            excerpt: self.excerpt(),
        }
    }

    fn service_error(&self, code: Option<i64>, message: &str) -> ApiError {
        let message = self.outgoing.mask.clean(message, MESSAGE);
        let (effect, status) = (self.outgoing.call.effect, self.answer.status);
        let dialect = self.settings.dialect;
        let answer = ErrorAnswer {
            status,
            code,
            reason: ServiceReason::of(dialect, effect, status, code, &message),
        };
        ApiError::Service {
            call: self.outgoing.call.clone(),
            answer,
            message,
            hint: hints::of(self.settings, effect, answer),
            retry_after: self.answer.retry_after,
        }
    }

    /// Returns the error for an answer with an HTTP error status, which holds the service's envelope or a gateway's
    /// page.
    fn http_error(&self, envelope: Option<&Fields<'_>>) -> ApiError {
        let code = envelope
            .and_then(|envelope| envelope.text(&["code"]))
            .and_then(|code| fields::integer(&code))
            .filter(|code| !matches!(code, 0 | 200));
        let number = self.answer.status;
        let status = reqwest::StatusCode::from_u16(number);
        let name = status
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("an unknown status");
        let said = envelope.and_then(message).unwrap_or_else(|| self.excerpt());
        let message = match (code, said.is_empty()) {
            (Some(_), false) => said,
            (_, true) => format!("HTTP {number} {name}"),
            (None, false) => format!("HTTP {number} {name}: {said}"),
        };
        self.service_error(code, &message)
    }

    /// Returns the title of a web page, or the beginning of any other text.
    fn excerpt(&self) -> String {
        let text = self.text;
        let page = looks_like_html(text).then(|| title(text)).flatten();
        self.outgoing.mask.clean(page.unwrap_or(text), EXCERPT)
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
