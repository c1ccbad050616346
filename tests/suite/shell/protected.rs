//! Protected connections: scripts and commands can't destroy anything without `--yes`.

use crate::shell::service::{answer, sent};
use crate::support::harness::{Folder, TOKEN, Test};
use crate::support::server::{Reply, Server};

/// Starts a service that also accepts drops and aborts. Returns it with a folder whose profiles connect to it.
fn prepared() -> (Server, Folder) {
    let server = Server::start(|request| {
        if request.target.ends_with("/drop") || request.target.ends_with("/abort") {
            Reply::json(r#"{"code":0,"data":{}}"#)
        } else {
            answer(request)
        }
    });
    let folder = Folder::new();
    let profile = |name: &str, protected: bool| {
        format!(
            "[profiles.{name}]\nendpoint = \"{}\"\ntoken = \"{TOKEN}\"\nprotected = {protected}\nverify = false\n",
            server.url()
        )
    };
    folder.write(
        "config/config.toml",
        profile("prod", true) + profile("test", false).as_str(),
    );
    (server, folder)
}

fn destroyed(server: &Server) -> usize {
    sent(server, "/drop").len() + sent(server, "/abort").len()
}

#[test]
fn scripts_and_commands_are_refused_before_anything_is_sent() {
    let (server, folder) = prepared();
    for text in [
        "drop_collection(\"books\")",
        "connect().drop_collection(\"books\")",
        "abort(\"job-1\")",
        "abort(jobs()[0])",
        "let f = |name| drop_collection(name); f.call(\"books\")",
        "let c = connect(\"prod\"); connect(\"test\"); c.drop_collection(\"books\")",
        "let j = jobs()[0]; connect(\"test\"); abort(j)",
    ] {
        let test = folder.test().args(["-p", "prod"]).eval(text).status(7);
        let ran = test.run();
        ran.complains("\"prod\" is protected")
            .complains("was not done")
            .complains("--yes");
    }
    assert_eq!(destroyed(&server), 0);
    let text = "try { drop_collection(\"books\"); } catch (e) { print(e.kind); print(e.exit); }";
    let test = folder.test().args(["-p", "prod"]).eval(text);
    test.stdout("refused\n7\n").run();
    assert_eq!(destroyed(&server), 0);
}

#[test]
fn yes_allows_destructive_calls() {
    let (server, folder) = prepared();
    let test = folder.test().args(["-p", "prod", "--yes"]);
    test.eval("drop_collection(\"books\"); abort(\"job-1\"); ()")
        .run();
    assert_eq!(
        (sent(&server, "/drop").len(), sent(&server, "/abort").len()),
        (1, 1)
    );
}

#[test]
fn unprotected_connections_need_no_confirmation() {
    let (server, folder) = prepared();
    let test = folder.test().args(["-p", "test"]);
    test.eval("drop_collection(\"books\"); abort(\"job-1\"); ()")
        .run();
    assert_eq!(destroyed(&server), 2);
    // A protected connection allows all other calls.
    let test = folder.test().args(["-p", "prod"]);
    test.eval("import(\"books\", \"a/1.json\"); connect().as_map()[\"protected\"]")
        .stdout("true\n")
        .run();
}

#[test]
fn a_script_can_protect_its_connection() {
    let (server, _) = prepared();
    let text = format!(
        "connect(#{{endpoint: \"{}\", \"protected\": true, verify: false}}); drop_collection(\"books\")",
        server.url()
    );
    Test::new()
        .eval(text)
        .status(7)
        .run()
        .complains("is protected");
    assert_eq!(destroyed(&server), 0);
}
