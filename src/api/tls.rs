//! TLS with the user's own certificates (`ca_cert`), and readable reasons for rejected certificates.

use super::error::{self, ApiError};
use crate::fsutil;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

/// Returns a TLS configuration that trusts the certificates of a PEM file in addition to the system's.
pub(super) fn config(ca_cert: &Path) -> Result<ClientConfig, ApiError> {
    let own = read_certificates(ca_cert)?;
    let unusable = |error: Error| unusable(ca_cert, problem_of(&error));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain =
        Verifier::new_with_extra_roots(own.clone(), Arc::clone(&provider)).map_err(unusable)?;
    let verifier = OwnCertificates { chain, own };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ApiError> {
    let pem = fsutil::read_text(path).map_err(|error| unusable(path, error))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let found = found.map_err(|error| unusable(path, error))?;
    if found.is_empty() {
        return Err(unusable(path, "it holds no certificate"));
    }
    Ok(found)
}

fn unusable(path: &Path, problem: impl Display) -> ApiError {
    error::unusable("ca_cert", format!("{}: {problem}", path.display()))
        .with_hint("ca_cert names a file with one or more certificates in PEM form")
        .into()
}

/// Accepts chains that end at a trusted certificate. Like curl and OpenSSL, also accepts a server certificate that is
/// itself in `ca_cert`. That matters for `openssl req -x509`, which makes CA certificates by default: webpki refuses
/// those for a server.
#[derive(Debug)]
struct OwnCertificates {
    chain: Verifier,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for OwnCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = self.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match chain {
            Err(error) if is_about_issuer(&error) && self.own.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            chain => chain,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Returns true if an error is about who issued a certificate. webpki checks the validity period before any of these
/// (`check_issuer_independent_properties`), so a certificate outside its period fails with another error.
fn is_about_issuer(error: &Error) -> bool {
    let Error::InvalidCertificate(error) = error else {
        return false;
    };
    match error {
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => true,
        other => webpki_error(other) == Some(&webpki::Error::CaUsedAsEndEntity),
    }
}

fn webpki_error(error: &CertificateError) -> Option<&webpki::Error> {
    match error {
        CertificateError::Other(other) => other.0.downcast_ref(),
        _ => None,
    }
}

/// Returns the error of the server's certificate if that is the cause of a failed request.
pub(super) fn rejected(error: &reqwest::Error) -> Option<&CertificateError> {
    match cause(error, |_: &Error| true)? {
        Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

/// Returns true if the server's answer to the TLS greeting was no TLS.
pub(super) fn is_answered_plainly(error: &reqwest::Error) -> bool {
    cause(error, |cause| matches!(cause, Error::InvalidMessage(_))).is_some()
}

/// Returns the first of an error's causes that is of this type and wanted. An `io::Error` hides the error that it wraps
/// from `source()`.
pub(super) fn cause<E: std::error::Error + 'static>(
    error: &reqwest::Error,
    is_wanted: impl Fn(&E) -> bool,
) -> Option<&E> {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    loop {
        if let Some(found) = cause.downcast_ref::<E>().filter(|found| is_wanted(found)) {
            return Some(found);
        }
        let wrapped = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => inner,
            None => cause.source()?,
        };
    }
}

fn problem_of(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_problem(error),
        other => other.to_string(),
    }
}

pub(super) fn certificate_problem(error: &CertificateError) -> String {
    let text = match error {
        CertificateError::UnknownIssuer => "its issuer is not trusted",
        CertificateError::BadEncoding => "it cannot be read",
        CertificateError::BadSignature => "its signature does not match its issuer's key",
        CertificateError::Expired => "it has expired",
        CertificateError::NotValidYet => "it is not valid yet",
        CertificateError::NotValidForName => "it is for another host",
        CertificateError::Revoked => "it was revoked",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers (extended key usage)"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed with an algorithm that is not supported, such as SHA-1"
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "it names no host in subjectAltName (a common name alone does not count)"
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            return format!("it is for {}, not for this host", names(presented));
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            return format!("it expired {}", date(*not_after));
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            return format!("it is not valid before {}", date(*not_before));
        }
        other => match webpki_error(other) {
            Some(webpki::Error::UnsupportedCertVersion) => {
                "it is of X.509 version 1, which names no host"
            }
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "it is a CA certificate (CA:TRUE), and not one that is trusted"
            }
            Some(inner) => return inner.to_string(),
            None => match other {
                CertificateError::Other(inner) => return inner.0.to_string(),
                other => return other.to_string(),
            },
        },
    };
    text.to_owned()
}

pub(super) fn certificate_hint(error: &CertificateError) -> &'static str {
    const NEW: &str = "make one that names the host: openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 365 -subj /CN=milvus -addext \"subjectAltName=DNS:host.example.com,IP:10.0.0.5\"";
    match error {
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => NEW,
        other if webpki_error(other) == Some(&webpki::Error::UnsupportedCertVersion) => NEW,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "check the host's name: connect to a name that the certificate holds"
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "check this machine's clock; the server needs a certificate that is valid today"
        }
        _ => {
            "check the host's name, or trust the certificate or its issuer with connect(#{ca_cert: \"file.pem\"})"
        }
    }
}

/// Returns at most 5 names of a certificate without webpki's form (`DnsName("localhost")`).
fn names(presented: &[String]) -> String {
    const MAX_NAMES: usize = 5;
    let plain = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
        inner
            .trim_end_matches(')')
            .trim_matches(['"', '\\'])
            .to_owned()
    };
    let mut shown: Vec<String> = presented.iter().take(MAX_NAMES).map(plain).collect();
    if presented.len() > MAX_NAMES {
        shown.push("others".to_owned());
    }
    shown.join(", ")
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "long ago".to_owned(), |time| time.to_string())
}
