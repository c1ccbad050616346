//! CSV, Parquet and `NumPy` files through the service, in every dialect, alone and mixed.

use crate::local::harness::{Local, rows, write};
use parquet::data_type::{ByteArrayType, FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

fn csv(dir: &Path, name: &str, ids: Range<u64>, separator: char) -> PathBuf {
    let s = separator;
    let lines = ids.map(|id| format!("{id}{s}word {id}{s}\"[0.5, 1, -2.25, {id}]\"\n"));
    let text = format!("id{s}word{s}vector\n{}", lines.collect::<String>());
    write(dir, name, &text)
}

pub(crate) fn parquet(dir: &Path, name: &str, ids: Range<u64>) -> PathBuf {
    let path = dir.join(name);
    let schema = "message m { required int64 id; required binary word (STRING);
        optional group vector (LIST) { repeated group list { optional float element; } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::create(&path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::new())).unwrap();
    let rows = usize::try_from(ids.end - ids.start).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let keys: Vec<i64> = ids.clone().map(u64::cast_signed).collect();
    column
        .typed::<Int64Type>()
        .write_batch(&keys, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let words: Vec<_> = ids
        .map(|id| format!("word {id}").into_bytes().into())
        .collect();
    column
        .typed::<ByteArrayType>()
        .write_batch(&words, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let repetition = [0, 1, 1, 1].repeat(rows);
    let vectors = column.typed::<FloatType>();
    vectors
        .write_batch(
            &[0.5, 1.0, -2.25, 0.0].repeat(rows),
            Some(&[3; 4].repeat(rows)),
            Some(&repetition),
        )
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    path
}

fn npy(path: &Path, dtype: &str, shape: &str, data: &[u8]) {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let file = [
        b"\x93NUMPY\x01\0".as_slice(),
        &length,
        header.as_bytes(),
        data,
    ]
    .concat();
    fs::write(path, file).unwrap();
}

/// Writes a folder with a set of `NumPy` files.
fn numpy(dir: &Path, name: &str, ids: Range<u64>) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).unwrap();
    let rows = ids.end - ids.start;
    let (one, two) = (format!("{rows},"), format!("{rows}, 4"));
    npy(
        &folder.join("id.npy"),
        "<i8",
        &one,
        &ids.clone().flat_map(u64::to_le_bytes).collect::<Vec<_>>(),
    );
    let words = ids.flat_map(|id| format!("{:\0<8}", format!("w {id}")).into_bytes());
    npy(
        &folder.join("word.npy"),
        "|S8",
        &one,
        &words.collect::<Vec<_>>(),
    );
    let vectors = (0..rows * 4).flat_map(|_| 0.25_f32.to_le_bytes());
    npy(
        &folder.join("vector.npy"),
        "<f4",
        &two,
        &vectors.collect::<Vec<_>>(),
    );
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Submits a body and returns the finished job, which must be completed.
fn complete(local: &Local, body: &Value) -> Value {
    let data = local.post(CREATE, body).data();
    let progress = local.wait(data["jobId"].as_str().unwrap());
    assert_eq!(progress["state"], "Completed", "{progress}");
    progress
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[test]
fn a_job_may_mix_formats_files_sets_and_folders() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let dir = dir.path();
    let json = rows(dir, "a.json", 0..10);
    let csv = csv(dir, "b.csv", 10..20, ',');
    let parquet_file = parquet(dir, "c.parquet", 20..5_020);
    let set = numpy(dir, "set", 0..30);
    let part = numpy(dir, "parts/1", 0..7);
    numpy(dir, "parts/2", 7..11);
    let (id, word, vector) = (
        part.join("id.npy"),
        part.join("word.npy"),
        part.join("vector.npy"),
    );
    // Only the cloud accepts folders.
    let body = json!({ "clusterId": "x", "collectionName": "c", "objectUrls": [
        [text(&json)], [text(&csv)], [text(&parquet_file)], [format!("{}/*.npy", text(&set))],
        [text(&vector), text(&id), text(&word)], [format!("{}/parts/", text(dir))],
    ]});
    let progress = complete(&local, &body);
    assert_eq!(local.count("c"), 10 + 10 + 5_000 + 30 + 7 + 11);
    let details = progress["details"].as_array().unwrap();
    let shown: Vec<_> = details
        .iter()
        .map(|detail| {
            assert_eq!(
                (&detail["state"], &detail["progress"]),
                (&json!("Completed"), &json!(100))
            );
            (
                detail["fileName"].as_str().unwrap().to_owned(),
                detail["importedRows"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        (format!("[{}]", text(&json)), 10),
        (format!("[{}]", text(&csv)), 10),
        (format!("[{}]", text(&parquet_file)), 5_000),
        (format!("[{}/*.npy]", text(&set)), 30),
        (
            format!("[{} {} {}]", text(&vector), text(&id), text(&word)),
            7,
        ),
        (format!("[{}/parts/1/*.npy]", text(dir)), 7),
        (format!("[{}/parts/2/*.npy]", text(dir)), 4),
    ];
    assert_eq!(shown, expected);
    let sizes: Vec<_> = details
        .iter()
        .map(|detail| detail["fileSize"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes[2], size(&parquet_file));
    assert_eq!(sizes[4], size(&vector) + size(&id) + size(&word));
    assert_eq!(progress["fileSize"], sizes.iter().sum::<u64>());
}

#[test]
fn every_dialect_accepts_sets_and_folders() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let set = numpy(dir.path(), "set", 0..5);
    let (folder, glob) = (format!("{}/", text(&set)), format!("{}/*.npy", text(&set)));
    let list: Vec<_> = ["id.npy", "word.npy", "vector.npy"]
        .map(|name| set.join(name))
        .into();
    complete(
        &local,
        &json!({ "clusterId": "x", "collectionName": "c", "objectUrl": folder }),
    );
    complete(
        &local,
        &json!({ "clusterId": "x", "collectionName": "c", "objectUrls": [list, [glob]] }),
    );
    complete(&local, &json!({ "collectionName": "c", "files": [list] }));
    for url in [folder, glob] {
        let body = json!({ "clusterId": "x", "collectionName": "c", "objectUrl": url });
        let data = local.post("/v1/vector/collections/import", &body).data();
        let job = data["jobId"].as_str().unwrap().to_owned();
        local.wait(&job);
        let progress = local
            .get(&format!(
                "/v1/vector/collections/import/get?clusterId=x&jobId={job}"
            ))
            .data();
        assert_eq!(progress["errorMessage"], Value::Null);
        assert!(
            progress["details"][0]["fileName"]
                .as_str()
                .unwrap()
                .ends_with("/set/*.npy"),
            "{progress}"
        );
    }
    assert_eq!(local.count("c"), 30);
}

#[test]
fn dropped_columns_are_warnings_in_every_dialect() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let dir = dir.path();
    let vector = "\"vector\": [1, 2, 3, 4]";
    let json = |name: &str, more: &str| {
        let text = format!("[{{\"id\": 1, \"word\": \"a\", {vector}{more}}}]");
        write(dir, name, &text)
    };
    let files = [
        json("a.json", ", \"z\": 1"),
        json("b.json", ""),
        json("c.json", ", \"z\": [1], \"y\": 2"),
        write(dir, "d.csv", "id,x,word,vector\n1,,a,\"[1,2,3,4]\"\n"),
    ];
    let set = numpy(dir, "set", 0..2);
    npy(&set.join("more.npy"), "|S1", "7,", b"abcdefg");
    let mut lists: Vec<_> = files
        .iter()
        .map(|file| vec![text(file).to_owned()])
        .collect();
    let set = ["id", "word", "vector", "more"]
        .map(|name| text(&set.join(format!("{name}.npy"))).to_owned());
    lists.push(set.to_vec());
    let off = "is no field of the schema and was dropped (dynamic fields are off)";
    let name = |at: usize| text(&files[at]);
    let expected = json!([
        format!("{}: column \"x\" {off}", name(3)),
        format!("{}: file \"more\" {off}", lists[4].join(" ")),
        format!("{}: key \"y\" {off}", name(2)),
        format!("{} and 1 more file: key \"z\" {off}", name(0)),
    ]);
    let milvus = complete(&local, &json!({ "collectionName": "c", "files": lists }));
    assert_eq!(milvus["warnings"], expected);
    let two_phase = json!({ "clusterId": "x", "collectionName": "c", "objectUrls": lists, "options": { "auto_commit": "false" } });
    let job = local.post(CREATE, &two_phase).data()["jobId"]
        .as_str()
        .unwrap()
        .to_owned();
    let waiting = local.until(&job, |data| data["state"] == "Uncommitted");
    assert_eq!(waiting["warnings"], expected);
    let url = "/v1/vector/collections/import";
    let body = json!({ "clusterId": "x", "collectionName": "c", "objectUrl": name(0) });
    let job = local.post(url, &body).data()["jobId"]
        .as_str()
        .unwrap()
        .to_owned();
    local.wait(&job);
    let v1 = local
        .get(&format!("{url}/get?clusterId=x&jobId={job}"))
        .data();
    assert_eq!(
        v1["warnings"],
        json!([format!("{}: key \"z\" {off}", name(0))])
    );
    let quiet = complete(
        &local,
        &json!({ "collectionName": "c", "files": [[name(1)]] }),
    );
    assert_eq!(quiet.get("warnings"), None);
}

#[test]
fn large_files_have_the_warnings_of_small_files() {
    // Rows of large files are parsed on several threads.
    let (dir, local) = Local::fresh();
    local.create("c");
    let filler = "x".repeat(1000);
    let rows: String = (0..20_000)
        .map(|id| format!("{{\"id\": {id}, \"word\": \"a\", \"vector\": [1, 2, 3, 4], \"z{}\": \"{filler}\"}}\n", id % 30))
        .collect();
    let file = write(dir.path(), "a.jsonl", &rows);
    let progress = local.wait(&local.import("c", &[&file]));
    let warnings = progress["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 21, "{warnings:?}");
    assert!(
        warnings[20]
            .as_str()
            .unwrap()
            .ends_with("a.jsonl: more columns, keys or files were dropped")
    );
    assert_eq!(local.count("c"), 20_000);
}

#[test]
fn csv_options_are_applied() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = csv(dir.path(), "a.csv", 0..4, ';');
    let options = json!({ "sep": ";", "nullkey": "NULL" });
    complete(
        &local,
        &json!({ "collectionName": "c", "files": [[text(&file)]], "options": options }),
    );
    let progress = local.wait(&local.import("c", &[&file]));
    let reason = progress["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("a.csv: field \"id\": expected Int64, found no column of that name; the columns are \"id;word;vector\""),
        "{reason}"
    );
    assert_eq!(local.count("c"), 4);
}

#[test]
fn errors_name_the_file() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let dir = dir.path();
    let reason = |files: Value| {
        let data = local
            .post(
                CREATE,
                &json!({ "clusterId": "x", "collectionName": "c", "files": files }),
            )
            .data();
        let progress = local.wait(data["jobId"].as_str().unwrap());
        assert_eq!(progress["state"], "Failed");
        progress["reason"].as_str().unwrap().to_owned()
    };
    let set = numpy(dir, "set", 0..5);
    let lonely = reason(json!([[text(&set.join("id.npy"))]]));
    assert!(
        lonely.contains(
            "id.npy: field \"word\": expected VarChar(16), found no file of that name in the set"
        ),
        "{lonely}"
    );
    npy(&set.join("word.npy"), "|S1", "4,", b"abcd");
    let uneven = reason(json!([[format!("{}/", text(&set))]]));
    assert!(
        uneven.contains("/set/*.npy: not a readable NumPy file: ")
            && uneven.contains("4 has") | uneven.contains("has 4"),
        "{uneven}"
    );
    let gone = reason(json!([[format!("{}/none/*.npy", text(dir))]]));
    assert!(
        gone.contains("none/*.npy: could not be read (83001)"),
        "{gone}"
    );
    let empty = dir.join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = reason(json!([[format!("{}/*.npy", text(&empty))]]));
    assert!(empty.ends_with("the folder holds no npy file"), "{empty}");
    let file = parquet(dir, "cut.parquet", 0..100);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let cut = reason(json!([[text(&file)]]));
    assert!(
        cut.contains("cut.parquet: not a readable Parquet file"),
        "{cut}"
    );
    assert_eq!(local.count("c"), 0);
}

#[test]
fn the_debian_packages_import_in_every_format() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/debian-packages");
    let Ok(schema) = fs::read_to_string(folder.join("schema.json")) else {
        println!("skipped: no ../shared/data/debian-packages");
        return;
    };
    let (_dir, local) = Local::fresh();
    let body: Value = serde_json::from_str(&schema).unwrap();
    local.post("/v2/vectordb/collections/create", &body).data();
    let folder = text(&folder);
    let files = json!([
        [format!("{folder}/packages.json")],
        [format!("{folder}/packages.parquet")],
        [format!("{folder}/numpy/*.npy")]
    ]);
    complete(
        &local,
        &json!({ "clusterId": "x", "collectionName": "debian_packages", "files": files }),
    );
    assert_eq!(local.count("debian_packages"), 6_000);
}
