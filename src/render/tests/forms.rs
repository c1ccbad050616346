//! Vertical output, NDJSON, Markdown and YAML: their look, and reading them back.

use crate::render::{OutputFormat, Screen, Shown};
use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use super::{FORMATS, failed, jobs, listed, terminal, text, written};

/// Texts that other formats would read as another value or as markup.
const ODD: [&str; 34] = [
    "",
    " ",
    "no",
    "Yes",
    "null",
    "~",
    "true",
    "1",
    "-1.5",
    "1e3",
    "0x1F",
    "0o7",
    "017",
    "1_000",
    "1:30",
    "2026-01-02",
    "2026-01-02T11:57:00Z",
    ".inf",
    "=",
    "<<",
    "a: b",
    "# c",
    "- d",
    "|",
    "a|b\\|c",
    "`x` *y* _z_ [l](m) <b> &amp; ~~s~~",
    "\"q\" 'r'",
    "two\nlines",
    "\ttab",
    "書籍と映画",
    "👩‍👩‍👧‍👦 family",
    "%20",
    "@x",
    "trailing \\",
];

fn plain(value: &Value, format: OutputFormat) -> String {
    written(&Shown::Value(value), format, &Screen::plain())
}

fn odd_rows() -> Value {
    ODD.iter()
        .enumerate()
        .map(|(index, text)| json!({"n": index, "text": text, "nested": {"list": [text, null, 1.5, true]}}))
        .collect()
}

#[test]
fn vertical_output_is_a_complete_record_for_each_row() {
    let jobs = jobs();
    let expected = r#"
─[ 1 ]──────────────────────────────────
job         job-01k2x7d5n0e8q9a0b1c2d3e4f6
collection  書籍と映画
state       Importing
percent     42.5
reason      -
created     -
file        -
─[ 2 ]──────────────────────────────────
job         job-01k2x7d5n0e8q9a0b1c2d3e4f7
collection  packages
state       Failed
percent     0.0
reason      row 1234, field "vector": expected 384 floats, found 383
created     -
file        -
"#;
    let shown = |width| {
        written(
            &listed(&jobs[1..]),
            OutputFormat::Vertical,
            &terminal(width),
        )
    };
    assert_eq!(shown(200), text(expected));
    let narrow = "reason      row 1234, field \"vector\":\n            expected 384 floats, found\n            383\n";
    assert!(shown(40).contains(narrow), "{}", shown(40));
    let map = json!({"a": 1, "longer": "two\nlines"});
    assert_eq!(
        plain(&map, OutputFormat::Vertical),
        "a       1\nlonger  two\n        lines\n"
    );
    assert_eq!(plain(&json!([1, "b"]), OutputFormat::Vertical), "1\nb\n");
    assert_eq!(plain(&json!([]), OutputFormat::Vertical), "no rows\n");
}

#[test]
fn ndjson_has_a_line_for_each_item() {
    let rows = odd_rows();
    let text = plain(&rows, OutputFormat::Ndjson);
    let read: Value = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .collect();
    assert_eq!(read, rows);
    assert_eq!(
        plain(&json!({"a": [1]}), OutputFormat::Ndjson),
        "{\"a\":[1]}\n"
    );
    assert_eq!(plain(&json!([]), OutputFormat::Ndjson), "");
    let jobs = jobs();
    let first = written(&listed(&jobs), OutputFormat::Ndjson, &terminal(40));
    assert_eq!(
        first.lines().next(),
        Some(
            r#"{"job":"job-01k2x7d5n0e8q9a0b1c2d3e4f5","collection":"books","state":"Completed","percent":100.0,"reason":null,"created":null,"file":null}"#
        )
    );
}

#[test]
fn markdown_is_a_table_of_escaped_cells() {
    let jobs = jobs();
    let expected = r#"
| job | collection | state | percent | reason | created | file |
| --- | --- | --- | ---: | --- | --- | --- |
| job-01k2x7d5n0e8q9a0b1c2d3e4f5 | books | Completed | 100.0 |  |  |  |
| job-01k2x7d5n0e8q9a0b1c2d3e4f6 | 書籍と映画 | Importing | 42.5 |  |  |  |
| job-01k2x7d5n0e8q9a0b1c2d3e4f7 | packages | Failed | 0.0 | row 1234, field "vector": expected 384 floats, found 383 |  |  |
"#;
    let shown = written(&listed(&jobs), OutputFormat::Markdown, &terminal(40));
    assert_eq!(shown, text(expected));
    let map = json!({"debian_packages": "a|b", "n": 3});
    assert_eq!(
        plain(&map, OutputFormat::Markdown),
        "| field | value |\n| --- | --- |\n| debian_packages | a\\|b |\n| n | 3 |\n"
    );
}

