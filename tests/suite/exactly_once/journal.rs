//! The journal's file: its content, its permissions, and failures to write it.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{SETTLE, import, states, submissions};
use crate::support::harness::{ACCESS, Folder, SECRET, SESSION, TOKEN};
use std::process::Command;

fn healthy_cluster() -> Cluster {
    Cluster::start(|_, _| CreateOutcome::Answer)
}

#[test]
fn the_journal_is_private_and_holds_no_secret() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    let text = format!(
        r#"connect(#{{endpoint: "{}", api: "v2", cluster_id: "in03-1", token: secret("KEY"), {SETTLE}}});
        import("books", "https://bucket.s3.us-west-2.amazonaws.com/1.json", #{{access_key: secret("AK"), secret_key: secret("SK"), session_token: secret("ST"), options: #{{a: "b"}}}})"#,
        cluster.server.url()
    );
    // The harness searches every file for the secrets.
    let test = folder
        .test()
        .env("KEY", TOKEN)
        .env("AK", ACCESS)
        .env("SK", SECRET)
        .env("ST", SESSION);
    test.eval(text).run();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| {
            let metadata = std::fs::metadata(folder.path(name)).expect("it is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode("data/journal"), 0o700);
        assert_eq!(mode("data/journal/journal.jsonl"), 0o600);
    }
}

#[test]
fn a_run_that_submits_nothing_makes_no_journal() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    let text = format!(
        "{} jobs(); submissions()",
        cluster.connect("milvus", SETTLE)
    );
    folder.test().eval(text).run();
    folder
        .test()
        .args(["journal", "list"])
        .stdout("no submissions\n")
        .run();
    assert!(!folder.path("data/journal").exists());
}

#[test]
fn nothing_is_sent_if_the_journal_cannot_be_written() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    folder.write("data/journal/journal.jsonl/x", "a folder in its place");
    let ran = import(&folder, &cluster, "").status(7).run();
    ran.complains("the journal").complains("--data-dir");
    assert_eq!(cluster.state().creates, 0);
}

/// A limit on file sizes simulates a full disk.
#[test]
fn nothing_is_sent_if_the_disk_is_full() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "").run();
    let path = folder.path("data/journal/journal.jsonl");
    let mut text = std::fs::read_to_string(&path).expect("a journal");
    // The text almost reaches the limit, so the next intent is torn and removed.
    let filling = "x".repeat(8100 - text.len() - 15);
    text.extend(["{\"later\":\"", &filling, "\"}\n"]);
    std::fs::write(&path, &text).expect("written");
    let test = import(&folder, &cluster, "").status(7);
    let plain = test.command();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -f 16; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(plain.get_current_dir().expect("a folder"));
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let out = limited.output().expect("sh runs");
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(7), "{stderr}");
    assert!(stderr.contains("cannot write the journal"), "{stderr}");
    assert_eq!(cluster.state().creates, 1);
    let after = std::fs::read_to_string(&path).expect("a journal");
    assert_eq!(after, text);
    // With enough space, imports work again.
    import(&folder, &cluster, "").run();
    assert_eq!(states(&folder), ["Submitted", "Submitted"]);
}

#[test]
fn pruning_forgets_settled_and_old_submissions() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "key: \"k\"").run();
    let prune = |age: &str| {
        folder
            .test()
            .args(["journal", "prune", "--older-than", age])
            .run()
    };
    prune("1d").complains("0 submissions forgotten, 1 kept");
    // A job that isn't known to have ended keeps its import key, because a repeated import would make a second job.
    prune("0s").complains("0 submissions forgotten, 1 kept");
    assert_eq!(states(&folder), ["Submitted"]);
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    complete_all(&folder, &cluster);
    prune("0s").complains("1 submission forgotten, 0 kept");
    assert!(states(&folder).is_empty());
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-2\n")
        .run();
    folder
        .test()
        .args(["journal", "prune", "--older-than", "soon"])
        .status(2)
        .run();
}

/// Completes all jobs and lists them, which writes their ends to the journal.
fn complete_all(folder: &Folder, cluster: &Cluster) {
    for job in &mut cluster.state().jobs {
        "Completed".clone_into(&mut job.state);
    }
    let text = format!("{} jobs()", cluster.connect("milvus", SETTLE));
    folder.test().eval(text).run();
}

#[test]
fn a_dry_run_of_prune_or_settle_changes_nothing() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "").run();
    complete_all(&folder, &cluster);
    import(&folder, &cluster, "").run();
    let dry = |words: &[&str], status: i32| {
        let test = folder.test().args(["--dry-run", "journal"]);
        test.args(words.iter().copied()).status(status).run()
    };
    let id = submissions(&folder)[0]["submission"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = folder.path("data/journal/journal.jsonl");
    let before = std::fs::read_to_string(&path).expect("a journal");
    let ran = dry(&["prune", "--older-than", "0s"], 0);
    assert_eq!(ran.stdout, "# would forget 1 submission, and keep 1\n");
    let ran = dry(&["settle", &id, "--ended", "completed"], 0);
    ran.says(&format!(
        "# would settle {id}: it has made the job job-2, which is Completed\n"
    ));
    dry(&["settle", &id, "--absent"], 7);
    let after = std::fs::read_to_string(&path).expect("a journal");
    assert_eq!(after, before);
}

#[test]
fn a_damaged_line_is_reported_once() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "key: \"a\"").run();
    import(&folder, &cluster, "key: \"b\"").run();
    let path = folder.path("data/journal/journal.jsonl");
    let text = std::fs::read_to_string(&path).expect("a journal");
    let mut lines: Vec<&str> = text.lines().collect();
    let broken = lines[2].replace('{', "\0");
    lines[2] = &broken;
    std::fs::write(&path, lines.join("\n") + "\n").expect("written");
    let warning = format!(
        "warning: the journal {} is damaged: line 3 cannot",
        path.display()
    );
    // The damaged line may have held an import key, so nothing is submitted under a key until the journal is repaired.
    let ran = import(&folder, &cluster, "key: \"a\"").status(7).run();
    ran.complains("is damaged (line 3 can't be read)")
        .complains("zshell journal prune --older-than 36500d");
    assert_eq!(cluster.state().creates, 2);
    for test in [
        folder.test().args(["journal", "list"]),
        import(&folder, &cluster, ""),
        folder
            .test()
            .args(["journal", "prune", "--older-than", "36500d"]),
    ] {
        let ran = test.run();
        assert_eq!(ran.stderr.matches(&warning).count(), 1, "{}", ran.stderr);
    }
    // Pruning drops the damaged line.
    let ran = folder.test().args(["journal", "list"]).run();
    assert_eq!(ran.stderr, "");
    import(&folder, &cluster, "key: \"c\"").run();
}

#[test]
fn a_single_damaged_byte_is_detected() {
    for (whole, damaged) in [
        ("{\"intent\"", "{\"inten4\""),
        ("\"identity\"", "\"identitx\""),
        ("\"key\":\"a\"", "\"key\":\"a\0"),
    ] {
        let folder = Folder::new();
        let cluster = healthy_cluster();
        import(&folder, &cluster, "key: \"a\"").run();
        let path = folder.path("data/journal/journal.jsonl");
        let text = std::fs::read_to_string(&path).expect("a journal");
        assert!(text.contains(whole), "{text}");
        std::fs::write(&path, text.replace(whole, damaged)).expect("written");
        import(&folder, &cluster, "key: \"a\"").status(7).run();
        assert_eq!(cluster.state().creates, 1, "{damaged}");
    }
}
