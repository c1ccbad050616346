//! Dim hints behind the cursor.

use crate::prompt::harness::{CTRL_C, CTRL_F, END, ENTER, Home, RIGHT, Terminal, look_of};

fn is_dim(shell: &Terminal, text: &str) -> bool {
    shell
        .look(|screen| look_of(screen, text))
        .is_some_and(|look| look.dim)
}

#[test]
fn hints_show_the_forms_of_the_typed_call() {
    let mut shell = Home::new().shell_with(160, &[]);
    shell.type_text("import(");
    shell.see("import(collection, path)  or  collection, [path, …])  or  collection, path, #{…})");
    assert!(is_dim(&shell, "collection, path)"));
    shell.send("\"books\", ");
    shell.see("import(\"books\", path)  or  [path, …])  or  path, #{…})");
    shell.send("[\"a\"]");
    shell.see("import(\"books\", [\"a\"])");
    // Hints aren't part of the statement.
    shell.send(RIGHT);
    shell.send(ENTER);
    shell.see("\n    ");
    shell.send(CTRL_C);
    shell.type_text("eu.import(");
    shell.see("eu.import(collection, path)");
    shell.send(CTRL_C);
    shell.type_text("jobs(#{state: ");
    shell.see("<a state, a list of states");
    shell.send(CTRL_C);
    shell.type_text(":help");
    shell.see(":help [NAME");
    assert!(is_dim(&shell, "[NAME"));
}

#[test]
fn the_latest_matching_statement_is_offered() {
    for key in [RIGHT, END, CTRL_F] {
        let mut shell = Home::new().shell();
        shell.run("40 + 2");
        shell.run("40 + 3");
        shell.type_text("4");
        shell.see("40 + 3");
        assert!(is_dim(&shell, "0 + 3"));
        shell.send(key);
        shell.wait_for("the whole line", |screen| {
            screen.cursor_position() == (0, 14)
        });
        shell.send(ENTER);
        shell.prompt();
        assert!(shell.screen().contains("\n43\n"), "{}", shell.screen());
    }
}

#[test]
fn a_hint_is_neither_run_nor_left_on_the_screen() {
    let mut shell = Home::new().shell();
    shell.run("40 + 2");
    shell.type_text("40");
    shell.see("40 + 2");
    shell.send(ENTER);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.starts_with("zshell> 40\n40\n"), "{screen}");
    shell.type_text("40");
    shell.see("40 + 2");
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.starts_with("zshell> 40^C\n"), "{screen}");
}

#[test]
fn hints_show_only_complete_forms() {
    for (columns, colour, shown) in [
        (
            100,
            true,
            "import(collection, path)  or  collection, [path, …])  or  collection, path, #{…})  …",
        ),
        (
            80,
            true,
            "import(collection, path)  or  collection, [path, …])  …",
        ),
        (60, true, "import(collection, path)"),
        (40, true, "import(collection, path)"),
        (80, false, "import(  <- import(collection, path)  …"),
        (
            120,
            false,
            "import(  <- import(collection, path)  or  import(collection, [path, …])  or  import(collection, path, #{…})  …",
        ),
        (60, false, "import(  <- import(collection, path)"),
    ] {
        let env: &[(&str, &str)] = if colour { &[] } else { &[("NO_COLOR", "1")] };
        let mut shell = Home::new().shell_with(columns, env);
        shell.type_text("import(");
        shell.see("collection, path)");
        let line = shell.look(|screen| {
            let mut rows = screen.rows(0, columns);
            let first = rows.next().unwrap_or_default();
            assert_eq!(rows.next().as_deref(), Some(""), "{}", screen.contents());
            first
        });
        assert_eq!(line.trim_end(), format!("zshell> {shown}"), "{columns}");
    }
    // An earlier statement precedes the forms, and no part of a form is shown after it.
    let mut shell = Home::new().shell_with(60, &[]);
    shell.run("import(1, 2, 3, 4)");
    shell.type_text("import(");
    shell.see("import(1, 2, 3, 4)");
    let screen = shell.screen();
    assert!(!screen.contains("collection, path"), "{screen}");
}

#[test]
fn hints_without_colour_differ_from_typed_text() {
    let mut shell = Home::new().shell_with(100, &[("NO_COLOR", "1")]);
    shell.run("40 + 2");
    shell.type_text("progress(");
    shell.see("progress(  <- progress(job)");
    shell.send(CTRL_C);
    shell.type_text("40");
    shell.see("40");
    assert!(!shell.screen().contains("40 + 2"), "{}", shell.screen());
}
