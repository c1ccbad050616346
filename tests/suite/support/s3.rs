//! A small S3 server in memory, for one storage key: reads of ranges, head requests, lists in pages, and writes of whole
//! objects and of objects in parts.

use md5::{Digest, Md5};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The bucket's name.
pub(crate) const BUCKET: &str = "books";

/// Another name of the bucket, which is also the first label of the server's host name.
pub(crate) const HOST_BUCKET: &str = "127";

/// Objects per page of a list, as on S3.
const PAGE: usize = 1000;

/// A request that the server received.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET` or `HEAD`.
    pub(crate) method: String,
    /// The path and query.
    pub(crate) target: String,
    /// The range of bytes, if the request has one.
    pub(crate) range: Option<(usize, usize)>,
    /// The session token.
    pub(crate) session: Option<String>,
    /// The `Authorization` header, which names the region that the request is signed for.
    pub(crate) authorization: String,
}

/// A fault that a request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// The request is carried out, and the connection closed instead of an answer.
    LostAnswer,
    /// The request is refused with this status and code.
    Refused(&'static str, &'static str),
    /// The request is carried out, but another content is kept.
    Spoilt,
    /// No answer comes.
    Silence,
}

type Troubles = Box<dyn Fn(&Asked) -> Trouble + Send + Sync>;

/// The server, whose thread ends with the process.
pub(crate) struct S3 {
    address: SocketAddr,
    store: Arc<Store>,
}

struct Store {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Tags of objects in parts; other objects have their MD5 sum.
    tags: Mutex<BTreeMap<String, String>>,
    /// Parts of unfinished uploads, by the upload's id.
    uploads: Mutex<BTreeMap<String, BTreeMap<usize, Vec<u8>>>>,
    access: String,
    asked: Mutex<Vec<Asked>>,
    /// Number of following answers that will break off in the middle of their body.
    broken: Mutex<usize>,
    troubles: Troubles,
}

impl S3 {
    /// Serves these objects to clients that sign with this access key. The first `broken` bodies break off.
    pub(crate) fn start(access: &str, objects: BTreeMap<String, Vec<u8>>, broken: usize) -> Self {
        Self::with_troubles(access, objects, broken, |_| Trouble::None)
    }

    /// Starts a server that [`Self::start`] describes, with troubles.
    pub(crate) fn with_troubles(
        access: &str,
        objects: BTreeMap<String, Vec<u8>>,
        broken: usize,
        troubles: impl Fn(&Asked) -> Trouble + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("the port's address");
        let store = Arc::new(Store {
            objects: Mutex::new(objects),
            tags: Mutex::default(),
            uploads: Mutex::default(),
            access: access.to_owned(),
            asked: Mutex::default(),
            broken: Mutex::new(broken),
            troubles: Box::new(troubles),
        });
        let shared = Arc::clone(&store);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let store = Arc::clone(&shared);
                thread::spawn(move || store.serve(stream));
            }
        });
        Self { address, store }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.store.asked.lock().expect("a lock").clone()
    }

    /// Returns the objects.
    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.store.objects.lock().expect("a lock").clone()
    }

    /// Returns the number of unfinished uploads in parts.
    pub(crate) fn unfinished(&self) -> usize {
        self.store.uploads.lock().expect("a lock").len()
    }

    /// Forgets the unfinished uploads.
    pub(crate) fn forget_uploads(&self) {
        self.store.uploads.lock().expect("a lock").clear();
    }
}

