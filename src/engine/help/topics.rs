//! Help topics that aren't about a single function.

use crate::api::model::JobState;
use crate::error::Kind;
use std::fmt::Write;

/// A topic.
#[derive(Clone, Copy)]
pub(super) struct Topic {
    /// The name.
    pub(super) name: &'static str,
    /// A one-line summary.
    pub(super) help: &'static str,
    /// The text.
    pub(super) text: fn() -> String,
}

/// All topics, in the order of `help()`.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        name: "paths",
        help: "what import() can read, and how it is written",
        text: || PATHS.to_owned(),
    },
    Topic {
        name: "profiles",
        help: "saved connections, and where keys come from",
        text: || PROFILES.to_owned(),
    },
    Topic {
        name: "states",
        help: "the states of a job",
        text: states,
    },
    Topic {
        name: "errors",
        help: "what a caught error tells, and exit codes",
        text: errors,
    },
    Topic {
        name: "language",
        help: "the language in a few lines, and what surprises in it",
        text: || LANGUAGE.to_owned(),
    },
    Topic {
        name: "keys",
        help: "keys for editing at the prompt",
        text: || KEYS.to_owned(),
    },
];

const PATHS: &str = r#"paths: what import(collection, path) can read

Amazon S3         s3://bucket/key  https://bucket.s3.region.amazonaws.com/key
Google Cloud      gs://bucket/key  https://storage.googleapis.com/bucket/key
Azure             https://account.blob.core.windows.net/container/blob
Alibaba OSS       https://bucket.oss-region.aliyuncs.com/key
Tencent COS       https://bucket-appid.cos.region.myqcloud.com/key
Milvus            a path in the server's own bucket: folder/1.parquet
local service     a file or folder here: data.json  /abs/folder/  file:///abs/data.jsonl

A path names a file, a folder (it ends in /), or a set of NumPy files (folder/*.npy).
In a list each text is one file, a nested list one set of NumPy files.

example
  import("books", ["s3://my-bucket/1.parquet", "s3://my-bucket/2.parquet"])
"#;

const PROFILES: &str = r#"profiles: saved connections in config.toml, in ~/.config/zshell or ZSHELL_CONFIG_DIR

  default_profile = "prod"
  [profiles.prod]
  endpoint = "https://in03-….api.aws-us-east1.zillizcloud.com"

A profile holds the options of connect(#{…}): help(connect) lists them.
connect("prod") uses one; connect() takes -p, ZSHELL_PROFILE, the default profile, or what the environment says.

A key comes from the token option, the profile, ZILLIZ_API_KEY (other hosts: MILVUS_TOKEN), or ~/.zilliz/credentials.

example
  connect("prod")
"#;

const LANGUAGE: &str = r#"language: Rhai, with the functions of help()

  let job = import("books", "books.jsonl");    a variable; the last ; may be left out
  let options = #{state: "active", limit: 5};  a map; options.state, options["state"]
  for job in jobs(options) { print(job.id); }  a loop over a list
  jobs().filter(|job| job.percent < 50)        a closure
  if count("books") == 0 { throw "empty"; }
  try { wait(job) } catch (e) { print(e.hint); }
  print(`books has ${count("books")} rows`);   back-ticks fill in values
  fn twice(x) { x * 2 }                        a function sees its parameters only
  import "tools" as tools; tools::run();       a module: tools.rhai

text stands in "…", '…' is one character      comments begin with //
\ begins an escape in "…": C:\\data            the empty value is ()
reserved as names: go, match, new, default … (as keys: #{"default": 1})
"#;

const KEYS: &str = "keys at the prompt

  Tab               completes; lists what there is
  Up, Down          statements that begin as what is typed; Ctrl-R searches all
  Right, End        takes the dim text behind the cursor over; Alt-F a word of it
  Ctrl-C            drops the line; while something runs, ends it
  Ctrl-D            on an empty line leaves
  Alt-Enter         sends a statement that seems unfinished
  Ctrl-A, Ctrl-E    to the line's begin, end; Alt-B, Alt-F by words
  Ctrl-W, Alt-D     erases a word backward, forward
  Ctrl-U, Ctrl-K    erases to the line's begin, end; Ctrl-Y puts it back
  Ctrl-_            takes the last change back
  Ctrl-L            clears the screen
";

fn states() -> String {
    let mut text = "states of a job\n\n".to_owned();
    for state in JobState::ALL {
        let help = match state {
            JobState::Pending => "accepted, not begun",
            JobState::Importing => "running",
            JobState::Uncommitted => "two-phase: waits for commit(job) or abort(job)",
            JobState::Completed => "ended: every row is in the collection",
            JobState::Failed => "ended without effect: wait(job) says why",
            JobState::Aborted => "ended by abort(job), without effect",
        };
        let _ = writeln!(text, "  {:<12}  {help}", state.word());
    }
    text.push_str(
        "\nexample\n  jobs(#{state: \"active\"})    every state that a job can still leave\n",
    );
    text
}

fn errors() -> String {
    let mut text =
        "errors: what catch (e) gives has e.kind, e.code, e.message, e.hint, e.jobs, e.exit\n\n"
            .to_owned();
    let _ = writeln!(text, "  {:<12}  exit", "kind");
    for kind in Kind::ALL {
        let help = match kind {
            Kind::Script => "the script threw, or does not parse",
            Kind::Usage => "a function was called wrongly",
            Kind::Arguments => "arguments that the script does not take",
            Kind::Connect => "the service could not be reached",
            Kind::Auth => "the key was missing or refused",
            Kind::JobFailed => "an import job failed or was aborted",
            Kind::Timeout => "timed out while waiting",
            Kind::Unknown => "the outcome of a submission is not known",
            Kind::Refused => "the request was refused",
            Kind::Busy => "the service is busy; the same may succeed later",
            Kind::Interrupted => "Ctrl-C; cannot be caught",
            Kind::Terminated => "terminated; cannot be caught",
            Kind::ClosedPipe => "nobody reads the output any more; cannot be caught",
        };
        let _ = writeln!(
            text,
            "  {:<12}  {:<4}  {help}",
            kind.word(),
            kind.exit_code()
        );
    }
    text.push_str("\nexample\n  try { wait(job) } catch (e) { print(e.hint); throw e; }\n");
    text
}
