//! `upload_to` with the local service, which reads files in place and has volumes.

use crate::shell::local::{create, rows};
use crate::shell::one_line_upload::steps;
use crate::support::harness::Folder;

#[test]
fn the_local_service_reads_files_in_place() {
    let folder = Folder::new();
    folder.work("d/books.jsonl", rows(2));
    folder.work("d/deep/more.jsonl", rows(1).replace("\"id\":", "\"id\":7"));
    folder.work("d/README", "");
    let command = ["-p", "local", "-o", "json", "import", "books", "d"];
    let command = command.into_iter().chain([
        "--create",
        "--check",
        "--upload-to",
        "s3://books/in/",
        "--verify",
    ]);
    let command: Vec<_> = command.collect();
    let ran = folder.test().args(command.clone()).run();
    let done = [
        "check done",
        "create done",
        "upload skipped",
        "import done",
        "verify done",
    ];
    assert_eq!(steps(&ran.json()), done);
    ran.complains(
        "upload (skipped): nothing was sent: the local service reads the files where they are\n",
    );
    ran.complains("verify: books grew from 0 to 3 rows, by the 3 rows imported\n");
    let ran = folder.test().args(command).run();
    assert_eq!(steps(&ran.json())[3], "import skipped");
    folder
        .test()
        .eval("connect(\"local\"); count(\"books\")")
        .run()
        .says("3");
}

#[test]
fn files_are_uploaded_to_a_local_volume() {
    let folder = Folder::new();
    folder.work("d/books.jsonl", rows(3));
    folder.work("d/more/books.jsonl", rows(2).replace("\"id\":", "\"id\":7"));
    folder
        .test()
        .args(["-p", "local", "create-volume", "staging"])
        .run();
    let command = |to: &str| {
        let steps = ["--create", "--check", "--verify", "--upload-to", to];
        let args = [
            "-p",
            "local",
            "-o",
            "json",
            "import",
            "books",
            "d/**/*.jsonl",
        ];
        folder.test().args(args).args(steps)
    };
    let ran = command("volume://staging/in/").run();
    let done = [
        "check done",
        "create done",
        "upload done",
        "import done",
        "verify done",
    ];
    assert_eq!(steps(&ran.json()), done);
    ran.complains("to volume://staging/in/, 0 skipped\n");
    ran.complains("verify: books grew from 0 to 5 rows, by the 5 rows imported\n");
    let ran = command("volume://staging/in/").run();
    let again = [
        "create skipped",
        "check skipped",
        "upload skipped",
        "import skipped",
        "verify done",
    ];
    assert_eq!(steps(&ran.json()), again);
    // If the service's tags are checksums, a file with a newer time but the same content isn't sent again.
    folder.work("d/books.jsonl", rows(3));
    let to = ["volume://staging/in/more/", "volume://staging/in/"];
    for (path, to, sent) in [
        ("d/more", to[0], 0),
        ("d/*.jsonl", to[1], 0),
        ("d/more", to[1], 1),
    ] {
        let upload = ["-p", "local", "-o", "json", "upload", path, to];
        let ran = folder
            .test()
            .args(upload)
            .args(["--policy", "same-checksum"]);
        assert_eq!(ran.run().json()["sent"], sent, "{path} {to}");
    }
    let call = "connect(\"local\"); print(glob(\"volume://staging/in/**/*.jsonl\").len())";
    folder.test().eval(call).run().says("2\n");
    // A file with the same path in another volume is imported too.
    folder
        .test()
        .args(["-p", "local", "create-volume", "other"])
        .run();
    let ran = command("volume://other/in/").run();
    ran.complains("verify: books grew from 5 to 10 rows");
}

#[test]
fn an_uploaded_file_is_recognized_under_other_names() {
    let folder = Folder::new();
    folder.work("a.jsonl", rows(3));
    folder.work("copy.jsonl", rows(3));
    let script = |file: &str| {
        let to = "#{upload_to: \"volume://staging/\"}";
        format!("import_all(\"books\", \"{file}\", {to});")
    };
    let begin = format!(
        "connect(\"local\"); {} create_volume(\"staging\");",
        create("books")
    );
    folder
        .test()
        .script(format!("{begin} {}", script("a.jsonl")))
        .run();
    let ran = folder
        .test()
        .script(format!("connect(\"local\"); {}", script("copy.jsonl")))
        .run();
    ran.complains(
        "warning: copy.jsonl has the content of a.jsonl, which is imported into books too",
    );
}
