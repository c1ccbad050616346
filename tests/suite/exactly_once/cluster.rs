//! A simulated cluster that creates and lists jobs. It ignores `Idempotency-Key` unless configured, as most servers do.
//!
//! The cluster serves all three dialects. v1 lists are under `tasks` and unfiltered, as published. A closure decides
//! the outcome of each create call. Lists may lag behind, and details may come late.

use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The outcome of a create call.
#[derive(Clone, Debug)]
pub(crate) enum CreateOutcome {
    /// The job is created, and the answer says so.
    Answer,
    /// The job is created, but this is the answer.
    Made(Reply),
    /// No job is created, and this is the answer.
    Instead(Reply),
}

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) collection: String,
    pub(crate) state: String,
    /// File names as shown by progress; empty if progress shows none.
    pub(crate) files: Vec<String>,
    /// Number of lists that won't show the job yet.
    pub(crate) hidden: usize,
    /// Number of progress answers that won't show the job's files yet.
    pub(crate) mute: usize,
}

/// The cluster's state.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The jobs, oldest first.
    pub(crate) jobs: Vec<Job>,
    /// Number of lists that won't show a new job yet.
    pub(crate) lag: usize,
    /// Number of progress answers that won't show a new job's files yet.
    pub(crate) mute: usize,
    /// Number of list calls that will each add another client's job first.
    pub(crate) churn: usize,
    /// Whether a repeated `Idempotency-Key` is answered with the first job.
    pub(crate) honours: bool,
    /// Number of progress answers that will show a placeholder instead of a job's files, and the placeholder.
    pub(crate) placeholder: Option<(usize, &'static str)>,
    /// Whether only the last part of a file's path is shown.
    pub(crate) base_names: bool,
    /// The answer to all list calls, if they're refused.
    pub(crate) refused_list: Option<Reply>,
    /// The answers to the next commits and aborts, which are carried out nevertheless. The last one is used first.
    pub(crate) lost_ends: Vec<Reply>,
    /// Number of progress answers after a commit or abort that will still show `Uncommitted`.
    pub(crate) commit_lag: usize,
    /// Number of commits and aborts.
    pub(crate) ends: usize,
    keys: HashMap<String, String>,
    /// An alias of a collection, and the collection's name, which jobs show.
    pub(crate) alias: Option<(String, String)>,
    /// Number of create calls.
    pub(crate) creates: usize,
    /// Number of list calls.
    pub(crate) lists: usize,
    made: usize,
}

impl State {
    /// Creates a job that another client submitted.
    pub(crate) fn make(&mut self, collection: &str, files: &[&str]) -> String {
        let files = files.iter().map(|name| (*name).to_owned()).collect();
        self.add(collection, files, 0, 0)
    }

    fn add(&mut self, collection: &str, files: Vec<String>, hidden: usize, mute: usize) -> String {
        self.made += 1;
        let id = format!("job-{}", self.made);
        self.jobs.push(Job {
            id: id.clone(),
            collection: collection.to_owned(),
            state: "Importing".to_owned(),
            files,
            hidden,
            mute,
        });
        id
    }

    /// Returns the name of the collection that a call names.
    fn named(&self, given: &Value) -> Option<String> {
        let given = given.as_str()?;
        let known = self.alias.as_ref().filter(|(alias, _)| alias == given);
        Some(known.map_or(given, |(_, name)| name).to_owned())
    }

    /// Returns the ids of the jobs that import this file.
    pub(crate) fn of_file(&self, file: &str) -> Vec<String> {
        let ours = self
            .jobs
            .iter()
            .filter(|job| job.files.iter().any(|name| name == file));
        ours.map(|job| job.id.clone()).collect()
    }
}

/// A running cluster.
pub(crate) struct Cluster {
    pub(crate) server: Server,
    state: Arc<Mutex<State>>,
}

impl Cluster {
    /// Starts a cluster. The closure returns the outcome of each create call, counted from 1, and may block.
    pub(crate) fn start(
        outcome: impl Fn(usize, &Request) -> CreateOutcome + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let own = Arc::clone(&state);
        let server = Server::start(move |request| answer(&own, &outcome, request));
        Self { server, state }
    }

