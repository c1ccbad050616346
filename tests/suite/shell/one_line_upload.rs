//! `import_all` and `zshell import` with `upload_to`: local files go to a bucket or volume, and are imported from there.

use crate::shell::service::{sent, service};
use crate::support::harness::{ACCESS, Folder, SECRET, Test};
use crate::support::s3::{Asked, BUCKET, S3, Trouble};
use crate::support::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const COMMAND: [&str; 9] = [
    "-p",
    "p",
    "-o",
    "json",
    "import",
    "books",
    "d",
    "--upload-to",
    "s3://books/in/",
];

/// Returns the settings of a profile `p` for a service with a bucket.
fn config(server: &Server, s3: &S3, api: &str) -> String {
    let cluster = if api == "milvus" {
        ""
    } else {
        "cluster_id = \"c\"\n"
    };
    format!(
        "[profiles.p]\nendpoint = \"{}\"\napi = \"{api}\"\ntoken = \"\"\nverify = false\nsettle = 0\n{cluster}\
         [profiles.p.storage]\nurl = \"s3://{BUCKET}\"\nendpoint = \"{}\"\naccess_key = \"{ACCESS}\"\nsecret_key = \"{SECRET}\"\n",
        server.url(),
        s3.url()
    )
}

/// Returns a folder with two files below `d`, and the profile.
fn folder(server: &Server, s3: &S3, api: &str) -> Folder {
    let folder = Folder::new();
    folder.write("config/config.toml", config(server, s3, api));
    folder.work("d/a.json", "[1]");
    folder.work("d/deep/b.json", "[22]");
    folder
}

fn is_put(asked: &Asked) -> bool {
    asked.method == "PUT"
}

fn puts(s3: &S3) -> usize {
    s3.asked().iter().filter(|asked| is_put(asked)).count()
}

/// Returns the bodies of the create calls.
fn creates(server: &Server) -> Vec<Value> {
    let requests = sent(server, "/create").into_iter();
    let bodies = requests.map(|it| serde_json::from_str(&it.body).expect("JSON"));
    bodies.collect()
}

