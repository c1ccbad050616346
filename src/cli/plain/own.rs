//! The additions of single commands to what their functions' descriptions say.

use crate::check::merge;
use crate::cli::input;
use crate::engine::describe::ExamplePlace;
use crate::engine::registry;
use crate::engine::types::ReportValue;
use crate::error::{Failure, Kind};
use crate::render::OutputFormat;
use crate::session::Session;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use rhai::{Dynamic, Map};
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;

/// Returns a command's own examples with their places, if the function's example has no plain form.
pub(super) fn examples(function: &str) -> &'static [(ExamplePlace, &'static str)] {
    use ExamplePlace::{Bucket, Local};
    match function {
        "infer" => &[(Local, "zshell infer data/*.parquet > books.json")],
        "create_collection" => &[
            (
                Local,
                "zshell create-collection books --dimension 768 --metric-type COSINE",
            ),
            (Local, "zshell create-collection books --body @books.json"),
        ],
        "search" => &[
            (
                Local,
                "zshell search books '[0.12, 0.98, -0.33]' --limit 3 --fields title",
            ),
            (Local, "zshell search books @vector.json"),
        ],
        "progress" => &[(Local, "zshell progress JOB")],
        "wait" => &[(Local, "zshell wait JOB --timeout 2h")],
        "import_all" => &[(
            Local,
            "zshell import-all books data/*.parquet --files-per-job 100",
        )],
        "check" => &[
            (Local, "zshell check data/*.parquet --collection books"),
            (Local, "zshell check data/*.parquet --schema books.json"),
        ],
        "upload" => &[(Bucket, "zshell upload data/*.parquet s3://my-bucket/books/")],
        "import" => &[
            (Local, "zshell -p local import books data/*.parquet --wait"),
            (
                Bucket,
                "zshell import books s3://my-bucket/books/1.parquet --wait",
            ),
            (
                Bucket,
                "zshell import books data/*.parquet --create --check --upload-to s3://my-bucket/books/ --verify",
            ),
        ],
        _ => &[],
    }
}

/// Adds a command's own options.
pub(super) fn adapt(function: &str, command: Command) -> Command {
    match function {
        "import" => import(command),
        "check" => check(command),
        "infer" => {
            command.about("Propose a schema for files, as JSON, with the reasons on standard error")
        }
        _ => command,
    }
}

/// The option of an import that uploads its files.
const UPLOAD: &str = "upload-to";

/// Longest command that a hint repeats, in bytes.
const LONGEST_COMMAND: usize = 2000;

/// The flags that make an import a batch. `--upload-to` does it too.
const STEPS: [(&str, &str); 3] = [
    (
        "create",
        "Create the collection if it's missing, with the schema that infer proposes; waits",
    ),
    (
        "check",
        "Check the files first, and import nothing if the service would refuse one; waits",
    ),
    (
        "verify",
        "Compare the collection's count before and after with the imported rows; waits",
    ),
];

fn import(command: Command) -> Command {
    let wait = ("wait", "Wait until the job has ended");
    let flags = [wait].into_iter().chain(STEPS);
    let flags = flags.map(|(name, help)| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    });
    command.args(flags).arg(
        Arg::new(UPLOAD)
            .long(UPLOAD)
            .value_name("URL")
            .help("Upload local files first, to a bucket (s3://bucket/folder/) or a volume (volume://name/folder/); waits"),
    )
}

/// Returns true if an import uploads its files, which are then local files.
pub(super) fn uploads(matches: &ArgMatches) -> bool {
    matches.try_contains_id(UPLOAD).unwrap_or(false)
}

/// Imports with further steps, as a batch.
fn import_in_steps(
    session: &Rc<Session>,
    matches: &ArgMatches,
    mut args: Vec<Dynamic>,
) -> Result<Dynamic, Failure> {
    let options = args.get(2).cloned().and_then(Dynamic::try_cast::<Map>);
    let mut options = options.unwrap_or_default();
    if let Some(key) = options.remove("key") {
        options.insert("key_prefix".into(), key);
    }
    for (name, _) in STEPS {
        options.insert(name.into(), matches.get_flag(name).into());
    }
    if let Some(to) = matches.get_one::<String>(UPLOAD) {
        options.insert("upload_to".into(), to.into());
    }
    args.truncate(2);
    args.push(options.into());
    registry::call(session, "import_all", args).map_err(|failure| {
        let Some(command) = own_command().filter(|_| failure.kind != Kind::Usage) else {
            return failure;
        };
        failure.and_hint(&format!("to continue: {command}"))
    })
}

