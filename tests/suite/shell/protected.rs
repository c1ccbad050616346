//! Protected connections: scripts and commands destroy nothing through them without `--yes`.

use crate::shell::service::{answer, sent};
use crate::support::harness::{Folder, TOKEN, Test};
use crate::support::server::{Reply, Server};

/// A service that also drops and aborts, and a folder whose profiles lead there.
fn place() -> (Server, Folder) {
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
    let (server, folder) = place();
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
fn yes_lets_it_happen() {
    let (server, folder) = place();
    let test = folder.test().args(["-p", "prod", "--yes"]);
    test.eval("drop_collection(\"books\"); abort(\"job-1\"); ()")
        .run();
    assert_eq!(
        (sent(&server, "/drop").len(), sent(&server, "/abort").len()),
        (1, 1)
    );
}

#[test]
fn what_is_not_protected_is_not_asked_for() {
    let (server, folder) = place();
    let test = folder.test().args(["-p", "test"]);
    test.eval("drop_collection(\"books\"); abort(\"job-1\"); ()")
        .run();
    assert_eq!(destroyed(&server), 2);
    // Nor does protection stand in the way of anything else.
    let test = folder.test().args(["-p", "prod"]);
    test.eval("import(\"books\", \"a/1.json\"); connect().as_map()[\"protected\"]")
        .stdout("true\n")
        .run();
}

#[test]
fn a_connection_of_a_script_can_be_protected_too() {
    let (server, _) = place();
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
