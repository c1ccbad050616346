//! A cluster that makes jobs and lists them, and knows no `Idempotency-Key`: what a submission meets on most servers.
//!
//! It speaks the `milvus` and `v2` dialects. A closure decides the fate of each create call; lists may lag behind, and
//! details come late.

use super::server::{Reply, Request, Server};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of a create call.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// The job is made and the answer says so.
    Answer,
    /// The job is made, and this comes instead of the answer.
    Made(Reply),
    /// No job is made, and this is the answer.
    Instead(Reply),
}

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) collection: String,
    pub(crate) state: String,
    /// File names as progress tells them; none are not told.
    pub(crate) files: Vec<String>,
    /// Lists that will not show it yet.
    pub(crate) hidden: usize,
    /// Readings of its progress that will not tell its files yet.
    pub(crate) mute: usize,
}

/// What the cluster holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The oldest first.
    pub(crate) jobs: Vec<Job>,
    /// Lists that will not show a new job yet.
    pub(crate) lag: usize,
    /// Readings of a new job's progress that will not tell its files yet.
    pub(crate) mute: usize,
    /// Jobs of others that each of the next so many lists finds made.
    pub(crate) churn: usize,
    /// Another name of a collection, and the name that jobs tell.
    pub(crate) alias: Option<(String, String)>,
    /// How many create calls came.
    pub(crate) creates: usize,
    /// How many list calls came.
    pub(crate) lists: usize,
    made: usize,
}

impl State {
    /// Makes a job that somebody else submitted.
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

    /// The name of the collection that a call names.
    fn named(&self, given: &Value) -> Option<String> {
        let given = given.as_str()?;
        let known = self.alias.as_ref().filter(|(alias, _)| alias == given);
        Some(known.map_or(given, |(_, name)| name).to_owned())
    }

    /// The ids of jobs that import this file.
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
    /// A cluster whose create calls, counted from 1, meet these fates. The closure may block.
    pub(crate) fn start(fate: impl Fn(usize, &Request) -> Fate + Send + Sync + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let own = Arc::clone(&state);
        let server = Server::start(move |request| answer(&own, &fate, request));
        Self { server, state }
    }

    /// What it holds.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// `connect(…)` to it in a dialect, with more options such as `settle: 0.1`.
    pub(crate) fn connect(&self, api: &str, options: &str) -> String {
        let cluster = if api == "v2" {
            r#", cluster_id: "in03-1""#
        } else {
            ""
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
    fate: &impl Fn(usize, &Request) -> Fate,
    request: &Request,
) -> Reply {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let path = request.target.split('?').next().unwrap_or_default();
    match path.rsplit('/').next().unwrap_or_default() {
        "create" => create(state, fate, request, &body),
        "list" => list(&mut lock(state), &body),
        "getProgress" | "get_progress" => progress(&mut lock(state), &body),
        _ => Reply::status(404, r#"{"code":404,"message":"no such path"}"#),
    }
}

fn create(
    state: &Mutex<State>,
    fate: &impl Fn(usize, &Request) -> Fate,
    request: &Request,
    body: &Value,
) -> Reply {
    let number = {
        let mut state = lock(state);
        state.creates += 1;
        state.creates
    };
    let make = || {
        let mut state = lock(state);
        let sets = body.get("files").or_else(|| body.get("objectUrls"));
        let sets = sets.and_then(Value::as_array).into_iter().flatten();
        let many = sets.filter_map(Value::as_array).flatten();
        let files = many
            .chain(body.get("objectUrl"))
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let (hidden, mute) = (state.lag, state.mute);
        let collection = state.named(&body["collectionName"]);
        state.add(
            collection.as_deref().unwrap_or_default(),
            files,
            hidden,
            mute,
        )
    };
    match fate(number, request) {
        Fate::Answer => ok(&json!({"jobId": make()})),
        Fate::Made(reply) => {
            make();
            reply
        }
        Fate::Instead(reply) => reply,
    }
}

fn list(state: &mut State, body: &Value) -> Reply {
    state.lists += 1;
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
        shown.push(json!({
            "jobId": job.id, "collectionName": job.collection, "state": job.state,
        }));
    }
    let Some(size) = body["pageSize"].as_u64() else {
        return ok(&json!({"records": shown}));
    };
    let page = body["currentPage"].as_u64().unwrap_or(1);
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (size, skip) = (number(size), number((page - 1) * size));
    let records: Vec<Value> = shown.iter().skip(skip).take(size).cloned().collect();
    ok(&json!({"count": shown.len(), "currentPage": page, "pageSize": size, "records": records}))
}

fn progress(state: &mut State, body: &Value) -> Reply {
    let id = body["jobId"].as_str().unwrap_or_default();
    let Some(job) = state.jobs.iter_mut().find(|job| job.id == id) else {
        return Reply::json(r#"{"code":90144,"message":"no such job"}"#);
    };
    let tells = job.mute == 0;
    job.mute = job.mute.saturating_sub(1);
    let details: Vec<Value> = job
        .files
        .iter()
        .filter(|_| tells)
        .map(|name| json!({"fileName": name, "state": job.state, "progress": 10}))
        .collect();
    ok(&json!({
        "jobId": job.id, "collectionName": job.collection, "state": job.state, "progress": 10, "details": details,
    }))
}

fn ok(data: &Value) -> Reply {
    Reply::json(json!({"code": 0, "data": data}).to_string())
}
