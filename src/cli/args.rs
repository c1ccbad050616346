//! Command-line arguments. Their doc comments are the help texts.

use super::plain::PlainCommand;
use super::{age, duration};
use crate::config::Config;
use crate::engine::help;
use crate::render::{ColorChoice, OutputFormat};
use crate::session::log::LogFormat;
use clap::{Parser, Subcommand, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use std::path::PathBuf;
use std::time::Duration;

/// A scriptable shell for bulk imports into Zilliz Cloud and Milvus.
///
/// Without a command it starts the prompt. `zshell eval 'connect("local")'` needs no account.
#[derive(Debug, Parser)]
#[command(
    name = "zshell",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_help_heading = "Commands"
)]
pub(crate) struct Args {
    /// Don't run init.rhai of the settings folder
    #[arg(long)]
    pub no_init: bool,
    /// Options of all commands.
    #[command(flatten)]
    pub common: Common,
    /// The command. Defaults to the prompt.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of all commands.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Common {
    /// Connection: a profile, "local" or an endpoint
    #[arg(short, long, global = true, value_name = "PROFILE", add = ArgValueCandidates::new(profiles))]
    pub profile: Option<String>,
    /// Output format
    #[arg(short, long, global = true, default_value = "table")]
    pub output: OutputFormat,
    /// When to use colours
    #[arg(long, global = true, default_value = "auto", hide_short_help = true)]
    pub color: ColorChoice,
    /// Print no notices and no progress bars
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log HTTP calls to standard error, with secrets masked
    #[arg(short, long, global = true, hide_short_help = true)]
    pub verbose: bool,
    /// Stop the run after this time with exit code 5, for example 90s or 1h45m
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Don't ask for confirmation
    #[arg(long, global = true)]
    pub yes: bool,
    /// Format of standard error: text, or one JSON object per line
    #[arg(
        long,
        global = true,
        default_value = "text",
        value_name = "FORM",
        hide_short_help = true
    )]
    pub log_format: LogFormat,
    /// Print requests that change something as curl commands instead of sending them
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Don't let scripts run programs with `run_command`
    #[arg(long, global = true)]
    pub no_commands: bool,
    /// Library folder for modules, repeatable; searched after the script's folder, before `ZSHELL_LIB` and `lib` in
    /// config.toml
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    pub lib: Vec<PathBuf>,
    /// Folder for history, journal and local data [env: `ZSHELL_DATA_DIR`]
    // Not read by clap, which would show the variable's value in usage lines as if it had been typed.
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    pub data_dir: Option<PathBuf>,
    /// Names of the options that were given.
    #[arg(skip)]
    pub given: Vec<String>,
}

/// Returns the saved profiles, `local` included, as candidates for `-p`.
fn profiles() -> Vec<CompletionCandidate> {
    let config = Config::load().unwrap_or_default();
    let names = config.profiles.keys().map(String::as_str);
    let names = names.chain(["local"]);
    names.map(CompletionCandidate::new).collect()
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a script and show its last value
    Run {
        /// The script, or - for standard input, then its arguments: words go to `args`, --name value to `opts`, and
        /// --help shows the script's options
        // One list, so zshell doesn't parse options after the file name.
        #[arg(value_names = ["FILE", "ARG"], required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_hint = ValueHint::AnyPath)]
        file_and_args: Vec<String>,
    },
    /// Run a script given as text
    Eval {
        /// The script, then its arguments: words go to `args`, --name value to `opts`
        #[arg(value_names = ["EXPR", "ARG"], required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
        expression_and_args: Vec<String>,
    },
    /// Functions of the script language.
    #[command(flatten)]
    Plain(PlainCommand),
    /// Show submissions and their outcome
    Journal {
        /// The subcommand.
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Manage saved connections
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Find mistakes in scripts without running them
    Lint {
        /// Script files, and folders of them
        #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
        files: Vec<String>,
    },
    /// Print a shell's completion script, which setup installs
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Install shell completions and manual pages for this user
    Setup {
        /// Shells [default: the login shell]
        #[arg(value_name = "SHELL")]
        shells: Vec<clap_complete::Shell>,
    },
    /// Print the manual page
    Man {
        /// Write one page per command to this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Run the local import service for other clients
    #[cfg(feature = "local")]
    Serve(Serve),
    /// Show the help of a command, function, type or topic, or where a word occurs
    Help {
        /// A command, or a function, type or topic of the script language; of other words, the places where they occur
        #[arg(value_name = "NAME", add = ArgValueCandidates::new(help_pages))]
        name: Vec<String>,
        /// Word to find in names, options, descriptions and topics
        #[arg(long, value_name = "WORD", num_args = 1.., conflicts_with = "name")]
        find: Vec<String>,
    },
}

/// Returns the functions, types and topics as candidates for `help`.
fn help_pages() -> Vec<CompletionCandidate> {
    let pages = help::pages();
    let pages = pages.map(|(name, about)| CompletionCandidate::new(name).help(Some(about.into())));
    pages.collect()
}

/// Subcommands of `zshell journal`.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List submissions, the latest first
    List(PlainCommand),
    /// Show a submission with its history
    Show {
        /// Submission id
        id: String,
    },
    /// Remove old settled submissions and their import keys; a later import with such a key submits again
    Prune {
        /// Minimum age, for example 30d or 12h
        #[arg(long, value_name = "AGE", value_parser = age, default_value = "30d")]
        older_than: Duration,
    },
    /// Set the outcome of a submission that zshell can't determine
    Settle(Settle),
}

/// Arguments of `zshell journal settle`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("outcome").required(true).multiple(true)))]
pub(crate) struct Settle {
    /// Submission id
    pub id: String,
    /// The job that the submission made
    #[arg(long, group = "outcome")]
    pub job: Option<String>,
    /// The submission made no job: the next run with its import key submits again
    #[arg(long, group = "outcome", conflicts_with_all = ["job", "ended"])]
    pub absent: bool,
    /// Final state of a job that the service has forgotten: after completed the next run with the import key returns
    /// the job, after failed it submits again
    #[arg(long, group = "outcome", value_name = "STATE", ignore_case = true, value_parser = ["completed", "failed"])]
    pub ended: Option<String>,
}

/// Subcommands of `zshell profile`.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// List saved connections
    List,
    /// Save a connection: ask for missing settings, test the connection, store the API key
    Add(Add),
    /// Show a profile, with secrets masked
    Show {
        /// Profile
        name: String,
    },
    /// Remove a profile with its API key
    Remove {
        /// Profile
        name: String,
    },
    /// Set the default profile, which `connect()` uses
    Default {
        /// Profile
        name: String,
    },
}

