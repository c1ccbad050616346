//! The command line: one file per subcommand, and the only exit of the process.

pub(crate) mod args;
mod candidates;

mod crash;
mod generate;
mod input;
mod journal;
mod lint;
pub(crate) mod overview;
mod plain;
mod profile;
mod script;
#[cfg(feature = "local")]
mod serve;
mod signals;
mod usage;

use crate::config;
use crate::engine::functions::wait::ending::come_back;
use crate::engine::types;
use crate::engine::{Interpreter, ScriptError};
use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::render::{ColorChoice, Screen};
use crate::repl;
use crate::session::idle::PromptTerminal;
use crate::session::log::{Log, LogFormat, LogLevel};
use crate::session::{Choices, Session};
use args::{Command, Common};
use plain::shell::reworded;
use rhai::Dynamic;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The result of a subcommand: a value to show, or unit.
type Outcome = Result<Dynamic, Box<ScriptError>>;

/// Maximum time that a stopped run waits for the answer to a submission. The next run finds out what a later answer said.
const LATE: Duration = Duration::from_millis(60);

/// Parses the command line, runs the command and returns the exit code.
pub fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if generate::complete() {
        return ExitCode::SUCCESS;
    }
    let args = match overview::parse(&words) {
        Ok(args) => args,
        Err(error) => return ExitCode::from(usage::tell(error, &words, tell_early)),
    };
    crash::install(args.common.log_format);
    let is_read = args.common.log_format == LogFormat::Text && std::io::stderr().is_terminal();
    crate::text::words::group_digits(is_read);
    let interrupt = Interrupt::new();
    let idle = PromptTerminal::default();
    #[cfg(unix)]
    signals::let_writes_fail();
    signals::watch(&interrupt, &idle);
    if let Some(limit) = args.common.timeout {
        interrupt.set_deadline(Instant::now().checked_add(limit));
    }
    let session = match choices(&args.common) {
        Ok(choices) => Rc::new(Session::new(choices, interrupt, idle)),
        Err(problem) => {
            let problem = problem.of_the_command_line();
            let code = problem.kind.exit_code();
            tell_early(args.common.log_format, problem);
            return ExitCode::from(code);
        }
    };
    for warning in config::writable_by_all(&session.choices().data_dir) {
        session.warn(&warning);
    }
    // A script's errors about its own calls speak the script's language.
    let script = matches!(
        args.command,
        None | Some(Command::Run { .. } | Command::Eval { .. })
    );
    let result = dispatch(&session, args.command, args.no_init);
    ExitCode::from(finish(&session, script, result))
}

/// Reports an error from before the session exists.
fn tell_early(format: LogFormat, failure: Failure) {
    let log = Log::of(format);
    tell(log, &Box::from(failure), &Screen::stderr(ColorChoice::Auto));
}

/// Runs the command. A usage error of any command but a script is one of the command line.
fn dispatch(session: &Rc<Session>, command: Option<Command>, no_init: bool) -> Outcome {
    let interpreter = |script_dir| Interpreter::new(Rc::clone(session), script_dir);
    let done = match command {
        None if std::io::stdin().is_terminal() => {
            repl::run(interpreter(script::current_folder()), !no_init)
        }
        // A script may be piped into a bare `zshell`.
        None => return script::run(session, &interpreter, "-", &[]),
        Some(Command::Run { file_and_args }) => {
            let (file, args) = first(file_and_args);
            return script::run(session, &interpreter, &file, &args);
        }
        Some(Command::Eval {
            expression_and_args,
        }) => {
            let (expression, args) = first(expression_and_args);
            let mut interpreter = interpreter(script::current_folder());
            return interpreter.run_with("eval", &expression, &args, "zshell eval EXPR");
        }
        Some(Command::Plain(command)) => return plain::run(session, &command),
        Some(Command::Journal { command }) => return journal::journal(session, command),
        Some(Command::Profile(action)) => profile::run(session, action),
        Some(Command::Lint { files }) => lint::lint(session, &files),
        Some(Command::Completions { shell }) => generate::completions(session, shell),
        Some(Command::Setup { shells }) => generate::setup(session, shells),
        Some(Command::Man { dir }) => generate::man(session, dir.as_deref()),
        Some(Command::Help { name, find }) => overview::help(session, &name, &find),
        #[cfg(feature = "local")]
        Some(Command::Serve(options)) => serve::serve(session, options),
    };
    done.map_err(|failure| match failure.kind {
        Kind::Usage => failure.of_the_command_line(),
        _ => failure,
    })?;
    Ok(Dynamic::UNIT)
}

/// Splits off the first word, which the parser guarantees.
fn first(words: Vec<String>) -> (String, Vec<String>) {
    let mut words = words.into_iter();
    (words.next().unwrap_or_default(), words.collect())
}

/// Shows the value or the error, waits for local jobs, and returns the exit code. The only exit.
fn finish(session: &Session, script: bool, result: Outcome) -> u8 {
    let report = |error: &ScriptError| {
        let error = with_submitted(session, error);
        report(session, &for_the_shell(session, script, error))
    };
    let shown = result.and_then(|value| {
        // `serve` ends with a stop and is a success: nothing is written then.
        if !value.is_unit() {
            types::show(&value, |shown| session.show(shown))?;
        }
        Ok(session.success_code())
    });
    // `exit()` ends a script with an error.
    let code = shown.unwrap_or_else(|error| session.exit_code().unwrap_or_else(|| report(&error)));
    await_late_answers(session);
    session.desk.journal.flush();
    match leave_local_service(session) {
        Err(stop) if code == 0 => report(&Box::from(Failure::from(stop))),
        _ => code,
    }
}

