//! Settings in `config.toml`, and the connection in the prompt before the first call.

use crate::prompt::harness::{CTRL_D, Home, look_of};
use vt100::Color;

/// Returns a home whose `config.toml` has this text.
fn configured(text: &str) -> Home {
    let home = Home::new();
    home.write("config/config.toml", text);
    home
}

#[test]
fn settings_are_kept_in_the_config_file() {
    let home = configured(
        "edit_mode = \"emacs\"\n[prompt]\noutput = \"json\"\nverbose = false\ntiming = true\nedit_mode = \"vi\"\nquiet = \"yes\"\n",
    );
    let mut shell = home.shell();
    shell.gives("#{a: 1}", "\"a\": 1");
    assert!(shell.screen().contains("took "), "{}", shell.screen());
    let screen = shell.run(":who");
    for setting in ["output json", "timing on", "edit_mode vi", "quiet on"] {
        assert!(screen.contains(setting), "{setting}:\n{screen}");
    }
    shell.run(":set timing off");
    let screen = shell.run("1 + 1");
    assert!(!screen.contains("took "), "{screen}");
    let mut flags = home.shell_as(&["-o", "table"], &[]);
    let screen = flags.run("#{a: 1}");
    assert!(!screen.contains("\"a\": 1"), "{screen}");
}

#[test]
fn scripts_and_commands_ignore_the_settings_of_the_prompt() {
    let home = configured("[prompt]\noutput = \"json\"\ntiming = true\n");
    let ran = home.zshell(&["eval", "\"a\""], &[]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "a\n");
    assert!(ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn environment_variables_override_the_config_file() {
    let home = configured("[prompt]\ncolor = \"always\"\npager = \"cat -n\"\n");
    let mut shell = home.shell_as(&[], &[("NO_COLOR", "1")]);
    shell.gives(":set color", "color auto   (auto, always or never)");
    shell.gives(":set pager", "pager auto");
    let mut shell = home.shell();
    shell.gives(":set color", "color always");
}

#[test]
fn wrong_settings_are_errors_with_their_line() {
    let home = configured("[prompt]\nouptut = \"json\"\n\ncolor = \"sometimes\"\ntiming = true\n");
    let mut shell = home.start(&[]);
    shell.see("config.toml, line 2: no setting \"ouptut\"");
    shell.see("did you mean \"output\"?");
    shell.see("config.toml, line 4: color cannot be \"sometimes\"");
    shell.prompt();
    shell.gives(":set timing", "timing on   (off or on)");
    let home = configured("[prompt]\noutput = [1]\n");
    let ran = home.zshell(&["profile", "list"], &[]);
    let problem = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{problem}");
    assert!(
        problem.contains("line 2: a setting of [prompt] is"),
        "{problem}"
    );
}

#[test]
fn settings_shows_how_to_keep_a_setting() {
    let home = Home::new();
    let mut shell = home.shell();
    let screen = shell.run(":set");
    assert!(
        screen.contains("for all sessions: output = \"json\" below [prompt] in"),
        "{screen}"
    );
    shell.run(":set output vertical");
    shell.gives(
        ":set output",
        "for all sessions: output = \"vertical\" below",
    );
}

const PROFILES: &str = "[profiles.prod]\nendpoint = \"http://localhost:19530\"\nprotected = true\n[profiles.dev]\nendpoint = \"http://localhost:19530\"\n";

#[test]
fn the_profile_is_in_the_first_prompt() {
    let home = configured(PROFILES);
    for (args, env, prompt) in [
        (vec!["-p", "dev"], vec![], "dev> "),
        (vec!["-p", "local"], vec![], "local> "),
        (
            vec!["-p", "http://localhost:19530"],
            vec![],
            "localhost:19530> ",
        ),
        (vec![], vec![("ZSHELL_PROFILE", "dev")], "dev> "),
        (vec![], vec![], "zshell> "),
        (
            vec!["-p", "prod"],
            vec![("NO_COLOR", "1")],
            "prod[protected]> ",
        ),
    ] {
        let shell = home.shell_as(&args, &env);
        assert!(
            shell.screen().ends_with(prompt.trim_end()),
            "{args:?} {env:?}:\n{}",
            shell.screen()
        );
    }
    let mut shell = home.shell_as(&["-p", "local"], &[]);
    shell.run("jobs()");
    assert!(
        shell.screen().ends_with("local/default>"),
        "{}",
        shell.screen()
    );
    let mut shell = home.shell_as(&["-p", "prod"], &[]);
    shell.gives(
        ":who",
        "none yet: the first call connects to prod, which is protected",
    );
    let home = configured(&format!("default_profile = \"dev\"\n{PROFILES}"));
    home.shell().see("dev> ");
}

#[test]
fn a_protected_profile_has_a_colour_of_its_own() {
    let home = configured(PROFILES);
    let look = |profile| {
        let shell = home.shell_as(&["-p", profile], &[]);
        shell
            .look(|screen| look_of(screen, &format!("{profile}>")))
            .expect("a prompt")
    };
    let (dev, prod) = (look("dev"), look("prod"));
    assert_eq!((dev.color, dev.bold), (Color::Idx(6), false));
    assert_eq!((prod.color, prod.bold), (Color::Idx(1), true));
}

#[test]
fn an_unknown_profile_is_refused_at_the_start() {
    let home = configured(PROFILES);
    for (name, hint) in [
        ("pord", "did you mean \"prod\"?"),
        ("else", "saved profiles: dev, prod"),
    ] {
        let shell = home.start(&["-p", name]);
        shell.see(&format!("no profile \"{name}\""));
        shell.see(hint);
        assert_eq!(shell.exit_code(), 2);
    }
    // The user may choose another connection.
    let mut shell = home.shell_as(&[], &[("ZSHELL_PROFILE", "gone")]);
    shell.see("no profile \"gone\"");
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}
