//! `:edit`

use crate::prompt::harness::{ENTER, Home, UP};
use std::os::unix::fs::PermissionsExt;

/// Returns an editor command that runs this shell script; `$1` is the file.
fn editor(home: &Home, script: &str) -> String {
    home.write("my editor", &format!("#!/bin/sh\n{script}\n"));
    let file = home.path().join("my editor");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a mode");
    format!("'{}' --wait", file.display())
}

const PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

#[test]
fn the_last_statement_is_edited_and_run() {
    let home = Home::new();
    // The editor writes the file's content beside it.
    let editor = editor(
        &home,
        r#"cp "$2" given; ls -l "$2" > mode; echo "$2" > name; echo "let b = 2; 40 + b" > "$2""#,
    );
    let mut shell = home.shell_with(100, &[PATH, ("EDITOR", &editor)]);
    shell.run("let a = 1;");
    shell.gives(":edit", "42");
    assert_eq!(home.read("given"), "let a = 1;\n");
    assert!(
        home.read("mode").starts_with("-rw-------"),
        "{}",
        home.read("mode")
    );
    let name = home.read("name");
    assert!(
        !std::path::Path::new(name.trim()).exists(),
        "the draft is gone"
    );
    shell.gives("a + b", "3");
    shell.type_text(UP);
    shell.send(UP);
    shell.see("let b = 2; 40 + b");
    shell.send(ENTER);
    shell.prompt();
}

#[test]
fn an_unchanged_statement_is_not_run() {
    let home = Home::new();
    let editor = editor(&home, "true");
    let mut shell = home.shell_with(100, &[PATH, ("VISUAL", &editor), ("EDITOR", "/none")]);
    shell.run("print(\"once\");");
    shell.gives(":edit", "nothing changed, nothing run");
    let editor = self::editor(&home, r#"echo > "$2""#);
    let mut shell = home.shell_with(100, &[PATH, ("VISUAL", &editor)]);
    shell.run("print(\"once\");");
    shell.gives(":edit", "nothing changed, nothing run");
}

#[test]
fn a_script_is_edited_in_place() {
    let home = Home::new();
    home.write("a.rhai", "1");
    let editor = editor(&home, r#"echo "fn f() { 42 } f()" > "$2""#);
    let mut shell = home.shell_with(100, &[PATH, ("VISUAL", &editor)]);
    shell.gives(":edit a.rhai", "42");
    assert_eq!(home.read("a.rhai"), "fn f() { 42 } f()\n");
    shell.gives("f() + 1", "43");
}

#[test]
fn the_terminal_is_reset_after_a_failed_editor() {
    let home = Home::new();
    let editor = editor(
        &home,
        r#"echo "throw 1" > "$2"; printf '\033[?1049h\033[?25l'; stty raw -echo; exit 3"#,
    );
    let mut shell = home.shell_with(100, &[PATH, ("VISUAL", &editor)]);
    shell.run("let a = 41;");
    let screen = shell.run(":edit");
    assert!(
        screen.contains("ended with exit status: 3; nothing was run"),
        "{screen}"
    );
    assert!(shell.look(|screen| !screen.hide_cursor() && !screen.alternate_screen()));
    shell.gives("a + 1", "42");
}

#[test]
fn a_missing_editor_is_an_error() {
    let home = Home::new();
    let mut shell = home.shell_with(100, &[("PATH", "/none")]);
    let screen = shell.run(":edit");
    assert!(
        screen.contains("no editor") && screen.contains("set EDITOR"),
        "{screen}"
    );
    let mut shell = home.shell_with(100, &[("PATH", "/none"), ("EDITOR", "/none/at/all")]);
    let screen = shell.run(":edit");
    assert!(
        screen.contains("cannot start the editor /none/at/all"),
        "{screen}"
    );
    let mut shell = home.shell_with(100, &[("EDITOR", "'open")]);
    let screen = shell.run(":edit");
    assert!(screen.contains("EDITOR is \"'open\""), "{screen}");
}

#[test]
fn an_endless_file_is_not_read() {
    let home = Home::new();
    std::os::unix::fs::symlink("/dev/zero", home.path().join("zero.rhai")).expect("a link");
    let mut shell = home.shell_with(100, &[PATH, ("EDITOR", "true")]);
    let screen = shell.run(":edit zero.rhai");
    assert!(screen.contains("it is larger than 64 MiB"), "{screen}");
}
