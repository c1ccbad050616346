//! Commands about the history, settings, the session and its results, and `:load`.

use crate::prompt::harness::{CTRL_D, Home};
use crate::prompt::service::Service;

#[test]
fn history_lists_and_searches_statements() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run("100 + 11");
    shell.run("let books = 2;");
    shell.gives(":history", "1  100 + 11");
    let screen = shell.run(":history BOOKS");
    assert!(screen.contains("2  let books = 2;"), "{screen}");
    assert!(!screen.contains("100 + 11"), "{screen}");
    let screen = shell.run(":hist 1");
    assert!(
        screen.contains("5  :hist 1") && !screen.contains("let books"),
        "{screen}"
    );
    shell.gives(":history nothing-like-it-@", ":history nothing-like-it-@");
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    home.shell().gives(":history 100", "1  100 + 11");
}

#[test]
fn abbreviations_run_and_mistakes_have_suggestions() {
    let mut shell = Home::new().shell();
    let screen = shell.run(":w");
    assert!(screen.contains(":w may be :watch or :who"), "{screen}");
    let screen = shell.run(":hsitory");
    assert!(
        screen.contains("no command :hsitory") && screen.contains("history"),
        "{screen}"
    );
    let screen = shell.run(":load");
    assert!(
        screen.contains("the file is missing") && screen.contains(":load setup.rhai"),
        "{screen}"
    );
    let screen = shell.run(":who is it");
    assert!(screen.contains(":who takes nothing"), "{screen}");
    shell.gives("40 + 2", "42");
}

#[test]
fn a_script_is_loaded_into_the_session() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("lib")).expect("a folder");
    home.write("lib/my setup.rhai", "#!/usr/bin/env zshell\nimport \"dates\" as dates;\nlet a = dates::day();\nfn twice(n) { n * 2 }\ntwice(a)\n");
    home.write("lib/dates.rhai", "fn day() { 21 }");
    let mut shell = home.shell();
    shell.gives(":load lib/my setup.rhai", "42");
    shell.gives("last + 1", "43");
    shell.gives("twice(a) + dates::day()", "63");
    shell.gives(":load \"~/lib/my setup.rhai\"", "42");
    assert!(!home.history().contains("twice(n)"), "{}", home.history());
    home.write("broken.rhai", "let b = 1;\n\nmissing(b);\n");
    let screen = shell.run(":load broken.rhai");
    assert!(screen.contains("broken.rhai:3:"), "{screen}");
    let screen = shell.run(":load nowhere.rhai");
    assert!(screen.contains("cannot read \"nowhere.rhai\""), "{screen}");
    shell.gives("40 + 2", "42");
}

