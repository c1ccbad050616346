//! `wait` for a thousand jobs: the requests, for each of the three forms of job lists.

use crate::shell::service::{connect, sent};
use crate::support::harness::{TOKEN, Test};
use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;

/// Number of jobs.
const JOBS: usize = 1000;
/// Number of rounds in which the jobs are running.
const AT_WORK: usize = 2;

/// Returns a job's state from its number and the round (from 1).
type State = fn(usize, usize) -> &'static str;

fn id(number: usize) -> String {
    format!("job-{number}")
}

/// Returns a value of a GET's query or of a POST's body.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let from_body = match &body[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let query = request
        .target
        .split_once('?')
        .map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    from_body.or_else(|| {
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    })
}

fn number(request: &Request, name: &str) -> Option<usize> {
    parameter(request, name)?.parse().ok()
}

/// Starts a service with [`JOBS`] jobs, the latest first in its list. A round begins with the list's first page. The
/// service identifies itself as zshell's own, so the client polls without long pauses.
fn service(state: State) -> Server {
    let round = Mutex::new(0);
    Server::start(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let v1 = path.starts_with("/v1/");
        let page = number(request, "currentPage");
        let mut now = round.lock().expect("a round");
        let data = if path.ends_with("/list") {
            *now += usize::from(page.unwrap_or(1) == 1);
            list(*now, state, page, number(request, "pageSize"))
        } else {
            let job = parameter(request, "jobId").unwrap_or_default();
            let at = job.trim_start_matches("job-").parse().unwrap_or(0);
            reading(v1, &job, state(at, *now))
        };
        let code = if v1 { 200 } else { 0 };
        Reply::json(json!({"code": code, "data": data}).to_string()).with_header("server", "zshell")
    })
}

fn list(round: usize, state: State, page: Option<usize>, size: Option<usize>) -> Value {
    let record =
        |at: usize| json!({"jobId": id(at), "collectionName": "books", "state": state(at, round)});
    let listed = (0..JOBS).rev().filter(|at| !state(*at, round).is_empty());
    match (page, size) {
        (Some(page), Some(size)) => {
            let records: Vec<Value> = listed
                .skip((page - 1) * size)
                .take(size)
                .map(record)
                .collect();
            json!({"count": JOBS, "currentPage": page, "pageSize": size, "records": records})
        }
        _ => json!({"records": listed.map(record).collect::<Vec<_>>()}),
    }
}

fn reading(v1: bool, job: &str, state: &str) -> Value {
    if v1 {
        let done = (state == "Completed").then_some("2026-05-01T10:00:00Z");
        let percent = if done.is_some() { 100 } else { 40 };
        return json!({"jobId": job, "collectionName": "books", "readyPercentage": percent, "completeTime": done});
    }
    // Jobs that aren't in the list are completed.
    let state = if state.is_empty() { "Completed" } else { state };
    json!({"jobId": job, "collectionName": "books", "state": state, "progress": 40, "importedRows": 7})
}

/// Returns the number of requests by the last part of their path.
fn request_counts(server: &Server) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for request in server.requests() {
        let path = request
            .target
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned();
        let word = path.rsplit('/').next().unwrap_or_default().to_owned();
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn wait_for(server: &Server, api: &str, options: &str, rest: &str) -> Test {
    let text = format!(
        "{} let ids = []; for n in 0..{JOBS} {{ ids.push(`job-${{n}}`); }} let all = wait(ids, #{{{options}}}); {rest}",
        connect(server, api)
    );
    // Progress bars aren't checked here.
    Test::new().env("KEY", TOKEN).args(["-q"]).eval(text)
}

#[test]
fn a_thousand_jobs_are_read_from_the_list() {
    for (api, call, pages) in [
        ("v1", "get", 10),
        ("v2", "getProgress", 10),
        ("milvus", "get_progress", 1),
    ] {
        let server = service(|_, round| {
            if round > AT_WORK {
                "Completed"
            } else {
                "Importing"
            }
        });
        let done = "print(all.filter(|it| it.state == \"Completed\" && it.percent == 100.0).len());
                    print(all[999].id); print(all[0].collection)";
        let test = wait_for(&server, api, "", done);
        test.stdout("1000\njob-999\nbooks\n").run();
        let asked = request_counts(&server);
        assert_eq!(asked["list"], pages * (AT_WORK + 1), "{api}");
        // While the jobs run, a tenth of them is read in each round. Ended jobs are read once each.
        assert_eq!(asked[call], AT_WORK * JOBS / 10 + JOBS, "{api}");
        assert_eq!(asked.len(), 2, "{api}: {asked:?}");
    }
}

#[test]
fn jobs_that_the_list_lacks_are_read_one_by_one() {
    let server = service(|at, round| match at % 200 {
        // Not in the list.
        0 => "",
        // An unknown state until the job is done.
        1 if round <= AT_WORK => "Brewing",
        _ if round <= AT_WORK => "Pending",
        _ => "Completed",
    });
    wait_for(&server, "v2", "", "print(all[0].rows)")
        .stdout("7\n")
        .run();
    let mut each: HashMap<String, usize> = HashMap::new();
    for request in sent(&server, "getProgress") {
        *each
            .entry(parameter(&request, "jobId").unwrap_or_default())
            .or_default() += 1;
    }
    assert_eq!(each["job-0"], 1);
    assert_eq!(each["job-201"], AT_WORK + 1);
    assert_eq!(each["job-2"], 1);
    assert_eq!(each.values().sum::<usize>(), JOBS + 5 * AT_WORK);
}

#[test]
fn wait_works_without_a_list() {
    let server = Server::start(|request| {
        if request.target.ends_with("/list") {
            return Reply::json(r#"{"code":403,"message":"no right to list"}"#);
        }
        let job = parameter(request, "jobId").unwrap_or_default();
        Reply::json(json!({"code": 0, "data": reading(false, &job, "Completed")}).to_string())
            .with_header("server", "zshell")
    });
    wait_for(&server, "milvus", "", "print(all.len())")
        .stdout("1000\n")
        .run();
    assert_eq!(request_counts(&server)["list"], 1);
}

#[test]
fn uncommitted_jobs_are_returned() {
    let server = service(|at, _| {
        if at == 500 {
            "Completed"
        } else {
            "Uncommitted"
        }
    });
    let count = "print(all.filter(|it| it.state == \"Uncommitted\").len())";
    wait_for(&server, "v2", "", count).stdout("999\n").run();
    assert_eq!(request_counts(&server)["getProgress"], JOBS);
}

#[test]
fn one_timeout_applies_to_all_jobs() {
    let silent = Server::start(|_| Reply::Silence);
    let test = wait_for(&silent, "v2", "timeout: \"200ms\"", "").status(5);
    test.run()
        .complains("1000 jobs not ended after 200ms")
        .complains("come back with wait(jobs(#{state: \"active\", limit: \"all\"}))");
    assert_eq!(silent.requests().len(), 1);
    let busy = service(|_, _| "Importing");
    let test = wait_for(&busy, "milvus", "timeout: \"200ms\"", "").status(5);
    test.run().complains("1000 jobs not ended");
}

#[test]
fn failed_jobs_are_listed_with_their_reasons() {
    let server = service(|at, _| if at % 400 == 3 { "Failed" } else { "Completed" });
    let test = wait_for(&server, "v2", "", "").status(4);
    let ran = test.run();
    for job in ["job-3", "job-403", "job-803"] {
        ran.complains(job);
    }
    assert!(!ran.stderr.contains("job-4 "), "{}", ran.stderr);
}
