//! TLS: a certificate of one's own is trusted when it is named, and only then.

use super::support::server::{Reply, Server};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;
use zshell::api::model::Dialect;
use zshell::api::{Client, Settings};
use zshell::error::{Failure, Kind};
use zshell::interrupt::Interrupt;

/// A TLS server for `localhost` with a certificate nobody knows, and the file that holds it.
struct Secure {
    port: u16,
    folder: TempDir,
}

impl Secure {
    fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a server configuration");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("the port's address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                // A client that does not trust the certificate hangs up: that ends this connection only.
                let _ = answer(StreamOwned::new(connection, stream));
            }
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), cert.pem()).expect("the certificate's file");
        Self { port, folder }
    }

    fn settings(&self) -> Settings {
        let base = Url::parse(&format!("https://localhost:{}", self.port)).expect("an address");
        Settings {
            read_timeout: Duration::from_secs(20),
            ..Settings::new(Dialect::Milvus, base)
        }
    }

    fn ca_cert(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// Reads one request without looking at it, and answers with an empty job list.
fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) -> std::io::Result<()> {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    while !seen.ends_with(b"}") {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        seen.extend_from_slice(&chunk[..read]);
    }
    let body = r#"{"code":0,"data":{"records":[]}}"#;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.flush()
}

fn client(settings: Settings) -> Client {
    Client::new(settings, Interrupt::new())
}

#[test]
fn an_unknown_certificate_is_refused_with_the_way_out() {
    let secure = Secure::start();
    let failure = Failure::from(client(secure.settings()).verify().unwrap_err());
    assert_eq!(failure.kind, Kind::Connect, "{failure:?}");
    assert!(
        failure
            .hint
            .as_deref()
            .unwrap_or_default()
            .contains("ca_cert"),
        "{failure:?}"
    );
}

#[test]
fn a_named_certificate_is_trusted() {
    let secure = Secure::start();
    let settings = Settings {
        ca_cert: Some(secure.ca_cert()),
        ..secure.settings()
    };
    client(settings)
        .verify()
        .expect("the connection is trusted");
}

#[test]
fn a_certificate_file_that_cannot_be_used_is_named() {
    let secure = Secure::start();
    let empty = secure.folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").expect("a file");
    for file in [empty, secure.folder.path().join("missing.pem")] {
        let settings = Settings {
            ca_cert: Some(file.clone()),
            ..secure.settings()
        };
        let failure = Failure::from(client(settings).verify().unwrap_err());
        assert!(
            failure.message.contains(&file.display().to_string()),
            "{failure:?}"
        );
    }
}

/// Proxy variables belong to a process, so this goes through the binary.
#[test]
fn the_environments_proxy_is_used_and_loopback_goes_around_it() {
    let list = |_: &_| Reply::json(r#"{"code":0,"data":{"records":[]}}"#);
    let (proxy, direct) = (Server::start(list), Server::start(list));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let connect = |address: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_zshell"))
            .args(["eval", "connect(args[0]); jobs()", address])
            .env_clear()
            .env("HOME", folder.path())
            .env("http_proxy", proxy.url())
            .output()
            .expect("zshell runs");
        assert!(output.status.success(), "{output:?}");
    };
    connect("http://milvus.example:19530");
    let requests = proxy.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].target,
        "http://milvus.example:19530/v2/vectordb/jobs/import/list"
    );
    connect(&direct.url());
    assert_eq!((proxy.requests().len(), direct.requests().len()), (2, 2));
}
