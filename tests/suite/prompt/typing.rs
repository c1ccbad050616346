//! Typed statements: several lines, open texts and comments, errors, modules, pasted and wide text.

use crate::prompt::harness::{CTRL_C, ENTER, Home, Terminal};

/// Types the lines of one statement. Each line but the last leaves the statement open. A line starts after the prompt's
/// indentation.
fn lines(shell: &mut Terminal, lines: &[&str]) -> String {
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            shell.type_text(line);
        } else {
            let line = (*line).to_owned();
            shell.send(ENTER);
            shell.wait_for("a further line", move |screen| {
                screen.cursor_position().0 == u16::try_from(index).unwrap_or_default()
            });
            shell.send(&line);
        }
    }
    shell.send(ENTER);
    shell.prompt();
    shell.screen()
}

#[test]
fn a_function_of_several_lines_is_kept() {
    let mut shell = Home::new().shell();
    let screen = lines(&mut shell, &["fn twice(x) {", "let y = x * 2;", "y", "}"]);
    assert!(!screen.contains("error"), "{screen}");
    shell.gives("twice(21)", "42");
    let screen = lines(&mut shell, &["[1, 2,", "3].map(|x| twice(x))"]);
    assert!(!screen.contains("error"), "{screen}");
    assert!(screen.contains('6'), "{screen}");
}

#[test]
fn texts_and_comments_may_span_lines() {
    let mut shell = Home::new().shell();
    let screen = lines(&mut shell, &["let t = `one", "two ${ 1 + 1 }", "three`;"]);
    assert!(!screen.contains("error"), "{screen}");
    shell.gives("t.len", "15");
    let screen = lines(&mut shell, &["/* a comment", "is open */ 40 + 2"]);
    assert!(screen.contains("42"), "{screen}");
}

#[test]
fn variables_survive_a_failing_line() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run("let kept = 20; fn two() { 2 }");
    let screen = shell.run("let lost = 1; kept = 40; throw `no ${kept}`");
    assert!(screen.contains("error: no 40"), "{screen}");
    // The statement is directly above.
    assert!(!screen.contains("-->") && !screen.contains('^'), "{screen}");
    let screen = shell.run("kept + + )");
    assert!(screen.contains("does not parse"), "{screen}");
    let caret = screen.lines().find(|line| line.trim_end().ends_with('^'));
    let quoted = screen.lines().find(|line| line.contains("| kept"));
    let (caret, quoted) = (caret.expect("a caret"), quoted.expect("the line"));
    assert_eq!(caret.find('^'), quoted.find(')'), "{screen}");
    shell.gives("kept + two()", "42");
    // An error inside a function of an earlier statement shows that statement's line.
    shell.run("fn broken() { kepd }");
    let screen = shell.run("1 + broken()");
    assert!(screen.contains("| fn broken() { kepd }"), "{screen}");
}

#[test]
fn a_failed_let_does_not_hide_an_older_variable() {
    let mut shell = Home::new().shell();
    shell.run("let x = 42;");
    shell.run("let x = nothing_such();");
    shell.gives("x", "42");
}

#[test]
fn an_imported_module_is_kept() {
    let home = Home::new();
    home.write(
        "tools.rhai",
        "fn twice(x) { x * 2 }\nexport const ROWS = 7;",
    );
    home.rows("books.json", 5);
    let mut shell = home.shell();
    shell.run(r#"import "tools" as tools;"#);
    shell.gives("tools::twice(21)", "42");
    shell.gives("tools::ROWS * 11", "77");
    shell.run(r#"connect("local"); create_collection("books", #{dimension: 4});"#);
    shell.gives(
        r#"wait(import("books", "books.json")).rows * tools::twice(1)"#,
        "10",
    );
    shell.run("throw 1");
    shell.gives("tools::twice(2) + 1", "5");
    // Functions can use the module too.
    shell.run("fn four(x) { tools::twice(tools::twice(x)) }");
    shell.gives("four(10)", "40");
}

#[test]
fn ctrl_c_drops_the_typed_text() {
    let mut shell = Home::new().shell();
    shell.type_text("let x = 1");
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.run("x");
    assert!(screen.contains("no variable x"), "{screen}");
    shell.type_text("fn open() {");
    shell.send(ENTER);
    shell.wait_for("a further line", |screen| {
        screen.cursor_position() == (1, 4)
    });
    shell.send(CTRL_C);
    shell.prompt();
    assert!(shell.screen().contains("^C"), "{}", shell.screen());
    shell.gives("40 + 2", "42");
}

#[test]
fn wide_letters_do_not_break_the_line() {
    let mut shell = Home::new().shell();
    shell.gives(r#""日本語 ü é".len"#, "7");
    shell.gives(r#""日" + "本""#, "日本\n");
    shell.type_text(r#"let 名 = "日本語""#);
    let typed = "zshell> let 名 = \"日本語\"";
    shell.see(typed);
    // Seven wide letters would each be one column short if they counted as narrow.
    let wide = typed.chars().filter(|letter| !letter.is_ascii()).count();
    let column = typed.chars().count() + wide;
    shell.wait_for("the cursor behind the text", |screen| {
        usize::from(screen.cursor_position().1) == column
    });
    shell.send(CTRL_C);
    shell.run(r#"fn wide() { "日本語" + nothing_such }"#);
    let screen = shell.run("wide()");
    let quoted = screen.lines().find(|line| line.contains(" | fn wide()"));
    let caret = screen.lines().find(|line| line.trim_end().ends_with('^'));
    let width = |line: &str, end: &str| {
        let before = line.find(end).map_or("", |at| &line[..at]);
        before
            .chars()
            .map(|letter| 1 + usize::from(!letter.is_ascii()))
            .sum::<usize>()
    };
    assert_eq!(
        width(caret.expect("a caret"), "^"),
        width(quoted.expect("the line"), "nothing_such"),
        "{screen}"
    );
}

#[test]
fn a_changed_module_is_read_again() {
    let home = Home::new();
    home.write("inner.rhai", "fn one() { 1 }");
    home.write(
        "outer.rhai",
        "import \"inner\" as inner; fn one() { inner::one() }",
    );
    let mut shell = home.shell();
    shell.run(r#"import "outer" as outer;"#);
    shell.gives("outer::one()", "1");
    home.write("inner.rhai", "fn one() { 10 + 1 }");
    shell.run(r#"import "outer" as outer;"#);
    shell.gives("outer::one()", "11");
}

#[test]
fn a_lone_underscore_does_not_swallow_the_next_line() {
    let mut shell = Home::new().shell();
    let screen = shell.run("_");
    assert!(screen.contains("a lone _ is no name"), "{screen}");
    shell.gives("40 + 2", "42");
}
