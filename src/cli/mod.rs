//! The command line: one file a subcommand, and the one way out of the process.

pub mod args;

mod commands;
mod script;
#[cfg(feature = "local")]
mod serve;
mod signals;

use crate::config;
use crate::engine::values;
use crate::engine::{Interpreter, ScriptError, Setup};
use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::render::Screen;
use crate::repl;
use crate::session::idle::Idle;
use crate::session::pager::PagerChoice;
use crate::session::{Choices, Session, complain};
use args::{Args, Command, Common};
use clap::Parser;
use rhai::Dynamic;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a subcommand ends with: a value to show, or nothing.
type Outcome = Result<Dynamic, Box<ScriptError>>;

/// Exit code of a wrong command line.
const WRONG_COMMAND_LINE: u8 = 2;

/// Parses the command line, runs it, and gives the process's exit code.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to standard output and are no error; a closed pipe has nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                WRONG_COMMAND_LINE
            } else {
                0
            });
        }
    };
    let interrupt = Interrupt::new();
    let idle = Idle::default();
    signals::watch(&interrupt, &idle);
    if let Some(limit) = args.common.timeout {
        interrupt.set_deadline(Instant::now().checked_add(limit));
    }
    let session = match choices(&args.common) {
        Ok(choices) => Rc::new(Session::new(choices, interrupt, idle)),
        Err(problem) => {
            let screen = Screen::stderr(args.common.color);
            complain(
                Box::<ScriptError>::from(problem)
                    .lay_out(&screen)
                    .trim_end(),
            );
            return ExitCode::from(WRONG_COMMAND_LINE);
        }
    };
    ExitCode::from(finish(
        &session,
        dispatch(&session, args.command, args.no_init),
    ))
}

fn dispatch(
    session: &Rc<Session>,
    command: Option<Command>,
    no_init: bool,
) -> Result<Outcome, Failure> {
    let interpreter = |setup: Setup| Interpreter::new(Rc::clone(session), setup);
    Ok(match command {
        None if std::io::stdin().is_terminal() => {
            let prompt = repl::run(interpreter(script::setup_here(Vec::new())), !no_init);
            prompt.map(|()| Dynamic::UNIT).map_err(Into::into)
        }
        // What is piped into a bare `zshell` is a script.
        None => script::run(session, &interpreter, "-", Vec::new())?,
        Some(Command::Run { file_and_args }) => {
            let (file, args) = first(file_and_args);
            script::run(session, &interpreter, &file, args)?
        }
        Some(Command::Eval {
            expression_and_args,
        }) => {
            let (expression, args) = first(expression_and_args);
            interpreter(script::setup_here(args)).run("eval", &expression)
        }
        Some(Command::Import(import)) => commands::import(session, import),
        Some(Command::Jobs(jobs)) => commands::jobs(session, jobs),
        Some(Command::Progress { job }) => commands::progress(session, job),
        Some(Command::Wait(wait)) => commands::wait(session, wait),
        #[cfg(feature = "local")]
        Some(Command::Serve(options)) => serve::serve(session, options)?,
    })
}

/// The first word and the rest; the parser sees to it that there is a first one.
fn first(words: Vec<String>) -> (String, Vec<String>) {
    let mut words = words.into_iter();
    (words.next().unwrap_or_default(), words.collect())
}

/// Shows the value or the error, lets local jobs end, and gives the exit code: the one way out.
fn finish(session: &Session, result: Result<Outcome, Failure>) -> u8 {
    let code = match result {
        Ok(Ok(value)) => match values::show(&value, |shown| session.show(shown)) {
            Ok(()) => session.exit_code().unwrap_or(0),
            Err(failure) => report(session, &Box::from(failure)),
        },
        Ok(Err(_)) if session.exit_code().is_some() => session.exit_code().unwrap_or(0),
        Ok(Err(error)) => report(session, &error),
        Err(failure) => {
            report(session, &Box::from(failure));
            WRONG_COMMAND_LINE
        }
    };
    match leave_local_service(session) {
        Err(stop) if code == 0 => report(session, &Box::from(Failure::from(stop))),
        _ => code,
    }
}

/// Tells what went wrong, on standard error, and which exit code it leads to.
fn report(session: &Session, error: &ScriptError) -> u8 {
    if session.closed_pipe() {
        return Kind::ClosedPipe.exit_code();
    }
    session.complain(error.lay_out(&session.err()).trim_end());
    error.failure.kind.exit_code()
}

/// Lets the jobs of the local service end. A stop leaves the rest to the next start, and is the run's result.
#[cfg(feature = "local")]
fn leave_local_service(session: &Session) -> Result<(), Stop> {
    let local = session.local();
    let running = local.running_jobs();
    if running > 0 && session.interrupt.check().is_ok() {
        session.notice(&format!(
            "finishing {}; Ctrl-C leaves the rest to the next start",
            crate::render::words::count(running as u64, "import job")
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
    // An empty folder name, as of an empty variable, names none.
    let named = common
        .data_dir
        .clone()
        .filter(|folder| !folder.as_os_str().is_empty());
    let data_dir = named.or_else(config::data_folder).ok_or_else(|| {
        Failure::usage("no place for data: this account has no home folder")
            .with_hint("name a folder with --data-dir or ZSHELL_DATA_DIR")
    })?;
    Ok(Choices {
        profile: common.profile.clone(),
        output: common.output,
        quiet: common.quiet,
        verbose: common.verbose,
        data_dir,
        color: common.color,
        edit_mode: config::EditMode::default(),
        pager: PagerChoice::default(),
    })
}

/// A session as this command line makes it.
#[cfg(test)]
pub(crate) fn session(args: &[&str]) -> Rc<Session> {
    let args = Args::try_parse_from(args).expect("a command line");
    let choices = choices(&args.common).expect("choices");
    Rc::new(Session::new(choices, Interrupt::new(), Idle::default()))
}

/// A duration of the command line.
fn duration(text: &str) -> Result<Duration, String> {
    crate::engine::options::parse_duration(text)
        .ok_or_else(|| "a duration is text such as 90s or 1h45m, or seconds".to_owned())
}
