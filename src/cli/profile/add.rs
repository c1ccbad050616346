//! `zshell profile add`: asks for missing settings, tests the connection and saves the profile.

use crate::api::JobFilter;
use crate::api::endpoint::{Endpoint, EndpointKind};
use crate::cli::args::Add;
use crate::cli::input;
use crate::config::{Config, Profile, Setting};
use crate::connection::Connection;
use crate::credentials;
use crate::engine::connecting::profiles;
use crate::error::{Failure, Kind};
use crate::secret::{Secret, remember};
use crate::session::Session;
use crate::text::words;
use serde_json::Value;

/// Maximum number of tries after a refused API key or an unknown cluster.
const TRIES: usize = 3;

/// Saves a connection.
pub(super) fn run(session: &Session, options: Add) -> Result<(), Failure> {
    profiles::check_name(&options.name)?;
    let config = profiles::load(session)?;
    let token = options.token_file.as_deref();
    let token = token.map(|path| input::secret(session, path, "key"));
    let token = token.transpose()?;
    token.iter().for_each(remember);
    let mut draft = ProfileDraft { options, token };
    if config.profiles.contains_key(&draft.options.name) {
        allow_replacing(session, &mut draft.options)?;
    }
    if can_ask(session) {
        draft.ask(session, &config)?;
    } else {
        draft.check_complete()?;
    }
    profiles::check(draft.profile())?;
    let found = draft.prove(session)?;
    draft.save(session, found)
}

/// With `--yes` or without a terminal no questions are asked.
fn can_ask(session: &Session) -> bool {
    Session::can_ask() && !session.choices().yes
}

fn allow_replacing(session: &Session, options: &mut Add) -> Result<(), Failure> {
    let name = &options.name;
    if !options.force && can_ask(session) {
        options.force =
            session.confirm(&format!("there is a profile {name:?}: replace it?"), false)?;
    }
    if options.force {
        Ok(())
    } else {
        Err(profiles::taken(name).with_hint("--force replaces it"))
    }
}

/// The profile to save.
struct ProfileDraft {
    options: Add,
    token: Option<Secret>,
}

impl ProfileDraft {
    /// Returns the profile, with its settings in the order in which they're written.
    fn profile(&self) -> Profile {
        let it = &self.options;
        let texts = [
            ("endpoint", &it.endpoint),
            ("cluster", &it.cluster),
            ("cluster_id", &it.cluster_id),
            ("region", &it.region),
            ("project_id", &it.project_id),
            ("db", &it.db),
            ("api", &it.api),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| {
            let text = text.clone()?;
            Some((name, Setting::Plain(Value::from(text))))
        });
        let token = self.token.iter().cloned();
        let token = token.map(|token| ("token", Setting::Secret(token)));
        let protected = it
            .protected
            .then_some(("protected", Setting::Plain(Value::from(true))));
        let settings = texts.chain(token).chain(protected);
        Profile::new(settings.map(|(name, it)| (name.to_owned(), it)).collect())
    }

    /// Asks for missing settings that the endpoint's dialect needs.
    fn ask(&mut self, session: &Session, config: &Config) -> Result<(), Failure> {
        let it = &self.options;
        if it.endpoint.is_none() && it.cluster.is_none() && it.cluster_id.is_none() {
            self.options.endpoint = Some(ask_endpoint(session)?);
        }
        let endpoint = self.options.endpoint.as_deref();
        let endpoint = endpoint.map(Endpoint::parse).transpose()?;
        let zilliz = endpoint.as_ref().is_none_or(Endpoint::is_zilliz);
        if self.token.is_none() {
            self.ask_token(session, zilliz)?;
        }
        let it = &self.options;
        let named = it.cluster.is_some() || it.cluster_id.is_some() || it.project_id.is_some();
        let many = |endpoint: &Endpoint| {
            matches!(
                &endpoint.kind,
                EndpointKind::ControlPlane | EndpointKind::Controller { .. }
            )
        };
        if !named && endpoint.as_ref().is_some_and(many) {
            self.options.cluster = ask(session, "cluster (its name or id):")?;
        }
        if self.options.db.is_none() && self.options.api.as_deref() != Some("v1") {
            self.options.db = ask(session, "database (empty for the default one):")?;
        }
        if !self.options.protected {
            self.options.protected = session.confirm(
                "protected (ask before drop_collection and abort, scripts need --yes)?",
                false,
            )?;
        }
        if !self.options.default && config.default_profile.is_none() {
            self.options.default = session.confirm("the default for connect()?", true)?;
        }
        Ok(())
    }

