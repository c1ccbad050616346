//! Source lines under errors.

use crate::support::harness::{TOKEN, Test};

/// The harness searches the output for the token.
#[test]
fn a_source_line_under_an_error_shows_no_key() {
    for call in [
        format!("connect(#{{endpoint: \"http://127.0.0.1:1\", token: \"{TOKEN}\"}})"),
        format!("connect(#{{token: '{TOKEN}'}})"),
        format!("let token = \"{TOKEN}\" + nothing;"),
        format!("foo(parse_json(`{{\"token\":\"{TOKEN}\"}}`))"),
        format!("connect(\"http://root:{TOKEN}@127.0.0.1:1\", 5, 6)"),
        format!("let token = `{TOKEN}\n` + `{TOKEN}` + nothing;"),
        format!("let c = '\"'; let token = \"{TOKEN}"),
    ] {
        let code = if call.contains("endpoint") { 3 } else { 1 };
        let ran = Test::new().eval(call).status(code).run();
        ran.complains(" | ").complains("****");
    }
    let text = format!("foo(#{{token: \"{TOKEN}\"}}) + bar(1)");
    let ran = Test::new().eval(text).status(1).run();
    let veil = "*".repeat(TOKEN.len());
    ran.complains(&format!(
        " 1 | foo(#{{token: \"{veil}\"}}) + bar(1)\n   | ^"
    ));
}

#[test]
fn a_long_source_line_is_shortened() {
    let text = format!(
        "let a = \"{0}\"; print(nothing); a = \"{0}\";",
        "x".repeat(50_000)
    );
    let ran = Test::new().script(text).status(1).run();
    ran.complains("no variable nothing").complains("…");
    assert!(ran.stderr.len() < 1_000, "{}", ran.stderr.len());
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let shown = lines.iter().find(|line| line.starts_with(" 1 | "));
    let caret = lines.iter().find(|line| line.ends_with('^'));
    let (shown, caret) = (shown.expect("a line"), caret.expect("a caret"));
    let at = caret.chars().take_while(|letter| *letter != '^').count();
    let from: String = shown.chars().skip(at).collect();
    assert!(from.starts_with("nothing);"), "{}", ran.stderr);
}
