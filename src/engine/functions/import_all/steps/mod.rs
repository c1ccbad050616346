//! The steps around a batch's jobs: check the files, create the collection, upload the files, and verify the count.
//!
//! A step that an earlier run has finished is skipped. The journal keeps what the service can't report: which files were
//! checked, and that a collection was created after the jobs of earlier runs. The files are checked before the
//! collection is created, so a refused check leaves no collection behind.

mod check;
mod contents;
mod upload;
mod verify;

use crate::api::Client;
use crate::api::model::ImportRequest;
use crate::check::{Inferred, StoreAccess, expand, infer};
use crate::connection::Connection;
use crate::engine::functions::check::{schema_of, store_access};
use crate::engine::functions::create_collection::body_of_options;
use crate::engine::options::Options;
use crate::engine::types::{BatchTotals, as_text, list_of, ordered};
use crate::error::Failure;
use crate::formats::{CsvOptions, Schema};
use crate::journal::{Entry, JournalError, Scope, now};
use crate::session::Session;
use crate::text::words;
use rhai::{Array, Dynamic};
use serde_json::{Value, json};
pub(super) use upload::{BatchFiles, importable, upload_target};
use verify::CountBaseline;

/// The hint after a failed step.
const AGAIN: &str = "the same command then continues, and skips the steps that are done";

/// The steps that the caller has asked for.
pub(super) struct StepChoices {
    create: bool,
    check: bool,
    upload: bool,
    verify: bool,
}

impl StepChoices {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let flag = |name| Ok::<_, Failure>(options.flag(name)?.unwrap_or(false));
        let choices = Self {
            create: flag("create")?,
            check: flag("check")?,
            upload: options.text("upload_to")?.is_some(),
            verify: flag("verify")?,
        };
        let waits = options.flag("atomic")? != Some(true)
            && options.pairs("options")?.is_some_and(|pairs| {
                pairs.contains(&("auto_commit".to_owned(), "false".to_owned()))
            });
        if choices.verify && waits {
            return Err(Failure::usage(
                "import_all: verify counts rows, and those of jobs that wait for a commit aren't visible",
            )
            .with_hint("use atomic: true, which commits the jobs, or leave out verify"));
        }
        Ok(choices)
    }

    /// Returns true if there's a step besides the import.
    pub(super) fn any(&self) -> bool {
        self.create || self.check || self.upload || self.verify
    }
}

/// The steps of one batch.
pub(super) struct BatchSteps<'a> {
    session: &'a Session,
    connection: &'a Connection,
    /// The client, with the batch's database.
    client: Client,
    /// The request without files.
    template: &'a ImportRequest,
    choices: &'a StepChoices,
    /// The values of the steps that have ended.
    pub(super) ended: Array,
    /// Number of rows of all files, if they were checked.
    rows: Option<u64>,
    baseline: Option<CountBaseline>,
}

impl<'a> BatchSteps<'a> {
    pub(super) fn new(
        session: &'a Session,
        connection: &'a Connection,
        template: &'a ImportRequest,
        choices: &'a StepChoices,
    ) -> Result<Self, Failure> {
        let client = match &template.database {
            Some(database) => connection.client.with_database(database)?,
            None => connection.client.clone(),
        };
        Ok(Self {
            session,
            connection,
            client,
            template,
            choices,
            ended: Array::new(),
            rows: None,
            baseline: None,
        })
    }

    /// Checks the files and creates the collection.
    pub(super) fn prepare(&mut self, files: &[String]) -> Result<(), Failure> {
        let inferred = if self.choices.create {
            self.proposed(files)?
        } else {
            None
        };
        if self.choices.check {
            let (schema, metrics) = match &inferred {
                Some(inferred) => (inferred.schema.clone(), inferred.metrics()),
                None => self.described()?,
            };
            self.check(files.to_vec(), schema, metrics)?;
        }
        inferred.map_or(Ok(()), |inferred| self.create(&inferred))
    }

    /// Notes the end of the jobs among the other steps.
    pub(super) fn imported(&mut self, batch: &BatchTotals, known: u64) {
        if !self.choices.any() {
            return;
        }
        let count = batch.jobs.items().len() as u64;
        let jobs = words::count(count, "job");
        let files = words::count(batch.files, "file");
        let rows = words::count(batch.rows, "row");
        let (state, detail) = if known == count {
            let detail = format!("earlier runs imported {files} with {rows} in {jobs}");
            ("skipped", detail)
        } else if self.session.dry_run().is_some() {
            ("done", format!("would import {files} in {jobs}"))
        } else {
            ("done", format!("{rows} from {files} in {jobs}"))
        };
        self.end("import", state, detail);
    }

