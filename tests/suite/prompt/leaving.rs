//! Ways to end the prompt, and their exit codes; `:help`.

use crate::prompt::harness::{CTRL_C, CTRL_D, ENTER, Home};

#[test]
fn ctrl_d_exits_with_0() {
    let mut shell = Home::new().shell();
    shell.run("throw 1");
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn ctrl_d_after_an_interrupt_exits_with_0() {
    let mut shell = Home::new().shell();
    shell.begin(r#"print("asleep"); sleep("1h")"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "asleep")
    });
    shell.send(CTRL_C);
    shell.prompt();
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn ctrl_d_on_a_typed_line_does_not_exit() {
    let mut shell = Home::new().shell();
    shell.type_text("40 + 2");
    shell.send(CTRL_D);
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("42"), "{}", shell.screen());
}

#[test]
fn exit_sets_the_exit_code() {
    for (line, code) in [
        ("exit(3)", 3),
        ("exit()", 0),
        ("fn f() { exit(4) } f(); 1", 4),
    ] {
        let mut shell = Home::new().shell();
        shell.begin(line);
        assert_eq!(shell.exit_code(), code, "{line}");
    }
}

#[test]
fn an_invalid_exit_code_keeps_the_prompt() {
    let mut shell = Home::new().shell();
    let screen = shell.run("exit(300)");
    assert!(screen.contains("0 to 255"), "{screen}");
    shell.gives("40 + 2", "42");
}

#[test]
fn quit_ends_the_prompt() {
    let mut shell = Home::new().shell();
    shell.begin(":quit");
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn help_describes_commands() {
    let mut shell = Home::new().shell();
    shell.run(":set pager off");
    let screen = shell.run(":help");
    // The screen shows the end of the help.
    for text in ["commands", ":quit", "reference", "settings"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    let screen = shell.run("help :save");
    assert!(screen.contains(":save FILE"), "{screen}");
    let screen = shell.run("help key_prefix");
    assert!(screen.contains("import_all: start of the jobs"), "{screen}");
    let screen = shell.run("help(\"print\")");
    assert!(screen.contains("print(value): writes"), "{screen}");
    let screen = shell.run(":help count");
    assert!(screen.contains("count(collection)"), "{screen}");
    let screen = shell.run(r#"help("wait")"#);
    assert!(screen.contains("wait([job, …])"), "{screen}");
    // A page of the guide, without colon and parentheses. The screen shows the end of the page.
    let screen = shell.run("help states");
    assert!(
        screen.contains("if ready.rows == 1 { commit(job) }"),
        "{screen}"
    );
    assert!(screen.contains("shows the rows at once"), "{screen}");
    assert!(!screen.contains("```"), "{screen}");
    let screen = shell.run(":quti");
    assert!(screen.contains("did you mean"), "{screen}");
}

#[test]
fn a_signal_ends_an_idle_prompt_cleanly() {
    for (signal, code, words) in [
        ("TERM", 143, "error: terminated"),
        ("HUP", 129, "error: the terminal was closed"),
    ] {
        let mut shell = Home::new().shell();
        shell.run("40 + 2");
        shell.type_text("7 * ");
        shell.signal(signal);
        let end = shell.end();
        assert_eq!(end.exit_code(), code, "{signal}: {end}");
        let screen = shell.screen();
        assert!(screen.contains(words), "{signal}: {screen}");
    }
}

/// A statement is stored in the history before it runs, and a job of the local service continues in the next run.
#[test]
fn a_closed_terminal_loses_nothing() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run("let kept = 40 + 2;");
    shell.begin(r#"print("asleep"); sleep("1h")"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "asleep")
    });
    shell.signal("HUP");
    assert_eq!(shell.end().exit_code(), 129);
    let history = home.history();
    assert!(
        history.contains("let kept") && history.contains("asleep"),
        "{history}"
    );
}

#[test]
fn sigterm_ends_a_busy_prompt() {
    let mut shell = Home::new().shell();
    shell.begin(r#"print("asleep"); sleep("1h")"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "asleep")
    });
    let end = shell.terminate();
    assert!(end.contains("143"), "{end}");
}
