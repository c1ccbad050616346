//! `zshell profile`: what is saved, shown and refused.

use crate::shell::service::{sent, service};
use crate::support::harness::{Folder, SECRET, TOKEN, Test};
use crate::support::server::{Reply, Server};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Returns `zshell profile add NAME` for this server, with an API key in a file.
pub(crate) fn add(folder: &Folder, server: &Server, name: &str) -> Test {
    let key = folder.work(&format!("key-{name}"), format!("{TOKEN}\n"));
    let key = key.to_str().expect("text").to_owned();
    folder.test().args([
        "profile".to_owned(),
        "add".to_owned(),
        name.to_owned(),
        "--endpoint".to_owned(),
        server.url(),
        "--token-file".to_owned(),
        key,
    ])
}

pub(crate) fn profile(folder: &Folder, args: &[&str]) -> Test {
    folder.test().args(["profile"]).args(args.iter().copied())
}

pub(crate) fn config(folder: &Folder) -> String {
    fs::read_to_string(folder.path("config/config.toml")).expect("the settings")
}

pub(crate) fn mode(path: impl AsRef<std::path::Path>) -> u32 {
    let file = fs::metadata(path).expect("a file");
    file.permissions().mode() & 0o777
}

#[test]
fn a_profile_is_tested_saved_privately_and_used() {
    let (folder, server) = (Folder::new(), service());
    let ran = add(&folder, &server, "prod")
        .args([
            "--api",
            "v2",
            "--cluster-id",
            "in03-1",
            "--db",
            "books",
            "--default",
        ])
        .env(
            "ZSHELL_CONFIG_DIR",
            folder.path("new/config").display().to_string(),
        )
        .run();
    ran.complains("prod: v2 at http://127.0.0.1")
        .complains("cluster in03-1")
        .complains("1 import job")
        .complains("connect() uses it");
    let file = folder.path("new/config/config.toml");
    assert_eq!(
        (mode(&file), mode(folder.path("new/config"))),
        (0o600, 0o700)
    );
    assert!(fs::read_to_string(&file).expect("the file").contains(TOKEN));
    let asked = server.requests();
    let bearer = format!("Bearer {TOKEN}");
    assert!(
        asked
            .iter()
            .all(|it| it.header("authorization") == Some(&bearer))
    );
    let test = folder
        .test()
        .eval("let c = connect(); print(c.name); print(c.database); print(c.key)");
    test.env(
        "ZSHELL_CONFIG_DIR",
        folder.path("new/config").display().to_string(),
    )
    .stdout("prod\nbooks\nthe profile \"prod\"\n")
    .stderr("")
    .run();
}

#[test]
fn a_profile_is_replaced_only_with_force() {
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "prod").run();
    let before = config(&folder);
    let ran = add(&folder, &server, "prod")
        .args(["--db", "other"])
        .status(7)
        .run();
    ran.complains("there is a profile \"prod\"")
        .complains("--force");
    assert_eq!(config(&folder), before);
    add(&folder, &server, "prod")
        .args(["--db", "other", "--force"])
        .run();
    assert!(config(&folder).contains("db = \"other\""));
}

#[test]
fn list_and_show_print_everything_except_keys() {
    let folder = Folder::new();
    folder.write(
        "config/config.toml",
        format!(
            "default_profile = \"prod\"\n[profiles.prod]\nendpoint = \"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\"\ntoken = \"{TOKEN}\"\ndb = \"books\"\nprotected = true\n[profiles.prod.storage]\nurl = \"s3://b\"\nsecret_key = \"{SECRET}\"\n[profiles.prod.secrets]\nPLAIN = \"{SECRET}\"\n[profiles.cloud]\ncluster = \"c\"\n[profiles.none]\nendpoint = \"http://localhost:19530\"\n[profiles.wrong]\nendpont = \"x\"\n"
        ),
    );
    let rows = profile(&folder, &["list", "-o", "json"]).run().json();
    let row = |index: usize, key: &str| rows[index][key].clone();
    assert_eq!(
        (row(0, "name"), row(0, "key"), row(0, "endpoint")),
        (
            "cloud".into(),
            "asked at the terminal".into(),
            "cluster c".into()
        )
    );
    assert_eq!(
        (row(1, "name"), row(1, "key")),
        ("none".into(), "none".into())
    );
    assert_eq!(
        (row(2, "name"), row(2, "key")),
        ("prod".into(), "the profile \"prod\"".into())
    );
    assert_eq!(
        (row(2, "protected"), row(2, "default")),
        (true.into(), true.into())
    );
    assert_eq!(row(3, "key"), "a setting is wrong");
    let keys: Vec<_> = rows[0]
        .as_object()
        .expect("a map")
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        keys,
        [
            "name",
            "endpoint",
            "database",
            "key",
            "protected",
            "default"
        ]
    );
    let list = profile(&folder, &["list"])
        .env("ZILLIZ_API_KEY", TOKEN)
        .run();
    list.says("prod").says("ZILLIZ_API_KEY").says("books");
    profile(&folder, &["list", "-o", "csv"])
        .run()
        .says("name,endpoint,database,key");
    for format in ["table", "json", "csv"] {
        let ran = profile(&folder, &["show", "prod", "-o", format]).run();
        ran.says("s3://b")
            .says("****")
            .says("PLAIN")
            .says("in03-3bf3c31f4248e22");
    }
    let ran = profile(&folder, &["show", "prdo"]).status(2).run();
    ran.complains("no profile \"prdo\"").complains("\"prod\"");
    Test::new()
        .args(["profile", "list"])
        .stdout("")
        .run()
        .complains("profile add");
    Test::new()
        .args(["profile", "list", "-o", "json"])
        .stdout("[]\n")
        .run();
}

