//! Statements of several lines, pasted text, syntax colours, brackets, and the screen's size.

use crate::prompt::harness::{
    ALT_ENTER, CTRL_C, CTRL_D, END, ENTER, HOME, Home, LEFT, Terminal, UP, columns_of, look_of,
};
use vt100::Color;

/// Waits until the cursor is at this line and column.
fn cursor(shell: &Terminal, line: u16, column: u16) {
    shell.wait_for(&format!("the cursor at {line}, {column}"), |screen| {
        screen.cursor_position() == (line, column)
    });
}

#[test]
fn lines_are_indented_by_open_brackets() {
    let mut shell = Home::new().shell();
    shell.type_text("fn f(x) {");
    shell.send(ENTER);
    cursor(&shell, 1, 4);
    shell.send("if x > 1 {");
    shell.send(ENTER);
    cursor(&shell, 2, 8);
    shell.send("g(#{");
    shell.send(ENTER);
    cursor(&shell, 3, 12);
    // A closing bracket is indented like the line of its opening bracket.
    shell.send("}");
    cursor(&shell, 3, 9);
    shell.send(") }\r");
    cursor(&shell, 4, 4);
    shell.send("x * 2");
    shell.send(ENTER);
    cursor(&shell, 5, 4);
    shell.send("}");
    shell.see("\n    x * 2\n}");
    shell.send(ENTER);
    shell.prompt();
    assert!(!shell.screen().contains("error"), "{}", shell.screen());
    shell.gives("f(1) + 40", "42");
}

#[test]
fn lines_inside_a_text_are_not_indented() {
    let mut shell = Home::new().shell();
    shell.type_text("[`a {");
    shell.send(ENTER);
    cursor(&shell, 1, 0);
    shell.send("b`].len + 41");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n42\n"), "{}", shell.screen());
}

#[test]
fn enter_runs_only_in_the_last_line() {
    let mut shell = Home::new().shell();
    shell.type_text("40 + 2");
    shell.send(LEFT);
    shell.send(LEFT);
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n42\n"), "{}", shell.screen());
    shell.type_text("\x1b[200~[1,\r2].len\x1b[201~");
    shell.see("2].len");
    shell.send(UP);
    shell.send(END);
    shell.send(ENTER);
    shell.wait_for("three lines", |screen| {
        let lines: Vec<_> = screen.rows(0, 100).collect();
        lines.get(2).is_some_and(|line| line.ends_with("2].len"))
    });
    shell.send("5,");
    shell.see("5,");
    shell.send("\x1b[B");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n3\n"), "{}", shell.screen());
}

#[test]
fn an_open_statement_shows_how_to_leave_it() {
    let mut shell = Home::new().shell();
    shell.type_text("fn f( {");
    shell.send(ENTER);
    shell.send(ENTER);
    shell.prompt();
    // A statement with a syntax error runs; only an open one needs the hint.
    assert!(shell.screen().contains("error:"), "{}", shell.screen());
    shell.type_text("let t = [1,");
    shell.send(ENTER);
    shell.send(ENTER);
    shell.see("[ of line 1 is open; Alt-Enter runs it as it is, Ctrl-C drops it");
    shell.send(ALT_ENTER);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.contains("does not parse"), "{screen}");
    assert!(!screen.contains("Alt-Enter"), "the hint is gone:\n{screen}");
}

#[test]
fn pasted_lines_are_one_statement() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.paste("fn three() {\n\t3\n}\nthree() * 14");
    shell.see("three() * 14");
    assert!(!shell.screen().contains("42"), "nothing ran yet");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n42\n"), "{}", shell.screen());
    let kept = home.history();
    assert!(
        kept.contains(r"fn three() {\n	3\n}\nthree() * 14"),
        "{kept}"
    );
}

