//! The REST client of the import API in its three dialects.
//!
//! Sources, the last of which overrides the others: the published API of Zilliz Cloud
//! (<https://docs.zilliz.com/reference/restful/import-operations-v2>) and of Milvus
//! (<https://milvus.io/api-reference/restful/v2.6.x/v2/Import%20(v2)/Create.md>), the requests of released clients, and
//! Milvus' own source (`internal/distributed/proxy/httpserver`).
//!
//! A [`Client`] is built from [`Settings`] and has the calls as methods: about import jobs (`imports`), collections,
//! and clusters. `dialect` builds a call of `v1`, `v2` or `milvus` as a `request`;
//! `retry` and `transport` send it; `envelope` and `fields` read the answer. They accept the forms that services really
//! send: numbers as text, missing fields, a gateway's web page. A failure is an [`ApiError`], which says whether a
//! submission made a job ([`ApiError::outcome`]) and what to do ([`ApiError::hint`]).
//!
//! Reads are retried until the call's deadline; changes are sent exactly once. Redirects are never followed, so an API
//! key only reaches the host that it was given for. Start with `imports`.

mod answers;
mod bodies;
pub(crate) mod catalog;
mod clusters;
pub(crate) mod collection_copy;
mod collections;
mod curl;
mod description;
mod dialect;
mod dry_run;
pub(crate) mod endpoint;
mod envelope;
mod error;
mod fields;
mod hints;
mod http;
mod imports;
mod mask;
pub(crate) mod model;
mod old_milvus;
mod outcome;
mod pages;
pub(crate) mod query;
pub(crate) mod raw;
mod reason;
mod request;
mod retry;
mod settings;
#[cfg(test)]
mod tests;
mod threads;
mod tls;
mod transport;
mod v1;
mod v1_rows;
mod volumes;
mod walk;

pub(crate) use clusters::Cluster;
pub(crate) use error::ApiError;
pub(crate) use outcome::Outcome;
pub(crate) use reason::ServiceReason;
pub(crate) use request::CallForm;
pub(crate) use retry::backoff;
pub(crate) use settings::{BUSY_WAIT, DryRun, LogSink, REMEMBERS, Settings};
pub(crate) use volumes::NewVolume;
pub(crate) use walk::{JobWalk, Scan};

use crate::interrupt::Interrupt;
use envelope::AnswerData;
use model::{Dialect, Effect};
use request::Outgoing;
use std::fmt;
use std::sync::{Arc, OnceLock};
use transport::{HttpAnswer, Transport};

/// [`Settings::key_source`] of the local service in this process, whose API key is generated for the run.
pub(crate) const OWN_KEY: &str = "made for this run";

/// [`Settings::key_source`] of an API key that the user typed.
pub(crate) const TYPED_KEY: &str = "asked at the terminal";

/// The jobs that a list call should return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// The jobs' collection; `None` is any.
    pub collection: Option<String>,
    /// The jobs' database; `None` is the connection's.
    pub database: Option<String>,
}

/// Receives an answer that came after its caller was stopped. Dropped unused if the caller has the answer. Runs on the
/// request's own thread.
pub(crate) type Late<T> = Box<dyn FnOnce(Result<T, ApiError>) + Send>;

/// A connection to one service. Clones share it, and several threads may use it.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    interrupt: Interrupt,
}

struct Inner {
    settings: Settings,
    transport: Transport,
    /// Index of the progress path that the server knows, once found.
    progress_path: OnceLock<usize>,
}

impl Client {
    /// Returns a client; does no I/O. Raising `interrupt` ends each of the client's calls within 100 ms.
    pub fn new(mut settings: Settings, interrupt: Interrupt) -> Self {
        // A user and password in an address would be displayed with the address, and these services take no such login.
        let bases = [
            Some(&mut settings.import_base),
            settings.collection_base.as_mut(),
        ];
        bases.into_iter().flatten().for_each(request::strip_user);
        let inner = Inner {
            settings,
            transport: Transport::default(),
            progress_path: OnceLock::new(),
        };
        Self {
            inner: Arc::new(inner),
            interrupt,
        }
    }