#[test]
fn an_unreachable_profile_is_saved_only_untested() {
    let refusing = Server::start(|_| Reply::status(401, "no"));
    let folder = Folder::new();
    let ran = add(&folder, &refusing, "prod").status(3).run();
    ran.complains("nothing was saved").complains("--no-verify");
    assert!(!folder.path("config/config.toml").exists());
    let ran = add(&folder, &refusing, "prod").args(["--no-verify"]).run();
    ran.complains("not tested")
        .complains("-p prod or connect(\"prod\")");
    assert!(config(&folder).contains("[profiles.prod]"));
    // An invalid endpoint is an error even without a test.
    let ran = profile(
        &folder,
        &["add", "x", "--endpoint", "ftp://h", "--no-verify"],
    )
    .status(2)
    .run();
    ran.complains("ftp");
    let ran = profile(&folder, &["add", "x"]).status(2).run();
    ran.complains("--endpoint is missing");
}

#[test]
fn a_key_comes_from_a_file_or_a_pipe_and_never_from_an_argument() {
    let (folder, server) = (Folder::new(), service());
    let url = server.url();
    let test = profile(
        &folder,
        &["add", "piped", "--endpoint", &url, "--token-file", "-"],
    );
    test.stdin(format!("{TOKEN}\n")).run();
    assert!(config(&folder).contains(TOKEN));
    let ran = profile(&folder, &["add", "x", "--endpoint", &url, "--token", "abc"])
        .status(2)
        .run();
    ran.complains("--token-file");
    folder.work("empty", "\n");
    let ran = profile(
        &folder,
        &["add", "x", "--endpoint", &url, "--token-file", "empty"],
    )
    .status(2)
    .run();
    ran.complains("holds no key");
    // Without an API key, none is stored.
    profile(&folder, &["add", "open", "--endpoint", &url])
        .env("MILVUS_TOKEN", SECRET)
        .run();
    assert!(!config(&folder).contains(SECRET));
    let bearer = format!("Bearer {SECRET}");
    assert_eq!(
        sent(&server, "/list")
            .last()
            .expect("a call")
            .header("authorization"),
        Some(bearer.as_str())
    );
}

#[test]
fn reserved_profile_names_are_refused() {
    for name in [
        "local",
        "localhost",
        "a.b",
        "https://x",
        "a b",
        "",
        "x\n",
        "[x]",
    ] {
        let test = Test::new().args(["profile", "add", name, "--endpoint", "http://127.0.0.1:1"]);
        test.status(2).run().complains("cannot name a profile");
    }
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "größe-2").run();
    let test = folder.test().eval("connect(\"größe-2\").name");
    test.stdout("größe-2\n").run();
}

#[test]
fn removing_a_profile_needs_confirmation_or_yes() {
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "prod").run();
    let ran = profile(&folder, &["remove", "prod"]).status(7).run();
    ran.complains("wasn't removed").complains("--yes");
    profile(&folder, &["remove", "prod", "--yes"]).run();
    assert!(!config(&folder).contains(TOKEN));
    profile(&folder, &["remove", "prod", "--yes"])
        .status(2)
        .run();
}

#[test]
fn a_dry_run_changes_no_profile() {
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "prod").run();
    let before = config(&folder);
    let url = server.url();
    for (args, expected) in [
        (
            &["remove", "prod"][..],
            "# would remove profile \"prod\" and its API key\n",
        ),
        (
            &["default", "prod"],
            "# would make \"prod\" the default profile\n",
        ),
        (
            &["add", "new", "--endpoint", &url, "--no-verify"],
            "# would save the profile \"new\"\n",
        ),
    ] {
        let test = profile(&folder, args).args(["--dry-run"]);
        test.stdout(expected).run();
        assert_eq!(config(&folder), before);
    }
}
