//! `upload` to a bucket: the selected files, the object names and the result.

use crate::shell::local::create;
use crate::support::harness::{ACCESS, Folder, SECRET, Test};
use crate::support::s3::{BUCKET, S3, Trouble, md5};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn bucket() -> S3 {
    S3::start(ACCESS, BTreeMap::new(), 0)
}

/// Returns a run of an expression with access to the bucket.
pub(super) fn test(folder: &Folder, s3: &S3, text: &str) -> Test {
    folder
        .test()
        .env("AWS_ENDPOINT_URL", s3.url())
        .env("AWS_ACCESS_KEY_ID", ACCESS)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .args(["-o", "json"])
        .eval(text)
}

/// Returns the call that uploads to the bucket's folder `in/`, with more options.
pub(super) fn upload(paths: &str, more: &str) -> String {
    format!("upload({paths}, \"s3://{BUCKET}/in/\", #{{storage_keys: \"aws\"{more}}})")
}

fn keys(s3: &S3) -> Vec<String> {
    s3.objects().into_keys().collect()
}

/// Returns the number of requests that wrote something.
fn puts(s3: &S3) -> usize {
    s3.asked()
        .iter()
        .filter(|asked| asked.method == "PUT")
        .count()
}

#[test]
fn folders_and_patterns_keep_the_path_below_them() {
    for (paths, expected) in [
        ("\"d\"", vec!["in/a.json", "in/b.csv", "in/deep/c.json"]),
        ("\"d/*.json\"", vec!["in/a.json"]),
        ("\"d/**/*.json\"", vec!["in/a.json", "in/deep/c.json"]),
        (
            "[\"d/deep/c.json\", \"d/b.csv\"]",
            vec!["in/b.csv", "in/c.json"],
        ),
        ("[\"d/b.csv\", \"./d/b.csv\"]", vec!["in/b.csv"]),
    ] {
        let (folder, s3) = (Folder::new(), bucket());
        for name in ["a.json", "b.csv", "deep/c.json", ".hidden.json"] {
            folder.work(&format!("d/{name}"), name);
        }
        test(&folder, &s3, &upload(paths, "")).run();
        assert_eq!(keys(&s3), expected, "{paths}");
    }
}

#[test]
fn the_result_lists_sent_files_and_paths_to_import() {
    let (folder, s3) = (Folder::new(), bucket());
    folder.work("d/a b.jsonl", "{}\n");
    folder.work("d/n/x.npy", "x");
    folder.work("d/n/y.npy", "y");
    folder.work("d/README", "");
    let result = test(&folder, &s3, &upload("\"d\"", "")).run().json();
    assert_eq!(
        (&result["sent"], &result["skipped"]),
        (&json!(4), &json!(0))
    );
    assert_eq!(result["bytes"], json!(5));
    let numpy = [
        format!("s3://{BUCKET}/in/n/x.npy"),
        format!("s3://{BUCKET}/in/n/y.npy"),
    ];
    assert_eq!(
        result["paths"],
        json!([format!("s3://{BUCKET}/in/a b.jsonl"), numpy])
    );
    let file = &result["files"][1];
    assert_eq!(
        (&file["path"], &file["md5"]),
        (&json!("d/a b.jsonl"), &json!(md5(b"{}\n")))
    );
    let again = test(&folder, &s3, &upload("\"d\"", "")).run().json();
    assert_eq!((&again["sent"], &again["skipped"]), (&json!(0), &json!(4)));
    assert_eq!(again["paths"], result["paths"]);
    assert_eq!(puts(&s3), 4);
}

