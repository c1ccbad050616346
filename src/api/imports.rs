//! The calls about import jobs, in any dialect.

use super::error::{ApiCall, ApiError, unusable};
use super::mask::Mask;
use super::model::{Dialect, Effect, ImportRequest, JobPage, JobState, MOST_FILES, Progress};
use super::old_milvus::is_unknown_path;
use super::request::{CallForm, Outgoing};
use super::{Client, JobFilter, JobWalk, Late, answers, dialect, v1};

/// The smallest page that every dialect accepts.
const SMALLEST_PAGE: u64 = 5;

impl Client {
    /// Checks the endpoint and the API key with one cheap list call.
    pub fn verify(&self) -> Result<(), ApiError> {
        self.list_page(&JobFilter::default(), 1, SMALLEST_PAGE)
            .map(drop)
    }

    /// Submits one import job and returns its id. Sent exactly once; [`ApiError::outcome`] says whether a failed call
    /// may have made a job. `idempotency_key`: printable ASCII, at most 256 bytes.
    pub fn create(
        &self,
        request: &ImportRequest,
        idempotency_key: &str,
    ) -> Result<String, ApiError> {
        let outgoing = self.create_call(request, idempotency_key)?;
        let id = self.call(outgoing, answers::read_job_id)?;
        if request.is_two_phase() {
            self.pretend(&id, JobState::Uncommitted);
        }
        Ok(id)
    }

    /// In a dry run, sets the state of a placeholder job.
    fn pretend(&self, job_id: &str, state: JobState) {
        if let Some(dry_run) = &self.settings().dry_run {
            dry_run.set(job_id, state);
        }
    }

    /// Submits a job like [`Self::create`], but an answer that arrives after the interrupt goes to `late`.
    pub fn create_or_late(
        &self,
        request: &ImportRequest,
        idempotency_key: &str,
        late: Late<String>,
    ) -> Result<String, ApiError> {
        let outgoing = self.create_call(request, idempotency_key)?;
        self.call_or_late(outgoing, answers::read_job_id, late)
    }

    /// Returns the error with which [`Self::create`] would refuse the request before sending it.
    pub fn check_create(
        &self,
        request: &ImportRequest,
        idempotency_key: &str,
    ) -> Result<(), ApiError> {
        self.create_call(request, idempotency_key).map(drop)
    }

    fn create_call(
        &self,
        request: &ImportRequest,
        idempotency_key: &str,
    ) -> Result<Outgoing, ApiError> {
        let settings = self.settings();
        let files = request.source.sets();
        if files.len() > MOST_FILES {
            let problem = format!("a request takes at most {MOST_FILES}, not {}", files.len());
            let refused = unusable("the list of files", problem);
            return Err(refused
                .with_hint("import_all cuts a longer list into jobs")
                .into());
        }
        let call = dialect::create(settings, request)?
            .with_idempotency_key(idempotency_key)?
            .with_extra(&request.extra)?
            .with_secrets(settings, request.keys.secrets());
        Ok(call)
    }

    /// Returns the error for a create whose answer names a job that can't be its own.
    pub fn foreign_job(&self, job_id: &str) -> ApiError {
        let call = ApiCall {
            what: "create the import job",
            method: "POST",
            url: self.settings().import_base.to_string(),
            effect: Effect::Create,
        };
        ApiError::Unreadable {
            call: Box::new(call),
            status: 200,
            problem: format!("it names the job {job_id}, which is another submission's"),
            excerpt: String::new(),
        }
    }

    /// Reads a job's progress once.
    pub fn progress(&self, job_id: &str) -> Result<Progress, ApiError> {
        let settings = self.settings();
        if let Some(progress) = settings.dry_run.as_ref().and_then(|it| it.progress(job_id)) {
            return Ok(progress);
        }
        let progress = self.spelled_progress(job_id);
        let mut progress = progress.map_err(|error| self.recognized(error))?;
        let files = progress.details.iter_mut().map(|file| &mut file.reason);
        let reasons = files.chain([&mut progress.reason]).flatten();
        self.mask_texts(reasons.chain(&mut progress.warnings));
        Ok(progress)
    }

    /// Masks secrets in the service's own texts, such as failure reasons, which may echo the API key.
    fn mask_texts<'a>(&self, texts: impl Iterator<Item = &'a mut String>) {
        let mask = Mask::new(&self.settings().token);
        for text in texts {
            *text = mask.apply(text);
        }
    }

    /// Sends the progress call, which may have several paths. The first path that the server knows is kept for the
    /// connection.
    fn spelled_progress(&self, job_id: &str) -> Result<Progress, ApiError> {
        let settings = self.settings();
        let known = self.inner.progress_path.get().copied();
        let mut first_error = None;
        for (index, path) in settings.dialect.progress_paths().iter().enumerate() {
            if known.is_some_and(|known| known != index) {
                continue;
            }
            let outgoing = dialect::progress(settings, path, job_id)?;
            let result = self.call(outgoing, |data| dialect::read_progress(data, job_id));
            match result {
                Err(error) if known.is_none() && is_unknown_path(&error) => {
                    first_error.get_or_insert(error);
                }
                result => {
                    if result.is_ok() {
                        // Another thread may have found the path first.
                        let _ = self.inner.progress_path.set(index);
                    }
                    return result;
                }
            }
        }
        Err(first_error
            .unwrap_or_else(|| unusable("the progress call", "the dialect has none").into()))
    }

    /// Reads one page of the job list; `page` counts from 1, and `page_size` is 5 to 100 on the cloud. `milvus` has no
    /// paging, so page 1 has all jobs. v1 has no filters, so its page isn't filtered.
    pub fn list_page(
        &self,
        filter: &JobFilter,
        page: u64,
        page_size: u64,
    ) -> Result<JobPage, ApiError> {
        let outgoing = dialect::list(self.settings(), filter, page, page_size)?;
        let page = self.call(outgoing, answers::read_page);
        let mut page = page.map_err(|error| self.recognized(error))?;
        self.mask_texts(page.jobs.iter_mut().filter_map(|job| job.reason.as_mut()));
        Ok(page)
    }

    /// Returns an iterator over all jobs that match the filter, each once; it ends after an error.
    pub fn jobs(&self, filter: JobFilter) -> JobWalk {
        JobWalk::new(self.clone(), filter, false)
    }

    /// Commits a two-phase import.
    pub fn commit(&self, job_id: &str) -> Result<(), ApiError> {
        let call = CallForm::change("commit the job", "/v2/vectordb/jobs/import/commit");
        self.end(job_id, "a commit", call, JobState::Completed)
    }

    /// Aborts a two-phase import.
    pub fn abort(&self, job_id: &str) -> Result<(), ApiError> {
        let call = CallForm::change("abort the job", "/v2/vectordb/jobs/import/abort");
        self.end(job_id, "an abort", call, JobState::Aborted)
    }

    fn end(&self, id: &str, noun: &str, call: CallForm, state: JobState) -> Result<(), ApiError> {
        let settings = self.settings();
        if settings.dialect == Dialect::V1 {
            return Err(v1::beyond(settings, noun));
        }
        self.done(dialect::job(settings, call, id)?)?;
        self.pretend(id, state);
        Ok(())
    }

    /// Returns true if the server is known to honour a create call's `Idempotency-Key` header.
    pub fn honours_keys(&self) -> bool {
        self.settings().honours_keys || self.is_local_service()
    }

    /// Returns true once an answer's `Server` header has named zshell's own import service.
    pub fn is_local_service(&self) -> bool {
        self.inner.transport.is_local_service()
    }
}
