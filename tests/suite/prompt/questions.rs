//! Questions at the terminal: hidden keys, confirmations, `ask`. The harness searches the terminal's whole output for
//! the keys that are typed here.

use crate::prompt::harness::{CTRL_C, CTRL_D, ENTER, Home, Terminal};
use crate::prompt::service::Service;
use crate::support::secrets::{SECRET, TOKEN};
use std::os::unix::fs::PermissionsExt;
use zshell::internals::registry::{ExamplePlace, Function, functions};

/// Types a hidden answer once the terminal has stopped echoing.
fn answer_hidden(shell: &mut Terminal, answer: &str) {
    shell.wait_for_echo(false);
    shell.send(answer);
    shell.send(ENTER);
}

fn answer(shell: &mut Terminal, question: &str, answer: &str) {
    shell.see(question);
    shell.send(answer);
    shell.send(ENTER);
}

/// Starts zshell with these arguments in a terminal.
fn start(home: &Home, args: &[&str]) -> Terminal {
    home.program(100, args, &[])
}

#[test]
fn a_profile_is_added_by_answers_with_a_hidden_key() {
    let service = Service::guarded(TOKEN);
    let home = Home::new();
    let mut shell = start(&home, &["profile", "add", "prod"]);
    answer(&mut shell, "endpoint (", "ftp://nowhere");
    answer(&mut shell, "error:", &service.url);
    shell.see("user:password or API key, not shown (empty: none):");
    answer_hidden(&mut shell, TOKEN);
    answer(&mut shell, "database (empty for the default one):", "");
    answer(&mut shell, "scripts need --yes)? [y/N]", "y");
    answer(&mut shell, "the default for connect()? [Y/n]", "");
    shell.see("saved in");
    let screen = shell.screen();
    assert!(
        screen.contains("prod: milvus at http://127.0.0.1"),
        "{screen}"
    );
    assert!(screen.contains("0 import jobs"), "{screen}");
    assert!(shell.echoes());
    assert_eq!(shell.exit_code(), 0);
    let file = home.path().join("config/config.toml");
    let text = std::fs::read_to_string(&file).expect("the settings");
    for line in [
        "default_profile = \"prod\"",
        "[profiles.prod]",
        &format!("token = \"{TOKEN}\""),
        "protected = true",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut shell = home.shell();
    shell.gives("let c = connect(); c.key", "the profile \"prod\"");
}

#[test]
fn a_refused_key_can_be_retyped_or_saved() {
    let service = Service::guarded(TOKEN);
    let home = Home::new();
    let args = ["profile", "add", "prod", "--endpoint", &service.url];
    let mut shell = start(&home, &args);
    shell.see("not shown");
    answer_hidden(&mut shell, SECRET);
    answer(&mut shell, "database", "");
    answer(&mut shell, "[y/N]", "");
    answer(&mut shell, "[Y/n]", "n");
    shell.see("another key, not shown");
    // The question explains the choices, so there's no hint.
    let screen = shell.screen();
    assert!(
        screen.contains("error:") && !screen.contains("hint:"),
        "{screen}"
    );
    answer_hidden(&mut shell, TOKEN);
    shell.see("-p prod or connect(\"prod\") uses it");
    assert_eq!(shell.exit_code(), 0);
    // An unreachable endpoint, and then another name for the same question.
    let mut shell = start(
        &home,
        &["profile", "add", "prod", "--endpoint", "http://127.0.0.1:1"],
    );
    answer(&mut shell, "replace it? [y/N]", "n");
    shell.see("there is a profile \"prod\"");
    assert_eq!(shell.exit_code(), 7);
    let mut shell = start(
        &home,
        &[
            "profile",
            "add",
            "b",
            "--endpoint",
            "http://127.0.0.1:1",
            "--protected",
            "--db",
            "d",
            "--default",
        ],
    );
    answer_hidden(&mut shell, "");
    answer(&mut shell, "save it all the same? [y/N]", "n");
    shell.see("nothing was saved");
    assert_eq!(shell.exit_code(), 3);
    let mut shell = start(&home, &["profile", "remove", "prod"]);
    answer(
        &mut shell,
        "remove profile \"prod\" and its API key? [y/N]",
        "yes",
    );
    shell.see("removed \"prod\"");
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn ctrl_c_and_sigterm_end_a_question_and_reset_the_terminal() {
    let home = Home::new();
    let ask = ["eval", "ask_secret(\"the key:\")"];
    let mut shell = start(&home, &ask);
    shell.wait_for_echo(false);
    shell.send(TOKEN);
    shell.send(CTRL_C);
    assert_eq!(shell.end().exit_code(), 130);
    assert!(shell.echoes());
    let mut shell = start(&home, &ask);
    shell.wait_for_echo(false);
    shell.signal("TERM");
    assert_eq!(shell.end().exit_code(), 143);
    assert!(shell.echoes());
    // Ctrl-D is no answer.
    let mut shell = start(&home, &ask);
    shell.wait_for_echo(false);
    shell.send(CTRL_D);
    shell.see("no answer was given");
    assert_eq!(shell.end().exit_code(), 7);
    assert!(shell.echoes());
}

#[test]
fn answers_are_values_of_the_script() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.begin(r#"let a = ask("which" + " one?"); `<${a}>`"#);
    answer(&mut shell, "which one?", "the second");
    shell.prompt();
    assert!(
        shell.screen().contains("<the second>"),
        "{}",
        shell.screen()
    );
    shell.begin(r#"ask("which" + " one?", "books")"#);
    answer(&mut shell, "which one? [books]", "");
    shell.prompt();
    assert!(
        shell.screen().ends_with("books\nzshell>"),
        "{}",
        shell.screen()
    );
    shell.begin(r#"let k = ask_secret("the" + " key:"); k"#);
    shell.see("the key:");
    answer_hidden(&mut shell, TOKEN);
    shell.see("****");
    shell.prompt();
    shell.gives(r#"print(k); k + "x""#, "****");
    // The prompt works after an interrupted question.
    shell.begin(r#"ask_secret("another" + " key:")"#);
    shell.see("another key:");
    shell.wait_for_echo(false);
    shell.send(CTRL_C);
    shell.prompt();
    shell.gives("40 + 2", "42");
}

#[test]
fn examples_of_help_with_questions_work() {
    let home = Home::new();
    let examples = functions().flat_map(Function::examples);
    let examples = examples.filter(|(place, _)| *place == ExamplePlace::Terminal);
    for (_, example) in examples {
        let mut shell = start(&home, &["eval", example]);
        answer_hidden(&mut shell, TOKEN);
        shell.see("****");
        assert_eq!(shell.exit_code(), 0);
    }
}

#[test]
fn a_missing_secret_is_asked_for_once() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.begin(r#"let a = secret("PROD_KEY"); a"#);
    shell.see("secret PROD_KEY, not shown:");
    answer_hidden(&mut shell, TOKEN);
    shell.see("****");
    shell.gives(r#"let b = secret("PROD_KEY"); a == b"#, "true");
}

#[test]
fn a_typed_key_is_sent_to_the_service() {
    let service = Service::guarded(TOKEN);
    let home = Home::new();
    let mut shell = home.shell();
    let connect = format!("let c = connect({:?}); c.key", service.url);
    shell.begin(&connect);
    shell.see("not shown:");
    answer_hidden(&mut shell, SECRET);
    shell.see("error:");
    // The wrong key isn't kept, the right one is.
    shell.begin(&connect);
    shell.see("not shown:");
    answer_hidden(&mut shell, TOKEN);
    shell.see("asked at the terminal");
    shell.gives(&connect, "asked at the terminal");
    shell.gives("jobs().len()", "0");
}

#[test]
fn a_missing_cloud_key_is_asked_for_before_any_request() {
    let home = Home::new();
    let endpoint = "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com";
    let mut shell = home.shell();
    shell.begin(&format!(
        "let c = connect(#{{endpoint: {endpoint:?}, verify: false}}); c.key"
    ));
    shell.see("API key (or user:password) for api.cloud.zilliz.com, not shown:");
    answer_hidden(&mut shell, TOKEN);
    shell.see("asked at the terminal");
    shell.begin(&format!(
        "connect(#{{endpoint: {:?}, verify: false}})",
        endpoint.replace("zillizcloud.com", "zilliz.com.cn")
    ));
    shell.see("not shown:");
    answer_hidden(&mut shell, "");
    shell.see("no API key for");
}

#[test]
fn a_protected_profile_needs_confirmation_at_the_prompt() {
    let service = Service::start(1_000_000);
    let home = Home::new();
    home.write(
        "config/config.toml",
        &format!(
            "[profiles.prod]\nendpoint = \"{}\"\nprotected = true\n",
            service.url
        ),
    );
    let mut shell = home.shell();
    shell.run(r#"connect("prod"); create_collection("books", #{dimension: 4})"#);
    shell.begin(r#"drop_collection("books")"#);
    answer(&mut shell, "type books to confirm:", "book");
    shell.see("was not confirmed, and not done");
    shell.gives("collections()", "books");
    shell.begin(r#"drop_collection("books")"#);
    answer(&mut shell, "type books to confirm:", "books");
    shell.prompt();
    shell.gives("collections().len()", "0");
    shell.begin(r#"abort("job-1")"#);
    answer(&mut shell, "go on? [y/N]", "");
    shell.see("was not confirmed");
}