/// Returns the command of this process; `None` if it's too long for a hint or may contain a secret, as JSON may, and URLs
/// with a password or a signature.
fn own_command() -> Option<String> {
    let words: Result<Vec<String>, _> = std::env::args_os()
        .skip(1)
        .map(OsString::into_string)
        .collect();
    let words = words.ok()?;
    let may_be_secret =
        |word: &String| word.contains('{') || word.contains("://") && word.contains(['@', '?']);
    if words.iter().any(may_be_secret) {
        return None;
    }
    let command = shell_words::join(std::iter::once("zshell".to_owned()).chain(words));
    (command.len() <= LONGEST_COMMAND).then_some(command)
}

fn check(command: Command) -> Command {
    let file = |id: &'static str| Arg::new(id).long(id).value_hint(ValueHint::FilePath);
    command
        .about("Check files for an import without sending them")
        .long_about(
            "Check files for an import without sending them\n\nExits with 0 if the import would succeed, 7 if not.",
        )
        .mut_arg("argument paths", |arg| {
            arg.required(false).required_unless_present("merge")
        })
        .arg(
            file("schema")
                .value_name("FILE")
                .conflicts_with("collection")
                .help("JSON file with the schema to check against, in the form of create-collection [default: the one that infer proposes]"),
        )
        .arg(
            Arg::new("collection")
                .long("collection")
                .value_name("NAME")
                .help("Collection to check against"),
        )
        .arg(
            file("merge")
                .value_name("REPORT")
                .num_args(1..)
                .conflicts_with_all([
                    "argument paths",
                    "schema",
                    "collection",
                    "option sample",
                    "option shard",
                    "option keys_out",
                ])
                .help("Merge reports of shards, written with -o json, and compare their keys"),
        )
}

/// Runs a command with the call's arguments.
pub(super) fn run(
    session: &Rc<Session>,
    name: &'static str,
    matches: &ArgMatches,
    mut args: Vec<Dynamic>,
) -> Result<Dynamic, Failure> {
    match name {
        "import" if uploads(matches) || STEPS.iter().any(|(step, _)| matches.get_flag(step)) => {
            import_in_steps(session, matches, args)
        }
        "import" if matches.get_flag("wait") => {
            let job = registry::call(session, name, args)?;
            registry::call(session, "wait", vec![job])
        }
        "check" => {
            if let Some(reports) = matches.get_many::<String>("merge") {
                let strict = matches.get_one::<String>("option strict");
                let strict = strict.is_some_and(|word| word == "true");
                let reports: Vec<String> = reports.cloned().collect();
                reports.iter().try_for_each(|report| input::exist(report))?;
                let report = merge(reports, strict, &session.interrupt)?;
                return Ok(judged(session, Dynamic::from(ReportValue::new(report))));
            }
            if let Some(target) = target(matches)? {
                args.resize(args.len().max(2), Dynamic::UNIT);
                args[1] = target.into();
            }
            registry::call(session, name, args).map(|report| judged(session, report))
        }
        "infer" => {
            let schema = registry::call(session, name, args)?;
            // A schema is kept in a file for `check --schema`, so it's JSON also in the table format.
            if session.choices().output == OutputFormat::Table {
                session.choose(|choices| choices.output = OutputFormat::Json);
            }
            Ok(schema)
        }
        _ => registry::call(session, name, args),
    }
}

/// Returns the schema file or the collection to check against.
fn target(matches: &ArgMatches) -> Result<Option<String>, Failure> {
    let Some(file) = matches.get_one::<String>("schema") else {
        return Ok(matches.get_one::<String>("collection").cloned());
    };
    input::exist(file)?;
    // A path without a dot or slash would be taken for a collection.
    Ok(Some(
        Path::new(".").join(file).to_string_lossy().into_owned(),
    ))
}

/// Sets the exit code by a report.
fn judged(session: &Session, report: Dynamic) -> Dynamic {
    if let Some(report) = report.read_lock::<ReportValue>() {
        let report = report.report();
        if report.unreadable {
            session.note_failed(Kind::Script);
        } else if !report.is_ok() {
            session.note_failed(Kind::Refused);
        }
    }
    report
}
