//! Results that are longer than the screen.

use crate::prompt::harness::{CTRL_C, ENTER, Home, Terminal};

/// Five hundred rows, more than the forty lines of the terminal.
const ROWS: &str = "let rows = []; for n in 0..500 { rows.push(#{n: n, name: `row ${n}`}); }";

fn shell(pager: &str) -> (Home, Terminal) {
    let home = Home::new();
    // Prints its arguments and waits for a key, like a pager.
    home.write(
        "pager.sh",
        "printf '%s paged, ' \"$1\"; grep -c 'row '; read key < /dev/tty",
    );
    let mut shell = home.shell_with(100, &[("PAGER", pager)]);
    shell.run(ROWS);
    (home, shell)
}

fn has_less() -> bool {
    let less = std::process::Command::new("less").arg("--version").output();
    let there = less.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: there is no less here");
    }
    there
}

#[test]
fn a_long_result_goes_to_the_pager_completely() {
    for pager in ["sh pager.sh all", "sh pager.sh 'all' | cat"] {
        let (_home, mut shell) = shell(pager);
        for line in ["rows", "show(rows);"] {
            shell.begin(line);
            shell.see("all paged, 500");
            shell.send(ENTER);
            shell.prompt();
        }
        // A result that fits the screen isn't paged.
        let screen = shell.run("[1, 2, 3]");
        assert!(!screen.contains("paged"), "{screen}");
        shell.gives("rows.len() + 1", "501");
    }
}

#[test]
fn q_ends_less() {
    if !has_less() {
        return;
    }
    // The default pager, as the environment names none.
    let (_home, mut shell) = shell("less -FRX -K");
    shell.begin("rows");
    shell.wait_for("the first page", |screen| {
        let shown = screen.contents();
        shown.contains("row 30") && shown.trim_end().ends_with(':')
    });
    assert!(!shell.screen().contains("row 100"), "{}", shell.screen());
    shell.send("q");
    shell.prompt();
    shell.gives("rows.len() + 1", "501");
}

#[test]
fn ctrl_c_ends_a_pager_and_never_the_shell() {
    let (_home, mut shell) = shell("sh pager.sh all");
    shell.begin("rows");
    shell.see("all paged, 500");
    shell.send(CTRL_C);
    shell.prompt();
    shell.gives("rows.len() + 1", "501");
    // In a statement, Ctrl-C stops the statement, even if more pages would follow.
    shell.begin("loop { show(rows); }");
    shell.see("all paged, 500");
    shell.send(CTRL_C);
    shell.see("interrupted");
    shell.prompt();
    shell.gives("rows.len() + 2", "502");
}

#[test]
fn without_a_pager_a_list_ends_with_a_count() {
    let (_home, mut shell) = shell("");
    let screen = shell.run("rows");
    assert!(
        screen.contains("… 380 more rows; show(last, #{limit: \"all\"})"),
        "{screen}"
    );
    assert!(
        screen.contains("row 119") && !screen.contains("row 120"),
        "{screen}"
    );
    let screen = shell.run("show(last, #{limit: \"all\"})");
    assert!(
        screen.contains("row 499") && !screen.contains("more rows"),
        "{screen}"
    );
    let screen = shell.run("show(last, #{limit: 3})");
    assert!(
        screen.contains("row 2") && screen.contains("… 497 more rows"),
        "{screen}"
    );
    // Output for programs is never shortened.
    let screen = shell.run("show(last, #{format: \"csv\"})");
    assert!(screen.contains("499,row 499"), "{screen}");
}

#[test]
fn results_are_shown_without_a_broken_pager() {
    for pager in ["no-such-pager", "no-such-pager 'x'"] {
        let (_home, mut shell) = shell(pager);
        let screen = shell.run("rows");
        assert!(screen.contains("… 380 more rows"), "{screen}");
        shell.gives("1 + 1", "2");
        // The first lines have left the screen, because the warning precedes the list.
        let screen = shell.run("show([1, 2].len() + rows.len())");
        assert!(screen.contains("502"), "{screen}");
    }
}

#[test]
fn scripts_are_never_paged() {
    let home = Home::new();
    home.write("pager.sh", "echo paged");
    let script = format!("{ROWS} rows");
    let shell = home.program(80, &["eval", &script], &[("PAGER", "sh pager.sh")]);
    shell.see("row 499");
    assert!(!shell.screen().contains("paged"), "{}", shell.screen());
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn the_history_opens_at_its_end() {
    let home = Home::new();
    let lines: Vec<String> = (0..100).map(|at| format!("let v{at} = {at};\n")).collect();
    home.write("data/history", &lines.concat());
    home.write("pager.sh", "cat > /dev/null; echo \"options: $LESS\"");
    let mut shell = home.shell_with(100, &[("PAGER", "sh pager.sh"), ("LESS", "-R")]);
    shell.gives(":history 90", "options: -R +G");
    if !has_less() {
        return;
    }
    let mut shell = home.shell_with(100, &[("PAGER", "less -FRX -K")]);
    shell.begin(":history 90");
    shell.see("let v99 = 99;");
    shell.send("q");
    shell.prompt();
    assert!(!shell.screen().contains("let v20 "), "{}", shell.screen());
}
