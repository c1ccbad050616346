//! Local files, dates and other small functions.

use crate::support::harness::{Folder, TOKEN, Test};
use std::fs;

#[test]
fn json_files_are_read_and_written() {
    let test = Test::new().file(
        "a.json",
        "\u{feff}{\"n\": 9007199254740993, \"list\": [1, null]}",
    );
    test.eval("read_json(\"a.json\").to_json()")
        .stdout("{\"list\":[1,null],\"n\":9007199254740993}\n")
        .run();
    let test = Test::new().file("b.json", "{\n  \"n\": }");
    test.eval("read_json(\"b.json\")")
        .status(1)
        .run()
        .complains("b.json")
        .complains("line 2");
    Test::new()
        .eval("read_json(\"none.json\")")
        .status(7)
        .run()
        .complains("none.json");
    let test = Test::new().stdin("[1]").eval("read_json(\"-\").len()");
    test.stdout("1\n").run();
}

#[test]
fn csv_files_are_read_and_written() {
    let folder = Folder::new();
    folder.work(
        "a.csv",
        "\u{feff}name,rows,id\n\"x, \"\"y\"\"\",5,007\nz,-1.5,\n",
    );
    folder.work("tabs", "a\tb\nc\td\n");
    folder.work("empty.csv", "");
    for (text, expected) in [
        (
            "read_csv(\"a.csv\")",
            r#"[{"id":"007","name":"x, \"y\"","rows":"5"},{"id":"","name":"z","rows":"-1.5"}]"#,
        ),
        (
            "read_csv(\"a.csv\", #{numbers: true})",
            r#"[{"id":"007","name":"x, \"y\"","rows":5},{"id":"","name":"z","rows":-1.5}]"#,
        ),
        (
            "read_csv(\"tabs\", #{delimiter: \"\\t\", header: false})",
            r#"[["a","b"],["c","d"]]"#,
        ),
        (
            "read_csv(\"tabs\", #{delimiter: \"\\t\", header: [\"x\", \"y\"]})",
            r#"[{"x":"a","y":"b"},{"x":"c","y":"d"}]"#,
        ),
        ("read_csv(\"empty.csv\")", "[]"),
    ] {
        folder
            .test()
            .eval(format!("{text}.to_json()"))
            .stdout(format!("{expected}\n"))
            .run();
    }
    folder.work("ragged.csv", "a,b\n1,2\n3\n");
    folder.work("twice.csv", "a,b,a\n1,2,3\n");
    for (text, status, problem) in [
        ("read_csv(\"ragged.csv\")", 1, "line: 3"),
        ("read_csv(\"twice.csv\")", 1, "two columns are named \"a\""),
        (
            "read_csv(\"tabs\", #{header: [\"x\", \"y\"]})",
            1,
            "line 1 has 1 values for 2 columns",
        ),
        (
            "read_csv(\"a.csv\", #{delimiter: \";;\"})",
            1,
            "one ASCII character",
        ),
        (
            "read_csv(\"a.csv\", #{header: 5})",
            1,
            "true, false or a list",
        ),
        ("read_csv(\"none.csv\")", 7, "none.csv"),
    ] {
        folder
            .test()
            .eval(text)
            .status(status)
            .run()
            .complains(problem);
    }
    let ran = folder
        .test()
        .eval("read_csv(\"a.csv\", #{delimeter: \";\"})")
        .unlinted()
        .status(1)
        .run();
    ran.complains("\"delimiter\"");
}

#[test]
fn a_text_is_written_atomically() {
    let folder = Folder::new();
    let read = |name: &str| fs::read_to_string(folder.path("work").join(name)).expect("a file");
    folder
        .test()
        .eval("write_text(\"a.txt\", \"one\\n\")")
        .stdout("")
        .run();
    assert_eq!(read("a.txt"), "one\n");
    folder
        .test()
        .eval(
            "write_text(\"a.txt\", \"two\\n\"); write_text(\"a.txt\", \"three\", #{append: true})",
        )
        .run();
    assert_eq!(read("a.txt"), "two\nthree");
    let left: Vec<_> = fs::read_dir(folder.path("work"))
        .expect("a folder")
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    for (text, status, problem) in [
        (
            "write_text(\"none/a.txt\", \"x\")",
            7,
            "cannot write \"none/a.txt\"",
        ),
        ("write_text(\".\", \"x\")", 7, "cannot write"),
        ("write_text(\"\", \"x\")", 7, "cannot write"),
        ("write_text(\"b.txt\", 5)", 1, "to_json()"),
        (
            "write_text(\"b.txt\", secret(\"KEY\"))",
            1,
            "a secret is not written",
        ),
        (
            "write_text(\"b.txt\", \"x\" + secret(\"KEY\"))",
            1,
            "a secret is not written",
        ),
    ] {
        folder
            .test()
            .env("KEY", TOKEN)
            .eval(text)
            .status(status)
            .run()
            .complains(problem);
    }
    assert!(!folder.path("work/b.txt").exists());
}