#[test]
fn the_policy_decides_which_objects_are_replaced() {
    for (policy, expected) in [
        ("same-size", vec!["longer.json"]),
        ("same-checksum", vec!["longer.json", "other.json"]),
        ("exists", vec![]),
        ("overwrite", vec!["equal.json", "longer.json", "other.json"]),
    ] {
        let folder = Folder::new();
        let mut objects = BTreeMap::new();
        for (name, text, object) in [
            ("equal.json", "aaa", "aaa"),
            ("longer.json", "aaaa", "aaa"),
            ("other.json", "aaa", "bbb"),
        ] {
            folder.work(&format!("d/{name}"), text);
            objects.insert(format!("in/{name}"), object.as_bytes().to_vec());
        }
        let s3 = S3::start(ACCESS, objects, 0);
        let more = format!(", policy: {policy:?}");
        let result = test(&folder, &s3, &upload("\"d\"", &more)).run().json();
        let files = result["files"].as_array().unwrap().iter();
        let sent = files.filter(|file| file["sent"] == json!(true));
        let sent: Vec<_> = sent.map(|file| file["path"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.iter().map(|name| format!("d/{name}")).collect();
        assert_eq!(sent, expected, "{policy}");
        assert_eq!(puts(&s3), expected.len(), "{policy}");
    }
}

#[test]
fn names_are_encoded_only_in_object_urls() {
    let url = "https://books.s3.us-east-1.amazonaws.com/%C3%A4%20a/";
    let encoded = format!("{url}%C3%BC%20%25%23.jsonl");
    for (to, object) in [
        (url, encoded.as_str()),
        ("s3://books/ä a/", "s3://books/ä a/ü %#.jsonl"),
    ] {
        let (folder, s3) = (Folder::new(), bucket());
        folder.work("d/ü %#.jsonl", crate::shell::local::rows(3));
        let call = format!("upload(\"d\", {to:?}, #{{storage_keys: \"aws\"}})");
        let result = test(&folder, &s3, &call).run().json();
        assert_eq!(keys(&s3), ["ä a/ü %#.jsonl"]);
        assert_eq!(result["paths"], json!([object]));
        assert_eq!(result["to"], json!(to));
        let again = test(&folder, &s3, &call).run().json();
        assert_eq!(again["skipped"], json!(1), "the list has the same name");
        let glob = format!("glob(\"{to}*.jsonl\", #{{storage_keys: \"aws\"}})");
        assert_eq!(test(&folder, &s3, &glob).run().json(), json!([object]));
        let text = format!(
            "connect(\"local\"); {} wait(import(\"books\", {object:?}, #{{storage_keys: \"aws\"}})); count(\"books\")",
            create("books")
        );
        test(&folder, &s3, &text).run().says("3");
    }
}

#[test]
fn other_objects_may_have_invalid_names() {
    let folder = Folder::new();
    let objects = [("in//b.json".to_owned(), b"x".to_vec())];
    let s3 = S3::start(ACCESS, objects.into(), 0);
    for number in 0..5 {
        folder.work(&format!("d/{number}.json"), "[]");
    }
    let call = upload("\"d\"", "");
    for (sent, skipped) in [(5, 0), (0, 5)] {
        let result = test(&folder, &s3, &call).run().json();
        assert_eq!(
            (&result["sent"], &result["skipped"]),
            (&json!(sent), &json!(skipped))
        );
    }
}

#[test]
fn a_dry_run_lists_the_files_and_sends_nothing() {
    let (folder, s3) = (Folder::new(), bucket());
    folder.work("d/a.json", "[]");
    let ran = folder
        .test()
        .env("AWS_ENDPOINT_URL", s3.url())
        .env("AWS_ACCESS_KEY_ID", ACCESS)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .args(["--dry-run", "-o", "json"])
        .eval(upload("\"d\"", ""))
        .run();
    ran.says("\"sent\"").complains("would send 1 file (2 B)");
    assert!(s3.objects().is_empty());
}

#[test]
fn wrong_calls_end_before_the_first_request() {
    for (call, status, message) in [
        (upload("\"none.json\"", ""), 1, "cannot read none.json"),
        (upload("\"*.json\"", ""), 1, "no file matches"),
        (upload("\"e\"", ""), 1, "the folder has no files"),
        (
            upload("\"s3://books/a.json\"", ""),
            1,
            "only files of this machine",
        ),
        (
            upload("[\"d/a.json\", \"f/a.json\"]", ""),
            1,
            "would both become a.json",
        ),
        (
            upload("\"d\"", ", policy: \"none\""),
            1,
            "same-size, same-checksum, exists or overwrite",
        ),
        (upload("\"d\"", ", parallel: 65"), 1, "parallel is 1 to 64"),
        (upload("\"d\"", ", part_size: 1000"), 1, "at least 5 MiB"),
        (
            upload("\"d\"", ", part_size: 1073741824"),
            1,
            "at most 2 GiB",
        ),
        (upload("\"d\"", ", part: 1"), 1, "no option \"part\""),
        ("upload(\"d\", \"elsewhere/\")".to_owned(), 7, "elsewhere"),
        (
            "upload(\"d\", \"s3://books/in\")".to_owned(),
            7,
            "hint: a folder ends in /: s3://books/in/",
        ),
        (
            "upload([\"d/a.json\", \"f/b.json\"], \"s3://books/x.json\")".to_owned(),
            1,
            "one object",
        ),
    ] {
        let (folder, s3) = (Folder::new(), bucket());
        folder.work("d/a.json", "[]");
        folder.work("f/a.json", "[]");
        folder.work("f/b.json", "[]");
        std::fs::create_dir(folder.path("work/e")).unwrap();
        test(&folder, &s3, &call)
            .status(status)
            .run()
            .complains(message);
        assert!(s3.asked().is_empty(), "{call}");
    }
}

#[test]
fn refusals_have_exit_codes_by_cause_and_hide_secrets() {
    for (trouble, status, message) in [
        (
            Trouble::Refused("403 Forbidden", "SignatureDoesNotMatch"),
            3,
            "access denied (SignatureDoesNotMatch)",
        ),
        (
            Trouble::Refused("400 Bad Request", "ExpiredToken"),
            3,
            "access denied (ExpiredToken)",
        ),
        (
            Trouble::Refused("404 Not Found", "NoSuchBucket"),
            7,
            "there is no such bucket",
        ),
        (
            Trouble::Refused("400 Bad Request", "EntityTooLarge"),
            7,
            "refused the request (EntityTooLarge)",
        ),
        (Trouble::Spoilt, 7, "checksum differs"),
    ] {
        let folder = Folder::new();
        folder.work("d/a.json", "[1]");
        let troubles = move |asked: &crate::support::s3::Asked| match asked.method.as_str() {
            "PUT" => trouble,
            _ => Trouble::None,
        };
        let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, troubles);
        let ran = test(&folder, &s3, &upload("\"d\"", ""))
            .status(status)
            .run();
        ran.complains(message);
        assert!(!ran.stderr.contains(SECRET));
    }
}

#[test]
fn upload_sends_nothing_for_the_local_service() {
    let (folder, s3) = (Folder::new(), bucket());
    folder.work("d/a.jsonl", crate::shell::local::rows(3));
    let text = format!(
        "connect(\"local\"); {} let sent = {}; print(sent.note); wait(import(\"books\", sent.paths)); print(count(\"books\"))",
        create("books"),
        upload("\"d\"", "")
    );
    test(&folder, &s3, &text)
        .run()
        .says("nothing was sent: the local service reads the files where they are\n3\n");
    assert!(s3.asked().is_empty());
}

#[test]
fn a_pattern_finds_the_objects_of_a_bucket() {
    let names = [
        "in/a.json",
        "in/b.csv",
        "in/d/c.json",
        "in/.hidden.json",
        "x.json",
    ];
    let objects = names.map(|name| (name.to_owned(), b"x".to_vec()));
    for (pattern, expected) in [
        ("in/*.json", vec!["in/a.json"]),
        ("in/**/*.json", vec!["in/a.json", "in/d/c.json"]),
        ("in/[ab].*", vec!["in/a.json", "in/b.csv"]),
        ("*.json", vec!["x.json"]),
        ("none/*", vec![]),
    ] {
        let (folder, s3) = (Folder::new(), S3::start(ACCESS, objects.clone().into(), 0));
        let text = format!("glob(\"s3://{BUCKET}/{pattern}\", #{{storage_keys: \"aws\"}})");
        let expected: Vec<_> = expected
            .iter()
            .map(|name| format!("s3://{BUCKET}/{name}"))
            .collect();
        assert_eq!(
            test(&folder, &s3, &text).run().json(),
            json!(expected),
            "{pattern}"
        );
    }
}