/// Waits briefly for answers to interrupted submissions, so the journal gets them.
fn await_late_answers(session: &Session) {
    if session.desk.late.count() > 0 {
        session.notice("waiting for the answer to a submission");
        session.desk.late.wait(LATE);
    }
}

/// Writes an error to standard error and returns its exit code.
fn report(session: &Session, error: &ScriptError) -> u8 {
    if session.closed_pipe() || error.failure.kind == Kind::ClosedPipe {
        return Kind::ClosedPipe.exit_code();
    }
    tell(session.log(), error, &session.err());
    error.failure.kind.exit_code()
}

/// Words the hint for a shell: calls become commands with the connection's profile. Only the errors of a script about
/// its own text keep the script's words.
fn for_the_shell(session: &Session, script: bool, mut error: ScriptError) -> ScriptError {
    let failure = &mut error.failure;
    let about_text = matches!(failure.kind, Kind::Script | Kind::Usage);
    if !script || (!about_text && can_be_named(session)) {
        let profile_of = |job: &str| profile_of(session, job);
        let hint = failure.hint.take();
        failure.hint = hint.map(|hint| reworded(&hint, Some(&profile_of)));
    }
    error
}

/// Returns true if a command can make the run's connection: from a profile, from `-p`, or from the environment. One that
/// a script makes from its own options can't be made at a shell.
fn can_be_named(session: &Session) -> bool {
    let Some(connection) = session.current() else {
        return true;
    };
    let by_address = |address: &str| address.trim_end_matches('/') == connection.endpoint();
    let environment = ["ZILLIZ_ENDPOINT", "MILVUS_URI"].map(config::set);
    let mut addresses = environment.into_iter().flatten();
    let by_option = session.choices().profile.as_deref().is_some_and(by_address);
    by_option
        || connection.profile_word().is_some()
        || addresses.any(|address| by_address(&address))
}

/// Returns the value of `-p` for a job, or for the run's connection. A connection that the environment makes needs none.
fn profile_of(session: &Session, job: &str) -> Option<String> {
    let current = || session.current()?.profile_word();
    let of_job = session.known.profile(job).or_else(current);
    of_job.or_else(|| session.choices().profile.clone())
}

/// Adds the jobs that the stopped run submitted, and that continue without it, to the error.
fn with_submitted(session: &Session, error: &ScriptError) -> ScriptError {
    let mut told = error.clone();
    let failure = &mut told.failure;
    let mut jobs = session.known.submitted();
    jobs.retain(|job| !failure.jobs.contains(job));
    if !failure.is_stop() || jobs.is_empty() || session.choices().dry_run {
        return told;
    }
    // The hint of a wait names only its own jobs, and that of a submission is about something else.
    if !failure.jobs.is_empty() {
        failure.hint = None;
    }
    failure.jobs.extend(jobs);
    let back = come_back(&failure.jobs);
    told.failure = told.failure.and_hint(&back);
    told
}

fn tell(log: Log, error: &ScriptError, screen: &Screen) {
    match log.format {
        LogFormat::Text => Log::painted(error.lay_out(screen).trim_end()),
        LogFormat::Json => Log::json(LogLevel::Error, &error.failure.message, error.fields()),
    }
}

/// Waits for the local service's jobs. A stop leaves them to the next start and becomes the run's result.
#[cfg(feature = "local")]
fn leave_local_service(session: &Session) -> Result<(), Stop> {
    let local = session.local();
    let running = local.running_jobs();
    if running > 0 && session.interrupt.check().is_ok() {
        session.notice(&format!(
            "finishing {}; Ctrl-C leaves the rest to the next start",
            crate::text::words::count(running as u64, "import job")
        ));
    }
    local.finish(&session.interrupt)
}

#[cfg(not(feature = "local"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the form with the local service can be stopped"
)]
fn leave_local_service(_session: &Session) -> Result<(), Stop> {
    Ok(())
}

fn choices(common: &Common) -> Result<Choices, Failure> {
    // An empty folder name, for example from an empty variable, counts as none.
    let from_env = || std::env::var_os("ZSHELL_DATA_DIR").map(PathBuf::from);
    let named = common
        .data_dir
        .clone()
        .or_else(from_env)
        .filter(|folder| !folder.as_os_str().is_empty());
    // `:cd` changes the current folder.
    let named = named.map(|folder| std::path::absolute(&folder).unwrap_or(folder));
    let data_dir = named.or_else(config::data_folder).ok_or_else(|| {
        Failure::usage("no place for data: this account has no home folder")
            .with_hint("name a folder with --data-dir or ZSHELL_DATA_DIR")
    })?;
    let more = std::env::var_os("ZSHELL_LIB").unwrap_or_default();
    let lib = common.lib.iter().cloned();
    let lib = lib.chain(std::env::split_paths(&more));
    let lib = lib.filter(|folder| !folder.as_os_str().is_empty());
    Ok(Choices {
        lib: lib.collect(),
        log_format: common.log_format,
        dry_run: common.dry_run,
        no_commands: common.no_commands,
        profile: common.profile.clone(),
        output: common.output,
        quiet: common.quiet,
        verbose: common.verbose,
        data_dir,
        color: common.color,
        yes: common.yes,
        given: common.given.clone(),
        ..Choices::default()
    })
}

/// Parses an age: a duration, or a number of days such as `30d`.
fn age(text: &str) -> Result<Duration, String> {
    let days = text
        .trim()
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days) => Ok(Duration::from_hours(u64::from(days) * 24)),
        None => duration(text).map_err(|_| "an age is text such as 30d or 12h".to_owned()),
    }
}

/// A duration of the command line.
fn duration(text: &str) -> Result<Duration, String> {
    crate::engine::times::parse_duration(text)
        .ok_or_else(|| "a duration is text such as 90s or 1h45m, or seconds".to_owned())
}