#[cfg(unix)]
#[test]
fn writing_keeps_links_and_modes_but_follows_no_foreign_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let real = folder.work("real.txt", "old");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("a mode");
    symlink(&real, folder.path("work/link.txt")).expect("a link");
    symlink("/nowhere/at/all", folder.path("work/dangling.txt")).expect("a link");
    folder
        .test()
        .eval("write_text(\"link.txt\", \"new\")")
        .run();
    assert_eq!(fs::read_to_string(&real).expect("a file"), "new");
    assert!(folder.path("work/link.txt").is_symlink());
    assert_eq!(
        real.metadata().expect("a file").permissions().mode() & 0o777,
        0o600
    );
    let ran = folder
        .test()
        .eval("write_text(\"dangling.txt\", \"x\")")
        .status(7)
        .run();
    ran.complains("a link that leads nowhere");
    folder.test().eval("write_text(\"/dev/null\", \"x\")").run();
}

#[test]
fn glob_finds_local_files_in_order() {
    let folder = Folder::new();
    for name in [
        "d/b.json",
        "d/a.json",
        "d/.hidden.json",
        "d/deep/c.json",
        "d/x.csv",
        "e/d.json",
    ] {
        folder.work(name, "");
    }
    for (pattern, expected) in [
        ("d/*.json", r#"["d/a.json","d/b.json"]"#),
        ("d/[a]*", r#"["d/a.json"]"#),
        (
            "**/*.json",
            r#"["d/a.json","d/b.json","d/deep/c.json","e/d.json"]"#,
        ),
        ("*/", r#"["d/","e/"]"#),
        ("none/*", "[]"),
        ("d/?.csv", r#"["d/x.csv"]"#),
    ] {
        let test = folder.test().eval(format!("glob(\"{pattern}\").to_json()"));
        test.stdout(format!("{expected}\n")).run();
    }
    folder
        .test()
        .eval("glob(\"a***\")")
        .status(1)
        .run()
        .complains("is no pattern");
}

#[test]
fn dates_are_relative_to_today_in_utc() {
    let days = |text: &str| {
        let ran = Test::new().env("TZ", "Pacific/Kiritimati").eval(text).run();
        let date: jiff::civil::Date = ran.stdout.trim().parse().expect("a date");
        date
    };
    let today = || {
        jiff::Timestamp::now()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date()
    };
    let before = today();
    let (now, yesterday) = (days("date()"), days("date(-1)"));
    let after = today();
    assert!(now == before || now == after, "{now}");
    assert!(
        yesterday == before.yesterday().expect("a day")
            || yesterday == after.yesterday().expect("a day")
    );
    let text = "date(3, \"%Y/%m/%d\") == date(3).split(\"-\").reduce(|a, b| if a == () { b } else { a + \"/\" + b })";
    Test::new().eval(text).stdout("true\n").run();
    let test =
        Test::new().eval("let n = now(); n.len() == 20 && n.ends_with(\"Z\") && n.contains(\"T\")");
    test.stdout("true\n").run();
    for (text, problem) in [
        ("date(\"x\")", "the days are a whole number"),
        ("date(99999999999)", "is no date"),
        ("date(-9223372036854775807)", "is no date"),
        ("date(0, \"%Y%\")", "cannot be used"),
    ] {
        Test::new().eval(text).status(1).run().complains(problem);
    }
}

#[test]
fn a_failed_assertion_ends_the_script() {
    Test::new()
        .eval("assert(1 < 2); assert(true, \"x\")")
        .stdout("")
        .run();
    let ran = Test::new()
        .script("let x = 1;\n  assert(x == 2, `x is ${x}`);\nprint(x)")
        .status(1)
        .stdout("")
        .run();
    ran.complains("error: assertion failed: x is 1")
        .complains("main.rhai:2:3");
    Test::new()
        .eval("assert(false)")
        .status(1)
        .run()
        .complains("assertion failed");
    Test::new()
        .eval("assert(5)")
        .status(1)
        .run()
        .complains("true or false");
    let test =
        Test::new().eval("try { assert(false, \"x\") } catch (e) { print(e.kind); throw e; }");
    test.status(1).stdout("script\n").run();
}

/// The system kills a process that exceeds the file size limit unless it handles SIGXFSZ.
#[cfg(unix)]
#[test]
fn exceeding_the_file_size_limit_is_an_error() {
    let text = "let text = \"x\"; text.pad(100_000, \"x\"); write_text(\"large\", text)";
    let test = Test::new().eval(text);
    let plain = test.command();
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -f 16; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(test.folder().path("work"))
        .output()
        .expect("sh runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{stderr}");
    assert!(stderr.contains("cannot write \"large\""), "{stderr}");
    let left = fs::read_dir(test.folder().path("work")).expect("a folder");
    assert_eq!(left.count(), 0);
}