    fn ask_token(&mut self, session: &Session, zilliz: bool) -> Result<(), Failure> {
        let what = if zilliz {
            "API key"
        } else {
            "user:password or API key"
        };
        let otherwise = match credentials::find(zilliz) {
            Some(key) => format!("empty: {} at each use", key.source),
            None if zilliz => "empty: asked for at each use".to_owned(),
            None => "empty: none".to_owned(),
        };
        let answer = session.ask_hidden(&format!("{what}, not shown ({otherwise}):"))?;
        self.token = answer.filter(|token| !token.is_empty());
        self.token.iter().for_each(remember);
        Ok(())
    }

    fn check_complete(&self) -> Result<(), Failure> {
        let it = &self.options;
        let names = [&it.endpoint, &it.cluster, &it.cluster_id, &it.project_id];
        if names.iter().any(|name| name.is_some()) {
            return Ok(());
        }
        Err(Failure::usage(
            "profile add: --endpoint is missing, and there is no terminal to ask at",
        )
        .with_hint("zshell profile add NAME --endpoint https://… --token-file FILE"))
    }

    /// Connects. On a terminal, a refused API key may be typed again, and an unreachable service may be saved anyway.
    fn prove(&mut self, session: &Session) -> Result<Option<String>, Failure> {
        if self.options.no_verify {
            return Ok(None);
        }
        let mut tries = 1;
        loop {
            let failure = match self.test(session) {
                Ok(found) => return Ok(Some(found)),
                Err(failure) => failure,
            };
            session.interrupt.check()?;
            if !can_ask(session) {
                session.notice("nothing was saved; --no-verify saves it untested");
                return Err(failure);
            }
            // The next question asks for another API key.
            session.complain(&match failure.kind {
                Kind::Auth => format!("error: {failure}"),
                _ => told(&failure),
            });
            if tries < TRIES && self.ask_again(session, &failure)? {
                tries += 1;
            } else if session.confirm("save it all the same?", false)? {
                return Ok(None);
            } else {
                return Err(Failure::new(failure.kind, "nothing was saved"));
            }
        }
    }

    /// Asks again for the setting that the failure is about. Returns false for another failure or an empty answer.
    fn ask_again(&mut self, session: &Session, failure: &Failure) -> Result<bool, Failure> {
        match failure.kind {
            Kind::Auth => {
                let answer = session.ask_hidden("another key, not shown (empty to give up):")?;
                let Some(token) = answer.filter(|token| !token.is_empty()) else {
                    return Ok(false);
                };
                remember(&token);
                self.token = Some(token);
            }
            Kind::Usage if self.options.cluster.is_some() => {
                let Some(cluster) = ask(session, "another cluster (empty to give up):")? else {
                    return Ok(false);
                };
                self.options.cluster = Some(cluster);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn test(&self, session: &Session) -> Result<String, Failure> {
        let connection = profiles::connect(session, &self.options.name, self.profile())?;
        describe(&connection)
    }

    fn save(&self, session: &Session, found: Option<String>) -> Result<(), Failure> {
        let it = &self.options;
        let found = found.unwrap_or_else(|| "not tested".to_owned());
        session.changed(&format!("{}: {found}", it.name));
        profiles::save(session, &it.name, &self.profile(), it.force, it.default)
    }
}

/// Returns the connection in words: `v2 at https://api.cloud.zilliz.com, cluster in03-…, 12 import jobs, key from the
/// profile "prod"`.
fn describe(connection: &Connection) -> Result<String, Failure> {
    let settings = connection.client.settings();
    let base = settings.import_base.as_str().trim_end_matches('/');
    let mut told = vec![format!("{} at {base}", settings.dialect)];
    let named = |noun: &str, name: &String| format!("{noun} {}", words::safe_line(name));
    told.extend(settings.cluster_id.iter().map(|id| named("cluster", id)));
    told.extend(settings.region.iter().map(|region| named("region", region)));
    let page = connection.client.list_page(&JobFilter::default(), 1, 5)?;
    let jobs = page.count.unwrap_or(page.jobs.len() as u64);
    told.push(words::count(jobs, "import job"));
    told.push(format!("key: {}", settings.key_source));
    Ok(told.join(", "))
}

fn ask_endpoint(session: &Session) -> Result<String, Failure> {
    loop {
        let question = "endpoint (https://in03-…, or http://localhost:19530):";
        let Some(endpoint) = ask(session, question)? else {
            return Err(Failure::refused("no endpoint was given, nothing was saved"));
        };
        match Endpoint::parse(&endpoint) {
            Ok(_) => return Ok(endpoint),
            Err(error) => session.complain(&told(&error)),
        }
    }
}

/// Returns an answer, or `None` if it's empty.
fn ask(session: &Session, question: &str) -> Result<Option<String>, Failure> {
    let answer = session.ask(question)?.unwrap_or_default();
    let answer = answer.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

fn told(failure: &Failure) -> String {
    match &failure.hint {
        Some(hint) => format!("error: {failure}\n  hint: {hint}"),
        None => format!("error: {failure}"),
    }
}
