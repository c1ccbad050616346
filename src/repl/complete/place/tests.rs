//! Cursor positions by example: the cursor is at the end of each text.

use super::*;
use crate::engine::syntax::SourceText;
use proptest::prelude::*;

/// Returns a short description of a position: the typed text and the kind of position.
fn described(text: &str) -> String {
    let source = SourceText::read(text);
    let place = place(&CursorCode::at_end(&source));
    assert_eq!(text.get(place.start..), Some(place.typed), "{text}");
    let kind = match place.kind {
        CompletionKind::Nothing => return "nothing".to_owned(),
        CompletionKind::Name => "name".to_owned(),
        CompletionKind::Member(chain) => format!("member of {:?}", chain.root),
        CompletionKind::InModule(name) => format!("in module {name}"),
        CompletionKind::Key { map, given } => {
            format!("key of {} besides {given:?}", slot_described(&map))
        }
        CompletionKind::Index(chain) => format!("index of {:?}", chain.root),
        CompletionKind::Value(slot) => format!("value of {}", slot_described(&slot)),
        CompletionKind::Compared(property) => format!("compared with {property}"),
        CompletionKind::Module => "module".to_owned(),
        CompletionKind::Text => "text".to_owned(),
        CompletionKind::Command => "command".to_owned(),
        CompletionKind::CommandArgument { command, index } => {
            format!("argument {index} of :{command}")
        }
    };
    let quote = place.quote.map_or(String::new(), String::from);
    format!("{quote}{}|{kind}", place.typed)
}

fn slot_described(slot: &CallSlot<'_>) -> String {
    let receiver = slot.receiver.as_ref();
    let receiver = receiver.map_or(String::new(), |chain| format!("{:?}.", chain.root));
    let keys: String = slot.keys.iter().map(|key| format!(".{key}")).collect();
    format!("{receiver}{}({}{keys})", slot.function, slot.argument)
}

/// A text, and the description of the cursor's position at its end.
type Example = (&'static str, &'static str);

const CODE: &[Example] = &[
    // Names.
    ("", "|name"),
    ("imp", "imp|name"),
    ("  jo", "jo|name"),
    ("let x = jo", "jo|name"),
    ("x; jo", "jo|name"),
    ("if jo", "jo|name"),
    ("if (jo", "jo|name"),
    ("while x { jo", "jo|name"),
    ("1 + jo", "jo|name"),
    ("f(1 + jo", "jo|name"),
    ("[jo", "jo|name"),
    ("`a ${jo", "jo|name"),
    ("fn f(a) { jo", "jo|name"),
    ("日本 = jo", "jo|name"),
    ("x ? jo", "jo|name"),
    ("import(\"a\", \"b\"); jo", "jo|name"),
    // No completion.
    ("let jo", "nothing"),
    ("const jo", "nothing"),
    ("fn jo", "nothing"),
    ("fn f(jo", "nothing"),
    ("fn f(a, jo", "nothing"),
    ("for jo", "nothing"),
    ("import \"a\" as jo", "nothing"),
    ("// jo", "nothing"),
    ("/* jo", "nothing"),
    ("'j", "nothing"),
    ("12", "nothing"),
    ("\"a\"", "nothing"),
    ("#\"jo", "nothing"),
    ("0..jo", "jo|name"),
    ("let o = #{jo", "nothing"),
    ("let o = #{\"jo", "nothing"),
    // Members.
    ("job.", "|member of Name(\"job\")"),
    ("job.st", "st|member of Name(\"job\")"),
    ("job?.st", "st|member of Name(\"job\")"),
    ("jobs()[0].", "|member of Call(\"jobs\")"),
    ("connect(\"x\").jo", "jo|member of Call(\"connect\")"),
    ("import(#{a: 1}).", "|member of Call(\"import\")"),
    ("wait(jo.", "|member of Name(\"jo\")"),
    ("\"a\".le", "le|member of Text"),
    ("[1].le", "le|member of Array"),
    ("#{a: 1}.", "|member of Map([\"a\"])"),
    ("`${job.", "|member of Name(\"job\")"),
    ("job\n  .st", "st|member of Name(\"job\")"),
    ("job /* . */ . st", "st|member of Name(\"job\")"),
    ("m::fo", "fo|in module m"),
    ("m::", "|in module m"),
];

