//! `--dry-run` sends no changes. The printed commands do what zshell would do, and show no secret.

use crate::shell::serve::serve;
use crate::shell::service::{answer, connect, service};
use crate::support::harness::{ACCESS, Folder, Running, SECRET, SESSION, TOKEN, Test};
use crate::support::server::{Reply, Request, Server};
use std::process::Command;

/// Runs a shell script with these variables. Returns `None` if curl isn't installed.
fn shell(script: &str, variables: &[(&str, &str)]) -> Option<String> {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: no curl here");
        return None;
    }
    let output = Command::new("sh")
        .args(["-euc", script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().copied())
        .output()
        .expect("sh");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}\n{script}");
    assert_eq!(error, "");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts a service that accepts the changes of these tests.
fn start_service() -> Server {
    Server::start(
        |request| match request.target.split('?').next().unwrap_or_default() {
            path if path.contains("/collections/create")
                || path.ends_with("/drop")
                || path.ends_with("/load") =>
            {
                Reply::json(r#"{"code":0,"data":{}}"#)
            }
            path if path.ends_with("/commit") || path.ends_with("/abort") => {
                Reply::json(r#"{"code":0,"data":{}}"#)
            }
            path if path.ends_with("get_load_state") => {
                Reply::json(r#"{"code":0,"data":{"loadState":"LoadStateLoaded"}}"#)
            }
            _ => answer(request),
        },
    )
}

/// Returns the parts of a request that matter to the service.
fn relevant_parts(request: &Request) -> (String, String, Vec<(String, String)>, String) {
    let ours = [
        "authorization",
        "accept",
        "content-type",
        "db-name",
        "idempotency-key",
    ];
    let mut headers = request.headers.clone();
    headers.retain(|(name, _)| ours.contains(&name.as_str()));
    headers.sort();
    (
        request.method.clone(),
        request.target.clone(),
        headers,
        request.body.clone(),
    )
}

fn is_change(request: &Request) -> bool {
    let reads = [
        "/list",
        "get_load_state",
        "getProgress",
        "get_progress",
        "/describe",
    ];
    request.method == "POST" && !reads.iter().any(|read| request.target.ends_with(read))
}

#[test]
fn the_commands_send_what_zshell_sends() {
    let key = "it's `k` $HOME";
    let files = r#"["s3://bucket/it's $HOME `x`.json", "s3://bucket/\"2\".json"]"#;
    let storage =
        r#"access_key: secret("AK"), secret_key: secret("SK"), session_token: secret("ST")"#;
    for (api, calls) in [
        ("v2", format!(r#"let j = import("books", {files}, #{{key: "{key}", partition: "p", db: "d", {storage}, options: #{{timeout: "300s", auto_commit: false}}}}); commit("job-1"); abort("job-1");"#)),
        ("v2", r#"import(#{collection: "books", volume: "v", paths: ["a.json"], key: "k"});"#.to_owned()),
        ("v1", r#"import("books", "s3://bucket/1.json", #{key: "k", access_key: secret("AK"), secret_key: secret("SK")}); drop_collection("it's");"#.to_owned()),
        ("milvus", r#"import("books", ["a/1.json"], #{key: "k", db: "d"}); load("books"); create_collection("new", #{dimension: 4, description: "it's \\ \"new\" $x"});"#.to_owned()),
    ] {
        let server = start_service();
        let text = match api {
            "milvus" => connect(&server, api),
            _ => connect(&server, api).replace("verify", "cluster_endpoint: endpoint, verify").replace("connect(", &format!("let endpoint = \"{}\"; connect(", server.url())),
        };
        // Each run has its own folder, because a journal with the import key would return the earlier job.
        let test = || {
            let test = Folder::new().test();
            test.env("KEY", TOKEN).env("AK", ACCESS).env("SK", SECRET).env("ST", SESSION)
        };
        let text = format!("{text} {calls} ()");
        test().eval(text.clone()).run();
        let real: Vec<_> = server.requests().iter().filter(|it| is_change(it)).map(relevant_parts).collect();
        assert!(!real.is_empty());

        let before = server.requests().len();
        let ran = test().args(["--dry-run"]).eval(text).run();
        let read = server.requests().split_off(before);
        assert!(!read.iter().any(is_change), "{read:?}");
        let before = server.requests().len();
        let variables = [
            ("MILVUS_TOKEN", TOKEN),
            ("AWS_ACCESS_KEY_ID", ACCESS),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_SESSION_TOKEN", SESSION),
        ];
        if shell(&ran.stdout, &variables).is_none() {
            return;
        }
        let curled: Vec<_> = server.requests().split_off(before).iter().map(relevant_parts).collect();
        assert_eq!(curled, real, "{}", ran.stdout);
    }
}

#[test]
fn a_script_continues_with_placeholder_jobs() {
    let server = service();
    let text = format!(
        "{} let a = import(\"books\", \"1.json\"); let b = import(\"books\", \"2.json\"); print(wait([a, b]).len()); print(progress(b).state); print(b.id); load(\"books\"); jobs(); [a, b]",
        connect(&server, "milvus")
    );
    let ran = Test::new()
        .args(["--dry-run"])
        .env("KEY", TOKEN)
        .eval(text)
        .run();
    ran.says("\n# 2\n# Completed\n# dry-run-2\n")
        .says("# load the collection; reads $MILVUS_TOKEN\n");
    assert_eq!(ran.stdout.matches("curl -sS").count(), 3, "{}", ran.stdout);
    let sent: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(sent, ["/v2/vectordb/jobs/import/list"]);
    let (functions, rest) = ran.stdout.split_once("# create").expect("a command");
    assert!(functions.starts_with("set -e\n") && functions.contains("checked() {\n"));
    for line in rest.lines().skip(1) {
        let known = [
            "#",
            "curl ",
            "Authorization: Bearer $MILVUS_TOKEN",
            "KEY",
            "{",
            "BODY",
            "create_1() {",
            "create_2() {",
            "}",
            "job_1=$(create_1 | checked | job_id)",
            "job_2=$(create_2 | checked | job_id)",
            "echo \"job $job_",
        ];
        assert!(known.iter().any(|begin| line.starts_with(begin)), "{line}");
    }
}

#[test]
fn plain_commands_have_dry_runs() {
    let server = service();
    let ran = Test::new()
        .env("MILVUS_URI", server.url())
        .args(["--dry-run", "import", "books", "1.json", "--wait"])
        .run();
    ran.says("# create the import job\ncreate_1() {\ncurl -sS")
        .says("{\"collectionName\":\"books\",\"files\":[[\"1.json\"]]}\nBODY\n")
        .says("Completed");
    assert!(!ran.stdout.contains("Authorization"), "{}", ran.stdout);
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|it| it.target.ends_with("/create"))
            .count(),
        0
    );
}

#[test]
fn a_zilliz_key_has_its_own_variable() {
    let text = r#"connect(#{endpoint: "https://api.cloud.zilliz.com", cluster_id: "in03-3bf3c31f4248e22", token: secret("KEY"), verify: false}); import("books", "s3://bucket/1.json")"#;
    let ran = Test::new()
        .env("KEY", TOKEN)
        .args(["--dry-run"])
        .eval(text)
        .run();
    ran.says("Authorization: Bearer $ZILLIZ_API_KEY\n")
        .says("-X POST 'https://api.cloud.zilliz.com/v2/vectordb/jobs/import/create'");
}

#[test]
fn refused_requests_are_refused_in_a_dry_run_too() {
    let server = service();
    let text = format!(
        "{} import(\"books\", \"1.xlsx\")",
        connect(&server, "milvus")
    );
    let ran = Test::new()
        .env("KEY", "k")
        .args(["--dry-run"])
        .eval(text)
        .status(7)
        .run();
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_command_creates_the_job_in_the_local_service() {
    let folder = Folder::new();
    let rows = folder.work(
        "rows.jsonl",
        "{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}\n",
    );
    let key = folder.work("key", TOKEN);
    let (_service, url) = serve(&folder, &["--token-file", key.to_str().expect("text")]);
    let on = || {
        folder
            .test()
            .env("MILVUS_TOKEN", TOKEN)
            .args(["-p".to_owned(), url.clone()])
    };
    let script = format!(
        "create_collection(\"books\", #{{dimension: 4}}); wait(import(\"books\", {}));",
        crate::support::harness::quoted(&rows)
    );
    let dry = on().args(["--dry-run"]).eval(script).run();
    on().eval("collections().len()").stdout("0\n").run();
    if let Some(answers) = shell(&dry.stdout, &[("MILVUS_TOKEN", TOKEN)]) {
        let id = answers
            .lines()
            .find_map(|line| line.strip_prefix("job "))
            .expect("a job's id");
        let text = format!("wait({id:?}).rows + count(\"books\")");
        on().eval(text).stdout("2\n").run();
    }
}

/// Returns a folder with its own service, a collection, and two files of one row for it.
fn two_files() -> (Folder, Running, Vec<String>) {
    let folder = Folder::new();
    for (name, id) in [("a.jsonl", 1), ("b.jsonl", 2)] {
        let row = format!("{{\"id\": {id}, \"vector\": [0.1, 0.2]}}\n");
        folder.work(name, row);
    }
    let key = folder.work("key", TOKEN);
    let (service, url) = serve(&folder, &["--token-file", key.to_str().expect("text")]);
    let place = vec!["-p".to_owned(), url];
    let test = folder.test().env("MILVUS_TOKEN", TOKEN);
    test.args(place.clone())
        .eval("create_collection(\"books\", #{dimension: 2}); ()")
        .run();
    (folder, service, place)
}

/// A dry run does what a script that commits would do: each commit has its job's id, and no job is committed before all
/// are ready.
#[test]
fn the_commands_of_two_phases_run_as_a_script() {
    let two_phase = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/two_phase.rhai");
    let atomic =
        "import_all(\"books\", [\"a.jsonl\", \"b.jsonl\"], #{atomic: true, files_per_job: 1})";
    let aborted = "let j = import(#{collection: \"books\", url: \"a.jsonl\", auto_commit: false}); wait(j); abort(j); ()";
    let phases = [
        "run",
        two_phase,
        "--collection",
        "books",
        "--file",
        "a.jsonl",
        "--rows",
        "1",
    ];
    for (args, rows, state) in [
        (&phases[..], "1\n", "Completed"),
        (&["eval", atomic], "2\n", "Completed"),
        (&["eval", aborted], "0\n", "Aborted"),
    ] {
        let (folder, _service, place) = two_files();
        let on = || {
            let test = folder.test().env("MILVUS_TOKEN", TOKEN);
            test.args(place.clone())
        };
        let dry = on().args(["--dry-run"]).args(args.iter().copied()).run();
        let first = dry
            .stdout
            .find("{\"jobId\":\"${job_1}\"}\nBODY\n")
            .expect("a commit or abort");
        let last = dry.stdout.rfind("\nawait_commit ").expect("a wait");
        assert!(
            dry.stdout[..first].contains("progress_1() {"),
            "{}",
            dry.stdout
        );
        let commit = dry
            .stdout
            .find("BODY | checked\n")
            .expect("a commit or abort");
        assert!(last < commit, "{}", dry.stdout);
        if shell(&dry.stdout, &[("MILVUS_TOKEN", TOKEN)]).is_none() {
            return;
        }
        let text = "for job in jobs() { if job.state in [\"Importing\", \"Pending\"] { wait(job); } } jobs().map(|it| progress(it).state)";
        let states = on().args(["-o", "json"]).eval(text).run().json();
        let states = states.as_array().expect("a list").clone();
        assert!(states.iter().all(|it| it == state), "{states:?}");
        on().eval("print(count(\"books\"))").stdout(rows).run();
    }
}

#[test]
fn a_failed_call_ends_the_commands() {
    let (folder, _service, place) = two_files();
    let text = "import(\"nonesuch\", \"a.jsonl\"); import(\"books\", \"a.jsonl\"); ()";
    let test = folder.test().env("MILVUS_TOKEN", TOKEN);
    let dry = test
        .args(place.clone())
        .args(["--dry-run"])
        .eval(text)
        .run();
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let output = Command::new("sh")
        .args(["-c", &dry.stdout])
        .env("MILVUS_TOKEN", TOKEN)
        .output()
        .expect("sh");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("stopped: the service answered"), "{stderr}");
    let test = folder.test().env("MILVUS_TOKEN", TOKEN);
    test.args(place)
        .eval("print(jobs().len())")
        .stdout("0\n")
        .run();
}

#[test]
fn an_import_into_a_new_collection_of_the_same_name_needs_a_new_job() {
    let folder = Folder::new();
    folder.work("a.jsonl", "{\"id\": 1, \"vector\": [0.5, 1]}\n");
    let import = r#"import(#{collection: "a", url: "a.jsonl", key: "k"})"#;
    let submit = format!("connect(\"local\"); let job = {import}; print(job.id);");
    let create = r#"connect("local"); create_collection("a", #{dimension: 2});"#;
    folder.test().script(create).run();
    let first = folder.test().script(&submit).run().stdout;
    let rehearsed = || {
        let test = folder.test().args(["--dry-run"]).script(&submit);
        test.run().stdout.contains(first.trim())
    };
    assert!(rehearsed());
    folder.work("b.jsonl", "{\"id\": 2, \"vector\": [0.5, 1]}\n");
    let anew = format!("connect(\"local\"); wait({import}); drop_collection(\"a\");");
    folder.test().script(anew).run();
    let create = ["-p", "local", "import", "a", "b.jsonl", "--create"];
    folder.test().args(create).run();
    assert!(!rehearsed());
    let second = folder.test().script(&submit).run().stdout;
    assert_ne!(second, first);
}
