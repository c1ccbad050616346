//! Values, JSON, CSV, colours, hostile text, closed pipes.

use std::io::{self, Write};

use crate::render::{self, OutputFormat, Screen, Shown};
use serde_json::{Value, json};

use super::{FORMATS, description, failed, jobs, listed, table, terminal, written};

#[test]
fn boxes_are_ascii_if_the_locale_is() {
    let screen = Screen {
        unicode: false,
        ..terminal(80)
    };
    let values = json!([{"a": 1, "b": "x"}]);
    assert_eq!(
        table(&Shown::Value(&values), &screen),
        "+---+---+\n| a | b |\n+---+---+\n| 1 | x |\n+---+---+\n"
    );
}

#[test]
fn values_of_each_shape_are_shown() {
    let shown = |value: Value| table(&Shown::Value(&value), &Screen::plain());
    assert_eq!(
        shown(json!({"a": 1, "b": {"c": [1, null]}})),
        "a  1\nb  {\"c\":[1,null]}\n"
    );
    assert_eq!(
        shown(json!([{"b": 1}, {"a": "x", "b": null}])),
        "b  a\n1  -\n-  x\n"
    );
    assert_eq!(shown(json!([1, "two", [3]])), "1\ntwo\n[3]\n");
    assert_eq!(shown(json!("plain \"text\"")), "plain \"text\"\n");
    assert_eq!(
        shown(json!(9_007_199_254_740_993_u64)),
        "9007199254740993\n"
    );
    assert_eq!(shown(Value::Null), "");
    assert_eq!(table(&Shown::Nothing, &Screen::plain()), "");
}

