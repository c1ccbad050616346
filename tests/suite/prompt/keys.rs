//! Keys that search the history, and the emacs and vi modes.

use crate::prompt::harness::{
    CTRL_C, CTRL_R, CTRL_S, CTRL_U, DOWN, ENTER, ESCAPE, Home, Terminal, UP,
};

/// Starts a shell and runs some statements.
fn shell_after(home: &Home, lines: &[&str]) -> Terminal {
    let mut shell = home.shell();
    for line in lines {
        shell.run(line);
    }
    shell
}

/// Waits until the cursor's line, without dim text, is this.
fn line(shell: &Terminal, text: &str) {
    shell.wait_for(&format!("the line {text:?}"), |screen| {
        let (line, _) = screen.cursor_position();
        let cells = (0..screen.size().1.get()).filter_map(|at| screen.cell(line, at));
        let typed = cells.filter(|cell| !cell.dim());
        let shown: String = typed
            .map(|cell| {
                if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                }
            })
            .collect();
        shown.trim_end() == text
    });
}

#[test]
fn up_searches_for_statements_with_the_typed_prefix() {
    let home = Home::new();
    let mut shell = shell_after(&home, &["let a = 1", "let b = 2", "a + b", "let c = 3"]);
    shell.type_text("let");
    shell.send(UP);
    line(&shell, "zshell> let c = 3");
    shell.send(UP);
    line(&shell, "zshell> let b = 2");
    shell.send(UP);
    line(&shell, "zshell> let a = 1");
    shell.send(UP);
    shell.send(DOWN);
    line(&shell, "zshell> let b = 2");
    shell.send(DOWN);
    shell.send(DOWN);
    // The typed text returns and can be extended.
    line(&shell, "zshell> let");
    shell.send(CTRL_U);
    line(&shell, "zshell>");
    shell.send(UP);
    shell.send(UP);
    line(&shell, "zshell> a + b");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n3\n"), "{}", shell.screen());
}

#[test]
fn ctrl_r_and_ctrl_s_search_anywhere_in_a_statement() {
    let home = Home::new();
    let mut shell = shell_after(&home, &["1 + 10", "2 + 20", "1 + 30"]);
    shell.type_text("x");
    shell.send(CTRL_R);
    shell.see("(reverse-i-search)`':");
    shell.send("1 +");
    shell.see("(reverse-i-search)`1 +': 1 + 30");
    shell.send(CTRL_R);
    shell.see("(reverse-i-search)`1 +': 1 + 10");
    shell.send(CTRL_S);
    shell.see("(reverse-i-search)`1 +': 1 + 30");
    shell.send(CTRL_R);
    shell.see("(reverse-i-search)`1 +': 1 + 10");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n11\n"), "{}", shell.screen());
    shell.type_text("x");
    shell.send(CTRL_R);
    shell.send("2");
    shell.see("2 + 20");
    shell.send(CTRL_C);
    shell.prompt();
    shell.gives("40 + 2", "42");
}

#[test]
fn a_statement_of_several_lines_is_edited_as_a_whole() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.type_text("[1,");
    shell.send(ENTER);
    shell.send("2].len");
    shell.send(ENTER);
    shell.prompt();
    shell.run("5");
    shell.type_text("[");
    shell.send(UP);
    shell.see("zshell> [1,\n    2].len");
    shell.send(" + 40");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n42\n"), "{}", shell.screen());
}

#[test]
fn vi_mode_is_a_setting() {
    let home = Home::new();
    home.write("config/config.toml", "edit_mode = \"vi\"\n");
    let mut shell = shell_after(&home, &["40 + 1"]);
    shell.type_text("50 + 2");
    shell.send(ESCAPE);
    // Escape counts as a separate key if no other byte follows within half a second. The cursor then moves back.
    shell.wait_for("command mode", |screen| screen.cursor_position() == (0, 13));
    shell.send("0r4");
    line(&shell, "zshell> 40 + 2");
    shell.send("k");
    line(&shell, "zshell> 40 + 1");
    shell.send("j");
    line(&shell, "zshell> 40 + 2");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n42\n"), "{}", shell.screen());
}

#[test]
fn the_prompt_starts_after_a_wrong_setting() {
    let home = Home::new();
    home.write("config/config.toml", "edit_mode = \"ed\"\n");
    let mut shell = home.shell();
    let screen = shell.screen();
    assert!(screen.contains("config.toml, line 1"), "{screen}");
    shell.gives("40 + 2", "42");
}
