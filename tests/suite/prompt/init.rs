//! `init.rhai`, which runs before the first prompt.

use crate::prompt::harness::{CTRL_C, Home};

fn home(init: &str) -> Home {
    let home = Home::new();
    home.write("config/init.rhai", init);
    home
}

#[test]
fn init_defines_variables_and_functions() {
    let home = home("let base = 40;\nfn more(n) { n + 1 }\nprint(\"set up\");\n5");
    let mut shell = home.shell();
    let screen = shell.screen();
    assert!(
        screen.contains("set up") && !screen.contains("\n5\n"),
        "{screen}"
    );
    shell.gives("more(base) + 1", "42");
    shell.run(":reset");
    shell.gives("more(base) + 2", "43");
    let mut plain = home.shell_as(&["--no-init"], &[]);
    let screen = plain.run("base");
    assert!(screen.contains("error:"), "{screen}");
}

#[test]
fn the_prompt_starts_after_an_error_in_init() {
    let home = home("let a = 1;\nlet b = missing(a);\n");
    let mut shell = home.shell();
    let screen = shell.screen();
    assert!(
        screen.contains("error:") && screen.contains("init.rhai:2:"),
        "{screen}"
    );
    shell.gives("a + 41", "42");
    let home = self::home("let a = \n");
    let mut shell = home.shell();
    assert!(
        shell.screen().contains("does not parse"),
        "{}",
        shell.screen()
    );
    shell.gives("40 + 2", "42");
}

#[test]
fn ctrl_c_stops_init() {
    let home = home("let a = 42; print(\"going\"); loop {}");
    let mut shell = home.start(&[]);
    shell.see("going");
    shell.send(CTRL_C);
    shell.prompt();
    assert!(shell.screen().contains("interrupted"), "{}", shell.screen());
    shell.gives("a", "42");
}

#[test]
fn scripts_do_not_run_init() {
    let home = home("let a = 42; print(\"set up\");");
    let output = home.zshell(&["eval", "1"], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n");
}

#[test]
fn a_saved_script_contains_definitions_of_init() {
    let home = home("fn more(n) { n + 1 }");
    let mut shell = home.shell();
    shell.run("more(41)");
    shell.run(":save a.rhai");
    let script = home.read("a.rhai");
    assert!(script.contains("// from init.rhai"), "{script}");
    let output = home.zshell(&["run", "a.rhai"], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{script}");
}