impl Store {
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let first = line(&mut reader)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let line = line(&mut reader)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers
            .get("content-length")
            .and_then(|text| text.parse().ok());
        let mut content = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut content).ok()?;
        let range = headers.get("range").and_then(|range| {
            let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
            Some((from.parse().ok()?, to.parse::<usize>().ok()? + 1))
        });
        let session = headers.get("x-amz-security-token").cloned();
        let asked = Asked {
            method: method.clone(),
            target: target.clone(),
            range,
            session,
            authorization: headers.get("authorization").cloned().unwrap_or_default(),
        };
        let trouble = (self.troubles)(&asked);
        self.asked.lock().ok()?.push(asked);
        let signed = headers.get("authorization").is_some_and(|given| {
            given.starts_with("AWS4-HMAC-SHA256 ")
                && given.contains(&format!("Credential={}/", self.access))
        });
        let (status, extra, body) = match trouble {
            Trouble::Refused(status, code) => refusal(status, code),
            _ if !signed => refusal("403 Forbidden", "InvalidAccessKeyId"),
            Trouble::Silence => {
                let _ = reader.read(&mut [0]);
                return None;
            }
            _ => {
                if trouble == Trouble::Spoilt {
                    content.reverse();
                }
                self.answer(&method, &target, range, content)
            }
        };
        if trouble == Trouble::LostAnswer {
            return None;
        }
        let head = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\nlast-modified: Sun, 01 Nov 2026 10:00:00 GMT\r\n{extra}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        if method == "HEAD" {
            return Some(());
        }
        let mut broken = self.broken.lock().ok()?;
        let cut = *broken > 0 && range.is_some();
        *broken = broken.saturating_sub(usize::from(cut));
        let end = if cut { body.len() / 2 } else { body.len() };
        stream.write_all(body.get(..end)?).ok()
    }

    fn answer(
        &self,
        method: &str,
        target: &str,
        range: Option<(usize, usize)>,
        content: Vec<u8>,
    ) -> (String, String, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let inner = path.trim_start_matches('/');
        let (bucket, key) = inner.split_once('/').unwrap_or((inner, ""));
        if ![BUCKET, HOST_BUCKET].contains(&bucket) {
            return refusal("404 Not Found", "NoSuchBucket");
        }
        if query.contains("list-type=2") {
            return ("200 OK".to_owned(), String::new(), self.list(query));
        }
        let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy();
        if method == "PUT" || method == "POST" || method == "DELETE" {
            return self.write(&key, method, query, content);
        }
        let objects = self.objects.lock().expect("a lock");
        let Some(object) = objects.get(&*key) else {
            return refusal("404 Not Found", "NoSuchKey");
        };
        let tag = format!("etag: \"{}\"\r\n", self.tag(&key, object));
        let Some((from, to)) = range else {
            return ("200 OK".to_owned(), tag, object.clone());
        };
        let (to, size) = (to.min(object.len()), object.len());
        let extra = format!("{tag}content-range: bytes {from}-{}/{size}\r\n", to - 1);
        let body = object.get(from..to).unwrap_or_default().to_vec();
        ("206 Partial Content".to_owned(), extra, body)
    }

    /// Writes an object or a part, or begins, completes or ends an upload in parts.
    fn write(
        &self,
        key: &str,
        method: &str,
        query: &str,
        content: Vec<u8>,
    ) -> (String, String, Vec<u8>) {
        let done =
            |extra: String, body: &str| ("200 OK".to_owned(), extra, body.as_bytes().to_vec());
        let mut uploads = self.uploads.lock().expect("a lock");
        if query == "uploads=" {
            let id = format!("upload-{}", self.asked.lock().expect("a lock").len());
            uploads.insert(id.clone(), BTreeMap::new());
            let body = format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            );
            return done(String::new(), &body);
        }
        let Some(id) = value(query, "uploadId") else {
            let extra = format!("etag: \"{}\"\r\n", md5(&content));
            self.objects
                .lock()
                .expect("a lock")
                .insert(key.to_owned(), content);
            return done(extra, "");
        };
        if method == "DELETE" {
            uploads.remove(&id);
            return ("204 No Content".to_owned(), String::new(), Vec::new());
        }
        let Some(parts) = uploads.get_mut(&id) else {
            return refusal("404 Not Found", "NoSuchUpload");
        };
        if let Some(part) = value(query, "partNumber").and_then(|part| part.parse().ok()) {
            let extra = format!("etag: \"{}\"\r\n", md5(&content));
            parts.insert(part, content);
            return done(extra, "");
        }
        let sums: Vec<u8> = parts.values().flat_map(Md5::digest).collect();
        let tag = format!("{}-{}", md5(&sums), parts.len());
        let whole = parts.values().flatten().copied().collect();
        uploads.remove(&id);
        self.objects
            .lock()
            .expect("a lock")
            .insert(key.to_owned(), whole);
        self.tags
            .lock()
            .expect("a lock")
            .insert(key.to_owned(), tag.clone());
        let body = format!(
            "<CompleteMultipartUploadResult><ETag>\"{tag}\"</ETag></CompleteMultipartUploadResult>"
        );
        done(String::new(), &body)
    }

    fn tag(&self, key: &str, object: &[u8]) -> String {
        let tags = self.tags.lock().expect("a lock");
        tags.get(key).cloned().unwrap_or_else(|| md5(object))
    }

    /// Returns a list of the objects below a prefix, with a delimiter only of those and of the folders directly below.
    fn list(&self, query: &str) -> Vec<u8> {
        let prefix = value(query, "prefix").unwrap_or_default();
        let after = value(query, "continuation-token").unwrap_or_default();
        let is_flat = value(query, "delimiter").is_some();
        let objects = self.objects.lock().expect("a lock");
        let mut entries = BTreeMap::new();
        for (key, object) in &*objects {
            let Some(rest) = key.strip_prefix(&prefix) else {
                continue;
            };
            match rest.split_once('/') {
                Some((folder, _)) if is_flat => entries.insert(format!("{prefix}{folder}/"), None),
                _ => entries.insert(key.clone(), Some((object.len(), self.tag(key, object)))),
            };
        }
        let left: Vec<_> = entries
            .into_iter()
            .filter(|(name, _)| *name > after)
            .collect();
        let mut text = String::from("<?xml version=\"1.0\"?><ListBucketResult>");
        for (name, size) in left.iter().take(PAGE) {
            let entry = match size {
                Some((size, tag)) => format!(
                    "<Contents><Key>{name}</Key><Size>{size}</Size><ETag>\"{tag}\"</ETag><LastModified>2026-11-01T10:00:00.000Z</LastModified></Contents>"
                ),
                None => format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"),
            };
            text.push_str(&entry);
        }
        if left.len() > PAGE {
            let last = &left[PAGE - 1].0;
            _ = write!(
                text,
                "<NextContinuationToken>{last}</NextContinuationToken>"
            );
        }
        text.push_str("</ListBucketResult>");
        text.into_bytes()
    }
}

fn refusal(status: &str, code: &str) -> (String, String, Vec<u8>) {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    (status.to_owned(), String::new(), body.into_bytes())
}

fn value(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}

/// Returns the MD5 sum in hexadecimal digits.
pub(crate) fn md5(content: &[u8]) -> String {
    let sum = Md5::digest(content);
    sum.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
