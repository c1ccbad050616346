//! `connect("local")` and `zshell serve` with files in an object store.

use crate::shell::local::{create, rows};
use crate::support::harness::{ACCESS, Folder, SECRET, SESSION, Test};
use crate::support::s3::{HOST_BUCKET, S3};
use std::collections::BTreeMap;

fn s3(access: &str) -> S3 {
    let objects = BTreeMap::from([("in/books.jsonl".to_owned(), rows(25).into_bytes())]);
    S3::start(access, objects, 0)
}

fn test(s3: &S3, script: &str) -> Test {
    Folder::new()
        .test()
        .env("AWS_ENDPOINT_URL", s3.url())
        .env("AWS_ACCESS_KEY_ID", ACCESS)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", SESSION)
        .script(format!("connect(\"local\"); {}\n{script}", create("books")))
}

#[test]
fn an_import_from_a_bucket_uses_the_given_keys() {
    let s3 = s3(ACCESS);
    let ran = test(
        &s3,
        "let job = import(#{collection: \"books\", url: \"s3://books/in/\", storage_keys: \"aws\"});
         let p = wait(job); print(`${p.state} ${p.rows}`); print(count(\"books\"));",
    )
    .run();
    ran.says("Completed 25\n25\n");
    assert!(
        s3.asked()
            .iter()
            .all(|it| it.session.as_deref() == Some(SESSION))
    );
}

#[test]
fn a_wrong_key_fails_the_job_with_the_reason() {
    let s3 = s3("AKIAOTHER");
    let ran = test(
        &s3,
        "wait(import(#{collection: \"books\", url: \"s3://books/in/books.jsonl\", storage_keys: \"aws\"}));",
    )
    .status(4)
    .run();
    ran.complains("access denied (InvalidAccessKeyId)");
}

#[test]
fn a_check_of_a_bucket_without_access_exits_with_3() {
    let s3 = s3("AKIAOTHER");
    for paths in ["s3://books/in/books.jsonl", "s3://books/in/"] {
        let call = format!("check(\"{paths}\", #{{storage_keys: \"aws\"}});");
        let ran = test(&s3, &call).status(3).run();
        ran.complains("access denied (InvalidAccessKeyId)");
    }
}

#[test]
fn a_bucket_named_like_the_host_is_found_by_its_path() {
    let call =
        format!("print(glob(\"s3://{HOST_BUCKET}/in/*\", #{{storage_keys: \"aws\"}}).len());");
    let ran = test(&s3(ACCESS), &call).run();
    assert_eq!(ran.stdout, "1\n");
}

/// Without an endpoint, the region of a bucket on AWS is requested first.
#[test]
fn an_unreachable_store_is_an_error() {
    for call in [
        "glob(\"s3://books/*.jsonl\")",
        "infer(\"s3://books/a.jsonl\")",
    ] {
        let test = Test::new().env("HTTPS_PROXY", "http://127.0.0.1:9");
        let ran = test.args(["eval", call]).status(3).run();
        ran.complains("could not be reached");
        ran.complains("hint: check the network");
    }
    let import = "wait(import(\"books\", \"s3://books/in/books.jsonl\"))";
    let import = format!("connect(\"local\"); {}\n{import}", create("books"));
    let test = Test::new().env("HTTPS_PROXY", "http://127.0.0.1:9");
    let ran = test.args(["eval", &import]).status(4).run();
    ran.complains("the service doesn't reach the files");
}

#[test]
fn files_of_a_bucket_are_checked_again_only_if_they_changed() {
    let folder = Folder::new();
    let run = |s3: &S3, begin: &str| {
        let call = "import_all(\"books\", \"s3://books/in/books.jsonl\", #{check: true, storage_keys: \"aws\"});";
        let test = folder.test().env("AWS_ENDPOINT_URL", s3.url());
        let test = test.env("AWS_ACCESS_KEY_ID", ACCESS);
        let test = test.env("AWS_SECRET_ACCESS_KEY", SECRET);
        test.script(format!("connect(\"local\"); {begin}\n{call}"))
            .run()
    };
    let before = s3(ACCESS);
    run(&before, &create("books")).complains("check: 25 rows in 1 file, no problem\n");
    let skipped = "check (skipped): 25 rows checked before, and the files haven't changed\n";
    let reads = || {
        before
            .asked()
            .iter()
            .filter(|asked| asked.method == "GET")
            .count()
    };
    let read = reads();
    run(&before, "").complains(skipped);
    assert_eq!(reads(), read);
    let objects = BTreeMap::from([("in/books.jsonl".to_owned(), rows(26).into_bytes())]);
    let after = S3::start(ACCESS, objects, 0);
    run(&after, "").complains("check: 26 rows in 1 file, no problem\n");
}
