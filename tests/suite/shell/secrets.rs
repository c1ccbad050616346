//! Secrets appear in no output, log, error or file. The harness searches for them after every run. These runs are the
//! most likely to show them.

use crate::shell::local::{create, rows};
use crate::shell::serve::serve;
use crate::shell::service::{connect, failing, service};
use crate::support::harness::{ACCESS, Folder, SECRET, SESSION, TOKEN, Test, quoted};
use crate::support::secrets::{HIDDEN, spellings};
use crate::support::server::{Reply, Server};

const IMPORT: &str = r#"import("books", "s3://bucket/1.json", #{access_key: secret("AK"), secret_key: secret("SK"), session_token: secret("ST")})"#;

/// Returns a run of a script with all secrets in its environment and the HTTP log enabled.
fn script(server: &Server, text: &str) -> Test {
    Test::new()
        .env("KEY", TOKEN)
        .env("AK", ACCESS)
        .env("SK", SECRET)
        .env("ST", SESSION)
        .args(["-v"])
        .eval(format!("{}\n{text}", connect(server, "v2")))
}

#[test]
fn a_service_that_echoes_the_keys_is_masked() {
    let all = format!("{TOKEN} {ACCESS} {SECRET} {SESSION} Bearer {TOKEN}");
    let escaped = SECRET.replace('/', "\\/");
    let percent = SECRET.replace('/', "%2F").replace('+', "%2B");
    for (reply, status) in [
        (
            Reply::json(format!(r#"{{"code":80001,"message":"bad key {all}"}}"#)),
            3,
        ),
        (
            Reply::json(format!(
                r#"{{"code":1100,"message":"{all} {escaped} {percent}"}}"#
            )),
            7,
        ),
        (Reply::status(401, all.clone()), 3),
        (Reply::status(500, format!("<html>{all}</html>")), 6),
        (Reply::json(all.clone()), 6),
        (
            Reply::status(307, "").with_header("location", &format!("https://x/{TOKEN}")),
            6,
        ),
    ] {
        let case = format!("{reply:?}");
        let server = failing(reply);
        let ran = script(&server, IMPORT).status(status).run();
        assert!(!ran.stderr.is_empty(), "{case}");
        let caught = format!(
            "try {{ {IMPORT} }} catch (e) {{ print(e); print(e.message); print(e.hint); print(e.to_json()); debug(e); show(e); }}"
        );
        script(&server, &caught).run();
    }
}

/// The mask doesn't depend on a secret's length or encoding.
#[test]
fn encoded_echoes_are_masked() {
    for secret in HIDDEN {
        let echoes = spellings(secret);
        let count = echoes.len();
        let reason = format!("<{}>", echoes.join("> <"));
        let server = Server::start(move |request| {
            let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
            let number = body["jobId"]
                .as_str()
                .and_then(|id| id.parse::<usize>().ok());
            match number.map(|number| (number % 2, echoes.get(number / 2 - 1))) {
                Some((0, Some(echo))) => {
                    Reply::json(format!(r#"{{"code":1100,"message":"<{echo}>"}}"#))
                }
                Some((_, Some(echo))) => Reply::json(format!("page <{echo}>")),
                _ => Reply::json(format!(
                    r#"{{"code":0,"data":{{"jobId":"j","state":"Failed","reason":"{reason}","warnings":["{reason}"],"details":[{{"fileName":"1.json","state":"Failed","reason":"{reason}"}}]}}}}"#
                )),
            }
        });
        let text = format!(
            "{IMPORT}; for n in 0..{} {{ try {{ progress(`${{n + 2}}`); }} catch (e) {{ print(e.message); }} }}
             let p = progress(\"j\"); print(p.reason); print(p.warnings[0]); print(p.details[0].reason);
             show(p, #{{format: \"json\"}}); log_info(p.reason); write_text(\"reason\", p.reason); throw p.reason",
            2 * count
        );
        let ran = script(&server, &text).status(1).run();
        let all = vec!["<****>"; count].join(" ");
        ran.says(&format!("{all}\n{all}\n{all}\n"));
        let lines: Vec<_> = ran.stdout.lines().take(2 * count).collect();
        let masked = |line: &&str| line.contains("<****>");
        assert!(lines.iter().all(masked), "{lines:?}");
        assert!(
            ran.stderr.contains(&format!("error: {all}")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_job_whose_reason_echoes_the_key_is_masked() {
    let server = Server::start(|_| {
        Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":"j","state":"Failed","reason":"denied for {TOKEN}","details":[{{"fileName":"1.json","state":"Failed","reason":"{TOKEN}"}}]}}}}"#
        ))
    });
    script(&server, "wait(\"j\")").status(4).run();
    script(&server, "print(progress(\"j\").to_json()); progress(\"j\")").run();
}

#[test]
fn errors_about_a_connection_hide_its_key() {
    for (text, status) in [
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", token: secret(\"KEY\")})",
            3,
        ),
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", tokn: secret(\"KEY\")})",
            1,
        ),
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", token: [secret(\"KEY\")]})",
            1,
        ),
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", token: secret(\"KEY\") + \"\\n\"})",
            3,
        ),
        (
            "connect(#{endpoint: \"http://u:\" + secret(\"KEY\") + \"@127.0.0.1:1\"})",
            1,
        ),
        (
            "import(#{collection: \"b\", url: \"s3://\" + secret(\"KEY\") + \":x@bucket/1.json\"})",
            3,
        ),
    ] {
        let ran = Test::new().env("KEY", TOKEN).eval(format!(
            "try {{ {text} }} catch (e) {{ print(e.message); throw; }}"
        ));
        ran.status(status).run();
    }
}

#[test]
fn values_do_not_show_keys() {
    let server = service();
    let text = format!(
        "let c = connect(); print(c); debug(c); show(c); print(c.to_json()); let j = {IMPORT}; print(j); show(j); debug(j); c"
    );
    script(
        &server,
        &text.replace(
            "let c = connect();",
            "let c = jobs()[0]; let c = import(\"b\", \"s3://bucket/1.json\");",
        ),
    )
    .run();
    let text = format!(
        "let c = {} print(c); debug(c); show(c); print(c.as_map()); print(`${{c}}`); c",
        connect(&server, "v2")
    );
    Test::new().env("KEY", TOKEN).eval(text).run();
}

#[test]
fn the_local_service_stores_no_keys() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(5));
    let key = folder.work("key", TOKEN);
    let (service, url) = serve(&folder, &["--token-file", key.to_str().expect("text")]);
    let text = format!(
        "connect(#{{endpoint: {}, token: secret(\"KEY\"), api: \"v2\", cluster_id: \"local\"}}); {}
         wait(import(\"books\", \"books.jsonl\", #{{access_key: secret(\"AK\"), secret_key: secret(\"SK\"), session_token: secret(\"ST\")}}));",
        quoted(url),
        create("books")
    );
    let test = folder.test().env("KEY", TOKEN).env("AK", ACCESS);
    let test = test.env("SK", SECRET).env("ST", SESSION).args(["-v"]);
    test.eval(text).run();
    assert!(!folder.kept().is_empty());
    service.signal("TERM");
    service.end();
}
