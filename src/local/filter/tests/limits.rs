//! Filters that must not take minutes for one row.

use super::*;
use std::time::{Duration, Instant};

#[test]
fn patterns_and_json_values_take_linear_time() {
    let text = "a".repeat(60_000);
    let list = vec![json!("word"); 5000];
    let row = json!({"id": 1, "name": text, "share": 0, "good": true, "doc": {"list": list, "n": 1}, "tags": [], "parts": [], "words": [], "v": [0, 0]});
    let rows = Rows::new(schema(), &[row]);
    let patterns = [
        format!("name like \"%{}b%\"", "a_".repeat(15_000)),
        format!("name like \"%{}b%\"", "a%_".repeat(10_000)),
        format!("name like \"%{}ba%\"", "a".repeat(30_000)),
        vec!["doc[\"n\"] > 1"; 3000].join(" or "),
    ];
    for filter in patterns {
        let start = Instant::now();
        assert_eq!(rows.found(&filter), Ok(Vec::new()));
        // Testing the pattern at each place separately, or parsing the value for each condition, would take minutes.
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{}",
            filter.len()
        );
    }
    let matching = format!("name like \"%{}%\"", "a_".repeat(15_000));
    assert_eq!(rows.found(&matching), Ok(vec![1]));
}

/// Each of these would take minutes for one row.
#[test]
fn testing_one_row_ends_at_the_limit() {
    let list = vec![json!("word"); 5000];
    let row = json!({"id": 1, "name": "a".repeat(60_000), "share": 0, "good": true, "doc": {"list": list}, "tags": [], "parts": [], "words": [], "v": [0, 0]});
    let rows = Rows::new(schema(), &[row]);
    let words: Vec<String> = (0..300_000).map(|at| format!("\"{at}\"")).collect();
    let start = Instant::now();
    let is_over = || start.elapsed() > Duration::from_millis(500);
    for filter in [
        vec!["name like \"%a_b_c%\""; 9000].join(" or "),
        format!("json_contains_any(doc[\"list\"], [{}])", words.join(",")),
    ] {
        let filter = Filter::parse(&filter, &rows.schema, &Map::new()).unwrap();
        let start = Instant::now();
        let limit = EvalLimit::new(&is_over);
        assert!(!filter.test(&rows.columns, 0, &limit));
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
