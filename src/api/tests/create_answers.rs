//! The outcome of each answer to a create call: made, refused, busy or unknown.

use super::server::Reply;
use super::{client, import, settings, start_answering};
use crate::api::Outcome;
use crate::api::model::Dialect::{self, Milvus, V1, V2};
use crate::error::Kind;

const ALL: &[Dialect] = &[V1, V2, Milvus];

/// An answer, and its outcome in these dialects.
struct Row {
    dialects: &'static [Dialect],
    reply: Reply,
    proves: Outcome,
    kind: Kind,
}

fn row(dialects: &'static [Dialect], reply: Reply, proves: Outcome, kind: Kind) -> Row {
    Row {
        dialects,
        reply,
        proves,
        kind,
    }
}

fn code(code: i64, message: &str) -> Reply {
    Reply::json(format!(r#"{{"code":{code},"message":"{message}"}}"#))
}

fn refusals() -> Vec<Row> {
    let refused = |reply, kind| row(ALL, reply, Outcome::Refused, kind);
    let mut rows: Vec<Row> = [400, 404]
        .into_iter()
        .map(|status| refused(Reply::status(status, "no"), Kind::Refused))
        .collect();
    rows.extend([401, 403].map(|status| refused(Reply::status(status, "no"), Kind::Auth)));
    rows.extend(
        [
            1801, 1802, 1100, 1101, 100, 800, 3000, 9, 10003, 40003, 40021, 40022, 47005, 47035,
            47036, 47053, 63240, 80000, 80003, 80004, 80020, 83001, 83004, 90011, 90102, 90103,
            90104, 90117, 90142, 90145,
        ]
        .map(|number| refused(code(number, "no"), Kind::Refused)),
    );
    rows.extend([1800, 80001, 80002, 21119].map(|number| refused(code(number, "no"), Kind::Auth)));
    rows.extend(
        [
            "unexpected file type, files=[a.txt]",
            "importing data failed: parse timeout failed, err=time: invalid duration",
            "not allow to set partition name for collection with partition key",
            "The max number of import files should not exceed 1024, but got 2000",
        ]
        .map(|message| refused(code(2100, message), Kind::Refused)),
    );
    rows.push(refused(
        code(2101, "collection schema has no fields"),
        Kind::Refused,
    ));
    rows.push(row(
        &[Milvus],
        code(200, "partition not found[partition=p]"),
        Outcome::Refused,
        Kind::Refused,
    ));
    rows
}

fn busy() -> Vec<Row> {
    let busy = |reply| row(ALL, reply, Outcome::Busy, Kind::Busy);
    let mut rows: Vec<Row> = [4, 8, 1807, 47039, 47055]
        .into_iter()
        .map(|number| busy(code(number, "later")))
        .collect();
    for number in [2100, 2101] {
        for message in [
            "The number of jobs has reached the limit, please try again later.",
            "import queue is full",
        ] {
            rows.push(busy(code(number, message)));
        }
    }
    rows.push(busy(Reply::status(429, "slow down")));
    // The status overrides a code in the body.
    rows.push(busy(Reply::status(429, r#"{"code":65535,"message":"?"}"#)));
    rows
}

fn unknowns() -> Vec<Row> {
    let unknown = |reply| row(ALL, reply, Outcome::Unknown, Kind::Unknown);
    let mut rows: Vec<Row> = [1, 2, 10000, 10001, 65535, 500, 90144, 4711]
        .into_iter()
        .map(|number| unknown(code(number, "no")))
        .collect();
    rows.extend(
        [
            "importing data failed: add import job failed, err=etcdserver: request timed out",
            "add import job failed, err=context deadline exceeded",
            "something new",
        ]
        .map(|message| unknown(code(2100, message))),
    );
    rows.push(unknown(code(2101, "something new")));
    rows.extend(
        [405, 408, 409, 413, 415, 422, 423, 425, 444, 460, 498, 499]
            .map(|status| unknown(Reply::status(status, "?"))),
    );
    rows.extend([301, 302, 303, 307, 308].map(|status| unknown(Reply::status(status, ""))));
    for (status, number) in [
        (500, 401),
        (500, 429),
        (502, 47055),
        (503, 429),
        (503, 4),
        (504, 80001),
        (504, 1100),
        (408, 10001),
        (409, 429),
    ] {
        let body = format!(r#"{{"code":{number},"message":"no"}}"#);
        rows.push(unknown(Reply::status(status, body)));
    }
    rows.extend([500, 502, 503, 504, 520, 529].map(|status| unknown(Reply::status(status, ""))));
    rows.extend(
        [
            r#"{"code":0,"message":"success"}"#,
            r#"{"code":0,"message":"The token is illegal."}"#,
            r#"{"code":0,"data":null}"#,
            r#"{"code":0,"data":{}}"#,
            r#"{"code":200,"data":{}}"#,
            r#"{"code":200}"#,
            "",
            "<html>maintenance</html>",
            "{\"code\":0,\"da",
        ]
        .map(|body| unknown(Reply::json(body))),
    );
    rows.push(unknown(Reply::Drop));
    rows.push(unknown(Reply::Partial("{\"code\":0".to_owned())));
    // On the cloud 200 is success, never "partition not found".
    for body in [
        r#"{"code":200,"message":"success","data":null}"#,
        r#"{"code":200,"message":"partition not found"}"#,
    ] {
        rows.push(row(
            &[V1, V2],
            Reply::json(body),
            Outcome::Unknown,
            Kind::Unknown,
        ));
    }
    rows
}

#[test]
fn each_answer_to_a_create_has_its_outcome() {
    for row in refusals().into_iter().chain(busy()).chain(unknowns()) {
        for dialect in row.dialects {
            let server = start_answering(row.reply.clone());
            let api = client(settings(*dialect, &server));
            let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
            let case = format!("{dialect} {:?}: {error}", row.reply);
            assert_eq!(
                (error.outcome(), error.kind()),
                (row.proves, row.kind),
                "{case}"
            );
            assert_eq!(server.requests().len(), 1, "{case}");
        }
    }
}

#[test]
fn an_answer_contains_the_retry_time() {
    let server = start_answering(code(47039, "later").with_header("retry-after", "30"));
    let api = client(settings(V2, &server));
    let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot create the import job: later (try again in 30s)"
    );
}
