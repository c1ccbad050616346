//! The REST client against a programmable server.

mod collections;
mod create_answers;
mod dialects;
#[cfg(unix)]
mod fuzz;
mod odd_answers;
mod older_servers;
mod paging;
mod properties;
mod published;
mod secrets;
mod sending;
#[path = "../../../tests/suite/support/server.rs"]
mod server;
mod shapes;
mod tls;

use crate::api::model::{Dialect, ImportRequest, Source};
use crate::api::{Client, Settings};
use crate::interrupt::Interrupt;
use crate::secret::Secret;
use crate::secret::StorageKeys;
use server::{Reply, Request, Server};
use std::time::Duration;
use url::Url;

/// Returns settings for the server, without a cluster and an API key.
fn settings(dialect: Dialect, server: &Server) -> Settings {
    let base = Url::parse(&server.url()).unwrap();
    Settings {
        collection_base: Some(base.clone()),
        ..Settings::new(dialect, base)
    }
}

/// Returns settings of a cloud connection.
fn cloud(dialect: Dialect, server: &Server) -> Settings {
    Settings {
        cluster_id: Some("in03-3bf3c31f4248e22".to_owned()),
        token: Some(Secret::new("the-api-key")),
        key_source: "ZILLIZ_API_KEY".to_owned(),
        ..settings(dialect, server)
    }
}

/// Returns a client that is never interrupted.
fn client(settings: Settings) -> Client {
    Client::new(settings, Interrupt::new())
}

/// Returns a client of this dialect with a short deadline, so hopeless calls end.
fn impatient_client(dialect: Dialect, server: &Server) -> Client {
    client(Settings {
        read_timeout: Duration::from_millis(600),
        ..settings(dialect, server)
    })
}

/// Returns a request for these files, without options.
fn import(files: &[&[&str]]) -> ImportRequest {
    let files = files
        .iter()
        .map(|file| file.iter().map(|&path| path.to_owned()).collect())
        .collect();
    ImportRequest {
        collection: "books".to_owned(),
        partition: None,
        database: None,
        source: Source::Files(files),
        keys: StorageKeys::default(),
        options: Vec::new(),
        extra: serde_json::Map::new(),
    }
}

/// Returns the server's only request.
fn only(server: &Server) -> Request {
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

/// Starts a server that gives every request the same answer.
fn start_answering(reply: Reply) -> Server {
    Server::start(move |_| reply.clone())
}