#[test]
fn a_statement_is_timed_with_its_requests() {
    let mut shell = Home::new().shell();
    let screen = shell.run(":time let a = 40; a + 2");
    assert!(
        screen.contains("\n42\n") && screen.contains("took "),
        "{screen}"
    );
    assert!(screen.contains(", 0 requests"), "{screen}");
    shell.gives("a + last", "82");
    shell.run(r#"connect("local");"#);
    let screen = shell.run(":time jobs()");
    assert!(
        screen.contains("no jobs") && screen.contains(", 1 request\n"),
        "{screen}"
    );
    let screen = shell.run(":time missing()");
    assert!(
        screen.contains("took ") && screen.contains("error:"),
        "{screen}"
    );
}

#[test]
fn settings_apply_to_existing_connections() {
    let mut shell = Home::new().shell();
    let screen = shell.run(":set");
    for text in [
        "output", "table", "json", "verbose", "off", "color", "quiet",
    ] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    shell.run(r#"connect("local");"#);
    shell.run(":set output json");
    shell.gives("#{a: 1}", "\"a\": 1");
    shell.gives(":set output", "output json");
    shell.run(":set verbose on");
    // The connection was made before the setting.
    shell.gives("jobs()", "> ");
    shell.run(":set verbose=off");
    let screen = shell.run("jobs()");
    assert!(
        !screen.contains("> GET") && !screen.contains("> POST"),
        "{screen}"
    );
    shell.gives(":who", "output json");
    let screen = shell.run(":set ouptut json");
    assert!(
        screen.contains("no setting \"ouptut\"") && screen.contains("output"),
        "{screen}"
    );
    shell.run(":set pager cat -n | cat");
    shell.gives(":set pager", "pager cat -n | cat");
    shell.run(":set edit_mode vi");
    shell.gives(":who", "edit_mode vi");
    let screen = shell.run(":set output yam");
    assert!(screen.contains("output cannot be \"yam\""), "{screen}");
}

#[test]
fn who_shows_the_connection_and_folders() {
    let home = Home::new();
    let service = Service::start(1_000_000);
    let mut shell = home.shell();
    shell.gives(":who", "none yet");
    shell.run(&format!(
        r#"connect(#{{endpoint: "{}", token: "s3cret-token", db: "tales", verify: false}});"#,
        service.url
    ));
    let screen = shell.run(":who");
    for text in [
        "milvus",
        "127.0.0.1",
        "tales",
        "given to connect",
        "config.toml",
        "data",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(!screen.contains("s3cret"), "{screen}");
}

#[test]
fn profiles_are_listed_and_chosen() {
    let home = Home::new();
    let service = Service::start(1_000_000);
    home.write(
        "config/config.toml",
        &format!("default_profile = \"dev\"\n[profiles.dev]\nendpoint = \"{}\"\ntoken = \"s3cret-token\"\n[profiles.far]\ncluster = \"mine\"\n", service.url),
    );
    let mut shell = home.shell();
    let screen = shell.run(":profile");
    for text in ["dev", "default", &service.url, "far", "mine", "local"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(!screen.contains("s3cret"), "{screen}");
    let screen = shell.run(":profile dev");
    assert!(screen.ends_with("dev/default>"), "{screen}");
    shell.gives(":profile", "current, default");
    let screen = shell.run(":profile local");
    assert!(screen.ends_with("local/default>"), "{screen}");
    let screen = shell.run(":profile deb");
    assert!(
        screen.contains("no profile \"deb\"") && screen.contains("dev"),
        "{screen}"
    );
}

#[test]
fn the_screen_is_cleared() {
    let mut shell = Home::new().shell();
    shell.begin("\"some\" + \"thing\"");
    shell.see("something");
    shell.prompt();
    shell.send(":clear\r");
    shell.wait_for("a cleared screen", |screen| {
        screen.contents().trim_end() == "zshell>"
    });
}

#[test]
fn reset_keeps_only_the_connection() {
    let home = Home::new();
    home.write("m.rhai", "fn two() { 2 }");
    let mut shell = home.shell();
    shell.run(r#"connect("local");"#);
    shell.run("let kept = 1; fn f() { 3 }");
    shell.run("import \"m\" as m;");
    shell.gives("kept + f() + m::two()", "6");
    shell.gives(":reset", "still connected to local");
    for gone in ["kept", "f()", "m::two()", "last"] {
        let screen = shell.run(gone);
        assert!(screen.contains("error:"), "{gone}:\n{screen}");
    }
    shell.gives("jobs()", "no jobs");
    shell.run(":save a.rhai");
    assert!(
        home.read("a.rhai").ends_with("\n\nshow(jobs());\n"),
        "{}",
        home.read("a.rhai")
    );
}

#[test]
fn tables_show_their_number_of_rows() {
    let mut shell = Home::new().shell();
    let screen = shell.run("[#{a: 1}, #{a: 2}]");
    assert!(screen.contains("(2 rows)"), "{screen}");
    shell.run("connect(\"local\"); create_collection(\"books\", #{dimension: 2, autoID: true});");
    shell.run("write_text(\"b.json\", `[{\"vector\": [1, 2]}, {\"vector\": [1, 3]}]`); let done = wait(import(\"books\", \"b.json\"));");
    shell.gives("query(\"books\", \"\")", "(2 rows)");
    shell.gives(
        "query(\"books\", #{limit: 1})",
        "1 row, the limit; limit: 10 or more shows further ones",
    );
    shell.gives("peek(\"books\", 1)", "(1 row)");
    let screen = shell.run("show(last, #{format: \"csv\"})");
    assert!(!screen.contains("row)"), "{screen}");
}

#[test]
fn out_writes_the_last_result_to_a_file() {
    let home = Home::new();
    let mut shell = home.shell();
    let screen = shell.run(":out r.csv");
    assert!(
        screen.contains("there is no result to write yet"),
        "{screen}"
    );
    shell.run("[#{a: 1, b: \"x\"}]");
    shell.gives(":out r.csv", "wrote r.csv");
    let read = || std::fs::read_to_string(home.path().join("r.csv")).expect("a file");
    assert_eq!(read(), "a,b\n1,x\n");
    shell.run("5");
    let screen = shell.run(":out r.csv");
    assert!(
        screen.contains("exists already") && screen.contains(":out! r.csv replaces it"),
        "{screen}"
    );
    assert_eq!(read(), "a,b\n1,x\n");
    shell.gives(":out! r.csv", "wrote r.csv");
    assert_eq!(read(), "value\n5\n");
}
