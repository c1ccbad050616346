use super::*;
use proptest::prelude::*;

fn slices(text: &str) -> Vec<String> {
    let source = SourceText::read(text);
    let comments = source.comments().iter().cloned();
    let mut spans: Vec<Range<usize>> = (0..source.len()).map(|at| source.span(at)).collect();
    spans.extend(comments);
    spans.sort_by_key(|span| span.start);
    spans
        .into_iter()
        .map(|span| text[span].to_owned())
        .collect()
}

#[test]
fn tokens_have_their_positions() {
    for (text, tokens) in [
        (
            r#"let s = `é ${ f("}") + `${x}` } z`; 1"#,
            vec![
                "let", "s", "=", "`é $", "{", "f", "(", "\"}\"", ")", "+", "`$", "{", "x", "}",
                "`", "}", " z`", ";", "1",
            ],
        ),
        (
            r"`a \${b} ${ #{c: 1}.c } d` /* e /* f */ */ g // h",
            vec![
                r"`a \${b} $",
                "{",
                "#{",
                "c",
                ":",
                "1",
                "}",
                ".",
                "c",
                "}",
                " d`",
                "/* e /* f */ */",
                "g",
                "// h",
            ],
        ),
        (
            "1.e 0..9 1_000.5",
            vec!["1", ".", "e", "0", "..", "9", "1_000.5"],
        ),
        (
            r##"#"raw " text"# + 'x'"##,
            vec![r##"#"raw " text"#"##, "+", "'x'"],
        ),
        ("f() // a\r\nb", vec!["f", "(", ")", "// a", "b"]),
        ("x?.y::z #{", vec!["x", "?.", "y", "::", "z", "#{"]),
        (r#""a\"b""c" d"#, vec![r#""a\"b""c""#, "d"]),
        ("\"open\nb", vec!["\"open", "b"]),
        // Rhai's lexer stops at a wrong escape, in the middle of the string.
        (
            r#"f("a\qb", "\x1"); c"#,
            vec!["f", "(", r#""a\qb""#, ",", r#""\x1""#, ")", ";", "c"],
        ),
        ("\"a\\q\nb", vec!["\"a\\q", "b"]),
        ("'ab' c", vec!["'ab'", "c"]),
    ] {
        assert_eq!(slices(text), tokens, "{text}");
    }
}

#[test]
fn the_open_construct_is_found() {
    for (text, open) in [
        ("`a", Some(OpenConstruct::Text)),
        ("`a ${x} b", Some(OpenConstruct::Text)),
        ("#\"a", Some(OpenConstruct::Text)),
        ("`a ${x", None),
        ("`a`", None),
        ("/* a", Some(OpenConstruct::Comment)),
        ("1 /* a */", None),
        ("\"a", None),
        ("", None),
    ] {
        assert_eq!(SourceText::read(text).open(), open, "{text}");
    }
}

#[test]
fn brackets_have_partners() {
    let text = r#"f(#{a: "}", b: `)${x[0]}`}) /* ( */"#;
    let source = SourceText::read(text);
    let at = |offset| {
        let pair = source.bracket_pair(offset);
        pair.map(|[open, close]| (open.start, close.start))
    };
    let last = text.find(") /*").unwrap();
    assert_eq!(at(1), Some((1, last)));
    assert_eq!(at(last + 1), Some((1, last)), "just before the cursor");
    assert_eq!(at(2), Some((2, last - 1)));
    assert_eq!(at(0), None);
    let inner = text.find("[0]").unwrap();
    assert_eq!(at(inner), Some((inner, inner + 2)));
    let source = SourceText::read("f(1]");
    assert!(
        source.bracket_pair(1).is_none(),
        "a wrong bracket closes nothing"
    );
    assert_eq!(source.open_before(source.len()), [1]);
    assert_eq!(SourceText::read("f()").bracket_pair(1), Some([1..2, 2..3]));
}

#[test]
fn items_are_split_at_commas() {
    for (text, items) in [
        ("f()", vec![]),
        ("f(a)", vec!["a"]),
        (
            "f(a + 1, [b, c], #{d: g(1, 2)})",
            vec!["a + 1", "[b, c]", "#{d: g(1, 2)}"],
        ),
        ("f(a, ", vec!["a", ""]),
        ("f(`a ${g(1, 2)}, b`, c", vec!["`a ${g(1, 2)}, b`", "c"]),
    ] {
        let source = SourceText::read(text);
        let found: Vec<&str> = source
            .items(1, source.len())
            .into_iter()
            .map(|item| source.tokens_text(item))
            .collect();
        assert_eq!(found, items, "{text}");
    }
}

#[test]
fn string_contents_are_found() {
    for (text, contents) in [
        (r#""a b""#, vec!["a b"]),
        ("'x'", vec!["x"]),
        (r##"#"a"b"#"##, vec!["a\"b"]),
        ("`a ${x} b ${y}`", vec!["a ", " b ", ""]),
        ("`a ${x} b", vec!["a ", " b"]),
        ("`a", vec!["a"]),
        ("#\"a", vec!["a"]),
        ("\"a", vec!["a"]),
        ("\"", vec![""]),
        ("'ab'", vec!["ab"]),
        (r#""a\qb""#, vec![r"a\qb"]),
    ] {
        let source = SourceText::read(text);
        let found: Vec<&str> = (0..source.len())
            .filter(|at| source.is_text(*at))
            .map(|at| source.part(source.text_content(at)))
            .collect();
        assert_eq!(found, contents, "{text}");
    }
    let source = SourceText::read("f(`a ${`${x}` + y} b ${z} c`)");
    assert_eq!(source.text_start(source.len() - 2), 2);
}

#[test]
fn statements_are_split_as_by_the_parser() {
    for (text, parts) in [
        ("1 + 1", vec!["1 + 1"]),
        ("let a = 1; a // one; two", vec!["let a = 1", "a"]),
        ("let u = \"http://x\"; // y", vec!["let u = \"http://x\""]),
        ("fn f(a) { a; 1 } f(2)", vec!["fn f(a) { a; 1 }", "f(2)"]),
        (
            "if a { 1 } else { 2 } 3",
            vec!["if a { 1 } else { 2 }", "3"],
        ),
        (
            "if `${1}` == \"1\" { 2 } -1",
            vec!["if `${1}` == \"1\" { 2 }", "-1"],
        ),
        (
            "try { 1 } catch (e) { 2 } #{a: 1}",
            vec!["try { 1 } catch (e) { 2 }", "#{a: 1}"],
        ),
        ("let f = |x| { x; 1 }; f", vec!["let f = |x| { x; 1 }", "f"]),
        ("`a ${ let b = 1; b } c`", vec!["`a ${ let b = 1; b } c`"]),
        ("do { 1 } while false; 2", vec!["do { 1 } while false", "2"]),
        (";; 1 /* a */ ; /* b */", vec!["1"]),
        ("import(\"a\", \"b\") // c", vec!["import(\"a\", \"b\")"]),
        ("// only a comment", vec![]),
    ] {
        let source = SourceText::read(text);
        let statements = source.statements();
        let found: Vec<&str> = statements
            .iter()
            .map(|it| source.tokens_text(it.tokens.clone()))
            .collect();
        assert_eq!(found, parts, "{text}");
    }
}

#[test]
fn declared_and_used_names_are_found() {
    let text =
        "fn f(a, b) { let c = a; } let x = f(1, g()); y.z(#{k: last}).p; import \"m\" as m; last";
    let source = SourceText::read(text);
    let statements = source.statements();
    let declared: Vec<&str> = statements
        .iter()
        .flat_map(|it| source.declared_in(it))
        .collect();
    assert_eq!(declared, ["f", "x", "m"]);
    let used: Vec<&str> = (0..source.len())
        .filter_map(|at| source.reference(at))
        .collect();
    assert_eq!(used, ["a", "b", "a", "f", "g", "y", "z", "last", "last"]);
    assert_eq!(statements[0].function, Some(("f".to_owned(), 2)));
    let all: Vec<&str> = source.declared_by(&[Token::Let]).collect();
    assert_eq!(all, ["c", "x"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_tokenized(text in "[\"'`#${}()/*\\\\a1.:=;,\n\r é日xu]{0,60}|\\PC{0,40}") {
        let source = SourceText::read(&text);
        let mut last = 0;
        for index in 0..source.len() {
            let span = source.span(index);
            prop_assert!(span.start >= last && span.start <= span.end);
            prop_assert!(text.get(span.clone()).is_some());
            last = span.end;
            if source.is_text(index) {
                prop_assert!(text.get(source.text_content(index)).is_some());
            }
        }
        let statements = source.statements();
        prop_assert!(statements.iter().all(|it| it.tokens.start < it.tokens.end));
        if let Some(open) = (0..source.len()).find(|at| source.opens(*at)) {
            source.items(open, source.len());
        }
        source.bracket_pair(text.len() / 2);
    }
}

#[test]
fn unpaired_brackets_take_linear_time() {
    let count = 50_000;
    for text in [
        "f(n - 1 { ".repeat(count),
        ["(", "}"].map(|part| part.repeat(count)).concat(),
        ["{(", "]"].map(|part| part.repeat(count)).concat(),
    ] {
        let start = std::time::Instant::now();
        assert!(SourceText::read(&text).len() >= 2 * count);
        // Comparing each token with all open brackets would take minutes.
        assert!(start.elapsed() < std::time::Duration::from_secs(20));
    }
}
