//! What one run shares: output choices, the current connection, the stop flag, the local service.

mod ask;
mod files;
pub mod idle;
pub mod known;
#[cfg(feature = "local")]
pub mod local;
pub mod locks;
pub mod log;
pub mod pager;
mod patient;
#[cfg(unix)]
mod ready;
mod rehearsal;
mod results;
#[cfg(unix)]
pub(crate) mod standard_input;

use self::log::{Level, Log, LogFormat};
use crate::api::{DryRun, LogSink};
use crate::config::EditMode;
use crate::connection::Connection;
use crate::engine::arguments::Arguments;
use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::render::{ColorChoice, OutputFormat, Screen};
use crate::secret::Secret;
use crate::submission::{Desk, Submitter};
use pager::PagerChoice;
use patient::Patient;
use rehearsal::{comment, dry_run};
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// How the run goes: the command line's choices, which the prompt's `:set` may change.
#[derive(Clone, Debug)]
pub struct Choices {
    /// `-p`: a profile's name, `local`, or an endpoint; what `connect()` uses.
    pub profile: Option<String>,
    /// `-o`.
    pub output: OutputFormat,
    /// `-q`: no notices and no bars.
    pub quiet: bool,
    /// `-v`: the HTTP log on standard error.
    pub verbose: bool,
    /// History and the local service's data.
    pub data_dir: PathBuf,
    /// `--color`.
    pub color: ColorChoice,
    /// `--yes`: nobody is asked before something is destroyed.
    pub yes: bool,
    /// `--log-format`.
    pub log_format: LogFormat,
    /// `--lib` and `ZSHELL_LIB`: where modules are looked for after the script's own folder.
    pub lib: Vec<PathBuf>,
    /// `--dry-run`: requests that would change anything are shown, not sent.
    pub dry_run: bool,
    /// The prompt's keys.
    pub edit_mode: EditMode,
    /// What shows results that are longer than the screen, at the prompt.
    pub pager: PagerChoice,
}

impl Choices {
    fn log(&self) -> Log {
        Log {
            format: self.log_format,
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }
}

/// One run's shared state. Everything that writes, waits or connects goes through it.
pub struct Session {
    choices: RefCell<Choices>,
    /// Raised by Ctrl-C, SIGTERM, the run's deadline or a closed pipe.
    pub interrupt: Interrupt,
    /// The terminal's settings while the prompt waits for a key.
    pub idle: idle::Idle,
    /// The journal, and what submissions share.
    pub desk: Desk,
    /// What was seen of jobs and collections, and what has a name at the prompt.
    pub known: known::Known,
    /// The locks that the script holds.
    pub locks: locks::Locks,
    current: RefCell<Option<Rc<Connection>>>,
    http_log: LogSink,
    captured: RefCell<Option<Vec<u8>>>,
    closed_pipe: Cell<bool>,
    unwritten: RefCell<Option<Failure>>,
    exit: Cell<Option<u8>>,
    /// How a batch ended that went on after failures.
    failed: Cell<Option<Kind>>,
    /// What the script was called with.
    pub arguments: Arguments,
    dry_run: DryRun,
    at_prompt: Cell<bool>,
    warned: Cell<bool>,
    answers: RefCell<BTreeMap<String, Secret>>,
    #[cfg(feature = "local")]
    local: self::local::LocalService,
}

impl Session {
    /// A session without a connection.
    pub fn new(choices: Choices, interrupt: Interrupt, idle: idle::Idle) -> Self {
        let log = choices.log();
        let http_log = LogSink::new(move |line| log.line(Level::Debug, line));
        http_log.turn(choices.verbose);
        Self {
            #[cfg(feature = "local")]
            local: self::local::LocalService::new(
                choices.data_dir.clone(),
                self::log::warner(choices.log_format),
            ),
            desk: Desk::new(
                &choices.data_dir,
                self::log::warning(choices.log_format),
                interrupt.clone(),
            ),
            choices: RefCell::new(choices),
            dry_run: dry_run(&interrupt),
            interrupt,
            idle,
            known: known::Known::default(),
            locks: locks::Locks::default(),
            current: RefCell::default(),
            http_log,
            captured: RefCell::default(),
            closed_pipe: Cell::new(false),
            unwritten: RefCell::default(),
            exit: Cell::new(None),
            failed: Cell::new(None),
            arguments: Arguments::default(),
            at_prompt: Cell::new(false),
            warned: Cell::new(false),
            answers: RefCell::default(),
        }
    }

