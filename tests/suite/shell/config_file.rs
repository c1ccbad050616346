//! Handwritten `config.toml` files: comments, order, links and unusual forms survive the changes of `zshell profile`.

use crate::shell::profiles::{add, config, mode, profile};
use crate::shell::service::service;
use crate::support::harness::{Folder, TOKEN};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const COMMENTED: &str = "# my connections
default_profile = \"dev\" # for every day

[profiles.zeta]   # first for a reason
endpoint = 'http://localhost:19530'

# the small one
[profiles.dev]
endpoint = \"http://localhost:19531\" # here
timeout = \"5s\"
";

#[test]
fn comments_and_order_stay() {
    let (folder, server) = (Folder::new(), service());
    folder.write("config/config.toml", COMMENTED);
    add(&folder, &server, "eu-west").run();
    let added = config(&folder);
    assert!(added.starts_with(COMMENTED), "{added}");
    assert!(added.contains("[profiles.eu-west]"), "{added}");
    assert_eq!(mode(folder.path("config/config.toml")), 0o600);
    profile(&folder, &["remove", "eu-west", "--yes"]).run();
    assert_eq!(config(&folder), COMMENTED);
    profile(&folder, &["default", "zeta"]).run();
    assert_eq!(config(&folder), COMMENTED.replace("\"dev\"", "\"zeta\""));
    add(&folder, &server, "dev").args(["--force"]).run();
    let replaced = config(&folder);
    assert!(
        replaced.contains("# the small one\n[profiles.dev]\n"),
        "{replaced}"
    );
    assert!(!replaced.contains("timeout"), "{replaced}");
    let ran = profile(&folder, &["remove", "zeta", "--yes"]).run();
    ran.complains("no default profile now");
    assert!(!config(&folder).contains("zeta"));
}

#[test]
fn concurrent_changes_are_all_kept() {
    let (folder, server) = (Folder::new(), service());
    folder.write("config/config.toml", COMMENTED);
    let names: Vec<String> = (0..12).map(|index| format!("p{index}")).collect();
    let running: Vec<_> = names
        .iter()
        .map(|name| add(&folder, &server, name).spawn())
        .collect();
    for run in running {
        run.end();
    }
    let rows = profile(&folder, &["list", "-o", "json"]).run().json();
    let kept: Vec<_> = rows
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(kept.len(), names.len() + 2, "{kept:?}");
    assert!(config(&folder).starts_with(COMMENTED));
    let left: Vec<_> = fs::read_dir(folder.path("config"))
        .expect("a folder")
        .flatten()
        .map(|it| it.file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().ends_with(".new")),
        "{left:?}"
    );
}

#[test]
fn a_broken_file_is_not_changed() {
    let (folder, server) = (Folder::new(), service());
    let broken = format!("[profiles.p]\ntoken = \"{TOKEN}\nx = 1\n");
    folder.write("config/config.toml", &broken);
    for test in [
        add(&folder, &server, "prod"),
        profile(&folder, &["list"]),
        profile(&folder, &["remove", "p", "--yes"]),
    ] {
        test.status(2).run().complains("line 2");
    }
    assert_eq!(config(&folder), broken);
}

#[test]
fn an_api_key_that_others_can_read_is_warned_of_once() {
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "prod").run();
    let file = folder.path("config/config.toml");
    let both = "connect(\"prod\"); connect(\"prod\");";
    folder.test().eval(both).stderr("").run();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).expect("a mode");
    let ran = folder.test().eval(both).run();
    assert_eq!(
        ran.stderr.matches("others can read it: chmod 600").count(),
        1,
        "{}",
        ran.stderr
    );
    folder.test().args(["-q"]).eval(both).stderr("").run();
    // Without an API key there is no warning.
    folder.write(
        "config/config.toml",
        format!("[profiles.prod]\nendpoint = \"{}\"\n", server.url()),
    );
    folder.test().eval(both).stderr("").run();
}

/// `ssh` checks its own files likewise: a user who can write there controls later runs.
#[test]
fn world_writable_files_are_warned_of_once() {
    let (folder, server) = (Folder::new(), service());
    add(&folder, &server, "prod").run();
    let both = "connect(\"prod\"); connect(\"prod\"); submissions();";
    for (name, mode, right) in [
        ("config", 0o777, "o-w"),
        ("data", 0o1777, "o-w"),
        ("config/config.toml", 0o666, "600"),
        ("data/journal", 0o702, "o-w"),
        ("data/local", 0o703, "o-w"),
    ] {
        let path = folder.path(name);
        if name.starts_with("data/") {
            fs::create_dir_all(&path).expect("a folder");
        }
        let before = fs::metadata(&path).expect("a place").permissions();
        folder.test().eval(both).stderr("").run();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("a mode");
        let warning = format!(
            "warning: every user can write to {0}: chmod {right} {0}\n",
            path.display()
        );
        folder.test().eval(both).stderr(warning).run();
        folder.test().args(["-q"]).eval(both).stderr("").run();
        fs::set_permissions(&path, before).expect("a mode");
    }
}

#[test]
fn a_link_stays_a_link() {
    let (folder, server) = (Folder::new(), service());
    let real = folder.write("home/dotfiles/zshell.toml", "# mine\n");
    fs::create_dir_all(folder.path("home/dotfiles/config")).expect("a folder");
    symlink(&real, folder.path("config/config.toml")).expect("a link");
    profile(&folder, &["add", "open", "--endpoint", &server.url()]).run();
    let link = fs::symlink_metadata(folder.path("config/config.toml")).expect("a link");
    assert!(link.is_symlink());
    let text = fs::read_to_string(real).expect("the file");
    assert!(
        text.starts_with("# mine\n") && text.contains("[profiles.open]"),
        "{text}"
    );
}

#[test]
fn every_way_to_write_profiles_can_be_changed() {
    for (text, names) in [
        ("", vec![]),
        (
            "profiles = { a = { endpoint = \"http://h:1\" } }\n",
            vec!["a"],
        ),
        (
            "profiles.a.endpoint = \"http://h:1\"\nprofiles.b = { endpoint = \"http://h:2\" }\n",
            vec!["a", "b"],
        ),
        (
            "[profiles]\na = { endpoint = \"http://h:1\" } # one\nb.endpoint = \"http://h:2\"\n",
            vec!["a", "b"],
        ),
        (
            "[profiles.a]\nendpoint = \"http://h:1\"\n[profiles.a.storage]\nurl = \"s3://b\"\n[secrets]\nX = \"y\"\n# the end",
            vec!["a"],
        ),
    ] {
        let folder = Folder::new();
        folder.write("config/config.toml", text);
        let add = |name: &str| {
            profile(
                &folder,
                &[
                    "add",
                    name,
                    "--endpoint",
                    "http://h:9",
                    "--no-verify",
                    "--default",
                    "--force",
                ],
            )
        };
        add("new").run();
        let rows = profile(&folder, &["list", "-o", "json"]).run().json();
        let kept: Vec<_> = rows
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| row["name"].as_str().expect("text").to_owned())
            .collect();
        assert_eq!(kept[..names.len()], names, "{text}");
        assert_eq!(kept.last().map(String::as_str), Some("new"), "{text}");
        for name in names {
            add(name).run();
            let shown = profile(&folder, &["show", name, "-o", "json"]).run().json();
            assert_eq!(shown["endpoint"], "http://h:9");
            profile(&folder, &["remove", name, "--yes"]).run();
        }
        let rows = profile(&folder, &["list", "-o", "json"]).run().json();
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{text}");
        assert_eq!(
            text.contains("# the end"),
            config(&folder).contains("# the end")
        );
    }
}