/// Returns the shown text of a Markdown table's cell.
fn unescaped(cell: &str) -> String {
    let mut shown = String::new();
    let mut letters = cell.replace("<br>", "\n");
    letters = letters.trim_matches(' ').to_owned();
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => shown.extend(letters.next()),
            other => shown.push(other),
        }
    }
    shown
}

/// Returns the cells of a row, which are separated by bars without a backslash before them.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for letter in line.chars() {
        if letter == '|' && !escaped {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    let inner = cells.len() - 1;
    cells[1..inner].iter().map(|cell| unescaped(cell)).collect()
}

#[test]
fn markdown_is_read_back_unchanged() {
    let table = plain(&odd_rows(), OutputFormat::Markdown);
    let rows: Vec<Vec<String>> = table.lines().skip(2).map(cells).collect();
    assert_eq!(rows.len(), ODD.len());
    for (row, odd) in rows.iter().zip(ODD) {
        // Blanks at the ends belong to the table, and tabs are blanks.
        assert_eq!(row[1], odd.trim().replace('\t', " "), "{row:?}");
        assert_eq!(row.len(), 3, "{row:?}");
    }
}

fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Real(text) => json!(text.parse::<f64>().expect("a number")),
        Yaml::Integer(number) => json!(number),
        Yaml::String(text) => json!(text),
        Yaml::Boolean(flag) => json!(flag),
        Yaml::Null => Value::Null,
        Yaml::Array(items) => items.iter().map(json_of).collect(),
        Yaml::Hash(map) => map
            .iter()
            .map(|(key, value)| (key.as_str().expect("a text").to_owned(), json_of(value)))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn yaml_is_read_back_unchanged() {
    let read = |text: &str| json_of(&YamlLoader::load_from_str(text).expect("YAML")[0]);
    let keyed: Value = ODD
        .iter()
        .map(|text| ((*text).to_owned(), json!([text])))
        .collect();
    for value in [
        odd_rows(),
        keyed,
        json!([]),
        json!([[1, [2]], {"a": {}}]),
        json!("no"),
        json!({"long": "word ".repeat(60), "longer": "x".repeat(300)}),
        json!([9_007_199_254_740_993_i64, 0.5, 1e300, false, null]),
    ] {
        let text = plain(&value, OutputFormat::Yaml);
        assert_eq!(read(&text), value, "{text}");
    }
    let job = failed();
    let shown = Shown::Progress(&job);
    let text = written(&shown, OutputFormat::Yaml, &Screen::plain());
    assert_eq!(read(&text), shown.to_json(), "{text}");
    assert!(
        text.starts_with("job: job-01k2x7d5n0e8q9a0b1c2d3e4f7\n"),
        "{text}"
    );
}

#[test]
fn texts_that_look_like_other_values_are_quoted_in_yaml() {
    let jobs = jobs();
    let expected = r"
- job: job-01k2x7d5n0e8q9a0b1c2d3e4f5
  collection: books
  state: Completed
  percent: 100.0
  reason: null
  created: null
  file: null
";
    assert_eq!(
        written(&listed(&jobs[..1]), OutputFormat::Yaml, &terminal(40)),
        text(expected)
    );
    // A YAML 1.1 parser reads these texts as other values.
    let quoted = plain(
        &json!(["445566778899001122", "2026-01-02T11:57:00Z", "no"]),
        OutputFormat::Yaml,
    );
    assert_eq!(
        quoted,
        "- \"445566778899001122\"\n- \"2026-01-02T11:57:00Z\"\n- \"no\"\n"
    );
}

#[test]
fn formats_have_names() {
    for (format, word) in FORMATS.into_iter().zip(OutputFormat::WORDS) {
        assert_eq!(format.word(), *word);
        assert_eq!(OutputFormat::parse(word), Ok(format));
    }
    let error = OutputFormat::parse("yml").expect_err("no format");
    assert_eq!(error, "no output format \"yml\": did you mean \"yaml\"?");
}
