//! The local import service of this process. The first `connect("local")` starts it, and the end of the run stops it.

use crate::error::Failure;
use crate::interrupt::{Interrupt, Stop};
use crate::local::faults::Faults;
use crate::local::{Places, QUERY_TIMEOUT, Service, ServiceConfig};
use crate::secret::Secret;
use crate::stores::bucket::s3_endpoint;
use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use ulid::Ulid;

/// The local service, started on first use.
pub struct LocalService {
    data_dir: PathBuf,
    warn: fn(&str),
    /// The service and its token.
    running: RefCell<Option<(Service, Secret)>>,
}

impl LocalService {
    /// Returns a handle without starting the service.
    pub fn new(data_dir: PathBuf, warn: fn(&str)) -> Self {
        Self {
            data_dir,
            warn,
            running: RefCell::default(),
        }
    }

    /// Returns the service's base URL and token. Starts the service on a free loopback port if it isn't running.
    pub fn start(&self, interrupt: &Interrupt) -> Result<(String, Secret), Failure> {
        let mut running = self.running.borrow_mut();
        if let Some((service, token)) = &*running {
            return Ok((service.url(), token.clone()));
        }
        let token = Secret::new(format!("{}{}", random(), random()));
        let service = Service::start(ServiceConfig {
            data_dir: self.data_dir.clone(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: Some(token.clone()),
            import_rate: None,
            faults: Faults::default(),
            places: Places {
                s3_endpoint: s3_endpoint(),
                ..Places::default()
            },
            workers: workers(),
            query_timeout: QUERY_TIMEOUT,
            warn: self.warn,
            interrupt: interrupt.clone(),
        })
        .map_err(|error| {
            Failure::from(error).or_hint("choose another folder with --data-dir or ZSHELL_DATA_DIR")
        })?;
        let url = service.url();
        *running = Some((service, token.clone()));
        Ok((url, token))
    }

    /// Returns the number of jobs in progress.
    pub fn running_jobs(&self) -> usize {
        let running = self.running.borrow();
        running
            .as_ref()
            .map_or(0, |(service, _)| service.running_jobs())
    }

    /// Waits for running jobs, then stops the service. If interrupted, the jobs continue at the next start.
    pub fn finish(&self, interrupt: &Interrupt) -> Result<(), Stop> {
        let Some((service, _)) = self.running.borrow_mut().take() else {
            return Ok(());
        };
        let unfinished = service.running_jobs() > 0;
        let waited = service.wait_idle(interrupt);
        service.stop();
        if unfinished { waited } else { Ok(()) }
    }
}

/// Returns the number of concurrent jobs: one per core.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Returns 80 random bits as text.
fn random() -> String {
    format!("{:020x}", Ulid::generate().random())
}
