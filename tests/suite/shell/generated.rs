//! Completions and manual pages.

use crate::support::harness::Test;
use std::process::Command;

#[test]
fn every_shell_has_a_completion_script() {
    for (shell, sign) in [
        ("bash", "complete -F _zshell"),
        ("zsh", "#compdef zshell"),
        ("fish", "complete -c zshell"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = Test::new().args(["completions", shell]).stderr("").run();
        ran.says(sign).says("dry-run").says("completions");
    }
    let ran = Test::new().args(["completions", "basj"]).status(2).run();
    ran.complains("bash");
}

/// Asks bash what the script offers for a line.
fn bash(script: &str, line: &str) -> Option<Vec<String>> {
    let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
    let program = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_zshell zshell \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &program])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_and_options() {
    let script = Test::new().args(["completions", "bash"]).run().stdout;
    let Some(commands) = bash(&script, "zshell comp") else {
        eprintln!("skipped: no bash here");
        return;
    };
    assert_eq!(commands, ["completions"]);
    let options = bash(&script, "zshell --dr").expect("bash");
    assert_eq!(options, ["--dry-run"]);
    let states = bash(&script, "zshell jobs --state ").expect("bash");
    assert!(states.contains(&"Failed".to_owned()), "{states:?}");
    let forms = bash(&script, "zshell -o js").expect("bash");
    assert!(forms.contains(&"json".to_owned()), "{forms:?}");
}

#[test]
fn the_manual_page_tells_commands_options_and_exit_codes() {
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