const CALLS: &[Example] = &[
    // Arguments.
    ("import(", "|value of import(0)"),
    ("import (bo", "bo|value of import(0)"),
    ("import(\"bo", "\"bo|value of import(0)"),
    ("import(`bo", "`bo|value of import(0)"),
    ("import(\"books\", ", "|value of import(1)"),
    ("import(\"books\", \"a/", "\"a/|value of import(1)"),
    ("import(\"books\", [\"a\", \"b", "\"b|value of import(1)"),
    ("import(\"a,b(\", \"b", "\"b|value of import(1)"),
    ("wait(f(1, 2), [", "|value of wait(1)"),
    ("wait([job, ", "|value of wait(0)"),
    ("eu.import(", "|value of Name(\"eu\").import(0)"),
    (
        "connect(\"e\").wait(\"",
        "\"|value of Call(\"connect\").wait(0)",
    ),
    ("x = `${progress(\"jo", "\"jo|value of progress(0)"),
    ("import(\"a\" + \"b", "\"b|text"),
    ("import(\"a\" + b", "b|name"),
    ("m::import(\"a", "\"a|text"),
    ("let p = \"./da", "\"./da|text"),
    // Option keys.
    ("jobs(#{", "|key of jobs(0) besides []"),
    ("jobs(#{st", "st|key of jobs(0) besides []"),
    (
        "jobs(#{limit: 5, st",
        "st|key of jobs(0) besides [\"limit\"]",
    ),
    (
        "jobs(#{\"limit\": f(#{a: 1}), st",
        "st|key of jobs(0) besides [\"limit\"]",
    ),
    ("jobs(#{\"st", "\"st|key of jobs(0) besides []"),
    ("wait(job, #{", "|key of wait(1) besides []"),
    (
        "import(\"c\", \"p\", #{\n  ",
        "|key of import(2) besides []",
    ),
    ("eu.import(#{", "|key of Name(\"eu\").import(0) besides []"),
    (
        "connect(#{storage: #{",
        "|key of connect(0.storage) besides []",
    ),
    (
        "connect(#{endpoint: \"x\", storage: #{url: \"y\", ac",
        "ac|key of connect(0.storage) besides [\"url\"]",
    ),
    ("`${jobs(#{st", "st|key of jobs(0) besides []"),
    ("import_all([#{co", "co|key of import_all(0) besides []"),
    ("fn f() { jobs(#{st", "st|key of jobs(0) besides []"),
    // Option values.
    ("jobs(#{state: ", "|value of jobs(0.state)"),
    ("jobs(#{state: co", "co|value of jobs(0.state)"),
    ("jobs(#{state: \"co", "\"co|value of jobs(0.state)"),
    (
        "jobs(#{state: [\"failed\", \"co",
        "\"co|value of jobs(0.state)",
    ),
    ("jobs(#{\"state\": \"co", "\"co|value of jobs(0.state)"),
    (
        "jobs(#{limit: 5, state: \"co",
        "\"co|value of jobs(0.state)",
    ),
    (
        "connect(#{storage: #{url: \"s3",
        "\"s3|value of connect(0.storage.url)",
    ),
    ("jobs(#{state: \"a\" + \"b", "\"b|text"),
];

const TEXTS: &[Example] = &[
    // Other texts.
    ("import \"to", "\"to|module"),
    ("let x = 1; import \"to", "\"to|module"),
    ("m[\"ke", "\"ke|index of Name(\"m\")"),
    ("f()[\"ke", "\"ke|index of Call(\"f\")"),
    ("job.state == \"Co", "\"Co|compared with state"),
    (
        "jobs().filter(|j| j.state != \"Co",
        "\"Co|compared with state",
    ),
    ("if p.state == ", "|compared with state"),
    // Commands.
    (":", "|command"),
    (" :he", "he|command"),
    (":help ", "|argument 0 of :help"),
    (":help imp", "imp|argument 0 of :help"),
    (":set output js", "js|argument 1 of :set"),
    (":set  output   ", "|argument 1 of :set"),
    (":watch 5s jobs().", "jobs().|argument 1 of :watch"),
];

#[test]
fn positions_are_recognized() {
    let mut wrong = Vec::new();
    let examples = [CODE, CALLS, TEXTS].into_iter().flatten();
    for (text, expected) in examples.copied() {
        let found = described(text);
        if found != expected {
            wrong.push(format!("{text:?}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_has_a_position(
        text in "\\PC{0,40}|[\"'`#${}()\\[\\].,:;/*\\\\a=|\n é日]{0,60}|(import|jobs|let |fn |\"|`|\\$\\{|\\}|#\\{|\\(|\\)|\\[|\\]|\\.|, |: |a|::|\n| ){0,40}"
    ) {
        for cursor in 0..=text.len() {
            if let Some(before) = text.get(..cursor) {
                let source = SourceText::read(before);
                let place = place(&CursorCode::at_end(&source));
                prop_assert_eq!(before.get(place.start..), Some(place.typed));
            }
        }
    }
}
