use super::*;
use crate::api::Settings;
use crate::api::model::{Dialect, FileProgress, JobState, JobSummary, Progress, State};
use crate::connection::Storage;
use crate::interrupt::Interrupt;
use serde_json::json;
use std::collections::BTreeSet;

fn connection(database: Option<&str>) -> Rc<Connection> {
    let base = url::Url::parse("http://localhost:19530").expect("an address");
    let mut settings = Settings::new(Dialect::Milvus, base);
    settings.database = database.map(str::to_owned);
    Rc::new(Connection {
        name: "dev".to_owned(),
        client: crate::api::Client::new(settings, Interrupt::new()),
        storage: Storage::default(),
        profile: None,
        made_from: crate::config::Profile::default(),
        protected: false,
    })
}

/// Checks that getters and the plain form agree. `id` is an alias of `job`, and Rhai allows no property `protected`.
fn assert_agrees<T: ScriptType>(value: &T) {
    let plain = value.json();
    let plain = plain.as_object().expect("an object");
    let names = T::PROPERTIES
        .iter()
        .map(|key| key.name)
        .filter(|name| *name != "id");
    for name in names.clone() {
        let got = json_of(&value.get(name));
        assert_eq!(Some(&got), plain.get(name), "{}.{name}", T::NAME);
    }
    let left = plain.keys().map(String::as_str);
    let left: BTreeSet<&str> = left.filter(|key| *key != "protected").collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), left, "{}", T::NAME);
}

#[test]
fn getters_and_plain_forms_agree() {
    for database in [None, Some(""), Some("db")] {
        let connection = connection(database);
        assert_agrees(&connection);
        let name = as_text(&connection.get("database"));
        assert_eq!(name.as_deref(), database.filter(|name| !name.is_empty()));
    }
    let connection = connection(None);
    let (id, collection) = ("job-1".to_owned(), "books".to_owned());
    assert_agrees(&Job {
        id: id.clone(),
        collection: collection.clone(),
        connection: Rc::clone(&connection),
    });
    for reason in [None, Some("no such file".to_owned())] {
        assert_agrees(&SummaryValue {
            summary: Rc::new(JobSummary {
                job_id: id.clone(),
                collection: collection.clone(),
                state: State::derived(JobState::Failed),
                percent: Some(12.5),
                reason: reason.clone(),
                file: String::new(),
                create_time: reason.clone(),
            }),
            connection: Rc::clone(&connection),
        });
        let progress = Progress {
            job_id: id.clone(),
            collection: String::new(),
            state: State::derived(JobState::Importing),
            percent: 50.0,
            rows: reason.as_ref().map(|_| u64::MAX >> 1),
            total_rows: None,
            file_name: collection.clone(),
            file_size: Some(7),
            create_time: None,
            complete_time: reason.clone(),
            reason,
            details: vec![FileProgress {
                file_name: "a.json".to_owned(),
                file_size: None,
                state: State::derived(JobState::Importing),
                percent: 50.0,
                rows: Some(3),
                total_rows: None,
                complete_time: None,
                reason: None,
            }],
            warnings: vec!["dropped".to_owned()],
        };
        assert_agrees(&ProgressValue::new(progress, &connection));
    }
    assert_agrees(&Failure::refused("no").with_hint("wait"));
    assert_agrees(&BatchValue::new(BatchTotals {
        ok: 1,
        failed: 0,
        jobs: List::of("job", vec![ordered(json!({"job": "1", "reason": null}))]),
        files: 2,
        rows: 3,
        elapsed: 0.5,
        steps: List::of(
            "step",
            vec![ordered(json!({"step": "check", "state": "done"}))],
        ),
    }));
}

