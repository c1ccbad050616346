//! Completions and manual pages.

use crate::support::harness::{Folder, Test};
use crate::support::server::{Reply, Server};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn every_shell_has_a_completion_script() {
    for (shell, sign) in [
        ("bash", "complete -o nospace"),
        ("zsh", "#compdef zshell"),
        ("fish", "complete --keep-order"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = Test::new().args(["completions", shell]).stderr("").run();
        ran.says(sign).says("ZSHELL_COMPLETE");
    }
    let ran = Test::new().args(["completions", "basj"]).status(2).run();
    ran.complains("bash");
}

/// Returns bash's completions for a line.
fn completions_of_bash(folder: &Folder, line: &str) -> Option<Vec<String>> {
    let script = folder.test().args(["completions", "bash"]).run().stdout;
    let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
    let program = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_clap_complete_zshell zshell \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1
    );
    let binary = Path::new(env!("CARGO_BIN_EXE_zshell"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binary.parent()?.display());
    let output = Command::new("bash")
        .args(["--norc", "-c", &program])
        .current_dir(folder.path("work"))
        .env("PATH", path)
        .env("ZSHELL_CONFIG_DIR", folder.path("config"))
        .env("ZSHELL_DATA_DIR", folder.path("data"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_files_and_profiles() {
    let folder = Folder::new();
    folder.work("nightly.rhai", "1");
    folder.work("scripts/other.rhai", "1");
    folder.write(
        "config/config.toml",
        "[profiles.prod]\nendpoint = \"http://localhost:19530\"\n",
    );
    let Some(commands) = completions_of_bash(&folder, "zshell comp") else {
        eprintln!("skipped: no bash here");
        return;
    };
    assert_eq!(commands, ["completions"]);
    let offers = |line: &str| completions_of_bash(&folder, line).expect("bash");
    assert_eq!(offers("zshell --dr"), ["--dry-run"]);
    assert!(offers("zshell jobs --state ").contains(&"Failed".to_owned()));
    assert!(offers("zshell -o js").contains(&"json".to_owned()));
    assert_eq!(offers("zshell -p "), ["prod", "local"]);
    assert_eq!(offers("zshell run "), [".", "nightly.rhai", "scripts/"]);
    assert_eq!(offers("zshell run scripts/"), ["scripts/other.rhai"]);
    assert_eq!(offers("zshell lint n"), ["nightly.rhai"]);
    assert!(offers("zshell import books ").contains(&"nightly.rhai".to_owned()));
    assert!(offers("zshell query books --").contains(&"--filter".to_owned()));
}

#[test]
fn bash_completes_names_listed_by_the_service() {
    let server = Server::start(|request| {
        let path = request.target.as_str();
        Reply::json(if path.ends_with("/collections/list") {
            r#"{"code": 0, "data": ["books", "bookings", "evil\nname"]}"#
        } else if path.ends_with("/partitions/list") && request.body.contains("books") {
            r#"{"code": 0, "data": ["_default", "y2026"]}"#
        } else if path.ends_with("/collections/describe") {
            r#"{"code": 0, "data": {"collectionName": "books", "fields": [{"name": "title", "type": "VarChar"}]}}"#
        } else {
            r#"{"code": 0, "data": []}"#
        })
    });
    let folder = Folder::new();
    let profile = |name: &str, url: &str| {
        format!(
            "[profiles.{name}]\nendpoint = \"{url}\"\ntoken = \"root:Milvus\"\nverify = false\n"
        )
    };
    let silent = Server::start(|_| Reply::Silence);
    let config = [
        profile("here", &server.url()),
        profile("silent", &silent.url()),
    ]
    .concat();
    folder.write("config/config.toml", config);
    let Some(collections) = completions_of_bash(&folder, "zshell -p here count bo") else {
        eprintln!("skipped: no bash here");
        return;
    };
    assert_eq!(collections, ["books", "bookings"]);
    let offers = |line: &str| completions_of_bash(&folder, line).expect("bash");
    assert_eq!(
        offers("zshell -p here import books x --partition y"),
        ["y2026"]
    );
    assert_eq!(offers("zshell -p here drop-partition books y"), ["y2026"]);
    assert_eq!(offers("zshell -p here query books --fields ti"), ["title"]);
    // Without an answer there are no candidates.
    let start = Instant::now();
    assert_eq!(offers("zshell -p silent count bo").concat(), "");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn one_command_installs_completions_and_manual_pages() {
    let folder = Folder::new();
    let setup = |words: &[&str]| {
        let test = folder.test().args(["setup"]);
        let place = |name: &str| folder.path(name).display().to_string();
        test.args(words.iter().copied())
            .env("XDG_DATA_HOME", place("home/data"))
            .env("XDG_CONFIG_HOME", place("home/config"))
    };
    let ran = setup(&[]).env("SHELL", "/bin/zsh").stdout("").run();
    ran.complains("home/data/zsh/site-functions/_zshell");
    setup(&["bash", "fish"]).run();
    for (name, word) in [
        ("data/zsh/site-functions/_zshell", "#compdef zshell"),
        ("data/bash-completion/completions/zshell", "complete"),
        ("config/fish/completions/zshell.fish", "complete"),
        ("data/man/man1/zshell.1", "EXAMPLES"),
        ("data/man/man1/zshell-query.1", "zshell\\-peek"),
    ] {
        let text = std::fs::read_to_string(folder.path("home").join(name));
        assert!(text.expect(name).contains(word), "{word} in {name}");
    }
    let unknown = setup(&[]).env("SHELL", "/bin/csh").status(2).run();
    unknown.complains("zshell setup bash");
}

#[test]
fn the_manual_page_lists_commands_options_and_exit_codes() {
    let page = Test::new().args(["man"]).stderr("").run().stdout;
    for word in [
        ".TH zshell 1",
        ".SH NAME",
        ".SH SYNOPSIS",
        "dry\\-run",
        "zshell\\-lint(1)",
        ".SH EXIT STATUS",
        ".SH ENVIRONMENT",
        "ZILLIZ_API_KEY",
        ".SH FILES",
        "config.toml",
        ".SH EXAMPLES",
        ".SH \"SEE ALSO\"",
    ] {
        assert!(page.contains(word), "{word} in\n{page}");
    }
    let test = Test::new();
    let folder = test.folder().clone();
    let ran = test.args(["man", "--dir", "pages/man1"]).stdout("").run();
    ran.complains("pages/man1");
    for (name, word) in [
        ("zshell.1", "completions"),
        ("zshell-run.1", "FILE"),
        ("zshell-import.1", "COLLECTION"),
        ("zshell-jobs.1", "state"),
        ("zshell-lint.1", "without running"),
    ] {
        let page =
            std::fs::read_to_string(folder.path("work/pages/man1").join(name)).expect("a page");
        assert!(page.contains(word), "{word} in {name}");
    }
    Test::new()
        .file("pages", "")
        .args(["man", "--dir", "pages"])
        .status(7)
        .run();
}
