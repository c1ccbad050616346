//! Width, colours, and terminals with few features.

use crate::prompt::harness::{CTRL_C, CTRL_D, ENTER, Home, Terminal, is_job_id};
use vt100::Color;

fn session(columns: u16, env: &[(&str, &str)]) -> (Home, Terminal) {
    let home = Home::new();
    home.rows("books.json", 20);
    let mut shell = home.shell_with(columns, env);
    shell.run(r#"connect("local");"#);
    shell.run(r#"create_collection("books", #{dimension: 4});"#);
    shell.run(r#"wait(import("books", "books.json"));"#);
    (home, shell)
}

/// Returns the colour of a word's first letter in the last line that contains the word.
fn color_of(shell: &Terminal, word: &str) -> Color {
    shell.look(|screen| {
        let (lines, columns) = screen.size();
        (0..lines.get())
            .rev()
            .find_map(|line| {
                (0..columns.get()).find_map(|column| {
                    let text: String = (column..columns.get())
                        .filter_map(|at| screen.cell(line, at))
                        .map(vt100::Cell::contents)
                        .collect();
                    text.starts_with(word)
                        .then(|| screen.cell(line, column).map(vt100::Cell::fgcolor))
                        .flatten()
                })
            })
            .unwrap_or_default()
    })
}

#[test]
fn tables_fit_the_screen() {
    for columns in [80, 200] {
        let (_home, mut shell) = session(columns, &[]);
        for line in ["jobs()", "progress(jobs()[0])", r#"describe("books")"#] {
            shell.run(line);
            shell.look(|screen| {
                let wrapped: Vec<u16> = (0..screen.size().0.get())
                    .filter(|line| screen.row_wrapped(*line))
                    .collect();
                // A job with one file is shown as a record only.
                let is_record = line.starts_with("progress");
                let has_table = screen.contents().contains('┤') || is_record;
                assert!(
                    has_table && wrapped.is_empty(),
                    "{line} at {columns}: {wrapped:?}\n{}",
                    screen.contents()
                );
            });
        }
    }
}

#[test]
fn a_narrow_screen_shows_every_value() {
    let (_home, mut shell) = session(32, &[]);
    let screen = shell.run("jobs()");
    for text in ["Completed", "books", "100%"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    // Ids are never cut, so they can be copied.
    assert!(screen.split_whitespace().any(is_job_id), "{screen}");
    let (_home, mut shell) = session(40, &[]);
    let screen = shell.run("help query");
    let narrow =
        shell.look(|screen| (0..screen.size().0.get()).all(|line| !screen.row_wrapped(line)));
    assert!(narrow, "{screen}");
}

#[test]
fn states_are_coloured_unless_colour_is_disabled() {
    let (_home, mut shell) = session(80, &[]);
    shell.run("jobs()");
    assert_eq!(color_of(&shell, "Completed"), Color::Idx(2));
    shell.run("throw 1");
    assert_eq!(color_of(&shell, "error:"), Color::Idx(1));
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let home = Home::new();
        let mut shell = home.shell_with(80, &[plain]);
        shell.send("throw 1");
        shell.send(ENTER);
        shell.see("error:");
        assert_eq!(color_of(&shell, "error:"), Color::Default, "{plain:?}");
    }
}

/// Text from a service mustn't control the terminal, even if a script prints it. A file gets all characters.
#[test]
fn written_text_does_not_control_the_terminal() {
    let home = Home::new();
    let hostile = "T\u{1b}]0;title\u{7}\u{1b}[8m\u{9b}31m\u{202e}\u{90}q\r!";
    home.write("text", hostile);
    home.write(
        "script.rhai",
        r#"let t = read_text("text"); print(t); debug(t); show(t); show([#{a: t}]); show([t], #{format: "json"});
           log_warn(t); if args.len() > 0 { print(ask(t)); }
           try { throw t } catch (e) { print(e); } throw t;"#,
    );
    // The screen model doesn't show the characters that replace the unsafe ones.
    let (safe, seen) = ("T�]0;title��[8m�31m��q�!", "T]0;title[8m31mq!");
    let mut prompt = home.shell();
    prompt.run("let t = read_text(\"text\"); print(t)");
    prompt.see(seen);
    let screen = prompt.run("t");
    assert!(screen.contains(seen), "{screen}");
    let mut script = home.program(200, &["-v", "run", "script.rhai", "x"], &[]);
    script.wait_for("the question", |screen| {
        screen.contents().ends_with(&format!("{seen} "))
    });
    script.send("answer\r");
    let json = home.program(200, &["--log-format", "json", "run", "script.rhai"], &[]);
    for mut run in [prompt, script, json] {
        if run.look(|screen| screen.contents().contains("zshell>")) {
            run.send(CTRL_D);
        }
        run.end();
        assert!(
            run.was_sent(safe.as_bytes()) || run.was_sent(br"\u009b"),
            "{}",
            run.screen()
        );
        for part in [
            "\u{1b}]0",
            "\u{1b}[8m",
            "\u{9b}",
            "\u{202e}",
            "\u{90}",
            "q\r!",
        ] {
            assert!(!run.was_sent(part.as_bytes()), "{part:?}: {}", run.screen());
        }
    }
    let written = home.zshell(&["eval", "print(read_text(\"text\"))"], &[]);
    assert_eq!(written.stdout, format!("{hostile}\n").into_bytes());
}

#[test]
fn a_dumb_terminal_is_supported() {
    let home = Home::new();
    home.rows("books.json", 20);
    let mut shell = home.shell_with(80, &[("TERM", "dumb")]);
    let mut line = |text: &str| {
        shell.prompt();
        shell.send(text);
        shell.wait_for("an echo", |screen| screen.contents().contains(text));
        shell.send("\n");
    };
    line(r#"connect("local");"#);
    line(r#"create_collection("books", #{dimension: 4});"#);
    line(r#"wait(import("books", "books.json")).rows + 1"#);
    line("fn f(x) {");
    shell.send("x * 2 }\n");
    shell.prompt();
    shell.send("f(50)\n");
    shell.see("100");
    shell.prompt();
    shell.send("print(\"as\" + \"leep\"); sleep(\"1h\")\n");
    shell.see("asleep");
    shell.send(CTRL_C);
    shell.see("interrupted");
    shell.prompt();
    assert!(shell.screen().contains("\n21\n"), "{}", shell.screen());
    assert!(!home.history().is_empty());
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}
