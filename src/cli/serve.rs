//! `zshell serve`: the local import service for other clients.

use super::args::Serve;
use super::input;
use crate::config::set;
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::local::faults::Faults;
use crate::local::{OwnBucket, Places, Service, ServiceConfig};
use crate::secret::Secret;
use crate::session::Session;
use crate::session::local::workers;
use crate::session::log::warner;
use crate::stores::bucket::s3_endpoint;
use std::time::Duration;

/// Serves until Ctrl-C, SIGTERM, SIGHUP or the run's deadline. Only SIGHUP counts as a failure.
pub(super) fn serve(session: &Session, options: Serve) -> Result<(), Failure> {
    let token = token(session, &options)?;
    if token.is_none() && !options.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "{} can be reached from other machines: that needs a token",
            options.listen
        ))
        .with_hint("set ZSHELL_SERVE_TOKEN, or name a file with --token-file"));
    }
    let dir = options.bucket_dir.map(OwnBucket::Dir);
    let started = Service::start(ServiceConfig {
        data_dir: session.choices().data_dir.clone(),
        listen: options.listen,
        token,
        import_rate: options.import_rate,
        faults: Faults::new(options.fault, options.fault_seed),
        places: Places {
            bucket: dir.or_else(|| options.bucket.map(OwnBucket::Url)),
            allow: options.allow_dir,
            s3_endpoint: options.s3_endpoint.or_else(s3_endpoint),
            gcs_endpoint: options.gcs_endpoint,
            azure_endpoint: options.azure_endpoint,
        },
        workers: workers(),
        query_timeout: options.query_timeout,
        warn: warner(session.log().format),
        interrupt: session.interrupt.clone(),
    });
    let service = started.map_err(|error| {
        let hint = "choose another address: --listen 127.0.0.1:0 picks a free port";
        Failure::from(error).or_hint(hint)
    })?;
    let announced = session.write(|out| writeln!(out, "listening on {}", service.url()));
    if announced.is_ok() {
        // Any stop ends the service.
        while session.interrupt.sleep(Duration::from_hours(1)).is_ok() {}
    }
    service.stop();
    // A stop while the address is announced isn't a failure, because a service always ends with a stop.
    let announced = announced.or_else(|failure| match failure.kind {
        Kind::Interrupted | Kind::Terminated | Kind::Timeout => Ok(()),
        _ => Err(failure),
    });
    announced?;
    match session.interrupt.check() {
        Err(Stop::HungUp) => Err(Stop::HungUp.into()),
        _ => Ok(()),
    }
}

fn token(session: &Session, options: &Serve) -> Result<Option<Secret>, Failure> {
    if let Some(token) = &options.token {
        return Ok(Some(Secret::new(token)));
    }
    match &options.token_file {
        Some(path) => input::secret(session, path, "token").map(Some),
        None => Ok(set("ZSHELL_SERVE_TOKEN").map(Secret::new)),
    }
}
