//! Scripts that build large or deep values end with an error that names the setting, not with an abort.

use crate::support::harness::Test;

/// Runs a script that must fail with this message and a hint that names this setting.
fn assert_exceeds(config: &str, script: &str, message: &str, setting: &str) {
    let ran = Test::new()
        .config(config)
        .eval(script)
        .unlinted()
        .status(1)
        .run();
    ran.complains(message)
        .complains(&format!("hint: {setting} under [limits] in config.toml"));
}

#[test]
fn each_limit_ends_the_script() {
    let text = "the text would take more than 67108864 bytes";
    let blob = "the blob would take more than 67108864 bytes";
    let array = "the array would have more than 1000000 items";
    let deep = "the value is nested more than 256 deep";
    let long = "let s = \"\"; s.pad(100000, \"a\");";
    for (script, message, setting) in [
        ("blob(9223372036854775807, 0)", blob, "string_bytes"),
        ("blob(9223372036854775807)", blob, "string_bytes"),
        (
            "let b = blob(1); b.pad(9223372036854775807, 0)",
            blob,
            "string_bytes",
        ),
        ("[].pad(1000000000, 0)", array, "items"),
        (
            "let s = \"\"; s.pad(600000000, \"a\")",
            text,
            "string_bytes",
        ),
        ("let s = \"\"; s.pad(600000000, 'a')", text, "string_bytes"),
        (&format!("{long} s.replace(\"a\", s)"), text, "string_bytes"),
        (&format!("{long} s.replace('a', s)"), text, "string_bytes"),
        (
            "let s = \"aaaaaaaaaa\"; loop { s += s }",
            text,
            "string_bytes",
        ),
        ("let a = [1]; loop { a += a }", array, "items"),
        (
            "let m = []; for i in 0..20000 { m = [m]; } m == m",
            deep,
            "nesting",
        ),
        (
            "let m = #{}; for i in 0..20000 { m = #{a: m}; } m.to_string()",
            deep,
            "nesting",
        ),
        (
            "let o = #{x: []}; loop { o.x = [1, o.x, 1] }",
            deep,
            "nesting",
        ),
    ] {
        assert_exceeds("", script, message, setting);
    }
}

#[test]
fn limits_are_settings_of_config_toml() {
    let config =
        "[limits]\nstring_bytes = 1000\nitems = 100\nnesting = 3\nmemory_bytes = 1000000\n";
    assert_exceeds(
        "[limits]\nitems = 100\n",
        "let a = [1]; loop { a += a }",
        "more than 100 items",
        "items",
    );
    assert_exceeds(
        config,
        "let s = \"\"; s.pad(1001, \"a\")",
        "more than 1000 bytes",
        "string_bytes",
    );
    assert_exceeds(
        "[limits]\nnesting = 3\n",
        "let m = [[[[1]]]]; m",
        "more than 3 deep",
        "nesting",
    );
    let busy = "let i = 0; while i < 10000 { i += 1 }";
    assert_exceeds(
        config,
        busy,
        "zshell's memory would take more than 1000000 bytes",
        "memory_bytes",
    );
    // The limits are reached, but not exceeded.
    let within =
        "let s = \"\"; s.pad(1000, \"a\"); let a = []; a.pad(100, [[1]]); [s.len(), a.len()]";
    let config = "[limits]\nstring_bytes = 1000\nitems = 100\nnesting = 3\n";
    Test::new()
        .config(config)
        .eval(within)
        .stdout("1000\n100\n")
        .run();
}

/// Rhai's own limit counts the whole array at every push, which takes minutes for this script.
#[test]
fn many_pushes_are_linear() {
    let script = "let a = []; for i in 0..100000 { a.push(i); } a.len()";
    Test::new().eval(script).stdout("100000\n").run();
}

#[test]
fn padding_and_replacing_work_as_in_rhai() {
    let script = r#"
        let s = "ab"; s.pad(7, "xyz"); print(s);
        let s = "äb"; s.pad(4, 'ü'); print(s);
        let s = "äb"; s.pad(-4, 'ü'); s.pad(1, ""); print(s);
        let s = "a-b-c"; s.replace("-", "++"); print(s);
        let s = "a-b-c"; s.replace('-', ""); print(s);
        let a = [1]; a.pad(3, "x"); a.pad(-1, 0); print(a);
        let b = blob(2, 258); b.pad(3, 65); print(b.len() + " " + b[0] + " " + b[2]);
    "#;
    let lines = "abxyzxy\näbüü\näb\na++b++c\nabc\n[1, \"x\", \"x\"]\n3 2 65\n";
    Test::new().eval(script).stdout(lines).run();
}
