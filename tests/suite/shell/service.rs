//! A simulated service without faults. Tests read the requests that it received.

use crate::support::server::{Reply, Request, Server};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Starts a service that answers every call of the import API, in all dialects. `job-0` is listed, each create call
/// makes the next job, and all jobs are completed.
pub(crate) fn service() -> Server {
    let made = AtomicUsize::new(0);
    Server::start(move |request| {
        if !is_create(request) {
            return answer(request);
        }
        let number = made.fetch_add(1, Ordering::SeqCst) + 1;
        let code = if request.target.starts_with("/v1/") {
            200
        } else {
            0
        };
        Reply::json(format!(
            r#"{{"code":{code},"data":{{"jobId":"job-{number}"}}}}"#
        ))
    })
}

/// Returns the answer of a service without faults.
pub(crate) fn answer(request: &Request) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    let code = if path.starts_with("/v1/") { 200 } else { 0 };
    let data = match path.rsplit('/').next().unwrap_or_default() {
        "create" | "import" => r#"{"jobId":"job-1"}"#,
        "list" if path.contains("/collections/list") => r#"["books"]"#,
        // The list shows only `job-0`, so a scan after a create call finds no new job.
        "list" => {
            r#"{"count":1,"currentPage":1,"pageSize":100,"records":[{"jobId":"job-0","collectionName":"books","state":"Completed"}]}"#
        }
        "get" => {
            r#"{"jobId":"job-1","collectionName":"books","fileName":"1.json","fileSize":1024,"readyPercentage":100,"completeTime":"2026-05-01T10:00:00Z","errorMessage":null,"details":[]}"#
        }
        "getProgress" | "get_progress" | "describe" => {
            r#"{"jobId":"job-1","collectionName":"books","state":"Completed","progress":100,"importedRows":10,"totalRows":10,"fileName":"1.json","fileSize":1024,"completeTime":"2026-05-01T10:00:00Z","details":[{"fileName":"1.json","fileSize":1024,"state":"Completed","progress":100,"completeTime":"2026-05-01T10:00:00Z","importedRows":10,"totalRows":10}]}"#
        }
        _ => return Reply::status(404, r#"{"code":404,"message":"no such path"}"#),
    };
    let data = match job_in(request) {
        Some(job) => data.replacen("job-1", &job, 1),
        None => data.to_owned(),
    };
    Reply::json(format!(r#"{{"code":{code},"data":{data}}}"#))
}

/// Returns the job id in a progress call.
fn job_in(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let asked = body["jobId"].as_str().map(str::to_owned);
    asked.or_else(|| {
        let (_, query) = request.target.split_once("jobId=")?;
        query.split('&').next().map(str::to_owned)
    })
}

/// Starts a service that gives this answer to a create call, and whose lists fail from then on.
pub(crate) fn failing(reply: Reply) -> Server {
    let created = AtomicBool::new(false);
    Server::start(move |request| {
        if is_create(request) {
            created.store(true, Ordering::SeqCst);
            return reply.clone();
        }
        if created.load(Ordering::SeqCst) {
            return Reply::status(500, "oops");
        }
        answer(request)
    })
}

/// Returns true for the call that submits a job, in any dialect.
pub(crate) fn is_create(request: &Request) -> bool {
    request.target.ends_with("/import/create") || request.target.ends_with("/collections/import")
}

/// Returns a `connect(…)` line to the server in this dialect, with the API key of the tests. Scans for lost answers end
/// soon.
pub(crate) fn connect(server: &Server, api: &str) -> String {
    let cluster = if api == "milvus" {
        ""
    } else {
        r#", cluster_id: "in03-3bf3c31f4248e22""#
    };
    format!(
        r#"connect(#{{endpoint: "{}", api: "{api}", token: secret("KEY"), verify: false, settle: 0{cluster}}});"#,
        server.url()
    )
}

/// Returns the requests whose path ends with `end`.
pub(crate) fn sent(server: &Server, end: &str) -> Vec<Request> {
    let path = |request: &Request| {
        let path = request.target.split('?').next();
        path.unwrap_or_default().to_owned()
    };
    let mut requests = server.requests();
    requests.retain(|request| path(request).ends_with(end));
    requests
}
