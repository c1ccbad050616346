//! `jobs()` and `progress()` with answers that lack fields or have more.

use crate::shell::service::connect;
use crate::support::harness::{Folder, Test};
use crate::support::server::{Reply, Server};
use serde_json::Value;

/// Starts a v2 service that answers every call with this `data`.
fn start_with(data: &'static str) -> Server {
    Server::start(move |_| Reply::json(format!(r#"{{"code":0,"data":{data}}}"#)))
}

fn eval(server: &Server, api: &str, text: &str) -> Test {
    Test::new()
        .env("KEY", "k")
        .eval(format!("{} {text}", connect(server, api)))
}

fn json(server: &Server, text: &str) -> Value {
    let text = format!("{} {text}", connect(server, "milvus"));
    let test = Test::new().env("KEY", "k").args(["-o", "json"]);
    test.eval(text).run().json()
}

#[test]
fn an_incomplete_list_is_shown_with_a_warning() {
    let part = r#"{"count":3,"records":[{"jobId":"job-1","state":"Pending"},{"jobId":"job-2","state":"Pending"}]}"#;
    let odd = r#"{"records":[{"jobId":"job-1","state":"Pending"},{"state":"Pending"}]}"#;
    for (data, text, warning) in [
        (part, r#"jobs(#{limit: "all"})"#, "read 2 of the 3 jobs"),
        (part, "jobs()", "read 2 of the 3 jobs"),
        (odd, r#"jobs(#{limit: "all"})"#, "jobs may be missing"),
    ] {
        let server = start_with(data);
        let ran = eval(&server, "v2", text).run();
        ran.says("job-1").complains(warning);
    }
    // A list that isn't shown needs no warning.
    let server = start_with(part);
    let ran = eval(&server, "v2", "jobs(#{limit: 1})").run();
    assert_eq!(ran.stderr, "");
    let whole = r#"{"tasks":[{"jobId":"job-1","state":"ImportRunning"}],"count":"1"}"#;
    let ran = eval(&start_with(whole), "v1", r#"jobs(#{limit: "all"})"#).run();
    assert_eq!(ran.says("Importing").stderr, "");
}

#[test]
fn the_time_of_creation_is_shown_if_it_is_sent() {
    let time = "2026-05-01T10:00:00Z";
    let progress = start_with(
        r#"{"jobId":"7","state":"Importing","progress":5,"createTime":"2026-05-01T10:00:00Z"}"#,
    );
    let list = start_with(
        r#"{"records":[{"jobId":"7","state":"Pending","createTime":"2026-05-01T10:00:00Z"}]}"#,
    );
    for (server, call) in [(&progress, "progress(\"7\")"), (&list, "jobs()[0]")] {
        let ran = eval(server, "milvus", &format!("print({call}.created)")).run();
        ran.says(time);
        let shown = call.trim_end_matches("[0]");
        eval(server, "milvus", shown)
            .run()
            .says("created")
            .says(time);
        let json = json(server, shown);
        let value = if json.is_array() { &json[0] } else { &json };
        assert_eq!(value["created"], time);
    }
    let older = start_with(r#"{"jobId":"7","state":"Pending"}"#);
    let ran = eval(&older, "milvus", "progress(\"7\")").run();
    assert!(!ran.stdout.contains("created"), "{}", ran.stdout);
    assert!(json(&older, "progress(\"7\")")["created"].is_null());
}

#[test]
fn placeholders_are_refused_as_ids_before_anything_is_sent() {
    let server = start_with("{}");
    for id in [r#""0""#, "0", "-1", r#"" ""#, r#""null""#] {
        let ran = eval(&server, "milvus", &format!("progress({id})"))
            .status(1)
            .run();
        ran.complains("a job is what import() gave");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_list_is_joined_to_an_array_by_every_form_of_addition() {
    let server = start_with(
        r#"{"count":2,"records":[{"jobId":"1","state":"Pending"},{"jobId":"2","state":"Pending"}]}"#,
    );
    for addition in [
        "all += jobs();",
        "all+=jobs();",
        "all +=\n  jobs();",
        "all += /* those */ jobs();",
        "let list = jobs(); all += list;",
        "all += if true { jobs() } else { [] };",
        "all += () ?? jobs();",
        "all += (jobs());",
        "let f = || jobs(); all += f.call();",
        "fn f() { jobs() } all += f();",
        "let m = #{l: [0]}; m.l += jobs(); all = m.l;",
        "let m = #{l: [0]}; m[\"l\"] += jobs(); all = m.l;",
        "let g = || { let own = [0]; own += jobs(); own }; all = g.call();",
        "print(`${ { all += jobs(); all.len } }`);",
        "all.append(jobs());",
        "all = all + jobs();",
        "all=all+jobs();",
        "let list = jobs(); all = all + list;",
    ] {
        let text = format!("let all = [0]; {addition} print(all.len); print(all[2].id);");
        let ran = eval(&server, "v2", &text).unlinted().run();
        ran.says("3\n2\n");
    }
    let text = r#"let a = [1]; a += [2, 3]; a += 4; a.push(jobs()); let m = #{b: 1}; m += #{c: 2};
        let s = "x"; s += "y"; s += 'z'; let n = 1; n += n; n+=1; n += 1.5; s = s + 1 + n; print(a.len); print(m); print(s); print(n);"#;
    let ran = eval(&server, "v2", text).run();
    ran.says("5\n#{\"b\": 1, \"c\": 2}\nxyz14.5\n4.5\n");
    let ran = Test::new()
        .eval("let a = 1; a += 1; a = @a;")
        .status(1)
        .unlinted()
        .run();
    ran.complains("'@' is a reserved symbol");
}

/// Starts a service with a new job, an old job, an old job without a creation time, and a job without any time. `jobs`
/// is the answer to a list call.
fn dated(jobs: &'static str) -> Server {
    let now = jiff::Timestamp::now();
    Server::start(move |request| {
        if !request.target.ends_with("/jobs/import/getProgress") {
            let data = jobs.replace("NOW", &now.to_string());
            return Reply::json(format!(
                r#"{{"code":0,"data":{{"count":4,"records":{data}}}}}"#
            ));
        }
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let id = body["jobId"].as_str().expect("an id");
        let time = match id {
            "job-new" => format!(r#","createTime":"{now}""#),
            "job-old" => r#","createTime":"2026-01-01T10:00:00Z""#.to_owned(),
            "job-ended" => r#","completeTime":"2026-01-01T10:00:00Z""#.to_owned(),
            _ => String::new(),
        };
        Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":"{id}","state":"Completed"{time}}}}}"#
        ))
    })
}

#[test]
fn jobs_are_listed_since_an_age_or_a_time() {
    let sent = r#"[{"jobId":"job-old","state":"Completed","createTime":"2026-01-01T10:00:00Z"},{"jobId":"job-new","state":"Completed","createTime":"NOW"}]"#;
    let unsent = r#"[{"jobId":"job-old","state":"Completed"},{"jobId":"job-ended","state":"Completed"},{"jobId":"job-odd","state":"Completed"},{"jobId":"job-new","state":"Completed"}]"#;
    let ids = |jobs: &'static str, since: &str| {
        let text = format!("print(jobs(#{{since: {since}, limit: 5}}).map(|job| job.id))");
        eval(&dated(jobs), "v2", &text).run()
    };
    for since in [
        "\"1h\"",
        "3600",
        "\"7d\"",
        "\"2026-01-02\"",
        "\"2026-01-01T10:00:01Z\"",
    ] {
        ids(sent, since).says("[\"job-new\"]");
    }
    ids(sent, "\"2026-01-01T10:00:00Z\"").says("[\"job-old\", \"job-new\"]");
    // The list has no times, so the jobs are read one by one.
    let ran = ids(unsent, "\"1h\"");
    ran.says("[\"job-new\"]");
    ran.complains("1 job left out, because the service doesn't say when they were created");
    for since in ["\"soon\"", "-5", "\"2026-13-01\""] {
        let text = format!("jobs(#{{since: {since}}})");
        let ran = eval(&dated(sent), "v2", &text).status(1).run();
        ran.complains("a duration such as");
    }
}

#[test]
fn jobs_submitted_here_are_listed_with_their_files_and_times() {
    let folder = Folder::new();
    folder.work("a.json", r#"[{"id": 1, "vector": [0.1, 0.2]}]"#);
    folder.work("b.json", r#"[{"id": 2, "vector": [0.1, 0.2]}]"#);
    let run = |args: &[&str]| {
        folder
            .test()
            .args(["-p", "local"])
            .args(args.iter().copied())
            .run()
    };
    run(&[
        "eval",
        "create_collection(\"books\", #{dimension: 2}); wait(import(\"books\", [\"a.json\", \"b.json\"])); wait(import(\"books\", \"a.json\"))",
    ]);
    let listed = run(&["-o", "json", "jobs", "--since", "1h"]).json();
    let files: Vec<&Value> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|job| &job["file"])
        .collect();
    assert_eq!(files, ["a.json", "2 files, first a.json"]);
    assert!(listed[0]["created"].is_string(), "{listed}");
    let none = run(&["-o", "json", "jobs", "--since", "2999-01-01"]).json();
    assert_eq!(none, serde_json::json!([]));
    run(&["jobs"]).says("2 files, first a.json");
}

/// An empty list names the missing items, and numbers are never grouped off a terminal.
#[cfg(feature = "local")]
#[test]
fn empty_lists_name_their_items() {
    for (text, shown) in [
        ("volumes()", "no volumes\n"),
        ("aliases()", "no aliases\n"),
        ("count(\"books\") + 12345678", "12345678\n"),
        ("[1234567, 2]", "1234567\n2\n"),
        ("[]", "empty list\n"),
    ] {
        Test::new()
            .script(format!(
                "connect(\"local\"); create_collection(\"books\", #{{dimension: 4}}); show({text})"
            ))
            .stdout(shown)
            .run();
    }
}

/// A misspelt collection or field has a suggestion, in each call.
#[cfg(feature = "local")]
#[test]
fn misspelt_names_have_suggestions() {
    let schema = r#"create_collection("books", #{dimension: 4}); create_collection("strict", #{schema: #{enableDynamicField: false, fields: [
        #{fieldName: "id", dataType: "Int64", isPrimary: true}, #{fieldName: "title", dataType: "VarChar", elementTypeParams: #{max_length: 99}},
        #{fieldName: "vector", dataType: "FloatVector", elementTypeParams: #{dim: 4}}]}, indexParams: [#{fieldName: "vector", indexName: "v", metricType: "L2"}]});
        wait(import("books", "books.jsonl"));"#;
    for (call, near) in [
        ("describe(\"boks\")", "books"),
        ("count(\"boks\")", "books"),
        ("peek(\"boks\")", "books"),
        ("import(\"boks\", \"books.jsonl\")", "books"),
        ("import_all(\"boks\", \"books.jsonl\")", "books"),
        ("indexes(\"boks\")", "books"),
        ("load(\"Books\")", "books"),
        ("query(\"strict\", \"titel == 'x'\")", "title"),
        ("query(\"strict\", \"id > 0\", [\"titel\"])", "title"),
    ] {
        Test::new()
            .file(
                "books.jsonl",
                "{\"id\": 1, \"vector\": [1, 2, 3, 4], \"title\": \"Dune\"}\n",
            )
            .script(format!("connect(\"local\"); {schema} {call}"))
            .status(7)
            .run()
            .complains(&format!("hint: did you mean \"{near}\"?"));
    }
    // Rows of "books" may have any field, so the service reports no error.
    for call in [
        "query(\"books\", \"titel == 'x'\")",
        "query(\"books\", \"id > 0\", [\"titel\"])",
    ] {
        Test::new()
            .file(
                "books.jsonl",
                "{\"id\": 1, \"vector\": [1, 2, 3, 4], \"title\": \"Dune\"}\n",
            )
            .script(format!("connect(\"local\"); {schema} {call}"))
            .run()
            .complains("warning: no row has a field \"titel\": did you mean \"title\"?");
    }
}
