//! The history across sessions.

use crate::prompt::harness::{CTRL_D, ENTER, Home, UP};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_history_survives_a_restart() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run("100 + 11");
    shell.type_text("let text = `one");
    shell.send(ENTER);
    shell.wait_for("a further line", |screen| {
        screen.cursor_position() == (1, 0)
    });
    shell.send("two`; text.len");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n7\n"), "{}", shell.screen());
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);

    let mut shell = home.shell();
    shell.type_text(UP);
    // Both lines of the last statement are one entry, and the cursor is at its end.
    shell.see("zshell> let text = `one\ntwo`; text.len");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n7\n"), "{}", shell.screen());
    shell.type_text(UP);
    shell.see("two`; text.len");
    // Within the two lines, Up moves by a line, then to the previous entry.
    shell.send(UP);
    shell.send(UP);
    shell.see("100 + 11");
    shell.send(ENTER);
    shell.prompt();
    assert!(shell.screen().contains("\n111\n"), "{}", shell.screen());
}

#[test]
fn the_file_is_private_and_holds_no_keys() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run(r#"let options = #{endpoint: "http://127.0.0.1:9", token: "s3cret-key"};"#);
    shell.run("41 + 1");
    let kept = home.history();
    assert!(kept.contains("41 + 1"), "{kept}");
    assert!(
        kept.contains("endpoint") && !kept.contains("s3cret"),
        "{kept}"
    );
    let file = home.data().join("history");
    let mode = std::fs::metadata(&file)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_readable_history_file_becomes_private() {
    let home = Home::new();
    home.write("data/history", "#V2\n1 + 1\n");
    let file = home.data().join("history");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("a mode");
    let _shell = home.shell();
    let mode = std::fs::metadata(&file)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn two_shells_keep_each_others_entries() {
    let home = Home::new();
    let mut one = home.shell();
    let mut two = home.shell();
    for round in 0..5 {
        one.run(&format!("\"one {round}\""));
        two.run(&format!("\"two {round}\""));
    }
    let kept = home.history();
    for round in 0..5 {
        for name in ["one", "two"] {
            let entry = format!("{name} {round}");
            assert_eq!(kept.matches(&entry).count(), 1, "{entry} in\n{kept}");
        }
    }
}

#[test]
fn the_prompt_starts_with_an_unreadable_history() {
    let home = Home::new();
    std::fs::write(home.data().join("history"), b"#V2\n\xff\xfe\n7 * 7\n").expect("write");
    let mut shell = home.shell();
    shell.gives("40 + 2", "42");
    shell.type_text(UP);
    shell.send(UP);
    shell.see("7 * 7");
}

#[test]
fn an_unwritable_history_is_reported_once() {
    let home = Home::new();
    std::fs::create_dir(home.data().join("history")).expect("a folder in the way");
    let mut shell = home.shell();
    let warning = "not kept in";
    assert_eq!(
        shell.screen().matches(warning).count(),
        1,
        "{}",
        shell.screen()
    );
    for _ in 0..2 {
        shell.gives("40 + 2", "42");
        assert!(!shell.screen().contains("kept"), "{}", shell.screen());
    }
    // The history is kept in memory.
    shell.type_text(UP);
    shell.see("zshell> 40 + 2");

    let home = Home::new();
    let mut shell = home.shell();
    let file = home.data().join("history");
    std::fs::remove_file(&file).expect("the file");
    std::fs::create_dir(&file).expect("a folder in the way");
    let screen = shell.run("40 + 2");
    assert_eq!(screen.matches("no longer kept").count(), 1, "{screen}");
    shell.gives("40 + 3", "43");
    assert!(!shell.screen().contains("kept"), "{}", shell.screen());
}

#[test]
fn a_repeated_statement_is_stored_once() {
    let home = Home::new();
    let mut shell = home.shell();
    for line in ["1 + 1", "2 + 2", "1 + 1", "1 + 1"] {
        shell.run(line);
    }
    drop(shell);
    let mut shell = home.shell();
    shell.type_text(UP);
    shell.see("zshell> 1 + 1");
    shell.send(UP);
    shell.see("zshell> 2 + 2");
    shell.send(UP);
    shell.send(ENTER);
    shell.prompt();
    assert!(
        shell.screen().contains("\n4\n"),
        "there is no older one:\n{}",
        shell.screen()
    );
}

#[test]
fn a_key_in_any_spelling_is_not_stored() {
    let home = Home::new();
    let mut shell = home.shell();
    for line in [
        r#"let c = '"'; let token = "s3cret-key";"#,
        r#"let m = parse_json(`{"token":"s3cret-key"}`);"#,
        r#"let pw = /* x */ "a" + "s3cret-key";"#,
        r#"let u = "http://root:s3cret-key@host";"#,
    ] {
        shell.run(line);
    }
    shell.run("41 + 1");
    let kept = home.history();
    assert!(
        kept.contains("41 + 1") && !kept.contains("s3cret"),
        "{kept}"
    );
    assert!(kept.contains("http://root:****@host"), "{kept}");
}

#[test]
fn a_key_used_in_the_session_is_not_stored() {
    let home = Home::new();
    let mut shell = home.shell_with(100, &[("PROD_KEY", "s3cret-key")]);
    shell.run(r#"secret("s3cret-key")"#);
    shell.run(r#"let k = secret("PROD_KEY");"#);
    // This text doesn't look like a key.
    shell.run(r#"let note = "it was s3cret-key";"#);
    let kept = home.history();
    assert!(
        kept.contains("it was ****") && kept.contains("PROD_KEY"),
        "{kept}"
    );
    assert!(!kept.contains("s3cret-key"), "{kept}");
}

#[test]
fn a_locked_history_does_not_delay_the_prompt() {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).expect("a folder");
    let held = std::fs::File::create(home.data().join("history")).expect("a file");
    held.lock().expect("the lock");
    let mut shell = home.shell();
    shell.run("100 + 11");
    assert!(shell.screen().contains("\n111\n"), "{}", shell.screen());
    drop(held);
}