    /// Returns a schema for the files if the collection is missing.
    fn proposed(&mut self, files: &[String]) -> Result<Option<Inferred>, Failure> {
        let name = &self.template.collection;
        if self.client.has_collection(name)? {
            let detail = format!("the collection {name} exists already");
            self.end("create", "skipped", detail);
            return Ok(None);
        }
        let interrupt = &self.session.interrupt;
        let stores = self.stores();
        let inferred = infer(files.to_vec(), stores, self.csv()?, interrupt)?;
        if let Err(error) = inferred.schema.validate() {
            for reason in &inferred.reasons {
                self.session.notice(reason);
            }
            let message = format!("create: no schema can be proposed for {name}: {error}");
            let hint = "correct the files, or create the collection yourself";
            return Err(Failure::refused(message).with_hint(hint).and_hint(AGAIN));
        }
        Ok(Some(inferred))
    }

    fn create(&mut self, inferred: &Inferred) -> Result<(), Failure> {
        let name = &self.template.collection;
        let settings = inferred.json().as_object().cloned().unwrap_or_default();
        let mut body = body_of_options(settings)?;
        body.shift_insert(0, "collectionName".to_owned(), Value::from(name.as_str()));
        let created = self.client.create_collection(&Value::Object(body));
        self.session.known.names.forget(self.connection);
        created?;
        let fields = inferred.schema.fields.iter();
        let fields = fields.map(|field| {
            let key = if field.primary { " (primary key)" } else { "" };
            format!("{} {}{key}", field.name, field.data_type)
        });
        let fields: Vec<String> = fields.collect();
        let is_dry = self.session.dry_run().is_some();
        let done = if is_dry { "would create" } else { "created" };
        let detail = format!("{done} the collection {name} with {}", fields.join(", "));
        self.note(Entry::Created {
            at: now(),
            scope: Scope::of(self.connection.client.settings(), self.template),
        })?;
        self.end("create", "done", detail);
        Ok(())
    }

    /// Returns the collection's schema and the metrics of its vectors.
    fn described(&self) -> Result<(Schema, Vec<(String, String)>), Failure> {
        let name = &self.template.collection;
        let described = self.client.describe(name).map_err(|error| {
            let failure = Failure::from(error);
            // Reference: Error codes worth a hint.
            match failure.code {
                Some(100 | 47005) => failure.with_hint("create: true creates a missing collection"),
                _ => failure,
            }
        })?;
        schema_of(described.raw.as_object().cloned().unwrap_or_default())
    }

    fn csv(&self) -> Result<CsvOptions, Failure> {
        let option = |name: &str| {
            let options = self.template.options.iter();
            let mut found = options.filter(|(known, _)| known == name);
            found.next().map_or("", |(_, value)| value.as_str())
        };
        CsvOptions::new(option("sep"), option("nullkey"))
            .map_err(|error| Failure::usage(format!("import_all: {error}")))
    }

    fn stores(&self) -> StoreAccess {
        store_access(self.connection.storage.clone(), self.template.keys.clone())
    }

    /// Journals an entry. A dry run changes nothing.
    fn note(&self, entry: Entry) -> Result<(), JournalError> {
        if self.session.dry_run().is_some() {
            return Ok(());
        }
        self.session.desk.journal.append(vec![entry])
    }

    /// Reports the end of a step.
    fn end(&mut self, step: &str, state: &str, detail: String) {
        let word = if state == "skipped" { " (skipped)" } else { "" };
        self.session.notice(&format!("{step}{word}: {detail}"));
        let step = json!({ "step": step, "state": state, "detail": detail });
        self.ended.push(ordered(step));
    }
}

/// Returns the paths of a list of files and sets.
pub(super) fn given_files(paths: &Dynamic) -> Vec<String> {
    match list_of(paths) {
        Some(list) => list.iter().flat_map(given_files).collect(),
        None => as_text(paths).into_iter().collect(),
    }
}

/// Replaces local patterns such as `data/*.parquet` with the files that match, if the batch reads files of this machine.
pub(super) fn expanded(connection: &Connection, paths: &Dynamic) -> Result<Dynamic, Failure> {
    let is_pattern = |path: &str| {
        path.contains(['*', '?', '['])
            && !path.contains("://")
            && !std::path::Path::new(path).exists()
    };
    if !connection.client.is_local_service() {
        return Ok(paths.clone());
    }
    let given = list_of(paths).unwrap_or_else(|| vec![paths.clone()]);
    let mut files = Array::with_capacity(given.len());
    for item in given {
        match as_text(&item).filter(|path| is_pattern(path)) {
            Some(pattern) => {
                let found = expand(&[pattern]).map_err(|error| {
                    let mut failure = Failure::from(error);
                    failure.message = failure.message.replacen("check:", "import_all:", 1);
                    failure
                })?;
                files.extend(found.into_iter().map(Dynamic::from));
            }
            None => files.push(item),
        }
    }
    Ok(files.into())
}
