//! The choice of a connection's API key: from its options, else from environment and files for such a host, else typed
//! by the user.

use super::Origin;
use crate::api::{Settings, TYPED_KEY};
use crate::credentials::{self, ApiKey};
use crate::engine::options::Options;
use crate::error::{Failure, Kind};
use crate::session::Session;

/// The places in which to look for an API key.
pub(super) struct KeyPlaces<'a> {
    pub(super) session: &'a Session,
    pub(super) options: &'a Options,
    pub(super) origin: &'a Origin,
}

/// The API key found without asking the user.
#[derive(Clone, Debug)]
pub(super) enum FoundKey {
    /// An API key.
    Key(ApiKey),
    /// The options say to send no API key, even if one could be found.
    Declined,
    /// No API key.
    Nothing,
}

impl KeyPlaces<'_> {
    /// Sets the API key for a service. With `zilliz` the host is Zilliz's, which always requires one.
    pub(super) fn give(&self, settings: &mut Settings, zilliz: bool) -> Result<(), Failure> {
        match find(self.options, self.origin, zilliz)? {
            FoundKey::Key(key) => {
                settings.token = Some(key.secret);
                settings.key_source = key.source;
                return Ok(());
            }
            _ if !zilliz => return Ok(()),
            FoundKey::Nothing if self.ask(settings)? => return Ok(()),
            _ => {}
        }
        let host = host(&settings.import_base);
        Err(Failure::new(Kind::Auth, format!("no API key for {host}")).with_hint(
            "set ZILLIZ_API_KEY, save one with zshell profile add, or give one: connect(#{endpoint: \"…\", token: secret(\"NAME\")})",
        ))
    }

    /// Asks for an API key after a service refused a call without one. Returns false if there's no user to ask or
    /// nothing is typed.
    pub(super) fn ask_after(&self, settings: &mut Settings) -> Result<bool, Failure> {
        if settings.token.is_some() || self.options.get("token").is_some() {
            self.forget(settings);
            return Ok(false);
        }
        self.ask(settings)
    }

    /// Forgets a typed API key that was refused, so the user is asked again next time.
    pub(super) fn forget(&self, settings: &Settings) {
        if settings.key_source == TYPED_KEY {
            self.session.forget_answer(&place(settings));
        }
    }

    fn ask(&self, settings: &mut Settings) -> Result<bool, Failure> {
        if !Session::can_ask() {
            return Ok(false);
        }
        let question = format!(
            "API key (or user:password) for {}, not shown:",
            host(&settings.import_base)
        );
        let answer = self.session.ask_once(&place(settings), &question)?;
        if answer.is_some() {
            settings.token = answer;
            TYPED_KEY.clone_into(&mut settings.key_source);
        }
        Ok(settings.token.is_some())
    }
}

/// Finds the API key in options, environment or files.
pub(super) fn find(options: &Options, origin: &Origin, zilliz: bool) -> Result<FoundKey, Failure> {
    if let Some(secret) = options.secret("token")? {
        let source = match origin {
            Origin::Options => "given to connect".to_owned(),
            Origin::Profile(name) => format!("the profile {name:?}"),
            Origin::Environment => "the environment".to_owned(),
        };
        return Ok(if secret.is_empty() {
            FoundKey::Declined
        } else {
            FoundKey::Key(ApiKey { secret, source })
        });
    }
    Ok(credentials::find(zilliz).map_or(FoundKey::Nothing, FoundKey::Key))
}

/// Returns an address's host, with its port if it isn't the usual one.
pub(super) fn host(base: &url::Url) -> String {
    let host = base.host_str().unwrap_or_default();
    let with_port = |port| format!("{host}:{port}");
    base.port().map_or_else(|| host.to_owned(), with_port)
}

/// Returns the name under which a typed key is remembered.
fn place(settings: &Settings) -> String {
    format!("the key of {}", host(&settings.import_base))
}
