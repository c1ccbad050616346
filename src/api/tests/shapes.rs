//! Values in odd shapes: ids, numbers, missing fields and lists.

use super::server::Reply;
use super::{client, import, settings, start_answering};
use crate::api::model::{Dialect, JobState};
use crate::api::{JobFilter, Outcome};
use crate::error::Kind;

#[test]
fn ids_keep_their_digits_in_every_shape() {
    for (body, id) in [
        (r#"{"code":0,"data":{"jobId":" job-01k2 "}}"#, "job-01k2"),
        (
            r#"{"code":"0","data":{"jobID":457372648251949999}}"#,
            "457372648251949999",
        ),
        (
            r#"{"code":200,"data":[{"job_id":45737264825194999912}]}"#,
            "45737264825194999912",
        ),
        ("\u{feff} {\"data\":{\"jobId\":\"x\"},\"extra\":[1]}\n", "x"),
    ] {
        let server = start_answering(Reply::json(body).with_header("x-extra", "1"));
        let made = client(settings(Dialect::Milvus, &server)).create(&import(&[&["a"]]), "k");
        assert_eq!(made.unwrap(), id);
    }
}

/// An empty, blank, `0`, `-1` or `null` id is no id.
#[test]
fn placeholders_are_not_job_ids() {
    for id in [
        r#""""#,
        r#"" ""#,
        "0",
        r#""0""#,
        "-1",
        r#""-1""#,
        "null",
        r#""null""#,
        r#""NULL""#,
        "true",
        "[1]",
        "{}",
    ] {
        let server = start_answering(Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":{id}}}}}"#
        )));
        let api = client(settings(Dialect::Milvus, &server));
        let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
        let (kind, outcome) = (error.kind(), error.outcome());
        assert_eq!((kind, outcome), (Kind::Unknown, Outcome::Unknown), "{id}");
    }
}

#[test]
fn progress_survives_wrong_types_and_missing_fields() {
    let server = start_answering(Reply::json(
        r#"{"code":0,"data":{"jobId":true,"state":"Brooding","progress":"-5","importedRows":"12","totalRows":1e3,
            "fileSize":-1,"completeTime":"","reason":null,"details":[null,7,{},{"state":null,"progress":{}}],"new":{}}}"#,
    ));
    let progress = client(settings(Dialect::V2, &server))
        .progress("1")
        .unwrap();
    assert_eq!(
        (progress.state.kind, progress.state.to_string()),
        (JobState::Importing, "Brooding".to_owned())
    );
    assert_eq!(
        (progress.rows, progress.total_rows, progress.file_size),
        (Some(12), Some(1000), None)
    );
    assert_eq!((progress.complete_time, progress.reason), (None, None));
    assert!(progress.percent.abs() < f64::EPSILON);
    let states: Vec<_> = progress
        .details
        .iter()
        .map(|file| file.state.kind)
        .collect();
    assert_eq!(states, [JobState::Pending, JobState::Pending]);
}

#[test]
fn lists_are_read_in_several_shapes() {
    for (body, jobs) in [
        (r#"{"code":0,"data":null}"#, 0),
        (r#"{"code":0,"data":{}}"#, 0),
        (r#"{"code":0,"data":{"records":null,"count":"0"}}"#, 0),
        (r#"{"code":0,"data":[{"jobId":"1"}]}"#, 1),
        (
            r#"{"code":200,"data":{"records":[{"jobId":1,"state":"ImportCompleted"},{"state":"x"},3]}}"#,
            1,
        ),
    ] {
        let server = start_answering(Reply::json(body));
        let page =
            client(settings(Dialect::Milvus, &server)).list_page(&JobFilter::default(), 1, 10);
        assert_eq!(page.unwrap().jobs.len(), jobs, "{body}");
    }
}
