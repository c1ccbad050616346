//! Reading job lists page by page.

use super::server::{Reply, Request, Server};
use super::{client, cloud, settings};
use crate::api::model::Dialect;
use crate::api::{ApiError, Client, JobFilter, JobWalk};
use crate::interrupt::{Interrupt, Stop};
use serde_json::{Value, json};

fn asked(request: &Request) -> (u64, u64) {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let number = |name: &str| body.get(name).and_then(Value::as_u64).unwrap();
    (number("currentPage"), number("pageSize"))
}

fn page(ids: std::ops::Range<u64>, count: Option<u64>) -> Reply {
    let records: Vec<_> = ids
        .map(|id| json!({"jobId": format!("job-{id}"), "collectionName": if id % 2 == 0 { "even" } else { "odd" }, "state": "Pending"}))
        .collect();
    let mut data = json!({ "records": records });
    if let Some(count) = count {
        data["count"] = json!(count);
    }
    Reply::json(json!({"code": 0, "data": data}).to_string())
}

/// Starts a service with this many jobs.
fn service(jobs: u64, counts: bool) -> Server {
    Server::start(move |request| {
        let (number, size) = asked(request);
        let begin = ((number - 1) * size).min(jobs);
        page(begin..(begin + size).min(jobs), counts.then_some(jobs))
    })
}

/// Starts a service with this many jobs, whose pages have at most `cap` jobs. Only the first `pages` pages have any.
fn capped(jobs: u64, counts: bool, cap: u64, pages: u64) -> Server {
    Server::start(move |request| {
        let (number, size) = asked(request);
        let size = size.min(cap);
        let begin = ((number - 1) * size).min(jobs);
        let end = if number > pages { begin } else { begin + size };
        page(begin..end.min(jobs), counts.then_some(jobs))
    })
}

/// Reads a list to its end, and returns the number of jobs.
fn list(api: &Client, filter: &JobFilter) -> (usize, JobWalk) {
    let mut walk = api.jobs(filter.clone());
    let read = walk.by_ref().map(Result::unwrap).count();
    (read, walk)
}

