//! Whole sessions: from `connect` to a verified count.

use crate::prompt::harness::{Home, is_job_id};

const UNCONNECTED: &str =
    r#"not connected: connect("local") needs no account, connect("https://…") takes a cluster"#;

#[test]
fn the_greeting_omits_connecting_if_a_connection_is_chosen() {
    let config = "default_profile = \"x\"\n[profiles.x]\nendpoint = \"https://x.example\"\n";
    for (args, env, config) in [
        (&["-p", "local"][..], None, ""),
        (&[], Some(("ZSHELL_PROFILE", "local")), ""),
        (&[], Some(("ZILLIZ_ENDPOINT", "https://x.example")), ""),
        (&[], None, config),
    ] {
        let home = Home::new();
        home.write("config/config.toml", config);
        let shell = home.shell_as(args, env.as_slice());
        let screen = shell.screen();
        assert!(screen.contains("help() lists the functions"), "{screen}");
        assert!(!screen.contains("connected"), "{screen}");
    }
}

#[test]
fn a_session_connects_imports_and_counts() {
    let home = Home::new();
    home.rows("books.json", 20);
    let narrow = home.shell_with(80, &[]).screen();
    let lines = UNCONNECTED.replace(", ", ",\n  ");
    assert!(narrow.contains(&lines), "{narrow}");
    let mut shell = home.shell();
    assert!(shell.screen().contains("help() lists the functions"));
    shell.see(UNCONNECTED);
    let screen = shell.run("collections()");
    assert!(screen.contains("nothing to connect to"), "{screen}");
    assert!(screen.contains("hint: connect(\"local\")"), "{screen}");
    let screen = shell.run(r#"connect("local")"#);
    assert!(screen.contains("\nname      local\n"), "{screen}");
    assert!(screen.ends_with("local/default>"), "{screen}");
    shell.gives("jobs()", "no jobs");
    shell.gives(
        r#"create_collection("books", #{dimension: 4})"#,
        "created collection books",
    );
    let screen = shell.run(r#"let job = import("books", "books.json")"#);
    assert_eq!(screen.lines().count(), 2, "a let shows nothing:\n{screen}");
    let screen = shell.run("wait(job)");
    for text in ["Completed", "20/20", "books.json", "100%"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    let screen = shell.run("jobs()");
    for text in ["│ job ", "│ collection │ state ", "Completed"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(screen.split_whitespace().any(is_job_id), "{screen}");
    shell.gives(r#"count("books") + 22"#, "42");
    shell.gives("last + 1", "43");
    shell.gives(r#"count("books")"#, "20");
    shell.gives(r#"query("books", "id > 99")"#, "no rows");
}

#[test]
fn a_broken_file_is_explained_and_leaves_no_rows() {
    let home = Home::new();
    home.write(
        "broken.json",
        r#"[{"id": 1, "vector": [1, 2, 3, 4]}, {"id": 2, "vector": [1, 2, 3]}]"#,
    );
    let mut shell = home.shell();
    shell.run(r#"connect("local"); create_collection("books", #{dimension: 4});"#);
    let screen = shell.run(r#"let job = import("books", "broken.json"); wait(job)"#);
    let flowing = screen.replace('\n', "");
    for text in [
        "error: ",
        " failed: ",
        "row 2",
        "\"vector\"",
        "3 values",
        "hint: ",
    ] {
        assert!(flowing.contains(text), "{text}:\n{screen}");
    }
    let named = flowing.matches("broken.json").count();
    assert_eq!(named, 2, "typed, and named once:\n{screen}");
    shell.gives("progress(job).state", "Failed");
    shell.gives(r#"count("books") + 42"#, "42");
}

#[test]
fn the_prompt_names_connection_and_database() {
    let home = Home::new();
    let service = crate::prompt::service::Service::start(1_000_000);
    let mut shell = home.shell();
    let url = &service.url;
    let screen = shell.run(&format!(
        r#"let a = connect(#{{endpoint: "{url}", db: "tales", verify: false}});"#
    ));
    assert!(screen.ends_with("/tales>"), "{screen}");
    let screen = shell.run(r#"let b = connect("local");"#);
    assert!(screen.ends_with("local/default>"), "{screen}");
    let screen = shell.run("connect(a);");
    assert!(screen.ends_with("/tales>"), "{screen}");
}