#[test]
fn known_names_are_highlighted() {
    let mut shell = Home::new().shell();
    shell.type_text(r#"let x = import(#{collection: "b", colection: 12}) // why"#);
    shell.see("why");
    let look = |text: &str| shell.look(|screen| look_of(screen, text)).expect(text);
    assert_eq!(look("let").color, Color::Idx(5));
    assert!(look("import").bold, "a call of ours");
    assert!(look("collection").bold && !look("colection").bold);
    assert_eq!(look("\"b\"").color, Color::Idx(2));
    assert_eq!(look("12").color, Color::Idx(6));
    assert!(look("// why").dim);
    shell.send(CTRL_C);
    shell.type_text("imprt(`a ${ jobs() } b`)");
    shell.see("b`)");
    let look = |text: &str| shell.look(|screen| look_of(screen, text)).expect(text);
    assert!(!look("imprt").bold && look("jobs").bold);
    assert_eq!(look("b`").color, Color::Idx(2));
    assert_eq!(look("} b").color, Color::Default);
    shell.send(CTRL_C);
    for (command, known) in [(":help", true), (":hlp", false)] {
        shell.type_text(command);
        shell.see(command);
        let look = shell.look(|screen| look_of(screen, command));
        assert_eq!(look.expect(command).bold, known, "{command}");
        shell.send(CTRL_C);
    }
}

#[test]
fn wrong_brackets_are_marked_and_open_ones_are_not() {
    let mut shell = Home::new().shell();
    shell.type_text("jobs(1");
    shell.see("jobs(1");
    let marked = |shell: &Terminal, text: &str| {
        shell
            .look(|screen| look_of(screen, text))
            .is_some_and(|look| look.underline)
    };
    assert!(!marked(&shell, "1"));
    shell.send("))");
    shell.wait_for("a mark", |screen| {
        let column = "zshell> jobs(1)".len();
        let cell = screen.cell(0, u16::try_from(column).expect("a column"));
        cell.is_some_and(|cell| cell.underline() && cell.fgcolor() == Color::Idx(1))
    });
}

#[test]
fn matching_brackets_are_highlighted() {
    let mut shell = Home::new().shell();
    shell.type_text("f(\")\", [1])");
    let lit = |screen: &vt100::Screen| -> Vec<u16> {
        let lit = |at: &u16| {
            screen
                .cell(0, *at)
                .is_some_and(|cell| cell.bold() && cell.underline())
        };
        (0..40).filter(lit).collect()
    };
    shell.wait_for("both brackets", |screen| lit(screen) == [9, 18]);
    shell.send(LEFT);
    shell.send(LEFT);
    shell.wait_for("the inner ones", |screen| lit(screen) == [15, 17]);
    shell.send(HOME);
    shell.wait_for("none", |screen| lit(screen).is_empty());
}

#[test]
fn colour_can_be_disabled() {
    for env in [&[("NO_COLOR", "1")][..], &[("TERM", "dumb")][..]] {
        let mut shell = Home::new().shell_with(80, env);
        shell.send("let x = import(12))");
        shell.see("12))");
        shell.look(|screen| {
            for column in 0..80 {
                let cell = screen.cell(1, column).expect("a cell");
                assert_eq!(cell.fgcolor(), Color::Default, "{env:?}");
                assert!(!cell.bold() && !cell.dim() && !cell.underline(), "{env:?}");
            }
        });
    }
}

#[test]
fn a_failure_shows_in_the_prompt_without_colour() {
    let mut shell = Home::new().shell_with(80, &[("NO_COLOR", "1")]);
    let screen = shell.run("throw 1");
    assert!(screen.ends_with("zshell!>"), "{screen}");
    let screen = shell.run("1");
    assert!(screen.ends_with("zshell>"), "{screen}");
    let screen = shell.run(":nothing");
    assert!(screen.ends_with("zshell!>"), "{screen}");
}

#[test]
fn the_cursor_is_right_after_wide_letters() {
    let mut shell = Home::new().shell();
    let text = "let x = \"日本語 😀 é\"";
    shell.type_text(text);
    let end = u16::try_from(8 + columns_of(text)).expect("columns");
    cursor(&shell, 0, end);
    shell.send(LEFT);
    shell.send(LEFT);
    shell.send(LEFT);
    shell.send(LEFT);
    cursor(&shell, 0, end - 5);
    shell.send("!");
    shell.see("語 !😀");
}

#[test]
fn a_new_size_while_typing_keeps_the_line() {
    let mut shell = Home::new().shell();
    let text = "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"].len + 41";
    shell.type_text(text);
    shell.see("len + 41");
    shell.resize(50);
    // The text has two rows now, and the cursor is at the end of the second.
    shell.wait_for("a wrapped line", |screen| {
        screen.cursor_position().1 == u16::try_from((8 + text.len()) % 50).unwrap_or_default()
    });
    shell.resize(120);
    shell.send(" ");
    shell.wait_for("one row", |screen| {
        let (line, _) = screen.cursor_position();
        let row = screen.rows(0, 120).nth(usize::from(line));
        row.is_some_and(|row| row.contains(text))
    });
    shell.send(ENTER);
    shell.wait_for("the value", |screen| {
        screen.contents().lines().any(|line| line.trim() == "42")
    });
}

#[test]
fn a_narrow_screen_leaves_room_to_type() {
    let home = Home::new();
    let service = crate::prompt::service::Service::start(1_000_000);
    let mut shell = home.shell_with(40, &[]);
    let screen = shell.run(&format!(
        r#"let a = connect(#{{endpoint: "{}", db: "日本語のデータベース", verify: false}})"#,
        service.url
    ));
    let prompt = screen.lines().last().expect("a prompt");
    assert!(columns_of(prompt) <= 22 && prompt.contains('…'), "{screen}");
    shell.gives("40 + 2", "42");
}

#[test]
fn results_go_to_a_file_and_the_prompt_to_the_terminal() {
    let home = Home::new();
    let out = home.path().join("out.txt");
    let mut shell = home.shell();
    shell.begin("exit()");
    drop(shell);
    let mut shell = home.shell_to(&out);
    shell.type_text("40 + 2");
    shell.send(ENTER);
    shell.prompt();
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    let written = std::fs::read_to_string(&out).expect("the file");
    assert_eq!(written, "42\n");
}
