//! Completion of names that depend on the service or on other parts of the call, and cycling through candidates.

use crate::prompt::harness::{CTRL_C, ENTER, Home, RIGHT, TAB, Terminal};
use crate::support::server::{Reply, Server};
use std::time::{Duration, Instant};

const SHIFT_TAB: &str = "\x1b[Z";

/// Returns a shell at the local service with the collection `books`.
fn library() -> Terminal {
    let mut shell = Home::new().shell();
    shell.run("connect(\"local\");");
    shell.run(
        "create_collection(\"books\", #{schema: #{fields: [
            #{fieldName: \"id\", dataType: \"Int64\", isPrimary: true},
            #{fieldName: \"title\", dataType: \"VarChar\", max_length: 512},
            #{fieldName: \"year\", dataType: \"Int64\"},
            #{fieldName: \"vector\", dataType: \"FloatVector\", dim: 4}]},
            indexParams: [#{fieldName: \"vector\", metricType: \"L2\", indexName: \"by_vector\"}]});",
    );
    shell.run(
        "create_partition(\"books\", \"y2026\"); alias(\"novels\", \"books\"); let c = \"books\";",
    );
    shell
}

/// Types the text, presses Tab, waits until the screen contains `shown`, and drops the line.
fn tab(shell: &mut Terminal, typed: &str, shown: &str) -> String {
    shell.type_text(typed);
    shell.send(TAB);
    shell.see(shown);
    let screen = shell.screen();
    shell.send(CTRL_C);
    shell.prompt();
    shell.send("\x0c");
    screen
}

#[test]
fn names_follow_the_description_of_each_parameter() {
    let mut shell = library();
    for (typed, shown) in [
        // Fields with their types, without the fields that are already typed.
        ("query(\"books\", #{fields: [\"", "title   VarChar(512)"),
        ("query(\"books\", \"\", [\"id\", \"ti", "[\"id\", \"title\""),
        ("query(\"books\", \"\", \"ye", "\"\", \"year\""),
        ("query(c, #{outputFields: [\"ti", "[\"title\""),
        ("search(\"books\", [1], #{field: \"v", "field: \"vector\""),
        ("last.query(\"books\", #{filter: \"ti", "filter: \"title"),
        ("create_index(\"books\", \"ti", "\"books\", \"title\""),
        // Filters.
        ("query(\"books\", \"ti", "query(\"books\", \"title"),
        ("query(\"books\", \"year > 1900 and ti", "and title"),
        ("query(\"books\", `year > 1900 and ti", "and title"),
        ("search(\"books\", [1], #{expr: \"array_l", "array_length("),
        ("query(\"books\", \"title li", "title like "),
        ("query(\"books\", \"title is n", "not null  any value"),
        // Partitions, in each function and in both forms of a call.
        (
            "import(\"books\", \"x\", #{partition: \"y",
            "partition: \"y2026\"",
        ),
        (
            "import(#{collection: c, partition: \"y",
            "partition: \"y2026\"",
        ),
        (
            "query(\"books\", #{partition: [\"_default\", \"y",
            "\"y2026\"",
        ),
        ("let d = \"books\"; drop_partition(d, \"y", "d, \"y2026\""),
        (
            "import_all(\"novels\", \"x\", #{partition: \"",
            "_default  y2026",
        ),
        // Indexes, aliases, databases.
        ("drop_index(\"books\", \"b", "\"by_vector\""),
        ("drop_alias(\"n", "\"novels\""),
        ("use_database(\"d", "\"default\""),
        // Columns of a value, by its type or by its keys.
        ("show(jobs(), #{columns: [\"", "percent     "),
        (
            "show(#{alpha: 1, beta: 2}, #{columns: [\"alpha\", \"b",
            "\"beta\"",
        ),
        // Settings and commands of the prompt.
        (":set output y", ":set output yaml"),
        (":set color n", ":set color never"),
        (":help :wat", ":help :watch"),
        (":help filt", ":help filters"),
        ("help(\"filt", "help(\"filters\""),
    ] {
        tab(&mut shell, typed, shown);
    }
    let screen = tab(&mut shell, "query(\"books\", \"", "FloatVector(4)");
    assert!(!screen.contains("array_length"), "{screen}");
    let screen = tab(
        &mut shell,
        "query(\"books\", #{fields: [\"id\", \"",
        "VarChar(512)",
    );
    assert!(!screen.contains("id      "), "{screen}");
    tab(&mut shell, "query(nothing, \"", "depends on the collection");
}

#[test]
fn a_collection_that_an_import_creates_is_offered() {
    let home = Home::new();
    home.write(
        "new.jsonl",
        "{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}\n{\"id\": 2, \"vector\": [0.5, 0.2, 0.3, 0.4]}\n",
    );
    let mut shell = home.shell();
    shell.run("connect(\"local\");");
    // From here on, the names are cached.
    shell.run("collections();");
    shell.run("import_all(\"novels\", \"new.jsonl\", #{create: true});");
    tab(&mut shell, "count(\"nov", "count(\"novels\"");
}

#[test]
fn import_keys_come_from_the_journal() {
    let home = Home::new();
    home.rows("books.json", 3);
    let mut shell = home.shell();
    shell.run("connect(\"local\"); create_collection(\"books\", #{dimension: 4});");
    shell.run("wait(import(\"books\", \"books.json\", #{key: \"nightly-1\"}));");
    tab(
        &mut shell,
        "submissions(#{key_prefix: \"n",
        "key_prefix: \"nightly-1\"",
    );
}

#[test]
fn repeated_tabs_cycle_through_the_candidates() {
    let mut shell = library();
    // The first Tab inserts the common beginning and prints the list.
    shell.type_text("query(\"books\", #{fields: [\"");
    shell.send(TAB);
    shell.see("year    Int64");
    for (key, field) in [
        (TAB, "id"),
        (TAB, "title"),
        (TAB, "year"),
        (SHIFT_TAB, "title"),
        (TAB, "year"),
        (TAB, "vector"),
    ] {
        shell.send(key);
        shell.see(&format!("fields: [\"{field}\""));
    }
    shell.see("4 of 4");
    // After the last candidate, the typed text returns.
    shell.send(TAB);
    shell.wait_for("the typed text", |screen| {
        !screen.contents().contains("4 of 4")
    });
    shell.send(SHIFT_TAB);
    shell.see("4 of 4");
    // Any other key accepts the candidate.
    shell.send("])");
    shell.see("fields: [\"vector\"])");
    let lists = shell.screen().matches("VarChar(512)").count();
    assert_eq!(lists, 1, "{}", shell.screen());
    shell.send(CTRL_C);
    shell.prompt();
    // Shift-Tab starts with the last candidate.
    shell.type_text(":set color ");
    shell.send(SHIFT_TAB);
    shell.see("never");
    shell.send(SHIFT_TAB);
    shell.see(":set color never");
    shell.send(ENTER);
    shell.prompt();
    shell.gives(":set color", "color never");
}

#[test]
fn tab_after_an_accepted_folder_lists_its_files() {
    let home = Home::new();
    for folder in ["alpha", "alpine"] {
        std::fs::create_dir(home.path().join(folder)).expect("a folder");
    }
    home.write("alpha/inside.json", "[]");
    let mut shell = home.shell();
    shell.type_text("let a = \"./al");
    shell.send(TAB);
    shell.see("alpine/");
    shell.send(TAB);
    shell.see("\"./alpha/");
    shell.send(RIGHT);
    shell.send(TAB);
    shell.see("\"./alpha/inside.json\"");
}

#[test]
fn names_from_the_service_are_quoted() {
    let server = Server::start(|request| {
        let path = request.target.as_str();
        Reply::json(if path.ends_with("/collections/list") {
            r#"{"code": 0, "data": ["a\"); exit(3); (\"", "b\n\u001b[31m"]}"#
        } else if path.ends_with("/partitions/list") {
            r#"{"code": 0, "data": ["p`${exit(3)}`\"", "_default"]}"#
        } else {
            r#"{"code": 0, "data": {"collectionName": "x", "fields": [
                {"name": "evil\" or 1 == 1", "type": "Int64"}, {"name": "even", "type": "Int64"}]}}"#
        })
    });
    let mut shell = Home::new().shell();
    shell.run(&format!(
        "connect(#{{endpoint: \"{}\", verify: false}}).name;",
        server.url()
    ));
    tab(&mut shell, "count(\"a", r#"count("a\"); exit(3); (\"""#);
    tab(&mut shell, "count(\"b", r#"count("b\n"#);
    tab(
        &mut shell,
        "drop_partition(\"x\", \"p",
        r#""p`${exit(3)}`\"""#,
    );
    tab(
        &mut shell,
        "query(\"x\", #{fields: [\"evi",
        r#"["evil\" or 1 == 1""#,
    );
    tab(&mut shell, "query(\"x\", \"ev", "query(\"x\", \"even");
    shell.type_text("drop_partition(\"x\", `p");
    shell.send(TAB);
    shell.send("z");
    shell.see("`pz");
}

#[test]
fn a_silent_service_delays_no_key() {
    let server = Server::start(|_| Reply::Silence);
    let mut shell = Home::new().shell();
    shell.run(&format!(
        "connect(#{{endpoint: \"{}\", verify: false}}).name;",
        server.url()
    ));
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let typed = format!("query(\"{name}\", #{{fields: [\"");
        tab(&mut shell, &typed, "(asking the service: Tab again)");
    }
    // A key ends the wait for names.
    shell.type_text("query(\"h\", \"");
    let start = Instant::now();
    for _ in 0..20 {
        shell.send(&format!("{TAB}{CTRL_C}"));
    }
    shell.send("40 + 2");
    shell.see("40 + 2");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    shell.send(CTRL_C);
    shell.gives("40 + 3", "43");
}
