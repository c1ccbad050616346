//! Hundreds of submissions through a faulty connection make exactly one job each.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::proxy::proxy;
use crate::exactly_once::tools::kill;
use crate::support::harness::{Folder, Running};
use crate::support::server::{Reply, Request, Server};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reproducible sequence of numbers that look random.
struct Random(AtomicU64);

impl Random {
    const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Returns the next number.
    fn next(&self) -> u64 {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let mixed = (n ^ (n >> 7)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32 & 0xFFFF_FFFF
    }
}

/// Answers a create call: 30 of 100 meet a fault, before or after the server has acted.
fn answer_with_fault(number: u64, pass_on: &dyn Fn() -> Reply) -> Reply {
    match number % 100 {
        0..=4 => Reply::Drop,
        5..=7 => Reply::status(500, "oops"),
        8..=9 => Reply::status(429, "slow down"),
        10..=14 => {
            pass_on();
            Reply::Drop
        }
        15..=19 => {
            pass_on();
            Reply::status(500, "oops")
        }
        20..=24 => {
            pass_on();
            Reply::json("<html>garbage")
        }
        25..=29 => {
            pass_on();
            Reply::Partial("{\"code\":0,\"da".to_owned())
        }
        _ => pass_on(),
    }
}

fn is_create(request: &Request) -> bool {
    let target = request.target.as_str();
    target.ends_with("/import/create") || target.ends_with("/collections/import")
}

/// Returns a script that submits `count` files under import keys and retries if the service is busy, as users' scripts
/// do.
fn script(connect: &str, first: usize, count: usize) -> String {
    format!(
        r#"{connect} for no in {first}..{} {{
            loop {{
                try {{ import(#{{collection: "books", url: `day/${{no}}.jsonl`, key: `no ${{no}}`}}); break; }}
                catch (e) {{ if e.kind != "busy" {{ throw e; }} }}
            }}
        }}"#,
        first + count
    )
}

fn serve(folder: &Folder) -> (Running, String) {
    let mut service = folder
        .test()
        .args(["serve", "--listen", "127.0.0.1:0"])
        .spawn();
    let line = service.line();
    let url = line
        .strip_prefix("listening on ")
        .expect("an address")
        .to_owned();
    (service, url)
}

/// Starts a faulty proxy in front of a local service that has a collection, and writes `count` files of one row.
fn start_faulty(folder: &Folder, seed: u64, count: usize) -> (Running, String, Server) {
    for no in 0..count {
        let row = format!("{{\"id\": {no}, \"vector\": [1, 2]}}\n");
        folder.work(&format!("day/{no}.jsonl"), row);
    }
    // The service's data is in another folder, because each run's folder is searched for secrets.
    let (service, url) = serve(&Folder::new());
    let text = format!("connect(\"{url}\"); create_collection(\"books\", #{{dimension: 2}});");
    folder.test().eval(text).run();
    let random = Random::new(seed);
    let server = proxy(&url, move |request, pass_on| {
        if is_create(request) {
            answer_with_fault(random.next(), pass_on)
        } else {
            as_published(request, pass_on())
        }
    });
    (service, url, server)
}

/// Puts the jobs of a v1 list under `tasks`, as in the published example.
fn as_published(request: &Request, reply: Reply) -> Reply {
    let is_list = request
        .target
        .starts_with("/v1/vector/collections/import/list");
    match reply {
        Reply::Full {
            status,
            headers,
            body,
        } if is_list => Reply::Full {
            status,
            headers,
            body: String::from_utf8_lossy(&body)
                .replace("\"records\":", "\"tasks\":")
                .into_bytes(),
        },
        other => other,
    }
}

/// Checks that the service has `count` jobs and the journal as many submissions, each with its own job.
fn check_local(folder: &Folder, url: &str, count: usize) {
    let text = format!(
        "connect(\"{url}\"); print(jobs(#{{limit: \"all\"}}).map(|job| job.id).to_json());"
    );
    let jobs: Vec<String> =
        serde_json::from_str(&folder.test().eval(text).run().stdout).expect("a list");
    assert_eq!(jobs.len(), count);
    let listed = folder
        .test()
        .args(["-o", "json", "journal", "list", "--limit", "all"])
        .run();
    let Value::Array(known) = listed.json() else {
        panic!("no list");
    };
    let made: BTreeSet<String> = known
        .iter()
        .filter_map(|it| Some(it["job"].as_str()?.to_owned()))
        .collect();
    assert_eq!(made, jobs.into_iter().collect());
    let unresolved = known
        .iter()
        .filter(|it| it["state"] == "Open" || it["state"] == "Unknown");
    assert_eq!(unresolved.count(), 0);
}

/// Number of submissions of one process.
const SHARE: usize = 100;

fn check_each_is_made_once(api: &str, count: usize) {
    let folder = Folder::new();
    let (_service, url, bad) = start_faulty(&folder, 7, count);
    let connect = format!(
        "connect(#{{endpoint: \"{}\", api: \"{api}\", cluster_id: \"local\"}});",
        bad.url()
    );
    let runs: Vec<Running> = (0..count)
        .step_by(SHARE)
        .map(|first| folder.test().eval(script(&connect, first, SHARE)).spawn())
        .collect();
    for run in runs {
        run.end();
    }
    check_local(&folder, &url, count);
}

#[test]
fn hundreds_of_submissions_are_made_once() {
    check_each_is_made_once("v2", 300);
}

#[test]
#[ignore = "takes long: the same with 2,000 in each dialect"]
fn thousands_of_submissions_are_made_once() {
    for api in ["v1", "v2", "milvus"] {
        check_each_is_made_once(api, 2_000);
    }
}

/// Repeats the test with a cluster without import keys, in each dialect. v1 lists are under `tasks`.
#[test]
fn submissions_are_made_once_in_each_dialect() {
    for api in ["v1", "v2", "milvus"] {
        check_a_cluster_makes_each_once(api, 40);
    }
}

fn check_a_cluster_makes_each_once(api: &str, count: usize) {
    let folder = Folder::new();
    let random = Random::new(11);
    let cluster = Cluster::start(move |_, _| match random.next() % 100 {
        0..=7 => CreateOutcome::Instead(Reply::Drop),
        8..=9 => CreateOutcome::Instead(Reply::status(429, "slow down")),
        10..=14 => CreateOutcome::Instead(Reply::status(500, "oops")),
        15..=22 => CreateOutcome::Made(Reply::Drop),
        23..=29 => CreateOutcome::Made(Reply::json("<html>garbage")),
        _ => CreateOutcome::Answer,
    });
    let place = if api == "milvus" { "" } else { "s3://bucket/" };
    let connect = cluster.connect(api, "settle: 0.2");
    // A list of many pages is rarely consistent while other processes submit. Unknown submissions are looked up again
    // under their import key.
    let share = count.div_ceil(10);
    let runs: Vec<Running> = (0..count)
        .step_by(share)
        .map(|first| {
            let text = script(&connect, first, share.min(count - first));
            let text = text.replace("`day/", &format!("`{place}day/")).replace(
                "e.kind != \"busy\"",
                "![\"busy\", \"unknown\"].contains(e.kind)",
            );
            folder.test().eval(text).spawn()
        })
        .collect();
    for run in runs {
        run.end();
    }
    let state = cluster.state();
    assert_eq!(state.jobs.len(), count, "{api}");
    for no in 0..count {
        let file = format!("{place}day/{no}.jsonl");
        assert_eq!(state.of_file(&file).len(), 1, "{api} {file}");
    }
}

#[test]
fn submissions_are_made_once_despite_random_kills() {
    const COUNT: usize = 100;
    let folder = Folder::new();
    let (_service, url, bad) = start_faulty(&folder, 99, COUNT);
    let text = script(&format!("connect(\"{}\");", bad.url()), 0, COUNT);
    let random = Random::new(1234);
    for _ in 0..12 {
        let run = folder.test().eval(text.as_str()).spawn();
        // Killed after it has sent a few more.
        let goal = creates(&bad) + 1 + usize::try_from(random.next() % 16).expect("small");
        while creates(&bad) < goal && creates(&bad) < COUNT {
            std::thread::yield_now();
        }
        kill(run);
    }
    folder.test().eval(text).run();
    check_local(&folder, &url, COUNT);
}

fn creates(server: &Server) -> usize {
    server.requests().iter().filter(|it| is_create(it)).count()
}

/// The server ignores `Idempotency-Key`, its lists lag behind, and details come late.
#[test]
fn a_cluster_without_import_keys_makes_each_job_once() {
    const COUNT: usize = 60;
    let folder = Folder::new();
    let random = Random::new(42);
    let cluster = Cluster::start(move |_, _| match random.next() % 100 {
        0..=9 => CreateOutcome::Instead(Reply::Drop),
        10..=12 => CreateOutcome::Instead(Reply::status(429, "slow down")),
        13..=21 => CreateOutcome::Made(Reply::Drop),
        22..=29 => CreateOutcome::Made(Reply::status(500, "oops")),
        _ => CreateOutcome::Answer,
    });
    cluster.state().lag = 1;
    cluster.state().mute = 1;
    cluster.state().make("books", &["day/3.jsonl"]);
    let connect = cluster.connect("milvus", "settle: 0.15");
    let text = |first| script(&connect, first, COUNT / 2);
    let runs = [
        folder.test().eval(text(0)).spawn(),
        folder.test().eval(text(COUNT / 2)).spawn(),
    ];
    for run in runs {
        run.end();
    }
    let state = cluster.state();
    assert_eq!(state.jobs.len(), COUNT + 1);
    for no in 0..COUNT {
        let expected = if no == 3 { 2 } else { 1 };
        assert_eq!(
            state.of_file(&format!("day/{no}.jsonl")).len(),
            expected,
            "{no}"
        );
    }
}
