//! A small S3 server in memory, for one storage key: reads of ranges, head requests, and lists in pages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The only bucket.
pub(crate) const BUCKET: &str = "books";

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

/// The server, whose thread ends with the process.
pub(crate) struct S3 {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Store {
    objects: BTreeMap<String, Vec<u8>>,
    access: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Number of following answers that will break off in the middle of their body.
    broken: Mutex<usize>,
}

impl S3 {
    /// Serves these objects to clients that sign with this access key. The first `broken` bodies break off.
    pub(crate) fn start(access: &str, objects: BTreeMap<String, Vec<u8>>, broken: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("the port's address");
        let asked = Arc::new(Mutex::default());
        let store = Arc::new(Store {
            objects,
            access: access.to_owned(),
            asked: Arc::clone(&asked),
            broken: Mutex::new(broken),
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let store = Arc::clone(&store);
                thread::spawn(move || store.serve(stream));
            }
        });
        Self { address, asked }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a lock").clone()
    }
}

impl Store {
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let first = lines.next()?.ok()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = BTreeMap::new();
        for line in lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
        {
            let (name, value) = line.split_once(':')?;
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
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
        self.asked.lock().ok()?.push(asked);
        let signed = headers.get("authorization").is_some_and(|given| {
            given.starts_with("AWS4-HMAC-SHA256 ")
                && given.contains(&format!("Credential={}/", self.access))
        });
        let (status, extra, body) = if signed {
            self.answer(&target, range)
        } else {
            refusal("403 Forbidden", "InvalidAccessKeyId")
        };
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

    fn answer(&self, target: &str, range: Option<(usize, usize)>) -> (String, String, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let inner = path.trim_start_matches('/');
        let (bucket, key) = inner.split_once('/').unwrap_or((inner, ""));
        if bucket != BUCKET {
            return refusal("404 Not Found", "NoSuchBucket");
        }
        if query.contains("list-type=2") {
            return ("200 OK".to_owned(), String::new(), self.list(query));
        }
        let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy();
        let Some(object) = self.objects.get(&*key) else {
            return refusal("404 Not Found", "NoSuchKey");
        };
        let tag = "etag: \"one\"\r\n";
        let Some((from, to)) = range else {
            return ("200 OK".to_owned(), tag.to_owned(), object.clone());
        };
        let (to, size) = (to.min(object.len()), object.len());
        let extra = format!("{tag}content-range: bytes {from}-{}/{size}\r\n", to - 1);
        let body = object.get(from..to).unwrap_or_default().to_vec();
        ("206 Partial Content".to_owned(), extra, body)
    }

    /// Returns a list of the objects and folders directly below a prefix.
    fn list(&self, query: &str) -> Vec<u8> {
        let value = |name: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(found, _)| found == name)
                .map(|(_, value)| value.into_owned())
        };
        let prefix = value("prefix").unwrap_or_default();
        let after = value("continuation-token").unwrap_or_default();
        let mut entries = BTreeMap::new();
        for (key, object) in &self.objects {
            let Some(rest) = key.strip_prefix(&prefix) else {
                continue;
            };
            match rest.split_once('/') {
                Some((folder, _)) => entries.insert(format!("{prefix}{folder}/"), None),
                None => entries.insert(key.clone(), Some(object.len())),
            };
        }
        let left: Vec<_> = entries
            .into_iter()
            .filter(|(name, _)| *name > after)
            .collect();
        let mut text = String::from("<?xml version=\"1.0\"?><ListBucketResult>");
        for (name, size) in left.iter().take(PAGE) {
            let entry = match size {
                Some(size) => format!(
                    "<Contents><Key>{name}</Key><Size>{size}</Size><ETag>\"one\"</ETag><LastModified>2026-11-01T10:00:00.000Z</LastModified></Contents>"
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
