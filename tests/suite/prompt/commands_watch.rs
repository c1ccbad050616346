//! `:watch`

use crate::prompt::harness::{CTRL_C, Home};

#[test]
fn a_value_is_redrawn_in_place() {
    let home = Home::new();
    home.write("n.txt", "first");
    let mut shell = home.shell();
    shell.begin(r#":watch 500ms "now " + read_text("n.txt")"#);
    shell.see("now first");
    shell.see("every 500ms: ");
    home.write("n.txt", "second");
    shell.see("now second");
    assert!(!shell.screen().contains("now first"), "{}", shell.screen());
    shell.resize(60);
    home.write("n.txt", "third");
    shell.see("now third");
    assert_eq!(
        shell.screen().matches("every 500ms").count(),
        1,
        "{}",
        shell.screen()
    );
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(
        screen.contains("now third"),
        "the last view stays:\n{screen}"
    );
    assert!(!screen.contains("error:"), "{screen}");
    shell.gives("40 + 2", "42");
}

#[test]
fn watch_continues_after_an_error() {
    let home = Home::new();
    home.write("n.txt", "good");
    let mut shell = home.shell();
    shell.begin(r#":watch 0.5s read_text("n.txt")"#);
    shell.see("\ngood");
    std::fs::remove_file(home.path().join("n.txt")).expect("removed");
    shell.see("cannot read");
    home.write("n.txt", "better");
    shell.see("\nbetter");
    assert!(
        !shell.screen().contains("cannot read"),
        "{}",
        shell.screen()
    );
    shell.send(CTRL_C);
    shell.prompt();
}

#[test]
fn permanent_errors_end_watch() {
    let mut shell = Home::new().shell();
    for (line, text) in [
        (":watch 1 +", "does not parse"),
        (":watch jobs(#{stat: \"x\"})", "state"),
        (":watch missing(1)", "missing"),
        (":watch 10ms jobs()", "too often"),
        (":watch 5s", "the statement is missing"),
    ] {
        let screen = shell.run(line);
        assert!(
            screen.contains("error:") && screen.contains(text),
            "{line}:\n{screen}"
        );
    }
}

#[test]
fn lines_below_the_screen_are_counted() {
    let mut shell = Home::new().shell();
    shell.begin(":watch for i in 0..100 { print(i) }");
    shell.see("more lines");
    let screen = shell.screen();
    assert!(screen.contains("… 64 more lines"), "{screen}");
    assert!(
        screen.starts_with("every 2s") || screen.contains(":watch"),
        "{screen}"
    );
    shell.send(CTRL_C);
    shell.prompt();
}

#[test]
fn a_watched_statement_changes_no_variables() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run("let a = 1;");
    shell.begin(":watch a += 1; a * 100");
    shell.see("\n200");
    shell.send(CTRL_C);
    shell.prompt();
    shell.gives("a * 10", "10");
    shell.run(":save a.rhai");
    assert!(
        !home.read("a.rhai").contains("+="),
        "{}",
        home.read("a.rhai")
    );
}

#[test]
fn a_dumb_terminal_gets_new_lines() {
    let home = Home::new();
    home.write("n.txt", "first");
    let mut shell = home.shell_with(100, &[("TERM", "dumb")]);
    shell.send(":watch 500ms read_text(\"n.txt\")\r");
    shell.see("first");
    home.write("n.txt", "second");
    shell.see("second");
    assert!(shell.screen().contains("first"), "{}", shell.screen());
    shell.send(CTRL_C);
    shell.prompt();
}

#[test]
fn q_ends_watch() {
    let mut shell = Home::new().shell();
    shell.begin(":watch 600s 40 + 2");
    shell.see("\n42");
    shell.send("xq");
    shell.prompt();
    let screen = shell.screen();
    assert!(!screen.contains('q'), "{screen}");
    shell.gives("40 + 3", "43");
}
