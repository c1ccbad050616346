//! Commands around statements: the current folder, programs, variables, numbers in the history, profiles, and hints for
//! commands without their colon.

use crate::prompt::harness::{CTRL_C, CTRL_D, ENTER, Home};
use crate::prompt::service::Service;
use std::os::unix::fs::PermissionsExt;

const PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

#[test]
fn the_current_folder_changes() {
    let home = Home::new();
    home.write("my data/m.rhai", "fn two() { 2 }");
    home.write("my data/a.txt", "inside");
    let mut shell = home.shell();
    shell.run("1 + 1");
    shell.run(":cd my data");
    shell.gives(":pwd", "/my data");
    shell.gives("read_text(\"a.txt\")", "inside");
    shell.gives("import \"m\" as m; 40 + m::two()", "42");
    shell.gives("script_dir", "/my data");
    shell.gives(":save! s.rhai", "saved 4 statements");
    let script = home.read("my data/s.rhai");
    assert!(
        script.contains("\n// Relative paths below were in /"),
        "{script}"
    );
    let screen = shell.run(":cd nowhere");
    assert!(
        screen.contains("cannot change to nowhere: No such file"),
        "{screen}"
    );
    shell.run(":cd");
    let folder = home.path().canonicalize().expect("a folder");
    shell.gives("script_dir", &folder.display().to_string());
    let screen = shell.run(":pwd x");
    assert!(screen.contains(":pwd takes nothing"), "{screen}");
    // The history stays in the data folder.
    assert!(home.history().contains(":cd my data"), "{}", home.history());
}

#[test]
fn relative_data_folders_do_not_move_with_cd() {
    let home = Home::new();
    home.write(
        "settings/config.toml",
        "[profiles.far]\nendpoint = \"http://localhost:19530\"\n",
    );
    std::fs::create_dir(home.path().join("elsewhere")).expect("a folder");
    let relative = [
        ("ZSHELL_DATA_DIR", "kept"),
        ("ZSHELL_CONFIG_DIR", "settings"),
    ];
    let mut shell = home.shell_as(&[], &relative);
    shell.run(":cd elsewhere");
    shell.gives("connect(\"local\").name", "local");
    shell.gives(":profile", "far");
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    assert!(home.read("kept/history").contains(":profile"));
    let inside = std::fs::read_dir(home.path().join("elsewhere")).expect("a folder");
    assert_eq!(inside.count(), 0);
}

#[test]
fn shell_commands_use_the_terminal() {
    let home = Home::new();
    let mut shell = home.shell_with(100, &[PATH]);
    shell.gives(":!echo one\"\"two?", "onetwo?");
    shell.gives(":! exit 3", "exit code 3");
    shell.begin(":! read line; echo \"<$line>\"");
    shell.wait_for_echo(true);
    shell.send("typed");
    shell.send(ENTER);
    shell.see("<typed>");
    shell.prompt();
    // A shell that gets Ctrl-C before its program runs may ignore it, so the program answers first.
    shell.begin(":! sed -u s/a/bee/");
    shell.wait_for_echo(true);
    shell.send("cat\r");
    shell.see("cbeet");
    shell.send(CTRL_C);
    shell.prompt();
    shell.gives("40 + 2", "42");
    let screen = shell.run(":! stty raw -echo; exit 1");
    assert!(screen.contains("exit code 1"), "{screen}");
    shell.gives("40 + 2", "42");
    shell.begin(":! echo run\"\"ning; exec sleep 600");
    shell.see("running");
    assert_eq!(shell.terminate(), "Exited with code 143");
    let mut shell = home.shell_as(&["--no-commands"], &[PATH]);
    let screen = shell.run(":! echo no");
    assert!(
        screen.contains("\"echo no\" was not run, because of --no-commands"),
        "{screen}"
    );
    let mut shell = home.shell_as(&["--dry-run"], &[PATH]);
    shell.gives(":! echo no > made", "would run echo no > made");
    assert!(!home.path().join("made").exists());
}

#[test]
fn a_shell_starts_without_a_command() {
    let home = Home::new();
    let mut shell = home.shell_with(100, &[PATH, ("SHELL", "/bin/sh"), ("PS1", "inner: ")]);
    shell.begin(":!");
    shell.see("inner:");
    shell.send("echo in\"\"side\r");
    shell.see("inside");
    shell.send("exit\r");
    shell.prompt();
    shell.gives("40 + 2", "42");
}