/// A list is complete if as many jobs were read as the service counts. Without a count, the list is complete if a page
/// is empty or repeats others.
#[test]
fn a_list_is_complete_if_all_jobs_were_read() {
    let repeating = |count| Server::start(move |_| page(0..100, count));
    let text = |text: &'static str| Server::start(move |_| Reply::json(text));
    let rows = [
        ("counted", service(250, true), 250, true),
        ("not counted", service(250, false), 250, true),
        ("no jobs", service(0, true), 0, true),
        ("small pages, counted", capped(82, true, 50, 9), 82, true),
        (
            "small pages, not counted",
            capped(82, false, 50, 9),
            82,
            true,
        ),
        ("a later page empty", capped(151, true, 100, 1), 100, false),
        ("a later page repeated", repeating(Some(151)), 100, false),
        ("no pages and no count", repeating(None), 100, true),
        ("all pages empty", capped(5, true, 100, 0), 0, false),
        (
            "numbers as text",
            text(r#"{"code":200,"data":{"tasks":[{"jobId":"1"}],"count":"2","currentPage":"1"}}"#),
            1,
            false,
        ),
        (
            "a record without an id",
            text(r#"{"code":0,"data":{"records":[{"jobId":"1"},{"jobId":"0"}],"count":1}}"#),
            1,
            false,
        ),
        (
            "null records",
            text(r#"{"code":0,"data":{"records":null}}"#),
            0,
            true,
        ),
        ("an empty object", text(r#"{"code":0,"data":{}}"#), 0, false),
        ("null", text(r#"{"code":0,"data":null}"#), 0, false),
        (
            "the answer to another call",
            text(r#"{"code":0,"data":{"jobId":"job-1","state":"Pending"}}"#),
            0,
            false,
        ),
    ];
    for (name, server, jobs, whole) in rows {
        let api = client(cloud(Dialect::V2, &server));
        let (read, walk) = list(&api, &JobFilter::default());
        assert_eq!((read, walk.is_whole()), (jobs, whole), "{name}");
        let scan = api.scan(&JobFilter::default()).unwrap();
        assert_eq!((scan.jobs.len(), scan.whole), (jobs, whole), "{name}");
    }
}

/// An answer without a list of jobs proves nothing, even with a code of success.
#[test]
fn an_answer_without_jobs_is_unreadable() {
    for data in [
        r#"{"count":5}"#,
        r#"{"count":"5","records":null}"#,
        r#"{"records":["a","b"]}"#,
        r#"{"records":[[1],[2]]}"#,
        r#"{"records":[{"state":"Pending"}]}"#,
        r#"{"records":[{"jobId":"-1"},{"jobId":" "}]}"#,
        r#"{"records":{"jobId":"1"}}"#,
        r#"{"tasks":"none"}"#,
        r#"["a","b"]"#,
        r#"[{"id":1,"color":"red"}]"#,
        "7",
    ] {
        let server = Server::start(move |_| Reply::json(format!(r#"{{"code":0,"data":{data}}}"#)));
        let error = client(cloud(Dialect::V2, &server))
            .scan(&JobFilter::default())
            .unwrap_err();
        assert!(
            matches!(error, ApiError::Unreadable { .. }),
            "{data}: {error}"
        );
    }
}

#[test]
fn exactly_the_existing_pages_are_read() {
    for (jobs, counts, requests) in [
        (0, true, 1),
        (250, true, 3),
        (200, true, 2),
        (0, false, 1),
        (250, false, 4),
        (200, false, 3),
    ] {
        let server = service(jobs, counts);
        let (read, walk) = list(&client(cloud(Dialect::V2, &server)), &JobFilter::default());
        assert_eq!((read as u64, walk.total()), (jobs, Some(jobs)));
        assert_eq!(server.requests().len(), requests, "{jobs} {counts}");
    }
}

#[test]
fn lists_without_pages_or_with_smaller_pages_end() {
    let same = Server::start(|_| page(0..100, Some(1_000_000)));
    let (read, _) = list(&client(cloud(Dialect::V2, &same)), &JobFilter::default());
    assert_eq!((read, same.requests().len()), (100, 2));
    let small = Server::start(|request| {
        let (number, _) = asked(request);
        page((number - 1) * 10..(number * 10).min(25), Some(25))
    });
    let (read, _) = list(&client(cloud(Dialect::V2, &small)), &JobFilter::default());
    assert_eq!((read, small.requests().len()), (25, 3));
}

#[test]
fn jobs_that_move_to_the_next_page_are_returned_once() {
    let server = Server::start(|request| match asked(request).0 {
        1 => page(0..100, None),
        _ => page(98..150, None),
    });
    let (read, _) = list(&client(cloud(Dialect::V2, &server)), &JobFilter::default());
    assert_eq!(read, 150);
}

#[test]
fn milvus_has_one_page_and_v1_is_filtered_by_zshell() {
    let filter = JobFilter {
        collection: Some("odd".to_owned()),
        database: None,
    };
    let milvus = Server::start(|_| page(0..300, None));
    let mut walk = client(settings(Dialect::Milvus, &milvus)).jobs(filter.clone());
    assert!(walk.next().is_some_and(|job| job.is_ok()));
    assert_eq!((walk.total(), milvus.requests().len()), (Some(150), 1));
    let v1 = Server::start(|request| {
        let second = request.target.ends_with("currentPage=2");
        if second {
            page(100..130, Some(130))
        } else {
            page(0..100, Some(130))
        }
    });
    let (read, walk) = list(&client(cloud(Dialect::V1, &v1)), &filter);
    assert_eq!((read, walk.total(), v1.requests().len()), (65, Some(65), 2));
}

#[test]
fn reading_a_list_ends_at_an_error_or_interrupt() {
    let server = service(1_000, true);
    let interrupt = Interrupt::new();
    let api = client(cloud(Dialect::V2, &server)).with_interrupt(interrupt.clone());
    let mut walk = api.jobs(JobFilter::default());
    assert!(walk.by_ref().take(100).all(|job| job.is_ok()));
    assert_eq!(walk.total(), Some(1_000));
    interrupt.raise(Stop::Interrupted);
    assert!(matches!(
        walk.next(),
        Some(Err(ApiError::Stopped { sent: false, .. }))
    ));
    assert!(walk.next().is_none());
    assert_eq!(server.requests().len(), 1);
}
