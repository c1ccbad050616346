//! The arguments: their docs are the help.

use super::{age, duration};
use crate::journal::Standing;
use crate::render::{ColorChoice, OutputFormat};
use crate::session::log::LogFormat;
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// A scriptable shell for bulk imports into Zilliz Cloud and Milvus.
///
/// Without a command it is a prompt. `zshell eval 'connect("local")'` needs no account.
#[derive(Debug, Parser)]
#[command(
    name = "zshell",
    version,
    max_term_width = 100,
    subcommand_help_heading = "Commands"
)]
pub struct Args {
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// Do not run init.rhai of the settings folder before the first prompt
    #[arg(long)]
    pub no_init: bool,
    /// What to do; the prompt where it is left out.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Connection that `connect()` uses: a profile, "local", or an endpoint
    #[arg(short, long, global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Form of results
    #[arg(short, long, global = true, value_enum, default_value = "table")]
    pub output: OutputFormat,
    /// Colours
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub color: ColorChoice,
    /// No notices and no progress bars
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log HTTP calls on standard error, secrets masked
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Stop the whole run after this time (exit code 5), e.g. 90s or 1h45m
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Ask nothing, also not before something is destroyed
    #[arg(long, global = true)]
    pub yes: bool,
    /// Form of what goes to standard error: json is one object a line
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORM"
    )]
    pub log_format: LogFormat,
    /// Print each request that would change anything as a curl command, and send none of them
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Folder where modules are looked for after the script's own (repeatable; then `ZSHELL_LIB`, then config.toml's `lib`)
    #[arg(long, global = true, value_name = "DIR")]
    pub lib: Vec<PathBuf>,
    /// Folder of history, journal and local data; else the environment variable `ZSHELL_DATA_DIR`
    // Read by ourselves: usage lines would show what clap reads there as if it had been typed.
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a script; its last value is shown
    Run {
        /// The script, or - for standard input, then its arguments: words are its `args`, --name value its `opts`,
        /// and --help tells what it takes
        // One list, so that nothing behind the file is taken for an option of ours.
        #[arg(value_names = ["FILE", "ARG"], required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
        file_and_args: Vec<String>,
    },
    /// Run a script given as text
    Eval {
        /// The script, then its arguments: words are its `args`, --name value its `opts`
        #[arg(value_names = ["EXPR", "ARG"], required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
        expression_and_args: Vec<String>,
    },
    /// Submit one import job
    Import(Import),
    /// List import jobs
    Jobs(Jobs),
    /// Show a job's progress
    Progress {
        /// The job's id
        job: String,
    },
    /// Watch jobs until every one has ended
    Wait(Wait),
    /// Show what was submitted and what became of it
    Journal {
        /// What to do
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Saved connections
    #[command(subcommand)]
    Profile(Profile),
    /// Find what is wrong with scripts without running them
    Lint {
        /// The scripts
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write one page a command to this folder instead
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Run the local import service for other clients
    #[cfg(feature = "local")]
    Serve(Serve),
}

/// `zshell import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// Target collection
    pub collection: String,
    /// Files or folders; each is one file of the job
    #[arg(required = true)]
    pub paths: Vec<String>,
    /// Target partition
    #[arg(long)]
    pub partition: Option<String>,
    /// Database
    #[arg(long)]
    pub db: Option<String>,
    /// Makes it repeatable: run again under the same key it gives the same job
    #[arg(long)]
    pub key: Option<String>,
    /// Watch the job until it has ended
    #[arg(long)]
    pub wait: bool,
}

const STATES: [&str; 7] = [
    "Pending",
    "Importing",
    "Uncommitted",
    "Completed",
    "Failed",
    "Aborted",
    "active",
];

fn standings() -> PossibleValuesParser {
    PossibleValuesParser::new(Standing::WORDS.into_iter().chain(["unresolved"]))
}

