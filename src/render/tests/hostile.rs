//! Any text, in every layout and format.

use crate::api::model::JobState;
use crate::render::{OutputFormat, Screen, Shown};
use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{FORMATS, failed, job, terminal, written};

/// Generates text with control characters, wide characters and invisible ones.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "\x1b[2J",
        "\x1b]0;t\x07",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2067}",
        "\u{61c}",
        "\r",
        "\n",
        "\t",
        "\0",
        "\x7f",
        "\x08",
        "書籍",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "e\u{301}",
        "\u{200b}",
        "❤️",
        "|",
        "\\",
        "`",
        "\"",
        "'",
        ": ",
        "# ",
        "- ",
        "a word ",
        "job-01k2x7d5n0e8q9a0b1c2d3e4f7",
        "ﷺ",
        "\u{feff}",
    ];
    let odd = proptest::sample::select(odd.to_vec()).prop_map(str::to_owned);
    let piece = prop_oneof![3 => odd, 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn controls_a_terminal(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Calls `see` for each kind of output, with the text in every place that can have one.
fn for_each(text: &str, mut see: impl FnMut(&Shown<'_>)) {
    let mut progress = failed();
    text.clone_into(&mut progress.collection);
    progress.reason = Some(text.to_owned());
    text.clone_into(&mut progress.details[1].file_name);
    progress.details[1].reason = Some(text.to_owned());
    see(&Shown::Progress(&progress));
    see(&Shown::Waited(&[progress.clone(), progress.clone()]));
    let listed = job(text, text, JobState::Failed, text, 1.0, Some(text));
    see(&Shown::Jobs {
        jobs: &[listed],
        total: None,
    });
    see(&Shown::Collections(&vec![text.to_owned(); 10]));
    let value = json!([{"id": 1, text: text, "n": {"x": [text]}}, {"id": 2, text: 5}]);
    see(&Shown::Value(&value));
    see(&Shown::Value(&value[0]));
    see(&Shown::Value(&json!([text, text])));
    see(&Shown::Value(&json!(text)));
    see(&Shown::Connection(
        &json!({"name": text, "api": text, "endpoint": text}),
    ));
    see(&Shown::Error(
        &json!({"kind": text, "message": text, "hint": text, "jobs": [text]}),
    ));
    let field = json!({"name": text, "type": text, "description": text, "defaultValue": text});
    see(&Shown::Description(
        &json!({"collectionName": text, "fields": [field], "indexes": [{"indexName": text}]}),
    ));
    let cluster =
        json!({"clusterId": text, "clusterName": text, "status": text, "connectAddress": text});
    see(&Shown::Clusters(&[cluster]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_controls_the_terminal_or_breaks_a_box(text in text(), width in 8_usize..130) {
        let screen = terminal(width);
        for_each(&text, |shown| {
            for format in FORMATS {
                let out = written(shown, format, &screen);
                assert!(!out.contains(controls_a_terminal), "{format:?}: {out:?}");
            }
            let table = written(shown, OutputFormat::Table, &screen);
            for line in table.lines().filter(|line| line.starts_with(['╭', '├', '╰'])) {
                assert!(line.width() <= width, "{width}: {table}");
            }
        });
    }

    #[test]
    fn every_text_is_read_back_unchanged(text in text()) {
        let value = json!([{"a": text}, {"a": format!("{text} "), "b": [text]}]);
        let shown = Shown::Value(&value);
        let json = written(&shown, OutputFormat::Json, &terminal(40));
        prop_assert_eq!(&serde_json::from_str::<Value>(&json).expect("JSON"), &value);
        let lines = written(&shown, OutputFormat::Ndjson, &Screen::plain());
        let read: Value = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect();
        prop_assert_eq!(&read, &value);
        let csv = written(&shown, OutputFormat::Csv, &Screen::plain());
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV");
        prop_assert_eq!(&rows[0][0], text.as_str());
        let nested = json!([text]).to_string();
        prop_assert_eq!(&rows[1][1], nested.as_str());
    }
}
