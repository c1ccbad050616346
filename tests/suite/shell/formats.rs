//! Imports of CSV, Parquet and `NumPy` files into the local service.

use crate::shell::local::{create, rows};
use crate::support::harness::{Folder, Test};

/// Returns an `.npy` file.
fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = u16::try_from(header.len()).expect("short").to_le_bytes();
    [
        b"\x93NUMPY\x01\0".as_slice(),
        &length,
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// Writes a set of two rows to a folder in the work folder.
fn set(folder: &Folder, name: &str) {
    let ids: Vec<u8> = [1_i64, 2].iter().flat_map(|id| id.to_le_bytes()).collect();
    let vectors = [0.5_f32; 8].iter().flat_map(|value| value.to_le_bytes());
    folder.work(&format!("{name}/id.npy"), npy("<i8", "2,", &ids));
    folder.work(&format!("{name}/word.npy"), npy("|S3", "2,", b"one two"));
    let vectors = npy("<f4", "2, 4", &vectors.collect::<Vec<_>>());
    folder.work(&format!("{name}/vector.npy"), vectors);
}

const CSV: &str =
    "id,word,vector\n1,one,\"[1,2,3,4]\"\n2,two,\"[1,2,3,4]\"\n3,three,\"[1,2,3,4]\"\n";

#[test]
fn lists_mix_files_sets_and_folders() {
    let test = Test::new().file("a.jsonl", rows(4)).file("b.csv", CSV);
    set(test.folder(), "set");
    set(test.folder(), "folder");
    test.folder().work("c.ndjson", rows(5));
    let text = format!(
        "connect(\"local\"); {} let job = import(\"books\", [\"a.jsonl\", \"b.csv\", \"c.ndjson\",
             [\"set/id.npy\", \"set/word.npy\", \"set/vector.npy\"], \"folder/\"]);
         let p = wait(job); print(`${{p.state}} ${{p.rows}} ${{p.percent}}`);
         for d in p.details {{ print(d.rows); }} print(count(\"books\"));",
        create("books")
    );
    test.script(text)
        .stdout("Completed 16 100.0\n4\n3\n5\n2\n2\n16\n")
        .run();
}

#[test]
fn csv_options_reach_the_service() {
    let text = format!(
        "connect(\"local\"); {} print(wait(import(#{{collection: \"books\", url: \"b.csv\", options: #{{sep: \"|\"}}}})).rows);",
        create("books")
    );
    let csv = CSV.replace(',', "|").replace("1|2|3|4", "1,2,3,4");
    Test::new()
        .file("b.csv", csv)
        .script(text)
        .stdout("3\n")
        .run();
}

#[test]
fn errors_in_a_file_are_reported() {
    let folder = Folder::new();
    folder.work("bad.csv", CSV.to_owned() + "4,four,\"[1,2]\"\n");
    folder.work("bad.parquet", "PAR1");
    set(&folder, "set");
    folder.work("set/word.npy", npy("|O", "2,", b"pickled"));
    for (path, problem) in [
        (
            "bad.csv",
            "row 4, field \"vector\": expected FloatVector(4), found 2 values",
        ),
        ("bad.parquet", "bad.parquet: not a readable Parquet file"),
        ("set/*.npy", "is a pickle"),
        ("set/id.npy", "no file of that name in the set"),
    ] {
        let text = format!(
            "connect(\"local\"); if !(\"books\" in collections()) {{ {} }} wait(import(\"books\", \"{path}\"))",
            create("books")
        );
        folder
            .test()
            .script(text)
            .status(4)
            .run()
            .complains(problem);
    }
}

#[test]
fn dropped_columns_are_reported() {
    let folder = Folder::new();
    folder.work(
        "a.csv",
        CSV.replace("id,word", "id,extra,word")
            .replace(",one", ",,one")
            .replace(",two", ",,two")
            .replace(",three", ",,three"),
    );
    let problem = "a.csv: column \"extra\" is no field of the schema and was dropped (dynamic fields are off)";
    let text = format!(
        "connect(\"local\"); {} let job = import(\"books\", \"a.csv\"); let done = wait(job);
         print(done.warnings.len()); print(done.warnings[0]); print(progress(job).to_json().contains(\"\\\"warnings\\\":[\"));",
        create("books")
    );
    let done = folder.test().script(text).run();
    let lines: Vec<_> = done.stdout.lines().collect();
    assert!(
        lines[0] == "1" && lines[1].ends_with(problem) && lines[2] == "true",
        "{lines:?}"
    );
    done.complains(&format!("warning: {}", lines[1]));
    let shown = folder
        .test()
        .args(["-p", "local", "import", "books", "a.csv", "--wait"])
        .run();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat(&shown.stdout).contains("warning: ") && flat(&shown.stdout).contains(problem),
        "{}",
        shown.stdout
    );
    assert!(flat(&shown.stderr).contains(problem), "{}", shown.stderr);
}

#[test]
fn file_extensions_are_those_of_milvus() {
    let folder = Folder::new();
    folder.work("a.CSV", CSV);
    folder.work("a.csv.gz", CSV);
    for (path, problem) in [
        (
            "a.CSV",
            "Milvus takes extensions in lower case only: rename the file",
        ),
        ("a.csv.gz", "unpack it first"),
    ] {
        let text = format!(
            "connect(\"local\"); if !(\"books\" in collections()) {{ {} }} import(\"books\", \"{path}\")",
            create("books")
        );
        folder
            .test()
            .script(text)
            .status(7)
            .run()
            .complains(problem);
    }
}
