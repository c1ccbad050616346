//! Errors as values: their fields in a script, and their exit code when they're thrown again.

use crate::shell::service::{connect, failing, service};
use crate::support::harness::{Folder, TOKEN, Test, quoted};
use crate::support::server::{Reply, Server};

/// A script that catches the error of `text` and prints its fields.
const FIELDS: &str = "print(e.kind); print(e.code); print(e.exit); print(e.jobs);";

/// Starts a service that gives this answer to every call.
fn start_answering(reply: Reply) -> Server {
    Server::start(move |_| reply.clone())
}

fn caught(server: &Server, call: &str) -> Test {
    let connect = connect(server, "v2").replace(
        "verify: false",
        "verify: false, timeout: 1, connect_timeout: 1",
    );
    Test::new().env("KEY", "k").eval(format!(
        "{connect} try {{ {call} }} catch (e) {{ {FIELDS} if e.message == \"\" || type_of(e.hint) == \"()\" {{ throw `incomplete: ${{e}}`; }} }}"
    ))
}

fn fields(kind: &str, code: &str, exit: i32) -> String {
    format!("{kind}\n{code}\n{exit}\n[]\n")
}

#[test]
fn service_errors_have_kind_code_and_exit_code() {
    let import = r#"import("books", "s3://bucket/1.json")"#;
    for (reply, call, kind, code, exit) in [
        (
            Reply::json(r#"{"code":80001,"message":"no rights"}"#),
            "jobs()",
            "auth",
            "80001",
            3,
        ),
        (Reply::status(401, ""), "jobs()", "auth", "", 3),
        (
            Reply::json(r#"{"code":"47039","message":"later"}"#),
            import,
            "busy",
            "47039",
            75,
        ),
        (
            Reply::json(r#"{"code":47005,"message":"no such collection"}"#),
            import,
            "refused",
            "47005",
            7,
        ),
        (Reply::status(500, "oops"), import, "unknown", "", 6),
        (
            Reply::json(r#"{"code":90144,"message":"no such job"}"#),
            r#"progress("x")"#,
            "refused",
            "90144",
            7,
        ),
    ] {
        let server = if call == import {
            failing(reply)
        } else {
            start_answering(reply)
        };
        let test = caught(&server, call).stdout(fields(kind, code, exit));
        test.run();
    }
}

#[test]
fn zshells_own_errors_have_kinds() {
    let server = service();
    let call = r#"connect(#{endpoint: "http://127.0.0.1:1"});"#;
    caught(&server, call)
        .stdout(fields("connect", "", 3))
        .unlinted()
        .run();
    let call = r#"import("books", "./local.json")"#;
    caught(&server, call)
        .stdout(fields("refused", "", 7))
        .unlinted()
        .run();
    caught(&server, "jobs(#{stat: 1})")
        .stdout(fields("usage", "", 1))
        .unlinted()
        .run();
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_failed_job_and_a_time_limit_name_the_jobs() {
    let state = |state: &str| {
        start_answering(Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":"job-7","collectionName":"books","state":"{state}","progress":40,"reason":"row 3"}}}}"#
        )))
    };
    let failed = state("Failed");
    caught(&failed, r#"wait("job-7")"#)
        .stdout("job_failed\n\n4\n[\"job-7\"]\n")
        .unlinted()
        .run();
    let slow = state("Importing");
    let call = r#"wait("job-7", #{timeout: 0.05, interval: 0.01})"#;
    caught(&slow, call)
        .stdout("timeout\n\n5\n[\"job-7\"]\n")
        .unlinted()
        .run();
}

#[test]
fn a_rethrown_error_keeps_its_exit_code() {
    let server = start_answering(Reply::json(r#"{"code":80001,"message":"no rights"}"#));
    for text in [
        "jobs()",
        "try { jobs() } catch (e) { throw e; }",
        "try { jobs() } catch { throw; }",
        "fn f() { try { jobs() } catch (e) { throw e } } try { f() } catch (e) { throw e; }",
        "let kept = (); try { jobs() } catch (e) { kept = #{e: e}; } throw kept.e;",
        "let all = []; try { jobs() } catch (e) { all += e; } throw all[0];",
    ] {
        let text = format!("{} {text}", connect(&server, "v2"));
        let test = Test::new().env("KEY", "k").eval(text).status(3);
        test.run().complains("no rights").complains("(code 80001)");
    }
}

#[test]
fn a_thrown_value_is_shown_unchanged() {
    for (text, message) in [
        ("throw \"out of luck\";", "error: out of luck\n"),
        ("throw 42;", "error: 42\n"),
        ("throw;", "error: "),
        ("throw #{a: 1};", "error: #{\"a\": 1}\n"),
    ] {
        Test::new().eval(text).status(1).run().complains(message);
    }
}

#[test]
fn wrong_operands_and_arguments_are_explained() {
    for (text, message, hint) in [
        (
            "1 + \"a\" - 2",
            "can't subtract a whole number from text",
            "parse_int",
        ),
        ("2.5 * \"a\"", "can't multiply a number by text", ""),
        ("1 / ()", "can't divide a whole number by the empty", "??"),
        ("1 % [1]", "can't divide a whole number by an array", ""),
        ("2 ** 'b'", "to the power of a character", ""),
        ("true + 1", "can't add a whole number to a Boolean", ""),
        ("let x = 1; x -= #{}", "can't subtract a map from a", ""),
        ("1 << \"a\"", "can't shift a whole number by text", ""),
        (
            "1 & \"a\"",
            "can't combine a whole number and text with &",
            "",
        ),
        (
            "[1] > [2]",
            "can't compare an array and an array with >",
            "",
        ),
        ("1 .. \"a\"", "can't go from a whole number to text", ""),
        ("1 in 2", "can't look for a whole number in a whole", ""),
        ("-\"a\"", "can't put - before text", ""),
        ("!5", "can't put ! before a whole number", "true or false"),
        ("count(\"a\", 1)", "count takes 1 argument, got 2", "count("),
        ("count()", "count takes 1 argument, got 0", ""),
        (
            "foo(1, \"a\")",
            "no function foo that takes a whole number and text\n",
            "",
        ),
        (
            "\"abc\".len(1)",
            "that takes text and a whole number",
            "len(): number of",
        ),
        ("print(1, 2)", "no function print", "print(value)"),
        (
            "let a = [1]; a[\"x\"]",
            "a whole number was expected here, got text",
            "",
        ),
    ] {
        let ran = Test::new().eval(text).status(1).run();
        ran.complains(message);
        ran.complains(hint);
    }
}

#[test]
fn errors_of_the_language_are_caught_as_errors() {
    for (text, message) in [
        ("[1][5]", "array index 5 out of bounds"),
        ("1 + ()", "can't add the empty value () to a whole number\n"),
        ("let n = 0; 1 / n", "division by zero: 1 / 0\n"),
        ("parse_int(\"x\")", "error parsing integer number 'x'"),
        ("nothing()", "no function nothing()\n"),
        ("#{}.a.b", "no property b of nothing\n"),
        ("let f = || unknown; f.call()", "no variable unknown\n"),
        ("throw \"boo\";", "boo\n"),
        ("throw `${1 + 1} x`;", "2 x\n"),
    ] {
        let script = format!(
            "try {{ {text} }} catch (e) {{ print(e.kind); print(e.exit); print(type_of(e)); print(e.jobs); print(e.code ?? \"none\"); print(e.message); }}"
        );
        let ran = Test::new().eval(script).unlinted().run();
        ran.says("script\n1\nError\n[]\nnone\n").says(message);
    }
}

#[test]
fn a_caught_text_is_used_as_text() {
    let text = r#"try { throw "boo"; } catch (e) {
        print(e); print("so: " + e); print(`${e}!`);
        print(e == "boo"); print("boo" == e); print(e != "boo"); print(e == "bo"); print(e.contains("oo"));
    }"#;
    Test::new()
        .eval(text)
        .stdout("boo\nso: boo\nboo!\ntrue\ntrue\nfalse\nfalse\ntrue\n")
        .run();
}

#[test]
fn other_thrown_values_are_caught_unchanged() {
    for (value, kind) in [
        ("#{a: 1}", "map"),
        ("7", "i64"),
        ("[1]", "array"),
        ("true", "bool"),
        ("'c'", "char"),
    ] {
        let text = format!("try {{ throw {value}; }} catch (e) {{ print(type_of(e)); throw e; }}");
        let test = Test::new().eval(text).status(1).stdout(format!("{kind}\n"));
        test.run();
    }
}

/// The blocks of `try` change variables and leave functions as in Rhai's own `try`.
#[test]
fn try_keeps_rhais_meaning() {
    for (text, printed) in [
        (
            "for i in 0..5 { try { if i == 1 { continue; } if i == 3 { break; } throw i; } catch (n) { print(n); } }",
            "0\n2\n",
        ),
        (
            "fn f() { try { return 4; } catch (e) { 5 } } print(f());",
            "4\n",
        ),
        (
            "fn f() { try { throw 1; } catch (e) { return e + 5; } } print(f());",
            "6\n",
        ),
        (
            "let e = 1; let a = 2; try { let b = 3; throw 7; } catch (e) { let b = 4; a += e + b; } print(a); print(e);",
            "13\n1\n",
        ),
        (
            "let a = 1; try { throw 7; } catch (e) { let f = |x| x + a + e; print(f.call(1)); } let b = 2; print(a + b);",
            "9\n3\n",
        ),
        (
            "let m = #{v: 1, act: || try { this.v += 1; throw 1; } catch { this.v += 10; }}; m.act(); print(m.v);",
            "12\n",
        ),
        (
            "try { try { throw \"in\"; } catch (e) { throw; } } catch (e) { print(e); } try { try { throw 1 } catch { throw } } catch (e) { print(e) }",
            "in\n1\n",
        ),
        (
            "fn down(n) { try { if n == 0 { throw \"deep\"; } down(n - 1); } catch (e) { throw e; } } try { down(100); } catch (e) { print(e); }",
            "deep\n",
        ),
        ("try { exit(0); } catch { print(1); }", ""),
    ] {
        Test::new().eval(text).stdout(printed).unlinted().run();
    }
    let ran = Test::new().eval("try { 1 } print(2)").status(1).run();
    ran.complains("this does not parse");
}

#[test]
fn a_rethrow_keeps_position_and_callers() {
    let text = "fn inner(n) {\n  7 / n\n}\nfn outer() { inner(0) }\nlet kept = ();\ntry {\n  outer();\n} catch (e) {\n  kept = e;\n}\nif kept != () { throw kept; }\n";
    let ran = Test::new().script(text).status(1).run();
    ran.complains("error: division by zero: 7 / 0\n")
        .complains("main.rhai:2:5\n")
        .complains(" 2 |   7 / n\n")
        .complains("   in inner, called from ")
        .complains("main.rhai:4\n")
        .complains("   in outer, called from ")
        .complains("main.rhai:7\n");
    for again in [
        "throw e;",
        "throw;",
        "try { throw e; } catch (f) { throw f; }",
    ] {
        let text = format!(
            "fn two() {{\n  throw \"no\";\n}}\nfn one() {{ try {{ two(); }} catch (e) {{ {again} }} }}\n\none();\n"
        );
        let test = Test::new().args(["--log-format", "json"]).script(text);
        let ran = test.status(1).run();
        let error: serde_json::Value = serde_json::from_str(ran.stderr.trim()).expect("a line");
        assert_eq!(error["message"], "no", "{again}");
        assert_eq!(error["place"]["line"], 2, "{again}");
        assert_eq!(error["place"]["column"], 3, "{again}");
        let callers = error["trace"].as_array().expect("callers");
        let callers: Vec<_> = callers.iter().map(|it| (&it["in"], &it["line"])).collect();
        assert_eq!(
            format!("{callers:?}"),
            r#"[(String("two"), Number(4)), (String("one"), Number(6))]"#,
            "{again}"
        );
    }
}

#[test]
fn an_error_rethrown_by_a_module_is_shown_in_the_module() {
    let module = "fn load() {\n  try {\n    [][3]\n  } catch (e) { throw e; }\n}\n";
    let text = "import \"part\" as part;\ntry { part::load(); } catch (e) { throw e; }\n";
    let test = Test::new().file("part.rhai", module).script(text);
    let ran = test.status(1).unlinted().run();
    ran.complains("part.rhai:3:").complains(" 3 |     [][3]\n");
}

#[test]
fn an_error_is_a_plain_map_on_demand() {
    let server = start_answering(Reply::json(r#"{"code":90144,"message":"no such job"}"#));
    let text = format!(
        "{} try {{ progress(\"x\") }} catch (e) {{ show(e.as_map().kind); print(parse_json(e.to_json()).code); show(e, #{{format: \"json\"}}); }}",
        connect(&server, "v2")
    );
    let ran = Test::new().env("KEY", "k").eval(text).run();
    ran.says("refused\n90144\n").says("\"kind\": \"refused\"");
}

#[test]
fn a_failed_job_fails_the_run_after_all_have_ended() {
    let server = Server::start(|request| {
        let id = if request.body.contains("bad") {
            "bad"
        } else {
            "good"
        };
        let state = if id == "bad" { "Failed" } else { "Completed" };
        Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":"{id}","collectionName":"books","state":"{state}","progress":100,"reason":"","details":[{{"fileName":"1.json","state":"{state}","reason":"row 3: too long"}}]}}}}"#
        ))
    });
    let text = format!(
        "connect({}); wait([\"bad\", \"good\"])",
        quoted(server.url())
    );
    let test = Test::new().eval(text).status(4);
    test.run()
        .complains("bad failed: 1.json: row 3: too long")
        .complains("progress(\"bad\") shows each file");
}

#[test]
fn an_invalid_profile_setting_is_not_quoted() {
    let folder = Folder::new();
    folder.write(
        "config/config.toml",
        format!("[profiles]\nprod = \"{TOKEN}\"\n"),
    );
    let ran = folder.test().eval("connect(\"prod\")").status(1).run();
    ran.complains("line 2: invalid type: string, expected a map")
        .complains("[profiles.prod]");
}