    /// Returns the same connection with another stop flag.
    #[must_use]
    pub fn with_interrupt(&self, interrupt: Interrupt) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            interrupt,
        }
    }

    /// Returns a client for the same service with another stop flag, which logs nothing.
    #[must_use]
    pub fn quiet(&self, interrupt: Interrupt) -> Self {
        if self.inner.settings.log.is_none() {
            return self.with_interrupt(interrupt);
        }
        let mut settings = self.inner.settings.clone();
        settings.log = None;
        Self::new(settings, interrupt)
    }

    /// Returns a client for another database of the same service.
    pub(crate) fn with_database(&self, name: &str) -> Result<Self, ApiError> {
        let mut settings = self.inner.settings.clone();
        settings.database = Some(name.to_owned());
        if settings.dialect == Dialect::V1 {
            v1::refuse_database(&settings, Some(name))?;
        }
        Ok(Self::new(settings, self.interrupt.clone()))
    }

    /// Returns the host and port of the service that imports, for messages.
    pub(crate) fn host(&self) -> String {
        request::host(&self.settings().import_base)
    }

    /// Returns the stop flag that ends the client's calls.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Returns the connection's settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Sends a request and reads its answer.
    fn call<T>(
        &self,
        outgoing: Outgoing,
        read: impl Fn(&AnswerData<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.send(&Arc::new(outgoing), None, read)
    }

    /// Sends a request whose answer only says whether it succeeded.
    fn done(&self, outgoing: Outgoing) -> Result<(), ApiError> {
        self.call(outgoing, |_| Ok(()))
    }

    /// Sends a request and reads the data of its answer.
    fn send<T>(
        &self,
        outgoing: &Arc<Outgoing>,
        late: Option<transport::Late>,
        read: impl Fn(&AnswerData<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.send_whole(outgoing, late, |answer| {
            self.inner.read(outgoing, answer, &read)
        })
    }

    /// Sends a request as often as its effect allows, or lets the dry run answer, and reads the whole answer.
    fn send_whole<T>(
        &self,
        outgoing: &Arc<Outgoing>,
        late: Option<transport::Late>,
        read: impl Fn(&HttpAnswer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let Inner {
            settings,
            transport,
            ..
        } = &*self.inner;
        let result = match self.dry_run(outgoing) {
            Some(dry_run) => read(&dry_run.answer(settings, outgoing)?),
            None => retry::send(transport, settings, outgoing, &self.interrupt, late, read),
        };
        result.map_err(|error| self.beyond_v1(error))
    }

    /// Returns the dry run that answers in place of the service, if there is one and the call would change something.
    fn dry_run(&self, outgoing: &Outgoing) -> Option<&DryRun> {
        let changes = outgoing.call.effect != Effect::Read;
        self.settings().dry_run.as_ref().filter(|_| changes)
    }

    /// Sends a request whose answer matters even after the caller was stopped; `late` then receives the answer.
    fn call_or_late<T: 'static>(
        &self,
        outgoing: Outgoing,
        read: fn(&AnswerData<'_>) -> Result<T, ApiError>,
        late: Late<T>,
    ) -> Result<T, ApiError> {
        let outgoing = Arc::new(outgoing);
        let (inner, request) = (Arc::clone(&self.inner), Arc::clone(&outgoing));
        let late: transport::Late = Box::new(move |answer| {
            late(answer.and_then(|answer| inner.read(&request, &answer, read)));
        });
        self.send(&outgoing, Some(late), read)
    }
}

impl Inner {
    fn read<T>(
        &self,
        outgoing: &Outgoing,
        answer: &HttpAnswer,
        read: impl FnOnce(&AnswerData<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        read(&envelope::read(&self.settings, outgoing, answer)?)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.inner.settings).finish()
    }
}