#[test]
fn variables_are_listed_without_secrets() {
    let mut shell = Home::new().shell_as(&[], &[("MY_KEY", "tok-5e7ca1b0feed")]);
    shell.gives(":vars", "no variables and no functions");
    for line in [
        "let books = [1, 2]; let title = \"Dune\\nII\"; const COUNT = 3;",
        "let token = \"s3cret-key\"; let nested = #{a: [#{api_key: \"s3cret-key\"}]};",
        "let key = secret(\"MY_KEY\"); let many = []; many.pad(5000, 7); let plain = `x`;",
        "let text = key + \"-\"; fn add(a, b) { a + b } let f = |x| x;",
        "let title = \"Emma\";",
    ] {
        shell.run(line);
    }
    let screen = shell.run(":vars");
    for text in [
        "[1,2]",
        "\"Emma\"",
        "COUNT",
        "add(a, b)",
        "a function",
        "5,000 items",
        "a closure",
    ] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(
        !screen.contains("s3cret") && !screen.contains("Dune") && screen.contains("****"),
        "{screen}"
    );
    assert!(screen.contains(" names)"), "{screen}");
    let screen = shell.run(":vars TITLE");
    assert!(
        screen.contains("title") && !screen.contains("books"),
        "{screen}"
    );
}

#[test]
fn a_number_repeats_a_statement() {
    let home = Home::new();
    let mut shell = home.shell();
    let screen = shell.run(":rerun");
    assert!(
        screen.contains("no statement was run in this session"),
        "{screen}"
    );
    shell.run("100 + 11");
    shell.run("let n = 5;");
    shell.gives(":rerun 2", "111");
    shell.gives(":history", "4  :rerun 2");
    // A repeated statement gets a new number, and the others keep theirs.
    shell.gives(":rerun 3", "let n = 5;");
    let screen = shell.run(":rerun 2");
    assert!(screen.contains("no statement 2 in the history"), "{screen}");
    shell.run("n += 1");
    shell.run(":rerun");
    shell.gives("n", "7");
    let screen = shell.run(":rerun many");
    assert!(
        screen.contains("\"many\" is no number of a statement"),
        "{screen}"
    );
    shell.run(
        "connect(#{endpoint: \"http://127.0.0.1:1\", token: \"s3cret-key\", verify: false}).key",
    );
    let screen = shell.run(":history connect");
    let line = screen.lines().find(|line| line.contains("  connect("));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number = number.expect("a number");
    let screen = shell.run(&format!(":rerun {number}"));
    assert!(
        screen.contains("given to connect") && !screen.contains("s3cret"),
        "{screen}"
    );
    shell.send(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    let mut shell = home.shell();
    let screen = shell.run(":history connect");
    let line = screen
        .lines()
        .find(|line| line.contains("  connect("))
        .expect("a line");
    let number = line.split_whitespace().next().expect("a number");
    let screen = shell.run(&format!(":rerun {number}"));
    assert!(
        screen.contains("has a secret") && screen.contains(&format!(":edit {number}")),
        "{screen}"
    );
}

#[test]
fn a_number_edits_a_statement() {
    let home = Home::new();
    home.write(
        "editor",
        "#!/bin/sh\ncat \"$1\" > given\nsed -i s/1/2/ \"$1\"\n",
    );
    let editor = home.path().join("editor");
    std::fs::set_permissions(&editor, PermissionsExt::from_mode(0o755)).expect("a mode");
    let mut shell = home.shell_with(100, &[PATH, ("EDITOR", editor.to_str().expect("text"))]);
    shell.run("100 + 11");
    shell.run("\"other\"");
    shell.gives(":edit 1", "200 + 11\n211");
    assert_eq!(home.read("given"), "100 + 11\n");
    let screen = shell.run(":edit 77");
    assert!(
        screen.contains("no statement 77 in the history"),
        "{screen}"
    );
}

#[test]
fn commands_without_their_colon_get_a_hint() {
    let mut shell = Home::new().shell();
    for (line, command) in [
        ("set output json", ":set output json"),
        ("save x.rhai", ":save x.rhai"),
        ("history", ":history"),
        ("vars", ":vars"),
        ("time jobs()", ":time jobs()"),
        ("cd data", ":cd data"),
        ("ls -l", ":! ls -l"),
    ] {
        let screen = shell.run(line);
        let hint = format!(": {command}");
        assert!(
            screen.contains("error:") && screen.contains(&hint),
            "{line}:\n{screen}"
        );
    }
    let screen = shell.run("load books");
    assert!(screen.contains("load(\"books\")"), "{screen}");
    shell.run("let history = 5;");
    shell.gives("history", "5");
}

#[test]
fn a_semicolon_hides_the_result() {
    let home = Home::new();
    let mut shell = home.shell();
    let screen = shell.run("40 + 2;");
    assert!(!screen.contains("\n42"), "{screen}");
    shell.gives("last", "42");
    shell.run("let book = #{title: \"Dune\", empty: ()};");
    shell.gives("book.titel", "()  did you mean \"title\"?");
    shell.gives("book[\"titel\"]", "()  did you mean \"title\"?");
    for line in ["book.empty", "book.other", "let x = (); x"] {
        let screen = shell.run(line);
        assert!(screen.contains("\n()\n"), "{line}:\n{screen}");
    }
    for line in [
        "print(\"\")",
        "book.titel;",
        "let y = book.titel",
        "if true { book.titel; }",
        "x = book.titel",
    ] {
        let screen = shell.run(line);
        assert!(!screen.contains("\n()"), "{line}:\n{screen}");
    }
    shell.run("connect(\"local\"); create_collection(\"books\", #{dimension: 4});");
    shell.gives("describe(\"books\").feilds", "()  did you mean \"fields\"?");
}

#[test]
fn the_current_connection_becomes_a_profile() {
    let home = Home::new();
    let service = Service::guarded("s3cret-key");
    let mut shell = home.shell();
    let screen = shell.run(":profile save prod");
    assert!(screen.contains("no connection to save yet"), "{screen}");
    shell.run("connect(\"local\");");
    let screen = shell.run(":profile save mine");
    assert!(
        screen.contains("the local import service needs no profile"),
        "{screen}"
    );
    shell.run(&format!(
        "connect(#{{endpoint: \"{}\", token: \"s3cret-key\", \"protected\": true, settle: \"5s\"}});",
        service.url
    ));
    let screen = shell.run(":profile save a.b");
    assert!(screen.contains("\"a.b\" cannot name a profile"), "{screen}");
    for (name, answer, has_key) in [("open", "n", false), ("prod", "y", true)] {
        shell.begin(&format!(":profile save {name}"));
        shell.see("save its keys too");
        shell.send(&format!("{answer}\r"));
        shell.prompt();
        shell.see(&format!("-p {name} or connect(\"{name}\") uses it"));
        let config = home.read("config/config.toml");
        let table = config
            .split(&format!("[profiles.{name}]"))
            .nth(1)
            .expect("a table");
        assert_eq!(table.contains("s3cret-key"), has_key, "{config}");
        for setting in ["protected = true", "settle = \"5s\"", &service.url] {
            assert!(table.contains(setting), "{setting}: {config}");
        }
    }
    let mode = std::fs::metadata(home.path().join("config/config.toml")).expect("a file");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    shell.begin(":profile save prod");
    shell.see("there is a profile \"prod\": replace it?");
    shell.send("n\r");
    shell.prompt();
    shell.see("error: there is a profile \"prod\"");
    let ran = home.zshell(&["-p", "prod", "eval", "connect().key"], &[]);
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "the profile \"prod\"\n",
        "{ran:?}"
    );
    // A connection of a profile is copied with its key.
    shell.run("connect(\"prod\");");
    shell.gives(":profile save copy", "-p copy or connect(\"copy\")");
    let ran = home.zshell(&["profile", "show", "copy", "-o", "json"], &[]);
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(shown.contains("\"protected\": true"), "{shown}");
}

#[test]
fn a_key_from_the_environment_is_not_saved() {
    let home = Home::new();
    let service = Service::guarded("tok-5e7ca1b0feed");
    let mut shell = home.shell_as(&[], &[("MILVUS_TOKEN", "tok-5e7ca1b0feed")]);
    shell.run(&format!("connect(\"{}\");", service.url));
    shell.gives(":profile save env", "-p env or connect(\"env\") uses it");
    let config = home.read("config/config.toml");
    assert!(
        config.contains(&service.url) && !config.contains("token"),
        "{config}"
    );
}