/// Runs an expression with `list`, a list with a footer, and `row`, a record.
fn eval(text: &str) -> Dynamic {
    let mut engine = Engine::new();
    register_all(&mut engine);
    let mut scope = rhai::Scope::new();
    let items = vec![3.into(), 1.into(), 2.into()];
    scope.push("list", List::new(ListKind::Jobs(Some(9)), items));
    scope.push_dynamic("row", ordered(json!({"b": 1, "a": {"z": 1, "y": [1]}})));
    let found = engine.eval_with_scope::<Dynamic>(&mut scope, text);
    found.unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_list_is_an_array() {
    for text in [
        "list.len() == 3 && list.len == 3 && !list.is_empty() && type_of(list) == \"array\"",
        "list[0] == 3 && list[-1] == 2 && list.get(1) == 1",
        "let sum = 0; for x in list { sum += x } sum == 6",
        "let at = 0; for (x, i) in list { at += i } at == 3",
        "list.map(|x| x * 2) == [6, 2, 4] && list.filter(|x| x > 1).len() == 2",
        "list.some(|x| x == 3) && list.all(|x| x > 0) && list.find(|x| x < 3) == 1",
        "list.reduce(|sum, x| sum + x, 0) == 6 && list.reduce(|sum, x| (sum ?? 0) + x) == 6",
        "3 in list && !(4 in list) && list.index_of(2) == 2",
        "list == [3, 1, 2] && [3, 1, 2] == list && list != [3] && list == list",
        "list + [4] == [3, 1, 2, 4] && [4] + list == [4, 3, 1, 2] && list + list == [3, 1, 2, 3, 1, 2]",
        "list.sort(); list == [1, 2, 3]",
        "list.sort(|a, b| b - a); list == [3, 2, 1]",
        "list.push(4); list += 5; list.pop() == 5 && list == [3, 1, 2, 4]",
        "list.retain(|x| x > 1); list == [3, 2]",
        "list.drain(|x| x > 1) == [3, 2] && list == [1]",
        "let copy = list; copy.clear(); copy.is_empty() && list.len() == 3",
        "list[0] = 7; list[0] += 1; list == [8, 1, 2]",
        "let all = [0]; all.append(list); all == [0, 3, 1, 2]",
        "const FIXED = list; FIXED.len() == 3 && FIXED.map(|x| x).len() == 3",
        "`${list}` == \"[3, 1, 2]\" && list.to_json() == \"[3,1,2]\"",
        "list.extract(1) == [1, 2] && list.extract(0, 1) == [3] && list.extract(0..2) == [3, 1]",
        "let all = [list]; all[0][1] == 1",
        "list.dedup(); list.reverse(); list == [2, 1, 3]",
        "let both = list.zip([1, 1, 1], |a, b| a + b); both == [4, 2, 3]",
    ] {
        assert!(eval(text).as_bool().expect(text), "{text}");
    }
    let list = eval("list.retain(|x| x > 9); list").cast::<List>();
    assert_eq!(list.kind(), ListKind::Jobs(None));
}

#[test]
fn a_record_is_a_map_with_ordered_keys() {
    for text in [
        "row.b == 1 && row[\"b\"] == 1 && row.none == () && type_of(row) == \"map\"",
        "row.keys() == [\"b\", \"a\"] && row.values()[0] == 1 && row.len() == 2",
        "\"b\" in row && !(\"c\" in row) && row.contains(\"a\") && row.get(\"b\") == 1",
        "row.a.z == 1 && row.a.y[0] == 1",
        "row.a.y.push(2); row.a.x = 3; row.a.y == [1, 2] && row.a.x == 3",
        "row.c = 2; row[\"d\"] = 3; row.keys() == [\"b\", \"a\", \"c\", \"d\"]",
        "row.remove(\"b\") == 1 && row.keys() == [\"a\"]",
        "let copy = row; copy.b = 5; row.b == 1",
        "row == #{a: #{y: [1], z: 1}, b: 1} && #{b: 1, a: #{y: [1], z: 1}} == row && row != #{}",
        "row + #{c: 1} == #{a: #{y: [1], z: 1}, b: 1, c: 1} && (#{b: 2} + row).b == 1",
        "row.mixin(#{b: 9}); row += #{c: 1}; row.b == 9 && row.c == 1",
        "let map = #{b: 9}; map.mixin(row); map += row; map.b == 1",
        "row.to_json() == `{\"b\":1,\"a\":{\"z\":1,\"y\":[1]}}`",
        "row.a = 1; row.filter(|k, v| k == \"b\") == #{b: 1}",
    ] {
        assert!(eval(text).as_bool().expect(text), "{text}");
    }
}

#[test]
fn json_survives_both_ways() {
    let value = json!({
        "id": 9_007_199_254_740_993_i64, "f": 1.5, "t": "x", "n": null, "b": true, "l": [1, [2]],
    });
    for back in [dynamic_of(value.clone()), ordered(value.clone())] {
        let back = json_of(&back);
        for key in ["id", "f", "t", "n", "b", "l"] {
            assert_eq!(back[key], value[key], "{key}");
        }
    }
}
