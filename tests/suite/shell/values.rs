//! Values in scripts: properties, conversion to plain values, and their display.

use crate::shell::service::{connect, service};
use crate::support::harness::{Test, quoted};
use crate::support::server::{Reply, Server};
use serde_json::json;

/// Runs a script on a milvus connection. Its standard output must be exactly `stdout`.
fn assert_prints(text: &str, stdout: &str) {
    let server = service();
    let text = format!("{} {text}", connect(&server, "milvus"));
    let test = Test::new().env("KEY", "k").eval(text);
    test.stdout(stdout).run();
}

#[test]
fn jobs_have_properties() {
    assert_prints(
        r#"let j = import("books", "1.json"); print(j.id); print(j.job); print(j.collection); print(type_of(j));
           if j == import("books", "1.json") { throw "another id, another job" } print(j.as_map().collection);
           print(parse_json(j.to_json()).job); ()"#,
        "job-1\njob-1\nbooks\nJob\nbooks\njob-1\n",
    );
}

#[test]
fn progress_has_properties() {
    assert_prints(
        r#"let p = progress("job-1"); print(p.id); print(p.state); print(p.percent); print(p.rows); print(p.total_rows);
           print(p.details.len()); let d = p.details[0]; print(d.file); print(d.rows); print(d.state); print(p.reason);
           print(type_of(p)); print(p.as_map().state); print(parse_json(p.to_json()).rows); ()"#,
        "job-1\nCompleted\n100.0\n10\n10\n1\n1.json\n10\nCompleted\n\nProgress\nCompleted\n10\n",
    );
}

#[test]
fn summaries_have_properties_and_replace_their_job() {
    assert_prints(
        r#"let s = jobs()[0]; print(s.id); print(s.state); print(type_of(s)); print(progress(s).rows); print(wait(s).state);
           for j in jobs() { print(j.collection); } print(jobs().len()); print(wait([s, "job-1"]).len());
           print(jobs().filter(|j| j.state == "Completed").len()); print(progress(progress(s)).id); ()"#,
        "job-0\nCompleted\nJobSummary\n10\nCompleted\nbooks\n1\n2\n1\njob-0\n",
    );
}

#[test]
fn connections_have_properties_but_no_key() {
    let server = service();
    let text = r"let c = connect(); print(c.api); print(c.endpoint); print(c.database); print(c.key); print(type_of(c)); print(c.jobs().len()); c";
    let ran = Test::new()
        .env("MILVUS_URI", server.url())
        .env("MILVUS_TOKEN", crate::support::harness::TOKEN)
        .eval(text)
        .run();
    let url = server.url();
    ran.says(&format!("milvus\n{url}\n\nMILVUS_TOKEN\nConnection\n1\n"));
}

#[test]
fn an_unknown_property_is_explained() {
    let server = service();
    let text = format!("{} progress(\"job-1\").stat", connect(&server, "milvus"));
    let test = Test::new().env("KEY", "k").eval(text).status(1);
    test.run().complains("no property stat of Progress");
}

#[test]
fn results_are_shown_in_every_format() {
    let server = service();
    let run = |format: &str, text: &str| {
        let text = format!("{} {text}", connect(&server, "v1"));
        let args = ["-o".to_owned(), format.to_owned()];
        Test::new().env("KEY", "k").args(args).eval(text).run()
    };
    let jobs = run("json", "jobs()").json();
    assert_eq!(jobs[0]["job"], "job-0");
    assert_eq!(jobs[0]["state"], "Completed");
    let csv = run("csv", "jobs()").stdout;
    assert!(
        csv.starts_with("job,collection,state,percent,reason"),
        "{csv}"
    );
    assert!(csv.contains("job-0,books,Completed"), "{csv}");
    let table = run("table", "jobs()").stdout;
    assert!(
        table.contains("job-0") && !table.contains('\u{1b}'),
        "{table}"
    );
    let progress = run("json", "progress(\"job-1\")").json();
    assert_eq!(progress["size"], 1024);
    assert_eq!(
        run("json", "[1, 2.5, \"a\", (), true, #{b: [1]}]").json(),
        json!([1, 2.5, "a", null, true, {"b": [1]}])
    );
    assert_eq!(run("json", "()").stdout, "");
    assert_eq!(run("table", "42").stdout, "42\n");
    assert_eq!(run("table", "\"a text\"").stdout, "a text\n");
}

