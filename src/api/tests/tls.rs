//! TLS: a custom certificate is trusted only if `ca_cert` names it.

use crate::api::model::Dialect;
use crate::api::{Client, Settings};
use crate::error::{Failure, Kind};
use crate::interrupt::Interrupt;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// A certificate and its key, in PEM form.
struct Pem {
    cert: String,
    key: String,
}

impl Pem {
    /// Makes a self-signed certificate.
    fn new(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate");
        Self {
            cert: cert.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Made by `openssl x509 -req -signkey key.pem` for CN=localhost: X.509 version 1, valid for 100 years.
    fn version_1() -> Self {
        Self {
            cert: "-----BEGIN CERTIFICATE-----
MIIBJTCBywIUVa7nnp3ot2fSm7bzt0NPMTnW+BwwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE4MDIzNloYDzIxMjYxMTA0MTgwMjM2
WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQzTU6mfny9o0k377P4g5JMsyuzfIaTW5HIfS0Ow9Y4JHl9Q6kd2ejiJv1U/60J
IKP+cO/RNivOARlPE6JGq3F3MAoGCCqGSM49BAMCA0kAMEYCIQCC2xnWi3SuEN4p
AKVJykmJHtHJ6VAnh3uTzVqLtyYsPAIhAO3L6OOonhdU2ZFB7h1tywMQZgj6GgHJ
1QmowSHPrn9b
-----END CERTIFICATE-----
"
            .to_owned(),
            key: "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVdIS2VZRlYwsUTmR
39i2qFZwTltMP7r4drdffV1NoTOhRANCAAQzTU6mfny9o0k377P4g5JMsyuzfIaT
W5HIfS0Ow9Y4JHl9Q6kd2ejiJv1U/60JIKP+cO/RNivOARlPE6JGq3F3
-----END PRIVATE KEY-----
"
            .to_owned(),
        }
    }
}

/// Returns a certificate for these hosts that isn't a CA's.
fn plain(hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    CertificateParams::new(hosts).expect("host names")
}

/// Returns a certificate like those of `openssl req -x509`: self-signed and CA:TRUE.
fn openssl_req_x509(hosts: &[&str]) -> CertificateParams {
    let mut params = plain(hosts);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A TLS server on a loopback port, and the file with its certificate.
struct TlsServer {
    port: u16,
    folder: TempDir,
}

impl TlsServer {
    fn start() -> Self {
        Self::with(&Pem::new(&plain(&["localhost"])))
    }

    fn with(pem: &Pem) -> Self {
        let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).expect("a key");
        let key = rustls::crypto::ring::sign::any_supported_type(&key).expect("a signing key");
        let cert = CertificateDer::from_pem_slice(pem.cert.as_bytes()).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(
                vec![cert],
                key,
            ))));
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("the port's address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                // A client that doesn't trust the certificate closes the connection, which ends only this connection.
                let _ = answer(StreamOwned::new(connection, stream));
            }
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), &pem.cert).expect("the certificate's file");
        Self { port, folder }
    }

    /// Returns settings that trust the certificate of `other`.
    fn trusting(&self, other: &Self) -> Settings {
        Settings {
            ca_cert: Some(other.ca_cert()),
            ..self.settings()
        }
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

/// Reads one request and answers with an empty job list.
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
fn an_unknown_certificate_is_refused_with_a_hint() {
    let server = TlsServer::start();
    let failure = Failure::from(client(server.settings()).verify().unwrap_err());
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

/// Without `ca_cert`'s verifier, rustls refuses the second certificate with `CaUsedAsEndEntity` (milvus#39281,
/// pymilvus#2671).
#[test]
fn a_named_certificate_is_trusted() {
    for params in [plain(&["localhost"]), openssl_req_x509(&["localhost"])] {
        let server = TlsServer::with(&Pem::new(&params));
        client(server.trusting(&server))
            .verify()
            .expect("the connection is trusted");
    }
}

#[test]
fn a_certificate_with_equal_names_is_not_trusted() {
    let server = TlsServer::with(&Pem::new(&openssl_req_x509(&["localhost"])));
    // The names are equal, but the key is different.
    let other = TlsServer::with(&Pem::new(&openssl_req_x509(&["localhost"])));
    let failure = Failure::from(client(server.trusting(&other)).verify().unwrap_err());
    assert_eq!(failure.kind, Kind::Connect, "{failure:?}");
    assert!(failure.message.contains("CA:TRUE"), "{failure:?}");
}

#[test]
fn rejected_certificates_have_a_readable_reason() {
    let mut expired = openssl_req_x509(&["localhost"]);
    expired.not_after = date_time_ymd(2020, 1, 2);
    let mut early = openssl_req_x509(&["localhost"]);
    early.not_before = date_time_ymd(4000, 1, 2);
    let elsewhere = ["milvus.example", "10.0.0.1"];
    for (pem, reason, hint) in [
        (Pem::new(&expired), "it expired 2020-01-02", "clock"),
        (Pem::new(&early), "not valid before 4000-01-02", "clock"),
        (
            Pem::new(&openssl_req_x509(&elsewhere)),
            "it is for milvus.example, 10.0.0.1",
            "name",
        ),
        (
            Pem::new(&plain(&elsewhere)),
            "it is for milvus.example, 10.0.0.1",
            "name",
        ),
        (
            Pem::new(&openssl_req_x509(&[])),
            "no host in subjectAltName",
            "openssl req",
        ),
        (
            Pem::new(&plain(&[])),
            "no host in subjectAltName",
            "openssl req",
        ),
        (Pem::version_1(), "version 1", "openssl req"),
    ] {
        let server = TlsServer::with(&pem);
        let failure = Failure::from(client(server.trusting(&server)).verify().unwrap_err());
        assert_eq!(failure.kind, Kind::Connect, "{failure:?}");
        assert!(failure.message.contains(reason), "{failure:?}");
        assert!(
            failure.hint.clone().unwrap_or_default().contains(hint),
            "{failure:?}"
        );
        assert!(!failure.message.contains("Other("), "{failure:?}");
    }
}

#[test]
fn an_unusable_certificate_file_is_named() {
    let server = TlsServer::start();
    let empty = server.folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").expect("a file");
    for file in [empty, server.folder.path().join("missing.pem")] {
        let settings = Settings {
            ca_cert: Some(file.clone()),
            ..server.settings()
        };
        let failure = Failure::from(client(settings).verify().unwrap_err());
        assert!(
            failure.message.contains(&file.display().to_string()),
            "{failure:?}"
        );
    }
}

#[test]
fn servers_without_tls_and_missing_servers_are_explained() {
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let without_tls = plain.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
    });
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let missing = closed.local_addr().expect("an address");
    drop(closed);
    for (url, hint) in [
        (
            format!("https://{without_tls}"),
            "http:// instead of https://",
        ),
        (format!("http://{missing}"), "nothing listens there"),
    ] {
        let settings = Settings::new(Dialect::Milvus, Url::parse(&url).unwrap());
        let failure = Failure::from(client(settings).verify().unwrap_err());
        assert!(
            failure.hint.clone().unwrap_or_default().contains(hint),
            "{failure:?}"
        );
    }
}
