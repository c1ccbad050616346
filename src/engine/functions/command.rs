//! `run_command`: runs another program.

use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, opt};
use crate::engine::options::Options;
use crate::engine::types::{Gives, as_text, list_of, ordered};
use crate::error::{Failure, Kind};
use crate::fsutil::MAX_TEXT;
use crate::interrupt::TICK;
use crate::secret::{Secret, hidden};
use crate::text::words;
use rhai::Dynamic;
use serde_json::json;
use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const OPTIONS: &[Opt] = &[
    opt(
        "stdin",
        "text for the program's standard input; by default it is empty",
    ),
    opt(
        "env",
        "environment variables to add, e.g. #{TOKEN: secret(\"TOKEN\")}",
    ),
    opt(
        "timeout",
        "ends the program after this time, and the call fails",
    ),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([Function::new(
    &[
        "run_command(program)",
        "run_command(program, [arguments])",
        "run_command(program, [arguments], #{stdin, env, timeout})",
    ],
    "runs a program without a shell, and returns its exit code and output; off under --no-commands",
    "run_command(\"date\", [\"+%F\"]).stdout.trim()",
    run,
)
.takes(&[Takes::Path, Takes::Anything, Takes::Options])
.options(OPTIONS)
.gives(Gives::Map(&["code", "stdout", "stderr"]))
.related(&["env", "secret", "log_info"])]);

fn run(call: &Call) -> Result<Dynamic, Failure> {
    let program = call.text(0, "the program")?;
    let arguments = arguments(call)?;
    let options = call.options(2)?;
    let (mut command, stdin) = command(&program, &arguments, &options)?;
    let limit = options.duration("timeout")?;
    call.session.allow_command(&program)?;
    let line = std::iter::once(&program).chain(&arguments);
    let line: Vec<String> = line.map(|it| words::quote(it)).collect();
    let line = hidden(&format!("run {}", line.join(" ")));
    if call.session.would(&line)? {
        return Ok(ordered(json!({"code": 0, "stdout": "", "stderr": ""})));
    }
    let unable = |error: &io::Error| {
        let failure = Failure::refused(format!("cannot run {program:?}: {error}"));
        match error.kind() {
            io::ErrorKind::NotFound => failure.with_hint("the program is looked up in PATH; there is no shell, so built-in commands need run_command(\"sh\", [\"-c\", \"…\"])"),
            _ => failure,
        }
    };
    let mut child = command.spawn().map_err(|error| unable(&error))?;
    let outcome = attend(call, &mut child, stdin, limit);
    if outcome.is_err() {
        end(&mut child);
    }
    let (status, [stdout, stderr]) = outcome?.map_err(|error| unable(&error))?;
    Ok(ordered(json!({
        "code": code(status),
        "stdout": hidden(&String::from_utf8_lossy(&stdout)),
        "stderr": hidden(&String::from_utf8_lossy(&stderr)),
    })))
}

/// Returns the arguments. A secret isn't one, since every user of the machine can list the arguments of programs.
fn arguments(call: &Call) -> Result<Vec<String>, Failure> {
    let Some(given) = call.args.get(1) else {
        return Ok(Vec::new());
    };
    let wrong =
        |value: &Dynamic| call.wrong_type("the arguments are a list of texts and numbers", value);
    let items = list_of(given).ok_or_else(|| wrong(given))?;
    let argument = |item: &Dynamic| match as_text(item) {
        Some(text) => Ok(text),
        None if item.is_int() || item.is_float() => Ok(item.to_string()),
        None if item.is::<Secret>() => Err(call
            .misused("a secret would show in the list of processes")
            .with_hint("pass it by stdin or env: #{env: #{TOKEN: secret(\"TOKEN\")}}")),
        None => Err(wrong(item)),
    };
    items.iter().map(argument).collect()
}

/// Returns the command, and the text for its standard input.
fn command(
    program: &str,
    arguments: &[String],
    options: &Options,
) -> Result<(Command, Option<Secret>), Failure> {
    let stdin = options.secret("stdin")?;
    let mut command = Command::new(program);
    let input = stdin.as_ref().map_or_else(Stdio::null, |_| Stdio::piped());
    command.args(arguments).stdin(input);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in options.map("env")?.unwrap_or_default() {
        let secret = value.read_lock::<Secret>();
        let secret = secret.map(|secret| secret.expose().to_owned());
        command.env(name.as_str(), secret.unwrap_or_else(|| value.to_string()));
    }
    // A group of its own, so a stop also ends the programs that it has started.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok((command, stdin))
}

type Output = io::Result<(ExitStatus, [Vec<u8>; 2])>;

/// Waits for the program and its output. A stop or the time limit ends the wait.
fn attend(
    call: &Call,
    child: &mut Child,
    stdin: Option<Secret>,
    limit: Option<Duration>,
) -> Result<Output, Failure> {
    let began = Instant::now();
    if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // A program that doesn't read its input closes it.
        thread::spawn(move || drop(pipe.write_all(text.expose().as_bytes())));
    }
    let readers = [
        StreamReader::of(child.stdout.take()),
        StreamReader::of(child.stderr.take()),
    ];
    loop {
        let is_read = readers.iter().all(|it| it.thread.is_finished());
        let is_too_large = |it: &StreamReader| it.too_large.load(Ordering::Relaxed);
        if readers.iter().any(is_too_large) {
            let message = format!("{}: the output is larger than 64 MiB", call.function.name);
            return Err(Failure::refused(message));
        }
        match child.try_wait() {
            Ok(Some(status)) if is_read => {
                let [stdout, stderr] = readers;
                let output = [stdout.finish(), stderr.finish()];
                return Ok(Ok((status, output)));
            }
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        if let Some(limit) = limit.filter(|limit| began.elapsed() >= *limit) {
            let message = format!(
                "{}: the program did not end within {}",
                call.function.name,
                words::duration(limit)
            );
            return Err(Failure::new(Kind::Timeout, message));
        }
        call.session.interrupt.sleep(TICK)?;
    }
}

/// Reads a stream to its end on a thread.
struct StreamReader {
    thread: JoinHandle<Vec<u8>>,
    /// Set if the stream has more than [`MAX_TEXT`] bytes.
    too_large: Arc<AtomicBool>,
}

impl StreamReader {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let too_large = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&too_large);
        let thread = thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(stream) = stream {
                // A stream that breaks ends there.
                let _ = stream.take(MAX_TEXT + 1).read_to_end(&mut bytes);
            }
            flag.store(bytes.len() as u64 > MAX_TEXT, Ordering::Relaxed);
            bytes
        });
        Self { thread, too_large }
    }

    fn finish(self) -> Vec<u8> {
        self.thread.join().unwrap_or_default()
    }
}

/// Ends the program and the programs of its group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // The group may have ended by itself.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Returns the exit code. A program that a signal ended has 128 and the signal's number, as in a shell.
pub(crate) fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(-1)
}