#[test]
fn show_has_columns_and_a_format() {
    assert_prints(
        r#"show(jobs(), #{columns: ["state", "job"], format: "csv"}); show(progress("job-1"), #{columns: "rows", format: "json"});
           show([#{a: 1, b: 2}, #{a: 3, b: 4}], #{columns: ["b"], format: "csv"}); show("x"); show(()); ()"#,
        "state,job\nCompleted,job-0\n{\n  \"rows\": 10\n}\nb\n2\n4\nx\n",
    );
    for (text, hint) in [
        ("show(jobs(), #{columns: [\"stat\"]})", "state"),
        ("show(1, #{format: \"jsn\"})", "json"),
        ("show(1, #{colums: 1})", "columns"),
    ] {
        let server = service();
        let text = format!("{} {text}", connect(&server, "milvus"));
        let test = Test::new().env("KEY", "k").eval(text).status(1);
        test.run().complains(hint);
    }
}

#[test]
fn an_empty_list_is_named() {
    let server = Server::start(|_| Reply::json(r#"{"code":0,"data":{"records":[]}}"#));
    let connect = format!("connect({}); ", quoted(server.url()));
    let ran = Test::new().eval(connect.clone() + "jobs()").run();
    assert!(ran.stdout.contains("no jobs"), "{}", ran.stdout);
    let json = Test::new().args(["-o", "json"]).eval(connect + "jobs()");
    json.stdout("[]\n").run();
}

#[test]
fn a_shortened_list_shows_the_total() {
    let server = Server::start(|request| {
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("a body");
        let (page, size) = (body["currentPage"].as_u64(), body["pageSize"].as_u64());
        let (page, size) = (page.expect("a page"), size.expect("a size"));
        let records: Vec<_> = ((page - 1) * size..(page * size).min(250))
            .map(|n| json!({"jobId": format!("job-{n}"), "collectionName": "books", "state": "Completed"}))
            .collect();
        let data = json!({"count": 250, "currentPage": page, "pageSize": size, "records": records});
        Reply::json(json!({"code": 0, "data": data}).to_string())
    });
    let run = |text: &str| {
        let text = format!("{} {text}", connect(&server, "v2"));
        Test::new().env("KEY", "k").eval(text).run()
    };
    run("jobs()").says("250");
    for (text, length) in [
        ("jobs()", 100),
        ("jobs(#{limit: \"all\"})", 250),
        ("jobs(#{limit: 120})", 120),
        ("jobs(#{limit: 0})", 0),
        ("jobs(#{limit: 3, state: \"active\"})", 0),
        ("jobs(#{limit: 3, state: [\"completed\", \"FAILED\"]})", 3),
    ] {
        let ran = run(&format!("print({text}.len())"));
        assert_eq!(ran.stdout, format!("{length}\n"), "{text}");
    }
}

#[test]
fn large_numbers_stay_exact() {
    Test::new()
        .eval(
            r#"let v = parse_json("{\"a\": 9007199254740993, \"b\": 18446744073709551615, \"c\": 1.5, \"d\": -1}");
               print(v.a); print(v.b); print(v.c); print(v.d); print(v.to_json())"#,
        )
        .run()
        .says("9007199254740993\n18446744073709551615\n1.5\n-1\n");
}

#[test]
fn a_number_without_a_json_form_is_null() {
    for (format, expected) in [
        ("table", "inf\n"),
        ("vertical", "inf\n"),
        ("markdown", "inf\n"),
        ("json", "null\n"),
        ("ndjson", "null\n"),
        ("yaml", "null\n"),
        ("csv", "value\n\"\"\n"),
    ] {
        let test = Test::new().args(["-o", format]).eval("1.0 / 0.0");
        test.stdout(expected).run();
        Test::new().args(["-o", format]).eval("()").stdout("").run();
    }
}

/// Starts a v2 service with a job of `files` files and `total` jobs in its list.
fn with_files(files: usize, total: usize) -> Server {
    let details: Vec<_> = (0..files)
        .map(|n| json!({"fileName": format!("{n}.json"), "state": "Completed", "importedRows": 1, "totalRows": 1}))
        .collect();
    let progress = json!({"code": 0, "data": {"jobId": "job-1", "state": "Completed", "progress": 100, "details": details}});
    let records: Vec<_> = (0..total)
        .map(|n| json!({"jobId": format!("job-{n}"), "collectionName": "books", "state": "Completed"}))
        .collect();
    let list = json!({"code": 0, "data": {"count": total, "records": records}});
    Server::start(move |request| {
        let reply = if request.target.contains("list") {
            &list
        } else {
            &progress
        };
        Reply::json(reply.to_string())
    })
}

/// A script reads a job's files one by one. This took 10 s with an optimized binary, and more than a minute with a
/// debug binary, when each property access rebuilt the whole value.
#[test]
fn reading_1024_files_takes_linear_time() {
    let server = with_files(1024, 1);
    let text = r#"let p = progress("job-1"); let began = timestamp(); let rows = 0;
        for i in 0..p.details.len() { rows += p.details[i].rows; if p.state != "Completed" { throw p.state } }
        if began.elapsed > 4.0 { throw `${began.elapsed} seconds` }
        rows"#;
    let text = format!("{} {text}", connect(&server, "v2"));
    let test = Test::new().env("KEY", "k").eval(text);
    test.stdout("1024\n").run();
}

#[test]
fn a_changed_list_has_no_footer() {
    let server = with_files(1, 3);
    let run = |text: &str| {
        let text = format!("{} {text}", connect(&server, "milvus"));
        Test::new().env("KEY", "k").eval(text).run().stdout
    };
    assert!(run("jobs(#{limit: 2})").contains("of 3"));
    assert!(run("let y = jobs(#{limit: 2}); show(y); ()").contains("of 3"));
    let none = run("let y = jobs(#{limit: 2}); y.retain(|j| false); y");
    assert_eq!(none, "no jobs\n");
    for text in [
        "let y = jobs(#{limit: 2}); y.retain(|j| j.id == \"job-0\"); y",
        "let y = jobs(#{limit: 2}); y.pop(); y",
        "jobs(#{limit: 2}).filter(|j| j.id == \"job-0\")",
        "let all = []; all.append(jobs(#{limit: 1})); all",
        "let all = []; all += jobs(#{limit: 1}); all",
        "[] + jobs(#{limit: 1})",
    ] {
        let shown = run(text);
        assert!(
            shown.contains("job-0") && !shown.contains("of 3"),
            "{text}: {shown}"
        );
    }
    let prints =
        "let all = []; for c in [connect(), connect()] { all += c.jobs(); } print(all.len()); ()";
    let text = prints.replace("connect()", "jobs_of()");
    let own = format!(
        "fn jobs_of() {{ {} }} {text}",
        connect(&server, "milvus").trim_end_matches("; ")
    );
    let ran = Test::new().env("KEY", "k").eval(own).run();
    assert_eq!(ran.stdout, "6\n");
}

#[test]
fn zshells_values_keep_the_order_of_their_fields() {
    let server = with_files(1, 1);
    let csv = |text: &str| {
        let text = format!("{} {text}", connect(&server, "v2"));
        let test = Test::new().env("KEY", "k").args(["-o", "csv"]);
        let ran = test.eval(text).run();
        ran.stdout.lines().next().unwrap_or_default().to_owned()
    };
    let file = "file,state,percent,rows,total_rows,size,completed,reason";
    for text in [
        "progress(\"job-1\").details",
        "progress(\"job-1\").details[0]",
        "progress(\"job-1\").as_map().details",
        "let d = progress(\"job-1\").details; d[0].rows = 5; d",
    ] {
        assert_eq!(csv(text), file, "{text}");
    }
    assert_eq!(
        csv("jobs()[0].as_map()"),
        "job,collection,state,percent,reason,created,file"
    );
    // Rhai sorts the keys of a script's own map.
    assert_eq!(csv("#{z: 1, a: 2}"), "a,z");
}