    /// How the run goes. Not to be held while anything else of the session is called.
    pub fn choices(&self) -> Ref<'_, Choices> {
        self.choices.borrow()
    }

    /// Changes how the run goes from here on.
    pub fn choose(&self, change: impl FnOnce(&mut Choices)) {
        change(&mut self.choices.borrow_mut());
        self.http_log.turn(self.choices().verbose);
    }

    /// The HTTP log of every connection: `-v` and `:set verbose` turn it on.
    pub fn http_log(&self) -> LogSink {
        self.http_log.clone()
    }

    /// From here on a person reads what is shown and types the next line: long results are paged.
    pub fn enter_prompt(&self) {
        self.at_prompt.set(true);
    }

    /// True for the prompt's session.
    pub fn at_prompt(&self) -> bool {
        self.at_prompt.get()
    }

    /// What standard output can show now: a terminal may have been resized since the last time.
    pub fn out(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stdout(self.choices().color)
        }
    }

    /// What standard error can show now.
    pub fn err(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stderr(self.choices().color)
        }
    }

    /// The connection that functions without one use.
    pub fn current(&self) -> Option<Rc<Connection>> {
        self.current.borrow().clone()
    }

    /// Makes a connection the current one.
    pub fn use_connection(&self, connection: Rc<Connection>) {
        *self.current.borrow_mut() = Some(connection);
    }

    /// Submits over this connection; what there is to tell goes to standard error.
    pub fn submitter<'a>(
        &'a self,
        connection: &'a Connection,
        tell: &'a dyn Fn(&str),
    ) -> Submitter<'a> {
        Submitter {
            desk: &self.desk,
            client: &connection.client,
            connection: &connection.name,
            tell,
        }
    }

    /// The local import service of this process.
    #[cfg(feature = "local")]
    pub fn local(&self) -> &self::local::LocalService {
        &self.local
    }

    /// With `--dry-run`: where requests that would change anything go instead.
    pub fn dry_run(&self) -> Option<DryRun> {
        self.choices().dry_run.then(|| self.dry_run.clone())
    }

    /// Runs something and gives, beside its result, what it wrote to standard output, which does not get there.
    pub fn capture<T>(&self, run: impl FnOnce() -> T) -> (T, Vec<u8>) {
        let outer = self.captured.replace(Some(Vec::new()));
        let result = run();
        let written = self.captured.replace(outer).unwrap_or_default();
        (result, written)
    }

    /// True while what is written does not get to standard output.
    fn is_captured(&self) -> bool {
        self.captured.borrow().is_some()
    }

    /// Writes to standard output. A closed pipe ends the run quietly; a stop leaves the rest unwritten. In a dry run
    /// the text is a comment, so that all of standard output together is a shell script of the requests.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.is_captured() {
            // Into a buffer of its own: what is written may itself call the session.
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|error| Failure::new(Kind::Refused, error.to_string()))?;
            if let Some(captured) = self.captured.borrow_mut().as_mut() {
                captured.extend(bytes);
            }
            return Ok(());
        }
        let commented = self.choices().dry_run;
        let mut out = io::BufWriter::new(Patient::new(io::stdout().lock(), &self.interrupt));
        let written = if commented {
            comment(write, &mut out)
        } else {
            write(&mut out)
        };
        match written.and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if patient::is_stop(&error) => Err(self
                .interrupt
                .check()
                .err()
                .unwrap_or(Stop::Interrupted)
                .into()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed_pipe.set(true);
                self.interrupt.raise(Stop::ClosedPipe);
                Err(Failure::new(Kind::ClosedPipe, "standard output was closed"))
            }
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                let failure = Failure::new(Kind::Refused, message);
                self.unwritten.borrow_mut().get_or_insert(failure.clone());
                Err(failure)
            }
        }
    }

    /// Reads a text file, or standard input for `-`, of at most 64 MiB; a stop ends the wait.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        files::read_text(path, &self.interrupt)
    }

    /// What goes to standard error, and how.
    pub fn log(&self) -> Log {
        self.choices().log()
    }

    /// A line for the person at the terminal, on standard error; nothing with `-q`.
    pub fn notice(&self, text: &str) {
        if !self.choices().quiet {
            self.log().line(Level::Info, text);
        }
    }

    /// A notice that something was changed; nothing in a dry run, where nothing was.
    pub fn changed(&self, text: &str) {
        if !self.choices().dry_run {
            self.notice(text);
        }
    }

    /// Something to look at, on standard error, though the run goes on; nothing with `-q`.
    pub fn warn(&self, text: &str) {
        let log = self.log();
        match log.format {
            _ if log.quiet => {}
            LogFormat::Text => log.line(Level::Warn, &format!("warning: {text}")),
            LogFormat::Json => log.line(Level::Warn, text),
        }
    }

    /// A line on standard error.
    pub fn complain(&self, text: &str) {
        self.log().line(Level::Error, text);
    }

    /// True where somebody can be asked: standard input and standard error are a terminal.
    pub fn can_ask(&self) -> bool {
        ask::possible()
    }

    /// Asks at the terminal and reads a line; `None` where the answer was Ctrl-D. Ask only where [`Self::can_ask`].
    pub fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        ask::ask(question, &self.interrupt)
    }

    /// Asks for something that the terminal does not show while it is typed.
    pub fn ask_hidden(&self, question: &str) -> Result<Option<Secret>, Failure> {
        ask::ask_hidden(question, &self.interrupt)
    }

    /// Asks a question that `y` or `yes` affirms; anything else does not, and an empty answer means `default`.
    pub fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        let choice = if default { "[Y/n]" } else { "[y/N]" };
        let answer = self.ask(&format!("{question} {choice}"))?;
        let answer = answer.unwrap_or_else(|| "n".to_owned());
        Ok(match answer.trim() {
            "" => default,
            word => word.eq_ignore_ascii_case("y") || word.eq_ignore_ascii_case("yes"),
        })
    }

    /// Asks for a hidden answer once a run, and remembers it under this name; `None` where nothing was typed.
    pub fn ask_once(&self, name: &str, question: &str) -> Result<Option<Secret>, Failure> {
        if let Some(answer) = self.answers.borrow().get(name) {
            return Ok(Some(answer.clone()));
        }
        let answer = self.ask_hidden(question)?;
        let answer = answer.filter(|answer| !answer.is_empty());
        if let Some(answer) = &answer {
            let mut answers = self.answers.borrow_mut();
            answers.insert(name.to_owned(), answer.clone());
        }
        Ok(answer)
    }

    /// Forgets an answer that turned out wrong, so that it is asked for again.
    pub fn forget_answer(&self, name: &str) {
        self.answers.borrow_mut().remove(name);
    }

    /// A notice that is given once a run, however often there is reason to.
    pub fn warn_once(&self, text: &str) {
        if !self.warned.replace(true) {
            self.warn(text);
        }
    }

    /// The first failure to write a result: a run that lost output has not succeeded.
    pub fn unwritten(&self) -> Option<Failure> {
        self.unwritten.borrow().clone()
    }

    /// True once standard output was found closed.
    pub fn closed_pipe(&self) -> bool {
        self.closed_pipe.get()
    }

    /// `exit(code)`: ends the script, and the run with this code.
    pub fn request_exit(&self, code: u8) {
        self.exit.set(Some(code));
    }

    /// A batch went on after failures of this kind: a script that ends well all the same ends with their exit code.
    pub fn note_failed(&self, kind: Kind) {
        if !self.at_prompt() && self.failed.get() != Some(Kind::Unknown) {
            self.failed.set(Some(kind));
        }
    }

    /// The exit code of a run that ended well: what `exit` asked for, else that of batches that went on after failures.
    pub fn success_code(&self) -> u8 {
        let failed = || self.failed.get().map(Kind::exit_code);
        self.exit_code().or_else(failed).unwrap_or(0)
    }

    /// The code `exit` was called with.
    pub fn exit_code(&self) -> Option<u8> {
        self.exit.get()
    }
}