/// Arguments of `zshell profile add`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Add {
    /// Profile name: letters, digits, - and _
    pub name: String,
    /// Public endpoint of a cluster, or address of a Milvus server
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Name or id of a cluster, looked up with the API key
    #[arg(long)]
    pub cluster: Option<String>,
    /// Cluster id, not looked up
    #[arg(long)]
    pub cluster_id: Option<String>,
    /// Cloud region, for example aws-us-east1
    #[arg(long)]
    pub region: Option<String>,
    /// Project id, with --region instead of a cluster
    #[arg(long)]
    pub project_id: Option<String>,
    /// Database
    #[arg(long)]
    pub db: Option<String>,
    /// API dialect: v1, v2 or milvus [default: derived from the endpoint]
    #[arg(long, value_parser = ["v1", "v2", "milvus"])]
    pub api: Option<String>,
    /// File with the API key, or - for standard input [default: look for the API key at each use]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ask before destructive calls; scripts need --yes
    #[arg(long)]
    pub protected: bool,
    /// Make it the default profile
    #[arg(long)]
    pub default: bool,
    /// Don't test the connection
    #[arg(long)]
    pub no_verify: bool,
    /// Replace an existing profile
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `zshell serve`.
#[cfg(feature = "local")]
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:19531")]
    pub listen: std::net::SocketAddr,
    /// Token that clients must send; visible in the process list, so prefer --token-file or `ZSHELL_SERVE_TOKEN`
    #[arg(long, value_name = "KEY", conflicts_with = "token_file")]
    pub token: Option<String>,
    /// File with the token; `ZSHELL_SERVE_TOKEN` holds the token itself
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Folder that file paths of Milvus clients are in; these clients can read no other folder
    #[arg(long, value_name = "DIR", conflicts_with = "bucket")]
    pub bucket_dir: Option<PathBuf>,
    /// Bucket that file paths of Milvus clients are in, for example `s3://milvus-bucket`, with the credentials in
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    #[arg(long, value_name = "URL")]
    pub bucket: Option<String>,
    /// Folder that local paths must be in, repeatable [default: any path; only --bucket-dir if --listen isn't loopback]
    #[arg(long, value_name = "DIR")]
    pub allow_dir: Vec<PathBuf>,
    /// S3 endpoint, for example `http://127.0.0.1:9000` [env: `AWS_ENDPOINT_URL`]
    #[arg(long, value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// Google Cloud Storage endpoint that speaks the S3 protocol, as Google's XML API does
    #[arg(long, value_name = "URL")]
    pub gcs_endpoint: Option<String>,
    /// Azure endpoint with the account as first part of the path, for example `http://127.0.0.1:10000` for Azurite
    #[arg(long, value_name = "URL")]
    pub azure_endpoint: Option<String>,
    /// Limit each job to this many rows per second
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub import_rate: Option<u64>,
    /// Time limit of a query or search, for example `10s`
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s")]
    pub query_timeout: Duration,
    /// Make this fraction of requests or jobs fail, for example `drop-after=0.1` or `500=5%`; repeatable. Kinds:
    /// refuse, drop-before, drop-after, 429, 500, slow, garbage, fail-job
    #[arg(long, value_name = "KIND=RATE")]
    pub fault: Vec<crate::local::faults::Fault>,
    /// Seed for faults: the same requests in the same order meet the same faults
    #[arg(long, value_name = "NUMBER", requires = "fault")]
    pub fault_seed: Option<u64>,
}
