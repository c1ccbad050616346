//! Builds the HTTP request of one call.

use super::error::{ApiCall, ApiError, unusable};
use super::fields::Fields;
use super::mask::Mask;
use super::model::Effect;
use super::settings::Settings;
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::secret::Secret;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io;
use std::time::Duration;
use url::{Position, Url};
use zeroize::Zeroizing;

/// All characters except RFC 3986's unreserved ones.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Longest idempotency key that servers accept, in bytes.
const IDEMPOTENCY_KEY_LIMIT: usize = 256;

/// The form of a call.
#[derive(Clone, Copy)]
pub(crate) struct CallForm {
    /// The purpose as it reads after "cannot".
    pub(super) what: &'static str,
    pub(super) effect: Effect,
    pub(super) path: &'static str,
}

impl CallForm {
    /// Returns the form of a call that changes nothing.
    pub(super) const fn read(what: &'static str, path: &'static str) -> Self {
        let effect = Effect::Read;
        Self { what, effect, path }
    }

    /// Returns the form of a call that changes something.
    pub(super) const fn change(what: &'static str, path: &'static str) -> Self {
        let effect = Effect::Change;
        Self { what, effect, path }
    }
}

/// A request with its URL, headers and body, and the data for its error messages.
pub(super) struct Outgoing {
    /// The call, as errors describe it.
    pub(super) call: Box<ApiCall>,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Zeroed when the request is dropped, because it may hold storage keys.
    pub(super) body: Option<Bytes>,
    /// Masks the secrets in the request.
    pub(super) mask: Mask,
}

impl Outgoing {
    /// Builds a read by `GET`, with percent-encoded query values.
    pub(super) fn get(
        settings: &Settings,
        CallForm { what, effect, path }: CallForm,
        base: &Url,
        query: &[(&str, &str)],
    ) -> Result<Self, ApiError> {
        let mut url = join(base, path);
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        url.set_query((!pairs.is_empty()).then(|| pairs.join("&")).as_deref());
        Self::new(settings, what, effect, "GET", url, None)
    }

    /// Builds a `POST` with a JSON body.
    pub(super) fn post(
        settings: &Settings,
        CallForm { what, effect, path }: CallForm,
        base: &Url,
        body: &impl Serialize,
    ) -> Result<Self, ApiError> {
        let url = join(base, path);
        Self::new(settings, what, effect, "POST", url, Some(json(body)?))
    }

    /// Builds a call with any method and URL.
    pub(super) fn new(
        settings: &Settings,
        what: &'static str,
        effect: Effect,
        method: &'static str,
        url: Url,
        body: Option<Bytes>,
    ) -> Result<Self, ApiError> {
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::new();
        if let Some(token) = settings.token.as_ref().filter(|token| !token.is_empty()) {
            headers.insert(AUTHORIZATION, authorization(token, &settings.key_source)?);
        }
        headers.insert(ACCEPT, json.clone());
        headers.insert(CONTENT_TYPE, json);
        let call = ApiCall {
            what,
            method,
            url: url.to_string(),
            effect,
        };
        Ok(Self {
            call: Box::new(call),
            url,
            headers,
            body,
            mask: Mask::new(&settings.token),
        })
    }

    /// Returns the server's host and port, with secrets masked.
    pub(super) fn host(&self) -> String {
        self.mask.apply(&host(&self.url))
    }

    /// Adds the database to the request as its `DB-Name` header.
    pub(super) fn with_database(mut self, database: Option<&str>) -> Result<Self, ApiError> {
        if let Some(database) = database {
            let value = HeaderValue::from_str(database).map_err(|_| {
                let problem = format!("{database:?} can't be in a header");
                unusable("the database's name", problem)
                    .with_hint("a database's name is letters, digits and underscores")
            })?;
            self.headers
                .insert(HeaderName::from_static("db-name"), value);
        }
        Ok(self)
    }

    /// Adds an idempotency key to the request (printable ASCII, at most 256 bytes).
    pub(super) fn with_idempotency_key(mut self, key: &str) -> Result<Self, ApiError> {
        let value = printable(key)
            .filter(|_| !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_LIMIT)
            .ok_or_else(|| {
                let problem = format!(
                    "{key:?} is not 1 to {IDEMPOTENCY_KEY_LIMIT} printable ASCII characters"
                );
                unusable("the idempotency key", problem)
            })?;
        self.headers
            .insert(HeaderName::from_static("idempotency-key"), value);
        Ok(self)
    }

