//! Ctrl-R, Ctrl-X Ctrl-E, pasted prompts, and words that need no colon.

use crate::prompt::harness::{CTRL_C, CTRL_R, ENTER, Home};
use std::os::unix::fs::PermissionsExt;

const CTRL_X_CTRL_E: &str = "\x18\x05";
const PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

/// Returns an editor command that runs this shell script; `$1` is the file.
fn editor(home: &Home, script: &str) -> String {
    home.write("editor", &format!("#!/bin/sh\n{script}\n"));
    let file = home.path().join("editor");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a mode");
    file.display().to_string()
}

#[test]
fn enter_runs_the_statement_that_ctrl_r_found() {
    for env in [&[][..], &[("NO_COLOR", "1")][..]] {
        let home = Home::new();
        let mut shell = home.shell_with(100, env);
        shell.prompt();
        shell.paste("fn g(x) {\nlet q = x;\nq + 1\n}\ng(41)");
        shell.send(ENTER);
        shell.see("\n42\n");
        shell.run("1");
        for search in ["q = x", "g(x)", "q - +\x7f\x7f\x7f+ 1"] {
            shell.type_text(CTRL_R);
            shell.send(search);
            shell.see("let q = x;");
            shell.send(ENTER);
            shell.see("\n42\n");
            shell.prompt();
        }
        // After the search, Enter in the first line inserts a new line again.
        shell.type_text("if true {");
        shell.send(ENTER);
        shell.send("5 }");
        shell.send(ENTER);
        shell.see("\n5\n");
    }
}

#[test]
fn a_statement_is_opened_in_the_editor() {
    let home = Home::new();
    let script = r#"cp "$1" given; grep -q keep "$1" || echo "40 + 2" > "$1""#;
    let editor = editor(&home, script);
    let mut shell = home.shell_of(80, 10, &[PATH, ("EDITOR", &editor)]);
    shell.prompt();
    let lines: Vec<String> = (0..30).map(|n| format!("let a{n} = {n};")).collect();
    shell.paste(&lines.join("\n"));
    shell.see("let a29 = 29;");
    shell.send(CTRL_X_CTRL_E);
    shell.see("\n42\n");
    assert_eq!(home.read("given"), lines.join("\n") + "\n");
    // An unchanged text can be edited further.
    shell.type_text("let keep = ");
    shell.send(CTRL_X_CTRL_E);
    shell.see("zshell> let keep = \n".trim_end());
    shell.send("7; keep + 1");
    shell.send(ENTER);
    shell.see("\n8\n");
    shell.type_text("(");
    shell.send(CTRL_C);
    shell.prompt();
}

#[test]
fn prompts_in_pasted_text_are_removed() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.prompt();
    shell.paste("local/default> let zz = 5;");
    shell.send(ENTER);
    shell.gives("zz + 1", "6");
    shell.prompt();
    shell.paste(
        "zshell> let a = 20\nzshell> fn f(x) {\n    x + 1\n}\nzshell!> f(a)\n12345\nzshell> a + a",
    );
    shell.send(ENTER);
    shell.see("\n21\n40\n");
    assert!(!shell.screen().contains("error"), "{}", shell.screen());
    shell.gives("zz> 4", "true");
}

#[test]
fn words_alone_on_a_line_need_no_colon() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run(":set pager off");
    for line in [
        "help jobs",
        "jobs?",
        "?jobs",
        "jobs()?",
        "help(jobs)",
        "? jobs",
    ] {
        let screen = shell.run(line);
        assert!(
            screen.contains("jobs(#{state, collection, since, limit})"),
            "{screen}"
        );
    }
    for line in ["help", "?"] {
        let screen = shell.run(line);
        assert!(screen.contains(":quit"), "{screen}");
    }
    for word in ["exit", "quit", "exit;", ":q", "quit()"] {
        let mut shell = home.shell();
        shell.begin(word);
        assert_eq!(shell.exit_code(), 0, "{word}");
    }
}