pub(super) fn steps(batch: &Value) -> Vec<String> {
    let steps = batch["steps"].as_array().expect("steps").iter();
    steps
        .map(|it| {
            format!(
                "{} {}",
                it["step"].as_str().unwrap(),
                it["state"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn files_are_sent_once_and_imported_once() {
    let (server, s3) = (service(), S3::start(ACCESS, BTreeMap::new(), 0));
    let folder = folder(&server, &s3, "v2");
    let ran = folder.test().args(COMMAND).run();
    assert_eq!(steps(&ran.json()), ["upload done", "import done"]);
    ran.complains("upload: sent 2 files (7 B) to s3://books/in/, 0 skipped\n");
    assert_eq!(
        s3.objects().into_keys().collect::<Vec<_>>(),
        ["in/a.json", "in/deep/b.json"]
    );
    let urls = json!([["s3://books/in/a.json"], ["s3://books/in/deep/b.json"]]);
    let body = &creates(&server)[0];
    assert_eq!(
        (&body["objectUrls"], &body["accessKey"]),
        (&urls, &json!(ACCESS))
    );
    // Another run has nothing to do, even if files with the same content are newer.
    for touched in [false, true] {
        if touched {
            folder.work("d/a.json", "[1]");
        }
        let ran = folder.test().args(COMMAND).run();
        assert_eq!(steps(&ran.json()), ["upload skipped", "import skipped"]);
        assert_eq!((puts(&s3), creates(&server).len()), (2, 1));
    }
    // A changed file of the same size is sent and imported again, the other one isn't.
    folder.work("d/a.json", "[2]");
    let ran = folder.test().args(COMMAND).run();
    ran.complains("upload: sent 1 file (3 B) to s3://books/in/, 1 skipped\n");
    assert_eq!(s3.objects()["in/a.json"], b"[2]");
    assert_eq!((puts(&s3), creates(&server).len()), (3, 2));
    assert_eq!(creates(&server)[1]["objectUrl"], "s3://books/in/a.json");
}

#[test]
fn a_self_hosted_server_gets_paths_and_no_credentials() {
    let (server, s3) = (service(), S3::start(ACCESS, BTreeMap::new(), 0));
    let folder = folder(&server, &s3, "milvus");
    folder.test().args(COMMAND).run();
    assert_eq!(puts(&s3), 2);
    let body = &creates(&server)[0];
    assert_eq!(body["files"], json!([["in/a.json"], ["in/deep/b.json"]]));
    assert!(!body.to_string().contains(ACCESS), "{body}");
    // Other imports aren't sent the storage credentials either.
    folder
        .test()
        .args(["-p", "p", "import", "books", "in/a.json"])
        .run();
    assert!(!creates(&server)[1].to_string().contains(ACCESS));
}

#[test]
fn plain_commands_use_the_profiles_storage_offline() {
    let (server, s3) = (service(), S3::start(ACCESS, BTreeMap::new(), 0));
    let folder = folder(&server, &s3, "v2");
    let test = |args: &[&str]| folder.test().args(args.iter().copied());
    test(&["-p", "p", "upload", "d", "s3://books/in/"]).run();
    assert_eq!(puts(&s3), 2);
    let listed = test(&["-o", "json"]).eval("glob(\"s3://books/in/*.json\")");
    let listed = listed.env("ZSHELL_PROFILE", "p").run().json();
    assert_eq!(listed, json!(["s3://books/in/a.json"]));
    assert!(server.requests().is_empty());
    let here = test(&["-p", "local", "upload", "d", "s3://books/in/"]).run();
    here.complains("nothing was sent: the local service reads the files where they are");
}

#[test]
fn a_failed_upload_submits_nothing_and_has_a_hint() {
    let server = service();
    let refused = Arc::new(AtomicUsize::new(1));
    let left = Arc::clone(&refused);
    let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        if is_put(asked) && asked.target.contains("b.json") && left.load(Ordering::SeqCst) > 0 {
            Trouble::Refused("403 Forbidden", "AccessDenied")
        } else {
            Trouble::None
        }
    });
    let folder = folder(&server, &s3, "v2");
    let ran = folder.test().args(COMMAND).status(3).run();
    ran.complains("upload: s3://books/in/deep/b.json: access denied");
    ran.complains("the same command then continues, and skips the steps that are done");
    let again = "to continue: zshell -p p -o json import books d --upload-to s3://books/in/\n";
    assert!(
        ran.stderr.replace("\n      ", " ").contains(again),
        "{}",
        ran.stderr
    );
    assert!(creates(&server).is_empty());
    // JSON may have secrets, so a command with JSON isn't repeated.
    let json = format!("{{\"secret_key\": \"{SECRET}\", \"access_key\": \"{ACCESS}\"}}");
    let ran = folder
        .test()
        .args(COMMAND)
        .args(["--body", &json])
        .status(3)
        .run();
    assert!(!ran.stderr.contains("to continue"), "{}", ran.stderr);
    refused.store(0, Ordering::SeqCst);
    let ran = folder.test().args(COMMAND).run();
    assert_eq!(steps(&ran.json()), ["upload done", "import done"]);
    assert_eq!((s3.objects().len(), creates(&server).len()), (2, 1));
    // URLs may have secrets too.
    let to = format!("s3://{ACCESS}:{SECRET}@books/in/");
    let test = folder.test().args(["-p", "p", "import", "books", "d"]);
    let ran = test.args(["--upload-to", &to]).status(7).run();
    ran.complains("carries a user or password");
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
}

#[test]
fn files_of_a_killed_upload_are_imported_once() {
    let server = service();
    let parts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&parts);
    // The third part of the large file gets no answer, once.
    let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        let is_part = is_put(asked) && asked.target.contains("partNumber=");
        if is_part && seen.fetch_add(1, Ordering::SeqCst) == 2 {
            Trouble::Silence
        } else {
            Trouble::None
        }
    });
    let folder = folder(&server, &s3, "v2");
    folder.work("d/large.json", vec![b' '; 20 << 20]);
    let running = folder.test().args(COMMAND).spawn();
    let end = Instant::now() + Duration::from_mins(1);
    // The upload's notes have a line for its start and one for each finished part.
    let noted = || {
        let kept = folder.kept().into_iter();
        let mut notes = kept.filter(|(path, _)| path.to_string_lossy().contains("/uploads/"));
        notes.any(|(_, text)| text.split(|byte| *byte == b'\n').count() == 4)
    };
    while !noted() || s3.objects().len() < 2 || parts.load(Ordering::SeqCst) < 3 {
        assert!(Instant::now() < end, "{:?}", s3.asked());
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal("KILL");
    drop(running);
    assert!(creates(&server).is_empty());
    let ran = folder.test().args(COMMAND).run();
    ran.complains("sent 1 file (20.0 MiB) to s3://books/in/, 2 skipped\n");
    // Two parts were finished.
    assert_eq!(parts.load(Ordering::SeqCst), 4);
    assert_eq!(creates(&server).len(), 1);
    assert_eq!(s3.objects()["in/large.json"].len(), 20 << 20);
    let ran = folder.test().args(COMMAND).run();
    assert_eq!(steps(&ran.json()), ["upload skipped", "import skipped"]);
    assert_eq!(creates(&server).len(), 1);
}

#[test]
fn a_dry_run_shows_the_upload_and_sends_nothing() {
    let (server, s3) = (service(), S3::start(ACCESS, BTreeMap::new(), 0));
    let folder = folder(&server, &s3, "v2");
    let ran = folder.test().args(["--dry-run"]).args(COMMAND).run();
    ran.complains("upload: would send 2 files (7 B) to s3://books/in/, 0 skipped\n");
    ran.complains("import: would import 2 files in 1 job\n");
    ran.says("s3://books/in/deep/b.json");
    assert_eq!((puts(&s3), creates(&server).len()), (0, 0));
}

/// Checks that a call ends before anything is sent. The folder `e` has a file that can't be imported.
fn refused(api: &str, paths: &str, to: &str, status: i32, message: &str) {
    let (server, s3) = (service(), S3::start(ACCESS, BTreeMap::new(), 0));
    let folder = folder(&server, &s3, api);
    folder.work("e/README", "");
    folder.work("f/a.json", "[]");
    let call = format!("import_all(\"books\", {paths}, #{{upload_to: {to:?}}})");
    let test = folder.test().args(["-p", "p"]).eval(call).unlinted();
    test.status(status).run().complains(message);
    assert!(
        s3.asked().is_empty() && creates(&server).is_empty(),
        "{paths} {to}"
    );
}

#[test]
fn a_destination_that_an_import_cannot_read_is_refused_at_once() {
    for (api, to, status, message) in [
        (
            "v2",
            "s3://books/in",
            7,
            "a folder ends in /: s3://books/in/",
        ),
        ("v2", "s3://books", 7, "a folder ends in /: s3://books/"),
        ("v2", "volume://books", 1, "volume://NAME/folder/"),
        (
            "v2",
            "volume://books/in",
            7,
            "a folder ends in /: volume://books/in/",
        ),
        ("v1", "volume://books/in/", 7, "volume"),
        (
            "milvus",
            "volume://books/in/",
            7,
            "volumes belong to Zilliz Cloud",
        ),
        ("milvus", "s3://other/in/", 7, "its own bucket"),
    ] {
        refused(api, "\"d\"", to, status, message);
    }
}

#[test]
fn unusable_files_are_refused_before_the_upload() {
    for (paths, message) in [
        ("\"none\"", "cannot read none"),
        ("\"e\"", "none of the files has a format"),
        ("\"s3://books/x.json\"", "only files of this machine"),
        ("[\"d/a.json\", \"f/a.json\"]", "would both become a.json"),
    ] {
        refused("v2", paths, "s3://books/in/", 1, message);
    }
    let maps = "connect(\"local\"); import_all([#{collection: \"c\", url: \"a.json\"}], #{upload_to: \"s3://b/\"})";
    let ran = Test::new().eval(maps).unlinted().status(1).run();
    ran.complains("one collection and its files");
    let missing = [
        "-p",
        "local",
        "import",
        "books",
        "none.json",
        "--upload-to",
        "s3://b/",
    ];
    let ran = Test::new().args(missing).status(2).run();
    ran.complains("cannot read \"none.json\"");
}