    /// Adds keys to the request's body.
    ///
    /// # Errors
    /// Returns an error if the request has no body, or if the body already has a key.
    pub(super) fn with_extra(mut self, extra: &Map<String, Value>) -> Result<Self, ApiError> {
        if extra.is_empty() {
            return Ok(self);
        }
        let Some(body) = &self.body else {
            let problem = format!("the call to {} has no body to add to", self.call.what);
            return Err(unusable("extra", problem).into());
        };
        let text = std::str::from_utf8(body).unwrap_or_default();
        let fields = Fields::parse(text)
            .ok_or_else(|| unusable("extra", "the request's body is not an object"))?;
        if let Some(key) = extra.keys().find(|key| fields.knows(&[key.as_str()])) {
            return Err(unusable("extra", format!("the call gives {key:?} already")).into());
        }
        let more = serde_json::to_string(extra).map_err(|error| unusable("extra", error))?;
        // serde_json writes an object without outer whitespace.
        let mut whole = ZeroedBuffer::default();
        whole.append(text.strip_suffix('}').unwrap_or(text).as_bytes());
        if !fields.is_empty() {
            whole.append(b",");
        }
        whole.append(more.strip_prefix('{').unwrap_or(&more).as_bytes());
        self.body = Some(whole.into());
        Ok(self)
    }

    /// Returns the error for a stop; `sent` is set if the request was, or may have been, sent.
    pub(super) fn stopped(&self, stop: Stop, sent: bool) -> ApiError {
        let call = self.call.clone();
        ApiError::Stopped { call, stop, sent }
    }

    /// Returns the error for an answer that didn't arrive within this time.
    pub(super) fn no_answer(&self, after: Duration) -> ApiError {
        let call = self.call.clone();
        ApiError::NoAnswer { call, after }
    }

    /// Returns the error for a broken connection.
    pub(super) fn lost(&self, cause: impl Into<String>) -> ApiError {
        ApiError::Lost {
            call: self.call.clone(),
            cause: cause.into(),
        }
    }

    /// Masks these secrets of the request's body in the service's texts.
    pub(super) fn with_secrets<'a>(
        mut self,
        settings: &'a Settings,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Self {
        self.mask = Mask::new(settings.token.iter().chain(secrets));
        self
    }
}

/// Returns the host and port of a URL.
pub(super) fn host(url: &Url) -> String {
    url[Position::BeforeHost..Position::AfterPort].to_owned()
}

/// Returns a body as JSON.
pub(super) fn json(body: &impl Serialize) -> Result<Bytes, ApiError> {
    let mut bytes = ZeroedBuffer::default();
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| unusable("the request's body", error))?;
    Ok(bytes.into())
}

/// A growing buffer that leaves no copy of its content in freed memory.
#[derive(Default)]
struct ZeroedBuffer(Zeroizing<Vec<u8>>);

impl ZeroedBuffer {
    fn append(&mut self, bytes: &[u8]) {
        let length = self.0.len() + bytes.len();
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl io::Write for ZeroedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<ZeroedBuffer> for Bytes {
    fn from(buffer: ZeroedBuffer) -> Self {
        Self::from_owner(buffer.0)
    }
}

/// Returns the header value of a text; `None` unless it's printable ASCII.
fn printable(text: &str) -> Option<HeaderValue> {
    let is_printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    HeaderValue::from_str(text).ok().filter(|_| is_printable)
}

fn authorization(token: &Secret, source_of_key: &str) -> Result<HeaderValue, ApiError> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut value = printable(&text).ok_or_else(|| {
        let problem =
            "it holds characters that can't be in a header (a line end, or a letter outside ASCII)";
        let problem = format!("the API key ({source_of_key}) cannot be used: {problem}");
        Failure::new(Kind::Auth, problem).with_hint(
            "give another API key: connect(#{token: secret(\"NAME\")}), a profile, or ZILLIZ_API_KEY",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Percent-encodes a value for a query or for one segment of a path.
pub(super) fn escape(value: &str) -> String {
    utf8_percent_encode(value, ESCAPED).to_string()
}

/// Returns `path` below the base's own path, without the base's query and fragment.
pub(super) fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let full = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&full);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Removes user and password from an address.
pub(super) fn strip_user(url: &mut Url) {
    // Both calls fail only for addresses that can't have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}