fn limit(text: &str) -> Result<String, String> {
    match text.parse::<u64>() {
        Err(_) if text != "all" => Err("a whole number, or all".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// `zshell jobs`.
#[derive(Debug, clap::Args)]
pub struct Jobs {
    /// Only jobs in this state (repeatable), or "active"
    #[arg(long, ignore_case = true, value_parser = STATES)]
    pub state: Vec<String>,
    /// Only jobs of this collection
    #[arg(long)]
    pub collection: Option<String>,
    /// How many, or "all" [default: 100]
    #[arg(long, value_parser = limit)]
    pub limit: Option<String>,
}

/// `zshell wait`.
#[derive(Debug, clap::Args)]
pub struct Wait {
    /// The jobs' ids
    #[arg(required = true)]
    pub jobs: Vec<String>,
    /// Time between two readings of a job, e.g. 5s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub interval: Option<Duration>,
}

/// `zshell journal`.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// List submissions, the latest first
    List(JournalList),
    /// Show one submission with all that happened to it
    Show {
        /// The submission's id
        id: String,
    },
    /// Forget what is settled and old, with its keys: the same key then submits again
    Prune {
        /// How old, e.g. 30d or 12h
        #[arg(long, value_name = "AGE", value_parser = age, default_value = "30d")]
        older_than: Duration,
    },
    /// Say what became of a submission where that is not known, or correct what was said before
    Settle(Settle),
}

/// `zshell journal settle`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("outcome").required(true).multiple(true)))]
pub struct Settle {
    /// The submission's id
    pub id: String,
    /// It has made this job
    #[arg(long, group = "outcome")]
    pub job: Option<String>,
    /// It has made no job: the next run under its key submits
    #[arg(long, group = "outcome", conflicts_with_all = ["job", "ended"])]
    pub absent: bool,
    /// Its job has ended so, for one that the service has forgotten: completed gives the job to the next run under the
    /// key, failed submits anew
    #[arg(long, group = "outcome", value_name = "STATE", ignore_case = true, value_parser = ["completed", "failed"])]
    pub ended: Option<String>,
}

/// `zshell journal list`.
#[derive(Debug, clap::Args)]
pub struct JournalList {
    /// Only submissions in this state (repeatable), or "unresolved"
    #[arg(long, ignore_case = true, value_parser = standings())]
    pub state: Vec<String>,
    /// Only of this collection
    #[arg(long)]
    pub collection: Option<String>,
    /// Only those whose key begins so
    #[arg(long, value_name = "PREFIX")]
    pub key_prefix: Option<String>,
    /// How many, or "all" [default: 100]
    #[arg(long, value_parser = limit)]
    pub limit: Option<String>,
}

/// `zshell profile`.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// List saved connections, without their keys
    List,
    /// Save a connection: asks at a terminal for what is not given, tests it, stores the key
    Add(Add),
    /// Show one, its keys masked
    Show {
        /// The profile
        name: String,
    },
    /// Remove one, with its key
    Remove {
        /// The profile
        name: String,
    },
    /// Make one the connection that `connect()` uses
    Default {
        /// The profile
        name: String,
    },
}

/// `zshell profile add`.
#[derive(Debug, Default, clap::Args)]
pub struct Add {
    /// Its name: letters, digits, - and _
    pub name: String,
    /// A cluster's public endpoint, or the address of a Milvus server
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// A cluster's name or id, looked up with the key
    #[arg(long)]
    pub cluster: Option<String>,
    /// A cluster's id, taken as it is
    #[arg(long)]
    pub cluster_id: Option<String>,
    /// Cloud region, e.g. aws-us-east1
    #[arg(long)]
    pub region: Option<String>,
    /// With --region, instead of a cluster
    #[arg(long)]
    pub project_id: Option<String>,
    /// Database
    #[arg(long)]
    pub db: Option<String>,
    /// Form of the API: v1, v2 or milvus, instead of what the endpoint suggests
    #[arg(long, value_parser = ["v1", "v2", "milvus"])]
    pub api: Option<String>,
    /// File that holds the key, or - for standard input; without one a key is looked for at each use
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ask before anything is destroyed with it; scripts need --yes
    #[arg(long)]
    pub protected: bool,
    /// Make it the connection that `connect()` uses
    #[arg(long)]
    pub default: bool,
    /// Save it untested
    #[arg(long)]
    pub no_verify: bool,
    /// Replace one of the same name
    #[arg(long)]
    pub force: bool,
}

/// `zshell serve`.
#[cfg(feature = "local")]
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:19531")]
    pub listen: std::net::SocketAddr,
    /// Token that clients must send (anyone can read it in the process list: prefer the other two)
    #[arg(long, value_name = "KEY", conflicts_with = "token_file")]
    pub token: Option<String>,
    /// File that holds the token; else the environment variable `ZSHELL_SERVE_TOKEN`
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Folder that relative `files` of Milvus clients are in, and the only one they can read
    #[arg(long, value_name = "DIR", conflicts_with = "bucket")]
    pub bucket_dir: Option<PathBuf>,
    /// Bucket that relative `files` of Milvus clients are in, e.g. `s3://milvus-bucket`; its keys come from
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    #[arg(long, value_name = "URL")]
    pub bucket: Option<String>,
    /// Folder that paths on disk must lie in; repeatable. Without it every path may be read, but none but those of
    /// `--bucket-dir` where other machines can call
    #[arg(long, value_name = "DIR")]
    pub allow_dir: Vec<PathBuf>,
    /// Where S3 buckets are, e.g. `http://127.0.0.1:9000`; else the environment variable `AWS_ENDPOINT_URL`
    #[arg(long, value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// Where Google Cloud's buckets are: a server that speaks S3's protocol, as Google's XML API does
    #[arg(long, value_name = "URL")]
    pub gcs_endpoint: Option<String>,
    /// Where Azure containers are, with the account as the first part of the path, e.g. `http://127.0.0.1:10000` for
    /// Azurite
    #[arg(long, value_name = "URL")]
    pub azure_endpoint: Option<String>,
    /// Slow each job down to this many rows a second
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub import_rate: Option<u64>,
    /// Make so large a part of the requests or jobs go wrong, e.g. `drop-after=0.1` or `500=5%`; repeatable. Kinds:
    /// refuse, drop-before, drop-after, 429, 500, slow, garbage, fail-job
    #[arg(long, value_name = "KIND=RATE")]
    pub fault: Vec<crate::local::faults::Fault>,
    /// Draw faults from this seed: the same requests in the same order meet the same faults
    #[arg(long, value_name = "NUMBER", requires = "fault")]
    pub fault_seed: Option<u64>,
}