    /// Returns the cluster's state.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Returns a `connect(…)` call to the cluster in a dialect, with more options such as `settle: 0.1`.
    pub(crate) fn connect(&self, api: &str, options: &str) -> String {
        let cluster = if api == "milvus" {
            ""
        } else {
            r#", cluster_id: "in03-1""#
        };
        format!(
            r#"connect(#{{endpoint: "{}", api: "{api}", token: "", {options}{cluster}}});"#,
            self.server.url()
        )
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(
    state: &Mutex<State>,
    outcome: &impl Fn(usize, &Request) -> CreateOutcome,
    request: &Request,
) -> Reply {
    let mut body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    if request.method == "GET" {
        body = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let number = value.parse::<u64>().map(Value::from);
                (name.to_owned(), number.unwrap_or_else(|_| value.into()))
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    match path.rsplit('/').next().unwrap_or_default() {
        "create" | "import" => create(state, outcome, request, &body),
        "list" => list(&mut lock(state), &body, path.starts_with("/v1/")),
        "getProgress" | "get_progress" => progress(&mut lock(state), &body),
        "get" => progress_v1(&mut lock(state), &body),
        "commit" => end(&mut lock(state), &body, "Completed"),
        "abort" => end(&mut lock(state), &body, "Aborted"),
        _ => Reply::status(404, r#"{"code":404,"message":"no such path"}"#),
    }
}

fn create(
    state: &Mutex<State>,
    outcome: &impl Fn(usize, &Request) -> CreateOutcome,
    request: &Request,
    body: &Value,
) -> Reply {
    let number = {
        let mut state = lock(state);
        state.creates += 1;
        state.creates
    };
    let header = request.header("idempotency-key").unwrap_or_default();
    let make = || {
        let mut state = lock(state);
        if let Some(job) = state.keys.get(header).filter(|_| state.honours) {
            return job.clone();
        }
        let sets = body.get("files").or_else(|| body.get("objectUrls"));
        let sets = sets.and_then(Value::as_array).into_iter().flatten();
        let many = sets.filter_map(Value::as_array).flatten();
        let files = many
            .chain(body.get("objectUrl"))
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let (hidden, mute) = (state.lag, state.mute);
        let collection = state.named(&body["collectionName"]);
        let collection = collection.unwrap_or_default();
        let job = state.add(&collection, files, hidden, mute);
        state.keys.insert(header.to_owned(), job.clone());
        job
    };
    match outcome(number, request) {
        CreateOutcome::Answer => ok(&json!({"jobId": make()})),
        CreateOutcome::Made(reply) => {
            make();
            reply
        }
        CreateOutcome::Instead(reply) => reply,
    }
}

fn list(state: &mut State, body: &Value, v1: bool) -> Reply {
    state.lists += 1;
    if let Some(reply) = &state.refused_list {
        return reply.clone();
    }
    if state.churn > 0 {
        state.churn -= 1;
        let collection = body["collectionName"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        state.make(&collection, &["somebody/elses.json"]);
    }
    let wanted = state.named(&body["collectionName"]);
    let mut shown = Vec::new();
    for job in state.jobs.iter_mut().rev() {
        if wanted.as_ref().is_some_and(|name| *name != job.collection) {
            continue;
        }
        if job.hidden > 0 {
            job.hidden -= 1;
            continue;
        }
        shown.push(&*job);
    }
    let record = |job: &&Job| {
        json!({
            "jobId": job.id, "collectionName": job.collection, "state": job.state,
        })
    };
    let Some(size) = body["pageSize"].as_u64() else {
        let records: Vec<Value> = shown.iter().map(record).collect();
        return ok(&json!({"records": records}));
    };
    let page = body["currentPage"].as_u64().unwrap_or(1);
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (size, skip) = (number(size), number((page - 1) * size));
    let records: Vec<Value> = shown.iter().skip(skip).take(size).map(record).collect();
    let jobs = if v1 { "tasks" } else { "records" };
    ok(&json!({"count": shown.len(), "currentPage": page, "pageSize": size, jobs: records}))
}

/// Commits or aborts an uncommitted job.
fn end(state: &mut State, body: &Value, word: &str) -> Reply {
    state.ends += 1;
    let id = body["jobId"].as_str().unwrap_or_default();
    let lost = state.lost_ends.pop();
    let job = state.jobs.iter_mut().find(|job| job.id == id);
    let Some(job) = job.filter(|job| job.state == "Uncommitted") else {
        return Reply::json(r#"{"code":2100,"message":"job is not Uncommitted"}"#);
    };
    word.clone_into(&mut job.state);
    lost.unwrap_or_else(|| ok(&json!({})))
}

/// Returns the names of a job's files as its progress shows them.
fn names(state: &mut State, id: &str) -> Option<Vec<String>> {
    let base_names = state.base_names;
    let job = state.jobs.iter_mut().find(|job| job.id == id)?;
    if job.mute > 0 {
        job.mute -= 1;
        return Some(Vec::new());
    }
    if let Some((left, name)) = state.placeholder.as_mut().filter(|(left, _)| *left > 0) {
        *left -= 1;
        return Some(vec![(*name).to_owned()]);
    }
    let shown = |name: &String| match name.rsplit('/').next() {
        Some(last) if base_names => last.to_owned(),
        _ => name.clone(),
    };
    Some(job.files.iter().map(shown).collect())
}

fn progress_v1(state: &mut State, body: &Value) -> Reply {
    let id = body["jobId"].as_str().unwrap_or_default().to_owned();
    let Some(names) = names(state, &id) else {
        return Reply::json(r#"{"code":90144,"message":"no such job"}"#);
    };
    let Some(job) = state.jobs.iter().find(|job| job.id == id) else {
        return Reply::Drop;
    };
    let details: Vec<Value> = names
        .iter()
        .map(|name| json!({"fileName": name, "readyPercentage": 10}))
        .collect();
    ok(&json!({
        "jobId": id, "collectionName": job.collection, "readyPercentage": 10, "completeTime": null,
        "fileName": names.first(), "details": details,
    }))
}

fn progress(state: &mut State, body: &Value) -> Reply {
    let id = body["jobId"].as_str().unwrap_or_default();
    let Some(names) = names(state, id) else {
        return Reply::json(r#"{"code":90144,"message":"no such job"}"#);
    };
    let lags = state.ends > 0 && state.commit_lag > 0;
    state.commit_lag -= usize::from(lags);
    let Some(job) = state.jobs.iter().find(|job| job.id == id) else {
        return Reply::Drop;
    };
    let shown = if lags { "Uncommitted" } else { &job.state };
    let details: Vec<Value> = names
        .iter()
        .map(|name| json!({"fileName": name, "state": shown, "progress": 10}))
        .collect();
    ok(&json!({
        "jobId": job.id, "collectionName": job.collection, "state": shown, "progress": 10, "details": details,
    }))
}

fn ok(data: &Value) -> Reply {
    Reply::json(json!({"code": 0, "data": data}).to_string())
}
