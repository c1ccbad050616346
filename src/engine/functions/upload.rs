//! `upload`: sends local files to where an import reads them.

mod destination;

use super::check::{self, ByteBar};
use super::request;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{ExamplePlace, Family, Opt, Takes, opt};
use crate::engine::options::Options;
use crate::engine::types::{Gives, ordered};
use crate::error::Failure;
use crate::location::Format;
use crate::session::Session;
use crate::stores::upload;
use crate::stores::upload::{
    PARALLEL, UploadDestination, UploadPolicy, UploadReport, UploadRequest, UploadedFile,
};
use crate::text::words;
use destination::destination;
pub(super) use destination::{grants, split_volume};
use rhai::Dynamic;
use serde_json::{Value, json};
use std::path::Path;

/// The keys of the result.
const KEYS: &[&str] = &[
    "to", "volume", "note", "sent", "skipped", "bytes", "seconds", "paths", "files",
];

pub(super) const OPTIONS: &[Opt] = &[
    opt("policy", "which files are skipped: those whose object has the same size (even if the content changed), the same checksum, any content, or none").alias(&["upload_policy"])
    .or("\"same-size\"")
    .of(Takes::Words(&UploadPolicy::WORDS)),
    opt("parallel", "number of requests at the same time, at most 64").alias(&["upload_concurrency", "concurrency"])
    .or("8")
    .of(Takes::Number),
    opt(
        "part_size",
        "bytes of a part, at least 5 MiB; larger files are sent in parts",
    )
    .or("8388608")
    .of(Takes::Number),
    request::ACCESS_KEY,
    request::SECRET_KEY,
    request::SESSION_TOKEN,
    request::STORAGE_KEYS,
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Data.table([Function::new(
    &[
        "upload(path, to)",
        "upload([path, …], to, #{policy, parallel, part_size, storage_keys})",
    ],
    "sends local files to a bucket (s3://bucket/folder/) or a volume (volume://name/folder/), from where they can be imported",
    "import(\"books\", upload(\"data/*.parquet\", \"s3://my-bucket/books/\").paths)",
    run,
)
.takes(&[Takes::Path,
    Takes::Text("folder in a bucket (s3://bucket/folder/) or a volume (volume://name/folder/)"),
    Takes::Options,])
.options(OPTIONS)
.gives(Gives::Map(KEYS))
.example_in(ExamplePlace::Bucket)
.related(&["import", "check", "volumes", "glob"])]);

fn run(call: &Call) -> Result<Dynamic, Failure> {
    let options = call.options(2)?;
    let to = call.text(1, "the destination")?;
    let mut target = UploadTarget::read(call, to, &options)?;
    target.parallel = options.number("parallel")?.unwrap_or(PARALLEL);
    target.part_size = options.number("part_size")?;
    if let Some(policy) = options.text("policy")?.filter(|it| !it.is_empty()) {
        target.policy = policy.parse().map_err(|_| {
            let words = words::list(&UploadPolicy::WORDS, "or");
            call.misused(&format!("policy is {words}, got {policy:?}"))
        })?;
    }
    let policy = target.policy;
    let report = target.send(call.session, check::paths(call)?)?;
    call.session.notice(&summary(&report, policy));
    Ok(ordered(json(&report)))
}

/// A destination, with the settings of uploads to it.
pub(super) struct UploadTarget {
    to: String,
    /// `None` for a bucket if the connection's service reads this machine's files.
    destination: Option<UploadDestination>,
    pub(super) policy: UploadPolicy,
    parallel: u64,
    part_size: Option<u64>,
}

impl UploadTarget {
    /// Reads a destination. The options hold the storage credentials.
    pub(super) fn read(call: &Call, to: String, options: &Options) -> Result<Self, Failure> {
        Ok(Self {
            destination: destination(call, &to, options)?,
            to,
            policy: UploadPolicy::default(),
            parallel: PARALLEL,
            part_size: None,
        })
    }

    /// Returns the name of the destination's volume.
    pub(super) fn volume(&self) -> Option<&str> {
        self.destination.as_ref()?.volume.as_deref()
    }

    /// Returns true if nothing is sent, because the service reads this machine's files.
    pub(super) fn is_here(&self) -> bool {
        self.destination.is_none()
    }

    /// Sends the files.
    pub(super) fn send(
        self,
        session: &Session,
        paths: Vec<String>,
    ) -> Result<UploadReport, Failure> {
        let Some(destination) = self.destination else {
            return here(&paths, self.to);
        };
        let request = UploadRequest {
            paths,
            destination,
            policy: self.policy,
            parallel: self.parallel,
            part_size: self.part_size,
            notes: session.choices().data_dir.join("uploads"),
            dry_run: session.choices().dry_run,
        };
        let mut bar = ByteBar::new(session);
        let report = upload::run(request, &session.interrupt, |count| {
            let (done, files) = (words::number(count.done), words::count(count.files, "file"));
            bar.update(
                count.bytes,
                count.total,
                &format!("{done} of {files}"),
                true,
            );
        });
        bar.finish();
        report
    }
}

/// Returns a line about the files that were sent and skipped.
pub(super) fn summary(report: &UploadReport, policy: UploadPolicy) -> String {
    if let Some(note) = report.note {
        return note.to_owned();
    }
    let sent: Vec<_> = report.files.iter().filter(|file| file.sent).collect();
    let skipped = report.files.len() - sent.len();
    // The content of such files may differ.
    let by_size = skipped > 0 && policy == UploadPolicy::SameSize;
    format!(
        "{} {} ({}) to {}, {} skipped{}",
        if report.dry_run { "would send" } else { "sent" },
        words::count(sent.len() as u64, "file"),
        words::bytes(sent.iter().map(|file| file.size).sum()),
        report.to,
        words::number(skipped as u64),
        if by_size { " by size" } else { "" }
    )
}

/// Returns the report for a service that reads this machine's files: nothing is sent.
fn here(paths: &[String], to: String) -> Result<UploadReport, Failure> {
    let files = upload::local_files(paths)?;
    let absolute = |path: &str| std::path::absolute(path).unwrap_or_else(|_| path.into());
    let files = files.into_iter().map(|(path, size)| UploadedFile {
        object: absolute(&path).to_string_lossy().into_owned(),
        path,
        size,
        sent: false,
        md5: None,
        tag: None,
    });
    Ok(UploadReport {
        to,
        volume: None,
        note: Some("nothing was sent: the local service reads the files where they are"),
        files: files.collect(),
        dry_run: false,
        seconds: 0.0,
    })
}

/// Returns the files to import: each alone or in a set of `NumPy` files of one folder. Files of other formats are left
/// out.
pub(super) fn import_sets(report: &UploadReport) -> Vec<Vec<&UploadedFile>> {
    let mut sets: Vec<(Option<&str>, Vec<&UploadedFile>)> = Vec::new();
    for file in &report.files {
        let object = &file.object;
        let folder = object.rfind('/').map_or("", |slash| &object[..slash]);
        match Format::of_path(Path::new(object)) {
            None => {}
            Some(Format::Numpy) => match sets.iter_mut().find(|(of, _)| *of == Some(folder)) {
                Some((_, set)) => set.push(file),
                None => sets.push((Some(folder), vec![file])),
            },
            Some(_) => sets.push((None, vec![file])),
        }
    }
    sets.into_iter().map(|(_, set)| set).collect()
}

fn json(report: &UploadReport) -> Value {
    let files = || report.files.iter();
    let sent = || files().filter(|file| file.sent);
    let paths = import_sets(report).into_iter().map(|set| {
        let objects: Vec<&str> = set.iter().map(|file| file.object.as_str()).collect();
        match objects.as_slice() {
            [only] if Format::of_path(Path::new(only)) != Some(Format::Numpy) => json!(only),
            set => json!(set),
        }
    });
    let mut value = json!({
        "to": report.to,
        "volume": report.volume,
        "note": report.note,
        "sent": sent().count(),
        "skipped": report.files.len() - sent().count(),
        "bytes": sent().map(|file| file.size).sum::<u64>(),
        "seconds": (report.seconds * 1000.0).round() / 1000.0,
        "paths": paths.collect::<Vec<_>>(),
        "files": files().map(|file| json!({
            "path": file.path,
            "object": file.object,
            "bytes": file.size,
            "sent": file.sent,
            "md5": file.md5,
        })).collect::<Vec<_>>(),
    });
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}