#[test]
fn empty_results_are_named() {
    let cases: [(Shown<'_>, &str, &str); 7] = [
        (
            Shown::Jobs {
                jobs: &[],
                total: None,
            },
            "no jobs\n",
            "job,collection,state,percent,reason,created,file\n",
        ),
        (
            Shown::Waited(&[]),
            "no jobs\n",
            "job,collection,state,percent,rows,total_rows,file,size,created,completed,reason,details,warnings\n",
        ),
        (Shown::Collections(&[]), "no collections\n", "value\n"),
        (
            Shown::Clusters(&[]),
            "no clusters\n",
            "clusterId,clusterName,regionId,plan,status,connectAddress\n",
        ),
        (Shown::Value(&json!([])), "empty list\n", "value\n"),
        (
            Shown::Rows {
                items: &json!([]),
                limit: Some(10),
            },
            "no rows\n",
            "value\n",
        ),
        (Shown::Value(&json!({})), "empty map\n", "value\n"),
    ];
    for (shown, in_table, in_csv) in &cases {
        assert_eq!(table(shown, &terminal(80)), *in_table);
        if !matches!(shown, Shown::Value(Value::Object(_))) {
            assert_eq!(written(shown, OutputFormat::Csv, &Screen::plain()), *in_csv);
            assert_eq!(written(shown, OutputFormat::Json, &Screen::plain()), "[]\n");
        }
    }
}

#[test]
fn json_keeps_its_keys_and_types() {
    let jobs = jobs();
    let read: Value =
        serde_json::from_str(&written(&listed(&jobs), OutputFormat::Json, &terminal(40)))
            .expect("JSON");
    assert_eq!(
        read[1],
        json!({"job": "job-01k2x7d5n0e8q9a0b1c2d3e4f6", "collection": "書籍と映画", "state": "Importing", "percent": 42.5, "reason": null, "created": null, "file": null})
    );
    let mut job = failed();
    job.create_time = Some("2026-01-02T11:50:00Z".to_owned());
    job.complete_time = None;
    job.details.truncate(1);
    job.warnings = vec!["a.json: dropped".to_owned()];
    let read: Value = serde_json::from_str(&written(
        &Shown::Progress(&job),
        OutputFormat::Json,
        &Screen::plain(),
    ))
    .expect("JSON");
    let expected = json!({
        "job": "job-01k2x7d5n0e8q9a0b1c2d3e4f7", "collection": "packages", "state": "Failed", "percent": 40.0, "rows": 1600,
        "total_rows": 4000, "file": "a.json,b.json", "size": 2_516_582, "created": "2026-01-02T11:50:00Z", "completed": null, "reason": "import failed",
        "details": [{"file": "a.json", "state": "Completed", "percent": 100.0, "rows": 800, "total_rows": 2000, "size": 1_258_291,
            "completed": null, "reason": null}],
        "warnings": ["a.json: dropped"],
    });
    assert_eq!(read, expected);
    let table = written(
        &Shown::Progress(&job),
        OutputFormat::Table,
        &Screen::plain(),
    );
    assert!(table.ends_with("\nwarning: a.json: dropped\n"), "{table}");
    assert_eq!(
        render::columns(&read),
        [
            "job",
            "collection",
            "state",
            "percent",
            "rows",
            "total_rows",
            "file",
            "size",
            "created",
            "completed",
            "reason",
            "details",
            "warnings"
        ]
    );
}

#[test]
fn csv_is_read_back_unchanged() {
    let value = json!([{"name": "a,\"b\"\nc", "n": 1}, {"n": null, "more": {"x": [1]}}]);
    let text = written(&Shown::Value(&value), OutputFormat::Csv, &Screen::plain());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().expect("a header"),
        vec!["name", "n", "more"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!(rows[0], vec!["a,\"b\"\nc", "1", ""]);
    assert_eq!(rows[1], vec!["", "", "{\"x\":[1]}"]);
    let names = ["a".to_owned(), "b".to_owned()];
    assert_eq!(
        written(
            &Shown::Collections(&names),
            OutputFormat::Csv,
            &Screen::plain()
        ),
        "value\na\nb\n"
    );
}

/// A list of maps and other values has one column, in which each value is JSON.
#[test]
fn a_mixed_list_is_shown_completely() {
    for (value, csv, markdown, vertical) in [
        (
            json!([{"a": 1, "b": "x"}, 3]),
            "value\n\"{\"\"a\"\":1,\"\"b\"\":\"\"x\"\"}\"\n3\n",
            "| value |\n| --- |\n| {\"a\":1,\"b\":\"x\"} |\n| 3 |\n",
            "{\"a\":1,\"b\":\"x\"}\n3\n",
        ),
        (
            json!([{"value": 1}, null]),
            "value\n\"{\"\"value\"\":1}\"\n\"\"\n",
            "| value |\n| --- |\n| {\"value\":1} |\n|  |\n",
            "{\"value\":1}\n\n",
        ),
        (
            json!([{}]),
            "value\n{}\n",
            "| value |\n| --- |\n| {} |\n",
            "{}\n",
        ),
    ] {
        let shown = Shown::Value(&value);
        let of = |format| written(&shown, format, &Screen::plain());
        assert_eq!(of(OutputFormat::Csv), csv);
        assert_eq!(of(OutputFormat::Markdown), markdown);
        assert_eq!(of(OutputFormat::Vertical), vertical);
    }
}

#[test]
fn chosen_columns_are_in_the_chosen_order() {
    let jobs = jobs();
    let columns = ["state".to_owned(), "job".to_owned()];
    let picked = render::pick_columns(&listed(&jobs[..1]), &columns);
    let text = written(&Shown::Value(&picked), OutputFormat::Csv, &Screen::plain());
    assert_eq!(
        text,
        "state,job\nCompleted,job-01k2x7d5n0e8q9a0b1c2d3e4f5\n"
    );
}

#[test]
fn colours_are_used_only_if_the_screen_has_them() {
    let failed = failed();
    let jobs = jobs();
    let described = description();
    for shown in [
        listed(&jobs),
        Shown::Progress(&failed),
        Shown::Description(&described),
    ] {
        for screen in [terminal(200), terminal(40), Screen::plain()] {
            assert!(!table(&shown, &screen).contains('\x1b'));
            let coloured = table(
                &shown,
                &Screen {
                    color: true,
                    ..screen.clone()
                },
            );
            assert!(coloured.contains('\x1b'), "{coloured}");
        }
    }
    let coloured = table(
        &listed(&jobs),
        &Screen {
            color: true,
            ..Screen::plain()
        },
    );
    assert!(coloured.contains("\x1b[31mFailed\x1b[0m"), "{coloured}");
}

#[test]
fn a_service_cannot_control_the_terminal() {
    let evil = "x\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}y";
    let mut job = failed();
    job.reason = Some(evil.to_owned());
    job.collection = evil.to_owned();
    job.details[0].file_name = evil.to_owned();
    job.state.sent = evil.to_owned();
    let value = json!([{evil: evil}]);
    let flat = json!(evil);
    let names = [evil.to_owned()];
    for screen in [terminal(200), terminal(40)] {
        for shown in [
            Shown::Progress(&job),
            Shown::Value(&value),
            Shown::Value(&flat),
            Shown::Collections(&names),
        ] {
            for format in FORMATS {
                let text = written(&shown, format, &screen);
                assert!(
                    !text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'),
                    "{text:?}"
                );
            }
        }
    }
    let json = written(&Shown::Value(&flat), OutputFormat::Json, &terminal(80));
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), flat);
}

#[test]
fn a_closed_pipe_is_an_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    for format in FORMATS {
        let error = render::write(&mut Closed, &listed(&jobs()), format, &terminal(80))
            .expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
    for screen in [Screen::plain(), terminal(80)] {
        let mut view = render::WaitView::new(screen, Closed);
        view.update(&[failed()], std::time::Instant::now());
        view.tick(std::time::Instant::now());
        view.finish();
    }
}
